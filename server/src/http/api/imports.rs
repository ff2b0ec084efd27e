//! `/api/v1/imports…`: rosters from files. A dry run first; it is applied by a worker, once somebody says so.

#![allow(clippy::result_large_err, reason = "a problem is made once for a refused request, and goes straight out")]

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use serde::Serialize;
use services::ImportId;
use services::api_clients::ApiScope;
use services::clock::MINUTE;
use services::imports::{
    BadRow, Count, Counts, ImportError, ImportOptions, ImportView, LARGEST_UPLOAD, Report, RosterError, StaffConflict,
};
use utoipa::ToSchema;

use super::extract::{Actor, Asked, From};
use super::fields::Refused;
use super::idempotent::{Done, IdempotencyKey, fingerprint, idempotent, idempotent_within};
use super::paging::PageQuery;
use super::problem::Problem;
use crate::http::limits;
use crate::http::time_text::rfc3339;
use crate::state::AppState;

/// How long a dry run of a large roster may take.
const CHECK_MS: i64 = 15 * MINUTE;
/// The longest text of a field that is no file.
const TEXT_MAX: usize = 200;

/// A roster's file with how it is to be taken, as `multipart/form-data`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it describes the form; the parts are read one by one")]
pub struct ImportForm {
    /// The file: a OneRoster 1.2 or 1.1 zip, or a table as CSV or XLSX.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// The id of the school that the file is about, when it does not say so.
    school: Option<String>,
    /// `true`: what staff have changed here since, and contacts that people sign in with, are overwritten as well.
    overwrite_contacts: Option<bool>,
}

/// What happens to the things of one kind.
#[derive(Serialize, ToSchema)]
pub struct ImportCount {
    /// Not there yet.
    new: u64,
    /// There, and different.
    changed: u64,
    /// There, and the same.
    unchanged: u64,
    /// There, and not in the file any more: the stay ends, nothing is deleted.
    leaving: u64,
    /// Refused.
    bad: u64,
}

impl ImportCount {
    fn new(count: Count) -> Self {
        let Count { new, changed, unchanged, leaving, bad } = count;
        Self { new, changed, unchanged, leaving, bad }
    }
}

/// The counts of everything that a roster holds.
#[derive(Serialize, ToSchema)]
pub struct ImportCounts {
    /// Schools.
    schools: ImportCount,
    /// Classes.
    classes: ImportCount,
    /// Students.
    students: ImportCount,
    /// Parents and other guardians.
    parents: ImportCount,
    /// Members of staff.
    staff: ImportCount,
    /// Stays in classes.
    enrolments: ImportCount,
    /// Groups; one whose members are others is a changed one.
    groups: ImportCount,
}

impl ImportCounts {
    fn new(counts: &Counts) -> Self {
        Self {
            schools: ImportCount::new(counts.schools),
            classes: ImportCount::new(counts.classes),
            students: ImportCount::new(counts.students),
            parents: ImportCount::new(counts.parents),
            staff: ImportCount::new(counts.staff),
            enrolments: ImportCount::new(counts.enrolments),
            groups: ImportCount::new(counts.groups),
        }
    }
}

/// A row that was refused.
#[derive(Serialize, ToSchema)]
pub struct ImportBadRow {
    /// The file.
    file: String,
    /// The line in it, from 1.
    line: u64,
    /// The column; empty when it is the whole row.
    column: String,
    /// Why.
    #[schema(example = "snils_check")]
    code: String,
    /// What is meant, where that is no personal data.
    #[serde(skip_serializing_if = "String::is_empty")]
    hint: String,
}

impl ImportBadRow {
    fn new(row: BadRow) -> Self {
        let BadRow { file, line, column, code, hint } = row;
        Self { file, line, column, code, hint }
    }
}

