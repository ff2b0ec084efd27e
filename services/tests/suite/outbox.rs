//! The outbox on both databases: nothing is lost, nothing is leased twice, nothing personal stays.

use std::collections::HashSet;
use std::time::Duration;

use domain::Locale;
use serde_json::json;
use services::clock::{DAY, MINUTE, SECOND};
use services::outbox::{Channel, LeasedMessage, NewDecoy, NewMessage, Outbox, OutboxStats};
use services::{AccountId, Clock as _};

use crate::common::{START, TestContext};
use crate::on_both_databases;

on_both_databases!(
    a_message_comes_out_as_it_went_in,
    recipient_and_payload_are_sealed,
    a_second_message_with_the_same_key_is_ignored,
    many_workers_never_lease_the_same_message,
    a_dead_workers_messages_are_taken_over,
    a_failed_try_waits_longer_each_time,
    only_the_holder_of_the_lease_may_change_a_message,
    what_is_done_is_erased,
    what_outlived_its_purpose_is_dropped,
    a_decoy_does_the_same_work_and_is_never_delivered,
    an_unreadable_message_is_set_aside,
    finished_messages_are_purged,
    figures_for_metrics,
    the_worker_wakes_after_the_commit_and_not_before,
);

fn message(key: &str) -> NewMessage {
    NewMessage {
        idempotency_key: key.to_owned(),
        channel: Channel::Sms,
        event: "sign_in.code",
        locale: Locale::Ar,
        account: Some(AccountId(uuid::Uuid::from_u128(5))),
        recipient: "+972501234567".to_owned(),
        recipient_hint: "05*-****567".to_owned(),
        payload: json!({ "code": "123456" }),
        expires_at: START + 5 * MINUTE,
    }
}

fn decoy(key: &str) -> NewDecoy {
    NewDecoy {
        idempotency_key: key.to_owned(),
        channel: Channel::Sms,
        event: "sign_in.code",
        locale: Locale::Ar,
        payload: json!({ "code": "123456" }),
        expires_at: START + 5 * MINUTE,
    }
}

async fn enqueue(ctx: &TestContext, message: NewMessage) -> bool {
    let mut tx = ctx.db.begin().await.unwrap();
    let id = Outbox::new(ctx.context()).enqueue(&mut tx, message).await.unwrap();
    tx.commit().await.unwrap();
    id.is_some()
}

async fn lease(ctx: &TestContext, owner: &str) -> Vec<LeasedMessage> {
    Outbox::new(ctx.context()).lease(owner, 10, MINUTE).await.unwrap()
}

async fn state(ctx: &TestContext, key: &str) -> String {
    const SQL: &str = "SELECT state FROM outbox WHERE idempotency_key = $1";
    services::on_read!(&ctx.db, |p| sqlx::query_scalar(SQL).bind(key).fetch_one(p).await).unwrap()
}

/// Rows that still hold something sealed.
async fn sealed_rows(ctx: &TestContext) -> i64 {
    ctx.number("SELECT COUNT(*) FROM outbox WHERE recipient_sealed IS NOT NULL OR payload_sealed IS NOT NULL").await
}

async fn a_message_comes_out_as_it_went_in(ctx: TestContext) {
    assert!(lease(&ctx, "w").await.is_empty());
    assert!(enqueue(&ctx, message("k-1")).await);
    ctx.clock.advance(SECOND);
    assert!(enqueue(&ctx, NewMessage { channel: Channel::Mail, account: None, ..message("k-2") }).await);
    let leased = lease(&ctx, "w").await;
    let [first, second] = leased.as_slice() else { panic!("two messages: {leased:?}") };
    assert_eq!((first.idempotency_key.as_str(), first.channel), ("k-1", Channel::Sms));
    assert_eq!((first.event.as_str(), first.locale), ("sign_in.code", Locale::Ar));
    assert_eq!(first.account, Some(AccountId(uuid::Uuid::from_u128(5))));
    assert_eq!(first.recipient, "+972501234567");
    assert_eq!(first.payload, json!({ "code": "123456" }));
    assert_eq!((first.attempts, first.created_at, first.expires_at), (1, START, START + 5 * MINUTE));
    assert_eq!((second.channel, second.account), (Channel::Mail, None));
    let shown = format!("{leased:?} {:?}", message("k"));
    assert!(!shown.contains("972") && !shown.contains("123456"), "{shown}");
    assert!(lease(&ctx, "w").await.is_empty(), "leased messages are taken");
}

