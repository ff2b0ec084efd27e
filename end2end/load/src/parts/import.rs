//! The import of a large roster by the command line, beside plain `sqlite3 .import` of its people into one table on the
//! same disk, and the import of the same file once more, which must change nothing.
//!
//! The portal reads nine files, checks every row, compares everything with what is there, seals personal data and
//! writes the audit log, and does all of it twice, first as a dry run. The plain import reads the file of people alone.
//! Rows a second are people a second for both.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Sqlite, SqliteConnection};

use crate::command;
use crate::error::LoadError;
use crate::roster;
use crate::say;
use crate::server::Setup;

const SQLITE: &str = "sqlite3";
const PLAIN: &str = "plain.sqlite";
const WITHOUT_PROGRAM: &str = "no sqlite3 here: bundled SQLite, prepared inserts in one transaction";
const CREATE: &str = "CREATE TABLE users (c1 TEXT, c2 TEXT, c3 TEXT, c4 TEXT, c5 TEXT, c6 TEXT, c7 TEXT, c8 TEXT, c9 TEXT, \
     c10 TEXT, c11 TEXT, c12 TEXT, c13 TEXT, c14 TEXT, c15 TEXT, c16 TEXT, c17 TEXT, c18 TEXT, c19 TEXT, c20 TEXT, \
     c21 TEXT, c22 TEXT, c23 TEXT, c24 TEXT, c25 TEXT)";
const INSERT: &str = "INSERT INTO users VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
     $17, $18, $19, $20, $21, $22, $23, $24, $25)";

/// One run of the portal's import.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Imported {
    /// From the start of the program to its end.
    pub seconds: f64,
    /// People a second.
    pub rows_per_second: f64,
    /// The most memory (`VmHWM`), in KiB.
    pub peak_kib: u64,
    /// What it changed.
    pub changes: u64,
    /// Rows that it refused.
    pub refused: u64,
}

/// The plain import.
#[derive(Debug, Serialize)]
pub struct Plain {
    /// By which program.
    pub method: String,
    /// How long it took.
    pub seconds: f64,
    /// People a second.
    pub rows_per_second: f64,
    /// The most memory (`VmHWM`), in KiB; not known of the driver, which is a part of this program.
    pub peak_kib: Option<u64>,
}

/// The figures.
#[derive(Debug, Serialize)]
pub struct Import {
    /// People in the roster.
    pub people: u32,
    /// The roster's size, in KiB: a zip of CSV files.
    pub zip_kib: u64,
    /// Into a portal without them.
    pub first: Imported,
    /// The same file once more.
    pub again: Imported,
    /// The people alone, without a portal.
    pub plain: Plain,
    /// The portal's database afterwards, in KiB.
    pub database_kib: u64,
}

#[derive(Deserialize)]
struct Report {
    changes: u64,
    bad_total: u64,
}

/// Makes a roster of so many people in the demo's folder; the zip's path.
pub async fn make_roster(setup: &Setup, people: u32) -> Result<PathBuf, LoadError> {
    let zip = setup.folder.join("roster.zip");
    let path = zip.clone();
    tokio::task::spawn_blocking(move || roster::zip_of_many(people, &path)).await??;
    Ok(zip)
}

/// Imports a roster of so many people into the demo, by the command line.
pub async fn bring(setup: &Setup, zip: &Path, people: u32) -> Result<Imported, LoadError> {
    let what = "importing a roster";
    let arguments = [OsStr::new("import"), zip.as_os_str(), OsStr::new("--json")];
    // 1: done, and rows were refused.
    let ended = setup.run(arguments, "").await?.expect(what, &[0, 1], &setup.log())?;
    let report: Report = serde_json::from_str(&ended.output)
        .map_err(|error| LoadError::Content { path: setup.log(), problem: format!("{what}: {error}") })?;
    Ok(Imported {
        seconds: ended.seconds,
        rows_per_second: f64::from(people) / ended.seconds,
        peak_kib: ended.peak_kib,
        changes: report.changes,
        refused: report.bad_total,
    })
}

/// Imports the roster twice into the demo, and its people once without a portal.
pub async fn run(setup: &Setup, zip: &Path, people: u32) -> Result<Import, LoadError> {
    say("importing the roster");
    let first = bring(setup, zip, people).await?;
    say("importing its people without a portal");
    let plain = plain(&setup.folder, people).await?;
    say("importing the roster once more");
    let again = bring(setup, zip, people).await?;
    let database = setup.folder.join("demo.sqlite");
    Ok(Import { people, zip_kib: kib_of(zip)?, first, again, plain, database_kib: kib_of(&database)? })
}

