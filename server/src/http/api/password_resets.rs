//! `/api/v1/password-resets`: asking for a link to choose a new password.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::{Body, From};
use super::fields::Refused;
use super::problem::Problem;
use crate::state::AppState;

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
pub struct ResetRequest {
    /// Kind of the number: `il_id` (teudat zehut) or `ru_snils`. The portal's first kind when it is missing.
    #[serde(default)]
    #[schema(example = "il_id")]
    id_type: Option<String>,
    /// The number; spaces and hyphens do not matter.
    #[schema(example = "039337423")]
    id_number: String,
}

/// The same for known and unknown numbers.
#[derive(Serialize, ToSchema)]
pub struct ResetAccepted {
    /// Always `accepted`.
    #[schema(example = "accepted")]
    status: String,
}

/// People can replace a forgotten password by themselves; 404 where they cannot.
pub struct Offered;

impl FromRequestParts<AppState> for Offered {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if state.info.password_reset { Ok(Self) } else { Err(Problem::not_found()) }
    }
}

/// Ask for a link to choose a new password
///
/// The link goes to the e-mail address on file and opens the portal's pages. Answers 202 whether or not the number is
/// known; only a malformed number is refused.
#[utoipa::path(
    post, path = "/password-resets", tag = "passwords", operation_id = "requestPasswordReset",
    request_body = ResetRequest,
    responses(
        (status = 202, description = "If the number is known, a link was sent", body = ResetAccepted),
        (status = 404, description = "The portal does not offer this", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a number of this kind", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests for this number, known or not, or from this address", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn request(
    _: Offered,
    State(state): State<AppState>,
    From(visit): From,
    Body(request): Body<ResetRequest>,
) -> Result<(StatusCode, Json<ResetAccepted>), Problem> {
    let mut refused = Refused::default();
    let kind = refused.kind(&state.info.id_kinds, request.id_type.as_deref());
    let identifier = kind.and_then(|kind| refused.number("/id_number", kind, &request.id_number));
    let identifier = identifier.ok_or_else(|| refused.problem())?;
    state
        .portal
        .password_wizard()
        .forgot(&visit, &identifier)
        .await
        .map_err(|error| Problem::sign_in(&error, state.portal.now(), &visit.request_id))?;
    Ok((StatusCode::ACCEPTED, Json(ResetAccepted { status: "accepted".to_owned() })))
}
