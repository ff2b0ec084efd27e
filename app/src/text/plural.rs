//! Plural forms of whole numbers in the four languages, by the rules of CLDR 48 (`supplemental/plurals.xml`, cardinal).
//!
//! Written out here because the general tables would cost the browser more than the twenty lines do.

use domain::Locale;

/// The forms that the four languages need between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plural {
    /// He, Ar, En: 1. Ru: 1, 21, 101, not 11.
    One,
    /// He, Ar: 2.
    Two,
    /// Ar: 3–10, 103–110. Ru: 2–4, 22–24, not 12–14.
    Few,
    /// Ar: 11–99. Ru: all the rest.
    Many,
    /// Everything else.
    Other,
}

/// The form that a whole number takes. Zero counts as `Other` in Arabic too: no text here needs its own zero.
#[must_use]
pub fn plural_form(locale: Locale, n: u64) -> Plural {
    let (tens, ones) = (n % 100, n % 10);
    match locale {
        Locale::En if n == 1 => Plural::One,
        Locale::En => Plural::Other,
        Locale::He => match n {
            1 => Plural::One,
            2 => Plural::Two,
            _ => Plural::Other,
        },
        Locale::Ar => match (n, tens) {
            (1, _) => Plural::One,
            (2, _) => Plural::Two,
            (_, 3..=10) => Plural::Few,
            (_, 11..=99) => Plural::Many,
            _ => Plural::Other,
        },
        Locale::Ru => match (tens, ones) {
            (11..=14, _) => Plural::Many,
            (_, 1) => Plural::One,
            (_, 2..=4) => Plural::Few,
            _ => Plural::Many,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Plural, plural_form};
    use domain::Locale;

    #[test]
    fn whole_numbers_take_the_form_that_cldr_gives_them() {
        use Plural::{Few, Many, One, Other, Two};
        for (locale, cases) in [
            (Locale::En, &[(0, Other), (1, One), (2, Other), (21, Other)][..]),
            (Locale::He, &[(0, Other), (1, One), (2, Two), (3, Other), (20, Other), (22, Other)]),
            (
                Locale::Ar,
                &[
                    (0, Other),
                    (1, One),
                    (2, Two),
                    (3, Few),
                    (10, Few),
                    (11, Many),
                    (99, Many),
                    (100, Other),
                    (102, Other),
                    (103, Few),
                ],
            ),
            (
                Locale::Ru,
                &[
                    (0, Many),
                    (1, One),
                    (2, Few),
                    (4, Few),
                    (5, Many),
                    (11, Many),
                    (12, Many),
                    (14, Many),
                    (21, One),
                    (22, Few),
                    (111, Many),
                ],
            ),
        ] {
            for (n, form) in cases {
                assert_eq!(plural_form(locale, *n), *form, "{locale:?} {n}");
            }
        }
    }
}
