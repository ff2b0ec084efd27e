//! The programs from npm.

use std::ffi::OsStr;
use std::process::Command;

use crate::error::Error;

/// Runs a program to its end. What it prints is for whoever builds.
pub fn run<'a>(program: &'static str, words: impl IntoIterator<Item = &'a OsStr>) -> Result<(), Error> {
    let status = Command::new(program).args(words).status().map_err(|source| Error::NoTool { program, source })?;
    if status.success() { Ok(()) } else { Err(Error::Tool { program }) }
}
