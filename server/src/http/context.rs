//! What is known of a request before its handler runs: its id, where it comes from, who is signed in, which language.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use app::api::cookies;
use app::page_context::{PageContext, StaffBar, StaffSection, ViewerInfo, is_workplace};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Capacity, Locale, Permission, Role, Scope};
use services::Visit;
use services::sessions::{Session, SignInMethod};

use super::errors::Failure;
use super::security::{self, LeadsBeyond};
use crate::state::{AppState, WebSettings};

/// Seconds after which a request whose session could not be looked up may come again.
const RETRY_AFTER_S: u32 = 5;

/// The signed-in person of a request, if any.
#[derive(Clone)]
pub struct Viewer(pub Option<Arc<Session>>);

/// The id of a request: in the log, in the answer's `X-Request-Id` and on every error page.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Gives the request its id, and the answer the same. An id that a trusted proxy has given is kept.
pub async fn give_id(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = forwarded_id(&request, &state.web).unwrap_or_else(|| {
        let mut bytes = [0_u8; 12];
        state.portal.rng().fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes).replace(['-', '_'], "x")
    });
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::try_from(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response.extensions_mut().insert(RequestId(id));
    response
}

fn forwarded_id(request: &Request, web: &WebSettings) -> Option<String> {
    peer(request).filter(|peer| web.trusts(*peer))?;
    let id = request.headers().get("x-request-id")?.to_str().ok()?;
    let fits = (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    fits.then(|| id.to_owned())
}

fn peer(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical())
}

/// The client's address: the peer's, or what the nearest trusted proxies say. Entries of `X-Forwarded-For` are read from
/// the right; the first one that is not a trusted proxy is the client, since everything left of it can be invented.
pub fn client_address(peer: Option<IpAddr>, headers: &HeaderMap, web: &WebSettings) -> Option<IpAddr> {
    let mut address = peer?;
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect();
    for entry in forwarded.iter().rev() {
        if !web.trusts(address) {
            break;
        }
        let Ok(next) = entry.parse::<IpAddr>() else { break };
        address = next.to_canonical();
    }
    Some(address)
}

/// Finds out who asks and in which language, and puts [`Visit`], [`Viewer`] and [`PageContext`] into the request.
pub async fn know(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    // A request that shows a program's token is the program's and nobody else's.
    let cookie = match security::bearer(request.headers()) {
        Some(_) => None,
        None => cookies::read_token(request.headers(), cookies::SESSION),
    };
    let session = match cookie {
        Some(token) => match state.portal.sessions().find(&token).await {
            Ok(session) => session.map(Arc::new),
            Err(error) => {
                tracing::error!(code = error.code(), request_id, error = %error, "the session could not be looked up");
                return Failure::busy(RETRY_AFTER_S).into_bare_response();
            }
        },
        None => None,
    };
    let wishes = [asked_capacity(&request), cookies::read_capacity(request.headers())];
    let chosen = match &session {
        Some(session) => Chosen::new(&state, wishes, session, has_header(request.uri().path()), &request_id).await,
        None => Chosen::default(),
    };
    let asked_capacity = chosen.chosen.filter(|capacity| wishes.first() == Some(&Some(*capacity)));
    let session = session.map(|session| match chosen.staff() {
        Some(role) if session.roles.len() > 1 => Arc::new((*session).clone().in_role(role)),
        _ => session,
    });
    let asked = asked_language(&request).filter(|locale| state.info.locales.contains(locale));
    let locale = language(&state, &request, session.as_deref());
    let visit = Visit {
        address: client_address(peer(&request), request.headers(), &state.web),
        user_agent: request
            .headers()
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|agent| agent.chars().take(512).collect()),
        request_id: request_id.clone(),
        locale,
        device: cookies::read_token(request.headers(), cookies::DEVICE),
    };
    let mut page = page_context(&state, &request, locale, session.as_deref(), request_id);
    if let Some(bar) = page.viewer.as_mut().and_then(|viewer| viewer.staff.as_mut()) {
        bar.capacity = chosen.shown(&page.path);
        bar.capacities = chosen.all;
    }
    count_reviews(&state, session.as_deref(), &mut page).await;
    let through_gosuslugi = session.as_ref().is_some_and(|session| session.method == SignInMethod::Gosuslugi);
    let extensions = request.extensions_mut();
    extensions.insert(visit);
    extensions.insert(Viewer(session));
    extensions.insert(page.clone());
    let mut response = next.run(request).await;
    response.extensions_mut().insert(page);
    if through_gosuslugi {
        // Signing out leads there, too, from whatever page.
        response.extensions_mut().insert(LeadsBeyond);
    }
    if let Some(locale) = asked {
        response.headers_mut().append(header::SET_COOKIE, cookies::language(locale));
    }
    if let Some(capacity) = asked_capacity {
        response.headers_mut().append(header::SET_COOKIE, cookies::capacity(capacity));
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    response
}

