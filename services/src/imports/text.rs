//! Text as spreadsheets and registers really write it: encodings, separators, spaces that do not break, and the traps of Excel.

use std::io::{self, Read};

use domain::digits;
use encoding_rs::{CoderResult, Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1255, WINDOWS_1256};
use time::Duration;
use time::macros::date;

/// So much of a file is looked at to tell its encoding by its words.
const HEAD: usize = 64 * 1024;

/// The encodings that rosters come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// With or without a mark at the beginning.
    Utf8,
    /// Excel's "Unicode text".
    Utf16Le,
    /// The same with its bytes swapped.
    Utf16Be,
    /// Russian.
    Windows1251,
    /// Hebrew.
    Windows1255,
    /// Arabic.
    Windows1256,
}

impl Encoding {
    const fn standard(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => UTF_8,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
            Self::Windows1251 => WINDOWS_1251,
            Self::Windows1255 => WINDOWS_1255,
            Self::Windows1256 => WINDOWS_1256,
        }
    }
}

/// What can be told of a file without knowing its encoding.
struct Scan {
    /// Its beginning.
    head: Vec<u8>,
    /// The whole of it is UTF-8.
    utf8: bool,
    /// It holds a zero byte, as no text in a Windows encoding does.
    zeros: bool,
    /// Bytes from C0 to DF: capital letters in Windows-1251, vowel points, which nobody writes, in Windows-1255.
    upper: u64,
    /// Bytes from E0 on: small letters in Windows-1251, letters in Windows-1255.
    lower: u64,
}

fn scan(mut source: impl Read) -> io::Result<Scan> {
    let mut scan = Scan { head: Vec::new(), utf8: true, zeros: false, upper: 0, lower: 0 };
    let mut buffer = vec![0_u8; HEAD];
    // The bytes of a character that the end of a block has cut.
    let mut cut: Vec<u8> = Vec::new();
    loop {
        let length = source.read(&mut buffer)?;
        let block = buffer.get(..length).unwrap_or_default();
        if block.is_empty() {
            scan.utf8 &= cut.is_empty();
            return Ok(scan);
        }
        let missing = HEAD.saturating_sub(scan.head.len());
        scan.head.extend(block.iter().take(missing));
        for byte in block {
            match byte {
                0 => scan.zeros = true,
                0xC0..=0xDF => scan.upper += 1,
                0xE0..=0xFF => scan.lower += 1,
                _ => {}
            }
        }
        if scan.utf8 {
            cut.extend_from_slice(block);
            match std::str::from_utf8(&cut) {
                Ok(_) => cut.clear(),
                Err(error) if error.error_len().is_none() => {
                    cut.drain(..error.valid_up_to());
                }
                Err(_) => scan.utf8 = false,
            }
        }
    }
}

/// What a whole file turned out to be.
pub(crate) struct Detected {
    pub encoding: Encoding,
    /// Its first line, without its end.
    pub first_line: String,
}

/// Tells the encoding of a whole file; `None` when it is no text. `known_words` counts what it recognises in the beginning of the file.
///
/// Windows' encodings have no marks. Known words decide; without any, the letters do: Russian names begin with capital letters, which
/// lie where Hebrew has its vowel points.
pub(crate) fn detect(source: impl Read, known_words: impl Fn(&str) -> usize) -> io::Result<Option<Detected>> {
    let scan = scan(source)?;
    let decoded = |encoding: Encoding| encoding.standard().decode_with_bom_removal(&scan.head).0;
    let marked = encoding_rs::Encoding::for_bom(&scan.head).map(|(found, _)| match found {
        found if found == UTF_16LE => Encoding::Utf16Le,
        found if found == UTF_16BE => Encoding::Utf16Be,
        _ => Encoding::Utf8,
    });
    let encoding = match marked {
        Some(encoding) => encoding,
        None if scan.zeros => return Ok(None),
        None if scan.utf8 => Encoding::Utf8,
        None => {
            let candidates = [Encoding::Windows1251, Encoding::Windows1255, Encoding::Windows1256];
            let known = candidates.map(|encoding| (known_words(&decoded(encoding)), encoding));
            let fewest = known.iter().map(|(known, _)| *known).min().unwrap_or(0);
            // The first among equals.
            match known.into_iter().reduce(|best, next| if next.0 > best.0 { next } else { best }) {
                // Words that are there in any encoding are ASCII and tell nothing.
                Some((known, encoding)) if known > fewest => encoding,
                _ if scan.upper.saturating_mul(20) > scan.upper + scan.lower => Encoding::Windows1251,
                _ => Encoding::Windows1255,
            }
        }
    };
    let first_line = decoded(encoding).lines().next().unwrap_or_default().to_owned();
    Ok(Some(Detected { encoding, first_line }))
}

