//! What imports leave in the audit log, on both databases.

use serde_json::json;
use services::audit::{AuditEvent, AuditFilter, AuditRecord};
use services::imports::{GUARDIAN, ImportOptions, KeptBecause, Mode, RosterFile};
use services::people::NewPerson;
use services::store::reseal::reseal;
use services::{PersonId, Session};
use uuid::Uuid;

use crate::common::TestContext;
use crate::imports::{administrator, apply, folder_of, list, new, run};
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    whatever_is_written_is_a_row_of_the_audit_log,
    a_new_relation_is_a_row_with_the_one_before,
    what_a_worker_writes_names_who_ordered_it_and_where_from,
    the_address_of_an_order_outlives_a_key_rotation,
    a_parent_whom_staff_took_away_stays_away,
    a_parent_known_by_name_alone_stays_away_at_another_school,
);

/// What the log has of an event, the oldest first.
async fn written(world: &World, event: AuditEvent) -> Vec<AuditRecord> {
    let filter = AuditFilter { event: Some(event), limit: 200, ..AuditFilter::default() };
    let mut records = world.portal.audit().list(&filter).await.unwrap();
    records.reverse();
    records
}

/// A student, her mother and a teacher, as OneRoster files; what the mother is to the student is `relation`.
fn small_family(world: &World, relation: &str) -> RosterFile {
    let users = format!(
        "sourcedId,givenName,familyName,middleName,email,sms,agentSourcedIds,metadata.relations,metadata.il.idNumber\n\
         mira,Мира,Ластикова,,mira@example.org,,yana,{relation},18\n\
         yana,Яна,Ластикова,Павловна,,+7 900 000-00-61,,,\nvera,Вера,Бутрович,,,,,,\n"
    );
    let files: [(&str, Vec<u8>); 5] = [
        ("orgs.csv", "sourcedId,name,type\ns7,Школа № 7,school\n".into()),
        ("classes.csv", "sourcedId,title,classType,schoolSourcedId\nc5a,5А,homeroom,s7\n".into()),
        ("users.csv", users.into()),
        (
            "roles.csv",
            "sourcedId,userSourcedId,role,orgSourcedId\nr1,mira,student,s7\nr2,yana,parent,s7\nr3,vera,teacher,s7\n"
                .into(),
        ),
        ("enrollments.csv", "sourcedId,classSourcedId,userSourcedId,role\ne1,c5a,mira,student\n".into()),
    ];
    folder_of(world, &format!("family-{relation}"), files.into())
}

const MIRA: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_5002);
const YANA: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_5003);
const VERA: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_5004);

fn family_ids() -> ImportOptions {
    let ids = [("mira", MIRA), ("yana", YANA), ("vera", VERA)].map(|(key, id)| (key.to_owned(), id));
    ImportOptions { ids: ids.into(), ..ImportOptions::default() }
}

