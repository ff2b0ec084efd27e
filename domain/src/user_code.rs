//! The user code: a person's permanent name at sign-in, made to be read over the phone.
//!
//! Eight characters of an alphabet of 31 without 0, O, 1, I and L: seven random ones and a check character. The check is a sum with the
//! weights 8 … 1 modulo 31. The modulus is prime and the weights are distinct and not zero, so every single wrong character and every
//! swap of two different characters, neighbours or not, is caught.

use std::fmt;

use crate::digits;
use crate::mask;
use crate::unicode::nfkc;

pub(crate) const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const MODULUS: usize = ALPHABET.len();

/// A user code whose check character agrees.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserCode(String);

mask::masked_debug!(UserCode);

/// Why a text is not a user code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserCodeError {
    /// Nothing was typed.
    #[error("the user code is empty")]
    Empty,
    /// 0, O, 1, I or L: no user code has them; something else was misread.
    #[error("{0:?} is in no user code")]
    Confusing(char),
    /// A character outside the alphabet.
    #[error("{0:?} is in no user code")]
    Character(char),
    /// Not eight characters.
    #[error("a user code has 8 characters, here are {found}")]
    Length {
        /// How many characters there are.
        found: usize,
    },
    /// The check character does not agree: a typing error.
    #[error("the check character does not agree")]
    CheckCharacter,
}

impl UserCodeError {
    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Confusing(_) => "confusing",
            Self::Character(_) => "character",
            Self::Length { .. } => "length",
            Self::CheckCharacter => "check_character",
        }
    }
}

impl UserCode {
    /// The number of characters, check character included.
    pub const LENGTH: usize = 8;

    /// Reads a code as people type it: case, spaces and dashes do not matter, nor does a Russian keyboard that was left on.
    pub fn parse(text: &str) -> Result<Self, UserCodeError> {
        let mut code = String::with_capacity(Self::LENGTH);
        let mut found = 0_usize;
        for c in nfkc(text).chars().filter(|c| !digits::is_separator(*c) && *c != '_') {
            let upper = latin(c);
            if matches!(upper, '0' | 'O' | '1' | 'I' | 'L') {
                return Err(UserCodeError::Confusing(c));
            }
            if value(upper).is_none() {
                return Err(UserCodeError::Character(c));
            }
            found += 1;
            if found <= Self::LENGTH {
                code.push(upper);
            }
        }
        match found {
            0 => Err(UserCodeError::Empty),
            Self::LENGTH if check_sum(&code) == 0 => Ok(Self(code)),
            Self::LENGTH => Err(UserCodeError::CheckCharacter),
            _ => Err(UserCodeError::Length { found }),
        }
    }

    /// Makes a new code. `fill` fills the buffer with random bytes; it is asked again for as long as it gives bytes that would favour some
    /// characters over others, so it must be random indeed.
    pub fn generate(fill: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut code = String::with_capacity(Self::LENGTH);
        while code.len() < Self::LENGTH - 1 {
            let mut bytes = [0_u8; 16];
            fill(&mut bytes);
            let fair = bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 31)));
            code.extend(fair.take(Self::LENGTH - 1 - code.len()).map(|c| char::from(*c)));
        }
        // The last place has weight 1, so what is missing to a multiple of the modulus is the check character itself.
        let missing = (MODULUS - check_sum(&code)) % MODULUS;
        code.extend(ALPHABET.get(missing).map(|c| char::from(*c)));
        Self(code)
    }

    /// The eight characters without the dash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The way it is shown: `XXXX-XXXX`.
impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at_checked(4).unwrap_or((&self.0, ""));
        write!(f, "{first}-{second}")
    }
}

fn value(c: char) -> Option<usize> {
    ALPHABET.iter().position(|known| char::from(*known) == c)
}

/// The weighted sum modulo 31 of the characters from the left; 0 for a whole code that agrees.
fn check_sum(code: &str) -> usize {
    let weights = (1..=UserCode::LENGTH).rev();
    code.chars().filter_map(value).zip(weights).map(|(value, weight)| value * weight).sum::<usize>() % MODULUS
}

