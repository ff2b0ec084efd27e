//! What makes a whole file, or a whole import, impossible. Single rows are refused one by one and are no errors.

use std::io;

use crate::access::AccessError;
use crate::error::{CryptoError, StoreError};
use crate::people::OpenError;

/// A file that cannot be read as a roster.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// Neither a zip of OneRoster files nor a table.
    #[error("the file is neither a OneRoster zip nor a CSV or XLSX table")]
    NotRecognised,
    /// A zip or a sheet that is not whole.
    #[error("the file is damaged, or not what its name says")]
    Damaged,
    /// A file of the roster is missing.
    #[error("{file} is missing")]
    MissingFile {
        /// Its name.
        file: String,
    },
    /// A column is missing.
    #[error("{file} has no column {column}")]
    MissingColumn {
        /// The file.
        file: String,
        /// The column.
        column: String,
    },
    /// No line of the table names its columns.
    #[error("no line of the table names its columns")]
    NoHeader,
    /// The file names only what has changed; taken for the whole, it would end everybody else's stay.
    #[error("the manifest says {file} is a delta: export all of it (bulk)")]
    Delta {
        /// The property of the manifest.
        file: String,
    },
    /// Bytes that are no text.
    #[error("{file} is not a text file")]
    NoText {
        /// The file.
        file: String,
    },
    /// A quotation mark is never closed.
    #[error("{file}, line {line}: a quotation mark is opened and never closed")]
    Quotes {
        /// The file.
        file: String,
        /// Where the line begins.
        line: u64,
    },
    /// Larger than is taken, or unpacks to more.
    #[error("the file is too large")]
    TooLarge,
    /// It names no school.
    #[error("the file names no school")]
    NoSchool,
    /// The file system.
    #[error("the file cannot be read: {0}")]
    Io(#[source] io::Error),
}

impl RosterError {
    /// Stable code for pages, problem documents and logs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotRecognised => "ROSTER-01",
            Self::Damaged => "ROSTER-02",
            Self::MissingFile { .. } => "ROSTER-03",
            Self::MissingColumn { .. } => "ROSTER-04",
            Self::NoHeader => "ROSTER-05",
            Self::Delta { .. } => "ROSTER-06",
            Self::NoText { .. } => "ROSTER-07",
            Self::Quotes { .. } => "ROSTER-08",
            Self::TooLarge => "ROSTER-09",
            Self::NoSchool => "ROSTER-10",
            Self::Io(_) => "ROSTER-11",
        }
    }

    /// What went wrong in the reader of CSV.
    pub(crate) fn of_csv(file: &str, error: &csv::Error) -> Self {
        match error.kind() {
            csv::ErrorKind::Io(error) => error.kind().into(),
            _ => Self::NoText { file: file.to_owned() },
        }
    }
}

impl From<io::ErrorKind> for RosterError {
    fn from(kind: io::ErrorKind) -> Self {
        io::Error::from(kind).into()
    }
}

impl From<io::Error> for RosterError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::FileTooLarge => Self::TooLarge,
            // What a compressed file that is not whole gives.
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => Self::Damaged,
            _ => Self::Io(error),
        }
    }
}

/// Why an import was refused or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not allowed, or no such import.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The file.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The file is about a school that the import does not reach. Nothing of it was looked at.
    #[error("the file names a school that this import may not change: {school}")]
    OtherSchool {
        /// The school's name in the file.
        school: String,
    },
    /// A table without a column for the school, and none was named.
    #[error("the table does not say which school it is about")]
    SchoolNeeded,
    /// Two schools of the portal have this name.
    #[error("there is more than one school of the name {school}")]
    SchoolAmbiguous {
        /// The name.
        school: String,
    },
    /// The file overwrites contacts that people sign in with: that needs fresh proof of who asks for it.
    #[error("contacts that people sign in with are overwritten: fresh proof is needed")]
    ProofNeeded,
    /// It is under way, or done.
    #[error("the import is under way or done")]
    NotChecked,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sealed value.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl ImportError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::Roster(error) => error.code(),
            Self::OtherSchool { .. } => "IMPORT-01",
            Self::SchoolNeeded => "IMPORT-02",
            Self::SchoolAmbiguous { .. } => "IMPORT-03",
            Self::ProofNeeded => "IMPORT-04",
            Self::NotChecked => "IMPORT-05",
            Self::Store(error) => error.code(),
            Self::Crypto(error) => error.code(),
        }
    }
}

impl From<OpenError> for ImportError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            OpenError::Crypto(error) => Self::Crypto(error),
        }
    }
}
