#![allow(
    clippy::unwrap_used,
    clippy::unnecessary_wraps,
    reason = "a failed unwrap is a failed test; what is compared is wrapped"
)]
use proptest::prelude::*;

use super::*;

const OWN: &str = "112-233-445 95";
const ANOTHER: &str = "087-654-303 00";

fn snils(text: &str) -> Option<Snils> {
    Some(Snils::parse(text).unwrap())
}

fn born(year: u16) -> Option<BirthDate> {
    Some(BirthDate::new(year, 6, 3).unwrap())
}

/// A confirmed account of somebody born in 2015, without a SNILS.
fn account() -> GosuslugiPerson {
    GosuslugiPerson {
        subject: "1000300001".to_owned(),
        snils: None,
        surname: Some("Джалилов".to_owned()),
        given_name: Some("Резида".to_owned()),
        patronymic: None,
        birth_date: born(2015),
        confirmed: true,
        child_account: false,
        contacts: Vec::new(),
    }
}

fn with_snils(text: &str) -> GosuslugiPerson {
    GosuslugiPerson { snils: snils(text), ..account() }
}

fn student(id: u8) -> Candidate<u8> {
    Candidate { id, kind: CandidateKind::Student, snils: None, birth_date: born(2015) }
}

fn parent(id: u8) -> Candidate<u8> {
    Candidate { id, kind: CandidateKind::Parent, snils: None, birth_date: None }
}

fn other(id: u8) -> Candidate<u8> {
    Candidate { kind: CandidateKind::Other, ..parent(id) }
}

fn having(text: &str, candidate: Candidate<u8>) -> Candidate<u8> {
    Candidate { snils: snils(text), ..candidate }
}

fn found() -> Found<u8> {
    Found::default()
}

fn by(id: u8, way: Way) -> Result<Recognised<u8>, NotRecognised<u8>> {
    Ok(Recognised { id, way })
}

