//! Rows of `accounts` and `issued_user_codes`.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::{AccountId, PersonId};
use crate::store::roles::{HeldRow, RoleRow};
use crate::store::{Db, Tx};
use crate::{on_read, on_tx};

/// `accounts.state` of an account that may sign in.
pub(crate) const ACTIVE: &str = "active";
/// `accounts.state` of an account that may not.
pub(crate) const DISABLED: &str = "disabled";

/// A row of `accounts` with the names of its person.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct AccountRow {
    pub id: Uuid,
    pub person_id: Uuid,
    pub user_code: String,
    pub password_hash: Option<String>,
    pub initial_hash: Option<String>,
    pub initial_expires_at: Timestamp,
    pub password_changed_at: Option<Timestamp>,
    pub state: String,
    /// The language that the account chose, or that is on file for the person.
    pub locale: Option<String>,
    pub last_sign_in_at: Option<Timestamp>,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
}

impl AccountRow {
    pub(crate) fn is_active(&self) -> bool {
        self.state == ACTIVE
    }

    /// The initial password's hash, while there is no other password and it can still be used.
    pub(crate) fn initial(&self, now: Timestamp) -> Option<&str> {
        let live = self.password_hash.is_none() && self.initial_expires_at > now;
        self.initial_hash.as_deref().filter(|_| live)
    }

    /// The hash that a typed password is held against.
    pub(crate) fn hash_to_match(&self, now: Timestamp) -> Option<&str> {
        self.password_hash.as_deref().or_else(|| self.initial(now))
    }
}

const RESERVE_CODE: &str =
    "INSERT INTO issued_user_codes (user_code, issued_at) VALUES ($1, $2) ON CONFLICT (user_code) DO NOTHING";

/// Takes a user code out of circulation for good; `false` when it was given out before.
pub(crate) async fn insert_issued_code(tx: &mut Tx, user_code: &str, now: Timestamp) -> Result<bool, StoreError> {
    let inserted = on_tx!(tx, |c| sqlx::query(RESERVE_CODE)
        .bind(user_code)
        .bind(now)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(inserted == 1)
}

const INSERT: &str =
    "INSERT INTO accounts (id, person_id, user_code, state, locale, created_at) VALUES ($1, $2, $3, 'active', $4, $5)";

/// Adds an account without a password. A second one for the same person is [`StoreError::Duplicate`].
pub(crate) async fn insert(
    tx: &mut Tx,
    id: AccountId,
    person: PersonId,
    user_code: &str,
    locale: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(id.0)
        .bind(person.0)
        .bind(user_code)
        .bind(locale)
        .bind(now)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// The columns of an [`AccountRow`], of `accounts a` and `people p`.
macro_rules! columns {
    () => {
        "a.id, a.person_id, a.user_code, a.password_hash, a.initial_hash, a.initial_expires_at, a.password_changed_at, \
         a.state, COALESCE(a.locale, p.locale) AS locale, a.last_sign_in_at, p.surname, p.given_name, p.patronymic"
    };
}

const FIND: &str =
    concat!("SELECT ", columns!(), " FROM accounts a JOIN people p ON p.id = a.person_id WHERE a.id = $1");

/// One account.
pub(crate) async fn find(tx: &mut Tx, id: Uuid) -> Result<Option<AccountRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, AccountRow>(FIND).bind(id).fetch_optional(c).await)?)
}

#[derive(sqlx::FromRow)]
struct HolderRow {
    #[sqlx(flatten)]
    account: AccountRow,
    #[sqlx(flatten)]
    held: HeldRow,
}

pub(crate) const FIND_WITH_ROLES: &str = concat!(
    "SELECT ",
    columns!(),
    ", r.role, r.school_id AS role_school_id, r.class_id AS role_class_id FROM accounts a JOIN people p ON p.id = a.person_id \
     LEFT JOIN roles r ON r.person_id = p.id WHERE a.id = $1 ORDER BY r.id"
);

/// One account with the roles of its person, in the order they were given.
pub(crate) async fn find_with_roles(tx: &mut Tx, id: Uuid) -> Result<(Option<AccountRow>, Vec<RoleRow>), StoreError> {
    let rows = on_tx!(tx, |c| sqlx::query_as::<_, HolderRow>(FIND_WITH_ROLES).bind(id).fetch_all(c).await)?;
    let mut account = None;
    let mut held = Vec::with_capacity(rows.len());
    for row in rows {
        account.get_or_insert(row.account);
        held.extend(row.held.into_role());
    }
    Ok((account, held))
}

/// One account, outside a transaction.
pub(crate) async fn read(db: &Db, id: Uuid) -> Result<Option<AccountRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, AccountRow>(FIND).bind(id).fetch_optional(p).await)?)
}

const FIND_BY_CODE: &str =
    concat!("SELECT ", columns!(), " FROM accounts a JOIN people p ON p.id = a.person_id WHERE a.user_code = $1");

/// The account with a user code, outside a transaction.
pub(crate) async fn read_by_user_code(db: &Db, user_code: &str) -> Result<Option<AccountRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, AccountRow>(FIND_BY_CODE).bind(user_code).fetch_optional(p).await)?)
}

const SET_PASSWORD: &str = "UPDATE accounts SET password_hash = $2, password_changed_at = $3, initial_hash = NULL, \
     initial_expires_at = 0 WHERE id = $1";

/// A new password; an initial one is over.
pub(crate) async fn update_password(tx: &mut Tx, id: Uuid, phc: &str, now: Timestamp) -> Result<bool, StoreError> {
    let updated = on_tx!(tx, |c| sqlx::query(SET_PASSWORD)
        .bind(id)
        .bind(phc)
        .bind(now)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(updated == 1)
}

const REHASH: &str = "UPDATE accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2";

/// The same password under other parameters; nothing happens when it was changed meanwhile.
pub(crate) async fn update_hash(tx: &mut Tx, id: Uuid, old: &str, new: &str) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(REHASH).bind(id).bind(old).bind(new).execute(c).await.map(|_| ()))?;
    Ok(())
}

const SET_STATE: &str = "UPDATE accounts SET state = $2 WHERE id = $1";

/// [`ACTIVE`] or [`DISABLED`].
pub(crate) async fn update_state(tx: &mut Tx, id: Uuid, state: &str) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(SET_STATE).bind(id).bind(state).execute(c).await.map(|_| ()))?;
    Ok(())
}

const SET_LOCALE: &str = "UPDATE accounts SET locale = $2 WHERE id = $1";

/// The language of an account.
pub(crate) async fn update_locale(tx: &mut Tx, id: Uuid, locale: &str) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(SET_LOCALE).bind(id).bind(locale).execute(c).await.map(|_| ()))?;
    Ok(())
}
