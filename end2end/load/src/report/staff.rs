//! The figures of what staff do, and their table.

use serde::Serialize;

use super::print::{MILLI, disturbed, head, line, mib, rate, share};
use super::{each, median_of};
use crate::parts::commits::{Commits, ROW_BYTES};
use crate::parts::crashes::Crashes;
use crate::parts::editors::{Round, Saving};
use crate::parts::import::{Import, Imported};
use crate::stats::{Tail, float, median};

/// How much longer an edit may take in the large database than in the small one.
const GOAL: f64 = 1.3;
/// The portal has kept up when it acknowledged so many of the edits that were due, in their time.
const KEPT_UP: f64 = 0.99;

/// The figures of all parts that were measured.
#[derive(Debug, Serialize)]
pub struct StaffReport {
    /// The machine's cores.
    cores: usize,
    /// Their name.
    processor: String,
    /// Editors at work: in the small database and in the large one, or in one.
    pub editors: Vec<Saving>,
    /// The import.
    pub import: Option<Import>,
    /// Kills.
    pub crashes: Option<Crashes>,
}

/// The large database's figures by those of the small one.
#[derive(Clone, Copy, Debug)]
struct Ratios {
    p50: f64,
    p99: f64,
    opening_p50: f64,
    opening_p99: f64,
}

fn by(large: f64, small: f64) -> f64 {
    large / small.max(f64::EPSILON)
}

impl StaffReport {
    /// Without figures yet.
    pub fn new(cores: usize, processor: String) -> Self {
        Self { cores, processor, editors: Vec::new(), import: None, crashes: None }
    }

    /// What was measured where.
    pub fn print_heading(&self) {
        println!("What staff do: {} cores ({}), SQLite", self.cores, self.processor);
        println!("The load program shares these cores with the portal. CPU is processor time, summed over cores.");
    }

    /// The rules that this run broke, in words. How fast a machine is breaks none.
    pub fn broken(&self) -> Vec<&'static str> {
        let rounds = || self.editors.iter().flat_map(|editors| &editors.rounds);
        let imports = || self.import.iter();
        let crashes = || self.crashes.iter();
        [
            (rounds().all(|round| round.errors() == 0), "editors: some edits were not saved"),
            (rounds().all(|round| round.told.missing == 0), "editors: some edits were not told to those who listen"),
            (rounds().all(|round| round.told.cut_off == 0), "editors: some event streams ended by themselves"),
            (imports().all(|import| import.first.refused == 0), "import: rows were refused"),
            (imports().all(|import| import.again.changes == 0), "import: the same file once more changed something"),
            (crashes().all(|crashes| crashes.acknowledged > 0), "crashes: nothing was acknowledged"),
            (crashes().all(Crashes::lost_nothing), "crashes: what was acknowledged is not what is stored"),
            (crashes().all(|crashes| crashes.refused.is_empty()), "crashes: some edits were refused"),
            (crashes().all(|crashes| crashes.broken_chains == 0), "crashes: the chain of the audit log is broken"),
        ]
        .into_iter()
        .filter_map(|(holds, rule)| (!holds).then_some(rule))
        .collect()
    }

    /// Medians over rounds that were taken in turn.
    fn ratios(&self) -> Option<Ratios> {
        let [small, large] = self.editors.as_slice() else { return None };
        let of_rounds = |figure: fn(&Round) -> f64| {
            let pairs = small.rounds.iter().zip(&large.rounds);
            median(&pairs.map(|(small, large)| by(figure(large), figure(small))).collect::<Vec<_>>())
        };
        Some(Ratios {
            p50: of_rounds(|round| round.from_due.p50),
            p99: of_rounds(|round| round.from_due.p99),
            opening_p50: by(large.opening.p50, small.opening.p50),
            opening_p99: by(large.opening.p99, small.opening.p99),
        })
    }

    /// Goals and rules, held against the figures.
    pub fn print_verdict(&self) {
        head("Verdict");
        for editors in &self.editors {
            let p50 = median_of(&editors.rounds, |round| round.from_due.p50) * MILLI;
            let p99 = median_of(&editors.rounds, |round| round.from_due.p99) * MILLI;
            let kept_up = median_of(&editors.rounds, Round::kept_up) >= KEPT_UP;
            let words = if kept_up { "kept up with what was due" } else { "NOT kept up with what was due: waits grow" };
            line(
                &format!("an edit at {} people", editors.people),
                &format!("{p50:.1} ms"),
                &format!("p99 {p99:.1} ms; {words}"),
            );
        }
        if let Some(ratios) = self.ratios() {
            let words = if ratios.p50 <= GOAL { "reached" } else { "missed" };
            line("large by small database, p50", &share(ratios.p50), &format!("goal {GOAL}: {words}"));
            line("  p99", &share(ratios.p99), "");
            line("  opening a class, p50", &share(ratios.opening_p50), "");
            line("  opening a class, p99", &share(ratios.opening_p99), "");
        }
        let broken = self.broken();
        if broken.is_empty() {
            line("rules of what was measured", "held", "");
        }
        for rule in broken {
            line(rule, "BROKEN", "");
        }
    }
}

/// A line of times in seconds.
fn tail(what: &str, tail: &Tail, remark: &str) {
    let upper = format!("p99 {:.1} ms, longest {:.1} ms{remark}", tail.p99 * MILLI, tail.max * MILLI);
    line(what, &format!("{:.1} ms", tail.p50 * MILLI), &upper);
}

