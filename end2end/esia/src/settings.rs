//! What the stand-in is told: by a file, or without one the demo's client and persons.

mod demo;
mod file;
mod official;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::client::Client;
use crate::clock::Seconds;
use crate::person::Person;

pub use demo::CLIENT as DEMO_CLIENT;
pub use file::EXAMPLE;

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is no TOML, or has keys that nobody knows.
    #[error("the settings are not understood: {0}")]
    Format(#[from] toml::de::Error),
    /// Something in it makes no sense.
    #[error("{what}: {why}")]
    Value {
        /// What.
        what: String,
        /// Why.
        why: String,
    },
}

impl SettingsError {
    fn value(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Value { what: what.into(), why: why.into() }
    }
}

/// What tokens are signed with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Algorithm {
    /// RSA with the padding of PKCS #1 v1.5, and SHA-256.
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    /// GOST R 34.10-2012 of 256 bits with Streebog.
    #[serde(rename = "GOST3410_2012_256")]
    Gost,
}

impl Algorithm {
    /// `alg`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Gost => "GOST3410_2012_256",
        }
    }
}

/// How tokens are made.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// `iss`: HTTP and a slash at the end, as the real ones are.
    pub issuer: String,
    /// `alg`.
    pub algorithm: Algorithm,
    /// The files of the key and the certificate; both are made when there is none. Without files they last as long as the process.
    pub files: Option<(PathBuf, PathBuf)>,
    /// Does each token name the certificate (`x5t#St256`)?
    pub thumbprints: bool,
    /// How long a code is good.
    pub code_lifetime: Seconds,
    /// How long an access token is good.
    pub access_lifetime: Seconds,
    /// How long an `id_token` is good.
    pub id_lifetime: Seconds,
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen, if the file says so.
    pub listen: Option<SocketAddr>,
    /// What links in answers begin with; without it what the request asked for.
    pub public_url: Option<String>,
    /// How far the timestamp of a request may be off, either way. The real one is not published.
    pub tolerance: Seconds,
    /// Methods of `code_challenge`; the real names are not known.
    pub challenge_methods: Vec<String>,
    /// Tokens.
    pub tokens: TokenSettings,
    /// Clients.
    pub clients: Vec<Client>,
    /// Persons, in the order of the login page.
    pub persons: Vec<Person>,
}

impl Settings {
    /// Reads a file; paths in it begin at its folder.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| SettingsError::File { path: path.to_owned(), error })?;
        file::read(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads a text; paths in it begin at that folder.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, SettingsError> {
        file::read(text, folder)
    }

    /// The demo's client and persons.
    pub fn demo() -> Result<Self, SettingsError> {
        file::read("", Path::new(""))
    }

    /// The client of that mnemonic.
    pub fn client(&self, mnemonic: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.mnemonic == mnemonic)
    }

    /// The person of that number.
    pub fn person(&self, oid: u64) -> Option<&Person> {
        self.persons.iter().find(|person| person.oid == oid)
    }
}
