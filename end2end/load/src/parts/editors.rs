//! Editors at work: each with a class open, each making one edit a second, beside what SQLite commits on the same disk.
//! Some listen to their class meanwhile.
//!
//! An edit is due at its time whether or not the one before it is answered, and its wait counts from there: a portal
//! that stops for a second does not hide the edits that were due in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::commits::{self, Commits};
use crate::dice::Dice;
use crate::drive::{Driven, drive};
use crate::editing::accounts;
use crate::editing::listening::{self, Delays, Listener, Saved, seconds_between};
use crate::editing::{self, Editor, Outcome};
use crate::error::LoadError;
use crate::process::{self, Memory, Meter, Spent};
use crate::server::{Server, Setup};
use crate::stats::{Tail, float, size};

/// Between two edits of one editor.
const EVERY: Duration = Duration::from_secs(1);
/// From the last preparation to the first edit.
const BEGIN_IN: Duration = Duration::from_millis(200);
/// Edits that are not begun so long after the last one was due are given up.
const PATIENCE: Duration = Duration::from_secs(30);
/// From the last answer until nobody listens any more.
const CALM: Duration = Duration::from_secs(2);
/// How long SQLite's commits are counted before a round.
const COMMITS_FOR: Duration = Duration::from_secs(3);
/// Editors who save as fast as they can.
const FAST: usize = 64;
/// How long they do.
const FAST_FOR: Duration = Duration::from_secs(5);
/// Event streams that the portal grants to one account.
const STREAMS_EACH: usize = 8;

/// How much is done.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Editors.
    pub editors: usize,
    /// Those of them who listen to their class.
    pub listeners: usize,
    /// Edits of each in a round, one a second.
    pub seconds: u32,
}

/// What reached those who listen.
#[derive(Debug, Default, Serialize)]
pub struct Told {
    /// Those who listen.
    pub listeners: usize,
    /// From the acknowledgement to the event, in seconds; negative when the event came first.
    pub delay: Tail,
    /// Events that came before the acknowledgement: the answer is kept for a repetition of the request before it is
    /// sent.
    pub before_answer: usize,
    /// Edits of which somebody who should have heard nothing.
    pub missing: usize,
    /// Streams that ended by themselves.
    pub cut_off: usize,
}

/// One round.
#[derive(Debug, Serialize)]
pub struct Round {
    /// SQLite without a portal, just before.
    pub commits: Commits,
    /// For how long edits were due, in seconds.
    pub seconds: u32,
    /// Edits that were due.
    pub due: usize,
    /// Edits that were acknowledged.
    pub saved: usize,
    /// Acknowledged edits a second, from the first one that was due to the last answer.
    pub per_second: f64,
    /// From the moment at which an edit was due to its acknowledgement, in seconds.
    pub from_due: Tail,
    /// From the moment at which it was sent, in seconds.
    pub from_sent: Tail,
    /// Everything but 200, by status; `connection` where there was none.
    pub problems: BTreeMap<String, usize>,
    /// Edits that were never sent, because the ones before them took too long.
    pub unsent: usize,
    /// What reached those who listen.
    pub told: Told,
    /// Processor time.
    pub spent: Spent,
}

impl Round {
    /// Edits that were due and are not known to be stored.
    pub fn errors(&self) -> usize {
        self.problems.values().sum::<usize>() + self.unsent
    }
}

/// Editors who save as fast as they can.
#[derive(Debug, Serialize)]
pub struct AtMost {
    /// How many at once.
    pub editors: usize,
    /// Their edits.
    pub driven: Driven,
    /// SQLite without a portal, just before.
    pub commits: Commits,
}

/// The figures of one database.
#[derive(Debug, Serialize)]
pub struct Saving {
    /// People in the roster.
    pub people: u32,
    /// Editors, each in a session of its own.
    pub editors: usize,
    /// Accounts, whose sessions these are.
    pub accounts: usize,
    /// Classes that they have open.
    pub classes: usize,
    /// How long all sign-ins took, in seconds.
    pub sign_in_s: f64,
    /// Opening a class, one after the other, in seconds.
    pub opening: Tail,
    /// The rounds.
    pub rounds: Vec<Round>,
    /// As fast as it goes.
    pub at_most: AtMost,
    /// The portal's memory at the end.
    pub memory: Memory,
}

/// A portal that is served, with its editors at their places.
pub struct Site {
    folder: PathBuf,
    people: u32,
    accounts: usize,
    classes: usize,
    sign_in_s: f64,
    opening: Tail,
    editors: Vec<Editor>,
    rounds: Vec<Round>,
    // The last field: whoever is connected leaves first.
    server: Server,
}

/// What became of the edits of one editor.
#[derive(Default)]
struct Made {
    class: Arc<str>,
    saved: Vec<Saved>,
    from_due: Vec<f64>,
    problems: BTreeMap<String, usize>,
    unsent: usize,
}

impl Site {
    /// Serves a demo and brings editors to it, who share so many classes at most.
    pub async fn gather(
        setup: &Setup,
        people: u32,
        plan: Plan,
        classes: usize,
        dice: &mut Dice,
    ) -> Result<Self, LoadError> {
        let accounts = accounts::make(setup, plan.editors).await?;
        let server = setup.serve().await?;
        let seated = editing::seat(&server, &setup.folder, &accounts, (plan.editors, classes), dice).await?;
        Ok(Self {
            folder: setup.folder.clone(),
            people,
            accounts: accounts.len(),
            classes: seated.classes,
            sign_in_s: seated.sign_in_s,
            opening: Tail::of(&seated.opening),
            editors: seated.editors,
            rounds: Vec::new(),
            server,
        })
    }

