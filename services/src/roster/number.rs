//! A person's ID number: shown in clear to those who may change the record, which is a deed of its own in the audit log, and set,
//! corrected or taken away by them.
//!
//! People are known by the number: who has it registers and signs in as its owner. So it is one person's, the number of somebody with an
//! account asks for fresh proof and is told to the owner, nobody changes the own one, and who is staff is changed by those alone who may
//! edit staff wherever that person has a say. Whoever is told too often that a number is somebody else's waits before the next one.

use domain::{IdKind, Permission, PersonIdentifier};
use serde_json::json;

use super::Roster;
use crate::access::AccessError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::class_events::ClassEvent;
use crate::clock::Timestamp;
use crate::crypto::columns;
use crate::error::StoreError;
use crate::ids::{ClassId, PersonId};
use crate::people::{OpenError, open};
use crate::sessions::Session;
use crate::store::person_fields::{self, ID_NUMBER, Noted};
use crate::store::{Tx, enrolments, people};
use crate::throttles;
use crate::visit::Visit;

/// Why an ID number was not stored.
#[derive(Debug, thiserror::Error)]
pub enum NumberError {
    /// Not allowed, no such person, or the database failed.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The person has an account, and the proof of who asks is too old.
    #[error("fresh proof is needed")]
    ProofNeeded,
    /// Nobody changes the own number.
    #[error("nobody changes the own number")]
    Own,
    /// Somebody else has it: it is one person's. Whose it is is not told.
    #[error("somebody else has this number")]
    Taken,
    /// Somebody else has changed it since it was seen.
    #[error("the number was changed meanwhile")]
    Changed,
    /// A SNILS is no ID number: it is a field of its own.
    #[error("a SNILS is a field of its own")]
    Snils,
    /// Too many numbers of others were tried in an hour.
    #[error("too many numbers of others were tried")]
    TooMany {
        /// When the next one can be entered.
        retry_at: Timestamp,
    },
}

impl NumberError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::ProofNeeded => "NUMBER-01",
            Self::Own => "NUMBER-02",
            Self::Taken => "NUMBER-03",
            Self::Changed => "NUMBER-04",
            Self::Snils => "NUMBER-05",
            Self::TooMany { .. } => "NUMBER-06",
        }
    }
}

impl From<StoreError> for NumberError {
    fn from(error: StoreError) -> Self {
        Self::Access(error.into())
    }
}

impl From<OpenError> for NumberError {
    fn from(error: OpenError) -> Self {
        Self::Access(error.into())
    }
}

