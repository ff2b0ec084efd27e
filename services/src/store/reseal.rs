//! Seals stored values anew under the current key, after [`KeyRing::rotate`](crate::crypto::KeyRing::rotate).
//!
//! In batches of one transaction each, so the portal keeps working beside it. It may be stopped at any moment and begun
//! again: what is done is told by the key id in each envelope. Versions and dates of the rows stay as they are.
//! Not touched: the audit log, which is append-only, so the keys it was sealed with must stay in the ring; answers to requests that
//! carried an idempotency key, which are gone after a day; what browsers at Gosuslugi come back with, gone after ten minutes; and contacts
//! that wait for their code, gone as soon as that is too old.

use sqlx::FromRow;
use uuid::Uuid;

use crate::context::Context;
use crate::crypto::columns;
use crate::error::{CryptoError, StoreError};
use crate::on_tx;
use crate::store::{Tx, dialect};

/// Resealing stopped; what was done before is kept.
#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A value that cannot be opened; nothing of its batch was written.
    #[error("{column} of row {row}: {source}")]
    Crypto {
        /// Which column.
        column: &'static str,
        /// Which row.
        row: Uuid,
        /// Why.
        source: CryptoError,
    },
}

/// Seals every stale value anew, `batch` rows (at least 1) per transaction, and returns how many rows were rewritten.
/// `progress` is called after each batch with the rows rewritten so far.
///
/// # Errors
/// [`ResealError`].
pub async fn reseal(context: &Context, batch: u32, mut progress: impl FnMut(u64)) -> Result<u64, ResealError> {
    let mut done = 0;
    for table in Table::ALL {
        let mut after = Uuid::nil();
        loop {
            let mut tx = context.db.begin().await?;
            let rows = table.stale(&mut tx, context, after, batch.clamp(1, table.most())).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in &rows {
                let fresh = row.resealed(context)?;
                table.update(&mut tx, row.id, fresh).await?;
            }
            tx.commit().await?;
            done += rows.len() as u64;
            progress(done);
        }
    }
    Ok(done)
}

#[derive(Clone, Copy)]
enum Table {
    People,
    Sessions,
    Registrations,
    Reviews,
    Questions,
    Outbox,
    Imports,
    Photos,
    GosuslugiLinks,
}

/// A row with its sealed values, each with the name of its column.
struct StaleRow {
    id: Uuid,
    values: Vec<(&'static str, Option<Vec<u8>>)>,
}

impl StaleRow {
    /// The values under the current key, in the same order.
    fn resealed(&self, context: &Context) -> Result<Vec<Option<Vec<u8>>>, ResealError> {
        let (sealer, row) = (&context.sealer, self.id);
        let reseal = |(column, sealed): &(&'static str, Option<Vec<u8>>)| {
            // What was erased stays so: some columns are emptied instead of set to nothing.
            let Some(envelope) = sealed.as_deref().filter(|envelope| !envelope.is_empty()) else {
                return Ok(sealed.clone());
            };
            let plain =
                sealer.open(column, row, envelope).map_err(|source| ResealError::Crypto { column, row, source })?;
            Ok(Some(sealer.seal(context.rng.as_ref(), column, row, &plain)))
        };
        self.values.iter().map(reseal).collect()
    }
}

impl Table {
    const ALL: [Self; 9] = [
        Self::People,
        Self::Sessions,
        Self::Registrations,
        Self::Reviews,
        Self::Questions,
        Self::Outbox,
        Self::Imports,
        Self::Photos,
        Self::GosuslugiLinks,
    ];

    /// The most rows of one transaction: files and photos are big, and all of them are in memory until it ends.
    const fn most(self) -> u32 {
        match self {
            Self::Imports => 1,
            Self::Photos => 50,
            _ => u32::MAX,
        }
    }

