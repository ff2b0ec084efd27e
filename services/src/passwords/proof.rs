//! The password once more, by somebody who is signed in: proof for a sensitive change.
//!
//! Whoever holds a stolen session must not guess here more freely than at the sign-in: the same counts, the same waits, the same notice
//! to the owner, and the same hash for an account without a password.

use domain::Password;

use super::{Counts, Passwords};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::fresh_proof::ProofError;
use crate::portal::SignInError;
use crate::sessions::Session;
use crate::store::{accounts, sessions};
use crate::visit::Visit;

impl Passwords<'_> {
    /// Holds a password against the account of a session; the right one makes this session fresh.
    pub(crate) async fn prove(
        &self,
        visit: &Visit,
        session: &Session,
        password: &Password,
    ) -> Result<Timestamp, ProofError> {
        let portal = self.portal;
        let now = portal.now();
        let found = accounts::read(portal.db(), session.account_id.0).await?;
        let found = found.filter(accounts::AccountRow::is_active).ok_or(ProofError::SessionEnded)?;
        // An initial password proves nothing: it came by mail, and is good for choosing another only.
        let phc = found.password_hash.clone().ok_or(ProofError::NoPassword)?;
        let known_device = self.known_device(visit, Some(&found), now).await?;
        let counts = Counts::new(portal, visit, &found.user_code, known_device);
        let entry = |outcome| {
            let entry = AuditEntry::new(AuditEvent::FreshProof, outcome, visit);
            let entry = entry.actor(session.person_id).person(session.person_id);
            entry.detail("session", session.id.to_string())
        };
        counts.may_try(portal, visit, entry(Outcome::Failure), now).await?;
        let verdict = portal.hasher.verify(password, Some(&phc)).await.map_err(SignInError::from)?;

        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let locked = counts.lock(&mut tx).await?;
        // Guesses made at the same time may have begun a wait: then this one is not answered either, were it right.
        if let Some(refused) = counts.waiting(portal, &mut tx, &locked, || entry(Outcome::Failure), now).await? {
            tx.commit().await?;
            return Err(refused.into());
        }
        let account = accounts::find(&mut tx, found.id).await?;
        let same = account.is_some_and(|account| account.is_active() && account.password_hash.as_ref() == Some(&phc));
        if !(verdict.ok && same) {
            if counts.count(portal, &mut tx, &locked, now).await? {
                self.notify(&mut tx, visit, &found.user_code, Some(&found), now).await?;
            }
            portal.codes().count_address_failure(&mut tx, visit, now).await?;
            portal.audit().append(&mut tx, entry(Outcome::Failure)).await?;
            tx.commit().await?;
            return Err(SignInError::Wrong.into());
        }
        counts.forget_locked(&mut tx, &locked).await?;
        let fresh_until = now + portal.settings().sessions.fresh_ms;
        let (id, account) = (session.id.0, session.account_id.0);
        let fresh_until = sessions::update_fresh_until(&mut tx, id, account, fresh_until, now).await?;
        let fresh_until = fresh_until.ok_or(ProofError::SessionEnded)?;
        portal.audit().append(&mut tx, entry(Outcome::Success)).await?;
        tx.commit().await?;
        Ok(fresh_until)
    }
}
