//! The table. One line for each figure: what, how much, and what to make of it. A section is printed as soon as it is measured,
//! so that a run that is ended early has not been for nothing.

use super::{DISTURBED, GOAL, Passwords, Report, each, median_of};
use crate::drive::Driven;
use crate::parts::codes::Codes;
use crate::parts::overload::Overload;
use crate::parts::pages::Pages;
use crate::parts::registrations::Registrations;
use crate::parts::timing::Timing;
use crate::parts::{hashes, overload};
use crate::stats::Distribution;

/// Milliseconds of a second.
pub(super) const MILLI: f64 = 1000.0;

/// The title of a section.
pub(super) fn head(text: &str) {
    println!("\n{text}");
}

/// A figure with its name, and what to make of it.
pub(super) fn line(what: &str, figure: &str, remark: &str) {
    println!("{}", format!("  {what:<40} {figure:>14}  {remark}").trim_end());
}

/// So many a second.
pub(super) fn rate(per_second: f64) -> String {
    if per_second < 1000.0 { format!("{per_second:.1} /s") } else { format!("{per_second:.0} /s") }
}

/// One figure by another.
pub(super) fn share(by: f64) -> String {
    format!("{by:.3}")
}

/// A size of memory or of a file.
pub(super) fn mib(kib: u64) -> String {
    format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024)
}

/// What was measured where.
pub fn print_heading(cores: usize, processor: &str, database: &str, seconds: u64) {
    println!("Schoolgate under load: {cores} cores ({processor}), {database}, {seconds} s for each measurement");
    println!("The load program shares these cores with the server. CPU is processor time, summed over cores.");
}

impl Report {
    /// Goals and rules, held against the figures.
    pub fn print_verdict(&self) {
        head("Verdict");
        let ratio = self.passwords.ratio_by_clock();
        // Two rates that were taken while others had the cores say nothing about each other.
        let words = match (self.passwords.others_cores() >= DISTURBED, ratio >= GOAL) {
            (true, _) => "can't be told, others kept the cores busy",
            (false, true) => "reached",
            (false, false) => "missed",
        };
        line("sign-ins by hashes, by the clock", &share(ratio), &format!("goal {GOAL}: {words}"));
        let cpu = self.passwords.ratio_by_cpu();
        let words = if cpu >= GOAL { "reached" } else { "missed" };
        line("the same by CPU of the server", &share(cpu), &format!("goal {GOAL}: {words}"));
        for timing in &self.timing {
            let chance = timing.told_apart.is_chance();
            line(timing.what, &share(timing.told_apart.auc), if chance { "tells nothing" } else { "tells something" });
        }
        let broken = self.broken();
        if broken.is_empty() {
            line("registrations and overload", "held", "");
        }
        for rule in broken {
            line(rule, "BROKEN", "");
        }
    }
}

impl Passwords {
    /// Its section.
    pub fn print(&self) {
        head(&format!(
            "Passwords: Argon2id m={} KiB t={} p={}; median of {} rounds, hashes and sign-ins in turn, {} connections",
            hashes::M_KIB,
            hashes::T,
            hashes::P,
            self.rounds.len(),
            self.at_once
        ));
        let ms = |figure: fn(&super::Round) -> f64| median_of(&self.rounds, figure) * MILLI;
        let raw = ms(|round| round.raw.cpu_each_s);
        let server = ms(|round| each(round.http.spent.server_s, round.http.answers));
        let hashing = ms(|round| each(round.http.spent.hashing_s, round.http.answers));
        let client = ms(|round| each(round.http.spent.client_s, round.http.answers));
        line(
            "hashes on all cores, no portal",
            &rate(median_of(&self.rounds, |round| round.raw.per_second)),
            &format!("{raw:.2} ms CPU each"),
        );
        line(
            "sign-ins over HTTP",
            &rate(median_of(&self.rounds, |round| round.http.per_second)),
            &format!(
                "{server:.2} ms CPU of the server each: hashing {hashing:.2}, all else {:.2}; the client took {client:.2}",
                server - hashing
            ),
        );
        line("ratio by the clock", &share(self.ratio_by_clock()), &self.spread(super::Round::ratio_by_clock));
        line("ratio by CPU of the server", &share(self.ratio_by_cpu()), &self.spread(super::Round::ratio_by_cpu));
        disturbed(self.others_cores());
    }

    /// Between what the rounds lie.
    fn spread(&self, figure: fn(&super::Round) -> f64) -> String {
        let of = self.rounds.iter().map(figure);
        let (least, most) = of.fold((f64::MAX, 0.0_f64), |(least, most), next| (least.min(next), most.max(next)));
        format!("rounds: {} to {}", share(least), share(most))
    }
}

/// A warning when other programs had the cores.
pub(super) fn disturbed(others: f64) {
    if others >= DISTURBED {
        let remark = "rates by the clock are too low; a database server on this machine is in here";
        line("cores kept busy by other programs", &format!("{others:.2}"), remark);
    }
}

impl Codes {
    /// Its section.
    pub fn print(&self) {
        head(&format!("One-time codes: ID number, text message, session; {} people at once", self.at_once));
        let driven = &self.driven;
        line("sign-ins by code", &rate(driven.per_second), &cpu_each(driven));
        times("  asking for the code", &self.ask);
        times("  until the message is in the folder", &self.delivery);
        times("  answering with the code", &self.verify);
        disturbed(driven.spent.others_cores());
    }
}

