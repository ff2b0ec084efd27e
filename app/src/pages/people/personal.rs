//! «Персональные данные»: the full record of one person, field by field, with who changed what when and where it came
//! from.
//!
//! The rule: nobody's record is opened before somebody asks for it, since each look is written to the audit log. The ID
//! number is masked; whoever may change the record may have it shown, by a post, and changes it by a form of its own.

mod edit;
mod family;
mod gosuslugi;
mod number;

use domain::{Locale, PersonField, Relation};
use leptos::prelude::*;

pub use edit::{ConflictLine, EditForm, PASSWORD, Proof, VERSION, WAS};
pub use family::{FamilyDone, Kin, MAY_CONTACT, MAY_SEE, NewParent, PARENT, PARENT_FIELDS, RELATION, SHOWN_RIGHTS};
pub use gosuslugi::{GosuslugiPart, LinkLine, TryLine};
pub use number::{NUMBER_KINDS, NumberForm, NumberProblem, REMOVE, SET};

use super::fields::field_name;
use super::frame::{ClassFrame, class_head};
use super::list::{record_path, relation_name};
use crate::{
    components::{Icon, Note, Tone},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    tr,
};

/// Somebody who can be chosen.
#[derive(Clone)]
pub struct PersonPick {
    /// The person's id.
    pub id: String,
    /// The whole name, in the order of the reader's language.
    pub name: String,
    /// The number in the register, of a student.
    pub number: Option<u32>,
    /// What a parent is to the student above.
    pub relation: Option<Relation>,
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A member of staff wrote it.
    Staff,
    /// The school's roster.
    Roster,
    /// The person gave it.
    Oneself,
}

impl Source {
    fn words(self, locale: Locale) -> &'static str {
        match self {
            Self::Staff => tr!(locale, people.source_staff),
            Self::Roster => tr!(locale, people.source_roster),
            Self::Oneself => tr!(locale, people.source_self),
        }
    }
}

/// A field and its last change.
#[derive(Clone)]
pub struct FieldLine {
    /// The field.
    pub field: PersonField,
    /// Its value as people write it.
    pub value: Option<String>,
    /// Who changed it last; empty when nobody did by hand.
    pub changed_by: String,
    /// When it was changed last, Unix milliseconds UTC.
    pub changed_at: Option<i64>,
    /// Where the value came from.
    pub source: Source,
}

/// What a change was of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// A field.
    Field(PersonField),
    /// The ID number, masked.
    IdNumber,
}

impl Changed {
    fn words(self, locale: Locale) -> &'static str {
        match self {
            Self::Field(field) => field_name(locale, field),
            Self::IdNumber => tr!(locale, people.f_id_number),
        }
    }
}

/// One change of one field.
#[derive(Clone)]
pub struct HistoryLine {
    /// When, Unix milliseconds UTC.
    pub at: i64,
    /// Who; empty when nobody did by hand.
    pub by: String,
    /// Of what.
    pub what: Changed,
    /// What it was.
    pub before: Option<String>,
    /// What it is since.
    pub after: Option<String>,
}

/// A person's record.
#[derive(Clone)]
pub struct Record {
    /// The person's id.
    pub id: String,
    /// The whole name, in the order of the reader's language.
    pub name: String,
    /// The fields.
    pub fields: Vec<FieldLine>,
    /// The ID number: masked, or in clear when it was just asked for.
    pub id_number: Option<String>,
    /// The number is masked and the reader may have it shown.
    pub may_reveal: bool,
    /// The forms that change the number, for whoever may change the record; nobody changes the own number.
    pub number_form: Option<NumberForm>,
    /// The classes, the present one first, each as `5А, 2026/27`.
    pub classes: Vec<String>,
    /// Where the student can be moved, for whoever may do it: classes by id and title.
    pub moves: Option<Vec<(String, String)>>,
    /// Parents and children.
    pub family: Vec<Kin>,
    /// The form for another parent, beside a student and for whoever may add one.
    pub new_parent: Option<NewParent>,
    /// What was just done to the parents.
    pub family_done: Option<FamilyDone>,
    /// Has an account.
    pub has_account: bool,
    /// What has changed, newest first.
    pub history: Vec<HistoryLine>,
    /// The reader may change the record.
    pub may_edit: bool,
    /// The sign-in through Gosuslugi; none in a portal without it.
    pub gosuslugi: Option<GosuslugiPart>,
}

