//! Rosters from files and back into files, on both databases.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use domain::Role;
use encoding_rs::{WINDOWS_1251, WINDOWS_1255};
use services::access::AccessError;
use services::exports::ExportFormat;
use services::imports::{
    Count, ImportError, ImportFormat, ImportOptions, ImportState, KeptBecause, Mode, Report, RosterError, RosterFile,
};
use services::people::NewPerson;
use services::{ImportId, PersonId, SchoolId, Session};
use uuid::Uuid;

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    a_dry_run_counts_and_changes_nothing,
    a_dry_run_makes_nobody_wait,
    an_upload_of_a_school_too_large_for_one_transaction_is_refused,
    the_same_file_twice_changes_nothing,
    bad_rows_are_refused_one_by_one,
    a_move_keeps_the_stay_before_and_whoever_is_missing_leaves,
    nobody_leaves_a_class_of_which_a_line_was_refused,
    a_new_year_ends_the_classes_of_the_year_before,
    what_was_changed_here_is_kept_and_listed,
    what_somebody_signs_in_with_is_kept_and_its_owner_is_told_when_it_is_overwritten,
    empty_cells_take_nothing_away,
    lists_of_four_languages_and_three_encodings,
    two_of_one_name_are_told_apart_or_refused,
    only_a_first_teacher_gets_a_right_and_no_file_makes_an_account,
    a_school_administrator_imports_the_own_school_and_no_other,
    nobody_binds_another_schools_parent_by_a_file,
    nobody_brings_back_who_belongs_to_another_school_now,
    overwriting_needs_fresh_proof,
    making_class_teachers_needs_fresh_proof,
    an_import_that_was_stopped_goes_on,
    an_import_moves_by_people_within_a_school,
    an_import_at_work_tells_of_people_within_a_school,
    an_import_that_died_tells_of_no_more_than_is_done,
    what_is_exported_is_found_unchanged,
    an_export_is_for_whoever_may_import,
    a_roster_of_many_schools,
    groups_come_with_the_roster_and_go_out_with_it,
);

fn roster(name: &str) -> RosterFile {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../end2end/roster");
    RosterFile::Path(if name.is_empty() { folder } else { folder.join(name) })
}

