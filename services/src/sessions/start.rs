//! The last step of every way to sign in, inside its transaction: a session, a remembered browser, an audit row.

use domain::{Grant, Locale};
use uuid::Uuid;

use super::{Names, Session, Sessions, SignInMethod, SignedIn, device, distinct, is_staff};
use crate::audit::{AuditEntry, Outcome};
use crate::clock::Timestamp;
use crate::crypto::columns;
use crate::ids::{AccountId, PersonId, SessionId, Token};
use crate::portal::SignInError;
use crate::store::accounts::AccountRow;
use crate::store::sessions::{self, NewDeviceRow, NewSessionRow};
use crate::store::{Tx, devices};
use crate::visit::Visit;

/// Who enters, and how.
pub(crate) struct Entry<'a> {
    pub account: &'a AccountRow,
    pub grants: Vec<Grant<Uuid>>,
    pub method: SignInMethod,
}

impl Sessions<'_> {
    /// Begins a session; the caller has proved who it is and commits.
    pub(crate) async fn start(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        entry: Entry<'_>,
        return_to: Option<String>,
        now: Timestamp,
    ) -> Result<SignedIn, SignInError> {
        let portal = self.portal;
        let settings = &portal.settings().sessions;
        let Entry { account, grants, method } = entry;
        let token = Token::generate(portal.rng());
        let id = SessionId::new(now, portal.rng());
        let address = visit.address.map(|address| address.to_canonical().to_string());
        let seal = |text: String| portal.sealer().seal(portal.rng(), columns::SESSIONS_ADDRESS, id.0, text.as_bytes());
        let label = device::label(visit.user_agent.as_deref());
        let row = NewSessionRow {
            id: id.0,
            token_hash: token.hash(),
            account_id: account.id,
            method: method.code(),
            device: &label,
            address_sealed: address.map(seal),
            created_at: now,
            idle_ms: if is_staff(&grants) { settings.idle_staff_ms } else { settings.idle_others_ms },
            expires_at: now + settings.absolute_ms,
            fresh_until: now + settings.fresh_ms,
            previous_sign_in_at: account.last_sign_in_at,
        };
        let known = self.known_device(tx, visit, account.id, now).await?;
        let is_new = known.is_none();
        let device = known.unwrap_or_else(|| Token::generate(portal.rng()));
        let new = NewDeviceRow { token_hash: is_new.then(|| device.hash()), keep: settings.devices.into() };
        sessions::enter(tx, &row, &new).await?;
        let person = PersonId(account.person_id);
        let entry = AuditEntry::new(method.event(), Outcome::Success, visit).actor(person).person(person);
        portal.audit().append(tx, entry.detail("session", id.to_string())).await?;

        let locale = account.locale.as_deref().and_then(Locale::from_code);
        let patronymic = account.patronymic.as_deref();
        let names = Names::new(&account.surname, &account.given_name, patronymic, locale, &grants)?;
        let session = Session {
            id,
            account_id: AccountId(account.id),
            person_id: person,
            method,
            locale,
            display_name: names.display,
            given_name: names.given,
            roles: distinct(&grants),
            grants,
            narrowed: None,
            created_at: now,
            last_seen_at: now,
            expires_at: row.expires_at,
            fresh_until: row.fresh_until,
            previous_sign_in_at: row.previous_sign_in_at,
        };
        Ok(SignedIn { token, device, session, return_to })
    }

    /// The browser's device token, when it is one of this account's: it was used now.
    async fn known_device(
        &self,
        tx: &mut Tx,
        visit: &Visit,
        account: Uuid,
        now: Timestamp,
    ) -> Result<Option<Token>, SignInError> {
        let Some(token) = &visit.device else { return Ok(None) };
        let after = now - self.portal.settings().sessions.device_lifetime_ms;
        let known = devices::update_last_used(tx, &token.hash(), account, now, after).await?;
        Ok(known.then(|| token.clone()))
    }
}
