//! `/register/contact`: e-mail, mobile, the language of messages, the consent.

use domain::Locale;
use services::registrations::RegistrationView;

use super::fields::{mobile_field, usual_country};
use super::{CONSENT, CONSENT_TICK, CONTACT, LOCALE, WHO, step};
use crate::page_context::PortalInfo;
use crate::pages::consent;
use crate::pages::wizard_kit as kit;
use crate::text::{SLOT, own_name};
use crate::tr;
use crate::wizard::{Block, ChoiceOption, Choices, Rich, Span, Tick, WizardPage};

/// What stands in the third step's form.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactTyped {
    /// The e-mail address.
    pub email: String,
    /// The mobile; masked as long as it was not changed.
    pub mobile: String,
    /// The language of messages.
    pub locale: Locale,
    /// The consent to the present document was given.
    pub consent: bool,
}

impl std::fmt::Debug for ContactTyped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContactTyped").finish_non_exhaustive()
    }
}

impl ContactTyped {
    /// What the registration holds so far. Nothing is ticked that was not ticked before.
    pub fn of(info: &PortalInfo, page: Locale, view: &RegistrationView) -> Self {
        Self {
            email: view.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default(),
            mobile: view.mobile_masked.clone().unwrap_or_default(),
            locale: offered(info, view.locale.unwrap_or(page)),
            consent: view.consent.as_deref() == Some(consent::VERSION),
        }
    }
}

/// The language, if the portal offers it; its usual one else.
pub fn offered(info: &PortalInfo, locale: Locale) -> Locale {
    if info.locales.contains(&locale) { locale } else { info.default_locale }
}

/// The third step. `kept` is the masked mobile that is confirmed already.
pub fn contact_page(locale: Locale, info: &PortalInfo, kept: Option<String>, typed: &ContactTyped) -> WizardPage {
    let email = kit::email_field(locale, tr!(locale, register.email_hint), typed.email.clone());
    let hint = tr!(locale, register.contact_mobile_hint).to_owned();
    let mobile = mobile_field(locale, usual_country(&info.id_kinds), hint, kept, typed.mobile.clone());
    let mut blocks = vec![Block::Field(email), Block::Field(mobile)];
    if info.locales.len() > 1 {
        blocks.push(Block::Choices(languages(locale, info, typed.locale)));
    }
    let document = Span { new_window: true, ..Span::link(tr!(locale, register.consent_document), CONSENT) };
    blocks.push(Block::Tick(Tick {
        name: CONSENT_TICK.to_owned(),
        value: consent::VERSION.to_owned(),
        text: Rich::around(&tr!(locale, register.consent_text, document = SLOT), document),
        hint: Some(tr!(locale, register.consent_hint).to_owned()),
        ticked: typed.consent,
        ..Tick::default()
    }));
    WizardPage {
        forms: vec![kit::main_form(blocks, tr!(locale, register.next), true)],
        after: vec![kit::text(tr!(locale, register.contact_after))],
        ..step(locale, info, CONTACT, tr!(locale, register.step_contact), 2, Some(WHO))
    }
}

/// The languages, each by its own name.
fn languages(page: Locale, info: &PortalInfo, chosen: Locale) -> Choices {
    let option = |locale: &Locale| ChoiceOption {
        value: locale.code().to_owned(),
        text: own_name(*locale).to_owned(),
        lang: (*locale != page).then(|| locale.code().to_owned()),
    };
    Choices {
        name: LOCALE.to_owned(),
        legend: tr!(page, register.locale_legend).to_owned(),
        options: info.locales.iter().map(option).collect(),
        chosen: chosen.code().to_owned(),
        ..Choices::default()
    }
}
