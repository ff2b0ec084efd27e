//! Rows of `outbox`. Every change by a worker is guarded by its lease: owner and number of the try.

use sqlx::FromRow;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::{AccountId, MessageId};
use crate::store::{Db, Tx, dialect};
use crate::{on_read, on_tx};

/// A row to insert.
pub(crate) struct MessageRow<'a> {
    pub id: MessageId,
    pub idempotency_key: &'a str,
    pub channel: &'static str,
    pub event: &'static str,
    pub locale: &'static str,
    pub account: Option<AccountId>,
    pub recipient_sealed: Vec<u8>,
    pub recipient_hint: &'a str,
    pub payload_sealed: Vec<u8>,
    pub state: &'static str,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A row that was leased.
#[derive(FromRow)]
pub(crate) struct LeasedRow {
    pub id: Uuid,
    pub idempotency_key: String,
    pub channel: String,
    pub event: String,
    pub locale: String,
    pub account_id: Option<Uuid>,
    pub recipient_sealed: Option<Vec<u8>>,
    pub payload_sealed: Option<Vec<u8>>,
    pub attempts: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What a worker must still hold to change a row.
pub(crate) struct Lease<'a> {
    pub id: MessageId,
    pub owner: &'a str,
    pub attempts: i64,
}

/// How many messages are in a state, and when the oldest of them was enqueued.
#[derive(FromRow)]
pub(crate) struct StateCount {
    pub state: String,
    pub count: i64,
    pub oldest: Timestamp,
}

/// Inserts; `false` when the idempotency key is taken.
pub(crate) async fn insert(tx: &mut Tx, row: &MessageRow<'_>) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO outbox (id, idempotency_key, channel, event, locale, account_id, recipient_sealed, \
             recipient_hint, payload_sealed, state, created_at, available_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12) \
         ON CONFLICT (idempotency_key) DO NOTHING";
    let inserted = on_tx!(tx, |c| sqlx::query(SQL)
        .bind(row.id.0)
        .bind(row.idempotency_key)
        .bind(row.channel)
        .bind(row.event)
        .bind(row.locale)
        .bind(row.account.map(|id| id.0))
        .bind(&row.recipient_sealed)
        .bind(row.recipient_hint)
        .bind(&row.payload_sealed)
        .bind(row.state)
        .bind(row.created_at)
        .bind(row.expires_at)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(inserted > 0)
}

/// Leases what is due.
pub(crate) async fn lease(
    tx: &mut Tx,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<LeasedRow>, StoreError> {
    let sql = dialect::LEASE_MESSAGES.on(tx.backend());
    Ok(on_tx!(tx, |c| sqlx::query_as(sql).bind(owner).bind(until).bind(now).bind(i64::from(limit)).fetch_all(c).await)?)
}

/// Ends a message and erases what is sealed; `false` when the lease was lost.
pub(crate) async fn finish(
    tx: &mut Tx,
    lease: &Lease<'_>,
    state: &'static str,
    gateway: Option<&str>,
    error_code: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE outbox SET state = $4, gateway = $5, last_error = $6, finished_at = $7, \
             recipient_sealed = NULL, payload_sealed = NULL, lease_owner = NULL, lease_until = 0 \
         WHERE id = $1 AND lease_owner = $2 AND attempts = $3 AND state = 'sending'";
    let done = on_tx!(tx, |c| sqlx::query(SQL)
        .bind(lease.id.0)
        .bind(lease.owner)
        .bind(lease.attempts)
        .bind(state)
        .bind(gateway)
        .bind(error_code)
        .bind(now)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(done > 0)
}

/// Gives a message back until `available_at`; `false` when the lease was lost.
pub(crate) async fn retry(
    tx: &mut Tx,
    lease: &Lease<'_>,
    available_at: Timestamp,
    error_code: &str,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE outbox SET state = 'pending', available_at = $4, last_error = $5, \
             lease_owner = NULL, lease_until = 0 \
         WHERE id = $1 AND lease_owner = $2 AND attempts = $3 AND state = 'sending'";
    let done = on_tx!(tx, |c| sqlx::query(SQL)
        .bind(lease.id.0)
        .bind(lease.owner)
        .bind(lease.attempts)
        .bind(available_at)
        .bind(error_code)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(done > 0)
}

/// Drops what outlived its purpose. A leased message is left to its worker until the lease runs out.
pub(crate) async fn expire(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    const SQL: &str = "UPDATE outbox SET state = 'expired', finished_at = $1, \
             recipient_sealed = NULL, payload_sealed = NULL, lease_owner = NULL, lease_until = 0 \
         WHERE expires_at <= $1 AND (state = 'pending' OR (state = 'sending' AND lease_until <= $1))";
    Ok(on_tx!(tx, |c| sqlx::query(SQL).bind(now).execute(c).await.map(|done| done.rows_affected()))?)
}

pub(crate) async fn delete_decoys(tx: &mut Tx) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM outbox WHERE state = 'decoy'";
    Ok(on_tx!(tx, |c| sqlx::query(SQL).execute(c).await.map(|done| done.rows_affected()))?)
}

/// Deletes what was finished before a moment.
pub(crate) async fn delete_finished(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM outbox WHERE finished_at < $1";
    Ok(on_tx!(tx, |c| sqlx::query(SQL).bind(before).execute(c).await.map(|done| done.rows_affected()))?)
}

pub(crate) async fn count_by_state(db: &Db) -> Result<Vec<StateCount>, StoreError> {
    const SQL: &str = "SELECT state, COUNT(*) AS count, MIN(created_at) AS oldest FROM outbox \
         WHERE state IN ('pending', 'sending', 'failed', 'expired') GROUP BY state";
    Ok(on_read!(db, |p| sqlx::query_as(SQL).fetch_all(p).await)?)
}
