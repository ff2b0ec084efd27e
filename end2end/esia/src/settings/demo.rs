//! The demo's client and persons, so that the stand-in needs no file.

use serde::Deserialize;

use super::SettingsError;
use crate::client::{Client, SignatureKind};
use crate::crypto::certificate::Certificate;
use crate::person::Person;
use crate::redirects::Redirect;

/// The mnemonic of the demo's client.
pub const CLIENT: &str = "SCHOOLGATE";
/// A throw-away certificate; its key lies beside it.
const CERTIFICATE: &str = include_str!("../../assets/demo-client.cert.pem");
const PERSONS: &str = include_str!("../../assets/demo-persons.toml");
const REDIRECTS: [&str; 3] = [
    "http://localhost:*/sign-in/esia/callback",
    "http://127.0.0.1:*/sign-in/esia/callback",
    "http://[::1]:*/sign-in/esia/callback",
];
const SCOPES: [&str; 17] = [
    "openid",
    "fullname",
    "birthdate",
    "gender",
    "citizenship",
    "birthplace",
    "snils",
    "inn",
    "id_doc",
    "email",
    "mobile",
    "contacts",
    "addresses",
    "kid_fullname",
    "kid_birthdate",
    "kid_snils",
    "kid_birth_cert_doc",
];

/// The demo's client.
pub fn client() -> Result<Client, SettingsError> {
    let certificates =
        Certificate::from_pem(CERTIFICATE).map_err(|error| SettingsError::value(CLIENT, error.to_string()))?;
    Ok(Client {
        mnemonic: CLIENT.to_owned(),
        certificates,
        redirects: REDIRECTS.iter().filter_map(|text| Redirect::parse(text)).collect(),
        logout_redirects: Vec::new(),
        scopes: SCOPES.map(str::to_owned).to_vec(),
        organization_scopes: Vec::new(),
        signature: SignatureKind::Gost,
        repeated_state: false,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Persons {
    person: Vec<Person>,
}

/// The demo's persons: pupils of its roster, a parent, and whoever fails on purpose.
pub fn persons() -> Result<Vec<Person>, SettingsError> {
    Ok(toml::from_str::<Persons>(PERSONS)?.person)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use crate::person::{ContactState, Level};

    #[test]
    fn the_client_has_all_its_addresses() {
        let client = client().unwrap();
        assert_eq!(client.redirects.len(), REDIRECTS.len());
        assert!(client.may_leave_to("http://localhost:3000/"));
        assert!(!client.may_leave_to("http://school.example/"));
    }

    #[test]
    fn the_persons_are_those_that_the_demo_names() {
        let persons = persons().unwrap();
        let person = |oid: u64| persons.iter().find(|person| person.oid == 1_000_300_000 + oid).unwrap();
        assert!((1..=9).all(|oid| person(oid).birth_date.is_some()));
        let young = person(1);
        assert_eq!((young.level, &young.snils), (Level::Child, &None));
        assert!(young.contacts.iter().any(|contact| contact.value == "primer123@mail.ru"));
        assert_eq!(person(2).snils.as_deref(), Some("112-233-445 95"));
        assert!(person(4).contacts.iter().all(|contact| contact.state == ContactState::NotVerified));
        let phone = |oid| person(oid).contacts.iter().map(|contact| contact.value.clone()).collect::<Vec<_>>();
        assert_eq!(phone(5), phone(6));
        assert!(!person(7).is_trusted() && !person(7).is_child());
        assert!(person(8).goes_wrong.is_some());
        assert!(person(9).snils.is_some());
    }
}
