//! The browser's way to Gosuslugi and back.

use domain::gosuslugi::GosuslugiPerson;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Begun, CALLBACK_PATH, CallbackParams, Connected, FLOW_LIFETIME_MS, Gosuslugi, GosuslugiError};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::{SECOND, Timestamp};
use crate::crypto::columns;
use crate::error::StoreError;
use crate::esia::{self, Ask, Callback, EsiaError, EsiaFailure, Kept};
use crate::ids::{self, Token};
use crate::rng;
use crate::sessions::SignedIn;
use crate::store::gosuslugi::{self as rows, FlowRow};
use crate::throttles::Span;
use crate::visit::Visit;

/// Browsers that set out from one address are counted like codes that it asks for.
const ADDRESS_STARTS: &str = "address.gosuslugi_starts";
/// A UUID; more is nobody's state.
const STATE_LENGTH: usize = 36;
/// A code is a token of one or two thousand characters; more is nobody's code.
const MAX_CODE_BYTES: usize = 16 * 1_024;
/// A subject that no account has.
const MAX_SUBJECT_BYTES: usize = 255;

impl Gosuslugi<'_> {
    /// Sends a browser out. The answer counts for ten minutes, once, in this browser.
    ///
    /// # Errors
    /// [`GosuslugiError::State`] in a portal without Gosuslugi, [`GosuslugiError::TooMany`], [`GosuslugiError::Busy`],
    /// [`GosuslugiError::Unavailable`], [`GosuslugiError::Rejected`]; the database's errors.
    pub async fn begin(&self, visit: &Visit) -> Result<Begun, GosuslugiError> {
        let portal = self.portal;
        let connected = portal.esia.as_ref().ok_or(GosuslugiError::State)?;
        // Counted before anything is signed.
        self.count_start(visit, portal.now()).await?;
        let state = uuid::Builder::from_random_bytes(rng::bytes(portal.rng())).into_uuid().to_string();
        let callback = format!("{}{CALLBACK_PATH}", connected.origin);
        let ask = Ask { state: &state, callback: &callback, now: portal.now(), rng: portal.rng() };
        let place = connected.place()?;
        let begun = connected.esia.begin(&ask).await.map_err(|error| told(&error))?;
        drop(place);

        let now = portal.now();
        let id = ids::uuid(now, portal.rng());
        let browser = Token::generate(portal.rng());
        let kept =
            serde_json::to_vec(&begun.kept).map_err(|_| StoreError::Corrupt { column: columns::GOSUSLUGI_KEPT })?;
        let row = FlowRow {
            id,
            browser_hash: browser.hash().to_vec(),
            kept_sealed: portal.sealer().seal(portal.rng(), columns::GOSUSLUGI_KEPT, id, &kept),
            expires_at: now + FLOW_LIFETIME_MS,
        };
        let mut tx = portal.db().begin().await?;
        rows::insert_flow(&mut tx, &hash(&state), &row).await?;
        tx.commit().await?;
        Ok(Begun { url: begun.url, browser, max_age_s: FLOW_LIFETIME_MS / SECOND })
    }

    /// Takes what a browser brings back, with its cookie's value, and signs in whoever it is. Whatever comes of it, the answer is used up,
    /// but for those who are told to come back before it is looked at ([`GosuslugiError::TooMany`], [`GosuslugiError::Busy`]).
    ///
    /// # Errors
    /// [`GosuslugiError`].
    pub async fn finish(
        &self,
        visit: &Visit,
        answer: &CallbackParams,
        browser: Option<&str>,
    ) -> Result<SignedIn, GosuslugiError> {
        let portal = self.portal;
        let connected = portal.esia.as_ref().ok_or(GosuslugiError::State)?;
        let now = portal.now();
        portal.codes().may_answer(visit, AuditEvent::SignInByGosuslugi, now).await?;
        let place = connected.place()?;
        let kept = match self.take(answer, browser, now).await? {
            Awaited::Here(kept) => kept,
            // Any page of the world can have any browser fetch this address. Without the cookie, which such a fetch does not carry, that is
            // nobody's try: it is neither written down nor counted against an address behind which a school may sit.
            Awaited::Nowhere if browser.is_none() => return Err(GosuslugiError::State),
            Awaited::Nowhere | Awaited::Elsewhere => return Err(self.refuse(visit, GosuslugiError::State).await?),
        };
        let asked = ask(connected, self.portal.rng(), &kept, answer).await;
        drop(place);
        match asked {
            Ok(person) => self.admit(visit, &person).await,
            Err(error) => Err(self.refuse(visit, told(&error)).await?),
        }
    }

    /// What was kept of the browser that an answer belongs to. Taken for good, and before anything else is done: of the same answer twice
    /// at once, one counts.
    async fn take(
        self,
        answer: &CallbackParams,
        browser: Option<&str>,
        now: Timestamp,
    ) -> Result<Awaited, GosuslugiError> {
        let portal = self.portal;
        let Some(state) = answer.state.as_deref().filter(|state| state.len() == STATE_LENGTH) else {
            return Ok(Awaited::Nowhere);
        };
        let mut tx = portal.db().begin().await?;
        let row = rows::take_flow(&mut tx, &hash(state)).await?;
        tx.commit().await?;
        let Some(row) = row else { return Ok(Awaited::Nowhere) };
        let Some(token) = browser.and_then(|text| Token::parse(text).ok()) else { return Ok(Awaited::Elsewhere) };
        if row.expires_at <= now || !bool::from(token.hash().as_slice().ct_eq(&row.browser_hash)) {
            return Ok(Awaited::Elsewhere);
        }
        let kept = portal.sealer().open(columns::GOSUSLUGI_KEPT, row.id, &row.kept_sealed)?;
        let kept = serde_json::from_slice(&kept);
        Ok(Awaited::Here(kept.map_err(|_| StoreError::Corrupt { column: columns::GOSUSLUGI_KEPT })?))
    }

    async fn count_start(self, visit: &Visit, now: Timestamp) -> Result<(), GosuslugiError> {
        let portal = self.portal;
        let limit = portal.settings().addresses.code_requests;
        let span = Span::of_address(portal, ADDRESS_STARTS, visit.address, limit);
        let Some(span) = span else { return Ok(()) };
        let mut tx = portal.db().begin().await?;
        if let Some(retry_at) = span.count(&mut tx, now).await? {
            return Err(GosuslugiError::TooMany { retry_at });
        }
        Ok(tx.commit().await?)
    }

    /// Writes down a try that ended before anybody was looked for; what is returned is why it did.
    async fn refuse(self, visit: &Visit, error: GosuslugiError) -> Result<GosuslugiError, GosuslugiError> {
        let portal = self.portal;
        let Some(reason) = error.reason() else { return Ok(error) };
        let mut tx = portal.db().begin().await?;
        // Who brings somebody else's answer, or a made-up one; not who said no, nor who found Gosuslugi closed. What Gosuslugi says can be
        // refused only once for each start, and those are counted; on the day on which its certificate changes it is refused for everybody,
        // and a school must not be locked out of the other ways to sign in for that.
        if matches!(error, GosuslugiError::State) {
            portal.codes().count_address_failure(&mut tx, visit, portal.now()).await?;
        }
        let entry = AuditEntry::new(AuditEvent::SignInByGosuslugi, Outcome::Failure, visit).detail("reason", reason);
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(error)
    }
}

