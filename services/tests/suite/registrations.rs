//! Registration by oneself, on both databases.

use std::net::IpAddr;

use domain::{BirthDate, Email, Locale, Otp};
use services::outbox::{Channel, LeasedMessage};
use services::passwords::PasswordOutcome;
use services::people::NewPerson;
use services::registrations::{CodeTarget, ContactChoice, Progress, RegistrationError, RegistrationStep, Who};
use services::settings::{AddressSettings, RegistrationSettings};
use services::{Settings, SignInError, Token, Visit};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

const NEW_ID: &str = "123456782";
const CHILD_ID: &str = "000000018";
const ON_FILE: &str = "+972501234567";
const OTHER: &str = "+972527654321";

on_both_databases!(
    a_recognised_parent_gets_an_account,
    the_unknown_and_the_known_look_alike,
    the_unknown_leave_the_same_rows,
    only_a_guardian_born_that_day_is_recognised,
    a_roster_without_the_date_recognises_by_the_rest,
    another_mobile_leads_to_the_review_queue,
    the_mobile_on_file_typed_again_is_the_mobile_on_file,
    a_changed_mobile_is_proved_by_its_own_code,
    a_changed_mobile_without_its_code_changes_nothing,
    wrong_codes_are_counted,
    a_draft_lives_an_hour,
    the_same_answers_again_change_nothing,
    asking_anew_within_the_wait_uses_up_nothing,
    a_slip_is_mended_and_the_code_goes_anew,
    whoever_was_in_before_is_out,
    a_number_replaced_on_file_is_not_proved,
    staff_are_not_opened_by_a_mobile_alone,
    contacts_can_be_changed_until_it_is_handed_in,
    another_device_continues_by_the_link,
    handing_in_twice_makes_one_account,
    two_registrations_of_one_person_make_one_account,
    an_existing_account_is_never_touched,
    the_owner_is_told_once_an_hour,
    one_open_request_for_one_number,
    a_job_that_fails_twice_succeeds_the_third_time,
    a_worker_that_dies_loses_nothing,
    two_hundred_at_once_end_once_each,
    walking_through_numbers_is_stopped,
    codes_to_typed_mobiles_are_capped,
    strangers_can_not_bury_a_mailbox,
    nothing_typed_is_stored_in_clear,
    the_initial_password_only_opens_the_wizard,
    what_is_over_is_swept,
);

fn new_parent() -> NewPerson {
    NewPerson {
        identifier: Some(il_id(NEW_ID)),
        birth_date: Some(BirthDate::parse("1985-04-12").unwrap()),
        mobile: Some(mobile(ON_FILE)),
        ..NewPerson::named(name("Levi", "Yael"))
    }
}

fn child_of() -> NewPerson {
    NewPerson { identifier: Some(il_id(CHILD_ID)), ..NewPerson::named(name("Levi", "Maya")) }
}

fn who(id: &str) -> Who {
    Who { identifier: il_id(id), birth_date: BirthDate::parse("12.4.1985").unwrap(), child: il_id(CHILD_ID) }
}

fn contact() -> ContactChoice {
    ContactChoice {
        email: Email::parse("yael@example.org").unwrap(),
        mobile: None,
        locale: Locale::Ru,
        consent: "2026-11".to_owned(),
    }
}

fn only(mut messages: Vec<LeasedMessage>, event: &str) -> LeasedMessage {
    messages.retain(|message| message.event == event);
    assert_eq!(messages.len(), 1, "one {event}");
    messages.remove(0)
}

impl World {
    async fn with_family(ctx: TestContext) -> Self {
        let world = Self::new(ctx);
        world.family(&new_parent(), &child_of()).await;
        world
    }

    async fn register(&self, visit: &Visit, who: &Who) -> Token {
        self.portal.registrations().begin(visit, None, who).await.expect("begins")
    }

    async fn step(&self, token: &Token) -> RegistrationStep {
        self.portal.registrations().view(token).await.expect("a registration").step
    }

    async fn prove(&self, token: &Token, code: &Otp) -> Result<RegistrationStep, RegistrationError> {
        self.portal.registrations().verify(&self.home(), token, code).await
    }

    /// As far as the last step, with the mobile on file.
    async fn up_to_finish(&self, who: &Who) -> Token {
        let token = self.register(&self.home(), who).await;
        let code = self.code().await;
        assert_eq!(self.prove(&token, &code).await.unwrap(), RegistrationStep::Contact);
        let next = self.portal.registrations().set_contact(&self.home(), &token, &contact()).await.unwrap();
        assert_eq!(next, RegistrationStep::Finish);
        token
    }

    async fn finish(&self, token: &Token) {
        self.portal.registrations().finish(&self.home(), token).await.expect("is handed in");
    }

    async fn work_off(&self) -> usize {
        let mut done = 0;
        while self.portal.registrations().work("worker").await.expect("works") {
            done += 1;
        }
        done
    }

    async fn progress(&self, token: &Token) -> Option<Progress> {
        self.portal.registrations().view(token).await.expect("a registration").progress
    }
}

