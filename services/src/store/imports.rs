//! The statements of an import: look-ups of a whole school at once, and inserts of many rows a statement.

mod groups;
mod jobs;

pub(crate) use groups::*;
pub(crate) use jobs::*;

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::on_tx;
use crate::store::dialect::{tuples, values};
use crate::store::{Backend, Tx};

/// Rows a statement. SQLite takes 32,766 values and PostgreSQL 65,535; a person has twenty.
const ROWS: usize = 400;

/// Everybody who has, or had, to do with a school: students of any time, their guardians, those who are so no longer as well, whoever
/// works there or has a role.
macro_rules! reach {
    () => {
        "(SELECT e.student_id FROM enrolments e JOIN classes c ON c.id = e.class_id WHERE c.school_id = $1 \
         UNION SELECT g.guardian_id FROM guardians g JOIN enrolments e ON e.student_id = g.child_id \
         JOIN classes c ON c.id = e.class_id WHERE c.school_id = $1 \
         UNION SELECT r.guardian_id FROM removed_guardians r JOIN enrolments e ON e.student_id = r.child_id \
         JOIN classes c ON c.id = e.class_id WHERE c.school_id = $1 \
         UNION SELECT person_id FROM posts WHERE school_id = $1 UNION SELECT person_id FROM roles WHERE school_id = $1)"
    };
}

/// What is compared with a file, and what a change needs to know.
macro_rules! known {
    () => {
        "SELECT p.id, p.version, p.surname, p.given_name, p.patronymic, p.birth_date_sealed, p.id_type, \
         p.id_number_sealed, p.id_number_index, p.snils_sealed, p.snils_index, p.mobile_sealed, p.mobile_index, \
         p.email_sealed, p.email_index, p.source_id, a.id AS account_id, COALESCE(a.locale, p.locale) AS locale \
         FROM people p LEFT JOIN accounts a ON a.person_id = p.id"
    };
}

/// A class of a school.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct ClassRow {
    pub id: Uuid,
    pub title: String,
    pub year: i64,
    pub source_id: Option<String>,
    pub archived_at: Option<Timestamp>,
}

pub(crate) const CLASSES: &str = "SELECT id, title, year, source_id, archived_at FROM classes WHERE school_id = $1";

/// All classes of a school, those of past years too.
pub(crate) async fn list_classes(tx: &mut Tx, school: Uuid) -> Result<Vec<ClassRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, ClassRow>(CLASSES).bind(school).fetch_all(c).await)?)
}

/// A stay in a class; a live one has no end.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct EnrolmentRow {
    pub id: Uuid,
    pub class_id: Uuid,
    pub student_id: Uuid,
    pub until_at: Option<Timestamp>,
}

pub(crate) const ENROLMENTS: &str = "SELECT e.id, e.class_id, e.student_id, e.until_at FROM enrolments e \
     JOIN classes c ON c.id = e.class_id WHERE c.school_id = $1 ORDER BY e.id";

/// The stays in the classes of a school, past ones too.
pub(crate) async fn list_enrolments(tx: &mut Tx, school: Uuid) -> Result<Vec<EnrolmentRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, EnrolmentRow>(ENROLMENTS).bind(school).fetch_all(c).await)?)
}

/// A person as an import needs to know them.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct KnownRow {
    pub id: Uuid,
    pub version: i64,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
    pub birth_date_sealed: Option<Vec<u8>>,
    pub id_type: Option<String>,
    pub id_number_sealed: Option<Vec<u8>>,
    pub id_number_index: Option<Vec<u8>>,
    pub snils_sealed: Option<Vec<u8>>,
    pub snils_index: Option<Vec<u8>>,
    pub mobile_sealed: Option<Vec<u8>>,
    pub mobile_index: Option<Vec<u8>>,
    pub email_sealed: Option<Vec<u8>>,
    pub email_index: Option<Vec<u8>>,
    pub source_id: Option<String>,
    pub account_id: Option<Uuid>,
    pub locale: Option<String>,
}

pub(crate) const PEOPLE: &str = concat!(known!(), " WHERE p.id IN ", reach!(), " ORDER BY p.id");
pub(crate) const LOCK_PEOPLE: &str =
    concat!(known!(), " WHERE p.id IN ", reach!(), " ORDER BY p.id FOR NO KEY UPDATE OF p");

/// Everybody who has, or had, to do with a school; with `lock` they are held until the transaction ends.
pub(crate) async fn list_people(tx: &mut Tx, school: Uuid, lock: bool) -> Result<Vec<KnownRow>, StoreError> {
    let sql = if lock && tx.backend() == Backend::Postgres { LOCK_PEOPLE } else { PEOPLE };
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, KnownRow>(sql).bind(school).fetch_all(c).await)?)
}

