//! One-time codes: six digits from a random source, and the figures by which they live.
//!
//! A code is never compared here: what is stored is a keyed hash, and that is what is compared. So the type has no equality on purpose.

use serde::{Deserialize, Serialize};

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

/// The figures of one-time codes; defaults from the service's rules, each bounded by [`CodeRules::check`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRules {
    /// How long a code is good for, in seconds. Default 300, at most 600.
    pub valid_s: u32,
    /// Wrong tries after which a code is dead. Default 5, at most 10.
    pub tries: u32,
    /// Waits in seconds before the next send, by the number of sends so far; the last one repeats. Default 30, 60, 120.
    pub resend_after_s: Vec<u32>,
    /// Sends per account and hour. Default 5, at most 20.
    pub sends_per_hour: u32,
    /// How many of the newest codes are accepted, for messages that overtake each other. Default 2, at most 3.
    pub accepted: u32,
}

impl Default for CodeRules {
    fn default() -> Self {
        Self { valid_s: 300, tries: 5, resend_after_s: vec![30, 60, 120], sends_per_hour: 5, accepted: 2 }
    }
}

impl CodeRules {
    /// Names the first figure that is out of bounds.
    pub fn check(&self) -> Result<(), CodeRulesError> {
        let waits = &self.resend_after_s;
        let bounds = [
            ("valid_s", (60..=600).contains(&self.valid_s)),
            ("tries", (1..=10).contains(&self.tries)),
            ("resend_after_s", (1..=10).contains(&waits.len()) && waits.iter().all(|s| (10..=3600).contains(s))),
            ("sends_per_hour", (1..=20).contains(&self.sends_per_hour)),
            ("accepted", (1..=3).contains(&self.accepted)),
        ];
        match bounds.into_iter().find(|(_, within)| !within) {
            Some((figure, _)) => Err(CodeRulesError { figure }),
            None => Ok(()),
        }
    }

    /// The wait in seconds before the next send when `sends` codes (at least one) were sent in this flow.
    pub fn resend_after(&self, sends: u32) -> u32 {
        let place = usize::try_from(sends.saturating_sub(1)).unwrap_or(usize::MAX);
        self.resend_after_s.get(place).or(self.resend_after_s.last()).copied().unwrap_or(120)
    }
}

/// A figure of [`CodeRules`] that is out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{figure} is out of bounds")]
pub struct CodeRulesError {
    /// The name of the field.
    pub figure: &'static str,
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
    fn the_figures_of_the_rules() {
        let rules = CodeRules::default();
        assert_eq!((rules.valid_s, rules.tries, rules.sends_per_hour, rules.accepted), (5 * 60, 5, 5, 2));
        assert_eq!([1, 2, 3, 4, u32::MAX].map(|sends| rules.resend_after(sends)), [30, 60, 120, 120, 120]);
        assert_eq!(rules.resend_after(0), 30);
        assert_eq!(rules.check(), Ok(()));
    }

    #[test]
    fn figures_out_of_bounds_are_named() {
        let ok = CodeRules::default;
        for (rules, figure) in [
            (CodeRules { valid_s: 601, ..ok() }, "valid_s"),
            (CodeRules { tries: 0, ..ok() }, "tries"),
            (CodeRules { resend_after_s: vec![], ..ok() }, "resend_after_s"),
            (CodeRules { resend_after_s: vec![30, 0], ..ok() }, "resend_after_s"),
            (CodeRules { sends_per_hour: 21, ..ok() }, "sends_per_hour"),
            (CodeRules { accepted: 4, ..ok() }, "accepted"),
        ] {
            assert_eq!(rules.check(), Err(CodeRulesError { figure }));
        }
        assert_eq!(CodeRules { valid_s: 600, ..ok() }.check(), Ok(()));
    }

    #[test]
    fn debug_does_not_reveal_it() {
        assert_eq!(format!("{:?}", Otp::parse("123456").unwrap()), "Otp(•••)");
    }
}
