//! The same of PostgreSQL, which chooses by what is in its tables: they are filled first.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::store::plans::statements;
use crate::store::{Backend, Db, DbSettings};

/// Tables of fewer rows may be walked through: that is the cheapest way.
const SMALL: f32 = 1_000.0;

/// For how many numbers an import asks at once: as small a share of the people here as 400 are of a million.
const KEYS: usize = 40;

/// One statement asks for the posts of all people of a school at once: few people work, so PostgreSQL reads all posts in one go, and that is
/// the cheapest way as well. No one waits for it but an import.
const OF_ALL_POSTS: &str = "who of them works elsewhere";

/// The steps of a plan, each with the steps it is made of.
fn steps<'a>(step: &'a Value, found: &mut Vec<&'a Value>) {
    found.push(step);
    for inner in step["Plans"].as_array().into_iter().flatten() {
        steps(inner, found);
    }
}

/// Whether a step reads a table, or an index of it, from one end to the other.
fn walks(step: &Value, large: &[String]) -> bool {
    match step["Node Type"].as_str().unwrap() {
        "Seq Scan" => large.iter().any(|table| step["Relation Name"] == table.as_str()),
        "Index Scan" | "Index Only Scan" | "Bitmap Index Scan" => step["Index Cond"].is_null(),
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nothing_walks_through_a_whole_table() {
    let server = std::env::var("TEST_POSTGRES_URL")
        .unwrap_or_else(|_| panic!("run `make test`: it has a PostgreSQL to test against"));
    let schema = format!("plans_{}", std::process::id());
    let mut pg = PgConnection::connect(&server).await.unwrap();
    let made = format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; SET search_path = {schema}");
    pg.execute(AssertSqlSafe(made)).await.unwrap();
    let separator = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{separator}options[search_path]={schema}");
    let db = Db::connect(&DbSettings { url, max_connections: 1 }).await.unwrap();
    db.migrate().await.unwrap();
    db.close().await;

    pg.execute(include_str!("filled.sql")).await.unwrap();
    let large = "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = $1::regnamespace AND reltuples >= $2";
    let large: Vec<String> = sqlx::query_scalar(large).bind(&schema).bind(SMALL).fetch_all(&mut pg).await.unwrap();
    assert!(large.len() >= 15, "{large:?}");
    // As a statement is planned that is prepared once for all values.
    pg.execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    let mut walked = Vec::new();
    for (what, sql) in statements(Backend::Postgres, KEYS) {
        let values =
            (1..=999).take_while(|n| sql.contains(&format!("${n}"))).map(|_| "NULL").collect::<Vec<_>>().join(", ");
        pg.execute(AssertSqlSafe(format!("PREPARE looked_at AS {sql}")))
            .await
            .unwrap_or_else(|e| panic!("{what}: {e}"));
        let explain = format!(
            "EXPLAIN (FORMAT JSON) EXECUTE looked_at{}",
            if values.is_empty() { String::new() } else { format!("({values})") }
        );
        let plan: Value = sqlx::query_scalar(AssertSqlSafe(explain))
            .fetch_one(&mut pg)
            .await
            .unwrap_or_else(|e| panic!("{what}: {e}"));
        pg.execute("DEALLOCATE looked_at").await.unwrap();
        let mut found = Vec::new();
        steps(plan.pointer("/0/Plan").unwrap(), &mut found);
        let bears = |step: &&Value| what == OF_ALL_POSTS && step["Relation Name"] == "posts";
        if found.iter().any(|step| walks(step, &large) && !bears(step)) {
            walked.push(format!("{what}: {plan:#}"));
        }
    }
    pg.execute(AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE"))).await.unwrap();
    pg.close().await.unwrap();
    assert!(walked.is_empty(), "{}", walked.join("\n"));
}
