//! `/register/finish`, after the form was sent: the account being made, the account ready, or the school asked.

use domain::Locale;
use services::Timestamp;
use services::registrations::{Progress, RegistrationView};

use super::finish::answers;
use super::{FINISH, NEW, WHO, step};
use crate::icons::IconName;
use crate::page_context::PortalInfo;
use crate::pages::wizard_kit as kit;
use crate::text::{Moment, SLOT, Zone};
use crate::tr;
use crate::wizard::{Block, Link, Rich, Span, Stage, StageState, WizardPage};

/// How often the browser asks how far it is.
const REFRESH_MS: u32 = 1000;
/// From so many tries on the page says that it takes longer than usual.
const SLOW_FROM: i64 = 2;

/// What became of the form, as far as it is known now.
pub fn outcome_page(locale: Locale, info: &PortalInfo, view: &RegistrationView) -> WizardPage {
    match view.progress {
        None => making(locale, info, StageState::Running, StageState::Waiting, false),
        Some(Progress::Creating { attempts }) => {
            making(locale, info, StageState::Running, StageState::Waiting, attempts >= SLOW_FROM)
        }
        Some(Progress::Messages) => making(locale, info, StageState::Done, StageState::Running, false),
        Some(Progress::Done) => done(locale, info, view),
        Some(Progress::Review { answer_by }) => review(locale, info, view, answer_by),
    }
}

/// The account is being made: the page turns by itself.
fn making(locale: Locale, info: &PortalInfo, account: StageState, messages: StageState, slow: bool) -> WizardPage {
    let stage = |text: &str, state: StageState| Stage {
        text: text.to_owned(),
        state,
        word: match state {
            StageState::Done => tr!(locale, register.word_done),
            StageState::Running => tr!(locale, register.word_running),
            StageState::Waiting => tr!(locale, register.word_waiting),
        }
        .to_owned(),
    };
    let stages = vec![
        stage(tr!(locale, register.stage_received), StageState::Done),
        stage(tr!(locale, register.stage_account), account),
        stage(tr!(locale, register.stage_messages), messages),
    ];
    let patience = || kit::advice(IconName::Clock, Rich::plain(tr!(locale, register.making_slow)));
    let reload = Span::link(tr!(locale, register.reload_link), FINISH);
    let mut before = vec![Block::Stages(stages)];
    before.extend(slow.then(patience));
    WizardPage {
        lead: Some(Rich::plain(tr!(locale, register.making_lead))),
        before,
        after: vec![
            kit::text(tr!(locale, register.making_close)),
            Block::Text(Rich::around(&tr!(locale, register.reload, link = SLOT), reload)),
        ],
        refresh_ms: Some(REFRESH_MS),
        ..step(locale, info, FINISH, tr!(locale, register.making_title), 3, None)
    }
}

/// The account is ready, and the messages are on their way.
fn done(locale: Locale, info: &PortalInfo, view: &RegistrationView) -> WizardPage {
    // The mail is in the language that was chosen for messages, which need not be the page's.
    let mail = view.locale.unwrap_or(locale);
    let subject = tr!(mail, messages.first_password_subject);
    let email = view.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default();
    let open = tr!(locale, register.done_mail, email = SLOT, subject = subject);
    let sign_in = Span::link(tr!(locale, register.done_sign_in_link), "/sign-in");
    let portal = Link { href: "/".to_owned(), text: tr!(locale, register.done_portal).to_owned() };
    let applications = info
        .applications
        .iter()
        .map(|application| Link { href: application.url.clone(), text: application.names.get(locale).clone() });
    WizardPage {
        lead: Some(Rich::plain(tr!(locale, register.done_lead))),
        before: vec![
            Block::Heading(tr!(locale, register.done_next).to_owned()),
            Block::Text(Rich::around(&open, Span::ltr(email))),
            kit::text(&tr!(locale, register.done_link, words = tr!(mail, messages.password_words))),
            kit::advice(IconName::Key, Rich::plain(tr!(locale, register.done_code))),
            Block::Details {
                summary: tr!(locale, register.done_no_mail).to_owned(),
                text: kit::help_sentence(
                    info,
                    &tr!(locale, register.done_no_mail_text, line = SLOT),
                    tr!(locale, register.done_no_mail_text_school),
                ),
            },
            Block::Heading(tr!(locale, register.done_apps).to_owned()),
            Block::Text(Rich::around(&tr!(locale, register.done_sign_in, link = SLOT), sign_in)),
            Block::Links([portal].into_iter().chain(applications).collect()),
        ],
        after: vec![another(locale)],
        ..step(locale, info, FINISH, tr!(locale, register.done_title), 3, None)
    }
}

/// The school decides: what was received, by when it answers, and whom to ask.
fn review(locale: Locale, info: &PortalInfo, view: &RegistrationView, answer_by: Timestamp) -> WizardPage {
    let zone = Zone::parse(&info.time_zone).unwrap_or_else(|_| Zone::utc());
    let date = Span { strong: true, ..Span::plain(Moment::day(locale, &zone, answer_by)) };
    let mobile = Span::ltr(view.mobile_masked.clone().unwrap_or_default());
    WizardPage {
        lead: Some(Rich::plain(tr!(locale, register.review_lead))),
        before: vec![
            kit::advice(IconName::Clock, Rich::around(&tr!(locale, register.review_by, date = SLOT), date)),
            Block::Text(Rich::around(&tr!(locale, register.review_how, mobile = SLOT), mobile)),
            kit::text(tr!(locale, register.review_why)),
            Block::Heading(tr!(locale, register.review_received).to_owned()),
            Block::Answers(answers(locale, view, false)),
            Block::Text(kit::help_sentence(
                info,
                &tr!(locale, register.review_nothing, line = SLOT),
                tr!(locale, register.review_nothing_school),
            )),
        ],
        after: vec![another(locale)],
        ..step(locale, info, FINISH, tr!(locale, register.review_title), 3, None)
    }
}

/// The other parent may register at the same computer.
fn another(locale: Locale) -> Block {
    Block::Text(Rich(vec![Span::link(tr!(locale, register.another), format!("{WHO}?{NEW}=1"))]))
}
