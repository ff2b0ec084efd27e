//! Choosing a password: the policy's verdict, and setting one that meets it.

use domain::password::{RequirementState, check_with_strength};
use domain::{Password, Policy, PolicyContext, Unmet};

use super::Passwords;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::error::{CryptoError, StoreError};
use crate::hasher::HashError;
use crate::ids::{AccountId, SessionId};
use crate::portal::about;
use crate::store::{accounts, passwords, sessions};
use crate::visit::Visit;

/// What the policy says about a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVerdict {
    /// The policy's stable name: `nist`, `moe-legacy`.
    pub policy: &'static str,
    /// Every requirement, and whether it is met, in the order they are shown.
    pub requirements: Vec<RequirementState>,
    /// Why the password is refused; empty when it may be chosen.
    pub unmet: Vec<Unmet>,
}

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum ChoiceError {
    /// The policy refuses it.
    #[error("the password does not meet the policy")]
    Policy(Vec<Unmet>),
    /// There is no such account.
    #[error("no such account")]
    NoAccount,
    /// Too many passwords are being hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored value cannot be opened.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl ChoiceError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Policy(_) => "PASSWORD-01",
            Self::NoAccount => "PASSWORD-02",
            Self::Hash(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Crypto(error) => error.code(),
        }
    }
}

impl Passwords<'_> {
    /// The policy's final word on a password. `context` is what is known of its owner; the service's names are added here.
    ///
    /// Takes some milliseconds of the calling thread for a password that meets everything else (zxcvbn).
    pub fn check(&self, password: &Password, context: &PolicyContext) -> PolicyVerdict {
        let settings = self.portal.settings();
        let mut context = context.clone();
        context.service_names.extend(settings.service_names.iter().cloned());
        let policy = &settings.passwords.policy;
        let common = self.portal.common_passwords.as_deref();
        let assessment =
            check_with_strength(policy, password, &context, common.map(|list| list as &dyn domain::CommonPasswords));
        PolicyVerdict { policy: policy.name().code(), requirements: assessment.requirements, unmet: assessment.unmet }
    }

    /// As [`Passwords::check`], on a thread that may take its time. `None` when the process is ending.
    pub async fn check_aside(&self, password: &Password, context: &PolicyContext) -> Option<PolicyVerdict> {
        let (portal, password, context) = (self.portal.clone(), password.clone(), context.clone());
        tokio::task::spawn_blocking(move || portal.passwords().check(&password, &context)).await.ok()
    }

    /// The policy, and what a password of this account must not contain.
    ///
    /// # Errors
    /// [`ChoiceError::NoAccount`]; the errors of database and keys.
    pub async fn policy_for(&self, account: AccountId) -> Result<(Policy, PolicyContext), ChoiceError> {
        let portal = self.portal;
        let row = accounts::read(portal.db(), account.0).await?.ok_or(ChoiceError::NoAccount)?;
        let person = portal.people().open(row.person_id).await?.ok_or(ChoiceError::NoAccount)?;
        let context = PolicyContext {
            user_code: Some(row.user_code),
            id_numbers: [person.identifier.as_ref().map(|number| number.canonical().to_owned())]
                .into_iter()
                .chain([person.snils.as_ref().map(|snils| snils.digits().to_owned())])
                .flatten()
                .collect(),
            names: [Some(row.surname), Some(row.given_name), row.patronymic].into_iter().flatten().collect(),
            mobiles: person.mobile.iter().map(|mobile| mobile.e164().to_owned()).collect(),
            birth_date: person.birth_date,
            service_names: Vec::new(),
            second_factor: person.is_staff(),
        };
        Ok((portal.settings().passwords.policy.clone(), context))
    }

    /// Sets a password that meets the policy, and ends the account's sessions except `keep`.
    ///
    /// # Errors
    /// [`ChoiceError`]; nothing is changed then.
    pub async fn set(
        &self,
        visit: &Visit,
        account: AccountId,
        password: &Password,
        keep: Option<SessionId>,
    ) -> Result<(), ChoiceError> {
        let portal = self.portal;
        let (_, context) = self.policy_for(account).await?;
        let verdict = self.check_aside(password, &context).await;
        let unmet = verdict.ok_or(ChoiceError::Hash(HashError::Stopped))?.unmet;
        if !unmet.is_empty() {
            return Err(ChoiceError::Policy(unmet));
        }
        let phc = portal.hasher.hash(password).await?;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let row = accounts::find(&mut tx, account.0).await?.ok_or(ChoiceError::NoAccount)?;
        accounts::update_password(&mut tx, account.0, &phc, now).await?;
        // Whoever holds a link, or is in the wizard, is not let in past a password that was set here.
        passwords::use_tickets(&mut tx, account.0, now).await?;
        passwords::delete_other_flows(&mut tx, account.0, uuid::Uuid::nil()).await?;
        let keep = keep.map_or(uuid::Uuid::nil(), |id| id.0);
        let ended = sessions::delete_others(&mut tx, account.0, keep).await?;
        let entry = about(AuditEntry::new(AuditEvent::PasswordSet, Outcome::Success, visit), Some(row.person_id));
        portal.audit().append(&mut tx, entry.detail("sessions_ended", ended.len())).await?;
        Ok(tx.commit().await?)
    }
}
