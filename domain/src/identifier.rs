//! One person's identifying number of whichever kind: what a sign-in or a registration form asks for.

use crate::fictitious::{FictitiousNumber, FictitiousNumberError};
use crate::id_kind::IdKind;
use crate::id_number::{IdNumber, IdNumberError};
use crate::snils::{Snils, SnilsError};

/// A valid number together with its kind. Two kinds never compare equal, even when their digits do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PersonIdentifier {
    /// Israeli ID number.
    IlId(IdNumber),
    /// Russian insurance number.
    RuSnils(Snils),
    /// A school's stand-in for a missing number.
    Fictitious(FictitiousNumber),
}

/// Why a text is not a number of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Not an Israeli ID number.
    #[error(transparent)]
    IlId(#[from] IdNumberError),
    /// Not a SNILS.
    #[error(transparent)]
    RuSnils(#[from] SnilsError),
    /// Not a fictitious number.
    #[error(transparent)]
    Fictitious(#[from] FictitiousNumberError),
}

impl IdentifierError {
    /// The stable code of the reason; the kind is told by [`IdentifierError::kind`].
    pub const fn code(self) -> &'static str {
        match self {
            Self::IlId(error) => error.code(),
            Self::RuSnils(error) => error.code(),
            Self::Fictitious(error) => error.code(),
        }
    }

    /// The kind that was asked for.
    pub const fn kind(self) -> IdKind {
        match self {
            Self::IlId(_) => IdKind::IlId,
            Self::RuSnils(_) => IdKind::RuSnils,
            Self::Fictitious(_) => IdKind::Fictitious,
        }
    }
}

impl PersonIdentifier {
    /// Reads a number of the given kind.
    pub fn parse(kind: IdKind, text: &str) -> Result<Self, IdentifierError> {
        Ok(match kind {
            IdKind::IlId => Self::IlId(IdNumber::parse(text)?),
            IdKind::RuSnils => Self::RuSnils(Snils::parse(text)?),
            IdKind::Fictitious => Self::Fictitious(FictitiousNumber::parse(text)?),
        })
    }

    /// The kind of the number.
    pub const fn kind(&self) -> IdKind {
        match self {
            Self::IlId(_) => IdKind::IlId,
            Self::RuSnils(_) => IdKind::RuSnils,
            Self::Fictitious(_) => IdKind::Fictitious,
        }
    }

    /// The digits that are stored and indexed (together with the kind): 9, or 11 for a SNILS.
    pub fn canonical(&self) -> &str {
        match self {
            Self::IlId(number) => number.as_str(),
            Self::RuSnils(snils) => snils.digits(),
            Self::Fictitious(number) => number.as_str(),
        }
    }

    /// The number with only its last two digits shown.
    pub fn masked(&self) -> String {
        match self {
            Self::IlId(number) => number.masked(),
            Self::RuSnils(snils) => snils.masked(),
            Self::Fictitious(number) => number.masked(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn the_kind_decides_how_a_text_is_read() {
        let id = PersonIdentifier::parse(IdKind::IlId, "18").unwrap();
        assert_eq!((id.kind(), id.canonical()), (IdKind::IlId, "000000018"));
        let snils = PersonIdentifier::parse(IdKind::RuSnils, "112-233-445 95").unwrap();
        assert_eq!((snils.kind(), snils.canonical()), (IdKind::RuSnils, "11223344595"));
        assert_eq!(snils.masked(), "•••-•••-••• 95");
        let fictitious = PersonIdentifier::parse(IdKind::Fictitious, "18").unwrap();
        assert_eq!(fictitious.canonical(), id.canonical());
        assert_ne!(fictitious, id);
    }

    #[test]
    fn errors_keep_their_kind_and_code() {
        let error = PersonIdentifier::parse(IdKind::RuSnils, "112-233-445 96").unwrap_err();
        assert_eq!((error.kind(), error.code()), (IdKind::RuSnils, "check_digit"));
        let error = PersonIdentifier::parse(IdKind::IlId, "").unwrap_err();
        assert_eq!((error.kind(), error.code()), (IdKind::IlId, "empty"));
        let error = PersonIdentifier::parse(IdKind::Fictitious, "0").unwrap_err();
        assert_eq!((error.kind(), error.code()), (IdKind::Fictitious, "all_zero"));
    }

    #[test]
    fn debug_tells_the_kind_only() {
        let id = PersonIdentifier::parse(IdKind::IlId, "18").unwrap();
        assert_eq!(format!("{id:?}"), "IlId(IdNumber(•••))");
    }
}
