//! Passwords: what they are, and whether one may be chosen.
//!
//! The policy `nist` follows NIST SP 800-63B-4: length, not composition; nothing that is common or says who the person is; any Unicode;
//! each refusal says why. [`check`] is the same code in the browser, where it feeds the live list, and on the server. The server adds the
//! list of common passwords and, with the feature `strength`, an estimate of how hard the password is to guess.

pub mod assessment;
pub mod common;
pub mod context;
pub mod policy;
#[cfg(feature = "strength")]
pub mod strength;

pub use assessment::{Assessment, Requirement, RequirementState, Unmet, Weakness, check};
pub use common::CommonPasswords;
pub use context::PolicyContext;
pub use policy::{Policy, PolicyError, PolicyName};
#[cfg(feature = "strength")]
pub use strength::check_with_strength;

use crate::{mask, unicode};

/// A password in the form that is hashed (NFKC), so that it is the same from every keyboard. Nothing is trimmed or cut.
#[derive(Clone)]
pub struct Password(String);

mask::masked_debug!(Password);

/// More bytes than any password that a policy accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password is longer than {} bytes", Password::MAX_BYTES)]
pub struct PasswordTooLarge;

impl PasswordTooLarge {
    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        "too_large"
    }
}

impl Password {
    /// The most that is read: 256 characters of four bytes. A guard against work without end, not a policy.
    pub const MAX_BYTES: usize = 1024;

    /// Takes what was typed, also an empty text; whether it may be chosen is for [`check`] to say.
    pub fn new(text: &str) -> Result<Self, PasswordTooLarge> {
        if text.len() > Self::MAX_BYTES {
            return Err(PasswordTooLarge);
        }
        Ok(Self(unicode::nfkc(text)))
    }

    /// The password, for hashing.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The length in characters (Unicode code points), as the policies count it.
    pub fn length(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn the_same_from_every_keyboard() {
        let composed = Password::new("caf\u{E9} \u{FF11}").unwrap();
        let decomposed = Password::new("cafe\u{301} 1").unwrap();
        assert_eq!(composed.as_str(), decomposed.as_str());
        assert_eq!(composed.length(), 6);
    }

    #[test]
    fn nothing_is_trimmed_or_cut() {
        assert_eq!(Password::new("  two spaces  ").unwrap().as_str(), "  two spaces  ");
        assert_eq!(Password::new(&"\u{1F511}".repeat(256)).unwrap().length(), 256);
        assert!(Password::new("").unwrap().is_empty());
    }

    #[test]
    fn the_guard_is_exact() {
        assert!(Password::new(&"a".repeat(1024)).is_ok());
        assert_eq!(Password::new(&"a".repeat(1025)).unwrap_err(), PasswordTooLarge);
    }

    #[test]
    fn debug_does_not_reveal_it() {
        assert_eq!(format!("{:?}", Password::new("secret").unwrap()), "Password(•••)");
    }
}
