//! The files of a roster: in a zip, in a folder, or held by the program. Each can be read more than once.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zip::ZipArchive;

use super::RosterError;

/// Files by their names, without folders, in lower case.
pub(crate) trait Files {
    /// Their names.
    fn names(&self) -> Vec<String>;

    /// Reads one from its beginning.
    fn open(&mut self, name: &str) -> Result<Box<dyn Read + '_>, RosterError>;
}

/// Bytes that several readers share.
#[derive(Clone)]
pub(crate) struct Shared(pub Arc<[u8]>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// What a reader of a whole file needs.
pub(crate) trait Seekable: Read + Seek + Send {}

impl<R: Read + Seek + Send> Seekable for R {}

/// A file before it is known what it is.
pub(crate) enum Origin {
    /// A file on disk, or a folder of CSV files.
    Path(PathBuf),
    /// An upload.
    Bytes(Shared),
    /// Files that the program itself holds.
    Held(&'static [(&'static str, &'static [u8])]),
}

impl Origin {
    /// Opens a single file from its beginning.
    pub fn reader(&self) -> Result<Box<dyn Seekable>, RosterError> {
        Ok(match self {
            Self::Path(path) => Box::new(BufReader::with_capacity(256 * 1024, File::open(path)?)),
            Self::Bytes(bytes) => Box::new(Cursor::new(bytes.clone())),
            Self::Held(_) => return Err(RosterError::NotRecognised),
        })
    }
}

/// No more than this is read out of a compressed file, so that a small one cannot fill memory or disk.
pub(crate) struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Limited<R> {
    /// Reads at most `limit` bytes; the next one is an error.
    pub fn new(inner: R, limit: u64) -> Self {
        Self { inner, left: limit }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(length as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(length)
    }
}

/// The base name of a file in an archive, in lower case.
fn base_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase()
}

/// The files of a zip.
pub(crate) struct ZipFiles {
    archive: ZipArchive<Box<dyn Seekable>>,
    /// Base name, and name in the archive.
    names: Vec<(String, String)>,
}

impl ZipFiles {
    /// Opens an archive. It is to be measured before its files are read.
    pub fn new(reader: Box<dyn Seekable>) -> Result<Self, RosterError> {
        let archive = ZipArchive::new(reader).map_err(|_| RosterError::Damaged)?;
        let mut names = Vec::new();
        for name in archive.file_names() {
            let name = name.map_err(|_| RosterError::Damaged)?;
            // What macOS adds beside each file.
            if !name.starts_with("__MACOSX") && !name.ends_with('/') {
                names.push((base_name(&name), name.into_owned()));
            }
        }
        Ok(Self { archive, names })
    }

    /// The names in the archive, with their folders.
    pub fn whole_names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(_, name)| name.as_str())
    }

    /// Reads every file to its end, to know that all together unpack to no more than `limit` bytes.
    pub fn measure(&mut self, limit: u64) -> Result<(), RosterError> {
        let mut left = limit;
        for at in 0..self.archive.len() {
            let file = self.archive.by_index(at).map_err(|_| RosterError::Damaged)?;
            left -= io::copy(&mut Limited::new(file, left), &mut io::sink())?;
        }
        Ok(())
    }
}

impl Files for ZipFiles {
    fn names(&self) -> Vec<String> {
        self.names.iter().map(|(base, _)| base.clone()).collect()
    }

    fn open(&mut self, name: &str) -> Result<Box<dyn Read + '_>, RosterError> {
        let found = self.names.iter().find(|(base, _)| base == name).map(|(_, whole)| whole.as_str());
        let whole = found.ok_or_else(|| RosterError::MissingFile { file: name.to_owned() })?;
        let file = self.archive.by_name(whole).map_err(|_| RosterError::Damaged)?;
        Ok(Box::new(file))
    }
}

/// The CSV files of a folder.
pub(crate) struct FolderFiles {
    files: Vec<(String, PathBuf)>,
}

impl FolderFiles {
    /// Looks into a folder.
    pub fn new(folder: &Path) -> Result<Self, RosterError> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| path.is_file()) {
                files.push((name.to_lowercase(), path.clone()));
            }
        }
        Ok(Self { files })
    }
}

impl Files for FolderFiles {
    fn names(&self) -> Vec<String> {
        self.files.iter().map(|(name, _)| name.clone()).collect()
    }

    fn open(&mut self, name: &str) -> Result<Box<dyn Read + '_>, RosterError> {
        let found = self.files.iter().find(|(base, _)| base == name);
        let (_, path) = found.ok_or_else(|| RosterError::MissingFile { file: name.to_owned() })?;
        Ok(Box::new(BufReader::with_capacity(256 * 1024, File::open(path)?)))
    }
}

/// A table that is a file by itself.
pub(crate) struct OneFile<'a> {
    pub name: String,
    pub origin: &'a Origin,
}

impl Files for OneFile<'_> {
    fn names(&self) -> Vec<String> {
        vec![self.name.clone()]
    }

    fn open(&mut self, _: &str) -> Result<Box<dyn Read + '_>, RosterError> {
        Ok(Box::new(self.origin.reader()?))
    }
}

/// Files that the program holds.
pub(crate) struct HeldFiles(pub &'static [(&'static str, &'static [u8])]);

impl Files for HeldFiles {
    fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.to_lowercase()).collect()
    }

    fn open(&mut self, name: &str) -> Result<Box<dyn Read + '_>, RosterError> {
        let found = self.0.iter().find(|(held, _)| held.eq_ignore_ascii_case(name));
        let (_, bytes) = found.ok_or_else(|| RosterError::MissingFile { file: name.to_owned() })?;
        Ok(Box::new(*bytes))
    }
}
