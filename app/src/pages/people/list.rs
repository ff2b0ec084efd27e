//! «Список»: the class register, to be read, searched and printed.

use domain::{Locale, PersonField, Readiness, Relation};
use leptos::prelude::*;

use super::fields::{PersonForm, person_form_view};
use super::frame::{ClassFrame, Tab, class_head};
use super::readiness::ready_view;
use crate::{
    components::{Button, ButtonLook, Chip, Icon, LinkButton, Note, Tone},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    tr, tr_count,
};

/// A parent, as the register shows one.
#[derive(Clone)]
pub struct ParentLine {
    /// The person's id.
    pub id: String,
    /// The whole name, in the order of the reader's language.
    pub name: String,
    /// Mother, father, or another guardian.
    pub relation: Option<Relation>,
    /// Has an account.
    pub has_account: bool,
    /// A mobile is on file, so registration can send a code.
    pub has_mobile: bool,
    /// May be contacted about the student.
    pub may_contact: bool,
}

/// A student's row.
#[derive(Clone)]
pub struct StudentLine {
    /// The number in the register.
    pub number: u32,
    /// The person's id.
    pub id: String,
    /// The whole name, in the order of the reader's language.
    pub name: String,
    /// Whether the sign-in through Gosuslugi can work.
    pub readiness: Readiness,
    /// The parents.
    pub parents: Vec<ParentLine>,
}

/// Which rows are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// The whole class.
    #[default]
    All,
    /// Those who cannot sign in through Gosuslugi, or where something is to be mended.
    NotReady,
    /// Those whose name, or whose parent's name, has these letters.
    Named(String),
}

impl Shown {
    fn takes(&self, row: &StudentLine) -> bool {
        match self {
            Self::All => true,
            Self::NotReady => !row.readiness.can,
            Self::Named(text) => {
                let wanted = text.trim().to_lowercase();
                std::iter::once(&row.name)
                    .chain(row.parents.iter().map(|parent| &parent.name))
                    .any(|name| name.to_lowercase().contains(&wanted))
            }
        }
    }
}

/// What the post before this page did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListDone {
    /// A student was moved to this class.
    Came,
    /// A student has left the school: their id, so that they can be taken back.
    Left(String),
}

/// The fields of a new student; all others are filled in the editor.
pub const STUDENT_FIELDS: [PersonField; 4] =
    [PersonField::Surname, PersonField::GivenName, PersonField::Patronymic, PersonField::BirthDate];

/// What the page shows.
#[derive(Clone)]
pub struct ListPage {
    /// Picker and tabs.
    pub frame: ClassFrame,
    /// The whole class, in the order of the register.
    pub rows: Vec<StudentLine>,
    /// Which of them.
    pub shown: Shown,
    /// Parents can register by themselves, and the reader may invite them.
    pub may_invite: bool,
    /// The form for a new student, for whoever may add one.
    pub new_student: Option<PersonForm>,
    /// What has just happened.
    pub done: Option<ListDone>,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, page: &ListPage) -> PageMeta {
    let title = tr!(ctx.locale, people.list_title, class = page.frame.class_title.clone());
    let has_errors = page.new_student.as_ref().is_some_and(|form| !form.faults.is_empty());
    PageMeta { private: true, has_errors, ..PageMeta::titled(title) }
}

/// The page.
pub fn list_view(ctx: &PageContext, page: ListPage) -> AnyView {
    let locale = ctx.locale;
    let ListPage { frame, rows, shown, may_invite, new_student, done } = page;
    let path = frame.path();
    let ready = rows.iter().filter(|row| row.readiness.can).count();
    let not_ready = rows.len() - ready;
    let uninvited =
        rows.iter().flat_map(|row| &row.parents).filter(|parent| !parent.has_account && parent.may_contact).count();
    let empty = rows.is_empty();
    let table = if empty {
        view! {
            <div class="empty">
                <p>{tr!(locale, people.list_empty)}</p>
            </div>
        }
        .into_any()
    } else {
        table(ctx, &frame, rows.iter().filter(|row| shown.takes(row)).collect(), &shown)
    };
    view! {
        <div class="work">
            {class_head(ctx, &frame, None)} <div class="toolbar">
                <div class="title">
                    <h1>{tr!(locale, people.list_title, class = frame.class_title.clone())}</h1>
                    {(!empty).then(|| count(locale, ready, rows.len()))}
                </div>
                {(!empty).then(|| tools(locale, &path, may_invite.then_some(uninvited)))}
            </div>
            {done.map(|done| done_view(locale, &path, done))}
            {(!empty).then(|| filters(locale, &path, &shown, not_ready))}
            {table}
            {new_student.map(|form| new_student_view(locale, &path, &form))}
        </div>
    }
    .into_any()
}

