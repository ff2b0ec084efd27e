//! «Список»: the class register, as a page, as a search, for paper; and the letters that invite parents.

use std::collections::BTreeMap;

use app::page_context::PageContext;
use app::pages::people::letters::{self, Letter, LettersPage, letters_view};
use app::pages::people::list::{
    ListDone, ListPage, ParentLine, STUDENT_FIELDS, Shown, StudentLine, list_view, meta, print_view,
};
use app::pages::people::{PersonForm, Tab};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, OriginalUri, Path, Query};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Locale, Permission};
use serde::Deserialize;
use services::invitations::Invitation;
use services::people::latest_birth_date;
use services::roster::{PersonLine, RegisterLine};
use services::sessions::Session;
use services::{ClassId, PersonId, Visit};

use super::{failure, frame, id, manage_failure, typed_person};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;
use crate::state::AppState;

/// The longest name that is searched for.
const LONGEST_SEARCH: usize = 100;
/// The longest text of a field that is shown again.
const LONGEST_FIELD: usize = 400;

/// `?show=not-ready`: only those; `?print=1`: for paper; `?done=`, `?person=`: what the post before
/// this page did with whom.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    print: String,
    #[serde(default)]
    done: String,
    #[serde(default)]
    person: String,
}

/// `GET /people/pupils/{class}/list`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let shown = if asked.show == "not-ready" { Shown::NotReady } else { Shown::All };
    let done = match asked.done.as_str() {
        "came" => Some(ListDone::Came),
        "left" => asked.person.parse().ok().map(|student: PersonId| ListDone::Left(student.to_string())),
        _ => None,
    };
    let data = ListPage { done, ..data(&state, &page, &visit, &session, id(&class)?, shown).await? };
    if asked.print.is_empty() {
        return Ok(draw(StatusCode::OK, &page, data));
    }
    let meta = meta(&page, &data);
    Ok(document(StatusCode::OK, &page, meta, |page| print_view(page, data)))
}

/// What is searched for. It is a name, so it is posted and never in an address.
#[derive(Deserialize)]
pub(super) struct SearchForm {
    q: String,
}

/// `POST /people/pupils/{class}/list`: a search changes nothing, so its answer is the page itself.
pub(super) async fn search(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    Form(form): Form<SearchForm>,
) -> Result<Response, Failure> {
    let text: String = form.q.trim().chars().take(LONGEST_SEARCH).collect();
    let shown = if text.is_empty() { Shown::All } else { Shown::Named(text) };
    let data = data(&state, &page, &visit, &session, id(&class)?, shown).await?;
    Ok(draw(StatusCode::OK, &page, data))
}

/// `POST /people/pupils/{class}/list/student`: somebody new in the class. The rest of the record is filled after that.
pub(super) async fn add_student(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    form: Result<Form<BTreeMap<String, String>>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let portal = &state.portal;
    let class: ClassId = id(&class)?;
    let fault = |error| failure(&error, &page.request_id);
    let found = portal.access().class(&visit, &session, Permission::EditClasses, class).await.map_err(fault)?;
    let text = |name: &str| fields.get(name).map_or("", String::as_str).chars().take(LONGEST_FIELD).collect();
    let today = latest_birth_date(portal.now());
    let (form, new) = typed_person(found.country, found.locale, &STUDENT_FIELDS, today, text);
    let Some(new) = new else {
        let data = data(&state, &page, &visit, &session, class, Shown::All).await?;
        let data = ListPage { new_student: Some(form), ..data };
        return Ok(draw(StatusCode::UNPROCESSABLE_ENTITY, &page, data));
    };
    let student = portal.roster().add_student(&visit, &session, class, &new).await;
    let student = student.map_err(|error| manage_failure(&error, &page.request_id))?;
    let path = Tab::Personal.path(&class.to_string());
    Ok(Redirect::to(&format!("{path}?person={student}&saved=yes")).into_response())
}

fn draw(status: StatusCode, page: &PageContext, data: ListPage) -> Response {
    let class = data.frame.class_id.clone();
    let response = document(status, page, meta(page, &data), |page| list_view(page, data));
    frame::remember(response, &class)
}

async fn data(
    state: &AppState,
    page: &PageContext,
    visit: &Visit,
    session: &Session,
    class: ClassId,
    shown: Shown,
) -> Result<ListPage, Failure> {
    let portal = &state.portal;
    let (frame, target) = frame::load(state, page, visit, session, class, Tab::List).await?;
    let fault = |error| failure(&error, &page.request_id);
    let (_, lines) = portal.roster().register(visit, session, class).await.map_err(fault)?;
    let may_invite =
        state.info.registration_open && portal.access().has(session, Permission::ResendInvitations, &target);
    let rows = lines.into_iter().map(|line| student(page.locale, line)).collect();
    let may_add = portal.access().has(session, Permission::EditClasses, &target);
    let new_student = may_add.then(|| PersonForm::of(&STUDENT_FIELDS));
    Ok(ListPage { frame, rows, shown, may_invite, new_student, done: None })
}

fn student(locale: Locale, line: RegisterLine) -> StudentLine {
    StudentLine {
        number: line.number,
        id: line.student.id.to_string(),
        name: line.student.name.display(locale),
        readiness: line.readiness,
        parents: line.parents.iter().map(|parent| parent_line(locale, parent)).collect(),
    }
}

fn parent_line(locale: Locale, parent: &PersonLine) -> ParentLine {
    ParentLine {
        id: parent.id.to_string(),
        name: parent.name.display(locale),
        relation: parent.relation,
        has_account: parent.has_account,
        has_mobile: parent.mobile,
        may_contact: parent.may_contact,
    }
}

/// `POST /people/pupils/{class}/list/invitations`: letters to print, one for each parent without an account. That
/// they were made is in the audit log, so it is a post.
pub(super) async fn letters(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if !state.info.registration_open {
        return Err(Failure::status(StatusCode::NOT_FOUND));
    }
    let class: ClassId = id(&class)?;
    let (frame, _) = frame::load(&state, &page, &visit, &session, class, Tab::List).await?;
    let invitations = state.portal.invitations().letters(&visit, &session, class).await;
    let (_, invitations) = invitations.map_err(|error| failure(&error, &page.request_id))?;
    let letter = |invitation: Invitation| Letter {
        locale: invitation.locale,
        parent: invitation.name.display(invitation.locale),
        child: invitation.student.display(invitation.locale),
        number_masked: invitation.id_hint,
        mobile_masked: invitation.mobile_hint,
    };
    let address = format!("{}/register", origin(state.web.https, &uri, &headers));
    let data = LettersPage { frame, letters: invitations.into_iter().map(letter).collect(), address };
    let meta = letters::meta(&page, &data.frame);
    Ok(document(StatusCode::OK, &page, meta, |page| letters_view(page, data)))
}

/// The portal's address as this browser knows it, for paper.
fn origin(https: bool, uri: &Uri, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let host = host.or(uri.authority().map(Authority::as_str)).unwrap_or_default();
    let scheme = if https { "https" } else { "http" };
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn letters_name_the_address_that_the_browser_knows() {
        let mut headers = HeaderMap::new();
        let uri = Uri::from_static("https://portal.example/people");
        assert_eq!(origin(true, &uri, &headers), "https://portal.example");
        headers.insert(header::HOST, HeaderValue::from_static("localhost:3000"));
        assert_eq!(origin(false, &Uri::from_static("/people"), &headers), "http://localhost:3000");
    }
}
