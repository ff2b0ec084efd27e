//! What goes to the server and what comes back, asked for or not.

use crate::class_people::{Conflict, PersonRecord, PersonSaved};
use crate::person_field::{FieldFault, PersonField};

use super::cell::{Basis, Cell, Draft, Stage};
use super::{Answer, CellId, Connection, Editor, Known, SaveProblem, Send, value_of};

/// How many requests are on their way at once at most.
const AT_ONCE: usize = 4;

/// The wait after the first request without an answer, in milliseconds. It doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: i64 = 1_000;
const LONGEST_WAIT: i64 = 30_000;

/// A request that has not been answered for good.
pub(super) struct Request {
    pub send: Send,
    pub state: RequestState,
    /// How often in a row it got no answer.
    pub tries: u32,
    /// The place of its first change among all changes.
    pub order: u64,
}

/// Where a request is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestState {
    /// Goes out, again, when it is due.
    Ready {
        /// Unix milliseconds.
        due: i64,
    },
    /// On its way.
    Sent,
    /// Goes out again, under the same key, when the person says so.
    Held(SaveProblem),
}

/// What could be sent next.
enum Candidate {
    /// A request, by its index.
    Again(usize),
    /// The change of this cell, with those of the same person that go along.
    Change(CellId),
}

impl Editor {
    /// The request that carries a change of a cell, and the value.
    pub(super) fn carried(&self, cell: &CellId) -> Option<(&Request, &Option<String>)> {
        self.requests.iter().find_map(|request| {
            let value = request.send.changes.get(&cell.field)?;
            (self.person_at(&request.send.person) == cell.person).then_some((request, value))
        })
    }

    /// The next request to send, if there is one now. Call it until there is none, after every other call and at [`Editor::wake_at`];
    /// write the journal before sending. Every request is to be [`Editor::answered`], with [`Answer::NoConnection`] when nothing came.
    pub fn next(&mut self, now: i64, new_key: &mut dyn FnMut() -> String) -> Option<Send> {
        self.touch(now);
        self.rest(now);
        let (due, candidate) = self.candidate()?;
        if due > now {
            return None;
        }
        let index = match candidate {
            Candidate::Again(index) => index,
            Candidate::Change(cell) => {
                let request = self.collect(&cell, new_key())?;
                self.requests.push(request);
                self.requests.len() - 1
            }
        };
        let request = self.requests.get_mut(index)?;
        request.state = RequestState::Sent;
        Some(request.send.clone())
    }

    /// When [`Editor::next`] is worth calling again, if nothing else happens before; it may be in the past.
    pub fn wake_at(&self) -> Option<i64> {
        let resting = self.cells.values().filter_map(|cell| match cell.draft {
            Some(Draft::Typing { due, .. }) => due,
            _ => None,
        });
        resting.chain(self.candidate().map(|(due, _)| due)).min()
    }

    fn candidate(&self) -> Option<(i64, Candidate)> {
        if !self.online {
            return None;
        }
        let ready = |request: &Request| match request.state {
            RequestState::Ready { due } => Some(due),
            RequestState::Sent | RequestState::Held(_) => None,
        };
        let sent = self.requests.iter().filter(|request| request.state == RequestState::Sent).count();
        let same =
            |one: &Request, other: &Request| self.person_at(&one.send.person) == self.person_at(&other.send.person);
        let under_way = |r: &Request| self.requests.iter().any(|o| o.state == RequestState::Sent && same(o, r));
        let waiting = self
            .requests
            .iter()
            .enumerate()
            .filter(|(_, request)| !under_way(request))
            .find_map(|(i, request)| Some((ready(request)?, Candidate::Again(i))));
        if self.requests.iter().any(|request| request.tries > 0) {
            // One request at a time finds out whether the server is there again.
            let due = self.requests.iter().filter(|request| request.tries > 0).filter_map(ready).max();
            return waiting
                .filter(|_| sent == 0)
                .map(|(first, candidate)| (due.unwrap_or(first).max(first), candidate));
        }
        if sent >= AT_ONCE {
            return None;
        }
        waiting.or_else(|| {
            let busy = |person: &str| self.requests.iter().any(|r| self.person_at(&r.send.person) == person);
            self.cells
                .iter()
                .filter_map(|(cell, known)| Some((cell, known.queued.as_ref()?)))
                .filter(|(cell, queued)| matches!(queued.stage, Stage::Waiting) && !busy(&cell.person))
                .min_by_key(|(_, queued)| queued.order)
                .map(|(cell, queued)| (queued.since, Candidate::Change(cell.clone())))
        })
    }

