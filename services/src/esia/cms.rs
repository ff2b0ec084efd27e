//! Detached signatures as CMS (RFC 5652), which version 1 of ESIA's requests carries.
//!
//! Made here with an RSA key and SHA-256; read here to look whether what a program made belongs to the client's
//! certificate. ESIA is the one that decides about it otherwise, so one signer and definite lengths are all that is
//! read.

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::certificate::Certificate;
use super::der::{self, Reader, element};
use super::gost;
use crate::clock::{SECOND, Timestamp};

/// The contents of the object identifiers, as DER has them.
mod oid {
    pub(super) const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
    pub(super) const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
    pub(super) const CONTENT_TYPE: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x03];
    pub(super) const MESSAGE_DIGEST: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04];
    pub(super) const SIGNING_TIME: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x05];
    pub(super) const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
    pub(super) const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
    pub(super) const STREEBOG_256: &[u8] = &[0x2A, 0x85, 0x03, 0x07, 0x01, 0x01, 0x02, 0x02];
}

/// A detached signature of the data by the certificate's RSA key, with the attributes that OpenSSL puts in. `sign` gets
/// what is to be signed, of which it takes the SHA-256 hash itself. `None` when it can't, or in a year that has no
/// place in the format.
pub(super) fn detached(
    certificate: &Certificate,
    data: &[u8],
    now: Timestamp,
    sign: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let time = utc_time(now)?;
    let hash: [u8; 32] = Sha256::digest(data).into();
    let mut attributes = [
        attribute(oid::CONTENT_TYPE, &element(der::OID, &[oid::DATA])),
        attribute(oid::SIGNING_TIME, &element(der::UTC_TIME, &[time.as_bytes()])),
        attribute(oid::MESSAGE_DIGEST, &element(der::OCTETS, &[&hash])),
    ];
    // A SET in DER stands in the order of its encodings.
    attributes.sort();
    let attributes = attributes.concat();
    // What is signed is the SET; what is stored has another tag in its place.
    let signature = sign(&element(der::SET, &[&attributes]))?;

    let null = element(der::NULL, &[]);
    let digest = element(der::SEQUENCE, &[&element(der::OID, &[oid::SHA_256]), &null]);
    let version = element(der::INTEGER, &[&[1]]);
    let signer = element(
        der::SEQUENCE,
        &[
            &version,
            &element(der::SEQUENCE, &[certificate.issuer(), &element(der::INTEGER, &[certificate.serial()])]),
            &digest,
            &element(der::CONTEXT_0, &[&attributes]),
            &element(der::SEQUENCE, &[&element(der::OID, &[oid::RSA]), &null]),
            &element(der::OCTETS, &[&signature]),
        ],
    );
    let signed = element(
        der::SEQUENCE,
        &[
            &version,
            &element(der::SET, &[&digest]),
            &element(der::SEQUENCE, &[&element(der::OID, &[oid::DATA])]),
            &element(der::CONTEXT_0, &[certificate.der()]),
            &element(der::SET, &[&signer]),
        ],
    );
    Some(element(der::SEQUENCE, &[&element(der::OID, &[oid::SIGNED_DATA]), &element(der::CONTEXT_0, &[&signed])]))
}

/// Whether it is a detached signature of the data that verifies with the certificate.
pub(super) fn verifies(cms: &[u8], data: &[u8], certificate: &Certificate) -> bool {
    read(cms).is_some_and(|signer| signer.verifies(data, certificate).unwrap_or(false))
}

struct Signer<'a> {
    digest: &'a [u8],
    /// The content of the signed attributes, where there are any.
    attributes: Option<&'a [u8]>,
    signature: &'a [u8],
}

fn read(cms: &[u8]) -> Option<Signer<'_>> {
    let mut outer = Reader::new(cms).take_if(der::SEQUENCE)?.inside();
    if outer.take_if(der::OID)?.content != oid::SIGNED_DATA {
        return None;
    }
    let mut signed = outer.take_if(der::CONTEXT_0)?.inside().take_if(der::SEQUENCE)?.inside();
    signed.take_if(der::INTEGER)?;
    signed.take_if(der::SET)?;
    let mut content = signed.take_if(der::SEQUENCE)?.inside();
    content.take_if(der::OID)?;
    if !content.is_empty() {
        // The data inside: not detached.
        return None;
    }
    // Certificates and lists of revoked ones, which count for nothing here.
    let _ = signed.take_if(der::CONTEXT_0);
    let _ = signed.take_if(der::CONTEXT_1);
    let mut signers = signed.take_if(der::SET)?.inside();
    let mut signer = signers.take_if(der::SEQUENCE)?.inside();
    if !signers.is_empty() {
        return None;
    }
    signer.take_if(der::INTEGER)?;
    // By issuer and number, or by a key's identifier; the certificate is known anyway.
    signer.take()?;
    let digest = signer.take_if(der::SEQUENCE)?.inside().take_if(der::OID)?.content;
    let attributes = signer.take_if(der::CONTEXT_0).map(|attributes| attributes.content);
    signer.take_if(der::SEQUENCE)?;
    let signature = signer.take_if(der::OCTETS)?.content;
    Some(Signer { digest, attributes, signature })
}

