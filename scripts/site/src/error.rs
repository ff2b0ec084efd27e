//! What can go wrong, in words for whoever builds.

use std::io;
use std::path::{Path, PathBuf};
use std::thread::ScopedJoinHandle;

/// Why there is no site.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read, written, moved or removed.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A program that is to be on `PATH` is not there.
    #[error("{program} could not be started ({source}): run scripts/setup")]
    NoTool {
        /// Its name.
        program: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// A program reported an error; it has said on its own what it is.
    #[error("{program} failed: see the lines above")]
    Tool {
        /// Its name.
        program: &'static str,
    },
    /// The parts that are loaded lazily could not be split off.
    #[error("{path} could not be split: {reason:#}")]
    Split {
        /// The compiled front end.
        path: PathBuf,
        /// wasm-split's reason.
        reason: eyre::Report,
    },
    /// No JavaScript could be made for the WASM.
    #[error("{path} could not be bound to JavaScript: {reason:#}")]
    Bind {
        /// The compiled front end.
        path: PathBuf,
        /// wasm-bindgen's reason.
        reason: anyhow::Error,
    },
    /// A defect of this program.
    #[error("a thread of this program panicked: see the lines above")]
    Panicked,
}

/// Says which file an input or output error is about.
pub trait At<T> {
    /// The same result, with the file's path in its error.
    fn at(self, path: &Path) -> Result<T, Error>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::File { path: path.to_owned(), source })
    }
}

/// What a thread came to.
pub fn joined(thread: ScopedJoinHandle<'_, Result<(), Error>>) -> Result<(), Error> {
    thread.join().unwrap_or(Err(Error::Panicked))
}