/// A file of this test's own.
fn file(world: &World, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = world.ctx.folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

pub async fn run(world: &World, file: RosterFile, mode: Mode, options: &ImportOptions) -> Result<Report, ImportError> {
    let imports = world.portal.imports();
    let mut prepared = imports.read(file, options).await?;
    imports.run(&world.home(), &mut prepared, mode, |_, _| {}).await
}

pub async fn apply(world: &World, file: RosterFile) -> Report {
    run(world, file, Mode::Apply, &ImportOptions::default()).await.unwrap()
}

/// A table of one school, as a file.
pub fn list(world: &World, lines: &[&str]) -> RosterFile {
    let header = "Школа;Класс;Фамилия;Имя;Дата рождения;СНИЛС;Телефон;Почта;Мать: фамилия;Мать: имя;Мать: телефон";
    let lines: Vec<String> = lines.iter().map(|line| format!("Школа № 7;{line}")).collect();
    RosterFile::Path(file(world, "list.csv", format!("{header}\n{}\n", lines.join("\n"))))
}

pub fn new(count: u64) -> Count {
    Count { new: count, ..Count::default() }
}

fn unchanged(count: u64) -> Count {
    Count { unchanged: count, ..Count::default() }
}

/// Whether a progress only grows, and never beyond its end.
fn in_order(steps: &[(u64, u64)], end: u64) -> bool {
    steps.is_sorted_by(|one, next| one.0 < next.0) && steps.iter().all(|(done, all)| *done <= end && *all == end)
}

async fn a_dry_run_counts_and_changes_nothing(ctx: TestContext) {
    let world = World::new(ctx);
    let options = ImportOptions::default();
    let mut prepared = world.portal.imports().read(roster(""), &options).await.unwrap();
    assert_eq!(prepared.format(), ImportFormat::OneRoster12);
    assert_eq!(prepared.people(), 393);
    let mut steps = Vec::new();
    let imports = world.portal.imports();
    let visit = world.home();
    let report = imports.run(&visit, &mut prepared, Mode::Check, |done, all| steps.push((done, all))).await.unwrap();
    assert_eq!((steps.first(), steps.last()), (Some(&(0, 393)), Some(&(393, 393))));
    assert!(steps.contains(&(256, 393)), "the first school whole");
    assert!(in_order(&steps, 393), "{steps:?}");
    let counts = report.counts;
    assert_eq!((counts.schools, counts.classes), (new(2), new(6)));
    assert_eq!((counts.students, counts.parents, counts.staff), (new(150), new(233), new(10)));
    assert_eq!(counts.enrolments, new(150));
    assert_eq!((report.bad_total, report.conflicts_total), (0, 0), "{:?}", report.bad_rows);
    for table in ["schools", "classes", "people", "enrolments", "guardians", "posts", "audit_log"] {
        assert_eq!(world.count(table).await, 0, "{table}");
    }
    // What was counted is what happens.
    let applied = imports.run(&visit, &mut prepared, Mode::Apply, |_, _| {}).await.unwrap();
    assert_eq!(applied, report);
    assert_eq!((world.count("people").await, world.count("enrolments").await), (393, 150));
    assert_eq!((world.count("guardians").await, world.count("posts").await), (234, 10));
}

async fn a_dry_run_makes_nobody_wait(ctx: TestContext) {
    let world = World::new(ctx);
    let imports = world.portal.imports();
    let mut prepared = imports.read(roster(""), &ImportOptions::default()).await.unwrap();
    // Somebody saves, and takes their time: the one writer of SQLite.
    let tx = world.portal.db().begin().await.unwrap();
    let report = imports.run(&world.home(), &mut prepared, Mode::Check, |_, _| {}).await.unwrap();
    assert_eq!(report.counts.students, new(150));
    tx.rollback().await.unwrap();
}

async fn an_upload_of_a_school_too_large_for_one_transaction_is_refused(ctx: TestContext) {
    let world = World::new(ctx);
    let own = world.school("Школа № 7").await;
    let actor = administrator(&world, own).await;
    let mut text = String::from("Класс;Фамилия;Имя;Дата рождения\n");
    for number in 0..50_001 {
        writeln!(text, "{}А;Мелков;Степан;22.07.2015", 1 + number % 11).expect("a string takes all");
    }
    let refused = world
        .portal
        .imports()
        .check(&world.home(), &actor, "list.csv", text.into(), ImportOptions::default())
        .await
        .expect_err("too large");
    assert!(matches!(refused, ImportError::Roster(RosterError::TooLarge)), "{refused:?}");
    assert_eq!(world.count("imports").await, 0);
}

async fn the_same_file_twice_changes_nothing(ctx: TestContext) {
    let world = World::new(ctx);
    apply(&world, roster("")).await;
    let people = world.count("people").await;
    let report = apply(&world, roster("")).await;
    assert_eq!(report.counts.changes(), 0, "{:?}", report.counts);
    assert_eq!((report.counts.students, report.counts.parents), (unchanged(150), unchanged(233)));
    assert_eq!(world.count("people").await, people);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM people WHERE version > 1").await, 0);
    assert_eq!(world.count("enrolments").await, 150);
    assert_eq!(world.audited("roster.imported", "success").await, 4, "a row for each school and run");
    assert_eq!(
        world.audited("person.created", "success").await,
        393,
        "a row for each person, from the first run alone"
    );
    assert_eq!(world.audited("person.changed", "success").await, 10, "for each post");
    assert_eq!(world.audited("guardian.changed", "success").await, 234);
    assert_eq!(world.audited("enrolment.changed", "success").await, 150);
    assert_eq!(world.portal.audit().verify().await.unwrap().rows, world.count("audit_log").await);
}

async fn bad_rows_are_refused_one_by_one(ctx: TestContext) {
    let world = World::new(ctx);
    let report = apply(&world, roster("bad")).await;
    let expected = [
        ("characters", 1),
        ("class_title", 1),
        ("columns", 1),
        ("date_future", 1),
        ("duplicate", 1),
        ("duplicate_snils", 1),
        ("email", 1),
        ("id_number", 1),
        ("mobile_landline", 1),
        ("no_school", 1),
        ("no_such_day", 1),
        ("required", 1),
        ("scientific", 1),
        ("snils_check", 1),
        ("two_classes", 1),
        ("unknown_class", 1),
        ("unknown_role", 2),
        ("unknown_school", 1),
        ("unknown_user", 2),
    ];
    let expected: BTreeMap<String, u64> = expected.map(|(code, count)| (code.to_owned(), count)).into();
    assert_eq!(report.bad_by_code, expected);
    assert_eq!(report.bad_total, 21);
    let excel = report.bad_rows.iter().find(|row| row.code == "scientific").unwrap();
    assert_eq!((excel.file.as_str(), excel.line, excel.column.as_str()), ("users.csv", 6, "sms"));
    assert_eq!(excel.hint, "9.01E+10");
    // The good rows are in, and nothing of the bad ones.
    assert_eq!(world.count("people").await, 6);
    assert_eq!(world.count("enrolments").await, 5);
    let again = apply(&world, roster("bad")).await;
    assert_eq!((again.counts.changes(), again.bad_total), (0, 21));
}

async fn a_move_keeps_the_stay_before_and_whoever_is_missing_leaves(ctx: TestContext) {
    let world = World::new(ctx);
    let first =
        list(&world, &["5А;Мелков;Степан;22.07.2015", "5А;Ластикова;Мира;05.01.2015", "5Б;Ранцев;Ян;01.02.2015"]);
    let report = apply(&world, first).await;
    assert_eq!((report.counts.students, report.counts.classes), (new(3), new(2)));

    world.ctx.clock.advance(MINUTE);
    let moved =
        list(&world, &["5Б;Мелков;Степан;22.07.2015", "5А;Ластикова;Мира;05.01.2015", "5Б;Ранцев;Ян;01.02.2015"]);
    let report = apply(&world, moved).await;
    assert_eq!(report.counts.enrolments, Count { changed: 1, unchanged: 2, ..Count::default() });
    assert_eq!(world.count("people").await, 3, "found by name and birth date");
    assert_eq!(world.count("enrolments").await, 4);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM enrolments WHERE until_at IS NOT NULL").await, 1);
    assert_eq!(world.audited("enrolment.changed", "success").await, 4, "three have come, and one has moved");

    // A table speaks for the classes that it names: nobody leaves 5Б.
    let without = list(&world, &["5А;Зонтикова;Ася;11.11.2014"]);
    let report = apply(&world, without).await;
    assert_eq!(report.counts.students, Count { new: 1, leaving: 1, ..Count::default() });
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM enrolments WHERE until_at IS NULL").await, 3);
    assert_eq!(world.count("people").await, 4, "whoever leaves is kept");

    // Whoever comes back is the same person.
    let back = list(&world, &["5А;Зонтикова;Ася;11.11.2014", "5А;Ластикова;Мира;05.01.2015"]);
    let report = apply(&world, back).await;
    assert_eq!(report.counts.students, Count { changed: 1, unchanged: 1, ..Count::default() });
    assert_eq!(world.count("people").await, 4);
}

async fn nobody_leaves_a_class_of_which_a_line_was_refused(ctx: TestContext) {
    let world = World::new(ctx);
    apply(&world, list(&world, &["5А;Мелков;Степан;22.07.2015", "5А;Ластикова;Мира;05.01.2015"])).await;
    let report = apply(&world, list(&world, &["5А;Мелков;Степан;22.07.2015", "5А;Ластикова;Мира;31.02.2015"])).await;
    assert_eq!((report.bad_total, report.counts.students.leaving), (1, 0));
    // Not even the class of this line is known.
    let report = apply(&world, list(&world, &["5А;Мелков;Степан;22.07.2015", ";Ластикова;Мира;05.01.2015"])).await;
    assert_eq!((report.bad_total, report.counts.students.leaving), (1, 0));
}

async fn a_new_year_ends_the_classes_of_the_year_before(ctx: TestContext) {
    let world = World::new(ctx);
    apply(&world, roster("")).await;
    let options = ImportOptions { year: Some(2027), ..ImportOptions::default() };
    let report = run(&world, roster(""), Mode::Apply, &options).await.unwrap();
    assert_eq!(report.counts.classes, Count { new: 6, leaving: 6, ..Count::default() });
    assert_eq!(report.counts.enrolments, Count { changed: 150, ..Count::default() });
    assert_eq!(world.count("people").await, 393);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM classes WHERE archived_at IS NOT NULL").await, 6);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM enrolments WHERE until_at IS NULL").await, 150);
    let again = run(&world, roster(""), Mode::Apply, &options).await.unwrap();
    assert_eq!(again.counts.changes(), 0, "{:?}", again.counts);
}

