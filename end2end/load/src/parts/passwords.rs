//! Sign-ins by user code and password through the JSON API, each with a session at its end.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::client::{Answer, Connection};
use crate::drive::{Driven, drive};
use crate::error::LoadError;
use crate::people::Person;
use crate::server::Server;

/// Where passwords are posted.
pub const PATH: &str = "/api/v1/sign-in/password";

/// Posts a user code and a password.
pub async fn post(connection: &mut Connection, user_code: &str, password: &str) -> Result<Answer, LoadError> {
    connection.post(PATH, &json!({ "user_code": user_code, "password": password })).await
}

/// Signs in for the span, with so many connections at once; each has people of its own and takes them in turn.
pub async fn run(
    server: &Server,
    people: &Arc<[Person]>,
    connections: usize,
    span: Duration,
) -> Result<Driven, LoadError> {
    let address = server.address();
    drive(connections, span, server.id(), |number, gate| {
        let people = Arc::clone(people);
        async move {
            let mut connection = Connection::open(address).await?;
            for person in people.iter().skip(number).step_by(connections).cycle() {
                if !gate.is_open() {
                    break;
                }
                let answer = post(&mut connection, &person.user_code, &person.password).await?;
                let answer = answer.expect("a right password", StatusCode::OK)?;
                if answer.text("status").as_deref() != Some("signed_in") {
                    return Err(answer.unexpected("a right password"));
                }
                gate.count();
            }
            Ok(())
        }
    })
    .await
}
