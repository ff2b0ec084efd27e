//! Makes `services/data/common-passwords.fst` of lists of passwords, plain text, one a line:
//!
//! ```sh
//! cargo run --release -p schoolgate-services --example common_passwords -- OUTPUT LIST…
//! ```
//!
//! The same lists make the same file, byte for byte. `services/data/README.md` names them.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use domain::Email;
use domain::password::common::fold;
use fst::SetBuilder;

/// A shorter one is refused for its length by every policy.
const SHORTEST: usize = 8;
/// What is longer in such lists is no password: sentences, markup, files that slipped in.
const LONGEST: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let output = paths.next().ok_or("which file shall be written? The lists follow it")?;
    let mut entries = BTreeSet::new();
    for path in paths {
        let list = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let before = entries.len();
        entries.extend(list.lines().map(|line| fold(line.trim())).filter(|entry| is_kept(entry)));
        let (lines, new) = (list.lines().count(), entries.len() - before);
        println!("{}: {lines} lines, {new} entries not seen before", path.display());
    }

    let mut set = SetBuilder::memory();
    set.extend_iter(&entries)?;
    let bytes = set.into_inner()?;
    fs::write(&output, &bytes)?;

    let text: usize = entries.iter().map(|entry| entry.len() + 1).sum();
    println!("{}: {} entries, {} bytes ({text} as text)", output.display(), entries.len(), bytes.len());
    Ok(())
}

/// Whether a folded line belongs on the list. Addresses of people do not, even where somebody used one as a password; neither does what
/// was broken on the way into the list (control characters, replacement characters).
fn is_kept(entry: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&entry.chars().count())
        && !entry.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER)
        && Email::parse(entry).is_err()
}
