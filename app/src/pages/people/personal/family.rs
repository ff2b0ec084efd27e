//! The part of a student's record about the parents: what each may and the form that changes it, how to take one away, and
//! the form that adds one.
//!
//! Taking one away asks first: the answer opens below the question, so it works without script.

use domain::{Locale, PersonField, Relation};
use leptos::prelude::*;

use crate::pages::people::fields::{PersonForm, fault_words, field_id, field_name, person_form_view};
use crate::pages::people::list::relation_name;
use crate::{
    components::{ErrorItem, ErrorSummary, Icon, Note, Tone, described_by, error_line},
    icons::IconName,
    tr,
};

/// Form field: a parent with what the form showed, as `id:contact,see`, `id:contact`, `id:see` or `id:`.
pub const SHOWN_RIGHTS: &str = "was";
/// Form field: the id of a parent who may be contacted.
pub const MAY_CONTACT: &str = "contact";
/// Form field: the id of a parent who may see the child's data.
pub const MAY_SEE: &str = "see";

/// Form field: the id of a parent who is to be taken away.
pub const PARENT: &str = "parent";
/// Form field: what a new parent is to the student; also the `id` of its control.
pub const RELATION: &str = "relation";

/// The fields of a new parent; all others are filled in the editor.
pub const PARENT_FIELDS: [PersonField; 5] =
    [PersonField::Surname, PersonField::GivenName, PersonField::Patronymic, PersonField::Mobile, PersonField::Email];

/// What the post before this page did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyDone {
    /// What the parents may was changed.
    Rights,
    /// There was nothing to change.
    Same,
    /// A parent was added.
    Added,
    /// A parent was taken away.
    Removed,
}

impl FamilyDone {
    fn words(self, locale: Locale) -> &'static str {
        match self {
            Self::Rights => tr!(locale, people.rights_saved),
            Self::Same => tr!(locale, people.person_unchanged),
            Self::Added => tr!(locale, people.parent_added),
            Self::Removed => tr!(locale, people.parent_removed),
        }
    }
}

/// The form that adds a parent.
#[derive(Clone)]
pub struct NewParent {
    /// What the parent can be to the student.
    pub relations: Vec<Relation>,
    /// What was chosen.
    pub relation: Relation,
    /// There is one of this relation by now.
    pub is_taken: bool,
    /// What was typed.
    pub person: PersonForm,
}

impl NewParent {
    /// It comes back from a post.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.is_taken || !self.person.faults.is_empty()
    }

    fn errors(&self, locale: Locale) -> Vec<ErrorItem> {
        let taken = self
            .is_taken
            .then(|| ErrorItem { field: Some(RELATION.to_owned()), text: tr!(locale, people.parent_taken).to_owned() });
        let faults = self.person.faults.iter().map(|(field, fault)| ErrorItem {
            field: Some(field_id(*field)),
            text: format!("{}: {}", field_name(locale, *field), fault_words(locale, *fault)),
        });
        taken.into_iter().chain(faults).collect()
    }
}

/// Somebody of the family.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub struct Kin {
    /// The person's id.
    pub id: String,
    /// The whole name, in the order of the reader's language.
    pub name: String,
    /// What the adult is to the child.
    pub relation: Relation,
    /// A child of this person, not a parent.
    pub is_child: bool,
    /// The adult may be contacted about the child.
    pub may_contact: bool,
    /// The adult may see the child's data.
    pub may_see: bool,
    /// The reader may take the adult away from the child.
    pub may_remove: bool,
}

impl Kin {
    fn shown(&self) -> String {
        let rights = [(self.may_contact, MAY_CONTACT), (self.may_see, MAY_SEE)];
        let held: Vec<_> = rights.iter().filter(|(may, _)| *may).map(|(_, name)| *name).collect();
        format!("{}:{}", self.id, held.join(","))
    }

    /// What the adult may not, in words.
    pub(super) fn limits(&self, locale: Locale) -> Vec<&'static str> {
        let contact = (!self.may_contact).then(|| tr!(locale, people.not_contacted));
        let see = (!self.may_see).then(|| tr!(locale, people.sees_nothing));
        contact.into_iter().chain(see).collect()
    }
}

