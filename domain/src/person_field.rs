//! The fields of a person that staff edit, and the one judgement of what was typed into them: in the cell, on the server, in an import.

use serde::{Deserialize, Serialize};

use crate::birth_date::{BirthDate, BirthDateError};
use crate::digits;
use crate::email::{Email, EmailError};
use crate::mobile::{Country, Mobile, MobileError};
use crate::name::{NameProblem, PersonName};
use crate::rights::Permission;
use crate::snils::{Snils, SnilsError};

/// A field of a person. Serialised as its code.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonField {
    /// Family name.
    Surname,
    /// First name.
    GivenName,
    /// Father's name, as Russian names have it.
    Patronymic,
    /// The day of birth.
    BirthDate,
    /// The Russian insurance number.
    Snils,
    /// The mobile number.
    Mobile,
    /// The e-mail address.
    Email,
}

/// What is wrong with what was typed into a field. Serialised as its code.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum FieldFault {
    /// Nothing was typed where something must be.
    #[error("must not be empty")]
    Required,
    /// More characters than the field takes.
    #[error("is too long")]
    TooLong,
    /// A character that names are not written with.
    #[error("has a character that names are not written with")]
    Characters,
    /// A name of signs only.
    #[error("has no letter")]
    NoLetter,
    /// Not a day, month and year (of 1900 to 2100).
    #[error("is not written as day, month, year")]
    Date,
    /// There is no such day.
    #[error("there is no such day")]
    NoSuchDay,
    /// A day that is yet to come.
    #[error("is in the future")]
    DateFuture,
    /// Something other than digits and separators in a SNILS.
    #[error("a SNILS has digits only")]
    SnilsDigits,
    /// A SNILS that has not 11 digits.
    #[error("a SNILS has 11 digits")]
    SnilsLength,
    /// The control number of a SNILS does not agree.
    #[error("the control number of the SNILS does not agree")]
    SnilsCheck,
    /// Somebody else has this SNILS: it is one person's. Whose it is is not told. No judgement of a text finds this; the school's data does.
    #[error("somebody else has this SNILS")]
    SnilsTaken,
    /// Too few digits for a mobile number.
    #[error("the mobile number has too few digits")]
    MobileShort,
    /// Too many digits for a mobile number.
    #[error("the mobile number has too many digits")]
    MobileLong,
    /// A landline cannot take an SMS.
    #[error("a landline cannot take an SMS")]
    MobileLandline,
    /// A star number such as a help line cannot take an SMS.
    #[error("a star number cannot take an SMS")]
    MobileStar,
    /// Neither an Israeli nor a Russian number.
    #[error("the number belongs to another country")]
    MobileCountry,
    /// Not a mobile number for another reason.
    #[error("is not a mobile number")]
    Mobile,
    /// Not an e-mail address.
    #[error("is not an e-mail address")]
    Email,
}

impl FieldFault {
    /// Every fault.
    pub const ALL: [Self; 18] = [
        Self::Required,
        Self::TooLong,
        Self::Characters,
        Self::NoLetter,
        Self::Date,
        Self::NoSuchDay,
        Self::DateFuture,
        Self::SnilsDigits,
        Self::SnilsLength,
        Self::SnilsCheck,
        Self::SnilsTaken,
        Self::MobileShort,
        Self::MobileLong,
        Self::MobileLandline,
        Self::MobileStar,
        Self::MobileCountry,
        Self::Mobile,
        Self::Email,
    ];

    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooLong => "too_long",
            Self::Characters => "characters",
            Self::NoLetter => "no_letter",
            Self::Date => "date",
            Self::NoSuchDay => "no_such_day",
            Self::DateFuture => "date_future",
            Self::SnilsDigits => "snils_digits",
            Self::SnilsLength => "snils_length",
            Self::SnilsCheck => "snils_check",
            Self::SnilsTaken => "snils_taken",
            Self::MobileShort => "mobile_short",
            Self::MobileLong => "mobile_long",
            Self::MobileLandline => "mobile_landline",
            Self::MobileStar => "mobile_star",
            Self::MobileCountry => "mobile_country",
            Self::Mobile => "mobile",
            Self::Email => "email",
        }
    }

    /// The fault of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.code() == code)
    }

    /// Whether more typing may mend it, so that nobody is told of it in the middle of a value.
    pub const fn may_be_unfinished(self) -> bool {
        matches!(
            self,
            Self::Required
                | Self::NoLetter
                | Self::Date
                | Self::SnilsLength
                | Self::MobileShort
                | Self::Mobile
                | Self::Email
        )
    }
}

