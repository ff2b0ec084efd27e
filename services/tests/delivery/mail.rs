//! Mail servers: the message as it arrives, and every way to fail.

use mail_parser::MessageParser;
use services::delivery::{DeliveryError, FailureKind};

use crate::smtp_server::{Greeting, Rules, SmtpServer};
use crate::tls_server::identity;
use crate::{a_mail, assert_tells_nothing, delivery};

fn gateway(port: u16, more: &str) -> String {
    format!(
        r#"
        [[mail]]
        kind = "smtp"
        name = "first"
        host = "127.0.0.1"
        port = {port}
        from = "portal@nitzanim.example"
        from_name = "בית ספר ניצנים"
        hello_name = "portal.nitzanim.example"
        {more}
        "#
    )
}

const PLAIN: &str = "tls = \"none\"";
const HURRIED: &str = "tls = \"none\"\nconnect_timeout_ms = 700";
const ACCOUNT: &str = "user = \"portal\"\npassword = \"s3cret\"";

async fn fails_with(rules: Rules, more: &str) -> DeliveryError {
    let server = SmtpServer::start(rules).await;
    let error = delivery(&gateway(server.port, more)).send_mail(&a_mail("k")).await.unwrap_err();
    assert_eq!(error.gateway, "first");
    assert_tells_nothing(&error, &error.to_string());
    error
}

#[tokio::test]
async fn the_mail_arrives_as_it_was_written() {
    let server = SmtpServer::start(Rules::default()).await;
    let delivery = delivery(&gateway(server.port, PLAIN));
    let sent = a_mail("key-1");
    assert_eq!(delivery.send_mail(&sent).await.unwrap().gateway, "first");
    assert_eq!(
        server.commands()[..4],
        [
            "EHLO portal.nitzanim.example",
            "MAIL FROM:<portal@nitzanim.example>",
            "RCPT TO:<dana@school.example.org>",
            "DATA"
        ]
    );

    let raw = server.messages().remove(0);
    assert!(raw.is_ascii(), "no server needs 8BITMIME for it");
    let read = MessageParser::default().parse(&raw).unwrap();
    assert_eq!(read.subject(), Some(sent.subject.as_str()));
    let from = read.from().unwrap().first().unwrap();
    assert_eq!((from.name(), from.address()), (Some("בית ספר ניצנים"), Some("portal@nitzanim.example")));
    let to = read.to().unwrap().first().unwrap();
    assert_eq!((to.name(), to.address()), (None, Some("dana@school.example.org")));
    assert_eq!(read.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), sent.text.trim_end());
    assert_eq!(read.body_html(0).unwrap().replace("\r\n", "\n").trim_end(), sent.html.trim_end());
    assert_eq!(read.date().unwrap().to_rfc3339(), "2026-11-22T00:00:00Z");
    let head = String::from_utf8(raw.clone()).unwrap();
    let head = head.split("\r\n\r\n").next().unwrap();
    for line in ["Auto-Submitted: auto-generated", "Content-Language: he", "MIME-Version: 1.0"] {
        assert!(head.contains(line), "{head}");
    }
    assert!(head.contains("multipart/alternative"), "{head}");
    let id = read.message_id().unwrap().to_owned();
    assert!(id.ends_with("@nitzanim.example"), "{id}");

    // The same key is the same message, another key another one.
    delivery.send_mail(&a_mail("key-1")).await.unwrap();
    delivery.send_mail(&a_mail("key-2")).await.unwrap();
    let messages = server.messages();
    assert_eq!(messages[0], messages[1]);
    let other = MessageParser::default().parse(&messages[2]).unwrap();
    assert_ne!(other.message_id().unwrap(), id);
}

