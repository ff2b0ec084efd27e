//! What staff decide about a registration that was handed to them: approved, it goes the way of every other one, through the job.

use domain::{Email, Locale, Mobile};
use uuid::Uuid;

use super::answers::Answers;
use super::{CodeTarget, RegistrationError, Registrations, Who};
use crate::clock::Timestamp;
use crate::crypto::columns;
use crate::error::StoreError;
use crate::ids::{PersonId, RegistrationId, Token};
use crate::store::Tx;
use crate::store::registrations::{self, QUEUED, RegistrationRow};

/// What somebody said who is to be reviewed. Has no `Debug`.
pub(crate) struct Claim {
    pub who: Who,
    /// The mobile that the account will have; it was proved by a code.
    pub mobile: Option<Mobile>,
    /// The e-mail as it was typed: nobody has proved it.
    pub email: Option<Email>,
    pub locale: Option<Locale>,
}

/// A request that was approved.
pub(crate) struct Approve<'a> {
    /// The request's id, which its answers are sealed for.
    pub review: Uuid,
    pub answers_sealed: &'a [u8],
    pub locale: &'a str,
    /// Who gets the account.
    pub person: PersonId,
    pub child: PersonId,
}

impl Registrations<'_> {
    /// Opens what was typed by somebody who is to be reviewed.
    pub(crate) fn claim(self, review: Uuid, answers_sealed: &[u8]) -> Result<Claim, RegistrationError> {
        let answers = self.reviewed(review, answers_sealed)?;
        let (mobile, email, locale) = (answers.mobile()?, answers.email()?, answers.locale());
        Ok(Claim { who: answers.who()?, mobile, email, locale })
    }

    /// Queues the job that makes the account, inside the caller's transaction: the registration is handed in once more, by the school,
    /// which has found out whose it is.
    pub(crate) async fn queue_approved(
        &self,
        tx: &mut Tx,
        approve: Approve<'_>,
        now: Timestamp,
    ) -> Result<RegistrationId, RegistrationError> {
        let portal = self.portal;
        let answers = self.reviewed(approve.review, approve.answers_sealed)?;
        let id = RegistrationId::new(now, portal.rng());
        let row = RegistrationRow {
            id: id.0,
            person_id: Some(approve.person.0),
            child_id: Some(approve.child.0),
            answers_sealed: self.seal(id.0, &answers),
            state: QUEUED.to_owned(),
            code_target: CodeTarget::Given.code().to_owned(),
            code_flow_id: None,
            locale: approve.locale.to_owned(),
            created_at: now,
            expires_at: now + portal.settings().registration.draft_ms,
            answer_by: None,
            attempts: 0,
        };
        // No browser looks at it: its token is nobody's.
        registrations::insert(tx, &Token::generate(portal.rng()).hash(), &row).await?;
        tx.wake_jobs();
        Ok(id)
    }

    fn reviewed(self, review: Uuid, answers_sealed: &[u8]) -> Result<Answers, RegistrationError> {
        let column = columns::REVIEWS_ANSWERS;
        let bytes = self.portal.sealer().open(column, review, answers_sealed)?;
        Ok(serde_json::from_slice(&bytes).map_err(|_| StoreError::Corrupt { column })?)
    }
}
