//! Rows of `registrations`: drafts, and the jobs that make accounts of them. Every change by a worker is guarded by its lease.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::{Db, Tx, dialect};
use crate::{on_read, on_tx};

/// `registrations.state` of a job that waits for a worker.
pub(crate) const QUEUED: &str = "queued";
/// `registrations.state` of a job that a worker has leased.
pub(crate) const WORKING: &str = "working";
/// `registrations.state` when the account is there.
pub(crate) const CREATED: &str = "created";
/// `registrations.state` when staff have to decide.
pub(crate) const REVIEW: &str = "review";

/// A row.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct RegistrationRow {
    pub id: Uuid,
    pub person_id: Option<Uuid>,
    pub child_id: Option<Uuid>,
    pub answers_sealed: Vec<u8>,
    pub state: String,
    pub code_target: String,
    pub code_flow_id: Option<Uuid>,
    pub locale: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub answer_by: Option<Timestamp>,
    pub attempts: i64,
}

const INSERT: &str = "INSERT INTO registrations (id, token_hash, person_id, child_id, answers_sealed, state, \
     code_target, code_flow_id, locale, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// Adds a draft.
pub(crate) async fn insert(tx: &mut Tx, token_hash: &[u8; 32], row: &RegistrationRow) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(row.id)
        .bind(&token_hash[..])
        .bind(row.person_id)
        .bind(row.child_id)
        .bind(&row.answers_sealed)
        .bind(&row.state)
        .bind(&row.code_target)
        .bind(row.code_flow_id)
        .bind(&row.locale)
        .bind(row.created_at)
        .bind(row.expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const FIND: &str = "SELECT id, person_id, child_id, answers_sealed, state, code_target, code_flow_id, locale, created_at, \
     expires_at, answer_by, attempts FROM registrations WHERE token_hash = $1 OR resumed_hash = $1";

/// The registration of a browser, by its cookie, outside a transaction.
pub(crate) async fn read(db: &Db, token_hash: &[u8; 32]) -> Result<Option<RegistrationRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, RegistrationRow>(FIND).bind(&token_hash[..]).fetch_optional(p).await)?)
}

const LOCK: &str = "UPDATE registrations SET attempts = attempts WHERE token_hash = $1 OR resumed_hash = $1 \
     RETURNING id, person_id, child_id, answers_sealed, state, code_target, code_flow_id, locale, created_at, \
     expires_at, answer_by, attempts";

/// The registration of a browser, locked until the end of the transaction.
pub(crate) async fn lock(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<RegistrationRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, RegistrationRow>(LOCK).bind(&token_hash[..]).fetch_optional(c).await)?)
}

const LOCK_BY_LINK: &str = "UPDATE registrations SET attempts = attempts WHERE link_hash = $1 \
     RETURNING id, person_id, child_id, answers_sealed, state, code_target, code_flow_id, locale, created_at, \
     expires_at, answer_by, attempts";

/// The registration of a mailed link, locked until the end of the transaction.
pub(crate) async fn lock_by_link(tx: &mut Tx, link_hash: &[u8; 32]) -> Result<Option<RegistrationRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, RegistrationRow>(LOCK_BY_LINK).bind(&link_hash[..]).fetch_optional(c).await)?)
}

const RESUME: &str = "UPDATE registrations SET resumed_hash = $2 WHERE id = $1";

/// Lets another device in; one that was let in before is out.
pub(crate) async fn update_resumed(tx: &mut Tx, id: Uuid, token_hash: &[u8; 32]) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(RESUME).bind(id).bind(&token_hash[..]).execute(c).await.map(|_| ()))?;
    Ok(())
}

const UPDATE: &str = "UPDATE registrations SET person_id = $2, child_id = $3, answers_sealed = $4, state = $5, \
     code_target = $6, code_flow_id = $7, expires_at = $8, answer_by = $9 WHERE id = $1";

