//! The JSON API for staff and for programs: who may what, changes with versions, fresh proof, tokens, events, logs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use services::PersonId;
use services::audit::{AuditEvent, Outcome};
use std::fmt::Write as _;
use support::school::{Events, MINUTE, MOTHERS_MOBILE, School, Who};
use support::{Answer, PASSWORD, portal};

/// An id that nothing has.
const NOBODY: &str = "0190cafe-0000-7000-8000-000000000000";

/// What kind of refusal an answer is: the end of its `type`.
fn kind(answer: &Answer) -> String {
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{}", answer.text);
    answer.json()["type"].as_str().unwrap().trim_start_matches("urn:schoolgate:problem:").to_owned()
}

/// The refused fields of an answer, each with its code.
fn refused(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    let text = |error: &Value, key: &str| error[key].as_str().unwrap().to_owned();
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(error, "pointer"), text(error, "code"))).collect()
}

fn fields(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

async fn patch(school: &School, cookies: &str, person: PersonId, version: i64, body: Value) -> Answer {
    let version = format!("\"{version}\"");
    let headers = [("if-match", version.as_str())];
    school.call(Method::PATCH, &format!("/api/v1/people/{person}"), cookies, &headers, Some(body)).await
}

/// The students of 5А as the teacher reads them.
async fn class(school: &School, cookies: &str) -> Value {
    let answer = school.get(&format!("/api/v1/classes/{}/people", school.class), cookies).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn each_role_reads_what_the_table_of_rights_says() {
    use Who::{Administrator, Deputy, Parent, Stranger, System, Teacher};
    let school = School::new().await;
    let (here, class, second, elsewhere) = (school.here, school.class, school.second, school.elsewhere);
    let whole_school = [Deputy, Administrator, System];
    let any_log = [Deputy, Administrator, System, Stranger];
    let reads: [(String, &[Who]); 12] = [
        ("/api/v1/schools".to_owned(), &[Teacher, Deputy, Administrator, System, Stranger, Parent]),
        (format!("/api/v1/schools/{here}/classes"), &[Teacher, Deputy, Administrator, System]),
        (format!("/api/v1/schools/{here}/readiness"), &whole_school),
        (format!("/api/v1/classes/{class}/people"), &[Teacher, Deputy, Administrator, System]),
        (format!("/api/v1/classes/{class}/readiness"), &[Teacher, Deputy, Administrator, System]),
        (format!("/api/v1/classes/{class}/events"), &[Teacher, Deputy, Administrator, System]),
        (format!("/api/v1/classes/{second}/people"), &whole_school),
        (format!("/api/v1/classes/{second}/events"), &whole_school),
        (format!("/api/v1/classes/{elsewhere}/people"), &[System, Stranger]),
        ("/api/v1/audit".to_owned(), &any_log),
        ("/api/v1/deliveries".to_owned(), &any_log),
        ("/api/v1/api-clients".to_owned(), &[System]),
    ];
    for who in Who::ALL {
        let cookies = school.sign_in(who).await;
        for (path, allowed) in &reads {
            let before = school.written(AuditEvent::AccessRefused).await.len();
            let response = school.open(path, &cookies).await;
            let expected = if allowed.contains(&who) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(response.status(), expected, "{who:?} {path}");
            let refusals = school.written(AuditEvent::AccessRefused).await;
            if expected == StatusCode::OK {
                assert_eq!(refusals.len(), before, "{who:?} {path}");
            } else {
                assert_eq!(refusals.len(), before + 1, "{who:?} {path} is written down");
                assert_eq!(refusals[0].actor, Some(school.person(who)), "{who:?} {path}");
                assert_eq!(refusals[0].outcome, Outcome::Refused);
            }
        }
    }
    for (path, _) in &reads {
        let answer = school.portal.get(path).await;
        assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::UNAUTHORIZED, "unauthenticated"), "{path}");
        assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
    }
}

#[tokio::test]
async fn each_role_changes_what_the_table_of_rights_says() {
    use Who::{Administrator, Deputy, System, Teacher};
    let school = School::new().await;
    let mut people: [(PersonId, &[Who], i64); 3] = [
        (school.anna, &[Teacher, Deputy, Administrator, System], 1),
        (school.mother, &[Teacher, Deputy, Administrator, System], 1),
        (school.vera, &[Deputy, Administrator, System], 1),
    ];
    for who in Who::ALL {
        let cookies = school.sign_in(who).await;
        for (person, allowed, version) in &mut people {
            let person = *person;
            let name = format!("Имя{who:?}");
            let answer = patch(&school, &cookies, person, *version, json!({ "patronymic": name })).await;
            let expected = if allowed.contains(&who) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status, expected, "{who:?} {person}: {}", answer.text);
            if expected == StatusCode::FORBIDDEN {
                assert_eq!(kind(&answer), "forbidden");
                let refusal = school.written(AuditEvent::AccessRefused).await.remove(0);
                assert_eq!((refusal.actor, refusal.person), (Some(school.person(who)), Some(person)));
            } else {
                *version += 1;
            }
        }
        let path = format!("/api/v1/people/{}/parents", school.vera);
        let body = json!({ "relation": "guardian", "surname": format!("Опека{who:?}") });
        let answer = school.call(Method::POST, &path, &cookies, &[], Some(body)).await;
        let expected = if people[2].1.contains(&who) { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{who:?}: {}", answer.text);
        let client = json!({ "name": "x", "scopes": ["read:classes"], "days": 1 });
        let answer = school.call(Method::POST, "/api/v1/api-clients", &cookies, &[], Some(client)).await;
        let expected = if who == System { StatusCode::CREATED } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{who:?}: {}", answer.text);
    }
}

