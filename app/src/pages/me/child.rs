//! A parent's children: cards in the personal area, and a page for each.

use domain::Locale;
use leptos::prelude::*;

use super::back;
use crate::{
    layout::PageMeta,
    page_context::PageContext,
    pages::people::photos::{face, photo_path},
    tr,
};

/// The class of a child.
#[derive(Clone)]
pub struct ChildClass {
    /// `5А`.
    pub title: String,
    /// The school's name.
    pub school: String,
    /// The short names of the class teachers.
    pub teachers: Vec<String>,
}

/// A child, as the parent sees it.
#[derive(Clone)]
pub struct ChildCard {
    /// The person's id.
    pub id: String,
    /// The whole name, in the order of the reader's language.
    pub name: String,
    /// The first letter of the given name, for the place of a photo.
    pub initial: String,
    /// The photo's version, when there is one.
    pub photo: Option<i64>,
    /// The class; none for a child who is in none at present.
    pub class: Option<ChildClass>,
}

/// The cards, in the personal area.
pub fn children_view(locale: Locale, children: &[ChildCard]) -> AnyView {
    let cards = children
        .iter()
        .map(|child| {
            view! {
                <li class="card kid">
                    {picture(locale, child)}
                    <div>
                        <h3>
                            <a
                                href=format!("/me/children/{}", child.id)
                                aria-label=tr!(locale, people.child_open, name = child.name.clone())
                            >
                                <bdi>{child.name.clone()}</bdi>
                            </a>
                        </h3>
                        {lines(locale, child)}
                    </div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby="h-k" class="above">
            <h2 id="h-k" class="above">
                {tr!(locale, people.children)}
            </h2>
            <ul class="kids">{cards}</ul>
        </section>
    }
    .into_any()
}

fn picture(locale: Locale, child: &ChildCard) -> AnyView {
    face(locale, &child.name, &child.initial, child.photo.map(|version| photo_path(&child.id, version)))
}

/// Where the child learns, and who leads the class.
fn lines(locale: Locale, child: &ChildCard) -> AnyView {
    let Some(class) = &child.class else {
        return view! { <p class="muted">{tr!(locale, people.child_no_class)}</p> }.into_any();
    };
    let place = tr!(locale, people.child_of_class, class = class.title.clone(), school = class.school.clone());
    let teachers = (!class.teachers.is_empty()).then(|| {
        let names = class.teachers.join(", ");
        view! { <p class="muted small">{tr!(locale, people.child_teacher, name = names)}</p> }
    });
    view! {
        <p class="muted small">{place}</p>
        {teachers}
    }
    .into_any()
}

/// What the frame says about a child's page.
#[must_use]
pub fn meta(child: &ChildCard) -> PageMeta {
    PageMeta { private: true, ..PageMeta::titled(child.name.clone()) }
}

/// A child's page.
pub fn child_view(ctx: &PageContext, child: ChildCard) -> AnyView {
    let locale = ctx.locale;
    view! {
        <div class="page">
            <div class="narrow">
                <section class="panel leaf">
                    {back(locale)}
                    <div class="kid">
                        {picture(locale, &child)} <div>
                            <h1>
                                <bdi>{child.name.clone()}</bdi>
                            </h1>
                            {lines(locale, &child)}
                        </div>
                    </div>
                    <p class="small muted apart">{tr!(locale, people.child_see_why)}</p>
                </section>
            </div>
        </div>
    }
    .into_any()
}
