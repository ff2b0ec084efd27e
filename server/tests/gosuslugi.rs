//! The sign-in through Gosuslugi over HTTP: its pages, cookies and headers, and what is told of it afterwards. What Gosuslugi
//! says comes from a double; the protocol has tests of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use std::sync::Arc;

use axum::http::{Method, header};
use domain::gosuslugi::{GosuslugiContact, GosuslugiPerson};
use domain::{BirthDate, Email, PersonName};
use serde_json::json;
use services::esia::{Ask, Begun, BoxFuture, Callback, Esia, EsiaError, Kept, parse_failure};
use services::people::NewPerson;
use services::rng::Rng;
use support::school::{MINUTE, School, Who};
use support::{Answer, START, portal, portal_with_esia};

const EMAIL: &str = "gleb@example.org";

/// Whatever code comes back names who is there.
#[derive(Debug)]
struct Double;

impl Double {
    fn answer(code: &str) -> Result<GosuslugiPerson, EsiaError> {
        let contact = |email| GosuslugiContact::email(email, true).unwrap();
        let person = GosuslugiPerson {
            subject: "1000300001".to_owned(),
            snils: None,
            surname: Some("Глебов".to_owned()),
            given_name: Some("Глеб".to_owned()),
            patronymic: None,
            birth_date: BirthDate::new(2014, 2, 3).ok(),
            confirmed: true,
            child_account: true,
            contacts: vec![contact(EMAIL)],
        };
        match code {
            "gleb" => Ok(person),
            "other-contact" => Ok(GosuslugiPerson { contacts: vec![contact("other@example.org")], ..person }),
            "down" => Err(parse_failure(Some("temporarily_unavailable"), Some("ESIA-007008: …"))),
            _ => Err(parse_failure(Some("unauthorized_client"), Some("ESIA-007005: …"))),
        }
    }
}

impl Esia for Double {
    fn issuer(&self) -> &'static str {
        "https://esia.example/"
    }

    fn begin<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Result<Begun, EsiaError>> {
        Box::pin(async move {
            let kept: Kept = serde_json::from_value(json!({ "scope": "openid", "callback": ask.callback })).unwrap();
            Ok(Begun { url: format!("https://esia.example/ac?state={}", ask.state), kept })
        })
    }

    fn finish<'a>(
        &'a self,
        _: &'a Kept,
        callback: &'a Callback,
        _: &'a dyn Rng,
    ) -> BoxFuture<'a, Result<GosuslugiPerson, EsiaError>> {
        Box::pin(async move { Self::answer(&callback.code) })
    }

    fn sign_out_url(&self, back_to: &str) -> Option<String> {
        Some(format!("https://esia.example/idp/ext/Logout?redirect_url={back_to}"))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), EsiaError>> {
        Box::pin(async { Ok(()) })
    }
}

/// A school, and a student of 5А whom Gosuslugi can name.
async fn school() -> (School, String) {
    let school = School::at(portal_with_esia(Arc::new(Double)).await).await;
    let portal = &school.portal.portal;
    let new = NewPerson {
        email: Some(Email::parse(EMAIL).unwrap()),
        birth_date: Some(BirthDate::new(2014, 2, 3).unwrap()),
        ..NewPerson::named(PersonName::new("Глебов", "Глеб", None).unwrap())
    };
    let mut tx = portal.db().begin().await.unwrap();
    let gleb = portal.people().create(&mut tx, &new, START).await.unwrap();
    assert!(portal.roster().enrol(&mut tx, school.class, gleb, START).await.unwrap());
    tx.commit().await.unwrap();
    (school, gleb.to_string())
}

/// Presses the button; the state that goes to Gosuslugi, and the cookies.
async fn set_out(school: &School) -> (String, String) {
    let away = school.portal.post_form("/sign-in/esia", "", "").await;
    assert_eq!(away.status, 303, "{}", away.text);
    let state = away.header(header::LOCATION).strip_prefix("https://esia.example/ac?state=").unwrap().to_owned();
    (state, away.cookies())
}

/// Goes there and comes back.
async fn through(school: &School, code: &str) -> Answer {
    let (state, cookies) = set_out(school).await;
    school.get(&format!("/sign-in/esia/callback?code={code}&state={state}"), &cookies).await
}

#[tokio::test]
async fn a_portal_without_it_has_neither_button_nor_pages() {
    let portal = portal().await;
    for path in ["/sign-in/esia", "/sign-in/esia/guide", "/sign-in/esia/callback?code=c&state=s"] {
        assert_eq!(portal.get(path).await.status, 404, "{path}");
    }
    assert_eq!(portal.post_form("/sign-in/esia", "", "").await.status, 404);
    for path in ["/", "/sign-in", "/about/registration"] {
        assert!(!portal.get(path).await.text.contains("/sign-in/esia"), "{path}");
    }
}