#[tokio::test]
async fn schools_and_classes_are_listed_as_far_as_rights_reach() {
    let school = School::new().await;
    let teacher = school.sign_in(Who::Teacher).await;
    let schools = school.get("/api/v1/schools", &teacher).await.json();
    assert_eq!(
        schools["items"],
        json!([{ "id": school.here.to_string(), "name": "Школа № 5", "country": "ru", "language": "ru" }])
    );
    let classes = school.get(&format!("/api/v1/schools/{}/classes", school.here), &teacher).await.json();
    assert_eq!(
        classes["items"],
        json!([{
            "id": school.class.to_string(),
            "school_id": school.here.to_string(),
            "title": "5А",
            "year": 2025,
            "students": 2,
            "teachers": ["Бутрович В. И."],
        }])
    );
    let deputy = school.sign_in(Who::Deputy).await;
    let classes = school.get(&format!("/api/v1/schools/{}/classes", school.here), &deputy).await.json();
    assert_eq!(classes["items"].as_array().unwrap().len(), 2);
    let system = school.sign_in(Who::System).await;
    assert_eq!(school.get("/api/v1/schools", &system).await.json()["items"].as_array().unwrap().len(), 2);
    for path in [
        format!("/api/v1/schools/{NOBODY}/classes"),
        "/api/v1/schools/5/classes".to_owned(),
        format!("/api/v1/classes/{NOBODY}/people"),
        format!("/api/v1/classes/{NOBODY}/readiness"),
        format!("/api/v1/classes/{NOBODY}/events"),
        "/api/v1/classes/5/people".to_owned(),
    ] {
        let answer = school.get(&path, &system).await;
        assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::NOT_FOUND, "not-found"), "{path}");
    }
}

#[tokio::test]
async fn one_request_paints_the_editor() {
    let school = School::new().await;
    let teacher = school.sign_in(Who::Teacher).await;
    let path = format!("/api/v1/classes/{}/people", school.class);
    let answer = school.get(&path, &teacher).await;
    let people = answer.json();
    assert_eq!(people["class"]["title"], "5А");
    assert_eq!(people["class"]["country"], "ru");
    let anna = &people["students"][0];
    assert_eq!((&anna["number"], &anna["student"]["fields"]["surname"]), (&json!(1), &json!("Ежова")));
    assert_eq!(anna["student"]["fields"]["birth_date"], "2014-06-03");
    assert_eq!(anna["student"]["version"], 1);
    assert_eq!(anna["parents"][0]["relation"], "mother");
    assert_eq!(anna["parents"][0]["person"]["fields"]["mobile"], MOTHERS_MOBILE);
    assert_eq!(anna["parents"][0]["person"]["signs_in"], true);
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");

    let tag = answer.header(header::ETAG).to_owned();
    let known = [("if-none-match", tag.as_str())];
    let same = school.call(Method::GET, &path, &teacher, &known, None).await;
    assert_eq!((same.status, same.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(same.header(header::ETAG), tag);
    assert_eq!(patch(&school, &teacher, school.anna, 1, json!({ "email": "anna@example.org" })).await.status, 200);
    let changed = school.call(Method::GET, &path, &teacher, &known, None).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_ne!(changed.header(header::ETAG), tag);

    let readiness = school.get(&format!("/api/v1/classes/{}/readiness", school.class), &teacher).await.json();
    assert_eq!((&readiness["title"], &readiness["total"]), (&json!("5А"), &json!(2)));
    assert_eq!(readiness["students"][0]["student_id"], school.anna.to_string());
    assert_eq!(readiness["students"][1]["readiness"]["can"], false);
    let deputy = school.sign_in(Who::Deputy).await;
    let whole = school.get(&format!("/api/v1/schools/{}/readiness", school.here), &deputy).await.json();
    let titles: Vec<_> = whole["items"].as_array().unwrap().iter().map(|class| class["title"].clone()).collect();
    assert_eq!(titles, [json!("5А"), json!("5Б")]);
}

#[tokio::test]
async fn a_change_carries_the_version_on() {
    let school = School::new().await;
    let teacher = school.sign_in(Who::Teacher).await;
    let saved = patch(&school, &teacher, school.anna, 1, json!({ "mobile": "8 (900) 123-45-67" })).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text);
    assert_eq!(saved.header(header::ETAG), "\"2\"");
    let document = saved.json();
    assert_eq!((&document["person"]["version"], &document["at"]), (&json!(2), &json!(support::START)));
    assert_eq!(document["person"]["fields"]["mobile"], "+79001234567");
    // The tag of the answer is what the next change is made on.
    let tag = saved.header(header::ETAG).to_owned();
    let path = format!("/api/v1/people/{}", school.anna);
    let headers = [("if-match", tag.as_str())];
    let emptied = school.call(Method::PATCH, &path, &teacher, &headers, Some(json!({ "mobile": null }))).await;
    assert_eq!((emptied.status, emptied.header(header::ETAG)), (StatusCode::OK, "\"3\""));
    assert!(emptied.json()["person"]["fields"].get("mobile").is_none());
    assert_eq!(class(&school, &teacher).await["students"][0]["student"], emptied.json()["person"]);
}

#[tokio::test]
async fn the_same_field_changed_meanwhile_is_told_with_what_they_wrote() {
    let school = School::new().await;
    let (teacher, deputy) = (school.sign_in(Who::Teacher).await, school.sign_in(Who::Deputy).await);
    assert_eq!(patch(&school, &deputy, school.anna, 1, json!({ "email": "theirs@example.org" })).await.status, 200);
    // Another field merges.
    let merged = patch(&school, &teacher, school.anna, 1, json!({ "mobile": "+79001234567" })).await;
    assert_eq!(merged.json()["person"]["fields"]["email"], "theirs@example.org");
    let body = json!({ "email": "mine@example.org", "patronymic": "Егоровна" });
    let conflict = patch(&school, &teacher, school.anna, 1, body.clone()).await;
    assert_eq!((conflict.status, kind(&conflict).as_str()), (StatusCode::PRECONDITION_FAILED, "conflict"));
    let document = conflict.json();
    assert_eq!((&document["status"], &document["person"]["version"]), (&json!(412), &json!(3)));
    assert_eq!(
        document["theirs"],
        json!([{ "field": "email", "value": "theirs@example.org", "by": "Соколова А. П.", "at": support::START }])
    );
    assert!(class(&school, &teacher).await["students"][0]["student"]["fields"].get("patronymic").is_none());
    // A version that there is not has seen nothing, so nothing is overwritten by naming a later one.
    let forged = patch(&school, &teacher, school.anna, 900, body.clone()).await;
    assert_eq!((forged.status, kind(&forged).as_str()), (StatusCode::PRECONDITION_FAILED, "conflict"));
    // Made on what they wrote, it is stored.
    assert_eq!(patch(&school, &teacher, school.anna, 3, body).await.header(header::ETAG), "\"4\"");
}

#[tokio::test]
async fn what_cannot_be_stored_is_named_field_by_field() {
    let school = School::new().await;
    let teacher = school.sign_in(Who::Teacher).await;
    let wrong = json!({ "surname": "", "snils": "112-233-445 96", "email": "anna@example.org" });
    let answer = patch(&school, &teacher, school.anna, 1, wrong).await;
    assert_eq!(refused(&answer), fields(&[("/surname", "required"), ("/snils", "snils_check")]));
    let strange = json!({ "class": "5Б", "a/b~c": "x", "mobile": 5 });
    let answer = patch(&school, &teacher, school.anna, 1, strange).await;
    assert_eq!(refused(&answer), fields(&[("/a~1b~0c", "unknown"), ("/class", "unknown"), ("/mobile", "not_text")]));
    assert_eq!(class(&school, &teacher).await["students"][0]["student"]["version"], 1, "nothing was stored");

    let path = format!("/api/v1/people/{}", school.anna);
    let body = Some(json!({ "email": "anna@example.org" }));
    let missing = school.call(Method::PATCH, &path, &teacher, &[], body.clone()).await;
    assert_eq!((missing.status, kind(&missing).as_str()), (StatusCode::PRECONDITION_REQUIRED, "if-match-missing"));
    for tag in ["1", "*", "W/\"1\"", "\"one\""] {
        let answer = school.call(Method::PATCH, &path, &teacher, &[("if-match", tag)], body.clone()).await;
        assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::BAD_REQUEST, "if-match"), "{tag}");
    }
    for body in [json!([]), json!("surname")] {
        let answer = patch(&school, &teacher, school.anna, 1, body).await;
        assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::BAD_REQUEST, "malformed"));
    }
    for person in [NOBODY, "5"] {
        let path = format!("/api/v1/people/{person}");
        let headers = [("if-match", "\"1\"")];
        let answer = school.call(Method::PATCH, &path, &teacher, &headers, body.clone()).await;
        assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::NOT_FOUND, "not-found"));
    }
}

