//! Requests to Gosuslugi: no redirect is followed, no proxy is taken from the environment, and of an answer no more
//! than [`MAX_ANSWER_BYTES`] are read.

use std::path::Path;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::Value;

use super::error::{EsiaError, Outage, parse_failure};
use super::settings::Problems;
use crate::delivery::tls;

/// The longest answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 128 * 1024;

/// The HTTP client.
#[derive(Debug)]
pub(super) struct Web {
    client: Client,
}

/// An answer in JSON.
pub(super) struct Answer {
    status: u16,
    body: Value,
}

impl Web {
    pub(super) fn new(
        root_certificate: Option<&Path>,
        connect_timeout_ms: u64,
        timeout_ms: u64,
        problems: &mut Problems,
    ) -> Option<Self> {
        let extra = match root_certificate {
            Some(path) => Some(problems.take("root_certificate", tls::ExtraRoots::read(path))?),
            None => None,
        };
        let tls = problems.take("root_certificate", tls::client_config(extra.as_ref()))?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .user_agent(concat!("Schoolgate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_millis(connect_timeout_ms))
            .timeout(Duration::from_millis(timeout_ms))
            .build()
            .map_err(|error| format!("no HTTP client can be made: {}", error.without_url()));
        Some(Self { client: problems.take("timeout_ms", client)? })
    }

    /// Fetches JSON; `token` goes into the `Authorization` header.
    pub(super) async fn get(&self, url: Url, token: Option<&str>) -> Result<Answer, EsiaError> {
        let mut request = self.client.get(url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        send(request).await
    }

    /// Posts a form; `basic` is user and password for the `Authorization` header.
    pub(super) async fn post(
        &self,
        url: Url,
        fields: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<Answer, EsiaError> {
        let mut request = self.client.post(url).form(fields);
        if let Some((user, password)) = basic {
            request = request.basic_auth(user, Some(password));
        }
        send(request).await
    }

    /// Whether anybody answers there; what, does not matter.
    pub(super) async fn answers(&self, url: Url) -> Result<(), EsiaError> {
        let response = self.client.get(url).send().await.map_err(|error| outage(&error))?;
        match response.status().as_u16() {
            status @ 500.. => Err(EsiaError::Unavailable(Outage::Status(status))),
            _ => Ok(()),
        }
    }
}

impl Answer {
    /// What was asked for, or the refusal as ESIA and OAuth word it.
    pub(super) fn granted(self) -> Result<Value, EsiaError> {
        if self.status < 300 {
            return Ok(self.body);
        }
        // ESIA's REST puts its refusals into an array now and then.
        let said = match &self.body {
            Value::Array(entries) => entries.first().unwrap_or(&Value::Null),
            body => body,
        };
        let text = |name: &str| said.get(name).and_then(Value::as_str);
        Err(match text("code") {
            Some(code) => parse_failure(None, Some(code)),
            None => parse_failure(text("error"), text("error_description")),
        })
    }

    /// There is no such thing, or it may not be seen.
    pub(super) fn is_withheld(&self) -> bool {
        matches!(self.status, 403 | 404)
    }
}

async fn send(request: RequestBuilder) -> Result<Answer, EsiaError> {
    let request = request.header(ACCEPT, "application/json");
    let mut response = request.send().await.map_err(|error| outage(&error))?;
    let status = response.status();
    if status.is_redirection() {
        return Err(EsiaError::Redirected(status.as_u16()));
    }
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(EsiaError::Unavailable(Outage::Status(status.as_u16())));
    }
    if is_page(&response) {
        return Err(EsiaError::Unavailable(Outage::NotJson));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| outage(&error))? {
        if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(EsiaError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    let body = serde_json::from_slice(&bytes).map_err(|_| EsiaError::Unavailable(Outage::NotJson))?;
    Ok(Answer { status: status.as_u16(), body })
}

/// A page says so and need not be read: those of a maintenance are long.
fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"))
}

fn outage(error: &reqwest::Error) -> EsiaError {
    EsiaError::Unavailable(if error.is_timeout() {
        Outage::TimedOut
    } else if tls::is_cause_of(error) {
        Outage::Tls
    } else if error.is_connect() {
        Outage::Connect
    } else {
        Outage::Broken
    })
}

/// Whether an address may be sent secrets: https, or this machine.
pub(super) fn is_safe(url: &Url) -> bool {
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) => true,
        ("http", Some(host)) => tls::is_loopback(host),
        _ => false,
    }
}
