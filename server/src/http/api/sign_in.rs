//! `/api/v1/sign-in/…`

use app::api::cookies;
use app::api::sign_in::work::return_to;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header::SET_COOKIE};
use domain::{IdKind, Otp, Password, PersonIdentifier};
use serde::{Deserialize, Serialize};
use services::Token;
use services::codes::FlowStarted;
use services::passwords::PasswordOutcome;
use services::portal::SignInError;
use services::sessions::SignedIn;
use utoipa::ToSchema;

use super::extract::{Body, From};
use super::problem::Problem;
use crate::http::time_text::rfc3339;
use crate::state::AppState;

/// Whose code is asked for.
#[derive(Deserialize, ToSchema)]
pub struct CodeRequest {
    /// Kind of the number: `il_id` (teudat zehut) or `ru_snils`. The portal's first kind when it is missing.
    #[serde(default)]
    #[schema(example = "il_id")]
    id_type: Option<String>,
    /// The number; spaces and hyphens do not matter.
    #[schema(example = "039337423")]
    id_number: String,
    /// A path of the portal to name in the answer after sign-in.
    #[serde(default)]
    return_to: Option<String>,
}

/// A sign-in that waits for its code; the same for known and unknown numbers.
#[derive(Serialize, ToSchema)]
pub struct CodeRequested {
    /// Opaque; send it back with the code.
    flow: String,
    /// Until when the code is accepted (RFC 3339, UTC); not in the future when none was sent, since the wait after the one before is
    /// running or the hour's are used up.
    code_expires_at: String,
    /// From when on a new code can be asked for.
    next_send_at: String,
    /// Until when this sign-in can be finished.
    expires_at: String,
}

impl CodeRequested {
    fn new(started: &FlowStarted) -> Self {
        Self {
            flow: started.token.to_base64url(),
            code_expires_at: rfc3339(started.view.code_expires_at),
            next_send_at: rfc3339(started.view.next_send_at),
            expires_at: rfc3339(started.view.expires_at),
        }
    }
}

/// The code that was received.
#[derive(Deserialize, ToSchema)]
pub struct CodeAnswer {
    /// From the answer to the request for a code.
    flow: String,
    /// Six digits; spaces and dashes do not matter.
    #[schema(example = "482 715")]
    code: String,
}

/// User code and password.
#[derive(Deserialize, ToSchema)]
pub struct PasswordAnswer {
    /// The permanent user code.
    user_code: String,
    /// The password.
    password: String,
}

/// A signed-in session. The token itself is only in the cookie.
#[derive(Serialize, ToSchema)]
pub struct SessionOpened {
    /// The session's id, as in `/me/sessions`.
    id: String,
    /// The person's name.
    name: String,
    /// When the session ends at the latest (RFC 3339, UTC).
    expires_at: String,
    /// The page first asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    return_to: Option<String>,
}

impl SessionOpened {
    fn new(signed_in: &SignedIn) -> Self {
        Self {
            id: signed_in.session.id.to_string(),
            name: signed_in.session.display_name.clone(),
            expires_at: rfc3339(signed_in.session.expires_at),
            return_to: signed_in.return_to.clone(),
        }
    }
}

/// What follows a right password.
#[derive(Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum PasswordAccepted {
    /// Signed in.
    SignedIn {
        /// The session.
        session: SessionOpened,
    },
    /// Staff: a code was sent, answer it with `POST /sign-in/code/verify`.
    CodeRequired {
        /// The waiting sign-in.
        code: CodeRequested,
    },
    /// The initial password: it opens the password wizard and nothing else. The wizard's cookie is set.
    ChoosePassword {
        /// The page to open.
        #[schema(example = "/password/verify")]
        page: String,
    },
}

