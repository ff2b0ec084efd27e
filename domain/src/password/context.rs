//! What must not be in a password because it says whose it is: user code, ID number, name, phone, birth date, the service's name.
//!
//! Words count from four letters on, so that «Ян» or "Li" inside another word refuses nobody; shorter ones count together with their
//! neighbours («Ян Ли» → "янли"). Numbers are compared digit by digit, whatever stands between the digits. The service's names count
//! whole, since their words are everybody's: «Портал школы» is refused, «портал» alone is not.

use crate::birth_date::BirthDate;
use crate::digits;
use crate::mask;
use crate::password::common::fold;

/// What is known about the person who chooses the password. In the browser, that is what the page holds already; empty fields are fine.
#[derive(Clone, Default)]
pub struct PolicyContext {
    /// The user code, with or without its dash.
    pub user_code: Option<String>,
    /// ID numbers and SNILS, in any format.
    pub id_numbers: Vec<String>,
    /// Names: each entry a whole name or a part of one.
    pub names: Vec<String>,
    /// Phone numbers, in any format; their last seven digits count, so that no prefix hides them.
    pub mobiles: Vec<String>,
    /// The birth date.
    pub birth_date: Option<BirthDate>,
    /// The names of the service and the school, in every language that shows them; each counts as a whole.
    pub service_names: Vec<String>,
    /// Whether a second factor always follows the password (staff).
    pub second_factor: bool,
}

mask::masked_debug!(PolicyContext);

/// The fewest letters of a word that counts.
const MIN_WORD: usize = 4;
/// The fewest digits of a number that counts, leading zeros aside.
const MIN_NUMBER: usize = 6;
/// The most words that are looked at: every two are compared together, and the context comes from outside.
const MAX_WORDS: usize = 32;
/// The digits at the end of a phone number that are the subscriber's own.
const SUBSCRIBER: usize = 7;

/// A password made ready for comparison.
pub(super) struct Folded {
    /// The password, folded.
    text: String,
    /// Its letters and digits alone.
    letters_and_digits: String,
    /// Its digits alone.
    digits: String,
}

impl Folded {
    pub(super) fn new(password: &str) -> Self {
        let text = fold(password);
        let letters_and_digits = text.chars().filter(|c| c.is_alphanumeric()).collect();
        let digits = digits::only(&text);
        Self { text, letters_and_digits, digits }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn has_word(&self, word: &str) -> bool {
        word.chars().count() >= MIN_WORD && self.text.contains(word)
    }

    fn has_joined(&self, word: &str) -> bool {
        word.chars().count() >= MIN_WORD && self.letters_and_digits.contains(word)
    }

    fn has_number(&self, number: &str) -> bool {
        let significant = number.trim_start_matches('0');
        significant.len() >= MIN_NUMBER && self.digits.contains(significant)
    }

    /// Whether one of the words is in it, or two of them next to each other, in either order and whatever stands between.
    fn has_name(&self, names: &[String]) -> bool {
        let folded: Vec<String> = names.iter().map(|name| fold(name)).collect();
        let words = folded.iter().flat_map(|name| words(name)).filter(|word| word.chars().count() > 1);
        let words: Vec<&str> = words.take(MAX_WORDS).collect();
        let pairs = || words.iter().enumerate().flat_map(|(i, a)| words.iter().skip(i + 1).map(move |b| (a, b)));
        words.iter().any(|word| self.has_word(word))
            || pairs().any(|(a, b)| self.has_joined(&format!("{a}{b}")) || self.has_joined(&format!("{b}{a}")))
    }
}

fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

impl PolicyContext {
    /// Whether there is anything of the person's own to compare with.
    pub fn knows_the_person(&self) -> bool {
        self.user_code.is_some()
            || self.birth_date.is_some()
            || [&self.id_numbers, &self.names, &self.mobiles].into_iter().any(|list| !list.is_empty())
    }

    pub(super) fn user_code_is_in(&self, password: &Folded) -> bool {
        let code = self.user_code.as_deref().map(fold).unwrap_or_default();
        let code: String = code.chars().filter(|c| c.is_alphanumeric()).collect();
        password.has_joined(&code)
    }

    pub(super) fn id_number_is_in(&self, password: &Folded) -> bool {
        self.id_numbers.iter().map(|number| digits::only(number)).any(|number| {
            // A SNILS is told by its nine digits; the control number follows from them.
            let snils = number.get(..9).filter(|_| number.len() == 11);
            password.has_number(snils.unwrap_or(&number))
        })
    }

    pub(super) fn name_is_in(&self, password: &Folded) -> bool {
        password.has_name(&self.names)
    }

    pub(super) fn mobile_is_in(&self, password: &Folded) -> bool {
        self.mobiles.iter().map(|mobile| digits::only(mobile)).any(|mobile| {
            let from = mobile.len().saturating_sub(SUBSCRIBER);
            mobile.get(from..).is_some_and(|own| own.len() == SUBSCRIBER && password.digits.contains(own))
        })
    }

    pub(super) fn birth_date_is_in(&self, password: &Folded) -> bool {
        let Some(date) = self.birth_date else { return false };
        let (year, month, day) = (date.year(), date.month(), date.day());
        let short_year = year % 100;
        let numbers = [
            format!("{day:02}{month:02}{year}"),
            format!("{month:02}{day:02}{year}"),
            format!("{year}{month:02}{day:02}"),
            format!("{day:02}{month:02}{short_year:02}"),
            format!("{month:02}{day:02}{short_year:02}"),
            format!("{short_year:02}{month:02}{day:02}"),
            format!("{day}{month}{year}"),
        ];
        // The year must stand as such: its digits scattered over the password are nobody's birthday.
        password.text.contains(&year.to_string()) || numbers.iter().any(|number| password.digits.contains(number))
    }

