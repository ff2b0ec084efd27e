//! Registration and forgotten passwords through the JSON API alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use domain::{BirthDate, Country, Email, IdNumber, Locale, Mobile, PersonIdentifier, PersonName};
use schoolgate_server::config::{LogConfig, LogFormat};
use schoolgate_server::telemetry;
use serde_json::{Value, json};
use services::Visit;
use services::people::NewPerson;
use support::{Answer, START, TestPortal, UNKNOWN, portal_showing};
use tracing_subscriber::layer::SubscriberExt as _;

/// On the roster with a mobile, a guardian of [`CHILD`], without an account.
const NEWCOMER: &str = "123456782";
/// Another guardian of [`CHILD`], who has an account.
const REGISTERED: &str = "300000007";
const CHILD: &str = "000000018";
const OTHER_CHILD: &str = "000000026";
const ON_FILE: &str = "+972501234567";
/// Typed as people type it, and where it leads.
const GIVEN: (&str, &str) = ("052-555 0199", "+972525550199");
const REGISTRATIONS: &str = "/api/v1/registrations";
const RESETS: &str = "/api/v1/password-resets";
const MINUTE: i64 = 60_000;

/// A portal where people can register, with two guardians of a child on its roster: a newcomer, and one who has an
/// account.
async fn open_portal() -> TestPortal {
    let portal = portal_showing(|info| {
        info.registration_open = true;
        info.password_reset = true;
    })
    .await;
    let number = |text: &str| Some(PersonIdentifier::IlId(IdNumber::parse(text).unwrap()));
    let named = |given: &str| NewPerson::named(PersonName::new("לדוגמה", given, None).unwrap());
    let child = NewPerson { identifier: number(CHILD), ..named("נועם") };
    let parent = |given: &str, id_number: &str, mobile: &str| NewPerson {
        locale: Some(Locale::He),
        identifier: number(id_number),
        birth_date: Some(BirthDate::new(1985, 4, 12).unwrap()),
        mobile: Some(Mobile::parse(mobile, Country::Il).unwrap()),
        email: Some(Email::parse("somebody@example.org").unwrap()),
        ..named(given)
    };
    let visit =
        Visit { address: None, user_agent: None, request_id: "test".to_owned(), locale: Locale::He, device: None };
    let people = portal.portal.people();
    let mut tx = portal.portal.db().begin().await.unwrap();
    let child = people.create(&mut tx, &child, START).await.unwrap();
    let newcomer = people.create(&mut tx, &parent("רות", NEWCOMER, "050-1234567"), START).await.unwrap();
    let registered = people.create(&mut tx, &parent("יונה", REGISTERED, "052-5550177"), START).await.unwrap();
    portal.portal.accounts().create(&mut tx, &visit, registered, None, START).await.unwrap();
    for (guardian, relation) in [(newcomer, "mother"), (registered, "father")] {
        people.add_guardian(&mut tx, child, guardian, relation, START).await.unwrap();
    }
    tx.commit().await.unwrap();
    portal
}

fn who(id_number: &str) -> Value {
    json!({ "id_type": "il_id", "id_number": id_number, "birth_date": "1985-04-12", "child_id": CHILD })
}

async fn call(portal: &TestPortal, method: Method, path: &str, cookies: &str, body: Option<&Value>) -> Answer {
    let request = Request::builder().method(method).uri(path).header(header::COOKIE, cookies);
    let request = match body {
        Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    };
    portal.send(request.unwrap()).await
}

/// A registration, as a program without cookies goes through it.
struct Program<'a> {
    portal: &'a TestPortal,
    path: String,
}

impl<'a> Program<'a> {
    async fn begin(portal: &'a TestPortal, who: &Value) -> Self {
        let begun = portal.post_json(REGISTRATIONS, who.clone()).await;
        assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
        Self::of(portal, begun.json()["id"].as_str().unwrap())
    }

