//! Registration by oneself (flows: registration wizard): a draft on the server, a mobile proved by a code, and a job that makes the
//! account.
//!
//! Nobody learns who is known. For somebody whom the roster does not know the same statements run and no message goes out; whoever
//! gives another mobile than the one on file ends in the review queue, known or not. An existing account is never touched: its owner
//! is told instead. What was typed is sealed, and gone after an hour.

mod answers;
mod contact;
mod job;
mod recognise;
mod reviewed;
mod submit;
mod verify;

pub(crate) use job::FirstPassword;
pub(crate) use reviewed::{Approve, Claim};

use domain::{BirthDate, Email, Locale, Mobile, PersonIdentifier};
use serde_json::json;

use self::answers::Answers;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::codes::{Address, FlowPurpose, FlowView, Receiver, Start};
use crate::crypto::columns;
use crate::error::{CryptoError, StoreError};
use crate::ids::{RegistrationId, Token};
use crate::people::OpenError;
use crate::portal::{Portal, SignInError, about};
use crate::settings::SCHOOL_NETWORK_FACTOR;
use crate::store::registrations::{self, CREATED, QUEUED, REVIEW, RegistrationRow, WORKING};
use crate::store::{Tx, flows};
use crate::throttles::{self, Span};
use crate::visit::Visit;

const STARTS: &str = "registration.starts";

/// Who registers, as typed in the first step.
#[derive(Clone, PartialEq, Eq)]
pub struct Who {
    /// The own ID number.
    pub identifier: PersonIdentifier,
    /// The own birth date.
    pub birth_date: BirthDate,
    /// The ID number of one child.
    pub child: PersonIdentifier,
}

/// How the person wants to be reached, as typed in the third step.
#[derive(Clone)]
pub struct ContactChoice {
    /// Where the user code and the link go.
    pub email: Email,
    /// Another mobile than the one that was proved; it is proved by a code of its own.
    pub mobile: Option<Mobile>,
    /// The language of messages.
    pub locale: Locale,
    /// The version of the consent that was given.
    pub consent: String,
}

/// Where a registration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationStep {
    /// A code to the mobile on file, or to the one given instead, is awaited.
    Verify,
    /// The contact details are to be given.
    Contact,
    /// A changed mobile's own code is awaited.
    NewMobile,
    /// Everything is there, to be checked and handed in.
    Finish,
    /// It was handed in.
    Submitted,
}

impl RegistrationStep {
    /// Stable code: `verify`, `contact`, `new_mobile`, `finish`, `submitted`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Contact => "contact",
            Self::NewMobile => "new_mobile",
            Self::Finish => "finish",
            Self::Submitted => "submitted",
        }
    }

    fn of(row: &RegistrationRow) -> Result<Self, StoreError> {
        match row.state.as_str() {
            QUEUED | WORKING | CREATED | REVIEW => Ok(Self::Submitted),
            state => [Self::Verify, Self::Contact, Self::NewMobile, Self::Finish]
                .into_iter()
                .find(|step| step.code() == state)
                .ok_or(StoreError::Corrupt { column: "registrations.state" }),
        }
    }
}

/// Where the awaited code went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeTarget {
    /// To the mobile on file, if there is one.
    OnFile,
    /// To the mobile that was given instead.
    Given,
    /// To the mobile that replaces the one that was proved.
    New,
}

impl CodeTarget {
    const fn code(self) -> &'static str {
        match self {
            Self::OnFile => "on_file",
            Self::Given => "given",
            Self::New => "new",
        }
    }

    fn of(row: &RegistrationRow) -> Result<Self, StoreError> {
        [Self::OnFile, Self::Given, Self::New]
            .into_iter()
            .find(|target| target.code() == row.code_target)
            .ok_or(StoreError::Corrupt { column: "registrations.code_target" })
    }
}

/// What became of a registration that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The account is being made.
    Creating {
        /// How often it was tried.
        attempts: i64,
    },
    /// The account is there, its messages are on their way.
    Messages,
    /// Everything is done.
    Done,
    /// The school decides.
    Review {
        /// Until when it answers.
        answer_by: Timestamp,
    },
}

