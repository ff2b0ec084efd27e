//! Requests that may come twice and are to be done once: a browser whose connection broke does not know whether its request arrived, and
//! makes it again under the same key (draft-ietf-httpapi-idempotency-key-header).
//!
//! A key belongs to whoever made the request, and to that very request. What was answered is sealed and kept for a day; which request it
//! was is kept as a MAC, since the hash of a telephone number is as good as the number.

use std::fmt;

use uuid::Uuid;

use crate::clock::{DAY, SECOND, Timestamp};
use crate::crypto::columns;
use crate::error::{CryptoError, StoreError};
use crate::portal::Portal;
use crate::store::Tx;
use crate::store::idempotency::{self as rows, AnswerRow, RUNNING};

/// How long an answer is given again.
const KEPT_MS: i64 = DAY;
/// How long most requests may take. One whose process died holds its key no longer.
pub const LEASE_MS: i64 = 30 * SECOND;
/// The longest key in characters.
pub const KEY_MAX: usize = 200;

/// Whether a text can be a key: 1 to [`KEY_MAX`] visible ASCII characters.
pub fn is_key(text: &str) -> bool {
    (1..=KEY_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A key that was taken for a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Taken {
    owner: Uuid,
    key: String,
    request: [u8; 32],
    at: Timestamp,
}

impl Taken {
    /// What tells this taking of the key from a later one.
    fn row(&self) -> (Uuid, &str, Timestamp) {
        (self.owner, &self.key, self.at)
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taken").field("at", &self.at).finish_non_exhaustive()
    }
}

/// A request that may come twice, by whoever makes it.
#[derive(Clone)]
pub struct KeyedRequest {
    /// The person, or the program, that makes it.
    pub owner: Uuid,
    /// Its key, see [`is_key`].
    pub key: String,
    /// The hash of all that it asks for.
    pub request: [u8; 32],
}

impl fmt::Debug for KeyedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedRequest").field("owner", &self.owner).finish_non_exhaustive()
    }
}

/// What is known of a request with a key.
#[derive(Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it is to be done, and then [`Idempotency::store`]d or [`Idempotency::release`]d.
    Fresh(Taken),
    /// The same request was answered so.
    Same {
        /// The status.
        status: u16,
        /// The body.
        body: Vec<u8>,
        /// The version that stood in the `ETag`.
        version: Option<i64>,
    },
    /// The same request is under way: it is to be asked again in a moment.
    Running,
    /// The key belongs to another request.
    Other,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fresh(_) => "Fresh",
            Self::Same { .. } => "Same",
            Self::Running => "Running",
            Self::Other => "Other",
        })
    }
}

/// What is known of a request that is not fresh: as in [`Known`].
pub(crate) enum Earlier {
    Same { status: u16, body: Vec<u8>, version: Option<i64> },
    Running,
    Other,
}

impl From<Earlier> for Known {
    fn from(earlier: Earlier) -> Self {
        match earlier {
            Earlier::Same { status, body, version } => Self::Same { status, body, version },
            Earlier::Running => Self::Running,
            Earlier::Other => Self::Other,
        }
    }
}

/// Why a key could not be looked up, or an answer not be kept.
#[derive(Debug, thiserror::Error)]
pub enum IdempotencyError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored answer cannot be opened.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl IdempotencyError {
    /// Stable code for problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Crypto(error) => error.code(),
        }
    }
}

/// Requests that may come twice and are to be done once.
#[derive(Clone, Copy)]
pub struct Idempotency<'a> {
    pub(crate) portal: &'a Portal,
}

