//! `config check` and `config print-default`.

use clap::Subcommand;
use serde_json::json;

use super::{Exit, Failure, say, say_json};
use crate::config::{Config, Source, default_toml};

/// The subcommands of `config`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what is wrong with the configuration, without starting
    Check {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the documented configuration with every default
    PrintDefault,
}

/// Runs without a valid configuration: that is the point.
pub fn run(command: &Command, source: &Source) -> Result<(), Failure> {
    match command {
        Command::PrintDefault => {
            say(default_toml().trim_end());
            Ok(())
        }
        Command::Check { json } => check(*json, source),
    }
}

fn check(as_json: bool, source: &Source) -> Result<(), Failure> {
    let file = source.path().map(|path| path.display().to_string());
    let outcome = Config::load(source);
    if as_json {
        let (warnings, problems) = match &outcome {
            Ok(config) => (config.warnings(), Vec::new()),
            Err(error) => (Vec::new(), error.problems.clone()),
        };
        let problems: Vec<_> = problems
            .iter()
            .map(|problem| json!({ "key": problem.key, "variable": problem.variable, "message": problem.message }))
            .collect();
        say_json(&json!({ "ok": outcome.is_ok(), "file": file, "problems": problems, "warnings": warnings }));
        // What is wrong has been said, in the form that was asked for.
        return outcome.map(|_| ()).map_err(|error| {
            let count = error.problems.len();
            Failure::new(Exit::Config, format!("the configuration has {count} problems"), "see the list above")
        });
    }
    let config = outcome?;
    for warning in config.warnings() {
        say(format!("warning: {warning}"));
    }
    say(format!("the configuration is right ({})", file.as_deref().unwrap_or("no file: defaults and environment")));
    Ok(())
}
