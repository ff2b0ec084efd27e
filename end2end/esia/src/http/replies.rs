//! Answers.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use super::HangUp;

/// Nothing but the sheet of styles is loaded. `form-action` is left out: browsers apply it to where a form's answer sends them, too.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

fn reply(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A page.
pub fn html(status: StatusCode, page: String) -> Response {
    let mut response = reply(status, "text/html; charset=utf-8", page);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// JSON.
pub fn json(status: StatusCode, value: &Value) -> Response {
    reply(status, "application/json", value.to_string())
}

/// Words.
pub fn text(status: StatusCode, words: &str) -> Response {
    reply(status, "text/plain; charset=utf-8", words.to_owned())
}

/// A file of PEM.
pub fn pem(text: String) -> Response {
    reply(StatusCode::OK, "application/x-pem-file", text)
}

/// An archive.
pub fn zip(bytes: Vec<u8>) -> Response {
    reply(StatusCode::OK, "application/zip", bytes)
}

/// A sheet of styles.
pub fn css(sheet: &str) -> Response {
    reply(StatusCode::OK, "text/css; charset=utf-8", sheet.to_owned())
}

/// Sends the browser elsewhere (302, as the real service does).
pub fn redirect(to: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(to) else {
        return text(StatusCode::INTERNAL_SERVER_ERROR, "the address to go to cannot be written into a header");
    };
    let mut response = reply(StatusCode::FOUND, "text/plain; charset=utf-8", String::new());
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// No answer: the connection is closed.
pub fn hang_up() -> Response {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, "");
    response.extensions_mut().insert(HangUp);
    response
}