fn done_view(locale: Locale, path: &str, done: ListDone) -> AnyView {
    let (words, gone) = match done {
        ListDone::Came => (tr!(locale, people.student_came), None),
        ListDone::Left(student) => (tr!(locale, people.student_left), Some(student)),
    };
    let back = gone.map(|student| {
        view! {
            <form method="post" action=format!("{path}/return")>
                <input type="hidden" name="person" value=student />
                <button class="btn second s">{tr!(locale, people.student_return)}</button>
            </form>
        }
    });
    view! {
        <Note tone=Tone::Good icon=IconName::Check role="status">
            <p>{words}</p>
            {back}
        </Note>
    }
    .into_any()
}

/// The form for a new student; open after a refusal.
fn new_student_view(locale: Locale, path: &str, form: &PersonForm) -> AnyView {
    view! {
        <details class="more card apart" open=!form.faults.is_empty()>
            <summary>{tr!(locale, people.student_add)}</summary>
            <p class="small muted above">{tr!(locale, people.student_add_why)}</p>
            <form method="post" action=format!("{path}/student") class="fields">
                {person_form_view(locale, form)}
                <div class="btns">
                    <button class="btn s">
                        <Icon name=IconName::Plus />
                        {tr!(locale, people.student_add_do)}
                    </button>
                </div>
            </form>
        </details>
    }
    .into_any()
}

fn count(locale: Locale, ready: usize, total: usize) -> AnyView {
    view! {
        <p class="muted small">
            {tr_count!(locale, total as u64, people.students)} " · "
            {tr!(locale, people.can_sign_in_of, ready = ready, total = total)}
        </p>
    }
    .into_any()
}

/// Printing, and letters to those who have no account; `uninvited` is none where nobody may invite.
fn tools(locale: Locale, path: &str, uninvited: Option<usize>) -> AnyView {
    let letters = uninvited.filter(|count| *count > 0).map(|count| {
        view! {
            <form method="post" action=format!("{path}/invitations")>
                <button class="btn second s" aria-describedby="invite-why">
                    <Icon name=IconName::Mail />
                    {tr!(locale, people.invite, n = count)}
                </button>
                <span class="vh" id="invite-why">
                    {tr!(locale, people.invite_why)}
                </span>
            </form>
        }
    });
    view! {
        <div class="end">
            {letters}
            <a class="btn second s" href=format!("{path}?print=1")>
                <Icon name=IconName::Print />
                {tr!(locale, people.print)}
            </a>
        </div>
    }
    .into_any()
}

fn filters(locale: Locale, path: &str, shown: &Shown, not_ready: usize) -> AnyView {
    let typed = match shown {
        Shown::Named(text) => text.clone(),
        _ => String::new(),
    };
    let filter = match shown {
        Shown::All if not_ready == 0 => {
            view! { <span class="small muted">{tr!(locale, people.all_ready)}</span> }.into_any()
        }
        Shown::All => view! {
            <a class="btn second s" href=format!("{path}?show=not-ready")>
                <Icon name=IconName::Filter />
                {tr!(locale, people.only_not_ready, n = not_ready)}
            </a>
        }
        .into_any(),
        Shown::NotReady | Shown::Named(_) => {
            let href = path.to_owned();
            view! { <LinkButton href look=ButtonLook::Small>{tr!(locale, people.show_all)}</LinkButton> }.into_any()
        }
    };
    view! {
        <div class="toolbar tight">
            {filter} <form class="end find" method="post" action=path.to_owned() role="search">
                <label class="vh" for="find">
                    {tr!(locale, people.search_label)}
                </label>
                <input
                    class="input"
                    id="find"
                    type="search"
                    name="q"
                    value=typed
                    maxlength="100"
                    autocomplete="off"
                    placeholder=tr!(locale, people.search_label)
                />
                <button class="btn second s icon" aria-label=tr!(locale, people.search)>
                    <Icon name=IconName::Search />
                </button>
            </form>
        </div>
    }
    .into_any()
}