#[tokio::test]
async fn a_change_from_another_site_or_from_nobody_is_refused() {
    let school = School::new().await;
    let teacher = school.sign_in(Who::Teacher).await;
    let path = format!("/api/v1/people/{}", school.anna);
    let body = Some(json!({ "email": "evil@example.org" }));
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
    {
        let headers = [("if-match", "\"1\""), ("host", "portal.example"), (name, value)];
        let answer = school.call(Method::PATCH, &path, &teacher, &headers, body.clone()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
        // A token beside the cookie opens no way around.
        let headers = [("if-match", "\"1\""), ("host", "portal.example"), ("authorization", "Bearer x"), (name, value)];
        let answer = school.call(Method::PATCH, &path, &teacher, &headers, body.clone()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let answer = school.call(Method::PATCH, &path, "", &[("if-match", "\"1\"")], body).await;
    assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::UNAUTHORIZED, "unauthenticated"));
    assert_eq!(class(&school, &teacher).await["students"][0]["student"]["version"], 1);
}

#[tokio::test]
async fn a_request_with_a_key_is_done_once() {
    let school = School::new().await;
    let teacher = school.sign_in(Who::Teacher).await;
    let path = format!("/api/v1/people/{}", school.anna);
    let send = async |cookies: &str, version: &str, key: &str, body: Value| {
        let headers = [("if-match", version), ("idempotency-key", key)];
        school.call(Method::PATCH, &path, cookies, &headers, Some(body)).await
    };
    let mobile = json!({ "mobile": "+79001234567" });
    let first = send(&teacher, "\"1\"", "key-1", mobile.clone()).await;
    assert_eq!((first.status, first.header(header::ETAG)), (StatusCode::OK, "\"2\""));
    // Somebody else has changed it meanwhile: the answer is the one that got lost.
    let deputy = school.sign_in(Who::Deputy).await;
    assert_eq!(patch(&school, &deputy, school.anna, 2, json!({ "mobile": "+79007654321" })).await.status, 200);
    school.portal.clock.advance(MINUTE);
    let again = send(&teacher, "\"1\"", "key-1", mobile.clone()).await;
    assert_eq!((again.status, again.header(header::ETAG)), (StatusCode::OK, "\"2\""));
    assert_eq!(again.json(), first.json());
    assert_eq!(again.header(header::CONTENT_TYPE), "application/json");
    assert_eq!(school.written(AuditEvent::PersonChanged).await.len(), 2, "it was done once");

    for (version, body) in [("\"1\"", json!({ "mobile": "+79000000000" })), ("\"3\"", mobile.clone())] {
        let other = send(&teacher, version, "key-1", body).await;
        assert_eq!((other.status, kind(&other).as_str()), (StatusCode::CONFLICT, "idempotency-key-reused"));
    }
    // The same key of somebody else is another one.
    assert_eq!(send(&deputy, "\"3\"", "key-1", mobile.clone()).await.header(header::ETAG), "\"4\"");
    // What was refused was not done: its key is free.
    let refused = send(&teacher, "\"4\"", "key-2", json!({ "mobile": "12" })).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(send(&teacher, "\"4\"", "key-2", json!({ "mobile": null })).await.status, StatusCode::OK);
    let long = "k".repeat(201);
    for key in ["", "two words", long.as_str()] {
        let answer = send(&teacher, "\"5\"", key, mobile.clone()).await;
        assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::BAD_REQUEST, "idempotency-key"), "{key}");
    }
    // After a day nobody asks again.
    school.portal.clock.advance(25 * 60 * MINUTE);
    let teacher = school.sign_in(Who::Teacher).await;
    assert_eq!(send(&teacher, "\"5\"", "key-1", mobile).await.header(header::ETAG), "\"6\"");
}

