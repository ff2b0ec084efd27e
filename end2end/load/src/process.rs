//! What Linux tells about processes: processor time and memory, read from /proc.
//!
//! Times are seconds, summed over cores. They come in steps of 10 ms, so only spans of a second and more are worth comparing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use crate::error::LoadError;

/// Ticks a second in /proc: `USER_HZ`, which is 100 on every architecture in use.
const TICKS_PER_SECOND: f64 = 100.0;

/// The threads of the portal that hash passwords.
const HASHING: &str = "argon2";
/// The threads of the comparison server in this process.
pub const COMPARISON: &str = "static-";

fn read(path: impl AsRef<Path>) -> Result<String, LoadError> {
    fs::read_to_string(&path).map_err(LoadError::file(&path))
}

fn wrong(path: impl Into<PathBuf>) -> LoadError {
    LoadError::Content { path: path.into(), problem: "not what Linux writes there".to_owned() }
}

/// Processor time of a process (`/proc/PID/stat`), or of a thread.
fn cpu(path: &str) -> Result<f64, LoadError> {
    let text = read(path)?;
    cpu_of_stat(&text).ok_or_else(|| wrong(path))
}

/// User and system time are fields 14 and 15; the second field is a name in brackets, with any characters in it.
fn cpu_of_stat(text: &str) -> Option<f64> {
    let mut after_name = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = after_name.next()?.parse().ok()?;
    let system: f64 = after_name.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

/// Processor time of the threads whose names begin so.
fn cpu_of_threads(process: &str, prefix: &str) -> Result<f64, LoadError> {
    let folder = format!("/proc/{process}/task");
    let mut sum = 0.0;
    for entry in fs::read_dir(&folder).map_err(LoadError::file(&folder))?.flatten() {
        // A thread may end between the listing and the reading.
        let Ok(text) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let named = text.split_once('(').is_some_and(|(_, rest)| rest.starts_with(prefix));
        if named {
            sum += cpu_of_stat(&text).unwrap_or_default();
        }
    }
    Ok(sum)
}

/// Processor time that all of the machine has spent working, stolen time of virtual machines left out.
fn cpu_of_machine() -> Result<f64, LoadError> {
    let text = read("/proc/stat")?;
    let line = text.lines().next().and_then(|line| line.strip_prefix("cpu ")).ok_or_else(|| wrong("/proc/stat"))?;
    let fields: Vec<f64> = line.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal …
    let busy = [0, 1, 2, 5, 6].iter().filter_map(|at| fields.get(*at)).sum::<f64>();
    Ok(busy / TICKS_PER_SECOND)
}

/// Processor time spent in a span, in seconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[allow(clippy::struct_field_names, reason = "the names are those of the JSON report, where a figure carries its unit")]
pub struct Spent {
    /// How long the span was by the clock.
    pub wall_s: f64,
    /// By the portal.
    pub server_s: f64,
    /// By the portal's hashing threads alone.
    pub hashing_s: f64,
    /// By this program, the comparison server left out.
    pub client_s: f64,
    /// By the comparison server.
    pub comparison_s: f64,
    /// By everything else on this machine; a PostgreSQL server on it is in here.
    pub others_s: f64,
}

impl Spent {
    /// The cores that everything else kept busy on average.
    pub fn others_cores(&self) -> f64 {
        self.others_s / self.wall_s.max(f64::EPSILON)
    }
}

/// Measures a span.
pub struct Meter {
    server: u32,
    since: Instant,
    before: Spent,
}

impl Meter {
    /// Begins now; the number is the portal's process.
    pub fn start(server: u32) -> Result<Self, LoadError> {
        Ok(Self { server, before: Self::totals(server)?, since: Instant::now() })
    }

    /// What was spent since the beginning.
    pub fn stop(&self) -> Result<Spent, LoadError> {
        let wall_s = self.since.elapsed().as_secs_f64();
        let (after, before) = (Self::totals(self.server)?, &self.before);
        let server_s = after.server_s - before.server_s;
        let client_s = after.client_s - before.client_s;
        let comparison_s = after.comparison_s - before.comparison_s;
        Ok(Spent {
            wall_s,
            server_s,
            hashing_s: after.hashing_s - before.hashing_s,
            client_s,
            comparison_s,
            // Read one after another, the counters may disagree by a tick.
            others_s: (after.others_s - before.others_s - server_s - client_s - comparison_s).max(0.0),
        })
    }

    fn totals(server: u32) -> Result<Spent, LoadError> {
        let comparison_s = cpu_of_threads("self", COMPARISON)?;
        Ok(Spent {
            wall_s: 0.0,
            server_s: cpu(&format!("/proc/{server}/stat"))?,
            hashing_s: cpu_of_threads(&server.to_string(), HASHING)?,
            client_s: cpu("/proc/self/stat")? - comparison_s,
            comparison_s,
            others_s: cpu_of_machine()?,
        })
    }
}

/// Memory of a process in KiB.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Memory {
    /// In use now (`VmRSS`).
    pub now_kib: u64,
    /// The most so far (`VmHWM`).
    pub peak_kib: u64,
}

/// The memory of a process.
pub fn memory(process: u32) -> Result<Memory, LoadError> {
    let path = format!("/proc/{process}/status");
    let text = read(&path)?;
    let field = |name: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
        rest.split_whitespace().next()?.parse().ok()
    };
    match (field("VmRSS:"), field("VmHWM:")) {
        (Some(now_kib), Some(peak_kib)) => Ok(Memory { now_kib, peak_kib }),
        _ => Err(wrong(path)),
    }
}

/// Makes the peak of a process begin anew.
pub fn reset_peak(process: u32) -> Result<(), LoadError> {
    let path = format!("/proc/{process}/clear_refs");
    fs::write(&path, "5").map_err(LoadError::file(&path))
}

/// How many files this process may have open; the server inherits the limit.
pub fn open_files() -> Result<usize, LoadError> {
    let path = "/proc/self/limits";
    let text = read(path)?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files")).ok_or_else(|| wrong(path))?;
    let soft = line.split_whitespace().next().ok_or_else(|| wrong(path))?;
    Ok(if soft == "unlimited" { usize::MAX } else { soft.parse().map_err(|_| wrong(path))? })
}

/// The processor's name, as far as Linux knows it.
pub fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]
    use super::*;

    #[test]
    fn the_times_of_a_process_are_found_behind_any_name() {
        let stat = "42 (a) b (c) S 1 1 1 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 4 0 100 1000 10";
        assert!((cpu_of_stat(stat).unwrap() - 3.0).abs() < 1e-9);
        assert_eq!(cpu_of_stat("42 (short) S 1"), None);
    }

    #[test]
    fn this_process_can_be_measured() {
        let me = std::process::id();
        let memory = memory(me).unwrap();
        assert!(memory.now_kib > 0 && memory.peak_kib >= memory.now_kib);
        let spent = Meter::start(me).unwrap().stop().unwrap();
        assert!(spent.wall_s >= 0.0 && spent.server_s >= 0.0);
        assert!(open_files().unwrap() > 0);
    }
}
