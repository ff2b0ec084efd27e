//! Many cells at once: a block from a spreadsheet, or one value into a selection. One step to undo.

use std::collections::BTreeMap;

use crate::mobile::Country;
use crate::person_field::{FieldFault, PersonField};

use super::cell::Content;
use super::history::Change;
use super::{CellId, CellOrder, Editor, PasteRefusal, PasteResult};

impl Editor {
    /// Fills cells with a block of texts, from the cell `at` on. A text that is no value of its field leaves its cell alone, and so does
    /// a blank one: blocks come with ragged edges.
    pub fn paste(&mut self, at: &CellId, block: &[Vec<String>], order: &CellOrder, now: i64) -> PasteResult {
        let found = order.rows.iter().enumerate().find_map(|(row, cells)| {
            let column = cells.iter().position(|cell| cell.as_ref() == Some(at))?;
            Some((row, column))
        });
        let mut result = PasteResult::default();
        let mut values: Vec<(CellId, &str)> = Vec::new();
        for (i, line) in block.iter().enumerate() {
            for (j, text) in line.iter().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
                let cell = found.and_then(|(row, column)| order.rows.get(row + i)?.get(column + j)?.as_ref());
                match cell {
                    Some(cell) => values.push((cell.clone(), text)),
                    None => result.outside += 1,
                }
            }
        }
        self.fill_all(values, result, now)
    }

    /// Fills every given cell with one text; a blank one empties them. Where it is no value of the field, the cell is left alone.
    pub fn fill(&mut self, cells: &[CellId], text: &str, now: i64) -> PasteResult {
        let values = cells.iter().map(|cell| (cell.clone(), text)).collect();
        self.fill_all(values, PasteResult::default(), now)
    }

    fn fill_all(&mut self, values: Vec<(CellId, &str)>, mut result: PasteResult, now: i64) -> PasteResult {
        self.touch(now);
        // A conflict under what is being typed is not in sight yet.
        let hidden = self.visit.as_ref().filter(|visit| visit.theirs.is_none()).map(|visit| visit.cell.clone());
        // Nor is what others have stored there since, even where leaving the cell turns out to change nothing.
        let basis = hidden.as_ref().and_then(|cell| self.cells.get(cell)?.basis.clone());
        self.end_visit(now);
        let mut judged = Vec::with_capacity(values.len());
        // A parent of two children of the class stands in two rows. The last value counts, and the others do not even come to pass: one
        // of them might bring to light what others have stored, for the next to replace it.
        let mut last = BTreeMap::new();
        for (cell, text) in values {
            let place = self.cell_at(&cell);
            if !self.people.contains_key(&place.person) {
                result.outside += 1;
                continue;
            }
            match self.judge_pasted(place.field, text, now) {
                Err(fault) => result.refused.push(PasteRefusal { cell, text: text.to_owned(), fault }),
                Ok(value) => {
                    last.insert(place.clone(), judged.len());
                    judged.push((place, cell, value));
                }
            }
        }
        let mut step = Vec::new();
        for (index, (place, cell, value)) in judged.into_iter().enumerate() {
            let before = self.content(&place);
            let after = Content::Value(value.clone());
            if last.get(&place) != Some(&index) || before == after {
                continue;
            }
            let covered = hidden.as_ref() == Some(&place);
            let seen = !covered && !self.has_draft(&place);
            if covered && let Some(basis) = basis.clone() {
                self.cells.entry(place.clone()).or_default().basis.get_or_insert(basis);
            }
            self.settle(&place, value, seen, now);
            step.push(Change { cell: place, before, after });
            result.changed.push(cell);
        }
        self.history.record(step);
        result
    }

    /// Judges a text from a spreadsheet, which may have taken a number's leading zeros for nothing.
    fn judge_pasted(&self, field: PersonField, text: &str, now: i64) -> Result<Option<String>, FieldFault> {
        self.judge(field, text, now).or_else(|fault| {
            let digits = text.trim();
            let padded = match field {
                PersonField::Snils if (9..11).contains(&digits.len()) => format!("{digits:0>11}"),
                PersonField::Mobile if digits.len() == 9 && self.country == Country::Il => format!("0{digits}"),
                _ => return Err(fault),
            };
            if !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(fault);
            }
            self.judge(field, &padded, now).map_err(|_| fault)
        })
    }
}

/// Reads what a spreadsheet puts on the clipboard: lines of texts with tabs between them. A text with a tab, a line's end or a quotation
/// mark in it comes in quotation marks, its own doubled.
pub fn table(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let Some(cell) = rows.last_mut().and_then(|row| row.last_mut()) else {
            break;
        };
        match c {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted => quoted = false,
            // A quotation mark inside a plain text is a part of it: רמב"ם.
            '"' if cell.is_empty() => quoted = true,
            _ if quoted => cell.push(c),
            '\t' => {
                if let Some(row) = rows.last_mut() {
                    row.push(String::new());
                }
            }
            '\r' | '\n' => {
                if c == '\r' {
                    characters.next_if_eq(&'\n');
                }
                rows.push(vec![String::new()]);
            }
            _ => cell.push(c),
        }
    }
    // The end of the last line begins no other.
    rows.pop_if(|row| row.iter().all(String::is_empty));
    rows
}