async fn a_recognised_parent_gets_an_account(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.register(&world.home(), &who(NEW_ID)).await;
    let view = world.portal.registrations().view(&token).await.unwrap();
    assert_eq!((view.step, view.code_target), (RegistrationStep::Verify, CodeTarget::OnFile));
    assert!(view.who == who(NEW_ID) && view.code.is_some());
    assert_eq!(view.mobile_masked, None, "nothing of what is on file is shown before the code");
    let message = only(world.inbox().await, "registration_code");
    assert_eq!((message.recipient.as_str(), message.channel), (ON_FILE, Channel::Sms));
    world.prove(&token, &code_of(&message)).await.unwrap();
    let view = world.portal.registrations().view(&token).await.unwrap();
    assert_eq!(view.step, RegistrationStep::Contact);
    assert!(view.mobile_masked.is_some_and(|masked| masked.ends_with("67") && masked.contains('•')));

    world.portal.registrations().set_contact(&world.home(), &token, &contact()).await.unwrap();
    let link = only(world.inbox().await, "registration_link");
    assert_eq!((link.recipient.as_str(), link.locale), ("yael@example.org", Locale::Ru));
    world.finish(&token).await;
    assert_eq!(world.progress(&token).await, Some(Progress::Creating { attempts: 0 }));
    assert_eq!(world.work_off().await, 1);
    assert_eq!(world.progress(&token).await, Some(Progress::Messages));
    let messages = world.inbox().await;
    assert_eq!(world.progress(&token).await, Some(Progress::Done));
    let sms = only(messages.clone(), "account_created");
    assert_eq!((sms.recipient.as_str(), sms.locale), (ON_FILE, Locale::Ru));
    let mail = only(messages, "first_password");
    assert_eq!(mail.recipient, "yael@example.org");
    assert_eq!(mail.payload["expires_at"], world.now() + 72 * HOUR);
    assert_eq!(world.count("accounts").await, 1);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM consents WHERE version = '2026-11' AND locale = 'ru'").await, 1);
    assert_eq!(world.audited("account.created", "success").await, 1);

    // The account is theirs: a code to the mobile signs in.
    let signed_in = world.sign_in(&world.home(), NEW_ID).await;
    assert_eq!(signed_in.session.given_name, "Yael");
}

async fn the_unknown_and_the_known_look_alike(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let known = world.register(&world.home(), &who(NEW_ID)).await;
    let unknown = world.register(&world.home(), &who(UNKNOWN_ID)).await;
    let known = world.portal.registrations().view(&known).await.unwrap();
    let unknown = world.portal.registrations().view(&unknown).await.unwrap();
    assert_eq!(known.code, unknown.code);
    assert_eq!(
        (known.step, known.code_target, known.expires_at),
        (unknown.step, unknown.code_target, unknown.expires_at)
    );
    assert_eq!((known.mobile_masked, known.given_mobile_masked), (unknown.mobile_masked, unknown.given_mobile_masked));
    assert_eq!(world.inbox().await.len(), 1, "one message, to the one who is known");
}

async fn the_unknown_leave_the_same_rows(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let tables = ["registrations", "code_flows", "outbox", "audit_log"];
    let mut counts = Vec::new();
    for id in [NEW_ID, UNKNOWN_ID] {
        let mut before = Vec::new();
        for table in tables {
            before.push(world.count(table).await);
        }
        world.register(&world.home(), &who(id)).await;
        let mut grown = Vec::new();
        for (table, before) in tables.into_iter().zip(before) {
            grown.push(world.count(table).await - before);
        }
        counts.push(grown);
    }
    assert_eq!(counts[0], counts[1]);
}

async fn only_a_guardian_born_that_day_is_recognised(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    world.add_person(&NewPerson { identifier: Some(il_id("990356123")), ..NewPerson::named(name("Bar", "Gil")) }).await;
    let wrong = [
        Who { birth_date: BirthDate::parse("1985-04-13").unwrap(), ..who(NEW_ID) },
        Who { child: il_id("000000026"), ..who(NEW_ID) },
        // Somebody else's child, and the child in the place of the adult.
        Who { child: il_id("990356123"), ..who(NEW_ID) },
        Who { child: il_id(NEW_ID), ..who(CHILD_ID) },
    ];
    for who in wrong {
        let token = world.register(&world.home(), &who).await;
        assert!(world.inbox().await.is_empty());
        for guess in ["000000", "123456"] {
            let refused = world.prove(&token, &Otp::parse(guess).unwrap()).await;
            assert!(matches!(refused, Err(RegistrationError::SignIn(SignInError::CodeWrong { .. }))), "{refused:?}");
        }
    }
}

async fn a_roster_without_the_date_recognises_by_the_rest(ctx: TestContext) {
    let world = World::new(ctx);
    world.family(&NewPerson { birth_date: None, ..new_parent() }, &child_of()).await;
    world.up_to_finish(&who(NEW_ID)).await;
}

