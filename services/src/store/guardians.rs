//! Rows of `guardians`: which adult is a guardian of which child.

use std::collections::HashSet;

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::store::{Db, Tx, dialect};
use crate::{on_read, on_tx};

const INSERT: &str = "INSERT INTO guardians (child_id, guardian_id, relation, created_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (child_id, guardian_id) DO UPDATE SET relation = excluded.relation";

/// Notes that an adult is a guardian of a child; a second time the relation is corrected.
pub(crate) async fn insert(
    tx: &mut Tx,
    child: PersonId,
    guardian: PersonId,
    relation: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(child.0)
        .bind(guardian.0)
        .bind(relation)
        .bind(now)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const EXISTS: &str = "SELECT COUNT(*) FROM guardians WHERE child_id = $1 AND guardian_id = $2";

/// Whether this adult is a guardian of that child. The nil id is nobody's.
pub(crate) async fn exists(tx: &mut Tx, child: Uuid, guardian: Uuid) -> Result<bool, StoreError> {
    let count = on_tx!(tx, |c| sqlx::query_scalar::<_, i64>(EXISTS).bind(child).bind(guardian).fetch_one(c).await)?;
    Ok(count > 0)
}

pub(crate) const OF_RELATION: &str = "SELECT guardian_id FROM guardians WHERE child_id = $1 AND relation = $2 \
     ORDER BY created_at, guardian_id LIMIT 1";

/// A child's mother, father or guardian: the one that was noted first.
pub(crate) async fn find_by_relation(tx: &mut Tx, child: PersonId, relation: &str) -> Result<Option<Uuid>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(OF_RELATION).bind(child.0).bind(relation).fetch_optional(c).await)?)
}

const MAY_SEE: &str = "SELECT COUNT(*) FROM guardians WHERE child_id = $1 AND guardian_id = $2 AND may_see = 1";

/// Whether this adult is a guardian of that child, and may see what the school has of it.
pub(crate) async fn may_see(db: &Db, child: PersonId, guardian: PersonId) -> Result<bool, StoreError> {
    let count =
        on_read!(db, |p| sqlx::query_scalar::<_, i64>(MAY_SEE).bind(child.0).bind(guardian.0).fetch_one(p).await)?;
    Ok(count > 0)
}

pub(crate) const SEES_ANY: &str =
    "SELECT CAST(1 AS BIGINT) FROM guardians WHERE guardian_id = $1 AND may_see = 1 LIMIT 1";

/// Whether this adult may see what the school has of any child.
pub(crate) async fn sees_any(db: &Db, guardian: PersonId) -> Result<bool, StoreError> {
    let found = on_read!(db, |p| sqlx::query_scalar::<_, i64>(SEES_ANY).bind(guardian.0).fetch_optional(p).await)?;
    Ok(found.is_some())
}

/// What an adult may, as to a child: be contacted, see the child's data; held until the transaction ends. None when the adult is no
/// guardian of the child.
pub(crate) async fn lock_rights(
    tx: &mut Tx,
    child: PersonId,
    guardian: PersonId,
) -> Result<Option<(bool, bool)>, StoreError> {
    let sql = dialect::LOCK_RIGHTS.on(tx.backend());
    let row =
        on_tx!(tx, |c| sqlx::query_as::<_, (i64, i64)>(sql).bind(child.0).bind(guardian.0).fetch_optional(c).await)?;
    Ok(row.map(|(may_contact, may_see)| (may_contact != 0, may_see != 0)))
}

const UPDATE_RIGHTS: &str =
    "UPDATE guardians SET may_contact = $3, may_see = $4 WHERE child_id = $1 AND guardian_id = $2";

