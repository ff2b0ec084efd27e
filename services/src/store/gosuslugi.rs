//! Rows of `gosuslugi_flows`, `gosuslugi_links` and `gosuslugi_tries`; and to whom of the school an account at
//! Gosuslugi may belong.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

/// A browser at Gosuslugi.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct FlowRow {
    pub id: Uuid,
    pub browser_hash: Vec<u8>,
    pub kept_sealed: Vec<u8>,
    pub expires_at: Timestamp,
}

const INSERT_FLOW: &str = "INSERT INTO gosuslugi_flows (id, state_hash, browser_hash, kept_sealed, expires_at) \
     VALUES ($1, $2, $3, $4, $5)";

/// Notes that a browser sets out.
pub(crate) async fn insert_flow(tx: &mut Tx, state_hash: &[u8; 32], row: &FlowRow) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT_FLOW)
        .bind(row.id)
        .bind(&state_hash[..])
        .bind(&row.browser_hash)
        .bind(&row.kept_sealed)
        .bind(row.expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const TAKE_FLOW: &str =
    "DELETE FROM gosuslugi_flows WHERE state_hash = $1 RETURNING id, browser_hash, kept_sealed, expires_at";

/// The browser of a state, which is used up by this: of two answers at the same time one finds it.
pub(crate) async fn take_flow(tx: &mut Tx, state_hash: &[u8; 32]) -> Result<Option<FlowRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, FlowRow>(TAKE_FLOW).bind(&state_hash[..]).fetch_optional(c).await)?)
}

const DELETE_FLOWS: &str = "DELETE FROM gosuslugi_flows WHERE expires_at <= $1 AND id IN \
     (SELECT id FROM gosuslugi_flows WHERE expires_at <= $1 LIMIT $2)";

/// Removes browsers that did not come back, `limit` at most; how many.
pub(crate) async fn delete_flows(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_FLOWS)
        .bind(now)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// Somebody of the school to whom something of the account leads.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct CandidateRow {
    pub id: Uuid,
    pub version: i64,
    pub snils_sealed: Option<Vec<u8>>,
    pub birth_date_sealed: Option<Vec<u8>>,
    pub mobile_index: Option<Vec<u8>>,
    pub email_index: Option<Vec<u8>>,
    /// 1 for a student of today.
    pub student: i64,
    /// 1 for a parent of a student of today.
    pub parent: i64,
}

/// People, and what they are at the school today.
macro_rules! candidates {
    () => {
        "SELECT p.id, p.version, p.snils_sealed, p.birth_date_sealed, p.mobile_index, p.email_index, \
         CAST(CASE WHEN EXISTS (SELECT 1 FROM enrolments e JOIN classes c ON c.id = e.class_id \
             WHERE e.student_id = p.id AND e.until_at IS NULL AND c.archived_at IS NULL) THEN 1 ELSE 0 END AS BIGINT) \
             AS student, \
         CAST(CASE WHEN EXISTS (SELECT 1 FROM guardians g JOIN enrolments e ON e.student_id = g.child_id \
             JOIN classes c ON c.id = e.class_id \
             WHERE g.guardian_id = p.id AND e.until_at IS NULL AND c.archived_at IS NULL) THEN 1 ELSE 0 END AS BIGINT) \
             AS parent \
         FROM people p"
    };
}

pub(crate) const LINKED: &str =
    concat!(candidates!(), " JOIN gosuslugi_links l ON l.person_id = p.id WHERE l.subject_index = $1");

/// Whose an account is.
pub(crate) async fn find_linked(tx: &mut Tx, subject_index: &[u8; 32]) -> Result<Option<CandidateRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, CandidateRow>(LINKED).bind(&subject_index[..]).fetch_optional(c).await)?)
}

/// By what people are looked for.
#[derive(Clone, Copy)]
pub(crate) enum Key {
    Snils,
    Mobile,
    Email,
}

pub(crate) const BY_SNILS: &str = concat!(candidates!(), " WHERE p.snils_index = $1 ORDER BY p.id LIMIT 20");
pub(crate) const BY_MOBILE: &str = concat!(candidates!(), " WHERE p.mobile_index = $1 ORDER BY p.id LIMIT 20");
pub(crate) const BY_EMAIL: &str = concat!(candidates!(), " WHERE p.email_index = $1 ORDER BY p.id LIMIT 20");

/// Who has a SNILS, a mobile or an e-mail. Twenty at most: more than one is as good as none.
pub(crate) async fn list_by_index(tx: &mut Tx, key: Key, index: &[u8; 32]) -> Result<Vec<CandidateRow>, StoreError> {
    let sql = match key {
        Key::Snils => BY_SNILS,
        Key::Mobile => BY_MOBILE,
        Key::Email => BY_EMAIL,
    };
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, CandidateRow>(sql).bind(&index[..]).fetch_all(c).await)?)
}

