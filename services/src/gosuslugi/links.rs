//! Which accounts at Gosuslugi sign somebody in, how the last tries went, and taking an account away.

use domain::{LastTry, Permission, Way};

use super::{Gosuslugi, Link, Try};
use crate::access::AccessError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::error::StoreError;
use crate::ids::{ClassId, GosuslugiLinkId, PersonId};
use crate::sessions::{Session, SignInMethod};
use crate::store::gosuslugi as rows;
use crate::store::tx::ClassEvent;
use crate::store::{enrolments, people, sessions};
use crate::visit::Visit;

/// Why an account at Gosuslugi was not taken away.
#[derive(Debug, thiserror::Error)]
pub enum UnlinkError {
    /// The rights do not reach so far, there is no such account of this person, or the database failed.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The proof of who asks is too old.
    #[error("fresh proof is needed")]
    ProofNeeded,
}

impl From<StoreError> for UnlinkError {
    fn from(error: StoreError) -> Self {
        Self::Access(error.into())
    }
}

/// Tries that are shown.
const TRIES: i64 = 20;

impl Gosuslugi<'_> {
    /// The accounts at Gosuslugi that sign a person in, the newest first. For the person, and for whoever sees their contacts.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn links(&self, visit: &Visit, actor: &Session, person: PersonId) -> Result<Vec<Link>, AccessError> {
        self.readable(visit, actor, person).await?;
        let rows = rows::list_links(self.portal.db(), person).await?;
        rows.into_iter()
            .map(|row| {
                let way = Way::ALL.into_iter().find(|way| way.code() == row.way);
                Ok(Link {
                    id: GosuslugiLinkId(row.id),
                    at: row.linked_at,
                    last_seen_at: row.last_seen_at,
                    way: way.ok_or(StoreError::Corrupt { column: "gosuslugi_links.way" })?,
                })
            })
            .collect()
    }

    /// The last tries that were about a person, the newest first. A sign-in by an account that is known already is none. For the same
    /// readers as [`Gosuslugi::links`].
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn tries(&self, visit: &Visit, actor: &Session, person: PersonId) -> Result<Vec<Try>, AccessError> {
        self.readable(visit, actor, person).await?;
        let rows = rows::list_tries(self.portal.db(), person, TRIES).await?;
        rows.into_iter()
            .map(|row| {
                let failure = match row.reason.as_deref() {
                    None => None,
                    Some(code) => {
                        Some(LastTry::from_code(code).ok_or(StoreError::Corrupt { column: "gosuslugi_tries.reason" })?)
                    }
                };
                Ok(Try { at: row.at, failure })
            })
            .collect()
    }

    /// Takes an account at Gosuslugi from a person: it signs them in no longer, and the sessions that began that way end. For the person,
    /// and for whoever may change their contacts; it asks for fresh proof, as those do. Should the account fit somebody later, by SNILS or
    /// a contact, it signs in again: what is wrong on file is to be mended first.
    ///
    /// # Errors
    /// [`UnlinkError`].
    pub async fn unlink(
        &self,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
        link: GosuslugiLinkId,
    ) -> Result<(), UnlinkError> {
        let portal = self.portal;
        if actor.person_id != person {
            portal.access().person(visit, actor, Permission::EditContacts, person).await?;
            portal.access().staff_guard(visit, actor, person).await?;
        }
        if !actor.is_fresh(portal.now()) {
            return Err(UnlinkError::ProofNeeded);
        }
        let mut tx = portal.db().begin().await?;
        // Whoever signs in with the account at this moment is waited for, and their session ends too.
        if !people::lock(&mut tx, person).await? {
            return Err(AccessError::NotFound.into());
        }
        if actor.person_id != person {
            tx = portal.access().staff_guard_within(tx, visit, actor, person).await?;
        }
        if !rows::delete_link(&mut tx, link.0, person).await? {
            return Err(AccessError::NotFound.into());
        }
        let ended = sessions::delete_of_method(&mut tx, person.0, SignInMethod::Gosuslugi.code()).await?;
        let classes = enrolments::list_classes_of(&mut tx, person).await?;
        let changed = |class| ClassEvent::Roster { class_id: ClassId(class) };
        tx.announce(&classes.into_iter().map(changed).collect::<Vec<_>>()).await?;
        let entry = AuditEntry::new(AuditEvent::GosuslugiUnlinked, Outcome::Success, visit)
            .actor(actor.person_id)
            .person(person)
            .detail("link", link.to_string())
            .detail("ended", ended);
        portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    async fn readable(self, visit: &Visit, actor: &Session, person: PersonId) -> Result<(), AccessError> {
        if actor.person_id != person {
            self.portal.access().person(visit, actor, Permission::ReadContacts, person).await?;
        }
        Ok(())
    }
}
