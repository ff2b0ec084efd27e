//! The ID token of a gateway (OpenID Connect Core 1.0, 3.1.3.7).

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use super::keys::ALGORITHMS;
use crate::clock::Timestamp;
use crate::esia::error::TokenFault;
use crate::esia::token::check_times;

/// The longest token that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// What the token must agree with.
pub(super) struct Wanted<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: Timestamp,
    pub(super) skew_s: u32,
}

/// The claims, once everything is right.
pub(super) fn verified(token: &str, keys: &JwkSet, wanted: &Wanted<'_>) -> Result<Map<String, Value>, TokenFault> {
    if token.len() > LONGEST {
        return Err(TokenFault::Malformed);
    }
    let header = decode_header(token).map_err(|_| TokenFault::Malformed)?;
    if header.crit.is_some() {
        return Err(TokenFault::Malformed);
    }
    if !ALGORITHMS.contains(&header.alg) {
        return Err(TokenFault::Algorithm);
    }
    let validation = validation(header.alg, wanted);
    // Without a name in the token every key that fits is tried.
    let named = |jwk: &&Jwk| header.kid.is_none() || jwk.common.key_id == header.kid;
    let mut fault = TokenFault::UnknownKey;
    for jwk in keys.keys.iter().filter(named) {
        let Some(key) = usable(jwk, header.alg) else { continue };
        match decode::<Map<String, Value>>(token, &key, &validation) {
            Ok(token) => return agree(token.claims, wanted),
            Err(error) => match error.kind() {
                ErrorKind::InvalidSignature => fault = TokenFault::Signature,
                ErrorKind::InvalidIssuer => return Err(TokenFault::Issuer),
                ErrorKind::InvalidAudience => return Err(TokenFault::Audience),
                ErrorKind::InvalidAlgorithm => return Err(TokenFault::Algorithm),
                _ => return Err(TokenFault::Malformed),
            },
        }
    }
    Err(fault)
}

/// Times are checked apart, by our own clock.
fn validation(algorithm: Algorithm, wanted: &Wanted<'_>) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.set_issuer(&[wanted.issuer]);
    validation.set_audience(&[wanted.client_id]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation
}

/// The key, if it is for signatures of this algorithm.
fn usable(jwk: &Jwk, algorithm: Algorithm) -> Option<DecodingKey> {
    let common = &jwk.common;
    let for_signing = !matches!(common.public_key_use, Some(PublicKeyUse::Encryption));
    let for_this = common.key_algorithm.is_none_or(|its| Algorithm::try_from(its).is_ok_and(|its| its == algorithm));
    DecodingKey::from_jwk(jwk).ok().filter(|key| for_signing && for_this && key.family() == algorithm.family())
}

/// What the crate leaves to us.
fn agree(claims: Map<String, Value>, wanted: &Wanted<'_>) -> Result<Map<String, Value>, TokenFault> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // The crate would take a list of issuers with ours among them.
    if text("iss") != Some(wanted.issuer) {
        return Err(TokenFault::Issuer);
    }
    let for_several = claims.get("aud").and_then(Value::as_array).is_some_and(|audiences| audiences.len() > 1);
    match claims.get("azp") {
        Some(party) if party.as_str() != Some(wanted.client_id) => return Err(TokenFault::Audience),
        None if for_several => return Err(TokenFault::Audience),
        _ => {}
    }
    check_times(&claims, wanted.now, wanted.skew_s)?;
    if text("nonce") != Some(wanted.nonce) {
        return Err(TokenFault::Nonce);
    }
    Ok(claims)
}
