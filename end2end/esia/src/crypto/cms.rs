//! CMS («PKCS #7»): what the older addresses take as `client_secret`. Four shapes: RSA or GOST, with signed attributes or without.
//!
//! It is to be detached. The npm packages `esia` and `passport-esia` leave the text inside, and have done so for years: it is taken if it
//! is the very text that the request makes.

use thiserror::Error;

use super::certificate::{Certificate, PublicKey};
use super::hash::{sha256, streebog};
use super::keys::PrivateKey;
use super::oids;
use crate::der::{self, DerError, Element, Reader, tag};
use crate::dice::Dice;

/// Why a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CmsError {
    /// It is no CMS.
    #[error("it is not CMS signed data: {0}")]
    Structure(#[from] DerError),
    /// A text is inside, and it is another one.
    #[error("another text is inside: the signature should be detached")]
    OtherText,
    /// There is not exactly one signer.
    #[error("there is not exactly one signer")]
    Signers,
    /// The signer's certificate is not registered.
    #[error("the signer's certificate is not registered for this client")]
    OtherCertificate,
    /// The digest or the signature is of another algorithm than the certificate's key.
    #[error("the algorithms do not fit: GOST R 34.10-2012 with Streebog of 256 bits, or RSA with SHA-256")]
    Algorithm,
    /// The signed attributes do not name this text.
    #[error("the signed attributes are not of this text")]
    Attributes,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
}

/// Is it a signature of the text by one of these certificates?
pub fn verify(cms: &[u8], text: &[u8], registered: &[Certificate]) -> Result<(), CmsError> {
    let cms = der::definite_lengths(cms)?;
    let mut outer = Reader::new(&cms).expect(tag::SEQUENCE)?.inside();
    if outer.expect(tag::OID)?.value != oids::SIGNED_DATA {
        return Err(DerError::Unexpected.into());
    }
    let mut data = outer.expect(tag::CONTEXT_0)?.inside().expect(tag::SEQUENCE)?.inside();
    data.expect(tag::INTEGER)?;
    data.expect(tag::SET)?;
    let mut content = data.expect(tag::SEQUENCE)?.inside();
    content.expect(tag::OID)?;
    let inside = content.optional(tag::CONTEXT_0)?;
    content.finish()?;
    if let Some(inside) = inside
        && inside.inside().expect(tag::OCTET_STRING)?.value != text
    {
        return Err(CmsError::OtherText);
    }
    // Certificates and revocation lists: what counts is what is registered.
    data.optional(tag::CONTEXT_0)?;
    data.optional(tag::CONTEXT_1)?;
    let mut signers = data.expect(tag::SET)?.inside();
    let signer = signers.expect(tag::SEQUENCE).map_err(|_| CmsError::Signers)?;
    if !signers.is_empty() {
        return Err(CmsError::Signers);
    }
    signer_verifies(&signer, text, registered)
}

fn signer_verifies(signer: &Element<'_>, text: &[u8], registered: &[Certificate]) -> Result<(), CmsError> {
    let mut parts = signer.inside();
    parts.expect(tag::INTEGER)?;
    let named = parts.any()?;
    let digest = parts.expect(tag::SEQUENCE)?.inside().expect(tag::OID)?.value;
    let attributes = parts.optional(tag::CONTEXT_0)?;
    let algorithm = parts.expect(tag::SEQUENCE)?.inside().expect(tag::OID)?.value;
    let signature = parts.expect(tag::OCTET_STRING)?.value;
    let mut outcome = CmsError::OtherCertificate;
    for certificate in registered {
        if !names(&named, certificate)? {
            continue;
        }
        if !fits(&certificate.key, digest, algorithm) {
            outcome = CmsError::Algorithm;
            continue;
        }
        let signed = match attributes {
            None => text.to_vec(),
            Some(attributes) => signed_attributes(&attributes, &digest_of(&certificate.key, text))?,
        };
        if certificate.key.verify(&signed, signature) {
            return Ok(());
        }
        outcome = CmsError::Signature;
    }
    Err(outcome)
}

/// Does the signer's name mean this certificate? By its number; an identifier of the key may mean any.
///
/// The issuer beside the number is not compared: node-forge, which the npm packages sign with, writes it anew and encodes what is not
/// ASCII twice. The signature tells another's certificate of the same number anyway.
fn names(named: &Element<'_>, certificate: &Certificate) -> Result<bool, DerError> {
    match named.tag {
        tag::CONTEXT_0_PRIMITIVE => Ok(true),
        tag::SEQUENCE => {
            let mut parts = named.inside();
            parts.expect(tag::SEQUENCE)?;
            Ok(parts.expect(tag::INTEGER)?.value == certificate.serial)
        }
        _ => Err(DerError::Unexpected),
    }
}

