//! Templates of requests: text with `{placeholders}`, filled with the escaping of the place they stand in.
//!
//! A placeholder is a brace, a lower-case name and a brace; every other brace is text, so that JSON needs no
//! doubling. What is filled in is never read again for placeholders.

use std::fmt::Write as _;

use reqwest::header::HeaderValue;

/// How a filled-in value is written so that it stays one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// As it is.
    None,
    /// Inside a JSON string (RFC 8259 §7).
    Json,
    /// A component of a URL (RFC 3986 §2.1): everything but the unreserved characters is percent-encoded.
    Url,
    /// Character data or an attribute of XML 1.0; characters XML cannot hold become U+FFFD.
    Xml,
}

impl Escape {
    pub(super) fn apply(self, value: &str) -> String {
        match self {
            Self::None => value.to_owned(),
            Self::Json => json(value),
            Self::Url => percent(value, b"-._~", "%20"),
            Self::Xml => xml(value),
        }
    }
}

/// A name or value of `application/x-www-form-urlencoded` (WHATWG URL §5.2).
pub(crate) fn form_component(value: &str) -> String {
    percent(value, b"*-._", "+")
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Slot(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

impl Template {
    pub(super) fn parse(source: &str) -> Self {
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            match after.split_once('}') {
                Some((name, tail)) if is_name(name) => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Slot(name.to_owned()));
                    rest = tail;
                }
                _ => {
                    text.push('{');
                    rest = after;
                }
            }
        }
        text.push_str(rest);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Self { pieces }
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Slot(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The text before the first placeholder.
    pub(super) fn head(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Text(text)) => text,
            _ => "",
        }
    }

    /// Fills the template. Names without a value are left out; [`Template::slots`] lets the settings refuse
    /// them beforehand.
    pub(super) fn fill<'v>(&self, escape: Escape, value_of: impl Fn(&str) -> Option<&'v str>) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Slot(name) => {
                    if let Some(value) = value_of(name) {
                        out.push_str(&escape.apply(value));
                    }
                }
            }
        }
        out
    }
}

/// Whether a text may be the name of a placeholder: a lower-case letter, then letters, digits, underscores.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A header value that is kept out of `Debug` output.
pub(super) fn header_value(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn json(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' || c == '\u{7f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

fn xml(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // As references: a parser would change the bare characters (XML 1.0 §2.11 and §3.3.3).
            '\n' | '\r' | '\t' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn percent(value: &str, kept: &[u8], space: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else if byte == b' ' {
            out.push_str(space);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests stop at what they did not expect")]

    use proptest::prelude::*;

    use super::{Escape, Template, form_component};

    #[test]
    fn only_names_in_braces_are_placeholders() {
        let template = Template::parse(r#"{"a":"{to}","b":{"c":"{text}"}, {x y} {Z} {} {"#);
        assert_eq!(template.slots().collect::<Vec<_>>(), ["to", "text"]);
        let filled = template.fill(Escape::None, |name| match name {
            "to" => Some("{text}"),
            _ => Some("T"),
        });
        assert_eq!(filled, r#"{"a":"{text}","b":{"c":"T"}, {x y} {Z} {} {"#);
    }

    #[test]
    fn escapes_by_example() {
        assert_eq!(Escape::Json.apply("a\"\\\n\u{1}ש"), "a\\\"\\\\\\n\\u0001ש");
        assert_eq!(Escape::Url.apply("+972 5&x=ж"), "%2B972%205%26x%3D%D0%B6");
        assert_eq!(form_component("+972 5~*"), "%2B972+5%7E*");
        assert_eq!(Escape::Xml.apply("<a b='\"'>&\n\u{0}"), "&lt;a b=&apos;&quot;&apos;&gt;&amp;&#10;\u{fffd}");
    }

    /// Reads the five named and the decimal references, as any XML parser does.
    fn read_xml(escaped: &str) -> String {
        let mut out = String::new();
        let mut rest = escaped;
        while let Some((before, after)) = rest.split_once('&') {
            out.push_str(before);
            let (name, tail) = after.split_once(';').unwrap();
            out.push(match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                number => char::from_u32(number.strip_prefix('#').unwrap().parse().unwrap()).unwrap(),
            });
            rest = tail;
        }
        out + rest
    }

    fn xml_can_hold(c: char) -> bool {
        matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    }

    proptest! {
        #[test]
        fn any_text_survives_json(text in any::<String>()) {
            let template = Template::parse(r#"{"message":"{text}"}"#);
            let body = template.fill(Escape::Json, |_| Some(&text));
            let read: serde_json::Value = serde_json::from_str(&body).unwrap();
            prop_assert_eq!(read, serde_json::json!({ "message": text }));
        }

        #[test]
        fn any_text_survives_a_form_and_a_url(text in any::<String>()) {
            let query = format!("a={}&b={}", form_component(&text), Escape::Url.apply(&text));
            let url = reqwest::Url::parse(&format!("http://localhost/?{query}")).unwrap();
            let read: Vec<_> = url.query_pairs().map(|(_, value)| value.into_owned()).collect();
            prop_assert_eq!(read, vec![text.clone(), text]);
        }

        #[test]
        fn any_text_survives_xml(text in any::<String>()) {
            let escaped = Escape::Xml.apply(&text);
            prop_assert!(!escaped.contains(['<', '>', '"', '\'', '\n', '\r', '\t']));
            prop_assert!(escaped.chars().all(xml_can_hold));
            let holdable: String = text.chars().map(|c| if xml_can_hold(c) { c } else { '\u{fffd}' }).collect();
            prop_assert_eq!(read_xml(&escaped), holdable);
        }

        #[test]
        fn any_template_parses_and_fills_to_itself(source in any::<String>()) {
            let template = Template::parse(&source);
            let names: Vec<String> = template.slots().map(|name| format!("{{{name}}}")).collect();
            let filled = template.fill(Escape::None, |name| {
                names.iter().find(|n| n.trim_matches(['{', '}']) == name).map(String::as_str)
            });
            prop_assert_eq!(filled, source);
        }
    }
}