fn not(reason: NotRecognisedReason, certain: Option<u8>, flagged: &[u8]) -> Result<Recognised<u8>, NotRecognised<u8>> {
    Err(NotRecognised { reason, certain, flagged: flagged.to_vec() })
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn the_table() {
    use NotRecognisedReason as No;
    let unborn = |candidate: Candidate<u8>| Candidate { birth_date: None, ..candidate };
    let older = |candidate: Candidate<u8>| Candidate { birth_date: born(1985), ..candidate };
    let unconfirmed = || GosuslugiPerson { confirmed: false, ..account() };
    let child = || GosuslugiPerson { child_account: true, confirmed: false, ..account() };
    let cases = [
        ("nobody", account(), found(), not(No::NoSuchStudent, None, &[])),
        // An earlier sign-in.
        (
            "linked",
            account(),
            Found { linked: Some(student(1)), by_email: vec![student(2)], ..found() },
            by(1, Way::Link),
        ),
        ("linked parent", account(), Found { linked: Some(parent(1)), ..found() }, by(1, Way::Link)),
        (
            "linked, not confirmed any more",
            unconfirmed(),
            Found { linked: Some(student(1)), ..found() },
            by(1, Way::Link),
        ),
        (
            "linked, and the SNILS has become another",
            with_snils(OWN),
            Found { linked: Some(having(ANOTHER, student(1))), by_snils: vec![having(OWN, student(2))], ..found() },
            not(No::OtherSnils, Some(1), &[1]),
        ),
        (
            "linked, and the birth date has become another",
            account(),
            Found { linked: Some(older(student(1))), ..found() },
            not(No::BirthDateDiffers, Some(1), &[1]),
        ),
        (
            "linked to somebody who has left",
            account(),
            Found { linked: Some(other(1)), by_email: vec![student(2)], ..found() },
            not(No::NoSuchStudent, None, &[]),
        ),
        (
            "the same, and the SNILS says who they are now",
            with_snils(OWN),
            Found { linked: Some(other(1)), by_snils: vec![having(OWN, student(2))], ..found() },
            by(2, Way::Snils),
        ),
        // SNILS.
        ("SNILS", with_snils(OWN), Found { by_snils: vec![having(OWN, student(1))], ..found() }, by(1, Way::Snils)),
        (
            "SNILS before contacts, which a family may share",
            with_snils(OWN),
            Found { by_snils: vec![having(OWN, student(1))], by_mobile: vec![student(2)], ..found() },
            by(1, Way::Snils),
        ),
        (
            "a parent by SNILS",
            with_snils(OWN),
            Found { by_snils: vec![having(OWN, parent(3))], by_email: vec![student(1)], ..found() },
            by(3, Way::Snils),
        ),
        (
            "a student before a parent",
            with_snils(OWN),
            Found { by_snils: vec![having(OWN, parent(3)), having(OWN, student(1))], ..found() },
            by(1, Way::Snils),
        ),
        (
            "two students with one SNILS",
            with_snils(OWN),
            Found { by_snils: vec![having(OWN, student(2)), having(OWN, student(1))], ..found() },
            not(No::SeveralStudents, None, &[1, 2]),
        ),
        (
            "two parents with one SNILS",
            with_snils(OWN),
            Found { by_snils: vec![having(OWN, parent(4)), having(OWN, parent(3))], ..found() },
            not(No::SeveralStudents, None, &[3, 4]),
        ),
        (
            "SNILS, and another birth date",
            with_snils(OWN),
            Found { by_snils: vec![older(having(OWN, student(1)))], ..found() },
            not(No::BirthDateDiffers, Some(1), &[1]),
        ),
        (
            "a parent with another birth date: no class teacher is named",
            with_snils(OWN),
            Found { by_snils: vec![older(having(OWN, parent(3)))], ..found() },
            not(No::BirthDateDiffers, None, &[3]),
        ),
        (
            "a SNILS that nobody has, and a student without one",
            with_snils(OWN),
            Found { by_mobile: vec![student(1)], ..found() },
            by(1, Way::Mobile),
        ),
        (
            "a SNILS that nobody has, and a student with another",
            with_snils(OWN),
            Found { by_mobile: vec![having(ANOTHER, student(1))], ..found() },
            not(No::OtherSnils, Some(1), &[1]),
        ),
        (
            "a teacher with a student's address",
            with_snils(OWN),
            Found { by_snils: vec![having(OWN, other(9))], by_email: vec![student(1)], ..found() },
            not(No::OtherSnils, Some(1), &[1]),
        ),
        (
            "somebody who has left",
            with_snils(OWN),
            Found { by_snils: vec![having(OWN, other(9))], ..found() },
            not(No::NoSuchStudent, None, &[]),
        ),
        // Contacts.
        ("e-mail", account(), Found { by_email: vec![student(1)], ..found() }, by(1, Way::Email)),
        ("mobile", account(), Found { by_mobile: vec![student(1)], ..found() }, by(1, Way::Mobile)),
        ("no birth date here", account(), Found { by_mobile: vec![unborn(student(1))], ..found() }, by(1, Way::Mobile)),
        (
            "both",
            account(),
            Found { by_mobile: vec![student(1)], by_email: vec![student(1)], ..found() },
            by(1, Way::Email),
        ),
        (
            "a mobile shared with a sibling, an e-mail of one's own",
            account(),
            Found { by_mobile: vec![student(2), student(1)], by_email: vec![student(1)], ..found() },
            by(1, Way::Email),
        ),
        (
            "a shared mobile",
            account(),
            Found { by_mobile: vec![student(2), student(1)], ..found() },
            not(No::SeveralStudents, None, &[1, 2]),
        ),
        (
            "a mobile shared with a parent",
            account(),
            Found { by_mobile: vec![parent(3), student(1)], ..found() },
            not(No::SeveralStudents, None, &[1, 3]),
        ),
        (
            "mobile and e-mail of different students",
            account(),
            Found { by_mobile: vec![student(2)], by_email: vec![student(1)], ..found() },
            not(No::SeveralStudents, None, &[1, 2]),
        ),
        (
            "the mother's mobile, and her e-mail at the child",
            account(),
            Found { by_mobile: vec![parent(3)], by_email: vec![student(1)], ..found() },
            not(No::SeveralStudents, None, &[1, 3]),
        ),
        (
            "the same with a child's account",
            child(),
            Found { by_mobile: vec![parent(3)], by_email: vec![student(1)], ..found() },
            by(1, Way::Email),
        ),
        (
            "a child's account with a sibling's mobile",
            child(),
            Found { by_mobile: vec![student(2)], by_email: vec![student(1)], ..found() },
            not(No::SeveralStudents, None, &[1, 2]),
        ),
        (
            "a parent's contact",
            account(),
            Found { by_mobile: vec![parent(3)], ..found() },
            not(No::NoSuchStudent, None, &[]),
        ),
        (
            "a contact, and another birth date",
            account(),
            Found { by_email: vec![older(student(1))], ..found() },
            not(No::BirthDateDiffers, Some(1), &[1]),
        ),
        // Not confirmed.
        (
            "an account that is not confirmed",
            unconfirmed(),
            Found { by_email: vec![student(1)], ..found() },
            not(No::AccountNotConfirmed, Some(1), &[]),
        ),
        (
            "its SNILS proves nothing",
            GosuslugiPerson { confirmed: false, ..with_snils(OWN) },
            Found { by_snils: vec![having(OWN, student(1))], ..found() },
            not(No::AccountNotConfirmed, None, &[]),
        ),
        (
            "its contact, and another birth date",
            unconfirmed(),
            Found { by_email: vec![older(student(1))], ..found() },
            not(No::AccountNotConfirmed, None, &[]),
        ),
        ("a child's account", child(), Found { by_email: vec![student(1)], ..found() }, by(1, Way::Email)),
        // Near.
        (
            "a contact that is not confirmed",
            account(),
            Found { by_unverified: vec![student(1)], by_name: vec![student(1)], ..found() },
            not(No::ContactNotConfirmed, Some(1), &[]),
        ),
        (
            "the same without a birth date: whose it is is not told",
            account(),
            Found { by_unverified: vec![unborn(student(1))], ..found() },
            not(No::ContactNotConfirmed, None, &[]),
        ),
        (
            "a contact that is not confirmed, and another birth date",
            account(),
            Found { by_unverified: vec![older(student(1))], ..found() },
            not(No::NoSuchStudent, None, &[]),
        ),
        (
            "two have the contact that is not confirmed",
            account(),
            Found { by_unverified: vec![student(1), student(2)], by_name: vec![student(1)], ..found() },
            not(No::ContactDiffers, Some(1), &[]),
        ),
        (
            "name and birth date",
            account(),
            Found { by_name: vec![student(1)], ..found() },
            not(No::ContactDiffers, Some(1), &[]),
        ),
        (
            "two of one name and birth date",
            account(),
            Found { by_name: vec![student(1), student(2)], ..found() },
            not(No::NoSuchStudent, None, &[]),
        ),
        (
            "name and birth date, and another SNILS",
            with_snils(OWN),
            Found { by_name: vec![having(ANOTHER, student(1))], ..found() },
            not(No::OtherSnils, Some(1), &[1]),
        ),
        (
            "a parent's name",
            account(),
            Found { by_name: vec![parent(3)], ..found() },
            not(No::NoSuchStudent, None, &[]),
        ),
    ];
    for (what, person, found, expected) in cases {
        assert_eq!(recognise(&person, &found), expected, "{what}");
    }
}

#[test]
fn contacts_are_compared_in_one_form() {
    for text in ["+7(926)2464800", "8 926 246-48-00", "9262464800", "7 926 2464800"] {
        assert_eq!(GosuslugiContact::mobile(text, true).unwrap().value(), "+79262464800", "{text}");
    }
    // The official test persons'.
    assert_eq!(GosuslugiContact::mobile("+7(000)0000006", true).unwrap().value(), "+70000000006");
    assert_eq!(GosuslugiContact::mobile("", true), None);
    let email = GosuslugiContact::email(" EsiaTest006@Yandex.ru ", false).unwrap();
    assert_eq!((email.kind(), email.value(), email.verified()), (ContactKind::Email, "esiatest006@yandex.ru", false));
    assert_eq!(GosuslugiContact::email("nobody", true), None);
    assert_eq!((ContactKind::Mobile.way(), ContactKind::Email.way()), (Way::Mobile, Way::Email));
}

#[test]
fn codes_are_stable_and_those_of_readiness() {
    for reason in NotRecognisedReason::ALL {
        assert_eq!(NotRecognisedReason::from_code(reason.code()), Some(reason));
        assert_eq!(LastTry::from_code(reason.code()), reason.last_try());
    }
    assert_eq!(NotRecognisedReason::NoSuchStudent.code(), "no_such_student");
    assert_eq!(NotRecognisedReason::from_code("cancelled"), None);
}

#[test]
fn debug_shows_nobody() {
    let person =
        GosuslugiPerson { contacts: GosuslugiContact::email("a@b.co", true).into_iter().collect(), ..account() };
    assert_eq!(format!("{person:?} {:?}", person.contacts), "GosuslugiPerson(•••) [GosuslugiContact(•••)]");
}

/// Eight people, whatever list they turn up in: the same id is always the same person.
fn people() -> impl Strategy<Value = Vec<Candidate<u8>>> {
    let kind = prop_oneof![
        3 => Just(CandidateKind::Student),
        2 => Just(CandidateKind::Parent),
        1 => Just(CandidateKind::Other),
    ];
    let number = prop_oneof![Just(None), Just(snils(OWN)), Just(snils(ANOTHER))];
    let birth_date = prop_oneof![Just(None), Just(born(2015)), Just(born(1985))];
    proptest::collection::vec((kind, number, birth_date), 8).prop_map(|people| {
        (0..).zip(people).map(|(id, (kind, snils, birth_date))| Candidate { id, kind, snils, birth_date }).collect()
    })
}

/// Some of them, by position.
fn some() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0..8_usize, 0..4)
}