async fn another_mobile_leads_to_the_review_queue(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    for id in [NEW_ID, UNKNOWN_ID] {
        let token = world.register(&world.home(), &who(id)).await;
        world.inbox().await;
        world.portal.registrations().use_mobile(&world.home(), &token, &mobile(OTHER)).await.unwrap();
        let view = world.portal.registrations().view(&token).await.unwrap();
        assert_eq!((view.step, view.code_target), (RegistrationStep::Verify, CodeTarget::Given));
        assert!(view.given_mobile_masked.is_some());
        let message = only(world.inbox().await, "registration_code");
        assert_eq!(message.recipient, OTHER);
        world.prove(&token, &code_of(&message)).await.unwrap();
        world.portal.registrations().set_contact(&world.home(), &token, &contact()).await.unwrap();
        world.inbox().await;
        world.finish(&token).await;
        let answer_by = world.now() + 3 * 24 * HOUR;
        assert_eq!(world.progress(&token).await, Some(Progress::Review { answer_by }));
        let mail = only(world.inbox().await, "review_received");
        assert_eq!(mail.payload["answer_by"], answer_by);
        world.ctx.clock.advance(HOUR);
    }
    assert_eq!(world.work_off().await, 0);
    assert_eq!((world.count("accounts").await, world.count("reviews").await), (0, 2));
    let of_known = "SELECT COUNT(*) FROM reviews WHERE reason = 'mobile_not_on_file' AND person_id IS NOT NULL";
    assert_eq!(world.ctx.number(of_known).await, 1);
    let of_unknown = "SELECT COUNT(*) FROM reviews WHERE reason = 'not_recognised' AND person_id IS NULL";
    assert_eq!(world.ctx.number(of_unknown).await, 1);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM reviews WHERE child_id IS NOT NULL").await, 2);
}

async fn the_mobile_on_file_typed_again_is_the_mobile_on_file(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.register(&world.home(), &who(NEW_ID)).await;
    world.inbox().await;
    world.portal.registrations().use_mobile(&world.home(), &token, &mobile(ON_FILE)).await.unwrap();
    let code = world.code().await;
    world.prove(&token, &code).await.unwrap();
    world.portal.registrations().set_contact(&world.home(), &token, &contact()).await.unwrap();
    world.finish(&token).await;
    assert_eq!(world.work_off().await, 1);
    assert_eq!(world.count("accounts").await, 1);
}

async fn a_changed_mobile_is_proved_by_its_own_code(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.register(&world.home(), &who(NEW_ID)).await;
    let code = world.code().await;
    world.prove(&token, &code).await.unwrap();
    let changed = ContactChoice { mobile: Some(mobile(OTHER)), ..contact() };
    let next = world.portal.registrations().set_contact(&world.home(), &token, &changed).await.unwrap();
    assert_eq!(next, RegistrationStep::NewMobile);
    let refused = world.portal.registrations().finish(&world.home(), &token).await;
    assert!(matches!(refused, Err(RegistrationError::NotNow(RegistrationStep::NewMobile))), "{refused:?}");
    let message = only(world.inbox().await, "mobile_code");
    assert_eq!(message.recipient, OTHER);
    assert_eq!(world.prove(&token, &code_of(&message)).await.unwrap(), RegistrationStep::Finish);
    world.finish(&token).await;
    world.work_off().await;
    let messages = world.inbox().await;
    assert_eq!(only(messages.clone(), "account_created").recipient, OTHER);
    assert_eq!(only(messages, "mobile_changed").recipient, ON_FILE, "the old number is told");
    world.begin(&world.home(), NEW_ID).await.unwrap();
    assert_eq!(only(world.inbox().await, "sign_in_code").recipient, OTHER);
    assert_eq!(world.audited("person.changed", "success").await, 1);
}

async fn a_changed_mobile_without_its_code_changes_nothing(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.register(&world.home(), &who(NEW_ID)).await;
    let code = world.code().await;
    world.prove(&token, &code).await.unwrap();
    let changed = ContactChoice { mobile: Some(mobile(OTHER)), ..contact() };
    world.portal.registrations().set_contact(&world.home(), &token, &changed).await.unwrap();
    // The code never comes; the number of the second step is taken again.
    let kept = world.portal.registrations().set_contact(&world.home(), &token, &contact()).await.unwrap();
    assert_eq!(kept, RegistrationStep::Finish);
    world.inbox().await;
    world.finish(&token).await;
    world.work_off().await;
    assert_eq!(only(world.inbox().await, "account_created").recipient, ON_FILE);
}

async fn wrong_codes_are_counted(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.register(&world.home(), &who(NEW_ID)).await;
    let code = world.code().await;
    for left in (1..=4).rev() {
        match world.prove(&token, &other_than(&code)).await {
            Err(RegistrationError::SignIn(SignInError::CodeWrong { tries_left })) => assert_eq!(tries_left, left),
            other => panic!("{other:?}"),
        }
    }
    for code in [other_than(&code), code] {
        let dead = world.prove(&token, &code).await;
        assert!(matches!(dead, Err(RegistrationError::SignIn(SignInError::CodeDead))), "{dead:?}");
    }
    let soon = world.portal.registrations().send_again(&world.home(), &token).await;
    assert!(matches!(soon, Err(RegistrationError::SignIn(SignInError::TooSoon { .. }))), "{soon:?}");
    world.ctx.clock.advance(30 * SECOND);
    world.portal.registrations().send_again(&world.home(), &token).await.unwrap();
    let new = world.code().await;
    assert_eq!(world.prove(&token, &new).await.unwrap(), RegistrationStep::Contact);
    assert_eq!(
        world.audited("registration.verified", "failure").await,
        6,
        "five tries, and one row for what came after"
    );
}

