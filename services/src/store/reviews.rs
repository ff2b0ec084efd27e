//! Rows of `reviews`: what a member of staff has to decide, and what was decided.
//!
//! Undecided are `open` and `postponed`. What was typed, and the note, are erased some time after the decision: `answers_sealed` is empty
//! then. A request whose child is in two classes is two rows of a list.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

/// `reviews.state` of a request that waits for a decision.
pub(crate) const OPEN: &str = "open";
/// `reviews.state` of a request that was put off.
pub(crate) const POSTPONED: &str = "postponed";
/// `reviews.state` of a request that was approved.
pub(crate) const APPROVED: &str = "approved";
/// `reviews.state` of a request that was refused.
pub(crate) const REFUSED: &str = "refused";

/// The most rows of a list.
const LIST_LIMIT: i64 = 500;

/// A request to be decided.
pub(crate) struct ReviewRow<'a> {
    pub id: Uuid,
    /// What people call it by.
    pub number: i64,
    pub reason: &'a str,
    pub person_id: Option<Uuid>,
    pub child_id: Option<Uuid>,
    pub id_type: &'a str,
    pub number_index: [u8; 32],
    pub mobile_index: [u8; 32],
    pub locale: &'a str,
    pub created_at: Timestamp,
    pub answer_by: Timestamp,
}

const INSERT: &str = "INSERT INTO reviews (id, reason, person_id, child_id, id_type, number_index, mobile_index, \
     answers_sealed, locale, created_at, answer_by, number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
     ON CONFLICT (id_type, number_index, mobile_index) WHERE state = 'open' DO UPDATE SET reason = excluded.reason, \
     person_id = excluded.person_id, child_id = excluded.child_id, locale = excluded.locale, \
     version = reviews.version + 1 RETURNING id";

/// The open request of an ID number and a proved mobile: a new one, or the one that is open already, which keeps its date and its number.
/// Its answers are to be written by [`update_answers`], sealed for the id that is returned.
pub(crate) async fn open(tx: &mut Tx, row: &ReviewRow<'_>) -> Result<Uuid, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(INSERT)
        .bind(row.id)
        .bind(row.reason)
        .bind(row.person_id)
        .bind(row.child_id)
        .bind(row.id_type)
        .bind(&row.number_index[..])
        .bind(&row.mobile_index[..])
        .bind(&[0_u8; 0][..])
        .bind(row.locale)
        .bind(row.created_at)
        .bind(row.answer_by)
        .bind(row.number)
        .fetch_one(c)
        .await)?)
}

const SET_ANSWERS: &str = "UPDATE reviews SET answers_sealed = $2 WHERE id = $1";

/// What was typed, sealed.
pub(crate) async fn update_answers(tx: &mut Tx, id: Uuid, answers_sealed: &[u8]) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(SET_ANSWERS).bind(id).bind(answers_sealed).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// A request as it is shown: with the names of the guardian, the child and whoever decided, and with one class of the child.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct QueueRow {
    pub id: Uuid,
    pub number: Option<i64>,
    pub reason: String,
    pub state: String,
    pub id_type: String,
    pub person_id: Option<Uuid>,
    pub child_id: Option<Uuid>,
    pub answers_sealed: Vec<u8>,
    pub note_sealed: Option<Vec<u8>>,
    pub created_at: Timestamp,
    pub answer_by: Timestamp,
    pub version: i64,
    pub decided_at: Option<Timestamp>,
    pub person_surname: Option<String>,
    pub person_given_name: Option<String>,
    pub person_patronymic: Option<String>,
    pub child_surname: Option<String>,
    pub child_given_name: Option<String>,
    pub child_patronymic: Option<String>,
    pub decider_surname: Option<String>,
    pub decider_given_name: Option<String>,
    pub decider_patronymic: Option<String>,
    pub class_id: Option<Uuid>,
    pub class_title: Option<String>,
    pub school_id: Option<Uuid>,
}

