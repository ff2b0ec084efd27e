//! `/api/v1/me/contact`: the own mobile and e-mail, changed by a code to the new one.

#![allow(clippy::result_large_err, reason = "a problem is made once for a refused request, and goes straight out")]

use app::pages::register::usual_country;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Country, Email, EmailError, Mobile, MobileError, Otp};
use serde::{Deserialize, Serialize};
use services::own_contacts::{ContactKind, NewContact, OwnContactError, WaitingContact};
use services::portal::SignInError;
use services::{FlowId, Timestamp};
use utoipa::ToSchema;

use super::extract::{Body, From, SignedInPerson};
use super::fields::Refused;
use super::idempotent::{Done, IdempotencyKey, fingerprint, idempotent};
use super::problem::Problem;
use crate::http::time_text::rfc3339;
use crate::state::AppState;

/// The contact to have instead: exactly one of the two.
#[derive(Deserialize, ToSchema)]
pub struct OwnContactChange {
    /// A mobile number that can take text messages.
    #[serde(default)]
    #[schema(example = "050-1234567")]
    mobile: Option<String>,
    /// An e-mail address.
    #[serde(default)]
    email: Option<String>,
}

impl OwnContactChange {
    fn read(&self, country: Country) -> Result<NewContact, Problem> {
        let mut refused = Refused::default();
        let new = match (&self.mobile, &self.email) {
            (Some(text), None) => {
                let mobile = Mobile::parse_any(text, country).map_err(MobileError::code);
                refused.take("/mobile", mobile).map(NewContact::Mobile)
            }
            (None, Some(text)) => {
                let email = Email::parse(text).map_err(EmailError::code);
                refused.take("/email", email).map(NewContact::Email)
            }
            _ => {
                refused.take::<()>("/mobile", Err("exactly_one"));
                refused.take::<()>("/email", Err("exactly_one"));
                None
            }
        };
        new.ok_or_else(|| refused.problem())
    }
}

/// A change that waits for its code.
#[derive(Serialize, ToSchema)]
pub struct OwnContactWaiting {
    /// Send it back with the code, in the same session.
    flow: String,
    /// The new contact, masked.
    #[schema(example = "050-•••••67")]
    sent_to: String,
    /// Until when the code is accepted (RFC 3339, UTC); not in the future when none was sent, since the wait after the one before is
    /// running or the hour's are used up.
    code_expires_at: String,
    /// From when on a new code can be asked for.
    next_send_at: String,
    /// Until when this change can be finished.
    expires_at: String,
}

impl OwnContactWaiting {
    fn new(waiting: WaitingContact) -> Self {
        Self {
            flow: waiting.flow.to_string(),
            sent_to: waiting.masked,
            code_expires_at: rfc3339(waiting.code.code_expires_at),
            next_send_at: rfc3339(waiting.code.next_send_at),
            expires_at: rfc3339(waiting.code.expires_at),
        }
    }
}

/// The code that the new contact received.
#[derive(Deserialize, ToSchema)]
pub struct OwnContactCode {
    /// From the answer to the change.
    flow: String,
    /// Six digits; spaces and dashes do not matter.
    #[schema(example = "482 715")]
    code: String,
}

/// The contacts on file, masked.
#[derive(Serialize, ToSchema)]
pub struct OwnContacts {
    /// The mobile on file.
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<String>,
    /// The e-mail address on file.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// Change the own mobile or e-mail
///
/// Needs fresh proof. Nothing is changed yet: a code goes to the new mobile or address, to be answered with
/// `POST /me/contact/verify` in the same session. A change that waited for its code before is over.
#[utoipa::path(
    patch, path = "/me/contact", tag = "me", operation_id = "changeOwnContact", security(("session" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once")),
    request_body = OwnContactChange,
    responses(
        (status = 202, description = "A code was sent to the new contact", body = OwnContactWaiting),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Fresh proof is needed", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The Idempotency-Key was used for another request", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Invalid fields, or the contact on file", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many codes were asked for", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn change(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    key: IdempotencyKey,
    Body(change): Body<OwnContactChange>,
) -> Result<Done, Problem> {
    let new = change.read(usual_country(&state.info.id_kinds))?;
    let [mobile, email] = [&change.mobile, &change.email].map(|text| text.as_deref().unwrap_or_default().as_bytes());
    let request = fingerprint(&[b"changeOwnContact", mobile, email]);
    let (owner, request_id) = (session.person_id.0, visit.request_id.clone());
    let work = {
        let state = state.clone();
        async move {
            let begun = state.portal.own_contacts().begin(&visit, &session, &new).await;
            let waiting = begun.map_err(|error| {
                let pointer = match new.kind() {
                    ContactKind::Mobile => "/mobile",
                    ContactKind::Email => "/email",
                };
                refused(&error, pointer, state.portal.now(), &visit.request_id)
            })?;
            Done::new(StatusCode::ACCEPTED, &OwnContactWaiting::new(waiting))
        }
    };
    idempotent(&state, &request_id, owner, key, request, Box::pin(work)).await
}

/// Confirm the new mobile or e-mail
///
/// The right code puts it in the place of the old one, which is told of it. Other sessions go on.
#[utoipa::path(
    post, path = "/me/contact/verify", tag = "me", operation_id = "verifyOwnContact", security(("session" = [])),
    request_body = OwnContactCode,
    responses(
        (status = 200, description = "Changed: the contacts on file, masked", body = OwnContacts),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Wrong, expired or used code, or no change of this session", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong codes: wait", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn verify(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    Body(answer): Body<OwnContactCode>,
) -> Result<Json<OwnContacts>, Problem> {
    let mut invalid = Refused::default();
    let flow = invalid.take("/flow", answer.flow.parse::<FlowId>().map_err(|_| "malformed"));
    let code = invalid.take("/code", Otp::parse(&answer.code).map_err(|_| "not_six_digits"));
    let (Some(flow), Some(code)) = (flow, code) else { return Err(invalid.problem()) };
    let verified = state.portal.own_contacts().verify(&visit, &session, flow, &code).await;
    verified.map_err(|error| refused(&error, "/code", state.portal.now(), &visit.request_id))?;
    let me = state.portal.people().me(&session).await;
    let me = me.map_err(|error| Problem::fault(error.code(), &error, &visit.request_id))?;
    Ok(Json(OwnContacts { mobile: me.mobile_masked, email: me.email_masked }))
}

/// The problem for a refused change; `pointer` is the field of the request that it is about.
fn refused(error: &OwnContactError, pointer: &str, now: Timestamp, request_id: &str) -> Problem {
    let over = |title| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), title)
            .detail("Begin again with PATCH /api/v1/me/contact.")
    };
    match error {
        OwnContactError::ProofNeeded => Problem::fresh_proof_needed(),
        OwnContactError::Unchanged => Problem::invalid().field(pointer, "unchanged"),
        OwnContactError::SignIn(SignInError::FlowUnknown) => {
            over("No change waits for this code in this session.").field("/flow", "unknown")
        }
        OwnContactError::SignIn(SignInError::CodeDead) => over("The code was tried too often, and the change is over."),
        OwnContactError::SignIn(error) => Problem::sign_in(error, now, request_id),
    }
}
