//! Tries that are refused before anything is looked at: while a wait runs, by an address that failed very often, at a dead code.
//!
//! They are in the audit log, too, but a flood of them must not fill it: of one subject and one reason there is one row until that
//! reason ends. What begins a wait, or kills a code, was failures, and of those each has a row; so these never outnumber them.

use crate::audit::AuditEntry;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::portal::{Portal, SignInError};
use crate::store::Tx;
use crate::store::throttles::{self, ThrottleRow};

/// A try that is refused unseen.
pub(crate) struct Refused<'a> {
    /// Which of the reasons it is, as a scope of the limits.
    pub scope: &'static str,
    /// Whom the reason holds against: 32 bytes, or more that narrow them down.
    pub subject: &'a [u8],
    /// When the reason ends.
    pub until: Timestamp,
    /// What the visitor is told.
    pub error: &'a SignInError,
}

impl Refused<'_> {
    pub(crate) const PASSWORD_WAIT: &'static str = "refused.password_wait";
    pub(crate) const CODE_WAIT: &'static str = "refused.code_wait";
    pub(crate) const CODE_DEAD: &'static str = "refused.code_dead";
    pub(crate) const ADDRESS: &'static str = "refused.address";

    /// Writes it down, outside a transaction: of a flood all but the first cost one look.
    pub(crate) async fn tell(&self, portal: &Portal, failed: AuditEntry, now: Timestamp) -> Result<(), StoreError> {
        let row = throttles::read(portal.db(), self.scope, self.subject).await?;
        if row.is_some_and(|row| row.expires_at > now) {
            return Ok(());
        }
        let mut tx = portal.db().begin().await?;
        self.tell_in(portal, &mut tx, failed, now).await?;
        tx.commit().await
    }

    /// Writes it down inside the caller's transaction, unless that was done since the reason began.
    pub(crate) async fn tell_in(
        &self,
        portal: &Portal,
        tx: &mut Tx,
        failed: AuditEntry,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = throttles::lock(tx, self.scope, self.subject).await?;
        if row.expires_at > now {
            return Ok(());
        }
        let told = ThrottleRow { count: 1, window_started_at: now, blocked_until: 0, expires_at: self.until };
        throttles::update(tx, self.scope, self.subject, &told).await?;
        portal.audit().append(tx, failed.detail("reason", self.error.code())).await?;
        Ok(())
    }
}
