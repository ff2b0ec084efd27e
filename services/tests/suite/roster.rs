//! Schools, classes, registers, personal data and staff, on both databases.

use std::collections::BTreeMap;

use domain::{Country, Grant, IdKind, Locale, PersonField, PersonName, PostKind, Relation, Role};
use services::access::AccessError;
use services::people::NewPerson;
use services::roster::{NewSchool, Source};
use services::staff::{Candidate, StaffAccount, StaffError};
use services::{ClassId, PersonId, SchoolId, Session, StoreError};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    schools_and_classes_are_those_within_reach,
    a_roster_tells_its_schools_and_classes_apart,
    a_move_between_classes_keeps_its_history,
    the_register_shows_what_is_on_file_not_what_it_is,
    personal_data_say_where_they_come_from_and_looking_is_audited,
    personal_data_stay_within_reach,
    staff_are_listed_with_their_roles,
    a_role_is_given_with_fresh_proof_and_ends_the_sessions,
    nobody_gives_more_than_they_have,
    a_post_makes_no_stranger_ones_own,
);

struct Schools {
    world: World,
    here: SchoolId,
    class: ClassId,
    other: ClassId,
    far: SchoolId,
    far_class: ClassId,
}

async fn schools(ctx: TestContext) -> Schools {
    let world = World::new(ctx);
    let here = world.school("Школа № 5").await;
    // Entered out of order.
    let other = world.class(here, "11А").await;
    let class = world.class(here, "5А").await;
    let far = world.school("Ницаним").await;
    let far_class = world.class(far, "ה1").await;
    Schools { world, here, class, other, far, far_class }
}

fn titles(classes: &[services::roster::ClassEntry]) -> Vec<(&str, u32, usize)> {
    classes.iter().map(|class| (class.title.as_str(), class.students, class.teachers.len())).collect()
}

async fn schools_and_classes_are_those_within_reach(ctx: TestContext) {
    let Schools { world, here, class, far, .. } = schools(ctx).await;
    let roster = world.portal.roster();
    let visit = world.home();
    let teacher = world.staff("Бутрович", &[leads(here, class)]).await;
    let deputy = world.staff("Соколова", &[at_school(Role::DeputyHead, here)]).await;
    let system = world.staff("Орлова", &[everywhere()]).await;
    world.student(class, &NewPerson::named(name("Ежова", "Анна"))).await;

    let names =
        |schools: Vec<services::roster::SchoolEntry>| schools.into_iter().map(|school| school.name).collect::<Vec<_>>();
    assert_eq!(names(roster.schools(&teacher).await.unwrap()), ["Школа № 5"]);
    assert_eq!(names(roster.schools(&system).await.unwrap()), ["Ницаним", "Школа № 5"]);
    assert_eq!(titles(&roster.my_classes(&teacher).await.unwrap()), [("5А", 1, 1)]);
    let all = roster.classes(&visit, &deputy, here).await.unwrap();
    assert_eq!(titles(&all), [("5А", 1, 1), ("11А", 0, 0)], "by grade, not by letter");
    assert_eq!(all[0].teachers, ["Бутрович А. П."]);
    assert_eq!(titles(&roster.classes(&visit, &teacher, here).await.unwrap()), [("5А", 1, 1)]);
    assert_eq!(titles(&roster.my_classes(&system).await.unwrap()), [("ה1", 0, 0)], "of the first school");
    assert!(matches!(roster.classes(&visit, &deputy, far).await, Err(AccessError::Refused)));
    assert_eq!(world.audited("access.refused", "refused").await, 1);
    let nowhere = roster.classes(&visit, &system, SchoolId(uuid::Uuid::from_u128(404))).await;
    assert!(matches!(nowhere, Err(AccessError::NotFound)));
}

async fn a_roster_tells_its_schools_and_classes_apart(ctx: TestContext) {
    let Schools { world, here, class, .. } = schools(ctx).await;
    let roster = world.portal.roster();
    let new = NewSchool { id: None, name: "A", country: Country::Il, locale: Locale::He, source_id: Some("s-1") };
    let mut tx = world.portal.db().begin().await.unwrap();
    roster.create_school(&mut tx, &new, world.now()).await.unwrap();
    let twice = roster.create_school(&mut tx, &new, world.now()).await;
    assert!(matches!(twice, Err(StoreError::Duplicate(_))));
    drop(tx);
    // The same title in the same year of the same school.
    let title = domain::ClassTitle::parse("5А").unwrap();
    let year = domain::SchoolYear::starting(2025);
    let new = services::roster::NewClass { id: None, school: here, title: &title, year, source_id: None };
    let mut tx = world.portal.db().begin().await.unwrap();
    assert!(matches!(roster.create_class(&mut tx, &new, world.now()).await, Err(StoreError::Duplicate(_))));
    drop(tx);
    let student = world.student(class, &NewPerson::named(name("Ежова", "Анна"))).await;
    let mut tx = world.portal.db().begin().await.unwrap();
    assert!(!roster.enrol(&mut tx, class, student, world.now()).await.unwrap(), "she is in it");
    tx.commit().await.unwrap();
    assert_eq!(world.count("enrolments").await, 1);
}