/// Ask for a code by SMS
///
/// Answers 202 whether or not the number is known; only a malformed number is refused.
#[utoipa::path(
    post, path = "/sign-in/code", tag = "sign-in", operation_id = "requestCode", request_body = CodeRequest,
    responses(
        (status = 202, description = "If the number is known, a code was sent", body = CodeRequested),
        (status = 422, description = "Not a number of this kind", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn request_code(
    State(state): State<AppState>,
    From(visit): From,
    Body(request): Body<CodeRequest>,
) -> Result<(StatusCode, Json<CodeRequested>), Problem> {
    let kinds = &state.info.id_kinds;
    let kind = match request.id_type.as_deref() {
        None | Some("") => kinds.first().copied().unwrap_or_default(),
        Some(code) => IdKind::from_code(code).filter(|kind| kinds.contains(kind)).ok_or_else(|| {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request has invalid fields.")
                .field("/id_type", "unknown")
        })?,
    };
    let identifier = PersonIdentifier::parse(kind, &request.id_number).map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request has invalid fields.")
            .field("/id_number", error.code())
    })?;
    let started = state
        .portal
        .codes()
        .begin(&visit, &identifier, request.return_to.as_deref().and_then(return_to))
        .await
        .map_err(|error| Problem::sign_in(&error, state.portal.now(), &visit.request_id))?;
    Ok((StatusCode::ACCEPTED, Json(CodeRequested::new(&started))))
}

/// Answer with the code
#[utoipa::path(
    post, path = "/sign-in/code/verify", tag = "sign-in", operation_id = "verifyCode", request_body = CodeAnswer,
    responses(
        (status = 200, description = "Signed in; the session cookie is set", body = SessionOpened),
        (status = 422, description = "Wrong, expired or used code", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong codes: wait", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn verify_code(
    State(state): State<AppState>,
    From(visit): From,
    Body(answer): Body<CodeAnswer>,
) -> Result<(HeaderMap, Json<SessionOpened>), Problem> {
    let invalid = |pointer, code| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request has invalid fields.")
            .field(pointer, code)
    };
    let flow = Token::parse(&answer.flow).map_err(|_| invalid("/flow", "malformed"))?;
    let code = Otp::parse(&answer.code).map_err(|_| invalid("/code", "not_six_digits"))?;
    let signed_in = state
        .portal
        .codes()
        .verify(&visit, &flow, &code)
        .await
        .map_err(|error| Problem::sign_in(&error, state.portal.now(), &visit.request_id))?;
    Ok((session_cookies(&signed_in), Json(SessionOpened::new(&signed_in))))
}

/// Sign in by user code and password
///
/// Staff are asked for a code by SMS as well.
#[utoipa::path(
    post, path = "/sign-in/password", tag = "sign-in", operation_id = "signInWithPassword",
    request_body = PasswordAnswer,
    responses(
        (status = 200, description = "Signed in, or a second factor is asked for", body = PasswordAccepted),
        (status = 401, description = "User code and password do not belong together", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many failures: wait", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "More sign-ins than can be checked now", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn with_password(
    State(state): State<AppState>,
    From(visit): From,
    Body(answer): Body<PasswordAnswer>,
) -> Result<(HeaderMap, Json<PasswordAccepted>), Problem> {
    let refused = |error: &SignInError| Problem::sign_in(error, state.portal.now(), &visit.request_id);
    let password = Password::new(&answer.password).map_err(|_| refused(&SignInError::Wrong))?;
    let outcome = state
        .portal
        .passwords()
        .sign_in(&visit, &answer.user_code, &password, None)
        .await
        .map_err(|error| refused(&error))?;
    Ok(match outcome {
        PasswordOutcome::SignedIn(signed_in) => {
            (session_cookies(&signed_in), Json(PasswordAccepted::SignedIn { session: SessionOpened::new(&signed_in) }))
        }
        PasswordOutcome::SecondFactor(started) => {
            (HeaderMap::new(), Json(PasswordAccepted::CodeRequired { code: CodeRequested::new(&started) }))
        }
        PasswordOutcome::ChoosePassword(token) => {
            let mut headers = HeaderMap::new();
            headers.append(SET_COOKIE, cookies::password_flow(&token));
            (headers, Json(PasswordAccepted::ChoosePassword { page: "/password/verify".to_owned() }))
        }
    })
}

fn session_cookies(signed_in: &SignedIn) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.append(SET_COOKIE, cookies::session(&signed_in.token));
    headers.append(SET_COOKIE, cookies::device(&signed_in.device));
    headers
}
