//! What a policy says about one password: each requirement with met or not, for the live list, and each refusal with its reason.

use serde::{Deserialize, Serialize};

use crate::password::Password;
use crate::password::common::CommonPasswords;
use crate::password::context::{Folded, PolicyContext};
use crate::password::policy::Policy;

/// One line of the live list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Requirement {
    /// From `min` to `max` characters.
    Length {
        /// The least number of characters.
        min: usize,
        /// The largest number of characters.
        max: usize,
    },
    /// Latin letters and digits, nothing else.
    OnlyLatinLettersAndDigits,
    /// At least one Latin letter.
    Letter,
    /// At least one digit.
    Digit,
    /// No user code, ID number, name, phone number or birth date of the person.
    NothingPersonal,
    /// Not the name of the service.
    NotTheService,
    /// Not in the list of common passwords. Listed only where the list is (on the server).
    NotCommon,
    /// Hard to guess. Listed only where the estimate is made (on the server).
    HardToGuess,
}

/// Why a password is refused. Serialised as `{"code": "too_short", "min": 15, "length": 3}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Unmet {
    /// Too few characters.
    TooShort {
        /// The least number of characters.
        min: usize,
        /// How many there are.
        length: usize,
    },
    /// Too many characters.
    TooLong {
        /// The largest number of characters.
        max: usize,
        /// How many there are.
        length: usize,
    },
    /// Something other than Latin letters and digits.
    OtherCharacters,
    /// No Latin letter.
    NoLetter,
    /// No digit.
    NoDigit,
    /// It contains the person's user code.
    ContainsUserCode,
    /// It contains one of the person's ID numbers.
    ContainsIdNumber,
    /// It contains the person's name.
    ContainsName,
    /// It contains the person's phone number.
    ContainsMobile,
    /// It contains the person's birth date or year of birth.
    ContainsBirthDate,
    /// It contains the name of the service.
    ContainsServiceName,
    /// It is in the list of common passwords.
    Common,
    /// It is easy to guess.
    Guessable {
        /// What makes it so, where that is known.
        weakness: Option<Weakness>,
    },
}

/// What makes a password easy to guess; each has its own advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weakness {
    /// Keys in a row: `qwerty`.
    KeyboardPattern,
    /// The same again and again: `aaaa`, `abcabc`.
    Repeats,
    /// A sequence: `abcd`, `6543`.
    Sequence,
    /// A common password, or close to one.
    Common,
    /// One word alone.
    SingleWord,
    /// Common names.
    Names,
    /// A date or a year.
    Date,
}

impl Unmet {
    /// The stable code that texts and problem documents are found by; the same as in the serialised form.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::OtherCharacters => "other_characters",
            Self::NoLetter => "no_letter",
            Self::NoDigit => "no_digit",
            Self::ContainsUserCode => "contains_user_code",
            Self::ContainsIdNumber => "contains_id_number",
            Self::ContainsName => "contains_name",
            Self::ContainsMobile => "contains_mobile",
            Self::ContainsBirthDate => "contains_birth_date",
            Self::ContainsServiceName => "contains_service_name",
            Self::Common => "common",
            Self::Guessable { .. } => "guessable",
        }
    }
}

/// A requirement and whether the password meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequirementState {
    /// The requirement.
    pub requirement: Requirement,
    /// Whether it is met.
    pub met: bool,
}

/// What a policy says about one password.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Assessment {
    /// Every requirement that was looked at, in the order of the list.
    pub requirements: Vec<RequirementState>,
    /// Every reason to refuse; empty when the password may be chosen.
    pub unmet: Vec<Unmet>,
}

impl Assessment {
    /// Whether the password may be chosen.
    pub fn is_accepted(&self) -> bool {
        self.unmet.is_empty()
    }

    /// Notes a requirement with the reasons why it is not met, if any.
    pub(super) fn add(&mut self, requirement: Requirement, reasons: impl IntoIterator<Item = Unmet>) {
        let before = self.unmet.len();
        self.unmet.extend(reasons);
        self.requirements.push(RequirementState { requirement, met: self.unmet.len() == before });
    }

    /// The answer to a text that [`Password::new`] refused to read: too long, and nothing else was looked at.
    pub fn too_large(policy: &Policy, text: &str) -> Self {
        let mut assessment = Self::default();
        let (min, max) = (policy.min(false), policy.max());
        assessment.add(Requirement::Length { min, max }, [Unmet::TooLong { max, length: text.chars().count() }]);
        assessment
    }
}

