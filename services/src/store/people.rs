//! Rows of `people`: names in clear, everything else that is personal sealed.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::PersonId;
use crate::store::person_fields::{self, Noted};
use crate::store::{Backend, Db, Tx, dialect};
use crate::{on_read, on_tx};

/// A row, as it is written and read. `*_sealed` is opened with the row's id.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct PersonRow {
    pub id: Uuid,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
    pub locale: Option<String>,
    pub birth_date_sealed: Option<Vec<u8>>,
    pub id_type: Option<String>,
    pub id_number_sealed: Option<Vec<u8>>,
    pub id_number_index: Option<Vec<u8>>,
    pub snils_sealed: Option<Vec<u8>>,
    pub snils_index: Option<Vec<u8>>,
    pub mobile_sealed: Option<Vec<u8>>,
    pub mobile_index: Option<Vec<u8>>,
    pub email_sealed: Option<Vec<u8>>,
    pub email_index: Option<Vec<u8>>,
}

/// Somebody who may be meant by an identifier, with the account, if there is one.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct Candidate {
    pub person_id: Uuid,
    pub person_locale: Option<String>,
    pub mobile_sealed: Option<Vec<u8>>,
    pub email_sealed: Option<Vec<u8>>,
    pub account_id: Option<Uuid>,
    pub account_locale: Option<String>,
    pub state: Option<String>,
}

const INSERT: &str = "INSERT INTO people (id, surname, given_name, patronymic, locale, birth_date_sealed, \
     id_type, id_number_sealed, id_number_index, snils_sealed, snils_index, mobile_sealed, mobile_index, \
     email_sealed, email_index, created_at, updated_at, email_verified_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, \
     CASE WHEN $15 IS NOT NULL THEN $16 END)";

/// Adds a person. The same kind and number, or the same SNILS, a second time is [`StoreError::Duplicate`].
pub(crate) async fn insert(tx: &mut Tx, row: &PersonRow, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(row.id)
        .bind(&row.surname)
        .bind(&row.given_name)
        .bind(&row.patronymic)
        .bind(&row.locale)
        .bind(&row.birth_date_sealed)
        .bind(&row.id_type)
        .bind(&row.id_number_sealed)
        .bind(&row.id_number_index)
        .bind(&row.snils_sealed)
        .bind(&row.snils_index)
        .bind(&row.mobile_sealed)
        .bind(&row.mobile_index)
        .bind(&row.email_sealed)
        .bind(&row.email_index)
        .bind(now)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const FIND: &str = "SELECT id, surname, given_name, patronymic, locale, birth_date_sealed, \
     id_type, id_number_sealed, id_number_index, snils_sealed, snils_index, mobile_sealed, mobile_index, \
     email_sealed, email_index FROM people WHERE id = $1";

/// One person.
pub(crate) async fn find(db: &Db, id: PersonId) -> Result<Option<PersonRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, PersonRow>(FIND).bind(id.0).fetch_optional(p).await)?)
}

const FIND_BY_NUMBER: &str = "SELECT p.id AS person_id, p.locale AS person_locale, p.mobile_sealed, p.email_sealed, \
     a.id AS account_id, a.locale AS account_locale, a.state \
     FROM people p LEFT JOIN accounts a ON a.person_id = p.id \
     WHERE p.id_type = $1 AND p.id_number_index = $2 LIMIT 2";

/// Who has this ID number of this kind (`$1` is the kind's code).
pub(crate) async fn list_by_id_number(tx: &mut Tx, kind: &str, index: &[u8; 32]) -> Result<Vec<Candidate>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, Candidate>(FIND_BY_NUMBER).bind(kind).bind(&index[..]).fetch_all(c).await)?)
}

const FIND_BY_SNILS: &str = "SELECT p.id AS person_id, p.locale AS person_locale, p.mobile_sealed, p.email_sealed, \
     a.id AS account_id, a.locale AS account_locale, a.state \
     FROM people p LEFT JOIN accounts a ON a.person_id = p.id WHERE p.snils_index = $1 LIMIT 2";

/// Who has this SNILS: one person at most.
pub(crate) async fn list_by_snils(tx: &mut Tx, index: &[u8; 32]) -> Result<Vec<Candidate>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, Candidate>(FIND_BY_SNILS).bind(&index[..]).fetch_all(c).await)?)
}

/// Somebody whom the roster may know as a guardian or a child.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct Known {
    pub person_id: Uuid,
    pub birth_date_sealed: Option<Vec<u8>>,
    pub mobile_sealed: Option<Vec<u8>>,
    pub locale: Option<String>,
    pub account_id: Option<Uuid>,
}

