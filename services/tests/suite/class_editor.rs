//! The people of a class and changes to them, on both databases.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{
    BirthDate, Email, FieldFault, NotReady, PersonField, PersonName, PersonRecord, Relation, Role, SharedWith, Way,
};
use services::access::AccessError;
use services::audit::{AuditEvent, AuditFilter};
use services::class_editor::ChangeError;
use services::class_events::{ClassEvent, ClassEvents};
use services::idempotency::KeyedRequest;
use services::people::NewPerson;
use services::{ClassId, PersonId, SchoolId, Session};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    a_class_is_opened_whole_and_in_order,
    a_change_is_judged_stored_and_audited,
    a_class_teacher_changes_no_birth_date,
    the_same_value_changes_nothing,
    different_fields_merge_and_the_same_field_is_a_conflict,
    a_request_that_comes_twice_is_done_once,
    what_comes_at_once_is_done_and_told_once,
    a_refused_request_leaves_its_key_free,
    contacts_of_an_account_need_fresh_proof_and_the_old_addresses_are_told,
    a_snils_of_an_account_needs_fresh_proof_too,
    a_class_teacher_stays_in_the_own_class,
    a_parent_of_two_classes_is_edited_by_both_teachers,
    nobody_takes_an_administrator_over_through_a_child,
    a_parent_who_becomes_staff_meanwhile_is_out_of_reach,
    staff_without_a_child_are_not_edited_here,
    somebody_in_no_class_is_edited_by_nobody_of_a_school,
    a_parent_begins_with_the_first_value,
    two_who_add_a_mother_add_one,
    shared_contacts_do_not_count_as_ready,
    whoever_has_the_class_open_hears_of_changes,
    replicas_hear_of_each_other,
    presence_ends_by_leaving_and_by_silence,
    the_history_tells_who_changed_what,
);

/// A school with two classes, the teacher of the first, and two of its students.
struct Small {
    world: World,
    school: SchoolId,
    class: ClassId,
    other: ClassId,
    teacher: Session,
    /// Has a mobile and an e-mail of his own.
    boris: PersonId,
    /// Has nothing but a name.
    anna: PersonId,
}

async fn small(ctx: TestContext) -> Small {
    let world = World::new(ctx);
    let school = world.school("Школа № 5").await;
    let (class, other) = (world.class(school, "5А").await, world.class(school, "5Б").await);
    let teacher = world.staff("Бутрович", &[leads(school, class)]).await;
    let boris = NewPerson {
        birth_date: Some(BirthDate::new(2015, 6, 3).unwrap()),
        mobile: Some(mobile("+79001112233")),
        email: Some(Email::parse("boris@example.org").unwrap()),
        ..NewPerson::named(PersonName::new("Ёлкин", "Борис", Some("Егорович")).unwrap())
    };
    let boris = world.student(class, &boris).await;
    let anna = world.student(class, &NewPerson::named(name("Ежова", "Анна"))).await;
    Small { world, school, class, other, teacher, boris, anna }
}

fn to(field: PersonField, value: &str) -> BTreeMap<PersonField, Option<String>> {
    BTreeMap::from([(field, (!value.is_empty()).then(|| value.to_owned()))])
}

impl Small {
    async fn change(
        &self,
        actor: &Session,
        person: PersonId,
        base: i64,
        changes: &BTreeMap<PersonField, Option<String>>,
    ) -> Result<PersonRecord, ChangeError> {
        let editor = self.world.portal.class_editor();
        editor.change(&self.world.home(), actor, person, base, changes, None).await.map(|saved| saved.person)
    }

    /// What the class holds of somebody, as the teacher sees it.
    async fn seen(&self, person: PersonId) -> PersonRecord {
        let class = self.world.portal.class_editor().open(&self.world.home(), &self.teacher, self.class).await.unwrap();
        let parents = class.students.iter().flat_map(|entry| &entry.parents).map(|parent| &parent.person);
        let students = class.students.iter().map(|entry| &entry.student);
        students.chain(parents).find(|found| found.id == person.to_string()).unwrap().clone()
    }

    /// The teacher types into Anna's empty column.
    async fn add_mother(&self, changes: BTreeMap<PersonField, Option<String>>) -> Result<PersonRecord, ChangeError> {
        let editor = self.world.portal.class_editor();
        let visit = self.world.home();
        editor
            .add_parent(&visit, &self.teacher, self.anna, Relation::Mother, &changes, None)
            .await
            .map(|saved| saved.person)
    }

    /// Whether Anna can sign in through Gosuslugi, and what stands in the way.
    async fn readiness_of_anna(&self) -> (bool, Option<NotReady>) {
        let (editor, visit) = (self.world.portal.class_editor(), self.world.home());
        let readiness = editor.readiness(&visit, &self.teacher, self.class).await.unwrap();
        assert_eq!(editor.open(&visit, &self.teacher, self.class).await.unwrap().ready, readiness.ready);
        let anna = readiness.students.iter().find(|student| student.student_id == self.anna.to_string()).unwrap();
        (anna.readiness.can, anna.readiness.issue)
    }

    /// Name, badge and "me" of whoever has the class open.
    async fn present(&self, actor: &Session) -> Vec<(String, String, bool)> {
        let present = self.world.portal.class_events().present(actor, self.class).await.unwrap();
        present.into_iter().map(|one| (one.name, one.initials, one.me)).collect()
    }

