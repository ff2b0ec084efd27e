//! The last step of every way to sign in, inside its transaction: a session, a remembered browser, an audit row.

use domain::{Grant, Locale};
use uuid::Uuid;

use super::{Names, Session, Sessions, SignInMethod, SignedIn, device, distinct, is_staff};
use crate::audit::{AuditEntry, Outcome};
use crate::clock::Timestamp;
use crate::crypto::columns;
use crate::ids::{AccountId, PersonId, SessionId, Token};
use crate::portal::SignInError;
use crate::store::accounts::{self, AccountRow};
use crate::store::sessions::{self, NewSessionRow};
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
        let device = device::label(visit.user_agent.as_deref());
        let row = NewSessionRow {
            id: id.0,
            token_hash: token.hash(),
            account_id: account.id,
            method: method.code(),
            device: &device,
            address_sealed: address.map(seal),
            created_at: now,
            idle_ms: if is_staff(&grants) { settings.idle_staff_ms } else { settings.idle_others_ms },
            expires_at: now + settings.absolute_ms,
            fresh_until: now + settings.fresh_ms,
            previous_sign_in_at: account.last_sign_in_at,
        };
        sessions::insert(tx, &row).await?;
        accounts::update_last_sign_in(tx, account.id, now).await?;
        let device = self.remember(tx, visit, account.id, now).await?;
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
            created_at: now,
            last_seen_at: now,
            expires_at: row.expires_at,
            fresh_until: row.fresh_until,
            previous_sign_in_at: row.previous_sign_in_at,
        };
        Ok(SignedIn { token, device, session, return_to })
    }

    /// Keeps the browser's device token when it is one of this account's, and gives it a new one otherwise.
    async fn remember(&self, tx: &mut Tx, visit: &Visit, account: Uuid, now: Timestamp) -> Result<Token, SignInError> {
        let settings = &self.portal.settings().sessions;
        if let Some(token) = &visit.device {
            let after = now - settings.device_lifetime_ms;
            if devices::update_last_used(tx, &token.hash(), account, now, after).await? {
                return Ok(token.clone());
            }
        }
        let token = Token::generate(self.portal.rng());
        devices::insert(tx, &token.hash(), account, now).await?;
        devices::delete_beyond(tx, account, settings.devices.into()).await?;
        Ok(token)
    }
}
