//! Scenes that the editor must play as written; `model` plays every other order of events.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]

mod model;

use super::*;
use crate::class_people::{ClassHead, ParentEntry, StudentEntry};
use crate::readiness::{Contact, ReadinessFacts, readiness};

const T0: i64 = 1_790_000_000_000;

fn record(id: &str, version: i64, values: &[(PersonField, &str)], signs_in: bool) -> PersonRecord {
    let mut fields = PersonFields::default();
    for (field, value) in values {
        fields.set(*field, Some((*value).to_owned()));
    }
    PersonRecord { id: id.to_owned(), version, fields, signs_in }
}

fn class(students: Vec<(PersonRecord, Vec<(Relation, PersonRecord)>)>) -> ClassPeople {
    let nothing =
        ReadinessFacts { linked: false, snils: false, mobile: Contact::None, email: Contact::None, last_failure: None };
    let entry = |(number, (student, parents)): (u32, (PersonRecord, Vec<(Relation, PersonRecord)>))| StudentEntry {
        number,
        student,
        parents: parents.into_iter().map(|(relation, person)| ParentEntry { relation, person }).collect(),
        readiness: readiness(&nothing),
    };
    ClassPeople {
        class: ClassHead {
            id: "class".to_owned(),
            school_id: "school".to_owned(),
            school: "School 5".to_owned(),
            title: "5А".to_owned(),
            year: 2026,
            country: Country::Ru,
        },
        students: (1..).zip(students).map(entry).collect(),
        ready: 0,
    }
}

fn rezida() -> PersonRecord {
    let values = [
        (PersonField::Surname, "Джалилов"),
        (PersonField::GivenName, "Резида"),
        (PersonField::Patronymic, "Егорович"),
        (PersonField::Mobile, "+79011111111"),
    ];
    record("s1", 5, &values, false)
}

fn diana() -> PersonRecord {
    record("m1", 2, &[(PersonField::Surname, "Захарченко"), (PersonField::GivenName, "Диана")], true)
}

fn people() -> ClassPeople {
    let lev = record("s2", 1, &[(PersonField::Surname, "Тетрадкин"), (PersonField::GivenName, "Лев")], false);
    class(vec![(rezida(), vec![(Relation::Mother, diana())]), (lev, vec![])])
}

fn cell(person: &str, field: PersonField) -> CellId {
    CellId { person: person.to_owned(), field }
}

fn email() -> CellId {
    cell("s1", PersonField::Email)
}

/// An editor with a source of keys.
struct Bench {
    editor: Editor,
    keys: u32,
}

impl Bench {
    fn new() -> Self {
        Self { editor: Editor::new(&people()).owned_by("me"), keys: 0 }
    }

    fn next(&mut self, now: i64) -> Option<Send> {
        let Self { editor, keys } = self;
        let sent = editor.next(now, &mut || {
            *keys += 1;
            format!("k{keys}")
        });
        if sent.is_none() {
            assert!(editor.wake_at().is_none_or(|at| at > now), "asleep although there is something to do");
        }
        sent
    }

    fn write(&mut self, cell: &CellId, text: &str, now: i64) {
        self.editor.typed(cell, text, now);
        self.editor.left(cell, now);
    }

    fn state(&self, cell: &CellId) -> CellState {
        self.editor.shown(cell).state
    }

    fn text(&self, cell: &CellId) -> String {
        self.editor.shown(cell).text
    }

    /// Answers a request as a server would that has nothing against it.
    fn save(&mut self, sent: &Send, base: PersonRecord, now: i64) {
        let mut person = base;
        person.version += 1;
        for (field, value) in &sent.changes {
            person.fields.set(*field, value.clone());
        }
        self.editor.answered(&sent.key, Answer::Saved(PersonSaved { person, at: now }), now);
    }
}

fn theirs(field: PersonField, value: &str) -> Theirs {
    Theirs { field, value: Some(value.to_owned()), by: "Соколова М. П.".to_owned(), at: T0 }
}

#[test]
fn a_change_goes_out_after_a_rest_and_is_saved_when_the_server_says_so() {
    let mut bench = Bench::new();
    let start = bench.editor.shown(&email());
    assert_eq!((start.text.as_str(), start.state), ("", CellState::Rest));
    bench.editor.typed(&email(), "primer123@mail.r", T0);
    bench.editor.typed(&email(), "primer123@mail.ru", T0 + 500);
    assert_eq!(bench.state(&email()), CellState::Typing);
    assert_eq!(bench.editor.wake_at(), Some(T0 + 500 + REST));
    assert_eq!(bench.next(T0 + 1_000), None);
    let sent = bench.next(T0 + 1_100).unwrap();
    assert_eq!((sent.person.as_str(), sent.base_version), ("s1", 5));
    assert_eq!(sent.changes, BTreeMap::from([(PersonField::Email, Some("primer123@mail.ru".to_owned()))]));
    assert_eq!(bench.state(&email()), CellState::Saving);
    assert_eq!(bench.editor.summary(), Summary { saving: 1, ..Summary::default() });
    assert!(bench.editor.unsent());
    bench.save(&sent, rezida(), T0 + 1_200);
    assert_eq!(bench.state(&email()), CellState::Saved { at: T0 + 1_200 });
    assert_eq!(bench.editor.summary(), Summary { saved_at: Some(T0 + 1_200), ..Summary::default() });
    assert!(!bench.editor.unsent() && bench.editor.journal().is_empty());
    // Leaving the cell afterwards sends nothing more.
    bench.editor.left(&email(), T0 + 2_000);
    assert_eq!(bench.next(T0 + 9_000), None);
}

