//! Every order of events: edits by me and by others, requests that are lost before or after they did their work or come too late, refusals,
//! conflicts, live changes heard or missed, killed tabs, undo and redo. The other side is a little server with versions, versions of single
//! fields and idempotency keys.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const FIELDS: [PersonField; 4] =
    [PersonField::Surname, PersonField::Patronymic, PersonField::Mobile, PersonField::Email];

/// A text in letters for a number, since names have no digits.
fn letters(mut number: u32) -> String {
    let mut text = String::new();
    loop {
        text.push(char::from(b'a' + u8::try_from(number % 26).unwrap()));
        number /= 26;
        if number == 0 {
            return text;
        }
    }
}

/// What is typed into a field for a number: a value of its own, nothing, or no value.
fn text_for(field: PersonField, number: u32) -> String {
    match number % 9 {
        0 => String::new(),
        1 => "4".to_owned(),
        _ => value_for(field, number),
    }
}

fn value_for(field: PersonField, number: u32) -> String {
    match field {
        PersonField::Mobile => format!("+790{:08}", number % 100_000_000),
        PersonField::Email => format!("{}@mail.ru", letters(number)),
        _ => format!("A{}", letters(number)),
    }
}

/// The stored value of a field, the version that it came with, and whether it was written by somebody else.
#[derive(Clone, Default)]
struct Slot {
    value: Option<String>,
    version: i64,
    others: bool,
}

#[derive(Clone, Default)]
struct Row {
    version: i64,
    signs_in: bool,
    slots: BTreeMap<PersonField, Slot>,
}

#[derive(Default)]
struct Server {
    rows: BTreeMap<String, Row>,
    parents: BTreeMap<(String, Relation), String>,
    answers: BTreeMap<String, (Send, Answer)>,
    proved: bool,
    news: Vec<(PersonRecord, String)>,
    /// Values of others that a request of mine replaced.
    replaced: Vec<(CellId, Option<String>)>,
    /// What a request of mine had stored.
    stored: BTreeSet<(CellId, Option<String>)>,
    clock: i64,
}

impl Server {
    fn new() -> Self {
        let mut server = Self { clock: T0, ..Self::default() };
        for (id, signs_in) in [("s1", false), ("s2", true)] {
            let surname = Slot { value: Some("Start".to_owned()), version: 1, others: true };
            let row = Row { version: 1, signs_in, slots: BTreeMap::from([(PersonField::Surname, surname)]) };
            server.rows.insert(id.to_owned(), row);
        }
        server
    }

    fn record(&self, id: &str) -> PersonRecord {
        let row = &self.rows[id];
        let mut fields = PersonFields::default();
        for (field, slot) in &row.slots {
            fields.set(*field, slot.value.clone());
        }
        PersonRecord { id: id.to_owned(), version: row.version, fields, signs_in: row.signs_in }
    }

    fn people(&self) -> ClassPeople {
        let parents = |student: &str| {
            let own = self.parents.iter().filter(|((of, _), _)| of == student);
            own.map(|((_, relation), id)| (*relation, self.record(id))).collect()
        };
        class(["s1", "s2"].map(|id| (self.record(id), parents(id))).to_vec())
    }

    /// The person that a request is about; an empty place gets its parent now.
    fn person(&mut self, person: &str) -> String {
        let Some((student, relation)) = as_empty_place(person) else {
            return person.to_owned();
        };
        let id = format!("p-{student}-{}", relation.code());
        self.parents.insert((student.to_owned(), relation), id.clone());
        self.rows.entry(id.clone()).or_default();
        id
    }

    fn write(&mut self, id: &str, changes: &BTreeMap<PersonField, Option<String>>, by: &str) {
        self.clock += 1;
        if by == "me" {
            let cells = changes.iter().map(|(field, value)| (cell(id, *field), value.clone()));
            self.stored.extend(cells);
        }
        let row = self.rows.get_mut(id).unwrap();
        let changed: Vec<_> = changes
            .iter()
            .filter(|(field, value)| row.slots.get(field).is_none_or(|slot| slot.value != **value))
            .collect();
        if changed.is_empty() {
            return;
        }
        row.version += 1;
        for (field, value) in changed {
            let slot = Slot { value: value.clone(), version: row.version, others: by != "me" };
            let before = row.slots.insert(*field, slot).unwrap_or_default();
            if before.others && by == "me" {
                self.replaced.push((CellId { person: id.to_owned(), field: *field }, before.value));
            }
        }
        let record = self.record(id);
        self.news.push((record, by.to_owned()));
    }

