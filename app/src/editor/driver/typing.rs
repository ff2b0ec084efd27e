//! Keyboard and the open cell.
//!
//! One input serves the whole table. It is put into the cell in the very event of the key that opens it, so that the
//! key, or the input method that it starts, already writes into it.

use domain::editor::CellId;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, FocusEvent, HtmlElement, HtmlInputElement, KeyboardEvent};

use super::super::cell::is_name;
use super::super::keys::{Action, Focus, Move, Press, action};
use super::super::moves::{column, step};
use super::super::row_form::inputmode;
use super::super::slots::{Part, Place};
use super::{Driver, Open, dom, now};

impl Driver {
    /// What has the focus, if it is the table's.
    fn focus_on(&self, target: &Element) -> Option<Focus> {
        if dom::around(target, ".ed-f").is_some() || dom::around(target, "#grid").is_none() {
            None
        } else if target.is_same_node(Some(self.input.as_ref())) {
            Some(Focus::Input)
        } else if dom::is_cell(target) {
            Some(Focus::Cell)
        } else {
            (target.tag_name() == "BUTTON").then_some(Focus::Button)
        }
    }

    pub(super) fn key(&mut self, event: KeyboardEvent) {
        let Some(target) = dom::target(event.as_ref()) else { return };
        let Some(focus) = self.focus_on(&target) else { return };
        let (key, code) = (event.key(), event.code());
        let press = Press {
            key: &key,
            code: &code,
            ctrl: event.ctrl_key() || event.meta_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
            composing: event.is_composing(),
        };
        let Some(action) = action(&press, focus, self.board.locale.is_rtl()) else { return };
        if self.act(action, &target) {
            event.prevent_default();
        }
    }

