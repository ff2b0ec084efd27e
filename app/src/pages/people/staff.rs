//! Администрация, Специалисты, Учителя: who works at a school, as what, and with which rights on the portal.

mod change;

use domain::{Locale, PersonField, PostKind, Role};
use leptos::prelude::*;

use super::all::school_picker;
use super::fields::PersonForm;
use super::frame::SchoolChoice;
use crate::{
    components::{Chip, ErrorItem, ErrorSummary, Note, Tone},
    icons::IconName,
    layout::{PageMeta, staff::section_name},
    page_context::{PageContext, StaffSection},
    tr,
};

/// `name` of the field that says which form was posted.
pub const DO: &str = "do";

/// A right that somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// The role.
    pub role: Role,
    /// The class that it is for, with its title.
    pub class: Option<(String, String)>,
    /// The reader may take it away.
    pub may_revoke: bool,
}

impl Right {
    /// The right in words.
    #[must_use]
    pub fn words(&self, locale: Locale) -> String {
        match (&self.class, self.role) {
            (Some((_, title)), Role::ClassTeacher) => {
                tr!(locale, people.role_class_teacher_of, class = title.clone())
            }
            (_, role) => role_name(locale, role).to_owned(),
        }
    }
}

/// A role's name.
#[must_use]
pub fn role_name(locale: Locale, role: Role) -> &'static str {
    match role {
        Role::ClassTeacher => tr!(locale, people.role_class_teacher),
        Role::DeputyHead => tr!(locale, people.role_deputy_head),
        Role::SchoolAdministrator => tr!(locale, people.role_school_administrator),
        Role::SystemAdministrator => tr!(locale, people.role_system_administrator),
    }
}

/// A member of staff.
#[derive(Clone)]
pub struct StaffRow {
    /// The person's id.
    pub id: String,
    /// The whole name, in the order of the reader's language.
    pub name: String,
    /// As what they work: «учитель математики». May be empty.
    pub title: String,
    /// What they may do on the portal.
    pub rights: Vec<Right>,
    /// Has an account.
    pub has_account: bool,
    /// The last sign-in, Unix milliseconds UTC.
    pub last_sign_in_at: Option<i64>,
}

/// What the reader may do with the staff of this school.
#[derive(Clone, Default)]
pub struct StaffRights {
    /// Roles that the reader may give here; empty for readers only.
    pub roles: Vec<Role>,
    /// The school's classes, for class teachers: ids and titles.
    pub classes: Vec<(String, String)>,
}

/// What was typed to add somebody, and what is wrong with it.
#[derive(Clone)]
pub struct AddForm {
    /// Who.
    pub person: PersonForm,
    /// The post.
    pub title: String,
    /// The post's name cannot be used.
    pub bad_title: bool,
}

impl Default for AddForm {
    fn default() -> Self {
        Self { person: PersonForm::of(&Self::FIELDS), title: String::new(), bad_title: false }
    }
}

impl AddForm {
    /// The fields that are asked for.
    pub const FIELDS: [PersonField; 5] = [
        PersonField::Surname,
        PersonField::GivenName,
        PersonField::Patronymic,
        PersonField::Mobile,
        PersonField::Email,
    ];

    /// Whether it comes back from a post.
    fn is_refused(&self) -> bool {
        self.bad_title || !self.person.faults.is_empty()
    }
}

/// What the post before this page did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaffDone {
    /// Somebody was added.
    Added,
    /// A post was ended.
    Ended,
    /// A right was given.
    Granted,
    /// A right was taken away.
    Revoked,
}

/// Why a right was not given or taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantProblem {
    /// A class teacher needs a class.
    ClassMissing,
    /// Nobody changes their own rights.
    Own,
    /// The sign-in is too long ago: the password is asked for first.
    ProofNeeded,
}

/// A right that was not given or taken away, with what was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedGrant {
    /// The person's id.
    pub person: String,
    /// Why.
    pub problem: GrantProblem,
    /// The chosen role's code.
    pub role: String,
    /// The chosen class's id.
    pub class: String,
}

/// What the page shows.
#[derive(Clone)]
pub struct StaffPage {
    /// Which of the three pages.
    pub kind: PostKind,
    /// The school.
    pub school: SchoolChoice,
    /// The schools that the reader reaches.
    pub schools: Vec<SchoolChoice>,
    /// The staff, by name.
    pub rows: Vec<StaffRow>,
    /// What the reader may change; none for readers only.
    pub may: Option<StaffRights>,
    /// The form that adds somebody.
    pub form: AddForm,
    /// What has just happened.
    pub done: Option<StaffDone>,
    /// A right that was just refused.
    pub refused: Option<RefusedGrant>,
}

/// The section of a page.
#[must_use]
pub fn section(kind: PostKind) -> StaffSection {
    match kind {
        PostKind::Administration => StaffSection::Administration,
        PostKind::Specialist => StaffSection::Specialists,
        PostKind::Teacher => StaffSection::Teachers,
    }
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, page: &StaffPage) -> PageMeta {
    PageMeta {
        private: true,
        has_errors: page.refused.is_some() || page.form.is_refused(),
        ..PageMeta::titled(section_name(ctx.locale, section(page.kind)))
    }
}

/// The address of a page for a school.
#[must_use]
pub fn path(kind: PostKind, school: &str) -> String {
    format!("{}?school={school}", section(kind).path())
}

