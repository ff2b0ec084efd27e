//! Rows of `groups`, `group_classes` and `group_members`.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::{ClassId, GroupId, PersonId, SchoolId};
use crate::store::dialect::HOLD_GROUP;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

const INSERT: &str = "INSERT INTO groups (id, school_id, title, created_at) VALUES ($1, $2, $3, $4)";

/// Adds a group without classes and members.
pub(crate) async fn insert(
    tx: &mut Tx,
    id: GroupId,
    school: SchoolId,
    title: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT).bind(id.0).bind(school.0).bind(title).bind(now).execute(c).await.map(|_| ()))?;
    Ok(())
}

const ADD_CLASS: &str =
    "INSERT INTO group_classes (group_id, class_id) VALUES ($1, $2) ON CONFLICT (group_id, class_id) DO NOTHING";

/// Makes a class one of those that a group is a part of.
pub(crate) async fn insert_class(tx: &mut Tx, group: GroupId, class: ClassId) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(ADD_CLASS).bind(group.0).bind(class.0).execute(c).await.map(|_| ()))?;
    Ok(())
}

const DROP_CLASS: &str = "DELETE FROM group_classes WHERE group_id = $1 AND class_id = $2";

/// Takes a class from those that a group is a part of.
pub(crate) async fn delete_class(tx: &mut Tx, group: GroupId, class: ClassId) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(DROP_CLASS).bind(group.0).bind(class.0).execute(c).await.map(|_| ()))?;
    Ok(())
}

const DROP_STRANGERS: &str = "DELETE FROM group_members WHERE group_id = $1 AND student_id NOT IN \
     (SELECT e.student_id FROM group_classes k JOIN enrolments e ON e.class_id = k.class_id \
     WHERE k.group_id = $1 AND e.until_at IS NULL) RETURNING student_id";

/// Takes those out of a group who are in none of its classes; who that was.
pub(crate) async fn delete_strangers(tx: &mut Tx, group: GroupId) -> Result<Vec<PersonId>, StoreError> {
    let gone: Vec<Uuid> = on_tx!(tx, |c| sqlx::query_scalar(DROP_STRANGERS).bind(group.0).fetch_all(c).await)?;
    Ok(gone.into_iter().map(PersonId).collect())
}

const DROP_LEFT: &str = "DELETE FROM group_members WHERE student_id = $1 AND group_id NOT IN \
     (SELECT k.group_id FROM enrolments e JOIN group_classes k ON k.class_id = e.class_id \
     WHERE e.student_id = $1 AND e.until_at IS NULL)";

/// Takes a student out of the groups of classes that they are in no longer.
pub(crate) async fn delete_left(tx: &mut Tx, student: PersonId) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(DROP_LEFT).bind(student.0).execute(c).await.map(|_| ()))?;
    Ok(())
}

const RENAME: &str = "UPDATE groups SET title = $2 WHERE id = $1";

/// Gives a group another title.
pub(crate) async fn update_title(tx: &mut Tx, group: GroupId, title: &str) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(RENAME).bind(group.0).bind(title).execute(c).await.map(|_| ()))?;
    Ok(())
}

const DELETE: &str = "DELETE FROM groups WHERE id = $1";

/// Removes a group with its memberships.
pub(crate) async fn delete(tx: &mut Tx, group: GroupId) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(DELETE).bind(group.0).execute(c).await.map(|_| ()))?;
    Ok(())
}

/// A group with one of its classes.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct GroupRow {
    pub id: Uuid,
    pub title: String,
    pub class_id: Uuid,
    pub class_title: String,
}

const FIND: &str = "SELECT g.id, g.title, c.id AS class_id, c.title AS class_title FROM groups g \
     JOIN group_classes k ON k.group_id = g.id JOIN classes c ON c.id = k.class_id WHERE g.id = $1 AND c.archived_at IS NULL ORDER BY c.grade, c.title";

/// A group, one row for each of its classes that are not over.
pub(crate) async fn read(db: &Db, group: GroupId) -> Result<Vec<GroupRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, GroupRow>(FIND).bind(group.0).fetch_all(p).await)?)
}

/// The same, held until the transaction ends: nobody changes the group or its classes meanwhile.
pub(crate) async fn hold(tx: &mut Tx, group: GroupId) -> Result<Vec<GroupRow>, StoreError> {
    let held = HOLD_GROUP.on(tx.backend());
    on_tx!(tx, |c| sqlx::query(held).bind(group.0).execute(c).await.map(|_| ()))?;
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, GroupRow>(FIND).bind(group.0).fetch_all(c).await)?)
}

pub(crate) const LIST: &str = "SELECT g.id, g.title, c.id AS class_id, c.title AS class_title \
     FROM group_classes own JOIN groups g ON g.id = own.group_id JOIN group_classes k ON k.group_id = g.id \
     JOIN classes c ON c.id = k.class_id WHERE own.class_id = $1 AND c.archived_at IS NULL ORDER BY g.title, g.id, c.grade, c.title";

/// The groups that a class has a part in, one row for each class of each that is not over.
pub(crate) async fn list(db: &Db, class: ClassId) -> Result<Vec<GroupRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, GroupRow>(LIST).bind(class.0).fetch_all(p).await)?)
}

/// Somebody in a group.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct GroupMemberRow {
    pub group_id: Uuid,
    pub student_id: Uuid,
}

pub(crate) const MEMBERS: &str = "SELECT m.group_id, m.student_id FROM enrolments e \
     JOIN group_members m ON m.student_id = e.student_id JOIN group_classes k ON k.group_id = m.group_id \
     WHERE e.class_id = $1 AND e.until_at IS NULL AND k.class_id = $1";

/// The members of a class's groups who are in that class now.
pub(crate) async fn list_members(db: &Db, class: ClassId) -> Result<Vec<GroupMemberRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, GroupMemberRow>(MEMBERS).bind(class.0).fetch_all(p).await)?)
}

const PUT_MEMBER: &str = "INSERT INTO group_members (group_id, student_id, since) VALUES ($1, $2, $3) \
     ON CONFLICT (group_id, student_id) DO NOTHING";

/// Puts a student into a group; `false` when they are in it.
pub(crate) async fn insert_member(
    tx: &mut Tx,
    group: GroupId,
    student: PersonId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let inserted = on_tx!(tx, |c| sqlx::query(PUT_MEMBER)
        .bind(group.0)
        .bind(student.0)
        .bind(now)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(inserted == 1)
}

const TAKE_MEMBER: &str = "DELETE FROM group_members WHERE group_id = $1 AND student_id = $2";

/// Takes a student out of a group; `false` when they are not in it.
pub(crate) async fn delete_member(tx: &mut Tx, group: GroupId, student: PersonId) -> Result<bool, StoreError> {
    let deleted = on_tx!(tx, |c| sqlx::query(TAKE_MEMBER)
        .bind(group.0)
        .bind(student.0)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(deleted == 1)
}
