//! `/register`: ID number, birth date, one child's ID number; and the page of a mailed link, which asks for the number again.

use domain::{IdKind, Locale};
use services::registrations::Who;

use super::fields::{birth_field, child_field};
use super::{CHILD_TEMPORARY, DRAFT, WHO, step};
use crate::icons::IconName;
use crate::page_context::PortalInfo;
use crate::pages::wizard_kit as kit;
use crate::text::SLOT;
use crate::tr;
use crate::wizard::{Block, Form, Rich, Span, TextField, Tick, WizardPage};

/// What stands in the first step's form.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct WhoTyped {
    /// The chosen kind of the person's own number.
    pub kind: IdKind,
    /// The person's own number.
    pub id_number: String,
    /// The birth date.
    pub birth_date: String,
    /// The child's number.
    pub child_id: String,
    /// The child's number is a temporary one, without check digit.
    pub child_temporary: bool,
}

impl std::fmt::Debug for WhoTyped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WhoTyped").finish_non_exhaustive()
    }
}

impl From<&Who> for WhoTyped {
    fn from(who: &Who) -> Self {
        let date = who.birth_date;
        Self {
            kind: who.identifier.kind(),
            id_number: who.identifier.canonical().to_owned(),
            birth_date: format!("{}.{}.{}", date.day(), date.month(), date.year()),
            child_id: who.child.canonical().to_owned(),
            child_temporary: who.child.kind() == IdKind::Fictitious,
        }
    }
}

/// The first step. `ended`: a banner says that answers are kept for an hour only.
pub fn identify_page(locale: Locale, info: &PortalInfo, typed: &WhoTyped, ended: bool) -> WizardPage {
    let kinds = &info.id_kinds;
    let mut blocks: Vec<Block> = kit::kind_choices(locale, kinds, typed.kind).into_iter().collect();
    blocks.push(Block::Field(kit::id_field(locale, kinds, typed.kind, typed.id_number.clone())));
    blocks.push(Block::Field(birth_field(locale, typed.birth_date.clone())));
    blocks.push(Block::Field(child_field(locale, kinds, typed.child_id.clone())));
    blocks.push(Block::Tick(Tick {
        name: CHILD_TEMPORARY.to_owned(),
        value: "1".to_owned(),
        text: Rich::plain(tr!(locale, register.child_temporary)),
        ticked: typed.child_temporary,
        ..Tick::default()
    }));
    let sign_in = Span::link(tr!(locale, sign_in.submit), "/sign-in");
    let banner = || kit::warning(IconName::Clock, Rich::plain(tr!(locale, register.ended)));
    WizardPage {
        lead: Some(Rich::plain(tr!(locale, register.who_lead))),
        before: ended.then(banner).into_iter().collect(),
        forms: vec![kit::main_form(blocks, tr!(locale, register.next), true)],
        after: vec![
            Block::Details {
                summary: tr!(locale, register.why_summary).to_owned(),
                text: Rich::plain(tr!(locale, register.why_text)),
            },
            Block::Text(Rich::around(&tr!(locale, register.have_account, link = SLOT), sign_in)),
        ],
        ..step(locale, info, WHO, tr!(locale, register.step_who), 0, None)
    }
}

/// The page of a mailed link: opening it changes nothing, the own number continues on this device.
pub fn resume_page(locale: Locale, info: &PortalInfo, link: &str, id_number: String) -> WizardPage {
    let kinds = &info.id_kinds;
    let usual = kit::kind_of(kinds, "");
    // Of several kinds none is chosen here: the number is compared with the one that the registration began with.
    let field = TextField { check: None, ..kit::id_field(locale, kinds, usual, id_number) };
    let form = kit::main_form(vec![Block::Field(field)], tr!(locale, register.next), true);
    let again = Span::link(tr!(locale, sign_in.start_again), WHO);
    WizardPage {
        lead: Some(Rich::plain(tr!(locale, register.resume_lead))),
        forms: vec![Form { hidden: vec![(DRAFT.to_owned(), link.to_owned())], ..form }],
        after: vec![Block::Text(Rich(vec![again]))],
        ..kit::page(locale, info, WHO, tr!(locale, register.resume_title))
    }
}
