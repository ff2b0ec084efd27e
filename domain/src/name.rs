//! People's names: surname, given name and, where there is one, a patronymic, in any script.
//!
//! Kept as written, composed (NFC), white space collapsed, direction marks dropped. Letters and marks of any script, and the signs that
//! names are written with: hyphens, apostrophes, dots, Hebrew geresh and gershayim (also typed as `'` and `"`).

use serde::{Deserialize, Serialize};

use crate::digits::is_bidi_control;
use crate::locale::Locale;
use crate::mask;
use crate::unicode::{is_combining_mark, nfc};

/// A person's name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName {
    surname: String,
    given_name: String,
    patronymic: Option<String>,
}

mask::masked_debug!(PersonName);

/// A part of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameField {
    /// Family name.
    Surname,
    /// First name.
    GivenName,
    /// Father's name, as Russian names have it.
    Patronymic,
}

impl NameField {
    /// The stable code: `surname`, `given_name`, `patronymic`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Surname => "surname",
            Self::GivenName => "given_name",
            Self::Patronymic => "patronymic",
        }
    }
}

/// What is wrong with a part of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing was typed.
    #[error("is empty")]
    Empty,
    /// More than [`PersonName::MAX_CHARS`] characters.
    #[error("is longer than {} characters", PersonName::MAX_CHARS)]
    TooLong,
    /// A character that names are not written with.
    #[error("has {0:?} in it")]
    Character(char),
    /// Signs only.
    #[error("has no letter")]
    NoLetter,
}

impl NameProblem {
    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::Character(_) => "character",
            Self::NoLetter => "no_letter",
        }
    }
}

/// Which part of a name is wrong, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {} {problem}", field.code())]
pub struct NameError {
    /// The part.
    pub field: NameField,
    /// The reason.
    pub problem: NameProblem,
}

impl PersonName {
    /// The longest part in characters after normalisation.
    pub const MAX_CHARS: usize = 100;

    /// Reads the parts of a name. A blank patronymic is none.
    pub fn new(surname: &str, given_name: &str, patronymic: Option<&str>) -> Result<Self, NameError> {
        let part = |field, text| Self::part(text).map_err(|problem| NameError { field, problem });
        let patronymic = match patronymic.map(|text| part(NameField::Patronymic, text)) {
            None | Some(Err(NameError { problem: NameProblem::Empty, .. })) => None,
            Some(patronymic) => Some(patronymic?),
        };
        Ok(Self {
            surname: part(NameField::Surname, surname)?,
            given_name: part(NameField::GivenName, given_name)?,
            patronymic,
        })
    }

    /// Reads one part of a name by itself, by the rules of every part: what it is as stored.
    pub fn part(text: &str) -> Result<String, NameProblem> {
        normalise(text)
    }

    /// The family name.
    pub fn surname(&self) -> &str {
        &self.surname
    }

    /// The first name.
    pub fn given_name(&self) -> &str {
        &self.given_name
    }

    /// The patronymic, where there is one.
    pub fn patronymic(&self) -> Option<&str> {
        self.patronymic.as_deref()
    }

    /// The full name in the order of the language: in Russian surname, given name, patronymic; elsewhere given name, surname.
    pub fn display(&self, locale: Locale) -> String {
        match (locale, &self.patronymic) {
            (Locale::Ru, Some(patronymic)) => format!("{} {} {patronymic}", self.surname, self.given_name),
            (Locale::Ru, None) => format!("{} {}", self.surname, self.given_name),
            _ => format!("{} {}", self.given_name, self.surname),
        }
    }

    /// The surname with initials: «Бутрович В. И.».
    pub fn short(&self) -> String {
        let initials: Vec<String> =
            [Some(self.given_name.as_str()), self.patronymic()].into_iter().flatten().filter_map(initial).collect();
        format!("{} {}", self.surname, initials.join(" "))
    }
}

/// The first letter of a part with its marks, in upper case where the script has one, and a dot.
fn initial(part: &str) -> Option<String> {
    let mut characters = part.chars().skip_while(|c| !c.is_alphabetic());
    let letter = characters.next()?;
    let marks: String = characters.take_while(|c| is_combining_mark(*c)).collect();
    Some(format!("{}{marks}.", letter.to_uppercase()))
}

/// Hebrew letters, after which a quotation mark is a gershayim typed on an ordinary keyboard.
fn is_hebrew_letter(c: char) -> bool {
    matches!(c, '\u{05D0}'..='\u{05EA}')
}

fn is_name_sign(c: char) -> bool {
    matches!(
        c,
        ' ' | '.'
            | '-'
            | '\u{2010}'
            | '\u{2011}'
            | '\u{05BE}'
            | '\''
            | '`'
            | '\u{00B4}'
            | '\u{2018}'
            | '\u{2019}'
            | '\u{05F3}'
            | '\u{05F4}'
    )
}

/// The zero-width non-joiner: Persian names are misspelt without it, but it means something between letters only.
const NON_JOINER: char = '\u{200C}';