const KNOWN_BY_NUMBER: &str = "SELECT p.id AS person_id, p.birth_date_sealed, p.mobile_sealed, \
     COALESCE(a.locale, p.locale) AS locale, a.id AS account_id FROM people p LEFT JOIN accounts a ON a.person_id = p.id \
     WHERE p.id_type = $1 AND p.id_number_index = $2 LIMIT 2";

/// Who has this ID number of this kind, for registration.
pub(crate) async fn list_known_by_id_number(
    tx: &mut Tx,
    kind: &str,
    index: &[u8; 32],
) -> Result<Vec<Known>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, Known>(KNOWN_BY_NUMBER).bind(kind).bind(&index[..]).fetch_all(c).await)?)
}

const KNOWN_BY_SNILS: &str = "SELECT p.id AS person_id, p.birth_date_sealed, p.mobile_sealed, \
     COALESCE(a.locale, p.locale) AS locale, a.id AS account_id FROM people p LEFT JOIN accounts a ON a.person_id = p.id \
     WHERE p.snils_index = $1 LIMIT 2";

/// Who has this SNILS, for registration: one person at most.
pub(crate) async fn list_known_by_snils(tx: &mut Tx, index: &[u8; 32]) -> Result<Vec<Known>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, Known>(KNOWN_BY_SNILS).bind(&index[..]).fetch_all(c).await)?)
}

const LOCK_PERSON: &str = "UPDATE people SET version = version WHERE id = $1";
const ACCOUNT_OF: &str = "SELECT id FROM accounts WHERE person_id = $1";

/// The account of a person, who stays locked until the end of the transaction: nobody else makes one meanwhile.
pub(crate) async fn lock_account_of(tx: &mut Tx, person: PersonId) -> Result<Option<Uuid>, StoreError> {
    on_tx!(tx, |c| sqlx::query(LOCK_PERSON).bind(person.0).execute(c).await.map(|_| ()))?;
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(ACCOUNT_OF).bind(person.0).fetch_optional(c).await)?)
}

/// Holds a person until the end of the transaction; `false` when there is no such person.
pub(crate) async fn lock(tx: &mut Tx, person: PersonId) -> Result<bool, StoreError> {
    let held =
        on_tx!(tx, |c| sqlx::query(LOCK_PERSON).bind(person.0).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(held == 1)
}

/// The fields of a person that staff edit, with what a change of them depends on.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct RecordRow {
    pub id: Uuid,
    pub version: i64,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
    pub birth_date_sealed: Option<Vec<u8>>,
    pub snils_sealed: Option<Vec<u8>>,
    pub snils_index: Option<Vec<u8>>,
    pub mobile_sealed: Option<Vec<u8>>,
    pub mobile_index: Option<Vec<u8>>,
    pub email_sealed: Option<Vec<u8>>,
    pub email_index: Option<Vec<u8>>,
    pub email_verified_at: Option<Timestamp>,
    pub id_type: Option<String>,
    pub id_number_sealed: Option<Vec<u8>>,
    pub account_id: Option<Uuid>,
    /// The language that the account chose, or that is on file for the person.
    pub locale: Option<String>,
}

/// The fields of a person, who stays locked until the end of the transaction.
pub(crate) async fn lock_record(tx: &mut Tx, person: PersonId) -> Result<Option<RecordRow>, StoreError> {
    let sql = dialect::LOCK_RECORD.on(tx.backend());
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, RecordRow>(sql).bind(person.0).fetch_optional(c).await)?)
}

/// The fields of a person, outside a transaction.
pub(crate) async fn read_record(db: &Db, person: PersonId) -> Result<Option<RecordRow>, StoreError> {
    // The statement without its lock.
    let sql = dialect::LOCK_RECORD.on(Backend::Sqlite);
    Ok(on_read!(db, |p| sqlx::query_as::<_, RecordRow>(sql).bind(person.0).fetch_optional(p).await)?)
}

/// Writes the fields that staff edit, and the version that the row brings, and notes which of them were changed: at least one. Somebody
/// else's SNILS is [`StoreError::Duplicate`].
pub(crate) async fn update_record(
    tx: &mut Tx,
    row: &RecordRow,
    noted: &Noted<'_>,
    changed: &[&str],
) -> Result<(), StoreError> {
    // Nearly always there is one, and it costs no statement of its own.
    let Some((first, others)) = changed.split_first() else { return Ok(()) };
    let sql = dialect::WRITE_RECORD.on(tx.backend());
    on_tx!(tx, |c| sqlx::query(sql)
        .bind(row.id)
        .bind(&row.surname)
        .bind(&row.given_name)
        .bind(&row.patronymic)
        .bind(&row.birth_date_sealed)
        .bind(&row.snils_sealed)
        .bind(&row.snils_index)
        .bind(&row.mobile_sealed)
        .bind(&row.mobile_index)
        .bind(&row.email_sealed)
        .bind(&row.email_index)
        .bind(row.email_verified_at)
        .bind(noted.version)
        .bind(noted.at)
        .bind(*first)
        .bind(noted.by.map(|by| by.0))
        .bind(noted.source)
        .execute(c)
        .await
        .map(|_| ()))?;
    for field in others {
        person_fields::upsert(tx, noted, field).await?;
    }
    Ok(())
}

