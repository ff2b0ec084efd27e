//! The demo's text messages, read from the folder that its gateway writes, and handed to whoever waits for that number.
//!
//! A file is removed once it is read, so that looking into the folder stays cheap however many messages there were.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::error::LoadError;

/// Between two looks. It is added to every delivery, so it is short.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const WAIT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Message {
    to: String,
    text: String,
}

type Waiting = Mutex<HashMap<String, oneshot::Sender<String>>>;

/// Looks into the folder until it is dropped.
pub struct Inbox {
    waiting: Arc<Waiting>,
    looking: AbortHandle,
}

/// A code that is on its way.
pub struct Expected(oneshot::Receiver<String>);

impl Inbox {
    /// Begins to look.
    pub fn open(folder: PathBuf) -> Self {
        let waiting = Arc::new(Waiting::default());
        let theirs = Arc::clone(&waiting);
        let looking = tokio::spawn(async move {
            loop {
                look(&folder, &theirs);
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        Self { waiting, looking: looking.abort_handle() }
    }

    /// Waits for the next code to that number. Say so before asking for the code.
    pub fn expect(&self, phone: &str) -> Expected {
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(phone.to_owned(), sender);
        Expected(receiver)
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

impl Expected {
    /// The code.
    pub async fn code(self) -> Result<String, LoadError> {
        match tokio::time::timeout(WAIT, self.0).await {
            Ok(Ok(code)) => Ok(code),
            Ok(Err(_)) | Err(_) => Err(LoadError::NoMessage { seconds: WAIT.as_secs() }),
        }
    }
}

/// Reads what is there. Names that begin with a dot are still being written.
fn look(folder: &Path, waiting: &Waiting) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        let Ok(bytes) = fs::read(&path) else { continue };
        // A file that stays is read again at the next look, and hurts nobody.
        let _ = fs::remove_file(&path);
        let Ok(message) = serde_json::from_slice::<Message>(&bytes) else { continue };
        let Some(code) = code_of(&message.text) else { continue };
        let waits = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&message.to);
        if let Some(waits) = waits {
            // Whoever waited may have given up.
            let _ = waits.send(code);
        }
    }
}

/// The first run of exactly six digits, in whatever language the text is.
fn code_of(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_in_any_language() {
        assert_eq!(code_of("Schoolgate: קוד הכניסה 482715\n\n@localhost #482715").as_deref(), Some("482715"));
        assert_eq!(code_of("Код 004200. Звоните *6552, 1234567").as_deref(), Some("004200"));
        assert_eq!(code_of("no code here: 12345, 1234567"), None);
    }
}
