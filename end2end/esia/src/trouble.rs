//! What goes wrong when it is told to: for an address, a number of times, or for a person, always.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::codes::EsiaCode;

/// How long a slow answer waits unless told otherwise.
pub const SLOW: Duration = Duration::from_secs(30);
/// Longer than this nobody waits.
const SLOWEST_S: u64 = 600;

/// A mistake in the tokens that the stand-in hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A bit of the signature is flipped.
    BadSignature,
    /// `alg` is `none`, and there is no signature.
    AlgNone,
    /// `aud` and `client_id` are another client's.
    OtherAudience,
    /// `iss` is another service's.
    OtherIssuer,
    /// `exp` has passed.
    Expired,
    /// `nbf` and `iat` are an hour ahead.
    NotYet,
    /// `sub` is another person than `urn:esia:sbj_id`.
    OtherSubject,
    /// `state` of the answer is not that of the request.
    OtherState,
    /// Signed with a key that nobody knows, under the thumbprint of the known one.
    ForeignKey,
    /// There is no `id_token`.
    NoIdToken,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Status 500.
    Failure,
    /// A page of HTML about maintenance, status 200.
    Html,
    /// The right answer, late.
    Slow,
    /// The connection is closed without an answer.
    Down,
    /// An error of ESIA.
    Code(EsiaCode),
    /// A mistake in the tokens.
    Token(Fault),
}

const NAMES: [(&str, Mode); 14] = [
    ("500", Mode::Failure),
    ("html", Mode::Html),
    ("slow", Mode::Slow),
    ("down", Mode::Down),
    ("bad-signature", Mode::Token(Fault::BadSignature)),
    ("alg-none", Mode::Token(Fault::AlgNone)),
    ("other-audience", Mode::Token(Fault::OtherAudience)),
    ("other-issuer", Mode::Token(Fault::OtherIssuer)),
    ("expired", Mode::Token(Fault::Expired)),
    ("not-yet", Mode::Token(Fault::NotYet)),
    ("other-subject", Mode::Token(Fault::OtherSubject)),
    ("other-state", Mode::Token(Fault::OtherState)),
    ("foreign-key", Mode::Token(Fault::ForeignKey)),
    ("no-id-token", Mode::Token(Fault::NoIdToken)),
];

impl Mode {
    /// Reads a mode by its name, or a code of ESIA.
    pub fn parse(text: &str) -> Option<Self> {
        let named = NAMES.iter().find(|(name, _)| *name == text).map(|(_, mode)| *mode);
        named.or_else(|| EsiaCode::parse(text).map(Self::Code))
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (NAMES.iter().find(|(_, mode)| mode == self), self) {
            (Some((name, _)), _) => f.write_str(name),
            (None, Self::Code(code)) => code.fmt(f),
            (None, _) => f.write_str("?"),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Words(String),
    Number(u64),
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // 500 is a number to most people.
        let text = match Written::deserialize(deserializer)? {
            Written::Words(words) => words,
            Written::Number(number) => number.to_string(),
        };
        Self::parse(&text).ok_or_else(|| {
            let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
            serde::de::Error::custom(format!("\"{text}\" is none of {}, ESIA-NNNNNN", names.join(", ")))
        })
    }
}

/// Where something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Endpoint {
    /// Both addresses of the authorize request.
    Ac,
    /// The login page.
    Login,
    /// Both addresses of the token request.
    Te,
    /// All of REST.
    Rs,
    /// The person at REST.
    Prns,
    /// The contacts at REST.
    Ctts,
    /// Signing out.
    Logout,
}

/// `POST /_control/fail`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    endpoint: Endpoint,
    mode: Mode,
    #[serde(default = "once")]
    times: u32,
    seconds: Option<u64>,
}

const fn once() -> u32 {
    1
}

/// Something that goes wrong now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What.
    pub mode: Mode,
    /// How long a slow answer waits.
    pub wait: Duration,
}

impl Trouble {
    /// A trouble with the usual wait.
    pub const fn of(mode: Mode) -> Self {
        Self { mode, wait: SLOW }
    }
}

/// What is still to go wrong, in the order that it was told.
#[derive(Debug, Default)]
pub struct Troubles(Vec<Order>);

impl Troubles {
    /// Adds an order.
    pub fn add(&mut self, order: Order) {
        self.0.push(order);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What goes wrong with this request; it counts as once.
    pub fn take(&mut self, endpoints: &[Endpoint]) -> Option<Trouble> {
        let order = self.0.iter_mut().find(|order| order.times > 0 && endpoints.contains(&order.endpoint))?;
        order.times -= 1;
        let wait = order.seconds.map_or(SLOW, |seconds| Duration::from_secs(seconds.min(SLOWEST_S)));
        let taken = Trouble { mode: order.mode, wait };
        self.0.retain(|order| order.times > 0);
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    fn order(json: &str) -> Result<Order, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn orders_are_done_so_many_times() {
        let mut troubles = Troubles::default();
        assert_eq!(order(r#"{"endpoint":"te","mode":500}"#).unwrap().mode, Mode::Failure);
        troubles.add(order(r#"{"endpoint":"te","mode":"html","times":2}"#).unwrap());
        troubles.add(order(r#"{"endpoint":"te","mode":"ESIA-007008"}"#).unwrap());
        troubles.add(order(r#"{"endpoint":"rs","mode":"slow","seconds":2}"#).unwrap());
        let mode = |troubles: &mut Troubles| troubles.take(&[Endpoint::Te]).map(|trouble| trouble.mode);
        assert_eq!(mode(&mut troubles), Some(Mode::Html));
        assert_eq!(mode(&mut troubles), Some(Mode::Html));
        assert_eq!(mode(&mut troubles), Some(Mode::Code(EsiaCode::UNAVAILABLE)));
        assert_eq!(mode(&mut troubles), None);
        let slow = troubles.take(&[Endpoint::Rs, Endpoint::Ctts]).unwrap();
        assert_eq!(slow, Trouble { mode: Mode::Slow, wait: Duration::from_secs(2) });
        assert_eq!(troubles.take(&[Endpoint::Rs]), None);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in [
            r#"{"endpoint":"xx","mode":"500"}"#,
            r#"{"endpoint":"te","mode":"501"}"#,
            r#"{"endpoint":"te"}"#,
            r#"{"endpoint":"te","mode":"500","time":3}"#,
        ] {
            assert!(order(bad).is_err(), "{bad}");
        }
        assert!(NAMES.iter().all(|(name, mode)| Mode::parse(name) == Some(*mode) && mode.to_string() == *name));
        assert_eq!(Mode::Code(EsiaCode::UNAVAILABLE).to_string(), "ESIA-007008");
    }
}
