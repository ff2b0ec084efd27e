//! The authorize request: `/aas/oauth2/ac` and `/aas/oauth2/v2/ac`.

use serde_json::Value;

use super::checks;
use crate::app::App;
use crate::client::{Client, Version};
use crate::codes::{EsiaCode, Refusal};
use crate::dice::uuid;
use crate::encoding::any_base64;
use crate::journal::Findings;
use crate::params::Params;
use crate::redirects::with_parameters;
use crate::scopes::Scopes;
use crate::store::{Ask, Challenge, Filter, LOGIN_LIFETIME};

/// Where the browser goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To the login page, with this request.
    Login(String),
    /// Back to the client, with an error.
    Back(String),
    /// Nowhere: the client or the address is not known, so that an own page says what is wrong.
    Page(Refusal),
}

/// Checks an authorize request. `told` is an error that is to be answered instead.
pub fn authorize(
    app: &App,
    version: Version,
    params: &Params,
    told: Option<EsiaCode>,
    findings: &mut Findings,
) -> Answer {
    let (client, redirect) = match who_asks(app, params, findings) {
        Ok(found) => found,
        Err(refusal) => {
            findings.error = Some(refusal.code.to_string());
            return Answer::Page(refusal);
        }
    };
    let outcome = match told {
        Some(code) => Err(Refusal::new(code, "it was told to")),
        None => what_is_asked(app, client, redirect, version, params, findings),
    };
    match outcome {
        Ok(ask) => {
            let request = uuid(app.dice.as_ref());
            let now = app.now();
            app.store().logins.put(request.clone(), ask, now + LOGIN_LIFETIME, now);
            Answer::Login(request)
        }
        Err(refusal) => {
            findings.error = Some(refusal.code.to_string());
            Answer::Back(back_with_error(redirect, params.get("state"), &refusal))
        }
    }
}

/// The address that a browser goes back to with an error.
pub fn back_with_error(redirect: &str, state: Option<&str>, refusal: &Refusal) -> String {
    let description = refusal.description();
    let mut parameters = vec![("error_description", description.as_str())];
    parameters.extend(state.map(|state| ("state", state)));
    parameters.push(("error", refusal.code.oauth_error()));
    with_parameters(redirect, &parameters)
}

fn who_asks<'a>(app: &'a App, params: &'a Params, findings: &mut Findings) -> Result<(&'a Client, &'a str), Refusal> {
    findings.client_id = params.get("client_id").map(str::to_owned);
    let checks = &mut findings.checks;
    let known = params.require("client_id").and_then(|mnemonic| {
        if params.repeats("client_id") || params.repeats("redirect_uri") {
            return Err(Refusal::new(EsiaCode::BAD_PARAMETER, "a parameter is there twice"));
        }
        let unknown = Refusal::new(EsiaCode::CERTIFICATE_MISMATCH, "client_id is not registered; it is in upper case");
        app.settings.client(mnemonic).ok_or(unknown)
    });
    let client = checks.note("client_id", known)?;
    let registered = params.require("redirect_uri").and_then(|redirect| {
        let unknown =
            Refusal::new(EsiaCode::REDIRECT_NOT_REGISTERED, "redirect_uri is not registered, letter for letter");
        if client.has_redirect(redirect) { Ok(redirect) } else { Err(unknown) }
    });
    Ok((client, checks.note("redirect_uri", registered)?))
}

