//! A person's ID number as staff set, correct and remove it, on both databases.

use std::collections::BTreeMap;

use domain::{BirthDate, IdKind, PersonField, PersonIdentifier, Relation, Role};
use services::access::AccessError;
use services::audit::{AuditEvent, AuditFilter};
use services::class_editor::ChangeError;
use services::class_events::ClassEvent;
use services::people::NewPerson;
use services::registrations::Who;
use services::roster::NumberError;
use services::{ClassId, PersonId, SchoolId, Session};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    a_number_is_set_corrected_and_removed_with_history,
    a_child_added_by_hand_is_recognised_at_registration,
    a_number_is_one_persons,
    who_asks_for_too_many_numbers_of_others_waits,
    of_two_who_give_it_to_different_people_at_once_one_succeeds,
    an_account_asks_for_fresh_proof_and_its_owner_is_told,
    a_class_teacher_changes_no_number,
    nobody_changes_the_own_number_or_that_of_staff_above,
    who_becomes_staff_meanwhile_is_out_of_reach,
    who_has_not_seen_the_last_change_is_told,
);

const NUMBER: &str = "000000018";
const OTHER: &str = "000000026";

#[derive(Clone)]
struct Small {
    world: World,
    school: SchoolId,
    class: ClassId,
    teacher: Session,
    deputy: Session,
    anna: PersonId,
    boris: PersonId,
}

async fn small(ctx: TestContext) -> Small {
    let world = World::new(ctx);
    let school = world.school("Школа № 5").await;
    let class = world.class(school, "5А").await;
    let teacher = world.staff("Бутрович", &[leads(school, class)]).await;
    let deputy = world.staff("Соколова", &[at_school(Role::DeputyHead, school)]).await;
    let anna = world.student(class, &NewPerson::named(name("Ежова", "Анна"))).await;
    let boris = world.student(class, &NewPerson::named(name("Ёлкин", "Борис"))).await;
    Small { world, school, class, teacher, deputy, anna, boris }
}

impl Small {
    async fn set(
        &self,
        actor: &Session,
        person: PersonId,
        version: i64,
        number: Option<&PersonIdentifier>,
    ) -> Result<bool, NumberError> {
        self.world.portal.roster().set_id_number(&self.world.home(), actor, person, version, number).await
    }

    /// The number as the deputy head has it shown.
    async fn shown(&self, person: PersonId) -> Option<PersonIdentifier> {
        self.world.portal.roster().id_number(&self.world.home(), &self.deputy, person).await.unwrap()
    }

    fn stale(&self, actor: &Session) -> Session {
        Session { fresh_until: self.world.now(), ..actor.clone() }
    }

    fn fresh(&self, actor: &Session) -> Session {
        Session { fresh_until: self.world.now() + MINUTE, ..actor.clone() }
    }
}

fn fictitious(text: &str) -> PersonIdentifier {
    PersonIdentifier::parse(IdKind::Fictitious, text).unwrap()
}

fn is_refused<T>(result: &Result<T, NumberError>) -> bool {
    matches!(result, Err(NumberError::Access(AccessError::Refused)))
}

async fn a_number_is_set_corrected_and_removed_with_history(ctx: TestContext) {
    let small = small(ctx).await;
    let tired = small.stale(&small.deputy);
    let (world, deputy, anna) = (&small.world, &tired, small.anna);
    let mut heard = world.portal.class_events().subscribe(small.class);
    // She has no account: nobody signs in with it.
    assert!(small.set(deputy, anna, 1, Some(&il_id(NUMBER))).await.unwrap());
    let by = deputy.person_id;
    let expected = ClassEvent::Person { class_id: small.class, person_id: anna, version: 2, by };
    assert_eq!(heard.next().await, Some(expected));
    assert_eq!(small.shown(anna).await, Some(il_id(NUMBER)));
    assert!(!small.set(deputy, anna, 2, Some(&il_id("18"))).await.unwrap(), "the same, however it is written");
    assert!(small.set(deputy, anna, 2, Some(&fictitious(NUMBER))).await.unwrap(), "another kind is another number");
    assert!(small.set(deputy, anna, 3, None).await.unwrap());
    assert!(!small.set(deputy, anna, 4, None).await.unwrap());
    assert_eq!(small.shown(anna).await, None);
    let empty = "SELECT COUNT(*) FROM people WHERE id_type IS NULL AND id_number_sealed IS NULL AND id_number_index IS NULL \
         AND version = 4";
    assert_eq!(world.ctx.number(empty).await, 1);
    let noted = "SELECT version FROM person_fields WHERE field = 'id_number' AND source = 'staff'";
    assert_eq!(world.ctx.number(noted).await, 4);

    assert_eq!(world.audited("person.changed", "success").await, 3);
    let filter = AuditFilter { event: Some(AuditEvent::PersonChanged), limit: 10, ..AuditFilter::default() };
    let rows = world.portal.audit().list(&filter).await.unwrap();
    assert_eq!((rows[2].actor, rows[2].person), (Some(deputy.person_id), Some(anna)));
    assert_eq!(rows[2].detail["fields"], serde_json::json!(["id_number"]));
    assert_eq!(rows[2].detail["signs_in"], false);
    assert_eq!(rows[2].before, Some(serde_json::json!({ "id_type": null, "id_number": null })));
    assert_eq!(rows[2].after, Some(serde_json::json!({ "id_type": "il_id", "id_number": NUMBER })));
    world.portal.audit().verify().await.unwrap();
    assert!(world.inbox().await.is_empty(), "nobody signs in with it, nobody is told");

    // The history shows it masked, to whoever reads the record.
    let personal = world.portal.roster().personal(&world.home(), &small.teacher, anna).await.unwrap();
    let masked = Some("•••••••18".to_owned());
    let history: Vec<_> = personal.history.iter().map(|change| change.id_number.clone().unwrap()).collect();
    assert_eq!(history, [(masked.clone(), None), (masked.clone(), masked.clone()), (None, masked)]);
    assert!(personal.history.iter().all(|change| change.by == "Соколова А. П." && change.fields.is_empty()));
}