#[test]
fn what_may_be_unfinished_is_not_told_before_the_cell_is_left() {
    let mut bench = Bench::new();
    let mobile = cell("s1", PersonField::Mobile);
    bench.editor.typed(&mobile, "8 900 12", T0);
    assert_eq!(bench.next(T0 + REST), None);
    assert_eq!(bench.state(&mobile), CellState::Typing);
    bench.editor.left(&mobile, T0 + 1_000);
    assert_eq!(bench.state(&mobile), CellState::Invalid(FieldFault::MobileShort));
    assert_eq!((bench.text(&mobile).as_str(), bench.editor.stored(&mobile)), ("8 900 12", Some("+79011111111")));
    assert_eq!(bench.editor.summary().failed, 1);
    assert_eq!(bench.next(T0 + 9_000), None);
    bench.editor.give_up(&mobile);
    assert_eq!((bench.text(&mobile).as_str(), bench.state(&mobile)), ("+7 901 111-11-11", CellState::Rest));
    // What no more typing can mend is told at once.
    let snils = cell("s1", PersonField::Snils);
    bench.editor.typed(&snils, "200-746-095 00", T0 + 2_000);
    assert_eq!(bench.next(T0 + 2_000 + REST), None);
    assert_eq!(bench.state(&snils), CellState::Invalid(FieldFault::SnilsCheck));
}

#[test]
fn an_invalid_text_does_not_disturb_what_was_queued_before() {
    let mut bench = Bench::new();
    bench.editor.connection(Connection::Offline, T0);
    bench.write(&email(), "a@mail.ru", T0);
    assert_eq!(bench.state(&email()), CellState::Queued);
    bench.write(&email(), "a@", T0 + 1);
    assert_eq!(bench.state(&email()), CellState::Invalid(FieldFault::Email));
    bench.editor.connection(Connection::Online, T0 + 2);
    let sent = bench.next(T0 + 2).unwrap();
    bench.save(&sent, rezida(), T0 + 3);
    assert_eq!((bench.text(&email()).as_str(), bench.state(&email())), ("a@", CellState::Invalid(FieldFault::Email)));
    bench.editor.give_up(&email());
    assert_eq!(bench.text(&email()), "a@mail.ru");
}

#[test]
fn several_fields_of_a_person_go_together_and_one_request_at_a_time() {
    let mut bench = Bench::new();
    bench.write(&email(), "a@mail.ru", T0);
    bench.write(&cell("s1", PersonField::Snils), "11223344595", T0);
    bench.write(&cell("s2", PersonField::Email), "lev@mail.ru", T0);
    let first = bench.next(T0).unwrap();
    assert_eq!(first.changes.len(), 2);
    let second = bench.next(T0).unwrap();
    assert_eq!(second.person, "s2");
    bench.write(&email(), "b@mail.ru", T0 + 1);
    assert_eq!(bench.state(&email()), CellState::Queued);
    assert_eq!(bench.next(T0 + 1), None, "a request of this person is on its way");
    bench.save(&first, rezida(), T0 + 2);
    assert_eq!(bench.state(&email()), CellState::Queued, "what was acknowledged is not what the cell shows");
    let third = bench.next(T0 + 2).unwrap();
    assert_eq!((third.base_version, third.changes.len()), (6, 1));
}

#[test]
fn a_lost_request_goes_out_again_under_its_key_with_growing_waits() {
    let mut bench = Bench::new();
    bench.write(&email(), "a@mail.ru", T0);
    let first = bench.next(T0).unwrap();
    let mut now = T0;
    for wait in [1, 2, 4, 8, 16, 30, 30] {
        bench.editor.answered(&first.key, Answer::NoConnection, now);
        assert_eq!(bench.state(&email()), CellState::Queued);
        // Other changes do not hammer the server meanwhile.
        bench.write(&cell("s2", PersonField::Email), "lev@mail.ru", now);
        assert_eq!(bench.editor.summary(), Summary { queued: 2, offline: true, ..Summary::default() });
        assert_eq!(bench.editor.wake_at(), Some(now + wait * 1_000));
        assert_eq!(bench.next(now + wait * 1_000 - 1), None);
        now += wait * 1_000;
        assert_eq!(bench.next(now).as_ref(), Some(&first));
    }
    bench.save(&first, rezida(), now);
    assert_eq!(bench.state(&email()), CellState::Saved { at: now });
    assert!(!bench.editor.summary().offline);
    assert_eq!(bench.next(now).unwrap().person, "s2");
}

