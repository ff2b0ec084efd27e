//! Signed-in browsers, on both databases.

use services::people::NewPerson;
use services::settings::SessionSettings;
use services::{Session, SessionId, SessionsError, Settings, SignedIn, Token, Visit};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    a_session_ends_when_it_is_idle,
    staff_sessions_end_sooner,
    a_session_ends_at_its_absolute_limit,
    use_is_noted_once_a_minute,
    a_session_of_a_disabled_account_is_none,
    an_unknown_token_has_no_session,
    the_list_shows_live_sessions,
    one_session_is_shown_to_its_owner_alone,
    its_owner_ends_a_session,
    nobody_ends_somebody_elses_session,
    all_others_end,
    signing_out_ends_it,
    a_sign_in_is_fresh_for_five_minutes,
    few_browsers_are_remembered,
);

async fn found(world: &World, token: &Token) -> Option<Session> {
    world.portal.sessions().find(token).await.unwrap()
}

async fn a_session_ends_when_it_is_idle(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let signed_in = world.sign_in(&world.home(), PARENT_ID).await;
    world.ctx.clock.advance(60 * MINUTE - 1);
    assert!(found(&world, &signed_in.token).await.is_some());
    // That was a use: the hour begins anew.
    world.ctx.clock.advance(60 * MINUTE - 1);
    assert!(found(&world, &signed_in.token).await.is_some());
    world.ctx.clock.advance(60 * MINUTE);
    assert!(found(&world, &signed_in.token).await.is_none());
}

async fn staff_sessions_end_sooner(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.add(&teacher()).await;
    world.set_password(account.id, GOOD_PASSWORD).await;
    let passwords = world.portal.passwords();
    let outcome = passwords.sign_in(&world.home(), account.user_code.as_str(), &password(GOOD_PASSWORD), None).await;
    let Ok(services::passwords::PasswordOutcome::SecondFactor(started)) = outcome else { panic!("two factors") };
    let code = world.code().await;
    let signed_in = world.verify(&started.token, &code).await.unwrap();
    world.ctx.clock.advance(30 * MINUTE - 1);
    assert!(found(&world, &signed_in.token).await.is_some());
    world.ctx.clock.advance(30 * MINUTE);
    assert!(found(&world, &signed_in.token).await.is_none());
}

async fn a_session_ends_at_its_absolute_limit(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let signed_in = world.sign_in(&world.home(), PARENT_ID).await;
    let begun_at = world.now();
    assert_eq!(signed_in.session.expires_at, begun_at + 12 * HOUR);
    for _ in 0..24 {
        world.ctx.clock.advance(30 * MINUTE - 1);
        assert!(found(&world, &signed_in.token).await.is_some());
    }
    world.ctx.clock.set(begun_at + 12 * HOUR);
    assert!(found(&world, &signed_in.token).await.is_none());
}

async fn use_is_noted_once_a_minute(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let signed_in = world.sign_in(&world.home(), PARENT_ID).await;
    let begun_at = world.now();
    world.ctx.clock.advance(MINUTE - 1);
    found(&world, &signed_in.token).await.unwrap();
    assert_eq!(found(&world, &signed_in.token).await.unwrap().last_seen_at, begun_at);
    world.ctx.clock.advance(1);
    found(&world, &signed_in.token).await.unwrap();
    assert_eq!(found(&world, &signed_in.token).await.unwrap().last_seen_at, begun_at + MINUTE);
}

async fn a_session_of_a_disabled_account_is_none(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent().await;
    let signed_in = world.sign_in(&world.home(), PARENT_ID).await;
    // Past the use case, which deletes the sessions as well: the state alone is enough.
    world.ctx.execute("UPDATE accounts SET state = 'disabled'").await.unwrap();
    assert!(found(&world, &signed_in.token).await.is_none());
    world.ctx.execute("UPDATE accounts SET state = 'active'").await.unwrap();
    assert!(found(&world, &signed_in.token).await.is_some());
    world.portal.admin().disable(&world.home(), &account.user_code).await.unwrap();
    world.portal.admin().enable(&world.home(), &account.user_code).await.unwrap();
    assert!(found(&world, &signed_in.token).await.is_none(), "a session that was ended does not come back");
}

async fn an_unknown_token_has_no_session(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    world.sign_in(&world.home(), PARENT_ID).await;
    assert!(found(&world, &Token::generate(&services::OsRng)).await.is_none());
}

async fn two_sessions(world: &World) -> (SignedIn, SignedIn) {
    let phone = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36";
    let phone = Visit { user_agent: Some(phone.to_owned()), ..world.elsewhere() };
    let first = world.sign_in(&world.home(), PARENT_ID).await;
    world.ctx.clock.advance(MINUTE);
    let second = world.sign_in(&phone, PARENT_ID).await;
    (first, second)
}

