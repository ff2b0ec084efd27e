//! `serve`: run the portal until it is told to stop.

use clap::Args;

use super::Failure;
use crate::{
    config::Config,
    run::{ServeOptions, serve},
};

/// The arguments of `serve`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Serve a demo database, with its inbox (and refuse any other)
    #[arg(long)]
    demo: bool,
    /// Bring the database up to date first, whatever the configuration says
    #[arg(long)]
    migrate: bool,
}

/// Returns when the server has stopped.
pub async fn run(arguments: Arguments, mut config: Config) -> Result<(), Failure> {
    config.database.auto_migrate |= arguments.migrate;
    Ok(serve(config, ServeOptions { demo: arguments.demo }).await?)
}
