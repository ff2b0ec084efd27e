//! The class editor: what it knows, what was typed, what is on its way to the server, and what came back.
//!
//! A plain machine without a page, a network or a clock: whoever drives it tells it what happened and when (Unix milliseconds), sends what
//! [`Editor::next`] hands out, and writes [`Editor::journal`] to the device after every call that changed something, before anything is
//! sent. What it promises, whatever the order of edits, answers, losses and restarts:
//!
//! - a cell is `Saved` only after the server has said so;
//! - what was typed stays until the server has it, or until the person who typed it takes it back;
//! - the journal holds everything that the server has not acknowledged, under the keys that it was sent with;
//! - somebody else's value is never overwritten unseen: every change names the version of the value that it was made on.
//!
//! A parent who is not on file yet has an *empty place* ([`empty_place`]) in the table. Its cells are edited like others; the first change
//! is a [`Send`] to the place instead of a person, and the answer tells the person's id, to which the place then leads, until a
//! reading of the class has nobody there any more.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::birth_date::BirthDate;
use crate::class_people::{ClassPeople, Conflict, PersonFields, PersonRecord, PersonSaved, Theirs};
use crate::mobile::Country;
use crate::person_field::{FieldFault, PersonField};
use crate::roster::Relation;

mod cell;
mod edits;
mod history;
mod journal;
mod paste;
mod requests;
#[cfg(test)]
mod tests;

use cell::{Cell, Content, Draft, Stage};
use history::{History, Visit};
pub use journal::Journal;
pub use paste::table;
use requests::{Request, RequestState};

/// How long a cell rests before what was typed into it is sent, in milliseconds.
pub const REST: i64 = 600;

/// How long a journal is kept on the device after the last change, in milliseconds: a week.
pub const JOURNAL_KEPT: i64 = 7 * 24 * 60 * 60 * 1000;

/// The header that names the account for which a page was made. A request that comes by another's session is refused as one without: what
/// waits in a page that was left open is nothing that whoever signs in next has done.
pub const ACCOUNT_HEADER: &str = "Schoolgate-Account";

/// One cell of the table: a field of a person, or of an empty place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CellId {
    /// The person's id, or that of an [`empty_place`].
    pub person: String,
    /// The field.
    pub field: PersonField,
}

/// How a cell is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellState {
    /// It shows what is stored.
    Rest,
    /// The server has stored it, in this session of editing.
    Saved {
        /// When, by the server's clock.
        at: i64,
    },
    /// Being typed into.
    Typing,
    /// What was typed is not a value of the field; the stored value is kept.
    Invalid(FieldFault),
    /// Waits for its turn or for the connection.
    Queued,
    /// On its way.
    Saving,
    /// The server did not take it; what was typed is kept.
    Refused(SaveProblem),
    /// Somebody else changed the same field meanwhile; mine is shown, theirs is here.
    Conflict(Theirs),
    /// Waits until the editor has proved again who they are.
    ProofNeeded,
}

/// Why the server did not take a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaveProblem {
    /// The rights do not reach this person any more.
    Forbidden,
    /// There is no such person any more.
    Gone,
    /// The session has ended: sign in (in another tab), then try again.
    SignedOut,
    /// The server failed. Whether it stored the change is not known; trying again cannot store it twice.
    Failed,
}

/// What the browser says of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// There is one.
    Online,
    /// There is none.
    Offline,
}

/// A request to the server: the changed fields of one person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// The person; or an empty place ([`as_empty_place`]): then the request adds a parent.
    pub person: String,
    /// The version that the changes were made on; 0 for an empty place.
    pub base_version: i64,
    /// Canonical values; `None` empties a field.
    pub changes: BTreeMap<PersonField, Option<String>>,
    /// The idempotency key. The same request goes out under the same key until it is answered.
    pub key: String,
}

impl fmt::Debug for Send {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<_> = self.changes.keys().collect();
        f.debug_struct("Send").field("person", &self.person).field("fields", &fields).finish_non_exhaustive()
    }
}

