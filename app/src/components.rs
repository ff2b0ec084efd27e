//! The kit that every page is built from. The rule: no text of its own outside `common`, no style but classes, and light
//! enough to be hydrated: what carries no behaviour is a function of its props.

mod button;
mod error_summary;
mod field;
mod icon;
mod note;
mod panel;
mod reveal;
mod send_again;
mod slip;
mod step_rail;
mod table;

pub use button::{Button, ButtonLook, LinkButton};
pub use error_summary::{ErrorItem, ErrorSummary};
pub use field::{Field, FieldProps, described_by, error_line};
pub use icon::Icon;
pub use note::{Chip, Note, NoteProps, Tone};
pub use panel::{Card, HelpLine, Panel, help_sentence};
pub use reveal::RevealButton;
pub use send_again::SendAgain;
pub use slip::Slip;
pub use step_rail::{Step, StepRail};
pub use table::Table;
