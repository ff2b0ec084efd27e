//! Every mistake that clients are known to make, and the code that each of them is refused with.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test may panic")]

mod common;

use common::{Key, NOW, OID, REDIRECT, Request, SCOPE, app, parameter};
use esia_standin::app::App;
use esia_standin::client::Version;
use esia_standin::crypto::hash::{sha256, streebog};
use esia_standin::dice::SeededDice;
use esia_standin::encoding::{any_base64, base64_standard, base64url, hex_upper};
use esia_standin::journal::Findings;
use esia_standin::oauth::answer::{Choice, answer};
use esia_standin::oauth::authorize::{Answer, authorize};
use esia_standin::oauth::token::exchange;
use serde_json::Value;

/// The code that an authorize request is refused with; in brackets when it is not sent back. Nothing when it is good.
fn refused(app: &App, version: Version, request: &Request) -> String {
    match authorize(app, version, &request.params(), None, &mut Findings::default()) {
        Answer::Login(_) => String::new(),
        Answer::Back(to) => parameter(&to, "error_description").unwrap().chars().take(11).collect(),
        Answer::Page(refusal) => format!("({})", refusal.code),
    }
}

/// A code for that request.
fn code(app: &App, version: Version, request: &Request) -> String {
    let asked = authorize(app, version, &request.params(), None, &mut Findings::default());
    let Answer::Login(login) = asked else { panic!("a good request: {asked:?}") };
    let (to, error) = answer(app, &login, Choice::Person(OID)).unwrap();
    assert_eq!(error, None);
    parameter(&to, "code").unwrap()
}

fn tokens(app: &App, version: Version, request: &Request) -> Result<Value, String> {
    exchange(app, version, &request.params(), None, None, &mut Findings::default())
        .map_err(|refusal| refusal.code.to_string())
}

fn refused_tokens(app: &App, request: &Request) -> String {
    tokens(app, Version::Current, request).err().unwrap_or_default()
}

#[test]
fn the_signed_vector_is_a_good_request() {
    let app = app();
    let request = Request::authorize("TEST111", NOW, &SeededDice::new(2))
        .with("state", "47e1f1e9-8b56-4666-ac02-d1408408e5f2")
        .with("timestamp", "2026.11.22 02:00:00 +0300")
        .with("client_certificate_hash", "8aaf93a3a29dda5594c05b914f3480dab8691f2ef15811c6928d37c7206e006f")
        .with(
            "client_secret",
            "BweX13GQbo9nCFLqc9BjxAwQtR4aTH1ffUgYmtFhI48ufRXhg6Xdz9XkAnF44-AH_Q5Du3pmVT_9qTPhk1olrg",
        );
    assert_eq!(refused(&app, Version::Current, &request), "");
    let padded = format!("{}==", request.get("client_secret"));
    assert_eq!(refused(&app, Version::Current, &request.clone().with("client_secret", &padded)), "");
    let standard = padded.replace('-', "+").replace('_', "/");
    assert_eq!(refused(&app, Version::Current, &request.clone().with("client_secret", &standard)), "");
    let upper = request.get("client_certificate_hash").to_uppercase();
    assert_eq!(refused(&app, Version::Current, &request.clone().with("client_certificate_hash", &upper)), "");
    assert_eq!(refused(&app, Version::Current, &request.with("scope", "openid fullname")), "ESIA-007053");
}