    fn handle(&mut self, send: &Send) -> Answer {
        if let Some((before, answer)) = self.answers.get(&send.key) {
            assert_eq!(before, send, "a key stands for one request");
            return answer.clone();
        }
        let answer = self.decide(send);
        // Refusals are not kept: the same request may be allowed the next time.
        if matches!(answer, Answer::Saved(_)) {
            self.answers.insert(send.key.clone(), (send.clone(), answer.clone()));
        }
        answer
    }

    fn decide(&mut self, send: &Send) -> Answer {
        let faults: Vec<_> = send
            .changes
            .iter()
            .filter(|(field, value)| field.is_required() && value.is_none())
            .map(|(field, _)| (*field, FieldFault::Required))
            .collect();
        if !faults.is_empty() {
            return Answer::Invalid(faults);
        }
        let id = self.person(&send.person);
        let row = &self.rows[&id];
        if row.signs_in && !self.proved && send.changes.keys().any(|field| field.is_contact()) {
            return Answer::ProofNeeded;
        }
        let theirs: Vec<Theirs> = send
            .changes
            .iter()
            .filter_map(|(field, value)| {
                let slot = row.slots.get(field)?;
                let contested = slot.version > send.base_version && slot.value != *value;
                contested.then(|| Theirs { field: *field, value: slot.value.clone(), by: "they".to_owned(), at: T0 })
            })
            .collect();
        if !theirs.is_empty() {
            return Answer::Conflict(Conflict { person: self.record(&id), theirs });
        }
        self.write(&id, &send.changes, "me");
        Answer::Saved(PersonSaved { person: self.record(&id), at: self.clock })
    }
}

#[derive(Debug, Clone)]
enum Op {
    Typed(usize, u32),
    Left(usize),
    Write(usize, u32),
    TakeBack(usize),
    Retry(usize),
    SignIn,
    GiveUp(usize),
    KeepMine(usize),
    TakeTheirs(usize),
    Paste(usize, Vec<Vec<u32>>),
    Fill(Vec<usize>, u32),
    Undo,
    Redo,
    Wait(i64),
    Send,
    /// Answered.
    Answered(usize),
    /// Stored, but the answer is lost.
    AnswerLost(usize),
    /// Lost on the way there.
    RequestLost(usize),
    /// Given up by the browser, but still on its way; comes to the server later.
    Late(usize),
    LateArrives(usize),
    /// Refused by something before the server's rules.
    Refused(usize, u8),
    /// Stored, and then refused.
    StoredAndRefused(usize, u8),
    OtherWrites(usize, u32),
    Hear,
    Miss,
    Reload,
    Offline,
    Online,
    Prove,
    Forget,
    Kill,
}

fn refusal(which: u8) -> Answer {
    match which % 4 {
        0 => Answer::SignedOut,
        1 => Answer::Failed,
        2 => Answer::Busy { retry_after_ms: 2_000 },
        _ => Answer::Forbidden,
    }
}

/// The cells of the table: two students, a mother's place for each, four fields.
const CELLS: usize = 16;

fn the_cell(index: usize) -> CellId {
    let person = ["s1", "s2", "s1/mother", "s2/mother"][index / FIELDS.len() % 4];
    cell(person, FIELDS[index % FIELDS.len()])
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let cell = || 0..CELLS;
    let request = || 0..4_usize;
    let op = prop_oneof![
        6 => (cell(), any::<u32>()).prop_map(|(cell, number)| Op::Typed(cell, number)),
        4 => cell().prop_map(Op::Left),
        8 => (cell(), any::<u32>()).prop_map(|(cell, number)| Op::Write(cell, number)),
        2 => cell().prop_map(Op::TakeBack),
        2 => cell().prop_map(Op::Retry),
        1 => Just(Op::SignIn),
        1 => cell().prop_map(Op::GiveUp),
        3 => cell().prop_map(Op::KeepMine),
        2 => cell().prop_map(Op::TakeTheirs),
        1 => (cell(), prop::collection::vec(prop::collection::vec(any::<u32>(), 1..4), 1..3))
            .prop_map(|(cell, block)| Op::Paste(cell, block)),
        1 => (prop::collection::vec(cell(), 1..4), any::<u32>()).prop_map(|(cells, number)| Op::Fill(cells, number)),
        2 => Just(Op::Undo),
        2 => Just(Op::Redo),
        4 => (0..40_000_i64).prop_map(Op::Wait),
        12 => Just(Op::Send),
        10 => request().prop_map(Op::Answered),
        3 => request().prop_map(Op::AnswerLost),
        2 => request().prop_map(Op::RequestLost),
        2 => request().prop_map(Op::Late),
        2 => request().prop_map(Op::LateArrives),
        2 => (request(), any::<u8>()).prop_map(|(request, which)| Op::Refused(request, which)),
        1 => (request(), any::<u8>()).prop_map(|(request, which)| Op::StoredAndRefused(request, which)),
        6 => (cell(), any::<u32>()).prop_map(|(cell, number)| Op::OtherWrites(cell, number)),
        4 => Just(Op::Hear),
        1 => Just(Op::Miss),
        2 => Just(Op::Reload),
        1 => Just(Op::Offline),
        2 => Just(Op::Online),
        2 => Just(Op::Prove),
        1 => Just(Op::Forget),
        2 => Just(Op::Kill),
    ];
    prop::collection::vec(op, 1..80)
}

