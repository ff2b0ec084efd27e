//! Rows of `outbox` as the delivery log shows them: never what a message says, and whom it went to only as the masked hint.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::on_read;
use crate::store::Db;
use crate::store::help_desk::Reach;

/// A message with its owner, if it belongs to an account.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct DeliveryRow {
    pub id: Uuid,
    pub channel: String,
    pub event: String,
    pub locale: String,
    pub recipient_hint: String,
    pub account_id: Option<Uuid>,
    pub person_id: Option<Uuid>,
    pub surname: Option<String>,
    pub given_name: Option<String>,
    pub patronymic: Option<String>,
    pub state: String,
    pub attempts: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub gateway: Option<String>,
    pub last_error: Option<String>,
}

/// Which messages; what is `None` does not narrow.
pub(crate) struct Narrowed<'a> {
    pub channel: Option<&'a str>,
    pub state: Option<&'a str>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub person: Option<Uuid>,
    /// Older than this message.
    pub before: Option<Uuid>,
    pub limit: i64,
}

/// Messages, newest first: ids are ordered by time. Decoys belong to nobody and are not shown.
pub(crate) async fn list(db: &Db, which: &Narrowed<'_>, reach: Reach) -> Result<Vec<DeliveryRow>, StoreError> {
    let mut ids = Vec::new();
    let mut conditions = String::new();
    for (condition, id) in [("o.id <", which.before), ("a.person_id =", which.person)] {
        let Some(id) = id else { continue };
        ids.push(id);
        conditions = format!("{conditions} AND {condition} ${}", FIXED + ids.len());
    }
    if let Some((people, id)) = reach.people(FIXED + ids.len() + 1) {
        ids.push(id);
        conditions = format!("{conditions} AND a.person_id IN ({people})");
    }
    // Made of this file's own words alone.
    let sql = AssertSqlSafe(format!(
        "SELECT o.id, o.channel, o.event, o.locale, o.recipient_hint, o.account_id, a.person_id, \
         p.surname, p.given_name, p.patronymic, o.state, o.attempts, o.created_at, o.expires_at, o.finished_at, \
         o.gateway, o.last_error FROM outbox o LEFT JOIN accounts a ON a.id = o.account_id \
         LEFT JOIN people p ON p.id = a.person_id \
         WHERE o.state <> 'decoy' AND ($1 IS NULL OR o.channel = $1) AND ($2 IS NULL OR o.state = $2) \
         AND ($3 IS NULL OR o.created_at >= $3) AND ($4 IS NULL OR o.created_at < $4){conditions} \
         ORDER BY o.id DESC LIMIT $5"
    ));
    Ok(on_read!(db, |p| {
        let mut query = sqlx::query_as::<_, DeliveryRow>(sql)
            .bind(which.channel)
            .bind(which.state)
            .bind(which.since)
            .bind(which.until)
            .bind(which.limit);
        for id in ids {
            query = query.bind(id);
        }
        query.fetch_all(p).await
    })?)
}

/// The values that every list binds: channel, state, since, until, limit.
const FIXED: usize = 5;
