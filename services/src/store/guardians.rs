//! Rows of `guardians`: which adult is a guardian of which child.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::store::{Db, Tx};
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
