//! Администрация, Специалисты, Учителя: who works at a school, as what, and with which rights on the portal.

mod account;
mod change;

use domain::{FieldFault, Locale, PersonField, PostKind, Role};
use leptos::prelude::*;
use services::staff::StaffAccount;

use super::all::school_picker;
use super::fields::PersonForm;
use super::frame::SchoolChoice;
use crate::{
    components::{Chip, ErrorItem, ErrorSummary, Note, Tone},
    icons::IconName,
    layout::{PageMeta, staff::section_name},
    page_context::{PageContext, StaffSection},
    text::in_time,
    tr,
};

/// `name` of the field that says which form was posted.
pub const DO: &str = "do";
/// `name` of the choice between people whom the school knows and somebody new.
pub const KNOWN: &str = "known";
/// Its value for somebody new; the others are ids.
pub const SOMEBODY_NEW: &str = "new";
/// `name` of the hidden field with the version of the data that were seen.
pub const VERSION: &str = "version";

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
    /// Whether they can sign in.
    pub account: StaffAccount,
    /// The version of their data.
    pub version: i64,
    /// The mobile on file, masked.
    pub mobile: Option<String>,
    /// The e-mail on file, masked.
    pub email: Option<String>,
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
    /// Those whom the school knows and who may be meant; then one of them is to be chosen, or somebody new.
    pub known: Vec<KnownChoice>,
    /// What was chosen among them.
    pub chosen: String,
}

impl Default for AddForm {
    fn default() -> Self {
        Self {
            person: PersonForm::of(&Self::FIELDS),
            title: String::new(),
            bad_title: false,
            known: Vec::new(),
            chosen: String::new(),
        }
    }
}

/// Somebody whom the school knows already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownChoice {
    /// The person's id.
    pub id: String,
    /// The whole name.
    pub name: String,
    /// The posts here, with what they are called.
    pub posts: Vec<(PostKind, String)>,
    /// The titles of the children's classes.
    pub classes: Vec<String>,
    /// The contacts on file, masked.
    pub contacts: Vec<String>,
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

    /// Whether one of those whom the school knows is still to be chosen, or somebody new.
    fn asks_who(&self) -> bool {
        !self.known.is_empty() && self.chosen != SOMEBODY_NEW && self.known.iter().all(|known| known.id != self.chosen)
    }

    /// Whether it comes back from a post.
    fn is_refused(&self) -> bool {
        self.bad_title || !self.person.faults.is_empty() || !self.known.is_empty()
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
    /// An invitation was sent.
    Invited,
    /// The contacts were changed; or there was nothing to change.
    Contacts(bool),
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

/// Why nobody was invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteProblem {
    /// There is no e-mail on file.
    NoEmail,
    /// There is no mobile on file.
    NoMobile,
    /// There is an account already.
    HasAccount,
    /// Whoever has neither post nor role is no member of staff.
    NoPost,
    /// The sign-in is too long ago: the password is asked for first.
    ProofNeeded,
    /// Too many invitations: so many seconds to wait.
    TooMany(u64),
}

/// Contacts that were not changed, with what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactsForm {
    /// The person's id.
    pub person: String,
    /// What the fields held.
    pub values: Vec<(PersonField, String)>,
    /// What is wrong with which field.
    pub faults: Vec<(PersonField, FieldFault)>,
    /// Why nothing was stored though nothing is wrong with the fields.
    pub problem: Option<ContactsProblem>,
}

/// Why contacts were not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactsProblem {
    /// The sign-in is too long ago: the password is asked for first.
    ProofNeeded,
    /// Somebody else changed them meanwhile.
    Changed,
}

/// What was just refused for one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A right.
    Grant(RefusedGrant),
    /// The invitation of the person of this id.
    Invite(String, InviteProblem),
    /// Contacts.
    Contacts(ContactsForm),
}

