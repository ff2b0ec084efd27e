//! The key ring: a TOML file beside the configuration, readable by its owner only. Whoever has it and the database can read
//! everything; whoever loses it can read nothing of what is sealed. Back it up apart from the database.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::error::KeyRingError;
use crate::rng::Rng;

/// 256 random bits, wiped when dropped.
pub(super) type Key = Zeroizing<[u8; 32]>;

const FORMAT: u32 = 1;
const HEADING: &str = "\
# Schoolgate's keys. Keep this file secret (mode 0600), back it up apart from the database, never edit it by hand:
# `schoolgate key rotate` adds a sealing key. Without this file the personal data in the database cannot be read.
";

/// The keys of one portal.
#[derive(Clone)]
pub struct KeyRing {
    current: u32,
    sealing: BTreeMap<u32, DatedKey>,
    current_key: Key,
    index: DatedKey,
    mac: DatedKey,
}

#[derive(Clone)]
struct DatedKey {
    key: Key,
    created_at: Timestamp,
}

impl DatedKey {
    fn generate(rng: &dyn Rng, now: Timestamp) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill(key.as_mut_slice());
        Self { key, created_at: now }
    }
}

impl KeyRing {
    /// A new ring with one sealing key; `now` (Unix milliseconds) is noted as its date.
    pub fn generate(rng: &dyn Rng, now: Timestamp) -> Self {
        let sealing = DatedKey::generate(rng, now);
        Self {
            current: 1,
            current_key: sealing.key.clone(),
            sealing: BTreeMap::from([(1, sealing)]),
            index: DatedKey::generate(rng, now),
            mac: DatedKey::generate(rng, now),
        }
    }

    /// Adds a sealing key and makes it the current one. Old ones stay: values sealed with them remain readable.
    /// Save the ring before anything is sealed with the new key.
    pub fn rotate(&mut self, rng: &dyn Rng, now: Timestamp) {
        let next = self.sealing.last_key_value().map_or(1, |(id, _)| id.saturating_add(1));
        let key = DatedKey::generate(rng, now);
        self.current = next;
        self.current_key.clone_from(&key.key);
        self.sealing.insert(next, key);
    }

    /// The id of the key that seals from now on.
    pub fn current_id(&self) -> u32 {
        self.current
    }

