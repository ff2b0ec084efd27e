//! The elliptic curves of GOST R 34.10-2012 with 256 bits, and arithmetic on them.
#![allow(clippy::many_single_char_names, reason = "the letters are those of the standard")]

use num_bigint::BigUint;

use super::oids;

/// y² = x³ + ax + b over the field of p elements, with a point of the prime order q.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// The field.
    pub p: BigUint,
    /// The coefficient of x.
    pub a: BigUint,
    /// The constant.
    pub b: BigUint,
    /// The order of the base point.
    pub q: BigUint,
    /// The base point.
    pub base: Point,
}

/// A point that is not the one at infinity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its first coordinate.
    pub x: BigUint,
    /// Its second coordinate.
    pub y: BigUint,
}

/// A point as x/z², y/z³; z = 0 at infinity. So only one division is needed at the end.
#[derive(Clone)]
struct Jacobian {
    x: BigUint,
    y: BigUint,
    z: BigUint,
}

/// p, a, b, q, x, y in hexadecimal.
type Numbers = [&'static str; 6];

const A: Numbers = [
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd97",
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd94",
    "a6",
    "ffffffffffffffffffffffffffffffff6c611070995ad10045841b09b761b893",
    "1",
    "8d91e471e0989cda27df505a453f2b7635294f2ddf23e3b122acc99c9e9f1e14",
];
const B: Numbers = [
    "8000000000000000000000000000000000000000000000000000000000000c99",
    "8000000000000000000000000000000000000000000000000000000000000c96",
    "3e1af419a269a5f866a7d3c25c3df80ae979259373ff2b182f49d4ce7e1bbc8b",
    "800000000000000000000000000000015f700cfff1a624e5e497161bcc8a198f",
    "1",
    "3fa8124359f96680b83d1c3eb2c070e5c545c9858d03ecfb744bf8d717717efc",
];
const C: Numbers = [
    "9b9f605f5a858107ab1ec85e6b41c8aacf846e86789051d37998f7b9022d759b",
    "9b9f605f5a858107ab1ec85e6b41c8aacf846e86789051d37998f7b9022d7598",
    "805a",
    "9b9f605f5a858107ab1ec85e6b41c8aa582ca3511eddfb74f02f3a6598980bb9",
    "0",
    "41ece55743711a8c3cbf3783cd08c0ee4d4dc440d4641a8f366e550dfdb3bb67",
];
const TC26_A: Numbers = [
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd97",
    "c2173f1513981673af4892c23035a27ce25e2013bf95aa33b22c656f277e7335",
    "295f9bae7428ed9ccc20e7c359a9d41a22fccd9108e17bf7ba9337a6f8ae9513",
    "400000000000000000000000000000000fd8cddfc87b6635c115af556c360c67",
    "91e38443a5e82c0d880923425712b2bb658b9196932e02c78b2582fe742daa28",
    "32879423ab1a0375895786c4bb46e9565fde0b5344766740af268adb32322e5c",
];

impl Curve {
    /// The curve that an object identifier names; several names are of one curve.
    pub fn named(oid: &[u8]) -> Option<Self> {
        let numbers = match oid {
            oids::CRYPTO_PRO_A | oids::CRYPTO_PRO_XCH_A | oids::TC26_B => A,
            oids::CRYPTO_PRO_B | oids::TC26_C => B,
            oids::CRYPTO_PRO_C | oids::CRYPTO_PRO_XCH_B | oids::TC26_D => C,
            oids::TC26_A => TC26_A,
            _ => return None,
        };
        let [p, a, b, q, x, y] = numbers.map(|hex| BigUint::parse_bytes(hex.as_bytes(), 16));
        Some(Self { p: p?, a: a?, b: b?, q: q?, base: Point { x: x?, y: y? } })
    }

    /// Is it a point of the curve?
    pub fn has(&self, point: &Point) -> bool {
        let p = &self.p;
        if &point.x >= p || &point.y >= p {
            return false;
        }
        let left = &point.y * &point.y % p;
        let cube = &point.x * &point.x % p * &point.x % p;
        let right = (cube + &self.a * &point.x % p + &self.b) % p;
        left == right
    }

    /// The point so many times; `None` at infinity.
    pub fn times(&self, number: &BigUint, point: &Point) -> Option<Point> {
        self.flatten(self.multiply(number, point))
    }

    /// u·P + v·Q; `None` at infinity.
    pub fn combine(&self, u: &BigUint, first: &Point, v: &BigUint, second: &Point) -> Option<Point> {
        let sum = self.add(&self.multiply(u, first), &self.multiply(v, second));
        self.flatten(sum)
    }

    fn multiply(&self, number: &BigUint, point: &Point) -> Jacobian {
        let one = Jacobian { x: point.x.clone(), y: point.y.clone(), z: BigUint::from(1_u8) };
        let mut sum = infinity();
        for bit in (0..number.bits()).rev() {
            sum = self.double(&sum);
            if number.bit(bit) {
                sum = self.add(&sum, &one);
            }
        }
        sum
    }

    fn flatten(&self, point: Jacobian) -> Option<Point> {
        let p = &self.p;
        let inverse = point.z.modinv(p)?;
        let square = &inverse * &inverse % p;
        let cube = &square * &inverse % p;
        Some(Point { x: point.x * square % p, y: point.y * cube % p })
    }

    fn double(&self, point: &Jacobian) -> Jacobian {
        let p = &self.p;
        if point.z == BigUint::ZERO || point.y == BigUint::ZERO {
            return infinity();
        }
        let yy = &point.y * &point.y % p;
        let s = &point.x * &yy * 4_u32 % p;
        let zz = &point.z * &point.z % p;
        let slope = (&point.x * &point.x * 3_u32 + &self.a * (&zz * &zz % p)) % p;
        let x = self.minus(&(&slope * &slope % p), &(&s * 2_u32 % p));
        let y = self.minus(&(&slope * self.minus(&s, &x) % p), &(&yy * &yy * 8_u32 % p));
        let z = &point.y * &point.z * 2_u32 % p;
        Jacobian { x, y, z }
    }

    fn add(&self, first: &Jacobian, second: &Jacobian) -> Jacobian {
        let p = &self.p;
        if first.z == BigUint::ZERO {
            return second.clone();
        }
        if second.z == BigUint::ZERO {
            return first.clone();
        }
        let zz1 = &first.z * &first.z % p;
        let zz2 = &second.z * &second.z % p;
        let u1 = &first.x * &zz2 % p;
        let u2 = &second.x * &zz1 % p;
        let s1 = &first.y * &second.z % p * &zz2 % p;
        let s2 = &second.y * &first.z % p * &zz1 % p;
        if u1 == u2 {
            return if s1 == s2 { self.double(first) } else { infinity() };
        }
        let h = self.minus(&u2, &u1);
        let r = self.minus(&s2, &s1);
        let hh = &h * &h % p;
        let hhh = &h * &hh % p;
        let v = &u1 * &hh % p;
        let x = self.minus(&self.minus(&(&r * &r % p), &hhh), &(&v * 2_u32 % p));
        let y = self.minus(&(&r * self.minus(&v, &x) % p), &(&s1 * &hhh % p));
        let z = &first.z * &second.z % p * &h % p;
        Jacobian { x, y, z }
    }

    /// The difference in the field of two numbers that are below p.
    fn minus(&self, from: &BigUint, what: &BigUint) -> BigUint {
        (from + &self.p - what) % &self.p
    }
}

fn infinity() -> Jacobian {
    Jacobian { x: BigUint::from(1_u8), y: BigUint::from(1_u8), z: BigUint::ZERO }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn every_curve_holds_its_base_point_of_its_order() {
        for oid in [oids::CRYPTO_PRO_A, oids::CRYPTO_PRO_B, oids::CRYPTO_PRO_C, oids::TC26_A] {
            let curve = Curve::named(oid).unwrap();
            assert!(curve.has(&curve.base));
            assert_eq!(curve.times(&curve.q, &curve.base), None);
            let less = &curve.q - 1_u32;
            let negative = curve.times(&less, &curve.base).unwrap();
            assert_eq!(negative.x, curve.base.x);
            assert_eq!(negative.y, &curve.p - &curve.base.y);
            assert_eq!(curve.times(&(&curve.q + 1_u32), &curve.base).unwrap(), curve.base);
        }
        assert_eq!(Curve::named(oids::TC26_B), Curve::named(oids::CRYPTO_PRO_XCH_A));
        assert_eq!(Curve::named(oids::TC26_D), Curve::named(oids::CRYPTO_PRO_XCH_B));
        assert_eq!(Curve::named(oids::RSA), None);
    }

    #[test]
    fn sums_agree_with_products() {
        let curve = Curve::named(oids::CRYPTO_PRO_A).unwrap();
        let (u, v) = (BigUint::from(123_456_789_u32), BigUint::from(987_654_321_u32));
        let point = curve.times(&v, &curve.base).unwrap();
        let combined = curve.combine(&u, &curve.base, &BigUint::from(2_u8), &point).unwrap();
        assert_eq!(combined, curve.times(&(&u + &v * 2_u32), &curve.base).unwrap());
        assert!(curve.has(&combined));
        let outside = Point { x: combined.x.clone(), y: &combined.y + 1_u32 };
        assert!(!curve.has(&outside));
        assert_eq!(curve.combine(&u, &curve.base, &(&curve.q - &u), &curve.base), None);
        assert_eq!(curve.times(&BigUint::ZERO, &curve.base), None);
    }
}
