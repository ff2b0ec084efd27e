//! What a wizard's step knows of its request, and what it answers.

use std::fmt;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header::SET_COOKIE, request::Parts};
use domain::Locale;
use leptos::prelude::*;
use services::clock::seconds_until;
use services::portal::Portal;
use services::{Timestamp, Token, Visit};

use crate::api::cookies;
use crate::page_context::PortalInfo;
use crate::wizard::{Turn, WizardPage};

/// One request of a wizard.
pub struct Asking {
    /// The use cases.
    pub portal: Portal,
    /// What pages say about the portal.
    pub info: Arc<PortalInfo>,
    /// Where the request comes from.
    pub visit: Visit,
    /// The page's language.
    pub locale: Locale,
    /// The browser's cookies.
    pub headers: HeaderMap,
}

impl Asking {
    /// When the request came in.
    pub fn now(&self) -> Timestamp {
        self.portal.now()
    }

    /// The registration that this browser is in.
    pub fn registration(&self) -> Option<Token> {
        cookies::read_token(&self.headers, cookies::REGISTRATION)
    }

    /// The password wizard that this browser is in.
    pub fn password_flow(&self) -> Option<Token> {
        cookies::read_token(&self.headers, cookies::PASSWORD)
    }

    /// Whole seconds from now until then, at least 1.
    pub fn seconds_until(&self, then: Timestamp) -> u32 {
        seconds_until(self.now(), then).max(1)
    }
}

/// The fields of a posted form. May hold secrets: `Debug` shows names only.
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// The first value of a field; empty when it was not posted.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// The value as it goes back into a page: bounded, so that a large body is not sent back.
    pub fn echo(&self, name: &str) -> String {
        self.get(name).chars().take(300).collect()
    }

    /// Whether the field was posted with anything in it.
    pub fn has(&self, name: &str) -> bool {
        !self.get(name).trim().is_empty()
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// What a step answers.
pub enum Outcome {
    /// Shows a page that nothing is wrong with.
    Page(Box<WizardPage>),
    /// Leads on, by 303.
    Next {
        /// A path of this portal.
        to: String,
        /// `Set-Cookie` values.
        cookies: Vec<HeaderValue>,
    },
    /// Shows the page again with what is to be mended.
    Refused(Refused),
    /// There is no such page.
    Missing,
}

/// A refused form.
pub struct Refused {
    /// The page, with its problems.
    pub page: Box<WizardPage>,
    /// 422; 410 for what is over for good; 429 while waiting is asked for, 503 while the server is busy or a part of it is down.
    pub status: u16,
    /// Seconds for `Retry-After`.
    pub retry_after_s: Option<u32>,
}

impl Outcome {
    /// Leads on without cookies.
    pub fn next(to: impl Into<String>) -> Self {
        Self::Next { to: to.into(), cookies: Vec::new() }
    }

    /// A refusal with 422.
    pub fn refused(page: WizardPage) -> Self {
        Self::Refused(Refused { page: Box::new(page), status: 422, retry_after_s: None })
    }
}

/// The request of a server function.
///
/// # Errors
/// When the middleware is missing: a fault of the server's wiring, shown as an internal error.
pub fn asking() -> Result<Asking, ServerFnError> {
    let missing = || -> ServerFnError { ServerFnError::ServerError("the request has no context".to_owned()) };
    let parts = use_context::<Parts>().ok_or_else(missing)?;
    let visit = parts.extensions.get::<Visit>().cloned().ok_or_else(missing)?;
    Ok(Asking {
        portal: use_context::<Portal>().ok_or_else(missing)?,
        info: use_context::<Arc<PortalInfo>>().ok_or_else(missing)?,
        locale: visit.locale,
        visit,
        headers: parts.headers,
    })
}

/// Turns the outcome into a server function's answer; cookies go into the response.
///
/// # Errors
/// For a path that no wizard has.
pub fn deliver(outcome: Outcome) -> Result<Turn, ServerFnError> {
    match outcome {
        Outcome::Page(page) => Ok(Turn::Again(page)),
        Outcome::Refused(refused) => Ok(Turn::Again(refused.page)),
        Outcome::Next { to, cookies } => {
            if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
                for cookie in cookies {
                    response.append_header(SET_COOKIE, cookie);
                }
            }
            Ok(Turn::Next(to))
        }
        Outcome::Missing => Err(ServerFnError::ServerError("no such page".to_owned())),
    }
}