    fn of(portal: &'a TestPortal, id: &str) -> Self {
        Self { portal, path: format!("{REGISTRATIONS}/{id}") }
    }

    async fn show(&self) -> Answer {
        self.portal.get(&self.path).await
    }

    async fn change(&self, change: Value) -> Answer {
        call(self.portal, Method::PATCH, &self.path, "", Some(&change)).await
    }

    async fn verify(&self, code: &str) -> Answer {
        self.portal.post_json(&format!("{}/verify", self.path), json!({ "code": code })).await
    }

    async fn finish(&self) -> Answer {
        call(self.portal, Method::POST, &format!("{}/finish", self.path), "", None).await
    }

    /// Goes on to step `contact` by the code that was sent to this number.
    async fn verify_by(&self, mobile: &str) -> Answer {
        let answer = self.verify(&code_to(self.portal, mobile).await).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer
    }
}

/// The newest code that was sent to this number since the last look, as a worker would read it.
async fn code_to(portal: &TestPortal, mobile: &str) -> String {
    let leased = portal.portal.outbox().lease("test", 100, 60 * MINUTE).await.unwrap();
    let newest = leased.iter().rfind(|message| message.recipient == mobile && message.payload["code"].is_string());
    newest.expect("a code was sent").payload["code"].as_str().unwrap().to_owned()
}

fn another(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

async fn version(portal: &TestPortal) -> String {
    let document = portal.get("/api/v1/registrations/consent").await.json();
    document["version"].as_str().unwrap().to_owned()
}

async fn contact(portal: &TestPortal) -> Value {
    json!({ "email": "ruth@example.org", "language": "he", "consent": version(portal).await })
}

/// The refused fields of an answer, each with its code.
fn refused(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json");
    let text = |error: &Value, key: &str| error[key].as_str().unwrap().to_owned();
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(error, "pointer"), text(error, "code"))).collect()
}

fn fields(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

fn assert_not_due(answer: &Answer, step: &str) {
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json");
    assert_eq!(answer.json()["step"], step, "{}", answer.text);
}

fn assert_gone(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text);
    let kind = answer.json()["type"].as_str().unwrap().to_owned();
    assert!(kind.starts_with("urn:schoolgate:problem:") && !kind.ends_with("not-found"), "{kind}");
}

