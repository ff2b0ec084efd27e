//! A ZIP archive of a few small files: the service hands out its certificates in one.

/// Writes an archive of names and contents. Nothing is compressed: keys do not get shorter.
pub fn stored(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive: Vec<u8> = Vec::new();
    let mut directory: Vec<u8> = Vec::new();
    for (name, content) in files {
        let at = four(archive.len());
        // Version 2.0, names in UTF-8, stored as it is, on 1980-01-01 at midnight.
        let mut about: Vec<u8> = vec![20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0];
        about.extend(crc32(content).to_le_bytes());
        about.extend(four(content.len()));
        about.extend(four(content.len()));
        about.extend(two(name.len()));
        about.extend([0; 2]);
        archive.extend(*b"PK\x03\x04");
        archive.extend_from_slice(&about);
        archive.extend_from_slice(name.as_bytes());
        archive.extend_from_slice(content);
        directory.extend(*b"PK\x01\x02");
        directory.extend([20, 0]);
        directory.extend_from_slice(&about);
        // No remark, the first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(at);
        directory.extend_from_slice(name.as_bytes());
    }
    let (start, length, count) = (four(archive.len()), four(directory.len()), two(files.len()));
    archive.append(&mut directory);
    archive.extend(*b"PK\x05\x06");
    archive.extend([0; 4]);
    archive.extend(count);
    archive.extend(count);
    archive.extend(length);
    archive.extend(start);
    archive.extend([0; 2]);
    archive
}

fn two(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

fn four(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

/// The check sum that archives have.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            let odd = sum & 1 == 1;
            sum >>= 1;
            if odd {
                sum ^= 0xedb8_8320;
            }
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex_upper;

    #[test]
    fn an_archive_is_what_others_read() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        // Python's zipfile reads these bytes as the one file «Г» with «abc» in it.
        let file = "504B030414000008000000002100C2412435030000000300000002000000D093616263";
        let directory =
            "504B0102140014000008000000002100C24124350300000003000000020000000000000000000000000000000000D093";
        let end = "504B0506000000000100010030000000230000000000";
        assert_eq!(hex_upper(&stored(&[("Г".to_owned(), b"abc".to_vec())])), [file, directory, end].concat());
        assert_eq!(stored(&[]).len(), 22);
    }
}
