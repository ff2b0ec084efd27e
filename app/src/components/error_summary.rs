//! What is wrong with a rejected form: first in the panel, takes the focus, leads to the fields.

use leptos::{html, prelude::*};

use super::Icon;
use crate::icons::IconName;

/// One thing to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorItem {
    /// The `id` of the control to mend; `None` when no single field is at fault.
    pub field: Option<String>,
    /// The sentence that says what to write.
    pub text: String,
}

/// The summary; nothing while there is nothing to mend. Without script it has the focus through `autofocus`,
/// after a rejected post by script it takes it.
#[component]
pub fn ErrorSummary(
    /// "Check what you typed", in the reader's language. Without a title the first line is the heading.
    #[prop(into)]
    title: Signal<String>,
    /// What to mend.
    #[prop(into)]
    items: Signal<Vec<ErrorItem>>,
    /// The page was drawn anew by a rejected post, so the summary takes the focus at once.
    #[prop(optional)]
    fresh: bool,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    #[cfg(feature = "hydrate")]
    Effect::new(move |before: Option<()>| {
        // The first run is the hydration itself: whoever already types keeps the focus.
        if items.with(|items| !items.is_empty()) && (fresh || before.is_some()) {
            request_animation_frame(move || {
                // The page may have been drawn anew by now, and this summary with it.
                if let Some(element) = node.try_get_untracked().flatten() {
                    // A refused focus leaves the summary readable; there is nothing better to do.
                    let _ = element.focus();
                }
            });
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = fresh;
    move || {
        let mut items = items.get().into_iter().peekable();
        items.peek().is_some().then(|| {
            let title = Some(title.get()).filter(|title| !title.is_empty());
            let title = title.or_else(|| items.next().map(|item| item.text)).unwrap_or_default();
            let list = items.peek().is_some().then(|| view! { <ul>{items.map(line).collect_view()}</ul> });
            view! {
                <div class="summary" role="alert" tabindex="-1" autofocus aria-labelledby="errors" node_ref=node>
                    <h2 id="errors">
                        <Icon name=IconName::Stop />
                        {title}
                    </h2>
                    {list}
                </div>
            }
        })
    }
}

fn line(item: ErrorItem) -> AnyView {
    match item.field {
        Some(field) => view! {
            <li>
                <a href=format!("#{field}")>{item.text}</a>
            </li>
        }
        .into_any(),
        None => view! { <li>{item.text}</li> }.into_any(),
    }
}