async fn a_draft_lives_an_hour(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.up_to_finish(&who(NEW_ID)).await;
    world.ctx.clock.advance(HOUR - 1);
    assert_eq!(world.step(&token).await, RegistrationStep::Finish);
    world.ctx.clock.advance(1);
    let registrations = world.portal.registrations();
    assert!(matches!(registrations.view(&token).await, Err(RegistrationError::Gone)));
    assert!(matches!(registrations.finish(&world.home(), &token).await, Err(RegistrationError::Gone)));
    let again = registrations.begin(&world.home(), Some(&token), &who(NEW_ID)).await.unwrap();
    assert!(again != token, "a new registration");
}

async fn the_same_answers_again_change_nothing(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.up_to_finish(&who(NEW_ID)).await;
    world.inbox().await;
    let again = world.portal.registrations().begin(&world.home(), Some(&token), &who(NEW_ID)).await.unwrap();
    assert!(again == token);
    assert_eq!(world.step(&token).await, RegistrationStep::Finish);
    assert!(world.inbox().await.is_empty(), "no second code");
}

async fn asking_anew_within_the_wait_uses_up_nothing(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    for id in [NEW_ID, UNKNOWN_ID] {
        for time in 0..8 {
            let token = world.register(&world.elsewhere(), &who(id)).await;
            let code = world.portal.registrations().view(&token).await.unwrap().code.unwrap();
            // The first three come at once.
            let wait = if time < 2 { 30 * SECOND } else { 2 * MINUTE };
            assert_eq!((code.sent_at.is_some(), code.next_send_at), (time < 3, world.now() + wait), "{id}");
        }
    }
    assert_eq!(world.inbox().await.len(), 3);
    world.ctx.clock.advance(2 * MINUTE);
    world.up_to_finish(&who(NEW_ID)).await;
}

async fn a_slip_is_mended_and_the_code_goes_anew(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let slip = Who { birth_date: BirthDate::parse("1985-04-21").unwrap(), ..who(NEW_ID) };
    let token = world.register(&world.home(), &slip).await;
    assert!(world.inbox().await.is_empty());
    let token = world.portal.registrations().begin(&world.home(), Some(&token), &who(NEW_ID)).await.unwrap();
    assert_eq!(world.count("registrations").await, 1, "the same registration");
    let code = world.code().await;
    assert_eq!(world.prove(&token, &code).await.unwrap(), RegistrationStep::Contact);
}

async fn whoever_was_in_before_is_out(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let registrations = world.portal.registrations();
    // At a shared browser: a stranger begins with somebody else's details and keeps the cookie.
    let kept = world.register(&world.home(), &who(NEW_ID)).await;
    world.inbox().await;
    let token = registrations.begin(&world.home(), Some(&kept), &who(NEW_ID)).await.unwrap();
    assert!(
        matches!(registrations.view(&kept).await, Err(RegistrationError::Gone)),
        "the cookie that was kept is worth nothing"
    );
    assert_eq!(world.step(&token).await, RegistrationStep::Verify);

    // Or proves a phone of their own first, lets another device in, and leaves.
    let own = world.register(&world.home(), &who(UNKNOWN_ID)).await;
    registrations.use_mobile(&world.home(), &own, &mobile(OTHER)).await.unwrap();
    let code = world.code().await;
    world.prove(&own, &code).await.unwrap();
    registrations.set_contact(&world.home(), &own, &contact()).await.unwrap();
    let link = only(world.inbox().await, "registration_link");
    let link = Token::parse(link.payload["draft"].as_str().unwrap()).unwrap();
    let device = registrations.resume(&world.elsewhere(), &link, UNKNOWN_ID).await.unwrap();
    let victim = registrations.begin(&world.home(), Some(&own), &who(NEW_ID)).await.unwrap();
    assert_eq!(world.step(&victim).await, RegistrationStep::Verify);
    let seen = registrations.view(&device).await.unwrap();
    assert!(seen.who == who(UNKNOWN_ID), "the other device is in the other registration");

    // A mistyped address is mended: whoever was let in by the link to it is out.
    let choice = ContactChoice { email: Email::parse("mended@example.org").unwrap(), ..contact() };
    registrations.set_contact(&world.home(), &own, &choice).await.unwrap();
    assert!(matches!(registrations.view(&device).await, Err(RegistrationError::Gone)));
}

async fn a_number_replaced_on_file_is_not_proved(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.register(&world.home(), &who(NEW_ID)).await;
    let code = world.code().await;
    // The school replaces the number while the code is under way.
    replace_mobile(&world).await;
    assert!(world.prove(&token, &code).await.is_err());

    world.ctx.clock.advance(30 * SECOND);
    let token = world.register(&world.home(), &who(NEW_ID)).await;
    let code = world.code().await;
    world.prove(&token, &code).await.unwrap();
    world.portal.registrations().set_contact(&world.home(), &token, &contact()).await.unwrap();
    // Or once it was proved.
    world.ctx.execute("UPDATE people SET mobile_sealed = NULL, mobile_index = NULL").await.unwrap();
    world.finish(&token).await;
    assert!(matches!(world.progress(&token).await, Some(Progress::Review { .. })));
}

