//! Buttons, and links that look like them. One primary button a page.

use leptos::prelude::*;

/// How much a button asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonLook {
    /// The page's one main action.
    #[default]
    Primary,
    /// Another way.
    Second,
    /// Another way, in the full width of its card.
    SecondWide,
    /// Small, beside a title or in a list.
    Small,
    /// Looks like a link.
    Quiet,
    /// Ends or removes something; small, because it stands in lists.
    Danger,
}

impl ButtonLook {
    fn class(self) -> &'static str {
        match self {
            Self::Primary => "btn",
            Self::Second => "btn second",
            Self::SecondWide => "btn second wide",
            Self::Small => "btn second s",
            Self::Quiet => "btn quiet",
            Self::Danger => "btn danger s",
        }
    }
}

/// A form's button. While `busy` it keeps its width and says so; it is never disabled, since a disabled button
/// cannot tell why.
#[component]
pub fn Button(
    /// How it looks.
    #[prop(optional)]
    look: ButtonLook,
    /// The request is on its way.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! {
        <button class=look.class() aria-busy=move || busy.get().then_some("true")>
            {children()}
        </button>
    }
}

/// A link that looks like a button.
#[component]
pub fn LinkButton(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// How it looks.
    #[prop(optional)]
    look: ButtonLook,
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! {
        <a class=look.class() href=href>
            {children()}
        </a>
    }
}
