//! The ID number of a record: masked, shown on request, and the forms that set, correct or remove it. A refused number stays as it was
//! typed; what is on file is never filled in.

use domain::{IdKind, IdentifierError, Locale};
use leptos::prelude::*;

use super::Record;
use super::edit::{PASSWORD, Proof, VERSION, proof_view, proof_words};
use crate::{
    components::{ErrorItem, ErrorSummary, Field, Icon, Note, Tone},
    icons::IconName,
    pages::wizard_kit::id_sentence,
    text::in_time,
    tr,
};

/// `name` of the field that says what the form is for: [`SET`] or [`REMOVE`].
const DO: &str = "do";
/// Stores the typed number.
pub const SET: &str = "set";
/// Takes the number on file away.
pub const REMOVE: &str = "remove";
/// `name` of the choice of the number's kind.
const ID_TYPE: &str = "id_type";
/// `name` of the number.
const ID_NUMBER: &str = "id_number";
/// `id` of the number's control.
const NUMBER_ID: &str = "f-id_number";

/// The kinds that can be chosen; a SNILS is a field of its own.
pub const NUMBER_KINDS: [IdKind; 2] = [IdKind::IlId, IdKind::Fictitious];

/// What is wrong with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberProblem {
    /// It is no number of its kind.
    Wrong(IdentifierError),
    /// Somebody else has it.
    Taken,
    /// Somebody else has changed the number on file meanwhile.
    Changed,
    /// Too many numbers of others were entered: so many seconds to wait.
    TooMany(u64),
}

impl NumberProblem {
    fn words(self, locale: Locale) -> String {
        match self {
            Self::Wrong(error) => match error.code() {
                "empty" => tr!(locale, people.number_empty).to_owned(),
                "check_digit" | "all_zero" => tr!(locale, people.number_check).to_owned(),
                _ => id_sentence(locale, error),
            },
            Self::Taken => tr!(locale, people.number_taken).to_owned(),
            Self::Changed => tr!(locale, people.number_changed).to_owned(),
            Self::TooMany(seconds) => tr!(locale, people.number_too_many, when = in_time(locale, seconds)),
        }
    }
}

/// The forms for the number.
#[derive(Clone, Default)]
pub struct NumberForm {
    /// The version that the record is of.
    pub version: i64,
    /// The chosen kind.
    pub kind: IdKind,
    /// What was typed.
    pub typed: String,
    /// What is wrong with it.
    pub problem: Option<NumberProblem>,
    /// The editor's password is asked for.
    pub proof: Option<Proof>,
    /// It was the removal that was refused.
    pub removing: bool,
    /// The number was just saved; or there was nothing to change.
    pub saved: Option<bool>,
}

impl NumberForm {
    /// It comes back from a post.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.problem.is_some() || self.proof.is_some()
    }
}

/// The row of the number. Showing it is noted, so it is asked for by a post.
pub(super) fn number_row(locale: Locale, path: &str, record: &Record) -> AnyView {
    let value = match &record.id_number {
        Some(number) => view! { <bdi class="ltr num">{number.clone()}</bdi> }.into_any(),
        None => view! { <span class="muted">{tr!(locale, people.none)}</span> }.into_any(),
    };
    let reveal = record.may_reveal.then(|| {
        view! {
            <form method="post" action=format!("{path}/number")>
                <input type="hidden" name="person" value=record.id.clone() />
                <button class="btn quiet s" aria-describedby="reveal-why">
                    <Icon name=IconName::Eye />
                    {tr!(locale, people.reveal)}
                </button>
                <small id="reveal-why">{tr!(locale, people.reveal_why)}</small>
            </form>
        }
    });
    view! {
        <tr>
            <th scope="row">{tr!(locale, people.f_id_number)}</th>
            <td>{value}</td>
            <td class="small">{reveal}</td>
        </tr>
    }
    .into_any()
}

