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
    let mut reader = BufReader::with_capacity(64 * 1024, LineFeeds::new(decoding));
    if let Some(separator) = text::named_separator(&detected.first_line) {
        reader.read_until(b'\n', &mut Vec::new())?;
        return Ok((Box::new(reader), separator, 1));
    }
    Ok((Box::new(reader), text::separator(&detected.first_line), 0))
}

/// A text whose lines end in a line feed, the last one too, whatever ended them in the file: the reader of CSV counts line
/// feeds alone.
struct LineFeeds<R> {
    inner: R,
    /// The byte before was a carriage return.
    after_return: bool,
    /// The last byte that was given.
    last: Option<u8>,
}

impl<R: Read> LineFeeds<R> {
    fn new(inner: R) -> Self {
        Self { inner, after_return: false, last: None }
    }

    /// Turns the ends of lines in `bytes` into line feeds; how many bytes are left.
    fn turn(&mut self, bytes: &mut [u8]) -> usize {
        if !self.after_return && !bytes.contains(&b'\r') {
            return bytes.len();
        }
        let mut kept = 0;
        for at in 0..bytes.len() {
            let Some(byte) = bytes.get(at).copied() else { break };
            let is_second_half = byte == b'\n' && self.after_return;
            self.after_return = byte == b'\r';
            if is_second_half {
                continue;
            }
            if let Some(place) = bytes.get_mut(kept) {
                *place = if byte == b'\r' { b'\n' } else { byte };
            }
            kept += 1;
        }
        kept
    }
}

impl<R: Read> Read for LineFeeds<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let count = self.inner.read(buffer)?;
            if count == 0 {
                let unfinished = self.last.is_some_and(|last| last != b'\n');
                return match buffer.first_mut().filter(|_| unfinished) {
                    Some(end) => {
                        *end = b'\n';
                        self.last = Some(b'\n');
                        Ok(1)
                    }
                    None => Ok(0),
                };
            }
            let read = buffer.get_mut(..count).unwrap_or_default();
            let kept = self.turn(read);
            if let Some(last) = kept.checked_sub(1).and_then(|at| buffer.get(at)) {
                self.last = Some(*last);
                return Ok(kept);
            }
        }
    }
}

/// The line on which the record that was just read begins, from 1. The reader's own word for it is the line on which it
/// began to look: empty lines before a record are counted as if they were the record.
pub(crate) fn line_of<R: Read>(reader: &Reader<R>, record: &StringRecord, skipped: u64) -> u64 {
    let inside = record.iter().flat_map(str::bytes).filter(|byte| *byte == b'\n').count() as u64;
    let counted = reader.position().line().saturating_sub(1 + inside);
    // A quotation mark that is never closed takes the end of the text with it, which ends no line then.
    skipped + counted.max(record.position().map_or(0, csv::Position::line))
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
        line_of(&self.reader, &self.record, self.skipped)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use proptest::prelude::*;

    use super::*;

    /// Gives so many bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(buffer.len());
            (&mut self.0).take(count as u64).read(buffer)
        }
    }

    fn turned(text: &str, at_a_time: usize) -> String {
        let mut found = String::new();
        LineFeeds::new(Slow(text.as_bytes(), at_a_time)).read_to_string(&mut found).unwrap();
        found
    }

    fn lines(text: &str) -> Vec<(u64, String)> {
        let text = LineFeeds::new(text.as_bytes());
        let mut reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text);
        let mut record = StringRecord::new();
        let mut found = Vec::new();
        while reader.read_record(&mut record).unwrap() {
            found.push((line_of(&reader, &record, 0), record.get(0).unwrap_or_default().to_owned()));
        }
        found
    }

    #[test]
    fn a_record_is_told_by_its_own_line() {
        let expected = [(1, "a".to_owned()), (4, "b\nc".to_owned()), (6, "d".to_owned())];
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,1", "", "", "\"b", "c\",2", "d,3"].join(end);
            assert_eq!(lines(&text), expected, "{end:?}");
            assert_eq!(lines(&(text + end)), expected, "{end:?} at the end");
            let open = ["x,1", "\"a", "b"].join(end);
            assert_eq!(lines(&open).last().map(|(line, _)| *line), Some(2), "{end:?}, never closed");
        }
    }

    proptest! {
        #[test]
        fn ends_of_lines_become_line_feeds_wherever_a_read_stops(text in "[ab\r\n]{0,40}", at_a_time in 1..9_usize) {
            let mut expected = text.replace("\r\n", "\n").replace('\r', "\n");
            if !expected.is_empty() && !expected.ends_with('\n') {
                expected.push('\n');
            }
            prop_assert_eq!(turned(&text, at_a_time), expected);
        }
    }
}
