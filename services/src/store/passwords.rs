//! Rows of `password_tickets`, `password_flows` and `security_questions`, and of an account's initial password.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::store::{Db, Tx, dialect};
use crate::{on_read, on_tx};

/// A link that lets its owner choose a password.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct TicketRow {
    pub id: Uuid,
    pub account_id: Uuid,
    pub kind: String,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub replaced_at: Option<Timestamp>,
}

const INSERT_TICKET: &str = "INSERT INTO password_tickets (id, token_hash, account_id, kind, created_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6)";

/// Adds a ticket.
pub(crate) async fn insert_ticket(
    tx: &mut Tx,
    token_hash: &[u8; 32],
    row: &TicketRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT_TICKET)
        .bind(row.id)
        .bind(&token_hash[..])
        .bind(row.account_id)
        .bind(&row.kind)
        .bind(now)
        .bind(row.expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const REPLACE: &str = "UPDATE password_tickets SET replaced_at = $2 WHERE account_id = $1 AND kind = $3 AND used_at IS NULL AND replaced_at IS NULL";

/// Makes the open tickets of an account void: a newer one of their kind was made.
pub(crate) async fn replace_tickets(tx: &mut Tx, account: Uuid, kind: &str, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(REPLACE).bind(account).bind(now).bind(kind).execute(c).await.map(|_| ()))?;
    Ok(())
}

const USE: &str = "UPDATE password_tickets SET used_at = $2 WHERE account_id = $1 AND used_at IS NULL";

/// A password was chosen: no ticket of the account is good any more.
pub(crate) async fn use_tickets(tx: &mut Tx, account: Uuid, now: Timestamp) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(USE).bind(account).bind(now).execute(c).await.map(|_| ()))?;
    Ok(())
}

const FIND_TICKET: &str = "SELECT id, account_id, kind, expires_at, used_at, replaced_at FROM password_tickets \
     WHERE token_hash = $1";

/// The ticket of a link, outside a transaction.
pub(crate) async fn read_ticket(db: &Db, token_hash: &[u8; 32]) -> Result<Option<TicketRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, TicketRow>(FIND_TICKET).bind(&token_hash[..]).fetch_optional(p).await)?)
}

/// The ticket of a link.
pub(crate) async fn find_ticket(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<TicketRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, TicketRow>(FIND_TICKET).bind(&token_hash[..]).fetch_optional(c).await)?)
}

const FIND_TICKET_BY_ID: &str = "SELECT id, account_id, kind, expires_at, used_at, replaced_at FROM password_tickets \
     WHERE id = $1";

/// The ticket that a browser came with.
pub(crate) async fn find_ticket_by_id(tx: &mut Tx, id: Uuid) -> Result<Option<TicketRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, TicketRow>(FIND_TICKET_BY_ID).bind(id).fetch_optional(c).await)?)
}

const DELETE_TICKETS: &str = "DELETE FROM password_tickets WHERE expires_at <= $1 AND id IN \
     (SELECT id FROM password_tickets WHERE expires_at <= $1 LIMIT $2)";

/// Removes tickets that expired before a moment, `limit` at most; how many.
pub(crate) async fn delete_tickets(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_TICKETS)
        .bind(before)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

/// A browser in the wizard.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct WizardRow {
    pub id: Uuid,
    pub account_id: Uuid,
    pub ticket_id: Option<Uuid>,
    pub step: String,
    pub code_flow_id: Option<Uuid>,
    pub expires_at: Timestamp,
}

const INSERT_FLOW: &str = "INSERT INTO password_flows (id, token_hash, account_id, ticket_id, step, code_flow_id, \
     created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

/// Adds a browser.
pub(crate) async fn insert_flow(
    tx: &mut Tx,
    token_hash: &[u8; 32],
    row: &WizardRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT_FLOW)
        .bind(row.id)
        .bind(&token_hash[..])
        .bind(row.account_id)
        .bind(row.ticket_id)
        .bind(&row.step)
        .bind(row.code_flow_id)
        .bind(now)
        .bind(row.expires_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

const ACCOUNT_OF_FLOW: &str = "SELECT account_id FROM password_flows WHERE token_hash = $1";

/// Whose wizard a browser is in.
pub(crate) async fn find_account_of_flow(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<Uuid>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(ACCOUNT_OF_FLOW).bind(&token_hash[..]).fetch_optional(c).await)?)
}

const FIND_FLOW: &str =
    "SELECT id, account_id, ticket_id, step, code_flow_id, expires_at FROM password_flows WHERE token_hash = $1";

