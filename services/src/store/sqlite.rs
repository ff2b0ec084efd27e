//! SQLite's connections: a few of them, lent one after the other, and transactions that share a commit.
//!
//! Not sqlx's pool: that asks a connection whether it lives before it is given out and again when it comes back, and each question is a
//! turn of the connection's own thread, which takes as long as a small statement does. A connection to a file does not break while it is
//! idle.
//!
//! A commit waits for the disk, which costs more than all that a small transaction writes. So transactions begun by
//! [`Lender::begin_shared`] leave the file's transaction open when somebody else waits for the connection already: the next works on in it,
//! behind a savepoint, and whoever comes to its end while nobody waits commits for all. Nobody is told that their work is done before that.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteTransactionManager};
use sqlx::{ConnectOptions as _, Connection as _, Error, SqlSafeStr as _};
use sqlx_core::transaction::TransactionManager as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// So many transactions share a commit at most: by then what it costs hardly counts for each, and the first has waited for the others.
const SHARERS: usize = 16;

/// Connections with the same settings. Cheap to clone.
#[derive(Clone)]
pub struct Lender(Arc<Shelf>);

struct Shelf {
    options: SqliteConnectOptions,
    /// How long to wait for a connection.
    patience: Duration,
    size: u32,
    places: Arc<Semaphore>,
    free: Mutex<Vec<Kept>>,
    /// How many wait for a connection to work with.
    waiting: AtomicUsize,
}

/// A connection with what was left open on it.
struct Kept {
    connection: SqliteConnection,
    /// Transactions that are at their end but for the commit, and who waits for each; dropped, they were not committed. As long as there is
    /// one, the file's transaction is open.
    sharers: Vec<oneshot::Sender<()>>,
    /// Whether nobody else is to work on in what is open: it is not known to be as it should.
    shut: bool,
}

impl From<SqliteConnection> for Kept {
    fn from(connection: SqliteConnection) -> Self {
        Self { connection, sharers: Vec::new(), shut: false }
    }
}

impl Shelf {
    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Kept>> {
        // Whoever held it has taken or given a connection, and there is no half of that.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts somebody among those who wait, as long as they do.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Lender {
    /// Makes the first connection at once, to see that it can be made, and others as they are needed: `size` at most.
    pub(super) async fn connect(options: SqliteConnectOptions, size: u32, patience: Duration) -> Result<Self, Error> {
        let first = options.connect().await?;
        let places = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(Semaphore::MAX_PERMITS)));
        let (free, waiting) = (Mutex::new(vec![first.into()]), AtomicUsize::new(0));
        Ok(Self(Arc::new(Shelf { options, patience, size, places, free, waiting })))
    }

    /// How many wait for a connection to work with.
    pub(super) fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// A connection, for whoever has waited longest first.
    ///
    /// # Errors
    /// [`Error::PoolTimedOut`] when none became free in time, [`Error::PoolClosed`]; those of connecting.
    pub async fn lend(&self) -> Result<Lent, Error> {
        self.wait().await?.settled().await
    }

    /// As [`Lender::lend`], with what others have left open.
    async fn wait(&self) -> Result<Lent, Error> {
        let waiting = Waiting::among(&self.0.waiting);
        let lent = self.next().await;
        drop(waiting);
        lent
    }

    /// The next free connection.
    async fn next(&self) -> Result<Lent, Error> {
        let place = tokio::time::timeout(self.0.patience, Arc::clone(&self.0.places).acquire_owned()).await;
        let place = place.map_err(|_| Error::PoolTimedOut)?.map_err(|_| Error::PoolClosed)?;
        let free = self.0.free().pop();
        let kept = match free {
            Some(kept) => kept,
            None => self.0.options.connect().await?.into(),
        };
        Ok(Lent { kept: Some(kept), shelf: Arc::clone(&self.0), _place: place })
    }

    /// Begins a transaction by a statement of its own.
    pub(super) async fn begin(&self, statement: &'static str) -> Result<SqliteTx, Error> {
        self.lend().await?.begin(statement).await
    }

    /// As [`Lender::begin`], for a transaction that may share its commit with others: a short one, since others wait for its end.
    pub(super) async fn begin_shared(&self, statement: &'static str) -> Result<SqliteTx, Error> {
        let mut lent = self.wait().await?;
        if let Some(kept) = &mut lent.kept
            && !kept.sharers.is_empty()
            && !kept.shut
        {
            let begun = SqliteTransactionManager::begin(&mut kept.connection, None).await;
            lent.look(&begun);
            return begun.map(|()| SqliteTx { lent: Some(lent), open: true, sharing: Some(Sharing::Behind) });
        }
        let mut tx = lent.settled().await?.begin(statement).await?;
        tx.sharing = Some(Sharing::First);
        Ok(tx)
    }

    /// Sees to it that what was left open is committed, when all who wait for the connection now have had it, and they have not done so.
    fn settle_later(&self, mut told: oneshot::Receiver<()>) {
        let lender = self.clone();
        tokio::spawn(async move {
            loop {
                let lent = tokio::select! {
                    biased;
                    _ = &mut told => return,
                    lent = lender.next() => lent,
                };
                match lent {
                    Ok(lent) => {
                        if matches!(told.try_recv(), Err(oneshot::error::TryRecvError::Empty)) {
                            lent.settled().await.ok();
                        }
                        return;
                    }
                    // Somebody works for long: in what is open, and commits for all at the end, or after having committed it.
                    Err(Error::PoolTimedOut) => {}
                    // Closing commits what is open, and a connection that is gone has told everybody.
                    Err(_) => return,
                }
            }
        });
    }

    /// Waits for the connections in use and closes them all.
    pub(super) async fn close(&self) {
        // Fails when it is closed already.
        let all = self.0.places.acquire_many(self.0.size).await;
        self.0.places.close();
        drop(all);
        let free = std::mem::take(&mut *self.0.free());
        for mut kept in free {
            kept.settle().await.ok();
            if let Err(error) = kept.connection.close().await {
                tracing::warn!(%error, "a connection to the database was not closed well");
            }
        }
    }
}

