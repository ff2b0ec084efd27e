//! A provider's HTTP interface as a gateway: the description of the configuration, filled in and sent.
//!
//! No redirect is followed, no proxy is taken from the environment, and of the answer no more than
//! [`MAX_ANSWER_BYTES`] are read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName};
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Sms;
use super::answer::{Answer, AnswerTest};
use super::error::{Failure, Fault};
use super::settings::{HttpAuth, HttpBody, HttpMethod, HttpSmsApi, HttpSmsSettings, PhoneFormat, Problems};
use super::template::{Escape, Template, form_component, header_value, is_name};
use super::tls;

/// The longest answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Placeholders that the message fills.
const OF_THE_MESSAGE: [&str; 3] = ["to", "text", "key"];

pub(super) struct HttpGateway {
    client: Client,
    tls: Arc<ClientConfig>,
    connect_timeout: Duration,
    host: String,
    port: u16,
    secure: bool,
    request: Request,
    /// What the configuration fills in, secrets among it.
    values: BTreeMap<String, String>,
}

/// The description, with its texts read as templates.
struct Request {
    method: Method,
    url: Template,
    headers: Vec<(HeaderName, Template)>,
    auth: Option<Auth>,
    body: Option<Body>,
    phone: PhoneFormat,
    success: AnswerTest,
    bad_recipient: Vec<AnswerTest>,
}

enum Auth {
    Basic(Template, Template),
    Bearer(Template),
}

enum Body {
    Form(Vec<(String, Template)>),
    Text(Template, Escape, String),
}

