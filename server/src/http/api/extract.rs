//! Extractors whose refusals are problem documents.

#![allow(clippy::result_large_err, reason = "a problem is made once for a refused request, and goes straight out")]

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use services::api_clients::{ApiClient, ApiScope};
use services::sessions::Session;
use services::{Portal, Token, Visit};
use uuid::Uuid;

use super::problem::Problem;
use crate::http::context::Viewer;
use crate::http::security::bearer;
use crate::state::AppState;

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
pub struct SignedInPerson(pub Arc<Session>);

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

/// Who asks: a signed-in person, or a program that shows its token.
pub struct Actor(Who);

enum Who {
    Person(Arc<Session>),
    Program { program: Box<ApiClient>, token: Token },
}

impl Actor {
    /// In whose name something is done, when it is a person, or a program with this scope.
    pub fn with(&self, scope: ApiScope) -> Result<&Session, Problem> {
        match &self.0 {
            Who::Person(session) => Ok(session),
            Who::Program { program, .. } if program.may(scope) => Ok(&program.actor),
            Who::Program { .. } => Err(Problem::scope_missing(scope)),
        }
    }

    /// The browser's session; none when it is a program.
    pub fn session(&self) -> Option<&Arc<Session>> {
        match &self.0 {
            Who::Person(session) => Some(session),
            Who::Program { .. } => None,
        }
    }

    /// Whose idempotency keys are used.
    pub fn owner(&self) -> Uuid {
        match &self.0 {
            Who::Person(session) => session.person_id.0,
            Who::Program { program, .. } => program.id.0,
        }
    }

    /// In whose name something goes on, with the rights of this moment; none when the session has ended, or the token is
    /// not good any more. A session is not prolonged by it.
    pub async fn renewed(&self, portal: &Portal) -> Option<Session> {
        match &self.0 {
            Who::Person(session) => portal.sessions().renewed(session).await.ok().flatten(),
            Who::Program { token, .. } => {
                portal.api_clients().authenticate(token).await.ok().flatten().map(|program| program.actor)
            }
        }
    }
}

impl FromRequestParts<AppState> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Some(token) = bearer(&parts.headers) else {
            let SignedInPerson(session) = SignedInPerson::from_request_parts(parts, state).await?;
            return Ok(Self(Who::Person(session)));
        };
        let token = Token::parse(token).map_err(|_| Problem::token_refused())?;
        let From(visit) = From::from_request_parts(parts, state).await?;
        let program = state.portal.api_clients().authenticate(&token).await;
        let program = program.map_err(|error| Problem::store(&error, &visit.request_id))?;
        let program = Box::new(program.ok_or_else(Problem::token_refused)?);
        Ok(Self(Who::Program { program, token }))
    }
}

/// The query of an address; what is wrong with it is told as a problem.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(_) => Err(Problem::new(StatusCode::BAD_REQUEST, "malformed", "The query can't be read.")
                .detail("Compare it with /api/openapi.json.")),
        }
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
