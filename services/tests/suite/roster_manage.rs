//! What staff keep by hand: who is a parent and what parents may, groups of several classes, classes and schools, a student's way between
//! them; and that whoever asks for what is out of reach is written down. On both databases.

use std::collections::BTreeMap;

use domain::{BirthDate, ClassTitle, Country, Locale, PersonField, Relation, Role, SchoolYear};
use services::access::AccessError;
use services::api_clients::ApiScope;
use services::audit::{AuditEvent, AuditFilter};
use services::class_events::ClassEvent;
use services::groups::GroupError;
use services::people::{NewPerson, latest_birth_date};
use services::roster::{ManageError, RightsChange, SchoolDetails};
use services::{ClassId, PersonId, SchoolId, Session};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    parents_rights_are_set_by_staff_and_hold,
    parents_rights_are_for_those_who_may_change_the_record,
    a_right_that_is_not_named_stays,
    a_parent_is_taken_away_and_the_record_stays,
    parents_are_taken_away_by_those_who_may_change_the_record,
    another_ones_child_is_refused_as_if_there_were_none,
    a_school_out_of_reach_is_refused_and_written_down,
    a_lacking_scope_is_written_down,
    a_group_changes_its_classes_and_loses_who_is_in_none,
    classes_are_added_renamed_and_closed,
    classes_are_kept_by_administrators_of_the_school,
    a_student_comes_moves_and_leaves_with_history,
    nobody_is_added_before_they_are_born,
    schools_are_kept_by_system_administrators,
    of_two_who_change_a_school_or_a_class_the_second_is_told,
);

struct Small {
    world: World,
    school: SchoolId,
    class: ClassId,
    other: ClassId,
    far: SchoolId,
    far_class: ClassId,
    teacher: Session,
    deputy: Session,
    admin: Session,
    system: Session,
    anna: PersonId,
}

async fn small(ctx: TestContext) -> Small {
    let world = World::new(ctx);
    let school = world.school("Школа № 5").await;
    let (class, other) = (world.class(school, "5А").await, world.class(school, "5Б").await);
    let far = world.school("Ницаним").await;
    let far_class = world.class(far, "ה1").await;
    let teacher = world.staff("Бутрович", &[leads(school, class)]).await;
    let deputy = world.staff("Соколова", &[at_school(Role::DeputyHead, school)]).await;
    let admin = world.staff("Громов", &[at_school(Role::SchoolAdministrator, school)]).await;
    let system = world.staff("Орлова", &[everywhere()]).await;
    let anna = world.student(class, &NewPerson::named(name("Ежова", "Анна"))).await;
    Small { world, school, class, other, far, far_class, teacher, deputy, admin, system, anna }
}

fn title(text: &str) -> ClassTitle {
    ClassTitle::parse(text).unwrap()
}

const NO_SIGHT: RightsChange = RightsChange { may_contact: None, may_see: Some(false) };
const NO_CONTACT: RightsChange = RightsChange { may_contact: Some(false), may_see: None };

async fn parents_rights_are_set_by_staff_and_hold(ctx: TestContext) {
    let Small { world, class, deputy, anna, .. } = small(ctx).await;
    let (visit, roster) = (world.home(), world.portal.roster());
    let mother = world.parent_of(anna, "mother", &parent()).await;
    let father = world.parent_of(anna, "father", &NewPerson::named(name("Ежов", "Олег"))).await;
    world.account_of(mother).await;
    let session = world.sign_in(&visit, PARENT_ID).await.session;
    assert_eq!(world.portal.people().children(&session).await.unwrap().len(), 1);
    assert!(world.portal.people().has_children(&session).await.unwrap());
    let letters = async || world.portal.invitations().letters(&visit, &deputy, class).await.unwrap().1.len();
    assert_eq!(letters().await, 1, "the mother has an account");

    assert!(roster.set_guardian_rights(&visit, &deputy, anna, mother, NO_SIGHT).await.unwrap());
    assert!(!roster.set_guardian_rights(&visit, &deputy, anna, mother, NO_SIGHT).await.unwrap());
    assert!(world.portal.people().children(&session).await.unwrap().is_empty());
    assert!(!world.portal.people().has_children(&session).await.unwrap());

    assert!(roster.set_guardian_rights(&visit, &deputy, anna, father, NO_CONTACT).await.unwrap());
    assert_eq!(letters().await, 0, "nobody writes to the father");
    let lines = roster.register(&visit, &deputy, class).await.unwrap().1;
    let marked: Vec<_> = lines[0].parents.iter().map(|line| (line.id, line.may_contact)).collect();
    assert_eq!(marked, [(mother, true), (father, false)]);
    let parents = roster.parents(&visit, &deputy, anna).await.unwrap();
    let rights: Vec<_> = parents.iter().map(|parent| (parent.may_contact, parent.may_see)).collect();
    assert_eq!(rights, [(true, false), (false, true)]);
    assert_eq!(world.audited("guardian.changed", "success").await, 2);
    // What staff noted as a relation again, an import for instance, gives nothing back.
    world.relate(anna, mother, "mother").await;
    assert!(world.portal.people().children(&session).await.unwrap().is_empty());
}

