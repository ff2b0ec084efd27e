//! The work behind the sign-in forms, for server functions and plain form posts alike.

use axum::http::{HeaderMap, HeaderValue, header::SET_COOKIE, request::Parts};
use domain::{IdKind, Otp, Password, PersonIdentifier, Role};
use leptos::prelude::*;
use services::clock::seconds_until;
use services::codes::FlowStarted;
use services::passwords::PasswordOutcome;
use services::portal::{Portal, SignInError};
use services::sessions::SignedIn;
use services::{Token, Visit};

use super::{CodeForm, PasswordForm, StartForm, problem_of};
use crate::api::cookies;
use crate::api::forms::{Answer, FieldName, Problem, Refusal};
use crate::page_context::PortalInfo;

/// An accepted form: the next page and the cookies to set.
pub struct Done {
    /// A path of this portal.
    pub next: String,
    /// `Set-Cookie` values.
    pub cookies: Vec<HeaderValue>,
}

/// What a server function needs; it is put into the request's extensions by the server's middleware.
///
/// # Errors
/// When the middleware is missing: a fault of the server's wiring, shown as an internal error.
pub fn context() -> Result<(Portal, Visit, std::sync::Arc<PortalInfo>), ServerFnError> {
    let parts = use_context::<Parts>().ok_or_else(missing)?;
    let portal = use_context::<Portal>().ok_or_else(missing)?;
    let visit = parts.extensions.get::<Visit>().cloned().ok_or_else(missing)?;
    let info = use_context::<std::sync::Arc<PortalInfo>>().ok_or_else(missing)?;
    Ok((portal, visit, info))
}

/// The waiting sign-in of this browser.
///
/// # Errors
/// As [`context`].
pub fn flow_token() -> Result<Option<Token>, ServerFnError> {
    let parts = use_context::<Parts>().ok_or_else(missing)?;
    Ok(cookies::read_token(&parts.headers, cookies::FLOW))
}

fn missing() -> ServerFnError {
    ServerFnError::ServerError("the request has no context".to_owned())
}

/// Turns the outcome into a server function's answer; cookies go into the response.
pub fn deliver(outcome: Result<Done, Refusal>) -> Answer {
    match outcome {
        Ok(done) => {
            if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
                for cookie in done.cookies {
                    response.append_header(SET_COOKIE, cookie);
                }
            }
            Answer::Next(done.next)
        }
        Err(refusal) => Answer::Refused(refusal),
    }
}

/// Adds the cookies to a response's headers.
pub fn set_cookies(headers: &mut HeaderMap, cookies: Vec<HeaderValue>) {
    for cookie in cookies {
        headers.append(SET_COOKIE, cookie);
    }
}

/// Begins a sign-in by code.
///
/// # Errors
/// A refusal that names the field and what is wrong; never whether the person is known.
pub async fn start(portal: &Portal, visit: &Visit, info: &PortalInfo, form: &StartForm) -> Result<Done, Refusal> {
    let identifier = identifier(info, &form.id_type, &form.id_number)
        .map_err(|problem| Refusal::one(FieldName::IdNumber, problem))?;
    let started = portal
        .codes()
        .begin(visit, &identifier, return_to(&form.next))
        .await
        .map_err(|error| refuse(portal, visit, FieldName::IdNumber, &error))?;
    Ok(wait_for_code(&started))
}

/// Finishes a sign-in by its code, or sends a new one.
///
/// # Errors
/// A refusal that says what to do.
pub async fn answer_code(
    portal: &Portal,
    visit: &Visit,
    flow: Option<&Token>,
    form: &CodeForm,
) -> Result<Done, Refusal> {
    let flow = flow.ok_or_else(|| Refusal::one(FieldName::Code, Problem::FlowUnknown))?;
    if !form.resend.is_empty() {
        portal.codes().resend(visit, flow).await.map_err(|error| refuse(portal, visit, FieldName::Code, &error))?;
        return Ok(Done { next: "/sign-in/code?sent=1".to_owned(), cookies: Vec::new() });
    }
    if form.code.trim().is_empty() {
        return Err(Refusal::one(FieldName::Code, Problem::Empty));
    }
    let code = Otp::parse(&form.code).map_err(|_| Refusal::one(FieldName::Code, Problem::NotDigits))?;
    let signed_in = portal
        .codes()
        .verify(visit, flow, &code)
        .await
        .map_err(|error| refuse(portal, visit, FieldName::Code, &error))?;
    Ok(signed_in_done(&signed_in))
}