async fn the_list_shows_live_sessions(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let (first, second) = two_sessions(&world).await;
    let list = world.portal.sessions().list(&first.session).await.unwrap();
    let seen: Vec<_> = list.iter().map(|item| (item.id, item.device.as_str(), item.current)).collect();
    assert_eq!(seen, [(second.session.id, "Chrome, Android", false), (first.session.id, "", true)]);
    assert_eq!(list[0].address, Some(ELSEWHERE.into()));
    assert_eq!(list[0].method.code(), "sms_code");
    assert!(!format!("{list:?}").contains("203.0.113"));
    // Kept in use, the second outlives the first.
    world.ctx.clock.advance(59 * MINUTE);
    found(&world, &second.token).await.unwrap();
    world.ctx.clock.advance(MINUTE);
    let list = world.portal.sessions().list(&second.session).await.unwrap();
    assert_eq!(list.len(), 1);
}

async fn one_session_is_shown_to_its_owner_alone(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    world.add(&NewPerson { identifier: Some(il_id("000000018")), ..parent() }).await;
    let (first, second) = two_sessions(&world).await;
    let theirs = world.sign_in(&world.home(), "000000018").await;
    let sessions = world.portal.sessions();
    let shown = sessions.one(&first.session, second.session.id).await.unwrap();
    assert_eq!((shown.id, shown.device.as_str(), shown.current), (second.session.id, "Chrome, Android", false));
    assert!(sessions.one(&first.session, first.session.id).await.unwrap().current);
    for id in [theirs.session.id, SessionId(uuid::Uuid::nil())] {
        let refused = sessions.one(&first.session, id).await;
        assert!(matches!(refused, Err(SessionsError::NotFound)), "existing or not is not told");
    }
    sessions.end(&world.home(), &first.session, second.session.id).await.unwrap();
    assert!(matches!(sessions.one(&first.session, second.session.id).await, Err(SessionsError::NotFound)));
}

async fn its_owner_ends_a_session(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let (first, second) = two_sessions(&world).await;
    let sessions = world.portal.sessions();
    sessions.end(&world.home(), &first.session, second.session.id).await.unwrap();
    assert!(found(&world, &second.token).await.is_none());
    assert!(found(&world, &first.token).await.is_some());
    let again = sessions.end(&world.home(), &first.session, second.session.id).await;
    assert!(matches!(again, Err(SessionsError::NotFound)));
    assert_eq!(world.audited("session.ended", "success").await, 1);
}

async fn nobody_ends_somebody_elses_session(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    world.add(&NewPerson { identifier: Some(il_id("000000018")), ..parent() }).await;
    let mine = world.sign_in(&world.home(), PARENT_ID).await;
    let theirs = world.sign_in(&world.home(), "000000018").await;
    for id in [theirs.session.id, SessionId(uuid::Uuid::nil())] {
        let refused = world.portal.sessions().end(&world.home(), &mine.session, id).await;
        assert!(matches!(refused, Err(SessionsError::NotFound)), "existing or not is not told");
    }
    assert!(found(&world, &theirs.token).await.is_some());
    assert_eq!(world.portal.sessions().end_others(&world.home(), &mine.session).await.unwrap(), 0);
    assert!(found(&world, &theirs.token).await.is_some());
}

async fn all_others_end(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let (first, second) = two_sessions(&world).await;
    let third = world.sign_in(&world.home(), PARENT_ID).await;
    assert_eq!(world.portal.sessions().end_others(&world.home(), &first.session).await.unwrap(), 2);
    for ended in [&second, &third] {
        assert!(found(&world, &ended.token).await.is_none());
    }
    assert!(found(&world, &first.token).await.is_some());
    assert_eq!(world.audited("session.others_ended", "success").await, 1);
}

async fn signing_out_ends_it(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let signed_in = world.sign_in(&world.home(), PARENT_ID).await;
    let sessions = world.portal.sessions();
    sessions.sign_out(&world.home(), &signed_in.session).await.unwrap();
    assert!(found(&world, &signed_in.token).await.is_none());
    sessions.sign_out(&world.home(), &signed_in.session).await.unwrap();
    assert_eq!(world.audited("session.sign_out", "success").await, 1, "the second time nothing happens");
}

async fn a_sign_in_is_fresh_for_five_minutes(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let signed_in = world.sign_in(&world.home(), PARENT_ID).await;
    assert_eq!(signed_in.session.fresh_until, world.now() + 5 * MINUTE);
}

async fn few_browsers_are_remembered(ctx: TestContext) {
    let sessions = SessionSettings { devices: 3, ..SessionSettings::default() };
    let world = World::with(ctx, Settings { sessions, ..settings() });
    world.parent().await;
    let mut devices = Vec::new();
    for _ in 0..5 {
        devices.push(world.sign_in(&world.home(), PARENT_ID).await.device);
        world.ctx.clock.advance(HOUR);
    }
    assert_eq!(world.count("devices").await, 3);
    // The newest are kept, and one that signs in again keeps its token.
    let kept = world.sign_in(&with_device(world.home(), &devices[4]), PARENT_ID).await.device;
    assert_eq!(kept, devices[4]);
    world.ctx.clock.advance(HOUR);
    let new = world.sign_in(&with_device(world.home(), &devices[0]), PARENT_ID).await.device;
    assert_ne!(new, devices[0], "forgotten, so it is given a new one");
    // After half a year without use it is forgotten, swept or not.
    world.ctx.clock.advance(181 * 24 * HOUR);
    let new = world.sign_in(&with_device(world.home(), &devices[4]), PARENT_ID).await.device;
    assert_ne!(new, devices[4]);
}
