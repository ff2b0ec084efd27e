//! Work beside the requests: sending messages, clearing away what has expired.

pub mod housekeeping;
pub mod imports;
pub mod outbox;
pub mod registrations;
