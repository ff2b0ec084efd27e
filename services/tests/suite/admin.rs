//! What an operator does from the command line, on both databases.

use domain::{Locale, Role};
use services::passwords::{ChoiceError, PasswordOutcome};
use services::{SignInError, SignedIn};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    the_first_administrator_signs_in,
    a_reset_lifts_waits_and_ends_everything,
    unlocking_lifts_every_wait,
    disabling_ends_sessions_and_enabling_lets_in_again,
    an_unknown_user_code_is_said_so,
);

async fn attempt(world: &World, code: &str, text: &str) -> Result<SignedIn, SignInError> {
    match world.portal.passwords().sign_in(&world.home(), code, &password(text), None).await? {
        PasswordOutcome::SignedIn(signed_in) => Ok(signed_in),
        _ => panic!("one factor was expected"),
    }
}

async fn the_first_administrator_signs_in(ctx: TestContext) {
    let world = World::new(ctx);
    let admin = world.portal.admin();
    let visit = services::Visit { address: None, user_agent: None, ..world.home() };
    let created = admin.create(&visit, name("Romano", "Tal"), mobile("+972521234567"), Locale::En).await.unwrap();
    let before = world.portal.passwords().sign_in(&visit, created.user_code.as_str(), &password("x"), None).await;
    assert!(matches!(before, Err(SignInError::Wrong)), "there is no password yet");
    admin.set_password(&visit, &created.user_code, &password("plum7Wagon!")).await.unwrap();
    let outcome =
        world.portal.passwords().sign_in(&visit, created.user_code.as_str(), &password("plum7Wagon!"), None).await;
    let Ok(PasswordOutcome::SecondFactor(started)) = outcome else { panic!("two factors") };
    let messages = world.inbox().await;
    assert_eq!(messages[0].recipient, "+972521234567");
    let session = world.verify(&started.token, &code_of(&messages[0])).await.unwrap().session;
    assert_eq!(session.roles, [Role::SystemAdministrator]);
    assert_eq!(world.audited("account.created", "success").await, 1);
    assert_eq!(world.audited("password.set", "success").await, 1);
}

async fn fail_five_times(world: &World, code: &str) {
    for _ in 0..5 {
        assert!(matches!(attempt(world, code, "wrong").await, Err(SignInError::Wrong)));
    }
    assert!(matches!(attempt(world, code, GOOD_PASSWORD).await, Err(SignInError::Wait { .. })));
}

async fn a_reset_lifts_waits_and_ends_everything(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let code = account.user_code.as_str();
    let signed_in = attempt(&world, code, GOOD_PASSWORD).await.unwrap();
    fail_five_times(&world, code).await;
    let admin = world.portal.admin();
    let refused = admin.reset(&world.home(), &account.user_code, &password("short")).await;
    assert!(matches!(refused, Err(ChoiceError::Policy(_))));
    assert!(matches!(attempt(&world, code, GOOD_PASSWORD).await, Err(SignInError::Wait { .. })), "nothing happened");
    admin.reset(&world.home(), &account.user_code, &password("another nineteen violins")).await.unwrap();
    assert!(world.portal.sessions().find(&signed_in.token).await.unwrap().is_none());
    assert_eq!(world.count("devices").await, 0);
    assert!(attempt(&world, code, "another nineteen violins").await.is_ok());
    assert!(matches!(attempt(&world, code, GOOD_PASSWORD).await, Err(SignInError::Wrong)));
}

async fn unlocking_lifts_every_wait(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let other = world.add(&services::people::NewPerson::named(name("Cohen", "Avi"))).await;
    world.set_password(other.id, GOOD_PASSWORD).await;
    let code = account.user_code.as_str();
    for _ in 0..5 {
        world.begin(&world.home(), PARENT_ID).await.unwrap();
        world.ctx.clock.advance(2 * MINUTE);
    }
    fail_five_times(&world, code).await;
    fail_five_times(&world, other.user_code.as_str()).await;
    assert_eq!(world.begin(&world.home(), PARENT_ID).await.unwrap().view.sent_at, None);

    world.portal.admin().unlock(&world.home(), &account.user_code).await.unwrap();
    assert!(attempt(&world, code, GOOD_PASSWORD).await.is_ok());
    assert!(world.begin(&world.home(), PARENT_ID).await.unwrap().view.sent_at.is_some());
    assert_eq!(world.audited("account.unlocked", "success").await, 1);
    let untouched = attempt(&world, other.user_code.as_str(), GOOD_PASSWORD).await;
    assert!(matches!(untouched, Err(SignInError::Wait { .. })), "only this account's");
}

async fn disabling_ends_sessions_and_enabling_lets_in_again(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let code = account.user_code.as_str();
    let signed_in = attempt(&world, code, GOOD_PASSWORD).await.unwrap();
    world.portal.admin().disable(&world.home(), &account.user_code).await.unwrap();
    assert!(world.portal.sessions().find(&signed_in.token).await.unwrap().is_none());
    assert_eq!(world.count("sessions").await, 0);
    assert!(matches!(attempt(&world, code, GOOD_PASSWORD).await, Err(SignInError::Wrong)));
    world.portal.admin().enable(&world.home(), &account.user_code).await.unwrap();
    assert!(attempt(&world, code, GOOD_PASSWORD).await.is_ok());
    assert_eq!(world.audited("account.locked", "success").await, 1);
}

async fn an_unknown_user_code_is_said_so(ctx: TestContext) {
    let world = World::new(ctx);
    let unknown = unused_user_code();
    let admin = world.portal.admin();
    let visit = world.home();
    assert!(matches!(admin.unlock(&visit, &unknown).await, Err(ChoiceError::NoAccount)));
    assert!(matches!(admin.disable(&visit, &unknown).await, Err(ChoiceError::NoAccount)));
    let refused = admin.reset(&visit, &unknown, &password(GOOD_PASSWORD)).await;
    assert!(matches!(refused, Err(ChoiceError::NoAccount)));
}
