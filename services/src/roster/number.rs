//! A person's ID number in clear, for those who may change the record. Showing it is a deed of its own in the audit
//! log.

use domain::{IdKind, Permission, PersonIdentifier};

use super::Roster;
use crate::access::AccessError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::crypto::columns;
use crate::ids::PersonId;
use crate::people::open;
use crate::sessions::Session;
use crate::store::people;
use crate::visit::Visit;

impl Roster<'_> {
    /// The ID number on file. That it was shown is in the audit log.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn id_number(
        &self,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
    ) -> Result<Option<PersonIdentifier>, AccessError> {
        let portal = self.portal;
        portal.access().person(visit, actor, Permission::EditPersonalData, person).await?;
        let row = people::find(portal.db(), person).await?.ok_or(AccessError::NotFound)?;
        let kind = row.id_type.as_deref().and_then(IdKind::from_code);
        let number = open(portal, columns::PEOPLE_ID_NUMBER, person.0, row.id_number_sealed.as_deref(), |text| {
            PersonIdentifier::parse(kind?, text).ok()
        })?;
        let entry = AuditEntry::new(AuditEvent::PersonalDataRead, Outcome::Success, visit)
            .actor(actor.person_id)
            .person(person)
            .detail("field", "id_number");
        let mut tx = portal.db().begin().await?;
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(number)
    }
}
