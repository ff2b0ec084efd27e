//! Ten times as many sign-ins at once as the portal takes: whom it can't serve it must tell when to come back, and its memory
//! must not grow for them. Those who are refused come back far sooner than they were told to.
//!
//! It is done twice: memory that an allocator keeps after the first time serves the second, memory that is lost does not. So
//! "no growth" means: the second time peaks at most a tenth above the first. How much is given back in between is printed and
//! judged by nothing, because allocators keep what they expect to need again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;
use serde::Serialize;
use tokio::task::JoinSet;

use super::passwords;
use crate::client::Connection;
use crate::drive::Gate;
use crate::error::LoadError;
use crate::people::Person;
use crate::process::{self, Memory, Meter, Spent};
use crate::server::Server;
use crate::stats::{Distribution, float, quantile};

/// How long a refused client waits, whatever it was told.
pub const IMPATIENCE: Duration = Duration::from_millis(500);
/// Between two looks at the memory.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long the portal rests after an overload before its memory is looked at.
const CALM: Duration = Duration::from_secs(3);
/// More than this, by what was before, is growth.
const GROWTH: f64 = 1.10;

/// How the requests were answered.
#[derive(Debug, Default, Serialize)]
pub struct Answers {
    /// 200.
    pub signed_in: usize,
    /// 401.
    pub wrong: usize,
    /// 429.
    pub throttled: usize,
    /// 503.
    pub refused: usize,
    /// 503 that did not say when to come back.
    pub refused_without_retry_after: usize,
    /// Anything else, and broken connections.
    pub other: usize,
    #[serde(skip)]
    waits: Vec<f64>,
    #[serde(skip)]
    refusals: Vec<f64>,
}

/// The figures.
#[derive(Debug, Serialize)]
pub struct Overload {
    /// Connections, each with one request at a time.
    pub at_once: usize,
    /// The answers.
    pub answers: Answers,
    /// How long those who were signed in waited, in seconds.
    pub wait: Distribution,
    /// How long a refusal took, in seconds.
    pub refusal: Distribution,
    /// Sign-ins a second meanwhile.
    pub per_second: f64,
    /// Processor time.
    pub spent: Spent,
    /// Memory before, with the peak of all that came earlier.
    pub before: Memory,
    /// The most memory during the overload, in KiB.
    pub during_peak_kib: u64,
    /// Half of the third quarter of the time memory was below this, in KiB.
    pub third_kib: u64,
    /// The same for the last quarter.
    pub last_kib: u64,
    /// Memory some seconds after it, in KiB.
    pub after_kib: u64,
    /// The most memory when it was done once more, in KiB.
    pub again_peak_kib: u64,
}

impl Overload {
    /// Whether every refusal said when to come back.
    pub fn refusals_say_when(&self) -> bool {
        self.answers.refused > 0 && self.answers.refused_without_retry_after == 0
    }

    /// Whether nothing but the expected answers came.
    pub fn is_clean(&self) -> bool {
        self.answers.other == 0 && self.answers.wrong == 0
    }

    /// Whether memory stood still while the overload lasted: what is taken, is taken at its beginning.
    pub fn stands_still(&self) -> bool {
        !grew(self.third_kib, self.last_kib)
    }

    /// No growth: the second overload's peak is at most a tenth above the first one's. What the first one lost would be taken
    /// anew by the second; what the allocator kept is used again.
    pub fn does_not_grow(&self) -> bool {
        !grew(self.during_peak_kib, self.again_peak_kib)
    }
}

fn grew(before_kib: u64, later_kib: u64) -> bool {
    kib(later_kib) > kib(before_kib) * GROWTH
}

#[allow(clippy::cast_precision_loss, reason = "a machine has less than 2^52 KiB")]
fn kib(kib: u64) -> f64 {
    kib as f64
}

/// Overloads the portal for the span.
pub async fn run(
    server: &Server,
    people: &Arc<[Person]>,
    at_once: usize,
    span: Duration,
) -> Result<Overload, LoadError> {
    // Some files besides: the server has its database, this program its runtime.
    let (needed, allowed) = (at_once + 100, process::open_files()?);
    if needed > allowed {
        return Err(LoadError::OpenFiles { needed, allowed });
    }
    let before = process::memory(server.id())?;
    let first = wave(server, people, at_once, span).await?;
    let again = wave(server, people, at_once, span).await?;
    Ok(Overload {
        at_once,
        wait: Distribution::of(&first.answers.waits),
        refusal: Distribution::of(&first.answers.refusals),
        answers: first.answers,
        per_second: first.per_second,
        spent: first.spent,
        before,
        during_peak_kib: first.peak_kib,
        third_kib: median_of_quarter(&first.during, 2),
        last_kib: median_of_quarter(&first.during, 3),
        after_kib: first.after_kib,
        again_peak_kib: again.peak_kib,
    })
}

