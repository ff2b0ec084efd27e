//! The audit log: every sign-in and every change of personal data is one row: who, when, from where, what, before and after.
//!
//! Append-only (triggers refuse anything else) and chained ([`chain`]). `detail` is readable by whoever reads the database,
//! so **no personal data goes there**; the address, before and after are sealed.

mod chain;
mod event;
mod reading;

use std::fmt;
use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::context::Context;
use crate::crypto::{columns, row_of_number};
use crate::error::{CryptoError, StoreError};
use crate::ids::PersonId;
use crate::store::audit::{self as rows, AuditHead, AuditRow};
use crate::store::{Db, Tx};
use crate::visit::Visit;

pub use event::{AuditEvent, Outcome};
pub use reading::{AuditExport, AuditLine, AuditReadError};

/// Rows that [`Audit::verify`] reads at a time.
const VERIFY_BATCH: i64 = 500;
/// The most rows that [`Audit::list`] gives.
pub const LIST_LIMIT: u32 = 200;

/// One thing to write down.
#[derive(Clone)]
pub struct AuditEntry {
    event: AuditEvent,
    outcome: Outcome,
    actor: Option<PersonId>,
    person: Option<PersonId>,
    request_id: String,
    address: Option<IpAddr>,
    detail: Map<String, Value>,
    before: Option<Value>,
    after: Option<Value>,
}

impl AuditEntry {
    /// What a visitor did or tried.
    pub fn new(event: AuditEvent, outcome: Outcome, visit: &Visit) -> Self {
        Self { address: visit.address, ..Self::by_operator(event, outcome, &visit.request_id) }
    }

    /// What was done without a browser: the command line, a worker. `request_id` says which run it was.
    pub fn by_operator(event: AuditEvent, outcome: Outcome, request_id: &str) -> Self {
        Self {
            event,
            outcome,
            actor: None,
            person: None,
            request_id: request_id.to_owned(),
            address: None,
            detail: Map::new(),
            before: None,
            after: None,
        }
    }

    /// Who did it. Leave out when nobody is signed in.
    #[must_use]
    pub fn actor(mut self, actor: PersonId) -> Self {
        self.actor = Some(actor);
        self
    }

    /// Whom it is about. Leave out when the person is unknown.
    #[must_use]
    pub fn person(mut self, person: PersonId) -> Self {
        self.person = Some(person);
        self
    }

    /// A fact that is no personal data, e.g. `("tries_left", 3)`.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// The record before the change; sealed.
    #[must_use]
    pub fn before(mut self, record: Value) -> Self {
        self.before = Some(record);
        self
    }

    /// The record after the change; sealed.
    #[must_use]
    pub fn after(mut self, record: Value) -> Self {
        self.after = Some(record);
        self
    }
}

impl fmt::Debug for AuditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditEntry")
            .field("event", &self.event)
            .field("outcome", &self.outcome)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// Which rows to list, newest first. What is `None` does not narrow.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// About this person.
    pub person: Option<PersonId>,
    /// Done by this person.
    pub actor: Option<PersonId>,
    /// Of this kind.
    pub event: Option<AuditEvent>,
    /// That ended so.
    pub outcome: Option<Outcome>,
    /// Not before this moment, Unix milliseconds.
    pub since: Option<Timestamp>,
    /// Before this moment, Unix milliseconds.
    pub until: Option<Timestamp>,
    /// Older than this row: the cursor for the next page.
    pub before_seq: Option<i64>,
    /// At most so many; at most [`LIST_LIMIT`].
    pub limit: u32,
}

/// One row, opened.
#[derive(Clone)]
pub struct AuditRecord {
    /// Its place in the log, from 1.
    pub seq: i64,
    /// When, Unix milliseconds.
    pub at: Timestamp,
    /// What.
    pub event: AuditEvent,
    /// How it ended.
    pub outcome: Outcome,
    /// Who.
    pub actor: Option<PersonId>,
    /// About whom.
    pub person: Option<PersonId>,
    /// Finds the lines of the log.
    pub request_id: String,
    /// From where.
    pub address: Option<IpAddr>,
    /// Facts.
    pub detail: Map<String, Value>,
    /// The record before.
    pub before: Option<Value>,
    /// The record after.
    pub after: Option<Value>,
}