#[tokio::test]
async fn the_whole_road_by_the_api_alone() {
    let portal = open_portal().await;
    let begun = portal.post_json(REGISTRATIONS, who("12345678-2")).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
    let document = begun.json();
    let id = document["id"].as_str().unwrap();
    assert_eq!(id.len(), 43);
    assert_eq!(begun.cookies(), format!("__Host-registration={id}"), "a browser can go on in the pages");
    assert_eq!(
        document,
        json!({
            "id": id,
            "step": "verify",
            "expires_at": "2026-01-15T09:00:00Z",
            "code_to": "on_file",
            "code_expires_at": "2026-01-15T08:05:00Z",
            "next_send_at": "2026-01-15T08:00:30Z",
        })
    );
    let program = Program::of(&portal, id);
    assert_eq!(program.show().await.json(), document);
    assert_not_due(&program.finish().await, "verify");
    assert_not_due(&program.change(contact(&portal).await).await, "verify");

    let code = code_to(&portal, ON_FILE).await;
    let wrong = program.verify(another(&code)).await;
    assert_eq!(refused(&wrong), fields(&[("/code", "wrong")]));
    assert_eq!(wrong.json()["tries_left"], 4);
    let verified = program.verify(&format!("{} {}", &code[..3], &code[3..])).await;
    assert_eq!(verified.status, StatusCode::OK, "{}", verified.text);
    assert_eq!(
        verified.json(),
        json!({ "id": id, "step": "contact", "expires_at": "2026-01-15T09:00:00Z", "mobile_masked": "050-•••••67" })
    );
    assert_not_due(&program.verify(&code).await, "contact");
    assert_not_due(&program.finish().await, "contact");

    let given = program.change(contact(&portal).await).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    let document = given.json();
    assert_eq!((&document["step"], &document["email"]), (&json!("finish"), &json!("ruth@example.org")));
    assert_eq!((&document["language"], &document["consent"]), (&json!("he"), &json!(version(&portal).await)));
    let changed = program.change(json!({ "language": "ru" })).await.json();
    assert_eq!(
        (&changed["language"], &changed["email"], &changed["consent"]),
        (&json!("ru"), &document["email"], &document["consent"]),
        "what is not named stays"
    );

    let finished = program.finish().await;
    assert_eq!(finished.status, StatusCode::ACCEPTED, "{}", finished.text);
    let document = finished.json();
    assert_eq!((&document["step"], &document["status"]), (&json!("submitted"), &json!("creating")));
    let again = program.finish().await;
    assert_eq!((again.status, again.json()), (StatusCode::ACCEPTED, document.clone()), "the same answer again");
    assert_eq!(program.show().await.json(), document);
    assert_not_due(&program.change(json!({ "email": "other@example.org" })).await, "submitted");
    assert_not_due(&program.change(json!({ "phone": GIVEN.0 })).await, "submitted");
    assert_not_due(&program.change(json!({ "resend": true })).await, "submitted");
    assert_not_due(&program.verify(&code).await, "submitted");

    assert!(portal.portal.registrations().work("test").await.unwrap(), "a job waits");
    assert_eq!(program.show().await.json()["status"], "messages");
    let outbox = portal.portal.outbox();
    for message in outbox.lease("test", 100, MINUTE).await.unwrap() {
        assert!(outbox.sent(&message, "test").await.unwrap());
    }
    let done = program.finish().await;
    assert_eq!((done.status, &done.json()["status"]), (StatusCode::ACCEPTED, &json!("done")), "{}", done.text);
}

#[tokio::test]
async fn a_number_given_instead_of_the_one_on_file_waits_for_the_school() {
    let portal = open_portal().await;
    let program = Program::begin(&portal, &who(NEWCOMER)).await;
    portal.clock.advance(MINUTE);
    let given = program.change(json!({ "mobile": GIVEN.0 })).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    assert_eq!((&given.json()["step"], &given.json()["code_to"]), (&json!("verify"), &json!("given")));
    let verified = program.verify_by(GIVEN.1).await.json();
    assert_eq!((&verified["step"], &verified["mobile_masked"]), (&json!("contact"), &json!("052-•••••99")));
    program.change(contact(&portal).await).await;
    let finished = program.finish().await.json();
    assert_eq!((&finished["step"], &finished["status"]), (&json!("submitted"), &json!("review")), "{finished}");
    assert!(finished["answer_by"].as_str().unwrap() > "2026-01-15T08:01:00Z", "{finished}");
    assert_eq!(program.finish().await.json(), finished);
}

#[tokio::test]
async fn a_changed_mobile_is_confirmed_by_its_own_code() {
    let portal = open_portal().await;
    let program = Program::begin(&portal, &who(NEWCOMER)).await;
    program.verify_by(ON_FILE).await;
    portal.clock.advance(MINUTE);
    let mut details = contact(&portal).await;
    details["phone"] = json!(GIVEN.0);
    let changed = program.change(details).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let document = changed.json();
    assert_eq!((&document["step"], &document["code_to"]), (&json!("new_mobile"), &json!("new")));
    assert_eq!(document["mobile_masked"], "050-•••••67", "the verified one until the code is answered");
    assert_not_due(&program.finish().await, "new_mobile");

    let early = program.change(json!({ "resend": true })).await;
    assert_eq!(early.status, StatusCode::TOO_MANY_REQUESTS, "{}", early.text);
    assert_eq!(early.header(header::RETRY_AFTER), "30");
    portal.clock.advance(31_000);
    let first = code_to(&portal, GIVEN.1).await;
    let again = program.change(json!({ "resend": true })).await;
    assert_eq!((again.status, &again.json()["step"]), (StatusCode::OK, &json!("new_mobile")), "{}", again.text);
    let second = code_to(&portal, GIVEN.1).await;
    let wrong = ["000000", "000001", "000002"].into_iter().find(|code| *code != first && *code != second).unwrap();
    assert_eq!(refused(&program.verify(wrong).await), fields(&[("/code", "wrong")]));
    let verified = program.verify(&second).await;
    assert_eq!(verified.status, StatusCode::OK, "{}", verified.text);
    assert_eq!(
        (&verified.json()["step"], &verified.json()["mobile_masked"]),
        (&json!("finish"), &json!("052-•••••99"))
    );
    assert_eq!(program.finish().await.json()["status"], "creating");
}

