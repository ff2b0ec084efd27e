//! Programs that use the API: a token each, shown once and kept as a hash, with scopes and an end.
//!
//! A program acts in the name of whoever made it, with the rights that this person has at the moment, and of these only what its scopes
//! name (the API asks for them, route by route). It can never give fresh proof, so it changes no contact that somebody signs in with. Its
//! token is dead when it is revoked, when it ends, and when the account of its maker is barred.

use std::collections::BTreeSet;
use std::fmt;

use domain::{Locale, Permission, Target};
use serde_json::json;

use crate::access::AccessError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::{DAY, MINUTE, Timestamp};
use crate::error::StoreError;
use crate::help_desk::shown_name;
use crate::ids::{AccountId, ApiClientId, PersonId, SessionId, Token};
use crate::portal::Portal;
use crate::sessions::{self, Names, Session, SignInMethod};
use crate::store::api_clients::{self as rows, ClientRow, LiveRow};
use crate::store::roles;
use crate::visit::Visit;

/// The longest life of a token in days.
pub const LONGEST_DAYS: u32 = 366;
/// The longest name in characters.
pub const NAME_MAX: usize = 80;
/// `last_used_at` is exact to this span: reading shall not write to the database each time.
const USED_EVERY_MS: i64 = MINUTE;

/// What a program may do, as far as its maker may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ApiScope {
    /// Read schools, classes and the people in them.
    ReadClasses,
    /// Change people.
    WritePeople,
    /// Read who can sign in.
    ReadReadiness,
    /// Import rosters.
    Import,
    /// Read the audit log.
    ReadAudit,
    /// Read the delivery log.
    ReadDeliveries,
}

impl ApiScope {
    /// Every scope, in the order in which forms offer them.
    pub const ALL: [Self; 6] = [
        Self::ReadClasses,
        Self::WritePeople,
        Self::ReadReadiness,
        Self::Import,
        Self::ReadAudit,
        Self::ReadDeliveries,
    ];

    /// The stable code: `read:classes`, `write:people`, `read:readiness`, `import`, `read:audit`, `read:deliveries`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ReadClasses => "read:classes",
            Self::WritePeople => "write:people",
            Self::ReadReadiness => "read:readiness",
            Self::Import => "import",
            Self::ReadAudit => "read:audit",
            Self::ReadDeliveries => "read:deliveries",
        }
    }

    /// The scope of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

/// A program as it is listed.
#[derive(Clone, Debug)]
pub struct ListedApiClient {
    /// Its id.
    pub id: ApiClientId,
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<ApiScope>,
    /// Who made it.
    pub created_by: PersonId,
    /// Their name.
    pub created_by_name: String,
    /// When.
    pub created_at: Timestamp,
    /// When its token ends.
    pub expires_at: Option<Timestamp>,
    /// When its token was last used, exact to a minute.
    pub last_used_at: Option<Timestamp>,
    /// When its token was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl ListedApiClient {
    /// Whether its token is good, as far as the program itself goes.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| at > now)
    }
}

/// A program that shows a good token.
#[derive(Clone)]
pub struct ApiClient {
    /// Its id.
    pub id: ApiClientId,
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<ApiScope>,
    /// In whose name it acts. No browser's session, and never fresh.
    pub actor: Session,
}

impl ApiClient {
    /// Whether it has a scope.
    pub fn may(&self, scope: ApiScope) -> bool {
        self.scopes.contains(&scope)
    }
}

impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClient").field("id", &self.id).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// Why a program got no token, or did not lose it.
#[derive(Debug, thiserror::Error)]
pub enum ApiClientError {
    /// Not allowed, or no such program.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A token outlives the session that asks for it: it needs fresh proof.
    #[error("fresh proof is needed")]
    ProofNeeded,
    /// No name, or one of more than [`NAME_MAX`] characters.
    #[error("a program needs a name of at most {NAME_MAX} characters")]
    Name,
    /// It could do nothing.
    #[error("a program needs a scope")]
    NoScope,
    /// Not 1 to [`LONGEST_DAYS`] days.
    #[error("a token lives 1 to {LONGEST_DAYS} days")]
    Days,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ApiClientError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::ProofNeeded => "API-01",
            Self::Name => "API-02",
            Self::NoScope => "API-03",
            Self::Days => "API-04",
            Self::Store(error) => error.code(),
        }
    }
}

