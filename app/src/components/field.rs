//! A text field with all that belongs to it, in the order in which it is read: label, hint, error, control.

use leptos::{html, prelude::*};

use super::Icon;
use crate::icons::IconName;

/// One labelled input. The value is an attribute, not a property: what people typed before hydration stays.
#[component]
pub fn Field(
    /// `id` of the control; hint and error derive theirs from it.
    #[prop(into)]
    id: String,
    /// Name in the posted form.
    #[prop(into)]
    name: String,
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
    #[prop(default = "off".to_owned(), into)]
    autocomplete: String,
    /// `inputmode`, when it is not the type's own.
    #[prop(optional, into)]
    inputmode: Option<String>,
    /// More classes of the input: `w-10`, `num`, `code`.
    #[prop(optional, into)]
    class: String,
    /// Longest text that is taken, in UTF-16 units.
    #[prop(optional)]
    maxlength: Option<u16>,
    /// The content runs from left to right in every language: numbers, codes, addresses.
    #[prop(optional)]
    ltr: bool,
    /// The input itself, for code that reads or focuses it.
    #[prop(optional)]
    node: NodeRef<html::Input>,
    /// Called while somebody types.
    #[prop(optional)]
    typing: Option<Callback<()>>,
    /// Called when the field was changed and left.
    #[prop(optional)]
    left: Option<Callback<()>>,
    /// `id` of what else describes the control, such as a list below it.
    #[prop(optional, into)]
    described: Option<String>,
    /// What stands below the control.
    #[prop(optional)]
    below: Option<AnyView>,
    /// What stands beside the control, such as "show".
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let error_id = format!("{id}-e");
    let hinted = hint.is_some();
    let description = {
        let id = id.clone();
        move || {
            let own = described_by(&id, hinted, error.with(Option::is_some));
            match (own, &described) {
                (Some(own), Some(more)) => Some(format!("{own} {more}")),
                (own, more) => own.or_else(|| more.clone()),
            }
        }
    };
    let input = view! {
        <input
            class=format!("input {class}").trim_end().to_owned()
            id=id.clone()
            name=name
            type=move || kind.get()
            value=value
            autocomplete=autocomplete
            inputmode=inputmode
            maxlength=maxlength.map(|n| n.to_string())
            dir=ltr.then_some("ltr")
            autocapitalize=ltr.then_some("none")
            spellcheck=ltr.then_some("false")
            aria-describedby=description
            aria-invalid=move || error.with(Option::is_some).then_some("true")
            on:input=move |_| {
                if let Some(typing) = typing {
                    typing.run(());
                }
            }
            on:change=move |_| {
                if let Some(left) = left {
                    left.run(());
                }
            }
            node_ref=node
        />
    };
    let control = match children {
        Some(beside) => view! { <div class="with">{input} {beside()}</div> }.into_any(),
        None => input.into_any(),
    };
    let hint_id = format!("{id}-h");
    view! {
        <div class="field" class:has-err=move || error.with(Option::is_some)>
            <label for=id>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            {move || error.get().map(|error| error_line(error_id.clone(), error))}
            {control}
            {below}
        </div>
    }
}

/// The sentence that says what is wrong with a control, to stand before it. The `id` is the control's with `-e` behind
/// it.
pub fn error_line(id: String, text: String) -> AnyView {
    view! {
        <p class="err" id=id>
            <Icon name=IconName::Stop />
            <span>{text}</span>
        </p>
    }
    .into_any()
}

/// `aria-describedby` of a control: its hint and its error, as far as there are any.
pub fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (true, true) => Some(format!("{id}-h {id}-e")),
        (true, false) => Some(format!("{id}-h")),
        (false, true) => Some(format!("{id}-e")),
        (false, false) => None,
    }
}