impl fmt::Debug for AuditRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditRecord")
            .field("seq", &self.seq)
            .field("at", &self.at)
            .field("event", &self.event)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// What [`Audit::verify`] saw when all was well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// How many rows were checked: the number of the last one.
    pub rows: i64,
    /// The hash of the last row. Note it elsewhere: a later log must still contain it.
    pub head: [u8; 32],
}

/// The audit log cannot be read, or is not what was written.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sealed value cannot be opened.
    #[error("audit row {seq}: {source}")]
    Crypto {
        /// The row.
        seq: i64,
        /// Why.
        source: CryptoError,
    },
    /// The log was changed.
    #[error("the audit log was tampered with at row {seq}: {what}")]
    Broken {
        /// The first row that is not as it was written.
        seq: i64,
        /// In words.
        what: &'static str,
    },
}

impl AuditError {
    /// Stable code for logs and problem documents.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Crypto { source, .. } => source.code(),
            Self::Broken { .. } => "AUDIT-01",
        }
    }
}

/// The audit log.
#[derive(Clone)]
pub struct Audit {
    context: Context,
}

impl Audit {
    /// The log of this database.
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Writes one row and returns its number.
    ///
    /// Make it the **last statement of the transaction**: it holds the end of the chain until the transaction ends, and on
    /// PostgreSQL every other writer of the log waits for that. Calling it early also invites deadlocks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn append(&self, tx: &mut Tx, entry: AuditEntry) -> Result<i64, StoreError> {
        let head = rows::lock_head(tx).await?;
        let row = self.sealed(head, self.context.now(), entry);
        rows::append(tx, &row).await?;
        Ok(row.seq)
    }

    /// Writes many rows, one after the other, with few statements. As with [`Audit::append`], nothing comes after it but more of the same.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn append_all(&self, tx: &mut Tx, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut head = rows::lock_head(tx).await?;
        let at = self.context.now();
        let mut entries = entries.into_iter();
        loop {
            // In pieces, so that the sealed form of many rows is never held as a whole.
            let mut sealed = Vec::with_capacity(entries.len().min(rows::AT_ONCE));
            for entry in entries.by_ref().take(rows::AT_ONCE) {
                let row = self.sealed(head, at, entry);
                head = AuditHead { seq: row.seq, hash: row.hash.clone() };
                sealed.push(row);
            }
            if sealed.is_empty() {
                return Ok(());
            }
            rows::append_all(tx, &sealed).await?;
        }
    }

    /// The row that follows the end of the chain.
    fn sealed(&self, head: AuditHead, at: Timestamp, entry: AuditEntry) -> AuditRow {
        let seq = head.seq + 1;
        let seal = |column, bytes: &[u8]| {
            let (sealer, rng) = (&self.context.sealer, self.context.rng.as_ref());
            sealer.seal(rng, column, row_of_number(seq), bytes)
        };
        let seal_json =
            |column, record: Option<Value>| record.map(|record| seal(column, record.to_string().as_bytes()));
        let mut row = AuditRow {
            seq,
            at,
            event: entry.event.code().to_owned(),
            outcome: entry.outcome.code().to_owned(),
            actor_id: entry.actor.map(|id| id.0),
            person_id: entry.person.map(|id| id.0),
            request_id: entry.request_id,
            address_sealed: entry.address.map(|address| seal(columns::AUDIT_ADDRESS, address.to_string().as_bytes())),
            detail: Value::Object(entry.detail).to_string(),
            before_sealed: seal_json(columns::AUDIT_BEFORE, entry.before),
            after_sealed: seal_json(columns::AUDIT_AFTER, entry.after),
            previous_hash: head.hash,
            hash: Vec::new(),
        };
        row.hash = chain::hash(&self.context.sealer, &row).to_vec();
        row
    }

    /// Rows, newest first, opened.
    ///
    /// # Errors
    /// [`AuditError`]; [`AuditError::Crypto`] when a key was taken out of the ring that old rows need.
    pub async fn list(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>, AuditError> {
        rows::list(&self.context.db, filter).await?.into_iter().map(|row| self.opened(row)).collect()
    }

    /// Reads the whole log in order and recomputes the chain. Rows appended meanwhile are not looked at.
    /// Tens of thousands of rows take a second; nothing is locked.
    ///
    /// # Errors
    /// [`AuditError::Broken`] with the first row that is not as it was written.
    pub async fn verify(&self) -> Result<AuditReport, AuditError> {
        self.verify_with(|_, _| {}).await
    }

    /// As [`Audit::verify`]; `progress` is called with the rows done and the rows there are.
    ///
    /// # Errors
    /// As [`Audit::verify`].
    pub async fn verify_with(&self, mut progress: impl FnMut(i64, i64)) -> Result<AuditReport, AuditError> {
        let db: &Db = &self.context.db;
        let head =
            rows::find_head(db).await?.ok_or(AuditError::Broken { seq: 0, what: "the end of the chain is missing" })?;
        let mut previous = chain::START.to_vec();
        let mut done = 0;
        while done < head.seq {
            let batch = rows::list_in_order(db, done, head.seq, VERIFY_BATCH).await?;
            if batch.is_empty() {
                let what = "rows are missing at the end";
                return Err(AuditError::Broken { seq: done + 1, what });
            }
            for row in batch {
                let what = if row.seq != done + 1 {
                    Some("a row is missing")
                } else if row.previous_hash != previous {
                    Some("it does not continue the row before")
                } else if row.hash != chain::hash(&self.context.sealer, &row) {
                    Some("its content does not match its hash")
                } else {
                    None
                };
                if let Some(what) = what {
                    return Err(AuditError::Broken { seq: done + 1, what });
                }
                previous = row.hash;
                done = row.seq;
            }
            progress(done, head.seq);
        }
        let broken = |seq, what| Err(AuditError::Broken { seq, what });
        if head.first_seq.is_some_and(|first| first < 1) {
            return broken(0, "there is a row in front of the first");
        }
        if head.last_seq.unwrap_or(0) > head.seq {
            return broken(head.seq + 1, "it is not covered by the end of the chain");
        }
        match <[u8; 32]>::try_from(head.hash) {
            Ok(hash) if hash.as_slice() == previous => Ok(AuditReport { rows: done, head: hash }),
            _ => broken(done, "it is not the row that was written last"),
        }
    }

    fn opened(&self, row: AuditRow) -> Result<AuditRecord, AuditError> {
        let open = |column, sealed: Option<Vec<u8>>| {
            sealed
                .map(|sealed| self.context.sealer.open(column, row_of_number(row.seq), &sealed))
                .transpose()
                .map_err(|source| AuditError::Crypto { seq: row.seq, source })
        };
        let json = |column, sealed| -> Result<Option<Value>, AuditError> {
            let opened = open(column, sealed)?;
            Ok(opened
                .map(|bytes| serde_json::from_slice(&bytes))
                .transpose()
                .map_err(|_| StoreError::Corrupt { column })?)
        };
        let address = open(columns::AUDIT_ADDRESS, row.address_sealed)?
            .map(|bytes| String::from_utf8(bytes).ok().and_then(|text| text.parse().ok()))
            .map(|parsed| parsed.ok_or(StoreError::Corrupt { column: columns::AUDIT_ADDRESS }))
            .transpose()?;
        let corrupt = |column| StoreError::Corrupt { column };
        Ok(AuditRecord {
            seq: row.seq,
            at: row.at,
            event: AuditEvent::from_code(&row.event).ok_or(corrupt("audit_log.event"))?,
            outcome: Outcome::from_code(&row.outcome).ok_or(corrupt("audit_log.outcome"))?,
            actor: row.actor_id.map(PersonId),
            person: row.person_id.map(PersonId),
            request_id: row.request_id,
            address,
            detail: serde_json::from_str(&row.detail).map_err(|_| corrupt("audit_log.detail"))?,
            before: json(columns::AUDIT_BEFORE, row.before_sealed)?,
            after: json(columns::AUDIT_AFTER, row.after_sealed)?,
        })
    }
}
