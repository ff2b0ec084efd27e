//! Signatures of GOST R 34.10-2012 with 256 bits over Streebog.
//!
//! A signature is `s ‖ r`, 32 bytes each, the most significant first: so openssl's engine, `BouncyCastle` and `JCP` write it, and CMS has
//! it. A public key is `X ‖ Y`, 32 bytes each, the least significant first.

use num_bigint::BigUint;

use super::curve::{Curve, Point};
use super::hash::streebog;
use crate::dice::{Dice, number_below};

/// The length of a signature, and of a public key, in bytes.
pub const LENGTH: usize = 64;
const HALF: usize = 32;

/// Verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    curve: Curve,
    point: Point,
}

/// Signs.
#[derive(Clone)]
pub struct PrivateKey {
    curve: Curve,
    secret: BigUint,
}

impl PublicKey {
    /// A key from the bytes of a certificate; `None` unless it is a point of the curve.
    pub fn from_bytes(curve: Curve, bytes: &[u8]) -> Option<Self> {
        let (x, y) = halves(bytes)?;
        let point = Point { x: BigUint::from_bytes_le(x), y: BigUint::from_bytes_le(y) };
        curve.has(&point).then_some(Self { curve, point })
    }

    /// The bytes for a certificate.
    pub fn to_bytes(&self) -> Vec<u8> {
        let reversed = |number: &BigUint| half(number).into_iter().rev().collect::<Vec<u8>>();
        [reversed(&self.point.x), reversed(&self.point.y)].concat()
    }

    /// Is it a signature of this message by this key?
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let Some((s, r)) = halves(signature) else { return false };
        let (s, r) = (BigUint::from_bytes_be(s), BigUint::from_bytes_be(r));
        let q = &self.curve.q;
        if s == BigUint::ZERO || r == BigUint::ZERO || &s >= q || &r >= q {
            return false;
        }
        let Some(v) = digest_number(message, q).modinv(q) else { return false };
        let of_base = &s * &v % q;
        let of_key = (q - &r) * &v % q;
        self.curve.combine(&of_base, &self.curve.base, &of_key, &self.point).is_some_and(|point| point.x % q == r)
    }
}

impl PrivateKey {
    /// A key from its number; `None` when it is outside of 1 to q - 1.
    pub fn new(curve: Curve, secret: BigUint) -> Option<Self> {
        (secret != BigUint::ZERO && secret < curve.q).then_some(Self { curve, secret })
    }

    /// A new key.
    pub fn make(curve: Curve, dice: &dyn Dice) -> Self {
        let secret = number_below(dice, &curve.q);
        Self { curve, secret }
    }

    /// The key that verifies; `None` only for a number that [`PrivateKey::new`] refuses.
    pub fn public(&self) -> Option<PublicKey> {
        let point = self.curve.times(&self.secret, &self.curve.base)?;
        Some(PublicKey { curve: self.curve.clone(), point })
    }

    /// The number, 32 bytes, the least significant first.
    pub fn to_bytes(&self) -> Vec<u8> {
        half(&self.secret).into_iter().rev().collect()
    }

    /// Signs a message. Two signatures of one message differ.
    pub fn sign(&self, message: &[u8], dice: &dyn Dice) -> Vec<u8> {
        loop {
            let number = number_below(dice, &self.curve.q);
            if let Some(signature) = self.sign_with(message, &number) {
                return signature;
            }
        }
    }

    fn sign_with(&self, message: &[u8], number: &BigUint) -> Option<Vec<u8>> {
        let q = &self.curve.q;
        let r = self.curve.times(number, &self.curve.base)?.x % q;
        let s = (&r * &self.secret + number * digest_number(message, q)) % q;
        (r != BigUint::ZERO && s != BigUint::ZERO).then(|| [half(&s), half(&r)].concat())
    }
}

/// The digest as a number: the standard reads it with the least significant byte first.
fn digest_number(message: &[u8], q: &BigUint) -> BigUint {
    let number = BigUint::from_bytes_le(&streebog(message)) % q;
    if number == BigUint::ZERO { BigUint::from(1_u8) } else { number }
}

fn halves(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    (bytes.len() == LENGTH).then(|| bytes.split_at_checked(HALF)).flatten()
}

