//! The personal area: one's own details, with who may change them, and one's own security.
//!
//! The rule: contact details come masked, and nothing is shown that does not exist: no card without a service behind it.

pub mod child;
pub mod contact;
pub mod security;

use domain::{BirthDate, Locale, UserCode};
use leptos::prelude::*;

use crate::{
    components::{Button, ButtonLook, Chip, Icon, Note, Tone},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    text::own_name,
    tr, tr_count,
};

/// What the page shows of a person. Numbers and addresses come masked.
#[derive(Clone)]
pub struct MeInfo {
    /// The whole name, in the order of the reader's language.
    pub name: String,
    /// Such as `••••••423`.
    pub id_number_masked: Option<String>,
    /// Date of birth.
    pub birth_date: Option<BirthDate>,
    /// Such as `050-•••••67`.
    pub mobile_masked: Option<String>,
    /// Such as `d•••@dugma.example`.
    pub email_masked: Option<String>,
    /// The permanent user code.
    pub user_code: Option<UserCode>,
    /// When the password was set, Unix milliseconds UTC; `None` when there is no password.
    pub password_set_at: Option<i64>,
    /// The sign-in before this one, Unix milliseconds UTC.
    pub previous_sign_in_at: Option<i64>,
    /// Open sessions, this one included.
    pub sessions: u64,
    /// The language in which messages are sent.
    pub messages_locale: Locale,
    /// It has just been chosen.
    pub messages_locale_saved: bool,
    /// The children whom the school lets this person see.
    pub children: Vec<child::ChildCard>,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta { private: true, ..PageMeta::titled(tr!(ctx.locale, common.my_area)) }
}

/// The page.
#[component]
pub fn Me(
    /// The request, with its viewer.
    ctx: PageContext,
    /// The person.
    me: MeInfo,
) -> AnyView {
    let locale = ctx.locale;
    let given_name = ctx.viewer.as_ref().map_or_else(|| me.name.clone(), |viewer| viewer.given_name.clone());
    let last = match me.previous_sign_in_at {
        Some(at) => tr!(locale, me.last_sign_in, when = ctx.moment(at).human),
        None => tr!(locale, me.first_sign_in).to_owned(),
    };
    view! {
        <div class="page">
            <h1>{tr!(locale, me.hello, name = given_name)}</h1>
            <p class="muted under">
                {last} " " <a href="/me/sessions">{tr!(locale, me.not_you)}</a>
            </p>
            {(!me.children.is_empty()).then(|| child::children_view(locale, &me.children))}
            <section aria-labelledby="h-s">
                <h2 id="h-s" class="above">
                    {tr!(locale, me.services)}
                </h2>
                <div class="empty">
                    <p>{tr!(locale, me.services_empty)}</p>
                </div>
            </section>
            <div class="cols sec">
                <div class="stack">{details(locale, &me)} {contacts(locale, &me)}</div>
                <div class="stack">{security(&ctx, &me)} {language(&ctx, &me)}</div>
            </div>
        </div>
    }
    .into_any()
}

/// The way from one of its pages to the personal area.
pub(super) fn back(locale: Locale) -> AnyView {
    view! {
        <a class="back" href="/me">
            <Icon name=IconName::Back />
            {tr!(locale, common.my_area)}
        </a>
    }
    .into_any()
}

/// What the school office keeps: shown here, changed there.
fn details(locale: Locale, me: &MeInfo) -> AnyView {
    let none = || tr!(locale, me.none).to_owned();
    let birth_date = me.birth_date.map(|date| format!("{}.{}.{}", date.day(), date.month(), date.year()));
    view! {
        <section class="card" aria-labelledby="h-d">
            <div class="row">
                <h2 id="h-d">{tr!(locale, me.details)}</h2>
                <Chip tone=Tone::Plain icon=IconName::Lock>
                    {tr!(locale, me.office)}
                </Chip>
            </div>
            <ul class="links">
                {row(tr!(locale, me.name), view! { <bdi>{me.name.clone()}</bdi> }.into_any())}
                {row(tr!(locale, me.id_number), number(me.id_number_masked.clone(), none()))}
                {row(tr!(locale, me.birth_date), number(birth_date, none()))}
            </ul>
            <div class="apart">
                <Note icon=IconName::Lock>
                    <p class="small">{tr!(locale, me.office_why)}</p>
                </Note>
            </div>
        </section>
    }
    .into_any()
}

