//! A slip of the keyboard, told while the page is still open: by the same rule as the server's, without asking it.
//!
//! The rule: a mistake is shown when the field is left and taken away while it is mended. Nothing moves under a finger that
//! is on its way to a button: what is shown on leaving comes a moment later, when the press is over.

use std::time::Duration;

use leptos::prelude::*;

use crate::api::forms::{Problem, Refusal};

/// Longer than a press of a button lasts.
const AFTER_THE_PRESS: Duration = Duration::from_millis(300);

/// What a field was found to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing was looked at since the server's answer.
    Nothing,
    /// It is right.
    Right,
    /// It is wrong.
    Wrong(Problem),
}

/// What is known of a field that was changed since the server last answered.
#[derive(Clone, Copy)]
pub struct Slip {
    found: RwSignal<Found>,
    check: Callback<(), Option<Problem>>,
    refusal: RwSignal<Refusal>,
}

impl Slip {
    /// `check` looks at the field as it stands.
    pub fn new(refusal: RwSignal<Refusal>, check: impl Fn() -> Option<Problem> + Send + Sync + 'static) -> Self {
        let found = RwSignal::new(Found::Nothing);
        // The server's word is newer than what was found here.
        Effect::new(move |_| {
            refusal.track();
            found.set(Found::Nothing);
        });
        Self { found, check: Callback::new(move |()| check()), refusal }
    }

    /// What was found.
    pub fn found(self) -> Found {
        self.found.get()
    }

    /// While typing: a mistake that is mended is no longer shown.
    pub fn typing(self) {
        let shown = match self.found.get_untracked() {
            Found::Wrong(_) => true,
            Found::Right => false,
            Found::Nothing => self.refusal.with_untracked(|refusal| !refusal.problems.is_empty()),
        };
        if shown && self.check.run(()).is_none() {
            self.found.set(Found::Right);
        }
    }

    /// The field was left.
    pub fn left(self) {
        set_timeout(
            move || {
                // The page may be gone by now, and its signals with it.
                if self.found.try_get_untracked().is_some()
                    && let Some(problem) = self.check.run(())
                {
                    self.found.set(Found::Wrong(problem));
                }
            },
            AFTER_THE_PRESS,
        );
    }
}
