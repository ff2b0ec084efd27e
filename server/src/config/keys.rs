//! The table of keys: every key of the configuration is declared once, with its documentation, default and bounds.
//!
//! The `section!` macro turns one declaration into the typed struct, its `Default`, its reader and its row in the
//! table. `config print-default`, `docs/configuration.md` and the check of every value are made from that table,
//! so none of them can say something else than the program does.

use super::{read::Reader, shown::ShownKey};

/// One documented key of a section.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The key's name within its section.
    pub name: &'static str,
    /// What it does, in the lines of its declaration.
    pub doc: &'static str,
    /// What values it takes.
    pub rule: Rule,
    /// Its default, as it would stand in the file.
    pub default: fn() -> toml::Value,
    /// Turns the text of an environment variable into a value of the key's kind.
    pub from_env: fn(&str) -> toml::Value,
}

/// A list of tables within a section, such as `[[sms.gateway]]`.
#[derive(Debug, Clone, Copy)]
pub struct List {
    /// The list's name within its section.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// The keys of one entry.
    pub keys: &'static [Key],
}

/// What the table knows of one section.
#[derive(Debug, Clone, Copy)]
pub struct SectionInfo {
    /// The section's name in the file.
    pub path: &'static str,
    /// What it is about.
    pub doc: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Its lists of tables.
    pub lists: &'static [List],
}

/// What values a key takes, beyond what its type already says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Whatever the type takes.
    Any,
    /// A whole number, both ends included.
    Whole(i64, i64),
    /// A list of that many whole numbers: entries at least, entries at most, smallest, largest.
    WholeList(usize, usize, i64, i64),
    /// A text of so many characters, both ends included.
    Text(usize, usize),
    /// One of these words, or a list of them.
    OneOf(&'static [&'static str]),
    /// A secret: never printed, and `<key>_file` may name a file that holds it.
    Secret,
}

impl Rule {
    /// Whether the value keeps the rule; the error says the bounds. A value of the wrong kind is the type's affair.
    pub fn check(&self, value: &toml::Value) -> Result<(), String> {
        let kept = match (self, value) {
            (Self::Whole(least, most), toml::Value::Integer(number)) => (least..=most).contains(&number),
            (Self::WholeList(fewest, longest, least, most), toml::Value::Array(entries)) => {
                (*fewest..=*longest).contains(&entries.len())
                    && entries
                        .iter()
                        .filter_map(toml::Value::as_integer)
                        .all(|number| (*least..=*most).contains(&number))
            }
            (Self::Text(least, most), toml::Value::String(text)) => (*least..=*most).contains(&text.chars().count()),
            (Self::OneOf(words), toml::Value::String(word)) => words.contains(&word.as_str()),
            (Self::OneOf(words), toml::Value::Array(entries)) => {
                entries.iter().filter_map(toml::Value::as_str).all(|word| words.contains(&word))
            }
            _ => true,
        };
        match self.describe() {
            Some(bounds) if !kept => Err(format!("must be {bounds}")),
            _ => Ok(()),
        }
    }

    /// The bounds in words, `None` where there are none.
    pub fn describe(&self) -> Option<String> {
        match self {
            Self::Any | Self::Secret => None,
            Self::Whole(least, most) => Some(format!("{least} to {most}")),
            Self::WholeList(fewest, longest, least, most) => {
                Some(format!("{fewest} to {longest} numbers, each {least} to {most}"))
            }
            Self::Text(0, most) => Some(format!("at most {most} characters")),
            Self::Text(least, most) => Some(format!("{least} to {most} characters")),
            Self::OneOf(words) => {
                let words: Vec<_> = words.iter().map(|word| if word.is_empty() { "\"\"" } else { word }).collect();
                Some(format!("one of {}", words.join(", ")))
            }
        }
    }
}

/// A part of the configuration that was declared with `section!`.
pub trait Section: Sized + Default {
    /// What the table says of it.
    const INFO: SectionInfo;

    /// Reads it, noting every problem; a key with a problem gets its default.
    fn read(reader: &mut Reader<'_>) -> Self;

    /// Its keys as those see them who may see the configuration.
    fn shown(&self) -> Vec<ShownKey>;
}

/// The keys of a list's entries.
pub(super) fn shown_entries<S: Section>(list: &str, entries: &[S]) -> Vec<ShownKey> {
    let shown = entries.iter().enumerate().flat_map(|(at, entry)| entry.shown().into_iter().map(move |key| (at, key)));
    shown.map(|(at, key)| key.of_entry(list, at)).collect()
}

/// Declares a section: struct, default, reader and rows of the table in one.
macro_rules! section {
    (
        $(#[doc = $doc:literal])+
        pub struct $section:ident in $path:literal {
            $(
                $(#[doc = $key_doc:literal])+
                $key:ident: $type:ty = $default:expr, $rule:expr;
            )*
        }
        $(
            lists {
                $(
                    $(#[doc = $list_doc:literal])+
                    $list:ident: $item:ty;
                )*
            }
        )?
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $section {
            $( $(#[doc = $key_doc])+ pub $key: $type, )*
            $( $( $(#[doc = $list_doc])+ pub $list: Vec<$item>, )* )?
        }

        impl Default for $section {
            fn default() -> Self {
                Self {
                    $( $key: $default, )*
                    $( $( $list: Vec::new(), )* )?
                }
            }
        }

        impl $crate::config::keys::Section for $section {
            const INFO: $crate::config::keys::SectionInfo = $crate::config::keys::SectionInfo {
                path: $path,
                doc: concat!($($doc, "\n"),+),
                keys: &[
                    $(
                        $crate::config::keys::Key {
                            name: stringify!($key),
                            doc: concat!($($key_doc, "\n"),+),
                            rule: $rule,
                            default: || {
                                let value: $type = $default;
                                $crate::config::field::Field::write(&value)
                            },
                            from_env: <$type as $crate::config::field::Field>::from_env,
                        },
                    )*
                ],
                lists: &[
                    $( $(
                        $crate::config::keys::List {
                            name: stringify!($list),
                            doc: concat!($($list_doc, "\n"),+),
                            keys: <$item as $crate::config::keys::Section>::INFO.keys,
                        },
                    )* )?
                ],
            };

            fn read(reader: &mut $crate::config::read::Reader<'_>) -> Self {
                Self {
                    $( $key: reader.take(stringify!($key), &$rule, || $default), )*
                    $( $( $list: reader.list(stringify!($list)), )* )?
                }
            }

            fn shown(&self) -> Vec<$crate::config::shown::ShownKey> {
                let keys = vec![
                    $( $crate::config::shown::ShownKey::new(
                        stringify!($key),
                        &self.$key,
                        &{
                            let default: $type = $default;
                            default
                        },
                        $rule,
                    ), )*
                ];
                let lists: Vec<Vec<_>> = vec![
                    $( $( $crate::config::keys::shown_entries(stringify!($list), &self.$list), )* )?
                ];
                keys.into_iter().chain(lists.into_iter().flatten()).collect()
            }
        }
    };
}
pub(crate) use section;
