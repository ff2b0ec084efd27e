//! The personal area: own details, contacts, security, sessions, language, sign-out. Changes are plain posts from this origin.

pub mod contact;

use app::api::cookies;
use app::layout::PageMeta;
use app::pages;
use app::pages::me::MeInfo;
use app::pages::me::child::{self, ChildCard, ChildClass};
use app::pages::me::security::{self, SecurityPage};
use app::pages::sessions::{Ended, SessionItem, SignInMethod};
use axum::extract::{Form, Path, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use domain::Locale;
use leptos::prelude::*;
use serde::Deserialize;
use services::SessionId;
use services::people::Child;
use services::portal::SessionsError;
use services::sessions::Session;

use super::context::{From, Page, SignedInPerson, SignedInVisit, Viewer};
use super::errors::Failure;
use super::pages::document;
use super::people::failure;
use super::security::CLEARED;
use crate::state::AppState;

/// `GET /me`
pub async fn page(
    State(state): State<AppState>,
    Page(page): Page,
    SignedInPerson(session): SignedInPerson,
    Query(after): Query<AfterPost>,
) -> Result<Response, Failure> {
    let me = state.portal.people().me(&session).await.map_err(|error| fault(&error, &page.request_id))?;
    let children = children(&state, &session, &page.request_id).await?;
    let info = MeInfo {
        name: me.name.display(page.locale),
        id_number_masked: me.id_number_masked,
        birth_date: me.birth_date,
        mobile_masked: me.mobile_masked,
        email_masked: me.email_masked,
        user_code: Some(me.user_code),
        password_set_at: me.password_changed_at,
        previous_sign_in_at: session.previous_sign_in_at,
        sessions: u64::try_from(me.sessions.len()).unwrap_or(u64::MAX),
        messages_locale: me.locale.unwrap_or(page.locale),
        messages_locale_saved: after.saved == "language",
        children: children.iter().map(|child| card(page.locale, child)).collect(),
    };
    let meta: PageMeta = pages::me::meta(&page);
    Ok(document(StatusCode::OK, &page, meta, |page| {
        let ctx = page.clone();
        view! { <pages::me::Me ctx me=info /> }.into_any()
    }))
}

/// `GET /me/children/{id}`: of a child that is not theirs, nobody learns that it exists.
pub async fn child_page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let id = id.parse().map_err(|_| Failure::status(StatusCode::NOT_FOUND))?;
    let child = state.portal.people().child(&visit, &session, id).await;
    let card = card(page.locale, &child.map_err(|error| failure(&error, &page.request_id))?);
    let meta = child::meta(&card);
    Ok(document(StatusCode::OK, &page, meta, |page| child::child_view(page, card)))
}

async fn children(state: &AppState, session: &Session, request_id: &str) -> Result<Vec<Child>, Failure> {
    let children = state.portal.people().children(session).await;
    children.map_err(|error| Failure::fault(error.code(), &error, request_id))
}

fn card(locale: Locale, child: &Child) -> ChildCard {
    let photo = child.class.as_ref().and_then(|class| class.photo);
    let letter = child.name.given_name().chars().next();
    ChildCard {
        id: child.id.to_string(),
        name: child.name.display(locale),
        initial: letter.map(String::from).unwrap_or_default(),
        photo,
        class: child.class.as_ref().map(|class| ChildClass {
            title: class.title.as_str().to_owned(),
            school: class.school.clone(),
            teachers: class.teachers.clone(),
        }),
    }
}

/// `GET /me/security`
pub async fn security_page(
    State(state): State<AppState>,
    Page(page): Page,
    SignedInPerson(session): SignedInPerson,
) -> Result<Response, Failure> {
    let portal = &state.portal;
    let failed = |error: SessionsError| fault(&error, &page.request_id);
    let me = portal.people().me(&session).await.map_err(failed)?;
    let data = SecurityPage {
        user_code: me.user_code.to_string(),
        password_set_at: me.password_changed_at,
        question: portal.accounts().has_security_question(&session).await.map_err(failed)?,
        sessions: u64::try_from(me.sessions.len()).unwrap_or(u64::MAX),
        tries: portal.sessions().history(&session).await.map_err(failed)?,
    };
    let meta = security::meta(&page);
    Ok(document(StatusCode::OK, &page, meta, |page| security::security_view(page, data)))
}

/// `?ended=`, `?saved=`: what the post before this page did.
#[derive(Default, Deserialize)]
pub struct AfterPost {
    #[serde(default)]
    ended: String,
    #[serde(default)]
    saved: String,
}

