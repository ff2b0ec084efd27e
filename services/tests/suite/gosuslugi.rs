//! Signing in through Gosuslugi, on both databases.

use domain::gosuslugi::GosuslugiPerson;
use domain::{NotRecognisedReason, PersonField, Way};
use services::esia::{EsiaError, Outage, parse_failure};
use services::gosuslugi::{CALLBACK_PATH, CallbackParams, GosuslugiError};
use services::people::NewPerson;
use services::store::reseal::reseal;
use services::{SignInMethod, Token};

use crate::common::TestContext;
use crate::gate::*;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    a_student_enters_is_linked_and_known_from_then_on,
    a_parent_enters_by_snils_and_by_nothing_else,
    an_answer_counts_once_in_its_browser_and_for_ten_minutes,
    what_gosuslugi_says_is_told_apart,
    whoever_can_mend_it_is_named_where_it_is_certain,
    two_whom_one_contact_belongs_to_are_told_apart_by_nobody,
    a_snils_that_somebody_has_is_nobody_elses,
    staff_and_the_barred_do_not_enter,
    whoever_has_left_does_not_enter,
    a_link_goes_with_its_owner_to_a_new_record,
    a_linked_account_is_not_taken_for_another,
    of_many_first_sign_ins_at_once_each_succeeds,
    there_is_nothing_without_gosuslugi,
    an_account_is_one_of_its_issuer,
    a_rotated_key_leaves_links_as_they_are,
    what_is_over_is_swept,
);

async fn a_student_enters_is_linked_and_known_from_then_on(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let world = &gate.world;
    let accounts = world.count("accounts").await;
    let mut boris = account_with("1000300001", BORIS_EMAIL, true);
    boris.birth_date = Some(born(3));
    let first = gate.enter(boris).await.unwrap();
    assert_eq!((first.session.person_id, first.session.method), (gate.boris, SignInMethod::Gosuslugi));
    assert_eq!((first.return_to.as_deref(), first.session.previous_sign_in_at), (None, None));
    assert_eq!(gate.found(&first).await.unwrap().method, SignInMethod::Gosuslugi);
    assert_eq!((world.count("accounts").await, world.count("gosuslugi_links").await), (accounts + 1, 1));
    assert_eq!(
        world.ctx.number("SELECT COUNT(*) FROM accounts WHERE password_hash IS NOT NULL").await,
        1,
        "the teacher's"
    );
    assert_eq!(gate.readiness(gate.boris).await.by, [Way::Link]);

    // The address may change at both ends: the account is known.
    world.ctx.clock.advance(MINUTE);
    let second = gate.enter(account("1000300001")).await.unwrap();
    assert_eq!((second.session.account_id, second.session.person_id), (first.session.account_id, gate.boris));
    assert_eq!(second.session.previous_sign_in_at, Some(world.now() - MINUTE));
    assert_eq!((world.count("accounts").await, world.count("gosuslugi_links").await), (accounts + 1, 1));
    let links = world.portal.gosuslugi().links(&world.home(), &second.session, gate.boris).await.unwrap();
    assert_eq!((links[0].at, links[0].last_seen_at, links[0].way), (world.now() - MINUTE, world.now(), Way::Email));
    let tries = world.portal.gosuslugi().tries(&world.home(), &gate.teacher, gate.boris).await.unwrap();
    assert_eq!((tries.len(), tries[0].failure), (1, None));

    assert_eq!(world.audited("sign_in.gosuslugi", "success").await, 2);
    assert_eq!(world.audited("gosuslugi.linked", "success").await, 1);
    assert_eq!(world.audited("account.created", "success").await, accounts + 1);
    // Nothing of the account is in the database in clear, and nothing of its contacts at all.
    let clear = "SELECT COUNT(*) FROM audit_log WHERE detail LIKE '%1000300001%' OR detail LIKE '%boris%'";
    assert_eq!(world.ctx.number(clear).await, 0);

    let gosuslugi = world.portal.gosuslugi();
    let away = gosuslugi.sign_out_url(&second.session);
    assert_eq!(away.as_deref(), Some("https://esia.example/logout?redirect_url=https://portal.example/"));
    assert_eq!(gosuslugi.sign_out_url(&gate.teacher), None);
}

