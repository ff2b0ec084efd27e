//! «Фотографии»: shown, put in and removed, one student at a time.

use app::page_context::PageContext;
use app::pages::people::Tab;
use app::pages::people::photos::{PhotoCard, PhotoDone, PhotoProblem, PhotosPage, meta, photos_view};
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{Form, Multipart, Path, Query};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Permission, PersonName};
use serde::Deserialize;
use services::photos::{MAX_BYTES, MEDIA_TYPE, PhotoError, PictureError};
use services::sessions::Session;
use services::{ClassId, PersonId, Visit};

use super::frame;
use super::{failure, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::limits;
use crate::http::pages::document;
use crate::state::AppState;

/// `?saved=`, `?removed=`: whose photo the post before this page was about.
#[derive(Default, Deserialize)]
pub(super) struct AfterPost {
    saved: Option<String>,
    removed: Option<String>,
}

/// `GET /people/pupils/{class}/photos`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    Query(after): Query<AfterPost>,
) -> Result<Response, Failure> {
    let done = after.saved.map(PhotoDone::Saved).or(after.removed.map(PhotoDone::Removed));
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let data = asking.data(id(&class)?, done, None).await?;
    Ok(asking.draw(StatusCode::OK, data))
}

/// `POST /people/pupils/{class}/photos`: the student's id and the file, in this order.
pub(super) async fn put(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Failure> {
    let class: ClassId = id(&class)?;
    // Whoever may not is refused before the file is read.
    let allowed = state.portal.access().class(&visit, &session, Permission::EditPhotos, class).await;
    allowed.map_err(|error| failure(&error, &page.request_id))?;
    let form = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let Upload { person, file } = read(form).await?;
    let problem = match file {
        None => PhotoProblem::TooLarge,
        Some(file) if file.is_empty() => PhotoProblem::Missing,
        Some(file) => match state.portal.photos().put(&visit, &session, person, file).await {
            Ok(_) => return Ok(back(class, "saved", person)),
            Err(PhotoError::Picture(error)) => problem(error),
            Err(error) => return Err(fault(&error, &page.request_id)),
        },
    };
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let data = asking.data(class, None, Some((person.to_string(), problem))).await?;
    Ok(asking.draw(StatusCode::UNPROCESSABLE_ENTITY, data))
}

/// Whose photo.
#[derive(Deserialize)]
pub(super) struct RemoveForm {
    person: String,
}

/// `POST /people/pupils/{class}/photos/remove`
pub(super) async fn remove(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    Form(form): Form<RemoveForm>,
) -> Result<Response, Failure> {
    let (class, person): (ClassId, PersonId) = (id(&class)?, id(&form.person)?);
    state.portal.photos().remove(&visit, &session, person).await.map_err(|error| fault(&error, &page.request_id))?;
    Ok(back(class, "removed", person))
}

/// `GET /people/pupils/photo/{person}`: for staff in reach, and for the family. Browsers keep it and ask each time
/// whether it is still the one, so that nobody sees it who may not any more.
pub(super) async fn image(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(person): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let person: PersonId = id(&person)?;
    let found =
        state.portal.photos().find(&visit, &session, person).await.map_err(|error| fault(&error, &page.request_id))?;
    let (bytes, version) = found.ok_or(Failure::status(StatusCode::NOT_FOUND))?;
    let tag = format!("\"{version}\"");
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))], bytes).into_response()
    };
    let keep = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, keep);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// What was uploaded; no file when it is larger than any photo may be.
struct Upload {
    person: PersonId,
    file: Option<Vec<u8>>,
}

/// Reads the form. No more than a photo's bytes are kept, however much is sent.
async fn read(mut form: Multipart) -> Result<Upload, Failure> {
    let unreadable = |error: MultipartError| Failure::status(error.status());
    let mut person = None;
    while let Some(mut field) = form.next_field().await.map_err(unreadable)? {
        let name = field.name().map(str::to_owned);
        match name.as_deref() {
            Some("person") => person = Some(id(&limits::text(field).await?)?),
            Some("photo") => {
                let person = person.ok_or(Failure::status(StatusCode::UNPROCESSABLE_ENTITY))?;
                let mut file = Vec::new();
                while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
                    if file.len() + chunk.len() > MAX_BYTES {
                        return Ok(Upload { person, file: None });
                    }
                    file.extend_from_slice(&chunk);
                }
                return Ok(Upload { person, file: Some(file) });
            }
            _ => {}
        }
    }
    let person = person.ok_or(Failure::status(StatusCode::UNPROCESSABLE_ENTITY))?;
    Ok(Upload { person, file: Some(Vec::new()) })
}

fn back(class: ClassId, what: &str, person: PersonId) -> Response {
    Redirect::to(&format!("{}?{what}={person}", Tab::Photos.path(&class.to_string()))).into_response()
}

fn problem(error: PictureError) -> PhotoProblem {
    match error {
        PictureError::Format => PhotoProblem::Kind,
        PictureError::TooBig | PictureError::TooManyPixels => PhotoProblem::TooLarge,
        PictureError::TooSmall => PhotoProblem::TooSmall,
        PictureError::Broken => PhotoProblem::Broken,
    }
}

fn fault(error: &PhotoError, request_id: &str) -> Failure {
    match error {
        PhotoError::Access(error) => failure(error, request_id),
        PhotoError::NoStudent => Failure::status(StatusCode::NOT_FOUND),
        PhotoError::Picture(_) => Failure::status(StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// The first letters of the names, for the place of a photo.
fn initials(name: &PersonName) -> String {
    [name.surname(), name.given_name()].into_iter().filter_map(|part| part.chars().next()).collect()
}

/// One request.
struct Asking<'a> {
    state: &'a AppState,
    page: &'a PageContext,
    visit: &'a Visit,
    session: &'a Session,
}

impl Asking<'_> {
    async fn data(
        &self,
        class: ClassId,
        done: Option<PhotoDone>,
        refused: Option<(String, PhotoProblem)>,
    ) -> Result<PhotosPage, Failure> {
        let portal = &self.state.portal;
        let (frame, target) = frame::load(self.state, self.page, self.visit, self.session, class, Tab::Photos).await?;
        let fault = |error| failure(&error, &self.page.request_id);
        let versions = portal.photos().versions(self.visit, self.session, class).await.map_err(fault)?;
        let (_, lines) = portal.roster().register(self.visit, self.session, class).await.map_err(fault)?;
        let may_edit = portal.access().has(self.session, Permission::EditPhotos, &target);
        let cards = lines
            .into_iter()
            .map(|line| PhotoCard {
                id: line.student.id.to_string(),
                name: line.student.name.display(self.page.locale),
                initials: initials(&line.student.name),
                version: versions.get(&line.student.id).copied(),
            })
            .collect();
        Ok(PhotosPage { frame, cards, may_edit, done, refused })
    }

    fn draw(&self, status: StatusCode, data: PhotosPage) -> Response {
        let class = data.frame.class_id.clone();
        let response = document(status, self.page, meta(self.page, &data), |page| photos_view(page, data));
        frame::remember(response, &class)
    }
}