    /// Makes a request of a waiting change. Changes of the same person go along when they were made on the same version, so that none is
    /// judged by a version that it was not made on; but what asks for fresh proof goes alone, so that the rest need not wait for it.
    fn collect(&mut self, cell: &CellId, key: String) -> Option<Request> {
        let signs_in = self.people.get(&cell.person)?.signs_in;
        let guarded = |field: PersonField| signs_in && field.is_contact();
        let version_of = |known: &Cell| known.basis.as_ref().map(|basis| basis.version);
        let base_version = version_of(self.cells.get(cell)?)?;
        let mut send =
            Send { person: cell.person.clone(), base_version, changes: std::collections::BTreeMap::new(), key };
        let mut order = u64::MAX;
        for (id, known) in &mut self.cells {
            if id.person != cell.person
                || guarded(id.field) != guarded(cell.field)
                || version_of(known) != Some(base_version)
            {
                continue;
            }
            if let Some(queued) = known.queued.take_if(|queued| matches!(queued.stage, Stage::Waiting)) {
                order = order.min(queued.order);
                send.changes.insert(id.field, queued.value);
            }
        }
        Some(Request { send, state: RequestState::Sent, tries: 0, order })
    }

    /// What became of the request with this key. Answers to requests that are not waited for are ignored.
    pub fn answered(&mut self, key: &str, answer: Answer, now: i64) {
        self.touch(now);
        let Some(index) = self.requests.iter().position(|request| request.send.key == key) else {
            return;
        };
        let held = match answer {
            Answer::NoConnection => {
                self.unanswered = true;
                return self.again_later(index, 0, now);
            }
            Answer::Busy { retry_after_ms } => {
                self.unanswered = false;
                return self.again_later(index, retry_after_ms, now);
            }
            Answer::SignedOut => Some(SaveProblem::SignedOut),
            Answer::Failed => Some(SaveProblem::Failed),
            _ => None,
        };
        self.reached(now);
        if let Some(problem) = held {
            if let Some(request) = self.requests.get_mut(index) {
                request.state = RequestState::Held(problem);
                request.tries = 0;
            }
            self.follow(key, Some(problem));
            return;
        }
        // What is learnt is learnt while the request still stands for its cells.
        if let Answer::Saved(PersonSaved { person, .. }) | Answer::Conflict(Conflict { person, .. }) = &answer {
            let Some(request) = self.requests.get_mut(index) else {
                return;
            };
            request.state = RequestState::Sent;
            let place = request.send.person.clone();
            self.learn(person, None);
            if place != person.id {
                self.fill_place(&place, &person.id);
            }
        }
        let Some(request) = self.requests.iter().position(|r| r.send.key == key).map(|i| self.requests.remove(i))
        else {
            return;
        };
        match answer {
            Answer::Saved(saved) => self.saved(&request, &saved),
            Answer::Conflict(conflict) => self.contested(request, &conflict),
            Answer::Invalid(faults) => self.rejected(request, &faults),
            Answer::ProofNeeded => self.back(request, || Stage::ProofNeeded),
            Answer::Forbidden => self.back(request, || Stage::Refused(SaveProblem::Forbidden)),
            _ => self.back(request, || Stage::Refused(SaveProblem::Gone)),
        }
    }

    /// The browser has lost its connection, or has one again.
    pub fn connection(&mut self, connection: Connection, now: i64) {
        self.touch(now);
        self.online = connection == Connection::Online;
        if self.online {
            self.reached(now);
        }
    }

    /// Whoever the page belongs to is signed in again: what was refused because they were not goes out.
    pub fn signed_in(&mut self, now: i64) {
        self.touch(now);
        for request in &mut self.requests {
            if request.state == RequestState::Held(SaveProblem::SignedOut) {
                request.state = RequestState::Ready { due: now };
            }
        }
    }