/// The person of the lists below, and the id that the person has in every test.
const STEPAN: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_5001);

/// One student of one class as OneRoster files, with this e-mail and mobile.
fn one_student(world: &World, email: &str, mobile: &str) -> RosterFile {
    let folder = world.ctx.folder.join("roster");
    std::fs::create_dir_all(&folder).unwrap();
    let users = format!(
        "sourcedId,enabledUser,username,givenName,familyName,email,sms,password\nstepan,true,s,Степан,Мелков,{email},{mobile},hush\n"
    );
    for (name, content) in [
        ("orgs.csv", "sourcedId,name,type\ns7,Школа № 7,school\n"),
        ("classes.csv", "sourcedId,title,classType,schoolSourcedId\nc5a,5А,homeroom,s7\n"),
        ("users.csv", users.as_str()),
        ("roles.csv", "sourcedId,userSourcedId,roleType,role,orgSourcedId\nr1,stepan,primary,student,s7\n"),
        ("enrollments.csv", "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role\ne1,c5a,s7,stepan,student\n"),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
    }
    RosterFile::Path(folder)
}

fn stepans_id() -> ImportOptions {
    ImportOptions { ids: BTreeMap::from([("stepan".to_owned(), STEPAN)]), ..ImportOptions::default() }
}

async fn what_was_changed_here_is_kept_and_listed(ctx: TestContext) {
    let world = World::new(ctx);
    run(&world, one_student(&world, "old@example.org", ""), Mode::Apply, &stepans_id()).await.unwrap();
    world
        .ctx
        .execute(
            "INSERT INTO person_fields (person_id, field, version, changed_at, source) \
             SELECT id, 'email', 1, 0, 'staff' FROM people WHERE source_id = 'stepan'",
        )
        .await
        .unwrap();
    let file = || one_student(&world, "new@example.org", "+7 900 000-00-51");
    let report = apply(&world, file()).await;
    assert_eq!(report.counts.students, Count { changed: 1, ..Count::default() }, "the mobile is written all the same");
    assert_eq!(report.conflicts.len(), 1);
    let kept = &report.conflicts[0];
    assert_eq!((kept.person, kept.field.as_str(), kept.reason), (PersonId(STEPAN), "email", KeptBecause::EditedHere));
    assert_eq!(kept.name, "Мелков С.");
    assert_eq!(world.audited("person.changed", "success").await, 1);

    let overwrite = ImportOptions { overwrite_contacts: true, ..ImportOptions::default() };
    let report = run(&world, file(), Mode::Apply, &overwrite).await.unwrap();
    assert_eq!((report.counts.students.changed, report.conflicts_total), (1, 0));
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM person_fields WHERE source = 'import'").await, 2);
    let report = apply(&world, file()).await;
    assert_eq!((report.counts.changes(), report.conflicts_total), (0, 0));
}

