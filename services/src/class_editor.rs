//! The people of a class with their contacts, and changes to them: behind the table «Вход через ЕСИА».
//!
//! What a change may touch: students of the actor's classes, and the students' parents, wherever else those have children. Who is staff
//! too is changed by those alone who may edit staff wherever that person has a say, because whoever writes an administrator's mobile can
//! sign in as the administrator. Contacts (and the SNILS) of somebody who has an account ask for fresh proof, are told at the old
//! addresses and are marked in the audit log. A birth date takes the right to personal data, which a class teacher does not have. ID
//! numbers are not changed here ([`Roster::set_id_number`](crate::roster::Roster::set_id_number)).
//!
//! A SNILS is one person's: typed for a second one it is refused, since otherwise neither could sign in by it. Whose it is is not told,
//! that may be beyond what the actor may know; whoever may search by numbers finds it.

mod change;
mod load;
mod opened;

use std::collections::HashMap;

use domain::{
    ClassPeople, ClassReadiness, Conflict, FieldFault, Permission, PersonField, Readiness, StudentReadiness, Target,
    mask,
};
use serde_json::Value;

use crate::access::AccessError;
use crate::audit::{AuditError, AuditEvent, AuditFilter, AuditRecord, LIST_LIMIT};
use crate::clock::Timestamp;
use crate::error::{CryptoError, StoreError};
use crate::idempotency::IdempotencyError;
use crate::ids::{ClassId, PersonId, SchoolId};
use crate::people::{OpenError, short_name};
use crate::portal::Portal;
use crate::sessions::Session;
use crate::store::person_fields::ID_NUMBER;
use crate::store::{classes, people};
use crate::visit::Visit;

pub(crate) use change::Edit;
pub(crate) use load::by_name;
pub(crate) use opened::record_of;

/// Why a change was not stored. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The rights do not reach so far.
    #[error(transparent)]
    Access(AccessError),
    /// Somebody else changed the same field meanwhile.
    #[error("the same field was changed meanwhile")]
    Conflict(Box<Conflict>),
    /// What was typed cannot be stored.
    #[error("a value is wrong")]
    Invalid(Vec<(PersonField, FieldFault)>),
    /// Somebody signs in with it, and the proof of who asks is too old.
    #[error("fresh proof is needed")]
    ProofNeeded,
    /// There is no such person any more.
    #[error("there is no such person")]
    Gone,
    /// The same request is under way: it is to be made again in a moment.
    #[error("the same request is under way")]
    Running,
    /// The request's key belongs to another request.
    #[error("the key was used for another request")]
    KeyReused,
    /// Too many numbers of others were tried in an hour.
    #[error("too many numbers of others were tried")]
    TooMany {
        /// When the next one can be entered.
        retry_at: Timestamp,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored value cannot be opened.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl ChangeError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::Conflict(_) => "CHANGE-01",
            Self::Invalid(_) => "CHANGE-02",
            Self::ProofNeeded => "CHANGE-03",
            Self::Gone => "CHANGE-04",
            Self::Running => "CHANGE-05",
            Self::KeyReused => "CHANGE-06",
            Self::TooMany { .. } => "CHANGE-07",
            Self::Store(error) => error.code(),
            Self::Crypto(error) => error.code(),
        }
    }
}

impl From<AccessError> for ChangeError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Refused => Self::Access(error),
            AccessError::NotFound => Self::Gone,
            AccessError::Store(error) => Self::Store(error),
            AccessError::Crypto(error) => Self::Crypto(error),
        }
    }
}

impl From<OpenError> for ChangeError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            OpenError::Crypto(error) => Self::Crypto(error),
        }
    }
}

impl From<IdempotencyError> for ChangeError {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::Store(error) => Self::Store(error),
            IdempotencyError::Crypto(error) => Self::Crypto(error),
        }
    }
}

/// What the report on a school counts of a student.
#[derive(Clone, Debug)]
pub struct CountedStudent {
    /// Whether the sign-in through Gosuslugi can work.
    pub readiness: Readiness,
    /// How many parents there are.
    pub parents: usize,
    /// How many of them have an account.
    pub with_account: usize,
}

/// A change of a person's data, as the history shows it.
#[derive(Clone)]
pub struct PastChange {
    /// When.
    pub at: Timestamp,
    /// Who, in the short form; empty when it was a program.
    pub by: String,
    /// Whether the person changed it, not the school.
    pub by_owner: bool,
    /// The fields with what they held before and after.
    pub fields: Vec<(PersonField, Option<String>, Option<String>)>,
    /// The ID number before and after, where it was changed. Masked: the whole number is shown by a deed of its own.
    pub id_number: Option<(Option<String>, Option<String>)>,
}

impl std::fmt::Debug for PastChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PastChange").field("at", &self.at).finish_non_exhaustive()
    }
}

/// The people of a class with their contacts, and changes to them.
#[derive(Clone, Copy)]
pub struct ClassEditor<'a> {
    pub(crate) portal: &'a Portal,
}

