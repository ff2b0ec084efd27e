//! Signing in by user code and password, and choosing a password (rules: passwords; NIST SP 800-63B-4 §3.1.1, §3.2.2).
//!
//! An unknown user code costs the same statements and the same hash as a known one, and is answered in the same words. While a
//! wait runs nothing is hashed. The hash is computed outside the transaction; inside it everything is judged again.

mod choice;
mod counting;
mod proof;

pub use choice::{ChoiceError, PolicyVerdict};

use domain::{InitialPassword, Password, UserCode};
use serde_json::json;
use uuid::Uuid;

pub(crate) use self::counting::Counts;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::codes::{Address, FlowPurpose, FlowStarted, Start};
use crate::ids::{MessageId, PersonId, Token};
use crate::portal::{Portal, SignInError, Text, about};
use crate::sessions::{self, SignInMethod, SignedIn};
use crate::settings::NOTICE_WINDOW_MS;
use crate::store::accounts::{self, AccountRow};
use crate::store::{Tx, devices, passwords as password_rows};
use crate::throttles::{self, Span};
use crate::visit::Visit;

const NOTICES: &str = "password.notices";
/// A notice that could not be sent for a day is of no use any more.
const NOTICE_LIFETIME_MS: i64 = NOTICE_WINDOW_MS;

/// The password was right.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one is made for each sign-in and taken apart at once")]
pub enum PasswordOutcome {
    /// It was enough.
    SignedIn(SignedIn),
    /// Staff: a code was sent to the mobile on file, [`Codes::verify`](crate::codes::Codes::verify) is the next step.
    SecondFactor(FlowStarted),
    /// It was the initial password, which is used up now: the token of a password wizard, whose code was sent.
    ChoosePassword(Token),
}

/// Signing in by user code and password; new passwords and their policy.
#[derive(Clone, Copy)]
pub struct Passwords<'a> {
    pub(crate) portal: &'a Portal,
}