async fn parents_rights_are_for_those_who_may_change_the_record(ctx: TestContext) {
    let Small { world, school, far, teacher, deputy, anna, class, .. } = small(ctx).await;
    let (visit, roster) = (world.home(), world.portal.roster());
    let mother = world.parent_of(anna, "mother", &parent()).await;
    let stranger = world.staff("Зимин", &[at_school(Role::DeputyHead, far)]).await;
    for actor in [&teacher, &stranger] {
        let refused = roster.set_guardian_rights(&visit, actor, anna, mother, NO_SIGHT).await;
        assert!(matches!(refused, Err(AccessError::Refused)));
    }
    assert!(matches!(roster.parents(&visit, &stranger, anna).await, Err(AccessError::Refused)));
    assert_eq!(roster.parents(&visit, &teacher, anna).await.unwrap().len(), 1, "a class teacher reads");
    assert_eq!(world.audited("access.refused", "refused").await, 3);
    // Nobody gives themselves what was taken from them as a parent.
    let parent = world.staff("Ежов", &[at_school(Role::DeputyHead, school)]).await;
    world.relate(anna, parent.person_id, "father").await;
    roster.set_guardian_rights(&visit, &deputy, anna, parent.person_id, NO_SIGHT).await.unwrap();
    let again = RightsChange { may_contact: None, may_see: Some(true) };
    let own = roster.set_guardian_rights(&visit, &parent, anna, parent.person_id, again).await;
    assert!(matches!(own, Err(AccessError::Refused)));
    // Not a parent of this child; not a child of this parent.
    let lev = world.student(class, &NewPerson::named(name("Яшин", "Лев"))).await;
    let wrong = roster.set_guardian_rights(&visit, &deputy, lev, mother, NO_SIGHT).await;
    assert!(matches!(wrong, Err(AccessError::NotFound)));
    let turned = roster.set_guardian_rights(&visit, &deputy, mother, anna, NO_SIGHT).await;
    assert!(matches!(turned, Err(AccessError::Refused)), "a parent is no student of the school");
}

async fn a_right_that_is_not_named_stays(ctx: TestContext) {
    let Small { world, deputy, anna, .. } = small(ctx).await;
    let (visit, roster) = (world.home(), world.portal.roster());
    let mother = world.parent_of(anna, "mother", &parent()).await;
    // One takes sight away; another, whose form still shows it, takes contact away: both hold.
    roster.set_guardian_rights(&visit, &deputy, anna, mother, NO_SIGHT).await.unwrap();
    roster.set_guardian_rights(&visit, &deputy, anna, mother, NO_CONTACT).await.unwrap();
    let parents = roster.parents(&visit, &deputy, anna).await.unwrap();
    assert_eq!((parents[0].may_contact, parents[0].may_see), (false, false));
}

