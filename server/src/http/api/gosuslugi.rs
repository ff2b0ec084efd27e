//! `/api/v1/people/{id}/gosuslugi-links`: which accounts at Gosuslugi sign somebody in, and taking one away.

#![allow(clippy::result_large_err, reason = "a problem is made once for a refused request, and goes straight out")]

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{LastTry, Way};
use serde::Serialize;
use services::api_clients::ApiScope;
use services::gosuslugi::{Link, Try, UnlinkError};
use services::{GosuslugiLinkId, PersonId};
use utoipa::ToSchema;

use super::extract::{Actor, From};
use super::problem::Problem;
use crate::http::time_text::rfc3339;
use crate::state::AppState;

/// An account at Gosuslugi that signs the person in. Whose it is there is not told.
#[derive(Serialize, ToSchema)]
pub struct GosuslugiLinkItem {
    /// For taking it away.
    id: String,
    /// Since when (RFC 3339, UTC).
    linked_at: String,
    /// When it signed in last (RFC 3339, UTC).
    last_seen_at: String,
    /// By what the person was recognised at first.
    way: Way,
}

/// A try to sign in through Gosuslugi that was about the person.
#[derive(Serialize, ToSchema)]
pub struct GosuslugiTryItem {
    /// When; of tries that failed alike, the last one (RFC 3339, UTC).
    at: String,
    /// Why it failed; absent when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<LastTry>,
}

/// A person's sign-in through Gosuslugi.
#[derive(Serialize, ToSchema)]
pub struct GosuslugiLinks {
    /// The accounts, newest first.
    links: Vec<GosuslugiLinkItem>,
    /// The last tries, newest first. A sign-in by an account that was known already is none.
    tries: Vec<GosuslugiTryItem>,
}

/// Accounts at Gosuslugi that sign a person in
///
/// With how the last tries to sign in went. One's own, or those of a student or a parent in reach.
#[utoipa::path(
    get, path = "/people/{id}/gosuslugi-links", tag = "classes", operation_id = "listGosuslugiLinks",
    security(("session" = []), ("token" = ["read:classes"])),
    params(("id" = String, Path, description = "The person's id")),
    responses(
        (status = 200, description = "The accounts and the last tries", body = GosuslugiLinks),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such person", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn list(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<GosuslugiLinks>, Problem> {
    let session = actor.with(ApiScope::ReadClasses).await?;
    let person: PersonId = id.parse().map_err(|_| Problem::not_found())?;
    let gosuslugi = state.portal.gosuslugi();
    let refused = |error| Problem::access(&error, &visit.request_id);
    let links = gosuslugi.links(&visit, session, person).await.map_err(refused)?;
    let tries = gosuslugi.tries(&visit, session, person).await.map_err(refused)?;
    let link = |link: Link| GosuslugiLinkItem {
        id: link.id.to_string(),
        linked_at: rfc3339(link.at),
        last_seen_at: rfc3339(link.last_seen_at),
        way: link.way,
    };
    let one = |one: Try| GosuslugiTryItem { at: rfc3339(one.at), failure: one.failure };
    Ok(Json(GosuslugiLinks {
        links: links.into_iter().map(link).collect(),
        tries: tries.into_iter().map(one).collect(),
    }))
}

/// Take an account at Gosuslugi from a person
///
/// It signs the person in no longer, and the sessions that began that way end. Should it fit again by SNILS or a contact, it
/// signs in again: mend what is wrong on file first. It needs fresh proof of who asks, which programs cannot give.
#[utoipa::path(
    delete, path = "/people/{id}/gosuslugi-links/{link}", tag = "classes", operation_id = "removeGosuslugiLink",
    security(("session" = [])),
    params(
        ("id" = String, Path, description = "The person's id"),
        ("link" = String, Path, description = "The account's id, as the list names it")
    ),
    responses(
        (status = 204, description = "Taken away"),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed, or fresh proof is needed: `type` tells which", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such person, or no such account of this person", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn remove(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path((id, link)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let session = actor.with(ApiScope::WritePeople).await?;
    let person: PersonId = id.parse().map_err(|_| Problem::not_found())?;
    let link: GosuslugiLinkId = link.parse().map_err(|_| Problem::not_found())?;
    match state.portal.gosuslugi().unlink(&visit, session, person, link).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(UnlinkError::Access(error)) => Err(Problem::access(&error, &visit.request_id)),
        Err(UnlinkError::ProofNeeded) => Err(Problem::fresh_proof_needed()),
    }
}
