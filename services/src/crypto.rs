//! Keys and what is done with them: sealing personal data, finding it again, keyed hashes.
//!
//! - **Sealing**: XChaCha20-Poly1305. Envelope: `version (1) | key id (4, big endian) | nonce (24) | ciphertext and tag`.
//!   Associated data: the first five bytes, the column's name ([`columns`]), the row's id; so a value cannot be moved to
//!   another row or column. Rows without a UUID use one made of their number (audit log: [`row_of_number`]).
//! - **Finding**: HMAC-SHA256 under an index key of its own, one sub key per column, so equal values of two columns do not
//!   look equal. It never changes: rotating it would mean to rebuild every index.
//! - **Keyed hashes** of one-time codes and of the audit chain: HMAC-SHA256, one sub key per purpose, parts prefixed with
//!   their length.
//! - **Sub keys**: HKDF-Expand (RFC 5869) of the random keys in the key ring.
//!
//! **Rotation**: [`KeyRing::rotate`] adds a sealing key; new values use it, old keys stay for reading.
//! [`store::reseal`](crate::store::reseal) rewrites stored values under it. The audit log is append-only and keeps its old
//! envelopes: **an old key must stay in the ring as long as audit rows sealed with it are kept.**

pub mod key_ring;
pub mod sealer;

use uuid::Uuid;

pub use key_ring::KeyRing;
pub use sealer::Sealer;

/// Names of the sealed and indexed columns, as they enter associated data and sub keys. Changing one makes its values unreadable.
pub mod columns {
    /// A person's birth date.
    pub const PEOPLE_BIRTH_DATE: &str = "people.birth_date";
    /// A person's ID number.
    pub const PEOPLE_ID_NUMBER: &str = "people.id_number";
    /// A person's SNILS.
    pub const PEOPLE_SNILS: &str = "people.snils";
    /// A person's mobile.
    pub const PEOPLE_MOBILE: &str = "people.mobile";
    /// A person's e-mail.
    pub const PEOPLE_EMAIL: &str = "people.email";
    /// The address a session was begun from.
    pub const SESSIONS_ADDRESS: &str = "sessions.address";
    /// A contact that its owner wants to have, until its code is answered.
    pub const CONTACT_CHANGES_VALUE: &str = "contact_changes.value";
    /// What was typed in a registration.
    pub const REGISTRATIONS_ANSWERS: &str = "registrations.answers";
    /// What was typed in a registration that staff decide about.
    pub const REVIEWS_ANSWERS: &str = "reviews.answers";
    /// The ID number of a registration that staff decide about.
    pub const REVIEWS_NUMBER: &str = "reviews.number";
    /// The mobile that was proved in such a registration.
    pub const REVIEWS_MOBILE: &str = "reviews.mobile";
    /// Why a request for review was decided as it was.
    pub const REVIEWS_NOTE: &str = "reviews.note";
    /// A photo.
    pub const PHOTOS_IMAGE: &str = "photos.image";
    /// A roster's file between dry run and import.
    pub const IMPORTS_CONTENT: &str = "imports.content";
    /// What a dry run or an import found.
    pub const IMPORTS_REPORT: &str = "imports.report";
    /// The address an import was ordered from.
    pub const IMPORTS_ADDRESS: &str = "imports.address";
    /// The answer to a request that carried an idempotency key.
    pub const IDEMPOTENCY_BODY: &str = "idempotency_keys.body";
    /// A security question of a person's own.
    pub const SECURITY_QUESTION: &str = "security_questions.question";
    /// What Gosuslugi calls somebody's account.
    pub const GOSUSLUGI_SUBJECT: &str = "gosuslugi_links.subject";
    /// What a browser at Gosuslugi has to come back with.
    pub const GOSUSLUGI_KEPT: &str = "gosuslugi_flows.kept";
    /// Who a message goes to.
    pub const OUTBOX_RECIPIENT: &str = "outbox.recipient";
    /// What a message's text is made of.
    pub const OUTBOX_PAYLOAD: &str = "outbox.payload";
    /// The address an audited act came from.
    pub const AUDIT_ADDRESS: &str = "audit_log.address";
    /// A record before a change.
    pub const AUDIT_BEFORE: &str = "audit_log.before";
    /// A record after a change.
    pub const AUDIT_AFTER: &str = "audit_log.after";
    /// The value that tells whether the key ring fits the database.
    pub const META_CANARY: &str = "meta.key_canary";
}

/// The row id, for associated data, of rows that are numbered.
pub fn row_of_number(number: i64) -> Uuid {
    let mut bytes = [0; 16];
    if let Some(low) = bytes.last_chunk_mut::<8>() {
        *low = number.to_be_bytes();
    }
    Uuid::from_bytes(bytes)
}
