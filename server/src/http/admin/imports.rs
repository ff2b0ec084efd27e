//! `/admin/import`: a file is checked, looked at, applied; `/admin/export`: the roster as a file.

use app::pages::admin::AdminSection;
use app::pages::admin::imports::{
    ExportReach, FILE, FileProblem, ImportPage, ImportsPage, OVERWRITE, REFRESH_S, SCHOOL, UploadForm, import_meta,
    import_view, imports_view, meta, path,
};
use app::pages::people::SchoolChoice;
use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Permission, Target};
use serde::Deserialize;
use services::exports::{ExportError, ExportFormat};
use services::imports::{ImportError, ImportOptions, ImportState, ImportView, LARGEST_UPLOAD, RosterError};
use services::{ImportId, SchoolId};

use super::{Asking, FormFields, Posted, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::limits;
use crate::http::pages::document;

/// Imports in the list.
const SHOWN: u32 = 50;
/// `GET /admin/import`
pub(super) async fn page(SignedInVisit { state, page, visit, session }: SignedInVisit) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    asking.imports(StatusCode::OK, UploadForm::default()).await
}

/// `POST /admin/import`: the dry run of a file.
pub(super) async fn upload(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    multipart: Multipart,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    // Whoever may import nothing is refused before their file is read.
    if asking.import_reach().await?.is_none() {
        return Err(asking.forbidden(Permission::ImportRoster).await);
    }
    let _place = limits::upload_place().ok_or(Failure::busy(limits::UPLOAD_RETRY_AFTER_S))?;
    let Upload { form, file } = read(multipart).await?;
    let (name, bytes) = match file {
        Some(file) if form.problem.is_none() => file,
        _ => {
            let problem = form.problem.clone().or(Some(FileProblem::Missing));
            return asking.imports(StatusCode::UNPROCESSABLE_ENTITY, UploadForm { problem, ..form }).await;
        }
    };
    let school = if form.school.is_empty() { None } else { Some(id::<SchoolId>(&form.school)?) };
    let options = ImportOptions { overwrite_contacts: form.overwrite, school, ..ImportOptions::default() };
    match state.portal.imports().check(&visit, &session, &name, bytes, options).await {
        Ok(import) => Ok(Redirect::to(&path(&import.id.to_string())).into_response()),
        Err(error) => {
            let problem = Some(asking.file_problem(error)?);
            asking.imports(StatusCode::UNPROCESSABLE_ENTITY, UploadForm { problem, ..form }).await
        }
    }
}

/// `GET /admin/import/{id}`
pub(super) async fn one(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(import): Path<String>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    asking.import(StatusCode::OK, id(&import)?, false).await
}

/// `POST /admin/import/{id}`: has it applied.
pub(super) async fn apply(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(import): Path<String>,
    form: FormFields,
) -> Result<Response, Failure> {
    let posted = Posted::read(form)?;
    let import: ImportId = id(&import)?;
    let here = path(&import.to_string());
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let actor = match asking.prove(&posted).await? {
        Ok(actor) => actor,
        Err(problem) => return asking.ask_for_proof(&here, posted.kept(), &here, problem).await,
    };
    match state.portal.imports().apply(&visit, &actor, import).await {
        Ok(_) => Ok(Redirect::to(&here).into_response()),
        Err(ImportError::ProofNeeded) => asking.ask_for_proof(&here, posted.kept(), &here, None).await,
        Err(ImportError::NotChecked) => asking.import(StatusCode::CONFLICT, import, true).await,
        Err(error) => Err(asking.import_fault(&error)),
    }
}

/// `?format=`: what kind of file; `?school=`: of which school.
#[derive(Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    format: String,
    #[serde(default)]
    school: String,
}

/// `GET /admin/export`
pub(super) async fn export(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let format = ExportFormat::from_code(&wanted.format).ok_or(Failure::status(StatusCode::NOT_FOUND))?;
    let school = if wanted.school.is_empty() { None } else { Some(id::<SchoolId>(&wanted.school)?) };
    let exported = state.portal.exports().export(&visit, &session, format, school).await;
    let exported = exported.map_err(|error| match error {
        ExportError::Access(error) => asking.refused(&error),
        error => asking.fault(error.code(), &error),
    })?;
    let name = format!("attachment; filename=\"{}\"", exported.file_name);
    let name = HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static(exported.content_type);
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], exported.bytes).into_response())
}

/// What was uploaded.
struct Upload {
    form: UploadForm,
    /// Name and content.
    file: Option<(String, Vec<u8>)>,
}

