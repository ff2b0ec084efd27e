//! Facts about the database itself: which keys it was written with, whether it is the demo's.

use uuid::Uuid;

use crate::crypto::{Sealer, columns};
use crate::error::StoreError;
use crate::rng::Rng;
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

const KEY_CHECK: &str = "key_check";
const KEY_CANARY: &str = "key_canary";
const DEMO: &str = "demo";
/// What the canary says; its only use is that it can be opened.
const CANARY: &[u8] = b"schoolgate";

/// Reads a value; `None` when it was never set.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &Db, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "SELECT value FROM meta WHERE name = $1";
    Ok(on_read!(db, |p| sqlx::query_scalar(SQL).bind(name).fetch_optional(p).await)?)
}

/// Sets a value.
///
/// # Errors
/// [`StoreError`].
pub async fn update(tx: &mut Tx, name: &str, value: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO meta (name, value) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    on_tx!(tx, |c| sqlx::query(SQL).bind(name).bind(value).execute(c).await.map(drop))?;
    Ok(())
}

/// Compares the key ring with the one this database was written with; a fresh database takes it as its own.
///
/// Call it after migrating and at every start. Found out: another ring, and a ring older than the last rotation
/// (a canary is sealed under the newest key that ever wrote here).
///
/// # Errors
/// [`StoreError::KeyMismatch`] when it is another; nothing was written then.
pub async fn check_keys(db: &Db, sealer: &Sealer, rng: &dyn Rng) -> Result<(), StoreError> {
    let check = sealer.check_value();
    let mut tx = db.begin().await?;
    // Of several replicas on a fresh database one inserts; the others wait for it and then compare.
    insert_if_missing(&mut tx, KEY_CHECK, &check).await?;
    let stored: Vec<u8> = find_in(&mut tx, KEY_CHECK).await?.unwrap_or_default();
    if !bool::from(subtle::ConstantTimeEq::ct_eq(stored.as_slice(), check.as_slice())) {
        return Err(StoreError::KeyMismatch);
    }
    let canary = find_in(&mut tx, KEY_CANARY).await?;
    let fresh = match canary {
        Some(canary) => {
            sealer.open(columns::META_CANARY, Uuid::nil(), &canary).map_err(|_| StoreError::KeyMismatch)?;
            sealer.is_current(&canary)
        }
        None => false,
    };
    if !fresh {
        let canary = sealer.seal(rng, columns::META_CANARY, Uuid::nil(), CANARY);
        update(&mut tx, KEY_CANARY, &canary).await?;
    }
    tx.commit().await
}

/// Whether this is a demo database: one with published passwords, which `serve` refuses.
///
/// # Errors
/// [`StoreError`].
pub async fn is_demo(db: &Db) -> Result<bool, StoreError> {
    Ok(find(db, DEMO).await?.is_some())
}

/// Marks the database as the demo's, for good.
///
/// # Errors
/// [`StoreError`].
pub async fn mark_demo(tx: &mut Tx) -> Result<(), StoreError> {
    update(tx, DEMO, b"1").await
}

/// The next number of a count that begins with 1: each is given out once, whoever asks at the same time waits. A transaction that is
/// undone gives its number back.
pub(crate) async fn next_number(tx: &mut Tx, name: &str) -> Result<i64, StoreError> {
    const LOCK: &str = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = meta.value \
         RETURNING value";
    let none = 0_i64.to_be_bytes();
    let last: Vec<u8> = on_tx!(tx, |c| sqlx::query_scalar(LOCK).bind(name).bind(&none[..]).fetch_one(c).await)?;
    let last = <[u8; 8]>::try_from(last).map_err(|_| StoreError::Corrupt { column: "meta.value" })?;
    let next = i64::from_be_bytes(last).saturating_add(1);
    update(tx, name, &next.to_be_bytes()).await?;
    Ok(next)
}

async fn find_in(tx: &mut Tx, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "SELECT value FROM meta WHERE name = $1";
    Ok(on_tx!(tx, |c| sqlx::query_scalar(SQL).bind(name).fetch_optional(c).await)?)
}

async fn insert_if_missing(tx: &mut Tx, name: &str, value: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    on_tx!(tx, |c| sqlx::query(SQL).bind(name).bind(value).execute(c).await.map(drop))?;
    Ok(())
}