async fn a_parent_is_taken_away_and_the_record_stays(ctx: TestContext) {
    let Small { world, class, deputy, anna, .. } = small(ctx).await;
    let (visit, roster, people) = (world.home(), world.portal.roster(), world.portal.people());
    let mother = world.parent_of(anna, "mother", &parent()).await;
    world.account_of(mother).await;
    let session = world.sign_in(&visit, PARENT_ID).await.session;
    let lev = world.student(class, &NewPerson::named(name("Яшин", "Лев"))).await;
    world.relate(lev, mother, "guardian").await;
    roster.set_guardian_rights(&visit, &deputy, anna, mother, NO_CONTACT).await.unwrap();
    let (records, accounts) = (world.count("people").await, world.count("accounts").await);
    let mut heard = world.portal.class_events().subscribe(class);
    roster.remove_guardian(&visit, &deputy, anna, mother).await.unwrap();
    assert_eq!(heard.next().await, Some(ClassEvent::Roster { class_id: class }));
    assert!(roster.parents(&visit, &deputy, anna).await.unwrap().is_empty());
    assert_eq!((world.count("people").await, world.count("accounts").await), (records, accounts));
    let seen: Vec<_> = people.children(&session).await.unwrap().iter().map(|child| child.id).collect();
    assert_eq!(seen, [lev], "what she is to other children stays");
    assert!(matches!(people.child(&visit, &session, anna).await, Err(AccessError::NotFound)));

    let filter = AuditFilter { event: Some(AuditEvent::GuardianChanged), limit: 1, ..AuditFilter::default() };
    let row = world.portal.audit().list(&filter).await.unwrap().remove(0);
    assert_eq!((row.actor, row.person), (Some(deputy.person_id), Some(anna)));
    assert_eq!(row.detail["what"], "removed");
    assert_eq!(row.detail["guardian"], mother.to_string());
    let before = serde_json::json!({ "relation": "mother", "may_contact": false, "may_see": true });
    let after = serde_json::json!({ "relation": null, "may_contact": null, "may_see": null });
    assert_eq!((row.before, row.after), (Some(before), Some(after)));
    let again = roster.remove_guardian(&visit, &deputy, anna, mother).await;
    assert!(matches!(again, Err(AccessError::NotFound)));
    assert_eq!(world.audited("guardian.changed", "success").await, 2);

    // The same person can come back, by a roster for instance; so can somebody of the same name.
    world.relate(anna, mother, "mother").await;
    assert_eq!(people.children(&session).await.unwrap().len(), 2);
    roster.remove_guardian(&visit, &deputy, anna, mother).await.unwrap();
    let typed = BTreeMap::from([
        (PersonField::Surname, Some("Levi".to_owned())),
        (PersonField::GivenName, Some("Dana".to_owned())),
        (PersonField::Mobile, Some("+79001234567".to_owned())),
    ]);
    let editor = world.portal.class_editor();
    let added = editor.add_parent(&visit, &deputy, anna, Relation::Mother, &typed, None).await.unwrap();
    assert_ne!(added.person.id, mother.to_string());
    let parents = roster.parents(&visit, &deputy, anna).await.unwrap();
    assert_eq!(parents.iter().map(|parent| parent.relation).collect::<Vec<_>>(), [Relation::Mother]);
    world.portal.audit().verify().await.unwrap();
}

async fn parents_are_taken_away_by_those_who_may_change_the_record(ctx: TestContext) {
    let Small { world, school, class, far, teacher, deputy, admin, system, anna, .. } = small(ctx).await;
    let (visit, roster) = (world.home(), world.portal.roster());
    let mother = world.parent_of(anna, "mother", &parent()).await;
    let stranger = world.staff("Зимин", &[at_school(Role::DeputyHead, far)]).await;
    // Nobody is rid of a child by themselves.
    let father = world.staff("Ежов", &[at_school(Role::DeputyHead, school)]).await;
    world.relate(anna, father.person_id, "father").await;
    for (actor, guardian) in [(&teacher, mother), (&stranger, mother), (&father, father.person_id)] {
        let refused = roster.remove_guardian(&visit, actor, anna, guardian).await;
        assert!(matches!(refused, Err(AccessError::Refused)));
    }
    assert_eq!(world.audited("access.refused", "refused").await, 3);
    assert_eq!(world.count("guardians").await, 2);
    // Not a parent of this child; not a child of this parent; nobody at all.
    let lev = world.student(class, &NewPerson::named(name("Яшин", "Лев"))).await;
    let wrong = roster.remove_guardian(&visit, &deputy, lev, mother).await;
    assert!(matches!(wrong, Err(AccessError::NotFound)));
    let turned = roster.remove_guardian(&visit, &deputy, mother, anna).await;
    assert!(matches!(turned, Err(AccessError::Refused)), "a parent is no student of the school");
    let nobody = roster.remove_guardian(&visit, &deputy, PersonId(uuid::Uuid::from_u128(404)), mother).await;
    assert!(matches!(nobody, Err(AccessError::NotFound)));
    for actor in [&deputy, &admin, &system] {
        let aunt = world.parent_of(anna, "guardian", &NewPerson::named(name("Ежова", "Инна"))).await;
        roster.remove_guardian(&visit, actor, anna, aunt).await.unwrap();
    }
    assert_eq!(world.audited("guardian.changed", "success").await, 3);
    assert_eq!(world.count("guardians").await, 2);
}

