//! Clicks and taps. What a button does stands in its `data-do`.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlInputElement, MouseEvent};

use super::super::slots::Place;
use super::forms::field_at;
use super::{Driver, dom, now};

impl Driver {
    /// While a cell is open, a press elsewhere in the table leaves the focus where it is until it is over: closing the
    /// cell may move things, and nothing shall move under a finger.
    pub(super) fn press_down(&mut self, event: MouseEvent) {
        let Some(target) = dom::target(event.as_ref()) else { return };
        // With Shift, the focus stays where the selection begins.
        let stays = self.open.is_some() || event.shift_key();
        if stays && dom::around(&target, "#grid").is_some() && dom::around(&target, "input").is_none() {
            event.prevent_default();
        }
    }

    pub(super) fn click(&mut self, event: MouseEvent) {
        let Some(target) = dom::target(event.as_ref()) else { return };
        if let Some(button) = dom::around(&target, "[data-do]") {
            let what = button.get_attribute("data-do").unwrap_or_default();
            // A click for a new window or tab is the browser's.
            if !(event.ctrl_key() || event.meta_key() || event.shift_key()) && self.press(&what, &button) {
                event.prevent_default();
            }
            return;
        }
        if dom::around(&target, "input,.ed-f,a").is_some() {
            return;
        }
        if is_cards() {
            let row = dom::around(&target, ".ed-r").and_then(|row| row.id().strip_prefix('r')?.parse().ok());
            if let Some(row) = row {
                self.open_form(row, None);
            }
            return;
        }
        let Some(place) = dom::around(&target, "[role=gridcell]").and_then(|cell| Place::from_id(&cell.id())) else {
            return;
        };
        if event.shift_key() {
            // Its value is the open cell's alone: it must not fill what is selected now.
            self.close_cell(true);
            self.extend_to(place);
        } else {
            self.go(place);
            self.open_cell(place, true);
        }
    }

    /// Does what a button says; `false` leaves the click to the browser.
    fn press(&mut self, what: &str, button: &Element) -> bool {
        match what {
            "undo" => self.undo(),
            "redo" => self.redo(),
            "filter" => self.filter(),
            "visit" => {
                let place = button.get_attribute("href").and_then(|href| Place::from_id(href.strip_prefix('#')?));
                let Some(place) = place else { return false };
                self.visit(place);
            }
            "open" => {
                let Some(row) = button.id().strip_prefix('e').and_then(|row| row.parse().ok()) else { return false };
                self.open_form(row, None);
            }
            "close" => self.close_form(),
            "prove" => self.open_proof(),
            "later" => Self::close_proof(),
            _ => self.decide(what, button),
        }
        true
    }

    /// A button inside a cell, or below a field of a row's form.
    fn decide(&mut self, what: &str, button: &Element) {
        let Some(place) = dom::place_of(button) else { return };
        let Some(cell) = self.board.table.cell(place).cloned() else { return };
        let now = now();
        match what {
            "retry" => self.editor.retry(&cell, now),
            "give-up" => self.editor.give_up(&cell),
            "keep-mine" => self.editor.keep_mine(&cell, now),
            "take-theirs" => self.editor.take_theirs(&cell),
            _ => return,
        }
        // The button is about to go: the focus goes back to what it belongs to.
        let field = dom::around(button, ".ed-f").and_then(|_| field_at(place));
        match &field {
            Some(field) => dom::focus(field),
            None => self.go(place),
        }
        self.settle(Some(&cell.person));
        if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
            // The field that has the focus follows its cell by this decision alone.
            field.set_value(&self.editor.shown(&cell).text);
        }
    }

    /// Goes to a cell that asks for attention, wherever it is.
    fn visit(&mut self, place: Place) {
        if let Some(row) = self.board.rows.get(place.row) {
            row.hidden.set(false);
        }
        if is_cards() {
            self.open_form(place.row, Some(place));
        } else {
            // A row that was hidden is shown by then.
            self.later(std::time::Duration::ZERO, move |driver| driver.go(place));
        }
    }

    /// Shows those whose sign-in can't work, or everybody. Rows stay where they are while people are at work: what
    /// changes meanwhile counts with the next press.
    fn filter(&mut self) {
        let only = !self.board.only_unready.get_untracked();
        self.board.only_unready.set(only);
        for (at, row) in self.board.rows.iter().enumerate() {
            let ready = untrack(|| self.board.readiness(at)).is_some_and(|ready| ready.can);
            row.hidden.set(only && ready);
        }
        self.stop_in_sight();
    }

    /// The tab stop must be in sight, or nobody gets into the table.
    pub(super) fn stop_in_sight(&mut self) {
        let shows = self.shows();
        if !shows(self.at.row)
            && let Some(row) = (0..self.board.table.rows()).find(|row| shows(*row))
        {
            self.keep_stop(Place { row, ..Place::default() });
            self.anchor = self.at;
        }
    }
}

/// The rows are cards: there was no room for the table's head.
pub fn is_cards() -> bool {
    let head = document().query_selector(".ed-h").ok().flatten();
    head.is_none_or(|head| head.client_width() == 0)
}