/// What stands beside the list of people.
#[derive(Clone)]
pub enum Pane {
    /// Nobody was chosen yet.
    Nobody,
    /// A record.
    Record {
        /// The record.
        record: Box<Record>,
        /// It was just changed (or there was nothing to change).
        saved: Option<bool>,
    },
    /// The form that changes a record.
    Edit(Box<EditForm>),
}

/// What the page shows.
#[derive(Clone)]
pub struct PersonalPage {
    /// Picker and tabs.
    pub frame: ClassFrame,
    /// The people of the class: each student, and the parents below.
    pub people: Vec<PersonPick>,
    /// Who is open.
    pub chosen: Option<String>,
    /// What stands beside the list.
    pub pane: Pane,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, page: &PersonalPage) -> PageMeta {
    let title = tr!(ctx.locale, people.personal_title, class = page.frame.class_title.clone());
    let has_errors = match &page.pane {
        Pane::Nobody => false,
        Pane::Record { record, .. } => {
            record.gosuslugi.as_ref().is_some_and(|part| part.asked.is_some())
                || record.new_parent.as_ref().is_some_and(NewParent::is_refused)
                || record.number_form.as_ref().is_some_and(NumberForm::is_refused)
        }
        Pane::Edit(form) => form.is_refused(),
    };
    PageMeta { private: true, has_errors, ..PageMeta::titled(title) }
}

/// The page.
pub fn personal_view(ctx: &PageContext, page: PersonalPage) -> AnyView {
    let locale = ctx.locale;
    let PersonalPage { frame, people, chosen, pane } = page;
    let path = frame.path();
    let pane = match pane {
        Pane::Nobody => view! {
            <div class="empty">
                <p>{tr!(locale, people.personal_choose)}</p>
            </div>
        }
        .into_any(),
        Pane::Record { record, saved } => record_view(ctx, &frame, *record, saved),
        Pane::Edit(form) => edit::edit_view(ctx, &path, *form),
    };
    view! {
        <div class="work">
            {class_head(ctx, &frame, None)} <div class="toolbar">
                <div class="title">
                    <h1>{tr!(locale, people.personal_title, class = frame.class_title.clone())}</h1>
                </div>
            </div> <div class="split people-split">
                <nav class="picks" aria-label=tr!(locale, people.personal_people)>
                    <ul>
                        {people.iter().map(|person| pick(locale, &frame, person, chosen.as_deref())).collect_view()}
                    </ul>
                </nav>
                {pane}
            </div>
        </div>
    }
    .into_any()
}

fn pick(locale: Locale, frame: &ClassFrame, person: &PersonPick, chosen: Option<&str>) -> AnyView {
    let current = chosen == Some(person.id.as_str());
    let number = person.number.map(|number| view! { <span class="num nr">{number.to_string()}</span> });
    let relation = person.relation.map(|relation| view! { <small>{relation_name(locale, relation)}</small> });
    view! {
        <li class=if person.relation.is_some() { "parent" } else { "student" }>
            <a href=record_path(frame, &person.id) aria-current=current.then_some("true")>
                {number}
                <bdi>{person.name.clone()}</bdi>
                {relation}
            </a>
        </li>
    }
    .into_any()
}

/// A value: numbers and addresses run from left to right in every language.
fn value_view(locale: Locale, what: Changed, value: Option<&str>) -> AnyView {
    match (value, what) {
        (None, _) => view! { <span class="muted">{tr!(locale, people.none)}</span> }.into_any(),
        (Some(value), Changed::Field(PersonField::Surname | PersonField::GivenName | PersonField::Patronymic)) => {
            view! { <bdi>{value.to_owned()}</bdi> }.into_any()
        }
        (Some(value), _) => view! { <bdi class="ltr num">{value.to_owned()}</bdi> }.into_any(),
    }
}

