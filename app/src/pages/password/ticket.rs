//! `/password/start?ticket=…`: the mailed link. Whoever follows it types whose it is; a link that is over says why, and what to do.

use domain::Locale;
use services::password_wizard::{TicketState, TicketView};

use super::{TICKET, USER_CODE, by_sms, link, on_rail};
use crate::page_context::PortalInfo;
use crate::pages::wizard_kit::{help_sentence, id_field, kind_choices, kind_of, main_form, page};
use crate::text::SLOT;
use crate::tr;
use crate::wizard::{Block, Form, Link, Rich, TextField, WizardPage};

const PATH: &str = "/password/start";
const FORGOT: &str = "/password/forgot";

/// Asks whose link it is. `ticket` goes along unseen: opening the page has changed nothing.
pub fn identify(
    locale: Locale,
    info: &PortalInfo,
    view: &TicketView,
    ticket: &str,
    kind: &str,
    number: String,
) -> WizardPage {
    let (lead, blocks) = if view.by_user_code {
        (tr!(locale, password.identify_lead_code), vec![Block::Field(user_code_field(locale, number))])
    } else {
        let chosen = kind_of(&info.id_kinds, kind);
        let blocks = kind_choices(locale, &info.id_kinds, chosen)
            .into_iter()
            .chain([Block::Field(id_field(locale, &info.id_kinds, chosen, number))])
            .collect();
        (tr!(locale, password.identify_lead), blocks)
    };
    let form = Form {
        hidden: vec![(TICKET.to_owned(), ticket.to_owned())],
        ..main_form(blocks, tr!(locale, password.confirm), true)
    };
    let page = page(locale, info, PATH, tr!(locale, password.step_identify));
    on_rail(locale, WizardPage { lead: Some(Rich::plain(lead)), forms: vec![form], ..page }, 0)
}

fn user_code_field(locale: Locale, value: String) -> TextField {
    TextField {
        name: USER_CODE.to_owned(),
        label: tr!(locale, sign_in.user_code).to_owned(),
        hint: Some(tr!(locale, sign_in.user_code_hint).to_owned()),
        value,
        kind: "text".to_owned(),
        autocomplete: "username".to_owned(),
        class: "w-20 num".to_owned(),
        maxlength: Some(32),
        ltr: true,
        ..TextField::default()
    }
}

/// A link that does not lead on. `first`: it was to choose the first password of a new account.
pub fn closed(locale: Locale, info: &PortalInfo, state: TicketState, first: bool) -> WizardPage {
    let (title, lead) = match state {
        TicketState::Used => (tr!(locale, password.used_title), tr!(locale, password.used_text)),
        TicketState::Replaced => (tr!(locale, password.replaced_title), tr!(locale, password.replaced_text)),
        TicketState::Expired if first => {
            (tr!(locale, password.expired_title), tr!(locale, password.expired_first_text))
        }
        TicketState::Expired => (tr!(locale, password.expired_title), tr!(locale, password.expired_text)),
        // An open link has its own page; it comes here only when it was closed in the same moment.
        TicketState::Open | TicketState::Unknown => {
            (tr!(locale, password.unknown_title), tr!(locale, password.unknown_text))
        }
    };
    let used = matches!(state, TicketState::Used);
    let not_you = || {
        let call = tr!(locale, password.used_not_you, line = SLOT);
        help_sentence(info, &call, tr!(locale, password.used_not_you_school))
    };
    let sign_in = used.then(|| link(tr!(locale, password.sign_in_link), "/sign-in/password"));
    dead_end(locale, info, title, lead, used.then(not_you), sign_in)
}

/// The wizard is over and there is no page where a new link could be asked for.
pub fn gone(locale: Locale, info: &PortalInfo) -> WizardPage {
    dead_end(locale, info, tr!(locale, password.gone_title), tr!(locale, password.gone_text), None, None)
}

/// The page cannot be made at the moment; the kit adds why.
pub fn unavailable(locale: Locale, info: &PortalInfo, path: &str) -> WizardPage {
    page(locale, info, path, tr!(locale, password.trouble_title))
}

/// What happened, and the ways on: `first` before all others.
fn dead_end(
    locale: Locale,
    info: &PortalInfo,
    title: &str,
    lead: &str,
    more: Option<Rich>,
    first: Option<Link>,
) -> WizardPage {
    let ask = info.password_reset.then(|| link(tr!(locale, password.ask_new_link), FORGOT));
    let by_school = || {
        let or_call = tr!(locale, password.links_by_school, line = SLOT);
        help_sentence(info, &or_call, tr!(locale, password.links_by_school_only))
    };
    let by_school = (!info.password_reset).then(by_school);
    WizardPage {
        lead: Some(Rich::plain(lead)),
        before: more.into_iter().chain(by_school).map(Block::Text).collect(),
        after: vec![Block::Links(first.into_iter().chain(ask).chain([by_sms(locale)]).collect())],
        ..page(locale, info, PATH, title)
    }
}