const SHOWN: &str = "SELECT r.id, r.number, r.reason, r.state, r.id_type, r.person_id, r.child_id, r.answers_sealed, \
     r.note_sealed, r.created_at, r.answer_by, r.version, r.decided_at, \
     a.surname AS person_surname, a.given_name AS person_given_name, a.patronymic AS person_patronymic, \
     k.surname AS child_surname, k.given_name AS child_given_name, k.patronymic AS child_patronymic, \
     d.surname AS decider_surname, d.given_name AS decider_given_name, d.patronymic AS decider_patronymic, \
     c.id AS class_id, c.title AS class_title, c.school_id";

// Joined one by one: SQLite would build the whole of a joined subquery over all enrolments first.
const JOINED: &str = "FROM reviews r LEFT JOIN people a ON a.id = r.person_id LEFT JOIN people k ON k.id = r.child_id \
     LEFT JOIN people d ON d.id = r.decided_by \
     LEFT JOIN enrolments e ON e.student_id = r.child_id AND e.until_at IS NULL \
     AND EXISTS (SELECT 1 FROM classes o WHERE o.id = e.class_id AND o.archived_at IS NULL) \
     LEFT JOIN classes c ON c.id = e.class_id";

/// Which part of the queue is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Everything,
    /// Children of this school.
    School(Uuid),
    /// Children of this class.
    Class(Uuid),
    /// Requests whose child is unknown, or in no class.
    NoClass,
}

impl Part {
    /// The condition, with `$number` in the place of the id, if one is needed.
    fn condition(self, number: usize) -> (String, Option<Uuid>) {
        match self {
            Self::Everything => (String::new(), None),
            Self::School(id) => (format!(" AND c.school_id = ${number}"), Some(id)),
            Self::Class(id) => (format!(" AND c.id = ${number}"), Some(id)),
            Self::NoClass => (" AND c.id IS NULL".to_owned(), None),
        }
    }
}

/// The requests in one of two states, those first that are to be answered first; what was decided before `decided_since` is left out.
pub(crate) async fn list(
    db: &Db,
    states: [&str; 2],
    decided_since: Timestamp,
    part: Part,
) -> Result<Vec<QueueRow>, StoreError> {
    let [first, second] = states;
    let (condition, id) = part.condition(5);
    // Made of this file's own words alone.
    let sql = AssertSqlSafe(format!(
        "{SHOWN} {JOINED} WHERE r.state IN ($1, $2) AND (r.decided_at IS NULL OR r.decided_at >= $3){condition} \
         ORDER BY r.answer_by, r.id LIMIT $4"
    ));
    Ok(on_read!(db, |p| {
        let mut query =
            sqlx::query_as::<_, QueueRow>(sql).bind(first).bind(second).bind(decided_since).bind(LIST_LIMIT);
        if let Some(id) = id {
            query = query.bind(id);
        }
        query.fetch_all(p).await
    })?)
}

/// The ids of the requests that wait for a decision.
pub(crate) async fn list_open_ids(db: &Db, part: Part) -> Result<Vec<Uuid>, StoreError> {
    let (condition, id) = part.condition(2);
    let sql = AssertSqlSafe(format!("SELECT r.id {JOINED} WHERE r.state = 'open'{condition} LIMIT $1"));
    Ok(on_read!(db, |p| {
        let mut query = sqlx::query_scalar::<_, Uuid>(sql).bind(LIST_LIMIT);
        if let Some(id) = id {
            query = query.bind(id);
        }
        query.fetch_all(p).await
    })?)
}

/// One request: a row for each class of the child.
pub(crate) async fn read(db: &Db, id: Uuid) -> Result<Vec<QueueRow>, StoreError> {
    let sql = AssertSqlSafe(format!("{SHOWN} {JOINED} WHERE r.id = $1 ORDER BY c.title, c.id"));
    Ok(on_read!(db, |p| sqlx::query_as::<_, QueueRow>(sql).bind(id).fetch_all(p).await)?)
}

