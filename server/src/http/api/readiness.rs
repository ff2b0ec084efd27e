//! `/api/v1/classes/{id}/readiness`, `/api/v1/schools/{id}/readiness`: who can sign in through Gosuslugi.

use axum::Json;
use axum::extract::{Path, State};
use domain::ClassReadiness;
use serde::Serialize;
use services::api_clients::ApiScope;
use services::{ClassId, SchoolId};
use utoipa::ToSchema;

use super::extract::{Actor, From};
use super::problem::Problem;
use crate::state::AppState;

/// The readiness of a school
#[derive(Serialize, ToSchema)]
pub struct SchoolReadiness {
    /// Class by class, in the order of grades.
    items: Vec<ClassReadiness>,
}

/// The readiness of a class
///
/// Of each student, whether the sign-in through Gosuslugi can work, by which way, and what stands in the way.
#[utoipa::path(
    get, path = "/classes/{id}/readiness", tag = "classes", operation_id = "getClassReadiness",
    security(("session" = []), ("token" = ["read:readiness"])),
    params(("id" = String, Path, description = "The class's id")),
    responses(
        (status = 200, description = "The readiness", body = ClassReadiness),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such class", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn of_class(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<ClassReadiness>, Problem> {
    let actor = actor.with(ApiScope::ReadReadiness).await?;
    let class: ClassId = id.parse().map_err(|_| Problem::not_found())?;
    let readiness = state.portal.class_editor().readiness(&visit, actor, class).await;
    readiness.map(Json).map_err(|error| Problem::access(&error, &visit.request_id))
}

/// The readiness of a school
///
/// How many students of each class can sign in through Gosuslugi.
#[utoipa::path(
    get, path = "/schools/{id}/readiness", tag = "classes", operation_id = "getSchoolReadiness",
    security(("session" = []), ("token" = ["read:readiness"])),
    params(("id" = String, Path, description = "The school's id")),
    responses(
        (status = 200, description = "The readiness", body = SchoolReadiness),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Not the id of a school", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn of_school(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<SchoolReadiness>, Problem> {
    let actor = actor.with(ApiScope::ReadReadiness).await?;
    let school: SchoolId = id.parse().map_err(|_| Problem::not_found())?;
    let items = state.portal.class_editor().school_readiness(&visit, actor, school).await;
    items.map(|items| Json(SchoolReadiness { items })).map_err(|error| Problem::access(&error, &visit.request_id))
}
