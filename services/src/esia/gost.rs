//! GOST R 34.11-2012 (Streebog, 256 bit) and the verification of GOST R 34.10-2012 signatures over the curves of 256
//! bit.
//!
//! Verifying touches nothing secret, so the arithmetic need not be of constant time; nothing is signed here (the key of
//! a real information system lives in certified software of its own). Curves: RFC 4357 and RFC 7836. A signature is
//! `s ‖ r`, each 32 bytes with the highest first, as OpenSSL's engine and `CryptoPro`'s JCP write it; coordinates of a
//! public key are stored the other way round.

use num_bigint::BigUint;
use streebog::{Digest as _, Streebog256};

/// Half of a signature, and a coordinate, in bytes.
const HALF: usize = 32;

/// The Streebog hash of 256 bit.
pub(super) fn streebog256(data: &[u8]) -> [u8; 32] {
    Streebog256::digest(data).into()
}

/// A curve y² = x³ + ax + b over the field of p, with the point (x, y) of order q.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Curve {
    p: BigUint,
    a: BigUint,
    b: BigUint,
    q: BigUint,
    base: (BigUint, BigUint),
}

#[allow(clippy::many_single_char_names, reason = "the letters of the standard")]
impl Curve {
    /// The curve that a certificate names by its parameters' object identifier.
    pub(super) fn named(oid: &str) -> Option<Self> {
        match oid {
            // CryptoPro-A, which TK 26 calls paramSetB, and the exchange set with the same numbers.
            "1.2.643.2.2.35.1" | "1.2.643.7.1.2.1.1.2" | "1.2.643.2.2.36.0" => Self::new(
                "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd97",
                "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd94",
                "a6",
                "ffffffffffffffffffffffffffffffff6c611070995ad10045841b09b761b893",
                "1",
                "8d91e471e0989cda27df505a453f2b7635294f2ddf23e3b122acc99c9e9f1e14",
            ),
            // CryptoPro-B, paramSetC.
            "1.2.643.2.2.35.2" | "1.2.643.7.1.2.1.1.3" => Self::new(
                "8000000000000000000000000000000000000000000000000000000000000c99",
                "8000000000000000000000000000000000000000000000000000000000000c96",
                "3e1af419a269a5f866a7d3c25c3df80ae979259373ff2b182f49d4ce7e1bbc8b",
                "800000000000000000000000000000015f700cfff1a624e5e497161bcc8a198f",
                "1",
                "3fa8124359f96680b83d1c3eb2c070e5c545c9858d03ecfb744bf8d717717efc",
            ),
            // CryptoPro-C, paramSetD, and the exchange set with the same numbers.
            "1.2.643.2.2.35.3" | "1.2.643.7.1.2.1.1.4" | "1.2.643.2.2.36.1" => Self::new(
                "9b9f605f5a858107ab1ec85e6b41c8aacf846e86789051d37998f7b9022d759b",
                "9b9f605f5a858107ab1ec85e6b41c8aacf846e86789051d37998f7b9022d7598",
                "805a",
                "9b9f605f5a858107ab1ec85e6b41c8aa582ca3511eddfb74f02f3a6598980bb9",
                "0",
                "41ece55743711a8c3cbf3783cd08c0ee4d4dc440d4641a8f366e550dfdb3bb67",
            ),
            // TK 26's own paramSetA.
            "1.2.643.7.1.2.1.1.1" => Self::new(
                "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd97",
                "c2173f1513981673af4892c23035a27ce25e2013bf95aa33b22c656f277e7335",
                "295f9bae7428ed9ccc20e7c359a9d41a22fccd9108e17bf7ba9337a6f8ae9513",
                "400000000000000000000000000000000fd8cddfc87b6635c115af556c360c67",
                "91e38443a5e82c0d880923425712b2bb658b9196932e02c78b2582fe742daa28",
                "32879423ab1a0375895786c4bb46e9565fde0b5344766740af268adb32322e5c",
            ),
            _ => None,
        }
    }

    fn new(p: &str, a: &str, b: &str, q: &str, x: &str, y: &str) -> Option<Self> {
        let number = |hex: &str| BigUint::parse_bytes(hex.as_bytes(), 16);
        Some(Self { p: number(p)?, a: number(a)?, b: number(b)?, q: number(q)?, base: (number(x)?, number(y)?) })
    }