/// Signs in by user code and password; staff go on to the code page.
///
/// # Errors
/// A refusal; the same for an unknown user code and a wrong password.
pub async fn with_password(portal: &Portal, visit: &Visit, form: &PasswordForm) -> Result<Done, Refusal> {
    let mut refusal = Refusal::default();
    for (field, value) in [(FieldName::UserCode, form.user_code.trim()), (FieldName::Password, form.password.as_str())]
    {
        if value.is_empty() {
            refusal.problems.push(crate::api::forms::FieldProblem { field, problem: Problem::Empty });
        }
    }
    if !refusal.problems.is_empty() {
        return Err(refusal);
    }
    let wrong = || Refusal::one(FieldName::UserCode, Problem::Wrong);
    let password = Password::new(&form.password).map_err(|_| wrong())?;
    let outcome = portal
        .passwords()
        .sign_in(visit, &form.user_code, &password, return_to(&form.next))
        .await
        .map_err(|error| refuse(portal, visit, FieldName::UserCode, &error))?;
    Ok(match outcome {
        PasswordOutcome::SignedIn(signed_in) => signed_in_done(&signed_in),
        PasswordOutcome::SecondFactor(started) => wait_for_code(&started),
        PasswordOutcome::ChoosePassword(token) => {
            Done { next: "/password/verify".to_owned(), cookies: vec![cookies::password_flow(&token)] }
        }
    })
}

fn wait_for_code(started: &FlowStarted) -> Done {
    Done { next: "/sign-in/code".to_owned(), cookies: vec![cookies::flow(&started.token)] }
}

/// The next page and the cookies of whoever has just signed in.
#[must_use]
pub fn signed_in_done(signed_in: &SignedIn) -> Done {
    Done {
        next: signed_in.return_to.clone().unwrap_or_else(|| first_page(&signed_in.session.roles).to_owned()),
        cookies: vec![
            cookies::session(&signed_in.token),
            cookies::device(&signed_in.device),
            cookies::remove(cookies::FLOW),
        ],
    }
}

/// Where somebody goes who asked for no page: staff to their classes, others to their own area.
#[must_use]
pub fn first_page(roles: &[Role]) -> &'static str {
    if roles.is_empty() { "/me" } else { "/people/pupils" }
}

/// Parses the ID number that was typed; only kinds that this portal has switched on.
fn identifier(info: &PortalInfo, kind: &str, number: &str) -> Result<PersonIdentifier, Problem> {
    let kind = IdKind::from_code(kind)
        .filter(|kind| info.id_kinds.contains(kind))
        .or_else(|| info.id_kinds.first().copied())
        .unwrap_or_default();
    PersonIdentifier::parse(kind, number).map_err(problem_of)
}

/// A page of this portal to return to: a local path, so that nobody is led elsewhere after signing in (ASVS 5.0 §3.7.2).
pub fn return_to(path: &str) -> Option<String> {
    let local = path.len() <= 512
        && path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.chars().all(|letter| !letter.is_control());
    (local && path != "/" && !path.starts_with("/sign-in") && !path.starts_with("/sign-out")).then(|| path.to_owned())
}

/// What the person is told about a refused sign-in; what the operator is told goes to the log, with the request's id.
fn refuse(portal: &Portal, visit: &Visit, field: FieldName, error: &SignInError) -> Refusal {
    let wait = |until| seconds_until(portal.now(), until).max(1);
    let problem = match *error {
        SignInError::CodeWrong { tries_left } => Problem::CodeWrong { tries_left },
        SignInError::CodeDead => Problem::CodeDead,
        SignInError::CodeExpired => Problem::CodeExpired,
        SignInError::FlowUnknown => Problem::FlowUnknown,
        SignInError::TooSoon { retry_at } => Problem::TooSoon { wait_s: wait(retry_at) },
        SignInError::TooMany { retry_at } => Problem::TooMany { wait_s: wait(retry_at) },
        SignInError::Wrong => Problem::Wrong,
        SignInError::Wait { retry_at } => Problem::Wait { wait_s: wait(retry_at) },
        SignInError::Busy { retry_after_s } => Problem::Busy { wait_s: retry_after_s },
        SignInError::Store(_) | SignInError::Crypto(_) => {
            tracing::error!(code = error.code(), request_id = %visit.request_id, error = %error, "sign-in failed");
            Problem::Unavailable
        }
    };
    Refusal::one(field, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_go_to_their_classes_and_others_to_their_own_area() {
        assert_eq!(first_page(&[]), "/me");
        assert_eq!(first_page(&[Role::ClassTeacher]), "/people/pupils");
    }

    #[test]
    fn only_local_paths_are_returned_to() {
        assert_eq!(return_to("/me/sessions"), Some("/me/sessions".to_owned()));
        for elsewhere in
            ["", "/", "//evil.example", "/\\evil.example", "https://evil.example", "me", "/sign-in/code", "/a\r\nb"]
        {
            assert_eq!(return_to(elsewhere), None, "{elsewhere:?}");
        }
    }
}
