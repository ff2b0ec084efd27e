//! Choosing a password (flows: password wizard): a mailed link or the initial password, the own number, a code, the password.
//!
//! A link is 256 random bits, kept as a hash, good once and for its time; looking at it uses nothing up (mail scanners look first).
//! Asking for a new one makes the older ones void. Whether an ID number is known is never told.

mod choosing;
mod tickets;

pub(crate) use choosing::OWN as OWN_QUESTION;

use domain::{
    Email, Mobile, Otp, Password, PersonIdentifier, Policy, PolicyContext, SecurityQuestion, Unmet, UserCode,
};

use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::codes::{Address, Answer, FlowPurpose, FlowView, Receiver, Start};
use crate::error::{CryptoError, StoreError};
use crate::hasher::HashError;
use crate::ids::{AccountId, Token};
use crate::passwords::{ChoiceError, PolicyVerdict};
use crate::people::{OpenError, OpenedPerson};
use crate::portal::{Portal, SignInError, about};
use crate::store::passwords::{self, WizardRow};
use crate::store::{Tx, accounts, flows};
use crate::throttles;
use crate::visit::Visit;

/// What a link is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketState {
    /// It can be used.
    Open,
    /// A password was chosen since it was sent.
    Used,
    /// A newer link was asked for.
    Replaced,
    /// Its time is over.
    Expired,
    /// There is no such link.
    Unknown,
}

impl TicketState {
    /// Stable code: `open`, `used`, `replaced`, `expired`, `unknown`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Used => "used",
            Self::Replaced => "replaced",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }
}

/// What the page of a link needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketView {
    /// What it is worth.
    pub state: TicketState,
    /// Its owner has no ID number on file: the user code is asked for instead.
    pub by_user_code: bool,
    /// It came with the new account.
    pub first: bool,
}

/// Where a wizard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WizardStep {
    /// The code is awaited.
    Verify,
    /// The password is to be chosen.
    Choose,
    /// It was chosen.
    Done,
}

impl WizardStep {
    /// Stable code: `verify`, `choose`, `done`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Choose => "choose",
            Self::Done => "done",
        }
    }

    fn of(row: &WizardRow) -> Result<Self, StoreError> {
        [Self::Verify, Self::Choose, Self::Done]
            .into_iter()
            .find(|step| step.code() == row.step)
            .ok_or(StoreError::Corrupt { column: "password_flows.step" })
    }
}

/// Everything that the pages show of this browser's wizard: to its owner, who has said who they are.
#[derive(Clone)]
pub struct WizardView {
    /// Where it is.
    pub step: WizardStep,
    /// The awaited code; `None` when none is.
    pub code: Option<FlowView>,
    /// It went by mail, since no mobile is on file.
    pub code_by_mail: bool,
    /// There is nowhere to send a code: the help line has to help.
    pub nowhere_to_send: bool,
    /// The e-mail on file. Only once the code was answered.
    pub email: Option<Email>,
    /// The mobile on file, masked. Only once the code was answered.
    pub mobile_masked: Option<String>,
    /// A security question is asked.
    pub asks_question: bool,
    /// The policy.
    pub policy: Policy,
    /// What the password must not contain. Empty but while it is chosen.
    pub context: PolicyContext,
    /// The permanent user code.
    pub user_code: UserCode,
    /// When the wizard has to be begun anew.
    pub ends_at: Timestamp,
}

/// A security question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// One of the list.
    Listed(SecurityQuestion),
    /// One's own.
    Own(String),
}

/// What was chosen in the third step.
#[derive(Clone)]
pub struct PasswordChoice {
    /// The password.
    pub password: Password,
    /// The security question and its answer, where one is asked.
    pub question: Option<(Question, String)>,
    /// Where the confirmation goes, and every later link.
    pub email: Email,
}

/// Why a step of the wizard did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum WizardError {
    /// The link can't be used.
    #[error("the link is {}", .0.code())]
    Ticket(TicketState),
    /// This browser is in no wizard, or its time is over.
    #[error("no such wizard")]
    Gone,
    /// The wizard is at another step.
    #[error("the wizard is at the step {}", .0.code())]
    NotNow(WizardStep),
    /// The number is not that of the link's owner.
    #[error("not the number of the link's owner")]
    OtherPerson,
    /// The policy refuses the password.
    #[error("the password does not meet the policy")]
    Policy(Vec<Unmet>),
    /// The code, a limit, or the database.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

