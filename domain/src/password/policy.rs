//! The named policies and their figures.
//!
//! `nist`: NIST SP 800-63B-4 §3.1.1.2, at least 15 characters where the password alone signs in, 8 where a second factor always follows.
//! `moe-legacy`: 8 to 16 Latin letters and digits, both at least once; for places that must follow that older rule.

use serde::{Deserialize, Serialize};

/// The name of a policy, as configuration writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum PolicyName {
    /// `nist`, the default.
    #[default]
    #[serde(rename = "nist")]
    Nist,
    /// `moe-legacy`.
    #[serde(rename = "moe-legacy")]
    MoeLegacy,
}

impl PolicyName {
    /// The stable code: `nist`, `moe-legacy`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nist => "nist",
            Self::MoeLegacy => "moe-legacy",
        }
    }

    /// The policy of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Nist, Self::MoeLegacy].into_iter().find(|name| name.code() == code)
    }
}

/// What a password must be like. Lengths are in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    name: PolicyName,
    min_alone: usize,
    min_with_second_factor: usize,
    max: usize,
}

/// A figure that is out of its bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{figure} is not between {min} and {max}")]
pub struct PolicyError {
    /// The name of the figure.
    pub figure: &'static str,
    /// The least that is allowed.
    pub min: usize,
    /// The most that is allowed.
    pub max: usize,
}

impl Policy {
    /// The policy with its default figures.
    pub const fn of(name: PolicyName) -> Self {
        match name {
            PolicyName::Nist => Self { name, min_alone: 15, min_with_second_factor: 8, max: 256 },
            PolicyName::MoeLegacy => Self { name, min_alone: 8, min_with_second_factor: 8, max: 16 },
        }
    }

    /// The policy `nist` with other lengths: alone 15 to 64, with a second factor 8 to 64, longest 64 to 256.
    pub fn nist(min_alone: usize, min_with_second_factor: usize, max: usize) -> Result<Self, PolicyError> {
        for (figure, value, least, most) in [
            ("min_alone", min_alone, 15, 64),
            ("min_with_second_factor", min_with_second_factor, 8, 64),
            ("max", max, 64, 256),
        ] {
            if !(least..=most).contains(&value) {
                return Err(PolicyError { figure, min: least, max: most });
            }
        }
        Ok(Self { name: PolicyName::Nist, min_alone, min_with_second_factor, max })
    }

    /// The name of the policy.
    pub const fn name(&self) -> PolicyName {
        self.name
    }

    /// The least number of characters.
    pub const fn min(&self, second_factor: bool) -> usize {
        if second_factor { self.min_with_second_factor } else { self.min_alone }
    }

    /// The largest number of characters.
    pub const fn max(&self) -> usize {
        self.max
    }

    /// Whether only Latin letters and digits are allowed, at least one of each.
    pub const fn latin_letters_and_digits(&self) -> bool {
        matches!(self.name, PolicyName::MoeLegacy)
    }

    /// Whether a password that is easy to guess is refused. The older rule knows no such thing, and its 16 characters leave little room.
    pub const fn estimates_strength(&self) -> bool {
        matches!(self.name, PolicyName::Nist)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::of(PolicyName::default())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn the_figures_of_the_rules() {
        let nist = Policy::default();
        assert_eq!((nist.name(), nist.min(false), nist.min(true), nist.max()), (PolicyName::Nist, 15, 8, 256));
        assert!(!nist.latin_letters_and_digits());
        let legacy = Policy::of(PolicyName::MoeLegacy);
        assert_eq!((legacy.min(false), legacy.min(true), legacy.max()), (8, 8, 16));
        assert!(legacy.latin_letters_and_digits());
    }

    #[test]
    fn lengths_have_bounds() {
        assert_eq!(Policy::nist(15, 8, 256).unwrap(), Policy::default());
        assert_eq!(Policy::nist(64, 64, 64).unwrap().min(true), 64);
        for (figure, policy) in [
            ("min_alone", Policy::nist(14, 8, 256)),
            ("min_with_second_factor", Policy::nist(15, 7, 256)),
            ("max", Policy::nist(15, 8, 257)),
            ("max", Policy::nist(15, 8, 63)),
        ] {
            assert_eq!(policy.unwrap_err().figure, figure);
        }
    }

    #[test]
    fn names_round_trip() {
        for name in [PolicyName::Nist, PolicyName::MoeLegacy] {
            assert_eq!(PolicyName::from_code(name.code()), Some(name));
            assert_eq!(serde_json::to_string(&name).unwrap(), format!("\"{}\"", name.code()));
        }
        assert_eq!(PolicyName::from_code("NIST"), None);
    }
}
