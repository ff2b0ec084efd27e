//! A person as ESIA's REST interface describes one.
//!
//! Any field may be missing: it was not granted, or the account has none. Unknown ones are ignored. A value that is
//! there and makes no sense stops the sign-in where it would decide about somebody: a SNILS that is not one must not
//! open the way by contacts.

use domain::gosuslugi::{GosuslugiContact, GosuslugiPerson};
use domain::{BirthDate, Snils};
use serde_json::Value;

use super::error::EsiaError;
use super::token::Identity;

/// Puts the person together. `contacts` are the elements of the collection, each an object.
pub(super) fn person(identity: &Identity, record: &Value, contacts: &[Value]) -> Result<GosuslugiPerson, EsiaError> {
    let text = |name: &str| text(record, name);
    let truth = |name: &str| record.get(name).and_then(Value::as_bool);
    if !record.is_object() {
        return Err(EsiaError::Malformed("the person is no object"));
    }
    if text("status").is_some_and(|status| status == "DELETED") {
        return Err(EsiaError::Malformed("the account is deleted"));
    }
    let child_account = identity.child || truth("kidAccCreatedByParent") == Some(true);
    // What the record says of today counts more than the level at which somebody signed in.
    let confirmed = child_account || truth("trusted").unwrap_or(identity.confirmed);
    let (snils, birth_date) = proved(confirmed, text("snils").as_deref(), text("birthDate").as_deref())?;
    Ok(GosuslugiPerson {
        subject: identity.oid.to_string(),
        snils,
        surname: text("lastName"),
        given_name: text("firstName"),
        patronymic: text("middleName"),
        birth_date,
        confirmed,
        child_account,
        contacts: contacts.iter().filter_map(contact).collect(),
    })
}

/// SNILS and birth date. Of an account that nobody confirmed they are what somebody typed: there a value that is none
/// is left out.
pub(super) fn proved(
    confirmed: bool,
    snils: Option<&str>,
    birth_date: Option<&str>,
) -> Result<(Option<Snils>, Option<BirthDate>), EsiaError> {
    let snils = match snils.map(Snils::parse) {
        Some(Err(_)) if confirmed => return Err(EsiaError::Malformed("the SNILS is none")),
        snils => snils.and_then(Result::ok),
    };
    let birth_date = match birth_date.map(BirthDate::parse) {
        Some(Err(_)) if confirmed => return Err(EsiaError::Malformed("the birth date is none")),
        birth_date => birth_date.and_then(Result::ok),
    };
    Ok((snils, birth_date))
}

/// A mobile or an e-mail. `verifyingValue`, a new value that is not confirmed yet, is never looked at: whoever enters
/// another's number there would become them. Other kinds of contacts can't be confirmed at ESIA at all.
fn contact(element: &Value) -> Option<GosuslugiContact> {
    let value = text(element, "value")?;
    let verified = element.get("vrfStu").and_then(Value::as_str) == Some("VERIFIED");
    match element.get("type").and_then(Value::as_str)? {
        "MBT" => GosuslugiContact::mobile(&value, verified),
        "EML" => GosuslugiContact::email(&value, verified),
        _ => None,
    }
}

