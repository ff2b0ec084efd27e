//! The audit log on both databases: nothing can be changed, cut or slipped in unnoticed.

use std::collections::BTreeSet;

use serde_json::json;
use services::audit::{Audit, AuditEntry, AuditError, AuditEvent, AuditFilter, Outcome};
use services::{KeyRing, PersonId, Sealer, SeededRng};

use crate::common::TestContext;
use crate::on_both_databases;

on_both_databases!(
    an_entry_comes_back_as_it_was_written,
    personal_data_is_sealed,
    the_log_refuses_changes,
    tampering_with_any_column_is_found,
    a_missing_row_is_found,
    a_cut_off_end_is_found,
    rows_slipped_in_are_found,
    a_chain_rebuilt_without_the_key_is_found,
    a_rolled_back_append_leaves_no_gap,
    concurrent_appends_make_one_unbroken_chain,
    many_rows_at_once_continue_the_chain,
    rows_appended_at_once_are_undone_together,
    a_long_log_is_verified_in_batches,
    the_log_outlives_a_key_rotation,
    listing_narrows_and_pages,
    listing_narrows_by_time_and_outcome,
);

fn person(n: u128) -> PersonId {
    PersonId(uuid::Uuid::from_u128(n))
}

/// An entry that fills every column.
fn full(ctx: &TestContext) -> AuditEntry {
    AuditEntry::new(AuditEvent::PersonChanged, Outcome::Success, &ctx.visit([203, 0, 113, 9]))
        .actor(person(1))
        .person(person(2))
        .detail("fields", json!(["mobile"]))
        .before(json!({ "mobile": "+972501234567" }))
        .after(json!({ "mobile": "+972507654321" }))
}

async fn append(ctx: &TestContext, entry: AuditEntry) -> i64 {
    let mut tx = ctx.db.begin().await.unwrap();
    let seq = Audit::new(ctx.context()).append(&mut tx, entry).await.unwrap();
    tx.commit().await.unwrap();
    seq
}

async fn append_many(ctx: &TestContext, n: usize) {
    for _ in 0..n {
        ctx.clock.advance(1);
        append(ctx, full(ctx)).await;
    }
}

/// The row that `verify` complains about.
async fn broken_at(ctx: &TestContext) -> i64 {
    match Audit::new(ctx.context()).verify().await {
        Err(AuditError::Broken { seq, .. }) => seq,
        other => panic!("nothing was noticed: {other:?}"),
    }
}

/// Takes the triggers away, as the owner of the database can.
async fn disarm(ctx: &TestContext) {
    let statements: &[&str] = match ctx.db.backend() {
        services::store::Backend::Sqlite => &["DROP TRIGGER audit_log_no_update", "DROP TRIGGER audit_log_no_delete"],
        services::store::Backend::Postgres => &["DROP TRIGGER audit_log_append_only ON audit_log"],
    };
    for statement in statements {
        ctx.execute(statement).await.unwrap();
    }
}

async fn an_entry_comes_back_as_it_was_written(ctx: TestContext) {
    let audit = Audit::new(ctx.context());
    assert_eq!(audit.verify().await.unwrap().rows, 0, "an empty log is a good one");
    assert_eq!(append(&ctx, full(&ctx)).await, 1);
    let bare = AuditEntry::by_operator(AuditEvent::KeysRotated, Outcome::Success, "run-7");
    assert_eq!(append(&ctx, bare).await, 2);

    let filter = AuditFilter { limit: 10, ..AuditFilter::default() };
    let records = audit.list(&filter).await.unwrap();
    let [second, first] = records.as_slice() else { panic!("two rows, newest first") };
    assert_eq!((first.seq, first.at), (1, crate::common::START));
    assert_eq!((first.event, first.outcome), (AuditEvent::PersonChanged, Outcome::Success));
    assert_eq!((first.actor, first.person), (Some(person(1)), Some(person(2))));
    assert_eq!(first.address, Some([203, 0, 113, 9].into()));
    assert_eq!(first.detail["fields"], json!(["mobile"]));
    assert_eq!(first.before, Some(json!({ "mobile": "+972501234567" })));
    assert_eq!(first.after, Some(json!({ "mobile": "+972507654321" })));
    assert_eq!(second.request_id, "run-7");
    assert!(second.actor.is_none() && second.address.is_none() && second.before.is_none());
    let shown = format!("{records:?} {:?}", full(&ctx));
    assert!(!shown.contains("203.0.113") && !shown.contains("+972"), "{shown}");

    let report = audit.verify().await.unwrap();
    assert_eq!(report.rows, 2);
    assert_ne!(report.head, [0; 32]);
}

