//! `audit verify`: recomputes the chain of the audit log.

use std::fmt::Write as _;

use clap::Subcommand;
use serde_json::json;
use services::audit::{AuditError, AuditReport};

use super::{Exit, Failure, progress::Progress, say, say_json};
use crate::{
    config::Config,
    open::{Opening, open},
};

/// The subcommands of `audit`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check that no row of the audit log was changed, removed or put in between
    Verify {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
}

/// Reads only; the portal may keep running.
pub async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    let Command::Verify { json } = command;
    let opened = open(config, Opening::default()).await?;
    let mut progress = Progress::new("audit rows checked");
    let outcome = opened.audit().verify_with(|done, all| progress.at(done, all)).await;
    progress.end();
    opened.db.close().await;
    report(outcome, json)
}

fn report(outcome: Result<AuditReport, AuditError>, as_json: bool) -> Result<(), Failure> {
    match outcome {
        Ok(report) => {
            let head = hex(&report.head);
            if as_json {
                say_json(&json!({ "ok": true, "rows": report.rows, "head": head }));
            } else {
                say(format!("the audit log is as it was written: {} rows", report.rows));
                say(format!("last hash (note it elsewhere: a later log must still contain it): {head}"));
            }
            Ok(())
        }
        Err(AuditError::Store(error)) => Err(error.into()),
        Err(error) => {
            let seq = match &error {
                AuditError::Broken { seq, .. } | AuditError::Crypto { seq, .. } => Some(*seq),
                AuditError::Store(_) => None,
            };
            if as_json {
                say_json(&json!({ "ok": false, "row": seq, "code": error.code(), "what": error.to_string() }));
            }
            Err(Failure::new(
                Exit::Check,
                format!("{error} ({})", error.code()),
                "keep this database for the inquiry; compare with the last backup in which the log was still whole",
            ))
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_log_fails_the_check() {
        let broken = AuditError::Broken { seq: 7, what: "its hash is another" };
        let failure = report(Err(broken), false).err();
        assert!(failure.is_some_and(|failure| failure.exit == Exit::Check && failure.what.contains("row 7")));
    }

    #[test]
    fn hashes_are_shown_in_hex() {
        assert_eq!(hex(&[0, 15, 255]), "000fff");
    }
}
