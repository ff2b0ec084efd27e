//! Signed-in browsers (rules: sessions; OWASP ASVS 5.0 V7).
//!
//! An opaque token of 256 bits, new at each sign-in; the database keeps its hash. A session ends by idleness, at its absolute limit,
//! when its owner ends it, or with its account.

mod device;
mod history;
mod start;

use std::fmt;
use std::net::IpAddr;

use domain::{Grant, Locale, Role};
use uuid::Uuid;

pub use history::{HISTORY_LIMIT, SignInTry, TryOutcome};
pub(crate) use start::Entry;

use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::{MINUTE, Timestamp};
use crate::crypto::columns;
use crate::error::StoreError;
use crate::ids::{AccountId, PersonId, SessionId, Token};
use crate::people::name_on_file;
use crate::portal::{Portal, SessionsError};
use crate::store::roles::RoleRow;
use crate::store::sessions;
use crate::visit::Visit;

/// `last_seen_at` is exact to this span: reading a page shall not write to the database each time.
const SEEN_EVERY_MS: i64 = MINUTE;

/// How somebody signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInMethod {
    /// One-time code by SMS.
    SmsCode,
    /// User code and password.
    Password,
    /// User code, password and a code by SMS.
    PasswordAndSms,
    /// Through Gosuslugi.
    Gosuslugi,
}

impl SignInMethod {
    const ALL: [Self; 4] = [Self::SmsCode, Self::Password, Self::PasswordAndSms, Self::Gosuslugi];

    /// Stable code: `sms_code`, `password`, `password_and_sms`, `gosuslugi`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SmsCode => "sms_code",
            Self::Password => "password",
            Self::PasswordAndSms => "password_and_sms",
            Self::Gosuslugi => "gosuslugi",
        }
    }

    /// How a sign-in, or a failed try, of this kind is written down.
    pub(crate) const fn event(self) -> AuditEvent {
        match self {
            Self::SmsCode => AuditEvent::SignInByCode,
            Self::Password => AuditEvent::SignInByPassword,
            Self::PasswordAndSms => AuditEvent::SignInSecondFactor,
            Self::Gosuslugi => AuditEvent::SignInByGosuslugi,
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.code() == code)
    }

    /// What kind of sign-in an event is about.
    fn from_event(event: AuditEvent) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.event() == event)
    }
}

/// A live session with whom it belongs to.
#[derive(Clone)]
pub struct Session {
    /// Its id; not a secret.
    pub id: SessionId,
    /// Whose it is.
    pub account_id: AccountId,
    /// Whose it is.
    pub person_id: PersonId,
    /// How it began.
    pub method: SignInMethod,
    /// The language that the account chose, or that is on file for the person.
    pub locale: Option<Locale>,
    /// The name in the order of that language; the short form («Бутрович В. И.») for staff.
    pub display_name: String,
    /// The given name, for a greeting.
    pub given_name: String,
    /// The roles, each once.
    pub roles: Vec<Role>,
    /// The roles with the schools and classes they are for.
    pub grants: Vec<Grant<Uuid>>,
    /// The one role whose rights count, of somebody who has several and works in this one now.
    pub narrowed: Option<Role>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, exact to a minute.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Until then the sign-in is fresh proof for sensitive changes.
    pub fresh_until: Timestamp,
    /// The account's sign-in before this one.
    pub previous_sign_in_at: Option<Timestamp>,
}

impl Session {
    /// The same session with the rights of one role only, for whoever has several and works in this one now.
    #[must_use]
    pub fn in_role(mut self, role: Role) -> Self {
        self.narrowed = Some(role);
        self.roles.retain(|held| *held == role);
        self.grants.retain(|grant| grant.role == role);
        self
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("account_id", &self.account_id)
            .field("method", &self.method)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

/// A session as its owner sees it in the list.
#[derive(Clone)]
pub struct ListedSession {
    /// For ending it.
    pub id: SessionId,
    /// How it began.
    pub method: SignInMethod,
    /// Browser and system, as far as the browser told: "Chrome, Android". Empty when it told nothing known.
    pub device: String,
    /// The address it began from.
    pub address: Option<IpAddr>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, exact to a minute.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl fmt::Debug for ListedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListedSession").field("id", &self.id).field("current", &self.current).finish_non_exhaustive()
    }
}

/// A sign-in that succeeded.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// For the session cookie.
    pub token: Token,
    /// For the device cookie: tells this browser from strangers when passwords fail.
    pub device: Token,
    /// The new session.
    pub session: Session,
    /// The page first asked for.
    pub return_to: Option<String>,
}

