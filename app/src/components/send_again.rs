//! "Send again": a countdown in words until it can be pressed, then a button.

use leptos::prelude::*;

use super::{Button, ButtonLook, Icon};
use crate::icons::IconName;

/// Stands in a form of its own, which asks for the new code. Without script the button is there from the start, with
/// the time beside it; the server keeps the time.
#[component]
pub fn SendAgain(
    /// Seconds until it can be pressed.
    wait_s: u32,
    /// "You can ask for a new code in {a}": `{a}` becomes a clock.
    #[prop(into)]
    clock: String,
    /// The same in words, for pages without script.
    #[prop(into)]
    words: String,
    /// What the button says.
    #[prop(into)]
    button: String,
    /// Said instead of all that when no more can be sent now.
    none: Option<String>,
    /// The request is on its way.
    #[prop(into)]
    busy: Signal<bool>,
) -> impl IntoView {
    if let Some(none) = none {
        return view! { <p class="muted small">{none}</p> }.into_any();
    }
    let left_s = RwSignal::new(wait_s);
    count_down(left_s);
    let scripted = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| scripted.set(true));
    let wait = move || {
        let left = left_s.get();
        (left > 0).then(|| {
            let text = if scripted.get() { clock.replace("{a}", &reading(left)) } else { words.clone() };
            view! {
                <p class="muted small">
                    <Icon name=IconName::Clock />
                    " "
                    <span class="num">{text}</span>
                </p>
            }
        })
    };
    view! {
        {wait}
        <span hidden=move || scripted.get() && left_s.get() != 0>
            <Button look=ButtonLook::Quiet busy>{button}</Button>
        </span>
    }
    .into_any()
}

/// `0:24`; isolated, so that it keeps its order in right-to-left text (UAX #9).
fn reading(seconds: u32) -> String {
    format!("\u{2066}{}:{:02}\u{2069}", seconds / 60, seconds % 60)
}

/// Counts down once a second in the browser; on the server it stands still.
fn count_down(left_s: RwSignal<u32>) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};

        let left = left_s.get();
        let handle: Option<TimeoutHandle> = (left > 0)
            .then(|| {
                set_timeout_with_handle(move || left_s.set(left.saturating_sub(1)), std::time::Duration::from_secs(1))
                    .ok()
            })
            .flatten();
        on_cleanup(move || {
            if let Some(handle) = handle {
                handle.clear();
            }
        });
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = left_s;
}

#[cfg(test)]
mod tests {
    use super::reading;

    #[test]
    fn the_clock_reads_as_people_write_it() {
        assert_eq!(reading(24).trim_matches(['\u{2066}', '\u{2069}']), "0:24");
        assert_eq!(reading(125).trim_matches(['\u{2066}', '\u{2069}']), "2:05");
    }
}
