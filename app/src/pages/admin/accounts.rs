//! Other people's accounts: find one, lift its waits, invite again, end its sessions, mail a reset, ask the security
//! question over the phone.
//!
//! The rule: contacts are masked, no link and no password is ever shown, and what is searched for is posted.

use domain::{Locale, SecurityQuestion};
use leptos::prelude::*;
use services::PersonId;
use services::help_desk::AccountLine;

use super::days::short;
use super::frame::{AdminFrame, AdminSection, admin_head};
use super::{DO, done_note, empty, problem_note};
use crate::{
    components::{Chip, Field, Icon, Note, Tone},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    pages::people::staff::{path, role_name},
    text::in_time,
    tr, tr_count,
};

/// `name` of the field with what was searched for: it comes along, so that a refused form has its list again.
pub const SEARCH: &str = "q";

/// What the post before this page did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountDone {
    /// Waits and limits are lifted.
    Unlocked,
    /// The first mail was sent again.
    Invited,
    /// So many sessions were ended.
    Ended(u64),
    /// A link that sets a password was mailed.
    ResetMailed,
}

impl AccountDone {
    fn words(self, locale: Locale) -> String {
        match self {
            Self::Unlocked => tr!(locale, admin.unlocked).to_owned(),
            Self::Invited => tr!(locale, admin.invited).to_owned(),
            Self::Ended(count) => tr_count!(locale, count, admin.sessions_ended),
            Self::ResetMailed => tr!(locale, admin.reset_mailed).to_owned(),
        }
    }
}

/// Why nothing was done, or nobody looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountProblem {
    /// Nobody does this for themselves.
    Own,
    /// An operator has barred the account.
    Barred,
    /// There is no e-mail on file.
    NoAddress,
    /// A password was chosen already.
    HasPassword,
    /// It was done too often: so many seconds to wait.
    TooMany(u64),
    /// Too many wrong answers: so many seconds to wait.
    Wait(u64),
    /// Fewer than two letters.
    TooShort,
}

impl AccountProblem {
    fn words(self, locale: Locale) -> String {
        match self {
            Self::Own => tr!(locale, admin.bad_own_account).to_owned(),
            Self::Barred => tr!(locale, admin.bad_barred).to_owned(),
            Self::NoAddress => tr!(locale, admin.bad_no_address).to_owned(),
            Self::HasPassword => tr!(locale, admin.bad_has_password).to_owned(),
            Self::TooMany(seconds) => tr!(locale, admin.bad_too_many, when = in_time(locale, seconds)),
            Self::Wait(seconds) => tr!(locale, admin.bad_wait, when = in_time(locale, seconds)),
            Self::TooShort => tr!(locale, admin.bad_short).to_owned(),
        }
    }
}

/// The security question of an account, as it is asked over the phone.
#[derive(Clone)]
pub enum PhoneQuestion {
    /// None was chosen.
    None,
    /// The question in words.
    Asked(String),
    /// The answer was right.
    Right,
    /// The answer was wrong: the question again.
    Wrong(String),
}

/// What the page shows.
#[derive(Clone)]
pub struct AccountsPage {
    /// The way to the other pages.
    pub frame: AdminFrame,
    /// The reader: nobody helps themselves.
    pub own: PersonId,
    /// What was searched for.
    pub searched: String,
    /// Who was found; none before a search.
    pub found: Option<Vec<AccountLine>>,
    /// What has just happened.
    pub done: Option<AccountDone>,
    /// What went wrong, and for which account.
    pub problem: Option<(Option<String>, AccountProblem)>,
    /// The security question of an account that is asked for.
    pub question: Option<(String, PhoneQuestion)>,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, page: &AccountsPage) -> PageMeta {
    PageMeta {
        private: true,
        has_errors: page.problem.is_some() || matches!(page.question, Some((_, PhoneQuestion::Wrong(_)))),
        ..PageMeta::titled(AdminSection::Accounts.name(ctx.locale))
    }
}

/// The page.
pub fn accounts_view(ctx: &PageContext, page: AccountsPage) -> AnyView {
    let locale = ctx.locale;
    let general = match &page.problem {
        Some((None, problem)) => Some(problem_note(problem.words(locale))),
        _ => None,
    };
    let list = match &page.found {
        None => empty(tr!(locale, admin.accounts_start)),
        Some(found) if found.is_empty() && general.is_some() => ().into_any(),
        Some(found) if found.is_empty() => empty(tr!(locale, admin.accounts_nobody)),
        Some(found) => {
            let cards = found.iter().map(|line| card(ctx, &page, line)).collect_view();
            view! {
                <p class="small" role="status">
                    {tr_count!(locale, found.len() as u64, admin.found)}
                </p>
                <ul class="accounts">{cards}</ul>
            }
            .into_any()
        }
    };
    view! {
        <div class="work">
            {admin_head(locale, &page.frame, tr!(locale, admin.accounts_lead), None)} <div class="stack">
                {page.done.map(|done| done_note(done.words(locale)))} {general}
                {search(locale, page.searched.clone())} {list}
            </div>
        </div>
    }
    .into_any()
}

