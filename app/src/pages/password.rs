//! The password wizard's pages, composed on the server: forgotten password, the link's page, verification, choice, end.
//!
//! The rule: a builder takes what the services know and what was typed; it asks nobody for anything. What is wrong with a form is
//! added afterwards by `wizard_kit`. Passwords, codes and answers never go back into a page.

mod choose;
mod done;
mod forgot;
mod policy;
mod ticket;
mod verify;

use domain::Locale;
use services::password_wizard::WizardView;

pub use choose::{Chosen, OWN, choose, emptied};
pub use done::done;
pub use forgot::{forgot, sent};
pub use policy::unmet_sentence;
pub use ticket::{closed, gone, identify, unavailable};
pub use verify::verify;

use crate::tr;
use crate::wizard::{Link, WizardPage};

use super::wizard_kit::CodeBy;

/// `name` of the user code, asked for where no ID number is on file.
pub const USER_CODE: &str = "user_code";
/// `name` of the link's secret.
pub const TICKET: &str = "ticket";
/// `name` of the new password.
pub const PASSWORD: &str = "password";
/// `name` of the new password, typed again.
pub const PASSWORD_AGAIN: &str = "password_again";
/// `name` of the security question.
pub const QUESTION: &str = "question";
/// `name` of one's own security question.
pub const OWN_QUESTION: &str = "own_question";
/// `name` of the answer.
pub const ANSWER: &str = "answer";

/// By which way the code goes: by e-mail only where no phone is on file and the portal allows it.
pub fn code_by(view: &WizardView) -> CodeBy {
    if view.code_by_mail { CodeBy::Mail } else { CodeBy::Sms }
}

/// Puts a page on the rail of the four steps.
fn on_rail(locale: Locale, page: WizardPage, current: usize) -> WizardPage {
    let steps = [
        tr!(locale, password.step_identify),
        tr!(locale, password.step_verify),
        tr!(locale, password.step_choose),
        tr!(locale, password.step_done),
    ];
    WizardPage { steps: steps.map(str::to_owned).to_vec(), current, ..page }
}

fn link(text: &str, href: &str) -> Link {
    Link { href: href.to_owned(), text: text.to_owned() }
}

/// The way in that needs no password.
fn by_sms(locale: Locale) -> Link {
    link(tr!(locale, password.sms_link), "/sign-in")
}
