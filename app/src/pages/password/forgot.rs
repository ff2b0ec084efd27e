//! `/password/forgot`: asks for a link by ID number. The answer is always the same, whether or not the number is known.

use domain::Locale;

use super::{by_sms, link};
use crate::icons::IconName;
use crate::page_context::PortalInfo;
use crate::pages::wizard_kit::{advice, help_sentence, id_field, kind_choices, kind_of, main_form, page, warning};
use crate::text::SLOT;
use crate::tr;
use crate::wizard::{Block, Rich, Span, WizardPage};

const PATH: &str = "/password/forgot";

/// Asks for the ID number. `ended`: one was sent here because a wizard is over.
pub fn forgot(locale: Locale, info: &PortalInfo, kind: &str, number: String, ended: bool) -> WizardPage {
    let chosen = kind_of(&info.id_kinds, kind);
    let blocks = kind_choices(locale, &info.id_kinds, chosen)
        .into_iter()
        .chain([Block::Field(id_field(locale, &info.id_kinds, chosen, number))])
        .collect();
    let sms = Span::link(tr!(locale, password.forgot_sms_link), "/sign-in");
    WizardPage {
        back: Some(link(tr!(locale, common.back), "/sign-in")),
        lead: Some(Rich::plain(tr!(locale, password.forgot_lead))),
        before: ended.then(|| warning(IconName::Clock, Rich::plain(tr!(locale, password.ended)))).into_iter().collect(),
        forms: vec![main_form(blocks, tr!(locale, password.forgot_button), false)],
        after: vec![Block::Text(Rich::around(&tr!(locale, password.forgot_sms, link = SLOT), sms))],
        ..page(locale, info, PATH, tr!(locale, password.forgot_title))
    }
}

/// «If we know this number …»
pub fn sent(locale: Locale, info: &PortalInfo) -> WizardPage {
    let no_mail = help_sentence(
        info,
        &tr!(locale, password.sent_no_mail, line = SLOT),
        tr!(locale, password.sent_no_mail_school),
    );
    WizardPage {
        lead: Some(Rich::plain(tr!(locale, password.sent_lead))),
        before: vec![advice(IconName::Mail, Rich::plain(tr!(locale, password.sent_spam))), Block::Text(no_mail)],
        after: vec![Block::Links(vec![by_sms(locale), link(tr!(locale, password.sent_again), PATH)])],
        ..page(locale, info, PATH, tr!(locale, password.sent_title))
    }
}
