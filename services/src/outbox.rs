//! Messages to be delivered, written in the transaction that causes them: an event and a locale, not a text.
//!
//! At least once: a worker *leases* a message, and when it dies the lease runs out and another worker takes it. Gateways
//! get the idempotency key. What outlived its purpose is dropped; recipient and payload are erased when a message is done,
//! only the masked hint stays. A *decoy* does the same work for somebody who does not exist and is never delivered.
//!
//! States: `pending` → `sending` (leased) → `sent` | `failed` | `pending` again (back-off); `expired` from either; `decoy`.

mod message;

use std::time::Duration;

use domain::Locale;

use crate::clock::{DAY, MINUTE, SECOND, Timestamp};
use crate::context::Context;
use crate::crypto::columns;
use crate::error::{CryptoError, StoreError};
use crate::ids::{AccountId, MessageId};
use crate::rng::{self, Rng};
use crate::store::outbox::{self as rows, Lease, LeasedRow, MessageRow};
use crate::store::{Db, Tx};

pub use message::{Channel, LeasedMessage, NewDecoy, NewMessage};

/// The first wait after a failed try.
const BACKOFF_BASE: i64 = 5 * SECOND;
/// The longest wait between two tries.
const BACKOFF_CAP: i64 = 15 * MINUTE;

/// Figures for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxStats {
    /// Waiting to be sent, back-off included.
    pub pending: i64,
    /// Leased at this moment.
    pub sending: i64,
    /// Given up, not yet purged.
    pub failed: i64,
    /// Outlived, not yet purged.
    pub expired: i64,
    /// How long the oldest unsent message has waited, milliseconds; 0 when there is none.
    pub oldest_age_ms: i64,
}

/// The outbox.
#[derive(Clone)]
pub struct Outbox {
    context: Context,
}

