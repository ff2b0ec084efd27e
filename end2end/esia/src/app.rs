//! The stand-in's state.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use crate::clock::{Clock, Seconds};
use crate::crypto::certificate::Certificate;
use crate::dice::Dice;
use crate::journal::{Entry, Findings, Journal};
use crate::ring::{Ring, RingError, SigningKey};
use crate::settings::Settings;
use crate::store::Store;
use crate::trouble::{Endpoint, Order, Trouble, Troubles};

/// Everything that requests share.
pub struct App {
    /// What it was told.
    pub settings: Settings,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub dice: Box<dyn Dice>,
    ring: RwLock<Ring>,
    store: Mutex<Store>,
    troubles: Mutex<Troubles>,
    journal: Mutex<Journal>,
}

impl App {
    /// Begins; makes the signing key if there is none.
    pub fn new(settings: Settings, clock: Clock, dice: Box<dyn Dice>) -> Result<Self, RingError> {
        let ring = Ring::open(&settings.tokens, clock.now(), dice.as_ref())?;
        Ok(Self {
            settings,
            clock,
            dice,
            ring: RwLock::new(ring),
            store: Mutex::default(),
            troubles: Mutex::default(),
            journal: Mutex::default(),
        })
    }

    /// Now.
    pub fn now(&self) -> Seconds {
        self.clock.now()
    }

    /// What is under way. Nothing that waits is done while it is held.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    /// The key that tokens are signed with now.
    pub fn signing_key(&self) -> SigningKey {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).current().clone()
    }

    /// The certificate of that key, and those of the keys before it.
    pub fn certificates(&self) -> Vec<Certificate> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).certificates().cloned().collect()
    }

    /// Puts a new key in the place of the present one. It takes up to a few seconds.
    pub fn rotate(&self) -> Result<SigningKey, RingError> {
        let key = SigningKey::make(self.settings.tokens.algorithm, self.now(), self.dice.as_ref())?;
        self.ring.write().unwrap_or_else(PoisonError::into_inner).replace(key.clone());
        Ok(key)
    }

    /// What is told to go wrong with a request to one of these.
    pub fn trouble(&self, endpoints: &[Endpoint]) -> Option<Trouble> {
        lock(&self.troubles).take(endpoints)
    }

    /// Tells something to go wrong.
    pub fn order(&self, order: Order) {
        lock(&self.troubles).add(order);
    }

    /// Nothing more is to go wrong.
    pub fn calm(&self) {
        lock(&self.troubles).clear();
    }

    /// Back to how it began, but for the signing key.
    pub fn reset(&self) {
        self.calm();
        self.clock.set_offset(0);
        *self.store() = Store::default();
        lock(&self.journal).clear();
    }

    /// Remembers a request.
    pub fn remember(&self, method: &str, path: &str, findings: Findings, status: u16) {
        lock(&self.journal).add(self.now(), method, path, findings, status);
    }

    /// The requests that are remembered.
    pub fn remembered(&self) -> Vec<Entry> {
        lock(&self.journal).entries()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
