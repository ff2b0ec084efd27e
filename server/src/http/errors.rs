//! Failures on their way out: a page for people, a problem document for programs, both with the request's id.
//!
//! Handlers and layers answer with a bare status ([`Failure`]); [`dress`] turns every bare refusal, whoever made it, into
//! the page or the document. So a 404 of the router, a 413 of the body limit and a 503 of the overload guard all look alike.

use app::page_context::PageContext;
use app::pages::error;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;
use tower_http::csrf::ProtectionError;

use super::api::Problem;
use super::context::stranger;
use super::pages::document;
use crate::state::AppState;

/// A refusal that still needs its page.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    status: StatusCode,
    retry_after_s: Option<u32>,
}

impl Failure {
    /// A refusal with this status.
    pub const fn status(status: StatusCode) -> Self {
        Self { status, retry_after_s: None }
    }

    /// Too much at once: asks to come back.
    pub const fn busy(retry_after_s: u32) -> Self {
        Self { status: StatusCode::SERVICE_UNAVAILABLE, retry_after_s: Some(retry_after_s) }
    }

    /// A fault of our own: the cause goes to the log under the request's id, the person sees the id.
    pub fn fault(code: &str, error: &dyn std::error::Error, request_id: &str) -> Self {
        tracing::error!(code, request_id, error = %error, "request failed");
        Self::status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Too many requests of a kind; they may come again after so many seconds.
    pub fn too_many(retry_after_s: u64) -> Self {
        let retry_after_s = Some(u32::try_from(retry_after_s).unwrap_or(u32::MAX));
        Self { retry_after_s, ..Self::status(StatusCode::TOO_MANY_REQUESTS) }
    }

    /// The bare answer.
    pub fn into_bare_response(self) -> Response {
        self.into_response()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Gives bare refusals their page or document.
pub async fn dress(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let program = wants_json(request.uri().path(), request.headers());
    let stranger = stranger(&state, &request);
    let response = next.run(request).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || is_dressed(response.headers()) {
        return response;
    }
    let mut dressed = if program {
        Problem::of_status(status).into_response()
    } else {
        let page = response.extensions().get::<PageContext>().unwrap_or(&stranger);
        let failure = match response.extensions().get::<ProtectionError>() {
            Some(_) => error::Failure::CrossSite,
            None => error::Failure::from_status(status),
        };
        document(status, page, error::meta(page, failure), |page| {
            let ctx = page.clone();
            view! { <error::ErrorPage ctx failure /> }.into_any()
        })
    };
    for name in [header::ALLOW, header::RETRY_AFTER, header::SET_COOKIE, header::VARY] {
        for value in response.headers().get_all(&name) {
            dressed.headers_mut().append(&name, value.clone());
        }
    }
    *dressed.extensions_mut() = response.extensions().clone();
    dressed
}

fn wants_json(path: &str, headers: &HeaderMap) -> bool {
    path.starts_with("/api/")
        || headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|accept| accept.contains("json") && !accept.contains("text/html"))
}

fn is_dressed(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/html") || kind.contains("json"))
}
