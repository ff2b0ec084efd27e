//! The router as a whole: what every answer carries, what is refused, and that nobody learns who is known.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use schoolgate_server::state::WebSettings;
use serde_json::json;
use support::{Answer, KNOWN, MOBILE, PASSWORD, UNKNOWN, portal, portal_showing, portal_with, web};

/// An id that nothing has.
const NOBODY: &str = "0190cafe-0000-7000-8000-000000000000";

#[tokio::test]
async fn the_description_of_the_api_is_the_committed_one() {
    let now = serde_json::to_string_pretty(&schoolgate_server::http::api::openapi()).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == now, "docs/openapi.json is stale: run UPDATE_OPENAPI=1 cargo test --test http");
    assert!(now.contains("\"openapi\": \"3.1.0\""));
}

#[tokio::test]
async fn the_page_of_the_api_says_what_its_description_says() {
    let portal = portal().await;
    // Without the marks between texts.
    let page = portal.get("/api/docs").await.text.replace("<!>", "");
    let description = portal.get("/api/openapi.json").await.json();
    let mut parameters = 0;
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let heading = format!("<code>{} {path}</code>", method.to_uppercase());
            let (_, article) = page.split_once(&heading).expect(&heading);
            let (article, _) = article.split_once("</article>").unwrap();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                parameters += 1;
                let name = format!("<code>{}</code>", parameter["name"].as_str().unwrap());
                assert!(article.contains(&name), "{heading}: {name}");
            }
            for scope in operation["security"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|way| way["token"].as_array())
                .flatten()
            {
                assert!(article.contains(scope.as_str().unwrap()), "{heading}: {scope}");
            }
        }
    }
    assert!(parameters > 20, "{parameters}");
    for (name, schema) in description["components"]["schemas"].as_object().unwrap() {
        for property in schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name) {
            assert!(page.contains(&format!("<code>{property}</code>")), "{name}.{property}");
        }
    }
    assert!(page.contains(" | "), "the values that a text may have");
}

#[tokio::test]
async fn every_described_route_exists_and_refuses_with_a_problem_document() {
    let portal = portal().await;
    let description = serde_json::to_value(schoolgate_server::http::api::openapi()).unwrap();
    let mut seen = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let address = ["{id}", "{student}", "{link}", "{parent}"]
                .into_iter()
                .fold(path.clone(), |path, name| path.replace(name, NOBODY));
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(&address)
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from("{"))
                .unwrap();
            let answer = portal.send(request).await;
            assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {address}");
            // An address that exists says of what there is none.
            assert!(!answer.text.contains("urn:schoolgate:problem:not-found"), "{method} {address}");
            if answer.status.is_client_error() {
                assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{method} {address}");
                assert!(answer.json()["type"].as_str().unwrap().starts_with("urn:schoolgate:problem:"));
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 48);
    assert_eq!(portal.get("/api/v1/nothing").await.json()["status"], 404);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let portal = portal().await;
    for path in ["/", "/sign-in", "/nope", "/api/v1/me", "/api/docs", "/me", "/healthz", "/pkg/none.js"] {
        let answer = portal.get(path).await;
        let policy = answer.header(header::CONTENT_SECURITY_POLICY).to_owned();
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("'nonce-"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains(" 'unsafe-eval'"), "{path}: {policy}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(answer.header(header::REFERRER_POLICY), "same-origin", "{path}");
        assert!(answer.header(header::STRICT_TRANSPORT_SECURITY).contains("max-age="), "{path}");
        assert!(answer.header("permissions-policy").contains("camera=()"), "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{path}");
    }
    assert_ne!(
        portal.get("/").await.header(header::CONTENT_SECURITY_POLICY),
        portal.get("/").await.header(header::CONTENT_SECURITY_POLICY),
        "a nonce is for one answer"
    );
}

#[tokio::test]
async fn plain_http_on_localhost_is_not_told_to_stay_on_https() {
    let mut settings = web();
    settings.https = false;
    let answer = portal_with(settings).await.get("/").await;
    assert_eq!(answer.header(header::STRICT_TRANSPORT_SECURITY), "");
}

