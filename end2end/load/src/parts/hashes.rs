//! Raw hashes a second: what the machine can do at most, without a portal around it. Argon2id with the portal's parameters
//! (m = 19 MiB, t = 2, p = 1), a thread for each core, each filling the same memory again and again, as the portal does.

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::Serialize;

use crate::error::LoadError;
use crate::process::Meter;
use crate::stats::float;

/// Memory of one hash in KiB.
pub const M_KIB: u32 = 19_456;
/// Passes.
pub const T: u32 = 2;
/// Lanes.
pub const P: u32 = 1;

/// What one span gave.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Hashes {
    /// Hashes a second, all threads together.
    pub per_second: f64,
    /// Processor time of one hash, in seconds.
    pub cpu_each_s: f64,
    /// Cores that everything else kept busy meanwhile.
    pub others_cores: f64,
}

/// Hashes for the span. Blocks the calling thread.
pub fn run(threads: usize, span: Duration, server: u32) -> Result<Hashes, LoadError> {
    let params = Params::new(M_KIB, T, P, Some(32)).map_err(LoadError::Argon2)?;
    let ready = Arc::new(Barrier::new(threads + 1));
    let hashing: Vec<_> = (0..threads)
        .map(|_| {
            let (params, ready) = (params.clone(), Arc::clone(&ready));
            thread::spawn(move || hash_for(params, span, &ready))
        })
        .collect();
    ready.wait();
    let meter = Meter::start(server)?;
    let mut hashes = 0;
    let mut per_second = 0.0;
    for thread in hashing {
        // A panic of the thread is one of this program.
        let (done, seconds) = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        hashes += done;
        per_second += float(done) / seconds;
    }
    let spent = meter.stop()?;
    Ok(Hashes { per_second, cpu_each_s: spent.client_s / float(hashes).max(1.0), others_cores: spent.others_cores() })
}

/// Whole hashes, and the time they took: a thread stops after the hash in which the span ends.
fn hash_for(params: Params, span: Duration, ready: &Barrier) -> Result<(usize, f64), LoadError> {
    let mut memory = vec![Block::new(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut output = [0_u8; 32];
    let mut hash = || {
        let done = argon2.hash_password_into_with_memory(
            black_box(b"correct horse battery C1"),
            black_box(b"sixteen bytes ok"),
            &mut output,
            &mut memory,
        );
        black_box(&output);
        done.map_err(LoadError::Argon2)
    };
    // The first one meets memory that the system has yet to provide.
    let first = hash();
    ready.wait();
    first?;
    let since = Instant::now();
    let mut done = 0;
    while since.elapsed() < span {
        hash()?;
        done += 1;
    }
    Ok((done, since.elapsed().as_secs_f64()))
}
