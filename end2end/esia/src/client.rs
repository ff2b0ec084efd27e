//! The registered clients, and whether a `client_secret` is one of theirs.

use serde::Deserialize;

use crate::clock::Seconds;
use crate::codes::{EsiaCode, Refusal};
use crate::crypto::certificate::{Certificate, PublicKey};
use crate::crypto::{cms, gost};
use crate::encoding::any_base64;
use crate::redirects::Redirect;

/// The two ways of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `/aas/oauth2/ac` and `/aas/oauth2/te`, signed with CMS.
    First,
    /// `/aas/oauth2/v2/ac` and `/aas/oauth2/v3/te`, signed bare.
    Current,
}

/// How a client signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignatureKind {
    /// A bare signature of GOST R 34.10-2012, at the current addresses.
    Gost,
    /// CMS, RSA or GOST, at the first addresses.
    Cms,
    /// A bare signature of RSA, at the current addresses. Whether the real service ever takes it is not known: for tests only.
    Rsa,
}

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its mnemonic, `client_id`.
    pub mnemonic: String,
    /// Its certificates; each of them may sign.
    pub certificates: Vec<Certificate>,
    /// Where browsers may be sent back to.
    pub redirects: Vec<Redirect>,
    /// Where browsers may be sent after signing out, beside addresses that share an origin with those.
    pub logout_redirects: Vec<Redirect>,
    /// Approved scopes.
    pub scopes: Vec<String>,
    /// Approved scopes of organisations.
    pub organization_scopes: Vec<String>,
    /// How it signs.
    pub signature: SignatureKind,
    /// May a `state` come back that was answered with a code before?
    pub repeated_state: bool,
}

impl Client {
    /// May this client ask in this way?
    pub fn may_ask(&self, version: Version) -> Result<(), Refusal> {
        let wanted = match self.signature {
            SignatureKind::Cms => Version::First,
            SignatureKind::Gost | SignatureKind::Rsa => Version::Current,
        };
        if version == wanted {
            return Ok(());
        }
        Err(Refusal::new(EsiaCode::UNAUTHORIZED_CLIENT, "this client is registered for the other addresses"))
    }

    /// The certificate that a `client_certificate_hash` names, in either case of letters.
    pub fn certificate(&self, hash: &str) -> Result<&Certificate, Refusal> {
        self.certificates.iter().find(|certificate| certificate.thumbprint().eq_ignore_ascii_case(hash)).ok_or(
            Refusal::new(
                EsiaCode::CLIENT_SECRET_WRONG,
                "client_certificate_hash is not Streebog-256 of the DER of a registered certificate",
            ),
        )
    }

    /// Is it CMS of this text by one of the client's certificates?
    pub fn check_cms(&self, secret: &str, text: &str, now: Seconds) -> Result<(), Refusal> {
        let wrong = |reason| Refusal::new(EsiaCode::UNAUTHORIZED_CLIENT, reason);
        let signature = any_base64(secret).ok_or(wrong("client_secret is not base64"))?;
        let valid: Vec<Certificate> =
            self.certificates.iter().filter(|certificate| certificate.not_after >= now).cloned().collect();
        cms::verify(&signature, text.as_bytes(), &valid).map_err(|error| {
            wrong(match error {
                cms::CmsError::Structure(_) => "client_secret is not CMS signed data",
                cms::CmsError::OtherText => {
                    "the CMS is not detached, and the text inside is not scope + timestamp + client_id + state"
                }
                cms::CmsError::Signers => "the CMS has not exactly one signer",
                cms::CmsError::OtherCertificate => {
                    "the CMS is signed with a certificate that is not registered, or expired"
                }
                cms::CmsError::Algorithm => "the CMS is signed with another algorithm",
                cms::CmsError::Attributes => {
                    "the CMS is of another text: scope + timestamp + client_id + state is wanted"
                }
                cms::CmsError::Signature => {
                    "the CMS does not verify; its text must be scope + timestamp + client_id + state"
                }
            })
        })
    }

    /// Is it a bare signature of this text by that certificate?
    pub fn check_bare(&self, certificate: &Certificate, secret: &str, text: &str, now: Seconds) -> Result<(), Refusal> {
        let wrong = |reason| Refusal::new(EsiaCode::CLIENT_SECRET_WRONG, reason);
        let signature = any_base64(secret).ok_or(wrong("client_secret is not base64"))?;
        if certificate.not_after < now {
            return Err(wrong("the client's certificate is expired"));
        }
        let fits = match (self.signature, &certificate.key) {
            (SignatureKind::Gost, PublicKey::Gost(_)) => {
                if signature.len() != gost::LENGTH && signature.first() == Some(&0x30) {
                    let reason = "client_secret is CMS; here it must be the bare signature, 64 bytes";
                    return Err(Refusal::new(EsiaCode::UNAUTHORIZED_CLIENT, reason));
                }
                signature.len() == gost::LENGTH
            }
            (SignatureKind::Rsa, PublicKey::Rsa(_)) => true,
            _ => false,
        };
        if !fits {
            return Err(wrong("client_secret is not of the algorithm that is registered; for GOST it has 64 bytes"));
        }
        if certificate.key.verify(text.as_bytes(), &signature) {
            return Ok(());
        }
        Err(wrong(
            "the signature does not verify; its text must be client_id + scope + scope_org + timestamp + state + redirect_uri \
             (+ code), its bytes s ‖ r",
        ))
    }

    /// May a browser be sent back here?
    pub fn has_redirect(&self, uri: &str) -> bool {
        self.redirects.iter().any(|redirect| redirect.is(uri))
    }

    /// May a browser be sent here after signing out?
    pub fn may_leave_to(&self, uri: &str) -> bool {
        self.logout_redirects.iter().any(|redirect| redirect.is(uri))
            || self.redirects.iter().any(|redirect| redirect.shares_origin(uri))
    }
}
