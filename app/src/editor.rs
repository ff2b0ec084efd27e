//! The class editor, «Вход через ЕСИА»: one table that saves itself.
//!
//! [`editor_view`] draws it on both sides from an [`EditorBoot`]. In the browser the driver wakes it: keyboard,
//! clipboard, requests, live changes. What is typed, saved, refused or in conflict is decided by
//! `domain::editor::Editor`; the driver tells it what happened and shows what it says, cell by cell. Without script
//! each student's row has a form of its own (`page`).
//!
//! The rule: an element of the table is never replaced while the page is open; a change draws its own cell and nothing
//! else.

mod board;
mod boot;
mod cell;
#[cfg(feature = "ssr")]
mod compose;
#[cfg(feature = "hydrate")]
mod driver;
#[cfg(feature = "ssr")]
pub mod form;
mod grid;
#[cfg(any(feature = "hydrate", test))]
mod keys;
mod message;
#[cfg(any(feature = "hydrate", test))]
mod moves;
#[cfg(feature = "ssr")]
pub mod page;
mod parent;
mod presence;
mod proof;
mod ready;
mod row_form;
mod slots;
mod toolbar;
mod words;

pub use boot::{EditorBoot, clock};
#[cfg(feature = "ssr")]
pub use compose::{status as status_words, utc_offset_min};
pub use slots::{Part, Slot, slots};
pub use words::{EditorWords, StatusWords, put};

use domain::Locale;
use leptos::prelude::*;

use board::{Board, SharedBoard};

/// `id` of the element around the editor: what is hydrated.
pub const EDITOR_ID: &str = "editor";

/// The inside of the element [`EDITOR_ID`].
pub fn editor_view(locale: Locale, boot: EditorBoot) -> AnyView {
    let board = Board::new(locale, boot);
    let view = draw(&board);
    #[cfg(feature = "hydrate")]
    driver::start(board);
    view
}

fn draw(board: &SharedBoard) -> AnyView {
    view! {
        {toolbar::toolbar_view(board)}
        {grid::grid_view(board)}
        {toolbar::rest_view(board)}
        {board.boot.editable.then(|| proof::proof_view(board))}
    }
    .into_any()
}
