//! Changing one's own mobile and e-mail, and the last sign-ins, on both databases.

use domain::{Email, Locale};
use services::own_contacts::{ContactKind, NewContact, OwnContactError, WaitingContact};
use services::people::NewPerson;
use services::sessions::{SignInMethod, TryOutcome};
use services::{Session, SignInError, Visit};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    the_right_code_changes_the_mobile_and_the_old_one_is_told,
    the_right_code_changes_the_email_and_the_old_one_is_told,
    five_wrong_codes_end_the_change,
    an_old_code_is_refused_and_an_old_change_is_over,
    without_fresh_proof_nothing_begins,
    another_session_cannot_go_on_with_it,
    a_second_change_ends_the_first,
    a_change_can_be_given_up,
    whoever_else_has_a_number_is_not_told,
    the_contact_on_file_is_no_change,
    an_account_sends_few_codes_in_an_hour,
    a_code_is_sent_again_after_the_wait,
    the_history_shows_the_own_tries_alone,
    the_history_of_staff_shows_both_factors,
    whether_a_security_question_is_set_is_told,
);

const NEW_MOBILE: &str = "+972529876543";
const NEW_EMAIL: &str = "Dana@new.example.org";

fn new_mobile() -> NewContact {
    NewContact::Mobile(mobile(NEW_MOBILE))
}

fn new_email() -> NewContact {
    NewContact::Email(Email::parse(NEW_EMAIL).unwrap())
}

async fn begin(world: &World, session: &Session, new: &NewContact) -> Result<WaitingContact, OwnContactError> {
    world.portal.own_contacts().begin(&world.home(), session, new).await
}

async fn verify(
    world: &World,
    session: &Session,
    waiting: &WaitingContact,
    code: &domain::Otp,
) -> Result<ContactKind, OwnContactError> {
    world.portal.own_contacts().verify(&world.home(), session, waiting.flow, code).await
}

async fn signed_in_parent(world: &World) -> Session {
    world.parent().await;
    world.sign_in(&world.home(), PARENT_ID).await.session
}

fn is_unknown<T>(result: &Result<T, OwnContactError>) -> bool {
    matches!(result, Err(OwnContactError::SignIn(SignInError::FlowUnknown)))
}

/// What arrived since the last time: events and to whom.
async fn told(world: &World) -> Vec<(String, String)> {
    world.inbox().await.into_iter().map(|message| (message.event, message.recipient)).collect()
}

async fn contacts_of(world: &World, session: &Session) -> (Option<String>, Option<String>) {
    let me = world.portal.people().me(session).await.unwrap();
    (me.mobile_masked, me.email_masked)
}

async fn the_right_code_changes_the_mobile_and_the_old_one_is_told(ctx: TestContext) {
    let world = World::new(ctx);
    let session = signed_in_parent(&world).await;
    let other = world.sign_in(&world.elsewhere(), PARENT_ID).await;
    let before = contacts_of(&world, &session).await;
    let waiting = begin(&world, &session, &new_mobile()).await.unwrap();
    assert_eq!((waiting.kind, waiting.masked.as_str()), (ContactKind::Mobile, "052-•••••43"));
    assert_eq!(contacts_of(&world, &session).await, before, "nothing is changed before the code");
    let messages = world.inbox().await;
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].event.as_str(), messages[0].recipient.as_str()), ("mobile_code", NEW_MOBILE));
    assert_eq!(messages[0].locale, Locale::He);
    let seen = world.portal.own_contacts().waiting(&session).await.unwrap().unwrap();
    assert_eq!((seen.flow, seen.masked), (waiting.flow, waiting.masked.clone()));

    let code = code_of(&messages[0]);
    assert_eq!(verify(&world, &session, &waiting, &code).await.unwrap(), ContactKind::Mobile);
    assert_eq!(told(&world).await, [("mobile_changed".to_owned(), PARENT_MOBILE.to_owned())]);
    assert_eq!(contacts_of(&world, &session).await, (Some("052-•••••43".to_owned()), before.1));
    assert_eq!(world.audited("person.changed", "success").await, 1);
    let noted = "SELECT COUNT(*) FROM person_fields WHERE field = 'mobile' AND source = 'owner' AND version = 2";
    assert_eq!(world.ctx.number(noted).await, 1);
    assert_eq!(world.ctx.number("SELECT version FROM people").await, 2);
    assert_eq!(world.count("contact_changes").await, 0);
    assert!(is_unknown(&verify(&world, &session, &waiting, &code).await), "once");
    let live = world.portal.sessions().find(&other.token).await.unwrap();
    assert!(live.is_some(), "other sessions go on");
    world.portal.audit().verify().await.unwrap();
}

