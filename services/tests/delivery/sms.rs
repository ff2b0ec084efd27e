//! HTTP gateways: every kind of request, every way to fail.

use services::delivery::{DeliveryError, FailureKind};
use tokio::net::TcpListener;

use crate::http_server::{HttpServer, Manner};
use crate::tls_server::identity;
use crate::{assert_tells_nothing, delivery, sms};

fn gateway(port: u16, more: &str) -> String {
    format!(
        r#"
        [[sms]]
        kind = "http"
        name = "first"
        {more}
        [sms.api]
        url = "http://127.0.0.1:{port}/send"
        body = {{ kind = "form", fields = {{ to = "{{to}}", text = "{{text}}" }} }}
        success = {{ status = [200, 299] }}
        "#
    )
}

/// Long enough for the request to arrive, short enough to wait for.
const HURRIED: &str = "timeout_ms = 1500";

async fn fails_with(manner: Manner) -> DeliveryError {
    let hurry = matches!(manner, Manner::Silent | Manner::Dribble);
    let server = HttpServer::start(manner).await;
    let error =
        delivery(&gateway(server.port, if hurry { HURRIED } else { "" })).send_sms(&sms("k")).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Temporary);
    assert_eq!(error.gateway, "first");
    assert_tells_nothing(&error, &error.to_string());
    assert_eq!(server.take().len(), 1, "one attempt is one request");
    error
}

#[tokio::test]
async fn statuses_that_are_no_success() {
    for (status, code) in [
        (400, "DEL-08"),
        (401, "DEL-05"),
        (403, "DEL-05"),
        (404, "DEL-08"),
        (429, "DEL-08"),
        (500, "DEL-08"),
        (503, "DEL-08"),
    ] {
        let error = fails_with(Manner::json(status, "0501234567 314159")).await;
        assert_eq!((error.code, error.status), (code, Some(status)));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = HttpServer::start(Manner::json(200, "{}")).await;
    for status in [301, 302, 303, 307, 308] {
        let redirect = format!(
            "HTTP/1.1 {status} X\r\nlocation: http://127.0.0.1:{}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            elsewhere.port
        );
        let error = fails_with(Manner::Say(redirect)).await;
        assert_eq!((error.code, error.status), ("DEL-10", Some(status)));
    }
    assert_eq!(elsewhere.take(), Vec::<String>::new());
}

#[tokio::test]
async fn servers_that_do_not_answer_properly() {
    for (manner, code) in [
        (Manner::Silent, "DEL-04"),
        (Manner::Dribble, "DEL-04"),
        (Manner::Close, "DEL-09"),
        (Manner::Say("\u{1}\u{2}\u{3} no HTTP at all\r\n\r\n".to_owned()), "DEL-09"),
        (Manner::Say("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_owned()), "DEL-09"),
        (Manner::Flood, "DEL-11"),
    ] {
        assert_eq!(fails_with(manner).await.code, code);
    }
}

#[tokio::test]
async fn an_answer_at_the_limit_is_read() {
    let body = " ".repeat(services::delivery::MAX_ANSWER_BYTES);
    let server = HttpServer::start(Manner::json(200, &body)).await;
    let delivery = delivery(&gateway(server.port, ""));
    assert!(delivery.send_sms(&sms("k")).await.is_ok());
    server.set(Manner::json(200, &format!("{body} ")));
    assert_eq!(delivery.send_sms(&sms("k")).await.unwrap_err().code, "DEL-11");
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let delivery = delivery(&gateway(port, ""));
    assert_eq!(delivery.send_sms(&sms("k")).await.unwrap_err().code, "DEL-02");
    let report = delivery.probe().await.remove(0);
    assert_eq!(report.outcome.unwrap_err().code, "DEL-02");
}

#[tokio::test]
async fn no_gateway_is_a_temporary_failure() {
    let error = delivery("").send_sms(&sms("k")).await.unwrap_err();
    assert_eq!((error.kind, error.code, error.gateway.as_str()), (FailureKind::Temporary, "DEL-01", ""));
    assert_eq!(error.to_string(), "DEL-01: no gateway is configured");
}

#[tokio::test]
async fn every_kind_of_request() {
    let server = HttpServer::start(Manner::json(200, "<r>OK</r>")).await;
    let send = async |api: &str| {
        let settings = format!(
            r#"
            [[sms]]
            kind = "http"
            name = "first"
            values = {{ sender = "A & B" }}
            secrets = {{ token = "s3cret" }}
            [sms.api]
            success = {{ contains = "<r>OK</r>" }}
            {}
            "#,
            api.replace("HERE", &format!("http://127.0.0.1:{}", server.port))
        );
        delivery(&settings).send_sms(&sms("k")).await.unwrap();
        let request = server.take().remove(0);
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    };

    let (head, body) = send(
        r#"
        method = "GET"
        url = "HERE/send/{token}?to={to}&text={text}&from={sender}"
        phone = "national"
        "#,
    )
    .await;
    assert!(
        head.starts_with(
            "GET /send/s3cret?to=0501234567&text=%D7%A7%D7%95%D7%93%3A%20314159%20%22a%26b%22%20%3Cc%3E%0A%2Bd&from=A%20%26%20B HTTP/1.1\r\n"
        ),
        "{head}"
    );
    assert_eq!(body, "");

    let (head, body) = send(
        r#"
        method = "PUT"
        url = "HERE/"
        headers = { "X-Key" = "{key}", "X-Token" = "{token}" }
        body = { kind = "xml", template = '<sms to="{to}" from="{sender}">{text}</sms>' }
        "#,
    )
    .await;
    assert!(
        head.starts_with(
            "PUT / HTTP/1.1\r\nx-key: k\r\nx-token: s3cret\r\ncontent-type: application/xml; charset=utf-8\r\n"
        ),
        "{head}"
    );
    assert_eq!(
        body,
        r#"<sms to="+972501234567" from="A &amp; B">קוד: 314159 &quot;a&amp;b&quot; &lt;c&gt;&#10;+d</sms>"#
    );

    let (head, body) = send(
        r#"
        url = "HERE/"
        phone = "digits"
        headers = { "X-Token" = "{token}" }
        body = { kind = "raw", content_type = "text/plain; charset=utf-8", template = "{to}|{sender}|{text}" }
        "#,
    )
    .await;
    assert!(head.contains("\r\ncontent-type: text/plain; charset=utf-8\r\n"), "{head}");
    assert_eq!(body, "972501234567|A & B|קוד: 314159 \"a&b\" <c>\n+d");
}

#[tokio::test]
async fn https_with_a_root_of_our_own_and_without() {
    let identity = identity();
    let server = HttpServer::start_with(Manner::json(200, "{}"), Some(identity.acceptor)).await;
    let settings = |root: &str| gateway(server.port, root).replace("http://", "https://").replace("= 400", "= 5000");
    let trusting = delivery(&settings(&format!("root_certificate = '{}'", identity.file.path().display())));
    assert!(trusting.send_sms(&sms("k")).await.is_ok());
    assert_eq!(server.take().len(), 1);
    assert_eq!(trusting.probe().await.remove(0).outcome, Ok(()));
    assert_eq!(server.take().len(), 0, "a probe sends nothing");

    let strict = delivery(&settings(""));
    assert_eq!(strict.send_sms(&sms("k")).await.unwrap_err().code, "DEL-03");
    let problem = strict.probe().await.remove(0).outcome.unwrap_err();
    assert_eq!(problem.code, "DEL-03");
    assert!(problem.mend.contains("root_certificate"));
    assert_eq!(server.take().len(), 0);
}
