//! Rows of `posts`: where members of staff work, and as what. Rights come from `roles` alone.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::{PersonId, PostId, SchoolId};
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

const INSERT: &str = "INSERT INTO posts (id, person_id, school_id, kind, title, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (school_id, kind, person_id) WHERE until_at IS NULL DO UPDATE SET title = excluded.title RETURNING id";

/// Gives a person a post; one of the same kind at the same school gets the new title. Its id.
pub(crate) async fn insert(
    tx: &mut Tx,
    id: PostId,
    person: PersonId,
    school: SchoolId,
    kind: &str,
    title: &str,
    now: Timestamp,
) -> Result<Uuid, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(INSERT)
        .bind(id.0)
        .bind(person.0)
        .bind(school.0)
        .bind(kind)
        .bind(title)
        .bind(now)
        .fetch_one(c)
        .await)?)
}

const END: &str =
    "UPDATE posts SET until_at = $4 WHERE school_id = $1 AND kind = $2 AND person_id = $3 AND until_at IS NULL";

/// Ends a post; `false` when there was none.
pub(crate) async fn end(
    tx: &mut Tx,
    school: SchoolId,
    kind: &str,
    person: PersonId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ended = on_tx!(tx, |c| sqlx::query(END)
        .bind(school.0)
        .bind(kind)
        .bind(person.0)
        .bind(now)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(ended == 1)
}

/// A member of staff in the list of a school.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct StaffRow {
    pub person_id: Uuid,
    pub title: String,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
    pub version: i64,
    pub mobile_sealed: Option<Vec<u8>>,
    pub email_sealed: Option<Vec<u8>>,
    /// `accounts.state`; none without an account.
    pub state: Option<String>,
    pub has_password: i64,
    pub last_sign_in_at: Option<Timestamp>,
}

const LIST: &str = "SELECT o.person_id, o.title, p.surname, p.given_name, p.patronymic, p.version, p.mobile_sealed, \
     p.email_sealed, a.state, CAST(CASE WHEN a.password_hash IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_password, \
     a.last_sign_in_at FROM posts o JOIN people p ON p.id = o.person_id LEFT JOIN accounts a ON a.person_id = p.id \
     WHERE o.school_id = $1 AND o.kind = $2 AND o.until_at IS NULL";

/// Who works at a school in posts of one kind, in no order.
pub(crate) async fn list(db: &Db, school: Uuid, kind: &str) -> Result<Vec<StaffRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, StaffRow>(LIST).bind(school).bind(kind).fetch_all(p).await)?)
}

/// A post that somebody has now.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct PostRow {
    pub school_id: Uuid,
    pub kind: String,
    pub title: String,
}

const OF: &str =
    "SELECT school_id, kind, title FROM posts WHERE person_id = $1 AND until_at IS NULL ORDER BY kind, school_id";

/// The posts of a person, at whatever school.
pub(crate) async fn list_of(db: &Db, person: Uuid) -> Result<Vec<PostRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, PostRow>(OF).bind(person).fetch_all(p).await)?)
}

/// A role of a member of staff.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct StaffRoleRow {
    pub person_id: Uuid,
    pub role: String,
    pub school_id: Option<Uuid>,
    pub class_title: Option<String>,
}

const ROLES: &str = "SELECT r.person_id, r.role, r.school_id, c.title AS class_title \
     FROM posts o JOIN roles r ON r.person_id = o.person_id LEFT JOIN classes c ON c.id = r.class_id \
     WHERE o.school_id = $1 AND o.kind = $2 AND o.until_at IS NULL ORDER BY r.id";

/// The roles of those whom [`list`] lists, at this school and elsewhere, in the order they were given.
pub(crate) async fn list_roles(db: &Db, school: Uuid, kind: &str) -> Result<Vec<StaffRoleRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, StaffRoleRow>(ROLES).bind(school).bind(kind).fetch_all(p).await)?)
}
