//! `/me/security`: what protects the own account, and who has tried to sign in to it.

use leptos::prelude::*;
use services::sessions::{HISTORY_LIMIT, SignInMethod, SignInTry, TryOutcome};

use super::{back, row, way};
use crate::{
    components::{Chip, Tone, help_sentence},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    text::SLOT,
    tr, tr_count,
};

/// The page's path.
pub const PATH: &str = "/me/security";

/// What the page shows.
#[derive(Clone)]
pub struct SecurityPage {
    /// The permanent user code, as it is shown.
    pub user_code: String,
    /// When the password was set, Unix milliseconds UTC; `None` when there is no password.
    pub password_set_at: Option<i64>,
    /// Whether a security question is set; `None` where the portal asks none.
    pub question: Option<bool>,
    /// Open sessions, this one included.
    pub sessions: u64,
    /// The last sign-ins and tries, newest first.
    pub tries: Vec<SignInTry>,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta { private: true, ..PageMeta::titled(tr!(ctx.locale, me.security)) }
}

/// The page.
pub fn security_view(ctx: &PageContext, page: SecurityPage) -> AnyView {
    let locale = ctx.locale;
    let user_code = view! {
        <bdi class="ltr num">{page.user_code}</bdi>
        " · "
        {tr!(locale, me.user_code_fixed)}
    }
    .into_any();
    let question = page.question.map(|set| {
        let words = if set { tr!(locale, me.question_set) } else { tr!(locale, me.question_none) };
        row(tr!(locale, me.question), words.into_any())
    });
    let tries = if page.tries.is_empty() {
        view! { <p class="muted">{tr!(locale, me.history_none)}</p> }.into_any()
    } else {
        let rows = page.tries.into_iter().map(|one| try_view(ctx, one)).collect_view();
        view! { <ul class="links">{rows}</ul> }.into_any()
    };
    let help = help_sentence(
        ctx.portal.help_line.as_deref(),
        &tr!(locale, me.history_not_you, line = SLOT),
        tr!(locale, me.history_not_you_school),
    );
    view! {
        <div class="page">
            <div class="narrow">
                <section class="panel leaf">
                    {back(locale)}
                    <h1>{tr!(locale, me.security)}</h1>
                    <p class="muted under">{tr!(locale, me.security_lead)}</p>
                    <ul class="links">
                        {row(tr!(locale, me.user_code), user_code)} {password_view(ctx, page.password_set_at)}
                        {question}
                        <li>
                            <span class="what">
                                {tr!(locale, me.devices)}
                                <small>{tr_count!(locale, page.sessions, me.devices_count)}</small>
                            </span>
                            {way("/me/sessions", tr!(locale, me.see), tr!(locale, me.see_devices))}
                        </li>
                    </ul>
                    <section class="apart" aria-labelledby="h-history">
                        <h2 id="h-history" class="above">
                            {tr!(locale, me.history)}
                        </h2>
                        <p class="muted">{tr!(locale, me.history_lead, n = HISTORY_LIMIT)}</p>
                        {tries}
                    </section>
                    <p class="small muted apart">{help}</p>
                </section>
            </div>
        </div>
    }
    .into_any()
}

/// The password, and the way to another one: by a mailed link, as for whoever has forgotten it.
fn password_view(ctx: &PageContext, set_at: Option<i64>) -> AnyView {
    let locale = ctx.locale;
    let (state, change) = match set_at {
        Some(at) => (tr!(locale, me.password_set, when = ctx.moment(at).human), tr!(locale, me.password_change)),
        None => (tr!(locale, me.password_none).to_owned(), tr!(locale, me.password_choose)),
    };
    let may_change = ctx.portal.password_reset;
    view! {
        <li>
            <span class="what">
                {tr!(locale, me.password)} <small>{state}</small>
                {may_change.then(|| view! { <small>{change} ": " {tr!(locale, me.password_how)}</small> })}
            </span>
            {may_change.then(|| view! { <a href="/password/forgot">{change}</a> })}
        </li>
    }
    .into_any()
}

fn try_view(ctx: &PageContext, one: SignInTry) -> AnyView {
    let locale = ctx.locale;
    let method = match one.method {
        SignInMethod::SmsCode => tr!(locale, me.by_code),
        SignInMethod::Password => tr!(locale, me.by_password),
        SignInMethod::PasswordAndSms => tr!(locale, me.by_password_and_code),
        SignInMethod::Gosuslugi => tr!(locale, me.by_esia),
    };
    let (tone, icon, words) = match one.outcome {
        TryOutcome::SignedIn => (Tone::Good, IconName::Check, tr!(locale, me.history_in)),
        TryOutcome::CodeAsked => (Tone::Info, IconName::Key, tr!(locale, me.history_code)),
        TryOutcome::Failed => (Tone::Warn, IconName::Alert, tr!(locale, me.history_failed)),
        TryOutcome::Refused => (Tone::Bad, IconName::Stop, tr!(locale, me.history_refused)),
    };
    let device = one.device.map(|device| view! { ", " <bdi>{device}</bdi> });
    view! {
        <li>
            <span class="what">{ctx.moment(one.at).human} <small>{method} {device}</small></span>
            <Chip tone=tone icon=icon>
                {words}
            </Chip>
        </li>
    }
    .into_any()
}
