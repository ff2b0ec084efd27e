//! `/api/v1/people/…`: changes to the people of a class.

#![allow(clippy::result_large_err, reason = "a problem is made once for a refused request, and goes straight out")]

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use domain::{PersonField, PersonFields, PersonSaved, Relation};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use services::api_clients::ApiScope;
use services::class_editor::ChangeError;
use services::clock::seconds_until;
use services::roster::{Relative, RightsChange};
use services::{PersonId, Timestamp};
use utoipa::ToSchema;

use super::extract::{Actor, Body, From};
use super::fields::pointer;
use super::idempotent::{Done, IdempotencyKey, detached, fingerprint};
use super::problem::Problem;
use crate::state::AppState;

/// Fields by their names, as they were sent. Sorted, so that the same fields are the same text.
type Sent = BTreeMap<String, Value>;
/// What fields are to hold; `None` empties one.
type Changes = BTreeMap<PersonField, Option<String>>;

/// A parent to be added.
#[derive(Deserialize, ToSchema)]
pub struct NewParent {
    /// What the parent is to the student.
    #[schema(value_type = Relation)]
    relation: String,
    /// What is known of the parent.
    #[serde(flatten)]
    #[schema(value_type = PersonFields)]
    fields: Sent,
}

/// Change a person's data
///
/// Of a student or a parent in reach. Only the fields that are sent are changed; `null` empties one. `If-Match` names the
/// version that the change was made on: what others have changed since then in other fields is kept, the same field with
/// another value is refused with 412 and what they wrote. A contact that somebody signs in with needs fresh proof of who
/// makes the change, which programs cannot give. A birth date is changed by those who may change personal data, from the
/// deputy head upwards.
#[utoipa::path(
    patch, path = "/people/{id}", tag = "classes", operation_id = "changePerson",
    security(("session" = []), ("token" = ["write:people"])),
    params(
        ("id" = String, Path, description = "The person's id"),
        ("If-Match" = String, Header, description = "The version that was seen, in quotes: the `ETag` of the last answer", example = "\"7\""),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once")
    ),
    request_body = PersonFields,
    responses(
        (status = 200, description = "Stored durably; the `ETag` is the new version", body = PersonSaved),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed, or fresh proof is needed: `type` tells which", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such person", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The Idempotency-Key was used for another request", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody else has changed the same field; nothing was stored", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many numbers that belong to others were tried: wait", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn change(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
    headers: HeaderMap,
    key: IdempotencyKey,
    Body(sent): Body<Sent>,
) -> Result<Done, Problem> {
    actor.with(ApiScope::WritePeople).await?;
    let person: PersonId = id.parse().map_err(|_| Problem::not_found())?;
    let base = base_version(&headers)?;
    let changes = changes(&sent)?;
    let request =
        fingerprint(&[b"changePerson", person.0.as_bytes(), &base.to_be_bytes(), sent_text(&sent)?.as_bytes()]);
    let keyed = key.of(actor.owner(), request);
    detached(async move {
        let actor = actor.with(ApiScope::WritePeople).await?;
        let saved = state.portal.class_editor().change(&visit, actor, person, base, &changes, keyed.as_ref()).await;
        saved_answer(saved, state.portal.now(), &visit.request_id)
    })
    .await
}

