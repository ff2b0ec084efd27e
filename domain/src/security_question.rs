//! Security questions: the ones that are offered, one's own, and the form in which an answer is compared.
//!
//! An answer is one more question when a phone number is replaced through the help desk, never enough alone. It is said over the phone and
//! typed by somebody else, so case, width, the script of digits and the number of spaces make no difference.

use serde::{Deserialize, Serialize};

use crate::digits::is_bidi_control;
use crate::password::common::fold;
use crate::unicode::nfc;

/// A question of the list. Serialised as its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityQuestion {
    /// What was my first teacher's name?
    FirstTeacher,
    /// Which school did I go to first?
    FirstSchool,
    /// What was my childhood friend's name?
    ChildhoodFriend,
    /// In which street did I live as a child?
    ChildhoodStreet,
    /// Which book did I love as a child?
    FavouriteBook,
    /// What was my first job?
    FirstJob,
}

impl SecurityQuestion {
    /// Every question, in the order in which forms offer them.
    pub const ALL: [Self; 6] = [
        Self::FirstTeacher,
        Self::FirstSchool,
        Self::ChildhoodFriend,
        Self::ChildhoodStreet,
        Self::FavouriteBook,
        Self::FirstJob,
    ];

    /// The stable code: `first_teacher`, `first_school`, …
    pub const fn code(self) -> &'static str {
        match self {
            Self::FirstTeacher => "first_teacher",
            Self::FirstSchool => "first_school",
            Self::ChildhoodFriend => "childhood_friend",
            Self::ChildhoodStreet => "childhood_street",
            Self::FavouriteBook => "favourite_book",
            Self::FirstJob => "first_job",
        }
    }

    /// The question of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|question| question.code() == code)
    }
}

/// The fewest characters of an answer.
pub const MIN_ANSWER: usize = 3;
/// The most characters of an answer.
pub const MAX_ANSWER: usize = 100;
/// The fewest characters of one's own question.
pub const MIN_OWN_QUESTION: usize = 5;
/// The most characters of one's own question.
pub const MAX_OWN_QUESTION: usize = 150;

/// Why a question or an answer is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecurityTextError {
    /// Nothing was typed.
    #[error("the text is empty")]
    Empty,
    /// Fewer characters than it must have.
    #[error("the text is too short")]
    TooShort,
    /// More characters than it may have.
    #[error("the text is too long")]
    TooLong,
}

impl SecurityTextError {
    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
        }
    }
}

/// The answer in the form that is hashed: NFKC, lower case, digits as ASCII, inner spaces single, none around it.
/// Normalising twice changes nothing.
pub fn normalise_answer(text: &str) -> Result<String, SecurityTextError> {
    tidy(text, MIN_ANSWER, MAX_ANSWER, fold)
}

/// One's own question as it is kept and read out: NFC, inner spaces single, none around it, in the letters it was written in.
pub fn own_question(text: &str) -> Result<String, SecurityTextError> {
    tidy(text, MIN_OWN_QUESTION, MAX_OWN_QUESTION, nfc)
}

fn tidy(text: &str, min: usize, max: usize, form: fn(&str) -> String) -> Result<String, SecurityTextError> {
    // Normalising a text of megabytes is work that nobody's answer needs.
    if text.len() > max * 32 {
        return Err(SecurityTextError::TooLong);
    }
    // Marks that cannot be seen go first, so that letters which they kept apart are composed.
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let tidy = form(&visible).split_whitespace().collect::<Vec<_>>().join(" ");
    match tidy.chars().count() {
        0 => Err(SecurityTextError::Empty),
        length if length < min => Err(SecurityTextError::TooShort),
        length if length > max => Err(SecurityTextError::TooLong),
        _ => Ok(tidy),
    }
}

/// Direction marks, zero-width characters and control characters; line ends and tabs are spaces and stay.
fn is_invisible(c: char) -> bool {
    is_bidi_control(c)
        || matches!(c, '\u{00AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}')
        || (c.is_control() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_read_back_and_serialised() {
        for question in SecurityQuestion::ALL {
            assert_eq!(SecurityQuestion::from_code(question.code()), Some(question));
            assert_eq!(serde_json::to_value(question).unwrap(), question.code());
        }
        for other in ["", "own", "First_Teacher", " first_teacher"] {
            assert_eq!(SecurityQuestion::from_code(other), None, "{other:?}");
        }
    }

    #[test]
    fn an_answer_is_the_same_however_it_is_typed() {
        for (typed, same) in [
            ("  Мария   Ивановна ", "мария ивановна"),
            ("МАРИЯ\u{A0}ИВАНОВНА", "мария ивановна"),
            ("\u{202B}בית ספר ٣٩\u{202C}", "בית ספר 39"),
            ("Ｃａｆｅ\u{301}", "café"),
            ("so\u{AD}fa\n1", "sofa 1"),
        ] {
            assert_eq!(normalise_answer(typed).unwrap(), same, "{typed:?}");
        }
        assert_ne!(normalise_answer("Мария Ивановна"), normalise_answer("МарияИвановна"));
    }

    #[test]
    fn ones_own_question_keeps_its_letters() {
        assert_eq!(own_question("  Как  звали моего кота? ").unwrap(), "Как звали моего кота?");
        assert_eq!(own_question("Cafe\u{301}?").unwrap(), "Café?");
    }

    #[test]
    fn the_limits_are_exact() {
        for text in ["", " \u{200F}\t", "\u{200B}"] {
            assert_eq!(normalise_answer(text), Err(SecurityTextError::Empty), "{text:?}");
            assert_eq!(own_question(text), Err(SecurityTextError::Empty), "{text:?}");
        }
        assert_eq!(normalise_answer(" ab "), Err(SecurityTextError::TooShort));
        assert!(normalise_answer("abc").is_ok());
        assert_eq!(own_question("who?"), Err(SecurityTextError::TooShort));
        assert!(own_question("whose").is_ok());
        assert!(normalise_answer(&"я".repeat(100)).is_ok());
        assert!(own_question(&"я".repeat(150)).is_ok());
        for length in [101, 1_000_000] {
            assert_eq!(normalise_answer(&"я".repeat(length)), Err(SecurityTextError::TooLong));
        }
        for length in [151, 1_000_000] {
            assert_eq!(own_question(&"я".repeat(length)), Err(SecurityTextError::TooLong));
        }
    }

    #[test]
    fn every_reason_has_a_code_of_its_own() {
        let codes = [SecurityTextError::Empty, SecurityTextError::TooShort, SecurityTextError::TooLong]
            .map(SecurityTextError::code);
        assert_eq!(codes, ["empty", "too_short", "too_long"]);
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in any::<String>()) {
            if let Ok(answer) = normalise_answer(&text) {
                prop_assert_eq!(normalise_answer(&answer), Ok(answer));
            }
            if let Ok(question) = own_question(&text) {
                prop_assert_eq!(own_question(&question), Ok(question));
            }
        }

        #[test]
        fn case_and_spaces_never_matter(words in proptest::collection::vec("[a-zа-яא-ת0-9]{1,12}", 1..5)) {
            let plain = normalise_answer(&words.join(" "));
            let loud = format!("\t{}\u{200F} ", words.join("\u{A0}  ").to_uppercase());
            prop_assert_eq!(normalise_answer(&loud), plain);
        }
    }
}
