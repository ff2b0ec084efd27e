//! A SNILS is one person's, however it is written, on both databases.

use std::collections::BTreeMap;

use domain::{FieldFault, PersonField, PersonSaved, Relation};
use services::class_editor::ChangeError;
use services::imports::{ImportOptions, Mode, Report, RosterFile};
use services::people::NewPerson;
use services::{PersonId, Session};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    what_is_typed_for_a_second_person_is_refused,
    of_two_who_type_it_at_once_one_succeeds,
    a_roster_is_refused_the_row,
);

const NUMBER: &str = "112-233-445 95";

#[derive(Clone)]
struct Class {
    world: World,
    teacher: Session,
    boris: PersonId,
    anna: PersonId,
}

async fn class(ctx: TestContext) -> Class {
    let world = World::new(ctx);
    let school = world.school("Школа № 5").await;
    let id = world.class(school, "5А").await;
    let teacher = world.staff("Бутрович", &[leads(school, id)]).await;
    let boris = world.student(id, &NewPerson::named(name("Ёлкин", "Борис"))).await;
    let anna = world.student(id, &NewPerson::named(name("Ежова", "Анна"))).await;
    Class { world, teacher, boris, anna }
}

fn typed(value: &str) -> BTreeMap<PersonField, Option<String>> {
    [(PersonField::Snils, (!value.is_empty()).then(|| value.to_owned()))].into()
}

impl Class {
    async fn change(&self, person: PersonId, version: i64, value: &str) -> Result<PersonSaved, ChangeError> {
        let (editor, visit) = (self.world.portal.class_editor(), self.world.home());
        editor.change(&visit, &self.teacher, person, version, &typed(value), None).await
    }
}

fn is_taken<T>(result: &Result<T, ChangeError>) -> bool {
    matches!(result, Err(ChangeError::Invalid(faults)) if *faults == [(PersonField::Snils, FieldFault::SnilsTaken)])
}

async fn what_is_typed_for_a_second_person_is_refused(ctx: TestContext) {
    let class = class(ctx).await;
    let world = &class.world;
    class.change(class.boris, 1, NUMBER).await.unwrap();
    assert!(is_taken(&class.change(class.anna, 1, NUMBER).await));
    assert!(is_taken(&class.change(class.anna, 1, "11223344595").await), "however it is written");
    let (editor, visit) = (world.portal.class_editor(), world.home());
    let mother = editor.add_parent(&visit, &class.teacher, class.anna, Relation::Mother, &typed(NUMBER), None).await;
    assert!(is_taken(&mother));
    assert_eq!(world.audited("person.changed", "refused").await, 3);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM people WHERE snils_index IS NOT NULL").await, 1);
    // Whose it was by mistake gives it back.
    assert!(class.change(class.boris, 2, NUMBER).await.is_ok(), "the own one again is no change");
    class.change(class.boris, 2, "").await.unwrap();
    class.change(class.anna, 1, NUMBER).await.unwrap();
    // Somebody whom the teacher does not see counts, and is not told.
    world
        .person(&NewPerson {
            snils: Some(snils("087-654-303 00")), ..NewPerson::named(name("Далёкий", "Лев"))
        })
        .await;
    assert!(is_taken(&class.change(class.boris, 3, "087-654-303 00").await));
    let history = editor.history(&visit, &class.teacher, class.boris).await.unwrap();
    assert_eq!(history.len(), 2, "what was refused is no change");
}

async fn of_two_who_type_it_at_once_one_succeeds(ctx: TestContext) {
    let class = class(ctx).await;
    let mut tasks = Vec::new();
    for person in [class.boris, class.anna] {
        let class = class.clone();
        tasks.push(tokio::spawn(async move { class.change(person, 1, NUMBER).await }));
    }
    let (mut saved, mut refused) = (0, 0);
    for task in tasks {
        let result = task.await.unwrap();
        saved += usize::from(result.is_ok());
        refused += usize::from(is_taken(&result));
    }
    assert_eq!((saved, refused), (1, 1));
}

/// Two students of one class as OneRoster files, with these numbers.
fn roster(world: &World, stepan: &str, mira: &str) -> RosterFile {
    let folder = world.ctx.folder.join("roster");
    std::fs::create_dir_all(&folder).unwrap();
    let users = format!(
        "sourcedId,enabledUser,username,givenName,familyName,metadata.ru.snils\n\
         stepan,true,s,Степан,Мелков,{stepan}\nmira,true,m,Мира,Ластикова,{mira}\n"
    );
    for (name, content) in [
        ("orgs.csv", "sourcedId,name,type\ns7,Школа № 7,school\n"),
        ("classes.csv", "sourcedId,title,classType,schoolSourcedId\nc5a,5А,homeroom,s7\n"),
        ("users.csv", users.as_str()),
        (
            "roles.csv",
            "sourcedId,userSourcedId,roleType,role,orgSourcedId\n\
             r1,stepan,primary,student,s7\nr2,mira,primary,student,s7\n",
        ),
        (
            "enrollments.csv",
            "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role\n\
             e1,c5a,s7,stepan,student\ne2,c5a,s7,mira,student\n",
        ),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
    }
    RosterFile::Path(folder)
}

async fn apply(world: &World, file: RosterFile) -> Report {
    let imports = world.portal.imports();
    let mut prepared = imports.read(file, &ImportOptions::default()).await.unwrap();
    let checked = imports.run(&world.home(), &mut prepared, Mode::Check, |_, _| {}).await.unwrap();
    let applied = imports.run(&world.home(), &mut prepared, Mode::Apply, |_, _| {}).await.unwrap();
    assert_eq!(applied, checked, "what was counted is what happens");
    applied
}

async fn a_roster_is_refused_the_row(ctx: TestContext) {
    let world = World::new(ctx);
    assert_eq!(apply(&world, roster(&world, NUMBER, "")).await.bad_total, 0);
    let stepans = "SELECT COUNT(*) FROM people WHERE source_id = 'stepan' AND snils_index IS NOT NULL";
    let miras = "SELECT COUNT(*) FROM people WHERE source_id = 'mira' AND snils_index IS NOT NULL";
    // Of somebody of the school.
    let report = apply(&world, roster(&world, "", NUMBER)).await;
    assert_eq!((report.bad_total, report.bad_by_code.get("snils_taken")), (1, Some(&1)));
    assert_eq!(report.counts.students.leaving, 0);
    assert_eq!((world.ctx.number(stepans).await, world.ctx.number(miras).await), (1, 0));
    // Of somebody elsewhere.
    world
        .person(&NewPerson {
            snils: Some(snils("087-654-303 00")), ..NewPerson::named(name("Далёкий", "Лев"))
        })
        .await;
    let report = apply(&world, roster(&world, "", "087-654-303 00")).await;
    assert_eq!((report.bad_total, report.bad_by_code.get("snils_taken")), (1, Some(&1)));
    // One that nobody has is taken.
    let report = apply(&world, roster(&world, NUMBER, "253-101-140 00")).await;
    assert_eq!((report.bad_total, report.counts.students.changed), (0, 1));
    assert_eq!((world.ctx.number(stepans).await, world.ctx.number(miras).await), (1, 1));
}