async fn whatever_is_written_is_a_row_of_the_audit_log(ctx: TestContext) {
    let world = World::new(ctx);
    let report = run(&world, small_family(&world, "mother"), Mode::Apply, &family_ids()).await.unwrap();
    assert_eq!((report.bad_total, report.counts.parents), (0, new(1)), "{:?}", report.bad_rows);

    let created = written(&world, AuditEvent::PersonCreated).await;
    let about = |person: Uuid| created.iter().find(|row| row.person == Some(PersonId(person))).unwrap();
    assert_eq!(created.len(), 3);
    for row in &created {
        assert_eq!((row.actor, row.address), (None, Some(HOME.into())), "the command line, of this visit");
        assert_eq!((&row.before, &row.detail["source"]), (&None, &json!("import")));
    }
    assert_eq!(
        about(MIRA).after,
        Some(json!({
            "surname": "Ластикова", "given_name": "Мира", "email": "mira@example.org", "id_number": "000000018",
        }))
    );
    let fields = about(MIRA).detail["fields"].as_array().unwrap();
    for field in ["surname", "given_name", "email", "id_number", "source_id"] {
        assert!(fields.contains(&json!(field)), "{fields:?}");
    }
    assert_eq!(fields.len(), 5);
    assert_eq!(
        about(YANA).after,
        Some(json!({
            "surname": "Ластикова", "given_name": "Яна", "patronymic": "Павловна", "mobile": "+79000000061",
        }))
    );
    assert_eq!(about(VERA).after, Some(json!({ "surname": "Бутрович", "given_name": "Вера" })));

    let related = written(&world, AuditEvent::GuardianChanged).await;
    let [related] = related.as_slice() else { panic!("one guardian") };
    assert_eq!((related.person, related.address), (Some(PersonId(MIRA)), Some(HOME.into())));
    assert_eq!((&related.detail["guardian"], &related.detail["relation"]), (&json!(YANA), &json!("mother")));
    assert_eq!((&related.before, &related.after), (&None, &Some(json!({ "relation": "mother" }))));

    let stays = written(&world, AuditEvent::EnrolmentChanged).await;
    let [stay] = stays.as_slice() else { panic!("one stay") };
    assert_eq!((stay.person, &stay.detail["from"]), (Some(PersonId(MIRA)), &json!([])));
    assert!(stay.detail["to"].is_string());

    let posts = written(&world, AuditEvent::PersonChanged).await;
    let [post] = posts.as_slice() else { panic!("one post") };
    assert_eq!((post.person, post.address), (Some(PersonId(VERA)), Some(HOME.into())));
    assert_eq!((&post.detail["post"], &post.before), (&json!("teachers"), &None));
    assert_eq!(post.after, Some(json!({ "post": "teachers", "title": "" })));

    // Nothing of it is in clear, and the second time there is nothing to write but that it was done.
    let leaks = "SELECT COUNT(*) FROM audit_log WHERE detail LIKE '%example.org%' OR detail LIKE '%Ластикова%' \
         OR detail LIKE '%000000018%' OR detail LIKE '%9000000061%'";
    assert_eq!(world.ctx.number(leaks).await, 0);
    let before = world.count("audit_log").await;
    let again = apply(&world, small_family(&world, "mother")).await;
    assert_eq!((again.counts.changes(), again.bad_total), (0, 0));
    assert_eq!(world.count("audit_log").await, before + 1);
    assert_eq!(world.portal.audit().verify().await.unwrap().rows, before + 1);
}

async fn a_new_relation_is_a_row_with_the_one_before(ctx: TestContext) {
    let world = World::new(ctx);
    run(&world, small_family(&world, "mother"), Mode::Apply, &family_ids()).await.unwrap();
    let before = world.count("audit_log").await;
    apply(&world, small_family(&world, "guardian")).await;
    assert_eq!(world.count("audit_log").await, before + 2, "the relation, and that it was imported");
    let rows = written(&world, AuditEvent::GuardianChanged).await;
    let row = rows.last().unwrap();
    assert_eq!((rows.len(), row.person, &row.detail["guardian"]), (2, Some(PersonId(MIRA)), &json!(YANA)));
    assert_eq!(row.before, Some(json!({ "relation": "mother" })));
    assert_eq!(row.after, Some(json!({ "relation": "guardian" })));
}

/// A list with a mother, checked and ordered from `HOME`.
async fn ordered(world: &World) -> Session {
    let own = world.school("Школа № 7").await;
    let actor = administrator(world, own).await;
    let imports = world.portal.imports();
    let text = "Класс;Фамилия;Имя;Мать: фамилия;Мать: имя\n5А;Мелков;Степан;Мелкова;Яна\n";
    let checked = imports.check(&world.elsewhere(), &actor, "list.csv", text.into(), ImportOptions::default()).await;
    imports.apply(&world.home(), &actor, checked.unwrap().id).await.unwrap();
    actor
}

async fn what_a_worker_writes_names_who_ordered_it_and_where_from(ctx: TestContext) {
    let world = World::new(ctx);
    let actor = ordered(&world).await;
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM imports WHERE address_sealed IS NOT NULL").await, 1);
    assert!(world.portal.imports().work(|| false).await.unwrap());
    let mut rows = Vec::new();
    for (event, count) in
        [(AuditEvent::PersonCreated, 2), (AuditEvent::GuardianChanged, 1), (AuditEvent::EnrolmentChanged, 1)]
    {
        let found = written(&world, event).await;
        assert_eq!(found.len(), count, "{event:?}");
        rows.extend(found);
    }
    let imported = written(&world, AuditEvent::RosterImported).await;
    rows.push(imported.into_iter().find(|row| row.detail.contains_key("counts")).unwrap());
    for row in &rows {
        assert_eq!((row.actor, row.address), (Some(actor.person_id), Some(HOME.into())), "{:?}", row.event);
        assert!(row.request_id.starts_with("import-"), "{}", row.request_id);
    }
    assert!(rows.iter().any(|row| row.after.as_ref().and_then(|after| after["surname"].as_str()) == Some("Мелкова")));
    assert_eq!(
        world.ctx.number("SELECT COUNT(*) FROM imports WHERE address_sealed IS NOT NULL").await,
        0,
        "it is in the log now"
    );
}