impl Signer<'_> {
    fn verifies(&self, data: &[u8], certificate: &Certificate) -> Option<bool> {
        let Some(attributes) = self.attributes else {
            return Some(certificate.verifies(data, self.signature));
        };
        let hash: [u8; 32] = match self.digest {
            oid::SHA_256 => Sha256::digest(data).into(),
            oid::STREEBOG_256 => gost::streebog256(data),
            _ => return None,
        };
        let mut rest = Reader::new(attributes);
        let mut digest = None;
        while !rest.is_empty() {
            let mut attribute = rest.take_if(der::SEQUENCE)?.inside();
            let name = attribute.take_if(der::OID)?.content;
            let mut values = attribute.take_if(der::SET)?.inside();
            if name == oid::MESSAGE_DIGEST {
                digest = Some(values.take_if(der::OCTETS)?.content);
            }
        }
        Some(digest? == hash.as_slice() && certificate.verifies(&element(der::SET, &[attributes]), self.signature))
    }
}

fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
    element(der::SEQUENCE, &[&element(der::OID, &[name]), &element(der::SET, &[value])])
}

/// `YYMMDDhhmmssZ`; the format ends with the year 2049.
fn utc_time(now: Timestamp) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp(now.div_euclid(SECOND)).ok()?;
    (1950..2050).contains(&at.year()).then(|| {
        let (hour, minute, second) = at.to_hms();
        let (year, month, day) = (at.year() % 100, u8::from(at.month()), at.day());
        format!("{year:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use super::super::tests::files;
    use super::*;

    /// 2026-11-22T00:00:00Z.
    const NOW: Timestamp = 1_795_305_600_000;

    fn certificate(name: &str) -> Certificate {
        Certificate::read(&files::path(name)).unwrap().remove(0)
    }

    #[test]
    fn what_is_made_here_verifies() {
        let own = certificate("rsa.crt.pem");
        let cms = detached(&own, b"data", NOW, |message| Some(files::rsa_sign("rsa.key.pem", message))).unwrap();
        assert!(verifies(&cms, b"data", &own));
        assert!(!verifies(&cms, b"other", &own));
        assert!(!verifies(&cms, b"data", &certificate("rsa2.crt.pem")));
        assert!(!verifies(&cms, b"data", &certificate("gost.crt.pem")));
        let forged = detached(&own, b"data", NOW, |message| Some(files::rsa_sign("rsa2.key.pem", message))).unwrap();
        assert!(!verifies(&forged, b"data", &own));
    }

    /// Made with `openssl cms -sign -binary -outform DER`, with and without `-noattr`.
    #[test]
    fn what_openssl_makes_verifies() {
        let own = certificate("rsa.crt.pem");
        for name in ["openssl.cms", "openssl-noattr.cms"] {
            let cms = std::fs::read(files::path(name)).unwrap();
            assert!(verifies(&cms, b"openid snils", &own), "{name}");
            assert!(!verifies(&cms, b"openid", &own), "{name}");
        }
    }

    #[test]
    fn the_time_is_written_in_utc() {
        assert_eq!(utc_time(NOW).as_deref(), Some("261122000000Z"));
        assert_eq!(utc_time(-SECOND).as_deref(), Some("691231235959Z"));
        assert_eq!(utc_time(2_524_608_000 * SECOND), None, "2050");
    }

    #[test]
    fn a_signature_that_is_cut_or_changed_is_none() {
        let own = certificate("rsa.crt.pem");
        let cms = std::fs::read(files::path("openssl.cms")).unwrap();
        for end in (0..cms.len()).step_by(7) {
            assert!(!verifies(&cms[..end], b"openid snils", &own), "{end}");
        }
        let last = cms.len() - 1;
        let mut changed = cms;
        changed[last] ^= 1;
        assert!(!verifies(&changed, b"openid snils", &own));
    }
}