async fn what_somebody_signs_in_with_is_kept_and_its_owner_is_told_when_it_is_overwritten(ctx: TestContext) {
    let world = World::new(ctx);
    let file = |mobile| one_student(&world, "", mobile);
    run(&world, file("+7 900 000-00-51"), Mode::Apply, &stepans_id()).await.unwrap();
    world.account_of(PersonId(STEPAN)).await;
    let report = apply(&world, file("+7 900 000-00-52")).await;
    assert_eq!(report.counts.changes(), 0);
    assert_eq!(report.conflicts[0].reason, KeptBecause::SignsIn);
    assert!(world.inbox().await.is_empty());

    let overwrite = ImportOptions { overwrite_contacts: true, ..ImportOptions::default() };
    let report = run(&world, file("+7 900 000-00-52"), Mode::Apply, &overwrite).await.unwrap();
    assert_eq!((report.counts.students.changed, report.guarded), (1, 1));
    let told = world.inbox().await;
    assert_eq!(told.len(), 1);
    assert_eq!((&*told[0].event, &*told[0].recipient), ("mobile_changed", "+79000000051"));
}

async fn empty_cells_take_nothing_away(ctx: TestContext) {
    let world = World::new(ctx);
    run(&world, one_student(&world, "old@example.org", "+7 900 000-00-51"), Mode::Apply, &stepans_id()).await.unwrap();
    let report = apply(&world, one_student(&world, "", "")).await;
    assert_eq!((report.counts.changes(), report.conflicts_total), (0, 0));
}

async fn lists_of_four_languages_and_three_encodings(ctx: TestContext) {
    let world = World::new(ctx);
    let russian = "Школа;Класс;ФИО;Телефон матери;ФИО матери\nШкола № 1;5А;Мелков Степан;8 900 000 00 51;Мелкова Яна\n";
    let hebrew = "בית ספר,כיתה,שם משפחה,שם פרטי,תעודת זהות,טלפון האם,שם משפחה של האם,שם פרטי של האם\n\
        ניצנים,ה'1,ישראלי,מאיה,18,501234567,ישראלי,יעל\n";
    let arabic = "المدرسة\tالصف\tاسم العائلة\tالاسم الشخصي\nمدرسة السلام\t5أ\tحداد\tليلى\n";
    let english = "School|Class|Surname|First name|E-mail\nNorth|7|Smith|Ann|ann@example.org\n";
    for (name, content) in [
        ("ru.csv", WINDOWS_1251.encode(russian).0.into_owned()),
        ("he.csv", WINDOWS_1255.encode(hebrew).0.into_owned()),
        ("ar.csv", format!("\u{FEFF}{arabic}").into_bytes()),
        ("en.csv", english.as_bytes().to_vec()),
    ] {
        let report = apply(&world, RosterFile::Path(file(&world, name, content))).await;
        assert_eq!(report.bad_total, 0, "{name}: {:?}", report.bad_rows);
        assert_eq!((report.counts.schools, report.counts.students), (new(1), new(1)), "{name}");
    }
    assert_eq!(world.count("people").await, 6);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM schools WHERE country = 'ru' AND locale = 'ru'").await, 1);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM schools WHERE country = 'il' AND locale = 'ar'").await, 1);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM people WHERE mobile_index IS NOT NULL").await, 2);
    let broken = file(&world, "broken.zip", b"PK\x03\x04 and no more");
    let refused = run(&world, RosterFile::Path(broken), Mode::Check, &ImportOptions::default()).await.unwrap_err();
    assert_eq!(refused.code(), "ROSTER-02");
}

async fn two_of_one_name_are_told_apart_or_refused(ctx: TestContext) {
    let world = World::new(ctx);
    let lines = ["5А;Иванова;Анна", "5А;Иванова;Анна", "5Б;Иванова;Анна"];
    assert_eq!(apply(&world, list(&world, &lines)).await.counts.students, new(3));
    // The one in 5Б is known by her class; of the two in 5А nobody can tell which is which, and no third is entered.
    let report = apply(&world, list(&world, &lines)).await;
    assert_eq!(report.counts.students, Count { unchanged: 1, bad: 2, ..Count::default() });
    assert_eq!(report.bad_by_code.get("ambiguous"), Some(&2));
    assert_eq!((world.count("people").await, report.counts.students.leaving), (3, 0));
}

async fn only_a_first_teacher_gets_a_right_and_no_file_makes_an_account(ctx: TestContext) {
    let world = World::new(ctx);
    apply(&world, roster("")).await;
    assert_eq!(world.count("roles").await, 6);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM roles WHERE role <> 'class_teacher'").await, 0);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM posts WHERE kind = 'administration'").await, 3);
    assert_eq!((world.count("accounts").await, world.count("issued_user_codes").await), (0, 0));
    assert_eq!(world.audited("role.granted", "success").await, 6);
}

/// The administrator of a school.
pub async fn administrator(world: &World, school: SchoolId) -> Session {
    world.staff("Морозова", &[at_school(Role::SchoolAdministrator, school)]).await
}

const SMALL: &str = "Класс;Фамилия;Имя;Дата рождения\n5А;Мелков;Степан;22.07.2015\n5Б;Ранцев;Ян;01.02.2015\n";