/// As what somebody uses the portal, who may be several things at the school.
#[derive(Default)]
struct Chosen {
    /// Everything that the person is here: the highest role first, a parent last. Empty for whoever is no staff.
    all: Vec<Capacity>,
    /// What was chosen; none before anything was.
    chosen: Option<Capacity>,
}

impl Chosen {
    /// What somebody is, and what they chose.
    async fn new(
        state: &AppState,
        wishes: [Option<Capacity>; 2],
        session: &Session,
        has_header: bool,
        request_id: &str,
    ) -> Self {
        // Whether there are children is of use to the menu alone.
        let is_parent = if session.roles.is_empty() || !has_header {
            false
        } else {
            state.portal.people().has_children(session).await.unwrap_or_else(|error| {
                // A page is not lost because its menu is shorter.
                tracing::error!(code = error.code(), request_id, error = %error, "children could not be looked up");
                false
            })
        };
        Self::of(&session.roles, is_parent, wishes)
    }

    /// By the first of the wishes that can be.
    fn of(roles: &[Role], is_parent: bool, wishes: [Option<Capacity>; 2]) -> Self {
        if roles.is_empty() {
            return Self::default();
        }
        let mut roles = roles.to_vec();
        roles.sort_unstable_by_key(|role| std::cmp::Reverse(*role));
        let all: Vec<_> = roles.into_iter().map(Capacity::Staff).chain(is_parent.then_some(Capacity::Parent)).collect();
        Self { chosen: wishes.into_iter().flatten().find(|wish| all.contains(wish)), all }
    }

    /// The role whose rights count; none where all of them do.
    fn staff(&self) -> Option<Role> {
        match self.chosen? {
            Capacity::Staff(role) => Some(role),
            Capacity::Parent => None,
        }
    }

    /// What the header says: where staff work, nobody is a parent.
    fn shown(&self, path: &str) -> Option<Capacity> {
        let at_work = is_workplace(path);
        self.chosen.filter(|capacity| !at_work || *capacity != Capacity::Parent).or_else(|| self.all.first().copied())
    }
}

/// `?as=` of a page that is read: as what its reader wants to be here.
fn asked_capacity(request: &Request) -> Option<Capacity> {
    // A link on another site changes nothing here.
    let from_here = request.headers().get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none");
    asked(request, "as=").filter(|_| from_here).and_then(Capacity::from_code)
}

/// What is known of a request without asking the database: for refusals that come before [`know`].
pub fn stranger(state: &AppState, request: &Request) -> PageContext {
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    page_context(state, request, language(state, request, None), None, request_id)
}

/// The language of the answer: asked for in the address, chosen in this browser, the account's, the browser's own.
fn language(state: &AppState, request: &Request, session: Option<&Session>) -> Locale {
    let offered = |locale: &Locale| state.info.locales.contains(locale);
    asked_language(request)
        .filter(offered)
        .or_else(|| cookies::read_language(request.headers()).filter(offered))
        .or_else(|| session.and_then(|session| session.locale).filter(offered))
        .or_else(|| {
            let line = request.headers().get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
            Locale::negotiate(line).filter(offered)
        })
        .unwrap_or(state.info.default_locale)
}