#[test]
fn busy_waits_as_long_as_the_server_asks_and_online_ends_the_wait() {
    let mut bench = Bench::new();
    bench.write(&email(), "a@mail.ru", T0);
    let sent = bench.next(T0).unwrap();
    bench.editor.answered(&sent.key, Answer::Busy { retry_after_ms: 7_000 }, T0);
    assert_eq!(bench.editor.wake_at(), Some(T0 + 7_000));
    assert!(!bench.editor.summary().offline);
    assert_eq!(bench.next(T0 + 7_000).as_ref(), Some(&sent));
    bench.editor.answered(&sent.key, Answer::NoConnection, T0 + 7_000);
    bench.editor.connection(Connection::Offline, T0 + 7_100);
    assert_eq!(bench.next(T0 + 60_000), None);
    bench.editor.connection(Connection::Online, T0 + 60_000);
    assert_eq!(bench.next(T0 + 60_000), Some(sent));
}

#[test]
fn a_conflict_shows_both_values_and_the_person_decides() {
    for keep in [true, false] {
        let mut bench = Bench::new();
        bench.write(&email(), "mine@mail.ru", T0);
        bench.write(&cell("s1", PersonField::Snils), "11223344595", T0);
        let sent = bench.next(T0).unwrap();
        let mut person = rezida();
        person.version = 8;
        person.fields.email = Some("theirs@mail.ru".to_owned());
        let conflict = Conflict { person: person.clone(), theirs: vec![theirs(PersonField::Email, "theirs@mail.ru")] };
        bench.editor.answered(&sent.key, Answer::Conflict(conflict), T0 + 1);
        let shown = bench.editor.shown(&email());
        assert_eq!(shown.text, "mine@mail.ru");
        assert_eq!(shown.state, CellState::Conflict(theirs(PersonField::Email, "theirs@mail.ru")));
        // The other field was not in question.
        let other = bench.next(T0 + 1).unwrap();
        assert_eq!((other.base_version, other.changes.keys().collect::<Vec<_>>()), (8, vec![&PersonField::Snils]));
        assert_eq!((bench.editor.summary().conflicts, bench.editor.summary().saving), (1, 1));
        bench.save(&other, person.clone(), T0 + 2);
        if keep {
            bench.editor.keep_mine(&email(), T0 + 3);
            let sent = bench.next(T0 + 3).unwrap();
            assert_eq!((sent.base_version, sent.changes.len()), (9, 1));
        } else {
            bench.editor.take_theirs(&email());
            assert_eq!((bench.text(&email()).as_str(), bench.state(&email())), ("theirs@mail.ru", CellState::Rest));
            assert_eq!(bench.next(T0 + 3), None);
        }
    }
}

#[test]
fn esc_over_a_conflict_decides_nothing_and_undo_takes_theirs() {
    let mut bench = Bench::new();
    bench.write(&email(), "mine@mail.ru", T0);
    let sent = bench.next(T0).unwrap();
    let mut person = rezida();
    person.version = 6;
    person.fields.email = Some("theirs@mail.ru".to_owned());
    let conflict = Conflict { person, theirs: vec![theirs(PersonField::Email, "theirs@mail.ru")] };
    bench.editor.answered(&sent.key, Answer::Conflict(conflict), T0 + 1);
    bench.editor.typed(&email(), "third@mail.ru", T0 + 2);
    assert_eq!(bench.next(T0 + 2 + REST), None, "only leaving the cell decides");
    bench.editor.take_back(&email(), T0 + 3_000);
    assert!(matches!(bench.state(&email()), CellState::Conflict(_)));
    assert_eq!(bench.editor.undo(T0 + 4_000), Some(email()));
    assert_eq!((bench.text(&email()).as_str(), bench.state(&email())), ("theirs@mail.ru", CellState::Rest));
    bench.write(&email(), "fourth@mail.ru", T0 + 5_000);
    assert_eq!(bench.next(T0 + 5_000).unwrap().base_version, 6);
}

#[test]
fn a_conflict_that_comes_while_one_is_typing_is_not_decided_unseen() {
    let mut bench = Bench::new();
    bench.write(&email(), "mine@mail.ru", T0);
    let sent = bench.next(T0).unwrap();
    bench.editor.typed(&email(), "mine@mail.com", T0 + 1);
    let mut person = rezida();
    person.version = 6;
    person.fields.email = Some("theirs@mail.ru".to_owned());
    let conflict = Conflict { person, theirs: vec![theirs(PersonField::Email, "theirs@mail.ru")] };
    bench.editor.answered(&sent.key, Answer::Conflict(conflict), T0 + 2);
    assert_eq!(bench.state(&email()), CellState::Typing);
    // The buttons of a conflict that is not in sight do nothing.
    bench.editor.keep_mine(&email(), T0 + 3);
    bench.editor.take_theirs(&email());
    bench.editor.left(&email(), T0 + 4);
    assert_eq!(bench.text(&email()), "mine@mail.com");
    assert_eq!(bench.state(&email()), CellState::Conflict(theirs(PersonField::Email, "theirs@mail.ru")));
    assert_eq!(bench.next(T0 + 60_000), None);
    // Now it was in sight: writing over it decides.
    bench.write(&email(), "mine@mail.org", T0 + 5);
    assert_eq!(bench.next(T0 + 5).unwrap().base_version, 6);
}

