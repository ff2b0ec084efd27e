//! The way through a gateway: OpenID Connect as it should be, and everything that must stop it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::gosuslugi::GosuslugiPerson;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Url;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::NOW;
use super::files::{jwk, jwt, rsa_sign};
use super::server::{Reply, Request, Server, values};
use crate::clock::{HOUR, ManualClock, SECOND};
use crate::delivery::Secret;
use crate::esia::error::{EsiaError, Outage, TokenFault};
use crate::esia::settings::{BrokerSettings, ClaimNames, EsiaSettings};
use crate::esia::{Ask, Begun, Callback, Esia, connect};
use crate::rng::SeededRng;

const NOW_S: i64 = NOW / SECOND;
const CALLBACK: &str = "https://portal.example/sign-in/esia/callback";
const STATE: &str = "47e1f1e9-8b56-4666-ac02-d1408408e5f2";
const SECRET: &str = "s3cret +%";

/// What the gateway does, other than it should.
#[derive(Clone, Default)]
struct Script {
    /// Changes of what it says of itself.
    configuration: Vec<(&'static str, Value)>,
    /// Changes of the ID token's claims.
    claims: Vec<(&'static str, Value)>,
    header: Vec<(&'static str, Value)>,
    /// What it says at the user-info address, where it has one.
    user_info: Option<Value>,
    /// The key that signs, and whose public half it shows.
    key: Option<&'static str>,
    shown: Option<&'static str>,
}

/// A gateway. `nonce` is that of the sign-in under way.
fn gateway(url: &str, nonce: &str, script: &Script, request: &Request) -> Reply {
    let answer = match request.path.as_str() {
        "/realm/.well-known/openid-configuration" => {
            let mut says = json!({"issuer": format!("{url}/realm"),
                "authorization_endpoint": format!("{url}/auth?kc=1"),
                "token_endpoint": format!("{url}/token"), "jwks_uri": format!("{url}/keys"),
                "end_session_endpoint": format!("{url}/end"), "authorization_response_iss_parameter_supported": true});
            if script.user_info.is_some() {
                says["userinfo_endpoint"] = json!(format!("{url}/me"));
            }
            change(&mut says, &script.configuration);
            says
        }
        "/keys" => {
            let key = script.shown.unwrap_or("rsa.key.pem");
            json!({"keys": [{"kty": "new", "kid": "x"}, {"kty": "oct", "k": "AAAA", "kid": "y"}, jwk(key, key)]})
        }
        "/token" => {
            let mut claims = json!({"iss": format!("{url}/realm"), "aud": "portal", "sub": "7f3c", "nonce": nonce,
                "iat": NOW_S, "exp": NOW_S + 300, "email": "A@example.org", "email_verified": true, "trusted": true});
            change(&mut claims, &script.claims);
            let key = script.key.unwrap_or("rsa.key.pem");
            let mut header = json!({"alg": "RS256", "kid": key});
            change(&mut header, &script.header);
            let id_token = jwt(&header, &claims, |message| rsa_sign(key, message));
            json!({"token_type": "Bearer", "access_token": "access", "id_token": id_token})
        }
        "/me" => script.user_info.clone().unwrap_or_default(),
        path => panic!("{path}"),
    };
    Reply::Json(200, answer)
}

fn change(object: &mut Value, changes: &[(&'static str, Value)]) {
    for (name, value) in changes {
        object[*name] = value.clone();
    }
}

fn settings(url: &str) -> BrokerSettings {
    BrokerSettings {
        issuer: format!("{url}/realm"),
        client_id: "portal".to_owned(),
        client_secret: Secret::new(SECRET),
        scopes: ["openid", "email", "phone"].map(str::to_owned).to_vec(),
        claims: ClaimNames::default(),
        confirmed_only: false,
        skew_s: 60,
        root_certificate: None,
        connect_timeout_ms: 2_000,
        timeout_ms: 2_000,
    }
}

fn callback(server: &Server) -> Callback {
    Callback { code: "code".to_owned(), state: STATE.to_owned(), iss: Some(format!("{}/realm", server.url)) }
}

/// A gateway that keeps to the script, and a client of it that has begun.
async fn begun(script: &Script) -> (Server, Arc<ManualClock>, Arc<dyn Esia>, Result<Begun, EsiaError>) {
    let server = Server::start(|_| Reply::Silent).await;
    play(&server, "", script);
    let clock = Arc::new(ManualClock::new(NOW));
    let client = connect(EsiaSettings::Broker(settings(&server.url)), clock.clone()).unwrap();
    let ask = Ask { state: STATE, callback: CALLBACK, now: NOW, rng: &SeededRng::new(1) };
    let begun = client.begin(&ask).await;
    if let Ok(begun) = &begun {
        play(&server, begun.kept.nonce.as_deref().unwrap(), script);
    }
    (server, clock, client, begun)
}

fn play(server: &Server, nonce: &str, script: &Script) {
    let (url, nonce, script) = (server.url.clone(), nonce.to_owned(), script.clone());
    server.set(move |request| gateway(&url, &nonce, &script, request));
}

async fn finished(script: Script) -> Result<GosuslugiPerson, EsiaError> {
    let (server, _, client, begun) = begun(&script).await;
    client.finish(&begun?.kept, &callback(&server), &SeededRng::new(2)).await
}

async fn with_claim(name: &'static str, value: Value) -> Result<GosuslugiPerson, EsiaError> {
    finished(Script { claims: vec![(name, value)], ..Script::default() }).await
}

#[tokio::test]
async fn the_whole_way() {
    let script = Script {
        user_info: Some(json!({"sub": "7f3c", "email": "other@example.org", "snils": "112-233-445 95",
            "phone_number": "+79262464800", "phone_number_verified": true})),
        ..Script::default()
    };
    let (server, _, client, begun) = begun(&script).await;
    let begun = begun.unwrap();
    let url = Url::parse(&begun.url).unwrap();
    assert!(begun.url.starts_with(&format!("{}/auth?kc=1&", server.url)), "{}", begun.url);
    let nonce = begun.kept.nonce.clone().unwrap();
    let verifier = begun.kept.verifier.clone().unwrap();
    assert_ne!(nonce, verifier);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "portal"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid email phone"),
        ("state", STATE),
        ("nonce", nonce.as_str()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(values(&url, name), [value]);
    }
    let person = client.finish(&begun.kept, &callback(&server), &SeededRng::new(2)).await.unwrap();
    assert_eq!(person.subject, "7f3c");
    assert_eq!(person.snils.unwrap().digits(), "11223344595");
    let contacts: Vec<_> = person.contacts.iter().map(|c| (c.value().to_owned(), c.verified())).collect();
    assert_eq!(contacts, [("+79262464800".to_owned(), true), ("a@example.org".to_owned(), true)]);

    let token = server.last("/token");
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "code"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", verifier.as_str()),
    ] {
        assert_eq!(token.value(name), value);
    }
    let basic = token.header("authorization").unwrap();
    let basic = STANDARD.decode(basic.strip_prefix("Basic ").unwrap()).unwrap();
    assert_eq!(String::from_utf8(basic).unwrap(), "portal:s3cret+%2B%25");
    assert!(token.values("client_secret").is_empty());
    assert_eq!(server.last("/me").header("authorization").as_deref(), Some("Bearer access"));
    let end = client.sign_out_url("https://portal.example/").unwrap();
    let expected = "/end?client_id=portal&post_logout_redirect_uri=https%3A%2F%2Fportal.example%2F";
    assert_eq!(end, format!("{}{expected}", server.url));
    for text in [format!("{client:?}"), format!("{:?}", begun.kept)] {
        assert!(!text.contains("s3cret") && !text.contains(&nonce), "{text}");
    }
}

#[tokio::test]
async fn the_secret_goes_into_the_body_where_nothing_else_is_taken() {
    let method = ("token_endpoint_auth_methods_supported", json!(["private_key_jwt", "client_secret_post"]));
    let script = Script { configuration: vec![method], ..Script::default() };
    let (server, _, client, begun) = begun(&script).await;
    client.finish(&begun.unwrap().kept, &callback(&server), &SeededRng::new(2)).await.unwrap();
    let token = server.last("/token");
    assert_eq!((token.value("client_id"), token.value("client_secret")), ("portal".to_owned(), SECRET.to_owned()));
    assert!(token.header("authorization").is_none());
}

#[tokio::test]
async fn claims_that_disagree_are_refused() {
    for (name, value, fault) in [
        ("nonce", json!("another"), TokenFault::Nonce),
        ("nonce", json!(null), TokenFault::Nonce),
        ("aud", json!("other"), TokenFault::Audience),
        ("aud", json!(["portal", "other"]), TokenFault::Audience),
        ("azp", json!("other"), TokenFault::Audience),
        ("iss", json!("https://other.example"), TokenFault::Issuer),
        ("exp", json!(NOW_S - 60), TokenFault::Expired),
        ("iat", json!(NOW_S + 61), TokenFault::NotYet),
        ("nbf", json!(NOW_S + 61), TokenFault::NotYet),
        ("exp", json!(null), TokenFault::Malformed),
        ("sub", json!(null), TokenFault::Malformed),
    ] {
        assert_eq!(with_claim(name, value.clone()).await.unwrap_err(), EsiaError::Token(fault), "{name} {value}");
    }
    let for_both = vec![("aud", json!(["portal", "other"])), ("azp", json!("portal"))];
    assert!(finished(Script { claims: for_both, ..Script::default() }).await.is_ok());
}

#[tokio::test]
async fn signatures_that_are_not_the_gateways_are_refused() {
    // Another key under the name of the right one.
    let script = Script { key: Some("rsa2.key.pem"), header: vec![("kid", json!("rsa.key.pem"))], ..Script::default() };
    assert_eq!(finished(script).await.unwrap_err(), EsiaError::Token(TokenFault::Signature));
    // A key that nobody showed.
    let script = Script { key: Some("rsa2.key.pem"), ..Script::default() };
    assert_eq!(finished(script).await.unwrap_err(), EsiaError::Token(TokenFault::UnknownKey));
    // Without a name the keys that fit are tried.
    let script = Script { header: vec![("kid", json!(null))], ..Script::default() };
    assert!(finished(script).await.is_ok());
    for algorithm in ["none", "HS256", "RS384", "PS256", "ES256", "EdDSA"] {
        let script = Script { header: vec![("alg", json!(algorithm))], ..Script::default() };
        assert!(matches!(finished(script).await.unwrap_err(), EsiaError::Token(_)), "{algorithm}");
    }
    let script = Script { header: vec![("crit", json!(["exp"]))], ..Script::default() };
    assert_eq!(finished(script).await.unwrap_err(), EsiaError::Token(TokenFault::Malformed));
}

#[tokio::test]
async fn what_both_know_signs_nothing() {
    let (server, _, client, begun) = begun(&Script::default()).await;
    let begun = begun.unwrap();
    let (url, nonce) = (server.url.clone(), begun.kept.nonce.clone().unwrap());
    for secret in [SECRET.as_bytes(), &[0, 0, 0]] {
        let (url, nonce, secret) = (url.clone(), nonce.clone(), secret.to_vec());
        server.set(move |request| match request.path.as_str() {
            "/token" => {
                let claims = json!({"iss": format!("{url}/realm"), "aud": "portal", "sub": "7f3c", "nonce": nonce,
                    "iat": NOW_S, "exp": NOW_S + 300});
                let token = jwt(&json!({"alg": "HS256", "kid": "y"}), &claims, |message| {
                    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
                    mac.update(message);
                    mac.finalize().into_bytes().to_vec()
                });
                Reply::Json(200, json!({"id_token": token}))
            }
            _ => gateway(&url, &nonce, &Script::default(), request),
        });
        let error = client.finish(&begun.kept, &callback(&server), &SeededRng::new(2)).await.unwrap_err();
        assert_eq!(error, EsiaError::Token(TokenFault::Algorithm));
    }
}

#[tokio::test]
async fn keys_rotate() {
    let (server, clock, client, begun) = begun(&Script::default()).await;
    let kept = begun.unwrap().kept;
    let rotated = Script { key: Some("rsa2.key.pem"), shown: Some("rsa2.key.pem"), ..Script::default() };
    play(&server, kept.nonce.as_deref().unwrap(), &rotated);
    // Just looked: not again, or anybody could keep us looking.
    let error = client.finish(&kept, &callback(&server), &SeededRng::new(2)).await.unwrap_err();
    assert_eq!(error, EsiaError::Token(TokenFault::UnknownKey));
    clock.advance(90 * SECOND);
    assert!(client.finish(&kept, &callback(&server), &SeededRng::new(2)).await.is_ok());
}

#[tokio::test]
async fn the_answer_must_come_from_the_gateway_that_was_asked() {
    let (server, _, client, begun) = begun(&Script::default()).await;
    let kept = begun.unwrap().kept;
    for iss in [None, Some("https://other.example".to_owned()), Some(format!("{}/realm/", server.url))] {
        let answer = Callback { iss, ..callback(&server) };
        assert_eq!(client.finish(&kept, &answer, &SeededRng::new(2)).await.unwrap_err(), EsiaError::Issuer);
    }
    assert!(server.asked().iter().all(|request| request.path != "/token"), "the code went nowhere");
    // A gateway that does not name itself.
    let silent = ("authorization_response_iss_parameter_supported", json!(false));
    let (server, _, client, begun) = self::begun(&Script { configuration: vec![silent], ..Script::default() }).await;
    let answer = Callback { iss: None, ..callback(&server) };
    assert!(client.finish(&begun.unwrap().kept, &answer, &SeededRng::new(2)).await.is_ok());
}

#[tokio::test]
async fn what_the_gateway_says_of_itself_is_not_all_believed() {
    for (name, value) in [
        ("issuer", json!("https://other.example")),
        ("issuer", json!(null)),
        ("authorization_endpoint", json!(null)),
        ("authorization_endpoint", json!("http://other.example/auth")),
        ("token_endpoint", json!("ftp://other.example/token")),
        ("userinfo_endpoint", json!("http://other.example/me")),
        ("jwks_uri", json!("keys")),
        ("token_endpoint_auth_methods_supported", json!(["none"])),
    ] {
        let script = Script { configuration: vec![(name, value.clone())], ..Script::default() };
        assert_eq!(finished(script).await.unwrap_err().code(), "GOS-06", "{name} {value}");
    }
}

#[tokio::test]
async fn information_on_somebody_else_is_refused() {
    let script = Script { user_info: Some(json!({"sub": "another", "snils": "112-233-445 95"})), ..Script::default() };
    assert_eq!(finished(script).await.unwrap_err(), EsiaError::Token(TokenFault::Subject));
}

#[tokio::test]
async fn what_was_known_serves_on_when_the_gateway_is_slow_to_say_it_again() {
    let (server, clock, client, begun) = begun(&Script::default()).await;
    begun.unwrap();
    clock.advance(2 * HOUR);
    server.set(|_| Reply::html(503));
    let ask = Ask { state: STATE, callback: CALLBACK, now: NOW, rng: &SeededRng::new(1) };
    assert!(client.begin(&ask).await.is_ok());
    let fresh = connect(EsiaSettings::Broker(settings(&server.url)), clock).unwrap();
    assert!(fresh.sign_out_url("https://portal.example/").is_none(), "not known yet");
    assert_eq!(fresh.check().await, Err(EsiaError::Unavailable(Outage::Status(503))));
}

#[tokio::test]
async fn one_at_a_time_waits_for_what_the_gateway_says_again() {
    let (server, clock, client, begun) = begun(&Script::default()).await;
    begun.unwrap();
    clock.advance(2 * HOUR);
    let before = server.asked().len();
    server.set(|_| Reply::Late(200, json!({})));
    let rng = SeededRng::new(1);
    let ask = Ask { state: STATE, callback: CALLBACK, now: NOW, rng: &rng };
    let (one, other) = tokio::join!(client.begin(&ask), client.begin(&ask));
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(server.asked().len() - before, 1, "the other took what was known before");
}

#[test]
fn settings_that_can_not_work_are_named() {
    let wrong = |change: &dyn Fn(&mut BrokerSettings)| {
        let mut settings = settings("https://gateway.example");
        change(&mut settings);
        match connect(EsiaSettings::Broker(settings), Arc::new(ManualClock::new(NOW))) {
            Err(EsiaError::Settings(invalid)) => invalid.0.into_iter().map(|problem| problem.key).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    for issuer in ["http://gateway.example", "gateway", "https://gateway.example/?a=b"] {
        assert_eq!(wrong(&|s| issuer.clone_into(&mut s.issuer)), ["esia.issuer"], "{issuer}");
    }
    assert_eq!(wrong(&|s| s.client_secret = Secret::new("")), ["esia.client_secret"]);
    assert_eq!(wrong(&|s| s.client_id.clear()), ["esia.client_id"]);
    assert_eq!(wrong(&|s| s.scopes.clear()), ["esia.scopes"]);
}