    /// The editor has proved again who they are.
    pub fn proof_given(&mut self, now: i64) {
        self.touch(now);
        for queued in self.cells.values_mut().filter_map(|cell| cell.queued.as_mut()) {
            if matches!(queued.stage, Stage::ProofNeeded) {
                queued.stage = Stage::Waiting;
                queued.since = now;
            }
        }
    }

    /// A person was changed, by somebody else or by a request of this editor.
    pub fn heard(&mut self, person: &PersonRecord, by: &str, at: i64) {
        // Somebody who is not in the table comes with the class, when it is read again.
        if self.people.contains_key(&person.id) {
            self.learn(person, Some((by, at)));
        }
    }

    /// Takes what the server says is stored of a person, unless something newer is known.
    pub(super) fn learn(&mut self, record: &PersonRecord, by: Option<(&str, i64)>) {
        let Some(known) = self.people.get_mut(&record.id) else {
            self.people.insert(record.id.clone(), Known::of(record));
            return;
        };
        if record.version <= known.version {
            return;
        }
        let before = std::mem::replace(known, Known::of(record)).fields;
        for field in PersonField::ALL {
            let cell = CellId { person: record.id.clone(), field };
            let value = value_of(&record.fields, field);
            if value != value_of(&before, field) {
                self.replaced(&cell, value, by);
            }
            let basis = self.cells.get_mut(&cell).and_then(|known| known.basis.as_mut());
            if let Some(basis) = basis.filter(|basis| basis.value.as_deref() == value) {
                basis.version = record.version;
            }
            self.drop_if_stored(&cell);
        }
    }

    /// The stored value of a cell is another one now.
    fn replaced(&mut self, cell: &CellId, value: Option<&str>, by: Option<(&str, i64)>) {
        let own = self.carried(cell).is_some_and(|(_, carried)| carried.as_deref() == value);
        let known = self.cells.entry(cell.clone()).or_default();
        if own {
            return;
        }
        known.saved_at = None;
        known.by = by.map(|(name, _)| name.to_owned());
        if let Some(Stage::Conflict(theirs)) = known.queued.as_mut().map(|queued| &mut queued.stage) {
            theirs.value = value.map(str::to_owned);
            if let Some((name, at)) = by {
                name.clone_into(&mut theirs.by);
                theirs.at = at;
            }
        }
    }

    /// No answer: the same request goes out again later.
    fn again_later(&mut self, index: usize, at_least: i64, now: i64) {
        let Some(request) = self.requests.get_mut(index) else {
            return;
        };
        let wait = FIRST_WAIT.saturating_mul(1_i64.checked_shl(request.tries).unwrap_or(i64::MAX)).min(LONGEST_WAIT);
        request.tries = request.tries.saturating_add(1).min(16);
        request.state = RequestState::Ready { due: now.saturating_add(wait.max(at_least)) };
        let key = request.send.key.clone();
        self.follow(&key, None);
    }

    /// The server is there: whatever waited for it need not wait longer.
    fn reached(&mut self, now: i64) {
        self.unanswered = false;
        for request in &mut self.requests {
            request.tries = 0;
            if let RequestState::Ready { due } = &mut request.state {
                *due = now.min(*due);
            }
        }
    }

    fn saved(&mut self, request: &Request, saved: &PersonSaved) {
        let person = &saved.person;
        self.saved_at = self.saved_at.max(Some(saved.at));
        for (field, value) in &request.send.changes {
            let cell = CellId { person: person.id.clone(), field: *field };
            let stored = self.basis_now(&cell);
            let known = self.cells.entry(cell.clone()).or_default();
            if value_of(&person.fields, *field) == value.as_deref() {
                let still = stored.value == *value;
                let version = if still { stored.version } else { person.version };
                known.basis = Some(Basis { value: value.clone(), version });
                // What waits behind it is another value, which is not saved.
                if still && known.queued.is_none() {
                    known.saved_at = Some(saved.at);
                    known.by = None;
                }
            }
            self.drop_if_stored(&cell);
        }
    }

