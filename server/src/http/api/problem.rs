//! Problem documents (RFC 9457). The request's id is added on the way out, so that a report can be found in the log.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Conflict, PersonRecord, Theirs};
use serde::Serialize;
use services::StoreError;
use services::access::AccessError;
use services::api_clients::ApiScope;
use services::clock::seconds_until;
use services::fresh_proof::ProofError;
use services::portal::SignInError;
use services::registrations::RegistrationError;
use utoipa::ToSchema;

/// A refusal as RFC 9457 describes it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Stable identifier of the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "urn:schoolgate:problem:SIGN-01")]
    kind: String,
    /// A short sentence in English, for developers.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What can be done about it, in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The fields that were refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// How often the code can still be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    tries_left: Option<u32>,
    /// The step that a registration is at, when something else was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    /// When somebody else has changed the same: the person as stored now.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Box<PersonRecord>>,
    /// When somebody else has changed the same: what they wrote.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    theirs: Vec<Theirs>,
    #[serde(skip)]
    retry_after_s: Option<u32>,
}

/// One refused field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the request.
    #[schema(example = "/id_number")]
    pub pointer: String,
    /// Stable code of what is wrong.
    #[schema(example = "check_digit")]
    pub code: String,
}

impl Problem {
    /// A problem with a stable code.
    pub fn new(status: StatusCode, code: &str, title: &str) -> Self {
        Self {
            kind: format!("urn:schoolgate:problem:{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: None,
            errors: Vec::new(),
            tries_left: None,
            step: None,
            person: None,
            theirs: Vec::new(),
            retry_after_s: None,
        }
    }

    /// Says what can be done.
    #[must_use]
    pub fn detail(mut self, detail: &str) -> Self {
        self.detail = Some(detail.to_owned());
        self
    }

    /// Names a refused field.
    #[must_use]
    pub fn field(mut self, pointer: &str, code: &str) -> Self {
        self.errors.push(FieldError { pointer: pointer.to_owned(), code: code.to_owned() });
        self
    }

    /// Asks to wait.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// No such address, or no such thing for this person.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is nothing at this address.")
    }

