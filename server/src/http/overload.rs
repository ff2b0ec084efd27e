//! The overload guard: a fixed number of requests is worked on at once, the next is told to come back. Nothing queues,
//! so memory stays flat and those who are served are served quickly.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::errors::Failure;

/// Seconds after which a refused client should try again.
const RETRY_AFTER_S: u32 = 2;

/// The places for requests.
#[derive(Clone)]
pub struct Places(Arc<Semaphore>);

impl Places {
    /// So many at once.
    pub fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))))
    }
}

/// Lets a request in if there is a place.
pub async fn guard(State(places): State<Places>, request: Request, next: Next) -> Response {
    let Ok(_place) = places.0.try_acquire() else {
        metrics::counter!("schoolgate_http_refused_total", "reason" => "overload").increment(1);
        return Failure::busy(RETRY_AFTER_S).into_response();
    };
    next.run(request).await
}
