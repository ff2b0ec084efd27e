//! What a deployment says about Gosuslugi, as it stands under `[esia]`.

use std::path::PathBuf;

use crate::delivery::{InvalidSettings, Secret, SettingsProblem};

/// One of the two ways.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "one of them lives for the start of the process")]
pub enum EsiaSettings {
    /// ESIA's own protocol.
    Direct(DirectSettings),
    /// OpenID Connect with a gateway.
    Broker(BrokerSettings),
}

/// Which requests are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EsiaVersion {
    /// `ac` and `te`, signed with CMS.
    V1,
    /// `v2/ac` and `v3/te`, signed with GOST R 34.10-2012 alone.
    V2,
}

/// Whom ESIA lets through, by its own filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonFilter {
    /// Confirmed accounts only (`conf_acc`).
    Confirmed,
    /// Children's accounts only (`acc_kid`).
    Children,
    /// All but children's accounts (`acc_not_kid`).
    NotChildren,
}

impl PersonFilter {
    /// The word that ESIA has for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "conf_acc",
            Self::Children => "acc_kid",
            Self::NotChildren => "acc_not_kid",
        }
    }
}

/// What a signing program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerOutput {
    /// The bytes of the signature.
    Raw,
    /// Base64, of either alphabet, with or without padding; white space does not count.
    Base64,
    /// Hexadecimal digits; white space does not count.
    Hex,
}

/// Who signs our requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerSettings {
    /// A program: the text comes on its standard input, the signature goes to its standard output.
    Command {
        /// Program and arguments, handed over as they are: there is no shell.
        command: Vec<String>,
        /// What it writes.
        output: SignerOutput,
        /// The bytes come last first (`CryptoPro`'s csptest).
        reverse: bool,
        /// How long it may take, in milliseconds.
        timeout_ms: u64,
    },
    /// An RSA key in this process, as PEM, for version 1.
    RsaKey(Secret),
}

/// ESIA itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectSettings {
    /// Scheme, host and port, without a path.
    pub base_url: String,
    /// Which requests are made.
    pub version: EsiaVersion,
    /// The mnemonic of the information system, in capitals.
    pub client_id: String,
    /// PEM or DER file of the certificate that is registered for it.
    pub client_certificate: Option<PathBuf>,
    /// The scopes that are asked for.
    pub scopes: Vec<String>,
    /// The scopes of organisations, in one text; empty for none.
    pub scope_org: String,
    /// Whom ESIA lets through.
    pub person_filter: Option<PersonFilter>,
    /// The name of the PKCE method. ESIA publishes none, so it is sent as it stands here; one that begins with `GOST`
    /// is computed with GOST R 34.11-2012, every other with SHA-256.
    pub pkce: Option<String>,
    /// The `iss` of its tokens.
    pub issuer: String,
    /// PEM or DER files of the certificates that its tokens are signed with: the old one and the new one.
    pub certificates: Vec<PathBuf>,
    /// By how many seconds the two clocks may differ.
    pub skew_s: u32,
    /// Who signs our requests.
    pub signer: SignerSettings,
    /// PEM file with further root certificates to trust.
    pub root_certificate: Option<PathBuf>,
    /// Limit of connecting, in milliseconds.
    pub connect_timeout_ms: u64,
    /// Limit of each request, in milliseconds.
    pub timeout_ms: u64,
}

/// A gateway that speaks OpenID Connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerSettings {
    /// The issuer; its addresses are found from here.
    pub issuer: String,
    /// Who we are there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: Secret,
    /// The scopes that are asked for; `openid` among them.
    pub scopes: Vec<String>,
    /// Which claim says what.
    pub claims: ClaimNames,
    /// The gateway lets confirmed accounts in only, so that it need not say so of each.
    pub confirmed_only: bool,
    /// By how many seconds the two clocks may differ.
    pub skew_s: u32,
    /// PEM file with further root certificates to trust.
    pub root_certificate: Option<PathBuf>,
    /// Limit of connecting, in milliseconds.
    pub connect_timeout_ms: u64,
    /// Limit of each request, in milliseconds.
    pub timeout_ms: u64,
}