async fn personal_data_is_sealed(ctx: TestContext) {
    append(&ctx, full(&ctx)).await;
    let leaks = "SELECT COUNT(*) FROM audit_log WHERE detail LIKE '%972%' OR detail LIKE '%203.0%'";
    assert_eq!(ctx.number(leaks).await, 0);
    let (address, before): (Vec<u8>, Vec<u8>) =
        services::on_read!(&ctx.db, |p| sqlx::query_as("SELECT address_sealed, before_sealed FROM audit_log")
            .fetch_one(p)
            .await)
        .unwrap();
    for sealed in [address, before] {
        let text = String::from_utf8_lossy(&sealed).into_owned();
        assert!(!text.contains("203.0") && !text.contains("972"), "{text}");
    }
}

async fn the_log_refuses_changes(ctx: TestContext) {
    append_many(&ctx, 2).await;
    let mut attempts = vec!["UPDATE audit_log SET outcome = 'failure'", "DELETE FROM audit_log WHERE seq = 2"];
    if ctx.db.backend() == services::store::Backend::Postgres {
        attempts.push("TRUNCATE audit_log");
    }
    for attempt in attempts {
        let error = ctx.execute(attempt).await.unwrap_err().to_string();
        assert!(error.contains("append-only"), "{attempt}: {error}");
    }
    assert_eq!(Audit::new(ctx.context()).verify().await.unwrap().rows, 2);
}

async fn tampering_with_any_column_is_found(ctx: TestContext) {
    append_many(&ctx, 3).await;
    disarm(&ctx).await;
    let (blob, id) = match ctx.db.backend() {
        services::store::Backend::Sqlite => ("X'01'", "X'00000000000000000000000000000009'"),
        services::store::Backend::Postgres => ("'\\x01'", "'00000000-0000-0000-0000-000000000009'"),
    };
    let columns = [
        ("at", "at + 1".to_owned()),
        ("event", "'session.sign_out'".to_owned()),
        ("outcome", "'failure'".to_owned()),
        ("actor_id", id.to_owned()),
        ("actor_id", "NULL".to_owned()),
        ("person_id", id.to_owned()),
        ("person_id", "NULL".to_owned()),
        ("request_id", "''".to_owned()),
        ("address_sealed", blob.to_owned()),
        ("address_sealed", "NULL".to_owned()),
        ("detail", "'{}'".to_owned()),
        ("before_sealed", "after_sealed".to_owned()),
        ("before_sealed", "NULL".to_owned()),
        ("after_sealed", "before_sealed".to_owned()),
        ("after_sealed", "NULL".to_owned()),
        ("previous_hash", blob.to_owned()),
        ("hash", blob.to_owned()),
        // The sequence number last: it moves the row.
        ("seq", "77".to_owned()),
    ];
    let audit = Audit::new(ctx.context());
    for (column, value) in columns {
        ctx.execute("CREATE TABLE kept AS SELECT * FROM audit_log").await.unwrap();
        let sql = format!("UPDATE audit_log SET {column} = {value} WHERE seq = 2");
        assert_eq!(ctx.execute(&sql).await.unwrap(), 1);
        assert_eq!(broken_at(&ctx).await, 2, "{column} = {value}");
        ctx.execute("DELETE FROM audit_log").await.unwrap();
        ctx.execute("INSERT INTO audit_log SELECT * FROM kept").await.unwrap();
        ctx.execute("DROP TABLE kept").await.unwrap();
        assert_eq!(audit.verify().await.unwrap().rows, 3, "put back after {column}");
    }
}

