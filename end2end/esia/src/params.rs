//! The parameters of a request, as they came: in order, and with those that came twice.

use crate::codes::{EsiaCode, Refusal};

/// Parameters whose meaning is known; one of them twice is a mistake, another's twice is nobody's business.
const KNOWN: [&str; 22] = [
    "access_type",
    "client_certificate_hash",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "grant_type",
    "obj_type",
    "permissions",
    "person_filter",
    "redirect_uri",
    "redirect_url",
    "refresh_token",
    "response_type",
    "roles",
    "scope",
    "scope_org",
    "state",
    "timestamp",
    "token_type",
];

/// The parameters of a query or a form.
#[derive(Debug, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    /// Reads `application/x-www-form-urlencoded`.
    pub fn parse(bytes: &[u8]) -> Self {
        Self { pairs: form_urlencoded::parse(bytes).into_owned().collect() }
    }

    /// A parameter; an empty one counts as missing.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// A parameter that must be there.
    pub fn require(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name).ok_or(Refusal::missing(name))
    }

    /// Is there a parameter of this name, even an empty one?
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    /// Refuses a known parameter that is there twice.
    pub fn no_repeats(&self) -> Result<(), Refusal> {
        let twice = |name: &&str| self.pairs.iter().filter(|(known, _)| known == name).count() > 1;
        if KNOWN.iter().any(twice) {
            return Err(Refusal::new(EsiaCode::BAD_PARAMETER, "a parameter is there twice"));
        }
        Ok(())
    }

    /// Is this parameter there twice?
    pub fn repeats(&self, name: &str) -> bool {
        self.pairs.iter().filter(|(known, _)| known == name).count() > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_is_a_space_and_empty_is_missing() {
        let params = Params::parse(b"timestamp=2021.02.12+00%3A15%3A26+%2B0300&scope_org=&a=1&a=2");
        assert_eq!(params.get("timestamp"), Some("2021.02.12 00:15:26 +0300"));
        assert_eq!((params.get("scope_org"), params.has("scope_org")), (None, true));
        assert_eq!(params.require("state"), Err(Refusal::missing("state")));
        assert_eq!(params.no_repeats(), Ok(()), "only of known ones");
        let twice = Params::parse(b"state=1&state=1");
        assert!(twice.no_repeats().is_err() && twice.repeats("state"));
    }
}
