//! X.509 certificates: what is read of a client's, and the one that is made for the stand-in's own key.

use num_bigint::BigUint;
use thiserror::Error;

use super::curve::Curve;
use super::gost;
use super::hash::streebog;
use super::keys::PrivateKey;
use super::{oids, rsa};
use crate::calendar;
use crate::clock::Seconds;
use crate::der::{self, DerError, Element, Reader, tag};
use crate::dice::Dice;
use crate::encoding::{hex_upper, read_pem, write_pem};

/// Why a certificate cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// It is no certificate.
    #[error("it is not a certificate in DER or PEM: {0}")]
    Structure(#[from] DerError),
    /// It has a key that is not known here.
    #[error("its key is neither GOST R 34.10-2012 of 256 bits nor RSA")]
    Key,
    /// The text holds no certificate.
    #[error("the text holds no PEM block CERTIFICATE")]
    NoPem,
}

/// The key inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// GOST R 34.10-2012, 256 bits.
    Gost(gost::PublicKey),
    /// RSA.
    Rsa(rsa::PublicKey),
}

impl PublicKey {
    /// Is it this key's signature of the message: `s ‖ r` over Streebog, or PKCS #1 v1.5 over SHA-256?
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Gost(key) => key.verify(message, signature),
            Self::Rsa(key) => key.verify(message, signature),
        }
    }
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// All of it.
    pub der: Vec<u8>,
    /// The bytes of its number.
    pub serial: Vec<u8>,
    /// Who signed it, as DER.
    pub issuer: Vec<u8>,
    /// When it ends.
    pub not_after: Seconds,
    /// The key inside.
    pub key: PublicKey,
}

impl Certificate {
    /// Reads a certificate. Its own signature is not looked at: clients' certificates are registered, not trusted for who signed them.
    pub fn from_der(bytes: &[u8]) -> Result<Self, CertificateError> {
        let mut outer = Reader::new(bytes);
        let whole = outer.expect(tag::SEQUENCE)?;
        outer.finish()?;
        let mut body = whole.inside().expect(tag::SEQUENCE)?.inside();
        body.optional(tag::CONTEXT_0)?;
        let serial = body.expect(tag::INTEGER)?;
        body.expect(tag::SEQUENCE)?;
        let issuer = body.expect(tag::SEQUENCE)?;
        let mut validity = body.expect(tag::SEQUENCE)?.inside();
        validity.any()?;
        let not_after = time(&validity.any()?)?;
        body.expect(tag::SEQUENCE)?;
        let key = public_key(&body.expect(tag::SEQUENCE)?)?;
        Ok(Self { der: bytes.to_vec(), serial: serial.value.to_vec(), issuer: issuer.whole.to_vec(), not_after, key })
    }

    /// Reads all certificates of a PEM text.
    pub fn from_pem(text: &str) -> Result<Vec<Self>, CertificateError> {
        let blocks = read_pem(text).ok_or(CertificateError::NoPem)?;
        let found: Result<Vec<Self>, CertificateError> = blocks
            .iter()
            .filter(|block| block.label == "CERTIFICATE")
            .map(|block| Self::from_der(&block.der))
            .collect();
        found.and_then(|found| if found.is_empty() { Err(CertificateError::NoPem) } else { Ok(found) })
    }

    /// It as PEM.
    pub fn to_pem(&self) -> String {
        write_pem("CERTIFICATE", &self.der)
    }

    /// What `client_certificate_hash` and `x5t#St256` carry: Streebog of the DER, 64 hexadecimal digits, upper case.
    pub fn thumbprint(&self) -> String {
        hex_upper(&streebog(&self.der))
    }

    /// Makes a certificate that its own key signs, good for ten years.
    ///
    /// `None` only if the key cannot sign at all.
    pub fn self_signed(name: &str, key: &PrivateKey, now: Seconds, dice: &dyn Dice) -> Option<Self> {
        let mut serial = [0_u8; 16];
        dice.fill(&mut serial);
        // Positive, and of one length.
        let [first, ..] = &mut serial;
        *first = (*first & 0x3f) | 0x40;
        let relative = |oid: &[u8], string: u8, text: &str| {
            der::holding(tag::SET, &[der::sequence(&[der::oid(oid), der::tlv(string, text.as_bytes())])])
        };
        let subject = der::sequence(&[
            relative(oids::COUNTRY, tag::PRINTABLE_STRING, "RU"),
            relative(oids::COMMON_NAME, tag::UTF8_STRING, name),
        ]);
        let algorithm = match key {
            PrivateKey::Gost(_) => der::sequence(&[der::oid(oids::GOST_SIGNATURE_256)]),
            PrivateKey::Rsa(_) => der::sequence(&[der::oid(oids::RSA_SHA_256), der::null()]),
        };
        let written = |at: Seconds| {
            let (text, four_digit_year) = calendar::asn1(at);
            der::tlv(if four_digit_year { tag::GENERALIZED_TIME } else { tag::UTC_TIME }, text.as_bytes())
        };
        // A client whose clock is late must not find it of the future.
        let validity = der::sequence(&[written(now - 86_400), written(now + 3_650 * 86_400)]);
        let body = der::sequence(&[
            der::holding(tag::CONTEXT_0, &[der::unsigned(&[2])]),
            der::unsigned(&serial),
            algorithm.clone(),
            subject.clone(),
            validity,
            subject,
            key.public_info()?,
        ]);
        let signature = key.sign(&body, dice)?;
        let whole = der::sequence(&[body, algorithm, der::bit_string(&signature)]);
        Self::from_der(&whole).ok()
    }
}

