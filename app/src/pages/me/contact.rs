//! `/me/contact`: another mobile or e-mail, and the code that confirms it. Plain posts to the page's own path.
//!
//! The rule: what is on file comes masked and is never filled in; a refused number or address stays as it was typed.

use domain::{EmailError, Locale, MobileError, OtpError};
use leptos::prelude::*;
use services::clock::seconds_until;
use services::own_contacts::{ContactKind, WaitingContact};

use super::{back, number};
use crate::{
    components::{Button, ButtonLook, ErrorItem, ErrorSummary, Field, Note, SendAgain, Tone},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    pages::{
        register::{example, mobile_sentence, usual_country},
        wizard_kit::email_sentence,
    },
    text::{SLOT, around, in_time},
    tr, tr_count,
};

/// The page's path.
pub const PATH: &str = "/me/contact";
/// `id` and `name` of the field with the new mobile.
pub const MOBILE: &str = "mobile";
/// `id` and `name` of the field with the new e-mail.
pub const EMAIL: &str = "email";
/// `id` and `name` of the field with the code.
pub const CODE: &str = "code";
/// `name` of the hidden field that says which change the code is for.
pub const FLOW: &str = "flow";
/// `name` of the hidden field that asks for the code again.
pub const RESEND: &str = "resend";
/// `name` of the hidden field that gives the change up.
pub const GIVE_UP: &str = "give_up";

/// What is wrong, or in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactProblem {
    /// No mobile number.
    Mobile(MobileError),
    /// No e-mail address.
    Email(EmailError),
    /// It is the one on file.
    Same(ContactKind),
    /// No code.
    Code(OtpError),
    /// Not the code that was sent.
    CodeWrong {
        /// How often it can still be tried.
        tries_left: u32,
    },
    /// The code is too old.
    CodeExpired,
    /// The code was tried too often, and the change is over.
    CodeDead,
    /// No change waits for this code any more.
    Ended,
    /// A new code can be had in so many seconds.
    TooSoon(u64),
    /// Too many codes were asked for: so many seconds to wait.
    TooMany(u64),
    /// Too many codes were wrong: so many seconds to wait.
    Wait(u64),
}

impl ContactProblem {
    /// The field that it belongs to; none where the moment is at fault.
    const fn field(self) -> Option<&'static str> {
        match self {
            Self::Mobile(_) | Self::Same(ContactKind::Mobile) => Some(MOBILE),
            Self::Email(_) | Self::Same(ContactKind::Email) => Some(EMAIL),
            Self::Code(_) | Self::CodeWrong { .. } | Self::CodeExpired => Some(CODE),
            Self::CodeDead | Self::Ended | Self::TooSoon(_) | Self::TooMany(_) | Self::Wait(_) => None,
        }
    }

    fn words(self, ctx: &PageContext, kind: Option<ContactKind>) -> String {
        let locale = ctx.locale;
        match self {
            Self::Mobile(error) => mobile_sentence(locale, usual_country(&ctx.portal.id_kinds), error),
            Self::Email(error) => email_sentence(locale, error),
            Self::Same(ContactKind::Mobile) => tr!(locale, me.contact_same_mobile).to_owned(),
            Self::Same(ContactKind::Email) => tr!(locale, me.contact_same_email).to_owned(),
            Self::Code(OtpError::Empty) if kind == Some(ContactKind::Email) => {
                tr!(locale, register.code_empty_mail).to_owned()
            }
            Self::Code(OtpError::Empty) => tr!(locale, sign_in.code_empty).to_owned(),
            Self::Code(_) => tr!(locale, sign_in.code_format).to_owned(),
            Self::CodeWrong { tries_left } => {
                let left = tr_count!(locale, u64::from(tries_left), sign_in.tries_left);
                tr!(locale, sign_in.code_wrong, left = left)
            }
            Self::CodeExpired => tr!(locale, sign_in.code_expired).to_owned(),
            Self::CodeDead => tr!(locale, me.contact_dead).to_owned(),
            Self::Ended => tr!(locale, me.contact_ended).to_owned(),
            Self::TooSoon(seconds) => tr!(locale, sign_in.too_soon, when = in_time(locale, seconds)),
            Self::TooMany(seconds) => tr!(locale, register.too_many, when = in_time(locale, seconds)),
            Self::Wait(seconds) => tr!(locale, sign_in.wait, when = in_time(locale, seconds)),
        }
    }
}

