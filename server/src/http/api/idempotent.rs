//! Requests that may come twice and are done once: `Idempotency-Key`.

use std::future::Future;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use services::idempotency::{IdempotencyError, KeyedRequest, Known, LEASE_MS, is_key};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::problem::Problem;
use crate::state::AppState;

/// Seconds after which a request whose twin is under way is to be made again.
const RETRY_AFTER_S: u32 = 1;

/// The key of a request, when it has one.
pub struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        match value.to_str() {
            Ok(key) if is_key(key) => Ok(Self(Some(key.to_owned()))),
            _ => Err(Problem::new(StatusCode::BAD_REQUEST, "idempotency-key", "The Idempotency-Key can't be used.")
                .detail("Send 1 to 200 visible ASCII characters.")),
        }
    }
}

impl IdempotencyKey {
    /// The request with its key, when it has one, for work that looks after it in its own transaction.
    pub fn of(self, owner: Uuid, request: [u8; 32]) -> Option<KeyedRequest> {
        self.0.map(|key| KeyedRequest { owner, key, request })
    }
}

impl Problem {
    /// The same request is under way.
    pub fn twin_running() -> Self {
        Self::busy(RETRY_AFTER_S)
    }

    /// The key belongs to another request.
    pub fn key_reused() -> Self {
        let title = "The Idempotency-Key was used for another request.";
        Self::new(StatusCode::CONFLICT, "idempotency-key-reused", title).detail("Send a new key with each new request.")
    }
}

/// What a request was answered with, in a form that can be kept.
pub struct Done {
    status: StatusCode,
    body: Vec<u8>,
    /// What is kept in the place of the body, for the same request under the same key.
    kept: Option<Vec<u8>>,
    version: Option<i64>,
}

impl Done {
    /// A document.
    pub fn new(status: StatusCode, document: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(document).map_err(|_| Problem::internal())?;
        Ok(Self { status, body, kept: None, version: None })
    }

    /// Keeps another document than is sent: one without a secret that is shown once.
    pub fn keeping(mut self, document: &impl Serialize) -> Result<Self, Problem> {
        self.kept = Some(serde_json::to_vec(document).map_err(|_| Problem::internal())?);
        Ok(self)
    }

    /// The version of what the document is about, for the `ETag`.
    pub fn version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }

    /// A text of the document, by its name.
    pub fn text(&self, name: &str) -> Option<String> {
        let document: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        document.get(name)?.as_str().map(str::to_owned)
    }
}

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let mut response = (self.status, json, self.body).into_response();
        if let Some(version) = self.version
            && let Ok(tag) = HeaderValue::try_from(format!("\"{version}\""))
        {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// What a request asks for, in short: two requests are the same when this is.
pub fn fingerprint(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length in front no part can run into the next one.
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Does a request, unless the same one was done under the same key: then its answer is given again. What was refused is
/// not kept, since nothing was changed by it: it may be tried again under its key.
///
/// The work goes on when the connection breaks, so that what was done is known when the request comes again.
pub async fn idempotent<W>(
    state: &AppState,
    request_id: &str,
    owner: Uuid,
    key: IdempotencyKey,
    request: [u8; 32],
    work: W,
) -> Result<Done, Problem>
where
    W: Future<Output = Result<Done, Problem>> + Send + 'static,
{
    idempotent_within(LEASE_MS, state, request_id, owner, key, request, work).await
}

/// As [`idempotent`], for work that may take as many milliseconds: for so long the same request is not begun anew.
pub async fn idempotent_within<W>(
    lease_ms: i64,
    state: &AppState,
    request_id: &str,
    owner: Uuid,
    key: IdempotencyKey,
    request: [u8; 32],
    work: W,
) -> Result<Done, Problem>
where
    W: Future<Output = Result<Done, Problem>> + Send + 'static,
{
    let Some(key) = key.0 else { return work.await };
    let (state, request_id) = (state.clone(), request_id.to_owned());
    let whole = async move {
        let kept = state.portal.idempotency();
        let known = kept.find(owner, &key, &request, lease_ms).await;
        let taken = match known.map_err(|error| unusable(&error, &request_id))? {
            Known::Fresh(taken) => taken,
            Known::Same { status, body, version } => {
                let status = StatusCode::from_u16(status).map_err(|_| Problem::internal())?;
                return Ok(Done { status, body, kept: None, version });
            }
            Known::Running => return Err(Problem::twin_running()),
            Known::Other => return Err(Problem::key_reused()),
        };
        let done = work.await;
        let noted = match &done {
            Ok(done) => {
                let body = done.kept.as_ref().unwrap_or(&done.body);
                kept.store(&taken, done.status.as_u16(), body, done.version).await
            }
            Err(_) => kept.release(&taken).await,
        };
        if let Err(error) = noted {
            tracing::error!(code = error.code(), request_id, error = %error, "the answer to a request was not kept");
        }
        done
    };
    detached(whole).await
}

/// Work that goes on when the connection breaks: what was done is told to whoever has to know.
pub async fn detached(work: impl Future<Output = Result<Done, Problem>> + Send + 'static) -> Result<Done, Problem> {
    tokio::spawn(work).await.unwrap_or_else(|_| Err(Problem::internal()))
}

fn unusable(error: &IdempotencyError, request_id: &str) -> Problem {
    match error {
        IdempotencyError::Store(error) => Problem::store(error, request_id),
        IdempotencyError::Crypto(error) => Problem::fault(error.code(), error, request_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(fingerprint(&[b"ab", b"c"]), fingerprint(&[b"a", b"bc"]));
        assert_ne!(fingerprint(&[b"ab"]), fingerprint(&[b"ab", b""]));
        assert_eq!(fingerprint(&[b"ab", b"c"]), fingerprint(&[b"ab", b"c"]));
    }
}
