//! ESIA's tokens: JSON Web Tokens that no library of OpenID Connect takes (subjects are numbers, algorithms are GOST,
//! there is no nonce), so they are checked here, part by part, before anything in them is believed.
//!
//! The algorithm is the one of the certificate, never the one that the token would like. `x5t#St256` chooses the
//! certificate; only a token without it is tried with all of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::certificate::{Certificate, GOST, RS256};
use super::error::TokenFault;
use crate::clock::{SECOND, Timestamp};

/// The longest token that is read, in bytes. The real ones have about two thousand.
const LONGEST: usize = 16 * 1024;

/// What a token must agree with.
pub(super) struct Expected<'a> {
    pub(super) certificates: &'a [Certificate],
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) now: Timestamp,
    pub(super) skew_s: u32,
}

/// What an access token says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Access {
    /// Whose data it opens.
    pub(super) oid: u64,
    /// The scopes that were granted, without the `?oid=` behind them; empty when it doesn't say.
    pub(super) scopes: Vec<String>,
}

/// What an ID token says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// Who signed in.
    pub(super) oid: u64,
    /// The level of the account is that of a proved identity.
    pub(super) confirmed: bool,
    /// It is a child's account.
    pub(super) child: bool,
}

/// Checks an access token.
pub(super) fn access(token: &str, expected: &Expected<'_>) -> Result<Access, TokenFault> {
    let claims = verified(token, "access", expected)?;
    // It has no audience: the client it was issued to stands in a claim of its own.
    if claims.get("client_id").and_then(Value::as_str) != Some(expected.client_id) {
        return Err(TokenFault::Audience);
    }
    let oid = claims.get("urn:esia:sbj_id").and_then(number).ok_or(TokenFault::Malformed)?;
    let scopes = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    let scopes = scopes.split_whitespace().map(|scope| scope.split('?').next().unwrap_or(scope).to_owned());
    Ok(Access { oid, scopes: scopes.collect() })
}

/// Checks an ID token.
pub(super) fn identity(token: &str, expected: &Expected<'_>) -> Result<Identity, TokenFault> {
    let claims = verified(token, "id", expected)?;
    let ours = match claims.get("aud") {
        Some(Value::String(audience)) => audience == expected.client_id,
        Some(Value::Array(audiences)) => {
            matches!(audiences.as_slice(), [Value::String(audience)] if audience == expected.client_id)
        }
        _ => false,
    };
    if !ours {
        return Err(TokenFault::Audience);
    }
    let oid = claims.get("sub").and_then(number).ok_or(TokenFault::Malformed)?;
    let subject = claims.get("urn:esia:sbj").and_then(Value::as_object);
    let of_subject = |name: &str| subject.and_then(|subject| subject.get(name));
    // The same person once more, where it is said.
    if of_subject("urn:esia:sbj:oid").is_some_and(|again| number(again) != Some(oid)) {
        return Err(TokenFault::Subject);
    }
    let level = of_subject("urn:esia:sbj:lvl").and_then(Value::as_str);
    let trusted = of_subject("urn:esia:sbj:is_tru").and_then(Value::as_bool);
    Ok(Identity { oid, confirmed: level == Some("PR") || trusted == Some(true), child: level == Some("KD") })
}

/// The claims of a token whose signature, issuer and times are right.
fn verified(token: &str, kind: &str, expected: &Expected<'_>) -> Result<Map<String, Value>, TokenFault> {
    if token.len() > LONGEST {
        return Err(TokenFault::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(TokenFault::Malformed)?;
    let (header, signature) = (object(header)?, decode(signature)?);
    check_signature(&header, signed, &signature, expected)?;
    // Of what nobody has signed nothing is looked at.
    let claims = object(payload)?;
    if header.get("sbt").is_some_and(|said| said.as_str() != Some(kind)) {
        return Err(TokenFault::Kind);
    }
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err(TokenFault::Issuer);
    }
    check_times(&claims, expected.now, expected.skew_s)?;
    Ok(claims)
}

fn check_signature(
    header: &Map<String, Value>,
    signed: &str,
    signature: &[u8],
    expected: &Expected<'_>,
) -> Result<(), TokenFault> {
    // Something in the header that must be understood, and is not (RFC 7515, 4.1.11).
    if header.contains_key("crit") {
        return Err(TokenFault::Malformed);
    }
    let algorithm = match header.get("alg").and_then(Value::as_str) {
        Some(algorithm @ (RS256 | GOST)) => algorithm,
        Some(_) => return Err(TokenFault::Algorithm),
        None => return Err(TokenFault::Malformed),
    };
    let hash = match header.get("x5t#St256") {
        None => None,
        Some(Value::String(hash)) => Some(hash),
        Some(_) => return Err(TokenFault::Malformed),
    };
    let mut known = false;
    for certificate in expected.certificates {
        let meant = hash.is_none_or(|hash| hash.eq_ignore_ascii_case(certificate.hash()));
        if !meant || !certificate.is_valid_at(expected.now, expected.skew_s) {
            continue;
        }
        if certificate.algorithm() != algorithm {
            // The key that the token names signs with another algorithm: confusion of the two is an attack.
            if hash.is_some() {
                return Err(TokenFault::Algorithm);
            }
            continue;
        }
        known = true;
        if certificate.verifies(signed.as_bytes(), signature) {
            return Ok(());
        }
    }
    Err(if known { TokenFault::Signature } else { TokenFault::UnknownKey })
}

/// The claims of time, of which `exp` must be there. Seconds since 1970.
pub(super) fn check_times(claims: &Map<String, Value>, now: Timestamp, skew_s: u32) -> Result<(), TokenFault> {
    let (now_s, skew_s) = (now.div_euclid(SECOND), i64::from(skew_s));
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or(TokenFault::Malformed),
    };
    let expires = time("exp")?.ok_or(TokenFault::Malformed)?;
    if now_s >= expires.saturating_add(skew_s) {
        return Err(TokenFault::Expired);
    }
    for name in ["nbf", "iat"] {
        if time(name)?.is_some_and(|from| from.saturating_sub(skew_s) > now_s) {
            return Err(TokenFault::NotYet);
        }
    }
    Ok(())
}

/// A number, also one that stands in quotes.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok(),
        _ => None,
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenFault> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenFault::Malformed)
}

fn object(part: &str) -> Result<Map<String, Value>, TokenFault> {
    serde_json::from_slice(&decode(part)?).map_err(|_| TokenFault::Malformed)
}
