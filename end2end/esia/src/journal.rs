//! What was asked and how each check came out, for `GET /_control/log`. No signature, code or token is in it.

use std::collections::VecDeque;

use serde::Serialize;

use crate::calendar;
use crate::clock::Seconds;
use crate::codes::Refusal;

/// How many requests are remembered.
const KEPT: usize = 500;

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked.
    pub check: &'static str,
    /// Was it as it should be?
    pub ok: bool,
    /// What exactly was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

/// The checks of one request, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks(Vec<Check>);

impl Checks {
    /// Notes how a check came out, and hands it on.
    pub fn note<T>(&mut self, check: &'static str, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
        self.0.push(Check { check, ok: outcome.is_ok(), reason: outcome.as_ref().err().map(|refusal| refusal.reason) });
        outcome
    }
}

/// One request.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    at: String,
    method: String,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    checks: Vec<Check>,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
}

/// What a handler found out about its request.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Who asked.
    pub client_id: Option<String>,
    /// What was checked.
    pub checks: Checks,
    /// The code that was answered.
    pub error: Option<String>,
    /// What was made to go wrong.
    pub trouble: Option<String>,
}

/// The last requests.
#[derive(Debug, Default)]
pub struct Journal(VecDeque<Entry>);

impl Journal {
    /// Remembers a request.
    pub fn add(&mut self, at: Seconds, method: &str, path: &str, findings: Findings, status: u16) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Entry {
            at: calendar::iso(at),
            method: method.to_owned(),
            path: path.to_owned(),
            client_id: findings.client_id,
            checks: findings.checks.0,
            status,
            error: findings.error,
            trouble: findings.trouble,
        });
    }

    /// The requests, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.iter().cloned().collect()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test may panic")]
    use super::*;
    use crate::codes::EsiaCode;

    #[test]
    fn checks_are_noted_and_old_requests_forgotten() {
        let mut journal = Journal::default();
        for _ in 0..KEPT {
            journal.add(0, "GET", "/login", Findings::default(), 200);
        }
        let mut checks = Checks::default();
        assert!(checks.note("client_id", Ok(())).is_ok());
        let wrong: Result<(), Refusal> = Err(Refusal::new(EsiaCode::WRONG_TIME, "late"));
        assert!(checks.note("timestamp", wrong).is_err());
        journal.add(1, "POST", "/te", Findings { checks, ..Findings::default() }, 400);
        assert_eq!(journal.entries().len(), KEPT);
        let last = serde_json::to_value(journal.entries().last().unwrap()).unwrap();
        assert_eq!(last["checks"][0], serde_json::json!({ "check": "client_id", "ok": true }));
        assert_eq!(last["checks"][1]["reason"], "late");
        assert_eq!(last["at"], "1970-01-01T00:00:01Z");
        journal.clear();
        assert!(journal.entries().is_empty());
    }
}
