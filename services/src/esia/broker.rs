//! OpenID Connect with a gateway that speaks with Gosuslugi for us: the code flow with PKCE, a nonce and a client
//! secret.
//!
//! Where the gateway's addresses and keys are, it says itself (discovery). The ID token is checked by the
//! `jsonwebtoken` crate, with `ring` under it; what the user-info address adds counts only for the same subject. A
//! contact is verified when the gateway says so in as many words.

mod claims;
mod discovery;
mod id_token;
mod keys;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::gosuslugi::GosuslugiPerson;
use reqwest::Url;
use serde_json::Value;

use super::direct::{s256, verifier};
use super::error::{EsiaError, Outage, TokenFault};
use super::settings::{BrokerSettings, ClaimNames, Problems};
use super::web::{self, Web};
use super::{Ask, Begun, BoxFuture, Callback, Esia, Kept};
use crate::clock::Clock;
use crate::delivery::{Secret, form_component};
use crate::rng::Rng;

use discovery::{Gateway, Known};
use id_token::Wanted;

pub(super) struct Broker {
    issuer: String,
    client_id: String,
    client_secret: Secret,
    scope: String,
    claims: ClaimNames,
    confirmed_only: bool,
    skew_s: u32,
    gateway: Gateway,
    /// How long the second half of a sign-in may take, whatever must be looked up in it.
    longest: Duration,
    web: Web,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

impl Broker {
    pub(super) fn new(settings: &BrokerSettings, clock: Arc<dyn Clock>, problems: &mut Problems) -> Option<Self> {
        problems.client(&settings.client_id, &settings.scopes);
        if settings.client_secret.expose().is_empty() {
            problems.add("client_secret", "must be set: the gateway knows this portal by it");
        }
        let issuer = Url::parse(&settings.issuer)
            .ok()
            .filter(|url| url.query().is_none() && url.fragment().is_none() && web::is_safe(url));
        if issuer.is_none() {
            problems.add("issuer", "must be the gateway's address, with https://; plain http is for this machine only");
        }
        let web =
            Web::new(settings.root_certificate.as_deref(), settings.connect_timeout_ms, settings.timeout_ms, problems);
        keys::install();
        Some(Self {
            gateway: Gateway::new(&settings.issuer, &issuer?),
            issuer: settings.issuer.clone(),
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            scope: settings.scopes.join(" "),
            claims: settings.claims.clone(),
            confirmed_only: settings.confirmed_only,
            skew_s: settings.skew_s,
            longest: Duration::from_millis(settings.timeout_ms.saturating_mul(2)),
            web: web?,
            clock,
        })
    }

    async fn known(&self) -> Result<Arc<Known>, EsiaError> {
        self.gateway.known(&self.web, self.clock.now()).await
    }

    async fn begin(&self, ask: &Ask<'_>) -> Result<Begun, EsiaError> {
        let known = self.known().await?;
        let (verifier, nonce) = (verifier(ask.rng), verifier(ask.rng));
        let mut url = known.authorization.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", ask.callback)
            .append_pair("scope", &self.scope)
            .append_pair("state", ask.state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &s256(&verifier))
            .append_pair("code_challenge_method", "S256");
        let kept = Kept {
            scope: self.scope.clone(),
            callback: ask.callback.to_owned(),
            verifier: Some(verifier),
            nonce: Some(nonce),
        };
        Ok(Begun { url: url.into(), kept })
    }

    async fn finish(&self, kept: &Kept, callback: &Callback) -> Result<GosuslugiPerson, EsiaError> {
        let (Some(verifier), Some(nonce)) = (&kept.verifier, &kept.nonce) else {
            return Err(EsiaError::Malformed("what was kept"));
        };
        let known = self.known().await?;
        // RFC 9207: an answer that another server gave must not be taken to this one.
        match &callback.iss {
            Some(iss) if *iss != self.issuer => return Err(EsiaError::Issuer),
            None if known.says_issuer => return Err(EsiaError::Issuer),
            _ => {}
        }
        let tokens = self.trade(&known, &callback.code, &kept.callback, verifier).await?;
        let id_token = tokens.get("id_token").and_then(Value::as_str).ok_or(EsiaError::Malformed("no ID token"))?;
        let now = self.clock.now();
        let wanted = Wanted { issuer: &self.issuer, client_id: &self.client_id, nonce, now, skew_s: self.skew_s };
        let mut said = match id_token::verified(id_token, &known.keys, &wanted) {
            // Keys are changed now and then: a token with a new one is reason to look again, once.
            Err(TokenFault::UnknownKey) => {
                let keys = self.gateway.other_keys(&self.web, &known, now).await?;
                id_token::verified(id_token, &keys.keys, &wanted)?
            }
            claims => claims?,
        };
        if let (Some(address), Some(token)) = (&known.user_info, tokens.get("access_token").and_then(Value::as_str)) {
            let more = self.web.get(address.clone(), Some(token)).await?.granted()?;
            claims::add(&mut said, more)?;
        }
        claims::person(&Value::Object(said), &self.claims, self.confirmed_only)
    }

    async fn trade(&self, known: &Known, code: &str, callback: &str, verifier: &str) -> Result<Value, EsiaError> {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", callback),
            ("code_verifier", verifier),
        ];
        let secret = self.client_secret.expose();
        if known.secret_in_body {
            fields.extend([("client_id", self.client_id.as_str()), ("client_secret", secret)]);
            return self.web.post(known.token.clone(), &fields, None).await?.granted();
        }
        // RFC 6749, 2.3.1: both are form-encoded before they become user and password.
        let (user, password) = (form_component(&self.client_id), form_component(secret));
        self.web.post(known.token.clone(), &fields, Some((&user, &password))).await?.granted()
    }
}

impl Esia for Broker {
    fn issuer(&self) -> &str {
        &self.issuer
    }

    fn begin<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Result<Begun, EsiaError>> {
        Box::pin(self.begin(ask))
    }

    fn finish<'a>(
        &'a self,
        kept: &'a Kept,
        callback: &'a Callback,
        _rng: &'a dyn Rng,
    ) -> BoxFuture<'a, Result<GosuslugiPerson, EsiaError>> {
        Box::pin(async move {
            let finished = tokio::time::timeout(self.longest, self.finish(kept, callback)).await;
            finished.unwrap_or(Err(EsiaError::Unavailable(Outage::TimedOut)))
        })
    }

    fn sign_out_url(&self, back_to: &str) -> Option<String> {
        let mut url = self.gateway.end_of_session()?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("post_logout_redirect_uri", back_to);
        Some(url.into())
    }

    fn check(&self) -> BoxFuture<'_, Result<(), EsiaError>> {
        Box::pin(async move {
            self.known().await?;
            Ok(())
        })
    }
}
