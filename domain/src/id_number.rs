//! The Israeli ID number (teudat zehut): up to nine digits, the last one a check digit by the Luhn rule.
//!
//! Every single wrong digit is caught, and every swap of neighbours except of 0 and 9.

use crate::digits::{self, NotDigits};
use crate::mask;

/// A valid Israeli ID number, nine ASCII digits with its leading zeros.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdNumber(String);

mask::masked_debug!(IdNumber);

/// Why a text is not an Israeli ID number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdNumberError {
    /// No digit at all.
    #[error("the ID number is empty")]
    Empty,
    /// Something other than digits and separators.
    #[error(transparent)]
    NotDigits(#[from] NotDigits),
    /// More than nine digits.
    #[error("an ID number has at most 9 digits")]
    TooLong,
    /// Zeros only: the check digit agrees, but no person has it.
    #[error("an ID number is not all zeros")]
    AllZero,
    /// The last digit does not agree with the others: a typing error.
    #[error("the check digit does not agree")]
    CheckDigit,
}

impl IdNumberError {
    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotDigits(_) => "not_digits",
            Self::TooLong => "too_long",
            Self::AllZero => "all_zero",
            Self::CheckDigit => "check_digit",
        }
    }
}

impl IdNumber {
    /// The number of digits, leading zeros included.
    pub const LENGTH: usize = 9;

    /// Reads a number as people type it: separators dropped, other scripts' digits taken, leading zeros supplied.
    pub fn parse(text: &str) -> Result<Self, IdNumberError> {
        let digits = digits::to_ascii(text)?;
        if digits.is_empty() {
            return Err(IdNumberError::Empty);
        }
        if digits.len() > Self::LENGTH {
            return Err(IdNumberError::TooLong);
        }
        let number = digits::padded(&digits, Self::LENGTH);
        if number.bytes().all(|b| b == b'0') {
            return Err(IdNumberError::AllZero);
        }
        // Padding comes first: the weights 1, 2, 1, 2 … count from the left of the nine digits.
        let sum: u32 = digits::values(&number)
            .zip([1, 2].into_iter().cycle())
            .map(|(digit, weight)| digit * weight)
            .map(|product| product / 10 + product % 10)
            .sum();
        if sum.is_multiple_of(10) { Ok(Self(number)) } else { Err(IdNumberError::CheckDigit) }
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
    fn the_valid_numbers_of_the_rules() {
        for (text, expected) in [
            ("3933742-3", "039337423"),
            ("050012343", "050012343"),
            ("990356123", "990356123"),
            ("18", "000000018"),
            ("26", "000000026"),
            ("123456782", "123456782"),
            ("012345674", "012345674"),
            ("300000007", "300000007"),
            ("999999998", "999999998"),
        ] {
            assert_eq!(IdNumber::parse(text).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn the_invalid_numbers_of_the_rules() {
        for (text, error) in [
            ("3933742-2", IdNumberError::CheckDigit),
            ("123456789", IdNumberError::CheckDigit),
            ("12345678", IdNumberError::CheckDigit),
            ("1234567890", IdNumberError::TooLong),
            ("0", IdNumberError::AllZero),
            ("000000000", IdNumberError::AllZero),
            ("", IdNumberError::Empty),
            (" - ", IdNumberError::Empty),
            ("12345678x", IdNumberError::NotDigits(NotDigits { character: 'x' })),
        ] {
            assert_eq!(IdNumber::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn pasted_numbers_and_other_digits_are_read() {
        assert_eq!(IdNumber::parse("\u{2067}٠٣٩٣٣٧٤٢٣\u{2069}\u{A0}").unwrap().as_str(), "039337423");
    }

    #[test]
    fn debug_and_masked_do_not_reveal_it() {
        let number = IdNumber::parse("039337423").unwrap();
        assert_eq!(format!("{number:?}"), "IdNumber(•••)");
        assert_eq!(number.masked(), "•••••••23");
    }
}
