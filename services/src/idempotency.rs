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
        let mut tx = self.portal.db().begin().await?;
        let known = self.find_in(&mut tx, owner, key, request, lease_ms).await?;
        if matches!(known, Known::Fresh(_)) {
            tx.commit().await?;
        }
        Ok(known)
    }

    /// As [`Idempotency::find`], in a transaction that does the work as well and ends with [`Idempotency::store_in`]: then the key is
    /// taken, the work done and the answer kept at one stroke, or nothing of it. The same request waits until that one has ended.
    pub(crate) async fn find_in(
        &self,
        tx: &mut Tx,
        owner: Uuid,
        key: &str,
        request: &[u8; 32],
        lease_ms: i64,
    ) -> Result<Known, IdempotencyError> {
        let portal = self.portal;
        let now = portal.now();
        let request = self.mac(request);
        if rows::take(tx, owner, key, &request, now, now + lease_ms).await? {
            return Ok(Known::Fresh(Taken { owner, key: key.to_owned(), request, at: now }));
        }
        let Some(row) = rows::find(tx, owner, key).await? else {
            // Given back at this very moment.
            return Ok(Known::Running);
        };
        if row.request != request {
            return Ok(Known::Other);
        }
        if row.status == RUNNING {
            return Ok(Known::Running);
        }
        Ok(Known::Same {
            status: u16::try_from(row.status).map_err(|_| StoreError::Corrupt { column: "idempotency_keys.status" })?,
            body: portal.sealer().open(columns::IDEMPOTENCY_BODY, self.row_of(owner, key), &row.body_sealed)?,
            version: row.version,
        })
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
        let mut tx = self.portal.db().begin().await?;
        self.store_in(&mut tx, taken, status, body, version).await?;
        Ok(tx.commit().await?)
    }

    /// As [`Idempotency::store`], in the transaction of the work.
    pub(crate) async fn store_in(
        &self,
        tx: &mut Tx,
        taken: &Taken,
        status: u16,
        body: &[u8],
        version: Option<i64>,
    ) -> Result<(), StoreError> {
        let portal = self.portal;
        let id = self.row_of(taken.owner, &taken.key);
        let row = AnswerRow {
            request: taken.request.to_vec(),
            status: status.into(),
            body_sealed: portal.sealer().seal(portal.rng(), columns::IDEMPOTENCY_BODY, id, body),
            version,
        };
        rows::answer(tx, taken.row(), &row, portal.now() + KEPT_MS).await
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
