//! The stand-in's own key and certificate, and how they are changed.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::clock::Seconds;
use crate::crypto::certificate::{Certificate, CertificateError};
use crate::crypto::keys::{KeyError, KeyKind, PrivateKey};
use crate::dice::Dice;
use crate::settings::{Algorithm, TokenSettings};

/// How many former certificates are remembered.
const FORMER: usize = 16;

/// Why there is no signing key.
#[derive(Debug, Error)]
pub enum RingError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file of the key holds none.
    #[error("{path}: {error}")]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: KeyError,
    },
    /// The file of the certificate holds none.
    #[error("{path}: {error}")]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: CertificateError,
    },
    /// One of the two files is missing.
    #[error("{0}: the file is missing, though the other of the two is there")]
    Half(PathBuf),
    /// The key, the certificate and the algorithm do not belong together.
    #[error("the signing key, its certificate and the algorithm do not belong together")]
    Mismatch,
}

/// A key that tokens are signed with.
#[derive(Clone)]
pub struct SigningKey {
    /// How it signs.
    pub algorithm: Algorithm,
    /// The key.
    pub key: PrivateKey,
    /// Its certificate.
    pub certificate: Certificate,
}

/// The present key, and the certificates of those before it.
pub struct Ring {
    current: SigningKey,
    former: Vec<Certificate>,
}

impl SigningKey {
    /// A new key with a certificate of its own. It takes up to a few seconds for RSA.
    pub fn make(algorithm: Algorithm, now: Seconds, dice: &dyn Dice) -> Result<Self, RingError> {
        let kind = match algorithm {
            Algorithm::Rs256 => KeyKind::Rsa,
            Algorithm::Gost => KeyKind::Gost,
        };
        let key = PrivateKey::make(kind, dice).ok_or(RingError::Mismatch)?;
        let name = format!("ESIA stand-in {}", algorithm.name());
        let certificate = Certificate::self_signed(&name, &key, now, dice).ok_or(RingError::Mismatch)?;
        Ok(Self { algorithm, key, certificate })
    }

    /// Signs; `None` only for an RSA key that is too short, which is refused at the start.
    pub fn sign(&self, message: &[u8], dice: &dyn Dice) -> Option<Vec<u8>> {
        self.key.sign(message, dice)
    }

    fn belongs_together(&self) -> bool {
        let kind = matches!(
            (&self.key, self.algorithm),
            (PrivateKey::Rsa(_), Algorithm::Rs256) | (PrivateKey::Gost(_), Algorithm::Gost)
        );
        kind && self.key.public().as_ref() == Some(&self.certificate.key)
    }
}

impl Ring {
    /// The key of the settings' files; made, and written there, if they are missing.
    pub fn open(settings: &TokenSettings, now: Seconds, dice: &dyn Dice) -> Result<Self, RingError> {
        let current = match &settings.files {
            None => SigningKey::make(settings.algorithm, now, dice)?,
            Some((key, certificate)) => match (key.exists(), certificate.exists()) {
                (true, true) => read(key, certificate, settings.algorithm)?,
                (true, false) => return Err(RingError::Half(certificate.clone())),
                (false, true) => return Err(RingError::Half(key.clone())),
                (false, false) => {
                    let made = SigningKey::make(settings.algorithm, now, dice)?;
                    write_secret(key, &made.key.to_pem())?;
                    write(certificate, &made.certificate.to_pem())?;
                    made
                }
            },
        };
        if !current.belongs_together() {
            return Err(RingError::Mismatch);
        }
        Ok(Self { current, former: Vec::new() })
    }

    /// The present key.
    pub const fn current(&self) -> &SigningKey {
        &self.current
    }

    /// Puts another key in its place. Files are left as they are: after a restart the first key is back.
    pub fn replace(&mut self, key: SigningKey) {
        let former = std::mem::replace(&mut self.current, key);
        self.former.insert(0, former.certificate);
        self.former.truncate(FORMER);
    }

    /// The present certificate, and those before it.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.current.certificate).chain(&self.former)
    }
}

fn read(key: &Path, certificate: &Path, algorithm: Algorithm) -> Result<SigningKey, RingError> {
    let text = |path: &Path| fs::read_to_string(path).map_err(|error| RingError::File { path: path.to_owned(), error });
    let private = PrivateKey::from_pem(&text(key)?).map_err(|error| RingError::Key { path: key.to_owned(), error })?;
    let certificates = Certificate::from_pem(&text(certificate)?)
        .map_err(|error| RingError::Certificate { path: certificate.to_owned(), error })?;
    let first = certificates.into_iter().next().ok_or(RingError::Mismatch)?;
    Ok(SigningKey { algorithm, key: private, certificate: first })
}

/// Writes a file that everybody may read.
pub fn write(path: &Path, text: &str) -> Result<(), RingError> {
    fs::write(path, text).map_err(|error| RingError::File { path: path.to_owned(), error })
}

/// Writes a new file that only its owner may read.
pub fn write_secret(path: &Path, text: &str) -> Result<(), RingError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| RingError::File { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use crate::dice::SeededDice;

    fn settings(algorithm: Algorithm, files: Option<(PathBuf, PathBuf)>) -> TokenSettings {
        TokenSettings {
            issuer: "http://x/".to_owned(),
            algorithm,
            files,
            thumbprints: true,
            code_lifetime: 1,
            access_lifetime: 1,
            id_lifetime: 1,
        }
    }

    #[test]
    fn a_key_is_made_replaced_and_remembered() {
        let dice = SeededDice::new(11);
        let mut ring = Ring::open(&settings(Algorithm::Gost, None), 1_795_302_000, &dice).unwrap();
        let first = ring.current().certificate.clone();
        ring.replace(SigningKey::make(Algorithm::Gost, 1_795_302_000, &dice).unwrap());
        assert_ne!(ring.current().certificate.thumbprint(), first.thumbprint());
        let all: Vec<&Certificate> = ring.certificates().collect();
        assert_eq!(all, [&ring.current().certificate, &first]);
    }

    #[test]
    fn files_are_read_and_must_belong_together() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let files = |key: &str, certificate: &str| Some((fixtures.join(key), fixtures.join(certificate)));
        let dice = SeededDice::new(12);
        let open =
            |algorithm, files| Ring::open(&settings(algorithm, files), 0, &dice).err().map(|error| error.to_string());
        assert_eq!(open(Algorithm::Rs256, files("rsa.key.pem", "rsa.cert.pem")), None);
        assert_eq!(open(Algorithm::Gost, files("gost.key.pem", "gost.cert.pem")), None);
        let together = Some("the signing key, its certificate and the algorithm do not belong together".to_owned());
        assert_eq!(open(Algorithm::Gost, files("rsa.key.pem", "rsa.cert.pem")), together);
        assert_eq!(open(Algorithm::Rs256, files("rsa.key.pem", "gost.cert.pem")), together);
        assert!(open(Algorithm::Gost, files("gost.key.pem", "none.pem")).unwrap().contains("none.pem"));
    }
}