async fn a_child_added_by_hand_is_recognised_at_registration(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let administrator = world.staff("Громов", &[at_school(Role::SchoolAdministrator, small.school)]).await;
    let new = NewPerson::named(name("Леви", "Майя"));
    let maya = world.portal.roster().add_student(&world.home(), &administrator, small.class, &new).await.unwrap();
    world.parent_of(maya, "mother", &parent()).await;
    let who = Who {
        identifier: il_id(PARENT_ID),
        birth_date: BirthDate::new(1985, 4, 12).unwrap(),
        child: fictitious("123456789"),
    };
    let registrations = world.portal.registrations();
    registrations.begin(&world.home(), None, &who).await.unwrap();
    assert!(world.inbox().await.is_empty(), "nobody knows the child");
    small.set(&small.deputy, maya, 1, Some(&who.child)).await.unwrap();
    // Whoever asks for a code again waits, known or not.
    world.ctx.clock.advance(30 * SECOND);
    registrations.begin(&world.elsewhere(), None, &who).await.unwrap();
    let told = world.inbox().await;
    assert_eq!(told.iter().map(|message| message.recipient.as_str()).collect::<Vec<_>>(), [PARENT_MOBILE]);
}

async fn a_number_is_one_persons(ctx: TestContext) {
    let small = small(ctx).await;
    let (world, deputy) = (&small.world, &small.deputy);
    small.set(deputy, small.boris, 1, Some(&il_id(NUMBER))).await.unwrap();
    assert!(matches!(small.set(deputy, small.anna, 1, Some(&il_id(NUMBER))).await, Err(NumberError::Taken)));
    assert_eq!(small.shown(small.anna).await, None);
    assert_eq!(world.audited("person.changed", "refused").await, 1);
    let filter = AuditFilter { event: Some(AuditEvent::PersonChanged), limit: 1, ..AuditFilter::default() };
    let row = world.portal.audit().list(&filter).await.unwrap().remove(0);
    assert_eq!((row.actor, row.person), (Some(deputy.person_id), Some(small.anna)));
    assert_eq!((&row.detail["reason"], row.before, row.after), (&serde_json::json!("number_taken"), None, None));
    // Somebody of another school counts, too.
    let far = world.school("Школа № 9").await;
    let class = world.class(far, "1А").await;
    let new = NewPerson { identifier: Some(il_id(OTHER)), ..NewPerson::named(name("Далёкий", "Лев")) };
    world.student(class, &new).await;
    assert!(matches!(small.set(deputy, small.anna, 1, Some(&il_id(OTHER))).await, Err(NumberError::Taken)));
    // Whose it was by mistake gives it back.
    small.set(deputy, small.boris, 2, None).await.unwrap();
    small.set(deputy, small.anna, 1, Some(&il_id(NUMBER))).await.unwrap();
    // A SNILS is a field of its own.
    let snils = PersonIdentifier::RuSnils(snils("112-233-445 95"));
    assert!(matches!(small.set(deputy, small.boris, 3, Some(&snils)).await, Err(NumberError::Snils)));
}

