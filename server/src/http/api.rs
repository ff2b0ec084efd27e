//! The JSON API `/api/v1`: the same services as the pages, problems by RFC 9457, OpenAPI 3.1 generated from this code.
//!
//! A route and its description are registered together (`routes!`), so neither can exist without the other.

mod api_clients;
mod audit;
mod classes;
mod deliveries;
mod docs;
mod events;
mod extract;
mod fields;
mod gosuslugi;
mod groups;
mod idempotent;
mod imports;
mod me;
mod own_contacts;
mod paging;
mod password_policy;
mod password_resets;
mod people;
mod problem;
mod proof;
mod readiness;
mod registrations;
mod sign_in;

use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use problem::Problem;

use crate::state::AppState;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Schoolgate",
        description = "Sign-in and identity of a school community. Requests and answers are JSON; refusals are \
                       problem documents (RFC 9457). Browsers authenticate with the session cookie and must send \
                       changes from the portal's own origin; programs authenticate with a bearer token that an \
                       administrator has made, and do what its scopes name.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "sign-in", description = "Sign in by SMS code or by user code and password. Nobody learns whether an ID number is known."),
        (name = "me", description = "The signed-in person and their sessions."),
        (name = "classes", description = "Schools, classes and the people in them, as far as the caller's rights reach. What is not allowed is refused and written down."),
        (name = "administration", description = "Rosters, logs and programs, for those who run the portal."),
        (name = "registration", description = "Register step by step; the school's roster decides who gets an account. Nobody learns whether an ID number is known."),
        (name = "passwords", description = "Password rules, and links to choose a new password.")
    ),
    components(schemas(Problem, events::PersonChangedEvent, events::PresenceEvent)),
    modifiers(&WhoAsks)
)]
struct Description;

/// Describes how it is known who asks: the session cookie, or a program's token.
struct WhoAsks;

impl utoipa::Modify for WhoAsks {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                app::api::cookies::SESSION,
                "Set by a successful sign-in; HttpOnly, Secure, SameSite=Lax.",
            ))),
        );
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
            "A program's token, made by POST /api/v1/api-clients. What it may do is named by its scopes.",
        ));
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
    }
}

fn described() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Description::openapi()).nest(
        "/api/v1",
        OpenApiRouter::new()
            .routes(routes!(sign_in::request_code))
            .routes(routes!(sign_in::verify_code))
            .routes(routes!(sign_in::with_password))
            .routes(routes!(me::sign_out))
            .routes(routes!(me::me))
            .routes(routes!(own_contacts::change))
            .routes(routes!(own_contacts::verify))
            .routes(routes!(me::sessions, me::end_others))
            .routes(routes!(me::session, me::end_session))
            .routes(routes!(proof::give))
            .routes(routes!(classes::schools))
            .routes(routes!(classes::of_school))
            .routes(routes!(classes::people))
            .routes(routes!(events::listen))
            .routes(routes!(readiness::of_class))
            .routes(routes!(readiness::of_school))
            .routes(routes!(people::change))
            .routes(routes!(people::add_parent, people::parents))
            .routes(routes!(people::change_rights, people::remove_parent))
            .routes(routes!(gosuslugi::list))
            .routes(routes!(gosuslugi::remove))
            .routes(routes!(groups::list))
            .routes(routes!(groups::create))
            .routes(routes!(groups::change, groups::delete))
            .routes(routes!(groups::join, groups::leave))
            .routes(routes!(imports::list, imports::check))
            .routes(routes!(imports::show))
            .routes(routes!(imports::apply))
            .routes(routes!(audit::list))
            .routes(routes!(deliveries::list))
            .routes(routes!(api_clients::list, api_clients::create))
            .routes(routes!(api_clients::revoke))
            .routes(routes!(registrations::begin))
            .routes(routes!(registrations::consent))
            .routes(routes!(registrations::show, registrations::change))
            .routes(routes!(registrations::verify))
            .routes(routes!(registrations::finish))
            .routes(routes!(password_policy::check))
            .routes(routes!(password_resets::request)),
    )
}

/// The description of every route, as it is served and as `docs/openapi.json` keeps it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    described().into_openapi()
}

/// The API's routes, its description and the page to browse it.
pub fn router() -> Router<AppState> {
    let (router, description) = described().split_for_parts();
    let description = std::sync::Arc::new(description);
    let json = std::sync::Arc::clone(&description);
    router
        .route("/api/openapi.json", get(move || std::future::ready(axum::Json((*json).clone()))))
        .route("/api/docs", get(move |page| std::future::ready(docs::page(page, &description))))
        .route("/api/v1/{*unknown}", axum::routing::any(|| std::future::ready(Problem::not_found())))
}
