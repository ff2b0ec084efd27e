//! Fresh proof by password, on both databases: for this session, for five minutes, and no easier to guess than at the sign-in.

use services::fresh_proof::ProofError;
use services::passwords::PasswordOutcome;
use services::{Session, SignInError, SignedIn, Timestamp, Visit};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    the_password_makes_a_session_fresh_again,
    proof_in_one_session_does_not_help_another,
    wrong_passwords_count_like_those_of_the_sign_in,
    a_known_browser_is_counted_by_itself,
    guesses_at_once_do_not_get_past_the_limit,
    the_owner_is_told_of_guesses,
    without_a_password_there_is_no_proof,
    a_session_that_ended_is_not_made_fresh,
    a_wait_is_not_shortened_by_the_right_password,
);

const WRONG: &str = "not this one at all";

async fn give(world: &World, visit: &Visit, session: &Session, text: &str) -> Result<Timestamp, ProofError> {
    world.portal.fresh_proof().give(visit, session, &password(text)).await
}

async fn enter(world: &World, visit: &Visit, code: &str) -> SignedIn {
    match world.portal.passwords().sign_in(visit, code, &password(GOOD_PASSWORD), None).await {
        Ok(PasswordOutcome::SignedIn(signed_in)) => signed_in,
        other => panic!("one factor was expected: {other:?}"),
    }
}

async fn found(world: &World, signed_in: &SignedIn) -> Session {
    world.portal.sessions().find(&signed_in.token).await.unwrap().expect("a session")
}

fn is_wrong<T>(result: &Result<T, ProofError>) -> bool {
    matches!(result, Err(ProofError::SignIn(SignInError::Wrong)))
}

fn waits<T>(result: &Result<T, ProofError>) -> bool {
    matches!(result, Err(ProofError::SignIn(SignInError::Wait { .. })))
}

async fn the_password_makes_a_session_fresh_again(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let signed_in = enter(&world, &world.home(), account.user_code.as_str()).await;
    world.ctx.clock.advance(5 * MINUTE);
    let session = found(&world, &signed_in).await;
    assert!(!session.is_fresh(world.now()));
    let until = give(&world, &world.home(), &session, GOOD_PASSWORD).await.unwrap();
    assert_eq!(until, world.now() + 5 * MINUTE);
    let fresh = found(&world, &signed_in).await;
    assert_eq!(fresh.fresh_until, until);
    assert!(fresh.is_fresh(until - 1) && !fresh.is_fresh(until));
    assert_eq!(world.audited("sign_in.fresh_proof", "success").await, 1);
    // Never beyond the session's own end.
    world.ctx.clock.set(session.expires_at - MINUTE);
    world.ctx.execute("UPDATE sessions SET last_seen_at = expires_at - 60000").await.unwrap();
    assert_eq!(give(&world, &world.home(), &session, GOOD_PASSWORD).await.unwrap(), session.expires_at);
}

async fn proof_in_one_session_does_not_help_another(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let code = account.user_code.as_str();
    let (mine, stolen) = (enter(&world, &world.home(), code).await, enter(&world, &world.elsewhere(), code).await);
    world.ctx.clock.advance(10 * MINUTE);
    give(&world, &world.home(), &mine.session, GOOD_PASSWORD).await.unwrap();
    assert!(found(&world, &mine).await.is_fresh(world.now()));
    assert!(!found(&world, &stolen).await.is_fresh(world.now()));
}

async fn wrong_passwords_count_like_those_of_the_sign_in(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let code = account.user_code.as_str();
    let session = enter(&world, &world.home(), code).await.session;
    for _ in 0..3 {
        assert!(is_wrong(&give(&world, &world.elsewhere(), &session, WRONG).await));
    }
    // The same count from both sides.
    for _ in 0..2 {
        let refused = world.portal.passwords().sign_in(&world.elsewhere(), code, &password(WRONG), None).await;
        assert!(matches!(refused, Err(SignInError::Wrong)));
    }
    assert!(waits(&give(&world, &world.elsewhere(), &session, GOOD_PASSWORD).await));
    let refused = world.portal.passwords().sign_in(&world.elsewhere(), code, &password(GOOD_PASSWORD), None).await;
    assert!(matches!(refused, Err(SignInError::Wait { .. })));
    assert_eq!(world.audited("sign_in.fresh_proof", "failure").await, 4, "three tries, and one row for the wait");
    assert_eq!(world.audited("sign_in.fresh_proof", "success").await, 0);
}

