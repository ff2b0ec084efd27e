//! `/about/registration`: registration and identification, step by step, as far as this portal offers them.

use domain::Locale;
use leptos::prelude::*;

use crate::{
    components::{ButtonLook, Icon, LinkButton, Note, help_sentence},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    pages::gosuslugi::GUIDE,
    text::SLOT,
    tr,
};

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta {
        description: Some(tr!(ctx.locale, about.lead).to_owned()),
        ..PageMeta::titled(tr!(ctx.locale, common.about_registration))
    }
}

/// The page.
#[component]
pub fn AboutRegistration(
    /// The request.
    ctx: PageContext,
) -> AnyView {
    let locale = ctx.locale;
    view! {
        <div class="page">
            <div class="narrow">
                <article class="panel leaf">
                    <a class="back" href="/">
                        <Icon name=IconName::Back />
                        {tr!(locale, common.home)}
                    </a>
                    <h1>{tr!(locale, common.about_registration)}</h1>
                    <p class="lead under">{tr!(locale, about.lead)}</p>
                    {register(&ctx)}
                    {ctx.portal.registration_open.then(|| password(locale))}
                    {identify(&ctx)}
                    {ctx.portal.esia_enabled.then(|| pupils(locale))}
                    {trouble(&ctx)}
                </article>
            </div>
        </div>
    }
    .into_any()
}

/// Steps with a name and a sentence each.
pub(super) fn steps(list: Vec<(&'static str, &'static str)>) -> AnyView {
    view! {
        <ol class="steps">
            {list
                .into_iter()
                .map(|(name, text)| {
                    view! {
                        <li>
                            <strong>{name}</strong>
                            {text}
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
    .into_any()
}

/// By oneself, where the wizard exists; by the school, where it does not.
fn register(ctx: &PageContext) -> AnyView {
    let locale = ctx.locale;
    let (lead, list) = if ctx.portal.registration_open {
        (
            tr!(locale, about.self_lead),
            vec![
                (tr!(locale, about.self_1), tr!(locale, about.self_1_text)),
                (tr!(locale, about.self_2), tr!(locale, about.self_2_text)),
                (tr!(locale, about.self_3), tr!(locale, about.self_3_text)),
                (tr!(locale, about.self_4), tr!(locale, about.self_4_text)),
            ],
        )
    } else {
        (
            tr!(locale, about.school_lead),
            vec![
                (tr!(locale, about.school_1), tr!(locale, about.school_1_text)),
                (tr!(locale, about.school_2), tr!(locale, about.school_2_text)),
                (tr!(locale, about.school_3), tr!(locale, about.school_3_text)),
            ],
        )
    };
    view! {
        <section class="sec">
            <h2>{tr!(locale, about.register)}</h2>
            <p class="above">{lead}</p>
            {steps(list)}
            {ctx
                .portal
                .registration_open
                .then(|| {
                    view! {
                        <div class="btns">
                            <LinkButton href="/register">{tr!(locale, sign_in.register)}</LinkButton>
                        </div>
                    }
                })}
        </section>
    }
    .into_any()
}

/// The password wizard that the registration's last e-mail leads to.
fn password(locale: Locale) -> AnyView {
    view! {
        <section class="sec">
            <h2>{tr!(locale, about.password)}</h2>
            {steps(
                vec![
                    (tr!(locale, about.password_1), tr!(locale, about.password_1_text)),
                    (tr!(locale, about.password_2), tr!(locale, about.password_2_text)),
                    (tr!(locale, about.password_3), tr!(locale, about.password_3_text)),
                    (tr!(locale, about.password_4), tr!(locale, about.password_4_text)),
                ],
            )}
            <div class="apart">
                <Note icon=IconName::Key>
                    <p class="small">{tr!(locale, about.code_is_fixed)}</p>
                </Note>
            </div>
        </section>
    }
    .into_any()
}

fn identify(ctx: &PageContext) -> AnyView {
    let locale = ctx.locale;
    view! {
        <section class="sec">
            <h2>{tr!(locale, about.identify)}</h2>
            <p class="above">{tr!(locale, about.identify_lead)}</p>
            {steps(
                vec![
                    (tr!(locale, about.by_sms), tr!(locale, about.by_sms_text)),
                    (tr!(locale, about.by_password), tr!(locale, about.by_password_text)),
                ],
            )}
            <div class="apart">
                <Note icon=IconName::Shield>
                    <p class="small">{tr!(locale, about.never_tell)}</p>
                </Note>
            </div>
            {ctx
                .viewer
                .is_none()
                .then(|| {
                    let look = if ctx.portal.registration_open {
                        ButtonLook::Second
                    } else {
                        ButtonLook::Primary
                    };
                    view! {
                        <div class="btns">
                            <LinkButton href="/sign-in" look=look>
                                {tr!(locale, common.sign_in)}
                            </LinkButton>
                        </div>
                    }
                })}
        </section>
    }
    .into_any()
}

/// The two requirements of sign-in through Gosuslugi.
fn pupils(locale: Locale) -> AnyView {
    view! {
        <section class="sec">
            <h2>{tr!(locale, about.pupils)}</h2>
            <p class="above">{tr!(locale, about.pupils_lead)}</p>
            {steps(
                vec![
                    (tr!(locale, about.pupils_1), tr!(locale, about.pupils_1_text)),
                    (tr!(locale, about.pupils_2), tr!(locale, about.pupils_2_text)),
                    (tr!(locale, about.pupils_3), tr!(locale, about.pupils_3_text)),
                ],
            )}
            <p class="apart">
                <a href=GUIDE>{tr!(locale, gosuslugi.guide_title)}</a>
            </p>
        </section>
    }
    .into_any()
}

fn trouble(ctx: &PageContext) -> AnyView {
    let locale = ctx.locale;
    let help = help_sentence(
        ctx.portal.help_line.as_deref(),
        &tr!(locale, about.help, line = SLOT),
        tr!(locale, about.help_school),
    );
    let answers = [
        (tr!(locale, about.no_code), tr!(locale, about.no_code_text)),
        (tr!(locale, about.new_phone), tr!(locale, about.new_phone_text)),
        (tr!(locale, about.lost_code), tr!(locale, about.lost_code_text)),
    ];
    let guide =
        |url: &Option<String>, text: &'static str| url.clone().map(|url| view! { <p><a href=url>{text}</a></p> });
    view! {
        <section class="sec">
            <h2>{tr!(locale, about.trouble)}</h2>
            {answers
                .into_iter()
                .map(|(question, answer)| {
                    view! {
                        <details class="more">
                            <summary>{question}</summary>
                            <p>{answer}</p>
                        </details>
                    }
                })
                .collect_view()}
            <p class="apart">{help}</p>
            {guide(&ctx.portal.guide_url, tr!(locale, about.guide))}
            {guide(&ctx.portal.video_url, tr!(locale, about.video))}
        </section>
    }
    .into_any()
}
