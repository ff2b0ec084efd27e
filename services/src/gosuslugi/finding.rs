//! To whom of the school an account at Gosuslugi may belong: look-ups by blind indexes, and by the name.

use std::collections::BTreeMap;

use domain::gosuslugi::{Candidate, CandidateKind, ContactKind, Found, GosuslugiPerson, NotRecognised};
use domain::{BirthDate, NotRecognisedReason, PersonField, PersonName, Snils};

use super::GosuslugiError;
use crate::crypto::columns;
use crate::ids::PersonId;
use crate::people::open;
use crate::portal::Portal;
use crate::store::Tx;
use crate::store::gosuslugi::{self as rows, CandidateRow, Key};

/// Contacts of one kind that are looked for. An account has one mobile and one e-mail that are confirmed; more would be no account's.
const CONTACTS: usize = 5;

/// A contact as it is looked for.
struct Indexed {
    kind: ContactKind,
    verified: bool,
    index: [u8; 32],
}

/// What is looked for.
pub(super) struct Search<'a> {
    portal: &'a Portal,
    person: &'a GosuslugiPerson,
    /// The index of the account itself.
    pub subject: [u8; 32],
    contacts: Vec<Indexed>,
}

/// Which of somebody's contacts on file the account has too.
#[derive(Clone, Copy, Default)]
pub(super) struct Contacts {
    pub mobile: bool,
    pub email: bool,
}

/// Somebody who was found, as far as a try is written down about them.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// The version that was found.
    pub version: i64,
    /// The contacts that the account has confirmed.
    pub confirmed: Contacts,
    unconfirmed: Contacts,
}

/// What was found.
pub(super) struct Looked {
    pub found: Found<PersonId>,
    pub known: BTreeMap<PersonId, Known>,
}

impl<'a> Search<'a> {
    pub(super) fn new(portal: &'a Portal, person: &'a GosuslugiPerson) -> Self {
        let sealer = portal.sealer();
        let mut contacts: Vec<Indexed> = Vec::new();
        for contact in &person.contacts {
            let (kind, verified) = (contact.kind(), contact.verified());
            let column = match kind {
                ContactKind::Mobile => columns::PEOPLE_MOBILE,
                ContactKind::Email => columns::PEOPLE_EMAIL,
            };
            if contacts.iter().filter(|other| (other.kind, other.verified) == (kind, verified)).count() < CONTACTS {
                contacts.push(Indexed { kind, verified, index: sealer.blind_index(column, contact.value()) });
            }
        }
        Self { portal, person, subject: sealer.blind_index(columns::GOSUSLUGI_SUBJECT, &person.subject), contacts }
    }

    /// Looks once, inside the caller's transaction. Who is linked and still belongs to a school is all that is looked for.
    pub(super) async fn look(&self, tx: &mut Tx) -> Result<Looked, GosuslugiError> {
        let mut looked = Looked { found: Found::default(), known: BTreeMap::new() };
        if let Some(row) = rows::find_linked(tx, &self.subject).await? {
            let linked = self.candidate(row, &mut looked.known)?;
            let belongs = linked.kind != CandidateKind::Other;
            looked.found.linked = Some(linked);
            if belongs {
                return Ok(looked);
            }
        }
        if let Some(snils) = &self.person.snils {
            let index = self.portal.sealer().blind_index(columns::PEOPLE_SNILS, snils.digits());
            let found = rows::list_by_index(tx, Key::Snils, &index).await?;
            looked.found.by_snils = self.candidates(found, &mut looked.known)?;
        }
        for contact in &self.contacts {
            let key = match contact.kind {
                ContactKind::Mobile => Key::Mobile,
                ContactKind::Email => Key::Email,
            };
            let found = rows::list_by_index(tx, key, &contact.index).await?;
            let found = self.candidates(found, &mut looked.known)?;
            let list = match (contact.verified, contact.kind) {
                (false, _) => &mut looked.found.by_unverified,
                (true, ContactKind::Mobile) => &mut looked.found.by_mobile,
                (true, ContactKind::Email) => &mut looked.found.by_email,
            };
            list.extend(found);
        }
        looked.found.by_name = self.namesakes(tx, &mut looked.known).await?;
        Ok(looked)
    }

