//! What staff see of the sign-in through Gosuslugi, and what they may do about it, on both databases.

use std::time::Duration;

use domain::gosuslugi::GosuslugiPerson;
use domain::{LastTry, NotReady, PersonField, Readiness, Role, Way};
use services::access::AccessError;
use services::class_events::ClassEvent;
use services::gosuslugi::UnlinkError;
use services::people::NewPerson;
use services::{PersonId, Session};

use crate::common::TestContext;
use crate::gate::*;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    a_failure_is_shown_until_something_is_changed,
    a_change_of_either_of_two_clears_the_failure_of_both,
    the_same_failure_again_is_one_try,
    a_confirmed_contact_is_remembered,
    whoever_has_the_class_open_hears_of_it,
    a_link_is_taken_away_by_whoever_may,
    a_person_sees_and_takes_away_the_own_links,
);

fn failed(reason: LastTry) -> Readiness {
    Readiness { can: false, by: Vec::new(), issue: Some(NotReady::LastTryFailed { reason }) }
}

async fn change(gate: &Gate, person: PersonId, version: i64, field: PersonField, value: &str) {
    let changes = [(field, Some(value.to_owned()))].into();
    let (editor, visit) = (gate.world.portal.class_editor(), gate.world.home());
    // A birth date is not a class teacher's to change.
    let deputy = Session { grants: vec![at_school(Role::DeputyHead, gate.school)], ..gate.teacher.clone() };
    editor.change(&visit, &deputy, person, version, &changes, None).await.unwrap();
}

async fn a_failure_is_shown_until_something_is_changed(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let anna = |person: GosuslugiPerson| GosuslugiPerson {
        surname: Some("Ежова".to_owned()),
        given_name: Some("Анна".to_owned()),
        birth_date: Some(born(4)),
        ..person
    };
    assert_eq!(gate.readiness(gate.anna).await.issue, Some(NotReady::NeedsContact));
    let hers = || anna(account_with("4", "anna@example.org", true));
    assert_eq!(gate.refused(hers()).await, "contact_differs");
    assert_eq!(gate.readiness(gate.anna).await, failed(LastTry::ContactDiffers));
    // What the try did not depend on changes nothing.
    change(&gate, gate.anna, 1, PersonField::Patronymic, "Ильинична").await;
    assert_eq!(gate.readiness(gate.anna).await, failed(LastTry::ContactDiffers));
    change(&gate, gate.anna, 2, PersonField::Email, "anna@example.org").await;
    let open = Readiness { can: true, by: vec![Way::Email], issue: Some(NotReady::NotSeenYet) };
    assert_eq!(gate.readiness(gate.anna).await, open);
    // The next failure is about something else, and the one before it does not come back.
    gate.world.ctx.clock.advance(MINUTE);
    let older = GosuslugiPerson { birth_date: Some(born(5)), ..hers() };
    assert_eq!(gate.refused(older).await, "birth_date_differs");
    assert_eq!(gate.readiness(gate.anna).await, failed(LastTry::BirthDateDiffers));
    gate.world.ctx.clock.advance(MINUTE);
    gate.enter(hers()).await.unwrap();
    assert_eq!(gate.readiness(gate.anna).await, Readiness { can: true, by: vec![Way::Link], issue: None });
    let gosuslugi = gate.world.portal.gosuslugi();
    let tries = gosuslugi.tries(&gate.world.home(), &gate.teacher, gate.anna).await.unwrap();
    let failures: Vec<_> = tries.iter().map(|one| one.failure).collect();
    assert_eq!(failures, [None, Some(LastTry::BirthDateDiffers), Some(LastTry::ContactDiffers)]);
    // A failure of the linked account, and its next success.
    gate.world.ctx.clock.advance(MINUTE);
    assert_eq!(gate.refused(GosuslugiPerson { birth_date: Some(born(5)), ..account("4") }).await, "birth_date_differs");
    gate.world.ctx.clock.advance(MINUTE);
    gate.enter(account("4")).await.unwrap();
    let tries = gosuslugi.tries(&gate.world.home(), &gate.teacher, gate.anna).await.unwrap();
    assert_eq!((tries.len(), tries[0].failure), (5, None));
}

