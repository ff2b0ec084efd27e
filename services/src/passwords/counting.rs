//! Against whom a failed password is counted (OWASP authentication cheat sheet, "device cookies").
//!
//! A browser that has signed in to this account before is counted by itself: strangers who guess at the account cannot make its owner
//! wait. Every other request counts against the account, and against the account from this address; so the owner's success, which
//! forgets what was counted against the account, does not free the address that guesses. In a listed school network only the latter
//! counts: from outside nobody can make a class wait.
//!
//! The account stands for what was typed, whether somebody has this user code or not.

use crate::audit::AuditEntry;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::portal::{Portal, SignInError};
use crate::refused::Refused;
use crate::store::Tx;
use crate::store::throttles::{self as rows, Key, ScopedRows};
use crate::throttles::{self, Failures, Waits};
use crate::visit::Visit;

/// Bytes of a MAC that narrow a subject down; enough that two addresses never meet.
const NARROWED: usize = 16;

pub(crate) struct Counts {
    keys: [Option<(&'static str, Vec<u8>)>; 2],
}

/// The rows of the counts, locked until the end of the transaction.
pub(crate) struct Locked {
    rows: ScopedRows,
}

impl Counts {
    pub(crate) fn new(portal: &Portal, visit: &Visit, typed: &str, device: Option<[u8; 32]>) -> Self {
        let account = throttles::user_code_subject(portal.sealer(), typed);
        let narrowed = |by: &[u8]| account.iter().chain(by.iter().take(NARROWED)).copied().collect::<Vec<u8>>();
        if let Some(device) = device {
            return Self { keys: [Some(("password.device", narrowed(&device))), None] };
        }
        let trusted = visit.address.is_some_and(|address| portal.settings().addresses.trusts(address));
        let by_account = (!trusted).then(|| ("password.account", account.to_vec()));
        let by_address = visit.address.map(|address| {
            let address = throttles::address_subject(portal.sealer(), address);
            ("password.address", narrowed(&address))
        });
        Self { keys: [by_account, by_address] }
    }

    fn each(&self) -> impl Iterator<Item = Failures<'_>> {
        self.keys.iter().flatten().map(|(scope, subject)| Failures { scope, subject })
    }

    fn keys(&self) -> [Option<Key<'_>>; 2] {
        self.keys.each_ref().map(|key| key.as_ref().map(|(scope, subject)| (*scope, &subject[..])))
    }

    /// The longest wait that is running, and against whom.
    fn wait(&self, rows: &ScopedRows, now: Timestamp) -> Option<(Timestamp, &[u8])> {
        self.each()
            .filter_map(|failures| Some((throttles::running(&rows.of(failures.scope), now)?, failures.subject)))
            .max_by_key(|(until, _)| *until)
    }

    /// Whether a password may be tried: before it is hashed, and outside a transaction. If not, that is written down as `failed`.
    ///
    /// # Errors
    /// [`SignInError::Wait`] while a wait runs, [`SignInError::TooMany`] when the address has failed very often; the database's errors.
    pub(crate) async fn may_try(
        &self,
        portal: &Portal,
        visit: &Visit,
        failed: AuditEntry,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        let [first, second] = self.keys();
        let address = portal.codes().address_failures(visit);
        let third = address.as_ref().map(|span| (span.scope, &span.subject[..]));
        let rows = rows::read_three(portal.db(), [first, second, third]).await?;
        if let Some((until, subject)) = self.wait(&rows, now) {
            let error = SignInError::Wait { retry_at: until };
            let refused = Refused { scope: Refused::PASSWORD_WAIT, subject, until, error: &error };
            refused.tell(portal, failed, now).await?;
            return Err(error);
        }
        let Some(span) = &address else { return Ok(()) };
        let Some(until) = span.full_by(&rows.of(span.scope), now) else { return Ok(()) };
        let error = SignInError::TooMany { retry_at: until };
        let refused = Refused { scope: Refused::ADDRESS, subject: &span.subject, until, error: &error };
        refused.tell(portal, failed, now).await?;
        Err(error)
    }

    /// Why a password is not answered although it was hashed: guesses made at the same time have begun a wait. The caller commits
    /// what is written down.
    pub(crate) async fn waiting(
        &self,
        portal: &Portal,
        tx: &mut Tx,
        locked: &Locked,
        failed: impl FnOnce() -> AuditEntry,
        now: Timestamp,
    ) -> Result<Option<SignInError>, StoreError> {
        let Some((until, subject)) = self.wait(&locked.rows, now) else { return Ok(None) };
        let error = SignInError::Wait { retry_at: until };
        let refused = Refused { scope: Refused::PASSWORD_WAIT, subject, until, error: &error };
        refused.tell_in(portal, tx, failed(), now).await?;
        Ok(Some(error))
    }

    pub(crate) async fn lock(&self, tx: &mut Tx) -> Result<Locked, StoreError> {
        Ok(Locked { rows: rows::lock_two(tx, self.keys()).await? })
    }

    /// Counts a failure; whether it is the one that begins the waits.
    pub(crate) async fn count(
        &self,
        portal: &Portal,
        tx: &mut Tx,
        locked: &Locked,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let waits = Waits::of_passwords(&portal.settings().passwords);
        let mut begins = false;
        for failures in self.each() {
            begins |= failures.count(tx, locked.rows.of(failures.scope), waits, now).await?;
        }
        Ok(begins)
    }

    /// Forgets the failures, whether or not there were any.
    pub(crate) async fn forget(&self, tx: &mut Tx) -> Result<(), StoreError> {
        for failures in self.each() {
            failures.forget(tx).await?;
        }
        Ok(())
    }

    /// As [`Counts::forget`], of rows that were looked at.
    pub(crate) async fn forget_locked(&self, tx: &mut Tx, locked: &Locked) -> Result<(), StoreError> {
        for failures in self.each() {
            failures.forget_locked(tx, &locked.rows.of(failures.scope)).await?;
        }
        Ok(())
    }
}