async fn recipient_and_payload_are_sealed(ctx: TestContext) {
    enqueue(&ctx, message("k")).await;
    let (recipient, payload): (Vec<u8>, Vec<u8>) =
        services::on_read!(&ctx.db, |p| sqlx::query_as("SELECT recipient_sealed, payload_sealed FROM outbox")
            .fetch_one(p)
            .await)
        .unwrap();
    let text = String::from_utf8_lossy(&[recipient, payload].concat()).into_owned();
    assert!(!text.contains("501234567") && !text.contains("123456"));
}

async fn a_second_message_with_the_same_key_is_ignored(ctx: TestContext) {
    assert!(enqueue(&ctx, message("k")).await);
    assert!(!enqueue(&ctx, NewMessage { recipient: "+972500000009".to_owned(), ..message("k") }).await);
    let leased = lease(&ctx, "w").await;
    assert_eq!(leased.len(), 1);
    assert_eq!(leased[0].recipient, "+972501234567");
    assert!(Outbox::new(ctx.context()).sent(&leased[0], "g").await.unwrap());
    assert!(!enqueue(&ctx, message("k")).await, "a key stays taken after sending");
    assert!(lease(&ctx, "w").await.is_empty());
}

async fn many_workers_never_lease_the_same_message(ctx: TestContext) {
    const MESSAGES: usize = 200;
    let outbox = Outbox::new(ctx.context());
    let mut tx = ctx.db.begin().await.unwrap();
    for n in 0..MESSAGES {
        outbox.enqueue(&mut tx, message(&format!("k-{n}"))).await.unwrap();
    }
    tx.commit().await.unwrap();
    let workers: Vec<_> = (0..16)
        .map(|n| {
            let outbox = outbox.clone();
            tokio::spawn(async move {
                let owner = format!("worker-{n}");
                let mut mine = Vec::new();
                loop {
                    let leased = outbox.lease(&owner, 7, MINUTE).await.unwrap();
                    assert!(leased.len() <= 7);
                    if leased.is_empty() {
                        return mine;
                    }
                    for message in leased {
                        assert!(outbox.sent(&message, "gateway").await.unwrap());
                        mine.push(message.id);
                    }
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), MESSAGES);
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), MESSAGES);
    assert_eq!(ctx.number("SELECT COUNT(*) FROM outbox WHERE state = 'sent' AND attempts = 1").await, 200);
}

async fn a_dead_workers_messages_are_taken_over(ctx: TestContext) {
    enqueue(&ctx, message("k")).await;
    let dead = lease(&ctx, "dead").await;
    ctx.clock.advance(MINUTE - 1);
    assert!(lease(&ctx, "heir").await.is_empty(), "the lease still runs");
    ctx.clock.advance(1);
    let heir = lease(&ctx, "heir").await;
    assert_eq!((heir[0].id, heir[0].attempts), (dead[0].id, 2));
    let outbox = Outbox::new(ctx.context());
    assert!(!outbox.sent(&dead[0], "g").await.unwrap(), "the dead one's word no longer counts");
    assert!(outbox.sent(&heir[0], "g").await.unwrap());
    assert_eq!(state(&ctx, "k").await, "sent");
}

async fn a_failed_try_waits_longer_each_time(ctx: TestContext) {
    let outbox = Outbox::new(ctx.context());
    enqueue(&ctx, NewMessage { expires_at: START + DAY, ..message("k") }).await;
    let mut waits = Vec::new();
    for attempt in 1..=10 {
        let leased = lease(&ctx, "w").await;
        assert_eq!(leased[0].attempts, attempt);
        let due = outbox.retry(&leased[0], "SMS-05").await.unwrap().unwrap();
        waits.push(due - ctx.clock.now());
        ctx.clock.set(due - 1);
        assert!(lease(&ctx, "w").await.is_empty(), "not due yet");
        ctx.clock.set(due);
    }
    for (wait, full) in waits.iter().zip([5, 10, 20, 40, 80, 160, 320, 640, 900, 900]) {
        assert!((full * 500..=full * 1_000).contains(wait), "{waits:?}");
    }
    assert_eq!(ctx.number("SELECT COUNT(*) FROM outbox WHERE last_error = 'SMS-05'").await, 1);
    assert_eq!(lease(&ctx, "w").await.len(), 1);
}

async fn only_the_holder_of_the_lease_may_change_a_message(ctx: TestContext) {
    let outbox = Outbox::new(ctx.context());
    enqueue(&ctx, message("k")).await;
    let first = lease(&ctx, "w").await.remove(0);
    ctx.clock.advance(MINUTE);
    // The same worker, after it was too slow: its earlier try is as dead as another worker's.
    let second = lease(&ctx, "w").await.remove(0);
    assert!(!outbox.sent(&first, "g").await.unwrap());
    assert!(!outbox.fail(&first, "E").await.unwrap());
    assert_eq!(outbox.retry(&first, "E").await.unwrap(), None);
    assert_eq!(state(&ctx, "k").await, "sending");
    assert!(outbox.fail(&second, "SMS-09").await.unwrap());
    assert!(!outbox.sent(&second, "g").await.unwrap(), "what is finished stays finished");
    assert_eq!(state(&ctx, "k").await, "failed");
}

async fn what_is_done_is_erased(ctx: TestContext) {
    let outbox = Outbox::new(ctx.context());
    enqueue(&ctx, message("sent")).await;
    enqueue(&ctx, message("failed")).await;
    let leased = lease(&ctx, "w").await;
    assert_eq!(sealed_rows(&ctx).await, 2);
    for message in &leased {
        if message.idempotency_key == "sent" {
            outbox.sent(message, "inforu").await.unwrap();
        } else {
            outbox.fail(message, "SMS-09").await.unwrap();
        }
    }
    assert_eq!(sealed_rows(&ctx).await, 0);
    let kept = "SELECT COUNT(*) FROM outbox WHERE recipient_hint = '05*-****567' AND finished_at IS NOT NULL \
         AND lease_owner IS NULL AND (gateway = 'inforu' OR last_error = 'SMS-09')";
    assert_eq!(ctx.number(kept).await, 2);
}

async fn what_outlived_its_purpose_is_dropped(ctx: TestContext) {
    let outbox = Outbox::new(ctx.context());
    enqueue(&ctx, message("taken")).await;
    ctx.clock.advance(1);
    enqueue(&ctx, message("waiting")).await;
    ctx.clock.advance(1);
    enqueue(&ctx, NewMessage { expires_at: START + DAY, ..message("later") }).await;
    ctx.clock.set(START + 5 * MINUTE - 1);
    assert_eq!(outbox.expire().await.unwrap(), 0);
    let taken = outbox.lease("w", 1, MINUTE).await.unwrap().remove(0);
    assert_eq!(taken.idempotency_key, "taken");
    ctx.clock.set(START + 5 * MINUTE);
    let leased = lease(&ctx, "other").await;
    assert_eq!(leased.len(), 1);
    assert_eq!(leased[0].idempotency_key, "later", "what is outlived is not leased");
    assert_eq!(outbox.expire().await.unwrap(), 1, "what a worker is sending at this moment is left to it");
    assert_eq!(state(&ctx, "waiting").await, "expired");
    assert_eq!(state(&ctx, "taken").await, "sending");
    ctx.clock.advance(MINUTE);
    assert!(lease(&ctx, "other").await.iter().all(|message| message.idempotency_key == "later"));
    assert_eq!(outbox.expire().await.unwrap(), 1);
    assert_eq!(state(&ctx, "taken").await, "expired");
    assert_eq!(sealed_rows(&ctx).await, 1, "only the one that is still worth sending");
    assert!(!outbox.sent(&taken, "g").await.unwrap());
    assert_eq!(outbox.expire().await.unwrap(), 0);
}

async fn a_decoy_does_the_same_work_and_is_never_delivered(ctx: TestContext) {
    let outbox = Outbox::new(ctx.context());
    let mut tx = ctx.db.begin().await.unwrap();
    assert!(outbox.enqueue(&mut tx, message("real")).await.unwrap().is_some());
    assert!(outbox.enqueue_decoy(&mut tx, decoy("fake")).await.unwrap().is_some());
    assert!(outbox.enqueue_decoy(&mut tx, decoy("fake")).await.unwrap().is_none());
    tx.commit().await.unwrap();
    let sizes: Vec<(i64, i64)> = services::on_read!(&ctx.db, |p| sqlx::query_as(
        "SELECT CAST(length(recipient_sealed) AS BIGINT), CAST(length(payload_sealed) AS BIGINT) FROM outbox"
    )
    .fetch_all(p)
    .await)
    .unwrap();
    assert_eq!(sizes[0], sizes[1], "the same bytes are sealed and written");
    let leased = lease(&ctx, "w").await;
    assert_eq!(leased.len(), 1);
    assert_eq!(leased[0].idempotency_key, "real");
    assert_eq!(state(&ctx, "fake").await, "decoy");
    assert_eq!(outbox.stats().await.unwrap().pending, 0);
    assert_eq!(outbox.expire().await.unwrap(), 0);
    assert_eq!(ctx.number("SELECT COUNT(*) FROM outbox").await, 1, "the decoy is gone");
}

async fn an_unreadable_message_is_set_aside(ctx: TestContext) {
    enqueue(&ctx, message("bad")).await;
    enqueue(&ctx, message("good")).await;
    ctx.execute("UPDATE outbox SET payload_sealed = recipient_sealed WHERE idempotency_key = 'bad'").await.unwrap();
    let leased = lease(&ctx, "w").await;
    assert_eq!(leased.len(), 1);
    assert_eq!(leased[0].idempotency_key, "good");
    assert_eq!(state(&ctx, "bad").await, "failed");
    assert_eq!(ctx.number("SELECT COUNT(*) FROM outbox WHERE last_error = 'CRYPTO-03'").await, 1);
}

async fn finished_messages_are_purged(ctx: TestContext) {
    let outbox = Outbox::new(ctx.context());
    enqueue(&ctx, message("old")).await;
    outbox.sent(&lease(&ctx, "w").await[0], "g").await.unwrap();
    ctx.clock.advance(DAY);
    enqueue(&ctx, NewMessage { expires_at: START + 90 * DAY, ..message("waiting") }).await;
    ctx.clock.advance(29 * DAY);
    assert_eq!(outbox.purge(30).await.unwrap(), 0);
    ctx.clock.advance(1);
    assert_eq!(outbox.purge(30).await.unwrap(), 1);
    assert_eq!(state(&ctx, "waiting").await, "pending");
}

async fn figures_for_metrics(ctx: TestContext) {
    let outbox = Outbox::new(ctx.context());
    assert_eq!(outbox.stats().await.unwrap(), OutboxStats::default());
    for key in ["a", "b", "c"] {
        enqueue(&ctx, message(key)).await;
        ctx.clock.advance(SECOND);
    }
    let leased = outbox.lease("w", 2, MINUTE).await.unwrap();
    outbox.fail(&leased[0], "E").await.unwrap();
    let stats = outbox.stats().await.unwrap();
    assert_eq!((stats.pending, stats.sending, stats.failed, stats.expired), (1, 1, 1, 0));
    assert_eq!(stats.oldest_age_ms, 2 * SECOND);
}

async fn the_worker_wakes_after_the_commit_and_not_before(ctx: TestContext) {
    let outbox = Outbox::new(ctx.context());
    let long = Duration::from_mins(10);
    let woken = tokio::spawn({
        let outbox = outbox.clone();
        async move { outbox.wait_for_work(long).await }
    });
    let mut tx = ctx.db.begin().await.unwrap();
    outbox.enqueue(&mut tx, message("k")).await.unwrap();
    tokio::task::yield_now().await;
    assert!(!woken.is_finished(), "nothing is committed yet");
    tx.commit().await.unwrap();
    woken.await.unwrap();
    // A commit while the worker was busy is not forgotten.
    enqueue(&ctx, message("k-2")).await;
    outbox.wait_for_work(long).await;
    // A rolled-back message wakes nobody, nor does one that was there already.
    let mut tx = ctx.db.begin().await.unwrap();
    outbox.enqueue(&mut tx, message("k-3")).await.unwrap();
    tx.rollback().await.unwrap();
    enqueue(&ctx, message("k")).await;
    let idle = tokio::time::timeout(Duration::from_millis(20), outbox.wait_for_work(long)).await;
    assert!(idle.is_err());
    outbox.wait_for_work(Duration::ZERO).await;
}
