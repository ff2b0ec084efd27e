//! Checks that the authorize request and the token request have in common.

use crate::calendar;
use crate::client::{Client, Version};
use crate::clock::Seconds;
use crate::codes::{EsiaCode, Refusal};
use crate::journal::Checks;
use crate::params::Params;

/// `state` is a UUID; at the current addresses one of version 4 in lower case. Clients of the first addresses are older and write it in
/// many ways.
pub fn state_form(state: &str, version: Version) -> Result<(), Refusal> {
    let shaped = state.len() == 36
        && state.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    let strict = || {
        let lower = !state.bytes().any(|byte| byte.is_ascii_uppercase());
        let fourth = state.get(14..15) == Some("4");
        let variant = matches!(state.get(19..20), Some("8" | "9" | "a" | "b"));
        lower && fourth && variant
    };
    if shaped && (version == Version::First || strict()) {
        return Ok(());
    }
    Err(Refusal::new(EsiaCode::BAD_PARAMETER, "state is not a UUID of version 4 in lower case"))
}

/// `timestamp` is of its form and near enough to now.
pub fn time(timestamp: &str, now: Seconds, tolerance: Seconds) -> Result<(), Refusal> {
    let Some(at) = calendar::parse_timestamp(timestamp) else {
        let reason = "timestamp is not yyyy.MM.dd HH:mm:ss Z; a plus that is not encoded as %2B becomes a space";
        return Err(Refusal::naming("timestamp", reason));
    };
    if (now - at).abs() > tolerance {
        return Err(Refusal::new(EsiaCode::WRONG_TIME, "timestamp is too far from now"));
    }
    Ok(())
}

/// Who signed it, and what: the client may ask in this way, its certificate is the one that is named, the signature is of these values.
pub fn signature(
    client: &Client,
    version: Version,
    params: &Params,
    code: Option<&str>,
    now: Seconds,
    checks: &mut Checks,
) -> Result<(), Refusal> {
    let value = |name: &str| params.get(name).unwrap_or_default();
    let secret = params.require("client_secret")?;
    match version {
        Version::First => {
            let text = ["scope", "timestamp", "client_id", "state"].map(value).concat();
            checks.note("client_secret", client.check_cms(secret, &text, now))
        }
        Version::Current => {
            let named = client.certificate(params.require("client_certificate_hash")?);
            let certificate = checks.note("client_certificate_hash", named)?;
            let parts = ["client_id", "scope", "scope_org", "timestamp", "state", "redirect_uri"].map(value);
            let text = parts.concat() + code.unwrap_or_default();
            checks.note("client_secret", client.check_bare(certificate, secret, &text, now))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_uuids() {
        let code = |state: &str, version| state_form(state, version).err().map(|refusal| refusal.code);
        let bad = Some(EsiaCode::BAD_PARAMETER);
        assert_eq!(code("47e1f1e9-8b56-4666-ac02-d1408408e5f2", Version::Current), None);
        for state in [
            "undefined",
            "",
            "47e1f1e98b564666ac02d1408408e5f2",
            "47e1f1e9-8b56-4666-ac02-d1408408e5fg",
            "{47e1f1e9-8b56-4666-ac02-d1408408e5f}",
        ] {
            assert_eq!(code(state, Version::Current), bad, "{state}");
            assert_eq!(code(state, Version::First), bad, "{state}");
        }
        for loose in ["47E1f1e9-8b56-4666-ac02-d1408408e5f2", "47e1f1e9-8b56-1666-ac02-d1408408e5f2"] {
            assert_eq!(code(loose, Version::Current), bad, "{loose}");
            assert_eq!(code(loose, Version::First), None, "{loose}");
        }
    }

    #[test]
    fn times_are_near_or_refused() {
        let now = 1_795_302_000;
        let code = |text: &str| time(text, now, 300).err();
        assert_eq!(code("2026.11.22 02:05:00 +0300"), None);
        assert_eq!(code("2026.11.21 22:55:00 +0000"), None);
        let wrong = Some(EsiaCode::WRONG_TIME);
        assert_eq!(code("2026.11.22 02:05:01 +0300").map(|refusal| refusal.code), wrong);
        assert_eq!(code("2026.11.22 02:00:00 +0000").map(|refusal| refusal.code), wrong);
        let malformed = code("2026.11.22 02:00:00  0300");
        assert_eq!(malformed.and_then(|refusal| refusal.parameter), Some("timestamp"));
        assert_eq!(malformed.map(|refusal| refusal.code), Some(EsiaCode::MISSING_PARAMETER));
    }
}
