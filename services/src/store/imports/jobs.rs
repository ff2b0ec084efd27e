//! Rows of `imports`: files that were looked at, and wait to be applied.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::{Backend, Db, Tx};
use crate::{on_read, on_tx};

/// `imports.state` after the dry run.
pub(crate) const CHECKED: &str = "checked";
/// `imports.state` while it waits for a worker, or one is at it.
pub(crate) const APPLYING: &str = "applying";
/// `imports.state` when it is done.
pub(crate) const APPLIED: &str = "applied";
/// `imports.state` when it could not be done.
pub(crate) const FAILED: &str = "failed";

/// A row of `imports`. `expires_at` is when the row is of no use any more, and while it is applied, when its worker's lease runs out.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct ImportRow {
    pub id: Uuid,
    pub actor_id: Option<Uuid>,
    pub school_id: Option<Uuid>,
    pub file_name: String,
    pub format: String,
    pub state: String,
    pub content_sealed: Option<Vec<u8>>,
    pub options: String,
    pub report_sealed: Option<Vec<u8>>,
    pub done: i64,
    pub total: i64,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub last_error: Option<String>,
    /// Where it was ordered from, until it is done or has failed.
    pub address_sealed: Option<Vec<u8>>,
}

pub(crate) const INSERT: &str = "INSERT INTO imports (id, actor_id, school_id, file_name, format, state, content_sealed, \
     options, report_sealed, done, total, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// Adds a row.
pub(crate) async fn insert(tx: &mut Tx, row: &ImportRow) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(row.id)
        .bind(row.actor_id)
        .bind(row.school_id)
        .bind(&row.file_name)
        .bind(&row.format)
        .bind(&row.state)
        .bind(&row.content_sealed)
        .bind(&row.options)
        .bind(&row.report_sealed)
        .bind(row.done)
        .bind(row.total)
        .bind(row.created_at)
        .bind(row.expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

pub(crate) const FIND: &str = "SELECT id, actor_id, school_id, file_name, format, state, NULL AS content_sealed, options, \
     report_sealed, done, total, created_at, finished_at, expires_at, last_error, NULL AS address_sealed FROM imports \
     WHERE id = $1";

/// One import, without its file.
pub(crate) async fn read(db: &Db, id: Uuid) -> Result<Option<ImportRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, ImportRow>(FIND).bind(id).fetch_optional(p).await)?)
}

pub(crate) const LIST: &str = "SELECT id, actor_id, school_id, file_name, format, state, NULL AS content_sealed, options, \
     NULL AS report_sealed, done, total, created_at, finished_at, expires_at, last_error, NULL AS address_sealed FROM imports \
     WHERE id < $2 ORDER BY id DESC LIMIT $1";
pub(crate) const LIST_OF_SCHOOL: &str = "SELECT id, actor_id, school_id, file_name, format, state, NULL AS content_sealed, \
     options, NULL AS report_sealed, done, total, created_at, finished_at, expires_at, last_error, NULL AS address_sealed \
     FROM imports WHERE id < $2 AND school_id = $3 ORDER BY id DESC LIMIT $1";

