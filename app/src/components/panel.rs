//! The surfaces that content lies on, and the help line's number.

use leptos::prelude::*;

use crate::text::around;

/// The page's main surface, with the leaf corner. At most one a page.
#[component]
pub fn Panel(
    /// What lies on it.
    children: Children,
) -> impl IntoView {
    view! { <section class="panel leaf">{children()}</section> }
}

/// A smaller surface.
#[component]
pub fn Card(
    /// `id` of the heading that names it.
    #[prop(optional)]
    labelled_by: Option<&'static str>,
    /// What lies on it.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby=labelled_by>
            {children()}
        </section>
    }
}

/// The help line's number as a link that dials it, left to right in every language.
#[component]
pub fn HelpLine(
    /// The number as people dial it.
    #[prop(into)]
    number: String,
) -> impl IntoView {
    let href = format!("tel:{number}");
    view! {
        <a href=href>
            <bdi class="ltr num">{number.clone()}</bdi>
        </a>
    }
}

/// A sentence with the help line's number in the place of [`SLOT`](crate::text::SLOT); `school` says whom to ask where there
/// is no help line.
pub fn help_sentence(number: Option<&str>, sentence: &str, school: &'static str) -> AnyView {
    match number {
        Some(number) => around(sentence, view! { <HelpLine number=number.to_owned() /> }),
        None => school.into_any(),
    }
}