fn accounts() -> impl Strategy<Value = GosuslugiPerson> {
    let number = prop_oneof![Just(None), Just(snils(OWN)), Just(snils(ANOTHER))];
    let birth_date = prop_oneof![Just(None), Just(born(2015)), Just(born(1985))];
    (number, birth_date, any::<bool>(), any::<bool>()).prop_map(|(snils, birth_date, confirmed, child_account)| {
        GosuslugiPerson { snils, birth_date, confirmed, child_account, ..account() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_taken_for_somebody_else(
        people in people(),
        person in accounts(),
        linked in proptest::option::of(0..8_usize),
        by_mobile in some(),
        by_email in some(),
        by_unverified in some(),
        by_name in some(),
    ) {
        let of = |places: &[usize]| -> Vec<Candidate<u8>> {
            places.iter().filter_map(|place| people.get(*place).cloned()).collect()
        };
        let found = Found {
            linked: linked.and_then(|place| people.get(place).cloned()),
            by_snils: people.iter().filter(|one| person.snils.is_some() && one.snils == person.snils).cloned().collect(),
            by_mobile: of(&by_mobile),
            by_email: of(&by_email),
            by_unverified: of(&by_unverified),
            by_name: of(&by_name),
        };
        let verdict = recognise(&person, &found);

        let turned = |list: &[Candidate<u8>]| list.iter().rev().chain(list).cloned().collect::<Vec<_>>();
        let again = Found {
            linked: found.linked.clone(),
            by_snils: turned(&found.by_snils),
            by_mobile: turned(&found.by_mobile),
            by_email: turned(&found.by_email),
            by_unverified: turned(&found.by_unverified),
            by_name: turned(&found.by_name),
        };
        prop_assert_eq!(&recognise(&person, &again), &verdict, "neither order nor repetition matters");

        let one = |id: u8| people.iter().find(|one| one.id == id).unwrap();
        match verdict {
            Ok(Recognised { id, way }) => {
                let who = one(id);
                prop_assert!(who.kind != CandidateKind::Other);
                prop_assert!(who.snils.is_none() || person.snils.is_none() || who.snils == person.snils);
                prop_assert!(
                    who.birth_date.is_none() || person.birth_date.is_none() || who.birth_date == person.birth_date
                );
                prop_assert!(way == Way::Link || person.confirmed || person.child_account);
                match way {
                    Way::Link => prop_assert_eq!(found.linked.as_ref().map(|linked| linked.id), Some(id)),
                    Way::Snils => prop_assert!(person.snils.is_some() && who.snils == person.snils),
                    Way::Email | Way::Mobile => {
                        let list = if way == Way::Email { &found.by_email } else { &found.by_mobile };
                        prop_assert!(who.is_student());
                        prop_assert!(!list.is_empty() && list.iter().all(|holder| holder.id == id));
                        prop_assert!(found.by_snils.is_empty());
                    }
                }
            }
            Err(NotRecognised { reason, certain, flagged }) => {
                prop_assert!(certain.is_none_or(|id| one(id).is_student()));
                prop_assert!(flagged.windows(2).all(|pair| pair.first() < pair.last()), "in order, each once");
                prop_assert!(reason != NotRecognisedReason::NoSuchStudent || (certain.is_none() && flagged.is_empty()));
            }
        }
    }
}
