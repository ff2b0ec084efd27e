//! The accessibility statement: what was done, what is known to be missing, and how to report a barrier
//! (IS 5568, which takes over WCAG; measured against WCAG 2.2 level AA).

use leptos::prelude::*;

use crate::{
    layout::PageMeta,
    page_context::PageContext,
    pages::privacy::{contact, list},
    tr,
};

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta {
        description: Some(tr!(ctx.locale, legal.a_lead).to_owned()),
        ..PageMeta::titled(tr!(ctx.locale, legal.a_title))
    }
}

/// The page.
#[component]
pub fn Accessibility(
    /// The request.
    ctx: PageContext,
) -> AnyView {
    let locale = ctx.locale;
    view! {
        <div class="page">
            <div class="narrow">
                <article class="panel leaf">
                    <h1>{tr!(locale, legal.a_title)}</h1>
                    <p class="lead under">{tr!(locale, legal.a_lead)}</p>
                    <section class="sec">
                        <h2>{tr!(locale, legal.a_done)}</h2>
                        {list(
                            vec![
                                tr!(locale, legal.a_done_1),
                                tr!(locale, legal.a_done_2),
                                tr!(locale, legal.a_done_3),
                                tr!(locale, legal.a_done_4),
                                tr!(locale, legal.a_done_5),
                                tr!(locale, legal.a_done_6),
                            ],
                        )}
                    </section>
                    <section class="sec">
                        <h2>{tr!(locale, legal.a_limits)}</h2>
                        <p>{tr!(locale, legal.a_limits_text)}</p>
                    </section>
                    <section class="sec">
                        <h2>{tr!(locale, legal.a_report)}</h2>
                        <p>{tr!(locale, legal.a_report_text)}</p>
                        {contact(&ctx)}
                    </section>
                </article>
            </div>
        </div>
    }
    .into_any()
}