/// A value that was kept against the file.
#[derive(Serialize, ToSchema)]
pub struct ImportKept {
    /// Whose: the person's id.
    person_id: String,
    /// Their name, in the short form.
    name: String,
    /// The field.
    #[schema(example = "mobile")]
    field: String,
    /// Why: `edited_here`, `signs_in` or `belongs_elsewhere`.
    reason: String,
}

impl ImportKept {
    fn new(kept: StaffConflict) -> Self {
        Self {
            person_id: kept.person.to_string(),
            name: kept.name,
            field: kept.field,
            reason: kept.reason.code().to_owned(),
        }
    }
}

/// What the dry run found.
#[derive(Serialize, ToSchema)]
pub struct ImportReport {
    /// What would be changed.
    counts: ImportCounts,
    /// The first thousand rows that were refused.
    bad_rows: Vec<ImportBadRow>,
    /// How many were refused.
    bad_total: u64,
    /// How many for which reason.
    bad_by_code: BTreeMap<String, u64>,
    /// The first thousand values that are kept against the file.
    kept: Vec<ImportKept>,
    /// How many are kept.
    kept_total: u64,
    /// How many contacts that people sign in with are overwritten, because that was asked for.
    guarded: u64,
}

impl ImportReport {
    fn new(report: Report) -> Self {
        Self {
            counts: ImportCounts::new(&report.counts),
            bad_rows: report.bad_rows.into_iter().map(ImportBadRow::new).collect(),
            bad_total: report.bad_total,
            bad_by_code: report.bad_by_code,
            kept: report.conflicts.into_iter().map(ImportKept::new).collect(),
            kept_total: report.conflicts_total,
            guarded: report.guarded,
        }
    }
}

