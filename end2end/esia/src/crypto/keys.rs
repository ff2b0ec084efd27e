//! Private keys in the files that openssl writes (PKCS #8, and PKCS #1 for RSA), and what is signed with either kind.
#![allow(clippy::many_single_char_names, reason = "the numbers of a key are called so everywhere")]

use num_bigint::BigUint;
use thiserror::Error;

use super::certificate::{CertificateError, PublicKey, curve_of};
use super::curve::Curve;
use super::{gost, oids, rsa};
use crate::der::{self, DerError, Reader, tag};
use crate::dice::Dice;
use crate::encoding::{read_pem, write_pem};

/// Why a private key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It is no key.
    #[error("it is not a private key in PEM (PKCS #8, or PKCS #1 for RSA; not encrypted)")]
    Structure,
    /// It is a key of another kind, or its numbers do not belong together.
    #[error("it is neither a GOST R 34.10-2012 key of 256 bits nor an RSA key of 1024 bits and more")]
    Kind,
}

impl From<DerError> for KeyError {
    fn from(_: DerError) -> Self {
        Self::Structure
    }
}

impl From<CertificateError> for KeyError {
    fn from(_: CertificateError) -> Self {
        Self::Kind
    }
}

/// The kinds of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum KeyKind {
    /// GOST R 34.10-2012, 256 bits, on the curve of CryptoPro-A.
    Gost,
    /// RSA, 2048 bits.
    Rsa,
}

/// A private key.
#[derive(Clone)]
pub enum PrivateKey {
    /// GOST R 34.10-2012, 256 bits.
    Gost(gost::PrivateKey),
    /// RSA.
    Rsa(Box<rsa::PrivateKey>),
}

impl PrivateKey {
    /// A new key; `None` never happens: the curve is known.
    pub fn make(kind: KeyKind, dice: &dyn Dice) -> Option<Self> {
        match kind {
            KeyKind::Gost => {
                Curve::named(oids::CRYPTO_PRO_A).map(|curve| Self::Gost(gost::PrivateKey::make(curve, dice)))
            }
            KeyKind::Rsa => Some(Self::Rsa(Box::new(rsa::PrivateKey::make(dice)))),
        }
    }

    /// Reads the first private key of a PEM text.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        for block in read_pem(text).ok_or(KeyError::Structure)? {
            match block.label.as_str() {
                "PRIVATE KEY" => return pkcs8(&block.der),
                "RSA PRIVATE KEY" => return pkcs1(&block.der),
                _ => {}
            }
        }
        Err(KeyError::Structure)
    }

    /// It as PEM (PKCS #8).
    pub fn to_pem(&self) -> String {
        let (algorithm, inside) = match self {
            Self::Gost(key) => (gost_algorithm(), key.to_bytes()),
            Self::Rsa(key) => (rsa_algorithm(), pkcs1_of(key)),
        };
        let info = der::sequence(&[der::unsigned(&[0]), algorithm, der::tlv(tag::OCTET_STRING, &inside)]);
        write_pem("PRIVATE KEY", &info)
    }

    /// The key that verifies.
    pub fn public(&self) -> Option<PublicKey> {
        match self {
            Self::Gost(key) => key.public().map(PublicKey::Gost),
            Self::Rsa(key) => Some(PublicKey::Rsa(key.public().clone())),
        }
    }

    /// `SubjectPublicKeyInfo` of the key that verifies.
    pub fn public_info(&self) -> Option<Vec<u8>> {
        Some(match self {
            Self::Gost(key) => {
                let point = der::tlv(tag::OCTET_STRING, &key.public()?.to_bytes());
                der::sequence(&[gost_algorithm(), der::bit_string(&point)])
            }
            Self::Rsa(key) => {
                let public = key.public();
                let numbers = [&public.n, &public.e].map(|number| der::unsigned(&number.to_bytes_be()));
                der::sequence(&[rsa_algorithm(), der::bit_string(&der::sequence(&numbers))])
            }
        })
    }

    /// Signs: `s ‖ r` over Streebog, or PKCS #1 v1.5 over SHA-256. `None` only for an RSA key that is too short.
    pub fn sign(&self, message: &[u8], dice: &dyn Dice) -> Option<Vec<u8>> {
        match self {
            Self::Gost(key) => Some(key.sign(message, dice)),
            Self::Rsa(key) => key.sign(message),
        }
    }
}

/// New keys are on this curve: the one that ESIA's clients have.
fn gost_algorithm() -> Vec<u8> {
    let parameters = der::sequence(&[der::oid(oids::CRYPTO_PRO_A), der::oid(oids::STREEBOG_256)]);
    der::sequence(&[der::oid(oids::GOST_KEY_256), parameters])
}

fn rsa_algorithm() -> Vec<u8> {
    der::sequence(&[der::oid(oids::RSA), der::null()])
}

