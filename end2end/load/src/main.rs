//! The load program: how many sign-ins a second the portal takes, beside what the machine could do at most; whether everybody who
//! registers in a crowd gets one account; what overload does to it; and whether the time of an answer tells who is known.
//! And what staff do: how long edits take in a small and in a large database, how long the import of a large roster takes, and
//! whether anything is lost when the portal is killed.
//!
//! It is a stranger to the portal: it makes a demo with the portal's own program, serves it, and knows it over HTTP only.
//! Beside that it makes rosters of invented people, the demo's and ones of any size.

mod client;
mod command;
mod dice;
mod drive;
mod editing;
mod error;
mod events;
mod inbox;
mod mails;
mod parts;
mod people;
mod process;
mod report;
mod roster;
mod server;
mod staff;
mod stats;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::dice::Dice;
use crate::error::LoadError;
use crate::inbox::Inbox;
use crate::parts::{codes, hashes, overload, pages, passwords, registrations, timing};
use crate::people::Person;
use crate::report::{Passwords, Report, Round, print};
use crate::server::{Server, Setup};

/// Measurements that are compared are taken in turn, so often: machines are noisy.
const ROUNDS: usize = 3;
/// How often hashes and sign-ins are measured in turn.
const TURNS: usize = 15;
/// People who sign in by code at once.
const CODES_AT_ONCE: usize = 32;
/// Newcomers who register at once; fewer when the demo has fewer.
const NEWCOMERS: usize = 200;
/// Hashes that may wait for each hashing thread: the portal's own default.
const QUEUE: usize = 64;

/// Measures the portal on this machine: sign-ins, registrations and pages a second, answering times, memory under overload
#[derive(Parser)]
#[command(
    name = "schoolgate-load",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 measured · 1 a rule of what was measured is broken · 2 the command line is not understood · \
                  3 nothing could be measured"
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The portal's program
    #[arg(long, value_name = "FILE", default_value = "target/release/schoolgate")]
    server: PathBuf,
    /// A folder for the demo; an earlier demo in it is replaced
    #[arg(long, value_name = "FOLDER", default_value = "target/load")]
    dir: PathBuf,
    /// The port the demo listens on
    #[arg(long, default_value_t = 3210)]
    port: u16,
    /// An empty database for the demo instead of a SQLite file
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// What the report calls the database
    #[arg(long, value_name = "TEXT", default_value = "SQLite")]
    label: String,
    /// Parents in the demo, and as many newcomers beside them
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(100..=20_000))]
    crowd: u32,
    /// How long each measurement takes
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Where the order of requests and the unknown people come from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write the figures to a file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What is done instead of measuring sign-ins.
#[derive(Subcommand)]
enum Command {
    /// Measure what staff do: editors at work, the import of a large roster, crashes
    Staff(staff::Options),
    /// Make a OneRoster 1.2 roster of invented people, for `schoolgate import`
    Roster(roster::Options),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let held = match &arguments.command {
        Some(Command::Roster(options)) => roster::run(options).map(|()| true),
        Some(Command::Staff(options)) => unless_stopped(staff::run(options)).await,
        None => unless_stopped(measure_and_report(&arguments)).await,
    };
    match held {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}

/// Measures until it is done or told to stop.
async fn unless_stopped(measurement: impl Future<Output = Result<bool, LoadError>>) -> Result<bool, LoadError> {
    tokio::select! {
        // Dropping the measurement kills the servers.
        stopped = told_to_stop() => Err(stopped),
        held = measurement => held,
    }
}

/// Measures and reports; whether all rules held.
async fn measure_and_report(arguments: &Arguments) -> Result<bool, LoadError> {
    let report = measure(arguments).await?;
    if let Some(path) = &arguments.json {
        report::keep(&report, path)?;
    }
    report.print_verdict();
    Ok(report.broken().is_empty())
}

async fn told_to_stop() -> LoadError {
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            LoadError::Stopped
        }
        // Without these signals the program ends the hard way.
        _ => std::future::pending().await,
    }
}

/// The machine's cores.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// One line of progress.
fn say(what: &str) {
    eprintln!("==> {what}");
}

async fn measure(arguments: &Arguments) -> Result<Report, LoadError> {
    let cores = cores();
    let span = Duration::from_secs(arguments.seconds);
    let setup = Setup {
        program: arguments.server.clone(),
        folder: arguments.dir.clone(),
        port: arguments.port,
        database: arguments.database.clone(),
        crowd: usize::try_from(arguments.crowd).unwrap_or(usize::MAX),
        threads: cores,
        queue: QUEUE * cores,
    };
    say(&format!("making a demo with {} parents", arguments.crowd));
    let server = setup.start().await?;
    let people: Arc<[Person]> = people::crowd(&arguments.dir)?.into();
    let mut dice = Dice::new(arguments.seed);

    let processor = process::processor();
    print::print_heading(cores, &processor, &arguments.label, arguments.seconds);
    let by_password = sign_in_by_password(&server, &people, cores, span).await?;
    by_password.print();
    say("signing in by one-time code");
    let by_code = {
        let inbox = Arc::new(Inbox::open(arguments.dir.join("sms")));
        codes::run(&server, &people, &inbox, CODES_AT_ONCE, span).await?
    };
    by_code.print();
    say("registering newcomers");
    let newcomers: Vec<_> = people::newcomers(&arguments.dir)?.into_iter().take(NEWCOMERS).collect();
    let registrations = registrations::run(&server, &newcomers, &arguments.dir).await?;
    registrations.print();
    say("reading the sign-in page");
    let pages = pages::run(&server, ROUNDS, span.div_f64(2.0)).await?;
    print::print_pages(&pages);
    say("asking for known and unknown people");
    let timing = vec![
        timing::id_numbers(&server, &people, &mut dice).await?,
        timing::user_codes(&server, &people, &mut dice).await?,
    ];
    print::print_timing(&timing);
    say("overload");
    let overload = overload::run(&server, &people, 10 * (setup.threads + setup.queue), span).await?;
    overload.print();
    Ok(Report {
        cores,
        processor,
        database: arguments.label.clone(),
        seconds: arguments.seconds,
        passwords: by_password,
        codes: by_code,
        registrations,
        pages,
        timing,
        overload,
    })
}

async fn sign_in_by_password(
    server: &Server,
    people: &Arc<[Person]>,
    cores: usize,
    span: Duration,
) -> Result<Passwords, LoadError> {
    // Enough that a hashing thread always finds the next request, and far from a full queue.
    let at_once = 4 * cores;
    let process = server.id();
    // What a hash costs changes from one second to the next where others share the machine: many short rounds tell more than a few long ones.
    let span = span.div_f64(3.0);
    let mut rounds = Vec::with_capacity(TURNS);
    for round in 1..=TURNS {
        say(&format!("hashing, then signing in by password: round {round} of {TURNS}"));
        let raw = tokio::task::spawn_blocking(move || hashes::run(cores, span, process)).await??;
        let http = passwords::run(server, people, at_once, span).await?;
        rounds.push(Round { raw, http });
    }
    Ok(Passwords { at_once, rounds })
}