async fn a_missing_row_is_found(ctx: TestContext) {
    append_many(&ctx, 5).await;
    disarm(&ctx).await;
    ctx.execute("DELETE FROM audit_log WHERE seq = 3").await.unwrap();
    assert_eq!(broken_at(&ctx).await, 3);
    // Closing the gap by renumbering does not help.
    ctx.execute("UPDATE audit_log SET seq = 3 WHERE seq = 4").await.unwrap();
    assert_eq!(broken_at(&ctx).await, 3);
}

async fn a_cut_off_end_is_found(ctx: TestContext) {
    append_many(&ctx, 5).await;
    disarm(&ctx).await;
    ctx.execute("DELETE FROM audit_log WHERE seq > 3").await.unwrap();
    assert_eq!(broken_at(&ctx).await, 4);
    ctx.execute("UPDATE audit_head SET seq = 3").await.unwrap();
    assert_eq!(broken_at(&ctx).await, 3, "the head's hash is that of row 5");
    ctx.execute("DELETE FROM audit_log").await.unwrap();
    assert_eq!(broken_at(&ctx).await, 1);
    ctx.execute("DELETE FROM audit_head").await.unwrap();
    assert_eq!(broken_at(&ctx).await, 0);
}

async fn rows_slipped_in_are_found(ctx: TestContext) {
    append_many(&ctx, 2).await;
    let copy = |seq: i64| {
        format!(
            "INSERT INTO audit_log SELECT {seq}, at, event, outcome, actor_id, person_id, request_id, address_sealed, \
                 detail, before_sealed, after_sealed, previous_hash, hash FROM audit_log WHERE seq = 2"
        )
    };
    ctx.execute(&copy(3)).await.unwrap();
    assert_eq!(broken_at(&ctx).await, 3);
    disarm(&ctx).await;
    ctx.execute("DELETE FROM audit_log WHERE seq = 3").await.unwrap();
    Audit::new(ctx.context()).verify().await.unwrap();
    ctx.execute(&copy(0)).await.unwrap();
    assert_eq!(broken_at(&ctx).await, 0);
}

async fn a_chain_rebuilt_without_the_key_is_found(ctx: TestContext) {
    // Somebody who can write everything in the database, but has keys of their own.
    let stranger = ctx.with_ring(&KeyRing::generate(&SeededRng::new(666), 0));
    append_many(&stranger, 3).await;
    assert_eq!(Audit::new(stranger.context()).verify().await.unwrap().rows, 3);
    assert_eq!(broken_at(&ctx).await, 1);
}

async fn a_rolled_back_append_leaves_no_gap(ctx: TestContext) {
    let audit = Audit::new(ctx.context());
    append_many(&ctx, 1).await;
    let mut tx = ctx.db.begin().await.unwrap();
    assert_eq!(audit.append(&mut tx, full(&ctx)).await.unwrap(), 2);
    tx.rollback().await.unwrap();
    let mut tx = ctx.db.begin().await.unwrap();
    audit.append(&mut tx, full(&ctx)).await.unwrap();
    drop(tx);
    assert_eq!(append(&ctx, full(&ctx)).await, 2);
    // Two rows in one transaction continue each other.
    let mut tx = ctx.db.begin().await.unwrap();
    assert_eq!(audit.append(&mut tx, full(&ctx)).await.unwrap(), 3);
    assert_eq!(audit.append(&mut tx, full(&ctx)).await.unwrap(), 4);
    tx.commit().await.unwrap();
    assert_eq!(audit.verify().await.unwrap().rows, 4);
}

async fn concurrent_appends_make_one_unbroken_chain(ctx: TestContext) {
    let mut tasks = Vec::new();
    for n in 0..32 {
        let ctx = ctx.clone();
        tasks.push(tokio::spawn(async move {
            let mut numbers = Vec::new();
            for _ in 0..5 {
                numbers.push(append(&ctx, full(&ctx).detail("task", n)).await);
                // Reading the whole log meanwhile never finds it broken.
                Audit::new(ctx.context()).verify().await.unwrap();
            }
            numbers
        }));
    }
    let mut numbers = BTreeSet::new();
    for task in tasks {
        numbers.extend(task.await.unwrap());
    }
    assert!(numbers.iter().copied().eq(1..=160));
    assert_eq!(Audit::new(ctx.context()).verify().await.unwrap().rows, 160);
}