#[test]
fn others_changes_appear_with_their_name_until_the_cell_is_visited() {
    let mut bench = Bench::new();
    let mut person = rezida();
    person.version = 6;
    person.fields.email = Some("theirs@mail.ru".to_owned());
    bench.editor.heard(&person, "Соколова М. П.", T0);
    let shown = bench.editor.shown(&email());
    assert_eq!((shown.text.as_str(), shown.state), ("theirs@mail.ru", CellState::Rest));
    assert_eq!(shown.by.as_deref(), Some("Соколова М. П."));
    assert_eq!(bench.editor.shown(&cell("s1", PersonField::Mobile)).by, None);
    bench.editor.left(&email(), T0 + 1);
    assert_eq!(bench.editor.shown(&email()).by, None);
    // An older record does not bring the past back.
    bench.editor.heard(&rezida(), "Соколова М. П.", T0 + 2);
    assert_eq!(bench.text(&email()), "theirs@mail.ru");
}

#[test]
fn a_value_that_changed_while_one_was_typing_is_not_overwritten() {
    let mut bench = Bench::new();
    bench.editor.typed(&email(), "mine@mail.ru", T0);
    let mut person = rezida();
    person.version = 6;
    person.fields.email = Some("theirs@mail.ru".to_owned());
    person.fields.patronymic = Some("Ильич".to_owned());
    bench.editor.heard(&person, "Соколова М. П.", T0);
    bench.write(&cell("s1", PersonField::Snils), "11223344595", T0 + 1);
    bench.editor.left(&email(), T0 + 1);
    // Each field names the version that it was made on.
    let sent: Vec<Send> = [T0 + 1, T0 + 2]
        .into_iter()
        .map(|now| {
            let sent = bench.next(now).unwrap();
            bench.save(&sent, person.clone(), now);
            sent
        })
        .collect();
    assert_eq!((sent[0].base_version, sent[0].changes.len()), (5, 1));
    assert_eq!((sent[1].base_version, sent[1].changes.len()), (7, 1));
    // Typed and typed back: nothing of mine, so theirs stays.
    let mut bench = Bench::new();
    let mobile = cell("s1", PersonField::Mobile);
    bench.editor.typed(&mobile, "8901", T0);
    person.fields.mobile = Some("+79022222222".to_owned());
    bench.editor.heard(&person, "Соколова М. П.", T0);
    bench.write(&mobile, "8 901 111 11 11", T0);
    assert_eq!((bench.text(&mobile).as_str(), bench.next(T0 + 9_000)), ("+7 902 222-22-22", None));
}

#[test]
fn what_the_server_refuses_stays_visible() {
    let mut bench = Bench::new();
    bench.write(&email(), "a@mail.ru", T0);
    bench.write(&cell("s1", PersonField::Snils), "11223344595", T0);
    let sent = bench.next(T0).unwrap();
    let invalid = Answer::Invalid(vec![(PersonField::Snils, FieldFault::SnilsCheck)]);
    bench.editor.answered(&sent.key, invalid, T0);
    let snils = cell("s1", PersonField::Snils);
    assert_eq!(bench.state(&snils), CellState::Invalid(FieldFault::SnilsCheck));
    assert_eq!(bench.text(&snils), "112-233-445 95");
    assert_eq!(bench.state(&email()), CellState::Queued);
    let sent = bench.next(T0).unwrap();
    bench.editor.answered(&sent.key, Answer::Forbidden, T0);
    assert_eq!(bench.state(&email()), CellState::Refused(SaveProblem::Forbidden));
    assert_eq!((bench.editor.summary().failed, bench.next(T0 + 90_000)), (2, None));
    bench.editor.retry(&email(), T0 + 1);
    let again = bench.next(T0 + 1).unwrap();
    assert_ne!(again.key, sent.key);
    bench.editor.answered(&again.key, Answer::Gone, T0 + 1);
    bench.editor.give_up(&email());
    bench.editor.give_up(&snils);
    assert!(!bench.editor.unsent());
}

#[test]
fn after_the_session_has_ended_the_same_request_goes_out_when_asked() {
    let mut bench = Bench::new();
    bench.write(&email(), "a@mail.ru", T0);
    bench.write(&cell("s2", PersonField::Email), "lev@mail.ru", T0);
    let sent = [bench.next(T0).unwrap(), bench.next(T0).unwrap()];
    for send in &sent {
        bench.editor.answered(&send.key, Answer::SignedOut, T0);
    }
    assert_eq!(bench.state(&email()), CellState::Refused(SaveProblem::SignedOut));
    assert_eq!(bench.next(T0 + 60_000), None);
    assert_eq!(bench.editor.journal().requests, sent);
    // What waits behind such a request says so too.
    bench.write(&email(), "b@mail.ru", T0 + 1);
    assert_eq!(bench.state(&email()), CellState::Refused(SaveProblem::SignedOut));
    bench.editor.retry(&email(), T0 + 60_000);
    let again = [bench.next(T0 + 60_000).unwrap(), bench.next(T0 + 60_000).unwrap()];
    assert_eq!(again, sent);
    bench.editor.answered(&again[0].key, Answer::Failed, T0 + 60_000);
    assert_eq!(bench.state(&email()), CellState::Refused(SaveProblem::Failed));
    bench.editor.give_up(&email());
    assert_eq!((bench.text(&email()).as_str(), bench.state(&email())), ("", CellState::Rest));
}

