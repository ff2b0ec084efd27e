//! `/api/v1/deliveries`: what was sent, when, and whether it arrived; never what it said.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use services::api_clients::ApiScope;
use services::deliveries::{DeliveryFilter, DeliveryLine, DeliveryState, LIST_LIMIT};
use services::outbox::Channel;
use utoipa::ToSchema;

use super::extract::{Actor, Asked, From};
use super::fields::Refused;
use super::problem::Problem;
use crate::http::time_text::rfc3339;
use crate::state::AppState;

/// Which messages; what is left out does not narrow.
#[derive(Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// To this person: an id.
    person: Option<String>,
    /// `sms` or `mail`.
    channel: Option<String>,
    /// `pending`, `sending`, `sent`, `failed` or `expired`.
    state: Option<String>,
    /// Written not before this moment (RFC 3339).
    since: Option<String>,
    /// Written before this moment (RFC 3339).
    until: Option<String>,
    /// Messages on a page, 1 to 200; 50 when it is left out.
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// One message, without what it says.
#[derive(Serialize, ToSchema)]
pub struct DeliveryItem {
    /// Its id.
    id: String,
    /// How it travels.
    #[schema(example = "sms")]
    channel: String,
    /// Which text it is.
    #[schema(example = "sign_in_code")]
    event: String,
    /// In which language.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// To whom, masked.
    recipient: String,
    /// Whose account it belongs to; left out for addresses that were typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    person_id: Option<String>,
    /// Their name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// What became of it: `pending`, `sending`, `sent`, `failed` or `expired`.
    state: String,
    /// Tries so far.
    attempts: i64,
    /// When it was written (RFC 3339, UTC).
    created_at: String,
    /// When it is of no use any more.
    expires_at: String,
    /// When it was sent, given up or dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    /// The gateway that took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    gateway: Option<String>,
    /// The code of the last failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
}

impl DeliveryItem {
    fn new(line: DeliveryLine) -> Self {
        Self {
            id: line.id.to_string(),
            channel: line.channel.code().to_owned(),
            event: line.event,
            language: line.locale.map(|locale| locale.code().to_owned()),
            recipient: line.recipient_hint,
            person_id: line.person_id.map(|id| id.to_string()),
            name: Some(line.name).filter(|name| !name.is_empty()),
            state: line.state.code().to_owned(),
            attempts: line.attempts,
            created_at: rfc3339(line.created_at),
            expires_at: rfc3339(line.expires_at),
            finished_at: line.finished_at.map(rfc3339),
            gateway: line.gateway,
            last_error: line.last_error,
        }
    }
}

/// A page of the delivery log
#[derive(Serialize, ToSchema)]
pub struct DeliveryList {
    /// Newest first.
    items: Vec<DeliveryItem>,
    /// The `cursor` of the next page; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The delivery log
///
/// Messages to the people of the schools whose log the caller may read, newest first. Of one `person`, also for staff who
/// may invite that person again.
#[utoipa::path(
    get, path = "/deliveries", tag = "administration", operation_id = "listDeliveries",
    security(("session" = []), ("token" = ["read:deliveries"])), params(DeliveryQuery),
    responses(
        (status = 200, description = "A page of the log", body = DeliveryList),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such person", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Invalid filter", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn list(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Asked(query): Asked<DeliveryQuery>,
) -> Result<Json<DeliveryList>, Problem> {
    let actor = actor.with(ApiScope::ReadDeliveries).await?;
    let mut refused = Refused::default();
    let filter = DeliveryFilter {
        person: refused.name("/person", query.person.as_deref()),
        channel: refused.named("/channel", query.channel.as_deref(), Channel::from_code),
        state: refused.named("/state", query.state.as_deref(), DeliveryState::from_code),
        since: refused.moment("/since", query.since.as_deref()),
        until: refused.moment("/until", query.until.as_deref()),
        limit: refused.limit(query.limit.as_deref(), LIST_LIMIT).unwrap_or_default(),
    };
    let before = refused.name("/cursor", query.cursor.as_deref());
    refused.check()?;
    let page = state.portal.deliveries().list(&visit, actor, &filter, before).await;
    let page = page.map_err(|error| Problem::access(&error, &visit.request_id))?;
    Ok(Json(DeliveryList {
        items: page.items.into_iter().map(DeliveryItem::new).collect(),
        next: page.next.map(|id| id.to_string()),
    }))
}
