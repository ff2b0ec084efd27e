#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
use super::*;

const PATIENCE: Duration = Duration::from_mins(1);

async fn lender(folder: &tempfile::TempDir, size: u32, patience: Duration) -> Lender {
    let options = SqliteConnectOptions::new().filename(folder.path().join("t.sqlite")).create_if_missing(true);
    Lender::connect(options, size, patience).await.unwrap()
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) {
    sqlx::query(sql).execute(connection).await.unwrap();
}

async fn rows(connection: &mut SqliteConnection) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM t").fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn a_transaction_that_is_dropped_is_undone_before_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let lender = lender(&folder, 1, PATIENCE).await;
    run(lender.lend().await.unwrap().get().unwrap(), "CREATE TABLE t (x)").await;
    let mut dropped = lender.begin("BEGIN IMMEDIATE").await.unwrap();
    run(dropped.get().unwrap(), "INSERT INTO t VALUES (1)").await;
    drop(dropped);
    let mut kept = lender.begin("BEGIN IMMEDIATE").await.unwrap();
    assert_eq!(rows(kept.get().unwrap()).await, 0);
    run(kept.get().unwrap(), "INSERT INTO t VALUES (2)").await;
    kept.commit().await.unwrap();
    let mut undone = lender.begin("BEGIN IMMEDIATE").await.unwrap();
    run(undone.get().unwrap(), "INSERT INTO t VALUES (3)").await;
    undone.rollback().await.unwrap();
    assert_eq!(rows(lender.lend().await.unwrap().get().unwrap()).await, 1);
}

#[tokio::test]
async fn a_commit_that_nobody_waited_for_leaves_the_next_alone() {
    let folder = tempfile::tempdir().unwrap();
    let lender = lender(&folder, 1, PATIENCE).await;
    run(lender.lend().await.unwrap().get().unwrap(), "CREATE TABLE t (x)").await;
    let mut tx = lender.begin("BEGIN IMMEDIATE").await.unwrap();
    run(tx.get().unwrap(), "INSERT INTO t VALUES (1)").await;
    // Asked once, so that the command is on its way, and given up.
    let pending = tokio::select! {
        biased;
        _ = tx.commit() => false,
        () = std::future::ready(()) => true,
    };
    assert!(pending);
    let mut next = lender.begin("BEGIN IMMEDIATE").await.unwrap();
    run(next.get().unwrap(), "INSERT INTO t VALUES (2)").await;
    next.commit().await.unwrap();
    assert_eq!(rows(lender.lend().await.unwrap().get().unwrap()).await, 2);
}

#[tokio::test]
async fn whoever_waits_too_long_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let lender = lender(&folder, 1, Duration::from_millis(1)).await;
    let lent = lender.lend().await.unwrap();
    assert!(matches!(lender.lend().await, Err(Error::PoolTimedOut)));
    drop(lent);
    assert!(lender.lend().await.is_ok());
}

#[tokio::test]
async fn closing_waits_for_what_is_lent_and_lends_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let lender = lender(&folder, 2, PATIENCE).await;
    let lent = lender.lend().await.unwrap();
    let closing = lender.clone();
    let closing = tokio::spawn(async move { closing.close().await });
    tokio::task::yield_now().await;
    assert!(!closing.is_finished());
    drop(lent);
    closing.await.unwrap();
    assert!(matches!(lender.lend().await, Err(Error::PoolClosed)));
}

#[tokio::test]
async fn a_connection_of_no_use_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let lender = lender(&folder, 1, PATIENCE).await;
    let mut lent = lender.lend().await.unwrap();
    lent.look::<()>(&Err(Error::WorkerCrashed));
    assert!(matches!(lent.get(), Err(Error::WorkerCrashed)));
    drop(lent);
    assert!(lender.lend().await.unwrap().get().is_ok());
}

/// How many rows another process would see.
async fn seen(folder: &tempfile::TempDir) -> i64 {
    let options = SqliteConnectOptions::new().filename(folder.path().join("t.sqlite")).read_only(true);
    rows(&mut options.connect().await.unwrap()).await
}

