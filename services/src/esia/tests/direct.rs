//! What the client asks ESIA, letter by letter: each of these is a mistake that another client made.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Url;
use serde_json::{Value, json};

use super::NOW;
use super::files::{certificate, path};
use super::server::{Reply, Request, Server, values};
use super::tokens::{CLIENT, ISSUER, OID, access_claims, header, id_claims, rsa};
use crate::clock::{Clock, ManualClock, Timestamp};
use crate::delivery::Secret;
use crate::esia::direct::Direct;
use crate::esia::error::{CertificateFault, EsiaError, Outage, SignerFault};
use crate::esia::gost::{self, testing};
use crate::esia::settings::{
    DirectSettings, EsiaSettings, EsiaVersion, PersonFilter, Problems, SignerOutput, SignerSettings,
};
use crate::esia::signer::Signer;
use crate::esia::{Ask, Begun, BoxFuture, Callback, Esia, Kept, cms, connect};
use crate::rng::SeededRng;

pub(super) const CALLBACK: &str = "https://portal.example/sign-in/esia/callback";
const STATE: &str = "47e1f1e9-8b56-4666-ac02-d1408408e5f2";

/// Signs with GOST in this process.
#[derive(Debug)]
struct TestSigner(&'static str);

impl Signer for TestSigner {
    fn sign<'a>(&'a self, data: &'a [u8], _: Timestamp) -> BoxFuture<'a, Result<Vec<u8>, SignerFault>> {
        Box::pin(std::future::ready(Ok(testing::sign(self.0, data))))
    }
}

pub(super) fn settings(base_url: &str) -> DirectSettings {
    DirectSettings {
        base_url: base_url.to_owned(),
        version: EsiaVersion::V2,
        client_id: CLIENT.to_owned(),
        client_certificate: Some(path("gost.crt.pem")),
        scopes: ["openid", "fullname", "birthdate", "snils", "email", "mobile"].map(str::to_owned).to_vec(),
        scope_org: String::new(),
        person_filter: None,
        pkce: None,
        issuer: ISSUER.to_owned(),
        certificates: vec![path("rsa.crt.pem")],
        skew_s: 60,
        signer: SignerSettings::Command {
            command: vec!["true".to_owned()],
            output: SignerOutput::Raw,
            reverse: false,
            timeout_ms: 5_000,
        },
        root_certificate: None,
        connect_timeout_ms: 2_000,
        timeout_ms: 500,
    }
}

fn of_version_1(base_url: &str) -> DirectSettings {
    let key = std::fs::read_to_string(path("rsa.key.pem")).unwrap();
    DirectSettings {
        version: EsiaVersion::V1,
        client_certificate: Some(path("rsa.crt.pem")),
        signer: SignerSettings::RsaKey(Secret::new(key)),
        ..settings(base_url)
    }
}

fn clock(now: Timestamp) -> Arc<dyn Clock> {
    Arc::new(ManualClock::new(now))
}

/// A client whose requests are signed with the key of the test vector.
pub(super) fn client(settings: &DirectSettings) -> Arc<dyn Esia> {
    signed_by(testing::KEY, settings, NOW)
}

fn signed_by(key: &'static str, settings: &DirectSettings, now: Timestamp) -> Arc<dyn Esia> {
    let direct = Direct::new(settings, clock(now), &mut Problems::default()).unwrap();
    Arc::new(direct.signed_by(Box::new(TestSigner(key))))
}

async fn begin(client: &dyn Esia) -> Begun {
    client.begin(&Ask { state: STATE, callback: CALLBACK, now: NOW, rng: &SeededRng::new(1) }).await.unwrap()
}

pub(super) async fn kept(client: &dyn Esia) -> Kept {
    begin(client).await.kept
}

pub(super) fn callback() -> Callback {
    Callback { code: "the.code.itself".to_owned(), state: STATE.to_owned(), iss: None }
}

/// The answer to a token request, with these claims.
pub(super) fn tokens(request: &Request, access: &Value, id: &Value) -> Reply {
    Reply::Json(
        200,
        json!({"state": request.value("state"), "token_type": "Bearer", "expires_in": 3_600,
            "access_token": rsa(&header("RS256", "access"), access), "id_token": rsa(&header("RS256", "id"), id)}),
    )
}

/// ESIA, when all is well.
pub(super) fn good(request: &Request) -> Reply {
    match request.path.as_str() {
        "/aas/oauth2/v3/te" | "/aas/oauth2/te" => tokens(request, &access_claims(), &id_claims()),
        _ => Reply::Json(
            200,
            json!({"firstName": "Резида", "lastName": "Джалилов", "birthDate": "03.06.2015", "trusted": true,
                "snils": "112-233-445 95", "status": "REGISTERED", "contacts": {"size": 1, "elements": [
                {"type": "EML", "vrfStu": "VERIFIED", "value": "Primer123@mail.ru"}]}}),
        ),
    }
}

fn one(url: &Url, name: &str) -> String {
    let found = values(url, name);
    assert_eq!(found.len(), 1, "{name}");
    found[0].clone()
}

/// Whether a secret is the unpadded base64url of a GOST signature of the text.
fn is_signed(secret: &str, text: &str) -> bool {
    assert_eq!(secret.len(), 86);
    certificate("gost.crt.pem").verifies(text.as_bytes(), &URL_SAFE_NO_PAD.decode(secret).unwrap())
}

const SCOPE: &str = "openid fullname birthdate snils email mobile";

#[tokio::test]
async fn the_first_request_of_version_2() {
    let url = begin(&*client(&settings("https://esia.gosuslugi.ru"))).await.url;
    assert!(url.starts_with("https://esia.gosuslugi.ru/aas/oauth2/v2/ac?"), "{url}");
    assert!(url.contains("timestamp=2026.12.01+12%3A00%3A00+%2B0000&"), "{url}");
    let url = Url::parse(&url).unwrap();
    for (name, value) in [
        ("client_id", CLIENT),
        ("scope", SCOPE),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("state", STATE),
        ("timestamp", "2026.12.01 12:00:00 +0000"),
        ("access_type", "online"),
        ("client_certificate_hash", "8AAF93A3A29DDA5594C05B914F3480DAB8691F2EF15811C6928D37C7206E006F"),
    ] {
        assert_eq!(one(&url, name), value);
    }
    let secret = one(&url, "client_secret");
    assert!(is_signed(&secret, &format!("{CLIENT}{SCOPE}2026.12.01 12:00:00 +0000{STATE}{CALLBACK}")));
    // The order of version 1.
    assert!(!is_signed(&secret, &format!("{SCOPE}2026.12.01 12:00:00 +0000{CLIENT}{STATE}")));
    for absent in ["scope_org", "person_filter", "code_challenge", "nonce"] {
        assert!(values(&url, absent).is_empty(), "{absent}");
    }
}

#[tokio::test]
async fn what_is_optional_is_sent_when_it_is_configured() {
    let settings = DirectSettings {
        scope_org: "org_inf".to_owned(),
        person_filter: Some(PersonFilter::Confirmed),
        pkce: Some("GOST3411".to_owned()),
        ..settings("https://esia.gosuslugi.ru")
    };
    let begun = begin(&*client(&settings)).await;
    let url = Url::parse(&begun.url).unwrap();
    let secret = one(&url, "client_secret");
    assert!(is_signed(&secret, &format!("{CLIENT}{SCOPE}org_inf2026.12.01 12:00:00 +0000{STATE}{CALLBACK}")));
    assert_eq!(one(&url, "scope_org"), "org_inf");
    assert_eq!(STANDARD.decode(one(&url, "person_filter")).unwrap(), b"conf_acc");
    let verifier = begun.kept.verifier.unwrap();
    assert_eq!(one(&url, "code_challenge"), URL_SAFE_NO_PAD.encode(gost::streebog256(verifier.as_bytes())));
    assert_eq!(one(&url, "code_challenge_method"), "GOST3411");
}

#[tokio::test]
async fn the_token_request_of_version_3() {
    let server = Server::start(good).await;
    let client = client(&settings(&server.url));
    let kept = kept(&*client).await;
    let person = client.finish(&kept, &callback(), &SeededRng::new(2)).await.unwrap();
    assert_eq!(person.subject, OID.to_string());
    assert_eq!(person.snils.unwrap().digits(), "11223344595");
    assert!(person.confirmed && !person.child_account);
    assert_eq!(person.contacts.iter().map(|c| c.value().to_owned()).collect::<Vec<_>>(), ["primer123@mail.ru"]);

    let asked = server.asked();
    let te = &asked[0];
    assert_eq!((te.method.as_str(), te.path.as_str()), ("POST", "/aas/oauth2/v3/te"));
    assert_eq!(te.header("content-type").as_deref(), Some("application/x-www-form-urlencoded"));
    let state = te.value("state");
    assert_ne!(state, STATE, "a state of its own");
    assert_eq!(uuid::Uuid::parse_str(&state).unwrap().get_version_num(), 4);
    assert_eq!(state, state.to_lowercase());
    for (name, value) in [
        ("client_id", CLIENT),
        ("scope", SCOPE),
        ("redirect_uri", CALLBACK),
        ("code", "the.code.itself"),
        ("grant_type", "authorization_code"),
        ("token_type", "Bearer"),
        ("timestamp", "2026.12.01 12:00:00 +0000"),
        ("client_certificate_hash", certificate("gost.crt.pem").hash()),
    ] {
        assert_eq!(te.value(name), value);
    }
    // Encoded once.
    assert!(te.body.contains("redirect_uri=https%3A%2F%2Fportal.example%2Fsign-in%2Fesia%2Fcallback"), "{}", te.body);
    assert!(te.body.contains("%2B0000"), "{}", te.body);
    let signed = format!("{CLIENT}{SCOPE}2026.12.01 12:00:00 +0000{state}{CALLBACK}the.code.itself");
    assert!(is_signed(&te.value("client_secret"), &signed));

    let record = &asked[1];
    assert_eq!(record.target, format!("/rs/prns/{OID}?embed=(contacts.elements)"));
    assert!(record.header("authorization").unwrap().starts_with("Bearer ey"));
    assert_eq!(asked.len(), 2, "one request tells all");
}

#[tokio::test]
async fn every_token_request_has_a_new_state() {
    let server = Server::start(good).await;
    let client = client(&settings(&server.url));
    let (kept, rng) = (kept(&*client).await, SeededRng::new(3));
    for _ in 0..2 {
        client.finish(&kept, &callback(), &rng).await.unwrap();
    }
    let states: Vec<String> =
        server.asked().iter().filter(|r| r.method == "POST").map(|request| request.value("state")).collect();
    assert_eq!(states.len(), 2);
    assert_ne!(states[0], states[1]);
}

#[tokio::test]
async fn the_scopes_are_those_that_were_asked_for_first() {
    let server = Server::start(good).await;
    let kept = kept(&*client(&settings(&server.url))).await;
    // It travels sealed, as JSON.
    let kept: Kept = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
    let changed = DirectSettings { scopes: vec!["openid".to_owned()], ..settings(&server.url) };
    client(&changed).finish(&kept, &callback(), &SeededRng::new(1)).await.unwrap();
    assert_eq!(server.last("/aas/oauth2/v3/te").value("scope"), SCOPE);
}

#[tokio::test]
async fn version_1_signs_with_cms() {
    let server = Server::start(good).await;
    let client = connect(EsiaSettings::Direct(of_version_1(&server.url)), clock(NOW)).unwrap();
    let begun = begin(&*client).await;
    let url = Url::parse(&begun.url).unwrap();
    assert_eq!(url.path(), "/aas/oauth2/ac");
    assert!(values(&url, "client_certificate_hash").is_empty());
    let is_signed = |secret: String, state: &str| {
        let cms = URL_SAFE_NO_PAD.decode(secret).unwrap();
        let text = format!("{SCOPE}2026.12.01 12:00:00 +0000{CLIENT}{state}");
        cms::verifies(&cms, text.as_bytes(), &certificate("rsa.crt.pem"))
    };
    assert!(is_signed(one(&url, "client_secret"), STATE));
    client.finish(&begun.kept, &callback(), &SeededRng::new(1)).await.unwrap();
    let te = server.last("/aas/oauth2/te");
    assert!(te.values("client_certificate_hash").is_empty());
    assert!(is_signed(te.value("client_secret"), &te.value("state")));
}

#[tokio::test]
async fn signing_out_names_redirect_url() {
    let url = client(&settings("https://esia.gosuslugi.ru")).sign_out_url("https://portal.example/").unwrap();
    assert_eq!(
        url,
        "https://esia.gosuslugi.ru/idp/ext/Logout?client_id=TEST111&redirect_url=https%3A%2F%2Fportal.example%2F"
    );
}

#[tokio::test]
async fn a_signature_of_the_wrong_length_is_not_sent() {
    let settings = DirectSettings {
        signer: SignerSettings::Command {
            command: ["sh", "-c", "cat >/dev/null; printf 0123"].map(str::to_owned).to_vec(),
            output: SignerOutput::Raw,
            reverse: false,
            timeout_ms: 5_000,
        },
        ..settings("https://esia.gosuslugi.ru")
    };
    let client = connect(EsiaSettings::Direct(settings), clock(NOW)).unwrap();
    let ask = Ask { state: STATE, callback: CALLBACK, now: NOW, rng: &SeededRng::new(1) };
    assert_eq!(client.begin(&ask).await.unwrap_err(), EsiaError::Signer(SignerFault::Output));
}

#[tokio::test]
async fn the_check_finds_what_is_wrong() {
    let server = Server::start(|_| Reply::html(200)).await;
    let settings = settings(&server.url);
    assert_eq!(client(&settings).check().await, Ok(()));
    let other = "1111111111111111111111111111111111111111111111111111111111111111";
    assert_eq!(signed_by(other, &settings, NOW).check().await, Err(SignerFault::OtherKey.into()));
    assert_eq!(signed_by(testing::KEY, &settings, 0).check().await, Err(CertificateFault::Client.into()));
    // After ten years ESIA's certificate has ended; ours lives on in this test.
    let theirs = DirectSettings { client_certificate: Some(path("rsa.crt.pem")), ..of_version_1(&server.url) };
    let theirs = DirectSettings { certificates: vec![path("gost.crt.pem")], ..theirs };
    let between = 2_110_666_800_000;
    let client = connect(EsiaSettings::Direct(theirs), clock(between)).unwrap();
    assert_eq!(client.check().await, Err(CertificateFault::Theirs.into()));
    server.set(|_| Reply::html(503));
    let down = signed_by(testing::KEY, &settings, NOW).check().await;
    assert_eq!(down, Err(EsiaError::Unavailable(Outage::Status(503))));
}

#[test]
fn settings_that_can_not_work_are_named() {
    let wrong = |change: &dyn Fn(&mut DirectSettings)| {
        let mut settings = settings("https://esia.gosuslugi.ru");
        change(&mut settings);
        match connect(EsiaSettings::Direct(settings), clock(NOW)) {
            Err(EsiaError::Settings(invalid)) => invalid.0.into_iter().map(|problem| problem.key).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    for base in
        ["http://esia.gosuslugi.ru", "https://esia.gosuslugi.ru/aas", "esia", "ftp://esia", "https://u:p@esia.ru"]
    {
        assert_eq!(wrong(&|s| base.clone_into(&mut s.base_url)), ["esia.base_url"], "{base}");
    }
    assert_eq!(wrong(&|s| s.client_id.clear()), ["esia.client_id"]);
    assert_eq!(wrong(&|s| "test".clone_into(&mut s.client_id)), ["esia.client_id"]);
    assert_eq!(wrong(&|s| s.scopes = vec!["snils".to_owned()]), ["esia.scopes"]);
    assert_eq!(wrong(&|s| s.issuer.clear()), ["esia.issuer"]);
    assert_eq!(wrong(&|s| s.certificates.clear()), ["esia.certificates"]);
    assert_eq!(wrong(&|s| s.certificates = vec![path("rsa.key.pem")]), ["esia.certificates"]);
    assert_eq!(wrong(&|s| s.client_certificate = None), ["esia.client_certificate"]);
    // Version 2 has no RSA.
    assert_eq!(wrong(&|s| s.client_certificate = Some(path("rsa.crt.pem"))), ["esia.client_certificate"]);
    assert_eq!(wrong(&|s| s.signer = SignerSettings::RsaKey(Secret::new("key"))), ["esia.signing_key"]);
    assert_eq!(wrong(&|s| s.root_certificate = Some(path("rsa.key.pem"))), ["esia.root_certificate"]);
    let all = wrong(&|s| {
        s.client_id.clear();
        s.base_url.clear();
        s.certificates.clear();
    });
    assert_eq!(all.len(), 3, "all at once: {all:?}");
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let client = client(&settings("https://esia.gosuslugi.ru"));
    let begun = begin(&*client).await;
    assert!(begun.url.contains(STATE));
    for text in [format!("{begun:?}"), format!("{:?}", begun.kept), format!("{:?}", callback()), format!("{client:?}")]
    {
        assert!(!text.contains(STATE) && !text.contains("the.code") && !text.contains("openid"), "{text}");
    }
}
