//! Signing in by one-time code, on both databases.

use domain::{IdKind, Locale, Otp, PersonIdentifier};
use services::codes::FlowPurpose;
use services::people::NewPerson;
use services::settings::{AddressSettings, CodeSettings};
use services::{Settings, SignInError, SignInMethod};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    the_right_code_signs_in,
    five_wrong_codes_kill_a_code_and_a_new_one_helps,
    wrong_codes_count_for_the_account_across_codes,
    a_code_expires,
    the_newest_and_the_one_before_it_are_accepted,
    a_dead_code_does_not_come_back_with_a_new_one,
    wrong_tries_of_a_code_stay_with_it,
    a_resend_waits_its_time,
    five_codes_an_hour_and_not_one_more,
    a_flow_begins_over_the_limit_and_sends_nothing,
    the_wait_holds_in_every_browser,
    a_right_code_ends_the_wait_for_the_next,
    one_code_is_accepted_where_the_portal_says_so,
    the_unknown_are_treated_as_the_known,
    the_unknown_leave_the_same_rows,
    whoever_may_not_sign_in_by_code_gets_none,
    a_snils_is_one_persons,
    a_snils_signs_in,
    of_many_right_answers_one_signs_in,
    a_code_works_once,
    a_code_works_in_its_own_browser_only,
    an_account_disabled_meanwhile_stays_out,
    an_address_has_a_high_limit_and_schools_have_none,
    the_message_says_what_it_is_for_in_the_owners_language,
    nothing_secret_is_stored_in_clear,
    what_is_over_is_swept,
);

async fn the_right_code_signs_in(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent().await;
    let visit = world.home();
    let started =
        world.portal.codes().begin(&visit, &il_id("3933742-3"), Some("/me/sessions".to_owned())).await.unwrap();
    let view = started.view;
    assert_eq!(view.purpose, FlowPurpose::SignIn);
    assert_eq!(view.sent_at, Some(world.now()));
    assert_eq!(view.next_send_at, world.now() + 30 * SECOND);
    assert_eq!(view.code_expires_at, world.now() + 5 * MINUTE);
    assert_eq!(view.expires_at, world.now() + 30 * MINUTE);
    assert_eq!(view.sends_left, 4);
    assert_eq!(world.portal.codes().view(&started.token).await.unwrap(), view);

    let code = world.code().await;
    let signed_in = world.verify(&started.token, &code).await.unwrap();
    assert_eq!(signed_in.session.account_id, account.id);
    assert_eq!(signed_in.session.method, SignInMethod::SmsCode);
    assert_eq!(signed_in.session.given_name, "Dana");
    assert_eq!(signed_in.session.previous_sign_in_at, None);
    assert_eq!(signed_in.return_to.as_deref(), Some("/me/sessions"));
    let found = world.portal.sessions().find(&signed_in.token).await.unwrap().unwrap();
    assert_eq!(found.id, signed_in.session.id);
    assert_eq!(world.audited("code.requested", "success").await, 1);
    assert_eq!(world.audited("sign_in.code", "success").await, 1);

    // The next sign-in knows of this one.
    world.ctx.clock.advance(HOUR);
    let again = world.sign_in(&visit, PARENT_ID).await;
    assert_eq!(again.session.previous_sign_in_at, Some(world.now() - HOUR));
}

