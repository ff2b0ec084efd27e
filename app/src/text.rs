//! Texts in the reader's language: the bridge from `domain::Locale` to the generated keys, plural forms, moments in time.
//!
//! The rule: the locale is always an argument. A rendered page never changes its language, so nothing here is reactive.

mod plural;
#[cfg(feature = "ssr")]
mod when;

pub use plural::{Plural, plural_form};
#[cfg(feature = "ssr")]
pub use when::{Moment, Zone, ZoneError};

#[doc(hidden)]
pub use texts::leptos_i18n;

use domain::Locale;
use leptos::prelude::*;

/// Stands in a text where an element goes; see [`around`].
pub const SLOT: &str = "\u{fffc}";

/// The generated enum's value for a locale.
#[must_use]
pub fn lang(locale: Locale) -> texts::i18n::Locale {
    match locale {
        Locale::He => texts::i18n::Locale::he,
        Locale::Ar => texts::i18n::Locale::ar,
        Locale::Ru => texts::i18n::Locale::ru,
        Locale::En => texts::i18n::Locale::en,
    }
}

/// The text of a key in a locale: `tr!(locale, sign_in.title)`, `tr!(locale, common.in_seconds.other, n = 5)`.
/// `&'static str` without arguments, `String` with them. An unknown key or argument does not compile.
#[macro_export]
macro_rules! tr {
    ($locale:expr, $($key:tt)*) => {{
        // What `td_string!` writes names this crate, on which the caller need not depend.
        use $crate::text::leptos_i18n;
        leptos_i18n::td_string!($crate::text::lang($locale), $($key)*)
    }};
}

/// The form of a counted text that goes with `n`: `tr_count!(locale, n, common.in_seconds)` reads `.one`, `.two`, `.few`,
/// `.many` or `.other` below that key, each with the argument `n`.
#[macro_export]
macro_rules! tr_count {
    ($locale:expr, $n:expr, $area:ident . $key:ident) => {{
        let n: u64 = $n;
        match $crate::text::plural_form($locale, n) {
            $crate::text::Plural::One => $crate::tr!($locale, $area.$key.one, n = n),
            $crate::text::Plural::Two => $crate::tr!($locale, $area.$key.two, n = n),
            $crate::text::Plural::Few => $crate::tr!($locale, $area.$key.few, n = n),
            $crate::text::Plural::Many => $crate::tr!($locale, $area.$key.many, n = n),
            $crate::text::Plural::Other => $crate::tr!($locale, $area.$key.other, n = n),
        }
    }};
}

/// A language's name in that language.
#[must_use]
pub fn own_name(locale: Locale) -> &'static str {
    match locale {
        Locale::He => "עברית",
        Locale::Ar => "العربية",
        Locale::Ru => "Русский",
        Locale::En => "English",
    }
}

/// "in 24 seconds", and in minutes from two minutes on, rounded up: a wait is never shown shorter than it is.
#[must_use]
pub fn in_time(locale: Locale, seconds: u64) -> String {
    if seconds < 120 {
        tr_count!(locale, seconds.max(1), common.in_seconds)
    } else {
        tr_count!(locale, seconds.div_ceil(60), common.in_minutes)
    }
}

/// A text with an element in the place of [`SLOT`]: `around(&tr!(l, sign_in.call, line = SLOT), view! { <a …/> })`.
/// A text without the mark gets the element at its end, so that nothing is lost.
pub fn around(text: &str, element: impl IntoView + 'static) -> AnyView {
    let (before, after) = text.split_once(SLOT).unwrap_or((text, ""));
    (before.to_owned(), element.into_any(), after.to_owned()).into_any()
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests;
