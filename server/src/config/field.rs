//! What a key can hold: how a value of the file becomes a Rust type, and how a default is written back.
//!
//! Parse, don't validate: whatever a `Field` returns is right, nothing behind it checks again.

use std::{fmt, net::SocketAddr, path::PathBuf};

/// A type that can stand in the configuration.
pub trait Field: Sized {
    /// Whether messages must leave the value out, whatever the key's rule.
    const SECRET: bool = false;

    /// Parses the value; the error completes the sentence "must be …".
    fn read(value: &toml::Value) -> Result<Self, String>;

    /// The value as it stands in the file. Called on defaults only, never on what an installation configured.
    fn write(&self) -> toml::Value;

    /// The text of an environment variable as a value of this kind; text that is none stays text, and `read` refuses it.
    fn from_env(text: &str) -> toml::Value {
        toml::Value::String(text.to_owned())
    }
}

/// The text in a value, or the error that says what was expected instead.
pub(super) fn text_of<'a>(value: &'a toml::Value, expected: &str) -> Result<&'a str, String> {
    value.as_str().ok_or_else(|| expected.to_owned())
}

impl Field for SocketAddr {
    fn read(value: &toml::Value) -> Result<Self, String> {
        let expected = "an address and a port, such as \"127.0.0.1:3000\" or \"[::1]:3000\"";
        text_of(value, expected)?.trim().parse().map_err(|_| expected.to_owned())
    }
    fn write(&self) -> toml::Value {
        toml::Value::String(self.to_string())
    }
}

impl Field for String {
    fn read(value: &toml::Value) -> Result<Self, String> {
        text_of(value, "a text in quotes").map(str::to_owned)
    }
    fn write(&self) -> toml::Value {
        toml::Value::String(self.clone())
    }
}

impl Field for PathBuf {
    fn read(value: &toml::Value) -> Result<Self, String> {
        match text_of(value, "a path in quotes")? {
            "" => Err("a path, and not empty".to_owned()),
            text => Ok(Self::from(text)),
        }
    }
    fn write(&self) -> toml::Value {
        toml::Value::String(self.display().to_string())
    }
}

impl Field for bool {
    fn read(value: &toml::Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "true or false".to_owned())
    }
    fn write(&self) -> toml::Value {
        toml::Value::Boolean(*self)
    }
    fn from_env(text: &str) -> toml::Value {
        match text.trim() {
            "true" | "1" | "yes" | "on" => toml::Value::Boolean(true),
            "false" | "0" | "no" | "off" => toml::Value::Boolean(false),
            other => toml::Value::String(other.to_owned()),
        }
    }
}

/// Whole numbers; the bounds that matter are the key's, these only keep the conversion from failing.
macro_rules! number_fields {
    ($($type:ty),+) => {
        $(
            impl Field for $type {
                fn read(value: &toml::Value) -> Result<Self, String> {
                    value
                        .as_integer()
                        .and_then(|number| Self::try_from(number).ok())
                        .ok_or_else(|| "a whole number, without quotes".to_owned())
                }
                fn write(&self) -> toml::Value {
                    toml::Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
                }
                fn from_env(text: &str) -> toml::Value {
                    text.trim()
                        .parse()
                        .map_or_else(|_| toml::Value::String(text.to_owned()), toml::Value::Integer)
                }
            }
        )+
    };
}
number_fields!(u16, u32, u64, usize);

/// An empty text means "not set": TOML has no null, and an environment variable can't be taken away by a file.
impl<T: Field> Field for Option<T> {
    fn read(value: &toml::Value) -> Result<Self, String> {
        if value.as_str() == Some("") {
            return Ok(None);
        }
        T::read(value).map(Some).map_err(|expected| format!("{expected}, or \"\" for none"))
    }
    fn write(&self) -> toml::Value {
        self.as_ref().map_or_else(|| toml::Value::String(String::new()), T::write)
    }
    fn from_env(text: &str) -> toml::Value {
        if text.is_empty() { toml::Value::String(String::new()) } else { T::from_env(text) }
    }
}

impl<T: Field> Field for Vec<T> {
    fn read(value: &toml::Value) -> Result<Self, String> {
        let entries = value.as_array().ok_or_else(|| "a list in [ ]".to_owned())?;
        entries
            .iter()
            .map(|entry| T::read(entry).map_err(|expected| format!("a list of which each entry is {expected}")))
            .collect()
    }
    fn write(&self) -> toml::Value {
        toml::Value::Array(self.iter().map(T::write).collect())
    }
    /// A TOML list, or the entries with commas between them.
    fn from_env(text: &str) -> toml::Value {
        let text = text.trim();
        if text.starts_with('[') {
            return text.parse().unwrap_or_else(|_| toml::Value::String(text.to_owned()));
        }
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        toml::Value::Array(entries.map(T::from_env).collect())
    }
}

/// A secret: `Debug` never shows it, there is no `Display`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself: for the one place that uses it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Secret(unset)" } else { "Secret(set)" })
    }
}

impl Field for Secret {
    fn read(value: &toml::Value) -> Result<Self, String> {
        text_of(value, "a text in quotes").map(Self::new)
    }
    fn write(&self) -> toml::Value {
        toml::Value::String(self.0.clone())
    }
}

/// Declares an enum whose words are the values of a key.
macro_rules! choice {
    (
        $(#[$meta:meta])+
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])+ $variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$meta])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $( $(#[$variant_meta])+ $variant, )+
        }

        impl $name {
            /// The words that may stand in the file.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word of this choice.
            pub fn word(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text {
                    $( $word => Ok(Self::$variant), )+
                    _ => Err(()),
                }
            }
        }

        impl $crate::config::field::Field for $name {
            fn read(value: &toml::Value) -> Result<Self, String> {
                value
                    .as_str()
                    .and_then(|word| word.parse().ok())
                    .ok_or_else(|| format!("one of {}", Self::WORDS.join(", ")))
            }
            fn write(&self) -> toml::Value {
                toml::Value::String(self.word().to_owned())
            }
        }
    };
}
pub(crate) use choice;