/// One time of too many requests.
struct Wave {
    answers: Answers,
    per_second: f64,
    spent: Spent,
    /// Memory in steps of [`LOOK_EVERY`].
    during: Vec<u64>,
    peak_kib: u64,
    after_kib: u64,
}

async fn wave(server: &Server, people: &Arc<[Person]>, at_once: usize, span: Duration) -> Result<Wave, LoadError> {
    process::reset_peak(server.id())?;
    let mut connections = Vec::with_capacity(at_once);
    for _ in 0..at_once {
        connections.push(Connection::open(server.address()).await?);
    }
    let gate = Arc::new(Gate::default());
    let answers = Arc::new(Mutex::new(Answers::default()));
    let meter = Meter::start(server.id())?;
    let mut running = JoinSet::new();
    for (number, connection) in connections.into_iter().enumerate() {
        let (people, gate, answers) = (Arc::clone(people), Arc::clone(&gate), Arc::clone(&answers));
        running.spawn(async move {
            let person = people.get(number % people.len());
            if let Some(person) = person {
                insist(connection, person, &gate, &answers).await;
            }
        });
    }
    let during = watch(server.id(), span).await?;
    let signed_in = lock(&answers).signed_in;
    let spent = meter.stop()?;
    gate.close();
    while let Some(ended) = running.join_next().await {
        ended?;
    }
    let peak_kib = process::memory(server.id())?.peak_kib;
    let calm = watch(server.id(), CALM).await?;
    let answers = std::mem::take(&mut *lock(&answers));
    Ok(Wave {
        answers,
        per_second: float(signed_in) / spent.wall_s,
        spent,
        during,
        peak_kib,
        after_kib: calm.last().copied().unwrap_or_default(),
    })
}

/// Asks again and again.
async fn insist(mut connection: Connection, person: &Person, gate: &Gate, answers: &Mutex<Answers>) {
    while gate.is_open() {
        let answer = passwords::post(&mut connection, &person.user_code, &person.password).await;
        let refused = {
            let mut answers = lock(answers);
            match &answer {
                Ok(answer) if answer.status == StatusCode::OK => {
                    answers.signed_in += 1;
                    answers.waits.push(answer.took.as_secs_f64());
                }
                Ok(answer) if answer.status == StatusCode::UNAUTHORIZED => answers.wrong += 1,
                Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => answers.throttled += 1,
                Ok(answer) if answer.status == StatusCode::SERVICE_UNAVAILABLE => {
                    answers.refused += 1;
                    answers.refusals.push(answer.took.as_secs_f64());
                    if answer.retry_after().is_none() {
                        answers.refused_without_retry_after += 1;
                    }
                }
                Ok(_) | Err(_) => answers.other += 1,
            }
            !matches!(&answer, Ok(answer) if answer.status == StatusCode::OK)
        };
        if refused {
            tokio::time::sleep(IMPATIENCE).await;
        }
    }
}

fn lock(answers: &Mutex<Answers>) -> std::sync::MutexGuard<'_, Answers> {
    answers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The server's memory over the span, in KiB.
async fn watch(server: u32, span: Duration) -> Result<Vec<u64>, LoadError> {
    let since = Instant::now();
    let mut samples = Vec::new();
    while since.elapsed() < span {
        samples.push(process::memory(server)?.now_kib);
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(samples)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a median of KiB is a number of KiB")]
fn median_of_quarter(samples: &[u64], quarter: usize) -> u64 {
    let length = samples.len().div_ceil(4);
    let part: Vec<f64> = samples.iter().skip(quarter * length).take(length).map(|sample| kib(*sample)).collect();
    // Fewer samples than quarters: the last one stands for all.
    if part.is_empty() { samples.last().copied().unwrap_or_default() } else { quantile(&part, 0.5) as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_more_is_no_growth() {
        assert!(!grew(100_000, 90_000));
        assert!(!grew(100_000, 109_999));
        assert!(grew(100_000, 110_100));
    }

    #[test]
    fn quarters_are_looked_at_one_by_one() {
        let samples = [1, 1, 2, 2, 3, 3, 9, 9];
        assert_eq!(median_of_quarter(&samples, 1), 2);
        assert_eq!(median_of_quarter(&samples, 3), 9);
        assert_eq!(median_of_quarter(&[5], 3), 5);
        assert_eq!(median_of_quarter(&[], 3), 0);
    }
}