#[tokio::test]
async fn changes_from_another_site_are_refused() {
    let portal = portal().await;
    let routes = [
        "/sign-in",
        "/sign-in/code",
        "/sign-in/password",
        "/sign-out",
        "/me/sessions",
        "/me/language",
        "/api/page/sign-in",
        "/api/v1/sign-in/code",
        "/api/v1/sign-in/password",
        "/api/v1/password-policy/check",
        "/api/v1/registrations",
        "/api/v1/password-resets",
    ];
    for path in routes {
        for (name, value) in
            [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
        {
            let request = Request::post(path)
                .header(header::HOST, "portal.example")
                .header(name, value)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from("id_number=039337423"))
                .unwrap();
            let answer = portal.send(request).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} with {name}: {value}");
        }
    }
    let person = Request::post("/sign-in?lang=ru")
        .header("sec-fetch-site", "cross-site")
        .header(header::ACCEPT, "text/html")
        .header(header::ACCEPT_LANGUAGE, "ru")
        .body(Body::empty())
        .unwrap();
    let page = portal.send(person).await;
    assert!(page.text.starts_with("<!DOCTYPE html><html lang=\"ru\" dir=\"ltr\">"), "people get a page: {}", page.text);
    let delete = Request::delete("/api/v1/session").header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap();
    assert_eq!(portal.send(delete).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn refusals_are_pages_for_people_and_documents_for_programs() {
    let portal = portal().await;
    let missing = portal.get("/nope?lang=ru").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.text.starts_with("<!DOCTYPE html><html lang=\"ru\" dir=\"ltr\">"), "{}", &missing.text[..80]);
    assert!(missing.text.contains(missing.header("x-request-id")), "the page names the incident");

    let method = Request::put("/sign-in").body(Body::empty()).unwrap();
    let method = portal.send(method).await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(method.header(header::ALLOW).contains("POST"));

    let large = portal.post_form("/sign-in", &format!("id_number={}", "1".repeat(100_000)), "").await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(large.text.contains("<html lang=\"he\" dir=\"rtl\">"));

    let program = Request::get("/nope").header(header::ACCEPT, "application/json").body(Body::empty()).unwrap();
    assert_eq!(portal.send(program).await.header(header::CONTENT_TYPE), "application/problem+json");

    let rubbish = portal.post_form("/sign-in", "%ff%fe=&&&=", "").await;
    assert_eq!(rubbish.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_language_is_right_in_the_first_bytes() {
    let portal = portal().await;
    for (path, accept, cookie, start) in [
        ("/", "", "", "<!DOCTYPE html><html lang=\"he\" dir=\"rtl\">"),
        ("/", "ar;q=0.8, en;q=0.5", "", "<!DOCTYPE html><html lang=\"ar\" dir=\"rtl\">"),
        ("/", "ar", "__Host-lang=en", "<!DOCTYPE html><html lang=\"en\" dir=\"ltr\">"),
        ("/?lang=ru", "ar", "__Host-lang=en", "<!DOCTYPE html><html lang=\"ru\" dir=\"ltr\">"),
        ("/?lang=xx", "", "__Host-lang=en", "<!DOCTYPE html><html lang=\"en\" dir=\"ltr\">"),
    ] {
        let request = Request::get(path)
            .header(header::ACCEPT_LANGUAGE, accept)
            .header(header::COOKIE, cookie)
            .body(Body::empty())
            .unwrap();
        let answer = portal.send(request).await;
        assert!(answer.text.starts_with(start), "{path} {accept} {cookie}: {}", &answer.text[..60]);
        assert_eq!(answer.cookies().contains("__Host-lang=ru"), path.contains("lang=ru"));
    }
}

#[tokio::test]
async fn without_a_help_line_nothing_dials_and_the_school_office_helps() {
    let portal = portal_showing(|info| info.help_line = None).await;
    let begun = portal.post_form("/sign-in", &format!("id_number={KNOWN}"), "").await.cookies();
    let form = format!("user_code={}&password={}", portal.user_code, PASSWORD.replace(' ', "+"));
    let signed_in = portal.post_form("/sign-in/password", &form, "").await.cookies();
    // The pages whose sentences name whom to ask, and two that have the frame only.
    let paths = [
        ("/about/registration", "", true),
        ("/privacy", "", true),
        ("/nope", "", true),
        ("/register", "", true),
        ("/password/forgot", "", true),
        ("/password/start?ticket=nobody-has-it", "", true),
        ("/sign-in/code", begun.as_str(), true),
        ("/me/sessions", signed_in.as_str(), true),
        ("/", "", false),
        ("/sign-in", "", false),
    ];
    for (lang, office) in
        [("he", "מזכירות בית הספר"), ("ar", "سكرتارية المدرسة"), ("ru", "школу"), ("en", "school office")]
    {
        for (path, cookies, asks) in paths {
            let query = if path.contains('?') { '&' } else { '?' };
            let page = portal.get_with(&format!("{path}{query}lang={lang}"), cookies).await;
            // Without the marks between texts.
            let html = page.text.replace("<!>", "");
            assert!(html.starts_with(&format!("<!DOCTYPE html><html lang=\"{lang}\"")), "{path}: {}", page.status);
            for nothing in ["tel:", "\u{fffc}", ": .", "<p></p>", "apart\"></p>"] {
                assert!(!html.contains(nothing), "{path} in {lang} has {nothing:?}: {html}");
            }
            assert!(!asks || html.contains(office), "{path} in {lang}: {html}");
        }
    }
}

#[tokio::test]
async fn overload_is_answered_at_once_and_probes_still_work() {
    let mut settings = web();
    settings.max_in_flight = 0;
    let portal = portal_with(settings).await;
    let answer = portal.get("/sign-in").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header(header::RETRY_AFTER), "2");
    assert!(answer.text.contains("<html lang=\"he\" dir=\"rtl\">"), "people get a page: {}", answer.text);
    assert_eq!(portal.get("/healthz").await.status, StatusCode::OK);
    let ready = portal.get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["ready"]), (StatusCode::OK, &json!(true)));
}

