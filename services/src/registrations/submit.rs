//! The last step: handing in. Whoever proved the mobile on file gets an account by a job; about everybody else the school decides.

use domain::Mobile;
use serde_json::json;
use uuid::Uuid;

use super::answers::Answers;
use super::{RegistrationError, RegistrationStep, Registrations, Who};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::{DAY, HOUR, Timestamp};
use crate::codes::Address;
use crate::crypto::columns;
use crate::ids::{MessageId, ReviewId, Token};
use crate::portal::{Text, about};
use crate::store::registrations::{self, QUEUED, REVIEW, RegistrationRow};
use crate::store::reviews::{self, ReviewRow};
use crate::store::{Tx, accounts, meta};
use crate::throttles::{self, Span};
use crate::visit::Visit;

const NOTICES: &str = "registration.notices";
/// The count of requests that staff have to decide.
const REVIEW_NUMBER: &str = "review_number";

impl Registrations<'_> {
    /// Hands the registration in. A second time nothing happens.
    ///
    /// # Errors
    /// [`RegistrationError::Gone`], [`RegistrationError::NotNow`]; the database's errors.
    pub async fn finish(&self, visit: &Visit, token: &Token) -> Result<(), RegistrationError> {
        let portal = self.portal;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let mut row = self.lock(&mut tx, token, now).await?;
        match RegistrationStep::of(&row)? {
            RegistrationStep::Finish => {}
            // Not left to the drop, which ends the transaction some time later: until then the workers pass over the locked row.
            RegistrationStep::Submitted => return Ok(tx.rollback().await?),
            step => return Err(RegistrationError::NotNow(step)),
        }
        let mut answers = self.answers(&row)?;
        answers.address = visit.address;
        row.answers_sealed = self.seal(row.id, &answers);
        let recognised = self.recognise(&mut tx, &answers.who()?).await?;
        // The office may have replaced the number since it was proved.
        let on_file = recognised.person.as_ref().and_then(|person| person.mobile.as_ref()).map(Mobile::e164);
        let proved_on_file =
            answers.proved.as_ref().is_some_and(|proved| proved.on_file && Some(proved.number.as_str()) == on_file);
        row.person_id = recognised.person_id();
        row.child_id = recognised.child_id;
        row.expires_at = now + portal.settings().registration.draft_ms;
        let reason = match (&recognised.person, proved_on_file) {
            (Some(person), true) if person.is_staff => Some("staff"),
            (Some(_), true) => None,
            (Some(_), false) => Some("mobile_not_on_file"),
            (None, _) => Some("not_recognised"),
        };
        if let Some(reason) = reason {
            self.hand_to_staff(&mut tx, &row, &answers, reason, now).await?;
            REVIEW.clone_into(&mut row.state);
            row.answer_by = Some(self.answer_by(now));
            if let Some(account) = recognised.account_of_number {
                self.tell_owner(&mut tx, visit, account, now).await?;
            }
        } else {
            QUEUED.clone_into(&mut row.state);
            tx.wake_jobs();
        }
        registrations::update(&mut tx, &row).await?;
        let entry = about(AuditEntry::new(AuditEvent::RegistrationSubmitted, Outcome::Success, visit), row.person_id);
        let entry = entry.detail("registration", row.id.to_string()).detail("next", row.state.as_str());
        portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Until when the school answers a request that is made now. Everybody is told the same, whatever is open for their number already.
    pub(super) fn answer_by(self, now: Timestamp) -> Timestamp {
        now + self.portal.settings().registration.answer_days * DAY
    }

    /// Puts the registration into the review queue; one that is open for this number and this mobile already is brought up to date. Two
    /// people who claim one number are two requests.
    pub(super) async fn hand_to_staff(
        &self,
        tx: &mut Tx,
        row: &RegistrationRow,
        answers: &Answers,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), RegistrationError> {
        let portal = self.portal;
        let Who { identifier, .. } = answers.who()?;
        let number_index = portal.sealer().blind_index(columns::REVIEWS_NUMBER, identifier.canonical());
        let proved = answers.proved.as_ref().map_or("", |proved| proved.number.as_str());
        let mobile_index = portal.sealer().blind_index(columns::REVIEWS_MOBILE, proved);
        let answer_by = self.answer_by(now);
        let review = ReviewRow {
            id: ReviewId::new(now, portal.rng()).0,
            number: meta::next_number(tx, REVIEW_NUMBER).await?,
            reason,
            person_id: row.person_id,
            child_id: row.child_id,
            id_type: identifier.kind().code(),
            number_index,
            mobile_index,
            locale: &row.locale,
            created_at: now,
            answer_by,
        };
        let id = reviews::open(tx, &review).await?;
        let text = json!(answers).to_string();
        let sealed = portal.sealer().seal(portal.rng(), columns::REVIEWS_ANSWERS, id, text.as_bytes());
        reviews::update_answers(tx, id, &sealed).await?;
        if let Some(email) = answers.email()?
            && self.may_mail(tx, &email, now).await?
        {
            let text = Text {
                idempotency_key: format!("registration-{}-review", row.id),
                event: "review_received",
                locale: answers.locale().unwrap_or_default(),
                payload: json!({ "answer_by": answer_by }),
                expires_at: now + DAY,
            };
            portal.send(tx, Some((None, &Address::Email(email))), text).await?;
        }
        Ok(())
    }

    /// Tells the owner of an account that somebody filled in a registration with their number: at most once an hour.
    pub(crate) async fn tell_owner(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        account: Uuid,
        now: Timestamp,
    ) -> Result<(), RegistrationError> {
        let portal = self.portal;
        let subject = throttles::account_subject(portal.sealer(), account);
        let once = Span { scope: NOTICES, subject, limit: 1, window_ms: HOUR };
        if once.count(tx, now).await?.is_some() {
            return Ok(());
        }
        let Some(row) = accounts::find(tx, account).await?.filter(accounts::AccountRow::is_active) else {
            return Ok(());
        };
        let contacts = portal.people().contacts(tx, account).await?;
        let address = contacts.email.map(Address::Email).or(contacts.mobile.map(Address::Mobile));
        let Some(address) = address else { return Ok(()) };
        let text = Text {
            idempotency_key: format!("registered-{}", MessageId::new(now, portal.rng())),
            event: "already_registered",
            locale: contacts.locale.unwrap_or(visit.locale),
            payload: json!({ "user_code": crate::people::shown_user_code(&row.user_code) }),
            expires_at: now + DAY,
        };
        Ok(portal.send(tx, Some((Some(account), &address)), text).await?)
    }
}
