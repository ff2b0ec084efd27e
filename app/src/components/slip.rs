//! A slip of the keyboard, told while the page is still open: by the same rule as the server's, without asking it.
//!
//! The rule: a mistake is shown when the field is left and taken away while it is mended. Nothing moves under a finger
//! that is on its way to a button: what is shown on leaving comes a moment later, when the press is over.

use std::time::Duration;

use leptos::prelude::*;

/// Longer than a press of a button lasts.
const AFTER_THE_PRESS: Duration = Duration::from_millis(300);

/// What a field was found to be.
#[derive(Clone, PartialEq, Eq)]
enum Found {
    /// Nothing was looked at since the server's answer.
    Nothing,
    /// It is right.
    Right,
    /// It is wrong: the sentence that says what to write.
    Wrong(String),
}

/// What is known of a field that was changed since the server last answered.
#[derive(Clone, Copy)]
pub struct Slip {
    found: RwSignal<Found>,
    check: Callback<(), Option<String>>,
    told: Signal<bool>,
}

impl Slip {
    /// `told`: the server's last answer found something wrong; it is read anew with every answer. `check` looks at the
    /// field as it stands and says what is wrong with it.
    pub fn new(told: Signal<bool>, check: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        let found = RwSignal::new(Found::Nothing);
        // The server's word is newer than what was found here.
        Effect::new(move |_| {
            told.track();
            found.set(Found::Nothing);
        });
        Self { found, check: Callback::new(move |()| check()), told }
    }

    /// The sentence that stands beside the field: what was found here, or else what the server said.
    pub fn shown(self, by_server: impl FnOnce() -> Option<String>) -> Option<String> {
        match self.found.get() {
            Found::Wrong(sentence) => Some(sentence),
            Found::Right => None,
            Found::Nothing => by_server(),
        }
    }

    /// While typing: a mistake that is mended is no longer shown.
    pub fn typing(self) {
        let shown = match self.found.get_untracked() {
            Found::Wrong(_) => true,
            Found::Right => false,
            Found::Nothing => self.told.get_untracked(),
        };
        if shown && self.check.run(()).is_none() {
            self.found.set(Found::Right);
        }
    }

    /// Something else changed by which the field is judged: a mistake that was shown is looked at again.
    pub fn look_again(self) {
        match (self.found.get_untracked(), self.check.run(())) {
            (Found::Wrong(_), Some(sentence)) => self.found.set(Found::Wrong(sentence)),
            _ => self.typing(),
        }
    }

    /// The field was left.
    pub fn left(self) {
        set_timeout(
            move || {
                // The page may be gone by now, and its signals with it.
                if self.found.try_get_untracked().is_some()
                    && let Some(sentence) = self.check.run(())
                {
                    self.found.set(Found::Wrong(sentence));
                }
            },
            AFTER_THE_PRESS,
        );
    }
}
