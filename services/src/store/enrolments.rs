//! Rows of `enrolments`, and everybody whom they bring together: the students of a class, their parents, their siblings.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::{ClassId, EnrolmentId, PersonId};
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

const INSERT: &str = "INSERT INTO enrolments (id, class_id, student_id, from_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (class_id, student_id) WHERE until_at IS NULL DO NOTHING";

/// Begins a student's stay in a class; `false` when it runs already.
pub(crate) async fn insert(
    tx: &mut Tx,
    id: EnrolmentId,
    class: ClassId,
    student: PersonId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let inserted = on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(id.0)
        .bind(class.0)
        .bind(student.0)
        .bind(now)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(inserted == 1)
}

const END: &str = "UPDATE enrolments SET until_at = $3 WHERE class_id = $1 AND student_id = $2 AND until_at IS NULL";

/// Ends a student's stay in a class; `false` when there was none.
pub(crate) async fn end(tx: &mut Tx, class: ClassId, student: PersonId, now: Timestamp) -> Result<bool, StoreError> {
    let ended = on_tx!(tx, |c| sqlx::query(END)
        .bind(class.0)
        .bind(student.0)
        .bind(now)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(ended == 1)
}

const END_ALL: &str =
    "UPDATE enrolments SET until_at = $2 WHERE class_id = $1 AND until_at IS NULL RETURNING student_id";

/// Ends every stay in a class; whose they were.
pub(crate) async fn end_all(tx: &mut Tx, class: ClassId, now: Timestamp) -> Result<Vec<Uuid>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(END_ALL).bind(class.0).bind(now).fetch_all(c).await)?)
}

const RESUME_ALL: &str = "UPDATE enrolments SET until_at = NULL WHERE class_id = $1 \
     AND until_at = (SELECT archived_at FROM classes WHERE id = $1) \
     AND NOT EXISTS (SELECT 1 FROM enrolments o WHERE o.student_id = enrolments.student_id AND o.until_at IS NULL) \
     RETURNING student_id";

/// Takes back the end of the stays that ended when a class was closed, of whoever is in none since; whose they are. It is for before the
/// class is opened again.
pub(crate) async fn resume_all(tx: &mut Tx, class: ClassId) -> Result<Vec<Uuid>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(RESUME_ALL).bind(class.0).fetch_all(c).await)?)
}

const LAST: &str = "SELECT class_id, until_at FROM enrolments WHERE student_id = $1 \
     ORDER BY CASE WHEN until_at IS NULL THEN 0 ELSE 1 END, until_at DESC, id DESC LIMIT 1";

/// The class in which a student is, or was last, and until when.
pub(crate) async fn last_stay(tx: &mut Tx, student: PersonId) -> Result<Option<(Uuid, Option<Timestamp>)>, StoreError> {
    let last =
        on_tx!(tx, |c| sqlx::query_as::<_, (Uuid, Option<Timestamp>)>(LAST).bind(student.0).fetch_optional(c).await)?;
    Ok(last)
}

/// A stay of a student in a class, with the class's title.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct StayRow {
    pub class_id: Uuid,
    pub title: String,
    pub year: i64,
    pub from_at: Timestamp,
    pub until_at: Option<Timestamp>,
}

const STAYS: &str = "SELECT c.id AS class_id, c.title, c.year, e.from_at, e.until_at \
     FROM enrolments e JOIN classes c ON c.id = e.class_id WHERE e.student_id = $1 ORDER BY e.from_at DESC, e.id DESC";

/// Where a student is and was, the newest first.
pub(crate) async fn list_stays(db: &Db, student: Uuid) -> Result<Vec<StayRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, StayRow>(STAYS).bind(student).fetch_all(p).await)?)
}

/// A reason why somebody may have to do with a person. `kind` is `person` (there is such a person), `student`, `parent`, `post`, or the
/// code of a role.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct TieRow {
    pub kind: String,
    pub school_id: Option<Uuid>,
    pub class_id: Option<Uuid>,
    pub country: Option<String>,
}

