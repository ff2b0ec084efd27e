//! What a cell, or a field of a row's form, says when something is to be decided: why a value was not saved, whose
//! value shall stand, that the password is needed. Each with its buttons; `data-do` names what a button does.

use domain::PersonField;
use domain::Theirs;
use domain::editor::{CellState, SaveProblem};
use leptos::prelude::*;

use super::board::{Board, Look};
use super::words::put;
use crate::text::around;

/// Whether a state asks for something, and so has a message.
pub fn asks(state: &CellState) -> bool {
    matches!(state, CellState::Invalid(_) | CellState::Refused(_) | CellState::Conflict(_) | CellState::ProofNeeded)
}

/// The message of a state that needs one.
pub fn message(board: &Board, field: PersonField, look: &Look) -> Option<AnyView> {
    let words = &board.boot.words;
    match &look.shown.state {
        CellState::Invalid(fault) => Some(not_saved(board, look, words.fault(*fault), false)),
        CellState::Refused(problem) => {
            let again = matches!(problem, SaveProblem::SignedOut | SaveProblem::Failed);
            Some(not_saved(board, look, words.problem(*problem), again))
        }
        CellState::Conflict(theirs) => Some(conflict(board, field, theirs)),
        CellState::ProofNeeded => Some(proof(board)),
        CellState::Rest | CellState::Saved { .. } | CellState::Typing | CellState::Queued | CellState::Saving => None,
    }
}

/// A button inside a cell: the arrows lead to it, the tab key does not.
fn button(words: &str, what: &'static str, class: &'static str) -> AnyView {
    view! {
        <button type="button" class=class tabindex="-1" data-do=what>
            {words.to_owned()}
        </button>
    }
    .into_any()
}

fn not_saved(board: &Board, look: &Look, why: &str, again: bool) -> AnyView {
    let words = &board.boot.words.cell;
    let stored = if look.stored.is_empty() {
        words.stored_nothing.clone().into_any()
    } else {
        let value = look.stored.clone();
        around(&words.stored, view! { <bdi class="ltr">{value}</bdi> })
    };
    view! {
        {put(&words.not_saved, "why", why)}
        " "
        {stored}
        " "
        {again.then(|| button(&words.retry, "retry", "as-link"))}
        {again.then_some(" ")}
        {button(&words.give_up, "give-up", "as-link")}
    }
    .into_any()
}

/// Both values side by side: mine is the cell's, theirs is here with who and when.
fn conflict(board: &Board, field: PersonField, theirs: &Theirs) -> AnyView {
    let words = &board.boot.words.cell;
    let lead = if theirs.by.is_empty() { words.changed.clone() } else { put(&words.theirs, "who", &theirs.by) };
    let value = theirs.value.as_deref().map(|value| field.shown(value));
    let value = match value {
        Some(value) => view! { <bdi class="ltr">{value}</bdi> }.into_any(),
        None => words.emptied.clone().into_any(),
    };
    view! {
        <span class="k">{board.at(&lead, theirs.at)}</span>
        " "
        {value}
        <span class="both">
            {button(&words.keep_mine, "keep-mine", "btn second s")}
            {button(&words.take_theirs, "take-theirs", "btn second s")}
        </span>
    }
    .into_any()
}

fn proof(board: &Board) -> AnyView {
    let words = &board.boot.words.cell;
    view! {
        {words.proof.clone()}
        <span class="both">
            {button(&words.prove, "prove", "btn second s")}
            {button(&words.give_up, "give-up", "btn second s")}
        </span>
    }
    .into_any()
}
