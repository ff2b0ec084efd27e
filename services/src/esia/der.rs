//! The little of DER that signatures need: cutting elements apart and putting them together.
//!
//! Lengths are definite and below 16 MiB; anything else is no DER of ours. Certificates are read by a crate.

/// INTEGER.
pub(super) const INTEGER: u8 = 0x02;
/// OCTET STRING.
pub(super) const OCTETS: u8 = 0x04;
/// NULL.
pub(super) const NULL: u8 = 0x05;
/// OBJECT IDENTIFIER.
pub(super) const OID: u8 = 0x06;
/// `UTCTime`.
pub(super) const UTC_TIME: u8 = 0x17;
/// SEQUENCE.
pub(super) const SEQUENCE: u8 = 0x30;
/// SET.
pub(super) const SET: u8 = 0x31;
/// The first of the tags whose meaning the context gives, constructed.
pub(super) const CONTEXT_0: u8 = 0xA0;
/// The second of them.
pub(super) const CONTEXT_1: u8 = 0xA1;

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    /// What is in it, without tag and length.
    pub(super) content: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub(super) fn inside(self) -> Reader<'a> {
        Reader(self.content)
    }
}

/// Takes one element after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element, of whatever tag.
    pub(super) fn take(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let length = match first {
            0..=0x7F => usize::from(first),
            0x81..=0x83 => {
                let (digits, after) = rest.split_at_checked(usize::from(first & 0x7F))?;
                rest = after;
                digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit))
            }
            _ => return None,
        };
        let (content, after) = rest.split_at_checked(length)?;
        self.0 = after;
        Some(Element { tag, content })
    }

    /// The next element if it has this tag; otherwise nothing is taken.
    pub(super) fn take_if(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = *self;
        let element = ahead.take().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element)
    }
}

/// An element of these parts.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(length + 5);
    bytes.push(tag);
    let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
    if let Ok(short @ 0..0x80) = u8::try_from(length) {
        bytes.push(short);
    } else {
        // At most eight digits: a length is a machine's word.
        bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7F));
        bytes.extend_from_slice(&digits);
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn what_is_put_together_comes_apart() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let whole = element(OCTETS, &[&content]);
            let mut reader = Reader::new(&whole);
            assert!(reader.take_if(SEQUENCE).is_none());
            let back = reader.take_if(OCTETS).unwrap();
            assert_eq!(back, Element { tag: OCTETS, content: &content });
            assert!(reader.is_empty());
        }
        assert_eq!(element(OCTETS, &[&[1; 130]]).get(..3), Some(&[OCTETS, 0x81, 130][..]));
    }

    #[test]
    fn what_is_cut_short_or_without_a_length_is_nothing() {
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81],
            &[0x30, 0x82, 1],
            &[0x30, 0x82, 1, 0, 0],
            &[0x30, 0x84, 0, 0, 0, 1, 0],
        ] {
            assert!(Reader::new(bytes).take().is_none(), "{bytes:?}");
        }
    }
}
