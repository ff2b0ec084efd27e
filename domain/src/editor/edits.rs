//! What a person does to one cell: types, leaves, takes back, tries again, gives up, decides a conflict.

use crate::class_people::Theirs;
use crate::person_field::FieldFault;

use super::cell::{Basis, Cell, Content, Draft, Queued, Stage};
use super::history::Visit;
use super::requests::RequestState;
use super::{CellId, Editor, REST, SaveProblem};

impl Editor {
    /// Something was typed into a cell: its whole text as it stands now. It is judged and sent when the cell is left, or after
    /// [`REST`] without typing if it is a value then.
    pub fn typed(&mut self, cell: &CellId, text: &str, now: i64) {
        let cell = &self.cell_at(cell);
        if !self.people.contains_key(&cell.person) {
            return;
        }
        self.touch(now);
        if self.visit.as_ref().is_some_and(|visit| visit.cell != *cell) {
            self.end_visit(now);
        }
        if self.visit.is_none() {
            let theirs = self.theirs(cell).filter(|_| !self.has_draft(cell)).cloned();
            self.visit = Some(Visit { cell: cell.clone(), before: self.content(cell), theirs, recorded: false });
        }
        let basis = self.basis_now(cell);
        // Typing over somebody else's value decides the conflict: that is meant only when the cell is left.
        let conflict = self.visit.as_ref().is_some_and(|visit| visit.theirs.is_some());
        let due = (!conflict).then_some(now.saturating_add(REST));
        let known = self.cells.entry(cell.clone()).or_default();
        known.basis.get_or_insert(basis);
        known.by = None;
        known.draft = Some(Draft::Typing { text: text.to_owned(), due });
    }

    /// A cell was left: what was typed is judged and queued at once.
    pub fn left(&mut self, cell: &CellId, now: i64) {
        let cell = &self.cell_at(cell);
        self.touch(now);
        self.commit(cell, now, true);
        if self.visit.as_ref().is_some_and(|visit| visit.cell == *cell) {
            self.visit = None;
        }
        if let Some(known) = self.cells.get_mut(cell) {
            known.by = None;
        }
        self.tidy(cell);
    }

    /// Takes back what was typed since the cell was entered. What was sent meanwhile is changed back like any edit.
    pub fn take_back(&mut self, cell: &CellId, now: i64) {
        let cell = &self.cell_at(cell);
        self.touch(now);
        let Some(visit) = self.visit.take_if(|visit| visit.cell == *cell) else {
            return;
        };
        if visit.recorded {
            self.history.forget_last();
            if self.can_become(cell, &visit.before) {
                self.make(cell, visit.before, false, now);
            }
            return;
        }
        let draft = match visit.before {
            Content::Value(_) => None,
            Content::Text(text) => self.judge(cell.field, &text, now).err().map(|fault| Draft::Invalid { text, fault }),
        };
        if let Some(known) = self.cells.get_mut(cell) {
            known.draft = draft;
        }
        self.tidy(cell);
    }

    /// Tries again to have the value of a cell stored.
    pub fn retry(&mut self, cell: &CellId, now: i64) {
        let cell = &self.cell_at(cell);
        self.touch(now);
        self.retry_request(cell, now);
        let invalid = match self.cells.get_mut(cell) {
            Some(Cell { draft: Some(Draft::Invalid { text, .. }), .. }) => Some(text.clone()),
            Some(Cell { queued: Some(queued), .. }) if matches!(queued.stage, Stage::Refused(_)) => {
                queued.stage = Stage::Waiting;
                queued.since = now;
                None
            }
            _ => None,
        };
        if let Some(text) = invalid {
            self.make(cell, Content::Text(text), false, now);
        }
    }

    /// Gives a rejected value up: the cell shows what it had before, in the end what is stored.
    pub fn give_up(&mut self, cell: &CellId) {
        let cell = &self.cell_at(cell);
        self.visit.take_if(|visit| visit.cell == *cell);
        let held = self.carried(cell).and_then(|(request, _)| match request.state {
            RequestState::Held(problem) => Some((request.send.key.clone(), problem)),
            _ => None,
        });
        if let Some((key, problem)) = &held {
            self.take_apart(key, Some(*problem));
        }
        if let Some(known) = self.cells.get_mut(cell) {
            known.draft = None;
            known.queued.take_if(|queued| held.is_some() || !matches!(queued.stage, Stage::Waiting));
        }
        self.tidy(cell);
    }