    async fn refusals(&self) -> i64 {
        self.world.audited("access.refused", "refused").await
    }
}

/// A session whose proof is fresh now.
fn fresh(world: &World, session: &Session) -> Session {
    Session { fresh_until: world.now() + MINUTE, ..session.clone() }
}

fn stale(world: &World, session: &Session) -> Session {
    Session { fresh_until: world.now(), ..session.clone() }
}

fn is_refused<T>(result: &Result<T, ChangeError>) -> bool {
    matches!(result, Err(ChangeError::Access(AccessError::Refused)))
}

async fn a_class_is_opened_whole_and_in_order(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    // Noted in this order, shown in the other.
    let father = NewPerson { snils: Some(snils("112-233-445 95")), ..NewPerson::named(name("Ежов", "Олег")) };
    let father = world.parent_of(small.anna, "father", &father).await;
    let mother = world.parent_of(small.anna, "mother", &NewPerson::named(name("Ежова", "Ольга"))).await;
    world.account_of(mother).await;
    // Whoever is elsewhere, or has left, is not in it.
    world.student(small.other, &NewPerson::named(name("Яшин", "Лев"))).await;
    let gone = world.student(small.class, &NewPerson::named(name("Жуков", "Пётр"))).await;
    let mut tx = world.portal.db().begin().await.unwrap();
    assert!(world.portal.roster().leave(&mut tx, small.class, gone, world.now()).await.unwrap());
    tx.commit().await.unwrap();

    let class = world.portal.class_editor().open(&world.home(), &small.teacher, small.class).await.unwrap();
    assert_eq!((class.class.title.as_str(), class.class.year, class.class.school.as_str()), ("5А", 2025, "Школа № 5"));
    let students: Vec<_> =
        class.students.iter().map(|entry| (entry.number, entry.student.fields.surname.clone().unwrap())).collect();
    assert_eq!(students, [(1, "Ежова".to_owned()), (2, "Ёлкин".to_owned())], "ё stands with е");
    let parents: Vec<_> = class.students[0].parents.iter().map(|parent| parent.relation).collect();
    assert_eq!(parents, [Relation::Mother, Relation::Father]);
    assert!(class.students[0].parents[0].person.signs_in);
    let of_father = &class.students[0].parents[1].person;
    assert_eq!((of_father.id.clone(), of_father.fields.snils.as_deref()), (father.to_string(), Some("11223344595")));
    let boris = &class.students[1].student.fields;
    assert_eq!(boris.birth_date.as_deref(), Some("2015-06-03"));
    assert_eq!(boris.mobile.as_deref(), Some("+79001112233"));
    assert_eq!(boris.email.as_deref(), Some("boris@example.org"));
    assert_eq!(class.ready, 1);
    assert!(!format!("{class:?}").contains("boris@"), "Debug shows no contact");
}

async fn a_change_is_judged_stored_and_audited(ctx: TestContext) {
    let small = small(ctx).await;
    let (world, teacher) = (&small.world, &small.teacher);
    let mut changes = to(PersonField::Mobile, "8 (900) 765-43-21");
    changes.extend(to(PersonField::Patronymic, " Егоровна "));
    let saved = small.change(teacher, small.anna, 1, &changes).await.unwrap();
    assert_eq!(saved.version, 2);
    assert_eq!(saved.fields.mobile.as_deref(), Some("+79007654321"));
    assert_eq!(saved.fields.patronymic.as_deref(), Some("Егоровна"));
    assert_eq!(small.seen(small.anna).await, saved);
    let emptied = small.change(teacher, small.anna, 2, &to(PersonField::Mobile, "")).await.unwrap();
    assert_eq!((emptied.version, emptied.fields.mobile), (3, None));

    // All that is wrong is named, and nothing is stored.
    let mut wrong = to(PersonField::Snils, "112-233-445 96");
    wrong.extend(to(PersonField::Surname, ""));
    wrong.extend(to(PersonField::Email, "anna@example.org"));
    let refused = small.change(teacher, small.anna, 3, &wrong).await;
    let Err(ChangeError::Invalid(faults)) = refused else { panic!("two values are wrong") };
    assert_eq!(faults, [(PersonField::Surname, FieldFault::Required), (PersonField::Snils, FieldFault::SnilsCheck)]);
    assert_eq!(small.seen(small.anna).await.version, 3);

    assert_eq!(world.audited("person.changed", "success").await, 2);
    let filter = AuditFilter { person: Some(small.anna), limit: 10, ..AuditFilter::default() };
    let rows = world.portal.audit().list(&filter).await.unwrap();
    assert_eq!((rows[0].event, rows[0].actor), (AuditEvent::PersonChanged, Some(teacher.person_id)));
    assert_eq!(rows[0].detail["fields"], serde_json::json!(["mobile"]));
    assert_eq!(rows[0].detail["signs_in"], false);
    assert_eq!(rows[0].before, Some(serde_json::json!({ "mobile": "+79007654321" })));
    assert_eq!(rows[0].after, Some(serde_json::json!({ "mobile": null })));
    world.portal.audit().verify().await.unwrap();
    assert!(world.inbox().await.is_empty(), "nobody signs in with it, nobody is told");
}

