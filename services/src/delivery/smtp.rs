//! A mail server as a gateway (RFC 5321), one connection per mail, step by step, so that every refusal is
//! known by the step it came at: only a refused recipient ends the message, everything else is this server's
//! own matter and passes the message on to the next gateway.

use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::{Address, Message};

use super::error::{Failure, Fault};
use super::settings::{Problems, SmtpSettings, SmtpTls};
use super::tls;

/// How long a server may take to say goodbye after the mail is accepted; nobody waits for it.
const GOODBYE: Duration = Duration::from_secs(5);

pub(super) struct SmtpGateway {
    host: String,
    port: u16,
    security: Security,
    hello: ClientId,
    credentials: Option<Credentials>,
    connect_timeout: Duration,
}

enum Security {
    None,
    Starttls(TlsParameters),
    Implicit(TlsParameters),
}

/// Where in the conversation an error came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Connect,
    Starttls,
    Auth,
    Sender,
    Recipient,
    Data,
}

impl SmtpGateway {
    pub(super) fn new(settings: &SmtpSettings, problems: &mut Problems<'_>) -> Option<Self> {
        let host = settings.host.trim();
        if host.is_empty() || host.contains(['/', ' ', '@']) {
            problems.add("host", "must be a host name or an address, without a scheme");
        }
        if settings.port == Some(0) {
            problems.add("port", "must be 1 to 65535");
        }
        if settings.tls == SmtpTls::None && !settings.allow_plain && !tls::is_loopback(host) {
            problems.add(
                "tls",
                "`none` sends codes in clear; use `starttls` or `implicit`, or set `allow_plain` inside a trusted network",
            );
        }
        let hello = match &settings.hello_name {
            Some(name) if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) => {
                problems.add("hello_name", "must be a host name");
                ClientId::default()
            }
            Some(name) => ClientId::Domain(name.clone()),
            None => ClientId::default(),
        };
        let credentials = match (&settings.user, &settings.password) {
            (Some(user), Some(password)) => problems
                .take("password", password.read())
                .map(|secret| Credentials::new(user.clone(), secret.expose().to_owned())),
            (Some(_), None) => {
                problems.add("password", "is missing, though there is a `user`");
                None
            }
            (None, Some(_)) => {
                problems.add("user", "is missing, though there is a `password`");
                None
            }
            (None, None) => None,
        };
        let extra = match &settings.root_certificate {
            Some(path) => Some(problems.take("root_certificate", tls::ExtraRoots::read(path))?),
            None => None,
        };
        let parameters = || tls::smtp_parameters(host, extra.as_ref());
        let security = match settings.tls {
            SmtpTls::None => Security::None,
            SmtpTls::Starttls => Security::Starttls(problems.take("tls", parameters())?),
            SmtpTls::Implicit => Security::Implicit(problems.take("tls", parameters())?),
        };
        Some(Self {
            host: host.to_owned(),
            port: settings.port.unwrap_or(settings.tls.default_port()),
            security,
            hello,
            credentials,
            connect_timeout: Duration::from_millis(settings.connect_timeout_ms),
        })
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), Failure> {
        let mut connection = self.open().await?;
        let outcome = hand_over(&mut connection, message).await;
        part(connection);
        outcome
    }

    pub(super) async fn probe(&self) -> Result<(), Failure> {
        part(self.open().await?);
        Ok(())
    }

    /// Connects, secures the connection, greets and signs in.
    async fn open(&self) -> Result<AsyncSmtpConnection, Failure> {
        let mut connection = tokio::time::timeout(self.connect_timeout, self.connect())
            .await
            .unwrap_or(Err(Failure::new(Fault::TimedOut)))?;
        if let Some(credentials) = &self.credentials {
            let signed_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await;
            if let Err(error) = signed_in {
                part(connection);
                return Err(failure(&error, Step::Auth));
            }
        }
        Ok(connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let implicit = match &self.security {
            Security::Implicit(parameters) => Some(parameters.clone()),
            Security::None | Security::Starttls(_) => None,
        };
        let address = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, None, &self.hello, implicit, None)
            .await
            .map_err(|error| failure(&error, Step::Connect))?;
        if let Security::Starttls(parameters) = &self.security {
            connection
                .starttls(parameters.clone(), &self.hello)
                .await
                .map_err(|error| failure(&error, Step::Starttls))?;
        }
        Ok(connection)
    }
}

