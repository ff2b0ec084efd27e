//! Rows of `audit_log` and its end, `audit_head`.

use sqlx::FromRow;
use uuid::Uuid;

use crate::audit::{AuditFilter, LIST_LIMIT};
use crate::error::StoreError;
use crate::store::{Db, Tx, dialect};
use crate::{on_read, on_tx};

/// One row as it is stored.
#[derive(Clone, FromRow)]
pub(crate) struct AuditRow {
    pub seq: i64,
    pub at: i64,
    pub event: String,
    pub outcome: String,
    pub actor_id: Option<Uuid>,
    pub person_id: Option<Uuid>,
    pub request_id: String,
    pub address_sealed: Option<Vec<u8>>,
    pub detail: String,
    pub before_sealed: Option<Vec<u8>>,
    pub after_sealed: Option<Vec<u8>>,
    pub previous_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

/// The end of the chain.
#[derive(FromRow)]
pub(crate) struct AuditHead {
    pub seq: i64,
    pub hash: Vec<u8>,
}

/// The end of the chain and, of the same moment, the numbers that are really there.
#[derive(FromRow)]
pub(crate) struct AuditExtent {
    pub seq: i64,
    pub hash: Vec<u8>,
    pub first_seq: Option<i64>,
    pub last_seq: Option<i64>,
}

/// Reads the end and keeps others from reading it for an append until the transaction ends.
pub(crate) async fn lock_head(tx: &mut Tx) -> Result<AuditHead, StoreError> {
    let sql = dialect::LOCK_AUDIT_HEAD.on(tx.backend());
    Ok(on_tx!(tx, |c| sqlx::query_as(sql).fetch_one(c).await)?)
}

pub(crate) async fn insert(tx: &mut Tx, row: &AuditRow) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO audit_log (seq, at, event, outcome, actor_id, person_id, request_id, address_sealed, \
             detail, before_sealed, after_sealed, previous_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    on_tx!(tx, |c| sqlx::query(SQL)
        .bind(row.seq)
        .bind(row.at)
        .bind(&row.event)
        .bind(&row.outcome)
        .bind(row.actor_id)
        .bind(row.person_id)
        .bind(&row.request_id)
        .bind(&row.address_sealed)
        .bind(&row.detail)
        .bind(&row.before_sealed)
        .bind(&row.after_sealed)
        .bind(&row.previous_hash)
        .bind(&row.hash)
        .execute(c)
        .await
        .map(drop))?;
    Ok(())
}

pub(crate) async fn update_head(tx: &mut Tx, seq: i64, hash: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE audit_head SET seq = $1, hash = $2 WHERE id = 1";
    on_tx!(tx, |c| sqlx::query(SQL).bind(seq).bind(hash).execute(c).await.map(drop))?;
    Ok(())
}

pub(crate) async fn find_head(db: &Db) -> Result<Option<AuditExtent>, StoreError> {
    // One statement, so that a row appended at this moment is in all of it or in none.
    const SQL: &str = "SELECT seq, hash, (SELECT MIN(seq) FROM audit_log) AS first_seq, \
             (SELECT MAX(seq) FROM audit_log) AS last_seq \
         FROM audit_head WHERE id = 1";
    Ok(on_read!(db, |p| sqlx::query_as(SQL).fetch_optional(p).await)?)
}

/// Rows after `after` up to `until`, oldest first.
pub(crate) async fn list_in_order(db: &Db, after: i64, until: i64, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
    const SQL: &str = "SELECT * FROM audit_log WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
    Ok(on_read!(db, |p| sqlx::query_as(SQL).bind(after).bind(until).bind(limit).fetch_all(p).await)?)
}

/// Rows that match, newest first. A text for each index, so that neither database has to guess.
pub(crate) async fn list(db: &Db, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
    const ALL: &str = "SELECT * FROM audit_log WHERE seq < $1 AND ($2 IS NULL OR event = $2) \
         ORDER BY seq DESC LIMIT $3";
    const BY_PERSON: &str = "SELECT * FROM audit_log WHERE seq < $1 AND ($2 IS NULL OR event = $2) AND person_id = $4 \
         ORDER BY seq DESC LIMIT $3";
    const BY_ACTOR: &str = "SELECT * FROM audit_log WHERE seq < $1 AND ($2 IS NULL OR event = $2) AND actor_id = $4 \
         ORDER BY seq DESC LIMIT $3";
    const BY_BOTH: &str = "SELECT * FROM audit_log WHERE seq < $1 AND ($2 IS NULL OR event = $2) AND person_id = $4 \
         AND actor_id = $5 ORDER BY seq DESC LIMIT $3";
    let before = filter.before_seq.unwrap_or(i64::MAX);
    let event = filter.event.map(crate::audit::AuditEvent::code);
    let limit = i64::from(filter.limit.min(LIST_LIMIT));
    let (person, actor) = (filter.person.map(|id| id.0), filter.actor.map(|id| id.0));
    let (sql, ids) = match (person, actor) {
        (None, None) => (ALL, [None, None]),
        (Some(person), None) => (BY_PERSON, [Some(person), None]),
        (None, Some(actor)) => (BY_ACTOR, [Some(actor), None]),
        (Some(person), Some(actor)) => (BY_BOTH, [Some(person), Some(actor)]),
    };
    Ok(on_read!(db, |p| {
        let mut query = sqlx::query_as(sql).bind(before).bind(event).bind(limit);
        // PostgreSQL wants exactly as many values as the text names.
        for id in ids.into_iter().flatten() {
            query = query.bind(id);
        }
        query.fetch_all(p).await
    })?)
}