async fn a_class_teacher_changes_no_birth_date(ctx: TestContext) {
    let small = small(ctx).await;
    let (world, teacher) = (&small.world, &small.teacher);
    let born = to(PersonField::BirthDate, "03.06.2014");
    let mut with_mobile = born.clone();
    with_mobile.extend(to(PersonField::Mobile, "+79001234567"));
    assert!(is_refused(&small.change(teacher, small.anna, 1, &born).await));
    assert!(is_refused(&small.change(teacher, small.anna, 1, &with_mobile).await), "all or nothing");
    assert!(is_refused(&small.change(teacher, small.boris, 1, &to(PersonField::BirthDate, "")).await));
    assert!(is_refused(&small.add_mother(to(PersonField::BirthDate, "12.04.1985")).await));
    let mother = world.parent_of(small.anna, "mother", &NewPerson::named(name("Ежова", "Ольга"))).await;
    assert!(is_refused(&small.add_mother(to(PersonField::BirthDate, "12.04.1985")).await));
    assert!(is_refused(&small.change(teacher, mother, 1, &born).await));
    assert_eq!(small.refusals().await, 6);
    let filter = AuditFilter { event: Some(AuditEvent::AccessRefused), limit: 1, ..AuditFilter::default() };
    let row = world.portal.audit().list(&filter).await.unwrap().remove(0);
    assert_eq!((row.actor, row.person), (Some(teacher.person_id), Some(mother)));
    assert_eq!(row.detail["permission"], "edit_personal_data");
    let anna = small.seen(small.anna).await;
    assert_eq!((anna.version, anna.fields.mobile), (1, None), "nothing of it was stored");

    let deputy = world.staff("Соколова", &[at_school(Role::DeputyHead, small.school)]).await;
    let saved = small.change(&deputy, small.anna, 1, &with_mobile).await.unwrap();
    assert_eq!(saved.fields.birth_date.as_deref(), Some("2014-06-03"));
    small.change(&deputy, mother, 1, &to(PersonField::BirthDate, "12.04.1985")).await.unwrap();
    // A child is born today at the latest.
    let unborn = small.change(&deputy, small.anna, 2, &to(PersonField::BirthDate, "01.02.2026")).await;
    assert!(matches!(unborn, Err(ChangeError::Invalid(faults)) if faults[0].1 == FieldFault::DateFuture));
    // Whoever teaches here and is deputy head elsewhere has no more rights here than a class teacher.
    let far = world.school("Школа № 9").await;
    let both = world.staff("Зуев", &[leads(small.school, small.class), at_school(Role::DeputyHead, far)]).await;
    assert!(is_refused(&small.change(&both, small.anna, 2, &to(PersonField::BirthDate, "")).await));
}

async fn the_same_value_changes_nothing(ctx: TestContext) {
    let small = small(ctx).await;
    let saved =
        small.change(&small.teacher, small.boris, 1, &to(PersonField::Mobile, "8 900 111-22-33")).await.unwrap();
    assert_eq!(saved.version, 1);
    assert_eq!(small.world.audited("person.changed", "success").await, 0);
}

async fn different_fields_merge_and_the_same_field_is_a_conflict(ctx: TestContext) {
    let small = small(ctx).await;
    let deputy = small.world.staff("Соколова", &[at_school(Role::DeputyHead, small.school)]).await;
    // Both have seen version 1.
    small.change(&deputy, small.anna, 1, &to(PersonField::Email, "theirs@example.org")).await.unwrap();
    let merged = small.change(&small.teacher, small.anna, 1, &to(PersonField::Mobile, "+79001234567")).await.unwrap();
    assert_eq!((merged.version, merged.fields.email.as_deref()), (3, Some("theirs@example.org")));
    let mut changes = to(PersonField::Email, "mine@example.org");
    changes.extend(to(PersonField::Patronymic, "Егоровна"));
    let conflict = small.change(&small.teacher, small.anna, 1, &changes).await;
    let Err(ChangeError::Conflict(conflict)) = conflict else { panic!("the same field") };
    assert_eq!((conflict.person.version, conflict.theirs.len()), (3, 1));
    let theirs = &conflict.theirs[0];
    assert_eq!((theirs.field, theirs.value.as_deref()), (PersonField::Email, Some("theirs@example.org")));
    assert_eq!((theirs.by.as_str(), theirs.at), ("Соколова А. П.", small.world.now()));
    assert_eq!(small.seen(small.anna).await.fields.patronymic, None, "nothing of it was stored");
    // The same change made twice is no conflict; nor is one by who has seen theirs.
    small.change(&small.teacher, small.anna, 1, &to(PersonField::Email, "theirs@example.org")).await.unwrap();
    let kept = small.change(&small.teacher, small.anna, 3, &changes).await.unwrap();
    assert_eq!((kept.version, kept.fields.email.as_deref()), (4, Some("mine@example.org")));
    // An emptied field is a change, too.
    small.change(&deputy, small.anna, 4, &to(PersonField::Email, "")).await.unwrap();
    let conflict = small.change(&small.teacher, small.anna, 4, &to(PersonField::Email, "x@example.org")).await;
    let Err(ChangeError::Conflict(conflict)) = conflict else { panic!("emptied meanwhile") };
    assert_eq!(conflict.theirs[0].value, None);
}