#[tokio::test]
async fn the_button_is_a_form_that_may_lead_to_gosuslugi_and_its_cookie_is_locked() {
    let (school, _) = school().await;
    assert!(school.get("/", "").await.text.contains("href=\"/sign-in/esia\""));
    let start = school.get("/sign-in/esia", "").await;
    assert_eq!(start.status, 200);
    assert!(!start.text.contains("<script"), "a page that is read");
    assert!(start.header(header::CONTENT_SECURITY_POLICY).contains("form-action 'self' https://esia.example;"));
    assert!(start.header(header::SET_COOKIE).is_empty(), "reading begins nothing");
    assert!(school.get("/sign-in", "").await.header(header::CONTENT_SECURITY_POLICY).contains("form-action 'self';"));
    assert_eq!(school.get("/sign-in/esia/guide", "").await.status, 200);

    let away = school.portal.post_form("/sign-in/esia", "", "").await;
    let cookie = away.header(header::SET_COOKIE);
    assert!(cookie.starts_with("__Host-gosuslugi="), "{cookie}");
    for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{cookie}");
    }
    assert_eq!(away.header(header::CACHE_CONTROL), "no-store");
}

#[tokio::test]
async fn whoever_is_recognised_is_inside_and_leaves_by_gosuslugi() {
    let (school, gleb) = school().await;
    let back = through(&school, "gleb").await;
    assert_eq!((back.status.as_u16(), back.header(header::LOCATION)), (303, "/me"), "{}", back.text);
    let cookies = back.cookies();
    assert!(cookies.contains("__Host-session=") && !cookies.contains("__Host-gosuslugi="), "{cookies}");
    let me = school.get("/me/sessions", &cookies).await;
    assert_eq!(me.status, 200);
    assert!(me.header(header::CONTENT_SECURITY_POLICY).contains("form-action 'self' https://esia.example;"));
    let sessions = school.get("/api/v1/me/sessions", &cookies).await.json();
    assert_eq!(sessions["items"][0]["method"], "gosuslugi");
    // Whoever is inside is led past the page with the button.
    assert_eq!(school.get("/sign-in/esia", &cookies).await.header(header::LOCATION), "/me");

    let staff = school.sign_in(Who::Administrator).await;
    let address = format!("/api/v1/people/{gleb}/gosuslugi-links");
    let listed = school.get(&address, &staff).await.json();
    assert_eq!(listed["links"].as_array().unwrap().len(), 1);
    assert_eq!(listed["links"][0]["way"], "email");
    assert!(!listed.to_string().contains("1000300001") && !listed.to_string().contains(EMAIL));

    let out = school.portal.post_form("/sign-out", "", &cookies).await;
    assert_eq!(out.status, 303);
    let logout = "https://esia.example/idp/ext/Logout?redirect_url=https://portal.example/";
    assert_eq!(out.header(header::LOCATION), logout);
    assert_eq!(school.get("/api/v1/me", &cookies).await.status, 401);
    // Ending the session that asks is signing out.
    let again = through(&school, "gleb").await.cookies();
    let sessions = school.get("/api/v1/me/sessions", &again).await.json();
    let own = sessions["items"].as_array().unwrap().iter().find(|one| one["current"] == true).unwrap();
    let form = format!("end={}", own["id"].as_str().unwrap());
    let ended = school.portal.post_form("/me/sessions", &form, &again).await;
    assert_eq!((ended.status.as_u16(), ended.header(header::LOCATION)), (303, logout));
    // Others leave as they came.
    assert_eq!(school.portal.post_form("/sign-out", "", &staff).await.header(header::LOCATION), "/");
}

#[tokio::test]
async fn an_answer_counts_once_in_its_own_browser_and_in_time() {
    let (school, _) = school().await;
    let (state, cookies) = set_out(&school).await;
    let address = format!("/sign-in/esia/callback?code=gleb&state={state}");
    let stranger = school.get(&address, "").await;
    assert_eq!(stranger.status, 410, "another browser");
    assert!(!stranger.text.contains(&state), "nothing of the address is left on the page");
    assert_eq!(school.get(&address, &cookies).await.status, 410, "a state is used up, whoever brings it");

    let (state, cookies) = set_out(&school).await;
    let twice = format!("/sign-in/esia/callback?code=gleb&state={state}&state={state}");
    assert_eq!(school.get(&twice, &cookies).await.status, 410, "a parameter that comes twice");
    let address = format!("/sign-in/esia/callback?code=gleb&state={state}");
    assert_eq!(school.get(&address, &cookies).await.status, 303);
    assert_eq!(school.get(&address, &cookies).await.status, 410, "used up");

    let (state, cookies) = set_out(&school).await;
    school.portal.clock.advance(11 * MINUTE);
    let late = school.get(&format!("/sign-in/esia/callback?code=gleb&state={state}"), &cookies).await;
    assert_eq!(late.status, 410);
    assert_eq!(school.get("/sign-in/esia/callback", "").await.status, 410);
}