async fn another_ones_child_is_refused_as_if_there_were_none(ctx: TestContext) {
    let Small { world, class, anna, .. } = small(ctx).await;
    let visit = world.home();
    let mother = world.parent_of(anna, "mother", &parent()).await;
    world.account_of(mother).await;
    let session = world.sign_in(&visit, PARENT_ID).await.session;
    let lev = world.student(class, &NewPerson::named(name("Яшин", "Лев"))).await;
    let people = world.portal.people();
    assert_eq!(people.child(&visit, &session, anna).await.unwrap().id, anna);
    assert!(matches!(people.child(&visit, &session, lev).await, Err(AccessError::NotFound)));
    assert_eq!(world.audited("access.refused", "refused").await, 1);
    let nobody = PersonId(uuid::Uuid::from_u128(404));
    assert!(matches!(people.child(&visit, &session, nobody).await, Err(AccessError::NotFound)));
    assert_eq!(world.audited("access.refused", "refused").await, 1, "of nobody there is nothing to write");
}

async fn a_school_out_of_reach_is_refused_and_written_down(ctx: TestContext) {
    let Small { world, school, far, deputy, .. } = small(ctx).await;
    let (visit, roster) = (world.home(), world.portal.roster());
    let (all, open) = roster.choose_school(&visit, &deputy, None).await.unwrap();
    assert_eq!((all.len(), open.unwrap().id), (1, school));
    assert_eq!(roster.choose_school(&visit, &deputy, Some(school)).await.unwrap().1.unwrap().id, school);
    let refused = roster.choose_school(&visit, &deputy, Some(far)).await;
    assert!(matches!(refused, Err(AccessError::Refused)));
    assert_eq!(world.audited("access.refused", "refused").await, 1);
    let nowhere = SchoolId(uuid::Uuid::from_u128(404));
    assert!(matches!(roster.choose_school(&visit, &deputy, Some(nowhere)).await, Err(AccessError::NotFound)));
}

async fn a_lacking_scope_is_written_down(ctx: TestContext) {
    let Small { world, system, .. } = small(ctx).await;
    let visit = world.home();
    let clients = world.portal.api_clients();
    let scopes = std::collections::BTreeSet::from([ApiScope::ReadClasses]);
    let (_, token) = clients.create(&visit, &system, "Расписание", &scopes, 1).await.unwrap();
    let client = clients.authenticate(&token).await.unwrap().unwrap();
    clients.refuse(&visit, &client, ApiScope::WritePeople).await.unwrap();
    assert_eq!(world.audited("access.refused", "refused").await, 1);
}