async fn a_school_administrator_imports_the_own_school_and_no_other(ctx: TestContext) {
    let world = World::new(ctx);
    let (own, other) = (world.school("Школа № 7").await, world.school("Школа № 8").await);
    let actor = administrator(&world, own).await;
    let imports = world.portal.imports();
    let visit = world.home();
    let check = |text: &str| {
        let bytes = text.as_bytes().to_vec();
        imports.check(&visit, &actor, "../list.csv", bytes, ImportOptions::default())
    };

    let people = world.count("people").await;
    let view = check(SMALL).await.unwrap();
    assert_eq!(
        (view.file_name.as_str(), view.format, view.state),
        ("list.csv", ImportFormat::Csv, ImportState::Checked)
    );
    assert_eq!((view.school, view.total, view.report.counts.students), (Some(own), 2, new(2)));
    assert_eq!(world.count("people").await, people, "nothing is written before it is ordered");

    let ordered = imports.apply(&visit, &actor, view.id).await.unwrap();
    assert_eq!(ordered.state, ImportState::Applying);
    assert!(matches!(imports.apply(&visit, &actor, view.id).await, Err(ImportError::NotChecked)));
    assert!(imports.work(|| false).await.unwrap());
    assert!(!imports.work(|| false).await.unwrap());
    let done = imports.find(&visit, &actor, view.id).await.unwrap();
    assert_eq!((done.state, done.done, done.total), (ImportState::Applied, 2, 2));
    assert_eq!(done.report.counts.students, new(2), "the report is that of the dry run");
    assert_eq!(world.count("people").await, people + 2);
    assert_eq!(world.ctx.number("SELECT COUNT(*) FROM imports WHERE content_sealed IS NOT NULL").await, 0);
    assert_eq!(imports.list(&visit, &actor, None, 50).await.unwrap().len(), 1);

    // Another school, known or not: nothing of the file is looked at.
    for school in ["Школа № 8", "Школа № 9"] {
        let refused = check(&SMALL.replace("Класс;", "Школа;Класс;").replace("\n5", &format!("\n{school};5"))).await;
        assert!(matches!(refused, Err(ImportError::OtherSchool { .. })), "{school}");
    }
    let stranger = administrator(&world, other).await;
    let refused = imports.find(&visit, &stranger, view.id).await;
    assert!(matches!(refused, Err(ImportError::Access(AccessError::Refused))));
    assert!(imports.list(&visit, &stranger, None, 50).await.unwrap().is_empty());

    // A class teacher has nothing to do with it, and that somebody tried is written down.
    let class = world.class(own, "7А").await;
    let teacher = world.staff("Бутрович", &[leads(own, class)]).await;
    let refused = imports.check(&visit, &teacher, "list.csv", SMALL.into(), ImportOptions::default()).await;
    assert!(matches!(refused, Err(ImportError::Access(AccessError::Refused))));
    assert!(world.audited("access.refused", "refused").await >= 2);
}

async fn nobody_binds_another_schools_parent_by_a_file(ctx: TestContext) {
    let world = World::new(ctx);
    apply(&world, roster("")).await;
    let own = world.school("Школа № 7").await;
    let actor = administrator(&world, own).await;
    let text = "כיתה,שם משפחה,שם פרטי,אם: שם משפחה,אם: שם פרטי,אם: תעודת זהות,אם: טלפון\n\
        ה1,מתחזה,רון,ישראלי,יעל,123456782,054-9999999\n";
    let imports = world.portal.imports();
    let visit = world.home();
    let view = imports.check(&visit, &actor, "list.csv", text.into(), ImportOptions::default()).await.unwrap();
    assert_eq!(view.report.bad_by_code.get("known_elsewhere"), Some(&1), "{:?}", view.report.bad_rows);
    imports.apply(&visit, &actor, view.id).await.unwrap();
    assert!(imports.work(|| false).await.unwrap());
    assert_eq!(world.count("guardians").await, 234);

    // Whoever may import everywhere may.
    let path = file(&world, "list.csv", text);
    let options = ImportOptions { school: Some(own), ..ImportOptions::default() };
    let report = run(&world, RosterFile::Path(path), Mode::Apply, &options).await.unwrap();
    assert_eq!(report.bad_total, 0, "{:?}", report.bad_rows);
    assert_eq!(world.count("guardians").await, 235);
}

async fn nobody_brings_back_who_belongs_to_another_school_now(ctx: TestContext) {
    let world = World::new(ctx);
    let (own, other) = (world.school("Школа № 7").await, world.school("Школа № 8").await);
    let (before, now) = (world.class(own, "5А").await, world.class(other, "5А").await);
    let pupil = world.student(before, &NewPerson::named(name("Мелков", "Степан"))).await;
    world.ctx.execute("UPDATE enrolments SET until_at = from_at").await.unwrap();
    let mut tx = world.portal.db().begin().await.unwrap();
    assert!(world.portal.roster().enrol(&mut tx, now, pupil, world.now()).await.unwrap());
    tx.commit().await.unwrap();
    let actor = administrator(&world, own).await;
    let imports = world.portal.imports();
    let text = "Класс;Фамилия;Имя\n5А;Мелков;Степан\n";
    let visit = world.home();
    let view = imports.check(&visit, &actor, "list.csv", text.into(), ImportOptions::default()).await.unwrap();
    assert_eq!(view.report.bad_by_code, BTreeMap::from([("known_elsewhere".to_owned(), 1)]));
    assert_eq!(view.report.counts.students, Count { bad: 1, ..Count::default() });

    // Whoever has left the other school as well may come back.
    world.ctx.execute("UPDATE enrolments SET until_at = from_at").await.unwrap();
    let view = imports.check(&visit, &actor, "list.csv", text.into(), ImportOptions::default()).await.unwrap();
    assert_eq!(view.report.counts.students, Count { changed: 1, ..Count::default() });
}

