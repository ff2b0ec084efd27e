//! The whole road over HTTP: authorize, login page, callback, token, REST, and what is told to go wrong on it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test may panic")]

mod common;

use std::sync::Arc;

use common::{Key, NOW, OID, REDIRECT, Request, app, parameter};
use esia_standin::app::App;
use esia_standin::crypto::certificate::Certificate;
use esia_standin::dice::SeededDice;
use esia_standin::encoding::any_base64;
use esia_standin::http::serve;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A stand-in that listens, and the client that talks to it.
struct Running {
    address: String,
    app: Arc<App>,
}

/// An answer.
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn location(&self) -> &str {
        assert_eq!(self.status, 302, "{}", self.body);
        self.header("location").unwrap()
    }
}

impl Running {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let app = Arc::new(app());
        tokio::spawn(serve(listener, Arc::clone(&app)));
        Self { address, app }
    }

    /// What comes back; nothing when the connection is closed without an answer.
    async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Option<Reply> {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let mut request = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            request.push_str(name);
            request.push_str(": ");
            request.push_str(value);
            request.push_str("\r\n");
        }
        request.push_str("Content-Length: ");
        request.push_str(&body.len().to_string());
        request.push_str("\r\n\r\n");
        request.push_str(body);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A connection that is reset is one without an answer, too.
        let _ = stream.read_to_end(&mut answer).await;
        let text = String::from_utf8_lossy(&answer);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().unwrap();
        Some(Reply { status, head: head.to_owned(), body: body.to_owned() })
    }

    async fn get(&self, target: &str) -> Reply {
        self.send("GET", target, &[], "").await.unwrap()
    }

    async fn form(&self, target: &str, body: &str) -> Reply {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send("POST", target, &form, body).await.unwrap()
    }

    async fn control(&self, target: &str, body: &Value) -> Value {
        let reply =
            self.send("POST", target, &[("Content-Type", "application/json")], &body.to_string()).await.unwrap();
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    }

    async fn rest(&self, target: &str, token: &str) -> Reply {
        self.send("GET", target, &[("Authorization", &format!("Bearer {token}"))], "").await.unwrap()
    }

    /// From the authorize request to the code.
    async fn sign_in(&self, path: &str, request: &Request, oid: u64) -> String {
        let login = self.get(&format!("{path}?{}", request.encoded())).await;
        let page = self.get(login.location()).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains(&format!("<button name=\"oid\" value=\"{oid}\">")));
        assert!(page.body.contains("name=\"cancel\""));
        let id = parameter(login.location(), "request").unwrap();
        let back = self.form("/login", &format!("request={id}&oid={oid}")).await;
        let to = back.location().to_owned();
        assert!(to.starts_with(REDIRECT), "{to}");
        assert_eq!(parameter(&to, "state").as_deref(), Some(request.get("state")));
        parameter(&to, "code").unwrap()
    }

    /// From the authorize request at the current addresses to the answer of the token request.
    async fn tokens(&self, scope: &str, oid: u64, dice: &SeededDice) -> Reply {
        let asked = Request::authorize("TEST111", self.app.now(), dice).with("scope", scope).signed(Key::Gost);
        let code = self.sign_in("/aas/oauth2/v2/ac", &asked, oid).await;
        let request = Request::token("TEST111", &code, self.app.now(), dice).with("scope", scope).signed(Key::Gost);
        self.form("/aas/oauth2/v3/te", &request.encoded()).await
    }

    async fn certificate(&self) -> Certificate {
        Certificate::from_pem(&self.get("/_control/certificate.pem").await.body).unwrap().remove(0)
    }
}

