//! Accounts: a person's way in. Each gets a user code that is permanent and was never anybody else's.

use domain::{Locale, UserCode};

use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::{AccountId, PersonId};
use crate::portal::{Portal, SessionsError};
use crate::sessions::Session;
use crate::store::{Tx, accounts, passwords};
use crate::visit::Visit;

/// Codes drawn until one is new. With 32^7 codes even a million accounts make a second draw a rarity.
const DRAWS: usize = 16;

/// An account that was added.
#[derive(Clone, Debug)]
pub struct CreatedAccount {
    /// Its id.
    pub id: AccountId,
    /// Its user code, for good.
    pub user_code: UserCode,
}

/// Why an account was not added.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// A user code is never given out twice.
    #[error("this user code was given out before")]
    CodeTaken,
    /// The database failed, or the person has an account already ([`StoreError::Duplicate`]).
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AccountError {
    /// Stable code for logs and problem documents.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CodeTaken => "ACCOUNT-01",
            Self::Store(error) => error.code(),
        }
    }
}

/// Accounts of people.
#[derive(Clone, Copy)]
pub struct Accounts<'a> {
    pub(crate) portal: &'a Portal,
}

impl Accounts<'_> {
    /// Adds an account for a person inside the caller's transaction. `user_code` is for a demo, whose codes are always the same;
    /// otherwise one is drawn.
    ///
    /// # Errors
    /// [`AccountError::CodeTaken`] when the given code was given out before, or no new one was found;
    /// [`StoreError::Duplicate`] when the person has an account; the database's other errors.
    pub async fn create(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        person: PersonId,
        user_code: Option<UserCode>,
        now: Timestamp,
    ) -> Result<CreatedAccount, AccountError> {
        let portal = self.portal;
        let user_code = match user_code {
            Some(code) => accounts::insert_issued_code(tx, code.as_str(), now).await?.then_some(code),
            None => self.draw(tx, now).await?,
        };
        let user_code = user_code.ok_or(AccountError::CodeTaken)?;
        let id = AccountId::new(now, portal.rng());
        accounts::insert(tx, id, person, user_code.as_str(), None, now).await?;
        let entry = AuditEntry::new(AuditEvent::AccountCreated, Outcome::Success, visit).person(person);
        portal.audit().append(tx, entry.detail("account", id.to_string())).await?;
        Ok(CreatedAccount { id, user_code })
    }

    /// A user code that was never given out before.
    async fn draw(&self, tx: &mut Tx, now: Timestamp) -> Result<Option<UserCode>, StoreError> {
        for _ in 0..DRAWS {
            let code = UserCode::generate(&mut |bytes| self.portal.rng().fill(bytes));
            if accounts::insert_issued_code(tx, code.as_str(), now).await? {
                return Ok(Some(code));
            }
        }
        Ok(None)
    }

    /// Whether the owner of a session has a security question; `None` where the portal asks none.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn has_security_question(&self, session: &Session) -> Result<Option<bool>, SessionsError> {
        let portal = self.portal;
        if !portal.settings().password_links.security_question {
            return Ok(None);
        }
        Ok(Some(passwords::read_question(portal.db(), session.account_id.0).await?.is_some()))
    }

    /// Remembers the language that the owner of a session chose.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn set_locale(&self, session: &Session, locale: Locale) -> Result<(), SessionsError> {
        let mut tx = self.portal.db().begin().await?;
        accounts::update_locale(&mut tx, session.account_id.0, locale.code()).await?;
        Ok(tx.commit().await?)
    }
}