/// Writes another mobile into the row, as the office does.
async fn replace_mobile(world: &World) {
    let other = NewPerson { mobile: Some(mobile(OTHER)), ..NewPerson::named(name("Any", "Body")) };
    world.add_person(&other).await;
    // Sealed for its own row, so the same number is sealed again by moving the person's data over.
    world.ctx.execute("DELETE FROM guardians").await.unwrap();
    world.ctx.execute("DELETE FROM people").await.unwrap();
    world.family(&NewPerson { mobile: Some(mobile(OTHER)), ..new_parent() }, &child_of()).await;
}

async fn staff_are_not_opened_by_a_mobile_alone(ctx: TestContext) {
    let world = World::new(ctx);
    world.family(&NewPerson { grants: teacher().grants, ..new_parent() }, &child_of()).await;
    let token = world.up_to_finish(&who(NEW_ID)).await;
    world.finish(&token).await;
    assert!(matches!(world.progress(&token).await, Some(Progress::Review { .. })));
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM reviews WHERE reason = 'staff'").await, 1);
    assert_eq!(world.work_off().await, 0);
}

async fn contacts_can_be_changed_until_it_is_handed_in(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.up_to_finish(&who(NEW_ID)).await;
    let other = ContactChoice { email: Email::parse("other@example.org").unwrap(), ..contact() };
    world.portal.registrations().set_contact(&world.home(), &token, &other).await.unwrap();
    let view = world.portal.registrations().view(&token).await.unwrap();
    assert_eq!(view.email, Some(other.email.clone()));
    assert_eq!((view.locale, view.consent.as_deref()), (Some(Locale::Ru), Some("2026-11")));
    world.finish(&token).await;
    world.work_off().await;
    assert_eq!(only(world.inbox().await, "first_password").recipient, "other@example.org");
    let late = world.portal.registrations().set_contact(&world.home(), &token, &contact()).await;
    assert!(matches!(late, Err(RegistrationError::NotNow(RegistrationStep::Submitted))), "{late:?}");
}

async fn another_device_continues_by_the_link(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.up_to_finish(&who(NEW_ID)).await;
    let link = only(world.inbox().await, "registration_link");
    let link = Token::parse(link.payload["draft"].as_str().unwrap()).unwrap();
    let registrations = world.portal.registrations();
    let visit = world.elsewhere();
    // The link by itself opens nothing.
    assert!(matches!(registrations.view(&link).await, Err(RegistrationError::Gone)));
    assert!(matches!(registrations.finish(&visit, &link).await, Err(RegistrationError::Gone)));
    for _ in 0..5 {
        let refused = registrations.resume(&visit, &link, UNKNOWN_ID).await;
        assert!(matches!(refused, Err(RegistrationError::OtherNumber)), "{refused:?}");
    }
    let waits = registrations.resume(&visit, &link, NEW_ID).await;
    assert!(matches!(waits, Err(RegistrationError::SignIn(SignInError::Wait { .. }))), "{waits:?}");
    world.ctx.clock.advance(6 * SECOND);
    let there = registrations.resume(&visit, &link, "12345678-2").await.unwrap();
    assert_eq!(world.step(&there).await, RegistrationStep::Finish);
    // Both devices are in the same registration.
    registrations.finish(&visit, &there).await.unwrap();
    assert_eq!(world.step(&token).await, RegistrationStep::Submitted);
    let unknown = registrations.resume(&visit, &Token::generate(world.portal.rng()), NEW_ID).await;
    assert!(matches!(unknown, Err(RegistrationError::Gone)), "{unknown:?}");
}

async fn handing_in_twice_makes_one_account(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.up_to_finish(&who(NEW_ID)).await;
    let (home, registrations) = (world.home(), world.portal.registrations());
    let (first, second) = tokio::join!(registrations.finish(&home, &token), registrations.finish(&home, &token));
    first.unwrap();
    second.unwrap();
    world.inbox().await;
    assert_eq!(world.work_off().await, 1);
    world.finish(&token).await;
    assert_eq!(world.work_off().await, 0);
    assert_eq!(world.count("accounts").await, 1);
    only(world.inbox().await, "first_password");
}

async fn two_registrations_of_one_person_make_one_account(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        tokens.push(world.up_to_finish(&who(NEW_ID)).await);
        world.inbox().await;
    }
    for token in &tokens {
        world.finish(token).await;
    }
    let registrations = world.portal.registrations();
    let (first, second) = tokio::join!(registrations.work("a"), registrations.work("b"));
    assert!(first.unwrap() && second.unwrap());
    world.work_off().await;
    assert_eq!(world.count("accounts").await, 1);
    let messages = world.inbox().await;
    only(messages.clone(), "first_password");
    only(messages, "already_registered");
    for token in &tokens {
        assert_eq!(world.progress(token).await, Some(Progress::Done));
    }
}

