//! What the table shows at this moment: a signal for each cell, so that a change draws its own cell and nothing else.
//!
//! The views read it; in the browser the driver alone writes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::editor::{CellId, CellState, Shown};
use domain::{FieldFault, Locale, PersonField, Readiness};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::boot::EditorBoot;
use super::slots::{Place, Slot, Table, slots};
use super::words::put;

/// What a cell shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Text and state.
    pub shown: Shown,
    /// What is stored, where something else is shown.
    pub stored: String,
    /// It is being edited.
    pub open: bool,
    /// It belongs to the selection.
    pub chosen: bool,
}

impl Look {
    /// A cell at rest.
    pub fn at_rest(text: String) -> Self {
        let shown = Shown { text, state: CellState::Rest, by: None };
        Self { shown, stored: String::new(), open: false, chosen: false }
    }

    /// What was typed is none of the field, or the server did not take it.
    pub fn has_failed(&self) -> bool {
        matches!(self.shown.state, CellState::Invalid(_) | CellState::Refused(_))
    }
}

/// What a row shows besides its cells.
#[derive(Clone, Copy)]
pub struct RowLook {
    /// The filter leaves it out.
    pub hidden: RwSignal<bool>,
    /// Whether the student's sign-in can work, as the server said last.
    pub ready: RwSignal<Readiness>,
}

/// Cells of one kind that ask for attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    /// How many.
    pub count: u32,
    /// Where the first of them is.
    pub first: Option<Place>,
}

/// What the toolbar shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is shown by itself")]
pub struct PageLook {
    /// Not a value of their field, or not taken.
    pub failed: Trouble,
    /// Changed by somebody else too.
    pub conflicts: Trouble,
    /// Waiting for the password.
    pub proof: Trouble,
    /// On their way.
    pub saving: u32,
    /// Waiting for the connection.
    pub waiting: u32,
    /// When the server last stored something.
    pub saved_at: Option<i64>,
    /// There is no connection.
    pub offline: bool,
    /// The session has ended.
    pub signed_out: bool,
    /// Its owner has ended it in this browser: nothing is kept on the device.
    pub cleared: bool,
    /// The class has other people now than the page shows.
    pub outdated: bool,
    /// There is something to take back.
    pub can_undo: bool,
    /// There is something to do again.
    pub can_redo: bool,
    /// What a paste did.
    pub pasted: Option<Pasted>,
}

/// What a paste did, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pasted {
    /// Cells with a new value.
    pub changed: u64,
    /// Values that are none of their field.
    pub unfit: u64,
    /// Values without a cell.
    pub outside: u64,
}

/// Somebody who has the class open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    /// The short form of the name.
    pub name: String,
    /// Two letters of it.
    pub initials: String,
    /// The reader.
    pub me: bool,
}

/// What the dialog that asks for the password shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "the browser's part uses it"))]
pub enum ProofLook {
    /// The question.
    #[default]
    Asking,
    /// The answer is being looked at.
    Checking,
    /// Nothing was typed.
    Empty,
    /// It is another password.
    Wrong,
    /// Too many tries.
    Wait,
    /// No answer.
    Offline,
    /// The account has no password.
    None,
}

/// The signals, and what the page came with.
pub struct Board {
    /// The page's language.
    pub locale: Locale,
    /// What the page came with.
    pub boot: EditorBoot,
    /// Where everything stands.
    pub table: Table,
    /// The people, row by row.
    pub slots: Vec<Vec<Slot>>,
    /// The rows.
    pub rows: Vec<RowLook>,
    /// The row whose form is open.
    pub form: RwSignal<Option<usize>>,
    /// The filter.
    pub only_unready: RwSignal<bool>,
    /// The toolbar.
    pub page: RwSignal<PageLook>,
    /// Who has the class open.
    pub present: RwSignal<Vec<Present>>,
    /// The dialog.
    pub proof: RwSignal<ProofLook>,
    cells: BTreeMap<CellId, RwSignal<Look>>,
}

/// The board, as views and driver hold it.
pub type SharedBoard = Arc<Board>;

