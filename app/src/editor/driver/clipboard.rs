//! Copy and paste: cells as a spreadsheet writes them.

use domain::editor::table;
use leptos::prelude::*;
use web_sys::ClipboardEvent;

use super::{Driver, dom, now};

impl Driver {
    /// The table has the focus, and no text is selected for copying.
    fn is_in_table() -> bool {
        document().active_element().is_some_and(|element| dom::is_cell(&element))
    }

    pub(super) fn copy(&mut self, event: ClipboardEvent) {
        if !Self::is_in_table() || self.open.is_some() {
            return;
        }
        let Some(data) = event.clipboard_data() else { return };
        let texts: Vec<_> = self.selection().iter().map(|cell| self.editor.shown(cell).text).collect();
        if !texts.is_empty() && data.set_data("text/plain", &texts.join("\n")).is_ok() {
            event.prevent_default();
        }
    }

    /// One value goes to all selected cells; a block fills the cells from the tab stop on, in one step that can be
    /// undone.
    pub(super) fn paste(&mut self, event: ClipboardEvent) {
        let open = self.open.is_some();
        if !open && !Self::is_in_table() {
            return;
        }
        let Some(text) = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok()) else { return };
        let block = table(&text);
        let one = match block.as_slice() {
            [] => return,
            [row] => row.len() == 1,
            _ => false,
        };
        if open && one {
            // Into the text, where the caret is.
            return;
        }
        event.prevent_default();
        if open {
            self.close_cell(false);
            self.go(self.at);
        }
        if one {
            let value = block.into_iter().flatten().next().unwrap_or_default();
            self.fill(&value);
            return;
        }
        let Some(cell) = self.board.table.cell(self.anchor.min(self.at)).cloned() else { return };
        let shows = self.shows();
        let order = self.board.table.order(&shows, &|cell| self.board.takes(cell));
        let result = self.editor.paste(&cell, &block, &order, now());
        self.pasted(&result);
    }
}