    /// Ids and dates (Unix milliseconds) of the sealing keys, oldest first.
    pub fn key_dates(&self) -> impl Iterator<Item = (u32, Timestamp)> + '_ {
        self.sealing.iter().map(|(id, key)| (*id, key.created_at))
    }

    pub(super) fn sealing_keys(&self) -> impl Iterator<Item = (u32, &Key)> + '_ {
        self.sealing.iter().map(|(id, key)| (*id, &key.key))
    }

    pub(super) fn current_key(&self) -> &Key {
        &self.current_key
    }

    pub(super) fn index_key(&self) -> &Key {
        &self.index.key
    }

    pub(super) fn mac_key(&self) -> &Key {
        &self.mac.key
    }

    /// Reads a ring.
    ///
    /// # Errors
    /// [`KeyRingError`]: not there, readable by others, not understood.
    pub fn load(path: &Path) -> Result<Self, KeyRingError> {
        let io = |source| KeyRingError::Io { path: path.to_owned(), verb: "read", source };
        let mut file = File::open(path).map_err(io)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // Of the opened file, so that nobody can exchange it in between.
            let mode = file.metadata().map_err(io)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(KeyRingError::Permissions { path: path.to_owned(), mode });
            }
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(io)?;
        Self::from_toml(&text).map_err(|reason| KeyRingError::Malformed { path: path.to_owned(), reason })
    }

    /// Writes the ring, mode 0600, in place of what is there: whole or not at all, even when the power fails.
    ///
    /// # Errors
    /// [`KeyRingError::Io`].
    pub fn save(&self, path: &Path) -> Result<(), KeyRingError> {
        self.write(path, |temporary| fs::rename(temporary, path)).map_err(|source| KeyRingError::Io {
            path: path.to_owned(),
            verb: "written",
            source,
        })
    }

    /// Writes a new ring, and refuses to replace one.
    ///
    /// # Errors
    /// [`KeyRingError::Exists`], [`KeyRingError::Io`].
    pub fn create(&self, path: &Path) -> Result<(), KeyRingError> {
        // A hard link fails when the name is taken, which a rename does not.
        self.write(path, |temporary| fs::hard_link(temporary, path)).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyRingError::Exists { path: path.to_owned() },
            _ => KeyRingError::Io { path: path.to_owned(), verb: "written", source },
        })
    }

    fn write(&self, path: &Path, publish: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
        // The process id keeps two programs apart; what a crashed one left behind is replaced.
        let mut temporary = name.to_owned();
        temporary.push(format!(".{}.new", std::process::id()));
        let temporary = folder.join(temporary);
        let _ = fs::remove_file(&temporary);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let written = options.open(&temporary).and_then(|mut file| {
            file.write_all(self.to_toml()?.as_bytes())?;
            file.sync_all()
        });
        let published = written.and_then(|()| publish(&temporary));
        // After a rename there is nothing left to remove.
        let _ = fs::remove_file(&temporary);
        published?;
        File::open(&folder)?.sync_all()
    }

    fn to_toml(&self) -> io::Result<Zeroizing<String>> {
        let stored = |key: &DatedKey| StoredKey {
            key: Zeroizing::new(STANDARD.encode(key.key.as_slice())),
            created_at: key.created_at,
        };
        let ring = StoredRing {
            format: FORMAT,
            current: self.current,
            index: stored(&self.index),
            mac: stored(&self.mac),
            sealing: self
                .sealing
                .iter()
                .map(|(id, key)| StoredSealingKey { id: *id, key: stored(key).key, created_at: key.created_at })
                .collect(),
        };
        let text = Zeroizing::new(toml::to_string(&ring).map_err(io::Error::other)?);
        Ok(Zeroizing::new(format!("{HEADING}{}", text.as_str())))
    }

    fn from_toml(text: &str) -> Result<Self, String> {
        // `message` leaves out the excerpt of the file, which would show keys.
        let stored: StoredRing = toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())?;
        if stored.format != FORMAT {
            return Err(format!("format {} is not known to this program", stored.format));
        }
        let mut sealing = BTreeMap::new();
        for entry in &stored.sealing {
            let key = decode(&entry.key, entry.created_at)?;
            if sealing.insert(entry.id, key).is_some() {
                return Err(format!("sealing key {} is there twice", entry.id));
            }
        }
        let current_key = sealing
            .get(&stored.current)
            .ok_or_else(|| format!("the current sealing key {} is missing", stored.current))?
            .key
            .clone();
        Ok(Self {
            current: stored.current,
            current_key,
            sealing,
            index: decode(&stored.index.key, stored.index.created_at)?,
            mac: decode(&stored.mac.key, stored.mac.created_at)?,
        })
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing(current {}, {} sealing keys)", self.current, self.sealing.len())
    }
}

fn decode(text: &str, created_at: Timestamp) -> Result<DatedKey, String> {
    let bytes = STANDARD.decode(text).map(Zeroizing::new).map_err(|_| "a key is not base64".to_owned())?;
    let mut key = Zeroizing::new([0; 32]);
    if bytes.len() != key.len() {
        return Err(format!("a key has {} bytes instead of {}", bytes.len(), key.len()));
    }
    key.copy_from_slice(&bytes);
    Ok(DatedKey { key, created_at })
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRing {
    format: u32,
    current: u32,
    index: StoredKey,
    mac: StoredKey,
    sealing: Vec<StoredSealingKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    key: Zeroizing<String>,
    created_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredSealingKey {
    id: u32,
    key: Zeroizing<String>,
    created_at: Timestamp,
}