    /// Who has the account's surname, given name and birth date.
    async fn namesakes(
        &self,
        tx: &mut Tx,
        known: &mut BTreeMap<PersonId, Known>,
    ) -> Result<Vec<Candidate<PersonId>>, GosuslugiError> {
        let (Some(surname), Some(given_name), Some(born)) =
            (&self.person.surname, &self.person.given_name, self.person.birth_date)
        else {
            return Ok(Vec::new());
        };
        let (Some(surnames), Some(given_names)) = (spellings(surname), spellings(given_name)) else {
            return Ok(Vec::new());
        };
        let found = rows::list_by_name(tx, &surnames, &given_names).await?;
        let mut namesakes = self.candidates(found, known)?;
        namesakes.retain(|namesake| namesake.birth_date == Some(born));
        Ok(namesakes)
    }

    fn candidates(
        &self,
        rows: Vec<CandidateRow>,
        known: &mut BTreeMap<PersonId, Known>,
    ) -> Result<Vec<Candidate<PersonId>>, GosuslugiError> {
        rows.into_iter().map(|row| self.candidate(row, known)).collect()
    }

    fn candidate(
        &self,
        row: CandidateRow,
        known: &mut BTreeMap<PersonId, Known>,
    ) -> Result<Candidate<PersonId>, GosuslugiError> {
        let id = PersonId(row.id);
        let has = |kind, verified, stored: &Option<Vec<u8>>| {
            self.contacts.iter().any(|contact| {
                (contact.kind, contact.verified) == (kind, verified)
                    && stored.as_deref() == Some(contact.index.as_slice())
            })
        };
        let shared = |verified| Contacts {
            mobile: has(ContactKind::Mobile, verified, &row.mobile_index),
            email: has(ContactKind::Email, verified, &row.email_index),
        };
        known.insert(id, Known { version: row.version, confirmed: shared(true), unconfirmed: shared(false) });
        let kind = match (row.student, row.parent) {
            (0, 0) => CandidateKind::Other,
            (0, _) => CandidateKind::Parent,
            _ => CandidateKind::Student,
        };
        let sealed = row.snils_sealed.as_deref();
        let snils = open(self.portal, columns::PEOPLE_SNILS, row.id, sealed, |text| Snils::parse(text).ok())?;
        let sealed = row.birth_date_sealed.as_deref();
        let birth_date =
            open(self.portal, columns::PEOPLE_BIRTH_DATE, row.id, sealed, |text| BirthDate::parse(text).ok())?;
        Ok(Candidate { id, kind, snils, birth_date })
    }
}

impl Looked {
    /// The contact that a refusal is about, where it is one.
    pub(super) fn contact(&self, refusal: &NotRecognised<PersonId>) -> Option<PersonField> {
        let contacts = match refusal.reason {
            NotRecognisedReason::ContactNotConfirmed => {
                let holders = self.found.by_unverified.iter().filter_map(|holder| self.known.get(&holder.id));
                holders.fold(Contacts::default(), |all, known| Contacts {
                    mobile: all.mobile || known.unconfirmed.mobile,
                    email: all.email || known.unconfirmed.email,
                })
            }
            NotRecognisedReason::SeveralStudents if self.found.by_snils.is_empty() => {
                Contacts { mobile: !self.found.by_mobile.is_empty(), email: !self.found.by_email.is_empty() }
            }
            _ => Contacts::default(),
        };
        match contacts {
            Contacts { mobile: true, email: false } => Some(PersonField::Mobile),
            Contacts { mobile: false, email: true } => Some(PersonField::Email),
            _ => None,
        }
    }
}

/// A part of a name as it is written there, with a capital first, and the same without ё, which some registers leave out.
fn spellings(part: &str) -> Option<[String; 3]> {
    let written = PersonName::part(part).ok()?;
    let mut capitals = String::with_capacity(written.len());
    let mut first = true;
    for c in written.chars() {
        if first {
            capitals.extend(c.to_uppercase());
        } else {
            capitals.extend(c.to_lowercase());
        }
        first = !c.is_alphabetic();
    }
    let without = capitals.replace('ё', "е").replace('Ё', "Е");
    Some([written, capitals, without])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::spellings;

    #[test]
    fn names_are_looked_for_as_registers_write_them() {
        assert_eq!(spellings(" ЁЛКИНА-СЁМИНА ").unwrap(), ["ЁЛКИНА-СЁМИНА", "Ёлкина-Сёмина", "Елкина-Семина"]);
        assert_eq!(spellings("Анна Мария").unwrap(), ["Анна Мария"; 3]);
        assert_eq!(spellings("12"), None);
    }
}
