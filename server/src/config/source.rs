//! Where values come from: one TOML file, then environment variables, which win.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

use super::{
    CATALOGUE,
    keys::{Key, SectionInfo},
    read::Problem,
};

/// The file that is taken from the working directory when nothing else is said.
pub const FILE: &str = "schoolgate.toml";
/// The environment variable that names the file.
pub const FILE_VARIABLE: &str = "SCHOOLGATE_CONFIG";
/// What the variables of keys begin with: `SCHOOLGATE__SECTION__KEY`.
pub const VARIABLE_PREFIX: &str = "SCHOOLGATE__";

/// What a configuration is made from; a value, so that tests need not change their process's environment.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The file that must exist. `None`: `./schoolgate.toml` if there is one.
    pub file: Option<PathBuf>,
    /// The environment.
    pub variables: Vec<(String, String)>,
}

impl Source {
    /// The process's own environment; `file` is what the command line says.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        // Values that are not Unicode can't be ours; they are left out instead of stopping the program.
        let variables = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("SCHOOLGATE"))
            .collect::<Vec<_>>();
        let named = variables.iter().find(|(name, value)| name == FILE_VARIABLE && !value.is_empty());
        let file = file.or_else(|| named.map(|(_, value)| PathBuf::from(value)));
        Self { file, variables }
    }

    /// The file that will be read, if any.
    pub fn path(&self) -> Option<PathBuf> {
        self.file.clone().or_else(|| Some(PathBuf::from(FILE)).filter(|path| path.exists()))
    }

    /// File and environment as one tree, with the names of the variables that were used by the path they set.
    pub(super) fn merge(&self) -> Result<(toml::Table, BTreeMap<String, String>), Problem> {
        let mut tree = match self.path() {
            Some(path) => parse(&path)?,
            None => toml::Table::new(),
        };
        let mut origins = BTreeMap::new();
        // In order, so that an entry of a list is set after the entry before it.
        let mut variables: Vec<_> = self.variables.iter().collect();
        variables.sort();
        for (name, text) in variables {
            let Some(rest) = name.strip_prefix(VARIABLE_PREFIX) else {
                continue;
            };
            let segments: Vec<String> = rest.split("__").map(str::to_ascii_lowercase).collect();
            let path = set(&mut tree, &segments, text);
            origins.insert(path, name.clone());
        }
        Ok((tree, origins))
    }
}

fn parse(path: &Path) -> Result<toml::Table, Problem> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "does not exist".to_owned(),
            _ => format!("can't be read: {error}"),
        };
        Problem::new("", format!("the configuration file {shown} {why}"))
    })?;
    // Not the parser's own text: it quotes the line, and in the line may stand a secret.
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Problem::new(
            "",
            format!("{shown}, line {line}, column {column}: not valid TOML: {}", first_line(error.message())),
        )
    })
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Sets one value of the tree and returns its path as problems name it.
fn set(tree: &mut toml::Table, segments: &[String], text: &str) -> String {
    let info = segments.first().and_then(|name| CATALOGUE.iter().find(|section| section.path == name));
    match (info, segments) {
        (Some(info), [section, list, index, key, of @ ..])
            if list_of(info, list).is_some() && index.parse::<usize>().is_ok() && of.len() <= 1 =>
        {
            let keys = list_of(info, list).unwrap_or_default();
            let entry = child(tree, section).entry(list.clone()).or_insert_with(|| toml::Value::Array(Vec::new()));
            // A gap in the numbers is closed: the entry is appended, and the numbers of the problems are those of the list.
            let mut at = index.parse().unwrap_or(usize::MAX);
            if let toml::Value::Array(entries) = entry {
                at = at.min(entries.len());
                if at == entries.len() {
                    entries.push(toml::Value::Table(toml::Table::new()));
                }
                if let Some(toml::Value::Table(item)) = entries.get_mut(at) {
                    match of.first() {
                        // One entry of a key that is a table, such as SCHOOLGATE__SMS__GATEWAY__0__SECRETS__TOKEN.
                        Some(entry) => child(item, key).insert(entry.clone(), toml::Value::String(text.to_owned())),
                        None => item.insert(key.clone(), value_of(keys, key, text)),
                    };
                }
            }
            format!("{section}.{list}[{at}].{key}")
        }
        (Some(info), [section, list]) if list_of(info, list).is_some() => {
            let value = text.trim().parse().unwrap_or_else(|_| toml::Value::String(text.to_owned()));
            child(tree, section).insert(list.clone(), value);
            format!("{section}.{list}")
        }
        (Some(info), [section, key]) => {
            child(tree, section).insert(key.clone(), value_of(info.keys, key, text));
            format!("{section}.{key}")
        }
        // One entry of a key that is a table, such as SCHOOLGATE__PORTAL__NAME__HE.
        (Some(info), [section, key, entry]) if info.keys.iter().any(|known| known.name == key) => {
            child(child(tree, section), key).insert(entry.clone(), toml::Value::String(text.to_owned()));
            format!("{section}.{key}")
        }
        // Unknown: put where the reader finds it and refuses it by its name.
        (Some(_), [section, rest @ ..]) => {
            let name = if rest.is_empty() { section.clone() } else { rest.join(".") };
            child(tree, section).insert(name.clone(), toml::Value::String(text.to_owned()));
            format!("{section}.{name}")
        }
        _ => {
            let path = segments.join(".");
            tree.insert(path.clone(), toml::Value::String(text.to_owned()));
            path
        }
    }
}

fn list_of(section: &SectionInfo, name: &str) -> Option<&'static [Key]> {
    section.lists.iter().find(|list| list.name == name).map(|list| list.keys)
}

fn value_of(keys: &[Key], name: &str, text: &str) -> toml::Value {
    keys.iter()
        .find(|key| key.name == name)
        .map_or_else(|| toml::Value::String(text.to_owned()), |key| (key.from_env)(text))
}

/// The table of that name; what stands in its place and is none makes way for the variable.
fn child<'a>(table: &'a mut toml::Table, name: &str) -> &'a mut toml::Table {
    let slot = table.entry(name.to_owned()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    if !slot.is_table() {
        *slot = toml::Value::Table(toml::Table::new());
    }
    let toml::Value::Table(table) = slot else { unreachable!("it was made a table above") };
    table
}
