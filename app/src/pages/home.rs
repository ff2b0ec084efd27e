//! The home page: the gate with its two leaves, what opens after signing in, and the topics.

use domain::Locale;
use leptos::prelude::*;

use crate::{
    components::{ButtonLook, Icon, LinkButton},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    pages::topics::Topic,
    tr,
};

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta { description: Some(tr!(ctx.locale, home.description).to_owned()), ..PageMeta::default() }
}

/// The page.
#[component]
pub fn Home(
    /// The request.
    ctx: PageContext,
) -> AnyView {
    let locale = ctx.locale;
    view! {
        <section class="hero">
            <div>
                <h1>{tr!(locale, home.title)}</h1>
                <p>{tr!(locale, home.lead)}</p>
                <p class="small">
                    <a href="/about/registration">{tr!(locale, common.about_registration)}</a>
                </p>
            </div>
            {gate(&ctx)}
        </section>
        {sill(&ctx)}
        <div class="page">
            {locked(locale)}
            <section class="sec" aria-labelledby="h-t">
                <h2 id="h-t">{tr!(locale, home.topics)}</h2>
                <ul class="topics">
                    {Topic::ALL
                        .into_iter()
                        .map(|topic| {
                            view! {
                                <li>
                                    <a href=topic.path()>
                                        <Icon name=topic.icon() />
                                        <span>{topic.title(locale)}</span>
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </section>
        </div>
    }
    .into_any()
}

/// The two leaves. Whoever is signed in enters by the first; the second leads to the wizard only where one exists.
fn gate(ctx: &PageContext) -> AnyView {
    let locale = ctx.locale;
    let enter = match &ctx.viewer {
        Some(viewer) => {
            let first = if viewer.staff.is_some() { "/people/pupils" } else { "/me" };
            leaf(first, tr!(locale, home.enter), tr!(locale, home.enter_hint, name = viewer.display_name.clone()))
        }
        None => leaf("/sign-in", tr!(locale, home.registered), tr!(locale, home.registered_hint).to_owned()),
    };
    let register = if ctx.portal.registration_open {
        leaf("/register", tr!(locale, home.register), tr!(locale, home.register_hint).to_owned())
    } else {
        leaf("/about/registration", tr!(locale, home.register), tr!(locale, home.register_by_school).to_owned())
    };
    view! {
        <nav class="gate" aria-label=tr!(locale, home.gate)>
            {enter}
            {register}
        </nav>
    }
    .into_any()
}

fn leaf(href: &'static str, title: &'static str, hint: String) -> AnyView {
    view! {
        <a href=href>
            <span class="go">
                <Icon name=IconName::Forward />
            </span>
            <strong>{title}</strong>
            <span>{hint}</span>
        </a>
    }
    .into_any()
}

/// The strip below the gate: pupils' own way in, where it exists, and where staff go.
fn sill(ctx: &PageContext) -> AnyView {
    let locale = ctx.locale;
    view! {
        <div class="sill">
            {ctx
                .portal
                .esia_enabled
                .then(|| {
                    view! {
                        <span>{tr!(locale, home.pupils)}</span>
                        <LinkButton href="/sign-in/esia" look=ButtonLook::Small>
                            <span lang="ru" dir="ltr">
                                "Войти через госуслуги"
                            </span>
                        </LinkButton>
                    }
                })}
            <span class="muted small">{tr!(locale, home.staff)}</span>
        </div>
    }
    .into_any()
}

/// What signing in opens, by name.
fn locked(locale: Locale) -> AnyView {
    let services = [
        (tr!(locale, home.exams), tr!(locale, home.exams_hint)),
        (tr!(locale, home.committees), tr!(locale, home.committees_hint)),
        (tr!(locale, home.services), tr!(locale, home.services_hint)),
        (tr!(locale, home.more), tr!(locale, home.more_hint)),
    ];
    view! {
        <section aria-labelledby="h-l">
            <h2 id="h-l" class="above">
                {tr!(locale, home.locked)}
            </h2>
            <ul class="locked">
                {services
                    .into_iter()
                    .map(|(name, hint)| {
                        view! {
                            <li>
                                <Icon name=IconName::Lock />
                                <strong>{name}</strong>
                                <span>{hint}</span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
    .into_any()
}