/// The forms that change the number. `path` is the page's own.
pub(super) fn number_view(locale: Locale, path: &str, record: &Record, form: &NumberForm) -> AnyView {
    let problem = form.problem.map(|problem| problem.words(locale));
    let wrong = problem.clone().map(|text| {
        // There is no field in the form that removes the number.
        ErrorItem { field: (!form.removing).then(|| NUMBER_ID.to_owned()), text }
    });
    let unproved =
        form.proof.map(|proof| ErrorItem { field: Some(PASSWORD.to_owned()), text: proof_words(locale, proof) });
    let errors: Vec<ErrorItem> = wrong.into_iter().chain(unproved).collect();
    let saved = form.saved.map(|changed| {
        let words = if changed { tr!(locale, people.number_saved) } else { tr!(locale, people.person_unchanged) };
        view! {
            <Note tone=Tone::Good icon=IconName::Check role="status">
                <p>{words}</p>
            </Note>
        }
    });
    let on_file = record.id_number.is_some();
    let remove = (on_file || form.removing).then(|| remove_view(locale, path, record, form));
    view! {
        <section class="stack" id="id-number" aria-labelledby="h-id-number">
            <ErrorSummary title=tr!(locale, people.check).to_owned() items=errors />
            <h3 id="h-id-number">{tr!(locale, people.f_id_number)}</h3>
            {saved}
            {set_view(locale, path, record, form, problem.filter(|_| !form.removing))}
            {remove}
        </section>
    }
    .into_any()
}

fn set_view(locale: Locale, path: &str, record: &Record, form: &NumberForm, problem: Option<String>) -> AnyView {
    let title =
        if record.id_number.is_some() { tr!(locale, people.number_change) } else { tr!(locale, people.number_enter) };
    let proof = form.proof.filter(|_| !form.removing);
    let open = form.is_refused() && !form.removing;
    view! {
        <details class="more" open=open>
            <summary>{title}</summary>
            <form method="post" action=format!("{path}/id-number") class="fields stack">
                {hidden(record, form, SET)}
                <p class="small muted">{tr!(locale, people.number_why)}</p>
                {kind_view(locale, form.kind)}
                <Field
                    id=NUMBER_ID
                    name=ID_NUMBER
                    label=tr!(locale, people.f_id_number)
                    hint=tr!(locale, people.number_hint)
                    error=problem
                    value=form.typed.clone()
                    inputmode="numeric"
                    class="w-20 num"
                    maxlength=32_u16
                    ltr=true
                />
                {proof.map(|proof| proof_view(locale, proof, tr!(locale, people.number_proof)))}
                <div class="btns">
                    <button class="btn second s">
                        <Icon name=IconName::Check />
                        {tr!(locale, people.save)}
                    </button>
                </div>
            </form>
        </details>
    }
    .into_any()
}

fn remove_view(locale: Locale, path: &str, record: &Record, form: &NumberForm) -> AnyView {
    let proof = form.proof.filter(|_| form.removing);
    let open = form.is_refused() && form.removing;
    view! {
        <details class="more" open=open>
            <summary>{tr!(locale, people.number_remove)}</summary>
            <form method="post" action=format!("{path}/id-number") class="fields stack">
                {hidden(record, form, REMOVE)}
                <p>{tr!(locale, people.number_remove_sure)}</p>
                {proof.map(|proof| proof_view(locale, proof, tr!(locale, people.number_proof)))}
                <button class="btn danger s">{tr!(locale, people.number_remove_do)}</button>
            </form>
        </details>
    }
    .into_any()
}

fn hidden(record: &Record, form: &NumberForm, what: &'static str) -> AnyView {
    view! {
        <input type="hidden" name="person" value=record.id.clone() />
        <input type="hidden" name=VERSION value=form.version.to_string() />
        <input type="hidden" name=DO value=what />
    }
    .into_any()
}

fn kind_view(locale: Locale, chosen: IdKind) -> AnyView {
    let options = NUMBER_KINDS
        .into_iter()
        .map(|kind| {
            let words = match kind {
                IdKind::Fictitious => tr!(locale, people.number_fictitious),
                IdKind::IlId | IdKind::RuSnils => tr!(locale, sign_in.id_kind_il),
            };
            let selected = kind == chosen;
            view! {
                <option value=kind.code() selected=selected>
                    {words}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for="f-id_type">{tr!(locale, sign_in.id_kind)}</label>
            <span class="pick">
                <select class="select" id="f-id_type" name=ID_TYPE>
                    {options}
                </select>
                <Icon name=IconName::Down />
            </span>
        </div>
    }
    .into_any()
}
