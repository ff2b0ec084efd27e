//! What happens in a class while it is open somewhere: saved changes, and who else is there.
//!
//! Events name things by id; what they mean is read anew for each reader, with that reader's rights ([`ClassEvents::person`]). In one
//! process they travel by a bell at the commit; between replicas by PostgreSQL, inside the transaction ([`ClassEvents::listen`]).

use std::collections::HashSet;
use std::time::Duration;

use domain::{Permission, PersonRecord};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::access::AccessError;
use crate::class_editor::record_of;
use crate::clock::{SECOND, Timestamp};
use crate::ids::{ClassId, PersonId};
use crate::people::short_name;
use crate::portal::Portal;
use crate::sessions::Session;
use crate::store::{Db, people, person_fields, presence};
use crate::visit::Visit;

pub use crate::store::tx::ClassEvent;

/// Who was not seen for so long has closed the class, or the computer.
pub(crate) const DEAD_AFTER_MS: i64 = 45 * SECOND;
/// A heartbeat is written at most so often: on SQLite it takes its turn with the edits.
const BEAT_EVERY_MS: i64 = 15 * SECOND;
/// How long to wait before other replicas are listened to again.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);

/// Hears what happens in one class.
pub struct Subscription {
    class: ClassId,
    receiver: Receiver<ClassEvent>,
}

impl Subscription {
    /// The next event. Whoever was too slow for some is told to read the class anew; `None` never comes while the portal runs.
    pub async fn next(&mut self) -> Option<ClassEvent> {
        match self.receiver.recv().await {
            Ok(event) => Some(event),
            Err(RecvError::Lagged(_)) => Some(ClassEvent::Roster { class_id: self.class }),
            Err(RecvError::Closed) => None,
        }
    }
}

/// Somebody who has a class open.
#[derive(Clone, PartialEq, Eq)]
pub struct Present {
    /// Who.
    pub person_id: PersonId,
    /// The short form of the name.
    pub name: String,
    /// Two letters for a badge.
    pub initials: String,
    /// Whether it is the one who asks.
    pub me: bool,
}

impl std::fmt::Debug for Present {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Present").field("person_id", &self.person_id).field("me", &self.me).finish_non_exhaustive()
    }
}

/// What happens in a class while it is open somewhere.
#[derive(Clone, Copy)]
pub struct ClassEvents<'a> {
    pub(crate) portal: &'a Portal,
}

impl ClassEvents<'_> {
    /// Hears what happens in a class from now on. Whether somebody may is for the caller to ask ([`crate::access::Access::class`]), and for
    /// each event again.
    pub fn subscribe(&self, class: ClassId) -> Subscription {
        Subscription { class, receiver: self.portal.db().class_bells().subscribe(class) }
    }

    /// Hears what other replicas announce, for as long as the process runs. Does nothing where there are none (SQLite).
    pub async fn listen(db: Db) {
        loop {
            match db.hear_replicas().await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(code = error.code(), "other replicas cannot be heard; trying again");
                    tokio::time::sleep(LISTEN_AGAIN).await;
                }
            }
        }
    }

    /// What a change is turned into for one reader: the person as stored now, who changed them last (short name; empty when nobody of the
    /// staff did), and when.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] when the person is not in this class any more; [`AccessError`]'s others.
    pub async fn person(
        &self,
        visit: &Visit,
        actor: &Session,
        class: ClassId,
        person: PersonId,
    ) -> Result<(PersonRecord, String, Timestamp), AccessError> {
        let portal = self.portal;
        let ties = portal.access().ties(person).await?;
        let here = ties.classes.iter().find(|tie| tie.class_id == class.0).ok_or(AccessError::NotFound)?;
        portal.access().require(visit, actor, Permission::ReadContacts, &here.target()).await?;
        let row = people::read_record(portal.db(), person).await?.ok_or(AccessError::NotFound)?;
        let record = record_of(portal, &row)?;
        let last = person_fields::read(portal.db(), person).await?.into_iter().next();
        let (by, at) = match last {
            None => (String::new(), portal.now()),
            Some(last) if last.source == person_fields::STAFF => {
                let part = |part: Option<String>| part.unwrap_or_default();
                (short_name(&part(last.surname), &part(last.given_name), last.patronymic.as_deref()), last.changed_at)
            }
            Some(last) => (String::new(), last.changed_at),
        };
        Ok((record, by, at))
    }

    /// Notes that somebody has opened a class; the others there are told.
    ///
    /// # Errors
    /// [`AccessError::Refused`] (not written down: whoever opened the class has been asked already); the database's errors.
    pub async fn arrive(&self, actor: &Session, class: ClassId) -> Result<(), AccessError> {
        self.beat(actor, class).await
    }

    /// Notes that somebody still has a class open: to be called every quarter of a minute.
    ///
    /// # Errors
    /// As [`ClassEvents::arrive`].
    pub async fn beat(&self, actor: &Session, class: ClassId) -> Result<(), AccessError> {
        let portal = self.portal;
        let found = portal.access().find_class(class).await?;
        if !portal.access().has(actor, Permission::ReadContacts, &found.target()) {
            return Err(AccessError::Refused);
        }
        let now = portal.now();
        let seen = presence::read(portal.db(), class, actor.id).await?;
        if seen.is_some_and(|seen| seen + BEAT_EVERY_MS > now) {
            return Ok(());
        }
        let mut tx = portal.db().begin().await?;
        presence::upsert(&mut tx, class, actor.id, actor.person_id, &actor.display_name, now).await?;
        if seen.is_none_or(|seen| seen + DEAD_AFTER_MS <= now) {
            tx.announce(&[ClassEvent::Presence { class_id: class }]).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Notes that somebody has closed a class; the others there are told.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn leave(&self, actor: &Session, class: ClassId) -> Result<(), AccessError> {
        let mut tx = self.portal.db().begin().await?;
        if presence::delete(&mut tx, class, actor.id).await? {
            tx.announce(&[ClassEvent::Presence { class_id: class }]).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Who has a class open, each once.
    ///
    /// # Errors
    /// As [`ClassEvents::arrive`].
    pub async fn present(&self, actor: &Session, class: ClassId) -> Result<Vec<Present>, AccessError> {
        let portal = self.portal;
        let found = portal.access().find_class(class).await?;
        if !portal.access().has(actor, Permission::ReadContacts, &found.target()) {
            return Err(AccessError::Refused);
        }
        let rows = presence::list(portal.db(), class, portal.now() - DEAD_AFTER_MS).await?;
        let mut once = HashSet::new();
        Ok(rows
            .into_iter()
            .filter(|row| once.insert(row.person_id))
            .map(|row| Present {
                person_id: PersonId(row.person_id),
                initials: initials(&row.name),
                me: row.person_id == actor.person_id.0,
                name: row.name,
            })
            .collect())
    }
}

/// The first letters of surname and given name, of a short name: «Бутрович В. И.» is БВ.
fn initials(name: &str) -> String {
    name.split_whitespace().filter_map(|part| part.chars().find(|c| c.is_alphabetic())).take(2).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn a_badge_has_two_letters() {
        assert_eq!(initials("Бутрович В. И."), "БВ");
        assert_eq!(initials("לוי ד."), "לד");
        assert_eq!(initials("Ли"), "Л");
        assert_eq!(initials(""), "");
    }
}
