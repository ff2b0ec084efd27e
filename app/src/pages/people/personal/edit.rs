//! The form that changes a person's record. What was typed stays, whatever is wrong: a value, a change that somebody
//! else made meanwhile, or a missing proof of who is typing.

use domain::{FieldFault, Locale, PersonField};
use leptos::prelude::*;

use super::buttons;
use crate::{
    components::{ErrorItem, ErrorSummary, Field, Note, Tone},
    icons::IconName,
    page_context::PageContext,
    pages::people::fields::{fault_words, field_id, field_name, field_view},
    text::in_time,
    tr,
};

/// `name` of the field that carries the version which the form was filled from.
pub const VERSION: &str = "version";
/// Begins the `name` of a field that carries what another one showed: `was-mobile`.
pub const WAS: &str = "was-";
/// `name` of the field with the editor's own password.
pub const PASSWORD: &str = "password";

/// What the form asks of the editor before it changes an address that somebody signs in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The password is needed.
    Needed,
    /// Nothing was typed.
    Empty,
    /// It was wrong.
    Wrong,
    /// It was wrong too often: so many seconds to wait.
    Wait(u64),
    /// The editor has no password; signing in anew is proof.
    NoPassword,
}

/// A field that somebody else has changed meanwhile.
#[derive(Clone)]
pub struct ConflictLine {
    /// The field.
    pub field: PersonField,
    /// Their value, as people write it.
    pub theirs: Option<String>,
    /// Who.
    pub by: String,
    /// When, Unix milliseconds UTC.
    pub at: i64,
}

/// The form.
#[derive(Clone)]
pub struct EditForm {
    /// The person's id.
    pub person: String,
    /// The whole name, in the order of the reader's language.
    pub name: String,
    /// The version that the values are of.
    pub version: i64,
    /// What the fields hold: what is on file, or what was typed.
    pub values: Vec<(PersonField, String)>,
    /// What was on file when the form was filled. Only a field that differs from it was changed by the editor.
    pub shown: Vec<(PersonField, String)>,
    /// What is wrong with which of them.
    pub faults: Vec<(PersonField, FieldFault)>,
    /// What somebody else has changed meanwhile.
    pub conflicts: Vec<ConflictLine>,
    /// The editor's password is asked for.
    pub proof: Option<Proof>,
}

impl EditForm {
    /// It comes back from a post.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        !self.faults.is_empty() || !self.conflicts.is_empty() || self.proof.is_some()
    }
}

/// The form.
pub(super) fn edit_view(ctx: &PageContext, path: &str, form: EditForm) -> AnyView {
    let locale = ctx.locale;
    let EditForm { person, name, version, values, shown, faults, conflicts, proof } = form;
    let back = format!("{path}?person={person}");
    let errors = errors(ctx, &faults, &conflicts, proof);
    let fields = values
        .into_iter()
        .map(|(field, value)| {
            let fault = faults.iter().find(|(at, _)| *at == field).map(|(_, fault)| fault_words(locale, *fault));
            let conflict = conflicts.iter().find(|line| line.field == field).map(|line| conflict_words(ctx, line));
            field_view(locale, field, value, fault.map(str::to_owned).or(conflict))
        })
        .collect_view();
    let shown = shown
        .into_iter()
        .map(|(field, value)| view! { <input type="hidden" name=format!("{WAS}{}", field.code()) value=value /> })
        .collect_view();
    view! {
        <section class="card leaf stack record" aria-labelledby="h-record">
            <ErrorSummary title=tr!(locale, people.check).to_owned() items=errors />
            <h2 id="h-record">{tr!(locale, people.edit_title, name = name)}</h2>
            <form method="post" action=path.to_owned() class="fields">
                <input type="hidden" name="person" value=person />
                <input type="hidden" name=VERSION value=version.to_string() />
                {shown}
                {fields}
                {proof.map(|proof| proof_view(locale, proof, tr!(locale, people.proof_why)))}
                {buttons(locale, back)}
            </form>
        </section>
    }
    .into_any()
}

fn errors(
    ctx: &PageContext,
    faults: &[(PersonField, FieldFault)],
    conflicts: &[ConflictLine],
    proof: Option<Proof>,
) -> Vec<ErrorItem> {
    let locale = ctx.locale;
    let faults = faults.iter().map(|(field, fault)| ErrorItem {
        field: Some(field_id(*field)),
        text: format!("{}: {}", field_name(locale, *field), fault_words(locale, *fault)),
    });
    let conflicts =
        conflicts.iter().map(|line| ErrorItem { field: Some(field_id(line.field)), text: conflict_words(ctx, line) });
    let proof = proof.map(|proof| ErrorItem { field: Some(PASSWORD.to_owned()), text: proof_words(locale, proof) });
    faults.chain(conflicts).chain(proof).collect()
}

fn conflict_words(ctx: &PageContext, line: &ConflictLine) -> String {
    let locale = ctx.locale;
    let value = line.theirs.clone().unwrap_or_else(|| tr!(locale, people.empty_value).to_owned());
    let who = if line.by.is_empty() { tr!(locale, people.nobody).to_owned() } else { line.by.clone() };
    tr!(
        locale,
        people.conflict_line,
        field = field_name(locale, line.field),
        who = who,
        when = ctx.moment(line.at).human,
        value = value
    )
}

pub(super) fn proof_words(locale: Locale, proof: Proof) -> String {
    match proof {
        Proof::Needed | Proof::Empty => tr!(locale, people.proof_empty).to_owned(),
        Proof::Wrong => tr!(locale, people.proof_wrong).to_owned(),
        Proof::NoPassword => tr!(locale, people.proof_none).to_owned(),
        Proof::Wait(seconds) => tr!(locale, people.proof_wait, when = in_time(locale, seconds)),
    }
}

/// The editor's own password, in the same form, so that nothing typed is lost.
pub(super) fn proof_view(locale: Locale, proof: Proof, why: &'static str) -> AnyView {
    view! {
        <div class="stack">
            <Note tone=Tone::Warn icon=IconName::Key>
                <p>
                    <strong>{tr!(locale, people.proof_heading)}</strong>
                </p>
                <p>{why}</p>
            </Note>
            <Field
                id=PASSWORD
                name=PASSWORD
                label=tr!(locale, people.proof_password)
                error=Some(proof_words(locale, proof))
                kind="password"
                autocomplete="current-password"
                class="w-20"
                maxlength=256_u16
            />
        </div>
    }
    .into_any()
}
