//! A request, read whole.

use std::net::IpAddr;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use http::{HeaderMap, Method, header};

use super::Peer;
use crate::params::Params;

/// Longer bodies are no form: a CMS in base64 has three to six KiB.
const LONGEST: usize = 64 * 1024;

/// A request.
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Its path, without parameters.
    pub path: String,
    query: String,
    headers: HeaderMap,
    /// Its body; `None` if it is too long or was cut off.
    pub body: Option<Bytes>,
    peer: Option<IpAddr>,
}

impl Asked {
    /// Reads it.
    pub async fn read(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        Self {
            body: to_bytes(body, LONGEST).await.ok(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            peer: parts.extensions.get::<Peer>().map(|peer| peer.0),
            method: parts.method,
            headers: parts.headers,
        }
    }

    /// The parameters of its address.
    pub fn query(&self) -> Params {
        Params::parse(self.query.as_bytes())
    }

    /// The parameters of its form; `None` if there is none.
    pub fn form(&self) -> Option<Params> {
        let kind = self.header(&header::CONTENT_TYPE)?;
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let body = self.body.as_ref()?;
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded").then(|| Params::parse(body))
    }

    /// A header.
    pub fn header(&self, name: &header::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Does it come from this machine?
    pub fn is_local(&self) -> bool {
        self.peer.is_some_and(|peer| peer.to_canonical().is_loopback())
    }
}