pub(crate) const BY_NAME: &str =
    concat!(candidates!(), " WHERE p.surname IN ($1, $2, $3) AND p.given_name IN ($4, $5, $6) ORDER BY p.id LIMIT 100");

/// Who has a name; each part in three ways of writing it.
pub(crate) async fn list_by_name(
    tx: &mut Tx,
    surnames: &[String; 3],
    given_names: &[String; 3],
) -> Result<Vec<CandidateRow>, StoreError> {
    let [first, second, third] = surnames;
    let [fourth, fifth, sixth] = given_names;
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, CandidateRow>(BY_NAME)
        .bind(first)
        .bind(second)
        .bind(third)
        .bind(fourth)
        .bind(fifth)
        .bind(sixth)
        .fetch_all(c)
        .await)?)
}

/// A link to be written.
pub(crate) struct NewLink<'a> {
    pub id: Uuid,
    pub person: PersonId,
    pub subject_sealed: &'a [u8],
    pub subject_index: &'a [u8; 32],
    pub way: &'static str,
    pub at: Timestamp,
}

const UPSERT_LINK: &str = "INSERT INTO gosuslugi_links (id, person_id, subject_sealed, subject_index, way, linked_at, \
     last_seen_at) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (subject_index) DO UPDATE SET \
     person_id = excluded.person_id, way = excluded.way, linked_at = excluded.linked_at, \
     last_seen_at = excluded.last_seen_at WHERE gosuslugi_links.person_id = $7 RETURNING id";

/// Links an account to a person. One that is linked already is given to another person only if it was `former`'s. The
/// link's id; `None` when the account is somebody's, be it this person's.
pub(crate) async fn upsert_link(
    tx: &mut Tx,
    link: &NewLink<'_>,
    former: Option<PersonId>,
) -> Result<Option<Uuid>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(UPSERT_LINK)
        .bind(link.id)
        .bind(link.person.0)
        .bind(link.subject_sealed)
        .bind(&link.subject_index[..])
        .bind(link.way)
        .bind(link.at)
        .bind(former.map(|former| former.0))
        .fetch_optional(c)
        .await)?)
}

const SEEN: &str = "UPDATE gosuslugi_links SET last_seen_at = $3 WHERE subject_index = $1 AND person_id = $2";

/// Notes that an account signed its owner in; `false` when it is not this person's.
pub(crate) async fn update_last_seen(
    tx: &mut Tx,
    subject_index: &[u8; 32],
    person: PersonId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let updated = on_tx!(tx, |c| sqlx::query(SEEN)
        .bind(&subject_index[..])
        .bind(person.0)
        .bind(now)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(updated == 1)
}

/// An account that signs somebody in.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct LinkRow {
    pub id: Uuid,
    pub way: String,
    pub linked_at: Timestamp,
    pub last_seen_at: Timestamp,
}

const LINKS: &str = "SELECT id, way, linked_at, last_seen_at FROM gosuslugi_links WHERE person_id = $1 \
     ORDER BY linked_at DESC, id DESC";

/// The accounts that sign a person in, the newest first.
pub(crate) async fn list_links(db: &Db, person: PersonId) -> Result<Vec<LinkRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, LinkRow>(LINKS).bind(person.0).fetch_all(p).await)?)
}

const DELETE_LINK: &str = "DELETE FROM gosuslugi_links WHERE id = $1 AND person_id = $2";

/// Takes an account from a person; `false` when it is not theirs.
pub(crate) async fn delete_link(tx: &mut Tx, id: Uuid, person: PersonId) -> Result<bool, StoreError> {
    let deleted = on_tx!(tx, |c| sqlx::query(DELETE_LINK)
        .bind(id)
        .bind(person.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(deleted == 1)
}

/// A try to be written, about one of those whom it was about.
pub(crate) struct NewTry {
    pub id: Uuid,
    /// The same for everybody whom the try was about.
    pub try_id: Uuid,
    pub person: PersonId,
    /// None for one that signed in.
    pub reason: Option<&'static str>,
    /// The person's at this moment.
    pub version: i64,
    pub mobile_seen: bool,
    pub email_seen: bool,
    pub at: Timestamp,
}

const INSERT_TRY: &str = "INSERT INTO gosuslugi_tries (id, try_id, person_id, reason, version, mobile_seen, \
     email_seen, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Adds a try.
pub(crate) async fn insert_try(tx: &mut Tx, row: &NewTry) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT_TRY)
        .bind(row.id)
        .bind(row.try_id)
        .bind(row.person.0)
        .bind(row.reason)
        .bind(row.version)
        .bind(i64::from(row.mobile_seen))
        .bind(i64::from(row.email_seen))
        .bind(row.at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The last try of somebody.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct LastTryRow {
    pub id: Uuid,
    pub reason: Option<String>,
    pub version: i64,
}

pub(crate) const LAST_TRY: &str =
    "SELECT id, reason, version FROM gosuslugi_tries WHERE person_id = $1 ORDER BY at DESC, id DESC LIMIT 1";

/// The last try of a person.
pub(crate) async fn find_last_try(tx: &mut Tx, person: PersonId) -> Result<Option<LastTryRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, LastTryRow>(LAST_TRY).bind(person.0).fetch_optional(c).await)?)
}