/// A number of at most 256 bits in 32 bytes, the most significant first.
fn half(number: &BigUint) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    let mut padded = vec![0; HALF.saturating_sub(bytes.len())];
    padded.extend_from_slice(&bytes);
    padded
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use super::*;
    use crate::crypto::oids;
    use crate::dice::SeededDice;
    use crate::encoding::{any_base64, base64url, hex_upper};

    /// Made with openssl's GOST engine by the key of `fixtures/gost.key.pem`.
    const MESSAGE: &[u8] = b"TEST111openid fullname snils2026.11.22 02:00:00 +0300\
        47e1f1e9-8b56-4666-ac02-d1408408e5f2http://localhost/cb";
    const SIGNATURE: &str = "BweX13GQbo9nCFLqc9BjxAwQtR4aTH1ffUgYmtFhI48ufRXhg6Xdz9XkAnF44-AH_Q5Du3pmVT_9qTPhk1olrg";

    fn private() -> PrivateKey {
        let secret = b"2D3744BF0270C88D4A7C3769E4EB31D17B9C31F43143FB4B8C44D362BB14EA79";
        let curve = Curve::named(oids::CRYPTO_PRO_A).unwrap();
        PrivateKey::new(curve, BigUint::parse_bytes(secret, 16).unwrap()).unwrap()
    }

    #[test]
    fn a_signature_of_openssl_verifies() {
        let public = private().public().unwrap();
        assert_eq!(
            hex_upper(&half(&public.point.x)),
            "5866289750572B8ADCAEF2BA20F97715DF25A247C3DFE696A8B5C13C7AF7AB5E"
        );
        assert_eq!(
            hex_upper(&half(&public.point.y)),
            "F6D44332F5706D4C19C0B70B8C882BE6554E4BC8B9A9F32A57FA3BE8B1584B9B"
        );
        let signature = any_base64(SIGNATURE).unwrap();
        assert!(public.verify(MESSAGE, &signature));
        assert!(!public.verify(&MESSAGE[1..], &signature));
        let swapped = [&signature[32..], &signature[..32]].concat();
        assert!(!public.verify(MESSAGE, &swapped), "r before s");
        let reversed: Vec<u8> = signature.iter().rev().copied().collect();
        assert!(!public.verify(MESSAGE, &reversed), "as csptest writes it");
        assert!(!public.verify(MESSAGE, &signature[1..]));
        assert!(!public.verify(MESSAGE, &[0; 64]));
        assert!(!public.verify(MESSAGE, &[0xff; 64]));
        for at in 0..64 {
            let mut changed = signature.clone();
            changed[at] ^= 1;
            assert!(!public.verify(MESSAGE, &changed), "byte {at}");
        }
    }

    #[test]
    fn the_formula_answers_a_vector() {
        let number =
            BigUint::parse_bytes(b"1122334455667788990011223344556677889900112233445566778899001122", 16).unwrap();
        assert_eq!(
            hex_upper(&private().sign_with(MESSAGE, &number).unwrap()).to_lowercase(),
            "41e1a46026af192ac5f37055850b0e59729d0680fb375a02df6330a3f691ac74\
             16618be7605c354ba29ac7cdfcdae8863c9a61fb4eef8a525c9adbb22dec76d0"
        );
    }

    #[test]
    fn every_curve_signs_and_verifies() {
        let dice = SeededDice::new(3);
        for oid in [oids::CRYPTO_PRO_A, oids::CRYPTO_PRO_B, oids::CRYPTO_PRO_C, oids::TC26_A] {
            let key = PrivateKey::make(Curve::named(oid).unwrap(), &dice);
            let public = key.public().unwrap();
            let (first, second) = (key.sign(b"message", &dice), key.sign(b"message", &dice));
            assert_ne!(base64url(&first), base64url(&second));
            assert!(public.verify(b"message", &first) && public.verify(b"message", &second));
            assert!(!public.verify(b"massage", &first));
            assert_eq!(PublicKey::from_bytes(Curve::named(oid).unwrap(), &public.to_bytes()).unwrap(), public);
            assert!(!private().public().unwrap().verify(b"message", &first), "another's key");
        }
    }

    #[test]
    fn numbers_outside_of_the_order_are_no_key() {
        let curve = Curve::named(oids::CRYPTO_PRO_A).unwrap();
        assert!(PrivateKey::new(curve.clone(), BigUint::ZERO).is_none());
        assert!(PrivateKey::new(curve.clone(), curve.q.clone()).is_none());
        assert!(PublicKey::from_bytes(curve.clone(), &[1; 64]).is_none());
        assert!(PublicKey::from_bytes(curve, &[1; 63]).is_none());
    }
}