async fn an_existing_account_is_never_touched(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.up_to_finish(&who(NEW_ID)).await;
    world.finish(&token).await;
    world.work_off().await;
    world.inbox().await;
    let owner = world.sign_in(&world.home(), NEW_ID).await;
    world.set_password(owner.session.account_id, GOOD_PASSWORD).await;
    world.ctx.clock.advance(2 * HOUR);
    let before = world.ctx.number("SELECT CAST(SUM(version) AS BIGINT) FROM people").await;

    // A stranger who knows the numbers and has a phone of their own.
    let stranger = ContactChoice { email: Email::parse("evil@example.org").unwrap(), ..contact() };
    let token = world.register(&world.elsewhere(), &who(NEW_ID)).await;
    assert_eq!(only(world.inbox().await, "registration_code").recipient, ON_FILE, "the owner sees it");
    world.portal.registrations().use_mobile(&world.elsewhere(), &token, &mobile(OTHER)).await.unwrap();
    let code = world.code().await;
    world.prove(&token, &code).await.unwrap();
    world.portal.registrations().set_contact(&world.elsewhere(), &token, &stranger).await.unwrap();
    world.inbox().await;
    world.finish(&token).await;
    assert!(matches!(world.progress(&token).await, Some(Progress::Review { .. })));
    let notice = only(world.inbox().await, "already_registered");
    assert_eq!(notice.recipient, "yael@example.org");
    assert_eq!(world.work_off().await, 0);

    // The owner again, with the phone on file: the same screens, the same end, nothing changed.
    world.ctx.clock.advance(2 * HOUR);
    let token = world.up_to_finish(&who(NEW_ID)).await;
    world.inbox().await;
    world.finish(&token).await;
    assert_eq!(world.work_off().await, 1);
    only(world.inbox().await, "already_registered");
    assert_eq!(world.progress(&token).await, Some(Progress::Done));
    assert_eq!(world.ctx.number("SELECT CAST(SUM(version) AS BIGINT) FROM people").await, before);
    assert_eq!((world.count("accounts").await, world.count("password_tickets").await), (1, 1));
    let password = world.portal.passwords();
    let user_code = world.portal.people().me(&owner.session).await.unwrap().user_code;
    let outcome =
        password.sign_in(&world.home(), user_code.as_str(), &crate::portal::password(GOOD_PASSWORD), None).await;
    assert!(matches!(outcome, Ok(PasswordOutcome::SignedIn(_))));
}

async fn the_owner_is_told_once_an_hour(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.up_to_finish(&who(NEW_ID)).await;
    world.finish(&token).await;
    world.work_off().await;
    world.inbox().await;
    for (pause, told) in [(0, 1), (HOUR / 2, 0), (HOUR, 1)] {
        world.ctx.clock.advance(pause);
        let token = world.up_to_finish(&who(NEW_ID)).await;
        world.inbox().await;
        world.finish(&token).await;
        world.work_off().await;
        let notices = world.inbox().await.iter().filter(|message| message.event == "already_registered").count();
        assert_eq!(notices, told);
    }
}

async fn one_open_request_for_one_number(ctx: TestContext) {
    let world = World::new(ctx);
    let mut dates = Vec::new();
    for _ in 0..2 {
        let token = world.register(&world.home(), &who(UNKNOWN_ID)).await;
        world.portal.registrations().use_mobile(&world.home(), &token, &mobile(OTHER)).await.unwrap();
        let code = world.code().await;
        world.prove(&token, &code).await.unwrap();
        world.portal.registrations().set_contact(&world.home(), &token, &contact()).await.unwrap();
        world.inbox().await;
        world.finish(&token).await;
        dates.push(world.progress(&token).await);
        world.inbox().await;
        world.ctx.clock.advance(10 * MINUTE);
    }
    assert_ne!(dates[0], dates[1], "the page does not tell that a request is open already");
    assert_eq!(world.count("reviews").await, 1);
    let promised = world.ctx.number("SELECT answer_by FROM reviews").await;
    assert_eq!(dates[0], Some(Progress::Review { answer_by: promised }), "the first promise holds");
}

async fn a_job_that_fails_twice_succeeds_the_third_time(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.up_to_finish(&who(NEW_ID)).await;
    world.inbox().await;
    world.finish(&token).await;
    // No account can be written while the audit log can't.
    world.ctx.execute("ALTER TABLE consents RENAME TO consents_away").await.unwrap();
    for attempts in 1..=2 {
        assert!(world.portal.registrations().work("worker").await.unwrap());
        assert_eq!(world.progress(&token).await, Some(Progress::Creating { attempts }));
        assert_eq!(world.count("accounts").await, 0, "all or nothing");
        assert!(world.inbox().await.is_empty());
        assert!(!world.portal.registrations().work("worker").await.unwrap(), "it waits");
        world.ctx.clock.advance(MINUTE);
    }
    world.ctx.execute("ALTER TABLE consents_away RENAME TO consents").await.unwrap();
    assert_eq!(world.work_off().await, 1);
    assert_eq!(world.count("accounts").await, 1);
    only(world.inbox().await, "first_password");
}

