//! The configuration of gateways, as it stands under `[[sms]]` and `[[mail]]`. Unknown keys are refused.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

use super::answer::AnswerTest;
use super::presets::Preset;
use super::secret::SecretSource;

/// One SMS gateway, by `kind`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "a handful of them live for the start of the process")]
pub enum SmsGatewaySettings {
    /// A provider's HTTP interface (`kind = "http"`).
    Http(HttpSmsSettings),
    /// A folder of `.json` files (`kind = "folder"`).
    Folder(FolderSettings),
}

/// One mail gateway, by `kind`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailGatewaySettings {
    /// A mail server (`kind = "smtp"`).
    Smtp(SmtpSettings),
    /// A folder of `.eml` files (`kind = "folder"`).
    Folder(MailFolderSettings),
}

/// An SMS provider: a preset or a description of its interface, and what the deployment fills in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSmsSettings {
    /// What logs and statistics call it: small letters, digits, `-`, `_`; at most 40.
    pub name: String,
    /// A ready description; either this or `api`.
    pub preset: Option<Preset>,
    /// A description of your own; either this or `preset`.
    pub api: Option<HttpSmsApi>,
    /// In place of the preset's address, for a provider's second site.
    pub url: Option<String>,
    /// Values for the description's placeholders that may be shown (account, sender).
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// Values for the description's placeholders that may not.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretSource>,
    /// PEM file with further root certificates to trust.
    pub root_certificate: Option<PathBuf>,
    /// Allows `http://` to other machines. Only for a gateway inside a network you trust: the codes in the
    /// messages and your secrets then travel in clear.
    #[serde(default)]
    pub allow_plain: bool,
    /// Limit of connecting, in milliseconds.
    #[serde(default = "five_seconds")]
    pub connect_timeout_ms: u64,
    /// Limit of the whole attempt, in milliseconds.
    #[serde(default = "fifteen_seconds")]
    pub timeout_ms: u64,
}

/// The description of a provider's interface. Texts may hold the placeholders `{to}`, `{text}`, `{key}` and
/// those of `values` and `secrets`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSmsApi {
    /// The method of the request.
    #[serde(default)]
    pub method: HttpMethod,
    /// The address; placeholders after the host only, percent-encoded. Better without `{to}` and `{text}`:
    /// addresses end up in logs on the way.
    pub url: String,
    /// Further headers; no `{text}` here.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The `Authorization` header.
    pub auth: Option<HttpAuth>,
    /// The body; none for an interface that takes all in the address.
    pub body: Option<HttpBody>,
    /// How `{to}` is written.
    #[serde(default)]
    pub phone: PhoneFormat,
    /// What makes an answer a success.
    pub success: AnswerTest,
    /// What makes an answer a refusal of the number, which ends the message. Every other failure passes it on
    /// to the next gateway.
    #[serde(default)]
    pub bad_recipient: Vec<AnswerTest>,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// `GET`.
    Get,
    /// `POST`.
    #[default]
    Post,
    /// `PUT`.
    Put,
}

/// The `Authorization` header; both texts may hold placeholders.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum HttpAuth {
    /// RFC 7617.
    Basic {
        /// The user; must not contain a colon.
        user: String,
        /// The password.
        password: String,
    },
    /// RFC 6750.
    Bearer {
        /// The token.
        token: String,
    },
}

/// The body of a request, in UTF-8.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum HttpBody {
    /// `application/x-www-form-urlencoded`, fields in the order of their names.
    Form {
        /// Field → template of its value.
        fields: BTreeMap<String, String>,
    },
    /// `application/json`; placeholders stand inside strings.
    Json {
        /// The template.
        template: String,
    },
    /// `application/xml`; placeholders stand in character data or attributes.
    Xml {
        /// The template.
        template: String,
    },
    /// Anything else; values are filled in as they are.
    Raw {
        /// The template.
        template: String,
        /// The `Content-Type`.
        content_type: String,
    },
}

