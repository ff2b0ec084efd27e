//! Rows of `api_clients`: programs that use the API. The database keeps the hash of a token only.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

/// A program with the name of whoever let it in.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct ClientRow {
    pub id: Uuid,
    pub name: String,
    pub scopes: String,
    pub created_by: Uuid,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
}

const INSERT: &str = "INSERT INTO api_clients (id, name, token_hash, scopes, created_by, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Adds a program.
pub(crate) async fn insert(tx: &mut Tx, token_hash: &[u8; 32], row: &ClientRow) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(row.id)
        .bind(&row.name)
        .bind(&token_hash[..])
        .bind(&row.scopes)
        .bind(row.created_by)
        .bind(row.created_at)
        .bind(row.expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const LIST: &str = "SELECT c.id, c.name, c.scopes, c.created_by, c.created_at, c.expires_at, c.last_used_at, c.revoked_at, \
     p.surname, p.given_name, p.patronymic FROM api_clients c JOIN people p ON p.id = c.created_by \
     ORDER BY c.created_at DESC, c.id DESC";

/// Every program, the newest first.
pub(crate) async fn list(db: &Db) -> Result<Vec<ClientRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, ClientRow>(LIST).fetch_all(p).await)?)
}

const REVOKE: &str = "UPDATE api_clients SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";

/// Takes a program's token back; `false` when there is no such program, or it has none any more.
pub(crate) async fn revoke(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    let revoked =
        on_tx!(tx, |c| sqlx::query(REVOKE).bind(id).bind(now).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(revoked == 1)
}

/// A live program with the account in whose name it acts.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct LiveRow {
    pub id: Uuid,
    pub name: String,
    pub scopes: String,
    pub person_id: Uuid,
    pub account_id: Uuid,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
}

const FIND: &str = "SELECT c.id, c.name, c.scopes, c.created_by AS person_id, a.id AS account_id, c.created_at, c.expires_at, \
     c.last_used_at, p.surname, p.given_name, p.patronymic \
     FROM api_clients c JOIN people p ON p.id = c.created_by JOIN accounts a ON a.person_id = p.id \
     WHERE c.token_hash = $1 AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > $2) \
     AND a.state = 'active'";

/// The program of a token, while token and account are good.
pub(crate) async fn read(db: &Db, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<LiveRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, LiveRow>(FIND).bind(&token_hash[..]).bind(now).fetch_optional(p).await)?)
}

const TOUCH: &str =
    "UPDATE api_clients SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";

/// Notes that a token was used.
pub(crate) async fn update_last_used(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(TOUCH).bind(id).bind(now).execute(c).await.map(|_| ()))?;
    Ok(())
}
