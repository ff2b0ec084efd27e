//! Signing in by user code and password, and choosing a password, on both databases.

use std::future::Future;
use std::task::{Context as TaskContext, Poll, Waker};

use domain::{Policy, PolicyContext, Unmet};
use services::codes::FlowPurpose;
use services::hasher::{HashSettings, PasswordHasher};
use services::passwords::{ChoiceError, PasswordOutcome};
use services::people::NewPerson;
use services::settings::{AddressSettings, PasswordSettings};
use services::{Settings, SignInError, SignInMethod, SignedIn, Visit};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    the_right_password_signs_in,
    a_user_code_is_read_as_people_type_it,
    wrong_unknown_and_disabled_are_answered_alike,
    waits_grow_from_the_fifth_failure,
    the_unknown_wait_like_the_known,
    a_wait_is_written_down_once,
    nothing_is_hashed_during_a_wait,
    success_forgets_the_failures,
    a_remembered_browser_is_not_stopped_by_strangers,
    a_remembered_browser_has_waits_of_its_own,
    guesses_at_the_same_time_do_not_get_past_the_limit,
    a_class_behind_one_address_signs_in_at_once,
    from_outside_nobody_makes_a_school_wait,
    an_address_that_fails_very_often_is_stopped,
    the_lengths_are_the_portals_own,
    both_browsers_of_staff_get_their_code,
    staff_go_on_to_the_second_factor,
    staff_without_a_mobile_get_no_code,
    the_owner_is_told_once_a_day,
    a_full_queue_says_so_and_counts_nothing,
    a_hash_of_other_parameters_is_renewed,
    the_policy_has_the_last_word,
    a_new_password_ends_the_other_sessions,
);

async fn attempt(world: &World, visit: &Visit, user_code: &str, text: &str) -> Result<SignedIn, SignInError> {
    match world.portal.passwords().sign_in(visit, user_code, &password(text), None).await? {
        PasswordOutcome::SignedIn(signed_in) => Ok(signed_in),
        other => panic!("one factor was expected: {other:?}"),
    }
}

async fn the_right_password_signs_in(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let outcome = world
        .portal
        .passwords()
        .sign_in(&world.home(), account.user_code.as_str(), &password(GOOD_PASSWORD), Some("/me".to_owned()))
        .await
        .unwrap();
    let PasswordOutcome::SignedIn(signed_in) = outcome else { panic!("one factor was expected") };
    assert_eq!(signed_in.session.method, SignInMethod::Password);
    assert_eq!(signed_in.session.account_id, account.id);
    assert_eq!(signed_in.return_to.as_deref(), Some("/me"));
    assert!(world.portal.sessions().find(&signed_in.token).await.unwrap().is_some());
    assert_eq!(world.audited("sign_in.password", "success").await, 1);
    // The same browser keeps its device token.
    let visit = with_device(world.home(), &signed_in.device);
    let again = attempt(&world, &visit, account.user_code.as_str(), GOOD_PASSWORD).await.unwrap();
    assert_eq!(again.device, signed_in.device);
    assert_ne!(again.token, signed_in.token);
    assert_eq!(world.count("devices").await, 1);
}

async fn a_user_code_is_read_as_people_type_it(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let shown = account.user_code.to_string();
    for typed in [shown.to_lowercase(), format!(" {shown} "), shown.replace('-', " ")] {
        assert!(attempt(&world, &world.home(), &typed, GOOD_PASSWORD).await.is_ok(), "{typed}");
    }
}