#[tokio::test]
async fn a_parent_is_added_by_the_first_value_that_is_typed() {
    let school = School::new().await;
    let teacher = school.sign_in(Who::Teacher).await;
    let path = format!("/api/v1/people/{}/parents", school.boris);
    let add = async |key: &str, body: Value| {
        school.call(Method::POST, &path, &teacher, &[("idempotency-key", key)], Some(body)).await
    };
    let father = json!({ "relation": "father", "mobile": "8 900 555 01 02" });
    let added = add("key-1", father.clone()).await;
    assert_eq!((added.status, added.header(header::ETAG)), (StatusCode::OK, "\"1\""), "{}", added.text);
    assert_eq!(added.json()["person"]["fields"], json!({ "mobile": "+79005550102" }));
    assert_eq!(add("key-1", father).await.json(), added.json());
    let guardian = json!({ "relation": "guardian", "surname": "Дедов" });
    assert_eq!(add("key-2", guardian.clone()).await.json(), add("key-2", guardian).await.json());
    let parents = class(&school, &teacher).await["students"][1]["parents"].clone();
    let relations: Vec<_> = parents.as_array().unwrap().iter().map(|parent| parent["relation"].clone()).collect();
    assert_eq!(relations, [json!("father"), json!("guardian")], "each was added once");

    // Somebody else has typed another value into the same empty column.
    let conflict = add("key-3", json!({ "relation": "father", "mobile": "+79005550103" })).await;
    assert_eq!((conflict.status, kind(&conflict).as_str()), (StatusCode::PRECONDITION_FAILED, "conflict"));
    assert_eq!(conflict.json()["theirs"][0]["value"], "+79005550102");
    assert_eq!(
        refused(&add("key-4", json!({ "relation": "uncle", "surname": "X" })).await),
        fields(&[("/relation", "unknown")])
    );
    assert_eq!(refused(&add("key-5", json!({ "relation": "mother", "mobile": "12" })).await)[0].0, "/mobile");
    assert_eq!(add("key-6", json!({ "surname": "X" })).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused(&add("key-7", json!({ "relation": "mother" })).await), fields(&[("/surname", "required")]));
    let nobody = format!("/api/v1/people/{NOBODY}/parents");
    let body = Some(json!({ "relation": "mother", "surname": "X" }));
    assert_eq!(school.call(Method::POST, &nobody, &teacher, &[], body).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_parent_is_taken_away_from_the_deputy_head_upwards() {
    let school = School::new().await;
    let path = format!("/api/v1/people/{}/parents", school.anna);
    let one = format!("{path}/{}", school.mother);
    let teacher = school.sign_in(Who::Teacher).await;
    for cookies in [&teacher, &school.sign_in(Who::Stranger).await, &school.sign_in(Who::Parent).await] {
        let answer = school.call(Method::DELETE, &one, cookies, &[], None).await;
        assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::FORBIDDEN, "forbidden"));
    }
    let nobody = school.call(Method::DELETE, &one, "", &[], None).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let deputy = school.sign_in(Who::Deputy).await;
    for unknown in [format!("{path}/{NOBODY}"), format!("/api/v1/people/{NOBODY}/parents/{}", school.mother)] {
        let answer = school.call(Method::DELETE, &unknown, &deputy, &[], None).await;
        assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::NOT_FOUND, "not-found"), "{unknown}");
    }
    let removed = school.call(Method::DELETE, &one, &deputy, &[], None).await;
    assert_eq!((removed.status, removed.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(school.call(Method::DELETE, &one, &deputy, &[], None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(school.get(&path, &deputy).await.json()["items"], json!([]));
    let written = school.written(AuditEvent::GuardianChanged).await.remove(0);
    assert_eq!((written.actor, written.person), (Some(school.person(Who::Deputy)), Some(school.anna)));
    // Who is nobody's parent in the class is not changed there any more.
    let changed = patch(&school, &teacher, school.mother, 1, json!({ "patronymic": "Ильинична" })).await;
    assert_eq!(changed.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_contact_that_somebody_signs_in_with_needs_fresh_proof() {
    let school = School::new().await;
    let teacher = school.sign_in(Who::Teacher).await;
    let prove = async |cookies: &str, password: &str| {
        school.call(Method::POST, "/api/v1/session/proof", cookies, &[], Some(json!({ "password": password }))).await
    };
    school.portal.clock.advance(6 * MINUTE);
    let change = json!({ "mobile": "+79005550199" });
    let answer = patch(&school, &teacher, school.mother, 1, change.clone()).await;
    assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::FORBIDDEN, "fresh-proof-needed"));
    // A name opens nothing.
    assert_eq!(patch(&school, &teacher, school.mother, 1, json!({ "patronymic": "Ильинична" })).await.status, 200);
    assert_eq!(refused(&prove(&teacher, "wrong horse battery").await), fields(&[("/password", "wrong")]));
    assert_eq!(patch(&school, &teacher, school.mother, 2, change.clone()).await.status, StatusCode::FORBIDDEN);
    let given = prove(&teacher, PASSWORD).await;
    assert_eq!((given.status, given.json()), (StatusCode::OK, json!({ "fresh_until": "2026-01-15T08:11:00Z" })));
    assert_eq!(patch(&school, &teacher, school.mother, 2, change).await.header(header::ETAG), "\"3\"");
    let leased = school.portal.portal.outbox().lease("test", 100, MINUTE).await.unwrap();
    let told: Vec<_> = leased.iter().map(|message| (message.event.as_str(), message.recipient.as_str())).collect();
    assert_eq!(told, [("mobile_changed", MOTHERS_MOBILE)], "the old number is told");

    let nobody = prove("", PASSWORD).await;
    assert_eq!((nobody.status, kind(&nobody).as_str()), (StatusCode::UNAUTHORIZED, "unauthenticated"));
    // Guesses are counted as at the sign-in.
    let mut last = StatusCode::OK;
    for _ in 0..8 {
        last = prove(&teacher, "wrong horse battery").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert!(school.written(AuditEvent::FreshProof).await.iter().any(|row| row.outcome == Outcome::Failure));
}

/// A program with these scopes: its id and its token.
async fn program(school: &School, scopes: &[&str]) -> (String, String) {
    let system = school.sign_in(Who::System).await;
    let new = json!({ "name": "Timetable", "scopes": scopes, "days": 30 });
    let made = school.call(Method::POST, "/api/v1/api-clients", &system, &[], Some(new)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let document = made.json();
    let id = document["client"]["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header(header::LOCATION), format!("/api/v1/api-clients/{id}"));
    (id, format!("Bearer {}", document["token"].as_str().unwrap()))
}

#[tokio::test]
async fn programs_show_a_token_and_do_what_its_scopes_name() {
    let school = School::new().await;
    let (_, token) = program(&school, &["read:classes", "write:people"]).await;
    let people = format!("/api/v1/classes/{}/people", school.class);
    let get =
        async |path: &str, token: &str| school.call(Method::GET, path, "", &[("authorization", token)], None).await;
    assert_eq!(get(&people, &token).await.status, StatusCode::OK);
    assert_eq!(get(&people, &token.replace("Bearer", "bearer")).await.status, StatusCode::OK);
    for path in [
        format!("/api/v1/classes/{}/readiness", school.class),
        "/api/v1/audit".to_owned(),
        "/api/v1/deliveries".to_owned(),
        "/api/v1/imports".to_owned(),
    ] {
        let answer = get(&path, &token).await;
        assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::FORBIDDEN, "scope-missing"), "{path}");
    }
    for wrong in ["Bearer", "Bearer x", &format!("Bearer {}", "A".repeat(43)), "Basic QTpC"] {
        let answer = get(&people, wrong).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong}");
        assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
    }
    // What is a person's own is not for programs.
    for path in ["/api/v1/me", "/api/v1/me/sessions", "/api/v1/api-clients"] {
        assert_eq!(get(path, &token).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    // It carries no cookie, so where it comes from does not matter.
    let path = format!("/api/v1/people/{}", school.anna);
    let headers = [
        ("authorization", token.as_str()),
        ("if-match", "\"1\""),
        ("origin", "https://timetable.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    let body = Some(json!({ "email": "anna@example.org" }));
    let saved = school.call(Method::PATCH, &path, "", &headers, body).await;
    assert_eq!((saved.status, saved.header(header::ETAG)), (StatusCode::OK, "\"2\""), "{}", saved.text);
    let written = school.written(AuditEvent::PersonChanged).await.remove(0);
    assert_eq!(written.actor, Some(school.person(Who::System)), "in the name of whoever made it");
    // A cookie beside the token counts for nothing.
    let teacher = school.sign_in(Who::Teacher).await;
    let answer = school.call(Method::GET, &people, &teacher, &[("authorization", "Bearer x")], None).await;
    assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::UNAUTHORIZED, "token-refused"));
    // Fresh proof is something that a program never gives.
    let path = format!("/api/v1/people/{}", school.mother);
    let headers = [("authorization", token.as_str()), ("if-match", "\"1\"")];
    let answer = school.call(Method::PATCH, &path, "", &headers, Some(json!({ "mobile": null }))).await;
    assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::FORBIDDEN, "fresh-proof-needed"));
    let (_, reader) = program(&school, &["read:classes"]).await;
    let headers = [("authorization", reader.as_str()), ("if-match", "\"1\"")];
    let answer = school.call(Method::PATCH, &path, "", &headers, Some(json!({ "patronymic": "X" }))).await;
    assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::FORBIDDEN, "scope-missing"));
}

#[tokio::test]
async fn tokens_are_shown_once_and_end() {
    let school = School::new().await;
    let (id, token) = program(&school, &["read:classes"]).await;
    let (other, long_lived) = program(&school, &["read:classes", "import"]).await;
    let system = school.sign_in(Who::System).await;
    let list = school.get("/api/v1/api-clients", &system).await;
    assert!(!list.text.contains(token.trim_start_matches("Bearer ")), "nobody sees it again");
    let items = list.json()["items"].clone();
    let of = |id: &str| items.as_array().unwrap().iter().find(|item| item["id"] == id).unwrap().clone();
    assert_eq!(of(&id)["scopes"], json!(["read:classes"]));
    assert_eq!(of(&other)["scopes"], json!(["read:classes", "import"]));
    assert_eq!(
        (of(&id)["name"].as_str(), of(&id)["expires_at"].as_str()),
        (Some("Timetable"), Some("2026-02-14T08:00:00Z"))
    );

    let get =
        async |token: &str| school.call(Method::GET, "/api/v1/schools", "", &[("authorization", token)], None).await;
    assert_eq!(get(&token).await.status, StatusCode::OK);
    let path = format!("/api/v1/api-clients/{id}");
    let revoked = school.call(Method::DELETE, &path, &system, &[], None).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    let answer = get(&token).await;
    assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::UNAUTHORIZED, "token-refused"));
    assert_eq!(school.call(Method::DELETE, &path, &system, &[], None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&long_lived).await.status, StatusCode::OK);
    school.portal.clock.advance(31 * 24 * 60 * MINUTE);
    assert_eq!(get(&long_lived).await.status, StatusCode::UNAUTHORIZED, "its days are over");

    let system = school.sign_in(Who::System).await;
    let make = async |body: Value| school.call(Method::POST, "/api/v1/api-clients", &system, &[], Some(body)).await;
    let with = |name: &str, scopes: Value, days: u32| json!({ "name": name, "scopes": scopes, "days": days });
    assert_eq!(refused(&make(with("x", json!(["everything"]), 1)).await), fields(&[("/scopes", "unknown")]));
    assert_eq!(refused(&make(with("x", json!([]), 1)).await), fields(&[("/scopes", "empty")]));
    assert_eq!(refused(&make(with(" ", json!(["import"]), 1)).await), fields(&[("/name", "length")]));
    assert_eq!(refused(&make(with("x", json!(["import"]), 367)).await), fields(&[("/days", "out_of_bounds")]));
    school.portal.clock.advance(6 * MINUTE);
    let answer = make(with("x", json!(["import"]), 1)).await;
    assert_eq!((answer.status, kind(&answer).as_str()), (StatusCode::FORBIDDEN, "fresh-proof-needed"));
}