#[tokio::test]
async fn a_portal_without_its_database_is_alive_but_not_ready() {
    let portal = portal().await;
    portal.portal.db().close().await;
    let ready = portal.get("/readyz").await;
    let said = json!({ "ready": false, "database": "unreachable", "migrations": "unknown", "keys": "unknown" });
    assert_eq!((ready.status, ready.json()), (StatusCode::SERVICE_UNAVAILABLE, said));
    assert_eq!(portal.get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn metrics_are_for_this_machine_alone() {
    let asked = async |settings: WebSettings, from: [u8; 4]| {
        let peer = ConnectInfo(SocketAddr::from((from, 40_000)));
        let request = Request::get("/metrics").extension(peer).body(Body::empty()).unwrap();
        portal_with(settings).await.send(request).await.status
    };
    let here = || WebSettings { metrics_elsewhere: false, ..web() };
    assert_eq!(asked(here(), [127, 0, 0, 1]).await, StatusCode::OK);
    assert_eq!(asked(here(), [192, 0, 2, 7]).await, StatusCode::NOT_FOUND);
    // Behind a proxy everybody comes from this machine.
    let behind = WebSettings { trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()], ..here() };
    assert_eq!(asked(behind, [127, 0, 0, 1]).await, StatusCode::NOT_FOUND);
    // They have an address of their own.
    assert_eq!(asked(web(), [127, 0, 0, 1]).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_asked_to_come_back() {
    let mut settings = web();
    settings.request_timeout = std::time::Duration::ZERO;
    let portal = portal_with(settings).await;
    let typed = json!({ "user_code": "ABCDEFG2", "password": "not the password of anybody" });
    let answer = portal.post_json("/api/v1/sign-in/password", typed).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
    assert_eq!(answer.header(header::RETRY_AFTER), "10");
}

/// What an outsider sees of an answer, without what is random in every answer.
fn seen(answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let random = |text: &str| {
        let mut text = text.to_owned();
        for name in ["nonce-", "nonce=\"", "__Host-flow=", "\"flow\":\""] {
            while let Some(at) = text.find(name).map(|at| at + name.len()) {
                let end = text[at..].find(|c: char| !(c.is_ascii_alphanumeric() || "+/_-".contains(c))).unwrap_or(0);
                text.replace_range(at - name.len()..at + end, "(random)");
            }
        }
        text
    };
    let id = answer.header("x-request-id").to_owned();
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id")
        .map(|(name, value)| (name.to_string(), random(value.to_str().unwrap())))
        .collect();
    headers.sort();
    (answer.status, headers, random(&answer.text.replace(&id, "(id)")))
}

#[tokio::test]
async fn known_and_unknown_id_numbers_look_the_same() {
    // Two portals in the same state, so that nothing but the number differs.
    let (here, there) = (portal().await, portal().await);
    for step in 0..8 {
        let known = here.post_form("/sign-in", &format!("id_number={KNOWN}"), "").await;
        let unknown = there.post_form("/sign-in", &format!("id_number={UNKNOWN}"), "").await;
        assert_eq!(seen(&known), seen(&unknown), "asking, time {step}");
        let (known_flow, unknown_flow) = (known.cookies(), unknown.cookies());
        let known = here.get_with("/sign-in/code", &known_flow).await;
        let unknown = there.get_with("/sign-in/code", &unknown_flow).await;
        assert_eq!(known.status, StatusCode::OK);
        assert_eq!(seen(&known), seen(&unknown), "the code page, time {step}");
        for guess in 0..6 {
            let known = here.post_form("/sign-in/code", "code=000000", &known_flow).await;
            let unknown = there.post_form("/sign-in/code", "code=000000", &unknown_flow).await;
            assert_eq!(seen(&known), seen(&unknown), "guess {guess}, time {step}");
        }
        let known = here.post_form("/sign-in/code", "resend=1", &known_flow).await;
        let unknown = there.post_form("/sign-in/code", "resend=1", &unknown_flow).await;
        assert_eq!(seen(&known), seen(&unknown), "a new code, time {step}");
        // Every other time the next one comes within the wait, and nothing is sent.
        if step % 2 == 1 {
            here.clock.advance(120_000);
            there.clock.advance(120_000);
        }
    }
    let ask = |number: &'static str| json!({ "id_type": "il_id", "id_number": number });
    let (here, there) = (portal().await, portal().await);
    let known = here.post_json("/api/v1/sign-in/code", ask(KNOWN)).await;
    let unknown = there.post_json("/api/v1/sign-in/code", ask(UNKNOWN)).await;
    assert_eq!(known.status, StatusCode::ACCEPTED);
    assert_eq!(seen(&known), seen(&unknown));
}

#[tokio::test]
async fn known_and_unknown_user_codes_look_the_same() {
    let (here, there) = (portal().await, portal().await);
    let known_code = here.user_code.as_str().to_owned();
    for step in 0..9 {
        let form = |code: &str| format!("user_code={code}&password=wrong+horse+battery+staple");
        let known = here.post_form("/sign-in/password", &form(&known_code), "").await;
        let unknown = there.post_form("/sign-in/password", &form("ABCDEFG2"), "").await;
        let (status, headers, text) = seen(&known);
        let (status_2, headers_2, text_2) = seen(&unknown);
        // The page gives back what was typed.
        assert_eq!(
            (status, headers, text.replace(&known_code, "CODE")),
            (status_2, headers_2, text_2.replace("ABCDEFG2", "CODE")),
            "try {step}"
        );
    }
    let form = format!("user_code={known_code}&password=wrong");
    let waiting = here.post_form("/sign-in/password", &form, "").await;
    assert_eq!(waiting.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(waiting.header(header::RETRY_AFTER).parse::<u32>().unwrap() >= 1);
}

#[tokio::test]
async fn signing_in_by_code_through_the_api() {
    let portal = portal().await;
    let asked = portal.post_json("/api/v1/sign-in/code", json!({ "id_type": "il_id", "id_number": "3933742-3" })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    let flow = asked.json()["flow"].as_str().unwrap().to_owned();
    let code = portal.newest_code().await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = portal.post_json("/api/v1/sign-in/code/verify", json!({ "flow": flow, "code": wrong })).await;
    assert_eq!((refused.status, &refused.json()["tries_left"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(4)));

    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let opened = portal.post_json("/api/v1/sign-in/code/verify", json!({ "flow": flow, "code": spaced })).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
    assert!(opened.headers.get_all(header::SET_COOKIE).iter().any(|cookie| {
        let cookie = cookie.to_str().unwrap();
        cookie.starts_with("__Host-session=")
            && ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"].iter().all(|part| cookie.contains(part))
    }));
    let cookies = opened.cookies();
    let me = portal.get_with("/api/v1/me", &cookies).await.json();
    assert_eq!(me["name"], "דנה לדוגמה");
    assert!(!me.to_string().contains(MOBILE) && !me.to_string().contains(KNOWN), "{me}");

    let again = portal.post_json("/api/v1/sign-in/code/verify", json!({ "flow": flow, "code": code })).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a code works once");

    let sessions = portal.get_with("/api/v1/me/sessions", &cookies).await.json();
    let id = sessions["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(sessions["items"][0]["current"], true);
    let one = portal.get_with(&format!("/api/v1/me/sessions/{id}"), &cookies).await;
    assert_eq!((one.status, one.json()), (StatusCode::OK, sessions["items"][0].clone()));
    for unknown in [NOBODY, "no-id"] {
        let missing = portal.get_with(&format!("/api/v1/me/sessions/{unknown}"), &cookies).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(portal.get(&format!("/api/v1/me/sessions/{id}")).await.status, StatusCode::UNAUTHORIZED);
    let end = |id: &str| {
        Request::delete(format!("/api/v1/me/sessions/{id}"))
            .header(header::COOKIE, &cookies)
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(portal.send(end(NOBODY)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(portal.send(end(&id)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(portal.get_with("/api/v1/me", &cookies).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_in_by_password_leads_to_the_page_first_asked_for() {
    let portal = portal().await;
    let asked = portal.get("/me/sessions").await;
    assert_eq!((asked.status, asked.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/sign-in?next=/me/sessions"));
    let page = portal.get("/sign-in?next=/me/sessions").await;
    assert!(page.text.contains("name=\"next\" value=\"/me/sessions\""), "the form carries it on");
    for (next, leads_to) in
        [("/me/sessions", "/me/sessions"), ("//evil.example", "/me"), ("https://evil.example", "/me")]
    {
        let form = format!("user_code={}&password={}&next={next}", portal.user_code, PASSWORD.replace(' ', "+"));
        let answer = portal.post_form("/sign-in/password", &form, "__Host-session=planted").await;
        assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, leads_to));
        assert!(!answer.cookies().contains("planted"), "a session planted before is not taken over");
        assert_eq!(portal.get_with("/me/sessions", &answer.cookies()).await.status, StatusCode::OK);
        let out = portal.post_form("/sign-out", "", &answer.cookies()).await;
        assert_eq!(out.header(header::LOCATION), "/");
        assert_eq!(portal.get_with("/me", &answer.cookies()).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_but_secrets() {
    let portal = portal().await;
    let answer = portal.post_form("/sign-in", "id_number=3933742-2&next=/me/sessions", "").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("value=\"3933742-2\"") && answer.text.contains("value=\"/me/sessions\""));
    assert!(answer.text.contains("<title>שגיאה"), "the title says so first");
    assert!(answer.text.contains("aria-invalid=\"true\"") && answer.text.contains("href=\"#id_number\""));
    let answer = portal.post_form("/sign-in/password", "user_code=abcd-2345&password=hunter2hunter2", "").await;
    assert!(answer.text.contains("value=\"abcd-2345\"") && !answer.text.contains("hunter2"));
    let script = portal.post_form("/sign-in", "id_number=%3C/script%3E%3Cscript%3Ealert(1)", "").await;
    assert!(!script.text.contains("<script>alert"), "what was typed is escaped, in the page and in its data");
}

#[tokio::test]
async fn the_password_policy_says_what_is_missing() {
    let portal = portal().await;
    let check = |password: &str| {
        portal.post_json(
            "/api/v1/password-policy/check",
            json!({ "password": password, "context": { "name": "Dana Cohen", "phone": "052-5550134" } }),
        )
    };
    let short = check("short").await.json();
    assert_eq!(short["acceptable"], false);
    assert!(short["unmet"].to_string().contains("too_short"));
    assert!(check("my phone is 0525550134!").await.json()["unmet"].to_string().contains("contains_mobile"));
    assert_eq!(check("plum kettle orbit 71 window").await.json()["acceptable"], true);
    assert_eq!(check(&"x".repeat(2000)).await.json()["acceptable"], false);
    let wrong = portal.post_json("/api/v1/password-policy/check", json!({ "password": 5 })).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_demo_does_not_exist_in_a_real_portal() {
    let portal = portal().await;
    for path in ["/demo/inbox", "/demo/inbox.json", "/demo/people.json"] {
        assert_eq!(portal.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(!portal.get("/").await.text.contains("/demo/"));
}
