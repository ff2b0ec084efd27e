//! Configuration: one TOML file, every key also as an environment variable, secrets also from files.
//!
//! One table of keys (`config/sections.rs`, `config/figures.rs`, `config/gateways.rs`, `config/esia.rs`) is the source of the typed
//! [`Config`], its defaults, its checks, the printed default file and `docs/configuration.md`. Unknown keys and values
//! out of bounds stop the start, all of them named at once: a setting that silently does nothing is worse than none.

mod check;
mod convert;
mod document;
mod esia;
mod field;
mod figures;
mod gateways;
mod keys;
mod read;
mod sections;
mod shown;
mod source;
mod types;

use std::fmt;

pub use document::{default_toml, markdown};
pub use esia::{EsiaConfig, EsiaFilter, EsiaKind, EsiaRequests, EsiaSignerOutput};
pub use field::{Field, Secret};
pub use figures::{
    CodesConfig, OutboxConfig, PasswordConfig, PolicyChoice, RegistrationConfig, RetentionConfig, SessionsConfig,
    ThrottleConfig,
};
pub use gateways::{
    Gateways, MailConfig, MailGatewayConfig, MailKind, MailTls, PresetChoice, SmsConfig, SmsGatewayConfig, SmsKind,
};
pub use keys::{Key, List, Rule, Section, SectionInfo};
pub use read::{Problem, Reader};
pub use sections::{ApplicationConfig, DatabaseConfig, KeysConfig, LogConfig, LogFormat, PortalConfig, ServerConfig};
pub use shown::{ShownKey, ShownSection};
pub use source::{FILE, FILE_VARIABLE, Source, VARIABLE_PREFIX};
pub use types::{ApiDescription, Localized, MailAddress, Pairs, PublicUrl, SecretPairs};

/// Declares the whole: one field per section, and the catalogue of all keys.
macro_rules! config {
    ($($(#[doc = $doc:literal])+ $field:ident: $type:ty;)+) => {
        /// Everything that can be configured. `Debug` masks secrets.
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct Config {
            $( $(#[doc = $doc])+ pub $field: $type, )+
        }

        /// Every section with its keys, in the order of the printed file.
        pub const CATALOGUE: &[SectionInfo] = &[$(<$type as Section>::INFO),+];

        impl Config {
            fn read(root: &mut toml::Table, problems: &mut Vec<Problem>) -> Self {
                Self { $( $field: Reader::section(root, problems), )+ }
            }

            /// Every section as a system administrator sees it: without secrets.
            pub fn shown(&self) -> Vec<ShownSection> {
                vec![$( ShownSection { name: <$type as Section>::INFO.path, keys: self.$field.shown() } ),+]
            }
        }
    };
}

config! {
    /// The process.
    server: ServerConfig;
    /// What people see.
    portal: PortalConfig;
    /// Storage.
    database: DatabaseConfig;
    /// The key ring.
    keys: KeysConfig;
    /// Passwords.
    password: PasswordConfig;
    /// Registration.
    registration: RegistrationConfig;
    /// One-time codes.
    codes: CodesConfig;
    /// Sessions.
    sessions: SessionsConfig;
    /// Brakes.
    throttle: ThrottleConfig;
    /// Text messages.
    sms: SmsConfig;
    /// Mail.
    mail: MailConfig;
    /// Signing in through Gosuslugi.
    esia: EsiaConfig;
    /// The outbox.
    outbox: OutboxConfig;
    /// Clearing away.
    retention: RetentionConfig;
    /// Logs.
    log: LogConfig;
}

impl Config {
    /// Reads file and environment. The error holds every problem there is.
    pub fn load(source: &Source) -> Result<Self, ConfigError> {
        let (mut tree, origins) = source.merge().map_err(|problem| ConfigError { problems: vec![problem] })?;
        let mut problems = Vec::new();
        let config = Self::read(&mut tree, &mut problems);
        problems.extend(tree.iter().map(|(name, value)| read::unknown_section(name, value)));
        // Rules between keys make sense only once each key by itself is right.
        if problems.is_empty() {
            problems = config.check();
        }
        for problem in &mut problems {
            problem.variable = origins.get(&problem.key).cloned();
        }
        if problems.is_empty() { Ok(config) } else { Err(ConfigError { problems }) }
    }
}

/// The configuration can't be used. `Display` has one line for each problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// Everything that is wrong, at least one thing.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}