#[tokio::test]
async fn a_change_that_waits_for_its_code_can_be_dropped() {
    let portal = open_portal().await;
    let program = Program::begin(&portal, &who(NEWCOMER)).await;
    program.verify_by(ON_FILE).await;
    let mut details = contact(&portal).await;
    details["phone"] = json!(GIVEN.0);
    assert_eq!(program.change(details).await.json()["step"], "new_mobile");
    let kept = program.change(json!({ "email": "ruth@example.org" })).await.json();
    assert_eq!((&kept["step"], &kept["mobile_masked"]), (&json!("finish"), &json!("050-•••••67")), "{kept}");
}

/// What an outsider sees of an answer, without what is random in every answer.
fn seen(answer: &Answer) -> (StatusCode, Vec<(String, String)>, Value) {
    let random = ["x-request-id", "content-security-policy", "set-cookie"];
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .map(|(name, value)| {
            let value = if random.contains(&name.as_str()) { "(random)" } else { value.to_str().unwrap() };
            (name.to_string(), value.to_owned())
        })
        .collect();
    headers.sort();
    let mut document = answer.json();
    if let Some(id) = document.get_mut("id") {
        assert_eq!(id.as_str().unwrap().len(), 43);
        *id = json!("(random)");
    }
    (answer.status, headers, document)
}

