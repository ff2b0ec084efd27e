//! `migrate`: bring the database up to date, or say what that would do.

use clap::Args;

use super::{Failure, say};
use crate::{config::Config, open};

/// The arguments of `migrate`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Only say what is missing
    #[arg(long)]
    dry_run: bool,
}

/// Safe to run on several replicas at once; needs no keys.
pub async fn run(arguments: &Arguments, config: &Config) -> Result<(), Failure> {
    let db = open::connect(config, !arguments.dry_run).await?;
    let outcome = async {
        let pending = db.pending_migrations().await?;
        for migration in &pending {
            say(format!("{:04} {}", migration.version, migration.description));
        }
        if pending.is_empty() {
            say("the database is up to date");
        } else if arguments.dry_run {
            say(format!("{} migrations are missing", pending.len()));
        } else {
            db.migrate().await?;
            say(format!("{} migrations done: the database is up to date", pending.len()));
        }
        Ok(())
    }
    .await;
    db.close().await;
    outcome
}
