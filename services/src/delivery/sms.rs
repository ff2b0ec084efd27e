//! How many SMS parts a text takes (3GPP TS 23.038): the GSM 7-bit alphabet while every character is in it,
//! UCS-2 otherwise. A text of more than one part gives up 6 octets of each to the concatenation header
//! (3GPP TS 23.040 §9.2.3.24.1).

/// The basic character set of TS 23.038 §6.2.1, without the escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table of TS 23.038 §6.2.1.1: each takes two septets.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The number of parts the text is sent in; 0 for an empty text.
///
/// A part holds 160 septets or 70 UCS-2 units when it is the only one, else 153 or 67. A character never
/// straddles two parts, so an escape pair or a surrogate pair at the border moves to the next one.
pub fn parts(text: &str) -> usize {
    let septets: Option<Vec<usize>> = text.chars().map(septets).collect();
    match septets {
        Some(widths) => fill(&widths, 160, 153),
        None => fill(&text.chars().map(char::len_utf16).collect::<Vec<_>>(), 70, 67),
    }
}

fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

fn fill(widths: &[usize], single: usize, several: usize) -> usize {
    let total: usize = widths.iter().sum();
    if total == 0 {
        return 0;
    }
    if total <= single {
        return 1;
    }
    let mut parts = 1;
    let mut used = 0;
    for width in widths {
        if used + width > several {
            parts += 1;
            used = 0;
        }
        used += width;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::{BASIC, EXTENSION, parts};

    #[test]
    fn the_alphabet_is_complete() {
        // 128 positions of the table, less the escape.
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
    }

    #[test]
    fn gsm_texts() {
        assert_eq!(parts(""), 0);
        assert_eq!(parts("a"), 1);
        assert_eq!(parts(&"a".repeat(160)), 1);
        assert_eq!(parts(&"a".repeat(161)), 2);
        assert_eq!(parts(&"a".repeat(306)), 2);
        assert_eq!(parts(&"a".repeat(307)), 3);
    }

    #[test]
    fn characters_of_the_extension_count_twice_and_are_not_split() {
        assert_eq!(parts(&"€".repeat(80)), 1);
        assert_eq!(parts(&"€".repeat(81)), 2);
        // 152 and an escape pair do not fit 153; the pair opens the second part.
        assert_eq!(parts(&format!("{}€{}", "a".repeat(152), "a".repeat(151))), 2);
        assert_eq!(parts(&format!("{}€{}", "a".repeat(152), "a".repeat(152))), 3);
    }

    #[test]
    fn other_scripts_are_ucs2() {
        for letter in ["ש", "م", "ж"] {
            assert_eq!(parts(&letter.repeat(70)), 1);
            assert_eq!(parts(&letter.repeat(71)), 2);
            assert_eq!(parts(&letter.repeat(134)), 2);
            assert_eq!(parts(&letter.repeat(135)), 3);
        }
        // One Hebrew letter makes the whole text UCS-2.
        assert_eq!(parts(&format!("{}ש", "a".repeat(70))), 2);
    }

    #[test]
    fn surrogate_pairs_count_twice_and_are_not_split() {
        assert_eq!(parts(&"😀".repeat(35)), 1);
        assert_eq!(parts(&"😀".repeat(36)), 2);
        // 33 pairs to a part of 67, not 33 and a half.
        assert_eq!(parts(&"😀".repeat(66)), 2);
        assert_eq!(parts(&"😀".repeat(67)), 3);
    }
}
