//! Rows of `throttles`: what is counted against whom. The subject is a MAC, never an identifier or an address.

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::{Backend, Db, Tx, dialect};
use crate::{on_read, on_tx};

/// A row, without its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct ThrottleRow {
    pub count: i64,
    pub window_started_at: Timestamp,
    pub blocked_until: Timestamp,
    pub expires_at: Timestamp,
}

/// What is counted: a scope and a subject.
pub(crate) type Key<'a> = (&'static str, &'a [u8]);

#[derive(sqlx::FromRow)]
struct ScopedRow {
    scope: String,
    #[sqlx(flatten)]
    row: ThrottleRow,
}

/// Rows of several scopes, each of which has one row at most.
pub(crate) struct ScopedRows(Vec<ScopedRow>);

impl ScopedRows {
    /// The row of a scope; one that counts nothing when there is none.
    pub(crate) fn of(&self, scope: &str) -> ThrottleRow {
        self.0.iter().find(|scoped| scoped.scope == scope).map(|scoped| scoped.row).unwrap_or_default()
    }
}

pub(crate) const FIND_THREE: &str = "SELECT scope, count, window_started_at, blocked_until, expires_at FROM throttles \
         WHERE scope = $1 AND subject = $2 \
     UNION ALL SELECT scope, count, window_started_at, blocked_until, expires_at FROM throttles \
         WHERE scope = $3 AND subject = $4 \
     UNION ALL SELECT scope, count, window_started_at, blocked_until, expires_at FROM throttles \
         WHERE scope = $5 AND subject = $6";

/// Up to three rows of different scopes, outside a transaction.
pub(crate) async fn read_three(db: &Db, keys: [Option<Key<'_>>; 3]) -> Result<ScopedRows, StoreError> {
    let [(a, of_a), (b, of_b), (c, of_c)] = keys.map(Option::unzip);
    let rows = on_read!(db, |p| sqlx::query_as::<_, ScopedRow>(FIND_THREE)
        .bind(a)
        .bind(of_a)
        .bind(b)
        .bind(of_b)
        .bind(c)
        .bind(of_c)
        .fetch_all(p)
        .await)?;
    Ok(ScopedRows(rows))
}

const FIND: &str =
    "SELECT count, window_started_at, blocked_until, expires_at FROM throttles WHERE scope = $1 AND subject = $2";

/// One row, outside a transaction.
pub(crate) async fn read(db: &Db, scope: &str, subject: &[u8]) -> Result<Option<ThrottleRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, ThrottleRow>(FIND).bind(scope).bind(subject).fetch_optional(p).await)?)
}

/// The row, which counts nothing when there was none, locked until the end of the transaction: guesses made at the same time queue up
/// here, so that none of them gets past the limit.
pub(crate) async fn lock(tx: &mut Tx, scope: &'static str, subject: &[u8]) -> Result<ThrottleRow, StoreError> {
    Ok(lock_two(tx, [Some((scope, subject)), None]).await?.of(scope))
}

/// As [`lock`], for whoever does not look at the row. SQLite has one writer at a time, who holds everything.
pub(crate) async fn hold(tx: &mut Tx, scope: &'static str, subject: &[u8]) -> Result<(), StoreError> {
    if tx.backend() == Backend::Postgres {
        lock(tx, scope, subject).await?;
    }
    Ok(())
}

/// As [`lock`], for up to two rows of different scopes, the first of them first.
pub(crate) async fn lock_two(tx: &mut Tx, keys: [Option<Key<'_>>; 2]) -> Result<ScopedRows, StoreError> {
    let sql = dialect::LOCK_THROTTLES.on(tx.backend());
    let [(a, of_a), (b, of_b)] = keys.map(Option::unzip);
    let rows = on_tx!(tx, |connection| sqlx::query_as::<_, ScopedRow>(sql)
        .bind(a)
        .bind(of_a)
        .bind(b)
        .bind(of_b)
        .fetch_all(connection)
        .await)?;
    Ok(ScopedRows(rows))
}

const UPDATE: &str = "INSERT INTO throttles (scope, subject, count, window_started_at, blocked_until, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (scope, subject) DO UPDATE SET count = excluded.count, \
     window_started_at = excluded.window_started_at, blocked_until = excluded.blocked_until, \
     expires_at = excluded.expires_at";

/// Writes a row that was locked before.
pub(crate) async fn update(tx: &mut Tx, scope: &str, subject: &[u8], row: &ThrottleRow) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(UPDATE)
        .bind(scope)
        .bind(subject)
        .bind(row.count)
        .bind(row.window_started_at)
        .bind(row.blocked_until)
        .bind(row.expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const DELETE: &str = "DELETE FROM throttles WHERE scope = $1 AND subject = $2";

/// Forgets what was counted.
pub(crate) async fn delete(tx: &mut Tx, scope: &str, subject: &[u8]) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(DELETE).bind(scope).bind(subject).execute(c).await.map(|_| ()))?;
    Ok(())
}

