//! The token request: `/aas/oauth2/te` and `/aas/oauth2/v3/te`.

use serde_json::{Map, Value, json};

use super::{checks, claims};
use crate::app::App;
use crate::client::{Client, Version};
use crate::codes::{EsiaCode, Refusal};
use crate::crypto::hash::{sha256, streebog};
use crate::dice::uuid;
use crate::encoding::base64url;
use crate::journal::Findings;
use crate::jwt::{Purpose, token};
use crate::params::Params;
use crate::ring::SigningKey;
use crate::store::{Access, Challenge, Grant, REFRESH_LIFETIME, REMEMBER_EXPIRED};
use crate::trouble::Fault;

/// What is exchanged.
#[derive(Clone, Copy)]
enum Kind<'a> {
    Code(&'a str),
    Refresh(&'a str),
}

/// What stays the same about a token request after the first look.
struct Asked<'a> {
    client: &'a Client,
    kind: Kind<'a>,
    state: &'a str,
}

/// Checks a token request, and answers with tokens. `fault` is the mistake that is to be in them; `foreign` the key that is to sign them
/// instead.
pub fn exchange(
    app: &App,
    version: Version,
    params: &Params,
    fault: Option<Fault>,
    foreign: Option<SigningKey>,
    findings: &mut Findings,
) -> Result<Value, Refusal> {
    let asked = who_asks(app, version, params, findings)?;
    let grant = what_is_granted(app, version, params, &asked, findings)?;
    Ok(tokens(app, grant, asked.state, fault, foreign))
}

fn who_asks<'a>(
    app: &'a App,
    version: Version,
    params: &'a Params,
    findings: &mut Findings,
) -> Result<Asked<'a>, Refusal> {
    findings.client_id = params.get("client_id").map(str::to_owned);
    let checks = &mut findings.checks;
    checks.note("repeated parameters", params.no_repeats())?;
    let unknown = Refusal::new(EsiaCode::CLIENT_AUTHENTICATION, "client_id is not registered; it is in upper case");
    let known = params.require("client_id").and_then(|mnemonic| app.settings.client(mnemonic).ok_or(unknown));
    let client = checks.note("client_id", known)?;
    checks.note("mandatory parameters", mandatory(params, version))?;
    let kind = checks.note("grant_type", kind(params))?;
    let state = params.require("state")?;
    checks.note("state", checks::state_form(state, version))?;
    checks.note("method", client.may_ask(version))?;
    let timestamp = params.require("timestamp")?;
    checks.note("timestamp", checks::time(timestamp, app.now(), app.settings.tolerance))?;
    checks.note("redirect_uri", same_redirect(app, client, kind, params.require("redirect_uri")?))?;
    let code = match kind {
        Kind::Code(code) => Some(code),
        Kind::Refresh(_) => None,
    };
    checks::signature(client, version, params, code, app.now(), checks)?;
    Ok(Asked { client, kind, state })
}

fn mandatory(params: &Params, version: Version) -> Result<(), Refusal> {
    for name in ["grant_type", "state", "timestamp", "redirect_uri", "client_secret"] {
        params.require(name)?;
    }
    if version == Version::Current {
        params.require("client_certificate_hash")?;
    }
    if params.get("scope").is_none() {
        return Err(Refusal::new(EsiaCode::NO_SCOPE, "there is no scope"));
    }
    if params.get("token_type").is_some_and(|kind| kind != "Bearer") {
        return Err(Refusal::new(EsiaCode::BAD_PARAMETER, "token_type is not Bearer"));
    }
    Ok(())
}

fn kind(params: &Params) -> Result<Kind<'_>, Refusal> {
    match params.get("grant_type") {
        Some("authorization_code") => params.require("code").map(Kind::Code),
        Some("refresh_token") => params.require("refresh_token").map(Kind::Refresh),
        Some("client_credentials") => {
            Err(Refusal::new(EsiaCode::UNAUTHORIZED_CLIENT, "client_credentials is not given to any client here"))
        }
        _ => Err(Refusal::new(EsiaCode::BAD_GRANT_TYPE, "grant_type is none that is known")),
    }
}

/// An address other than that of the code is told apart from a bad signature, which it would be too if only the body has it wrong.
fn same_redirect(app: &App, client: &Client, kind: Kind<'_>, redirect: &str) -> Result<(), Refusal> {
    let store = app.store();
    let grant = match kind {
        Kind::Code(code) => store.codes.get(code, app.now()),
        Kind::Refresh(refresh) => store.refreshes.get(refresh, app.now()),
    };
    let same = match grant {
        Some(grant) => grant.ask.redirect == redirect,
        None => client.has_redirect(redirect),
    };
    let reason = "redirect_uri is not that of the authorize request, letter for letter";
    if same { Ok(()) } else { Err(Refusal::new(EsiaCode::INVALID_GRANT, reason)) }
}

