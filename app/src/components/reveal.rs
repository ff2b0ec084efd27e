//! The button beside a secret that shows it, and hides it again.

use leptos::prelude::*;

use super::Icon;
use crate::icons::IconName;

/// Beside the field, not over it: so it has room in every language and at every size of text. Without script it could
/// do nothing, so it appears with the script.
#[component]
pub fn RevealButton(
    /// Whether the secret is shown; the field's `type` follows it.
    shown: RwSignal<bool>,
    /// "Show"
    #[prop(into)]
    show: String,
    /// "Hide"
    #[prop(into)]
    hide: String,
    /// "Show password", for assistive technology.
    #[prop(into)]
    show_label: String,
    /// "Hide password"
    #[prop(into)]
    hide_label: String,
) -> impl IntoView {
    let ready = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| ready.set(true));
    view! {
        <button
            type="button"
            class="btn second s"
            hidden=move || !ready.get()
            aria-pressed=move || if shown.get() { "true" } else { "false" }
            aria-label=move || if shown.get() { hide_label.clone() } else { show_label.clone() }
            on:click=move |_| shown.update(|shown| *shown = !*shown)
        >
            <Icon name=IconName::Eye />
            {move || if shown.get() { hide.clone() } else { show.clone() }}
        </button>
    }
}
