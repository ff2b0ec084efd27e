//! A mail, described once: its plain text and its HTML are two ways of writing the same pieces.
//!
//! The HTML carries no style, no picture and nothing that is loaded, so each mail program shows it in the size, the font and
//! the colours, dark ones too, that its reader has chosen, and nobody learns that it was opened.

use app::tr;
use domain::Locale;

use super::{Composed, MessageTexts};

/// LEFT-TO-RIGHT ISOLATE (UAX #9).
const ISOLATE: char = '\u{2066}';
/// POP DIRECTIONAL ISOLATE.
const END_OF_ISOLATE: char = '\u{2069}';
/// After so many characters an address may be broken: a token is wider than a phone.
const BREAK_AFTER: usize = 16;

enum Piece {
    /// The sentence that says it all.
    Lead(String),
    Paragraph(String),
    /// To be copied or typed: on a line of its own, with nothing else in it.
    Value {
        label: String,
        value: String,
    },
    /// Words that lead to a path of the portal, and its address for those whose program shows no links.
    Link {
        words: String,
        path: String,
    },
}

/// A mail being put together: greeting, pieces, sign-off.
pub(super) struct Letter<'a> {
    texts: &'a MessageTexts,
    locale: Locale,
    subject: &'static str,
    pieces: Vec<Piece>,
}

impl<'a> Letter<'a> {
    /// Begins with the greeting.
    pub(super) fn new(texts: &'a MessageTexts, locale: Locale, subject: &'static str) -> Self {
        Self { texts, locale, subject, pieces: Vec::new() }.paragraph(tr!(locale, messages.mail_greeting))
    }

    /// A first sentence that stands out.
    pub(super) fn lead(self, text: impl Into<String>) -> Self {
        self.with(Piece::Lead(text.into()))
    }

    /// A paragraph of running text.
    pub(super) fn paragraph(self, text: impl Into<String>) -> Self {
        self.with(Piece::Paragraph(text.into()))
    }

    /// A code or password below its label.
    pub(super) fn value(self, label: &str, value: impl Into<String>) -> Self {
        self.with(Piece::Value { label: label.to_owned(), value: value.into() })
    }

    /// A link to a path of the portal.
    pub(super) fn link(self, words: &str, path: impl Into<String>) -> Self {
        self.with(Piece::Link { words: words.to_owned(), path: path.into() })
    }

    fn with(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }

    /// Signs it and writes both parts.
    pub(super) fn done(self) -> Composed {
        let (texts, locale, subject) = (self.texts, self.locale, self.subject);
        let signed = self
            .paragraph(tr!(locale, messages.mail_sign_off, service = texts.names.get(locale).as_str()))
            .paragraph(tr!(locale, messages.mail_no_reply, help = texts.help_in_mail(locale)));
        Composed::Mail { subject: subject.to_owned(), text: signed.text(), html: signed.html() }
    }

    fn text(&self) -> String {
        let written: Vec<String> = self.pieces.iter().map(|piece| piece.text(&self.texts.origin)).collect();
        written.join("\n\n") + "\n"
    }

    fn html(&self) -> String {
        let body: String = self.pieces.iter().map(|piece| piece.html(&self.texts.origin)).collect();
        // The direction stands on the body as well, since many programs drop the head and `<html>`.
        format!(
            "<!DOCTYPE html>\n<html lang=\"{lang}\" dir=\"{dir}\">\n<head><meta charset=\"utf-8\">\
             <title>{title}</title></head>\n<body lang=\"{lang}\" dir=\"{dir}\">\n{body}</body>\n</html>\n",
            lang = self.locale.code(),
            dir = self.locale.dir(),
            title = escaped(self.subject),
        )
    }
}

impl Piece {
    /// Neither a value nor an address has anything invisible around it: they are copied whole lines at a time.
    fn text(&self, origin: &str) -> String {
        match self {
            Self::Lead(text) | Self::Paragraph(text) => text.clone(),
            Self::Value { label, value } => format!("{label}\n{value}"),
            Self::Link { words, path } => format!("{words}:\n{origin}{path}"),
        }
    }

    fn html(&self, origin: &str) -> String {
        match self {
            Self::Lead(text) => format!("<p><strong>{}</strong></p>\n", running(text)),
            Self::Paragraph(text) => format!("<p>{}</p>\n", running(text)),
            // `<big>` is old, but it is understood by programs that drop every style.
            Self::Value { label, value } => format!(
                "<p>{}<br><bdi dir=\"ltr\" translate=\"no\"><big><strong>{}</strong></big></bdi></p>\n",
                running(label),
                escaped(value),
            ),
            // The address is a link too: programs that look for addresses would make one of its first line alone.
            Self::Link { words, path } => {
                let url = escaped(&format!("{origin}{path}"));
                let address = breakable(origin, path);
                format!(
                    "<p><a href=\"{url}\">{}</a><br>\
                     <bdi dir=\"ltr\" translate=\"no\"><a href=\"{url}\">{address}</a></bdi></p>\n",
                    running(words),
                )
            }
        }
    }
}

/// Text that reads from left to right inside a sentence that may not: in Hebrew the star of `*6552` would end up behind it.
pub(super) fn isolated(locale: Locale, text: &str) -> String {
    if locale.is_rtl() { format!("{ISOLATE}{text}{END_OF_ISOLATE}") } else { text.to_owned() }
}

/// Running text as HTML: what is isolated by characters becomes isolated by an element.
fn running(text: &str) -> String {
    escaped(text).replace(ISOLATE, "<bdi dir=\"ltr\">").replace(END_OF_ISOLATE, "</bdi>")
}

/// An address as HTML text that may be broken into lines, though never within the origin.
fn breakable(origin: &str, path: &str) -> String {
    let letters: Vec<char> = path.chars().collect();
    let mut address = escaped(origin);
    for part in letters.chunks(BREAK_AFTER) {
        address.push_str("<wbr>");
        address.push_str(&escaped(&part.iter().collect::<String>()));
    }
    address
}

/// Text for HTML (OWASP: escape the five characters).
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_escaped() {
        assert_eq!(escaped("<a href=\"x\">&'</a>"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;");
        assert_eq!(running("<b>"), "&lt;b&gt;");
    }

    #[test]
    fn only_text_from_right_to_left_needs_isolation() {
        assert_eq!(isolated(Locale::Ru, "*6552"), "*6552");
        let hebrew = format!("אל {}.", isolated(Locale::He, "*6552"));
        assert_eq!(hebrew, "אל \u{2066}*6552\u{2069}.");
        assert_eq!(running(&hebrew), "אל <bdi dir=\"ltr\">*6552</bdi>.");
    }

    #[test]
    fn an_address_breaks_after_its_origin_and_then_often_enough_for_a_phone() {
        let address = breakable("https://portal.example.org", "/password/start?ticket=a&b");
        assert_eq!(address, "https://portal.example.org<wbr>/password/start?<wbr>ticket=a&amp;b");
    }
}