#[tokio::test]
async fn a_line_break_in_the_subject_starts_no_header() {
    let server = SmtpServer::start(Rules::default()).await;
    let mut mail = a_mail("k");
    mail.subject = "Hello\r\nBcc: eve@example.org\r\n\r\nbody".to_owned();
    delivery(&gateway(server.port, PLAIN)).send_mail(&mail).await.unwrap();
    let raw = server.messages().remove(0);
    let read = MessageParser::default().parse(&raw).unwrap();
    assert_eq!(read.subject(), Some("Hello  Bcc: eve@example.org    body"));
    assert!(read.bcc().is_none());
    assert!(!server.commands().iter().any(|command| command.contains("eve")));
}

#[tokio::test]
async fn starttls_then_sign_in_then_mail() {
    let identity = identity();
    let rules = Rules { starttls: Some(identity.acceptor), account: Some(("portal", "s3cret")), ..Rules::default() };
    let server = SmtpServer::start(rules).await;
    let root = format!("root_certificate = '{}'\n{ACCOUNT}", identity.file.path().display());
    let delivery = delivery(&gateway(server.port, &root));
    delivery.send_mail(&a_mail("k")).await.unwrap();
    let verbs: Vec<String> =
        server.commands().iter().take(8).map(|command| command.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(verbs[..7], ["EHLO", "STARTTLS", "tls", "EHLO", "AUTH", "MAIL", "RCPT"]);
    assert_eq!(delivery.probe().await.remove(0).outcome, Ok(()));
    assert_eq!(server.messages().len(), 1, "a probe sends nothing");
}

#[tokio::test]
async fn implicit_tls() {
    let identity = identity();
    let rules = Rules { implicit: Some(identity.acceptor), ..Rules::default() };
    let server = SmtpServer::start(rules).await;
    let root = format!("tls = \"implicit\"\nroot_certificate = '{}'", identity.file.path().display());
    delivery(&gateway(server.port, &root)).send_mail(&a_mail("k")).await.unwrap();
    assert_eq!(server.messages().len(), 1);
    // Nobody vouches for the certificate.
    let strict = delivery(&gateway(server.port, "tls = \"implicit\""));
    assert_eq!(strict.send_mail(&a_mail("k")).await.unwrap_err().code, "DEL-03");
    assert_eq!(server.messages().len(), 1);
}

#[tokio::test]
async fn without_starttls_nothing_is_sent() {
    let server = SmtpServer::start(Rules::default()).await;
    let delivery = delivery(&gateway(server.port, ACCOUNT));
    assert_eq!(delivery.send_mail(&a_mail("k")).await.unwrap_err().code, "DEL-03");
    assert_eq!(delivery.probe().await.remove(0).outcome.unwrap_err().code, "DEL-03");
    assert!(!server.commands().iter().any(|c| c.starts_with("AUTH") || c.starts_with("MAIL")));
}

#[tokio::test]
async fn an_untrusted_certificate_gets_no_password() {
    let rules = Rules { starttls: Some(identity().acceptor), account: Some(("portal", "s3cret")), ..Rules::default() };
    let server = SmtpServer::start(rules).await;
    let delivery = delivery(&gateway(server.port, ACCOUNT));
    assert_eq!(delivery.send_mail(&a_mail("k")).await.unwrap_err().code, "DEL-03");
    assert!(!server.commands().iter().any(|c| c.starts_with("AUTH")));
}

#[tokio::test]
async fn a_wrong_password_is_the_gateways_matter() {
    let rules = Rules { account: Some(("portal", "another")), ..Rules::default() };
    let server = SmtpServer::start(rules.clone()).await;
    let delivery = delivery(&gateway(server.port, &format!("{PLAIN}\n{ACCOUNT}")));
    let error = delivery.send_mail(&a_mail("k")).await.unwrap_err();
    assert_eq!((error.kind, error.code, error.status), (FailureKind::Temporary, "DEL-05", Some(535)));
    assert_tells_nothing(&error, &error.to_string());
    let problem = delivery.probe().await.remove(0).outcome.unwrap_err();
    assert_eq!((problem.code, problem.status), ("DEL-05", Some(535)));
    // No account configured, though the server wants one.
    let error = fails_with(rules, PLAIN).await;
    assert_eq!((error.code, error.status), ("DEL-05", Some(530)));
    // An account configured, though the server knows none: the password stays here.
    let error = fails_with(Rules::default(), &format!("{PLAIN}\n{ACCOUNT}")).await;
    assert_eq!((error.code, error.status), ("DEL-05", None));
}

#[tokio::test]
async fn only_a_refused_recipient_is_permanent() {
    use FailureKind::{Permanent, Temporary};
    for (rcpt, kind, code, status) in [
        ("550 5.1.1 <dana@school.example.org> no such user", Permanent, "DEL-07", 550),
        ("550 no such user", Permanent, "DEL-07", 550),
        ("553 5.1.3 bad address", Permanent, "DEL-07", 553),
        ("552 5.2.2 mailbox full", Permanent, "DEL-07", 552),
        ("550 5.7.1 relaying denied for dana@school.example.org", Temporary, "DEL-08", 550),
        ("550 5.1.8 bad sender's domain", Temporary, "DEL-08", 550),
        ("554 no", Temporary, "DEL-08", 554),
        ("450 4.2.0 greylisted, dana@school.example.org", Temporary, "DEL-08", 450),
        ("530 5.7.0 sign in", Temporary, "DEL-05", 530),
    ] {
        let error = fails_with(Rules { rcpt, ..Rules::default() }, PLAIN).await;
        assert_eq!((error.kind, error.code, error.status), (kind, code, Some(status)), "{rcpt}");
    }
}

#[tokio::test]
async fn other_steps_are_the_gateways_matter() {
    for (rules, code, status) in [
        (Rules { mail: "550 5.1.8 who are you?", ..Rules::default() }, "DEL-06", Some(550)),
        (Rules { mail: "451 4.3.0 later", ..Rules::default() }, "DEL-08", Some(451)),
        (Rules { data: "554 5.5.1 no", ..Rules::default() }, "DEL-08", Some(554)),
        (Rules { end: "554 5.6.0 looks like spam: 314159", ..Rules::default() }, "DEL-08", Some(554)),
        (Rules { end: "452 4.3.1 disk full", ..Rules::default() }, "DEL-08", Some(452)),
        (Rules { end: "", ..Rules::default() }, "DEL-09", None),
        (Rules { mail: "what?", ..Rules::default() }, "DEL-09", None),
    ] {
        let error = fails_with(rules, PLAIN).await;
        assert_eq!((error.kind, error.code, error.status), (FailureKind::Temporary, code, status));
    }
}

#[tokio::test]
async fn servers_that_do_not_greet_properly() {
    for (greeting, limits, code) in [
        (Greeting::Silent, HURRIED, "DEL-04"),
        (Greeting::Dribble, HURRIED, "DEL-04"),
        (Greeting::Garbage, PLAIN, "DEL-09"),
        (Greeting::Close, PLAIN, "DEL-09"),
    ] {
        let error = fails_with(Rules { greeting, ..Rules::default() }, limits).await;
        assert_eq!((error.kind, error.code), (FailureKind::Temporary, code));
    }
}

#[tokio::test]
async fn a_server_that_falls_silent_later() {
    let error = fails_with(Rules { mail: "", ..Rules::default() }, "tls = \"none\"\ntimeout_ms = 1500").await;
    assert_eq!((error.kind, error.code), (FailureKind::Temporary, "DEL-04"));
}

#[tokio::test]
async fn a_server_that_is_no_tls_server() {
    let server = SmtpServer::start(Rules::default()).await;
    let delivery = delivery(&gateway(server.port, "tls = \"implicit\""));
    assert_eq!(delivery.send_mail(&a_mail("k")).await.unwrap_err().code, "DEL-03");
}

#[tokio::test]
async fn nobody_listens() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let delivery = delivery(&gateway(port, PLAIN));
    assert_eq!(delivery.send_mail(&a_mail("k")).await.unwrap_err().code, "DEL-02");
    assert_eq!(delivery.probe().await.remove(0).outcome.unwrap_err().code, "DEL-02");
}
