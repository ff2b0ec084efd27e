//! Handing messages over: SMS and mail, through gateways that stand in for one another.
//!
//! The rule: a message is offered to the gateways in the order of the configuration. One that fails for a
//! reason of its own (not reachable, out of money, wrong password) is followed by the next; a refusal of the
//! recipient ends the matter, because no other gateway would fare better. A gateway that has failed
//! [`CIRCUIT_FAILURES`] times in a row is asked last until [`CIRCUIT_COOL_DOWN_MS`] have passed.
//!
//! Delivery is at least once: an answer that got lost counts as a failure. What can recognise a repetition
//! (the folders, the mail's `Message-ID`, a gateway with a key of its own) gets the idempotency key.
//!
//! Recipients, texts and secrets appear in no error, no `Debug` output and no log line.

mod answer;
mod chain;
mod error;
mod folder;
mod gateways;
mod http;
mod key;
mod mail;
mod presets;
mod probe;
mod secret;
mod settings;
pub mod sms;
mod smtp;
mod template;
pub(crate) mod tls;

pub use answer::AnswerTest;
pub use chain::{CIRCUIT_COOL_DOWN_MS, CIRCUIT_FAILURES};
pub use error::{DeliveryError, FailureKind};
pub use http::MAX_ANSWER_BYTES;
pub use presets::Preset;
pub use probe::{Channel, ProbeProblem, ProbeReport};
pub use secret::{Secret, SecretSource};
pub use settings::{
    FolderSettings, HttpAuth, HttpBody, HttpMethod, HttpSmsApi, HttpSmsSettings, InvalidSettings, MailFolderSettings,
    MailGatewaySettings, PhoneFormat, SettingsProblem, SmsGatewaySettings, SmtpSettings, SmtpTls,
};
pub(crate) use template::form_component;

use std::fmt;
use std::sync::Arc;

use domain::{Email, Locale, Mobile};

use crate::Clock;
use chain::Chain;
use gateways::{MailGateway, SmsGateway};

/// One text message, ready to go.
#[derive(Clone)]
pub struct Sms {
    /// Who gets it.
    pub to: Mobile,
    /// The text, in the person's language; [`sms::parts`] counts what it costs.
    pub text: String,
    /// The same key means the same message: sending it twice must not show it twice where a gateway can tell.
    pub idempotency_key: String,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sms").field("idempotency_key", &self.idempotency_key).finish_non_exhaustive()
    }
}

/// One mail, ready to go, as plain text and as HTML.
#[derive(Clone)]
pub struct Mail {
    /// Who gets it.
    pub to: Email,
    /// The subject; control characters become spaces.
    pub subject: String,
    /// The plain-text body.
    pub text: String,
    /// The HTML body with the same content.
    pub html: String,
    /// The language of both bodies (`Content-Language`).
    pub locale: Locale,
    /// The same key means the same message and makes the same `Message-ID`.
    pub idempotency_key: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("locale", &self.locale)
            .field("idempotency_key", &self.idempotency_key)
            .finish_non_exhaustive()
    }
}

/// Who took the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The gateway's name in the configuration.
    pub gateway: String,
}

/// The gateways of this deployment. Cheap to clone; clones share the record of recent failures.
#[derive(Clone)]
pub struct Delivery {
    inner: Arc<Inner>,
}

struct Inner {
    sms: Chain<SmsGateway>,
    mail: Chain<MailGateway>,
    clock: Arc<dyn Clock>,
}

impl Delivery {
    /// Makes the gateways ready: reads secrets and certificates from their files and checks every key.
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// [`InvalidSettings`] with every problem found, each with its key and how to mend it.
    pub fn new(
        sms: Vec<SmsGatewaySettings>,
        mail: Vec<MailGatewaySettings>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, InvalidSettings> {
        let mut problems = Vec::new();
        let sms = gateways::build("sms", &sms, &mut problems);
        let mail = gateways::build("mail", &mail, &mut problems);
        if problems.is_empty() {
            Ok(Self { inner: Arc::new(Inner { sms: Chain::new(sms), mail: Chain::new(mail), clock }) })
        } else {
            Err(InvalidSettings(problems))
        }
    }

    /// Offers a text message to the SMS gateways in order.
    ///
    /// # Errors
    /// [`FailureKind::Permanent`] when a gateway refused the number; [`FailureKind::Temporary`] when all of
    /// them failed or none is configured. The error is that of the gateway tried last.
    pub async fn send_sms(&self, message: &Sms) -> Result<Delivered, DeliveryError> {
        self.inner.sms.send(&*self.inner.clock, message).await
    }

    /// Offers a mail to the mail gateways in order.
    ///
    /// # Errors
    /// As [`Delivery::send_sms`]; permanent is a refused address.
    pub async fn send_mail(&self, message: &Mail) -> Result<Delivered, DeliveryError> {
        self.inner.mail.send(&*self.inner.clock, message).await
    }

    /// Looks whether each gateway could be used now, sending nothing: SMTP signs in and leaves, HTTP connects
    /// (with TLS), a folder is written to. One report per gateway, SMS first, in the order of the configuration.
    pub async fn probe(&self) -> Vec<ProbeReport> {
        let mut reports = self.inner.sms.probe(Channel::Sms).await;
        reports.extend(self.inner.mail.probe(Channel::Mail).await);
        reports
    }

    /// Whether any SMS gateway is configured.
    pub fn has_sms(&self) -> bool {
        !self.inner.sms.is_empty()
    }

    /// Whether any mail gateway is configured.
    pub fn has_mail(&self) -> bool {
        !self.inner.mail.is_empty()
    }
}
