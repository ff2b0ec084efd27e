//! Rows of `sessions`.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::roles::{HeldRow, RoleRow};
use crate::store::{Db, Tx, dialect};
use crate::{on_read, on_tx};

/// What a new session is written from.
pub(crate) struct NewSessionRow<'a> {
    pub id: Uuid,
    pub token_hash: [u8; 32],
    pub account_id: Uuid,
    pub method: &'a str,
    pub device: &'a str,
    pub address_sealed: Option<Vec<u8>>,
    pub created_at: Timestamp,
    pub idle_ms: i64,
    pub expires_at: Timestamp,
    pub fresh_until: Timestamp,
    pub previous_sign_in_at: Option<Timestamp>,
}

/// A browser that is to be remembered, and how many of the account are at most.
pub(crate) struct NewDeviceRow {
    /// `None` when it is remembered already.
    pub token_hash: Option<[u8; 32]>,
    pub keep: i64,
}

/// Adds a session, notes the sign-in and remembers the browser it came from.
pub(crate) async fn enter(tx: &mut Tx, row: &NewSessionRow<'_>, device: &NewDeviceRow) -> Result<(), StoreError> {
    let sql = dialect::ENTER.on(tx.backend());
    on_tx!(tx, |c| sqlx::query(sql)
        .bind(row.id)
        .bind(&row.token_hash[..])
        .bind(row.account_id)
        .bind(row.method)
        .bind(row.device)
        .bind(&row.address_sealed)
        .bind(row.created_at)
        .bind(row.idle_ms)
        .bind(row.expires_at)
        .bind(row.fresh_until)
        .bind(row.previous_sign_in_at)
        .bind(device.token_hash.as_ref().map(|hash| &hash[..]))
        .bind(device.keep)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A session with its account and person, and with one of the person's roles.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct SessionRow {
    pub id: Uuid,
    pub account_id: Uuid,
    pub method: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
    pub fresh_until: Timestamp,
    pub previous_sign_in_at: Option<Timestamp>,
    pub person_id: Uuid,
    pub locale: Option<String>,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
    #[sqlx(flatten)]
    pub held: HeldRow,
}

pub(crate) const FIND: &str = "SELECT s.id, s.account_id, s.method, s.created_at, s.last_seen_at, s.expires_at, s.fresh_until, \
     s.previous_sign_in_at, a.person_id, COALESCE(a.locale, p.locale) AS locale, p.surname, p.given_name, p.patronymic, \
     r.role, r.school_id AS role_school_id, r.class_id AS role_class_id \
     FROM sessions s JOIN accounts a ON a.id = s.account_id JOIN people p ON p.id = a.person_id \
     LEFT JOIN roles r ON r.person_id = p.id \
     WHERE s.token_hash = $1 AND a.state = 'active' AND s.expires_at > $2 AND s.last_seen_at + s.idle_ms > $2 ORDER BY r.id";

/// The live session of a token: a row for each role of the person, in the order they were given, one row if there is no role, none if
/// there is no such session.
pub(crate) async fn find(db: &Db, token_hash: &[u8; 32], now: Timestamp) -> Result<Vec<SessionRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, SessionRow>(FIND).bind(&token_hash[..]).bind(now).fetch_all(p).await)?)
}

pub(crate) const ROLES_OF: &str = "SELECT r.role, r.school_id AS role_school_id, r.class_id AS role_class_id \
     FROM sessions s JOIN accounts a ON a.id = s.account_id LEFT JOIN roles r ON r.person_id = a.person_id \
     WHERE s.id = $1 AND a.state = 'active' AND s.expires_at > $2 AND s.last_seen_at + s.idle_ms > $2 ORDER BY r.id";

/// The roles of this moment of whoever a session belongs to, in the order they were given; `None` when it has ended.
pub(crate) async fn read_roles(db: &Db, id: Uuid, now: Timestamp) -> Result<Option<Vec<RoleRow>>, StoreError> {
    let rows = on_read!(db, |p| sqlx::query_as::<_, HeldRow>(ROLES_OF).bind(id).bind(now).fetch_all(p).await)?;
    Ok((!rows.is_empty()).then(|| rows.into_iter().filter_map(HeldRow::into_role).collect()))
}

const TOUCH: &str = "UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2";

/// Notes that a session was used.
pub(crate) async fn update_last_seen(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(TOUCH).bind(id).bind(now).execute(c).await.map(|_| ()))?;
    Ok(())
}

const PROVE: &str = "UPDATE sessions SET fresh_until = CASE WHEN expires_at < $3 THEN expires_at ELSE $3 END \
     WHERE id = $1 AND account_id = $2 AND expires_at > $4 AND last_seen_at + idle_ms > $4 RETURNING fresh_until";

/// The owner of a live session has proved anew who they are, until `fresh_until` or the session's end: of this session and no other.
/// `None` when it has ended.
pub(crate) async fn update_fresh_until(
    tx: &mut Tx,
    id: Uuid,
    account: Uuid,
    fresh_until: Timestamp,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Timestamp>(PROVE)
        .bind(id)
        .bind(account)
        .bind(fresh_until)
        .bind(now)
        .fetch_optional(c)
        .await)?)
}

/// A session as its owner sees it in the list.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct ListedRow {
    pub id: Uuid,
    pub method: String,
    pub device: String,
    pub address_sealed: Option<Vec<u8>>,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
}

const LIST: &str = "SELECT id, method, device, address_sealed, created_at, last_seen_at, expires_at FROM sessions \
     WHERE account_id = $1 AND expires_at > $2 AND last_seen_at + idle_ms > $2 ORDER BY last_seen_at DESC, id DESC";

/// The live sessions of an account, the one used last first.
pub(crate) async fn list(db: &Db, account: Uuid, now: Timestamp) -> Result<Vec<ListedRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, ListedRow>(LIST).bind(account).bind(now).fetch_all(p).await)?)
}

const DELETE: &str = "DELETE FROM sessions WHERE id = $1 AND account_id = $2";

/// Ends a session of this account; `false` when the account has no such session.
pub(crate) async fn delete(tx: &mut Tx, id: Uuid, account: Uuid) -> Result<bool, StoreError> {
    let deleted =
        on_tx!(tx, |c| sqlx::query(DELETE).bind(id).bind(account).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(deleted == 1)
}

const DELETE_OTHERS: &str = "DELETE FROM sessions WHERE account_id = $1 AND id <> $2 RETURNING id";

/// Ends all sessions of an account but one (the nil id: all); the ids of those that ended.
pub(crate) async fn delete_others(tx: &mut Tx, account: Uuid, keep: Uuid) -> Result<Vec<Uuid>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(DELETE_OTHERS).bind(account).bind(keep).fetch_all(c).await)?)
}

const DELETE_OF_METHOD: &str = "DELETE FROM sessions WHERE method = $2 AND account_id IN \
     (SELECT id FROM accounts WHERE person_id = $1)";

/// Ends the sessions of a person that began in one way; how many.
pub(crate) async fn delete_of_method(tx: &mut Tx, person: Uuid, method: &str) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_OF_METHOD)
        .bind(person)
        .bind(method)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

const DELETE_EXPIRED: &str = "DELETE FROM sessions WHERE (expires_at <= $1 OR last_seen_at + idle_ms <= $1) AND id IN \
     (SELECT id FROM sessions WHERE expires_at <= $1 OR last_seen_at + idle_ms <= $1 LIMIT $2)";

/// Removes sessions that are over, `limit` at most; how many.
pub(crate) async fn delete_expired(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_EXPIRED)
        .bind(now)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}
