//! Sign-in pages a second, beside a bare axum server that answers the same bytes from memory: the distance between the two is
//! what rendering, compressing and guarding a page costs.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use hyper::body::Bytes;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::client::Connection;
use crate::drive::{Driven, drive};
use crate::error::LoadError;
use crate::process::COMPARISON;
use crate::server::Server;

/// The page.
const PATH: &str = "/sign-in";
/// Connections at once.
const CONNECTIONS: usize = 16;

/// One way of asking for the page.
#[derive(Debug, Serialize)]
pub struct Pages {
    /// `Accept-Encoding`, if one was sent.
    pub encoding: Option<&'static str>,
    /// The page as it came over the wire, in bytes.
    pub bytes: usize,
    /// By the portal, one entry for each round.
    pub portal: Vec<Driven>,
    /// By the comparison server.
    pub comparison: Vec<Driven>,
}

/// Asks for the page with and without compression, in rounds.
pub async fn run(server: &Server, rounds: usize, span: Duration) -> Result<Vec<Pages>, LoadError> {
    let mut all = Vec::new();
    for encoding in [Some("br"), None] {
        let page = Connection::open(server.address()).await?.get(PATH, encoding).await?;
        let page = page.expect("the sign-in page", StatusCode::OK)?;
        if page.headers.get(CONTENT_ENCODING).map(http::HeaderValue::as_bytes) != encoding.map(str::as_bytes) {
            return Err(page.unexpected("the sign-in page, asked for in another coding,"));
        }
        let mut pages = Pages { encoding, bytes: page.body.len(), portal: Vec::new(), comparison: Vec::new() };
        let comparison = Comparison::start(page.headers, page.body).await?;
        for _ in 0..rounds {
            pages.portal.push(read(server.address(), encoding, span, server.id()).await?);
            pages.comparison.push(read(comparison.address, encoding, span, server.id()).await?);
        }
        all.push(pages);
    }
    Ok(all)
}

async fn read(
    address: SocketAddr,
    encoding: Option<&'static str>,
    span: Duration,
    server: u32,
) -> Result<Driven, LoadError> {
    drive(CONNECTIONS, span, server, |_, gate| async move {
        let mut connection = Connection::open(address).await?;
        while gate.is_open() {
            connection.get(PATH, encoding).await?.expect("the sign-in page", StatusCode::OK)?;
            gate.count();
        }
        Ok(())
    })
    .await
}

/// A server that answers one page from memory, on threads of its own.
struct Comparison {
    address: SocketAddr,
    /// `None` only while it is being dropped.
    threads: Option<Runtime>,
}

impl Comparison {
    async fn start(headers: HeaderMap, body: Bytes) -> Result<Self, LoadError> {
        let kept = [CONTENT_TYPE, CONTENT_ENCODING];
        let kept: HeaderMap =
            kept.into_iter().filter_map(|name| Some((name.clone(), headers.get(name)?.clone()))).collect();
        let router = Router::new().route(PATH, get(move || std::future::ready((kept.clone(), body.clone()))));
        let threads = Builder::new_multi_thread()
            .worker_threads(std::thread::available_parallelism().map_or(4, std::num::NonZero::get).max(4))
            .thread_name(format!("{COMPARISON}server"))
            .enable_all()
            .build()
            .map_err(LoadError::Connect)?;
        let listening = threads.spawn(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = listening.await?.map_err(LoadError::Connect)?;
        let address = listener.local_addr().map_err(LoadError::Connect)?;
        threads.spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, threads: Some(threads) })
    }
}

impl Drop for Comparison {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            // A runtime must not wait for its tasks inside another one.
            threads.shutdown_background();
        }
    }
}
