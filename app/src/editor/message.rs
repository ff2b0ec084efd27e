//! What a cell, or a field of a row's form, says when something is to be decided: why a value was not saved, whose
//! value shall stand, that the password is needed. Each with its buttons; `data-do` names what a button does.

use domain::editor::{CellState, SaveProblem};
use domain::{FieldFault, PersonField, Theirs};
use leptos::prelude::*;

use super::board::{Board, Look};
use super::words::put;
use crate::text::around;

/// What a state asks of whoever edits: that and nothing else has a message.
pub enum Ask<'a> {
    /// Another value: this one is none.
    Invalid(FieldFault),
    /// To try again, or to give up.
    Refused(SaveProblem),
    /// Whose value shall stand.
    Conflict(&'a Theirs),
    /// The password.
    Proof,
}

impl<'a> Ask<'a> {
    /// Of a state, unless it asks nothing.
    pub fn of(state: &'a CellState) -> Option<Self> {
        match state {
            CellState::Invalid(fault) => Some(Self::Invalid(*fault)),
            CellState::Refused(problem) => Some(Self::Refused(*problem)),
            CellState::Conflict(theirs) => Some(Self::Conflict(theirs)),
            CellState::ProofNeeded => Some(Self::Proof),
            CellState::Rest | CellState::Saved { .. } | CellState::Typing | CellState::Queued | CellState::Saving => {
                None
            }
        }
    }
}

/// The message with its buttons.
pub fn message(board: &Board, field: PersonField, look: &Look, ask: &Ask<'_>) -> AnyView {
    let words = &board.boot.words;
    match ask {
        Ask::Invalid(fault) => not_saved(board, look, words.fault(*fault), false),
        Ask::Refused(problem) => {
            let again = matches!(problem, SaveProblem::SignedOut | SaveProblem::Failed);
            not_saved(board, look, words.problem(*problem), again)
        }
        Ask::Conflict(theirs) => conflict(board, field, theirs),
        Ask::Proof => proof(board),
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