async fn a_change_of_either_of_two_clears_the_failure_of_both(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    change(&gate, gate.anna, 1, PersonField::Mobile, BORIS_MOBILE).await;
    assert_eq!(gate.refused(account_with("1", BORIS_MOBILE, true)).await, "several_students");
    for student in [gate.boris, gate.anna] {
        assert_eq!(gate.readiness(student).await, failed(LastTry::SeveralStudents));
    }
    change(&gate, gate.anna, 2, PersonField::Mobile, "+79005556677").await;
    assert!(gate.readiness(gate.boris).await.can);
    assert!(gate.readiness(gate.anna).await.can);
    // So is the report of the whole school.
    let school = gate.school;
    let administrator = gate.world.staff("Морозов", &[at_school(Role::SchoolAdministrator, school)]).await;
    let editor = gate.world.portal.class_editor();
    let report = editor.school_readiness(&gate.world.home(), &administrator, school).await.unwrap();
    assert_eq!(report.iter().map(|class| class.ready).collect::<Vec<_>>(), [2, 0]);
    gate.world.ctx.clock.advance(SECOND);
    gate.refused(GosuslugiPerson { birth_date: Some(born(9)), ..account_with("1", BORIS_MOBILE, true) }).await;
    let report = editor.school_readiness(&gate.world.home(), &administrator, school).await.unwrap();
    assert_eq!(report.iter().map(|class| class.ready).collect::<Vec<_>>(), [1, 0]);
}

async fn the_same_failure_again_is_one_try(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let older = || GosuslugiPerson { birth_date: Some(born(9)), ..account_with("1", BORIS_EMAIL, true) };
    for _ in 0..3 {
        gate.world.ctx.clock.advance(MINUTE);
        gate.refused(older()).await;
    }
    let gosuslugi = gate.world.portal.gosuslugi();
    let tries = gosuslugi.tries(&gate.world.home(), &gate.teacher, gate.boris).await.unwrap();
    assert_eq!((tries.len(), tries[0].at, tries[0].failure), (1, gate.world.now(), Some(LastTry::BirthDateDiffers)));
    assert_eq!(gate.world.audited("sign_in.gosuslugi", "failure").await, 3, "each is in the audit log");
    // Once something was changed it is another one.
    change(&gate, gate.boris, 1, PersonField::BirthDate, "08.06.2015").await;
    gate.world.ctx.clock.advance(MINUTE);
    gate.refused(older()).await;
    assert_eq!(gate.world.count("gosuslugi_tries").await, 2);
}

async fn a_confirmed_contact_is_remembered(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let open = Some(NotReady::NotSeenYet);
    assert_eq!(gate.readiness(gate.boris).await.issue, open);
    gate.refused(GosuslugiPerson { birth_date: Some(born(9)), ..account_with("1", BORIS_EMAIL, true) }).await;
    change(&gate, gate.boris, 1, PersonField::BirthDate, "09.06.2015").await;
    assert_eq!(gate.readiness(gate.boris).await.issue, None, "the address was seen there");
    change(&gate, gate.boris, 2, PersonField::Email, "new@example.org").await;
    assert_eq!(gate.readiness(gate.boris).await.issue, open, "another one was not");
}

async fn whoever_has_the_class_open_hears_of_it(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let mut heard = gate.world.portal.class_events().subscribe(gate.class);
    let news = Some(ClassEvent::Roster { class_id: gate.class });
    gate.refused(GosuslugiPerson { birth_date: Some(born(9)), ..account_with("1", BORIS_EMAIL, true) }).await;
    assert_eq!(heard.next().await, news);
    gate.world.ctx.clock.advance(MINUTE);
    gate.enter(account_with("1", BORIS_EMAIL, true)).await.unwrap();
    assert_eq!(heard.next().await, news);
    // A whole class signs in each morning: that is no news.
    gate.enter(account("1")).await.unwrap();
    gate.refused(account("2")).await;
    assert!(tokio::time::timeout(Duration::from_millis(50), heard.next()).await.is_err());
}

fn stale(gate: &Gate, session: &Session) -> Session {
    Session { fresh_until: gate.world.now(), ..session.clone() }
}