async fn a_parent_enters_by_snils_and_by_nothing_else(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let world = &gate.world;
    let mother = NewPerson {
        snils: Some(snils("112-233-445 95")),
        mobile: Some(mobile("+79007770011")),
        ..NewPerson::named(name("Ёлкина", "Инна"))
    };
    let mother = world.parent_of(gate.boris, "mother", &mother).await;
    // Her own mobile is neither her nor the child.
    assert_eq!(gate.refused(account_with("7", "+79007770011", true)).await, "no_such_student");
    // Her address stands with the child by mistake: her mobile tells that it is her.
    let mut hers = account_with("7", BORIS_EMAIL, true);
    hers.contacts.extend(account_with("7", "+79007770011", true).contacts);
    assert_eq!(gate.refused(hers.clone()).await, "several_students");
    hers.snils = Some(snils("112-233-445 95"));
    let entered = gate.enter(hers).await.unwrap();
    assert_eq!(entered.session.person_id, mother);
    // The child's sign-in is another account's.
    let boris = gate.enter(account_with("1000300001", BORIS_EMAIL, true)).await.unwrap();
    assert_eq!(boris.session.person_id, gate.boris);
    assert_eq!(gate.enter(account("7")).await.unwrap().session.person_id, mother);
}

async fn an_answer_counts_once_in_its_browser_and_for_ten_minutes(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let world = &gate.world;
    let boris = || Ok(account_with("1000300001", BORIS_EMAIL, true));
    gate.esia.say("code", boris());
    let is_state = |result: &Result<services::SignedIn, GosuslugiError>| matches!(result, Err(GosuslugiError::State));

    let begun = world.portal.gosuslugi().begin(&world.home()).await.unwrap();
    let mark = format!("redirect_uri={ORIGIN}{CALLBACK_PATH}&state=");
    let (_, state) = begun.url.split_once(&mark).expect("the callback's address");
    assert_eq!(uuid::Uuid::parse_str(state).unwrap().get_version_num(), 4);
    assert_eq!((state.len(), begun.max_age_s, state.to_lowercase().as_str()), (36, 600, state));
    assert!(!format!("{begun:?}").contains(state));

    // Once.
    let sent = gate.send().await;
    gate.finish(&sent.with("code"), Some(&sent.browser)).await.unwrap();
    assert!(is_state(&gate.finish(&sent.with("code"), Some(&sent.browser)).await));
    // Of two at once, one.
    let sent = gate.send().await;
    let two = [0, 1].map(|_| {
        let (gate, sent) = (gate.clone(), sent.clone());
        tokio::spawn(async move { gate.finish(&sent.with("code"), Some(&sent.browser)).await.is_ok() })
    });
    let mut entered = 0;
    for one in two {
        entered += usize::from(one.await.unwrap());
    }
    assert_eq!(entered, 1);
    // Not in another browser, nor in one without the cookie; and not afterwards either.
    let stranger = Token::generate(&services::OsRng).to_base64url();
    for other in [None, Some(stranger.as_str()), Some("")] {
        let sent = gate.send().await;
        assert!(is_state(&gate.finish(&sent.with("code"), other).await));
        assert!(is_state(&gate.finish(&sent.with("code"), Some(&sent.browser)).await), "it is used up");
    }
    // Not with the cookie of another sign-in of the same browser.
    let (one, other) = (gate.send().await, gate.send().await);
    assert!(is_state(&gate.finish(&one.with("code"), Some(&other.browser)).await));
    // Not after ten minutes.
    let sent = gate.send().await;
    world.ctx.clock.advance(10 * MINUTE - 1);
    gate.finish(&sent.with("code"), Some(&sent.browser)).await.unwrap();
    let sent = gate.send().await;
    world.ctx.clock.advance(10 * MINUTE);
    assert!(is_state(&gate.finish(&sent.with("code"), Some(&sent.browser)).await));
    // Not by a state that nobody was sent with.
    let sent = gate.send().await;
    for state in [None, Some(String::new()), Some(sent.state.to_uppercase()), Some("a".repeat(100_000))] {
        let answer = CallbackParams { state, ..sent.with("code") };
        assert!(is_state(&gate.finish(&answer, Some(&sent.browser)).await));
    }
    // Gosuslugi was asked about those alone that counted.
    assert_eq!(gate.esia.asked(), 3);
}