/// Writes a locked row back.
pub(crate) async fn update(tx: &mut Tx, row: &RegistrationRow) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(UPDATE)
        .bind(row.id)
        .bind(row.person_id)
        .bind(row.child_id)
        .bind(&row.answers_sealed)
        .bind(&row.state)
        .bind(&row.code_target)
        .bind(row.code_flow_id)
        .bind(row.expires_at)
        .bind(row.answer_by)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const SET_TOKEN: &str = "UPDATE registrations SET token_hash = $2, link_hash = NULL, resumed_hash = NULL WHERE id = $1";

/// Another token: whoever had the one before, or was let in by a link, is out.
pub(crate) async fn update_token(tx: &mut Tx, id: Uuid, token_hash: &[u8; 32]) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(SET_TOKEN).bind(id).bind(&token_hash[..]).execute(c).await.map(|_| ()))?;
    Ok(())
}

const SET_LINK: &str = "UPDATE registrations SET link_hash = $2, resumed_hash = CASE WHEN resumed_hash = $3 \
     THEN resumed_hash END WHERE id = $1";

/// The secret of the mailed link; none takes an earlier one back. A device that an earlier link let in is out, unless it is the one that
/// asks (`mine`).
pub(crate) async fn update_link(
    tx: &mut Tx,
    id: Uuid,
    link_hash: Option<&[u8; 32]>,
    mine: &[u8; 32],
) -> Result<(), StoreError> {
    let hash = link_hash.map(|hash| &hash[..]);
    on_tx!(tx, |c| sqlx::query(SET_LINK).bind(id).bind(hash).bind(&mine[..]).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// Leases the job that is due for longest, if any.
pub(crate) async fn lease(
    tx: &mut Tx,
    owner: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<RegistrationRow>, StoreError> {
    let sql = dialect::LEASE_REGISTRATION.on(tx.backend());
    Ok(on_tx!(tx, |c| sqlx::query_as(sql).bind(owner).bind(until).bind(now).fetch_optional(c).await)?)
}

const FINISH: &str = "UPDATE registrations SET state = $4, expires_at = $5, lease_owner = NULL, lease_until = 0, \
     last_error = NULL WHERE id = $1 AND lease_owner = $2 AND attempts = $3 AND state = 'working'";

/// Ends a job; `false` when the lease was lost.
pub(crate) async fn finish(
    tx: &mut Tx,
    row: &RegistrationRow,
    owner: &str,
    state: &str,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let done = on_tx!(tx, |c| sqlx::query(FINISH)
        .bind(row.id)
        .bind(owner)
        .bind(row.attempts)
        .bind(state)
        .bind(expires_at)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(done > 0)
}

const RETRY: &str = "UPDATE registrations SET state = 'queued', available_at = $4, last_error = $5, lease_owner = NULL, \
     lease_until = 0, expires_at = $6 WHERE id = $1 AND lease_owner = $2 AND attempts = $3 AND state = 'working'";

/// Gives a job back until `available_at`; it can be looked at until `expires_at`.
pub(crate) async fn retry(
    tx: &mut Tx,
    row: &RegistrationRow,
    owner: &str,
    available_at: Timestamp,
    error_code: &str,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(RETRY)
        .bind(row.id)
        .bind(owner)
        .bind(row.attempts)
        .bind(available_at)
        .bind(error_code)
        .bind(expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const DELETE_EXPIRED: &str = "DELETE FROM registrations WHERE expires_at <= $1 AND state NOT IN ('queued', 'working') \
     AND id IN (SELECT id FROM registrations WHERE expires_at <= $1 AND state NOT IN ('queued', 'working') LIMIT $2)";

/// Removes drafts that are over and jobs that were done with, `limit` at most; how many. A job that is not done stays.
pub(crate) async fn delete_expired(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_EXPIRED)
        .bind(now)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

const UNSENT: &str =
    "SELECT COUNT(*) FROM outbox WHERE idempotency_key IN ($1, $2) AND state IN ('pending', 'sending')";

/// How many of two messages are still on their way.
pub(crate) async fn count_unsent(db: &Db, keys: [&str; 2]) -> Result<i64, StoreError> {
    let [first, second] = keys;
    Ok(on_read!(db, |p| sqlx::query_scalar::<_, i64>(UNSENT).bind(first).bind(second).fetch_one(p).await)?)
}
