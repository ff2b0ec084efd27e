//! The delivery log: what was sent, when, by which gateway, and whether it arrived there. Never what it said, never a code; recipients are
//! masked.

use std::fmt;

use domain::{Locale, Permission, Target};

use crate::access::AccessError;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::help_desk::{reaches, shown_name};
use crate::ids::{AccountId, MessageId, PersonId};
use crate::outbox::Channel;
use crate::portal::Portal;
use crate::sessions::Session;
use crate::store::deliveries::{self as rows, DeliveryRow, Narrowed};
use crate::store::help_desk::Reach;
use crate::visit::Visit;

/// The most messages of one page.
pub const LIST_LIMIT: u32 = 200;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It waits for its turn, or for the next try.
    Waiting,
    /// A worker has it.
    Sending,
    /// A gateway has taken it.
    Sent,
    /// No gateway takes it.
    Failed,
    /// It could not be sent while it was of use.
    Expired,
}

impl DeliveryState {
    /// Every state, in the order of filters.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Sending, Self::Sent, Self::Failed, Self::Expired];

    /// The stable code, as stored: `pending`, `sending`, `sent`, `failed`, `expired`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "pending",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    /// The state of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// Which messages to list, newest first. What is `None` does not narrow.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// To this person's account.
    pub person: Option<PersonId>,
    /// By text message, or by mail.
    pub channel: Option<Channel>,
    /// In this state.
    pub state: Option<DeliveryState>,
    /// Written not before this moment, Unix milliseconds.
    pub since: Option<Timestamp>,
    /// Written before this moment, Unix milliseconds.
    pub until: Option<Timestamp>,
    /// At most so many; at most [`LIST_LIMIT`].
    pub limit: u32,
}

/// A message.
#[derive(Clone)]
pub struct DeliveryLine {
    /// Its id: the cursor for the next page.
    pub id: MessageId,
    /// How it travels.
    pub channel: Channel,
    /// Which text: `sign_in_code`, `first_password`, …
    pub event: String,
    /// In which language; none when this program does not know it.
    pub locale: Option<Locale>,
    /// The recipient, masked.
    pub recipient_hint: String,
    /// Whose account it belongs to.
    pub account_id: Option<AccountId>,
    /// Whose account it belongs to.
    pub person_id: Option<PersonId>,
    /// Their name; empty for messages to addresses that were typed.
    pub name: String,
    /// What became of it.
    pub state: DeliveryState,
    /// Tries so far.
    pub attempts: i64,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is of no use any more.
    pub expires_at: Timestamp,
    /// When it was sent, given up or dropped.
    pub finished_at: Option<Timestamp>,
    /// The gateway that took it.
    pub gateway: Option<String>,
    /// The code of the last failure.
    pub last_error: Option<String>,
}

impl fmt::Debug for DeliveryLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryLine")
            .field("id", &self.id)
            .field("event", &self.event)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// One page of the log.
#[derive(Clone, Debug)]
pub struct DeliveryPage {
    /// The messages, newest first.
    pub items: Vec<DeliveryLine>,
    /// The cursor for the next page; none when this is the last.
    pub next: Option<MessageId>,
}

/// The delivery log.
#[derive(Clone, Copy)]
pub struct Deliveries<'a> {
    pub(crate) portal: &'a Portal,
}

impl Deliveries<'_> {
    /// Messages that reach somebody: those to the people of the schools whose log they may read; of one person, also for whoever may invite
    /// that person again (did the invitation arrive?). `before` is the cursor.
    ///
    /// # Errors
    /// [`AccessError`]; the database's errors.
    pub async fn list(
        &self,
        visit: &Visit,
        actor: &Session,
        filter: &DeliveryFilter,
        before: Option<MessageId>,
    ) -> Result<DeliveryPage, AccessError> {
        let portal = self.portal;
        let permission = Permission::ReadAuditLog;
        let mut reach = reaches(&actor.grants, permission);
        match filter.person {
            Some(person) if !reach.contains(&Reach::Everybody) => {
                portal.access().person(visit, actor, Permission::ResendInvitations, person).await?;
                reach = vec![Reach::Everybody];
            }
            None if reach.is_empty() => {
                return Err(portal.access().refuse(visit, actor, permission, None, &[Target::Everything]).await);
            }
            _ => {}
        }
        let limit = usize::try_from(filter.limit.min(LIST_LIMIT)).unwrap_or(0);
        let which = Narrowed {
            channel: filter.channel.map(Channel::code),
            state: filter.state.map(DeliveryState::code),
            since: filter.since,
            until: filter.until,
            person: filter.person.map(|id| id.0),
            before: before.map(|id| id.0),
            // One more than is shown tells whether there is another page.
            limit: i64::try_from(limit).unwrap_or(0) + 1,
        };
        let mut found: Vec<DeliveryRow> = Vec::new();
        for reach in reach {
            found.extend(rows::list(portal.db(), &which, reach).await?);
        }
        found.sort_by_key(|row| std::cmp::Reverse(row.id));
        // Somebody who belongs to two schools is in both lists.
        found.dedup_by_key(|row| row.id);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|row| MessageId(row.id));
        let items = found.into_iter().map(|row| line(row, visit.locale)).collect::<Result<_, StoreError>>()?;
        Ok(DeliveryPage { items, next })
    }
}

fn line(row: DeliveryRow, locale: Locale) -> Result<DeliveryLine, StoreError> {
    let corrupt = |column| StoreError::Corrupt { column };
    let (surname, given_name) = (row.surname.unwrap_or_default(), row.given_name.unwrap_or_default());
    Ok(DeliveryLine {
        id: MessageId(row.id),
        channel: Channel::from_code(&row.channel).ok_or(corrupt("outbox.channel"))?,
        locale: Locale::from_code(&row.locale),
        recipient_hint: row.recipient_hint,
        account_id: row.account_id.map(AccountId),
        person_id: row.person_id.map(PersonId),
        name: shown_name(&surname, &given_name, row.patronymic.as_deref(), locale),
        state: DeliveryState::from_code(&row.state).ok_or(corrupt("outbox.state"))?,
        event: row.event,
        attempts: row.attempts,
        created_at: row.created_at,
        expires_at: row.expires_at,
        finished_at: row.finished_at,
        gateway: row.gateway,
        last_error: row.last_error,
    })
}
