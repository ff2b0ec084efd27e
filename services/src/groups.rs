//! Groups of students: a part of one class or of several of one school (English 5А-1).

use std::collections::{BTreeMap, BTreeSet};

use domain::{ClassTitle, Permission};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::access::{AccessError, stored_title};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::error::StoreError;
use crate::ids::{ClassId, GroupId, PersonId, SchoolId};
use crate::one_line::one_line;
use crate::portal::Portal;
use crate::sessions::Session;
use crate::store::Tx;
use crate::store::groups::{self, GroupRow};
use crate::visit::Visit;

/// The longest title in characters.
const LONGEST_TITLE: usize = 60;

/// A group, as one of its classes sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// What it is called.
    pub title: String,
    /// Its members in the class in question.
    pub members: BTreeSet<PersonId>,
    /// The classes that it is a part of, in their order.
    pub classes: Vec<(ClassId, ClassTitle)>,
}

impl Group {
    /// What tells whether somebody has changed title or classes since: other ones, another version.
    pub fn version(&self) -> String {
        let mut ids: Vec<_> = self.classes.iter().map(|(class, _)| class.0).collect();
        ids.sort_unstable();
        let hashed = ids.iter().fold(Sha256::new_with_prefix(&self.title), |hash, id| hash.chain_update(id.as_bytes()));
        hashed.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Why something with a group was not done.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// Not allowed, or no such class, group or student.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The title is blank, too long, or has something unprintable in it.
    #[error("the title cannot be used")]
    Title,
    /// A group is a part of classes of one school, and of one class at least.
    #[error("the classes do not belong to one school")]
    Classes,
    /// The student is in none of the group's classes.
    #[error("the student is in none of the group's classes")]
    NotInClass,
    /// Somebody else has changed title or classes since they were seen.
    #[error("the group has changed meanwhile")]
    Stale,
}

impl GroupError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::Title => "GROUP-01",
            Self::Classes => "GROUP-02",
            Self::NotInClass => "GROUP-03",
            Self::Stale => "GROUP-04",
        }
    }
}

impl From<StoreError> for GroupError {
    fn from(error: StoreError) -> Self {
        Self::Access(AccessError::Store(error))
    }
}

/// Groups of students.
#[derive(Clone, Copy)]
pub struct Groups<'a> {
    pub(crate) portal: &'a Portal,
}