/// A request that is about to be decided.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct LockedReview {
    pub state: String,
    pub version: i64,
    pub answers_sealed: Vec<u8>,
    pub locale: String,
}

const LOCK: &str = "UPDATE reviews SET version = version WHERE id = $1 \
     RETURNING state, version, answers_sealed, locale";

/// A request, locked until the end of the transaction: of two decisions at the same time the second sees the first.
pub(crate) async fn lock(tx: &mut Tx, id: Uuid) -> Result<Option<LockedReview>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, LockedReview>(LOCK).bind(id).fetch_optional(c).await)?)
}

/// A decision, or that a request is put off.
pub(crate) struct Decision<'a> {
    pub state: &'a str,
    pub person_id: Option<Uuid>,
    pub child_id: Option<Uuid>,
    /// When it was decided; none when it was put off.
    pub decided_at: Option<Timestamp>,
    pub decided_by: Uuid,
    pub note_sealed: Option<Vec<u8>>,
}

const DECIDE: &str = "UPDATE reviews SET state = $2, person_id = COALESCE($3, person_id), \
     child_id = COALESCE($4, child_id), decided_at = $5, decided_by = $6, note_sealed = $7, version = version + 1 \
     WHERE id = $1";

/// Writes a decision down.
pub(crate) async fn decide(tx: &mut Tx, id: Uuid, decision: &Decision<'_>) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(DECIDE)
        .bind(id)
        .bind(decision.state)
        .bind(decision.person_id)
        .bind(decision.child_id)
        .bind(decision.decided_at)
        .bind(decision.decided_by)
        .bind(&decision.note_sealed)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const DECIDE_TWINS: &str = "UPDATE reviews SET state = $2, decided_at = $3, decided_by = $4, version = version + 1 \
     WHERE id <> $1 AND state IN ('open', 'postponed') AND EXISTS (SELECT 1 FROM reviews t WHERE t.id = $1 \
     AND t.id_type = reviews.id_type AND t.number_index = reviews.number_index AND t.mobile_index = reviews.mobile_index \
     AND (t.child_id = reviews.child_id OR (t.child_id IS NULL AND reviews.child_id IS NULL)))";

/// Decides the other requests of the same number, the same mobile and the same child in the same way: one that was put off, and a later
/// one. The row itself must be locked, and must not have got another child yet.
pub(crate) async fn decide_twins(
    tx: &mut Tx,
    id: Uuid,
    state: &str,
    decided_at: Timestamp,
    decided_by: Uuid,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(DECIDE_TWINS)
        .bind(id)
        .bind(state)
        .bind(decided_at)
        .bind(decided_by)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Whoever has the number of a request, as the school knows them.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct AdultRow {
    pub person_id: Uuid,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
    pub birth_date_sealed: Option<Vec<u8>>,
    pub mobile_sealed: Option<Vec<u8>>,
    pub email_sealed: Option<Vec<u8>>,
    pub account_id: Option<Uuid>,
    /// What they are to the child of the request; none when they are no guardian of it.
    pub relation: Option<String>,
}

const BY_NUMBER: &str = "SELECT p.id AS person_id, p.surname, p.given_name, p.patronymic, p.birth_date_sealed, \
     p.mobile_sealed, p.email_sealed, a.id AS account_id, g.relation FROM people p \
     LEFT JOIN accounts a ON a.person_id = p.id LEFT JOIN guardians g ON g.guardian_id = p.id AND g.child_id = $3 \
     WHERE p.id_type = $1 AND p.id_number_index = $2 LIMIT 2";
// `$1` is asked too, so that both statements take the same values.
const BY_SNILS: &str = "SELECT p.id AS person_id, p.surname, p.given_name, p.patronymic, p.birth_date_sealed, \
     p.mobile_sealed, p.email_sealed, a.id AS account_id, g.relation FROM people p \
     LEFT JOIN accounts a ON a.person_id = p.id LEFT JOIN guardians g ON g.guardian_id = p.id AND g.child_id = $3 \
     WHERE $1 = 'ru_snils' AND p.snils_index = $2 LIMIT 2";

/// What an adult is looked up by.
#[derive(Clone, Copy)]
pub(crate) struct Number<'a> {
    /// The kind's code.
    pub kind: &'a str,
    pub is_snils: bool,
    pub index: [u8; 32],
    /// The child of the request; the nil id is nobody's.
    pub child: Uuid,
}

impl Number<'_> {
    const fn statement(&self) -> &'static str {
        if self.is_snils { BY_SNILS } else { BY_NUMBER }
    }
}

