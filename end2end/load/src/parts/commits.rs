//! SQLite's commits a second without a portal: one writer, the portal's pragmas, a row of about the size of what an
//! edit changes, on the disk of the portal's database. What the disk takes at most.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Serialize;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, SqliteConnection};

use crate::error::LoadError;
use crate::stats::{Tail, float};

/// The sealed columns of a person with their indexes, or a row of the audit log: either has about so many bytes.
pub const ROW_BYTES: usize = 700;

const FILE: &str = "commits.sqlite";
const CREATE: &str = "CREATE TABLE rows (id BIGINT PRIMARY KEY NOT NULL, body BLOB NOT NULL)";
const INSERT: &str = "INSERT INTO rows (id, body) VALUES ($1, $2)";

/// The figures.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Commits {
    /// Commits a second.
    pub per_second: f64,
    /// One commit, in seconds.
    pub each: Tail,
}

/// Commits for the span, each with one row. The folder is on the disk that is meant.
pub async fn run(folder: &Path, span: Duration) -> Result<Commits, LoadError> {
    remove(folder)?;
    let options = SqliteConnectOptions::new()
        .filename(folder.join(FILE))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    sqlx::query(CREATE).execute(&mut connection).await?;
    let body = vec![0x5a_u8; ROW_BYTES];
    let mut each = Vec::new();
    let since = Instant::now();
    for id in 0_i64.. {
        let begun = Instant::now();
        // Outside a transaction every statement is one.
        sqlx::query(INSERT).bind(id).bind(body.as_slice()).execute(&mut connection).await?;
        each.push(begun.elapsed().as_secs_f64());
        if since.elapsed() >= span {
            break;
        }
    }
    let per_second = float(each.len()) / since.elapsed().as_secs_f64();
    connection.close().await?;
    remove(folder)?;
    Ok(Commits { per_second, each: Tail::of(&each) })
}

fn remove(folder: &Path) -> Result<(), LoadError> {
    for end in ["", "-wal", "-shm"] {
        let path = folder.join(format!("{FILE}{end}"));
        if path.exists() {
            fs::remove_file(&path).map_err(LoadError::file(&path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[tokio::test]
    async fn commits_are_counted_and_leave_nothing_behind() {
        let folder = std::env::temp_dir().join(format!("schoolgate-load-commits-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let commits = run(&folder, Duration::from_millis(50)).await.unwrap();
        assert!(commits.per_second > 0.0 && commits.each.count > 0);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir(&folder).unwrap();
    }
}