/// `?lang=` of a page that is read. It changes nothing on the server: the choice is this browser's, in its cookie.
fn asked_language(request: &Request) -> Option<Locale> {
    asked(request, "lang=").and_then(Locale::from_code)
}

/// What the query of a page that is read says after a name with its equals sign.
fn asked<'request>(request: &'request Request, name: &str) -> Option<&'request str> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    request.uri().query()?.split('&').find_map(|pair| pair.strip_prefix(name))
}

fn page_context(
    state: &AppState,
    request: &Request,
    locale: Locale,
    session: Option<&Session>,
    request_id: String,
) -> PageContext {
    PageContext {
        locale,
        path: request.uri().path_and_query().map_or_else(|| "/".to_owned(), |path| path.as_str().to_owned()),
        viewer: session.map(|session| ViewerInfo {
            given_name: session.given_name.clone(),
            display_name: session.display_name.clone(),
            staff: staff_bar(request.uri().path(), &session.roles),
        }),
        portal: Arc::clone(&state.info),
        nonce: request.extensions().get::<security::Nonce>().map(|nonce| nonce.0.clone()),
        stylesheet: state.assets.stylesheet.clone(),
        request_id,
        now: state.portal.now(),
    }
}

/// What the header offers to staff: what the roles open at all; how far they reach, each page asks for itself.
fn staff_bar(path: &str, roles: &[Role]) -> Option<StaffBar> {
    if roles.is_empty() {
        return None;
    }
    let sections = StaffSection::ALL.into_iter().filter(|section| {
        let permission = match section {
            StaffSection::Administration | StaffSection::Specialists | StaffSection::Teachers => Permission::ReadStaff,
            StaffSection::Pupils => Permission::ReadContacts,
            StaffSection::Queue => Permission::WorkReviewQueue,
        };
        roles.iter().any(|role| permission.scope(*role) != Scope::None)
    });
    Some(StaffBar { sections: sections.collect(), current: StaffSection::of(path), ..StaffBar::default() })
}

/// Whether what is at a path is shown below the portal's header: programs and pictures have none.
fn has_header(path: &str) -> bool {
    !path.starts_with("/api/") && !path.starts_with("/people/pupils/photo/")
}

/// How many requests for review wait, for the badge in the staff's header. A page is not lost because its badge is.
async fn count_reviews(state: &AppState, session: Option<&Session>, page: &mut PageContext) {
    let (Some(session), Some(bar)) = (session, page.viewer.as_mut().and_then(|viewer| viewer.staff.as_mut())) else {
        return;
    };
    if !is_workplace(&page.path) || !has_header(&page.path) || !bar.sections.contains(&StaffSection::Queue) {
        return;
    }
    match state.portal.review_queue().open_count(session).await {
        Ok(count) => bar.open_reviews = count,
        Err(error) => {
            let request_id = &page.request_id;
            tracing::error!(code = error.code(), request_id, error = %error, "reviews could not be counted");
        }
    }
}