/// Signed-in browsers.
#[derive(Clone, Copy)]
pub struct Sessions<'a> {
    pub(crate) portal: &'a Portal,
}

impl Sessions<'_> {
    /// The live session of a token; notes its use, at most once a minute.
    ///
    /// # Errors
    /// The database's errors. That the use could not be noted is none: the session is live all the same.
    pub async fn find(&self, token: &Token) -> Result<Option<Session>, SessionsError> {
        let portal = self.portal;
        let now = portal.now();
        let rows = sessions::find(portal.db(), &token.hash(), now).await?;
        let held: Vec<_> = rows.iter().filter_map(|row| row.held.clone().into_role()).collect();
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let grants = grants(&held)?;
        if row.last_seen_at + SEEN_EVERY_MS <= now
            && let Err(error) = self.touch(row.id, now).await
        {
            tracing::warn!(code = error.code(), "the use of a session could not be noted");
        }
        let method = SignInMethod::from_code(&row.method).ok_or(StoreError::Corrupt { column: "sessions.method" })?;
        let locale = row.locale.as_deref().and_then(Locale::from_code);
        let person = Names::new(&row.surname, &row.given_name, row.patronymic.as_deref(), locale, &grants)?;
        Ok(Some(Session {
            id: SessionId(row.id),
            account_id: AccountId(row.account_id),
            person_id: PersonId(row.person_id),
            method,
            locale,
            display_name: person.display,
            given_name: person.given,
            roles: distinct(&grants),
            grants,
            narrowed: None,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
            fresh_until: row.fresh_until,
            previous_sign_in_at: row.previous_sign_in_at,
        }))
    }

    /// A session with the roles of this moment; `None` when it has ended. It does not count as a use.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn renewed(&self, session: &Session) -> Result<Option<Session>, SessionsError> {
        let portal = self.portal;
        let Some(held) = sessions::read_roles(portal.db(), session.id.0, portal.now()).await? else { return Ok(None) };
        let grants = grants(&held)?;
        let whole = Session { roles: distinct(&grants), grants, ..session.clone() };
        Ok(match session.narrowed {
            None => Some(whole),
            // Whoever has that role no longer works in it no longer.
            Some(role) => Some(whole.in_role(role)).filter(|session| !session.grants.is_empty()),
        })
    }

    /// The live sessions of the account, the one used last first.
    ///
    /// # Errors
    /// The database's errors, [`SessionsError::Crypto`] when an address cannot be opened.
    pub async fn list(&self, session: &Session) -> Result<Vec<ListedSession>, SessionsError> {
        let portal = self.portal;
        let rows = sessions::list(portal.db(), session.account_id.0, portal.now()).await?;
        rows.into_iter()
            .map(|row| {
                let method =
                    SignInMethod::from_code(&row.method).ok_or(StoreError::Corrupt { column: "sessions.method" })?;
                let address = row.address_sealed.as_deref();
                let address = address
                    .map(|sealed| portal.sealer().open(columns::SESSIONS_ADDRESS, row.id, sealed))
                    .transpose()?;
                Ok(ListedSession {
                    id: SessionId(row.id),
                    method,
                    device: row.device,
                    address: address.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.parse().ok()),
                    created_at: row.created_at,
                    last_seen_at: row.last_seen_at,
                    expires_at: row.expires_at,
                    current: row.id == session.id.0,
                })
            })
            .collect()
    }

    /// One live session of the account.
    ///
    /// # Errors
    /// [`SessionsError::NotFound`] when the account has no such session; those of [`Sessions::list`].
    pub async fn one(&self, session: &Session, id: SessionId) -> Result<ListedSession, SessionsError> {
        self.list(session).await?.into_iter().find(|listed| listed.id == id).ok_or(SessionsError::NotFound)
    }

    /// Ends one session of the account, be it the one that asks.
    ///
    /// # Errors
    /// [`SessionsError::NotFound`] when the account has no such session; the database's errors.
    pub async fn end(&self, visit: &Visit, session: &Session, id: SessionId) -> Result<(), SessionsError> {
        let portal = self.portal;
        let mut tx = portal.db().begin().await?;
        if !sessions::delete(&mut tx, id.0, session.account_id.0).await? {
            return Err(SessionsError::NotFound);
        }
        let entry = acted(AuditEvent::SessionEnded, visit, session).detail("session", id.to_string());
        portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Ends all sessions of the account but the one that asks; how many.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn end_others(&self, visit: &Visit, session: &Session) -> Result<usize, SessionsError> {
        let portal = self.portal;
        let mut tx = portal.db().begin().await?;
        let ended = sessions::delete_others(&mut tx, session.account_id.0, session.id.0).await?;
        let entry = acted(AuditEvent::OtherSessionsEnded, visit, session).detail("ended", ended.len());
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(ended.len())
    }

    /// Ends the session that asks. Nothing happens when it has ended before.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn sign_out(&self, visit: &Visit, session: &Session) -> Result<(), SessionsError> {
        let portal = self.portal;
        let mut tx = portal.db().begin().await?;
        if sessions::delete(&mut tx, session.id.0, session.account_id.0).await? {
            let entry = acted(AuditEvent::SignOut, visit, session).detail("session", session.id.to_string());
            portal.audit().append(&mut tx, entry).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn touch(&self, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.portal.db().begin().await?;
        sessions::update_last_seen(&mut tx, id, now).await?;
        tx.commit().await
    }
}

/// What the owner of a session did, about themselves.
fn acted(event: AuditEvent, visit: &Visit, session: &Session) -> AuditEntry {
    AuditEntry::new(event, Outcome::Success, visit).actor(session.person_id).person(session.person_id)
}

/// What is shown of a name.
pub(crate) struct Names {
    pub display: String,
    pub given: String,
}

impl Names {
    pub(crate) fn new(
        surname: &str,
        given_name: &str,
        patronymic: Option<&str>,
        locale: Option<Locale>,
        grants: &[Grant<Uuid>],
    ) -> Result<Self, StoreError> {
        let name = name_on_file(surname, given_name, patronymic)
            .ok_or(StoreError::Corrupt { column: "people.surname, given_name, patronymic" })?;
        let display = if is_staff(grants) { name.short() } else { name.display(locale.unwrap_or_default()) };
        Ok(Self { display, given: name.given_name().to_owned() })
    }
}

/// The grants of a person.
pub(crate) fn grants(rows: &[RoleRow]) -> Result<Vec<Grant<Uuid>>, StoreError> {
    rows.iter()
        .map(|row| {
            let role = Role::from_code(&row.role).ok_or(StoreError::Corrupt { column: "roles.role" })?;
            Ok(Grant { role, school_id: row.school_id, class_id: row.class_id })
        })
        .collect()
}

/// Whether somebody signs in as staff do: with two factors, and with the shorter idle limit.
pub(crate) fn is_staff(grants: &[Grant<Uuid>]) -> bool {
    grants.iter().any(|grant| grant.role.needs_second_factor())
}

pub(crate) fn distinct(grants: &[Grant<Uuid>]) -> Vec<Role> {
    let mut roles: Vec<Role> = Vec::new();
    for grant in grants {
        if !roles.contains(&grant.role) {
            roles.push(grant.role);
        }
    }
    roles
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop")]
mod tests {
    use super::*;

    #[test]
    fn half_a_name_is_enough_to_sign_in() {
        for (surname, given_name) in [("Ёлкина", ""), ("", "Ёлкина")] {
            let names = Names::new(surname, given_name, None, Some(Locale::Ru), &[]).unwrap();
            assert!(names.display.contains("Ёлкина") && names.given == "Ёлкина");
        }
    }
}
