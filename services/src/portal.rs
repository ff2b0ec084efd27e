//! The door to all use cases: one noun for each, `portal.codes().begin(…)`.

mod error;
mod messages;

use std::fmt;
use std::sync::Arc;

use domain::CommonPasswords;

pub use error::{SessionsError, SignInError};
pub(crate) use messages::Text;

use uuid::Uuid;

use crate::accounts::Accounts;
use crate::admin::Admin;
use crate::audit::{Audit, AuditEntry};
use crate::clock::{Clock, Timestamp};
use crate::codes::Codes;
use crate::context::Context;
use crate::crypto::Sealer;
use crate::hasher::PasswordHasher;
use crate::housekeeping::Housekeeping;
use crate::ids::PersonId;
use crate::outbox::Outbox;
use crate::password_wizard::PasswordWizard;
use crate::passwords::Passwords;
use crate::people::People;
use crate::registrations::Registrations;
use crate::rng::Rng;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::store::Db;

/// What a portal is made of.
pub struct PortalParts {
    /// The database, migrated.
    pub db: Db,
    /// The keys, checked against the database.
    pub keys: Sealer,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives random bytes for tokens, codes, ids and nonces.
    pub rng: Arc<dyn Rng>,
    /// Hashes passwords.
    pub hasher: PasswordHasher,
    /// The figures of the rules, within their bounds ([`Settings::check`]).
    pub settings: Settings,
}

/// All use cases. Cheap to clone; every clone shares everything.
#[derive(Clone)]
pub struct Portal {
    pub(crate) context: Context,
    pub(crate) hasher: PasswordHasher,
    pub(crate) settings: Arc<Settings>,
    pub(crate) common_passwords: Option<Arc<dyn CommonPasswords + Send + Sync>>,
}

impl Portal {
    /// Puts the parts together.
    pub fn new(parts: PortalParts) -> Self {
        let PortalParts { db, keys: sealer, clock, rng, hasher, settings } = parts;
        Self {
            context: Context { db, sealer, clock, rng },
            hasher,
            settings: Arc::new(settings),
            common_passwords: None,
        }
    }

    /// The same portal, with a list of passwords that nobody may choose.
    #[must_use]
    pub fn with_common_passwords(mut self, list: Arc<dyn CommonPasswords + Send + Sync>) -> Self {
        self.common_passwords = Some(list);
        self
    }

    /// Signing in by one-time code.
    pub fn codes(&self) -> Codes<'_> {
        Codes { portal: self }
    }

    /// Signing in by user code and password; new passwords and their policy.
    pub fn passwords(&self) -> Passwords<'_> {
        Passwords { portal: self }
    }

    /// Registration by oneself.
    pub fn registrations(&self) -> Registrations<'_> {
        Registrations { portal: self }
    }

    /// Choosing a password by a mailed link, or with the initial password.
    pub fn password_wizard(&self) -> PasswordWizard<'_> {
        PasswordWizard { portal: self }
    }

    /// Signed-in browsers.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions { portal: self }
    }

    /// People and what they see of themselves.
    pub fn people(&self) -> People<'_> {
        People { portal: self }
    }

    /// Accounts of people.
    pub fn accounts(&self) -> Accounts<'_> {
        Accounts { portal: self }
    }

    /// What an operator does from the command line.
    pub fn admin(&self) -> Admin<'_> {
        Admin { portal: self }
    }

    /// Removal of what is over.
    pub fn housekeeping(&self) -> Housekeeping<'_> {
        Housekeeping { portal: self }
    }

    /// Messages on their way.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.context.clone())
    }

    /// What happened, for good.
    pub fn audit(&self) -> Audit {
        Audit::new(self.context.clone())
    }

    /// The time, Unix milliseconds.
    pub fn now(&self) -> Timestamp {
        self.context.now()
    }

    /// The source of random bytes.
    pub fn rng(&self) -> &dyn Rng {
        self.context.rng.as_ref()
    }

    /// The database, for readiness.
    pub fn db(&self) -> &Db {
        &self.context.db
    }

    /// The keys.
    pub fn sealer(&self) -> &Sealer {
        &self.context.sealer
    }

    /// The figures of the rules.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Passwords that wait to be hashed, for metrics.
    pub fn passwords_waiting(&self) -> usize {
        self.hasher.waiting()
    }
}

impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Whom an audit row is about, when that is known.
pub(crate) fn about(entry: AuditEntry, person: Option<Uuid>) -> AuditEntry {
    match person {
        Some(person) => entry.person(PersonId(person)),
        None => entry,
    }
}
