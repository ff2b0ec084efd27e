//! The list of common passwords that the program ships with.
//!
//! `data/common-passwords.fst` is a finite-state set of the entries in the form of [`domain::password::common::fold`]: exact, searched
//! as it lies in the program, nothing to unpack or to keep in memory. `data/README.md` says where the entries come from, under which
//! licence, and how the file is made (`examples/common_passwords.rs`).

use domain::CommonPasswords;
use fst::Set;

/// See `data/README.md`.
static SHIPPED: &[u8] = include_bytes!("../data/common-passwords.fst");

/// The list that the program ships with: passwords of 8 to 64 characters, shorter ones being refused for their length.
#[derive(Clone)]
pub struct ListedPasswords(Set<&'static [u8]>);

impl ListedPasswords {
    /// The list. This costs nothing: the entries stay where they are in the program.
    #[allow(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "the file is part of the program, and a test reads it to the end"
    )]
    pub fn shipped() -> Self {
        Self(Set::new(SHIPPED).expect("data/common-passwords.fst is a set"))
    }

    /// How many passwords it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl CommonPasswords for ListedPasswords {
    fn contains(&self, folded: &str) -> bool {
        self.0.contains(folded)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use domain::password::common::fold;
    use fst::Streamer;

    use super::*;

    #[test]
    fn favourites_are_listed_however_they_are_written() {
        let list = ListedPasswords::shipped();
        for password in [
            "password",
            "PassWord1",
            "12345678",
            "qwertyuiop",
            "1q2w3e4r5t",
            "iloveyou",
            "123456789012345",
            // The Russian words for "password" and "Natasha2" with the keyboard switched to Latin, and a row of Cyrillic keys.
            "gfhjkm123",
            "yfnfif123",
            "йцукенгшщз",
            "ЙЦУКЕНГШЩЗ",
            // Full-width and Arabic-Indic forms are the same password.
            "ｐａｓｓｗｏｒｄ１",
            "١٢٣٤٥٦٧٨٩",
        ] {
            assert!(list.contains(&fold(password)), "{password} is not listed");
        }
    }

    #[test]
    fn others_are_not() {
        let list = ListedPasswords::shipped();
        for password in [
            "",
            "passwor",
            "password of a grey heron",
            "vK7-mq2W_xT9-bn4R",
            "ארבעה כלבים ישנים בגינה",
            "четыре собаки спят в саду",
            "أربعة كلاب نائمة في الحديقة",
        ] {
            assert!(!list.contains(&fold(password)), "{password} is listed");
        }
    }

    #[test]
    fn the_file_is_whole_and_every_entry_can_be_found() {
        let list = ListedPasswords::shipped();
        list.0.as_fst().verify().unwrap();
        assert!(!list.is_empty());
        assert!(list.len() >= 100_000, "only {} entries", list.len());

        let mut entries = list.0.stream();
        let mut seen = 0;
        while let Some(entry) = entries.next() {
            let entry = std::str::from_utf8(entry).unwrap();
            assert_eq!(fold(entry), entry, "an entry that no look-up reaches");
            assert!((8..=64).contains(&entry.chars().count()), "{entry:?}");
            seen += 1;
        }
        assert_eq!(seen, list.len());
    }
}
