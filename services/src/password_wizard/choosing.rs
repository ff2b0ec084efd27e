//! The third step: the password, the security question, the e-mail. All or nothing.

use domain::{Password, SecurityQuestion, security_question};
use serde_json::json;
use uuid::Uuid;

use super::{PasswordChoice, PasswordWizard, Question, TicketState, WizardError, WizardStep, tickets};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::{DAY, Timestamp};
use crate::codes::Address;
use crate::crypto::columns;
use crate::ids::{AccountId, MessageId, PersonId, Token};
use crate::passwords::Counts;
use crate::people::ContactChange;
use crate::portal::{SignInError, Text};
use crate::store::passwords::{self, WizardRow};
use crate::store::{Tx, accounts, devices, people, sessions};
use crate::throttles::account_subject;
use crate::visit::Visit;

/// `security_questions.question` of a question of one's own.
pub(crate) const OWN: &str = "own";

impl PasswordWizard<'_> {
    /// Chooses the password. All sessions and remembered browsers of the account end, its waits too, its other links are void; the
    /// confirmation goes to the e-mail, and to the one before it when it changed.
    ///
    /// # Errors
    /// [`WizardError::Policy`], [`WizardError::Gone`], [`WizardError::NotNow`], [`WizardError::Ticket`] when the link was used meanwhile;
    /// [`SignInError::Busy`]; the database's errors. Nothing is changed then.
    pub async fn choose(&self, visit: &Visit, flow: &Token, choice: &PasswordChoice) -> Result<(), WizardError> {
        let portal = self.portal;
        // The final word of the policy, and that there is such a wizard at all, before the hash is paid for.
        let verdict = self.judge(flow, &choice.password).await?;
        if !verdict.unmet.is_empty() {
            return Err(WizardError::Policy(verdict.unmet));
        }
        let phc = portal.hasher.hash(&choice.password).await?;
        let question = match choice.question.as_ref().filter(|_| portal.settings().password_links.security_question) {
            Some((question, answer)) => {
                let answer = security_question::normalise_answer(answer).unwrap_or_else(|_| answer.clone());
                let answer = Password::new(&answer).map_err(|_| SignInError::Wrong)?;
                Some((question, portal.hasher.hash(&answer).await?))
            }
            None => None,
        };

        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        // Locks in the order that everybody keeps: wizards, counts, the person, the account, and the audit log last.
        let owner = passwords::find_account_of_flow(&mut tx, &flow.hash()).await?.ok_or(WizardError::Gone)?;
        passwords::lock_flows_of(&mut tx, owner).await?;
        let mut row = self.lock(&mut tx, flow, WizardStep::Choose, now).await?;
        self.check_ticket(&mut tx, &row, now).await?;
        let account = accounts::find(&mut tx, row.account_id).await?.filter(accounts::AccountRow::is_active);
        let account = account.ok_or(WizardError::Gone)?;
        let person = PersonId(account.person_id);
        passwords::delete_other_flows(&mut tx, account.id, row.id).await?;
        portal.codes().forget_failures(&mut tx, &account_subject(portal.sealer(), account.id)).await?;
        Counts::new(portal, visit, &account.user_code, None).forget(&mut tx).await?;
        people::lock_account_of(&mut tx, person).await?;
        accounts::update_password(&mut tx, account.id, &phc, now).await?;
        passwords::use_tickets(&mut tx, account.id, now).await?;
        let ended = sessions::delete_others(&mut tx, account.id, Uuid::nil()).await?;
        devices::delete_all(&mut tx, account.id).await?;
        let acted = |event| AuditEntry::new(event, Outcome::Success, visit).actor(person).person(person);
        let entry = acted(AuditEvent::PasswordSet).detail("sessions_ended", ended.len()).detail("by", "wizard");
        portal.audit().append(&mut tx, entry).await?;
        if let Some((question, answer_hash)) = question {
            self.write_question(&mut tx, AccountId(account.id), question, &answer_hash, now).await?;
            portal.audit().append(&mut tx, acted(AuditEvent::SecurityQuestionSet)).await?;
        }
        let change =
            ContactChange { person, by: person, mobile: None, email: Some(&choice.email), email_proved: false };
        portal.people().change_contacts(&mut tx, visit, change, now).await?;
        WizardStep::Done.code().clone_into(&mut row.step);
        passwords::update_flow(&mut tx, &row).await?;
        let locale = account.locale.as_deref().and_then(domain::Locale::from_code).unwrap_or(visit.locale);
        let text = Text {
            idempotency_key: format!("chosen-{}", MessageId::new(now, portal.rng())),
            event: "password_chosen",
            locale,
            payload: json!({ "user_code": crate::people::shown_user_code(&account.user_code) }),
            expires_at: now + DAY,
        };
        portal.send(&mut tx, Some((Some(account.id), &Address::Email(choice.email.clone()))), text).await?;
        Ok(tx.commit().await?)
    }

    /// The link that the browser came with must still be unused. Its time may run out on the way, and a newer one may be asked for, by
    /// anybody: the wizard has its own time, and its code was answered.
    async fn check_ticket(&self, tx: &mut Tx, row: &WizardRow, now: Timestamp) -> Result<(), WizardError> {
        let Some(id) = row.ticket_id else { return Ok(()) };
        let ticket = passwords::find_ticket_by_id(tx, id).await?;
        match tickets::state(ticket.as_ref(), now) {
            TicketState::Open | TicketState::Expired | TicketState::Replaced => Ok(()),
            state => Err(WizardError::Ticket(state)),
        }
    }

    async fn write_question(
        &self,
        tx: &mut Tx,
        account: AccountId,
        question: &Question,
        answer_hash: &str,
        now: Timestamp,
    ) -> Result<(), WizardError> {
        let portal = self.portal;
        let (code, own) = match question {
            Question::Listed(listed) => (SecurityQuestion::code(*listed), None),
            Question::Own(text) => {
                let column = columns::SECURITY_QUESTION;
                (OWN, Some(portal.sealer().seal(portal.rng(), column, account.0, text.as_bytes())))
            }
        };
        Ok(passwords::set_question(tx, account.0, code, own.as_deref(), answer_hash, now).await?)
    }
}