    /// Decides a conflict: my value, although somebody else has written theirs.
    pub fn keep_mine(&mut self, cell: &CellId, now: i64) {
        let cell = &self.cell_at(cell);
        self.touch(now);
        // While something is typed over it, the conflict is not in sight.
        let value = match self.cells.get(cell) {
            Some(Cell { draft: None, queued: Some(Queued { stage: Stage::Conflict(_), value, .. }), .. }) => {
                value.clone()
            }
            _ => return,
        };
        self.settle(cell, value, true, now);
    }

    /// Decides a conflict: their value.
    pub fn take_theirs(&mut self, cell: &CellId) {
        let cell = &self.cell_at(cell);
        if let Some(known) = self.cells.get_mut(cell).filter(|known| known.draft.is_none()) {
            known.queued.take_if(|queued| matches!(queued.stage, Stage::Conflict(_)));
        }
        self.tidy(cell);
    }

    /// Queues what has rested long enough.
    pub(super) fn rest(&mut self, now: i64) {
        let rested: Vec<CellId> = self
            .cells
            .iter()
            .filter(|(_, known)| matches!(known.draft, Some(Draft::Typing { due: Some(due), .. }) if due <= now))
            .map(|(cell, _)| cell.clone())
            .collect();
        for cell in rested {
            self.commit(&cell, now, false);
        }
    }

    /// Ends the visit to whichever cell is being typed into, as if it were left.
    pub(super) fn end_visit(&mut self, now: i64) {
        if let Some(cell) = self.visit.as_ref().map(|visit| visit.cell.clone()) {
            self.left(&cell, now);
        }
    }

    /// Judges what is being typed. In the middle of a visit, what may be unfinished stays as it is.
    fn commit(&mut self, cell: &CellId, now: i64, leaving: bool) {
        let Some(Cell { draft: Some(Draft::Typing { text, due }), .. }) = self.cells.get_mut(cell) else {
            return;
        };
        let text = text.clone();
        *due = None;
        let in_sight = self.visit.as_ref().and_then(|visit| visit.theirs.as_ref()).map(|theirs| &theirs.value);
        let seen = in_sight.is_some() && self.theirs(cell).map(|theirs| &theirs.value) == in_sight;
        let made = match self.judge(cell.field, &text, now) {
            Ok(value) => {
                self.settle(cell, value.clone(), seen, now);
                Content::Value(value)
            }
            Err(fault) if !leaving && fault.may_be_unfinished() => return,
            Err(fault) => {
                self.reject(cell, text.clone(), fault);
                Content::Text(text)
            }
        };
        self.record_visit(cell, made);
    }

    /// What the person sees stored in a cell now.
    pub(super) fn basis_now(&self, cell: &CellId) -> Basis {
        Basis {
            value: self.stored(cell).map(str::to_owned),
            version: self.people.get(&cell.person).map_or(0, |known| known.version),
        }
    }

    /// Whether a text that is no value covers what waits in a cell.
    pub(super) fn has_draft(&self, cell: &CellId) -> bool {
        self.cells.get(cell).is_some_and(|known| known.draft.is_some())
    }

    /// Somebody else's value, when the cell is in conflict with it; it is in sight unless there is a draft.
    pub(super) fn theirs(&self, cell: &CellId) -> Option<&Theirs> {
        match &self.cells.get(cell)?.queued.as_ref()?.stage {
            Stage::Conflict(theirs) => Some(theirs),
            _ => None,
        }
    }

