//! Where one's account is open, and the way to end that. Plain posts to the page's own path: `end=<session id>` or `end=others`.

mod device;

use leptos::prelude::*;

pub use device::device_name;

use crate::{
    components::{Button, ButtonLook, Chip, Note, Tone, help_sentence},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    pages::me::back,
    text::SLOT,
    tr,
};

/// How a session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInMethod {
    /// A code by SMS.
    Code,
    /// User code and password.
    Password,
    /// User code, password and a code by SMS.
    PasswordAndCode,
    /// Gosuslugi.
    Esia,
}

/// One open session.
#[derive(Clone, Debug)]
pub struct SessionItem {
    /// What the form posts back.
    pub id: String,
    /// The one that asks.
    pub current: bool,
    /// What [`device_name`] made of its browser's name for itself.
    pub device: Option<String>,
    /// How it began.
    pub method: SignInMethod,
    /// When it began, Unix milliseconds UTC.
    pub created_at: i64,
    /// When it was last used, Unix milliseconds UTC.
    pub last_seen_at: i64,
}

/// What the post before this page did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// One session was ended.
    One,
    /// All but this one were ended.
    Others,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta { private: true, ..PageMeta::titled(tr!(ctx.locale, me.sessions_title)) }
}

/// The page.
#[component]
pub fn Sessions(
    /// The request, with its viewer.
    ctx: PageContext,
    /// The sessions, this one first.
    sessions: Vec<SessionItem>,
    /// What has just happened.
    ended: Option<Ended>,
) -> AnyView {
    let locale = ctx.locale;
    let alone = sessions.iter().all(|session| session.current);
    let lost =
        help_sentence(ctx.portal.help_line.as_deref(), &tr!(locale, me.lost, line = SLOT), tr!(locale, me.lost_school));
    view! {
        <div class="page">
            <div class="narrow">
                <section class="panel leaf">
                    {back(locale)}
                    <h1>{tr!(locale, me.sessions_title)}</h1>
                    <p class="muted under">{tr!(locale, me.sessions_lead)}</p>
                    {ended
                        .map(|ended| {
                            let text = match ended {
                                Ended::One => tr!(locale, me.ended_one),
                                Ended::Others => tr!(locale, me.ended_others),
                            };
                            view! {
                                <Note tone=Tone::Good icon=IconName::Check role="status">
                                    <p>{text}</p>
                                </Note>
                            }
                        })}
                    <ul class="links">
                        {sessions.into_iter().map(|session| row(&ctx, session)).collect_view()}
                    </ul>
                    {if alone {
                        view! { <p class="muted apart">{tr!(locale, me.only_this)}</p> }.into_any()
                    } else {
                        end_others(&ctx)
                    }}
                    <p class="small muted apart">{lost}</p>
                </section>
            </div>
        </div>
    }
    .into_any()
}

fn row(ctx: &PageContext, session: SessionItem) -> AnyView {
    let locale = ctx.locale;
    let device = session.device.unwrap_or_else(|| tr!(locale, me.unknown_device).to_owned());
    let method = match session.method {
        SignInMethod::Code => tr!(locale, me.by_code),
        SignInMethod::Password => tr!(locale, me.by_password),
        SignInMethod::PasswordAndCode => tr!(locale, me.by_password_and_code),
        SignInMethod::Esia => tr!(locale, me.by_esia),
    };
    let began = tr!(locale, me.signed_in, when = ctx.moment(session.created_at).human);
    let seen = tr!(locale, me.last_seen, when = ctx.moment(session.last_seen_at).human);
    let action = if session.current {
        view! {
            <Chip tone=Tone::Good icon=IconName::Check>
                {tr!(locale, me.this_device)}
            </Chip>
        }
        .into_any()
    } else {
        let label = tr!(locale, me.end_which, device = device.clone());
        view! {
            <form method="post" action="/me/sessions">
                <input type="hidden" name="end" value=session.id />
                <button class="btn danger s" aria-label=label>
                    {tr!(locale, me.end)}
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <li>
            <span class="what">
                <bdi>{device.clone()}</bdi>
                <small>{began} ", " {method}</small>
                {(!session.current).then(|| view! { <small>{seen}</small> })}
            </span>
            {action}
        </li>
    }
    .into_any()
}

/// Ending all others asks first: the answer opens below the question, so it works without script.
fn end_others(ctx: &PageContext) -> AnyView {
    let locale = ctx.locale;
    view! {
        <details class="more apart">
            <summary>{tr!(locale, me.end_others)}</summary>
            <form method="post" action="/me/sessions">
                <input type="hidden" name="end" value="others" />
                <p class="above">{tr!(locale, me.end_others_sure)}</p>
                <Button look=ButtonLook::Danger>{tr!(locale, me.end_others_do)}</Button>
            </form>
        </details>
    }
    .into_any()
}