/// A text that says something.
pub(super) fn text(of: &Value, name: &str) -> Option<String> {
    let text = of.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use domain::gosuslugi::ContactKind;
    use serde_json::json;

    use super::*;

    const ADULT: Identity = Identity { oid: 1_000_299_654, confirmed: true, child: false };

    fn contacts_of(elements: Value) -> Vec<(ContactKind, String, bool)> {
        let person = person(&ADULT, &json!({}), elements.as_array().unwrap()).unwrap();
        person.contacts.iter().map(|c| (c.kind(), c.value().to_owned(), c.verified())).collect()
    }

    #[test]
    fn a_whole_record() {
        let record = json!({"stateFacts": ["EntityRoot"], "firstName": "Имя006", "lastName": "Фамилия006",
            "middleName": "Отчество006", "birthDate": "26.05.2000", "gender": "F", "trusted": true,
            "snils": "000-000-600 06", "updatedOn": 1_764_854_668,
            "status": "REGISTERED", "kidAccCreatedByParent": false, "eTag": "61F2"});
        let person = person(&ADULT, &record, &[]).unwrap();
        assert_eq!(person.subject, "1000299654");
        assert_eq!(person.snils.unwrap().to_string(), "000-000-600 06");
        assert_eq!(person.birth_date.unwrap().to_iso(), "2000-05-26");
        assert_eq!(person.surname.as_deref(), Some("Фамилия006"));
        assert!(person.confirmed && !person.child_account);
    }

    /// The contacts of the official test person, as ESIA answers them.
    #[test]
    fn a_value_that_waits_for_its_confirmation_is_never_taken() {
        let found = contacts_of(json!([
            {"id": 14_216_773, "type": "EML", "vrfStu": "VERIFIED", "value": "EsiaTest006@yandex.ru",
             "verifyingValue": "victim@example.org", "vrfValStu": "VERIFYING"},
            {"id": 14_249_750, "type": "PHN", "vrfStu": "NOT_VERIFIED", "value": "+7(840)0000006"},
            {"id": 14_244_504, "type": "MBT", "vrfStu": "VERIFIED", "value": "+7(000)0000006",
             "verifyingValue": "+7(111)1111111", "vrfValStu": "VERIFYING", "isCfmCodeExpired": true},
            {"type": "MBT", "vrfStu": "NOT_VERIFIED", "verifyingValue": "+7(901)1111111", "vrfValStu": "VERIFYING"},
        ]));
        assert_eq!(
            found,
            [
                (ContactKind::Email, "esiatest006@yandex.ru".to_owned(), true),
                (ContactKind::Mobile, "+70000000006".to_owned(), true)
            ]
        );
    }

    #[test]
    fn only_a_mobile_and_an_email_count_and_only_verified_ones_as_verified() {
        let found = contacts_of(json!([
            {"type": "MBT", "vrfStu": "NOT_VERIFIED", "value": "+7(926)2464800"},
            {"type": "EML", "value": "a@example.org"},
            {"type": "CEM", "vrfStu": "VERIFIED", "value": "office@example.org"},
            {"type": "PHN", "vrfStu": "VERIFIED", "value": "+7(926)2464801"},
            {"type": "MBT", "vrfStu": "verified", "value": "+7(926)2464802"},
            {"type": "MBT", "vrfStu": "VERIFIED", "value": "none"},
            {"type": "EML", "vrfStu": "VERIFIED", "value": ""},
            "https://esia.gosuslugi.ru/rs/prns/1/ctts/2",
        ]));
        assert_eq!(
            found,
            [
                (ContactKind::Mobile, "+79262464800".to_owned(), false),
                (ContactKind::Email, "a@example.org".to_owned(), false),
                (ContactKind::Mobile, "+79262464802".to_owned(), false)
            ]
        );
    }

    #[test]
    fn who_is_confirmed() {
        let low = Identity { oid: 1, confirmed: false, child: false };
        let child = Identity { oid: 1, confirmed: false, child: true };
        for (identity, record, confirmed, is_child) in [
            (&ADULT, json!({}), true, false),
            (&ADULT, json!({"trusted": true}), true, false),
            (&ADULT, json!({"trusted": false}), false, false),
            (&low, json!({}), false, false),
            (&low, json!({"trusted": true}), true, false),
            (&low, json!({"kidAccCreatedByParent": true}), true, true),
            (&child, json!({}), true, true),
        ] {
            let person = person(identity, &record, &[]).unwrap();
            assert_eq!((person.confirmed, person.child_account), (confirmed, is_child), "{record}");
        }
    }

    #[test]
    fn values_that_make_no_sense_stop_the_sign_in() {
        let refused = |record: Value| person(&ADULT, &record, &[]).unwrap_err().code();
        for record in [
            json!({"snils": "112-233-445 96"}),
            json!({"birthDate": "2000"}),
            json!({"status": "DELETED"}),
            json!([]),
            json!("text"),
        ] {
            assert_eq!(refused(record.clone()), "GOS-06", "{record}");
        }
        // Nobody has confirmed them: they are no more than typed.
        let typed = json!({"trusted": false, "snils": "1", "birthDate": "x"});
        let person = person(&ADULT, &typed, &[]).unwrap();
        assert!(person.snils.is_none() && person.birth_date.is_none());
        for empty in [json!({"snils": "", "birthDate": " "}), json!({"snils": null, "birthDate": null})] {
            let person = super::person(&ADULT, &empty, &[]).unwrap();
            assert!(person.snils.is_none() && person.birth_date.is_none());
        }
    }
}
