//! Reads the merged tree of file and environment into typed sections, and notes everything that is wrong.
//!
//! All problems are collected: who mends a configuration should not have to start the program once per mistake.

use std::{fmt, fs, io};

use super::{
    CATALOGUE,
    field::Field,
    keys::{Key, Rule, Section, SectionInfo},
};

/// A secret file larger than this is a mistake, not a secret.
const SECRET_FILE_LIMIT: u64 = 64 * 1024;

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key's path, such as `server.listen`; empty where the file as a whole is meant.
    pub key: String,
    /// The environment variable the value came from.
    pub variable: Option<String>,
    /// What is wrong, as a sentence that follows the key. Never the value of a secret.
    pub message: String,
}

impl Problem {
    /// A problem of one key.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), variable: None, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.key.as_str(), &self.variable) {
            ("", _) => f.write_str(&self.message),
            (key, Some(variable)) => write!(f, "{key} (from {variable}) {}", self.message),
            (key, None) => write!(f, "{key} {}", self.message),
        }
    }
}

/// Hands out the values of one table; what nobody took is unknown.
pub struct Reader<'a> {
    prefix: String,
    table: toml::Table,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// Reads the section from the root of the tree, where it is removed.
    pub fn section<S: Section>(root: &mut toml::Table, problems: &'a mut Vec<Problem>) -> S {
        let path = S::INFO.path;
        let table = match root.remove(path) {
            None => toml::Table::new(),
            Some(toml::Value::Table(table)) => table,
            Some(_) => {
                problems.push(Problem::new(path, format!("must be a section: write [{path}] on a line of its own")));
                toml::Table::new()
            }
        };
        Reader { prefix: path.to_owned(), table, problems }.whole()
    }

    fn whole<S: Section>(mut self) -> S {
        let section = S::read(&mut self);
        for name in self.table.keys() {
            let path = format!("{}.{name}", self.prefix);
            self.problems.push(unknown(&path, Some(&S::INFO)));
        }
        section
    }

    /// Takes one key, or its default where it is missing or wrong.
    pub fn take<T: Field>(&mut self, name: &str, rule: &Rule, default: impl FnOnce() -> T) -> T {
        let Some(value) = self.value(name, rule) else {
            return default();
        };
        match rule.check(&value).and_then(|()| T::read(&value).map_err(|expected| format!("must be {expected}"))) {
            Ok(typed) => typed,
            Err(message) => {
                let message = if T::SECRET || *rule == Rule::Secret { message } else { format!("= {value} {message}") };
                self.note(name, message);
                default()
            }
        }
    }

    /// Takes a list of tables.
    pub fn list<S: Section>(&mut self, name: &str) -> Vec<S> {
        let Some(value) = self.table.remove(name) else {
            return Vec::new();
        };
        let toml::Value::Array(entries) = value else {
            self.note(name, format!("must be a list of tables: write [[{}.{name}]] before each", self.prefix));
            return Vec::new();
        };
        let mut items = Vec::with_capacity(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            let prefix = format!("{}.{name}[{index}]", self.prefix);
            match entry {
                toml::Value::Table(table) => items.push(Reader { prefix, table, problems: self.problems }.whole()),
                _ => self.problems.push(Problem::new(prefix, "must be a table of keys")),
            }
        }
        items
    }

    /// The raw value of a key; of a secret also from the file that `<key>_file` names.
    fn value(&mut self, name: &str, rule: &Rule) -> Option<toml::Value> {
        let direct = self.table.remove(name);
        if *rule != Rule::Secret {
            return direct;
        }
        let file_key = format!("{name}_file");
        let Some(file) = self.table.remove(&file_key) else {
            return direct;
        };
        let Some(path) = file.as_str() else {
            self.note(&file_key, "must be a path in quotes".to_owned());
            return direct;
        };
        if direct.is_some() {
            self.note(&file_key, format!("and {name} are both set: keep one of them"));
            return direct;
        }
        match read_secret(path) {
            Ok(secret) => Some(toml::Value::String(secret)),
            Err(error) => {
                self.note(&file_key, format!("= \"{path}\" can't be read: {error}"));
                None
            }
        }
    }

    fn note(&mut self, name: &str, message: String) {
        self.problems.push(Problem::new(format!("{}.{name}", self.prefix), message));
    }
}

/// The content of a secret file without the line end that editors put behind it.
fn read_secret(path: &str) -> io::Result<String> {
    if fs::metadata(path)?.len() > SECRET_FILE_LIMIT {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 64 KiB"));
    }
    Ok(fs::read_to_string(path)?.trim_end_matches(['\r', '\n']).to_owned())
}

/// The problem of a key nobody knows; it names the nearest one, of the same section where there is a close one.
pub(super) fn unknown(path: &str, section: Option<&SectionInfo>) -> Problem {
    let leaf = path.rsplit('.').next().unwrap_or(path);
    let nearest = section
        .and_then(|section| best(section.path, names(section.keys, section), leaf).filter(|found| found.0 >= 0.6))
        .or_else(|| {
            let all = CATALOGUE.iter().flat_map(|section| {
                names(section.keys, section)
                    .into_iter()
                    .map(|name| (likeness(path, section.path, &name), section.path, name))
            });
            all.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(score, section, name)| (score, format!("{section}.{name}")))
        });
    let message = match nearest {
        Some((_, nearest)) => format!("is not a key of this program; did you mean {nearest}?"),
        None => "is not a key of this program".to_owned(),
    };
    Problem::new(path, message)
}

/// The nearest name of one section.
fn best(section: &str, names: Vec<String>, leaf: &str) -> Option<(f64, String)> {
    names
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(&name, leaf), format!("{section}.{name}")))
        .max_by(|a, b| a.0.total_cmp(&b.0))
}

/// Everything that may stand in a section.
fn names(keys: &[Key], section: &SectionInfo) -> Vec<String> {
    let files = keys.iter().filter(|key| key.rule == Rule::Secret).map(|key| format!("{}_file", key.name));
    let lists = section.lists.iter().map(|list| list.name.to_owned());
    keys.iter().map(|key| key.name.to_owned()).chain(files).chain(lists).collect()
}

/// How like a path is to `section.name`: the same key in another section counts as much as a typing slip in the path.
fn likeness(path: &str, section: &str, name: &str) -> f64 {
    let whole = strsim::normalized_damerau_levenshtein(path, &format!("{section}.{name}"));
    let leaf = path.rsplit('.').next().unwrap_or(path);
    whole.max(0.9 * strsim::normalized_damerau_levenshtein(leaf, name))
}

/// The problem of a section nobody knows.
pub(super) fn unknown_section(name: &str, value: &toml::Value) -> Problem {
    if !value.is_table() {
        return unknown(name, None);
    }
    let nearest = CATALOGUE
        .iter()
        .map(|section| (strsim::normalized_damerau_levenshtein(name, section.path), section.path))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let nearest = nearest.map_or_else(String::new, |(_, nearest)| format!("; did you mean [{nearest}]?"));
    Problem::new(name, format!("is not a section of this program{nearest}"))
}