async fn what_gosuslugi_says_is_told_apart(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let world = &gate.world;
    for (error, description, code) in [
        ("access_denied", "ESIA-007004: Владелец ресурса отклонил запрос", "GOSUSLUGI-02"),
        ("access_denied", "ESIA-007055", "GOSUSLUGI-03"),
        ("server_error", "ESIA-007007", "GOSUSLUGI-04"),
        ("access_denied", "ESIA-007053: OAuthErrorEnum.clientSecretWrong", "GOSUSLUGI-05"),
    ] {
        let sent = gate.send().await;
        // A code beside the error is not looked at.
        let answer = CallbackParams {
            error: Some(error.to_owned()),
            error_description: Some(description.to_owned()),
            ..sent.with("code")
        };
        assert_eq!(gate.finish(&answer, Some(&sent.browser)).await.unwrap_err().code(), code, "{description}");
        let again = gate.finish(&answer, Some(&sent.browser)).await;
        assert!(matches!(again, Err(GosuslugiError::State)), "it is used up all the same");
    }
    assert_eq!(gate.esia.asked(), 0);
    let cancelled = parse_failure(Some("access_denied"), Some("ESIA-007004"));
    for (answer, code) in [
        (Err(cancelled), "GOSUSLUGI-02"),
        (Err(EsiaError::Unavailable(Outage::TimedOut)), "GOSUSLUGI-04"),
        (Err(EsiaError::State), "GOSUSLUGI-05"),
        (Ok(account("")), "GOSUSLUGI-05"),
        (Ok(account(&"1".repeat(300))), "GOSUSLUGI-05"),
    ] {
        let sent = gate.send().await;
        gate.esia.say("code", answer);
        assert_eq!(gate.finish(&sent.with("code"), Some(&sent.browser)).await.unwrap_err().code(), code);
    }
    let sent = gate.send().await;
    for code in [None, Some(String::new())] {
        let answer = CallbackParams { code, ..sent.with("") };
        assert!(gate.finish(&answer, Some(&sent.browser)).await.is_err());
    }
    // Whom they were about is not known.
    assert_eq!((world.count("gosuslugi_tries").await, world.count("gosuslugi_links").await), (0, 0));
    let cancelled = "SELECT COUNT(*) FROM audit_log WHERE event = 'sign_in.gosuslugi' AND outcome = 'failure' \
         AND detail LIKE '%\"cancelled\"%'";
    assert_eq!(world.ctx.number(cancelled).await, 2);
}

async fn whoever_can_mend_it_is_named_where_it_is_certain(ctx: TestContext) {
    use NotRecognisedReason as No;
    let gate = Gate::new(ctx).await;
    let boris = |person: GosuslugiPerson| GosuslugiPerson {
        surname: Some("ЁЛКИН".to_owned()),
        given_name: Some("Борис".to_owned()),
        birth_date: Some(born(3)),
        ..person
    };
    let nobody = |person: GosuslugiPerson| GosuslugiPerson { birth_date: None, ..person };
    let older = |person: GosuslugiPerson| GosuslugiPerson { birth_date: Some(born(5)), ..person };
    let unconfirmed = GosuslugiPerson { confirmed: false, ..account_with("1", BORIS_MOBILE, true) };
    for (person, reason, named, contact) in [
        (boris(account_with("1", "another@example.org", true)), No::ContactDiffers, true, None),
        (boris(account_with("1", BORIS_EMAIL, false)), No::ContactNotConfirmed, true, Some(PersonField::Email)),
        (boris(account_with("1", BORIS_MOBILE, false)), No::ContactNotConfirmed, true, Some(PersonField::Mobile)),
        (nobody(account_with("1", BORIS_EMAIL, false)), No::ContactNotConfirmed, false, Some(PersonField::Email)),
        (older(account_with("1", BORIS_EMAIL, true)), No::BirthDateDiffers, true, None),
        (unconfirmed, No::AccountNotConfirmed, true, None),
        (account_with("1", "another@example.org", true), No::NoSuchStudent, false, None),
    ] {
        let Err(GosuslugiError::NotRecognised { reason: told, teacher, contact: about }) = gate.enter(person).await
        else {
            panic!("nobody is recognised: {reason:?}")
        };
        assert_eq!((told, teacher.is_some(), about), (reason, named, contact));
        assert!(teacher.is_none_or(|teacher| teacher.as_str() == "Бутрович А. П."));
    }
    assert_eq!(gate.world.count("gosuslugi_links").await, 0);
    assert_eq!(gate.world.audited("sign_in.gosuslugi", "failure").await, 7);
}

