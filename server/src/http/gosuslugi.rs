//! The sign-in through Gosuslugi: the page before it, the way there, the answer that comes back, the guide.
//!
//! The way there is a post, so that nothing begins by fetching a page. What went wrong is said on the page that answers the
//! callback itself: it names a class teacher, which no address may. Loaded again it says that the sign-in is over.

use app::api::cookies;
use app::api::sign_in::work::{self, Done};
use app::page_context::PageContext;
use app::pages::gosuslugi::failure::{Failure as Failed, Why, failure_view, meta as failure_meta};
use app::pages::gosuslugi::guide::{Guide, GuideProps, meta as guide_meta};
use app::pages::gosuslugi::start::{Start, StartProps, meta as start_meta};
use app::pages::gosuslugi::{GUIDE, START};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use domain::NotRecognisedReason;
use leptos::prelude::*;
use services::clock::seconds_until;
use services::gosuslugi::{CALLBACK_PATH, CallbackParams, GosuslugiError};

use super::context::{From, Page, Viewer};
use super::errors::Failure;
use super::pages::{document, public_document};
use super::security::LeadsBeyond;
use crate::state::AppState;

/// Seconds after which a sign-in makes sense that failed because Gosuslugi did not answer.
const RETRY_AFTER_S: u32 = 60;

/// The routes; none in a portal without Gosuslugi.
pub fn router(state: &AppState) -> Router<AppState> {
    if !state.portal.gosuslugi().offered() {
        return Router::new();
    }
    Router::new()
        .route(START, get(start_page).post(begin))
        .route(GUIDE, get(guide_page))
        .route(CALLBACK_PATH, get(callback))
}

/// `GET /sign-in/esia`
async fn start_page(Page(page): Page, Extension(viewer): Extension<Viewer>) -> Response {
    if let Some(session) = &viewer.0 {
        return Redirect::to(work::first_page(&session.roles)).into_response();
    }
    let mut response = public_document(StatusCode::OK, &page, start_meta(&page), |page| {
        let ctx = page.clone();
        Start(StartProps { ctx }).into_any()
    });
    response.extensions_mut().insert(LeadsBeyond);
    response
}

/// `GET /sign-in/esia/guide`
async fn guide_page(Page(page): Page) -> Response {
    public_document(StatusCode::OK, &page, guide_meta(&page), |page| {
        let ctx = page.clone();
        Guide(GuideProps { ctx }).into_any()
    })
}

/// `POST /sign-in/esia`: off to Gosuslugi.
async fn begin(State(state): State<AppState>, Page(page): Page, From(visit): From) -> Result<Response, Failure> {
    let begun = match state.portal.gosuslugi().begin(&visit).await {
        Ok(begun) => begun,
        Err(error) => return failed(&state, &page, &error),
    };
    let mut response = Redirect::to(&begun.url).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookies::gosuslugi(&begun.browser, begun.max_age_s));
    Ok(response)
}

/// `GET /sign-in/esia/callback`: the browser comes back.
async fn callback(
    State(state): State<AppState>,
    Page(page): Page,
    From(visit): From,
    headers: HeaderMap,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Response, Failure> {
    let answer = answer(query.map(|Query(pairs)| pairs).unwrap_or_default());
    let browser = cookies::read(&headers, cookies::GOSUSLUGI);
    let signed_in = match state.portal.gosuslugi().finish(&visit, &answer, browser).await {
        Ok(signed_in) => signed_in,
        Err(error) => return failed(&state, &page, &error),
    };
    let Done { next, cookies } = work::signed_in_done(&signed_in);
    let mut response = Redirect::to(&next).into_response();
    work::set_cookies(response.headers_mut(), cookies);
    forget(&mut response);
    Ok(response)
}

/// The parameters of the callback's address. One that comes twice counts for nothing (RFC 6749 §3.1), so that nobody can
/// smuggle in a second one.
fn answer(pairs: Vec<(String, String)>) -> CallbackParams {
    let take = |name: &str| {
        let mut values = pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none()).cloned()
    };
    CallbackParams {
        code: take("code"),
        state: take("state"),
        error: take("error"),
        error_description: take("error_description"),
        iss: take("iss"),
    }
}

/// The browser is not on its way to Gosuslugi any more.
fn forget(response: &mut Response) {
    response.headers_mut().append(header::SET_COOKIE, cookies::remove(cookies::GOSUSLUGI));
}

/// The page that says what went wrong; faults of our own get the page of every fault.
fn failed(state: &AppState, page: &PageContext, error: &GosuslugiError) -> Result<Response, Failure> {
    let why = match error {
        GosuslugiError::State => Why::Ended,
        GosuslugiError::Cancelled => Why::Cancelled,
        GosuslugiError::AccountNotConfirmed => Why::NotRecognised(NotRecognisedReason::AccountNotConfirmed),
        GosuslugiError::Unavailable => Why::Unavailable,
        GosuslugiError::Rejected => Why::Rejected,
        GosuslugiError::NotRecognised { reason, .. } => Why::NotRecognised(*reason),
        GosuslugiError::Staff => Why::Staff,
        GosuslugiError::Barred => Why::Barred,
        GosuslugiError::TooMany { retry_at } => {
            Why::TooMany { wait_s: seconds_until(state.portal.now(), *retry_at).max(1) }
        }
        GosuslugiError::Busy { retry_after_s } => return Err(Failure::busy(*retry_after_s)),
        GosuslugiError::Store(store) if store.is_temporary() => return Err(Failure::busy(1)),
        GosuslugiError::Store(_) | GosuslugiError::Crypto(_) => {
            return Err(Failure::fault(error.code(), error, &page.request_id));
        }
    };
    let teacher = match error {
        GosuslugiError::NotRecognised { teacher, .. } => teacher.as_ref().map(|name| name.as_str().to_owned()),
        _ => None,
    };
    let failed = Failed { why, teacher };
    // The language menu leads to the page's address in another language; of the callback's nothing is left to be shown.
    let page = PageContext { path: START.to_owned(), ..page.clone() };
    let mut response = document(why.status(), &page, failure_meta(&page, &failed), |page| failure_view(page, failed));
    let retry_after_s = match why {
        Why::TooMany { wait_s } => Some(wait_s),
        Why::Unavailable => Some(RETRY_AFTER_S),
        _ => None,
    };
    if let Some(seconds) = retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    // An answer that is awaited by nobody says nothing of a sign-in that may be under way in another window.
    if why != Why::Ended {
        forget(&mut response);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> CallbackParams {
        answer(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn parameters_are_read_once_each() {
        let good = read(&[("code", "c"), ("state", "s"), ("other", "x")]);
        assert_eq!((good.code.as_deref(), good.state.as_deref(), good.error), (Some("c"), Some("s"), None));
        let twice = read(&[("code", "c"), ("state", "s"), ("state", "s")]);
        assert_eq!((twice.code.as_deref(), twice.state), (Some("c"), None));
    }
}