    fn product(&self, left: &BigUint, right: &BigUint) -> BigUint {
        left * right % &self.p
    }

    /// Both are below p.
    fn difference(&self, left: &BigUint, right: &BigUint) -> BigUint {
        (left + &self.p - right) % &self.p
    }

    fn has(&self, x: &BigUint, y: &BigUint) -> bool {
        let cube = self.product(&self.product(x, x), x);
        x < &self.p && y < &self.p && self.product(y, y) == (cube + &self.a * x + &self.b) % &self.p
    }

    fn twice(&self, point: &Point) -> Point {
        if point.is_infinite() || point.y == BigUint::ZERO {
            return Point::infinite();
        }
        let y_squared = self.product(&point.y, &point.y);
        let s = self.product(&point.x, &y_squared) * 4_u8 % &self.p;
        let z_squared = self.product(&point.z, &point.z);
        let m = (self.product(&point.x, &point.x) * 3_u8 + &self.a * self.product(&z_squared, &z_squared)) % &self.p;
        let x = self.difference(&self.product(&m, &m), &(&s * 2_u8 % &self.p));
        let eight = self.product(&y_squared, &y_squared) * 8_u8 % &self.p;
        let y = self.difference(&self.product(&m, &self.difference(&s, &x)), &eight);
        let z = self.product(&point.y, &point.z) * 2_u8 % &self.p;
        Point { x, y, z }
    }

    fn sum(&self, left: &Point, right: &Point) -> Point {
        if left.is_infinite() {
            return right.clone();
        }
        if right.is_infinite() {
            return left.clone();
        }
        let (left_z2, right_z2) = (self.product(&left.z, &left.z), self.product(&right.z, &right.z));
        let (u1, u2) = (self.product(&left.x, &right_z2), self.product(&right.x, &left_z2));
        let s1 = self.product(&left.y, &self.product(&right.z, &right_z2));
        let s2 = self.product(&right.y, &self.product(&left.z, &left_z2));
        if u1 == u2 {
            return if s1 == s2 { self.twice(left) } else { Point::infinite() };
        }
        let (h, r) = (self.difference(&u2, &u1), self.difference(&s2, &s1));
        let h_squared = self.product(&h, &h);
        let h_cubed = self.product(&h_squared, &h);
        let v = self.product(&u1, &h_squared);
        let x = self.difference(&self.product(&r, &r), &((&h_cubed + &v * 2_u8) % &self.p));
        let y = self.difference(&self.product(&r, &self.difference(&v, &x)), &self.product(&s1, &h_cubed));
        let z = self.product(&self.product(&left.z, &right.z), &h);
        Point { x, y, z }
    }

    /// `first · left + second · right`, both factors in one go.
    fn combination(&self, first: &BigUint, left: &Point, second: &BigUint, right: &Point) -> Point {
        let both = self.sum(left, right);
        let mut result = Point::infinite();
        for bit in (0..first.bits().max(second.bits())).rev() {
            result = self.twice(&result);
            result = match (first.bit(bit), second.bit(bit)) {
                (true, true) => self.sum(&result, &both),
                (true, false) => self.sum(&result, left),
                (false, true) => self.sum(&result, right),
                (false, false) => result,
            };
        }
        result
    }

    /// The x coordinate; none at infinity.
    fn x_of(&self, point: &Point) -> Option<BigUint> {
        let inverse = point.z.modinv(&self.p)?;
        Some(self.product(&point.x, &self.product(&inverse, &inverse)))
    }

    /// What is signed in place of the message: the hash as a number with its lowest byte first, mod q, and 1 for 0.
    fn signed(&self, message: &[u8]) -> BigUint {
        let number = BigUint::from_bytes_le(&streebog256(message)) % &self.q;
        if number == BigUint::ZERO { BigUint::from(1_u8) } else { number }
    }
}

/// A point in Jacobian coordinates, (x/z², y/z³); z = 0 is the point at infinity.
#[derive(Clone, Debug)]
struct Point {
    x: BigUint,
    y: BigUint,
    z: BigUint,
}

