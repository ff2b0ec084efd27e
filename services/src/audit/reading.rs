//! The log as staff read it: as far as their rights reach, with names; and as a file.

use std::fmt;

use domain::{Locale, Permission};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Audit, AuditEntry, AuditError, AuditEvent, AuditFilter, AuditRecord, LIST_LIMIT, Outcome};
use crate::access::AccessError;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::help_desk::{reaches, shown_name};
use crate::sessions::Session;
use crate::store::audit as rows;
use crate::store::help_desk::Reach;
use crate::visit::Visit;

/// A row with the names of those it names; empty where nobody is named, or where they are gone.
#[derive(Clone)]
pub struct AuditLine {
    /// The row.
    pub record: AuditRecord,
    /// Who did it.
    pub actor: String,
    /// Whom it is about.
    pub person: String,
}

impl fmt::Debug for AuditLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLine").field("record", &self.record).finish_non_exhaustive()
    }
}

/// Why the log was not read.
#[derive(Debug, thiserror::Error)]
pub enum AuditReadError {
    /// Not allowed.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The log itself.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

impl AuditReadError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::Audit(error) => error.code(),
        }
    }
}

impl From<StoreError> for AuditReadError {
    fn from(error: StoreError) -> Self {
        Self::Audit(error.into())
    }
}

impl Audit {
    /// Rows, newest first, that reach somebody: about the people of the schools whose log they may read, and what staff of these schools
    /// did that is about nobody. The last row's number is the cursor for the next page.
    ///
    /// # Errors
    /// [`AccessError::Refused`]; [`AuditError`].
    pub async fn list_for(
        &self,
        visit: &Visit,
        actor: &Session,
        filter: &AuditFilter,
    ) -> Result<Vec<AuditLine>, AuditReadError> {
        let reach = self.reach(visit, actor, Permission::ReadAuditLog).await?;
        self.lines(&reach, filter, visit.locale).await
    }

    /// The same as a file, of all pages. That it was exported is written down before the first line leaves.
    ///
    /// # Errors
    /// [`AccessError::Refused`]; [`AuditError`].
    pub async fn export(
        &self,
        visit: &Visit,
        actor: &Session,
        filter: &AuditFilter,
    ) -> Result<AuditExport, AuditReadError> {
        let reach = self.reach(visit, actor, Permission::ExportAuditLog).await?;
        let mut tx = self.context.db.begin().await?;
        let entry = AuditEntry::new(AuditEvent::AuditExported, Outcome::Success, visit).actor(actor.person_id);
        let entry = entry
            .detail("event", json!(filter.event.map(AuditEvent::code)))
            .detail("outcome", json!(filter.outcome.map(Outcome::code)))
            .detail("since", json!(filter.since))
            .detail("until", json!(filter.until))
            .detail("person", json!(filter.person.map(|id| id.to_string())))
            .detail("actor", json!(filter.actor.map(|id| id.to_string())));
        let seq = self.append(&mut tx, entry).await?;
        tx.commit().await?;
        // Rows that are written from now on are not waited for.
        let before = filter.before_seq.map_or(seq, |before| before.min(seq));
        let filter = AuditFilter { before_seq: Some(before), limit: LIST_LIMIT, ..filter.clone() };
        Ok(AuditExport { audit: self.clone(), reach, filter, locale: visit.locale, begun: false, over: false })
    }

    /// How far a right to the log reaches; who has none is refused, and that is written down.
    async fn reach(
        &self,
        visit: &Visit,
        actor: &Session,
        permission: Permission,
    ) -> Result<Vec<Reach>, AuditReadError> {
        let reach = reaches(&actor.grants, permission);
        if !reach.is_empty() {
            return Ok(reach);
        }
        let entry = AuditEntry::new(AuditEvent::AccessRefused, Outcome::Refused, visit).actor(actor.person_id);
        let mut tx = self.context.db.begin().await?;
        self.append(&mut tx, entry.detail("permission", json!(permission))).await?;
        tx.commit().await?;
        Err(AccessError::Refused.into())
    }

