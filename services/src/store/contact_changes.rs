//! Rows of `contact_changes`: new contacts of people who are signed in, until their code is answered.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

/// A row.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct ContactChangeRow {
    pub account_id: Uuid,
    pub session_id: Uuid,
    pub field: String,
    pub value_sealed: Vec<u8>,
    pub code_flow_id: Option<Uuid>,
    pub expires_at: Timestamp,
}

const UPSERT: &str = "INSERT INTO contact_changes (account_id, session_id, field, value_sealed, code_flow_id, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id) DO UPDATE SET session_id = excluded.session_id, \
     field = excluded.field, value_sealed = excluded.value_sealed, code_flow_id = excluded.code_flow_id, \
     expires_at = excluded.expires_at";

/// Writes the change of an account, in the place of the one before; it is locked until the end of the transaction.
pub(crate) async fn upsert(tx: &mut Tx, row: &ContactChangeRow) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(UPSERT)
        .bind(row.account_id)
        .bind(row.session_id)
        .bind(&row.field)
        .bind(&row.value_sealed)
        .bind(row.code_flow_id)
        .bind(row.expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const SET_FLOW: &str = "UPDATE contact_changes SET code_flow_id = $2 WHERE account_id = $1";

/// Notes which flow waits for the code.
pub(crate) async fn update_flow(tx: &mut Tx, account: Uuid, flow: Uuid) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(SET_FLOW).bind(account).bind(flow).execute(c).await.map(|_| ()))?;
    Ok(())
}

pub(crate) const FIND: &str = "SELECT account_id, session_id, field, value_sealed, code_flow_id, expires_at \
     FROM contact_changes WHERE account_id = $1";

/// The change of an account, outside a transaction.
pub(crate) async fn read(db: &Db, account: Uuid) -> Result<Option<ContactChangeRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, ContactChangeRow>(FIND).bind(account).fetch_optional(p).await)?)
}

const LOCK: &str = "UPDATE contact_changes SET field = field WHERE account_id = $1 \
     RETURNING account_id, session_id, field, value_sealed, code_flow_id, expires_at";

/// The change of an account, locked until the end of the transaction.
pub(crate) async fn lock(tx: &mut Tx, account: Uuid) -> Result<Option<ContactChangeRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, ContactChangeRow>(LOCK).bind(account).fetch_optional(c).await)?)
}

const DELETE: &str = "DELETE FROM contact_changes WHERE account_id = $1";

/// Ends the change of an account.
pub(crate) async fn delete(tx: &mut Tx, account: Uuid) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(DELETE).bind(account).execute(c).await.map(|_| ()))?;
    Ok(())
}

const DELETE_EXPIRED: &str = "DELETE FROM contact_changes WHERE expires_at <= $1 AND account_id IN \
     (SELECT account_id FROM contact_changes WHERE expires_at <= $1 LIMIT $2)";

/// Removes changes that are over, `limit` at most; how many.
pub(crate) async fn delete_expired(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_EXPIRED)
        .bind(now)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}
