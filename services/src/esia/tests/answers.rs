//! Answers of ESIA: refusals, pages in place of data, nothing at all, and lies.

use domain::gosuslugi::GosuslugiPerson;
use serde_json::{Value, json};

use super::direct::{callback, client, good, kept, settings, tokens};
use super::server::{Reply, Request, Server};
use super::tokens::{OID, access_claims, id_claims};
use crate::esia::error::{EsiaCode, EsiaError, EsiaFailure, Outage, TokenFault};
use crate::esia::settings::{DirectSettings, SignerOutput, SignerSettings};
use crate::rng::SeededRng;

async fn finish(server: &Server) -> Result<GosuslugiPerson, EsiaError> {
    let client = client(&settings(&server.url));
    let kept = kept(&*client).await;
    client.finish(&kept, &callback(), &SeededRng::new(1)).await
}

fn is_te(request: &Request) -> bool {
    request.path == "/aas/oauth2/v3/te"
}

/// An error, whether at the token request or at the person's record.
async fn failing(reply: fn() -> Reply) -> [EsiaError; 2] {
    let at_te = Server::start(move |_| reply()).await;
    let at_record = Server::start(move |request| if is_te(request) { good(request) } else { reply() }).await;
    [finish(&at_te).await.unwrap_err(), finish(&at_record).await.unwrap_err()]
}

#[tokio::test]
async fn pages_and_silence_mean_that_gosuslugi_is_not_there() {
    let unavailable = |outage| [EsiaError::Unavailable(outage), EsiaError::Unavailable(outage)];
    assert_eq!(failing(|| Reply::html(200)).await, unavailable(Outage::NotJson));
    assert_eq!(failing(|| Reply::html(400)).await, unavailable(Outage::NotJson));
    assert_eq!(failing(|| Reply::html(502)).await, unavailable(Outage::Status(502)));
    assert_eq!(failing(|| Reply::Json(500, json!({}))).await, unavailable(Outage::Status(500)));
    assert_eq!(failing(|| Reply::Json(429, json!({}))).await, unavailable(Outage::Status(429)));
    assert_eq!(failing(|| Reply::Silent).await, unavailable(Outage::TimedOut));
    // A page that calls itself nothing.
    let page = || Reply::Raw("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>".to_owned());
    assert_eq!(failing(page).await, unavailable(Outage::NotJson));
    for error in failing(|| Reply::Raw(String::new())).await {
        assert_eq!(error.kind(), EsiaFailure::Unavailable, "{error:?}");
    }
    let nobody = client(&settings("http://127.0.0.1:1"));
    let kept = kept(&*nobody).await;
    let error = nobody.finish(&kept, &callback(), &SeededRng::new(1)).await.unwrap_err();
    assert_eq!(error, EsiaError::Unavailable(Outage::Connect));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Server::start(good).await;
    let location = elsewhere.url.clone();
    let server = Server::start(move |_| {
        Reply::Raw(format!("HTTP/1.1 307 X\r\nlocation: {location}/aas/oauth2/v3/te\r\ncontent-length: 0\r\n\r\n"))
    })
    .await;
    assert_eq!(finish(&server).await.unwrap_err(), EsiaError::Redirected(307));
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn answers_beyond_the_limit_are_not_read() {
    assert_eq!(failing(|| Reply::Flood).await, [EsiaError::TooLarge, EsiaError::TooLarge]);
}

#[tokio::test]
async fn refusals_keep_their_number_alone() {
    for (body, kind, number) in [
        (
            json!({"error": "access_denied", "error_description": "ESIA-007004: Владелец ресурса отклонил запрос"}),
            EsiaFailure::Cancelled,
            Some(7_004),
        ),
        (json!({"error": "invalid_grant", "error_description": "ESIA-007011: …"}), EsiaFailure::Rejected, Some(7_011)),
        (json!({"error": "x", "error_description": "ESIA-007008: …"}), EsiaFailure::Unavailable, Some(7_008)),
        (
            json!({"code": "ESIA-005011", "message": "SecurityErrorEnum.invalidToken"}),
            EsiaFailure::Rejected,
            Some(5_011),
        ),
        (json!([{"code": "ESIA-005013", "message": "expired"}]), EsiaFailure::Rejected, Some(5_013)),
        (json!({}), EsiaFailure::Rejected, None),
        (json!([]), EsiaFailure::Rejected, None),
    ] {
        let server = Server::start(move |_| Reply::Json(400, body.clone())).await;
        let error = finish(&server).await.unwrap_err();
        assert_eq!((error.kind(), error.esia_code().map(EsiaCode::number)), (kind, number), "{error}");
        assert!(!error.to_string().contains("Владелец"), "{error}");
    }
}

#[tokio::test]
async fn the_tokens_must_be_the_answer_to_this_request() {
    for state in [json!("47e1f1e9-8b56-4666-ac02-d1408408e5f2"), json!(""), json!(null)] {
        let server = Server::start(move |request| match good(request) {
            Reply::Json(status, mut body) if is_te(request) => {
                body["state"] = state.clone();
                Reply::Json(status, body)
            }
            other => other,
        })
        .await;
        assert_eq!(finish(&server).await.unwrap_err(), EsiaError::State);
        assert_eq!(server.asked().len(), 1, "nothing is asked with such a token");
    }
}

#[tokio::test]
async fn tokens_that_lack_each_other_open_nothing() {
    for missing in ["id_token", "access_token"] {
        let server = Server::start(move |request| match good(request) {
            Reply::Json(status, mut body) => {
                body[missing] = Value::Null;
                Reply::Json(status, body)
            }
            other => other,
        })
        .await;
        assert_eq!(finish(&server).await.unwrap_err().code(), "GOS-06");
    }
    // Two people in one answer.
    let server = Server::start(|request| {
        let mut access = access_claims();
        access["urn:esia:sbj_id"] = json!(OID + 1);
        tokens(request, &access, &id_claims())
    })
    .await;
    assert_eq!(finish(&server).await.unwrap_err(), EsiaError::Token(TokenFault::Subject));
    assert_eq!(server.asked().len(), 1);
    // The tokens swapped.
    let server = Server::start(|request| match good(request) {
        Reply::Json(status, mut body) => {
            let id = body["id_token"].take();
            body["id_token"] = body["access_token"].take();
            body["access_token"] = id;
            Reply::Json(status, body)
        }
        other => other,
    })
    .await;
    assert_eq!(finish(&server).await.unwrap_err(), EsiaError::Token(TokenFault::Kind));
}

/// A server whose record has no contacts in it, and whose collection is this.
async fn with_collection(collection: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request| match request.path.as_str() {
        path if path == format!("/rs/prns/{OID}") => Reply::Json(200, json!({"trusted": true})),
        path if path.ends_with("/ctts") => collection(),
        path if path.contains("/ctts/") => {
            Reply::Json(200, json!({"type": "MBT", "vrfStu": "VERIFIED", "value": "+7(926)2464800"}))
        }
        _ => good(request),
    })
    .await
}

