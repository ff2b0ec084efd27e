//! The second step: a code to the mobile on file, or to the one that is given instead; and the code of a changed mobile.

use domain::{Mobile, Otp};

use super::answers::Proved;
use super::{CodeTarget, RegistrationError, RegistrationStep, Registrations};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::{HOUR, Timestamp};
use crate::codes::{Address, Answer, FlowPurpose, Receiver, Start};
use crate::ids::Token;
use crate::portal::{SignInError, about};
use crate::settings::SCHOOL_NETWORK_FACTOR;
use crate::store::Tx;
use crate::store::registrations::{self, RegistrationRow};
use crate::throttles::{self, Span};
use crate::visit::Visit;

const GIVEN: &str = "registration.given_sends";
const GIVEN_IN_ALL: &str = "registration.given_sends_in_all";

impl Registrations<'_> {
    /// Sends the code to a mobile that is given now, because the one on file is wrong or missing: the school then has to approve.
    ///
    /// # Errors
    /// [`RegistrationError::Gone`], [`RegistrationError::NotNow`]; [`SignInError::TooMany`] when too many codes went to numbers that
    /// were typed: by this address, or by everybody in an hour; the database's errors.
    pub async fn use_mobile(&self, visit: &Visit, token: &Token, mobile: &Mobile) -> Result<(), RegistrationError> {
        let now = self.portal.now();
        let mut tx = self.portal.db().begin().await?;
        let mut row = self.lock(&mut tx, token, now).await?;
        let step = RegistrationStep::of(&row)?;
        if step != RegistrationStep::Verify {
            return Err(RegistrationError::NotNow(step));
        }
        let mut answers = self.answers(&row)?;
        answers.set_awaiting(Some(mobile));
        row.answers_sealed = self.seal(row.id, &answers);
        CodeTarget::Given.code().clone_into(&mut row.code_target);
        self.send_to_typed(&mut tx, visit, &mut row, FlowPurpose::Registration, mobile, now).await?;
        registrations::update(&mut tx, &row).await?;
        Ok(tx.commit().await?)
    }

    /// Begins a flow whose code goes to a number that was typed; the caller writes the row.
    pub(super) async fn send_to_typed(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        row: &mut RegistrationRow,
        purpose: FlowPurpose,
        mobile: &Mobile,
        now: Timestamp,
    ) -> Result<(), RegistrationError> {
        let portal = self.portal;
        self.count_given(tx, visit, now).await?;
        let receiver = Receiver {
            account_id: None,
            person_id: row.person_id,
            address: Address::Mobile(mobile.clone()),
            locale: None,
        };
        let start = Start {
            purpose,
            account_id: None,
            receiver: Some(&receiver),
            subject: portal.sealer().mac("throttle.mobile", &[mobile.e164().as_bytes()]),
            return_to: None,
            expires_at: row.expires_at,
        };
        let started = portal.codes().start(tx, visit, start, now).await?;
        row.code_flow_id = Some(started.id.0);
        Ok(())
    }

    /// Answers with the code. Returns the step that follows.
    ///
    /// # Errors
    /// [`RegistrationError::Gone`], [`RegistrationError::NotNow`]; the code's own ([`SignInError::CodeWrong`],
    /// [`SignInError::CodeDead`], [`SignInError::CodeExpired`], [`SignInError::Wait`], [`SignInError::TooMany`]); the database's
    /// errors.
    pub async fn verify(
        &self,
        visit: &Visit,
        token: &Token,
        code: &Otp,
    ) -> Result<RegistrationStep, RegistrationError> {
        let portal = self.portal;
        let now = portal.now();
        portal.codes().may_answer(visit, AuditEvent::RegistrationVerified, now).await?;
        let mut tx = portal.db().begin().await?;
        let mut row = self.lock(&mut tx, token, now).await?;
        let step = RegistrationStep::of(&row)?;
        if !matches!(step, RegistrationStep::Verify | RegistrationStep::NewMobile) {
            return Err(RegistrationError::NotNow(step));
        }
        let mut flow = self.flow(&mut tx, &row, now).await?;
        let mut answers = self.answers(&row)?;
        // Looked up before the code is compared, so that the time tells nothing.
        let recognised = self.recognise(&mut tx, &answers.who()?).await?;
        let on_file = recognised.person.as_ref().and_then(|person| person.mobile.clone());
        let target = CodeTarget::of(&row)?;
        let proved = match target {
            CodeTarget::OnFile => on_file.clone().filter(|mobile| answers.was_sent_to(mobile)),
            CodeTarget::Given | CodeTarget::New => answers.awaiting()?,
        };
        let event = AuditEvent::RegistrationVerified;
        let answer = Answer { code, can_be_right: proved.is_some(), event, person: row.person_id };
        if let Some(refused) = portal.codes().answer(&mut tx, visit, &mut flow, answer, now).await? {
            tx.commit().await?;
            return Err(refused.into());
        }
        let number = proved.ok_or(SignInError::CodeExpired)?;
        let next = if target == CodeTarget::New {
            answers.new_mobile = Some(number.e164().to_owned());
            RegistrationStep::Finish
        } else {
            let is_on_file = on_file.as_ref() == Some(&number);
            answers.proved = Some(Proved { number: number.e164().to_owned(), on_file: is_on_file });
            RegistrationStep::Contact
        };
        answers.set_awaiting(None);
        row.person_id = recognised.person_id();
        row.child_id = recognised.child_id;
        row.answers_sealed = self.seal(row.id, &answers);
        row.code_flow_id = None;
        next.code().clone_into(&mut row.state);
        registrations::update(&mut tx, &row).await?;
        let entry = about(AuditEntry::new(event, Outcome::Success, visit), row.person_id);
        let entry = entry.detail("registration", row.id.to_string()).detail("mobile", target.code());
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(next)
    }

    /// Counts a code to a number that was typed (OWASP: SMS pumping): by the address, in listed school networks too, and by everybody.
    pub(crate) async fn count_given(&self, tx: &mut Tx, visit: &Visit, now: Timestamp) -> Result<(), SignInError> {
        let portal = self.portal;
        let settings = portal.settings();
        let everybody = portal.sealer().mac("throttle.everybody", &[]);
        let limit = settings.registration.given_sends_in_all;
        let mut full = Span { scope: GIVEN_IN_ALL, subject: everybody, limit, window_ms: HOUR }.count(tx, now).await?;
        if let Some(address) = visit.address {
            let factor = if settings.addresses.trusts(address) { SCHOOL_NETWORK_FACTOR } else { 1 };
            let subject = throttles::address_subject(portal.sealer(), address);
            let limit = settings.registration.given_sends.saturating_mul(factor);
            full = full.max(Span { scope: GIVEN, subject, limit, window_ms: HOUR }.count(tx, now).await?);
        }
        match full {
            None => Ok(()),
            Some(retry_at) => Err(SignInError::TooMany { retry_at }),
        }
    }
}
