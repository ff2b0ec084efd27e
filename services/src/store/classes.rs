//! Rows of `classes`.

use domain::ClassTitle;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::ClassId;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

/// A row, without its dates.
#[derive(Clone)]
pub(crate) struct NewClassRow<'a> {
    pub id: Uuid,
    pub school_id: Uuid,
    pub title: &'a str,
    pub grade: i64,
    pub letter: &'a str,
    pub year: i64,
    pub source_id: Option<&'a str>,
}

const INSERT: &str = "INSERT INTO classes (id, school_id, title, grade, letter, year, source_id, created_at, updated_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";

/// Adds a class. The same school, year and title a second time is [`StoreError::Duplicate`].
pub(crate) async fn insert(tx: &mut Tx, row: &NewClassRow<'_>, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(row.id)
        .bind(row.school_id)
        .bind(row.title)
        .bind(row.grade)
        .bind(row.letter)
        .bind(row.year)
        .bind(row.source_id)
        .bind(now)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A class with what everything about it depends on: its school.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct ClassRow {
    pub id: Uuid,
    pub school_id: Uuid,
    pub title: String,
    pub year: i64,
    pub archived_at: Option<Timestamp>,
    pub school: String,
    pub country: String,
    pub locale: String,
}

pub(crate) const FIND: &str = "SELECT c.id, c.school_id, c.title, c.year, c.archived_at, s.name AS school, s.country, \
     s.locale FROM classes c JOIN schools s ON s.id = c.school_id WHERE c.id = $1";

/// One class, outside a transaction.
pub(crate) async fn read(db: &Db, id: Uuid) -> Result<Option<ClassRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, ClassRow>(FIND).bind(id).fetch_optional(p).await)?)
}

/// A class in the list of its school.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct ListedRow {
    pub id: Uuid,
    pub title: String,
    pub year: i64,
    pub students: i64,
}

pub(crate) const LIST: &str = "SELECT c.id, c.title, c.year, COUNT(e.id) AS students FROM classes c \
     LEFT JOIN enrolments e ON e.class_id = c.id AND e.until_at IS NULL \
     WHERE c.school_id = $1 AND c.archived_at IS NULL GROUP BY c.id, c.title, c.year";

/// The classes of a school that are not over, in no order.
pub(crate) async fn list(db: &Db, school: Uuid) -> Result<Vec<ListedRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, ListedRow>(LIST).bind(school).fetch_all(p).await)?)
}

/// A class in the list of all of a school's, those that are over too.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct KnownRow {
    pub id: Uuid,
    pub title: String,
    pub year: i64,
    pub archived_at: Option<Timestamp>,
    pub students: i64,
}

pub(crate) const KNOWN: &str = "SELECT c.id, c.title, c.year, c.archived_at, COUNT(e.id) AS students FROM classes c \
     LEFT JOIN enrolments e ON e.class_id = c.id AND e.until_at IS NULL \
     WHERE c.school_id = $1 GROUP BY c.id, c.title, c.year, c.archived_at";

/// All classes of a school, in no order.
pub(crate) async fn list_known(db: &Db, school: Uuid) -> Result<Vec<KnownRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, KnownRow>(KNOWN).bind(school).fetch_all(p).await)?)
}

const HOLD: &str = "UPDATE classes SET updated_at = $2 WHERE id = $1 AND archived_at IS NULL";

/// Holds a class until the transaction ends; `false` when it is over, or there is none.
pub(crate) async fn hold(tx: &mut Tx, class: ClassId, now: Timestamp) -> Result<bool, StoreError> {
    is_one(tx, HOLD, class, now).await
}

const TITLE: &str = "SELECT title FROM classes WHERE id = $1";

/// The title of a class that is held.
pub(crate) async fn title(tx: &mut Tx, class: ClassId) -> Result<String, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, String>(TITLE).bind(class.0).fetch_one(c).await)?)
}

const RENAME: &str = "UPDATE classes SET title = $2, grade = $3, letter = $4 WHERE id = $1";

/// Gives a class another title. Another class of this title in the same year is [`StoreError::Duplicate`].
pub(crate) async fn rename(tx: &mut Tx, class: ClassId, title: &ClassTitle) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(RENAME)
        .bind(class.0)
        .bind(title.as_str())
        .bind(i64::from(title.grade()))
        .bind(title.letter())
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const CLOSE: &str = "UPDATE classes SET archived_at = $2, updated_at = $2 WHERE id = $1 AND archived_at IS NULL";

/// Closes a class; `false` when it is over already.
pub(crate) async fn close(tx: &mut Tx, class: ClassId, now: Timestamp) -> Result<bool, StoreError> {
    is_one(tx, CLOSE, class, now).await
}

const REOPEN: &str = "UPDATE classes SET archived_at = NULL, updated_at = $2 WHERE id = $1 AND archived_at IS NOT NULL";

/// Opens a class again; `false` when it is open.
pub(crate) async fn reopen(tx: &mut Tx, class: ClassId, now: Timestamp) -> Result<bool, StoreError> {
    is_one(tx, REOPEN, class, now).await
}

/// Changes a class at a moment; whether it did.
async fn is_one(tx: &mut Tx, sql: &'static str, class: ClassId, now: Timestamp) -> Result<bool, StoreError> {
    let changed =
        on_tx!(tx, |c| sqlx::query(sql).bind(class.0).bind(now).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Who leads a class.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct TeacherRow {
    pub class_id: Uuid,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
}

pub(crate) const TEACHERS: &str = "SELECT r.class_id, p.surname, p.given_name, p.patronymic \
     FROM roles r JOIN people p ON p.id = r.person_id \
     WHERE r.school_id = $1 AND r.role = 'class_teacher' AND r.class_id IS NOT NULL ORDER BY r.id";

/// The class teachers of a school.
pub(crate) async fn list_teachers(db: &Db, school: Uuid) -> Result<Vec<TeacherRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, TeacherRow>(TEACHERS).bind(school).fetch_all(p).await)?)
}
