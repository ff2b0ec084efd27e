//! Records put aside by school while the files are read once from end to end: in memory while they are few, and beyond that in a
//! nameless file on disk, sealed. So a roster of a million people takes no more memory than its largest school.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use crate::crypto::{Sealer, columns, row_of_number};
use crate::rng::{self, Rng};

/// What all schools together may hold in memory before some of it goes to disk.
const HELD: usize = 32 * 1024 * 1024;

/// The records of all schools.
pub(crate) struct Spill {
    sealer: Sealer,
    rng: Arc<dyn Rng>,
    schools: Vec<Shelf>,
    held: usize,
    most: usize,
    file: Option<File>,
    end: u64,
    blocks: i64,
}

/// The records of one school.
#[derive(Default)]
struct Shelf {
    /// What is still in memory.
    open: Vec<u8>,
    /// What is on disk: where, how long, under which number it was sealed.
    stored: Vec<(u64, usize, i64)>,
}

impl Spill {
    /// Nothing yet.
    pub fn new(sealer: Sealer, rng: Arc<dyn Rng>) -> Self {
        Self { sealer, rng, schools: Vec::new(), held: 0, most: HELD, file: None, end: 0, blocks: 0 }
    }

    /// Puts a line aside for a school.
    pub fn push(&mut self, school: usize, line: &[u8]) -> io::Result<()> {
        if self.schools.len() <= school {
            self.schools.resize_with(school + 1, Shelf::default);
        }
        if let Some(shelf) = self.schools.get_mut(school) {
            shelf.open.extend_from_slice(line);
            shelf.open.push(b'\n');
            self.held += line.len() + 1;
        }
        if self.held > self.most { self.store() } else { Ok(()) }
    }

    /// The lines of a school, in the order in which they came.
    pub fn read(&mut self, school: usize) -> io::Result<Vec<u8>> {
        let Some(shelf) = self.schools.get(school) else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        for (at, length, number) in shelf.stored.clone() {
            let mut sealed = vec![0; length];
            let file = self.file.as_mut().ok_or(io::ErrorKind::NotFound)?;
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut sealed)?;
            let opened = self.sealer.open(columns::IMPORTS_CONTENT, row_of_number(number), &sealed);
            lines.extend(opened.map_err(io::Error::other)?);
        }
        lines.extend_from_slice(&shelf.open);
        Ok(lines)
    }

    /// Everything that is in memory goes to disk.
    fn store(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(nameless(self.rng.as_ref())?),
        };
        file.seek(SeekFrom::Start(self.end))?;
        for shelf in self.schools.iter_mut().filter(|shelf| !shelf.open.is_empty()) {
            self.blocks += 1;
            let row = row_of_number(self.blocks);
            let sealed = self.sealer.seal(self.rng.as_ref(), columns::IMPORTS_CONTENT, row, &shelf.open);
            file.write_all(&sealed)?;
            shelf.stored.push((self.end, sealed.len(), self.blocks));
            self.end += sealed.len() as u64;
            shelf.open = Vec::new();
        }
        self.held = 0;
        Ok(())
    }
}

/// A file in the system's folder for temporary files that nobody else can open: its name is gone before anything is written.
fn nameless(rng: &dyn Rng) -> io::Result<File> {
    let name = format!("schoolgate-{:032x}", u128::from_be_bytes(rng::bytes(rng)));
    let path = std::env::temp_dir().join(name);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use crate::crypto::KeyRing;
    use crate::rng::SeededRng;

    #[test]
    fn what_is_put_aside_comes_back_in_order() {
        // The name of the file on disk comes from this, so it must not be the same in two runs at once.
        let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(u64::from(std::process::id())));
        let sealer = Sealer::new(&KeyRing::generate(rng.as_ref(), 0));
        let mut spill = Spill { most: 10_000, ..Spill::new(sealer, rng) };
        let long = "x".repeat(1024);
        for number in 0..100_u32 {
            spill.push((number % 3) as usize, format!("{number} {long}").as_bytes()).unwrap();
        }
        assert!(spill.file.is_some() && spill.held <= spill.most);
        let lines = spill.read(1).unwrap();
        let numbers: Vec<u32> = lines
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| std::str::from_utf8(line).unwrap().split(' ').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(numbers, (0..100).filter(|number| number % 3 == 1).collect::<Vec<u32>>());
        assert!(spill.read(9).unwrap().is_empty());
    }
}