impl WizardError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ticket(_) => "WIZARD-01",
            Self::Gone => "WIZARD-02",
            Self::NotNow(_) => "WIZARD-03",
            Self::OtherPerson => "WIZARD-04",
            Self::Policy(_) => "WIZARD-05",
            Self::SignIn(error) => error.code(),
        }
    }
}

impl From<StoreError> for WizardError {
    fn from(error: StoreError) -> Self {
        Self::SignIn(error.into())
    }
}

impl From<CryptoError> for WizardError {
    fn from(error: CryptoError) -> Self {
        Self::SignIn(error.into())
    }
}

impl From<OpenError> for WizardError {
    fn from(error: OpenError) -> Self {
        Self::SignIn(error.into())
    }
}

impl From<HashError> for WizardError {
    fn from(error: HashError) -> Self {
        Self::SignIn(error.into())
    }
}

impl From<ChoiceError> for WizardError {
    fn from(error: ChoiceError) -> Self {
        match error {
            ChoiceError::Policy(unmet) => Self::Policy(unmet),
            ChoiceError::NoAccount => Self::Gone,
            ChoiceError::Hash(error) => error.into(),
            ChoiceError::Store(error) => error.into(),
            ChoiceError::Crypto(error) => error.into(),
        }
    }
}

/// Choosing a password.
#[derive(Clone, Copy)]
pub struct PasswordWizard<'a> {
    pub(crate) portal: &'a Portal,
}

