//! `import`: a roster from a file, with a dry run before it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use services::{
    OsRng, Portal, Visit,
    imports::{Count, Counts, ImportError, ImportFormat, ImportOptions, Mode, Prepared, Report, RosterFile},
    rng,
};

use super::{Exit, Failure, failure::mend_store, progress::Progress, say, say_json};
use crate::{
    config::Config,
    open::{Opening, open},
};

/// Refused rows that are printed; `--json` has more of them.
const SHOWN: usize = 20;

/// What `import --help` says at its end.
const AFTER_HELP: &str = "\
FILE is a OneRoster 1.2 or 1.1 zip (or the folder of its files), or one table, CSV or XLSX, with a line for each student.
The same file twice changes nothing; an import that was stopped is begun again with the same command.
Exit code 1: it is done, and rows were refused.";

/// The arguments of `import`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Arguments {
    /// The roster
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only tell what would change
    #[arg(long)]
    dry_run: bool,
    /// Overwrite what staff or the people themselves changed here, and contacts that people sign in with
    #[arg(long)]
    overwrite_contacts: bool,
    /// The school that a table is about which does not say so: its name, its id, or what the roster calls it
    #[arg(long, value_name = "NAME")]
    school: Option<String>,
    /// The calendar year in which the school year begins, whatever the file says
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(2000..=2100))]
    year: Option<i32>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Checks the file and, unless told otherwise, imports it. The portal may keep running.
pub async fn run(arguments: Arguments, config: &Config) -> Result<(), Failure> {
    let opened = open(config, Opening::default()).await?;
    let outcome = async {
        let portal = opened.portal(config)?;
        import(&portal, config, &arguments).await
    }
    .await;
    opened.db.close().await;
    outcome
}

async fn import(portal: &Portal, config: &Config, arguments: &Arguments) -> Result<(), Failure> {
    let imports = portal.imports();
    let school = match &arguments.school {
        None => None,
        Some(name) => Some(imports.school_named(name).await.map_err(|error| no_school(error, name))?),
    };
    let options = ImportOptions {
        overwrite_contacts: arguments.overwrite_contacts,
        school,
        year: arguments.year,
        ..ImportOptions::default()
    };
    let mut prepared = imports.read(RosterFile::Path(arguments.file.clone()), &options).await.map_err(failed)?;
    let visit = visit(config);
    let checked = step(portal, &visit, &mut prepared, Mode::Check, "people compared").await?;
    let applied = if arguments.dry_run {
        None
    } else {
        Some(step(portal, &visit, &mut prepared, Mode::Apply, "people imported").await?)
    };
    let report = applied.as_ref().unwrap_or(&checked);
    if arguments.json {
        say_json(&as_json(prepared.format(), applied.is_some(), report));
    } else {
        print(prepared.format(), applied.is_some(), report);
    }
    match report.bad_total {
        0 => Ok(()),
        bad => Err(Failure::new(
            Exit::Check,
            format!("{bad} rows were refused"),
            "correct them in the file and import it again: what is in already stays as it is",
        )),
    }
}

async fn step(
    portal: &Portal,
    visit: &Visit,
    prepared: &mut Prepared,
    mode: Mode,
    label: &'static str,
) -> Result<Report, Failure> {
    let mut progress = Progress::new(label);
    let shown = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let outcome = portal.imports().run(visit, prepared, mode, |done, all| progress.at(shown(done), shown(all))).await;
    progress.end();
    outcome.map_err(failed)
}

/// The audit rows of one run share an id; nobody visits, so there is no address.
pub(super) fn visit(config: &Config) -> Visit {
    let run = u64::from_be_bytes(rng::bytes(&OsRng));
    Visit {
        address: None,
        user_agent: None,
        request_id: format!("cli-{run:016x}"),
        locale: config.portal.default_locale,
        device: None,
    }
}

fn kinds(counts: &Counts) -> [(&'static str, Count); 7] {
    [
        ("schools", counts.schools),
        ("classes", counts.classes),
        ("students", counts.students),
        ("parents", counts.parents),
        ("staff", counts.staff),
        ("enrolments", counts.enrolments),
        ("groups", counts.groups),
    ]
}

fn print(format: ImportFormat, applied: bool, report: &Report) {
    say(format!(
        "{:<12} {:>9} {:>9} {:>9} {:>9} {:>9}",
        format.code(),
        "new",
        "changed",
        "unchanged",
        "leaving",
        "refused"
    ));
    for (kind, count) in kinds(&report.counts) {
        say(format!(
            "{kind:<12} {:>9} {:>9} {:>9} {:>9} {:>9}",
            count.new, count.changed, count.unchanged, count.leaving, count.bad
        ));
    }
    for row in report.bad_rows.iter().take(SHOWN) {
        let column = if row.column.is_empty() { String::new() } else { format!(", {}", row.column) };
        let hint = if row.hint.is_empty() { String::new() } else { format!(" ({})", row.hint) };
        say(format!("refused: {}, line {}{column}: {}{hint}", row.file, row.line, row.code));
    }
    if report.bad_total > SHOWN as u64 {
        // Of very many the report keeps the first.
        let listed = report.bad_rows.len();
        let which = if report.bad_total == listed as u64 { "them".to_owned() } else { format!("the first {listed}") };
        say(format!("and {} further rows; --json lists {which}", report.bad_total - SHOWN as u64));
    }
    if report.conflicts_total > 0 {
        say(format!(
            "{} values were kept because they were changed here or belong to an account; --json lists them, \
             --overwrite-contacts replaces them",
            report.conflicts_total
        ));
    }
    say(match (applied, report.counts.changes()) {
        (_, 0) => "nothing to change".to_owned(),
        (true, changes) => format!("imported: {changes} changes"),
        (false, changes) => format!("nothing was changed; without --dry-run there would be {changes} changes"),
    });
}

fn as_json(format: ImportFormat, applied: bool, report: &Report) -> serde_json::Value {
    // Ids and fields only: what goes into a script's log is no place for names.
    let conflicts: Vec<_> = report
        .conflicts
        .iter()
        .map(|kept| json!({ "person": kept.person, "field": kept.field, "reason": kept.reason }))
        .collect();
    json!({
        "format": format,
        "applied": applied,
        "counts": report.counts,
        "changes": report.counts.changes(),
        "bad_total": report.bad_total,
        "bad_by_code": report.bad_by_code,
        "bad_rows": report.bad_rows,
        "conflicts_total": report.conflicts_total,
        "conflicts": conflicts,
    })
}

fn no_school(error: ImportError, name: &str) -> Failure {
    match error {
        ImportError::Access(_) => {
            Failure::new(Exit::Refused, format!("there is no school {name}"), "look for a slip in --school")
        }
        error => failed(error),
    }
}

fn failed(error: ImportError) -> Failure {
    let what = format!("{error} ({})", error.code());
    match error {
        ImportError::Store(error) => Failure::new(Exit::Database, what, mend_store(&error)),
        ImportError::Crypto(_) => Failure::new(Exit::Keys, what, "set keys.ring to the right key ring"),
        ImportError::SchoolNeeded => {
            Failure::new(Exit::Refused, what, "name the school with --school, or add a column for it")
        }
        ImportError::SchoolAmbiguous { .. } => {
            Failure::new(Exit::Refused, what, "name the school with --school by its id")
        }
        _ => Failure::new(Exit::Refused, what, "look whether it is the right file, and whole"),
    }
}
