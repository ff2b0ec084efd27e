//! `/_control`: what tests tell the stand-in. It answers on the same machine only.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asked::Asked;
use super::replies;
use crate::app::App;
use crate::crypto::certificate::Certificate;
use crate::ring::SigningKey;
use crate::trouble::Order;

/// Refuses whoever is elsewhere.
fn elsewhere(asked: &Asked) -> Option<Response> {
    (!asked.is_local()).then(|| replies::text(StatusCode::FORBIDDEN, "/_control answers on the same machine only"))
}

fn done(value: &Value) -> Response {
    replies::json(StatusCode::OK, value)
}

/// Is it there?
pub async fn healthz(request: Request) -> Response {
    let asked = Asked::read(request).await;
    elsewhere(&asked).unwrap_or_else(|| replies::text(StatusCode::OK, "ok"))
}

/// The certificate that tokens are signed with.
pub async fn certificate(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    elsewhere(&asked).unwrap_or_else(|| replies::pem(app.signing_key().certificate.to_pem()))
}

/// That one, and those before it.
pub async fn certificates(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    elsewhere(&asked).unwrap_or_else(|| replies::pem(app.certificates().iter().map(Certificate::to_pem).collect()))
}

/// What was asked lately.
pub async fn log(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    elsewhere(&asked).unwrap_or_else(|| done(&json!(app.remembered())))
}

/// Who can be chosen.
pub async fn persons(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    let persons: Vec<Value> = app
        .settings
        .persons
        .iter()
        .map(|person| {
            json!({ "oid": person.oid, "name": person.full_name(), "level": person.level.code(), "note": person.note })
        })
        .collect();
    elsewhere(&asked).unwrap_or_else(|| done(&Value::Array(persons)))
}

/// Tells something to go wrong.
pub async fn fail(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    if let Some(refused) = elsewhere(&asked) {
        return refused;
    }
    match serde_json::from_slice::<Order>(asked.body.as_deref().unwrap_or_default()) {
        Ok(order) => {
            app.order(order);
            done(&json!({ "ok": true }))
        }
        Err(error) => replies::text(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

/// Nothing more is to go wrong.
pub async fn calm(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    elsewhere(&asked).unwrap_or_else(|| {
        app.calm();
        done(&json!({ "ok": true }))
    })
}

/// Changes the signing key.
pub async fn rotate(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    if let Some(refused) = elsewhere(&asked) {
        return refused;
    }
    match tokio::task::spawn_blocking(move || app.rotate()).await {
        Ok(Ok(SigningKey { certificate, .. })) => {
            done(&json!({ "x5t#St256": certificate.thumbprint(), "certificate": certificate.to_pem() }))
        }
        Ok(Err(_)) | Err(_) => replies::text(StatusCode::INTERNAL_SERVER_ERROR, "no key could be made"),
    }
}

/// A clock is not moved by more than a century: nobody's certificate is good for as long, and sums of times must not overflow.
const FARTHEST_S: u64 = 100 * 365 * 86_400;

/// By how much the clock is moved.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moved {
    offset_s: i64,
}

/// What time it is.
pub async fn clock(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    elsewhere(&asked).unwrap_or_else(|| time(&app))
}

/// Moves the clock.
pub async fn set_clock(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    if let Some(refused) = elsewhere(&asked) {
        return refused;
    }
    match serde_json::from_slice::<Moved>(asked.body.as_deref().unwrap_or_default()) {
        Ok(moved) if moved.offset_s.unsigned_abs() <= FARTHEST_S => {
            app.clock.set_offset(moved.offset_s);
            time(&app)
        }
        Ok(_) => replies::text(StatusCode::BAD_REQUEST, "offset_s is more than a century"),
        Err(error) => replies::text(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn time(app: &App) -> Response {
    done(&json!({ "offset_s": app.clock.offset(), "now": app.now() }))
}

/// Back to how it began, but for the signing key.
pub async fn reset(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    elsewhere(&asked).unwrap_or_else(|| {
        app.reset();
        done(&json!({ "ok": true }))
    })
}