async fn a_move_between_classes_keeps_its_history(ctx: TestContext) {
    let Schools { world, here, class, other, .. } = schools(ctx).await;
    let roster = world.portal.roster();
    let student = world.student(class, &NewPerson::named(name("Ежова", "Анна"))).await;
    let moved_at = world.now() + HOUR;
    world.ctx.clock.advance(HOUR);
    let mut tx = world.portal.db().begin().await.unwrap();
    assert!(roster.leave(&mut tx, class, student, world.now()).await.unwrap());
    assert!(!roster.leave(&mut tx, class, student, world.now()).await.unwrap());
    assert!(roster.enrol(&mut tx, other, student, world.now()).await.unwrap());
    tx.commit().await.unwrap();
    let deputy = world.staff("Соколова", &[at_school(Role::DeputyHead, here)]).await;
    let personal = roster.personal(&world.home(), &deputy, student).await.unwrap();
    let stays: Vec<_> = personal.stays.iter().map(|stay| (stay.title.as_str(), stay.until)).collect();
    assert_eq!(stays, [("11А", None), ("5А", Some(moved_at))]);
    // Back again: a stay of its own.
    let mut tx = world.portal.db().begin().await.unwrap();
    assert!(roster.leave(&mut tx, other, student, world.now()).await.unwrap());
    assert!(roster.enrol(&mut tx, class, student, world.now()).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(world.count("enrolments").await, 3);
}

async fn the_register_shows_what_is_on_file_not_what_it_is(ctx: TestContext) {
    let Schools { world, here, class, .. } = schools(ctx).await;
    let teacher = world.staff("Бутрович", &[leads(here, class)]).await;
    let anna = world.student(class, &NewPerson::named(name("Ежова", "Анна"))).await;
    let mother = world.parent_of(anna, "mother", &parent()).await;
    world.account_of(mother).await;
    let (head, lines) = world.portal.roster().register(&world.home(), &teacher, class).await.unwrap();
    assert_eq!((head.title.as_str(), lines.len(), lines[0].number), ("5А", 1, 1));
    let student = &lines[0].student;
    assert_eq!((student.name.surname(), student.mobile, student.can_sign_in), ("Ежова", false, false));
    let line = &lines[0].parents[0];
    assert_eq!((line.id, line.relation), (mother, Some(Relation::Mother)));
    assert!(line.has_account && line.mobile && line.email && line.can_sign_in);
    assert!(!format!("{lines:?}").contains("Levi"), "Debug shows no name");
}

async fn personal_data_say_where_they_come_from_and_looking_is_audited(ctx: TestContext) {
    let Schools { world, here, class, .. } = schools(ctx).await;
    let teacher = world.staff("Бутрович", &[leads(here, class)]).await;
    let child = NewPerson { identifier: Some(il_id(PARENT_ID)), ..NewPerson::named(name("Ежова", "Анна")) };
    let anna = world.student(class, &child).await;
    world.parent_of(anna, "mother", &NewPerson::named(name("Ежова", "Ольга"))).await;
    let changes = BTreeMap::from([(PersonField::Mobile, Some("+79001234567".to_owned()))]);
    let editor = world.portal.class_editor();
    editor.change(&world.home(), &teacher, anna, 1, &changes, None).await.unwrap();

    let personal = world.portal.roster().personal(&world.home(), &teacher, anna).await.unwrap();
    assert_eq!(personal.id_kind, Some(IdKind::IlId));
    assert_eq!(personal.id_number_masked.as_deref(), Some("•••••••23"));
    let field = |wanted| personal.fields.iter().find(|origin| origin.field == wanted).unwrap();
    let mobile = field(PersonField::Mobile);
    assert_eq!((mobile.value.as_deref(), mobile.source), (Some("+79001234567"), Source::Staff));
    assert_eq!((mobile.changed_by.as_str(), mobile.changed_at), ("Бутрович А. П.", Some(world.now())));
    let surname = field(PersonField::Surname);
    assert_eq!((surname.value.as_deref(), surname.source, surname.changed_at), (Some("Ежова"), Source::Roster, None));
    assert_eq!(personal.family.len(), 1);
    assert_eq!((personal.family[0].relation, personal.family[0].is_child), (Relation::Mother, false));
    assert!(personal.family[0].may_contact && personal.family[0].may_see);
    assert_eq!(personal.history.len(), 1);
    assert_eq!(world.audited("person.read", "success").await, 1);
}

async fn personal_data_stay_within_reach(ctx: TestContext) {
    let Schools { world, here, class, far_class, .. } = schools(ctx).await;
    let teacher = world.staff("Бутрович", &[leads(here, class)]).await;
    let stranger = world.student(far_class, &NewPerson::named(name("Levi", "Noa"))).await;
    let roster = world.portal.roster();
    assert!(matches!(roster.personal(&world.home(), &teacher, stranger).await, Err(AccessError::Refused)));
    let nobody = PersonId(uuid::Uuid::from_u128(404));
    assert!(matches!(roster.personal(&world.home(), &teacher, nobody).await, Err(AccessError::NotFound)));
    // Somebody of no school is for those who may do everything.
    let loose = world.person(&NewPerson::named(name("Levi", "Tal"))).await;
    let administrator = world.staff("Морозов", &[at_school(Role::SchoolAdministrator, here)]).await;
    let system = world.staff("Орлова", &[everywhere()]).await;
    assert!(matches!(roster.personal(&world.home(), &administrator, loose).await, Err(AccessError::Refused)));
    roster.personal(&world.home(), &system, loose).await.unwrap();
    assert_eq!(world.audited("access.refused", "refused").await, 2);
    assert_eq!(world.audited("person.read", "success").await, 1);
}

/// A session whose proof is fresh now.
fn fresh(world: &World, session: &Session) -> Session {
    Session { fresh_until: world.now() + MINUTE, ..session.clone() }
}

fn candidate(surname: &str) -> Candidate {
    let name = PersonName::new(surname, "Инна", None).unwrap();
    // The role is not taken over: it is given afterwards, by those who may.
    Candidate::New(Box::new(NewPerson { grants: vec![everywhere()], ..NewPerson::named(name) }))
}

async fn staff_are_listed_with_their_roles(ctx: TestContext) {
    let Schools { world, here, class, far, .. } = schools(ctx).await;
    let staff = world.portal.staff();
    let visit = world.home();
    let administrator = world.staff("Морозов", &[at_school(Role::SchoolAdministrator, here)]).await;
    let teacher = world.staff("Бутрович", &[leads(here, class)]).await;
    let deputy = world.staff("Соколова", &[at_school(Role::DeputyHead, here)]).await;

    let added = staff.add(&visit, &administrator, here, PostKind::Teacher, "  Физика ", candidate("Панова")).await;
    let added = added.unwrap();
    // She leads a class, but has no post yet: within reach as a member of staff.
    let known = Candidate::Known(teacher.person_id);
    staff.add(&visit, &administrator, here, PostKind::Teacher, "Математика", known).await.unwrap();
    let lines = staff.list(&visit, &deputy, here, PostKind::Teacher).await.unwrap();
    let shown: Vec<_> =
        lines.iter().map(|line| (line.name.surname(), line.title.as_str(), line.account, line.roles.clone())).collect();
    let leads_5a = vec![(Role::ClassTeacher, Some("5А".to_owned()))];
    assert_eq!(
        shown,
        [
            ("Бутрович", "Математика", StaffAccount::Active, leads_5a),
            ("Панова", "Физика", StaffAccount::None, Vec::new())
        ]
    );
    assert_eq!(lines[0].last_sign_in_at, Some(world.now()));
    assert!(staff.list(&visit, &deputy, here, PostKind::Administration).await.unwrap().is_empty());

    // A deputy head reads; a class teacher does not; nobody looks into another school.
    let refused = staff.add(&visit, &deputy, here, PostKind::Teacher, "", candidate("Зуева")).await;
    assert!(matches!(refused, Err(StaffError::Access(AccessError::Refused))));
    assert!(matches!(staff.list(&visit, &teacher, here, PostKind::Teacher).await, Err(AccessError::Refused)));
    assert!(matches!(staff.list(&visit, &administrator, far, PostKind::Teacher).await, Err(AccessError::Refused)));
    let odd = staff.add(&visit, &administrator, here, PostKind::Teacher, &"я".repeat(101), candidate("Зуева")).await;
    assert!(matches!(odd, Err(StaffError::Title)));

    staff.remove(&visit, &administrator, here, PostKind::Teacher, added).await.unwrap();
    assert_eq!(staff.list(&visit, &deputy, here, PostKind::Teacher).await.unwrap().len(), 1);
    assert_eq!(world.audited("person.created", "success").await, 1);
}

async fn a_role_is_given_with_fresh_proof_and_ends_the_sessions(ctx: TestContext) {
    let Schools { world, here, class, other, far_class, .. } = schools(ctx).await;
    let staff = world.portal.staff();
    let visit = world.home();
    let administrator = fresh(&world, &world.staff("Морозов", &[at_school(Role::SchoolAdministrator, here)]).await);
    let teacher = world.staff("Бутрович", &[leads(here, class)]).await;
    let second = leads(here, other);

    let stale = Session { fresh_until: world.now(), ..administrator.clone() };
    let refused = staff.grant(&visit, &stale, teacher.person_id, &second).await;
    assert!(matches!(refused, Err(StaffError::ProofNeeded)));
    assert_eq!(world.count("sessions").await, 2);
    staff.grant(&visit, &administrator, teacher.person_id, &second).await.unwrap();
    assert_eq!(world.count("sessions").await, 1, "hers ended");
    staff.grant(&visit, &administrator, teacher.person_id, &second).await.unwrap();
    assert_eq!(world.audited("role.granted", "success").await, 1, "she has it already");
    staff.revoke(&visit, &administrator, teacher.person_id, &second).await.unwrap();
    staff.revoke(&visit, &administrator, teacher.person_id, &second).await.unwrap();
    assert_eq!(world.audited("role.revoked", "success").await, 1);
    assert_eq!(world.count("roles").await, 2);

    // A role fits its school and its class.
    for grant in [
        Grant { class_id: None, ..second },
        Grant { class_id: Some(far_class.0), ..second },
        Grant { class_id: Some(class.0), ..at_school(Role::DeputyHead, here) },
        Grant { school_id: Some(here.0), ..everywhere() },
    ] {
        let odd = staff.grant(&visit, &administrator, teacher.person_id, &grant).await;
        assert!(matches!(odd, Err(StaffError::Grant)), "{grant:?}");
    }
}

async fn nobody_gives_more_than_they_have(ctx: TestContext) {
    let Schools { world, here, class, far, .. } = schools(ctx).await;
    let staff = world.portal.staff();
    let visit = world.home();
    let administrator = fresh(&world, &world.staff("Морозов", &[at_school(Role::SchoolAdministrator, here)]).await);
    let deputy = fresh(&world, &world.staff("Соколова", &[at_school(Role::DeputyHead, here)]).await);
    let teacher = world.staff("Бутрович", &[leads(here, class)]).await;
    let system = fresh(&world, &world.staff("Орлова", &[everywhere()]).await);
    let refused = |result: Result<(), StaffError>| {
        assert!(matches!(result, Err(StaffError::Access(AccessError::Refused))), "{result:?}");
    };
    let boss = at_school(Role::SchoolAdministrator, here);
    refused(staff.grant(&visit, &deputy, teacher.person_id, &boss).await);
    refused(staff.grant(&visit, &administrator, teacher.person_id, &everywhere()).await);
    refused(staff.grant(&visit, &administrator, teacher.person_id, &at_school(Role::DeputyHead, far)).await);
    refused(staff.revoke(&visit, &administrator, system.person_id, &everywhere()).await);
    let own = staff.grant(&visit, &administrator, administrator.person_id, &at_school(Role::DeputyHead, here)).await;
    assert!(matches!(own, Err(StaffError::Own)));
    let own = staff.revoke(&visit, &system, system.person_id, &everywhere()).await;
    assert!(matches!(own, Err(StaffError::Own)));
    staff.grant(&visit, &administrator, teacher.person_id, &boss).await.unwrap();
    staff.grant(&visit, &system, teacher.person_id, &everywhere()).await.unwrap();
    // Now she is above the administrator.
    refused(staff.revoke(&visit, &administrator, teacher.person_id, &boss).await);
}

async fn a_post_makes_no_stranger_ones_own(ctx: TestContext) {
    let Schools { world, here, far, far_class, class, .. } = schools(ctx).await;
    let staff = world.portal.staff();
    let visit = world.home();
    let administrator = fresh(&world, &world.staff("Морозов", &[at_school(Role::SchoolAdministrator, here)]).await);
    let child = world.student(far_class, &NewPerson::named(name("Levi", "Noa"))).await;
    let stranger = world.parent_of(child, "mother", &parent()).await;
    let boss = at_school(Role::DeputyHead, here);
    for _ in 0..2 {
        let post = staff
            .add(&visit, &administrator, here, PostKind::Specialist, "", Candidate::Known(stranger))
            .await
            .map(|_| ());
        assert!(matches!(post, Err(StaffError::Access(AccessError::Refused))));
        let role = staff.grant(&visit, &administrator, stranger, &boss).await;
        assert!(matches!(role, Err(StaffError::Access(AccessError::Refused))));
    }
    // Somebody of both schools is within reach of both, but a role there is the other school's business too.
    let abroad = world.staff("Зуев", &[at_school(Role::DeputyHead, far)]).await;
    let own_child = world.student(class, &NewPerson::named(name("Зуева", "Яна"))).await;
    world.relate(own_child, abroad.person_id, "father").await;
    let role = staff.grant(&visit, &administrator, abroad.person_id, &boss).await;
    assert!(matches!(role, Err(StaffError::Access(AccessError::Refused))));
}