fn search(locale: Locale, text: String) -> AnyView {
    view! {
        <form class="inline wide-find" method="post" action=AdminSection::Accounts.path() role="search">
            <input type="hidden" name=DO value="search" />
            <div class="field">
                <label for="find">{tr!(locale, admin.accounts_find)}</label>
                <p class="hint" id="find-h">
                    {tr!(locale, admin.accounts_find_hint)}
                </p>
                <div class="with">
                    <input
                        class="input"
                        id="find"
                        type="search"
                        name=SEARCH
                        value=text
                        maxlength="100"
                        autocomplete="off"
                        aria-describedby="find-h"
                    />
                    <button class="btn s">
                        <Icon name=IconName::Search />
                        {tr!(locale, admin.find)}
                    </button>
                </div>
            </div>
        </form>
    }
    .into_any()
}

fn card(ctx: &PageContext, page: &AccountsPage, line: &AccountLine) -> AnyView {
    let locale = ctx.locale;
    let account = line.account_id.map(|id| id.to_string());
    let role = match line.role {
        Some(role) => Some(role_name(locale, role)),
        None => line.is_staff.then(|| tr!(locale, admin.staff_member)),
    };
    let classes = Some(line.classes.join(", ")).filter(|classes| !classes.is_empty());
    let about = [role.map(str::to_owned), classes].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let seen = match (&account, line.last_sign_in_at) {
        (None, _) if !line.is_staff => tr!(locale, admin.not_registered).to_owned(),
        (_, None) => tr!(locale, admin.never_signed_in).to_owned(),
        (_, Some(at)) => tr!(locale, admin.last_sign_in, when = short(ctx, at)),
    };
    let own = line.person_id == page.own;
    let acts = match &account {
        Some(account) if line.manageable => Some(acts(locale, page, line, account, own)),
        Some(_) => Some(view! { <p class="small muted">{tr!(locale, admin.not_manageable)}</p> }.into_any()),
        None if line.is_staff => Some(to_staff_page(locale, line)),
        None => None,
    };
    let logs = logs(locale, page, line);
    view! {
        <li class="card stack">
            <div class="row">
                <h2>
                    <bdi>{line.name.clone()}</bdi>
                </h2>
                {state(locale, line)}
            </div>
            <p class="small muted">
                {(!about.is_empty()).then(|| view! { <bdi>{about.clone()}</bdi> " · " })} {seen}
            </p>
            <dl class="facts">
                {fact(tr!(locale, admin.user_code), line.user_code.clone(), tr!(locale, admin.nothing))}
                {fact(tr!(locale, admin.item_mobile), line.mobile_masked.clone(), tr!(locale, admin.nothing))}
                {fact(tr!(locale, admin.item_email), line.email_masked.clone(), tr!(locale, admin.nothing))}
            </dl>
            {acts}
            {logs}
        </li>
    }
    .into_any()
}

/// Members of staff do not register: they are invited, where they are listed.
fn to_staff_page(locale: Locale, line: &AccountLine) -> AnyView {
    let link = line.invited_at.map(|(school, kind)| {
        let href = path(kind, &school.to_string());
        view! {
            " "
            <a href=href>{tr!(locale, admin.staff_page)}</a>
        }
    });
    view! { <p class="small muted">{tr!(locale, admin.staff_are_invited)} {link}</p> }.into_any()
}

fn state(locale: Locale, line: &AccountLine) -> AnyView {
    let (tone, icon, words) = if line.account_id.is_none() {
        (Tone::Plain, IconName::Clock, tr!(locale, admin.account_none))
    } else if line.barred {
        (Tone::Bad, IconName::Lock, tr!(locale, admin.account_barred))
    } else if line.has_password {
        (Tone::Good, IconName::Check, tr!(locale, admin.account_active))
    } else {
        (Tone::Warn, IconName::Clock, tr!(locale, admin.account_invited))
    };
    view! {
        <Chip tone=tone icon=icon>
            {words}
        </Chip>
    }
    .into_any()
}

fn fact(name: &'static str, value: Option<String>, none: &'static str) -> AnyView {
    let value = match value {
        Some(value) => view! { <bdi class="ltr num">{value}</bdi> }.into_any(),
        None => view! { <span class="muted">{none}</span> }.into_any(),
    };
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
        </div>
    }
    .into_any()
}