impl From<NameProblem> for FieldFault {
    fn from(problem: NameProblem) -> Self {
        match problem {
            NameProblem::Empty => Self::Required,
            NameProblem::TooLong => Self::TooLong,
            NameProblem::Character(_) => Self::Characters,
            NameProblem::NoLetter => Self::NoLetter,
        }
    }
}

impl From<BirthDateError> for FieldFault {
    fn from(error: BirthDateError) -> Self {
        match error {
            BirthDateError::Empty | BirthDateError::Format | BirthDateError::Year => Self::Date,
            BirthDateError::NoSuchDay => Self::NoSuchDay,
        }
    }
}

impl From<SnilsError> for FieldFault {
    fn from(error: SnilsError) -> Self {
        match error {
            SnilsError::NotDigits(_) => Self::SnilsDigits,
            SnilsError::Empty | SnilsError::TooShort | SnilsError::TooLong => Self::SnilsLength,
            SnilsError::AllZero | SnilsError::CheckDigit => Self::SnilsCheck,
        }
    }
}

impl From<MobileError> for FieldFault {
    fn from(error: MobileError) -> Self {
        match error {
            MobileError::TooShort => Self::MobileShort,
            MobileError::TooLong => Self::MobileLong,
            MobileError::Landline => Self::MobileLandline,
            MobileError::StarNumber => Self::MobileStar,
            MobileError::OtherCountry => Self::MobileCountry,
            MobileError::Empty | MobileError::NotDigits(_) | MobileError::NotMobile => Self::Mobile,
        }
    }
}

impl From<EmailError> for FieldFault {
    fn from(error: EmailError) -> Self {
        match error {
            EmailError::TooLong => Self::TooLong,
            EmailError::Empty | EmailError::Space | EmailError::At | EmailError::Local | EmailError::Domain => {
                Self::Email
            }
        }
    }
}

impl PersonField {
    /// Every field, in the order of the table.
    pub const ALL: [Self; 7] =
        [Self::Surname, Self::GivenName, Self::Patronymic, Self::BirthDate, Self::Snils, Self::Mobile, Self::Email];

