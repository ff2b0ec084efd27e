//! SQLite's write-ahead log: what is committed stands there first, and is folded into the file later.
//!
//! Left to SQLite, whoever commits when the log is long folds it, and with a large file everybody else waits for half a second: the pages
//! lie all over it. Here a connection of its own folds beside the work. Only the little that comes meanwhile is folded while nobody may
//! write, and has to be: the log begins anew when all of it is in the file, and would grow for ever otherwise.

use std::time::Duration;

use crate::error::StoreError;
use crate::store::sqlite::{Lender, Lent};

/// How often the log is looked at: about as often as a portal under load fills [`WORTH`] pages.
const EVERY: Duration = Duration::from_millis(500);
/// How long after it could not be folded.
const AGAIN: Duration = Duration::from_secs(30);
/// Pages in the log, 8 MiB, from which on it is folded: those that every commit writes have been written many times by then, and go into
/// the file once. Of a longer log the disk would be busy for longer at a time, and commits wait for the same disk.
const WORTH: i64 = 2000;
/// Pages that are folded in a few milliseconds.
const FEW: i64 = 400;
/// How often what has come meanwhile is folded beside the work before everybody has to wait for it.
const GOES: usize = 4;

/// Tells what there is to be folded and does nothing.
const LOOK: &str = "PRAGMA wal_checkpoint(NOOP)";
/// Folds what no reader needs in the log. Nobody waits for it.
const FOLD: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// Folds the log whenever it is worth it, for as long as it is not dropped, beside others who write by `write`.
pub(super) async fn keep_short(write: &Lender, fold: &Lender) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = shorten_if_long(write, fold).await {
            tracing::warn!(code = error.code(), %error, "the database's log was not folded to its end; it is tried again");
            tokio::time::sleep(AGAIN).await;
        }
    }
}

async fn shorten_if_long(write: &Lender, fold: &Lender) -> Result<(), StoreError> {
    let mut beside = fold.lend().await?;
    if unfolded(&mut beside, LOOK).await? >= WORTH {
        shorten(write, &mut beside).await?;
    }
    Ok(())
}

/// Folds all that is in the log.
async fn shorten(write: &Lender, beside: &mut Lent) -> Result<(), StoreError> {
    for _ in 0..GOES {
        unfolded(beside, FOLD).await?;
        if unfolded(beside, LOOK).await? < FEW {
            break;
        }
    }
    let mut alone = write.lend().await?;
    unfolded(&mut alone, FOLD).await?;
    Ok(())
}

/// How many pages are in the log alone after `what`.
async fn unfolded(lent: &mut Lent, what: &'static str) -> Result<i64, StoreError> {
    // Whether another was at it, pages in the log, and how many of them are in the file.
    let counted: Result<(i64, i64, i64), sqlx::Error> = sqlx::query_as(what).fetch_one(lent.get()?).await;
    lent.look(&counted);
    let (_, log, folded) = counted?;
    Ok(log - folded)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

    use super::*;

    async fn lenders(folder: &tempfile::TempDir) -> [Lender; 2] {
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("t.sqlite"))
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("wal_autocheckpoint", "0")
            .create_if_missing(true);
        let write = Lender::connect(options.clone(), 1, Duration::from_mins(1)).await.unwrap();
        [write, Lender::connect(options, 1, Duration::from_mins(1)).await.unwrap()]
    }

    async fn write_rows(write: &Lender, count: usize) {
        let mut lent = write.lend().await.unwrap();
        sqlx::query("CREATE TABLE IF NOT EXISTS t (x)").execute(lent.get().unwrap()).await.unwrap();
        for _ in 0..count {
            sqlx::query("INSERT INTO t VALUES (randomblob(3000))").execute(lent.get().unwrap()).await.unwrap();
        }
    }

    /// How long the file of the log is.
    fn length(folder: &tempfile::TempDir) -> u64 {
        std::fs::metadata(folder.path().join("t.sqlite-wal")).unwrap().len()
    }

    #[tokio::test]
    async fn what_is_folded_makes_room_for_what_comes() {
        let folder = tempfile::tempdir().unwrap();
        let [write, fold] = lenders(&folder).await;
        write_rows(&write, 50).await;
        let mut beside = fold.lend().await.unwrap();
        let before = unfolded(&mut beside, LOOK).await.unwrap();
        assert!(before >= 50, "{before}");
        assert_eq!(unfolded(&mut beside, LOOK).await.unwrap(), before, "looking folds nothing");
        shorten(&write, &mut beside).await.unwrap();
        assert_eq!(unfolded(&mut beside, LOOK).await.unwrap(), 0);
        let long = length(&folder);
        write_rows(&write, 20).await;
        assert_eq!(length(&folder), long, "the log begins anew");
        assert!(unfolded(&mut beside, LOOK).await.unwrap() >= 20);
    }

    #[tokio::test]
    async fn a_reader_keeps_what_it_reads() {
        let folder = tempfile::tempdir().unwrap();
        let [write, fold] = lenders(&folder).await;
        write_rows(&write, 1).await;
        let options = SqliteConnectOptions::new().filename(folder.path().join("t.sqlite")).read_only(true);
        let reader = Lender::connect(options, 1, Duration::from_mins(1)).await.unwrap();
        let mut reading = reader.begin("BEGIN").await.unwrap();
        let mut rows = async || -> i64 {
            sqlx::query_scalar("SELECT COUNT(*) FROM t").fetch_one(reading.get().unwrap()).await.unwrap()
        };
        assert_eq!(rows().await, 1);
        write_rows(&write, 30).await;
        let mut beside = fold.lend().await.unwrap();
        shorten(&write, &mut beside).await.unwrap();
        assert!(unfolded(&mut beside, LOOK).await.unwrap() > 0);
        assert_eq!(rows().await, 1);
        reading.rollback().await.unwrap();
        shorten(&write, &mut beside).await.unwrap();
        assert_eq!(unfolded(&mut beside, LOOK).await.unwrap(), 0);
    }
}