/// Names of claims. An empty name reads none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The SNILS.
    pub snils: String,
    /// The mobile number.
    pub mobile: String,
    /// Whether the number is confirmed.
    pub mobile_verified: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the address is confirmed.
    pub email_verified: String,
    /// The surname.
    pub surname: String,
    /// The given name.
    pub given_name: String,
    /// The patronymic.
    pub patronymic: String,
    /// The birth date.
    pub birth_date: String,
    /// Whether the account is confirmed: `true`, or the level `PR`.
    pub confirmed: String,
    /// Whether it is a child's account: `true`, or the level `KD`.
    pub child_account: String,
}

impl Default for ClaimNames {
    /// Those of OpenID Connect, where it has them, and ESIA's own words.
    fn default() -> Self {
        Self {
            snils: "snils".to_owned(),
            mobile: "phone_number".to_owned(),
            mobile_verified: "phone_number_verified".to_owned(),
            email: "email".to_owned(),
            email_verified: "email_verified".to_owned(),
            surname: "family_name".to_owned(),
            given_name: "given_name".to_owned(),
            patronymic: "middle_name".to_owned(),
            birth_date: "birthdate".to_owned(),
            confirmed: "trusted".to_owned(),
            child_account: "child_account".to_owned(),
        }
    }
}

impl ClaimNames {
    /// What can be named, and how it is named now.
    pub fn entries(&self) -> [(&'static str, &str); 11] {
        [
            ("snils", &self.snils),
            ("mobile", &self.mobile),
            ("mobile_verified", &self.mobile_verified),
            ("email", &self.email),
            ("email_verified", &self.email_verified),
            ("surname", &self.surname),
            ("given_name", &self.given_name),
            ("patronymic", &self.patronymic),
            ("birth_date", &self.birth_date),
            ("confirmed", &self.confirmed),
            ("child_account", &self.child_account),
        ]
    }

    /// Names one of them; `false` when there is no such thing.
    pub fn set(&mut self, what: &str, claim: &str) -> bool {
        let slot = match what {
            "snils" => &mut self.snils,
            "mobile" => &mut self.mobile,
            "mobile_verified" => &mut self.mobile_verified,
            "email" => &mut self.email,
            "email_verified" => &mut self.email_verified,
            "surname" => &mut self.surname,
            "given_name" => &mut self.given_name,
            "patronymic" => &mut self.patronymic,
            "birth_date" => &mut self.birth_date,
            "confirmed" => &mut self.confirmed,
            "child_account" => &mut self.child_account,
            _ => return false,
        };
        claim.clone_into(slot);
        true
    }
}

/// Collects what is wrong, under the keys of `[esia]`.
#[derive(Default)]
pub(super) struct Problems(Vec<SettingsProblem>);

impl Problems {
    pub(super) fn add(&mut self, key: &str, problem: impl Into<String>) {
        self.0.push(SettingsProblem { key: format!("esia.{key}"), problem: problem.into() });
    }

    /// The value, or its error as a problem of the key.
    pub(super) fn take<T>(&mut self, key: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|problem| self.add(key, problem)).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_invalid(self) -> InvalidSettings {
        InvalidSettings(self.0)
    }

    /// What holds for both ways.
    pub(super) fn client(&mut self, client_id: &str, scopes: &[String]) {
        if client_id.is_empty() {
            self.add("client_id", "must be set: the name under which this portal is registered");
        }
        if !scopes.iter().any(|scope| scope == "openid") {
            self.add("scopes", "must have \"openid\" among them: without it nobody is named");
        }
        if scopes.iter().any(|scope| scope.is_empty() || scope.contains(char::is_whitespace)) {
            self.add("scopes", "must be a list of single words");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_claim_can_be_named() {
        let mut names = ClaimNames::default();
        let all: Vec<&str> = names.entries().iter().map(|(what, _)| *what).collect();
        for what in all {
            assert!(names.set(what, what), "{what}");
        }
        assert!(names.entries().iter().all(|(what, claim)| what == claim));
        assert!(!names.set("sub", "x"));
    }
}
