//! What was typed so far, as it is sealed into the row.

use std::net::IpAddr;

use domain::{BirthDate, Email, IdKind, Locale, Mobile, PersonIdentifier};
use serde::{Deserialize, Serialize};

use super::Who;
use crate::clock::Timestamp;
use crate::codes::{Address, Receiver};
use crate::error::StoreError;

/// A mobile that was proved by a code.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Proved {
    pub number: String,
    /// It is the one on file of the person who was recognised.
    pub on_file: bool,
}

/// Everything that was typed. Texts, not parsed values: they are parsed again when they are read. Has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Answers {
    id_kind: String,
    id_number: String,
    birth_date: String,
    child_kind: String,
    child_number: String,
    /// A mobile that was typed and whose code is awaited.
    #[serde(default)]
    awaiting: Option<String>,
    /// The mobile on file that the code was sent to.
    #[serde(default)]
    sent_to: Option<String>,
    #[serde(default)]
    pub proved: Option<Proved>,
    /// A mobile that replaces the proved one, proved itself.
    #[serde(default)]
    pub new_mobile: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    locale: Option<String>,
    #[serde(default)]
    pub consent: Option<String>,
    #[serde(default)]
    pub consent_at: Option<Timestamp>,
    /// Where it was handed in from, for the audit rows of the job.
    #[serde(default)]
    pub address: Option<IpAddr>,
}

const CORRUPT: StoreError = StoreError::Corrupt { column: "registrations.answers" };

impl Answers {
    /// The answers to the first step; `before` are those of a registration whose first step was answered anew.
    pub fn new(who: &Who, before: Option<Self>) -> Self {
        let (email, locale) = before.map(|before| (before.email, before.locale)).unwrap_or_default();
        Self {
            id_kind: who.identifier.kind().code().to_owned(),
            id_number: who.identifier.canonical().to_owned(),
            birth_date: who.birth_date.to_iso(),
            child_kind: who.child.kind().code().to_owned(),
            child_number: who.child.canonical().to_owned(),
            awaiting: None,
            sent_to: None,
            address: None,
            proved: None,
            new_mobile: None,
            email,
            locale,
            consent: None,
            consent_at: None,
        }
    }

    pub fn who(&self) -> Result<Who, StoreError> {
        let number = |kind: &str, number: &str| {
            IdKind::from_code(kind).and_then(|kind| PersonIdentifier::parse(kind, number).ok()).ok_or(CORRUPT)
        };
        Ok(Who {
            identifier: number(&self.id_kind, &self.id_number)?,
            birth_date: BirthDate::parse(&self.birth_date).map_err(|_| CORRUPT)?,
            child: number(&self.child_kind, &self.child_number)?,
        })
    }

    pub fn awaiting(&self) -> Result<Option<Mobile>, StoreError> {
        parsed(self.awaiting.as_deref())
    }

    pub fn set_awaiting(&mut self, mobile: Option<&Mobile>) {
        self.awaiting = mobile.map(|mobile| mobile.e164().to_owned());
    }

    /// Notes whom the code to the mobile on file goes to.
    pub fn set_sent_to(&mut self, receiver: Option<&Receiver>) {
        self.sent_to = receiver.and_then(|receiver| match &receiver.address {
            Address::Mobile(mobile) => Some(mobile.e164().to_owned()),
            Address::Email(_) => None,
        });
    }

    /// Whether the code went to this mobile: it may have been replaced on file since.
    pub fn was_sent_to(&self, mobile: &Mobile) -> bool {
        self.sent_to.as_deref() == Some(mobile.e164())
    }

    /// The mobile that the account will have.
    pub fn mobile(&self) -> Result<Option<Mobile>, StoreError> {
        parsed(self.new_mobile.as_deref().or(self.proved.as_ref().map(|proved| proved.number.as_str())))
    }

    pub fn email(&self) -> Result<Option<Email>, StoreError> {
        self.email.as_deref().map(Email::parse).transpose().map_err(|_| CORRUPT)
    }

    pub fn set_email(&mut self, email: &Email) {
        self.email = Some(email.as_str().to_owned());
    }

    pub fn locale(&self) -> Option<Locale> {
        self.locale.as_deref().and_then(Locale::from_code)
    }

    pub fn set_locale(&mut self, locale: Locale) {
        self.locale = Some(locale.code().to_owned());
    }
}

fn parsed(number: Option<&str>) -> Result<Option<Mobile>, StoreError> {
    number.map(Mobile::from_e164).transpose().map_err(|_| CORRUPT)
}
