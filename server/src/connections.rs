//! Connections: HTTP/1.1, as browsers speak it to a portal without TLS and proxies to one behind them (they speak HTTP/2 to the browser).
//!
//! A connection on which nobody asks is closed after a while, and so is one whose request does not come to the end of its head: otherwise
//! a few thousand sockets that say a byte a minute would hold the portal's files open for ever (CWE-400, "slowloris"). What comes after
//! the head has limits of its own ([`crate::http`]).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt as _;

/// How long a connection may wait for the end of a request's head, be it the first or the next. Longer than proxies keep a connection
/// that they do not use (nginx: 60 s), so that it is they who close it, and no request meets a connection that is just being closed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// Serves until told to stop; then takes no more connections, and returns when those that are open have been answered.
pub async fn serve(listener: TcpListener, router: Router, stopped: watch::Receiver<bool>) {
    serve_patiently(listener, router, stopped, HEAD_TIMEOUT).await;
}

async fn serve_patiently(
    mut listener: TcpListener,
    router: Router,
    mut stopped: watch::Receiver<bool>,
    head_timeout: Duration,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_timeout);
    let open = GracefulShutdown::new();
    loop {
        // It waits by itself when there are no more files to open.
        let (stream, address) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        let router = router.clone();
        let answer = service_fn(move |request| answer(router.clone(), address, request));
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), answer));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection has ended");
            }
        });
    }
    drop(listener);
    open.shutdown().await;
}

async fn answer(router: Router, address: SocketAddr, request: Request<Incoming>) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(address));
    router.oneshot(request).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use std::sync::{Arc, Mutex};

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::{Notify, oneshot};
    use tokio::task::JoinHandle;

    use super::*;

    /// Serves `router`; where, what stops it, and when it has stopped.
    async fn served(router: Router, head_timeout: Duration) -> (SocketAddr, watch::Sender<bool>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        (address, stop, tokio::spawn(serve_patiently(listener, router, stopped, head_timeout)))
    }

    fn whoami() -> Router {
        Router::new().route("/", get(async |ConnectInfo(address): ConnectInfo<SocketAddr>| address.to_string()))
    }

    #[tokio::test]
    async fn a_connection_that_does_not_say_all_of_its_request_is_closed() {
        let (address, _stop, _serving) = served(whoami(), Duration::from_millis(100)).await;
        for said in ["", "P", "GET / HTTP/1.1\r\nHost: x\r\nAccept:"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(said.as_bytes()).await.unwrap();
            let mut heard = Vec::new();
            // It would wait for ever.
            stream.read_to_end(&mut heard).await.unwrap();
            assert!(!heard.starts_with(b"HTTP/1.1 2"), "{said:?}");
        }
    }

    #[tokio::test]
    async fn an_answered_connection_on_which_nobody_asks_again_is_closed() {
        let (address, _stop, _serving) = served(whoami(), Duration::from_millis(100)).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let me = stream.local_addr().unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        assert!(heard.starts_with("HTTP/1.1 200 ") && heard.ends_with(&me.to_string()), "{heard}");
    }

    #[tokio::test]
    async fn a_request_that_is_under_way_is_answered_after_the_word_to_stop() {
        let (begun, began) = oneshot::channel();
        let begun = Arc::new(Mutex::new(Some(begun)));
        let end = Arc::new(Notify::new());
        let ends = Arc::clone(&end);
        let slow = get(move || {
            if let Some(begun) = begun.lock().unwrap().take() {
                begun.send(()).unwrap();
            }
            let ends = Arc::clone(&ends);
            async move {
                ends.notified().await;
                "done"
            }
        });
        let (address, stop, serving) = served(whoami().route("/slow", slow), Duration::from_millis(50)).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        began.await.unwrap();
        stop.send(true).unwrap();
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!serving.is_finished());
        end.notify_one();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        assert!(heard.starts_with("HTTP/1.1 200 ") && heard.ends_with("done"), "{heard}");
        serving.await.unwrap();
    }
}
