//! Registration (flows: registration): the pages of its four steps, composed from what is known of a registration and from what
//! was typed. What is wrong with a form is added by [`super::wizard_kit::mend`].
//!
//! The rule: up to the form's sending, a page is the same for people whom the school knows and for those it does not.

mod contact;
mod fields;
mod finish;
mod identify;
mod outcome;
mod verify;

pub use contact::{ContactTyped, contact_page, offered};
pub use fields::{birth_sentence, child_sentence, example, mobile_sentence, usual_country};
pub use finish::finish_page;
pub use identify::{WhoTyped, identify_page, resume_page};
pub use outcome::outcome_page;
pub use verify::verify_page;

use domain::Locale;

use super::wizard_kit as kit;
use crate::page_context::PortalInfo;
use crate::tr;
use crate::wizard::{Link, WizardPage};

/// Step 1: who somebody is.
pub const WHO: &str = "/register";
/// Step 2: the code.
pub const VERIFY: &str = "/register/verify";
/// Step 3: contact details and consent.
pub const CONTACT: &str = "/register/contact";
/// Step 4: check, send, and what became of it.
pub const FINISH: &str = "/register/finish";
/// The consent document.
pub const CONSENT: &str = "/register/consent";

/// `name` of the birth date.
pub const BIRTH_DATE: &str = "birth_date";
/// `name` of the child's number.
pub const CHILD_ID: &str = "child_id";
/// `name` of the tick box: the child's number is a temporary one.
pub const CHILD_TEMPORARY: &str = "child_temporary";
/// `name` of the secret of a mailed link.
pub const DRAFT: &str = "draft";
/// What the address says when another person registers in the same browser.
pub const NEW: &str = "new";
/// `name` of the mobile number.
pub const MOBILE: &str = "mobile";
/// `name` of the language of messages.
pub const LOCALE: &str = "locale";
/// `name` of the consent.
pub const CONSENT_TICK: &str = "consent";

/// A page of a step, counted from 0. `back` is the step that its link leads back to.
fn step(locale: Locale, info: &PortalInfo, path: &str, title: &str, current: usize, back: Option<&str>) -> WizardPage {
    let names = [
        tr!(locale, register.step_who),
        tr!(locale, register.step_verify),
        tr!(locale, register.step_contact),
        tr!(locale, register.step_finish),
    ];
    WizardPage {
        steps: names.map(str::to_owned).to_vec(),
        current,
        back: back.map(|href| Link { href: href.to_owned(), text: tr!(locale, common.back).to_owned() }),
        ..kit::page(locale, info, path, title)
    }
}
