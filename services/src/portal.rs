//! The door to all use cases: one noun for each, `portal.codes().begin(…)`.

mod error;
mod messages;

use std::fmt;
use std::sync::Arc;

use domain::CommonPasswords;

pub use error::{SessionsError, SignInError};
pub(crate) use messages::Text;

use uuid::Uuid;

use crate::access::Access;
use crate::accounts::Accounts;
use crate::admin::Admin;
use crate::api_clients::ApiClients;
use crate::audit::{Audit, AuditEntry};
use crate::class_editor::ClassEditor;
use crate::class_events::ClassEvents;
use crate::clock::{Clock, Timestamp};
use crate::codes::Codes;
use crate::context::Context;
use crate::crypto::Sealer;
use crate::deliveries::Deliveries;
use crate::esia::Esia;
use crate::exports::Exports;
use crate::fresh_proof::FreshProof;
use crate::gosuslugi::{Connected, Gosuslugi};
use crate::groups::Groups;
use crate::hasher::PasswordHasher;
use crate::help_desk::HelpDesk;
use crate::housekeeping::Housekeeping;
use crate::idempotency::Idempotency;
use crate::ids::PersonId;
use crate::imports::{Imports, UnderWay};
use crate::invitations::Invitations;
use crate::outbox::Outbox;
use crate::own_contacts::OwnContacts;
use crate::password_wizard::PasswordWizard;
use crate::passwords::Passwords;
use crate::people::People;
use crate::photos::Photos;
use crate::registrations::Registrations;
use crate::review_queue::ReviewQueue;
use crate::rng::Rng;
use crate::roster::Roster;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::staff::Staff;
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
    pub(crate) esia: Option<Connected>,
    pub(crate) under_way: UnderWay,
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
            esia: None,
            under_way: UnderWay::default(),
        }
    }

    /// The same portal, with a list of passwords that nobody may choose.
    #[must_use]
    pub fn with_common_passwords(mut self, list: Arc<dyn CommonPasswords + Send + Sync>) -> Self {
        self.common_passwords = Some(list);
        self
    }

    /// The same portal, with the sign-in through Gosuslugi. `origin` is the portal's own address, `https://portal.example`: browsers come
    /// back to [`CALLBACK_PATH`](crate::gosuslugi::CALLBACK_PATH) there, which must be registered at Gosuslugi.
    #[must_use]
    pub fn with_esia(mut self, esia: Arc<dyn Esia>, origin: &str) -> Self {
        self.esia = Some(Connected::new(esia, origin));
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

    /// Signing in through Gosuslugi.
    pub fn gosuslugi(&self) -> Gosuslugi<'_> {
        Gosuslugi { portal: self }
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

    /// Changing one's own mobile and e-mail.
    pub fn own_contacts(&self) -> OwnContacts<'_> {
        OwnContacts { portal: self }
    }

    /// Who may do what: asked before everything that staff do.
    pub fn access(&self) -> Access<'_> {
        Access { portal: self }
    }

    /// Schools, classes and who belongs to them.
    pub fn roster(&self) -> Roster<'_> {
        Roster { portal: self }
    }

    /// The people of a class with their contacts, and changes to them.
    pub fn class_editor(&self) -> ClassEditor<'_> {
        ClassEditor { portal: self }
    }

    /// What happens in a class while it is open somewhere: changes, and who else is there.
    pub fn class_events(&self) -> ClassEvents<'_> {
        ClassEvents { portal: self }
    }

    /// Groups of students.
    pub fn groups(&self) -> Groups<'_> {
        Groups { portal: self }
    }

    /// Photos of students.
    pub fn photos(&self) -> Photos<'_> {
        Photos { portal: self }
    }

    /// Members of staff and their roles.
    pub fn staff(&self) -> Staff<'_> {
        Staff { portal: self }
    }

    /// Letters that invite parents to register.
    pub fn invitations(&self) -> Invitations<'_> {
        Invitations { portal: self }
    }

    /// Rosters from files.
    pub fn imports(&self) -> Imports<'_> {
        Imports { portal: self }
    }

    /// The roster as files.
    pub fn exports(&self) -> Exports<'_> {
        Exports { portal: self }
    }

    /// Registrations that staff decide about.
    pub fn review_queue(&self) -> ReviewQueue<'_> {
        ReviewQueue { portal: self }
    }

    /// What staff do for accounts: search, unlock, invite again, end sessions, start a reset.
    pub fn help_desk(&self) -> HelpDesk<'_> {
        HelpDesk { portal: self }
    }

    /// What was sent, when, and whether it arrived.
    pub fn deliveries(&self) -> Deliveries<'_> {
        Deliveries { portal: self }
    }

    /// Fresh proof of who is signed in, before sensitive changes.
    pub fn fresh_proof(&self) -> FreshProof<'_> {
        FreshProof { portal: self }
    }

    /// Programs that use the API.
    pub fn api_clients(&self) -> ApiClients<'_> {
        ApiClients { portal: self }
    }

    /// Requests that may come twice and are to be done once.
    pub fn idempotency(&self) -> Idempotency<'_> {
        Idempotency { portal: self }
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
