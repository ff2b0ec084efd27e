//! What a school is made of: the titles of its classes, its school years, who is whose parent, and what staff work as.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digits;

/// What a parent is to a student. In the order in which they are shown.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Mother.
    Mother,
    /// Father.
    Father,
    /// Another guardian.
    Guardian,
}

impl Relation {
    /// Every relation, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Mother, Self::Father, Self::Guardian];

    /// The stable code: `mother`, `father`, `guardian`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Mother => "mother",
            Self::Father => "father",
            Self::Guardian => "guardian",
        }
    }

    /// The relation of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.code() == code)
    }
}

/// Under which heading a member of staff is listed.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PostKind {
    /// Head, deputies, administrators.
    #[serde(rename = "administration")]
    Administration,
    /// Psychologists, social workers, librarians and the like.
    #[serde(rename = "specialists")]
    Specialist,
    /// Teachers.
    #[serde(rename = "teachers")]
    Teacher,
}

impl PostKind {
    /// Every kind, in the order of the headings.
    pub const ALL: [Self; 3] = [Self::Administration, Self::Specialist, Self::Teacher];

    /// The stable code: `administration`, `specialists`, `teachers`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Administration => "administration",
            Self::Specialist => "specialists",
            Self::Teacher => "teachers",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// The title of a class: its grade and what tells it from the others of that grade. `5А`, `ה1`. Ordered by grade, then by letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClassTitle {
    title: String,
    grade: u8,
    letter: String,
}

/// Why a text is not the title of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClassTitleError {
    /// It does not begin with a grade of 1 to 14, in digits or Hebrew letters.
    #[error("the title does not begin with a grade")]
    Grade,
    /// What follows the grade is no letter or number of a class.
    #[error("the grade is not followed by a letter or number")]
    Letter,
}

impl ClassTitleError {
    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Grade => "grade",
            Self::Letter => "letter",
        }
    }
}

impl ClassTitle {
    /// The highest grade: Israeli colleges at schools have a 13th and a 14th.
    pub const HIGHEST_GRADE: u8 = 14;

    /// The most characters after the grade.
    pub const MAX_LETTERS: usize = 3;

    /// Reads a title: `5А`, `5 «А»`, `11-Б`, `ה1`, `ה'1`, `י"א 2`. A grade of one class alone has no letter. Spaces, hyphens and
    /// quotation marks are dropped, letters are made capitals.
    pub fn parse(text: &str) -> Result<Self, ClassTitleError> {
        let mut grade = String::new();
        let mut letter = String::new();
        let mut hebrew = false;
        let mut grade_ended = false;
        for c in text.chars() {
            let digit = digits::ascii(c);
            if is_ornament(c) {
                // «10-1» is a first class of the tenth grade; the gershayim of י"א stand inside the grade.
                grade_ended |= !grade.is_empty() && !hebrew;
            } else if grade.is_empty() {
                hebrew = hebrew_value(c).is_some();
                grade.push(if hebrew { c } else { digit.ok_or(ClassTitleError::Grade)? });
            } else if let Some(next) = next_of_grade(c, hebrew).filter(|_| !grade_ended) {
                grade.push(next);
            } else {
                grade_ended = true;
                let sign = digit.or_else(|| c.is_alphabetic().then_some(c)).ok_or(ClassTitleError::Letter)?;
                letter.extend(sign.to_uppercase());
            }
        }
        if letter.chars().count() > Self::MAX_LETTERS {
            return Err(ClassTitleError::Letter);
        }
        let number = if hebrew { hebrew_number(&grade) } else { grade.parse().ok() };
        let number = number.filter(|n| (1..=Self::HIGHEST_GRADE).contains(n)).ok_or(ClassTitleError::Grade)?;
        let grade = if hebrew { grade } else { number.to_string() };
        // Without the hyphen «10-1» would be the grade 101.
        let between = if !hebrew && letter.starts_with(|c: char| c.is_ascii_digit()) { "-" } else { "" };
        Ok(Self { title: format!("{grade}{between}{letter}"), grade: number, letter })
    }

    /// The grade, from 1.
    pub const fn grade(&self) -> u8 {
        self.grade
    }

    /// What tells the class from the others of its grade: `А`, `1`; empty for the only one.
    pub fn letter(&self) -> &str {
        &self.letter
    }

    /// The title as stored and shown.
    pub fn as_str(&self) -> &str {
        &self.title
    }
}

impl fmt::Display for ClassTitle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

impl Ord for ClassTitle {
    fn cmp(&self, other: &Self) -> Ordering {
        // The tenth class comes after the second.
        let number = |letter: &str| letter.parse::<u16>().ok();
        self.grade
            .cmp(&other.grade)
            .then_with(|| number(&self.letter).cmp(&number(&other.letter)))
            .then_with(|| self.letter.cmp(&other.letter))
            .then_with(|| self.title.cmp(&other.title))
    }
}

