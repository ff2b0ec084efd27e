//! Rows of `photos`.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::{ClassId, PersonId};
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

const UPSERT: &str = "INSERT INTO photos (person_id, image_sealed, version, updated_at, updated_by) \
     VALUES ($1, $2, $3, $3, $4) ON CONFLICT (person_id) DO UPDATE SET image_sealed = excluded.image_sealed, \
     version = CASE WHEN photos.version >= excluded.version THEN photos.version + 1 ELSE excluded.version END, \
     updated_at = excluded.updated_at, updated_by = excluded.updated_by RETURNING version";

/// Puts a photo in the place of the one before; its version. Versions are times, so that a photo that was removed and put in again never
/// has the version of another.
pub(crate) async fn upsert(
    tx: &mut Tx,
    person: PersonId,
    image_sealed: &[u8],
    by: PersonId,
    now: Timestamp,
) -> Result<i64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, i64>(UPSERT)
        .bind(person.0)
        .bind(image_sealed)
        .bind(now)
        .bind(by.0)
        .fetch_one(c)
        .await)?)
}

const DELETE: &str = "DELETE FROM photos WHERE person_id = $1";

/// Removes a photo; `false` when there was none.
pub(crate) async fn delete(tx: &mut Tx, person: PersonId) -> Result<bool, StoreError> {
    let deleted = on_tx!(tx, |c| sqlx::query(DELETE).bind(person.0).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(deleted == 1)
}

/// A photo.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct PhotoRow {
    pub image_sealed: Vec<u8>,
    pub version: i64,
}

const FIND: &str = "SELECT image_sealed, version FROM photos WHERE person_id = $1";

/// The photo of a person.
pub(crate) async fn read(db: &Db, person: PersonId) -> Result<Option<PhotoRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, PhotoRow>(FIND).bind(person.0).fetch_optional(p).await)?)
}

/// Whose photo has which version.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct VersionRow {
    pub person_id: Uuid,
    pub version: i64,
}

pub(crate) const VERSIONS: &str = "SELECT f.person_id, f.version FROM enrolments e JOIN photos f ON f.person_id = e.student_id \
     WHERE e.class_id = $1 AND e.until_at IS NULL";

/// The versions of the photos of a class.
pub(crate) async fn list_versions(db: &Db, class: ClassId) -> Result<Vec<VersionRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, VersionRow>(VERSIONS).bind(class.0).fetch_all(p).await)?)
}
