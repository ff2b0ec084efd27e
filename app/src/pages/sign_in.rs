//! Sign-in: the two ways side by side, the password way alone, and the code page (flows: sign-in).
//!
//! Everything works as a plain form; in the browser the same views check the number at once, count down to the next code,
//! show the password and keep the page while a refused form is mended.

mod code;
mod identify;
mod password;
mod problems;
mod submit;

pub use code::code_view;
pub use identify::sign_in_view;
pub use password::password_view;

use domain::IdKind;
use serde::{Deserialize, Serialize};

use crate::api::forms::Refusal;

/// What the sign-in pages need.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct SignInPage {
    /// Kinds of ID number that can be chosen, the usual one first.
    pub kinds: Vec<IdKind>,
    /// The chosen kind.
    pub kind: IdKind,
    /// The ID number as it was typed.
    pub id_number: String,
    /// The user code as it was typed.
    pub user_code: String,
    /// The page first asked for; empty for none.
    pub next: String,
    /// What was wrong with the form that was posted.
    pub refusal: Refusal,
    /// Gosuslugi is offered.
    pub esia: bool,
    /// People can register by themselves.
    pub registration: bool,
    /// A forgotten password can be replaced by oneself.
    pub password_reset: bool,
}

/// What the code page needs.
#[derive(Clone, Default, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub struct CodePage {
    /// The password was right already; this is the second factor.
    pub second_factor: bool,
    /// Seconds until a new code can be asked for.
    pub wait_s: u32,
    /// A code was asked for again.
    pub sent_again: bool,
    /// None was sent yet: the wait after another browser's is running.
    pub not_sent: bool,
    /// No more codes within this hour.
    pub no_more_codes: bool,
    /// The help line as people dial it, if there is one.
    pub help_line: Option<String>,
    /// What was wrong with the form that was posted.
    pub refusal: Refusal,
}

#[cfg(feature = "ssr")]
mod on_the_server {
    use services::clock::seconds_until;
    use services::codes::{FlowPurpose, FlowView};

    use super::{CodePage, SignInPage};
    use crate::api::forms::Refusal;
    use crate::api::sign_in::{PasswordForm, StartForm};
    use crate::page_context::PortalInfo;

    impl SignInPage {
        /// An empty page.
        pub fn new(info: &PortalInfo, next: String) -> Self {
            Self {
                kinds: info.id_kinds.clone(),
                kind: info.id_kinds.first().copied().unwrap_or_default(),
                next,
                esia: info.esia_enabled,
                registration: info.registration_open,
                password_reset: info.password_reset,
                ..Self::default()
            }
        }

        /// The page after a refused request for a code.
        #[must_use]
        pub fn with_start(mut self, form: &StartForm, refusal: Refusal) -> Self {
            if let Some(kind) = domain::IdKind::from_code(&form.id_type).filter(|kind| self.kinds.contains(kind)) {
                self.kind = kind;
            }
            self.id_number = form.id_number.chars().take(64).collect();
            self.refusal = refusal;
            self
        }

        /// The page after a refused password.
        #[must_use]
        pub fn with_password(mut self, form: &PasswordForm, refusal: Refusal) -> Self {
            self.user_code = form.user_code.chars().take(64).collect();
            self.refusal = refusal;
            self
        }
    }

    impl CodePage {
        /// The page of a waiting sign-in.
        pub fn new(info: &PortalInfo, view: &FlowView, now: services::Timestamp, refusal: Refusal) -> Self {
            Self {
                second_factor: matches!(view.purpose, FlowPurpose::SecondFactor),
                wait_s: seconds_until(now, view.next_send_at),
                sent_again: false,
                not_sent: view.sent_at.is_none() && view.sends_left > 0,
                no_more_codes: view.sends_left == 0,
                help_line: info.help_line.clone(),
                refusal,
            }
        }
    }
}