impl PartialOrd for ClassTitle {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Spaces, dashes, marks of direction, and quotation marks of every kind, geresh and gershayim among them.
fn is_ornament(c: char) -> bool {
    digits::is_separator(c)
        || matches!(
            c,
            '"' | '\'' | '`' | '«' | '»' | '\u{00B4}' | '\u{2018}'..='\u{201F}' | '\u{05F3}' | '\u{05F4}' | '.' | '/'
        )
}

/// The character as a continuation of a grade: a digit after digits, a Hebrew letter after Hebrew letters.
fn next_of_grade(c: char, hebrew: bool) -> Option<char> {
    if hebrew { hebrew_value(c).map(|_| c) } else { digits::ascii(c) }
}

/// The value of the Hebrew letters that grades are written with.
fn hebrew_value(c: char) -> Option<u8> {
    if !('א'..='י').contains(&c) {
        return None;
    }
    u8::try_from(u32::from(c) - u32::from('א') + 1).ok()
}

/// `ה` is 5, `יב` is 12: the ten stands first and only with a unit after it.
fn hebrew_number(letters: &str) -> Option<u8> {
    let values: Vec<u8> = letters.chars().map(hebrew_value).collect::<Option<_>>()?;
    match values.as_slice() {
        [value] => Some(*value),
        [10, unit] if *unit < 10 => Some(10 + unit),
        _ => None,
    }
}

/// A school year, by the calendar year in which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SchoolYear(i32);

impl SchoolYear {
    /// The school year that begins in the given calendar year.
    pub const fn starting(year: i32) -> Self {
        Self(year)
    }

    /// The school year that a month belongs to. Lessons begin in September, the new classes are made in August.
    pub const fn of_date(year: i32, month: u8) -> Self {
        Self(if month >= 8 { year } else { year.saturating_sub(1) })
    }

    /// The calendar year in which it begins.
    pub const fn year(self) -> i32 {
        self.0
    }
}

/// `2026/27`.
impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:02}", self.0, self.0.saturating_add(1).rem_euclid(100))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn titles_are_read_however_they_are_written() {
        for (text, title, grade, letter) in [
            ("5А", "5А", 5, "А"),
            ("5а", "5А", 5, "А"),
            ("5 «А»", "5А", 5, "А"),
            ("5 \"А\"", "5А", 5, "А"),
            (" 11-Б ", "11Б", 11, "Б"),
            ("05А", "5А", 5, "А"),
            ("10-1", "10-1", 10, "1"),
            ("٥A", "5A", 5, "A"),
            ("7", "7", 7, ""),
            ("ה1", "ה1", 5, "1"),
            ("ה'1", "ה1", 5, "1"),
            ("ה׳ 2", "ה2", 5, "2"),
            ("י\"א 3", "יא3", 11, "3"),
            ("י״ב10", "יב10", 12, "10"),
            ("\u{200F}י4", "י4", 10, "4"),
        ] {
            let read = ClassTitle::parse(text).unwrap();
            assert_eq!((read.as_str(), read.grade(), read.letter()), (title, grade, letter), "{text}");
            assert_eq!(ClassTitle::parse(read.as_str()).unwrap(), read, "{text}");
            assert_eq!(read.to_string(), title);
        }
    }

    #[test]
    fn other_texts_are_no_titles() {
        for (text, error) in [
            ("", ClassTitleError::Grade),
            ("А5", ClassTitleError::Grade),
            ("0А", ClassTitleError::Grade),
            ("15А", ClassTitleError::Grade),
            ("101", ClassTitleError::Grade),
            ("999999999999А", ClassTitleError::Grade),
            ("אי1", ClassTitleError::Grade),
            ("ככ1", ClassTitleError::Grade),
            ("5АБВГ", ClassTitleError::Letter),
            ("5+", ClassTitleError::Letter),
        ] {
            assert_eq!(ClassTitle::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn ordered_by_grade_then_letter() {
        let mut titles: Vec<ClassTitle> =
            ["ה10", "11Б", "5Б", "ה2", "11А", "5А", "10-1"].iter().map(|t| ClassTitle::parse(t).unwrap()).collect();
        titles.sort();
        let titles: Vec<&str> = titles.iter().map(ClassTitle::as_str).collect();
        assert_eq!(titles, ["5А", "5Б", "ה2", "ה10", "10-1", "11А", "11Б"]);
    }

    #[test]
    fn school_years_begin_before_september() {
        assert_eq!(SchoolYear::of_date(2026, 8), SchoolYear::starting(2026));
        assert_eq!(SchoolYear::of_date(2027, 7), SchoolYear::starting(2026));
        assert_eq!(SchoolYear::starting(2026).to_string(), "2026/27");
        assert_eq!(SchoolYear::starting(1999).to_string(), "1999/00");
        assert_eq!(SchoolYear::starting(2026).year(), 2026);
    }

    #[test]
    fn codes_are_stable_and_read_again() {
        for relation in Relation::ALL {
            assert_eq!(Relation::from_code(relation.code()), Some(relation));
            assert_eq!(serde_json::to_string(&relation).unwrap(), format!("\"{}\"", relation.code()));
        }
        for kind in PostKind::ALL {
            assert_eq!(PostKind::from_code(kind.code()), Some(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.code()));
        }
        assert!(Relation::Mother < Relation::Father && Relation::Father < Relation::Guardian);
    }
}
