//! The `.br` and `.gz` files that the server sends instead of compressing on the fly.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;

use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::error::{At, Error, joined};

/// Compresses the files of a folder and of the folders in it, all at once.
pub fn folder(folder: &Path) -> Result<(), Error> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    thread::scope(|threads| {
        let work: Vec<_> = files.iter().map(|path| threads.spawn(|| file(path))).collect();
        work.into_iter().try_for_each(joined)
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    for entry in fs::read_dir(folder).at(folder)? {
        let path = entry.at(folder)?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn file(path: &Path) -> Result<(), Error> {
    let content = fs::read(path).at(path)?;
    let mut brotli = Vec::new();
    // The parameters that this starts from are those of the best quality.
    brotli::BrotliCompress(&mut content.as_slice(), &mut brotli, &BrotliEncoderParams::default()).at(path)?;
    write(path, "br", &brotli)?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let gzip = gzip.write_all(&content).and_then(|()| gzip.finish()).at(path)?;
    write(path, "gz", &gzip)
}

/// `schoolgate.js` → `schoolgate.js.br`
fn write(path: &Path, ending: &str, content: &[u8]) -> Result<(), Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    let path = PathBuf::from(name);
    fs::write(&path, content).at(&path)
}