fn fits(key: &PublicKey, digest: &[u8], algorithm: &[u8]) -> bool {
    match key {
        PublicKey::Gost(_) => {
            digest == oids::STREEBOG_256 && (algorithm == oids::GOST_KEY_256 || algorithm == oids::GOST_SIGNATURE_256)
        }
        PublicKey::Rsa(_) => digest == oids::SHA_256 && (algorithm == oids::RSA || algorithm == oids::RSA_SHA_256),
    }
}

fn digest_of(key: &PublicKey, text: &[u8]) -> [u8; 32] {
    match key {
        PublicKey::Gost(_) => streebog(text),
        PublicKey::Rsa(_) => sha256(text),
    }
}

/// Checks that the attributes name data of this digest; what is signed is their `SET`, not the tag that they have in here.
fn signed_attributes(attributes: &Element<'_>, digest: &[u8]) -> Result<Vec<u8>, CmsError> {
    let (mut of_data, mut of_text) = (false, false);
    let mut all = attributes.inside();
    while !all.is_empty() {
        let mut attribute = all.expect(tag::SEQUENCE)?.inside();
        let name = attribute.expect(tag::OID)?.value;
        let mut values = attribute.expect(tag::SET)?.inside();
        match name {
            oids::CONTENT_TYPE => of_data = values.expect(tag::OID)?.value == oids::DATA,
            oids::MESSAGE_DIGEST => of_text = values.expect(tag::OCTET_STRING)?.value == digest,
            _ => {}
        }
    }
    if of_data && of_text { Ok(der::tlv(tag::SET, attributes.value)) } else { Err(CmsError::Attributes) }
}

