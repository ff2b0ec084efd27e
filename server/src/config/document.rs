//! The printed default file and `docs/configuration.md`, both made from the table of keys.

use std::fmt::Write as _;

use super::{
    CATALOGUE, FILE, FILE_VARIABLE, VARIABLE_PREFIX,
    keys::{Key, Rule, SectionInfo},
};

/// The documented file with every default, as `config print-default` prints it. It is itself a valid configuration.
pub fn default_toml() -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "# Configuration of Schoolgate, every key with its default. Keep the lines you change, leave out the rest.\n\
         # Each key is also an environment variable: {VARIABLE_PREFIX}SERVER__LISTEN sets server.listen, and wins.\n\
         # Lists take commas there. The file is {FILE} in the working directory, or what --config or {FILE_VARIABLE} name.\n\
         # A key marked \"Secret\" can be kept in a file of its own: <key>_file = \"/run/secrets/…\"."
    );
    for section in CATALOGUE {
        let _ = writeln!(out);
        comment(&mut out, "#", section.doc);
        let _ = writeln!(out, "[{}]", section.path);
        for key in section.keys {
            entry(&mut out, "", key);
        }
        for list in section.lists {
            let _ = writeln!(out);
            comment(&mut out, "#", list.doc);
            let _ = writeln!(out, "# [[{}.{}]]", section.path, list.name);
            for key in list.keys {
                entry(&mut out, "# ", key);
            }
        }
    }
    out
}

fn entry(out: &mut String, lead: &str, key: &Key) {
    let mark = format!("{lead}#");
    let mark = if lead.is_empty() { "#" } else { mark.as_str() };
    comment(out, mark, key.doc);
    if key.rule == Rule::Secret {
        let _ = writeln!(out, "{mark} Secret: {}_file may name a file that holds it.", key.name);
    } else if let Some(bounds) = key.rule.describe() {
        let _ = writeln!(out, "{mark} ({bounds})");
    }
    let _ = writeln!(out, "{lead}{} = {}", key.name, (key.default)());
}

fn comment(out: &mut String, mark: &str, doc: &str) {
    for line in doc.lines() {
        let _ = writeln!(out, "{mark} {}", line.trim());
    }
}

/// `docs/configuration.md`.
pub fn markdown() -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "# Configuration\n\n\
         This page is made from the table of keys in `server/src/config/`; a test keeps it true.\n\n\
         One TOML file: the one `--config` or `{FILE_VARIABLE}` names, else `{FILE}` in the working directory, else the defaults below.\n\
         Every key is also an environment variable, which wins: `server.listen` is `{VARIABLE_PREFIX}SERVER__LISTEN`. There a list takes commas\n\
         (`10.0.0.0/8,192.168.0.0/16`) or TOML, a table takes TOML (`{{ he = \"…\", ru = \"…\" }}`) or one variable per entry\n\
         (`{VARIABLE_PREFIX}PORTAL__NAME__RU`), and an entry of a list of tables is counted from 0 (`{VARIABLE_PREFIX}SMS__GATEWAY__0__NAME`).\n\
         A secret can be kept in a file of its own: `<key>_file` names it; among a gateway's `secrets`, `{{ token = {{ file = \"…\" }} }}` does.\n\n\
         Unknown keys, values out of bounds and unreadable secret files stop the start; all of them are named at once, an unknown key together with the nearest known one.\n\
         `schoolgate config check` says what is wrong without starting, `schoolgate config print-default` prints the documented file.\n\
         Relative paths count from the working directory.\n"
    );
    for section in CATALOGUE {
        section_markdown(&mut out, section);
    }
    out
}

fn section_markdown(out: &mut String, section: &SectionInfo) {
    let _ = write!(out, "\n## `[{}]`\n\n{}\n\n", section.path, paragraph(section.doc));
    table(out, section.keys);
    for list in section.lists {
        let _ = write!(out, "\n### `[[{}.{}]]`\n\n{}\n\n", section.path, list.name, paragraph(list.doc));
        table(out, list.keys);
    }
}

fn table(out: &mut String, keys: &[Key]) {
    let _ = writeln!(out, "| Key | Default | Values | What it does |\n|---|---|---|---|");
    for key in keys {
        let values = match key.rule {
            Rule::Secret => "secret".to_owned(),
            rule => rule.describe().unwrap_or_default(),
        };
        let default = (key.default)().to_string();
        let _ = writeln!(
            out,
            "| `{}` | `{}` | {} | {} |",
            key.name,
            cell(&default),
            cell(&values),
            cell(&paragraph(key.doc))
        );
    }
}

fn paragraph(doc: &str) -> String {
    doc.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
