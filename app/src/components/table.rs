//! A plain table that scrolls inside its own region when it is wider than the page.

use leptos::prelude::*;

/// A table with a caption for assistive technology and a heading per column. The children are its rows.
#[component]
pub fn Table(
    /// What the table is.
    #[prop(into)]
    caption: String,
    /// The headings of the columns.
    columns: Vec<String>,
    /// `<tr>` elements.
    children: Children,
) -> impl IntoView {
    let label = caption.clone();
    view! {
        <div class="scroll" role="region" tabindex="0" aria-label=label>
            <table class="tbl">
                <caption class="vh">{caption}</caption>
                <thead>
                    <tr>
                        {columns.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect_view()}
                    </tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}
