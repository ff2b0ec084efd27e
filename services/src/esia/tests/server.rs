//! A small HTTP server that answers as a test tells it to, and keeps what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Url;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What was asked.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    /// As it stands in the first line, with the question mark.
    pub(super) target: String,
    pub(super) head: String,
    pub(super) body: String,
}

impl Request {
    /// The values of a field of the form, or of the address if there is no form.
    pub(super) fn values(&self, name: &str) -> Vec<String> {
        let query = if self.body.is_empty() { self.target.split_once('?').map_or("", |(_, q)| q) } else { &self.body };
        values(&Url::parse(&format!("http://x/?{query}")).unwrap(), name)
    }

    pub(super) fn value(&self, name: &str) -> String {
        let values = self.values(name);
        assert_eq!(values.len(), 1, "{name} of {} {}", self.method, self.path);
        values[0].clone()
    }

    /// A header; its name in small letters.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

pub(super) fn values(url: &Url, name: &str) -> Vec<String> {
    url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
}

/// What is answered.
pub(super) enum Reply {
    Json(u16, Value),
    /// JSON with status 200, after so many milliseconds.
    Late(u64, Value),
    /// Status line, headers and body.
    Raw(String),
    /// No word, ever.
    Silent,
    /// A body without end.
    Flood,
}

impl Reply {
    pub(super) fn html(status: u16) -> Self {
        let body = "<!doctype html><title>Ведутся работы</title>";
        let length = body.len();
        Self::Raw(format!(
            "HTTP/1.1 {status} X\r\ncontent-type: text/html; charset=UTF-8\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
    }
}

type Answer = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

pub(super) struct Server {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Server {
    pub(super) async fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let answer: Answer = Arc::new(answer);
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            requests: Arc::default(),
            answer: Arc::new(Mutex::new(answer)),
        };
        let (requests, answer) = (Arc::clone(&server.requests), Arc::clone(&server.answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (requests, answer) = (Arc::clone(&requests), Arc::clone(&answer));
                tokio::spawn(async move { serve(stream, &requests, &answer).await });
            }
        });
        server
    }

    /// From now on this is answered.
    pub(super) fn set(&self, answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) {
        *self.answer.lock().unwrap() = Arc::new(answer);
    }

    /// What was asked so far, oldest first.
    pub(super) fn asked(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) fn last(&self, path: &str) -> Request {
        self.asked().into_iter().rfind(|request| request.path == path).expect(path)
    }
}

async fn serve(mut stream: TcpStream, requests: &Mutex<Vec<Request>>, answer: &Mutex<Answer>) {
    let Some(request) = read(&mut stream).await else { return };
    requests.lock().unwrap().push(request.clone());
    let answer = Arc::clone(&answer.lock().unwrap());
    let text = match answer(&request) {
        Reply::Json(status, body) => json(status, &body),
        Reply::Late(milliseconds, body) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            json(200, &body)
        }
        Reply::Raw(text) => text,
        Reply::Silent => return std::future::pending().await,
        Reply::Flood => {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n";
            let mut sent = stream.write_all(head.as_bytes()).await;
            while sent.is_ok() {
                sent = stream.write_all(&[b' '; 8192]).await;
            }
            return;
        }
    };
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn json(status: u16, body: &Value) -> String {
    let body = body.to_string();
    let length = body.len();
    let kind = "content-type: application/json\r\nconnection: close";
    format!("HTTP/1.1 {status} X\r\n{kind}\r\ncontent-length: {length}\r\n\r\n{body}")
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                let mut first = head.lines().next()?.split(' ');
                let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
                let path = target.split('?').next()?.to_owned();
                return Some(Request { method, path, target, head: head.to_owned(), body: body.to_owned() });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