/// Header and claims of a token; whether the certificate verifies it.
fn opened(token: &str, certificate: &Certificate) -> (Value, Value, bool) {
    let (text, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = text.split_once('.').unwrap();
    let read = |part: &str| serde_json::from_slice(&any_base64(part).unwrap()).unwrap();
    (read(header), read(claims), certificate.key.verify(text.as_bytes(), &any_base64(signature).unwrap()))
}

#[tokio::test]
async fn the_current_road() {
    let standin = Running::start().await;
    let dice = SeededDice::new(21);
    let scope = "openid fullname snils email mobile";
    let reply = standin.tokens(scope, OID, &dice).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let tokens = reply.json();
    let certificate = standin.certificate().await;
    let (header, access, good) = opened(tokens["access_token"].as_str().unwrap(), &certificate);
    assert!(good);
    assert_eq!((&header["alg"], &header["sbt"], &header["ver"]), (&json!("RS256"), &json!("access"), &json!(1)));
    assert_eq!(header["x5t#St256"], certificate.thumbprint());
    assert_eq!(access["urn:esia:sbj_id"], OID);
    assert_eq!(access["client_id"], "TEST111");
    assert_eq!(access["iss"], "http://esia-portal1.test.gosuslugi.ru/");
    assert_eq!(access["exp"], NOW + 3_600);
    assert!(access["scope"].as_str().unwrap().contains(&format!("snils?oid={OID}")));
    let (_, id, good) = opened(tokens["id_token"].as_str().unwrap(), &certificate);
    assert!(good);
    assert_eq!((&id["sub"], &id["aud"], &id["amr"]), (&json!(OID), &json!("TEST111"), &json!("PWD")));
    assert_eq!(id["urn:esia:sbj"]["urn:esia:sbj:lvl"], "PR");
    assert_eq!(id["urn:esia:sbj"]["urn:esia:sbj:is_tru"], true);
    assert!(tokens["refresh_token"].is_string());

    let token = tokens["access_token"].as_str().unwrap();
    for target in [format!("/rs/prns/{OID}"), format!("/rs/prns/{OID}/")] {
        let person = standin.rest(&target, token).await.json();
        assert_eq!((&person["snils"], &person["trusted"]), (&json!("000-000-600 06"), &json!(true)));
        assert_eq!(person.get("birthDate"), None, "its scope was not granted");
    }
    for embed in ["(contacts.elements)", "%28contacts.elements-1%29"] {
        let person = standin.rest(&format!("/rs/prns/{OID}?embed={embed}"), token).await.json();
        assert_eq!(person["contacts"]["size"], 2, "{embed}");
    }
    let contacts = standin.rest(&format!("/rs/prns/{OID}/ctts"), token).await.json();
    let link = contacts["elements"][0].as_str().unwrap();
    let target = link.strip_prefix(&format!("http://{}", standin.address)).unwrap();
    assert_eq!(standin.rest(target, token).await.json()["type"], "EML");
    let whole = standin.rest(&format!("/rs/prns/{OID}/ctts?embed=(elements)"), token).await.json();
    assert_eq!(whole["elements"][0]["vrfStu"], "VERIFIED");
    let closed = standin.rest(&format!("/rs/prns/{OID}/docs?embed=(elements)"), token).await;
    assert_eq!((closed.status, &closed.json()["code"]), (403, &json!("ESIA-005029")));
    assert_eq!(standin.rest("/rs/prns/1", token).await.status, 403);
    assert_eq!(standin.rest(&format!("/rs/prns/{OID}/nothing"), token).await.status, 404);
    let foreign = standin.rest(&format!("/rs/prns/{OID}"), "a.b.c").await;
    assert_eq!((foreign.status, &foreign.json()["code"]), (401, &json!("ESIA-005011")));
    assert_eq!(standin.get(&format!("/rs/prns/{OID}")).await.status, 401);
    standin.control("/_control/clock", &json!({ "offset_s": 3_601 })).await;
    let late = standin.rest(&format!("/rs/prns/{OID}"), token).await;
    assert_eq!((late.status, &late.json()["code"]), (401, &json!("ESIA-005013")));
}

#[tokio::test]
async fn addresses_of_elements_lead_to_them() {
    let standin = Running::start().await;
    let scope = "openid kid_fullname kid_birth_cert_doc";
    let tokens = standin.tokens(scope, 1_000_300_020, &SeededDice::new(27)).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    let here = format!("http://{}", standin.address);
    let first = |collection: &Value| {
        let address = collection["elements"][0].as_str().unwrap();
        address.strip_prefix(&here).unwrap().to_owned()
    };
    let kid = first(&standin.rest("/rs/prns/1000300020/kids", token).await.json());
    assert_eq!(standin.rest(&kid, token).await.json()["firstName"], "Лев");
    let document = first(&standin.rest(&format!("{kid}/docs/"), token).await.json());
    assert!(document.starts_with(&format!("{kid}/docs/")));
    assert_eq!(standin.rest(&document, token).await.json()["type"], "RF_BRTH_CERT");
    let whole = standin.rest(&format!("{kid}/docs?embed=(elements)"), token).await.json();
    assert_eq!(whole["elements"][0]["type"], "RF_BRTH_CERT");
    for missing in [format!("{document}0"), format!("{document}/x"), format!("{kid}/nothing")] {
        assert_eq!(standin.rest(&missing, token).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn the_first_road() {
    let standin = Running::start().await;
    let dice = SeededDice::new(22);
    for (key, with_attributes) in [(Key::Rsa, true), (Key::Rsa, false), (Key::Gost, true), (Key::Gost, false)] {
        let asked = Request::authorize("OLD", NOW, &dice).signed_cms(key, with_attributes);
        let code = standin.sign_in("/aas/oauth2/ac", &asked, OID).await;
        let request = Request::token("OLD", &code, NOW, &dice).signed_cms(key, with_attributes);
        let reply = standin.form("/aas/oauth2/te", &request.encoded()).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.json()["state"], request.get("state"));
        let again = standin.form("/aas/oauth2/te", &request.encoded()).await;
        assert_eq!(again.status, 400);
        assert_eq!(again.json()["error"], "invalid_grant");
        assert!(again.json()["error_description"].as_str().unwrap().starts_with("ESIA-007011"));
        assert_eq!(again.json()["state"], request.get("state"));
    }
    let asked = Request::authorize("OLD", NOW, &dice).signed_cms(Key::Rsa, true);
    assert!(
        standin.form("/aas/oauth2/ac", &asked.encoded()).await.location().starts_with("/login?request="),
        "POST too"
    );
    let other = standin.form("/aas/oauth2/v3/te", "client_id=OLD").await;
    assert_eq!((other.status, other.json()["error"].as_str()), (400, Some("invalid_request")));
    let no_form = standin.send("POST", "/aas/oauth2/te", &[("Content-Type", "application/json")], "{}").await.unwrap();
    assert!(no_form.json()["error_description"].as_str().unwrap().starts_with("ESIA-007038"));
}

#[tokio::test]
async fn cancelling_and_pages_without_a_way_back() {
    let standin = Running::start().await;
    let asked = Request::authorize("TEST111", NOW, &SeededDice::new(23)).signed(Key::Gost);
    let login = standin.get(&format!("/aas/oauth2/v2/ac?{}", asked.encoded())).await;
    let id = parameter(login.location(), "request").unwrap();
    let back = standin.form("/login", &format!("request={id}&cancel=1")).await;
    assert!(back.location().contains("error_description=ESIA-007004"));
    assert_eq!(standin.form("/login", &format!("request={id}&cancel=1")).await.status, 400);
    // The button alone, sent to the address of the page.
    let login = standin.get(&format!("/aas/oauth2/v2/ac?{}", asked.encoded())).await;
    let back = standin.form(login.location(), &format!("oid={OID}")).await;
    assert!(parameter(back.location(), "code").is_some());
    assert_eq!(standin.get("/login?request=nonsense").await.status, 400);
    let evil = asked.with("redirect_uri", "https://evil.example/");
    let page = standin.get(&format!("/aas/oauth2/v2/ac?{}", evil.encoded())).await;
    assert_eq!((page.status, page.header("location")), (400, None));
    assert!(page.body.contains("ESIA-007023") && page.header("content-security-policy").is_some());
    assert_eq!(standin.get("/nothing").await.status, 404);
    assert_eq!(standin.get("/").await.status, 200);
    assert_eq!(standin.get("/standin.css").await.header("content-type"), Some("text/css; charset=utf-8"));
}

#[tokio::test]
async fn signing_out() {
    let standin = Running::start().await;
    let to = |rest: &str| format!("/idp/ext/Logout?client_id=TEST111{rest}");
    let away = standin.get(&to("&redirect_url=http%3A%2F%2Flocalhost%2Fbye")).await;
    assert_eq!(away.location(), "http://localhost/bye");
    assert_eq!(standin.get(&to("")).await.status, 200);
    let cases = [
        (to("&redirect_url=https%3A%2F%2Fevil.example%2F"), "ESIA-007023"),
        (to("&redirect_uri=http%3A%2F%2Flocalhost%2Fbye"), "ESIA-007003"),
        ("/idp/ext/Logout?client_id=NOBODY".to_owned(), "ESIA-007002"),
        ("/idp/ext/Logout".to_owned(), "ESIA-007014"),
    ];
    for (target, code) in cases {
        let page = standin.get(&target).await;
        assert_eq!(page.status, 400, "{target}");
        assert!(page.body.contains(code), "{target}");
    }
}

#[tokio::test]
async fn things_go_wrong_when_told_to() {
    let standin = Running::start().await;
    let dice = SeededDice::new(24);
    let te = "/aas/oauth2/v3/te";
    let fail = |endpoint: &str, mode: &str| json!({ "endpoint": endpoint, "mode": mode });
    standin.control("/_control/fail", &json!({ "endpoint": "te", "mode": "500", "times": 2 })).await;
    assert_eq!(standin.form(te, "").await.status, 500);
    assert_eq!(standin.form(te, "").await.status, 500);
    standin.control("/_control/fail", &fail("te", "html")).await;
    let html = standin.form(te, "").await;
    assert_eq!((html.status, html.header("content-type")), (200, Some("text/html; charset=utf-8")));
    standin.control("/_control/fail", &fail("te", "down")).await;
    assert!(standin.send("POST", te, &[], "").await.is_none());
    standin.control("/_control/fail", &json!({ "endpoint": "te", "mode": "slow", "seconds": 0 })).await;
    assert_eq!(standin.form(te, "").await.status, 400);
    standin.control("/_control/fail", &fail("te", "ESIA-007008")).await;
    assert_eq!(standin.form(te, "").await.json()["error"], "temporarily_unavailable");
    standin.control("/_control/fail", &fail("ac", "ESIA-007007")).await;
    let asked = Request::authorize("TEST111", NOW, &dice).signed(Key::Gost);
    let back = standin.get(&format!("/aas/oauth2/v2/ac?{}", asked.encoded())).await;
    assert!(back.location().starts_with(REDIRECT) && back.location().contains("ESIA-007007"));
    standin.control("/_control/fail", &fail("ctts", "500")).await;
    let tokens = standin.tokens("openid email", OID, &dice).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(standin.rest(&format!("/rs/prns/{OID}"), token).await.status, 200);
    assert_eq!(standin.rest(&format!("/rs/prns/{OID}/ctts"), token).await.status, 500);
    assert_eq!(standin.rest(&format!("/rs/prns/{OID}/ctts"), token).await.status, 200);
    standin.control("/_control/fail", &fail("te", "500")).await;
    assert_eq!(standin.send("DELETE", "/_control/fail", &[], "").await.unwrap().status, 200);
    assert_eq!(standin.form(te, "").await.status, 400);
    let bad = standin.send("POST", "/_control/fail", &[], "{}").await.unwrap();
    assert_eq!(bad.status, 400);
}

#[tokio::test]
async fn tokens_are_wrong_when_told_to() {
    let standin = Running::start().await;
    let dice = SeededDice::new(25);
    let certificate = standin.certificate().await;
    for fault in ["bad-signature", "alg-none", "other-audience", "other-issuer", "expired", "not-yet", "other-subject"]
    {
        standin.control("/_control/fail", &json!({ "endpoint": "te", "mode": fault })).await;
        let tokens = standin.tokens("openid", OID, &dice).await.json();
        let (header, id, good) = opened(tokens["id_token"].as_str().unwrap(), &certificate);
        assert_eq!(good, !matches!(fault, "bad-signature" | "alg-none"), "{fault}");
        let wrong = match fault {
            "alg-none" => header["alg"] == "none",
            "other-audience" => id["aud"] != "TEST111",
            "other-issuer" => id["iss"] != "http://esia-portal1.test.gosuslugi.ru/",
            "expired" => id["exp"].as_i64().unwrap() < NOW,
            "not-yet" => id["nbf"].as_i64().unwrap() > NOW,
            "other-subject" => id["sub"] != OID,
            _ => !good,
        };
        assert!(wrong, "{fault}");
    }
    standin.control("/_control/fail", &json!({ "endpoint": "te", "mode": "no-id-token" })).await;
    assert_eq!(standin.tokens("openid", OID, &dice).await.json().get("id_token"), None);
}

#[tokio::test]
async fn keys_change_and_requests_are_remembered() {
    let standin = Running::start().await;
    let dice = SeededDice::new(26);
    let before = standin.certificate().await;
    let changed = standin.control("/_control/rotate", &json!({})).await;
    let after = standin.certificate().await;
    assert_eq!(changed["x5t#St256"], after.thumbprint());
    assert_ne!(before.thumbprint(), after.thumbprint());
    let both = Certificate::from_pem(&standin.get("/_control/certificates.pem").await.body).unwrap();
    assert_eq!(both, [after.clone(), before.clone()]);
    let archive = standin.get("/public/esia.zip").await;
    assert_eq!((archive.status, archive.header("content-type")), (200, Some("application/zip")));
    assert!(archive.body.starts_with("PK"));
    assert!(archive.body.contains("RSA_TESIA.cer") && archive.body.contains("RSA_TESIA_1.cer"));
    let tokens = standin.tokens("openid", OID, &dice).await.json();
    let token = tokens["access_token"].as_str().unwrap();
    assert!(opened(token, &after).2 && !opened(token, &before).2);

    let log = standin.get("/_control/log").await;
    let entries = log.json();
    let last = entries.as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["path"], &last["client_id"], &last["status"]),
        (&json!("/aas/oauth2/v3/te"), &json!("TEST111"), &json!(200))
    );
    assert!(last["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true));
    assert!(!log.body.contains(token), "no token is remembered");
    standin.control("/_control/reset", &json!({})).await;
    assert_eq!(standin.get("/_control/log").await.json(), json!([]));
    assert_eq!(standin.get("/_control/healthz").await.body, "ok");
    let far = standin.send("POST", "/_control/clock", &[], "{\"offset_s\":9223372036854775807}").await.unwrap();
    assert_eq!((far.status, standin.app.now()), (400, NOW));
    let persons = standin.get("/_control/persons").await.json();
    assert!(persons.as_array().unwrap().iter().any(|person| person["oid"] == OID));
}
