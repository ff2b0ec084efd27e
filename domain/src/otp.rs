//! One-time codes: six digits from a random source.
//!
//! A code is never compared here: what is stored is a keyed hash, and that is what is compared. So the type has no equality on purpose.

use crate::digits::{self, NotDigits};
use crate::mask;

/// A one-time code of six digits.
#[derive(Clone)]
pub struct Otp(String);

mask::masked_debug!(Otp);

/// Why a text is not a one-time code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OtpError {
    /// No digit at all.
    #[error("the code is empty")]
    Empty,
    /// Something other than digits and separators.
    #[error(transparent)]
    NotDigits(#[from] NotDigits),
    /// Not six digits.
    #[error("a code has 6 digits, here are {found}")]
    Length {
        /// How many digits there are.
        found: usize,
    },
}

impl OtpError {
    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotDigits(_) => "not_digits",
            Self::Length { .. } => "length",
        }
    }
}

impl Otp {
    /// The number of digits.
    pub const LENGTH: usize = 6;

    const COUNT: u32 = 1_000_000;
    /// The largest multiple of [`Self::COUNT`] that fits: from here on, a remainder would favour small codes.
    const FAIR: u32 = u32::MAX - u32::MAX % Self::COUNT;

    /// Reads a code as typed or pasted: spaces and dashes dropped, other scripts' digits taken.
    pub fn parse(text: &str) -> Result<Self, OtpError> {
        let digits = digits::to_ascii(text)?;
        match digits.len() {
            0 => Err(OtpError::Empty),
            Self::LENGTH => Ok(Self(digits)),
            found => Err(OtpError::Length { found }),
        }
    }

    /// Makes a code, each of the million equally likely. `fill` fills the buffer with random bytes; it is asked again for as long as it
    /// gives bytes that would favour some codes over others, so it must be random indeed.
    pub fn generate(fill: &mut dyn FnMut(&mut [u8])) -> Self {
        loop {
            let mut bytes = [0_u8; 4];
            fill(&mut bytes);
            let number = u32::from_be_bytes(bytes);
            if number < Self::FAIR {
                return Self(format!("{:06}", number % Self::COUNT));
            }
        }
    }

    /// The six digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn read_as_typed_and_pasted() {
        for text in ["012345", " 012 345 ", "012-345", "٠١٢٣٤٥", "\u{2068}012\u{A0}345\u{2069}"] {
            assert_eq!(Otp::parse(text).unwrap().as_str(), "012345", "{text}");
        }
        assert_eq!(Otp::parse("").unwrap_err(), OtpError::Empty);
        assert_eq!(Otp::parse("12345").unwrap_err(), OtpError::Length { found: 5 });
        assert_eq!(Otp::parse("1234567").unwrap_err(), OtpError::Length { found: 7 });
        assert_eq!(Otp::parse("12345O").unwrap_err().code(), "not_digits");
    }

    #[test]
    fn generated_without_favour() {
        let mut numbers = [u32::MAX, 4_294_000_000, 4_293_999_999].into_iter();
        let otp = Otp::generate(&mut |buffer| buffer.copy_from_slice(&numbers.next().unwrap().to_be_bytes()));
        assert_eq!(otp.as_str(), "999999");
        assert_eq!(numbers.next(), None);
        assert_eq!(Otp::generate(&mut |buffer| buffer.fill(0)).as_str(), "000000");
        assert_eq!(Otp::FAIR % Otp::COUNT, 0);
    }

    #[test]
    fn debug_does_not_reveal_it() {
        assert_eq!(format!("{:?}", Otp::parse("123456").unwrap()), "Otp(•••)");
    }
}
