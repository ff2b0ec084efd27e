//! The test persons that ESIA's own test stand has: SNILS 000-000-600 01 to 31, and contacts that no network would take.

use crate::person::{Contact, ContactKind, ContactState, Level, Person};

const GROUP: &str = "Тестовые учётные записи ЕСИА";
/// Their accounts' numbers here follow this one.
const FIRST_OID: u64 = 1_000_299_600;

/// All of them.
pub fn persons() -> Vec<Person> {
    (1..=31).map(person).collect()
}

fn person(number: u64) -> Person {
    let contact = |kind, value: String, state| Contact { kind, value, state, pending: None };
    let mut contacts = vec![
        contact(ContactKind::Email, format!("EsiaTest{number:03}@yandex.ru"), ContactState::Verified),
        contact(ContactKind::HomePhone, format!("+7(840)0000{number:03}"), ContactState::NotVerified),
        contact(ContactKind::Mobile, format!("+7(000)0000{number:03}"), ContactState::Verified),
    ];
    if number == 6 {
        // So the real one was seen: a new number that waits to be confirmed.
        if let Some(mobile) = contacts.last_mut() {
            mobile.pending = Some("+7(111)1111111".to_owned());
        }
    }
    Person {
        oid: FIRST_OID + number,
        surname: Some(format!("Фамилия{number:03}")),
        given_name: Some(format!("Имя{number:03}")),
        patronymic: Some(format!("Отчество{number:03}")),
        birth_date: Some(if number == 6 { "26.05.2000".to_owned() } else { format!("{number:02}.01.1990") }),
        birth_place: Some("Москва".to_owned()),
        gender: Some(if number.is_multiple_of(2) { "F" } else { "M" }.to_owned()),
        citizenship: Some("RUS".to_owned()),
        snils: Some(format!("000-000-600 {number:02}")),
        inn: match number {
            6 => Some("585204118212".to_owned()),
            31 => Some("625717832522".to_owned()),
            _ => None,
        },
        level: Level::Confirmed,
        contacts,
        group: Some(GROUP.to_owned()),
        ..Person::default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn they_are_those_of_the_test_stand() {
        let all = persons();
        assert_eq!(all.len(), 31);
        let sixth = all.iter().find(|person| person.snils.as_deref() == Some("000-000-600 06")).unwrap();
        assert_eq!(sixth.full_name(), "Фамилия006 Имя006 Отчество006");
        assert!(sixth.contacts.iter().any(|contact| contact.value == "+7(000)0000006" && contact.pending.is_some()));
        assert_eq!(all.last().unwrap().snils.as_deref(), Some("000-000-600 31"));
    }
}
