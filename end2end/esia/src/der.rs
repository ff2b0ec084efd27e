//! DER: as much reading and writing as keys, certificates and CMS need, and BER's looser lengths put into DER.

use thiserror::Error;

/// Tags that are used here.
pub mod tag {
    /// `INTEGER`.
    pub const INTEGER: u8 = 0x02;
    /// `BIT STRING`.
    pub const BIT_STRING: u8 = 0x03;
    /// `OCTET STRING`.
    pub const OCTET_STRING: u8 = 0x04;
    /// `NULL`.
    pub const NULL: u8 = 0x05;
    /// `OBJECT IDENTIFIER`.
    pub const OID: u8 = 0x06;
    /// `UTF8String`.
    pub const UTF8_STRING: u8 = 0x0c;
    /// `PrintableString`.
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// `UTCTime`.
    pub const UTC_TIME: u8 = 0x17;
    /// `GeneralizedTime`.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// `SEQUENCE`.
    pub const SEQUENCE: u8 = 0x30;
    /// `SET`.
    pub const SET: u8 = 0x31;
    /// `[0]`, constructed.
    pub const CONTEXT_0: u8 = 0xa0;
    /// `[1]`, constructed.
    pub const CONTEXT_1: u8 = 0xa1;
    /// `[0]`, primitive.
    pub const CONTEXT_0_PRIMITIVE: u8 = 0x80;
}

/// Deeper structures than this are no certificate and no CMS.
const DEEPEST: usize = 32;

/// Why bytes are not the structure that they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DerError {
    /// They end before the structure does.
    #[error("the structure is cut off")]
    CutOff,
    /// A length or tag is in a form that does not occur here.
    #[error("a tag or length is malformed")]
    Malformed,
    /// Something else stands in this place.
    #[error("another element stands in this place")]
    Unexpected,
    /// Bytes follow the structure.
    #[error("bytes follow the structure")]
    Trailing,
}

/// One element.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// What it is.
    pub tag: u8,
    /// What is inside.
    pub value: &'a [u8],
    /// All of it, tag and length included.
    pub whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// Reads what is inside.
    pub fn inside(&self) -> Reader<'a> {
        Reader::new(self.value)
    }
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Is there nothing left?
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element.
    pub fn any(&mut self) -> Result<Element<'a>, DerError> {
        let (&tag, after_tag) = self.rest.split_first().ok_or(DerError::CutOff)?;
        if tag & 0x1f == 0x1f {
            return Err(DerError::Malformed);
        }
        let (length, body) = definite(after_tag)?.ok_or(DerError::Malformed)?;
        let (value, rest) = body.split_at_checked(length).ok_or(DerError::CutOff)?;
        let size = self.rest.len() - rest.len();
        let whole = self.rest.get(..size).ok_or(DerError::CutOff)?;
        self.rest = rest;
        Ok(Element { tag, value, whole })
    }

    /// The next element, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Result<Element<'a>, DerError> {
        let before = self.rest;
        let element = self.any()?;
        if element.tag == tag {
            return Ok(element);
        }
        self.rest = before;
        Err(DerError::Unexpected)
    }

    /// The next element, if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.rest.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Nothing may be left.
    pub fn finish(&self) -> Result<(), DerError> {
        if self.is_empty() { Ok(()) } else { Err(DerError::Trailing) }
    }
}

/// A length and the bytes after it; `None` for the indefinite length of BER.
fn definite(bytes: &[u8]) -> Result<Option<(usize, &[u8])>, DerError> {
    let (&first, mut rest) = bytes.split_first().ok_or(DerError::CutOff)?;
    match first {
        0..=0x7f => Ok(Some((usize::from(first), rest))),
        0x80 => Ok(None),
        0x81..=0x84 => {
            let mut length = 0_usize;
            for _ in 0..first & 0x7f {
                let (&byte, after) = rest.split_first().ok_or(DerError::CutOff)?;
                length = (length << 8) | usize::from(byte);
                rest = after;
            }
            Ok(Some((length, rest)))
        }
        _ => Err(DerError::Malformed),
    }
}

/// Puts one element of BER into definite lengths, and strings in pieces into one piece. What is DER already comes out as it was.
pub fn definite_lengths(ber: &[u8]) -> Result<Vec<u8>, DerError> {
    let (der, rest) = one(ber, 0)?;
    if rest.is_empty() { Ok(der) } else { Err(DerError::Trailing) }
}

fn one(ber: &[u8], depth: usize) -> Result<(Vec<u8>, &[u8]), DerError> {
    let (&tag, after_tag) = ber.split_first().ok_or(DerError::CutOff)?;
    if tag & 0x1f == 0x1f || depth > DEEPEST {
        return Err(DerError::Malformed);
    }
    let constructed = tag & 0x20 != 0;
    let (mut body, rest_if_definite) = match definite(after_tag)? {
        Some((length, body)) => {
            let (value, rest) = body.split_at_checked(length).ok_or(DerError::CutOff)?;
            (value, Some(rest))
        }
        None if constructed => (after_tag.get(1..).ok_or(DerError::CutOff)?, None),
        None => return Err(DerError::Malformed),
    };
    if !constructed {
        return Ok((tlv(tag, body), rest_if_definite.unwrap_or_default()));
    }
    let mut inside = Vec::new();
    // The pieces of a string lose their own heads.
    let string = tag == (tag::OCTET_STRING | 0x20);
    let rest = loop {
        match (rest_if_definite, body) {
            (Some(rest), []) | (None, [0, 0, rest @ ..]) => break rest,
            _ => {}
        }
        let (piece, after) = one(body, depth + 1)?;
        if string {
            inside.extend_from_slice(Reader::new(&piece).expect(tag::OCTET_STRING)?.value);
        } else {
            inside.extend_from_slice(&piece);
        }
        body = after;
    };
    Ok((tlv(if string { tag::OCTET_STRING } else { tag }, &inside), rest))
}