async fn two_whom_one_contact_belongs_to_are_told_apart_by_nobody(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let world = &gate.world;
    // Somebody of another school counts as well.
    let far = world.school("Школа № 9").await;
    let class = world.class(far, "1А").await;
    let lev = NewPerson { mobile: Some(mobile(BORIS_MOBILE)), ..student("Яшин", "Лев", 9) };
    let lev = world.student(class, &lev).await;
    let shared = || account_with("1", BORIS_MOBILE, true);
    let Err(GosuslugiError::NotRecognised { reason, teacher, contact }) = gate.enter(shared()).await else {
        panic!("two have it")
    };
    assert_eq!((reason, teacher, contact), (NotRecognisedReason::SeveralStudents, None, Some(PersonField::Mobile)));
    let flagged =
        format!("SELECT COUNT(*) FROM audit_log WHERE detail LIKE '%{lev}%' AND detail LIKE '%{}%'", gate.boris);
    assert_eq!(world.ctx.number(&flagged).await, 1);
    // An address of his own tells him from the other.
    let mut boris = shared();
    boris.contacts.extend(account_with("1", BORIS_EMAIL, true).contacts);
    assert_eq!(gate.enter(boris).await.unwrap().session.person_id, gate.boris);
    // Two accounts' contacts in one are nobody.
    let mut both = account_with("2", BORIS_EMAIL, true);
    world.ctx.clock.advance(SECOND);
    let vera = NewPerson { mobile: Some(mobile("+79008880011")), ..student("Яшина", "Вера", 9) };
    world.student(gate.class, &vera).await;
    both.contacts.extend(account_with("2", "+79008880011", true).contacts);
    assert_eq!(gate.refused(both).await, "several_students");
}

async fn a_snils_that_somebody_has_is_nobody_elses(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let world = &gate.world;
    let number = || Some(snils("112-233-445 95"));
    // A teacher writes the own address into a student's record.
    let teacher =
        NewPerson { snils: number(), grants: teacher().grants, ..NewPerson::named(name("Хитров", "Пётр")) };
    world.person(&teacher).await;
    let own = GosuslugiPerson { snils: number(), ..account_with("1", BORIS_EMAIL, true) };
    assert_eq!(gate.refused(own).await, "other_snils");
    // A number that nobody has, for a student who has none here.
    let free = GosuslugiPerson { snils: Some(snils("087-654-303 00")), ..account_with("2", BORIS_EMAIL, true) };
    assert_eq!(gate.enter(free).await.unwrap().session.person_id, gate.boris);
    // The student has another one here.
    let vera = NewPerson {
        snils: Some(snils("253-101-140 00")),
        mobile: Some(mobile("+79008880011")),
        ..student("Яшина", "Вера", 9)
    };
    let vera = world.student(gate.class, &vera).await;
    let other = GosuslugiPerson { snils: Some(snils("510-061-209 01")), ..account_with("3", "+79008880011", true) };
    assert_eq!(gate.refused(other).await, "other_snils");
    let hers = GosuslugiPerson { snils: Some(snils("253-101-140 00")), ..account("3") };
    assert_eq!(gate.enter(hers).await.unwrap().session.person_id, vera);
}

async fn staff_and_the_barred_do_not_enter(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let world = &gate.world;
    let mother = NewPerson {
        snils: Some(snils("112-233-445 95")),
        grants: vec![leads(gate.school, gate.other)],
        ..NewPerson::named(name("Ёлкина", "Инна"))
    };
    let mother = world.parent_of(gate.boris, "mother", &mother).await;
    let accounts = world.count("accounts").await;
    let hers = || GosuslugiPerson { snils: Some(snils("112-233-445 95")), ..account("7") };
    assert_eq!(gate.refused(hers()).await, "GOSUSLUGI-07");
    world.account_of(mother).await;
    assert_eq!(gate.refused(hers()).await, "GOSUSLUGI-07", "with an account as without");
    assert_eq!((world.count("accounts").await, world.count("gosuslugi_links").await), (accounts + 1, 0));

    let boris = gate.enter(account_with("1", BORIS_EMAIL, true)).await.unwrap();
    let code = world.portal.people().me(&boris.session).await.unwrap().user_code;
    world.portal.admin().disable(&world.home(), &code).await.unwrap();
    assert!(gate.found(&boris).await.is_none());
    assert_eq!(gate.refused(account("1")).await, "GOSUSLUGI-08");
    assert_eq!(world.audited("sign_in.gosuslugi", "refused").await, 3);
    // A student who got a role since enters with two factors, too.
    world.portal.admin().enable(&world.home(), &code).await.unwrap();
    gate.enter(account("1")).await.unwrap();
    let role = "INSERT INTO roles (id, person_id, role) SELECT id, person_id, 'deputy_head' FROM accounts \
         WHERE person_id = (SELECT person_id FROM gosuslugi_links)";
    world.ctx.execute(role).await.unwrap();
    assert_eq!(gate.refused(account("1")).await, "GOSUSLUGI-07");
}

