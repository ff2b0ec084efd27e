//! A CSV file with named columns, whatever its encoding and separator.

use std::io::{BufRead as _, BufReader, Read};

use csv::{Reader, ReaderBuilder, StringRecord};

use super::RosterError;
use super::source::Files;
use super::text::{self, Decoding};

/// The longest cell: a quotation mark that is never closed makes a longer one.
pub(crate) const LONGEST_CELL: usize = 4_000;

/// Opens a file as UTF-8 text behind its `sep=` line, if it has one; gives its separator too. `known_words` helps to tell the encoding.
pub(crate) fn open_text<'a>(
    files: &'a mut dyn Files,
    name: &str,
    known_words: impl Fn(&str) -> usize,
) -> Result<(Box<dyn Read + 'a>, u8, u64), RosterError> {
    let detected = text::detect(files.open(name)?, known_words)?;
    let detected = detected.ok_or_else(|| RosterError::NoText { file: name.to_owned() })?;
    let decoding = Decoding::new(files.open(name)?, detected.encoding);
    let mut reader = BufReader::with_capacity(64 * 1024, decoding);
    if let Some(separator) = text::named_separator(&detected.first_line) {
        reader.read_until(b'\n', &mut Vec::new())?;
        return Ok((Box::new(reader), separator, 1));
    }
    Ok((Box::new(reader), text::separator(&detected.first_line), 0))
}

/// A file whose first line names its columns. Names are compared in lower case.
pub(crate) struct Sheet<'a> {
    name: String,
    reader: Reader<Box<dyn Read + 'a>>,
    columns: Vec<String>,
    record: StringRecord,
    /// Lines before what the reader sees.
    skipped: u64,
}

/// A line of it.
pub(crate) struct Row<'s> {
    columns: &'s [String],
    record: &'s StringRecord,
    /// Its number, from 1.
    pub line: u64,
}

impl<'a> Sheet<'a> {
    /// Opens a file and reads its first line.
    pub fn open(files: &'a mut dyn Files, name: &str) -> Result<Self, RosterError> {
        let (text, separator, skipped) = open_text(files, name, |_| 0)?;
        let mut reader = ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(true).from_reader(text);
        let columns = reader.headers().map_err(|error| RosterError::of_csv(name, &error))?;
        let columns = columns.iter().map(|column| text::clean(column).to_lowercase()).collect();
        Ok(Self { name: name.to_owned(), reader, columns, record: StringRecord::new(), skipped })
    }

    /// Whether there is a column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|named| named == column)
    }

    /// A column that must be there.
    pub fn require(&self, column: &str) -> Result<(), RosterError> {
        if self.has(column) {
            return Ok(());
        }
        Err(RosterError::MissingColumn { file: self.name.clone(), column: column.to_owned() })
    }

    /// How many columns there are.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    fn line(&self) -> u64 {
        self.skipped + self.record.position().map_or(0, csv::Position::line)
    }

    /// The next line that is not empty.
    pub fn next(&mut self) -> Result<Option<Row<'_>>, RosterError> {
        loop {
            let more =
                self.reader.read_record(&mut self.record).map_err(|error| RosterError::of_csv(&self.name, &error))?;
            if !more {
                return Ok(None);
            }
            if self.record.iter().any(|cell| cell.len() > LONGEST_CELL) {
                return Err(RosterError::Quotes { file: self.name.clone(), line: self.line() });
            }
            if self.record.iter().any(|cell| !cell.trim().is_empty()) {
                break;
            }
        }
        Ok(Some(Row { columns: &self.columns, record: &self.record, line: self.line() }))
    }
}

impl Row<'_> {
    /// The cell of a column, without what spreadsheets put around it; empty where there is none.
    pub fn get(&self, column: &str) -> String {
        let at = self.columns.iter().position(|named| named == column);
        at.and_then(|at| self.record.get(at)).map(text::clean).unwrap_or_default()
    }

    /// How many cells it has, empty ones at the end left out.
    pub fn len(&self) -> usize {
        self.record
            .iter()
            .zip(1..)
            .filter(|(cell, _)| !cell.trim().is_empty())
            .map(|(_, number)| number)
            .last()
            .unwrap_or(0)
    }

    /// Whether it is not marked to be deleted.
    pub fn is_live(&self) -> bool {
        !self.get("status").eq_ignore_ascii_case("tobedeleted")
    }
}
