//! Answering with a code: the flow is locked, both codes are compared, and the outcome is written down in one transaction.

use domain::Otp;
use subtle::{Choice, ConstantTimeEq};
use uuid::Uuid;

use super::{Codes, FlowPurpose, WRONG, method, open, purpose, receiver, subject};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::ids::Token;
use crate::portal::{SignInError, about};
use crate::refused::Refused;
use crate::sessions::{self, SignedIn};
use crate::store::flows::FlowRow;
use crate::store::{Tx, accounts, flows};
use crate::throttles::{Failures, Places, Subject, Waits};
use crate::visit::Visit;

/// A code that was typed.
pub(crate) struct Answer<'a> {
    pub code: &'a Otp,
    /// Whether even the right code would be taken: not when nobody can have got one.
    pub can_be_right: bool,
    /// How a failure is written down.
    pub event: AuditEvent,
    pub person: Option<Uuid>,
}

impl Codes<'_> {
    /// Answers with the code; the right one signs in, once.
    ///
    /// # Errors
    /// [`SignInError::FlowUnknown`], [`SignInError::Wait`] after many wrong codes of this account, [`SignInError::TooMany`] after
    /// very many failures of this address, [`SignInError::CodeDead`], [`SignInError::CodeExpired`],
    /// [`SignInError::CodeWrong`]; the database's errors.
    pub async fn verify(&self, visit: &Visit, token: &Token, code: &Otp) -> Result<SignedIn, SignInError> {
        let portal = self.portal;
        let now = portal.now();
        self.may_answer(visit, AuditEvent::SignInByCode, now).await?;
        let mut tx = portal.db().begin().await?;
        let mut flow = open(flows::lock(&mut tx, &token.hash()).await?, now)?;
        let method = method(purpose(&flow)?).ok_or(SignInError::FlowUnknown)?;

        // The same look-ups whether there is an account or not.
        let account = flow.account_id.unwrap_or(Uuid::nil());
        let (account, held) = accounts::find_with_roles(&mut tx, account).await?;
        let person = account.as_ref().map(|account| account.person_id);
        let grants = sessions::grants(&held)?;
        let may = receiver::may_sign_in(purpose(&flow)?, &grants);
        let entering = account.filter(|account| may && account.is_active());
        let answer = Answer { code, can_be_right: entering.is_some(), event: method.event(), person };
        if let Some(refused) = self.answer(&mut tx, visit, &mut flow, answer, now).await? {
            tx.commit().await?;
            return Err(refused);
        }
        let account = entering.ok_or(SignInError::FlowUnknown)?;
        let entry = sessions::Entry { account: &account, grants, method };
        let signed_in = portal.sessions().start(&mut tx, visit, entry, flow.return_to, now).await?;
        tx.commit().await?;
        Ok(signed_in)
    }

    /// Holds a code against a locked flow, inside the caller's transaction. The right one uses the flow up; `Some` says why a code
    /// was refused, and what was counted for it is to be committed.
    ///
    /// # Errors
    /// [`SignInError::FlowUnknown`]; the database's errors.
    pub(crate) async fn answer(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        flow: &mut FlowRow,
        answer: Answer<'_>,
        now: Timestamp,
    ) -> Result<Option<SignInError>, SignInError> {
        let portal = self.portal;
        let purpose = purpose(flow)?;
        let subject = subject(flow)?;
        let failures = Failures { scope: WRONG, subject: &subject };
        let (counted, wait) = failures.lock(tx, now).await?;
        let failed = about(AuditEntry::new(answer.event, Outcome::Failure, visit), answer.person);
        if let Some(retry_at) = wait {
            let error = SignInError::Wait { retry_at };
            let refused = Refused { scope: Refused::CODE_WAIT, subject: &subject, until: retry_at, error: &error };
            refused.tell_in(portal, tx, failed, now).await?;
            return Ok(Some(error));
        }
        let tries = i64::from(portal.settings().codes.tries);
        if flow.wrong_tries >= tries {
            let error = SignInError::CodeDead;
            // Of each flow by itself: another one has a code of its own, which has to be killed first.
            let of_flow = [&subject[..], flow.id.as_bytes()].concat();
            let refused =
                Refused { scope: Refused::CODE_DEAD, subject: &of_flow, until: flow.expires_at, error: &error };
            refused.tell_in(portal, tx, failed, now).await?;
            return Ok(Some(error));
        }
        let compared = self.compare(flow, purpose, &subject, answer.code, tries, now);
        if compared == Some(true) && answer.can_be_right {
            if !flows::consume(tx, flow.id, now).await? {
                return Err(SignInError::FlowUnknown);
            }
            failures.forget_locked(tx, &counted).await?;
            Places::answered(tx, &subject).await?;
            return Ok(None);
        }
        let refused = if compared.is_none() {
            SignInError::CodeExpired
        } else {
            flow.wrong_tries += 1;
            flows::update(tx, flow).await?;
            let waits = Waits::of_passwords(&portal.settings().passwords)
                .beginning_after(portal.settings().codes.wrong_before_wait);
            failures.count(tx, counted, waits, now).await?;
            match u32::try_from(tries - flow.wrong_tries) {
                Ok(0) | Err(_) => SignInError::CodeDead,
                Ok(tries_left) => SignInError::CodeWrong { tries_left },
            }
        };
        self.count_address_failure(tx, visit, now).await?;
        portal.audit().append(tx, failed.detail("reason", refused.code())).await?;
        Ok(Some(refused))
    }

    /// Whether the code is the newest or the one before it; `None` when neither is valid any longer. Both are always compared.
    fn compare(
        self,
        flow: &FlowRow,
        purpose: FlowPurpose,
        subject: &Subject,
        code: &Otp,
        tries: i64,
        now: Timestamp,
    ) -> Option<bool> {
        let given = self.mac(flow.id, purpose, subject, code);
        let newest_live = flow.code_mac.is_some() && flow.code_expires_at > now;
        let is_newest = ct_eq(&given, flow.code_mac.as_deref());
        let previous = flow.previous();
        let previous_live = self.portal.settings().codes.accepted > 1
            && flow.previous_expires_at > now
            && previous.is_some_and(|(_, carried)| carried + flow.wrong_tries < tries);
        let is_previous = ct_eq(&given, previous.map(|(mac, _)| mac));
        if !newest_live && !previous_live {
            return None;
        }
        let right =
            (is_newest & Choice::from(u8::from(newest_live))) | (is_previous & Choice::from(u8::from(previous_live)));
        Some(bool::from(right))
    }
}

fn ct_eq(given: &[u8; 32], stored: Option<&[u8]>) -> Choice {
    // Without a stored code the comparison still takes place, and cannot succeed: no MAC is compared with fewer bytes.
    let nothing = [0; 32];
    given.as_slice().ct_eq(stored.unwrap_or(&nothing)) & Choice::from(u8::from(stored.is_some()))
}
