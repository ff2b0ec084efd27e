//! The fields of a request as typed values, and which of them were refused.

#![allow(clippy::result_large_err, reason = "a problem is made once for a refused request, and goes straight out")]

use std::str::FromStr;

use domain::{IdKind, IdentifierError, PersonIdentifier};
use services::Timestamp;

use super::problem::Problem;
use crate::http::time_text::from_rfc3339;

/// Entries on a page of a list when none are asked for.
const PAGE: u32 = 50;

/// The JSON pointer (RFC 6901) of a field of the request.
pub fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Collects the refused fields of a request, so that one answer names them all.
#[derive(Default)]
pub struct Refused(Vec<(&'static str, &'static str)>);

impl Refused {
    /// The value; `None` when it was refused. The error is the stable code of what is wrong, `pointer` the field's JSON
    /// pointer.
    pub fn take<T>(&mut self, pointer: &'static str, read: Result<T, &'static str>) -> Option<T> {
        read.map_err(|code| self.0.push((pointer, code))).ok()
    }

    /// Reads a number of this kind.
    pub fn number(&mut self, pointer: &'static str, kind: IdKind, text: &str) -> Option<PersonIdentifier> {
        self.take(pointer, PersonIdentifier::parse(kind, text).map_err(IdentifierError::code))
    }

    /// Reads `/id_type`: one of the kinds that the portal takes, its first one when it is missing.
    pub fn kind(&mut self, offered: &[IdKind], id_type: Option<&str>) -> Option<IdKind> {
        let kind = match id_type {
            None | Some("") => Ok(offered.first().copied().unwrap_or_default()),
            Some(code) => IdKind::from_code(code).filter(|kind| offered.contains(kind)).ok_or("unknown"),
        };
        self.take("/id_type", kind)
    }

    /// Reads `/limit`, how many entries a page of a list has.
    pub fn limit(&mut self, text: Option<&str>, most: u32) -> Option<u32> {
        let limit = match text {
            None | Some("") => Ok(PAGE.min(most)),
            Some(text) => text.parse().ok().filter(|limit| (1..=most).contains(limit)).ok_or("out_of_bounds"),
        };
        self.take("/limit", limit)
    }

    /// Reads a moment; nothing when there is none.
    pub fn moment(&mut self, pointer: &'static str, text: Option<&str>) -> Option<Timestamp> {
        text.filter(|text| !text.is_empty())
            .and_then(|text| self.take(pointer, from_rfc3339(text).ok_or("not_rfc3339")))
    }

    /// Reads the name of something; nothing when there is none.
    pub fn name<T: FromStr>(&mut self, pointer: &'static str, text: Option<&str>) -> Option<T> {
        self.named(pointer, text, |text| text.parse().ok())
    }

    /// Reads one of the words that something is named by; nothing when there is none.
    pub fn named<T>(
        &mut self,
        pointer: &'static str,
        text: Option<&str>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        text.filter(|text| !text.is_empty()).and_then(|text| self.take(pointer, read(text).ok_or("unknown")))
    }

    /// Goes on when nothing was refused.
    pub fn check(&self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(self.problem()) }
    }

    /// The problem that names the refused fields, in the order in which they were read.
    pub fn problem(&self) -> Problem {
        self.0.iter().fold(Problem::invalid(), |problem, (pointer, code)| problem.field(pointer, code))
    }
}
