//! The third step: how the person wants to be reached, and the consent. A changed mobile is proved by a code of its own.

use domain::{Email, Mobile};
use serde_json::json;

use super::{CodeTarget, ContactChoice, RegistrationError, RegistrationStep, Registrations};
use crate::clock::{HOUR, Timestamp};
use crate::codes::{Address, FlowPurpose};
use crate::ids::{MessageId, Token};
use crate::portal::Text;
use crate::store::Tx;
use crate::store::registrations::{self, RegistrationRow};
use crate::throttles::Span;
use crate::visit::Visit;

const MAILS: &str = "registration.mails";
const MAILS_OF_DRAFT: &str = "registration.mails_of_draft";
/// Mails to one address that a registration can cause in an hour: nobody is buried in mail by strangers.
const MAILS_PER_HOUR: u32 = 5;

impl Registrations<'_> {
    /// Takes the contact details and mails the link to continue on another device. Returns the step that follows.
    ///
    /// # Errors
    /// [`RegistrationError::Gone`], [`RegistrationError::NotNow`]; [`SignInError::TooMany`](crate::SignInError::TooMany) when too many
    /// codes went to numbers that were typed; the database's errors.
    pub async fn set_contact(
        &self,
        visit: &Visit,
        token: &Token,
        choice: &ContactChoice,
    ) -> Result<RegistrationStep, RegistrationError> {
        let portal = self.portal;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let mut row = self.lock(&mut tx, token, now).await?;
        let step = RegistrationStep::of(&row)?;
        let may = matches!(step, RegistrationStep::Contact | RegistrationStep::NewMobile | RegistrationStep::Finish);
        if !may {
            return Err(RegistrationError::NotNow(step));
        }
        let mut answers = self.answers(&row)?;
        let mail_changed = answers.email()?.as_ref() != Some(&choice.email);
        answers.set_email(&choice.email);
        answers.set_locale(choice.locale);
        if answers.consent.as_ref() != Some(&choice.consent) {
            answers.consent = Some(choice.consent.clone());
            answers.consent_at = Some(now);
        }
        let proved = answers.proved.as_ref().map(|proved| proved.number.as_str());
        let changed: Option<&Mobile> = match &choice.mobile {
            None => None,
            // Back to the number of the second step.
            Some(mobile) if Some(mobile.e164()) == proved => {
                answers.new_mobile = None;
                None
            }
            Some(mobile) if Some(mobile.e164()) == answers.new_mobile.as_deref() => None,
            Some(mobile) => Some(mobile),
        };
        let next = if changed.is_some() { RegistrationStep::NewMobile } else { RegistrationStep::Finish };
        answers.set_awaiting(changed);
        // Before the code: the counts of mails come before those of codes wherever both are taken.
        if mail_changed {
            self.mail_link(&mut tx, &row, token, choice, now).await?;
        }
        if let Some(mobile) = changed {
            CodeTarget::New.code().clone_into(&mut row.code_target);
            self.send_to_typed(&mut tx, visit, &mut row, FlowPurpose::Mobile, mobile, now).await?;
        }
        row.answers_sealed = self.seal(row.id, &answers);
        next.code().clone_into(&mut row.state);
        registrations::update(&mut tx, &row).await?;
        tx.commit().await?;
        Ok(next)
    }

    /// The link to continue on another device. An earlier one, to another address, is void, and whom it let in is out.
    async fn mail_link(
        &self,
        tx: &mut Tx,
        row: &RegistrationRow,
        token: &Token,
        choice: &ContactChoice,
        now: Timestamp,
    ) -> Result<(), RegistrationError> {
        let portal = self.portal;
        // One draft must not mail the whole world either.
        let draft = portal.sealer().mac("throttle.registration", &[row.id.as_bytes()]);
        let of_draft = Span { scope: MAILS_OF_DRAFT, subject: draft, limit: MAILS_PER_HOUR, window_ms: HOUR };
        let over = of_draft.count(tx, now).await?.is_some();
        if over || !self.may_mail(tx, &choice.email, now).await? {
            return Ok(registrations::update_link(tx, row.id, None, &token.hash()).await?);
        }
        let link = Token::generate(portal.rng());
        registrations::update_link(tx, row.id, Some(&link.hash()), &token.hash()).await?;
        let text = Text {
            idempotency_key: format!("registration-link-{}", MessageId::new(now, portal.rng())),
            event: "registration_link",
            locale: choice.locale,
            payload: json!({ "draft": link.to_base64url() }),
            expires_at: row.expires_at,
        };
        Ok(portal.send(tx, Some((None, &Address::Email(choice.email.clone()))), text).await?)
    }

    /// Whether one more mail may go to an address that was typed.
    pub(crate) async fn may_mail(&self, tx: &mut Tx, email: &Email, now: Timestamp) -> Result<bool, RegistrationError> {
        let key = email.comparison_key();
        let subject = self.portal.sealer().mac("throttle.email", &[key.as_bytes()]);
        let span = Span { scope: MAILS, subject, limit: MAILS_PER_HOUR, window_ms: HOUR };
        Ok(span.count(tx, now).await?.is_none())
    }
}