pub(crate) const TIES: &str = "SELECT 'student' AS kind, c.school_id, c.id AS class_id, s.country \
     FROM enrolments e JOIN classes c ON c.id = e.class_id JOIN schools s ON s.id = c.school_id \
     WHERE e.student_id = $1 AND e.until_at IS NULL AND c.archived_at IS NULL \
     UNION ALL SELECT 'parent', c.school_id, c.id, s.country \
     FROM guardians g JOIN enrolments e ON e.student_id = g.child_id JOIN classes c ON c.id = e.class_id \
     JOIN schools s ON s.id = c.school_id \
     WHERE g.guardian_id = $1 AND e.until_at IS NULL AND c.archived_at IS NULL \
     UNION ALL SELECT 'post', school_id, NULL, NULL FROM posts WHERE person_id = $1 AND until_at IS NULL \
     UNION ALL SELECT role, school_id, class_id, NULL FROM roles WHERE person_id = $1 \
     UNION ALL SELECT 'person', NULL, NULL, NULL FROM people WHERE id = $1";

/// Everything that ties a person to schools and classes now; nothing at all when there is no such person.
pub(crate) async fn list_ties(db: &Db, person: Uuid) -> Result<Vec<TieRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, TieRow>(TIES).bind(person).fetch_all(p).await)?)
}

/// The same inside a transaction.
pub(crate) async fn find_ties(tx: &mut Tx, person: Uuid) -> Result<Vec<TieRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, TieRow>(TIES).bind(person).fetch_all(c).await)?)
}

pub(crate) const CLASSES_OF: &str = "SELECT class_id FROM enrolments WHERE student_id = $1 AND until_at IS NULL \
     UNION SELECT e.class_id FROM guardians g JOIN enrolments e ON e.student_id = g.child_id \
     WHERE g.guardian_id = $1 AND e.until_at IS NULL";

/// The classes in which a person is seen now, as a student or as a parent.
pub(crate) async fn list_classes_of(tx: &mut Tx, person: PersonId) -> Result<Vec<Uuid>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(CLASSES_OF).bind(person.0).fetch_all(c).await)?)
}

/// Somebody of a class: a student (`child_id` is their own id, there is no relation), a parent of one, or a student's sibling
/// (`sibling`), of whom only the contacts' indexes count.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct MemberRow {
    pub child_id: Uuid,
    pub relation: Option<String>,
    pub id: Uuid,
    pub version: i64,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
    pub birth_date_sealed: Option<Vec<u8>>,
    pub snils_sealed: Option<Vec<u8>>,
    pub mobile_sealed: Option<Vec<u8>>,
    pub mobile_index: Option<Vec<u8>>,
    pub email_sealed: Option<Vec<u8>>,
    pub email_index: Option<Vec<u8>>,
    pub account_id: Option<Uuid>,
}

/// `relation` of a [`MemberRow`] that is a sibling.
pub(crate) const SIBLING: &str = "sibling";

pub(crate) const MEMBERS: &str = "SELECT e.student_id AS child_id, NULL AS relation, p.id, p.version, p.surname, \
     p.given_name, p.patronymic, p.birth_date_sealed, p.snils_sealed, p.mobile_sealed, p.mobile_index, p.email_sealed, \
     p.email_index, a.id AS account_id \
     FROM enrolments e JOIN people p ON p.id = e.student_id LEFT JOIN accounts a ON a.person_id = p.id \
     WHERE e.class_id = $1 AND e.until_at IS NULL \
     UNION ALL SELECT g.child_id, g.relation, p.id, p.version, p.surname, p.given_name, p.patronymic, \
     p.birth_date_sealed, p.snils_sealed, p.mobile_sealed, p.mobile_index, p.email_sealed, p.email_index, a.id \
     FROM enrolments e JOIN guardians g ON g.child_id = e.student_id JOIN people p ON p.id = g.guardian_id \
     LEFT JOIN accounts a ON a.person_id = p.id WHERE e.class_id = $1 AND e.until_at IS NULL \
     UNION ALL SELECT g.child_id, 'sibling', p.id, p.version, p.surname, p.given_name, p.patronymic, \
     NULL, NULL, NULL, p.mobile_index, NULL, p.email_index, NULL \
     FROM enrolments e JOIN guardians g ON g.child_id = e.student_id JOIN guardians o ON o.guardian_id = g.guardian_id \
     JOIN people p ON p.id = o.child_id \
     WHERE e.class_id = $1 AND e.until_at IS NULL AND o.child_id <> g.child_id";

/// The students of a class, their parents, and their siblings, in one statement.
pub(crate) async fn list_members(db: &Db, class: Uuid) -> Result<Vec<MemberRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, MemberRow>(MEMBERS).bind(class).fetch_all(p).await)?)
}

/// Which contacts of a student somebody else has too, whoever that is.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct SharedRow {
    pub id: Uuid,
    pub mobile: i64,
    pub email: i64,
}