async fn overwriting_needs_fresh_proof(ctx: TestContext) {
    let world = World::new(ctx);
    let own = world.school("Школа № 7").await;
    let actor = administrator(&world, own).await;
    let imports = world.portal.imports();
    let visit = world.home();
    let options = ImportOptions { overwrite_contacts: true, ..ImportOptions::default() };
    let view = imports.check(&visit, &actor, "list.csv", SMALL.into(), options).await.unwrap();
    world.ctx.clock.advance(6 * MINUTE);
    assert!(matches!(imports.apply(&visit, &actor, view.id).await, Err(ImportError::ProofNeeded)));
    let fresh = Session { fresh_until: world.now() + MINUTE, ..actor };
    assert_eq!(imports.apply(&visit, &fresh, view.id).await.unwrap().state, ImportState::Applying);
}

async fn making_class_teachers_needs_fresh_proof(ctx: TestContext) {
    let world = World::new(ctx);
    apply(&world, roster("")).await;
    let visit = world.home();
    let mut out = Cursor::new(Vec::new());
    world.portal.exports().write(&visit, ExportFormat::OneRoster, None, &mut out, |_, _| {}).await.unwrap();
    let zip = out.into_inner();
    let actor = world.staff("Ким", &[everywhere()]).await;
    let imports = world.portal.imports();
    let check = || imports.check(&visit, &actor, "roster.zip", zip.clone(), ImportOptions::default());
    assert_eq!(check().await.unwrap().report.roles, 0, "nothing that is not there already");
    world.ctx.execute("DELETE FROM roles WHERE role = 'class_teacher'").await.unwrap();
    let view = check().await.unwrap();
    assert_eq!(view.report.roles, 6);
    world.ctx.clock.advance(6 * MINUTE);
    assert!(matches!(imports.apply(&visit, &actor, view.id).await, Err(ImportError::ProofNeeded)));
    let fresh = Session { fresh_until: world.now() + MINUTE, ..actor.clone() };
    assert_eq!(imports.apply(&visit, &fresh, view.id).await.unwrap().state, ImportState::Applying);
}

async fn an_import_that_was_stopped_goes_on(ctx: TestContext) {
    let world = World::new(ctx);
    let actor = world.staff("Ким", &[everywhere()]).await;
    let imports = world.portal.imports();
    let visit = world.home();
    let text = "School,Class,Surname,First name\nNorth,7,Smith,Ann\nSouth,7,Jones,Bob\n";
    let view = imports.check(&visit, &actor, "list.csv", text.into(), ImportOptions::default()).await.unwrap();
    assert_eq!(view.school, None);
    imports.apply(&visit, &actor, view.id).await.unwrap();
    // The process is told to stop after the first school.
    assert!(imports.work(|| true).await.unwrap());
    let halfway = imports.find(&visit, &actor, view.id).await.unwrap();
    assert_eq!((halfway.state, halfway.done, halfway.total), (ImportState::Applying, 1, 2));
    assert_eq!(world.count("enrolments").await, 1);
    assert!(imports.work(|| false).await.unwrap());
    assert_eq!(imports.find(&visit, &actor, view.id).await.unwrap().state, ImportState::Applied);
    assert_eq!((world.count("enrolments").await, world.count("schools").await), (2, 2));
}

/// A list of 400 students with their mothers: 800 people with nothing but their names, each another one.
fn families() -> String {
    let letters: Vec<char> = "абвгдежзиклмнопрстуф".chars().collect();
    let mut text = String::from("Класс;Фамилия;Имя;Мать: фамилия;Мать: имя\n");
    for one in &letters {
        for other in &letters {
            writeln!(text, "5А;Ко{one}{other}ров;Степан;Ко{one}{other}рова;Яна").expect("a string takes all");
        }
    }
    text
}

async fn an_import_moves_by_people_within_a_school(ctx: TestContext) {
    let world = World::new(ctx);
    let own = world.school("Школа № 7").await;
    let imports = world.portal.imports();
    let visit = world.home();
    let path = file(&world, "list.csv", families());
    let options = ImportOptions { school: Some(own), ..ImportOptions::default() };
    let mut prepared = imports.read(RosterFile::Path(path), &options).await.unwrap();
    assert_eq!(prepared.people(), 800);
    for mode in [Mode::Check, Mode::Apply] {
        let mut steps = Vec::new();
        let report = imports.run(&visit, &mut prepared, mode, |done, all| steps.push((done, all))).await.unwrap();
        let counts = report.counts;
        assert_eq!((report.bad_total, counts.students, counts.parents), (0, new(400), new(400)), "{mode:?}");
        assert_eq!((steps.first(), steps.last()), (Some(&(0, 800)), Some(&(800, 800))), "{mode:?}");
        assert!(in_order(&steps, 800), "{mode:?}: {steps:?}");
        for hundred in 0..8 {
            let within = |(done, _): &(u64, u64)| done / 100 == hundred;
            assert!(steps.iter().any(within), "{mode:?}, {hundred}: {steps:?}");
        }
    }
    // The same once more: there is nothing to write, and it ends at the end all the same.
    let mut steps = Vec::new();
    imports.run(&visit, &mut prepared, Mode::Apply, |done, all| steps.push((done, all))).await.unwrap();
    assert!(in_order(&steps, 800) && steps.last() == Some(&(800, 800)), "{steps:?}");
}