impl Groups<'_> {
    /// The groups that a class has a part in, with their members in this class.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn list(&self, visit: &Visit, actor: &Session, class: ClassId) -> Result<Vec<Group>, AccessError> {
        let portal = self.portal;
        portal.access().class(visit, actor, Permission::ReadGroups, class).await?;
        let mut found: Vec<Group> = gathered(groups::list(portal.db(), class).await?)?;
        let mut members: BTreeMap<GroupId, BTreeSet<PersonId>> = BTreeMap::new();
        for row in groups::list_members(portal.db(), class).await? {
            members.entry(GroupId(row.group_id)).or_default().insert(PersonId(row.student_id));
        }
        for group in &mut found {
            group.members = members.remove(&group.id).unwrap_or_default();
        }
        Ok(found)
    }

    /// Adds a group without members.
    ///
    /// # Errors
    /// [`GroupError`].
    pub async fn create(
        &self,
        visit: &Visit,
        actor: &Session,
        classes: &[ClassId],
        title: &str,
    ) -> Result<GroupId, GroupError> {
        let portal = self.portal;
        let school = self.common_school(visit, actor, classes).await?;
        let title = one_line(title, LONGEST_TITLE).ok_or(GroupError::Title)?;
        let now = portal.now();
        let id = GroupId::new(now, portal.rng());
        let mut tx = portal.db().begin().await?;
        groups::insert(&mut tx, id, school, &title, now).await?;
        for class in classes {
            groups::insert_class(&mut tx, id, *class).await?;
        }
        let entry = acted(visit, actor, id, "created").detail("classes", ids(classes)).after(json!({ "title": title }));
        self.finish(tx, entry).await?;
        Ok(id)
    }

    /// Gives a group another title and other classes: who is in none of these is in the group no longer. It is for those who
    /// may edit the groups of all its classes, those that it has and those that it gets. With `seen`, it must still have that
    /// [`Group::version`].
    ///
    /// # Errors
    /// [`GroupError`].
    pub async fn change(
        &self,
        visit: &Visit,
        actor: &Session,
        group: GroupId,
        seen: Option<&str>,
        title: &str,
        classes: &[ClassId],
    ) -> Result<(), GroupError> {
        let before = self.whole(visit, actor, group, seen).await?;
        let school = self.common_school(visit, actor, classes).await?;
        // Both are of one school, since a group has no classes of two.
        let (first, _) = before.classes.first().ok_or(GroupError::Classes)?;
        if self.portal.access().find_class(*first).await?.school_id != school {
            return Err(GroupError::Classes);
        }
        let title = one_line(title, LONGEST_TITLE).ok_or(GroupError::Title)?;
        let had: BTreeSet<ClassId> = before.classes.iter().map(|(class, _)| *class).collect();
        let gets: BTreeSet<ClassId> = classes.iter().copied().collect();
        if title == before.title && had == gets {
            return Ok(());
        }
        let mut tx = self.portal.db().begin().await?;
        unchanged(&mut tx, &before).await?;
        groups::update_title(&mut tx, group, &title).await?;
        for class in gets.difference(&had) {
            groups::insert_class(&mut tx, group, *class).await?;
        }
        for class in had.difference(&gets) {
            groups::delete_class(&mut tx, group, *class).await?;
        }
        for student in groups::delete_strangers(&mut tx, group).await? {
            self.portal.audit().append(&mut tx, acted(visit, actor, group, "left").person(student)).await?;
        }
        let entry = acted(visit, actor, group, "changed")
            .detail("classes", ids(&gets))
            .detail("classes_before", ids(&had))
            .before(json!({ "title": before.title }))
            .after(json!({ "title": title }));
        self.finish(tx, entry).await
    }

    /// Removes a group. It is for those who may edit the groups of all its classes. With `seen`, it must still have that
    /// [`Group::version`].
    ///
    /// # Errors
    /// [`GroupError`].
    pub async fn delete(
        &self,
        visit: &Visit,
        actor: &Session,
        group: GroupId,
        seen: Option<&str>,
    ) -> Result<(), GroupError> {
        let before = self.whole(visit, actor, group, seen).await?;
        let mut tx = self.portal.db().begin().await?;
        unchanged(&mut tx, &before).await?;
        groups::delete(&mut tx, group).await?;
        let entry = acted(visit, actor, group, "deleted").before(json!({ "title": before.title }));
        self.finish(tx, entry).await
    }

    /// Puts a student into a group, or takes them out. It is for those who may edit the groups of the student's class.
    ///
    /// # Errors
    /// [`GroupError`].
    pub async fn set_member(
        &self,
        visit: &Visit,
        actor: &Session,
        group: GroupId,
        student: PersonId,
        member: bool,
    ) -> Result<(), GroupError> {
        let portal = self.portal;
        let rows = groups::read(portal.db(), group).await?;
        if rows.is_empty() {
            return Err(AccessError::NotFound.into());
        }
        let ties = portal.access().ties(student).await?;
        let is_in = |row: &&GroupRow| ties.classes.iter().any(|tie| tie.as_student && tie.class_id == row.class_id);
        let class = rows.iter().find(is_in);
        if let Some(asked) = class.or(rows.first()) {
            portal.access().class(visit, actor, Permission::EditGroups, ClassId(asked.class_id)).await?;
        }
        class.ok_or(GroupError::NotInClass)?;
        let mut tx = portal.db().begin().await?;
        let changed = if member {
            groups::insert_member(&mut tx, group, student, portal.now()).await?
        } else {
            groups::delete_member(&mut tx, group, student).await?
        };
        if !changed {
            return Ok(());
        }
        let entry = acted(visit, actor, group, if member { "joined" } else { "left" }).person(student);
        self.finish(tx, entry).await
    }

    /// The one school of classes whose groups the actor may edit.
    async fn common_school(&self, visit: &Visit, actor: &Session, classes: &[ClassId]) -> Result<SchoolId, GroupError> {
        let mut school = None;
        for class in classes {
            let class = self.portal.access().class(visit, actor, Permission::EditGroups, *class).await?;
            if school.is_some_and(|school| school != class.school_id) {
                return Err(GroupError::Classes);
            }
            school = Some(class.school_id);
        }
        school.ok_or(GroupError::Classes)
    }

    /// A group all of whose classes are within reach, as it was `seen`.
    async fn whole(
        &self,
        visit: &Visit,
        actor: &Session,
        group: GroupId,
        seen: Option<&str>,
    ) -> Result<Group, GroupError> {
        let found = gathered(groups::read(self.portal.db(), group).await?)?.pop().ok_or(AccessError::NotFound)?;
        for (class, _) in &found.classes {
            self.portal.access().class(visit, actor, Permission::EditGroups, *class).await?;
        }
        if seen.is_some_and(|seen| seen != found.version()) {
            return Err(GroupError::Stale);
        }
        Ok(found)
    }

    async fn finish(&self, mut tx: Tx, entry: AuditEntry) -> Result<(), GroupError> {
        self.portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }
}

/// Holds a group that was judged before, if it is still the same.
async fn unchanged(tx: &mut Tx, judged: &Group) -> Result<(), GroupError> {
    let held = gathered(groups::hold(tx, judged.id).await?)?;
    if held.iter().all(|held| held == judged) && !held.is_empty() { Ok(()) } else { Err(GroupError::Stale) }
}

/// Rows of one group after the other, as groups without members.
fn gathered(rows: Vec<GroupRow>) -> Result<Vec<Group>, StoreError> {
    let mut found: Vec<Group> = Vec::new();
    for row in rows {
        let class = (ClassId(row.class_id), stored_title(&row.class_title)?);
        match found.last_mut().filter(|group| group.id.0 == row.id) {
            Some(group) => group.classes.push(class),
            None => found.push(Group {
                id: GroupId(row.id),
                title: row.title,
                members: BTreeSet::new(),
                classes: vec![class],
            }),
        }
    }
    for group in &mut found {
        group.classes.sort_by(|(_, a), (_, b)| a.cmp(b));
    }
    Ok(found)
}

fn ids<'a>(classes: impl IntoIterator<Item = &'a ClassId>) -> Vec<String> {
    classes.into_iter().map(ClassId::to_string).collect()
}

fn acted(visit: &Visit, actor: &Session, group: GroupId, what: &str) -> AuditEntry {
    AuditEntry::new(AuditEvent::GroupChanged, Outcome::Success, visit)
        .actor(actor.person_id)
        .detail("group", group.to_string())
        .detail("what", what)
}
