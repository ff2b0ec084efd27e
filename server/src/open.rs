//! Opens database and keys together, and refuses whatever does not belong together.
//!
//! Every command that touches data comes through here: a wrong key ring, a database of another version or the demo's
//! published passwords stop it before anything is read or written.

use std::{path::PathBuf, sync::Arc};

use services::{
    Clock, Context, Db, KeyRing, KeyRingError, OsRng, Portal, PortalParts, Sealer, StoreError, SystemClock,
    audit::Audit,
    common_passwords::ListedPasswords,
    hasher::{HashError, PasswordHasher},
    store::{db::PendingMigration, meta},
};

use crate::config::Config;

/// What the caller takes in its stride.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Opening {
    /// A missing SQLite file is made, and the database brought up to date.
    pub migrate: bool,
    /// Which databases are taken.
    pub demo: DemoRule,
}

/// Whether a demo database may be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DemoRule {
    /// Both kinds: for commands that show and mend.
    #[default]
    Either,
    /// Never: its passwords are published.
    Refuse,
    /// Only: what is served beside it (the inbox) must not be shown for real people.
    Require,
}

/// Database and keys that belong together.
#[derive(Debug)]
pub struct Opened {
    /// The database, up to date.
    pub db: Db,
    /// The key ring, for rotation.
    pub ring: KeyRing,
    /// The keys at work.
    pub sealer: Sealer,
}

/// Why database and keys can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The key ring.
    #[error(transparent)]
    Keys(#[from] KeyRingError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The threads that hash passwords.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// There is no such SQLite file.
    #[error("there is no database at {path}")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The database is older than the program.
    #[error("the database is not up to date: {count} migrations are missing, the first is {first}")]
    Pending {
        /// How many.
        count: usize,
        /// Number and name of the first.
        first: String,
    },
    /// A demo database, where none is wanted.
    #[error("this is a demo database: its passwords are published")]
    Demo,
    /// No demo database, where one is needed.
    #[error("this is no demo database: the demo's inbox would show messages of real people")]
    NotDemo,
}

/// Opens both. Keys come first: a database that nobody can read is not even made.
pub async fn open(config: &Config, opening: Opening) -> Result<Opened, OpenError> {
    let ring = KeyRing::load(&config.keys.ring)?;
    let sealer = Sealer::new(&ring);
    let db = connect(config, opening.migrate).await?;
    match prepare(&db, &sealer, opening).await {
        Ok(()) => Ok(Opened { db, ring, sealer }),
        Err(error) => {
            db.close().await;
            Err(error)
        }
    }
}

/// Connects to the database; `create` allows SQLite to make a file.
pub async fn connect(config: &Config, create: bool) -> Result<Db, OpenError> {
    if !create && let Some(path) = sqlite_file(config.database.url.expose()).filter(|path| !path.exists()) {
        return Err(OpenError::Missing { path });
    }
    Ok(Db::connect(&config.db_settings()).await?)
}

/// Compares the keys with those the database was written with, and marks it as written with the newest of them.
pub async fn claim(db: &Db, sealer: &Sealer) -> Result<(), StoreError> {
    meta::check_keys(db, sealer, &OsRng).await
}

impl Opened {
    /// What a part of the services needs that is used without a portal.
    pub fn context(&self) -> Context {
        Context { db: self.db.clone(), sealer: self.sealer.clone(), clock: Arc::new(SystemClock), rng: Arc::new(OsRng) }
    }

    /// The audit log.
    pub fn audit(&self) -> Audit {
        Audit::new(self.context())
    }

    /// The use cases on this database, with the machine's own clock and randomness.
    pub fn portal(&self, config: &Config) -> Result<Portal, OpenError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Ok(Portal::new(PortalParts {
            db: self.db.clone(),
            keys: self.sealer.clone(),
            clock,
            rng: Arc::new(OsRng),
            hasher: PasswordHasher::new(config.hash_settings())?,
            settings: config.settings(),
        })
        .with_common_passwords(Arc::new(ListedPasswords::shipped())))
    }
}

async fn prepare(db: &Db, sealer: &Sealer, opening: Opening) -> Result<(), OpenError> {
    if opening.migrate {
        db.migrate().await?;
    }
    refuse_pending(&db.pending_migrations().await?)?;
    match (opening.demo, meta::is_demo(db).await?) {
        (DemoRule::Refuse, true) => return Err(OpenError::Demo),
        (DemoRule::Require, false) => return Err(OpenError::NotDemo),
        _ => {}
    }
    Ok(claim(db, sealer).await?)
}

fn refuse_pending(pending: &[PendingMigration]) -> Result<(), OpenError> {
    match pending.first() {
        None => Ok(()),
        Some(first) => Err(OpenError::Pending {
            count: pending.len(),
            first: format!("{:04} {}", first.version, first.description),
        }),
    }
}

/// The file of a SQLite address; `None` for other databases.
fn sqlite_file(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    Some(PathBuf::from(rest.split('?').next().unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_an_address() {
        assert_eq!(sqlite_file("sqlite://a/b.sqlite"), Some(PathBuf::from("a/b.sqlite")));
        assert_eq!(sqlite_file("sqlite:///srv/b.sqlite?cache=private"), Some(PathBuf::from("/srv/b.sqlite")));
        assert_eq!(sqlite_file("sqlite:b.sqlite"), Some(PathBuf::from("b.sqlite")));
        assert_eq!(sqlite_file("postgres://localhost/x"), None);
    }
}
