//! Extractors whose refusals are problem documents.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use services::Visit;
use services::sessions::Session;

use super::problem::Problem;
use crate::http::context::Viewer;

/// A JSON body; what is wrong with it is told without repeating it.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => {
                Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "The body must be JSON.")
                    .detail("Send Content-Type: application/json."))
            }
            Err(JsonRejection::BytesRejection(rejection)) => Err(Problem::of_status(rejection.status())),
            Err(_) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "malformed",
                "The body is not the JSON that this address takes.",
            )
            .detail("Compare it with /api/openapi.json.")),
        }
    }
}

/// The signed-in person; 401 without a session.
pub struct SignedInPerson(pub std::sync::Arc<Session>);

impl<S: Send + Sync> FromRequestParts<S> for SignedInPerson {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Viewer>()
            .and_then(|viewer| viewer.0.clone())
            .map(Self)
            .ok_or_else(Problem::unauthenticated)
    }
}

/// Where the request comes from.
pub struct From(pub Visit);

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Visit>().cloned().map(Self).ok_or_else(Problem::internal)
    }
}
