//! Makes the site's files of a compiled front end:
//!
//! 1. `wasm`: what is loaded lazily is split off, the rest is bound to JavaScript, everything is made small;
//! 2. `bundle`: scripts, WASM and style sheet are named by their content, and `hash.txt` tells the server the names;
//! 3. `compress`: `.br` and `.gz` beside every file that the server sends compressed.
//!
//! The new site takes the old one's place only when it is whole. sass, terser and wasm-opt are found on `PATH`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use crate::error::{At, Error, joined};
use crate::tools::run;

mod bundle;
mod compress;
mod error;
mod tools;
mod wasm;

/// The name that files begin with, and the folder of those with a hash; the server knows both.
const NAME: &str = "schoolgate";
const PKG: &str = "pkg";

const USAGE: &str = "usage: schoolgate-site [--quick] WASM STYLE PUBLIC SITE
  WASM     the front end that cargo built, linked with --emit-relocs
  STYLE    the main SCSS file
  PUBLIC   the folder of files that are copied as they are
  SITE     the folder to make; what it held is gone
  --quick  for development: nothing is made small, nothing is compressed";

/// What the command line asks for.
struct Plan {
    wasm: PathBuf,
    style: PathBuf,
    public: PathBuf,
    site: PathBuf,
    quick: bool,
}

impl Plan {
    fn parse(words: impl Iterator<Item = OsString>) -> Option<Self> {
        let (flags, paths): (Vec<_>, Vec<_>) = words.partition(|word| word.to_string_lossy().starts_with("--"));
        if flags.iter().any(|flag| flag != "--quick") {
            return None;
        }
        let [wasm, style, public, site] = <[OsString; 4]>::try_from(paths).ok()?.map(PathBuf::from);
        Some(Self { wasm, style, public, site, quick: !flags.is_empty() })
    }
}

fn main() -> ExitCode {
    let Some(plan) = Plan::parse(std::env::args_os().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match make(&plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn make(plan: &Plan) -> Result<(), Error> {
    let part = beside(&plan.site, ".part");
    let site = part.join("site");
    let pkg = site.join(PKG);
    remove(&part)?;
    fs::create_dir_all(&pkg).at(&pkg)?;

    // First what takes a moment and is most often wrong.
    style(plan, &pkg)?;
    let modules = wasm::bind(&plan.wasm, &part, &pkg)?;
    if !plan.quick {
        thread::scope(|threads| {
            let mut work = vec![threads.spawn(|| minify(&pkg))];
            work.extend(modules.iter().map(|module| threads.spawn(|| wasm::shrink(module))));
            work.into_iter().try_for_each(joined)
        })?;
    }
    bundle::name(&site)?;
    if !plan.quick {
        compress::folder(&pkg)?;
    }
    copy(&plan.public, &site)?;

    let old = beside(&plan.site, ".old");
    remove(&old)?;
    if plan.site.exists() {
        fs::rename(&plan.site, &old).at(&plan.site)?;
    }
    fs::rename(&site, &plan.site).at(&site)?;
    remove(&old)?;
    remove(&part)
}

/// The style sheet. sass writes a byte-order mark before one that is not ASCII: so browsers read it as UTF-8 by itself.
fn style(plan: &Plan, pkg: &Path) -> Result<(), Error> {
    let look = if plan.quick { "--style=expanded" } else { "--style=compressed" };
    run(
        "sass",
        [
            "--no-source-map".as_ref(),
            look.as_ref(),
            plan.style.as_os_str(),
            pkg.join(format!("{NAME}.css")).as_os_str(),
        ],
    )
}

fn minify(pkg: &Path) -> Result<(), Error> {
    let script = pkg.join(format!("{NAME}.js"));
    run(
        "terser",
        [script.as_os_str(), "--module".as_ref(), "-c".as_ref(), "-m".as_ref(), "-o".as_ref(), script.as_os_str()],
    )
}

/// Copies a folder's files and folders into another.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(from).at(from)? {
        let path = entry.at(from)?.path();
        let Some(name) = path.file_name() else { continue };
        let target = to.join(name);
        if path.is_dir() {
            fs::create_dir_all(&target).at(&target)?;
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).at(&path)?;
        }
    }
    Ok(())
}

/// `site` → `site.part`: on the same file system, so that it can be renamed.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(folder: &Path) -> Result<(), Error> {
    if folder.exists() { fs::remove_dir_all(folder).at(folder) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_four_paths_and_one_flag_and_nothing_else() {
        let parse = |line: &str| Plan::parse(line.split(' ').map(OsString::from));
        assert!(
            parse("a.wasm main.scss public site").is_some_and(|plan| !plan.quick && plan.site == Path::new("site"))
        );
        assert!(parse("--quick a.wasm main.scss public site").is_some_and(|plan| plan.quick));
        assert!(parse("a.wasm main.scss public").is_none());
        assert!(parse("a.wasm main.scss public site more").is_none());
        assert!(parse("--slow a.wasm main.scss public site").is_none());
    }
}
