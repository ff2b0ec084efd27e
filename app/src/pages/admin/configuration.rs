//! What the portal is configured to, for the system administrator: to read, since it is set where the process runs.

use leptos::prelude::*;

use super::frame::{AdminFrame, AdminSection, admin_head};
use crate::{
    components::{Chip, Tone},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    tr,
};

/// One key and what it is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key's name within its section.
    pub name: String,
    /// What it is set to; `None` for a secret, which is never shown.
    pub value: Option<String>,
    /// It is what it would be if nobody had set it.
    pub is_default: bool,
}

/// A section of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingSection {
    /// Its name.
    pub name: &'static str,
    /// Its keys.
    pub keys: Vec<Setting>,
}

/// What the page shows.
#[derive(Clone)]
pub struct ConfigurationPage {
    /// The way to the other pages.
    pub frame: AdminFrame,
    /// The sections, as they stand in the file.
    pub sections: Vec<SettingSection>,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext) -> PageMeta {
    PageMeta { private: true, ..PageMeta::titled(AdminSection::Configuration.name(ctx.locale)) }
}

/// The page.
pub fn configuration_view(ctx: &PageContext, page: ConfigurationPage) -> AnyView {
    let locale = ctx.locale;
    let row = move |key: Setting| {
        let value = match key.value {
            Some(value) if value.is_empty() => view! { <span class="muted">"—"</span> }.into_any(),
            Some(value) => view! { <bdi>{value}</bdi> }.into_any(),
            None => view! { <span class="muted">{tr!(locale, admin.setting_secret)}</span> }.into_any(),
        };
        let set = (!key.is_default)
            .then(|| view! { <Chip tone=Tone::Good icon=IconName::Check>{tr!(locale, admin.setting_set)}</Chip> });
        view! {
            <tr>
                <th scope="row">
                    <bdi class="ltr">{key.name}</bdi>
                    {set}
                </th>
                <td>{value}</td>
            </tr>
        }
    };
    let sections = page
        .sections
        .into_iter()
        .map(|section| {
            view! {
                <section class="settings">
                    <h2>
                        <bdi class="ltr">{section.name}</bdi>
                    </h2>
                    <table class="tbl">
                        <caption class="vh">{section.name}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{tr!(locale, admin.setting_key)}</th>
                                <th scope="col">{tr!(locale, admin.setting_value)}</th>
                            </tr>
                        </thead>
                        <tbody>{section.keys.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </section>
            }
        })
        .collect_view();
    view! {
        <div class="work">
            {admin_head(locale, &page.frame, tr!(locale, admin.configuration_lead), None)}
            <div class="stack">{sections}</div>
        </div>
    }
    .into_any()
}
