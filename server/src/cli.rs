//! The command line: one binary, `schoolgate`.
//!
//! Results go to standard output, logs and errors to standard error. An error is one line that says what is wrong and
//! one that says how to mend it; the exit code tells scripts which kind it was.

mod admin;
mod audit;
mod config;
mod doctor;
mod export;
mod failure;
mod import;
mod keys;
mod migrate;
mod progress;
mod prompt;
mod serve;

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};

pub(crate) use failure::mend_store;
pub use failure::{Exit, Failure};

use crate::{
    config::{Config, Source},
    demo, telemetry,
};

/// What `--help` says about exit codes. The numbers are those of [`Exit`].
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  a check found something wrong (doctor, audit verify), or an import refused rows
  2  the command line is not understood
  3  the configuration is wrong
  4  the database can't be used
  5  the key ring can't be used, or belongs to another database
  6  the server can't start, or has failed
  7  refused: what was asked for makes no sense here

Configuration: --config FILE, else SCHOOLGATE_CONFIG, else ./schoolgate.toml, else defaults;
every key is also an environment variable, SCHOOLGATE__SECTION__KEY. See `schoolgate config print-default`.";

#[derive(Debug, Parser)]
#[command(name = "schoolgate", version, about = "Sign-in and identity portal of a school community", after_help = EXIT_CODES)]
struct Arguments {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the portal
    Serve(serve::Arguments),
    /// Bring the database up to date
    Migrate(migrate::Arguments),
    /// Check or print the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Make or renew the keys that seal personal data
    #[command(subcommand)]
    Key(keys::Command),
    /// Create administrators, set their passwords, end their waits
    #[command(subcommand)]
    Admin(admin::Command),
    /// The audit log
    #[command(subcommand)]
    Audit(audit::Command),
    /// Bring a roster in: OneRoster, CSV or XLSX; first a dry run, then one transaction for each school
    Import(import::Arguments),
    /// Write the roster into a file that `import` reads again
    Export(export::Arguments),
    /// Look whether everything the portal needs is in order, and say how to mend what is not
    Doctor(doctor::Arguments),
    /// Run the demo: a database of its own with fixed people, and an inbox for its messages
    Demo(demo::Options),
}

/// Runs the program with the process's own arguments and environment.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let mut out = io::stderr().lock();
            for what in failure.what.lines() {
                let _ = writeln!(out, "error: {what}");
            }
            if !failure.mend.is_empty() {
                let _ = writeln!(out, "mend:  {}", failure.mend);
            }
            ExitCode::from(failure.exit.code())
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let source = Source::of_process(arguments.config);
    // These two must work while the configuration is wrong.
    if let Command::Config(command) = &arguments.command {
        return config::run(command, &source);
    }
    let config = Config::load(&source)?;
    telemetry::start(&config.log);
    let runtime = runtime(&config)?;
    let outcome = runtime.block_on(dispatch(arguments.command, config));
    // Tasks that still run at this point have had their grace; waiting for them could take for ever.
    runtime.shutdown_background();
    outcome
}

async fn dispatch(command: Command, config: Config) -> Result<(), Failure> {
    match command {
        Command::Serve(arguments) => serve::run(arguments, config).await,
        Command::Migrate(arguments) => migrate::run(&arguments, &config).await,
        Command::Config(_) => unreachable!("handled before the configuration is read"),
        Command::Key(command) => keys::run(command, &config).await,
        Command::Admin(command) => admin::run(command, &config).await,
        Command::Audit(command) => audit::run(command, &config).await,
        Command::Import(arguments) => import::run(arguments, &config).await,
        Command::Export(arguments) => export::run(arguments, &config).await,
        Command::Doctor(arguments) => doctor::run(&arguments, &config).await,
        Command::Demo(options) => demo::run(options).await,
    }
}

fn runtime(config: &Config) -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.worker_threads())
        .thread_name("schoolgate")
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new(
                Exit::Server,
                format!("no threads can be started: {error}"),
                "lower server.worker_threads, or raise the limit of threads (ulimit -u)",
            )
        })
}

/// Writes a line of results. A reader that has gone away (`| head`) is no error of ours.
fn say(line: impl AsRef<str>) {
    let _ = writeln!(io::stdout().lock(), "{}", line.as_ref());
}

/// Writes a result for scripts: one JSON document.
fn say_json(value: &serde_json::Value) {
    say(format!("{value:#}"));
}
