//! An HTTP server that does what a test tells it to, and keeps what it was sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server does with a request.
#[derive(Clone)]
pub enum Manner {
    /// Sends these bytes and closes.
    Say(String),
    /// Never says a word.
    Silent,
    /// Closes without a word.
    Close,
    /// Says the headers at once and then one byte of the body at a time, without end.
    Dribble,
    /// Says 200 and a body without end.
    Flood,
}

impl Manner {
    pub fn json(status: u16, body: &str) -> Self {
        Self::Say(format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ))
    }
}

pub struct HttpServer {
    pub port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    manner: Arc<Mutex<Manner>>,
}

impl HttpServer {
    pub async fn start(manner: Manner) -> Self {
        Self::start_with(manner, None).await
    }

    pub async fn start_with(manner: Manner, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            requests: Arc::default(),
            manner: Arc::new(Mutex::new(manner)),
        };
        let requests = Arc::clone(&server.requests);
        let manner = Arc::clone(&server.manner);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (requests, manner, tls) = (Arc::clone(&requests), Arc::clone(&manner), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(tcp).await {
                                serve(stream, &requests, &manner).await;
                            }
                        }
                        None => serve(tcp, &requests, &manner).await,
                    }
                });
            }
        });
        server
    }

    pub fn set(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// What was asked so far, oldest first, and forgets it.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, requests: &Mutex<Vec<String>>, manner: &Mutex<Manner>) {
    let Some(request) = read(&mut stream).await else {
        return;
    };
    requests.lock().unwrap().push(request);
    let manner = manner.lock().unwrap().clone();
    match manner {
        Manner::Say(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Manner::Silent => std::future::pending().await,
        Manner::Close => {}
        Manner::Dribble => {
            let head = "HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n";
            if stream.write_all(head.as_bytes()).await.is_ok() {
                let mut beat = tokio::time::interval(Duration::from_millis(20));
                while stream.write_all(b" ").await.is_ok() && stream.flush().await.is_ok() {
                    beat.tick().await;
                }
            }
        }
        Manner::Flood => {
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
            if stream.write_all(head.as_bytes()).await.is_ok() {
                while stream.write_all(&[b' '; 8192]).await.is_ok() {}
            }
        }
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