async fn the_right_code_changes_the_email_and_the_old_one_is_told(ctx: TestContext) {
    let world = World::new(ctx);
    let session = signed_in_parent(&world).await;
    world.ctx.clock.advance(MINUTE);
    let waiting = begin(&world, &session, &new_email()).await.unwrap();
    let messages = world.inbox().await;
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].event.as_str(), messages[0].recipient.as_str()), ("email_code", NEW_EMAIL));
    let code = code_of(&messages[0]);
    assert_eq!(verify(&world, &session, &waiting, &code).await.unwrap(), ContactKind::Email);
    assert_eq!(told(&world).await, [("email_changed".to_owned(), "Dana.Levi@example.org".to_owned())]);
    assert_eq!(contacts_of(&world, &session).await.1.as_deref(), Some("D•••@new.example.org"));
    assert_eq!(world.ctx.number("SELECT email_verified_at FROM people").await, world.now(), "it was proved");
}

async fn five_wrong_codes_end_the_change(ctx: TestContext) {
    let world = World::new(ctx);
    let session = signed_in_parent(&world).await;
    let waiting = begin(&world, &session, &new_mobile()).await.unwrap();
    let code = world.code().await;
    let wrong = other_than(&code);
    for left in (1..=4).rev() {
        let refused = verify(&world, &session, &waiting, &wrong).await;
        let tries = match refused {
            Err(OwnContactError::SignIn(SignInError::CodeWrong { tries_left })) => tries_left,
            other => panic!("a wrong code: {other:?}"),
        };
        assert_eq!(tries, left);
    }
    let refused = verify(&world, &session, &waiting, &wrong).await;
    assert!(matches!(refused, Err(OwnContactError::SignIn(SignInError::CodeDead))));
    assert!(is_unknown(&verify(&world, &session, &waiting, &code).await));
    assert!(world.portal.own_contacts().waiting(&session).await.unwrap().is_none());
    assert_eq!(world.audited("person.changed", "failure").await, 5);
    assert_eq!(world.audited("person.changed", "success").await, 0);
    assert!(told(&world).await.is_empty());
}

async fn an_old_code_is_refused_and_an_old_change_is_over(ctx: TestContext) {
    let world = World::new(ctx);
    let session = signed_in_parent(&world).await;
    let waiting = begin(&world, &session, &new_mobile()).await.unwrap();
    let code = world.code().await;
    world.ctx.clock.advance(5 * MINUTE);
    let refused = verify(&world, &session, &waiting, &code).await;
    assert!(matches!(refused, Err(OwnContactError::SignIn(SignInError::CodeExpired))));
    assert!(world.portal.own_contacts().waiting(&session).await.unwrap().is_some(), "another code can be asked for");
    world.ctx.clock.advance(25 * MINUTE);
    assert!(is_unknown(&verify(&world, &session, &waiting, &code).await));
    assert!(world.portal.own_contacts().waiting(&session).await.unwrap().is_none());
    assert_eq!(world.portal.housekeeping().run().await.unwrap().contact_changes, 1);
    assert_eq!(world.count("contact_changes").await, 0);
}

async fn without_fresh_proof_nothing_begins(ctx: TestContext) {
    let world = World::new(ctx);
    let session = signed_in_parent(&world).await;
    world.ctx.clock.advance(5 * MINUTE);
    for new in [new_mobile(), new_email()] {
        let refused = begin(&world, &session, &new).await;
        assert!(matches!(refused, Err(OwnContactError::ProofNeeded)));
    }
    assert!(told(&world).await.is_empty());
    assert_eq!(world.count("contact_changes").await, 0);
}