/// Programs that use the API.
#[derive(Clone, Copy)]
pub struct ApiClients<'a> {
    pub(crate) portal: &'a Portal,
}

impl ApiClients<'_> {
    /// Lets a program in. The token is shown now and never again.
    ///
    /// # Errors
    /// [`AccessError::Refused`]; [`ApiClientError::ProofNeeded`], [`ApiClientError::Name`], [`ApiClientError::NoScope`],
    /// [`ApiClientError::Days`]; the database's errors.
    pub async fn create(
        &self,
        visit: &Visit,
        actor: &Session,
        name: &str,
        scopes: &BTreeSet<ApiScope>,
        days: u32,
    ) -> Result<(ListedApiClient, Token), ApiClientError> {
        let portal = self.portal;
        self.require(visit, actor).await?;
        let now = portal.now();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if !(1..=NAME_MAX).contains(&name.chars().count()) {
            return Err(ApiClientError::Name);
        }
        if scopes.is_empty() {
            return Err(ApiClientError::NoScope);
        }
        if !(1..=LONGEST_DAYS).contains(&days) {
            return Err(ApiClientError::Days);
        }
        if !actor.is_fresh(now) {
            return Err(ApiClientError::ProofNeeded);
        }
        let token = Token::generate(portal.rng());
        let row = ClientRow {
            id: ApiClientId::new(now, portal.rng()).0,
            name,
            scopes: scopes.iter().map(|scope| scope.code()).collect::<Vec<_>>().join(" "),
            created_by: actor.person_id.0,
            created_at: now,
            expires_at: Some(now + i64::from(days) * DAY),
            last_used_at: None,
            revoked_at: None,
            surname: String::new(),
            given_name: String::new(),
            patronymic: None,
        };
        let mut tx = portal.db().begin().await?;
        rows::insert(&mut tx, &token.hash(), &row).await?;
        let entry = changed(visit, actor, ApiClientId(row.id), "created");
        let entry = entry.detail("scopes", row.scopes.as_str()).detail("expires_at", json!(row.expires_at));
        portal.audit().append(&mut tx, entry.after(json!({ "name": row.name }))).await?;
        tx.commit().await?;
        let created_by_name = actor.display_name.clone();
        Ok((ListedApiClient { created_by_name, ..listed(row, visit.locale)? }, token))
    }

    /// Every program there was, the newest first.
    ///
    /// # Errors
    /// [`AccessError::Refused`]; the database's errors.
    pub async fn list(&self, visit: &Visit, actor: &Session) -> Result<Vec<ListedApiClient>, ApiClientError> {
        self.require(visit, actor).await?;
        let rows = rows::list(self.portal.db()).await?;
        Ok(rows.into_iter().map(|row| listed(row, visit.locale)).collect::<Result<_, StoreError>>()?)
    }

    /// Takes a program's token back, at once.
    ///
    /// # Errors
    /// [`AccessError::Refused`]; [`AccessError::NotFound`] when there is no such program, or its token was taken back before; the
    /// database's errors.
    pub async fn revoke(&self, visit: &Visit, actor: &Session, id: ApiClientId) -> Result<(), ApiClientError> {
        let portal = self.portal;
        self.require(visit, actor).await?;
        let mut tx = portal.db().begin().await?;
        if !rows::revoke(&mut tx, id.0, portal.now()).await? {
            return Err(AccessError::NotFound.into());
        }
        portal.audit().append(&mut tx, changed(visit, actor, id, "revoked")).await?;
        Ok(tx.commit().await?)
    }

    /// Writes down that a program's token has not the scope that something needs.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn refuse(&self, visit: &Visit, client: &ApiClient, scope: ApiScope) -> Result<(), StoreError> {
        let portal = self.portal;
        let entry = AuditEntry::new(AuditEvent::AccessRefused, Outcome::Refused, visit)
            .actor(client.actor.person_id)
            .detail("client", client.id.to_string())
            .detail("scope", scope.code());
        let mut tx = portal.db().begin().await?;
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await
    }

    /// The program that shows this token, with its maker's rights of this moment; `None` when the token is not good.
    ///
    /// # Errors
    /// The database's errors. That the use could not be noted is none.
    pub async fn authenticate(&self, token: &Token) -> Result<Option<ApiClient>, StoreError> {
        let portal = self.portal;
        let now = portal.now();
        let Some(row) = rows::read(portal.db(), &token.hash(), now).await? else { return Ok(None) };
        let grants = sessions::grants(&roles::read(portal.db(), row.person_id).await?)?;
        // Whoever may make no programs any more has none: their tokens were given out for a task that is over.
        if !domain::allows(&grants, Permission::ManageApiClients, &Target::Everything) {
            return Ok(None);
        }
        if row.last_used_at.is_none_or(|at| at + USED_EVERY_MS <= now)
            && let Err(error) = self.touch(&row, now).await
        {
            tracing::warn!(code = error.code(), "the use of a token could not be noted");
        }
        let names = Names::new(&row.surname, &row.given_name, row.patronymic.as_deref(), None, &grants)?;
        let actor = Session {
            id: SessionId(row.id),
            account_id: AccountId(row.account_id),
            person_id: PersonId(row.person_id),
            method: SignInMethod::Password,
            locale: None,
            display_name: names.display,
            given_name: names.given,
            roles: sessions::distinct(&grants),
            grants,
            narrowed: None,
            created_at: row.created_at,
            last_seen_at: now,
            expires_at: row.expires_at.unwrap_or(Timestamp::MAX),
            fresh_until: 0,
            previous_sign_in_at: row.last_used_at,
        };
        Ok(Some(ApiClient { id: ApiClientId(row.id), scopes: parsed(&row.scopes)?, name: row.name, actor }))
    }

    async fn touch(self, row: &LiveRow, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.portal.db().begin().await?;
        rows::update_last_used(&mut tx, row.id, now).await?;
        tx.commit().await
    }

    async fn require(self, visit: &Visit, actor: &Session) -> Result<(), AccessError> {
        self.portal.access().require(visit, actor, Permission::ManageApiClients, &Target::Everything).await
    }
}

/// A program was made, or lost its token.
fn changed(visit: &Visit, actor: &Session, id: ApiClientId, what: &str) -> AuditEntry {
    let entry = AuditEntry::new(AuditEvent::ApiClientChanged, Outcome::Success, visit).actor(actor.person_id);
    entry.detail("client", id.to_string()).detail("what", what)
}

fn parsed(scopes: &str) -> Result<BTreeSet<ApiScope>, StoreError> {
    let scope = |code| ApiScope::from_code(code).ok_or(StoreError::Corrupt { column: "api_clients.scopes" });
    scopes.split_whitespace().map(scope).collect()
}

fn listed(row: ClientRow, locale: Locale) -> Result<ListedApiClient, StoreError> {
    Ok(ListedApiClient {
        id: ApiClientId(row.id),
        scopes: parsed(&row.scopes)?,
        name: row.name,
        created_by: PersonId(row.created_by),
        created_by_name: shown_name(&row.surname, &row.given_name, row.patronymic.as_deref(), locale),
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        revoked_at: row.revoked_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_have_codes() {
        for scope in ApiScope::ALL {
            assert_eq!(ApiScope::from_code(scope.code()), Some(scope));
        }
        assert_eq!(ApiScope::from_code("write:everything"), None);
    }
}