/// Makes a detached signature of a text; `None` only for an RSA key that is too short.
pub fn sign(
    text: &[u8],
    key: &PrivateKey,
    certificate: &Certificate,
    with_attributes: bool,
    dice: &dyn Dice,
) -> Option<Vec<u8>> {
    let (digest_algorithm, signature_algorithm) = match key {
        PrivateKey::Gost(_) => (
            der::sequence(&[der::oid(oids::STREEBOG_256), der::null()]),
            der::sequence(&[der::oid(oids::GOST_KEY_256), der::null()]),
        ),
        PrivateKey::Rsa(_) => {
            (der::sequence(&[der::oid(oids::SHA_256), der::null()]), der::sequence(&[der::oid(oids::RSA), der::null()]))
        }
    };
    let name = der::sequence(&[certificate.issuer.clone(), der::tlv(tag::INTEGER, &certificate.serial)]);
    let mut signer = vec![der::unsigned(&[1]), name, digest_algorithm.clone()];
    let signature = if with_attributes {
        let digest = der::tlv(tag::OCTET_STRING, &digest_of(&certificate.key, text));
        let attribute = |oid: &[u8], value: Vec<u8>| der::sequence(&[der::oid(oid), der::set_of(vec![value])]);
        let set = der::set_of(vec![
            attribute(oids::CONTENT_TYPE, der::oid(oids::DATA)),
            attribute(oids::MESSAGE_DIGEST, digest),
        ]);
        let inside = Reader::new(&set).any().ok()?.value;
        signer.push(der::tlv(tag::CONTEXT_0, inside));
        key.sign(&set, dice)?
    } else {
        key.sign(text, dice)?
    };
    signer.push(signature_algorithm);
    signer.push(der::tlv(tag::OCTET_STRING, &signature));
    let data = der::sequence(&[
        der::unsigned(&[1]),
        der::set_of(vec![digest_algorithm]),
        der::sequence(&[der::oid(oids::DATA)]),
        der::tlv(tag::CONTEXT_0, &certificate.der),
        der::set_of(vec![der::sequence(&signer)]),
    ]);
    Some(der::sequence(&[der::oid(oids::SIGNED_DATA), der::holding(tag::CONTEXT_0, &[data])]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use super::*;
    use crate::dice::SeededDice;

    const TEXT: &[u8] = include_bytes!("../../tests/fixtures/message.txt");

    fn certificates() -> [Certificate; 2] {
        [include_str!("../../tests/fixtures/gost.cert.pem"), include_str!("../../tests/fixtures/rsa.cert.pem")]
            .map(|pem| Certificate::from_pem(pem).unwrap().remove(0))
    }

    fn keys() -> [PrivateKey; 2] {
        [include_str!("../../tests/fixtures/gost.key.pem"), include_str!("../../tests/fixtures/rsa.key.pem")]
            .map(|pem| PrivateKey::from_pem(pem).unwrap())
    }

    /// Made with `openssl cms -sign` and `openssl smime -sign`, one of them then put into indefinite lengths; two with the text inside, the
    /// last one by the npm package `esia` 0.2.3.
    const OF_OTHERS: [(&str, &[u8]); 8] = [
        ("GOST, attributes", include_bytes!("../../tests/fixtures/gost-attrs.der")),
        ("GOST, none", include_bytes!("../../tests/fixtures/gost-noattr.der")),
        ("RSA, attributes", include_bytes!("../../tests/fixtures/rsa-attrs.der")),
        ("RSA, none", include_bytes!("../../tests/fixtures/rsa-noattr.der")),
        ("RSA, smime", include_bytes!("../../tests/fixtures/rsa-smime.der")),
        ("RSA, BER", include_bytes!("../../tests/fixtures/rsa-ber.der")),
        ("RSA, text inside", include_bytes!("../../tests/fixtures/rsa-attached.der")),
        ("RSA, node-forge", include_bytes!("../../tests/fixtures/rsa-forge.der")),
    ];

    #[test]
    fn each_shape_of_others_verifies() {
        for (name, cms) in OF_OTHERS {
            assert_eq!(verify(cms, TEXT, &certificates()), Ok(()), "{name}");
            let refused = verify(cms, &TEXT[1..], &certificates()).unwrap_err();
            let expected = matches!(refused, CmsError::Signature | CmsError::Attributes | CmsError::OtherText);
            assert!(expected, "{name}: {refused}");
            assert_eq!(verify(cms, TEXT, &[]), Err(CmsError::OtherCertificate), "{name}");
            assert!(verify(&cms[..cms.len() - 1], TEXT, &certificates()).is_err(), "{name}");
        }
    }

    #[test]
    fn each_shape_that_is_made_verifies() {
        let dice = SeededDice::new(9);
        for (key, certificate) in keys().iter().zip(certificates()) {
            for with_attributes in [true, false] {
                let cms = sign(TEXT, key, &certificate, with_attributes, &dice).unwrap();
                assert_eq!(verify(&cms, TEXT, std::slice::from_ref(&certificate)), Ok(()));
                assert!(verify(&cms, b"another text", std::slice::from_ref(&certificate)).is_err());
            }
        }
    }

    #[test]
    fn another_key_under_the_same_name_is_refused() {
        let dice = SeededDice::new(10);
        let [gost, rsa] = certificates();
        let [gost_key, rsa_key] = keys();
        let cms = sign(TEXT, &gost_key, &gost, true, &dice).unwrap();
        let mut renamed = rsa.clone();
        renamed.issuer.clone_from(&gost.issuer);
        renamed.serial.clone_from(&gost.serial);
        assert_eq!(verify(&cms, TEXT, std::slice::from_ref(&renamed)), Err(CmsError::Algorithm));
        let other = PrivateKey::make(crate::crypto::keys::KeyKind::Gost, &dice).unwrap();
        let forged = sign(TEXT, &other, &gost, false, &dice).unwrap();
        assert_eq!(verify(&forged, TEXT, std::slice::from_ref(&gost)), Err(CmsError::Signature));
        let signed_by_rsa = sign(TEXT, &rsa_key, &rsa, true, &dice).unwrap();
        assert_eq!(verify(&signed_by_rsa, TEXT, &[gost]), Err(CmsError::OtherCertificate));
    }

    #[test]
    fn a_raw_signature_is_no_cms() {
        assert!(matches!(verify(&[7; 64], TEXT, &certificates()), Err(CmsError::Structure(_))));
        assert!(matches!(verify(&[], TEXT, &certificates()), Err(CmsError::Structure(_))));
    }

    #[test]
    fn another_text_inside_is_refused() {
        let attached = include_bytes!("../../tests/fixtures/rsa-attached.der");
        assert_eq!(verify(attached, b"another text", &certificates()), Err(CmsError::OtherText));
    }

    #[test]
    fn an_issuer_that_was_written_anew_is_taken() {
        let [_, mut rsa] = certificates();
        rsa.issuer = der::sequence(&[]);
        let cms = include_bytes!("../../tests/fixtures/rsa-forge.der");
        assert_eq!(verify(cms, TEXT, std::slice::from_ref(&rsa)), Ok(()));
        rsa.serial.push(0);
        assert_eq!(verify(cms, TEXT, &[rsa]), Err(CmsError::OtherCertificate));
    }
}
