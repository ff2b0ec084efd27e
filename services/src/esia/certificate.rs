//! Certificates: the client's own, and those that Gosuslugi signs its tokens with.
//!
//! They are named one by one in the configuration and trusted because they stand there; no chain is built.

use std::path::Path;

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::asn1_rs::Oid;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::der::{self, Reader};
use super::gost;
use crate::clock::{SECOND, Timestamp};

/// Tokens signed with `RSASSA-PKCS1-v1_5` and SHA-256.
pub(super) const RS256: &str = "RS256";
/// Tokens signed with GOST R 34.10-2012 of 256 bit.
pub(super) const GOST: &str = "GOST3410_2012_256";

const RSA_KEY: &str = "1.2.840.113549.1.1.1";
const GOST_KEY: &str = "1.2.643.7.1.1.1.1";

/// One certificate with the key that it is about.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    der: Vec<u8>,
    hash: String,
    not_before_s: i64,
    not_after_s: i64,
    issuer: Vec<u8>,
    serial: Vec<u8>,
    key: Key,
}

#[derive(Clone, Debug)]
enum Key {
    /// An RSA key as PKCS #1 writes it.
    Rsa(Vec<u8>),
    Gost(Box<gost::PublicKey>),
}

impl Certificate {
    /// Reads a file of one or several: PEM, or one as DER.
    pub(super) fn read(path: &Path) -> Result<Vec<Self>, String> {
        let bytes =
            std::fs::read(path).map_err(|error| format!("the file {} cannot be read: {error}", path.display()))?;
        let found = if bytes.first() == Some(&der::SEQUENCE) {
            vec![Self::from_der(&bytes)]
        } else {
            let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
            let certificates = certificates.map_err(|_| format!("the file {} is no PEM", path.display()))?;
            certificates.iter().map(|certificate| Self::from_der(certificate)).collect()
        };
        if found.is_empty() {
            return Err(format!("the file {} holds no certificate", path.display()));
        }
        let found: Result<Vec<_>, _> = found.into_iter().collect();
        found.map_err(|problem| format!("the file {} {problem}", path.display()))
    }

    /// Reads one; the error continues "the file …".
    pub(super) fn from_der(bytes: &[u8]) -> Result<Self, &'static str> {
        let (rest, certificate) = X509Certificate::from_der(bytes).map_err(|_| "holds what is no certificate")?;
        if !rest.is_empty() {
            return Err("has something after the certificate");
        }
        let tbs = &certificate.tbs_certificate;
        Ok(Self {
            der: bytes.to_vec(),
            hash: hex(&gost::streebog256(bytes)),
            not_before_s: tbs.validity.not_before.timestamp(),
            not_after_s: tbs.validity.not_after.timestamp(),
            issuer: tbs.issuer.as_raw().to_vec(),
            serial: tbs.raw_serial().to_vec(),
            key: key(&tbs.subject_pki)
                .ok_or("holds a certificate whose key is neither RSA nor GOST R 34.10-2012 of 256 bit")?,
        })
    }

    /// The certificate itself.
    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    /// Streebog of the certificate in 64 capital hexadecimal digits: what ESIA calls `client_certificate_hash` and
    /// `x5t#St256`.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// The issuer's name, as DER.
    pub(super) fn issuer(&self) -> &[u8] {
        &self.issuer
    }

    /// The content of the serial number, as DER has it.
    pub(super) fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// The one algorithm that tokens signed with its key have.
    pub(super) fn algorithm(&self) -> &'static str {
        match self.key {
            Key::Rsa(_) => RS256,
            Key::Gost(_) => GOST,
        }
    }

    /// Whether it is valid then, give or take so many seconds.
    pub(super) fn is_valid_at(&self, now: Timestamp, skew_s: u32) -> bool {
        let (now_s, skew_s) = (now.div_euclid(SECOND), i64::from(skew_s));
        self.not_before_s.saturating_sub(skew_s) <= now_s && now_s <= self.not_after_s.saturating_add(skew_s)
    }

    /// Whether the message was signed with the key of this certificate.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            Key::Rsa(key) => {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(message, signature).is_ok()
            }
            Key::Gost(key) => key.verifies(message, signature),
        }
    }
}

fn key(info: &SubjectPublicKeyInfo<'_>) -> Option<Key> {
    let bytes: &[u8] = &info.subject_public_key.data;
    match info.algorithm.algorithm.to_id_string().as_str() {
        RSA_KEY => Some(Key::Rsa(bytes.to_vec())),
        GOST_KEY => {
            let named = Reader::new(info.algorithm.parameters.as_ref()?.data).take_if(der::OID)?;
            let curve = gost::Curve::named(&Oid::new(named.content.into()).to_id_string())?;
            let coordinates = Reader::new(bytes).take_if(der::OCTETS)?;
            Some(Key::Gost(Box::new(gost::PublicKey::new(curve, coordinates.content)?)))
        }
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use super::super::tests::files;
    use super::*;

    /// 2026-11-22T00:00:00Z.
    const NOW: Timestamp = 1_795_305_600_000;

    #[test]
    fn the_hash_is_that_of_the_der() {
        let certificate = &Certificate::read(&files::path("gost.crt.pem")).unwrap()[0];
        assert_eq!(certificate.hash(), "8AAF93A3A29DDA5594C05B914F3480DAB8691F2EF15811C6928D37C7206E006F");
        assert_eq!(certificate.algorithm(), GOST);
        let pem = std::fs::read(files::path("gost.crt.pem")).unwrap();
        assert_ne!(certificate.hash(), hex(&gost::streebog256(&pem)), "not of the PEM");
    }

    #[test]
    fn pem_and_der_are_read_alike() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.cer");
        let pem = Certificate::read(&files::path("rsa.crt.pem")).unwrap();
        std::fs::write(&path, pem[0].der()).unwrap();
        let der = Certificate::read(&path).unwrap();
        assert_eq!(der[0].hash(), pem[0].hash());
        assert_eq!(der[0].algorithm(), RS256);

        let both = ["rsa.crt.pem", "gost.crt.pem"].map(|name| std::fs::read_to_string(files::path(name)).unwrap());
        std::fs::write(&path, both.concat()).unwrap();
        assert_eq!(Certificate::read(&path).unwrap().len(), 2);

        for wrong in [&b""[..], b"hello", b"\x30\x03\x02\x01\x01", b"-----BEGIN CERTIFICATE-----\nAAAA\n"] {
            std::fs::write(&path, wrong).unwrap();
            assert!(Certificate::read(&path).is_err());
        }
        assert!(Certificate::read(&folder.path().join("missing")).is_err());
    }

    #[test]
    fn validity_gives_or_takes_the_skew() {
        let certificate = &Certificate::read(&files::path("gost.crt.pem")).unwrap()[0];
        // 2026-11-21T23:43:53Z to 2036-11-18T23:43:53Z.
        assert!(certificate.is_valid_at(NOW, 0));
        let start = certificate.not_before_s * SECOND;
        let end = certificate.not_after_s * SECOND;
        assert!(start < NOW && NOW < end);
        assert!(!certificate.is_valid_at(start - 2 * SECOND, 1));
        assert!(certificate.is_valid_at(start - SECOND, 1));
        assert!(certificate.is_valid_at(end + SECOND, 1));
        assert!(!certificate.is_valid_at(end + 2 * SECOND, 1));
    }
}
