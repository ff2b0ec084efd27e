//! Who else has the class open. It stands outside the editor's own part of the page, beside the class picker.

use leptos::prelude::*;

use super::board::Present;
use super::words::{FormWords, put};

/// `id` of the element around it.
pub const PRESENCE_ID: &str = "presence";

/// The faces and the names; nothing while the reader is alone.
pub fn presence_view(words: FormWords, present: RwSignal<Vec<Present>>) -> impl IntoView {
    move || {
        let present = present.get();
        let others: Vec<_> = present.iter().filter(|person| !person.me).map(|person| person.name.as_str()).collect();
        (!others.is_empty()).then(|| draw(&words, &present, &others.join(", ")))
    }
}

fn draw(words: &FormWords, present: &[Present], others: &str) -> AnyView {
    let faces = present.iter().map(|person| {
        let class = if person.me { "face s me" } else { "face s" };
        view! {
            <span class=class aria-hidden="true">
                {person.initials.clone()}
            </span>
        }
    });
    view! {
        <div class="people" role="group" aria-label=put(&words.here, "who", others)>
            {faces.collect_view()}
        </div>
        <span class="small muted opt">{put(&words.with_you, "who", others)}</span>
    }
    .into_any()
}
