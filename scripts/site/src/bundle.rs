//! Names by content, so that browsers may keep a file for ever.
//!
//! Script, loader and WASM name one another in a circle, and are of use only together: they get one hash, that of them all.
//! Where one names another, a placeholder of the hash's length stands first; in WASM the length must stay.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::PKG;
use crate::error::{At, Error};

/// How the loader names the main script.
pub const MAIN_SCRIPT: &str = "./schoolgate.HASH_OF_THE_WHOLE_SITE.js";
/// How main script and main module name the loader of the lazy parts.
pub const LOADER: &str = "./__wasm_split.HASH_OF_THE_WHOLE_SITE.js";

const PLACEHOLDER: &str = "HASH_OF_THE_WHOLE_SITE";
const STYLE: &str = ".css";
const WASM: &str = ".wasm";

/// Contents by name.
type Files = BTreeMap<String, Vec<u8>>;

/// Gives the files of `pkg` in `site` their names, and writes the names' hashes to `hash.txt`.
pub fn name(site: &Path) -> Result<(), Error> {
    let pkg = site.join(PKG);
    let mut files = Files::new();
    for entry in fs::read_dir(&pkg).at(&pkg)? {
        let path = entry.at(&pkg)?.path();
        // Snippets of JavaScript, in a folder of their own, keep the names by which the main script imports them.
        let (true, Some(name)) = (path.is_file(), path.file_name()) else { continue };
        files.insert(name.to_string_lossy().into_owned(), fs::read(&path).at(&path)?);
        fs::remove_file(&path).at(&path)?;
    }
    let (files, hashes) = with_hashes(files);
    for (name, content) in files {
        let path = pkg.join(name);
        fs::write(&path, content).at(&path)?;
    }
    let list = site.join("hash.txt");
    fs::write(&list, hashes).at(&list)
}

/// The files under their new names, and the text of `hash.txt`.
fn with_hashes(files: Files) -> (Files, String) {
    let (styles, code): (Files, Files) = files.into_iter().partition(|(name, _)| name.ends_with(STYLE));
    let style_hash = hash(&styles);
    let code_hash = hash(&code);
    let parts: Vec<String> = code.keys().filter_map(|name| name.strip_suffix(WASM)).map(str::to_owned).collect();

    let styles = styles.into_iter().map(|(name, content)| (hashed(&name, &style_hash), content));
    let code = code.into_iter().map(|(name, mut content)| {
        replace(&mut content, PLACEHOLDER.as_bytes(), code_hash.as_bytes());
        if name.contains(PLACEHOLDER) {
            (name.replace(PLACEHOLDER, &code_hash), with_part_names(&content, &parts, &code_hash))
        } else {
            (hashed(&name, &code_hash), content)
        }
    });
    let hashes = format!("js: {code_hash}\nwasm: {code_hash}\ncss: {style_hash}\n");
    (styles.chain(code).collect(), hashes)
}

/// `schoolgate.js` → `schoolgate.HASH.js`
fn hashed(name: &str, hash: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, kind)) => format!("{stem}.{hash}.{kind}"),
        None => format!("{name}.{hash}"),
    }
}

/// 22 characters that may stand in an address: half of SHA-256.
fn hash(files: &Files) -> String {
    let mut digest = Sha256::new();
    for (name, content) in files {
        for piece in [name.as_bytes(), content.as_slice()] {
            digest.update(piece.len().to_le_bytes());
            digest.update(piece);
        }
    }
    BASE64_URL_SAFE_NO_PAD.encode(digest.finalize().into_iter().take(16).collect::<Vec<_>>())
}

/// The loader's text with the names that the parts get.
fn with_part_names(loader: &[u8], parts: &[String], hash: &str) -> Vec<u8> {
    let text = parts.iter().fold(String::from_utf8_lossy(loader).into_owned(), |text, part| {
        text.replace(&format!("\"./{part}{WASM}\""), &format!("\"./{part}.{hash}{WASM}\""))
    });
    text.into_bytes()
}

/// Writes `new` wherever `old`, of the same length, stands.
fn replace(content: &mut [u8], old: &[u8], new: &[u8]) {
    let mut rest = content;
    while let Some(at) = rest.windows(old.len()).position(|window| window == old) {
        let (_, found) = rest.split_at_mut(at);
        let (place, behind) = found.split_at_mut(old.len());
        place.copy_from_slice(new);
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(chunk: &str) -> (Files, String) {
        let loader = format!("import \"{MAIN_SCRIPT}\"; \"./chunk_1.wasm\"; \"./chunk_10.wasm\"");
        let files = [
            ("schoolgate.js", format!("import * as loader from \"{LOADER}\";")),
            ("schoolgate.wasm", format!("\0{LOADER}\0{LOADER}")),
            ("schoolgate.css", "p{}".to_owned()),
            ("chunk_1.wasm", chunk.to_owned()),
            ("chunk_10.wasm", "ten".to_owned()),
            (LOADER.trim_start_matches("./"), loader),
        ];
        with_hashes(files.into_iter().map(|(name, content)| (name.to_owned(), content.into_bytes())).collect())
    }

    fn hash_of(hashes: &str, kind: &str) -> String {
        let line = hashes.lines().find_map(|line| line.strip_prefix(&format!("{kind}: ")));
        line.unwrap_or_default().to_owned()
    }

    #[test]
    fn every_file_names_the_others_as_they_are_called() {
        let (files, hashes) = site("one");
        let hash = hash_of(&hashes, "js");
        assert_eq!(hash.len(), PLACEHOLDER.len());
        let loader = format!("__wasm_split.{hash}.js");
        let style = format!("schoolgate.{}.css", hash_of(&hashes, "css"));
        let expected = [
            (format!("schoolgate.{hash}.js"), format!("import * as loader from \"./{loader}\";")),
            (format!("schoolgate.{hash}.wasm"), format!("\0./{loader}\0./{loader}")),
            (style, "p{}".to_owned()),
            (format!("chunk_1.{hash}.wasm"), "one".to_owned()),
            (format!("chunk_10.{hash}.wasm"), "ten".to_owned()),
            (
                loader,
                format!("import \"./schoolgate.{hash}.js\"; \"./chunk_1.{hash}.wasm\"; \"./chunk_10.{hash}.wasm\""),
            ),
        ];
        assert_eq!(files, expected.into_iter().map(|(name, content)| (name, content.into_bytes())).collect());
    }

    #[test]
    fn a_change_of_any_part_renames_what_belongs_together_and_nothing_else() {
        let ((_, before), (_, again), (_, after)) = (site("one"), site("one"), site("another"));
        assert_eq!(before, again);
        for kind in ["js", "wasm"] {
            assert_ne!(hash_of(&before, kind), hash_of(&after, kind), "{kind}");
        }
        assert_eq!(hash_of(&before, "css"), hash_of(&after, "css"));
    }
}
