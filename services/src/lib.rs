//! The use cases of Schoolgate and their storage. Nothing here knows HTTP, HTML or the wording of messages.
//!
//! [`Portal`](portal::Portal) is the door: one noun per use case. Rules of the house:
//! one use case is one transaction; only `store` holds SQL; time and randomness are arguments ([`Clock`], [`Rng`]);
//! personal data is sealed before it is stored ([`crypto`]) and masked in every `Debug`.

pub mod accounts;
pub mod admin;
pub mod audit;
pub mod clock;
pub mod codes;
pub mod common_passwords;
pub mod context;
pub mod crypto;
pub mod delivery;
pub mod error;
pub mod hasher;
pub mod housekeeping;
pub mod ids;
pub mod outbox;
pub mod password_wizard;
pub mod passwords;
pub mod people;
pub mod portal;
pub mod registrations;
pub mod rng;
pub mod sessions;
pub mod settings;
pub mod store;
pub mod throttles;
pub mod visit;

pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use context::Context;
pub use crypto::{KeyRing, Sealer};
pub use error::{CryptoError, KeyRingError, StoreError};
pub use ids::{AccountId, FlowId, MessageId, PersonId, RoleId, SessionId, Token};
pub use portal::{Portal, PortalParts, SessionsError, SignInError};
pub use rng::{OsRng, Rng, SeededRng};
pub use sessions::{ListedSession, Session, SignInMethod, SignedIn};
pub use settings::Settings;
pub use store::{Db, DbSettings, Tx};
pub use visit::Visit;