impl Trouble {
    /// Whom it is about.
    fn person(&self) -> &str {
        match self {
            Self::Grant(refused) => &refused.person,
            Self::Invite(person, _) => person,
            Self::Contacts(form) => &form.person,
        }
    }
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
    /// What was just refused for one of them.
    pub trouble: Option<Trouble>,
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
        has_errors: page.trouble.is_some() || page.form.is_refused(),
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
    let StaffPage { kind, school, schools, rows, may, form, done, trouble } = page;
    let here = path(kind, &school.id);
    let errors = errors(locale, &form, trouble.as_ref());
    let body = if rows.is_empty() {
        let words = if may.is_some() { tr!(locale, people.staff_empty) } else { tr!(locale, people.staff_empty_read) };
        view! {
            <div class="empty">
                <p>{words}</p>
            </div>
        }
        .into_any()
    } else {
        table(ctx, kind, &here, &rows, may.as_ref(), trouble.as_ref())
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

fn errors(locale: Locale, form: &AddForm, trouble: Option<&Trouble>) -> Vec<ErrorItem> {
    let faults = form.person.faults.iter().map(|(field, fault)| ErrorItem {
        field: Some(super::field_id(*field)),
        text: format!("{}: {}", super::field_name(locale, *field), super::fault_words(locale, *fault)),
    });
    let title = form.bad_title.then(|| ErrorItem {
        field: Some(change::TITLE.to_owned()),
        text: tr!(locale, people.staff_title_bad).to_owned(),
    });
    let known = form.asks_who().then(|| ErrorItem {
        field: Some(change::known_id(0)),
        text: tr!(locale, people.staff_known_error).to_owned(),
    });
    let refused = trouble.map(|trouble| trouble_errors(locale, trouble)).unwrap_or_default();
    refused.into_iter().chain(faults).chain(title).chain(known).collect()
}

fn trouble_errors(locale: Locale, trouble: &Trouble) -> Vec<ErrorItem> {
    let one = |field: String, text: String| vec![ErrorItem { field: Some(field), text }];
    match trouble {
        Trouble::Grant(refused) => {
            one(change::role_id(&refused.person), problem_words(locale, refused.problem).to_owned())
        }
        Trouble::Invite(person, problem) => one(account::account_id(person), invite_words(locale, *problem)),
        Trouble::Contacts(form) => {
            let id = |field: PersonField| change::contact_id(field, &form.person);
            if let Some(problem) = form.problem {
                return one(id(PersonField::Mobile), contacts_words(locale, problem).to_owned());
            }
            let fault = |(field, fault): &(PersonField, FieldFault)| ErrorItem {
                field: Some(id(*field)),
                text: format!("{}: {}", super::field_name(locale, *field), super::fault_words(locale, *fault)),
            };
            form.faults.iter().map(fault).collect()
        }
    }
}

fn invite_words(locale: Locale, problem: InviteProblem) -> String {
    match problem {
        InviteProblem::NoEmail => tr!(locale, people.staff_invite_no_email).to_owned(),
        InviteProblem::NoMobile => tr!(locale, people.staff_invite_no_mobile).to_owned(),
        InviteProblem::HasAccount => tr!(locale, people.staff_invite_account).to_owned(),
        InviteProblem::NoPost => tr!(locale, people.staff_invite_no_post).to_owned(),
        InviteProblem::ProofNeeded => tr!(locale, people.staff_proof).to_owned(),
        InviteProblem::TooMany(seconds) => tr!(locale, people.staff_invite_many, when = in_time(locale, seconds)),
    }
}

fn contacts_words(locale: Locale, problem: ContactsProblem) -> &'static str {
    match problem {
        ContactsProblem::ProofNeeded => tr!(locale, people.staff_proof),
        ContactsProblem::Changed => tr!(locale, people.staff_contacts_changed),
    }
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
        StaffDone::Invited => tr!(locale, people.staff_invited),
        StaffDone::Contacts(true) => tr!(locale, people.person_saved),
        StaffDone::Contacts(false) => tr!(locale, people.person_unchanged),
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
    trouble: Option<&Trouble>,
) -> AnyView {
    let locale = ctx.locale;
    let lines = rows
        .iter()
        .map(|row| {
            let trouble = trouble.filter(|trouble| trouble.person() == row.id);
            row_view(ctx, here, row, may, trouble)
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
                    <th scope="col">{tr!(locale, people.f_account)}</th>
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
    trouble: Option<&Trouble>,
) -> AnyView {
    let locale = ctx.locale;
    let rights = if row.rights.is_empty() {
        view! { <span class="muted small">{tr!(locale, people.staff_no_rights)}</span> }.into_any()
    } else {
        let chips = row.rights.iter().map(|right| right_view(locale, right)).collect_view();
        view! { <span class="chips">{chips}</span> }.into_any()
    };
    let seen = match row.last_sign_in_at {
        None => tr!(locale, people.staff_never).to_owned(),
        Some(at) => ctx.moment(at).human,
    };
    let invite_problem = match trouble {
        Some(Trouble::Invite(_, problem)) => Some(*problem),
        _ => None,
    };
    view! {
        <tr>
            <th scope="row">
                <bdi>{row.name.clone()}</bdi>
                {may.map(|may| change::change_view(locale, here, row, may, trouble))}
            </th>
            <td data-l=tr!(locale, people.staff_post)>
                {if row.title.is_empty() {
                    view! { <span class="muted">{tr!(locale, people.none)}</span> }.into_any()
                } else {
                    view! { <bdi>{row.title.clone()}</bdi> }.into_any()
                }}
            </td>
            <td data-l=tr!(locale, people.staff_rights)>{rights}</td>
            <td data-l=tr!(locale, people.f_account)>
                {account::account_view(locale, here, row, may.is_some(), invite_problem)}
            </td>
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