/// `GET /me/sessions`
pub async fn sessions_page(
    State(state): State<AppState>,
    Page(page): Page,
    SignedInPerson(session): SignedInPerson,
    Query(after): Query<AfterPost>,
) -> Result<Response, Failure> {
    let list = state.portal.sessions().list(&session).await.map_err(|error| fault(&error, &page.request_id))?;
    let mut items: Vec<SessionItem> = list
        .into_iter()
        .map(|item| SessionItem {
            current: item.id == session.id,
            id: item.id.to_string(),
            device: Some(item.device).filter(|device| !device.is_empty()),
            method: match item.method {
                services::sessions::SignInMethod::SmsCode => SignInMethod::Code,
                services::sessions::SignInMethod::Password => SignInMethod::Password,
                services::sessions::SignInMethod::PasswordAndSms => SignInMethod::PasswordAndCode,
                services::sessions::SignInMethod::Gosuslugi => SignInMethod::Esia,
            },
            created_at: item.created_at,
            last_seen_at: item.last_seen_at,
        })
        .collect();
    items.sort_by_key(|item| !item.current);
    let ended = match after.ended.as_str() {
        "one" => Some(Ended::One),
        "others" => Some(Ended::Others),
        _ => None,
    };
    let meta = pages::sessions::meta(&page);
    Ok(document(StatusCode::OK, &page, meta, |page| {
        let ctx = page.clone();
        view! { <pages::sessions::Sessions ctx sessions=items ended /> }.into_any()
    }))
}

/// Which session to end: an id, or `others`.
#[derive(Deserialize)]
pub struct EndForm {
    end: String,
}

/// `POST /me/sessions`
pub async fn end_sessions(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    Form(form): Form<EndForm>,
) -> Result<Response, Failure> {
    let sessions = state.portal.sessions();
    if form.end == "others" {
        sessions.end_others(&visit, &session).await.map_err(|error| fault(&error, &visit.request_id))?;
        return Ok(Redirect::to("/me/sessions?ended=others").into_response());
    }
    let id: SessionId = form.end.parse().map_err(|_| Failure::status(StatusCode::NOT_FOUND))?;
    let beyond = state.portal.gosuslugi().sign_out_url(&session);
    sessions.end(&visit, &session, id).await.map_err(|error| fault(&error, &visit.request_id))?;
    if id == session.id {
        // As by signing out: whoever sits down next must not be signed in at Gosuslugi as this person.
        return Ok(leave(beyond.as_deref().unwrap_or("/")));
    }
    Ok(Redirect::to("/me/sessions?ended=one").into_response())
}

/// The account's language: for messages, and in browsers that have chosen none.
#[derive(Deserialize)]
pub struct LanguageForm {
    lang: String,
}

/// `POST /me/language`
pub async fn set_language(
    State(state): State<AppState>,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    Form(form): Form<LanguageForm>,
) -> Result<Response, Failure> {
    let locale = Locale::from_code(&form.lang).ok_or(Failure::status(StatusCode::UNPROCESSABLE_ENTITY))?;
    state.portal.accounts().set_locale(&session, locale).await.map_err(|error| fault(&error, &visit.request_id))?;
    Ok(Redirect::to("/me?saved=language").into_response())
}

/// `POST /sign-out`: also for those who are signed out already. Whoever came through Gosuslugi is signed out there, too, and
/// comes back from there.
pub async fn sign_out(
    State(state): State<AppState>,
    From(visit): From,
    axum::Extension(viewer): axum::Extension<Viewer>,
) -> Result<Response, Failure> {
    let Some(session) = viewer.0 else { return Ok(leave("/")) };
    let beyond = state.portal.gosuslugi().sign_out_url(&session);
    state.portal.sessions().sign_out(&visit, &session).await.map_err(|error| fault(&error, &visit.request_id))?;
    Ok(leave(beyond.as_deref().unwrap_or("/")))
}

fn leave(to: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    for name in [cookies::SESSION, cookies::REGISTRATION, cookies::PASSWORD] {
        response.headers_mut().append(SET_COOKIE, cookies::remove(name));
    }
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static(CLEARED));
    response
}

fn fault(error: &SessionsError, request_id: &str) -> Failure {
    match error {
        SessionsError::NotFound => Failure::status(StatusCode::NOT_FOUND),
        other => Failure::fault(other.code(), other, request_id),
    }
}