async fn five_wrong_codes_kill_a_code_and_a_new_one_helps(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    let code = world.code().await;
    let wrong = other_than(&code);
    for left in (1..=4).rev() {
        match world.verify(&started.token, &wrong).await {
            Err(SignInError::CodeWrong { tries_left }) => assert_eq!(tries_left, left),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(world.verify(&started.token, &wrong).await, Err(SignInError::CodeDead)));
    assert!(matches!(world.verify(&started.token, &code).await, Err(SignInError::CodeDead)), "even the right one");
    assert!(matches!(world.verify(&started.token, &code).await, Err(SignInError::CodeDead)));
    assert_eq!(world.audited("sign_in.code", "failure").await, 6, "five tries, and one row for all that came after");

    world.ctx.clock.advance(30 * SECOND);
    world.portal.codes().resend(&world.home(), &started.token).await.unwrap();
    let new = world.code().await;
    assert!(world.verify(&started.token, &new).await.is_ok());
}

async fn wrong_codes_count_for_the_account_across_codes(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let mut begun = Vec::new();
    for _ in 0..3 {
        let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
        begun.push((started, world.code().await));
        world.ctx.clock.advance(MINUTE);
    }
    let (started, code) = begun.pop().unwrap();
    // Five wrong tries at each of two codes, in two browsers.
    for (started, code) in begun {
        for _ in 0..5 {
            let refused = world.verify(&started.token, &other_than(&code)).await;
            assert!(matches!(refused, Err(SignInError::CodeWrong { .. } | SignInError::CodeDead)), "{refused:?}");
        }
    }
    // The tenth began a wait for the account, whatever the code.
    match world.verify(&started.token, &code).await {
        Err(SignInError::Wait { retry_at }) => assert_eq!(retry_at, world.now() + 5 * SECOND),
        other => panic!("{other:?}"),
    }
    world.ctx.clock.advance(5 * SECOND - 1);
    assert!(matches!(world.verify(&started.token, &code).await, Err(SignInError::Wait { .. })));
    assert_eq!(world.audited("sign_in.code", "failure").await, 11, "ten tries, and one row for the wait");
    world.ctx.clock.advance(1);
    assert!(matches!(world.verify(&started.token, &other_than(&code)).await, Err(SignInError::CodeWrong { .. })));
    match world.verify(&started.token, &code).await {
        Err(SignInError::Wait { retry_at }) => assert_eq!(retry_at, world.now() + 10 * SECOND),
        other => panic!("{other:?}"),
    }
    world.ctx.clock.advance(10 * SECOND);
    assert!(world.verify(&started.token, &code).await.is_ok());
    // The right code forgets the wrong ones.
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    let code = world.code().await;
    let refused = world.verify(&started.token, &other_than(&code)).await;
    assert!(matches!(refused, Err(SignInError::CodeWrong { tries_left: 4 })));
    assert!(world.verify(&started.token, &code).await.is_ok());
}

async fn a_code_expires(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    let code = world.code().await;
    world.ctx.clock.advance(5 * MINUTE);
    assert!(matches!(world.verify(&started.token, &code).await, Err(SignInError::CodeExpired)));
    // Asking again in the same browser helps; the flow itself ends later.
    world.portal.codes().resend(&world.home(), &started.token).await.unwrap();
    let new = world.code().await;
    world.ctx.clock.advance(5 * MINUTE - 1);
    assert!(world.verify(&started.token, &new).await.is_ok());

    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    world.ctx.clock.advance(30 * MINUTE);
    assert!(matches!(world.portal.codes().view(&started.token).await, Err(SignInError::FlowUnknown)));
    let resent = world.portal.codes().resend(&world.home(), &started.token).await;
    assert!(matches!(resent, Err(SignInError::FlowUnknown)));
}

async fn the_newest_and_the_one_before_it_are_accepted(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    for accepted in [1, 2] {
        let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
        let mut codes = vec![world.code().await];
        for wait in [30, 60] {
            world.ctx.clock.advance(wait * SECOND);
            world.portal.codes().resend(&world.home(), &started.token).await.unwrap();
            codes.push(world.code().await);
        }
        let oldest = world.verify(&started.token, &codes[0]).await;
        assert!(matches!(oldest, Err(SignInError::CodeWrong { .. })), "the one before that is not");
        assert!(world.verify(&started.token, &codes[accepted]).await.is_ok());
        world.ctx.clock.advance(HOUR);
    }
    // The one before the newest keeps its own time.
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    let first = world.code().await;
    world.ctx.clock.advance(4 * MINUTE);
    world.portal.codes().resend(&world.home(), &started.token).await.unwrap();
    let second = world.code().await;
    world.ctx.clock.advance(MINUTE);
    assert!(matches!(world.verify(&started.token, &first).await, Err(SignInError::CodeWrong { .. })));
    assert!(world.verify(&started.token, &second).await.is_ok());
}

async fn a_dead_code_does_not_come_back_with_a_new_one(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    let dead = world.code().await;
    for _ in 0..5 {
        assert!(world.verify(&started.token, &other_than(&dead)).await.is_err());
    }
    world.ctx.clock.advance(30 * SECOND);
    world.portal.codes().resend(&world.home(), &started.token).await.unwrap();
    assert!(matches!(world.verify(&started.token, &dead).await, Err(SignInError::CodeWrong { tries_left: 4 })));
}

async fn wrong_tries_of_a_code_stay_with_it(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    let first = world.code().await;
    for _ in 0..4 {
        assert!(world.verify(&started.token, &other_than(&first)).await.is_err());
    }
    world.ctx.clock.advance(30 * SECOND);
    world.portal.codes().resend(&world.home(), &started.token).await.unwrap();
    let second = world.code().await;
    // Neither code: the fifth wrong try of the first, the first of the second.
    let neither = (0..3).map(|n| Otp::parse(&format!("00000{n}")).unwrap());
    let neither =
        neither.into_iter().find(|code| [&first, &second].iter().all(|sent| sent.as_str() != code.as_str())).unwrap();
    assert!(matches!(world.verify(&started.token, &neither).await, Err(SignInError::CodeWrong { tries_left: 4 })));
    assert!(matches!(world.verify(&started.token, &first).await, Err(SignInError::CodeWrong { tries_left: 3 })));
    assert!(world.verify(&started.token, &second).await.is_ok());
}

async fn a_resend_waits_its_time(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    world.code().await;
    for (number, wait) in [30, 60, 120, 120].into_iter().enumerate() {
        world.ctx.clock.advance(wait * SECOND - 1);
        match world.portal.codes().resend(&world.home(), &started.token).await {
            Err(SignInError::TooSoon { retry_at }) => assert_eq!(retry_at, world.now() + 1),
            other => panic!("{number}: {other:?}"),
        }
        world.ctx.clock.advance(1);
        let view = world.portal.codes().resend(&world.home(), &started.token).await.unwrap();
        assert_eq!(view.sent_at, Some(world.now()));
        world.code().await;
        assert_eq!(view.sends_left, 3 - u32::try_from(number).unwrap());
    }
    assert_eq!(world.audited("code.resent", "success").await, 4);
}

async fn five_codes_an_hour_and_not_one_more(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let first_at = world.now();
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    world.code().await;
    for _ in 0..4 {
        world.ctx.clock.advance(2 * MINUTE);
        world.portal.codes().resend(&world.home(), &started.token).await.unwrap();
        world.code().await;
    }
    world.ctx.clock.advance(2 * MINUTE);
    let view = world.portal.codes().view(&started.token).await.unwrap();
    assert_eq!((view.sends_left, view.next_send_at), (0, first_at + HOUR));
    match world.portal.codes().resend(&world.home(), &started.token).await {
        Err(SignInError::TooMany { retry_at }) => assert_eq!(retry_at, first_at + HOUR),
        other => panic!("{other:?}"),
    }
    assert!(world.inbox().await.is_empty());

    // In any hour, not in each: when the first of the five is an hour old, one more can be sent, and no second.
    world.ctx.clock.set(first_at + HOUR);
    assert!(world.begin(&world.home(), PARENT_ID).await.unwrap().view.sent_at.is_some());
    world.ctx.clock.advance(2 * MINUTE - 1);
    let second = world.begin(&world.home(), PARENT_ID).await.unwrap();
    assert_eq!(second.view.sent_at, None);
    assert_eq!(second.view.next_send_at, first_at + 2 * MINUTE + HOUR);
    assert_eq!(world.inbox().await.len(), 1);
}

async fn a_flow_begins_over_the_limit_and_sends_nothing(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    for id in [PARENT_ID, UNKNOWN_ID] {
        let first_at = world.now();
        for _ in 0..5 {
            assert_eq!(world.begin(&world.home(), id).await.unwrap().view.sent_at, Some(world.now()));
            world.ctx.clock.advance(2 * MINUTE);
        }
        world.inbox().await;
        let started = world.begin(&world.home(), id).await.unwrap();
        assert_eq!(started.view.sent_at, None, "{id}");
        assert_eq!(started.view.sends_left, 0);
        assert_eq!(started.view.next_send_at, first_at + HOUR);
        assert!(world.inbox().await.is_empty());
        let code = Otp::parse("123456").unwrap();
        assert!(matches!(world.verify(&started.token, &code).await, Err(SignInError::CodeExpired)));
        let resent = world.portal.codes().resend(&world.home(), &started.token).await;
        assert!(matches!(resent, Err(SignInError::TooMany { retry_at }) if retry_at == first_at + HOUR));
    }
    assert_eq!(world.audited("code.requested", "refused").await, 2);
}

async fn the_wait_holds_in_every_browser(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    for id in [PARENT_ID, UNKNOWN_ID] {
        let known = usize::from(id == PARENT_ID);
        // Mistyped, closed, begun at another device: the first three come at once.
        for left in [4, 3, 2] {
            let view = world.begin(&world.home(), id).await.unwrap().view;
            assert_eq!((view.sent_at, view.sends_left), (Some(world.now()), left), "{id}");
            assert_eq!(world.inbox().await.len(), known);
        }
        // Whoever asks anew then, here or elsewhere, sees the clock and gets nothing.
        let mut free_at = world.now() + 2 * MINUTE;
        let mut waited = Vec::new();
        for visit in [world.home(), world.elsewhere()] {
            let early = world.begin(&visit, id).await.unwrap();
            assert_eq!((early.view.sent_at, early.view.next_send_at), (None, free_at), "{id}");
            assert_eq!(world.portal.codes().view(&early.token).await.unwrap(), early.view);
            assert!(world.inbox().await.is_empty());
            let refused = world.verify(&early.token, &Otp::parse("123456").unwrap()).await;
            assert!(matches!(refused, Err(SignInError::CodeExpired)), "{refused:?}");
            waited.push(early.token);
        }
        // Browsers that had to wait ask in their turn; each waits for the one before.
        for (left, token) in [1, 0].into_iter().zip(&waited) {
            world.ctx.clock.set(free_at - 1);
            match world.portal.codes().resend(&world.home(), token).await {
                Err(SignInError::TooSoon { retry_at }) => assert_eq!(retry_at, free_at),
                other => panic!("{other:?}"),
            }
            world.ctx.clock.set(free_at);
            let view = world.portal.codes().resend(&world.home(), token).await.unwrap();
            assert_eq!((view.sent_at, view.sends_left), (Some(world.now()), left));
            assert_eq!(world.inbox().await.len(), known);
            free_at = world.now() + 2 * MINUTE;
        }
        assert_eq!(world.begin(&world.home(), id).await.unwrap().view.sent_at, None, "the hour's limit");
        world.ctx.clock.advance(2 * HOUR);
    }
    assert_eq!(world.audited("code.requested", "refused").await, 6);
}

async fn a_right_code_ends_the_wait_for_the_next(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let mut begun = None;
    for left in [4, 3, 2] {
        let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
        assert_eq!(started.view.sends_left, left);
        begun = Some((started, world.code().await));
    }
    let (started, code) = begun.unwrap();
    let waits = (None, world.now() + 2 * MINUTE);
    let early = world.begin(&world.elsewhere(), PARENT_ID).await.unwrap().view;
    assert_eq!((early.sent_at, early.next_send_at), waits);
    // A wrong code ends nothing.
    assert!(world.verify(&started.token, &other_than(&code)).await.is_err());
    let early = world.begin(&world.elsewhere(), PARENT_ID).await.unwrap().view;
    assert_eq!((early.sent_at, early.next_send_at), waits);
    world.verify(&started.token, &code).await.unwrap();
    // At the phone and then at the computer.
    let other = world.begin(&world.elsewhere(), PARENT_ID).await.unwrap().view;
    assert_eq!((other.sent_at, other.sends_left), (Some(world.now()), 1));
}

async fn one_code_is_accepted_where_the_portal_says_so(ctx: TestContext) {
    let codes = CodeSettings { accepted: 1, ..CodeSettings::default() };
    let world = World::with(ctx, Settings { codes, ..settings() });
    world.parent().await;
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    let first = world.code().await;
    world.ctx.clock.advance(30 * SECOND);
    world.portal.codes().resend(&world.home(), &started.token).await.unwrap();
    let second = world.code().await;
    assert!(matches!(world.verify(&started.token, &first).await, Err(SignInError::CodeWrong { .. })));
    assert!(world.verify(&started.token, &second).await.is_ok());
}

/// What one person sees from the first request to the wait; everything the code page could show.
async fn walk(world: &World, id: &str) -> Vec<String> {
    let codes = world.portal.codes();
    let begun_at = world.now();
    let visit = world.home();
    let mut seen = Vec::new();
    let started = world.begin(&visit, id).await.unwrap();
    let mut note = |what: String| seen.push(what);
    let relative = |view: services::codes::FlowView| {
        let times = [Some(view.next_send_at), Some(view.code_expires_at), Some(view.expires_at), view.sent_at];
        format!("{:?} {:?} {}", view.purpose, times.map(|time| time.map(|time| time - begun_at)), view.sends_left)
    };
    note(relative(started.view));
    note(relative(codes.view(&started.token).await.unwrap()));
    note(relative(world.begin(&world.elsewhere(), id).await.unwrap().view));
    note(format!("{:?}", codes.resend(&visit, &started.token).await.map(relative).map_err(|error| error.code())));
    let sent = world.inbox().await;
    let wrong = sent.first().map_or_else(|| Otp::parse("000000").unwrap(), |message| other_than(&code_of(message)));
    for _ in 0..6 {
        note(format!(
            "{:?}",
            codes.verify(&visit, &started.token, &wrong).await.map(|_| ()).map_err(|e| e.to_string())
        ));
    }
    world.ctx.clock.advance(30 * SECOND);
    note(relative(codes.resend(&visit, &started.token).await.unwrap()));
    world.inbox().await;
    for _ in 0..6 {
        let refused = codes.verify(&visit, &started.token, &Otp::parse("999999").unwrap()).await;
        note(match refused {
            Err(SignInError::CodeWrong { tries_left }) => format!("{tries_left} left"),
            Err(SignInError::Wait { retry_at }) => format!("wait {}", retry_at - begun_at),
            Err(error) => error.to_string(),
            Ok(_) => "signed in".to_owned(),
        });
    }
    world.ctx.clock.advance(6 * MINUTE);
    let refused = codes.verify(&visit, &started.token, &wrong).await;
    note(refused.map_or_else(|error| error.to_string(), |_| "signed in".to_owned()));
    seen
}

async fn the_unknown_are_treated_as_the_known(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let known = walk(&world, PARENT_ID).await;
    let unknown = walk(&world, UNKNOWN_ID).await;
    assert_eq!(known, unknown);
    assert!(known.iter().any(|line| line.starts_with("wait")), "the walk reaches the wait: {known:?}");
}

async fn the_unknown_leave_the_same_rows(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    world.add(&NewPerson { grants: teacher().grants, ..parent_with("123456782") }).await;
    // The address's own row is there from now on.
    world.begin(&world.home(), "000000018").await.unwrap();
    world.ctx.clock.advance(SECOND);
    let mut shapes = Vec::new();
    for id in [PARENT_ID, UNKNOWN_ID, "123456782"] {
        let before = rows(&world).await;
        world.begin(&world.home(), id).await.unwrap();
        let after = rows(&world).await;
        let sizes = world
            .ctx
            .number(
                "SELECT CAST(LENGTH(recipient_sealed) * 1000 + LENGTH(payload_sealed) AS BIGINT) FROM outbox \
                 ORDER BY created_at DESC, id DESC LIMIT 1",
            )
            .await;
        shapes.push((after.iter().zip(&before).map(|(after, before)| after - before).collect::<Vec<_>>(), sizes));
        world.ctx.clock.advance(SECOND);
    }
    assert_eq!(shapes[0], shapes[1]);
    assert_eq!(shapes[0], shapes[2]);
    assert_eq!(world.inbox().await.len(), 1, "one message for the one known");
}

async fn rows(world: &World) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in ["code_flows", "outbox", "audit_log", "throttles"] {
        counts.push(world.count(table).await);
    }
    counts
}