    async fn stale(self, tx: &mut Tx, context: &Context, after: Uuid, limit: u32) -> Result<Vec<StaleRow>, StoreError> {
        let header = context.sealer.current_header();
        let limit = i64::from(limit);
        let backend = tx.backend();
        Ok(match self {
            Self::People => {
                let sql = dialect::STALE_PEOPLE.on(backend);
                let rows: Vec<PersonRow> = on_tx!(tx, |c| sqlx::query_as(sql)
                    .bind(after)
                    .bind(header.as_slice())
                    .bind(limit)
                    .fetch_all(c)
                    .await)?;
                rows.into_iter().map(StaleRow::from).collect()
            }
            Self::Sessions | Self::Registrations | Self::Questions | Self::Photos | Self::GosuslugiLinks => {
                let (statement, column) = match self {
                    Self::Registrations => (dialect::STALE_REGISTRATIONS, columns::REGISTRATIONS_ANSWERS),
                    Self::Questions => (dialect::STALE_QUESTIONS, columns::SECURITY_QUESTION),
                    Self::Photos => (dialect::STALE_PHOTOS, columns::PHOTOS_IMAGE),
                    Self::GosuslugiLinks => (dialect::STALE_LINKS, columns::GOSUSLUGI_SUBJECT),
                    _ => (dialect::STALE_SESSIONS, columns::SESSIONS_ADDRESS),
                };
                let sql = statement.on(backend);
                let rows: Vec<OneValueRow> = on_tx!(tx, |c| sqlx::query_as(sql)
                    .bind(after)
                    .bind(header.as_slice())
                    .bind(limit)
                    .fetch_all(c)
                    .await)?;
                rows.into_iter().map(|row| StaleRow { id: row.id, values: vec![(column, row.sealed)] }).collect()
            }
            Self::Imports => {
                let sql = dialect::STALE_IMPORTS.on(backend);
                let rows: Vec<ImportRow> = on_tx!(tx, |c| sqlx::query_as(sql)
                    .bind(after)
                    .bind(header.as_slice())
                    .bind(limit)
                    .fetch_all(c)
                    .await)?;
                rows.into_iter().map(StaleRow::from).collect()
            }
            Self::Reviews | Self::Outbox => {
                let (statement, first, second) = match self {
                    Self::Reviews => (dialect::STALE_REVIEWS, columns::REVIEWS_ANSWERS, columns::REVIEWS_NOTE),
                    _ => (dialect::STALE_MESSAGES, columns::OUTBOX_RECIPIENT, columns::OUTBOX_PAYLOAD),
                };
                let sql = statement.on(backend);
                let rows: Vec<TwoValuesRow> = on_tx!(tx, |c| sqlx::query_as(sql)
                    .bind(after)
                    .bind(header.as_slice())
                    .bind(limit)
                    .fetch_all(c)
                    .await)?;
                let stale = |row: TwoValuesRow| StaleRow {
                    id: row.id,
                    values: vec![(first, row.first_sealed), (second, row.second_sealed)],
                };
                rows.into_iter().map(stale).collect()
            }
        })
    }

    async fn update(self, tx: &mut Tx, id: Uuid, values: Vec<Option<Vec<u8>>>) -> Result<(), StoreError> {
        let sql = match self {
            Self::People => {
                "UPDATE people SET birth_date_sealed = $2, id_number_sealed = $3, snils_sealed = $4, \
                     mobile_sealed = $5, email_sealed = $6 WHERE id = $1"
            }
            Self::Sessions => "UPDATE sessions SET address_sealed = $2 WHERE id = $1",
            Self::Registrations => "UPDATE registrations SET answers_sealed = $2 WHERE id = $1",
            Self::Reviews => "UPDATE reviews SET answers_sealed = $2, note_sealed = $3 WHERE id = $1",
            Self::Questions => "UPDATE security_questions SET question_sealed = $2 WHERE account_id = $1",
            Self::Outbox => "UPDATE outbox SET recipient_sealed = $2, payload_sealed = $3 WHERE id = $1",
            Self::Imports => {
                "UPDATE imports SET content_sealed = $2, report_sealed = $3, address_sealed = $4 WHERE id = $1"
            }
            Self::Photos => "UPDATE photos SET image_sealed = $2 WHERE person_id = $1",
            Self::GosuslugiLinks => "UPDATE gosuslugi_links SET subject_sealed = $2 WHERE id = $1",
        };
        on_tx!(tx, |c| {
            let mut query = sqlx::query(sql).bind(id);
            for value in values {
                query = query.bind(value);
            }
            query.execute(c).await.map(drop)
        })?;
        Ok(())
    }
}

#[derive(FromRow)]
struct PersonRow {
    id: Uuid,
    birth_date_sealed: Option<Vec<u8>>,
    id_number_sealed: Option<Vec<u8>>,
    snils_sealed: Option<Vec<u8>>,
    mobile_sealed: Option<Vec<u8>>,
    email_sealed: Option<Vec<u8>>,
}

impl From<PersonRow> for StaleRow {
    fn from(row: PersonRow) -> Self {
        Self {
            id: row.id,
            values: vec![
                (columns::PEOPLE_BIRTH_DATE, row.birth_date_sealed),
                (columns::PEOPLE_ID_NUMBER, row.id_number_sealed),
                (columns::PEOPLE_SNILS, row.snils_sealed),
                (columns::PEOPLE_MOBILE, row.mobile_sealed),
                (columns::PEOPLE_EMAIL, row.email_sealed),
            ],
        }
    }
}

#[derive(FromRow)]
struct ImportRow {
    id: Uuid,
    content_sealed: Option<Vec<u8>>,
    report_sealed: Option<Vec<u8>>,
    address_sealed: Option<Vec<u8>>,
}

impl From<ImportRow> for StaleRow {
    fn from(row: ImportRow) -> Self {
        Self {
            id: row.id,
            values: vec![
                (columns::IMPORTS_CONTENT, row.content_sealed),
                (columns::IMPORTS_REPORT, row.report_sealed),
                (columns::IMPORTS_ADDRESS, row.address_sealed),
            ],
        }
    }
}

/// A row of a table with one sealed value.
#[derive(FromRow)]
struct OneValueRow {
    id: Uuid,
    sealed: Option<Vec<u8>>,
}

/// A row of a table with two sealed values.
#[derive(FromRow)]
struct TwoValuesRow {
    id: Uuid,
    first_sealed: Option<Vec<u8>>,
    second_sealed: Option<Vec<u8>>,
}
