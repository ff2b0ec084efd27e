//! One plain table: a line for each student, with the parents beside. Values are written as people read them.

use std::io::{self, Seek, Write};

use csv::{Terminator, Writer, WriterBuilder};
use domain::{IdKind, Locale, PersonField, Relation};
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use uuid::Uuid;

use super::{Dump, DumpedPerson, ExportError, Exports};
use crate::imports::{Column, What, Who, begins_formula, title};
use crate::store::schools::SchoolRow;

/// The most rows of a sheet.
const LONGEST_SHEET: u32 = 1_048_576;

/// The columns, in their order.
fn columns() -> Vec<Column> {
    let mut columns = vec![Column::School, Column::Class];
    for who in Who::EXPORTED {
        columns.extend(PersonField::ALL.map(|field| Column::Of(who, What::Field(field))));
        columns.push(Column::Of(who, What::IdNumber));
        if who == Who::Student {
            columns.push(Column::Of(who, What::FictitiousNumber));
        }
    }
    columns
}

/// Whom each part of a line is about: one mother, one father, two further guardians.
fn family(dump: &Dump, student: Uuid) -> Vec<(Who, &DumpedPerson)> {
    let mut family: Vec<(Who, &DumpedPerson)> = Vec::new();
    let links = dump.guardians.get(&student).map(Vec::as_slice).unwrap_or_default();
    let mut guardians = 0;
    for (relation, id) in links {
        let Some(person) = dump.people.get(id) else { continue };
        let who = match relation {
            Relation::Mother => Who::Mother,
            Relation::Father => Who::Father,
            Relation::Guardian => {
                guardians += 1;
                Who::Guardian(guardians)
            }
        };
        // A second mother has no column of her own.
        if !family.iter().any(|(there, _)| *there == who) {
            family.push((who, person));
        }
    }
    family.extend(dump.people.get(&student).map(|person| (Who::Student, person)));
    family
}

/// The lines of a school, class by class and name by name.
fn lines(school: &SchoolRow, dump: &Dump) -> Vec<Vec<String>> {
    let columns = columns();
    let mut lines = Vec::new();
    for class in &dump.classes {
        let mut students: Vec<(&DumpedPerson, Uuid)> = dump
            .stays
            .iter()
            .filter(|(_, of, _)| *of == class.id)
            .filter_map(|(_, _, student)| Some((dump.people.get(student)?, *student)))
            .collect();
        students.sort_by(|(a, x), (b, y)| (&a.surname, &a.given_name, x).cmp(&(&b.surname, &b.given_name, y)));
        for (_, student) in students {
            let family = family(dump, student);
            let cell = |column: &Column| match column {
                Column::School => school.name.clone(),
                Column::Class => class.title.clone(),
                Column::Of(who, what) => {
                    let person = family.iter().find(|(there, _)| there == who).map(|(_, person)| *person);
                    person.map(|person| shown(person, *what)).unwrap_or_default()
                }
            };
            lines.push(columns.iter().map(cell).collect());
        }
    }
    lines
}

fn shown(person: &DumpedPerson, what: What) -> String {
    match what {
        What::Field(field) => person.get(field).map(|value| field.shown(value)).unwrap_or_default(),
        What::IdNumber => person.number(IdKind::IlId).to_owned(),
        What::FictitiousNumber => person.number(IdKind::Fictitious).to_owned(),
        What::FullName => String::new(),
    }
}

fn titles(locale: Locale) -> Vec<String> {
    columns().into_iter().map(|column| title(column, locale)).collect()
}

/// Writes CSV as Excel takes it: with a mark of its encoding.
pub(super) async fn write_csv(
    exports: Exports<'_>,
    schools: &[SchoolRow],
    locale: Locale,
    out: &mut (impl Write + Send),
    progress: &mut (impl FnMut(u64, u64) + Send),
) -> Result<u64, ExportError> {
    out.write_all("\u{FEFF}".as_bytes())?;
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    record(&mut writer, &titles(locale))?;
    let mut people = 0;
    for (row, step) in schools.iter().zip(1..) {
        let dump = exports.school(row).await?;
        people += dump.people.len() as u64;
        for line in lines(row, &dump) {
            let cells: Vec<String> = line.into_iter().map(harmless).collect();
            record(&mut writer, &cells)?;
        }
        progress(step, schools.len() as u64);
    }
    writer.flush()?;
    Ok(people)
}

fn record<W: Write>(writer: &mut Writer<W>, cells: &[String]) -> io::Result<()> {
    Ok(writer.write_record(cells)?)
}

/// A cell that no spreadsheet takes for a formula. Phones and dates are what they look like.
fn harmless(cell: String) -> String {
    let formula = cell.starts_with(begins_formula) && cell.contains(|c: char| c.is_alphabetic() || c == '(');
    if formula && !cell.starts_with(|c: char| c.is_ascii_digit()) { format!("'{cell}") } else { cell }
}

/// Writes XLSX: every cell is text, so that no zero is lost and no number rounded.
pub(super) async fn write_xlsx(
    exports: Exports<'_>,
    schools: &[SchoolRow],
    locale: Locale,
    out: &mut (impl Write + Seek + Send),
    progress: &mut (impl FnMut(u64, u64) + Send),
) -> Result<u64, ExportError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_right_to_left(locale.is_rtl());
    sheet.set_freeze_panes(1, 0).map_err(io::Error::other)?;
    let bold = Format::new().set_bold();
    for (column, title) in (0..).zip(titles(locale)) {
        sheet.write_string_with_format(0, column, title, &bold).map_err(io::Error::other)?;
        sheet.set_column_width(column, 18).map_err(io::Error::other)?;
    }
    let (mut people, mut line) = (0, 1);
    for (row, step) in schools.iter().zip(1..) {
        let dump = exports.school(row).await?;
        people += dump.people.len() as u64;
        for cells in lines(row, &dump) {
            if line >= LONGEST_SHEET {
                return Err(io::Error::other("a sheet has no more than 1,048,576 rows: export school by school").into());
            }
            write_line(sheet, line, cells)?;
            line += 1;
        }
        progress(step, schools.len() as u64);
    }
    let bytes = book.save_to_buffer().map_err(io::Error::other)?;
    out.write_all(&bytes)?;
    Ok(people)
}

fn write_line(sheet: &mut Worksheet, line: u32, cells: Vec<String>) -> io::Result<()> {
    for (column, cell) in (0..).zip(cells) {
        if !cell.is_empty() {
            sheet.write_string(line, column, cell).map_err(io::Error::other)?;
        }
    }
    Ok(())
}
