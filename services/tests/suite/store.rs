//! The database handle on both databases: schema, transactions, refusals.

use services::store::{Backend, meta};
use services::{Db, DbSettings, StoreError};

use crate::common::TestContext;
use crate::on_both_databases;

on_both_databases!(
    migrating_twice_changes_nothing,
    a_fresh_database_names_what_is_pending,
    several_replicas_migrate_at_once,
    a_dropped_transaction_is_undone,
    a_committed_transaction_is_seen_by_others,
    many_writers_queue_up,
    refusals_are_told_apart,
    errors_show_no_values,
    foreign_keys_are_enforced,
    a_demo_database_stays_one,
    after_closing_nothing_works,
);

async fn set(ctx: &TestContext, name: &str, value: &[u8]) {
    let mut tx = ctx.db.begin().await.unwrap();
    meta::update(&mut tx, name, value).await.unwrap();
    tx.commit().await.unwrap();
}

async fn migrating_twice_changes_nothing(ctx: TestContext) {
    set(&ctx, "kept", b"1").await;
    ctx.db.migrate().await.unwrap();
    assert_eq!(ctx.db.pending_migrations().await.unwrap(), []);
    assert_eq!(meta::find(&ctx.db, "kept").await.unwrap(), Some(b"1".to_vec()));
    ctx.db.ping().await.unwrap();
}

async fn a_fresh_database_names_what_is_pending(ctx: TestContext) {
    forget_schema(&ctx).await;
    let pending = ctx.db.pending_migrations().await.unwrap();
    assert_eq!((pending[0].version, pending[0].description.as_str()), (1, "foundation"));
    assert_eq!(ctx.db.pending_migrations().await.unwrap(), pending, "asking changes nothing");
}

async fn several_replicas_migrate_at_once(ctx: TestContext) {
    forget_schema(&ctx).await;
    let mut replicas = Vec::new();
    for _ in 0..4 {
        let db = ctx.connect_again().await;
        replicas.push(tokio::spawn(async move {
            let result = db.migrate().await;
            db.close().await;
            result
        }));
    }
    for replica in replicas {
        replica.await.unwrap().unwrap();
    }
    assert_eq!(ctx.db.pending_migrations().await.unwrap(), []);
    assert_eq!(ctx.number("SELECT COUNT(*) FROM audit_head").await, 1);
}

/// Makes the database as empty as a new one.
async fn forget_schema(ctx: &TestContext) {
    let tables = match ctx.db.backend() {
        Backend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rootpage DESC"
        }
        Backend::Postgres => "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema()",
    };
    let tables: Vec<String> = services::on_read!(&ctx.db, |p| sqlx::query_scalar(tables).fetch_all(p).await).unwrap();
    assert!(tables.len() > 10, "{tables:?}");
    let cascade = if ctx.db.backend() == Backend::Postgres { " CASCADE" } else { "" };
    for table in tables {
        ctx.execute(&format!("DROP TABLE {table}{cascade}")).await.unwrap();
    }
    if ctx.db.backend() == Backend::Postgres {
        ctx.execute("DROP FUNCTION audit_log_refuse").await.unwrap();
    }
}

async fn a_dropped_transaction_is_undone(ctx: TestContext) {
    let mut tx = ctx.db.begin().await.unwrap();
    meta::update(&mut tx, "x", b"1").await.unwrap();
    drop(tx);
    let mut tx = ctx.db.begin().await.unwrap();
    meta::update(&mut tx, "y", b"1").await.unwrap();
    tx.rollback().await.unwrap();
    set(&ctx, "z", b"1").await;
    assert_eq!(meta::find(&ctx.db, "x").await.unwrap(), None);
    assert_eq!(meta::find(&ctx.db, "y").await.unwrap(), None);
    assert_eq!(meta::find(&ctx.db, "z").await.unwrap(), Some(b"1".to_vec()));
}

async fn a_committed_transaction_is_seen_by_others(ctx: TestContext) {
    let other = ctx.connect_again().await;
    let mut tx = ctx.db.begin().await.unwrap();
    meta::update(&mut tx, "x", b"1").await.unwrap();
    assert_eq!(meta::find(&other, "x").await.unwrap(), None, "readers do not wait and do not see half of it");
    tx.commit().await.unwrap();
    assert_eq!(meta::find(&other, "x").await.unwrap(), Some(b"1".to_vec()));
    other.close().await;
}

async fn many_writers_queue_up(ctx: TestContext) {
    set(&ctx, "count", b"").await;
    let second_process = ctx.connect_again().await;
    let mut writers = Vec::new();
    for n in 0..64 {
        let db = if n % 4 == 0 { second_process.clone() } else { ctx.db.clone() };
        writers.push(tokio::spawn(async move {
            // Reads and then writes: a lost update would show.
            const SQL: &str = "UPDATE meta SET value = value || $1 WHERE name = 'count'";
            let mut tx = db.begin().await?;
            services::on_tx!(&mut tx, |c| sqlx::query(SQL).bind(vec![b'x']).execute(c).await.map(drop))?;
            tx.commit().await
        }));
    }
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let length = "SELECT CAST(length(value) AS BIGINT) FROM meta WHERE name = 'count'";
    assert_eq!(ctx.number(length).await, 64);
    second_process.close().await;
}

