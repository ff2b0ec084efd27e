//! Short texts that staff give to things: titles and names.

/// A text as it is stored: its white space collapsed to single spaces. None when it is blank, has more than `longest`
/// characters, or something unprintable in it.
pub(crate) fn one_line(text: &str, longest: usize) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = !text.is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control);
    fits.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_text_is_one_line_that_can_be_read() {
        assert_eq!(one_line("  Школа \t № 5 \n", 10).as_deref(), Some("Школа № 5"));
        for bad in ["", " \u{a0} ", "12345678901", "a\u{7}b"] {
            assert_eq!(one_line(bad, 10), None, "{bad:?}");
        }
    }
}