impl Kept {
    /// Commits what was left open, and tells everybody who waits for it. Not to be given up before its end.
    async fn settle(&mut self) -> Result<(), Error> {
        if self.sharers.is_empty() {
            return Ok(());
        }
        let mut done = SqliteTransactionManager::commit(&mut self.connection).await;
        if done.is_ok() && SqliteTransactionManager::get_transaction_depth(&self.connection) > 0 {
            // It was a savepoint's end: one that could not be undone was left.
            done = Err(Error::InvalidSavePointStatement);
        }
        self.shut = false;
        let sharers = std::mem::take(&mut self.sharers);
        match &done {
            Ok(()) => {
                for sharer in sharers {
                    // Whoever does not wait any more is told nothing.
                    sharer.send(()).ok();
                }
            }
            Err(error) => {
                tracing::error!(%error, transactions = sharers.len(), "a commit that transactions shared failed");
            }
        }
        done
    }
}

/// A connection that comes back when this is dropped.
pub struct Lent {
    /// Gone when it is of no use any more.
    kept: Option<Kept>,
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
        self.kept.as_mut().map(|kept| &mut kept.connection).ok_or(Error::WorkerCrashed)
    }

    /// Sees to it that nobody else gets a connection whose thread has died.
    pub fn look<T>(&mut self, result: &Result<T, Error>) {
        if matches!(result, Err(Error::WorkerCrashed)) {
            self.kept = None;
        }
    }

    /// Commits what was left open. A connection that cannot is replaced, and its transaction undone.
    async fn settled(mut self) -> Result<Self, Error> {
        if self.kept.as_ref().is_none_or(|kept| kept.sharers.is_empty()) {
            return Ok(self);
        }
        // Others wait for it, and whoever came upon it may be given up at any time.
        let settling = tokio::spawn(async move {
            if let Some(kept) = &mut self.kept
                && kept.settle().await.is_err()
            {
                self.replace().await?;
            }
            Ok(self)
        });
        settling.await.map_err(|_| Error::WorkerCrashed)?
    }

    /// Has somebody told when what is open is committed.
    fn waiter(&mut self) -> Result<oneshot::Receiver<()>, Error> {
        let kept = self.kept.as_mut().ok_or(Error::WorkerCrashed)?;
        let (done, told) = oneshot::channel();
        kept.sharers.push(done);
        Ok(told)
    }

    /// How many wait for that.
    fn waiters(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.sharers.len())
    }

    /// Takes another connection for this one.
    async fn replace(&mut self) -> Result<(), Error> {
        self.kept = None;
        self.kept = Some(self.shelf.options.connect().await?.into());
        Ok(())
    }

    /// Begins a transaction where none is open.
    async fn begin(mut self, statement: &'static str) -> Result<SqliteTx, Error> {
        let mut begun = SqliteTransactionManager::begin(self.get()?, Some(statement.into_sql_str())).await;
        if matches!(begun, Err(Error::InvalidSavePointStatement)) {
            // SQLite has undone a transaction by itself, as it does when the disk is full, and sqlx counts it as open ever after.
            self.replace().await?;
            begun = SqliteTransactionManager::begin(self.get()?, Some(statement.into_sql_str())).await;
        }
        self.look(&begun);
        begun.map(|()| SqliteTx { lent: Some(self), open: true, sharing: None })
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(kept) = self.kept.take() {
            self.shelf.free().push(kept);
        }
    }
}

