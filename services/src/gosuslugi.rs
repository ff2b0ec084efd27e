//! Signing in through Gosuslugi (ESIA): students, and parents by their SNILS.
//!
//! Gosuslugi says who somebody is ([`Esia`]), [`domain::gosuslugi`] judges who that is at the school, and here it becomes a session like
//! any other. What is kept is the link: the account's subject, sealed and indexed, and whose it is. Of a try that failed the reason is
//! kept and whom it is about, for the readiness that staff see; nothing of what the account held. Whoever is recognised for the first
//! time and has no account gets one, without a password.
//!
//! Members of staff do not enter this way, were they also parents or students: they sign in with two factors. Who has left the school
//! does not either.
//!
//! A browser that sets out is remembered by two secrets: the `state`, which travels to Gosuslugi and back, and a cookie, which does not.
//! An answer counts once, for ten minutes, and only in the browser that holds the cookie: so nobody can be signed in to somebody else's
//! account by a link, and an answer that was overheard opens nothing. The answer is taken before Gosuslugi is asked what it is worth, and
//! no transaction is open meanwhile.

mod entering;
mod finding;
mod flow;
mod links;

use std::fmt;
use std::sync::Arc;

use domain::{LastTry, NotRecognisedReason, PersonField, Way};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::clock::{MINUTE, Timestamp};
use crate::error::{CryptoError, StoreError};
use crate::esia::{Esia, EsiaError, EsiaFailure};
use crate::ids::{GosuslugiLinkId, Token};
use crate::people::OpenError;
use crate::portal::{Portal, SignInError};
use crate::sessions::{Session, SignInMethod};

pub use links::UnlinkError;

/// Where Gosuslugi sends the browser back to, after the portal's origin. It is registered there.
pub const CALLBACK_PATH: &str = "/sign-in/esia/callback";

/// How long a browser may stay at Gosuslugi.
const FLOW_LIFETIME_MS: i64 = 10 * MINUTE;

/// Requests that wait for Gosuslugi, or for a signature, at the same time. They are a part of the requests that the portal works on at once
/// (`server.max_in_flight`, 512 by default): when Gosuslugi is slow on a school morning, everything else goes on.
const PLACES: usize = 64;
/// Seconds after which somebody who found no place should try again.
const PLACES_RETRY_AFTER_S: u32 = 2;

/// A browser that sets out for Gosuslugi.
#[derive(Clone)]
pub struct Begun {
    /// Where to send it. Holds secrets of this sign-in: never to be logged.
    pub url: String,
    /// For its cookie: `HttpOnly`, `Secure`, `SameSite=Lax`.
    pub browser: Token,
    /// How long the cookie lives, in seconds.
    pub max_age_s: i64,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("max_age_s", &self.max_age_s).finish_non_exhaustive()
    }
}

/// What the browser brings back from Gosuslugi: the parameters of the callback's address, as they are.
#[derive(Clone, Default)]
pub struct CallbackParams {
    /// The one-time code.
    pub code: Option<String>,
    /// The state that the browser was sent with.
    pub state: Option<String>,
    /// Why there is no code (OAuth).
    pub error: Option<String>,
    /// The same more exactly, with an ESIA code.
    pub error_description: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
}

impl fmt::Debug for CallbackParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackParams")
            .field("code", &self.code.is_some())
            .field("error", &self.error.is_some())
            .finish_non_exhaustive()
    }
}

/// The name of a class teacher in the short form, «Бутрович В. И.»; of several, parted by commas.
#[derive(Clone, PartialEq, Eq)]
pub struct TeacherName(String);

impl TeacherName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TeacherName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TeacherName(…)")
    }
}

/// An account at Gosuslugi that signs somebody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// For taking it away.
    pub id: GosuslugiLinkId,
    /// Since when.
    pub at: Timestamp,
    /// When it signed in last.
    pub last_seen_at: Timestamp,
    /// By what the person was recognised then: SNILS, mobile or e-mail.
    pub way: Way,
}