#[tokio::test]
async fn known_registered_and_unknown_people_are_answered_alike() {
    // Three portals in the same state, so that nothing but the number differs.
    let portals = [open_portal().await, open_portal().await, open_portal().await];
    let mut told = Vec::new();
    for (portal, number) in portals.iter().zip([NEWCOMER, REGISTERED, UNKNOWN]) {
        let mut answers = Vec::new();
        for _ in 0..6 {
            answers.push(portal.post_json(REGISTRATIONS, who(number)).await);
        }
        portal.clock.advance(61 * MINUTE);
        let begun = portal.post_json(REGISTRATIONS, who(number)).await;
        let program = Program::of(portal, begun.json()["id"].as_str().unwrap());
        answers.push(begun);
        answers.push(program.show().await);
        answers.push(program.change(json!({ "resend": true })).await);
        portal.clock.advance(MINUTE);
        answers.push(program.change(json!({ "resend": true })).await);
        for _ in 0..6 {
            answers.push(program.verify("0000000").await);
            answers.push(program.verify("000000").await);
        }
        answers.push(program.finish().await);
        answers.push(program.change(json!({ "phone": "02-6234567" })).await);
        portal.clock.advance(20 * MINUTE);
        answers.push(program.change(json!({ "phone": GIVEN.0 })).await);
        answers.push(program.show().await);
        let code = code_to(portal, GIVEN.1).await;
        answers.push(program.verify(another(&code)).await);
        answers.push(program.verify(&code).await);
        answers.push(program.change(contact(portal).await).await);
        answers.push(program.finish().await);
        answers.push(program.show().await);
        told.push(answers.iter().map(seen).collect::<Vec<_>>());
    }
    assert_eq!(told[0][0].0, StatusCode::ACCEPTED);
    assert_eq!(told[0].last().unwrap().2["status"], "review", "the road was walked to its end");
    for (number, answers) in [("registered", &told[1]), ("unknown", &told[2])] {
        for (step, (known, other)) in told[0].iter().zip(answers).enumerate() {
            assert_eq!(known, other, "{number}, answer {step}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_right_is_refused_by_field_and_never_repeated() {
    let portal = open_portal().await;
    let begin = |change: Value| {
        let mut body = who(NEWCOMER);
        for (key, value) in change.as_object().unwrap() {
            body[key] = value.clone();
        }
        portal.post_json(REGISTRATIONS, body)
    };
    let cases: [(Value, &[(&str, &str)]); 12] = [
        (json!({ "id_number": "12345678-3" }), &[("/id_number", "check_digit")]),
        (json!({ "id_number": "" }), &[("/id_number", "empty")]),
        (json!({ "id_type": "passport" }), &[("/id_type", "unknown")]),
        (json!({ "id_type": "ru_snils" }), &[("/id_number", "too_short")]),
        (json!({ "birth_date": "30.02.1985" }), &[("/birth_date", "no_such_day")]),
        (json!({ "birth_date": "yesterday" }), &[("/birth_date", "format")]),
        (json!({ "birth_date": "2015-06-03" }), &[("/birth_date", "too_young")]),
        (json!({ "child_id": "123456789" }), &[("/child_id", "check_digit")]),
        (json!({ "child_id": "112-233-445 94" }), &[("/child_id", "check_digit")]),
        (json!({ "child_id": NEWCOMER }), &[("/child_id", "own_number")]),
        (json!({ "child_id": "0", "child_temporary": true }), &[("/child_id", "all_zero")]),
        (
            json!({ "id_number": "x", "birth_date": "", "child_id": "1234567890" }),
            &[("/id_number", "not_digits"), ("/birth_date", "empty"), ("/child_id", "too_long")],
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(refused(&begin(change.clone()).await), fields(expected), "{change}");
    }
    let told = begin(json!({ "id_number": "987654321", "birth_date": "31.11.1979", "child_id": "876543210" })).await;
    for typed in ["987654321", "31.11.1979", "876543210"] {
        assert!(!told.text.contains(typed), "{}", told.text);
    }
    let temporary = begin(json!({ "child_id": "123456789", "child_temporary": true })).await;
    assert_eq!(temporary.status, StatusCode::ACCEPTED, "{}", temporary.text);
    let of_another_kind = begin(json!({ "child_id": "112-233-445 95" })).await;
    assert_eq!(of_another_kind.status, StatusCode::ACCEPTED, "{}", of_another_kind.text);
    let missing = portal.post_json(REGISTRATIONS, json!({ "id_number": NEWCOMER })).await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
    let form = Request::post(REGISTRATIONS).body(Body::from("id_number=123456782")).unwrap();
    assert_eq!(portal.send(form).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);

    let program = Program::begin(&portal, &who(NEWCOMER)).await;
    for (phone, code) in [("", "empty"), ("02-6234567", "landline"), ("*6552", "star_number"), ("me", "not_digits")] {
        assert_eq!(refused(&program.change(json!({ "phone": phone })).await), fields(&[("/phone", code)]), "{phone}");
    }
    assert_eq!(refused(&program.change(json!({})).await), fields(&[("/phone", "empty")]));
    let both = program.change(json!({ "resend": true, "phone": GIVEN.0 })).await;
    assert_eq!(refused(&both), fields(&[("/resend", "not_alone")]));
    for code in ["", "12345", "abcdef", "1234567"] {
        assert_eq!(refused(&program.verify(code).await), fields(&[("/code", "not_six_digits")]), "{code}");
    }

    program.verify_by(ON_FILE).await;
    assert_not_due(&program.change(json!({ "resend": true })).await, "contact");
    assert_eq!(refused(&program.change(json!({})).await), fields(&[("/email", "empty"), ("/consent", "empty")]));
    let wrong = json!({ "email": "ruth", "phone": "1", "language": "fr", "consent": "1789-07-14" });
    assert_eq!(
        refused(&program.change(wrong).await),
        fields(&[("/email", "at"), ("/phone", "not_mobile"), ("/language", "unknown"), ("/consent", "other_version")])
    );
    assert_eq!(program.show().await.json()["step"], "contact", "nothing of it was taken");
}

#[tokio::test]
async fn the_consent_document_can_be_read_where_it_is_named() {
    let portal = open_portal().await;
    let document = portal.get("/api/v1/registrations/consent").await.json();
    assert_eq!(document["url"], "/register/consent");
    let page = portal.get(document["url"].as_str().unwrap()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains(document["version"].as_str().unwrap()), "the page names its version");
}

#[tokio::test]
async fn only_the_secret_finds_a_registration_and_only_for_an_hour() {
    let portal = open_portal().await;
    let program = Program::begin(&portal, &who(NEWCOMER)).await;
    for id in ["1", "0190cafe-0000-7000-8000-000000000000", &"A".repeat(43), &"%F0".repeat(3), &"x".repeat(2000)] {
        let stranger = Program::of(&portal, id);
        let shown = stranger.show().await;
        assert!(shown.status.is_client_error(), "{id}");
        if !id.contains('%') {
            assert_gone(&shown);
            assert_gone(&stranger.finish().await);
            assert_gone(&stranger.verify("123456").await);
            assert_gone(&stranger.change(json!({ "phone": GIVEN.0 })).await);
            assert_gone(&stranger.change(json!({ "resend": true })).await);
        }
    }
    program.verify_by(ON_FILE).await;
    program.change(contact(&portal).await).await;
    // The mailed link asks for the person's own number: its secret alone opens nothing.
    let leased = portal.portal.outbox().lease("test", 100, MINUTE).await.unwrap();
    let link = leased.iter().find(|message| message.event == "registration_link").expect("a link is mailed");
    assert_gone(&Program::of(&portal, link.payload["draft"].as_str().unwrap()).show().await);

    portal.clock.advance(60 * MINUTE);
    assert_gone(&program.show().await);
    assert_gone(&program.finish().await);
}

#[tokio::test]
async fn a_browser_that_sends_the_same_again_stays_in_its_registration() {
    let portal = open_portal().await;
    let begin = async |who: Value, cookies: &str| {
        let answer = call(&portal, Method::POST, REGISTRATIONS, cookies, Some(&who)).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        (answer.json()["id"].as_str().unwrap().to_owned(), answer.cookies())
    };
    let (first, cookies) = begin(who(NEWCOMER), "").await;
    portal.clock.advance(MINUTE);
    // Nothing is proved yet: whoever held the id before is out, and it is the same registration.
    let (again, cookies) = begin(who("12345678-2"), &cookies).await;
    assert_ne!(again, first);
    assert_eq!(Program::of(&portal, &first).show().await.status, StatusCode::NOT_FOUND);
    // A slip in the child's number is mended in it.
    let mut other = who(NEWCOMER);
    other["child_id"] = json!(OTHER_CHILD);
    let (second, cookies) = begin(other, &cookies).await;
    assert_eq!(Program::of(&portal, &again).show().await.status, StatusCode::NOT_FOUND);
    // Another person is another registration.
    let (third, _) = begin(who(UNKNOWN), &cookies).await;
    assert_ne!(third, second);
    assert_eq!(Program::of(&portal, &second).show().await.json()["step"], "verify", "that one is still there");
    assert_ne!(begin(who(NEWCOMER), "").await.0, first, "without its cookie nobody is led into a registration");
    assert_ne!(begin(who(NEWCOMER), "__Host-registration=planted").await.0, "planted");
}

#[tokio::test]
async fn a_forgotten_password_is_answered_the_same_for_everybody() {
    let (here, there) = (open_portal().await, open_portal().await);
    for time in 0..8 {
        let known = here.post_json(RESETS, json!({ "id_type": "il_id", "id_number": REGISTERED })).await;
        let unknown = there.post_json(RESETS, json!({ "id_number": UNKNOWN })).await;
        assert_eq!(seen(&known), seen(&unknown), "time {time}");
        assert!(known.cookies().is_empty());
        if known.status == StatusCode::TOO_MANY_REQUESTS && time > 0 {
            assert!(!known.header(header::RETRY_AFTER).is_empty(), "time {time}");
        } else {
            assert_eq!((known.status, known.json()), (StatusCode::ACCEPTED, json!({ "status": "accepted" })));
        }
    }
    for (body, expected) in [
        (json!({ "id_number": "3933742-2" }), ("/id_number", "check_digit")),
        (json!({ "id_type": "x", "id_number": REGISTERED }), ("/id_type", "unknown")),
    ] {
        assert_eq!(refused(&here.post_json(RESETS, body).await), fields(&[expected]));
    }
}

#[tokio::test]
async fn nothing_of_it_exists_where_it_is_switched_off() {
    let portal = portal_showing(|info| {
        info.registration_open = false;
        info.password_reset = false;
    })
    .await;
    let one = format!("{REGISTRATIONS}/{}", "A".repeat(43));
    let body = who(NEWCOMER);
    for (method, path, body) in [
        (Method::POST, REGISTRATIONS.to_owned(), Some(&body)),
        (Method::POST, REGISTRATIONS.to_owned(), None),
        (Method::GET, format!("{REGISTRATIONS}/consent"), None),
        (Method::GET, one.clone(), None),
        (Method::PATCH, one.clone(), Some(&body)),
        (Method::POST, format!("{one}/verify"), Some(&body)),
        (Method::POST, format!("{one}/finish"), None),
        (Method::POST, RESETS.to_owned(), Some(&body)),
    ] {
        let answer = call(&portal, method, &path, "", body).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json()["type"], "urn:schoolgate:problem:not-found", "{path}");
    }
}

#[tokio::test]
async fn another_site_can_change_nothing() {
    let portal = open_portal().await;
    let program = Program::begin(&portal, &who(NEWCOMER)).await;
    for (method, path) in [
        (Method::POST, REGISTRATIONS.to_owned()),
        (Method::PATCH, program.path.clone()),
        (Method::POST, format!("{}/verify", program.path)),
        (Method::POST, format!("{}/finish", program.path)),
        (Method::POST, RESETS.to_owned()),
    ] {
        let request = Request::builder().method(method).uri(&path).header("sec-fetch-site", "cross-site");
        assert_eq!(portal.send(request.body(Body::empty()).unwrap()).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_the_route_and_never_the_secret_or_the_person() {
    let captured = Captured::default();
    let writer = captured.clone();
    let config = LogConfig { format: LogFormat::Json, filter: "trace".to_owned() };
    let subscriber = tracing_subscriber::registry().with(telemetry::layer(&config, move || writer.clone()));
    // Of all threads: what one thread of several listens to is remembered for every line of the program. The other tests' lines are looked
    // at too, and must not hold anything either.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let portal = open_portal().await;
    let program = Program::begin(&portal, &who(NEWCOMER)).await;
    program.show().await;
    program.verify("000000").await;
    program.change(json!({ "resend": true })).await;
    program.change(json!({ "phone": GIVEN.0 })).await;
    program.finish().await;
    for path in [format!("{}/", program.path), format!("{}/other", program.path)] {
        portal.get(&path).await;
    }
    call(&portal, Method::PUT, &program.path, "", None).await;
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("/api/v1/registrations/{id}/verify"), "{log}");
    let id = program.path.rsplit('/').next().unwrap();
    for secret in [id, NEWCOMER, CHILD, "1985-04-12", ON_FILE, GIVEN.1, "5550199"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
