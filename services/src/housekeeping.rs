//! Removal of what is over. Nothing depends on it being punctual: every reader looks at the times itself.

use crate::class_events::DEAD_AFTER_MS;
use crate::clock::{DAY, Timestamp};
use crate::error::StoreError;
use crate::portal::Portal;
use crate::review_queue;
use crate::store::{
    contact_changes, devices, flows, gosuslugi, idempotency, imports, passwords, presence, registrations, reviews,
    sessions, throttles,
};

/// Rows removed in one transaction: few, because on SQLite everybody else who writes waits for it.
const BATCH: i64 = 500;

/// How long the delivery log shows a message that was sent, failed or dropped; what it said is erased at once.
const MESSAGES_KEPT_DAYS: u32 = 30;

/// How long an expired link can still be told from one that never was.
const TICKETS_KEPT_MS: i64 = 30 * DAY;

/// How long it is told why somebody could not sign in through Gosuslugi.
const TRIES_KEPT_MS: i64 = 180 * DAY;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Browsers that waited for a code.
    pub flows: u64,
    /// Contacts whose code nobody answered.
    pub contact_changes: u64,
    /// Sessions that were over.
    pub sessions: u64,
    /// Counts that no longer count.
    pub throttles: u64,
    /// Browsers not used for long.
    pub devices: u64,
    /// Registrations that were not finished, or done with.
    pub registrations: u64,
    /// Password wizards that were not finished, or done with.
    pub password_flows: u64,
    /// Links that expired long ago.
    pub tickets: u64,
    /// Messages that were done with long ago.
    pub messages: u64,
    /// Browsers that were closed with a class open.
    pub presence: u64,
    /// Answers that are not given again.
    pub idempotency_keys: u64,
    /// Decided requests for review whose answers were erased.
    pub reviews: u64,
    /// Rosters' files that were never imported, or done with.
    pub imports: u64,
    /// Browsers that did not come back from Gosuslugi.
    pub gosuslugi_flows: u64,
    /// Tries to sign in through Gosuslugi, of long ago.
    pub gosuslugi_tries: u64,
}

/// Removal of what is over.
#[derive(Clone, Copy)]
pub struct Housekeeping<'a> {
    pub(crate) portal: &'a Portal,
}

/// Runs a removal in transactions of [`BATCH`] rows until nothing is left of what was over at the beginning.
macro_rules! sweep {
    ($portal:expr, $remove:path, $before:expr) => {{
        let mut removed = 0;
        loop {
            let mut tx = $portal.db().begin().await?;
            let batch = $remove(&mut tx, $before, BATCH).await?;
            tx.commit().await?;
            removed += batch;
            if batch < BATCH.unsigned_abs() {
                break removed;
            }
        }
    }};
}

impl Housekeeping<'_> {
    /// Removes what is over now.
    ///
    /// # Errors
    /// The database's errors; what was removed before stays removed, the rest is left for the next time.
    pub async fn run(&self) -> Result<Swept, StoreError> {
        let portal = self.portal;
        let now: Timestamp = portal.now();
        let unused_since = now - portal.settings().sessions.device_lifetime_ms;
        Ok(Swept {
            flows: sweep!(portal, flows::delete_expired, now),
            contact_changes: sweep!(portal, contact_changes::delete_expired, now),
            sessions: sweep!(portal, sessions::delete_expired, now),
            throttles: sweep!(portal, throttles::delete_expired, now),
            devices: sweep!(portal, devices::delete_old, unused_since),
            registrations: sweep!(portal, registrations::delete_expired, now),
            password_flows: sweep!(portal, passwords::delete_flows, now),
            tickets: sweep!(portal, passwords::delete_tickets, now - TICKETS_KEPT_MS),
            messages: portal.outbox().purge(MESSAGES_KEPT_DAYS).await?,
            presence: sweep!(portal, presence::delete_dead, now - DEAD_AFTER_MS),
            idempotency_keys: sweep!(portal, idempotency::delete_expired, now),
            reviews: sweep!(portal, reviews::erase_decided, now - review_queue::KEPT_MS),
            imports: sweep!(portal, imports::delete_expired, now),
            gosuslugi_flows: sweep!(portal, gosuslugi::delete_flows, now),
            gosuslugi_tries: sweep!(portal, gosuslugi::delete_tries, now - TRIES_KEPT_MS),
        })
    }
}
