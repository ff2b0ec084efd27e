//! Mobile numbers of Israel and Russia, stored as E.164 (`+972501234567`, `+79001234567`).
//!
//! No list of operators' prefixes: those change. Israel: `05` and eight digits; Russia: ten digits that start with 9. Landlines and
//! star numbers cannot take an SMS and are refused with that reason. What Gosuslugi (ESIA) returns is its word, not a person's typing:
//! [`Mobile::parse_esia`] normalises it without demanding the 9.

use serde::{Deserialize, Serialize};

use crate::digits::{self, NotDigits};
use crate::mask::{self, BULLET};

/// The country whose way of writing numbers is meant when a number names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Country {
    /// Israel, +972.
    Il,
    /// Russia, +7.
    Ru,
}

impl Country {
    /// The ISO 3166 code in lower case: `il`, `ru`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Il => "il",
            Self::Ru => "ru",
        }
    }

    /// The country of a code; case does not matter.
    pub fn from_code(code: &str) -> Option<Self> {
        match code.trim().to_ascii_lowercase().as_str() {
            "il" => Some(Self::Il),
            "ru" => Some(Self::Ru),
            _ => None,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Il => Self::Ru,
            Self::Ru => Self::Il,
        }
    }
}

/// A mobile number in E.164.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mobile(String);

mask::masked_debug!(Mobile);

/// Why a text is not a mobile number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MobileError {
    /// No digit at all.
    #[error("the mobile number is empty")]
    Empty,
    /// Something that no phone number holds.
    #[error(transparent)]
    NotDigits(#[from] NotDigits),
    /// Fewer digits than a mobile number of the country has.
    #[error("the mobile number has too few digits")]
    TooShort,
    /// More digits than a mobile number of the country has.
    #[error("the mobile number has too many digits")]
    TooLong,
    /// A landline cannot take an SMS.
    #[error("a landline cannot take an SMS")]
    Landline,
    /// A star number such as a help line cannot take an SMS.
    #[error("a star number cannot take an SMS")]
    StarNumber,
    /// The number of another country.
    #[error("the number belongs to another country")]
    OtherCountry,
    /// A number that does not start as mobile numbers of the country do.
    #[error("mobile numbers do not start like this")]
    NotMobile,
}

impl MobileError {
    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotDigits(_) => "not_digits",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::Landline => "landline",
            Self::StarNumber => "star_number",
            Self::OtherCountry => "other_country",
            Self::NotMobile => "not_mobile",
        }
    }
}

/// A number as dialled: its digits, and whether they start with a country's code for certain (`+` or `00` before them).
struct Dialled {
    international: bool,
    digits: String,
}

impl Dialled {
    fn read(text: &str) -> Result<Self, MobileError> {
        let mut plus = false;
        let mut digits = String::with_capacity(16);
        for c in text.chars() {
            match c {
                '+' | '\u{FF0B}' if !plus && digits.is_empty() => plus = true,
                '*' | '\u{FF0A}' => return Err(MobileError::StarNumber),
                '(' | ')' | '.' | '/' | '\u{FF08}' | '\u{FF09}' => {}
                _ if digits::is_separator(c) => {}
                _ => digits.push(digits::ascii(c).ok_or(NotDigits { character: c })?),
            }
        }
        if digits.is_empty() {
            return Err(MobileError::Empty);
        }
        let after_zeros = digits.strip_prefix("00").filter(|_| !plus).map(str::to_owned);
        Ok(Self { international: plus || after_zeros.is_some(), digits: after_zeros.unwrap_or(digits) })
    }
}

fn exactly(national: &str, length: usize) -> Result<&str, MobileError> {
    match national.len() {
        n if n < length => Err(MobileError::TooShort),
        n if n > length => Err(MobileError::TooLong),
        _ => Ok(national),
    }
}

