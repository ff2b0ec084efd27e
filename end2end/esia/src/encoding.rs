//! Base64 in the shapes that clients send it in, hexadecimal, and PEM.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Base64url without padding.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Standard base64 with padding.
pub fn base64_standard(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads base64 or base64url, with or without padding: working clients send each of them.
pub fn any_base64(text: &str) -> Option<Vec<u8>> {
    let plain: String = text
        .trim_end_matches('=')
        .chars()
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    STANDARD_NO_PAD.decode(plain).ok()
}

/// Hexadecimal, upper case.
pub fn hex_upper(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A part of a PEM file: what it is called, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemBlock {
    /// What stands after `BEGIN`, such as `CERTIFICATE`.
    pub label: String,
    /// The DER inside.
    pub der: Vec<u8>,
}

/// All parts of a PEM text; what is between them is skipped. `None` when a part is cut off or no base64.
pub fn read_pem(text: &str) -> Option<Vec<PemBlock>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(label) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----")) else {
            continue;
        };
        let end = format!("-----END {label}-----");
        let mut body = String::new();
        loop {
            match lines.next() {
                None => return None,
                Some(line) if line == end => break,
                Some(line) => body.push_str(line),
            }
        }
        blocks.push(PemBlock { label: label.to_owned(), der: any_base64(&body)? });
    }
    Some(blocks)
}

/// A PEM text of one part.
pub fn write_pem(label: &str, der: &[u8]) -> String {
    let encoded = base64_standard(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut column = 0;
    for c in encoded.chars() {
        text.push(c);
        column += 1;
        if column == 64 {
            text.push('\n');
            column = 0;
        }
    }
    if column > 0 {
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn each_shape_of_base64_is_read() {
        let bytes = [0xfb_u8, 0xff, 0x00, 0x3e];
        for text in ["+/8APg==", "+/8APg", "-_8APg==", "-_8APg"] {
            assert_eq!(any_base64(text).as_deref(), Some(&bytes[..]), "{text}");
        }
        assert_eq!(any_base64("not base64 !"), None);
        assert_eq!(any_base64("").as_deref(), Some(&[][..]));
        assert_eq!(base64url(&bytes), "-_8APg");
    }

    #[test]
    fn pem_survives_a_round() {
        let der: Vec<u8> = (0..=255).collect();
        let text = format!("words before\n{}and between\n{}", write_pem("A B", &der), write_pem("C", &[1]));
        let blocks = read_pem(&text).unwrap();
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0], PemBlock { label: "A B".to_owned(), der });
        assert_eq!(read_pem("-----BEGIN C-----\nAQ==\n"), None, "cut off");
        assert_eq!(read_pem("nothing").unwrap(), []);
        assert_eq!(hex_upper(&[0xab, 0x01]), "AB01");
    }
}
