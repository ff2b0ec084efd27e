//! One cell: label, value, state. Its element is made once, and each part of it that can change follows the cell's signal
//! by itself: an attribute taken away and put back, `tabindex` most of all, would cost the cell its focus.

use std::sync::Arc;

use domain::PersonField;
use domain::editor::CellState;
use leptos::prelude::*;

use super::board::{Board, Look, SharedBoard};
use super::message::{Ask, message};
use super::slots::{Part, Place, Slot};
use crate::components::Icon;
use crate::icons::IconName;

/// A cell, whose class, state and content follow its signal.
pub fn cell_view(board: &SharedBoard, slot: &Slot, field: PersonField, place: Place) -> Option<AnyView> {
    let cell = slot.cell(field);
    let look = board.look(&cell)?;
    let words = board.boot.words.field(field);
    // The student's names are their own label.
    let title = slot.part == Part::Student && is_name(field);
    let takes = board.takes(&cell);
    let id = place.id();
    let state_id = format!("{id}-s");
    let label = if title {
        view! { <span class="vh">{words.name}</span> }.into_any()
    } else {
        view! {
            <span class="k" aria-hidden="true">
                {words.short}
            </span>
            <span class="vh">{words.name}</span>
        }
        .into_any()
    };
    let content = {
        let (board, state_id) = (Arc::clone(board), state_id.clone());
        move || look.with(|look| content(&board, field, &state_id, look))
    };
    Some(
        view! {
            <span
                role="gridcell"
                id=id
                // The one tab stop: the browser's part moves it along.
                tabindex=if place == Place::default() { "0" } else { "-1" }
                class=move || look.with(|look| class(title, takes, look))
                aria-colindex=place.aria_column().to_string()
                aria-readonly=(!takes).then_some("true")
                aria-invalid=move || look.with(Look::has_failed).then_some("true")
                aria-selected=move || look.with(|look| look.chosen).then_some("true")
                aria-describedby=move || look.with(|look| ask(look).is_some()).then(|| state_id.clone())
            >
                {label}
                {content}
            </span>
        }
        .into_any(),
    )
}

fn class(title: bool, takes: bool, look: &Look) -> String {
    let mut class = "c".to_owned();
    for (on, name) in [(title, " name"), (!takes, " ro"), (true, dress(look).0), (look.chosen, " chosen")] {
        if on {
            class.push_str(name);
        }
    }
    class
}

/// A part of the name.
pub fn is_name(field: PersonField) -> bool {
    matches!(field, PersonField::Surname | PersonField::GivenName | PersonField::Patronymic)
}

/// How a state looks: its class and its icon.
fn dress(look: &Look) -> (&'static str, Option<IconName>) {
    match &look.shown.state {
        _ if look.open => (" edit focus", None),
        CellState::Rest if look.shown.by.is_some() => (" theirs", None),
        CellState::Rest | CellState::Typing => ("", None),
        CellState::Saved { .. } => (" saved", Some(IconName::Check)),
        CellState::Saving => (" saving", Some(IconName::Spin)),
        CellState::Queued => (" queued", Some(IconName::Off)),
        CellState::Invalid(_) | CellState::Refused(_) => (" failed", Some(IconName::Stop)),
        CellState::Conflict(_) => (" conflict", Some(IconName::People)),
        CellState::ProofNeeded => (" proof", Some(IconName::Key)),
    }
}

/// What a state without a message is called: for assistive technology alone, and for everybody.
fn called(board: &Board, look: &Look) -> (Option<String>, Option<String>) {
    let words = &board.boot.words.cell;
    match &look.shown.state {
        _ if look.open => (None, None),
        CellState::Saved { at } => (Some(board.at(&words.saved, *at)), None),
        CellState::Saving => (Some(words.saving.clone()), None),
        CellState::Queued => {
            let offline = board.page.with(|page| page.offline);
            let seen = if offline { &words.offline } else { &words.queued };
            (None, Some(seen.clone()))
        }
        _ => (None, None),
    }
}

/// What the cell asks. The open one shows its input, and the message afterwards.
fn ask(look: &Look) -> Option<Ask<'_>> {
    Ask::of(&look.shown.state).filter(|_| !look.open)
}

fn content(board: &Board, field: PersonField, state_id: &str, look: &Look) -> AnyView {
    let (_, icon) = dress(look);
    let (said, seen) = called(board, look);
    let empty = look.shown.text.is_empty();
    let text = if empty { "—".to_owned() } else { look.shown.text.clone() };
    let value_class = match (empty, is_name(field)) {
        (true, _) => "v add",
        (false, true) => "v",
        (false, false) => "v ltr num",
    };
    let message = ask(look).map(|ask| message(board, field, look, &ask));
    let by = look.shown.by.clone();
    // Most cells are at rest: they get one empty place in the document, not five.
    let more = (icon.is_some() || seen.is_some() || by.is_some() || message.is_some()).then(|| {
        view! {
            {icon.map(|name| view! { <Icon name /> })}
            {said.map(|said| view! { <span class="vh">{said}</span> })}
            {seen.map(|seen| view! { <span class="k">{seen}</span> })}
            {by.map(|by| view! { <bdi class="tag">{by}</bdi> })}
            {message.map(|message| view! { <span class="msg" id=state_id.to_owned()>{message}</span> })}
        }
        .into_any()
    });
    view! {
        <bdi class=value_class>{text}</bdi>
        {more}
    }
    .into_any()
}
