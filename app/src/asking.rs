//! What all requests of the browser's side to the JSON API have in common.

use gloo_net::http::{RequestBuilder, Response};
use web_sys::AbortSignal;

/// A request without an answer for this long counts as lost. Trying again can't do it twice.
const PATIENCE_MS: u32 = 20_000;

/// A request for JSON that is given up after a while.
pub fn patiently(request: RequestBuilder) -> RequestBuilder {
    request.header("Accept", "application/json").abort_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)))
}

/// When the server wants to be asked again, at most an hour from now; 0 when it does not say.
pub fn retry_after_ms(response: &Response) -> i64 {
    let seconds = response.headers().get("Retry-After").and_then(|text| text.trim().parse::<i64>().ok());
    seconds.unwrap_or_default().clamp(0, 3600) * 1000
}
