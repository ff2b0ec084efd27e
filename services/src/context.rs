//! What every use case needs, bundled: the database, the keys, the time, randomness.

use std::sync::Arc;

use crate::clock::{Clock, Timestamp};
use crate::crypto::Sealer;
use crate::rng::Rng;
use crate::store::Db;

/// Cheap to clone: everything in it is shared.
#[derive(Clone)]
pub struct Context {
    /// The database.
    pub db: Db,
    /// Seals, opens, indexes.
    pub sealer: Sealer,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives random bytes.
    pub rng: Arc<dyn Rng>,
}

impl Context {
    /// The time, Unix milliseconds.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
