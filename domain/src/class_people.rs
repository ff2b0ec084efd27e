//! A class as the editor shows it: what the JSON API answers with, and what the browser's editor reads.
//!
//! Both sides use these very types, so that they cannot differ. Personal data in clear: nothing here has a `Debug` that shows it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::mobile::Country;
use crate::person_field::PersonField;
use crate::readiness::Readiness;
use crate::roster::Relation;

/// A class in a few words.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassHead {
    /// The class's id.
    pub id: String,
    /// Its school's id.
    pub school_id: String,
    /// Its school's name.
    pub school: String,
    /// `5А`.
    pub title: String,
    /// The calendar year in which its school year begins.
    pub year: i32,
    /// Which country's phone numbers are meant when no country is typed: `il` or `ru`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub country: Country,
}

/// The fields of a person that the editor shows, in canonical form: dates as `YYYY-MM-DD`, mobiles as E.164, SNILS as eleven digits.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonFields {
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surname: Option<String>,
    /// First name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Father's name, as Russian names have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patronymic: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// Eleven digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snils: Option<String>,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// As it was typed, trimmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl PersonFields {
    /// The value of a field.
    pub fn get(&self, field: PersonField) -> Option<&str> {
        match field {
            PersonField::Surname => self.surname.as_deref(),
            PersonField::GivenName => self.given_name.as_deref(),
            PersonField::Patronymic => self.patronymic.as_deref(),
            PersonField::BirthDate => self.birth_date.as_deref(),
            PersonField::Snils => self.snils.as_deref(),
            PersonField::Mobile => self.mobile.as_deref(),
            PersonField::Email => self.email.as_deref(),
        }
    }

    /// Sets the value of a field.
    pub fn set(&mut self, field: PersonField, value: Option<String>) {
        *match field {
            PersonField::Surname => &mut self.surname,
            PersonField::GivenName => &mut self.given_name,
            PersonField::Patronymic => &mut self.patronymic,
            PersonField::BirthDate => &mut self.birth_date,
            PersonField::Snils => &mut self.snils,
            PersonField::Mobile => &mut self.mobile,
            PersonField::Email => &mut self.email,
        } = value;
    }
}

impl fmt::Debug for PersonFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonFields").finish_non_exhaustive()
    }
}

/// A person as the editor shows them.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    /// The person's id.
    pub id: String,
    /// Counts the changes; the `ETag` is this number in quotes.
    pub version: i64,
    /// The fields.
    pub fields: PersonFields,
    /// Somebody signs in with mobile or e-mail: changing them asks for fresh proof.
    pub signs_in: bool,
}

/// A parent of a student.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentEntry {
    /// Mother, father, or another guardian.
    pub relation: Relation,
    /// The parent.
    pub person: PersonRecord,
}

/// A student with parents.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudentEntry {
    /// The number in the class register, from 1.
    pub number: u32,
    /// The student.
    pub student: PersonRecord,
    /// Mother first, then father, then the others.
    pub parents: Vec<ParentEntry>,
    /// Whether the sign-in through Gosuslugi can work.
    pub readiness: Readiness,
}

/// A class with everybody in it: one request paints the editor.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassPeople {
    /// The class.
    pub class: ClassHead,
    /// In the order of the register.
    pub students: Vec<StudentEntry>,
    /// How many of them can sign in through Gosuslugi.
    pub ready: u32,
}

/// The readiness of one student.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StudentReadiness {
    /// The student's id.
    pub student_id: String,
    /// Whether the sign-in through Gosuslugi can work.
    pub readiness: Readiness,
}

/// The readiness of a class.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassReadiness {
    /// The class's id.
    pub class_id: String,
    /// `5А`.
    pub title: String,
    /// How many students can sign in through Gosuslugi.
    pub ready: u32,
    /// How many students there are.
    pub total: u32,
    /// Student by student, in the order of the register. Empty in the list of a school's classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub students: Vec<StudentReadiness>,
}

/// A change was stored durably.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonSaved {
    /// The person as stored now.
    pub person: PersonRecord,
    /// When it was stored, Unix milliseconds.
    pub at: i64,
}

/// What somebody else wrote into a field meanwhile.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theirs {
    /// The field's code.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub field: PersonField,
    /// Their value, canonical; `null` when they emptied it.
    pub value: Option<String>,
    /// Who wrote it, in the short form; empty when nobody of the staff did.
    pub by: String,
    /// When, Unix milliseconds.
    pub at: i64,
}

impl fmt::Debug for Theirs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Theirs").field("field", &self.field).finish_non_exhaustive()
    }
}

/// The same field was changed by somebody else since the version that the change was made on. Nothing of the change was stored.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The person as stored now.
    pub person: PersonRecord,
    /// The fields in question.
    pub theirs: Vec<Theirs>,
}
