//! How much of a request is read, and how long it may take. Addresses that take files read more, and for longer.

use std::time::Duration;

use axum::body::Body;
use axum::extract::multipart::Field;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;
use services::photos;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::errors::Failure;
use crate::state::{AppState, WebSettings};

/// The routes that take rosters.
const ROSTERS: [&str; 2] = ["/api/v1/imports", "/admin/import"];
/// The route that takes photos.
const PHOTOS: &str = "/people/pupils/{class}/photos";
/// The largest form with a photo in it.
const PHOTO_FORM: usize = photos::MAX_BYTES + 64 * 1024;
/// How long a file may take to arrive and to be read.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(10);
/// The longest text beside a file in a form.
const TEXT_BYTES: usize = 1024;
/// Seconds after which a request that took too long should be tried again.
const RETRY_AFTER_S: u32 = 10;
/// Seconds after which a refused upload should be tried again.
pub const UPLOAD_RETRY_AFTER_S: u32 = 5;

/// The places for rosters that are read and checked at the same time: each is held in memory.
static UPLOADS: Semaphore = Semaphore::const_new(2);

/// A place for a roster, if there is one; it is held for as long as the file is.
pub fn upload_place() -> Option<SemaphorePermit<'static>> {
    UPLOADS.try_acquire().ok()
}

/// The text of a field beside a file; 413 when it is longer than any such text.
pub async fn text(mut field: Field<'_>) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| Failure::status(error.status()))? {
        if bytes.len() + chunk.len() > TEXT_BYTES {
            return Err(Failure::status(StatusCode::PAYLOAD_TOO_LARGE));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Failure::status(StatusCode::BAD_REQUEST))
}

/// Keeps a request within its limits: 413 when it is too large, 503 when it takes too long. The time counts until the
/// answer begins, so that an answer may go on for as long as somebody listens.
pub async fn keep(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (bytes, time) = limits(&state.web, request.extensions().get::<MatchedPath>().map(MatchedPath::as_str));
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| u64::try_from(bytes).is_ok_and(|bytes| length > bytes)) {
        return Failure::status(StatusCode::PAYLOAD_TOO_LARGE).into_response();
    }
    let mut request = request.map(|body| Body::new(Limited::new(body, bytes)));
    // One limit is enough, and its error is recognised only when no other one is wrapped around it.
    DefaultBodyLimit::disable().apply(&mut request);
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::busy(RETRY_AFTER_S).into_response(),
    }
}

/// The largest body in bytes, and the longest time, of a route.
fn limits(web: &WebSettings, route: Option<&str>) -> (usize, Duration) {
    let largest = match route {
        Some(PHOTOS) => PHOTO_FORM,
        Some(route) if ROSTERS.contains(&route) => web.upload_limit,
        _ => return (web.body_limit, web.request_timeout),
    };
    (largest.max(web.body_limit), web.request_timeout.max(UPLOAD_TIMEOUT))
}
