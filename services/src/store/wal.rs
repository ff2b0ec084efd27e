//! SQLite's write-ahead log: what is committed stands there first, and is folded into the file later.
//!
//! Left to SQLite, whoever commits when the log is long folds it, and with a large file everybody else waits for half a second: the pages
//! lie all over it. Here a connection of its own folds beside the work, little at a time, since the disk is busy with what is folded, and
//! commits wait for the same disk. The log begins anew when all of it is in the file and would grow for ever otherwise, so that the last
//! little is now and then folded while nobody may write.

use std::time::Duration;

use crate::error::StoreError;
use crate::store::sqlite::{Lender, Lent};

/// How often the log is looked at while much is written.
const SOON: Duration = Duration::from_millis(50);
/// How often otherwise.
const LATER: Duration = Duration::from_millis(500);
/// How long after it could not be folded.
const AGAIN: Duration = Duration::from_secs(30);
/// Pages that are worth folding: half a megabyte, which a disk has written in a few milliseconds wherever they lie.
const WORTH: i64 = 128;
/// Pages in the log, 32 MiB, from which on it is to begin anew.
const LONG: i64 = 8192;

/// Tells what there is to be folded and does nothing.
const LOOK: &str = "PRAGMA wal_checkpoint(NOOP)";
/// Folds what no reader needs in the log. Nobody waits for it.
const FOLD: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// The log, in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Log {
    /// All of it.
    pages: i64,
    /// What is not in the file yet.
    unfolded: i64,
}

/// Folds the log whenever it is worth it, for as long as it is not dropped, beside others who write by `write`.
pub(super) async fn keep_short(write: &Lender, fold: &Lender) {
    loop {
        let rest = match shorten(write, fold).await {
            Ok(rest) => rest,
            Err(error) => {
                tracing::warn!(code = error.code(), %error, "the database's log was not folded to its end; it is tried again");
                AGAIN
            }
        };
        tokio::time::sleep(rest).await;
    }
}

/// Folds what there is: when to look again.
async fn shorten(write: &Lender, fold: &Lender) -> Result<Duration, StoreError> {
    let mut beside = fold.lend().await?;
    if read(&mut beside, LOOK).await?.unfolded < WORTH {
        return Ok(LATER);
    }
    let log = read(&mut beside, FOLD).await?;
    if log.pages < LONG {
        return Ok(SOON);
    }
    // What a reader needs stays, and nobody who writes is to wait again and again until the reader is done.
    Ok(if begin_anew(write).await?.unfolded == 0 { SOON } else { LATER })
}

/// Folds all that is in the log, so that whoever writes next begins it anew.
async fn begin_anew(write: &Lender) -> Result<Log, StoreError> {
    let mut alone = write.lend().await?;
    read(&mut alone, FOLD).await
}

/// How the log is after `what`.
async fn read(lent: &mut Lent, what: &'static str) -> Result<Log, StoreError> {
    // Whether another was at it, pages in the log, and how many of them are in the file.
    let counted: Result<(i64, i64, i64), sqlx::Error> = sqlx::query_as(what).fetch_one(lent.get()?).await;
    lent.look(&counted);
    let (_, pages, folded) = counted?;
    Ok(Log { pages, unfolded: pages - folded })
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
        let before = read(&mut beside, LOOK).await.unwrap();
        assert!(before.unfolded >= 50 && before.pages == before.unfolded, "{before:?}");
        assert_eq!(read(&mut beside, LOOK).await.unwrap(), before, "looking folds nothing");
        begin_anew(&write).await.unwrap();
        assert_eq!(read(&mut beside, LOOK).await.unwrap().unfolded, 0);
        let long = length(&folder);
        write_rows(&write, 20).await;
        assert_eq!(length(&folder), long, "the log begins anew");
        let after = read(&mut beside, LOOK).await.unwrap();
        assert!(after.unfolded >= 20 && after.pages < before.pages, "{after:?}");
    }

    #[tokio::test]
    async fn a_little_is_left_and_much_is_folded_soon() {
        let folder = tempfile::tempdir().unwrap();
        let [write, fold] = lenders(&folder).await;
        write_rows(&write, 5).await;
        assert_eq!(shorten(&write, &fold).await.unwrap(), LATER);
        let left = read(&mut fold.lend().await.unwrap(), LOOK).await.unwrap();
        assert_eq!(left.pages, left.unfolded, "it is not worth it");
        write_rows(&write, 150).await;
        assert_eq!(shorten(&write, &fold).await.unwrap(), SOON);
        let folded = read(&mut fold.lend().await.unwrap(), LOOK).await.unwrap();
        assert_eq!(folded.unfolded, 0);
        assert!(folded.pages > left.pages, "others may have written meanwhile: the log goes on");
        assert_eq!(shorten(&write, &fold).await.unwrap(), LATER, "nothing is left to do");
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
        begin_anew(&write).await.unwrap();
        assert!(read(&mut beside, LOOK).await.unwrap().unfolded > 0);
        assert_eq!(rows().await, 1);
        reading.rollback().await.unwrap();
        begin_anew(&write).await.unwrap();
        assert_eq!(read(&mut beside, LOOK).await.unwrap().unfolded, 0);
    }
}
