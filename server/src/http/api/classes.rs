//! `/api/v1/schools…` and `/api/v1/classes/{id}/people`: what the editor is painted from.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ClassPeople;
use serde::Serialize;
use services::api_clients::ApiScope;
use services::roster::{ClassEntry, SchoolEntry};
use services::{ClassId, SchoolId};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::extract::{Actor, Asked, From};
use super::paging::PageQuery;
use super::problem::Problem;
use crate::state::AppState;

/// A school.
#[derive(Serialize, ToSchema)]
pub struct School {
    /// The school's id.
    id: String,
    /// Its name.
    name: String,
    /// The country whose phone numbers are meant when none is typed: `il` or `ru`.
    country: String,
    /// The language that it writes in.
    language: String,
}

impl School {
    fn new(entry: SchoolEntry) -> Self {
        Self {
            id: entry.id.to_string(),
            name: entry.name,
            country: entry.country.code().to_owned(),
            language: entry.locale.code().to_owned(),
        }
    }
}

/// The schools in reach
#[derive(Serialize, ToSchema)]
pub struct SchoolList {
    /// By their names.
    items: Vec<School>,
    /// The `cursor` of the next page; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A class.
#[derive(Serialize, ToSchema)]
pub struct Class {
    /// The class's id.
    id: String,
    /// Its school's id.
    school_id: String,
    /// What it is called.
    #[schema(example = "5А")]
    title: String,
    /// The calendar year in which its school year begins.
    #[schema(example = 2026)]
    year: i32,
    /// How many students it has.
    students: u32,
    /// The short names of its class teachers.
    teachers: Vec<String>,
}

impl Class {
    fn new(entry: ClassEntry) -> Self {
        Self {
            id: entry.id.to_string(),
            school_id: entry.school_id.to_string(),
            title: entry.title.as_str().to_owned(),
            year: entry.year.year(),
            students: entry.students,
            teachers: entry.teachers,
        }
    }
}

/// The classes of a school
#[derive(Serialize, ToSchema)]
pub struct ClassList {
    /// In the order of grades.
    items: Vec<Class>,
    /// The `cursor` of the next page; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The schools
///
/// Those in which the caller may do something.
#[utoipa::path(
    get, path = "/schools", tag = "classes", operation_id = "listSchools",
    security(("session" = []), ("token" = ["read:classes"])),
    params(PageQuery),
    responses(
        (status = 200, description = "The schools", body = SchoolList),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token has not the scope", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No such page", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn schools(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<SchoolList>, Problem> {
    let actor = actor.with(ApiScope::ReadClasses).await?;
    let schools = state.portal.roster().schools(actor).await;
    let schools = schools.map_err(|error| Problem::access(&error, &visit.request_id))?;
    let (schools, next) = query.of(schools, |school| school.id.to_string())?;
    Ok(Json(SchoolList { items: schools.into_iter().map(School::new).collect(), next }))
}

/// The classes of a school
///
/// Those of the current school year that the caller may read.
#[utoipa::path(
    get, path = "/schools/{id}/classes", tag = "classes", operation_id = "listClasses",
    security(("session" = []), ("token" = ["read:classes"])),
    params(("id" = String, Path, description = "The school's id"), PageQuery),
    responses(
        (status = 200, description = "The classes", body = ClassList),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such school", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn of_school(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<ClassList>, Problem> {
    let actor = actor.with(ApiScope::ReadClasses).await?;
    let school: SchoolId = id.parse().map_err(|_| Problem::not_found())?;
    let classes = state.portal.roster().classes(&visit, actor, school).await;
    let classes = classes.map_err(|error| Problem::access(&error, &visit.request_id))?;
    let (classes, next) = query.of(classes, |class| class.id.to_string())?;
    Ok(Json(ClassList { items: classes.into_iter().map(Class::new).collect(), next }))
}

/// The people of a class
///
/// The students with their parents and contacts, and whether each can sign in through Gosuslugi: all that the editor
/// shows. `If-None-Match` with the `ETag` of the last answer is answered with 304 while nothing has changed.
#[utoipa::path(
    get, path = "/classes/{id}/people", tag = "classes", operation_id = "getClassPeople",
    security(("session" = []), ("token" = ["read:classes"])),
    params(
        ("id" = String, Path, description = "The class's id"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the last answer")
    ),
    responses(
        (status = 200, description = "The class", body = ClassPeople),
        (status = 304, description = "Nothing has changed"),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such class", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn people(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let actor = actor.with(ApiScope::ReadClasses).await?;
    let class: ClassId = id.parse().map_err(|_| Problem::not_found())?;
    let people = state.portal.class_editor().open(&visit, actor, class).await;
    let people = people.map_err(|error| Problem::access(&error, &visit.request_id))?;
    let document = serde_json::to_vec(&people).map_err(|_| Problem::internal())?;
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(&document)));
    let tag = HeaderValue::try_from(tag).map_err(|_| Problem::internal())?;
    let mut response = if headers.get_all(header::IF_NONE_MATCH).iter().any(|known| *known == tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (json, Body::from(document)).into_response()
    };
    response.headers_mut().insert(header::ETAG, tag);
    Ok(response)
}
