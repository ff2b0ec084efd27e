//! A write transaction on either database. Dropped without [`Tx::commit`], it is rolled back.

mod class_bells;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sqlx::{Postgres, Transaction};
use tokio::sync::Notify;

pub(crate) use class_bells::ClassBells;
pub use class_bells::ClassEvent;

use crate::error::StoreError;
use crate::rng::{self, OsRng};
use crate::store::db::Backend;
use crate::store::sqlite::SqliteTx;

/// The channel on which replicas tell each other what happened in classes (PostgreSQL).
pub(crate) const CLASS_CHANNEL: &str = "schoolgate_classes";
/// Events in one message: PostgreSQL takes 8000 bytes, and an event has less than 200.
const EVENTS_A_MESSAGE: usize = 32;

/// One use case's transaction, see [`Db::begin`](crate::store::Db::begin).
pub struct Tx {
    kind: TxKind,
    bells: Arc<Bells>,
    wakes_outbox: bool,
    wakes_jobs: bool,
    class_events: Vec<ClassEvent>,
}

/// Wake the workers of this process; other replicas look by themselves.
pub(crate) struct Bells {
    pub outbox: Notify,
    pub jobs: Notify,
    /// Whoever has a class open.
    pub classes: ClassBells,
    /// Tells this process's own messages on [`CLASS_CHANNEL`] from those of other replicas.
    pub origin: u64,
}

impl Default for Bells {
    fn default() -> Self {
        Self {
            outbox: Notify::default(),
            jobs: Notify::default(),
            classes: ClassBells::default(),
            // Not the portal's source: a test's would give two replicas one number.
            origin: u64::from_be_bytes(rng::bytes(&OsRng)),
        }
    }
}

/// What replicas tell each other.
#[derive(Serialize, Deserialize)]
pub(crate) struct ClassMessage {
    pub origin: u64,
    pub events: Vec<ClassEvent>,
}

/// The transaction of the database in use; matched by [`on_tx!`](crate::on_tx) only.
pub enum TxKind {
    /// `BEGIN IMMEDIATE` on the one writer.
    Sqlite(SqliteTx),
    /// An ordinary transaction, `READ COMMITTED`.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) fn new(kind: TxKind, bells: Arc<Bells>) -> Self {
        Self { kind, bells, wakes_outbox: false, wakes_jobs: false, class_events: Vec::new() }
    }

    /// For [`on_tx!`](crate::on_tx).
    pub fn kind_mut(&mut self) -> &mut TxKind {
        &mut self.kind
    }

    /// Which database this is, for the statements that differ.
    pub fn backend(&self) -> Backend {
        match self.kind {
            TxKind::Sqlite(_) => Backend::Sqlite,
            TxKind::Postgres(_) => Backend::Postgres,
        }
    }

    /// The workers of this process are to look at the outbox once this is committed: not sooner, they would find nothing.
    pub(crate) fn wake_outbox(&mut self) {
        self.wakes_outbox = true;
    }

    /// The same for the workers that make accounts.
    pub(crate) fn wake_jobs(&mut self) {
        self.wakes_jobs = true;
    }

    /// Whoever has one of these classes open is told once this is committed: in this process at once, in other replicas by PostgreSQL.
    pub(crate) async fn announce(&mut self, events: &[ClassEvent]) -> Result<(), StoreError> {
        if let TxKind::Postgres(tx) = &mut self.kind {
            for chunk in events.chunks(EVENTS_A_MESSAGE) {
                let message = ClassMessage { origin: self.bells.origin, events: chunk.to_vec() };
                // Ids and numbers are always written.
                let Ok(message) = serde_json::to_string(&message) else { continue };
                sqlx::query("SELECT pg_notify($1, $2)").bind(CLASS_CHANNEL).bind(message).execute(&mut **tx).await?;
            }
        }
        self.class_events.extend_from_slice(events);
        Ok(())
    }

    /// Makes it durable: when this returns `Ok`, a power cut loses nothing of it.
    ///
    /// # Errors
    /// [`StoreError`]; after an error of the connection it is unknown whether the transaction took place.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.kind {
            TxKind::Sqlite(tx) => tx.commit().await?,
            TxKind::Postgres(tx) => tx.commit().await?,
        }
        if self.wakes_outbox {
            self.bells.outbox.notify_one();
        }
        if self.wakes_jobs {
            self.bells.jobs.notify_one();
        }
        for event in self.class_events {
            self.bells.classes.ring(event);
        }
        Ok(())
    }

    /// Undoes it.
    ///
    /// # Errors
    /// [`StoreError`]; the transaction is undone all the same.
    pub async fn rollback(self) -> Result<(), StoreError> {
        match self.kind {
            TxKind::Sqlite(tx) => tx.rollback().await?,
            TxKind::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}
