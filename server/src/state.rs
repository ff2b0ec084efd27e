//! What every request handler can reach.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use app::page_context::PortalInfo;
use axum::extract::FromRef;
use services::portal::Portal;

use crate::demo::Demo;
use crate::http::assets::Assets;
use services::settings::Network;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

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
    /// Renders the metrics.
    pub metrics: metrics_exporter_prometheus::PrometheusHandle,
    /// The demo: its messages and its people; none in a real portal.
    pub demo: Option<Demo>,
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
    /// Requests under way at once; more are answered with 503.
    pub max_in_flight: usize,
    /// Metrics are served on an address of their own and not here.
    pub metrics_elsewhere: bool,
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
        Self(Arc::new(parts))
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<AppState> for Portal {
    fn from_ref(state: &AppState) -> Self {
        state.portal.clone()
    }
}
