//! Rows of `audit_log` and its end, `audit_head`.

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use crate::audit::{AuditEvent, AuditFilter, LIST_LIMIT, Outcome};
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::store::dialect::{self, tuples};
use crate::store::help_desk::Reach;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

/// How many rows [`append_all`] takes well at once: SQLite takes 32,766 values a statement, and a row has thirteen.
pub(crate) const AT_ONCE: usize = 400;

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

/// Appends a row: it is the end of the chain from now on.
pub(crate) async fn append(tx: &mut Tx, row: &AuditRow) -> Result<(), StoreError> {
    let sql = dialect::APPEND_AUDIT.on(tx.backend());
    on_tx!(tx, |c| sqlx::query(sql)
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

const MOVE_HEAD: &str = "UPDATE audit_head SET seq = $1, hash = $2 WHERE id = 1";

/// Appends rows that follow each other: the last is the end of the chain from now on.
pub(crate) async fn append_all(tx: &mut Tx, rows: &[AuditRow]) -> Result<(), StoreError> {
    let Some(last) = rows.last() else { return Ok(()) };
    for chunk in rows.chunks(AT_ONCE) {
        let sql = format!(
            "INSERT INTO audit_log (seq, at, event, outcome, actor_id, person_id, request_id, address_sealed, \
             detail, before_sealed, after_sealed, previous_hash, hash) VALUES {}",
            tuples(tx.backend(), chunk.len(), 13)
        );
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for row in chunk {
                query = query
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
                    .bind(&row.hash);
            }
            query.execute(c).await.map(drop)
        })?;
    }
    on_tx!(tx, |c| sqlx::query(MOVE_HEAD).bind(last.seq).bind(&last.hash).execute(c).await.map(drop))?;
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

/// Rows that match, newest first, with the names of who did it and whom it is about.
#[derive(Clone, FromRow)]
pub(crate) struct NamedAuditRow {
    #[sqlx(flatten)]
    pub row: AuditRow,
    pub actor_surname: Option<String>,
    pub actor_given_name: Option<String>,
    pub actor_patronymic: Option<String>,
    pub person_surname: Option<String>,
    pub person_given_name: Option<String>,
    pub person_patronymic: Option<String>,
}

/// The conditions of a filter. What it names by its id is a condition of its own, so that each database finds its index.
fn conditions(filter: &AuditFilter) -> (String, Vec<Uuid>) {
    let mut text = "l.seq < $1 AND ($3 IS NULL OR l.event = $3) AND ($4 IS NULL OR l.outcome = $4) \
         AND ($5 IS NULL OR l.at >= $5) AND ($6 IS NULL OR l.at < $6)"
        .to_owned();
    let mut ids = Vec::new();
    for (column, id) in [("l.person_id", filter.person), ("l.actor_id", filter.actor)] {
        let Some(id) = id else { continue };
        ids.push(id.0);
        text = format!("{text} AND {column} = ${}", FIXED + ids.len());
    }
    (text, ids)
}

/// The values that every list binds: cursor, limit, event, outcome, since, until.
const FIXED: usize = 6;

/// Rows that match, newest first.
pub(crate) async fn list(db: &Db, filter: &AuditFilter) -> Result<Vec<AuditRow>, StoreError> {
    let (conditions, ids) = conditions(filter);
    // Made of this file's own words alone.
    let sql = AssertSqlSafe(format!("SELECT l.* FROM audit_log l WHERE {conditions} ORDER BY l.seq DESC LIMIT $2"));
    let (before, limit) = (filter.before_seq.unwrap_or(i64::MAX), i64::from(filter.limit.min(LIST_LIMIT)));
    let (event, outcome) = (filter.event.map(AuditEvent::code), filter.outcome.map(Outcome::code));
    Ok(on_read!(db, |p| {
        let mut query = sqlx::query_as::<_, AuditRow>(sql)
            .bind(before)
            .bind(limit)
            .bind(event)
            .bind(outcome)
            .bind(filter.since)
            .bind(filter.until);
        for id in ids {
            query = query.bind(id);
        }
        query.fetch_all(p).await
    })?)
}

/// The same, of what reaches somebody: rows about people in reach, and rows about nobody that people in reach wrote.
pub(crate) async fn list_in_reach(
    db: &Db,
    filter: &AuditFilter,
    reach: Reach,
) -> Result<Vec<NamedAuditRow>, StoreError> {
    let (conditions, mut ids) = conditions(filter);
    let narrowing = match reach.people(FIXED + ids.len() + 1) {
        Some((people, id)) => {
            ids.push(id);
            format!(" AND (l.person_id IN ({people}) OR (l.person_id IS NULL AND l.actor_id IN ({people})))")
        }
        None => String::new(),
    };
    let sql = AssertSqlSafe(format!(
        "SELECT l.*, a.surname AS actor_surname, a.given_name AS actor_given_name, a.patronymic AS actor_patronymic, \
         w.surname AS person_surname, w.given_name AS person_given_name, w.patronymic AS person_patronymic \
         FROM audit_log l LEFT JOIN people a ON a.id = l.actor_id LEFT JOIN people w ON w.id = l.person_id \
         WHERE {conditions}{narrowing} ORDER BY l.seq DESC LIMIT $2"
    ));
    let (before, limit) = (filter.before_seq.unwrap_or(i64::MAX), i64::from(filter.limit.min(LIST_LIMIT)));
    let (event, outcome) = (filter.event.map(AuditEvent::code), filter.outcome.map(Outcome::code));
    Ok(on_read!(db, |p| {
        let mut query = sqlx::query_as::<_, NamedAuditRow>(sql)
            .bind(before)
            .bind(limit)
            .bind(event)
            .bind(outcome)
            .bind(filter.since)
            .bind(filter.until);
        for id in ids {
            query = query.bind(id);
        }
        query.fetch_all(p).await
    })?)
}

/// A sign-in of somebody, or a try at it.
#[derive(Clone, FromRow)]
pub(crate) struct SignInRow {
    pub at: i64,
    pub event: String,
    pub outcome: String,
    pub detail: String,
}

/// The events are those of the ways to sign in.
pub(crate) const SIGN_INS: &str = "SELECT at, event, outcome, detail FROM audit_log WHERE person_id = $1 \
     AND event IN ('sign_in.code', 'sign_in.password', 'sign_in.second_factor', 'sign_in.gosuslugi') \
     ORDER BY seq DESC LIMIT $2";

/// The last sign-ins of a person and the tries at it, newest first.
pub(crate) async fn list_sign_ins(db: &Db, person: PersonId, limit: u32) -> Result<Vec<SignInRow>, StoreError> {
    let limit = i64::from(limit);
    Ok(on_read!(db, |p| sqlx::query_as::<_, SignInRow>(SIGN_INS).bind(person.0).bind(limit).fetch_all(p).await)?)
}
