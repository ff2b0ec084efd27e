//! Whether a student's sign-in through Gosuslugi can work, and what is in the way.

use std::sync::Arc;

use domain::{NotReady, Readiness};
use leptos::prelude::*;

use super::board::{Board, SharedBoard};
use super::slots::Place;
use super::words::put;
use crate::components::{Chip, Tone};
use crate::icons::IconName;

/// The readiness of a row's student, as a cell of the table.
pub fn ready_view(board: &SharedBoard, place: Place) -> AnyView {
    let shown = {
        let board = Arc::clone(board);
        move || board.readiness(place.row).map(|ready| draw(&board, &ready))
    };
    view! {
        <div
            class="ready"
            role="gridcell"
            id=place.id()
            tabindex="-1"
            aria-colindex=place.aria_column().to_string()
            aria-readonly="true"
        >
            {shown}
        </div>
    }
    .into_any()
}

fn draw(board: &Board, ready: &Readiness) -> AnyView {
    let words = &board.boot.words;
    let ways = words.ways(&ready.by);
    // What works all the same.
    let still = (!ways.is_empty()).then(|| put(&words.ready.still, "ways", &ways));
    let (tone, icon, hint) = match &ready.issue {
        None => (Tone::Good, IconName::Check, (!ways.is_empty()).then(|| ways.clone())),
        Some(NotReady::NeedsContact) => (Tone::Warn, IconName::Alert, None),
        Some(NotReady::SnilsInvalid) => (Tone::Warn, IconName::Alert, still),
        Some(NotReady::SharedContact { .. }) => (Tone::Bad, IconName::People, Some(words.ready.own_contact.clone())),
        Some(NotReady::NotSeenYet) => (Tone::Info, IconName::Clock, None),
        Some(NotReady::LastTryFailed { reason }) => {
            let tone = if ready.can { Tone::Info } else { Tone::Bad };
            (tone, IconName::Stop, Some(words.last_try(*reason).to_owned()))
        }
    };
    let text = ready.issue.as_ref().map_or(words.ready.ready.as_str(), |issue| words.issue(issue)).to_owned();
    view! {
        <Chip tone icon>
            <span>{text}</span>
        </Chip>
        {hint.map(|hint| view! { <p>{hint}</p> })}
    }
    .into_any()
}
