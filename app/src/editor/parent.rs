//! A person's block in a row: the label that cards show, and the cells line by line.

use domain::PersonField;
use leptos::prelude::*;

use super::board::SharedBoard;
use super::cell::cell_view;
use super::slots::{Part, Place, Slot};
use super::words::put;

/// A parent's block; the first cell stands at `first`.
pub fn parent_view(board: &SharedBoard, slot: &Slot, first: Place, extra: bool) -> AnyView {
    let words = &board.boot.words;
    let name = words.part(slot.part).to_owned();
    let none = put(&words.head.none, "who", &name);
    view! {
        <div class=if extra { "who extra" } else { "who" } data-l=name data-none=none>
            {cells(board, slot, first)}
        </div>
    }
    .into_any()
}

/// The cells of a person, in lines.
pub fn cells(board: &SharedBoard, slot: &Slot, first: Place) -> impl IntoView + use<> {
    let part = slot.part;
    let fields = part.fields().enumerate();
    let cells = fields.map(|(at, field)| {
        let place = Place { column: first.column + at, ..first };
        let line_ends = ends_line(part, field).then(|| view! { <span class="br" role="presentation"></span> });
        (cell_view(board, slot, field, place), line_ends)
    });
    cells.collect::<Vec<_>>()
}

/// A new line begins after this field.
fn ends_line(part: Part, field: PersonField) -> bool {
    match field {
        PersonField::Patronymic => true,
        PersonField::Snils => part == Part::Student,
        _ => false,
    }
}
