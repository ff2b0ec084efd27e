//! What must survive a killed tab: everything that the server has not acknowledged.

use serde::{Deserialize, Serialize};

use crate::mask;

use super::cell::{Basis, Content, Draft, Queued, Stage};
use super::requests::{Request, RequestState};
use super::{CellId, Editor, JOURNAL_KEPT, Known, Send, as_empty_place};

/// Everything that the server has not acknowledged. Personal data: it is kept for its owner only, and no longer than
/// [`Journal::keep_until`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// The class's id.
    pub class: String,
    /// Whose changes these are, as [`Editor::owned_by`] was told.
    pub owner: String,
    /// When it is to be deleted unread, Unix milliseconds.
    pub keep_until: i64,
    /// Requests without an answer. They go out again as they were, under their keys.
    pub requests: Vec<Send>,
    /// The cells that are not as stored.
    cells: Vec<Entry>,
}

mask::masked_debug!(Journal);

/// A cell that is not as stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    cell: CellId,
    /// The value that the change was made on, and the version that had it.
    seen: Option<String>,
    version: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queued: Option<Value>,
    /// What is being typed, or is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// A value that waits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Value {
    value: Option<String>,
    order: u64,
}

impl Journal {
    /// Whether there is nothing to keep, so that the device need not keep the journal either.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.cells.is_empty()
    }
}

impl Editor {
    /// What must survive a killed tab. Written to the device after every call that changed something, and before anything is sent.
    pub fn journal(&self) -> Journal {
        let entry = |cell: &CellId| {
            let known = self.cells.get(cell)?;
            let basis = known.basis.clone()?;
            Some(Entry {
                cell: cell.clone(),
                seen: basis.value,
                version: basis.version,
                queued: known.queued.as_ref().map(|q| Value { value: q.value.clone(), order: q.order }),
                text: known.draft.as_ref().map(|draft| match draft {
                    Draft::Typing { text, .. } | Draft::Invalid { text, .. } => text.clone(),
                }),
            })
        };
        Journal {
            class: self.class.clone(),
            owner: self.owner.clone(),
            keep_until: self.touched_at.saturating_add(JOURNAL_KEPT),
            requests: self.requests.iter().map(|request| request.send.clone()).collect(),
            cells: self.cells.keys().filter_map(entry).collect(),
        }
    }

    /// Takes up what a killed tab left, right after [`Editor::new`]; one journal after the other, when there were several tabs. `false`:
    /// it is another class's or another owner's journal, or too old; it is to be deleted.
    ///
    /// Everything is sent again: requests as they were, the rest on the version that it was made on, so that the server tells whose value
    /// has come between.
    pub fn restore(&mut self, journal: Journal, now: i64) -> bool {
        if journal.class != self.class || journal.owner != self.owner || journal.keep_until < now {
            return false;
        }
        self.touch(now);
        self.changes = journal.cells.iter().filter_map(|e| Some(e.queued.as_ref()?.order)).fold(self.changes, u64::max);
        for entry in &journal.cells {
            let cell = self.cell_at(&entry.cell);
            // Who has left the class, or a place that has left with its student, is known by the journal alone.
            let known = self.people.entry(cell.person.clone()).or_insert_with(|| Known {
                version: if as_empty_place(&cell.person).is_some() { 0 } else { entry.version },
                ..Known::empty()
            });
            let mut basis = Basis { value: entry.seen.clone(), version: entry.version };
            if super::value_of(&known.fields, cell.field) == basis.value.as_deref() {
                basis.version = known.version;
            }
            // Two tabs may have changed the same cell: nothing is overwritten that one of them has not seen.
            let place = &mut self.cells.entry(cell).or_default().basis;
            if place.as_ref().is_none_or(|other| other.version > basis.version) {
                *place = Some(basis);
            }
        }
        for send in journal.requests {
            let moved = self.person_at(&send.person) != send.person;
            let key = send.key.clone();
            if self.requests.iter().any(|request| request.send.key == key) {
                continue;
            }
            self.requests.push(Request { send, state: RequestState::Ready { due: now }, tries: 0, order: 0 });
            if moved {
                // Somebody has been added in the empty place meanwhile, perhaps by this very request.
                self.take_apart(&key, None);
            }
        }
        for Entry { cell, queued, text, .. } in journal.cells {
            let cell = self.cell_at(&cell);
            if let Some(Value { value, order }) = queued {
                let basis = self.basis_now(&cell);
                let known = self.cells.entry(cell.clone()).or_default();
                known.basis.get_or_insert(basis);
                known.queued = Some(Queued { value, stage: Stage::Waiting, order, since: now });
                self.drop_if_stored(&cell);
            }
            if let Some(text) = text {
                self.make(&cell, Content::Text(text), false, now);
            }
            self.tidy(&cell);
        }
        true
    }
}
