//! Hashes passwords: Argon2id on threads of its own, behind a bounded queue.
//!
//! One hash costs tens of milliseconds of a core and 19 MiB, so neither async threads nor an unbounded number of blocking
//! threads may do it. There are as many threads as cores, each fills the same memory again and again, and what does not fit in
//! the queue is told to come back: under overload the machine does full work on the oldest requests, and its memory does not
//! grow. A request whose caller has gone is dropped, not worked off.
//!
//! Parameters as OWASP's password storage cheat sheet has them (m = 19 MiB, t = 2, p = 1), stored as PHC strings.

mod engine;
mod queue;

use std::{fmt, sync::Arc, thread};

use domain::Password;
use engine::Engine;
use queue::Queue;
use tokio::sync::oneshot;

use crate::rng::{OsRng, Rng};

/// How passwords are hashed.
#[derive(Clone)]
pub struct HashSettings {
    /// Memory of one hash in KiB. Default 19 456 (19 MiB); 8 to 1 048 576.
    pub m_kib: u32,
    /// Passes over the memory. Default 2; 1 to 16.
    pub t: u32,
    /// Lanes. Default 1; 1 to 16. The lanes of one hash are worked off one after another.
    pub p: u32,
    /// Threads that hash. Default: the machine's cores. At least 1.
    pub threads: usize,
    /// Requests that may wait. Default 64 for each thread. At least 1.
    pub queue: usize,
    /// A secret that is not in the database and without which its hashes cannot be tried. At most 64 bytes. Default none.
    pub pepper: Option<Vec<u8>>,
}

impl Default for HashSettings {
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { m_kib: 19_456, t: 2, p: 1, threads, queue: 64 * threads, pepper: None }
    }
}

impl fmt::Debug for HashSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashSettings")
            .field("m_kib", &self.m_kib)
            .field("t", &self.t)
            .field("p", &self.p)
            .field("threads", &self.threads)
            .field("queue", &self.queue)
            .field("pepper", &self.pepper.as_ref().map(|_| "…"))
            .finish()
    }
}

/// Why there is no hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The queue is full.
    #[error("too many passwords are waiting to be hashed; come back in {retry_after_s} s")]
    Busy {
        /// Seconds after which the queue is likely to have room.
        retry_after_s: u32,
    },
    /// A stored hash is no Argon2 PHC string, or asks for more than this program allows.
    #[error("a stored password hash cannot be used")]
    Stored,
    /// The settings are out of their bounds.
    #[error("password hashing: {0}")]
    Settings(&'static str),
    /// The threads have ended: the process is shutting down.
    #[error("password hashing has stopped")]
    Stopped,
}

impl HashError {
    /// Stable code for logs and problem documents.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "HASH-01",
            Self::Stored => "HASH-02",
            Self::Settings(_) => "HASH-03",
            Self::Stopped => "HASH-04",
        }
    }
}

/// The outcome of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The password is the one that was hashed.
    pub ok: bool,
    /// It was hashed with other parameters than today's: hash it again. Never set when `ok` is not.
    pub needs_rehash: bool,
}

/// Hashes passwords. Cheap to clone; the threads end when the last clone is dropped.
#[derive(Clone)]
pub struct PasswordHasher {
    handle: Arc<Handle>,
}

struct Handle {
    queue: Arc<Queue<Job>>,
    threads: u32,
    /// What one hash costs on a usual core, in milliseconds: one for each MiB and pass.
    cost_ms: u32,
}

struct Job {
    password: Password,
    work: Work,
}

enum Work {
    Hash { salt: [u8; engine::SALT_LENGTH], reply: oneshot::Sender<Result<String, HashError>> },
    Verify { phc: Option<String>, reply: oneshot::Sender<Result<Verdict, HashError>> },
}

impl queue::Abandoned for Job {
    fn is_abandoned(&self) -> bool {
        match &self.work {
            Work::Hash { reply, .. } => reply.is_closed(),
            Work::Verify { reply, .. } => reply.is_closed(),
        }
    }
}

impl PasswordHasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`HashError::Settings`] when a figure is out of its bounds or the system starts no thread.
    pub fn new(settings: HashSettings) -> Result<Self, HashError> {
        let engine = Engine::new(&settings)?;
        if settings.threads == 0 || settings.queue == 0 {
            return Err(HashError::Settings("at least one thread and one place in the queue are needed"));
        }
        let queue = Arc::new(Queue::new(settings.queue));
        let handle = Handle {
            queue: Arc::clone(&queue),
            threads: u32::try_from(settings.threads).unwrap_or(u32::MAX),
            cost_ms: (settings.m_kib / 1024).max(1).saturating_mul(settings.t),
        };
        // Made before the threads: should one not start, dropping it ends those that did.
        let hasher = Self { handle: Arc::new(handle) };
        for number in 0..settings.threads {
            let (queue, mut engine) = (Arc::clone(&queue), engine.clone());
            thread::Builder::new()
                .name(format!("argon2-{number}"))
                .spawn(move || {
                    while let Some(job) = queue.take() {
                        job.run(&mut engine);
                    }
                })
                .map_err(|_| HashError::Settings("the system starts no thread"))?;
        }
        Ok(hasher)
    }

    /// Hashes a password under a new salt: a PHC string, about 100 characters.
    ///
    /// # Errors
    /// [`HashError::Busy`] at once when the queue is full.
    pub async fn hash(&self, password: &Password) -> Result<String, HashError> {
        let mut salt = [0; engine::SALT_LENGTH];
        OsRng.fill(&mut salt);
        let (reply, answer) = oneshot::channel();
        self.submit(password, Work::Hash { salt, reply })?;
        answer.await.map_err(|_| HashError::Stopped)?
    }

    /// Whether this is the password of a stored hash. Without a hash (nobody has this user code) the same work is done, and the
    /// answer is no.
    ///
    /// # Errors
    /// [`HashError::Busy`] at once when the queue is full; [`HashError::Stored`] when the stored text is no usable hash.
    pub async fn verify(&self, password: &Password, phc: Option<&str>) -> Result<Verdict, HashError> {
        let (reply, answer) = oneshot::channel();
        self.submit(password, Work::Verify { phc: phc.map(str::to_owned), reply })?;
        answer.await.map_err(|_| HashError::Stopped)?
    }

    /// Requests that wait, for metrics.
    pub fn waiting(&self) -> usize {
        self.handle.queue.len()
    }

    fn submit(&self, password: &Password, work: Work) -> Result<(), HashError> {
        let job = Job { password: password.clone(), work };
        self.handle.queue.offer(job).map_err(|waiting| {
            let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
            let ms = waiting.saturating_mul(self.handle.cost_ms) / self.handle.threads.max(1);
            HashError::Busy { retry_after_s: ms.div_ceil(1000).max(1) }
        })
    }
}

impl fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHasher")
            .field("threads", &self.handle.threads)
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Job {
    fn run(self, engine: &mut Engine) {
        // A caller that has gone in the meantime wants no answer.
        match self.work {
            Work::Hash { salt, reply } => drop(reply.send(engine.hash(&self.password, &salt))),
            Work::Verify { phc, reply } => drop(reply.send(engine.verify(&self.password, phc.as_deref()))),
        }
    }
}

#[cfg(test)]
mod tests;
