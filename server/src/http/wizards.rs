//! The wizards' pages: registration and the password. Shown, and posted to, at their own addresses; what each step does is
//! `app::api::wizard::work`. A refused form comes back with 422 (410, 429, 503), an accepted one leads on with 303.

use std::sync::Arc;

use app::api::sign_in::work::set_cookies;
use app::api::wizard::work::{self, Asking, Outcome};
use app::app::{Boot, Interactive};
use app::page_context::PageContext;
use app::pages::consent;
use app::wizard::WizardPage;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use leptos::prelude::*;
use services::Visit;

use super::context::{From, Page};
use super::errors::Failure;
use super::pages::{document, public_document};
use crate::state::AppState;

/// Every step of both wizards.
const PATHS: [&str; 9] = [
    "/register",
    "/register/verify",
    "/register/contact",
    "/register/finish",
    "/password/forgot",
    "/password/start",
    "/password/verify",
    "/password/choose",
    "/password/done",
];

/// The wizards' routes.
pub fn router() -> Router<AppState> {
    let consent = Router::new().route("/register/consent", get(consent_page));
    PATHS.into_iter().fold(consent, |router, path| router.route(path, get(show).post(post)))
}

fn asking(state: &AppState, page: &PageContext, visit: Visit, headers: HeaderMap) -> Asking {
    Asking { portal: state.portal.clone(), info: Arc::clone(&state.info), visit, locale: page.locale, headers }
}

async fn show(
    State(state): State<AppState>,
    Page(page): Page,
    From(visit): From,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
    RawQuery(query): RawQuery,
) -> Response {
    let asking = asking(&state, &page, visit, headers);
    answer(&state, &page, work::show(&asking, uri.path(), query.as_deref().unwrap_or_default()).await)
}

async fn post(
    State(state): State<AppState>,
    Page(page): Page,
    From(visit): From,
    headers: HeaderMap,
    OriginalUri(uri): OriginalUri,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let asking = asking(&state, &page, visit, headers);
    Ok(answer(&state, &page, work::post(&asking, uri.path(), fields).await))
}

fn answer(state: &AppState, page: &PageContext, outcome: Outcome) -> Response {
    match outcome {
        Outcome::Page(data) => draw(state, StatusCode::OK, page, *data),
        Outcome::Next { to, cookies } => {
            let mut response = Redirect::to(&to).into_response();
            set_cookies(response.headers_mut(), cookies);
            response
        }
        Outcome::Refused(refused) => {
            let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            let mut response = draw(state, status, page, *refused.page);
            if let Some(seconds) = refused.retry_after_s {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            response
        }
        Outcome::Missing => Failure::status(StatusCode::NOT_FOUND).into_response(),
    }
}

/// Never compressed: the pages hold what was typed beside secrets (BREACH).
fn draw(state: &AppState, status: StatusCode, page: &PageContext, data: WizardPage) -> Response {
    let boot = Boot { locale: page.locale, page: Interactive::Wizard(data) };
    let meta = boot.meta(page.nonce.as_deref(), &state.assets.script, &state.assets.wasm);
    document(status, page, meta, |_| boot.view())
}

/// `/register/consent`
async fn consent_page(Page(page): Page) -> Response {
    public_document(StatusCode::OK, &page, consent::meta(&page), |page| {
        let ctx = page.clone();
        view! { <consent::Consent ctx /> }.into_any()
    })
}
