//! The harness: every case runs on SQLite and on PostgreSQL, each time on a database of its own.
//!
//! ```ignore
//! on_both_databases!(first_case, second_case);
//! async fn first_case(ctx: TestContext) { … }
//! ```
//! runs as `sqlite::first_case` and `postgres::first_case`. `portal.rs` beside this file builds a portal on top.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use services::store::meta;
use services::{Clock as _, Context, Db, DbSettings, KeyRing, ManualClock, Sealer, SeededRng, Visit};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// Where the clock of every test starts: 2026-01-15 08:00 UTC.
pub const START: i64 = 1_768_464_000_000;

/// An empty database with keys, a clock that stands still and repeatable randomness.
#[derive(Clone)]
pub struct TestContext {
    pub db: Db,
    pub ring: KeyRing,
    pub sealer: Sealer,
    pub clock: Arc<ManualClock>,
    pub rng: Arc<SeededRng>,
    /// The address of the database, to connect a second time.
    pub url: String,
    /// A folder of this test's own.
    pub folder: PathBuf,
}

impl TestContext {
    /// For everything that takes a [`Context`].
    pub fn context(&self) -> Context {
        Context { db: self.db.clone(), sealer: self.sealer.clone(), clock: self.clock.clone(), rng: self.rng.clone() }
    }

    /// The same database with the keys of `ring`, as after a restart.
    pub fn with_ring(&self, ring: &KeyRing) -> Self {
        Self { ring: ring.clone(), sealer: Sealer::new(ring), ..self.clone() }
    }

    /// A second handle on the same database, as another process has it.
    pub async fn connect_again(&self) -> Db {
        connect(&self.url).await
    }

    /// Runs one statement past all rules, e.g. to tamper; returns the number of rows.
    pub async fn execute(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let mut tx = self.db.begin().await.expect("begins");
        let sql = AssertSqlSafe(sql.to_owned());
        let done = services::on_tx!(&mut tx, |c| c.execute(sql).await.map(|done| done.rows_affected()))?;
        tx.commit().await.expect("commits");
        Ok(done)
    }

    /// One number, e.g. a count.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        services::on_read!(&self.db, |p| sqlx::query_scalar(sql).fetch_one(p).await).expect("one number")
    }

    /// A request from a browser at this address.
    pub fn visit(&self, address: [u8; 4]) -> Visit {
        Visit {
            address: Some(address.into()),
            user_agent: Some("Test/1.0".to_owned()),
            request_id: format!("request-{}", self.clock.now()),
            locale: domain::Locale::default(),
            device: None,
        }
    }
}

/// Runs each `async fn case(ctx: TestContext)` as `sqlite::case` and `postgres::case`.
#[macro_export]
macro_rules! on_both_databases {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::common::on_sqlite(super::$case).await;
                }
            )+
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::common::on_postgres(super::$case).await;
                }
            )+
        }
    };
}

/// Runs a case on a SQLite file in a temporary folder.
pub async fn on_sqlite<F, Fut>(case: F)
where
    F: FnOnce(TestContext) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}", folder.path().join("test.sqlite").display());
    let ctx = context(url, folder.path().to_owned()).await;
    let db = ctx.db.clone();
    let result = tokio::spawn(case(ctx)).await;
    db.close().await;
    resume(result);
}

/// Runs a case in a schema of its own on the server at `TEST_POSTGRES_URL`.
pub async fn on_postgres<F, Fut>(case: F)
where
    F: FnOnce(TestContext) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
        panic!(
            "TEST_POSTGRES_URL names no PostgreSQL to test against: run `make test`, \
             or `scripts/with-postgres cargo test -p schoolgate-services`"
        );
    };
    // Process id and number: test programs run at the same time on one server.
    let schema = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut admin = PgConnection::connect(&server).await.expect("PostgreSQL answers");
    let sql = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}");
    admin.execute(AssertSqlSafe(sql)).await.expect("a schema");
    admin.close().await.expect("closes");

    let separator = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{separator}options[search_path]={schema}");
    let ctx = context(url, folder.path().to_owned()).await;
    let db = ctx.db.clone();
    let result = tokio::spawn(case(ctx)).await;
    db.close().await;
    let mut admin = PgConnection::connect(&server).await.expect("PostgreSQL answers");
    let sql = format!("DROP SCHEMA {schema} CASCADE");
    admin.execute(AssertSqlSafe(sql)).await.expect("drops the schema");
    resume(result);
}

async fn context(url: String, folder: PathBuf) -> TestContext {
    let clock = Arc::new(ManualClock::new(START));
    let rng = Arc::new(SeededRng::new(42));
    let ring = KeyRing::generate(rng.as_ref(), clock.now());
    let sealer = Sealer::new(&ring);
    let db = connect(&url).await;
    db.migrate().await.expect("migrates");
    meta::check_keys(&db, &sealer, rng.as_ref()).await.expect("takes the keys as its own");
    TestContext { db, ring, sealer, clock, rng, url, folder }
}

async fn connect(url: &str) -> Db {
    Db::connect(&DbSettings { url: url.to_owned(), max_connections: 8 }).await.expect("connects")
}

/// The database is tidied up before a failed case is reported.
fn resume(result: Result<(), tokio::task::JoinError>) {
    if let Err(error) = result {
        match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => panic!("the case was cancelled: {error}"),
        }
    }
}