#[test]
fn mistakes_in_what_is_signed() {
    let app = app();
    let dice = SeededDice::new(3);
    let good = || Request::authorize("TEST111", NOW, &dice);
    let first_text = good();
    let text = first_text.first_text();
    let cms = good();
    let cms_text = cms.current_text();
    let certificate = Key::Gost.certificate();
    let signed = good().signed(Key::Gost);
    let mut turned = any_base64(signed.get("client_secret")).unwrap();
    turned.reverse();
    let cases = [
        ("good", signed.clone(), ""),
        ("the text of the first addresses", first_text.signed_over(Key::Gost, &text), "ESIA-007053"),
        ("as csptest writes it", signed.clone().with("client_secret", &base64url(&turned)), "ESIA-007053"),
        (
            "CMS at the current address",
            cms.clone().signed_over(Key::Gost, "").signed_cms_over(Key::Gost, true, &cms_text),
            "ESIA-007005",
        ),
        ("CMS without a hash", cms.signed_cms_over(Key::Gost, true, &cms_text), "ESIA-007014"),
        (
            "SHA-256 of the certificate",
            signed.clone().with("client_certificate_hash", &hex_upper(&sha256(&certificate.der))),
            "ESIA-007053",
        ),
        (
            "Streebog of the PEM",
            signed.clone().with("client_certificate_hash", &hex_upper(&streebog(certificate.to_pem().as_bytes()))),
            "ESIA-007053",
        ),
        ("40 digits", signed.clone().with("client_certificate_hash", &"AB".repeat(20)), "ESIA-007053"),
        ("no base64", signed.clone().with("client_secret", "%%%"), "ESIA-007053"),
        ("a short signature", signed.clone().with("client_secret", "AAAA"), "ESIA-007053"),
        ("another's key", good().signed(Key::Rsa), "ESIA-007053"),
        ("a scope more than signed", signed.clone().with("scope", "openid fullname snils email"), "ESIA-007053"),
        ("a scope_org that is not signed", signed.clone().with("scope_org", "x"), "ESIA-007053"),
        ("no signature", signed.clone().without("client_secret"), "ESIA-007014"),
        ("no hash", signed.without("client_certificate_hash"), "ESIA-007014"),
    ];
    for (name, request, expected) in cases {
        assert_eq!(refused(&app, Version::Current, &request), expected, "{name}");
    }
}

#[test]
fn mistakes_in_parameters() {
    let app = app();
    let dice = SeededDice::new(4);
    let good = || Request::authorize("TEST111", NOW, &dice);
    let plus_lost = calendar_without_plus();
    let far = good().with("timestamp", "2026.11.22 02:06:00 +0300").signed(Key::Gost);
    let cases = [
        ("unencoded plus", good().with("timestamp", &plus_lost).signed(Key::Gost), "ESIA-007014"),
        (
            "colon in the offset",
            good().with("timestamp", "2026.11.22 02:00:00 +03:00").signed(Key::Gost),
            "ESIA-007014",
        ),
        ("a clock that is late", far, "ESIA-007015"),
        ("no timestamp", good().without("timestamp").signed(Key::Gost), "ESIA-007014"),
        ("state undefined", good().with("state", "undefined").signed(Key::Gost), "ESIA-007003"),
        ("no state", good().without("state").signed(Key::Gost), "ESIA-007014"),
        ("another type of answer", good().with("response_type", "token").signed(Key::Gost), "ESIA-007009"),
        ("no access type", good().without("access_type").signed(Key::Gost), "ESIA-007014"),
        ("another access type", good().with("access_type", "always").signed(Key::Gost), "ESIA-007003"),
        ("no scope", good().without("scope").signed(Key::Gost), "ESIA-007013"),
        ("an unknown scope", good().with("scope", "openid nonsense").signed(Key::Gost), "ESIA-007006"),
        ("a scope that is not approved", good().with("scope", "openid vehicles").signed(Key::Gost), "ESIA-007019"),
        ("a parameter twice", good().signed(Key::Gost).and("state", "x"), "ESIA-007003"),
        ("an unknown filter", good().with("person_filter", "YWJj").signed(Key::Gost), "ESIA-007003"),
        ("permissions that are none", good().with("permissions", "YWJj").signed(Key::Gost), "ESIA-007003"),
        (
            "an unknown challenge",
            good().with("code_challenge", "x").with("code_challenge_method", "MD5").signed(Key::Gost),
            "ESIA-007003",
        ),
        ("an unknown client", good().with("client_id", "NOBODY").signed(Key::Gost), "(ESIA-007002)"),
        ("a mnemonic in lower case", good().with("client_id", "test111").signed(Key::Gost), "(ESIA-007002)"),
        ("no client", good().without("client_id").signed(Key::Gost), "(ESIA-007014)"),
        ("another address", good().with("redirect_uri", "http://localhost/other").signed(Key::Gost), "(ESIA-007023)"),
        (
            "an address encoded twice",
            good().with("redirect_uri", "http%3A%2F%2Flocalhost%2Fcb").signed(Key::Gost),
            "(ESIA-007023)",
        ),
        ("no address", good().without("redirect_uri").signed(Key::Gost), "(ESIA-007014)"),
        ("a client of the first addresses", Request::authorize("OLD", NOW, &dice).signed(Key::Gost), "ESIA-007005"),
        (
            "good, with what may be there",
            good()
                .with("nonce", "1")
                .with("permissions", "W10")
                .with("person_filter", &base64_standard(b"conf_acc"))
                .signed(Key::Gost),
            "",
        ),
        (
            "good, of an organisation",
            good().with("scope_org", "http://esia.gosuslugi.ru/org_inf").signed(Key::Gost),
            "",
        ),
        ("bare RSA where it is allowed", Request::authorize("BARE_RSA", NOW, &dice).signed(Key::Rsa), ""),
    ];
    for (name, request, expected) in cases {
        assert_eq!(refused(&app, Version::Current, &request), expected, "{name}");
    }
}

