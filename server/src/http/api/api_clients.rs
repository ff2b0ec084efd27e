//! `/api/v1/api-clients`: programs that use this API.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use services::ApiClientId;
use services::api_clients::{ApiClientError, ApiScope, ListedApiClient};
use utoipa::ToSchema;

use super::extract::{Asked, Body, From, SignedInPerson};
use super::fields::Refused;
use super::idempotent::{Done, IdempotencyKey, fingerprint, idempotent};
use super::paging::PageQuery;
use super::problem::Problem;
use crate::http::time_text::rfc3339;
use crate::state::AppState;

/// A program to be let in.
#[derive(Deserialize, ToSchema)]
pub struct NewApiClient {
    /// What it is called, for the people who look after it.
    #[schema(example = "Timetable")]
    name: String,
    /// What it may do, as far as whoever makes it may: `read:classes`, `write:people`, `read:readiness`, `import`,
    /// `read:audit`, `read:deliveries`.
    scopes: Vec<String>,
    /// For how many days, 1 to 366.
    #[schema(example = 90)]
    days: u32,
}

/// A program.
#[derive(Serialize, ToSchema)]
pub struct ApiClientItem {
    /// Its id.
    id: String,
    /// What it is called.
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    /// The name of whoever made it.
    created_by: String,
    /// When it was made (RFC 3339, UTC).
    created_at: String,
    /// When its token ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// When its token was last used; exact to a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
    /// When its token was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

impl ApiClientItem {
    fn new(client: ListedApiClient) -> Self {
        Self {
            id: client.id.to_string(),
            name: client.name,
            scopes: client.scopes.into_iter().map(|scope| scope.code().to_owned()).collect(),
            created_by: client.created_by_name,
            created_at: rfc3339(client.created_at),
            expires_at: client.expires_at.map(rfc3339),
            last_used_at: client.last_used_at.map(rfc3339),
            revoked_at: client.revoked_at.map(rfc3339),
        }
    }
}

/// The programs
#[derive(Serialize, ToSchema)]
pub struct ApiClientList {
    /// Newest first.
    items: Vec<ApiClientItem>,
    /// The `cursor` of the next page; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A program that was let in
#[derive(Serialize, ToSchema)]
pub struct ApiClientMade {
    /// The program's id.
    id: String,
    /// The program.
    client: ApiClientItem,
    /// Its token, for `Authorization: Bearer`. It is shown now and never again: when the same request comes a second time
    /// under its `Idempotency-Key`, it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Programs that use this API
#[utoipa::path(
    get, path = "/api-clients", tag = "administration", operation_id = "listApiClients", security(("session" = [])),
    params(PageQuery),
    responses(
        (status = 200, description = "The programs, newest first", body = ApiClientList),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn list(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<ApiClientList>, Problem> {
    let clients = state.portal.api_clients().list(&visit, &session).await;
    let clients = clients.map_err(|error| refused(&error, &visit.request_id))?;
    let (clients, next) = query.of(clients, |client| client.id.to_string())?;
    Ok(Json(ApiClientList { items: clients.into_iter().map(ApiClientItem::new).collect(), next }))
}

/// Let a program in
///
/// Needs fresh proof of who does it. The program acts in the name of whoever made it, with the rights that this person
/// has at the moment, and of these only what its scopes name.
#[utoipa::path(
    post, path = "/api-clients", tag = "administration", operation_id = "createApiClient", security(("session" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once")),
    request_body = NewApiClient,
    responses(
        (status = 201, description = "The program with its token, which is shown this once", body = ApiClientMade),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed, or fresh proof is needed: `type` tells which", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The Idempotency-Key was used for another request", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Invalid fields", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn create(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    key: IdempotencyKey,
    Body(new): Body<NewApiClient>,
) -> Result<([(HeaderName, String); 1], Done), Problem> {
    let mut refusals = Refused::default();
    let scopes: Option<BTreeSet<ApiScope>> = new.scopes.iter().map(|code| ApiScope::from_code(code)).collect();
    let scopes = refusals.take("/scopes", scopes.ok_or("unknown")).ok_or_else(|| refusals.problem())?;
    let named = new.scopes.join(" ");
    let days = new.days.to_be_bytes();
    let request = fingerprint(&[b"createApiClient", new.name.as_bytes(), named.as_bytes(), &days]);
    let (owner, request_id) = (session.person_id.0, visit.request_id.clone());
    let work = {
        let state = state.clone();
        async move {
            let made = state.portal.api_clients().create(&visit, &session, &new.name, &scopes, new.days).await;
            let (client, token) = made.map_err(|error| refused(&error, &visit.request_id))?;
            let id = client.id.to_string();
            let made = ApiClientMade { id, client: ApiClientItem::new(client), token: Some(token.to_base64url()) };
            let kept = Done::new(StatusCode::CREATED, &made)?;
            kept.keeping(&ApiClientMade { token: None, ..made })
        }
    };
    let done = idempotent(&state, &request_id, owner, key, request, Box::pin(work)).await?;
    let id = done.text("id").ok_or_else(Problem::internal)?;
    Ok(([(header::LOCATION, format!("/api/v1/api-clients/{id}"))], done))
}

/// Take a program's token back
#[utoipa::path(
    delete, path = "/api-clients/{id}", tag = "administration", operation_id = "revokeApiClient",
    security(("session" = [])),
    params(("id" = String, Path, description = "The program's id")),
    responses(
        (status = 204, description = "The token is good for nothing any more"),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such program with a token", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn revoke(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: ApiClientId = id.parse().map_err(|_| Problem::not_found())?;
    let revoked = state.portal.api_clients().revoke(&visit, &session, id).await;
    revoked.map_err(|error| refused(&error, &visit.request_id))?;
    Ok(StatusCode::NO_CONTENT)
}

fn refused(error: &ApiClientError, request_id: &str) -> Problem {
    match error {
        ApiClientError::Access(error) => Problem::access(error, request_id),
        ApiClientError::ProofNeeded => Problem::fresh_proof_needed(),
        ApiClientError::Name => Problem::invalid().field("/name", "length"),
        ApiClientError::NoScope => Problem::invalid().field("/scopes", "empty"),
        ApiClientError::Days => Problem::invalid().field("/days", "out_of_bounds"),
        ApiClientError::Store(error) => Problem::store(error, request_id),
    }
}
