//! The fields of a request as typed values, and which of them were refused.

use axum::http::StatusCode;
use domain::{IdKind, IdentifierError, PersonIdentifier};

use super::problem::Problem;

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

    /// The problem that names the refused fields, in the order in which they were read.
    pub fn problem(&self) -> Problem {
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request has invalid fields.");
        self.0.iter().fold(problem, |problem, (pointer, code)| problem.field(pointer, code))
    }
}
