//! One cell: label, value, state. It is drawn by its own signal; the element stays the same, so the focus stays too.

use std::sync::Arc;

use domain::PersonField;
use domain::editor::CellState;
use leptos::prelude::*;

use super::board::{Board, Look, SharedBoard};
use super::message::message;
use super::slots::{Part, Place, Slot};
use super::words::FieldWords;
use crate::components::Icon;
use crate::icons::IconName;

/// What of a cell never changes.
struct Fixed {
    place: Place,
    field: PersonField,
    words: FieldWords,
    /// The student's names are their own label.
    title: bool,
    takes: bool,
}

/// A cell, drawn anew by each change of its signal.
pub fn cell_view(board: &SharedBoard, slot: &Slot, field: PersonField, place: Place) -> Option<impl IntoView + use<>> {
    let cell = slot.cell(field);
    let look = board.look(&cell)?;
    let fixed = Fixed {
        place,
        field,
        words: board.boot.words.field(field),
        title: slot.part == Part::Student && is_name(field),
        takes: board.takes(&cell),
    };
    let board = Arc::clone(board);
    Some(move || look.with(|look| draw(&board, &fixed, look)))
}

/// A part of the name.
pub fn is_name(field: PersonField) -> bool {
    matches!(field, PersonField::Surname | PersonField::GivenName | PersonField::Patronymic)
}

/// How a state looks and what it is called.
struct Dress {
    class: &'static str,
    icon: Option<IconName>,
    /// For assistive technology alone.
    said: Option<String>,
    /// For everybody.
    seen: Option<String>,
}

impl Dress {
    fn plain(class: &'static str) -> Self {
        Self { class, icon: None, said: None, seen: None }
    }
}

fn dress(board: &Board, look: &Look) -> Dress {
    let words = &board.boot.words.cell;
    match &look.shown.state {
        _ if look.open => Dress::plain(" edit focus"),
        CellState::Rest if look.shown.by.is_some() => Dress::plain(" theirs"),
        CellState::Rest | CellState::Typing => Dress::plain(""),
        CellState::Saved { at } => {
            Dress { icon: Some(IconName::Check), said: Some(board.at(&words.saved, *at)), ..Dress::plain(" saved") }
        }
        CellState::Saving => {
            Dress { icon: Some(IconName::Spin), said: Some(words.saving.clone()), ..Dress::plain(" saving") }
        }
        CellState::Queued => {
            let offline = board.page.with(|page| page.offline);
            let seen = if offline { &words.offline } else { &words.queued };
            Dress { icon: Some(IconName::Off), seen: Some(seen.clone()), ..Dress::plain(" queued") }
        }
        CellState::Invalid(_) | CellState::Refused(_) => {
            Dress { icon: Some(IconName::Stop), ..Dress::plain(" failed") }
        }
        CellState::Conflict(_) => Dress { icon: Some(IconName::People), ..Dress::plain(" conflict") },
        CellState::ProofNeeded => Dress { icon: Some(IconName::Key), ..Dress::plain(" proof") },
    }
}

fn draw(board: &Board, fixed: &Fixed, look: &Look) -> impl IntoView + use<> {
    let id = fixed.place.id();
    let Dress { class: state, icon, said, seen } = dress(board, look);
    let mut class = "c".to_owned();
    for (on, name) in [(fixed.title, " name"), (!fixed.takes, " ro"), (true, state), (look.chosen, " chosen")] {
        if on {
            class.push_str(name);
        }
    }
    let empty = look.shown.text.is_empty();
    let text = if empty { "—".to_owned() } else { look.shown.text.clone() };
    let value_class = match (empty, is_name(fixed.field)) {
        (true, _) => "v add",
        (false, true) => "v",
        (false, false) => "v ltr num",
    };
    let message = message(board, fixed.field, look).filter(|_| !look.open);
    let described = message.is_some();
    let by = look.shown.by.clone();
    // Most cells are at rest: they get one empty place in the document, not five.
    let more = (icon.is_some() || seen.is_some() || by.is_some() || described).then(|| {
        view! {
            {icon.map(|name| view! { <Icon name /> })}
            {said.map(|said| view! { <span class="vh">{said}</span> })}
            {seen.map(|seen| view! { <span class="k">{seen}</span> })}
            {by.map(|by| view! { <bdi class="tag">{by}</bdi> })}
            {message.map(|message| view! { <span class="msg" id=format!("{id}-s")>{message}</span> })}
        }
        .into_any()
    });
    let label = if fixed.title {
        view! { <span class="vh">{fixed.words.name.clone()}</span> }.into_any()
    } else {
        view! {
            <span class="k" aria-hidden="true">
                {fixed.words.short.clone()}
            </span>
            <span class="vh">{fixed.words.name.clone()}</span>
        }
        .into_any()
    };
    view! {
        <span
            role="gridcell"
            id=fixed.place.id()
            // The one tab stop: the browser's part moves it along.
            tabindex=if fixed.place == Place::default() { "0" } else { "-1" }
            class=class
            aria-colindex=fixed.place.aria_column().to_string()
            aria-readonly=(!fixed.takes).then_some("true")
            aria-invalid=look.has_failed().then_some("true")
            aria-selected=look.chosen.then_some("true")
            aria-describedby=described.then(|| format!("{}-s", fixed.place.id()))
        >
            {label}
            <bdi class=value_class>{text}</bdi>
            {more}
        </span>
    }
}
