//! `/api/v1/groups/…`: who is in which group.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use services::api_clients::ApiScope;
use services::groups::GroupError;
use services::{GroupId, PersonId};

use super::extract::{Actor, From};
use super::problem::Problem;
use crate::state::AppState;

/// Put a student into a group
///
/// Nothing happens when the student is in it already.
#[utoipa::path(
    put, path = "/groups/{id}/members/{student}", tag = "classes", operation_id = "joinGroup",
    security(("session" = []), ("token" = ["write:people"])),
    params(
        ("id" = String, Path, description = "The group's id"),
        ("student" = String, Path, description = "The student's id")
    ),
    responses(
        (status = 204, description = "The student is in the group"),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such group or student", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The student is in none of the group's classes", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn join(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path((id, student)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let actor = actor.with(ApiScope::WritePeople)?;
    let (group, student) = named(&id, &student).ok_or_else(Problem::not_found)?;
    let done = state.portal.groups().set_member(&visit, actor, group, student, true).await;
    done.map_err(|error| refused(&error, &visit.request_id))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a student out of a group
///
/// Nothing happens when the student is not in it.
#[utoipa::path(
    delete, path = "/groups/{id}/members/{student}", tag = "classes", operation_id = "leaveGroup",
    security(("session" = []), ("token" = ["write:people"])),
    params(
        ("id" = String, Path, description = "The group's id"),
        ("student" = String, Path, description = "The student's id")
    ),
    responses(
        (status = 204, description = "The student is not in the group"),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such group or student", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The student is in none of the group's classes", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn leave(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path((id, student)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let actor = actor.with(ApiScope::WritePeople)?;
    let (group, student) = named(&id, &student).ok_or_else(Problem::not_found)?;
    let done = state.portal.groups().set_member(&visit, actor, group, student, false).await;
    done.map_err(|error| refused(&error, &visit.request_id))?;
    Ok(StatusCode::NO_CONTENT)
}

fn named(group: &str, student: &str) -> Option<(GroupId, PersonId)> {
    Some((group.parse().ok()?, student.parse().ok()?))
}

fn refused(error: &GroupError, request_id: &str) -> Problem {
    match error {
        GroupError::Access(error) => Problem::access(error, request_id),
        GroupError::NotInClass => {
            Problem::new(StatusCode::CONFLICT, error.code(), "The student is in none of the group's classes.")
        }
        // Neither is asked here.
        GroupError::Title | GroupError::Classes => Problem::fault(error.code(), error, request_id),
    }
}
