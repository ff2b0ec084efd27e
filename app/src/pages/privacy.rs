//! What is kept about people, for how long, and what they can ask for.

use leptos::prelude::*;

use crate::{
    components::{Table, help_sentence},
    layout::PageMeta,
    page_context::PageContext,
    text::SLOT,
    tr,
};

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta {
        description: Some(tr!(ctx.locale, legal.p_lead).to_owned()),
        ..PageMeta::titled(tr!(ctx.locale, legal.p_title))
    }
}

/// The page.
#[component]
pub fn Privacy(
    /// The request.
    ctx: PageContext,
) -> AnyView {
    let locale = ctx.locale;
    let kept = [
        (tr!(locale, legal.p_row_details), tr!(locale, legal.p_row_details_kept)),
        (tr!(locale, legal.p_row_codes), tr!(locale, legal.p_row_codes_kept)),
        (tr!(locale, legal.p_row_password), tr!(locale, legal.p_row_password_kept)),
        (tr!(locale, legal.p_row_session), tr!(locale, legal.p_row_session_kept)),
        (tr!(locale, legal.p_row_messages), tr!(locale, legal.p_row_messages_kept)),
        (tr!(locale, legal.p_row_log), tr!(locale, legal.p_row_log_kept)),
    ];
    view! {
        <div class="page">
            <div class="narrow">
                <article class="panel leaf">
                    <h1>{tr!(locale, legal.p_title)}</h1>
                    <p class="lead under">{tr!(locale, legal.p_lead)}</p>
                    <section class="sec">
                        <h2>{tr!(locale, legal.p_kept)}</h2>
                        <Table
                            caption=tr!(locale, legal.p_kept)
                            columns=vec![
                                tr!(locale, legal.p_what).to_owned(),
                                tr!(locale, legal.p_how_long).to_owned(),
                            ]
                        >
                            {kept
                                .into_iter()
                                .map(|(what, how_long)| {
                                    view! {
                                        <tr>
                                            <th scope="row">{what}</th>
                                            <td>{how_long}</td>
                                        </tr>
                                    }
                                })
                                .collect_view()}
                        </Table>
                    </section>
                    <section class="sec">
                        <h2>{tr!(locale, legal.p_guard)}</h2>
                        {list(
                            vec![
                                tr!(locale, legal.p_guard_1),
                                tr!(locale, legal.p_guard_2),
                                tr!(locale, legal.p_guard_3),
                            ],
                        )}
                    </section>
                    <section class="sec">
                        <h2>{tr!(locale, legal.p_cookies)}</h2>
                        <p>{tr!(locale, legal.p_cookies_text)}</p>
                    </section>
                    {ctx
                        .portal
                        .esia_enabled
                        .then(|| {
                            view! {
                                <section class="sec">
                                    <h2>{tr!(locale, legal.p_esia)}</h2>
                                    <p>{tr!(locale, legal.p_esia_text)}</p>
                                </section>
                            }
                        })}
                    <section class="sec">
                        <h2>{tr!(locale, legal.p_rights)}</h2>
                        {list(
                            vec![
                                tr!(locale, legal.p_rights_1),
                                tr!(locale, legal.p_rights_2),
                                tr!(locale, legal.p_rights_3),
                            ],
                        )}
                        {contact(&ctx)}
                    </section>
                </article>
            </div>
        </div>
    }
    .into_any()
}

/// A list of sentences.
pub(super) fn list(items: Vec<&'static str>) -> AnyView {
    view! { <ul class="plain">{items.into_iter().map(|item| view! { <li>{item}</li> }).collect_view()}</ul> }.into_any()
}

/// Whom to turn to: the help line or the school office, and the address for reports where there is one.
pub(super) fn contact(ctx: &PageContext) -> AnyView {
    let help = help_sentence(
        ctx.portal.help_line.as_deref(),
        &tr!(ctx.locale, legal.contact, line = SLOT),
        tr!(ctx.locale, legal.contact_school),
    );
    let email = ctx.portal.contact_email.clone().map(|address| {
        view! {
            <p>
                {tr!(ctx.locale, legal.contact_email)} " " <a href=format!("mailto:{address}")>
                    <bdi class="ltr">{address.clone()}</bdi>
                </a>
            </p>
        }
    });
    view! {
        <p class="apart">{help}</p>
        {email}
    }
    .into_any()
}
