//! The demo's mails, counted in the folder that its gateway writes.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::error::LoadError;

/// The language whose mails can be counted: of Latin letters, so that addresses stand in them as they are.
pub const LANGUAGE: &str = "en";

/// How the link of a mail with a first password begins. The link begins a line, and up to the `=` behind this nothing in it is
/// encoded or broken (RFC 2045 §6.7).
const FIRST_PASSWORD: &str = "/password/start?ticket";

/// How many mails with a first password went to each address.
pub fn first_passwords(folder: &Path) -> Result<HashMap<String, usize>, LoadError> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for entry in fs::read_dir(folder).map_err(LoadError::file(folder))? {
        let entry = entry.map_err(LoadError::file(folder))?;
        // Names that begin with a dot are still being written.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        let bytes = fs::read(&path).map_err(LoadError::file(&path))?;
        let mail = String::from_utf8_lossy(&bytes);
        if !mail.contains(FIRST_PASSWORD) {
            continue;
        }
        match recipient(&mail) {
            Some(to) => *counts.entry(to.to_owned()).or_default() += 1,
            None => return Err(LoadError::Content { path, problem: "the mail is to nobody".to_owned() }),
        }
    }
    Ok(counts)
}

/// Whom the mail is to: the portal writes one address, on one line.
fn recipient(mail: &str) -> Option<&str> {
    let mut headers = mail.lines().take_while(|line| !line.is_empty());
    headers.find_map(|line| line.strip_prefix("To: ")).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipient_is_a_header() {
        let mail = "From: portal@a.example\r\nTo: b@c.example\r\nSubject: To: x@y.example\r\n\r\nTo: d@e.example\r\n";
        assert_eq!(recipient(mail), Some("b@c.example"));
        assert_eq!(recipient("From: portal@a.example\r\n\r\nTo: d@e.example\r\n"), None);
    }
}