struct World {
    server: Server,
    editor: Editor,
    now: i64,
    keys: u32,
    wire: Vec<Send>,
    late: Vec<Send>,
    /// What the server said was stored, and the editor has heard.
    acknowledged: BTreeSet<(CellId, Option<String>)>,
    /// Every text that a cell showed as stored, or as theirs.
    seen: BTreeSet<(CellId, String)>,
}

impl World {
    fn new() -> Self {
        let server = Server::new();
        let mut editor = Editor::new(&server.people()).owned_by("me");
        editor.connection(Connection::Online, T0);
        Self {
            server,
            editor,
            now: T0,
            keys: 0,
            wire: Vec::new(),
            late: Vec::new(),
            acknowledged: BTreeSet::new(),
            seen: BTreeSet::new(),
        }
    }

    fn send(&mut self) -> bool {
        let Self { editor, keys, .. } = self;
        let sent = editor.next(self.now, &mut || {
            *keys += 1;
            format!("k{keys}")
        });
        let Some(sent) = sent else {
            assert!(self.editor.wake_at().is_none_or(|at| at > self.now), "asleep although there is something to do");
            return false;
        };
        assert!(self.editor.journal().requests.contains(&sent), "what is sent is in the journal");
        let person = |send: &Send| self.editor.person_at(&send.person).to_owned();
        assert!(self.wire.iter().all(|other| person(other) != person(&sent)), "one request of a person at a time");
        self.wire.push(sent);
        true
    }

    fn take(&mut self, index: usize) -> Option<Send> {
        let index = index.checked_rem(self.wire.len())?;
        Some(self.wire.remove(index))
    }

    fn answer(&mut self, send: &Send, answer: Answer) {
        if let Answer::Saved(saved) = &answer {
            for (field, value) in &send.changes {
                let cell = CellId { person: saved.person.id.clone(), field: *field };
                self.acknowledged.insert((cell, value.clone()));
            }
        }
        self.editor.answered(&send.key, answer, self.now);
    }

