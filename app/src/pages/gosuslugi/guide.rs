//! `/sign-in/esia/guide`: what a student needs before 14 and from 14 on, how parents sign in, and who enters the contacts.

use leptos::prelude::*;

use super::START;
use crate::{
    components::{Icon, LinkButton, Note},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    pages::about::steps,
    tr,
};

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta {
        description: Some(tr!(ctx.locale, gosuslugi.description).to_owned()),
        ..PageMeta::titled(tr!(ctx.locale, gosuslugi.guide_title))
    }
}

/// The page.
#[component]
pub fn Guide(
    /// The request.
    ctx: PageContext,
) -> AnyView {
    let locale = ctx.locale;
    view! {
        <div class="page">
            <div class="narrow">
                <article class="panel leaf">
                    <a class="back" href=START>
                        <Icon name=IconName::Back />
                        {tr!(locale, gosuslugi.title)}
                    </a>
                    <h1>{tr!(locale, gosuslugi.guide_title)}</h1>
                    <p class="lead under">{tr!(locale, gosuslugi.guide_lead)}</p>
                    <section class="sec">
                        <h2>{tr!(locale, gosuslugi.young)}</h2>
                        {steps(
                            vec![
                                (tr!(locale, gosuslugi.young_account), tr!(locale, gosuslugi.young_account_text)),
                                (tr!(locale, gosuslugi.young_same), tr!(locale, gosuslugi.young_same_text)),
                                (tr!(locale, gosuslugi.young_own), tr!(locale, gosuslugi.young_own_text)),
                            ],
                        )}
                    </section>
                    <section class="sec">
                        <h2>{tr!(locale, gosuslugi.older)}</h2>
                        <p>{tr!(locale, gosuslugi.older_text)}</p>
                    </section>
                    <section class="sec">
                        <h2>{tr!(locale, gosuslugi.parents)}</h2>
                        <p>{tr!(locale, gosuslugi.parents_text)}</p>
                    </section>
                    <section class="sec">
                        <h2>{tr!(locale, gosuslugi.enter)}</h2>
                        {steps(
                            vec![
                                (tr!(locale, gosuslugi.enter_1), tr!(locale, gosuslugi.enter_1_text)),
                                (tr!(locale, gosuslugi.enter_2), tr!(locale, gosuslugi.enter_2_text)),
                                (tr!(locale, gosuslugi.enter_3), tr!(locale, gosuslugi.enter_3_text)),
                            ],
                        )}
                        {ctx
                            .viewer
                            .is_none()
                            .then(|| {
                                view! {
                                    <div class="btns apart">
                                        <LinkButton href=START>{super::button_words()}</LinkButton>
                                    </div>
                                }
                            })}
                    </section>
                    <section class="sec">
                        <h2>{tr!(locale, gosuslugi.office)}</h2>
                        <Note icon=IconName::People>
                            <p>{tr!(locale, gosuslugi.office_text)}</p>
                        </Note>
                    </section>
                </article>
            </div>
        </div>
    }
    .into_any()
}
