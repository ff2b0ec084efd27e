//! «Персональные данные»: everything that the school has of one person, and who changed what when.

use std::fmt;

use domain::{ClassTitle, IdKind, PersonField, PersonIdentifier, PersonName, PersonRecord, Relation, SchoolYear};

use super::Roster;
use crate::access::{AccessError, stored_title, stored_year};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::class_editor::{PastChange, record_of};
use crate::clock::Timestamp;
use crate::crypto::columns;
use crate::ids::{ClassId, PersonId};
use crate::people::{open, short_name};
use crate::sessions::Session;
use crate::store::{enrolments, people, person_fields};
use crate::visit::Visit;

/// Where a field's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The school's staff typed it.
    Staff,
    /// The person wrote it.
    Owner,
    /// A roster brought it, or nobody has changed it since the person was entered.
    Roster,
}

impl Source {
    fn from_code(code: &str) -> Self {
        match code {
            person_fields::STAFF => Self::Staff,
            person_fields::OWNER => Self::Owner,
            _ => Self::Roster,
        }
    }
}

/// A field with who changed it last.
#[derive(Clone)]
pub struct FieldOrigin {
    /// The field.
    pub field: PersonField,
    /// What it holds, canonical.
    pub value: Option<String>,
    /// When it was changed last.
    pub changed_at: Option<Timestamp>,
    /// Who changed it, in the short form; empty when it was a program or nobody.
    pub changed_by: String,
    /// Where the value comes from.
    pub source: Source,
}

/// A stay in a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The class.
    pub class: ClassId,
    /// `5А`.
    pub title: ClassTitle,
    /// The class's school year.
    pub year: SchoolYear,
    /// From when.
    pub from: Timestamp,
    /// Until when; none while it lasts.
    pub until: Option<Timestamp>,
}

/// Somebody of the family.
#[derive(Clone)]
pub struct Relative {
    /// Who.
    pub id: PersonId,
    /// The name.
    pub name: PersonName,
    /// What the adult is to the child.
    pub relation: Relation,
    /// It is a child of the person, not a parent.
    pub is_child: bool,
    /// The adult may be contacted about the child.
    pub may_contact: bool,
    /// The adult may see the child's data.
    pub may_see: bool,
}

/// Everything that the school has of one person.
#[derive(Clone)]
pub struct PersonalRecord {
    /// The person.
    pub record: PersonRecord,
    /// The kind of the ID number on file.
    pub id_kind: Option<IdKind>,
    /// The ID number on file, masked.
    pub id_number_masked: Option<String>,
    /// Every field with who changed it last.
    pub fields: Vec<FieldOrigin>,
    /// The classes, the newest first; none for adults.
    pub stays: Vec<Stay>,
    /// Parents and children.
    pub family: Vec<Relative>,
    /// The last changes, the newest first.
    pub history: Vec<PastChange>,
}

impl fmt::Debug for PersonalRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonalRecord").field("record", &self.record).finish_non_exhaustive()
    }
}

impl Roster<'_> {
    /// Everything that the school has of one person. That it was looked at is in the audit log.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn personal(
        &self,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
    ) -> Result<PersonalRecord, AccessError> {
        let portal = self.portal;
        let db = portal.db();
        // Asks for the right, too.
        let history = portal.class_editor().history(visit, actor, person).await?;
        let row = people::read_record(db, person).await?.ok_or(AccessError::NotFound)?;
        let record = record_of(portal, &row)?;
        let id_kind = row.id_type.as_deref().and_then(IdKind::from_code);
        let id_number = open(portal, columns::PEOPLE_ID_NUMBER, person.0, row.id_number_sealed.as_deref(), |text| {
            PersonIdentifier::parse(id_kind?, text).ok()
        })?;
        let changes = person_fields::read(db, person).await?;
        let fields = PersonField::ALL.into_iter().map(|field| {
            let value = record.fields.get(field).map(str::to_owned);
            match changes.iter().find(|change| change.field == field.code()) {
                None => {
                    FieldOrigin { field, value, changed_at: None, changed_by: String::new(), source: Source::Roster }
                }
                Some(change) => FieldOrigin {
                    field,
                    value,
                    changed_at: Some(change.changed_at),
                    changed_by: short_name(
                        change.surname.as_deref().unwrap_or_default(),
                        change.given_name.as_deref().unwrap_or_default(),
                        change.patronymic.as_deref(),
                    ),
                    source: Source::from_code(&change.source),
                },
            }
        });
        let fields = fields.collect();
        let mut stays = Vec::new();
        for stay in enrolments::list_stays(db, person.0).await? {
            stays.push(Stay {
                class: ClassId(stay.class_id),
                title: stored_title(&stay.title)?,
                year: stored_year(stay.year)?,
                from: stay.from_at,
                until: stay.until_at,
            });
        }
        let family = self.family(person).await?;

        let entry = AuditEntry::new(AuditEvent::PersonalDataRead, Outcome::Success, visit)
            .actor(actor.person_id)
            .person(person);
        let mut tx = db.begin().await?;
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(PersonalRecord {
            id_kind,
            id_number_masked: id_number.map(|number| number.masked()),
            fields,
            stays,
            family,
            history,
            record,
        })
    }
}