/// A try to sign in through Gosuslugi, of somebody whom it was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Try {
    /// When; of several tries that failed in the same way, the last one.
    pub at: Timestamp,
    /// Why it failed; `None` when it did not.
    pub failure: Option<LastTry>,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum GosuslugiError {
    /// No answer is awaited here: it came before, came too late, or belongs to another browser. Only beginning anew helps.
    #[error("no answer of Gosuslugi is awaited in this browser")]
    State,
    /// The person said no at Gosuslugi.
    #[error("the person cancelled at Gosuslugi")]
    Cancelled,
    /// Gosuslugi itself refused an account that is not confirmed. When the portal did, it is a [`GosuslugiError::NotRecognised`].
    #[error("the account at Gosuslugi is not confirmed")]
    AccountNotConfirmed,
    /// Gosuslugi does not answer, or says that it cannot.
    #[error("Gosuslugi is unavailable")]
    Unavailable,
    /// Gosuslugi refused the portal, or its answer cannot be trusted. The log has the code.
    #[error("the answer of Gosuslugi was rejected")]
    Rejected,
    /// Nobody of the school is meant for certain.
    #[error("nobody is recognised: {reason}")]
    NotRecognised {
        /// Why.
        reason: NotRecognisedReason,
        /// Who can mend it, where it is certain which student it is about.
        teacher: Option<TeacherName>,
        /// Which contact it is about, where it is one: mobile or e-mail.
        contact: Option<PersonField>,
    },
    /// The person is staff, and staff sign in with password and code.
    #[error("staff do not sign in this way")]
    Staff,
    /// The person's account is barred.
    #[error("the account is barred")]
    Barred,
    /// Too many from this address.
    #[error("too many requests")]
    TooMany {
        /// When the next will be taken.
        retry_at: Timestamp,
    },
    /// Somebody else was in the way, or too many wait for Gosuslugi already: trying again helps, with the same answer too if it was the
    /// latter.
    #[error("somebody was in the way")]
    Busy {
        /// Seconds after which it will work.
        retry_after_s: u32,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored value cannot be opened.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl GosuslugiError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::State => "GOSUSLUGI-01",
            Self::Cancelled => "GOSUSLUGI-02",
            Self::AccountNotConfirmed => "GOSUSLUGI-03",
            Self::Unavailable => "GOSUSLUGI-04",
            Self::Rejected => "GOSUSLUGI-05",
            Self::NotRecognised { .. } => "GOSUSLUGI-06",
            Self::Staff => "GOSUSLUGI-07",
            Self::Barred => "GOSUSLUGI-08",
            Self::TooMany { .. } => "GOSUSLUGI-09",
            Self::Busy { .. } => "GOSUSLUGI-10",
            Self::Store(error) => error.code(),
            Self::Crypto(error) => error.code(),
        }
    }

    /// The reason as the audit log names it; `None` for what is no answer to somebody's try.
    const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::State => Some("state"),
            Self::Cancelled => Some("cancelled"),
            Self::AccountNotConfirmed => Some("account_not_confirmed"),
            Self::Unavailable => Some("unavailable"),
            Self::Rejected => Some("rejected"),
            Self::NotRecognised { reason, .. } => Some(reason.code()),
            Self::Staff => Some("staff"),
            Self::Barred => Some("barred"),
            Self::TooMany { .. } | Self::Busy { .. } | Self::Store(_) | Self::Crypto(_) => None,
        }
    }
}

/// The ESIA code is in the log, the person is told the kind.
impl From<&EsiaError> for GosuslugiError {
    fn from(error: &EsiaError) -> Self {
        match error.kind() {
            EsiaFailure::Cancelled => Self::Cancelled,
            EsiaFailure::AccountNotConfirmed => Self::AccountNotConfirmed,
            EsiaFailure::Unavailable => Self::Unavailable,
            EsiaFailure::Rejected => Self::Rejected,
        }
    }
}

impl From<OpenError> for GosuslugiError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            OpenError::Crypto(error) => Self::Crypto(error),
        }
    }
}

impl From<SignInError> for GosuslugiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::TooMany { retry_at } | SignInError::TooSoon { retry_at } | SignInError::Wait { retry_at } => {
                Self::TooMany { retry_at }
            }
            SignInError::Busy { retry_after_s } => Self::Busy { retry_after_s },
            SignInError::Store(error) => Self::Store(error),
            SignInError::Crypto(error) => Self::Crypto(error),
            // Nothing of a code or a password is asked for here.
            SignInError::CodeWrong { .. }
            | SignInError::CodeDead
            | SignInError::CodeExpired
            | SignInError::FlowUnknown
            | SignInError::Wrong => Self::State,
        }
    }
}

/// Gosuslugi, and where its browsers come back to.
#[derive(Clone)]
pub(crate) struct Connected {
    pub esia: Arc<dyn Esia>,
    /// Of the portal, without a slash at the end.
    pub origin: String,
    places: Arc<Semaphore>,
}

impl Connected {
    pub(crate) fn new(esia: Arc<dyn Esia>, origin: &str) -> Self {
        let origin = origin.trim_end_matches('/').to_owned();
        Self { esia, origin, places: Arc::new(Semaphore::new(PLACES)) }
    }

    /// A place among those who wait for Gosuslugi. Nobody waits for a place.
    fn place(&self) -> Result<SemaphorePermit<'_>, GosuslugiError> {
        self.places.try_acquire().map_err(|_| GosuslugiError::Busy { retry_after_s: PLACES_RETRY_AFTER_S })
    }
}

/// Signing in through Gosuslugi.
#[derive(Clone, Copy)]
pub struct Gosuslugi<'a> {
    pub(crate) portal: &'a Portal,
}

impl Gosuslugi<'_> {
    /// Whether this portal has the sign-in through Gosuslugi at all. Without it, beginning and finishing are [`GosuslugiError::State`].
    pub fn offered(&self) -> bool {
        self.portal.esia.is_some()
    }

    /// Where to send a browser whose session has ended, so that it is signed out of Gosuslugi too; `None` when the session did not come
    /// from there, or Gosuslugi needs no such visit. The browser comes back to the portal's first page.
    pub fn sign_out_url(&self, session: &Session) -> Option<String> {
        if session.method != SignInMethod::Gosuslugi {
            return None;
        }
        let connected = self.portal.esia.as_ref()?;
        connected.esia.sign_out_url(&format!("{}/", connected.origin))
    }
}
