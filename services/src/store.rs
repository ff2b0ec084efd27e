//! The only place with SQL. Functions are named `find / list / insert / update / delete` and take `&mut Tx` or `&Db`;
//! only this module knows rows. The order in which locks are taken is in `docs/architecture.md` ("Storage").
//!
//! One text serves both databases (`$1` placeholders, `RETURNING`, `ON CONFLICT`); [`on_tx!`](crate::on_tx) and
//! [`on_read!`](crate::on_read) run it on whichever is there. The few statements that differ stand side by side in [`dialect`].

pub mod accounts;
pub mod api_clients;
pub mod audit;
pub mod classes;
pub mod consents;
pub mod contact_changes;
pub mod db;
pub mod deliveries;
pub mod devices;
pub mod dialect;
pub mod enrolments;
pub mod flows;
pub mod gosuslugi;
pub mod groups;
pub mod guardians;
pub mod help_desk;
pub mod idempotency;
pub mod imports;
pub mod meta;
pub mod outbox;
pub mod passwords;
pub mod people;
pub mod person_fields;
pub mod photos;
#[cfg(test)]
mod plans;
pub mod posts;
pub mod presence;
pub mod registrations;
pub mod reseal;
pub mod reviews;
pub mod roles;
pub mod schools;
pub mod sessions;
pub mod sqlite;
pub mod throttles;
pub mod tx;
mod wal;

pub use db::{Backend, Db, DbSettings, Pools};
pub use tx::{Tx, TxKind};

/// Runs an expression on the connection of a transaction: `on_tx!(tx, |c| sqlx::query(SQL).bind(x).execute(c).await)`.
///
/// `tx` is a `&mut Tx`, `c` the connection. The expression is compiled once for SQLite and once for PostgreSQL, so both
/// results must have one type: rows read with `query_as`, or `.map(|done| done.rows_affected())` after `execute`.
#[macro_export]
macro_rules! on_tx {
    ($tx:expr, |$c:ident| $body:expr) => {
        match $crate::store::Tx::kind_mut($tx) {
            $crate::store::TxKind::Sqlite(tx) => match tx.get() {
                Ok($c) => $body,
                Err(error) => Err(error),
            },
            $crate::store::TxKind::Postgres(tx) => {
                let $c = &mut **tx;
                $body
            }
        }
    };
}

/// Runs an expression outside a transaction, on a connection for reading:
/// `on_read!(db, |p| sqlx::query_as::<_, Row>(SQL).bind(x).fetch_optional(p).await)`.
///
/// `db` is a `&Db`, `p` a connection of SQLite, which refuses to write, or PostgreSQL's pool. The expression makes one call with it.
#[macro_export]
macro_rules! on_read {
    ($db:expr, |$p:ident| $body:expr) => {
        match $crate::store::Db::pools($db) {
            $crate::store::Pools::Sqlite { read, .. } => match read.lend().await {
                Ok(mut lent) => match lent.get() {
                    Ok($p) => {
                        let result = $body;
                        lent.look(&result);
                        result
                    }
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            },
            $crate::store::Pools::Postgres($p) => $body,
        }
    };
}