/// By what people are looked for wherever they are.
#[derive(Clone, Copy)]
pub(crate) enum Key {
    /// The index of the ID number, whatever its kind.
    Number,
    /// The index of the SNILS.
    Snils,
    /// What the roster calls them.
    Source,
    /// Their ids.
    Id,
}

/// The people who have one of so many keys.
pub(crate) fn people_by(backend: Backend, key: Key, count: usize, lock: bool) -> String {
    // An ID number's index stands second in the database's index of both: the kinds are named, so that it is used.
    let wanted = match key {
        Key::Number => "p.id_type IN ('il_id', 'fictitious') AND p.id_number_index",
        Key::Snils => "p.snils_index",
        Key::Source => "p.source_id",
        Key::Id => "p.id",
    };
    // SQLite has one writer at a time anyway.
    let held = if lock && backend == Backend::Postgres { " FOR NO KEY UPDATE OF p" } else { "" };
    format!("{} WHERE {wanted} IN ({}) ORDER BY p.id{held}", known!(), values(backend, count))
}

/// The people who have one of these keys; with `lock` they are held until the transaction ends.
macro_rules! people_of {
    ($tx:expr, $key:expr, $values:expr, $lock:expr) => {{
        let mut found = Vec::new();
        for chunk in $values.chunks(ROWS) {
            let sql = people_by($tx.backend(), $key, chunk.len(), $lock);
            let rows: Vec<KnownRow> = on_tx!($tx, |c| {
                let mut query = sqlx::query_as(AssertSqlSafe(sql));
                for value in chunk {
                    query = query.bind(value);
                }
                query.fetch_all(c).await
            })?;
            found.extend(rows);
        }
        Ok(found)
    }};
}

/// People by the indexes of their numbers, wherever they are.
pub(crate) async fn list_people_by_index(
    tx: &mut Tx,
    key: Key,
    indexes: &[Vec<u8>],
    lock: bool,
) -> Result<Vec<KnownRow>, StoreError> {
    people_of!(tx, key, indexes, lock)
}

/// People by what the roster calls them, wherever they are.
pub(crate) async fn list_people_by_source(
    tx: &mut Tx,
    ids: &[String],
    lock: bool,
) -> Result<Vec<KnownRow>, StoreError> {
    people_of!(tx, Key::Source, ids, lock)
}

/// People by their ids, wherever they are.
pub(crate) async fn list_people_by_id(tx: &mut Tx, ids: &[Uuid], lock: bool) -> Result<Vec<KnownRow>, StoreError> {
    people_of!(tx, Key::Id, ids, lock)
}

pub(crate) const HERE: &str = "SELECT e.student_id FROM enrolments e JOIN classes c ON c.id = e.class_id \
     WHERE c.school_id = $1 AND e.until_at IS NULL \
     UNION SELECT g.guardian_id FROM guardians g JOIN enrolments e ON e.student_id = g.child_id \
     JOIN classes c ON c.id = e.class_id WHERE c.school_id = $1 AND e.until_at IS NULL \
     UNION SELECT person_id FROM posts WHERE school_id = $1 AND until_at IS NULL \
     UNION SELECT person_id FROM roles WHERE school_id = $1";

/// Who belongs to a school now.
pub(crate) async fn list_here(tx: &mut Tx, school: Uuid) -> Result<Vec<Uuid>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(HERE).bind(school).fetch_all(c).await)?)
}

pub(crate) const STAFF_ELSEWHERE: &str = concat!(
    "SELECT person_id FROM roles WHERE (school_id IS NULL OR school_id <> $1) AND person_id IN ",
    reach!(),
    " UNION SELECT person_id FROM posts WHERE school_id <> $1 AND until_at IS NULL AND person_id IN ",
    reach!()
);

/// Who of a school has a role or a post elsewhere.
pub(crate) async fn list_staff_elsewhere(tx: &mut Tx, school: Uuid) -> Result<Vec<Uuid>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(STAFF_ELSEWHERE).bind(school).fetch_all(c).await)?)
}

pub(crate) const ELSEWHERE: &str = concat!(
    "SELECT e.student_id FROM enrolments e JOIN classes c ON c.id = e.class_id \
     WHERE c.school_id <> $1 AND e.until_at IS NULL AND e.student_id IN ",
    reach!(),
    " UNION SELECT g.guardian_id FROM guardians g JOIN enrolments e ON e.student_id = g.child_id \
     JOIN classes c ON c.id = e.class_id WHERE c.school_id <> $1 AND e.until_at IS NULL AND g.guardian_id IN ",
    reach!()
);

