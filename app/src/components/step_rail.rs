//! Where one is in a wizard: segments on a phone, the exercise book's margin on a wide page.

use domain::Locale;
use leptos::prelude::*;

use crate::tr;

/// One step of a wizard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name in the reader's language.
    pub name: String,
}

/// The rail. Steps before `current` are done.
#[component]
pub fn StepRail(
    /// The reader's language.
    locale: Locale,
    /// All steps, in order.
    steps: Vec<Step>,
    /// The step one is at, counted from 0.
    current: usize,
) -> impl IntoView {
    let position = tr!(locale, common.step_of, n = current + 1, total = steps.len());
    let name = steps.get(current).map(|step| step.name.clone());
    let done = tr!(locale, common.step_done);
    view! {
        <div>
            <p class="rail-now">
                <strong>{position.clone()}</strong>
                " · "
                {name}
            </p>
            <ol class="rail" aria-label=position>
                {steps
                    .into_iter()
                    .enumerate()
                    .map(|(index, step)| {
                        let state = match index.cmp(&current) {
                            std::cmp::Ordering::Less => "done",
                            std::cmp::Ordering::Equal => "now",
                            std::cmp::Ordering::Greater => "",
                        };
                        view! {
                            <li
                                class=state
                                data-n=(index + 1).to_string()
                                aria-current=(index == current).then_some("step")
                            >
                                <span>
                                    {step.name}
                                    {(index < current)
                                        .then(|| view! { <span class="vh">{format!(" ({done})")}</span> })}
                                </span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </div>
    }
}
