//! A labelled input of a wizard: looked at when it is left, and shown or hidden where it is a secret.

use leptos::html;
use leptos::prelude::*;

use super::check::{depends_on_others, mistake};
use super::state::Scope;
use super::{LocalCheck, TextField};
use crate::components::{Field, FieldProps, RevealButton, Slip};

/// What a part that is more than an input adds to it.
#[derive(Default)]
pub struct More {
    /// The input.
    pub node: NodeRef<html::Input>,
    /// Called while somebody types.
    pub typing: Option<Callback<()>>,
    /// `id` of what else describes it.
    pub described: Option<String>,
    /// What stands below it.
    pub below: Option<AnyView>,
}

/// The input with all that belongs to it.
pub fn field_view(scope: Scope, field: TextField, more: More) -> AnyView {
    let node = more.node;
    let by_server = field.error;
    let (error, typing, left) = match field.check {
        Some(check) => {
            let slip = slip(scope, node, check, by_server.is_some());
            let error = Signal::derive(move || slip.shown(|| by_server.clone()));
            let typing = Callback::new(move |()| slip.typing());
            (error, more.typing.or(Some(typing)), Some(Callback::new(move |()| slip.left())))
        }
        None => (Signal::stored(by_server), more.typing, None),
    };
    let shown = RwSignal::new(false);
    let secret = field.reveal.is_some();
    let given = input_type(&field.kind);
    let kind = Signal::derive(move || match (secret, shown.get()) {
        (true, true) => "text",
        (true, false) => "password",
        (false, _) => given,
    });
    let children = field.reveal.map(|words| -> Children {
        Box::new(move || {
            view! {
                <RevealButton
                    shown
                    show=words.show
                    hide=words.hide
                    show_label=words.show_label
                    hide_label=words.hide_label
                />
            }
            .into_any()
        })
    });
    Field(FieldProps {
        id: field.name.clone(),
        name: field.name,
        label: field.label,
        hint: field.hint,
        error,
        value: field.value,
        kind,
        autocomplete: if field.autocomplete.is_empty() { "off".to_owned() } else { field.autocomplete },
        inputmode: field.inputmode,
        class: field.class,
        maxlength: field.maxlength,
        ltr: field.ltr,
        node,
        typing,
        left,
        described: more.described,
        below: more.below,
        children,
    })
    .into_any()
}

/// What the browser knows of the field by the page's rule.
fn slip(scope: Scope, node: NodeRef<html::Input>, check: LocalCheck, told: bool) -> Slip {
    let depends = depends_on_others(&check.rule);
    let slip = Slip::new(Signal::stored(told), move || mistake(&check, &typed(node), &|name: &str| posted(node, name)));
    if depends {
        Effect::new(move |before: Option<()>| {
            scope.chosen.track();
            if before.is_some() && !typed(node).trim().is_empty() {
                slip.look_again();
            }
        });
    }
    slip
}

/// What stands in the input.
pub fn typed(node: NodeRef<html::Input>) -> String {
    node.get_untracked().map(|input| input.value()).unwrap_or_default()
}

/// What another control of the input's form would post.
fn posted(node: NodeRef<html::Input>, name: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    {
        node.get_untracked().and_then(|input| input.form()).and_then(|form| super::browser::value(&form, name))
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = (node, name);
        None
    }
}

/// The types that a wizard's inputs have; anything else is plain text.
fn input_type(kind: &str) -> &'static str {
    match kind {
        "email" => "email",
        "tel" => "tel",
        "password" => "password",
        _ => "text",
    }
}
