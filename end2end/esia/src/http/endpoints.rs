//! The addresses that browsers and clients use.

use std::future::{Ready, ready};
use std::ops::ControlFlow;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::asked::Asked;
use super::{pages, replies};
use crate::app::App;
use crate::archive;
use crate::client::Version;
use crate::codes::{EsiaCode, Refusal};
use crate::crypto::certificate::{Certificate, PublicKey};
use crate::journal::Findings;
use crate::oauth::answer::{self, Choice};
use crate::oauth::authorize::{Answer, authorize};
use crate::oauth::token::exchange;
use crate::params::Params;
use crate::ring::SigningKey;
use crate::trouble::{Endpoint, Fault, Mode, Trouble};

/// What still goes wrong when the request is answered.
#[derive(Clone, Copy, Default)]
pub struct Told {
    /// An error of ESIA.
    pub code: Option<EsiaCode>,
    /// A mistake in tokens.
    pub fault: Option<Fault>,
}

/// Lets go wrong what can go wrong before the request is looked at.
pub async fn suffer(trouble: Option<Trouble>, findings: &mut Findings) -> ControlFlow<Response, Told> {
    let Some(trouble) = trouble else { return ControlFlow::Continue(Told::default()) };
    findings.trouble = Some(trouble.mode.to_string());
    match trouble.mode {
        Mode::Failure => ControlFlow::Break(replies::text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")),
        Mode::Html => ControlFlow::Break(pages::maintenance()),
        Mode::Down => ControlFlow::Break(replies::hang_up()),
        Mode::Slow => {
            tokio::time::sleep(trouble.wait).await;
            ControlFlow::Continue(Told::default())
        }
        Mode::Code(code) => ControlFlow::Continue(Told { code: Some(code), fault: None }),
        Mode::Token(fault) => ControlFlow::Continue(Told { code: None, fault: Some(fault) }),
    }
}

/// Remembers the request and its answer.
pub fn remembered(app: &App, asked: &Asked, findings: Findings, response: Response) -> Response {
    app.remember(asked.method.as_str(), &asked.path, findings, response.status().as_u16());
    response
}

/// The authorize request.
pub async fn ac(app: &Arc<App>, version: Version, request: Request) -> Response {
    let asked = Asked::read(request).await;
    let mut findings = Findings::default();
    let response = match suffer(app.trouble(&[Endpoint::Ac]), &mut findings).await {
        ControlFlow::Break(response) => response,
        ControlFlow::Continue(told) => {
            let params = if asked.method == Method::POST { asked.form() } else { Some(asked.query()) };
            match params {
                None => pages::refused(&Refusal::new(EsiaCode::UNREADABLE, "the body is no form")),
                Some(params) => match authorize(app, version, &params, told.code, &mut findings) {
                    Answer::Login(request) => replies::redirect(&format!("/login?request={request}")),
                    Answer::Back(to) => replies::redirect(&to),
                    Answer::Page(refusal) => pages::refused(&refusal),
                },
            }
        }
    };
    remembered(app, &asked, findings, response)
}

/// The token request.
pub async fn te(app: &Arc<App>, version: Version, request: Request) -> Response {
    let asked = Asked::read(request).await;
    let mut findings = Findings::default();
    let params = asked.form();
    let trouble = app.trouble(&[Endpoint::Te]).or_else(|| persons_trouble(app, params.as_ref()));
    let response = match suffer(trouble, &mut findings).await {
        ControlFlow::Break(response) => response,
        ControlFlow::Continue(told) => {
            let state = params.as_ref().and_then(|params| params.get("state")).map(str::to_owned);
            let outcome = match (told.code, params) {
                (Some(code), _) => Err(Refusal::new(code, "it was told to")),
                (None, None) => Err(Refusal::new(EsiaCode::UNREADABLE, "the body is no form")),
                (None, Some(params)) => match foreign_key(app, told.fault).await {
                    Ok(foreign) => exchange(app, version, &params, told.fault, foreign, &mut findings),
                    Err(refusal) => Err(refusal),
                },
            };
            match outcome {
                Ok(tokens) => replies::json(StatusCode::OK, &tokens),
                Err(refusal) => {
                    findings.error = Some(refusal.code.to_string());
                    token_error(&refusal, state)
                }
            }
        }
    };
    remembered(app, &asked, findings, response)
}

fn persons_trouble(app: &App, params: Option<&Params>) -> Option<Trouble> {
    let code = params?.get("code")?;
    app.store().codes.get(code, app.now()).and_then(|grant| grant.trouble)
}

/// A key that nobody knows. Making it takes a while, so it is done beside the other requests.
async fn foreign_key(app: &Arc<App>, fault: Option<Fault>) -> Result<Option<SigningKey>, Refusal> {
    if fault != Some(Fault::ForeignKey) {
        return Ok(None);
    }
    let app = Arc::clone(app);
    let made = tokio::task::spawn_blocking(move || {
        SigningKey::make(app.settings.tokens.algorithm, app.now(), app.dice.as_ref())
    });
    match made.await {
        Ok(Ok(key)) => Ok(Some(key)),
        Ok(Err(_)) | Err(_) => Err(Refusal::new(EsiaCode::SERVER_ERROR, "no key could be made")),
    }
}

fn token_error(refusal: &Refusal, state: Option<String>) -> Response {
    let mut body = Map::new();
    body.insert("error".to_owned(), json!(refusal.code.oauth_error()));
    body.insert("error_description".to_owned(), json!(refusal.description()));
    if let Some(state) = state {
        body.insert("state".to_owned(), json!(state));
    }
    replies::json(StatusCode::BAD_REQUEST, &Value::Object(body))
}

/// The login page.
pub async fn login(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    let mut findings = Findings::default();
    let response = match suffer(app.trouble(&[Endpoint::Login]), &mut findings).await {
        ControlFlow::Break(response) => response,
        ControlFlow::Continue(Told { code: Some(code), .. }) => pages::refused(&Refusal::new(code, "it was told to")),
        ControlFlow::Continue(_) => {
            let query = asked.query();
            let request = query.get("request").unwrap_or_default();
            let ask = app.store().logins.get(request, app.now()).cloned();
            match ask {
                Some(ask) => pages::login(&app, request, &ask),
                None => pages::over(),
            }
        }
    };
    remembered(&app, &asked, findings, response)
}

/// What was pressed on the login page.
pub async fn choose(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    let mut findings = Findings::default();
    let form = asked.form().unwrap_or_default();
    let choice = if form.has("cancel") {
        Some(Choice::Cancel)
    } else {
        form.get("oid").and_then(|oid| oid.parse().ok()).map(Choice::Person)
    };
    // A button alone, sent to the address of the page, says enough.
    let query = asked.query();
    let request = form.get("request").or_else(|| query.get("request")).unwrap_or_default();
    let answered = choice.and_then(|choice| answer::answer(&app, request, choice));
    let response = match answered {
        Some((to, error)) => {
            findings.error = error.map(|code| code.to_string());
            replies::redirect(&to)
        }
        None => pages::over(),
    };
    remembered(&app, &asked, findings, response)
}

/// Signing out.
pub async fn logout(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    let mut findings = Findings::default();
    let response = match suffer(app.trouble(&[Endpoint::Logout]), &mut findings).await {
        ControlFlow::Break(response) => response,
        ControlFlow::Continue(Told { code: Some(code), .. }) => pages::refused(&Refusal::new(code, "it was told to")),
        ControlFlow::Continue(_) => match leave(&app, &asked.query(), &mut findings) {
            Ok(Some(to)) => replies::redirect(&to),
            Ok(None) => pages::signed_out(),
            Err(refusal) => {
                findings.error = Some(refusal.code.to_string());
                pages::refused(&refusal)
            }
        },
    };
    remembered(&app, &asked, findings, response)
}

fn leave(app: &App, params: &Params, findings: &mut Findings) -> Result<Option<String>, Refusal> {
    findings.client_id = params.get("client_id").map(str::to_owned);
    let checks = &mut findings.checks;
    checks.note("repeated parameters", params.no_repeats())?;
    let unknown = Refusal::new(EsiaCode::CERTIFICATE_MISMATCH, "client_id is not registered; it is in upper case");
    let known = params.require("client_id").and_then(|mnemonic| app.settings.client(mnemonic).ok_or(unknown));
    let client = checks.note("client_id", known)?;
    let misnamed = params.has("redirect_uri") || params.has("post_logout_redirect_uri");
    let other = Refusal::new(EsiaCode::BAD_PARAMETER, "the address to go to is called redirect_url here");
    checks.note("parameter names", if misnamed { Err(other) } else { Ok(()) })?;
    let Some(to) = params.get("redirect_url") else { return Ok(None) };
    let foreign =
        Refusal::new(EsiaCode::REDIRECT_NOT_REGISTERED, "redirect_url is neither registered nor of a registered host");
    checks.note("redirect_url", if client.may_leave_to(to) { Ok(Some(to.to_owned())) } else { Err(foreign) })
}

/// The certificates that tokens are signed with: `/public/esia.zip`.
pub async fn certificates(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    let file = |(at, certificate): (usize, Certificate)| {
        let kind = match certificate.key {
            PublicKey::Rsa(_) => "RSA",
            PublicKey::Gost(_) => "GOST",
        };
        let age = if at == 0 { String::new() } else { format!("_{at}") };
        (format!("{kind}_TESIA{age}.cer"), certificate.der)
    };
    let files: Vec<(String, Vec<u8>)> = app.certificates().into_iter().enumerate().map(file).collect();
    remembered(&app, &asked, Findings::default(), replies::zip(archive::stored(&files)))
}

/// What this is.
pub fn home(State(app): State<Arc<App>>) -> Ready<Response> {
    ready(pages::home(&app))
}

/// No such address.
pub async fn not_found(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    remembered(&app, &asked, Findings::default(), pages::not_found())
}