/// How the person is reached, which they change themselves.
fn contacts(locale: Locale, me: &MeInfo) -> AnyView {
    let line = |name: &'static str, value: Option<String>, change: &'static str| {
        view! {
            <li>
                <span class="what">{name} <small>{number(value, tr!(locale, me.none).to_owned())}</small></span>
                {way(contact::PATH, tr!(locale, me.change), change)}
            </li>
        }
    };
    view! {
        <section class="card" aria-labelledby="h-c">
            <h2 id="h-c">{tr!(locale, me.contact)}</h2>
            <ul class="links">
                {line(tr!(locale, me.mobile), me.mobile_masked.clone(), tr!(locale, me.change_mobile))}
                {line(tr!(locale, me.email), me.email_masked.clone(), tr!(locale, me.change_email))}
            </ul>
        </section>
    }
    .into_any()
}

/// A link of one word at the end of a row; whoever hears it alone is told where it leads.
fn way(href: &'static str, word: &'static str, whole: &'static str) -> AnyView {
    view! {
        <a href=href>
            <span aria-hidden="true">{word}</span>
            <span class="vh">{whole}</span>
        </a>
    }
    .into_any()
}

/// The language of pages, which the menu changes, and of messages, which this form changes.
fn language(ctx: &PageContext, me: &MeInfo) -> AnyView {
    let locale = ctx.locale;
    view! {
        <section class="card" aria-labelledby="h-g">
            <h2 id="h-g">{tr!(locale, me.language)}</h2>
            <ul class="links">
                {row(
                    own_name(locale),
                    tr!(locale, me.language_how).into_any(),
                )} <li>{messages_language(ctx, me)}</li>
            </ul>
        </section>
    }
    .into_any()
}

/// The language of text messages and mails: the account's own, since a message is read on another device than this one.
fn messages_language(ctx: &PageContext, me: &MeInfo) -> AnyView {
    let (locale, offered) = (ctx.locale, &ctx.portal.locales);
    let chosen = me.messages_locale;
    let options: Vec<AnyView> = offered
        .iter()
        .copied()
        .map(|choice| {
            view! {
                <option value=choice.code() lang=choice.code() selected=choice == chosen>
                    {own_name(choice)}
                </option>
            }
            .into_any()
        })
        .collect();
    view! {
        <form class="what" method="post" action="/me/language">
            <label for="lang">{tr!(locale, me.messages_language)}</label>
            <small id="lang-h">{tr!(locale, me.messages_language_why)}</small>
            {me
                .messages_locale_saved
                .then(|| {
                    view! {
                        <p class="small" role="status">
                            <Chip tone=Tone::Good icon=IconName::Check>
                                {tr!(locale, me.messages_language_saved)}
                            </Chip>
                        </p>
                    }
                })}
            <span class="with">
                <span class="pick">
                    <select class="select" id="lang" name="lang" aria-describedby="lang-h">
                        {options}
                    </select>
                    <Icon name=IconName::Down />
                </span>
                <Button look=ButtonLook::Small>{tr!(locale, me.save)}</Button>
            </span>
        </form>
    }
    .into_any()
}

/// A number or address, left to right in every language; words in its place when there is none.
fn number(value: Option<String>, none: String) -> AnyView {
    match value {
        Some(value) => view! { <bdi class="ltr num">{value}</bdi> }.into_any(),
        None => none.into_any(),
    }
}

/// One thing and what is known of it.
fn row(name: &'static str, value: AnyView) -> AnyView {
    view! {
        <li>
            <span class="what">{name} <small>{value}</small></span>
        </li>
    }
    .into_any()
}

fn security(ctx: &PageContext, me: &MeInfo) -> AnyView {
    let locale = ctx.locale;
    let user_code = me.user_code.clone().map(|code| {
        row(
            tr!(locale, me.user_code),
            view! {
                <bdi class="ltr num">{code.to_string()}</bdi>
                " · "
                {tr!(locale, me.user_code_fixed)}
            }
            .into_any(),
        )
    });
    let password = match me.password_set_at {
        Some(at) => tr!(locale, me.password_set, when = ctx.moment(at).human),
        None => tr!(locale, me.password_none).to_owned(),
    };
    view! {
        <section class="card" aria-labelledby="h-y">
            <h2 id="h-y">{tr!(locale, me.security)}</h2>
            <ul class="links">
                {user_code}
                {row(tr!(locale, me.password), password.into_any())}
                <li>
                    <span class="what">
                        {tr!(locale, me.devices)} <small>{tr_count!(locale, me.sessions, me.devices_count)}</small>
                    </span>
                    {way("/me/sessions", tr!(locale, me.see), tr!(locale, me.see_devices))}
                </li>
                <li>
                    <span class="what">
                        {tr!(locale, me.history)} <small>{tr!(locale, me.history_short)}</small>
                    </span>
                    {way(security::PATH, tr!(locale, me.see), tr!(locale, me.see_history))}
                </li>
                <li>
                    <form method="post" action="/sign-out">
                        <button class="btn second s">
                            <Icon name=IconName::SignOut />
                            {tr!(locale, common.sign_out)}
                        </button>
                    </form>
                </li>
            </ul>
        </section>
    }
    .into_any()
}
