//! `export`: the roster as a file.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use serde_json::json;
use services::{
    Portal,
    exports::{ExportError, ExportFormat},
    imports::ImportError,
};

use super::{Exit, Failure, failure::mend_store, import, progress::Progress, say, say_json};
use crate::{
    config::Config,
    open::{Opening, open},
};

/// The formats by their names on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// OneRoster 1.2: a zip of CSV files
    Oneroster,
    /// One table
    Csv,
    /// One sheet
    Xlsx,
}

impl From<Format> for ExportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Oneroster => Self::OneRoster,
            Format::Csv => Self::Csv,
            Format::Xlsx => Self::Xlsx,
        }
    }
}

/// The arguments of `export`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// What kind of file
    #[arg(long, value_enum)]
    format: Format,
    /// The file to write; readable by its owner only, since it is full of personal data
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// One school only: its name, its id, or what the roster calls it
    #[arg(long, value_name = "NAME")]
    school: Option<String>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Writes the file. Neither accounts nor passwords are in it; that it was written is in the audit log.
pub async fn run(arguments: Arguments, config: &Config) -> Result<(), Failure> {
    let opened = open(config, Opening::default()).await?;
    let outcome = async {
        let portal = opened.portal(config)?;
        export(&portal, config, &arguments).await
    }
    .await;
    opened.db.close().await;
    outcome
}

async fn export(portal: &Portal, config: &Config, arguments: &Arguments) -> Result<(), Failure> {
    let school = match &arguments.school {
        None => None,
        Some(name) => Some(portal.imports().school_named(name).await.map_err(|error| match error {
            ImportError::Store(error) => Failure::from(error),
            error => Failure::new(Exit::Refused, format!("{name}: {error}"), "look for a slip in --school"),
        })?),
    };
    // Written beside its place and then moved there: a half of a roster must not be taken for the whole.
    let beside = beside(&arguments.out);
    let written = write(portal, config, arguments, school, &beside).await;
    let people = match written {
        Ok(people) => people,
        Err(failure) => {
            let _ = fs::remove_file(&beside);
            return Err(failure);
        }
    };
    fs::rename(&beside, &arguments.out).map_err(|error| no_file(&arguments.out, &error))?;
    if arguments.json {
        say_json(&json!({ "file": arguments.out, "people": people }));
    } else {
        say(format!("{people} people are in {}", arguments.out.display()));
    }
    Ok(())
}

async fn write(
    portal: &Portal,
    config: &Config,
    arguments: &Arguments,
    school: Option<services::SchoolId>,
    path: &Path,
) -> Result<u64, Failure> {
    let mut out = BufWriter::new(private_file(path).map_err(|error| no_file(path, &error))?);
    let mut progress = Progress::new("steps");
    let shown = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let visit = import::visit(config);
    let written = portal
        .exports()
        .write(&visit, arguments.format.into(), school, &mut out, |done, all| progress.at(shown(done), shown(all)))
        .await;
    progress.end();
    let people = written.map_err(|error| failed(error, &arguments.out))?;
    out.flush().map_err(|error| no_file(&arguments.out, &error))?;
    Ok(people)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

fn no_file(path: &Path, error: &std::io::Error) -> Failure {
    let what = format!("{} cannot be written: {error}", path.display());
    Failure::new(
        Exit::Refused,
        what,
        "look whether the folder is there and can be written, and whether the disk is full",
    )
}

fn failed(error: ExportError, path: &Path) -> Failure {
    match error {
        ExportError::Store(error) => {
            Failure::new(Exit::Database, format!("{error} ({})", error.code()), mend_store(&error))
        }
        ExportError::Crypto(error) => {
            Failure::new(Exit::Keys, format!("{error} ({})", error.code()), "set keys.ring to the right key ring")
        }
        ExportError::File(error) => no_file(path, &error),
        ExportError::Access(error) => Failure::new(Exit::Refused, error.to_string(), "look for a slip in --school"),
    }
}
