//! The stand-in's clock: the machine's, moved by as many seconds as the control address was told.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A point in time: Unix seconds, UTC.
pub type Seconds = i64;

/// Where the time comes from before it is moved.
#[derive(Clone, Copy, Debug)]
enum Base {
    Machine,
    Fixed(Seconds),
}

/// Tells the time.
#[derive(Debug)]
pub struct Clock {
    base: Base,
    offset: AtomicI64,
}

impl Clock {
    /// The machine's clock.
    pub const fn machine() -> Self {
        Self { base: Base::Machine, offset: AtomicI64::new(0) }
    }

    /// A clock that stands still until it is moved: for tests.
    pub const fn fixed(at: Seconds) -> Self {
        Self { base: Base::Fixed(at), offset: AtomicI64::new(0) }
    }

    /// Now, Unix seconds.
    pub fn now(&self) -> Seconds {
        let base = match self.base {
            Base::Fixed(at) => at,
            Base::Machine => machine(),
        };
        base.saturating_add(self.offset())
    }

    /// By how many seconds it is moved.
    pub fn offset(&self) -> Seconds {
        self.offset.load(Ordering::SeqCst)
    }

    /// Moves it by that many seconds from the base, not from where it was moved to before.
    pub fn set_offset(&self, seconds: Seconds) {
        self.offset.store(seconds, Ordering::SeqCst);
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn machine() -> Seconds {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_is_from_the_base() {
        let clock = Clock::fixed(1_000);
        clock.set_offset(60);
        clock.set_offset(-10);
        assert_eq!((clock.now(), clock.offset()), (990, -10));
        assert!(Clock::machine().now() > 1_700_000_000);
    }
}
