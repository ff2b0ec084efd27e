//! The job that makes an account of a registration: leased like a message of the outbox, tried again when it fails, done once.

use std::time::Duration;

use domain::{Email, InitialPassword, Locale, Password};
use serde_json::json;
use uuid::Uuid;

use super::answers::Answers;
use super::{RegistrationError, Registrations};
use crate::accounts::AccountError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::{DAY, SECOND, Timestamp};
use crate::codes::Address;
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::people::ContactChange;
use crate::portal::{SignInError, Text, about};
use crate::rng::below;
use crate::store::passwords;
use crate::store::people;
use crate::store::registrations::{self, CREATED, RegistrationRow};
use crate::store::{Tx, accounts, consents};
use crate::visit::Visit;

/// How long a worker may take for one account.
const LEASE_MS: i64 = 60 * SECOND;
const FIRST_PAUSE_MS: i64 = SECOND;
const LONGEST_PAUSE_MS: i64 = 300 * SECOND;

/// What the first mail of an account is made of.
pub(crate) struct FirstPassword<'a> {
    pub account: Uuid,
    /// The user code as it is shown.
    pub user_code: String,
    pub initial: &'a InitialPassword,
    /// The initial password's hash.
    pub phc: &'a str,
    /// Where it goes; without an address nothing is sent.
    pub email: Option<Email>,
    pub locale: Locale,
    pub idempotency_key: String,
}

/// The idempotency keys of the two messages that tell of a new account.
pub(super) fn message_keys(registration: Uuid) -> [String; 2] {
    [format!("registration-{registration}-sms"), format!("registration-{registration}-mail")]
}

