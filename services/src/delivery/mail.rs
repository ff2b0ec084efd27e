//! Putting a mail together (RFC 5322): both bodies as `multipart/alternative`, a `Message-ID` that follows from
//! the idempotency key, and `Auto-Submitted` (RFC 3834) so that no responder answers.

use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::Mail;
use super::error::{Failure, Fault};
use super::key::fingerprint;
use crate::Timestamp;

/// Who mails come from.
#[derive(Clone)]
pub(super) struct Sender {
    mailbox: Mailbox,
}

impl Sender {
    pub(super) fn new(address: &str, name: Option<&str>) -> Result<Self, String> {
        let address: Address =
            address.parse().map_err(|_| "is no mail address; write it as `portal@school.example`".to_owned())?;
        if name.is_some_and(|name| name.chars().any(char::is_control)) {
            return Err("the sender's name holds a control character".to_owned());
        }
        Ok(Self { mailbox: Mailbox::new(name.map(str::to_owned), address) })
    }

    /// Writes the mail. The same mail at the same time gives the same bytes.
    pub(super) fn compose(&self, mail: &Mail, now: Timestamp) -> Result<Message, Failure> {
        let to: Address = mail.to.as_str().parse().map_err(|_| Failure::new(Fault::Recipient))?;
        let key = fingerprint(&mail.idempotency_key);
        let since_epoch = Duration::from_millis(u64::try_from(now).unwrap_or_default());
        let bodies = MultiPart::alternative()
            .boundary(format!("=_{key:032x}"))
            .singlepart(SinglePart::plain(mail.text.clone()))
            .singlepart(SinglePart::html(mail.html.clone()));
        Message::builder()
            .from(self.mailbox.clone())
            .to(Mailbox::new(None, to))
            .subject(one_line(&mail.subject))
            .date(SystemTime::UNIX_EPOCH + since_epoch)
            .message_id(Some(format!("<{key:032x}@{}>", self.mailbox.email.domain())))
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", mail.locale.code()))
            .multipart(bodies)
            .map_err(|_| Failure::new(Fault::Message))
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// A subject is one line: a line break in it would start another header.
fn one_line(subject: &str) -> String {
    subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