fn pkcs8(bytes: &[u8]) -> Result<PrivateKey, KeyError> {
    let mut parts = Reader::new(bytes).expect(tag::SEQUENCE)?.inside();
    parts.expect(tag::INTEGER)?;
    let mut algorithm = parts.expect(tag::SEQUENCE)?.inside();
    let inside = parts.expect(tag::OCTET_STRING)?.value;
    match algorithm.expect(tag::OID)?.value {
        oids::RSA => pkcs1(inside),
        oids::GOST_KEY_256 => {
            let curve = curve_of(&mut algorithm)?;
            gost::PrivateKey::new(curve, gost_number(inside)).map(PrivateKey::Gost).ok_or(KeyError::Kind)
        }
        _ => Err(KeyError::Kind),
    }
}

/// Three forms are in use: 32 bytes bare and the same in a string (least significant first), and a number (most significant first).
fn gost_number(inside: &[u8]) -> BigUint {
    match Reader::new(inside).any() {
        Ok(string) if inside.len() != 32 && string.tag == tag::OCTET_STRING => BigUint::from_bytes_le(string.value),
        Ok(number) if inside.len() != 32 && number.tag == tag::INTEGER => BigUint::from_bytes_be(number.value),
        _ => BigUint::from_bytes_le(inside),
    }
}

fn pkcs1(bytes: &[u8]) -> Result<PrivateKey, KeyError> {
    let mut numbers = Reader::new(bytes).expect(tag::SEQUENCE)?.inside();
    numbers.expect(tag::INTEGER)?;
    let mut next = || numbers.expect(tag::INTEGER).map(|number| BigUint::from_bytes_be(number.value));
    let (n, e, d, p, q) = (next()?, next()?, next()?, next()?, next()?);
    rsa::PrivateKey::new(n, e, d, p, q).map(|key| PrivateKey::Rsa(Box::new(key))).ok_or(KeyError::Kind)
}

/// `RSAPrivateKey`.
fn pkcs1_of(key: &rsa::PrivateKey) -> Vec<u8> {
    let [d, p, q] = key.secrets();
    let public = key.public();
    let one = BigUint::from(1_u8);
    // q has an inverse: p and q are different primes.
    let inverse = q.modinv(p).unwrap_or_default();
    let numbers = [
        BigUint::ZERO,
        public.n.clone(),
        public.e.clone(),
        d.clone(),
        p.clone(),
        q.clone(),
        d % (p - &one),
        d % (q - &one),
        inverse,
    ];
    der::sequence(&numbers.map(|number| der::unsigned(&number.to_bytes_be())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use crate::crypto::certificate::Certificate;
    use crate::dice::SeededDice;

    const GOST: &str = include_str!("../../tests/fixtures/gost.key.pem");
    const RSA: &str = include_str!("../../tests/fixtures/rsa.key.pem");

    #[test]
    fn keys_of_openssl_belong_to_their_certificates() {
        for (key, certificate) in [
            (GOST, include_str!("../../tests/fixtures/gost.cert.pem")),
            (RSA, include_str!("../../tests/fixtures/rsa.cert.pem")),
            (include_str!("../../tests/fixtures/rsa.pkcs1.pem"), include_str!("../../tests/fixtures/rsa.cert.pem")),
        ] {
            let key = PrivateKey::from_pem(key).unwrap();
            let certificate = Certificate::from_pem(certificate).unwrap().remove(0);
            assert_eq!(key.public().unwrap(), certificate.key);
            let signature = key.sign(b"message", &SeededDice::new(7)).unwrap();
            assert!(certificate.key.verify(b"message", &signature));
        }
    }

    #[test]
    fn keys_survive_being_written() {
        let dice = SeededDice::new(8);
        for key in [PrivateKey::from_pem(RSA).unwrap(), PrivateKey::make(KeyKind::Gost, &dice).unwrap()] {
            let again = PrivateKey::from_pem(&key.to_pem()).unwrap();
            assert_eq!(again.public(), key.public());
        }
        assert_eq!(PrivateKey::from_pem(RSA).unwrap().to_pem(), RSA, "as openssl writes it");
        assert_eq!(PrivateKey::from_pem(GOST).unwrap().to_pem(), GOST, "as openssl writes it");
    }

    #[test]
    fn a_gost_number_is_read_in_each_form() {
        let bytes: Vec<u8> = (1..=32).collect();
        let expected = BigUint::from_bytes_le(&bytes);
        assert_eq!(gost_number(&bytes), expected);
        assert_eq!(gost_number(&der::tlv(tag::OCTET_STRING, &bytes)), expected);
        assert_eq!(gost_number(&der::unsigned(&expected.to_bytes_be())), expected);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "words", include_str!("../../tests/fixtures/gost.cert.pem")] {
            assert_eq!(PrivateKey::from_pem(text).err(), Some(KeyError::Structure));
        }
        let empty = write_pem("PRIVATE KEY", &der::sequence(&[]));
        assert_eq!(PrivateKey::from_pem(&empty).err(), Some(KeyError::Structure));
    }
}