async fn a_request_that_comes_twice_is_done_once(ctx: TestContext) {
    let small = small(ctx).await;
    let asked =
        |request: u8| KeyedRequest { owner: small.teacher.person_id.0, key: "k-1".to_owned(), request: [request; 32] };
    let (editor, visit) = (small.world.portal.class_editor(), small.world.home());
    let (keyed, other) = (asked(1), asked(2));
    let (mobile, email) = (to(PersonField::Mobile, "+79001234567"), to(PersonField::Email, "later@example.org"));
    let change = |keyed| editor.change(&visit, &small.teacher, small.anna, 1, &mobile, Some(keyed));
    let (first, second) = tokio::join!(change(&keyed), change(&keyed));
    let first = first.unwrap();
    assert_eq!((first.person.version, &first), (2, &second.unwrap()));
    assert_eq!(small.world.audited("person.changed", "success").await, 1);
    // Not even what others did meanwhile makes it another answer.
    small.change(&small.teacher, small.anna, 2, &email).await.unwrap();
    assert_eq!(change(&keyed).await.unwrap(), first);
    assert!(matches!(change(&other).await, Err(ChangeError::KeyReused)));
    assert_eq!(small.seen(small.anna).await.version, 3);
    // Whoever has lost the class since is not told again what stands there.
    let former = Session { grants: Vec::new(), roles: Vec::new(), ..small.teacher.clone() };
    let refused = editor.change(&visit, &former, small.anna, 1, &mobile, Some(&keyed)).await;
    assert!(matches!(refused, Err(ChangeError::Access(AccessError::Refused))));

    let keyed = KeyedRequest { key: "k-2".to_owned(), ..keyed };
    let add = || editor.add_parent(&visit, &small.teacher, small.anna, Relation::Guardian, &mobile, Some(&keyed));
    let (first, second) = tokio::join!(add(), add());
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(small.world.audited("person.created", "success").await, 1, "one guardian, though there may be several");
}

/// On SQLite such edits share a commit, so each may have seen what another had not stored yet.
async fn what_comes_at_once_is_done_and_told_once(ctx: TestContext) {
    let small = small(ctx).await;
    let (editor, visit) = (small.world.portal.class_editor(), small.world.home());
    for round in 0..10_u8 {
        let keyed = KeyedRequest { owner: small.teacher.person_id.0, key: format!("k-{round}"), request: [round; 32] };
        let email = to(PersonField::Email, &format!("anna.{round}@example.org"));
        let version = small.seen(small.anna).await.version;
        let change = || editor.change(&visit, &small.teacher, small.anna, version, &email, Some(&keyed));
        let (a, b, c, d) = tokio::join!(change(), change(), change(), change());
        let first = a.unwrap();
        assert_eq!(first.person.version, version + 1);
        assert!([b, c, d].into_iter().all(|twin| twin.unwrap() == first), "one answer for all");
    }
    for (child, relation) in [
        (small.anna, Relation::Mother),
        (small.anna, Relation::Father),
        (small.boris, Relation::Mother),
        (small.boris, Relation::Father),
    ] {
        let fields = [
            to(PersonField::Surname, "Левина"),
            to(PersonField::GivenName, "Дана"),
            to(PersonField::Patronymic, "Егоровна"),
            to(PersonField::Email, "dana@example.org"),
        ];
        let add = |changes| editor.add_parent(&visit, &small.teacher, child, relation, changes, None);
        let (a, b, c, d) = tokio::join!(add(&fields[0]), add(&fields[1]), add(&fields[2]), add(&fields[3]));
        let added = [a, b, c, d].map(|added| added.unwrap().person);
        assert!(added.iter().all(|one| one.id == added[0].id), "one parent");
        let parent = small.seen(added[0].id.parse().unwrap()).await;
        assert_eq!((parent.version, parent.fields.email.as_deref()), (4, Some("dana@example.org")));
        assert_eq!(parent.fields.patronymic.as_deref(), Some("Егоровна"));
    }
}

async fn a_refused_request_leaves_its_key_free(ctx: TestContext) {
    let small = small(ctx).await;
    let keyed = KeyedRequest { owner: small.teacher.person_id.0, key: "k-1".to_owned(), request: [1; 32] };
    let (editor, visit) = (small.world.portal.class_editor(), small.world.home());
    let snils = to(PersonField::Snils, "112-233-445 95");
    small.change(&small.teacher, small.boris, 1, &snils).await.unwrap();
    let change = || editor.change(&visit, &small.teacher, small.anna, 1, &snils, Some(&keyed));
    // Refused, and written down.
    assert!(matches!(change().await, Err(ChangeError::Invalid(_))));
    assert_eq!(small.world.audited("person.changed", "refused").await, 1);
    assert_eq!(small.world.count("idempotency_keys").await, 0);
    // The reason is gone: the same request is done.
    small.change(&small.teacher, small.boris, 2, &to(PersonField::Snils, "")).await.unwrap();
    assert_eq!(change().await.unwrap().person.version, 2);
}

