//! The sprite: one hidden `<svg>` at the end of the document, with a `<symbol>` for each icon that was used.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use leptos::prelude::*;

use super::IconName;

/// The icons that a page has used so far.
#[derive(Clone, Default)]
pub struct IconSet(Arc<Mutex<BTreeSet<IconName>>>);

impl IconSet {
    /// Remembers an icon.
    pub fn add(&self, name: IconName) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    }
}

/// Remembers that the page being rendered shows this icon. Outside a page it does nothing.
pub fn note_use(name: IconName) {
    if let Some(icons) = use_context::<IconSet>() {
        icons.add(name);
    }
}

/// The sprite of all icons remembered until now.
#[must_use]
pub fn sprite(icons: &IconSet) -> AnyView {
    let mut symbols = String::new();
    for name in icons.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        // Writing to a string cannot fail.
        let _ = write!(
            symbols,
            r#"<symbol id="{}" viewBox="0 0 24 24">{}</symbol>"#,
            name.href().trim_start_matches('#'),
            drawing(*name)
        );
    }
    view! { <svg hidden inner_html=symbols></svg> }.into_any()
}

fn drawing(name: IconName) -> &'static str {
    match name {
        IconName::Alert => r#"<path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17.2v.1"/>"#,
        IconName::Back => r#"<path d="m14.5 5.5-6.5 6.5 6.5 6.5"/>"#,
        IconName::Check => r#"<path d="m5 12.5 4.5 4.5L19 7.5"/>"#,
        IconName::Clock => r#"<circle cx="12" cy="12" r="9"/><path d="M12 7v5.3l3.4 2"/>"#,
        IconName::Cross => r#"<path d="M6 6l12 12M18 6 6 18"/>"#,
        IconName::Device => r#"<rect x="6.5" y="2.5" width="11" height="19" rx="2.5"/><path d="M11 18.5h2"/>"#,
        IconName::Dot => r#"<circle cx="12" cy="12" r="7.5"/>"#,
        IconName::Down => r#"<path d="m6 9.5 6 6 6-6"/>"#,
        IconName::Eye => {
            r#"<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="2.8"/>"#
        }
        IconName::Filter => r#"<path d="M3.5 6h17M6.5 12h11M10 18h4"/>"#,
        IconName::Forward => r#"<path d="M4.5 12h15M13 5.5l6.5 6.5-6.5 6.5"/>"#,
        IconName::Globe => {
            r#"<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18"/>"#
        }
        IconName::Info => r#"<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.6v.1"/>"#,
        IconName::Key => {
            r#"<circle cx="8" cy="15.5" r="4.5"/><path d="m11.3 12.2 8.2-8.2M16 7.5l3 3M13.7 9.8l1.8 1.8"/>"#
        }
        IconName::Lock => {
            r#"<rect x="5" y="10.5" width="14" height="10" rx="2.5"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>"#
        }
        IconName::Mail => r#"<rect x="3" y="5.5" width="18" height="13.5" rx="2.5"/><path d="m3.8 7.5 8.2 6 8.2-6"/>"#,
        IconName::Off => {
            r#"<path d="M3 3l18 18M8.5 15.5a5 5 0 0 1 5-1.3M5 12a10 10 0 0 1 4.5-2.6M12 19.5v.1M14 8.8a10 10 0 0 1 5 3.2"/>"#
        }
        IconName::Paper => r#"<path d="M6 3.5h8.5L19 8v12.5H6zM14 3.5V8.5h5M9 13h6.5M9 16.5h4"/>"#,
        IconName::Path => {
            r#"<circle cx="6" cy="18" r="2.5"/><circle cx="18" cy="6" r="2.5"/><path d="M8.5 18h6a3 3 0 0 0 0-6h-5a3 3 0 0 1 0-6h6"/>"#
        }
        IconName::People => {
            r#"<circle cx="9" cy="8.5" r="3.5"/><path d="M2.5 19.5c.6-3.5 3-5.2 6.5-5.2s5.9 1.7 6.5 5.2M15.5 5.3a3.5 3.5 0 0 1 0 6.4M18 14.7c2 .7 3.2 2.4 3.6 4.8"/>"#
        }
        IconName::Phone => {
            r#"<path d="M6.5 3.5h3l1.5 4.5-2 1.5a12 12 0 0 0 5.5 5.5l1.5-2 4.5 1.5v3a2 2 0 0 1-2.2 2A17.5 17.5 0 0 1 4.5 5.7a2 2 0 0 1 2-2.2z"/>"#
        }
        IconName::Plus => r#"<path d="M12 5v14M5 12h14"/>"#,
        IconName::Print => {
            r#"<path d="M7 9V3.5h10V9M7 17H4.5A1.5 1.5 0 0 1 3 15.5v-5A1.5 1.5 0 0 1 4.5 9h15a1.5 1.5 0 0 1 1.5 1.5v5a1.5 1.5 0 0 1-1.5 1.5H17M7 14h10v6.5H7z"/>"#
        }
        IconName::Redo => r#"<path d="m15.5 5 4.5 4.5-4.5 4.5M20 9.5H10a5.5 5.5 0 0 0 0 11h3"/>"#,
        IconName::Scale => r#"<path d="M12 4v16M7 20h10M5 7.5h14M5 7.5 2.5 14h5zM19 7.5 16.5 14h5z"/>"#,
        IconName::School => r#"<path d="M4 20.5v-9l8-6.5 8 6.5v9M2.5 20.5h19M10 20.5v-5h4v5M12 10v.1"/>"#,
        IconName::Search => r#"<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>"#,
        IconName::Shield => r#"<path d="M12 3.5 19 6v6c0 4.5-3 7.3-7 8.5-4-1.2-7-4-7-8.5V6z"/>"#,
        IconName::SignOut => {
            r#"<path d="M14 4H6.5A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20H14M10 12h11M17 8l4 4-4 4"/>"#
        }
        IconName::Smile => {
            r#"<circle cx="12" cy="12" r="9"/><path d="M8.5 14.5c1.8 2.3 5.2 2.3 7 0M9 9.5v.1M15 9.5v.1"/>"#
        }
        IconName::Sms => {
            r#"<path d="M4 5h16a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 20 17h-9l-4.5 3.5V17H4a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 4 5zM7.5 11h.1M12 11h.1M16.5 11h.1"/>"#
        }
        IconName::Spin => r#"<path d="M12 3.5a8.5 8.5 0 1 1-8.5 8.5"/>"#,
        IconName::Star => r#"<path d="m12 4 2.4 5.2 5.6.7-4.1 3.9 1.1 5.6-5-2.8-5 2.8 1.1-5.6L4 9.9l5.6-.7z"/>"#,
        IconName::Stop => r#"<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5M12 16.4v.1"/>"#,
        IconName::Undo => r#"<path d="M8.5 5 4 9.5 8.5 14M4 9.5h10a5.5 5.5 0 0 1 0 11h-3"/>"#,
        IconName::User => r#"<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.8-4 3.8-6 7.5-6s6.7 2 7.5 6"/>"#,
    }
}