async fn a_group_changes_its_classes_and_loses_who_is_in_none(ctx: TestContext) {
    let Small { world, class, other, far_class, teacher, deputy, system, anna, .. } = small(ctx).await;
    let (visit, groups) = (world.home(), world.portal.groups());
    let lev = world.student(other, &NewPerson::named(name("Яшин", "Лев"))).await;
    let choir = groups.create(&visit, &deputy, &[class], "Хор").await.unwrap();
    groups.set_member(&visit, &deputy, choir, anna, true).await.unwrap();
    groups.change(&visit, &deputy, choir, None, "Хор", &[class, other]).await.unwrap();
    groups.set_member(&visit, &deputy, choir, lev, true).await.unwrap();
    assert_eq!(groups.list(&visit, &deputy, other).await.unwrap()[0].classes.len(), 2);
    assert_eq!(world.count("group_members").await, 2);
    // A class teacher reaches one of the two classes only.
    let refused = groups.change(&visit, &teacher, choir, None, "Хор", &[class]).await;
    assert!(matches!(refused, Err(GroupError::Access(AccessError::Refused))));
    let two_schools = groups.change(&visit, &system, choir, None, "Хор", &[class, far_class]).await;
    assert!(matches!(two_schools, Err(GroupError::Classes)));
    let elsewhere = groups.change(&visit, &system, choir, None, "Хор", &[far_class]).await;
    assert!(matches!(elsewhere, Err(GroupError::Classes)));
    let none = groups.change(&visit, &system, choir, None, "Хор", &[]).await;
    assert!(matches!(none, Err(GroupError::Classes)));
    // Whoever has not seen that the choir has another name now changes and removes nothing.
    let seen = groups.list(&visit, &deputy, class).await.unwrap()[0].version();
    groups.change(&visit, &deputy, choir, Some(&seen), "Капелла", &[class, other]).await.unwrap();
    for blind in [
        groups.change(&visit, &deputy, choir, Some(&seen), "Хор", &[class]).await,
        groups.delete(&visit, &deputy, choir, Some(&seen)).await,
    ] {
        assert!(matches!(blind, Err(GroupError::Stale)));
    }
    assert_eq!(world.count("group_members").await, 2);
    let before = world.audited("group.changed", "success").await;
    groups.change(&visit, &deputy, choir, None, "Капелла", &[other]).await.unwrap();
    // Who has left by that has a row of their own.
    assert_eq!(world.audited("group.changed", "success").await, before + 2);
    assert!(groups.list(&visit, &deputy, class).await.unwrap().is_empty());
    assert_eq!(world.count("group_members").await, 1, "who is in none of the classes is in the group no longer");
}

async fn classes_are_added_renamed_and_closed(ctx: TestContext) {
    let Small { world, school, class, other, admin, anna, .. } = small(ctx).await;
    let (visit, roster) = (world.home(), world.portal.roster());
    let year = roster.this_year();
    let next = SchoolYear::starting(year.year() + 1);
    let new = roster.add_class(&visit, &admin, school, &title("6а"), next).await.unwrap();
    let again = roster.add_class(&visit, &admin, school, &title("6А"), next).await;
    assert!(matches!(again, Err(ManageError::Taken)));
    roster.rename_class(&visit, &admin, new, None, &title("6Б")).await.unwrap();
    roster.add_class(&visit, &admin, school, &title("6А"), next).await.unwrap();
    let taken = roster.rename_class(&visit, &admin, new, None, &title("6А")).await;
    assert!(matches!(taken, Err(ManageError::Taken)));

    roster.set_archived(&visit, &admin, class, true).await.unwrap();
    roster.set_archived(&visit, &admin, class, true).await.unwrap();
    let known = roster.known_classes(&visit, &admin, school).await.unwrap();
    let shown: Vec<_> = known.iter().map(|class| (class.title.as_str(), class.archived, class.students)).collect();
    assert_eq!(shown[..2], [("6А", false, 0), ("6Б", false, 0)], "the newest year first");
    assert!(shown.contains(&("5А", true, 0)), "the students have left");
    assert!(roster.classes(&visit, &admin, school).await.unwrap().iter().all(|entry| entry.id != class));
    let over = roster.rename_class(&visit, &admin, class, None, &title("5В")).await;
    assert!(matches!(over, Err(ManageError::Archived)));
    let into = roster.add_student(&visit, &admin, class, &NewPerson::named(name("Яшин", "Лев"))).await;
    assert!(matches!(into, Err(ManageError::Archived)));
    assert_eq!(world.audited("enrolment.changed", "success").await, 1, "whose stay ended is written down");
    roster.set_archived(&visit, &admin, class, false).await.unwrap();
    let (_, lines) = roster.register(&visit, &admin, class).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.student.id).collect::<Vec<_>>(), [anna], "she is back");
    assert_eq!(world.audited("school.changed", "success").await, 5);
    // Whoever is in another class since stays there.
    roster.set_archived(&visit, &admin, class, true).await.unwrap();
    let mut tx = world.ctx.db.begin().await.unwrap();
    roster.enrol(&mut tx, other, anna, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    roster.set_archived(&visit, &admin, class, false).await.unwrap();
    assert!(roster.register(&visit, &admin, class).await.unwrap().1.is_empty());
}

