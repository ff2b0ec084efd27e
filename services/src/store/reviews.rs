//! Rows of `reviews`: what a member of staff has to decide.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::on_tx;
use crate::store::Tx;

/// A request to be decided.
pub(crate) struct ReviewRow<'a> {
    pub id: Uuid,
    pub reason: &'a str,
    pub person_id: Option<Uuid>,
    pub child_id: Option<Uuid>,
    pub id_type: &'a str,
    pub number_index: [u8; 32],
    pub mobile_index: [u8; 32],
    pub locale: &'a str,
    pub created_at: Timestamp,
    pub answer_by: Timestamp,
}

const OPEN: &str = "INSERT INTO reviews (id, reason, person_id, child_id, id_type, number_index, mobile_index, \
     answers_sealed, locale, created_at, answer_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
     ON CONFLICT (id_type, number_index, mobile_index) WHERE state = 'open' DO UPDATE SET reason = excluded.reason, \
     person_id = excluded.person_id, child_id = excluded.child_id, locale = excluded.locale, \
     version = reviews.version + 1 RETURNING id";

/// The open request of an ID number and a proved mobile: a new one, or the one that is open already, which keeps its date. Its answers
/// are to be written by [`update_answers`], sealed for the id that is returned.
pub(crate) async fn open(tx: &mut Tx, row: &ReviewRow<'_>) -> Result<Uuid, StoreError> {
    Ok(on_tx!(tx, |c| sqlx::query_scalar::<_, Uuid>(OPEN)
        .bind(row.id)
        .bind(row.reason)
        .bind(row.person_id)
        .bind(row.child_id)
        .bind(row.id_type)
        .bind(&row.number_index[..])
        .bind(&row.mobile_index[..])
        .bind(&[0_u8; 0][..])
        .bind(row.locale)
        .bind(row.created_at)
        .bind(row.answer_by)
        .fetch_one(c)
        .await)?)
}

const SET_ANSWERS: &str = "UPDATE reviews SET answers_sealed = $2 WHERE id = $1";

/// What was typed, sealed.
pub(crate) async fn update_answers(tx: &mut Tx, id: Uuid, answers_sealed: &[u8]) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(SET_ANSWERS).bind(id).bind(answers_sealed).execute(c).await.map(|_| ()))?;
    Ok(())
}