/// Add a parent of a student
///
/// With what is known of the parent so far. A mother or a father who is there already is changed instead, as if nothing
/// of them had been seen.
#[utoipa::path(
    post, path = "/people/{id}/parents", tag = "classes", operation_id = "addParent",
    security(("session" = []), ("token" = ["write:people"])),
    params(
        ("id" = String, Path, description = "The student's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once")
    ),
    request_body = NewParent,
    responses(
        (status = 200, description = "Stored durably; the `ETag` is the parent's version", body = PersonSaved),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such student", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The Idempotency-Key was used for another request", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Somebody else has added the parent with other values; nothing was stored", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many numbers that belong to others were tried: wait", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn add_parent(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
    key: IdempotencyKey,
    Body(parent): Body<NewParent>,
) -> Result<Done, Problem> {
    actor.with(ApiScope::WritePeople).await?;
    let student: PersonId = id.parse().map_err(|_| Problem::not_found())?;
    let relation = Relation::from_code(&parent.relation);
    let relation = relation.ok_or_else(|| Problem::invalid().field("/relation", "unknown"))?;
    let changes = changes(&parent.fields)?;
    let sent = sent_text(&parent.fields)?;
    let request = fingerprint(&[b"addParent", student.0.as_bytes(), relation.code().as_bytes(), sent.as_bytes()]);
    let keyed = key.of(actor.owner(), request);
    detached(async move {
        let actor = actor.with(ApiScope::WritePeople).await?;
        let editor = state.portal.class_editor();
        let saved = editor.add_parent(&visit, actor, student, relation, &changes, keyed.as_ref()).await;
        saved_answer(saved, state.portal.now(), &visit.request_id)
    })
    .await
}

/// A parent of a student, with what they may
#[derive(Serialize, ToSchema)]
pub struct ParentRights {
    /// The parent's id.
    id: String,
    /// What the parent is to the student.
    relation: Relation,
    /// The parent may be contacted about the student.
    may_contact: bool,
    /// The parent may see the student's data.
    may_see: bool,
}

impl ParentRights {
    fn new(relative: &Relative) -> Self {
        Self {
            id: relative.id.to_string(),
            relation: relative.relation,
            may_contact: relative.may_contact,
            may_see: relative.may_see,
        }
    }
}

/// The parents of a student
#[derive(Serialize, ToSchema)]
pub struct ParentList {
    /// Mother first, then father, then other guardians.
    items: Vec<ParentRights>,
}

/// What a parent may from now on
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRights {
    /// The parent may be contacted about the student; left out, it stays as it is.
    may_contact: Option<bool>,
    /// The parent may see the student's data; left out, it stays as it is.
    may_see: Option<bool>,
}

/// The parents of a student and what they may
#[utoipa::path(
    get, path = "/people/{id}/parents", tag = "classes", operation_id = "listParents",
    security(("session" = []), ("token" = ["read:classes"])),
    params(("id" = String, Path, description = "The student's id")),
    responses(
        (status = 200, description = "The parents", body = ParentList),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such student", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn parents(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<ParentList>, Problem> {
    let actor = actor.with(ApiScope::ReadClasses).await?;
    let student: PersonId = id.parse().map_err(|_| Problem::not_found())?;
    let parents = state.portal.roster().parents(&visit, actor, student).await;
    let parents = parents.map_err(|error| Problem::access(&error, &visit.request_id))?;
    Ok(Json(ParentList { items: parents.iter().map(ParentRights::new).collect() }))
}

/// Change what a parent may
///
/// As to one student: be contacted, see the student's data. Only what is sent is changed, so that two who change
/// different rights do not undo each other's. No import changes it.
#[utoipa::path(
    patch, path = "/people/{id}/parents/{parent}", tag = "classes", operation_id = "changeParentRights",
    security(("session" = []), ("token" = ["write:people"])),
    params(
        ("id" = String, Path, description = "The student's id"),
        ("parent" = String, Path, description = "The parent's id")
    ),
    request_body = NewRights,
    responses(
        (status = 204, description = "It is so now"),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such student, or no parent of theirs", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn change_rights(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path((id, parent)): Path<(String, String)>,
    Body(new): Body<NewRights>,
) -> Result<StatusCode, Problem> {
    let actor = actor.with(ApiScope::WritePeople).await?;
    let student: PersonId = id.parse().map_err(|_| Problem::not_found())?;
    let parent: PersonId = parent.parse().map_err(|_| Problem::not_found())?;
    let change = RightsChange { may_contact: new.may_contact, may_see: new.may_see };
    let changed = state.portal.roster().set_guardian_rights(&visit, actor, student, parent, change).await;
    changed.map_err(|error| Problem::access(&error, &visit.request_id))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a parent away from a student
///
/// The parent sees the student no longer, and no letter about the student goes to them. Their own record and account stay.
/// A roster that still names them does not bring them back.
#[utoipa::path(
    delete, path = "/people/{id}/parents/{parent}", tag = "classes", operation_id = "removeParent",
    security(("session" = []), ("token" = ["write:people"])),
    params(
        ("id" = String, Path, description = "The student's id"),
        ("parent" = String, Path, description = "The parent's id")
    ),
    responses(
        (status = 204, description = "They are no parent of the student any more"),
        (status = 401, description = "Not signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such student, or no parent of theirs", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn remove_parent(
    State(state): State<AppState>,
    From(visit): From,
    actor: Actor,
    Path((id, parent)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let actor = actor.with(ApiScope::WritePeople).await?;
    let student: PersonId = id.parse().map_err(|_| Problem::not_found())?;
    let parent: PersonId = parent.parse().map_err(|_| Problem::not_found())?;
    let removed = state.portal.roster().remove_guardian(&visit, actor, student, parent).await;
    removed.map_err(|error| Problem::access(&error, &visit.request_id))?;
    Ok(StatusCode::NO_CONTENT)
}

/// The version that `If-Match` names.
fn base_version(headers: &HeaderMap) -> Result<i64, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "if-match-missing", "If-Match is missing.")
            .detail("Send the version that was seen, in quotes."));
    };
    quoted_version(value)?.parse().map_err(|_| no_version())
}

/// The version in a header's quotes.
pub(super) fn quoted_version(value: &HeaderValue) -> Result<&str, Problem> {
    let quoted = value.to_str().ok().and_then(|text| text.trim().strip_prefix('"')?.strip_suffix('"'));
    quoted.ok_or_else(no_version)
}

fn no_version() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "if-match", "If-Match names no version.")
        .detail("Send the ETag of the last answer as it was.")
}

