//! A person's row, opened into the record that the editor shows.

use domain::{PersonFields, PersonRecord};
use uuid::Uuid;

use crate::crypto::columns;
use crate::people::{OpenError, open};
use crate::portal::Portal;
use crate::store::enrolments::MemberRow;
use crate::store::people::RecordRow;

/// The columns that a record is made of, whichever statement brought them.
pub(crate) struct Columns<'a> {
    id: Uuid,
    version: i64,
    surname: &'a str,
    given_name: &'a str,
    patronymic: Option<&'a str>,
    birth_date_sealed: Option<&'a [u8]>,
    snils_sealed: Option<&'a [u8]>,
    mobile_sealed: Option<&'a [u8]>,
    email_sealed: Option<&'a [u8]>,
    has_account: bool,
}

impl<'a> From<&'a MemberRow> for Columns<'a> {
    fn from(row: &'a MemberRow) -> Self {
        Self {
            id: row.id,
            version: row.version,
            surname: &row.surname,
            given_name: &row.given_name,
            patronymic: row.patronymic.as_deref(),
            birth_date_sealed: row.birth_date_sealed.as_deref(),
            snils_sealed: row.snils_sealed.as_deref(),
            mobile_sealed: row.mobile_sealed.as_deref(),
            email_sealed: row.email_sealed.as_deref(),
            has_account: row.account_id.is_some(),
        }
    }
}

impl<'a> From<&'a RecordRow> for Columns<'a> {
    fn from(row: &'a RecordRow) -> Self {
        Self {
            id: row.id,
            version: row.version,
            surname: &row.surname,
            given_name: &row.given_name,
            patronymic: row.patronymic.as_deref(),
            birth_date_sealed: row.birth_date_sealed.as_deref(),
            snils_sealed: row.snils_sealed.as_deref(),
            mobile_sealed: row.mobile_sealed.as_deref(),
            email_sealed: row.email_sealed.as_deref(),
            has_account: row.account_id.is_some(),
        }
    }
}

/// A person as the editor shows them. Stored values are canonical already.
pub(crate) fn record_of<'a>(portal: &Portal, row: impl Into<Columns<'a>>) -> Result<PersonRecord, OpenError> {
    let row = row.into();
    let text = |column, sealed: Option<&[u8]>| open(portal, column, row.id, sealed, |text| Some(text.to_owned()));
    let named = |part: &str| (!part.is_empty()).then(|| part.to_owned());
    Ok(PersonRecord {
        id: row.id.to_string(),
        version: row.version,
        fields: PersonFields {
            surname: named(row.surname),
            given_name: named(row.given_name),
            patronymic: row.patronymic.and_then(named),
            birth_date: text(columns::PEOPLE_BIRTH_DATE, row.birth_date_sealed)?,
            snils: text(columns::PEOPLE_SNILS, row.snils_sealed)?,
            mobile: text(columns::PEOPLE_MOBILE, row.mobile_sealed)?,
            email: text(columns::PEOPLE_EMAIL, row.email_sealed)?,
        },
        signs_in: row.has_account,
    })
}
