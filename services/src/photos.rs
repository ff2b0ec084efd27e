//! Photos of students: one each, for signed-in staff and the family.
//!
//! What comes in is looked at, not believed: the real format decides, sizes are bounded before anything is unpacked, and what is kept was
//! drawn anew, so that nothing of the file survives: no place, no date, no camera, no second image hidden behind the first.

mod picture;

use std::collections::BTreeMap;

use domain::Permission;
use tokio::sync::Semaphore;

use crate::access::AccessError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::crypto::columns;
use crate::error::{CryptoError, StoreError};
use crate::ids::{ClassId, PersonId};
use crate::portal::Portal;
use crate::sessions::Session;
use crate::store::{guardians, photos};
use crate::visit::Visit;

pub use picture::PictureError;

/// The biggest file.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
/// What [`Photos::find`] gives is of this kind.
pub const MEDIA_TYPE: &str = "image/webp";

/// Pictures that are unpacked at the same time: each may take a few hundred megabytes.
static UNPACKING: Semaphore = Semaphore::const_new(2);

/// Why a photo was not stored, or not shown.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// Not allowed, or no such person.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The file is no photo that can be used.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// Photos are of students.
    #[error("the person is no student")]
    NoStudent,
}

impl PhotoError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::Picture(error) => error.code(),
            Self::NoStudent => "PHOTO-06",
        }
    }
}

impl From<StoreError> for PhotoError {
    fn from(error: StoreError) -> Self {
        Self::Access(AccessError::Store(error))
    }
}

impl From<CryptoError> for PhotoError {
    fn from(error: CryptoError) -> Self {
        Self::Access(AccessError::Crypto(error))
    }
}

/// Photos of students.
#[derive(Clone, Copy)]
pub struct Photos<'a> {
    pub(crate) portal: &'a Portal,
}

impl Photos<'_> {
    /// Puts a photo in the place of the one before; its version, for its address, so that browsers may keep it.
    ///
    /// # Errors
    /// [`PhotoError`].
    pub async fn put(
        &self,
        visit: &Visit,
        actor: &Session,
        student: PersonId,
        file: Vec<u8>,
    ) -> Result<i64, PhotoError> {
        let portal = self.portal;
        self.editable(visit, actor, student).await?;
        if file.len() > MAX_BYTES {
            return Err(PictureError::TooBig.into());
        }
        let image = unpacked(file).await?;
        let sealed = portal.sealer().seal(portal.rng(), columns::PHOTOS_IMAGE, student.0, &image);
        let mut tx = portal.db().begin().await?;
        let version = photos::upsert(&mut tx, student, &sealed, actor.person_id, portal.now()).await?;
        let entry = acted(visit, actor, student, "put").detail("version", version);
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(version)
    }

    /// Removes a photo. Nothing happens when there is none.
    ///
    /// # Errors
    /// [`PhotoError`].
    pub async fn remove(&self, visit: &Visit, actor: &Session, student: PersonId) -> Result<(), PhotoError> {
        self.editable(visit, actor, student).await?;
        let mut tx = self.portal.db().begin().await?;
        if photos::delete(&mut tx, student).await? {
            self.portal.audit().append(&mut tx, acted(visit, actor, student, "removed")).await?;
        }
        Ok(tx.commit().await?)
    }

    /// A student's photo (see [`MEDIA_TYPE`]) with its version: for staff, for the student, and for guardians who may see the child.
    ///
    /// # Errors
    /// [`PhotoError`].
    pub async fn find(
        &self,
        visit: &Visit,
        actor: &Session,
        student: PersonId,
    ) -> Result<Option<(Vec<u8>, i64)>, PhotoError> {
        let portal = self.portal;
        let family = actor.person_id == student || guardians::may_see(portal.db(), student, actor.person_id).await?;
        if !family {
            portal.access().person(visit, actor, Permission::ReadPhotos, student).await?;
        }
        let Some(row) = photos::read(portal.db(), student).await? else { return Ok(None) };
        let image = portal.sealer().open(columns::PHOTOS_IMAGE, student.0, &row.image_sealed)?;
        Ok(Some((image, row.version)))
    }

    /// Who of a class has a photo, and in which version.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn versions(
        &self,
        visit: &Visit,
        actor: &Session,
        class: ClassId,
    ) -> Result<BTreeMap<PersonId, i64>, AccessError> {
        let portal = self.portal;
        portal.access().class(visit, actor, Permission::ReadPhotos, class).await?;
        let rows = photos::list_versions(portal.db(), class).await?;
        Ok(rows.into_iter().map(|row| (PersonId(row.person_id), row.version)).collect())
    }

    /// A student of one of the actor's classes.
    async fn editable(&self, visit: &Visit, actor: &Session, student: PersonId) -> Result<(), PhotoError> {
        let access = self.portal.access();
        let mut ties = access.ties(student).await?;
        ties.classes.retain(|tie| tie.as_student);
        if ties.classes.is_empty() {
            return Err(PhotoError::NoStudent);
        }
        if ties.class_for(actor, Permission::EditPhotos).is_none() {
            let targets = ties.targets();
            return Err(access.refuse(visit, actor, Permission::EditPhotos, Some(student), &targets).await.into());
        }
        Ok(())
    }
}

/// The picture of a file, drawn anew; off the async threads, and not too many at once.
async fn unpacked(file: Vec<u8>) -> Result<Vec<u8>, PictureError> {
    // Never closed, so there is always a permit to wait for.
    let permit = UNPACKING.acquire().await.map_err(|_| PictureError::Broken)?;
    let drawn = tokio::task::spawn_blocking(move || {
        // Held until the work is done, even when nobody waits for it any more.
        let _permit = permit;
        picture::redraw(&file)
    });
    drawn.await.unwrap_or(Err(PictureError::Broken))
}

fn acted(visit: &Visit, actor: &Session, student: PersonId, what: &str) -> AuditEntry {
    AuditEntry::new(AuditEvent::PhotoChanged, Outcome::Success, visit)
        .actor(actor.person_id)
        .person(student)
        .detail("what", what)
}
