//! `/admin/audit`: the audit log with its filter, and the same as a file.

use app::page_context::PageContext;
use app::pages::admin::audit::{AuditChoice, AuditPage, audit_view, meta};
use app::pages::admin::{AdminSection, DO, days};
use axum::body::Body;
use axum::extract::Query;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Permission, Scope};
use futures_util::stream;
use serde::Deserialize;
use services::audit::{AuditEvent, AuditFilter, AuditReadError, Outcome};

use super::{Asking, FormFields, PAGE_ROWS, Posted, known};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;

/// What narrows the log; `before` is the cursor.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    person: String,
    event: String,
    outcome: String,
    since: String,
    until: String,
    before: String,
}

/// What was chosen, without what says nothing, and the filter that goes with it.
fn narrowed(page: &PageContext, asked: Asked) -> (AuditChoice, AuditFilter) {
    let Asked { mut person, mut event, mut outcome, mut since, mut until, before } = asked;
    let filter = AuditFilter {
        person: known(&mut person, |text| text.parse().ok()),
        actor: None,
        event: known(&mut event, AuditEvent::from_code),
        outcome: known(&mut outcome, Outcome::from_code),
        since: known(&mut since, |day| days::begins(page, day)),
        until: known(&mut until, |day| days::ends(page, day)),
        before_seq: before.parse().ok(),
        // One more than is shown tells whether there is another page.
        limit: PAGE_ROWS + 1,
    };
    (AuditChoice { person, event, outcome, since, until }, filter)
}

/// `GET /admin/audit`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let (choice, filter) = narrowed(&page, asked);
    let lines = state.portal.audit().list_for(&visit, &session, &filter).await;
    let mut lines = lines.map_err(|error| asking.audit_fault(&error))?;
    let shown = usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX);
    let more = lines.len() > shown;
    lines.truncate(shown);
    let next = lines.last().filter(|_| more).map(|line| line.record.seq);
    let may_export = session.roles.iter().any(|role| Permission::ExportAuditLog.scope(*role) != Scope::None);
    let frame = asking.frame(AdminSection::Audit);
    let data = AuditPage { frame, choice, lines, next, may_export };
    Ok(document(StatusCode::OK, &page, meta(&page), |page| audit_view(page, data)))
}

/// `POST /admin/audit`: the rows of the filter as a file, line by line, however many there are.
pub(super) async fn export(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    form: FormFields,
) -> Result<Response, Failure> {
    let posted = Posted::read(form)?;
    if posted.value(DO) != "export" {
        return Err(Failure::status(StatusCode::UNPROCESSABLE_ENTITY));
    }
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let asked = Asked {
        person: posted.text("person"),
        event: posted.text("event"),
        outcome: posted.text("outcome"),
        since: posted.text("since"),
        until: posted.text("until"),
        before: String::new(),
    };
    let (_, filter) = narrowed(&page, asked);
    let export = state.portal.audit().export(&visit, &session, &filter).await;
    let export = export.map_err(|error| asking.audit_fault(&error))?;
    let lines = stream::try_unfold(export, |mut export| async move {
        let text = export.next().await.inspect_err(|error| {
            tracing::error!(code = error.code(), error = %error, "the export of the audit log was cut off");
        })?;
        Ok::<_, AuditReadError>(text.map(|text| (text, export)))
    });
    let name = format!("attachment; filename=\"audit-{}.csv\"", days::today(&page));
    let name = HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(lines)).into_response())
}

impl Asking<'_> {
    fn audit_fault(&self, error: &AuditReadError) -> Failure {
        match error {
            AuditReadError::Access(error) => self.refused(error),
            AuditReadError::Audit(error) => self.fault(error.code(), error),
        }
    }
}
