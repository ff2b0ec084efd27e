//! The database: SQLite (one file, one writer, several readers) or PostgreSQL, chosen by the address.
//!
//! SQLite runs with WAL, `synchronous=FULL` (an acknowledged write survives a power cut), foreign keys and one writing
//! connection: writers queue in the pool instead of failing with `SQLITE_BUSY`.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Executor as _, PgPool};
use tokio::sync::Notify;

use crate::error::StoreError;
use crate::store::sqlite::Lender;
use crate::store::tx::{Bells, CLASS_CHANNEL, ClassBells, ClassMessage, Tx, TxKind};
use crate::store::{dialect, wal};

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// How long a statement waits for another process that writes to the SQLite file (a backup, a command line).
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a use case waits for its turn at the one SQLite writer. Long, because the queue moves at the disk's speed.
const SQLITE_WRITER_TIMEOUT: Duration = Duration::from_mins(1);
/// The only write transaction of SQLite, from its first statement.
const BEGIN_WRITING: &str = "BEGIN IMMEDIATE";
/// What each SQLite connection keeps of the file in memory, as `PRAGMA cache_size` wants it: 16 MiB. SQLite's own 2 MiB hold little more
/// than the upper pages of the indexes of a large database.
const SQLITE_CACHE: &str = "-16384";
/// Whoever commits folds the log into the file after so many pages, 256 MiB, as `PRAGMA wal_autocheckpoint` wants it. That is for the
/// command line, and for an import that writes faster than [`wal`] folds: at SQLite's own 1000 pages a commit in fifty would wait for it.
const SQLITE_CHECKPOINT: &str = "65536";
/// How long anything else waits for a free connection.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the database is.
#[derive(Clone)]
pub struct DbSettings {
    /// `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full`.
    pub url: String,
    /// PostgreSQL: connections of this process. SQLite: readers beside the one writer. At least 1.
    pub max_connections: u32,
}

impl fmt::Debug for DbSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        f.debug_struct("DbSettings")
            .field("scheme", &self.url.split(':').next())
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

/// Which of the two databases is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A server that several replicas share.
    Postgres,
}

/// The connections; matched by [`on_read!`](crate::on_read) only.
#[derive(Clone)]
pub enum Pools {
    /// One file.
    Sqlite {
        /// The one connection that writes.
        write: Lender,
        /// Connections that can only read.
        read: Lender,
        /// The connection that folds the log.
        fold: Lender,
    },
    /// One server.
    Postgres(PgPool),
}

/// A connected database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    bells: Arc<Bells>,
}

/// A migration that this program brings and the database has not had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingMigration {
    /// The number in front of the file's name.
    pub version: i64,
    /// The rest of the file's name.
    pub description: String,
}

impl Db {
    /// Connects; a SQLite file that is not there is created, readable by its owner only.
    ///
    /// # Errors
    /// [`StoreError::Url`] when the address is not understood, [`StoreError::Unavailable`] or
    /// [`StoreError::Refused`] when nothing usable answers.
    pub async fn connect(settings: &DbSettings) -> Result<Self, StoreError> {
        let readers = settings.max_connections.max(1);
        let pools = match settings.url.split_once(':') {
            Some(("sqlite", _)) => connect_sqlite(&settings.url, readers).await?,
            Some(("postgres" | "postgresql", _)) => connect_postgres(&settings.url, readers).await?,
            _ => {
                return Err(StoreError::Url { reason: "it must start with sqlite:// or postgres://".to_owned() });
            }
        };
        Ok(Self { pools, bells: Arc::default() })
    }

    /// For [`on_read!`](crate::on_read).
    pub fn pools(&self) -> &Pools {
        &self.pools
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        match self.pools {
            Pools::Sqlite { .. } => Backend::Sqlite,
            Pools::Postgres(_) => Backend::Postgres,
        }
    }

