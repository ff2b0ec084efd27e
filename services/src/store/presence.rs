//! Rows of `presence`: who has a class open.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::{ClassId, PersonId, SessionId};
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

const UPSERT: &str = "INSERT INTO presence (class_id, session_id, person_id, name, seen_at) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (class_id, session_id) DO UPDATE SET seen_at = excluded.seen_at, name = excluded.name";

/// Notes that somebody has a class open.
pub(crate) async fn upsert(
    tx: &mut Tx,
    class: ClassId,
    session: SessionId,
    person: PersonId,
    name: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(UPSERT)
        .bind(class.0)
        .bind(session.0)
        .bind(person.0)
        .bind(name)
        .bind(now)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

pub(crate) const SEEN: &str = "SELECT seen_at FROM presence WHERE class_id = $1 AND session_id = $2";

/// When a session was last seen in a class.
pub(crate) async fn read(db: &Db, class: ClassId, session: SessionId) -> Result<Option<Timestamp>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_scalar::<_, Timestamp>(SEEN)
        .bind(class.0)
        .bind(session.0)
        .fetch_optional(p)
        .await)?)
}

const DELETE: &str = "DELETE FROM presence WHERE class_id = $1 AND session_id = $2";

/// Notes that a session has left a class; `false` when it was not there.
pub(crate) async fn delete(tx: &mut Tx, class: ClassId, session: SessionId) -> Result<bool, StoreError> {
    let deleted = on_tx!(tx, |c| sqlx::query(DELETE)
        .bind(class.0)
        .bind(session.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(deleted == 1)
}

/// Somebody who has a class open.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct PresentRow {
    pub person_id: Uuid,
    pub name: String,
}

pub(crate) const LIST: &str =
    "SELECT person_id, name FROM presence WHERE class_id = $1 AND seen_at > $2 ORDER BY session_id";

/// Who was seen in a class after `since`, the browser that signed in first at the top; a person with two browsers twice.
pub(crate) async fn list(db: &Db, class: ClassId, since: Timestamp) -> Result<Vec<PresentRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, PresentRow>(LIST).bind(class.0).bind(since).fetch_all(p).await)?)
}

const DELETE_DEAD: &str = "DELETE FROM presence WHERE seen_at < $1 AND (class_id, session_id) IN \
     (SELECT class_id, session_id FROM presence WHERE seen_at < $1 LIMIT $2)";

/// Removes whoever was last seen before `before`, `limit` at most; how many.
pub(crate) async fn delete_dead(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_DEAD)
        .bind(before)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}
