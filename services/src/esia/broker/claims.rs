//! What a gateway's claims say of a person, by the names that the configuration gives them.

use domain::gosuslugi::{GosuslugiContact, GosuslugiPerson};
use serde_json::{Map, Value};

use crate::esia::error::{EsiaError, TokenFault};
use crate::esia::person::{proved, text};
use crate::esia::settings::ClaimNames;

/// The longest subject, in bytes (OpenID Connect Core 1.0, 2).
const LONGEST_SUBJECT: usize = 255;

/// Adds what the user-info address says. It counts for the subject of the ID token only, and never against it.
pub(super) fn add(said: &mut Map<String, Value>, more: Value) -> Result<(), EsiaError> {
    let Value::Object(more) = more else {
        return Err(EsiaError::Malformed("the user's information is no object"));
    };
    if more.get("sub").and_then(Value::as_str) != said.get("sub").and_then(Value::as_str) {
        return Err(TokenFault::Subject.into());
    }
    for (name, value) in more {
        said.entry(name).or_insert(value);
    }
    Ok(())
}

/// Puts the person together.
pub(super) fn person(said: &Value, names: &ClaimNames, confirmed_only: bool) -> Result<GosuslugiPerson, EsiaError> {
    let text = |name: &str| if name.is_empty() { None } else { text(said, name) };
    let holds = |name: &str, level: &str| match said.get(name).filter(|_| !name.is_empty()) {
        Some(Value::Bool(truth)) => *truth,
        // Some gateways know claims of text only.
        Some(Value::String(word)) => word == "true" || word == level,
        _ => false,
    };
    let subject = text("sub")
        .filter(|subject| subject.len() <= LONGEST_SUBJECT)
        .ok_or(EsiaError::Malformed("the subject of the token"))?;
    let child_account = holds(&names.child_account, "KD");
    let confirmed = confirmed_only || child_account || holds(&names.confirmed, "PR");
    // OpenID Connect writes a birthday without its year as 0000-…, and a year alone as four digits: neither is a date.
    let birth_date = text(&names.birth_date).filter(|date| date.len() > 4 && !date.starts_with("0000"));
    let (snils, birth_date) = proved(confirmed, text(&names.snils).as_deref(), birth_date.as_deref())?;
    let mobile = text(&names.mobile)
        .and_then(|value| GosuslugiContact::mobile(&value, holds(&names.mobile_verified, "VERIFIED")));
    let email =
        text(&names.email).and_then(|value| GosuslugiContact::email(&value, holds(&names.email_verified, "VERIFIED")));
    Ok(GosuslugiPerson {
        subject,
        snils,
        surname: text(&names.surname),
        given_name: text(&names.given_name),
        patronymic: text(&names.patronymic),
        birth_date,
        confirmed,
        child_account,
        contacts: mobile.into_iter().chain(email).collect(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use serde_json::json;

    use super::*;

    fn verified(said: Value) -> Vec<bool> {
        let person = person(&said, &ClaimNames::default(), true).unwrap();
        person.contacts.iter().map(GosuslugiContact::verified).collect()
    }

    #[test]
    fn a_contact_is_verified_only_when_that_is_said() {
        for (claim, expected) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!("yes"), false),
            (json!(1), false),
            (json!(null), false),
        ] {
            let said = json!({"sub": "a", "email": "a@example.org", "email_verified": claim.clone(),
                "phone_number": "+79262464800", "phone_number_verified": claim});
            assert_eq!(verified(said), [expected, expected]);
        }
        assert_eq!(
            verified(json!({"sub": "a", "email": "a@example.org", "phone_number": "89262464800"})),
            [false, false]
        );
    }

    #[test]
    fn claims_are_named_by_the_configuration() {
        let mut names = ClaimNames::default();
        for (what, claim) in [("snils", "esia_snils"), ("email", ""), ("confirmed", "level"), ("birth_date", "born")] {
            assert!(names.set(what, claim));
        }
        let said = json!({"sub": "a", "esia_snils": "112-233-445 95", "snils": "087-654-303 00", "level": "PR",
            "email": "a@example.org", "email_verified": true, "born": "03.06.2015", "": "x"});
        let person = person(&said, &names, false).unwrap();
        assert_eq!(person.snils.unwrap().digits(), "11223344595");
        assert_eq!(person.birth_date.unwrap().to_iso(), "2015-06-03");
        assert!(person.contacts.is_empty() && person.confirmed && !person.child_account);
    }

    #[test]
    fn who_is_confirmed() {
        let names = ClaimNames::default();
        let is = |said: &Value, only| person(said, &names, only).unwrap().confirmed;
        assert!(!is(&json!({"sub": "a"}), false));
        assert!(is(&json!({"sub": "a"}), true));
        assert!(is(&json!({"sub": "a", "trusted": true}), false));
        assert!(is(&json!({"sub": "a", "child_account": "KD"}), false));
        assert!(!is(&json!({"sub": "a", "trusted": "P"}), false));
    }

    #[test]
    fn a_birthday_without_a_year_is_no_date_and_nonsense_stops() {
        let names = ClaimNames::default();
        for date in ["0000-06-03", "2015"] {
            let person = person(&json!({"sub": "a", "birthdate": date}), &names, true).unwrap();
            assert!(person.birth_date.is_none(), "{date}");
        }
        for said in [json!({"sub": "a", "birthdate": "today"}), json!({"sub": "a", "snils": "1"}), json!({"sub": ""})] {
            assert!(person(&said, &names, true).is_err(), "{said}");
        }
    }

    #[test]
    fn more_counts_for_the_same_subject_only() {
        let own = |sub: &str| json!({"sub": sub, "email": "mine@example.org"}).as_object().cloned().unwrap();
        let mut said = own("a");
        add(&mut said, json!({"sub": "a", "email": "other@example.org", "snils": "112-233-445 95"})).unwrap();
        assert_eq!(said.get("email"), Some(&json!("mine@example.org")));
        assert!(said.contains_key("snils"));
        for more in [json!({"sub": "b"}), json!({}), json!("sub")] {
            assert!(add(&mut own("a"), more).is_err());
        }
    }
}
