//! The dialog that asks for the reader's own password before a contact is changed that somebody signs in with.

use std::sync::Arc;

use leptos::prelude::*;

use super::board::{ProofLook, SharedBoard};
use crate::components::error_line;

/// `id` of the dialog.
pub const PROOF_ID: &str = "proof";
/// `id` of its field.
pub const PASSWORD_ID: &str = "proof-password";

/// The dialog, closed.
pub fn proof_view(board: &SharedBoard) -> AnyView {
    let words = &board.boot.words.proof;
    let look = board.proof;
    let error = {
        let board = Arc::clone(board);
        move || {
            let words = &board.boot.words.proof;
            let text = match look.get() {
                ProofLook::Asking | ProofLook::Checking => return None,
                ProofLook::Empty => &words.empty,
                ProofLook::Wrong => &words.wrong,
                ProofLook::Wait => &words.wait,
                ProofLook::Offline => &words.offline,
                ProofLook::None => &words.none,
            };
            Some(error_line(format!("{PASSWORD_ID}-e"), text.clone()))
        }
    };
    let wrong = move || !matches!(look.get(), ProofLook::Asking | ProofLook::Checking);
    view! {
        <dialog id=PROOF_ID aria-labelledby="proof-title" aria-describedby="proof-text">
            <form method="dialog" class="ask" novalidate>
                <h2 id="proof-title">{words.title.clone()}</h2>
                <p id="proof-text">{words.text.clone()}</p>
                <div class="field" class:has-err=wrong>
                    <label for=PASSWORD_ID>{words.label.clone()}</label>
                    <div role="alert">{error}</div>
                    <input
                        class="input"
                        id=PASSWORD_ID
                        type="password"
                        autocomplete="current-password"
                        aria-invalid=move || wrong().then_some("true")
                        aria-describedby=move || wrong().then(|| format!("{PASSWORD_ID}-e"))
                    />
                </div>
                <div class="btns">
                    <button
                        type="submit"
                        class="btn s"
                        aria-busy=move || (look.get() == ProofLook::Checking).then_some("true")
                    >
                        {words.confirm.clone()}
                    </button>
                    <button type="button" class="btn second s" data-do="later">
                        {words.later.clone()}
                    </button>
                </div>
            </form>
        </dialog>
    }
    .into_any()
}
