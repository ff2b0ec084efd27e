//! SNILS, the Russian insurance number: nine digits and a control number of two, written `XXX-XXX-XXX YY`.
//!
//! Control = Σ dᵢ·(10−i) for i = 1…9, mod 101, where 100 counts as 00; numbers up to 001-001-998 are older than the rule and not checked.
//! What it catches, for a number above that line: every wrong digit of the control number; every single wrong digit among the nine, with two
//! exceptions that the rule itself has. The ninth digit (weight 1) may differ by one when that turns a remainder of 0 into 100 or back,
//! for both are written 00; and a wrong leading digit may bring the number under the line, where nothing is checked.

use std::fmt;

use crate::digits::{self, NotDigits};
use crate::mask;

/// A valid SNILS.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Snils(String);

mask::masked_debug!(Snils);

/// Why a text is not a SNILS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SnilsError {
    /// No digit at all.
    #[error("the SNILS is empty")]
    Empty,
    /// Something other than digits and separators.
    #[error(transparent)]
    NotDigits(#[from] NotDigits),
    /// Fewer than eleven digits. Leading zeros belong to a SNILS and are not supplied.
    #[error("a SNILS has 11 digits, here are fewer")]
    TooShort,
    /// More than eleven digits.
    #[error("a SNILS has 11 digits, here are more")]
    TooLong,
    /// The nine digits are zeros: no person has it.
    #[error("a SNILS is not all zeros")]
    AllZero,
    /// The control number does not agree with the nine digits: a typing error.
    #[error("the control number does not agree")]
    CheckDigit,
}

impl SnilsError {
    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotDigits(_) => "not_digits",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::AllZero => "all_zero",
            Self::CheckDigit => "check_digit",
        }
    }
}

impl Snils {
    /// The number of digits, control number included.
    pub const LENGTH: usize = 11;

    /// The last number that was given out before there were control numbers.
    const LAST_UNCHECKED: u32 = 1_001_998;

    /// Reads a SNILS with or without its separators.
    pub fn parse(text: &str) -> Result<Self, SnilsError> {
        let digits = digits::to_ascii(text)?;
        match digits.len() {
            0 => return Err(SnilsError::Empty),
            1..Self::LENGTH => return Err(SnilsError::TooShort),
            Self::LENGTH => {}
            _ => return Err(SnilsError::TooLong),
        }
        let number = digits::values(&digits).take(9).fold(0, |number, digit| number * 10 + digit);
        if number == 0 {
            return Err(SnilsError::AllZero);
        }
        let control = digits::values(&digits).skip(9).fold(0, |number, digit| number * 10 + digit);
        let sum: u32 = digits::values(&digits).zip((1..=9).rev()).map(|(digit, weight)| digit * weight).sum();
        if number > Self::LAST_UNCHECKED && sum % 101 % 100 != control {
            return Err(SnilsError::CheckDigit);
        }
        Ok(Self(digits))
    }

    /// The eleven digits without separators.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The form with everything but the control number hidden: `•••-•••-••• 95`.
    pub fn masked(&self) -> String {
        mask::keep_last(&self.to_string(), 2)
    }
}

/// The way it is printed on documents: `XXX-XXX-XXX YY`. It reveals the number; lists and logs use [`Snils::masked`].
impl fmt::Display for Snils {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, digit) in self.0.chars().enumerate() {
            match i {
                3 | 6 => write!(f, "-{digit}")?,
                9 => write!(f, " {digit}")?,
                _ => write!(f, "{digit}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn the_valid_numbers_of_the_rules() {
        for text in [
            "112-233-445 95",
            "087-654-303 00",
            "253-101-140 00",
            "212-213-638 00",
            "510-061-209 01",
            "006-996-682 00",
            "017-988-254 01",
            "001-001-999 65",
            "000-000-600 06",
        ] {
            let snils = Snils::parse(text).unwrap();
            assert_eq!(snils.to_string(), text);
            assert_eq!(Snils::parse(snils.digits()).unwrap(), snils);
        }
    }

    #[test]
    fn the_invalid_numbers_of_the_rules() {
        for text in ["112-233-445 96", "112-233-445 94", "200-746-095 00", "001-001-999 00"] {
            assert_eq!(Snils::parse(text), Err(SnilsError::CheckDigit), "{text}");
        }
    }

    #[test]
    fn the_line_below_which_nothing_is_checked() {
        assert!(Snils::parse("001-001-998 99").is_ok());
        assert_eq!(Snils::parse("001-001-999 99"), Err(SnilsError::CheckDigit));
    }

    #[test]
    fn other_texts_say_what_is_wrong() {
        for (text, error) in [
            ("", SnilsError::Empty),
            ("112-233-445", SnilsError::TooShort),
            ("112-233-445 955", SnilsError::TooLong),
            ("000-000-000 00", SnilsError::AllZero),
            ("112-233-445 9Б", SnilsError::NotDigits(NotDigits { character: 'Б' })),
        ] {
            assert_eq!(Snils::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn debug_and_masked_do_not_reveal_it() {
        let snils = Snils::parse("11223344595").unwrap();
        assert_eq!(format!("{snils:?}"), "Snils(•••)");
        assert_eq!(snils.masked(), "•••-•••-••• 95");
    }
}