    /// The signed-in person, or the program, may not do this.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "This is not allowed to you.")
    }

    /// The program's token does not reach so far.
    pub fn scope_missing(scope: ApiScope) -> Self {
        Self::new(StatusCode::FORBIDDEN, "scope-missing", "The token has not the scope that this needs.")
            .detail(&format!("It needs the scope {}.", scope.code()))
    }

    /// The request shows no good token.
    pub fn token_refused() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "token-refused", "The token is unknown, has ended or was taken back.")
    }

    /// The change needs fresh proof of who makes it.
    pub fn fresh_proof_needed() -> Self {
        Self::new(StatusCode::FORBIDDEN, "fresh-proof-needed", "This needs fresh proof of who you are.")
            .detail("Give your password to POST /api/v1/session/proof, then send the same request again.")
    }

    /// Some fields were refused.
    pub fn invalid() -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request has invalid fields.")
    }

    /// Somebody else has changed the same since the version that the request names.
    pub fn conflict(conflict: Conflict) -> Self {
        let mut problem = Self::new(
            StatusCode::PRECONDITION_FAILED,
            "conflict",
            "Somebody else has changed the same field meanwhile.",
        )
        .detail("Nothing was stored. Send it again with the version of `person` to write over what they wrote.");
        problem.person = Some(Box::new(conflict.person));
        problem.theirs = conflict.theirs;
        problem
    }

    /// The database did not answer as it should.
    pub fn store(error: &StoreError, request_id: &str) -> Self {
        if error.is_temporary() {
            return Self::busy(1);
        }
        Self::fault(error.code(), error, request_id)
    }

    /// Too much at once, or something in the way: the same request may succeed in a moment.
    pub fn busy(retry_after_s: u32) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "The portal is busy: the same request may succeed in a moment.",
        )
        .retry_after(retry_after_s)
    }

    /// Too many numbers that belong to others were tried: no number can be entered until then.
    pub fn too_many_taken(retry_after_s: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-taken", "Too many numbers that belong to others were tried.")
            .detail("Nothing was stored. Send it again after the wait.")
            .retry_after(retry_after_s)
    }

    /// A fault of our own: the cause goes to the log under the request's id.
    pub fn fault(code: &str, error: &dyn std::error::Error, request_id: &str) -> Self {
        tracing::error!(code, request_id, error = %error, "request failed");
        Self::internal()
    }

    /// The problem for something that staff may not do, or that is not there.
    pub fn access(error: &AccessError, request_id: &str) -> Self {
        match error {
            AccessError::Refused => Self::forbidden(),
            AccessError::NotFound => Self::not_found(),
            AccessError::Store(error) => Self::store(error, request_id),
            AccessError::Crypto(error) => Self::fault(error.code(), error, request_id),
        }
    }

    /// The request carries no valid session.
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first.")
    }

    /// A fault on the server's side; the cause is in the log under the request's id.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side.")
            .detail("Try again; if it stays, report the X-Request-Id of this answer.")
    }

    /// The problem for a status that no handler described.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::INTERNAL_SERVER_ERROR => Self::internal(),
            other => Self::new(
                other,
                &format!("http-{}", other.as_u16()),
                other.canonical_reason().unwrap_or("The request was refused."),
            ),
        }
    }

    /// The problem for a refused sign-in.
    pub fn sign_in(error: &SignInError, now: services::Timestamp, request_id: &str) -> Self {
        let wait = |until| seconds_until(now, until).max(1);
        let new = |status, title| Self::new(status, error.code(), title);
        match *error {
            SignInError::CodeWrong { tries_left } => {
                let mut problem = new(StatusCode::UNPROCESSABLE_ENTITY, "The code is not the one that was sent.")
                    .field("/code", "wrong");
                problem.tries_left = Some(tries_left);
                problem
            }
            SignInError::CodeDead => {
                new(StatusCode::UNPROCESSABLE_ENTITY, "The code was tried too often.").detail("Ask for a new code.")
            }
            SignInError::CodeExpired => {
                new(StatusCode::UNPROCESSABLE_ENTITY, "The code has expired.").detail("Ask for a new code.")
            }
            SignInError::FlowUnknown => new(StatusCode::UNPROCESSABLE_ENTITY, "This sign-in is finished or too old.")
                .detail("Begin again with POST /api/v1/sign-in/code.")
                .field("/flow", "unknown"),
            SignInError::TooSoon { retry_at } => {
                new(StatusCode::TOO_MANY_REQUESTS, "A new code can be asked for later.").retry_after(wait(retry_at))
            }
            SignInError::TooMany { retry_at } => {
                new(StatusCode::TOO_MANY_REQUESTS, "Too many codes were asked for.").retry_after(wait(retry_at))
            }
            SignInError::Wrong => new(StatusCode::UNAUTHORIZED, "User code and password do not belong together."),
            SignInError::Wait { retry_at } => {
                new(StatusCode::TOO_MANY_REQUESTS, "Too many failures: wait before the next try.")
                    .retry_after(wait(retry_at))
            }
            SignInError::Busy { retry_after_s } => {
                new(StatusCode::SERVICE_UNAVAILABLE, "More sign-ins than can be checked now.")
                    .retry_after(retry_after_s)
            }
            SignInError::Store(ref store) if store.is_temporary() => {
                new(StatusCode::SERVICE_UNAVAILABLE, "The portal is busy: the same request may succeed in a moment.")
                    .retry_after(1)
            }
            SignInError::Store(_) | SignInError::Crypto(_) => {
                tracing::error!(code = error.code(), request_id, error = %error, "sign-in failed");
                Self::internal()
            }
        }
    }

    /// The problem for a refused proof.
    pub fn proof(error: &ProofError, now: services::Timestamp, request_id: &str) -> Self {
        match error {
            ProofError::NoPassword => Self::new(StatusCode::CONFLICT, error.code(), "The account has no password.")
                .detail("Sign in anew: a sign-in is fresh proof."),
            ProofError::SessionEnded => Self::unauthenticated(),
            // Whoever is signed in stays so: it is the field that is refused.
            ProofError::SignIn(SignInError::Wrong) => Self::invalid().field("/password", "wrong"),
            ProofError::SignIn(error) => Self::sign_in(error, now, request_id),
        }
    }

    /// The problem for a refused step of a registration.
    pub fn registration(error: &RegistrationError, now: services::Timestamp, request_id: &str) -> Self {
        let new = |status, title| Self::new(status, error.code(), title);
        match error {
            RegistrationError::Gone => new(StatusCode::NOT_FOUND, "There is no such registration, or it is over.")
                .detail("Begin again with POST /api/v1/registrations."),
            RegistrationError::NotNow(step) => {
                let mut problem = new(StatusCode::CONFLICT, "The registration is not at this step.")
                    .detail("Do what `step` names first.");
                problem.step = Some(step.code().to_owned());
                problem
            }
            RegistrationError::OtherNumber => {
                new(StatusCode::UNPROCESSABLE_ENTITY, "The registration was begun with another number.")
                    .field("/id_number", "other")
            }
            RegistrationError::SignIn(error) => Self::sign_in(error, now, request_id),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after_s = self.retry_after_s;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