impl ClassEditor<'_> {
    /// Everybody of a class: its students in the order of the register, each with parents and readiness. Three statements, whatever the
    /// size of the database.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn open(&self, visit: &Visit, actor: &Session, class: ClassId) -> Result<ClassPeople, AccessError> {
        let class = self.portal.access().class(visit, actor, Permission::ReadContacts, class).await?;
        self.load(&class).await
    }

    /// Whether the students of a class can sign in through Gosuslugi.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn readiness(
        &self,
        visit: &Visit,
        actor: &Session,
        class: ClassId,
    ) -> Result<ClassReadiness, AccessError> {
        let class = self.portal.access().class(visit, actor, Permission::ReadContacts, class).await?;
        let students: Vec<StudentReadiness> = self.load_readiness(class.id).await?;
        Ok(ClassReadiness {
            class_id: class.id.to_string(),
            title: class.title.as_str().to_owned(),
            ready: ready(students.iter().map(|student| &student.readiness)),
            total: u32::try_from(students.len()).unwrap_or(u32::MAX),
            students,
        })
    }

    /// The same of each class of a school, without the students. Four statements, however many classes there are.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn school_readiness(
        &self,
        visit: &Visit,
        actor: &Session,
        school: SchoolId,
    ) -> Result<Vec<ClassReadiness>, AccessError> {
        let portal = self.portal;
        portal.access().require(visit, actor, Permission::ReadContacts, &Target::School(school.0)).await?;
        let counted = self.load_counted(school).await?;
        let mut found = Vec::new();
        for row in classes::list(portal.db(), school.0).await? {
            let title = crate::access::stored_title(&row.title)?;
            let students = counted.get(&ClassId(row.id)).map(Vec::as_slice).unwrap_or_default();
            let readiness = ClassReadiness {
                class_id: row.id.to_string(),
                title: title.as_str().to_owned(),
                ready: ready(students.iter().map(|student| &student.readiness)),
                total: u32::try_from(students.len()).unwrap_or(u32::MAX),
                students: Vec::new(),
            };
            found.push((title, readiness));
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(found.into_iter().map(|(_, readiness)| readiness).collect())
    }

    /// What counts of the students of a school, class by class, for the report: of those classes that the actor may open. A class without
    /// students is missing. Three statements, however many classes there are.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn counted(
        &self,
        actor: &Session,
        school: SchoolId,
    ) -> Result<HashMap<ClassId, Vec<CountedStudent>>, StoreError> {
        let mut counted = self.load_counted(school).await?;
        counted.retain(|class, _| {
            let target = Target::Class { school_id: school.0, class_id: class.0 };
            self.portal.access().has(actor, Permission::ReadContacts, &target)
        });
        Ok(counted)
    }

    /// The last changes of a person's data, the newest first, from the audit log.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn history(
        &self,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
    ) -> Result<Vec<PastChange>, AccessError> {
        let portal = self.portal;
        portal.access().person(visit, actor, Permission::ReadPersonalData, person).await?;
        let mut records = Vec::new();
        for event in [AuditEvent::PersonChanged, AuditEvent::PersonCreated] {
            let filter =
                AuditFilter { person: Some(person), event: Some(event), limit: LIST_LIMIT, ..AuditFilter::default() };
            records.extend(portal.audit().list(&filter).await.map_err(unreadable)?);
        }
        records.sort_by_key(|record| std::cmp::Reverse(record.seq));
        let mut names: HashMap<PersonId, String> = HashMap::new();
        let mut history = Vec::with_capacity(records.len());
        for record in records {
            let (fields, id_number) = (changed_fields(&record), changed_number(&record));
            if fields.is_empty() && id_number.is_none() {
                continue;
            }
            if let Some(actor) = record.actor.filter(|actor| !names.contains_key(actor)) {
                let row = people::read_name(portal.db(), actor.0).await?;
                let name = row.map(|row| short_name(&row.surname, &row.given_name, row.patronymic.as_deref()));
                names.insert(actor, name.unwrap_or_default());
            }
            let by = record.actor.and_then(|actor| names.get(&actor).cloned()).unwrap_or_default();
            history.push(PastChange { at: record.at, by, by_owner: record.actor == record.person, fields, id_number });
        }
        Ok(history)
    }
}

/// The fields of an audited change. Other things that are written of a person are no fields of the table.
fn changed_fields(record: &AuditRecord) -> Vec<(PersonField, Option<String>, Option<String>)> {
    let text = |side: &Option<Value>, field: PersonField| {
        side.as_ref().and_then(|side| side.get(field.code())).and_then(Value::as_str).map(str::to_owned)
    };
    PersonField::ALL
        .into_iter()
        .map(|field| (field, text(&record.before, field), text(&record.after, field)))
        .filter(|(_, before, after)| before != after)
        .collect()
}

/// The ID number of an audited change, before and after, masked.
fn changed_number(record: &AuditRecord) -> Option<(Option<String>, Option<String>)> {
    let [before, after] = [&record.before, &record.after].map(|side| {
        let text = |name: &str| side.as_ref().and_then(|side| side.get(name)).and_then(Value::as_str);
        (text("id_type"), text(ID_NUMBER))
    });
    let masked = |number: Option<&str>| number.map(|number| mask::keep_last(number, 2));
    (before != after).then(|| (masked(before.1), masked(after.1)))
}

/// The audit log cannot be read.
fn unreadable(error: AuditError) -> AccessError {
    match error {
        AuditError::Store(error) => AccessError::Store(error),
        AuditError::Crypto { source, .. } => AccessError::Crypto(source),
        AuditError::Broken { .. } => AccessError::Store(StoreError::Corrupt { column: "audit_log" }),
    }
}

fn ready<'r>(students: impl Iterator<Item = &'r Readiness>) -> u32 {
    u32::try_from(students.filter(|readiness| readiness.can).count()).unwrap_or(u32::MAX)
}