async fn a_worker_that_dies_loses_nothing(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.up_to_finish(&who(NEW_ID)).await;
    world.inbox().await;
    world.finish(&token).await;
    // Leased by a worker that was killed; and over an hour later.
    let leased = format!(
        "UPDATE registrations SET state = 'working', lease_owner = 'dead', attempts = 1, lease_until = {}",
        world.now() + MINUTE
    );
    world.ctx.execute(&leased).await.unwrap();
    assert_eq!(world.work_off().await, 0);
    world.ctx.clock.advance(2 * HOUR);
    world.portal.housekeeping().run().await.unwrap();
    assert_eq!(world.work_off().await, 1);
    assert_eq!(world.count("accounts").await, 1);
}

async fn two_hundred_at_once_end_once_each(ctx: TestContext) {
    let settings = Settings {
        registration: RegistrationSettings { starts: 1_000, ..RegistrationSettings::default() },
        addresses: AddressSettings { code_requests: 1_000, ..AddressSettings::default() },
        ..settings()
    };
    let world = World::with(ctx, settings);
    let mut tokens = Vec::new();
    for number in 0..200_u32 {
        let (parent_id, child_id) = (valid(50_000_000 + number), valid(60_000_000 + number));
        let phone = mobile(&format!("+97253{:07}", 1_000_000 + number));
        let parent = NewPerson { identifier: Some(il_id(&parent_id)), mobile: Some(phone), ..new_parent() };
        world.family(&parent, &NewPerson { identifier: Some(il_id(&child_id)), ..child_of() }).await;
        let token = world.register(&world.home(), &Who { child: il_id(&child_id), ..who(&parent_id) }).await;
        let code = world.code().await;
        world.prove(&token, &code).await.unwrap();
        let email = Email::parse(&format!("parent{number}@example.org")).unwrap();
        world
            .portal
            .registrations()
            .set_contact(&world.home(), &token, &ContactChoice { email, ..contact() })
            .await
            .unwrap();
        world.inbox().await;
        tokens.push(token);
    }
    let mut handing_in = tokio::task::JoinSet::new();
    for token in tokens.clone() {
        let world = world.clone();
        handing_in.spawn(async move { world.finish(&token).await });
    }
    let mut workers = tokio::task::JoinSet::new();
    for owner in ["a", "b", "c"] {
        let portal = world.portal.clone();
        workers.spawn(async move {
            let mut idle = 0;
            while idle < 200 {
                if portal.registrations().work(owner).await.unwrap() {
                    idle = 0;
                } else {
                    idle += 1;
                    tokio::task::yield_now().await;
                }
            }
        });
    }
    while let Some(done) = handing_in.join_next().await {
        done.unwrap();
    }
    while let Some(done) = workers.join_next().await {
        done.unwrap();
    }
    world.work_off().await;
    assert_eq!(world.count("accounts").await, 200);
    assert_eq!(world.ctx.number("SELECT COUNT(DISTINCT user_code) FROM accounts").await, 200);
    let mails = "SELECT COUNT(*) FROM outbox WHERE event = 'first_password'";
    assert_eq!(world.ctx.number(mails).await, 200);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM registrations WHERE state = 'created'").await, 200);
}

/// Eight digits and the check digit that fits them.
fn valid(first: u32) -> String {
    (0..10).map(|check| format!("{first:08}{check}")).find(|number| domain::IdNumber::parse(number).is_ok()).unwrap()
}

async fn walking_through_numbers_is_stopped(ctx: TestContext) {
    let settings = Settings {
        registration: RegistrationSettings { starts: 10, ..RegistrationSettings::default() },
        addresses: AddressSettings { trusted: vec!["203.0.113.0/24".parse().unwrap()], ..AddressSettings::default() },
        ..settings()
    };
    let world = World::with(ctx, settings);
    let begin = async |visit: Visit, number: u32| {
        world.portal.registrations().begin(&visit, None, &who(&valid(70_000_000 + number))).await.map(|_| ())
    };
    for number in 0..10 {
        begin(world.home(), number).await.unwrap();
    }
    for number in [10, 0] {
        let refused = begin(world.home(), number).await;
        assert!(matches!(refused, Err(RegistrationError::SignIn(SignInError::TooMany { .. }))), "{refused:?}");
    }
    // A listed school network may more, not everything.
    for number in 0..50 {
        begin(world.elsewhere(), number).await.unwrap();
    }
    assert!(begin(world.elsewhere(), 50).await.is_err());
    world.ctx.clock.advance(10 * MINUTE);
    begin(world.home(), 10).await.unwrap();
}

