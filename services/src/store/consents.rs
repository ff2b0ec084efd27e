//! Rows of `consents`.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::on_tx;
use crate::store::Tx;

const INSERT: &str = "INSERT INTO consents (account_id, version, locale, given_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (account_id, version) DO NOTHING";

/// Notes that a version of the consent was given, read in this language.
pub(crate) async fn insert(
    tx: &mut Tx,
    account: Uuid,
    version: &str,
    locale: &str,
    given_at: Timestamp,
) -> Result<(), StoreError> {
    on_tx!(tx, |c| sqlx::query(INSERT)
        .bind(account)
        .bind(version)
        .bind(locale)
        .bind(given_at)
        .execute(c)
        .await
        .map(|_| ()))?;
    Ok(())
}
