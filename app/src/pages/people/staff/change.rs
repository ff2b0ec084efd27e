//! The forms that change the staff: rights given and taken away, a post ended, somebody added.

use domain::Locale;
use leptos::prelude::*;

use super::{AddForm, DO, GrantProblem, RefusedGrant, Right, StaffRights, StaffRow, problem_words, role_name};
use crate::{
    components::{Button, ButtonLook, Field, Icon, described_by, error_line},
    icons::IconName,
    pages::people::person_form_view,
    tr,
};

/// `id` of the field with the post of somebody new.
pub(super) const TITLE: &str = "post-title";

/// `id` of the control that chooses a role for a person.
pub(super) fn role_id(person: &str) -> String {
    format!("role-{person}")
}

/// What can be changed for one person; open after a refusal.
pub(super) fn change_view(
    locale: Locale,
    here: &str,
    row: &StaffRow,
    may: &StaffRights,
    refused: Option<&RefusedGrant>,
) -> AnyView {
    let revoke = row.rights.iter().filter(|right| right.may_revoke).map(|right| revoke_view(locale, here, row, right));
    let revoke = revoke.collect::<Vec<_>>();
    let grant = (row.has_account && !may.roles.is_empty()).then(|| grant_view(locale, here, row, may, refused));
    view! {
        <details class="more" open=refused.is_some()>
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
    let confirm = (problem == GrantProblem::ProofNeeded).then(|| {
        let next = here.replace('?', "%3F").replace('=', "%3D").replace('&', "%26");
        view! {
            <p>
                <a href=format!("/me/confirm?next={next}")>{tr!(locale, people.proof_heading)}</a>
            </p>
        }
    });
    view! {
        {error_line(format!("{id}-e"), problem_words(locale, problem).to_owned())}
        {confirm}
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
