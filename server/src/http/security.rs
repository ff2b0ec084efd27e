//! Headers that every answer carries (OWASP ASVS 5.0 §3.4), and the same-origin check on every change.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::errors::Failure;
use crate::state::AppState;

/// The value of `Clear-Site-Data` when somebody signs out: what the browser keeps of the portal, such as changes of the
/// class editor that could not be sent yet, is not for whoever comes next.
pub const CLEARED: &str = "\"storage\"";

/// The nonce of this answer's scripts.
#[derive(Clone)]
pub struct Nonce(pub String);

/// Marks an answer with a form that ends at Gosuslugi: browsers hold the redirects of a posted form to `form-action`, too.
#[derive(Clone, Copy)]
pub struct LeadsBeyond;

/// Makes the nonce and sets the headers.
pub async fn headers(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let mut bytes = [0_u8; 18];
    state.portal.rng().fill(&mut bytes);
    let nonce = STANDARD_NO_PAD.encode(bytes);
    request.extensions_mut().insert(Nonce(nonce.clone()));
    let mut response = next.run(request).await;

    let beyond = response.extensions().get::<LeadsBeyond>().map_or("", |_| state.web.form_targets.as_str());
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
         form-action 'self'{beyond}; base-uri 'none'; frame-src 'self'; frame-ancestors 'none'; object-src 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // `same-origin` keeps the address of a page from other sites, and lets the same-origin check see our own.
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
             microphone=(), midi=(), payment=(), usb=(), interest-cohort=()",
        ),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if state.web.https {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
    // Documents and API answers hold personal data and a nonce; files set their own rule.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses changes that come from another site: by `Sec-Fetch-Site`, else by `Origin` against `Host`.
pub fn same_origin() -> CsrfLayer<fn(ProtectionError) -> Response> {
    CsrfLayer::new().with_rejection_response(refuse as fn(ProtectionError) -> Response)
}

/// The token of a request that a program sends: `Authorization: Bearer …`.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Requests with a bearer token and without a cookie are a program's: whatever they say of their origin does not matter,
/// since no browser adds such a token by itself, and a page of another site is not let to.
pub async fn let_programs_pass(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    if bearer(headers).is_some() && !headers.contains_key(header::COOKIE) {
        headers.remove("sec-fetch-site");
        headers.remove(header::ORIGIN);
    }
    next.run(request).await
}

fn refuse(error: ProtectionError) -> Response {
    tracing::warn!(reason = ?error.kind(), "a request from another site was refused");
    Failure::status(StatusCode::FORBIDDEN).into_response()
}