pub(crate) const SHARED: &str = "SELECT p.id, \
     CAST(CASE WHEN EXISTS (SELECT 1 FROM people o WHERE o.mobile_index = p.mobile_index AND o.id <> p.id) \
         THEN 1 ELSE 0 END AS BIGINT) AS mobile, \
     CAST(CASE WHEN EXISTS (SELECT 1 FROM people o WHERE o.email_index = p.email_index AND o.id <> p.id) \
         THEN 1 ELSE 0 END AS BIGINT) AS email \
     FROM enrolments e JOIN people p ON p.id = e.student_id WHERE e.class_id = $1 AND e.until_at IS NULL";

/// Which students of a class share a contact with anybody at all: the first other one ends each look-up, however many there are.
pub(crate) async fn list_shared(db: &Db, class: Uuid) -> Result<Vec<SharedRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, SharedRow>(SHARED).bind(class).fetch_all(p).await)?)
}

/// Somebody of a class of a school, as far as the readiness depends on them: of a [`MemberRow`] nothing is there that is sealed, but the
/// SNILS.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct SchoolMemberRow {
    pub class_id: Uuid,
    #[sqlx(flatten)]
    pub member: MemberRow,
}

pub(crate) const SCHOOL_MEMBERS: &str = "SELECT e.class_id, e.student_id AS child_id, NULL AS relation, p.id, \
     p.version, p.surname, p.given_name, p.patronymic, NULL AS birth_date_sealed, p.snils_sealed, \
     NULL AS mobile_sealed, p.mobile_index, NULL AS email_sealed, p.email_index, a.id AS account_id \
     FROM enrolments e JOIN people p ON p.id = e.student_id LEFT JOIN accounts a ON a.person_id = p.id \
     WHERE e.class_id IN (SELECT id FROM classes WHERE school_id = $1 AND archived_at IS NULL) AND e.until_at IS NULL \
     UNION ALL SELECT e.class_id, g.child_id, g.relation, p.id, p.version, p.surname, p.given_name, p.patronymic, \
     NULL, NULL, NULL, p.mobile_index, NULL, p.email_index, a.id \
     FROM enrolments e JOIN guardians g ON g.child_id = e.student_id JOIN people p ON p.id = g.guardian_id \
     LEFT JOIN accounts a ON a.person_id = p.id \
     WHERE e.class_id IN (SELECT id FROM classes WHERE school_id = $1 AND archived_at IS NULL) AND e.until_at IS NULL \
     UNION ALL SELECT e.class_id, g.child_id, 'sibling', p.id, p.version, p.surname, p.given_name, p.patronymic, \
     NULL, NULL, NULL, p.mobile_index, NULL, p.email_index, NULL \
     FROM enrolments e JOIN guardians g ON g.child_id = e.student_id JOIN guardians o ON o.guardian_id = g.guardian_id \
     JOIN people p ON p.id = o.child_id \
     WHERE e.class_id IN (SELECT id FROM classes WHERE school_id = $1 AND archived_at IS NULL) AND e.until_at IS NULL \
     AND o.child_id <> g.child_id";

/// The same people of every class of a school that is not over, in one statement.
pub(crate) async fn list_school_members(db: &Db, school: Uuid) -> Result<Vec<SchoolMemberRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, SchoolMemberRow>(SCHOOL_MEMBERS).bind(school).fetch_all(p).await)?)
}

pub(crate) const SCHOOL_SHARED: &str = "SELECT p.id, \
     CAST(CASE WHEN EXISTS (SELECT 1 FROM people o WHERE o.mobile_index = p.mobile_index AND o.id <> p.id) \
         THEN 1 ELSE 0 END AS BIGINT) AS mobile, \
     CAST(CASE WHEN EXISTS (SELECT 1 FROM people o WHERE o.email_index = p.email_index AND o.id <> p.id) \
         THEN 1 ELSE 0 END AS BIGINT) AS email \
     FROM enrolments e JOIN people p ON p.id = e.student_id \
     WHERE e.class_id IN (SELECT id FROM classes WHERE school_id = $1 AND archived_at IS NULL) AND e.until_at IS NULL";

/// Which students of a school share a contact with anybody at all, as [`list_shared`] of each class.
pub(crate) async fn list_school_shared(db: &Db, school: Uuid) -> Result<Vec<SharedRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, SharedRow>(SCHOOL_SHARED).bind(school).fetch_all(p).await)?)
}
