//! The sign-in pages: shown, and posted to, at their own addresses. A refused form comes back with 422 (429, 503) and what
//! was typed, except codes and passwords; an accepted one leads on with 303.

use app::api::cookies;
use app::api::forms::{FieldName, Problem, Refusal};
use app::api::sign_in::work::{self, Done};
use app::api::sign_in::{CodeForm, PasswordForm, StartForm};
use app::app::{Boot, Interactive};
use app::page_context::PageContext;
use app::pages::sign_in::{CodePage, SignInPage};
use axum::body::Body;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::provide_context;
use serde::Deserialize;
use services::portal::SignInError;

use super::context::{From, Page, Viewer};
use super::errors::Failure;
use super::pages::public_document;
use crate::state::AppState;

/// `?next=`: where to go after sign-in.
#[derive(Default, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// `?sent=1`: a new code has just been asked for.
#[derive(Default, Deserialize)]
pub struct AfterResend {
    #[serde(default)]
    sent: String,
}

/// A posted form, or why it can't be read.
type Posted<T> = Result<Form<T>, FormRejection>;

fn posted<T>(form: Posted<T>) -> Result<T, Failure> {
    form.map(|Form(form)| form).map_err(|rejection| Failure::status(rejection.status()))
}

/// `GET /sign-in`
pub async fn sign_in_page(
    State(state): State<AppState>,
    Page(page): Page,
    axum::Extension(viewer): axum::Extension<Viewer>,
    Query(query): Query<Next>,
) -> Response {
    let next = work::return_to(&query.next);
    if let Some(session) = &viewer.0 {
        return Redirect::to(next.as_deref().unwrap_or(work::first_page(&session.roles))).into_response();
    }
    let data = SignInPage::new(&page.portal, next.unwrap_or_default());
    show(&state, StatusCode::OK, &page, Interactive::SignIn(data))
}

/// `GET /sign-in/password`
pub async fn password_page(
    State(state): State<AppState>,
    Page(page): Page,
    axum::Extension(viewer): axum::Extension<Viewer>,
    Query(query): Query<Next>,
) -> Response {
    let next = work::return_to(&query.next);
    if let Some(session) = &viewer.0 {
        return Redirect::to(next.as_deref().unwrap_or(work::first_page(&session.roles))).into_response();
    }
    let data = SignInPage::new(&page.portal, next.unwrap_or_default());
    show(&state, StatusCode::OK, &page, Interactive::Password(data))
}

/// `GET /sign-in/code`: only while a sign-in waits for its code.
pub async fn code_page(
    State(state): State<AppState>,
    Page(page): Page,
    From(visit): From,
    headers: HeaderMap,
    Query(after): Query<AfterResend>,
) -> Result<Response, Failure> {
    match code_data(&state, &page, &headers, Refusal::default()).await {
        Ok(data) => {
            let data = CodePage { sent_again: !after.sent.is_empty(), ..data };
            Ok(show(&state, StatusCode::OK, &page, Interactive::Code(data)))
        }
        Err(SignInError::FlowUnknown) => Ok(Redirect::to("/sign-in").into_response()),
        Err(error) => Err(Failure::fault(error.code(), &error, &visit.request_id)),
    }
}

/// `POST /sign-in`: a code by SMS.
pub async fn start(
    State(state): State<AppState>,
    Page(page): Page,
    From(visit): From,
    form: Posted<StartForm>,
) -> Result<Response, Failure> {
    let form = posted(form)?;
    Ok(match work::start(&state.portal, &visit, &state.info, &form).await {
        Ok(done) => lead_on(done),
        Err(refusal) => {
            let data = SignInPage::new(&page.portal, form.next.clone()).with_start(&form, refusal.clone());
            refused(&state, &page, &refusal, Interactive::SignIn(data))
        }
    })
}

/// `POST /sign-in/password`
pub async fn with_password(
    State(state): State<AppState>,
    Page(page): Page,
    From(visit): From,
    form: Posted<PasswordForm>,
) -> Result<Response, Failure> {
    let form = posted(form)?;
    Ok(match work::with_password(&state.portal, &visit, &form).await {
        Ok(done) => lead_on(done),
        Err(refusal) => {
            let data = SignInPage::new(&page.portal, form.next.clone()).with_password(&form, refusal.clone());
            refused(&state, &page, &refusal, Interactive::Password(data))
        }
    })
}

/// `POST /sign-in/code`: the code, or «send a new one».
pub async fn answer_code(
    State(state): State<AppState>,
    Page(page): Page,
    From(visit): From,
    headers: HeaderMap,
    form: Posted<CodeForm>,
) -> Result<Response, Failure> {
    let form = posted(form)?;
    let flow = cookies::read_token(&headers, cookies::FLOW);
    let refusal = match work::answer_code(&state.portal, &visit, flow.as_ref(), &form).await {
        Ok(done) => return Ok(lead_on(done)),
        Err(refusal) => refusal,
    };
    match code_data(&state, &page, &headers, refusal.clone()).await {
        Ok(data) => Ok(refused(&state, &page, &refusal, Interactive::Code(data))),
        Err(SignInError::FlowUnknown) => {
            let refusal = Refusal::one(FieldName::IdNumber, Problem::FlowUnknown);
            let data = SignInPage::new(&page.portal, String::new()).with_start(&StartForm::default(), refusal.clone());
            Ok(refused(&state, &page, &refusal, Interactive::SignIn(data)))
        }
        Err(error) => Err(Failure::fault(error.code(), &error, &visit.request_id)),
    }
}

async fn code_data(
    state: &AppState,
    page: &PageContext,
    headers: &HeaderMap,
    refusal: Refusal,
) -> Result<CodePage, SignInError> {
    let flow = cookies::read_token(headers, cookies::FLOW).ok_or(SignInError::FlowUnknown)?;
    let view = state.portal.codes().view(&flow).await?;
    Ok(CodePage::new(&page.portal, &view, page.now, refusal))
}

/// The server functions of the hydrated pages; they run behind the same layers as every page.
pub async fn server_function(State(state): State<AppState>, request: Request<Body>) -> Response {
    let portal = state.portal.clone();
    let info = std::sync::Arc::clone(&state.info);
    let context = move || {
        provide_context(portal.clone());
        provide_context(std::sync::Arc::clone(&info));
    };
    leptos_axum::handle_server_fns_with_context(context, request).await.into_response()
}

fn lead_on(done: Done) -> Response {
    let mut response = Redirect::to(&done.next).into_response();
    work::set_cookies(response.headers_mut(), done.cookies);
    response
}

fn refused(state: &AppState, page: &PageContext, refusal: &Refusal, data: Interactive) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    let mut response = show(state, status, page, data);
    if let Some(seconds) = refusal.retry_after_s() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn show(state: &AppState, status: StatusCode, page: &PageContext, data: Interactive) -> Response {
    let boot = Boot { locale: page.locale, page: data };
    let meta = boot.meta(page.nonce.as_deref(), &state.assets.script, &state.assets.wasm);
    public_document(status, page, meta, |_| boot.view())
}
