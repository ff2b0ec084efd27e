//! Turns `app/locales/` into the `i18n` module. The rule: the browser gets only the texts of the pages that it hydrates.
//!
//! This is what `leptos_i18n_build` does, by the same two crates that it does it with. That crate also brings ICU's data
//! exporter (a WASM interpreter and an HTTP client among it), which this project has no use for and which takes longer to
//! compile than everything else in it.

use std::{env, error::Error, fs, path::PathBuf};

use leptos_i18n_codegen::gen_code;
use leptos_i18n_parser::parse_locales::{
    options::{Config, ParseOptions},
    parse_locales,
};
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Texts of the pages that are hydrated, and what their components say.
const BROWSER: [&str; 2] = ["common", "sign_in"];
/// Texts of pages and messages that only the server writes.
const SERVER: [&str; 14] = [
    "home",
    "topics",
    "about",
    "legal",
    "me",
    "errors",
    "messages",
    "inbox",
    "register",
    "password",
    "people",
    "editor",
    "admin",
    "gosuslugi",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../locales");

    let browser_only = env::var_os("CARGO_FEATURE_HYDRATE").is_some() && env::var_os("CARGO_FEATURE_SSR").is_none();
    let server: &[&str] = if browser_only { &[] } else { &SERVER };
    let config = Config::new("he")?
        .locales_path("../locales")
        .add_locales(["ar", "ru", "en"])?
        .add_namespaces(BROWSER.iter().chain(server))?
        .parse_options(ParseOptions::new().interpolate_display(true));
    let locales = parse_locales(None, config)?;
    for warning in locales.diag.warnings().iter() {
        println!("cargo::warning={warning}");
    }
    for error in locales.diag.errors().iter() {
        println!("cargo::error={error}");
    }
    for path in locales.tracked_files.iter().flatten() {
        println!("cargo::rerun-if-changed={path}");
    }

    let attributes = "#![allow(missing_docs, unused_imports, unused_qualifications, clippy::all, clippy::pedantic, clippy::expect_used)]"
        .parse()
        .map_err(|error| format!("lint attributes of the generated module: {error}"))?;
    let module = gen_code(&locales, None, false, Some(&attributes), false)?;
    let folder = PathBuf::from(env::var("OUT_DIR")?).join("i18n");
    fs::create_dir_all(&folder)?;
    let mut text = String::new();
    in_lines(module, &mut text);
    fs::write(folder.join("mod.rs"), text)?;
    Ok(())
}

/// The program with a line's end after each statement and each block. For each place in a file the compiler counts the
/// columns before it in its line; with four megabytes in one line it did hardly anything else.
fn in_lines(tokens: TokenStream, text: &mut String) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ") "),
                    Delimiter::Brace => ("{\n", "}\n"),
                    Delimiter::Bracket => ("[", "] "),
                    Delimiter::None => ("", " "),
                };
                text.push_str(open);
                in_lines(group.stream(), text);
                text.push_str(close);
            }
            TokenTree::Punct(punct) => {
                text.push(punct.as_char());
                match (punct.as_char(), punct.spacing()) {
                    (';', _) => text.push('\n'),
                    (_, Spacing::Alone) => text.push(' '),
                    (_, Spacing::Joint) => {}
                }
            }
            word => {
                text.push_str(&word.to_string());
                text.push(' ');
            }
        }
    }
}