fn record_view(ctx: &PageContext, frame: &ClassFrame, record: Record, saved: Option<bool>) -> AnyView {
    let locale = ctx.locale;
    let here = record_path(frame, &record.id);
    let rows = record.fields.iter().map(|line| field_row(ctx, line)).collect_view();
    let note = saved.map(|changed| {
        let words = if changed { tr!(locale, people.person_saved) } else { tr!(locale, people.person_unchanged) };
        view! {
            <Note tone=Tone::Good icon=IconName::Check role="status">
                <p>{words}</p>
            </Note>
        }
    });
    let edit = record.may_edit.then(|| {
        view! {
            <a class="btn second s" href=format!("{here}&edit=1")>
                {tr!(locale, people.edit)}
            </a>
        }
    });
    view! {
        <section class="card leaf stack record" aria-labelledby="h-record">
            <div class="row">
                <h2 id="h-record" class="grow">
                    <bdi>{record.name.clone()}</bdi>
                </h2>
                {edit}
            </div>
            {note}
            <table class="tbl cards">
                <caption class="vh">{record.name.clone()}</caption>
                <thead>
                    <tr>
                        <th scope="col">{tr!(locale, people.field)}</th>
                        <th scope="col">{tr!(locale, people.value)}</th>
                        <th scope="col">{tr!(locale, people.last_change)}</th>
                    </tr>
                </thead>
                <tbody>{rows} {number::number_row(locale, &frame.path(), &record)} {own_rows(locale, &record)}</tbody>
            </table>
            {record.number_form.as_ref().map(|form| number::number_view(locale, &frame.path(), &record, form))}
            {record
                .may_edit
                .then(|| {
                    let new_parent = record.new_parent.as_ref();
                    family::rights_view(
                        locale,
                        &frame.path(),
                        &record.id,
                        &record.family,
                        new_parent,
                        record.family_done,
                    )
                })}
            {record.gosuslugi.as_ref().map(|part| gosuslugi::part_view(ctx, &frame.path(), &record.id, part))}
            {record.moves.as_ref().map(|classes| move_view(locale, frame, &record.id, classes))}
            {history(ctx, &record.history)}
        </section>
    }
    .into_any()
}

/// Another class for the student, or none.
fn move_view(locale: Locale, frame: &ClassFrame, student: &str, classes: &[(String, String)]) -> AnyView {
    let options = classes
        .iter()
        .map(|(id, title)| {
            view! { <option value=id.clone()>{title.clone()}</option> }
        })
        .collect_view();
    view! {
        <details class="more">
            <summary>{tr!(locale, people.move_title)}</summary>
            <form method="post" action=format!("{}/move", frame.path()) class="inline above">
                <input type="hidden" name="person" value=student.to_owned() />
                <div class="field">
                    <label for="move-to">{tr!(locale, people.move_to)}</label>
                    <p class="hint" id="move-to-h">
                        {tr!(locale, people.move_why)}
                    </p>
                    <span class="pick">
                        <select class="select" id="move-to" name="to" aria-describedby="move-to-h">
                            {options}
                            <option value="">{tr!(locale, people.move_out)}</option>
                        </select>
                        <Icon name=IconName::Down />
                    </span>
                </div>
                <button class="btn second s">{tr!(locale, people.move_do)}</button>
            </form>
        </details>
    }
    .into_any()
}