async fn codes_to_typed_mobiles_are_capped(ctx: TestContext) {
    let settings = Settings {
        registration: RegistrationSettings {
            given_sends: 5,
            given_sends_in_all: 12,
            ..RegistrationSettings::default()
        },
        ..settings()
    };
    let world = World::with(ctx, settings);
    let number = |n: u32| mobile(&format!("+97252{:07}", 2_000_000 + n));
    let registrations = world.portal.registrations();
    let token = world.register(&world.home(), &who(UNKNOWN_ID)).await;
    for n in 0..5 {
        registrations.use_mobile(&world.home(), &token, &number(n)).await.unwrap();
    }
    let refused = registrations.use_mobile(&world.home(), &token, &number(5)).await;
    assert!(matches!(refused, Err(RegistrationError::SignIn(SignInError::TooMany { .. }))), "{refused:?}");
    // Many sources: everybody together has a limit too.
    let mut sent = 5;
    for source in 1..=20_u8 {
        let visit = Visit { address: Some(IpAddr::from([198, 18, 0, source])), ..world.home() };
        if registrations.use_mobile(&visit, &token, &number(100 + u32::from(source))).await.is_ok() {
            sent += 1;
        }
    }
    assert_eq!(sent, 12);
    assert_eq!(world.inbox().await.len(), 12);
    // And one number gets five at most, whoever asks.
    world.ctx.clock.advance(HOUR);
    let mut arrived = 0;
    for source in 1..=7_u8 {
        let visit = Visit { address: Some(IpAddr::from([198, 18, 1, source])), ..world.home() };
        let token = world.register(&visit, &who(UNKNOWN_ID)).await;
        registrations.use_mobile(&visit, &token, &number(0)).await.unwrap();
        arrived += world.inbox().await.len();
        world.ctx.clock.advance(2 * MINUTE);
    }
    assert_eq!(arrived, 5);
}

async fn strangers_can_not_bury_a_mailbox(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.up_to_finish(&who(NEW_ID)).await;
    let mut mails = world.inbox().await.len();
    for round in 0..10 {
        let email = if round % 2 == 0 { "other@example.org" } else { "yael@example.org" };
        let choice = ContactChoice { email: Email::parse(email).unwrap(), ..contact() };
        world.portal.registrations().set_contact(&world.home(), &token, &choice).await.unwrap();
        mails += world.inbox().await.len();
    }
    assert_eq!(mails, 5, "of one registration, to whomever");
    // Many registrations with one address: five too, whoever begins them.
    let mut to_one = 0;
    for number in 0..8 {
        let token = world.register(&world.home(), &who(&valid(80_000_000 + number))).await;
        let phone = mobile(&format!("+97252{:07}", 3_000_000 + number));
        world.portal.registrations().use_mobile(&world.home(), &token, &phone).await.unwrap();
        let code = world.code().await;
        world.prove(&token, &code).await.unwrap();
        let choice = ContactChoice { email: Email::parse("victim@example.org").unwrap(), ..contact() };
        world.portal.registrations().set_contact(&world.home(), &token, &choice).await.unwrap();
        to_one += world.inbox().await.len();
    }
    assert_eq!(to_one, 5);
}

async fn nothing_typed_is_stored_in_clear(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    world.up_to_finish(&who(NEW_ID)).await;
    for typed in [NEW_ID, CHILD_ID, "1985-04-12", ON_FILE, "yael@example.org"] {
        for (table, column) in [("registrations", "answers_sealed"), ("outbox", "payload_sealed")] {
            let bytes: String = typed.bytes().map(|byte| format!("{byte:02x}")).collect();
            let sql = match world.portal.db().backend() {
                services::store::Backend::Sqlite => {
                    format!("SELECT COUNT(*) FROM {table} WHERE instr(lower(hex({column})), '{bytes}') > 0")
                }
                services::store::Backend::Postgres => {
                    format!("SELECT COUNT(*) FROM {table} WHERE position('{bytes}' IN encode({column}, 'hex')) > 0")
                }
            };
            assert_eq!(world.ctx.number(&sql).await, 0, "{table}");
        }
    }
    let audit = world.portal.registrations();
    let view = format!("{:?}", audit.view(&Token::generate(world.portal.rng())).await.err());
    assert!(!view.contains(NEW_ID));
}

async fn the_initial_password_only_opens_the_wizard(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    let token = world.up_to_finish(&who(NEW_ID)).await;
    world.finish(&token).await;
    world.work_off().await;
    let mail = only(world.inbox().await, "first_password");
    let (user_code, initial) =
        (mail.payload["user_code"].as_str().unwrap(), mail.payload["password"].as_str().unwrap());
    let sign_in =
        async |text: &str| world.portal.passwords().sign_in(&world.home(), user_code, &password(text), None).await;
    assert!(matches!(sign_in("not it at all, really").await, Err(SignInError::Wrong)));
    // However it is typed.
    let outcome = sign_in(&format!(" {} ", initial.to_lowercase())).await.unwrap();
    assert!(matches!(outcome, PasswordOutcome::ChoosePassword(_)), "{outcome:?}");
    assert_eq!(world.count("sessions").await, 0);
    only(world.inbox().await, "password_code");
    assert!(matches!(sign_in(initial).await, Err(SignInError::Wrong)), "once");
    assert_eq!(world.audited("password.initial_used", "success").await, 1);
}

async fn what_is_over_is_swept(ctx: TestContext) {
    let world = World::with_family(ctx).await;
    world.up_to_finish(&who(NEW_ID)).await;
    world.register(&world.home(), &who(UNKNOWN_ID)).await;
    world.ctx.clock.advance(HOUR);
    let swept = world.portal.housekeeping().run().await.unwrap();
    assert_eq!(swept.registrations, 2);
    assert_eq!(world.count("registrations").await, 0);
}