    /// Makes a value the one to be stored. Nothing is sent when it is what the person saw stored, or what is stored by now. `seen` says
    /// that a conflict was in sight, so that this decides it.
    pub(super) fn settle(&mut self, cell: &CellId, value: Option<String>, seen: bool, now: i64) {
        let current = self.basis_now(cell);
        let carried = self.carried(cell).map(|(_, carried)| carried.clone());
        let known = self.cells.entry(cell.clone()).or_default();
        known.draft = None;
        let stage = match known.queued.take().map(|queued| queued.stage) {
            Some(Stage::Conflict(theirs)) if !seen => Stage::Conflict(theirs),
            Some(Stage::Conflict(_)) => {
                known.basis = Some(current.clone());
                Stage::Waiting
            }
            _ => Stage::Waiting,
        };
        let basis = known.basis.get_or_insert_with(|| current.clone());
        let settled = match carried {
            Some(carried) => carried == value,
            None => basis.value == value || current.value == value,
        };
        known.queued = if settled {
            None
        } else {
            known.saved_at = None;
            known.by = None;
            self.changes += 1;
            Some(Queued { value, stage, order: self.changes, since: now })
        };
        self.tidy(cell);
    }

    /// Keeps a text that is no value, beside whatever waits or is stored.
    pub(super) fn reject(&mut self, cell: &CellId, text: String, fault: FieldFault) {
        let basis = self.basis_now(cell);
        let known = self.cells.entry(cell.clone()).or_default();
        known.basis.get_or_insert(basis);
        known.draft = Some(Draft::Invalid { text, fault });
    }

    /// Makes a cell what it was at another time.
    pub(super) fn make(&mut self, cell: &CellId, content: Content, seen: bool, now: i64) {
        match content {
            Content::Value(value) => self.settle(cell, value, seen, now),
            Content::Text(text) => match self.judge(cell.field, &text, now) {
                Ok(value) => self.settle(cell, value, seen, now),
                Err(fault) => self.reject(cell, text, fault),
            },
        }
    }

    /// Whether a cell can become that. A name that somebody has cannot become none again.
    pub(super) fn can_become(&self, cell: &CellId, content: &Content) -> bool {
        let seen =
            self.cells.get(cell).and_then(|known| known.basis.as_ref()).is_some_and(|basis| basis.value.is_some());
        let exists = seen || self.stored(cell).is_some() || self.carried(cell).is_some();
        *content != Content::Value(None) || !cell.field.is_required() || !exists
    }

    /// Puts a value that a request brought back among those that wait; a newer one of the same cell takes its place.
    pub(super) fn bring_back(&mut self, cell: &CellId, value: Option<String>, stage: Stage, order: u64) {
        let basis = self.basis_now(cell);
        let known = self.cells.entry(cell.clone()).or_default();
        let basis = known.basis.get_or_insert(basis);
        match (&mut known.queued, stage) {
            // Changed and changed back, while only the first was on its way: all in all, nothing.
            (queued @ Some(_), _) if queued.as_ref().is_some_and(|newer| newer.value == basis.value) => *queued = None,
            (Some(newer), stage @ (Stage::Conflict(_) | Stage::ProofNeeded)) => newer.stage = stage,
            (Some(_), Stage::Waiting | Stage::Refused(_)) => {}
            (none @ None, stage) => *none = Some(Queued { value, stage, order, since: self.touched_at }),
        }
        self.drop_if_stored(cell);
    }

    /// Drops a waiting value that is stored by now, whoever stored it.
    pub(super) fn drop_if_stored(&mut self, cell: &CellId) {
        if self.carried(cell).is_none() {
            let stored = self.stored(cell).map(str::to_owned);
            if let Some(known) = self.cells.get_mut(cell) {
                known.queued.take_if(|queued| queued.value == stored);
            }
            self.tidy(cell);
        }
    }

    fn retry_request(&mut self, cell: &CellId, now: i64) {
        let Some(key) = self.carried(cell).map(|(request, _)| request.send.key.clone()) else {
            return;
        };
        let signed_out = RequestState::Held(SaveProblem::SignedOut);
        let everybody = self.requests.iter().any(|request| request.send.key == key && request.state == signed_out);
        for request in &mut self.requests {
            let meant = request.send.key == key || (everybody && request.state == signed_out);
            if meant && request.state != RequestState::Sent {
                request.state = RequestState::Ready { due: now };
            }
        }
    }
}
