//! Against whom a failed password is counted (OWASP authentication cheat sheet, "device cookies").
//!
//! A browser that has signed in to this account before is counted by itself: strangers who guess at the account cannot make its owner
//! wait. Every other request counts against the account, and against the account from this address; so the owner's success, which
//! forgets what was counted against the account, does not free the address that guesses. In a listed school network only the latter
//! counts: from outside nobody can make a class wait.
//!
//! The account stands for what was typed, whether somebody has this user code or not.

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::portal::Portal;
use crate::store::throttles::ThrottleRow;
use crate::store::{Db, Tx};
use crate::throttles::{self, Failures, Waits};
use crate::visit::Visit;

/// Bytes of a MAC that narrow a subject down; enough that two addresses never meet.
const NARROWED: usize = 16;

pub(crate) struct Counts {
    keys: Vec<(&'static str, Vec<u8>)>,
}

/// The rows of the counts, locked until the end of the transaction.
pub(crate) struct Locked {
    rows: Vec<ThrottleRow>,
    /// The longest wait that is running.
    pub wait: Option<Timestamp>,
}

impl Counts {
    pub(crate) fn new(portal: &Portal, visit: &Visit, typed: &str, device: Option<[u8; 32]>) -> Self {
        let account = throttles::user_code_subject(portal.sealer(), typed);
        let narrowed = |by: &[u8]| account.iter().chain(by.iter().take(NARROWED)).copied().collect::<Vec<u8>>();
        if let Some(device) = device {
            return Self { keys: vec![("password.device", narrowed(&device))] };
        }
        let mut keys = Vec::with_capacity(2);
        let trusted = visit.address.is_some_and(|address| portal.settings().addresses.trusts(address));
        if !trusted {
            keys.push(("password.account", account.to_vec()));
        }
        if let Some(address) = visit.address {
            keys.push(("password.address", narrowed(&throttles::address_subject(portal.sealer(), address))));
        }
        Self { keys }
    }

    fn each(&self) -> impl Iterator<Item = Failures<'_>> {
        self.keys.iter().map(|(scope, subject)| Failures { scope, subject })
    }

    pub(crate) async fn wait(&self, db: &Db, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let mut longest = None;
        for failures in self.each() {
            longest = longest.max(failures.wait(db, now).await?);
        }
        Ok(longest)
    }

    pub(crate) async fn lock(&self, tx: &mut Tx, now: Timestamp) -> Result<Locked, StoreError> {
        let mut locked = Locked { rows: Vec::with_capacity(self.keys.len()), wait: None };
        for failures in self.each() {
            let (row, wait) = failures.lock(tx, now).await?;
            locked.rows.push(row);
            locked.wait = locked.wait.max(wait);
        }
        Ok(locked)
    }

    /// Counts a failure; whether it is the one that begins the waits.
    pub(crate) async fn count(
        &self,
        portal: &Portal,
        tx: &mut Tx,
        locked: Locked,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let waits = Waits::of_passwords(&portal.settings().passwords);
        let mut begins = false;
        for (failures, row) in self.each().zip(locked.rows) {
            begins |= failures.count(tx, row, waits, now).await?;
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

    /// As [`Counts::forget`], after a look: mostly there are none, and a row that counts nothing goes when all that is over does.
    pub(crate) async fn forget_locked(&self, tx: &mut Tx, locked: &Locked) -> Result<(), StoreError> {
        for (failures, row) in self.each().zip(&locked.rows) {
            if *row != ThrottleRow::default() {
                failures.forget(tx).await?;
            }
        }
        Ok(())
    }
}