async fn hand_over(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), Failure> {
    let envelope = message.envelope();
    let mut parameters = Vec::new();
    let ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    if !envelope.from().into_iter().chain(envelope.to()).all(ascii) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure::new(Fault::Refused));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    connection
        .command(MailFrom::new(envelope.from().cloned(), parameters))
        .await
        .map_err(|error| failure(&error, Step::Sender))?;
    for to in envelope.to() {
        connection
            .command(Rcpt::new(to.clone(), Vec::new()))
            .await
            .map_err(|error| failure(&error, Step::Recipient))?;
    }
    connection.command(Data).await.map_err(|error| failure(&error, Step::Data))?;
    connection.message(&message.formatted()).await.map_err(|error| failure(&error, Step::Data))?;
    Ok(())
}

/// Says goodbye aside: whether the server answers changes nothing, and an accepted mail must not be sent again
/// because the goodbye was slow.
fn part(mut connection: AsyncSmtpConnection) {
    tokio::spawn(async move {
        let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
    });
}

fn failure(error: &Error, step: Step) -> Failure {
    if let Some(code) = error.status() {
        let status = code.to_string().parse().unwrap_or_default();
        let fault = match (step, error.is_permanent()) {
            (Step::Auth, true) => Fault::Credentials,
            // RFC 4954 §6: authentication required.
            (_, true) if status == 530 => Fault::Credentials,
            (Step::Sender, true) => Fault::Sender,
            (Step::Recipient, true) if refuses_recipient(status, error) => Fault::Recipient,
            _ => Fault::Refused,
        };
        return Failure::with_status(fault, status);
    }
    let fault = if error.is_timeout() {
        Fault::TimedOut
    } else if tls::is_cause_of(error) {
        Fault::Tls
    } else if error.is_client() {
        // The server does not offer what is needed, so nothing was sent.
        match step {
            Step::Starttls => Fault::Tls,
            Step::Auth => Fault::Credentials,
            _ => Fault::Message,
        }
    } else if error.is_response() || step != Step::Connect {
        Fault::Unreadable
    } else {
        Fault::Connect
    };
    Failure::new(fault)
}

/// Tells a bad address from a server that will not relay for us. By the enhanced status (RFC 3463 §3: `X.1.x`
/// addressing, except the sender's `X.1.7` and `X.1.8`; `X.2.x` mailbox) where there is one, else by the reply
/// code (RFC 5321 §4.2.3).
fn refuses_recipient(status: u16, error: &Error) -> bool {
    let said = std::error::Error::source(error).map(ToString::to_string);
    match said.as_deref().and_then(enhanced_status) {
        Some((1, detail)) => detail != 7 && detail != 8,
        Some((subject, _)) => subject == 2,
        None => matches!(status, 501 | 550 | 551 | 553 | 556),
    }
}

/// Subject and detail of a permanent enhanced status at the start of a reply.
fn enhanced_status(reply: &str) -> Option<(u16, u16)> {
    let mut numbers = reply.split_whitespace().next()?.split('.');
    let class = numbers.next()?;
    let subject = numbers.next()?.parse().ok()?;
    let detail = numbers.next()?.parse().ok()?;
    (class == "5" && numbers.next().is_none()).then_some((subject, detail))
}

#[cfg(test)]
mod tests {
    use super::enhanced_status;

    #[test]
    fn enhanced_statuses() {
        assert_eq!(enhanced_status("5.1.1 no such user"), Some((1, 1)));
        assert_eq!(enhanced_status("5.7.1"), Some((7, 1)));
        for reply in ["", "no such user", "4.1.1 later", "5.1 x", "5.1.1.1 x", "5.x.1", "10.5.1.1"] {
            assert_eq!(enhanced_status(reply), None, "{reply}");
        }
    }
}
