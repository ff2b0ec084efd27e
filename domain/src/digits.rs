//! Digits as people type and paste them: four scripts' digits, and the separators, dashes and invisible marks that come with them.
//!
//! Messengers wrap numbers in bidi marks, spreadsheets add no-break spaces, Arabic and Persian keyboards write their own digits. All that
//! is turned into ASCII here, on purpose and in one place; whatever else is found is refused and named.

/// A character that is neither a digit nor a separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{character:?} is not a digit")]
pub struct NotDigits {
    /// The first such character.
    pub character: char,
}

/// The value, 0 to 9, of an ASCII, Arabic-Indic (U+0660), extended Arabic-Indic (U+06F0) or fullwidth (U+FF10) digit.
pub fn value(c: char) -> Option<u8> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{0660}'..='\u{0669}' => '\u{0660}',
        '\u{06F0}'..='\u{06F9}' => '\u{06F0}',
        '\u{FF10}'..='\u{FF19}' => '\u{FF10}',
        _ => return None,
    };
    u8::try_from(u32::from(c) - u32::from(zero)).ok()
}

/// The ASCII digit for any digit that [`value`] knows.
pub fn ascii(c: char) -> Option<char> {
    value(c).map(|v| char::from(b'0' + v))
}

/// Marks that only steer the direction of text (UAX #9): never part of a value.
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Hyphens and dashes of every kind that a keyboard, a spreadsheet or a word processor puts between digits.
pub fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{00AD}' | '\u{058A}' | '\u{05BE}' | '\u{2010}'
            ..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{2E3A}' | '\u{2E3B}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}'
    )
}

/// What may stand between digits and means nothing: white space (also no-break, thin, zero-width), dashes, bidi marks.
pub fn is_separator(c: char) -> bool {
    c.is_whitespace() || is_dash(c) || is_bidi_control(c) || matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// The digits of `text` as ASCII, separators dropped. An empty result is possible; anything else in the text is an error.
pub fn to_ascii(text: &str) -> Result<String, NotDigits> {
    let mut digits = String::with_capacity(16);
    for c in text.chars() {
        match ascii(c) {
            Some(digit) => digits.push(digit),
            None if is_separator(c) => {}
            None => return Err(NotDigits { character: c }),
        }
    }
    Ok(digits)
}

/// The digits of `text` as ASCII, whatever else it holds dropped. For comparing, not for reading values.
pub fn only(text: &str) -> String {
    text.chars().filter_map(ascii).collect()
}

/// The values of a text of ASCII digits.
pub(crate) fn values(ascii_digits: &str) -> impl DoubleEndedIterator<Item = u32> + '_ {
    ascii_digits.bytes().map(|b| u32::from(b.wrapping_sub(b'0')))
}

/// Digits left-padded with zeros to `width`. Numbers typed without their leading zeros mean the same person.
pub(crate) fn padded(digits: &str, width: usize) -> String {
    format!("{digits:0>width$}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn four_scripts_become_ascii() {
        for text in ["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "０１２３４５６７８９"] {
            assert_eq!(to_ascii(text).unwrap(), "0123456789", "{text}");
        }
    }

    #[test]
    fn separators_of_every_kind_are_dropped() {
        let pasted =
            "\u{200F}\u{2067}1\u{00A0}2\u{2009}3\u{202F}4-5\u{2011}6\u{2013}7\u{05BE}8\u{2212}9\u{2069}\u{FEFF}\t\r\n";
        assert_eq!(to_ascii(pasted).unwrap(), "123456789");
        assert_eq!(to_ascii(" \u{202E}- ").unwrap(), "");
    }

    #[test]
    fn everything_else_is_refused_and_named() {
        // Devanagari digits, superscripts and letters that look like digits are not taken by accident.
        for (text, character) in
            [("12a", 'a'), ("1.2", '.'), ("१२", '१'), ("1²", '²'), ("О1", 'О'), ("1\u{0}", '\u{0}')]
        {
            assert_eq!(to_ascii(text), Err(NotDigits { character }), "{text:?}");
        }
    }

    #[test]
    fn only_keeps_digits_of_any_known_script() {
        assert_eq!(only("tel. ٠٥٠-123 x4567!"), "0501234567");
    }
}
