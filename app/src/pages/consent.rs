//! The consent document of the registration. A new wording is a new version, and is asked for anew.

use leptos::prelude::*;

use super::privacy::{contact, list};
use crate::{
    layout::PageMeta,
    page_context::PageContext,
    text::{SLOT, around},
    tr,
};

/// The document's version: what the tick box of the registration posts, and what is kept with the account.
pub const VERSION: &str = "2026-11";

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta {
        description: Some(tr!(ctx.locale, register.c_lead).to_owned()),
        ..PageMeta::titled(tr!(ctx.locale, register.c_title))
    }
}

/// The page.
#[component]
pub fn Consent(
    /// The request.
    ctx: PageContext,
) -> AnyView {
    let locale = ctx.locale;
    let section = |heading: &'static str, inside: AnyView| {
        view! {
            <section class="sec">
                <h2>{heading}</h2>
                {inside}
            </section>
        }
    };
    let who = tr!(locale, register.c_who_text, service = ctx.portal_name().to_owned());
    let more = tr!(locale, register.c_more, link = SLOT);
    view! {
        <div class="page">
            <div class="narrow">
                <article class="panel leaf">
                    <h1>{tr!(locale, register.c_title)}</h1>
                    <p class="muted small under">{tr!(locale, register.c_version, version = VERSION)}</p>
                    <p class="lead under">{tr!(locale, register.c_lead)}</p>
                    {section(tr!(locale, register.c_who), view! { <p>{who}</p> }.into_any())}
                    {section(
                        tr!(locale, register.c_what),
                        list(
                            vec![
                                tr!(locale, register.c_what_1),
                                tr!(locale, register.c_what_2),
                                tr!(locale, register.c_what_3),
                            ],
                        ),
                    )}
                    {section(
                        tr!(locale, register.c_why),
                        list(
                            vec![
                                tr!(locale, register.c_why_1),
                                tr!(locale, register.c_why_2),
                                tr!(locale, register.c_why_3),
                            ],
                        ),
                    )}
                    {section(
                        tr!(locale, register.c_share),
                        view! { <p>{tr!(locale, register.c_share_text)}</p> }.into_any(),
                    )}
                    {section(
                        tr!(locale, register.c_long),
                        list(
                            vec![
                                tr!(locale, register.c_long_1),
                                tr!(locale, register.c_long_2),
                                tr!(locale, register.c_long_3),
                            ],
                        ),
                    )}
                    <section class="sec">
                        <h2>{tr!(locale, register.c_rights)}</h2>
                        {list(
                            vec![
                                tr!(locale, register.c_rights_1),
                                tr!(locale, register.c_rights_2),
                                tr!(locale, register.c_rights_3),
                            ],
                        )}
                        <p class="apart">
                            {around(&more, view! { <a href="/privacy">{tr!(locale, common.privacy)}</a> })}
                        </p>
                        {contact(&ctx)}
                    </section>
                </article>
            </div>
        </div>
    }
    .into_any()
}