/// Has an import of [`families`] ordered.
async fn ordered_families(world: &World) -> (Session, ImportId) {
    let own = world.school("Школа № 7").await;
    let actor = administrator(world, own).await;
    let imports = world.portal.imports();
    let visit = world.home();
    let checked = imports.check(&visit, &actor, "list.csv", families().into(), ImportOptions::default()).await;
    let ordered = imports.apply(&visit, &actor, checked.unwrap().id).await.unwrap();
    assert_eq!((ordered.done, ordered.total), (0, 800));
    (actor, ordered.id)
}

async fn an_import_at_work_tells_of_people_within_a_school(ctx: TestContext) {
    let world = World::new(ctx);
    let (actor, id) = ordered_families(&world).await;
    let imports = world.portal.imports();
    let visit = world.home();
    let mut work = Box::pin(imports.work(|| false));
    let mut seen = Vec::new();
    loop {
        tokio::select! {
            worked = &mut work => {
                assert!(worked.unwrap());
                break;
            }
            view = imports.find(&visit, &actor, id) => {
                let view = view.unwrap();
                seen.push((view.done, view.total));
            }
        }
    }
    seen.dedup();
    assert!(in_order(&seen, 800), "{seen:?}");
    assert!(seen.iter().any(|(done, _)| (1..800).contains(done)), "{seen:?}");
    let view = imports.find(&visit, &actor, id).await.unwrap();
    assert_eq!((view.state, view.done, view.total), (ImportState::Applied, 800, 800));
}

async fn an_import_that_died_tells_of_no_more_than_is_done(ctx: TestContext) {
    let world = World::new(ctx);
    let (actor, id) = ordered_families(&world).await;
    let imports = world.portal.imports();
    let visit = world.home();
    let mut work = Box::pin(imports.work(|| false));
    loop {
        tokio::select! {
            worked = &mut work => panic!("it was to be interrupted: {worked:?}"),
            view = imports.find(&visit, &actor, id) => if view.unwrap().done > 0 {
                break;
            },
        }
    }
    drop(work);
    let view = imports.find(&visit, &actor, id).await.unwrap();
    assert_eq!((view.state, view.done, view.total), (ImportState::Applying, 0, 800), "nothing of it is committed");

    // Another worker takes it when the lease of the first has run out.
    assert!(!imports.work(|| false).await.unwrap());
    world.ctx.clock.advance(6 * MINUTE);
    assert!(imports.work(|| false).await.unwrap());
    let view = imports.find(&visit, &actor, id).await.unwrap();
    assert_eq!((view.state, view.done, view.total), (ImportState::Applied, 800, 800));
}

async fn what_is_exported_is_found_unchanged(ctx: TestContext) {
    let world = World::new(ctx);
    // Tables do not tell the school year: in the test's own year they find their classes.
    let this_year = ImportOptions { year: Some(2025), ..ImportOptions::default() };
    run(&world, roster(""), Mode::Apply, &this_year).await.unwrap();
    // Somebody whom no roster has ever named is found again too.
    let by_hand = world.school("Школа № 7").await;
    let class = world.class(by_hand, "5А").await;
    let student = world.student(class, &NewPerson::named(name("Ежова", "Анна"))).await;
    let parent = NewPerson { mobile: Some(mobile("+79001112244")), ..NewPerson::named(name("Ежов", "Пётр")) };
    world.parent_of(student, "guardian", &parent).await;
    for format in ExportFormat::ALL {
        let mut out = Cursor::new(Vec::new());
        let exports = world.portal.exports();
        let people = exports.write(&world.home(), format, None, &mut out, |_, _| {}).await.unwrap();
        assert_eq!(people, 395, "{format:?}");
        let bytes = out.into_inner();
        if format == ExportFormat::Csv {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains("primer123@mail.ru") && text.contains("+7 901 111-11-11"));
        }
        let path = file(&world, &format!("export{}", format.extension()), bytes);
        let report = apply(&world, RosterFile::Path(path)).await;
        assert_eq!(report.bad_total, 0, "{format:?}: {:?}", report.bad_rows);
        assert_eq!(report.counts.changes(), 0, "{format:?}: {:?}", report.counts);
        assert!(report.counts.students.unchanged > 150 && report.conflicts_total == 0, "{format:?}");
    }
    assert_eq!(world.count("people").await, 395);
    assert_eq!(world.audited("roster.exported", "success").await, 3);
}

async fn an_export_is_for_whoever_may_import(ctx: TestContext) {
    let world = World::new(ctx);
    let (own, other) = (world.school("Школа № 7").await, world.school("Школа № 8").await);
    let actor = administrator(&world, own).await;
    let exports = world.portal.exports();
    let visit = world.home();
    let exported = exports.export(&visit, &actor, ExportFormat::Xlsx, Some(own)).await.unwrap();
    assert_eq!(exported.file_name, "roster.xlsx");
    assert!(exported.bytes.starts_with(b"PK"));
    for school in [Some(other), None] {
        let refused = exports.export(&visit, &actor, ExportFormat::Csv, school).await;
        assert_eq!(refused.unwrap_err().code(), "ACCESS-01");
    }
    let deputy = world.staff("Соколова", &[at_school(Role::DeputyHead, own)]).await;
    assert!(exports.export(&visit, &deputy, ExportFormat::Csv, Some(own)).await.is_err());
}