async fn another_session_cannot_go_on_with_it(ctx: TestContext) {
    let world = World::new(ctx);
    let session = signed_in_parent(&world).await;
    let other = world.sign_in(&world.elsewhere(), PARENT_ID).await.session;
    world.add(&NewPerson { identifier: Some(il_id("000000018")), ..parent() }).await;
    let stranger = world.sign_in(&world.elsewhere(), "000000018").await.session;
    let waiting = begin(&world, &session, &new_mobile()).await.unwrap();
    let code = world.code().await;
    let contacts = world.portal.own_contacts();
    for wrong in [&other, &stranger] {
        assert!(contacts.waiting(wrong).await.unwrap().is_none());
        assert!(is_unknown(&verify(&world, wrong, &waiting, &code).await));
        assert!(is_unknown(&contacts.send_again(&world.home(), wrong, waiting.flow).await));
        contacts.give_up(wrong).await.unwrap();
    }
    assert_eq!(verify(&world, &session, &waiting, &code).await.unwrap(), ContactKind::Mobile);
}

async fn a_second_change_ends_the_first(ctx: TestContext) {
    let world = World::new(ctx);
    let session = signed_in_parent(&world).await;
    let first = begin(&world, &session, &new_mobile()).await.unwrap();
    let first_code = world.code().await;
    let second = begin(&world, &session, &new_email()).await.unwrap();
    let second_code = world.code().await;
    assert_ne!(first.flow, second.flow);
    assert!(is_unknown(&verify(&world, &session, &first, &first_code).await));
    assert_eq!(verify(&world, &session, &second, &second_code).await.unwrap(), ContactKind::Email);
    assert_eq!(contacts_of(&world, &session).await.0.as_deref(), Some("050-•••••67"), "the first was never made");
}

async fn a_change_can_be_given_up(ctx: TestContext) {
    let world = World::new(ctx);
    let session = signed_in_parent(&world).await;
    let waiting = begin(&world, &session, &new_mobile()).await.unwrap();
    let code = world.code().await;
    world.portal.own_contacts().give_up(&session).await.unwrap();
    assert!(is_unknown(&verify(&world, &session, &waiting, &code).await));
    world.portal.own_contacts().give_up(&session).await.unwrap();
}

async fn whoever_else_has_a_number_is_not_told(ctx: TestContext) {
    let world = World::new(ctx);
    let session = signed_in_parent(&world).await;
    let (taken, free) = ("+972521111111", "+972522222222");
    world.add(&NewPerson { mobile: Some(mobile(taken)), ..NewPerson::named(name("Cohen", "Noa")) }).await;
    let mut rows = Vec::new();
    for number in [taken, free] {
        let before = (world.count("audit_log").await, world.count("code_flows").await, world.count("outbox").await);
        let waiting = begin(&world, &session, &NewContact::Mobile(mobile(number))).await.unwrap();
        let after = (world.count("audit_log").await, world.count("code_flows").await, world.count("outbox").await);
        rows.push((after.0 - before.0, after.1 - before.1, after.2 - before.2));
        let messages = world.inbox().await;
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].recipient, number);
        assert_eq!(verify(&world, &session, &waiting, &code_of(&messages[0])).await.unwrap(), ContactKind::Mobile);
        world.inbox().await;
    }
    assert_eq!(rows[0], rows[1]);
}

async fn the_contact_on_file_is_no_change(ctx: TestContext) {
    let world = World::new(ctx);
    let session = signed_in_parent(&world).await;
    let same =
        [NewContact::Mobile(mobile(PARENT_MOBILE)), NewContact::Email(Email::parse("Dana.Levi@example.org").unwrap())];
    for new in same {
        assert!(matches!(begin(&world, &session, &new).await, Err(OwnContactError::Unchanged)));
    }
    assert!(told(&world).await.is_empty());
    assert_eq!(world.count("contact_changes").await, 0);
}

