//! Pages that are read: rendered once, on the server, without script.

use app::layout::{self, PageMeta};
use app::page_context::PageContext;
use app::pages;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leptos::prelude::*;

use super::compress::Compressible;
use super::context::Page;
use super::errors::Failure;

/// Renders a whole document.
pub fn document(
    status: StatusCode,
    page: &PageContext,
    meta: PageMeta,
    main: impl FnOnce(&PageContext) -> AnyView,
) -> Response {
    let owner = Owner::new();
    let html = owner.with(|| layout::document(page, meta, || main(page)).to_html());
    owner.cleanup();
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))];
    (status, kind, html).into_response()
}

/// As [`document`], for pages that hold nothing of a signed-in person: they may be compressed (BREACH).
pub fn public_document(
    status: StatusCode,
    page: &PageContext,
    meta: PageMeta,
    main: impl FnOnce(&PageContext) -> AnyView,
) -> Response {
    let mut response = document(status, page, meta, main);
    if page.viewer.is_none() {
        response.extensions_mut().insert(Compressible);
    }
    response
}

/// `/`
pub async fn home(Page(page): Page) -> Response {
    public_document(StatusCode::OK, &page, pages::home::meta(&page), |page| {
        let ctx = page.clone();
        view! { <pages::home::Home ctx /> }.into_any()
    })
}

/// `/topics/{slug}`
pub async fn topic(Page(page): Page, Path(slug): Path<String>) -> Result<Response, Failure> {
    let topic = pages::topics::Topic::from_slug(&slug).ok_or(Failure::status(StatusCode::NOT_FOUND))?;
    Ok(public_document(StatusCode::OK, &page, pages::topics::meta(&page, topic), |page| {
        let ctx = page.clone();
        view! { <pages::topics::TopicPage ctx topic /> }.into_any()
    }))
}

/// `/about/registration`
pub async fn about(Page(page): Page) -> Response {
    public_document(StatusCode::OK, &page, pages::about::meta(&page), |page| {
        let ctx = page.clone();
        view! { <pages::about::AboutRegistration ctx /> }.into_any()
    })
}

/// `/accessibility`
pub async fn accessibility(Page(page): Page) -> Response {
    public_document(StatusCode::OK, &page, pages::accessibility::meta(&page), |page| {
        let ctx = page.clone();
        view! { <pages::accessibility::Accessibility ctx /> }.into_any()
    })
}

/// `/privacy`
pub async fn privacy(Page(page): Page) -> Response {
    public_document(StatusCode::OK, &page, pages::privacy::meta(&page), |page| {
        let ctx = page.clone();
        view! { <pages::privacy::Privacy ctx /> }.into_any()
    })
}

/// Any other address.
pub async fn unknown() -> Failure {
    Failure::status(StatusCode::NOT_FOUND)
}
