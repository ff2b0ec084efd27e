//! `/register/verify`: the code, to the mobile on file, to one that was typed instead, or to a new one.

use domain::Locale;
use services::Timestamp;
use services::registrations::{CodeTarget, RegistrationStep, RegistrationView};

use super::fields::{example, mobile_field, usual_country};
use super::{CONTACT, VERIFY, WHO, step};
use crate::icons::IconName;
use crate::page_context::PortalInfo;
use crate::pages::wizard_kit::{self as kit, CodeBy};
use crate::text::SLOT;
use crate::tr;
use crate::wizard::{Block, Form, Rich, Span, WizardPage};

/// The second step, or the confirmation of a new mobile. `sent_again`: a new code was asked for just now. `mobile` is what was
/// typed into the form that gives another number.
pub fn verify_page(
    locale: Locale,
    info: &PortalInfo,
    now: Timestamp,
    view: &RegistrationView,
    sent_again: bool,
    mobile: String,
) -> WizardPage {
    let new = view.step == RegistrationStep::NewMobile;
    let code = kit::code_field(locale, CodeBy::Sms);
    let mut forms = vec![kit::main_form(vec![Block::Field(code)], tr!(locale, register.next), true)];
    forms.extend(view.code.as_ref().map(|code| kit::resend_form(locale, info, now, code)));
    if !new {
        forms.push(mobile_form(locale, info, mobile));
    }
    let contact = Span::link(tr!(locale, register.step_contact), CONTACT);
    let correct = Block::Text(Rich::around(&tr!(locale, register.new_keep, link = SLOT), contact));
    let given = matches!(view.code_target, CodeTarget::Given) && !new;
    let note = || kit::advice(IconName::People, Rich::plain(tr!(locale, register.given_note)));
    let page = if new {
        step(locale, info, VERIFY, tr!(locale, register.new_title), 2, Some(CONTACT))
    } else {
        step(locale, info, VERIFY, tr!(locale, sign_in.code_title), 1, Some(WHO))
    };
    WizardPage {
        lead: Some(lead(locale, view, new)),
        before: sent_again.then(|| kit::sent_again(locale)).into_iter().chain(given.then(note)).collect(),
        forms,
        after: new.then_some(correct).into_iter().chain([kit::code_warning(locale)]).collect(),
        ..page
    }
}

/// Where the code went. For the number on file it is not said whether there is one.
fn lead(locale: Locale, view: &RegistrationView, new: bool) -> Rich {
    if view.code.as_ref().is_some_and(|code| code.sent_at.is_none() && code.sends_left > 0) {
        return Rich::plain(tr!(locale, sign_in.code_not_sent));
    }
    let text = match (&view.given_mobile_masked, view.code_target) {
        (Some(_), CodeTarget::New) => tr!(locale, register.new_lead, mobile = SLOT),
        (Some(_), CodeTarget::Given) if !new => tr!(locale, register.given_lead, mobile = SLOT),
        _ => return Rich::plain(tr!(locale, register.verify_lead)),
    };
    Rich::around(&text, Span::ltr(view.given_mobile_masked.clone().unwrap_or_default()))
}

/// «The number on file is wrong, or none comes?»
fn mobile_form(locale: Locale, info: &PortalInfo, typed: String) -> Form {
    let country = usual_country(&info.id_kinds);
    let hint = tr!(locale, register.mobile_hint, example = example(country));
    Form {
        name: "mobile".to_owned(),
        heading: Some(tr!(locale, register.mobile_heading).to_owned()),
        blocks: vec![
            kit::text(tr!(locale, register.mobile_text)),
            Block::Field(mobile_field(locale, country, hint, None, typed)),
        ],
        button: Some(tr!(locale, register.mobile_send).to_owned()),
        ..Form::default()
    }
}