/// The latest imports, the newest first, without files and reports; of one school, or of all; older than one of them, or
/// from the newest. Ids are made by time (UUID version 7).
pub(crate) async fn list(
    db: &Db,
    school: Option<Uuid>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<ImportRow>, StoreError> {
    let before = before.unwrap_or(Uuid::max());
    Ok(match school {
        None => on_read!(db, |p| sqlx::query_as::<_, ImportRow>(LIST).bind(limit).bind(before).fetch_all(p).await)?,
        Some(school) => on_read!(db, |p| sqlx::query_as::<_, ImportRow>(LIST_OF_SCHOOL)
            .bind(limit)
            .bind(before)
            .bind(school)
            .fetch_all(p)
            .await)?,
    })
}

pub(crate) const QUEUE: &str = "UPDATE imports SET state = 'applying', actor_id = $3, expires_at = $2, done = 0, \
     finished_at = NULL, last_error = NULL, address_sealed = $4 \
     WHERE id = $1 AND state IN ('checked', 'failed') AND content_sealed IS NOT NULL AND expires_at > $2";

/// Queues an import that was checked, or failed, and has not expired, in the name of whoever has it applied, with the address where they
/// are; `false` when it is not there to be queued. A worker may take it at once.
pub(crate) async fn queue(
    tx: &mut Tx,
    id: Uuid,
    (actor, address_sealed): (Uuid, Option<&[u8]>),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let queued = on_tx!(tx, |c| sqlx::query(QUEUE)
        .bind(id)
        .bind(now)
        .bind(actor)
        .bind(address_sealed)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(queued == 1)
}

pub(crate) const TAKE_SQLITE: &str = "UPDATE imports SET expires_at = $2 WHERE id = (SELECT id FROM imports \
     WHERE state = 'applying' AND expires_at <= $1 ORDER BY created_at, id LIMIT 1) \
     RETURNING id, actor_id, school_id, file_name, format, state, content_sealed, options, report_sealed, done, total, \
     created_at, finished_at, expires_at, last_error, address_sealed";
pub(crate) const TAKE_POSTGRES: &str = "WITH due AS MATERIALIZED (SELECT id FROM imports \
     WHERE state = 'applying' AND expires_at <= $1 ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) \
     UPDATE imports SET expires_at = $2 FROM due WHERE imports.id = due.id \
     RETURNING imports.id, actor_id, school_id, file_name, format, state, content_sealed, options, report_sealed, done, \
     total, created_at, finished_at, expires_at, last_error, address_sealed";

/// Takes the import that has waited for longest, until `until`: whoever has not renewed it by then has lost it to another worker.
pub(crate) async fn take(tx: &mut Tx, now: Timestamp, until: Timestamp) -> Result<Option<ImportRow>, StoreError> {
    let sql = match tx.backend() {
        Backend::Sqlite => TAKE_SQLITE,
        Backend::Postgres => TAKE_POSTGRES,
    };
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, ImportRow>(sql).bind(now).bind(until).fetch_optional(c).await)?)
}

pub(crate) const RENEW: &str = "UPDATE imports SET done = $3, total = $4, expires_at = $5 \
     WHERE id = $1 AND state = 'applying' AND expires_at = $2";

/// Notes how far an import has come and renews the lease that ends at `held_until`; `false` when it was lost.
pub(crate) async fn renew(
    tx: &mut Tx,
    id: Uuid,
    held_until: Timestamp,
    (done, total): (i64, i64),
    until: Timestamp,
) -> Result<bool, StoreError> {
    let renewed = on_tx!(tx, |c| sqlx::query(RENEW)
        .bind(id)
        .bind(held_until)
        .bind(done)
        .bind(total)
        .bind(until)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(renewed == 1)
}

pub(crate) const POSTPONE: &str =
    "UPDATE imports SET expires_at = $3 WHERE id = $1 AND state = 'applying' AND expires_at = $2";

/// Gives an import back until `available_at`.
pub(crate) async fn postpone(
    tx: &mut Tx,
    id: Uuid,
    held_until: Timestamp,
    available_at: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(POSTPONE).bind(id).bind(held_until).bind(available_at).execute(c).await.map(|_| ()))?;
    Ok(())
}

pub(crate) const FINISH: &str = "UPDATE imports SET state = $3, finished_at = $4, expires_at = $5, last_error = $6, \
     content_sealed = CASE WHEN $3 = 'applied' THEN NULL ELSE content_sealed END, address_sealed = NULL \
     WHERE id = $1 AND state = 'applying' AND expires_at = $2";

/// Ends an import whose lease ends at `held_until`. The file is erased when it was applied, the address of the order in any case: the next
/// one has its own.
pub(crate) async fn finish(
    tx: &mut Tx,
    id: Uuid,
    held_until: Timestamp,
    state: &str,
    error: Option<&str>,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(FINISH)
        .bind(id)
        .bind(held_until)
        .bind(state)
        .bind(now)
        .bind(expires_at)
        .bind(error)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

pub(crate) const DELETE_EXPIRED: &str = "DELETE FROM imports WHERE state <> 'applying' AND expires_at <= $1 AND id IN \
     (SELECT id FROM imports WHERE state <> 'applying' AND expires_at <= $1 LIMIT $2)";

/// Removes imports that are of no use any more, `limit` at most; how many.
pub(crate) async fn delete_expired(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_EXPIRED)
        .bind(now)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}
