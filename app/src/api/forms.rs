//! The answer to a posted form: where to go next, or what to mend.

use serde::{Deserialize, Serialize};

/// What the server says to a posted form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Accepted: the page to go to, a path of this portal.
    Next(String),
    /// Refused: nothing was lost, these places need mending.
    Refused(Refusal),
}

/// Why a form was refused: at least one problem.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The problems in the order of the fields on the page.
    pub problems: Vec<FieldProblem>,
}

impl Refusal {
    /// A refusal with one problem.
    pub fn one(field: FieldName, problem: Problem) -> Self {
        Self { problems: vec![FieldProblem { field, problem }] }
    }

    /// The first problem of a field.
    pub fn of(&self, field: FieldName) -> Option<Problem> {
        self.problems.iter().find(|found| found.field == field).map(|found| found.problem)
    }

    /// The HTTP status of the page that shows this refusal: 429 while waiting is asked for, 503 while the server is
    /// busy or a part of it is down, 422 else.
    pub fn status(&self) -> u16 {
        let mut status = 422;
        for found in &self.problems {
            match found.problem {
                Problem::Busy { .. } | Problem::Unavailable => return 503,
                Problem::TooSoon { .. } | Problem::TooMany { .. } | Problem::Wait { .. } => status = 429,
                _ => {}
            }
        }
        status
    }

    /// Seconds for `Retry-After`, where the answer is to wait.
    pub fn retry_after_s(&self) -> Option<u32> {
        self.problems.iter().find_map(|found| match found.problem {
            Problem::TooSoon { wait_s }
            | Problem::TooMany { wait_s }
            | Problem::Wait { wait_s }
            | Problem::Busy { wait_s } => Some(wait_s),
            Problem::Unavailable => Some(5),
            _ => None,
        })
    }
}

/// A problem and the field it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// The field.
    pub field: FieldName,
    /// What is wrong with it.
    pub problem: Problem,
}

/// The fields of the sign-in forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldName {
    /// National ID number.
    IdNumber,
    /// User code.
    UserCode,
    /// Password.
    Password,
    /// One-time code.
    Code,
}

impl FieldName {
    /// The `name` and `id` of the control.
    pub const fn id(self) -> &'static str {
        match self {
            Self::IdNumber => "id_number",
            Self::UserCode => "user_code",
            Self::Password => "password",
            Self::Code => "code",
        }
    }
}

/// What is wrong: a code, which the page turns into a sentence in the person's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Problem {
    /// Nothing was entered.
    Empty,
    /// Something else than digits.
    NotDigits,
    /// Fewer digits than the number has.
    TooShort,
    /// More digits than the number has.
    TooLong,
    /// The check digit does not fit: a typing error.
    CheckDigit,
    /// Not the code that was sent.
    CodeWrong {
        /// How often this code can still be tried.
        tries_left: u32,
    },
    /// The code was tried too often; a new one is needed.
    CodeDead,
    /// The code is too old; a new one is needed.
    CodeExpired,
    /// The sign-in was begun too long ago, in another browser, or is finished.
    FlowUnknown,
    /// A new code can be asked for later.
    TooSoon {
        /// Seconds to wait.
        wait_s: u32,
    },
    /// Too many codes were asked for.
    TooMany {
        /// Seconds to wait.
        wait_s: u32,
    },
    /// User code and password do not belong together.
    Wrong,
    /// After repeated failures: wait.
    Wait {
        /// Seconds to wait.
        wait_s: u32,
    },
    /// The server has more sign-ins than it can check now.
    Busy {
        /// Seconds after which a new try makes sense.
        wait_s: u32,
    },
    /// A part of the portal does not answer; an operator is needed.
    Unavailable,
    /// The browser could not reach the portal.
    Offline,
}
