//! `/register/finish`, before the form is sent: all answers, each with a link that changes it.

use domain::{IdKind, Locale};
use services::registrations::RegistrationView;

use super::{CONTACT, FINISH, WHO, step};
use crate::page_context::PortalInfo;
use crate::pages::wizard_kit as kit;
use crate::text::own_name;
use crate::tr;
use crate::wizard::{AnswerRow, Block, Link, Rich, WizardPage};

/// The fourth step.
pub fn finish_page(locale: Locale, info: &PortalInfo, view: &RegistrationView) -> WizardPage {
    WizardPage {
        lead: Some(Rich::plain(tr!(locale, register.finish_lead))),
        before: vec![Block::Answers(answers(locale, view, true))],
        forms: vec![kit::main_form(Vec::new(), tr!(locale, register.finish_submit), false)],
        after: vec![kit::text(tr!(locale, register.finish_after))],
        ..step(locale, info, FINISH, tr!(locale, register.finish_title), 3, Some(CONTACT))
    }
}

/// What was answered. Numbers are masked: whoever looks over the shoulder has no use for them, and their owner knows them again.
pub(super) fn answers(locale: Locale, view: &RegistrationView, changeable: bool) -> Vec<AnswerRow> {
    let row = |name: &str, value: String, ltr: bool, path: &str| AnswerRow {
        name: name.to_owned(),
        value,
        ltr,
        change: changeable.then(|| Link { href: path.to_owned(), text: tr!(locale, register.change).to_owned() }),
        change_label: tr!(locale, register.change_label, name = name),
    };
    let who = &view.who;
    let own = match who.identifier.kind() {
        IdKind::RuSnils => tr!(locale, sign_in.id_label_snils),
        IdKind::IlId | IdKind::Fictitious => tr!(locale, sign_in.id_label_il),
    };
    let child = if who.child.kind() == IdKind::Fictitious {
        tr!(locale, register.child_temporary_label)
    } else {
        tr!(locale, register.child_label)
    };
    let date = format!("{}.{}.{}", who.birth_date.day(), who.birth_date.month(), who.birth_date.year());
    let mut rows = vec![
        row(own, who.identifier.masked(), true, WHO),
        row(tr!(locale, register.birth_label), date, true, WHO),
        row(child, who.child.masked(), true, WHO),
    ];
    if let Some(mobile) = &view.mobile_masked {
        rows.push(row(tr!(locale, register.mobile_label), mobile.clone(), true, CONTACT));
    }
    if let Some(email) = &view.email {
        rows.push(row(tr!(locale, register.email_label), email.as_str().to_owned(), true, CONTACT));
    }
    if let Some(language) = view.locale {
        rows.push(row(tr!(locale, register.row_locale), own_name(language).to_owned(), false, CONTACT));
    }
    if let Some(version) = &view.consent {
        let version = tr!(locale, register.consent_version, version = version);
        rows.push(row(tr!(locale, register.row_consent), version, false, CONTACT));
    }
    rows
}
