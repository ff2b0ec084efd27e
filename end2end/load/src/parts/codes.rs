//! Sign-ins by one-time code, from the ID number to the session: ask for the code, read it from the text message, answer it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;
use serde::Serialize;
use serde_json::json;

use crate::client::{Answer, Connection};
use crate::drive::{Driven, drive};
use crate::error::LoadError;
use crate::inbox::Inbox;
use crate::people::Person;
use crate::server::{SENDS_PER_HOUR, Server};
use crate::stats::Distribution;

/// Where codes are asked for.
const ASK: &str = "/api/v1/sign-in/code";
/// Where they are answered.
pub const VERIFY: &str = "/api/v1/sign-in/code/verify";

/// Sendings of one person that are kept for the measurement of answering times.
const KEPT: u32 = 2;

/// The figures.
#[derive(Debug, Serialize)]
pub struct Codes {
    /// People who sign in at once.
    pub at_once: usize,
    /// Whole sign-ins.
    pub driven: Driven,
    /// Asking for the code, in seconds.
    pub ask: Distribution,
    /// From the answer until the message is there, in seconds.
    pub delivery: Distribution,
    /// Answering with the code, in seconds.
    pub verify: Distribution,
}

#[derive(Default)]
struct Times {
    ask: Vec<f64>,
    delivery: Vec<f64>,
    verify: Vec<f64>,
}

/// Asks for a code.
pub async fn ask(connection: &mut Connection, id_number: &str) -> Result<Answer, LoadError> {
    connection.post(ASK, &json!({ "id_type": "il_id", "id_number": id_number })).await
}

/// Signs in for the span, so many people at once.
pub async fn run(
    server: &Server,
    people: &Arc<[Person]>,
    inbox: &Arc<Inbox>,
    at_once: usize,
    span: Duration,
) -> Result<Codes, LoadError> {
    let address = server.address();
    let times = Arc::new(Mutex::new(Times::default()));
    let rounds = usize::try_from(SENDS_PER_HOUR - KEPT).unwrap_or_default();
    let driven = drive(at_once, span, server.id(), |number, gate| {
        let (people, inbox, times) = (Arc::clone(people), Arc::clone(inbox), Arc::clone(&times));
        async move {
            let mut connection = Connection::open(address).await?;
            let mine: Vec<&Person> = people.iter().skip(number).step_by(at_once).collect();
            let codes = mine.len() * rounds;
            for person in mine.into_iter().cycle().take(codes) {
                if !gate.is_open() {
                    return Ok(());
                }
                sign_in(&mut connection, person, &inbox, &times).await?;
                gate.count();
            }
            Err(LoadError::CrowdUsedUp)
        }
    })
    .await?;
    let times = times.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Codes {
        at_once,
        driven,
        ask: Distribution::of(&times.ask),
        delivery: Distribution::of(&times.delivery),
        verify: Distribution::of(&times.verify),
    })
}

async fn sign_in(
    connection: &mut Connection,
    person: &Person,
    inbox: &Inbox,
    times: &Mutex<Times>,
) -> Result<(), LoadError> {
    let expected = inbox.expect(&person.phone);
    let asked = ask(connection, &person.id_number).await?.expect("asking for a code", StatusCode::ACCEPTED)?;
    let Some(flow) = asked.text("flow") else { return Err(asked.unexpected("asking for a code")) };
    let since = Instant::now();
    let code = expected.code().await?;
    let delivery = since.elapsed();
    let verified = connection.post(VERIFY, &json!({ "flow": flow, "code": code })).await?;
    let verified = verified.expect("the right code", StatusCode::OK)?;
    let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
    times.ask.push(asked.took.as_secs_f64());
    times.delivery.push(delivery.as_secs_f64());
    times.verify.push(verified.took.as_secs_f64());
    Ok(())
}
