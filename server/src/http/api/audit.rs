//! `/api/v1/audit`: the audit log, as far as the rights of whoever asks reach.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use services::api_clients::ApiScope;
use services::audit::{AuditError, AuditEvent, AuditFilter, AuditLine, AuditReadError, LIST_LIMIT, Outcome};
use utoipa::ToSchema;

use super::extract::{Actor, Asked, From};
use super::fields::Refused;
use super::problem::Problem;
use crate::http::time_text::rfc3339;
use crate::state::AppState;

/// Which rows; what is left out does not narrow.
#[derive(Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// About this person: an id.
    person: Option<String>,
    /// Done by this person: an id.
    actor: Option<String>,
    /// The kind of event: `person.changed`, `sign_in.password`, …
    event: Option<String>,
    /// `success`, `failure` or `refused`.
    outcome: Option<String>,
    /// Not before this moment (RFC 3339).
    since: Option<String>,
    /// Before this moment (RFC 3339).
    until: Option<String>,
    /// Rows on a page, 1 to 200; 50 when it is left out.
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl AuditQuery {
    fn filter(&self) -> Result<AuditFilter, Problem> {
        let mut refused = Refused::default();
        let filter = AuditFilter {
            person: refused.name("/person", self.person.as_deref()),
            actor: refused.name("/actor", self.actor.as_deref()),
            event: refused.named("/event", self.event.as_deref(), AuditEvent::from_code),
            outcome: refused.named("/outcome", self.outcome.as_deref(), Outcome::from_code),
            since: refused.moment("/since", self.since.as_deref()),
            until: refused.moment("/until", self.until.as_deref()),
            limit: refused.limit(self.limit.as_deref(), LIST_LIMIT).unwrap_or_default(),
            before_seq: refused.name("/cursor", self.cursor.as_deref()),
        };
        refused.check()?;
        Ok(filter)
    }
}

/// One row of the log.
#[derive(Serialize, ToSchema)]
pub struct AuditItem {
    /// Its place in the log, from 1.
    seq: i64,
    /// When (RFC 3339, UTC).
    at: String,
    /// What.
    #[schema(example = "person.changed")]
    event: String,
    /// How it ended: `success`, `failure` or `refused`.
    outcome: String,
    /// Who did it; left out when nobody was signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<Named>,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Named>,
    /// Finds the request in the server's log.
    request_id: String,
    /// The address it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// Facts.
    #[schema(value_type = Object)]
    detail: Map<String, Value>,
    /// What was changed, as it was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// What was changed, as it was afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
}

/// Somebody whom a row names.
#[derive(Serialize, ToSchema)]
pub struct Named {
    /// The person's id.
    id: String,
    /// The person's name; empty when the person is gone.
    name: String,
}

impl AuditItem {
    fn new(line: AuditLine) -> Self {
        let AuditLine { record, actor, person } = line;
        let named = |id: Option<services::PersonId>, name| id.map(|id| Named { id: id.to_string(), name });
        Self {
            seq: record.seq,
            at: rfc3339(record.at),
            event: record.event.code().to_owned(),
            outcome: record.outcome.code().to_owned(),
            actor: named(record.actor, actor),
            person: named(record.person, person),
            request_id: record.request_id,
            address: record.address.map(|address| address.to_string()),
            detail: record.detail,
            before: record.before,
            after: record.after,
        }
    }
}

/// A page of the log
#[derive(Serialize, ToSchema)]
pub struct AuditPage {
    /// Newest first.
    items: Vec<AuditItem>,
    /// The `cursor` of the next page; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The audit log
///
/// What happened to the people of the schools whose log the caller may read, newest first.
#[utoipa::path(
    get, path = "/audit", tag = "administration", operation_id = "listAudit",
    security(("session" = []), ("token" = ["read:audit"])), params(AuditQuery),
    responses(
        (status = 200, description = "A page of the log", body = AuditPage),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Invalid filter", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn list(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Asked(query): Asked<AuditQuery>,
) -> Result<Json<AuditPage>, Problem> {
    let actor = actor.with(ApiScope::ReadAudit).await?;
    let filter = query.filter()?;
    let lines = state.portal.audit().list_for(&visit, actor, &filter).await.map_err(|error| match error {
        AuditReadError::Access(error) => Problem::access(&error, &visit.request_id),
        AuditReadError::Audit(AuditError::Store(error)) => Problem::store(&error, &visit.request_id),
        AuditReadError::Audit(error) => Problem::fault(error.code(), &error, &visit.request_id),
    })?;
    let full = u32::try_from(lines.len()).is_ok_and(|count| count == filter.limit);
    let next = lines.last().filter(|_| full).map(|line| line.record.seq.to_string());
    Ok(Json(AuditPage { items: lines.into_iter().map(AuditItem::new).collect(), next }))
}
