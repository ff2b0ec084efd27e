//! What the rows of the outbox carry, event by event. None of it can be printed: most of it is secret.

use domain::UserCode;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use services::Timestamp;

use super::ComposeError;

/// A one-time code.
#[derive(Deserialize)]
pub(super) struct Code {
    pub(super) code: String,
}

/// `sign_in_code`.
#[derive(Deserialize)]
pub(super) struct SignInCode {
    pub(super) code: String,
    /// The code of a `services::codes::FlowPurpose`.
    pub(super) purpose: String,
}

/// `password_failures`.
#[derive(Deserialize)]
pub(super) struct Failures {
    pub(super) at: Timestamp,
}

/// `registration_link`.
#[derive(Deserialize)]
pub(super) struct RegistrationLink {
    /// The token that opens the draft.
    pub(super) draft: String,
}

/// `first_password`.
#[derive(Deserialize)]
pub(super) struct FirstPassword {
    #[serde(deserialize_with = "user_code")]
    pub(super) user_code: UserCode,
    /// The one that the portal made up; never one that a person chose.
    pub(super) password: String,
    /// The token of the link.
    pub(super) ticket: String,
    pub(super) expires_at: Timestamp,
}

/// `password_reset`.
#[derive(Deserialize)]
pub(super) struct PasswordReset {
    /// The token of the link.
    pub(super) ticket: String,
    pub(super) expires_at: Timestamp,
}

/// Events that tell people their user code and nothing else.
#[derive(Deserialize)]
pub(super) struct OwnUserCode {
    #[serde(deserialize_with = "user_code")]
    pub(super) user_code: UserCode,
}

/// `review_received`.
#[derive(Deserialize)]
pub(super) struct Review {
    pub(super) answer_by: Timestamp,
}

/// `mobile_replaced`.
#[derive(Deserialize)]
pub(super) struct NewMobile {
    /// The new number, masked.
    pub(super) mobile: String,
}

/// Reads the payload of an event.
pub(super) fn read<T: DeserializeOwned>(event: &str, content: &serde_json::Value) -> Result<T, ComposeError> {
    T::deserialize(content).map_err(|_| ComposeError::Payload { event: event.to_owned() })
}

/// With or without its dash; a code that cannot be anybody's is not sent.
fn user_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UserCode, D::Error> {
    let text = String::deserialize(deserializer)?;
    UserCode::parse(&text).map_err(D::Error::custom)
}
