//! The time, as an argument: use cases ask a [`Clock`], so that tests decide what time it is.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A point in time: Unix milliseconds, UTC.
pub type Timestamp = i64;

/// One second, in the unit of [`Timestamp`].
pub const SECOND: i64 = 1_000;
/// One minute, in the unit of [`Timestamp`].
pub const MINUTE: i64 = 60 * SECOND;
/// One hour, in the unit of [`Timestamp`].
pub const HOUR: i64 = 60 * MINUTE;
/// One day of 24 hours, in the unit of [`Timestamp`].
pub const DAY: i64 = 24 * HOUR;

/// Whole seconds from `now` to `until`, rounded up: a wait is never told shorter than it is. 0 when it is over.
pub fn seconds_until(now: Timestamp, until: Timestamp) -> u32 {
    let left_ms = until.saturating_sub(now).max(0);
    u32::try_from(left_ms.saturating_add(SECOND - 1) / SECOND).unwrap_or(u32::MAX)
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Unix milliseconds, UTC. May step back when the system's clock is set.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        // Before 1970 and after the year 292 million the answer is the nearest end: nothing else can be said.
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(_) => 0,
        }
    }
}

/// A clock that stands still until it is moved: for tests.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `now`.
    pub const fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now))
    }

    /// Sets the clock.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now, Ordering::SeqCst);
    }

    /// Moves the clock by `ms` milliseconds (back, when negative).
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::new(5);
        assert_eq!(clock.now(), 5);
        clock.advance(2 * SECOND);
        assert_eq!(clock.now(), 2_005);
        clock.set(1);
        assert_eq!(clock.now(), 1);
    }

    #[test]
    fn the_system_clock_counts_milliseconds() {
        // 2025-01-01 and 2200-01-01.
        assert!((1_735_689_600_000..7_258_118_400_000).contains(&SystemClock.now()));
    }
}
