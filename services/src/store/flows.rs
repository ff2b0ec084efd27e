//! Rows of `code_flows`: browsers that wait for a one-time code.
//!
//! `previous_mac` holds the MAC of the code before the newest one and, as one more byte, the wrong tries it had taken when the
//! newest was sent: each code dies by its own count.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

/// A row.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct FlowRow {
    pub id: Uuid,
    pub purpose: String,
    pub account_id: Option<Uuid>,
    pub subject: Vec<u8>,
    pub return_to: Option<String>,
    pub locale: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub code_mac: Option<Vec<u8>>,
    pub code_expires_at: Timestamp,
    pub previous_mac: Option<Vec<u8>>,
    pub previous_expires_at: Timestamp,
    pub wrong_tries: i64,
    pub sends: i64,
    pub next_send_at: Timestamp,
    pub consumed_at: Option<Timestamp>,
}

impl FlowRow {
    /// Neither used nor expired.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        self.consumed_at.is_none() && self.expires_at > now
    }

    /// The MAC of the code before the newest, with the wrong tries it had taken before the newest was sent.
    pub(crate) fn previous(&self) -> Option<(&[u8], i64)> {
        let (tries, mac) = self.previous_mac.as_deref()?.split_last()?;
        Some((mac, i64::from(*tries)))
    }

    /// Puts the newest code in the place of the one before it.
    pub(crate) fn keep_newest_as_previous(&mut self) {
        self.previous_mac = self.code_mac.take().map(|mut mac| {
            mac.push(u8::try_from(self.wrong_tries).unwrap_or(u8::MAX));
            mac
        });
        self.previous_expires_at = self.code_expires_at;
    }
}

const INSERT: &str = "INSERT INTO code_flows (id, token_hash, purpose, account_id, subject, return_to, locale, \
     created_at, expires_at, code_mac, code_expires_at, previous_mac, previous_expires_at, wrong_tries, sends, \
     next_send_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

/// Adds a flow.
pub(crate) async fn insert(tx: &mut Tx, token_hash: &[u8; 32], row: &FlowRow) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(row.id)
        .bind(&token_hash[..])
        .bind(&row.purpose)
        .bind(row.account_id)
        .bind(&row.subject)
        .bind(&row.return_to)
        .bind(&row.locale)
        .bind(row.created_at)
        .bind(row.expires_at)
        .bind(&row.code_mac)
        .bind(row.code_expires_at)
        .bind(&row.previous_mac)
        .bind(row.previous_expires_at)
        .bind(row.wrong_tries)
        .bind(row.sends)
        .bind(row.next_send_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const FIND: &str = "SELECT id, purpose, account_id, subject, return_to, locale, created_at, expires_at, code_mac, \
     code_expires_at, previous_mac, previous_expires_at, wrong_tries, sends, next_send_at, consumed_at \
     FROM code_flows WHERE token_hash = $1";

/// The flow of a browser, outside a transaction.
pub(crate) async fn read(db: &Db, token_hash: &[u8; 32]) -> Result<Option<FlowRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, FlowRow>(FIND).bind(&token_hash[..]).fetch_optional(p).await)?)
}

const LOCK: &str = "UPDATE code_flows SET sends = sends WHERE token_hash = $1 \
     RETURNING id, purpose, account_id, subject, return_to, locale, created_at, expires_at, code_mac, \
     code_expires_at, previous_mac, previous_expires_at, wrong_tries, sends, next_send_at, consumed_at";

/// The flow of a browser, locked until the end of the transaction: of two answers at the same time the second waits and sees
/// what the first did. An update that changes nothing locks the row on PostgreSQL; on `SQLite` the transaction itself does.
pub(crate) async fn lock(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<FlowRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, FlowRow>(LOCK).bind(&token_hash[..]).fetch_optional(c).await)?)
}

const FIND_BY_ID: &str = "SELECT id, purpose, account_id, subject, return_to, locale, created_at, expires_at, code_mac, \
     code_expires_at, previous_mac, previous_expires_at, wrong_tries, sends, next_send_at, consumed_at \
     FROM code_flows WHERE id = $1";

/// A flow that another row names, outside a transaction.
pub(crate) async fn read_by_id(db: &Db, id: Uuid) -> Result<Option<FlowRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, FlowRow>(FIND_BY_ID).bind(id).fetch_optional(p).await)?)
}

const LOCK_BY_ID: &str = "UPDATE code_flows SET sends = sends WHERE id = $1 \
     RETURNING id, purpose, account_id, subject, return_to, locale, created_at, expires_at, code_mac, \
     code_expires_at, previous_mac, previous_expires_at, wrong_tries, sends, next_send_at, consumed_at";

/// As [`lock`], for a flow that another row names.
pub(crate) async fn lock_by_id(tx: &mut Tx, id: Uuid) -> Result<Option<FlowRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, FlowRow>(LOCK_BY_ID).bind(id).fetch_optional(c).await)?)
}

const SET_CODE: &str = "UPDATE code_flows SET code_mac = $2, code_expires_at = $3, previous_mac = $4, \
     previous_expires_at = $5, wrong_tries = $6, sends = $7, next_send_at = $8 WHERE id = $1";

/// Writes the codes and counts of a flow.
pub(crate) async fn update(tx: &mut Tx, row: &FlowRow) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(SET_CODE)
        .bind(row.id)
        .bind(&row.code_mac)
        .bind(row.code_expires_at)
        .bind(&row.previous_mac)
        .bind(row.previous_expires_at)
        .bind(row.wrong_tries)
        .bind(row.sends)
        .bind(row.next_send_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const CONSUME: &str = "UPDATE code_flows SET consumed_at = $2, code_mac = NULL, previous_mac = NULL \
     WHERE id = $1 AND consumed_at IS NULL";

/// Uses a flow up; `false` when it was used before.
pub(crate) async fn consume(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    let consumed =
        on_tx!(tx, |c| sqlx::query(CONSUME).bind(id).bind(now).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(consumed == 1)
}

const DELETE_EXPIRED: &str = "DELETE FROM code_flows WHERE expires_at <= $1 AND id IN \
     (SELECT id FROM code_flows WHERE expires_at <= $1 LIMIT $2)";

/// Removes flows that are over, `limit` at most; how many.
pub(crate) async fn delete_expired(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_EXPIRED)
        .bind(now)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}