    /// Begins a write transaction. On SQLite it is the only one until it ends, so do no slow work (hashing) inside.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection became free in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let kind = match &self.pools {
            Pools::Sqlite { write, .. } => TxKind::Sqlite(write.begin(BEGIN_WRITING).await?),
            Pools::Postgres(pool) => TxKind::Postgres(pool.begin().await?),
        };
        Ok(Tx::new(kind, Arc::clone(&self.bells)))
    }

    /// As [`Db::begin`], for a short transaction of a kind that many people make at once: on SQLite, those that come while another is at
    /// work share one commit, and so the wait for the disk. What is read in it may be another's whose commit is to come: nobody is told of
    /// it, and nothing else done because of it, before this one is committed or rolled back by [`Tx::rollback`].
    ///
    /// # Errors
    /// As [`Db::begin`].
    pub async fn begin_shared(&self) -> Result<Tx, StoreError> {
        let kind = match &self.pools {
            Pools::Sqlite { write, .. } => TxKind::Sqlite(write.begin_shared(BEGIN_WRITING).await?),
            Pools::Postgres(pool) => TxKind::Postgres(pool.begin().await?),
        };
        Ok(Tx::new(kind, Arc::clone(&self.bells)))
    }

    /// Begins a transaction that only reads, all of it as the database was at one moment on SQLite, where nobody waits for it either.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection became free in time.
    pub async fn begin_reading(&self) -> Result<Tx, StoreError> {
        let kind = match &self.pools {
            Pools::Sqlite { read, .. } => TxKind::Sqlite(read.begin("BEGIN").await?),
            Pools::Postgres(pool) => TxKind::Postgres(pool.begin_with("BEGIN READ ONLY").await?),
        };
        Ok(Tx::new(kind, Arc::clone(&self.bells)))
    }

    /// Brings the schema up to date. All or nothing, and safe to call from several processes at once.
    ///
    /// # Errors
    /// [`StoreError::Migration`] when a migration fails, was changed after it ran, or the database is newer than the program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.pools {
            Pools::Sqlite { write, .. } => {
                // sqlx locks nothing on SQLite: the write lock keeps a second process waiting until the schema is there.
                let mut tx = write.begin(BEGIN_WRITING).await?;
                SQLITE_MIGRATIONS.run_direct(None, tx.get()?, false).await?;
                tx.commit().await?;
            }
            Pools::Postgres(pool) => POSTGRES_MIGRATIONS.run(pool).await?,
        }
        Ok(())
    }

    /// The migrations that [`Db::migrate`] would run, oldest first. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn pending_migrations(&self) -> Result<Vec<PendingMigration>, StoreError> {
        const APPLIED: &str = "SELECT version FROM _sqlx_migrations WHERE success";
        let exists = dialect::MIGRATIONS_TABLE_EXISTS.on(self.backend());
        let exists: i64 = crate::on_read!(self, |p| sqlx::query_scalar(exists).fetch_one(p).await)?;
        let applied: Vec<i64> = if exists == 0 {
            Vec::new()
        } else {
            crate::on_read!(self, |p| sqlx::query_scalar(APPLIED).fetch_all(p).await)?
        };
        let known = match self.backend() {
            Backend::Sqlite => &SQLITE_MIGRATIONS,
            Backend::Postgres => &POSTGRES_MIGRATIONS,
        };
        Ok(known
            .iter()
            .filter(|migration| !applied.contains(&migration.version))
            .map(|migration| PendingMigration {
                version: migration.version,
                description: migration.description.to_string(),
            })
            .collect())
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let _: i64 = crate::on_read!(self, |p| sqlx::query_scalar("SELECT CAST(1 AS BIGINT)").fetch_one(p).await)?;
        Ok(())
    }

    /// How many wait for SQLite's one writer at this moment; none on PostgreSQL, which has no such queue.
    pub fn writers_waiting(&self) -> Option<usize> {
        match &self.pools {
            Pools::Sqlite { write, .. } => Some(write.waiting()),
            Pools::Postgres(_) => None,
        }
    }

    /// Waits for the connections in use and closes them all. SQLite folds its log into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { write, read, fold } => {
                read.close().await;
                fold.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    /// Keeps SQLite's log short beside the work, for as long as the process runs. Returns at once on PostgreSQL.
    pub async fn keep_log_short(&self) {
        if let Pools::Sqlite { write, fold, .. } = &self.pools {
            wal::keep_short(write, fold).await;
        }
    }

    /// Rings when a transaction that put a message into the outbox was committed by this process.
    pub(crate) fn outbox_bell(&self) -> &Notify {
        &self.bells.outbox
    }

    /// Rings when a transaction that queued a registration was committed by this process.
    pub(crate) fn jobs_bell(&self) -> &Notify {
        &self.bells.jobs
    }

    /// Rings when something happened in a class: at the commit of this process, and, while [`Db::hear_replicas`] runs, of others.
    pub(crate) fn class_bells(&self) -> &ClassBells {
        &self.bells.classes
    }

    /// Rings the bells of this process for what other replicas announce, until the connection cannot be held any more. Returns at once
    /// on SQLite, where there are no replicas.
    pub(crate) async fn hear_replicas(&self) -> Result<(), StoreError> {
        let Pools::Postgres(pool) = &self.pools else { return Ok(()) };
        // A connection of its own: it is never given back, and the pool's are counted.
        let options = pool.connect_options().as_ref().clone();
        let own =
            PgPoolOptions::new().max_connections(1).acquire_timeout(CONNECTION_TIMEOUT).connect_lazy_with(options);
        let mut listener = PgListener::connect_with(&own).await?;
        listener.listen(CLASS_CHANNEL).await?;
        // What was announced before this connection stood was not heard.
        self.bells.classes.ring_all();
        loop {
            let Some(heard) = listener.try_recv().await? else {
                // The connection was lost and stands again.
                self.bells.classes.ring_all();
                continue;
            };
            // Another version's replica may say what this one does not understand.
            let Ok(message) = serde_json::from_str::<ClassMessage>(heard.payload()) else {
                self.bells.classes.ring_all();
                continue;
            };
            if message.origin != self.bells.origin {
                for event in message.events {
                    self.bells.classes.ring(event);
                }
            }
        }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Db({:?})", self.backend())
    }
}