fn commits_line(commits: &Commits) {
    let each = format!("{ROW_BYTES} bytes each, WAL, synchronous=FULL; one takes {:.2} ms", commits.each.p50 * MILLI);
    line("SQLite alone, commits", &rate(commits.per_second), &each);
}

impl Round {
    /// The rate of acknowledged edits by the rate of those that were due.
    fn kept_up(&self) -> f64 {
        by(self.per_second, float(self.due) / f64::from(self.seconds))
    }

    fn print(&self, number: usize) {
        let remark = format!("{} of {} that were due", self.saved, self.due);
        line(&format!("round {number}: edits"), &rate(self.per_second), &remark);
        tail("  from the moment they were due", &self.from_due, "");
        tail("  from the moment they were sent", &self.from_sent, "");
        let problems = self.problems.iter().map(|(problem, count)| format!("{problem}: {count}"));
        let unsent = (self.unsent > 0).then(|| format!("never sent: {}", self.unsent));
        line("  errors", &self.errors().to_string(), &problems.chain(unsent).collect::<Vec<_>>().join(", "));
        if self.told.listeners > 0 {
            let remark = format!("; {} of {} before the answer", self.told.before_answer, self.told.delay.count);
            tail(&format!("  until {} listeners were told", self.told.listeners), &self.told.delay, &remark);
            let missing = format!("{} streams ended by themselves", self.told.cut_off);
            line("  edits that they were not told", &self.told.missing.to_string(), &missing);
        }
        let server = each(self.spent.server_s, self.saved) * MILLI;
        let client = each(self.spent.client_s, self.saved) * MILLI;
        line("  CPU of the portal each", &format!("{server:.2} ms"), &format!("the client took {client:.2}"));
        commits_line(&self.commits);
        line("  edits by commits", &share(by(self.per_second, self.commits.per_second)), "");
    }
}

impl Saving {
    /// Its section.
    pub fn print(&self) {
        head(&format!(
            "Editors at {} people: {} sessions of {} accounts, {} classes open, one edit a second each, no row shared",
            self.people, self.editors, self.accounts, self.classes
        ));
        let remark = "with password and code each, through the API";
        line("signing in, all of them", &format!("{:.1} s", self.sign_in_s), remark);
        tail("opening a class, one after the other", &self.opening, "");
        for (number, round) in (1..).zip(&self.rounds) {
            round.print(number);
        }
        let at_most = &self.at_most;
        let cpu = each(at_most.driven.spent.server_s, at_most.driven.answers) * MILLI;
        let remark = format!("{} at once, {cpu:.2} ms CPU of the portal each", at_most.editors);
        line("edits as fast as it goes", &rate(at_most.driven.per_second), &remark);
        commits_line(&at_most.commits);
        let ratio = by(at_most.driven.per_second, at_most.commits.per_second);
        line("  edits by commits", &share(ratio), "an edit with its key is stored in several commits");
        line("memory of the portal", &mib(self.memory.now_kib), &format!("peak {}", mib(self.memory.peak_kib)));
        disturbed(median_of(&self.rounds, |round| round.spent.others_cores()));
    }
}

impl Imported {
    fn print(&self, what: &str) {
        let remark = format!("{}, peak memory {}", rate(self.rows_per_second), mib(self.peak_kib));
        line(what, &format!("{:.1} s", self.seconds), &remark);
        line("  changes", &self.changes.to_string(), &format!("{} rows refused", self.refused));
    }
}

impl Import {
    /// Its section.
    pub fn print(&self) {
        head(&format!("Import of {} people by the command line, from a zip of {}", self.people, mib(self.zip_kib)));
        self.first.print("dry run and import");
        self.again.print("the same file once more");
        let plain = &self.plain;
        let memory = plain.peak_kib.map(|kib| format!(", peak memory {}", mib(kib))).unwrap_or_default();
        let remark = format!("{}{memory}; {}", rate(plain.rows_per_second), plain.method);
        line("its people alone, into one table", &format!("{:.1} s", plain.seconds), &remark);
        line("  rows a second by it", &share(by(self.first.rows_per_second, plain.rows_per_second)), "");
        line("database afterwards", &mib(self.database_kib), "");
    }
}

impl Crashes {
    /// Its section.
    pub fn print(&self) {
        head(&format!("kill -9, {} times, while {} editors save as fast as they can", self.kills, self.editors));
        line("edits acknowledged", &self.acknowledged.to_string(), "");
        line("  values of them that were lost", &self.lost.to_string(), "");
        line("  people whose version went back", &self.went_back.to_string(), "");
        line("  people with versions of no edit", &self.unexplained.to_string(), "");
        let stored = format!("{} of them stored", self.stored_unanswered);
        line("edits sent and not answered", &self.unanswered.to_string(), &stored);
        let refused: Vec<String> = self.refused.iter().map(|(status, count)| format!("{status}: {count}")).collect();
        line("edits refused", &self.refused.values().sum::<usize>().to_string(), &refused.join(", "));
        let broken = format!("{} of {} times", self.broken_chains, self.kills);
        line("chain of the audit log broken", &broken, &format!("{} rows at the end", self.audit_rows));
        tail("from a start until it is ready", &self.restart, "");
        line("all of it", &format!("{:.0} s", self.seconds), "");
    }
}