    pub(super) fn service_name_is_in(&self, password: &Folded) -> bool {
        self.service_names.iter().any(|name| password.has_joined(&words(&fold(name)).collect::<String>()))
    }

    /// Everything as words, for the estimate of guessability.
    #[cfg(feature = "strength")]
    pub(super) fn words(&self) -> Vec<String> {
        let split = |text: &String| words(&fold(text)).map(str::to_owned).collect::<Vec<_>>();
        let own = self.names.iter().chain(&self.user_code).flat_map(split);
        let numbers = self.id_numbers.iter().chain(&self.mobiles).map(|number| digits::only(number));
        // What is the person's own comes first: names of the service may be long, and in four languages.
        let words = own.chain(numbers).chain(self.service_names.iter().flat_map(split));
        words.filter(|word| word.chars().count() > 1).take(2 * MAX_WORDS).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    fn person() -> PolicyContext {
        PolicyContext {
            user_code: Some("ABCD-EFGH".into()),
            id_numbers: vec!["039337423".into(), "112-233-445 95".into(), "000000018".into()],
            names: vec!["Ли".into(), "Ян".into(), "Анна-Мария".into()],
            mobiles: vec!["+972501234567".into(), "8(900)765-43-21".into()],
            birth_date: Some(BirthDate::new(1985, 4, 12).unwrap()),
            service_names: ["Schoolgate", "My Portal", "פורטל ההורים", "بوابة أولياء الأمور", "Портал школы", "ГИМ"]
                .map(String::from)
                .to_vec(),
            second_factor: false,
        }
    }

    #[test]
    fn user_code_in_any_writing() {
        for (password, found) in
            [("xxABCDEFGHxx", true), ("abcd efgh", true), ("a.b.c.d.e.f.g.h", true), ("ABCDEFG", false)]
        {
            assert_eq!(person().user_code_is_in(&Folded::new(password)), found, "{password}");
        }
    }

    #[test]
    fn id_numbers_with_and_without_zeros() {
        for (password, found) in [
            ("my id 039337423", true),
            ("my id 3933742-3", true),
            ("٣٩٣٣٧٤٢٣", true),
            ("snils 112-233-445", true),
            ("39337424", false),
            ("the 18 horses", false),
        ] {
            assert_eq!(person().id_number_is_in(&Folded::new(password)), found, "{password}");
        }
    }

    #[test]
    fn names_from_four_letters_or_joined() {
        for (password, found) in [
            ("люблю АННУ и анну-марию", false),
            ("моя анна дома", true),
            ("Мария2024", true),
            ("янтарь и лилия", false),
            ("x ли-ян x", true),
            ("x ян.ли x", true),
            ("xлиЯнx", true),
            ("ли и ян", false),
            ("дикая пальма", false),
        ] {
            assert_eq!(person().name_is_in(&Folded::new(password)), found, "{password}");
        }
    }

    #[test]
    fn phones_by_the_subscriber_number() {
        for (password, found) in [
            ("050-1234567!", true),
            ("call 123 45 67", true),
            ("+7 900 765-43-21", true),
            ("٧٦٥٤٣٢١", true),
            ("123456", false),
        ] {
            assert_eq!(person().mobile_is_in(&Folded::new(password)), found, "{password}");
        }
        let short = PolicyContext { mobiles: vec!["112".into(), String::new()], ..PolicyContext::default() };
        assert!(!short.mobile_is_in(&Folded::new("112")));
    }

    #[test]
    fn birth_dates_in_the_usual_writings() {
        for (password, found) in [
            ("12.04.1985", true),
            ("12041985", true),
            ("1985-04-12", true),
            ("12/4/1985", true),
            ("12.04.85", true),
            ("850412", true),
            ("born in 1985", true),
            ("1a9b8c5", false),
            ("12.05.86", false),
        ] {
            assert_eq!(person().birth_date_is_in(&Folded::new(password)), found, "{password}");
        }
    }

    #[test]
    fn the_service_has_a_name_too() {
        for (password, found) in [
            ("my SchoolGate pass", true),
            ("s-c-h-o-o-l-g-a-t-e", true),
            ("это ПорталШколы 2024", true),
            ("портал. школы!", true),
            ("кот בפורטל ההורים", true),
            ("xبوابة أولياء الأمورx", true),
            ("in mY_pORTAl today", true),
            ("portal to hell", false),
            ("портал в школу", false),
            ("школы и портал", false),
            ("гимнастика и гим", false),
            ("my horse", false),
        ] {
            assert_eq!(person().service_name_is_in(&Folded::new(password)), found, "{password}");
        }
    }

    #[test]
    fn an_empty_context_finds_nothing() {
        let nobody = PolicyContext::default();
        let password = Folded::new("correct horse 1985 0501234567");
        assert!(!nobody.knows_the_person());
        assert!(person().knows_the_person());
        assert!(
            !nobody.user_code_is_in(&password) && !nobody.id_number_is_in(&password) && !nobody.name_is_in(&password)
        );
        assert!(
            !nobody.mobile_is_in(&password)
                && !nobody.birth_date_is_in(&password)
                && !nobody.service_name_is_in(&password)
        );
    }

    #[test]
    fn debug_does_not_reveal_it() {
        assert_eq!(format!("{:?}", person()), "PolicyContext(•••)");
    }
}
