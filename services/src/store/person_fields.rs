//! Rows of `person_fields`: who changed which field of a person when, and at which version of the person.

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

/// `source` of what the school's staff wrote. An import leaves it alone unless it is told otherwise.
pub(crate) const STAFF: &str = "staff";
/// `source` of what its owner wrote.
pub(crate) const OWNER: &str = "owner";

/// `field` of the ID number, which is none of the [`domain::PersonField`]s.
pub(crate) const ID_NUMBER: &str = "id_number";

/// A row with the name of whoever made the change.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct FieldRow {
    pub field: String,
    pub version: i64,
    pub changed_at: Timestamp,
    pub source: String,
    pub surname: Option<String>,
    pub given_name: Option<String>,
    pub patronymic: Option<String>,
}

pub(crate) const LIST: &str = "SELECT f.field, f.version, f.changed_at, f.source, p.surname, \
     p.given_name, p.patronymic FROM person_fields f LEFT JOIN people p ON p.id = f.changed_by \
     WHERE f.person_id = $1 ORDER BY f.version DESC, f.field";

/// The last change of each field of a person, the newest first.
pub(crate) async fn list(tx: &mut Tx, person: PersonId) -> Result<Vec<FieldRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, FieldRow>(LIST).bind(person.0).fetch_all(c).await)?)
}

/// As [`list`], outside a transaction.
pub(crate) async fn read(db: &Db, person: PersonId) -> Result<Vec<FieldRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, FieldRow>(LIST).bind(person.0).fetch_all(p).await)?)
}

/// A change to be noted.
pub(crate) struct Noted<'a> {
    pub person: PersonId,
    /// The version of the person that the change made.
    pub version: i64,
    pub at: Timestamp,
    pub by: Option<PersonId>,
    pub source: &'a str,
}

const UPSERT: &str = "INSERT INTO person_fields (person_id, field, version, changed_at, changed_by, source) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (person_id, field) DO UPDATE SET version = excluded.version, \
     changed_at = excluded.changed_at, changed_by = excluded.changed_by, source = excluded.source";

/// Notes that a field was changed.
pub(crate) async fn upsert(tx: &mut Tx, noted: &Noted<'_>, field: &str) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(UPSERT)
        .bind(noted.person.0)
        .bind(field)
        .bind(noted.version)
        .bind(noted.at)
        .bind(noted.by.map(|by| by.0))
        .bind(noted.source)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}
