//! However many people there are, a class is opened and changed by look-ups in indexes alone: SQLite says how it would go about each
//! statement, and none may walk through a whole table.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use sqlx::AssertSqlSafe;

use crate::on_read;
use crate::store::{
    Backend, Db, DbSettings, classes, dialect, enrolments, gosuslugi, guardians, person_fields, roles, sessions,
};

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
    let (write, note) = dialect::WRITE_RECORD.on(Backend::Sqlite).split_once("; ").unwrap();
    let statements = [
        ("the class", classes::FIND),
        ("its people", enrolments::MEMBERS),
        ("what they share", enrolments::SHARED),
        ("the people of a school", enrolments::SCHOOL_MEMBERS),
        ("what the school's share", enrolments::SCHOOL_SHARED),
        ("whom a person has to do with", enrolments::TIES),
        ("where a person is seen", enrolments::CLASSES_OF),
        ("a person's fields", dialect::LOCK_RECORD.on(Backend::Sqlite)),
        ("writing them", write),
        ("noting who wrote them", note),
        ("who changed them", person_fields::LIST),
        ("a child's mother", guardians::OF_RELATION),
        ("a person's family", guardians::RELATIVES),
        ("who asks", sessions::FIND),
        ("whether they still may", sessions::ROLES_OF),
        ("a person's roles", roles::LIST),
        ("what is known of their sign-in through Gosuslugi", gosuslugi::FACTS),
        ("of the whole school's", gosuslugi::SCHOOL_FACTS),
        ("somebody's last try there", gosuslugi::LAST_TRY),
        ("whose an account there is", gosuslugi::LINKED),
        ("who has its SNILS", gosuslugi::BY_SNILS),
        ("who has its mobile", gosuslugi::BY_MOBILE),
        ("who has its e-mail", gosuslugi::BY_EMAIL),
        ("who has its name", gosuslugi::BY_NAME),
    ];
    for (what, sql) in statements {
        let steps = plan(&db, sql).await;
        assert!(!steps.is_empty(), "{what}");
        for step in &steps {
            assert!(!step.starts_with("SCAN"), "{what}: {steps:#?}");
        }
        assert!(steps.iter().any(|step| step.starts_with("SEARCH")), "{what}: {steps:#?}");
    }
    db.close().await;
}
