//! The children of a parent, as the parent sees them: those whom the school lets this parent see.

use domain::{ClassTitle, Permission, PersonName};

use super::{People, name_on_file, short_name};
use crate::access::AccessError;
use crate::error::StoreError;
use crate::ids::{ClassId, PersonId};
use crate::sessions::Session;
use crate::store::{classes, guardians, photos};
use crate::visit::Visit;

/// A child of the person who is signed in.
#[derive(Clone)]
pub struct Child {
    /// Who.
    pub id: PersonId,
    /// The name.
    pub name: PersonName,
    /// The class now; none for a child who is in none.
    pub class: Option<ChildClass>,
}

/// The class of a child.
#[derive(Clone)]
pub struct ChildClass {
    /// `5А`.
    pub title: ClassTitle,
    /// The school's name.
    pub school: String,
    /// The short names of the class teachers.
    pub teachers: Vec<String>,
    /// The version of the child's photo, when there is one.
    pub photo: Option<i64>,
}

impl std::fmt::Debug for Child {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Child").field("id", &self.id).finish_non_exhaustive()
    }
}

impl People<'_> {
    /// The children of the owner of a session, by name. A few statements for each: families are small.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn children(&self, session: &Session) -> Result<Vec<Child>, AccessError> {
        let mut found = Vec::new();
        for row in guardians::list_relatives(self.portal.db(), session.person_id).await? {
            if row.is_child == 0 || row.may_see == 0 {
                continue;
            }
            let Some(name) = name_on_file(&row.surname, &row.given_name, row.patronymic.as_deref()) else { continue };
            let id = PersonId(row.id);
            found.push(Child { id, name, class: self.class_of(id).await? });
        }
        found.sort_by(|a, b| a.name.given_name().cmp(b.name.given_name()).then(a.id.cmp(&b.id)));
        Ok(found)
    }

    /// Whether the owner of a session is a parent who may see a child.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn has_children(&self, session: &Session) -> Result<bool, StoreError> {
        guardians::sees_any(self.portal.db(), session.person_id).await
    }

    /// One of the children of the owner of a session. That somebody asked for another person is written down.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] when it is no child of theirs whom they may see; the database's errors.
    pub async fn child(&self, visit: &Visit, session: &Session, id: PersonId) -> Result<Child, AccessError> {
        if let Some(child) = self.children(session).await?.into_iter().find(|child| child.id == id) {
            return Ok(child);
        }
        let access = self.portal.access();
        let targets = access.ties(id).await?.targets();
        // Nobody learns that there is such a person.
        match access.refuse(visit, session, Permission::ReadContacts, Some(id), &targets).await {
            AccessError::Refused => Err(AccessError::NotFound),
            error => Err(error),
        }
    }

    /// The class that a student is in, with what the family sees of it.
    async fn class_of(&self, student: PersonId) -> Result<Option<ChildClass>, AccessError> {
        let portal = self.portal;
        let ties = portal.access().ties(student).await?;
        let Some(tie) = ties.classes.iter().find(|tie| tie.as_student) else { return Ok(None) };
        let class = portal.access().find_class(ClassId(tie.class_id)).await?;
        let teachers = classes::list_teachers(portal.db(), tie.school_id).await?;
        let versions = photos::list_versions(portal.db(), class.id).await?;
        Ok(Some(ChildClass {
            title: class.title,
            school: class.school,
            teachers: teachers
                .iter()
                .filter(|row| row.class_id == tie.class_id)
                .map(|row| short_name(&row.surname, &row.given_name, row.patronymic.as_deref()))
                .collect(),
            photo: versions.iter().find(|row| row.person_id == student.0).map(|row| row.version),
        }))
    }
}