/// The parents of a student with their rights, for whoever may change these; nothing for who is no student and has no
/// parents on file.
pub(super) fn rights_view(
    locale: Locale,
    path: &str,
    student: &str,
    family: &[Kin],
    new_parent: Option<&NewParent>,
    done: Option<FamilyDone>,
) -> Option<AnyView> {
    let parents: Vec<_> = family.iter().filter(|kin| !kin.is_child).collect();
    if parents.is_empty() && new_parent.is_none() {
        return None;
    }
    let errors = new_parent.map(|form| form.errors(locale)).unwrap_or_default();
    let title = if parents.is_empty() { tr!(locale, people.f_parents) } else { tr!(locale, people.rights_title) };
    let note = done.map(|done| {
        view! {
            <Note tone=Tone::Good icon=IconName::Check role="status">
                <p>{done.words(locale)}</p>
            </Note>
        }
    });
    let rights = (!parents.is_empty()).then(|| rights_form(locale, path, student, &parents));
    let removals = parents.iter().filter(|parent| parent.may_remove);
    let removals = removals.map(|parent| removal_view(locale, path, student, parent)).collect_view();
    Some(
        view! {
            <section class="stack" id="rights" aria-labelledby="h-rights">
                <ErrorSummary title=tr!(locale, people.check).to_owned() items=errors />
                <h3 id="h-rights">{title}</h3>
                {note}
                {rights}
                {removals}
                {new_parent.map(|form| new_parent_view(locale, path, student, form))}
            </section>
        }
        .into_any(),
    )
}

fn rights_form(locale: Locale, path: &str, student: &str, parents: &[&Kin]) -> AnyView {
    let parents = parents.iter().map(|parent| parent_view(locale, parent)).collect_view();
    view! {
        <p class="muted small">{tr!(locale, people.rights_why)}</p>
        <form method="post" action=format!("{path}/rights") class="stack">
            <input type="hidden" name="person" value=student.to_owned() />
            {parents}
            <div class="btns">
                <button class="btn second s">
                    <Icon name=IconName::Check />
                    {tr!(locale, people.save)}
                </button>
            </div>
        </form>
    }
    .into_any()
}

fn removal_view(locale: Locale, path: &str, student: &str, parent: &Kin) -> AnyView {
    view! {
        <details class="sure">
            <summary class="btn danger s">
                {tr!(locale, people.parent_remove)} ": " <bdi>{parent.name.clone()}</bdi>
            </summary>
            <p class="small">{tr!(locale, people.parent_remove_sure)}</p>
            <form method="post" action=format!("{path}/parents/remove")>
                <input type="hidden" name="person" value=student.to_owned() />
                <input type="hidden" name=PARENT value=parent.id.clone() />
                <button class="btn danger s">{tr!(locale, people.parent_remove_do)}</button>
            </form>
        </details>
    }
    .into_any()
}

/// The form for another parent; open after a refusal.
fn new_parent_view(locale: Locale, path: &str, student: &str, form: &NewParent) -> AnyView {
    let options = form
        .relations
        .iter()
        .map(|relation| {
            let chosen = *relation == form.relation;
            view! {
                <option value=relation.code() selected=chosen>
                    {relation_name(locale, *relation)}
                </option>
            }
        })
        .collect_view();
    let taken = form.is_taken.then(|| error_line(format!("{RELATION}-e"), tr!(locale, people.parent_taken).to_owned()));
    view! {
        <details class="more" open=form.is_refused()>
            <summary>{tr!(locale, people.parent_add)}</summary>
            <p class="small muted above">{tr!(locale, people.parent_add_why)}</p>
            <form method="post" action=format!("{path}/parents") class="fields">
                <input type="hidden" name="person" value=student.to_owned() />
                <div class=if form.is_taken { "field has-err" } else { "field" }>
                    <label for=RELATION>{tr!(locale, people.parent_relation)}</label>
                    {taken}
                    <span class="pick">
                        <select
                            class="select"
                            id=RELATION
                            name=RELATION
                            aria-invalid=form.is_taken.then_some("true")
                            aria-describedby=described_by(RELATION, false, form.is_taken)
                        >
                            {options}
                        </select>
                        <Icon name=IconName::Down />
                    </span>
                </div>
                {person_form_view(locale, &form.person)}
                <div class="btns">
                    <button class="btn s">
                        <Icon name=IconName::Plus />
                        {tr!(locale, people.parent_add_do)}
                    </button>
                </div>
            </form>
        </details>
    }
    .into_any()
}

fn parent_view(locale: Locale, parent: &Kin) -> AnyView {
    let choice = |name: &'static str, may: bool, words: &'static str| {
        view! {
            <label class="tick">
                <input type="checkbox" name=name value=parent.id.clone() checked=may />
                <span>{words}</span>
            </label>
        }
    };
    view! {
        <fieldset class="plain">
            <legend>
                <bdi>{parent.name.clone()}</bdi>
                ", "
                {relation_name(locale, parent.relation)}
            </legend>
            <input type="hidden" name=SHOWN_RIGHTS value=parent.shown() />
            {choice(MAY_CONTACT, parent.may_contact, tr!(locale, people.may_contact))}
            {choice(MAY_SEE, parent.may_see, tr!(locale, people.may_see))}
        </fieldset>
    }
    .into_any()
}
