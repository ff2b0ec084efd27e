//! One log line and one set of metrics a request. The route's pattern is named, never the address itself: addresses may
//! hold identifiers. Nothing that a person typed is in either.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use super::context::RequestId;

/// Logs and counts.
pub async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = named(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let response = next.run(request).await;
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    let labels = [("method", method.to_owned()), ("route", route.clone()), ("status", status.to_string())];
    metrics::counter!("schoolgate_http_requests_total", &labels).increment(1);
    metrics::histogram!("schoolgate_http_request_seconds", "route" => route.clone()).record(elapsed.as_secs_f64());
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    if status == 503 {
        // Under overload there are very many of these: they are counted, not told one by one.
        tracing::debug!(request_id = id, %method, route, status, milliseconds, "request");
    } else if status >= 500 {
        tracing::warn!(request_id = id, %method, route, status, milliseconds, "request");
    } else {
        tracing::info!(request_id = id, %method, route, status, milliseconds, "request");
    }
    response
}

/// A method by its name in RFC 9110 and RFC 5789. Whatever else a client made up is one and the same: it would be a count of its own for
/// ever, and a text of its own in the log.
fn named(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "other",
    }
}