fn parent_with(id: &str) -> NewPerson {
    NewPerson { identifier: Some(il_id(id)), ..parent() }
}

async fn whoever_may_not_sign_in_by_code_gets_none(ctx: TestContext) {
    let world = World::with(ctx, Settings { id_kinds: vec![IdKind::IlId, IdKind::Fictitious], ..settings() });
    // No mobile on file, no account, a member of staff, a disabled account, a fictitious number, a kind switched off.
    world.add(&NewPerson { mobile: None, ..parent_with("000000018") }).await;
    world.add_person(&parent_with("000000026")).await;
    world.add(&NewPerson { grants: teacher().grants, ..parent_with("123456782") }).await;
    let disabled = world.add(&parent_with("300000007")).await;
    world.portal.admin().disable(&world.home(), &disabled.user_code).await.unwrap();
    let fictitious = PersonIdentifier::parse(IdKind::Fictitious, "990000001").unwrap();
    world.add(&NewPerson { identifier: Some(fictitious.clone()), ..parent() }).await;
    let number = PersonIdentifier::RuSnils(snils("112-233-445 95"));
    world.add(&NewPerson { identifier: Some(number.clone()), ..parent() }).await;

    let il_ids = ["000000018", "000000026", "123456782", "300000007"].map(il_id);
    for identifier in il_ids.into_iter().chain([fictitious, number]) {
        let started = world.portal.codes().begin(&world.home(), &identifier, None).await.unwrap();
        assert!(started.view.sent_at.is_some());
        assert!(world.inbox().await.is_empty(), "{identifier:?}");
    }
}