/// A file read as UTF-8, whatever it is written in; a mark at its beginning is dropped. What cannot be read becomes U+FFFD, which no
/// name and no number holds.
pub(crate) struct Decoding<R> {
    source: R,
    decoder: Decoder,
    input: Vec<u8>,
    pending: usize,
    output: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Decoding<R> {
    /// Reads `source` in this encoding.
    pub fn new(source: R, encoding: Encoding) -> Self {
        let decoder = encoding.standard().new_decoder_with_bom_removal();
        Self { source, decoder, input: vec![0; 16 * 1024], pending: 0, output: Vec::new(), given: 0, ended: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        let free = self.input.get_mut(self.pending..).unwrap_or_default();
        let read = self.source.read(free)?;
        let last = read == 0;
        let filled = self.pending + read;
        // Enough for every byte to become the longest thing that it can.
        self.output.resize(self.input.len() * 3 + 16, 0);
        self.given = 0;
        let (result, taken, written, _) =
            self.decoder.decode_to_utf8(self.input.get(..filled).unwrap_or_default(), &mut self.output, last);
        self.output.truncate(written);
        self.input.copy_within(taken..filled, 0);
        self.pending = filled - taken;
        self.ended = last && result == CoderResult::InputEmpty;
        Ok(())
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.output.len() {
            if self.ended {
                return Ok(0);
            }
            self.refill()?;
        }
        let waiting = self.output.get(self.given..).unwrap_or_default();
        let length = waiting.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(waiting) {
            *to = *from;
        }
        self.given += length;
        Ok(length)
    }
}

/// What separates the fields of a line: the sign that stands in it most often, outside of quotation marks.
pub(crate) fn separator(first_line: &str) -> u8 {
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for byte in first_line.bytes() {
        if byte == b'"' {
            quoted = !quoted;
        } else if !quoted && let Some((_, count)) = counts.iter_mut().find(|(sign, _)| *sign == byte) {
            *count += 1;
        }
    }
    // The first among equals: a comma where there is nothing to separate.
    counts.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best }).map_or(b',', |(sign, _)| sign)
}

/// The separator that a first line `sep=;` names, as Excel writes and reads it.
pub(crate) fn named_separator(first_line: &str) -> Option<u8> {
    // A tab that it names is trimmed away.
    let rest = first_line.trim().strip_prefix("sep=")?;
    let byte = rest.bytes().next().unwrap_or(b'\t');
    (rest.len() <= 1 && byte.is_ascii()).then_some(byte)
}

/// A cell without what spreadsheets put around it: spaces of every kind, direction marks, `="…"`, the apostrophe of a text cell. Dashes
/// alone are how people write that there is nothing.
pub(crate) fn clean(cell: &str) -> String {
    let invisible =
        |c: char| c.is_whitespace() || digits::is_bidi_control(c) || matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}');
    let mut text = cell.trim_matches(invisible);
    if let Some(inner) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        text = inner.trim_matches(invisible);
    }
    if let Some(rest) = text.strip_prefix('\'').filter(|rest| rest.starts_with(begins_formula)) {
        text = rest;
    }
    if text.chars().all(digits::is_dash) {
        return String::new();
    }
    text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect()
}

/// What makes a spreadsheet take a cell for a formula or a number, unless an apostrophe stands before it.
pub(crate) fn begins_formula(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | '-' | '=' | '@')
}

/// Whether Excel has turned a long number into this: its last digits are lost for good.
pub(crate) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let whole = mantissa.strip_prefix('-').unwrap_or(mantissa);
    !exponent.is_empty()
        && exponent.bytes().all(|byte| byte.is_ascii_digit())
        && whole.starts_with(|c: char| c.is_ascii_digit())
        && whole.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
}

/// A number with the leading zeros that a spreadsheet has dropped: digits only, at most `lost` of them missing.
pub(crate) fn padded(text: &str, width: usize, lost: usize) -> String {
    let bare = text.bytes().all(|byte| byte.is_ascii_digit());
    if bare && text.len() < width && text.len() + lost >= width {
        return format!("{text:0>width$}");
    }
    text.to_owned()
}

