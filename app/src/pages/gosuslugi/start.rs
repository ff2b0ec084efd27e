//! `/sign-in/esia`: what the portal reads at Gosuslugi and why, what stays, and the button that goes there.
//!
//! The button is a form: a link would begin a sign-in whenever a browser or a mail scanner fetches it ahead of time.

use leptos::prelude::*;

use super::{GUIDE, START, button_words};
use crate::{
    components::{Button, Icon},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    pages::privacy::list,
    text::{SLOT, around},
    tr,
};

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta {
        description: Some(tr!(ctx.locale, gosuslugi.description).to_owned()),
        ..PageMeta::titled(tr!(ctx.locale, gosuslugi.title))
    }
}

/// The page.
#[component]
pub fn Start(
    /// The request.
    ctx: PageContext,
) -> AnyView {
    let locale = ctx.locale;
    let more = tr!(locale, gosuslugi.more_privacy, link = SLOT);
    view! {
        <div class="page">
            <div class="narrow">
                <article class="panel leaf">
                    <a class="back" href="/sign-in">
                        <Icon name=IconName::Back />
                        {tr!(locale, gosuslugi.other_way)}
                    </a>
                    <h1>{tr!(locale, gosuslugi.title)}</h1>
                    <p class="lead under">{tr!(locale, gosuslugi.lead)}</p>
                    <h2 class="above">{tr!(locale, gosuslugi.reads)}</h2>
                    {list(
                        vec![
                            tr!(locale, gosuslugi.reads_snils),
                            tr!(locale, gosuslugi.reads_contacts),
                            tr!(locale, gosuslugi.reads_name),
                        ],
                    )}
                    <p class="under">{tr!(locale, gosuslugi.why)}</p>
                    <form method="post" action=START>
                        <div class="btns">
                            <Button>{button_words()}</Button>
                        </div>
                    </form>
                    <p class="small apart">
                        <a href=GUIDE>{tr!(locale, gosuslugi.guide_link)}</a>
                    </p>
                    <section class="sec">
                        <h2>{tr!(locale, gosuslugi.keeps)}</h2>
                        <p>{tr!(locale, gosuslugi.keeps_text)}</p>
                    </section>
                    <section class="sec">
                        <h2>{tr!(locale, gosuslugi.consent)}</h2>
                        <p>{tr!(locale, gosuslugi.consent_text)}</p>
                        <p class="small apart">
                            {around(&more, view! { <a href="/privacy">{tr!(locale, common.privacy)}</a> })}
                        </p>
                    </section>
                </article>
            </div>
        </div>
    }
    .into_any()
}
