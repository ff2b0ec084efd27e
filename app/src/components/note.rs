//! Banners and status chips: always an icon, a word and a colour together.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::Icon;
use crate::icons::IconName;

/// What a banner or a chip is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// Neutral news.
    #[default]
    Info,
    /// Something needs attention.
    Warn,
    /// It worked, or all is well.
    Good,
    /// It failed.
    Bad,
    /// No colour of its own.
    Plain,
}

impl Tone {
    fn of(self, base: &'static str) -> String {
        let tone = match self {
            // A banner is blue unless told otherwise; a chip says it.
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Plain => return base.to_owned(),
        };
        format!("{base} {tone}")
    }
}

/// A banner. `role` is `status` for what just happened, `alert` for what went wrong by script, and absent for standing advice.
#[component]
pub fn Note(
    /// What it is about.
    #[prop(optional)]
    tone: Tone,
    /// Its icon.
    #[prop(default = IconName::Info)]
    icon: IconName,
    /// ARIA role, when it has one.
    #[prop(optional)]
    role: Option<&'static str>,
    /// What it says: block elements.
    children: Children,
) -> impl IntoView {
    view! {
        <div class=tone.of("note") role=role>
            <Icon name=icon />
            <div>{children()}</div>
        </div>
    }
}

/// A status, never a button.
#[component]
pub fn Chip(
    /// What it is about.
    #[prop(optional)]
    tone: Tone,
    /// Its icon.
    icon: IconName,
    /// The word.
    children: Children,
) -> impl IntoView {
    view! {
        <span class=tone.of("chip")>
            <Icon name=icon />
            {children()}
        </span>
    }
}
