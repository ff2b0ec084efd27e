//! What is wrong with a rejected form: first in the panel, takes the focus, leads to the fields.

use leptos::{html, prelude::*};

use super::Icon;
use crate::icons::IconName;

/// One thing to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorItem {
    /// The `id` of the control to mend; `None` when no single field is at fault.
    pub field: Option<&'static str>,
    /// The sentence that says what to write.
    pub text: String,
}

/// The summary; nothing while there is nothing to mend. Without script it has the focus through `autofocus`,
/// after a rejected post by script it takes it.
#[component]
pub fn ErrorSummary(
    /// "Check what you typed", in the reader's language.
    #[prop(into)]
    title: Signal<String>,
    /// What to mend.
    #[prop(into)]
    items: Signal<Vec<ErrorItem>>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move |before: Option<Vec<ErrorItem>>| {
        let now = items.get();
        // The first run is the hydration itself: whoever already types keeps the focus.
        if before.is_some() && !now.is_empty() {
            request_animation_frame(move || {
                if let Some(element) = node.get_untracked() {
                    // A refused focus leaves the summary readable; there is nothing better to do.
                    let _ = element.focus();
                }
            });
        }
        now
    });
    move || {
        let items = items.get();
        (!items.is_empty()).then(|| {
            view! {
                <div class="summary" role="alert" tabindex="-1" autofocus aria-labelledby="errors" node_ref=node>
                    <h2 id="errors">
                        <Icon name=IconName::Stop />
                        {title.get()}
                    </h2>
                    <ul>
                        {items
                            .into_iter()
                            .map(|item| match item.field {
                                Some(field) => {
                                    view! {
                                        <li>
                                            <a href=format!("#{field}")>{item.text}</a>
                                        </li>
                                    }
                                        .into_any()
                                }
                                None => view! { <li>{item.text}</li> }.into_any(),
                            })
                            .collect_view()}
                    </ul>
                </div>
            }
        })
    }
}