async fn many_rows_at_once_continue_the_chain(ctx: TestContext) {
    let audit = Audit::new(ctx.context());
    append(&ctx, full(&ctx)).await;
    // More than two statements, the last of them with fewer rows.
    let entry = |n: i64| full(&ctx).detail("number", n).after(json!({ "number": n }));
    let mut tx = ctx.db.begin().await.unwrap();
    audit.append_all(&mut tx, (2..=1_001).map(entry).collect()).await.unwrap();
    audit.append_all(&mut tx, Vec::new()).await.unwrap();
    audit
        .append_all(&mut tx, vec![AuditEntry::by_operator(AuditEvent::KeysRotated, Outcome::Success, "run-7")])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(append(&ctx, full(&ctx)).await, 1_003);
    assert_eq!(audit.verify().await.unwrap().rows, 1_003);

    let filter = AuditFilter { before_seq: Some(402), limit: 2, ..AuditFilter::default() };
    let records = audit.list(&filter).await.unwrap();
    let [second, first] = records.as_slice() else { panic!("two rows, newest first") };
    assert_eq!((first.seq, second.seq), (400, 401));
    assert_eq!(
        (first.at, first.event, first.outcome),
        (crate::common::START, AuditEvent::PersonChanged, Outcome::Success)
    );
    assert_eq!((first.actor, first.person), (Some(person(1)), Some(person(2))));
    assert_eq!(first.address, Some([203, 0, 113, 9].into()));
    assert_eq!(first.detail["number"], json!(400));
    assert_eq!(first.before, Some(json!({ "mobile": "+972501234567" })));
    assert_eq!(second.after, Some(json!({ "number": 401 })));
}

