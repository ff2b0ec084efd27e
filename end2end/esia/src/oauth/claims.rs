//! The claims of codes and tokens. Numbers are JSON numbers, `amr` and `aud` are strings: so the real ones are.

use serde_json::{Map, Value, json};

use crate::clock::Seconds;
use crate::person::Person;
use crate::settings::TokenSettings;
use crate::store::Grant;
use crate::trouble::Fault;

/// An hour, for tokens that are to be of another time.
const HOUR: Seconds = 3_600;

/// `urn:esia:sbj`.
fn subject(person: &Person) -> Value {
    let mut subject = Map::new();
    let mut put = |name: &str, value: Value| subject.insert(format!("urn:esia:sbj:{name}"), value);
    put("lvl", json!(person.level.code()));
    put("typ", json!("P"));
    if person.is_trusted() {
        put("is_tru", json!(true));
    }
    put("oid", json!(person.oid));
    put("nam", json!(format!("OID.{}", person.oid)));
    Value::Object(subject)
}

/// What a code says.
pub fn of_code(tokens: &TokenSettings, person: &Person, grant: &Grant, now: Seconds) -> Value {
    json!({
        "nbf": now,
        "scope": grant.ask.scopes.of_person(person.oid),
        "auth_time": grant.signed_in_at,
        "iss": tokens.issuer,
        "urn:esia:sid": grant.session,
        "urn:esia:client:state": grant.ask.state,
        "auth_mthd": "PWD",
        "urn:esia:sbj": subject(person),
        "exp": now + tokens.code_lifetime,
        "params": {},
        "iat": now,
        "client_id": grant.ask.client,
    })
}

/// Who issues, for whom, and from when to when, with the mistake that is to be in it.
struct Frame {
    issuer: String,
    client: String,
    from: Seconds,
    until: Seconds,
}

fn frame(tokens: &TokenSettings, grant: &Grant, lifetime: Seconds, now: Seconds, fault: Option<Fault>) -> Frame {
    let (mut issuer, mut client) = (tokens.issuer.clone(), grant.ask.client.clone());
    let (mut from, mut until) = (now, now + lifetime);
    match fault {
        Some(Fault::OtherIssuer) => "http://esia.other.example/".clone_into(&mut issuer),
        Some(Fault::OtherAudience) => "ANOTHER".clone_into(&mut client),
        Some(Fault::Expired) => (from, until) = (now - lifetime - HOUR, now - HOUR),
        Some(Fault::NotYet) => (from, until) = (now + HOUR, now + HOUR + lifetime),
        _ => {}
    }
    Frame { issuer, client, from, until }
}

/// What an access token says.
pub fn of_access(tokens: &TokenSettings, grant: &Grant, now: Seconds, fault: Option<Fault>) -> Value {
    let frame = frame(tokens, grant, tokens.access_lifetime, now, fault);
    json!({
        "nbf": frame.from,
        "scope": grant.ask.scopes.of_person(grant.oid),
        "iss": frame.issuer,
        "urn:esia:sid": grant.session,
        "urn:esia:sbj_id": grant.oid,
        "exp": frame.until,
        "iat": frame.from,
        "client_id": frame.client,
    })
}

/// What an `id_token` says.
pub fn of_id(tokens: &TokenSettings, person: &Person, grant: &Grant, now: Seconds, fault: Option<Fault>) -> Value {
    let frame = frame(tokens, grant, tokens.id_lifetime, now, fault);
    let oid = if fault == Some(Fault::OtherSubject) { person.oid + 1 } else { person.oid };
    json!({
        "aud": frame.client,
        "sub": oid,
        "nbf": frame.from,
        "amr": "PWD",
        "auth_time": grant.signed_in_at,
        "iss": frame.issuer,
        "urn:esia:sid": grant.session,
        "urn:esia:amd": "PWD",
        "urn:esia:sbj": subject(person),
        "exp": frame.until,
        "iat": frame.from,
    })
}
