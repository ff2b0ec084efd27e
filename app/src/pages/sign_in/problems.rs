//! Problems as sentences, and where they stand on the page.

use domain::{IdKind, Locale};
use leptos::prelude::*;

use crate::api::forms::{FieldName, Problem, Refusal};
use crate::components::ErrorItem;
use crate::text::in_time;
use crate::{tr, tr_count};

/// The sentence for a problem of a field.
pub fn sentence(locale: Locale, kind: IdKind, field: FieldName, problem: Problem) -> String {
    let when = |seconds: u32| in_time(locale, u64::from(seconds));
    let snils = kind == IdKind::RuSnils;
    match problem {
        Problem::Empty => match field {
            FieldName::IdNumber if snils => tr!(locale, sign_in.snils_empty).to_owned(),
            FieldName::IdNumber => tr!(locale, sign_in.id_empty).to_owned(),
            FieldName::UserCode => tr!(locale, sign_in.user_code_empty).to_owned(),
            FieldName::Password => tr!(locale, sign_in.password_empty).to_owned(),
            FieldName::Code => tr!(locale, sign_in.code_empty).to_owned(),
        },
        Problem::NotDigits if field == FieldName::Code => tr!(locale, sign_in.code_format).to_owned(),
        Problem::NotDigits if snils => tr!(locale, sign_in.snils_digits).to_owned(),
        Problem::NotDigits => tr!(locale, sign_in.id_digits).to_owned(),
        Problem::TooShort if snils => tr!(locale, sign_in.snils_short).to_owned(),
        Problem::TooShort => tr!(locale, sign_in.id_short).to_owned(),
        Problem::TooLong if snils => tr!(locale, sign_in.snils_long).to_owned(),
        Problem::TooLong => tr!(locale, sign_in.id_long).to_owned(),
        Problem::CheckDigit if snils => tr!(locale, sign_in.snils_check).to_owned(),
        Problem::CheckDigit => tr!(locale, sign_in.id_check).to_owned(),
        Problem::CodeWrong { tries_left } => {
            let left = tr_count!(locale, u64::from(tries_left), sign_in.tries_left);
            tr!(locale, sign_in.code_wrong, left = left)
        }
        Problem::CodeDead => tr!(locale, sign_in.code_dead).to_owned(),
        Problem::CodeExpired => tr!(locale, sign_in.code_expired).to_owned(),
        Problem::FlowUnknown => tr!(locale, sign_in.flow_unknown).to_owned(),
        Problem::TooSoon { wait_s } => tr!(locale, sign_in.too_soon, when = when(wait_s)),
        Problem::TooMany { wait_s } => tr!(locale, sign_in.too_many, when = when(wait_s)),
        Problem::Wrong => tr!(locale, sign_in.wrong).to_owned(),
        Problem::Wait { wait_s } => tr!(locale, sign_in.wait, when = when(wait_s)),
        Problem::Busy { wait_s } => tr!(locale, sign_in.busy, when = when(wait_s)),
        Problem::Unavailable => tr!(locale, sign_in.failed).to_owned(),
        Problem::Offline => tr!(locale, sign_in.offline).to_owned(),
    }
}

/// Whether a problem belongs to what stands in the field, rather than to the moment.
fn is_of_the_field(problem: Problem) -> bool {
    !matches!(
        problem,
        Problem::TooSoon { .. }
            | Problem::TooMany { .. }
            | Problem::Wait { .. }
            | Problem::Busy { .. }
            | Problem::Unavailable
            | Problem::Offline
            | Problem::FlowUnknown
    )
}

/// The sentence beside a field.
pub fn field_error(locale: Locale, kind: IdKind, field: FieldName, refusal: &Refusal) -> Option<String> {
    refusal.of(field).filter(|problem| is_of_the_field(*problem)).map(|problem| sentence(locale, kind, field, problem))
}

/// The summary's lines for the given fields.
pub fn summary(locale: Locale, kind: IdKind, refusal: &Refusal, fields: &[FieldName]) -> Vec<ErrorItem> {
    refusal
        .problems
        .iter()
        .filter(|found| fields.contains(&found.field))
        .map(|found| ErrorItem {
            field: is_of_the_field(found.problem).then(|| found.field.id().to_owned()),
            text: sentence(locale, kind, found.field, found.problem),
        })
        .collect()
}

/// The summary's title: something to check, or something that failed at the moment.
pub fn summary_title(locale: Locale, refusal: RwSignal<Refusal>) -> Signal<String> {
    Signal::derive(move || {
        let to_check = refusal.with(|refusal| refusal.problems.iter().any(|found| is_of_the_field(found.problem)));
        let title = if to_check { tr!(locale, sign_in.summary) } else { tr!(locale, sign_in.summary_failed) };
        title.to_owned()
    })
}

/// Says in the window's title that something is to be mended, as the server does for a refused plain form.
pub fn mark_title(locale: Locale) {
    let marker = tr!(locale, common.error_title, title = String::new());
    let page = document();
    let title = page.title();
    if !title.starts_with(marker.trim()) {
        page.set_title(&tr!(locale, common.error_title, title = title));
    }
}