    fn play(&mut self, op: &Op) {
        let order = CellOrder {
            rows: [0, 4, 8, 12].map(|from| (from..from + 4).map(|i| Some(the_cell(i))).collect()).to_vec(),
        };
        match op {
            Op::Typed(cell, number) => {
                let cell = the_cell(*cell);
                self.editor.typed(&cell, &text_for(cell.field, *number), self.now);
            }
            Op::Left(cell) => self.editor.left(&the_cell(*cell), self.now),
            Op::Write(cell, number) => {
                let cell = the_cell(*cell);
                self.editor.typed(&cell, &text_for(cell.field, *number), self.now);
                self.editor.left(&cell, self.now);
            }
            Op::TakeBack(cell) => self.editor.take_back(&the_cell(*cell), self.now),
            Op::SignIn => self.editor.signed_in(self.now),
            Op::Retry(cell) => self.editor.retry(&the_cell(*cell), self.now),
            Op::GiveUp(cell) => self.editor.give_up(&the_cell(*cell)),
            Op::KeepMine(cell) => self.editor.keep_mine(&the_cell(*cell), self.now),
            Op::TakeTheirs(cell) => self.editor.take_theirs(&the_cell(*cell)),
            Op::Paste(at, block) => {
                let text = |i: usize, number: u32| text_for(FIELDS[(at + i) % FIELDS.len()], number);
                let block: Vec<Vec<String>> = block
                    .iter()
                    .map(|line| line.iter().enumerate().map(|(i, number)| text(i, *number)).collect())
                    .collect();
                let before: Vec<String> = (0..CELLS).map(|i| self.editor.shown(&the_cell(i)).text).collect();
                let result = self.editor.paste(&the_cell(*at), &block, &order, self.now);
                for refusal in result.refused {
                    let index = (0..CELLS).find(|i| the_cell(*i) == refusal.cell).unwrap();
                    // The paste ends a visit, and what was typed there may have been judged, or be no change any more; but nothing is wiped.
                    assert!(before[index].is_empty() || !self.editor.shown(&refusal.cell).text.is_empty());
                }
            }
            Op::Fill(cells, number) => {
                let cells: Vec<CellId> = cells.iter().map(|cell| the_cell(*cell)).collect();
                let text = text_for(cells[0].field, *number);
                self.editor.fill(&cells, &text, self.now);
            }
            Op::Undo => drop(self.editor.undo(self.now)),
            Op::Redo => drop(self.editor.redo(self.now)),
            Op::Wait(time) => self.now += time,
            Op::Send => drop(self.send()),
            Op::Answered(index) => {
                if let Some(send) = self.take(*index) {
                    let answer = self.server.handle(&send);
                    self.answer(&send, answer);
                }
            }
            Op::AnswerLost(index) => {
                if let Some(send) = self.take(*index) {
                    self.server.handle(&send);
                    self.answer(&send, Answer::NoConnection);
                }
            }
            Op::RequestLost(index) => {
                if let Some(send) = self.take(*index) {
                    self.answer(&send, Answer::NoConnection);
                }
            }
            Op::Late(index) => {
                if let Some(send) = self.take(*index) {
                    self.answer(&send, Answer::NoConnection);
                    self.late.push(send);
                }
            }
            Op::LateArrives(index) => {
                if let Some(index) = index.checked_rem(self.late.len()) {
                    let send = self.late.remove(index);
                    let answer = self.server.handle(&send);
                    // The browser waits for nothing any more, but an answer that comes all the same does no harm.
                    self.answer(&send, answer);
                    self.wire.retain(|sent| sent.key != send.key);
                }
            }
            Op::Refused(index, which) => {
                if let Some(send) = self.take(*index) {
                    self.answer(&send, refusal(*which));
                }
            }
            Op::StoredAndRefused(index, which) => {
                if let Some(send) = self.take(*index) {
                    self.server.handle(&send);
                    self.answer(&send, refusal(which % 3));
                }
            }
            Op::OtherWrites(cell, number) => {
                let cell = the_cell(*cell);
                let person = self.server.person(&cell.person);
                let value = match number % 9 {
                    0 if !cell.field.is_required() => None,
                    _ => Some(value_for(cell.field, *number)),
                };
                self.server.write(&person, &BTreeMap::from([(cell.field, value)]), "they");
            }
            Op::Hear => {
                if !self.server.news.is_empty() {
                    let (record, by) = self.server.news.remove(0);
                    self.editor.heard(&record, &by, self.now);
                }
            }
            Op::Miss => self.server.news.truncate(0),
            Op::Reload => self.editor.reloaded(&self.server.people()),
            Op::Offline => self.editor.connection(Connection::Offline, self.now),
            Op::Online => self.editor.connection(Connection::Online, self.now),
            Op::Prove => {
                self.server.proved = true;
                self.editor.proof_given(self.now);
            }
            Op::Forget => self.server.proved = false,
            Op::Kill => {
                let journal = serde_json::to_string(&self.editor.journal()).unwrap();
                self.late.append(&mut self.wire);
                self.editor = Editor::new(&self.server.people()).owned_by("me");
                assert!(self.editor.restore(serde_json::from_str(&journal).unwrap(), self.now));
            }
        }
    }

