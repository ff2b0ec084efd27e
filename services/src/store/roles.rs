//! Rows of `roles`.

use uuid::Uuid;

use crate::error::StoreError;
use crate::ids::{PersonId, RoleId};
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

/// A row, without its keys.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct RoleRow {
    pub role: String,
    pub school_id: Option<Uuid>,
    pub class_id: Option<Uuid>,
}

/// A role that was read beside what it belongs to: nothing in it for whoever has none.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct HeldRow {
    pub role: Option<String>,
    pub role_school_id: Option<Uuid>,
    pub role_class_id: Option<Uuid>,
}

impl HeldRow {
    /// The role, if there is one.
    pub(crate) fn into_role(self) -> Option<RoleRow> {
        Some(RoleRow { role: self.role?, school_id: self.role_school_id, class_id: self.role_class_id })
    }
}

const INSERT: &str = "INSERT INTO roles (id, person_id, role, school_id, class_id) VALUES ($1, $2, $3, $4, $5)";

/// Gives a person a role.
pub(crate) async fn insert(tx: &mut Tx, id: RoleId, person: PersonId, row: &RoleRow) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(id.0)
        .bind(person.0)
        .bind(&row.role)
        .bind(row.school_id)
        .bind(row.class_id)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

pub(crate) const LIST: &str = "SELECT role, school_id, class_id FROM roles WHERE person_id = $1 ORDER BY id";

/// The roles of a person, in the order they were given.
pub(crate) async fn list(tx: &mut Tx, person: Uuid) -> Result<Vec<RoleRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, RoleRow>(LIST).bind(person).fetch_all(c).await)?)
}

/// The roles of a person, outside a transaction.
pub(crate) async fn read(db: &Db, person: Uuid) -> Result<Vec<RoleRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, RoleRow>(LIST).bind(person).fetch_all(p).await)?)
}

const DELETE: &str = "DELETE FROM roles WHERE person_id = $1 AND role = $2 \
     AND (school_id = $3 OR (school_id IS NULL AND $3 IS NULL)) AND (class_id = $4 OR (class_id IS NULL AND $4 IS NULL))";

/// Takes a role from a person, for exactly this school and class; `false` when the person does not have it.
pub(crate) async fn delete(tx: &mut Tx, person: PersonId, row: &RoleRow) -> Result<bool, StoreError> {
    let deleted = on_tx!(tx, |c| sqlx::query(DELETE)
        .bind(person.0)
        .bind(&row.role)
        .bind(row.school_id)
        .bind(row.class_id)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(deleted > 0)
}