async fn an_account_sends_few_codes_in_an_hour(ctx: TestContext) {
    let world = World::new(ctx);
    let session = signed_in_parent(&world).await;
    for number in 0..5 {
        let new = NewContact::Mobile(mobile(&format!("+97252000000{number}")));
        begin(&world, &session, &new).await.unwrap();
    }
    let refused = begin(&world, &session, &new_email()).await;
    assert!(matches!(refused, Err(OwnContactError::SignIn(SignInError::TooMany { .. }))));
    assert_eq!(told(&world).await.len(), 5);
    let waiting = world.portal.own_contacts().waiting(&session).await.unwrap().unwrap();
    assert_eq!(waiting.masked, "052-•••••04", "the last one still waits");
}

async fn a_code_is_sent_again_after_the_wait(ctx: TestContext) {
    let world = World::new(ctx);
    let session = signed_in_parent(&world).await;
    let waiting = begin(&world, &session, &new_mobile()).await.unwrap();
    let first = world.code().await;
    let contacts = world.portal.own_contacts();
    let refused = contacts.send_again(&world.home(), &session, waiting.flow).await;
    assert!(matches!(refused, Err(OwnContactError::SignIn(SignInError::TooSoon { .. }))));
    world.ctx.clock.advance(30 * SECOND);
    let again = contacts.send_again(&world.home(), &session, waiting.flow).await.unwrap();
    assert_eq!(again.flow, waiting.flow);
    let messages = world.inbox().await;
    assert_eq!((messages.len(), messages[0].recipient.as_str()), (1, NEW_MOBILE));
    // The one before the newest is taken, too.
    assert_eq!(verify(&world, &session, &waiting, &first).await.unwrap(), ContactKind::Mobile);
}

async fn the_history_shows_the_own_tries_alone(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    world.add(&NewPerson { identifier: Some(il_id("000000018")), ..parent() }).await;
    let phone = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36";
    let phone = Visit { user_agent: Some(phone.to_owned()), ..world.home() };
    let mine = world.sign_in(&phone, PARENT_ID).await.session;
    world.ctx.clock.advance(MINUTE);
    let started = world.begin(&world.elsewhere(), PARENT_ID).await.unwrap();
    let wrong = other_than(&world.code().await);
    assert!(matches!(world.verify(&started.token, &wrong).await, Err(SignInError::CodeWrong { .. })));
    let theirs = world.sign_in(&world.home(), "000000018").await.session;

    let history = world.portal.sessions().history(&mine).await.unwrap();
    let seen: Vec<_> = history.iter().map(|one| (one.method, one.outcome, one.device.as_deref(), one.at)).collect();
    let now = world.now();
    assert_eq!(
        seen,
        [
            (SignInMethod::SmsCode, TryOutcome::Failed, None, now),
            (SignInMethod::SmsCode, TryOutcome::SignedIn, Some("Chrome, Android"), now - MINUTE),
        ]
    );
    let history = world.portal.sessions().history(&theirs).await.unwrap();
    assert_eq!(history.iter().map(|one| one.outcome).collect::<Vec<_>>(), [TryOutcome::SignedIn]);
}

async fn the_history_of_staff_shows_both_factors(ctx: TestContext) {
    let world = World::new(ctx);
    let session = world.staff("Бутрович", &[everywhere()]).await;
    let history = world.portal.sessions().history(&session).await.unwrap();
    let seen: Vec<_> = history.iter().map(|one| (one.method, one.outcome)).collect();
    assert_eq!(
        seen,
        [(SignInMethod::PasswordAndSms, TryOutcome::SignedIn), (SignInMethod::Password, TryOutcome::CodeAsked),]
    );
}

async fn whether_a_security_question_is_set_is_told(ctx: TestContext) {
    let world = World::new(ctx.clone());
    let session = signed_in_parent(&world).await;
    assert_eq!(world.portal.accounts().has_security_question(&session).await.unwrap(), Some(false));
    let set = "INSERT INTO security_questions (account_id, question, answer_hash, set_at) \
               SELECT id, 'own', 'x', 0 FROM accounts";
    assert_eq!(world.ctx.execute(set).await.unwrap(), 1);
    assert_eq!(world.portal.accounts().has_security_question(&session).await.unwrap(), Some(true));
    let mut off = settings();
    off.password_links.security_question = false;
    let without = World::with(ctx, off);
    assert_eq!(without.portal.accounts().has_security_question(&session).await.unwrap(), None);
}
