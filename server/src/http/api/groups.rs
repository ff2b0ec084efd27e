//! `/api/v1/groups/…`: groups of students, and who is in which.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use services::api_clients::ApiScope;
use services::groups::{Group, GroupError};
use services::{ClassId, GroupId, PersonId};
use utoipa::ToSchema;

use super::extract::{Actor, Body, From};
use super::idempotent::{Done, IdempotencyKey, fingerprint, idempotent};
use super::people::quoted_version;
use super::problem::Problem;
use crate::state::AppState;

/// A group to be made, or what a group is to be from now on
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGroup {
    /// What it is called, up to 60 characters.
    #[schema(example = "English 5А-1")]
    title: String,
    /// The ids of its classes: one or more, of one school.
    classes: Vec<String>,
}

impl NewGroup {
    fn classes(&self) -> Result<Vec<ClassId>, Problem> {
        let ids: Result<_, _> = self.classes.iter().map(|id| id.parse()).collect();
        ids.map_err(|_| Problem::invalid().field("/classes", "unknown"))
    }
}

/// A group
#[derive(Serialize, ToSchema)]
pub struct GroupItem {
    /// Its id.
    id: String,
    /// What it is called.
    title: String,
    /// The ids of its classes.
    classes: Vec<String>,
    /// The ids of its members in the class that was asked for.
    members: Vec<String>,
    /// What to send in quotes as `If-Match`, so that what others have changed meanwhile is not written over.
    version: String,
}

impl GroupItem {
    fn new(group: &Group) -> Self {
        Self {
            id: group.id.to_string(),
            title: group.title.clone(),
            classes: group.classes.iter().map(|(id, _)| id.to_string()).collect(),
            members: group.members.iter().map(PersonId::to_string).collect(),
            version: group.version(),
        }
    }
}

/// The groups of a class
#[derive(Serialize, ToSchema)]
pub struct GroupList {
    /// By title.
    items: Vec<GroupItem>,
}

/// A group that was made
#[derive(Serialize, ToSchema)]
pub struct GroupMade {
    /// Its id.
    id: String,
}

/// The groups of a class
#[utoipa::path(
    get, path = "/classes/{id}/groups", tag = "classes", operation_id = "listGroups",
    security(("session" = []), ("token" = ["read:classes"])),
    params(("id" = String, Path, description = "The class's id")),
    responses(
        (status = 200, description = "The groups that the class has a part in", body = GroupList),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such class", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn list(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<GroupList>, Problem> {
    let actor = actor.with(ApiScope::ReadClasses).await?;
    let class: ClassId = id.parse().map_err(|_| Problem::not_found())?;
    let groups = state.portal.groups().list(&visit, actor, class).await;
    let groups = groups.map_err(|error| Problem::access(&error, &visit.request_id))?;
    Ok(Json(GroupList { items: groups.iter().map(GroupItem::new).collect() }))
}

/// Make a group
///
/// A part of one class, or of several of one school; without members at first.
#[utoipa::path(
    post, path = "/groups", tag = "classes", operation_id = "createGroup",
    security(("session" = []), ("token" = ["write:people"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once")),
    request_body = NewGroup,
    responses(
        (status = 201, description = "Made", body = GroupMade),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed in one of the classes", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such class", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The Idempotency-Key was used for another request", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Invalid fields", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn create(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    key: IdempotencyKey,
    Body(new): Body<NewGroup>,
) -> Result<([(HeaderName, String); 1], Done), Problem> {
    actor.with(ApiScope::WritePeople).await?;
    let classes = new.classes()?;
    let named = new.classes.join(" ");
    let request = fingerprint(&[b"createGroup", new.title.as_bytes(), named.as_bytes()]);
    let (owner, request_id) = (actor.owner(), visit.request_id.clone());
    let work = {
        let state = state.clone();
        async move {
            let actor = actor.with(ApiScope::WritePeople).await?;
            let made = state.portal.groups().create(&visit, actor, &classes, &new.title).await;
            let id = made.map_err(|error| refused(&error, &visit.request_id))?;
            Done::new(StatusCode::CREATED, &GroupMade { id: id.to_string() })
        }
    };
    let done = idempotent(&state, &request_id, owner, key, request, Box::pin(work)).await?;
    let id = done.text("id").ok_or_else(Problem::internal)?;
    Ok(([(header::LOCATION, format!("/api/v1/groups/{id}"))], done))
}

/// Change a group
///
/// Its title and its classes; who is in none of these is in the group no longer.
#[utoipa::path(
    put, path = "/groups/{id}", tag = "classes", operation_id = "changeGroup",
    security(("session" = []), ("token" = ["write:people"])),
    params(
        ("id" = String, Path, description = "The group's id"),
        ("If-Match" = Option<String>, Header, description = "The version that was seen, in quotes")
    ),
    request_body = NewGroup,
    responses(
        (status = 204, description = "It is so now"),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed in one of the classes", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such group or class", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody has changed it since", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Invalid fields", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn change(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(new): Body<NewGroup>,
) -> Result<StatusCode, Problem> {
    let actor = actor.with(ApiScope::WritePeople).await?;
    let group: GroupId = id.parse().map_err(|_| Problem::not_found())?;
    let seen = seen(&headers)?;
    let changed = state.portal.groups().change(&visit, actor, group, seen, &new.title, &new.classes()?).await;
    changed.map_err(|error| refused(&error, &visit.request_id))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a group
///
/// For all its classes; the students stay in these.
#[utoipa::path(
    delete, path = "/groups/{id}", tag = "classes", operation_id = "deleteGroup",
    security(("session" = []), ("token" = ["write:people"])),
    params(
        ("id" = String, Path, description = "The group's id"),
        ("If-Match" = Option<String>, Header, description = "The version that was seen, in quotes")
    ),
    responses(
        (status = 204, description = "There is no such group any more"),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed in one of the classes", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such group", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody has changed it since", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn delete(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let actor = actor.with(ApiScope::WritePeople).await?;
    let group: GroupId = id.parse().map_err(|_| Problem::not_found())?;
    let deleted = state.portal.groups().delete(&visit, actor, group, seen(&headers)?).await;
    deleted.map_err(|error| refused(&error, &visit.request_id))?;
    Ok(StatusCode::NO_CONTENT)
}

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
    let actor = actor.with(ApiScope::WritePeople).await?;
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
    let actor = actor.with(ApiScope::WritePeople).await?;
    let (group, student) = named(&id, &student).ok_or_else(Problem::not_found)?;
    let done = state.portal.groups().set_member(&visit, actor, group, student, false).await;
    done.map_err(|error| refused(&error, &visit.request_id))?;
    Ok(StatusCode::NO_CONTENT)
}

/// The version that `If-Match` names, if it is sent.
fn seen(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    headers.get(header::IF_MATCH).map(quoted_version).transpose()
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
        GroupError::Stale => {
            Problem::new(StatusCode::PRECONDITION_FAILED, "conflict", "Somebody else has changed the group meanwhile.")
                .detail("Nothing was stored. Read it again.")
        }
        GroupError::Title => Problem::invalid().field("/title", "length"),
        GroupError::Classes => Problem::invalid().field("/classes", "not_one_school"),
    }
}