/// A name alone.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct NameRow {
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
}

pub(crate) const NAME: &str = "SELECT surname, given_name, patronymic FROM people WHERE id = $1";

/// The name of a person, outside a transaction.
pub(crate) async fn read_name(db: &Db, person: Uuid) -> Result<Option<NameRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, NameRow>(NAME).bind(person).fetch_optional(p).await)?)
}

/// Contact details to be written; `None` leaves what is there.
#[derive(Default)]
pub(crate) struct NewContacts {
    pub mobile_sealed: Option<Vec<u8>>,
    pub mobile_index: Option<Vec<u8>>,
    pub email_sealed: Option<Vec<u8>>,
    pub email_index: Option<Vec<u8>>,
    /// When the new e-mail was confirmed by its owner, if it was.
    pub email_verified_at: Option<Timestamp>,
}

const SET_CONTACTS: &str = "UPDATE people SET mobile_sealed = COALESCE($2, mobile_sealed), \
     mobile_index = COALESCE($3, mobile_index), email_sealed = COALESCE($4, email_sealed), \
     email_index = COALESCE($5, email_index), \
     email_verified_at = CASE WHEN $5 IS NULL THEN email_verified_at ELSE $7 END, version = version + 1, \
     updated_at = $6 WHERE id = $1 \
     RETURNING version";

/// Writes contact details; the version that this makes. An e-mail that is written here was typed by its owner: it counts as confirmed
/// only where that is said.
pub(crate) async fn update_contacts(
    tx: &mut Tx,
    person: PersonId,
    contacts: &NewContacts,
    now: Timestamp,
) -> Result<i64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, i64>(SET_CONTACTS)
        .bind(person.0)
        .bind(&contacts.mobile_sealed)
        .bind(&contacts.mobile_index)
        .bind(&contacts.email_sealed)
        .bind(&contacts.email_index)
        .bind(now)
        .bind(contacts.email_verified_at)
        .fetch_one(c)
        .await)?)
}

/// An ID number to be written; nothing in it takes the one on file away.
pub(crate) struct NewNumber {
    pub kind: Option<String>,
    pub sealed: Option<Vec<u8>>,
    pub index: Option<Vec<u8>>,
}

const SET_NUMBER: &str = "UPDATE people SET id_type = $2, id_number_sealed = $3, id_number_index = $4, \
     version = version + 1, updated_at = $5 WHERE id = $1 RETURNING version";

/// Writes the ID number; the version that this makes. Somebody else's number is [`StoreError::Duplicate`].
pub(crate) async fn update_number(
    tx: &mut Tx,
    person: PersonId,
    number: &NewNumber,
    now: Timestamp,
) -> Result<i64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, i64>(SET_NUMBER)
        .bind(person.0)
        .bind(&number.kind)
        .bind(&number.sealed)
        .bind(&number.index)
        .bind(now)
        .fetch_one(c)
        .await)?)
}

const CONTACTS_OF: &str = "SELECT p.id AS person_id, p.locale AS person_locale, p.mobile_sealed, p.email_sealed, \
     a.id AS account_id, a.locale AS account_locale, a.state \
     FROM people p LEFT JOIN accounts a ON a.person_id = p.id WHERE p.id = $1";

/// A person's contact details, with the account, if there is one.
pub(crate) async fn find_contacts(tx: &mut Tx, person: PersonId) -> Result<Option<Candidate>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, Candidate>(CONTACTS_OF).bind(person.0).fetch_optional(c).await)?)
}

const FIND_BY_ACCOUNT: &str = "SELECT p.id AS person_id, p.locale AS person_locale, p.mobile_sealed, p.email_sealed, \
     a.id AS account_id, a.locale AS account_locale, a.state \
     FROM accounts a JOIN people p ON p.id = a.person_id WHERE a.id = $1";

/// The person of an account.
pub(crate) async fn find_by_account(tx: &mut Tx, account: Uuid) -> Result<Option<Candidate>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, Candidate>(FIND_BY_ACCOUNT).bind(account).fetch_optional(c).await)?)
}