async fn contacts_of_an_account_need_fresh_proof_and_the_old_addresses_are_told(ctx: TestContext) {
    let small = small(ctx).await;
    let (world, teacher) = (&small.world, &small.teacher);
    let mother = NewPerson { locale: Some(domain::Locale::Ru), ..parent() };
    let mother = world.parent_of(small.anna, "mother", &mother).await;
    world.account_of(mother).await;
    let mut changes = to(PersonField::Mobile, "+79005550101");
    changes.extend(to(PersonField::Email, "new@example.org"));

    let tired = stale(world, teacher);
    assert!(matches!(small.change(&tired, mother, 1, &changes).await, Err(ChangeError::ProofNeeded)));
    assert!(matches!(
        small.change(&tired, mother, 1, &to(PersonField::Mobile, "")).await,
        Err(ChangeError::ProofNeeded)
    ));
    assert_eq!(small.seen(mother).await.version, 1);
    // A name opens nothing.
    small.change(&tired, mother, 1, &to(PersonField::GivenName, "Дана")).await.unwrap();
    assert!(world.inbox().await.is_empty());

    small.change(&fresh(world, teacher), mother, 2, &changes).await.unwrap();
    let mut told: Vec<_> = world
        .inbox()
        .await
        .into_iter()
        .map(|message| (message.event.clone(), message.recipient.clone(), message.locale))
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            ("email_changed".to_owned(), "Dana.Levi@example.org".to_owned(), domain::Locale::Ru),
            ("mobile_changed".to_owned(), PARENT_MOBILE.to_owned(), domain::Locale::Ru),
        ]
    );
    let filter = AuditFilter { person: Some(mother), limit: 1, ..AuditFilter::default() };
    let row = world.portal.audit().list(&filter).await.unwrap().remove(0);
    assert_eq!(row.detail["signs_in"], true);
    assert_eq!(row.before.unwrap()["mobile"], PARENT_MOBILE);
    // Other capitals make no other address, but are a change all the same.
    small.change(&fresh(world, teacher), mother, 3, &to(PersonField::Email, "New@example.org")).await.unwrap();
    assert!(world.inbox().await.is_empty());
    // Nobody was signed in by it, and codes go to the new number.
    world.begin(&world.home(), PARENT_ID).await.unwrap();
    assert_eq!(world.inbox().await[0].recipient, "+79005550101");
}

async fn a_snils_of_an_account_needs_fresh_proof_too(ctx: TestContext) {
    let small = small(ctx).await;
    let mother = small.world.parent_of(small.anna, "mother", &NewPerson::named(name("Ежова", "Ольга"))).await;
    small.world.account_of(mother).await;
    let changes = to(PersonField::Snils, "112-233-445 95");
    let tired = stale(&small.world, &small.teacher);
    assert!(matches!(small.change(&tired, mother, 1, &changes).await, Err(ChangeError::ProofNeeded)));
    small.change(&fresh(&small.world, &small.teacher), mother, 1, &changes).await.unwrap();
}

