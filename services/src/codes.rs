//! One-time codes: signing in by one, and proving a mobile in the wizards (rules: one-time codes; NIST SP 800-63B-4 §3.1.3).
//!
//! A code is bound to the browser that asked (the flow), to the purpose and to the account. Whether a person is known is never
//! told: for somebody unknown the same statements run, with a code that cannot be matched and a message that is never sent.
//! One use case is one transaction, and the flow's row is locked first, so of many right answers at once exactly one signs in.

mod receiver;
mod sending;
mod verifying;

use domain::{Otp, PersonIdentifier};
use uuid::Uuid;

pub(crate) use receiver::{Address, Receiver};
use sending::Sent;
pub(crate) use sending::Start;
pub(crate) use verifying::Answer;

use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::{FlowId, Token};
use crate::portal::{Portal, SignInError};
use crate::refused::Refused;
use crate::sessions::SignInMethod;
use crate::store::flows::FlowRow;
use crate::store::{Tx, flows};
use crate::throttles::{self, Failures, Places, Span, Subject};
use crate::visit::Visit;

const WRONG: &str = "code.wrong";
const ADDRESS_REQUESTS: &str = "address.code_requests";
const ADDRESS_FAILURES: &str = "address.failures";

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowPurpose {
    /// The code alone signs in.
    SignIn,
    /// The password was right; the code is the second factor.
    SecondFactor,
    /// A registration: the code proves the mobile on file, or the one that was given instead.
    Registration,
    /// A new mobile is being confirmed.
    Mobile,
    /// A new e-mail is being confirmed.
    Email,
    /// A password is about to be chosen.
    Password,
}

impl FlowPurpose {
    const ALL: [Self; 6] =
        [Self::SignIn, Self::SecondFactor, Self::Registration, Self::Mobile, Self::Email, Self::Password];

    /// Stable code: `sign_in`, `second_factor`, `registration`, `mobile`, `email`, `password`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SecondFactor => "second_factor",
            Self::Registration => "registration",
            Self::Mobile => "mobile",
            Self::Email => "email",
            Self::Password => "password",
        }
    }

    /// The outbox's event of the message that carries the code.
    const fn event(self) -> &'static str {
        match self {
            Self::SignIn | Self::SecondFactor => "sign_in_code",
            Self::Registration => "registration_code",
            Self::Mobile => "mobile_code",
            Self::Email => "email_code",
            Self::Password => "password_code",
        }
    }

    /// Whether the wait after a sending holds in every browser. It does wherever a number that anybody may know begins a flow; not
    /// where a password or a mailed link came first, whose owner may well sign in at two browsers at once.
    const fn waits_everywhere(self) -> bool {
        match self {
            Self::SignIn | Self::Registration | Self::Mobile | Self::Email => true,
            Self::SecondFactor | Self::Password => false,
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }
}

/// What the code page needs to know. The same for known and unknown people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowView {
    /// What the code is for.
    pub purpose: FlowPurpose,
    /// When a new code can be asked for.
    pub next_send_at: Timestamp,
    /// When the newest code expires; in the past when none was sent.
    pub code_expires_at: Timestamp,
    /// When the browser has to start again.
    pub expires_at: Timestamp,
    /// Sendings left at this moment.
    pub sends_left: u32,
    /// When the newest code was sent; `None` when the first has to wait, or the hour's limit was reached before it.
    pub sent_at: Option<Timestamp>,
}

/// A browser that now waits for a code.
#[derive(Clone, Debug)]
pub struct FlowStarted {
    /// For the browser's cookie.
    pub token: Token,
    /// For the code page.
    pub view: FlowView,
    /// For whoever keeps the flow in a row of its own instead of a cookie.
    pub(crate) id: FlowId,
}

/// Signing in by one-time code.
#[derive(Clone, Copy)]
pub struct Codes<'a> {
    pub(crate) portal: &'a Portal,
}

