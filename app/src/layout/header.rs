//! The header: mark, help line, language, account, in that order on every page.

use domain::Locale;
use leptos::prelude::*;

use crate::{
    components::Icon,
    icons::IconName,
    page_context::{PageContext, StaffBar, StaffSection, ViewerInfo},
    text::own_name,
    tr,
};

use super::staff;

pub(super) fn header(ctx: &PageContext) -> impl IntoView + use<> {
    let locale = ctx.locale;
    let account = match &ctx.viewer {
        Some(viewer) => account_menu(locale, viewer),
        None if ctx.path.starts_with("/sign-in") => ().into_any(),
        None => view! {
            <a class="tool line" href="/sign-in">
                {tr!(locale, common.sign_in)}
            </a>
        }
        .into_any(),
    };
    view! {
        {ctx
            .portal
            .demo
            .then(|| {
                view! {
                    <aside class="demo" aria-label=tr!(locale, common.demo)>
                        {tr!(locale, common.demo_strip)}
                        " "
                        <a href="/demo/inbox">{tr!(locale, common.demo_inbox)}</a>
                    </aside>
                }
            })}
        <header class="top">
            <div class="bar">
                <a class="brand" href="/">
                    <Mark />
                    <span>
                        {ctx.portal_name().to_owned()} <small lang="en" dir="ltr">
                            "Schoolgate"
                        </small>
                    </span>
                </a>
                {ctx.workplace().map(|bar| staff::sections(locale, bar))}
                {ctx.portal.help_line.as_deref().map(|number| help_line(locale, number))}
                {language_menu(ctx)}
                {account}
            </div>
            {ctx.workplace().and_then(|_| staff::systems(ctx))}
        </header>
    }
}

fn help_line(locale: Locale, number: &str) -> AnyView {
    view! {
        <a class="tool" href=format!("tel:{number}") aria-label=format!("{} {number}", tr!(locale, common.help_line))>
            <Icon name=IconName::Phone />
            <bdi class="ltr num">{number.to_owned()}</bdi>
        </a>
    }
    .into_any()
}

/// The gate: two leaves of one arch, one ajar.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <path class="a" d="M3 30V14.5A11.5 11.5 0 0 1 14.5 3v27z"></path>
            <path class="b" d="M18.5 4.2A11.5 11.5 0 0 1 28 14.5V29h-9.5z"></path>
            <circle class="c" cx="22" cy="18" r="1.7"></circle>
        </svg>
    }
}

fn language_menu(ctx: &PageContext) -> AnyView {
    let locale = ctx.locale;
    let here = own_name(locale);
    let rows = ctx
        .portal
        .locales
        .iter()
        .copied()
        .map(|other| {
            let current = other == locale;
            view! {
                <li>
                    <a
                        href=ctx.in_language(other)
                        lang=other.code()
                        hreflang=other.code()
                        dir=other.dir()
                        aria-current=current.then_some("true")
                    >
                        {own_name(other)}
                        {current.then(|| view! { <Icon name=IconName::Check /> })}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <details class="menu">
            <summary class="tool" aria-label=format!("{}: {here}", tr!(locale, common.language))>
                <Icon name=IconName::Globe />
                <span class="opt">{here}</span>
                <Icon name=IconName::Down />
            </summary>
            <ul>{rows}</ul>
        </details>
    }
    .into_any()
}

fn account_menu(locale: Locale, viewer: &ViewerInfo) -> AnyView {
    let capacity = viewer.staff.as_ref().and_then(|bar| bar.capacity);
    let as_whom = capacity.map(|capacity| staff::as_whom(locale, capacity));
    let who = match as_whom {
        Some(as_whom) => format!("{} · {as_whom}", viewer.display_name),
        None => viewer.given_name.clone(),
    };
    let shown = match as_whom {
        Some(as_whom) => {
            view! { <bdi>{viewer.display_name.clone()}</bdi> <bdi class="as-whom">{as_whom}</bdi> }.into_any()
        }
        None => view! { <bdi>{who.clone()}</bdi> }.into_any(),
    };
    view! {
        <details class="menu">
            <summary class="tool line" aria-label=format!("{who}, {}", tr!(locale, common.my_area))>
                <Icon name=IconName::User />
                {shown}
                <Icon name=IconName::Down />
            </summary>
            <ul>
                {viewer.staff.as_ref().map(|bar| work(locale, viewer, bar))}
                <li>
                    <a href="/me">{tr!(locale, common.my_area)}</a>
                </li>
                <li>
                    <a href="/me/sessions">{tr!(locale, common.my_devices)}</a>
                </li>
                <li>
                    // Signing out changes something, so it is a post, never a link.
                    <form method="post" action="/sign-out">
                        <button>{tr!(locale, common.sign_out)} <Icon name=IconName::SignOut /></button>
                    </form>
                </li>
            </ul>
        </details>
    }
    .into_any()
}

/// What the account menu holds for staff besides their own area, which is also where a parent's children are: who they
/// are here, and the way to their work.
fn work(locale: Locale, viewer: &ViewerInfo, bar: &StaffBar) -> AnyView {
    let first = bar.sections.iter().copied().find(|section| *section == StaffSection::Pupils);
    let first = first.or(bar.sections.first().copied());
    view! {
        <li class="who-am-i">
            <bdi>{viewer.display_name.clone()}</bdi>
            {bar.capacity.map(|capacity| view! { <small>{staff::as_whom(locale, capacity)}</small> })}
        </li>
        {staff::capacities(locale, bar)}
        {first
            .map(|section| {
                view! {
                    <li>
                        <a href=section.path()>{staff::section_name(locale, section)}</a>
                    </li>
                }
            })}
        <li>
            <a href="/admin/accounts">{tr!(locale, people.accounts)}</a>
        </li>
    }
    .into_any()
}
