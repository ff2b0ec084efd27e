//! The administrators' pages: the review queue, accounts, the roster's import, readiness, the logs, programs; and the
//! page that asks for fresh proof.
//!
//! The rule: every page is whole without script. What somebody types is posted and never in an address, searches
//! included; a refused form comes back with what was typed.

pub mod accounts;
pub mod api_clients;
pub mod audit;
pub mod classes;
pub mod configuration;
pub mod confirm;
pub mod days;
pub mod deliveries;
mod filters;
pub mod frame;
pub mod imports;
pub mod readiness;
pub mod review;

pub use frame::{AdminFrame, AdminSection};

use leptos::prelude::*;

use crate::components::{Note, Tone};
use crate::icons::IconName;

/// `name` of the field that says which of a page's forms was posted.
pub const DO: &str = "do";

/// A banner of what the post before this page did.
fn done_note(words: String) -> AnyView {
    view! {
        <Note tone=Tone::Good icon=IconName::Check role="status">
            <p>{words}</p>
        </Note>
    }
    .into_any()
}

/// A banner of what went wrong.
fn problem_note(words: String) -> AnyView {
    view! {
        <Note tone=Tone::Bad icon=IconName::Stop role="alert">
            <p>{words}</p>
        </Note>
    }
    .into_any()
}

/// The class of a field, marked when something is wrong with it.
fn field_class(wrong: bool) -> &'static str {
    if wrong { "field has-err" } else { "field" }
}

/// Why there is nothing to show.
fn empty(words: &'static str) -> AnyView {
    view! {
        <div class="empty">
            <p>{words}</p>
        </div>
    }
    .into_any()
}
