//! Fresh proof of who is signed in: before a contact that somebody signs in with is changed, before a request for review is decided,
//! before a program gets a token (rules: sessions).
//!
//! A sign-in is proof for some minutes; afterwards the password is. The proof belongs to the session that gave it: another browser of the
//! same person has to give its own. Whoever has no password (sign-in by code alone) signs in anew.

use domain::Password;

use crate::clock::Timestamp;
use crate::error::{CryptoError, StoreError};
use crate::portal::{Portal, SignInError};
use crate::sessions::Session;
use crate::visit::Visit;

/// Why there is no fresh proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The account has no password: only signing in anew is proof.
    #[error("the account has no password")]
    NoPassword,
    /// The session has ended meanwhile, or it is no browser's.
    #[error("the session has ended")]
    SessionEnded,
    /// The password, a wait, or the database.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

impl ProofError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoPassword => "PROOF-01",
            Self::SessionEnded => "PROOF-02",
            Self::SignIn(error) => error.code(),
        }
    }
}

impl From<StoreError> for ProofError {
    fn from(error: StoreError) -> Self {
        Self::SignIn(error.into())
    }
}

impl From<CryptoError> for ProofError {
    fn from(error: CryptoError) -> Self {
        Self::SignIn(error.into())
    }
}

impl Session {
    /// Whether its owner has proved who they are a moment ago.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.fresh_until > now
    }
}

/// Fresh proof of who is signed in.
#[derive(Clone, Copy)]
pub struct FreshProof<'a> {
    pub(crate) portal: &'a Portal,
}

impl FreshProof<'_> {
    /// Takes the password of whoever is signed in: until when it is proof.
    ///
    /// # Errors
    /// [`ProofError::NoPassword`], [`ProofError::SessionEnded`]; [`SignInError::Wrong`], [`SignInError::Wait`], [`SignInError::TooMany`]
    /// and [`SignInError::Busy`] as at the sign-in; the database's errors.
    pub async fn give(&self, visit: &Visit, session: &Session, password: &Password) -> Result<Timestamp, ProofError> {
        self.portal.passwords().prove(visit, session, password).await
    }

    /// Whether a session's owner can prove who they are by a password.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn can_be_given(&self, session: &Session) -> Result<bool, StoreError> {
        let account = crate::store::accounts::read(self.portal.db(), session.account_id.0).await?;
        Ok(account.is_some_and(|account| account.password_hash.is_some()))
    }
}