/// Everything that the pages show of this browser's registration. The same for known and unknown people.
#[derive(Clone)]
pub struct RegistrationView {
    /// Where it is.
    pub step: RegistrationStep,
    /// What was typed in the first step.
    pub who: Who,
    /// The awaited code; `None` when none is.
    pub code: Option<FlowView>,
    /// Where it went.
    pub code_target: CodeTarget,
    /// The mobile that was typed and is not proved yet, masked.
    pub given_mobile_masked: Option<String>,
    /// The mobile that the account will have, masked.
    pub mobile_masked: Option<String>,
    /// The e-mail.
    pub email: Option<Email>,
    /// The language of messages.
    pub locale: Option<Locale>,
    /// The version of the consent that was given.
    pub consent: Option<String>,
    /// When what was typed is forgotten.
    pub expires_at: Timestamp,
    /// What became of it, once it was handed in.
    pub progress: Option<Progress>,
}

/// Why a step of a registration did not succeed. No variant tells whether a person is known.
#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    /// There is no such registration, or it was forgotten.
    #[error("no such registration")]
    Gone,
    /// The registration is at another step.
    #[error("the registration is at the step {}", .0.code())]
    NotNow(RegistrationStep),
    /// Not the number that the registration was begun with.
    #[error("another number than the registration was begun with")]
    OtherNumber,
    /// The code, a limit, or the database.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

impl RegistrationError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gone => "REG-01",
            Self::NotNow(_) => "REG-02",
            Self::OtherNumber => "REG-03",
            Self::SignIn(error) => error.code(),
        }
    }
}

impl From<StoreError> for RegistrationError {
    fn from(error: StoreError) -> Self {
        Self::SignIn(error.into())
    }
}

impl From<CryptoError> for RegistrationError {
    fn from(error: CryptoError) -> Self {
        Self::SignIn(error.into())
    }
}

impl From<OpenError> for RegistrationError {
    fn from(error: OpenError) -> Self {
        Self::SignIn(error.into())
    }
}

/// Registration by oneself.
#[derive(Clone, Copy)]
pub struct Registrations<'a> {
    pub(crate) portal: &'a Portal,
}

