//! What a dry run found: counts, rows that were refused with their reasons in words, values that were kept.

use domain::{FieldFault, Locale, PersonField};
use leptos::prelude::*;
use services::imports::{BadRow, Count, Counts, GUARDIAN, KeptBecause, LISTED, Report, StaffConflict};

use crate::{
    components::{Note, Tone},
    icons::IconName,
    pages::people::{fault_words, field_name},
    tr, tr_count,
};

/// The counts, kind by kind.
pub(super) fn counts(locale: Locale, counts: &Counts) -> AnyView {
    let kinds = [
        (tr!(locale, admin.kind_schools), counts.schools),
        (tr!(locale, admin.kind_classes), counts.classes),
        (tr!(locale, admin.kind_students), counts.students),
        (tr!(locale, admin.kind_parents), counts.parents),
        (tr!(locale, admin.kind_staff), counts.staff),
        (tr!(locale, admin.kind_enrolments), counts.enrolments),
        (tr!(locale, admin.kind_groups), counts.groups),
    ];
    let rows = kinds.into_iter().map(|(name, count)| count_row(name, count)).collect_view();
    view! {
        <div class="scroll" role="region" tabindex="0" aria-label=tr!(locale, admin.what_would_change)>
            <table class="tbl counts">
                <caption class="vh">{tr!(locale, admin.what_would_change)}</caption>
                <thead>
                    <tr>
                        <td></td>
                        <th scope="col">{tr!(locale, admin.count_new)}</th>
                        <th scope="col">{tr!(locale, admin.count_changed)}</th>
                        <th scope="col">{tr!(locale, admin.count_unchanged)}</th>
                        <th scope="col">{tr!(locale, admin.count_leaving)}</th>
                        <th scope="col">{tr!(locale, admin.count_bad)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <p class="small muted">{tr!(locale, admin.leaving_why)}</p>
    }
    .into_any()
}

fn count_row(name: &'static str, count: Count) -> AnyView {
    let cells = [count.new, count.changed, count.unchanged, count.leaving, count.bad]
        .into_iter()
        .map(|count| {
            // What is not there is no news.
            let class = if count == 0 { "num none" } else { "num" };
            view! { <td class=class>{count.to_string()}</td> }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">{name}</th>
            {cells}
        </tr>
    }
    .into_any()
}

/// Contacts that people sign in with, and that the file overwrites: nothing in it is more dangerous.
pub(super) fn guarded(locale: Locale, guarded: u64) -> Option<AnyView> {
    (guarded > 0).then(|| {
        view! {
            <Note tone=Tone::Warn icon=IconName::Key>
                <p>{tr_count!(locale, guarded, admin.guarded)}</p>
            </Note>
        }
        .into_any()
    })
}

/// The rows that were refused.
pub(super) fn bad_rows(locale: Locale, report: &Report) -> Option<AnyView> {
    if report.bad_total == 0 {
        return None;
    }
    let rows = report.bad_rows.iter().map(|row| bad_row(locale, row)).collect_view();
    let more = (report.bad_total > report.bad_rows.len() as u64).then(
        || view! { <p class="small muted">{tr!(locale, admin.first_of_all, n = LISTED, total = report.bad_total)}</p> },
    );
    Some(
        view! {
            <section class="stack" aria-labelledby="bad">
                <h2 id="bad">{tr_count!(locale, report.bad_total, admin.bad_rows)}</h2>
                <table class="tbl cards">
                    <caption class="vh">{tr_count!(locale, report.bad_total, admin.bad_rows)}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{tr!(locale, admin.file)}</th>
                            <th scope="col">{tr!(locale, admin.line)}</th>
                            <th scope="col">{tr!(locale, admin.column)}</th>
                            <th scope="col">{tr!(locale, admin.reason)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
                {more}
            </section>
        }
        .into_any(),
    )
}

fn bad_row(locale: Locale, row: &BadRow) -> AnyView {
    let words = match bad_words(locale, &row.code) {
        Some(words) => words.into_any(),
        // A reason that is newer than this page.
        None => view! { <bdi class="ltr">{row.code.clone()}</bdi> }.into_any(),
    };
    let hint = Some(row.hint.clone()).filter(|hint| !hint.is_empty());
    view! {
        <tr>
            <td data-l=tr!(locale, admin.file)>
                <bdi>{row.file.clone()}</bdi>
            </td>
            <td data-l=tr!(locale, admin.line) class="num">
                {row.line.to_string()}
            </td>
            <td data-l=tr!(locale, admin.column)>
                <bdi>{row.column.clone()}</bdi>
            </td>
            <td data-l=tr!(locale, admin.reason)>
                {words}
                {hint
                    .map(|hint| {
                        view! {
                            <small>
                                <bdi>{hint}</bdi>
                            </small>
                        }
                    })}
            </td>
        </tr>
    }
    .into_any()
}

/// Why a row was refused: what is wrong with a value says what is wrong with a typed one too.
fn bad_words(locale: Locale, code: &str) -> Option<&'static str> {
    if let Some(fault) = FieldFault::from_code(code) {
        return Some(fault_words(locale, fault));
    }
    Some(match code {
        "scientific" => tr!(locale, admin.row_scientific),
        "columns" => tr!(locale, admin.row_columns),
        "duplicate" => tr!(locale, admin.row_duplicate),
        "class_title" => tr!(locale, admin.row_class_title),
        "unknown_role" => tr!(locale, admin.row_unknown_role),
        "unknown_school" => tr!(locale, admin.row_unknown_school),
        "unknown_class" => tr!(locale, admin.row_unknown_class),
        "unknown_user" => tr!(locale, admin.row_unknown_person),
        "no_school" => tr!(locale, admin.row_no_school),
        "no_class" => tr!(locale, admin.row_no_class),
        "no_child" => tr!(locale, admin.row_no_child),
        "two_classes" => tr!(locale, admin.row_two_classes),
        "same_person" => tr!(locale, admin.row_same_person),
        "duplicate_number" => tr!(locale, admin.row_duplicate_number),
        "duplicate_snils" => tr!(locale, admin.row_duplicate_snils),
        "id_number" => tr!(locale, admin.row_id_number),
        "fictitious_number" => tr!(locale, admin.row_fictitious),
        "ambiguous" => tr!(locale, admin.row_ambiguous),
        "known_elsewhere" => tr!(locale, admin.row_known_elsewhere),
        "number_taken" => tr!(locale, admin.row_number_taken),
        "child_refused" => tr!(locale, admin.row_child_refused),
        _ => return None,
    })
}

/// Values that were kept against the file.
pub(super) fn conflicts(locale: Locale, report: &Report) -> Option<AnyView> {
    if report.conflicts_total == 0 {
        return None;
    }
    let rows = report.conflicts.iter().map(|conflict| conflict_row(locale, conflict)).collect_view();
    let more = (report.conflicts_total > report.conflicts.len() as u64).then(|| {
        view! {
            <p class="small muted">{tr!(locale, admin.first_of_all, n = LISTED, total = report.conflicts_total)}</p>
        }
    });
    Some(
        view! {
            <section class="stack" aria-labelledby="kept">
                <h2 id="kept">{tr_count!(locale, report.conflicts_total, admin.kept)}</h2>
                <p class="small muted">{tr!(locale, admin.kept_why)}</p>
                <table class="tbl cards">
                    <caption class="vh">{tr_count!(locale, report.conflicts_total, admin.kept)}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{tr!(locale, admin.person)}</th>
                            <th scope="col">{tr!(locale, admin.field)}</th>
                            <th scope="col">{tr!(locale, admin.reason)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
                {more}
            </section>
        }
        .into_any(),
    )
}

fn conflict_row(locale: Locale, conflict: &StaffConflict) -> AnyView {
    let field = match PersonField::from_code(&conflict.field) {
        Some(field) => field_name(locale, field),
        None if conflict.field == GUARDIAN => tr!(locale, admin.kept_guardian),
        None => tr!(locale, people.f_id_number),
    };
    let reason = match conflict.reason {
        KeptBecause::EditedHere => tr!(locale, admin.kept_edited),
        KeptBecause::SignsIn => tr!(locale, admin.kept_signs_in),
        KeptBecause::BelongsElsewhere => tr!(locale, admin.kept_elsewhere),
    };
    view! {
        <tr>
            <th scope="row">
                <bdi>{conflict.name.clone()}</bdi>
            </th>
            <td data-l=tr!(locale, admin.field)>{field}</td>
            <td data-l=tr!(locale, admin.reason)>{reason}</td>
        </tr>
    }
    .into_any()
}