    /// How many classes are open.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// People in its roster.
    pub fn people(&self) -> u32 {
        self.people
    }

    /// Everybody edits for the plan's time.
    pub async fn round(&mut self, plan: Plan) -> Result<(), LoadError> {
        let commits = commits::run(&self.folder, COMMITS_FOR).await?;
        let (stop, stopped) = watch::channel(false);
        let mut listening = JoinSet::new();
        // Editors take accounts and classes in turn, so that the first ones have different ones.
        for editor in self.editors.iter().take(plan.listeners.min(STREAMS_EACH * self.accounts)) {
            let stream = editor.listen().await?;
            listening.spawn(listening::listen(Arc::clone(editor.class()), stream, stopped.clone()));
        }
        let meter = Meter::start(self.server.id())?;
        let begin = Instant::now() + BEGIN_IN;
        let at_once = self.editors.len();
        let mut running = JoinSet::new();
        for editor in self.editors.drain(..) {
            // Spread over the second: people do not type in step.
            let first = begin + EVERY.mul_f64(float(editor.number()) / float(at_once));
            running.spawn(edit_when_due(editor, first, plan.seconds));
        }
        let mut made = Vec::with_capacity(at_once);
        while let Some(ended) = running.join_next().await {
            let (editor, edits) = ended?;
            self.editors.push(editor);
            made.push(edits);
        }
        let spent = meter.stop()?;
        self.editors.sort_unstable_by_key(Editor::number);
        tokio::time::sleep(CALM).await;
        // Nobody listens any more when all streams have been cut off.
        let _ = stop.send(true);
        let mut listeners = Vec::new();
        while let Some(ended) = listening.join_next().await {
            listeners.push(ended?);
        }
        self.rounds.push(figures(commits, begin, plan.seconds, &made, &listeners, spent));
        Ok(())
    }

    /// Ends with everybody saving as fast as they can.
    pub async fn finish(self) -> Result<Saving, LoadError> {
        let commits = commits::run(&self.folder, COMMITS_FOR).await?;
        let editors = self.editors.len();
        let fast = FAST.min(editors);
        let waiting = Mutex::new(self.editors);
        let driven = drive(fast, FAST_FOR, self.server.id(), |_, gate| {
            let editor = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
            async move {
                let Some(mut editor) = editor else { return Ok(()) };
                while gate.is_open() {
                    if matches!(editor.save().await?, Outcome::Saved { .. }) {
                        gate.count();
                    }
                }
                Ok(())
            }
        })
        .await?;
        Ok(Saving {
            people: self.people,
            editors,
            accounts: self.accounts,
            classes: self.classes,
            sign_in_s: self.sign_in_s,
            opening: self.opening,
            rounds: self.rounds,
            at_most: AtMost { editors: fast, driven, commits },
            memory: process::memory(self.server.id())?,
        })
    }
}

/// One edit a second from that moment on.
async fn edit_when_due(mut editor: Editor, first: Instant, edits: u32) -> (Editor, Made) {
    let mut made = Made { class: Arc::clone(editor.class()), ..Made::default() };
    let given_up = first + EVERY * edits + PATIENCE;
    for number in 0..edits {
        let due = first + EVERY * number;
        tokio::time::sleep_until(due.into()).await;
        let sent = Instant::now();
        if sent >= given_up {
            made.unsent += 1;
            continue;
        }
        let outcome = editor.save().await;
        let answered = Instant::now();
        match outcome {
            Ok(Outcome::Saved { person, version }) => {
                made.from_due.push(seconds_between(due, answered));
                made.saved.push(Saved { person, version, sent, answered });
            }
            Ok(Outcome::Refused(status)) => *made.problems.entry(status.as_u16().to_string()).or_default() += 1,
            Err(_) => *made.problems.entry("connection".to_owned()).or_default() += 1,
        }
    }
    (editor, made)
}

fn figures(
    commits: Commits,
    begin: Instant,
    seconds: u32,
    made: &[Made],
    listeners: &[Listener],
    spent: Spent,
) -> Round {
    let all = || made.iter().flat_map(|made| &made.saved);
    let last = all().map(|saved| saved.answered).max().unwrap_or(begin);
    let saved = all().count();
    let mut problems: BTreeMap<String, usize> = BTreeMap::new();
    for (problem, count) in made.iter().flat_map(|made| &made.problems) {
        *problems.entry(problem.clone()).or_default() += count;
    }
    Round {
        commits,
        seconds,
        due: made.len() * size(seconds),
        saved,
        per_second: float(saved) / seconds_between(begin, last).max(f64::EPSILON),
        from_due: Tail::of(&made.iter().flat_map(|made| &made.from_due).copied().collect::<Vec<_>>()),
        from_sent: Tail::of(&all().map(|saved| seconds_between(saved.sent, saved.answered)).collect::<Vec<_>>()),
        problems,
        unsent: made.iter().map(|made| made.unsent).sum(),
        told: told(made, listeners),
        spent,
    }
}

fn told(made: &[Made], listeners: &[Listener]) -> Told {
    let mut delays = Delays::default();
    for listener in listeners.iter().filter(|listener| !listener.cut_off) {
        let in_class = made.iter().filter(|made| made.class == listener.class);
        delays.add(in_class.flat_map(|made| &made.saved), &listener.heard);
    }
    Told {
        listeners: listeners.len(),
        delay: Tail::of(&delays.seconds),
        before_answer: delays.seconds.iter().filter(|seconds| **seconds < 0.0).count(),
        missing: delays.missing,
        cut_off: listeners.iter().filter(|listener| listener.cut_off).count(),
    }
}
