//! The last sign-ins of an account and the tries that failed, as its owner sees them: so that a stranger's try is noticed.

use serde_json::{Map, Value};

use super::{Session, Sessions, SignInMethod};
use crate::audit::{AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::portal::SessionsError;
use crate::store::audit::{self as rows, SignInRow};

/// How many are shown.
pub const HISTORY_LIMIT: u32 = 20;

/// What came of a try to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryOutcome {
    /// Somebody signed in.
    SignedIn,
    /// The password was right, and a code was asked for.
    CodeAsked,
    /// It was not right, or came during a wait.
    Failed,
    /// It was not allowed.
    Refused,
}

/// One try to sign in to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInTry {
    /// When.
    pub at: Timestamp,
    /// How.
    pub method: SignInMethod,
    /// What came of it.
    pub outcome: TryOutcome,
    /// Browser and system of the session that it began, as long as that is live and its browser told.
    pub device: Option<String>,
}

impl Sessions<'_> {
    /// The last sign-ins of the account and the tries that failed, newest first; [`HISTORY_LIMIT`] at most.
    ///
    /// # Errors
    /// The errors of database and keys.
    pub async fn history(&self, session: &Session) -> Result<Vec<SignInTry>, SessionsError> {
        let tries = rows::list_sign_ins(self.portal.db(), session.person_id, HISTORY_LIMIT).await?;
        let live = self.list(session).await?;
        let device = |id: &str| {
            let found = live.iter().find(|listed| listed.id.to_string() == id)?;
            Some(found.device.clone()).filter(|device| !device.is_empty())
        };
        let shown = |row: SignInRow| -> Result<SignInTry, SessionsError> {
            let corrupt = |column| StoreError::Corrupt { column };
            let event = AuditEvent::from_code(&row.event);
            let method = event.and_then(SignInMethod::from_event).ok_or(corrupt("audit_log.event"))?;
            let outcome = Outcome::from_code(&row.outcome).ok_or(corrupt("audit_log.outcome"))?;
            let detail: Map<String, Value> =
                serde_json::from_str(&row.detail).map_err(|_| corrupt("audit_log.detail"))?;
            let began = detail.get("session").and_then(Value::as_str);
            Ok(SignInTry {
                at: row.at,
                method,
                outcome: match (outcome, began) {
                    (Outcome::Success, Some(_)) => TryOutcome::SignedIn,
                    (Outcome::Success, None) => TryOutcome::CodeAsked,
                    (Outcome::Failure, _) => TryOutcome::Failed,
                    (Outcome::Refused, _) => TryOutcome::Refused,
                },
                device: began.and_then(device),
            })
        };
        tries.into_iter().map(shown).collect()
    }
}