impl Registrations {
    /// Its section.
    pub fn print(&self) {
        head(&format!(
            "Registrations: ID number, code, contact details, account, messages; {} newcomers at once",
            self.at_once
        ));
        let driven = &self.driven;
        let took = format!("in {:.2} s, from the first request to the last `done`", self.seconds);
        line("registrations that ended `done`", &driven.answers.to_string(), &took);
        line("  by the clock", &rate(driven.per_second), &cpu_each(driven));
        times("  beginning", &self.begin);
        times("  answering with the code", &self.verify);
        times("  finishing", &self.finish);
        times("  from there until `done`", &self.account);
        let problem = self.problem.as_ref().map(|problem| format!("the first: {problem}"));
        line("lost", &self.lost.to_string(), &problem.unwrap_or_default());
        line("doubled", &self.doubled.to_string(), "");
        disturbed(driven.spent.others_cores());
    }
}

/// A line of times in seconds.
fn times(what: &str, times: &Distribution) {
    let remark = format!("one in twenty over {:.1} ms", times.p95 * MILLI);
    line(what, &format!("{:.1} ms", times.median * MILLI), &remark);
}

fn cpu_each(driven: &Driven) -> String {
    let server = each(driven.spent.server_s, driven.answers) * MILLI;
    let client = each(driven.spent.client_s, driven.answers) * MILLI;
    format!("{server:.2} ms CPU of the server each; the client took {client:.2}")
}

/// The section of the sign-in page.
pub fn print_pages(pages: &[Pages]) {
    head("The sign-in page, beside a bare axum server with the same bytes in memory (same client, in turn)");
    for page in pages {
        let what = page.encoding.map_or_else(|| "uncompressed".to_owned(), |encoding| format!("in {encoding}"));
        let bytes = format!("{} bytes", page.bytes);
        let portal = median_of(&page.portal, |driven| driven.per_second);
        let bare = median_of(&page.comparison, |driven| driven.per_second);
        let portal_ms = median_of(&page.portal, |driven| each(driven.spent.server_s, driven.answers)) * MILLI;
        let bare_ms = median_of(&page.comparison, |driven| each(driven.spent.comparison_s, driven.answers)) * MILLI;
        line(&format!("portal, {what}"), &rate(portal), &format!("{portal_ms:.3} ms CPU each, {bytes}"));
        line(&format!("bare axum, {what}"), &rate(bare), &format!("{bare_ms:.3} ms CPU each"));
        line("  portal by bare axum", &share(portal / bare.max(f64::EPSILON)), "");
    }
    let all: Vec<&Driven> = pages.iter().flat_map(|page| page.portal.iter().chain(&page.comparison)).collect();
    disturbed(median_of(&all, |driven| driven.spent.others_cores()));
}

/// The section of answering times.
pub fn print_timing(timings: &[Timing]) {
    head("Do answering times tell who is known? One request after another, known and unknown in random order; ms");
    println!("  {:<40} {:>8} {:>8} {:>8} {:>8} {:>7}", "", "min", "5 %", "median", "95 %", "number");
    for timing in timings {
        for (who, times) in [("known", &timing.known), ("unknown", &timing.unknown)] {
            let Distribution { count, min, p5, median, p95 } = times;
            let what = format!("{}, {who}", timing.what);
            println!("  {what:<40} {min:>8.2} {p5:>8.2} {median:>8.2} {p95:>8.2} {count:>7}");
        }
        for (what, told) in
            [("told apart", &timing.told_apart), ("told apart by the next request", &timing.told_by_next)]
        {
            let (low, high) = (0.5 - told.chance, 0.5 + told.chance);
            let words = if told.is_chance() { "as chance gives" } else { "NOT by chance" };
            line(&format!("  {what}"), &share(told.auc), &format!("{words} ({low:.3} to {high:.3})"));
        }
    }
    println!(
        "  How to read it: the chance that a known one takes longer than an unknown one, both picked at random. 0.5 is a coin,\n  \
         0 or 1 is certainty; in 95 of 100 runs two equal distributions stay within the brackets."
    );
}

impl Overload {
    /// Its section.
    pub fn print(&self) {
        let impatience = overload::IMPATIENCE.as_secs_f64();
        head(&format!(
            "Overload: {} sign-ins by password at once, ten times what fits; the refused come back after {impatience} s",
            self.at_once
        ));
        let answers = &self.answers;
        let waited = format!("median wait {:.2} s, one in twenty over {:.2} s", self.wait.median, self.wait.p95);
        line("200 signed in", &answers.signed_in.to_string(), &format!("{}; {waited}", rate(self.per_second)));
        line("401 wrong password", &answers.wrong.to_string(), "");
        line("429 must wait", &answers.throttled.to_string(), "");
        let refusal = format!(
            "{} without Retry-After; refused within {:.1} ms (median), {:.1} ms (one in twenty over)",
            answers.refused_without_retry_after,
            self.refusal.median * MILLI,
            self.refusal.p95 * MILLI
        );
        line("503 come back later", &answers.refused.to_string(), &refusal);
        line("anything else", &answers.other.to_string(), "");
        line("memory before", &mib(self.before.now_kib), &format!("peak until then {}", mib(self.before.peak_kib)));
        let connections = u64::try_from(self.at_once).unwrap_or(u64::MAX).max(1);
        let more = self.during_peak_kib.saturating_sub(self.before.now_kib);
        let during = format!("peak; {} KiB for each connection", more / connections);
        line("memory during", &mib(self.during_peak_kib), &during);
        let words = if self.stands_still() { "stands still" } else { "GROWS" };
        let last = format!("{} in the last quarter: {words}", mib(self.last_kib));
        line("  in the third quarter of the time", &mib(self.third_kib), &last);
        line("memory after", &mib(self.after_kib), "what the allocator keeps serves the next time");
        let words = if self.does_not_grow() {
            "no growth: at most a tenth above the first peak"
        } else {
            "GROWS: over a tenth above the first peak"
        };
        line("  peak of the same once more", &mib(self.again_peak_kib), words);
    }
}
