//! `/people/pupils`: to the class that was open last, or all classes to choose from.

use app::api::cookies;
use app::page_context::PageContext;
use app::pages::people::{AllClasses, SchoolChoice, SchoolClasses, Tab, all_classes_meta, all_classes_view};
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Permission, Target};
use serde::Deserialize;
use services::access::AccessError;
use services::sessions::Session;
use services::{ClassId, SchoolId, Visit};

use super::{failure, frame, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;
use crate::state::AppState;

/// `?all=1`: the page with all classes, whichever was open last; `?school=`: of this school.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    all: String,
    school: Option<String>,
}

/// `GET /people/pupils`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let fault = |error: AccessError| failure(&error, &page.request_id);
    if session.roles.is_empty() {
        let access = state.portal.access();
        access.require(&visit, &session, Permission::ReadContacts, &Target::Everything).await.map_err(fault)?;
    }
    if asked.all.is_empty()
        && asked.school.is_none()
        && let Some(class) = class_to_open(&state, &visit, &session, &headers).await.map_err(fault)?
    {
        return Ok(Redirect::to(&Tab::List.path(&class.to_string())).into_response());
    }
    let school = asked.school.as_deref().map(id::<SchoolId>).transpose()?;
    let data = all(&state, &visit, &session, school).await.map_err(fault)?;
    Ok(draw(&page, data))
}

fn draw(page: &PageContext, data: AllClasses) -> Response {
    document(StatusCode::OK, page, all_classes_meta(page), |page| all_classes_view(page, data))
}

/// `GET /people/pupils/{class}`
pub(super) async fn first_tab(Path(class): Path<String>) -> Result<Redirect, Failure> {
    let class: ClassId = id(&class)?;
    Ok(Redirect::to(&Tab::List.path(&class.to_string())))
}

/// The class that was open last in this browser, as far as the reader reaches it; else the only one. A class that
/// another reader of this browser had open is nothing to refuse: it is passed over.
async fn class_to_open(
    state: &AppState,
    visit: &Visit,
    session: &Session,
    headers: &HeaderMap,
) -> Result<Option<ClassId>, AccessError> {
    let portal = &state.portal;
    let last: Option<ClassId> = cookies::read(headers, cookies::CLASS).and_then(|text| text.parse().ok());
    if let Some(last) = last
        && portal.access().has(session, Permission::ReadContacts, &Target::Everything)
    {
        return match portal.access().class(visit, session, Permission::ReadContacts, last).await {
            Ok(_) => Ok(Some(last)),
            Err(AccessError::NotFound) => Ok(None),
            Err(error) => Err(error),
        };
    }
    let classes = portal.roster().my_classes(session).await?;
    if last.is_some_and(|last| classes.iter().any(|class| class.id == last)) {
        return Ok(last);
    }
    Ok(match classes.as_slice() {
        [only] => Some(only.id),
        _ => None,
    })
}

/// The schools that the reader reaches, and the classes of one of them: the asked one, else the first.
async fn all(
    state: &AppState,
    visit: &Visit,
    session: &Session,
    school: Option<SchoolId>,
) -> Result<AllClasses, AccessError> {
    let portal = &state.portal;
    let (schools, open) = portal.roster().choose_school(visit, session, school).await?;
    let choice =
        |entry: &services::roster::SchoolEntry| SchoolChoice { id: entry.id.to_string(), name: entry.name.clone() };
    let choices = schools.iter().map(choice).collect();
    let Some(open) = open else { return Ok(AllClasses { schools: choices, open: None }) };
    let entries = portal.roster().classes(visit, session, open.id).await?;
    let classes = frame::choices(state, visit, session, open.id, &entries).await?;
    let classes =
        classes.into_iter().zip(entries).map(|(class, entry)| (class, entry.students, entry.teachers)).collect();
    Ok(AllClasses { schools: choices, open: Some(SchoolClasses { school: choice(&open), classes }) })
}
