//! E-mail addresses: what a mail server will take, kept as typed, compared whole in lower case.
//!
//! The syntax is the practical one of the HTML standard for the part before the @, with RFC 5321's limits (64 and 254 bytes) and its rule
//! that dots stand between other characters. The domain has at least two labels and may be international. Dots and `+tags` are never
//! stripped: for many providers they are another person's address. Whether mail arrives is found out by sending.

use crate::digits::is_bidi_control;
use crate::mask::{self, HIDDEN};
use crate::unicode::{is_combining_mark, nfc};

/// An e-mail address. Equality compares it as typed; people are compared by [`Email::comparison_key`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

mask::masked_debug!(Email);

/// Why a text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing was typed.
    #[error("the e-mail address is empty")]
    Empty,
    /// More than 254 bytes, or more than 64 before the @.
    #[error("the e-mail address is too long")]
    TooLong,
    /// A space inside.
    #[error("an e-mail address has no spaces")]
    Space,
    /// No @, or more than one.
    #[error("an e-mail address has one @")]
    At,
    /// The part before the @ is empty, has a character that mail servers refuse, or misplaced dots.
    #[error("the part before the @ cannot be used")]
    Local,
    /// The part after the @ is not the name of a domain.
    #[error("the part after the @ is not a domain")]
    Domain,
}

impl EmailError {
    /// The stable code that texts and problem documents are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::Space => "space",
            Self::At => "at",
            Self::Local => "local",
            Self::Domain => "domain",
        }
    }
}

impl Email {
    /// The longest address in bytes (RFC 5321 §4.5.3.1, with the erratum).
    pub const MAX_BYTES: usize = 254;
    /// The longest part before the @ in bytes.
    pub const MAX_LOCAL_BYTES: usize = 64;

    /// Reads an address; surrounding white space and bidi marks are dropped, the rest is kept as typed.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || is_bidi_control(c) || c == '\u{FEFF}');
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        if text.contains(char::is_whitespace) {
            return Err(EmailError::Space);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailError::At)?;
        if domain.contains('@') {
            return Err(EmailError::At);
        }
        if local.len() > Self::MAX_LOCAL_BYTES {
            return Err(EmailError::TooLong);
        }
        if !local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_byte)) {
            return Err(EmailError::Local);
        }
        let is_number = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
        let (_, last) = domain.rsplit_once('.').ok_or(EmailError::Domain)?;
        if is_number(last) || !domain.split('.').all(is_label) {
            return Err(EmailError::Domain);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two addresses are compared and indexed by: the whole address in lower case, composed (NFC).
    pub fn comparison_key(&self) -> String {
        nfc(&nfc(&self.0).chars().flat_map(char::to_lowercase).collect::<String>())
    }

    /// The first character, bullets, and the domain: `d•••@dugma.example`. A first part of one character is hidden altogether.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or_default();
        let mut characters = local.chars();
        let first = characters.next().filter(|_| characters.next().is_some());
        format!("{}{HIDDEN}@{domain}", first.map(String::from).unwrap_or_default())
    }
}

/// The characters of an atom (RFC 5322 §3.2.3).
fn is_atom_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b)
}

/// A label of a domain name: 1 to 63 bytes, letters, digits and inner hyphens; letters of any script.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !label.starts_with(is_combining_mark)
        && label.chars().all(|c| c == '-' || c.is_alphanumeric() || is_combining_mark(c))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn addresses_are_kept_as_typed_and_compared_in_lower_case() {
        let email = Email::parse("  Dana.Levi+School@Dugma.Example\u{200F} ").unwrap();
        assert_eq!(email.as_str(), "Dana.Levi+School@Dugma.Example");
        assert_eq!(email.comparison_key(), "dana.levi+school@dugma.example");
        // Neither dots nor tags are stripped.
        for other in ["danalevi+school@dugma.example", "dana.levi@dugma.example"] {
            assert_ne!(Email::parse(other).unwrap().comparison_key(), email.comparison_key());
        }
    }

    #[test]
    fn ordinary_and_odd_addresses_are_taken() {
        for text in [
            "primer123@mail.ru",
            "a@b.co",
            "o'hara@school-5.example",
            "x_{y}@почта.рф",
            "d@דוגמה.קום",
            "a@xn--80a1acny.xn--p1ai",
        ] {
            assert_eq!(Email::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn the_limits_are_exact() {
        let local = "a".repeat(64);
        assert!(Email::parse(&format!("{local}@b.co")).is_ok());
        assert_eq!(Email::parse(&format!("a{local}@b.co")), Err(EmailError::TooLong));
        let label = "b".repeat(63);
        assert!(Email::parse(&format!("a@{label}.co")).is_ok());
        assert_eq!(Email::parse(&format!("a@b{label}.co")), Err(EmailError::Domain));
        let long = format!("{local}@{label}.{label}.{}", "b".repeat(61));
        assert_eq!(long.len(), 254);
        assert!(Email::parse(&long).is_ok());
        assert_eq!(Email::parse(&format!("{long}b")), Err(EmailError::TooLong));
    }

    #[test]
    fn other_texts_say_what_is_wrong() {
        for (text, error) in [
            ("", EmailError::Empty),
            (" \u{200E} ", EmailError::Empty),
            ("dana", EmailError::At),
            ("a@b@c.co", EmailError::At),
            ("dana levi@dugma.example", EmailError::Space),
            ("a@b.co\r\nBcc: c@d.co", EmailError::Space),
            ("@dugma.example", EmailError::Local),
            (".a@b.co", EmailError::Local),
            ("a..b@b.co", EmailError::Local),
            ("a.@b.co", EmailError::Local),
            ("\"a\"@b.co", EmailError::Local),
            ("<a@b.co>", EmailError::Local),
            ("дана@b.co", EmailError::Local),
            ("a@localhost", EmailError::Domain),
            ("a@", EmailError::Domain),
            ("a@b.", EmailError::Domain),
            ("a@.b", EmailError::Domain),
            ("a@-b.co", EmailError::Domain),
            ("a@b_c.co", EmailError::Domain),
            ("a@10.0.0.1", EmailError::Domain),
            ("a@b,co.il", EmailError::Domain),
            ("a@b.co\u{202E}.x", EmailError::Domain),
        ] {
            assert_eq!(Email::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn debug_and_masked_do_not_reveal_it() {
        let email = Email::parse("dana@dugma.example").unwrap();
        assert_eq!(format!("{email:?}"), "Email(•••)");
        assert_eq!(email.masked(), "d•••@dugma.example");
        assert_eq!(Email::parse("d@dugma.example").unwrap().masked(), "•••@dugma.example");
    }
}