/// How a number is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneFormat {
    /// `+972501234567`.
    #[default]
    E164,
    /// `972501234567`.
    Digits,
    /// `0501234567` for Israeli numbers, as `Digits` for all others.
    National,
}

/// A folder that messages are written to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderSettings {
    /// What logs and statistics call it: small letters, digits, `-`, `_`; at most 40.
    pub name: String,
    /// The folder; made when missing.
    pub path: PathBuf,
}

/// A folder that mails are written to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailFolderSettings {
    /// What logs and statistics call it: small letters, digits, `-`, `_`; at most 40.
    pub name: String,
    /// The folder; made when missing.
    pub path: PathBuf,
    /// The sender's address.
    pub from: String,
    /// The sender's name as readers see it.
    pub from_name: Option<String>,
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSettings {
    /// What logs and statistics call it: small letters, digits, `-`, `_`; at most 40.
    pub name: String,
    /// Host name or address of the server; its certificate must be for this name.
    pub host: String,
    /// By default 587 (`starttls`), 465 (`implicit`) or 25 (`none`).
    pub port: Option<u16>,
    /// How the connection is secured.
    #[serde(default)]
    pub tls: SmtpTls,
    /// Allows `tls = "none"` to other machines. Only inside a network you trust: the codes in the messages and
    /// your password then travel in clear.
    #[serde(default)]
    pub allow_plain: bool,
    /// The user to sign in as; without it there is no signing in.
    pub user: Option<String>,
    /// The password of that user.
    pub password: Option<SecretSource>,
    /// The sender's address.
    pub from: String,
    /// The sender's name as readers see it.
    pub from_name: Option<String>,
    /// The name to greet the server with; by default this machine's.
    pub hello_name: Option<String>,
    /// PEM file with further root certificates to trust.
    pub root_certificate: Option<PathBuf>,
    /// Limit of connecting including TLS and the greeting, in milliseconds.
    #[serde(default = "five_seconds")]
    pub connect_timeout_ms: u64,
    /// Limit of the whole attempt, in milliseconds.
    #[serde(default = "twenty_seconds")]
    pub timeout_ms: u64,
}

/// How a connection to a mail server is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpTls {
    /// STARTTLS, and nothing is sent when the server does not offer it (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// None: this machine only, unless `allow_plain`.
    None,
}

impl SmtpTls {
    pub(super) fn default_port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

fn five_seconds() -> u64 {
    5_000
}

fn fifteen_seconds() -> u64 {
    15_000
}

fn twenty_seconds() -> u64 {
    20_000
}

/// One thing wrong in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct SettingsProblem {
    /// The key, for instance `sms[0].api.url`.
    pub key: String,
    /// What is wrong and what would be right. Holds no secret.
    pub problem: String,
}

/// Everything wrong with the configuration of gateways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSettings(pub Vec<SettingsProblem>);

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidSettings {}

/// Collects problems under one key.
pub(super) struct Problems<'a> {
    key: String,
    found: &'a mut Vec<SettingsProblem>,
}

impl<'a> Problems<'a> {
    pub(super) fn under(key: String, found: &'a mut Vec<SettingsProblem>) -> Self {
        Self { key, found }
    }

    pub(super) fn add(&mut self, key: &str, problem: impl Into<String>) {
        self.found.push(SettingsProblem { key: format!("{}.{key}", self.key), problem: problem.into() });
    }

    /// The value, or its error as a problem of the key.
    pub(super) fn take<T>(&mut self, key: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|problem| self.add(key, problem)).ok()
    }

    pub(super) fn name(&mut self, name: &str) {
        let fits = !name.is_empty()
            && name.len() <= 40
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if !fits {
            self.add("name", "must be 1 to 40 small letters, digits, `-` or `_`");
        }
    }

    pub(super) fn timeouts(&mut self, connect_ms: u64, whole_ms: u64) {
        for (key, value) in [("connect_timeout_ms", connect_ms), ("timeout_ms", whole_ms)] {
            if !(1..=120_000).contains(&value) {
                self.add(key, "must be 1 to 120000 milliseconds");
            }
        }
    }
}
