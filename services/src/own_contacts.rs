//! Changing one's own mobile or e-mail: a code goes to the new one, and the right answer puts it in the place of the old one, where that is
//! told (flows: personal area).
//!
//! Whoever has the mobile gets the account's codes, so it takes fresh proof to begin, and the change belongs to the session that began it.
//! Nobody is looked for by the new contact: families share phones and addresses, and whose else it is is not to be learned here. Codes to
//! what was typed are counted as in the registration, and by the account.

use std::fmt;

use domain::{Email, Mobile, Otp};

use crate::audit::AuditEvent;
use crate::clock::Timestamp;
use crate::codes::{Address, Answer, FlowPurpose, FlowView, Receiver, Start};
use crate::crypto::columns;
use crate::error::{CryptoError, StoreError};
use crate::ids::FlowId;
use crate::people::{ContactChange, OpenError, open};
use crate::portal::{Portal, SignInError};
use crate::sessions::Session;
use crate::settings::SENDS_WINDOW_MS;
use crate::store::contact_changes::{self as rows, ContactChangeRow};
use crate::store::flows::FlowRow;
use crate::store::{Tx, flows, people};
use crate::throttles::{Span, Subject, account_subject};
use crate::visit::Visit;

/// Codes that one account has sent to new contacts.
const SENDS: &str = "contact.sends";

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactKind {
    /// The mobile.
    Mobile,
    /// The e-mail.
    Email,
}

impl ContactKind {
    /// Stable code: `mobile`, `email`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Email => "email",
        }
    }

    /// Reads a stable code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Mobile, Self::Email].into_iter().find(|kind| kind.code() == code)
    }

    const fn purpose(self) -> FlowPurpose {
        match self {
            Self::Mobile => FlowPurpose::Mobile,
            Self::Email => FlowPurpose::Email,
        }
    }
}

/// A contact that somebody wants to have.
#[derive(Clone, PartialEq, Eq)]
pub enum NewContact {
    /// A mobile.
    Mobile(Mobile),
    /// An e-mail.
    Email(Email),
}

impl NewContact {
    /// What it is.
    pub const fn kind(&self) -> ContactKind {
        match self {
            Self::Mobile(_) => ContactKind::Mobile,
            Self::Email(_) => ContactKind::Email,
        }
    }

    /// As it is shown.
    pub fn masked(&self) -> String {
        match self {
            Self::Mobile(mobile) => mobile.masked(),
            Self::Email(email) => email.masked(),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Mobile(mobile) => mobile.e164(),
            Self::Email(email) => email.as_str(),
        }
    }

    fn read(kind: ContactKind, text: &str) -> Option<Self> {
        match kind {
            ContactKind::Mobile => Mobile::from_e164(text).ok().map(Self::Mobile),
            ContactKind::Email => Email::parse(text).ok().map(Self::Email),
        }
    }

    fn address(&self) -> Address {
        match self {
            Self::Mobile(mobile) => Address::Mobile(mobile.clone()),
            Self::Email(email) => Address::Email(email.clone()),
        }
    }

    /// Whom sendings and wrong codes are counted against: whoever has it, whichever account or registration asks.
    fn subject(&self, portal: &Portal) -> Subject {
        match self {
            Self::Mobile(mobile) => portal.sealer().mac("throttle.mobile", &[mobile.e164().as_bytes()]),
            Self::Email(email) => portal.sealer().mac("throttle.email", &[email.comparison_key().as_bytes()]),
        }
    }
}

impl fmt::Debug for NewContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NewContact").field(&self.kind()).finish()
    }
}

/// A change that waits for its code.
#[derive(Clone)]
pub struct WaitingContact {
    /// Names it in the answer with the code. No secret: only the session that began the change may go on with it.
    pub flow: FlowId,
    /// What is changed.
    pub kind: ContactKind,
    /// The new one, masked.
    pub masked: String,
    /// The awaited code.
    pub code: FlowView,
}

impl fmt::Debug for WaitingContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingContact").field("flow", &self.flow).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Why a contact was not changed. No variant tells whether somebody else has it.
#[derive(Debug, thiserror::Error)]
pub enum OwnContactError {
    /// The proof of who asks is too old.
    #[error("fresh proof is needed")]
    ProofNeeded,
    /// It is the one on file.
    #[error("this contact is the one on file")]
    Unchanged,
    /// The code, a limit, or the database. [`SignInError::FlowUnknown`] when no change waits for a code in this session.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

impl OwnContactError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ProofNeeded => "CONTACT-01",
            Self::Unchanged => "CONTACT-02",
            Self::SignIn(error) => error.code(),
        }
    }
}

impl From<StoreError> for OwnContactError {
    fn from(error: StoreError) -> Self {
        Self::SignIn(error.into())
    }
}

