//! The two digests.

use sha2::{Digest, Sha256};
use streebog::Streebog256;

/// GOST R 34.11-2012 of 256 bits («Streebog»), in the order of bytes that the standard and openssl print.
pub fn streebog(bytes: &[u8]) -> [u8; 32] {
    Streebog256::digest(bytes).into()
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex_upper;

    #[test]
    fn streebog_answers_its_vectors() {
        // RFC 6986 §10.1 and the empty message.
        let first = streebog(b"012345678901234567890123456789012345678901234567890123456789012");
        assert_eq!(hex_upper(&first), "9D151EEFD8590B89DAA6BA6CB74AF9275DD051026BB149A452FD84E5E57B5500");
        let empty = streebog(b"");
        assert_eq!(hex_upper(&empty), "3F539A213E97C802CC229D474C6AA32A825A360B2A933A949FD925208D9CE1BB");
        assert_eq!(hex_upper(&sha256(b"")), "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855");
    }
}
