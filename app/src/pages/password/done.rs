//! `/password/done`: «פרטיך נשמרו בהצלחה!»

use domain::Locale;
use services::password_wizard::WizardView;

use super::{link, on_rail};
use crate::icons::IconName;
use crate::page_context::PortalInfo;
use crate::pages::wizard_kit::{advice, page};
use crate::text::SLOT;
use crate::tr;
use crate::wizard::{Block, Rich, Span, WizardPage};

/// Says what was saved and what follows, and leads to sign-in.
pub fn done(locale: Locale, info: &PortalInfo, view: &WizardView) -> WizardPage {
    let mail = match &view.email {
        Some(email) => Rich::around(&tr!(locale, password.done_mail, to = SLOT), Span::ltr(email.as_str())),
        None => Rich::plain(tr!(locale, password.done_mail_soon)),
    };
    let code = Span { strong: true, ..Span::ltr(view.user_code.to_string()) };
    let done = WizardPage {
        lead: Some(Rich::plain(tr!(locale, password.done_lead))),
        before: vec![
            Block::Text(mail),
            Block::Text(Rich::around(&tr!(locale, password.done_code, code = SLOT), code)),
            advice(IconName::Key, Rich::plain(tr!(locale, password.done_fixed))),
        ],
        after: vec![Block::Links(vec![link(tr!(locale, password.done_close), "/sign-in")])],
        ..page(locale, info, "/password/done", tr!(locale, password.done_title))
    };
    on_rail(locale, done, 3)
}
