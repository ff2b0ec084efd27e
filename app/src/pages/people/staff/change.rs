//! The forms that change the staff: rights given and taken away, contacts, a post ended, somebody added.

use domain::{Locale, PersonField};
use leptos::prelude::*;
use services::staff::StaffAccount;

use super::{
    AddForm, ContactsForm, ContactsProblem, DO, GrantProblem, KNOWN, KnownChoice, RefusedGrant, Right, SOMEBODY_NEW,
    StaffRights, StaffRow, Trouble, VERSION, contacts_words, problem_words, role_name, section,
};
use crate::{
    components::{Button, ButtonLook, Field, Icon, described_by, error_line},
    icons::IconName,
    layout::staff::section_name,
    pages::people::{fault_words, field_name, person_form_view},
    tr,
};

/// `id` of the field with the post of somebody new.
pub(super) const TITLE: &str = "post-title";

/// `id` of the control that chooses a role for a person.
pub(super) fn role_id(person: &str) -> String {
    format!("role-{person}")
}

/// `id` of the field of a contact.
pub(super) fn contact_id(field: PersonField, person: &str) -> String {
    format!("{}-{person}", field.code())
}

/// `id` of a choice among those whom the school knows.
pub(super) fn known_id(number: usize) -> String {
    format!("known-{number}")
}

/// What can be changed for one person; open after a refusal.
pub(super) fn change_view(
    locale: Locale,
    here: &str,
    row: &StaffRow,
    may: &StaffRights,
    trouble: Option<&Trouble>,
) -> AnyView {
    let (refused, contacts) = match trouble {
        Some(Trouble::Grant(refused)) => (Some(refused), None),
        Some(Trouble::Contacts(form)) => (None, Some(form)),
        Some(Trouble::Invite(..)) | None => (None, None),
    };
    let revoke = row.rights.iter().filter(|right| right.may_revoke).map(|right| revoke_view(locale, here, row, right));
    let revoke = revoke.collect::<Vec<_>>();
    let is_open = refused.is_some() || contacts.is_some();
    let can_use_rights = row.account != StaffAccount::None;
    let grant = (can_use_rights && !may.roles.is_empty()).then(|| grant_view(locale, here, row, may, refused));
    view! {
        <details class="more" open=is_open>
            <summary>
                {tr!(locale, people.edit)} <span class="vh">": " {row.name.clone()}</span>
            </summary>
            <div class="stack forms-in">
                {grant}
                {(!revoke.is_empty())
                    .then(|| {
                        view! {
                            <div>
                                {revoke} <p class="small muted">{tr!(locale, people.staff_revoke_why)}</p>
                            </div>
                        }
                    })}
                {contacts_view(locale, here, row, contacts)}
                {end_view(locale, here, row)}
            </div>
        </details>
    }
    .into_any()
}

fn revoke_view(locale: Locale, here: &str, row: &StaffRow, right: &Right) -> AnyView {
    let class = right.class.as_ref().map(|(id, _)| id.clone()).unwrap_or_default();
    let words = tr!(locale, people.staff_revoke, role = right.words(locale));
    view! {
        <form method="post" action=here.to_owned()>
            <input type="hidden" name=DO value="revoke" />
            <input type="hidden" name="person" value=row.id.clone() />
            <input type="hidden" name="role" value=right.role.code() />
            <input type="hidden" name="class" value=class />
            <Button look=ButtonLook::Danger>{words}</Button>
        </form>
    }
    .into_any()
}

