//! What stops a command: one line what, one line how to mend it, and the exit code that tells its kind.

use services::{KeyRingError, StoreError};

use crate::{config::ConfigError, open::OpenError, run::ServeError};

/// The kinds of failure scripts can tell apart. The numbers are documented in `--help` and don't change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// A check found something wrong.
    Check,
    /// The configuration is wrong.
    Config,
    /// The database can't be used.
    Database,
    /// The key ring can't be used, or belongs to another database.
    Keys,
    /// The server can't start, or has failed.
    Server,
    /// What was asked for makes no sense here.
    Refused,
}

impl Exit {
    /// The number the process ends with; 2 is clap's, for a command line it does not understand.
    pub fn code(self) -> u8 {
        match self {
            Self::Check => 1,
            Self::Config => 3,
            Self::Database => 4,
            Self::Keys => 5,
            Self::Server => 6,
            Self::Refused => 7,
        }
    }
}

/// Why a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its kind.
    pub exit: Exit,
    /// What is wrong; several lines where several things are.
    pub what: String,
    /// How to mend it; empty where `what` says it.
    pub mend: String,
}

impl Failure {
    /// Puts the two lines together.
    pub fn new(exit: Exit, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { exit, what: what.into(), mend: mend.into() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(
            Exit::Config,
            error.to_string(),
            "see `schoolgate config print-default` for every key; try again with `schoolgate config check`",
        )
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let exit = if matches!(error, StoreError::KeyMismatch) { Exit::Keys } else { Exit::Database };
        Self::new(exit, format!("{error} ({})", error.code()), mend_store(&error))
    }
}

/// How to mend what the database said.
pub(crate) fn mend_store(error: &StoreError) -> &'static str {
    match error {
        StoreError::Unavailable(_) => "start the database, and look whether database.url is right",
        StoreError::Busy(_) => "try again; if it lasts, look which other program holds the database",
        StoreError::Duplicate(_) => "it is there already",
        StoreError::Refused(_) => "look whether the database user may read and write, and whether the disk is full",
        StoreError::Corrupt { .. } => "restore the row from a backup, or tell those who maintain Schoolgate",
        StoreError::Migration(_) => "use the version of Schoolgate the database was last used with, or a newer one",
        StoreError::KeyMismatch => "set keys.ring to the key ring this database was made with",
        StoreError::Url { .. } => "set database.url to sqlite://FILE or postgres://user:password@host/name",
    }
}

impl From<KeyRingError> for Failure {
    fn from(error: KeyRingError) -> Self {
        Self::new(Exit::Keys, format!("{error} ({})", error.code()), mend_keys(&error))
    }
}

/// How to mend what the key ring said.
pub(crate) fn mend_keys(error: &KeyRingError) -> &'static str {
    match error {
        KeyRingError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            "make one with `schoolgate key generate` (new portal), or set keys.ring to where it is"
        }
        KeyRingError::Io { .. } => {
            "look whether the user that runs Schoolgate may read and write the file and its folder"
        }
        KeyRingError::Permissions { .. } => "take the file's rights from everybody but its owner (chmod 600)",
        KeyRingError::Exists { .. } => {
            "keep it: without it the sealed data is lost; `schoolgate key rotate` adds a new key"
        }
        KeyRingError::Malformed { .. } => "restore the key ring from its backup",
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => error.into(),
            OpenError::Keys(error) => error.into(),
            OpenError::Hash(error) => Self::new(
                Exit::Server,
                format!("{error} ({})", error.code()),
                "look at password.threads and password.argon2_*, and at the limit of threads (ulimit -u)",
            ),
            OpenError::Missing { .. } => {
                Self::new(Exit::Database, error.to_string(), "make it with `schoolgate migrate`, or set database.url")
            }
            OpenError::Pending { .. } => Self::new(
                Exit::Database,
                error.to_string(),
                "back up the database, then run `schoolgate migrate` (or `serve --migrate`)",
            ),
            OpenError::Demo => Self::new(
                Exit::Refused,
                error.to_string(),
                "set database.url to another database; `schoolgate serve --demo` runs the demo's",
            ),
            OpenError::NotDemo => Self::new(Exit::Refused, error.to_string(), "leave out --demo"),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Open(error) => error.into(),
            other => {
                let mend = other.mend();
                Self::new(Exit::Server, other.to_string(), mend)
            }
        }
    }
}
