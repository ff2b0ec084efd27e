//! Where a gateway's addresses and keys are (OpenID Connect Discovery 1.0), kept for an hour.

use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use reqwest::Url;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::clock::{HOUR, MINUTE, Timestamp};
use crate::esia::error::EsiaError;
use crate::esia::web::{self, Web};

/// How long what the gateway says of itself is taken as true.
const FRESH_MS: i64 = HOUR;

/// Tokens with an unknown key make us look for newer keys; not more often than this, or anybody could make us look all
/// day.
const SOONEST_MS: i64 = MINUTE;

/// What the gateway says of itself.
pub(super) struct Known {
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) user_info: Option<Url>,
    pub(super) end_of_session: Option<Url>,
    /// Its callbacks name the issuer (RFC 9207).
    pub(super) says_issuer: bool,
    /// It takes the client's secret in the body only.
    pub(super) secret_in_body: bool,
    pub(super) keys: JwkSet,
    fetched_at: Timestamp,
}

/// One gateway.
pub(super) struct Gateway {
    issuer: String,
    configuration: Url,
    known: RwLock<Option<Arc<Known>>>,
    /// Held by whoever looks it up anew.
    looking: Mutex<()>,
}

impl Gateway {
    pub(super) fn new(issuer: &str, address: &Url) -> Self {
        let mut configuration = address.clone();
        let path = format!("{}/.well-known/openid-configuration", address.path().trim_end_matches('/'));
        configuration.set_path(&path);
        Self { issuer: issuer.to_owned(), configuration, known: RwLock::new(None), looking: Mutex::new(()) }
    }

    /// What is known, looked up anew when it is old. If that fails, or somebody else is at it, what was known before
    /// serves on: a gateway that is slow to say it again must not hold up everybody.
    pub(super) async fn known(&self, web: &Web, now: Timestamp) -> Result<Arc<Known>, EsiaError> {
        let kept = self.kept();
        if let Some(known) = kept.as_ref().filter(|known| known.is_younger(now, FRESH_MS)) {
            return Ok(Arc::clone(known));
        }
        let looking = self.looking.try_lock();
        if let (Err(_), Some(known)) = (&looking, &kept) {
            return Ok(Arc::clone(known));
        }
        match (self.fetch(web, now).await, kept) {
            (Ok(known), _) => Ok(self.keep(known)),
            (Err(_), Some(known)) => Ok(known),
            (Err(error), None) => Err(error),
        }
    }

    /// Newer keys than those, unless they were fetched just now.
    pub(super) async fn other_keys(
        &self,
        web: &Web,
        known: &Arc<Known>,
        now: Timestamp,
    ) -> Result<Arc<Known>, EsiaError> {
        if known.is_younger(now, SOONEST_MS) {
            return Ok(Arc::clone(known));
        }
        Ok(self.keep(self.fetch(web, now).await?))
    }

    /// Where people are signed out, if that is known by now.
    pub(super) fn end_of_session(&self) -> Option<Url> {
        self.kept()?.end_of_session.clone()
    }

    fn kept(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, known: Known) -> Arc<Known> {
        let known = Arc::new(known);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
        known
    }

    async fn fetch(&self, web: &Web, now: Timestamp) -> Result<Known, EsiaError> {
        let says = web.get(self.configuration.clone(), None).await?.granted()?;
        // Letter by letter: otherwise another server could be described here.
        if says.get("issuer").and_then(Value::as_str) != Some(self.issuer.as_str()) {
            return Err(EsiaError::Malformed("the gateway describes another issuer"));
        }
        let needed = |name: &str| -> Result<Url, EsiaError> {
            address(&says, name)?.ok_or(EsiaError::Malformed("the gateway leaves out an address"))
        };
        let keys = web.get(needed("jwks_uri")?, None).await?.granted()?;
        Ok(Known {
            authorization: needed("authorization_endpoint")?,
            token: needed("token_endpoint")?,
            user_info: address(&says, "userinfo_endpoint")?,
            end_of_session: address(&says, "end_session_endpoint")?,
            says_issuer: says.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
            secret_in_body: secret_in_body(&says)?,
            keys: key_set(&keys)?,
            fetched_at: now,
        })
    }
}

impl Known {
    /// A clock that was set back makes it old.
    fn is_younger(&self, now: Timestamp, than_ms: i64) -> bool {
        (0..than_ms).contains(&now.saturating_sub(self.fetched_at))
    }
}

fn address(says: &Value, name: &str) -> Result<Option<Url>, EsiaError> {
    let Some(text) = says.get(name).and_then(Value::as_str) else {
        return Ok(None);
    };
    let url = Url::parse(text).ok().filter(web::is_safe);
    url.map(Some).ok_or(EsiaError::Malformed("the gateway names an address without https"))
}

/// Basic is what holds where nothing is said.
fn secret_in_body(says: &Value) -> Result<bool, EsiaError> {
    let Some(methods) = says.get("token_endpoint_auth_methods_supported").and_then(Value::as_array) else {
        return Ok(false);
    };
    let takes = |method: &str| methods.iter().any(|known| known.as_str() == Some(method));
    match (takes("client_secret_basic"), takes("client_secret_post")) {
        (true, _) => Ok(false),
        (false, true) => Ok(true),
        (false, false) => Err(EsiaError::Malformed("the gateway takes no client secret")),
    }
}

/// Keys of a kind that nobody here knows are left out, the others stay.
fn key_set(says: &Value) -> Result<JwkSet, EsiaError> {
    let keys = says.get("keys").and_then(Value::as_array).ok_or(EsiaError::Malformed("the gateway names no keys"))?;
    Ok(JwkSet { keys: keys.iter().filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok()).collect() })
}