/// The day of a spreadsheet's serial number; day 60 is the 29 February 1900 that never was.
pub(crate) fn serial_day(serial: i64) -> Option<String> {
    // Days of birth only: 1900 to 2100.
    if !(61..=73_415).contains(&serial) {
        return None;
    }
    let day = date!(1899 - 12 - 30).checked_add(Duration::days(serial))?;
    Some(format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    fn decoded(bytes: &[u8], encoding: Encoding) -> String {
        let mut text = String::new();
        Decoding::new(bytes, encoding).read_to_string(&mut text).unwrap();
        text
    }

    fn told(bytes: &[u8]) -> Option<Encoding> {
        detect(bytes, words).unwrap().map(|detected| detected.encoding)
    }

    fn words(line: &str) -> usize {
        ["фамилия", "имя", "שם משפחה", "תאריך לידה", "اسم العائلة"]
            .iter()
            .filter(|word| line.to_lowercase().contains(*word))
            .count()
    }

    #[test]
    fn encodings_are_told_apart() {
        let russian = "Фамилия;Имя\nДжалилов;Резида\n";
        let hebrew = "שם משפחה,תאריך לידה\nישראלי,1.1.2015\n";
        let arabic = "اسم العائلة,الاسم\n";
        for (text, legacy, expected) in [
            (russian, WINDOWS_1251, Encoding::Windows1251),
            (hebrew, WINDOWS_1255, Encoding::Windows1255),
            (arabic, WINDOWS_1256, Encoding::Windows1256),
        ] {
            let (bytes, _, lost) = legacy.encode(text);
            assert!(!lost);
            assert_eq!(told(&bytes), Some(expected));
            assert_eq!(decoded(&bytes, expected), text);
            assert_eq!(told(text.as_bytes()), Some(Encoding::Utf8));
            let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
            assert_eq!(decoded(&marked, told(&marked).unwrap()), text);
        }
        let utf16: Vec<u8> = "\u{FEFF}Фамилия\tИмя".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(told(&utf16), Some(Encoding::Utf16Le));
        assert_eq!(detect(&*utf16, words).unwrap().unwrap().first_line, "Фамилия\tИмя");
        assert_eq!(decoded(&utf16, Encoding::Utf16Le), "Фамилия\tИмя");
        assert_eq!(told(&[1, 0, 2, 0xFF]), None);
    }

    #[test]
    fn without_known_words_the_letters_decide() {
        let header = "sourcedId,familyName\n";
        let russian = format!("{header}u1,Джалилов\nu2,Захарченко\n");
        let hebrew = format!("{header}u1,ישראלי\nu2,לדוגמה\n");
        assert_eq!(told(&WINDOWS_1251.encode(&russian).0), Some(Encoding::Windows1251));
        assert_eq!(told(&WINDOWS_1255.encode(&hebrew).0), Some(Encoding::Windows1255));
    }

    #[test]
    fn a_character_cut_by_a_block_is_no_fault() {
        let long = format!("x{}", "я".repeat(HEAD));
        assert_eq!(told(long.as_bytes()), Some(Encoding::Utf8));
        assert_eq!(decoded(long.as_bytes(), Encoding::Utf8), long);
        let broken = [long.as_bytes(), &[0xD0]].concat();
        assert_ne!(told(&broken), Some(Encoding::Utf8));
    }

    #[test]
    fn separators() {
        assert_eq!(separator("a,b,c"), b',');
        assert_eq!(separator("\"a,b,c,d\";b;c"), b';');
        assert_eq!(separator("a\tb"), b'\t');
        assert_eq!(separator("a"), b',');
        assert_eq!(named_separator("sep=;\r\n"), Some(b';'));
        assert_eq!(named_separator("sep=\t"), Some(b'\t'));
        assert_eq!(named_separator("separator"), None);
    }

    #[test]
    fn cells_lose_what_spreadsheets_put_around_them() {
        assert_eq!(clean("\u{FEFF}\u{00A0} Анна\u{00A0}Мария \u{200F}"), "Анна Мария");
        assert_eq!(clean("=\"0501234567\""), "0501234567");
        assert_eq!(clean("'0501234567"), "0501234567");
        assert_eq!(clean("'Ивлин"), "'Ивлин");
        assert_eq!(clean(" — "), "");
        assert_eq!(clean("+"), "+");
    }

    #[test]
    fn numbers_that_excel_has_spoilt_are_known() {
        for text in ["9.01E+10", "9,01E+10", "7.9E10", "1E+11", "-1.5e+07"] {
            assert!(is_scientific(text), "{text}");
        }
        for text in ["79011111111", "Elena", "E5", "5E", "e-mail", "1.5", "a@b.ce"] {
            assert!(!is_scientific(text), "{text}");
        }
        assert_eq!(padded("6996682000", 11, 2), "06996682000");
        assert_eq!(padded("123", 11, 2), "123");
        assert_eq!(padded("06-996", 11, 2), "06-996");
    }

    #[test]
    fn serial_numbers_are_days() {
        assert_eq!(serial_day(42_158).as_deref(), Some("2015-06-03"));
        assert_eq!(serial_day(25_569).as_deref(), Some("1970-01-01"));
        assert_eq!(serial_day(45_351).as_deref(), Some("2024-02-29"));
        assert_eq!(serial_day(61).as_deref(), Some("1900-03-01"));
        assert_eq!(serial_day(60), None);
        assert_eq!(serial_day(9_010_000_000), None);
    }
}