async fn wrong_unknown_and_disabled_are_answered_alike(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let disabled = world.add(&NewPerson::named(name("Cohen", "Avi"))).await;
    world.set_password(disabled.id, GOOD_PASSWORD).await;
    world.portal.admin().disable(&world.home(), &disabled.user_code).await.unwrap();
    let without = world.add(&NewPerson::named(name("Peretz", "Noa"))).await;
    let unused = unused_user_code();
    for (user_code, text) in [
        (account.user_code.as_str(), "not the password"),
        (disabled.user_code.as_str(), GOOD_PASSWORD),
        (without.user_code.as_str(), GOOD_PASSWORD),
        (without.user_code.as_str(), ""),
        (unused.as_str(), GOOD_PASSWORD),
        ("no user code at all", GOOD_PASSWORD),
        ("", ""),
    ] {
        assert!(
            matches!(attempt(&world, &world.home(), user_code, text).await, Err(SignInError::Wrong)),
            "{user_code}"
        );
    }
    assert_eq!(world.audited("sign_in.password", "failure").await, 7);
    assert_eq!(world.count("sessions").await, 0);
}

async fn fail(world: &World, visit: &Visit, user_code: &str, times: usize) {
    for number in 0..times {
        let refused = attempt(world, visit, user_code, "not the password").await;
        assert!(matches!(refused, Err(SignInError::Wrong)), "{number}: {refused:?}");
    }
}

/// The waits that an account goes through, in seconds; each is waited to the millisecond.
async fn waits(world: &World, user_code: &str, count: usize) -> Vec<i64> {
    fail(world, &world.home(), user_code, 5).await;
    let mut waits = Vec::new();
    for _ in 0..count {
        let Err(SignInError::Wait { retry_at }) = attempt(world, &world.home(), user_code, GOOD_PASSWORD).await else {
            panic!("no wait");
        };
        waits.push((retry_at - world.now()) / SECOND);
        world.ctx.clock.set(retry_at - 1);
        let early = attempt(world, &world.home(), user_code, GOOD_PASSWORD).await;
        assert!(matches!(early, Err(SignInError::Wait { .. })), "{early:?}");
        world.ctx.clock.set(retry_at);
        fail(world, &world.home(), user_code, 1).await;
    }
    waits
}