    /// The stable code: `surname`, `given_name`, `patronymic`, `birth_date`, `snils`, `mobile`, `email`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Surname => "surname",
            Self::GivenName => "given_name",
            Self::Patronymic => "patronymic",
            Self::BirthDate => "birth_date",
            Self::Snils => "snils",
            Self::Mobile => "mobile",
            Self::Email => "email",
        }
    }

    /// The field of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }

    /// Whether every person has it: the names that a person is called by.
    pub const fn is_required(self) -> bool {
        matches!(self, Self::Surname | Self::GivenName)
    }

    /// Whether somebody may sign in by it, so that who changes it could take an account over.
    pub const fn is_contact(self) -> bool {
        matches!(self, Self::Mobile | Self::Email)
    }

    /// The right that a change of it takes. Names, SNILS and contacts are what a class teacher keeps; whoever changes the day of birth
    /// changes who the person is.
    pub const fn edited_with(self) -> Permission {
        match self {
            Self::BirthDate => Permission::EditPersonalData,
            Self::Surname | Self::GivenName | Self::Patronymic | Self::Snils | Self::Mobile | Self::Email => {
                Permission::EditContacts
            }
        }
    }

    /// The canonical text of what was typed; `None` when it is blank, which all but surname and given name may be.
    ///
    /// Numbers without a country's code are those of `country`. `today` is the last day on which somebody may have been born; without it
    /// any day will do.
    pub fn judge(self, country: Country, typed: &str, today: Option<BirthDate>) -> Result<Option<String>, FieldFault> {
        if is_blank(typed) {
            return if self.is_required() { Err(FieldFault::Required) } else { Ok(None) };
        }
        Ok(Some(match self {
            Self::Surname | Self::GivenName | Self::Patronymic => PersonName::part(typed)?,
            Self::BirthDate => {
                let date = BirthDate::parse(typed)?;
                if today.is_some_and(|today| date > today) {
                    return Err(FieldFault::DateFuture);
                }
                date.to_iso()
            }
            Self::Snils => Snils::parse(typed)?.digits().to_owned(),
            Self::Mobile => Mobile::parse_any(typed, country)?.e164().to_owned(),
            Self::Email => Email::parse(typed)?.as_str().to_owned(),
        }))
    }

    /// How a canonical value is shown and typed again: `03.06.2015`, `087-654-303 00`, `+7 900 123-45-67`, `050-1234567`. A text that
    /// is no canonical value is shown as it is.
    pub fn shown(self, canonical: &str) -> String {
        let shown = match self {
            Self::Surname | Self::GivenName | Self::Patronymic | Self::Email => None,
            Self::BirthDate => BirthDate::parse(canonical)
                .ok()
                .map(|date| format!("{:02}.{:02}.{:04}", date.day(), date.month(), date.year())),
            Self::Snils => Snils::parse(canonical).ok().map(|snils| snils.to_string()),
            Self::Mobile => Mobile::from_e164(canonical).ok().map(|mobile| mobile.national()),
        };
        shown.unwrap_or_else(|| canonical.to_owned())
    }
}

