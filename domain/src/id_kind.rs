//! The kinds of number by which a person is known: Israeli ID, Russian SNILS, and the stand-in for pupils who have neither.

use serde::{Deserialize, Serialize};

/// The kind of an identifying number. Serialised as its code; the default, with which forms begin, is the Israeli ID number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdKind {
    /// Israeli ID number (teudat zehut).
    #[serde(alias = "teudat_zehut", alias = "tz", alias = "israeli_id", alias = "il-id", alias = "il")]
    #[default]
    IlId,
    /// Russian insurance number (SNILS).
    #[serde(alias = "snils")]
    RuSnils,
    /// A number given to a pupil without an ID number: no check digit, no sign-in by SMS.
    Fictitious,
}

impl IdKind {
    /// Every kind, in the order in which forms offer them.
    pub const ALL: [Self; 3] = [Self::IlId, Self::RuSnils, Self::Fictitious];

    /// The stable code: `il_id`, `ru_snils`, `fictitious`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::IlId => "il_id",
            Self::RuSnils => "ru_snils",
            Self::Fictitious => "fictitious",
        }
    }

    /// The kind of a code or of one of its other names (`teudat_zehut`, `tz`, `israeli_id`, `il-id`, `il`, `snils`); case does not matter.
    pub fn from_code(code: &str) -> Option<Self> {
        match code.trim().to_ascii_lowercase().as_str() {
            "il_id" | "teudat_zehut" | "tz" | "israeli_id" | "il-id" | "il" => Some(Self::IlId),
            "ru_snils" | "snils" => Some(Self::RuSnils),
            "fictitious" => Some(Self::Fictitious),
            _ => None,
        }
    }

    /// Whether numbers of this kind carry check digits, so that a typing error can be told at once.
    pub const fn checks_digit(self) -> bool {
        !matches!(self, Self::Fictitious)
    }

    /// Whether a person may sign in by SMS code with a number of this kind.
    pub const fn may_sign_in_by_sms(self) -> bool {
        !matches!(self, Self::Fictitious)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn codes_and_their_other_names_are_read() {
        for kind in IdKind::ALL {
            assert_eq!(IdKind::from_code(kind.code()), Some(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.code()));
        }
        for name in ["teudat_zehut", "tz", "israeli_id", "il-id", "il", "IL_ID"] {
            assert_eq!(IdKind::from_code(name), Some(IdKind::IlId), "{name}");
        }
        assert_eq!(IdKind::from_code("snils"), Some(IdKind::RuSnils));
        assert_eq!(serde_json::from_str::<IdKind>("\"tz\"").unwrap(), IdKind::IlId);
        assert_eq!(IdKind::from_code("passport"), None);
    }

    #[test]
    fn only_the_fictitious_number_has_no_check_digit_and_no_sms() {
        for kind in IdKind::ALL {
            assert_eq!(kind.checks_digit(), kind != IdKind::Fictitious);
            assert_eq!(kind.may_sign_in_by_sms(), kind != IdKind::Fictitious);
        }
    }
}
