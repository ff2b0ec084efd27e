//! The list of common passwords, as this crate sees it. The list itself is large and lives on the server.

use crate::digits;
use crate::unicode::nfkc;

/// A list of passwords that too many people use.
pub trait CommonPasswords {
    /// Whether the list has it. `folded` is the password after [`fold`]; the entries of the list must be folded in the same way.
    fn contains(&self, folded: &str) -> bool;
}

/// The form in which passwords and words are compared: NFKC, lower case, digits of every known script as ASCII.
pub fn fold(text: &str) -> String {
    let lower: String = nfkc(text).chars().flat_map(char::to_lowercase).collect();
    nfkc(&lower).chars().map(|c| digits::ascii(c).unwrap_or(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_width_and_script_of_digits_do_not_matter() {
        assert_eq!(fold("ＰａＳＳ１٢Ж"), "pass12ж");
        assert_eq!(fold("СТРАСТЬ"), fold("страсть"));
    }
}