/// A timestamp whose plus was not encoded, as it arrives.
fn calendar_without_plus() -> String {
    esia_standin::calendar::timestamp(NOW).replace('+', " ")
}

#[test]
fn the_first_addresses_take_cms_in_four_shapes() {
    let app = app();
    let dice = SeededDice::new(5);
    for key in [Key::Gost, Key::Rsa] {
        for with_attributes in [true, false] {
            let request = Request::authorize("OLD", NOW, &dice).without("access_type").signed_cms(key, with_attributes);
            assert_eq!(refused(&app, Version::First, &request), "");
            let code = code(&app, Version::First, &request);
            // The same state once more, and only `openid`: clients that work with the real service do so.
            let exchange = Request::token("OLD", &code, NOW, &dice)
                .with("state", request.get("state"))
                .with("scope", "openid")
                .signed_cms(key, with_attributes);
            let tokens = tokens(&app, Version::First, &exchange).unwrap();
            assert_eq!(tokens["state"], request.get("state"));
            assert_eq!(tokens.get("refresh_token"), None, "online");
        }
    }
    let good = || Request::authorize("OLD", NOW, &dice);
    let text = good().current_text();
    let cases = [
        ("the text of the current addresses", good().signed_cms_over(Key::Rsa, true, &text), "ESIA-007005"),
        ("a bare signature", good().signed(Key::Gost), "ESIA-007005"),
        ("no signature", good(), "ESIA-007014"),
        (
            "a client of the current addresses",
            Request::authorize("TEST111", NOW, &dice).signed_cms(Key::Gost, true),
            "ESIA-007005",
        ),
        (
            "a client of bare RSA signatures",
            good().with("client_id", "BARE_RSA").signed_cms(Key::Gost, true),
            "ESIA-007005",
        ),
    ];
    for (name, request, expected) in cases {
        assert_eq!(refused(&app, Version::First, &request), expected, "{name}");
    }
}

#[test]
fn a_state_that_was_answered_does_not_come_back() {
    let app = app();
    let dice = SeededDice::new(6);
    let request = Request::authorize("TEST111", NOW, &dice).signed(Key::Gost);
    // Looking at the login page twice, and pressing Cancel, are no use of it.
    assert_eq!(refused(&app, Version::Current, &request), "");
    let Answer::Login(login) = authorize(&app, Version::Current, &request.params(), None, &mut Findings::default())
    else {
        panic!("a good request")
    };
    let (to, error) = answer(&app, &login, Choice::Cancel).unwrap();
    assert_eq!(error.map(|code| code.to_string()).as_deref(), Some("ESIA-007004"));
    assert_eq!(parameter(&to, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&to, "state").as_deref(), Some(request.get("state")));
    assert_eq!(answer(&app, &login, Choice::Cancel), None, "answered once");
    code(&app, Version::Current, &request);
    assert_eq!(refused(&app, Version::Current, &request), "ESIA-007003");
    let mut settings = common::settings();
    for client in &mut settings.clients {
        client.repeated_state = true;
    }
    let clock = esia_standin::clock::Clock::fixed(NOW);
    let lenient = App::new(settings, clock, Box::new(SeededDice::new(1))).unwrap();
    code(&lenient, Version::Current, &request);
    assert_eq!(refused(&lenient, Version::Current, &request), "");
}