impl Board {
    /// The board of a page that has just come.
    pub fn new(locale: Locale, boot: EditorBoot) -> SharedBoard {
        let table = Table::new(&boot.people);
        let slots: Vec<_> = boot.people.students.iter().map(slots).collect();
        let mut cells = BTreeMap::new();
        for slot in slots.iter().flatten() {
            for field in slot.part.fields() {
                let text = slot.fields.get(field).map(|value| field.shown(value)).unwrap_or_default();
                cells.insert(slot.cell(field), RwSignal::new(Look::at_rest(text)));
            }
        }
        let only_unready = boot.only_unready;
        let rows = boot.people.students.iter().map(|entry| RowLook {
            hidden: RwSignal::new(only_unready && entry.readiness.can),
            ready: RwSignal::new(entry.readiness.clone()),
        });
        Arc::new(Self {
            locale,
            rows: rows.collect(),
            table,
            slots,
            form: RwSignal::new(None),
            only_unready: RwSignal::new(only_unready),
            page: RwSignal::new(PageLook::default()),
            present: RwSignal::new(Vec::new()),
            proof: RwSignal::new(ProofLook::default()),
            cells,
            boot,
        })
    }

    /// A cell's signal.
    pub fn look(&self, cell: &CellId) -> Option<RwSignal<Look>> {
        self.cells.get(cell).copied()
    }

    /// Every cell with its signal.
    #[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "the browser's part uses it"))]
    pub fn looks(&self) -> impl Iterator<Item = (&CellId, RwSignal<Look>)> {
        self.cells.iter().map(|(cell, look)| (cell, *look))
    }

    /// Whether a cell can be edited here.
    pub fn takes(&self, cell: &CellId) -> bool {
        self.boot.takes(cell.field)
    }

    /// A student's readiness with what stands in the student's cells, sent or not.
    pub fn readiness(&self, row: usize) -> Option<Readiness> {
        let ready = self.rows.get(row)?.ready.get();
        let student = self.slots.get(row)?.first()?;
        let snils = self.look(&student.cell(PersonField::Snils))?;
        let wrong = snils.with(|look| look.shown.state == CellState::Invalid(FieldFault::SnilsCheck));
        Some(if wrong { ready.with_wrong_snils() } else { ready })
    }

    /// How many students can sign in, and how many there are.
    pub fn able(&self) -> (u64, u64) {
        let able = self.rows.iter().filter(|row| row.ready.with(|ready| ready.can)).count();
        (u64::try_from(able).unwrap_or_default(), u64::try_from(self.rows.len()).unwrap_or_default())
    }

    /// How a student is called now: surname and given name.
    pub fn student_name(&self, row: usize) -> String {
        let Some(student) = self.slots.get(row).and_then(|slots| slots.first()) else { return String::new() };
        let part = |field| self.look(&student.cell(field)).map(|look| look.with(|look| look.shown.text.clone()));
        let parts = [PersonField::Surname, PersonField::GivenName].into_iter().filter_map(part);
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// A text with a time of day in the place of its mark.
    pub fn at(&self, text: &str, at: i64) -> String {
        put(text, "t", &self.boot.clock(at))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

    use domain::{NotReady, Relation, Way};

    use super::super::slots::tests::class;
    use super::*;

    fn board() -> SharedBoard {
        let mut people = class(&[&[Relation::Mother], &[]]);
        people.students[0].student.fields.mobile = Some("+79000000061".to_owned());
        people.students[0].readiness = Readiness { can: true, by: vec![Way::Mobile], issue: None };
        Board::new(Locale::Ru, EditorBoot { only_unready: true, ..EditorBoot::of(people) })
    }

    #[test]
    fn the_board_begins_with_what_came_with_the_page() {
        let owner = Owner::new();
        owner.with(|| {
            let board = board();
            let mobile = board.slots[0][0].cell(PersonField::Mobile);
            let look = board.look(&mobile).unwrap().get_untracked();
            assert_eq!(look.shown.text, PersonField::Mobile.shown("+79000000061"));
            assert_eq!(board.able(), (1, 2));
            assert_eq!(board.rows.iter().map(|row| row.hidden.get_untracked()).collect::<Vec<_>>(), [true, false]);
            assert!(!board.takes(&board.slots[0][0].cell(PersonField::BirthDate)));
        });
    }

    #[test]
    fn a_wrong_snils_in_the_cell_is_seen_at_once() {
        let owner = Owner::new();
        owner.with(|| {
            let board = board();
            let snils = board.look(&board.slots[0][0].cell(PersonField::Snils)).unwrap();
            snils.update(|look| look.shown.state = CellState::Invalid(FieldFault::SnilsCheck));
            let ready = board.readiness(0).unwrap();
            assert_eq!((ready.can, ready.issue), (true, Some(NotReady::SnilsInvalid)));
        });
    }
}
