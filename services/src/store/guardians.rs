//! Rows of `guardians`: which adult is a guardian of which child.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::on_tx;
use crate::store::Tx;

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
