//! A text field with all that belongs to it, in the order in which it is read: label, hint, error, control.

use leptos::{html, prelude::*};

use super::Icon;
use crate::icons::IconName;

/// One labelled input. The value is an attribute, not a property: what people typed before hydration stays.
#[component]
pub fn Field(
    /// `id` of the control; hint and error derive theirs from it.
    id: &'static str,
    /// Name in the posted form.
    name: &'static str,
    /// The label.
    #[prop(into)]
    label: String,
    /// What helps before a mistake is made.
    #[prop(optional, into)]
    hint: Option<String>,
    /// The sentence that says what to write instead.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// What the field holds when the page comes; empty for secrets.
    #[prop(optional, into)]
    value: String,
    /// `type` of the input; a signal, so that a password can be shown.
    #[prop(default = Signal::stored("text"), into)]
    kind: Signal<&'static str>,
    /// `autocomplete` token.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// `inputmode`, when it is not the type's own.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// More classes of the input: `w-10`, `num`, `code`.
    #[prop(optional)]
    class: &'static str,
    /// Longest text that is taken, in UTF-16 units.
    #[prop(optional)]
    maxlength: Option<u16>,
    /// The content runs from left to right in every language: numbers, codes, addresses.
    #[prop(optional)]
    ltr: bool,
    /// The input itself, for code that reads or focuses it.
    #[prop(optional)]
    node: NodeRef<html::Input>,
    /// What stands beside the control, such as "show".
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let hint_id = format!("{id}-h");
    let error_id = format!("{id}-e");
    let described_by = {
        let hint_id = hint.is_some().then(|| hint_id.clone());
        let error_id = error_id.clone();
        move || match (&hint_id, error.get().is_some()) {
            (Some(hint), true) => Some(format!("{hint} {error_id}")),
            (Some(hint), false) => Some(hint.clone()),
            (None, true) => Some(error_id.clone()),
            (None, false) => None,
        }
    };
    let input = view! {
        <input
            class=format!("input {class}").trim_end().to_owned()
            id=id
            name=name
            type=move || kind.get()
            value=value
            autocomplete=autocomplete
            inputmode=inputmode
            maxlength=maxlength.map(|n| n.to_string())
            dir=ltr.then_some("ltr")
            autocapitalize=ltr.then_some("none")
            spellcheck=ltr.then_some("false")
            aria-describedby=described_by
            aria-invalid=move || error.get().is_some().then_some("true")
            node_ref=node
        />
    };
    let control = match children {
        Some(beside) => view! { <div class="with">{input} {beside()}</div> }.into_any(),
        None => input.into_any(),
    };
    view! {
        <div class="field" class:has-err=move || error.get().is_some()>
            <label for=id>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            {move || {
                error
                    .get()
                    .map(|error| {
                        view! {
                            <p class="err" id=error_id.clone()>
                                <Icon name=IconName::Stop />
                                <span>{error}</span>
                            </p>
                        }
                    })
            }}
            {control}
        </div>
    }
}