/// A lender of one connection to a table that takes each number once.
async fn table(folder: &tempfile::TempDir) -> Lender {
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("t.sqlite"))
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
        .create_if_missing(true);
    let lender = Lender::connect(options, 1, PATIENCE).await.unwrap();
    run(lender.lend().await.unwrap().get().unwrap(), "CREATE TABLE t (x INTEGER PRIMARY KEY)").await;
    lender
}

async fn shared(lender: &Lender) -> SqliteTx {
    lender.begin_shared("BEGIN IMMEDIATE").await.unwrap()
}

type Told = tokio::task::JoinHandle<Result<(), Error>>;

/// Somebody has written the first row, and somebody else waits to begin by a statement that may share a commit, or may not.
async fn one_and_next(lender: &Lender, shares: bool) -> (SqliteTx, tokio::task::JoinHandle<SqliteTx>) {
    let mut first = shared(lender).await;
    run(first.get().unwrap(), "INSERT INTO t VALUES (1)").await;
    let next = lender.clone();
    let waiting = tokio::spawn(async move {
        let statement = "BEGIN IMMEDIATE";
        if shares { next.begin_shared(statement).await } else { next.begin(statement).await }.unwrap()
    });
    while lender.0.waiting.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    (first, waiting)
}

/// Somebody has written the first row and waits for the commit, because somebody else has begun already.
async fn one_behind_another(lender: &Lender) -> (Told, SqliteTx) {
    let (first, waiting) = one_and_next(lender, true).await;
    let told = tokio::spawn(first.commit());
    let behind = waiting.await.unwrap();
    assert!(behind.sharing == Some(Sharing::Behind) && !told.is_finished());
    (told, behind)
}

#[tokio::test]
async fn who_is_alone_commits_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let lender = table(&folder).await;
    let mut tx = shared(&lender).await;
    run(tx.get().unwrap(), "INSERT INTO t VALUES (1)").await;
    tx.commit().await.unwrap();
    assert_eq!(seen(&folder).await, 1);
}

#[tokio::test]
async fn who_follows_commits_for_both_and_nobody_is_told_before() {
    let folder = tempfile::tempdir().unwrap();
    let lender = table(&folder).await;
    let (told, mut behind) = one_behind_another(&lender).await;
    assert_eq!(rows(behind.get().unwrap()).await, 1, "one goes on from what the other has written");
    assert_eq!(seen(&folder).await, 0);
    run(behind.get().unwrap(), "INSERT INTO t VALUES (2)").await;
    assert!(!told.is_finished());
    behind.commit().await.unwrap();
    told.await.unwrap().unwrap();
    assert_eq!(seen(&folder).await, 2);
}

#[tokio::test]
async fn who_follows_and_undoes_their_work_undoes_nobody_elses() {
    for drops in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let lender = table(&folder).await;
        let (told, mut behind) = one_behind_another(&lender).await;
        run(behind.get().unwrap(), "INSERT INTO t VALUES (2)").await;
        if drops {
            drop(behind);
        } else {
            behind.rollback().await.unwrap();
            assert_eq!(seen(&folder).await, 1, "what it has seen is stored");
        }
        // Nobody else comes.
        told.await.unwrap().unwrap();
        assert_eq!(seen(&folder).await, 1);
        let mut next = shared(&lender).await;
        run(next.get().unwrap(), "INSERT INTO t VALUES (3)").await;
        next.commit().await.unwrap();
        assert_eq!(seen(&folder).await, 2);
    }
}

#[tokio::test]
async fn who_shares_with_nobody_finds_a_settled_connection() {
    let folder = tempfile::tempdir().unwrap();
    let lender = table(&folder).await;
    let (first, waiting) = one_and_next(&lender, false).await;
    first.commit().await.unwrap();
    let alone = waiting.await.unwrap();
    assert_eq!(seen(&folder).await, 1, "it is told of its commit while the next is at work");
    alone.rollback().await.unwrap();
    assert_eq!(seen(&folder).await, 1);
}