    /// Does what a key asks for; `false` leaves the key to the browser.
    fn act(&mut self, action: Action, target: &Element) -> bool {
        match action {
            Action::Go(way) => self.go(self.step(way)),
            Action::Extend(way) => self.extend(way),
            Action::Open => {
                let button = dom::element_at(self.at).and_then(|cell| cell.query_selector("button").ok().flatten());
                match button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
                    Some(button) => dom::focus(&button),
                    None => self.open_cell(self.at, true),
                }
            }
            Action::Edit => self.open_cell(self.at, true),
            Action::Write => {
                self.open_cell(self.at, false);
                return false;
            }
            Action::Empty => self.fill(""),
            Action::Done(way) => {
                self.close_cell(true);
                self.go(way.map_or(self.at, |way| self.step(way)));
            }
            Action::TakeBack => {
                self.close_cell(false);
                self.go(self.at);
            }
            // The focus goes its way, and what was typed is done when it is gone.
            Action::Leave => return false,
            Action::Back => self.go(self.at),
            Action::NextButton => neighbour(target, true),
            Action::PreviousButton => neighbour(target, false),
            Action::Undo => self.undo(),
            Action::Redo => self.redo(),
        }
        true
    }

    fn step(&self, way: Move) -> Place {
        step(&self.board.table, &self.shows(), self.at, way)
    }

    /// Goes to a place; the selection is that place alone.
    pub(super) fn go(&mut self, place: Place) {
        self.anchor = place;
        self.stop_at(place);
        self.show_selection();
    }

    /// Moves the tab stop, and the focus with it.
    fn stop_at(&mut self, place: Place) {
        if self.board.table.spot(place).is_none() {
            return;
        }
        self.keep_stop(place);
        if let Some(element) = dom::element_at(place) {
            dom::focus(&element);
        }
    }

    /// Moves the tab stop alone.
    pub(super) fn keep_stop(&mut self, place: Place) {
        if let Some(before) = dom::element_at(self.at) {
            dom::set(&before, "tabindex", "-1");
        }
        if let Some(element) = dom::element_at(place) {
            dom::set(&element, "tabindex", "0");
        }
        self.at = place;
    }

    fn extend(&mut self, way: Move) {
        self.extend_to(self.step(way));
    }

    /// Selects from the anchor to a place, within the anchor's column.
    pub(super) fn extend_to(&mut self, place: Place) {
        self.stop_at(Place { column: self.anchor.column, ..place });
        self.show_selection();
    }

    fn show_selection(&mut self) {
        let shows = self.shows();
        let places = column(&self.board.table, &shows, self.anchor, self.at);
        let cells = places.iter().filter_map(|place| self.board.table.cell(*place).cloned());
        let chosen = if places.len() > 1 { cells.collect() } else { std::collections::BTreeSet::new() };
        if chosen != self.chosen {
            self.chosen = chosen;
            self.show(None);
        }
    }

    /// What a cell holds, and of whom: the column is not read out with an input.
    fn name_of(&self, row: usize, cell: &CellId) -> String {
        let words = &self.board.boot.words;
        let (field, student) = (words.field(cell.field).name, untrack(|| self.board.student_name(row)));
        let slots = self.board.slots.get(row).into_iter().flatten();
        match slots.map(|slot| (slot.part, &slot.person)).find(|(_, person)| **person == cell.person) {
            Some((part, _)) if part != Part::Student => format!("{field}, {}, {student}", words.part(part)),
            _ => format!("{field}, {student}"),
        }
    }

    /// Opens a cell with its text in it, or empty.
    pub(super) fn open_cell(&mut self, place: Place, keep: bool) {
        let Some(cell) = self.board.table.cell(place).cloned() else { return };
        let Some(element) = dom::element_at(place) else { return };
        if !self.board.takes(&cell) {
            return;
        }
        self.close_cell(true);
        self.pasted = None;
        let text = if keep { self.editor.shown(&cell).text } else { String::new() };
        let input = &self.input;
        dom::set(input, "aria-label", &self.name_of(place.row, &cell));
        dom::set(input, "inputmode", inputmode(cell.field).unwrap_or("text"));
        dom::set(input, "dir", if is_name(cell.field) { "auto" } else { "ltr" });
        dom::set(input, "autocomplete", "off");
        dom::set(input, "spellcheck", "false");
        input.set_value(&text);
        if element.append_child(input).is_err() {
            return;
        }
        // From inside, Shift and Tab lead out of the table and not to the cell around.
        dom::set(&element, "tabindex", "-1");
        dom::focus(input);
        let end = u32::try_from(text.encode_utf16().count()).unwrap_or_default();
        // A caret elsewhere loses nothing but comfort.
        let _ = input.set_selection_range(end, end);
        let person = cell.person.clone();
        self.open = Some(Open { place, cell, told: text });
        self.show(Some(&person));
    }

    /// Closes the open cell: what was typed is done, or taken back.
    pub(super) fn close_cell(&mut self, done: bool) {
        let Some(Open { place, cell, told }) = self.open.take() else { return };
        let text = self.input.value();
        self.input.remove();
        if let Some(element) = dom::element_at(place) {
            dom::set(&element, "tabindex", if place == self.at { "0" } else { "-1" });
        }
        if !done {
            self.editor.take_back(&cell, now());
        } else if self.chosen.len() > 1 && !text.is_empty() {
            let cells = self.selection();
            let result = self.editor.fill(&cells, &text, now());
            self.pasted(&result);
            return;
        } else if self.chosen.len() <= 1 {
            if text != told {
                self.editor.typed(&cell, &text, now());
            }
            self.editor.left(&cell, now());
        }
        self.settle(Some(&cell.person));
        self.ask_due_proof();
    }

    /// One value for all selected cells.
    pub(super) fn fill(&mut self, text: &str) {
        let cells: Vec<_> = self.selection().into_iter().filter(|cell| self.board.takes(cell)).collect();
        let result = self.editor.fill(&cells, text, now());
        if cells.len() > 1 || !result.refused.is_empty() {
            self.pasted(&result);
        } else {
            self.settle(None);
        }
    }

    pub(super) fn undo(&mut self) {
        self.close_cell(true);
        if let Some(cell) = self.editor.undo(now()) {
            self.changed_at(&cell);
        }
    }

    pub(super) fn redo(&mut self) {
        self.close_cell(true);
        if let Some(cell) = self.editor.redo(now()) {
            self.changed_at(&cell);
        }
    }

    fn changed_at(&mut self, cell: &CellId) {
        self.pasted = None;
        self.settle(None);
        if let Some(place) = self.board.table.place(cell) {
            self.go(place);
        }
    }

    /// Something was typed: into the open cell, or into a field of a row's form.
    pub(super) fn input(&mut self, event: Event) {
        let Some(target) = dom::target(&event) else { return };
        let Ok(input) = target.clone().dyn_into::<HtmlInputElement>() else { return };
        let text = input.value();
        let cell = if input.is_same_node(Some(self.input.as_ref())) {
            // What goes to several cells goes there when it is done.
            if self.chosen.len() > 1 {
                return;
            }
            let Some(open) = &mut self.open else { return };
            open.told.clone_from(&text);
            open.cell.clone()
        } else {
            let cell = dom::place_of(&target).and_then(|place| self.board.table.cell(place));
            let Some(cell) = cell else { return };
            cell.clone()
        };
        self.editor.typed(&cell, &text, now());
        self.settle(Some(&cell.person));
    }

    pub(super) fn focus_in(&mut self, event: FocusEvent) {
        let Some(target) = dom::target(event.as_ref()).filter(dom::is_cell) else { return };
        let Some(place) = Place::from_id(&target.id()) else { return };
        if place != self.at {
            self.anchor = place;
            self.keep_stop(place);
            self.show_selection();
        }
        // Whoever comes by has seen who changed it.
        if let Some(cell) = self.board.table.cell(place).cloned()
            && self.editor.shown(&cell).by.is_some()
        {
            self.editor.left(&cell, now());
            self.settle(Some(&cell.person));
        }
    }

    pub(super) fn focus_out(&mut self, event: FocusEvent) {
        let Some(target) = dom::target(event.as_ref()) else { return };
        if target.is_same_node(Some(self.input.as_ref())) {
            self.close_cell(true);
        } else if dom::around(&target, ".ed-f").is_some()
            && let Some(cell) = dom::place_of(&target).and_then(|place| self.board.table.cell(place).cloned())
        {
            self.editor.left(&cell, now());
            self.settle(Some(&cell.person));
        }
    }
}

/// Goes to the next of a cell's buttons, or to the one before; round and round.
fn neighbour(button: &Element, next: bool) {
    let Some(list) = dom::around(button, "[role=gridcell]").and_then(|cell| cell.query_selector_all("button").ok())
    else {
        return;
    };
    let count = list.length();
    let here = (0..count).find(|at| list.get(*at).is_some_and(|other| other.is_same_node(Some(button))));
    let Some(here) = here else { return };
    let there = if next { here + 1 } else { here + count - 1 } % count;
    if let Some(other) = list.get(there).and_then(|other| other.dyn_into::<HtmlElement>().ok()) {
        dom::focus(&other);
    }
}