fn field_row(ctx: &PageContext, line: &FieldLine) -> AnyView {
    let locale = ctx.locale;
    let change = match line.changed_at {
        Some(at) => {
            let moment = ctx.moment(at);
            let who = Some(line.changed_by.clone()).filter(|who| !who.is_empty());
            view! {
                {who.map(|who| view! { <bdi>{who}</bdi> ", " })}
                <time datetime=moment.machine>{moment.human}</time>
                <small>{line.source.words(locale)}</small>
            }
            .into_any()
        }
        None => view! { <span class="muted">{line.source.words(locale)}</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{field_name(locale, line.field)}</th>
            <td>{value_view(locale, Changed::Field(line.field), line.value.as_deref())}</td>
            <td class="small">{change}</td>
        </tr>
    }
    .into_any()
}

/// What is no field of the record: classes, family, the account.
fn own_rows(locale: Locale, record: &Record) -> AnyView {
    let account = if record.has_account { tr!(locale, people.has_account) } else { tr!(locale, people.no_account) };
    let kin = |children: bool| {
        let lines = record.family.iter().filter(move |kin| kin.is_child == children).map(move |kin| {
            let relation = (!children).then(|| relation_name(locale, kin.relation));
            (kin.name.clone(), relation.into_iter().chain(kin.limits(locale)).collect::<Vec<_>>())
        });
        lines.collect::<Vec<_>>()
    };
    let classes = record.classes.iter().map(|class| (class.clone(), Vec::new())).collect();
    view! {
        {own_row(tr!(locale, people.f_classes), classes)}
        {own_row(tr!(locale, people.f_parents), kin(false))}
        {own_row(tr!(locale, people.f_children), kin(true))}
        <tr>
            <th scope="row">{tr!(locale, people.f_account)}</th>
            <td>{account}</td>
            <td></td>
        </tr>
    }
    .into_any()
}

/// A row of several lines, each a name and what is said of it; none where there is nothing to say. The name keeps its own direction.
fn own_row(name: &'static str, lines: Vec<(String, Vec<&'static str>)>) -> Option<AnyView> {
    if lines.is_empty() {
        return None;
    }
    let lines = lines
        .into_iter()
        .map(|(line, said)| {
            view! {
                <li>
                    <bdi>{line}</bdi>
                    {said.into_iter().map(|words| view! { ", " {words} }).collect_view()}
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td>
                    <ul class="plain">{lines}</ul>
                </td>
                <td></td>
            </tr>
        }
        .into_any(),
    )
}

fn history(ctx: &PageContext, lines: &[HistoryLine]) -> AnyView {
    let locale = ctx.locale;
    let body = if lines.is_empty() {
        view! { <p class="muted">{tr!(locale, people.history_empty)}</p> }.into_any()
    } else {
        let items = lines
            .iter()
            .map(|line| {
                let moment = ctx.moment(line.at);
                let by = if line.by.is_empty() { tr!(locale, people.nobody).to_owned() } else { line.by.clone() };
                view! {
                    <li>
                        <span class="what">
                            {line.what.words(locale)} ": " {was(locale, line.what, line.before.as_deref())} " "
                            <Icon name=IconName::Forward /> " " {was(locale, line.what, line.after.as_deref())}
                            <small>
                                <bdi>{by}</bdi>
                                ", "
                                <time datetime=moment.machine>{moment.human}</time>
                            </small>
                        </span>
                    </li>
                }
            })
            .collect_view();
        view! { <ul class="links">{items}</ul> }.into_any()
    };
    view! {
        <details class="more">
            <summary>{tr!(locale, people.history)}</summary>
            {body}
        </details>
    }
    .into_any()
}

/// A value of the past; the arrow between two of them is a picture, so each has its words.
fn was(locale: Locale, what: Changed, value: Option<&str>) -> AnyView {
    match value {
        Some(value) => value_view(locale, what, Some(value)),
        None => view! { <span class="muted">{tr!(locale, people.empty_value)}</span> }.into_any(),
    }
}

/// The button that leads on, and the way back.
fn buttons(locale: Locale, back: String) -> AnyView {
    view! {
        <div class="btns">
            <button class="btn s">
                <Icon name=IconName::Check />
                {tr!(locale, people.save)}
            </button>
            <a class="btn quiet s" href=back>
                {tr!(locale, people.cancel)}
            </a>
        </div>
    }
    .into_any()
}
