//! A mail server that does what a test tells it to, and keeps what it was sent.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// How the server receives a client.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    Polite,
    Silent,
    Garbage,
    Dribble,
    Close,
}

#[derive(Clone)]
pub struct Rules {
    pub greeting: Greeting,
    pub starttls: Option<TlsAcceptor>,
    pub implicit: Option<TlsAcceptor>,
    /// User and password that may sign in; signing in is then required.
    pub account: Option<(&'static str, &'static str)>,
    /// Empty never answers.
    pub mail: &'static str,
    pub rcpt: &'static str,
    pub data: &'static str,
    /// The answer to the message itself; empty closes the connection instead.
    pub end: &'static str,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            greeting: Greeting::Polite,
            starttls: None,
            implicit: None,
            account: None,
            mail: "250 2.1.0 ok",
            rcpt: "250 2.1.5 ok",
            data: "354 go on",
            end: "250 2.0.0 queued",
        }
    }
}

#[derive(Default)]
struct Log {
    commands: Vec<String>,
    messages: Vec<Vec<u8>>,
}

pub struct SmtpServer {
    pub port: u16,
    log: Arc<Mutex<Log>>,
}

impl SmtpServer {
    pub async fn start(rules: Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log: Arc<Mutex<Log>> = Arc::default();
        let kept = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (rules, log) = (rules.clone(), Arc::clone(&kept));
                tokio::spawn(async move {
                    let _ = serve(tcp, &rules, &log).await;
                });
            }
        });
        Self { port, log }
    }

    /// The commands so far. `tls` stands for a finished handshake.
    pub fn commands(&self) -> Vec<String> {
        self.log.lock().unwrap().commands.clone()
    }

    /// The messages so far, dots unstuffed.
    pub fn messages(&self) -> Vec<Vec<u8>> {
        self.log.lock().unwrap().messages.clone()
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn serve(tcp: TcpStream, rules: &Rules, log: &Mutex<Log>) -> io::Result<()> {
    let note = |command: &str| log.lock().unwrap().commands.push(command.to_owned());
    let mut stream: BufReader<Box<dyn Stream>> = match &rules.implicit {
        Some(tls) => {
            let stream = tls.accept(tcp).await?;
            note("tls");
            BufReader::new(Box::new(stream))
        }
        None => BufReader::new(Box::new(tcp)),
    };
    match rules.greeting {
        Greeting::Polite => say(&mut stream, "220 mail.example ESMTP").await?,
        Greeting::Silent => std::future::pending().await,
        Greeting::Garbage => say(&mut stream, "\u{1}\u{2} not a mail server").await?,
        Greeting::Close => return Ok(()),
        Greeting::Dribble => {
            let mut beat = tokio::time::interval(Duration::from_millis(20));
            stream.write_all(b"220-").await?;
            loop {
                beat.tick().await;
                stream.write_all(b"x").await?;
                stream.flush().await?;
            }
        }
    }
    let mut secure = rules.implicit.is_some();
    let mut signed_in = rules.account.is_none();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        note(line);
        match verb.as_str() {
            "EHLO" => {
                let mut answer = "250-mail.example".to_owned();
                if rules.starttls.is_some() && !secure {
                    answer += "\r\n250-STARTTLS";
                }
                if rules.account.is_some() {
                    answer += "\r\n250-AUTH PLAIN LOGIN";
                }
                say(&mut stream, &(answer + "\r\n250 8BITMIME")).await?;
            }
            "STARTTLS" => {
                let Some(tls) = &rules.starttls else {
                    say(&mut stream, "502 5.5.1 no").await?;
                    continue;
                };
                say(&mut stream, "220 2.0.0 go on").await?;
                let upgraded = tls.accept(stream.into_inner()).await?;
                stream = BufReader::new(Box::new(upgraded));
                secure = true;
                note("tls");
            }
            "AUTH" => {
                let (user, password) = rules.account.unwrap_or_default();
                let right = base64_of(&format!("\0{user}\0{password}"));
                signed_in = line == format!("AUTH PLAIN {right}");
                let answer = if signed_in { "235 2.7.0 in" } else { "535 5.7.8 wrong user or password" };
                say(&mut stream, answer).await?;
            }
            "MAIL" if !signed_in => say(&mut stream, "530 5.7.0 sign in first").await?,
            "MAIL" if rules.mail.is_empty() => std::future::pending().await,
            "MAIL" => say(&mut stream, rules.mail).await?,
            "RCPT" => say(&mut stream, rules.rcpt).await?,
            "DATA" => {
                say(&mut stream, rules.data).await?;
                if rules.data.starts_with("354") {
                    let message = read_message(&mut stream).await?;
                    log.lock().unwrap().messages.push(message);
                    if rules.end.is_empty() {
                        return Ok(());
                    }
                    say(&mut stream, rules.end).await?;
                }
            }
            // Says goodbye to nobody: the client must not wait for it.
            "QUIT" => std::future::pending().await,
            _ => say(&mut stream, "500 5.5.2 what?").await?,
        }
    }
}

async fn read_message(stream: &mut BufReader<Box<dyn Stream>>) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        assert!(line.ends_with(b"\r\n") && line.len() <= 1000, "RFC 5321 §4.5.3.1.6");
        if line == b".\r\n" {
            return Ok(message);
        }
        message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

async fn say(stream: &mut BufReader<Box<dyn Stream>>, line: &str) -> io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.flush().await
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
