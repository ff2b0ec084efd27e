//! The four languages, their direction, and the choice among them by what a browser asks for (RFC 9110 §12.5.4).

use serde::{Deserialize, Serialize};

/// A language of the portal. Serialised as its code; the default is Hebrew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// Hebrew, right to left.
    #[default]
    He,
    /// Arabic, right to left.
    Ar,
    /// Russian.
    Ru,
    /// English.
    En,
}

impl Locale {
    /// Every language, in the order in which the switch shows them.
    pub const ALL: [Self; 4] = [Self::He, Self::Ar, Self::Ru, Self::En];

    /// The ISO 639-1 code: `he`, `ar`, `ru`, `en`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::He => "he",
            Self::Ar => "ar",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// The language of a tag such as `he`, `ru-RU` or `en_GB`; case does not matter, and the old code `iw` is Hebrew.
    pub fn from_code(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "he" | "iw" => Some(Self::He),
            "ar" => Some(Self::Ar),
            "ru" => Some(Self::Ru),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// Whether it is written right to left.
    pub const fn is_rtl(self) -> bool {
        matches!(self, Self::He | Self::Ar)
    }

    /// The value of the HTML attribute `dir`.
    pub const fn dir(self) -> &'static str {
        if self.is_rtl() { "rtl" } else { "ltr" }
    }

    /// The best of our languages for an `Accept-Language` header; the first wins among equals, `q=0` excludes, `*` means the default.
    ///
    /// `None` when it names none of ours. Entries that cannot be read are passed over, and only the first 32 are looked at.
    pub fn negotiate(accept_language: &str) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        let mut refused = Vec::new();
        let mut any = 0;
        for entry in accept_language.split(',').take(32) {
            let mut parts = entry.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let Some(quality) = quality(parts) else { continue };
            if tag == "*" {
                any = any.max(quality);
                continue;
            }
            let Some(locale) = Self::from_code(tag) else { continue };
            if quality == 0 {
                refused.push(locale);
            } else if best.is_none_or(|(_, q)| quality > q) {
                best = Some((locale, quality));
            }
        }
        if let Some((locale, quality)) = best
            && quality >= any
        {
            return Some(locale);
        }
        let wildcard = || {
            let first = std::iter::once(Self::default()).chain(Self::ALL);
            first.into_iter().find(|locale| any > 0 && !refused.contains(locale))
        };
        best.map(|(locale, _)| locale).or_else(wildcard)
    }
}

/// The weight in thousandths among the parameters of one entry: 1000 when none is given, `None` when it is not a weight.
fn quality<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<u16> {
    for parameter in parameters {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        if !name.trim().eq_ignore_ascii_case("q") {
            continue;
        }
        let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
        if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
        return match whole {
            "0" => Some(thousandths),
            "1" if thousandths == 0 => Some(1000),
            _ => None,
        };
    }
    Some(1000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn codes_round_trip_and_serialise_as_codes() {
        for locale in Locale::ALL {
            assert_eq!(Locale::from_code(locale.code()), Some(locale));
            assert_eq!(serde_json::to_string(&locale).unwrap(), format!("\"{}\"", locale.code()));
            assert_eq!(serde_json::from_str::<Locale>(&format!("\"{}\"", locale.code())).unwrap(), locale);
        }
        assert_eq!(Locale::from_code("iw-IL"), Some(Locale::He));
        assert_eq!(Locale::from_code("EN_gb"), Some(Locale::En));
        assert_eq!(Locale::from_code("de"), None);
        assert_eq!(Locale::from_code(""), None);
        assert_eq!(Locale::default(), Locale::He);
    }

    #[test]
    fn hebrew_and_arabic_run_right_to_left() {
        assert_eq!(Locale::ALL.map(Locale::dir), ["rtl", "rtl", "ltr", "ltr"]);
    }

    #[test]
    fn negotiates_by_weight_then_order() {
        for (header, expected) in [
            ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", Some(Locale::Ru)),
            ("en;q=0.5, ar;q=0.9", Some(Locale::Ar)),
            ("en, ru", Some(Locale::En)),
            ("iw;q=0.3", Some(Locale::He)),
            ("de-DE, fr;q=0.9", None),
            ("de, en;q=0.1", Some(Locale::En)),
            ("ru;q=0", None),
            ("ru;q=0, en;q=0.2", Some(Locale::En)),
            ("*", Some(Locale::He)),
            ("he;q=0, *", Some(Locale::Ar)),
            ("de, *;q=0.5", Some(Locale::He)),
            ("ru, *;q=0.5", Some(Locale::Ru)),
            ("", None),
            (";;;,,,q=", None),
            ("ru;q=abc, en;q=0.1", Some(Locale::En)),
            ("ru;q=1.5, en;q=1.000", Some(Locale::En)),
            ("EN ; Q=0.8 , ru ; q=0.9", Some(Locale::Ru)),
        ] {
            assert_eq!(Locale::negotiate(header), expected, "{header}");
        }
    }
}
