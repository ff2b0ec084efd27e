//! Sign-in through Gosuslugi (flows: students): the page before it, the guide, and a page for each way in which it fails.
//!
//! The rule: what is wrong is said in plain words, with who can mend it, and never with anybody's data. Of people only a
//! class teacher is named, and only where it is certain which student it is about.

pub mod failure;
pub mod guide;
pub mod start;

use leptos::prelude::*;

/// The page before the sign-in; the button there posts to it.
pub const START: &str = "/sign-in/esia";
/// The guide.
pub const GUIDE: &str = "/sign-in/esia/guide";

/// The words of the button, the same in every language: they are how Gosuslugi is known.
fn button_words() -> AnyView {
    view! {
        <span lang="ru" dir="ltr">
            "Войти через госуслуги"
        </span>
    }
    .into_any()
}