impl Roster<'_> {
    /// The ID number on file. That it was shown is in the audit log.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn id_number(
        &self,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
    ) -> Result<Option<PersonIdentifier>, AccessError> {
        let portal = self.portal;
        portal.access().person(visit, actor, Permission::EditPersonalData, person).await?;
        let row = people::find(portal.db(), person).await?.ok_or(AccessError::NotFound)?;
        let number = self.opened_number(person, row.id_type.as_deref(), row.id_number_sealed.as_deref())?;
        let entry = AuditEntry::new(AuditEvent::PersonalDataRead, Outcome::Success, visit)
            .actor(actor.person_id)
            .person(person)
            .detail("field", ID_NUMBER);
        let mut tx = portal.db().begin().await?;
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(number)
    }

    /// Gives somebody an ID number, another one, or none, on top of the version that was seen. Whether it differs from what was on file.
    ///
    /// # Errors
    /// [`NumberError`].
    pub async fn set_id_number(
        &self,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
        base_version: i64,
        number: Option<&PersonIdentifier>,
    ) -> Result<bool, NumberError> {
        let portal = self.portal;
        portal.access().person(visit, actor, Permission::EditPersonalData, person).await?;
        portal.access().staff_guard(visit, actor, person).await?;
        if matches!(number, Some(PersonIdentifier::RuSnils(_))) {
            return Err(NumberError::Snils);
        }
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        if person == actor.person_id {
            self.note_refusal(tx, visit, actor, person, "own").await?;
            return Err(NumberError::Own);
        }
        let tries = throttles::taken_numbers(portal, actor.person_id);
        // Before the person is held: the order that everybody keeps.
        let wait = if number.is_some() { tries.full_within(&mut tx, now).await? } else { None };
        let row = people::lock_record(&mut tx, person).await?.ok_or(AccessError::NotFound)?;
        let mut tx = portal.access().staff_guard_within(tx, visit, actor, person).await?;
        let before = self.opened_number(person, row.id_type.as_deref(), row.id_number_sealed.as_deref())?;
        if before.as_ref() == number {
            return Ok(false);
        }
        let history = person_fields::list(&mut tx, person).await?;
        if history.iter().any(|change| change.field == ID_NUMBER && change.version > base_version) {
            return Err(NumberError::Changed);
        }
        let signs_in = row.account_id.is_some();
        if signs_in && !actor.is_fresh(now) {
            return Err(NumberError::ProofNeeded);
        }
        if let Some(retry_at) = wait {
            self.note_refusal(tx, visit, actor, person, throttles::TOO_MANY_TAKEN).await?;
            return Err(NumberError::TooMany { retry_at });
        }
        let index = number.map(|number| portal.sealer().blind_index(columns::PEOPLE_ID_NUMBER, number.canonical()));
        if let (Some(number), Some(index)) = (number, &index) {
            let holders = people::list_by_id_number(&mut tx, number.kind().code(), index).await?;
            if holders.iter().any(|holder| holder.person_id != person.0) {
                tries.count(&mut tx, now).await?;
                self.note_refusal(tx, visit, actor, person, "number_taken").await?;
                return Err(NumberError::Taken);
            }
        }

        let seal = |number: &PersonIdentifier| {
            portal.sealer().seal(portal.rng(), columns::PEOPLE_ID_NUMBER, person.0, number.canonical().as_bytes())
        };
        let stored = people::NewNumber {
            kind: number.map(|number| number.kind().code().to_owned()),
            sealed: number.map(seal),
            index: index.map(|index| index.to_vec()),
        };
        let version = people::update_number(&mut tx, person, &stored, now).await.map_err(taken)?;
        let by = actor.person_id;
        let noted = Noted { person, version, at: now, by: Some(by), source: person_fields::STAFF };
        person_fields::upsert(&mut tx, &noted, ID_NUMBER).await?;
        if signs_in {
            portal.people().tell_of_new_number(&mut tx, person, visit.locale, now).await?;
        }
        let classes = enrolments::list_classes_of(&mut tx, person).await?;
        let changed = |class| ClassEvent::Person { class_id: ClassId(class), person_id: person, version, by };
        tx.announce(&classes.into_iter().map(changed).collect::<Vec<_>>()).await?;
        let shown = |number: Option<&PersonIdentifier>| {
            json!({
                "id_type": number.map(|number| number.kind().code()),
                "id_number": number.map(PersonIdentifier::canonical),
            })
        };
        let entry = AuditEntry::new(AuditEvent::PersonChanged, Outcome::Success, visit)
            .actor(by)
            .person(person)
            .detail("fields", vec![ID_NUMBER])
            .detail("signs_in", signs_in)
            .before(shown(before.as_ref()))
            .after(shown(number));
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(true)
    }

    fn opened_number(
        self,
        person: PersonId,
        kind: Option<&str>,
        sealed: Option<&[u8]>,
    ) -> Result<Option<PersonIdentifier>, OpenError> {
        let kind = kind.and_then(IdKind::from_code);
        open(self.portal, columns::PEOPLE_ID_NUMBER, person.0, sealed, |text| PersonIdentifier::parse(kind?, text).ok())
    }

    /// Writes down who asked for what nobody gets: an answer that a number is taken tells which numbers there are.
    async fn note_refusal(
        self,
        mut tx: Tx,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
        reason: &str,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry::new(AuditEvent::PersonChanged, Outcome::Refused, visit)
            .actor(actor.person_id)
            .person(person)
            .detail("fields", vec![ID_NUMBER])
            .detail("reason", reason);
        self.portal.audit().append(&mut tx, entry).await?;
        tx.commit().await
    }
}

/// Somebody else wrote the same number at the same moment.
fn taken(error: StoreError) -> NumberError {
    match error {
        StoreError::Duplicate(_) => NumberError::Taken,
        error => error.into(),
    }
}
