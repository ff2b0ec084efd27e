//! Putting messages into the outbox: an event and a language, not a text.

use domain::{Email, Locale, Mobile};
use serde_json::Value;
use uuid::Uuid;

use super::Portal;
use crate::clock::Timestamp;
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
    /// A text message to the owner of an account; for nobody, the same work and no message.
    pub(crate) async fn send_sms(
        &self,
        tx: &mut Tx,
        to: Option<(Uuid, &Mobile)>,
        text: Text,
    ) -> Result<(), StoreError> {
        let channel = Channel::Sms;
        let Text { idempotency_key, event, locale, payload, expires_at } = text;
        let Some((account, mobile)) = to else {
            let decoy = NewDecoy { idempotency_key, channel, event, locale, payload, expires_at };
            self.outbox().enqueue_decoy(tx, decoy).await?;
            return Ok(());
        };
        let message = NewMessage {
            idempotency_key,
            channel,
            event,
            locale,
            account: Some(AccountId(account)),
            recipient: mobile.e164().to_owned(),
            recipient_hint: mobile.masked(),
            payload,
            expires_at,
        };
        self.outbox().enqueue(tx, message).await?;
        Ok(())
    }

    /// A mail to the owner of an account.
    pub(crate) async fn send_mail(&self, tx: &mut Tx, account: Uuid, to: &Email, text: Text) -> Result<(), StoreError> {
        let Text { idempotency_key, event, locale, payload, expires_at } = text;
        let message = NewMessage {
            idempotency_key,
            channel: Channel::Mail,
            event,
            locale,
            account: Some(AccountId(account)),
            recipient: to.as_str().to_owned(),
            recipient_hint: to.masked(),
            payload,
            expires_at,
        };
        self.outbox().enqueue(tx, message).await?;
        Ok(())
    }
}