impl From<CryptoError> for OwnContactError {
    fn from(error: CryptoError) -> Self {
        Self::SignIn(error.into())
    }
}

impl From<OpenError> for OwnContactError {
    fn from(error: OpenError) -> Self {
        Self::SignIn(error.into())
    }
}

/// Changing one's own mobile and e-mail.
#[derive(Clone, Copy)]
pub struct OwnContacts<'a> {
    pub(crate) portal: &'a Portal,
}

impl OwnContacts<'_> {
    /// Sends a code to a new contact. A change that waited for its code before is over.
    ///
    /// Over the hour's limit of this contact, or too soon after a code that another browser asked for, the change begins all the same,
    /// nothing is sent, and the view says when the next code can be.
    ///
    /// # Errors
    /// [`OwnContactError::ProofNeeded`], [`OwnContactError::Unchanged`]; [`SignInError::TooMany`] when the account, the address, or
    /// everybody together had too many codes sent; the database's errors. Nothing is changed then.
    pub async fn begin(
        &self,
        visit: &Visit,
        session: &Session,
        new: &NewContact,
    ) -> Result<WaitingContact, OwnContactError> {
        let portal = self.portal;
        let now = portal.now();
        if !session.is_fresh(now) {
            return Err(OwnContactError::ProofNeeded);
        }
        let account = session.account_id.0;
        let expires_at = now + portal.settings().codes.flow_lifetime_ms;
        let column = columns::CONTACT_CHANGES_VALUE;
        let row = ContactChangeRow {
            account_id: account,
            session_id: session.id.0,
            field: new.kind().code().to_owned(),
            value_sealed: portal.sealer().seal(portal.rng(), column, account, new.text().as_bytes()),
            code_flow_id: None,
            expires_at,
        };
        let mut tx = portal.db().begin().await?;
        // First of all, since it holds the row: of two changes at once the second sees what the first did.
        rows::upsert(&mut tx, &row).await?;
        let on_file = portal.people().contacts_of(&mut tx, session.person_id).await?.unwrap_or_default();
        let unchanged = match new {
            NewContact::Mobile(mobile) => on_file.mobile.as_ref() == Some(mobile),
            NewContact::Email(email) => on_file.email.as_ref() == Some(email),
        };
        if unchanged {
            return Err(OwnContactError::Unchanged);
        }
        self.count_send(&mut tx, visit, session, new.kind(), now).await?;
        portal.codes().count_request(&mut tx, visit, now).await?;
        let receiver = receiver(session, new);
        let start = Start {
            purpose: new.kind().purpose(),
            account_id: None,
            receiver: Some(&receiver),
            subject: new.subject(portal),
            return_to: None,
            expires_at,
        };
        let started = portal.codes().start(&mut tx, visit, start, now).await?;
        rows::update_flow(&mut tx, account, started.id.0).await?;
        tx.commit().await?;
        Ok(WaitingContact { flow: started.id, kind: new.kind(), masked: new.masked(), code: started.view })
    }

    /// The change that this session began and whose code is awaited.
    ///
    /// # Errors
    /// The errors of database and keys.
    pub async fn waiting(&self, session: &Session) -> Result<Option<WaitingContact>, OwnContactError> {
        let portal = self.portal;
        let row = rows::read(portal.db(), session.account_id.0).await?;
        let row = row.filter(|row| row.session_id == session.id.0 && row.expires_at > portal.now());
        let Some(row) = row else { return Ok(None) };
        let new = self.opened(&row)?;
        let Some(flow) = row.code_flow_id else { return Ok(None) };
        let code = portal.codes().view_by_id(Some(flow)).await?;
        Ok(code.map(|code| WaitingContact { flow: FlowId(flow), kind: new.kind(), masked: new.masked(), code }))
    }

    /// Sends the awaited code again.
    ///
    /// # Errors
    /// [`SignInError::FlowUnknown`]; [`SignInError::TooSoon`], [`SignInError::TooMany`]; the database's errors.
    pub async fn send_again(
        &self,
        visit: &Visit,
        session: &Session,
        flow: FlowId,
    ) -> Result<WaitingContact, OwnContactError> {
        let portal = self.portal;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let (new, mut row) = self.lock(&mut tx, session, flow, now).await?;
        // Told before anything is counted: whoever is too soon has used up nothing.
        if row.next_send_at > now {
            return Err(SignInError::TooSoon { retry_at: row.next_send_at }.into());
        }
        self.count_send(&mut tx, visit, session, new.kind(), now).await?;
        let receiver = receiver(session, &new);
        let code = portal.codes().send_again(&mut tx, visit, &mut row, Some(&receiver), now).await?;
        tx.commit().await?;
        Ok(WaitingContact { flow, kind: new.kind(), masked: new.masked(), code })
    }

    /// Answers with the code: the right one puts the new contact in the place of the old one, which is told of it. Other sessions go on.
    ///
    /// # Errors
    /// [`SignInError::FlowUnknown`]; [`SignInError::CodeWrong`], [`SignInError::CodeExpired`], [`SignInError::Wait`],
    /// [`SignInError::TooMany`]; [`SignInError::CodeDead`], which ends the change; the database's errors.
    pub async fn verify(
        &self,
        visit: &Visit,
        session: &Session,
        flow: FlowId,
        code: &Otp,
    ) -> Result<ContactKind, OwnContactError> {
        let portal = self.portal;
        let now = portal.now();
        let event = AuditEvent::PersonChanged;
        portal.codes().may_answer(visit, event, now).await?;
        let mut tx = portal.db().begin().await?;
        let (new, mut row) = self.lock(&mut tx, session, flow, now).await?;
        let answer = Answer { code, can_be_right: true, event, person: Some(session.person_id.0) };
        if let Some(refused) = portal.codes().answer(&mut tx, visit, &mut row, answer, now).await? {
            if matches!(refused, SignInError::CodeDead) {
                rows::delete(&mut tx, session.account_id.0).await?;
            }
            tx.commit().await?;
            return Err(refused.into());
        }
        rows::delete(&mut tx, session.account_id.0).await?;
        let person = session.person_id;
        // Nobody else writes the person between what is read as the old contact and what is written.
        people::lock_account_of(&mut tx, person).await?;
        let (mobile, email) = match &new {
            NewContact::Mobile(mobile) => (Some(mobile), None),
            NewContact::Email(email) => (None, Some(email)),
        };
        let change = ContactChange { person, by: person, mobile, email, email_proved: true };
        portal.people().change_contacts(&mut tx, visit, change, now).await?;
        tx.commit().await?;
        Ok(new.kind())
    }

    /// Gives up the change that this session began, if there is one.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn give_up(&self, session: &Session) -> Result<(), OwnContactError> {
        let account = session.account_id.0;
        let mut tx = self.portal.db().begin().await?;
        let row = rows::lock(&mut tx, account).await?;
        if row.is_some_and(|row| row.session_id == session.id.0) {
            rows::delete(&mut tx, account).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The change that waits for this code in this session, locked, and the flow of its code.
    async fn lock(
        self,
        tx: &mut Tx,
        session: &Session,
        flow: FlowId,
        now: Timestamp,
    ) -> Result<(NewContact, FlowRow), OwnContactError> {
        let row = rows::lock(tx, session.account_id.0).await?;
        let row = row
            .filter(|row| row.session_id == session.id.0 && row.code_flow_id == Some(flow.0) && row.expires_at > now);
        let row = row.ok_or(SignInError::FlowUnknown)?;
        let flow = flows::lock_by_id(tx, flow.0).await?.filter(|flow| flow.is_open(now));
        let flow = flow.ok_or(SignInError::FlowUnknown)?;
        Ok((self.opened(&row)?, flow))
    }

    fn opened(self, row: &ContactChangeRow) -> Result<NewContact, OwnContactError> {
        let column = columns::CONTACT_CHANGES_VALUE;
        let kind = ContactKind::from_code(&row.field).ok_or(StoreError::Corrupt { column: "contact_changes.field" })?;
        let read = |text: &str| NewContact::read(kind, text);
        let new = open(self.portal, column, row.account_id, Some(&row.value_sealed), read)?;
        Ok(new.ok_or(StoreError::Corrupt { column })?)
    }

    /// Counts a code to a contact that was typed: a text message by the address and by everybody, as in the registration (OWASP: SMS
    /// pumping), and any code by the account.
    async fn count_send(
        self,
        tx: &mut Tx,
        visit: &Visit,
        session: &Session,
        kind: ContactKind,
        now: Timestamp,
    ) -> Result<(), OwnContactError> {
        let portal = self.portal;
        if kind == ContactKind::Mobile {
            portal.registrations().count_given(tx, visit, now).await?;
        }
        let subject = account_subject(portal.sealer(), session.account_id.0);
        let limit = portal.settings().codes.sends_per_hour;
        let span = Span { scope: SENDS, subject, limit, window_ms: SENDS_WINDOW_MS };
        match span.count(tx, now).await? {
            None => Ok(()),
            Some(retry_at) => Err(SignInError::TooMany { retry_at }.into()),
        }
    }
}

/// Who gets the code: whoever has the new contact, in the language of whoever wants it.
fn receiver(session: &Session, new: &NewContact) -> Receiver {
    Receiver {
        account_id: Some(session.account_id.0),
        person_id: Some(session.person_id.0),
        address: new.address(),
        locale: session.locale,
    }
}
