//! The use cases of Schoolgate and their storage. Nothing here knows HTTP, HTML or the wording of messages.
//!
//! [`Portal`](portal::Portal) is the door: one noun per use case. Rules of the house:
//! one use case is one transaction; only `store` holds SQL; time and randomness are arguments ([`Clock`], [`Rng`]);
//! personal data is sealed before it is stored ([`crypto`]) and masked in every `Debug`.

pub mod access;
pub mod accounts;
pub mod admin;
pub mod api_clients;
pub mod audit;
pub mod class_editor;
pub mod class_events;
pub mod clock;
pub mod codes;
pub mod common_passwords;
pub mod context;
pub mod crypto;
pub mod deliveries;
pub mod delivery;
pub mod error;
pub mod esia;
pub mod exports;
pub mod fresh_proof;
pub mod gosuslugi;
pub mod groups;
pub mod hasher;
pub mod help_desk;
pub mod housekeeping;
pub mod idempotency;
pub mod ids;
pub mod imports;
pub mod invitations;
mod one_line;
pub mod outbox;
pub mod own_contacts;
pub mod password_wizard;
pub mod passwords;
pub mod people;
pub mod photos;
pub mod portal;
mod refused;
pub mod registrations;
pub mod review_queue;
pub mod rng;
pub mod roster;
pub mod sessions;
pub mod settings;
pub mod staff;
pub mod store;
pub mod throttles;
pub mod visit;

pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use context::Context;
pub use crypto::{KeyRing, Sealer};
pub use error::{CryptoError, KeyRingError, StoreError};
pub use ids::{
    AccountId, ApiClientId, ClassId, FlowId, GosuslugiLinkId, GroupId, ImportId, MessageId, PersonId, RoleId, SchoolId,
    SessionId, Token,
};
pub use portal::{Portal, PortalParts, SessionsError, SignInError};
pub use rng::{OsRng, Rng, SeededRng};
pub use sessions::{ListedSession, Session, SignInMethod, SignedIn};
pub use settings::Settings;
pub use store::{Db, DbSettings, Tx};
pub use visit::Visit;
