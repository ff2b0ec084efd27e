//! What ends a run before it has its figures.

use std::io;
use std::path::{Path, PathBuf};

use http::StatusCode;

/// Why a run has no result.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or folder.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that does not hold what it should.
    #[error("{path}: {problem}", path = path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The demo could not be made.
    #[error("the demo could not be made; the reason is in {log}", log = log.display())]
    Prepare {
        /// What the server wrote.
        log: PathBuf,
    },
    /// The server ended, or did not get ready in time.
    #[error("the server is not ready after {seconds} s; what it says is in {log}", log = log.display())]
    NotReady {
        /// How long it was waited for.
        seconds: u64,
        /// What the server wrote.
        log: PathBuf,
    },
    /// A program did not end as it should.
    #[error("{what} ended with exit code {code}; the reason is in {log}", log = log.display())]
    Command {
        /// What it was to do.
        what: &'static str,
        /// Its exit code; -1 after a signal.
        code: i32,
        /// What it wrote.
        log: PathBuf,
    },
    /// SQLite without a portal.
    #[error("SQLite: {0}")]
    Sqlite(#[from] sqlx::Error),
    /// More editors than there are people to edit.
    #[error("there are too few people for so many editors: take a larger roster or fewer editors")]
    NobodyToEdit,
    /// No connection.
    #[error("no connection to the server: {0}")]
    Connect(io::Error),
    /// The connection failed in the middle of a request.
    #[error("HTTP: {0}")]
    Http(#[from] hyper::Error),
    /// A request that can't be written.
    #[error("HTTP: {0}")]
    Request(#[from] http::Error),
    /// An answer that does not belong here.
    #[error("{what} was answered with {status}: {body}")]
    Unexpected {
        /// The request.
        what: &'static str,
        /// The answer's status.
        status: StatusCode,
        /// The first characters of the answer.
        body: String,
    },
    /// A message that never came.
    #[error("no text message within {seconds} s of asking for a code")]
    NoMessage {
        /// How long it was waited for.
        seconds: u64,
    },
    /// Everybody has used their codes of the hour.
    #[error("the crowd has used up its codes of the hour: take a larger --crowd or fewer --seconds")]
    CrowdUsedUp,
    /// The system allows too few open files.
    #[error("{needed} connections are needed, but only {allowed} open files are allowed (ulimit -n)")]
    OpenFiles {
        /// Connections, and some files.
        needed: usize,
        /// The limit.
        allowed: usize,
    },
    /// Parameters of Argon2.
    #[error("argon2: {0}")]
    Argon2(argon2::Error),
    /// A part of this program stopped.
    #[error("a task of the load program stopped: {0}")]
    Task(#[from] tokio::task::JoinError),
    /// Told to stop.
    #[error("stopped")]
    Stopped,
}

impl LoadError {
    /// A file's error with its path.
    pub fn file(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { path, source }
    }
}
