//! Extractors whose refusals are problem documents.

#![allow(clippy::result_large_err, reason = "a problem is made once for a refused request, and goes straight out")]

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::editor::ACCOUNT_HEADER;
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

/// The signed-in person; 401 without a session, and by the session of another than the one whom the request names
/// ([`ACCOUNT_HEADER`]).
pub struct SignedInPerson(pub Arc<Session>);

impl<S: Send + Sync> FromRequestParts<S> for SignedInPerson {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let session = parts.extensions.get::<Viewer>().and_then(|viewer| viewer.0.clone());
        let session = session.ok_or_else(Problem::unauthenticated)?;
        let meant = parts.headers.get(ACCOUNT_HEADER);
        if meant.is_some_and(|account| account.as_bytes() != session.account_id.to_string().as_bytes()) {
            return Err(Problem::unauthenticated());
        }
        Ok(Self(session))
    }
}

/// Who asks: a signed-in person, or a program that shows its token.
pub struct Actor(Who);

enum Who {
    Person(Arc<Session>),
    Program(Box<Program>),
}

/// A program with what a refusal of it is written down with.
struct Program {
    client: ApiClient,
    token: Token,
    visit: Visit,
    portal: Portal,
}

impl Actor {
    /// In whose name something is done, when it is a person, or a program with this scope. That a scope is lacking is in
    /// the audit log.
    pub async fn with(&self, scope: ApiScope) -> Result<&Session, Problem> {
        match &self.0 {
            Who::Person(session) => Ok(session),
            Who::Program(program) if program.client.may(scope) => Ok(&program.client.actor),
            Who::Program(program) => {
                let Program { client, visit, portal, .. } = program.as_ref();
                let written = portal.api_clients().refuse(visit, client, scope).await;
                written.map_err(|error| Problem::store(&error, &visit.request_id))?;
                Err(Problem::scope_missing(scope))
            }
        }
    }

    /// The browser's session; none when it is a program.
    pub fn session(&self) -> Option<&Arc<Session>> {
        match &self.0 {
            Who::Person(session) => Some(session),
            Who::Program(_) => None,
        }
    }

    /// Whose idempotency keys are used.
    pub fn owner(&self) -> Uuid {
        match &self.0 {
            Who::Person(session) => session.person_id.0,
            Who::Program(program) => program.client.id.0,
        }
    }

    /// In whose name something goes on, with the rights of this moment; none when the session has ended, or the token is
    /// not good any more. A session is not prolonged by it.
    pub async fn renewed(&self, portal: &Portal) -> Option<Session> {
        match &self.0 {
            Who::Person(session) => portal.sessions().renewed(session).await.ok().flatten(),
            Who::Program(program) => {
                portal.api_clients().authenticate(&program.token).await.ok().flatten().map(|client| client.actor)
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
        let client = state.portal.api_clients().authenticate(&token).await;
        let client = client.map_err(|error| Problem::store(&error, &visit.request_id))?;
        let client = client.ok_or_else(Problem::token_refused)?;
        Ok(Self(Who::Program(Box::new(Program { client, token, visit, portal: state.portal.clone() }))))
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