/// What became of a [`Send`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200: stored durably.
    Saved(PersonSaved),
    /// 412: a field was changed by somebody else meanwhile; nothing was stored.
    Conflict(Conflict),
    /// 422: fields that the server does not take; nothing was stored.
    Invalid(Vec<(PersonField, FieldFault)>),
    /// 403 of the type `fresh-proof-needed`.
    ProofNeeded,
    /// 403.
    Forbidden,
    /// 404.
    Gone,
    /// 401.
    SignedOut,
    /// 429 and 503.
    Busy {
        /// From `Retry-After`; 0 when the server did not say.
        retry_after_ms: i64,
    },
    /// Anything else that came from the server, such as 500.
    Failed,
    /// No answer: no connection, or none in good time.
    NoConnection,
}

/// What a cell shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// The text, ready to be shown and to be edited.
    pub text: String,
    /// How the cell is.
    pub state: CellState,
    /// Who else has just changed it, until the cell is visited.
    pub by: Option<String>,
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("state", &self.state).finish_non_exhaustive()
    }
}

/// How the whole page is: cells counted by their state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// On their way.
    pub saving: u32,
    /// Waiting for their turn or for the connection.
    pub queued: u32,
    /// Not a value of their field, or refused by the server.
    pub failed: u32,
    /// Changed by somebody else too.
    pub conflicts: u32,
    /// Waiting for fresh proof.
    pub proof: u32,
    /// When the server last stored something, by its clock.
    pub saved_at: Option<i64>,
    /// The browser says so, or the last request got no answer.
    pub offline: bool,
}

/// The cells as the table shows them, row by row. `None` is a place that takes no value (it counts as a column when a block is pasted).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CellOrder {
    /// The rows from the top; each row's cells in reading order.
    pub rows: Vec<Vec<Option<CellId>>>,
}

/// What a paste did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PasteResult {
    /// The cells that have another value now.
    pub changed: Vec<CellId>,
    /// The values that are none of their field; their cells are as they were.
    pub refused: Vec<PasteRefusal>,
    /// How many values fell outside the table or on places that take none.
    pub outside: usize,
}

/// A pasted value that is none of its field.
#[derive(Clone, PartialEq, Eq)]
pub struct PasteRefusal {
    /// The cell that kept its value.
    pub cell: CellId,
    /// What was pasted.
    pub text: String,
    /// What is wrong with it.
    pub fault: FieldFault,
}

impl fmt::Debug for PasteRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasteRefusal").field("cell", &self.cell).field("fault", &self.fault).finish_non_exhaustive()
    }
}

/// The id under which cells of a parent are found who is not on file yet: `STUDENT/mother`.
pub fn empty_place(student: &str, relation: Relation) -> String {
    format!("{student}/{}", relation.code())
}

/// The student and the relation, when `person` is the id of an empty place.
pub fn as_empty_place(person: &str) -> Option<(&str, Relation)> {
    let (student, relation) = person.rsplit_once('/')?;
    Some((student, Relation::from_code(relation)?))
}

/// The editor of one open class.
pub struct Editor {
    class: String,
    country: Country,
    owner: String,
    /// By id; empty places too, as people of version 0 without values.
    people: BTreeMap<String, Known>,
    /// The empty places that lead to a person by now.
    places: BTreeMap<String, String>,
    /// Whom a reading of the class has had.
    listed: BTreeSet<String>,
    /// The cells that are not simply as stored. All that a request carries are among them.
    cells: BTreeMap<CellId, Cell>,
    /// In the order in which they were first sent. At most one for a person.
    requests: Vec<Request>,
    /// Counts the changes, for their order.
    changes: u64,
    online: bool,
    /// The last request got no answer.
    unanswered: bool,
    history: History,
    visit: Option<Visit>,
    saved_at: Option<i64>,
    touched_at: i64,
}

/// What is known to be stored of a person.
struct Known {
    version: i64,
    fields: PersonFields,
    signs_in: bool,
}

impl Known {
    fn of(record: &PersonRecord) -> Self {
        Self { version: record.version, fields: record.fields.clone(), signs_in: record.signs_in }
    }

    fn empty() -> Self {
        Self { version: 0, fields: PersonFields::default(), signs_in: false }
    }
}

/// The value of a field. A name that is not typed yet is stored as an empty text, which is no value.
fn value_of(fields: &PersonFields, field: PersonField) -> Option<&str> {
    fields.get(field).filter(|value| !value.is_empty())
}