/// The fields as they are typed: texts, or `null`.
fn changes(sent: &Sent) -> Result<Changes, Problem> {
    let mut changes = Changes::new();
    let mut refused = Vec::new();
    for (name, value) in sent {
        match (PersonField::from_code(name), value) {
            (None, _) => refused.push((name, "unknown")),
            (Some(field), Value::String(text)) => _ = changes.insert(field, Some(text.clone())),
            (Some(field), Value::Null) => _ = changes.insert(field, None),
            (Some(_), _) => refused.push((name, "not_text")),
        }
    }
    if refused.is_empty() {
        return Ok(changes);
    }
    Err(refused.into_iter().fold(Problem::invalid(), |problem, (name, code)| problem.field(&pointer(name), code)))
}

fn sent_text(sent: &Sent) -> Result<String, Problem> {
    serde_json::to_string(sent).map_err(|_| Problem::internal())
}

fn saved_answer(saved: Result<PersonSaved, ChangeError>, now: Timestamp, request_id: &str) -> Result<Done, Problem> {
    match saved {
        Ok(saved) => Ok(Done::new(StatusCode::OK, &saved)?.version(saved.person.version)),
        Err(ChangeError::Access(error)) => Err(Problem::access(&error, request_id)),
        Err(ChangeError::Conflict(conflict)) => Err(Problem::conflict(*conflict)),
        Err(ChangeError::Invalid(faults)) => Err(faults
            .into_iter()
            .fold(Problem::invalid(), |problem, (field, fault)| problem.field(&pointer(field.code()), fault.code()))),
        Err(ChangeError::ProofNeeded) => Err(Problem::fresh_proof_needed()),
        Err(ChangeError::Gone) => Err(Problem::not_found()),
        Err(ChangeError::Running) => Err(Problem::twin_running()),
        Err(ChangeError::KeyReused) => Err(Problem::key_reused()),
        Err(ChangeError::TooMany { retry_at }) => Err(Problem::too_many_taken(seconds_until(now, retry_at).max(1))),
        Err(ChangeError::Store(error)) => Err(Problem::store(&error, request_id)),
        Err(ChangeError::Crypto(error)) => Err(Problem::fault(error.code(), &error, request_id)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    fn base(if_match: Option<&'static str>) -> Option<i64> {
        let mut headers = HeaderMap::new();
        if let Some(value) = if_match {
            headers.insert(header::IF_MATCH, value.parse().unwrap());
        }
        base_version(&headers).ok()
    }

    #[test]
    fn a_version_stands_in_quotes() {
        assert_eq!(base(Some("\"7\"")), Some(7));
        for other in ["7", "W/\"7\"", "*", "\"\"", "\"seven\"", "\"7"] {
            assert_eq!(base(Some(other)), None, "{other}");
        }
        assert_eq!(base(None), None);
    }

    #[test]
    fn only_texts_and_nothing_can_be_sent() {
        let sent: Sent = serde_json::from_str(r#"{"mobile":"050-1234567","email":null}"#).unwrap();
        let changes = changes(&sent).ok().unwrap();
        assert_eq!(changes.get(&PersonField::Mobile), Some(&Some("050-1234567".to_owned())));
        assert_eq!(changes.get(&PersonField::Email), Some(&None));
        let sent: Sent = serde_json::from_str(r#"{"snils":5}"#).unwrap();
        assert!(super::changes(&sent).is_err());
    }
}
