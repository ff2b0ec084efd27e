//! The table: an ARIA grid, a row for each student, three people across. Where there is no room for it, each row is a
//! card.

use std::sync::Arc;

use domain::StudentEntry;
use leptos::prelude::*;

use super::board::SharedBoard;
use super::parent::{cells, parent_view};
use super::ready::ready_view;
use super::row_form::row_form;
use super::slots::{Part, Place};
use super::words::put;

/// The whole table.
pub fn grid_view(board: &SharedBoard) -> AnyView {
    let head = &board.boot.words.head;
    let students = &board.boot.people.students;
    if students.is_empty() {
        return view! { <p class="empty">{head.nobody.clone()}</p> }.into_any();
    }
    let rows = students.iter().enumerate().map(|(row, entry)| row_view(board, row, entry)).collect_view();
    let student_columns = Part::Student.fields().count() + 1;
    let parent_columns = Part::Mother.fields().count();
    view! {
        <p class="vh" id="grid-keys">
            {head.keys.clone()}
        </p>
        <div
            class="ed"
            role="grid"
            id="grid"
            aria-label=head.title.clone()
            aria-describedby="grid-keys"
            aria-rowcount=(students.len() + 1).to_string()
            aria-colcount=board.table.aria_columns().to_string()
            aria-multiselectable="true"
        >
            <div class="ed-h" role="row" aria-rowindex="1">
                <span role="columnheader" aria-colindex="1" aria-colspan=student_columns.to_string()>
                    {head.student.clone()}
                </span>
                <span role="columnheader" aria-colindex=(student_columns + 1).to_string()>
                    {head.ready.clone()}
                </span>
                <span
                    role="columnheader"
                    aria-colindex=(student_columns + 2).to_string()
                    aria-colspan=parent_columns.to_string()
                >
                    {head.mother.clone()}
                </span>
                <span
                    role="columnheader"
                    aria-colindex=(student_columns + 2 + parent_columns).to_string()
                    aria-colspan=parent_columns.to_string()
                >
                    {head.father.clone()}
                </span>
            </div>
            {rows}
        </div>
    }
    .into_any()
}

fn row_view(board: &SharedBoard, row: usize, entry: &StudentEntry) -> Option<AnyView> {
    let look = *board.rows.get(row)?;
    let slots = board.slots.get(row)?;
    let student = slots.first()?;
    let form = board.form;
    let mut column = Part::Student.fields().count();
    let ready = ready_view(board, Place { row, column });
    column += 1;
    let mut parents = Vec::new();
    for (at, slot) in slots.iter().enumerate().skip(1) {
        // Mother and father have a column each; whoever else there is comes below them.
        parents.push(parent_view(board, slot, Place { row, column }, at > 2));
        column += slot.part.fields().count();
    }
    let form_of_row = {
        let board = Arc::clone(board);
        move || (form.get() == Some(row)).then(|| row_form(&board, row))
    };
    let first = Place { row, column: 0 };
    Some(
        view! {
            <div
                class="ed-r"
                class:open=move || form.get() == Some(row)
                role="row"
                id=format!("r{row}")
                aria-rowindex=(row + 2).to_string()
                hidden=move || look.hidden.get()
            >
                <div class="who p" data-l=board.boot.words.head.student.clone()>
                    <span
                        class="ed-n"
                        role="rowheader"
                        id=format!("n{row}")
                        aria-colindex="1"
                        aria-labelledby=format!("n{row} {} {}", first.id(), Place { column: 1, ..first }.id())
                    >
                        {entry.number.to_string()}
                    </span>
                    {cells(board, student, first)}
                    {edit_link(board, row, entry)}
                </div>
                {ready}
                {parents}
                {form_of_row}
            </div>
        }
        .into_any(),
    )
}

/// Leads to the row's form: on a page of its own without script, in the card with it. In the table, script has better
/// ways.
fn edit_link(board: &SharedBoard, row: usize, entry: &StudentEntry) -> Option<AnyView> {
    let boot = &board.boot;
    let form = &boot.words.form;
    boot.editable.then(|| {
        view! {
            <span class="ed-e" role="gridcell">
                <a
                    class="small"
                    href=boot.form_href(&entry.student.id)
                    id=format!("e{row}")
                    data-do="open"
                    aria-label=put(&form.edit_whom, "who", &whom(entry))
                >
                    {form.edit.clone()}
                </a>
            </span>
        }
        .into_any()
    })
}

/// The student's name as it came with the page.
fn whom(entry: &StudentEntry) -> String {
    let fields = &entry.student.fields;
    [&fields.surname, &fields.given_name].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}