fn kib_of(path: &Path) -> Result<u64, LoadError> {
    Ok(fs::metadata(path).map_err(LoadError::file(path))?.len() / 1024)
}

async fn plain(folder: &Path, people: u32) -> Result<Plain, LoadError> {
    let (csv, database) = (folder.join(roster::PEOPLE), folder.join(PLAIN));
    remove(&database)?;
    let out = folder.to_owned();
    tokio::task::spawn_blocking(move || roster::people_of_many(people, &out)).await??;
    let plain = match version()? {
        Some(version) => by_program(folder, people, &version).await,
        None => by_driver(&csv, &database, people).await,
    };
    remove(&database)?;
    remove(&csv)?;
    plain
}

fn remove(path: &Path) -> Result<(), LoadError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LoadError::file(path)(error)),
        _ => Ok(()),
    }
}

/// The version of SQLite's own program; `None` when there is none.
fn version() -> Result<Option<String>, LoadError> {
    match Command::new(SQLITE).arg("--version").stdin(Stdio::null()).output() {
        Ok(told) => Ok(String::from_utf8_lossy(&told.stdout).split(' ').next().map(ToOwned::to_owned)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LoadError::file(SQLITE)(error)),
    }
}

async fn by_program(folder: &Path, people: u32, version: &str) -> Result<Plain, LoadError> {
    let mut command = Command::new(SQLITE);
    // In the folder: names in its commands must not need quoting. The first line gives the table its columns.
    command.current_dir(folder).args(["-batch", PLAIN, &format!(".import --csv {} users", roster::PEOPLE)]);
    command.arg("SELECT max(rowid) FROM users");
    let output = folder.join("output.txt");
    let what = "the plain import";
    let ended = command::run(&mut command, "", &output).await?.expect(what, &[0], &output)?;
    counted(&output, ended.output.trim().parse().ok(), people)?;
    Ok(Plain {
        method: format!("sqlite3 {version}, .import --csv"),
        seconds: ended.seconds,
        rows_per_second: f64::from(people) / ended.seconds,
        peak_kib: Some(ended.peak_kib),
    })
}

/// What `.import` does: a prepared insert for each line, all of them in one transaction.
async fn by_driver(csv: &Path, database: &Path, people: u32) -> Result<Plain, LoadError> {
    let since = Instant::now();
    let options = SqliteConnectOptions::new().filename(database).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    sqlx::query(CREATE).execute(&mut connection).await?;
    let mut transaction = connection.begin().await?;
    let file = fs::File::open(csv).map_err(LoadError::file(csv))?;
    let mut rows = 0_u32;
    for line in BufReader::new(file).lines().skip(1) {
        let line = line.map_err(LoadError::file(csv))?;
        let mut insert = sqlx::query::<Sqlite>(INSERT);
        for cell in cells(&line) {
            insert = insert.bind(cell);
        }
        insert.execute(&mut *transaction).await?;
        rows += 1;
    }
    transaction.commit().await?;
    connection.close().await?;
    let seconds = since.elapsed().as_secs_f64();
    counted(csv, Some(rows), people)?;
    Ok(Plain {
        method: WITHOUT_PROGRAM.to_owned(),
        seconds,
        rows_per_second: f64::from(people) / seconds,
        peak_kib: None,
    })
}

fn counted(path: &Path, rows: Option<u32>, people: u32) -> Result<(), LoadError> {
    if rows == Some(people) {
        return Ok(());
    }
    let problem = format!("{people} people were to be imported, but there are {} rows", rows.unwrap_or_default());
    Err(LoadError::Content { path: path.to_owned(), problem })
}

/// The cells of a line; commas between quotation marks do not part them. The rosters of this program have no marks
/// within cells.
fn cells(line: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let (mut cell, mut quoted) = (String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            _ => cell.push(c),
        }
    }
    cells.push(cell);
    cells
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn cells_are_parted_by_commas_outside_of_quotation_marks() {
        assert_eq!(cells("a,\"b,c\",,d"), ["a", "b,c", "", "d"]);
    }

    #[tokio::test]
    async fn the_driver_imports_everybody() {
        let folder = std::env::temp_dir().join(format!("schoolgate-load-import-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        roster::people_of_many(300, &folder).unwrap();
        let csv = folder.join(roster::PEOPLE);
        assert!(by_driver(&csv, &folder.join(PLAIN), 300).await.unwrap().rows_per_second > 0.0);
        fs::remove_dir_all(&folder).unwrap();
    }
}