impl HttpGateway {
    pub(super) fn new(settings: &HttpSmsSettings, problems: &mut Problems<'_>) -> Option<Self> {
        let api = description(settings, problems)?;
        let values = values(settings, problems);
        let request = Request::new(&api, problems);
        request.check(&values, problems);
        let url = address(&request, &values, settings.allow_plain, problems)?;
        let extra = match &settings.root_certificate {
            Some(path) => Some(problems.take("root_certificate", tls::ExtraRoots::read(path))?),
            None => None,
        };
        let tls = problems.take("root_certificate", tls::client_config(extra.as_ref()))?;
        let connect_timeout = Duration::from_millis(settings.connect_timeout_ms);
        let client = Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .user_agent(concat!("Schoolgate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(connect_timeout)
            .timeout(Duration::from_millis(settings.timeout_ms))
            .build()
            .map_err(|error| format!("no HTTP client can be made: {}", error.without_url()));
        Some(Self {
            client: problems.take("api", client)?,
            tls: Arc::new(tls),
            connect_timeout,
            host: url.host_str()?.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default()?,
            secure: url.scheme() == "https",
            request,
            values,
        })
    }

    pub(super) async fn send(&self, sms: &Sms) -> Result<(), Failure> {
        let to = match self.request.phone {
            PhoneFormat::E164 => sms.to.e164().to_owned(),
            PhoneFormat::Digits => sms.to.e164().trim_start_matches('+').to_owned(),
            PhoneFormat::National => sms.to.national().chars().filter(char::is_ascii_digit).collect(),
        };
        let request = self.request.fill(&self.client, |name| match name {
            "to" => Some(&to),
            "text" => Some(&sms.text),
            "key" => Some(&sms.idempotency_key),
            name => self.values.get(name).map(String::as_str),
        })?;
        let response = request.send().await.map_err(|error| failure(&error))?;
        let status = response.status();
        if status.is_redirection() {
            return Err(Failure::with_status(Fault::Redirect, status.as_u16()));
        }
        let body = read(response).await?;
        let answer = Answer::new(status.as_u16(), &body);
        if self.request.success.holds(&answer) {
            return Ok(());
        }
        let fault = if self.request.bad_recipient.iter().any(|test| test.holds(&answer)) {
            Fault::Recipient
        } else if matches!(status.as_u16(), 401 | 403) {
            Fault::Credentials
        } else {
            Fault::Refused
        };
        Err(Failure::with_status(fault, status.as_u16()))
    }

    /// Connects, with TLS where the address says so, and leaves: a request would be a message.
    pub(super) async fn probe(&self) -> Result<(), Failure> {
        tokio::time::timeout(self.connect_timeout, async {
            let tcp =
                TcpStream::connect((self.host.as_str(), self.port)).await.map_err(|_| Failure::new(Fault::Connect))?;
            if self.secure {
                let name = ServerName::try_from(self.host.clone()).map_err(|_| Failure::new(Fault::Tls))?;
                TlsConnector::from(Arc::clone(&self.tls))
                    .connect(name, tcp)
                    .await
                    .map_err(|_| Failure::new(Fault::Tls))?;
            }
            Ok(())
        })
        .await
        .unwrap_or(Err(Failure::new(Fault::TimedOut)))
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(Failure::with_status(Fault::TooLong, response.status().as_u16()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn failure(error: &reqwest::Error) -> Failure {
    Failure::new(if error.is_timeout() {
        Fault::TimedOut
    } else if tls::is_cause_of(error) {
        Fault::Tls
    } else if error.is_connect() {
        Fault::Connect
    } else {
        Fault::Unreadable
    })
}

fn description(settings: &HttpSmsSettings, problems: &mut Problems<'_>) -> Option<HttpSmsApi> {
    let mut api = match (&settings.preset, &settings.api) {
        (Some(preset), None) => problems.take("preset", preset.api().map_err(|error| error.to_string()))?,
        (None, Some(api)) => api.clone(),
        (Some(_), Some(_)) => {
            problems.add("api", "is given beside `preset`; keep one of the two");
            return None;
        }
        (None, None) => {
            problems.add("preset", "is missing; name a preset, or describe the interface under `api`");
            return None;
        }
    };
    if let Some(url) = &settings.url {
        if settings.api.is_some() {
            problems.add("url", "stands in for a preset's address; write yours as `api.url`");
        }
        api.url.clone_from(url);
    }
    Some(api)
}

fn values(settings: &HttpSmsSettings, problems: &mut Problems<'_>) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let secrets = settings.secrets.iter().map(|(name, source)| {
        let key = format!("secrets.{name}");
        (key, name, source.read().map(|secret| secret.expose().to_owned()))
    });
    let plain = settings.values.iter().map(|(name, value)| {
        let key = format!("values.{name}");
        let value = Some(value.clone()).filter(|value| !value.is_empty());
        (key, name, value.ok_or_else(|| "is empty".to_owned()))
    });
    for (key, name, value) in plain.chain(secrets) {
        if !is_name(name) {
            problems.add(&key, "a placeholder is small letters, digits and `_`, a letter first");
        } else if OF_THE_MESSAGE.contains(&name.as_str()) {
            problems.add(&key, "is filled in from the message; choose another name");
        }
        if let Some(value) = problems.take(&key, value)
            && values.insert(name.clone(), value).is_some()
        {
            problems.add(&key, "stands under `values` too; keep one of the two");
        }
    }
    values
}

/// The address with sample values, to be judged.
fn address(
    request: &Request,
    values: &BTreeMap<String, String>,
    allow_plain: bool,
    problems: &mut Problems<'_>,
) -> Option<Url> {
    let head = request.url.head();
    let authority = head.split_once("://").map(|(_, rest)| rest);
    if request.url.slots().next().is_some() && !authority.is_some_and(|rest| rest.contains(['/', '?'])) {
        problems.add("api.url", "may hold placeholders after the host only");
        return None;
    }
    let filled = request.url.fill(Escape::Url, |name| sample(values, name));
    let Ok(url) = Url::parse(&filled) else {
        problems.add("api.url", "is no address; write it as `https://host/path`");
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() {
        problems.add("api.url", "holds a user or password; put them under `api.auth`");
    }
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) => {}
        ("http", Some(host)) if allow_plain || tls::is_loopback(host) => {}
        ("http", Some(_)) => problems
            .add("api.url", "`http` sends codes in clear; use `https`, or set `allow_plain` inside a trusted network"),
        _ => {
            problems.add("api.url", "must begin with `https://` and name a host");
            return None;
        }
    }
    Some(url)
}

fn sample<'v>(values: &'v BTreeMap<String, String>, name: &str) -> Option<&'v str> {
    match name {
        "to" => Some("0"),
        "text" => Some("text"),
        "key" => Some("key"),
        name => values.get(name).map(String::as_str),
    }
}

impl Request {
    fn new(api: &HttpSmsApi, problems: &mut Problems<'_>) -> Self {
        let mut headers = Vec::new();
        for (name, value) in &api.headers {
            match name.parse::<HeaderName>() {
                Ok(parsed) => headers.push((parsed, Template::parse(value))),
                Err(_) => problems.add("api.headers", format!("`{name}` is no header name")),
            }
        }
        if let Some(problem) = api.success.problem() {
            problems.add("api.success", problem);
        }
        for test in &api.bad_recipient {
            if let Some(problem) = test.problem() {
                problems.add("api.bad_recipient", problem);
            }
        }
        if api.method == HttpMethod::Get && api.body.is_some() {
            problems.add("api.body", "does not go with the method GET");
        }
        let auth = api.auth.as_ref().map(|auth| match auth {
            HttpAuth::Basic { user, password } => Auth::Basic(Template::parse(user), Template::parse(password)),
            HttpAuth::Bearer { token } => Auth::Bearer(Template::parse(token)),
        });
        let body = api.body.as_ref().map(|body| match body {
            HttpBody::Form { fields } => {
                Body::Form(fields.iter().map(|(name, value)| (form_component(name), Template::parse(value))).collect())
            }
            HttpBody::Json { template } => {
                Body::Text(Template::parse(template), Escape::Json, "application/json".to_owned())
            }
            HttpBody::Xml { template } => {
                Body::Text(Template::parse(template), Escape::Xml, "application/xml; charset=utf-8".to_owned())
            }
            HttpBody::Raw { template, content_type } => {
                Body::Text(Template::parse(template), Escape::None, content_type.clone())
            }
        });
        Self {
            method: match api.method {
                HttpMethod::Get => Method::GET,
                HttpMethod::Post => Method::POST,
                HttpMethod::Put => Method::PUT,
            },
            url: Template::parse(&api.url),
            headers,
            auth,
            body,
            phone: api.phone,
            success: api.success.clone(),
            bad_recipient: api.bad_recipient.clone(),
        }
    }