async fn a_roster_of_many_schools(ctx: TestContext) {
    let world = World::new(ctx);
    let mut text =
        String::from("School,Class,Surname,Given name,ID number,Mother: surname,Mother: given name,Mother: mobile\n");
    for number in 0..2_000_u32 {
        let digits = format!("{:08}", 20_000_000 + number);
        let sum: u32 = digits
            .bytes()
            .zip([1, 2].into_iter().cycle())
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .map(|product| product / 10 + product % 10)
            .sum();
        let check = (10 - sum % 10) % 10;
        let school = ["North", "South"][number as usize % 2];
        let class = 1 + number % 12;
        writeln!(text, "{school},{class},Smith,Ann,{digits}{check},Smith,Eve,052{number:07}")
            .expect("a string takes all");
    }
    let path = file(&world, "many.csv", text);
    let report = apply(&world, RosterFile::Path(path.clone())).await;
    assert_eq!(
        (report.counts.students, report.counts.parents),
        (new(2_000), new(2_000)),
        "{:?}",
        report.bad_rows.first()
    );
    let again = apply(&world, RosterFile::Path(path)).await;
    assert_eq!(again.counts.changes(), 0, "{:?}", again.counts);
}

/// A school with two classes of three students, and courses: English for two of 5А, a choir of both classes, and mathematics, which is
/// the whole class. `choir` is who sings.
fn courses(choir: &[&str]) -> Vec<(&'static str, Vec<u8>)> {
    let students = ["a1", "a2", "a3", "b1", "b2", "b3"];
    let mut users = "sourcedId,givenName,familyName,agentSourcedIds\n".to_owned();
    let mut roles = "sourcedId,userSourcedId,role,orgSourcedId\n".to_owned();
    let mut stays = "sourcedId,classSourcedId,userSourcedId,role\n".to_owned();
    let mut stay = |class: &str, person: &str| writeln!(stays, "{class}-{person},{class},{person},student").unwrap();
    let surnames = ["Аверин", "Бобров", "Волков", "Гусев", "Дёмин", "Ежов"];
    for (person, surname) in students.into_iter().zip(surnames) {
        writeln!(users, "{person},Иван,{surname},").unwrap();
        writeln!(roles, "r-{person},{person},student,s7").unwrap();
        stay(if person.starts_with('a') { "c5a" } else { "c5b" }, person);
    }
    for person in ["a1", "a2", "a3"] {
        stay("maths", person);
    }
    for person in ["a1", "a2"] {
        stay("english", person);
    }
    for person in choir {
        stay("choir", person);
    }
    let orgs = "sourcedId,name,type\ns7,Школа № 7,school\n";
    let classes = "sourcedId,title,classType,schoolSourcedId\nc5a,5А,homeroom,s7\nc5b,5Б,homeroom,s7\n\
         maths,Математика 5А,scheduled,s7\nenglish,Английский 5А-1,scheduled,s7\nchoir,Хор,scheduled,s7\n\
         empty,Никого,scheduled,s7\n";
    vec![
        ("orgs.csv", orgs.into()),
        ("classes.csv", classes.into()),
        ("users.csv", users.into()),
        ("roles.csv", roles.into()),
        ("enrollments.csv", stays.into()),
    ]
}

pub fn folder_of(world: &World, name: &str, files: Vec<(&'static str, Vec<u8>)>) -> RosterFile {
    let folder = world.ctx.folder.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, content) in files {
        std::fs::write(folder.join(name), content).unwrap();
    }
    RosterFile::Path(folder)
}

async fn groups_come_with_the_roster_and_go_out_with_it(ctx: TestContext) {
    let world = World::new(ctx);
    let report = apply(&world, folder_of(&world, "first", courses(&["a1", "b1", "b2"]))).await;
    assert_eq!(report.bad_rows.len(), 0);
    assert_eq!(report.counts.groups, new(2), "the course of a whole class is no group, nor is one of nobody");
    assert_eq!(world.count("group_members").await, 5);
    assert_eq!(world.count("group_classes").await, 3);
    let again = apply(&world, folder_of(&world, "again", courses(&["a1", "b1", "b2"]))).await;
    assert_eq!((again.counts.groups, again.counts.changes()), (unchanged(2), 0));

    let changed = apply(&world, folder_of(&world, "changed", courses(&["b1", "b2", "b3"]))).await;
    assert_eq!(changed.counts.groups, Count { changed: 1, unchanged: 1, ..Count::default() });
    assert_eq!(world.count("group_members").await, 5, "one has come, one has left");
    assert_eq!(world.audited("group.changed", "success").await, 3);

    // A group that was made here goes out and is found again, even one of a whole class.
    let actor = world.staff("Ким", &[everywhere()]).await;
    let visit = world.home();
    let schools = world.portal.roster().schools(&actor).await.unwrap();
    let classes = world.portal.roster().classes(&visit, &actor, schools[0].id).await.unwrap();
    let made = world.portal.groups().create(&visit, &actor, &[classes[0].id], "Все 5А").await.unwrap();
    let (_, lines) = world.portal.roster().register(&visit, &actor, classes[0].id).await.unwrap();
    for line in lines {
        world.portal.groups().set_member(&visit, &actor, made, line.student.id, true).await.unwrap();
    }
    let mut out = Cursor::new(Vec::new());
    world.portal.exports().write(&visit, ExportFormat::OneRoster, None, &mut out, |_, _| {}).await.unwrap();
    let options = ImportOptions::default();
    let view = world.portal.imports().check(&visit, &actor, "roster.zip", out.into_inner(), options).await.unwrap();
    assert_eq!((view.report.counts.groups, view.report.counts.changes()), (unchanged(3), 0));
}