/// Reads the form. No more of a file than is taken is kept, however much is sent.
async fn read(mut multipart: Multipart) -> Result<Upload, Failure> {
    let unreadable = |error: MultipartError| Failure::status(error.status());
    let mut upload = Upload { form: UploadForm::default(), file: None };
    while let Some(mut field) = multipart.next_field().await.map_err(unreadable)? {
        let name = field.name().map(str::to_owned);
        match name.as_deref() {
            Some(SCHOOL) => upload.form.school = limits::text(field).await?,
            Some(OVERWRITE) => upload.form.overwrite = !limits::text(field).await?.is_empty(),
            Some(FILE) => {
                let file_name = field.file_name().unwrap_or_default().to_owned();
                let mut bytes = Vec::new();
                while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
                    if bytes.len() + chunk.len() > LARGEST_UPLOAD {
                        upload.form.problem = Some(FileProblem::TooLarge);
                        return Ok(upload);
                    }
                    bytes.extend_from_slice(&chunk);
                }
                // A field without a choice comes without a name; a file that was chosen may be empty.
                upload.file = (!file_name.is_empty() || !bytes.is_empty()).then_some((file_name, bytes));
            }
            _ => {}
        }
    }
    Ok(upload)
}

impl Asking<'_> {
    fn import_fault(&self, error: &ImportError) -> Failure {
        match error {
            ImportError::Access(error) => self.refused(error),
            error => self.fault(error.code(), error),
        }
    }

    /// What is wrong with a file, in the page's terms; everything else is a page of its own.
    fn file_problem(&self, error: ImportError) -> Result<FileProblem, Failure> {
        Ok(match error {
            ImportError::Roster(RosterError::NotRecognised) => FileProblem::NotRecognised,
            ImportError::Roster(RosterError::Damaged) => FileProblem::Damaged,
            ImportError::Roster(RosterError::MissingFile { file }) => FileProblem::MissingFile(file),
            ImportError::Roster(RosterError::MissingColumn { file, column }) => {
                FileProblem::MissingColumn(file, column)
            }
            ImportError::Roster(RosterError::NoHeader) => FileProblem::NoHeader,
            ImportError::Roster(RosterError::Delta { .. }) => FileProblem::Delta,
            ImportError::Roster(RosterError::NoText { file }) => FileProblem::NoText(file),
            ImportError::Roster(RosterError::Quotes { file, line }) => FileProblem::Quotes(file, line),
            ImportError::Roster(RosterError::TooLarge) => FileProblem::TooLarge,
            ImportError::Roster(RosterError::NoSchool) => FileProblem::NoSchool,
            ImportError::OtherSchool { school } => FileProblem::OtherSchool(school),
            ImportError::SchoolNeeded => FileProblem::SchoolNeeded,
            ImportError::SchoolAmbiguous { school } => FileProblem::SchoolAmbiguous(school),
            error => return Err(self.import_fault(&error)),
        })
    }

    fn may_import(&self, target: &Target<uuid::Uuid>) -> bool {
        self.state.portal.access().has(self.session, Permission::ImportRoster, target)
    }

    /// How far somebody's imports reach, and the schools in it; none when they may import nothing.
    async fn import_reach(&self) -> Result<Option<(ExportReach, Vec<SchoolChoice>)>, Failure> {
        let schools = self.state.portal.roster().schools(self.session).await.map_err(|error| self.refused(&error))?;
        let schools: Vec<SchoolChoice> = schools
            .into_iter()
            .filter(|school| self.may_import(&Target::School(school.id.0)))
            .map(|school| SchoolChoice { id: school.id.to_string(), name: school.name })
            .collect();
        if self.may_import(&Target::Everything) {
            return Ok(Some((ExportReach::Everything, schools)));
        }
        Ok((!schools.is_empty()).then_some((ExportReach::School, schools)))
    }

    async fn imports(&self, status: StatusCode, form: UploadForm) -> Result<Response, Failure> {
        let imports = self.state.portal.imports().list(self.visit, self.session, None, SHOWN).await;
        let imports = imports.map_err(|error| self.import_fault(&error))?;
        let (export, schools) = self.import_reach().await?.unzip();
        let data = ImportsPage {
            frame: self.frame(AdminSection::Import),
            schools: schools.unwrap_or_default(),
            imports,
            form: export.map(|_| form),
            export,
        };
        Ok(document(status, self.page, meta(self.page, &data), |page| imports_view(page, data)))
    }

    async fn import(&self, status: StatusCode, import: ImportId, too_late: bool) -> Result<Response, Failure> {
        let import = self.state.portal.imports().find(self.visit, self.session, import).await;
        let import: ImportView = import.map_err(|error| self.import_fault(&error))?;
        let target = import.school.map_or(Target::Everything, |school| Target::School(school.0));
        let schools = self.state.portal.roster().schools(self.session).await.map_err(|error| self.refused(&error))?;
        let school = schools.into_iter().find(|school| Some(school.id) == import.school).map(|school| school.name);
        let running = import.state == ImportState::Applying;
        let data = ImportPage {
            frame: self.frame(AdminSection::Import),
            may_apply: self.may_import(&target),
            import,
            school,
            too_late,
        };
        let meta = import_meta(self.page, &data);
        let mut response = document(status, self.page, meta, |page| import_view(page, data));
        if running {
            response.headers_mut().insert(header::REFRESH, HeaderValue::from(REFRESH_S));
        }
        Ok(response)
    }
}