impl Passwords<'_> {
    /// Signs in, or goes on to the second factor. `user_code` is what was typed; `return_to` a path of the portal that was checked
    /// to be one.
    ///
    /// # Errors
    /// [`SignInError::Wrong`] for an unknown user code, a wrong password and a disabled account alike; [`SignInError::Wait`] after
    /// several failures; [`SignInError::TooMany`] after very many of this address; [`SignInError::Busy`]; the database's errors.
    pub async fn sign_in(
        &self,
        visit: &Visit,
        user_code: &str,
        password: &Password,
        return_to: Option<String>,
    ) -> Result<PasswordOutcome, SignInError> {
        let portal = self.portal;
        let now = portal.now();
        let typed = normalised(user_code);
        let found = accounts::read_by_user_code(portal.db(), &typed).await?;
        let known_device = self.known_device(visit, found.as_ref(), now).await?;
        let counts = Counts::new(portal, visit, &typed, known_device);
        let failed = || {
            let person = found.as_ref().map(|account| account.person_id);
            about(AuditEntry::new(AuditEvent::SignInByPassword, Outcome::Failure, visit), person)
        };
        counts.may_try(portal, visit, failed(), now).await?;

        let active = found.as_ref().filter(|account| account.is_active());
        let phc = active.and_then(|account| account.hash_to_match(now)).map(str::to_owned);
        let initial = active.is_some_and(|account| account.initial(now).is_some());
        let typed_password = if initial { as_initial(password) } else { password.clone() };
        let verdict = portal.hasher.verify(&typed_password, phc.as_deref()).await?;
        // Best effort: a full queue must not fail a sign-in that succeeded.
        let rehashed = if verdict.needs_rehash && !initial { portal.hasher.hash(password).await.ok() } else { None };

        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let locked = counts.lock(&mut tx).await?;
        // Guesses made at the same time may have begun a wait: then this one is not answered either, were it right.
        if let Some(refused) = counts.waiting(portal, &mut tx, &locked, failed, now).await? {
            tx.commit().await?;
            return Err(refused);
        }
        let id = found.as_ref().map_or(Uuid::nil(), |account| account.id);
        let (account, held) = accounts::find_with_roles(&mut tx, id).await?;
        let accepted =
            account.filter(|account| verdict.ok && account.is_active() && account.hash_to_match(now) == phc.as_deref());
        let Some(account) = accepted else {
            if counts.count(portal, &mut tx, &locked, now).await? {
                self.notify(&mut tx, visit, &typed, found.as_ref(), now).await?;
            }
            portal.codes().count_address_failure(&mut tx, visit, now).await?;
            portal.audit().append(&mut tx, failed()).await?;
            tx.commit().await?;
            return Err(SignInError::Wrong);
        };
        counts.forget_locked(&mut tx, &locked).await?;
        if let (Some(old), Some(new)) = (&phc, &rehashed) {
            accounts::update_hash(&mut tx, account.id, old, new).await?;
        }
        let grants = sessions::grants(&held)?;
        let outcome = if initial {
            if !password_rows::use_initial(&mut tx, account.id).await? {
                return Err(SignInError::Wrong);
            }
            let token = portal.password_wizard().start(&mut tx, visit, account.id, None, now).await?;
            let entry = AuditEntry::new(AuditEvent::InitialPasswordUsed, Outcome::Success, visit);
            portal.audit().append(&mut tx, about(entry, Some(account.person_id))).await?;
            PasswordOutcome::ChoosePassword(token)
        } else if sessions::is_staff(&grants) {
            let receiver = portal.codes().receiver_of(&mut tx, account.id, FlowPurpose::SecondFactor).await?;
            let start = Start {
                purpose: FlowPurpose::SecondFactor,
                account_id: Some(account.id),
                receiver: receiver.as_ref(),
                subject: throttles::account_subject(portal.sealer(), account.id),
                return_to,
                expires_at: now + portal.settings().codes.flow_lifetime_ms,
            };
            let started = portal.codes().start(&mut tx, visit, start, now).await?;
            let entry = AuditEntry::new(AuditEvent::SignInByPassword, Outcome::Success, visit);
            let entry = about(entry, Some(account.person_id)).detail("next", FlowPurpose::SecondFactor.code());
            portal.audit().append(&mut tx, entry).await?;
            PasswordOutcome::SecondFactor(started)
        } else {
            let entry = sessions::Entry { account: &account, grants, method: SignInMethod::Password };
            PasswordOutcome::SignedIn(portal.sessions().start(&mut tx, visit, entry, return_to, now).await?)
        };
        if rehashed.is_some() {
            let entry = AuditEntry::new(AuditEvent::PasswordRehashed, Outcome::Success, visit);
            portal.audit().append(&mut tx, entry.person(PersonId(account.person_id))).await?;
        }
        tx.commit().await?;
        Ok(outcome)
    }

    /// The hash of the browser's device token, when the browser has signed in to this account before.
    async fn known_device(
        &self,
        visit: &Visit,
        account: Option<&AccountRow>,
        now: Timestamp,
    ) -> Result<Option<[u8; 32]>, SignInError> {
        let Some(hash) = visit.device.as_ref().map(Token::hash) else { return Ok(None) };
        let id = account.map_or(Uuid::nil(), |account| account.id);
        let after = now - self.portal.settings().sessions.device_lifetime_ms;
        Ok(devices::read(self.portal.db(), &hash, id, after).await?.then_some(hash))
    }

    /// Tells the owner that somebody fails at the password: once a day at most, by mail when there is an address, otherwise by SMS.
    async fn notify(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        typed: &str,
        account: Option<&AccountRow>,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        let portal = self.portal;
        let subject = throttles::user_code_subject(portal.sealer(), typed);
        let once = Span { scope: NOTICES, subject, limit: 1, window_ms: NOTICE_WINDOW_MS };
        if once.count(tx, now).await?.is_some() {
            return Ok(());
        }
        let contacts = portal.people().contacts(tx, account.map_or(Uuid::nil(), |account| account.id)).await?;
        let locale = contacts.locale.unwrap_or(visit.locale);
        let text = Text {
            idempotency_key: format!("notice-{}", MessageId::new(now, portal.rng())),
            event: "password_failures",
            locale,
            payload: json!({ "at": now }),
            expires_at: now + NOTICE_LIFETIME_MS,
        };
        match (contacts.account_id, contacts.email, contacts.mobile) {
            (Some(id), Some(email), _) => portal.send(tx, Some((Some(id), &Address::Email(email))), text).await?,
            (Some(id), None, Some(mobile)) => portal.send(tx, Some((Some(id), &Address::Mobile(mobile))), text).await?,
            _ => portal.send(tx, None, text).await?,
        }
        Ok(())
    }
}

/// What was typed, as an initial password is stored.
fn as_initial(password: &Password) -> Password {
    Password::new(&InitialPassword::normalise(password.as_str())).unwrap_or_else(|_| password.clone())
}

/// The user code as it is stored; what cannot be one is still counted and looked up, as it was typed.
fn normalised(user_code: &str) -> String {
    if let Ok(code) = UserCode::parse(user_code) {
        return code.as_str().to_owned();
    }
    let text = user_code.chars().filter(|c| c.is_alphanumeric()).take(64);
    text.flat_map(char::to_uppercase).collect()
}
