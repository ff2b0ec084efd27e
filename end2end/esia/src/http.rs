//! The web server.

mod asked;
mod control;
mod endpoints;
mod pages;
mod replies;
mod rest;
mod rest_data;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tower::Service as _;

use crate::app::App;
use crate::client::Version;

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
struct Peer(IpAddr);

/// A mark on an answer: close the connection instead.
#[derive(Clone, Copy, Debug)]
struct HangUp;

/// All addresses.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(endpoints::home))
        .route("/aas/oauth2/ac", get(first_ac).post(first_ac))
        .route("/aas/oauth2/v2/ac", get(current_ac).post(current_ac))
        .route("/aas/oauth2/te", post(first_te))
        .route("/aas/oauth2/v3/te", post(current_te))
        .route("/login", get(endpoints::login).post(endpoints::choose))
        .route("/idp/ext/Logout", get(endpoints::logout))
        .route("/rs/{*path}", get(rest::rest))
        .route("/public/esia.zip", get(endpoints::certificates))
        .route("/standin.css", get(pages::style))
        .route("/_control/healthz", get(control::healthz))
        .route("/_control/certificate.pem", get(control::certificate))
        .route("/_control/certificates.pem", get(control::certificates))
        .route("/_control/log", get(control::log))
        .route("/_control/persons", get(control::persons))
        .route("/_control/fail", post(control::fail).delete(control::calm))
        .route("/_control/rotate", post(control::rotate))
        .route("/_control/clock", get(control::clock).post(control::set_clock))
        .route("/_control/reset", post(control::reset))
        .fallback(endpoints::not_found)
        .with_state(app)
}

async fn first_ac(State(app): State<Arc<App>>, request: Request) -> Response {
    endpoints::ac(&app, Version::First, request).await
}

async fn current_ac(State(app): State<Arc<App>>, request: Request) -> Response {
    endpoints::ac(&app, Version::Current, request).await
}

async fn first_te(State(app): State<Arc<App>>, request: Request) -> Response {
    endpoints::te(&app, Version::First, request).await
}

async fn current_te(State(app): State<Arc<App>>, request: Request) -> Response {
    endpoints::te(&app, Version::Current, request).await
}

/// Serves for good. Not [`axum::serve`]: that one cannot close a connection without an answer, which «down» is about.
pub async fn serve(listener: TcpListener, app: Arc<App>) -> Infallible {
    let router = router(app);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                tokio::spawn(connection(stream, peer, router.clone()));
            }
            // Too many open files, or the peer is gone again: there is nothing to do but to go on.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router) {
    // Answers are small: waiting for more of them would only make them late.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        let mut router = router.clone();
        async move {
            let Ok(response) = router.call(request).await;
            if response.extensions().get::<HangUp>().is_some() {
                return Err(io::Error::other("the stand-in was told to be down"));
            }
            Ok(response)
        }
    });
    // A connection that ends early is the peer's business.
    let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
}