#[tokio::test]
async fn what_is_left_open_is_committed_when_the_next_has_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let lender = table(&folder).await;
    let (first, waiting) = one_and_next(&lender, true).await;
    let told = tokio::spawn(first.commit());
    tokio::task::yield_now().await;
    waiting.abort();
    // It may have begun before that.
    drop(waiting.await);
    told.await.unwrap().unwrap();
    assert_eq!(seen(&folder).await, 1);
}

#[tokio::test]
async fn whose_caller_has_gone_does_not_keep_the_others_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let lender = table(&folder).await;
    let (told, mut behind) = one_behind_another(&lender).await;
    run(behind.get().unwrap(), "INSERT INTO t VALUES (2)").await;
    // Asked once, so that it is on its way, and given up.
    let pending = tokio::select! {
        biased;
        _ = behind.commit() => false,
        () = std::future::ready(()) => true,
    };
    assert!(pending);
    told.await.unwrap().unwrap();
    // A transaction that is dropped later is undone all the same.
    let mut dropped = shared(&lender).await;
    run(dropped.get().unwrap(), "INSERT INTO t VALUES (3)").await;
    drop(dropped);
    let before = seen(&folder).await;
    let mut next = shared(&lender).await;
    run(next.get().unwrap(), "INSERT INTO t VALUES (4)").await;
    next.commit().await.unwrap();
    assert_eq!(seen(&folder).await, before + 1);
    assert!((1..=2).contains(&before), "the one that was given up, and nothing of the one that was dropped: {before}");
}

#[tokio::test]
async fn closing_loses_nothing_of_what_is_left_open() {
    let folder = tempfile::tempdir().unwrap();
    let lender = table(&folder).await;
    let (told, behind) = one_behind_another(&lender).await;
    let closing = tokio::spawn({
        let lender = lender.clone();
        async move { lender.close().await }
    });
    tokio::task::yield_now().await;
    behind.rollback().await.unwrap();
    closing.await.unwrap();
    told.await.unwrap().unwrap();
    assert_eq!(seen(&folder).await, 1);
}

#[tokio::test]
async fn nobody_is_told_of_a_commit_that_was_none() {
    let folder = tempfile::tempdir().unwrap();
    let lender = table(&folder).await;
    let (told, mut behind) = one_behind_another(&lender).await;
    // As SQLite does by itself when the disk is full.
    run(behind.get().unwrap(), "ROLLBACK").await;
    drop(behind);
    assert!(told.await.unwrap().is_err());
    let mut next = shared(&lender).await;
    run(next.get().unwrap(), "INSERT INTO t VALUES (3)").await;
    next.commit().await.unwrap();
    assert_eq!(seen(&folder).await, 1);
}

#[tokio::test]
async fn a_transaction_that_sqlite_has_undone_leaves_the_next_alone() {
    let folder = tempfile::tempdir().unwrap();
    let lender = table(&folder).await;
    for shares in [false, true] {
        let begin = || async {
            let statement = "BEGIN IMMEDIATE";
            if shares { lender.begin_shared(statement).await } else { lender.begin(statement).await }.unwrap()
        };
        let mut undone = begin().await;
        run(undone.get().unwrap(), "ROLLBACK").await;
        assert!(undone.commit().await.is_err());
        let mut next = begin().await;
        run(next.get().unwrap(), if shares { "INSERT INTO t VALUES (1)" } else { "INSERT INTO t VALUES (2)" }).await;
        next.commit().await.unwrap();
    }
    assert_eq!(seen(&folder).await, 2);
}

#[tokio::test]
async fn many_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let lender = table(&folder).await;
    let writers = (0_i64..200).map(|number| {
        let lender = lender.clone();
        tokio::spawn(async move {
            let mut tx = shared(&lender).await;
            sqlx::query("INSERT INTO t VALUES ($1)").bind(number).execute(tx.get().unwrap()).await.unwrap();
            match number % 3 {
                0 => tx.commit().await.unwrap(),
                1 => tx.rollback().await.unwrap(),
                _ => drop(tx),
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(seen(&folder).await, 67);
}
