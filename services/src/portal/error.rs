//! What can go wrong when signing in, and with a session. The codes are stable: pages, problem documents and logs name them.

use crate::clock::Timestamp;
use crate::error::{CryptoError, StoreError};
use crate::hasher::HashError;

/// Why a sign-in, or a step of it, did not succeed. No variant tells whether a person or an account exists.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Not the code that was sent.
    #[error("the code is wrong")]
    CodeWrong {
        /// Tries left before the code is dead; at least 1.
        tries_left: u32,
    },
    /// Too many wrong tries: only a new code helps.
    #[error("the code was tried too often")]
    CodeDead,
    /// The code is too old, or none was sent: only a new code helps.
    #[error("the code has expired")]
    CodeExpired,
    /// This browser waits for no code: its flow expired, was used up, or belongs to another browser.
    #[error("no code is awaited here")]
    FlowUnknown,
    /// A new code was asked for too early.
    #[error("a new code cannot be sent yet")]
    TooSoon {
        /// When it can.
        retry_at: Timestamp,
    },
    /// Over the limit of codes per hour, or of this address.
    #[error("too many requests")]
    TooMany {
        /// When the next will be taken.
        retry_at: Timestamp,
    },
    /// Not this user code with this password.
    #[error("user code or password is wrong")]
    Wrong,
    /// After several failures: nothing is checked until then, not even what is right.
    #[error("too many failures, a wait is running")]
    Wait {
        /// When the next try will be taken.
        retry_at: Timestamp,
    },
    /// More passwords are being checked than the machine can do.
    #[error("too many passwords are being checked")]
    Busy {
        /// Seconds after which there is likely to be room.
        retry_after_s: u32,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored value cannot be opened.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl SignInError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CodeWrong { .. } => "SIGN-01",
            Self::CodeDead => "SIGN-02",
            Self::CodeExpired => "SIGN-03",
            Self::FlowUnknown => "SIGN-04",
            Self::TooSoon { .. } => "SIGN-05",
            Self::TooMany { .. } => "SIGN-06",
            Self::Wrong => "SIGN-07",
            Self::Wait { .. } => "SIGN-08",
            Self::Busy { .. } => "SIGN-09",
            Self::Store(error) => error.code(),
            Self::Crypto(error) => error.code(),
        }
    }
}

impl From<HashError> for SignInError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy { retry_after_s } => Self::Busy { retry_after_s },
            HashError::Stored => Self::Store(StoreError::Corrupt { column: "accounts.password_hash" }),
            // The process is ending: another one, or the next, will answer.
            HashError::Stopped | HashError::Settings(_) => Self::Busy { retry_after_s: 1 },
        }
    }
}

/// Why something with a session, or in the name of one, did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    /// No such session of this account; whether it is somebody else's is not told. Also: the account is gone.
    #[error("no such session")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored value cannot be opened.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl SessionsError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "SESSION-01",
            Self::Store(error) => error.code(),
            Self::Crypto(error) => error.code(),
        }
    }
}
