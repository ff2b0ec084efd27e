//! From the WASM that cargo linked to modules that browsers fetch: the main one and those that are loaded lazily.

use std::fs;
use std::path::{Path, PathBuf};

use wasm_bindgen_cli_support::Bindgen;

use crate::NAME;
use crate::bundle::{LOADER, MAIN_SCRIPT};
use crate::error::{At, Error};
use crate::tools::run;

/// Splits `input` at its lazy functions and binds its main part to JavaScript. Into `pkg` go the script, the loader of the
/// parts, and the WASM modules, whose paths are returned. `work` takes what nobody needs later.
pub fn bind(input: &Path, work: &Path, pkg: &Path) -> Result<Vec<PathBuf>, Error> {
    let linked = fs::read(input).at(input)?;
    let main = work.join("main.wasm");
    let mut options = wasm_split_cli_support::Options::new(&linked);
    options.output_dir = pkg;
    options.main_out_path = &main;
    options.main_module = MAIN_SCRIPT;
    options.link_name = LOADER;
    let parts = wasm_split_cli_support::transform(options)
        .map_err(|reason| Error::Split { path: input.to_owned(), reason })?
        .split_modules;

    // The parts share memory and table with the main module through what the linker exports, under the linker's names.
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&main).out_name(NAME).keep_lld_exports(true).demangle(false);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(pkg))
        .map_err(|reason| Error::Bind { path: input.to_owned(), reason })?;
    let bound = pkg.join(format!("{NAME}_bg.wasm"));
    let module = pkg.join(format!("{NAME}.wasm"));
    fs::rename(&bound, &module).at(&bound)?;
    Ok([module].into_iter().chain(parts).collect())
}

/// Makes a module as small as it gets. The two features are those that Rust compiles for, in every browser since 2020.
pub fn shrink(module: &Path) -> Result<(), Error> {
    let flags = ["-Oz", "--enable-bulk-memory", "--enable-nontrapping-float-to-int", "-o"];
    let paths = [module.as_os_str(), module.as_os_str()];
    run("wasm-opt", flags.iter().map(AsRef::as_ref).chain(paths))
}
