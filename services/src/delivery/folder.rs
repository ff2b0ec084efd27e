//! Messages as files in a folder, for demonstrations, tests, and mail systems that pick up `.eml` files.
//!
//! A file appears whole or not at all (written aside, flushed, renamed). Its name is
//! `<Unix ms, 13 digits>-<fingerprint of the key>.<ext>`: sorted by time, and a key that has a file gets no
//! second one. Files are readable by their owner only, because they hold codes. One process writes a folder
//! at a time; a second one would only miss the keys the first has written since.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::Sms;
use super::error::{Failure, Fault};
use super::key::fingerprint;
use crate::Timestamp;

#[derive(Clone)]
pub(super) struct Folder {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    extension: &'static str,
    /// Fingerprints of the files in the folder; read once, at the first message.
    known: Mutex<Option<HashSet<u128>>>,
}

impl Folder {
    pub(super) fn new(path: PathBuf, extension: &'static str) -> Self {
        Self { inner: Arc::new(Inner { path, extension, known: Mutex::new(None) }) }
    }

    /// Writes the message unless its key has a file already.
    pub(super) async fn put(&self, key: &str, now: Timestamp, content: Vec<u8>) -> Result<(), Failure> {
        let key = fingerprint(key);
        self.blocking(move |folder| folder.put(key, now, &content)).await
    }

    /// Writes and removes a file.
    pub(super) async fn probe(&self) -> Result<(), Failure> {
        self.blocking(|folder| {
            fs::create_dir_all(&folder.path)?;
            let path = folder.path.join(".probe.tmp");
            write_new(&path, b"")?;
            fs::remove_file(path)
        })
        .await
    }

    async fn blocking(&self, work: impl FnOnce(&Inner) -> io::Result<()> + Send + 'static) -> Result<(), Failure> {
        let inner = Arc::clone(&self.inner);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Failure::new(Fault::Folder)),
        }
    }
}

impl Inner {
    fn put(&self, key: u128, now: Timestamp, content: &[u8]) -> io::Result<()> {
        // Held while writing: two tries of one message at once must not both find the key new.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match &mut *known {
            Some(known) => known,
            unread => {
                fs::create_dir_all(&self.path)?;
                unread.insert(self.read_keys()?)
            }
        };
        if known.contains(&key) {
            return Ok(());
        }
        fs::create_dir_all(&self.path)?;
        let aside = self.path.join(format!(".{key:032x}.tmp"));
        write_new(&aside, content)?;
        fs::rename(&aside, self.path.join(format!("{now:013}-{key:032x}.{}", self.extension)))?;
        File::open(&self.path)?.sync_all()?;
        known.insert(key);
        Ok(())
    }

    fn read_keys(&self) -> io::Result<HashSet<u128>> {
        let mut keys = HashSet::new();
        for entry in fs::read_dir(&self.path)? {
            keys.extend(self.key_of(&PathBuf::from(entry?.file_name())));
        }
        Ok(keys)
    }

    fn key_of(&self, name: &Path) -> Option<u128> {
        let stem = name.file_stem()?.to_str()?;
        let (_, key) = stem.rsplit_once('-')?;
        let ours = name.extension()? == self.extension && key.len() == 32;
        ours.then(|| u128::from_str_radix(key, 16).ok()).flatten()
    }
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// A text message as it stands in its file.
#[derive(Serialize)]
struct SmsFile<'a> {
    to: &'a str,
    text: &'a str,
    /// Unix milliseconds.
    at: Timestamp,
    key: &'a str,
}

pub(super) fn sms_file(sms: &Sms, now: Timestamp) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(&SmsFile { to: sms.to.e164(), text: &sms.text, at: now, key: &sms.idempotency_key })
        .map_err(|_| Failure::new(Fault::Message))
}