impl Codes<'_> {
    /// Begins a sign-in: sends a code to the mobile on file, if the portal knows the person and may send one. `return_to` is a path
    /// of the portal that was checked to be one.
    ///
    /// Over the hour's limit, or too soon after a code that another browser asked for, the flow begins all the same, nothing is
    /// sent, and the view says when the next code can be.
    ///
    /// # Errors
    /// [`SignInError::TooMany`] when the address asked for too many codes; the database's errors.
    pub async fn begin(
        &self,
        visit: &Visit,
        identifier: &PersonIdentifier,
        return_to: Option<String>,
    ) -> Result<FlowStarted, SignInError> {
        let portal = self.portal;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        self.count_request(&mut tx, visit, now).await?;
        let receiver = receiver::recognise(portal, &mut tx, identifier).await?;
        let subject = match &receiver {
            Some(Receiver { account_id: Some(account), .. }) => throttles::account_subject(portal.sealer(), *account),
            _ => throttles::typed_subject(portal.sealer(), identifier.kind().code(), identifier.canonical()),
        };
        let start = Start {
            purpose: FlowPurpose::SignIn,
            account_id: receiver.as_ref().and_then(|receiver| receiver.account_id),
            receiver: receiver.as_ref(),
            subject,
            return_to,
            expires_at: now + portal.settings().codes.flow_lifetime_ms,
        };
        let started = self.start(&mut tx, visit, start, now).await?;
        tx.commit().await?;
        Ok(started)
    }

    /// Sends a new code. The one before it stays valid for its time, the one before that does not.
    ///
    /// # Errors
    /// [`SignInError::FlowUnknown`], [`SignInError::TooSoon`] before the wait is over, [`SignInError::TooMany`] over the hour's
    /// or the address's limit; the database's errors.
    pub async fn resend(&self, visit: &Visit, token: &Token) -> Result<FlowView, SignInError> {
        let portal = self.portal;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let mut flow = open(flows::lock(&mut tx, &token.hash()).await?, now)?;
        let receiver = receiver::of_account(portal, &mut tx, flow.account_id, purpose(&flow)?).await?;
        let view = self.send_again(&mut tx, visit, &mut flow, receiver.as_ref(), now).await?;
        tx.commit().await?;
        Ok(view)
    }

    /// Sends a new code of a locked flow inside the caller's transaction.
    pub(crate) async fn send_again(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        flow: &mut FlowRow,
        receiver: Option<&Receiver>,
        now: Timestamp,
    ) -> Result<FlowView, SignInError> {
        if flow.next_send_at > now {
            return Err(SignInError::TooSoon { retry_at: flow.next_send_at });
        }
        self.count_request(tx, visit, now).await?;
        let (places, sent) = self.send(tx, visit, flow, receiver, now).await?;
        match sent {
            Sent::Yes => {}
            Sent::TooSoon { retry_at } => return Err(SignInError::TooSoon { retry_at }),
            Sent::OverLimit => return Err(SignInError::TooMany { retry_at: places.next_free_at(now) }),
        }
        flows::update(tx, flow).await?;
        self.record_request(tx, visit, flow, receiver, sent).await?;
        self.view_of(flow, &places, now)
    }

    /// What the code page shows. Changes nothing.
    ///
    /// # Errors
    /// [`SignInError::FlowUnknown`]; the database's errors.
    pub async fn view(&self, token: &Token) -> Result<FlowView, SignInError> {
        let portal = self.portal;
        let now = portal.now();
        let flow = open(flows::read(portal.db(), &token.hash()).await?, now)?;
        self.see(&flow, now).await
    }

    /// The view of the flow that a row keeps; `None` when there is none, or it is used up.
    pub(crate) async fn view_by_id(&self, id: Option<Uuid>) -> Result<Option<FlowView>, SignInError> {
        let now = self.portal.now();
        let Some(id) = id else { return Ok(None) };
        match flows::read_by_id(self.portal.db(), id).await?.filter(|flow| flow.is_open(now)) {
            Some(flow) => Ok(Some(self.see(&flow, now).await?)),
            None => Ok(None),
        }
    }

    async fn see(self, flow: &FlowRow, now: Timestamp) -> Result<FlowView, SignInError> {
        let portal = self.portal;
        let limit = portal.settings().codes.sends_per_hour;
        let window = crate::settings::SENDS_WINDOW_MS;
        let places = Places::read(portal.db(), &subject(flow)?, limit, window).await?;
        self.view_of(flow, &places, now)
    }

    fn mac(self, flow: Uuid, purpose: FlowPurpose, subject: &Subject, code: &Otp) -> [u8; 32] {
        let parts = [flow.as_bytes().as_slice(), purpose.code().as_bytes(), subject, code.as_str().as_bytes()];
        self.portal.sealer().mac("code_flows.code", &parts)
    }

    /// Who gets an account's codes of this purpose.
    pub(crate) async fn receiver_of(
        &self,
        tx: &mut Tx,
        account: Uuid,
        purpose: FlowPurpose,
    ) -> Result<Option<Receiver>, SignInError> {
        receiver::of_account(self.portal, tx, Some(account), purpose).await
    }

    /// Forgets the wrong codes that were counted against somebody.
    pub(crate) async fn forget_failures(&self, tx: &mut Tx, subject: &Subject) -> Result<(), StoreError> {
        Failures { scope: WRONG, subject }.forget(tx).await
    }

    pub(crate) async fn count_request(&self, tx: &mut Tx, visit: &Visit, now: Timestamp) -> Result<(), SignInError> {
        let limit = self.portal.settings().addresses.code_requests;
        let span = Span::of_address(self.portal, ADDRESS_REQUESTS, visit.address, limit);
        let Some(span) = span else { return Ok(()) };
        match span.count(tx, now).await? {
            None => Ok(()),
            Some(retry_at) => Err(SignInError::TooMany { retry_at }),
        }
    }

    /// Whether an answer of this address is looked at; if not, that is written down as a failure of this kind.
    ///
    /// # Errors
    /// [`SignInError::TooMany`] when the address failed very often; the database's errors.
    pub(crate) async fn may_answer(&self, visit: &Visit, event: AuditEvent, now: Timestamp) -> Result<(), SignInError> {
        let Some(span) = self.address_failures(visit) else { return Ok(()) };
        let Some(retry_at) = span.full(self.portal.db(), now).await? else { return Ok(()) };
        let error = SignInError::TooMany { retry_at };
        let refused = Refused { scope: Refused::ADDRESS, subject: &span.subject, until: retry_at, error: &error };
        refused.tell(self.portal, AuditEntry::new(event, Outcome::Failure, visit), now).await?;
        Err(error)
    }

    /// The failures that are counted against the address.
    pub(crate) fn address_failures(self, visit: &Visit) -> Option<Span> {
        let limit = self.portal.settings().addresses.failures;
        Span::of_address(self.portal, ADDRESS_FAILURES, visit.address, limit)
    }

    /// Counts a failure of the address. Over the limit nothing more is counted: the next request is refused.
    pub(crate) async fn count_address_failure(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        if let Some(span) = self.address_failures(visit) {
            span.count(tx, now).await?;
        }
        Ok(())
    }

    fn view_of(self, flow: &FlowRow, places: &Places, now: Timestamp) -> Result<FlowView, SignInError> {
        let sent = flow.sends > 0;
        let purpose = purpose(flow)?;
        let everywhere = places.wait(now).filter(|_| purpose.waits_everywhere());
        Ok(FlowView {
            purpose,
            next_send_at: flow.next_send_at.max(places.next_free_at(now)).max(everywhere.unwrap_or_default()),
            code_expires_at: flow.code_expires_at,
            expires_at: flow.expires_at,
            sends_left: places.left(now),
            sent_at: sent.then(|| flow.next_send_at - self.portal.settings().codes.wait_after(flow.sends)),
        })
    }
}

fn open(flow: Option<FlowRow>, now: Timestamp) -> Result<FlowRow, SignInError> {
    flow.filter(|flow| flow.is_open(now)).ok_or(SignInError::FlowUnknown)
}

fn purpose(flow: &FlowRow) -> Result<FlowPurpose, StoreError> {
    FlowPurpose::from_code(&flow.purpose).ok_or(StoreError::Corrupt { column: "code_flows.purpose" })
}

fn subject(flow: &FlowRow) -> Result<Subject, StoreError> {
    let subject = flow.subject.as_slice().try_into();
    subject.map_err(|_| StoreError::Corrupt { column: "code_flows.subject" })
}

/// How a code of this purpose signs in; `None` when it does not.
fn method(purpose: FlowPurpose) -> Option<SignInMethod> {
    match purpose {
        FlowPurpose::SignIn => Some(SignInMethod::SmsCode),
        FlowPurpose::SecondFactor => Some(SignInMethod::PasswordAndSms),
        FlowPurpose::Registration | FlowPurpose::Mobile | FlowPurpose::Email | FlowPurpose::Password => None,
    }
}
