//! How far an import has come, by people within a school too. A school is one transaction, which shows nothing before its end and beside
//! which nobody writes on SQLite: so what is done of it stands in the memory of the process that is at it. The database knows of whole
//! schools, which is all that is left when that process dies.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::Mode;

/// A part of the work on a school; one comes after the other.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// Its records are read.
    Reading,
    /// They are compared with the database.
    Planning,
    /// What is new or different is written.
    Writing,
    /// That is written into the audit log.
    Logging,
}

impl Part {
    /// How much of the work comes before it, and how much it is itself: roughly as long as it takes where everybody is new.
    const fn share(self) -> (u64, u64) {
        match self {
            Self::Reading => (0, 1),
            Self::Planning => (1, 3),
            Self::Writing => (4, 4),
            Self::Logging => (8, 8),
        }
    }
}

/// What all parts are together.
const fn whole(mode: Mode) -> u64 {
    match mode {
        Mode::Check => 4,
        Mode::Apply => 16,
    }
}

/// Counts the people who are done. Of a school under way there are as many as there is work done for, and the last of them only when it is
/// committed; a school that has to be begun again goes back.
pub(crate) struct Steps<'a> {
    heard: Box<dyn FnMut(u64, u64) + Send + 'a>,
    told: Option<u64>,
    whole: u64,
    all: u64,
    /// People of schools that are done.
    done: u64,
    /// People of the school under way.
    people: u64,
    part: Part,
    /// Steps of the part that are made, and that there are.
    made: u64,
    of: u64,
}

impl<'a> Steps<'a> {
    /// Nothing is done. `heard` is called with the people done and the people there are, whenever that is another number.
    pub fn new(mode: Mode, all: u64, heard: impl FnMut(u64, u64) + Send + 'a) -> Self {
        Self {
            heard: Box::new(heard),
            told: None,
            whole: whole(mode),
            all,
            done: 0,
            people: 0,
            part: Part::Reading,
            made: 0,
            of: 0,
        }
    }

    /// People of schools that are done.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// A school of so many people is begun, and read.
    pub fn school(&mut self, people: u64) {
        self.people = people;
        self.part(Part::Reading, people);
    }

    /// A part of so many steps is begun; the ones before it are done.
    pub fn part(&mut self, part: Part, steps: u64) {
        (self.part, self.made, self.of) = (part, 0, steps);
        self.tell();
    }

    /// So many steps further.
    pub fn step(&mut self, made: usize) {
        self.made = self.made.saturating_add(made as u64).min(self.of);
        self.tell();
    }

    /// The school is done and committed.
    pub fn school_done(&mut self) {
        self.done = self.done.saturating_add(self.people).min(self.all);
        self.people = 0;
        self.tell();
    }

    fn tell(&mut self) {
        let count = self.count();
        if self.told != Some(count) {
            self.told = Some(count);
            (self.heard)(count, self.all);
        }
    }

    fn count(&self) -> u64 {
        let (before, within) = self.part.share();
        let steps = self.of.max(1);
        let work = before.saturating_mul(steps).saturating_add(within.saturating_mul(self.made));
        let people = self.people.saturating_mul(work) / self.whole.saturating_mul(steps);
        self.done.saturating_add(people.min(self.people.saturating_sub(1))).min(self.all)
    }
}

/// People done, by import.
type Counts = HashMap<Uuid, Arc<AtomicU64>>;

/// The imports that this process is at. Every clone tells of the same.
#[derive(Clone, Default)]
pub(crate) struct UnderWay(Arc<Mutex<Counts>>);

impl UnderWay {
    /// This process begins with an import, or goes on with one of which `done` people are done.
    pub fn begin(&self, import: Uuid, done: u64) -> Job {
        let count = Arc::new(AtomicU64::new(done));
        self.counts().insert(import, Arc::clone(&count));
        Job { import, done: count, under_way: self.clone() }
    }

    /// How many people are done, where this process is at it.
    pub fn done(&self, import: Uuid) -> Option<u64> {
        self.counts().get(&import).map(|done| done.load(Ordering::Relaxed))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An import that this process is at, until this is dropped.
pub(crate) struct Job {
    import: Uuid,
    done: Arc<AtomicU64>,
    under_way: UnderWay,
}

impl Job {
    /// So many people are done now.
    pub fn at(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let mut counts = self.under_way.counts();
        // One that took too long may have been begun again here meanwhile: that is somebody else's to end.
        if counts.get(&self.import).is_some_and(|done| Arc::ptr_eq(done, &self.done)) {
            counts.remove(&self.import);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_counted_within_a_school_and_the_last_when_it_is_done() {
        let mut told = Vec::new();
        let mut steps = Steps::new(Mode::Apply, 40, |done, all| told.push((done, all)));
        for people in [32, 8] {
            steps.school(people);
            for _ in 0..people {
                steps.step(1);
            }
            steps.part(Part::Planning, people);
            steps.step(3);
            steps.part(Part::Writing, 2);
            steps.step(1);
            // There is nothing to write into the log of a school that is as it was.
            steps.part(Part::Logging, 0);
            steps.step(7);
            steps.part(Part::Logging, 4);
            // More than there are.
            steps.step(9);
            steps.school_done();
        }
        assert_eq!(steps.done(), 40);
        drop(steps);
        let counts: Vec<u64> = told.iter().map(|(done, _)| *done).collect();
        assert_eq!(counts, [0, 1, 2, 8, 12, 16, 31, 32, 33, 34, 35, 36, 39, 40]);
        assert!(told.iter().all(|(_, all)| *all == 40));
    }

    #[test]
    fn what_is_undone_is_not_counted() {
        let mut told = Vec::new();
        let mut steps = Steps::new(Mode::Check, 8, |done, _| told.push(done));
        steps.school(8);
        steps.part(Part::Planning, 2);
        steps.step(1);
        // Somebody was in the way.
        steps.part(Part::Planning, 2);
        steps.step(2);
        steps.school_done();
        drop(steps);
        assert_eq!(told, [0, 2, 5, 2, 7, 8]);
    }

    #[test]
    fn an_empty_school_is_nobody() {
        let mut told = Vec::new();
        let mut steps = Steps::new(Mode::Check, 0, |done, all| told.push((done, all)));
        steps.school(0);
        steps.part(Part::Planning, 0);
        steps.step(0);
        steps.school_done();
        drop(steps);
        assert_eq!(told, [(0, 0)]);
    }

    #[test]
    fn an_import_is_under_way_as_long_as_somebody_is_at_it() {
        let (under_way, import) = (UnderWay::default(), Uuid::from_u128(7));
        assert_eq!(under_way.done(import), None);
        let job = under_way.begin(import, 3);
        assert_eq!((under_way.clone().done(import), under_way.done(Uuid::nil())), (Some(3), None));
        job.at(5);
        let again = under_way.begin(import, 4);
        drop(job);
        assert_eq!(under_way.done(import), Some(4), "it is the second one's now");
        drop(again);
        assert_eq!(under_way.done(import), None);
    }
}