async fn the_address_of_an_order_outlives_a_key_rotation(ctx: TestContext) {
    let world = World::new(ctx);
    let actor = ordered(&world).await;
    let mut ring = world.ctx.ring.clone();
    ring.rotate(world.ctx.rng.as_ref(), world.now());
    let world = World::new(world.ctx.with_ring(&ring));
    let sealed = async || -> Vec<u8> {
        services::on_read!(&world.ctx.db, |p| sqlx::query_scalar("SELECT address_sealed FROM imports")
            .fetch_one(p)
            .await)
        .unwrap()
    };
    assert!(!world.ctx.sealer.is_current(&sealed().await));
    reseal(&world.ctx.context(), 100, |_| ()).await.unwrap();
    assert!(world.ctx.sealer.is_current(&sealed().await));
    assert!(world.portal.imports().work(|| false).await.unwrap());
    let created = written(&world, AuditEvent::PersonCreated).await;
    assert_eq!((created.len(), created[0].actor, created[0].address), (2, Some(actor.person_id), Some(HOME.into())));
}

async fn a_parent_whom_staff_took_away_stays_away(ctx: TestContext) {
    let world = World::new(ctx);
    run(&world, small_family(&world, "mother"), Mode::Apply, &family_ids()).await.unwrap();
    let (visit, staff) = (world.home(), world.staff("Ким", &[everywhere()]).await);
    world.portal.roster().remove_guardian(&visit, &staff, PersonId(MIRA), PersonId(YANA)).await.unwrap();
    let again = run(&world, small_family(&world, "mother"), Mode::Apply, &family_ids()).await.unwrap();
    assert_eq!((again.counts.changes(), again.conflicts_total), (0, 1));
    let kept = &again.conflicts[0];
    assert_eq!((kept.person, kept.field.as_str(), kept.reason), (PersonId(YANA), GUARDIAN, KeptBecause::EditedHere));
    assert_eq!(world.count("guardians").await, 0);
    // Neither does a file that is to win over contacts changed here.
    let overwrite = ImportOptions { overwrite_contacts: true, ..family_ids() };
    let over = run(&world, small_family(&world, "father"), Mode::Apply, &overwrite).await.unwrap();
    assert_eq!((over.conflicts_total, world.count("guardians").await), (1, 0));
    // Nor does a table that knows her by her name alone, as somebody new.
    let people = world.count("people").await;
    let by_name = apply(&world, list(&world, &["5А;Ластикова;Мира;;;;;Ластикова;Яна;+79000000061"])).await;
    assert_eq!((by_name.bad_total, by_name.conflicts_total), (0, 1), "{:?}", by_name.bad_rows);
    assert_eq!((world.count("guardians").await, world.count("people").await), (0, people));
}

async fn a_parent_known_by_name_alone_stays_away_at_another_school(ctx: TestContext) {
    let world = World::new(ctx);
    let school = world.school("Школа № 9").await;
    let class = world.class(school, "5А").await;
    let mira =
        NewPerson { snils: Some(snils("112-233-445 95")), ..NewPerson::named(name("Ластикова", "Мира")) };
    let mira = world.student(class, &mira).await;
    let yana = world.parent_of(mira, "mother", &NewPerson::named(name("Ластикова", "Яна"))).await;
    let (visit, staff) = (world.home(), world.staff("Ким", &[everywhere()]).await);
    world.portal.roster().remove_guardian(&visit, &staff, mira, yana).await.unwrap();
    let people = world.count("people").await;
    // The child changes schools, and the new one's list still has the mother.
    let line = "5А;Ластикова;Мира;;112-233-445 95;;;Ластикова;Яна;+79000000061";
    let report = apply(&world, list(&world, &[line])).await;
    assert_eq!((report.bad_total, report.conflicts_total), (0, 1), "{:?}", report.bad_rows);
    assert_eq!((report.conflicts[0].person, report.conflicts[0].field.as_str()), (yana, GUARDIAN));
    assert_eq!((world.count("guardians").await, world.count("people").await), (0, people));
    // From now on the child is the new school's own.
    let again = apply(&world, list(&world, &[line])).await;
    assert_eq!((again.counts.changes(), again.conflicts_total), (0, 1));
    assert_eq!((world.count("guardians").await, world.count("people").await), (0, people));
}