fn table(ctx: &PageContext, frame: &ClassFrame, rows: Vec<&StudentLine>, shown: &Shown) -> AnyView {
    let locale = ctx.locale;
    if rows.is_empty() {
        let words = match shown {
            Shown::NotReady => tr!(locale, people.all_ready),
            Shown::All | Shown::Named(_) => tr!(locale, people.search_nobody),
        };
        return view! {
            <div class="empty" role="status">
                <p>{words}</p>
            </div>
        }
        .into_any();
    }
    let caption = tr!(locale, people.list_title, class = frame.class_title.clone());
    view! {
        <table class="tbl cards">
            <caption class="vh">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(locale, people.number)}</th>
                    <th scope="col">{tr!(locale, people.student)}</th>
                    <th scope="col">{tr!(locale, people.readiness)}</th>
                    <th scope="col">{tr!(locale, people.parents)}</th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(|row| row_view(ctx, frame, row)).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// The address of a person's record in this class.
pub(super) fn record_path(frame: &ClassFrame, person: &str) -> String {
    format!("{}?person={person}", Tab::Personal.path(&frame.class_id))
}

fn row_view(ctx: &PageContext, frame: &ClassFrame, row: &StudentLine) -> AnyView {
    let locale = ctx.locale;
    let parents = if row.parents.is_empty() {
        view! { <span class="muted small">{tr!(locale, people.no_parents)}</span> }.into_any()
    } else {
        let lines = row.parents.iter().map(|parent| parent_view(locale, frame, parent)).collect_view();
        view! { <ul class="parents">{lines}</ul> }.into_any()
    };
    view! {
        <tr>
            <td class="num nr">{row.number.to_string()}</td>
            <th scope="row">
                <a href=record_path(frame, &row.id)>
                    <bdi>{row.name.clone()}</bdi>
                </a>
            </th>
            <td data-l=tr!(locale, people.readiness)>{ready_view(locale, &row.readiness)}</td>
            <td data-l=tr!(locale, people.parents)>{parents}</td>
        </tr>
    }
    .into_any()
}

/// What a parent is to the child.
#[must_use]
pub fn relation_name(locale: Locale, relation: Relation) -> &'static str {
    match relation {
        Relation::Mother => tr!(locale, people.rel_mother),
        Relation::Father => tr!(locale, people.rel_father),
        Relation::Guardian => tr!(locale, people.rel_guardian),
    }
}

fn parent_view(locale: Locale, frame: &ClassFrame, parent: &ParentLine) -> AnyView {
    let (tone, icon, words) = account_words(locale, parent);
    view! {
        <li>
            <span>
                <a href=record_path(frame, &parent.id)>
                    <bdi>{parent.name.clone()}</bdi>
                </a>
                {parent.relation.map(|relation| view! { <small>{relation_name(locale, relation)}</small> })}
                {(!parent.may_contact).then(|| view! { <small>{tr!(locale, people.not_contacted)}</small> })}
            </span>
            <Chip tone=tone icon=icon>
                {words}
            </Chip>
        </li>
    }
    .into_any()
}

fn account_words(locale: Locale, parent: &ParentLine) -> (Tone, IconName, &'static str) {
    if parent.has_account {
        (Tone::Good, IconName::Check, tr!(locale, people.has_account))
    } else if parent.has_mobile {
        (Tone::Plain, IconName::Clock, tr!(locale, people.no_account))
    } else {
        (Tone::Warn, IconName::Phone, tr!(locale, people.no_phone))
    }
}

/// The register for paper: nothing but the table, and room for notes.
pub fn print_view(ctx: &PageContext, page: ListPage) -> AnyView {
    let locale = ctx.locale;
    let ListPage { frame, rows, .. } = page;
    let lines = rows
        .iter()
        .map(|row| {
            let parents = row
                .parents
                .iter()
                .map(|parent| {
                    let relation = parent.relation.map(|relation| format!(", {}", relation_name(locale, relation)));
                    // Whoever calls with the paper in hand has no screen before them.
                    let spared = (!parent.may_contact).then(|| {
                        view! {
                            ", "
                            <strong>{tr!(locale, people.not_contacted)}</strong>
                        }
                    });
                    view! {
                        <li>
                            <bdi>{parent.name.clone()}</bdi>
                            {relation}
                            {spared}
                        </li>
                    }
                })
                .collect_view();
            view! {
                <tr>
                    <td class="num nr">{row.number.to_string()}</td>
                    <th scope="row">
                        <bdi>{row.name.clone()}</bdi>
                    </th>
                    <td>
                        <ul class="parents">{parents}</ul>
                    </td>
                    <td class="blank"></td>
                </tr>
            }
        })
        .collect_view();
    let title = tr!(locale, people.list_title, class = frame.class_title.clone());
    view! {
        <div class="work paper">
            <div class="toolbar screen-only">
                <LinkButton href=frame.path() look=ButtonLook::Small>
                    {tr!(locale, people.back_to_list)}
                </LinkButton>
                <p class="small muted">{tr!(locale, people.print_how)}</p>
            </div>
            <h1>{title.clone()}</h1>
            <p class="small muted">
                <bdi>{frame.school.name.clone()}</bdi>
                " · "
                {tr!(locale, people.printed_at, when = ctx.moment(ctx.now).human)}
            </p>
            <table class="tbl">
                <caption class="vh">{title.clone()}</caption>
                <thead>
                    <tr>
                        <th scope="col">{tr!(locale, people.number)}</th>
                        <th scope="col">{tr!(locale, people.student)}</th>
                        <th scope="col">{tr!(locale, people.parents)}</th>
                        <th scope="col">{tr!(locale, people.notes)}</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A button that is the form's own, small as all in the staff's pages.
pub(super) fn save_button(words: &'static str) -> AnyView {
    view! { <Button look=ButtonLook::Small>{words}</Button> }.into_any()
}