/// Where an answer is awaited.
enum Awaited {
    /// In the browser that brings it.
    Here(Kept),
    /// In another browser, or no longer.
    Elsewhere,
    /// Nowhere: nobody was sent out with such a state, or the answer came before.
    Nowhere,
}

/// Asks Gosuslugi what an answer is worth. No transaction is open meanwhile.
async fn ask(
    connected: &Connected,
    rng: &dyn rng::Rng,
    kept: &Kept,
    answer: &CallbackParams,
) -> Result<GosuslugiPerson, EsiaError> {
    let (Some(code), Some(state), None) = (&answer.code, &answer.state, &answer.error) else {
        return Err(esia::parse_failure(answer.error.as_deref(), answer.error_description.as_deref()));
    };
    if code.is_empty() || code.len() > MAX_CODE_BYTES {
        return Err(EsiaError::Malformed("the code"));
    }
    let callback = Callback { code: code.clone(), state: state.clone(), iss: answer.iss.clone() };
    let mut person = connected.esia.finish(kept, &callback, rng).await?;
    if person.subject.is_empty() || person.subject.len() > MAX_SUBJECT_BYTES {
        return Err(EsiaError::Malformed("the subject"));
    }
    // Elsewhere the same subject is somebody else: a portal that moves from the test stand to Gosuslugi itself, or to a gateway, must not
    // let a stranger in by a link of before. An issuer has no space in it.
    person.subject = format!("{} {}", connected.esia.issuer(), person.subject);
    Ok(person)
}

/// Logs what an operator should know of, and gives what the person is told.
fn told(error: &EsiaError) -> GosuslugiError {
    if matches!(error.kind(), EsiaFailure::Unavailable | EsiaFailure::Rejected) {
        tracing::warn!(code = error.code(), %error, "a sign-in through Gosuslugi failed");
    }
    GosuslugiError::from(error)
}

fn hash(state: &str) -> [u8; 32] {
    Sha256::digest(state.as_bytes()).into()
}