impl Registrations<'_> {
    /// Begins a registration: the code goes to the mobile on file, if the roster knows this guardian of this child. `current` is the
    /// registration of this browser; answered a second time with the same details it stays as it is, a slip in the date or the child's
    /// number is mended in it. Returns the token for the cookie: a new one for as long as nothing was proved, so that nobody who used
    /// this browser before is in.
    ///
    /// # Errors
    /// [`SignInError::TooMany`] when the address begins too many; the database's errors.
    pub async fn begin(&self, visit: &Visit, current: Option<&Token>, who: &Who) -> Result<Token, RegistrationError> {
        let portal = self.portal;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let running = match current {
            Some(token) => registrations::lock(&mut tx, &token.hash()).await?.map(|row| (token, row)),
            None => None,
        };
        let running = running.filter(|(_, row)| {
            row.expires_at > now && !matches!(row.state.as_str(), QUEUED | WORKING | CREATED | REVIEW)
        });
        let before = match &running {
            Some((_, row)) => Some(self.answers(row)?),
            None => None,
        };
        let before_who = before.as_ref().map(Answers::who).transpose()?;
        // Another person's registration is another registration: whoever was let into this one must not be let into that.
        let same_person = before_who.as_ref().is_some_and(|before| before.identifier == who.identifier);
        let running = running.filter(|_| same_person);
        let before = before.filter(|_| same_person);
        if let Some((token, row)) = &running
            && before_who.as_ref() == Some(who)
        {
            if row.state != RegistrationStep::Verify.code() {
                return Ok((*token).clone());
            }
            // Nothing is proved yet, so it may have been begun by somebody else at this browser.
            let token = Token::generate(portal.rng());
            registrations::update_token(&mut tx, row.id, &token.hash()).await?;
            tx.commit().await?;
            return Ok(token);
        }
        self.count_start(&mut tx, visit, now).await?;
        let recognised = self.recognise(&mut tx, who).await?;
        let id = running.as_ref().map_or_else(|| RegistrationId::new(now, portal.rng()).0, |(_, row)| row.id);
        let expires_at = now + portal.settings().registration.draft_ms;
        let receiver = self.on_file_receiver(&mut tx, &recognised, who, now).await?;
        let start = Start {
            purpose: FlowPurpose::Registration,
            account_id: None,
            receiver: receiver.as_ref(),
            subject: on_file_subject(portal, who),
            return_to: None,
            expires_at,
        };
        let started = portal.codes().start(&mut tx, visit, start, now).await?;
        // What was typed about contacts stays when only a slip in the first step was mended.
        let mut answers = Answers::new(who, before);
        answers.set_sent_to(receiver.as_ref());
        let row = RegistrationRow {
            id,
            person_id: recognised.person_id(),
            child_id: recognised.child_id,
            answers_sealed: self.seal(id, &answers),
            state: RegistrationStep::Verify.code().to_owned(),
            code_target: CodeTarget::OnFile.code().to_owned(),
            code_flow_id: Some(started.id.0),
            locale: visit.locale.code().to_owned(),
            created_at: now,
            expires_at,
            answer_by: None,
            attempts: 0,
        };
        let token = Token::generate(portal.rng());
        if running.is_some() {
            registrations::update(&mut tx, &row).await?;
            registrations::update_token(&mut tx, id, &token.hash()).await?;
        } else {
            registrations::insert(&mut tx, &token.hash(), &row).await?;
        }
        let outcome = if recognised.person.is_some() { Outcome::Success } else { Outcome::Failure };
        let entry = about(AuditEntry::new(AuditEvent::RegistrationBegun, outcome, visit), recognised.person_id());
        portal.audit().append(&mut tx, entry.detail("registration", id.to_string())).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// What the pages show. Changes nothing.
    ///
    /// # Errors
    /// [`RegistrationError::Gone`]; the errors of database and keys.
    pub async fn view(&self, token: &Token) -> Result<RegistrationView, RegistrationError> {
        let portal = self.portal;
        let row = registrations::read(portal.db(), &token.hash()).await?;
        let row = row.filter(|row| row.expires_at > portal.now()).ok_or(RegistrationError::Gone)?;
        let answers = self.answers(&row)?;
        let step = RegistrationStep::of(&row)?;
        let code = match step {
            RegistrationStep::Verify | RegistrationStep::NewMobile => {
                portal.codes().view_by_id(row.code_flow_id).await?
            }
            _ => None,
        };
        Ok(RegistrationView {
            step,
            who: answers.who()?,
            code,
            code_target: CodeTarget::of(&row)?,
            given_mobile_masked: answers.awaiting()?.as_ref().map(Mobile::masked),
            mobile_masked: answers.mobile()?.as_ref().map(Mobile::masked),
            email: answers.email()?,
            locale: answers.locale(),
            consent: answers.consent.clone(),
            expires_at: row.expires_at,
            progress: self.progress(&row).await?,
        })
    }

    async fn progress(&self, row: &RegistrationRow) -> Result<Option<Progress>, StoreError> {
        Ok(match row.state.as_str() {
            QUEUED | WORKING => Some(Progress::Creating { attempts: row.attempts }),
            REVIEW => Some(Progress::Review { answer_by: row.answer_by.unwrap_or(row.expires_at) }),
            CREATED => {
                let [sms, mail] = job::message_keys(row.id);
                let unsent = registrations::count_unsent(self.portal.db(), [&sms, &mail]).await?;
                Some(if unsent > 0 { Progress::Messages } else { Progress::Done })
            }
            _ => None,
        })
    }

    /// Sends the awaited code again.
    ///
    /// # Errors
    /// [`RegistrationError::Gone`], [`RegistrationError::NotNow`]; [`SignInError::TooSoon`], [`SignInError::TooMany`]; the database's
    /// errors.
    pub async fn send_again(&self, visit: &Visit, token: &Token) -> Result<(), RegistrationError> {
        let portal = self.portal;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let mut row = self.lock(&mut tx, token, now).await?;
        let step = RegistrationStep::of(&row)?;
        if !matches!(step, RegistrationStep::Verify | RegistrationStep::NewMobile) {
            return Err(RegistrationError::NotNow(step));
        }
        let mut answers = self.answers(&row)?;
        let receiver = match CodeTarget::of(&row)? {
            CodeTarget::OnFile => {
                let who = answers.who()?;
                let recognised = self.recognise(&mut tx, &who).await?;
                let receiver = self.on_file_receiver(&mut tx, &recognised, &who, now).await?;
                answers.set_sent_to(receiver.as_ref());
                row.answers_sealed = self.seal(row.id, &answers);
                registrations::update(&mut tx, &row).await?;
                receiver
            }
            CodeTarget::Given | CodeTarget::New => {
                self.count_given(&mut tx, visit, now).await?;
                answers.awaiting()?.map(|mobile| Receiver {
                    account_id: None,
                    person_id: row.person_id,
                    address: Address::Mobile(mobile),
                    locale: None,
                })
            }
        };
        let mut flow = self.flow(&mut tx, &row, now).await?;
        portal.codes().send_again(&mut tx, visit, &mut flow, receiver.as_ref(), now).await?;
        Ok(tx.commit().await?)
    }

    /// Continues on another device by the mailed link. The link alone opens nothing (an address may have been mistyped): whoever has it
    /// must know the number that the registration was begun with. Returns the token for this device's cookie.
    ///
    /// # Errors
    /// [`RegistrationError::Gone`], [`RegistrationError::OtherNumber`]; [`SignInError::Wait`] after several wrong numbers; the
    /// database's errors.
    pub async fn resume(&self, visit: &Visit, link: &Token, number: &str) -> Result<Token, RegistrationError> {
        let portal = self.portal;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let row = registrations::lock_by_link(&mut tx, &link.hash()).await?;
        let row = row.filter(|row| row.expires_at > now).ok_or(RegistrationError::Gone)?;
        let begun_with = self.answers(&row)?.who()?.identifier;
        let typed = PersonIdentifier::parse(begun_with.kind(), number).ok();
        let subject = portal.sealer().mac("throttle.registration", &[row.id.as_bytes()]);
        let right = typed.as_ref() == Some(&begun_with);
        let token = Token::generate(portal.rng());
        let refused = throttles::guess(&mut tx, portal, "registration.owner", &subject, right, now).await?;
        if right && refused.is_none() {
            registrations::update_resumed(&mut tx, row.id, &token.hash()).await?;
        }
        let outcome = if right && refused.is_none() { Outcome::Success } else { Outcome::Failure };
        let entry = about(AuditEntry::new(AuditEvent::RegistrationResumed, outcome, visit), row.person_id);
        portal.audit().append(&mut tx, entry.detail("registration", row.id.to_string())).await?;
        tx.commit().await?;
        match refused {
            Some(retry_at) => Err(SignInError::Wait { retry_at }.into()),
            None if right => Ok(token),
            None => Err(RegistrationError::OtherNumber),
        }
    }

    /// The registration of a browser, locked.
    async fn lock(&self, tx: &mut Tx, token: &Token, now: Timestamp) -> Result<RegistrationRow, RegistrationError> {
        let row = registrations::lock(tx, &token.hash()).await?;
        row.filter(|row| row.expires_at > now).ok_or(RegistrationError::Gone)
    }

    /// The awaited code's flow, locked.
    async fn flow(
        &self,
        tx: &mut Tx,
        row: &RegistrationRow,
        now: Timestamp,
    ) -> Result<flows::FlowRow, RegistrationError> {
        let flow = flows::lock_by_id(tx, row.code_flow_id.unwrap_or_default()).await?;
        Ok(flow.filter(|flow| flow.is_open(now)).ok_or(SignInError::CodeExpired)?)
    }

    fn answers(self, row: &RegistrationRow) -> Result<Answers, RegistrationError> {
        let column = columns::REGISTRATIONS_ANSWERS;
        let bytes = self.portal.sealer().open(column, row.id, &row.answers_sealed)?;
        Ok(serde_json::from_slice(&bytes).map_err(|_| StoreError::Corrupt { column })?)
    }

    fn seal(self, id: uuid::Uuid, answers: &Answers) -> Vec<u8> {
        let text = json!(answers).to_string();
        self.portal.sealer().seal(self.portal.rng(), columns::REGISTRATIONS_ANSWERS, id, text.as_bytes())
    }

    /// Counts a registration that is begun. Listed school networks have a limit too, a higher one: a whole evening of parents fits,
    /// a walk through the numbers does not.
    async fn count_start(&self, tx: &mut Tx, visit: &Visit, now: Timestamp) -> Result<(), RegistrationError> {
        let settings = self.portal.settings();
        let Some(address) = visit.address else { return Ok(()) };
        let factor = if settings.addresses.trusts(address) { SCHOOL_NETWORK_FACTOR } else { 1 };
        let subject = throttles::address_subject(self.portal.sealer(), address);
        let limit = settings.registration.starts.saturating_mul(factor);
        let span = Span { scope: STARTS, subject, limit, window_ms: settings.addresses.window_ms };
        match span.count(tx, now).await? {
            None => Ok(()),
            Some(retry_at) => Err(SignInError::TooMany { retry_at }.into()),
        }
    }
}

/// Whom the codes to the mobile on file are counted against: all that was typed, whether or not the portal knows it. So nobody who knows
/// the number alone uses up the codes of its owner.
fn on_file_subject(portal: &Portal, who: &Who) -> throttles::Subject {
    let (own, child, birth_date) = (&who.identifier, &who.child, who.birth_date.to_iso());
    let parts = [own.kind().code(), own.canonical(), child.kind().code(), child.canonical(), birth_date.as_str()];
    portal.sealer().mac("throttle.registration.who", &parts.map(str::as_bytes))
}
