//! The administrators' pages `/admin/…`, and `/me/confirm`, which asks for fresh proof. What may be seen and done, the
//! services decide and write down; here a refusal becomes 403 and what is not there 404.

mod accounts;
mod api_clients;
mod audit;
mod classes;
mod configuration;
mod confirm;
mod deliveries;
mod imports;
mod readiness;
mod review;

use app::page_context::PageContext;
use app::pages::admin::{AdminFrame, AdminSection};
use axum::Router;
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Redirect, Response};
use axum::routing::get;
use domain::{Permission, Target};
use services::access::AccessError;
use services::clock::seconds_until;
use services::sessions::Session;
use services::{Timestamp, Visit};

use super::context::SignedInVisit;
use super::errors::Failure;
use super::people::failure;
use crate::state::AppState;

/// Rows on a page of a log.
const PAGE_ROWS: u32 = 50;
/// The longest text of a field that is shown again.
const LONGEST: usize = 1_000;

/// The routes.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/admin", get(first))
        .route("/admin/review", get(review::page).post(review::change))
        .route("/admin/accounts", get(accounts::page).post(accounts::change))
        .route("/admin/readiness", get(readiness::page))
        .route("/admin/classes", get(classes::page).post(classes::change))
        .route("/admin/import", get(imports::page).post(imports::upload))
        .route("/admin/import/{id}", get(imports::one).post(imports::apply))
        .route("/admin/export", get(imports::export))
        .route("/admin/deliveries", get(deliveries::page))
        .route("/admin/audit", get(audit::page).post(audit::export))
        .route("/admin/api-clients", get(api_clients::page).post(api_clients::change))
        .route("/admin/configuration", get(configuration::page))
        .route("/me/confirm", get(confirm::page).post(confirm::give))
}

/// `GET /admin`: to the first page that somebody's roles open.
async fn first(SignedInVisit { state, page, visit, session }: SignedInVisit) -> Result<Redirect, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    match AdminSection::open_to(&session.roles).first() {
        Some(section) => Ok(Redirect::to(section.path())),
        None => Err(asking.forbidden(Permission::WorkReviewQueue).await),
    }
}

/// One request.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) state: &'a AppState,
    pub(super) page: &'a PageContext,
    pub(super) visit: &'a Visit,
    pub(super) session: &'a Session,
}

impl Asking<'_> {
    fn frame(&self, current: AdminSection) -> AdminFrame {
        AdminFrame::new(current, &self.session.roles)
    }

    fn refused(&self, error: &AccessError) -> Failure {
        failure(error, &self.page.request_id)
    }

    pub(super) fn fault(&self, code: &str, error: &dyn std::error::Error) -> Failure {
        Failure::fault(code, error, &self.page.request_id)
    }

    /// Refuses somebody whose roles do not open a page at all; that is written down.
    async fn forbidden(&self, permission: Permission) -> Failure {
        let access = self.state.portal.access();
        match access.require(self.visit, self.session, permission, &Target::Everything).await {
            Ok(()) => Failure::status(StatusCode::FORBIDDEN),
            Err(error) => self.refused(&error),
        }
    }

    /// Seconds until a moment, at least one.
    pub(super) fn seconds_until(&self, at: Timestamp) -> u64 {
        u64::from(seconds_until(self.state.portal.now(), at).max(1))
    }
}

/// An answer that says, where it is a wait, when to come back.
pub(super) fn after(mut response: Response, seconds: Option<u64>) -> Response {
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// What a handler gets of a posted form.
pub(super) type FormFields = Result<Form<Vec<(String, String)>>, FormRejection>;

/// A posted form: names and values, some of them several times.
pub(super) struct Posted(Vec<(String, String)>);

impl Posted {
    pub(super) fn read(form: FormFields) -> Result<Self, Failure> {
        let Form(fields) = form.map_err(|rejection| Failure::status(rejection.status()))?;
        Ok(Self(fields))
    }

    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn value(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A text to be shown again, as far as it may be long.
    pub(super) fn text(&self, name: &str) -> String {
        self.value(name).chars().take(LONGEST).collect()
    }

    /// Everything but a password, to wait for fresh proof.
    pub(super) fn kept(&self) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| name != app::pages::admin::confirm::PASSWORD).cloned().collect()
    }
}

/// An id in an address or a form; whatever is none names nothing.
fn id<T: std::str::FromStr>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::status(StatusCode::NOT_FOUND))
}

/// A value of a filter, as far as it says something; anything else does not narrow.
fn known<T>(text: &mut String, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    let found = read(text);
    if found.is_none() {
        text.clear();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_says_nothing_does_not_narrow() {
        let mut text = "7".to_owned();
        assert_eq!(known(&mut text, |text| text.parse::<u8>().ok()), Some(7));
        assert_eq!(text, "7");
        let mut text = "\"><b>".to_owned();
        assert_eq!(known(&mut text, |text| text.parse::<u8>().ok()), None);
        assert!(text.is_empty(), "what is not understood is not shown again");
    }

    #[test]
    fn a_password_does_not_wait_with_the_rest() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let posted = Posted(vec![field("scope", "a"), field("password", "secret"), field("scope", "b")]);
        assert_eq!(posted.kept(), [field("scope", "a"), field("scope", "b")]);
        assert_eq!(posted.all("scope").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((posted.value("scope"), posted.value("none"), posted.find("none")), ("a", "", None));
    }
}