/// A right to be given; only who has an account can use one.
fn grant_view(
    locale: Locale,
    here: &str,
    row: &StaffRow,
    may: &StaffRights,
    refused: Option<&RefusedGrant>,
) -> AnyView {
    let id = role_id(&row.id);
    let class_id = format!("class-{}", row.id);
    let chosen_role = refused.map_or("", |refused| refused.role.as_str());
    let chosen_class = refused.map_or("", |refused| refused.class.as_str());
    let roles = may
        .roles
        .iter()
        .map(|role| {
            view! {
                <option value=role.code() selected=role.code() == chosen_role>
                    {role_name(locale, *role)}
                </option>
            }
        })
        .collect_view();
    let classes = may
        .classes
        .iter()
        .map(|(id, title)| {
            view! {
                <option value=id.clone() selected=id == chosen_class>
                    {title.clone()}
                </option>
            }
        })
        .collect_view();
    view! {
        <form method="post" action=here.to_owned() class="inline">
            <input type="hidden" name=DO value="grant" />
            <input type="hidden" name="person" value=row.id.clone() />
            <div class=if refused.is_some() { "field has-err" } else { "field" }>
                <label for=id.clone()>{tr!(locale, people.staff_role)}</label>
                {refused.map(|refused| problem_view(locale, here, &id, refused.problem))}
                <span class="pick">
                    <select
                        class="select"
                        id=id.clone()
                        name="role"
                        aria-describedby=described_by(&id, false, refused.is_some())
                    >
                        {roles}
                    </select>
                    <Icon name=IconName::Down />
                </span>
            </div>
            <div class="field">
                <label for=class_id.clone()>{tr!(locale, people.staff_class)}</label>
                <p class="hint" id=format!("{class_id}-h")>
                    {tr!(locale, people.staff_class_hint)}
                </p>
                <span class="pick">
                    <select
                        class="select"
                        id=class_id.clone()
                        name="class"
                        aria-describedby=described_by(&class_id, true, false)
                    >
                        <option value="">{tr!(locale, people.staff_no_class)}</option>
                        {classes}
                    </select>
                    <Icon name=IconName::Down />
                </span>
            </div>
            <Button look=ButtonLook::Small>{tr!(locale, people.staff_grant)}</Button>
        </form>
    }
    .into_any()
}

/// Why it was refused; where the password is missing, the way to the page that asks for it, and back here.
fn problem_view(locale: Locale, here: &str, id: &str, problem: GrantProblem) -> AnyView {
    let confirm = (problem == GrantProblem::ProofNeeded).then(|| confirm_view(locale, here));
    view! {
        {error_line(format!("{id}-e"), problem_words(locale, problem).to_owned())}
        {confirm}
    }
    .into_any()
}

/// The way to the page that asks for the password, and back here.
pub(super) fn confirm_view(locale: Locale, here: &str) -> AnyView {
    let next = here.replace('?', "%3F").replace('=', "%3D").replace('&', "%26");
    view! {
        <p>
            <a href=format!("/me/confirm?next={next}")>{tr!(locale, people.proof_heading)}</a>
        </p>
    }
    .into_any()
}

/// The mobile and the e-mail: a field that is left empty changes nothing.
fn contacts_view(locale: Locale, here: &str, row: &StaffRow, refused: Option<&ContactsForm>) -> AnyView {
    let problem = refused.and_then(|form| form.problem);
    let fields = [(PersonField::Mobile, &row.mobile, "tel"), (PersonField::Email, &row.email, "email")];
    let fields = fields
        .into_iter()
        .map(|(field, on_file, inputmode)| {
            let typed = refused.and_then(|form| form.values.iter().find(|(at, _)| *at == field));
            let typed = typed.map(|(_, typed)| typed.clone()).unwrap_or_default();
            let fault = refused.and_then(|form| form.faults.iter().find(|(at, _)| *at == field));
            let error = fault.map(|(_, fault)| fault_words(locale, *fault).to_owned());
            let hint = match on_file {
                Some(masked) => {
                    tr!(locale, people.staff_contact_on_file, masked = format!("\u{2066}{masked}\u{2069}"))
                }
                None => tr!(locale, people.none).to_owned(),
            };
            view! {
                <Field
                    id=contact_id(field, &row.id)
                    name=field.code()
                    label=field_name(locale, field)
                    hint=hint
                    error=error
                    value=typed
                    inputmode=inputmode
                    class="w-20 num"
                    maxlength=320_u16
                    ltr=true
                />
            }
        })
        .collect_view();
    view! {
        <form method="post" action=here.to_owned() class="inline">
            <input type="hidden" name=DO value="contacts" />
            <input type="hidden" name="person" value=row.id.clone() />
            <input type="hidden" name=VERSION value=row.version.to_string() />
            {problem
                .map(|problem| error_line(format!("contacts-{}-e", row.id), contacts_words(locale, problem).to_owned()))}
            {(problem == Some(ContactsProblem::ProofNeeded)).then(|| confirm_view(locale, here))}
            {fields}
            <Button look=ButtonLook::Small>{tr!(locale, people.staff_contacts_save)}</Button>
        </form>
    }
    .into_any()
}

