//! Rows of a school's groups, as an import reads and writes them.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::ROWS;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::on_tx;
use crate::store::Tx;
use crate::store::dialect::tuples;

/// A group of a school.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct KnownGroupRow {
    pub id: Uuid,
    pub title: String,
    pub source_id: Option<String>,
}

pub(crate) const GROUPS: &str = "SELECT id, title, source_id FROM groups WHERE school_id = $1";

/// The groups of a school.
pub(crate) async fn list_groups(tx: &mut Tx, school: Uuid) -> Result<Vec<KnownGroupRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, KnownGroupRow>(GROUPS).bind(school).fetch_all(c).await)?)
}

pub(crate) const GROUP_CLASSES: &str = "SELECT k.group_id, k.class_id FROM groups g \
     JOIN group_classes k ON k.group_id = g.id WHERE g.school_id = $1";

/// The groups of a school, each with each of its classes.
pub(crate) async fn list_group_classes(tx: &mut Tx, school: Uuid) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, (Uuid, Uuid)>(GROUP_CLASSES).bind(school).fetch_all(c).await)?)
}

pub(crate) const GROUP_MEMBERS: &str = "SELECT DISTINCT m.group_id, m.student_id FROM groups g \
     JOIN group_members m ON m.group_id = g.id JOIN enrolments e ON e.student_id = m.student_id \
     JOIN group_classes k ON k.group_id = g.id AND k.class_id = e.class_id \
     WHERE g.school_id = $1 AND e.until_at IS NULL";

/// The groups of a school, each with each of the members who are in one of its classes now.
pub(crate) async fn list_group_members(tx: &mut Tx, school: Uuid) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, (Uuid, Uuid)>(GROUP_MEMBERS).bind(school).fetch_all(c).await)?)
}

/// A group as the roster has it.
pub(crate) struct WrittenGroup {
    pub id: Uuid,
    pub title: String,
    pub source_id: String,
}

/// Adds groups to a school.
pub(crate) async fn insert_groups(
    tx: &mut Tx,
    school: Uuid,
    groups: &[WrittenGroup],
    now: Timestamp,
) -> Result<(), StoreError> {
    for chunk in groups.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO groups (id, school_id, title, source_id, created_at) VALUES {}",
            tuples(tx.backend(), chunk.len(), 5)
        );
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for group in chunk {
                query = query.bind(group.id).bind(school).bind(&group.title).bind(&group.source_id).bind(now);
            }
            query.execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

pub(crate) const UPDATE_GROUP: &str = "UPDATE groups SET title = $2, source_id = $3 WHERE id = $1";

/// Writes a group as the roster has it.
pub(crate) async fn update_group(tx: &mut Tx, group: &WrittenGroup) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(UPDATE_GROUP)
        .bind(group.id)
        .bind(&group.title)
        .bind(&group.source_id)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Makes classes those that groups are a part of: pairs of group and class.
pub(crate) async fn insert_group_classes(tx: &mut Tx, pairs: &[(Uuid, Uuid)]) -> Result<(), StoreError> {
    for chunk in pairs.chunks(ROWS) {
        let sql =
            format!("INSERT INTO group_classes (group_id, class_id) VALUES {}", tuples(tx.backend(), chunk.len(), 2));
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (group, class) in chunk {
                query = query.bind(*group).bind(*class);
            }
            query.execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}

/// Puts students into groups: pairs of group and student.
pub(crate) async fn insert_group_members(
    tx: &mut Tx,
    pairs: &[(Uuid, Uuid)],
    now: Timestamp,
) -> Result<(), StoreError> {
    for chunk in pairs.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO group_members (group_id, student_id, since) VALUES {} \
             ON CONFLICT (group_id, student_id) DO NOTHING",
            tuples(tx.backend(), chunk.len(), 3)
        );
        on_tx!(tx, |c| {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (group, student) in chunk {
                query = query.bind(*group).bind(*student).bind(now);
            }
            query.execute(c).await.map(|_| ())
        })?;
    }
    Ok(())
}
