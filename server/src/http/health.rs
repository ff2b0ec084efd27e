//! For operators and orchestrators: is the process up, can it serve, what does it count.

use std::net::{IpAddr, SocketAddr};

use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use services::store::meta;

use crate::state::AppState;

/// `/healthz`: the process runs.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// What `/readyz` looked at: each is `ok` or a stable code of what is wrong.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    database: &'static str,
    migrations: &'static str,
    keys: &'static str,
}

/// `/readyz`: database, migrations and key ring are usable. 503 otherwise.
pub async fn readyz(State(state): State<AppState>) -> Response {
    let portal = &state.portal;
    let word = |fine: bool, code: &'static str| if fine { "ok" } else { code };
    let database = portal.db().ping().await.is_ok();
    let migrations = database && portal.db().pending_migrations().await.is_ok_and(|pending| pending.is_empty());
    let keys = migrations && meta::check_keys(portal.db(), portal.sealer(), portal.rng()).await.is_ok();
    let report = Readiness {
        ready: keys,
        database: word(database, "unreachable"),
        migrations: word(migrations, if database { "pending" } else { "unknown" }),
        keys: word(keys, if migrations { "mismatch" } else { "unknown" }),
    };
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

/// `/metrics` on the main address: for callers on this machine only, and not at all when an own address is configured.
pub async fn metrics(State(state): State<AppState>, ConnectInfo(peer): ConnectInfo<SocketAddr>) -> Response {
    let local = |address: IpAddr| address.to_canonical().is_loopback();
    if state.web.metrics_elsewhere || !local(peer.ip()) || !state.web.trusted_proxies.is_empty() {
        return super::errors::Failure::status(StatusCode::NOT_FOUND).into_response();
    }
    render(&state)
}

/// The metrics in Prometheus' text format.
pub fn render(state: &AppState) -> Response {
    if let Some(waiting) = state.portal.db().writers_waiting() {
        // The one writer of SQLite is what gives in first where very much is written at once.
        metrics::gauge!("schoolgate_sqlite_writers_waiting").set(f64::from(u32::try_from(waiting).unwrap_or(u32::MAX)));
    }
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], state.metrics.render()).into_response()
}