impl PasswordWizard<'_> {
    /// The second step: whoever has the link says who they are, and gets a code. Returns the token for the browser's cookie. `number`
    /// is the ID number as typed; the user code for owners without a number on file.
    ///
    /// # Errors
    /// [`WizardError::Ticket`], [`WizardError::OtherPerson`]; [`SignInError::Wait`] after several wrong numbers; the database's errors.
    pub async fn identify(&self, visit: &Visit, ticket: &Token, number: &str) -> Result<Token, WizardError> {
        let portal = self.portal;
        let now = portal.now();
        // Read before the transaction: inside it a second connection of the pool might never come.
        let seen = passwords::read_ticket(portal.db(), &ticket.hash()).await?;
        let account = match &seen {
            Some(row) => accounts::read(portal.db(), row.account_id).await?,
            None => None,
        };
        let owner = match &account {
            Some(account) => portal.people().open(account.person_id).await?,
            None => None,
        };
        let mut tx = portal.db().begin().await?;
        let row = passwords::find_ticket(&mut tx, &ticket.hash()).await?;
        let row = match tickets::state(row.as_ref(), now) {
            TicketState::Open => row.ok_or(WizardError::Ticket(TicketState::Unknown))?,
            state => return Err(WizardError::Ticket(state)),
        };
        let account = accounts::find(&mut tx, row.account_id).await?.filter(accounts::AccountRow::is_active);
        let (Some(account), Some(owner)) = (account, owner) else {
            return Err(WizardError::Ticket(TicketState::Unknown));
        };
        let numbers = self.own_numbers(&owner);
        let right = if numbers.is_empty() {
            UserCode::parse(number).is_ok_and(|typed| typed.as_str() == account.user_code)
        } else {
            numbers.iter().any(|own| PersonIdentifier::parse(own.kind(), number).is_ok_and(|typed| typed == *own))
        };
        let subject = portal.sealer().mac("throttle.ticket", &[row.id.as_bytes()]);
        let wait = throttles::guess(&mut tx, portal, "password.owner", &subject, right, now).await?;
        let token = match wait {
            Some(retry_at) => Err(SignInError::Wait { retry_at }.into()),
            None if right => Ok(self.start(&mut tx, visit, account.id, Some(row.id), now).await?),
            None => Err(WizardError::OtherPerson),
        };
        let outcome = if token.is_ok() { Outcome::Success } else { Outcome::Failure };
        let entry = AuditEntry::new(AuditEvent::PasswordOwnerIdentified, outcome, visit);
        portal.audit().append(&mut tx, about(entry, Some(account.person_id))).await?;
        tx.commit().await?;
        token
    }

    /// The numbers by which an owner can say who they are: those that this portal's forms take.
    pub(super) fn own_numbers(self, owner: &OpenedPerson) -> Vec<PersonIdentifier> {
        let kinds = &self.portal.settings().id_kinds;
        let snils = owner.snils.clone().map(PersonIdentifier::RuSnils);
        owner.identifier.clone().into_iter().chain(snils).filter(|number| kinds.contains(&number.kind())).collect()
    }

    /// Puts a browser into the wizard and sends the code; the owner of the account has said who they are.
    pub(crate) async fn start(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        account: uuid::Uuid,
        ticket_id: Option<uuid::Uuid>,
        now: Timestamp,
    ) -> Result<Token, SignInError> {
        let portal = self.portal;
        let expires_at = now + portal.settings().password_links.wizard_ms;
        let receiver = self.receiver(tx, account).await?;
        let start = Start {
            purpose: FlowPurpose::Password,
            account_id: Some(account),
            receiver: receiver.as_ref(),
            subject: throttles::account_subject(portal.sealer(), account),
            return_to: None,
            expires_at,
        };
        let started = portal.codes().start(tx, visit, start, now).await?;
        let token = Token::generate(portal.rng());
        let row = WizardRow {
            id: crate::ids::uuid(now, portal.rng()),
            account_id: account,
            ticket_id,
            step: WizardStep::Verify.code().to_owned(),
            code_flow_id: Some(started.id.0),
            expires_at,
        };
        passwords::insert_flow(tx, &token.hash(), &row, now).await?;
        Ok(token)
    }

    /// Who gets the code: the mobile on file; without one the e-mail, where the portal allows it.
    async fn receiver(&self, tx: &mut Tx, account: uuid::Uuid) -> Result<Option<Receiver>, SignInError> {
        let portal = self.portal;
        let by_sms = portal.codes().receiver_of(tx, account, FlowPurpose::Password).await?;
        if by_sms.is_some() || !portal.settings().password_links.code_by_mail {
            return Ok(by_sms);
        }
        let contacts = portal.people().contacts(tx, account).await?;
        let person = accounts::find(tx, account).await?.map(|row| row.person_id);
        Ok(contacts.email.map(|email| Receiver {
            account_id: contacts.account_id,
            person_id: person,
            address: Address::Email(email),
            locale: contacts.locale,
        }))
    }

    /// What the pages show. Changes nothing.
    ///
    /// # Errors
    /// [`WizardError::Gone`]; the errors of database and keys.
    pub async fn view(&self, flow: &Token) -> Result<WizardView, WizardError> {
        let portal = self.portal;
        let row = passwords::read_flow(portal.db(), &flow.hash()).await?;
        let row = row.filter(|row| row.expires_at > portal.now()).ok_or(WizardError::Gone)?;
        let step = WizardStep::of(&row)?;
        let account = accounts::read(portal.db(), row.account_id).await?;
        let account = account.filter(accounts::AccountRow::is_active).ok_or(WizardError::Gone)?;
        let person = portal.people().open(account.person_id).await?.ok_or(WizardError::Gone)?;
        let (policy, mut context) = portal.passwords().policy_for(AccountId(row.account_id)).await?;
        context.service_names.extend(portal.settings().service_names.iter().cloned());
        let links = &portal.settings().password_links;
        let code = match step {
            WizardStep::Verify => portal.codes().view_by_id(row.code_flow_id).await?,
            _ => None,
        };
        let code_by_mail = person.mobile.is_none() && links.code_by_mail && person.email.is_some();
        let proved = step != WizardStep::Verify;
        Ok(WizardView {
            step,
            code,
            code_by_mail,
            nowhere_to_send: person.mobile.is_none() && !code_by_mail,
            mobile_masked: person.mobile.as_ref().filter(|_| proved).map(Mobile::masked),
            email: person.email.filter(|_| proved),
            asks_question: links.security_question,
            policy,
            context: if step == WizardStep::Choose { context } else { PolicyContext::default() },
            user_code: UserCode::parse(&account.user_code)
                .map_err(|_| StoreError::Corrupt { column: "accounts.user_code" })?,
            ends_at: row.expires_at,
        })
    }

    /// Sends the code again.
    ///
    /// # Errors
    /// [`WizardError::Gone`], [`WizardError::NotNow`]; [`SignInError::TooSoon`], [`SignInError::TooMany`]; the database's errors.
    pub async fn send_again(&self, visit: &Visit, flow: &Token) -> Result<(), WizardError> {
        let portal = self.portal;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let row = self.lock(&mut tx, flow, WizardStep::Verify, now).await?;
        let receiver = self.receiver(&mut tx, row.account_id).await?;
        let mut code = self.code_flow(&mut tx, &row, now).await?;
        portal.codes().send_again(&mut tx, visit, &mut code, receiver.as_ref(), now).await?;
        Ok(tx.commit().await?)
    }

    /// Answers with the code.
    ///
    /// # Errors
    /// [`WizardError::Gone`], [`WizardError::NotNow`]; the code's own ([`SignInError::CodeWrong`], [`SignInError::CodeDead`],
    /// [`SignInError::CodeExpired`], [`SignInError::Wait`], [`SignInError::TooMany`]); the database's errors.
    pub async fn verify(&self, visit: &Visit, flow: &Token, code: &Otp) -> Result<(), WizardError> {
        let portal = self.portal;
        let now = portal.now();
        portal.codes().may_answer(visit, AuditEvent::PasswordOwnerVerified, now).await?;
        let mut tx = portal.db().begin().await?;
        let mut row = self.lock(&mut tx, flow, WizardStep::Verify, now).await?;
        let mut code_flow = self.code_flow(&mut tx, &row, now).await?;
        let person = accounts::find(&mut tx, row.account_id).await?.map(|account| account.person_id);
        let event = AuditEvent::PasswordOwnerVerified;
        let answer = Answer { code, can_be_right: true, event, person };
        if let Some(refused) = portal.codes().answer(&mut tx, visit, &mut code_flow, answer, now).await? {
            tx.commit().await?;
            return Err(refused.into());
        }
        WizardStep::Choose.code().clone_into(&mut row.step);
        row.code_flow_id = None;
        passwords::update_flow(&mut tx, &row).await?;
        portal.audit().append(&mut tx, about(AuditEntry::new(event, Outcome::Success, visit), person)).await?;
        Ok(tx.commit().await?)
    }

    /// The policy's word on a password while it is typed. Nothing is stored.
    ///
    /// # Errors
    /// [`WizardError::Gone`], [`WizardError::NotNow`]; the errors of database and keys.
    pub async fn judge(&self, flow: &Token, password: &Password) -> Result<PolicyVerdict, WizardError> {
        let portal = self.portal;
        let row = passwords::read_flow(portal.db(), &flow.hash()).await?;
        let row = row.filter(|row| row.expires_at > portal.now()).ok_or(WizardError::Gone)?;
        let step = WizardStep::of(&row)?;
        if step != WizardStep::Choose {
            return Err(WizardError::NotNow(step));
        }
        let (_, context) = portal.passwords().policy_for(AccountId(row.account_id)).await?;
        portal
            .passwords()
            .check_aside(password, &context)
            .await
            .ok_or(WizardError::SignIn(SignInError::Busy { retry_after_s: 1 }))
    }

    /// The wizard of a browser, locked; it must be at this step.
    async fn lock(
        &self,
        tx: &mut Tx,
        flow: &Token,
        step: WizardStep,
        now: Timestamp,
    ) -> Result<WizardRow, WizardError> {
        let row = passwords::lock_flow(tx, &flow.hash()).await?;
        let row = row.filter(|row| row.expires_at > now).ok_or(WizardError::Gone)?;
        let at = WizardStep::of(&row)?;
        if at == step { Ok(row) } else { Err(WizardError::NotNow(at)) }
    }

    async fn code_flow(&self, tx: &mut Tx, row: &WizardRow, now: Timestamp) -> Result<flows::FlowRow, WizardError> {
        let flow = flows::lock_by_id(tx, row.code_flow_id.unwrap_or_default()).await?;
        Ok(flow.filter(|flow| flow.is_open(now)).ok_or(SignInError::CodeExpired)?)
    }
}
