//! Sends what the outbox holds: leases rows, writes their texts, hands them to a gateway, says how it went.
//!
//! At least once: a worker that dies leaves its lease to run out, and another sends the row again under the same
//! idempotency key. A row that outlived its purpose is dropped, never sent late.

use std::time::Duration;

use domain::{Email, Mobile};
use services::StoreError;
use services::delivery::{Delivery, DeliveryError, FailureKind, Mail, Sms};
use services::outbox::LeasedMessage;
use services::portal::Portal;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::messages::{Composed, MessageTexts};

/// How the worker works.
#[derive(Clone, Copy, Debug)]
pub struct OutboxSettings {
    /// Rows leased at once, and sent side by side.
    pub batch: u32,
    /// How long a lease lasts, in milliseconds: longer than any gateway's time-out.
    pub lease_ms: i64,
    /// The longest pause between looks, for rows that another replica or a back-off made due.
    pub poll: Duration,
}

/// What a worker needs.
#[derive(Clone)]
pub struct OutboxWorker {
    /// The portal.
    pub portal: Portal,
    /// The gateways.
    pub delivery: Delivery,
    /// The texts.
    pub texts: MessageTexts,
    /// How to work.
    pub settings: OutboxSettings,
    /// Names this worker in its leases.
    pub owner: String,
}

impl OutboxWorker {
    /// Works until told to stop; a message under way is finished.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let outbox = self.portal.outbox();
        while !*stop.borrow() {
            let sent = match self.round().await {
                Ok(sent) => sent,
                Err(error) => {
                    tracing::error!(code = error.code(), error = %error, "the outbox can't be read");
                    0
                }
            };
            if sent > 0 {
                continue;
            }
            tokio::select! {
                () = outbox.wait_for_work(self.settings.poll) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// One look: leases what is due and sends it. Returns how many rows it had.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn round(&self) -> Result<usize, StoreError> {
        self.portal.outbox().expire().await?;
        let leased = self.portal.outbox().lease(&self.owner, self.settings.batch, self.settings.lease_ms).await?;
        let count = leased.len();
        let mut sending = JoinSet::new();
        for message in leased {
            let worker = self.clone();
            sending.spawn(async move { worker.send(message).await });
        }
        while let Some(done) = sending.join_next().await {
            match done {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::error!(code = error.code(), error = %error, "the outbox can't be written; the lease will run out");
                }
                Err(_) => tracing::error!(code = "OUT-PANIC", "a sender stopped; the lease will run out"),
            }
        }
        Ok(count)
    }

    /// Sends one message and says how it went. A lease that ran out meanwhile belongs to another worker: nothing is said.
    async fn send(&self, message: LeasedMessage) -> Result<(), StoreError> {
        let outbox = self.portal.outbox();
        let channel = message.channel.code();
        let count = |outcome: &'static str| {
            metrics::counter!("schoolgate_messages_total", "channel" => channel, "outcome" => outcome).increment(1);
        };
        let outcome = match self.texts.compose(message.channel, &message.event, message.locale, &message.payload) {
            Ok(composed) => self.hand_over(&message, composed).await,
            Err(error) => Err(Unsent::Never(error.code())),
        };
        match outcome {
            Ok(gateway) => {
                count("sent");
                outbox.sent(&message, &gateway).await?;
            }
            Err(Unsent::Never(code)) => {
                tracing::error!(code, message_id = %message.id, event = message.event, "a message can't be sent");
                count("refused");
                outbox.fail(&message, code).await?;
            }
            Err(Unsent::Later(error)) => {
                let attempts = message.attempts;
                tracing::warn!(code = error.code, message_id = %message.id, attempts, error = %error, "a message was not taken");
                count("retry");
                outbox.retry(&message, error.code).await?;
            }
        }
        Ok(())
    }

    async fn hand_over(&self, message: &LeasedMessage, composed: Composed) -> Result<String, Unsent> {
        let idempotency_key = message.idempotency_key.clone();
        let delivered = match composed {
            Composed::Sms(text) => {
                let to = Mobile::from_e164(&message.recipient).map_err(|_| Unsent::Never(BAD_RECIPIENT))?;
                self.delivery.send_sms(&Sms { to, text, idempotency_key }).await
            }
            Composed::Mail { subject, text, html } => {
                let to = Email::parse(&message.recipient).map_err(|_| Unsent::Never(BAD_RECIPIENT))?;
                let locale = message.locale;
                self.delivery.send_mail(&Mail { to, subject, text, html, locale, idempotency_key }).await
            }
        };
        match delivered {
            Ok(delivered) => Ok(delivered.gateway),
            Err(error) if error.kind == FailureKind::Permanent => Err(Unsent::Never(error.code)),
            Err(error) => Err(Unsent::Later(error)),
        }
    }
}

/// The stored recipient is not of its channel's form.
const BAD_RECIPIENT: &str = "MSG-03";

/// Why a message was not sent.
enum Unsent {
    /// Trying again does not help; a stable code says why.
    Never(&'static str),
    /// The gateways failed.
    Later(DeliveryError),
}
