//! The demo's messages, read from the folders that its gateways write.

use std::path::{Path, PathBuf};

use app::pages::inbox::{Channel, InboxItem};
use domain::Locale;
use mail_parser::{MessageParser, MimeHeaders as _};
use serde::Deserialize;

use super::DemoError;

/// A text message as its gateway writes it.
#[derive(Deserialize)]
struct SmsFile {
    to: String,
    text: String,
    at: i64,
}

/// Reads both folders, newest first. A file that can't be understood is left out: it may be half written.
pub fn read(sms: &Path, mail: &Path) -> Result<Vec<InboxItem>, DemoError> {
    let mut items = Vec::new();
    for path in files(sms)? {
        items.extend(text_message(&path));
    }
    for path in files(mail)? {
        items.extend(mail_message(&path));
    }
    items.sort_by(|left, right| right.at.cmp(&left.at).then_with(|| right.id.cmp(&left.id)));
    Ok(items)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, DemoError> {
    let failed = |source| DemoError::File { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        // Names that begin with a dot are still being written.
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| !name.starts_with('.')) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn id(path: &Path) -> Option<String> {
    path.file_stem()?.to_str().map(ToOwned::to_owned)
}

fn text_message(path: &Path) -> Option<InboxItem> {
    let file: SmsFile = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    Some(InboxItem {
        id: id(path)?,
        channel: Channel::Sms,
        locale: language_of(&file.text),
        to: file.to,
        subject: None,
        text: file.text,
        html: None,
        at: file.at,
    })
}

fn mail_message(path: &Path) -> Option<InboxItem> {
    let raw = std::fs::read(path).ok()?;
    let message = MessageParser::default().parse(&raw)?;
    let id = id(path)?;
    let at = id.split_once('-')?.0.parse().ok()?;
    let to = message.to().and_then(|to| to.first()).and_then(|to| to.address())?.to_owned();
    let text = message.body_text(0)?.into_owned();
    let html = message
        .html_part(0)
        .filter(|part| part.content_type().is_some_and(|kind| kind.subtype() == Some("html")))
        .and_then(|_| message.body_html(0))
        .map(std::borrow::Cow::into_owned);
    Some(InboxItem {
        id,
        channel: Channel::Mail,
        locale: language_of(&text),
        to,
        subject: message.subject().map(ToOwned::to_owned),
        text,
        html,
        at,
    })
}

/// The language a text is written in, by its first letter of a script; the folders keep texts, not languages.
fn language_of(text: &str) -> Locale {
    // The service's name is often Latin in every language, so Latin counts only when nothing else is there.
    text.chars()
        .find_map(|letter| match letter {
            '\u{0590}'..='\u{05FF}' => Some(Locale::He),
            '\u{0600}'..='\u{06FF}' => Some(Locale::Ar),
            '\u{0400}'..='\u{04FF}' => Some(Locale::Ru),
            _ => None,
        })
        .unwrap_or(Locale::En)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_languages_by_their_script() {
        assert_eq!(language_of("Schoolgate: כניסה"), Locale::He);
        assert_eq!(language_of("Schoolgate: الدخول"), Locale::Ar);
        assert_eq!(language_of("Schoolgate: вход"), Locale::Ru);
        assert_eq!(language_of("Schoolgate: sign in"), Locale::En);
    }
}