async fn refusals_are_told_apart(ctx: TestContext) {
    let error = ctx.execute("INSERT INTO meta (name, value) SELECT name, value FROM meta").await.unwrap_err();
    let error = StoreError::from(error);
    assert_eq!((error.code(), error.is_temporary()), ("STORE-03", false));
    let error = StoreError::from(ctx.execute("SELECT nonsense").await.unwrap_err());
    assert_eq!((error.code(), error.is_temporary()), ("STORE-04", false));
    let error = StoreError::from(sqlx::Error::PoolTimedOut);
    assert_eq!((error.code(), error.is_temporary()), ("STORE-01", true));
}

async fn errors_show_no_values(ctx: TestContext) {
    let insert = "INSERT INTO issued_user_codes (user_code, issued_at) VALUES ('SECRET-7', 1)";
    ctx.execute(insert).await.unwrap();
    let error = StoreError::from(ctx.execute(insert).await.unwrap_err());
    assert_eq!(error.code(), "STORE-03");
    let shown = format!("{error} {error:?} {error:#?}");
    assert!(!shown.contains("SECRET"), "{shown}");
}

async fn foreign_keys_are_enforced(ctx: TestContext) {
    let id = match ctx.db.backend() {
        Backend::Sqlite => "X'00000000000000000000000000000009'",
        Backend::Postgres => "'00000000-0000-0000-0000-000000000009'",
    };
    let insert = format!("INSERT INTO roles (id, person_id, role) VALUES ({id}, {id}, 'parent')");
    let error = StoreError::from(ctx.execute(&insert).await.unwrap_err());
    assert_eq!(error.code(), "STORE-04");
    ctx.execute(&format!(
        "INSERT INTO people (id, surname, given_name, created_at, updated_at) VALUES ({id}, 's', 'g', 1, 1)"
    ))
    .await
    .unwrap();
    ctx.execute(&insert).await.unwrap();
    ctx.execute("DELETE FROM people").await.unwrap();
    assert_eq!(ctx.number("SELECT COUNT(*) FROM roles").await, 0);
}

async fn a_demo_database_stays_one(ctx: TestContext) {
    assert!(!meta::is_demo(&ctx.db).await.unwrap());
    for _ in 0..2 {
        let mut tx = ctx.db.begin().await.unwrap();
        meta::mark_demo(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(meta::is_demo(&ctx.db).await.unwrap());
    }
}

async fn after_closing_nothing_works(ctx: TestContext) {
    ctx.db.close().await;
    assert!(matches!(ctx.db.ping().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(ctx.db.begin().await, Err(StoreError::Unavailable(_))));
}

async fn connect(url: &str) -> Result<Db, StoreError> {
    Db::connect(&DbSettings { url: url.to_owned(), max_connections: 2 }).await
}

#[tokio::test]
async fn addresses_that_cannot_work_are_refused_without_being_shown() {
    for url in ["", "mysql://u:hunter2@h/d", "/tmp/x.sqlite", "sqlite::memory:", "sqlite://x?mode=memory"] {
        let error = connect(url).await.unwrap_err();
        assert_eq!(error.code(), "STORE-08", "{url}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
    let error = connect("sqlite:///nowhere/at/all/x.sqlite").await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/at/all/x.sqlite cannot be created"), "{error}");
    let settings = DbSettings { url: "postgres://u:hunter2@h/d".to_owned(), max_connections: 2 };
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = connect(&format!("postgres://u:hunter2@127.0.0.1:{port}/d")).await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[tokio::test]
async fn sqlite_is_set_up_for_a_server() {
    crate::common::on_sqlite(|ctx| async move {
        for (pragma, value) in [("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5_000)] {
            assert_eq!(ctx.number(&format!("SELECT * FROM pragma_{pragma}")).await, value, "{pragma}");
        }
        let mode: String =
            services::on_read!(&ctx.db, |p| sqlx::query_scalar("PRAGMA journal_mode").fetch_one(p).await)
                .map_or_else(|_| String::new(), |mode: String| mode);
        assert_eq!(mode, "wal");
        let services::store::Pools::Sqlite { read, .. } = ctx.db.pools() else { panic!("SQLite") };
        let mut reader = read.lend().await.unwrap();
        let refused = sqlx::query("DELETE FROM meta").execute(reader.get().unwrap()).await.unwrap_err();
        assert!(refused.to_string().contains("readonly"), "{refused}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            for name in ["test.sqlite", "test.sqlite-wal", "test.sqlite-shm"] {
                let mode = std::fs::metadata(ctx.folder.join(name)).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600, "{name}");
            }
        }
    })
    .await;
}
