//! Errors that all use cases share: the database and the keys. Each has a stable code for the problem document and the log.
//!
//! Neither `Display` nor `Debug` shows a stored value: PostgreSQL's error details quote whole rows, so they are left out.

use std::fmt;
use std::path::PathBuf;

use sqlx::error::ErrorKind;

/// The database did not do what it was asked.
#[derive(thiserror::Error)]
pub enum StoreError {
    /// No connection, or none free in time: try again later.
    #[error("the database cannot be reached: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Another transaction was in the way (lock, deadlock, serialization): the whole use case may be tried again.
    #[error("another transaction was in the way: {0}")]
    Busy(#[source] sqlx::Error),
    /// A row with this unique value exists already.
    #[error("a row with this value exists already: {0}")]
    Duplicate(#[source] sqlx::Error),
    /// Anything else the database refused.
    #[error("the database refused a statement: {0}")]
    Refused(#[source] sqlx::Error),
    /// A stored value that this program cannot read.
    #[error("the database holds a value of {column} that this program cannot read")]
    Corrupt {
        /// Table and column, never the value.
        column: &'static str,
    },
    /// A migration failed, or the database is newer than the program.
    #[error("the database could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The key ring is not the one this database was written with.
    #[error(
        "the key ring does not belong to this database: it was written with other keys. \
         Put back the key ring it was made with; a new one cannot read it"
    )]
    KeyMismatch,
    /// The address of the database cannot be used.
    #[error("the address of the database cannot be used: {reason}")]
    Url {
        /// What is wrong with it; never contains the address, which may hold a password.
        reason: String,
    },
}

impl StoreError {
    /// Stable code for logs and problem documents.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "STORE-01",
            Self::Busy(_) => "STORE-02",
            Self::Duplicate(_) => "STORE-03",
            Self::Refused(_) => "STORE-04",
            Self::Corrupt { .. } => "STORE-05",
            Self::Migration(_) => "STORE-06",
            Self::KeyMismatch => "STORE-07",
            Self::Url { .. } => "STORE-08",
        }
    }

    /// Whether the same request may succeed in a moment.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => Self::Unavailable(error),
            E::Database(refusal) => {
                let code = refusal.code();
                // SQLite: 5 BUSY, 6 LOCKED, also in extended codes' low byte.
                // PostgreSQL: serialization failure, deadlock, lock not available.
                let busy = code.as_deref().is_some_and(|code| {
                    matches!(code, "40001" | "40P01" | "55P03")
                        || (code.len() < 5 && code.parse::<u32>().is_ok_and(|n| matches!(n & 0xff, 5 | 6)))
                });
                // PostgreSQL: connection exceptions, too many connections, shutting down.
                let away = code
                    .as_deref()
                    .is_some_and(|code| code.starts_with("08") || code == "53300" || code.starts_with("57P"));
                if busy {
                    Self::Busy(error)
                } else if away {
                    Self::Unavailable(error)
                } else if refusal.kind() == ErrorKind::UniqueViolation {
                    Self::Duplicate(error)
                } else {
                    Self::Refused(error)
                }
            }
            _ => Self::Refused(error),
        }
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.code())
    }
}

/// A sealed value cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    /// Not an envelope, or one of a version that this program does not know.
    #[error("a sealed value is malformed")]
    Malformed,
    /// Sealed with a key that is not in the key ring.
    #[error("a value is sealed with key {0}, which is not in the key ring")]
    UnknownKey(u32),
    /// The ciphertext was changed, or moved from another column or row.
    #[error("a sealed value was tampered with")]
    Tampered,
}

impl CryptoError {
    /// Stable code for logs and problem documents.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "CRYPTO-01",
            Self::UnknownKey(_) => "CRYPTO-02",
            Self::Tampered => "CRYPTO-03",
        }
    }
}

/// The key ring's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// The file system refused.
    #[error("the key ring {path} cannot be {verb}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// "read" or "written".
        verb: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// Others than the owner may read the keys.
    #[error("the key ring {path} may be read by others (mode {mode:04o}): run `chmod 600 {path}`")]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its mode, the lowest nine bits.
        mode: u32,
    },
    /// A key ring is there already, and it would be lost.
    #[error("the key ring {path} exists already and is left as it is")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The text is no key ring. The reason quotes no key.
    #[error("the key ring {path} cannot be understood: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl KeyRingError {
    /// Stable code for logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "KEYS-01",
            Self::Permissions { .. } => "KEYS-02",
            Self::Exists { .. } => "KEYS-03",
            Self::Malformed { .. } => "KEYS-04",
        }
    }
}