/// What the page shows.
#[derive(Clone, Default)]
pub struct ContactPage {
    /// The mobile on file, masked.
    pub mobile_masked: Option<String>,
    /// The e-mail on file, masked.
    pub email_masked: Option<String>,
    /// What was typed as the new mobile.
    pub mobile_typed: String,
    /// What was typed as the new e-mail.
    pub email_typed: String,
    /// The change whose code is awaited: then only the code is asked for.
    pub waiting: Option<WaitingContact>,
    /// A new code was just sent.
    pub sent_again: bool,
    /// What was just changed.
    pub saved: Option<ContactKind>,
    /// What is wrong, or in the way.
    pub problem: Option<ContactProblem>,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, page: &ContactPage) -> PageMeta {
    PageMeta {
        private: true,
        has_errors: page.problem.is_some(),
        ..PageMeta::titled(title(ctx.locale, page.waiting.as_ref()))
    }
}

fn title(locale: Locale, waiting: Option<&WaitingContact>) -> &'static str {
    match waiting.map(|waiting| waiting.kind) {
        None => tr!(locale, me.contact),
        Some(ContactKind::Mobile) => tr!(locale, me.contact_code_mobile),
        Some(ContactKind::Email) => tr!(locale, me.contact_code_email),
    }
}

/// The page.
pub fn contact_view(ctx: &PageContext, page: ContactPage) -> AnyView {
    let locale = ctx.locale;
    let kind = page.waiting.as_ref().map(|waiting| waiting.kind);
    let problem = page.problem.map(|problem| (problem.field(), problem.words(ctx, kind)));
    let items: Vec<ErrorItem> =
        problem.iter().map(|(field, text)| ErrorItem { field: field.map(str::to_owned), text: text.clone() }).collect();
    let moment = matches!(problem, Some((None, _)));
    let heading = if moment { tr!(locale, register.summary_failed) } else { tr!(locale, sign_in.summary) };
    let error_of =
        |name: &str| problem.as_ref().filter(|(field, _)| *field == Some(name)).map(|(_, text)| text.clone());
    let title = title(locale, page.waiting.as_ref());
    let body = match &page.waiting {
        Some(waiting) => code_view(ctx, waiting, page.sent_again && problem.is_none(), error_of(CODE)),
        None => forms_view(ctx, &page, error_of(MOBILE), error_of(EMAIL)),
    };
    view! {
        <div class="page">
            <div class="narrow">
                <section class="panel leaf">
                    <ErrorSummary title=heading.to_owned() items=items />
                    {back(locale)}
                    <h1>{title}</h1>
                    {body}
                </section>
            </div>
        </div>
    }
    .into_any()
}

