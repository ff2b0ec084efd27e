//! The part of a student's record about the parents: what each may, and the form that changes it.

use domain::{Locale, Relation};
use leptos::prelude::*;

use crate::pages::people::list::relation_name;
use crate::{
    components::{Icon, Note, Tone},
    icons::IconName,
    tr,
};

/// Form field: a parent with what the form showed, as `id:contact,see`, `id:contact`, `id:see` or `id:`.
pub const SHOWN_RIGHTS: &str = "was";
/// Form field: the id of a parent who may be contacted.
pub const MAY_CONTACT: &str = "contact";
/// Form field: the id of a parent who may see the child's data.
pub const MAY_SEE: &str = "see";

/// Somebody of the family.
#[derive(Clone)]
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

/// The parents of a student with their rights, for whoever may change these; nothing for who has no parents on file.
pub(super) fn rights_view(
    locale: Locale,
    path: &str,
    student: &str,
    family: &[Kin],
    saved: Option<bool>,
) -> Option<AnyView> {
    let parents: Vec<_> = family.iter().filter(|kin| !kin.is_child).collect();
    if parents.is_empty() {
        return None;
    }
    let note = saved.map(|changed| {
        let words = if changed { tr!(locale, people.rights_saved) } else { tr!(locale, people.person_unchanged) };
        view! {
            <Note tone=Tone::Good icon=IconName::Check role="status">
                <p>{words}</p>
            </Note>
        }
    });
    let parents = parents.into_iter().map(|parent| parent_view(locale, parent)).collect_view();
    Some(
        view! {
            <section class="stack" id="rights" aria-labelledby="h-rights">
                <h3 id="h-rights">{tr!(locale, people.rights_title)}</h3>
                <p class="muted small">{tr!(locale, people.rights_why)}</p>
                {note}
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
            </section>
        }
        .into_any(),
    )
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
