//! Scopes: the words of a request, which of them exist, and what each of them opens.

use crate::codes::{EsiaCode, Refusal};

/// The scope that opened everything once.
pub const LEGACY: &str = "http://esia.gosuslugi.ru/usr_inf";

/// Scopes of a person, of a person's children, and of purposes.
pub const KNOWN: [&str; 39] = [
    "openid",
    "fullname",
    "birthdate",
    "gender",
    "citizenship",
    "snils",
    "inn",
    "id_doc",
    "birthplace",
    "medical_doc",
    "military_doc",
    "foreign_passport_doc",
    "drivers_licence_doc",
    "birth_cert_doc",
    "residence_doc",
    "temporary_residence_doc",
    "vehicles",
    "email",
    "mobile",
    "contacts",
    "addresses",
    "usr_org",
    "usr_avt",
    "self_employed",
    "kid_fullname",
    "kid_birthdate",
    "kid_gender",
    "kid_snils",
    "kid_inn",
    "kid_birth_cert_doc",
    "kid_medical_doc",
    "kid_mobile",
    "kid_email",
    "kid_school_data",
    "EDU_JOURNAL",
    "KID_SCHOOL",
    "KID_EDUCATION",
    "prm_chg",
    LEGACY,
];

/// The scopes that a person granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Reads the scopes of a request: parted by one space each, every one approved.
    pub fn approved(text: &str, approved: &[String]) -> Result<Self, Refusal> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        if words.iter().any(|word| !KNOWN.contains(&word.as_str()) && !approved.contains(word)) {
            return Err(Refusal::new(
                EsiaCode::BAD_SCOPE,
                "a scope is unknown, or the list is not parted by single spaces",
            ));
        }
        if words.iter().any(|word| !approved.contains(word)) {
            return Err(Refusal::new(EsiaCode::NO_GRANTS, "a scope is not approved for this client"));
        }
        let mut once: Vec<String> = Vec::with_capacity(words.len());
        for word in words {
            if !once.contains(&word) {
                once.push(word);
            }
        }
        Ok(Self(once))
    }

    /// Is it among them?
    pub fn has(&self, scope: &str) -> bool {
        self.0.iter().any(|known| known == scope)
    }

    /// Is it, or the one that opens everything, among them?
    pub fn opens(&self, scope: &str) -> bool {
        self.has(scope) || self.has(LEGACY)
    }

    /// Is one of a child's scopes among them?
    pub fn opens_children(&self) -> bool {
        self.0.iter().any(|scope| scope.starts_with("kid_"))
    }

    /// Are they the same words, in whatever order?
    pub fn same_words(&self, text: &str) -> bool {
        let words: Vec<&str> = text.split(' ').collect();
        words.iter().all(|word| self.has(word)) && self.0.iter().all(|scope| words.contains(&scope.as_str()))
    }

    /// Are all of those words among them?
    pub fn include_words(&self, text: &str) -> bool {
        text.split(' ').all(|word| self.has(word))
    }

    /// As a token has them: each with the person it is about, but for `openid`.
    pub fn of_person(&self, oid: u64) -> String {
        let words: Vec<String> = self
            .0
            .iter()
            .map(|scope| if scope == "openid" { scope.clone() } else { format!("{scope}?oid={oid}") })
            .collect();
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    fn approved() -> Vec<String> {
        ["openid", "fullname", "snils", "own"].map(str::to_owned).to_vec()
    }

    #[test]
    fn scopes_are_known_and_approved_or_refused() {
        let code = |text: &str| Scopes::approved(text, &approved()).err().map(|refusal| refusal.code);
        assert_eq!(code("openid fullname own"), None);
        assert_eq!(code("openid vehicles"), Some(EsiaCode::NO_GRANTS));
        assert_eq!(code("openid nonsense"), Some(EsiaCode::BAD_SCOPE));
        for malformed in ["openid  fullname", "openid,fullname", " openid", "openid\tfullname", "OPENID"] {
            assert_eq!(code(malformed), Some(EsiaCode::BAD_SCOPE), "{malformed}");
        }
    }

    #[test]
    fn words_are_compared_in_any_order() {
        let scopes = Scopes::approved("openid fullname openid", &approved()).unwrap();
        assert!(scopes.same_words("fullname openid"));
        assert!(!scopes.same_words("openid") && scopes.include_words("openid"));
        assert!(!scopes.same_words("openid fullname snils") && !scopes.include_words("snils"));
        assert_eq!(scopes.of_person(7), "openid fullname?oid=7");
    }

    #[test]
    fn the_legacy_scope_opens_everything() {
        let scopes = Scopes::approved(LEGACY, &[LEGACY.to_owned()]).unwrap();
        assert!(scopes.opens("snils") && !scopes.has("snils") && !scopes.opens_children());
    }
}
