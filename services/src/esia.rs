//! Signing in through Gosuslugi (ESIA): the road from the browser's departure to the person whom Gosuslugi names.
//!
//! Two ways, one trait: [`Esia`]. *Direct* speaks ESIA's own protocol, whose requests are signed with the information
//! system's certificate and whose tokens are checked here by hand, since they are no OpenID Connect (numbers for
//! subjects, no nonce, GOST signatures). *Broker* is plain OpenID Connect with a regional gateway. Whose account it is
//! at the school is not decided here: `domain::gosuslugi` does that.
//!
//! No token outlives [`Esia::finish`], none is logged, and neither is anything that an answer says: of a refusal only
//! the number (`ESIA-007004`) is kept. No redirect is followed, answers are read up to [`MAX_ANSWER_BYTES`], and every
//! wait has an end.

mod broker;
mod certificate;
mod cms;
mod der;
mod direct;
mod error;
mod gost;
mod person;
mod settings;
mod signer;
#[cfg(test)]
mod tests;
mod token;
mod web;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use domain::gosuslugi::GosuslugiPerson;
use serde::{Deserialize, Serialize};

use crate::clock::{Clock, Timestamp};
use crate::rng::Rng;

pub use error::{CertificateFault, EsiaCode, EsiaError, EsiaFailure, Outage, SignerFault, TokenFault, parse_failure};
pub use settings::{
    BrokerSettings, ClaimNames, DirectSettings, EsiaSettings, EsiaVersion, PersonFilter, SignerOutput, SignerSettings,
};
pub use web::MAX_ANSWER_BYTES;

use broker::Broker;
use direct::Direct;
use settings::Problems;

/// A future that can be named, as traits need it that are used through `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Gosuslugi, as far as signing in needs it.
pub trait Esia: Send + Sync + fmt::Debug {
    /// Who issues the tokens. A subject means one account there, and may mean somebody else's anywhere else: the test
    /// stand counts its accounts as the real one does.
    fn issuer(&self) -> &str;

    /// Where to send the browser, and what must be kept, sealed, until it comes back.
    ///
    /// # Errors
    /// [`EsiaError`] when the request can't be signed, or the gateway's addresses can't be had.
    fn begin<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Result<Begun, EsiaError>>;

    /// Trades the code for the person: token request, verification of what came, the person's record. All of it ends
    /// within the time that the settings give to a signature and two requests, however many requests there are.
    ///
    /// The caller has compared [`Callback::state`] with the one that it gave to [`Esia::begin`], and lets each be used
    /// once.
    ///
    /// # Errors
    /// [`EsiaError`]; its [`EsiaError::kind`] says what to tell the person.
    fn finish<'a>(
        &'a self,
        kept: &'a Kept,
        callback: &'a Callback,
        rng: &'a dyn Rng,
    ) -> BoxFuture<'a, Result<GosuslugiPerson, EsiaError>>;

    /// Where to send the browser to be signed out there too, and then back to `back_to` (an absolute address that is
    /// registered there). `None` where there is no such place, or it isn't known yet.
    fn sign_out_url(&self, back_to: &str) -> Option<String>;

    /// Looks whether it could work now: the certificates are valid, the signer signs what its certificate verifies, the
    /// other side answers. For `doctor`; nobody is signed in by it.
    ///
    /// # Errors
    /// The first [`EsiaError`] that is in the way; [`EsiaError::mend`] says what to do.
    fn check(&self) -> BoxFuture<'_, Result<(), EsiaError>>;
}

/// What [`Esia::begin`] needs.
pub struct Ask<'a> {
    /// The one-time state: a random UUID (version 4), lower-case, with hyphens.
    pub state: &'a str,
    /// The absolute address that Gosuslugi sends the browser back to; registered there, letter by letter.
    pub callback: &'a str,
    /// Now.
    pub now: Timestamp,
    /// For what else must be random (PKCE, nonce).
    pub rng: &'a dyn Rng,
}

/// The state is a secret of the browser's; it is left out.
impl fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask").field("callback", &self.callback).field("now", &self.now).finish_non_exhaustive()
    }
}

/// A sign-in that is under way.
pub struct Begun {
    /// Where the browser goes. Holds the state and a signature: never to be logged.
    pub url: String,
    /// What [`Esia::finish`] wants back.
    pub kept: Kept,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Begun(•••)")
    }
}

/// What must be the same in the second half of a sign-in. It is kept sealed: with it and the code somebody could take
/// it over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The scopes that were asked for: the token request names the same, even if the configuration has changed since.
    scope: String,
    /// The address that the browser was to come back to.
    callback: String,
    /// The PKCE verifier, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verifier: Option<String>,
    /// The nonce of the ID token, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept(•••)")
    }
}

/// What the browser brought back.
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    /// The code, to be traded once.
    pub code: String,
    /// The state that it came with.
    pub state: String,
    /// Who says to have sent the browser (RFC 9207), where that was said.
    pub iss: Option<String>,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback(•••)")
    }
}

/// Makes the way ready that the settings describe: reads certificates and keys, checks every value. Nothing is
/// connected yet.
///
/// # Errors
/// [`EsiaError::Settings`] with every problem found, each with its key.
pub fn connect(settings: EsiaSettings, clock: Arc<dyn Clock>) -> Result<Arc<dyn Esia>, EsiaError> {
    let mut problems = Problems::default();
    let esia: Option<Arc<dyn Esia>> = match settings {
        EsiaSettings::Direct(settings) => {
            Direct::new(&settings, clock, &mut problems).map(|direct| Arc::new(direct) as Arc<dyn Esia>)
        }
        EsiaSettings::Broker(settings) => {
            Broker::new(&settings, clock, &mut problems).map(|broker| Arc::new(broker) as Arc<dyn Esia>)
        }
    };
    match esia {
        Some(esia) if problems.is_empty() => Ok(esia),
        _ => Err(EsiaError::Settings(problems.into_invalid())),
    }
}
