//! The review queue: people whom registration could not recognise, and what the school decides about them.
//!
//! The rule: list and request stand side by side; what was typed is shown beside the record and proves nothing by
//! itself.

mod pane;

use domain::{IdKind, Locale};
use leptos::prelude::*;
use services::review_queue::{ReviewLine, ReviewReason, ReviewState, ReviewTab};

pub use pane::{ChildChoice, DecisionForm, ReviewPane, ReviewProblem};

use super::days::{Due, day, due, short};
use super::frame::{AdminFrame, AdminSection, admin_head};
use super::{DO, done_note, empty};
use crate::{components::Icon, icons::IconName, layout::PageMeta, page_context::PageContext, tr, tr_count};

/// What the post before this page did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewDone {
    /// Approved: the account is being made.
    AccountQueued,
    /// Approved: there is an account, and its owner was told.
    AccountKept,
    /// Approved: the account has the proved mobile now.
    MobileReplaced,
    /// Refused.
    Refused,
    /// Put off.
    Postponed,
}

impl ReviewDone {
    /// Everything that can have happened.
    pub const ALL: [Self; 5] =
        [Self::AccountQueued, Self::AccountKept, Self::MobileReplaced, Self::Refused, Self::Postponed];

    /// How an address names it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AccountQueued => "queued",
            Self::AccountKept => "kept",
            Self::MobileReplaced => "replaced",
            Self::Refused => "refused",
            Self::Postponed => "postponed",
        }
    }

    fn words(self, locale: Locale) -> &'static str {
        match self {
            Self::AccountQueued => tr!(locale, admin.done_queued),
            Self::AccountKept => tr!(locale, admin.done_kept),
            Self::MobileReplaced => tr!(locale, admin.done_replaced),
            Self::Refused => tr!(locale, admin.done_refused),
            Self::Postponed => tr!(locale, admin.done_postponed),
        }
    }
}

/// What the page shows.
#[derive(Clone)]
pub struct ReviewPage {
    /// The way to the other pages.
    pub frame: AdminFrame,
    /// Which requests are listed.
    pub tab: ReviewTab,
    /// What was searched for, in all tabs.
    pub searched: Option<String>,
    /// The requests.
    pub lines: Vec<ReviewLine>,
    /// The open one.
    pub open: Option<Box<ReviewPane>>,
    /// What has just happened.
    pub done: Option<ReviewDone>,
}

/// The address of a tab, with a request open in it.
#[must_use]
pub fn path(tab: ReviewTab, open: Option<&str>) -> String {
    let mut address = AdminSection::Review.path().to_owned();
    let mut join = '?';
    if tab != ReviewTab::default() {
        address = format!("{address}?state={}", tab.code());
        join = '&';
    }
    match open {
        Some(id) => format!("{address}{join}id={id}"),
        None => address,
    }
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, page: &ReviewPage) -> PageMeta {
    PageMeta {
        private: true,
        has_errors: page.open.as_ref().is_some_and(|pane| pane.problem.is_some()),
        ..PageMeta::titled(AdminSection::Review.name(ctx.locale))
    }
}

/// The page.
pub fn review_view(ctx: &PageContext, page: ReviewPage) -> AnyView {
    let locale = ctx.locale;
    let ReviewPage { frame, tab, searched, lines, open, done } = page;
    let chosen = open.as_ref().map(|pane| pane.detail.line.id);
    let list = if lines.is_empty() {
        empty(match (&searched, tab) {
            (Some(_), _) => tr!(locale, admin.review_none_found),
            (None, ReviewTab::Open) => tr!(locale, admin.review_empty),
            (None, ReviewTab::Postponed) => tr!(locale, admin.review_empty_postponed),
            (None, ReviewTab::Decided) => tr!(locale, admin.review_empty_decided),
        })
    } else {
        let rows = lines.iter().map(|line| row(ctx, line, chosen == Some(line.id), searched.is_some())).collect_view();
        table(locale, tab, rows.into_any())
    };
    let side = match open {
        Some(pane) => pane::pane_view(ctx, *pane, tab),
        None if lines.is_empty() => ().into_any(),
        None => view! {
            <aside class="empty">
                <p>{tr!(locale, admin.review_choose)}</p>
            </aside>
        }
        .into_any(),
    };
    let text = searched.clone().unwrap_or_default();
    view! {
        <div class="work">
            {admin_head(locale, &frame, tr!(locale, admin.review_lead), Some(search(locale, text)))}
            {tabs(ctx, tab, searched.is_some())}
            <div class="split review">
                <div class="stack">
                    {done.map(|done| done_note(done.words(locale).to_owned()))}
                    {searched
                        .map(|_| {
                            view! {
                                <p class="small" role="status">
                                    {tr_count!(locale, lines.len() as u64, admin.found)}
                                </p>
                            }
                        })}
                    {list}
                </div>
                {side}
            </div>
        </div>
    }
    .into_any()
}