#[test]
fn mistakes_in_the_token_request() {
    let app = app();
    let dice = SeededDice::new(7);
    let asked = Request::authorize("TEST111", NOW, &dice).signed(Key::Gost);
    let code = code(&app, Version::Current, &asked);
    let good = || Request::token("TEST111", &code, NOW, &dice);
    let first_text = good();
    let text = first_text.first_text();
    let without_code = good();
    let text_without_code = without_code.clone().without("code").current_text();
    let double = "http%3A%2F%2Flocalhost%2Fcb";
    let signed = good().signed(Key::Gost);
    let cases = [
        ("the text of the first addresses", first_text.signed_over(Key::Gost, &text), "ESIA-007053"),
        ("no code in the text", without_code.signed_over(Key::Gost, &text_without_code), "ESIA-007053"),
        ("CMS", signed.clone().signed_cms_over(Key::Gost, true, &text), "ESIA-007005"),
        ("another hash", signed.clone().with("client_certificate_hash", &"0".repeat(64)), "ESIA-007053"),
        ("no hash", signed.clone().without("client_certificate_hash"), "ESIA-007014"),
        ("an address encoded twice", good().with("redirect_uri", double).signed(Key::Gost), "ESIA-007011"),
        ("an address encoded twice, the text not", signed.clone().with("redirect_uri", double), "ESIA-007011"),
        ("state undefined", good().with("state", "undefined").signed(Key::Gost), "ESIA-007003"),
        ("the same state again", good().with("state", asked.get("state")).signed(Key::Gost), "ESIA-007003"),
        ("no state", good().without("state").signed(Key::Gost), "ESIA-007014"),
        ("fewer scopes", good().with("scope", "openid").signed(Key::Gost), "ESIA-007006"),
        ("more scopes", good().with("scope", "openid fullname snils email").signed(Key::Gost), "ESIA-007006"),
        ("no scope", good().without("scope").signed(Key::Gost), "ESIA-007013"),
        ("another grant", good().with("grant_type", "password").signed(Key::Gost), "ESIA-007012"),
        ("credentials", good().with("grant_type", "client_credentials").signed(Key::Gost), "ESIA-007005"),
        ("no code", good().without("code").signed(Key::Gost), "ESIA-007014"),
        ("another token type", good().with("token_type", "mac").signed(Key::Gost), "ESIA-007003"),
        ("a code of nobody", Request::token("TEST111", "x.y.z", NOW, &dice).signed(Key::Gost), "ESIA-007011"),
        ("a bad signature of a code of nobody", good().with("code", "x").signed_over(Key::Gost, "x"), "ESIA-007053"),
        ("another's code", good().with("client_id", "OTHER").signed(Key::Gost), "ESIA-007011"),
        ("an unknown client", good().with("client_id", "NOBODY").signed(Key::Gost), "ESIA-008010"),
        ("unencoded plus", good().with("timestamp", &calendar_without_plus()).signed(Key::Gost), "ESIA-007014"),
        (
            "a clock that is late",
            good().with("timestamp", "2026.11.22 03:00:00 +0300").signed(Key::Gost),
            "ESIA-007015",
        ),
        ("a verifier without a challenge", good().with("code_verifier", "x").signed(Key::Gost), "ESIA-007039"),
    ];
    for (name, request, expected) in cases {
        assert_eq!(refused_tokens(&app, &request), expected, "{name}");
    }
    // The last one used the code up.
    assert_eq!(refused_tokens(&app, &signed), "ESIA-007011");
}

#[test]
fn a_code_works_once_and_for_four_minutes() {
    let app = app();
    let dice = SeededDice::new(8);
    let new_code = || code(&app, Version::Current, &Request::authorize("TEST111", app.now(), &dice).signed(Key::Gost));
    let first = Request::token("TEST111", &new_code(), NOW, &dice).signed(Key::Gost);
    let answer = tokens(&app, Version::Current, &first).unwrap();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&Value::from("Bearer"), &Value::from(3_600)));
    assert_eq!(answer["state"], first.get("state"));
    assert_eq!(refused_tokens(&app, &first), "ESIA-007011", "a replay");
    let late = new_code();
    app.clock.set_offset(241);
    assert_eq!(
        refused_tokens(&app, &Request::token("TEST111", &late, app.now(), &dice).signed(Key::Gost)),
        "ESIA-007011"
    );
    let words = Request::token("TEST111", &new_code(), app.now(), &dice).with("scope", "snils openid fullname");
    assert!(tokens(&app, Version::Current, &words.signed(Key::Gost)).is_ok(), "the same words in another order");
}