fn israeli(dialled: &Dialled) -> Result<String, MobileError> {
    let national = match dialled.digits.strip_prefix("972") {
        // The trunk zero that some write after the country's code, `+972 (0)50 …`.
        Some(rest) => rest.strip_prefix('0').unwrap_or(rest),
        None if dialled.international => return Err(MobileError::OtherCountry),
        None => dialled.digits.strip_prefix('0').ok_or(MobileError::NotMobile)?,
    };
    match national.chars().next() {
        None => Err(MobileError::TooShort),
        Some('5') => Ok(format!("+972{}", exactly(national, 9)?)),
        // Area codes 02, 03, 04, 08, 09, and 07x, the landlines of internet providers.
        Some('2' | '3' | '4' | '7' | '8' | '9') => Err(MobileError::Landline),
        Some(_) => Err(MobileError::NotMobile),
    }
}

/// The ten digits after `+7`, `7` or `8`, or the ten alone.
fn russian_national(dialled: &Dialled) -> Result<&str, MobileError> {
    let digits = dialled.digits.as_str();
    if dialled.international {
        return exactly(digits.strip_prefix('7').ok_or(MobileError::OtherCountry)?, 10);
    }
    match digits.strip_prefix(['7', '8']) {
        Some(rest) if digits.len() == 11 => Ok(rest),
        _ => exactly(digits, 10),
    }
}

fn russian(dialled: &Dialled) -> Result<String, MobileError> {
    let national = russian_national(dialled)?;
    match national.chars().next() {
        Some('9') => Ok(format!("+7{national}")),
        Some('8') if national.starts_with("80") => Err(MobileError::NotMobile),
        Some('3' | '4' | '8') => Err(MobileError::Landline),
        // +7 6 and +7 7 are Kazakhstan.
        Some('6' | '7') => Err(MobileError::OtherCountry),
        _ => Err(MobileError::NotMobile),
    }
}

impl Mobile {
    /// Reads a mobile number of the given country, written nationally or internationally.
    pub fn parse(text: &str, country: Country) -> Result<Self, MobileError> {
        let dialled = Dialled::read(text)?;
        match country {
            Country::Il => israeli(&dialled),
            Country::Ru => russian(&dialled),
        }
        .map(Self)
    }

    /// Reads a mobile number of either country. The two ways of writing do not overlap; `default` decides whose reason is told when
    /// the number is neither.
    pub fn parse_any(text: &str, default: Country) -> Result<Self, MobileError> {
        match Self::parse(text, default) {
            Err(MobileError::OtherCountry) => Self::parse(text, default.other()),
            Err(error) => Self::parse(text, default.other()).map_err(|_| error),
            mobile => mobile,
        }
    }

    /// Takes a number that was stored: `+`, then 8 to 15 digits, the first not zero. Nothing is dropped or supplied.
    pub fn from_e164(text: &str) -> Result<Self, MobileError> {
        let digits = text.strip_prefix('+').ok_or(MobileError::NotMobile)?;
        if let Some(character) = digits.chars().find(|c| !c.is_ascii_digit()) {
            return Err(NotDigits { character }.into());
        }
        match digits.len() {
            0 => Err(MobileError::Empty),
            _ if digits.starts_with('0') => Err(MobileError::NotMobile),
            1..8 => Err(MobileError::TooShort),
            8..=15 => Ok(Self(text.to_owned())),
            _ => Err(MobileError::TooLong),
        }
    }

    /// Normalises what Gosuslugi returns, such as `+7(900)1234567`: Russian unless it names another country; the 9 is not demanded.
    pub fn parse_esia(text: &str) -> Result<Self, MobileError> {
        let dialled = Dialled::read(text)?;
        if dialled.international && !dialled.digits.starts_with('7') {
            return Self::from_e164(&format!("+{}", dialled.digits));
        }
        Ok(Self(format!("+7{}", russian_national(&dialled)?)))
    }

