//! A closed loop: so many connections, each asking again as soon as it is answered, counted in a window in which all of them
//! are busy. What runs before the window and after it is not counted, so neither end bends the rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinSet;

use crate::error::LoadError;
use crate::process::{Meter, Spent};
use crate::stats::float;

/// Long enough for every connection to have been answered once.
const WARM_UP: Duration = Duration::from_millis(500);

/// Tells those who ask whether to go on, and counts their answers.
#[derive(Default)]
pub struct Gate {
    closed: AtomicBool,
    answered: AtomicUsize,
}

impl Gate {
    /// Whether to ask again.
    pub fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Relaxed)
    }

    /// One answer.
    pub fn count(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    /// No more.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

/// What happened in the window.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Driven {
    /// Answers in the window.
    pub answers: usize,
    /// Answers a second.
    pub per_second: f64,
    /// Processor time in the window.
    pub spent: Spent,
}

/// Runs so many loops for the span and counts.
///
/// # Errors
/// The first error of a loop.
pub async fn drive<F, L>(loops: usize, span: Duration, server: u32, ask: F) -> Result<Driven, LoadError>
where
    F: Fn(usize, Arc<Gate>) -> L,
    L: Future<Output = Result<(), LoadError>> + Send + 'static,
{
    let gate = Arc::new(Gate::default());
    let mut running = JoinSet::new();
    for number in 0..loops {
        running.spawn(ask(number, Arc::clone(&gate)));
    }
    let window = async {
        tokio::time::sleep(WARM_UP).await;
        let meter = Meter::start(server)?;
        let before = gate.answered.load(Ordering::Relaxed);
        tokio::time::sleep(span).await;
        let answers = gate.answered.load(Ordering::Relaxed) - before;
        let spent = meter.stop()?;
        gate.close();
        Ok::<_, LoadError>(Driven { answers, per_second: float(answers) / spent.wall_s, spent })
    };
    tokio::pin!(window);
    let driven = loop {
        tokio::select! {
            driven = &mut window => break driven?,
            Some(ended) = running.join_next() => ended??,
        }
    };
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(driven)
}