/// An import, without what its dry run found.
#[derive(Serialize, ToSchema)]
pub struct ImportItem {
    /// Its id.
    id: String,
    /// The file's name.
    file_name: String,
    /// `one_roster12`, `one_roster11`, `csv` or `xlsx`.
    format: String,
    /// `checked` (nothing is changed yet), `applying`, `applied` or `failed`.
    state: String,
    /// The one school that it is about; left out when there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    school_id: Option<String>,
    /// People who are done; of those of the school under way, as many as there is work done for.
    done: u64,
    /// People there are.
    total: u64,
    /// When the file was handed in (RFC 3339, UTC).
    created_at: String,
    /// When it was applied, or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    /// Why it failed: a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// An import with what its dry run found.
#[derive(Serialize, ToSchema)]
pub struct Import {
    /// The import.
    #[serde(flatten)]
    item: ImportItem,
    /// What the dry run found; it stays as it was when the import is applied.
    report: ImportReport,
}

/// Takes a view apart: the item, and the report.
fn parts(view: ImportView) -> (ImportItem, Report) {
    let item = ImportItem {
        id: view.id.to_string(),
        file_name: view.file_name,
        format: view.format.code().to_owned(),
        state: view.state.code().to_owned(),
        school_id: view.school.map(|id| id.to_string()),
        done: view.done,
        total: view.total,
        created_at: rfc3339(view.created_at),
        finished_at: view.finished_at.map(rfc3339),
        error: view.error,
    };
    (item, view.report)
}

impl Import {
    fn new(view: ImportView) -> Self {
        let (item, report) = parts(view);
        Self { item, report: ImportReport::new(report) }
    }
}

/// The latest imports
#[derive(Serialize, ToSchema)]
pub struct ImportList {
    /// Newest first.
    items: Vec<ImportItem>,
    /// The `cursor` of the next page; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The latest imports
#[utoipa::path(
    get, path = "/imports", tag = "administration", operation_id = "listImports",
    security(("session" = []), ("token" = ["import"])),
    params(PageQuery),
    responses(
        (status = 200, description = "The imports of the caller's schools, newest first", body = ImportList),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn list(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<ImportList>, Problem> {
    let actor = actor.with(ApiScope::Import).await?;
    let limit = query.limit()?;
    // One more than asked for tells whether there is another page.
    let imports = state.portal.imports().list(&visit, actor, query.cursor()?, limit + 1).await;
    let mut imports = imports.map_err(|error| refused(&error, &visit.request_id))?;
    let more = imports.len() > limit as usize;
    imports.truncate(limit as usize);
    let next = imports.last().filter(|_| more).map(|view| view.id.to_string());
    Ok(Json(ImportList { items: imports.into_iter().map(|view| parts(view).0).collect(), next }))
}

/// Try a roster
///
/// A dry run: it tells what would be changed and which rows are refused, and changes nothing. The file is kept for a day,
/// to be applied.
#[utoipa::path(
    post, path = "/imports", tag = "administration", operation_id = "checkImport",
    security(("session" = []), ("token" = ["import"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once")),
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "What the file would change", body = Import),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed, or the file is about another school", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such school in reach", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The Idempotency-Key was used for another request", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The file is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not a form with a file", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The file is no roster, or a field is invalid", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "More files than can be checked now", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn check(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    key: IdempotencyKey,
    request: Request,
) -> Result<([(HeaderName, String); 1], Done), Problem> {
    // Whoever may import nothing is refused before their file is read.
    let allowed = state.portal.imports().may_check(&visit, actor.with(ApiScope::Import).await?).await;
    allowed.map_err(|error| refused(&error, &visit.request_id))?;
    let place = limits::upload_place().ok_or_else(|| Problem::busy(limits::UPLOAD_RETRY_AFTER_S))?;
    let Upload { name, content, options } = Upload::read(request).await?;
    let school = options.school.map(|school| school.0.into_bytes()).unwrap_or_default();
    let overwrite = [u8::from(options.overwrite_contacts)];
    let request = fingerprint(&[b"checkImport", name.as_bytes(), &content, &school, &overwrite]);
    let (owner, request_id) = (actor.owner(), visit.request_id.clone());
    let work = {
        let state = state.clone();
        async move {
            // Held until the file is checked, even when nobody waits for it any more.
            let _place = place;
            let actor = actor.with(ApiScope::Import).await?;
            let view = state.portal.imports().check(&visit, actor, &name, content, options).await;
            let view = view.map_err(|error| refused(&error, &visit.request_id))?;
            Done::new(StatusCode::CREATED, &Import::new(view))
        }
    };
    let done = idempotent_within(CHECK_MS, &state, &request_id, owner, key, request, Box::pin(work)).await?;
    let id = done.text("id").ok_or_else(Problem::internal)?;
    Ok(([(header::LOCATION, format!("/api/v1/imports/{id}"))], done))
}

/// An import
#[utoipa::path(
    get, path = "/imports/{id}", tag = "administration", operation_id = "getImport",
    security(("session" = []), ("token" = ["import"])),
    params(("id" = String, Path, description = "The import's id")),
    responses(
        (status = 200, description = "How far it is, and what its dry run found", body = Import),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such import", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn show(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Import>, Problem> {
    let actor = actor.with(ApiScope::Import).await?;
    let id: ImportId = id.parse().map_err(|_| Problem::not_found())?;
    let view = state.portal.imports().find(&visit, actor, id).await;
    view.map(|view| Json(Import::new(view))).map_err(|error| refused(&error, &visit.request_id))
}

/// Apply an import
///
/// In the background, school by school, each as a whole: `GET /imports/{id}` tells how far it is. One that failed can be
/// applied again. Overwriting contacts that people sign in with, or making class teachers, needs fresh proof of who asks
/// for it.
#[utoipa::path(
    post, path = "/imports/{id}/apply", tag = "administration", operation_id = "applyImport",
    security(("session" = []), ("token" = ["import"])),
    params(
        ("id" = String, Path, description = "The import's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once")
    ),
    responses(
        (status = 202, description = "It is being applied", body = Import),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed, or fresh proof is needed: `type` tells which", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such import", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is under way, done or too old; or the Idempotency-Key was used for another request", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn apply(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
    key: IdempotencyKey,
) -> Result<Done, Problem> {
    actor.with(ApiScope::Import).await?;
    let id: ImportId = id.parse().map_err(|_| Problem::not_found())?;
    let request = fingerprint(&[b"applyImport", id.0.as_bytes()]);
    let (owner, request_id) = (actor.owner(), visit.request_id.clone());
    let work = {
        let state = state.clone();
        async move {
            let actor = actor.with(ApiScope::Import).await?;
            let view = state.portal.imports().apply(&visit, actor, id).await;
            let view = view.map_err(|error| refused(&error, &visit.request_id))?;
            Done::new(StatusCode::ACCEPTED, &Import::new(view))
        }
    };
    idempotent(&state, &request_id, owner, key, request, Box::pin(work)).await
}

/// The form of an import, read whole.
struct Upload {
    name: String,
    content: Vec<u8>,
    options: ImportOptions,
}

impl Upload {
    async fn read(request: Request) -> Result<Self, Problem> {
        let mut form = Multipart::from_request(request, &()).await.map_err(|_: MultipartRejection| {
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-multipart", "The body must be a form with a file.")
                .detail("Send Content-Type: multipart/form-data.")
        })?;
        let mut refused = Refused::default();
        let mut file = None;
        let mut options = ImportOptions::default();
        while let Some(mut field) = form.next_field().await.map_err(|error| unreadable(&error))? {
            let part = field.name().unwrap_or_default().to_owned();
            match part.as_str() {
                "file" => {
                    let name = field.file_name().unwrap_or_default().to_owned();
                    let mut content = Vec::new();
                    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
                        if content.len() + chunk.len() > LARGEST_UPLOAD {
                            return Err(Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE));
                        }
                        content.extend_from_slice(&chunk);
                    }
                    file = Some((name, content));
                }
                "school" => {
                    let school = text(field).await?;
                    options.school = refused.name("/school", Some(&school));
                }
                "overwrite_contacts" => {
                    let overwrite = text(field).await?;
                    let overwrite = refused.name("/overwrite_contacts", Some(&overwrite));
                    options.overwrite_contacts = overwrite.unwrap_or_default();
                }
                _ => {}
            }
        }
        let file = refused.take("/file", file.ok_or("required"));
        refused.check()?;
        let (name, content) = file.ok_or_else(Problem::internal)?;
        Ok(Self { name, content, options })
    }
}

/// The text of a field that is no file.
async fn text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
        if bytes.len() + chunk.len() > TEXT_MAX {
            return Err(Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map(|text| text.trim().to_owned()).map_err(|_| malformed())
}

fn unreadable(error: &MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE),
        _ => malformed(),
    }
}

fn malformed() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed", "The form can't be read.")
}

fn refused(error: &ImportError, request_id: &str) -> Problem {
    let new = |status, title| Problem::new(status, error.code(), title);
    match error {
        ImportError::Access(error) => Problem::access(error, request_id),
        ImportError::Roster(RosterError::TooLarge) => Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE),
        ImportError::Roster(RosterError::Io(source)) => Problem::fault(error.code(), source, request_id),
        ImportError::Roster(roster) => {
            new(StatusCode::UNPROCESSABLE_ENTITY, "The file can't be taken as a roster.").detail(&roster.to_string())
        }
        ImportError::OtherSchool { .. } => {
            new(StatusCode::FORBIDDEN, "The file is about a school that you may not import.")
        }
        ImportError::SchoolNeeded => Problem::invalid().field("/school", "required"),
        ImportError::SchoolAmbiguous { .. } => Problem::invalid().field("/school", "ambiguous"),
        ImportError::ProofNeeded => Problem::fresh_proof_needed(),
        ImportError::NotChecked => new(StatusCode::CONFLICT, "The import is under way, done or too old."),
        ImportError::Store(error) => Problem::store(error, request_id),
        ImportError::Crypto(error) => Problem::fault(error.code(), error, request_id),
    }
}