/// What can be done for an account. What the services would refuse is not offered.
fn acts(locale: Locale, page: &AccountsPage, line: &AccountLine, account: &str, own: bool) -> AnyView {
    let problem = match &page.problem {
        Some((Some(of), problem)) if of == account => Some(problem_note(problem.words(locale))),
        _ => None,
    };
    let button = |what: &'static str, words: &'static str, icon: IconName| {
        view! {
            <form method="post" action=AdminSection::Accounts.path()>
                {hidden(page, account)}
                <button class="btn second s" name=DO value=what>
                    <Icon name=icon />
                    {words}
                    <span class="vh">": " {line.name.clone()}</span>
                </button>
            </form>
        }
        .into_any()
    };
    let has_email = line.email_masked.is_some();
    let unlock = (!own).then(|| button("unlock", tr!(locale, admin.unlock), IconName::Key));
    let invite = (!line.has_password && !line.barred && has_email)
        .then(|| button("invite", tr!(locale, admin.invite), IconName::Mail));
    let reset = (line.has_password && !line.barred && has_email)
        .then(|| button("reset", tr!(locale, admin.reset), IconName::Mail));
    let ask = (!own).then(|| button("question", tr!(locale, admin.ask_question), IconName::Phone));
    let question = match &page.question {
        Some((of, question)) if of == account => Some(question_view(locale, page, account, question)),
        _ => None,
    };
    view! {
        {problem}
        <div class="btns">{unlock} {invite} {reset} {ask}</div>
        {(!has_email && !line.barred).then(|| view! { <p class="small muted">{tr!(locale, admin.no_email_why)}</p> })}
        {question}
        <details class="sure">
            <summary class="btn danger s">{tr!(locale, admin.end_sessions)}</summary>
            <p class="small">{tr!(locale, admin.end_sessions_sure)}</p>
            <form method="post" action=AdminSection::Accounts.path()>
                {hidden(page, account)}
                <button class="btn danger s" name=DO value="end">
                    {tr!(locale, admin.end_sessions_do)}
                </button>
            </form>
        </details>
    }
    .into_any()
}

fn hidden(page: &AccountsPage, account: &str) -> AnyView {
    view! {
        <input type="hidden" name=SEARCH value=page.searched.clone() />
        <input type="hidden" name="account" value=account.to_owned() />
    }
    .into_any()
}

fn question_view(locale: Locale, page: &AccountsPage, account: &str, question: &PhoneQuestion) -> AnyView {
    let (words, error) = match question {
        PhoneQuestion::None => {
            return view! {
                <Note tone=Tone::Info icon=IconName::Info role="status">
                    <p>{tr!(locale, admin.question_none)}</p>
                </Note>
            }
            .into_any();
        }
        PhoneQuestion::Right => {
            return view! {
                <Note tone=Tone::Good icon=IconName::Check role="status">
                    <p>{tr!(locale, admin.answer_right)}</p>
                </Note>
            }
            .into_any();
        }
        PhoneQuestion::Asked(words) => (words.clone(), None),
        PhoneQuestion::Wrong(words) => (words.clone(), Some(tr!(locale, admin.answer_wrong).to_owned())),
    };
    view! {
        <form class="forms-in" method="post" action=AdminSection::Accounts.path()>
            {hidden(page, account)} <p class="small muted above">{tr!(locale, admin.question_how)}</p>
            <Field
                id=format!("answer-{account}")
                name="answer"
                label=words
                error=error
                class="w-20"
                maxlength=200_u16
            />
            <div class="btns">
                <button class="btn second s" name=DO value="answer">
                    {tr!(locale, admin.answer_check)}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// A security question of the list.
#[must_use]
pub fn question_words(locale: Locale, question: SecurityQuestion) -> &'static str {
    match question {
        SecurityQuestion::FirstTeacher => tr!(locale, password.q_first_teacher),
        SecurityQuestion::FirstSchool => tr!(locale, password.q_first_school),
        SecurityQuestion::ChildhoodFriend => tr!(locale, password.q_childhood_friend),
        SecurityQuestion::ChildhoodStreet => tr!(locale, password.q_childhood_street),
        SecurityQuestion::FavouriteBook => tr!(locale, password.q_favourite_book),
        SecurityQuestion::FirstJob => tr!(locale, password.q_first_job),
    }
}

/// The ways to what happened to this person, and to what was sent to them.
fn logs(locale: Locale, page: &AccountsPage, line: &AccountLine) -> Option<AnyView> {
    let link = |section: AdminSection, words: &'static str| {
        page.frame.opens(section).then(|| {
            let href = format!("{}?person={}", section.path(), line.person_id);
            view! { <a href=href>{words}</a> }
        })
    };
    let audit = link(AdminSection::Audit, tr!(locale, admin.audit_of_person));
    // Whoever may invite again may also see whether the invitation arrived, without the whole log.
    let sent = format!("{}?person={}", AdminSection::Deliveries.path(), line.person_id);
    let sent = line.account_id.map(|_| view! { <a href=sent>{tr!(locale, admin.sent_to_person)}</a> });
    (audit.is_some() || sent.is_some()).then(|| view! { <p class="small row">{audit} {sent}</p> }.into_any())
}