async fn connect_sqlite(url: &str, readers: u32) -> Result<Pools, StoreError> {
    if url.contains(":memory:") || url.contains("mode=memory") {
        // Each connection would see a database of its own.
        return Err(StoreError::Url {
            reason: "a SQLite database in memory cannot be shared by writer and readers: name a file".to_owned(),
        });
    }
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| StoreError::Url { reason: error.to_string() })?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("cache_size", SQLITE_CACHE)
        .pragma("wal_autocheckpoint", SQLITE_CHECKPOINT)
        .busy_timeout(SQLITE_BUSY_TIMEOUT);
    create_private_file(options.get_filename())?;
    // The writer first: it makes the file and sets WAL, which readers cannot do. Nothing here ever has SQLite analyse the tables: how a
    // statement is gone about is to be as the tests have seen it, however few people there were when the portal last closed.
    let write = Lender::connect(options.clone(), 1, SQLITE_WRITER_TIMEOUT).await?;
    let fold = Lender::connect(options.clone(), 1, CONNECTION_TIMEOUT).await?;
    let read = Lender::connect(options.create_if_missing(false).read_only(true), readers, CONNECTION_TIMEOUT).await?;
    Ok(Pools::Sqlite { write, read, fold })
}

/// Creates the file so that only its owner can read it; SQLite gives its `-wal` and `-shm` files the same mode.
fn create_private_file(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::Url { reason: format!("{} cannot be created: {error}", path.display()) }),
    }
}

async fn connect_postgres(url: &str, max_connections: u32) -> Result<Pools, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(|error| StoreError::Url { reason: error.to_string() })?;
    let options =
        if options.get_application_name().is_some() { options } else { options.application_name("schoolgate") };
    let pool = PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(CONNECTION_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                // A replica that hangs in the middle of a transaction must not hold the audit log's end for ever.
                connection.execute("SET idle_in_transaction_session_timeout = '60s'").await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await?;
    Ok(Pools::Postgres(pool))
}