impl Editor {
    /// The editor of a class as the server has it.
    pub fn new(people: &ClassPeople) -> Self {
        let mut editor = Self {
            class: people.class.id.clone(),
            country: people.class.country,
            owner: String::new(),
            people: BTreeMap::new(),
            places: BTreeMap::new(),
            listed: BTreeSet::new(),
            cells: BTreeMap::new(),
            requests: Vec::new(),
            changes: 0,
            online: true,
            unanswered: false,
            history: History::default(),
            visit: None,
            saved_at: None,
            touched_at: 0,
        };
        editor.reloaded(people);
        editor
    }

    /// Names whose changes these are; a journal of somebody else is not restored.
    #[must_use]
    pub fn owned_by(mut self, owner: &str) -> Self {
        owner.clone_into(&mut self.owner);
        self
    }

    /// The class as the server has it now, after a reconnect. What was typed stays; where the stored value has changed under it, the
    /// server will tell by whom.
    pub fn reloaded(&mut self, people: &ClassPeople) {
        let mut listed: Vec<&str> = Vec::new();
        for entry in &people.students {
            for record in std::iter::once(&entry.student).chain(entry.parents.iter().map(|parent| &parent.person)) {
                listed.push(&record.id);
                self.listed.insert(record.id.clone());
                self.learn(record, None);
            }
            for relation in [Relation::Mother, Relation::Father] {
                let place = empty_place(&entry.student.id, relation);
                match entry.parents.iter().find(|parent| parent.relation == relation) {
                    Some(parent) => self.fill_place(&place, &parent.person.id),
                    None if self.places.get(&place).is_some_and(|person| self.keeps(person)) => {}
                    None => {
                        // Whoever was there was taken away from the student.
                        self.places.remove(&place);
                        self.people.entry(place).or_insert_with(Known::empty);
                    }
                }
            }
        }
        // Who has left the class has left the table, but not before their last changes are stored.
        let gone: Vec<String> = self
            .people
            .keys()
            .filter(|id| as_empty_place(id).is_none_or(|(student, _)| !listed.contains(&student)))
            .filter(|id| !listed.contains(&id.as_str()) && !self.places.values().any(|person| person == *id))
            .filter(|id| !self.is_at_work(id))
            .cloned()
            .collect();
        for id in gone {
            self.people.remove(&id);
            self.cells.retain(|cell, _| cell.person != id);
        }
    }

    /// Whether a place keeps its parent, of whom a reading of the class has nothing: it may be older than the parent, and what was
    /// typed is not given up.
    fn keeps(&self, person: &str) -> bool {
        !self.listed.contains(person) || self.is_at_work(person)
    }

    /// Whether something of a person is being changed, or is not stored yet.
    fn is_at_work(&self, person: &str) -> bool {
        let unsettled = |(cell, known): (&CellId, &Cell)| {
            cell.person == person && (known.draft.is_some() || known.queued.is_some() || self.carried(cell).is_some())
        };
        self.visit.as_ref().is_some_and(|visit| visit.cell.person == person) || self.cells.iter().any(unsettled)
    }

    /// The person to whom an empty place leads by now; any other id is its own.
    pub fn person_at<'a>(&'a self, person: &'a str) -> &'a str {
        self.places.get(person).map_or(person, String::as_str)
    }

    fn cell_at(&self, cell: &CellId) -> CellId {
        CellId { person: self.person_at(&cell.person).to_owned(), field: cell.field }
    }

    /// The stored value of a cell, canonical.
    pub fn stored(&self, cell: &CellId) -> Option<&str> {
        value_of(&self.people.get(self.person_at(&cell.person))?.fields, cell.field)
    }

