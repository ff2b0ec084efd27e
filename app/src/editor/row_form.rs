//! The form of one row, for fingers: every field with its label, saved as it is left, like the cells.

use std::sync::Arc;

use domain::PersonField;
use domain::editor::CellState;
use leptos::prelude::*;

use super::board::{Board, Look, SharedBoard};
use super::cell::is_name;
use super::message::{Ask, message};
use super::slots::{Part, Place, Slot};
use super::words::put;
use crate::components::Icon;
use crate::icons::IconName;

/// The form that takes the place of a card while it is open.
pub fn row_form(board: &SharedBoard, row: usize) -> AnyView {
    let words = &board.boot.words;
    let mut column = 0;
    let mut people = Vec::new();
    for slot in board.slots.get(row).into_iter().flatten() {
        people.push(person(board, slot, Place { row, column }));
        column += slot.part.fields().count();
        if slot.part == Part::Student {
            // The readiness has a place of its own.
            column += 1;
        }
    }
    let label = put(&words.form.edit_whom, "who", &untrack(|| board.student_name(row)));
    view! {
        <div class="ed-f" role="gridcell">
            <div class="whole" role="group" aria-label=label>
                {people}
                <div class="btns">
                    <button type="button" class="btn s" data-do="close">
                        {words.form.done.clone()}
                    </button>
                </div>
            </div>
        </div>
    }
    .into_any()
}

fn person(board: &SharedBoard, slot: &Slot, first: Place) -> AnyView {
    let fields = slot.part.fields().enumerate().map(|(at, field)| {
        let place = Place { column: first.column + at, ..first };
        field_view(board, slot, field, place)
    });
    view! {
        <fieldset>
            <legend>{board.boot.words.part(slot.part).to_owned()}</legend>
            {fields.collect_view()}
        </fieldset>
    }
    .into_any()
}

fn field_view(board: &SharedBoard, slot: &Slot, field: PersonField, place: Place) -> Option<AnyView> {
    let look = board.look(&slot.cell(field))?;
    let takes = board.takes(&slot.cell(field));
    let id = format!("f-{}", place.id());
    let state_id = format!("{id}-s");
    let state = {
        let board = Arc::clone(board);
        move || look.with(|look| state_view(&board, field, look))
    };
    let ltr = !is_name(field);
    // What is typed stays the input's own from here on.
    let value = look.with_untracked(|look| look.shown.text.clone());
    Some(
        view! {
            <div class="field" data-at=place.id() class:has-err=move || look.with(Look::has_failed)>
                <label for=id.clone()>{board.boot.words.field(field).name}</label>
                <input
                    class="input"
                    id=id
                    value=value
                    autocomplete="off"
                    inputmode=inputmode(field)
                    dir=ltr.then_some("ltr")
                    autocapitalize=ltr.then_some("none")
                    spellcheck="false"
                    readonly=!takes
                    aria-invalid=move || look.with(Look::has_failed).then_some("true")
                    aria-describedby=state_id.clone()
                />
                <p class="ed-s small" id=state_id>
                    {state}
                </p>
            </div>
        }
        .into_any(),
    )
}

/// How the field is, below it.
fn state_view(board: &Board, field: PersonField, look: &Look) -> AnyView {
    let words = &board.boot.words.cell;
    if let Some(ask) = Ask::of(&look.shown.state) {
        return message(board, field, look, &ask);
    }
    let (icon, text) = match &look.shown.state {
        CellState::Saved { at } => (IconName::Check, board.at(&words.saved, *at)),
        CellState::Saving => (IconName::Spin, words.saving.clone()),
        CellState::Queued if board.page.with(|page| page.offline) => (IconName::Off, words.offline.clone()),
        CellState::Queued => (IconName::Off, words.queued.clone()),
        _ => return ().into_any(),
    };
    view! {
        <Icon name=icon />
        " "
        {text}
    }
    .into_any()
}

/// Which keys a phone shows.
pub fn inputmode(field: PersonField) -> Option<&'static str> {
    match field {
        PersonField::Surname | PersonField::GivenName | PersonField::Patronymic => None,
        PersonField::BirthDate | PersonField::Snils => Some("numeric"),
        PersonField::Mobile => Some("tel"),
        PersonField::Email => Some("email"),
    }
}
