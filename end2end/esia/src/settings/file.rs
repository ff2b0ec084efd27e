//! The file.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Algorithm, Settings, SettingsError, TokenSettings, demo, official};
use crate::calendar;
use crate::client::{Client, SignatureKind};
use crate::crypto::certificate::Certificate;
use crate::person::Person;
use crate::redirects::Redirect;

/// A file with every key, and what each of them means; a test reads it.
pub const EXAMPLE: &str = include_str!("../../assets/example.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    listen: Option<SocketAddr>,
    public_url: Option<String>,
    issuer: String,
    clock_tolerance_s: u32,
    code_lifetime_s: u32,
    access_token_lifetime_s: u32,
    id_token_lifetime_s: u32,
    challenge_methods: Vec<String>,
    demo_persons: bool,
    official_persons: bool,
    token: Token,
    client: Vec<ClientEntry>,
    person: Vec<Person>,
}

impl Default for File {
    fn default() -> Self {
        Self {
            listen: None,
            public_url: None,
            issuer: "http://esia-portal1.test.gosuslugi.ru/".to_owned(),
            clock_tolerance_s: 300,
            code_lifetime_s: 240,
            access_token_lifetime_s: 3_600,
            id_token_lifetime_s: 10_800,
            challenge_methods: ["S256", "GOST3411", "plain"].map(str::to_owned).to_vec(),
            demo_persons: false,
            official_persons: false,
            token: Token::default(),
            client: Vec::new(),
            person: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Token {
    algorithm: Algorithm,
    key: Option<PathBuf>,
    certificate: Option<PathBuf>,
    thumbprints: bool,
}

impl Default for Token {
    fn default() -> Self {
        Self { algorithm: Algorithm::default(), key: None, certificate: None, thumbprints: true }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientEntry {
    mnemonic: String,
    #[serde(alias = "certificate")]
    certificates: OneOrMany,
    #[serde(alias = "redirect")]
    redirects: OneOrMany,
    #[serde(default)]
    logout_redirects: Vec<String>,
    scopes: Vec<String>,
    #[serde(default)]
    organization_scopes: Vec<String>,
    #[serde(default = "gost")]
    signature: SignatureKind,
    #[serde(default)]
    repeated_state: bool,
}

const fn gost() -> SignatureKind {
    SignatureKind::Gost
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_all(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

/// Reads a file's text; paths in it begin at that folder.
pub fn read(text: &str, folder: &Path) -> Result<Settings, SettingsError> {
    let file: File = toml::from_str(text)?;
    let mut clients = Vec::with_capacity(file.client.len().max(1));
    for entry in file.client {
        clients.push(client(entry, folder)?);
    }
    if clients.is_empty() {
        clients.push(demo::client()?);
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = clients.iter().find(|client| !names.insert(client.mnemonic.clone())) {
        return Err(SettingsError::value(&twice.mnemonic, "two clients have this mnemonic"));
    }
    let none = file.person.is_empty();
    let mut persons = file.person;
    if none || file.demo_persons {
        persons.extend(demo::persons()?);
    }
    if none || file.official_persons {
        persons.extend(official::persons());
    }
    check_persons(&persons)?;
    let token = file.token;
    let files = match (token.key, token.certificate) {
        (None, None) => None,
        (Some(key), Some(certificate)) => Some((folder.join(key), folder.join(certificate))),
        _ => return Err(SettingsError::value("token", "key and certificate go together")),
    };
    if file.issuer.is_empty() {
        return Err(SettingsError::value("issuer", "it is empty"));
    }
    Ok(Settings {
        listen: file.listen,
        public_url: file.public_url.map(|url| url.trim_end_matches('/').to_owned()),
        tolerance: i64::from(file.clock_tolerance_s),
        challenge_methods: file.challenge_methods,
        tokens: TokenSettings {
            issuer: file.issuer,
            algorithm: token.algorithm,
            files,
            thumbprints: token.thumbprints,
            code_lifetime: i64::from(file.code_lifetime_s),
            access_lifetime: i64::from(file.access_token_lifetime_s),
            id_lifetime: i64::from(file.id_token_lifetime_s),
        },
        clients,
        persons,
    })
}

fn client(entry: ClientEntry, folder: &Path) -> Result<Client, SettingsError> {
    let name = entry.mnemonic;
    if name.is_empty() || name.chars().any(char::is_lowercase) {
        return Err(SettingsError::value(&name, "a mnemonic is written in upper case"));
    }
    let mut certificates = Vec::new();
    for text in entry.certificates.into_all() {
        let (what, pem) = if text.contains("-----BEGIN") {
            (name.clone(), text)
        } else {
            let path = folder.join(&text);
            let pem =
                std::fs::read_to_string(&path).map_err(|error| SettingsError::File { path: path.clone(), error })?;
            (format!("{name}, {}", path.display()), pem)
        };
        let found = Certificate::from_pem(&pem).map_err(|error| SettingsError::value(what, error.to_string()))?;
        certificates.extend(found);
    }
    let redirects = redirects(&name, entry.redirects.into_all())?;
    if certificates.is_empty() || redirects.is_empty() || entry.scopes.is_empty() {
        return Err(SettingsError::value(&name, "a client has certificates, redirects and scopes"));
    }
    Ok(Client {
        logout_redirects: self::redirects(&name, entry.logout_redirects)?,
        mnemonic: name,
        certificates,
        redirects,
        scopes: entry.scopes,
        organization_scopes: entry.organization_scopes,
        signature: entry.signature,
        repeated_state: entry.repeated_state,
    })
}

fn redirects(client: &str, texts: Vec<String>) -> Result<Vec<Redirect>, SettingsError> {
    let read = |text: String| {
        Redirect::parse(&text).ok_or_else(|| SettingsError::value(client, format!("{text} is no address to return to")))
    };
    texts.into_iter().map(read).collect()
}

fn check_persons(persons: &[Person]) -> Result<(), SettingsError> {
    let mut oids = BTreeSet::new();
    for person in persons {
        let wrong = |why: &str| SettingsError::value(format!("person {}", person.oid), why);
        if person.oid == 0 || !oids.insert(person.oid) {
            return Err(wrong("every person has an oid of their own"));
        }
        if person.birth_date.as_deref().is_some_and(|date| !calendar::is_russian_date(date)) {
            return Err(wrong("birth_date is dd.MM.yyyy"));
        }
        if person.gender.as_deref().is_some_and(|gender| gender != "M" && gender != "F") {
            return Err(wrong("gender is M or F"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    fn refused(text: &str) -> String {
        read(text, Path::new("")).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn nothing_means_the_demo() {
        let settings = read("", Path::new("")).unwrap();
        assert_eq!(settings.tokens.issuer, "http://esia-portal1.test.gosuslugi.ru/");
        assert_eq!((settings.tolerance, settings.tokens.code_lifetime), (300, 240));
        let client = settings.client("SCHOOLGATE").unwrap();
        assert!(client.has_redirect("http://localhost:3000/sign-in/esia/callback"));
        assert!(client.has_redirect("http://127.0.0.1:40123/sign-in/esia/callback"));
        assert!(settings.client("schoolgate").is_none());
        assert!(settings.person(1_000_300_001).is_some());
    }

    #[test]
    fn the_example_is_understood() {
        let settings = read(EXAMPLE, Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(settings.clients.len(), 2);
        assert_eq!(settings.client("TEST_CMS").unwrap().signature, SignatureKind::Cms);
        assert!(settings.persons.iter().any(|person| person.goes_wrong.is_some()));
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        assert!(refused("nonsense = 1").contains("nonsense"));
        assert!(refused("[token]\nkey = \"a.pem\"").contains("go together"));
        assert!(refused("[[person]]\noid = 1\n[[person]]\noid = 1").contains("of their own"));
        assert!(refused("[[person]]\noid = 1\nbirth_date = \"2015-01-01\"").contains("dd.MM.yyyy"));
        assert!(refused("[[person]]\noid = 1\ngender = \"f\"").contains("gender"));
        let client = |rest: &str| refused(&format!("[[client]]\nmnemonic = \"X\"\nscopes = [\"openid\"]\n{rest}"));
        assert!(client("certificate = \"missing.pem\"\nredirect = \"http://localhost/\"").contains("missing.pem"));
        assert!(client("certificate = \"-----BEGIN\"\nredirect = \"http://localhost/\"").contains("CERTIFICATE"));
        let lower = "[[client]]\nmnemonic = \"x\"\nscopes = []\ncertificates = []\nredirects = []";
        assert!(refused(lower).contains("upper case"));
    }
}
