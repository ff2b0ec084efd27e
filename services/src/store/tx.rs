//! A write transaction on either database. Dropped without [`Tx::commit`], it is rolled back.

use std::sync::Arc;

use sqlx::{Postgres, Sqlite, Transaction};
use tokio::sync::Notify;

use crate::error::StoreError;
use crate::store::db::Backend;

/// One use case's transaction, see [`Db::begin`](crate::store::Db::begin).
pub struct Tx {
    kind: TxKind,
    bells: Arc<Bells>,
    wakes_outbox: bool,
    wakes_jobs: bool,
}

/// Wake the workers of this process; other replicas look by themselves.
#[derive(Default)]
pub(crate) struct Bells {
    pub outbox: Notify,
    pub jobs: Notify,
}

/// The transaction of the database in use; matched by [`on_tx!`](crate::on_tx) only.
pub enum TxKind {
    /// `BEGIN IMMEDIATE` on the one writer.
    Sqlite(Transaction<'static, Sqlite>),
    /// An ordinary transaction, `READ COMMITTED`.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) fn new(kind: TxKind, bells: Arc<Bells>) -> Self {
        Self { kind, bells, wakes_outbox: false, wakes_jobs: false }
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