    async fn lines(
        &self,
        reach: &[Reach],
        filter: &AuditFilter,
        locale: Locale,
    ) -> Result<Vec<AuditLine>, AuditReadError> {
        let mut found = Vec::new();
        for reach in reach {
            found.extend(rows::list_in_reach(&self.context.db, filter, *reach).await?);
        }
        found.sort_by_key(|named| std::cmp::Reverse(named.row.seq));
        // Somebody who belongs to two schools is in both lists.
        found.dedup_by_key(|named| named.row.seq);
        found.truncate(usize::try_from(filter.limit.min(LIST_LIMIT)).unwrap_or(0));
        let name = |surname: Option<&str>, given_name: Option<&str>, patronymic: Option<&str>| {
            shown_name(surname.unwrap_or_default(), given_name.unwrap_or_default(), patronymic, locale)
        };
        let line = |named: rows::NamedAuditRow| -> Result<AuditLine, AuditReadError> {
            let (actor, person) = (
                name(
                    named.actor_surname.as_deref(),
                    named.actor_given_name.as_deref(),
                    named.actor_patronymic.as_deref(),
                ),
                name(
                    named.person_surname.as_deref(),
                    named.person_given_name.as_deref(),
                    named.person_patronymic.as_deref(),
                ),
            );
            Ok(AuditLine { record: self.opened(named.row)?, actor, person })
        };
        found.into_iter().map(line).collect()
    }
}

/// The log as a file under way: comma-separated values (RFC 4180), UTF-8 with the mark that Excel asks for.
pub struct AuditExport {
    audit: Audit,
    reach: Vec<Reach>,
    filter: AuditFilter,
    locale: Locale,
    begun: bool,
    over: bool,
}

impl fmt::Debug for AuditExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditExport").field("filter", &self.filter).finish_non_exhaustive()
    }
}

impl AuditExport {
    const HEADINGS: [&'static str; 13] = [
        "seq",
        "at",
        "event",
        "outcome",
        "actor_id",
        "actor",
        "person_id",
        "person",
        "request_id",
        "address",
        "detail",
        "before",
        "after",
    ];

    /// The next lines; `None` when there are no more.
    ///
    /// # Errors
    /// [`AuditError`]; the file is cut off then.
    pub async fn next(&mut self) -> Result<Option<String>, AuditReadError> {
        if self.over {
            return Ok(None);
        }
        let mut text = String::new();
        if !self.begun {
            text.push('\u{FEFF}');
            text.push_str(&line(&Self::HEADINGS.map(str::to_owned)));
            self.begun = true;
        }
        let lines = self.audit.lines(&self.reach, &self.filter, self.locale).await?;
        self.over = lines.len() < usize::try_from(LIST_LIMIT).unwrap_or(usize::MAX);
        self.filter.before_seq = lines.last().map(|line| line.record.seq).or(self.filter.before_seq);
        for AuditLine { record, actor, person } in lines {
            let json = |value: Option<Value>| value.map(|value| value.to_string()).unwrap_or_default();
            text.push_str(&line(&[
                record.seq.to_string(),
                utc(record.at),
                record.event.code().to_owned(),
                record.outcome.code().to_owned(),
                record.actor.map(|id| id.to_string()).unwrap_or_default(),
                actor,
                record.person.map(|id| id.to_string()).unwrap_or_default(),
                person,
                record.request_id,
                record.address.map(|address| address.to_string()).unwrap_or_default(),
                Value::Object(record.detail).to_string(),
                json(record.before),
                json(record.after),
            ]));
        }
        Ok(Some(text))
    }
}

/// One line. A cell that a spreadsheet would take for a formula is marked as text (OWASP, "CSV injection").
fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells
        .iter()
        .map(|cell| {
            let text =
                if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.clone() };
            if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
        })
        .collect();
    cells.join(",") + "\r\n"
}

/// A moment as RFC 3339 has it, UTC.
fn utc(at: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000)
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_text() {
        let cells = ["1", "a,b", "say \"no\"", "=1+1", "@x", "two\nlines", ""].map(str::to_owned);
        assert_eq!(line(&cells), "1,\"a,b\",\"say \"\"no\"\"\",'=1+1,'@x,\"two\nlines\",\r\n");
    }

    #[test]
    fn moments_are_told_in_utc() {
        assert_eq!(utc(1_768_464_000_000), "2026-01-15T08:00:00Z");
        assert_eq!(utc(1_768_464_000_250), "2026-01-15T08:00:00.25Z");
    }
}