/// White space and marks that nobody sees. A lone `+` or `-` is something: taking it for nothing would empty the field.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || digits::is_bidi_control(c)
            || matches!(c, '\u{00AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}')
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use crate::rights::{Role, Scope};

    fn judge(field: PersonField, typed: &str) -> Result<Option<String>, FieldFault> {
        field.judge(Country::Ru, typed, BirthDate::new(2026, 9, 1).ok())
    }

    #[test]
    fn codes_are_stable_and_read_again() {
        for field in PersonField::ALL {
            assert_eq!(PersonField::from_code(field.code()), Some(field));
            assert_eq!(serde_json::to_string(&field).unwrap(), format!("\"{}\"", field.code()));
        }
        for fault in FieldFault::ALL {
            assert_eq!(FieldFault::from_code(fault.code()), Some(fault));
            assert_eq!(serde_json::to_string(&fault).unwrap(), format!("\"{}\"", fault.code()));
        }
        assert_eq!(PersonField::from_code("password"), None);
        assert_eq!(FieldFault::from_code("password"), None);
    }

    #[test]
    fn a_class_teacher_changes_every_field_but_the_birth_date() {
        for field in PersonField::ALL {
            let teachers = field.edited_with().scope(Role::ClassTeacher) != Scope::None;
            assert_eq!(teachers, field != PersonField::BirthDate, "{field:?}");
            assert_eq!(field.edited_with().scope(Role::DeputyHead), Scope::School);
        }
    }

    #[test]
    fn what_is_typed_becomes_canonical_and_is_shown_again() {
        for (field, typed, canonical, shown) in [
            (PersonField::Surname, "  Иванов\u{A0}", "Иванов", "Иванов"),
            (PersonField::GivenName, "Анна  Мария", "Анна Мария", "Анна Мария"),
            (PersonField::Patronymic, "Ильинична", "Ильинична", "Ильинична"),
            (PersonField::BirthDate, "3.6.2015", "2015-06-03", "03.06.2015"),
            (PersonField::BirthDate, "2026-09-01", "2026-09-01", "01.09.2026"),
            (PersonField::Snils, "08765430300", "08765430300", "087-654-303 00"),
            (PersonField::Snils, "253-101-140 00", "25310114000", "253-101-140 00"),
            (PersonField::Snils, "212-213-638 00", "21221363800", "212-213-638 00"),
            (PersonField::Snils, "510-061-209 01", "51006120901", "510-061-209 01"),
            (PersonField::Snils, "000-000-600 06", "00000060006", "000-000-600 06"),
            (PersonField::Mobile, "8(900)123-45-67", "+79001234567", "+7 900 123-45-67"),
            (PersonField::Mobile, "050 123 4567", "+972501234567", "050-1234567"),
            (PersonField::Email, " Primer123@mail.ru\u{200F}", "Primer123@mail.ru", "Primer123@mail.ru"),
        ] {
            assert_eq!(judge(field, typed).unwrap().as_deref(), Some(canonical), "{typed}");
            assert_eq!(field.shown(canonical), shown);
            assert_eq!(judge(field, shown).unwrap().as_deref(), Some(canonical), "{shown}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (field, typed, fault) in [
            (PersonField::Surname, "", FieldFault::Required),
            (PersonField::GivenName, " \u{200F}\u{A0}", FieldFault::Required),
            (PersonField::Surname, "Иванов2", FieldFault::Characters),
            (PersonField::Patronymic, "-", FieldFault::NoLetter),
            (PersonField::BirthDate, "03.06.15", FieldFault::Date),
            (PersonField::BirthDate, "03.06.1815", FieldFault::Date),
            (PersonField::BirthDate, "31.06.2015", FieldFault::NoSuchDay),
            (PersonField::BirthDate, "02.09.2026", FieldFault::DateFuture),
            (PersonField::Snils, "112-233-445 96", FieldFault::SnilsCheck),
            (PersonField::Snils, "112-233-445 94", FieldFault::SnilsCheck),
            (PersonField::Snils, "200-746-095 00", FieldFault::SnilsCheck),
            (PersonField::Snils, "001-001-999 00", FieldFault::SnilsCheck),
            (PersonField::Snils, "000-000-000 00", FieldFault::SnilsCheck),
            (PersonField::Snils, "1122334459", FieldFault::SnilsLength),
            (PersonField::Snils, "112233445955", FieldFault::SnilsLength),
            (PersonField::Snils, "—", FieldFault::SnilsLength),
            (PersonField::Snils, "9.01E+10", FieldFault::SnilsDigits),
            (PersonField::Mobile, "+", FieldFault::Mobile),
            (PersonField::Mobile, "900 123-45-6", FieldFault::MobileShort),
            (PersonField::Mobile, "+7 900 123-45-678", FieldFault::MobileLong),
            (PersonField::Mobile, "8 (495) 123-45-67", FieldFault::MobileLandline),
            (PersonField::Mobile, "*6552", FieldFault::MobileStar),
            (PersonField::Mobile, "+1 202 555 0100", FieldFault::MobileCountry),
            (PersonField::Email, "primer", FieldFault::Email),
            (PersonField::Email, "a b@mail.ru", FieldFault::Email),
        ] {
            assert_eq!(judge(field, typed), Err(fault), "{typed:?}");
        }
        let long = format!("{}@mail.ru", "a".repeat(300));
        assert_eq!(judge(PersonField::Email, &long), Err(FieldFault::TooLong));
        assert_eq!(judge(PersonField::Surname, &"я".repeat(101)), Err(FieldFault::TooLong));
    }

    #[test]
    fn blank_empties_what_may_be_empty() {
        for field in PersonField::ALL.into_iter().filter(|field| !field.is_required()) {
            assert_eq!(judge(field, " \u{200F} "), Ok(None));
        }
    }

    #[test]
    fn a_part_of_a_name_is_judged_as_in_the_whole_name() {
        for text in ["Салтыков-Щедрин", "רמב\"ם", "e\u{301}", "Le\"vi", "4", " ", "-", "علی\u{200C}رضا"]
        {
            let whole = PersonName::new(text, "x", None).map(|name| name.surname().to_owned());
            assert_eq!(judge(PersonField::Surname, text).ok().flatten(), whole.ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_canonical_value_is_shown_as_it_is() {
        assert_eq!(PersonField::Snils.shown("1"), "1");
        assert_eq!(PersonField::Mobile.shown("+375291234567"), "+375291234567");
    }
}
