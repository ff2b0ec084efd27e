//! Programs that this one starts: the portal's own, and SQLite's.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::error::LoadError;
use crate::process;

/// Between two looks at a program that runs; its time is exact to this.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A process; dropping it kills it.
pub struct Process(Child);

impl Process {
    /// Starts it.
    pub fn start(command: &mut Command) -> Result<Self, LoadError> {
        let program = PathBuf::from(command.get_program());
        Ok(Self(command.spawn().map_err(LoadError::file(program))?))
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.try_wait()
    }

    /// Writes to its standard input, and closes that.
    fn tell(&mut self, text: &str) -> io::Result<()> {
        let Some(mut input) = self.0.stdin.take() else { return Ok(()) };
        match input.write_all(text.as_bytes()) {
            // It has ended without reading: its exit code says why.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            told => told,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A program that has run to its end.
pub struct Ended {
    /// Its exit code; -1 after a signal.
    pub code: i32,
    /// What it wrote to standard output.
    pub output: String,
    /// From its start to its end.
    pub seconds: f64,
    /// The most memory that it had (`VmHWM`), in KiB, as seen up to some milliseconds before its end.
    pub peak_kib: u64,
}

impl Ended {
    /// Itself, when it ended with one of these codes.
    pub fn expect(self, what: &'static str, codes: &[i32], log: &Path) -> Result<Self, LoadError> {
        if codes.contains(&self.code) {
            return Ok(self);
        }
        Err(LoadError::Command { what, code: self.code, log: log.to_owned() })
    }
}

/// Runs a program to its end. `input` is what it reads, `output` the file that it writes to.
pub async fn run(command: &mut Command, input: &str, output: &Path) -> Result<Ended, LoadError> {
    let file = File::create(output).map_err(LoadError::file(output))?;
    command.stdin(Stdio::piped()).stdout(file);
    let program = PathBuf::from(command.get_program());
    let since = Instant::now();
    let mut process = Process::start(command)?;
    process.tell(input).map_err(LoadError::file(&program))?;
    let mut peak_kib = 0;
    let status = loop {
        // One that has just ended has no memory any more.
        peak_kib = process::memory(process.id()).map_or(peak_kib, |memory| memory.peak_kib.max(peak_kib));
        if let Some(status) = process.ended().map_err(LoadError::file(&program))? {
            break status;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    let seconds = since.elapsed().as_secs_f64();
    let written = fs::read(output).map_err(LoadError::file(output))?;
    Ok(Ended {
        code: status.code().unwrap_or(-1),
        output: String::from_utf8_lossy(&written).into_owned(),
        seconds,
        peak_kib,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[tokio::test]
    async fn a_program_reads_its_input_and_tells_its_code() {
        let output = std::env::temp_dir().join(format!("schoolgate-load-command-{}", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "cat; exit 3"]);
        let ended = run(&mut command, "what is said", &output).await.unwrap();
        fs::remove_file(&output).unwrap();
        assert_eq!((ended.code, ended.output.as_str()), (3, "what is said"));
        assert!(ended.expect("a test", &[0, 1], &output).is_err());
    }
}