impl Outbox {
    /// The outbox of this database.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Enqueues a message within the transaction that causes it. Workers of this process wake once it is committed.
    /// `None` when a message with the same idempotency key is there already; nothing was written then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn enqueue(&self, tx: &mut Tx, message: NewMessage) -> Result<Option<MessageId>, StoreError> {
        self.insert(tx, message, "pending").await
    }

    /// Does what [`Outbox::enqueue`] does, in the same time, for a message that nobody will get.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn enqueue_decoy(&self, tx: &mut Tx, decoy: NewDecoy) -> Result<Option<MessageId>, StoreError> {
        let message = NewMessage {
            idempotency_key: decoy.idempotency_key,
            channel: decoy.channel,
            event: decoy.event,
            locale: decoy.locale,
            account: None,
            recipient: decoy.channel.nobody().to_owned(),
            recipient_hint: String::new(),
            payload: decoy.payload,
            expires_at: decoy.expires_at,
        };
        self.insert(tx, message, "decoy").await
    }

    async fn insert(
        &self,
        tx: &mut Tx,
        message: NewMessage,
        state: &'static str,
    ) -> Result<Option<MessageId>, StoreError> {
        let Context { sealer, rng, .. } = &self.context;
        let now = self.context.now();
        let id = MessageId::new(now, rng.as_ref());
        let seal = |column, text: &str| sealer.seal(rng.as_ref(), column, id.0, text.as_bytes());
        let row = MessageRow {
            id,
            idempotency_key: &message.idempotency_key,
            channel: message.channel.code(),
            event: message.event,
            locale: message.locale.code(),
            account: message.account,
            recipient_sealed: seal(columns::OUTBOX_RECIPIENT, &message.recipient),
            recipient_hint: &message.recipient_hint,
            payload_sealed: seal(columns::OUTBOX_PAYLOAD, &message.payload.to_string()),
            state,
            created_at: now,
            expires_at: message.expires_at,
        };
        let inserted = rows::insert(tx, &row).await?;
        if inserted {
            tx.wake_outbox();
        }
        Ok(inserted.then_some(id))
    }

    /// Takes up to `limit` due messages for `owner` (a name that no other worker has) for `lease_ms` milliseconds.
    /// A message whose seal or text cannot be read is marked failed and left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lease(&self, owner: &str, limit: u32, lease_ms: i64) -> Result<Vec<LeasedMessage>, StoreError> {
        let now = self.context.now();
        let mut tx = self.context.db.begin().await?;
        let leased = rows::lease(&mut tx, owner, now, now.saturating_add(lease_ms), limit).await?;
        let mut messages = Vec::with_capacity(leased.len());
        for row in leased {
            let lease = Lease { id: MessageId(row.id), owner, attempts: row.attempts };
            match self.opened(&row, owner) {
                Ok(message) => messages.push(message),
                Err(code) => {
                    tracing::error!(message = %lease.id, code, "a message in the outbox cannot be read");
                    rows::finish(&mut tx, &lease, "failed", None, Some(code), now).await?;
                }
            }
        }
        tx.commit().await?;
        messages.sort_by_key(|message| (message.created_at, message.id));
        Ok(messages)
    }

    fn opened(&self, row: &LeasedRow, owner: &str) -> Result<LeasedMessage, &'static str> {
        const UNREADABLE: &str = "OUTBOX-01";
        let open = |column, sealed: &Option<Vec<u8>>| {
            let sealed = sealed.as_deref().ok_or(UNREADABLE)?;
            let bytes = self.context.sealer.open(column, row.id, sealed).map_err(|error: CryptoError| error.code())?;
            String::from_utf8(bytes).map_err(|_| UNREADABLE)
        };
        Ok(LeasedMessage {
            id: MessageId(row.id),
            idempotency_key: row.idempotency_key.clone(),
            channel: Channel::from_code(&row.channel).ok_or(UNREADABLE)?,
            event: row.event.clone(),
            locale: Locale::from_code(&row.locale).ok_or(UNREADABLE)?,
            account: row.account_id.map(AccountId),
            recipient: open(columns::OUTBOX_RECIPIENT, &row.recipient_sealed)?,
            payload: serde_json::from_str(&open(columns::OUTBOX_PAYLOAD, &row.payload_sealed)?)
                .map_err(|_| UNREADABLE)?,
            attempts: row.attempts,
            created_at: row.created_at,
            expires_at: row.expires_at,
            owner: owner.to_owned(),
        })
    }

    /// It was delivered by `gateway`; recipient and payload are erased. `false` when the lease had been lost meanwhile:
    /// another worker has it, and the person may get it twice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sent(&self, message: &LeasedMessage, gateway: &str) -> Result<bool, StoreError> {
        self.finish(message, "sent", Some(gateway), None).await
    }

    /// It can never be delivered; recipient and payload are erased. `false` when the lease had been lost.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn fail(&self, message: &LeasedMessage, error_code: &str) -> Result<bool, StoreError> {
        self.finish(message, "failed", None, Some(error_code)).await
    }

    async fn finish(
        &self,
        message: &LeasedMessage,
        state: &'static str,
        gateway: Option<&str>,
        error_code: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.context.db.begin().await?;
        let lease = message.lease();
        let done = rows::finish(&mut tx, &lease, state, gateway, error_code, self.context.now()).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// It could not be delivered now: it becomes due again after 5, 10, 20 … s, at most 15 min, between half and all of it
    /// by chance, so that many do not come back at once. Returns when; `None` when the lease had been lost.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn retry(&self, message: &LeasedMessage, error_code: &str) -> Result<Option<Timestamp>, StoreError> {
        let wait = backoff(message.attempts, self.context.rng.as_ref());
        let available_at = self.context.now().saturating_add(wait);
        let mut tx = self.context.db.begin().await?;
        let done = rows::retry(&mut tx, &message.lease(), available_at, error_code).await?;
        tx.commit().await?;
        Ok(done.then_some(available_at))
    }

    /// Drops messages that outlived their purpose (recipient and payload are erased) and deletes decoys. Returns how many
    /// messages were dropped. Workers call it about once a minute.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn expire(&self) -> Result<u64, StoreError> {
        let mut tx = self.context.db.begin().await?;
        rows::delete_decoys(&mut tx).await?;
        let expired = rows::expire(&mut tx, self.context.now()).await?;
        tx.commit().await?;
        Ok(expired)
    }

    /// Deletes messages that were done with more than `days` days ago. Returns how many. Their idempotency keys are
    /// forgotten, so `days` must be longer than anybody repeats a request.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn purge(&self, days: u32) -> Result<u64, StoreError> {
        let before = self.context.now().saturating_sub(i64::from(days) * DAY);
        let mut tx = self.context.db.begin().await?;
        let purged = rows::delete_finished(&mut tx, before).await?;
        tx.commit().await?;
        Ok(purged)
    }

    /// Figures for metrics.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stats(&self) -> Result<OutboxStats, StoreError> {
        let db: &Db = &self.context.db;
        let mut stats = OutboxStats::default();
        for row in rows::count_by_state(db).await? {
            match row.state.as_str() {
                "pending" => stats.pending = row.count,
                "sending" => stats.sending = row.count,
                "failed" => stats.failed = row.count,
                "expired" => stats.expired = row.count,
                _ => continue,
            }
            if matches!(row.state.as_str(), "pending" | "sending") {
                let age = self.context.now().saturating_sub(row.oldest);
                stats.oldest_age_ms = stats.oldest_age_ms.max(age);
            }
        }
        Ok(stats)
    }

    /// Returns when this process has committed a message, at once when it did since the last call, at the latest after
    /// `at_most`: other replicas' messages and back-offs are only found by looking.
    pub async fn wait_for_work(&self, at_most: Duration) {
        // Either way the worker looks into the outbox next.
        let _ = tokio::time::timeout(at_most, self.context.db.outbox_bell().notified()).await;
    }
}

/// The wait in milliseconds after so many tries.
fn backoff(attempts: i64, rng: &dyn Rng) -> i64 {
    let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 30)).unwrap_or(0);
    let full = BACKOFF_BASE.saturating_mul(1 << doublings).min(BACKOFF_CAP);
    let half = full / 2;
    let by_chance = rng::below(rng, u64::try_from(half + 1).unwrap_or(1));
    half + i64::try_from(by_chance).unwrap_or(half)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use crate::rng::SeededRng;

    #[test]
    fn waits_double_up_to_the_cap_and_are_spread() {
        let rng = SeededRng::new(3);
        for (attempts, full) in [(1, 5_000), (2, 10_000), (3, 20_000), (8, 640_000), (9, 900_000), (500, 900_000)] {
            let waits: Vec<i64> = (0..50).map(|_| backoff(attempts, &rng)).collect();
            assert!(waits.iter().all(|wait| (full / 2..=full).contains(wait)), "{attempts}: {waits:?}");
            assert!(waits.iter().any(|wait| wait != &waits[0]), "{attempts}: no spread");
        }
        assert!(backoff(0, &rng) <= 5_000);
        assert!(backoff(i64::MIN, &rng) <= 5_000);
    }
}
