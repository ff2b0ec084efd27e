//! Rows of `schools`.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

/// A row, without its dates.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct SchoolRow {
    pub id: Uuid,
    pub name: String,
    pub country: String,
    pub locale: String,
    pub source_id: Option<String>,
}

const INSERT: &str = "INSERT INTO schools (id, name, country, locale, source_id, created_at, updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $6)";

/// Adds a school. The same `source_id` a second time is [`StoreError::Duplicate`].
pub(crate) async fn insert(tx: &mut Tx, row: &SchoolRow, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(row.id)
        .bind(&row.name)
        .bind(&row.country)
        .bind(&row.locale)
        .bind(&row.source_id)
        .bind(now)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const FIND: &str = "SELECT id, name, country, locale, source_id FROM schools WHERE id = $1";

/// One school, outside a transaction.
pub(crate) async fn read(db: &Db, id: Uuid) -> Result<Option<SchoolRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, SchoolRow>(FIND).bind(id).fetch_optional(p).await)?)
}

const HOLD: &str =
    "UPDATE schools SET updated_at = updated_at WHERE id = $1 RETURNING id, name, country, locale, source_id";

/// One school, held until the transaction ends.
pub(crate) async fn hold(tx: &mut Tx, id: Uuid) -> Result<Option<SchoolRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, SchoolRow>(HOLD).bind(id).fetch_optional(c).await)?)
}

const UPDATE: &str = "UPDATE schools SET name = $2, country = $3, locale = $4, updated_at = $5 WHERE id = $1";

/// Writes a school's name, country and language.
pub(crate) async fn update(tx: &mut Tx, row: &SchoolRow, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(UPDATE)
        .bind(row.id)
        .bind(&row.name)
        .bind(&row.country)
        .bind(&row.locale)
        .bind(now)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const LIST: &str = "SELECT id, name, country, locale, source_id FROM schools ORDER BY name, id";

/// Every school, by name.
pub(crate) async fn list(db: &Db) -> Result<Vec<SchoolRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, SchoolRow>(LIST).fetch_all(p).await)?)
}
