//! Normal forms of Unicode: by tables on the server, by the browser's own in the browser, where those tables would weigh a fifth of the page.

#[cfg(not(target_arch = "wasm32"))]
pub use by_tables::{is_combining_mark, nfc, nfkc};
#[cfg(target_arch = "wasm32")]
pub use by_the_browser::{is_combining_mark, nfc, nfkc};

#[cfg(not(target_arch = "wasm32"))]
mod by_tables {
    use unicode_normalization::UnicodeNormalization;
    pub use unicode_normalization::char::is_combining_mark;

    /// The composed form.
    pub fn nfc(text: &str) -> String {
        text.nfc().collect()
    }

    /// The composed form in which compatible characters are the same.
    pub fn nfkc(text: &str) -> String {
        text.nfkc().collect()
    }
}

#[cfg(target_arch = "wasm32")]
mod by_the_browser {
    use js_sys::{JsString, RegExp};

    /// The composed form.
    pub fn nfc(text: &str) -> String {
        JsString::from(text).normalize("NFC").into()
    }

    /// The composed form in which compatible characters are the same.
    pub fn nfkc(text: &str) -> String {
        JsString::from(text).normalize("NFKC").into()
    }

    /// Whether a character is an accent or another mark of the one before it.
    pub fn is_combining_mark(c: char) -> bool {
        !c.is_ascii() && RegExp::new(r"\p{M}", "u").test(&c.to_string())
    }
}
