//! Why a message did not go. No variant carries anything a gateway said: its words may name the recipient.

use std::fmt;

/// Whether another try makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Try again later: the gateways failed, not the message.
    Temporary,
    /// Never try this message again: the recipient or the message itself was refused.
    Permanent,
}

/// A message that no gateway took. Holds no personal data and may be logged and stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryError {
    /// Whether another try makes sense.
    pub kind: FailureKind,
    /// Stable code, `DEL-01` to `DEL-13`.
    pub code: &'static str,
    /// The gateway that failed last, by its name in the configuration; empty when none is configured.
    pub gateway: String,
    /// The HTTP or SMTP status it answered with, if it answered.
    pub status: Option<u16>,
    fault: Fault,
}

impl DeliveryError {
    pub(super) fn new(gateway: &str, failure: Failure) -> Self {
        Self {
            kind: failure.kind(),
            code: failure.fault.code(),
            gateway: gateway.to_owned(),
            status: failure.status,
            fault: failure.fault,
        }
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.fault.what())?;
        if !self.gateway.is_empty() {
            write!(f, " (gateway {}", self.gateway)?;
            if let Some(status) = self.status {
                write!(f, ", status {status}")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl std::error::Error for DeliveryError {}

/// What went wrong at one gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    NoGateway,
    Connect,
    Tls,
    TimedOut,
    Credentials,
    Sender,
    Recipient,
    Refused,
    Unreadable,
    Redirect,
    TooLong,
    Folder,
    Message,
}

impl Fault {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::NoGateway => "DEL-01",
            Self::Connect => "DEL-02",
            Self::Tls => "DEL-03",
            Self::TimedOut => "DEL-04",
            Self::Credentials => "DEL-05",
            Self::Sender => "DEL-06",
            Self::Recipient => "DEL-07",
            Self::Refused => "DEL-08",
            Self::Unreadable => "DEL-09",
            Self::Redirect => "DEL-10",
            Self::TooLong => "DEL-11",
            Self::Folder => "DEL-12",
            Self::Message => "DEL-13",
        }
    }

    pub(super) fn what(self) -> &'static str {
        match self {
            Self::NoGateway => "no gateway is configured",
            Self::Connect => "the gateway cannot be reached",
            Self::Tls => "no secure connection to the gateway",
            Self::TimedOut => "the gateway did not answer in time",
            Self::Credentials => "the gateway refused the user or the secret",
            Self::Sender => "the gateway refused the sender",
            Self::Recipient => "the recipient was refused",
            Self::Refused => "the gateway refused the message",
            Self::Unreadable => "the gateway closed the connection or gave an unreadable answer",
            Self::Redirect => "the gateway answered with a redirect, which is not followed",
            Self::TooLong => "the gateway's answer is too long",
            Self::Folder => "the folder cannot be written",
            Self::Message => "the message cannot be put together",
        }
    }

    /// How whoever runs the portal mends it.
    pub(super) fn mend(self) -> &'static str {
        match self {
            Self::NoGateway => "configure a gateway",
            Self::Connect => "check host and port, name resolution and the firewall's outgoing rules",
            Self::Tls => {
                "check the `tls` kind and the host name; for a certificate of your own authority set `root_certificate`"
            }
            Self::TimedOut => "check that the host answers from this machine; raise `timeout_ms` if it is slow",
            Self::Credentials => "check the user and the secret with the provider",
            Self::Sender => "check `from`: the provider must allow this account to send in its name",
            Self::Recipient => "check the recipient",
            Self::Refused => "look at the status in the provider's documentation; check balance and sender name",
            Self::Unreadable => "check that host and port are those of the provider's interface",
            Self::Redirect => "put the address it redirects to into `url`",
            Self::TooLong => "check that `url` is the provider's interface and not a web page",
            Self::Folder => "make the folder writable for the user the portal runs as, and check free space",
            Self::Message => "check `from` and the message's texts",
        }
    }
}

/// One gateway's failure, before it is known whether another one helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub fault: Fault,
    pub status: Option<u16>,
}

impl Failure {
    pub(super) fn new(fault: Fault) -> Self {
        Self { fault, status: None }
    }

    pub(super) fn with_status(fault: Fault, status: u16) -> Self {
        Self { fault, status: Some(status) }
    }

    /// Only a refused recipient and a message that cannot be written are the message's own fault.
    pub(super) fn kind(self) -> FailureKind {
        match self.fault {
            Fault::Recipient | Fault::Message => FailureKind::Permanent,
            _ => FailureKind::Temporary,
        }
    }
}
