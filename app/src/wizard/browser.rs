//! What the wizards ask of the browser itself: the values of a form, the window's title, the focus.

use domain::Locale;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{FocusOptions, FormData, HtmlElement, HtmlFormElement};

use crate::tr;

/// What the submitted form would post for these names. A box that is not ticked is not posted.
pub fn fields(event: &SubmitEvent, names: &[String]) -> Option<Vec<(String, String)>> {
    let form = event.target()?.dyn_into::<HtmlFormElement>().ok()?;
    let data = FormData::new_with_form(&form).ok()?;
    Some(names.iter().filter_map(|name| Some((name.clone(), data.get(name).as_string()?))).collect())
}

/// What a form would post for one name.
pub fn value(form: &HtmlFormElement, name: &str) -> Option<String> {
    FormData::new_with_form(form).ok()?.get(name).as_string()
}

/// The window's title for a page with another title; the portal's name behind it stays. A title with something to mend
/// says so first.
pub fn retitle(locale: Locale, before: &str, title: &str, wrong: bool) {
    let page = document();
    let whole = page.title();
    let Some((_, portal)) = whole.split_once(&format!("{before} · ")) else { return };
    let title = format!("{title} · {portal}");
    page.set_title(&if wrong { tr!(locale, common.error_title, title = title) } else { title });
}

/// Whether something inside the page's main part has the focus.
pub fn focus_is_inside() -> bool {
    let page = document();
    let (Some(main), Some(focused)) = (page.get_element_by_id("main"), page.active_element()) else { return false };
    main.contains(Some(&focused)) && !main.is_same_node(Some(&focused))
}

/// Gives the focus to the page's main part. `scroll`: and shows its beginning.
pub fn focus_main(scroll: bool) {
    let main = document().get_element_by_id("main").and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(main) = main {
        let options = FocusOptions::new();
        options.set_prevent_scroll(!scroll);
        // A refused focus loses nothing but comfort.
        let _ = main.focus_with_options(&options);
    }
}