/// The page's context, for handlers.
pub struct Page(pub PageContext);

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts
            .extensions
            .get::<PageContext>()
            .cloned()
            .map(Self)
            .ok_or(Failure::status(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

/// The request's visit, for handlers.
pub struct From(pub Visit);

impl<S: Send + Sync> FromRequestParts<S> for From {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts.extensions.get::<Visit>().cloned().map(Self).ok_or(Failure::status(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

/// The signed-in person; others are led to the sign-in page and back.
pub struct SignedInPerson(pub Arc<Session>);

impl<S: Send + Sync> FromRequestParts<S> for SignedInPerson {
    type Rejection = axum::response::Redirect;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let session = parts.extensions.get::<Viewer>().and_then(|viewer| viewer.0.clone());
        session.map(Self).ok_or_else(|| {
            let back = if parts.method == Method::GET { parts.uri.path() } else { "/me" };
            // Paths of this portal need no further escaping than they have.
            axum::response::Redirect::to(&format!("/sign-in?next={back}"))
        })
    }
}

/// A visit of somebody who is signed in, with all that its handler works with: what nearly every page of staff begins with. Others are
/// led to the sign-in page and back.
pub struct SignedInVisit {
    /// What the server is made of.
    pub state: AppState,
    /// The page's context.
    pub page: PageContext,
    /// From where, in which language, under which id.
    pub visit: Visit,
    /// Whose.
    pub session: Arc<Session>,
}

impl FromRequestParts<AppState> for SignedInVisit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let Page(page) = Page::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let From(visit) = From::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let signed_in = SignedInPerson::from_request_parts(parts, state).await;
        let SignedInPerson(session) = signed_in.map_err(IntoResponse::into_response)?;
        Ok(Self { state: state.clone(), page, visit, session })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(proxies: &[&str]) -> WebSettings {
        WebSettings {
            https: true,
            trusted_proxies: proxies.iter().filter_map(|text| text.parse().ok()).collect(),
            request_timeout: std::time::Duration::from_secs(1),
            body_limit: 1,
            upload_limit: 1,
            max_in_flight: 1,
            metrics_elsewhere: true,
            form_targets: String::new(),
        }
    }

    fn address(peer: &str, forwarded: &[&'static str], proxies: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        client_address(peer.parse().ok(), &headers, &settings(proxies)).map(|address| address.to_string())
    }

    #[test]
    fn a_role_is_chosen_among_those_that_somebody_has() {
        use Capacity::{Parent, Staff};
        let (teacher, deputy) = (Role::ClassTeacher, Role::DeputyHead);
        let of = |wishes| Chosen::of(&[teacher, deputy], true, wishes);
        let nothing = of([None, None]);
        assert_eq!(nothing.all, [Staff(deputy), Staff(teacher), Parent]);
        assert_eq!((nothing.staff(), nothing.shown("/me")), (None, Some(Staff(deputy))), "all rights count");
        let asked = of([Some(Staff(teacher)), Some(Staff(deputy))]);
        assert_eq!((asked.staff(), asked.shown("/people/pupils")), (Some(teacher), Some(Staff(teacher))));
        let kept = of([Some(Staff(Role::SystemAdministrator)), Some(Parent)]);
        assert_eq!((kept.staff(), kept.shown("/me")), (None, Some(Parent)), "what one is not is passed over");
        assert_eq!(kept.shown("/admin/review"), Some(Staff(deputy)), "nobody is a parent at work");
        let no_parent = Chosen::of(&[teacher], false, [Some(Parent), None]);
        assert_eq!((no_parent.chosen, no_parent.shown("/me")), (None, Some(Staff(teacher))));
        assert!(Chosen::of(&[], true, [Some(Parent), None]).all.is_empty(), "who is no staff has nothing to choose");
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(address("203.0.113.1", &["198.51.100.7"], &[]).as_deref(), Some("203.0.113.1"));
        assert_eq!(address("10.0.0.1", &["198.51.100.7"], &["10.0.0.0/8"]).as_deref(), Some("198.51.100.7"));
        assert_eq!(
            address("10.0.0.1", &["1.1.1.1, 198.51.100.7, 10.0.0.2"], &["10.0.0.0/8"]).as_deref(),
            Some("198.51.100.7"),
            "what stands left of the first untrusted address may be invented"
        );
        assert_eq!(
            address("10.0.0.1", &["1.1.1.1", "198.51.100.7"], &["10.0.0.0/8"]).as_deref(),
            Some("198.51.100.7"),
            "several header lines are one list"
        );
        assert_eq!(address("10.0.0.1", &["rubbish"], &["10.0.0.0/8"]).as_deref(), Some("10.0.0.1"));
    }
}
