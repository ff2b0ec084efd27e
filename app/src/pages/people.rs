//! The people area, where staff work: classes with their students and parents, and the staff themselves.
//!
//! The rule: every page is whole without script. What is changed is posted to the page's own path; a refused form comes
//! back with what was typed, an accepted one leads to a page that says what was saved. Names are never in an address, so
//! searching is a post too.

mod all;
mod fields;
pub mod frame;
pub mod groups;
pub mod letters;
pub mod list;
pub mod personal;
pub mod photos;
pub mod readiness;
pub mod staff;

pub(crate) use all::school_picker;
pub use all::{AllClasses, SchoolClasses, all_classes_meta, all_classes_view};
pub use fields::{PersonForm, fault_words, field_hint, field_id, field_name, field_view, person_form_view};
pub use frame::{ClassChoice, ClassFrame, SchoolChoice, Tab, class_head};