fn normalise(text: &str) -> Result<String, NameProblem> {
    // Long before counting: normalising a megabyte of marks is work that nobody's name needs.
    if text.len() > PersonName::MAX_CHARS * 32 {
        return Err(NameProblem::TooLong);
    }
    let visible = without_invisible(text);
    let name = nfc(&visible.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut letters = 0_usize;
    let mut previous = ' ';
    for c in name.chars() {
        let allowed = if is_combining_mark(c) {
            letters > 0
        } else {
            c.is_alphabetic() || is_name_sign(c) || c == NON_JOINER || (c == '"' && is_hebrew_letter(previous))
        };
        if !allowed {
            return Err(NameProblem::Character(c));
        }
        letters += usize::from(c.is_alphabetic());
        previous = c;
    }
    if name.is_empty() {
        return Err(NameProblem::Empty);
    }
    if name.chars().count() > PersonName::MAX_CHARS {
        return Err(NameProblem::TooLong);
    }
    if letters == 0 {
        return Err(NameProblem::NoLetter);
    }
    Ok(name)
}

/// Drops direction marks and other invisible characters, and non-joiners that do not stand between letters.
fn without_invisible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    let mut pending = false;
    for c in text.chars() {
        if is_bidi_control(c) || matches!(c, '\u{00AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}') {
            continue;
        }
        if c == NON_JOINER {
            pending = visible.chars().next_back().is_some_and(|last| last.is_alphabetic() || is_combining_mark(last));
            continue;
        }
        if std::mem::take(&mut pending) && c.is_alphabetic() {
            visible.push(NON_JOINER);
        }
        visible.push(c);
    }
    visible
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    fn name(surname: &str, given: &str, patronymic: Option<&str>) -> PersonName {
        PersonName::new(surname, given, patronymic).unwrap()
    }

    #[test]
    fn shown_in_the_order_of_the_language() {
        let teacher = name("Бутрович", "Вера", Some("Ивановна"));
        assert_eq!(teacher.display(Locale::Ru), "Бутрович Вера Ивановна");
        assert_eq!(teacher.display(Locale::He), "Вера Бутрович");
        assert_eq!(teacher.short(), "Бутрович В. И.");
        let parent = name("כהן", "דנה", None);
        assert_eq!(parent.display(Locale::He), "דנה כהן");
        assert_eq!(parent.display(Locale::Ru), "כהן דנה");
        assert_eq!(parent.short(), "כהן ד.");
    }

    #[test]
    fn written_as_people_write_names() {
        for text in [
            "O'Hara",
            "Салтыков-Щедрин",
            "Оглы Мамедов",
            "ג'ורג'",
            "צ׳רלי",
            "בן־דוד",
            "רמב\"ם",
            "O‘tkir",
            "عبد الله",
            "José",
            "St. John",
            "علی\u{200C}رضا",
        ] {
            assert_eq!(name(text, text, Some(text)).surname(), text);
        }
    }

    #[test]
    fn trimmed_collapsed_and_composed() {
        let tidy = name(" \u{202B}Иванов\u{202C}\u{A0} ", "Анна\t \nМария", Some("  "));
        assert_eq!((tidy.surname(), tidy.given_name(), tidy.patronymic()), ("Иванов", "Анна Мария", None));
        assert_eq!(name("Й", "e\u{301}", None).given_name(), "é");
        assert_eq!(name("\u{200C}ab\u{200C} c\u{200C}", "x", None).surname(), "ab c");
        assert_eq!(name("a \u{200C}", "x", None).surname(), "a");
    }

    #[test]
    fn refusals_name_the_part_and_the_reason() {
        for (surname, given, patronymic, field, problem) in [
            ("", "Anna", None, NameField::Surname, NameProblem::Empty),
            ("Levi", " \u{200F} ", None, NameField::GivenName, NameProblem::Empty),
            ("Levi", "Ann4", None, NameField::GivenName, NameProblem::Character('4')),
            ("Levi", "Anna", Some("<b>"), NameField::Patronymic, NameProblem::Character('<')),
            ("Le\"vi", "Anna", None, NameField::Surname, NameProblem::Character('"')),
            ("Levi\u{0}", "Anna", None, NameField::Surname, NameProblem::Character('\u{0}')),
            ("\u{301}a", "Anna", None, NameField::Surname, NameProblem::Character('\u{301}')),
            ("-", "Anna", None, NameField::Surname, NameProblem::NoLetter),
        ] {
            assert_eq!(PersonName::new(surname, given, patronymic), Err(NameError { field, problem }));
        }
        assert!(PersonName::new(&"я".repeat(100), "a", None).is_ok());
        for length in [101, 1_000_000] {
            let error = PersonName::new(&"я".repeat(length), "a", None).unwrap_err();
            assert_eq!(error.problem, NameProblem::TooLong);
        }
    }

    #[test]
    fn debug_does_not_reveal_it() {
        assert_eq!(format!("{:?}", name("Levi", "Dana", None)), "PersonName(•••)");
    }
}
