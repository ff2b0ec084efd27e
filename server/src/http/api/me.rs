//! `/api/v1/me` and the person's sessions.

use app::api::cookies;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header::SET_COOKIE};
use serde::Serialize;
use services::SessionId;
use services::portal::SessionsError;
use services::sessions::ListedSession;
use utoipa::ToSchema;

use super::extract::{From, SignedInPerson};
use super::problem::Problem;
use crate::http::context::Viewer;
use crate::http::security::CLEARED;
use crate::http::time_text::rfc3339;
use crate::state::AppState;

/// The signed-in person. Contacts and numbers are masked.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The person's name as it is shown.
    name: String,
    /// The permanent user code.
    user_code: String,
    /// The kind of the ID number on file.
    #[serde(skip_serializing_if = "Option::is_none")]
    id_type: Option<String>,
    /// The ID number, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    id_number: Option<String>,
    /// The mobile on file, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile: Option<String>,
    /// The e-mail address on file, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// The person's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    /// The person's roles.
    roles: Vec<String>,
    /// Whether a password is set.
    has_password: bool,
    /// Sign-in before this one (RFC 3339, UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_sign_in_at: Option<String>,
}

/// A session of the signed-in person.
#[derive(Serialize, ToSchema)]
pub struct SessionItem {
    /// The session's id.
    id: String,
    /// Browser and system, as far as the browser tells.
    #[schema(example = "Chrome, Android")]
    device: String,
    /// How the person signed in.
    #[schema(example = "sms_code")]
    method: String,
    /// RFC 3339, UTC.
    created_at: String,
    /// RFC 3339, UTC; exact to a minute.
    last_seen_at: String,
    /// RFC 3339, UTC.
    expires_at: String,
    /// Whether it is the one that asks.
    current: bool,
}

/// The person's sessions
#[derive(Serialize, ToSchema)]
pub struct SessionList {
    /// Newest first.
    items: Vec<SessionItem>,
}

/// The signed-in person
#[utoipa::path(
    get, path = "/me", tag = "me", operation_id = "getMe", security(("session" = [])),
    responses(
        (status = 200, description = "The person", body = Me),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn me(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
) -> Result<Json<Me>, Problem> {
    let me = state.portal.people().me(&session).await.map_err(|error| fault(&error, &visit.request_id))?;
    Ok(Json(Me {
        name: session.display_name.clone(),
        user_code: me.user_code.to_string(),
        id_type: me.id_kind.map(|kind| kind.code().to_owned()),
        id_number: me.id_number_masked,
        mobile: me.mobile_masked,
        email: me.email_masked,
        locale: me.locale.map(|locale| locale.code().to_owned()),
        roles: session.roles.iter().map(|role| role.code().to_owned()).collect(),
        has_password: me.has_password,
        previous_sign_in_at: session.previous_sign_in_at.map(rfc3339),
    }))
}

/// The person's sessions
#[utoipa::path(
    get, path = "/me/sessions", tag = "me", operation_id = "listSessions", security(("session" = [])),
    responses(
        (status = 200, description = "The sessions, newest first", body = SessionList),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn sessions(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
) -> Result<Json<SessionList>, Problem> {
    let list = state.portal.sessions().list(&session).await.map_err(|error| fault(&error, &visit.request_id))?;
    Ok(Json(SessionList { items: list.into_iter().map(shown).collect() }))
}

fn shown(listed: ListedSession) -> SessionItem {
    SessionItem {
        id: listed.id.to_string(),
        device: listed.device,
        method: listed.method.code().to_owned(),
        created_at: rfc3339(listed.created_at),
        last_seen_at: rfc3339(listed.last_seen_at),
        expires_at: rfc3339(listed.expires_at),
        current: listed.current,
    }
}

/// One of the person's sessions
#[utoipa::path(
    get, path = "/me/sessions/{id}", tag = "me", operation_id = "getSession", security(("session" = [])),
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 200, description = "The session", body = SessionItem),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such session of this person", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn session(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    Path(id): Path<String>,
) -> Result<Json<SessionItem>, Problem> {
    let id: SessionId = id.parse().map_err(|_| Problem::not_found())?;
    let listed = state.portal.sessions().one(&session, id).await.map_err(|error| fault(&error, &visit.request_id))?;
    Ok(Json(shown(listed)))
}

/// End one of the person's sessions
#[utoipa::path(
    delete, path = "/me/sessions/{id}", tag = "me", operation_id = "endSession", security(("session" = [])),
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 204, description = "Ended"),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such session of this person", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn end_session(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    Path(id): Path<String>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    let id: SessionId = id.parse().map_err(|_| Problem::not_found())?;
    state.portal.sessions().end(&visit, &session, id).await.map_err(|error| fault(&error, &visit.request_id))?;
    Ok((StatusCode::NO_CONTENT, if id == session.id { gone() } else { HeaderMap::new() }))
}

/// End all of the person's other sessions
#[utoipa::path(
    delete, path = "/me/sessions", tag = "me", operation_id = "endOtherSessions", security(("session" = [])),
    responses(
        (status = 204, description = "Ended; the session that asks goes on"),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn end_others(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
) -> Result<StatusCode, Problem> {
    state.portal.sessions().end_others(&visit, &session).await.map_err(|error| fault(&error, &visit.request_id))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out
#[utoipa::path(
    delete, path = "/session", tag = "me", operation_id = "signOut", security(("session" = [])),
    responses((status = 204, description = "Signed out, also when nobody was signed in. `Clear-Site-Data` empties the browser's storage"))
)]
pub async fn sign_out(
    State(state): State<AppState>,
    From(visit): From,
    axum::Extension(viewer): axum::Extension<Viewer>,
) -> Result<(StatusCode, HeaderMap), Problem> {
    if let Some(session) = viewer.0 {
        state.portal.sessions().sign_out(&visit, &session).await.map_err(|error| fault(&error, &visit.request_id))?;
    }
    Ok((StatusCode::NO_CONTENT, gone()))
}

/// What a browser is told whose session has ended.
fn gone() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.append(SET_COOKIE, cookies::remove(cookies::SESSION));
    headers.insert("clear-site-data", HeaderValue::from_static(CLEARED));
    headers
}

fn fault(error: &SessionsError, request_id: &str) -> Problem {
    match error {
        SessionsError::NotFound => Problem::not_found(),
        other => {
            tracing::error!(code = other.code(), request_id, error = %other, "session request failed");
            Problem::internal()
        }
    }
}
