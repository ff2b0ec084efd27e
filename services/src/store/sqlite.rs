//! SQLite's connections: a few of them, lent one after the other.
//!
//! Not sqlx's pool: that asks a connection whether it lives before it is given out and again when it comes back, and each question is a
//! turn of the connection's own thread, which takes as long as a small statement does. A connection to a file does not break while it is
//! idle.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteTransactionManager};
use sqlx::{ConnectOptions as _, Connection as _, Error, SqlSafeStr as _};
use sqlx_core::transaction::TransactionManager as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections with the same settings. Cheap to clone.
#[derive(Clone)]
pub struct Lender(Arc<Shelf>);

struct Shelf {
    options: SqliteConnectOptions,
    /// How long to wait for a connection.
    patience: Duration,
    size: u32,
    places: Arc<Semaphore>,
    free: Mutex<Vec<SqliteConnection>>,
}

impl Shelf {
    fn free(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        // Whoever held it has taken or given a connection, and there is no half of that.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lender {
    /// Makes the first connection at once, to see that it can be made, and others as they are needed: `size` at most.
    pub(super) async fn connect(options: SqliteConnectOptions, size: u32, patience: Duration) -> Result<Self, Error> {
        let first = options.connect().await?;
        let places = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(Semaphore::MAX_PERMITS)));
        Ok(Self(Arc::new(Shelf { options, patience, size, places, free: Mutex::new(vec![first]) })))
    }

    /// A connection, for whoever has waited longest first.
    ///
    /// # Errors
    /// [`Error::PoolTimedOut`] when none became free in time, [`Error::PoolClosed`]; those of connecting.
    pub async fn lend(&self) -> Result<Lent, Error> {
        let place = tokio::time::timeout(self.0.patience, Arc::clone(&self.0.places).acquire_owned()).await;
        let place = place.map_err(|_| Error::PoolTimedOut)?.map_err(|_| Error::PoolClosed)?;
        let free = self.0.free().pop();
        let connection = match free {
            Some(connection) => connection,
            None => self.0.options.connect().await?,
        };
        Ok(Lent { connection: Some(connection), shelf: Arc::clone(&self.0), _place: place })
    }

    /// Begins a transaction by a statement of its own.
    pub(super) async fn begin(&self, statement: &'static str) -> Result<SqliteTx, Error> {
        let mut lent = self.lend().await?;
        let begun = SqliteTransactionManager::begin(lent.get()?, Some(statement.into_sql_str())).await;
        lent.look(&begun);
        begun.map(|()| SqliteTx { lent, open: true })
    }

    /// Waits for the connections in use and closes them all.
    pub(super) async fn close(&self) {
        // Fails when it is closed already.
        let all = self.0.places.acquire_many(self.0.size).await;
        self.0.places.close();
        drop(all);
        let free = std::mem::take(&mut *self.0.free());
        for connection in free {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a connection to the database was not closed well");
            }
        }
    }
}

/// A connection that comes back when this is dropped.
pub struct Lent {
    /// Gone when it is of no use any more.
    connection: Option<SqliteConnection>,
    shelf: Arc<Shelf>,
    /// Free again after the connection.
    _place: OwnedSemaphorePermit,
}

impl Lent {
    /// The connection.
    ///
    /// # Errors
    /// [`Error::WorkerCrashed`] when it is of no use any more.
    pub fn get(&mut self) -> Result<&mut SqliteConnection, Error> {
        self.connection.as_mut().ok_or(Error::WorkerCrashed)
    }

    /// Sees to it that nobody else gets a connection whose thread has died.
    pub fn look<T>(&mut self, result: &Result<T, Error>) {
        if matches!(result, Err(Error::WorkerCrashed)) {
            self.connection = None;
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.shelf.free().push(connection);
        }
    }
}

/// A transaction; dropped before its end, it is rolled back.
pub struct SqliteTx {
    lent: Lent,
    open: bool,
}

impl SqliteTx {
    /// The connection.
    ///
    /// # Errors
    /// As [`Lent::get`].
    pub fn get(&mut self) -> Result<&mut SqliteConnection, Error> {
        self.lent.get()
    }

    /// Makes it durable.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        let done = SqliteTransactionManager::commit(self.lent.get()?).await;
        self.open = done.is_err();
        self.lent.look(&done);
        done
    }

    /// Undoes it.
    pub(super) async fn rollback(mut self) -> Result<(), Error> {
        let done = SqliteTransactionManager::rollback(self.lent.get()?).await;
        self.open = done.is_err();
        self.lent.look(&done);
        done
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        if self.open
            && let Ok(connection) = self.lent.get()
        {
            // It stands in the connection's queue, before whatever the next to have it asks for.
            SqliteTransactionManager::start_rollback(connection);
        }
    }
}

#[cfg(test)]
mod tests {
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
}