const DELETE_OF: &str = "DELETE FROM throttles WHERE substr(subject, 1, 32) = $1";

/// Forgets everything counted against a subject, in every scope: all subjects that begin with these 32 bytes.
pub(crate) async fn delete_all(tx: &mut Tx, subject: &[u8; 32]) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(DELETE_OF).bind(&subject[..]).execute(c).await.map(|_| ()))?;
    Ok(())
}

const DELETE_EXPIRED: &str = "DELETE FROM throttles WHERE expires_at <= $1 AND (scope, subject) IN \
     (SELECT scope, subject FROM throttles WHERE expires_at <= $1 LIMIT $2)";

/// Forgets what no longer counts, `limit` rows at most; how many. A row that begins to count again meanwhile stays.
pub(crate) async fn delete_expired(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_EXPIRED)
        .bind(now)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

#[derive(sqlx::FromRow)]
struct SlotRow {
    subject: Vec<u8>,
    window_started_at: Timestamp,
    blocked_until: Timestamp,
}

/// A numbered row of a subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    /// When it was taken; 0 when it never was.
    pub taken_at: Timestamp,
    /// Until when no other is to be taken after it; 0 when none has to wait for it.
    pub blocked_until: Timestamp,
}

const SLOTS: &str = "SELECT subject, window_started_at, blocked_until FROM throttles \
     WHERE scope = $1 AND subject >= $2 AND subject <= $3";

/// The numbered rows of a subject (its 32 bytes and the number as one more): `slots[number]`, an empty one where there is none.
pub(crate) async fn read_slots(db: &Db, scope: &str, subject: &[u8; 32], slots: u8) -> Result<Vec<Slot>, StoreError> {
    let (low, high) = (slot(subject, 0), slot(subject, u8::MAX));
    let rows = on_read!(db, |p| sqlx::query_as::<_, SlotRow>(SLOTS)
        .bind(scope)
        .bind(&low[..])
        .bind(&high[..])
        .fetch_all(p)
        .await)?;
    Ok(by_number(&rows, slots))
}

/// As [`read_slots`], inside a transaction.
pub(crate) async fn list_slots(
    tx: &mut Tx,
    scope: &str,
    subject: &[u8; 32],
    slots: u8,
) -> Result<Vec<Slot>, StoreError> {
    let (low, high) = (slot(subject, 0), slot(subject, u8::MAX));
    let rows = on_tx!(tx, |c| sqlx::query_as::<_, SlotRow>(SLOTS)
        .bind(scope)
        .bind(&low[..])
        .bind(&high[..])
        .fetch_all(c)
        .await)?;
    Ok(by_number(&rows, slots))
}

const SET_SLOT: &str = "INSERT INTO throttles (scope, subject, count, window_started_at, blocked_until, expires_at) \
     VALUES ($1, $2, 1, $3, $4, $5) ON CONFLICT (scope, subject) DO UPDATE SET \
     window_started_at = excluded.window_started_at, blocked_until = excluded.blocked_until, expires_at = excluded.expires_at";

/// Writes a numbered row.
pub(crate) async fn set_slot(
    tx: &mut Tx,
    scope: &str,
    subject: &[u8; 32],
    number: u8,
    taken: Slot,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let subject = slot(subject, number);
    on_tx!(tx, |c| sqlx::query(SET_SLOT)
        .bind(scope)
        .bind(&subject[..])
        .bind(taken.taken_at)
        .bind(taken.blocked_until)
        .bind(expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const UNBLOCK_SLOTS: &str = "UPDATE throttles SET blocked_until = 0 \
     WHERE scope = $1 AND subject >= $2 AND subject <= $3 AND blocked_until > 0";

/// Lets none wait any longer for the numbered rows of a subject.
pub(crate) async fn unblock_slots(tx: &mut Tx, scope: &str, subject: &[u8; 32]) -> Result<(), StoreError> {
    let (low, high) = (slot(subject, 0), slot(subject, u8::MAX));
    on_tx!(tx, |c| sqlx::query(UNBLOCK_SLOTS).bind(scope).bind(&low[..]).bind(&high[..]).execute(c).await.map(|_| ()))?;
    Ok(())
}

fn slot(subject: &[u8; 32], number: u8) -> Vec<u8> {
    let mut slot = subject.to_vec();
    slot.push(number);
    slot
}

fn by_number(rows: &[SlotRow], slots: u8) -> Vec<Slot> {
    let mut numbered = vec![Slot::default(); usize::from(slots)];
    for row in rows {
        let number = row.subject.last().copied().map(usize::from);
        if let Some(slot) = number.and_then(|number| numbered.get_mut(number)) {
            *slot = Slot { taken_at: row.window_started_at, blocked_until: row.blocked_until };
        }
    }
    numbered
}
