//! A frugal HTTP/1.1 client: one kept connection for each of those who sign in, no pool, no cookie but that of the session.
//! It shares the machine with the server it measures, so what it does not do is what it is for.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, COOKIE, HOST, IF_MATCH, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::error::LoadError;

/// A whole answer.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as it came over the wire.
    pub body: Bytes,
    /// From before the request was written until the last byte was read.
    pub took: Duration,
}

impl Answer {
    /// The answer if it has this status.
    pub fn expect(self, what: &'static str, status: StatusCode) -> Result<Self, LoadError> {
        if self.status == status { Ok(self) } else { Err(self.unexpected(what)) }
    }

    /// The error of an answer that does not belong here.
    pub fn unexpected(&self, what: &'static str) -> LoadError {
        let body = String::from_utf8_lossy(&self.body).chars().take(300).collect();
        LoadError::Unexpected { what, status: self.status, body }
    }

    /// Seconds after which the server wants to be asked again.
    pub fn retry_after(&self) -> Option<u64> {
        self.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()
    }

    /// A text of the JSON body.
    pub fn text(&self, name: &str) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        body.get(name)?.as_str().map(ToOwned::to_owned)
    }
}

/// A kept connection.
pub struct Connection {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
    /// Whose it is, once somebody has signed in.
    cookie: Option<HeaderValue>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self, LoadError> {
        Ok(Self { address, sender: connect(address).await?, cookie: None })
    }

    /// Connects as somebody who has signed in.
    pub async fn signed_in(address: SocketAddr, cookie: HeaderValue) -> Result<Self, LoadError> {
        Ok(Self { cookie: Some(cookie), ..Self::open(address).await? })
    }

    /// One more connection of the same browser.
    pub async fn another(&self) -> Result<Self, LoadError> {
        Ok(Self { address: self.address, sender: connect(self.address).await?, cookie: self.cookie.clone() })
    }

    /// Reads a page.
    pub async fn get(&mut self, path: &str, encoding: Option<&'static str>) -> Result<Answer, LoadError> {
        let mut request = Request::builder().method(Method::GET).uri(path);
        if let Some(encoding) = encoding {
            request = request.header(ACCEPT_ENCODING, encoding);
        }
        self.send(request, Bytes::new()).await
    }

    /// Posts JSON to the API.
    pub async fn post(&mut self, path: &str, body: &serde_json::Value) -> Result<Answer, LoadError> {
        self.send_json(Method::POST, path, body).await
    }

    /// Changes something by the API.
    pub async fn patch(&mut self, path: &str, body: &serde_json::Value) -> Result<Answer, LoadError> {
        self.send_json(Method::PATCH, path, body).await
    }

    /// Changes a version of something by the API, as a page of the portal does it: a request that comes twice under the
    /// same key is done once.
    pub async fn change(
        &mut self,
        path: &str,
        version: i64,
        key: &str,
        body: &serde_json::Value,
    ) -> Result<Answer, LoadError> {
        let request = Request::builder()
            .method(Method::PATCH)
            .uri(path)
            .header(CONTENT_TYPE, "application/json")
            .header(IF_MATCH, format!("\"{version}\""))
            .header("idempotency-key", key)
            .header("sec-fetch-site", "same-origin");
        self.send(request, Bytes::from(body.to_string())).await
    }

    /// Begins to read an answer that has no end. The connection is used up by it.
    pub async fn stream(mut self, path: &str) -> Result<Stream, LoadError> {
        let what = "listening to events";
        let request = Request::builder().method(Method::GET).uri(path).header(ACCEPT, "text/event-stream");
        let request = self.complete(request, Bytes::new())?;
        let since = Instant::now();
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        if head.status == StatusCode::OK {
            return Ok(Stream { _sender: self.sender, body });
        }
        let body = body.collect().await?.to_bytes();
        Err(Answer { status: head.status, headers: head.headers, body, took: since.elapsed() }.unexpected(what))
    }

    async fn send_json(&mut self, method: Method, path: &str, body: &serde_json::Value) -> Result<Answer, LoadError> {
        let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
        self.send(request, Bytes::from(body.to_string())).await
    }

    async fn send(&mut self, request: http::request::Builder, body: Bytes) -> Result<Answer, LoadError> {
        let request = self.complete(request, body)?;
        // A server may close a connection between two requests; only then a new one is opened.
        if self.sender.is_closed() || self.sender.ready().await.is_err() {
            self.sender = connect(self.address).await?;
        }
        let since = Instant::now();
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: head.status, headers: head.headers, body, took: since.elapsed() })
    }

    /// What every request says.
    fn complete(&self, request: http::request::Builder, body: Bytes) -> Result<Request<Full<Bytes>>, LoadError> {
        let mut request = request
            .header(HOST, format!("localhost:{}", self.address.port()))
            .header(USER_AGENT, concat!("schoolgate-load/", env!("CARGO_PKG_VERSION")));
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        Ok(request.body(Full::new(body))?)
    }
}

/// An answer that goes on until one of the two sides ends it.
pub struct Stream {
    /// The connection ends with it.
    _sender: SendRequest<Full<Bytes>>,
    body: Incoming,
}

impl Stream {
    /// What comes next; `None` at the end. Nothing is lost when it is not waited for any longer.
    pub async fn next(&mut self) -> Result<Option<Bytes>, LoadError> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(bytes) = frame?.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, LoadError> {
    let stream = TcpStream::connect(address).await.map_err(LoadError::Connect)?;
    stream.set_nodelay(true).map_err(LoadError::Connect)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with the sender; its errors come back from the request they belong to.
    tokio::spawn(connection);
    Ok(sender)
}