/// Changes what an adult may, as to a child.
pub(crate) async fn update_rights(
    tx: &mut Tx,
    child: PersonId,
    guardian: PersonId,
    may_contact: bool,
    may_see: bool,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(UPDATE_RIGHTS)
        .bind(child.0)
        .bind(guardian.0)
        .bind(i64::from(may_contact))
        .bind(i64::from(may_see))
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// What an adult was to a child, and what they might.
#[derive(sqlx::FromRow)]
pub(crate) struct TieRow {
    pub relation: String,
    pub may_contact: i64,
    pub may_see: i64,
}

const DELETE: &str =
    "DELETE FROM guardians WHERE child_id = $1 AND guardian_id = $2 RETURNING relation, may_contact, may_see";

const REMOVED: &str = "INSERT INTO removed_guardians (child_id, guardian_id, removed_at) VALUES ($1, $2, $3) \
     ON CONFLICT (child_id, guardian_id) DO UPDATE SET removed_at = excluded.removed_at";

/// Ends that an adult is a guardian of a child, and keeps in mind that it was ended; what there was. None when the adult is no guardian
/// of the child.
pub(crate) async fn delete(
    tx: &mut Tx,
    child: PersonId,
    guardian: PersonId,
    now: Timestamp,
) -> Result<Option<TieRow>, StoreError> {
    let [child, guardian] = [child.0, guardian.0];
    let there_was =
        on_tx!(tx, |c| sqlx::query_as::<_, TieRow>(DELETE).bind(child).bind(guardian).fetch_optional(c).await)?;
    if there_was.is_some() {
        on_tx!(tx, |c| sqlx::query(REMOVED).bind(child).bind(guardian).bind(now).execute(c).await.map(|_| ()))?;
    }
    Ok(there_was)
}

const REMOVED_AT: &str = "SELECT removed_at FROM removed_guardians WHERE child_id = $1 AND guardian_id = $2";

/// When staff have taken this adult from that child, if they have.
pub(crate) async fn removed_at(db: &Db, child: PersonId, guardian: Uuid) -> Result<Option<Timestamp>, StoreError> {
    let at = on_read!(db, |p| {
        sqlx::query_scalar::<_, Timestamp>(REMOVED_AT).bind(child.0).bind(guardian).fetch_optional(p).await
    })?;
    Ok(at)
}

pub(crate) const NOT_CONTACTED: &str = "SELECT g.child_id, g.guardian_id FROM enrolments e \
     JOIN guardians g ON g.child_id = e.student_id WHERE e.class_id = $1 AND e.until_at IS NULL AND g.may_contact = 0";

/// Which adults are not to be contacted about which students of a class: pairs of child and guardian.
pub(crate) async fn list_not_contacted(db: &Db, class: Uuid) -> Result<HashSet<(Uuid, Uuid)>, StoreError> {
    let rows = on_read!(db, |p| sqlx::query_as::<_, (Uuid, Uuid)>(NOT_CONTACTED).bind(class).fetch_all(p).await)?;
    Ok(rows.into_iter().collect())
}

/// Somebody of the family: a parent of a child, or a child of a parent (`is_child` is 1).
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct RelativeRow {
    pub id: Uuid,
    pub relation: String,
    pub is_child: i64,
    pub may_contact: i64,
    pub may_see: i64,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
}

pub(crate) const RELATIVES: &str = "SELECT p.id, g.relation, CAST(0 AS BIGINT) AS is_child, g.may_contact, g.may_see, p.surname, \
     p.given_name, p.patronymic FROM guardians g JOIN people p ON p.id = g.guardian_id WHERE g.child_id = $1 \
     UNION ALL SELECT p.id, g.relation, CAST(1 AS BIGINT), g.may_contact, g.may_see, p.surname, p.given_name, \
     p.patronymic FROM guardians g JOIN people p ON p.id = g.child_id WHERE g.guardian_id = $1";

/// The parents and the children of a person, in no order.
pub(crate) async fn list_relatives(db: &Db, person: PersonId) -> Result<Vec<RelativeRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, RelativeRow>(RELATIVES).bind(person.0).fetch_all(p).await)?)
}