async fn waits_grow_from_the_fifth_failure(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let user_code = account.user_code.as_str();
    assert_eq!(waits(&world, user_code, 10).await, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
    // Never a lock for good: after the wait the right password signs in.
    world.ctx.clock.advance(15 * MINUTE);
    assert!(attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.is_ok());
}

async fn the_unknown_wait_like_the_known(ctx: TestContext) {
    let world = World::new(ctx);
    let unused = unused_user_code();
    assert_eq!(waits(&world, unused.as_str(), 4).await, [5, 10, 20, 40]);
    assert_eq!(waits(&world, "Nobody's code!", 3).await, [5, 10, 20]);
    // However it is written.
    let Err(SignInError::Wait { .. }) = attempt(&world, &world.home(), "nobodys-CODE", "x").await else {
        panic!("no wait")
    };
}

async fn nothing_is_hashed_during_a_wait(ctx: TestContext) {
    // One thread that is kept busy and a queue of one: whatever wants to be hashed is refused.
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    fail(&world, &world.home(), account.user_code.as_str(), 5).await;
    let (full, _held) = full_hasher();
    let world = World::made_of(world.ctx.clone(), settings(), full);
    let other = attempt(&world, &world.home(), "some other code", "x").await;
    assert!(matches!(other, Err(SignInError::Busy { .. })), "{other:?}");
    let waiting = attempt(&world, &world.home(), account.user_code.as_str(), GOOD_PASSWORD).await;
    assert!(matches!(waiting, Err(SignInError::Wait { .. })), "{waiting:?}");
}

async fn a_wait_is_written_down_once(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let unused = unused_user_code();
    let mut rows = 0;
    for user_code in [account.user_code.as_str(), unused.as_str()] {
        fail(&world, &world.home(), user_code, 5).await;
        rows += 5;
        for wait in [5, 10] {
            for _ in 0..20 {
                let refused = attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await;
                assert!(matches!(refused, Err(SignInError::Wait { .. })), "{refused:?}");
            }
            rows += 1;
            assert_eq!(world.audited("sign_in.password", "failure").await, rows, "one for each wait");
            world.ctx.clock.advance(wait * SECOND);
            fail(&world, &world.home(), user_code, 1).await;
            rows += 1;
        }
    }
    let of_waits = "SELECT COUNT(*) FROM audit_log WHERE detail LIKE '%SIGN-08%'";
    assert_eq!(world.ctx.number(of_waits).await, 4);
    let of_known = "SELECT COUNT(*) FROM audit_log WHERE detail LIKE '%SIGN-08%' AND person_id IS NOT NULL";
    assert_eq!(world.ctx.number(of_known).await, 2);
}

async fn success_forgets_the_failures(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let user_code = account.user_code.as_str();
    for _ in 0..3 {
        fail(&world, &world.home(), user_code, 4).await;
        attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.unwrap();
    }
    // The owner's success elsewhere does not free the address that guesses.
    fail(&world, &world.elsewhere(), user_code, 4).await;
    attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.unwrap();
    fail(&world, &world.elsewhere(), user_code, 1).await;
    let guess = attempt(&world, &world.elsewhere(), user_code, GOOD_PASSWORD).await;
    assert!(matches!(guess, Err(SignInError::Wait { .. })), "{guess:?}");
    assert!(attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.is_ok());
    // Failures long ago are forgotten, too.
    fail(&world, &world.home(), user_code, 4).await;
    world.ctx.clock.advance(25 * HOUR);
    fail(&world, &world.home(), user_code, 4).await;
    assert!(attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.is_ok());
}

async fn a_remembered_browser_is_not_stopped_by_strangers(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let user_code = account.user_code.as_str();
    let signed_in = attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.unwrap();
    fail(&world, &world.elsewhere(), user_code, 5).await;
    let stranger = attempt(&world, &world.elsewhere(), user_code, GOOD_PASSWORD).await;
    assert!(matches!(stranger, Err(SignInError::Wait { .. })), "{stranger:?}");
    // Without its cookie the owner's browser is a stranger; with it, it is not.
    assert!(matches!(attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await, Err(SignInError::Wait { .. })));
    let own = with_device(world.home(), &signed_in.device);
    assert!(attempt(&world, &own, user_code, GOOD_PASSWORD).await.is_ok());
    // Somebody else's cookie does not help, nor one that nobody was given.
    let other = world.add(&parent_like("000000018")).await;
    world.set_password(other.id, GOOD_PASSWORD).await;
    let theirs = attempt(&world, &world.elsewhere(), other.user_code.as_str(), GOOD_PASSWORD).await.unwrap();
    for device in [theirs.device, services::Token::generate(&services::OsRng)] {
        let visit = with_device(world.elsewhere(), &device);
        let refused = attempt(&world, &visit, user_code, GOOD_PASSWORD).await;
        assert!(matches!(refused, Err(SignInError::Wait { .. })), "{refused:?}");
    }
}

fn parent_like(id: &str) -> NewPerson {
    NewPerson { identifier: Some(il_id(id)), ..parent() }
}

async fn a_remembered_browser_has_waits_of_its_own(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let user_code = account.user_code.as_str();
    let signed_in = attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.unwrap();
    let own = with_device(world.home(), &signed_in.device);
    fail(&world, &own, user_code, 5).await;
    let waiting = attempt(&world, &own, user_code, GOOD_PASSWORD).await;
    assert!(matches!(waiting, Err(SignInError::Wait { retry_at }) if retry_at == world.now() + 5 * SECOND));
    assert!(attempt(&world, &world.elsewhere(), user_code, GOOD_PASSWORD).await.is_ok(), "others do not wait for it");
}

async fn guesses_at_the_same_time_do_not_get_past_the_limit(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let guesses: Vec<_> = (0..40)
        .map(|_| {
            let (world, code) = (world.clone(), account.user_code.clone());
            tokio::spawn(async move { attempt(&world, &world.home(), code.as_str(), "a guess").await })
        })
        .collect();
    let mut answered = 0;
    for guess in guesses {
        match guess.await.unwrap() {
            Err(SignInError::Wrong) => answered += 1,
            Err(SignInError::Wait { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(answered, 5);
}

async fn a_class_behind_one_address_signs_in_at_once(ctx: TestContext) {
    let world = World::new(ctx);
    let mut pupils = Vec::new();
    for number in 0..30_u32 {
        let account = world
            .add(&NewPerson::named(name("Pupil", &format!("Number{}", char::from(b'a' + (number % 26) as u8)))))
            .await;
        world.set_password(account.id, GOOD_PASSWORD).await;
        pupils.push(account);
    }
    let sign_ins: Vec<_> = pupils
        .into_iter()
        .map(|pupil| {
            let world = world.clone();
            tokio::spawn(async move {
                // Some mistype first.
                let code = pupil.user_code.as_str().to_owned();
                let _ = attempt(&world, &world.home(), &code, "a typing error").await;
                attempt(&world, &world.home(), &code, GOOD_PASSWORD).await
            })
        })
        .collect();
    for sign_in in sign_ins {
        assert!(sign_in.await.unwrap().is_ok());
    }
    assert_eq!(world.count("sessions").await, 30);
}

async fn from_outside_nobody_makes_a_school_wait(ctx: TestContext) {
    let addresses = AddressSettings { trusted: vec!["198.51.100.0/24".parse().unwrap()], ..AddressSettings::default() };
    let world = World::with(ctx, Settings { addresses, ..settings() });
    let account = world.parent_with_password().await;
    let user_code = account.user_code.as_str();
    fail(&world, &world.elsewhere(), user_code, 5).await;
    assert!(attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.is_ok());
    // Inside, one account has its waits as anywhere.
    fail(&world, &world.home(), user_code, 5).await;
    let waiting = attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await;
    assert!(matches!(waiting, Err(SignInError::Wait { .. })), "{waiting:?}");
}

async fn an_address_that_fails_very_often_is_stopped(ctx: TestContext) {
    let addresses = AddressSettings { failures: 30, ..AddressSettings::default() };
    let world = World::with(ctx, Settings { addresses, ..settings() });
    let account = world.parent_with_password().await;
    let begun_at = world.now();
    for number in 0..30 {
        // One guess at each of many accounts: no account's own limit is reached.
        fail(&world, &world.elsewhere(), &format!("guess{number}"), 1).await;
    }
    match attempt(&world, &world.elsewhere(), account.user_code.as_str(), GOOD_PASSWORD).await {
        Err(SignInError::TooMany { retry_at }) => assert_eq!(retry_at, begun_at + 10 * MINUTE),
        other => panic!("{other:?}"),
    }
    // A walk through the user codes from there adds one row, not one for each.
    for number in 0..20 {
        let refused = attempt(&world, &world.elsewhere(), &format!("walk{number}"), "x").await;
        assert!(matches!(refused, Err(SignInError::TooMany { .. })), "{refused:?}");
    }
    assert_eq!(world.audited("sign_in.password", "failure").await, 31);
    let started = world.begin(&world.elsewhere(), PARENT_ID).await.unwrap();
    let code = world.code().await;
    let refused = world.portal.codes().verify(&world.elsewhere(), &started.token, &code).await;
    assert!(matches!(refused, Err(SignInError::TooMany { .. })), "{refused:?}");
    assert_eq!(world.audited("sign_in.code", "failure").await, 0, "it is the same reason of the same address");
    world.ctx.clock.advance(10 * MINUTE);
    fail(&world, &world.elsewhere(), "afterwards", 1).await;
    assert!(attempt(&world, &world.home(), account.user_code.as_str(), GOOD_PASSWORD).await.is_ok());
}

async fn the_lengths_are_the_portals_own(ctx: TestContext) {
    let policy = Policy::nist(20, 10, 64).unwrap();
    let passwords = PasswordSettings { policy: policy.clone(), ..PasswordSettings::default() };
    let world = World::with(ctx, Settings { passwords, ..settings() });
    let account = world.parent().await;
    let passwords = world.portal.passwords();
    let (found, context) = passwords.policy_for(account.id).await.unwrap();
    assert_eq!(found, policy, "the browser's list is made by it");
    let short = passwords.check(&password("plum Wagon violet 7"), &context);
    assert!(matches!(short.unmet[..], [Unmet::TooShort { .. }]), "{short:?}");
    assert!(passwords.set(&world.home(), account.id, &password("plum Wagon violet 77"), None).await.is_ok());
    let long = passwords.check(&password(&"plum Wagon ".repeat(6)), &context);
    assert!(long.unmet.iter().any(|unmet| unmet.code() == "too_long"), "{long:?}");
    let staff = world.add(&teacher()).await;
    let refused = passwords.set(&world.home(), staff.id, &password("plum7Wago"), None).await;
    assert!(matches!(refused, Err(ChoiceError::Policy(_))), "{refused:?}");
    assert!(passwords.set(&world.home(), staff.id, &password("plum7Wagon!"), None).await.is_ok());
}

async fn both_browsers_of_staff_get_their_code(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.add(&teacher()).await;
    world.set_password(account.id, GOOD_PASSWORD).await;
    let mut begun = Vec::new();
    for visit in [world.home(), world.elsewhere()] {
        let outcome =
            world.portal.passwords().sign_in(&visit, account.user_code.as_str(), &password(GOOD_PASSWORD), None).await;
        let Ok(PasswordOutcome::SecondFactor(started)) = outcome else { panic!("a second factor") };
        assert_eq!(started.view.sent_at, Some(world.now()), "the password came first: no stranger sends these");
        assert_eq!(started.view.next_send_at, world.now() + 30 * SECOND, "in the same browser there is a wait");
        begun.push((started.token, world.code().await));
    }
    for (token, code) in begun {
        assert!(world.verify(&token, &code).await.is_ok());
    }
}

async fn staff_go_on_to_the_second_factor(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.add(&teacher()).await;
    world.set_password(account.id, GOOD_PASSWORD).await;
    let passwords = world.portal.passwords();
    let outcome = passwords
        .sign_in(&world.home(), account.user_code.as_str(), &password(GOOD_PASSWORD), Some("/people".to_owned()))
        .await
        .unwrap();
    let PasswordOutcome::SecondFactor(started) = outcome else { panic!("a second factor was expected") };
    assert_eq!(started.view.purpose, FlowPurpose::SecondFactor);
    assert_eq!(world.count("sessions").await, 0, "the password alone signs nobody in");
    let messages = world.inbox().await;
    assert_eq!(messages[0].recipient, "+79001234567");
    assert_eq!(messages[0].payload["purpose"], "second_factor");
    let code = code_of(&messages[0]);
    assert!(matches!(world.verify(&started.token, &other_than(&code)).await, Err(SignInError::CodeWrong { .. })));
    let signed_in = world.verify(&started.token, &code).await.unwrap();
    assert_eq!(signed_in.session.method, SignInMethod::PasswordAndSms);
    assert_eq!(signed_in.session.display_name, teacher().name.short());
    assert_eq!(signed_in.session.roles, [domain::Role::ClassTeacher]);
    assert_eq!(signed_in.session.grants.len(), 1);
    assert_eq!(signed_in.return_to.as_deref(), Some("/people"));
    for (event, rows) in [("sign_in.password", 1), ("sign_in.second_factor", 1)] {
        assert_eq!(world.audited(event, "success").await, rows, "{event}");
    }
}

async fn staff_without_a_mobile_get_no_code(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.add(&NewPerson { mobile: None, ..teacher() }).await;
    world.set_password(account.id, GOOD_PASSWORD).await;
    let passwords = world.portal.passwords();
    let outcome = passwords.sign_in(&world.home(), account.user_code.as_str(), &password(GOOD_PASSWORD), None).await;
    let Ok(PasswordOutcome::SecondFactor(started)) = outcome else { panic!("a second factor") };
    assert!(started.view.sent_at.is_some(), "the page is the same");
    assert!(world.inbox().await.is_empty());
    assert_eq!(world.count("outbox").await, 1, "a decoy");
}

async fn the_owner_is_told_once_a_day(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let user_code = account.user_code.as_str();
    fail(&world, &world.elsewhere(), user_code, 4).await;
    assert!(world.inbox().await.is_empty());
    fail(&world, &world.elsewhere(), user_code, 1).await;
    let messages = world.inbox().await;
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].event.as_str(), messages[0].channel.code()), ("password_failures", "mail"));
    assert_eq!(messages[0].recipient, "Dana.Levi@example.org");
    assert!(!messages[0].payload.to_string().contains(user_code), "no secrets in it: {}", messages[0].payload);
    // The owner signs in, it begins again the same day: no second notice.
    world.ctx.clock.advance(MINUTE);
    attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.unwrap();
    fail(&world, &world.ctx.visit([203, 0, 113, 10]), user_code, 5).await;
    assert!(world.inbox().await.is_empty());
    world.ctx.clock.advance(24 * HOUR);
    attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.unwrap();
    fail(&world, &world.ctx.visit([203, 0, 113, 11]), user_code, 5).await;
    assert_eq!(world.inbox().await.len(), 1);

    // Without an address it is an SMS; for nobody it is a decoy.
    let other = world.add(&NewPerson { email: None, ..parent_like("000000018") }).await;
    fail(&world, &world.elsewhere(), other.user_code.as_str(), 5).await;
    let messages = world.inbox().await;
    assert_eq!((messages.len(), messages[0].channel.code()), (1, "sms"));
    let before = world.count("outbox").await;
    fail(&world, &world.elsewhere(), "nobody's", 5).await;
    assert!(world.inbox().await.is_empty());
    assert_eq!(world.count("outbox").await, before + 1);
}

/// A hasher whose thread is busy and whose queue of one place is taken, as long as the second value lives.
fn full_hasher() -> (PasswordHasher, Vec<impl Sized>) {
    // A hash that takes long enough for the test to end before it: nothing waits for it.
    let hasher =
        PasswordHasher::new(HashSettings { m_kib: 131_072, t: 16, p: 1, threads: 1, queue: 1, pepper: None }).unwrap();
    let text = password("somebody else's");
    let mut held = Vec::new();
    loop {
        let (hasher_of_call, text) = (hasher.clone(), text.clone());
        let mut call = Box::pin(async move { hasher_of_call.verify(&text, None).await });
        let mut task = TaskContext::from_waker(Waker::noop());
        match call.as_mut().poll(&mut task) {
            Poll::Pending => held.push(call),
            Poll::Ready(refused) => {
                // The thread may not have taken the first yet; when it has, one more fits.
                if hasher.waiting() == 1 && held.len() == 2 {
                    assert!(refused.is_err());
                    return (hasher, held);
                }
                std::thread::yield_now();
            }
        }
    }
}

async fn a_full_queue_says_so_and_counts_nothing(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let (full, held) = full_hasher();
    let busy = World::made_of(world.ctx.clone(), settings(), full);
    let audited = world.count("audit_log").await;
    for _ in 0..10 {
        match attempt(&busy, &world.home(), account.user_code.as_str(), "x").await {
            Err(SignInError::Busy { retry_after_s }) => assert!((1..=60).contains(&retry_after_s), "{retry_after_s}"),
            other => panic!("{other:?}"),
        }
    }
    drop(held);
    assert_eq!(world.count("audit_log").await, audited);
    assert!(attempt(&world, &world.home(), account.user_code.as_str(), GOOD_PASSWORD).await.is_ok());
}

async fn a_hash_of_other_parameters_is_renewed(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let stronger = PasswordHasher::new(HashSettings { m_kib: 128, ..cheap_hashes() }).unwrap();
    let world = World::made_of(world.ctx.clone(), settings(), stronger);
    let user_code = account.user_code.as_str();
    attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.unwrap();
    let renewed = "SELECT COUNT(*) FROM accounts WHERE password_hash LIKE '$argon2id$v=19$m=128,t=1,p=1$%'";
    assert_eq!(world.ctx.number(renewed).await, 1);
    assert_eq!(world.audited("password.rehashed", "success").await, 1);
    attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.unwrap();
    assert_eq!(world.audited("password.rehashed", "success").await, 1, "once");
}

async fn the_policy_has_the_last_word(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent().await;
    let passwords = world.portal.passwords();
    let (_, context) = passwords.policy_for(account.id).await.unwrap();
    for (text, expected) in [
        ("too short", "too_short"),
        ("my 039337423 umbrella", "contains_id_number"),
        ("call me 050-1234567 now", "contains_mobile"),
        ("Dana Levi was here", "contains_name"),
        ("aaaaaaaaaaaaaaaaaaaaaaa", "guessable"),
    ] {
        let verdict = passwords.check(&password(text), &context);
        assert!(verdict.unmet.iter().any(|unmet| unmet.code() == expected), "{text}: {verdict:?}");
        let refused = passwords.set(&world.home(), account.id, &password(text), None).await;
        assert!(matches!(refused, Err(ChoiceError::Policy(_))), "{text}");
    }
    for text in
        ["schoolgate schoolgate", "мой портал школы и дача", "umbrella of SCHOOL-portal", "כניסה לפורטל ההורים שלי"]
    {
        let named = passwords.check(&password(text), &PolicyContext::default());
        assert!(named.unmet.contains(&Unmet::ContainsServiceName), "{text}");
        assert_eq!(named.policy, "nist");
    }
    // The words of a name are everybody's.
    let words = passwords.check(&password("violin portal to nineteen schools"), &PolicyContext::default());
    assert!(words.unmet.is_empty(), "{words:?}");
    let with_code = format!("{} twice over {}", account.user_code, account.user_code);
    let refused = passwords.set(&world.home(), account.id, &password(&with_code), None).await;
    assert!(matches!(refused, Err(ChoiceError::Policy(unmet)) if unmet.contains(&Unmet::ContainsUserCode)));
    // Staff, whose second factor always follows, may take a shorter one.
    let staff = world.add(&teacher()).await;
    assert!(passwords.set(&world.home(), staff.id, &password("plum7Wagon!"), None).await.is_ok());
    let refused = passwords.set(&world.home(), account.id, &password("plum7Wagon!"), None).await;
    assert!(matches!(refused, Err(ChoiceError::Policy(_))));
    let nobody = services::AccountId(uuid::Uuid::nil());
    let refused = passwords.set(&world.home(), nobody, &password(GOOD_PASSWORD), None).await;
    assert!(matches!(refused, Err(ChoiceError::NoAccount)));
}

async fn a_new_password_ends_the_other_sessions(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let user_code = account.user_code.as_str();
    let mine = attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.unwrap();
    let other = attempt(&world, &world.elsewhere(), user_code, GOOD_PASSWORD).await.unwrap();
    let new = password("another nineteen violins");
    world.portal.passwords().set(&world.home(), account.id, &new, Some(mine.session.id)).await.unwrap();
    let sessions = world.portal.sessions();
    assert!(sessions.find(&mine.token).await.unwrap().is_some());
    assert!(sessions.find(&other.token).await.unwrap().is_none());
    assert!(attempt(&world, &world.home(), user_code, GOOD_PASSWORD).await.is_err());
    assert!(attempt(&world, &world.home(), user_code, new.as_str()).await.is_ok());
}