#[test]
fn whoever_signs_in_again_has_it_sent() {
    let mut bench = Bench::new();
    bench.write(&email(), "a@mail.ru", T0);
    let sent = bench.next(T0).unwrap();
    bench.editor.answered(&sent.key, Answer::SignedOut, T0);
    assert_eq!(bench.next(T0 + 60_000), None);
    bench.editor.signed_in(T0 + 60_000);
    assert_eq!(bench.next(T0 + 60_000).unwrap(), sent);
    assert_eq!(bench.state(&email()), CellState::Saving);
}

#[test]
fn what_somebody_signs_in_with_waits_for_proof_and_the_rest_does_not() {
    let mut bench = Bench::new();
    let mobile = cell("m1", PersonField::Mobile);
    let patronymic = cell("m1", PersonField::Patronymic);
    bench.write(&mobile, "8 900 000 00 11", T0);
    bench.write(&patronymic, "Набиевна", T0);
    let guarded = bench.next(T0).unwrap();
    assert_eq!(guarded.changes.len(), 1);
    bench.editor.answered(&guarded.key, Answer::ProofNeeded, T0);
    assert_eq!((bench.state(&mobile), bench.editor.summary().proof), (CellState::ProofNeeded, 1));
    let plain = bench.next(T0).unwrap();
    assert!(plain.changes.contains_key(&PersonField::Patronymic));
    bench.save(&plain, diana(), T0);
    assert_eq!(bench.next(T0 + 60_000), None);
    bench.editor.proof_given(T0 + 60_000);
    let again = bench.next(T0 + 60_000).unwrap();
    assert_eq!((again.changes.len(), again.base_version), (1, 3));
}

#[test]
fn the_first_value_in_an_empty_place_adds_a_parent() {
    let mut bench = Bench::new();
    let place = empty_place("s1", Relation::Father);
    assert_eq!(as_empty_place(&place), Some(("s1", Relation::Father)));
    assert_eq!((as_empty_place("s1"), as_empty_place("s1/aunt")), (None, None));
    let surname = cell(&place, PersonField::Surname);
    let given = cell(&place, PersonField::GivenName);
    bench.write(&surname, "Джалилов", T0);
    let sent = bench.next(T0).unwrap();
    assert_eq!((sent.person.as_str(), sent.base_version), (place.as_str(), 0));
    bench.write(&given, "Егор", T0 + 1);
    assert_eq!(bench.next(T0 + 1), None);
    let father = record("f1", 1, &[(PersonField::Surname, "Джалилов"), (PersonField::GivenName, "")], false);
    bench.editor.answered(&sent.key, Answer::Saved(PersonSaved { person: father, at: T0 + 2 }), T0 + 2);
    assert_eq!(bench.editor.person_at(&place), "f1");
    assert_eq!(bench.state(&surname), CellState::Saved { at: T0 + 2 });
    assert_eq!(bench.state(&cell("f1", PersonField::Surname)), CellState::Saved { at: T0 + 2 });
    let sent = bench.next(T0 + 2).unwrap();
    assert_eq!((sent.person.as_str(), sent.base_version), ("f1", 1));
    assert!(sent.changes.contains_key(&PersonField::GivenName));
    // Undo reaches through the place to the person; but a name that is stored cannot become none.
    bench.editor.undo(T0 + 3);
    assert_eq!(bench.text(&surname), "Джалилов");
}

#[test]
fn a_parent_whom_somebody_else_added_meanwhile_is_not_added_twice() {
    for lost_before in [true, false] {
        let mut bench = Bench::new();
        let place = empty_place("s2", Relation::Mother);
        let mobile = cell(&place, PersonField::Mobile);
        bench.write(&mobile, "8 900 000 00 31", T0);
        let sent = bench.next(T0).unwrap();
        if lost_before {
            bench.editor.answered(&sent.key, Answer::NoConnection, T0);
        }
        let values = [(PersonField::Surname, "Тетрадкина"), (PersonField::Mobile, "+79000000032")];
        let mut now = people();
        let mother = ParentEntry { relation: Relation::Mother, person: record("m2", 4, &values, false) };
        now.students[1].parents.push(mother);
        bench.editor.reloaded(&now);
        if !lost_before {
            bench.editor.answered(&sent.key, Answer::NoConnection, T0);
        }
        assert_eq!(bench.text(&cell(&place, PersonField::Surname)), "Тетрадкина");
        let again = bench.next(T0 + 60_000).unwrap();
        assert_eq!((again.person.as_str(), again.base_version), ("m2", 0), "her number is not overwritten unseen");
        assert_ne!(again.key, sent.key);
    }
}

