//! The frame of every page: head, header, footer, sprite.
//!
//! The rule: language and direction are right in the first byte, the frame is never hydrated, and nothing in it needs
//! a script or a `style` attribute.

mod footer;
mod header;
pub mod staff;

use leptos::prelude::*;

use crate::{
    icons::{IconName, IconSet, sprite},
    page_context::PageContext,
    tr,
};

/// What a page says about itself to its frame.
#[derive(Default)]
pub struct PageMeta {
    /// The page's name as its `<h1>` has it; empty on the home page.
    pub title: String,
    /// One sentence for search results, on pages that are for everybody.
    pub description: Option<String>,
    /// The page shows a rejected form: the title says so first.
    pub has_errors: bool,
    /// The page is nobody's business but the reader's: keep it out of search engines.
    pub private: bool,
    /// What goes to the end of `<head>`: the hydration scripts of an interactive page.
    pub head: Option<AnyView>,
    /// Icons that a script may show later, beyond those that the page shows at first.
    pub later_icons: &'static [IconName],
}

impl PageMeta {
    /// A page with this name.
    #[must_use]
    pub fn titled(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }
}

/// A whole document around a page's main part. Needs a reactive owner, as every render has.
pub fn document(ctx: &PageContext, meta: PageMeta, main: impl FnOnce() -> AnyView) -> AnyView {
    let icons = IconSet::default();
    provide_context(icons.clone());
    for name in meta.later_icons {
        icons.add(*name);
    }
    let locale = ctx.locale;
    let title = html_escape::encode_text(&full_title(ctx, &meta)).into_owned();
    let space = if ctx.workplace().is_some() { "staff" } else { "family" };
    let main = main();
    let frame_top = header::header(ctx).into_any();
    let frame_bottom = footer::footer(ctx).into_any();
    // Views are built before this point, reactive parts of `main` are rendered before this place: the sprite comes last.
    let sprite = move || sprite(&icons);
    view! {
        <!DOCTYPE html>
        <html lang=locale.code() dir=locale.dir()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                // No markup is read inside a title, and the mark that Leptos leaves behind an element's children is a comment.
                <title inner_html=title></title>
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#0d4740" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#0a322d" media="(prefers-color-scheme: dark)" />
                {meta.description.map(|text| view! { <meta name="description" content=text /> })}
                {meta.private.then(|| view! { <meta name="robots" content="noindex" /> })}
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/icon-192.png" />
                <link rel="manifest" href="/site.webmanifest" />
                <link rel="stylesheet" href=ctx.stylesheet.clone() />
                {meta.head}
            </head>
            <body class=space>
                <a class="skip" href="#main">
                    {tr!(locale, common.skip)}
                </a>
                {frame_top}
                <main id="main" tabindex="-1">
                    {main}
                </main>
                {frame_bottom}
                {sprite}
            </body>
        </html>
    }
    .into_any()
}

/// "Error: page · portal".
fn full_title(ctx: &PageContext, meta: &PageMeta) -> String {
    let portal = ctx.portal_name();
    if meta.title.is_empty() {
        portal.to_owned()
    } else if meta.has_errors {
        tr!(ctx.locale, common.error_title, title = format!("{} · {portal}", meta.title))
    } else {
        format!("{} · {portal}", meta.title)
    }
}
