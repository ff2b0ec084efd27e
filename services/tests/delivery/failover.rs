//! Which gateway is asked, and in what order.

use std::sync::Arc;

use services::ManualClock;
use services::delivery::{CIRCUIT_COOL_DOWN_MS, CIRCUIT_FAILURES, FailureKind};

use crate::http_server::{HttpServer, Manner};
use crate::smtp_server::{Rules, SmtpServer};
use crate::{NOW, a_mail, build, delivery, sms};

fn two(first: &HttpServer, second: &HttpServer) -> String {
    [("first", first), ("second", second)]
        .map(|(name, server)| {
            format!(
                r#"
                [[sms]]
                kind = "http"
                name = "{name}"
                [sms.api]
                url = "http://127.0.0.1:{}/"
                body = {{ kind = "json", template = '["{{to}}","{{text}}"]' }}
                success = {{ status = [200, 200] }}
                bad_recipient = [{{ json = {{ "/number" = "bad" }} }}]
                "#,
                server.port
            )
        })
        .concat()
}

fn works() -> Manner {
    Manner::json(200, "{}")
}

fn broken() -> Manner {
    Manner::json(500, "{}")
}

#[tokio::test]
async fn the_first_that_takes_it_gets_it() {
    let (first, second) = (HttpServer::start(works()).await, HttpServer::start(works()).await);
    let delivery = delivery(&two(&first, &second));
    assert_eq!(delivery.send_sms(&sms("k")).await.unwrap().gateway, "first");
    assert_eq!((first.take().len(), second.take().len()), (1, 0));
    for manner in [broken(), Manner::Close, Manner::json(302, "")] {
        first.set(manner);
        assert_eq!(delivery.send_sms(&sms("k")).await.unwrap().gateway, "second");
        assert_eq!((first.take().len(), second.take().len()), (1, 1));
        first.set(works());
        assert_eq!(delivery.send_sms(&sms("k")).await.unwrap().gateway, "first");
        assert_eq!((first.take().len(), second.take().len()), (1, 0));
    }
}

#[tokio::test]
async fn a_refused_recipient_ends_it() {
    let refuses = Manner::json(400, r#"{"number":"bad"}"#);
    let (first, second) = (HttpServer::start(refuses).await, HttpServer::start(works()).await);
    let delivery = delivery(&two(&first, &second));
    // As often as would make a failing gateway rest: a refusal is no failure of the gateway.
    for _ in 0..=CIRCUIT_FAILURES {
        let error = delivery.send_sms(&sms("k")).await.unwrap_err();
        assert_eq!((error.kind, error.gateway.as_str()), (FailureKind::Permanent, "first"));
    }
    assert_eq!(second.take().len(), 0);
}

#[tokio::test]
async fn all_broken_is_temporary() {
    let (first, second) = (HttpServer::start(broken()).await, HttpServer::start(broken()).await);
    let error = delivery(&two(&first, &second)).send_sms(&sms("k")).await.unwrap_err();
    assert_eq!((error.kind, error.gateway.as_str()), (FailureKind::Temporary, "second"));
    assert_eq!((first.take().len(), second.take().len()), (1, 1));
}

#[tokio::test]
async fn a_gateway_that_keeps_failing_is_asked_last_for_a_while() {
    let (first, second) = (HttpServer::start(broken()).await, HttpServer::start(works()).await);
    let clock = Arc::new(ManualClock::new(NOW));
    let delivery = build(&two(&first, &second), Arc::clone(&clock)).unwrap();
    for _ in 0..CIRCUIT_FAILURES {
        delivery.send_sms(&sms("k")).await.unwrap();
    }
    let failures = usize::try_from(CIRCUIT_FAILURES).unwrap();
    assert_eq!((first.take().len(), second.take().len()), (failures, failures));

    clock.advance(CIRCUIT_COOL_DOWN_MS - 1);
    assert_eq!(delivery.send_sms(&sms("k")).await.unwrap().gateway, "second");
    assert_eq!((first.take().len(), second.take().len()), (0, 1));

    // Last, not never.
    second.set(broken());
    first.set(works());
    assert_eq!(delivery.send_sms(&sms("k")).await.unwrap().gateway, "first");
    assert_eq!((first.take().len(), second.take().len()), (1, 1));
    // It works again, so it is the first again at once.
    assert_eq!(delivery.send_sms(&sms("k")).await.unwrap().gateway, "first");
    assert_eq!((first.take().len(), second.take().len()), (1, 0));
}

#[tokio::test]
async fn after_the_cool_down_the_order_is_as_before() {
    let (first, second) = (HttpServer::start(broken()).await, HttpServer::start(works()).await);
    let clock = Arc::new(ManualClock::new(NOW));
    let delivery = build(&two(&first, &second), Arc::clone(&clock)).unwrap();
    for _ in 0..CIRCUIT_FAILURES {
        delivery.send_sms(&sms("k")).await.unwrap();
    }
    first.take();
    clock.advance(CIRCUIT_COOL_DOWN_MS);
    delivery.send_sms(&sms("k")).await.unwrap();
    assert_eq!(first.take().len(), 1);
    // It failed again, so it rests again, from now on.
    delivery.send_sms(&sms("k")).await.unwrap();
    assert_eq!(first.take().len(), 0);
    // A clock that was set back does not make it rest for longer than the cool-down.
    clock.advance(-10 * CIRCUIT_COOL_DOWN_MS);
    delivery.send_sms(&sms("k")).await.unwrap();
    assert_eq!(first.take().len(), 1);
}

#[tokio::test]
async fn mail_fails_over_too() {
    let greylisting = SmtpServer::start(Rules { rcpt: "450 4.2.0 later", ..Rules::default() }).await;
    let willing = SmtpServer::start(Rules::default()).await;
    let settings = [("first", &greylisting), ("second", &willing)].map(|(name, server)| {
        format!(
            "[[mail]]\nkind = \"smtp\"\nname = \"{name}\"\nhost = \"localhost\"\nport = {}\ntls = \"none\"\nfrom = \"a@b.example\"\n",
            server.port
        )
    });
    let delivered = delivery(&settings.concat()).send_mail(&a_mail("k")).await.unwrap();
    assert_eq!(delivered.gateway, "second");
    assert_eq!((greylisting.messages().len(), willing.messages().len()), (0, 1));
}