#[test]
fn a_killed_tab_comes_back_with_everything() {
    let mut bench = Bench::new();
    bench.write(&email(), "a@mail.ru", T0);
    let sent = bench.next(T0).unwrap();
    bench.write(&email(), "b@mail.ru", T0);
    bench.editor.typed(&cell("s2", PersonField::Snils), "112-233", T0);
    let json = serde_json::to_string(&bench.editor.journal()).unwrap();
    let journal = || serde_json::from_str::<Journal>(&json).unwrap();
    assert_eq!(journal(), bench.editor.journal());
    assert_eq!(format!("{:?}", journal()), "Journal(•••)");

    assert!(!Editor::new(&people()).owned_by("you").restore(journal(), T0 + 1));
    assert!(!Editor::new(&people()).owned_by("me").restore(journal(), T0 + JOURNAL_KEPT + 1));
    let mut elsewhere = people();
    "another".clone_into(&mut elsewhere.class.id);
    assert!(!Editor::new(&elsewhere).owned_by("me").restore(journal(), T0 + 1));

    let mut back = Bench::new();
    assert!(back.editor.restore(journal(), T0 + 1));
    assert_eq!((back.text(&email()).as_str(), back.state(&email())), ("b@mail.ru", CellState::Queued));
    let snils = cell("s2", PersonField::Snils);
    assert_eq!(back.state(&snils), CellState::Invalid(FieldFault::SnilsLength));
    assert_eq!(back.next(T0 + 1).as_ref(), Some(&sent), "the same request under the same key");
    back.save(&sent, rezida(), T0 + 2);
    back.keys = 100;
    let second = back.next(T0 + 2).unwrap();
    assert_eq!((second.base_version, second.changes.len()), (6, 1));
}

#[test]
fn the_journals_of_two_tabs_are_taken_up_one_after_the_other() {
    let mut one = Bench::new();
    one.write(&email(), "a@mail.ru", T0);
    let first = one.next(T0).unwrap();
    let mut two = Bench { keys: 50, ..Bench::new() };
    two.write(&cell("s1", PersonField::Snils), "11223344595", T0);
    let second = two.next(T0).unwrap();
    two.write(&cell("s2", PersonField::Email), "lev@mail.ru", T0);
    let mut back = Bench { keys: 100, ..Bench::new() };
    for journal in [one.editor.journal(), two.editor.journal(), one.editor.journal()] {
        assert!(back.editor.restore(journal, T0));
    }
    assert_eq!(back.next(T0).as_ref(), Some(&first));
    assert_eq!(back.next(T0).unwrap().person, "s2", "one request of a person at a time");
    assert_eq!(back.next(T0), None);
    back.save(&first, rezida(), T0);
    assert_eq!(back.next(T0), Some(second));
}

#[test]
fn a_conflict_is_still_one_after_a_restart() {
    let mut bench = Bench::new();
    bench.write(&email(), "mine@mail.ru", T0);
    let sent = bench.next(T0).unwrap();
    let mut now = people();
    now.students[0].student.version = 6;
    now.students[0].student.fields.email = Some("theirs@mail.ru".to_owned());
    let person = now.students[0].student.clone();
    let conflict = Conflict { person, theirs: vec![theirs(PersonField::Email, "theirs@mail.ru")] };
    bench.editor.answered(&sent.key, Answer::Conflict(conflict), T0);
    let journal = bench.editor.journal();
    let mut back = Editor::new(&now).owned_by("me");
    assert!(back.restore(journal, T0));
    let sent = back.next(T0, &mut || "k".to_owned()).unwrap();
    assert_eq!(sent.base_version, 5, "the server is to say again by whom it was changed");
}

#[test]
fn esc_takes_back_what_was_typed_even_when_some_of_it_was_sent() {
    let mut bench = Bench::new();
    bench.editor.typed(&email(), "a@mail.r", T0);
    bench.editor.take_back(&email(), T0 + 1);
    assert_eq!((bench.text(&email()).as_str(), bench.state(&email())), ("", CellState::Rest));
    assert!(!bench.editor.can_undo() && !bench.editor.unsent());
    bench.editor.typed(&email(), "a@mail.ru", T0 + 2);
    let sent = bench.next(T0 + 2 + REST).unwrap();
    bench.editor.typed(&email(), "a@mail.rus", T0 + 1_000);
    bench.editor.take_back(&email(), T0 + 1_001);
    assert_eq!((bench.text(&email()).as_str(), bench.state(&email())), ("", CellState::Queued));
    assert!(!bench.editor.can_undo());
    bench.save(&sent, rezida(), T0 + 1_002);
    let back = bench.next(T0 + 1_002).unwrap();
    assert_eq!(back.changes, BTreeMap::from([(PersonField::Email, None)]));
}

#[test]
fn undo_and_redo_are_saved_like_edits_and_leave_others_work_alone() {
    let mut bench = Bench::new();
    let patronymic = cell("s1", PersonField::Patronymic);
    bench.write(&email(), "a@mail.ru", T0);
    let sent = bench.next(T0).unwrap();
    bench.save(&sent, rezida(), T0);
    bench.write(&patronymic, "Ильич", T0 + 1);
    assert_eq!(bench.editor.undo(T0 + 2), Some(patronymic.clone()));
    assert_eq!((bench.text(&patronymic).as_str(), bench.state(&patronymic)), ("Егорович", CellState::Rest));
    assert_eq!(bench.editor.undo(T0 + 3), Some(email()));
    let sent = bench.next(T0 + 3).unwrap();
    assert_eq!(sent.changes, BTreeMap::from([(PersonField::Email, None)]));
    assert_eq!((bench.editor.undo(T0 + 4), bench.editor.can_undo()), (None, false));
    assert_eq!(bench.editor.redo(T0 + 5), Some(email()));
    assert_eq!(bench.editor.redo(T0 + 6), Some(patronymic.clone()));
    assert_eq!((bench.editor.redo(T0 + 7), bench.editor.can_redo()), (None, false));
    assert_eq!((bench.text(&email()).as_str(), bench.text(&patronymic).as_str()), ("a@mail.ru", "Ильич"));
    // Somebody else has written the cell since: undo passes it by.
    let mut bench = Bench::new();
    bench.write(&email(), "a@mail.ru", T0);
    let sent = bench.next(T0).unwrap();
    bench.save(&sent, rezida(), T0);
    let mut person = rezida();
    person.version = 7;
    person.fields.email = Some("theirs@mail.ru".to_owned());
    bench.editor.heard(&person, "Соколова М. П.", T0);
    assert_eq!((bench.editor.undo(T0 + 1), bench.text(&email()).as_str()), (None, "theirs@mail.ru"));
}