async fn who_asks_for_too_many_numbers_of_others_waits(ctx: TestContext) {
    let small = small(ctx).await;
    let (world, deputy) = (&small.world, &small.deputy);
    small.set(deputy, small.boris, 1, Some(&il_id(NUMBER))).await.unwrap();
    let taken_snils =
        NewPerson { snils: Some(snils("112-233-445 95")), ..NewPerson::named(name("Далёкий", "Лев")) };
    world.person(&taken_snils).await;
    let editor = world.portal.class_editor();
    let snils_of = |number: &str| BTreeMap::from([(PersonField::Snils, Some(number.to_owned()))]);
    // A number of either kind counts.
    let taken = editor.change(&world.home(), deputy, small.anna, 1, &snils_of("112-233-445 95"), None).await;
    assert!(matches!(taken, Err(ChangeError::Invalid(_))));
    let until = world.now() + HOUR;
    for _ in 0..9 {
        assert!(matches!(small.set(deputy, small.anna, 1, Some(&il_id(NUMBER))).await, Err(NumberError::Taken)));
        world.ctx.clock.advance(MINUTE);
    }
    // From now on nothing is told, of a free number as little as of another's.
    for number in [NUMBER, OTHER] {
        let refused = small.set(deputy, small.anna, 1, Some(&il_id(number))).await;
        assert!(matches!(refused, Err(NumberError::TooMany { retry_at }) if retry_at == until), "{refused:?}");
    }
    for number in ["112-233-445 95", "087-654-303 00"] {
        let refused = editor.change(&world.home(), deputy, small.anna, 1, &snils_of(number), None).await;
        assert!(matches!(refused, Err(ChangeError::TooMany { retry_at }) if retry_at == until), "{refused:?}");
        let mother = Relation::Mother;
        let refused = editor.add_parent(&world.home(), deputy, small.anna, mother, &snils_of(number), None).await;
        assert!(matches!(refused, Err(ChangeError::TooMany { retry_at }) if retry_at == until), "{refused:?}");
    }
    assert_eq!(world.audited("person.changed", "refused").await, 16);
    // What tells nothing goes on, and others go on.
    let name = [(PersonField::GivenName, Some("Ася".to_owned()))].into();
    editor.change(&world.home(), deputy, small.anna, 1, &name, None).await.unwrap();
    assert!(small.set(deputy, small.boris, 2, None).await.unwrap());
    let other = world.staff("Панова", &[at_school(Role::DeputyHead, small.school)]).await;
    assert!(small.set(&other, small.boris, 3, Some(&il_id(NUMBER))).await.unwrap());
    world.ctx.clock.advance(until - world.now());
    assert!(small.set(deputy, small.anna, 2, Some(&il_id(OTHER))).await.unwrap());
}

async fn of_two_who_give_it_to_different_people_at_once_one_succeeds(ctx: TestContext) {
    let small = small(ctx).await;
    let mut tasks = Vec::new();
    for person in [small.anna, small.boris] {
        let small = small.clone();
        tasks.push(tokio::spawn(async move { small.set(&small.deputy, person, 1, Some(&il_id(NUMBER))).await }));
    }
    let (mut saved, mut refused) = (0, 0);
    for task in tasks {
        let result = task.await.unwrap();
        saved += usize::from(result.is_ok());
        refused += usize::from(matches!(result, Err(NumberError::Taken)));
    }
    assert_eq!((saved, refused), (1, 1));
}

async fn an_account_asks_for_fresh_proof_and_its_owner_is_told(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let mother = world.parent_of(small.anna, "mother", &parent()).await;
    world.account_of(mother).await;
    let hers = world.sign_in(&world.elsewhere(), PARENT_ID).await.session;
    let (tired, awake) = (small.stale(&small.deputy), small.fresh(&small.deputy));
    for number in [Some(&il_id(OTHER)), None] {
        assert!(matches!(small.set(&tired, mother, 1, number).await, Err(NumberError::ProofNeeded)));
    }
    assert_eq!(small.shown(mother).await, Some(il_id(PARENT_ID)));
    assert!(world.inbox().await.is_empty());

    small.set(&awake, mother, 1, Some(&il_id(OTHER))).await.unwrap();
    let mut told: Vec<_> = world
        .inbox()
        .await
        .into_iter()
        .map(|message| (message.event.clone(), message.recipient.clone(), message.locale))
        .collect();
    told.sort();
    let notice = |recipient: &str| ("id_number_changed".to_owned(), recipient.to_owned(), domain::Locale::He);
    assert_eq!(told, [notice(PARENT_MOBILE), notice("Dana.Levi@example.org")]);
    let filter = AuditFilter { person: Some(mother), limit: 1, ..AuditFilter::default() };
    let row = world.portal.audit().list(&filter).await.unwrap().remove(0);
    assert_eq!((row.event, &row.detail["signs_in"]), (AuditEvent::PersonChanged, &serde_json::json!(true)));
    // She goes on where she is, and signs in with the new number.
    assert!(world.portal.sessions().renewed(&hers).await.unwrap().is_some());
    world.ctx.clock.advance(10 * MINUTE);
    world.sign_in(&world.home(), OTHER).await;
    world.begin(&world.home(), PARENT_ID).await.unwrap();
    assert!(world.inbox().await.is_empty(), "the old number is nobody's");
}

