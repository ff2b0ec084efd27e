//! Birth dates as people write them in Israel and Russia, and as machines do: day first with dots, slashes or dashes, or ISO 8601.
//!
//! The calendar is the Gregorian one, years 1900 to 2100; what "today" is, the caller says.

use crate::digits;
use crate::mask;

/// A day that exists in the Gregorian calendar, in the years 1900 to 2100.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BirthDate {
    year: u16,
    month: u8,
    day: u8,
}

mask::masked_debug!(BirthDate);

/// Why a text is not a birth date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BirthDateError {
    /// Nothing was typed.
    #[error("the date is empty")]
    Empty,
    /// Neither year-month-day nor day.month.year, with a year of four digits.
    #[error("the date is not written as day, month, year")]
    Format,
    /// The year is not between 1900 and 2100.
    #[error("the year is not between 1900 and 2100")]
    Year,
    /// There is no such day: a 13th month, a 30th of February.
    #[error("there is no such day")]
    NoSuchDay,
}

impl BirthDateError {
    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Format => "format",
            Self::Year => "year",
            Self::NoSuchDay => "no_such_day",
        }
    }
}

impl BirthDate {
    /// The day, if it exists.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, BirthDateError> {
        if !(1900..=2100).contains(&year) {
            return Err(BirthDateError::Year);
        }
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return Err(BirthDateError::NoSuchDay),
        };
        if (1..=days).contains(&day) { Ok(Self { year, month, day }) } else { Err(BirthDateError::NoSuchDay) }
    }

    /// Reads `2015-06-03`, `03.06.2015`, `3/6/2015`, `03-06-2015`; the month is never first. Other scripts' digits are taken.
    pub fn parse(text: &str) -> Result<Self, BirthDateError> {
        let mut parts = [const { String::new() }; 3];
        let mut current = 0_usize;
        let mut empty = true;
        for c in text.chars().filter(|c| !digits::is_bidi_control(*c) && !c.is_whitespace()) {
            empty = false;
            match digits::ascii(c) {
                Some(digit) => {
                    let part = parts.get_mut(current).ok_or(BirthDateError::Format)?;
                    if part.len() == 4 {
                        return Err(BirthDateError::Format);
                    }
                    part.push(digit);
                }
                None if matches!(c, '.' | '/') || digits::is_dash(c) => current += 1,
                None => return Err(BirthDateError::Format),
            }
        }
        if empty {
            return Err(BirthDateError::Empty);
        }
        if current != 2 {
            return Err(BirthDateError::Format);
        }
        let [first, month, last] = &parts;
        let (year, day) = if first.len() == 4 { (first, last) } else { (last, first) };
        if year.len() != 4 || !(1..=2).contains(&month.len()) || !(1..=2).contains(&day.len()) {
            return Err(BirthDateError::Format);
        }
        let number = |text: &str| text.parse::<u16>().map_err(|_| BirthDateError::Format);
        let small = |text: &str| text.parse::<u8>().map_err(|_| BirthDateError::Format);
        Self::new(number(year)?, small(month)?, small(day)?)
    }

    /// The year, 1900 to 2100.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// `YYYY-MM-DD`, the form that is stored.
    pub fn to_iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// Age in full years on the given day; `None` before birth. Who is born on 29 February is a year older on 1 March of other years.
    pub fn age_on(self, year: u16, month: u8, day: u8) -> Option<u16> {
        let years = year.checked_sub(self.year)?;
        if (month, day) < (self.month, self.day) { years.checked_sub(1) } else { Some(years) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn every_way_of_writing_is_read() {
        for text in [
            "2015-06-03",
            "03.06.2015",
            "3.6.2015",
            "03/06/2015",
            "03-06-2015",
            " 03 . 06 . 2015 ",
            "٠٣/٠٦/٢٠١٥",
            "\u{200F}03.06.2015",
        ] {
            assert_eq!(BirthDate::parse(text).unwrap().to_iso(), "2015-06-03", "{text}");
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for (text, error) in [
            ("", BirthDateError::Empty),
            ("2015-02-29", BirthDateError::NoSuchDay),
            ("1900-02-29", BirthDateError::NoSuchDay),
            ("31.04.2015", BirthDateError::NoSuchDay),
            ("00.01.2015", BirthDateError::NoSuchDay),
            ("01.13.2015", BirthDateError::NoSuchDay),
            ("01.01.1899", BirthDateError::Year),
            ("01.01.2101", BirthDateError::Year),
            ("03.06.15", BirthDateError::Format),
            ("03062015", BirthDateError::Format),
            ("3 June 2015", BirthDateError::Format),
            ("03.06.2015.", BirthDateError::Format),
            ("03.06.20155", BirthDateError::Format),
            ("2015-06-2015", BirthDateError::Format),
            ("..", BirthDateError::Format),
            ("1.2", BirthDateError::Format),
        ] {
            assert_eq!(BirthDate::parse(text), Err(error), "{text:?}");
        }
        assert!(BirthDate::parse("29.02.2000").is_ok());
        assert!(BirthDate::parse("29.02.2016").is_ok());
    }

    #[test]
    fn age_turns_on_the_birthday() {
        let born = BirthDate::new(2011, 9, 1).unwrap();
        assert_eq!(born.age_on(2025, 8, 31), Some(13));
        assert_eq!(born.age_on(2025, 9, 1), Some(14));
        assert_eq!(born.age_on(2011, 9, 1), Some(0));
        assert_eq!(born.age_on(2011, 8, 31), None);
        assert_eq!(born.age_on(2010, 12, 31), None);
        let leap = BirthDate::new(2012, 2, 29).unwrap();
        assert_eq!(leap.age_on(2026, 2, 28), Some(13));
        assert_eq!(leap.age_on(2026, 3, 1), Some(14));
    }

    #[test]
    fn debug_does_not_reveal_it() {
        assert_eq!(format!("{:?}", BirthDate::new(2015, 6, 3).unwrap()), "BirthDate(•••)");
    }
}