async fn a_known_browser_is_counted_by_itself(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let code = account.user_code.as_str();
    let signed_in = enter(&world, &world.home(), code).await;
    // Strangers make the account wait; its owner, in a browser that has signed in before, does not.
    for _ in 0..5 {
        let refused = world.portal.passwords().sign_in(&world.elsewhere(), code, &password(WRONG), None).await;
        assert!(matches!(refused, Err(SignInError::Wrong)));
    }
    let own = with_device(world.home(), &signed_in.device);
    give(&world, &own, &signed_in.session, GOOD_PASSWORD).await.unwrap();
    for _ in 0..5 {
        assert!(is_wrong(&give(&world, &own, &signed_in.session, WRONG).await));
    }
    assert!(waits(&give(&world, &own, &signed_in.session, GOOD_PASSWORD).await));
}

async fn guesses_at_once_do_not_get_past_the_limit(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let session = enter(&world, &world.home(), account.user_code.as_str()).await.session;
    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (world, session) = (world.clone(), session.clone());
        guesses.spawn(async move { is_wrong(&give(&world, &world.home(), &session, WRONG).await) });
    }
    let answered = guesses.join_all().await.into_iter().filter(|answered| *answered).count();
    assert_eq!(answered, 5);
}

async fn the_owner_is_told_of_guesses(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let session = enter(&world, &world.home(), account.user_code.as_str()).await.session;
    for _ in 0..5 {
        assert!(is_wrong(&give(&world, &world.home(), &session, WRONG).await));
    }
    let messages = world.inbox().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(
        (messages[0].event.as_str(), messages[0].recipient.as_str()),
        ("password_failures", "Dana.Levi@example.org")
    );
}

async fn without_a_password_there_is_no_proof(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let session = world.sign_in(&world.home(), PARENT_ID).await.session;
    assert!(!world.portal.fresh_proof().can_be_given(&session).await.unwrap());
    assert!(matches!(give(&world, &world.home(), &session, WRONG).await, Err(ProofError::NoPassword)));
    assert!(session.is_fresh(world.now()), "the sign-in itself is proof");
}

async fn a_session_that_ended_is_not_made_fresh(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let signed_in = enter(&world, &world.home(), account.user_code.as_str()).await;
    let session = &signed_in.session;
    world.portal.sessions().sign_out(&world.home(), session).await.unwrap();
    let refused = give(&world, &world.home(), session, GOOD_PASSWORD).await;
    assert!(matches!(refused, Err(ProofError::SessionEnded)));
    let other = enter(&world, &world.home(), account.user_code.as_str()).await;
    world.portal.admin().disable(&world.home(), &account.user_code).await.unwrap();
    let refused = give(&world, &world.home(), &other.session, GOOD_PASSWORD).await;
    assert!(matches!(refused, Err(ProofError::SessionEnded)));
    assert_eq!(world.audited("sign_in.fresh_proof", "success").await, 0);
}

async fn a_wait_is_not_shortened_by_the_right_password(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let session = enter(&world, &world.home(), account.user_code.as_str()).await.session;
    for _ in 0..5 {
        assert!(is_wrong(&give(&world, &world.home(), &session, WRONG).await));
    }
    assert!(waits(&give(&world, &world.home(), &session, GOOD_PASSWORD).await));
    world.ctx.clock.advance(5 * SECOND);
    give(&world, &world.home(), &session, GOOD_PASSWORD).await.unwrap();
}