    fn contested(&mut self, request: Request, conflict: &Conflict) {
        // A conflict about nothing would be sent and answered for ever.
        if !conflict.theirs.iter().any(|theirs| request.send.changes.contains_key(&theirs.field)) {
            return self.back(request, || Stage::Refused(SaveProblem::Failed));
        }
        for (field, value) in request.send.changes {
            let cell = CellId { person: conflict.person.id.clone(), field };
            let stage = match conflict.theirs.iter().find(|theirs| theirs.field == field) {
                None => Stage::Waiting,
                Some(theirs) => {
                    let mut theirs = theirs.clone();
                    theirs.value = self.stored(&cell).map(str::to_owned);
                    Stage::Conflict(theirs)
                }
            };
            self.bring_back(&cell, value, stage, request.order);
        }
    }

    fn rejected(&mut self, request: Request, faults: &[(PersonField, FieldFault)]) {
        if !faults.iter().any(|(field, _)| request.send.changes.contains_key(field)) {
            return self.back(request, || Stage::Refused(SaveProblem::Failed));
        }
        let person = self.person_at(&request.send.person).to_owned();
        for (field, value) in request.send.changes {
            let cell = CellId { person: person.clone(), field };
            let Some((_, fault)) = faults.iter().find(|(faulty, _)| *faulty == field) else {
                self.bring_back(&cell, value, Stage::Waiting, request.order);
                continue;
            };
            match self.cells.get(&cell) {
                // Something newer was made of the cell; if that is what was there before, it is nothing (`bring_back` knows).
                Some(Cell { queued: Some(_), .. }) => self.bring_back(&cell, value, Stage::Waiting, request.order),
                Some(Cell { draft: Some(_), .. }) => {}
                _ => self.reject(&cell, value.map(|value| field.shown(&value)).unwrap_or_default(), *fault),
            }
        }
    }

    /// Puts all that a request carried back among what waits.
    fn back(&mut self, request: Request, stage: impl Fn() -> Stage) {
        let person = self.person_at(&request.send.person).to_owned();
        for (field, value) in request.send.changes {
            self.bring_back(&CellId { person: person.clone(), field }, value, stage(), request.order);
        }
    }

    /// Gives up a request as it is: its changes go out anew, under another key.
    pub(super) fn take_apart(&mut self, key: &str, problem: Option<SaveProblem>) {
        if let Some(index) = self.requests.iter().position(|request| request.send.key == key) {
            let request = self.requests.remove(index);
            self.back(request, || problem.map_or(Stage::Waiting, Stage::Refused));
        }
    }

    /// A request to an empty place that is filled by now would add a second parent: its changes become changes of the one who is there.
    fn follow(&mut self, key: &str, problem: Option<SaveProblem>) {
        let moved = |request: &Request| self.person_at(&request.send.person) != request.send.person;
        if self.requests.iter().any(|request| request.send.key == key && moved(request)) {
            self.take_apart(key, problem);
        }
    }

    /// An empty place leads to a person from now on, with all that was typed there.
    pub(super) fn fill_place(&mut self, place: &str, person: &str) {
        if self.places.get(place).is_some_and(|known| known == person) {
            return;
        }
        self.places.insert(place.to_owned(), person.to_owned());
        self.people.remove(place);
        for field in PersonField::ALL {
            let Some(moved) = self.cells.remove(&CellId { person: place.to_owned(), field }) else {
                continue;
            };
            let cell = CellId { person: person.to_owned(), field };
            let stored = self.basis_now(&cell);
            let known = self.cells.entry(cell.clone()).or_default();
            *known = moved;
            if let Some(basis) = known.basis.as_mut().filter(|basis| basis.value == stored.value) {
                basis.version = stored.version;
            }
            self.drop_if_stored(&cell);
        }
        if let Some(visit) = self.visit.as_mut().filter(|visit| visit.cell.person == place) {
            person.clone_into(&mut visit.cell.person);
        }
        let waiting = |request: &&Request| request.send.person == place && request.state != RequestState::Sent;
        if let Some(key) = self.requests.iter().find(waiting).map(|request| request.send.key.clone()) {
            self.take_apart(&key, None);
        }
    }
}