#[test]
fn what_others_wrote_while_one_was_typing_is_no_step_of_mine() {
    let mut bench = Bench::new();
    bench.editor.typed(&email(), "a", T0);
    let mut person = rezida();
    person.version = 6;
    person.fields.email = Some("theirs@mail.ru".to_owned());
    bench.editor.heard(&person, "Соколова М. П.", T0);
    bench.write(&email(), "", T0 + 1);
    assert_eq!((bench.editor.undo(T0 + 2), bench.text(&email()).as_str()), (None, "theirs@mail.ru"));
}

#[test]
fn one_visit_is_one_step() {
    let mut bench = Bench::new();
    bench.editor.typed(&email(), "a@mail.ru", T0);
    assert!(bench.next(T0 + REST).is_some());
    bench.editor.typed(&email(), "ab@mail.ru", T0 + 1_000);
    bench.editor.left(&email(), T0 + 1_100);
    bench.editor.undo(T0 + 2_000);
    assert_eq!((bench.text(&email()).as_str(), bench.editor.can_undo()), ("", false));
    bench.editor.redo(T0 + 3_000);
    assert_eq!(bench.text(&email()), "ab@mail.ru");
}

fn order() -> CellOrder {
    let row = |people: [&str; 2]| {
        people.into_iter().flat_map(|person| PersonField::ALL.map(|field| Some(cell(person, field)))).collect()
    };
    let mut rows: Vec<Vec<Option<CellId>>> = vec![row(["s1", "m1"]), row(["s2", "s2/mother"])];
    rows[1][3] = None;
    CellOrder { rows }
}

#[test]
fn a_block_is_pasted_as_one_step_and_wipes_nothing() {
    let mut bench = Bench::new();
    let block = table("Ильич\t3.6.2015\t8765430300\r\n\"Иль\"\"ич\"\t1.1.2015\t9,01E+10\t \t\tЛишняя\r\nещё\t\r\n");
    let result = bench.editor.paste(&cell("s1", PersonField::Patronymic), &block, &order(), T0);
    let changed = [
        cell("s1", PersonField::Patronymic),
        cell("s1", PersonField::BirthDate),
        cell("s1", PersonField::Snils),
        cell("s2/mother", PersonField::Surname),
    ];
    assert_eq!(result.changed, changed);
    let refused: Vec<_> = result.refused.iter().map(|r| (r.cell.clone(), r.text.as_str(), r.fault)).collect();
    let quoted = (cell("s2", PersonField::Patronymic), "Иль\"ич", FieldFault::Characters);
    let exponent = (cell("s2", PersonField::Snils), "9,01E+10", FieldFault::SnilsDigits);
    assert_eq!(refused, [quoted, exponent]);
    assert_eq!(result.outside, 2, "the place that takes no value, and the line under the table");
    assert_eq!(bench.text(&cell("s1", PersonField::Snils)), "087-654-303 00", "the leading zero is back");
    assert_eq!(bench.text(&cell("s1", PersonField::Mobile)), "+7 901 111-11-11");
    assert!(bench.editor.undo(T0 + 1).is_some());
    assert!(!bench.editor.can_undo() && !bench.editor.unsent());
    assert_eq!(bench.editor.redo(T0 + 2), Some(cell("s1", PersonField::Patronymic)));
    assert_eq!(bench.text(&cell("s2/mother", PersonField::Surname)), "Лишняя");
}

#[test]
fn one_value_fills_a_selection() {
    let mut bench = Bench::new();
    let cells = [
        cell("s1", PersonField::Patronymic),
        cell("s2", PersonField::Patronymic),
        cell("s2", PersonField::Mobile),
        cell("nobody", PersonField::Patronymic),
    ];
    let result = bench.editor.fill(&cells, "Ильич", T0);
    assert_eq!((result.changed.as_slice(), result.refused.len(), result.outside), (&cells[..2], 1, 1));
    assert_eq!(bench.editor.fill(&cells[..2], "Ильич", T0).changed, []);
    let emptied = bench.editor.fill(&[cell("s1", PersonField::Patronymic), cell("s1", PersonField::Surname)], "", T0);
    assert_eq!((emptied.changed.len(), emptied.refused.len()), (1, 1));
    bench.editor.undo(T0);
    bench.editor.undo(T0);
    assert_eq!(bench.text(&cells[0]), "Егорович");
}