    /// The number in E.164, such as `+972501234567`.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The country, where it is one of ours.
    pub fn country(&self) -> Option<Country> {
        match self.parts() {
            Parts::Israeli(..) => Some(Country::Il),
            Parts::Russian(..) => Some(Country::Ru),
            Parts::Other(_) => None,
        }
    }

    /// The number as people of its country write it: `050-1234567`, `+7 900 123-45-67`; E.164 for other countries.
    pub fn national(&self) -> String {
        match self.parts() {
            Parts::Israeli(prefix, rest) => format!("0{prefix}-{rest}"),
            Parts::Russian(prefix, [a, b, c]) => format!("+7 {prefix} {a}-{b}-{c}"),
            Parts::Other(e164) => e164.to_owned(),
        }
    }

    /// The number with only its prefix and last two digits shown: `050-•••••67`, `+7 900 •••-••-67`.
    pub fn masked(&self) -> String {
        match self.parts() {
            Parts::Israeli(prefix, rest) => format!("0{prefix}-{}", mask::keep_last(rest, 2)),
            Parts::Russian(prefix, [_, _, c]) => {
                let b = BULLET;
                format!("+7 {prefix} {b}{b}{b}-{b}{b}-{c}")
            }
            Parts::Other(e164) => mask::keep_last(e164, 2),
        }
    }

    fn parts(&self) -> Parts<'_> {
        let split = |country: &str, length: usize| {
            let national = self.0.strip_prefix(country).filter(|n| n.len() == length && n.is_ascii())?;
            national.split_at_checked(length - 7)
        };
        if let Some((prefix, rest)) = split("+972", 9) {
            return Parts::Israeli(prefix, rest);
        }
        let russian = || {
            let (prefix, rest) = split("+7", 10)?;
            let (a, rest) = rest.split_at_checked(3)?;
            let (b, c) = rest.split_at_checked(2)?;
            Some(Parts::Russian(prefix, [a, b, c]))
        };
        russian().unwrap_or(Parts::Other(&self.0))
    }
}