/// Who of a school belongs to another one now, as a student or as a parent.
pub(crate) async fn list_elsewhere(tx: &mut Tx, school: Uuid) -> Result<Vec<Uuid>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(ELSEWHERE).bind(school).fetch_all(c).await)?)
}

/// A guardian of a student.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct GuardianRow {
    pub child_id: Uuid,
    pub guardian_id: Uuid,
    pub relation: String,
}

pub(crate) const GUARDIANS: &str = "SELECT g.child_id, g.guardian_id, g.relation FROM guardians g \
     WHERE g.child_id IN (SELECT e.student_id FROM enrolments e JOIN classes c ON c.id = e.class_id WHERE c.school_id = $1) \
     ORDER BY g.created_at, g.guardian_id";

/// The guardians of everybody who is or was a student of a school.
pub(crate) async fn list_guardians(tx: &mut Tx, school: Uuid) -> Result<Vec<GuardianRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, GuardianRow>(GUARDIANS).bind(school).fetch_all(c).await)?)
}

pub(crate) const REMOVED_GUARDIANS: &str = "SELECT r.child_id, r.guardian_id FROM removed_guardians r \
     WHERE r.child_id IN (SELECT e.student_id FROM enrolments e JOIN classes c ON c.id = e.class_id WHERE c.school_id = $1)";

/// Child and guardian, where staff have taken the one from the other, of everybody who is or was a student of a school.
pub(crate) async fn list_removed_guardians(tx: &mut Tx, school: Uuid) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as(REMOVED_GUARDIANS).bind(school).fetch_all(c).await)?)
}

/// The same of these children, wherever they are.
pub(crate) async fn list_removed_from(tx: &mut Tx, children: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let mut found = Vec::new();
    for chunk in children.chunks(ROWS) {
        let sql = format!(
            "SELECT child_id, guardian_id FROM removed_guardians WHERE child_id IN ({})",
            values(tx.backend(), chunk.len())
        );
        let rows: Vec<(Uuid, Uuid)> = on_tx!(tx, |c| {
            let mut query = sqlx::query_as(AssertSqlSafe(sql));
            for child in chunk {
                query = query.bind(child);
            }
            query.fetch_all(c).await
        })?;
        found.extend(rows);
    }
    Ok(found)
}

/// A live post.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct PostRow {
    pub person_id: Uuid,
    pub kind: String,
}

pub(crate) const POSTS: &str = "SELECT person_id, kind FROM posts WHERE school_id = $1 AND until_at IS NULL";

/// The live posts at a school.
pub(crate) async fn list_posts(tx: &mut Tx, school: Uuid) -> Result<Vec<PostRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, PostRow>(POSTS).bind(school).fetch_all(c).await)?)
}

/// Who leads a class.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct LeaderRow {
    pub person_id: Uuid,
    pub class_id: Uuid,
}

pub(crate) const LEADERS: &str = "SELECT person_id, class_id FROM roles \
     WHERE school_id = $1 AND role = 'class_teacher' AND class_id IS NOT NULL";

/// The class teachers of a school.
pub(crate) async fn list_leaders(tx: &mut Tx, school: Uuid) -> Result<Vec<LeaderRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, LeaderRow>(LEADERS).bind(school).fetch_all(c).await)?)
}

/// A field that was changed here.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct EditedRow {
    pub person_id: Uuid,
    pub field: String,
}

pub(crate) const EDITED: &str =
    concat!("SELECT person_id, field FROM person_fields WHERE source <> 'import' AND person_id IN ", reach!());

/// The fields that somebody other than a roster changed last.
pub(crate) async fn list_edited(tx: &mut Tx, school: Uuid) -> Result<Vec<EditedRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, EditedRow>(EDITED).bind(school).fetch_all(c).await)?)
}

/// The fields of these people that somebody other than a roster changed last.
pub(crate) async fn list_edited_of(tx: &mut Tx, people: &[Uuid]) -> Result<Vec<EditedRow>, StoreError> {
    let mut found = Vec::new();
    for chunk in people.chunks(ROWS) {
        let sql = format!(
            "SELECT person_id, field FROM person_fields WHERE source <> 'import' AND person_id IN ({})",
            values(tx.backend(), chunk.len())
        );
        let rows: Vec<EditedRow> = on_tx!(tx, |c| {
            let mut query = sqlx::query_as(AssertSqlSafe(sql));
            for id in chunk {
                query = query.bind(*id);
            }
            query.fetch_all(c).await
        })?;
        found.extend(rows);
    }
    Ok(found)
}