    /// The templates outside address and body.
    fn header_templates(&self) -> impl Iterator<Item = &Template> {
        let auth: Vec<&Template> = match &self.auth {
            Some(Auth::Basic(user, password)) => vec![user, password],
            Some(Auth::Bearer(token)) => vec![token],
            None => Vec::new(),
        };
        self.headers.iter().map(|(_, template)| template).chain(auth)
    }

    /// Refuses what could only fail when the first message is to be sent.
    fn check(&self, values: &BTreeMap<String, String>, problems: &mut Problems<'_>) {
        let body: Vec<&Template> = match &self.body {
            Some(Body::Form(fields)) => fields.iter().map(|(_, template)| template).collect(),
            Some(Body::Text(template, ..)) => vec![template],
            None => Vec::new(),
        };
        let used: BTreeSet<&str> =
            self.header_templates().chain([&self.url]).chain(body).flat_map(Template::slots).collect();
        for name in used.iter().filter(|name| sample(values, name).is_none()) {
            problems.add(
                &format!("values.{name}"),
                format!("the interface needs `{name}`; set it here, or as `secrets.{name}`"),
            );
        }
        for name in values.keys().filter(|name| !used.contains(name.as_str())) {
            problems.add(&format!("values.{name}"), "the interface has no such placeholder");
        }
        for name in ["to", "text"] {
            if !used.contains(name) {
                problems.add("api.body", format!("has no `{{{name}}}`"));
            }
        }
        for template in self.header_templates() {
            let filled = template.fill(Escape::None, |name| sample(values, name));
            if template.slots().any(|name| name == "text") || header_value(&filled).is_none() {
                problems.add("api.headers", "a header or `auth` holds `{text}` or a character headers cannot hold");
            }
        }
        if let Some(Auth::Basic(user, _)) = &self.auth
            && user.fill(Escape::None, |name| sample(values, name)).contains(':')
        {
            problems.add("api.auth", "the user holds a colon, which would end it (RFC 7617)");
        }
        if let Some(Body::Text(template, escape, content_type)) = &self.body {
            if header_value(content_type).is_none() {
                problems.add("api.body", "`content_type` is no header value");
            }
            // A quotation mark in every value: outside of a string it would show.
            let json = template.fill(Escape::Json, |_| Some("\""));
            if *escape == Escape::Json && serde_json::from_str::<serde_json::Value>(&json).is_err() {
                problems.add("api.body", "is no JSON, or has a placeholder outside of a string");
            }
        }
    }

    fn fill<'v>(&self, client: &Client, value_of: impl Fn(&str) -> Option<&'v str>) -> Result<RequestBuilder, Failure> {
        let fill = |template: &Template, escape| template.fill(escape, &value_of);
        let cannot = || Failure::new(Fault::Message);
        let url = Url::parse(&fill(&self.url, Escape::Url)).map_err(|_| cannot())?;
        let mut request = client.request(self.method.clone(), url);
        match &self.auth {
            Some(Auth::Basic(user, password)) => {
                let password = fill(password, Escape::None);
                request = request.basic_auth(fill(user, Escape::None), Some(password));
            }
            Some(Auth::Bearer(token)) => request = request.bearer_auth(fill(token, Escape::None)),
            None => {}
        }
        for (name, template) in &self.headers {
            let value = header_value(&fill(template, Escape::None)).ok_or_else(cannot)?;
            request = request.header(name, value);
        }
        Ok(match &self.body {
            Some(Body::Form(fields)) => {
                let pairs: Vec<String> = fields
                    .iter()
                    .map(|(name, template)| format!("{name}={}", form_component(&fill(template, Escape::None))))
                    .collect();
                request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(pairs.join("&"))
            }
            Some(Body::Text(template, escape, content_type)) => {
                request.header(CONTENT_TYPE, content_type.as_str()).body(fill(template, *escape))
            }
            None => request,
        })
    }
}
