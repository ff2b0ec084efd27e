//! A symbol of the page's sprite.

use leptos::prelude::*;

use crate::icons::IconName;

/// An icon beside a word. It is hidden from assistive technology: the word, or the control's label, says it.
/// Icons that point along the text turn round in right-to-left languages.
#[component]
pub fn Icon(
    /// Which one.
    name: IconName,
) -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::icons::note_use(name);
    let class = if name.points_along_text() { "i flip" } else { "i" };
    view! {
        <svg class=class aria-hidden="true">
            <use href=name.href()></use>
        </svg>
    }
}