/// A name or a number: it is posted, so that no address holds a name.
fn search(locale: Locale, text: String) -> AnyView {
    view! {
        <form class="end find" method="post" action=AdminSection::Review.path() role="search">
            <input type="hidden" name=DO value="search" />
            <label class="vh" for="find">
                {tr!(locale, admin.review_find)}
            </label>
            <input
                class="input"
                id="find"
                type="search"
                name="q"
                value=text
                maxlength="100"
                autocomplete="off"
                placeholder=tr!(locale, admin.review_find)
            />
            <button class="btn second s icon" aria-label=tr!(locale, admin.find)>
                <Icon name=IconName::Search />
            </button>
        </form>
    }
    .into_any()
}

/// The tabs; the first with the number that the header has too. None is the current one while something is
/// searched for.
fn tabs(ctx: &PageContext, tab: ReviewTab, searching: bool) -> AnyView {
    let locale = ctx.locale;
    let waiting = ctx.workplace().map_or(0, |bar| bar.open_reviews);
    let links = ReviewTab::ALL
        .into_iter()
        .map(|one| {
            let name = match one {
                ReviewTab::Open => tr!(locale, admin.tab_open),
                ReviewTab::Postponed => tr!(locale, admin.tab_postponed),
                ReviewTab::Decided => tr!(locale, admin.tab_decided),
            };
            let count = (one == ReviewTab::Open && waiting > 0)
                .then(|| view! { <span class="count">{waiting.to_string()}</span> });
            view! {
                <a href=path(one, None) aria-current=(one == tab && !searching).then_some("page")>
                    {name}
                    " "
                    {count}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label=tr!(locale, admin.review_tabs)>
            {links}
        </nav>
    }
    .into_any()
}

fn table(locale: Locale, tab: ReviewTab, rows: AnyView) -> AnyView {
    let last = match tab {
        ReviewTab::Open | ReviewTab::Postponed => tr!(locale, admin.answer_by),
        ReviewTab::Decided => tr!(locale, admin.decision),
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=tr!(locale, admin.requests)>
            <table class="tbl">
                <caption class="vh">{tr!(locale, admin.requests)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{tr!(locale, admin.applicant)}</th>
                        <th scope="col">{tr!(locale, admin.child)}</th>
                        <th scope="col">{tr!(locale, admin.why_in_queue)}</th>
                        <th scope="col">{tr!(locale, admin.handed_in)}</th>
                        <th scope="col">{last}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(ctx: &PageContext, line: &ReviewLine, chosen: bool, from_search: bool) -> AnyView {
    let locale = ctx.locale;
    let tab = tab_of(line.state);
    let child = match &line.child {
        Some(child) => {
            let class = Some(child.class_title.clone()).filter(|title| !title.is_empty());
            view! {
                <bdi>{child.name.clone()}</bdi>
                {class.map(|title| view! { ", " <bdi>{title}</bdi> })}
            }
            .into_any()
        }
        None => view! { <span class="muted">{tr!(locale, admin.child_unknown)}</span> }.into_any(),
    };
    let state = if from_search || !line.state.is_undecided() {
        decision_chip(ctx, line)
    } else {
        due_chip(ctx, line.answer_by, false)
    };
    view! {
        <tr class=chosen.then_some("on")>
            <td>
                <a href=path(tab, Some(&line.id.to_string())) aria-current=chosen.then_some("true")>
                    <strong>
                        <bdi>{title(locale, line)}</bdi>
                    </strong>
                </a>
                <small>{numbers(locale, line)}</small>
            </td>
            <td>{child}</td>
            <td>{reason_words(locale, line.reason)}</td>
            <td>
                <time>{short(ctx, line.created_at)}</time>
            </td>
            <td>{state}</td>
        </tr>
    }
    .into_any()
}

fn tab_of(state: ReviewState) -> ReviewTab {
    match state {
        ReviewState::Open => ReviewTab::Open,
        ReviewState::Postponed => ReviewTab::Postponed,
        ReviewState::Approved | ReviewState::Refused => ReviewTab::Decided,
    }
}

/// The applicant's name, or what stands for it: registration asks for a number and not for a name.
fn title(locale: Locale, line: &ReviewLine) -> String {
    line.name.clone().unwrap_or_else(|| tr!(locale, admin.unknown_person).to_owned())
}

/// The request's number, and the applicant's own, masked.
fn numbers(locale: Locale, line: &ReviewLine) -> AnyView {
    let own = line.id_masked.clone().map(|masked| {
        let kind = match line.id_kind {
            IdKind::RuSnils => tr!(locale, admin.id_snils),
            IdKind::IlId | IdKind::Fictitious => tr!(locale, admin.id_number),
        };
        view! {
            " · "
            {kind}
            " "
            <bdi class="ltr num">{masked}</bdi>
        }
    });
    view! {
        {line.number.map(|number| request_number(locale, number))}
        {own}
    }
    .into_any()
}

fn request_number(locale: Locale, number: i64) -> AnyView {
    view! { <span class="num">{tr!(locale, admin.request_number, n = format!("{number:04}"))}</span> }.into_any()
}

fn reason_words(locale: Locale, reason: ReviewReason) -> &'static str {
    match reason {
        ReviewReason::NotRecognised => tr!(locale, admin.reason_not_recognised),
        ReviewReason::MobileNotOnFile => tr!(locale, admin.reason_mobile),
        ReviewReason::Staff => tr!(locale, admin.reason_staff),
    }
}

/// Until when the school has to answer; `whole`: as a sentence of its own.
fn due_chip(ctx: &PageContext, at: i64, whole: bool) -> AnyView {
    let locale = ctx.locale;
    let (class, words) = match (due(ctx, at), whole) {
        (Due::Over, false) => ("chip bad", tr!(locale, admin.due_over).to_owned()),
        (Due::Over, true) => ("chip bad", tr!(locale, admin.answer_over).to_owned()),
        (Due::Today, false) => ("chip bad", tr!(locale, admin.due_today).to_owned()),
        (Due::Today, true) => ("chip bad", tr!(locale, admin.answer_today).to_owned()),
        (Due::Tomorrow, false) => ("chip warn", tr!(locale, admin.due_tomorrow).to_owned()),
        (Due::Tomorrow, true) => ("chip warn", tr!(locale, admin.answer_tomorrow).to_owned()),
        (Due::On(day), false) => ("chip", day),
        (Due::On(day), true) => ("chip", tr!(locale, admin.answer_on, day = day)),
    };
    view! {
        <span class=class>
            <Icon name=IconName::Clock />
            {words}
        </span>
    }
    .into_any()
}

/// What became of a request, and who decided.
fn decision_chip(ctx: &PageContext, line: &ReviewLine) -> AnyView {
    let locale = ctx.locale;
    let (class, icon, words) = match line.state {
        ReviewState::Open => ("chip", IconName::Clock, tr!(locale, admin.state_open)),
        ReviewState::Postponed => ("chip warn", IconName::Clock, tr!(locale, admin.state_postponed)),
        ReviewState::Approved => ("chip good", IconName::Check, tr!(locale, admin.state_approved)),
        ReviewState::Refused => ("chip bad", IconName::Cross, tr!(locale, admin.state_refused)),
    };
    let by = Some(line.decided_by.clone()).filter(|by| !by.is_empty());
    view! {
        <span class=class>
            <Icon name=icon />
            {words}
        </span>
        <small>
            {line.decided_at.map(|at| day(ctx, at))} " "
            {by.map(|by| view! { <bdi>{by}</bdi> })}
        </small>
    }
    .into_any()
}
