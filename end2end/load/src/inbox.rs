//! The demo's text messages, read from the folder that its gateway writes: codes are handed to whoever waits for that number,
//! the others are counted.
//!
//! A file is removed once it is read, so that looking into the folder stays cheap however many messages there were.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

/// By number.
#[derive(Default)]
struct Numbers {
    /// Who waits for a code.
    waiting: HashMap<String, oneshot::Sender<String>>,
    /// How many messages without a code there were.
    without_code: HashMap<String, usize>,
}

type Shared = Mutex<Numbers>;

/// Looks into the folder until it is dropped.
pub struct Inbox {
    folder: PathBuf,
    numbers: Arc<Shared>,
    looking: AbortHandle,
}

/// A code that is on its way.
pub struct Expected(oneshot::Receiver<String>);

impl Inbox {
    /// Begins to look.
    pub fn open(folder: PathBuf) -> Self {
        let numbers = Arc::new(Shared::default());
        let looking = tokio::spawn({
            let (folder, numbers) = (folder.clone(), Arc::clone(&numbers));
            async move {
                loop {
                    look(&folder, &numbers);
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        });
        Self { folder, numbers, looking: looking.abort_handle() }
    }

    /// Waits for the next code to that number. Say so before asking for the code.
    pub fn expect(&self, phone: &str) -> Expected {
        let (sender, receiver) = oneshot::channel();
        lock(&self.numbers).waiting.insert(phone.to_owned(), sender);
        Expected(receiver)
    }

    /// How many messages without a code each number has got by now, since the inbox was opened.
    pub fn without_code(&self) -> HashMap<String, usize> {
        look(&self.folder, &self.numbers);
        lock(&self.numbers).without_code.clone()
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

fn lock(numbers: &Shared) -> MutexGuard<'_, Numbers> {
    numbers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads what is there. Names that begin with a dot are still being written.
fn look(folder: &Path, numbers: &Shared) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        let Ok(bytes) = fs::read(&path) else { continue };
        // A file that stays is read again at the next look.
        if fs::remove_file(&path).is_err() {
            continue;
        }
        let Ok(message) = serde_json::from_slice::<Message>(&bytes) else { continue };
        let mut numbers = lock(numbers);
        match code_of(&message.text) {
            Some(code) => {
                if let Some(waits) = numbers.waiting.remove(&message.to) {
                    // Whoever waited may have given up.
                    let _ = waits.send(code);
                }
            }
            None => *numbers.without_code.entry(message.to).or_default() += 1,
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