async fn a_class_teacher_stays_in_the_own_class(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let stranger = world.student(small.other, &NewPerson::named(name("Яшин", "Лев"))).await;
    let changes = to(PersonField::Mobile, "+79001234567");
    assert!(is_refused(&small.change(&small.teacher, stranger, 1, &changes).await));
    let editor = world.portal.class_editor();
    let refused = editor.open(&world.home(), &small.teacher, small.other).await;
    assert!(matches!(refused, Err(AccessError::Refused)));
    let refused =
        editor.add_parent(&world.home(), &small.teacher, stranger, Relation::Mother, &changes, None).await.map(|_| ());
    assert!(is_refused(&refused));
    assert_eq!(small.refusals().await, 3);
    let filter = AuditFilter { event: Some(AuditEvent::AccessRefused), limit: 1, ..AuditFilter::default() };
    let row = world.portal.audit().list(&filter).await.unwrap().remove(0);
    assert_eq!((row.actor, row.person), (Some(small.teacher.person_id), Some(stranger)));
    assert_eq!(row.detail["permission"], "edit_contacts");
    assert_eq!(row.detail["targets"][0]["class"], small.other.to_string());

    let nobody = PersonId(uuid::Uuid::from_u128(404));
    assert!(matches!(small.change(&small.teacher, nobody, 1, &changes).await, Err(ChangeError::Gone)));
    let nothing = editor.open(&world.home(), &small.teacher, ClassId(uuid::Uuid::from_u128(404))).await;
    assert!(matches!(nothing, Err(AccessError::NotFound)));
    // A parent without any role sees none of it.
    let plain = Session { grants: Vec::new(), roles: Vec::new(), ..small.teacher.clone() };
    assert!(matches!(editor.open(&world.home(), &plain, small.class).await, Err(AccessError::Refused)));
    // Who has left the class has left the teacher's reach.
    let mut tx = world.portal.db().begin().await.unwrap();
    world.portal.roster().leave(&mut tx, small.class, small.anna, world.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(is_refused(&small.change(&small.teacher, small.anna, 1, &changes).await));
}

async fn a_parent_of_two_classes_is_edited_by_both_teachers(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let sister = world.student(small.other, &NewPerson::named(name("Ежова", "Вера"))).await;
    let mother = world.parent_of(small.anna, "mother", &NewPerson::named(name("Ежова", "Ольга"))).await;
    world.relate(sister, mother, "mother").await;
    let colleague = world.staff("Соколова", &[leads(small.school, small.other)]).await;
    let events = world.portal.class_events();
    let (mut here, mut there) = (events.subscribe(small.class), events.subscribe(small.other));
    small.change(&small.teacher, mother, 1, &to(PersonField::Mobile, "+79001234567")).await.unwrap();
    let (here, there) = (here.next().await.unwrap(), there.next().await.unwrap());
    assert_eq!((here.class_id(), there.class_id()), (small.class, small.other));
    small.change(&colleague, mother, 2, &to(PersonField::Email, "olga@example.org")).await.unwrap();
    let (record, by, _) = events.person(&world.home(), &small.teacher, small.class, mother).await.unwrap();
    assert_eq!((record.version, by.as_str()), (3, "Соколова А. П."));
    // But the sister is the colleague's alone.
    let refused = events.person(&world.home(), &small.teacher, small.other, sister).await;
    assert!(matches!(refused, Err(AccessError::Refused)));
    let elsewhere = events.person(&world.home(), &small.teacher, small.class, sister).await;
    assert!(matches!(elsewhere, Err(AccessError::NotFound)));
}

async fn nobody_takes_an_administrator_over_through_a_child(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let far = world.school("Школа № 9").await;
    let administrator = world.staff("Морозов", &[at_school(Role::SchoolAdministrator, small.school)]).await;
    let system = world.staff("Орлова", &[everywhere()]).await;
    let colleague = world.staff("Соколова", &[leads(small.school, small.other)]).await;
    let abroad = world.staff("Зуев", &[at_school(Role::DeputyHead, far)]).await;
    for person in [&administrator, &system, &colleague, &abroad, &small.teacher] {
        world.relate(small.anna, person.person_id, "guardian").await;
    }
    let changes = to(PersonField::Mobile, "+79001234567");
    let deputy = world.staff("Панова", &[at_school(Role::DeputyHead, small.school)]).await;
    let mut expected = 0;
    for person in [&administrator, &system, &colleague, &abroad, &small.teacher] {
        for actor in [&small.teacher, &deputy] {
            let actor = fresh(world, actor);
            assert!(is_refused(&small.change(&actor, person.person_id, 1, &changes).await), "{:?}", person.roles);
            // No other field either: a birth date and a name are asked for when a password is set anew.
            let name = to(PersonField::GivenName, "Иван");
            assert!(is_refused(&small.change(&actor, person.person_id, 1, &name).await));
            expected += 2;
        }
    }
    assert_eq!(small.refusals().await, expected);
    // The administrator of the school edits the school's own staff, and nobody who has a say elsewhere.
    let boss = fresh(world, &administrator);
    small.change(&boss, colleague.person_id, 1, &changes).await.unwrap();
    assert!(is_refused(&small.change(&boss, abroad.person_id, 1, &changes).await));
    assert!(is_refused(&small.change(&boss, system.person_id, 1, &changes).await));
    let root = fresh(world, &system);
    small.change(&root, abroad.person_id, 1, &changes).await.unwrap();
    small.change(&root, administrator.person_id, 1, &changes).await.unwrap();
    // A way round: the first value of a mother who is there already.
    world.relate(small.boris, system.person_id, "mother").await;
    let editor = world.portal.class_editor();
    let round = editor.add_parent(&world.home(), &boss, small.boris, Relation::Mother, &changes, None).await;
    assert!(is_refused(&round));
}

async fn a_parent_who_becomes_staff_meanwhile_is_out_of_reach(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let mother = world.parent_of(small.anna, "mother", &NewPerson::named(name("Ежова", "Ольга"))).await;
    let (portal, visit, teacher) = (world.portal.clone(), world.home(), fresh(world, &small.teacher));
    let changes = to(PersonField::Mobile, "+79001234567");
    let deed = async move { portal.class_editor().change(&visit, &teacher, mother, 1, &changes, None).await };
    let role = at_school(Role::SchoolAdministrator, small.school);
    assert!(is_refused(&Box::pin(world.while_becoming_staff(mother, role, deed)).await));
    assert_eq!(small.seen(mother).await.fields.mobile, None);
    assert_eq!(small.refusals().await, 1);
}

async fn staff_without_a_child_are_not_edited_here(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let system = world.staff("Орлова", &[everywhere()]).await;
    let changes = to(PersonField::Mobile, "+79001234567");
    let own = fresh(world, &system);
    assert!(is_refused(&small.change(&own, small.teacher.person_id, 1, &changes).await));
    assert!(is_refused(&small.change(&own, system.person_id, 1, &changes).await));
}

async fn somebody_in_no_class_is_edited_by_nobody_of_a_school(ctx: TestContext) {
    let small = small(ctx).await;
    let loose = small.world.person(&NewPerson::named(name("Яшин", "Лев"))).await;
    let administrator = small.world.staff("Морозов", &[at_school(Role::SchoolAdministrator, small.school)]).await;
    let changes = to(PersonField::Mobile, "+79001234567");
    assert!(is_refused(&small.change(&administrator, loose, 1, &changes).await));
}

async fn a_parent_begins_with_the_first_value(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let editor = world.portal.class_editor();
    let visit = world.home();
    let mut heard = world.portal.class_events().subscribe(small.class);
    assert!(matches!(small.add_mother(to(PersonField::Mobile, "")).await, Err(ChangeError::Invalid(_))));
    assert!(matches!(small.add_mother(to(PersonField::Mobile, "12")).await, Err(ChangeError::Invalid(_))));
    let saved = small.add_mother(to(PersonField::Mobile, "+79001234567")).await.unwrap();
    assert_eq!((saved.version, saved.fields.surname.clone()), (1, None));
    assert_eq!(heard.next().await, Some(ClassEvent::Roster { class_id: small.class }));
    let mother: PersonId = saved.id.parse().unwrap();
    assert_eq!(small.seen(mother).await, saved);
    // The names follow one by one; a class and its register with somebody half named can be opened all the same.
    small.change(&small.teacher, mother, 1, &to(PersonField::GivenName, "Ольга")).await.unwrap();
    let (_, lines) = world.portal.roster().register(&visit, &small.teacher, small.class).await.unwrap();
    assert_eq!(lines[0].parents.len(), 1);
    let named = small.change(&small.teacher, mother, 2, &to(PersonField::Surname, "Ежова")).await.unwrap();
    assert_eq!((named.version, named.fields.surname.as_deref()), (3, Some("Ежова")));
    assert_eq!(world.audited("person.created", "success").await, 1);
    assert_eq!(world.audited("guardian.changed", "success").await, 1);
    // A parent is no student, and has no mother here.
    let changes = to(PersonField::Surname, "Ежова");
    let refused = editor.add_parent(&visit, &small.teacher, mother, Relation::Mother, &changes, None).await;
    assert!(is_refused(&refused));
}

async fn two_who_add_a_mother_add_one(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let editor = world.portal.class_editor();
    let first = small.add_mother(to(PersonField::Surname, "Ежова")).await.unwrap();
    let second = small.add_mother(to(PersonField::Mobile, "+79001234567")).await.unwrap();
    assert_eq!((second.id.as_str(), second.version), (first.id.as_str(), 2), "they merge");
    let Err(ChangeError::Conflict(conflict)) = small.add_mother(to(PersonField::Surname, "Ершова")).await else {
        panic!("both typed a surname")
    };
    assert_eq!((conflict.person.id.as_str(), conflict.theirs[0].value.as_deref()), (first.id.as_str(), Some("Ежова")));
    // What a roster brought is news, too, to who has seen nothing of it.
    world.parent_of(small.boris, "mother", &NewPerson::named(name("Ёлкина", "Инна"))).await;
    let changes = to(PersonField::Surname, "Ершова");
    let conflict =
        editor.add_parent(&world.home(), &small.teacher, small.boris, Relation::Mother, &changes, None).await;
    assert!(matches!(conflict, Err(ChangeError::Conflict(_))));
    // Other guardians may be any number.
    for _ in 0..2 {
        let changes = to(PersonField::Surname, "Ежов");
        editor.add_parent(&world.home(), &small.teacher, small.anna, Relation::Guardian, &changes, None).await.unwrap();
    }
    assert_eq!(world.count("guardians").await, 4);
}

async fn shared_contacts_do_not_count_as_ready(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let editor = world.portal.class_editor();
    let shared = |with| (false, Some(NotReady::SharedContact { field: PersonField::Mobile, with }));
    assert_eq!(small.readiness_of_anna().await, (false, Some(NotReady::NeedsContact)));
    small.change(&small.teacher, small.anna, 1, &to(PersonField::Mobile, "+79007654321")).await.unwrap();
    assert_eq!(small.readiness_of_anna().await, (true, Some(NotReady::NotSeenYet)));
    let with =
        |number: &str, who: &str| NewPerson { mobile: Some(mobile(number)), ..NewPerson::named(name("Ежов", who)) };
    // Somebody far away, then a classmate, a sibling, and a parent.
    let far = world.school("Школа № 9").await;
    let class = world.class(far, "1А").await;
    world.student(class, &with("+79007654321", "Далёкий")).await;
    assert_eq!(small.readiness_of_anna().await, shared(SharedWith::Other));
    small.change(&small.teacher, small.boris, 1, &to(PersonField::Mobile, "+79007654321")).await.unwrap();
    assert_eq!(small.readiness_of_anna().await, shared(SharedWith::Classmate));
    let sibling = world.student(small.other, &with("+79007654321", "Брат")).await;
    let father = world.parent_of(small.anna, "father", &with("+79005550000", "Отец")).await;
    world.relate(sibling, father, "father").await;
    assert_eq!(small.readiness_of_anna().await, shared(SharedWith::Sibling));
    small.change(&small.teacher, father, 1, &to(PersonField::Mobile, "+79007654321")).await.unwrap();
    assert_eq!(small.readiness_of_anna().await, shared(SharedWith::Parent));
    // Something of her own is enough.
    small.change(&small.teacher, small.anna, 2, &to(PersonField::Snils, "112-233-445 95")).await.unwrap();
    let class = editor.open(&world.home(), &small.teacher, small.class).await.unwrap();
    assert_eq!(class.students[0].readiness.by, [Way::Snils]);

    let administrator = world.staff("Морозов", &[at_school(Role::SchoolAdministrator, small.school)]).await;
    let school = editor.school_readiness(&world.home(), &administrator, small.school).await.unwrap();
    let counts: Vec<_> = school.iter().map(|class| (class.title.as_str(), class.ready, class.total)).collect();
    // Boris has an e-mail of his own.
    assert_eq!(counts, [("5А", 2, 2), ("5Б", 0, 1)]);
    let refused = editor.school_readiness(&world.home(), &small.teacher, small.school).await;
    assert!(matches!(refused, Err(AccessError::Refused)));
}

async fn whoever_has_the_class_open_hears_of_changes(ctx: TestContext) {
    let small = small(ctx).await;
    let events = small.world.portal.class_events();
    let mut heard = events.subscribe(small.class);
    let mut elsewhere = events.subscribe(small.other);
    // What was refused is not heard of.
    assert!(small.change(&small.teacher, small.anna, 1, &to(PersonField::Snils, "1")).await.is_err());
    let saved = small.change(&small.teacher, small.anna, 1, &to(PersonField::Mobile, "+79001234567")).await.unwrap();
    let by = small.teacher.person_id;
    let expected = ClassEvent::Person { class_id: small.class, person_id: small.anna, version: saved.version, by };
    assert_eq!(heard.next().await, Some(expected));
    let silence = tokio::time::timeout(Duration::from_millis(50), elsewhere.next()).await;
    assert!(silence.is_err());
    let (record, by, at) = events.person(&small.world.home(), &small.teacher, small.class, small.anna).await.unwrap();
    assert_eq!((record, by.as_str(), at), (saved, "Бутрович А. П.", small.world.now()));
    // Whoever was too slow is told to read the class anew.
    for n in 0..80 {
        let number = format!("+790012345{n:02}");
        small.change(&small.teacher, small.anna, 2 + n, &to(PersonField::Mobile, &number)).await.unwrap();
    }
    assert_eq!(heard.next().await, Some(ClassEvent::Roster { class_id: small.class }));
}

async fn replicas_hear_of_each_other(ctx: TestContext) {
    let small = small(ctx).await;
    let replica = small.world.ctx.connect_again().await;
    let other = World::new(TestContext { db: replica.clone(), ..small.world.ctx.clone() });
    let mut far = other.portal.class_events().subscribe(small.class);
    let listener = tokio::spawn(ClassEvents::listen(replica.clone()));
    if replica.backend() == services::store::Backend::Sqlite {
        // There are no replicas: it has nothing to do.
        listener.await.unwrap();
        replica.close().await;
        return;
    }
    let mut near = small.world.portal.class_events().subscribe(small.class);
    // Once it listens everybody is told to read anew, since something may have been missed.
    let listening = tokio::time::timeout(Duration::from_secs(20), far.next()).await.unwrap();
    assert_eq!(listening, Some(ClassEvent::Roster { class_id: small.class }));
    small.change(&small.teacher, small.anna, 1, &to(PersonField::Mobile, "+79001234567")).await.unwrap();
    let heard = tokio::time::timeout(Duration::from_secs(20), far.next()).await.unwrap();
    assert!(matches!(heard, Some(ClassEvent::Person { version: 2, .. })), "{heard:?}");
    assert_eq!(near.next().await, heard, "at home without a detour");
    // What is undone is not announced, and one's own announcements are not heard twice.
    assert!(small.change(&small.teacher, small.anna, 2, &to(PersonField::Mobile, "1")).await.is_err());
    small.change(&small.teacher, small.anna, 2, &to(PersonField::Email, "a@example.org")).await.unwrap();
    for subscription in [&mut far, &mut near] {
        let heard = tokio::time::timeout(Duration::from_secs(20), subscription.next()).await.unwrap();
        assert!(matches!(heard, Some(ClassEvent::Person { version: 3, .. })), "{heard:?}");
    }
    listener.abort();
    let _ = listener.await;
    replica.close().await;
}

async fn presence_ends_by_leaving_and_by_silence(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let events = world.portal.class_events();
    // Sessions are listed in the order of their ids, which tells times apart.
    world.ctx.clock.advance(SECOND);
    let deputy = world.staff("Соколова", &[at_school(Role::DeputyHead, small.school)]).await;
    let mut heard = events.subscribe(small.class);
    let presence = Some(ClassEvent::Presence { class_id: small.class });
    events.arrive(&small.teacher, small.class).await.unwrap();
    events.arrive(&deputy, small.class).await.unwrap();
    assert_eq!((heard.next().await, heard.next().await), (presence, presence));
    let both = |me: bool| {
        vec![("Бутрович А. П.".to_owned(), "БА".to_owned(), me), ("Соколова А. П.".to_owned(), "СА".to_owned(), !me)]
    };
    assert_eq!((small.present(&small.teacher).await, small.present(&deputy).await), (both(true), both(false)));
    // A heartbeat is no news; silence ends it.
    world.ctx.clock.advance(30 * SECOND);
    events.beat(&small.teacher, small.class).await.unwrap();
    world.ctx.clock.advance(20 * SECOND);
    assert_eq!(small.present(&small.teacher).await.len(), 1);
    assert_eq!(world.portal.housekeeping().run().await.unwrap().presence, 1);
    // Coming back is news, and so is leaving.
    events.beat(&deputy, small.class).await.unwrap();
    assert_eq!(heard.next().await, presence);
    events.leave(&deputy, small.class).await.unwrap();
    assert_eq!(heard.next().await, presence);
    assert_eq!(small.present(&small.teacher).await.len(), 1);
    // Nobody looks into a class from outside.
    let outsider = world.staff("Зуев", &[leads(small.school, small.other)]).await;
    assert!(matches!(events.arrive(&outsider, small.class).await, Err(AccessError::Refused)));
    assert!(matches!(events.present(&outsider, small.class).await, Err(AccessError::Refused)));
    // The end of a session ends it too.
    world.portal.sessions().sign_out(&world.home(), &small.teacher).await.unwrap();
    assert_eq!(world.count("presence").await, 0);
}

async fn the_history_tells_who_changed_what(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    small.change(&small.teacher, small.anna, 1, &to(PersonField::Mobile, "+79001234567")).await.unwrap();
    small.change(&small.teacher, small.anna, 2, &to(PersonField::Mobile, "")).await.unwrap();
    let history = world.portal.class_editor().history(&world.home(), &small.teacher, small.anna).await.unwrap();
    let number = Some("+79001234567".to_owned());
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].fields, [(PersonField::Mobile, number.clone(), None)]);
    assert_eq!(history[1].fields, [(PersonField::Mobile, None, number)]);
    assert_eq!((history[0].by.as_str(), history[0].by_owner), ("Бутрович А. П.", false));
}
