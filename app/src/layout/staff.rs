//! What the header holds for staff: the sections, the platform's other systems, and as what somebody is signed in.

use domain::{Capacity, Locale, Role};
use leptos::prelude::*;

use crate::{
    components::Icon,
    icons::IconName,
    page_context::{PageContext, StaffBar, StaffSection},
    tr,
};

/// A section's name.
#[must_use]
pub fn section_name(locale: Locale, section: StaffSection) -> &'static str {
    match section {
        StaffSection::Administration => tr!(locale, people.administration),
        StaffSection::Specialists => tr!(locale, people.specialists),
        StaffSection::Teachers => tr!(locale, people.teachers),
        StaffSection::Pupils => tr!(locale, people.pupils),
        StaffSection::Queue => tr!(locale, people.queue),
    }
}

/// «Я – учитель»: as what somebody is signed in.
#[must_use]
pub fn as_whom(locale: Locale, capacity: Capacity) -> &'static str {
    match capacity {
        Capacity::Staff(Role::SystemAdministrator) => tr!(locale, people.i_system_administrator),
        Capacity::Staff(Role::SchoolAdministrator) => tr!(locale, people.i_school_administrator),
        Capacity::Staff(Role::DeputyHead) => tr!(locale, people.i_deputy_head),
        Capacity::Staff(Role::ClassTeacher) => tr!(locale, people.i_class_teacher),
        Capacity::Parent => tr!(locale, people.i_parent),
    }
}

/// The choice in the account menu, for whoever is several things at the school: each leads to where its work is.
pub(super) fn capacities(locale: Locale, bar: &StaffBar) -> Option<AnyView> {
    if bar.capacities.len() < 2 {
        return None;
    }
    let choice = |capacity: Capacity| {
        let page = match capacity {
            Capacity::Parent => "/me",
            Capacity::Staff(_) => "/people/pupils",
        };
        let current = bar.capacity == Some(capacity);
        view! {
            <li>
                <a href=format!("{page}?as={}", capacity.code()) aria-current=current.then_some("true")>
                    {as_whom(locale, capacity)}
                    {current.then(|| view! { <Icon name=IconName::Check /> })}
                </a>
            </li>
        }
    };
    let choices = bar.capacities.iter().copied().map(choice).collect_view();
    Some(
        view! {
            <li class="capacities">
                <span id="h-as">{tr!(locale, people.switch_to)}</span>
                <ul aria-labelledby="h-as">{choices}</ul>
            </li>
        }
        .into_any(),
    )
}

/// The sections, in the bar.
pub(super) fn sections(locale: Locale, bar: &StaffBar) -> AnyView {
    let links = bar
        .sections
        .iter()
        .copied()
        .map(|section| {
            let current = bar.current == Some(section);
            let badge =
                (section == StaffSection::Queue && bar.open_reviews > 0).then(|| badge(locale, bar.open_reviews));
            view! {
                <a href=section.path() aria-current=current.then_some("page")>
                    {section_name(locale, section)}
                    {badge}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="sections" aria-label=tr!(locale, people.sections)>
            {links}
        </nav>
    }
    .into_any()
}

/// How many requests wait: the number for the eye, a sentence for the ear.
fn badge(locale: Locale, open: u64) -> AnyView {
    view! {
        <span class="count" aria-hidden="true">
            {open.to_string()}
        </span>
        <span class="vh">{crate::tr_count!(locale, open, people.open_reviews)}</span>
    }
    .into_any()
}

/// The platform's other systems, as the configuration names them; nothing where there are none.
pub(super) fn systems(ctx: &PageContext) -> Option<AnyView> {
    let locale = ctx.locale;
    if ctx.portal.applications.is_empty() {
        return None;
    }
    let links = ctx
        .portal
        .applications
        .iter()
        .map(|application| {
            view! { <a href=application.url.clone()>{application.names.get(locale).clone()}</a> }
        })
        .collect_view();
    Some(
        view! {
            <nav class="systems" aria-label=tr!(locale, people.systems)>
                {links}
            </nav>
        }
        .into_any(),
    )
}