#[tokio::test]
async fn what_happens_in_a_class_is_heard_by_whoever_has_it_open() {
    let school = School::new().await;
    let (teacher, deputy) = (school.sign_in(Who::Teacher).await, school.sign_in(Who::Deputy).await);
    let path = format!("/api/v1/classes/{}/events", school.class);
    let response = school.open(&path, &teacher).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    let mut of_teacher = Events::of(response);
    let (event, data) = of_teacher.next().await.unwrap();
    assert_eq!(event, "presence");
    assert_eq!(data, json!({ "people": [{ "name": "Бутрович В. И.", "initials": "БВ", "me": true }] }));
    let mut of_deputy = Events::of(school.open(&path, &deputy).await);
    let (_, both) = of_deputy.next().await.unwrap();
    assert_eq!(both["people"].as_array().unwrap().len(), 2);
    let (event, data) = of_teacher.next().await.unwrap();
    let names: Vec<_> = data["people"].as_array().unwrap().iter().map(|person| person["name"].clone()).collect();
    assert_eq!(event, "presence");
    assert!(names.contains(&json!("Соколова А. П.")), "{names:?}");

    let saved = patch(&school, &deputy, school.anna, 1, json!({ "email": "anna@example.org" })).await.json();
    for (events, by_me) in [(&mut of_teacher, false), (&mut of_deputy, true)] {
        let (event, data) = events.next().await.unwrap();
        assert_eq!(event, "person");
        let by = "Соколова А. П.";
        assert_eq!(data, json!({ "person": saved["person"], "by": by, "by_me": by_me, "at": support::START }));
    }
    // Who belongs to the class has changed: it is read anew.
    let parents = format!("/api/v1/people/{}/parents", school.boris);
    let body = json!({ "relation": "father", "surname": "Ёлкин" });
    assert_eq!(school.call(Method::POST, &parents, &teacher, &[], Some(body)).await.status, StatusCode::OK);
    assert_eq!(of_teacher.next().await.unwrap().0, "reload");
    assert_eq!(of_deputy.next().await.unwrap().0, "reload");
    let mother = format!("/api/v1/people/{}/parents/{}", school.anna, school.mother);
    assert_eq!(school.call(Method::DELETE, &mother, &deputy, &[], None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(of_teacher.next().await.unwrap().0, "reload");
    assert_eq!(of_deputy.next().await.unwrap().0, "reload");

    // The stream ends with the session; nothing more is told to it.
    assert_eq!(school.call(Method::DELETE, "/api/v1/session", &deputy, &[], None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(patch(&school, &teacher, school.anna, 2, json!({ "email": null })).await.status, StatusCode::OK);
    assert_eq!(of_teacher.next().await.unwrap().0, "person");
    while let Some((event, _)) = of_deputy.next().await {
        assert_eq!(event, "presence", "nothing of the class");
    }
    // And with the process.
    school.portal.stop.send(true).unwrap();
    while let Some((event, _)) = of_teacher.next().await {
        assert_eq!(event, "presence");
    }
}

#[tokio::test]
async fn whoever_stops_listening_has_left_and_programs_are_nobody_there() {
    let school = School::new().await;
    let (teacher, deputy) = (school.sign_in(Who::Teacher).await, school.sign_in(Who::Deputy).await);
    let (_, token) = program(&school, &["read:classes"]).await;
    let path = format!("/api/v1/classes/{}/events", school.class);
    let mut of_teacher = Events::of(school.open(&path, &teacher).await);
    assert_eq!(of_teacher.next().await.unwrap().1["people"].as_array().unwrap().len(), 1);
    let mut of_deputy = Events::of(school.open(&path, &deputy).await);
    assert_eq!(of_deputy.next().await.unwrap().1["people"].as_array().unwrap().len(), 2);
    assert_eq!(of_teacher.next().await.unwrap().1["people"].as_array().unwrap().len(), 2);
    drop(of_deputy);
    assert_eq!(of_teacher.next().await.unwrap().1["people"].as_array().unwrap().len(), 1);
    let request = Request::get(&path).header("authorization", &token).body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(school.portal.router.clone(), request).await.unwrap();
    let (event, data) = Events::of(response).next().await.unwrap();
    assert_eq!((event.as_str(), data["people"].as_array().unwrap().len()), ("presence", 1));
    assert_eq!(data["people"][0]["me"], false);
}

#[tokio::test]
async fn the_audit_log_is_read_page_by_page() {
    let school = School::new().await;
    let teacher = school.sign_in(Who::Teacher).await;
    for (version, name) in [(1, "А"), (2, "Б"), (3, "В")] {
        let saved = patch(&school, &teacher, school.anna, version, json!({ "patronymic": name.repeat(3) })).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.text);
        school.portal.clock.advance(MINUTE);
    }
    let deputy = school.sign_in(Who::Deputy).await;
    let get = async |query: &str| school.get(&format!("/api/v1/audit?{query}"), &deputy).await;
    let first = get("event=person.changed&limit=2").await.json();
    let items = first["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(items[0]["at"], "2026-01-15T08:02:00Z");
    assert_eq!(items[0]["actor"]["id"], school.person(Who::Teacher).to_string());
    assert_eq!(items[0]["person"]["id"], school.anna.to_string());
    assert!(items[0]["person"]["name"].as_str().unwrap().contains("Ежова"));
    assert_eq!(items[0]["detail"]["fields"], json!(["patronymic"]));
    assert_eq!((&items[0]["before"]["patronymic"], &items[0]["after"]["patronymic"]), (&json!("БББ"), &json!("ВВВ")));
    let next = first["next"].as_str().unwrap();
    let second = get(&format!("event=person.changed&limit=2&cursor={next}")).await.json();
    assert_eq!((second["items"].as_array().unwrap().len(), second.get("next")), (1, None));
    let of = async |query: String| get(&query).await.json()["items"].as_array().unwrap().len();
    let anna = school.anna;
    assert_eq!(of(format!("person={anna}&event=person.changed&since=2026-01-15T08:01:00Z")).await, 2);
    assert_eq!(of(format!("person={anna}&event=person.changed&until=2026-01-15T08:01:00Z")).await, 1);
    assert_eq!(of(format!("person={anna}&outcome=refused")).await, 0);
    let wrong = get("event=nothing&outcome=maybe&person=5&actor=6&since=yesterday&until=now&limit=201&cursor=x").await;
    let pointers: Vec<_> = refused(&wrong).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/person", "/actor", "/event", "/outcome", "/since", "/until", "/limit", "/cursor"]);
    // Another school's log says nothing of this one.
    let stranger = school.sign_in(Who::Stranger).await;
    let theirs = school.get("/api/v1/audit?event=person.changed", &stranger).await.json();
    assert_eq!(theirs["items"], json!([]));
}

#[tokio::test]
async fn the_delivery_log_tells_what_was_sent_and_not_what_it_said() {
    let school = School::new().await;
    for who in Who::STAFF {
        school.sign_in(who).await;
        school.portal.clock.advance(MINUTE);
    }
    let administrator = school.sign_in(Who::Administrator).await;
    let get = async |query: &str| school.get(&format!("/api/v1/deliveries?{query}"), &administrator).await;
    let answer = get("channel=sms&limit=2").await;
    let first = answer.json();
    let items = first["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!((&items[0]["channel"], &items[0]["state"]), (&json!("sms"), &json!("sending")));
    assert!(!answer.text.contains("+7900111000") && !answer.text.contains("\"code\""), "{}", answer.text);
    let next = first["next"].as_str().unwrap();
    let second = get(&format!("channel=sms&limit=2&cursor={next}")).await.json();
    assert_ne!(second["items"][0]["id"], items[1]["id"]);
    assert_eq!(get("channel=mail").await.json()["items"], json!([]));
    let mine = get(&format!("person={}", school.person(Who::Administrator))).await.json();
    assert_eq!(mine["items"].as_array().unwrap().len(), 2);
    let wrong = get("channel=pigeon&state=lost&person=5&since=x&until=x&limit=0&cursor=x").await;
    let pointers: Vec<_> = refused(&wrong).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/person", "/channel", "/state", "/since", "/until", "/limit", "/cursor"]);
    // A class teacher may see whether the invitation of a parent in the own class has arrived.
    let teacher = school.sign_in(Who::Teacher).await;
    let path = |person: PersonId| format!("/api/v1/deliveries?person={person}");
    assert_eq!(school.get(&path(school.mother), &teacher).await.status, StatusCode::OK);
    assert_eq!(school.get(&path(school.vera), &teacher).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        school.get(&format!("/api/v1/deliveries?person={NOBODY}"), &teacher).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn students_are_put_into_groups_one_by_one() {
    let school = School::new().await;
    let group = school.group().await;
    let teacher = school.sign_in(Who::Teacher).await;
    let path = |student: &str| format!("/api/v1/groups/{group}/members/{student}");
    let call = async |method: Method, cookies: &str, student: &str| {
        school.call(method, &path(student), cookies, &[], None).await
    };
    let anna = school.anna.to_string();
    for _ in 0..2 {
        assert_eq!(call(Method::PUT, &teacher, &anna).await.status, StatusCode::NO_CONTENT);
    }
    for _ in 0..2 {
        assert_eq!(call(Method::DELETE, &teacher, &anna).await.status, StatusCode::NO_CONTENT);
    }
    let written = school.written(AuditEvent::GroupChanged).await;
    let what: Vec<_> = written.iter().map(|row| row.detail["what"].clone()).collect();
    assert_eq!(what, [json!("left"), json!("joined"), json!("created")], "each change once");
    let elsewhere = call(Method::PUT, &teacher, &school.vera.to_string()).await;
    assert_eq!(elsewhere.status, StatusCode::CONFLICT);
    for student in [NOBODY, "5"] {
        assert_eq!(call(Method::PUT, &teacher, student).await.status, StatusCode::NOT_FOUND);
    }
    let stranger = school.sign_in(Who::Stranger).await;
    assert_eq!(call(Method::PUT, &stranger, &anna).await.status, StatusCode::FORBIDDEN);
    assert_eq!(call(Method::PUT, "", &anna).await.status, StatusCode::UNAUTHORIZED);
}

/// A request that brings a file.
async fn upload(
    school: &School,
    cookies: &str,
    headers: &[(&str, &str)],
    parts: &[(&str, Option<&str>, &str)],
) -> Answer {
    let mut body = String::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        write!(body, "--frontier\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
            .unwrap();
    }
    body.push_str("--frontier--\r\n");
    let mut request = Request::post("/api/v1/imports")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=frontier")
        .header(header::COOKIE, cookies);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    school.portal.send(request.body(Body::from(body)).unwrap()).await
}

const ROSTER: &str = "Класс;Фамилия;Имя\n5А;Ежова;Анна\n5А;Новиков;Глеб\n";

#[tokio::test]
async fn a_roster_is_tried_first_and_applied_then() {
    let school = School::new().await;
    let administrator = school.sign_in(Who::Administrator).await;
    let here = school.here.to_string();
    let parts = [("file", Some("5a.csv"), ROSTER), ("school", None, here.as_str())];
    let checked = upload(&school, &administrator, &[("idempotency-key", "key-1")], &parts).await;
    assert_eq!(checked.status, StatusCode::CREATED, "{}", checked.text);
    let import = checked.json();
    let path = format!("/api/v1/imports/{}", import["id"].as_str().unwrap());
    assert_eq!(checked.header(header::LOCATION), path);
    assert_eq!(
        (&import["state"], &import["format"], &import["file_name"]),
        (&json!("checked"), &json!("csv"), &json!("5a.csv"))
    );
    assert!(import["report"]["counts"]["students"]["new"].is_u64(), "{import}");
    let again = upload(&school, &administrator, &[("idempotency-key", "key-1")], &parts).await;
    assert_eq!(again.json()["id"], import["id"]);
    let other = [("file", Some("5a.csv"), "Класс;Фамилия;Имя\n"), ("school", None, here.as_str())];
    let reused = upload(&school, &administrator, &[("idempotency-key", "key-1")], &other).await;
    assert_eq!((reused.status, kind(&reused).as_str()), (StatusCode::CONFLICT, "idempotency-key-reused"));
    assert_eq!(class(&school, &administrator).await["students"].as_array().unwrap().len(), 2, "nothing is changed yet");

    // A deputy head reads what was imported and imports nothing.
    let deputy = school.sign_in(Who::Deputy).await;
    assert_eq!(school.get(&path, &deputy).await.status, StatusCode::OK);
    assert_eq!(upload(&school, &deputy, &[], &parts).await.status, StatusCode::FORBIDDEN);
    let apply = format!("{path}/apply");
    assert_eq!(school.call(Method::POST, &apply, &deputy, &[], None).await.status, StatusCode::FORBIDDEN);
    let teacher = school.sign_in(Who::Teacher).await;
    assert_eq!(upload(&school, &teacher, &[], &parts).await.status, StatusCode::FORBIDDEN);
    assert_eq!(school.get(&path, &teacher).await.status, StatusCode::FORBIDDEN);
    assert_eq!(upload(&school, "", &[], &parts).await.status, StatusCode::UNAUTHORIZED);
    let stranger = school.sign_in(Who::Stranger).await;
    assert!(upload(&school, &stranger, &[], &parts).await.status.is_client_error(), "another school's roster");

    let list = school.get("/api/v1/imports", &administrator).await.json();
    assert_eq!(list["items"][0]["id"], import["id"]);
    let applied = school.call(Method::POST, &apply, &administrator, &[("idempotency-key", "key-2")], None).await;
    assert_eq!(applied.status, StatusCode::ACCEPTED, "{}", applied.text);
    assert_eq!(applied.json()["state"], "applying");
    let again = school.call(Method::POST, &apply, &administrator, &[("idempotency-key", "key-2")], None).await;
    assert_eq!((again.status, again.json()), (StatusCode::ACCEPTED, applied.json()));
    let twice = school.call(Method::POST, &apply, &administrator, &[], None).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{}", twice.text);
    for path in [format!("/api/v1/imports/{NOBODY}"), "/api/v1/imports/5".to_owned()] {
        assert_eq!(school.get(&path, &administrator).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_file_that_is_no_roster_is_refused_as_a_whole() {
    let school = School::new().await;
    let administrator = school.sign_in(Who::Administrator).await;
    let here = school.here.to_string();
    let rubbish = upload(&school, &administrator, &[], &[("file", Some("x.bin"), "\u{1}\u{2}\u{3}")]).await;
    assert_eq!(rubbish.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", rubbish.text);
    assert!(kind(&rubbish).starts_with("ROSTER-"));
    let unknown =
        upload(&school, &administrator, &[], &[("file", Some("5a.csv"), ROSTER), ("school", None, "5")]).await;
    assert_eq!(refused(&unknown), fields(&[("/school", "unknown")]));
    let nothing = upload(&school, &administrator, &[], &[("school", None, here.as_str())]).await;
    assert_eq!(refused(&nothing), fields(&[("/file", "required")]));
    let parts = [("file", Some("5a.csv"), ROSTER), ("overwrite_contacts", None, "perhaps")];
    assert_eq!(
        refused(&upload(&school, &administrator, &[], &parts).await),
        fields(&[("/overwrite_contacts", "unknown")])
    );
    // Larger than other bodies may be, and still taken; larger than files may be.
    let table = |rows: usize| format!("Класс;Фамилия;Имя\n{}", "5А;Новиков;Глеб\n".repeat(rows));
    let (taken, large) = (table(3_000), table(20_000));
    assert!(taken.len() > 64 * 1024);
    let parts = |content| [("file", Some("5a.csv"), content), ("school", None, here.as_str())];
    assert_eq!(upload(&school, &administrator, &[], &parts(taken.as_str())).await.status, StatusCode::CREATED);
    let answer = upload(&school, &administrator, &[], &parts(large.as_str())).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let json = school.call(Method::POST, "/api/v1/imports", &administrator, &[], Some(json!({}))).await;
    assert_eq!((json.status, kind(&json).as_str()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-multipart"));
}

#[tokio::test]
async fn signing_out_empties_what_the_browser_keeps() {
    let school = School::new().await;
    let teacher = school.sign_in(Who::Teacher).await;
    let second = school.sign_in(Who::Teacher).await;
    let ended = school.call(Method::DELETE, "/api/v1/me/sessions", &second, &[], None).await;
    assert_eq!((ended.status, ended.header("clear-site-data")), (StatusCode::NO_CONTENT, ""));
    assert_eq!(school.get("/api/v1/me", &teacher).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(school.get("/api/v1/me", &second).await.status, StatusCode::OK);
    let out = school.call(Method::DELETE, "/api/v1/session", &second, &[], None).await;
    assert_eq!((out.status, out.header("clear-site-data")), (StatusCode::NO_CONTENT, "\"storage\""));
    let form = school.portal.post_form("/sign-out", "", "").await;
    assert_eq!((form.status, form.header("clear-site-data")), (StatusCode::SEE_OTHER, "\"storage\""));
    assert_eq!(
        school.call(Method::DELETE, "/api/v1/me/sessions", "", &[], None).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_registration_that_comes_twice_is_begun_once() {
    let portal = portal().await;
    let begin = async |key: &str, child: &str| {
        let who =
            json!({ "id_type": "il_id", "id_number": "123456782", "birth_date": "1985-04-12", "child_id": child });
        let request = Request::post("/api/v1/registrations")
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", key)
            .body(Body::from(who.to_string()))
            .unwrap();
        portal.send(request).await
    };
    let key = "1c6f2a54-6f6f-4c44-8d65-5a3b3f6f7a10";
    let first = begin(key, "000000018").await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text);
    let again = begin(key, "000000018").await;
    assert_eq!((again.status, again.json(), again.cookies()), (StatusCode::ACCEPTED, first.json(), first.cookies()));
    assert!(first.cookies().starts_with("__Host-registration="));
    let other = begin(key, "000000026").await;
    assert_eq!((other.status, kind(&other).as_str()), (StatusCode::CONFLICT, "idempotency-key-reused"));
    let short = begin("1", "000000018").await;
    assert_eq!((short.status, kind(&short).as_str()), (StatusCode::BAD_REQUEST, "idempotency-key"));
}