async fn a_snils_is_one_persons(ctx: TestContext) {
    let world = World::new(ctx);
    let number = PersonIdentifier::RuSnils(snils("087-654-303 00"));
    let account = world.add(&NewPerson { identifier: Some(number.clone()), ..parent() }).await;
    let second = NewPerson { snils: Some(snils("087-654-303 00")), ..parent_with("000000018") };
    let mut tx = world.portal.db().begin().await.unwrap();
    let refused = world.portal.people().create(&mut tx, &second, world.now()).await;
    assert!(matches!(refused, Err(services::StoreError::Duplicate(_))), "{refused:?}");
    drop(tx);
    let started = world.portal.codes().begin(&world.home(), &number, None).await.unwrap();
    let code = world.code().await;
    assert_eq!(world.verify(&started.token, &code).await.unwrap().session.account_id, account.id);
}

async fn a_snils_signs_in(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.add(&NewPerson { snils: Some(snils("112-233-445 95")), ..parent() }).await;
    let number = PersonIdentifier::RuSnils(snils("11223344595"));
    let started = world.portal.codes().begin(&world.home(), &number, None).await.unwrap();
    let code = world.code().await;
    assert_eq!(world.verify(&started.token, &code).await.unwrap().session.account_id, account.id);
}

async fn of_many_right_answers_one_signs_in(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    let code = world.code().await;
    let answers: Vec<_> = (0..20)
        .map(|_| {
            let (world, token, code) = (world.clone(), started.token.clone(), code.clone());
            tokio::spawn(async move { world.verify(&token, &code).await })
        })
        .collect();
    let mut signed_in = 0;
    for answer in answers {
        match answer.await.unwrap() {
            Ok(_) => signed_in += 1,
            Err(SignInError::FlowUnknown) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(signed_in, 1);
    assert_eq!(world.count("sessions").await, 1);
    assert_eq!(world.audited("sign_in.code", "success").await, 1);
}

async fn a_code_works_once(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    let code = world.code().await;
    assert!(world.verify(&started.token, &code).await.is_ok());
    assert!(matches!(world.verify(&started.token, &code).await, Err(SignInError::FlowUnknown)));
    assert!(matches!(world.portal.codes().view(&started.token).await, Err(SignInError::FlowUnknown)));
}

async fn a_code_works_in_its_own_browser_only(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let mine = world.begin(&world.home(), PARENT_ID).await.unwrap();
    let code = world.code().await;
    world.ctx.clock.advance(30 * SECOND);
    let theirs = world.begin(&world.elsewhere(), PARENT_ID).await.unwrap();
    let their_code = world.code().await;
    assert_ne!(code.as_str(), their_code.as_str());
    assert!(matches!(world.verify(&theirs.token, &code).await, Err(SignInError::CodeWrong { .. })));
    let stranger = services::Token::generate(&services::OsRng);
    assert!(matches!(world.verify(&stranger, &code).await, Err(SignInError::FlowUnknown)));
    assert!(world.verify(&mine.token, &code).await.is_ok());
}

async fn an_account_disabled_meanwhile_stays_out(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent().await;
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    let code = world.code().await;
    world.portal.admin().disable(&world.home(), &account.user_code).await.unwrap();
    assert!(matches!(world.verify(&started.token, &code).await, Err(SignInError::CodeWrong { .. })));
    assert_eq!(world.count("sessions").await, 0);
}

async fn an_address_has_a_high_limit_and_schools_have_none(ctx: TestContext) {
    let addresses = AddressSettings {
        code_requests: 30,
        trusted: vec!["203.0.113.0/24".parse().unwrap()],
        ..AddressSettings::default()
    };
    let world = World::with(ctx, Settings { addresses, ..settings() });
    let begun_at = world.now();
    for _ in 0..30 {
        world.begin(&world.home(), UNKNOWN_ID).await.unwrap();
    }
    match world.begin(&world.home(), UNKNOWN_ID).await {
        Err(SignInError::TooMany { retry_at }) => assert_eq!(retry_at, begun_at + 10 * MINUTE),
        other => panic!("{other:?}"),
    }
    for _ in 0..40 {
        world.begin(&world.elsewhere(), UNKNOWN_ID).await.unwrap();
    }
    world.ctx.clock.advance(10 * MINUTE);
    assert!(world.begin(&world.home(), UNKNOWN_ID).await.is_ok());
}

async fn the_message_says_what_it_is_for_in_the_owners_language(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.add(&NewPerson { locale: Some(Locale::Ar), ..parent() }).await;
    let visit = services::Visit { locale: Locale::Ru, ..world.home() };
    let started = world.begin(&visit, PARENT_ID).await.unwrap();
    let messages = world.inbox().await;
    let message = &messages[0];
    assert_eq!(message.locale, Locale::Ar, "the person's language, not the page's");
    assert_eq!(message.recipient, PARENT_MOBILE);
    assert_eq!(message.account, Some(account.id));
    assert_eq!(message.payload["purpose"], "sign_in");
    assert_eq!(message.expires_at, started.view.code_expires_at);
    assert!(!message.idempotency_key.contains("972"));
}

async fn nothing_secret_is_stored_in_clear(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let started = world.begin(&world.home(), PARENT_ID).await.unwrap();
    world.begin(&world.home(), UNKNOWN_ID).await.unwrap();
    // Looked at before it is sent: afterwards it is erased.
    let messages = world.portal.outbox().lease("test", 10, MINUTE).await.unwrap();
    let code = code_of(&messages[0]);
    let session = world.verify(&started.token, &code).await.unwrap();
    world
        .portal
        .passwords()
        .sign_in(&world.home(), "NOT-A-CODE-OF-ANYBODY", &password("a wrong password"), None)
        .await
        .unwrap_err();

    let Some(path) = world.ctx.url.strip_prefix("sqlite://") else { return };
    let mut bytes = std::fs::read(path).unwrap();
    bytes.extend(std::fs::read(format!("{path}-wal")).unwrap_or_default());
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("Levi") && holds(account.user_code.as_str()), "the file is the right one");
    let national = PARENT_MOBILE.trim_start_matches("+972");
    for secret in
        [code.as_str(), PARENT_ID, UNKNOWN_ID, national, "dana.levi", "Dana.Levi", GOOD_PASSWORD, "198.51.100.7"]
    {
        assert!(!holds(secret), "{secret} is in the file");
    }
    for token in [&started.token, &session.token, &session.device] {
        assert!(!holds(&token.to_base64url()));
    }
    assert!(!holds("NOTACODEOFANYBODY"));
}

async fn what_is_over_is_swept(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    world.sign_in(&world.home(), PARENT_ID).await;
    let started = world.begin(&world.home(), UNKNOWN_ID).await.unwrap();
    assert!(world.verify(&started.token, &Otp::parse("111111").unwrap()).await.is_err());
    let swept = world.portal.housekeeping().run().await.unwrap();
    assert_eq!((swept.flows, swept.sessions, swept.devices), (0, 0, 0));

    world.ctx.clock.advance(13 * HOUR);
    let swept = world.portal.housekeeping().run().await.unwrap();
    assert_eq!((swept.flows, swept.sessions, swept.devices), (2, 1, 0));
    world.ctx.clock.advance(180 * 24 * HOUR);
    let swept = world.portal.housekeeping().run().await.unwrap();
    assert_eq!(swept.devices, 1);
    for table in ["code_flows", "sessions", "devices", "throttles"] {
        assert_eq!(world.count(table).await, 0, "{table}");
    }
}