/// Both contacts, each with its form.
fn forms_view(
    ctx: &PageContext,
    page: &ContactPage,
    mobile_error: Option<String>,
    email_error: Option<String>,
) -> AnyView {
    let locale = ctx.locale;
    let saved = page.saved.map(|kind| {
        let words = match kind {
            ContactKind::Mobile => tr!(locale, me.contact_saved_mobile),
            ContactKind::Email => tr!(locale, me.contact_saved_email),
        };
        view! {
            <Note tone=Tone::Good icon=IconName::Check role="status">
                <p>{words}</p>
            </Note>
        }
    });
    let mobile_hint = tr!(locale, register.mobile_hint, example = example(usual_country(&ctx.portal.id_kinds)));
    view! {
        <p class="muted under">{tr!(locale, me.contact_lead)}</p>
        {saved}
        <section class="apart" aria-labelledby="h-mobile">
            <h2 id="h-mobile" class="above">
                {tr!(locale, me.mobile)}
            </h2>
            <p class="muted">{number(page.mobile_masked.clone(), tr!(locale, me.none).to_owned())}</p>
            <form method="post" action=PATH class="apart">
                <Field
                    id=MOBILE
                    name=MOBILE
                    label=tr!(locale, me.contact_new_mobile)
                    hint=mobile_hint
                    error=mobile_error
                    value=page.mobile_typed.clone()
                    kind="tel"
                    autocomplete="tel"
                    class="w-20 num"
                    maxlength=32_u16
                    ltr=true
                />
                <div class="btns">
                    <Button look=ButtonLook::Second>{tr!(locale, me.contact_send_mobile)}</Button>
                </div>
            </form>
        </section>
        <section class="apart" aria-labelledby="h-email">
            <h2 id="h-email" class="above">
                {tr!(locale, me.email)}
            </h2>
            <p class="muted">{number(page.email_masked.clone(), tr!(locale, me.none).to_owned())}</p>
            <form method="post" action=PATH class="apart" novalidate>
                <Field
                    id=EMAIL
                    name=EMAIL
                    label=tr!(locale, me.contact_new_email)
                    hint=tr!(locale, me.contact_email_hint)
                    error=email_error
                    value=page.email_typed.clone()
                    kind="email"
                    autocomplete="email"
                    maxlength=300_u16
                    ltr=true
                />
                <div class="btns">
                    <Button look=ButtonLook::Second>{tr!(locale, me.contact_send_email)}</Button>
                </div>
            </form>
        </section>
    }
    .into_any()
}

/// The code that is awaited, and the ways out.
fn code_view(ctx: &PageContext, waiting: &WaitingContact, sent_again: bool, error: Option<String>) -> AnyView {
    let locale = ctx.locale;
    let address = view! { <bdi class="ltr num">{waiting.masked.clone()}</bdi> };
    let lead = match waiting.kind {
        _ if waiting.code.sent_at.is_none() => tr!(locale, me.contact_not_sent).into_any(),
        ContactKind::Mobile => around(&tr!(locale, me.contact_sent_mobile, address = SLOT), address),
        ContactKind::Email => around(&tr!(locale, me.contact_sent_email, address = SLOT), address),
    };
    let label = match waiting.kind {
        ContactKind::Mobile => tr!(locale, sign_in.code_label),
        ContactKind::Email => tr!(locale, register.code_label_mail),
    };
    let icon = match waiting.kind {
        ContactKind::Mobile => IconName::Sms,
        ContactKind::Email => IconName::Mail,
    };
    let again = sent_again.then(|| {
        view! {
            <Note tone=Tone::Good icon=icon role="status">
                <p class="small">{tr!(locale, sign_in.resend_done)}</p>
            </Note>
        }
    });
    let flow = waiting.flow.to_string();
    let wait_s = seconds_until(ctx.now, waiting.code.next_send_at);
    let none = (waiting.code.sends_left == 0).then(|| tr!(locale, me.contact_no_more).to_owned());
    view! {
        <p class="muted lead-in">{lead}</p>
        {again}
        <form method="post" action=PATH novalidate>
            <input type="hidden" name=FLOW value=flow.clone() />
            <Field
                id=CODE
                name=CODE
                label=label
                hint=tr!(locale, sign_in.code_hint)
                error=error
                autocomplete="one-time-code"
                inputmode="numeric"
                class="code"
                maxlength=16_u16
                ltr=true
            />
            <div class="btns">
                <Button>{tr!(locale, me.contact_confirm)}</Button>
            </div>
        </form>
        <form class="again" method="post" action=PATH>
            <input type="hidden" name=FLOW value=flow />
            <input type="hidden" name=RESEND value="1" />
            <SendAgain
                wait_s=wait_s
                clock=tr!(locale, sign_in.resend_clock, clock = "{a}")
                words=tr!(locale, sign_in.resend_wait, when = in_time(locale, u64::from(wait_s)))
                button=tr!(locale, sign_in.resend)
                none=none
                busy=Signal::stored(false)
            />
        </form>
        <form class="again" method="post" action=PATH>
            <input type="hidden" name=GIVE_UP value="1" />
            <Button look=ButtonLook::Quiet>{tr!(locale, me.contact_give_up)}</Button>
        </form>
        <Note icon=IconName::Shield>
            <p class="small">{tr!(locale, sign_in.code_warning)}</p>
        </Note>
    }
    .into_any()
}
