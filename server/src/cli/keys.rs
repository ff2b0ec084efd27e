//! `key generate` and `key rotate`.

use clap::Subcommand;
use services::{
    Clock as _, KeyRing, OsRng, Sealer, SystemClock,
    store::reseal::{ResealError, reseal},
};

use super::{Exit, Failure, progress::Progress, say};
use crate::{
    config::Config,
    open::{self, OpenError, Opened, Opening, open},
};

/// Rows that are sealed anew in one transaction: few, so that the portal keeps working beside it.
const BATCH: u32 = 100;

/// The subcommands of `key`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key ring where keys.ring points; never replaces one
    Generate,
    /// Add a new key, and seal everything with it that an older key sealed
    Rotate {
        /// Don't add a key: go on with the sealing that was interrupted
        #[arg(long)]
        resume: bool,
    },
}

/// Runs one of them.
pub async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    match command {
        Command::Generate => generate(config),
        Command::Rotate { resume } => rotate(config, resume).await,
    }
}

fn generate(config: &Config) -> Result<(), Failure> {
    let path = &config.keys.ring;
    KeyRing::generate(&OsRng, SystemClock.now()).create(path)?;
    say(format!("a new key ring is at {}, readable by its owner only", path.display()));
    say("back it up, apart from the database: without it the sealed data is lost");
    Ok(())
}

/// The new ring is written before anything is sealed with it, and old keys stay in it: whatever happens, all can be read.
async fn rotate(config: &Config, resume: bool) -> Result<(), Failure> {
    let opened = open(config, Opening::default()).await?;
    let outcome = renew(config, &opened, resume).await;
    opened.db.close().await;
    outcome
}

async fn renew(config: &Config, opened: &Opened, resume: bool) -> Result<(), Failure> {
    let mut ring = opened.ring.clone();
    if !resume {
        ring.rotate(&OsRng, SystemClock.now());
        ring.save(&config.keys.ring)?;
        say(format!("key {} is in {}; back the file up anew", ring.current_id(), config.keys.ring.display()));
    }
    let renewed = Opened { db: opened.db.clone(), sealer: Sealer::new(&ring), ring };
    // From here on an old copy of the ring is found out at the next start.
    open::claim(&renewed.db, &renewed.sealer).await.map_err(OpenError::from)?;
    let mut progress = Progress::new("rows sealed anew");
    let outcome = reseal(&renewed.context(), BATCH, |done| progress.count(done)).await;
    progress.end();
    match outcome {
        Ok(rows) => {
            say(format!("{rows} rows are sealed with key {} now", renewed.ring.current_id()));
            say("restart every running `schoolgate serve`: it still seals with the key it knows");
            Ok(())
        }
        Err(ResealError::Store(error)) => {
            let failure = Failure::from(error);
            Err(Failure { mend: format!("{}; then `schoolgate key rotate --resume`", failure.mend), ..failure })
        }
        Err(error) => Err(Failure::new(
            Exit::Keys,
            error.to_string(),
            "restore that row or the key ring from a backup, then `schoolgate key rotate --resume`",
        )),
    }
}
