//! `/people/pupils`: all classes of a school that the reader reaches, with the other schools, where there are several.

use domain::Locale;
use leptos::prelude::*;

use super::frame::{ClassChoice, SchoolChoice, Tab, class_label};
use crate::{layout::PageMeta, page_context::PageContext, tr, tr_count};

/// The classes of a school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchoolClasses {
    /// The school.
    pub school: SchoolChoice,
    /// Each class with the number of its students and the names of its teachers.
    pub classes: Vec<(ClassChoice, u32, Vec<String>)>,
}

/// What the page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllClasses {
    /// The schools that the reader reaches, by name.
    pub schools: Vec<SchoolChoice>,
    /// The open one; none when the reader reaches none.
    pub open: Option<SchoolClasses>,
}

/// What the frame says about the page.
#[must_use]
pub fn all_classes_meta(ctx: &PageContext) -> PageMeta {
    PageMeta { private: true, ..PageMeta::titled(tr!(ctx.locale, people.pupils)) }
}

/// The page.
pub fn all_classes_view(ctx: &PageContext, page: AllClasses) -> AnyView {
    let locale = ctx.locale;
    let AllClasses { schools, open } = page;
    let path = |school: &str| format!("/people/pupils?school={school}");
    let picker = open.as_ref().and_then(|open| school_picker(locale, &open.school, &schools, path));
    let name = open.as_ref().map(|open| open.school.name.clone());
    let cards = match open {
        Some(open) if !open.classes.is_empty() => {
            let cards = open.classes.into_iter().map(|class| card(ctx, class)).collect_view();
            view! { <ul class="class-cards classes">{cards}</ul> }.into_any()
        }
        _ => view! {
            <div class="empty">
                <p>{tr!(locale, people.no_classes)}</p>
            </div>
        }
        .into_any(),
    };
    view! {
        <div class="work">
            {picker} <div class="toolbar">
                <div class="title">
                    <h1>{tr!(locale, people.pupils)}</h1>
                    {name
                        .map(|name| {
                            view! {
                                <p class="muted small">
                                    <bdi>{name}</bdi>
                                </p>
                            }
                        })}
                </div>
            </div> {cards}
        </div>
    }
    .into_any()
}

fn card(ctx: &PageContext, (class, students, teachers): (ClassChoice, u32, Vec<String>)) -> AnyView {
    let teachers = Some(teachers.join(", ")).filter(|names| !names.is_empty());
    view! {
        <li>
            <a href=Tab::List.path(&class.id)>{class_label(ctx, &class)}</a>
            <small>{tr_count!(ctx.locale, u64::from(students), people.students)}</small>
            {teachers
                .map(|names| {
                    view! {
                        <small>
                            <bdi>{names}</bdi>
                        </small>
                    }
                })}
        </li>
    }
    .into_any()
}

/// The schools as tabs, where the reader reaches several; `path` is the page's address for one of them.
pub(crate) fn school_picker(
    locale: Locale,
    open: &SchoolChoice,
    schools: &[SchoolChoice],
    path: impl Fn(&str) -> String,
) -> Option<AnyView> {
    if schools.len() < 2 {
        return None;
    }
    let links = schools
        .iter()
        .map(|choice| {
            view! {
                <a href=path(&choice.id) aria-current=(choice.id == open.id).then_some("page")>
                    <bdi>{choice.name.clone()}</bdi>
                </a>
            }
        })
        .collect_view();
    Some(
        view! {
            <nav class="tabs" aria-label=tr!(locale, people.choose_school)>
                {links}
            </nav>
        }
        .into_any(),
    )
}
