//! Wizards: registration and the password. Every step is a [`WizardPage`], composed by the server, drawn by
//! [`wizard_view`] on both sides, posted as a plain form or by the one server function of `api::wizard`.
//!
//! The rule: a page is drawn again as a whole when an answer brings a new one; until then everything typed stays. Texts
//! come with the page, so the browser knows none of them.

mod blocks;
#[cfg(feature = "hydrate")]
mod browser;
mod check;
mod fields;
mod new_password;
mod page;
mod policy;
mod state;
#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests;

pub use page::*;
pub use policy::policy_lines;

use domain::Locale;
use leptos::either::Either;
use leptos::prelude::*;

use crate::components::{Button, ButtonLook, ErrorItem, ErrorSummary, Icon, Step, StepRail};
use crate::icons::IconName;
use crate::tr;
use blocks::{block_view, rich};
use state::{Shown, State, names};

/// The inside of `<main>`.
pub fn wizard_view(locale: Locale, page: WizardPage) -> impl IntoView {
    let state = State::new(locale, page);
    state.begin();
    // Two branches in turn: a new page is built from nothing, so that no field keeps what the last one held.
    let body = move || {
        let shown = state.shown();
        let turn = shown.turn;
        let drawn = draw(state, shown);
        if turn.is_multiple_of(2) { Either::Left(drawn) } else { Either::Right(drawn) }
    };
    view! {
        <div class="page">
            {body}
            <p class="vh" role="status">
                {move || state.news()}
            </p>
        </div>
    }
}

/// Rail, panel and the box beside it.
fn draw(state: State, Shown { page, fresh, .. }: Shown) -> AnyView {
    let locale = state.locale();
    let mut class = "wizard".to_owned();
    if page.steps.is_empty() {
        class.push_str(" alone");
    }
    if page.aside.is_some() {
        class.push_str(" helped");
    }
    let WizardPage {
        path,
        steps,
        current,
        back,
        title,
        lead,
        problems,
        problems_title,
        before,
        forms,
        after,
        aside,
        ..
    } = page;
    let steps: Vec<_> = steps.into_iter().map(|name| Step { name }).collect();
    let rail = (!steps.is_empty()).then(|| view! { <StepRail locale steps current /> });
    let items = Signal::derive(move || {
        if state.is_offline() {
            return vec![ErrorItem { field: None, text: tr!(locale, sign_in.offline).to_owned() }];
        }
        problems.iter().map(|line| ErrorItem { field: line.field.clone(), text: line.text.clone() }).collect()
    });
    let items_title = Signal::derive(move || if state.is_offline() { String::new() } else { problems_title.clone() });
    let idle = state.form(usize::MAX);
    let forms: Vec<_> =
        forms.into_iter().enumerate().map(|(index, form)| form_view(state, &path, index, form)).collect();
    let footnotes = after.into_iter().map(|block| match block {
        Block::Text(text) => view! { <p class="small muted">{rich(text)}</p> }.into_any(),
        block => block_view(idle, block),
    });
    view! {
        <div class=class>
            {rail}
            <section class="panel leaf">
                {back.map(|link| {
                    view! {
                        <a class="back" href=link.href>
                            <Icon name=IconName::Back />
                            {link.text}
                        </a>
                    }
                })}
                <h1>{title}</h1>
                <ErrorSummary title=items_title items fresh />
                {lead.map(|lead| view! { <p class="muted lead-in">{rich(lead)}</p> })}
                {before.into_iter().map(|block| block_view(idle, block)).collect_view()}
                {forms}
                {footnotes.collect_view()}
            </section>
            {aside.map(aside_view)}
        </div>
    }
    .into_any()
}

fn form_view(state: State, path: &str, index: usize, form: Form) -> AnyView {
    let scope = state.form(index);
    let names = names(&form);
    let Form { name, hidden, heading, blocks, button, primary, forward } = form;
    // "Send again" is one line, not a form to be filled in.
    let class = if blocks.iter().any(|block| matches!(block, Block::Resend(_))) { "again" } else { "ask" };
    let look = if primary { ButtonLook::Primary } else { ButtonLook::Second };
    let busy = scope.busy;
    let arrow = move || {
        let icon = if busy.get() { IconName::Spin } else { IconName::Forward };
        view! { <Icon name=icon /> }.into_any()
    };
    view! {
        <form
            class=class
            name=name
            method="post"
            action=path.to_owned()
            novalidate
            on:submit=move |event| state.submit(index, &names, &event)
        >
            {heading.map(|heading| view! { <h2>{heading}</h2> })}
            {blocks.into_iter().map(|block| block_view(scope, block)).collect_view()}
            {button
                .map(|words| {
                    view! {
                        <div class="btns">
                            <Button look busy>
                                {words}
                                {forward.then_some(arrow)}
                            </Button>
                        </div>
                    }
                })}
            {hidden
                .into_iter()
                .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
                .collect_view()}
        </form>
    }
    .into_any()
}

fn aside_view(aside: Aside) -> AnyView {
    view! {
        <aside class="card help" aria-labelledby="help">
            <h2 id="help">{aside.heading}</h2>
            {aside.texts.into_iter().map(|text| view! { <p class="small">{rich(text)}</p> }).collect_view()}
            {(!aside.links.is_empty())
                .then(|| {
                    view! {
                        <ul class="small">
                            {aside
                                .links
                                .into_iter()
                                .map(|link| {
                                    view! {
                                        <li>
                                            <a href=link.href>{link.text}</a>
                                        </li>
                                    }
                                })
                                .collect_view()}
                        </ul>
                    }
                })}
        </aside>
    }
    .into_any()
}
