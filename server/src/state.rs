//! What every request handler can reach.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::page_context::PortalInfo;
use axum::extract::FromRef;
use services::portal::Portal;
use tokio::sync::watch;
use uuid::Uuid;

use crate::config::ShownSection;
use crate::demo::Demo;
use crate::http::assets::Assets;
use services::settings::Network;

/// The most event streams of one owner: a person's open windows, or a program's.
const STREAMS_OF_ONE: usize = 8;
/// The most event streams in all.
const STREAMS_IN_ALL: usize = 2000;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    parts: Arc<Parts>,
    streams: Streams,
}

/// The parts of [`AppState`].
pub struct Parts {
    /// The use cases.
    pub portal: Portal,
    /// What pages say about the portal.
    pub info: Arc<PortalInfo>,
    /// Names of the built style sheet and scripts.
    pub assets: Assets,
    /// HTTP settings.
    pub web: WebSettings,
    /// What is configured, without secrets.
    pub configuration: Vec<ShownSection>,
    /// Renders the metrics.
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
    /// The demo: its messages and its people; none in a real portal.
    pub demo: Option<Demo>,
    /// Turns `true` when the process is told to stop: answers without an end of their own then end.
    pub stopped: watch::Receiver<bool>,
}

/// HTTP settings, from the configuration's `[server]`.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// The portal is reached by https: answers carry HSTS.
    pub https: bool,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// The longest time a request may take.
    pub request_timeout: Duration,
    /// The largest request body, in bytes.
    pub body_limit: usize,
    /// The largest body of a request that brings a file, in bytes.
    pub upload_limit: usize,
    /// Requests under way at once; more are answered with 503.
    pub max_in_flight: usize,
    /// Metrics are served on an address of their own and not here.
    pub metrics_elsewhere: bool,
    /// Where a form may lead besides this portal, as sources of the content security policy, each with a space before it:
    /// Gosuslugi, where there is a sign-in through it. Only pages with such a form say so.
    pub form_targets: String,
}

impl WebSettings {
    /// Whether a peer is a proxy whose word on the client's address is taken.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|network| network.contains(peer))
    }
}

impl AppState {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts), streams: Streams::default() }
    }

    /// The event streams under way.
    pub fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Completes when the process is told to stop.
    pub async fn stopping(&self) {
        if self.stopped.clone().wait_for(|stopped| *stopped).await.is_err() {
            // Whoever could have said it is gone.
            std::future::pending::<()>().await;
        }
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// How many event streams each owner has: they count as no requests under way, and end when who listens wants.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<Uuid, usize>>>);

impl Streams {
    /// A place for one more stream; none when the owner has as many as one may have, or all together have.
    pub fn take(&self, owner: Uuid) -> Option<StreamPlace> {
        let mut counts = self.counts();
        if counts.values().sum::<usize>() >= STREAMS_IN_ALL {
            return None;
        }
        let count = counts.entry(owner).or_default();
        if *count >= STREAMS_OF_ONE {
            return None;
        }
        *count += 1;
        Some(StreamPlace { streams: self.clone(), owner })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Uuid, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of an event stream among [`Streams`]: given back when it is dropped.
pub struct StreamPlace {
    streams: Streams,
    owner: Uuid,
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut counts = self.streams.counts();
        if let Some(count) = counts.get_mut(&self.owner) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.owner);
            }
        }
    }
}

impl FromRef<AppState> for Portal {
    fn from_ref(state: &AppState) -> Self {
        state.portal.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_counted_by_owner_and_given_back() {
        let streams = Streams::default();
        let mut places: Vec<_> = (0..STREAMS_OF_ONE).filter_map(|_| streams.take(Uuid::nil())).collect();
        assert_eq!(places.len(), STREAMS_OF_ONE);
        assert!(streams.take(Uuid::nil()).is_none() && streams.take(Uuid::max()).is_some());
        places.pop();
        assert!(streams.take(Uuid::nil()).is_some());
        drop(places);
        assert!(streams.counts().is_empty());
    }
}