fn what_is_asked(
    app: &App,
    client: &Client,
    redirect: &str,
    version: Version,
    params: &Params,
    findings: &mut Findings,
) -> Result<Ask, Refusal> {
    let checks = &mut findings.checks;
    checks.note("repeated parameters", params.no_repeats())?;
    checks.note("mandatory parameters", mandatory(params, version))?;
    let state = params.require("state")?;
    let code = params.get("response_type") == Some("code");
    let other = Refusal::new(EsiaCode::BAD_RESPONSE_TYPE, "response_type is not code");
    checks.note("response_type", if code { Ok(()) } else { Err(other) })?;
    let offline = checks.note("access_type", offline(params))?;
    checks.note("state", checks::state_form(state, version))?;
    checks.note("method", client.may_ask(version))?;
    let timestamp = params.require("timestamp")?;
    checks.note("timestamp", checks::time(timestamp, app.now(), app.settings.tolerance))?;
    checks::signature(client, version, params, None, app.now(), checks)?;
    let scope = params.get("scope").unwrap_or_default();
    let scopes = checks.note("scope", Scopes::approved(scope, &client.scopes))?;
    let organization_scopes = params.get("scope_org").unwrap_or_default();
    checks.note("scope_org", organizations(organization_scopes, client))?;
    let challenge = checks.note("code_challenge", challenge(params, &app.settings.challenge_methods))?;
    let filter = checks.note("person_filter", filter(params))?;
    checks.note("permissions", permissions(params))?;
    let known = answered_state(&client.mnemonic, state);
    let repeated = !client.repeated_state && app.store().states.get(&known, app.now()).is_some();
    let used =
        Refusal::new(EsiaCode::BAD_PARAMETER, "this state was answered with a code before: it must be new every time");
    checks.note("state is new", if repeated { Err(used) } else { Ok(()) })?;
    Ok(Ask {
        client: client.mnemonic.clone(),
        version,
        redirect: redirect.to_owned(),
        state: state.to_owned(),
        scopes,
        organization_scopes: organization_scopes.to_owned(),
        offline,
        challenge,
        filter,
    })
}

/// How a state that was answered is remembered.
pub fn answered_state(mnemonic: &str, state: &str) -> String {
    format!("{mnemonic} {state}")
}

fn mandatory(params: &Params, version: Version) -> Result<(), Refusal> {
    for name in ["response_type", "state", "timestamp", "client_secret"] {
        params.require(name)?;
    }
    if version == Version::Current {
        params.require("client_certificate_hash")?;
        params.require("access_type")?;
    }
    if params.get("scope").is_none() {
        return Err(Refusal::new(EsiaCode::NO_SCOPE, "there is no scope"));
    }
    Ok(())
}

/// Clients of the first addresses leave `access_type` out and mean `online`.
fn offline(params: &Params) -> Result<bool, Refusal> {
    match params.get("access_type") {
        None | Some("online") => Ok(false),
        Some("offline") => Ok(true),
        Some(_) => Err(Refusal::new(EsiaCode::BAD_PARAMETER, "access_type is neither online nor offline")),
    }
}

fn organizations(scopes: &str, client: &Client) -> Result<(), Refusal> {
    let approved = |scope: &str| client.organization_scopes.iter().any(|known| known == scope);
    if scopes.is_empty() || scopes.split(' ').all(approved) {
        return Ok(());
    }
    Err(Refusal::new(EsiaCode::NO_GRANTS, "a scope of scope_org is not approved for this client"))
}

fn challenge(params: &Params, methods: &[String]) -> Result<Option<Challenge>, Refusal> {
    let wrong = |reason| Refusal::new(EsiaCode::BAD_PARAMETER, reason);
    match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(wrong("code_challenge_method without code_challenge")),
        (Some(value), method) => {
            let method = method.unwrap_or("plain").to_owned();
            if !methods.contains(&method) {
                return Err(wrong("code_challenge_method is not one of the settings"));
            }
            Ok(Some(Challenge { method, value: value.to_owned() }))
        }
    }
}

fn filter(params: &Params) -> Result<Option<Filter>, Refusal> {
    let Some(encoded) = params.get("person_filter") else { return Ok(None) };
    match any_base64(encoded).as_deref() {
        Some(b"conf_acc") => Ok(Some(Filter::Confirmed)),
        Some(b"acc_kid") => Ok(Some(Filter::Children)),
        Some(b"acc_not_kid") => Ok(Some(Filter::NotChildren)),
        _ => Err(Refusal::new(
            EsiaCode::BAD_PARAMETER,
            "person_filter is not base64 of conf_acc, acc_kid or acc_not_kid",
        )),
    }
}

/// Permissions of the digital profile are not given out here; only their form is checked.
fn permissions(params: &Params) -> Result<(), Refusal> {
    let Some(encoded) = params.get("permissions") else { return Ok(()) };
    let json = any_base64(encoded).is_some_and(|bytes| serde_json::from_slice::<Value>(&bytes).is_ok());
    if json { Ok(()) } else { Err(Refusal::new(EsiaCode::BAD_PARAMETER, "permissions is not base64 of JSON")) }
}