    /// What holds at any moment.
    fn check(&mut self) {
        let journal: Journal = serde_json::from_str(&serde_json::to_string(&self.editor.journal()).unwrap()).unwrap();
        let mut restored = Editor::new(&self.server.people()).owned_by("me");
        assert!(restored.restore(journal, self.now));
        for index in 0..CELLS {
            let cell = the_cell(index);
            let at = self.editor.cell_at(&cell);
            let shown = self.editor.shown(&cell);
            match &shown.state {
                CellState::Saved { .. } => {
                    let value = self.editor.stored(&cell).map(str::to_owned);
                    assert!(
                        self.acknowledged.contains(&(at.clone(), value)),
                        "saved before the server said so: {cell:?}"
                    );
                    self.seen.insert((at, shown.text));
                }
                CellState::Rest => {
                    self.seen.insert((at, shown.text));
                }
                state => {
                    if let CellState::Conflict(theirs) = state {
                        let text = theirs.value.as_deref().map(|value| cell.field.shown(value)).unwrap_or_default();
                        self.seen.insert((at.clone(), text));
                    }
                    assert!(self.editor.unsent());
                    // The tab may be killed now. What the cell shows is in the journal, or stored.
                    let plain = |text: &str| cell.field.judge(Country::Ru, text, None).map_err(|_| text.to_owned());
                    let basis = self.editor.cells[&at].basis.as_ref().map(|basis| basis.value.clone());
                    if shown.state == CellState::Typing && plain(&shown.text).ok() == basis {
                        // Typed back to what was there: no change of mine.
                        continue;
                    }
                    assert_eq!(
                        plain(&restored.shown(&cell).text),
                        plain(&shown.text),
                        "lost by a restart: {cell:?} {:?}",
                        shown.state
                    );
                }
            }
        }
        // What a request of mine replaced on the server had been in sight.
        for (cell, value) in self.server.replaced.drain(..) {
            let text = value.map(|value| cell.field.shown(&value)).unwrap_or_default();
            let place = self.server.parents.iter().find(|(_, id)| **id == cell.person);
            let place = place.map(|((student, relation), _)| empty_place(student, *relation));
            let seen = |person: &str| self.seen.contains(&(super::cell(person, cell.field), text.clone()));
            let known = seen(&cell.person) || place.is_some_and(|place| seen(&place));
            assert!(known, "overwritten unseen: {cell:?} {text:?}");
        }
        let summary = self.editor.summary();
        let unsettled = self.editor.unsettled();
        let typing = unsettled.iter().filter(|(_, state)| *state == CellState::Typing).count();
        let counted = summary.saving + summary.queued + summary.failed + summary.conflicts + summary.proof;
        assert_eq!(usize::try_from(counted).unwrap() + typing, unsettled.len());
        assert_eq!(self.editor.unsent(), !unsettled.is_empty());
    }