async fn a_class_teacher_changes_no_number(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let far = world.school("Школа № 9").await;
    let stranger = world.staff("Зуев", &[at_school(Role::SchoolAdministrator, far)]).await;
    for actor in [&small.teacher, &stranger] {
        assert!(is_refused(&small.set(actor, small.anna, 1, Some(&il_id(NUMBER))).await));
        assert!(is_refused(&small.set(actor, small.anna, 1, None).await));
    }
    assert_eq!(world.audited("access.refused", "refused").await, 4);
    let filter = AuditFilter { event: Some(AuditEvent::AccessRefused), limit: 1, ..AuditFilter::default() };
    let row = world.portal.audit().list(&filter).await.unwrap().remove(0);
    assert_eq!((row.person, &row.detail["permission"]), (Some(small.anna), &serde_json::json!("edit_personal_data")));
    let nobody = PersonId(uuid::Uuid::from_u128(404));
    let gone = small.set(&small.deputy, nobody, 1, None).await;
    assert!(matches!(gone, Err(NumberError::Access(AccessError::NotFound))));
}

async fn nobody_changes_the_own_number_or_that_of_staff_above(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let administrator = world.staff("Громов", &[at_school(Role::SchoolAdministrator, small.school)]).await;
    for person in [&small.teacher, &small.deputy, &administrator] {
        world.relate(small.anna, person.person_id, "guardian").await;
    }
    let (deputy, boss) = (small.fresh(&small.deputy), small.fresh(&administrator));
    // A deputy head has no rights over staff, and so none over the own number.
    for person in [&small.teacher, &small.deputy, &administrator] {
        assert!(is_refused(&small.set(&deputy, person.person_id, 1, Some(&il_id(NUMBER))).await));
    }
    let own = small.set(&boss, boss.person_id, 1, Some(&il_id(NUMBER))).await;
    assert!(matches!(own, Err(NumberError::Own)));
    assert_eq!(world.audited("person.changed", "refused").await, 1);
    small.set(&boss, small.teacher.person_id, 1, Some(&il_id(NUMBER))).await.unwrap();
}

async fn who_becomes_staff_meanwhile_is_out_of_reach(ctx: TestContext) {
    let small = small(ctx).await;
    let world = &small.world;
    let mother = world.parent_of(small.anna, "mother", &NewPerson::named(name("Ежова", "Ольга"))).await;
    let acting = small.clone();
    let deed = async move { acting.set(&acting.deputy, mother, 1, Some(&il_id(NUMBER))).await };
    let role = at_school(Role::SchoolAdministrator, small.school);
    assert!(is_refused(&Box::pin(world.while_becoming_staff(mother, role, deed)).await));
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM people WHERE id_number_sealed IS NOT NULL").await, 0);
    assert_eq!(world.audited("access.refused", "refused").await, 1);
    let filter = AuditFilter { event: Some(AuditEvent::AccessRefused), limit: 1, ..AuditFilter::default() };
    let row = world.portal.audit().list(&filter).await.unwrap().remove(0);
    assert_eq!((row.person, &row.detail["permission"]), (Some(mother), &serde_json::json!("edit_staff")));
}

async fn who_has_not_seen_the_last_change_is_told(ctx: TestContext) {
    let small = small(ctx).await;
    let (world, deputy, anna) = (&small.world, &small.deputy, small.anna);
    small.set(deputy, anna, 1, Some(&il_id(NUMBER))).await.unwrap();
    assert!(matches!(small.set(deputy, anna, 1, Some(&il_id(OTHER))).await, Err(NumberError::Changed)));
    assert!(matches!(small.set(deputy, anna, 1, None).await, Err(NumberError::Changed)));
    assert!(!small.set(deputy, anna, 1, Some(&il_id(NUMBER))).await.unwrap(), "the same change made twice is none");
    assert_eq!(small.shown(anna).await, Some(il_id(NUMBER)));
    // Other fields merge, both ways.
    let changes = [(PersonField::Patronymic, Some("Егоровна".to_owned()))].into();
    let editor = world.portal.class_editor();
    let saved = editor.change(&world.home(), deputy, anna, 1, &changes, None).await.unwrap();
    assert_eq!(saved.person.version, 3);
    small.set(deputy, anna, 2, Some(&il_id(OTHER))).await.unwrap();
    assert_eq!(small.shown(anna).await, Some(il_id(OTHER)));
}
