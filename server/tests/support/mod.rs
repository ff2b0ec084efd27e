//! A portal in one process, driven through its router without a socket.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "a failed unwrap is a failed test")]

pub mod school;

use std::sync::Arc;
use std::time::Duration;

use app::page_context::{PerLocale, PortalInfo};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use domain::{Country, IdKind, IdNumber, Locale, Mobile, Password, PersonIdentifier, PersonName, UserCode};
use http_body_util::BodyExt as _;
use schoolgate_server::http::assets::Assets;
use schoolgate_server::http::router;
use schoolgate_server::state::{AppState, Parts, WebSettings};
use services::esia::Esia;
use services::hasher::{HashSettings, PasswordHasher};
use services::people::NewPerson;
use services::store::meta;
use services::{
    Clock as _, Db, DbSettings, KeyRing, ManualClock, Portal, PortalParts, Sealer, SeededRng, Settings, Visit,
};
use tokio::sync::watch;
use tower::ServiceExt as _;

/// 2026-01-15 08:00 UTC.
pub const START: i64 = 1_768_464_000_000;
/// The known person.
pub const KNOWN: &str = "039337423";
/// Valid, and nobody's.
pub const UNKNOWN: &str = "012345674";
pub const MOBILE: &str = "+972525550134";
pub const PASSWORD: &str = "correct horse battery P1";

pub struct TestPortal {
    pub router: Router,
    pub portal: Portal,
    pub clock: Arc<ManualClock>,
    pub user_code: UserCode,
    /// Tells the portal to stop.
    pub stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
}

pub fn web() -> WebSettings {
    WebSettings {
        https: true,
        trusted_proxies: Vec::new(),
        request_timeout: Duration::from_secs(30),
        body_limit: 64 * 1024,
        upload_limit: 256 * 1024,
        max_in_flight: 100,
        metrics_elsewhere: true,
        form_targets: String::new(),
    }
}

pub async fn portal_with(web: WebSettings) -> TestPortal {
    portal_of(web, None, |_| {}).await
}

/// A portal with the sign-in through Gosuslugi; its own address is `https://portal.example`.
pub async fn portal_with_esia(esia: Arc<dyn Esia>) -> TestPortal {
    let web = WebSettings { form_targets: " https://esia.example".to_owned(), ..web() };
    portal_of(web, Some(esia), |info| info.esia_enabled = true).await
}

/// A portal of which pages say something else.
pub async fn portal_showing(change: impl FnOnce(&mut PortalInfo)) -> TestPortal {
    portal_of(web(), None, change).await
}

async fn portal_of(web: WebSettings, esia: Option<Arc<dyn Esia>>, change: impl FnOnce(&mut PortalInfo)) -> TestPortal {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.sqlite").display());
    let db = Db::connect(&DbSettings { url, max_connections: 4 }).await.unwrap();
    db.migrate().await.unwrap();
    let clock = Arc::new(ManualClock::new(START));
    let rng = Arc::new(SeededRng::new(7));
    let sealer = Sealer::new(&KeyRing::generate(&*rng, clock.now()));
    meta::check_keys(&db, &sealer, &*rng).await.unwrap();
    let hasher =
        PasswordHasher::new(HashSettings { m_kib: 64, t: 1, p: 1, threads: 1, queue: 8, pepper: None }).unwrap();
    let settings = Settings { id_kinds: vec![IdKind::IlId, IdKind::RuSnils], ..Settings::default() };
    let portal = Portal::new(PortalParts { db, keys: sealer, clock: clock.clone(), rng, hasher, settings });
    let portal = match esia {
        Some(esia) => portal.with_esia(esia, "https://portal.example"),
        None => portal,
    };
    let user_code = add_parent(&portal).await;
    let name = |text: &str| text.to_owned();
    let mut info = PortalInfo {
        names: PerLocale {
            he: name("פורטל"), ar: name("بوابة"), ru: name("Портал"), en: name("Portal")
        },
        help_line: Some(name("*6552")),
        contact_email: None,
        locales: Locale::ALL.to_vec(),
        default_locale: Locale::He,
        esia_enabled: false,
        registration_open: true,
        password_reset: true,
        demo: false,
        id_kinds: vec![IdKind::IlId, IdKind::RuSnils],
        security_question: true,
        applications: Vec::new(),
        guide_url: None,
        video_url: None,
        time_zone: name("Asia/Jerusalem"),
    };
    change(&mut info);
    let (stop, stopped) = watch::channel(false);
    let state = AppState::new(Parts {
        portal: portal.clone(),
        info: Arc::new(info),
        assets: Assets::none(),
        web,
        configuration: Vec::new(),
        metrics: metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder().handle(),
        demo: None,
        stopped,
    });
    TestPortal { router: router(state), portal, clock, user_code, stop, _folder: folder }
}

pub async fn portal() -> TestPortal {
    portal_with(web()).await
}

async fn add_parent(portal: &Portal) -> UserCode {
    let visit =
        Visit { address: None, user_agent: None, request_id: "test".to_owned(), locale: Locale::He, device: None };
    let new = NewPerson {
        locale: Some(Locale::He),
        identifier: Some(PersonIdentifier::IlId(IdNumber::parse(KNOWN).unwrap())),
        mobile: Some(Mobile::parse("052-5550134", Country::Il).unwrap()),
        ..NewPerson::named(PersonName::new("לדוגמה", "דנה", None).unwrap())
    };
    let mut tx = portal.db().begin().await.unwrap();
    let person = portal.people().create(&mut tx, &new, START).await.unwrap();
    let account = portal.accounts().create(&mut tx, &visit, person, None, START).await.unwrap();
    tx.commit().await.unwrap();
    portal.passwords().set(&visit, account.id, &Password::new(PASSWORD).unwrap(), None).await.unwrap();
    account.user_code
}

/// An answer, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The cookies it sets, as a request sends them back.
    pub fn cookies(&self) -> String {
        let pairs: Vec<&str> = self
            .headers
            .get_all(header::SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok()?.split(';').next())
            .filter(|pair| !pair.ends_with('='))
            .collect();
        pairs.join("; ")
    }
}

impl TestPortal {
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn get_with(&self, path: &str, cookies: &str) -> Answer {
        self.send(Request::get(path).header(header::COOKIE, cookies).body(Body::empty()).unwrap()).await
    }

    pub async fn post_form(&self, path: &str, form: &str, cookies: &str) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "text/html")
            .header("sec-fetch-site", "same-origin")
            .header(header::COOKIE, cookies)
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.send(request).await
    }

    pub async fn post_json(&self, path: &str, body: serde_json::Value) -> Answer {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    /// The newest code in the outbox, as a worker would read it; the row is left in that worker's hands.
    pub async fn newest_code(&self) -> String {
        let leased = self.portal.outbox().lease("test", 100, 60_000).await.unwrap();
        let newest = leased.iter().max_by_key(|message| message.created_at).expect("a message waits");
        newest.payload["code"].as_str().unwrap().to_owned()
    }
}