async fn rows_appended_at_once_are_undone_together(ctx: TestContext) {
    let audit = Audit::new(ctx.context());
    append_many(&ctx, 1).await;
    let mut tx = ctx.db.begin().await.unwrap();
    audit.append_all(&mut tx, vec![full(&ctx); 500]).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(append(&ctx, full(&ctx)).await, 2);

    // Several at a time beside single ones: nobody's rows come between another's.
    let mut tasks = Vec::new();
    for n in 0..8 {
        let ctx = ctx.clone();
        tasks.push(tokio::spawn(async move {
            let mut tx = ctx.db.begin().await.unwrap();
            let entries = (0..450).map(|_| full(&ctx).detail("task", n)).collect();
            Audit::new(ctx.context()).append_all(&mut tx, entries).await.unwrap();
            tx.commit().await.unwrap();
            append(&ctx, full(&ctx)).await;
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(audit.verify().await.unwrap().rows, 2 + 8 * 451);
}

async fn a_long_log_is_verified_in_batches(ctx: TestContext) {
    let audit = Audit::new(ctx.context());
    let mut tx = ctx.db.begin().await.unwrap();
    for _ in 0..1_201 {
        let entry = AuditEntry::by_operator(AuditEvent::SignOut, Outcome::Success, "r");
        audit.append(&mut tx, entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut steps = Vec::new();
    let report = audit.verify_with(|done, all| steps.push((done, all))).await.unwrap();
    assert_eq!(report.rows, 1_201);
    assert_eq!(steps, [(500, 1_201), (1_000, 1_201), (1_201, 1_201)]);
    disarm(&ctx).await;
    ctx.execute("UPDATE audit_log SET at = 0 WHERE seq = 1001").await.unwrap();
    assert_eq!(broken_at(&ctx).await, 1_001);
}

async fn the_log_outlives_a_key_rotation(ctx: TestContext) {
    append_many(&ctx, 1).await;
    let mut ring = ctx.ring.clone();
    ring.rotate(ctx.rng.as_ref(), crate::common::START);
    let ctx = ctx.with_ring(&ring);
    append_many(&ctx, 1).await;
    let audit = Audit::new(ctx.context());
    let filter = AuditFilter { limit: 10, ..AuditFilter::default() };
    let records = audit.list(&filter).await.unwrap();
    assert!(records.iter().all(|record| record.address == Some([203, 0, 113, 9].into())));
    assert_eq!(audit.verify().await.unwrap().rows, 2);
    // Without the old key the row cannot be opened, and says so.
    let other =
        Audit::new(services::Context { sealer: Sealer::new(&KeyRing::generate(ctx.rng.as_ref(), 0)), ..ctx.context() });
    let error = other.list(&filter).await.unwrap_err();
    assert!(matches!(error, AuditError::Crypto { seq: 2, .. }), "{error:?}");
}

async fn listing_narrows_and_pages(ctx: TestContext) {
    let audit = Audit::new(ctx.context());
    for n in 0..12_u128 {
        let event = if n % 2 == 0 { AuditEvent::SignOut } else { AuditEvent::PersonChanged };
        let entry =
            AuditEntry::by_operator(event, Outcome::Success, "r").actor(person(n % 3)).person(person(100 + n % 4));
        append(&ctx, entry).await;
    }
    let list = |filter: AuditFilter| {
        let audit = audit.clone();
        async move { audit.list(&filter).await.unwrap().iter().map(|record| record.seq).collect::<Vec<_>>() }
    };
    let all = AuditFilter { limit: 100, ..AuditFilter::default() };
    assert_eq!(list(all.clone()).await, (1..=12).rev().collect::<Vec<_>>());
    assert_eq!(list(AuditFilter { limit: 3, ..all.clone() }).await, [12, 11, 10]);
    assert_eq!(list(AuditFilter { limit: 3, before_seq: Some(10), ..all.clone() }).await, [9, 8, 7]);
    assert_eq!(list(AuditFilter { person: Some(person(101)), ..all.clone() }).await, [10, 6, 2]);
    assert_eq!(list(AuditFilter { actor: Some(person(2)), ..all.clone() }).await, [12, 9, 6, 3]);
    assert_eq!(list(AuditFilter { person: Some(person(101)), actor: Some(person(2)), ..all.clone() }).await, [6]);
    assert_eq!(list(AuditFilter { event: Some(AuditEvent::SignOut), ..all.clone() }).await, [11, 9, 7, 5, 3, 1]);
    assert_eq!(
        list(AuditFilter { event: Some(AuditEvent::SignOut), actor: Some(person(2)), ..all.clone() }).await,
        [9, 3]
    );
    assert_eq!(list(AuditFilter { person: Some(person(5)), ..all.clone() }).await, [0_i64; 0]);
    assert_eq!(list(AuditFilter { limit: 0, ..all }).await, [0_i64; 0]);
}

async fn listing_narrows_by_time_and_outcome(ctx: TestContext) {
    let audit = Audit::new(ctx.context());
    for outcome in [Outcome::Success, Outcome::Failure, Outcome::Refused, Outcome::Success] {
        append(&ctx, AuditEntry::by_operator(AuditEvent::SignOut, outcome, "r")).await;
        ctx.clock.advance(1_000);
    }
    let list = |filter: AuditFilter| {
        let audit = audit.clone();
        async move { audit.list(&filter).await.unwrap().iter().map(|record| record.seq).collect::<Vec<_>>() }
    };
    let all = AuditFilter { limit: 100, ..AuditFilter::default() };
    assert_eq!(list(AuditFilter { outcome: Some(Outcome::Success), ..all.clone() }).await, [4, 1]);
    assert_eq!(list(AuditFilter { outcome: Some(Outcome::Refused), ..all.clone() }).await, [3]);
    let second = crate::common::START + 1_000;
    assert_eq!(list(AuditFilter { since: Some(second), ..all.clone() }).await, [4, 3, 2]);
    assert_eq!(list(AuditFilter { until: Some(second), ..all.clone() }).await, [1]);
    assert_eq!(list(AuditFilter { since: Some(second), until: Some(second + 1), ..all }).await, [2]);
}