#[tokio::test]
async fn each_failure_has_its_page_and_the_teacher_is_named_only_where_it_is_certain() {
    let (school, gleb) = school().await;
    let differs = through(&school, "other-contact").await;
    assert_eq!(differs.status, 403);
    assert!(differs.text.contains("Бутрович В. И."), "{}", differs.text);
    for theirs in [EMAIL, "other@example.org", "Глебов", "1000300001"] {
        assert!(!differs.text.contains(theirs), "{theirs}");
    }
    let down = through(&school, "down").await;
    assert_eq!((down.status.as_u16(), down.header(header::RETRY_AFTER)), (503, "60"));
    assert!(!down.text.contains("Бутрович"));
    assert_eq!(through(&school, "anything").await.status, 502);
    let (state, cookies) = set_out(&school).await;
    let cancelled =
        format!("/sign-in/esia/callback?error=access_denied&error_description=ESIA-007004%3A+no&state={state}");
    let cancelled = school.get(&cancelled, &cookies).await;
    assert_eq!(cancelled.status, 200);
    let titles = [differs.text, down.text, cancelled.text].map(|text| {
        assert!(text.contains("href=\"/sign-in/esia\"") && text.contains("lang=he"), "a way on, and the languages");
        text.split("<h1").nth(1).unwrap().split("</h1>").next().unwrap().to_owned()
    });
    assert!(titles[0] != titles[1] && titles[1] != titles[2] && titles[0] != titles[2]);

    // The class's staff see it on the record.
    let staff = school.sign_in(Who::Deputy).await;
    let tries = school.get(&format!("/api/v1/people/{gleb}/gosuslugi-links"), &staff).await.json();
    assert_eq!(tries["tries"][0]["failure"], "contact_differs");
}

#[tokio::test]
async fn links_are_seen_and_taken_away_by_those_who_may_change_contacts() {
    let (school, gleb) = school().await;
    let student = through(&school, "gleb").await.cookies();
    let address = format!("/api/v1/people/{gleb}/gosuslugi-links");
    for (who, status) in [(Who::Teacher, 200), (Who::Administrator, 200), (Who::Stranger, 403), (Who::Parent, 403)] {
        let cookies = school.sign_in(who).await;
        assert_eq!(school.get(&address, &cookies).await.status, status, "{who:?}");
    }
    assert_eq!(school.get(&address, &student).await.status, 200, "one's own");
    let anna = format!("/api/v1/people/{}/gosuslugi-links", school.anna);
    assert_eq!(school.get(&anna, &student).await.status, 403);
    let teacher = school.sign_in(Who::Teacher).await;
    let listed = school.get(&address, &teacher).await.json();
    let link = format!("{address}/{}", listed["links"][0]["id"].as_str().unwrap());
    let page = format!("/people/pupils/{}/personal", school.class);
    let record = school.get(&format!("{page}?person={gleb}"), &teacher).await;
    assert_eq!(record.text.matches(&format!("action=\"{page}/unlink\"")).count(), 1, "{}", record.text);

    // Some minutes later it takes a proof.
    school.portal.clock.advance(6 * MINUTE);
    let stale = school.call(Method::DELETE, &link, &teacher, &[("sec-fetch-site", "same-origin")], None).await;
    assert_eq!(
        (stale.status.as_u16(), stale.json()["type"].as_str()),
        (403, Some("urn:schoolgate:problem:fresh-proof-needed"))
    );
    let form = format!("person={gleb}&link={}", link.rsplit('/').next().unwrap());
    let asked = school.portal.post_form(&format!("{page}/unlink"), &form, &teacher).await;
    assert_eq!(asked.status, 422);
    assert!(asked.text.contains("autocomplete=\"current-password\""));
    let password = support::PASSWORD.replace(' ', "+");
    let done =
        school.portal.post_form(&format!("{page}/unlink"), &format!("{form}&password={password}"), &teacher).await;
    assert_eq!(
        (done.status.as_u16(), done.header(header::LOCATION)),
        (303, &*format!("{page}?person={gleb}&saved=unlinked"))
    );
    assert_eq!(school.get("/api/v1/me", &student).await.status, 401, "the sessions that came from there have ended");
    let again = school.call(Method::DELETE, &link, &teacher, &[("sec-fetch-site", "same-origin")], None).await;
    assert_eq!(again.status, 404);
}
