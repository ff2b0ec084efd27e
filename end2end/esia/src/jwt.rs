//! Tokens: what is signed, and in which words.

use serde_json::{Value, json};

use crate::dice::Dice;
use crate::encoding::base64url;
use crate::ring::SigningKey;
use crate::trouble::Fault;

/// What a token is for: `sbt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// An authorization code.
    Code,
    /// An access token.
    Access,
    /// An `id_token`.
    Id,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::Code => "authorization_code",
            Self::Access => "access",
            Self::Id => "id",
        }
    }
}

/// Makes a token of these claims.
pub fn token(
    key: &SigningKey,
    purpose: Purpose,
    claims: &Value,
    thumbprint: bool,
    fault: Option<Fault>,
    dice: &dyn Dice,
) -> String {
    let unsigned = fault == Some(Fault::AlgNone);
    let algorithm = if unsigned { "none" } else { key.algorithm.name() };
    let mut header = json!({ "ver": 1, "typ": "JWT", "sbt": purpose.name(), "alg": algorithm });
    if let (true, Some(header)) = (thumbprint, header.as_object_mut()) {
        header.insert("x5t#St256".to_owned(), Value::String(key.certificate.thumbprint()));
    }
    let body = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(claims.to_string().as_bytes()));
    if unsigned {
        return format!("{body}.");
    }
    let mut signature = key.sign(body.as_bytes(), dice).unwrap_or_default();
    if let (Some(Fault::BadSignature), Some(byte)) = (fault, signature.get_mut(7)) {
        *byte ^= 0x10;
    }
    format!("{body}.{}", base64url(&signature))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test may panic")]
    use super::*;
    use crate::dice::SeededDice;
    use crate::encoding::any_base64;
    use crate::settings::Algorithm;

    fn parts(token: &str) -> (Value, Value, Vec<u8>, String) {
        let (body, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = body.split_once('.').unwrap();
        let read = |text: &str| serde_json::from_slice(&any_base64(text).unwrap()).unwrap();
        (read(header), read(claims), any_base64(signature).unwrap(), body.to_owned())
    }

    #[test]
    fn tokens_verify_with_the_certificate_that_they_name() {
        let dice = SeededDice::new(13);
        let key = SigningKey::make(Algorithm::Gost, 1_795_302_000, &dice).unwrap();
        let claims = json!({ "sub": 7 });
        let made = |fault| token(&key, Purpose::Id, &claims, true, fault, &dice);
        let (header, read, signature, body) = parts(&made(None));
        assert_eq!((&header["alg"], &header["sbt"]), (&json!("GOST3410_2012_256"), &json!("id")));
        assert_eq!(header["x5t#St256"], key.certificate.thumbprint());
        assert_eq!(read, claims);
        assert!(key.certificate.key.verify(body.as_bytes(), &signature));
        let (_, _, signature, body) = parts(&made(Some(Fault::BadSignature)));
        assert!(!key.certificate.key.verify(body.as_bytes(), &signature));
        let (header, _, signature, _) = parts(&made(Some(Fault::AlgNone)));
        assert_eq!((header["alg"].as_str(), signature.len()), (Some("none"), 0));
        let bare = token(&key, Purpose::Code, &claims, false, None, &dice);
        assert_eq!(parts(&bare).0.get("x5t#St256"), None);
    }
}
