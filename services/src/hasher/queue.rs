//! A bounded queue between async callers and threads: offering never waits, taking does.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// A job that nobody waits for any more need not be done.
pub(super) trait Abandoned {
    fn is_abandoned(&self) -> bool;
}

pub(super) struct Queue<J> {
    limit: usize,
    state: Mutex<State<J>>,
    changed: Condvar,
}

struct State<J> {
    jobs: VecDeque<J>,
    closed: bool,
}

impl<J: Abandoned> Queue<J> {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::new(State { jobs: VecDeque::new(), closed: false }), changed: Condvar::new() }
    }

    /// Puts a job at the end, or says how many are waiting when there is no room. Abandoned jobs make room.
    pub(super) fn offer(&self, job: J) -> Result<(), usize> {
        let mut state = self.lock();
        if state.jobs.len() >= self.limit {
            state.jobs.retain(|job| !job.is_abandoned());
        }
        if state.jobs.len() >= self.limit {
            return Err(state.jobs.len());
        }
        state.jobs.push_back(job);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// The oldest job that somebody waits for; waits for one. `None` once the queue is closed.
    pub(super) fn take(&self) -> Option<J> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            match state.jobs.pop_front() {
                Some(job) if job.is_abandoned() => {}
                Some(job) => return Some(job),
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Ends the threads; what still waits is dropped, and its callers are told so.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.jobs.clear();
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// A thread that panicked leaves the queue whole: no change of it can be interrupted half-way.
    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Numbered(u8, bool);

    impl Abandoned for Numbered {
        fn is_abandoned(&self) -> bool {
            self.1
        }
    }

    #[test]
    fn a_full_queue_refuses_and_abandoned_jobs_make_room() {
        let queue = Queue::new(2);
        assert_eq!(queue.offer(Numbered(1, false)), Ok(()));
        assert_eq!(queue.offer(Numbered(2, true)), Ok(()));
        assert_eq!(queue.offer(Numbered(3, false)), Ok(()));
        assert_eq!(queue.offer(Numbered(4, false)), Err(2));
        assert_eq!(queue.take(), Some(Numbered(1, false)));
        assert_eq!(queue.take(), Some(Numbered(3, false)));
    }

    #[test]
    fn abandoned_jobs_are_skipped() {
        let queue = Queue::new(3);
        for job in [Numbered(1, true), Numbered(2, true), Numbered(3, false)] {
            assert_eq!(queue.offer(job), Ok(()));
        }
        assert_eq!(queue.take(), Some(Numbered(3, false)));
    }

    #[test]
    fn closing_wakes_those_who_wait() {
        let queue = std::sync::Arc::new(Queue::<Numbered>::new(1));
        let waiting = std::thread::spawn({
            let queue = std::sync::Arc::clone(&queue);
            move || queue.take()
        });
        queue.close();
        assert!(matches!(waiting.join(), Ok(None)));
    }
}
