//! User code and password: a card beside the SMS way, and `/sign-in/password` by itself.

use domain::{IdKind, Locale};
use leptos::html;
use leptos::prelude::*;

use super::SignInPage;
use super::identify::{OtherWays, sms_card};
use super::problems::{field_error, summary, summary_title};
use super::submit::submission;
use crate::api::forms::{FieldName, Refusal};
use crate::api::sign_in::{PasswordForm, with_password};
use crate::components::{Button, ButtonLook, ErrorSummary, Field, RevealButton};
use crate::tr;

const FIELDS: [FieldName; 2] = [FieldName::UserCode, FieldName::Password];

/// The inside of `<main>` of `/sign-in/password`.
pub fn password_view(locale: Locale, page: SignInPage) -> impl IntoView {
    let refusal = RwSignal::new(page.refusal.clone());
    view! {
        <div class="page">
            <div class="split ways">
                <section class="panel leaf">
                    <Summary locale refusal />
                    <h1>{tr!(locale, sign_in.password_title)}</h1>
                    <p class="muted lead-in">{tr!(locale, sign_in.password_lead)}</p>
                    <Fields locale page=page.clone() refusal look=ButtonLook::Primary />
                </section>
                <aside class="stack" aria-label=tr!(locale, sign_in.other_ways)>
                    {sms_card(locale)}
                    <OtherWays locale page />
                </aside>
            </div>
        </div>
    }
}

/// The card on `/sign-in`.
#[component]
pub fn PasswordCard(
    /// Language.
    locale: Locale,
    /// The page's data.
    page: SignInPage,
    /// What is wrong, shared with the page's other form: one summary at a time.
    refusal: RwSignal<Refusal>,
) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="with-password">
            <Summary locale refusal />
            <h2 id="with-password">{tr!(locale, sign_in.password_heading)}</h2>
            <p class="muted small lead-in">{tr!(locale, sign_in.password_lead)}</p>
            <Fields locale page refusal look=ButtonLook::SecondWide />
        </section>
    }
}

#[component]
fn Summary(locale: Locale, refusal: RwSignal<Refusal>) -> impl IntoView {
    let items = Signal::derive(move || refusal.with(|refusal| summary(locale, IdKind::IlId, refusal, &FIELDS)));
    view! { <ErrorSummary title=summary_title(locale, refusal) items /> }
}

#[component]
fn Fields(locale: Locale, page: SignInPage, refusal: RwSignal<Refusal>, look: ButtonLook) -> impl IntoView {
    let user_code = NodeRef::<html::Input>::new();
    let password = NodeRef::<html::Input>::new();
    let next = StoredValue::new(page.next.clone());
    let value = |input: NodeRef<html::Input>| input.get_untracked().map(|input| input.value()).unwrap_or_default();
    let read = move || PasswordForm { user_code: value(user_code), password: value(password), next: next.get_value() };
    let form = submission(locale, refusal, FieldName::UserCode, Some(password), read, with_password);
    let error =
        move |field| Signal::derive(move || refusal.with(|refusal| field_error(locale, IdKind::IlId, field, refusal)));
    let shown = RwSignal::new(false);
    view! {
        <form method="post" action="/sign-in/password" novalidate on:submit=move |event| form.submit(event)>
            <Field
                id=FieldName::UserCode.id()
                name=FieldName::UserCode.id()
                label=tr!(locale, sign_in.user_code)
                hint=tr!(locale, sign_in.user_code_hint)
                error=error(FieldName::UserCode)
                value=page.user_code
                autocomplete="username"
                class="w-20 num"
                maxlength=32
                ltr=true
                node=user_code
            />
            <Field
                id=FieldName::Password.id()
                name=FieldName::Password.id()
                label=tr!(locale, sign_in.password)
                error=error(FieldName::Password)
                kind=Signal::derive(move || if shown.get() { "text" } else { "password" })
                autocomplete="current-password"
                class="w-20"
                ltr=true
                node=password
            >
                <RevealButton
                    shown
                    show=tr!(locale, sign_in.show)
                    hide=tr!(locale, sign_in.hide)
                    show_label=tr!(locale, sign_in.show_password)
                    hide_label=tr!(locale, sign_in.hide_password)
                />
            </Field>
            <input type="hidden" name="next" value=page.next />
            <div class="btns">
                <Button look busy=form.busy>{tr!(locale, sign_in.submit)}</Button>
            </div>
            <p class="small under">
                {if page.password_reset {
                    view! { <a href="/password/forgot">{tr!(locale, sign_in.forgot)}</a> }.into_any()
                } else {
                    tr!(locale, sign_in.forgot_help).into_any()
                }}
            </p>
        </form>
    }
}