#[tokio::test]
async fn contacts_are_fetched_where_they_are_not_in_the_record() {
    let server = with_collection(|| {
        Reply::Json(
            200,
            json!({"size": 1, "elements": [{"type": "EML", "vrfStu": "VERIFIED", "value": "a@example.org"}]}),
        )
    })
    .await;
    assert_eq!(finish(&server).await.unwrap().contacts[0].value(), "a@example.org");
    let path = format!("/rs/prns/{OID}/ctts");
    assert_eq!(server.last(&path).target, format!("{path}?embed=(elements)"));
    for status in [403, 404] {
        let server = with_collection(move || Reply::Json(status, json!({"code": "ESIA-005029"}))).await;
        assert!(finish(&server).await.unwrap().contacts.is_empty());
    }
    let server = with_collection(|| Reply::Json(401, json!({"code": "ESIA-005011"}))).await;
    assert_eq!(finish(&server).await.unwrap_err().esia_code().unwrap().number(), 5_011);
}

#[tokio::test]
async fn addresses_of_contacts_are_followed_at_home_only() {
    let elsewhere = Server::start(good).await;
    // At home.
    let server = with_collection(|| Reply::Json(200, json!({"elements": []}))).await;
    let home = server.url.clone();
    let address = format!("{home}/rs/prns/{OID}/ctts/14434265");
    let listed = move |address: String| {
        move |request: &Request| match request.path.as_str() {
            path if path == format!("/rs/prns/{OID}") => Reply::Json(200, json!({"trusted": true})),
            path if path.ends_with("/ctts") => Reply::Json(200, json!({"elements": [address]})),
            path if path.contains("/ctts/") => {
                Reply::Json(200, json!({"type": "MBT", "vrfStu": "VERIFIED", "value": "+7(926)2464800"}))
            }
            _ => good(request),
        }
    };
    server.set(listed(address.clone()));
    assert_eq!(finish(&server).await.unwrap().contacts[0].value(), "+79262464800");

    let port = home.rsplit_once(':').unwrap().1;
    for address in [
        format!("{}/rs/prns/{OID}/ctts/1", elsewhere.url),
        format!("{home}/aas/oauth2/v3/te"),
        format!("{home}/rs/../aas/oauth2/v3/te"),
        format!("https://127.0.0.1:{port}/rs/prns/1/ctts/1"),
        format!("http://u@127.0.0.1:{port}/rs/prns/1/ctts/1"),
        "/rs/prns/1/ctts/1".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        server.set(listed(address.clone()));
        let before = server.asked().len();
        assert_eq!(finish(&server).await.unwrap_err().code(), "GOS-06", "{address}");
        assert_eq!(server.asked().len() - before, 3, "token, record, collection: {address}");
    }
    assert!(elsewhere.asked().is_empty(), "the token went nowhere else");

    let many = vec![address; 11];
    server.set(move |request| match request.path.as_str() {
        path if path == format!("/rs/prns/{OID}") => Reply::Json(200, json!({})),
        path if path.ends_with("/ctts") => Reply::Json(200, json!({"elements": many})),
        _ => good(request),
    });
    assert_eq!(finish(&server).await.unwrap_err().code(), "GOS-06");
}