impl Point {
    fn affine(x: &BigUint, y: &BigUint) -> Self {
        Self { x: x.clone(), y: y.clone(), z: BigUint::from(1_u8) }
    }

    fn infinite() -> Self {
        Self { x: BigUint::from(1_u8), y: BigUint::from(1_u8), z: BigUint::ZERO }
    }

    fn is_infinite(&self) -> bool {
        self.z == BigUint::ZERO
    }
}

/// A public key: a point of its curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    curve: Curve,
    point: (BigUint, BigUint),
}

impl PublicKey {
    /// From the coordinates as certificates have them: `X ‖ Y`, 32 bytes each, the lowest first. `None` for what is no
    /// point of the curve.
    pub(super) fn new(curve: Curve, coordinates: &[u8]) -> Option<Self> {
        if coordinates.len() != 2 * HALF {
            return None;
        }
        let (x, y) = coordinates.split_at_checked(HALF)?;
        let point = (BigUint::from_bytes_le(x), BigUint::from_bytes_le(y));
        curve.has(&point.0, &point.1).then_some(Self { curve, point })
    }

    /// Whether the message was signed with the private half of this key.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        if signature.len() != 2 * HALF {
            return false;
        }
        let Some((s, r)) = signature.split_at_checked(HALF) else {
            return false;
        };
        let (s, r) = (BigUint::from_bytes_be(s), BigUint::from_bytes_be(r));
        let curve = &self.curve;
        let in_range = |number: &BigUint| *number > BigUint::ZERO && *number < curve.q;
        if !in_range(&s) || !in_range(&r) {
            return false;
        }
        let Some(inverse) = curve.signed(message).modinv(&curve.q) else {
            return false;
        };
        let first = s * &inverse % &curve.q;
        let second = (&curve.q - &r) * &inverse % &curve.q;
        let base = Point::affine(&curve.base.0, &curve.base.1);
        let key = Point::affine(&self.point.0, &self.point.1);
        let point = curve.combination(&first, &base, &second, &key);
        curve.x_of(&point).is_some_and(|x| x % &curve.q == r)
    }
}

/// Signing, for tests only: it takes no care that nothing leaks.
#[cfg(test)]
pub(super) mod testing {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    /// The private key of the published test vector.
    pub(in crate::esia) const KEY: &str = "2d3744bf0270c88d4a7c3769e4eb31d17b9c31f43143fb4b8c44d362bb14ea79";

