#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::future::Future;
use std::sync::Weak;
use std::task::{Context, Poll, Waker};

use super::*;

fn settings() -> HashSettings {
    HashSettings { m_kib: 64, t: 1, p: 1, threads: 1, queue: 4, pepper: None }
}

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

/// A hasher without threads: what is offered waits.
fn stalled(queue: usize) -> PasswordHasher {
    PasswordHasher { handle: Arc::new(Handle { queue: Arc::new(Queue::new(queue)), threads: 2, cost_ms: 38 }) }
}

fn poll_once<F: Future + Unpin>(call: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(call).poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn a_hash_verifies_its_password_and_no_other() {
    let hasher = PasswordHasher::new(settings()).unwrap();
    let phc = hasher.hash(&password("correct horse")).await.unwrap();
    assert!(phc.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{phc}");
    assert_ne!(phc, hasher.hash(&password("correct horse")).await.unwrap(), "a salt of its own");
    let right = hasher.verify(&password("correct horse"), Some(&phc)).await;
    assert_eq!(right, Ok(Verdict { ok: true, needs_rehash: false }));
    let wrong = hasher.verify(&password("correct hors"), Some(&phc)).await;
    assert_eq!(wrong, Ok(Verdict { ok: false, needs_rehash: false }));
    let nobody = hasher.verify(&password("correct horse"), None).await;
    assert_eq!(nobody, Ok(Verdict { ok: false, needs_rehash: false }));
}

/// A test vector of the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1`.
#[tokio::test]
async fn what_others_have_hashed_verifies_and_is_renewed() {
    let hasher = PasswordHasher::new(settings()).unwrap();
    let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let verdict = hasher.verify(&password("password"), Some(phc)).await;
    assert_eq!(verdict, Ok(Verdict { ok: true, needs_rehash: true }));
    let verdict = hasher.verify(&password("Password"), Some(phc)).await;
    assert_eq!(verdict, Ok(Verdict { ok: false, needs_rehash: false }));
}

#[tokio::test]
async fn a_pepper_is_part_of_the_hash() {
    let peppered = HashSettings { pepper: Some(b"not in the database".to_vec()), ..settings() };
    assert!(!format!("{peppered:?}").contains("110"), "the pepper's bytes are not shown");
    let with = PasswordHasher::new(peppered).unwrap();
    let without = PasswordHasher::new(settings()).unwrap();
    let phc = with.hash(&password("correct horse")).await.unwrap();
    assert!(with.verify(&password("correct horse"), Some(&phc)).await.unwrap().ok);
    assert!(!without.verify(&password("correct horse"), Some(&phc)).await.unwrap().ok);
}

#[tokio::test]
async fn what_is_no_usable_hash_is_refused() {
    let hasher = PasswordHasher::new(settings()).unwrap();
    let valid = hasher.hash(&password("x")).await.unwrap();
    for stored in [
        String::new(),
        "plain".to_owned(),
        "$argon2id$v=19$m=64,t=1,p=1".to_owned(),
        "$2b$10$abcdefghijklmnopqrstuv".to_owned(),
        // More memory, passes or lanes than this program gives.
        valid.replace("m=64", "m=4294967295"),
        valid.replace("t=1", "t=4000000"),
        valid.replace("p=1", "p=100"),
    ] {
        assert_eq!(hasher.verify(&password("x"), Some(&stored)).await, Err(HashError::Stored), "{stored}");
    }
}

#[test]
fn settings_have_bounds() {
    for wrong in [
        HashSettings { m_kib: 4, ..settings() },
        HashSettings { m_kib: 2 * 1024 * 1024, ..settings() },
        HashSettings { t: 0, ..settings() },
        HashSettings { t: 17, ..settings() },
        HashSettings { p: 17, ..settings() },
        HashSettings { threads: 0, ..settings() },
        HashSettings { queue: 0, ..settings() },
        HashSettings { pepper: Some(vec![1; 65]), ..settings() },
    ] {
        assert!(matches!(PasswordHasher::new(wrong.clone()), Err(HashError::Settings(_))), "{wrong:?}");
    }
    assert!(PasswordHasher::new(HashSettings::default()).is_ok());
}

#[test]
fn a_full_queue_refuses_at_once_and_says_when_to_come_back() {
    let hasher = stalled(60);
    let text = password("x");
    let mut waiting: Vec<_> = (0..60).map(|_| Box::pin(hasher.verify(&text, None))).collect();
    assert!(waiting.iter_mut().all(|call| poll_once(call).is_pending()));
    assert_eq!(hasher.waiting(), 60);
    let mut refused = Box::pin(hasher.verify(&text, None));
    // 60 hashes of 38 ms on two threads: 1.14 s.
    assert_eq!(poll_once(&mut refused), Poll::Ready(Err(HashError::Busy { retry_after_s: 2 })));
    // A caller that goes makes room for another.
    waiting.pop();
    let mut accepted = Box::pin(hasher.verify(&text, None));
    assert!(poll_once(&mut accepted).is_pending());
    assert_eq!(hasher.waiting(), 60);
}

#[tokio::test]
async fn dropping_the_hasher_ends_its_threads_and_tells_who_waits() {
    let hasher = stalled(1);
    let (reply, answer) = oneshot::channel();
    hasher.submit(&password("x"), Work::Verify { phc: None, reply }).unwrap();
    drop(hasher);
    assert!(answer.await.is_err());

    let hasher = PasswordHasher::new(HashSettings { threads: 3, ..settings() }).unwrap();
    hasher.verify(&password("x"), None).await.unwrap();
    let queue: Weak<Queue<Job>> = Arc::downgrade(&hasher.handle.queue);
    drop(hasher);
    // Each thread holds the queue until it ends.
    while queue.strong_count() > 0 {
        tokio::task::yield_now().await;
    }
}
