//! `/api/v1/session/proof`: fresh proof of who is signed in, before sensitive changes.

use axum::Json;
use axum::extract::State;
use domain::Password;
use serde::{Deserialize, Serialize};
use services::fresh_proof::ProofError;
use utoipa::ToSchema;

use super::extract::{Body, From, SignedInPerson};
use super::problem::Problem;
use crate::http::time_text::rfc3339;
use crate::state::AppState;

/// The password of whoever is signed in.
#[derive(Deserialize, ToSchema)]
pub struct ProofRequest {
    /// The password.
    password: String,
}

/// The proof.
#[derive(Serialize, ToSchema)]
pub struct ProofGiven {
    /// Until when sensitive changes need no further proof in this session (RFC 3339, UTC).
    fresh_until: String,
}

/// Prove who is signed in
///
/// A sign-in is proof for some minutes; afterwards sensitive changes are refused with `fresh-proof-needed` until the
/// password is given here. Wrong tries count like those of the sign-in.
#[utoipa::path(
    post, path = "/session/proof", tag = "me", operation_id = "giveFreshProof", security(("session" = [])),
    request_body = ProofRequest,
    responses(
        (status = 200, description = "Proved", body = ProofGiven),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The account has no password: sign in anew instead", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not the password", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many failures: wait", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "More passwords than can be checked now", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn give(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    Body(request): Body<ProofRequest>,
) -> Result<Json<ProofGiven>, Problem> {
    let refused = |error: &ProofError| Problem::proof(error, state.portal.now(), &visit.request_id);
    let password = Password::new(&request.password).map_err(|_| Problem::invalid().field("/password", "wrong"))?;
    let fresh_until =
        state.portal.fresh_proof().give(&visit, &session, &password).await.map_err(|error| refused(&error))?;
    Ok(Json(ProofGiven { fresh_until: rfc3339(fresh_until) }))
}
