//! What the tests of the whole stand-in have in common: its settings, and a client that signs as real ones do.
#![allow(dead_code, clippy::unwrap_used, reason = "not every test uses everything; a failed unwrap is a failed test")]

use std::path::Path;

use esia_standin::app::App;
use esia_standin::calendar;
use esia_standin::clock::Clock;
use esia_standin::crypto::certificate::Certificate;
use esia_standin::crypto::cms;
use esia_standin::crypto::keys::PrivateKey;
use esia_standin::dice::{SeededDice, uuid};
use esia_standin::encoding::base64url;
use esia_standin::params::Params;
use esia_standin::settings::Settings;

/// The time of the signed vector, 2026-11-22 02:00:00 +0300.
pub const NOW: i64 = 1_795_302_000;
/// An official test person.
pub const OID: u64 = 1_000_299_606;
pub const REDIRECT: &str = "http://localhost/cb";
pub const SCOPE: &str = "openid fullname snils";

const SETTINGS: &str = r#"
    official_persons = true
    demo_persons = true

    [token]
    key = "tests/fixtures/rsa.key.pem"
    certificate = "tests/fixtures/rsa.cert.pem"

    [[client]]
    mnemonic = "TEST111"
    certificate = "tests/fixtures/gost.cert.pem"
    redirect = "http://localhost/cb"
    scopes = [
        "openid", "fullname", "snils", "birthdate", "email", "mobile", "contacts", "kid_fullname", "kid_birth_cert_doc",
    ]
    organization_scopes = ["http://esia.gosuslugi.ru/org_inf"]

    [[client]]
    mnemonic = "OTHER"
    certificate = "tests/fixtures/gost.cert.pem"
    redirect = "http://localhost/cb"
    scopes = ["openid", "fullname", "snils"]

    [[client]]
    mnemonic = "OLD"
    certificates = ["tests/fixtures/gost.cert.pem", "tests/fixtures/rsa.cert.pem"]
    redirect = "http://localhost/cb"
    scopes = ["openid", "fullname", "snils"]
    signature = "cms"

    [[client]]
    mnemonic = "BARE_RSA"
    certificate = "tests/fixtures/rsa.cert.pem"
    redirect = "http://localhost/cb"
    scopes = ["openid", "fullname", "snils"]
    signature = "rsa"

    [[person]]
    oid = 1
    level = "simplified"
"#;

pub fn settings() -> Settings {
    Settings::parse(SETTINGS, Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// At the time of the vector.
pub fn app() -> App {
    App::new(settings(), Clock::fixed(NOW), Box::new(SeededDice::new(1))).unwrap()
}

/// The key and the certificate of a client.
#[derive(Clone, Copy)]
pub enum Key {
    Gost,
    Rsa,
}

impl Key {
    pub fn private(self) -> PrivateKey {
        PrivateKey::from_pem(match self {
            Self::Gost => include_str!("../fixtures/gost.key.pem"),
            Self::Rsa => include_str!("../fixtures/rsa.key.pem"),
        })
        .unwrap()
    }

    pub fn certificate(self) -> Certificate {
        let pem = match self {
            Self::Gost => include_str!("../fixtures/gost.cert.pem"),
            Self::Rsa => include_str!("../fixtures/rsa.cert.pem"),
        };
        Certificate::from_pem(pem).unwrap().remove(0)
    }
}

/// The parameters of a request under way.
#[derive(Clone)]
pub struct Request {
    pairs: Vec<(&'static str, String)>,
}

impl Request {
    /// An authorize request without its signature, at this time.
    pub fn authorize(client: &str, at: i64, dice: &SeededDice) -> Self {
        Self { pairs: Vec::new() }
            .with("client_id", client)
            .with("redirect_uri", REDIRECT)
            .with("scope", SCOPE)
            .with("response_type", "code")
            .with("state", &uuid(dice))
            .with("timestamp", &calendar::timestamp(at))
            .with("access_type", "offline")
    }

    /// A token request without its signature, at this time.
    pub fn token(client: &str, code: &str, at: i64, dice: &SeededDice) -> Self {
        Self { pairs: Vec::new() }
            .with("client_id", client)
            .with("redirect_uri", REDIRECT)
            .with("scope", SCOPE)
            .with("state", &uuid(dice))
            .with("timestamp", &calendar::timestamp(at))
            .with("grant_type", "authorization_code")
            .with("token_type", "Bearer")
            .with("code", code)
    }

    /// With that parameter, in place of the one that was there.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.pairs.retain(|(known, _)| *known != name);
        self.pairs.push((name, value.to_owned()));
        self
    }

    /// With that parameter once more.
    pub fn and(mut self, name: &'static str, value: &str) -> Self {
        self.pairs.push((name, value.to_owned()));
        self
    }

    /// Without it.
    pub fn without(mut self, name: &str) -> Self {
        self.pairs.retain(|(known, _)| *known != name);
        self
    }

    pub fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str())
    }

    fn text(&self, names: &[&str]) -> String {
        names.iter().map(|name| self.get(name)).collect()
    }

    /// What the current addresses have signed: with a code at the token request.
    pub fn current_text(&self) -> String {
        self.text(&["client_id", "scope", "scope_org", "timestamp", "state", "redirect_uri", "code"])
    }

    /// What the first addresses have signed.
    pub fn first_text(&self) -> String {
        self.text(&["scope", "timestamp", "client_id", "state"])
    }

    /// Signed as the current addresses want it.
    pub fn signed(self, key: Key) -> Self {
        let text = self.current_text();
        self.signed_over(key, &text)
    }

    /// Signed bare, over that text.
    pub fn signed_over(self, key: Key, text: &str) -> Self {
        let signature = key.private().sign(text.as_bytes(), &SeededDice::new(77)).unwrap();
        self.with("client_secret", &base64url(&signature))
            .with("client_certificate_hash", &key.certificate().thumbprint())
    }

    /// Signed as the first addresses want it.
    pub fn signed_cms(self, key: Key, with_attributes: bool) -> Self {
        let text = self.first_text();
        self.signed_cms_over(key, with_attributes, &text)
    }

    /// Signed with CMS, over that text.
    pub fn signed_cms_over(self, key: Key, with_attributes: bool, text: &str) -> Self {
        let (private, certificate) = (key.private(), key.certificate());
        let dice = SeededDice::new(78);
        let signature = cms::sign(text.as_bytes(), &private, &certificate, with_attributes, &dice).unwrap();
        self.with("client_secret", &base64url(&signature))
    }

    pub fn encoded(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.pairs {
            query.append_pair(name, value);
        }
        query.finish()
    }

    pub fn params(&self) -> Params {
        Params::parse(self.encoded().as_bytes())
    }
}

/// A parameter of an address.
pub fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}