/// The page.
pub fn staff_view(ctx: &PageContext, page: StaffPage) -> AnyView {
    let locale = ctx.locale;
    let StaffPage { kind, school, schools, rows, may, form, done, refused } = page;
    let here = path(kind, &school.id);
    let errors = errors(locale, &form, refused.as_ref());
    let body = if rows.is_empty() {
        let words = if may.is_some() { tr!(locale, people.staff_empty) } else { tr!(locale, people.staff_empty_read) };
        view! {
            <div class="empty">
                <p>{words}</p>
            </div>
        }
        .into_any()
    } else {
        table(ctx, kind, &here, &rows, may.as_ref(), refused.as_ref())
    };
    let add = may.is_some().then(|| change::add_view(locale, &here, &form));
    view! {
        <div class="work">
            {school_picker(locale, &school, &schools, |school| path(kind, school))} <div class="toolbar">
                <div class="title">
                    <h1>{section_name(locale, section(kind))}</h1>
                    <p class="muted small">
                        <bdi>{school.name.clone()}</bdi>
                    </p>
                </div>
            </div> <div class="stack">
                <ErrorSummary title=tr!(locale, people.check).to_owned() items=errors />
                {done.map(|done| done_view(locale, &done))}
                {body}
                {add}
            </div>
        </div>
    }
    .into_any()
}

fn errors(locale: Locale, form: &AddForm, refused: Option<&RefusedGrant>) -> Vec<ErrorItem> {
    let faults = form.person.faults.iter().map(|(field, fault)| ErrorItem {
        field: Some(super::field_id(*field)),
        text: format!("{}: {}", super::field_name(locale, *field), super::fault_words(locale, *fault)),
    });
    let title = form.bad_title.then(|| ErrorItem {
        field: Some(change::TITLE.to_owned()),
        text: tr!(locale, people.staff_title_bad).to_owned(),
    });
    let refused = refused.map(|refused| ErrorItem {
        field: Some(change::role_id(&refused.person)),
        text: problem_words(locale, refused.problem).to_owned(),
    });
    refused.into_iter().chain(faults).chain(title).collect()
}

fn problem_words(locale: Locale, problem: GrantProblem) -> &'static str {
    match problem {
        GrantProblem::ClassMissing => tr!(locale, people.staff_class_missing),
        GrantProblem::Own => tr!(locale, people.staff_own),
        GrantProblem::ProofNeeded => tr!(locale, people.staff_proof),
    }
}

fn done_view(locale: Locale, done: &StaffDone) -> AnyView {
    let words = match done {
        StaffDone::Added => tr!(locale, people.staff_added),
        StaffDone::Ended => tr!(locale, people.staff_ended),
        StaffDone::Granted => tr!(locale, people.staff_granted),
        StaffDone::Revoked => tr!(locale, people.staff_revoked),
    };
    view! {
        <Note tone=Tone::Good icon=IconName::Check role="status">
            <p>{words}</p>
        </Note>
    }
    .into_any()
}

fn table(
    ctx: &PageContext,
    kind: PostKind,
    here: &str,
    rows: &[StaffRow],
    may: Option<&StaffRights>,
    refused: Option<&RefusedGrant>,
) -> AnyView {
    let locale = ctx.locale;
    let lines = rows
        .iter()
        .map(|row| {
            let refused = refused.filter(|refused| refused.person == row.id);
            row_view(ctx, here, row, may, refused)
        })
        .collect_view();
    view! {
        <table class="tbl cards">
            <caption class="vh">{section_name(locale, section(kind))}</caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(locale, people.staff_name)}</th>
                    <th scope="col">{tr!(locale, people.staff_post)}</th>
                    <th scope="col">{tr!(locale, people.staff_rights)}</th>
                    <th scope="col">{tr!(locale, people.staff_seen)}</th>
                </tr>
            </thead>
            <tbody>{lines}</tbody>
        </table>
    }
    .into_any()
}

fn row_view(
    ctx: &PageContext,
    here: &str,
    row: &StaffRow,
    may: Option<&StaffRights>,
    refused: Option<&RefusedGrant>,
) -> AnyView {
    let locale = ctx.locale;
    let rights = if row.rights.is_empty() {
        view! { <span class="muted small">{tr!(locale, people.staff_no_rights)}</span> }.into_any()
    } else {
        let chips = row.rights.iter().map(|right| right_view(locale, right)).collect_view();
        view! { <span class="chips">{chips}</span> }.into_any()
    };
    let seen = match (row.has_account, row.last_sign_in_at) {
        (false, _) => tr!(locale, people.staff_no_account).to_owned(),
        (true, None) => tr!(locale, people.staff_never).to_owned(),
        (true, Some(at)) => ctx.moment(at).human,
    };
    view! {
        <tr>
            <th scope="row">
                <bdi>{row.name.clone()}</bdi>
                {may.map(|may| change::change_view(locale, here, row, may, refused))}
            </th>
            <td data-l=tr!(locale, people.staff_post)>
                {if row.title.is_empty() {
                    view! { <span class="muted">{tr!(locale, people.none)}</span> }.into_any()
                } else {
                    view! { <bdi>{row.title.clone()}</bdi> }.into_any()
                }}
            </td>
            <td data-l=tr!(locale, people.staff_rights)>{rights}</td>
            <td data-l=tr!(locale, people.staff_seen)>{seen}</td>
        </tr>
    }
    .into_any()
}

fn right_view(locale: Locale, right: &Right) -> AnyView {
    let words = right.words(locale);
    view! {
        <Chip tone=Tone::Plain icon=IconName::Key>
            {words}
        </Chip>
    }
    .into_any()
}
