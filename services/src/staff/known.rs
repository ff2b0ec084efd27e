//! People whom the school knows already: whoever is to get a post may be one of them, a parent for instance.

use domain::{Email, Mobile, Permission, PersonName, PostKind, Role, Target};

use super::{Staff, StaffError};
use crate::access::AccessError;
use crate::crypto::columns;
use crate::error::StoreError;
use crate::help_desk::reaches;
use crate::ids::{PersonId, SchoolId};
use crate::people::{NewPerson, name_on_file, open};
use crate::sessions::Session;
use crate::store::help_desk::{self as rows, AlikeTo, FoundRow};
use crate::store::posts;
use crate::visit::Visit;

/// The most people who are offered: more have the same name only by chance.
const OFFERED: i64 = 20;

/// Somebody whom the school knows, as a choice. Contacts are masked.
#[derive(Clone)]
pub struct KnownPerson {
    /// Who.
    pub id: PersonId,
    /// The name.
    pub name: PersonName,
    /// The titles of the classes that their children are in.
    pub classes: Vec<String>,
    /// The posts at the school that asks, with what they are called.
    pub posts: Vec<(PostKind, String)>,
    /// The highest role.
    pub role: Option<Role>,
    /// The mobile on file, masked.
    pub mobile_masked: Option<String>,
    /// The e-mail on file, masked.
    pub email_masked: Option<String>,
}

impl std::fmt::Debug for KnownPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownPerson").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Staff<'_> {
    /// The adults in the actor's reach who may be this person: of the same surname and given name, or with the same mobile or e-mail.
    /// Nobody but those whom the actor could give a post.
    ///
    /// # Errors
    /// [`StaffError::Access`].
    pub async fn alike(
        &self,
        visit: &Visit,
        actor: &Session,
        school: SchoolId,
        new: &NewPerson,
    ) -> Result<Vec<KnownPerson>, StaffError> {
        let portal = self.portal;
        let sealer = portal.sealer();
        portal.access().require(visit, actor, Permission::EditStaff, &Target::School(school.0)).await?;
        let alike = AlikeTo {
            surname: new.name.surname(),
            given_name: new.name.given_name(),
            mobile: new.mobile.as_ref().map(|mobile| sealer.blind_index(columns::PEOPLE_MOBILE, mobile.e164())),
            email: new.email.as_ref().map(|email| sealer.blind_index(columns::PEOPLE_EMAIL, email.comparison_key())),
        };
        let mut known: Vec<KnownPerson> = Vec::new();
        for reach in reaches(&actor.grants, Permission::EditPersonalData) {
            for row in rows::list_alike(portal.db(), &alike, reach, OFFERED).await? {
                // Somebody of two schools of the actor's is found twice.
                if known.iter().all(|person| person.id.0 != row.person_id) {
                    known.extend(self.known(school, row).await?);
                }
            }
        }
        Ok(known)
    }

    /// `None` for students, and when the person is gone meanwhile.
    async fn known(self, school: SchoolId, row: FoundRow) -> Result<Option<KnownPerson>, StaffError> {
        let portal = self.portal;
        let id = row.person_id;
        let ties = match portal.access().ties(PersonId(id)).await {
            Ok(ties) => ties,
            Err(AccessError::NotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if ties.classes.iter().any(|tie| tie.as_student) {
            return Ok(None);
        }
        let mobile = open(portal, columns::PEOPLE_MOBILE, id, row.mobile_sealed.as_deref(), |text| {
            Mobile::from_e164(text).ok()
        })?;
        let email =
            open(portal, columns::PEOPLE_EMAIL, id, row.email_sealed.as_deref(), |text| Email::parse(text).ok())?;
        let mut posts_here = Vec::new();
        // What somebody is elsewhere, or their children, is not this school's business.
        for post in posts::list_of(portal.db(), id).await?.into_iter().filter(|post| post.school_id == school.0) {
            let kind = PostKind::from_code(&post.kind).ok_or(StoreError::Corrupt { column: "posts.kind" })?;
            posts_here.push((kind, post.title));
        }
        let mut classes = rows::read_classes_at(portal.db(), id, school.0).await?;
        classes.dedup();
        Ok(Some(KnownPerson {
            id: PersonId(id),
            name: name_on_file(&row.surname, &row.given_name, row.patronymic.as_deref())
                .ok_or(StoreError::Corrupt { column: "people.surname, given_name, patronymic" })?,
            classes,
            posts: posts_here,
            role: ties.role,
            mobile_masked: mobile.as_ref().map(Mobile::masked),
            email_masked: email.as_ref().map(Email::masked),
        }))
    }
}
