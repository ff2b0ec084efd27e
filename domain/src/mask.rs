//! How personal data looks where it must not be read: bullets, and at most the few last characters that let the owner recognise it.
//!
//! The number of bullets in [`HIDDEN`] is fixed, so that a masked value does not tell how long the real one is.

/// The sign that stands for a hidden character.
pub const BULLET: char = '•';

/// A value that is hidden altogether; its length says nothing.
pub const HIDDEN: &str = "•••";

/// Hides every letter and digit but the last `kept`; separators stay, so that the shape is still readable (`•••-•••-••• 95`).
///
/// When `kept` would show half of the letters and digits or more, all of them are hidden.
pub fn keep_last(text: &str, kept: usize) -> String {
    let count = text.chars().filter(|c| c.is_alphanumeric()).count();
    let hidden = if kept.saturating_mul(2) >= count { count } else { count - kept };
    let mut seen = 0_usize;
    text.chars()
        .map(|c| {
            if !c.is_alphanumeric() {
                return c;
            }
            seen += 1;
            if seen <= hidden { BULLET } else { c }
        })
        .collect()
}

/// Gives a type a `Debug` that says its name and nothing of its content.
macro_rules! masked_debug {
    ($type:ident) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($type), $crate::mask::HIDDEN)
            }
        }
    };
}
pub(crate) use masked_debug;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_shape_and_the_last_characters() {
        assert_eq!(keep_last("112-233-445 95", 2), "•••-•••-••• 95");
        assert_eq!(keep_last("039337423", 2), "•••••••23");
        assert_eq!(keep_last("", 2), "");
    }

    #[test]
    fn short_values_are_hidden_altogether() {
        assert_eq!(keep_last("18", 2), "••");
        assert_eq!(keep_last("1234", 2), "••••");
        assert_eq!(keep_last("12345", 2), "•••45");
        assert_eq!(keep_last("12345", usize::MAX), "•••••");
    }
}
