//! `serve`: everything that runs in one process, from the first connection to the last.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::page_context::{Application, PerLocale, PortalInfo};
use app::text::{Zone, ZoneError};
use axum::Router;
use axum::routing::get;
use domain::Locale;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use services::class_events::ClassEvents;
use services::common_passwords::ListedPasswords;
use services::delivery::{Delivery, InvalidSettings};
use services::esia::{self, EsiaError};
use services::hasher::{HashError, PasswordHasher};
use services::portal::Portal;
use services::portal::PortalParts;
use services::{Clock, Db, OsRng, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{ApplicationConfig, Config, EsiaKind, Localized};
use crate::connections;
use crate::demo::{Demo, DemoError};
use crate::http;
use crate::http::assets::{Assets, AssetsError};
use crate::messages::MessageTexts;
use crate::open::{self, DemoRule, OpenError, Opened, Opening};
use crate::state::{AppState, Parts, WebSettings};
use crate::workers::outbox::{OutboxSettings, OutboxWorker};
use crate::workers::{housekeeping, imports, registrations};

/// What the command line adds to the configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServeOptions {
    /// Serve a demo database, with its inbox.
    pub demo: bool,
}

/// Why the server can't start, or has failed.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Database or keys.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The built site.
    #[error(transparent)]
    Assets(#[from] AssetsError),
    /// The gateways' settings.
    #[error(transparent)]
    Gateways(#[from] InvalidSettings),
    /// Gosuslugi's settings.
    #[error(transparent)]
    Esia(#[from] EsiaError),
    /// The parameters of the password hash.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The time zone.
    #[error(transparent)]
    Zone(#[from] ZoneError),
    /// The demo's own files.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The address can't be listened on.
    #[error("can't listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

impl ServeError {
    /// How to mend it.
    pub fn mend(&self) -> &'static str {
        match self {
            Self::Open(_) | Self::Demo(_) => "",
            Self::Assets(_) => "build the site, or set server.site to the folder that has it",
            Self::Gateways(_) => "correct the gateways in the configuration; `schoolgate doctor` tries them",
            Self::Esia(error) => error.mend(),
            Self::Hash(_) => "correct the argon2 figures in [password]",
            Self::Zone(_) => "set portal.time_zone to a name of the IANA database",
            Self::Listen { .. } => "stop what listens there, or set server.listen to another address",
        }
    }
}

/// Serves until the process is told to stop (SIGTERM, SIGINT), finishes what is under way, and returns.
///
/// # Errors
/// [`ServeError`] when something is missing at the start, or the listener fails.
pub async fn serve(config: Config, options: ServeOptions) -> Result<(), ServeError> {
    let opening = Opening {
        migrate: config.database.auto_migrate,
        demo: if options.demo { DemoRule::Require } else { DemoRule::Refuse },
    };
    let Opened { db, sealer, .. } = open::open(&config, opening).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let gateways = config.gateways();
    let delivery = Delivery::new(gateways.sms, gateways.mail, Arc::clone(&clock))?;
    let esia = config.esia().map(|settings| esia::connect(settings, Arc::clone(&clock))).transpose()?;
    let portal = Portal::new(PortalParts {
        db: db.clone(),
        keys: sealer,
        clock,
        rng: Arc::new(OsRng),
        hasher: PasswordHasher::new(config.hash_settings())?,
        settings: config.settings(),
    })
    .with_common_passwords(Arc::new(ListedPasswords::shipped()));
    let portal = match esia {
        Some(esia) => portal.with_esia(esia, &config.server.public_url.origin()),
        None => portal,
    };
    let demo = if options.demo { Some(Demo::beside(&config)?) } else { None };
    let (stop, stopped) = watch::channel(false);
    let state = AppState::new(Parts {
        portal: portal.clone(),
        info: Arc::new(portal_info(&config, options.demo)),
        assets: Assets::load(&site(&config))?,
        web: web_settings(&config),
        configuration: config.shown(),
        metrics: collect_metrics(),
        demo,
        stopped: stopped.clone(),
    });
    let texts = message_texts(&config)?;

    let listener = listen(config.server.listen).await?;
    let metrics_listener = match config.server.metrics_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let mut workers = JoinSet::new();
    for number in 0..config.outbox.workers {
        let worker = OutboxWorker {
            portal: portal.clone(),
            delivery: delivery.clone(),
            texts: texts.clone(),
            settings: outbox_settings(&config),
            owner: format!("{}-{number}", std::process::id()),
        };
        workers.spawn(worker.run(stopped.clone()));
    }
    let sweep = Duration::from_secs(60 * u64::from(config.retention.sweep_every_min));
    let registrar = format!("{}-registrar", std::process::id());
    workers.spawn(registrations::run(portal.clone(), registrar, outbox_settings(&config).poll, stopped.clone()));
    workers.spawn(imports::run(portal.clone(), outbox_settings(&config).poll, stopped.clone()));
    workers.spawn(housekeeping::run(portal.clone(), sweep, stopped.clone()));
    workers.spawn(hear_replicas(db.clone(), stopped.clone()));
    workers.spawn(keep_log_short(db.clone(), stopped.clone()));
    workers.spawn(keep_metrics_small(state.metrics.clone(), stopped.clone()));
    if let Some(listener) = metrics_listener {
        workers.spawn(serve_metrics(listener, state.clone(), stopped.clone()));
    }
    let url = config.server.public_url.origin();
    tracing::info!(address = %config.server.listen, url, "the portal answers");

    let grace = Duration::from_secs(config.server.shutdown_grace_s);
    until_stopped(listener, http::router(state), stop, stopped, grace).await;
    // Workers finish the message they have in hand.
    let _ = tokio::time::timeout(grace, async { while workers.join_next().await.is_some() {} }).await;
    db.close().await;
    tracing::info!("the portal has stopped");
    Ok(())
}

/// Serves until told to stop, then gives running requests their grace.
async fn until_stopped(
    listener: TcpListener,
    router: Router,
    stop: watch::Sender<bool>,
    mut stopped: watch::Receiver<bool>,
    grace: Duration,
) {
    tokio::spawn(async move {
        told_to_stop().await;
        tracing::info!("stopping: finishing what is under way");
        let _ = stop.send(true);
    });
    let serving = connections::serve(listener, router, stopped.clone());
    tokio::select! {
        () = serving => {}
        () = async {
            let _ = stopped.changed().await;
            tokio::time::sleep(grace).await;
        } => {}
    }
}

/// Completes on SIGTERM or SIGINT.
async fn told_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })
}