#[test]
fn refresh_tokens_work_once_each() {
    let app = app();
    let dice = SeededDice::new(9);
    let code = code(&app, Version::Current, &Request::authorize("TEST111", NOW, &dice).signed(Key::Gost));
    let answer =
        tokens(&app, Version::Current, &Request::token("TEST111", &code, NOW, &dice).signed(Key::Gost)).unwrap();
    let refresh = |token: &str| {
        Request::token("TEST111", "", NOW, &dice)
            .without("code")
            .with("grant_type", "refresh_token")
            .with("refresh_token", token)
            .signed(Key::Gost)
    };
    let first = answer["refresh_token"].as_str().unwrap();
    let again = tokens(&app, Version::Current, &refresh(first)).unwrap();
    let second = again["refresh_token"].as_str().unwrap();
    assert_ne!(first, second);
    assert_eq!(refused_tokens(&app, &refresh(first)), "ESIA-007011", "it was used");
    assert!(tokens(&app, Version::Current, &refresh(second)).is_ok());
    assert_eq!(refused_tokens(&app, &refresh("")), "ESIA-007014");
}

#[test]
fn a_verifier_belongs_to_its_challenge() {
    let app = app();
    let dice = SeededDice::new(10);
    let verifier = "a-verifier-of-some-length-a-verifier-of-some-length";
    let challenges = [
        ("S256", base64url(&sha256(verifier.as_bytes()))),
        ("GOST3411", base64url(&streebog(verifier.as_bytes()))),
        ("plain", verifier.to_owned()),
    ];
    for (method, challenge) in challenges {
        let new_code = || {
            let request = Request::authorize("TEST111", NOW, &dice)
                .with("code_challenge", &challenge)
                .with("code_challenge_method", method);
            code(&app, Version::Current, &request.signed(Key::Gost))
        };
        let request = |verifier: &str| {
            Request::token("TEST111", &new_code(), NOW, &dice).with("code_verifier", verifier).signed(Key::Gost)
        };
        assert!(tokens(&app, Version::Current, &request(verifier)).is_ok(), "{method}");
        assert_eq!(refused_tokens(&app, &request("another")), "ESIA-007040", "{method}");
        assert_eq!(refused_tokens(&app, &request("")), "ESIA-007040", "{method}");
    }
}

#[test]
fn persons_fail_as_they_are_told() {
    let app = app();
    let dice = SeededDice::new(11);
    let error = |oid: u64, filter: Option<&str>| {
        let mut request = Request::authorize("TEST111", NOW, &dice);
        if let Some(filter) = filter {
            request = request.with("person_filter", &base64_standard(filter.as_bytes()));
        }
        let params = request.signed(Key::Gost).params();
        let Answer::Login(login) = authorize(&app, Version::Current, &params, None, &mut Findings::default()) else {
            panic!("a good request")
        };
        answer(&app, &login, Choice::Person(oid)).map(|(_, error)| error.map(|code| code.to_string()))
    };
    let told = |code: &str| Some(Some(code.to_owned()));
    assert_eq!(error(1_000_300_008, None), told("ESIA-007004"), "cancels");
    assert_eq!(error(1, None), Some(None));
    assert_eq!(error(1, Some("conf_acc")), told("ESIA-007055"));
    assert_eq!(error(OID, Some("conf_acc")), Some(None));
    assert_eq!(error(OID, Some("acc_kid")), told("ESIA-007004"));
    assert_eq!(error(1_000_300_001, Some("acc_kid")), Some(None));
    assert_eq!(error(1_000_300_001, Some("acc_not_kid")), told("ESIA-007004"));
    assert_eq!(error(424_242, None), None, "nobody");
    let organisation = Request::authorize("TEST111", NOW, &dice)
        .with("scope_org", "http://esia.gosuslugi.ru/org_inf")
        .signed(Key::Gost);
    let asked = authorize(&app, Version::Current, &organisation.params(), None, &mut Findings::default());
    let Answer::Login(login) = asked else { panic!("a good request") };
    let (to, _) = answer(&app, &login, Choice::Person(OID)).unwrap();
    assert!(parameter(&to, "error_description").unwrap().starts_with("ESIA-007194"));
}

#[test]
fn errors_come_back_as_the_service_writes_them() {
    let app = app();
    let request = Request::authorize("TEST111", NOW, &SeededDice::new(12)).signed(Key::Gost).with("scope", SCOPE);
    let wrong = request.clone().with("client_certificate_hash", "00");
    let Answer::Back(to) = authorize(&app, Version::Current, &wrong.params(), None, &mut Findings::default()) else {
        panic!("it goes back")
    };
    assert_eq!(
        to,
        format!(
            "{REDIRECT}?error_description=ESIA-007053%3A+OAuthErrorEnum.clientSecretWrong&state={}&error=access_denied",
            request.get("state")
        )
    );
}
