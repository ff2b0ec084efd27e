//! Links that let their owner choose a password: asked for by whoever forgot it, and made with a new account.

use domain::{Email, IdKind, Locale, PersonIdentifier};
use serde_json::json;
use uuid::Uuid;

use super::{PasswordWizard, TicketState, TicketView};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::{HOUR, Timestamp};
use crate::codes::Address;
use crate::crypto::columns;
use crate::error::StoreError;
use crate::ids::{MessageId, TicketId, Token};
use crate::outbox::{Channel, NewDecoy};
use crate::portal::{SignInError, Text, about};
use crate::store::passwords::{self, TicketRow};
use crate::store::people::{self, Candidate};
use crate::store::{Tx, accounts};
use crate::throttles::{self, Span};
use crate::visit::Visit;

const RESETS: &str = "password.resets";
const FIRST: &str = "first";
const RESET: &str = "reset";

/// What a ticket is worth now.
pub(super) fn state(row: Option<&TicketRow>, now: Timestamp) -> TicketState {
    match row {
        None => TicketState::Unknown,
        Some(row) if row.used_at.is_some() => TicketState::Used,
        Some(row) if row.replaced_at.is_some() => TicketState::Replaced,
        Some(row) if row.expires_at <= now => TicketState::Expired,
        Some(_) => TicketState::Open,
    }
}

impl PasswordWizard<'_> {
    /// Sends a link to the e-mail on file of whoever has this number; for everybody else, and over the hour's limit of a number, the same
    /// work and no mail. Older links that were asked for become void; the first one of a new account does not, since anybody can ask.
    ///
    /// # Errors
    /// [`SignInError::TooMany`] when too many were asked for by this address; the database's errors.
    pub async fn forgot(&self, visit: &Visit, identifier: &PersonIdentifier) -> Result<(), SignInError> {
        let portal = self.portal;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        portal.codes().count_request(&mut tx, visit, now).await?;
        let kind = identifier.kind();
        let subject = throttles::typed_subject(portal.sealer(), kind.code(), identifier.canonical());
        let limit = portal.settings().password_links.resets_per_hour;
        let span = Span { scope: RESETS, subject, limit, window_ms: HOUR };
        // Over the limit nothing is sent and nothing is told: a stranger who asks too often does not learn it, nor does the owner's own
        // request look different.
        let over = span.count(&mut tx, now).await?.is_some();
        let found = match kind {
            IdKind::RuSnils => {
                let index = portal.sealer().blind_index(columns::PEOPLE_SNILS, identifier.canonical());
                people::list_by_snils(&mut tx, &index).await?
            }
            IdKind::IlId | IdKind::Fictitious => {
                let index = portal.sealer().blind_index(columns::PEOPLE_ID_NUMBER, identifier.canonical());
                people::list_by_id_number(&mut tx, kind.code(), &index).await?
            }
        };
        let candidate = <[Candidate; 1]>::try_from(found).ok().map(|[candidate]| candidate);
        let account = candidate
            .as_ref()
            .filter(|candidate| candidate.state.as_deref() == Some(accounts::ACTIVE))
            .and_then(|candidate| candidate.account_id);
        let contacts = portal.people().contacts(&mut tx, account.unwrap_or_default()).await?;
        let locale = contacts.locale.unwrap_or(visit.locale);
        let person = candidate.as_ref().map(|candidate| candidate.person_id);
        if let (Some(account), Some(email), false) = (account, contacts.email, over) {
            self.mail_reset(&mut tx, account, email, locale, now).await?;
        } else {
            // As many statements as for somebody: the second stands for the ticket that is not written.
            passwords::replace_tickets(&mut tx, Uuid::nil(), RESET, now).await?;
            passwords::replace_tickets(&mut tx, Uuid::nil(), RESET, now).await?;
            let Text { idempotency_key, event, locale, payload, expires_at } =
                self.reset_text(&Token::generate(portal.rng()), locale, now);
            let decoy = NewDecoy { idempotency_key, channel: Channel::Mail, event, locale, payload, expires_at };
            portal.outbox().enqueue_decoy(&mut tx, decoy).await?;
        }
        let outcome = if account.is_some() { Outcome::Success } else { Outcome::Failure };
        let entry = about(AuditEntry::new(AuditEvent::PasswordResetRequested, outcome, visit), person);
        portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// A new link, mailed to the address on file of an account, inside the caller's transaction. Nobody else learns it.
    pub(crate) async fn mail_reset(
        &self,
        tx: &mut Tx,
        account: Uuid,
        email: Email,
        locale: Locale,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let ticket = self.new_ticket(tx, account, false, now).await?;
        let text = self.reset_text(&ticket, locale, now);
        self.portal.send(tx, Some((Some(account), &Address::Email(email))), text).await
    }

    fn reset_text(self, ticket: &Token, locale: Locale, now: Timestamp) -> Text {
        let expires_at = now + self.portal.settings().password_links.reset_ms;
        Text {
            idempotency_key: format!("reset-{}", MessageId::new(now, self.portal.rng())),
            event: "password_reset",
            locale,
            payload: json!({ "ticket": ticket.to_base64url(), "expires_at": expires_at }),
            expires_at,
        }
    }

    /// A new ticket of an account, inside the caller's transaction; older ones of its kind become void.
    pub(crate) async fn new_ticket(
        &self,
        tx: &mut Tx,
        account: Uuid,
        first: bool,
        now: Timestamp,
    ) -> Result<Token, StoreError> {
        let portal = self.portal;
        let links = &portal.settings().password_links;
        let kind = if first { FIRST } else { RESET };
        passwords::replace_tickets(tx, account, kind, now).await?;
        let token = Token::generate(portal.rng());
        let row = TicketRow {
            id: TicketId::new(now, portal.rng()).0,
            account_id: account,
            kind: kind.to_owned(),
            expires_at: now + if first { links.first_ms } else { links.reset_ms },
            used_at: None,
            replaced_at: None,
        };
        passwords::insert_ticket(tx, &token.hash(), &row, now).await?;
        Ok(token)
    }

    /// What the page of a link shows. Changes nothing: mail scanners look at every link first.
    ///
    /// # Errors
    /// The errors of database and keys.
    pub async fn ticket(&self, ticket: &Token) -> Result<TicketView, SignInError> {
        let portal = self.portal;
        let row = passwords::read_ticket(portal.db(), &ticket.hash()).await?;
        let found = state(row.as_ref(), portal.now());
        let first = row.as_ref().is_some_and(|row| row.kind == FIRST);
        let account = match row {
            Some(row) if found == TicketState::Open => accounts::read(portal.db(), row.account_id).await?,
            _ => return Ok(TicketView { state: found, by_user_code: false, first }),
        };
        let Some(account) = account.filter(accounts::AccountRow::is_active) else {
            return Ok(TicketView { state: TicketState::Unknown, by_user_code: false, first: false });
        };
        let person = portal.people().open(account.person_id).await?;
        let by_user_code = person.is_some_and(|person| self.own_numbers(&person).is_empty());
        Ok(TicketView { state: found, by_user_code, first })
    }
}
