//! What a parent may, as to one child: be contacted about the child, see the child's data. A court may have decided it, so
//! it is for each child and each parent, and no roster changes it. And the end of being a child's parent here.

use std::collections::BTreeSet;

use domain::{Permission, Relation};
use serde_json::json;
use uuid::Uuid;

use super::{Relative, Roster};
use crate::access::{AccessError, Ties};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::class_events::ClassEvent;
use crate::error::StoreError;
use crate::ids::{ClassId, PersonId};
use crate::people::name_on_file;
use crate::sessions::Session;
use crate::store::{guardians, people};
use crate::visit::Visit;

/// Which of a parent's rights as to a child are to change; what is none stays as it is, so that two members of staff who
/// change different ones do not undo each other's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RightsChange {
    /// The parent may be contacted about the child.
    pub may_contact: Option<bool>,
    /// The parent may see the child's data.
    pub may_see: Option<bool>,
}

impl Roster<'_> {
    /// The parents of a student, mother first. Whoever has no name yet is left out.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn parents(
        &self,
        visit: &Visit,
        actor: &Session,
        student: PersonId,
    ) -> Result<Vec<Relative>, AccessError> {
        self.student(visit, actor, Permission::ReadPersonalData, student).await?;
        let mut family = self.family(student).await?;
        family.retain(|relative| !relative.is_child);
        Ok(family)
    }

    /// Changes what a parent may, as to a student; `false` when it was so already.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] when they are not parent and student, [`AccessError::Refused`], also to the parent in question; the
    /// database's errors.
    pub async fn set_guardian_rights(
        &self,
        visit: &Visit,
        actor: &Session,
        student: PersonId,
        guardian: PersonId,
        change: RightsChange,
    ) -> Result<bool, AccessError> {
        let portal = self.portal;
        self.student(visit, actor, Permission::EditPersonalData, student).await?;
        if guardian == actor.person_id {
            // Nobody gives themselves what was taken from them as a parent.
            let access = portal.access();
            return Err(access.refuse(visit, actor, Permission::EditPersonalData, Some(student), &[]).await);
        }
        let mut tx = portal.db().begin().await?;
        let before = guardians::lock_rights(&mut tx, student, guardian).await?.ok_or(AccessError::NotFound)?;
        let after = (change.may_contact.unwrap_or(before.0), change.may_see.unwrap_or(before.1));
        if after == before {
            return Ok(false);
        }
        guardians::update_rights(&mut tx, student, guardian, after.0, after.1).await?;
        let shown = |(may_contact, may_see): (bool, bool)| json!({ "may_contact": may_contact, "may_see": may_see });
        let entry = AuditEntry::new(AuditEvent::GuardianChanged, Outcome::Success, visit)
            .actor(actor.person_id)
            .person(student)
            .detail("guardian", guardian.to_string())
            .detail("what", "rights")
            .before(shown(before))
            .after(shown(after));
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Takes a parent away from a student: the parent sees the child no longer, and no letter about the child goes to them. Their own
    /// record and account stay, and so does what they are to other children.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] when they are not parent and student, [`AccessError::Refused`], also to the parent in question; the
    /// database's errors.
    pub async fn remove_guardian(
        &self,
        visit: &Visit,
        actor: &Session,
        student: PersonId,
        guardian: PersonId,
    ) -> Result<(), AccessError> {
        let portal = self.portal;
        let ties = self.student(visit, actor, Permission::EditPersonalData, student).await?;
        if guardian == actor.person_id {
            // As with the rights: what staff are as parents, others decide.
            let access = portal.access();
            return Err(access.refuse(visit, actor, Permission::EditPersonalData, Some(student), &[]).await);
        }
        let mut tx = portal.db().begin().await?;
        // An import that is at the child waits, or is waited for: it must not write the tie anew.
        people::lock_record(&mut tx, student).await?.ok_or(AccessError::NotFound)?;
        let before = guardians::delete(&mut tx, student, guardian, portal.now()).await?.ok_or(AccessError::NotFound)?;
        let classes: BTreeSet<Uuid> =
            ties.classes.iter().filter(|tie| tie.as_student).map(|tie| tie.class_id).collect();
        let events: Vec<_> = classes.into_iter().map(|class| ClassEvent::Roster { class_id: ClassId(class) }).collect();
        tx.announce(&events).await?;
        let entry = AuditEntry::new(AuditEvent::GuardianChanged, Outcome::Success, visit)
            .actor(actor.person_id)
            .person(student)
            .detail("guardian", guardian.to_string())
            .detail("what", "removed")
            .before(json!({
                "relation": before.relation,
                "may_contact": before.may_contact != 0,
                "may_see": before.may_see != 0,
            }))
            .after(json!({ "relation": null, "may_contact": null, "may_see": null }));
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Parents and children of a person: parents first, each kind in the order of the relation.
    pub(super) async fn family(&self, person: PersonId) -> Result<Vec<Relative>, AccessError> {
        let mut family = Vec::new();
        for row in guardians::list_relatives(self.portal.db(), person).await? {
            // Of whom nothing but a contact was typed so far, there is nothing to show.
            let Some(name) = name_on_file(&row.surname, &row.given_name, row.patronymic.as_deref()) else { continue };
            family.push(Relative {
                id: PersonId(row.id),
                name,
                relation: Relation::from_code(&row.relation)
                    .ok_or(StoreError::Corrupt { column: "guardians.relation" })?,
                is_child: row.is_child != 0,
                may_contact: row.may_contact != 0,
                may_see: row.may_see != 0,
            });
        }
        family.sort_by_key(|relative| (relative.is_child, relative.relation, relative.id));
        Ok(family)
    }

    /// What a person belongs to, when the actor may do something to them as a student: not as somebody's parent. A refusal is written
    /// down.
    pub(super) async fn student(
        &self,
        visit: &Visit,
        actor: &Session,
        permission: Permission,
        student: PersonId,
    ) -> Result<Ties, AccessError> {
        let access = self.portal.access();
        let ties = access.ties(student).await?;
        let targets = ties.student_targets();
        if targets.iter().any(|target| access.has(actor, permission, target)) {
            return Ok(ties);
        }
        Err(access.refuse(visit, actor, permission, Some(student), &targets).await)
    }
}
