//! The way in of a member of staff: the account with its first letter, and the contacts that both depend on.

use std::collections::BTreeMap;

use domain::{InitialPassword, Password, Permission, PersonField, PersonSaved, Target};

use super::{Staff, StaffError, acted};
use crate::access::{AccessError, stored_country};
use crate::audit::AuditEvent;
use crate::class_editor::{ChangeError, Edit};
use crate::clock::{HOUR, Timestamp};
use crate::hasher::HashError;
use crate::ids::{MessageId, PersonId, SchoolId};
use crate::registrations::FirstPassword;
use crate::sessions::Session;
use crate::store::{Tx, people, schools};
use crate::throttles::Span;
use crate::visit::Visit;

/// First letters in an hour by one member of staff: enough for a whole school before its year begins.
const INVITATIONS_PER_HOUR: u32 = 120;

const INVITATIONS: &str = "staff.invitations";

impl Staff<'_> {
    /// Gives a member of staff an account, and sends the first link and the user code to the e-mail on file. Sending them again is the
    /// help desk's.
    ///
    /// # Errors
    /// [`StaffError`].
    pub async fn invite(&self, visit: &Visit, actor: &Session, person: PersonId) -> Result<(), StaffError> {
        let portal = self.portal;
        let access = portal.access();
        access.person(visit, actor, Permission::EditStaff, person).await?;
        access.staff_guard(visit, actor, person).await?;
        if !access.ties(person).await?.is_staff() {
            return Err(StaffError::NoPost);
        }
        let record = people::read_record(portal.db(), person).await?.ok_or(AccessError::NotFound)?;
        can_be_invited(record.account_id.is_some(), record.email_sealed.is_some(), record.mobile_sealed.is_some())?;
        if actor.fresh_until <= portal.now() {
            return Err(StaffError::ProofNeeded);
        }
        let initial = InitialPassword::generate(&mut |bytes| portal.rng().fill(bytes));
        let secret = Password::new(initial.as_str()).map_err(|_| HashError::Stopped)?;
        // Outside the transaction: it takes long.
        let phc = portal.hasher.hash(&secret).await?;

        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        self.count_invitation(&mut tx, actor, now).await?;
        // Whoever invites the same person meanwhile waits here; what was found above may be so no longer.
        let account = people::lock_account_of(&mut tx, person).await?;
        let mut tx = access.staff_guard_within(tx, visit, actor, person).await?;
        if !access.ties_within(&mut tx, person).await?.is_staff() {
            return Err(StaffError::NoPost);
        }
        let contacts = portal.people().contacts_of(&mut tx, person).await?.ok_or(AccessError::NotFound)?;
        can_be_invited(account.is_some(), contacts.email.is_some(), contacts.mobile.is_some())?;
        let created = portal.accounts().create(&mut tx, visit, person, None, now).await?;
        // The first of the letters that an account gets in an hour: there is room for it.
        portal.help_desk().invitations(created.id).count(&mut tx, now).await?;
        let first = FirstPassword {
            account: created.id.0,
            user_code: created.user_code.to_string(),
            initial: &initial,
            phc: &phc,
            email: contacts.email,
            locale: contacts.locale.unwrap_or(visit.locale),
            idempotency_key: format!("invitation-{}", MessageId::new(now, portal.rng())),
        };
        portal.registrations().give_first_password(&mut tx, first, now).await?;
        let entry = acted(AuditEvent::InvitationSent, visit, actor, person).detail("first", true);
        portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    async fn count_invitation(&self, tx: &mut Tx, actor: &Session, now: Timestamp) -> Result<(), StaffError> {
        let subject = self.portal.sealer().mac("throttle.staff.actor", &[actor.person_id.0.as_bytes()]);
        let span = Span { scope: INVITATIONS, subject, limit: INVITATIONS_PER_HOUR, window_ms: HOUR };
        match span.count(tx, now).await? {
            None => Ok(()),
            Some(retry_at) => Err(StaffError::TooMany { retry_at }),
        }
    }

    /// Changes the mobile and the e-mail of somebody who works at this school, as they were typed, on top of the version that was seen.
    /// Of somebody who has an account that asks for fresh proof, and is told at the old addresses.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub async fn change_contacts(
        &self,
        visit: &Visit,
        actor: &Session,
        school: SchoolId,
        person: PersonId,
        base_version: i64,
        changes: &BTreeMap<PersonField, Option<String>>,
    ) -> Result<PersonSaved, ChangeError> {
        let portal = self.portal;
        let access = portal.access();
        let target = Target::School(school.0);
        access.require(visit, actor, Permission::EditStaff, &target).await?;
        access.person(visit, actor, Permission::EditStaff, person).await?;
        access.staff_guard(visit, actor, person).await?;
        let ties = access.ties(person).await?;
        if !ties.staff.contains(&target) || changes.keys().any(|field| !field.is_contact()) {
            return Err(ChangeError::Gone);
        }
        let school = schools::read(portal.db(), school.0).await?.ok_or(ChangeError::Gone)?;
        let country = stored_country(&school.country)?;
        let edit = Edit { person, ties: &ties, country, base_version, changes };
        portal.class_editor().change_staff(visit, actor, &edit).await
    }
}

/// What an invitation needs of its receiver.
fn can_be_invited(has_account: bool, has_email: bool, has_mobile: bool) -> Result<(), StaffError> {
    match (has_account, has_email, has_mobile) {
        (true, _, _) => Err(StaffError::HasAccount),
        (false, false, _) => Err(StaffError::NoEmail),
        (false, true, false) => Err(StaffError::NoMobile),
        (false, true, true) => Ok(()),
    }
}
