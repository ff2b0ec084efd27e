//! The footer: what every visitor may look for, and the help line, where there is one, once more.

use leptos::prelude::*;

use crate::{components::HelpLine, page_context::PageContext, tr};

pub(super) fn footer(ctx: &PageContext) -> impl IntoView + use<> {
    let locale = ctx.locale;
    view! {
        <footer class="foot">
            <a href="/about/registration">{tr!(locale, common.about_registration)}</a>
            <a href="/accessibility">{tr!(locale, common.accessibility)}</a>
            <a href="/privacy">{tr!(locale, common.privacy)}</a>
            {ctx
                .portal
                .help_line
                .clone()
                .map(|number| view! { <span>{tr!(locale, common.help_line)} " " <HelpLine number /></span> })}
        </footer>
    }
}
