//! Posting by script: the page stays, problems appear in place, success leads on. Where there is no script, the browser
//! posts the same form to the page's own address.

use domain::Locale;
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

use crate::api::forms::{Answer, FieldName, Problem, Refusal};

/// A form that posts by script.
#[derive(Clone, Copy)]
pub struct Submission {
    /// On its way, or leaving the page.
    pub busy: Signal<bool>,
    on_submit: Callback<SubmitEvent>,
}

impl Submission {
    /// What the form's `submit` event calls.
    pub fn submit(self, event: SubmitEvent) {
        self.on_submit.run(event);
    }
}

/// Ties a form to its server function: `read` reads the fields when the form is sent, `send` sends them. `secret` is emptied
/// when the form is refused, as in a page that the server sends again; everything else stays.
pub fn submission<Input, Sent>(
    locale: Locale,
    refusal: RwSignal<Refusal>,
    field: FieldName,
    secret: Option<NodeRef<html::Input>>,
    read: impl Fn() -> Input + Send + Sync + 'static,
    send: impl Fn(Input) -> Sent + 'static,
) -> Submission
where
    Input: Clone + Send + Sync + 'static,
    Sent: Future<Output = Result<Answer, ServerFnError>> + 'static,
{
    let action = Action::new_local(move |input: &Input| send(input.clone()));
    let leaving = RwSignal::new(false);
    let pending = action.pending();
    Effect::new(move |_| {
        match action.value().get() {
            None => return,
            Some(Ok(Answer::Next(path))) => {
                leaving.set(true);
                // A refused navigation leaves the page as it is, and the form can be sent again.
                if window().location().assign(&path).is_err() {
                    leaving.set(false);
                }
                return;
            }
            Some(Ok(Answer::Refused(refused))) => {
                if let Some(input) = secret.and_then(|secret| secret.get_untracked()) {
                    input.set_value("");
                }
                refusal.set(refused);
            }
            // Only what never came back is the connection's fault.
            Some(Err(ServerFnError::Request(_))) => refusal.set(Refusal::one(field, Problem::Offline)),
            Some(Err(_)) => refusal.set(Refusal::one(field, Problem::Unavailable)),
        }
        super::problems::mark_title(locale);
    });
    let busy = Signal::derive(move || pending.get() || leaving.get());
    let on_submit = Callback::new(move |event: SubmitEvent| {
        event.prevent_default();
        // A second press while the first is on its way would ask twice.
        if !busy.get_untracked() {
            action.dispatch_local(read());
        }
    });
    Submission { busy, on_submit }
}
