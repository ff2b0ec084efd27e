//! Putting messages into the outbox: an event and a language, not a text.

use domain::Locale;
use serde_json::Value;
use uuid::Uuid;

use super::Portal;
use crate::clock::Timestamp;
use crate::codes::Address;
use crate::error::StoreError;
use crate::ids::AccountId;
use crate::outbox::{Channel, NewDecoy, NewMessage};
use crate::store::Tx;

/// What a message's text is made of, and until when it is of use.
pub(crate) struct Text {
    pub idempotency_key: String,
    pub event: &'static str,
    pub locale: Locale,
    pub payload: Value,
    pub expires_at: Timestamp,
}

impl Portal {
    /// A message to the owner of an account, or of an address alone; for nobody, the same work and no message.
    pub(crate) async fn send(
        &self,
        tx: &mut Tx,
        to: Option<(Option<Uuid>, &Address)>,
        text: Text,
    ) -> Result<(), StoreError> {
        let Text { idempotency_key, event, locale, payload, expires_at } = text;
        let Some((account, address)) = to else {
            let channel = Channel::Sms;
            let decoy = NewDecoy { idempotency_key, channel, event, locale, payload, expires_at };
            self.outbox().enqueue_decoy(tx, decoy).await?;
            return Ok(());
        };
        let (channel, recipient, recipient_hint) = match address {
            Address::Mobile(mobile) => (Channel::Sms, mobile.e164().to_owned(), mobile.masked()),
            Address::Email(email) => (Channel::Mail, email.as_str().to_owned(), email.masked()),
        };
        let account = account.map(AccountId);
        let message = NewMessage {
            idempotency_key,
            channel,
            event,
            locale,
            account,
            recipient,
            recipient_hint,
            payload,
            expires_at,
        };
        self.outbox().enqueue(tx, message).await?;
        Ok(())
    }
}