pub(crate) const UPDATE_SCHOOL: &str =
    "UPDATE schools SET name = $2, source_id = COALESCE(source_id, $3), updated_at = $4 WHERE id = $1";

/// Writes a school's name, and what the roster calls it unless that is known.
pub(crate) async fn update_school(
    tx: &mut Tx,
    school: Uuid,
    name: &str,
    source_id: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(UPDATE_SCHOOL)
        .bind(school)
        .bind(name)
        .bind(source_id)
        .bind(now)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A class to be added, or as it is to be.
#[derive(Clone)]
pub(crate) struct WrittenClass {
    pub id: Uuid,
    pub title: String,
    pub grade: i64,
    pub letter: String,
    pub year: i64,
    pub source_id: Option<String>,
}

/// Adds classes to a school.
pub(crate) async fn insert_classes(
    tx: &mut Tx,
    school: Uuid,
    classes: &[WrittenClass],
    now: Timestamp,
) -> Result<(), StoreError> {
    for chunk in classes.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO classes (id, school_id, title, grade, letter, year, source_id, created_at, updated_at) VALUES {}",
            tuples(tx.backend(), chunk.len(), 9)
        );
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for class in chunk {
                query = query
                    .bind(class.id)
                    .bind(school)
                    .bind(&class.title)
                    .bind(class.grade)
                    .bind(&class.letter)
                    .bind(class.year)
                    .bind(&class.source_id)
                    .bind(now)
                    .bind(now);
            }
            query.execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

pub(crate) const UPDATE_CLASS: &str = "UPDATE classes SET title = $2, grade = $3, letter = $4, \
     source_id = COALESCE($5, source_id), archived_at = NULL, updated_at = $6 WHERE id = $1";

/// Writes a class as the roster has it; it is not over.
pub(crate) async fn update_class(tx: &mut Tx, class: &WrittenClass, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(UPDATE_CLASS)
        .bind(class.id)
        .bind(&class.title)
        .bind(class.grade)
        .bind(&class.letter)
        .bind(&class.source_id)
        .bind(now)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

pub(crate) const ARCHIVE_CLASS: &str = "UPDATE classes SET archived_at = $2, updated_at = $2 WHERE id = $1";

/// The year of a class is over.
pub(crate) async fn archive_class(tx: &mut Tx, class: Uuid, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(ARCHIVE_CLASS).bind(class).bind(now).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// A person to be added, sealed.
pub(crate) struct SealedPerson {
    pub id: Uuid,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
    pub locale: String,
    pub birth_date_sealed: Option<Vec<u8>>,
    pub id_type: Option<String>,
    pub id_number_sealed: Option<Vec<u8>>,
    pub id_number_index: Option<Vec<u8>>,
    pub snils_sealed: Option<Vec<u8>>,
    pub snils_index: Option<Vec<u8>>,
    pub mobile_sealed: Option<Vec<u8>>,
    pub mobile_index: Option<Vec<u8>>,
    pub email_sealed: Option<Vec<u8>>,
    pub email_index: Option<Vec<u8>>,
    pub source_id: Option<String>,
}

/// How many rows [`insert_people`] takes well at once.
pub(crate) const PEOPLE_AT_ONCE: usize = ROWS;

/// Adds people. Their addresses are the school's word, and so confirmed.
pub(crate) async fn insert_people(tx: &mut Tx, people: &[SealedPerson], now: Timestamp) -> Result<(), StoreError> {
    for chunk in people.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO people (id, surname, given_name, patronymic, locale, birth_date_sealed, id_type, \
             id_number_sealed, id_number_index, snils_sealed, snils_index, mobile_sealed, mobile_index, email_sealed, \
             email_index, source_id, created_at, updated_at, email_verified_at) VALUES {}",
            tuples(tx.backend(), chunk.len(), 19)
        );
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for person in chunk {
                let verified_at = person.email_index.as_ref().map(|_| now);
                query = query
                    .bind(person.id)
                    .bind(&person.surname)
                    .bind(&person.given_name)
                    .bind(&person.patronymic)
                    .bind(&person.locale)
                    .bind(&person.birth_date_sealed)
                    .bind(&person.id_type)
                    .bind(&person.id_number_sealed)
                    .bind(&person.id_number_index)
                    .bind(&person.snils_sealed)
                    .bind(&person.snils_index)
                    .bind(&person.mobile_sealed)
                    .bind(&person.mobile_index)
                    .bind(&person.email_sealed)
                    .bind(&person.email_index)
                    .bind(&person.source_id)
                    .bind(now)
                    .bind(now)
                    .bind(verified_at);
            }
            query.execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

pub(crate) const UPDATE_PERSON: &str = "UPDATE people SET surname = $2, given_name = $3, patronymic = $4, \
     birth_date_sealed = $5, id_type = $6, id_number_sealed = $7, id_number_index = $8, snils_sealed = $9, \
     snils_index = $10, mobile_sealed = $11, mobile_index = $12, email_sealed = $13, email_index = $14, source_id = $15, \
     email_verified_at = CASE WHEN $16 THEN $17 ELSE email_verified_at END, version = version + 1, updated_at = $17 \
     WHERE id = $1";

/// Writes a person who is held by this transaction. `new_email`: the address is another one, and the school's word.
pub(crate) async fn update_person(
    tx: &mut Tx,
    row: &KnownRow,
    new_email: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(UPDATE_PERSON)
        .bind(row.id)
        .bind(&row.surname)
        .bind(&row.given_name)
        .bind(&row.patronymic)
        .bind(&row.birth_date_sealed)
        .bind(&row.id_type)
        .bind(&row.id_number_sealed)
        .bind(&row.id_number_index)
        .bind(&row.snils_sealed)
        .bind(&row.snils_index)
        .bind(&row.mobile_sealed)
        .bind(&row.mobile_index)
        .bind(&row.email_sealed)
        .bind(&row.email_index)
        .bind(&row.source_id)
        .bind(new_email)
        .bind(now)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Three ids: of a row, and of what it joins.
#[derive(Clone, Copy)]
pub(crate) struct Joined {
    pub id: Uuid,
    pub to: Uuid,
    pub person: Uuid,
}

/// Begins stays: `to` is the class.
pub(crate) async fn insert_enrolments(tx: &mut Tx, stays: &[Joined], now: Timestamp) -> Result<(), StoreError> {
    for chunk in stays.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO enrolments (id, class_id, student_id, from_at) VALUES {} \
             ON CONFLICT (class_id, student_id) WHERE until_at IS NULL DO NOTHING",
            tuples(tx.backend(), chunk.len(), 4)
        );
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for stay in chunk {
                query = query.bind(stay.id).bind(stay.to).bind(stay.person).bind(now);
            }
            query.execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Ends stays; they remain as history.
pub(crate) async fn end_enrolments(tx: &mut Tx, ids: &[Uuid], now: Timestamp) -> Result<(), StoreError> {
    for chunk in ids.chunks(ROWS) {
        let places: Vec<String> = (2..chunk.len() + 2).map(|number| format!("${number}")).collect();
        let sql = format!("UPDATE enrolments SET until_at = $1 WHERE id IN ({})", places.join(", "));
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql)).bind(now);
            for id in chunk {
                query = query.bind(*id);
            }
            query.execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Notes guardians; one that is known gets the relation.
pub(crate) async fn insert_guardians(tx: &mut Tx, links: &[GuardianRow], now: Timestamp) -> Result<(), StoreError> {
    for chunk in links.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO guardians (child_id, guardian_id, relation, created_at) VALUES {} \
             ON CONFLICT (child_id, guardian_id) DO UPDATE SET relation = excluded.relation",
            tuples(tx.backend(), chunk.len(), 4)
        );
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for link in chunk {
                query = query.bind(link.child_id).bind(link.guardian_id).bind(&link.relation).bind(now);
            }
            query.execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Adds posts at a school, each with its own id.
pub(crate) async fn insert_posts(
    tx: &mut Tx,
    school: Uuid,
    posts: &[(Uuid, PostRow)],
    now: Timestamp,
) -> Result<(), StoreError> {
    for chunk in posts.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO posts (id, person_id, school_id, kind, title, created_at) VALUES {} \
             ON CONFLICT (school_id, kind, person_id) WHERE until_at IS NULL DO NOTHING",
            tuples(tx.backend(), chunk.len(), 6)
        );
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (id, post) in chunk {
                query = query.bind(*id).bind(post.person_id).bind(school).bind(&post.kind).bind("").bind(now);
            }
            query.execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Makes class teachers: `to` is the class.
pub(crate) async fn insert_leaders(tx: &mut Tx, school: Uuid, leaders: &[Joined]) -> Result<(), StoreError> {
    for chunk in leaders.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO roles (id, person_id, role, school_id, class_id) VALUES {}",
            tuples(tx.backend(), chunk.len(), 5)
        );
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for leader in chunk {
                query = query.bind(leader.id).bind(leader.person).bind("class_teacher").bind(school).bind(leader.to);
            }
            query.execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}