impl Idempotency<'_> {
    /// What is known of a request; a fresh one takes the key, for as long as it may take ([`LEASE_MS`] for most). `owner` is the person,
    /// or the program, that makes it; `request` the hash of all that it asks for.
    ///
    /// # Errors
    /// [`IdempotencyError`].
    pub async fn find(
        &self,
        owner: Uuid,
        key: &str,
        request: &[u8; 32],
        lease_ms: i64,
    ) -> Result<Known, IdempotencyError> {
        let portal = self.portal;
        let now = portal.now();
        let mac = self.mac(request);
        let mut tx = portal.db().begin().await?;
        if rows::take(&mut tx, owner, key, &mac, now, now + lease_ms).await? {
            tx.commit().await?;
            return Ok(Known::Fresh(Taken { owner, key: key.to_owned(), request: mac, at: now }));
        }
        tx.rollback().await?;
        // One that is gone was given back at this very moment.
        let earlier = self.earlier(&KeyedRequest { owner, key: key.to_owned(), request: *request }).await?;
        Ok(earlier.unwrap_or(Earlier::Running).into())
    }

    /// What is known of a request, whose key is not taken by asking: for work that keeps its answer in its own transaction, by
    /// [`Idempotency::store_new`].
    pub(crate) async fn earlier(&self, asked: &KeyedRequest) -> Result<Option<Earlier>, IdempotencyError> {
        let portal = self.portal;
        let Some(row) = rows::read(portal.db(), asked.owner, &asked.key, portal.now()).await? else { return Ok(None) };
        if row.request != self.mac(&asked.request) {
            return Ok(Some(Earlier::Other));
        }
        if row.status == RUNNING {
            return Ok(Some(Earlier::Running));
        }
        let id = self.row_of(asked.owner, &asked.key);
        Ok(Some(Earlier::Same {
            status: u16::try_from(row.status).map_err(|_| StoreError::Corrupt { column: "idempotency_keys.status" })?,
            body: portal.sealer().open(columns::IDEMPOTENCY_BODY, id, &row.body_sealed)?,
            version: row.version,
        }))
    }

    /// Keeps the answer to a request, to be given again for a day; not when the request took so long that another has taken the key.
    ///
    /// # Errors
    /// [`IdempotencyError`].
    pub async fn store(
        &self,
        taken: &Taken,
        status: u16,
        body: &[u8],
        version: Option<i64>,
    ) -> Result<(), IdempotencyError> {
        let row = self.answer(taken.owner, &taken.key, taken.request, status, body, version);
        let mut tx = self.portal.db().begin().await?;
        rows::answer(&mut tx, taken.row(), &row, self.portal.now() + KEPT_MS).await?;
        Ok(tx.commit().await?)
    }

    /// Keeps the answer to a request whose key nobody has taken, in the transaction that does the work: both are there at one stroke, or
    /// neither. `false` when the same request, or another with its key, was faster: then the work is to be undone.
    pub(crate) async fn store_new(
        &self,
        tx: &mut Tx,
        asked: &KeyedRequest,
        status: u16,
        body: &[u8],
        version: Option<i64>,
    ) -> Result<bool, StoreError> {
        let now = self.portal.now();
        let row = self.answer(asked.owner, &asked.key, self.mac(&asked.request), status, body, version);
        rows::insert_answer(tx, (asked.owner, &asked.key, now), &row, now + KEPT_MS).await
    }

    fn answer(
        self,
        owner: Uuid,
        key: &str,
        request: [u8; 32],
        status: u16,
        body: &[u8],
        version: Option<i64>,
    ) -> AnswerRow {
        let portal = self.portal;
        let id = self.row_of(owner, key);
        AnswerRow {
            request: request.to_vec(),
            status: status.into(),
            body_sealed: portal.sealer().seal(portal.rng(), columns::IDEMPOTENCY_BODY, id, body),
            version,
        }
    }

    /// Gives the key of a request back that was not done, so that it can be made again at once: it was malformed, or the machine failed.
    ///
    /// # Errors
    /// [`IdempotencyError`].
    pub async fn release(&self, taken: &Taken) -> Result<(), IdempotencyError> {
        let mut tx = self.portal.db().begin().await?;
        rows::release(&mut tx, taken.row()).await?;
        Ok(tx.commit().await?)
    }

    fn mac(self, request: &[u8; 32]) -> [u8; 32] {
        self.portal.sealer().mac("idempotency.request", &[request.as_slice()])
    }

    /// What a body is sealed for: a key has no id of its own.
    fn row_of(self, owner: Uuid, key: &str) -> Uuid {
        let mac = self.portal.sealer().mac("idempotency.row", &[owner.as_bytes(), key.as_bytes()]);
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(mac) {
            *to = from;
        }
        Uuid::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_and_visible() {
        assert!(is_key("01JD-abc") && is_key(&"k".repeat(KEY_MAX)));
        assert!(!is_key("") && !is_key("two words") && !is_key("ключ") && !is_key(&"k".repeat(KEY_MAX + 1)));
    }
}
