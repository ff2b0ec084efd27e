//! The page of a request that failed: what happened, who can mend it, what to do next. Never a cause, never personal data.

use domain::Locale;
use http::StatusCode;
use leptos::prelude::*;

use crate::{
    components::{ButtonLook, LinkButton, help_sentence},
    layout::PageMeta,
    page_context::PageContext,
    text::{SLOT, around},
    tr,
};

/// Why a request failed, as far as its sender is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// 403: signed in, but not allowed.
    Forbidden,
    /// 403: a change was asked for from another site.
    CrossSite,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 413.
    TooLarge,
    /// 422, and 400: a form that cannot be read.
    Invalid,
    /// 429.
    TooMany,
    /// 500, and every other failure of ours.
    Internal,
    /// 503.
    Unavailable,
}

impl Failure {
    /// The page for a status; what is not one of ours counts as bad input (4xx) or as our fault.
    #[must_use]
    pub fn from_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 | 403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            413 | 414 | 431 => Self::TooLarge,
            429 => Self::TooMany,
            503 | 504 => Self::Unavailable,
            400..=499 => Self::Invalid,
            _ => Self::Internal,
        }
    }

    /// The status that goes with the page.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Forbidden | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Title, what happened, what to do.
    fn text(self, locale: Locale) -> [&'static str; 3] {
        macro_rules! texts {
            ($title:ident, $lead:ident, $act:ident) => {
                [tr!(locale, errors.$title), tr!(locale, errors.$lead), tr!(locale, errors.$act)]
            };
        }
        match self {
            Self::Forbidden => texts!(forbidden, forbidden_lead, forbidden_do),
            Self::CrossSite => texts!(cross_site, cross_site_lead, cross_site_do),
            Self::NotFound => texts!(not_found, not_found_lead, not_found_do),
            Self::MethodNotAllowed => texts!(method, method_lead, method_do),
            Self::TooLarge => texts!(too_large, too_large_lead, too_large_do),
            Self::Invalid => texts!(invalid, invalid_lead, invalid_do),
            Self::TooMany => texts!(too_many, too_many_lead, too_many_do),
            Self::Internal => texts!(internal, internal_lead, internal_do),
            Self::Unavailable => texts!(unavailable, unavailable_lead, unavailable_do),
        }
    }
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, failure: Failure) -> PageMeta {
    let [title, ..] = failure.text(ctx.locale);
    PageMeta { private: true, ..PageMeta::titled(title) }
}

/// The page.
#[component]
pub fn ErrorPage(
    /// The request; its id is the incident number.
    ctx: PageContext,
    /// Why it failed.
    failure: Failure,
) -> AnyView {
    let locale = ctx.locale;
    let [title, lead, act] = failure.text(locale);
    let help = help_sentence(
        ctx.portal.help_line.as_deref(),
        &tr!(locale, errors.help, line = SLOT),
        tr!(locale, errors.help_school),
    );
    let incident = tr!(locale, errors.incident, id = SLOT);
    let id = ctx.request_id.clone();
    view! {
        <div class="page">
            <div class="narrow">
                <section class="panel leaf">
                    <h1>{title}</h1>
                    <p class="lead under">{lead}</p>
                    <h2>{tr!(locale, errors.what_now)}</h2>
                    <p class="near">{act}</p>
                    <div class="btns">
                        <LinkButton href="/">{tr!(locale, errors.home)}</LinkButton>
                        {ctx
                            .viewer
                            .is_none()
                            .then(|| {
                                view! {
                                    <LinkButton href="/sign-in" look=ButtonLook::Second>
                                        {tr!(locale, errors.sign_in)}
                                    </LinkButton>
                                }
                            })}
                    </div>
                    <p class="apart">{help}</p>
                    <p class="small muted">{around(&incident, view! { <bdi class="ltr num">{id}</bdi> })}</p>
                </section>
            </div>
        </div>
    }
    .into_any()
}