/// Writes an element.
pub fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = value.len();
    if let Ok(short @ 0..=0x7f) = u8::try_from(length) {
        bytes.push(short);
    } else {
        let long: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
        bytes.push(0x80 | u8::try_from(long.len()).unwrap_or(0x7f));
        bytes.extend_from_slice(&long);
    }
    bytes.extend_from_slice(value);
    bytes
}

/// Writes an element that holds others.
pub fn holding(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(tag, &parts.concat())
}

/// Writes a `SEQUENCE`.
pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    holding(tag::SEQUENCE, parts)
}

/// Writes a `SET OF`: DER wants its elements in the order of their bytes.
pub fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    holding(tag::SET, &parts)
}

/// Writes a number that is not negative, from its big-endian bytes.
pub fn unsigned(big_endian: &[u8]) -> Vec<u8> {
    let mut value: Vec<u8> = big_endian.iter().copied().skip_while(|byte| *byte == 0).collect();
    if value.first().is_none_or(|first| *first > 0x7f) {
        value.insert(0, 0);
    }
    tlv(tag::INTEGER, &value)
}

/// Writes a `BIT STRING` of whole bytes.
pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(tag::BIT_STRING, &[&[0], bytes].concat())
}

/// The bytes of a `BIT STRING` of whole bytes.
pub fn bits_of<'a>(element: &Element<'a>) -> Result<&'a [u8], DerError> {
    match element.value.split_first() {
        Some((0, bytes)) if element.tag == tag::BIT_STRING => Ok(bytes),
        _ => Err(DerError::Unexpected),
    }
}

/// Writes an object identifier from its encoded bytes.
pub fn oid(encoded: &[u8]) -> Vec<u8> {
    tlv(tag::OID, encoded)
}

/// Writes a `NULL`.
pub fn null() -> Vec<u8> {
    tlv(tag::NULL, &[])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn lengths_are_written_and_read() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let value = vec![7; length];
            let bytes = tlv(tag::OCTET_STRING, &value);
            let mut reader = Reader::new(&bytes);
            let element = reader.any().unwrap();
            assert_eq!((element.tag, element.value, element.whole), (tag::OCTET_STRING, &value[..], &bytes[..]));
            reader.finish().unwrap();
        }
        assert_eq!(tlv(4, &[1, 2]), [4, 2, 1, 2]);
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_refused() {
        let whole = sequence(&[unsigned(&[1]), oid(&[0x2a])]);
        for length in 0..whole.len() {
            assert_eq!(Reader::new(&whole[..length]).any().unwrap_err(), DerError::CutOff, "{length}");
            assert!(definite_lengths(&whole[..length]).is_err(), "{length}");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert_eq!(definite_lengths(&longer), Err(DerError::Trailing));
        assert_eq!(definite_lengths(&whole).unwrap(), whole);
        assert_eq!(Reader::new(&[0x30, 0x85, 1, 1, 1, 1, 1]).any().unwrap_err(), DerError::Malformed);
        assert_eq!(Reader::new(&[0x1f, 0x01, 0x00]).any().unwrap_err(), DerError::Malformed);
        let mut reader = Reader::new(&whole);
        assert_eq!(reader.expect(tag::SET).unwrap_err(), DerError::Unexpected);
        assert!(reader.optional(tag::SET).unwrap().is_none());
        assert!(reader.expect(tag::SEQUENCE).is_ok());
    }

    #[test]
    fn indefinite_lengths_become_definite() {
        let ber = [0x30, 0x80, 0x24, 0x80, 4, 1, 9, 4, 2, 8, 7, 0, 0, 2, 1, 5, 0, 0];
        assert_eq!(definite_lengths(&ber).unwrap(), [0x30, 8, 4, 3, 9, 8, 7, 2, 1, 5]);
        assert_eq!(definite_lengths(&ber[..ber.len() - 1]), Err(DerError::CutOff));
        let deep: Vec<u8> = [0x30, 0x80].repeat(100);
        assert!(definite_lengths(&deep).is_err());
    }

    #[test]
    fn numbers_and_sets_are_der() {
        assert_eq!(unsigned(&[0, 0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(unsigned(&[0]), [2, 1, 0]);
        assert_eq!(unsigned(&[]), [2, 1, 0]);
        assert_eq!(set_of(vec![unsigned(&[2]), unsigned(&[1])]), [0x31, 6, 2, 1, 1, 2, 1, 2]);
        let bits = bit_string(&[1]);
        assert_eq!(bits_of(&Reader::new(&bits).any().unwrap()), Ok(&[1_u8][..]));
    }
}
