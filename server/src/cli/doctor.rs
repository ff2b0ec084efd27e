//! `doctor`: prints what [`crate::doctor`] finds.

use clap::Args;
use serde_json::json;

use super::{Exit, Failure, say, say_json};
use crate::{
    config::Config,
    doctor::{self, State},
};

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Fails when anything is bad; warnings are only told.
pub async fn run(arguments: &Arguments, config: &Config) -> Result<(), Failure> {
    let findings = doctor::examine(config).await;
    let bad = findings.iter().filter(|finding| finding.state == State::Bad).count();
    if arguments.json {
        say_json(&json!({ "ok": bad == 0, "findings": findings }));
    } else {
        for finding in &findings {
            let word = match finding.state {
                State::Good => "good",
                State::Warning => "look",
                State::Bad => "BAD ",
            };
            say(format!("{word}  {}: {}", finding.subject, finding.what));
            if !finding.mend.is_empty() {
                say(format!("      mend: {}", finding.mend));
            }
        }
    }
    match bad {
        0 => Ok(()),
        1 => Err(Failure::new(Exit::Check, "one thing is not in order", "do what stands beside it")),
        _ => Err(Failure::new(
            Exit::Check,
            format!("{bad} things are not in order"),
            "do what stands beside them, from the top",
        )),
    }
}