async fn whoever_has_left_does_not_enter(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let world = &gate.world;
    let father = NewPerson { snils: Some(snils("087-654-303 00")), ..NewPerson::named(name("Ёлкин", "Олег")) };
    world.parent_of(gate.boris, "father", &father).await;
    let his = || GosuslugiPerson { snils: Some(snils("087-654-303 00")), ..account("8") };
    gate.enter(his()).await.unwrap();
    gate.enter(account_with("1", BORIS_EMAIL, true)).await.unwrap();
    gate.leaves(gate.boris).await;
    assert_eq!(gate.refused(account_with("1", BORIS_EMAIL, true)).await, "no_such_student", "not by the link");
    assert_eq!(gate.refused(account_with("2", BORIS_EMAIL, true)).await, "no_such_student", "not by the address");
    assert_eq!(gate.refused(his()).await, "no_such_student", "a parent goes with the child");
    // A younger sibling gets the address: the account of the elder one does not become the younger one's.
    let email = Some(domain::Email::parse("nina@example.org").unwrap());
    let nina = world.student(gate.class, &NewPerson { email, ..student("Ёлкина", "Нина", 20) }).await;
    assert_eq!(gate.refused(account_with("1", "nina@example.org", true)).await, "no_such_student");
    assert_eq!(gate.enter(account_with("3", "nina@example.org", true)).await.unwrap().session.person_id, nina);
    // So does the class when its year is over.
    world.ctx.execute("UPDATE classes SET archived_at = 1").await.unwrap();
    assert_eq!(gate.refused(account("3")).await, "no_such_student");
}

async fn a_link_goes_with_its_owner_to_a_new_record(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let world = &gate.world;
    gate.enter(account_with("1", BORIS_EMAIL, true)).await.unwrap();
    gate.leaves(gate.boris).await;
    // Another school enters him anew, by his SNILS.
    let again = NewPerson { snils: Some(snils("112-233-445 95")), ..student("Ёлкин", "Борис", 3) };
    let again = world.student(gate.other, &again).await;
    let known = GosuslugiPerson { snils: Some(snils("112-233-445 95")), ..account("1") };
    assert_eq!(gate.enter(known).await.unwrap().session.person_id, again);
    assert_eq!(gate.enter(account("1")).await.unwrap().session.person_id, again);
    assert_eq!((world.count("gosuslugi_links").await, world.audited("gosuslugi.linked", "success").await), (1, 2));
    let former =
        format!("SELECT COUNT(*) FROM audit_log WHERE event = 'gosuslugi.linked' AND detail LIKE '%{}%'", gate.boris);
    assert_eq!(world.ctx.number(&former).await, 1);
}

async fn a_linked_account_is_not_taken_for_another(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let world = &gate.world;
    gate.enter(account_with("1", BORIS_EMAIL, true)).await.unwrap();
    // The account's SNILS and address are written into another record: it stays whose it is.
    let editor = world.portal.class_editor();
    let changes = [(PersonField::Email, Some("new@example.org".to_owned()))].into();
    editor.change(&world.home(), &gate.teacher, gate.anna, 1, &changes, None).await.unwrap();
    let moved = account_with("1", "new@example.org", true);
    assert_eq!(gate.enter(moved).await.unwrap().session.person_id, gate.boris);
    // Unless what is known of the two cannot be one person's.
    let changes = [(PersonField::Snils, Some("112-233-445 95".to_owned()))].into();
    editor.change(&world.home(), &gate.teacher, gate.boris, 1, &changes, None).await.unwrap();
    let other = GosuslugiPerson { snils: Some(snils("087-654-303 00")), ..account("1") };
    assert_eq!(gate.refused(other).await, "other_snils");
    let older = GosuslugiPerson { birth_date: Some(born(30)), ..account("1") };
    assert_eq!(gate.refused(older).await, "birth_date_differs");
    // A second account of the same person is linked beside the first.
    let second = GosuslugiPerson { snils: Some(snils("112-233-445 95")), ..account("2") };
    assert_eq!(gate.enter(second).await.unwrap().session.person_id, gate.boris);
    let links = world.portal.gosuslugi().links(&world.home(), &gate.teacher, gate.boris).await.unwrap();
    assert_eq!(links.len(), 2);
}

