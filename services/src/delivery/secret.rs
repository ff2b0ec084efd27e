//! Secrets of gateways: given in the configuration or in a file, never shown.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// A password or token. `Debug` shows nothing of it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret as it is.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Where a secret comes from: `"the secret"`, or `{ file = "/run/secrets/sms" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a text, or `{ file = \"path\" }`")]
pub enum SecretSource {
    /// It stands in the configuration.
    Value(Secret),
    /// It is the content of a file.
    File(SecretFile),
}

/// The file a secret is in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretFile {
    /// Path of the file; its last line break is not part of the secret.
    pub file: PathBuf,
}

impl SecretSource {
    /// Reads the secret.
    ///
    /// # Errors
    /// What is wrong, in words, when the file cannot be read or the secret is empty.
    pub fn read(&self) -> Result<Secret, String> {
        let secret = match self {
            Self::Value(secret) => secret.clone(),
            Self::File(SecretFile { file }) => {
                let text = std::fs::read_to_string(file)
                    .map_err(|error| format!("the file {} cannot be read: {error}", file.display()))?;
                let line = text.strip_suffix('\n').unwrap_or(&text);
                Secret::new(line.strip_suffix('\r').unwrap_or(line))
            }
        };
        if secret.0.is_empty() {
            return Err("the secret is empty".to_owned());
        }
        Ok(secret)
    }
}
