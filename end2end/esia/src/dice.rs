//! Randomness, as an argument, so that tests can repeat themselves.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use num_bigint::BigUint;
use sha2::{Digest, Sha256};

/// A source of random bytes.
pub trait Dice: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Panics
    /// When the operating system cannot give random bytes: a stand-in without them would repeat its codes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDice;

impl Dice for SystemDice {
    #[allow(clippy::disallowed_methods, reason = "the one place that asks the operating system")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the operating system gives no random bytes: {error}");
        }
    }
}

/// A repeatable generator for tests: SHA-256 of a seed and a counter.
#[derive(Debug)]
pub struct SeededDice {
    seed: u64,
    counter: AtomicU64,
}

impl SeededDice {
    /// Bytes that follow from the seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed, counter: AtomicU64::new(0) }
    }
}

impl Dice for SeededDice {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let mut hasher = Sha256::new();
            hasher.update(self.seed.to_be_bytes());
            hasher.update(self.counter.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            let block: [u8; 32] = hasher.finalize().into();
            for (to, from) in chunk.iter_mut().zip(block) {
                *to = from;
            }
        }
    }
}

/// A random UUID of version 4, lower case.
pub fn uuid(dice: &dyn Dice) -> String {
    let mut bytes = [0_u8; 16];
    dice.fill(&mut bytes);
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A number from 1 to `bound - 1`, each equally likely. The bound is at least 2.
pub fn number_below(dice: &dyn Dice, bound: &BigUint) -> BigUint {
    let length = usize::try_from(bound.bits().div_ceil(8)).unwrap_or(32);
    let spare = u32::try_from(u64::try_from(length).unwrap_or(32) * 8 - bound.bits()).unwrap_or(0);
    loop {
        let mut bytes = vec![0_u8; length];
        dice.fill(&mut bytes);
        if let Some(first) = bytes.first_mut() {
            // Bits above the bound's own would only make the draw fail.
            *first &= 0xff_u8.checked_shr(spare).unwrap_or(0);
        }
        let drawn = BigUint::from_bytes_be(&bytes);
        if drawn != BigUint::ZERO && &drawn < bound {
            return drawn;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        let dice = SeededDice::new(1);
        let (first, second) = (uuid(&dice), uuid(&dice));
        assert_ne!(first, second);
        for id in [first, second] {
            assert_eq!(id.len(), 36);
            assert_eq!(id.chars().nth(14), Some('4'));
            assert!(matches!(id.chars().nth(19), Some('8' | '9' | 'a' | 'b')));
            assert_eq!(id, id.to_lowercase());
        }
    }

    #[test]
    fn numbers_stay_below_the_bound_and_above_zero() {
        let dice = SeededDice::new(2);
        let bound = BigUint::from(5_u8);
        let drawn: Vec<BigUint> = (0..200).map(|_| number_below(&dice, &bound)).collect();
        assert!(drawn.iter().all(|number| *number > BigUint::ZERO && *number < bound));
        assert!((1_u8..5).all(|wanted| drawn.contains(&BigUint::from(wanted))));
        let odd = BigUint::from(257_u32);
        assert!((0..200).all(|_| number_below(&dice, &odd) < odd));
    }
}
