//! A line of progress on standard error: rewritten in place in a terminal, now and then elsewhere.

use std::io::{self, IsTerminal as _, Write as _};

/// How far long work has come.
#[derive(Debug)]
pub struct Progress {
    label: &'static str,
    terminal: bool,
    shown: i64,
    begun: bool,
}

impl Progress {
    /// `label` follows the figures: "300 of 1000 rows".
    pub fn new(label: &'static str) -> Self {
        Self { label, terminal: io::stderr().is_terminal(), shown: -1, begun: false }
    }

    /// Shows how much is done; each per cent in a terminal, each tenth in a log file.
    pub fn at(&mut self, done: i64, all: i64) {
        let share = if all > 0 { done.saturating_mul(100) / all } else { 100 };
        let step = if self.terminal { 1 } else { 10 };
        if share / step == self.shown / step && self.begun {
            return;
        }
        self.shown = share;
        self.line(&format!("{share:3} %  {done} of {all} {}", self.label));
    }

    /// Shows a count whose end is not known.
    pub fn count(&mut self, done: u64) {
        if self.terminal {
            self.line(&format!("{done} {}", self.label));
        }
    }

    fn line(&mut self, text: &str) {
        self.begun = true;
        let mut out = io::stderr().lock();
        let _ = if self.terminal { write!(out, "\r{text}") } else { writeln!(out, "{text}") };
        let _ = out.flush();
    }

    /// Ends the line.
    pub fn end(&self) {
        if self.terminal && self.begun {
            let _ = writeln!(io::stderr().lock());
        }
    }
}