/// Ending a post asks first: the answer opens below the question, so it works without script.
fn end_view(locale: Locale, here: &str, row: &StaffRow) -> AnyView {
    view! {
        <details class="more">
            <summary>{tr!(locale, people.staff_end_post)}</summary>
            <form method="post" action=here.to_owned()>
                <input type="hidden" name=DO value="end" />
                <input type="hidden" name="person" value=row.id.clone() />
                <p class="small above">{tr!(locale, people.staff_end_sure)}</p>
                <Button look=ButtonLook::Danger>{tr!(locale, people.staff_end_do)}</Button>
            </form>
        </details>
    }
    .into_any()
}

/// The form that adds somebody; open after a refusal.
pub(super) fn add_view(locale: Locale, here: &str, form: &AddForm) -> AnyView {
    let title_error = form.bad_title.then(|| tr!(locale, people.staff_title_bad).to_owned());
    view! {
        <details class="more card" open=form.is_refused()>
            <summary>{tr!(locale, people.staff_add)}</summary>
            <p class="small muted above">{tr!(locale, people.staff_add_why)}</p>
            <form method="post" action=here.to_owned() class="fields">
                <input type="hidden" name=DO value="add" />
                {person_form_view(locale, &form.person)}
                <Field
                    id=TITLE
                    name="title"
                    label=tr!(locale, people.staff_post)
                    hint=tr!(locale, people.staff_post_hint)
                    error=title_error
                    value=form.title.clone()
                    class="w-20"
                    maxlength=100_u16
                />
                {(!form.known.is_empty()).then(|| known_view(locale, form))}
                <div class="btns">
                    <button class="btn s">
                        <Icon name=IconName::Plus />
                        {tr!(locale, people.staff_add_do)}
                    </button>
                </div>
            </form>
        </details>
    }
    .into_any()
}

/// Who may be meant, of those whom the school knows; chosen as plain radio buttons.
fn known_view(locale: Locale, form: &AddForm) -> AnyView {
    let choices = form
        .known
        .iter()
        .enumerate()
        .map(|(number, known)| {
            view! {
                <label class="tick">
                    <input
                        type="radio"
                        id=known_id(number)
                        name=KNOWN
                        value=known.id.clone()
                        checked=known.id == form.chosen
                    />
                    <span>
                        {tr!(locale, people.staff_known_same)} " " <bdi>{known.name.clone()}</bdi> " "
                        <span class="muted small">{about_view(locale, known)}</span>
                    </span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="group">
            <legend>{tr!(locale, people.staff_known)}</legend>
            <p class="hint">{tr!(locale, people.staff_known_hint)}</p>
            {form
                .asks_who()
                .then(|| error_line("known-e".to_owned(), tr!(locale, people.staff_known_error).to_owned()))}
            {choices}
            <label class="tick">
                <input type="radio" name=KNOWN value=SOMEBODY_NEW checked=form.chosen == SOMEBODY_NEW />
                <span>{tr!(locale, people.staff_known_new)}</span>
            </label>
        </fieldset>
    }
    .into_any()
}

/// What tells somebody from others of the same name.
fn about_view(locale: Locale, known: &KnownChoice) -> AnyView {
    let posts = known.posts.iter().map(|(kind, title)| {
        if title.is_empty() { section_name(locale, section(*kind)).to_owned() } else { title.clone() }
    });
    let classes = (!known.classes.is_empty())
        .then(|| tr!(locale, people.staff_known_classes, classes = known.classes.join(", ")));
    let words = posts.chain(classes).chain(known.contacts.iter().cloned());
    words.map(|words| view! { <bdi>{words}</bdi> " " }).collect_view().into_any()
}
