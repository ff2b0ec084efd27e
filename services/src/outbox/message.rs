//! What goes into the outbox and what a worker takes out. `Debug` shows neither recipient nor payload.

use std::fmt;

use domain::Locale;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::{AccountId, MessageId};
use crate::store::outbox::Lease;

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Text message.
    Sms,
    /// E-mail.
    Mail,
}

impl Channel {
    /// The stored code, also a metric's label.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Mail => "mail",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "sms" => Some(Self::Sms),
            "mail" => Some(Self::Mail),
            _ => None,
        }
    }

    /// A recipient for decoys, as long as a real one usually is.
    pub(super) const fn nobody(self) -> &'static str {
        match self {
            Self::Sms => "+972500000000",
            Self::Mail => "nobody@nowhere.invalid",
        }
    }
}

/// A message to enqueue.
#[derive(Clone)]
pub struct NewMessage {
    /// Names the cause: a second message with the same key is not enqueued. Gateways see it, so no personal data.
    pub idempotency_key: String,
    /// How it travels.
    pub channel: Channel,
    /// Which text: a stable code such as `sign_in.code`.
    pub event: &'static str,
    /// In which language.
    pub locale: Locale,
    /// Whose message it is.
    pub account: Option<AccountId>,
    /// The mobile (E.164) or e-mail; sealed.
    pub recipient: String,
    /// The recipient masked, for staff who ask whether it went out.
    pub recipient_hint: String,
    /// What the text is made of; sealed.
    pub payload: Value,
    /// After this moment (Unix milliseconds) it is not worth sending.
    pub expires_at: Timestamp,
}

impl fmt::Debug for NewMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewMessage")
            .field("channel", &self.channel)
            .field("event", &self.event)
            .field("locale", &self.locale)
            .finish_non_exhaustive()
    }
}

/// What would be sent to somebody who does not exist: as [`NewMessage`], without recipient.
#[derive(Clone)]
pub struct NewDecoy {
    /// As long as a real one's.
    pub idempotency_key: String,
    /// As the real one's.
    pub channel: Channel,
    /// As the real one's.
    pub event: &'static str,
    /// As the real one's.
    pub locale: Locale,
    /// As long as a real one's.
    pub payload: Value,
    /// As the real one's.
    pub expires_at: Timestamp,
}

/// A message in the hands of one worker, until its lease runs out.
#[derive(Clone)]
pub struct LeasedMessage {
    /// The row.
    pub id: MessageId,
    /// To be handed to the gateway.
    pub idempotency_key: String,
    /// How it travels.
    pub channel: Channel,
    /// Which text.
    pub event: String,
    /// In which language.
    pub locale: Locale,
    /// Whose message it is.
    pub account: Option<AccountId>,
    /// The mobile (E.164) or e-mail.
    pub recipient: String,
    /// What the text is made of.
    pub payload: Value,
    /// Tries so far, this one included.
    pub attempts: i64,
    /// When it was enqueued, Unix milliseconds.
    pub created_at: Timestamp,
    /// After this moment it is not worth sending.
    pub expires_at: Timestamp,
    pub(super) owner: String,
}

impl fmt::Debug for LeasedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeasedMessage")
            .field("id", &self.id)
            .field("channel", &self.channel)
            .field("event", &self.event)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl LeasedMessage {
    pub(super) fn lease(&self) -> Lease<'_> {
        Lease { id: self.id, owner: &self.owner, attempts: self.attempts }
    }
}
