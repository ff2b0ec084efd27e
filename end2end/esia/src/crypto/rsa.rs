//! RSA with the padding of PKCS #1 v1.5, and SHA-256.
#![allow(clippy::many_single_char_names, reason = "the numbers of a key are called so everywhere")]

use num_bigint::BigUint;

use super::hash::sha256;
use crate::dice::Dice;

/// The head of the encoded digest: `SEQUENCE { SEQUENCE { SHA-256, NULL }, OCTET STRING (32) }` (RFC 8017 §9.2).
const SHA_256_HEAD: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];
/// The length of keys that are made here.
const BITS: u64 = 2_048;
/// Rounds of Miller and Rabin: for random candidates of this length far more than enough.
const ROUNDS: usize = 8;
/// Candidates are divided by primes below this before anything slower.
const SIEVE: u32 = 2_000;

/// Verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The modulus.
    pub n: BigUint,
    /// The exponent.
    pub e: BigUint,
}

/// Signs.
#[derive(Clone)]
pub struct PrivateKey {
    public: PublicKey,
    d: BigUint,
    p: BigUint,
    q: BigUint,
}

impl PublicKey {
    /// The length of a signature in bytes.
    fn length(&self) -> usize {
        usize::try_from(self.n.bits().div_ceil(8)).unwrap_or_default()
    }

    /// Is it a signature of this message by this key?
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let length = self.length();
        let number = BigUint::from_bytes_be(signature);
        if signature.len() != length || number >= self.n || self.n == BigUint::ZERO {
            return false;
        }
        let Some(expected) = encoded(message, length) else { return false };
        number.modpow(&self.e, &self.n) == BigUint::from_bytes_be(&expected)
    }
}

impl PrivateKey {
    /// A key from its numbers; `None` when they do not belong together.
    pub fn new(n: BigUint, e: BigUint, d: BigUint, p: BigUint, q: BigUint) -> Option<Self> {
        let small = |number: &BigUint| number < &BigUint::from(3_u8);
        if [&n, &e, &d, &p, &q].into_iter().any(small) || &p * &q != n || n.bits() < 1_024 {
            return None;
        }
        Some(Self { public: PublicKey { n, e }, d, p, q })
    }

    /// A new key of 2048 bits.
    pub fn make(dice: &dyn Dice) -> Self {
        let e = BigUint::from(65_537_u32);
        loop {
            let (p, q) = (prime(dice), prime(dice));
            let n = &p * &q;
            if p == q || n.bits() != BITS {
                continue;
            }
            let order = (&p - 1_u32) * (&q - 1_u32);
            if let Some(d) = e.modinv(&order) {
                return Self { public: PublicKey { n, e }, d, p, q };
            }
        }
    }

    /// The key that verifies.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The secret exponent, and the primes.
    pub const fn secrets(&self) -> [&BigUint; 3] {
        [&self.d, &self.p, &self.q]
    }

    /// Signs a message; `None` only if the key is too short for the digest.
    pub fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let length = self.public.length();
        let number = BigUint::from_bytes_be(&encoded(message, length)?);
        let bytes = number.modpow(&self.d, &self.public.n).to_bytes_be();
        let mut signature = vec![0; length.saturating_sub(bytes.len())];
        signature.extend_from_slice(&bytes);
        Some(signature)
    }
}

/// The digest of a message, padded to the length of the modulus.
fn encoded(message: &[u8], length: usize) -> Option<Vec<u8>> {
    let digest = sha256(message);
    let padding = length.checked_sub(SHA_256_HEAD.len() + digest.len() + 3).filter(|padding| *padding >= 8)?;
    let mut bytes = vec![0, 1];
    bytes.extend(std::iter::repeat_n(0xff, padding));
    bytes.push(0);
    bytes.extend_from_slice(&SHA_256_HEAD);
    bytes.extend_from_slice(&digest);
    Some(bytes)
}

/// A random prime of half the length, with its two highest bits set, so that two of them have a product of the whole length.
fn prime(dice: &dyn Dice) -> BigUint {
    let small = small_primes();
    let mut bytes = [0_u8; 128];
    loop {
        dice.fill(&mut bytes);
        let [first, .., last] = &mut bytes;
        *first |= 0xc0;
        *last |= 1;
        let candidate = BigUint::from_bytes_be(&bytes);
        if small.iter().all(|prime| &candidate % *prime != BigUint::ZERO) && is_probably_prime(&candidate, dice) {
            return candidate;
        }
    }
}

fn small_primes() -> Vec<u32> {
    (3..SIEVE).step_by(2).filter(|n| (3..*n).step_by(2).take_while(|d| d * d <= *n).all(|d| n % d != 0)).collect()
}

/// Miller and Rabin's test of an odd number above 3.
fn is_probably_prime(candidate: &BigUint, dice: &dyn Dice) -> bool {
    let one = BigUint::from(1_u8);
    let less = candidate - 1_u32;
    let twos = less.trailing_zeros().unwrap_or_default();
    let odd = &less >> twos;
    (0..ROUNDS).all(|round| {
        // The first base is 2: it alone rejects nearly everything.
        let base = if round == 0 { BigUint::from(2_u8) } else { crate::dice::number_below(dice, &less) };
        let mut power = base.modpow(&odd, candidate);
        if power == one || power == less {
            return true;
        }
        for _ in 1..twos {
            power = &power * &power % candidate;
            if power == less {
                return true;
            }
        }
        false
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use super::*;
    use crate::dice::SeededDice;

    #[test]
    fn a_new_key_signs_and_verifies() {
        let key = PrivateKey::make(&SeededDice::new(4));
        assert_eq!(key.public().n.bits(), 2_048);
        let signature = key.sign(b"message").unwrap();
        assert_eq!(signature.len(), 256);
        assert!(key.public().verify(b"message", &signature));
        assert!(!key.public().verify(b"massage", &signature));
        assert!(!key.public().verify(b"message", &signature[1..]));
        let mut longer = vec![0];
        longer.extend_from_slice(&signature);
        assert!(!key.public().verify(b"message", &longer));
        let [d, p, q] = key.secrets();
        let (n, e) = (key.public().n.clone(), key.public().e.clone());
        let again = PrivateKey::new(n.clone(), e.clone(), d.clone(), p.clone(), q.clone()).unwrap();
        assert_eq!(again.sign(b"message").unwrap(), signature, "the padding is fixed");
        assert!(PrivateKey::new(n + 2_u32, e, d.clone(), p.clone(), q.clone()).is_none());
    }

    #[test]
    fn primes_are_told_from_products() {
        let dice = SeededDice::new(5);
        for prime in [5_u32, 7, 101, 65_537, 2_147_483_647] {
            assert!(is_probably_prime(&BigUint::from(prime), &dice), "{prime}");
        }
        for product in [9_u32, 15, 341, 561, 1_105, 65_535, 2_147_483_649] {
            assert!(!is_probably_prime(&BigUint::from(product), &dice), "{product}");
        }
        assert_eq!(small_primes().first(), Some(&3));
        assert!(small_primes().contains(&1_999) && !small_primes().contains(&1_995));
    }
}