async fn classes_are_kept_by_administrators_of_the_school(ctx: TestContext) {
    let Small { world, school, class, other, far, teacher, deputy, anna, .. } = small(ctx).await;
    let (visit, roster) = (world.home(), world.portal.roster());
    let stranger = world.staff("Зимин", &[at_school(Role::SchoolAdministrator, far)]).await;
    let year = roster.this_year();
    let refused = |error: ManageError| assert!(matches!(error, ManageError::Access(AccessError::Refused)), "{error}");
    for actor in [&teacher, &deputy, &stranger] {
        refused(roster.add_class(&visit, actor, school, &title("7А"), year).await.unwrap_err());
        refused(roster.rename_class(&visit, actor, class, None, &title("7А")).await.unwrap_err());
        refused(roster.set_archived(&visit, actor, class, true).await.unwrap_err());
        let new = NewPerson::named(name("Яшин", "Лев"));
        refused(roster.add_student(&visit, actor, class, &new).await.unwrap_err());
        refused(roster.move_student(&visit, actor, anna, class, Some(other)).await.unwrap_err());
    }
    assert_eq!(world.audited("access.refused", "refused").await, 15);
    assert!(roster.known_classes(&visit, &deputy, school).await.is_ok(), "a deputy head reads");
    assert!(matches!(roster.known_classes(&visit, &teacher, school).await, Err(AccessError::Refused)));
}

async fn a_student_comes_moves_and_leaves_with_history(ctx: TestContext) {
    let Small { world, class, other, far_class, admin, .. } = small(ctx).await;
    let (visit, roster) = (world.home(), world.portal.roster());
    let lev = roster.add_student(&visit, &admin, class, &NewPerson::named(name("Яшин", "Лев"))).await.unwrap();
    let groups = world.portal.groups();
    let own = groups.create(&visit, &admin, &[class], "Английский").await.unwrap();
    let both = groups.create(&visit, &admin, &[class, other], "Хор").await.unwrap();
    for group in [own, both] {
        groups.set_member(&visit, &admin, group, lev, true).await.unwrap();
    }
    roster.move_student(&visit, &admin, lev, class, Some(other)).await.unwrap();
    assert_eq!(world.count("group_members").await, 1, "only the group of the new class stays");
    let personal = roster.personal(&visit, &admin, lev).await.unwrap();
    let stays: Vec<_> = personal.stays.iter().map(|stay| (stay.class, stay.until.is_some())).collect();
    assert_eq!(stays.len(), 2);
    assert!(stays.contains(&(other, false)) && stays.contains(&(class, true)));
    let not_there = roster.move_student(&visit, &admin, lev, class, Some(other)).await;
    assert!(matches!(not_there, Err(ManageError::NotInClass)));
    let too_far = roster.move_student(&visit, &admin, lev, other, Some(far_class)).await;
    assert!(matches!(too_far, Err(ManageError::Access(AccessError::Refused))));
    world.ctx.clock.advance(1_000);
    roster.move_student(&visit, &admin, lev, other, None).await.unwrap();
    let gone = roster.personal(&visit, &admin, lev).await;
    assert!(matches!(gone, Err(AccessError::Refused)), "who is in no class is no school's any more");
    let wrong = roster.return_student(&visit, &admin, lev, class).await;
    assert!(matches!(wrong, Err(ManageError::NotInClass)), "only to where they have left last");
    roster.return_student(&visit, &admin, lev, other).await.unwrap();
    let again = roster.return_student(&visit, &admin, lev, other).await;
    assert!(matches!(again, Err(ManageError::NotInClass)), "they are there");
    assert!(roster.personal(&visit, &admin, lev).await.is_ok());
    let same = roster.move_student(&visit, &admin, lev, other, Some(other)).await;
    assert!(matches!(same, Err(ManageError::NotInClass)));
    roster.move_student(&visit, &admin, lev, other, None).await.unwrap();
    world.ctx.clock.advance(31 * 24 * 3_600_000);
    let late = roster.return_student(&visit, &admin, lev, other).await;
    assert!(matches!(late, Err(ManageError::NotInClass)), "who has left a month ago may be another school's");
    assert_eq!(world.audited("enrolment.changed", "success").await, 5);
    assert_eq!(world.audited("person.created", "success").await, 1);
}

