//! The fictitious number: what a school gives a pupil who has no ID number. Shaped like an Israeli ID number, but without a check digit.
//!
//! A type of its own, so that it can never be taken for an ID number, and so that nobody signs in by SMS with it.

use crate::digits::{self, NotDigits};
use crate::mask;

/// A fictitious number, nine ASCII digits with its leading zeros.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FictitiousNumber(String);

mask::masked_debug!(FictitiousNumber);

/// Why a text is not a fictitious number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FictitiousNumberError {
    /// No digit at all.
    #[error("the number is empty")]
    Empty,
    /// Something other than digits and separators.
    #[error(transparent)]
    NotDigits(#[from] NotDigits),
    /// More than nine digits.
    #[error("a fictitious number has at most 9 digits")]
    TooLong,
    /// Zeros only.
    #[error("a fictitious number is not all zeros")]
    AllZero,
}

impl FictitiousNumberError {
    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotDigits(_) => "not_digits",
            Self::TooLong => "too_long",
            Self::AllZero => "all_zero",
        }
    }
}

impl FictitiousNumber {
    /// The number of digits, leading zeros included.
    pub const LENGTH: usize = 9;

    /// Reads a number as people type it: separators dropped, other scripts' digits taken, leading zeros supplied.
    pub fn parse(text: &str) -> Result<Self, FictitiousNumberError> {
        let digits = digits::to_ascii(text)?;
        if digits.is_empty() {
            return Err(FictitiousNumberError::Empty);
        }
        if digits.len() > Self::LENGTH {
            return Err(FictitiousNumberError::TooLong);
        }
        if digits.bytes().all(|b| b == b'0') {
            return Err(FictitiousNumberError::AllZero);
        }
        Ok(Self(digits::padded(&digits, Self::LENGTH)))
    }

    /// The nine digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number with only its last two digits shown.
    pub fn masked(&self) -> String {
        mask::keep_last(&self.0, 2)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn no_check_digit_is_asked_for() {
        assert_eq!(FictitiousNumber::parse("1234-5678").unwrap().as_str(), "012345678");
        assert_eq!(FictitiousNumber::parse("123456789").unwrap().as_str(), "123456789");
    }

    #[test]
    fn other_texts_say_what_is_wrong() {
        for (text, error) in [
            ("", FictitiousNumberError::Empty),
            ("0", FictitiousNumberError::AllZero),
            ("1234567890", FictitiousNumberError::TooLong),
            ("P1", FictitiousNumberError::NotDigits(NotDigits { character: 'P' })),
        ] {
            assert_eq!(FictitiousNumber::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn debug_and_masked_do_not_reveal_it() {
        let number = FictitiousNumber::parse("123456789").unwrap();
        assert_eq!(format!("{number:?}"), "FictitiousNumber(•••)");
        assert_eq!(number.masked(), "•••••••89");
    }
}