    /// Everything comes to its end: the connection is back, every conflict is decided for mine, what is no value is given up.
    fn settle(&mut self) {
        self.late.clear();
        self.server.proved = true;
        for index in 0..CELLS {
            self.editor.left(&the_cell(index), self.now);
        }
        let mine: Vec<(CellId, String)> = (0..CELLS)
            .map(the_cell)
            .map(|cell| (cell.clone(), self.editor.shown(&cell)))
            .filter(|(_, shown)| {
                !matches!(shown.state, CellState::Rest | CellState::Saved { .. } | CellState::Invalid(_))
            })
            .map(|(cell, shown)| (cell, shown.text))
            // Changed, and changed back before the first change was stored: nothing of mine.
            .filter(|(cell, text)| {
                let basis = self.editor.cells[&self.editor.cell_at(cell)].basis.as_ref().unwrap();
                cell.field.judge(Country::Ru, text, None).as_ref() != Ok(&basis.value)
            })
            .collect();
        self.editor.connection(Connection::Online, self.now);
        for _ in 0..200 {
            self.now += 60_000;
            while !self.wire.is_empty() {
                self.play(&Op::Answered(0));
                self.check();
            }
            self.editor.proof_given(self.now);
            for (cell, state) in self.editor.unsettled() {
                match state {
                    CellState::Conflict(_) => {
                        // The conflict is seen before it is decided.
                        self.check();
                        self.editor.keep_mine(&cell, self.now);
                    }
                    CellState::Refused(_) => self.editor.retry(&cell, self.now),
                    CellState::Invalid(_) => self.editor.give_up(&cell),
                    _ => {}
                }
            }
            while self.send() {}
            self.check();
            if self.wire.is_empty() && !self.editor.unsent() {
                break;
            }
        }
        assert!(!self.editor.unsent(), "never comes to an end: {:?}", self.editor.unsettled());
        self.editor.reloaded(&self.server.people());
        let other = Editor::new(&self.server.people());
        for (cell, text) in mine {
            // Stored without the editor's knowing, and then changed by somebody who saw it: that is no loss.
            let at = self.editor.cell_at(&cell);
            let value = cell.field.judge(Country::Ru, &text, None).unwrap();
            let others = self.server.rows[&at.person].slots.get(&at.field).is_some_and(|slot| slot.others);
            if !(others && self.server.stored.contains(&(at, value))) {
                assert_eq!(other.shown(&cell).text, text, "lost on the way: {cell:?}");
            }
        }
        for index in 0..CELLS {
            let cell = the_cell(index);
            assert_eq!(self.editor.shown(&cell).text, other.shown(&cell).text, "not what is stored: {cell:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nothing_is_lost_and_nothing_is_called_saved_too_early(ops in ops()) {
        let mut world = World::new();
        world.check();
        for op in &ops {
            world.play(op);
            world.check();
        }
        world.settle();
    }

    #[test]
    fn undo_and_redo_are_each_other_s_way_back(
        edits in prop::collection::vec((0..8_usize, any::<u32>(), any::<bool>()), 1..20),
        down in 0..25_usize,
    ) {
        let mut world = World::new();
        let texts = |world: &World| -> Vec<String> { (0..CELLS).map(|i| world.editor.shown(&the_cell(i)).text).collect() };
        let run = |world: &mut World, on: bool| {
            while on && (world.send() || !world.wire.is_empty()) {
                world.play(&Op::Answered(0));
            }
        };
        world.check();
        world.server.proved = true;
        let mut past = vec![texts(&world)];
        for (index, number, send) in &edits {
            world.play(&Op::Write(*index, *number));
            run(&mut world, *send);
            let now = texts(&world);
            if past.last() != Some(&now) {
                past.push(now);
            }
        }
        let down = down.min(past.len() - 1);
        for i in 0..down {
            let cell = world.editor.undo(world.now);
            prop_assert!(cell.is_some());
            run(&mut world, i % 2 == 0);
            prop_assert_eq!(&texts(&world), &past[past.len() - 2 - i]);
        }
        for i in (0..down).rev() {
            prop_assert!(world.editor.can_redo());
            world.editor.redo(world.now);
            run(&mut world, i % 3 == 0);
            prop_assert_eq!(&texts(&world), &past[past.len() - 1 - i]);
        }
        prop_assert!(!world.editor.can_redo());
        world.settle();
        let last = texts(&world);
        while world.editor.undo(world.now).is_some() {}
        prop_assert!(!world.editor.can_undo());
        world.settle();
        prop_assert!(last == texts(&world) || past.len() > 1);
    }
}

/// A killed tab leaves what is no value over a cell that somebody else has filled meanwhile; emptied, that is no change of mine.
fn emptied_over_what_others_wrote() -> World {
    let (email, no_value, theirs, nothing) = (3, 1, 11, 0);
    let mut world = World::new();
    for op in [Op::Typed(email, no_value), Op::OtherWrites(email, theirs), Op::Kill, Op::Typed(email, nothing)] {
        world.play(&op);
        world.check();
    }
    assert_eq!(world.editor.shown(&the_cell(email)).text, "");
    world
}

#[test]
fn a_paste_beside_an_emptied_cell_shows_what_others_wrote() {
    let mut world = emptied_over_what_others_wrote();
    world.play(&Op::Paste(2, vec![vec![0, 1]]));
    assert_eq!(world.editor.shown(&the_cell(3)).text, value_for(PersonField::Email, 11));
}

#[test]
fn what_others_wrote_unseen_is_not_pasted_or_filled_over() {
    for op in [Op::Paste(3, vec![vec![20]]), Op::Fill(vec![3], 20)] {
        let mut world = emptied_over_what_others_wrote();
        world.play(&op);
        world.check();
        assert!(world.send(), "{op:?}");
        world.play(&Op::Answered(0));
        world.check();
        assert!(matches!(world.editor.shown(&the_cell(3)).state, CellState::Conflict(_)), "{op:?}");
        world.settle();
    }
}

/// As a parent of two children of the class, who stands in two rows.
#[test]
fn a_cell_that_is_filled_twice_at_once_hides_what_others_wrote_until_the_end() {
    let (email, no_value, a_value, theirs, nothing) = (3, 1, 20, 11, 0);
    for mine in [no_value, a_value] {
        let mut world = World::new();
        let fill = Op::Fill(vec![email, email], nothing);
        for op in [Op::OtherWrites(email, theirs), Op::Write(email, mine), Op::Kill, fill] {
            world.play(&op);
            world.check();
        }
        assert!(!world.send(), "emptied, as it was");
        assert_eq!(world.editor.shown(&the_cell(email)).text, value_for(PersonField::Email, theirs));
    }
}