    /// What a cell shows.
    pub fn shown(&self, cell: &CellId) -> Shown {
        let cell = &self.cell_at(cell);
        let text_of = |value: Option<&str>| value.map(|value| cell.field.shown(value)).unwrap_or_default();
        let plain = |text, state| Shown { text, state, by: None };
        let known = self.cells.get(cell);
        match known.and_then(|known| known.draft.as_ref()) {
            Some(Draft::Typing { text, .. }) => return plain(text.clone(), CellState::Typing),
            Some(Draft::Invalid { text, fault }) => return plain(text.clone(), CellState::Invalid(*fault)),
            None => {}
        }
        let carried = self.carried(cell);
        if let Some(queued) = known.and_then(|known| known.queued.as_ref()) {
            let state = match &queued.stage {
                Stage::Waiting => match carried.map(|(request, _)| request.state) {
                    // It waits behind a request that goes out again only when the person says so.
                    Some(RequestState::Held(problem)) => CellState::Refused(problem),
                    _ => CellState::Queued,
                },
                Stage::Refused(problem) => CellState::Refused(*problem),
                Stage::Conflict(theirs) => CellState::Conflict(theirs.clone()),
                Stage::ProofNeeded => CellState::ProofNeeded,
            };
            return plain(text_of(queued.value.as_deref()), state);
        }
        if let Some((request, value)) = carried {
            let state = match request.state {
                RequestState::Sent => CellState::Saving,
                RequestState::Ready { .. } => CellState::Queued,
                RequestState::Held(problem) => CellState::Refused(problem),
            };
            return plain(text_of(value.as_deref()), state);
        }
        let state = known.and_then(|known| known.saved_at).map_or(CellState::Rest, |at| CellState::Saved { at });
        Shown { text: text_of(self.stored(cell)), state, by: known.and_then(|known| known.by.clone()) }
    }

    /// The cells that are neither at rest nor saved, in the order of their ids. A parent whom this editor has added is here under the
    /// person's id.
    pub fn unsettled(&self) -> Vec<(CellId, CellState)> {
        self.cells
            .keys()
            .map(|cell| (cell.clone(), self.shown(cell).state))
            .filter(|(_, state)| !matches!(state, CellState::Rest | CellState::Saved { .. }))
            .collect()
    }

    /// How the whole page is.
    pub fn summary(&self) -> Summary {
        let mut summary =
            Summary { saved_at: self.saved_at, offline: !self.online || self.unanswered, ..Summary::default() };
        for (_, state) in self.unsettled() {
            let count = match state {
                CellState::Saving => &mut summary.saving,
                CellState::Queued => &mut summary.queued,
                CellState::Invalid(_) | CellState::Refused(_) => &mut summary.failed,
                CellState::Conflict(_) => &mut summary.conflicts,
                CellState::ProofNeeded => &mut summary.proof,
                CellState::Typing | CellState::Rest | CellState::Saved { .. } => continue,
            };
            *count += 1;
        }
        summary
    }

    /// Whether something is not stored yet, so that leaving the page should be thought over.
    pub fn unsent(&self) -> bool {
        !self.requests.is_empty() || self.cells.values().any(|cell| cell.draft.is_some() || cell.queued.is_some())
    }

    /// What was last made of a cell, whether or not it is stored; what is being typed is not made yet.
    fn content(&self, cell: &CellId) -> Content {
        let known = self.cells.get(cell);
        if let Some(Draft::Invalid { text, .. }) = known.and_then(|known| known.draft.as_ref()) {
            return Content::Text(text.clone());
        }
        if let Some(queued) = known.and_then(|known| known.queued.as_ref()) {
            return Content::Value(queued.value.clone());
        }
        if let Some((_, value)) = self.carried(cell) {
            return Content::Value(value.clone());
        }
        Content::Value(self.stored(cell).map(str::to_owned))
    }

    fn judge(&self, field: PersonField, text: &str, now: i64) -> Result<Option<String>, FieldFault> {
        field.judge(self.country, text, latest_day(now))
    }

    fn touch(&mut self, now: i64) {
        self.touched_at = self.touched_at.max(now);
    }

    /// Forgets what a cell that is simply as stored need not remember.
    fn tidy(&mut self, cell: &CellId) {
        let carried = self.carried(cell).is_some();
        let at_rest = |known: &&mut Cell| known.queued.is_none() && known.draft.is_none() && !carried;
        if let Some(known) = self.cells.get_mut(cell).filter(at_rest) {
            known.basis = None;
            if known.saved_at.is_none() && known.by.is_none() {
                self.cells.remove(cell);
            }
        }
    }
}

/// The latest day that it is anywhere on Earth at a moment in Unix milliseconds.
fn latest_day(now: i64) -> Option<BirthDate> {
    const HOUR: i64 = 60 * 60 * 1000;
    // Days since 1 March of the year 0; years then end with the day that leap years add (Howard Hinnant's `civil_from_days`).
    let days = now.checked_add(14 * HOUR)?.div_euclid(24 * HOUR) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    BirthDate::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}
