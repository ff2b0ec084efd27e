//! The figures of a run: as one JSON document, and in [`print`] as a table for people. Those of what staff do are in [`staff`].

pub mod print;
pub mod staff;

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::drive::Driven;
use crate::error::LoadError;
use crate::parts::codes::Codes;
use crate::parts::hashes::Hashes;
use crate::parts::overload::Overload;
use crate::parts::pages::Pages;
use crate::parts::registrations::Registrations;
use crate::parts::timing::Timing;
use crate::stats::{float, median};

/// The share of the machine's hashes that sign-ins over HTTP should reach.
pub const GOAL: f64 = 0.95;
/// From so many cores on that others keep busy, rates by the clock say little.
const DISTURBED: f64 = 0.1;

/// One round of hashes and sign-ins.
#[derive(Debug, Serialize)]
pub struct Round {
    /// Without a portal.
    pub raw: Hashes,
    /// Through it.
    pub http: Driven,
}

/// Password sign-ins beside raw hashes.
#[derive(Debug, Serialize)]
pub struct Passwords {
    /// Connections at once.
    pub at_once: usize,
    /// The rounds, raw and HTTP in turn.
    pub rounds: Vec<Round>,
}

/// The figures of all parts.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The machine's cores.
    pub cores: usize,
    /// Their name.
    pub processor: String,
    /// What the portal stored in.
    pub database: String,
    /// How long each measurement took, in seconds.
    pub seconds: u64,
    /// Sign-ins by password.
    pub passwords: Passwords,
    /// Sign-ins by code.
    pub codes: Codes,
    /// Newcomers who register at once.
    pub registrations: Registrations,
    /// The sign-in page.
    pub pages: Vec<Pages>,
    /// Whether answers tell who is known.
    pub timing: Vec<Timing>,
    /// Ten times too many.
    pub overload: Overload,
}

/// Writes figures to a file, as JSON.
pub fn keep(figures: &impl Serialize, path: &Path) -> Result<(), LoadError> {
    let content = |error: serde_json::Error| LoadError::Content { path: path.to_owned(), problem: error.to_string() };
    fs::write(path, serde_json::to_vec_pretty(figures).map_err(content)?).map_err(LoadError::file(path))
}

/// A round that answered nothing has no figures for one answer.
fn each(seconds: f64, answers: usize) -> f64 {
    seconds / float(answers.max(1))
}

fn median_of<T>(items: &[T], figure: impl Fn(&T) -> f64) -> f64 {
    median(&items.iter().map(figure).collect::<Vec<_>>())
}

impl Round {
    /// Sign-ins by hashes, by the clock.
    pub fn ratio_by_clock(&self) -> f64 {
        self.http.per_second / self.raw.per_second.max(f64::EPSILON)
    }

    /// The same by processor time: what a hash costs, by what the server spends on a sign-in.
    pub fn ratio_by_cpu(&self) -> f64 {
        self.raw.cpu_each_s / each(self.http.spent.server_s, self.http.answers).max(f64::EPSILON)
    }
}

impl Passwords {
    /// Median of the rounds.
    pub fn ratio_by_clock(&self) -> f64 {
        median_of(&self.rounds, Round::ratio_by_clock)
    }

    /// Median of the rounds.
    pub fn ratio_by_cpu(&self) -> f64 {
        median_of(&self.rounds, Round::ratio_by_cpu)
    }

    fn others_cores(&self) -> f64 {
        let raw = self.rounds.iter().map(|round| round.raw.others_cores);
        let http = self.rounds.iter().map(|round| round.http.spent.others_cores());
        median(&raw.chain(http).collect::<Vec<_>>())
    }
}

impl Report {
    /// The rules that this run broke, in words. How fast a machine is breaks none.
    pub fn broken(&self) -> Vec<&'static str> {
        let (registrations, overload) = (&self.registrations, &self.overload);
        [
            (registrations.lost == 0, "registrations: some were lost"),
            (registrations.doubled == 0, "registrations: some were doubled"),
            (overload.refusals_say_when(), "overload: there were no refusals, or some without Retry-After"),
            (overload.is_clean(), "overload: there were answers other than 200, 429 and 503"),
            (overload.stands_still(), "overload: memory grew while it lasted"),
            (overload.does_not_grow(), "overload: memory grew, the second time peaked over a tenth above the first"),
        ]
        .into_iter()
        .filter_map(|(holds, rule)| (!holds).then_some(rule))
        .collect()
    }
}
