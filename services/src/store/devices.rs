//! Rows of `devices`: browsers that have signed in to an account before.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

const EXISTS: &str = "SELECT token_hash FROM devices WHERE token_hash = $1 AND account_id = $2 AND last_used_at > $3";

/// Whether this browser has signed in to this account, and used it since `after`.
pub(crate) async fn read(db: &Db, token_hash: &[u8; 32], account: Uuid, after: Timestamp) -> Result<bool, StoreError> {
    let found = on_read!(db, |p| sqlx::query_scalar::<_, Vec<u8>>(EXISTS)
        .bind(&token_hash[..])
        .bind(account)
        .bind(after)
        .fetch_optional(p)
        .await)?;
    Ok(found.is_some())
}

const USE: &str =
    "UPDATE devices SET last_used_at = $3 WHERE token_hash = $1 AND account_id = $2 AND last_used_at > $4";

/// Notes that a known browser signed in again; `false` when it is not known (or not since `after`).
pub(crate) async fn update_last_used(
    tx: &mut Tx,
    token_hash: &[u8; 32],
    account: Uuid,
    now: Timestamp,
    after: Timestamp,
) -> Result<bool, StoreError> {
    let updated = on_tx!(tx, |c| sqlx::query(USE)
        .bind(&token_hash[..])
        .bind(account)
        .bind(now)
        .bind(after)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(updated == 1)
}

const DELETE_ALL: &str = "DELETE FROM devices WHERE account_id = $1";

/// Forgets all browsers of an account.
pub(crate) async fn delete_all(tx: &mut Tx, account: Uuid) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(DELETE_ALL).bind(account).execute(c).await.map(|_| ()))?;
    Ok(())
}

const DELETE_OLD: &str = "DELETE FROM devices WHERE last_used_at <= $1 AND token_hash IN \
     (SELECT token_hash FROM devices WHERE last_used_at <= $1 LIMIT $2)";

/// Forgets browsers not used since `before`, `limit` at most; how many.
pub(crate) async fn delete_old(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_OLD)
        .bind(before)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}
