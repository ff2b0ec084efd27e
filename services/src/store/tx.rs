//! A write transaction on either database. Dropped without [`Tx::commit`], it is rolled back.

use std::sync::Arc;

use sqlx::{Postgres, Sqlite, Transaction};
use tokio::sync::Notify;

use crate::error::StoreError;
use crate::store::db::Backend;

/// One use case's transaction, see [`Db::begin`](crate::store::Db::begin).
pub struct Tx {
    kind: TxKind,
    outbox: Arc<Notify>,
    wakes_outbox: bool,
}

/// The transaction of the database in use; matched by [`on_tx!`](crate::on_tx) only.
pub enum TxKind {
    /// `BEGIN IMMEDIATE` on the one writer.
    Sqlite(Transaction<'static, Sqlite>),
    /// An ordinary transaction, `READ COMMITTED`.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(super) fn new(kind: TxKind, outbox: Arc<Notify>) -> Self {
        Self { kind, outbox, wakes_outbox: false }
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
            self.outbox.notify_one();
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
