//! REST: `/rs/prns/{oid}` and its collections, as far as the token opens them.

use std::ops::ControlFlow;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::asked::Asked;
use super::endpoints::{remembered, suffer};
use super::replies;
use super::rest_data::{Collection, Item, collection, collection_json, is_elements, kid_documents, person_json};
use crate::app::App;
use crate::codes::{EsiaCode, Refusal};
use crate::journal::{Checks, Findings};
use crate::person::Person;
use crate::scopes::Scopes;
use crate::trouble::Endpoint;

/// Anything below `/rs/`.
pub async fn rest(State(app): State<Arc<App>>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    let mut findings = Findings::default();
    let segments: Vec<&str> = asked.path.split('/').filter(|segment| !segment.is_empty()).skip(1).collect();
    let mut endpoints = vec![Endpoint::Rs];
    endpoints.extend(match segments.as_slice() {
        ["prns", _] => Some(Endpoint::Prns),
        ["prns", _, "ctts", ..] => Some(Endpoint::Ctts),
        _ => None,
    });
    let response = match suffer(app.trouble(&endpoints), &mut findings).await {
        ControlFlow::Break(response) => response,
        ControlFlow::Continue(told) => {
            let outcome = match told.code {
                Some(code) => Err(Refusal::new(code, "it was told to")),
                None => look_up(&app, &asked, &segments, &mut findings.checks),
            };
            match outcome {
                Ok(Some(found)) => replies::json(StatusCode::OK, &found),
                Ok(None) => replies::json(StatusCode::NOT_FOUND, &json!({ "message": "not found" })),
                Err(refusal) => {
                    findings.error = Some(refusal.code.to_string());
                    refused(refusal.code)
                }
            }
        }
    };
    remembered(&app, &asked, findings, response)
}

fn refused(code: EsiaCode) -> Response {
    let status = match code {
        EsiaCode::INVALID_TOKEN | EsiaCode::EXPIRED_TOKEN => StatusCode::UNAUTHORIZED,
        EsiaCode::SCOPE_NOT_ALLOWED => StatusCode::FORBIDDEN,
        EsiaCode::SERVER_ERROR => StatusCode::INTERNAL_SERVER_ERROR,
        EsiaCode::UNAVAILABLE => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    replies::json(status, &json!({ "code": code.to_string(), "message": code.words() }))
}

/// What stands at that path; `None` when there is nothing.
fn look_up(app: &App, asked: &Asked, segments: &[&str], checks: &mut Checks) -> Result<Option<Value>, Refusal> {
    let (oid, scopes) = checks.note("access token", opened(app, asked))?;
    let ["prns", whose, rest @ ..] = segments else { return Ok(None) };
    let own = whose.parse::<u64>().ok() == Some(oid);
    let other = Refusal::new(EsiaCode::SCOPE_NOT_ALLOWED, "the token is of another person");
    checks.note("person", if own { Ok(()) } else { Err(other) })?;
    let Some(person) = app.settings.person(oid) else { return Ok(None) };
    let base = format!("{}/rs/prns/{oid}", address(app, asked));
    let embed = embedded(asked.query().get("embed").unwrap_or_default());
    let whole = embed.iter().any(|name| is_elements(name));
    match rest {
        [] => Ok(Some(person_json(person, &scopes, &embed, &base))),
        [name] => {
            let Some(name) = Collection::named(name) else { return Ok(None) };
            let items = opened_items(person, name, &scopes, checks)?;
            Ok(Some(collection_json(name, items, whole, &base)))
        }
        ["kids", kid, "docs", rest @ ..] if rest.len() < 2 => {
            let items = opened_items(person, Collection::Kids, &scopes, checks)?;
            let Some(kid) = items.into_iter().find(|item| item.id.to_string() == *kid) else { return Ok(None) };
            let allowed = kid_documents(&kid, &scopes);
            let closed = Refusal::new(EsiaCode::SCOPE_NOT_ALLOWED, "the scope of the token does not open it");
            let items = checks.note("scope", allowed.ok_or(closed))?;
            if let Some(id) = rest.first() {
                return Ok(items.into_iter().find(|item| item.id.to_string() == **id).map(Item::into_json));
            }
            let base = format!("{base}/kids/{}", kid.id);
            Ok(Some(collection_json(Collection::Documents, items, whole, &base)))
        }
        [name, id] => {
            let Some(name) = Collection::named(name) else { return Ok(None) };
            let items = opened_items(person, name, &scopes, checks)?;
            Ok(items.into_iter().find(|item| item.id.to_string() == *id).map(Item::into_json))
        }
        _ => Ok(None),
    }
}

fn opened_items(person: &Person, name: Collection, scopes: &Scopes, checks: &mut Checks) -> Result<Vec<Item>, Refusal> {
    let closed = Refusal::new(EsiaCode::SCOPE_NOT_ALLOWED, "the scope of the token does not open it");
    checks.note("scope", collection(person, name, scopes).ok_or(closed))
}

/// Whose data the token of the request opens, and which.
fn opened(app: &App, asked: &Asked) -> Result<(u64, Scopes), Refusal> {
    let invalid = Refusal::new(EsiaCode::INVALID_TOKEN, "Authorization is not Bearer and a token that was issued here");
    let given = asked.header(&header::AUTHORIZATION).and_then(|value| value.split_once(' ')).ok_or(invalid)?;
    if !given.0.eq_ignore_ascii_case("Bearer") {
        return Err(invalid);
    }
    let now = app.now();
    let access = app.store().tokens.get(given.1.trim(), now).cloned().ok_or(invalid)?;
    if access.until <= now {
        return Err(Refusal::new(EsiaCode::EXPIRED_TOKEN, "the access token is expired"));
    }
    Ok((access.oid, access.scopes))
}

/// What links begin with.
fn address(app: &App, asked: &Asked) -> String {
    match (&app.settings.public_url, asked.header(&header::HOST)) {
        (Some(url), _) => url.clone(),
        (None, Some(host)) => format!("http://{host}"),
        (None, None) => String::new(),
    }
}

/// The names in `embed=(a,b.elements-1)`, without the versions.
fn embedded(embed: &str) -> Vec<String> {
    let names = embed.trim_start_matches('(').trim_end_matches(')').split(',').map(str::trim);
    let without_version = |part: &str| match part.rsplit_once('-') {
        Some((part, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => part.to_owned(),
        _ => part.to_owned(),
    };
    names
        .filter(|name| !name.is_empty())
        .map(|name| name.split('.').map(without_version).collect::<Vec<String>>().join("."))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_to_embed_are_read() {
        assert_eq!(embedded("(elements)"), ["elements"]);
        assert_eq!(embedded("(contacts.elements-1,addresses.elements)"), ["contacts.elements", "addresses.elements"]);
        assert_eq!(embedded("(kids.elements-1.documents.elements-1)"), ["kids.elements.documents.elements"]);
        assert_eq!(embedded("()"), Vec::<String>::new());
        assert_eq!(embedded(""), Vec::<String>::new());
    }
}