impl Registrations<'_> {
    /// Returns when this process has queued a registration, at once when it did since the last call, at the latest after `at_most`:
    /// other replicas' registrations and pauses are only found by looking.
    pub async fn wait_for_work(&self, at_most: Duration) {
        // Either way the worker looks next.
        let _ = tokio::time::timeout(at_most, self.portal.db().jobs_bell().notified()).await;
    }

    /// Takes the registration that is due for longest, for `owner` (a name that no other worker has), and makes its account. `false`
    /// when none was due. What fails is tried again, later and later, up to 5 minutes apart.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer; the lease then runs out.
    pub async fn work(&self, owner: &str) -> Result<bool, StoreError> {
        let portal = self.portal;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let row = registrations::lease(&mut tx, owner, now, now + LEASE_MS).await?;
        tx.commit().await?;
        let Some(row) = row else { return Ok(false) };
        if let Err(error) = self.carry_out(&row, owner).await {
            let (code, attempts) = (error.code(), row.attempts);
            tracing::warn!(code, registration = %row.id, attempts, error = %error, "an account could not be made yet");
            let doublings = u32::try_from(attempts.saturating_sub(1).clamp(0, 20)).unwrap_or(0);
            let pause = FIRST_PAUSE_MS.saturating_mul(1 << doublings).min(LONGEST_PAUSE_MS);
            let by_chance = i64::try_from(below(portal.rng(), pause.unsigned_abs() / 2 + 1)).unwrap_or(0);
            let mut tx = portal.db().begin().await?;
            let available_at = portal.now() + pause + by_chance;
            let expires_at = available_at + portal.settings().registration.draft_ms;
            registrations::retry(&mut tx, &row, owner, available_at, code, expires_at).await?;
            tx.commit().await?;
        }
        Ok(true)
    }

    async fn carry_out(&self, row: &RegistrationRow, owner: &str) -> Result<(), RegistrationError> {
        let portal = self.portal;
        let answers = self.answers(row)?;
        let initial = InitialPassword::generate(&mut |bytes| portal.rng().fill(bytes));
        let secret = Password::new(initial.as_str()).map_err(|_| SignInError::Wrong)?;
        // Outside the transaction: it takes long.
        let phc = portal.hasher.hash(&secret).await.map_err(SignInError::from)?;

        let now = portal.now();
        let locale = answers.locale().or(Locale::from_code(&row.locale)).unwrap_or_default();
        let visit = Visit {
            address: answers.address,
            user_agent: None,
            request_id: format!("registration-{}", row.id),
            locale,
            device: None,
        };
        let person = PersonId(row.person_id.ok_or(RegistrationError::Gone)?);
        let mut tx = portal.db().begin().await?;
        let expires_at = now + portal.settings().registration.draft_ms;
        if !registrations::finish(&mut tx, row, owner, CREATED, expires_at).await? {
            // The lease ran out meanwhile: another worker has it.
            return Ok(());
        }
        // Whoever registers twice at the same time waits here for the other.
        match people::lock_account_of(&mut tx, person).await? {
            Some(account) => self.tell_owner(&mut tx, &visit, account, now).await?,
            None => self.make_account(&mut tx, &visit, person, row, &answers, (&initial, &phc), now).await?,
        }
        Ok(tx.commit().await?)
    }

    #[allow(clippy::too_many_arguments, reason = "one account is made of all this, in one place")]
    async fn make_account(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        person: PersonId,
        row: &RegistrationRow,
        answers: &Answers,
        (initial, phc): (&InitialPassword, &str),
        now: Timestamp,
    ) -> Result<(), RegistrationError> {
        let portal = self.portal;
        let created = portal.accounts().create(tx, visit, person, None, now).await.map_err(|error| match error {
            AccountError::Store(error) => RegistrationError::from(error),
            // No code was free: a later try draws others.
            AccountError::CodeTaken => SignInError::Busy { retry_after_s: 1 }.into(),
        })?;
        let account = created.id.0;
        accounts::update_locale(tx, account, visit.locale.code()).await?;
        let (mobile, email) = (answers.mobile()?, answers.email()?);
        let change =
            ContactChange { person, by: person, mobile: mobile.as_ref(), email: email.as_ref(), email_proved: false };
        portal.people().change_contacts(tx, visit, change, now).await?;
        if let Some(version) = &answers.consent {
            let given_at = answers.consent_at.unwrap_or(now);
            consents::insert(tx, account, version, visit.locale.code(), given_at).await?;
            let entry = AuditEntry::new(AuditEvent::ConsentGiven, Outcome::Success, visit);
            portal.audit().append(tx, about(entry, Some(person.0)).detail("version", version.as_str())).await?;
        }
        let [sms_key, mail_key] = message_keys(row.id);
        if let Some(mobile) = mobile {
            let text = Text {
                idempotency_key: sms_key,
                event: "account_created",
                locale: visit.locale,
                payload: json!({}),
                expires_at: now + DAY,
            };
            portal.send(tx, Some((Some(account), &Address::Mobile(mobile))), text).await?;
        }
        let first = FirstPassword {
            account,
            user_code: created.user_code.to_string(),
            initial,
            phc,
            email,
            locale: visit.locale,
            idempotency_key: mail_key,
        };
        Ok(self.give_first_password(tx, first, now).await?)
    }

    /// Gives an account without a password its initial one and its first link, inside the caller's transaction, and mails both. Earlier
    /// ones are void.
    pub(crate) async fn give_first_password(
        &self,
        tx: &mut Tx,
        first: FirstPassword<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let portal = self.portal;
        let FirstPassword { account, user_code, initial, phc, email, locale, idempotency_key } = first;
        let ends_at = now + portal.settings().password_links.first_ms;
        passwords::set_initial(tx, account, phc, ends_at).await?;
        let ticket = portal.password_wizard().new_ticket(tx, account, true, now).await?;
        let Some(email) = email else { return Ok(()) };
        let text = Text {
            idempotency_key,
            event: "first_password",
            locale,
            payload: json!({
                "user_code": user_code,
                "password": initial.to_string(),
                "ticket": ticket.to_base64url(),
                "expires_at": ends_at,
            }),
            expires_at: ends_at,
        };
        portal.send(tx, Some((Some(account), &Address::Email(email))), text).await
    }
}