async fn serve_metrics(listener: TcpListener, state: AppState, stopped: watch::Receiver<bool>) {
    let router = Router::new().route("/metrics", get(move || std::future::ready(http::render_metrics(&state))));
    connections::serve(listener, router, stopped).await;
}

/// Brings what other replicas announce to whoever has a class open here.
async fn hear_replicas(db: Db, mut stopped: watch::Receiver<bool>) {
    tokio::select! {
        () = ClassEvents::listen(db) => {}
        _ = stopped.changed() => {}
    }
}

/// Folds the database's log into its file beside the work.
async fn keep_log_short(db: Db, mut stopped: watch::Receiver<bool>) {
    tokio::select! {
        () = db.keep_log_short() => {}
        _ = stopped.changed() => {}
    }
}

/// Histograms keep every figure until it is summed up; somebody has to, whether or not the metrics are read.
async fn keep_metrics_small(metrics: PrometheusHandle, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        metrics.run_upkeep();
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
            _ = stopped.changed() => {}
        }
    }
}

/// Starts collecting, once per process: a second call (tests) gets a recorder of its own.
fn collect_metrics() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::debug!("metrics are collected already");
    }
    handle
}

/// The folder of the built site: as configured, else beside the program (an installed portal), else where builds put it.
fn site(config: &Config) -> PathBuf {
    if let Some(site) = &config.server.site {
        return site.clone();
    }
    std::env::current_exe()
        .ok()
        .and_then(|program| program.parent().map(|folder| folder.join("site")))
        .filter(|folder| folder.is_dir())
        .unwrap_or_else(|| Path::new("target/site").to_owned())
}

fn per_locale(texts: &Localized) -> PerLocale<String> {
    let text = |locale| texts.get(locale).to_owned();
    PerLocale { he: text(Locale::He), ar: text(Locale::Ar), ru: text(Locale::Ru), en: text(Locale::En) }
}

fn portal_info(config: &Config, demo: bool) -> PortalInfo {
    PortalInfo {
        names: per_locale(&config.portal.name),
        help_line: some(&config.portal.help_line),
        contact_email: config.portal.contact_email.as_ref().map(|address| address.email().as_str().to_owned()),
        locales: config.portal.locales.clone(),
        default_locale: config.portal.default_locale,
        esia_enabled: config.esia.kind != EsiaKind::Off,
        registration_open: config.registration.open,
        password_reset: config.password.reset,
        demo,
        id_kinds: config.portal.id_kinds.clone(),
        security_question: config.password.security_question,
        applications: applications(config),
        guide_url: some(&config.portal.guide_url),
        video_url: some(&config.portal.video_url),
        time_zone: config.portal.time_zone.clone(),
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn applications(config: &Config) -> Vec<Application> {
    let one = |application: &ApplicationConfig| Application {
        names: per_locale(&application.name),
        url: application.url.clone(),
    };
    config.portal.application.iter().map(one).collect()
}

fn web_settings(config: &Config) -> WebSettings {
    WebSettings {
        https: config.server.public_url.is_https(),
        trusted_proxies: config.server.trusted_proxies.clone(),
        request_timeout: Duration::from_secs(config.server.request_timeout_s),
        body_limit: config.server.body_limit_kib.saturating_mul(1024),
        upload_limit: config.server.upload_limit_mib.saturating_mul(1024 * 1024),
        max_in_flight: config.server.max_in_flight,
        metrics_elsewhere: config.server.metrics_listen.is_some(),
        form_targets: config.esia.form_targets(),
    }
}

fn outbox_settings(config: &Config) -> OutboxSettings {
    OutboxSettings {
        batch: config.outbox.batch,
        lease_ms: i64::from(config.outbox.lease_s) * 1000,
        poll: Duration::from_millis(config.outbox.poll_ms),
    }
}

fn message_texts(config: &Config) -> Result<MessageTexts, ServeError> {
    Ok(MessageTexts {
        short_name: config.portal.short_name.clone(),
        names: per_locale(&config.portal.name),
        host: config.server.public_url.host().to_owned(),
        origin: config.server.public_url.origin(),
        help_line: config.portal.help_line.clone(),
        zone: Zone::parse(&config.portal.time_zone)?,
    })
}