fn what_is_granted(
    app: &App,
    version: Version,
    params: &Params,
    asked: &Asked<'_>,
    findings: &mut Findings,
) -> Result<Grant, Refusal> {
    let checks = &mut findings.checks;
    let now = app.now();
    let found = match asked.kind {
        Kind::Code(code) => app.store().codes.get(code, now).cloned(),
        Kind::Refresh(refresh) => app.store().refreshes.get(refresh, now).cloned(),
    };
    let gone = Refusal::new(EsiaCode::INVALID_GRANT, "it is unknown, expired or used, or of another client");
    let own = |grant: &Grant| grant.ask.client == asked.client.mnemonic && grant.ask.version == version;
    let grant = checks.note("code or refresh token", found.filter(own).ok_or(gone))?;
    let scope = params.get("scope").unwrap_or_default();
    checks.note("scope", same_scope(&grant, asked.kind, version, scope))?;
    let organization_scopes = params.get("scope_org").unwrap_or_default() == grant.ask.organization_scopes;
    let other = Refusal::new(EsiaCode::BAD_SCOPE, "scope_org is not that of the authorize request");
    checks.note("scope_org", if organization_scopes { Ok(()) } else { Err(other) })?;
    // Clients of the first addresses send the same state twice, and the service takes it.
    let repeated = version == Version::Current && asked.state == grant.ask.state;
    let same = Refusal::new(EsiaCode::BAD_PARAMETER, "state must differ from that of the authorize request");
    checks.note("state is new", if repeated { Err(same) } else { Ok(()) })?;
    // From here on it is used, whatever comes of it.
    let taken = match asked.kind {
        Kind::Code(code) => app.store().codes.take(code, now),
        Kind::Refresh(refresh) => app.store().refreshes.take(refresh, now),
    };
    let grant = taken.ok_or(gone)?;
    if matches!(asked.kind, Kind::Code(_)) {
        let verified = verifier(grant.ask.challenge.as_ref(), params.get("code_verifier"));
        checks.note("code_verifier", verified)?;
    }
    Ok(grant)
}

/// The scopes are those of the authorize request. A refresh may ask for fewer; at the first address `openid` alone passes too: a client that
/// is known to work with the real service sends it so.
fn same_scope(grant: &Grant, kind: Kind<'_>, version: Version, scope: &str) -> Result<(), Refusal> {
    let scopes = &grant.ask.scopes;
    let same = match kind {
        Kind::Code(_) => {
            scopes.same_words(scope) || (version == Version::First && scope == "openid" && scopes.has(scope))
        }
        Kind::Refresh(_) => scopes.include_words(scope),
    };
    if same { Ok(()) } else { Err(Refusal::new(EsiaCode::BAD_SCOPE, "scope is not that of the authorize request")) }
}

fn verifier(challenge: Option<&Challenge>, verifier: Option<&str>) -> Result<(), Refusal> {
    let (challenge, verifier) = match (challenge, verifier) {
        (None, None) => return Ok(()),
        (None, Some(_)) => {
            return Err(Refusal::new(EsiaCode::NO_CHALLENGE, "the authorize request had no code_challenge"));
        }
        (Some(challenge), verifier) => (challenge, verifier.unwrap_or_default()),
    };
    let made = match challenge.method.as_str() {
        "S256" => base64url(&sha256(verifier.as_bytes())),
        "GOST3411" => base64url(&streebog(verifier.as_bytes())),
        _ => verifier.to_owned(),
    };
    if !verifier.is_empty() && made == challenge.value.trim_end_matches('=') {
        return Ok(());
    }
    Err(Refusal::new(EsiaCode::PKCE_MISMATCH, "code_verifier does not belong to code_challenge"))
}

fn tokens(app: &App, grant: Grant, state: &str, fault: Option<Fault>, foreign: Option<SigningKey>) -> Value {
    let now = app.now();
    let settings = &app.settings.tokens;
    let own = app.signing_key();
    // A foreign key hides under the thumbprint of the known one.
    let key = foreign.map_or(own.clone(), |foreign| SigningKey { certificate: own.certificate, ..foreign });
    let sign = |purpose, claims: &Value| token(&key, purpose, claims, settings.thumbprints, fault, app.dice.as_ref());
    let access = sign(Purpose::Access, &claims::of_access(settings, &grant, now, fault));
    let mut answer = Map::new();
    let state = if fault == Some(Fault::OtherState) { uuid(app.dice.as_ref()) } else { state.to_owned() };
    answer.insert("state".to_owned(), json!(state));
    answer.insert("token_type".to_owned(), json!("Bearer"));
    answer.insert("expires_in".to_owned(), json!(settings.access_lifetime));
    answer.insert("access_token".to_owned(), json!(access));
    if grant.ask.scopes.has("openid")
        && fault != Some(Fault::NoIdToken)
        && let Some(person) = app.settings.person(grant.oid)
    {
        let id = sign(Purpose::Id, &claims::of_id(settings, person, &grant, now, fault));
        answer.insert("id_token".to_owned(), json!(id));
    }
    let until = now + settings.access_lifetime;
    let opened = Access { oid: grant.oid, scopes: grant.ask.scopes.clone(), until };
    let mut store = app.store();
    store.tokens.put(access, opened, until + REMEMBER_EXPIRED, now);
    if grant.ask.offline {
        let refresh = uuid(app.dice.as_ref());
        answer.insert("refresh_token".to_owned(), json!(refresh));
        store.refreshes.put(refresh, Grant { trouble: None, ..grant }, now + REFRESH_LIFETIME, now);
    }
    drop(store);
    Value::Object(answer)
}
