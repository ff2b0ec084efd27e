//! HTTP: routes and the layers around them. [`router`] is the whole, so tests drive it without a socket.
//!
//! From outside in: request id · log and metrics · security headers · panic guard · page or document for every refusal ·
//! overload guard · limits of time and size · same-origin check · who asks, in which language · the handler.

mod admin;
pub mod api;
pub mod assets;
mod compress;
pub mod context;
mod editor;
pub mod errors;
mod forms;
mod gosuslugi;
mod health;
mod inbox;
mod limits;
mod me;
mod observe;
mod overload;
mod pages;
mod people;
mod security;
mod time_text;
mod wizards;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use crate::state::AppState;

pub use health::render as render_metrics;

/// The whole portal.
pub fn router(state: AppState) -> Router {
    let site = Router::new()
        .route("/", get(pages::home))
        .route("/about/registration", get(pages::about))
        .route("/topics/{slug}", get(pages::topic))
        .route("/accessibility", get(pages::accessibility))
        .route("/privacy", get(pages::privacy))
        .route("/sign-in", get(forms::sign_in_page).post(forms::start))
        .route("/sign-in/code", get(forms::code_page).post(forms::answer_code))
        .route("/sign-in/password", get(forms::password_page).post(forms::with_password))
        .route("/sign-out", post(me::sign_out))
        .route("/me", get(me::page))
        .route("/me/children/{id}", get(me::child_page))
        .route("/me/contact", get(me::contact::page).post(me::contact::change))
        .route("/me/security", get(me::security_page))
        .route("/me/language", post(me::set_language))
        .route("/me/sessions", get(me::sessions_page).post(me::end_sessions))
        .route("/api/page/{*function}", post(forms::server_function))
        .merge(wizards::router())
        .merge(gosuslugi::router(&state))
        .merge(people::router())
        .merge(admin::router())
        .merge(editor::router())
        .merge(api::router())
        .merge(inbox::router(&state))
        .fallback(pages::unknown);
    let guarded = site
        .layer(from_fn_with_state(state.clone(), context::know))
        .layer(security::same_origin())
        .layer(from_fn(security::let_programs_pass))
        .layer(from_fn_with_state(state.clone(), limits::keep))
        .layer(from_fn_with_state(overload::Places::new(state.web.max_in_flight), overload::guard));
    // Probes answer while the portal is overloaded: that is when they are needed.
    let plain = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .merge(state.assets.router());
    guarded
        .merge(plain)
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(state.clone(), context::give_id))
                .layer(from_fn(observe::observe))
                .layer(compress::layer())
                .layer(from_fn_with_state(state.clone(), security::headers))
                .layer(from_fn_with_state(state.clone(), errors::dress))
                .layer(CatchPanicLayer::custom(after_panic)),
        )
        .with_state(state)
}

/// The answer after a panic. What happened is logged by the panic hook; the payload may quote input, so it is not.
#[allow(clippy::needless_pass_by_value, reason = "the signature is tower-http's")]
fn after_panic(_payload: Box<dyn std::any::Any + Send + 'static>) -> Response {
    errors::Failure::status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}
