//! Randomness, as an argument: use cases ask an [`Rng`], so that tests can repeat themselves.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// A source of random bytes good enough for keys, tokens and codes.
pub trait Rng: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Panics
    /// When the operating system cannot give random bytes: without them nothing here is safe to do.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRng;

impl Rng for OsRng {
    #[allow(clippy::disallowed_methods, reason = "the one place that asks the operating system")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the operating system gives no random bytes: {error}");
        }
    }
}

/// A repeatable generator for tests: SHA-256 of a seed and a counter. The seed is no secret, so it must never make real keys.
#[derive(Debug)]
pub struct SeededRng {
    seed: u64,
    counter: AtomicU64,
}

impl SeededRng {
    /// A generator whose bytes depend on `seed` and on the number of blocks drawn before.
    pub const fn new(seed: u64) -> Self {
        Self { seed, counter: AtomicU64::new(0) }
    }
}

impl Rng for SeededRng {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let block = Sha256::new()
                .chain_update(self.seed.to_be_bytes())
                .chain_update(self.counter.fetch_add(1, Ordering::SeqCst).to_be_bytes())
                .finalize();
            for (to, from) in chunk.iter_mut().zip(block) {
                *to = from;
            }
        }
    }
}

/// `N` random bytes.
pub fn bytes<const N: usize>(rng: &dyn Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// A number from 0 to `bound - 1`, each equally likely (0 when `bound` is 0).
pub fn below(rng: &dyn Rng, bound: u64) -> u64 {
    if bound == 0 {
        return 0;
    }
    // Numbers above the largest multiple of `bound` would favour the small results: draw again.
    let limit = u64::MAX - u64::MAX % bound;
    loop {
        let drawn = u64::from_be_bytes(bytes(rng));
        if drawn < limit {
            return drawn % bound;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_no_block_repeats() {
        let (a, b) = (SeededRng::new(7), SeededRng::new(7));
        let first: [u8; 80] = bytes(&a);
        assert_eq!(first, bytes::<80>(&b));
        assert_ne!(first, bytes::<80>(&a));
        assert_ne!(first, bytes::<80>(&SeededRng::new(8)));
    }

    #[test]
    fn the_system_gives_different_bytes_each_time() {
        assert_ne!(bytes::<32>(&OsRng), bytes::<32>(&OsRng));
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_of_it() {
        let rng = SeededRng::new(1);
        let mut seen = [false; 7];
        for _ in 0..500 {
            let n = below(&rng, 7);
            if let Some(slot) = seen.get_mut(usize::try_from(n).unwrap_or(usize::MAX)) {
                *slot = true;
            } else {
                panic!("{n} is not below 7");
            }
        }
        assert!(seen.iter().all(|seen| *seen));
        assert_eq!(below(&rng, 0), 0);
        assert_eq!(below(&rng, 1), 0);
    }
}