const REPEAT_TRY: &str = "UPDATE gosuslugi_tries SET try_id = $2, at = $3, \
     mobile_seen = CASE WHEN $4 = 1 THEN 1 ELSE mobile_seen END, \
     email_seen = CASE WHEN $5 = 1 THEN 1 ELSE email_seen END WHERE id = $1";

/// The same try once more.
pub(crate) async fn repeat_try(tx: &mut Tx, id: Uuid, row: &NewTry) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(REPEAT_TRY)
        .bind(id)
        .bind(row.try_id)
        .bind(row.at)
        .bind(i64::from(row.mobile_seen))
        .bind(i64::from(row.email_seen))
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A try as it is listed.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct TryRow {
    pub reason: Option<String>,
    pub at: Timestamp,
}

const TRIES: &str = "SELECT reason, at FROM gosuslugi_tries WHERE person_id = $1 ORDER BY at DESC, id DESC LIMIT $2";

/// The last tries of a person, the newest first.
pub(crate) async fn list_tries(db: &Db, person: PersonId, limit: i64) -> Result<Vec<TryRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, TryRow>(TRIES).bind(person.0).bind(limit).fetch_all(p).await)?)
}

const DELETE_TRIES: &str = "DELETE FROM gosuslugi_tries WHERE at < $1 AND id IN \
     (SELECT id FROM gosuslugi_tries WHERE at < $1 LIMIT $2)";

/// Removes tries from before a moment, `limit` at most; how many.
pub(crate) async fn delete_tries(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_TRIES)
        .bind(before)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// What is known of a student's sign-in through Gosuslugi; 1 for yes.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct FactsRow {
    pub id: Uuid,
    /// A SNILS by which the student is found.
    pub snils: i64,
    pub linked: i64,
    /// An account had confirmed the mobile that is on file now.
    pub mobile_seen: i64,
    pub email_seen: i64,
    /// Why the last try failed, unless something was changed since of anybody whom it was about.
    pub last_failure: Option<String>,
}

/// The facts of each student of some classes.
macro_rules! facts {
    () => {
        "SELECT p.id, CAST(CASE WHEN p.snils_index IS NULL THEN 0 ELSE 1 END AS BIGINT) AS snils, \
         CAST(CASE WHEN EXISTS (SELECT 1 FROM gosuslugi_links l WHERE l.person_id = p.id) THEN 1 ELSE 0 END AS BIGINT) \
             AS linked, \
         CAST(CASE WHEN EXISTS (SELECT 1 FROM gosuslugi_tries t WHERE t.person_id = p.id AND t.mobile_seen = 1 \
             AND NOT EXISTS (SELECT 1 FROM person_fields f WHERE f.person_id = p.id AND f.field = 'mobile' \
                 AND f.version > t.version)) THEN 1 ELSE 0 END AS BIGINT) AS mobile_seen, \
         CAST(CASE WHEN EXISTS (SELECT 1 FROM gosuslugi_tries t WHERE t.person_id = p.id AND t.email_seen = 1 \
             AND NOT EXISTS (SELECT 1 FROM person_fields f WHERE f.person_id = p.id AND f.field = 'email' \
                 AND f.version > t.version)) THEN 1 ELSE 0 END AS BIGINT) AS email_seen, \
         (SELECT t.reason FROM gosuslugi_tries t WHERE t.person_id = p.id \
             AND NOT EXISTS (SELECT 1 FROM gosuslugi_tries n WHERE n.person_id = p.id \
                 AND (n.at > t.at OR (n.at = t.at AND n.id > t.id))) \
             AND NOT EXISTS (SELECT 1 FROM gosuslugi_tries o JOIN person_fields f ON f.person_id = o.person_id \
                 WHERE o.try_id = t.try_id AND f.field IN ('birth_date', 'snils', 'mobile', 'email') \
                 AND f.version > o.version)) AS last_failure \
         FROM enrolments e JOIN people p ON p.id = e.student_id WHERE e.until_at IS NULL AND e.class_id "
    };
}

pub(crate) const FACTS: &str = concat!(facts!(), "= $1");
pub(crate) const SCHOOL_FACTS: &str =
    concat!(facts!(), "IN (SELECT id FROM classes WHERE school_id = $1 AND archived_at IS NULL)");

/// What is known of the students of a class.
pub(crate) async fn list_facts(db: &Db, class: Uuid) -> Result<Vec<FactsRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, FactsRow>(FACTS).bind(class).fetch_all(p).await)?)
}

/// What is known of the students of a school.
pub(crate) async fn list_school_facts(db: &Db, school: Uuid) -> Result<Vec<FactsRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, FactsRow>(SCHOOL_FACTS).bind(school).fetch_all(p).await)?)
}