async fn of_many_first_sign_ins_at_once_each_succeeds(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let world = &gate.world;
    let accounts = world.count("accounts").await;
    gate.esia.say("code", Ok(account_with("1", BORIS_EMAIL, true)));
    let mut tasks = Vec::new();
    for _ in 0..6 {
        let (gate, sent) = (gate.clone(), gate.send().await);
        tasks.push(tokio::spawn(async move { gate.finish(&sent.with("code"), Some(&sent.browser)).await }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().session.person_id, gate.boris);
    }
    assert_eq!((world.count("accounts").await, world.count("gosuslugi_links").await), (accounts + 1, 1));
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM sessions WHERE method = 'gosuslugi'").await, 6);
    assert_eq!(world.audited("gosuslugi.linked", "success").await, 1);
}

async fn there_is_nothing_without_gosuslugi(ctx: TestContext) {
    let world = World::new(ctx);
    let gosuslugi = world.portal.gosuslugi();
    assert!(!gosuslugi.offered());
    assert!(matches!(gosuslugi.begin(&world.home()).await, Err(GosuslugiError::State)));
    let answer = CallbackParams { code: Some("code".to_owned()), ..CallbackParams::default() };
    assert!(matches!(gosuslugi.finish(&world.home(), &answer, None).await, Err(GosuslugiError::State)));
    assert_eq!(world.count("audit_log").await, 0);
}

async fn an_account_is_one_of_its_issuer(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    gate.enter(account_with("1", BORIS_EMAIL, true)).await.unwrap();
    // The portal moves from the test stand to Gosuslugi itself, where the same number is somebody else's account.
    let esia = std::sync::Arc::new(FakeEsia::of("http://esia.gosuslugi.ru/"));
    let portal = gate.world.portal.clone().with_esia(esia.clone(), ORIGIN);
    let world = World { portal, ..gate.world.clone() };
    let moved = Gate { world, esia, ..gate.clone() };
    assert_eq!(moved.refused(account("1")).await, "no_such_student");
    assert_eq!(gate.enter(account("1")).await.unwrap().session.person_id, gate.boris);
    // Who it is there is found out anew.
    let entered = moved.enter(account_with("1", BORIS_EMAIL, true)).await.unwrap();
    assert_eq!((entered.session.person_id, gate.world.count("gosuslugi_links").await), (gate.boris, 2));
}

async fn a_rotated_key_leaves_links_as_they_are(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    gate.enter(account_with("1", BORIS_EMAIL, true)).await.unwrap();
    let mut ring = gate.world.ctx.ring.clone();
    ring.rotate(gate.world.ctx.rng.as_ref(), gate.world.now());
    let ctx = gate.world.ctx.with_ring(&ring);
    reseal(&ctx.context(), 2, |_| ()).await.unwrap();
    let sql = "SELECT subject_sealed FROM gosuslugi_links";
    let sealed: Vec<u8> = services::on_read!(&ctx.db, |p| sqlx::query_scalar(sql).fetch_one(p).await).unwrap();
    assert!(ctx.sealer.is_current(&sealed));
    let world = World::new(ctx);
    let portal = world.portal.clone().with_esia(gate.esia.clone(), ORIGIN);
    let gate = Gate { world: World { portal, ..world }, ..gate };
    assert_eq!(gate.enter(account("1")).await.unwrap().session.person_id, gate.boris);
    assert_eq!(gate.world.count("gosuslugi_links").await, 1);
}

async fn what_is_over_is_swept(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let world = &gate.world;
    gate.refused(GosuslugiPerson { birth_date: Some(born(9)), ..account_with("1", BORIS_EMAIL, true) }).await;
    gate.send().await;
    let swept = world.portal.housekeeping().run().await.unwrap();
    assert_eq!((swept.gosuslugi_flows, swept.gosuslugi_tries), (0, 0));
    world.ctx.clock.advance(10 * MINUTE);
    let swept = world.portal.housekeeping().run().await.unwrap();
    assert_eq!((swept.gosuslugi_flows, swept.gosuslugi_tries), (1, 0));
    world.ctx.clock.advance(180 * 24 * HOUR);
    assert_eq!(world.portal.housekeeping().run().await.unwrap().gosuslugi_tries, 1);
    assert_eq!((world.count("gosuslugi_flows").await, world.count("gosuslugi_tries").await), (0, 0));
}
