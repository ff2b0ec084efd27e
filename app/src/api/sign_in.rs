//! Sign-in: ask for a code, answer with it, or give user code and password (flows: sign-in).

use domain::IdentifierError;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

use super::forms::{Answer, Problem};

/// «Send me an SMS»: the kind and number of a national ID, and where to go after sign-in.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct StartForm {
    /// The kind's code; the portal's first kind when it is missing.
    #[serde(default)]
    pub id_type: String,
    /// The number as typed.
    #[serde(default)]
    pub id_number: String,
    /// The page first asked for.
    #[serde(default)]
    pub next: String,
}

/// The code page: the code as typed, or nothing when a new one is asked for.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct CodeForm {
    /// The code as typed or pasted.
    #[serde(default)]
    pub code: String,
    /// Not empty: «send a new code» was pressed.
    #[serde(default)]
    pub resend: String,
}

/// User code and password.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct PasswordForm {
    /// The user code as typed.
    #[serde(default)]
    pub user_code: String,
    /// The password as typed.
    #[serde(default)]
    pub password: String,
    /// The page first asked for.
    #[serde(default)]
    pub next: String,
}

/// Forms hold numbers, codes and passwords: `Debug` shows the name only.
macro_rules! silent_debug {
    ($($form:ident),+) => {
        $(impl std::fmt::Debug for $form {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($form)).finish_non_exhaustive()
            }
        })+
    };
}
silent_debug!(StartForm, CodeForm, PasswordForm);

/// What a refused ID number is told as.
pub fn problem_of(error: IdentifierError) -> Problem {
    match error.code() {
        "empty" => Problem::Empty,
        "too_short" => Problem::TooShort,
        "too_long" => Problem::TooLong,
        "not_digits" => Problem::NotDigits,
        _ => Problem::CheckDigit,
    }
}

/// Asks for a code by SMS.
#[allow(missing_docs, reason = "the macro makes a struct of the arguments")]
#[server(prefix = "/api/page", endpoint = "sign-in", input = Json)]
pub async fn start(form: StartForm) -> Result<Answer, ServerFnError> {
    let (portal, visit, info) = work::context()?;
    Ok(work::deliver(work::start(&portal, &visit, &info, &form).await))
}

/// Answers with the code, or asks for a new one.
#[allow(missing_docs, reason = "the macro makes a struct of the arguments")]
#[server(prefix = "/api/page", endpoint = "sign-in-code", input = Json)]
pub async fn answer_code(form: CodeForm) -> Result<Answer, ServerFnError> {
    let (portal, visit, _) = work::context()?;
    let flow = work::flow_token()?;
    Ok(work::deliver(work::answer_code(&portal, &visit, flow.as_ref(), &form).await))
}

/// Signs in by user code and password.
#[allow(missing_docs, reason = "the macro makes a struct of the arguments")]
#[server(prefix = "/api/page", endpoint = "sign-in-password", input = Json)]
pub async fn with_password(form: PasswordForm) -> Result<Answer, ServerFnError> {
    let (portal, visit, _) = work::context()?;
    Ok(work::deliver(work::with_password(&portal, &visit, &form).await))
}

#[cfg(feature = "ssr")]
pub mod work;