/// Each request in time, all of them too long: whoever waits is not kept for the sum.
#[tokio::test]
async fn all_requests_together_end_in_time() {
    let server = Server::start(good).await;
    let address = format!("{}/rs/prns/{OID}/ctts/1", server.url);
    let listed = vec![address; 10];
    server.set(move |request| match request.path.as_str() {
        path if path == format!("/rs/prns/{OID}") => Reply::Json(200, json!({"trusted": true})),
        path if path.ends_with("/ctts") => Reply::Json(200, json!({"elements": listed})),
        path if path.contains("/ctts/") => {
            Reply::Late(300, json!({"type": "MBT", "vrfStu": "VERIFIED", "value": "+7(926)2464800"}))
        }
        _ => good(request),
    });
    // A second for two requests, and none for the signature.
    let signer = SignerSettings::Command {
        command: vec!["true".to_owned()],
        output: SignerOutput::Raw,
        reverse: false,
        timeout_ms: 0,
    };
    let client = client(&DirectSettings { signer, ..settings(&server.url) });
    let kept = kept(&*client).await;
    let error = client.finish(&kept, &callback(), &SeededRng::new(1)).await.unwrap_err();
    assert_eq!(error, EsiaError::Unavailable(Outage::TimedOut));
    assert!(server.asked().len() < 3 + 10, "token, record, collection, and not all contacts");
}

#[tokio::test]
async fn contacts_that_were_not_granted_are_not_asked_for() {
    let server = Server::start(|request| {
        if is_te(request) {
            let mut access = access_claims();
            access["scope"] = json!(format!("openid snils?oid={OID}"));
            return tokens(request, &access, &id_claims());
        }
        Reply::Json(
            200,
            json!({"trusted": true, "contacts": {"elements": [
            {"type": "EML", "vrfStu": "VERIFIED", "value": "a@example.org"}]}}),
        )
    })
    .await;
    assert!(finish(&server).await.unwrap().contacts.is_empty());
    assert_eq!(server.asked()[1].target, format!("/rs/prns/{OID}"));
}

#[tokio::test]
async fn a_code_is_neither_missing_nor_endless() {
    let server = Server::start(good).await;
    let client = client(&settings(&server.url));
    let kept = kept(&*client).await;
    for code in [String::new(), "a".repeat(20_000)] {
        let mut callback = callback();
        callback.code = code;
        assert_eq!(client.finish(&kept, &callback, &SeededRng::new(1)).await.unwrap_err().code(), "GOS-06");
    }
    assert!(server.asked().is_empty());
    let mut callback = callback();
    callback.code = "a".repeat(5_000);
    assert!(client.finish(&kept, &callback, &SeededRng::new(1)).await.is_ok());
}
