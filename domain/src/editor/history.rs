//! Undo and redo of one's own changes. Each is saved like any edit, and what somebody else has written since is left alone.

use crate::class_people::Theirs;

use super::cell::Content;
use super::{CellId, CellState, Editor};

/// The steps to go back, and forward again.
#[derive(Default)]
pub(super) struct History {
    undo: Vec<Step>,
    redo: Vec<Step>,
}

/// What is undone at once.
type Step = Vec<Change>;

/// One cell of a step.
pub(super) struct Change {
    pub cell: CellId,
    pub before: Content,
    pub after: Content,
}

impl Change {
    fn reversed(self) -> Self {
        Self { cell: self.cell, before: self.after, after: self.before }
    }
}

/// The cell that is being typed into: all that becomes of it until it is left is one step.
pub(super) struct Visit {
    /// The cell.
    pub cell: CellId,
    /// What it was when it was entered.
    pub before: Content,
    /// Somebody else's value that was in sight then.
    pub theirs: Option<Theirs>,
    /// The last step is this visit's.
    pub recorded: bool,
}

impl History {
    /// Adds a step; what was undone cannot be done again after it.
    pub fn record(&mut self, step: Step) {
        if !step.is_empty() {
            self.undo.push(step);
            self.redo.clear();
        }
    }

    pub fn forget_last(&mut self) {
        self.undo.pop();
    }
}

impl Editor {
    /// Whether there is a change to undo.
    pub fn can_undo(&self) -> bool {
        !self.history.undo.is_empty() || self.visit.as_ref().is_some_and(|visit| !visit.recorded)
    }

    /// Whether there is a change to do again.
    pub fn can_redo(&self) -> bool {
        !self.history.redo.is_empty()
    }

    /// Undoes the last change that is still in place; tells a cell of it.
    pub fn undo(&mut self, now: i64) -> Option<CellId> {
        self.touch(now);
        self.end_visit(now);
        while let Some(step) = self.history.undo.pop() {
            let back = step.into_iter().map(Change::reversed);
            let (done, cell) = self.turn(back, now);
            if !done.is_empty() {
                self.history.redo.push(done);
            }
            if cell.is_some() {
                return cell;
            }
        }
        None
    }

    /// Does the last undone change again; tells a cell of it.
    pub fn redo(&mut self, now: i64) -> Option<CellId> {
        self.touch(now);
        self.end_visit(now);
        while let Some(step) = self.history.redo.pop() {
            let forth = step.into_iter().map(Change::reversed);
            let (done, cell) = self.turn(forth, now);
            if !done.is_empty() {
                self.history.undo.push(done);
            }
            if cell.is_some() {
                return cell;
            }
        }
        None
    }

    /// Turns the cells of a step from `before` into `after`, those that are still `before`. Returns what can be turned back, and the
    /// first cell that has changed.
    fn turn(&mut self, step: impl Iterator<Item = Change>, now: i64) -> (Step, Option<CellId>) {
        let mut done = Step::new();
        let mut first = None;
        for mut change in step {
            change.cell = self.cell_at(&change.cell);
            let cell = &change.cell;
            // Of whoever has left the table nothing can be turned back.
            if !self.people.contains_key(&cell.person)
                || self.content(cell) != change.before
                || !self.can_become(cell, &change.after)
            {
                continue;
            }
            first.get_or_insert_with(|| cell.clone());
            if matches!(self.shown(cell).state, CellState::Conflict(_)) {
                // To undo mine is to take theirs: the value before mine is older than both.
                self.take_theirs(cell);
                continue;
            }
            self.make(cell, change.after.clone(), false, now);
            done.push(change);
        }
        (done, first)
    }

    /// Records what was made of the visited cell, as one step for the whole visit.
    pub(super) fn record_visit(&mut self, cell: &CellId, after: Content) {
        let Some(visit) = self.visit.as_mut().filter(|visit| visit.cell == *cell) else {
            return;
        };
        if visit.recorded {
            self.history.forget_last();
        }
        visit.recorded = visit.before != after;
        if visit.recorded {
            let step = vec![Change { cell: cell.clone(), before: visit.before.clone(), after }];
            self.history.record(step);
        }
    }
}
