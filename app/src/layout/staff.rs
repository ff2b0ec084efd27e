//! What the header holds for staff: the sections, the platform's other systems, and as what somebody is signed in.

use domain::{Locale, Role};
use leptos::prelude::*;

use crate::{
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

/// «Я – учитель»: by the highest of the roles; none for parents and pupils.
#[must_use]
pub fn as_whom(locale: Locale, roles: &[Role]) -> Option<String> {
    let order = [Role::SystemAdministrator, Role::SchoolAdministrator, Role::DeputyHead, Role::ClassTeacher];
    let highest = order.into_iter().find(|role| roles.contains(role))?;
    Some(
        match highest {
            Role::SystemAdministrator => tr!(locale, people.i_system_administrator),
            Role::SchoolAdministrator => tr!(locale, people.i_school_administrator),
            Role::DeputyHead => tr!(locale, people.i_deputy_head),
            Role::ClassTeacher => tr!(locale, people.i_class_teacher),
        }
        .to_owned(),
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