fn time(element: &Element<'_>) -> Result<Seconds, CertificateError> {
    let text = std::str::from_utf8(element.value).map_err(|_| DerError::Malformed)?;
    let four_digit_year = match element.tag {
        tag::UTC_TIME => false,
        tag::GENERALIZED_TIME => true,
        _ => return Err(DerError::Unexpected.into()),
    };
    Ok(calendar::parse_asn1(text, four_digit_year).ok_or(DerError::Malformed)?)
}

/// Reads `SubjectPublicKeyInfo`.
fn public_key(info: &Element<'_>) -> Result<PublicKey, CertificateError> {
    let mut parts = info.inside();
    let mut algorithm = parts.expect(tag::SEQUENCE)?.inside();
    let bits = parts.expect(tag::BIT_STRING)?;
    let bytes = der::bits_of(&bits)?;
    match algorithm.expect(tag::OID)?.value {
        oids::GOST_KEY_256 => {
            let curve = curve_of(&mut algorithm)?;
            let point = Reader::new(bytes).expect(tag::OCTET_STRING)?.value;
            gost::PublicKey::from_bytes(curve, point).map(PublicKey::Gost).ok_or(CertificateError::Key)
        }
        oids::RSA => {
            let mut numbers = Reader::new(bytes).expect(tag::SEQUENCE)?.inside();
            let n = BigUint::from_bytes_be(numbers.expect(tag::INTEGER)?.value);
            let e = BigUint::from_bytes_be(numbers.expect(tag::INTEGER)?.value);
            Ok(PublicKey::Rsa(rsa::PublicKey { n, e }))
        }
        _ => Err(CertificateError::Key),
    }
}

/// The curve that the parameters of a GOST key name first.
pub fn curve_of(algorithm: &mut Reader<'_>) -> Result<Curve, CertificateError> {
    let mut parameters = algorithm.expect(tag::SEQUENCE)?.inside();
    Curve::named(parameters.expect(tag::OID)?.value).ok_or(CertificateError::Key)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use super::*;
    use crate::dice::SeededDice;

    const GOST: &str = include_str!("../../tests/fixtures/gost.cert.pem");
    const RSA: &str = include_str!("../../tests/fixtures/rsa.cert.pem");

    #[test]
    fn a_gost_certificate_is_read() {
        let certificate = Certificate::from_pem(GOST).unwrap().remove(0);
        assert_eq!(certificate.thumbprint(), "8AAF93A3A29DDA5594C05B914F3480DAB8691F2EF15811C6928D37C7206E006F");
        assert_eq!(certificate.not_after, 2_110_664_633);
        assert!(matches!(certificate.key, PublicKey::Gost(_)));
        assert_eq!(Certificate::from_pem(&certificate.to_pem()).unwrap(), [certificate]);
    }

    #[test]
    fn an_rsa_certificate_is_read() {
        let certificate = Certificate::from_pem(RSA).unwrap().remove(0);
        let PublicKey::Rsa(key) = &certificate.key else { panic!("an RSA key") };
        assert_eq!((key.n.bits(), &key.e), (2_048, &BigUint::from(65_537_u32)));
    }

    #[test]
    fn certificates_that_are_made_verify_with_their_own_key() {
        let dice = SeededDice::new(6);
        let curve = Curve::named(oids::CRYPTO_PRO_A).unwrap();
        for key in [
            PrivateKey::Gost(gost::PrivateKey::make(curve, &dice)),
            PrivateKey::Rsa(Box::new(rsa::PrivateKey::make(&dice))),
        ] {
            let made = Certificate::self_signed("Пример", &key, 1_795_302_000, &dice).unwrap();
            assert_eq!(made.key, key.public().unwrap());
            assert_eq!(made.not_after, 1_795_302_000 + 3_650 * 86_400);
            let mut parts = Reader::new(&made.der).any().unwrap().inside();
            let body = parts.any().unwrap();
            parts.any().unwrap();
            let signature = parts.any().unwrap();
            assert!(made.key.verify(body.whole, der::bits_of(&signature).unwrap()));
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert_eq!(Certificate::from_pem("words"), Err(CertificateError::NoPem));
        assert_eq!(Certificate::from_der(&[]), Err(CertificateError::Structure(DerError::CutOff)));
        let whole = Certificate::from_pem(GOST).unwrap().remove(0).der;
        assert!((0..whole.len()).all(|length| Certificate::from_der(&whole[..length]).is_err()));
    }
}