/// What the policy says about the password. `common` is the list of common passwords, where there is one at hand.
///
/// The estimate of guessability is no part of it, so that browser and server list the same lines; the server's final word is
/// `check_with_strength`.
pub fn check(
    policy: &Policy,
    password: &Password,
    context: &PolicyContext,
    common: Option<&dyn CommonPasswords>,
) -> Assessment {
    let mut assessment = Assessment::default();
    let (min, max, length) = (policy.min(context.second_factor), policy.max(), password.length());
    let too_short = (length < min).then_some(Unmet::TooShort { min, length });
    let too_long = (length > max).then_some(Unmet::TooLong { max, length });
    assessment.add(Requirement::Length { min, max }, too_short.or(too_long));

    if policy.latin_letters_and_digits() {
        let text = password.as_str();
        let has = |kind: fn(&char) -> bool| text.chars().any(|c| kind(&c));
        assessment.add(Requirement::Letter, (!has(char::is_ascii_alphabetic)).then_some(Unmet::NoLetter));
        assessment.add(Requirement::Digit, (!has(char::is_ascii_digit)).then_some(Unmet::NoDigit));
        let others = has(|c| !c.is_ascii_alphanumeric());
        assessment.add(Requirement::OnlyLatinLettersAndDigits, others.then_some(Unmet::OtherCharacters));
    }

    let folded = Folded::new(password.as_str());
    if context.knows_the_person() {
        let reasons = [
            (context.user_code_is_in(&folded), Unmet::ContainsUserCode),
            (context.id_number_is_in(&folded), Unmet::ContainsIdNumber),
            (context.name_is_in(&folded), Unmet::ContainsName),
            (context.mobile_is_in(&folded), Unmet::ContainsMobile),
            (context.birth_date_is_in(&folded), Unmet::ContainsBirthDate),
        ];
        assessment.add(
            Requirement::NothingPersonal,
            reasons.into_iter().filter_map(|(found, reason)| found.then_some(reason)),
        );
    }
    if !context.service_names.is_empty() {
        let found = context.service_name_is_in(&folded);
        assessment.add(Requirement::NotTheService, found.then_some(Unmet::ContainsServiceName));
    }
    if let Some(common) = common {
        assessment.add(Requirement::NotCommon, common.contains(folded.text()).then_some(Unmet::Common));
    }
    assessment
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use crate::birth_date::BirthDate;
    use crate::password::policy::PolicyName;

    struct List(&'static [&'static str]);

    impl CommonPasswords for List {
        fn contains(&self, folded: &str) -> bool {
            self.0.contains(&folded)
        }
    }

    fn codes(policy: PolicyName, password: &str, context: &PolicyContext) -> Vec<&'static str> {
        let list = List(&["password", "iloveyou1234567", "abc12345"]);
        let password = Password::new(password).unwrap();
        check(&Policy::of(policy), &password, context, Some(&list)).unmet.iter().map(Unmet::code).collect()
    }

    #[test]
    fn nist_asks_for_length_alone_and_with_a_second_factor() {
        let alone = PolicyContext::default();
        let staff = PolicyContext { second_factor: true, ..PolicyContext::default() };
        assert_eq!(codes(PolicyName::Nist, "fourteen chars", &alone), ["too_short"]);
        assert_eq!(codes(PolicyName::Nist, "fifteen charact", &alone), [""; 0]);
        assert_eq!(codes(PolicyName::Nist, "seven c", &staff), ["too_short"]);
        assert_eq!(codes(PolicyName::Nist, "eight ch", &staff), [""; 0]);
        assert_eq!(codes(PolicyName::Nist, &"ab".repeat(128), &alone), [""; 0]);
        assert_eq!(codes(PolicyName::Nist, &format!("{}c", "ab".repeat(128)), &alone), ["too_long"]);
        // Any script, no composition; characters are counted, not bytes.
        assert_eq!(codes(PolicyName::Nist, "סוס נכון סוללה סיכה", &alone), [""; 0]);
        assert_eq!(codes(PolicyName::Nist, "лошадь верная", &alone), ["too_short"]);
    }

    #[test]
    fn legacy_asks_for_latin_letters_and_digits() {
        let nobody = PolicyContext::default();
        for (password, expected) in [
            ("horse123", vec![]),
            ("horse1234567890x", vec![]),
            ("horse1", vec!["too_short"]),
            ("horse1234567890xy", vec!["too_long"]),
            ("horsehorse", vec!["no_digit"]),
            ("20304050", vec!["no_letter"]),
            ("horse-123", vec!["other_characters"]),
            ("лошадь123", vec!["no_letter", "other_characters"]),
            ("ABC12345", vec!["common"]),
        ] {
            assert_eq!(codes(PolicyName::MoeLegacy, password, &nobody), expected, "{password}");
        }
    }

    #[test]
    fn common_passwords_are_found_whatever_their_case() {
        assert_eq!(codes(PolicyName::Nist, "ILoveYou1234567", &PolicyContext::default()), ["common"]);
    }

    #[test]
    fn every_personal_reason_is_told() {
        let context = PolicyContext {
            user_code: Some("ABCD-EFGH".into()),
            id_numbers: vec!["039337423".into()],
            names: vec!["Dana".into()],
            mobiles: vec!["050-1234567".into()],
            birth_date: Some(BirthDate::new(1985, 4, 12).unwrap()),
            service_names: vec!["Schoolgate".into()],
            second_factor: false,
        };
        let password = "abcdefgh 39337423 DANA 0501234567 12.04.1985 schoolgate";
        assert_eq!(
            codes(PolicyName::Nist, password, &context),
            [
                "contains_user_code",
                "contains_id_number",
                "contains_name",
                "contains_mobile",
                "contains_birth_date",
                "contains_service_name"
            ]
        );
        assert_eq!(codes(PolicyName::Nist, "correct horse battery P1", &context), [""; 0]);
    }

    #[test]
    fn the_live_list_has_every_line_met_or_not() {
        let context = PolicyContext {
            names: vec!["Dana".into()],
            service_names: vec!["Schoolgate".into()],
            ..PolicyContext::default()
        };
        let state = |assessment: &Assessment| -> Vec<(Requirement, bool)> {
            assessment.requirements.iter().map(|state| (state.requirement, state.met)).collect()
        };
        let assessment = check(&Policy::default(), &Password::new("dana").unwrap(), &context, None);
        assert_eq!(
            state(&assessment),
            [
                (Requirement::Length { min: 15, max: 256 }, false),
                (Requirement::NothingPersonal, false),
                (Requirement::NotTheService, true)
            ]
        );
        let legacy = Policy::of(PolicyName::MoeLegacy);
        let assessment =
            check(&legacy, &Password::new("horse123").unwrap(), &PolicyContext::default(), Some(&List(&[])));
        assert!(assessment.is_accepted());
        assert_eq!(
            state(&assessment),
            [
                (Requirement::Length { min: 8, max: 16 }, true),
                (Requirement::Letter, true),
                (Requirement::Digit, true),
                (Requirement::OnlyLatinLettersAndDigits, true),
                (Requirement::NotCommon, true)
            ]
        );
    }

    #[test]
    fn serialised_with_the_code_and_its_figures() {
        let unmet = [
            Unmet::TooShort { min: 15, length: 3 },
            Unmet::TooLong { max: 16, length: 17 },
            Unmet::OtherCharacters,
            Unmet::NoLetter,
            Unmet::NoDigit,
            Unmet::ContainsUserCode,
            Unmet::ContainsIdNumber,
            Unmet::ContainsName,
            Unmet::ContainsMobile,
            Unmet::ContainsBirthDate,
            Unmet::ContainsServiceName,
            Unmet::Common,
            Unmet::Guessable { weakness: Some(Weakness::KeyboardPattern) },
        ];
        for unmet in unmet {
            let json = serde_json::to_value(&unmet).unwrap();
            assert_eq!(json.get("code").unwrap(), unmet.code());
            assert_eq!(serde_json::from_value::<Unmet>(json).unwrap(), unmet);
        }
        let json = serde_json::to_string(&Unmet::TooShort { min: 15, length: 3 }).unwrap();
        assert_eq!(json, r#"{"code":"too_short","min":15,"length":3}"#);
        let json = serde_json::to_string(&Requirement::Length { min: 8, max: 16 }).unwrap();
        assert_eq!(json, r#"{"code":"length","min":8,"max":16}"#);
    }

    #[test]
    fn a_text_larger_than_any_password_is_too_long() {
        let text = "a".repeat(2000);
        let assessment = Assessment::too_large(&Policy::default(), &text);
        assert!(Password::new(&text).is_err());
        assert_eq!(assessment.unmet, [Unmet::TooLong { max: 256, length: 2000 }]);
    }
}