async fn nobody_is_added_before_they_are_born(ctx: TestContext) {
    let Small { world, class, admin, .. } = small(ctx).await;
    let (visit, roster) = (world.home(), world.portal.roster());
    let latest = latest_birth_date(world.now()).unwrap();
    let born = |date: BirthDate| NewPerson { birth_date: Some(date), ..NewPerson::named(name("Яшин", "Лев")) };
    let next_year = BirthDate::new(latest.year() + 1, latest.month(), 1).unwrap();
    let before = world.count("people").await;
    let refused = roster.add_student(&visit, &admin, class, &born(next_year)).await;
    assert!(matches!(refused, Err(ManageError::Unborn)));
    assert_eq!(world.count("people").await, before);
    let lev = roster.add_student(&visit, &admin, class, &born(latest)).await.unwrap();
    let personal = roster.personal(&visit, &admin, lev).await.unwrap();
    assert_eq!(personal.record.fields.birth_date, Some(latest.to_iso()));
    assert!(personal.history[0].fields.contains(&(PersonField::BirthDate, None, Some(latest.to_iso()))));
}

async fn schools_are_kept_by_system_administrators(ctx: TestContext) {
    let Small { world, school, admin, system, .. } = small(ctx).await;
    let (visit, roster) = (world.home(), world.portal.roster());
    let details = |name| SchoolDetails { name, country: Country::Il, locale: Locale::He };
    for refused in [
        roster.add_school(&visit, &admin, details("Новая")).await.err(),
        roster.change_school(&visit, &admin, school, None, details("Новая")).await.err(),
    ] {
        assert!(matches!(refused, Some(ManageError::Access(AccessError::Refused))));
    }
    let new = roster.add_school(&visit, &system, details("  בית  ספר ")).await.unwrap();
    for bad in ["", " \u{a0}", "a\u{7}"] {
        assert!(matches!(roster.add_school(&visit, &system, details(bad)).await, Err(ManageError::Name)));
    }
    for _ in 0..2 {
        roster.change_school(&visit, &system, new, None, details("ניצנים")).await.unwrap();
    }
    let schools = roster.schools(&system).await.unwrap();
    let found = schools.iter().find(|entry| entry.id == new).unwrap();
    assert_eq!((found.name.as_str(), found.country, found.locale), ("ניצנים", Country::Il, Locale::He));
    let nowhere = SchoolId(uuid::Uuid::from_u128(404));
    let missing = roster.change_school(&visit, &system, nowhere, None, details("Новая")).await;
    assert!(matches!(missing, Err(ManageError::Access(AccessError::NotFound))));
    assert_eq!(world.audited("school.changed", "success").await, 2);
}

async fn of_two_who_change_a_school_or_a_class_the_second_is_told(ctx: TestContext) {
    let Small { world, school, class, admin, system, .. } = small(ctx).await;
    let (visit, roster) = (world.home(), world.portal.roster());
    let of_school = async || {
        let schools = roster.schools(&system).await.unwrap();
        schools.into_iter().find(|entry| entry.id == school).unwrap()
    };
    let details = |name, locale| SchoolDetails { name, country: Country::Ru, locale };
    let seen = of_school().await.version();
    roster.change_school(&visit, &system, school, Some(&seen), details("Гимназия", Locale::Ru)).await.unwrap();
    let late = roster.change_school(&visit, &system, school, Some(&seen), details("Школа № 5", Locale::He)).await;
    assert!(matches!(late, Err(ManageError::Stale)));
    // The same twice is no difference.
    roster.change_school(&visit, &system, school, Some(&seen), details("Гимназия", Locale::Ru)).await.unwrap();
    let now = of_school().await;
    assert_eq!((now.name.as_str(), now.locale), ("Гимназия", Locale::Ru));
    let seen = now.version();
    roster.change_school(&visit, &system, school, Some(&seen), details("Гимназия", Locale::He)).await.unwrap();
    assert_ne!(of_school().await.version(), seen);

    roster.rename_class(&visit, &admin, class, Some("5А"), &title("5В")).await.unwrap();
    let late = roster.rename_class(&visit, &admin, class, Some("5А"), &title("5Г")).await;
    assert!(matches!(late, Err(ManageError::Stale)));
    roster.rename_class(&visit, &admin, class, Some("5А"), &title("5В")).await.unwrap();
    roster.rename_class(&visit, &admin, class, Some("5В"), &title("5Г")).await.unwrap();
    assert_eq!(world.audited("school.changed", "success").await, 4, "what was refused is no change");
}