/// The upper-case Latin letter or ASCII digit that was meant: other scripts' digits, and Cyrillic letters of the same shape.
fn latin(c: char) -> char {
    if let Some(digit) = digits::ascii(c) {
        return digit;
    }
    match c.to_uppercase().next().unwrap_or(c) {
        'А' => 'A',
        'В' => 'B',
        'Е' => 'E',
        'К' => 'K',
        'М' => 'M',
        'Н' => 'H',
        'О' => 'O',
        'Р' => 'P',
        'С' => 'C',
        'Т' => 'T',
        'У' => 'Y',
        'Х' => 'X',
        upper => upper,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use super::*;

    /// Random bytes that are the same in every run (a linear congruential generator; its upper bits).
    fn bytes(seed: u64) -> impl FnMut(&mut [u8]) {
        let mut state = seed;
        move |buffer: &mut [u8]| {
            for byte in buffer {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = state.to_be_bytes()[0];
            }
        }
    }

    #[test]
    fn the_alphabet_has_31_characters_that_cannot_be_confused() {
        assert_eq!(ALPHABET.len(), 31);
        assert!(ALPHABET.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(!ALPHABET.iter().any(|c| b"0O1IL".contains(c)));
    }

    #[test]
    fn every_wrong_character_and_every_swap_is_caught() {
        for seed in 0..40 {
            let code = UserCode::generate(&mut bytes(seed));
            let original: Vec<char> = code.as_str().chars().collect();
            for i in 0..UserCode::LENGTH {
                for other in ALPHABET.iter().map(|c| char::from(*c)).filter(|c| *c != original[i]) {
                    let mut wrong = original.clone();
                    wrong[i] = other;
                    let wrong: String = wrong.into_iter().collect();
                    assert_eq!(UserCode::parse(&wrong), Err(UserCodeError::CheckCharacter), "{code} {wrong}");
                }
                for j in (i + 1..UserCode::LENGTH).filter(|j| original[*j] != original[i]) {
                    let mut swapped = original.clone();
                    swapped.swap(i, j);
                    let swapped: String = swapped.into_iter().collect();
                    assert_eq!(UserCode::parse(&swapped), Err(UserCodeError::CheckCharacter), "{code} {swapped}");
                }
            }
        }
    }

    #[test]
    fn read_as_people_type_it() {
        let code = UserCode::generate(&mut bytes(7));
        let shown = code.to_string();
        assert_eq!(shown.len(), 9);
        assert_eq!(shown.as_bytes()[4], b'-');
        let spaced = format!(" \u{202A}{} – {}\u{202C} ", &shown[..4], &shown[5..]);
        for text in [shown.clone(), shown.to_lowercase(), code.as_str().to_owned(), spaced] {
            assert_eq!(UserCode::parse(&text).unwrap(), code, "{text}");
        }
        // A code with the letters ABEKMHPCTYX typed on a Russian keyboard: weights 8…1, values A=8 B=9 C=10 E=12 H=15 K=17 M=18.
        let sum = (8 * 8 + 9 * 7 + 10 * 6 + 12 * 5 + 15 * 4 + 17 * 3 + 18 * 2) % 31;
        let check = char::from(ALPHABET[(31 - sum) % 31]);
        assert_eq!(UserCode::parse(&format!("авсенкм{check}")).unwrap().as_str(), format!("ABCEHKM{check}"));
    }

    #[test]
    fn refusals_give_their_reason() {
        for (text, error) in [
            ("", UserCodeError::Empty),
            (" - ", UserCodeError::Empty),
            ("ABCO", UserCodeError::Confusing('O')),
            ("abcl", UserCodeError::Confusing('l')),
            ("ABC0", UserCodeError::Confusing('0')),
            ("1BC2", UserCodeError::Confusing('1')),
            ("ABCI", UserCodeError::Confusing('I')),
            ("ABC!", UserCodeError::Character('!')),
            ("אבגד", UserCodeError::Character('א')),
            ("ABCD", UserCodeError::Length { found: 4 }),
            ("ABCD-EFGH-J", UserCodeError::Length { found: 9 }),
        ] {
            assert_eq!(UserCode::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn bytes_that_would_favour_a_character_are_thrown_away() {
        let mut calls = 0;
        let code = UserCode::generate(&mut |buffer: &mut [u8]| {
            calls += 1;
            buffer.fill(if calls == 1 { 0xFF } else { 0 });
        });
        assert_eq!(calls, 2);
        assert_eq!(code.as_str(), "22222222");
    }

    #[test]
    fn debug_does_not_reveal_it() {
        assert_eq!(format!("{:?}", UserCode::generate(&mut bytes(1))), "UserCode(•••)");
    }
}
