//! What the editor remembers of a cell that is not simply as stored.

use crate::class_people::Theirs;
use crate::person_field::FieldFault;

use super::SaveProblem;

/// A cell on its way from the keyboard to the server. What is being typed does not disturb what waits, and what waits does not disturb
/// what a request carries.
#[derive(Default)]
pub(super) struct Cell {
    /// What is being typed, or was typed and is no value.
    pub draft: Option<Draft>,
    /// The value that goes to the server next.
    pub queued: Option<Queued>,
    /// The value that the person saw when they began to change it. There is one while there is something to send or to type.
    pub basis: Option<Basis>,
    /// When the server stored the value that it has now, if this editor sent it.
    pub saved_at: Option<i64>,
    /// Who else changed it, until the cell is visited.
    pub by: Option<String>,
}

/// A text that is no value yet.
pub(super) enum Draft {
    /// Being typed.
    Typing {
        /// As it stands.
        text: String,
        /// When it has rested; `None` when only leaving the cell ends the typing.
        due: Option<i64>,
    },
    /// Judged, and no value of the field.
    Invalid {
        /// As it was typed.
        text: String,
        /// What is wrong.
        fault: FieldFault,
    },
}

/// A value that was judged and waits.
pub(super) struct Queued {
    /// Canonical; `None` empties the field.
    pub value: Option<String>,
    /// What it waits for.
    pub stage: Stage,
    /// Its place among all changes.
    pub order: u64,
    /// Since when it could have been sent.
    pub since: i64,
}

/// What a value waits for.
pub(super) enum Stage {
    /// Its turn or the connection.
    Waiting,
    /// The person: the server refused it.
    Refused(SaveProblem),
    /// The person: mine or theirs?
    Conflict(Theirs),
    /// Fresh proof.
    ProofNeeded,
}

/// A stored value and the newest version of the person at which it was known to be stored.
#[derive(Clone)]
pub(super) struct Basis {
    /// The value.
    pub value: Option<String>,
    /// The version.
    pub version: i64,
}

/// What was made of a cell.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// A value, or none.
    Value(Option<String>),
    /// A text that is no value.
    Text(String),
}