    pub(in crate::esia) fn sign(key: &str, message: &[u8]) -> Vec<u8> {
        let curve = Curve::named("1.2.643.2.2.35.1").unwrap();
        let d = BigUint::parse_bytes(key.as_bytes(), 16).unwrap();
        let base = Point::affine(&curve.base.0, &curve.base.1);
        // Any number that depends on key and message will do.
        let k = BigUint::from_bytes_be(&streebog256(&[key.as_bytes(), message].concat())) % &curve.q;
        let r = curve.x_of(&curve.combination(&k, &base, &BigUint::ZERO, &base)).unwrap() % &curve.q;
        let s = (&r * d + k * curve.signed(message)) % &curve.q;
        let half = |number: &BigUint| {
            let bytes = number.to_bytes_be();
            [vec![0; HALF - bytes.len()], bytes].concat()
        };
        [half(&s), half(&r)].concat()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    /// Made with OpenSSL's engine.
    const MESSAGE: &str =
        "TEST111openid fullname snils2026.11.22 02:00:00 +030047e1f1e9-8b56-4666-ac02-d1408408e5f2http://localhost/cb";
    const SIGNATURE: &str = "BweX13GQbo9nCFLqc9BjxAwQtR4aTH1ffUgYmtFhI48ufRXhg6Xdz9XkAnF44-AH_Q5Du3pmVT_9qTPhk1olrg";
    const X: &str = "5866289750572b8adcaef2ba20f97715df25a247c3dfe696a8b5c13c7af7ab5e";
    const Y: &str = "f6d44332f5706d4c19c0b70b8c882be6554e4bc8b9a9f32a57fa3be8b1584b9b";
    const CURVES: [&str; 4] = ["1.2.643.2.2.35.1", "1.2.643.2.2.35.2", "1.2.643.2.2.35.3", "1.2.643.7.1.2.1.1.1"];

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    fn key() -> PublicKey {
        let coordinate = |hex: &str| {
            let mut bytes = BigUint::parse_bytes(hex.as_bytes(), 16).unwrap().to_bytes_le();
            bytes.resize(HALF, 0);
            bytes
        };
        PublicKey::new(Curve::named(CURVES[0]).unwrap(), &[coordinate(X), coordinate(Y)].concat()).unwrap()
    }

    /// GOST R 34.11-2012, appendix A: the messages M1 and M2, here in the order of their bytes.
    #[test]
    fn the_hash_of_the_standard() {
        let first = b"012345678901234567890123456789012345678901234567890123456789012";
        assert_eq!(hex(&streebog256(first)), "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500");
        // «Се ветри, Стрибожи внуци, веютъ с моря стрелами на храбрыя плъкы Игоревы» in Windows-1251.
        let text = "Се ветри, Стрибожи внуци, веютъ с моря стрелами на храбрыя плъкы Игоревы";
        let (second, _, _) = encoding_rs::WINDOWS_1251.encode(text);
        assert_eq!(second.len(), 72);
        assert_eq!(hex(&streebog256(&second)), "9dd2fe4e90409e5da87f53976d7405b0c0cac628fc669a741d50063c557e8f50");
        assert_eq!(
            hex(&streebog256(MESSAGE.as_bytes())),
            "043e7dedafb47b396c622aa745f0714b074084a42101a6bb0d304b902c799997"
        );
    }

    #[test]
    fn every_curve_has_its_point_and_order() {
        for oid in CURVES {
            let curve = Curve::named(oid).unwrap();
            assert!(curve.has(&curve.base.0, &curve.base.1), "{oid}");
            let base = Point::affine(&curve.base.0, &curve.base.1);
            assert!(curve.combination(&curve.q, &base, &BigUint::ZERO, &base).is_infinite(), "{oid}");
            // One less is the point's mirror image: the same x.
            let last = curve.combination(&(&curve.q - 1_u8), &base, &BigUint::ZERO, &base);
            assert_eq!(curve.x_of(&last).unwrap(), curve.base.0, "{oid}");
        }
        assert!(Curve::named("1.2.643.7.1.2.1.2.1").is_none(), "a curve of 512 bit");
    }

    #[test]
    fn the_published_signature_verifies_and_nothing_near_it_does() {
        let key = key();
        let signature = URL_SAFE_NO_PAD.decode(SIGNATURE).unwrap();
        assert!(key.verifies(MESSAGE.as_bytes(), &signature));
        assert!(!key.verifies(format!("{MESSAGE}\n").as_bytes(), &signature));
        for at in 0..signature.len() {
            let mut changed = signature.clone();
            changed[at] ^= 1;
            assert!(!key.verifies(MESSAGE.as_bytes(), &changed), "byte {at}");
        }
        let swapped = [&signature[HALF..], &signature[..HALF]].concat();
        assert!(!key.verifies(MESSAGE.as_bytes(), &swapped), "r ‖ s");
        let reversed: Vec<u8> = signature.iter().rev().copied().collect();
        assert!(!key.verifies(MESSAGE.as_bytes(), &reversed));
        for wrong in [&signature[..63], &[], &[0; 64], &[255; 64], &[&signature[..], &[0]].concat()] {
            assert!(!key.verifies(MESSAGE.as_bytes(), wrong));
        }
    }

    #[test]
    fn our_own_signatures_verify() {
        let key = key();
        for message in [&b""[..], b"a", "Привет".as_bytes()] {
            let signature = testing::sign(testing::KEY, message);
            assert!(key.verifies(message, &signature));
            assert!(!key.verifies(b"other", &signature));
        }
    }

    #[test]
    fn a_key_is_a_point_of_its_curve() {
        let curve = || Curve::named(CURVES[0]).unwrap();
        assert!(PublicKey::new(curve(), &[0; 64]).is_none());
        assert!(PublicKey::new(curve(), &[255; 64]).is_none());
        assert!(PublicKey::new(curve(), &[1; 63]).is_none());
    }
}
