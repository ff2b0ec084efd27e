//! A person's sealed data, opened.

use domain::{BirthDate, Email, Grant, IdKind, Locale, Mobile, PersonIdentifier, PersonName, Snils};
use uuid::Uuid;

use super::{People, name_on_file};
use crate::crypto::columns;
use crate::error::{CryptoError, StoreError};
use crate::ids::PersonId;
use crate::portal::{Portal, SessionsError, SignInError};
use crate::sessions;
use crate::store::{Tx, people, roles};

/// A person in clear. Has no `Debug`.
pub(crate) struct OpenedPerson {
    pub name: PersonName,
    pub birth_date: Option<BirthDate>,
    /// The Israeli or fictitious number.
    pub identifier: Option<PersonIdentifier>,
    pub snils: Option<Snils>,
    pub mobile: Option<Mobile>,
    pub email: Option<Email>,
    pub grants: Vec<Grant<Uuid>>,
}

impl OpenedPerson {
    pub(crate) fn is_staff(&self) -> bool {
        sessions::is_staff(&self.grants)
    }

    /// The number that the person signs in with.
    pub(crate) fn number(&self) -> Option<PersonIdentifier> {
        self.identifier.clone().or_else(|| self.snils.clone().map(PersonIdentifier::RuSnils))
    }
}

/// How the owner of an account can be reached; empty when nobody has it.
#[derive(Default)]
pub(crate) struct Contacts {
    pub account_id: Option<Uuid>,
    pub mobile: Option<Mobile>,
    pub email: Option<Email>,
    pub locale: Option<Locale>,
}

/// What can go wrong when something sealed is read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl From<OpenError> for SignInError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            OpenError::Crypto(error) => Self::Crypto(error),
        }
    }
}

impl From<OpenError> for SessionsError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            OpenError::Crypto(error) => Self::Crypto(error),
        }
    }
}

impl From<OpenError> for crate::passwords::ChoiceError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            OpenError::Crypto(error) => Self::Crypto(error),
        }
    }
}

/// Opens a sealed value and parses it; `None` where there is none.
pub(crate) fn open<T>(
    portal: &Portal,
    column: &'static str,
    row: Uuid,
    sealed: Option<&[u8]>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, OpenError> {
    let Some(sealed) = sealed else { return Ok(None) };
    let bytes = portal.sealer().open(column, row, sealed)?;
    let value = std::str::from_utf8(&bytes).ok().and_then(parse).ok_or(StoreError::Corrupt { column })?;
    Ok(Some(value))
}

impl People<'_> {
    /// A person with everything that is sealed.
    pub(crate) async fn open(&self, id: Uuid) -> Result<Option<OpenedPerson>, OpenError> {
        let portal = self.portal;
        let Some(row) = people::find(portal.db(), PersonId(id)).await? else { return Ok(None) };
        let kind = row.id_type.as_deref().and_then(IdKind::from_code);
        Ok(Some(OpenedPerson {
            name: name_on_file(&row.surname, &row.given_name, row.patronymic.as_deref())
                .ok_or(StoreError::Corrupt { column: "people.surname, given_name, patronymic" })?,
            birth_date: open(portal, columns::PEOPLE_BIRTH_DATE, id, row.birth_date_sealed.as_deref(), |text| {
                BirthDate::parse(text).ok()
            })?,
            identifier: open(portal, columns::PEOPLE_ID_NUMBER, id, row.id_number_sealed.as_deref(), |text| {
                PersonIdentifier::parse(kind?, text).ok()
            })?,
            snils: open(portal, columns::PEOPLE_SNILS, id, row.snils_sealed.as_deref(), |text| {
                Snils::parse(text).ok()
            })?,
            mobile: open(portal, columns::PEOPLE_MOBILE, id, row.mobile_sealed.as_deref(), |text| {
                Mobile::from_e164(text).ok()
            })?,
            email: open(portal, columns::PEOPLE_EMAIL, id, row.email_sealed.as_deref(), |text| {
                Email::parse(text).ok()
            })?,
            grants: sessions::grants(&roles::read(portal.db(), id).await?)?,
        }))
    }

    /// How the owner of an account can be reached. The nil id is nobody's.
    pub(crate) async fn contacts(&self, tx: &mut Tx, account: Uuid) -> Result<Contacts, OpenError> {
        match people::find_by_account(tx, account).await? {
            Some(row) => self.opened_contacts(row),
            None => Ok(Contacts::default()),
        }
    }

    /// How a person can be reached.
    pub(crate) async fn contacts_of(&self, tx: &mut Tx, person: PersonId) -> Result<Option<Contacts>, OpenError> {
        people::find_contacts(tx, person).await?.map(|row| self.opened_contacts(row)).transpose()
    }

    fn opened_contacts(self, row: people::Candidate) -> Result<Contacts, OpenError> {
        let portal = self.portal;
        let id = row.person_id;
        let locale = row.account_locale.or(row.person_locale);
        Ok(Contacts {
            account_id: row.account_id,
            mobile: open(portal, columns::PEOPLE_MOBILE, id, row.mobile_sealed.as_deref(), |text| {
                Mobile::from_e164(text).ok()
            })?,
            email: open(portal, columns::PEOPLE_EMAIL, id, row.email_sealed.as_deref(), |text| {
                Email::parse(text).ok()
            })?,
            locale: locale.as_deref().and_then(Locale::from_code),
        })
    }
}