/// Who has this number, outside a transaction: two at most, because more than one is as good as none.
pub(crate) async fn read_adults(db: &Db, number: &Number<'_>) -> Result<Vec<AdultRow>, StoreError> {
    let sql = number.statement();
    Ok(on_read!(db, |p| sqlx::query_as::<_, AdultRow>(sql)
        .bind(number.kind)
        .bind(&number.index[..])
        .bind(number.child)
        .fetch_all(p)
        .await)?)
}

/// Who has this number.
pub(crate) async fn list_adults(tx: &mut Tx, number: &Number<'_>) -> Result<Vec<AdultRow>, StoreError> {
    let sql = number.statement();
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, AdultRow>(sql)
        .bind(number.kind)
        .bind(&number.index[..])
        .bind(number.child)
        .fetch_all(c)
        .await)?)
}

// `co` are the guardians of `$1`'s children, `$1` among them; `theirs` are the children of all of these.
const KIN: &str = "SELECT COUNT(*) FROM guardians mine JOIN guardians co ON co.child_id = mine.child_id \
     JOIN guardians theirs ON theirs.guardian_id = co.guardian_id WHERE mine.guardian_id = $1 \
     AND (co.guardian_id = $2 OR theirs.child_id = $2)";
const PARENT_OF: &str = "SELECT COUNT(*) FROM guardians WHERE child_id = $1 AND guardian_id = $2";

/// Whether somebody is the same person, a child, the other guardian of a child, a child of that guardian, or a guardian. The nil id is
/// nobody's.
pub(crate) async fn is_family(db: &Db, person: Uuid, other: Uuid) -> Result<bool, StoreError> {
    if person == other {
        return Ok(true);
    }
    for sql in [KIN, PARENT_OF] {
        let count = on_read!(db, |p| sqlx::query_scalar::<_, i64>(sql).bind(person).bind(other).fetch_one(p).await)?;
        if count > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

const HAS_CONTACT: &str = "SELECT COUNT(*) FROM people WHERE id = $1 AND (mobile_index = $2 OR email_index = $3)";

/// Whether this mobile or this e-mail is the person's own.
pub(crate) async fn has_contact(
    db: &Db,
    person: Uuid,
    mobile_index: Option<[u8; 32]>,
    email_index: Option<[u8; 32]>,
) -> Result<bool, StoreError> {
    let bytes = |index: Option<[u8; 32]>| index.map(|index| index.to_vec());
    let (mobile, email) = (bytes(mobile_index), bytes(email_index));
    let count = on_read!(db, |p| sqlx::query_scalar::<_, i64>(HAS_CONTACT)
        .bind(person)
        .bind(mobile)
        .bind(email)
        .fetch_one(p)
        .await)?;
    Ok(count > 0)
}

const ERASE: &str = "UPDATE reviews SET answers_sealed = $3, note_sealed = NULL WHERE id IN \
     (SELECT id FROM reviews WHERE decided_at <= $1 AND length(answers_sealed) > 0 LIMIT $2)";

/// Erases what was typed in requests that were decided before a moment, and the notes, `limit` at most; how many.
pub(crate) async fn erase_decided(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(ERASE)
        .bind(before)
        .bind(limit)
        .bind(&[0_u8; 0][..])
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}