#[test]
fn tables_are_read_as_spreadsheets_write_them() {
    let rows = |text: &str| table(text);
    assert_eq!(rows("a\tb\nc\td\n"), [["a", "b"], ["c", "d"]]);
    assert_eq!(rows("a\r\nb"), [["a"], ["b"]]);
    assert_eq!(rows("\"a\tb\nc\"\"d\"\te"), [["a\tb\nc\"d", "e"]]);
    assert_eq!(rows("רמב\"ם\tx"), [["רמב\"ם", "x"]]);
    assert_eq!(rows("\t\n"), [["", ""]]);
    assert_eq!(rows(""), Vec::<Vec<String>>::new());
}

#[test]
fn the_latest_day_on_earth() {
    let day = |at| latest_day(at).unwrap().to_iso();
    assert_eq!(day(0), "1970-01-01");
    assert_eq!(day(10 * 3_600_000), "1970-01-02");
    assert_eq!(day(951_782_400_000), "2000-02-29");
    assert_eq!(day(1_709_164_800_000), "2024-02-29");
    assert_eq!(day(1_772_323_200_000), "2026-03-01");
    assert_eq!(latest_day(i64::MAX), None);
    assert_eq!(latest_day(i64::MIN), None);
}

/// The class without its only mother.
fn without_diana() -> ClassPeople {
    let mut now = people();
    now.students[0].parents.clear();
    now
}

#[test]
fn a_parent_who_was_taken_away_leaves_an_empty_place() {
    let mut bench = Bench::new();
    let (mobile, place) = (cell("m1", PersonField::Mobile), cell("s1/mother", PersonField::Mobile));
    bench.write(&mobile, "+79012222222", T0);
    let sent = bench.next(T0).unwrap();
    bench.save(&sent, diana(), T0);
    bench.write(&mobile, "", T0 + 1);
    let sent = bench.next(T0 + 1).unwrap();
    let saved = record("m1", 3, &[(PersonField::Surname, "Захарченко"), (PersonField::GivenName, "Диана")], true);
    bench.save(&sent, saved, T0 + 1);
    bench.editor.reloaded(&without_diana());
    for cell in [&mobile, &place, &cell("m1", PersonField::Surname)] {
        assert_eq!((bench.text(cell).as_str(), bench.state(cell)), ("", CellState::Rest), "{cell:?}");
    }
    // Nothing of hers is typed, undone or sent any more.
    bench.write(&mobile, "+79013333333", T0 + 2);
    assert_eq!((bench.editor.undo(T0 + 3), bench.next(T0 + 3), bench.editor.wake_at()), (None, None, None));
    assert!(!bench.editor.unsent() && bench.editor.journal().is_empty());
    // The place takes another one.
    bench.write(&place, "+79014444444", T0 + 4);
    let sent = bench.next(T0 + 4).unwrap();
    assert_eq!((sent.person.as_str(), sent.base_version), ("s1/mother", 0));
    bench.save(&sent, record("m2", 0, &[], false), T0 + 5);
    assert_eq!((bench.editor.person_at("s1/mother"), bench.text(&place).as_str()), ("m2", "+7 901 444-44-44"));
}

#[test]
fn what_was_typed_of_a_parent_who_was_taken_away_is_not_lost() {
    let mut bench = Bench::new();
    let patronymic = cell("m1", PersonField::Patronymic);
    bench.write(&patronymic, "Ильинична", T0);
    let sent = bench.next(T0).unwrap();
    bench.editor.reloaded(&without_diana());
    assert_eq!((bench.text(&patronymic).as_str(), bench.state(&patronymic)), ("Ильинична", CellState::Saving));
    bench.editor.answered(&sent.key, Answer::Forbidden, T0 + 1);
    assert_eq!(bench.state(&patronymic), CellState::Refused(SaveProblem::Forbidden));
    bench.editor.give_up(&patronymic);
    bench.editor.reloaded(&without_diana());
    assert_eq!(bench.editor.person_at("s1/mother"), "s1/mother");
    assert_eq!((bench.text(&cell("m1", PersonField::Surname)).as_str(), bench.editor.unsent()), ("", false));
}

#[test]
fn a_reading_that_is_older_than_a_parent_takes_nothing_away() {
    let mut bench = Bench::new();
    let place = cell("s2/mother", PersonField::Surname);
    bench.write(&place, "Тетрадкина", T0);
    let sent = bench.next(T0).unwrap();
    bench.save(&sent, record("m2", 0, &[], false), T0 + 1);
    bench.editor.reloaded(&people());
    assert_eq!((bench.text(&place).as_str(), bench.editor.person_at("s2/mother")), ("Тетрадкина", "m2"));
    assert_eq!(bench.state(&place), CellState::Saved { at: T0 + 1 });
}

#[test]
fn somebody_who_left_the_class_keeps_the_last_changes_until_they_are_stored() {
    let mut bench = Bench::new();
    bench.write(&cell("s2", PersonField::Email), "lev@mail.ru", T0);
    let mut now = people();
    now.students.truncate(1);
    bench.editor.reloaded(&now);
    assert_eq!(bench.next(T0).unwrap().person, "s2");
    assert_eq!(bench.editor.unsettled(), [(cell("s2", PersonField::Email), CellState::Saving)]);
}
