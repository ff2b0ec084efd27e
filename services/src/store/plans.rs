//! However many people there are, a class is opened and changed, and a school imported, by look-ups in indexes alone: the database says how
//! it would go about each statement, and none may walk through a whole table.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod postgres;

use sqlx::AssertSqlSafe;

use crate::store::{
    Backend, Db, DbSettings, accounts, audit, classes, contact_changes, dialect, enrolments, gosuslugi, groups,
    guardians, imports, people, person_fields, photos, presence, roles, sessions, throttles,
};
use crate::{on_read, on_tx};

/// What each statement is for, and its text for `backend`; an import asks for so many `keys` at once.
fn statements(backend: Backend, keys: usize) -> Vec<(&'static str, String)> {
    let by = |key| imports::people_by(backend, key, keys, true);
    // SQLite takes two statements in one; what follows the first is an insert, of which it has nothing to say.
    let write = dialect::WRITE_RECORD.on(backend);
    let write = write.split_once("; ").map_or(write, |(first, _)| first);
    let fixed = [
        ("the class", classes::FIND),
        ("its people", enrolments::MEMBERS),
        ("what they share", enrolments::SHARED),
        ("the people of a school", enrolments::SCHOOL_MEMBERS),
        ("what the school's share", enrolments::SCHOOL_SHARED),
        ("whom a person has to do with", enrolments::TIES),
        ("where a person is seen", enrolments::CLASSES_OF),
        ("a person's fields", dialect::LOCK_RECORD.on(backend)),
        ("writing them", write),
        ("who changed them", person_fields::LIST),
        ("a child's mother", guardians::OF_RELATION),
        ("a person's family", guardians::RELATIVES),
        ("whom not to write to", guardians::NOT_CONTACTED),
        ("whether somebody is a parent", guardians::SEES_ANY),
        ("a school's open classes", classes::LIST),
        ("all that it has", classes::KNOWN),
        ("who leads them", classes::TEACHERS),
        ("who else is in the class", presence::LIST),
        ("when they were there", presence::SEEN),
        ("a person's name", people::NAME),
        ("the groups of a class", groups::LIST),
        ("their members", groups::MEMBERS),
        ("the photos of a class", photos::VERSIONS),
        ("who asks", sessions::FIND),
        ("whether they still may", sessions::ROLES_OF),
        ("a person's roles", roles::LIST),
        ("what is known of their sign-in through Gosuslugi", gosuslugi::FACTS),
        ("of the whole school's", gosuslugi::SCHOOL_FACTS),
        ("who signs in", accounts::FIND_WITH_ROLES),
        ("what is counted against them", throttles::FIND_THREE),
        ("the same, to be changed", dialect::LOCK_THROTTLES.on(backend)),
        ("somebody's last sign-ins", audit::SIGN_INS),
        ("the contact that waits for a code", contact_changes::FIND),
        ("somebody's last try there", gosuslugi::LAST_TRY),
        ("whose an account there is", gosuslugi::LINKED),
        ("who has its SNILS", gosuslugi::BY_SNILS),
        ("who has its mobile", gosuslugi::BY_MOBILE),
        ("who has its e-mail", gosuslugi::BY_EMAIL),
        ("who has its name", gosuslugi::BY_NAME),
        ("a school's classes", imports::CLASSES),
        ("its stays", imports::ENROLMENTS),
        ("all who ever had to do with it", imports::PEOPLE),
        ("who has now", imports::HERE),
        ("whose children are", imports::GUARDIANS),
        ("who was taken from them", imports::REMOVED_GUARDIANS),
        ("who works there", imports::POSTS),
        ("who leads a class", imports::LEADERS),
        ("who of them works elsewhere", imports::STAFF_ELSEWHERE),
        ("who of them belongs elsewhere", imports::ELSEWHERE),
        ("what was changed of them here", imports::EDITED),
        ("its groups", imports::GROUPS),
        ("whose they are", imports::GROUP_CLASSES),
        ("who is in them", imports::GROUP_MEMBERS),
    ];
    let mut all: Vec<(&str, String)> = fixed.map(|(what, sql)| (what, sql.to_owned())).into();
    all.extend([
        ("whose the numbers of a file are", by(imports::Key::Number)),
        ("whose its SNILS are", by(imports::Key::Snils)),
        ("whom it calls so", by(imports::Key::Source)),
        ("who was taken from whom it brings", by(imports::Key::Id)),
    ]);
    all
}

/// The steps of a statement.
async fn plan(db: &Db, sql: &str) -> Vec<String> {
    let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps: Vec<(i64, i64, i64, String)> =
        on_read!(db, |p| sqlx::query_as::<_, (i64, i64, i64, String)>(sql).fetch_all(p).await).unwrap();
    steps.into_iter().map(|(.., step)| step).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nothing_walks_through_a_whole_table() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("plans.sqlite").display());
    let db = Db::connect(&DbSettings { url, max_connections: 1 }).await.unwrap();
    db.migrate().await.unwrap();
    for (what, sql) in statements(Backend::Sqlite, 400) {
        let steps = plan(&db, &sql).await;
        assert!(!steps.is_empty(), "{what}");
        for step in &steps {
            assert!(!step.starts_with("SCAN"), "{what}: {steps:#?}");
        }
        assert!(steps.iter().any(|step| step.starts_with("SEARCH")), "{what}: {steps:#?}");
    }
    db.close().await;
}

/// SQLite's notes of how large tables are, made while they are small, would have it walk through them ever after.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn no_sizes_are_noted_while_there_are_few_people() {
    const PERSON: &str =
        "INSERT INTO people (id, surname, given_name, created_at, updated_at) VALUES ($1, 'a', 'b', 0, 0)";
    const NOTES: &str = "SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'sqlite_stat%'";
    let folder = tempfile::tempdir().unwrap();
    let settings =
        DbSettings { url: format!("sqlite://{}", folder.path().join("few.sqlite").display()), max_connections: 1 };
    let db = Db::connect(&settings).await.unwrap();
    db.migrate().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    for number in 1..=50 {
        let id = uuid::Uuid::from_u128(number);
        on_tx!(&mut tx, |c| sqlx::query(PERSON).bind(id).execute(c).await.map(drop)).unwrap();
    }
    for key in [imports::Key::Number, imports::Key::Snils] {
        imports::list_people_by_index(&mut tx, key, &[vec![1]], true).await.unwrap();
    }
    tx.commit().await.unwrap();
    db.close().await;
    let db = Db::connect(&settings).await.unwrap();
    let notes: i64 = on_read!(&db, |p| sqlx::query_scalar(NOTES).fetch_one(p).await).unwrap();
    assert_eq!(notes, 0);
    db.close().await;
}
