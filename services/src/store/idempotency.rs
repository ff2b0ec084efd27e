//! Rows of `idempotency_keys`: requests that may come twice. A status of 0 is a request under way, taken for a short time only, so that
//! one whose process died can be made again.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

/// `idempotency_keys.status` of a request under way.
pub(crate) const RUNNING: i64 = 0;

/// The answer that was given.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct AnswerRow {
    pub request: Vec<u8>,
    pub status: i64,
    pub body_sealed: Vec<u8>,
    pub version: Option<i64>,
}

const TAKE: &str = "INSERT INTO idempotency_keys (owner_id, key, request, status, body_sealed, created_at, expires_at) \
     VALUES ($1, $2, $3, 0, $4, $5, $6) ON CONFLICT (owner_id, key) DO UPDATE SET request = excluded.request, status = 0, \
     body_sealed = excluded.body_sealed, version = NULL, created_at = excluded.created_at, \
     expires_at = excluded.expires_at WHERE idempotency_keys.expires_at <= $5";

/// Takes a key for a request that begins; `false` when it is taken, or was answered, and that still counts.
pub(crate) async fn take(
    tx: &mut Tx,
    owner: Uuid,
    key: &str,
    request: &[u8; 32],
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let taken = on_tx!(tx, |c| sqlx::query(TAKE)
        .bind(owner)
        .bind(key)
        .bind(&request[..])
        .bind(&[0_u8; 0][..])
        .bind(now)
        .bind(until)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(taken == 1)
}

pub(crate) const FIND: &str = "SELECT request, status, body_sealed, version FROM idempotency_keys \
     WHERE owner_id = $1 AND key = $2 AND expires_at > $3";

/// What is known of a key that still counts.
pub(crate) async fn read(db: &Db, owner: Uuid, key: &str, now: Timestamp) -> Result<Option<AnswerRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, AnswerRow>(FIND).bind(owner).bind(key).bind(now).fetch_optional(p).await)?)
}

const INSERT_ANSWER: &str = "INSERT INTO idempotency_keys \
     (owner_id, key, request, status, body_sealed, version, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (owner_id, key) DO UPDATE SET request = excluded.request, \
     status = excluded.status, body_sealed = excluded.body_sealed, version = excluded.version, \
     created_at = excluded.created_at, expires_at = excluded.expires_at WHERE idempotency_keys.expires_at <= $7";

/// Keeps the answer to a request that was done at `now` until `expires_at`; `false` when the key is taken and that still counts.
pub(crate) async fn insert_answer(
    tx: &mut Tx,
    (owner, key, now): (Uuid, &str, Timestamp),
    row: &AnswerRow,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(write_answer(tx, INSERT_ANSWER, (owner, key, now), row, expires_at).await? == 1)
}

const ANSWER: &str = "UPDATE idempotency_keys SET status = $4, body_sealed = $5, version = $6, expires_at = $8 \
     WHERE owner_id = $1 AND key = $2 AND request = $3 AND status = 0 AND created_at = $7";

/// Keeps the answer to a request until `expires_at`, unless somebody else has taken the key since `taken_at`.
pub(crate) async fn answer(
    tx: &mut Tx,
    (owner, key, taken_at): (Uuid, &str, Timestamp),
    row: &AnswerRow,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    write_answer(tx, ANSWER, (owner, key, taken_at), row, expires_at).await?;
    Ok(())
}

/// Binds $1 owner, $2 key, $3 to $6 the row, $7 when the key was taken, $8 until when it counts; how many rows were written.
async fn write_answer(
    tx: &mut Tx,
    sql: &'static str,
    (owner, key, taken_at): (Uuid, &str, Timestamp),
    row: &AnswerRow,
    expires_at: Timestamp,
) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(sql)
        .bind(owner)
        .bind(key)
        .bind(&row.request)
        .bind(row.status)
        .bind(&row.body_sealed)
        .bind(row.version)
        .bind(taken_at)
        .bind(expires_at)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

const RELEASE: &str =
    "DELETE FROM idempotency_keys WHERE owner_id = $1 AND key = $2 AND status = 0 AND created_at = $3";

/// Gives a key back whose request was not done, unless somebody else has taken it since `taken_at`.
pub(crate) async fn release(tx: &mut Tx, (owner, key, taken_at): (Uuid, &str, Timestamp)) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(RELEASE).bind(owner).bind(key).bind(taken_at).execute(c).await.map(|_| ()))?;
    Ok(())
}

const DELETE_EXPIRED: &str = "DELETE FROM idempotency_keys WHERE expires_at <= $1 AND (owner_id, key) IN \
     (SELECT owner_id, key FROM idempotency_keys WHERE expires_at <= $1 LIMIT $2)";

/// Forgets answers that are over, `limit` at most; how many.
pub(crate) async fn delete_expired(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_EXPIRED)
        .bind(now)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}