/// The wizard of a browser, outside a transaction.
pub(crate) async fn read_flow(db: &Db, token_hash: &[u8; 32]) -> Result<Option<WizardRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, WizardRow>(FIND_FLOW).bind(&token_hash[..]).fetch_optional(p).await)?)
}

const LOCK_FLOW: &str = "UPDATE password_flows SET step = step WHERE token_hash = $1 \
     RETURNING id, account_id, ticket_id, step, code_flow_id, expires_at";

/// The wizard of a browser, locked until the end of the transaction.
pub(crate) async fn lock_flow(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<WizardRow>, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_as::<_, WizardRow>(LOCK_FLOW).bind(&token_hash[..]).fetch_optional(c).await)?)
}

const SET_FLOW: &str = "UPDATE password_flows SET step = $2, code_flow_id = $3 WHERE id = $1";

/// Writes a locked row back.
pub(crate) async fn update_flow(tx: &mut Tx, row: &WizardRow) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(SET_FLOW)
        .bind(row.id)
        .bind(&row.step)
        .bind(row.code_flow_id)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Locks all wizards of an account, in one order, so that two that end each other do not wait for each other.
pub(crate) async fn lock_flows_of(tx: &mut Tx, account: Uuid) -> Result<(), StoreError> {
    let sql = dialect::LOCK_PASSWORD_FLOWS.on(tx.backend());
    on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(sql).bind(account).fetch_all(c).await)?;
    Ok(())
}

const END_OTHERS: &str = "DELETE FROM password_flows WHERE account_id = $1 AND id <> $2";

/// Ends the wizards of an account in other browsers.
pub(crate) async fn delete_other_flows(tx: &mut Tx, account: Uuid, keep: Uuid) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(END_OTHERS).bind(account).bind(keep).execute(c).await.map(|_| ()))?;
    Ok(())
}

const DELETE_FLOWS: &str = "DELETE FROM password_flows WHERE expires_at <= $1 AND id IN \
     (SELECT id FROM password_flows WHERE expires_at <= $1 LIMIT $2)";

/// Removes wizards that are over, `limit` at most; how many.
pub(crate) async fn delete_flows(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query(DELETE_FLOWS)
        .bind(now)
        .bind(limit)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?)
}

const SET_INITIAL: &str = "UPDATE accounts SET initial_hash = $2, initial_expires_at = $3 WHERE id = $1";

/// The initial password of an account.
pub(crate) async fn set_initial(
    tx: &mut Tx,
    account: Uuid,
    phc: &str,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(SET_INITIAL).bind(account).bind(phc).bind(expires_at).execute(c).await.map(|_| ()))?;
    Ok(())
}

const USE_INITIAL: &str = "UPDATE accounts SET initial_hash = NULL, initial_expires_at = 0 \
     WHERE id = $1 AND initial_hash IS NOT NULL";

/// Takes the initial password back; `false` when it was used before.
pub(crate) async fn use_initial(tx: &mut Tx, account: Uuid) -> Result<bool, StoreError> {
    let used =
        on_tx!(tx, |c| sqlx::query(USE_INITIAL).bind(account).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(used == 1)
}

const SET_QUESTION: &str = "INSERT INTO security_questions (account_id, question, question_sealed, answer_hash, set_at) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id) DO UPDATE SET question = excluded.question, \
     question_sealed = excluded.question_sealed, answer_hash = excluded.answer_hash, set_at = excluded.set_at";

/// The security question of an account.
pub(crate) async fn set_question(
    tx: &mut Tx,
    account: Uuid,
    question: &str,
    question_sealed: Option<&[u8]>,
    answer_hash: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(SET_QUESTION)
        .bind(account)
        .bind(question)
        .bind(question_sealed)
        .bind(answer_hash)
        .bind(now)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// A security question as it is asked over the phone.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct QuestionRow {
    pub question: String,
    pub question_sealed: Option<Vec<u8>>,
    pub answer_hash: String,
}

const FIND_QUESTION: &str =
    "SELECT question, question_sealed, answer_hash FROM security_questions WHERE account_id = $1";

/// The security question of an account, outside a transaction.
pub(crate) async fn read_question(db: &Db, account: Uuid) -> Result<Option<QuestionRow>, StoreError> {
    Ok(on_read!(db, |p| sqlx::query_as::<_, QuestionRow>(FIND_QUESTION).bind(account).fetch_optional(p).await)?)
}
