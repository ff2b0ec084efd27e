//! `/password/verify`: the code that was sent, by SMS or, where the portal allows it, by e-mail.

use domain::Locale;
use services::Timestamp;
use services::password_wizard::WizardView;

use super::{code_by, on_rail};
use crate::icons::IconName;
use crate::page_context::PortalInfo;
use crate::pages::wizard_kit::{
    CodeBy, advice, code_field, code_help, code_warning, help_sentence, main_form, page, resend_form, sent_again,
};
use crate::text::SLOT;
use crate::tr;
use crate::wizard::{Block, Rich, WizardPage};

const PATH: &str = "/password/verify";

/// Asks for the code. `again`: a new one has just been asked for.
pub fn verify(locale: Locale, info: &PortalInfo, view: &WizardView, now: Timestamp, again: bool) -> WizardPage {
    if view.nowhere_to_send {
        return nowhere(locale, info);
    }
    let by = code_by(view);
    let main = main_form(vec![Block::Field(code_field(locale, by))], tr!(locale, password.confirm), true);
    let resend = view.code.as_ref().map(|code| resend_form(locale, info, now, code));
    let verify = WizardPage {
        lead: Some(lead(locale, view, by)),
        before: again.then(|| sent_again(locale)).into_iter().collect(),
        forms: [main].into_iter().chain(resend).collect(),
        after: vec![help(locale, info, by), code_warning(locale)],
        ..page(locale, info, PATH, tr!(locale, password.step_verify))
    };
    on_rail(locale, verify, 1)
}

/// Where the code went. Which phone or address that is, is not said before the code was answered.
fn lead(locale: Locale, view: &WizardView, by: CodeBy) -> Rich {
    let not_sent = view.code.as_ref().is_some_and(|code| code.sent_at.is_none());
    Rich::plain(match by {
        _ if not_sent => tr!(locale, password.verify_not_sent),
        CodeBy::Sms => tr!(locale, password.verify_sms),
        CodeBy::Mail => tr!(locale, password.verify_mail),
    })
}

fn help(locale: Locale, info: &PortalInfo, by: CodeBy) -> Block {
    match by {
        CodeBy::Sms => code_help(locale, info),
        CodeBy::Mail => Block::Details {
            summary: tr!(locale, sign_in.code_help).to_owned(),
            text: help_sentence(
                info,
                &tr!(locale, password.mail_code_help, line = SLOT),
                tr!(locale, password.mail_code_help_school),
            ),
        },
    }
}

/// There is no phone to which a code could go.
fn nowhere(locale: Locale, info: &PortalInfo) -> WizardPage {
    let text = help_sentence(
        info,
        &tr!(locale, password.verify_nowhere, line = SLOT),
        tr!(locale, password.verify_nowhere_school),
    );
    let nowhere = WizardPage {
        before: vec![advice(IconName::Phone, text)],
        ..page(locale, info, PATH, tr!(locale, password.verify_nowhere_title))
    };
    on_rail(locale, nowhere, 1)
}