/// Where a transaction stands that may share its commit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    /// It has begun the file's transaction.
    First,
    /// It works on in what others have left open, behind a savepoint.
    Behind,
}

/// A transaction; dropped before its end, it is rolled back. What was seen in one that may share a commit is to be used after its commit or
/// [`SqliteTx::rollback`] only: it may be another's who is not done.
pub struct SqliteTx {
    /// There until its end.
    lent: Option<Lent>,
    open: bool,
    sharing: Option<Sharing>,
}

impl SqliteTx {
    fn lent(&mut self) -> Result<&mut Lent, Error> {
        self.lent.as_mut().ok_or(Error::WorkerCrashed)
    }

    /// The connection.
    ///
    /// # Errors
    /// As [`Lent::get`].
    pub fn get(&mut self) -> Result<&mut SqliteConnection, Error> {
        self.lent()?.get()
    }

    /// Makes it durable.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        match self.sharing {
            None => self.release().await,
            Some(Sharing::First) => self.share().await,
            Some(Sharing::Behind) => {
                self.release().await?;
                self.share().await
            }
        }
    }

    /// Ends what it has begun itself: the transaction, or the savepoint.
    async fn release(&mut self) -> Result<(), Error> {
        let done = SqliteTransactionManager::commit(self.get()?).await;
        self.ended(done)
    }

    /// Commits for all who share the transaction, or leaves that to others when they wait for the connection already.
    async fn share(mut self) -> Result<(), Error> {
        let mut lent = self.lent.take().ok_or(Error::WorkerCrashed)?;
        let told = lent.waiter()?;
        // One of those who wait is the task that sees to it.
        if lent.waiters() > SHARERS || lent.shelf.waiting.load(Ordering::Relaxed) == 0 {
            lent.settled().await?;
        } else {
            if lent.waiters() == 1 {
                let settled = lent.waiter()?;
                Lender(Arc::clone(&lent.shelf)).settle_later(settled);
            }
            drop(lent);
        }
        of_others(told).await
    }

    /// Undoes it. What was seen in it of those whose transaction it shared is durable when this returns: something else may be done because
    /// of that, or somebody told.
    pub(super) async fn rollback(mut self) -> Result<(), Error> {
        let done = SqliteTransactionManager::rollback(self.get()?).await;
        self.ended(done)?;
        let mut lent = self.lent.take().ok_or(Error::WorkerCrashed)?;
        if self.sharing != Some(Sharing::Behind) {
            return Ok(());
        }
        let told = lent.waiter()?;
        lent.settled().await?;
        of_others(told).await
    }

    fn ended(&mut self, done: Result<(), Error>) -> Result<(), Error> {
        self.open = done.is_err();
        self.lent()?.look(&done);
        done
    }
}

/// Waits for a commit that somebody makes for all who share it.
async fn of_others(told: oneshot::Receiver<()>) -> Result<(), Error> {
    told.await.map_err(|_| Error::Io(std::io::Error::other("the commit that it shared with others failed")))
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        if self.open
            && let Some(kept) = self.lent.as_mut().and_then(|lent| lent.kept.as_mut())
        {
            // It stands in the connection's queue, before whatever the next to have it asks for. What becomes of it is not seen here.
            SqliteTransactionManager::start_rollback(&mut kept.connection);
            kept.shut = !kept.sharers.is_empty();
        }
    }
}

#[cfg(test)]
mod tests;