/// A number cut the way it is written.
enum Parts<'a> {
    Israeli(&'a str, &'a str),
    Russian(&'a str, [&'a str; 3]),
    Other(&'a str),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn the_israeli_numbers_of_the_rules() {
        for text in [
            "050-1234567",
            "050 123 4567",
            "+972501234567",
            "972-50-1234567",
            "00972501234567",
            "+972 (0)50 1234567",
            "\u{202A}+972 50-123-4567\u{202C}",
            "٠٥٠-١٢٣٤٥٦٧",
        ] {
            let mobile = Mobile::parse(text, Country::Il).unwrap();
            assert_eq!(mobile.e164(), "+972501234567", "{text}");
            assert_eq!(mobile.country(), Some(Country::Il));
            assert_eq!(Mobile::parse_any(text, Country::Ru).unwrap(), mobile, "{text}");
        }
    }

    #[test]
    fn the_russian_numbers_of_the_rules() {
        for text in
            ["8(900)123-45-67", "89001234567", "+7 900 123-45-67", "79001234567", "9001234567", "00 7 900 1234567"]
        {
            let mobile = Mobile::parse(text, Country::Ru).unwrap();
            assert_eq!(mobile.e164(), "+79001234567", "{text}");
            assert_eq!(mobile.country(), Some(Country::Ru));
            assert_eq!(Mobile::parse_any(text, Country::Il).unwrap(), mobile, "{text}");
        }
    }

    #[test]
    fn refusals_give_their_reason() {
        for (country, text, error) in [
            (Country::Il, "*6552", MobileError::StarNumber),
            (Country::Il, "6552*", MobileError::StarNumber),
            (Country::Il, "02-1234567", MobileError::Landline),
            (Country::Il, "03-123-4567", MobileError::Landline),
            (Country::Il, "+972 (0)4 1234567", MobileError::Landline),
            (Country::Il, "072-1234567", MobileError::Landline),
            (Country::Il, "050-123456", MobileError::TooShort),
            (Country::Il, "0", MobileError::TooShort),
            (Country::Il, "050-12345678", MobileError::TooLong),
            (Country::Il, "501234567", MobileError::NotMobile),
            (Country::Il, "1-800-123456", MobileError::NotMobile),
            (Country::Il, "+7 900 123-45-67", MobileError::OtherCountry),
            (Country::Il, "", MobileError::Empty),
            (Country::Il, "+", MobileError::Empty),
            (Country::Il, "050-1234567 x9", MobileError::NotDigits(NotDigits { character: 'x' })),
            (Country::Il, "050+1234567", MobileError::NotDigits(NotDigits { character: '+' })),
            (Country::Ru, "8 (495) 123-45-67", MobileError::Landline),
            (Country::Ru, "+7 812 123-45-67", MobileError::Landline),
            (Country::Ru, "8-800-555-35-35", MobileError::NotMobile),
            (Country::Ru, "+7 701 123 45 67", MobileError::OtherCountry),
            (Country::Ru, "+1 202 555 0100", MobileError::OtherCountry),
            (Country::Ru, "900 123-45-6", MobileError::TooShort),
            (Country::Ru, "+7 900 123-45-678", MobileError::TooLong),
            (Country::Ru, "0501234567", MobileError::NotMobile),
        ] {
            assert_eq!(Mobile::parse(text, country), Err(error), "{text}");
        }
    }

    #[test]
    fn either_country_tells_the_more_telling_reason() {
        assert_eq!(Mobile::parse_any("+7 495 123-45-67", Country::Il), Err(MobileError::Landline));
        assert_eq!(Mobile::parse_any("03-1234567", Country::Il), Err(MobileError::Landline));
        assert_eq!(Mobile::parse_any("+1 202 555 0100", Country::Il), Err(MobileError::OtherCountry));
    }

    #[test]
    fn esia_numbers_need_not_start_with_nine() {
        for (text, expected) in [
            ("+7(900)1234567", "+79001234567"),
            ("+7(495)1234567", "+74951234567"),
            ("84951234567", "+74951234567"),
            ("4951234567", "+74951234567"),
            ("+7(000)0000006", "+70000000006"),
            ("+375(29)1234567", "+375291234567"),
        ] {
            assert_eq!(Mobile::parse_esia(text).unwrap().e164(), expected);
        }
        assert_eq!(Mobile::parse_esia("+7(900)123456"), Err(MobileError::TooShort));
        assert_eq!(Mobile::parse_esia("+0501234567"), Err(MobileError::NotMobile));
    }

    #[test]
    fn stored_numbers_are_taken_as_they_are() {
        assert_eq!(Mobile::from_e164("+972501234567").unwrap().e164(), "+972501234567");
        assert_eq!(Mobile::from_e164("972501234567"), Err(MobileError::NotMobile));
        assert_eq!(Mobile::from_e164("+"), Err(MobileError::Empty));
        assert_eq!(Mobile::from_e164("+0501234567"), Err(MobileError::NotMobile));
        assert_eq!(Mobile::from_e164("+1234567"), Err(MobileError::TooShort));
        assert_eq!(Mobile::from_e164("+1234567890123456"), Err(MobileError::TooLong));
        assert_eq!(Mobile::from_e164("+972 50"), Err(NotDigits { character: ' ' }.into()));
    }

    #[test]
    fn shown_nationally_and_masked() {
        for (e164, national, masked) in [
            ("+972501234567", "050-1234567", "050-•••••67"),
            ("+79001234567", "+7 900 123-45-67", "+7 900 •••-••-67"),
            ("+375291234567", "+375291234567", "+••••••••••67"),
        ] {
            let mobile = Mobile::from_e164(e164).unwrap();
            assert_eq!((mobile.national().as_str(), mobile.masked().as_str()), (national, masked));
            assert_eq!(format!("{mobile:?}"), "Mobile(•••)");
        }
    }
}