async fn a_link_is_taken_away_by_whoever_may(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let (world, visit) = (&gate.world, gate.world.home());
    let gosuslugi = world.portal.gosuslugi();
    let entered = gate.enter(account_with("1", BORIS_EMAIL, true)).await.unwrap();
    let link = gosuslugi.links(&visit, &gate.teacher, gate.boris).await.unwrap()[0].id;

    let stranger = world.staff("Хитров", &[leads(gate.school, gate.other)]).await;
    assert!(matches!(gosuslugi.links(&visit, &stranger, gate.boris).await, Err(AccessError::Refused)));
    assert!(matches!(gosuslugi.tries(&visit, &stranger, gate.boris).await, Err(AccessError::Refused)));
    let refused = gosuslugi.unlink(&visit, &stranger, gate.boris, link).await;
    assert!(matches!(refused, Err(UnlinkError::Access(AccessError::Refused))));
    let refused = gosuslugi.unlink(&visit, &stale(&gate, &gate.teacher), gate.boris, link).await;
    assert!(matches!(refused, Err(UnlinkError::ProofNeeded)));
    let refused = gosuslugi.unlink(&visit, &gate.teacher, gate.anna, link).await;
    assert!(matches!(refused, Err(UnlinkError::Access(AccessError::NotFound))), "it is another's");
    assert!(gate.found(&entered).await.is_some());

    gosuslugi.unlink(&visit, &gate.teacher, gate.boris, link).await.unwrap();
    assert!(gate.found(&entered).await.is_none());
    assert!(world.portal.sessions().renewed(&gate.teacher).await.unwrap().is_some(), "the others go on");
    assert!(matches!(
        gosuslugi.unlink(&visit, &gate.teacher, gate.boris, link).await,
        Err(UnlinkError::Access(AccessError::NotFound))
    ));
    assert_eq!(world.audited("gosuslugi.unlinked", "success").await, 1);
    // The account alone says nothing any more; what is on file does.
    assert_eq!(gate.refused(account("1")).await, "no_such_student");
    let again = gate.enter(account_with("1", BORIS_EMAIL, true)).await.unwrap();
    assert_eq!(again.session.account_id, entered.session.account_id);
    // Mended first, the account is nobody's.
    let link = gosuslugi.links(&visit, &gate.teacher, gate.boris).await.unwrap()[0].id;
    change(&gate, gate.boris, 1, PersonField::Email, "new@example.org").await;
    gosuslugi.unlink(&visit, &gate.teacher, gate.boris, link).await.unwrap();
    assert_eq!(gate.refused(account_with("1", BORIS_EMAIL, true)).await, "no_such_student");

    // A parent who is staff is for those alone who may edit staff.
    let mother =
        NewPerson { snils: Some(snils("112-233-445 95")), ..NewPerson::named(name("Ёлкина", "Инна")) };
    let mother = world.parent_of(gate.boris, "mother", &mother).await;
    gate.enter(GosuslugiPerson { snils: Some(snils("112-233-445 95")), ..account("7") }).await.unwrap();
    let role = "INSERT INTO roles (id, person_id, role) SELECT id, person_id, 'deputy_head' FROM gosuslugi_links";
    world.ctx.execute(role).await.unwrap();
    let link = gosuslugi.links(&visit, &gate.teacher, mother).await.unwrap()[0].id;
    let refused = gosuslugi.unlink(&visit, &gate.teacher, mother, link).await;
    assert!(matches!(refused, Err(UnlinkError::Access(AccessError::Refused))));
}

async fn a_person_sees_and_takes_away_the_own_links(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    let visit = gate.world.home();
    let gosuslugi = gate.world.portal.gosuslugi();
    let boris = gate.enter(account_with("1", BORIS_EMAIL, true)).await.unwrap();
    assert!(matches!(gosuslugi.links(&visit, &boris.session, gate.anna).await, Err(AccessError::Refused)));
    let link = gosuslugi.links(&visit, &boris.session, gate.boris).await.unwrap()[0].id;
    assert_eq!(gosuslugi.tries(&visit, &boris.session, gate.boris).await.unwrap().len(), 1);
    let refused = gosuslugi.unlink(&visit, &stale(&gate, &boris.session), gate.boris, link).await;
    assert!(matches!(refused, Err(UnlinkError::ProofNeeded)));
    gosuslugi.unlink(&visit, &boris.session, gate.boris, link).await.unwrap();
    assert!(gate.found(&boris).await.is_none());
}
