//! The initial password that a new account's mail carries: it works once, and only to choose another.
//!
//! Sixteen characters of the user code's alphabet, 79 bits, in groups of four so that it can be typed from another screen.

use crate::mask;
use crate::user_code::ALPHABET;

/// An initial password.
#[derive(Clone, PartialEq, Eq)]
pub struct InitialPassword(String);

mask::masked_debug!(InitialPassword);

impl InitialPassword {
    /// Characters, the dashes aside.
    pub const LENGTH: usize = 16;

    /// Makes a new one. `fill` fills the buffer with random bytes; it is asked again while characters are missing.
    pub fn generate(fill: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut text = String::with_capacity(Self::LENGTH);
        while text.len() < Self::LENGTH {
            let mut bytes = [0_u8; Self::LENGTH];
            fill(&mut bytes);
            // Bytes that would favour some characters over others are left out. A letter comes first: groups that begin with
            // digits change their order where a program lays them out from right to left.
            let fair = bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 31)).map(|c| char::from(*c)));
            for letter in fair {
                if text.len() < Self::LENGTH && (!text.is_empty() || letter.is_ascii_alphabetic()) {
                    text.push(letter);
                }
            }
        }
        Self(text)
    }

    /// What is hashed and compared: without dashes and spaces, in capitals. Anything may be typed.
    pub fn normalise(text: &str) -> String {
        text.chars().filter(char::is_ascii_alphanumeric).take(64).map(|c| c.to_ascii_uppercase()).collect()
    }

    /// The characters without dashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The way it is shown: `XXXX-XXXX-XXXX-XXXX`.
impl std::fmt::Display for InitialPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, letter) in self.0.chars().enumerate() {
            if position > 0 && position % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_reads_back_however_it_is_typed() {
        let mut next = 0_u8;
        let made = InitialPassword::generate(&mut |bytes| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(37);
            }
        });
        let shown = made.to_string();
        assert_eq!((shown.len(), shown.matches('-').count()), (19, 3));
        assert!(shown.starts_with(|c: char| c.is_ascii_alphabetic()), "{shown}");
        assert_eq!(InitialPassword::normalise(&shown), made.as_str());
        assert_eq!(InitialPassword::normalise(&format!(" {} ", shown.to_lowercase().replace('-', " "))), made.as_str());
        assert!(!format!("{made:?}").contains(made.as_str()));
    }

    #[test]
    fn long_texts_cost_little() {
        assert_eq!(InitialPassword::normalise(&"a".repeat(10_000)).len(), 64);
    }
}
