//! Members of staff who can sign in: system administrators, whose rights reach every class, made by the portal's own
//! command line. Each signs in several times, as in several browsers, with password and code every time.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use http::header::SET_COOKIE;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::letters;
use crate::client::Connection;
use crate::error::LoadError;
use crate::inbox::Inbox;
use crate::parts::{codes, passwords};
use crate::server::{Server, Setup};

/// Sessions of one account: at most as many as codes that it may ask for in an hour.
pub const SESSIONS_EACH: usize = 10;

const PASSWORD: &str = "orchard violet kettle 58 lantern";
/// The cookie of a session, up to its value.
const SESSION: &str = "__Host-session=";

/// Somebody who can sign in.
#[derive(Clone)]
pub struct Account {
    user_code: String,
    /// Where codes are sent, E.164.
    phone: String,
}

#[derive(Deserialize)]
struct Created {
    user_code: String,
}

/// Makes as many accounts as so many sessions need.
pub async fn make(setup: &Setup, sessions: usize) -> Result<Vec<Account>, LoadError> {
    let what = "making a system administrator";
    let mut accounts = Vec::new();
    for number in 0..sessions.div_ceil(SESSIONS_EACH).max(1) {
        let phone = format!("+97254{:07}", 2_000_000 + number);
        let name = format!("Editor {}", letters(number));
        let arguments = ["admin", "create", "--surname", "Load", "--given-name", &name];
        let arguments = arguments.into_iter().chain(["--mobile", &phone, "--locale", "en", "--json"]);
        let ended = setup.run(arguments.map(OsStr::new), PASSWORD).await?.expect(what, &[0], &setup.log())?;
        let created: Created = serde_json::from_str(&ended.output)
            .map_err(|error| LoadError::Content { path: setup.log(), problem: format!("{what}: {error}") })?;
        accounts.push(Account { user_code: created.user_code, phone });
    }
    Ok(accounts)
}

/// Opens so many sessions, the accounts in turn; their cookies. The folder is the demo's.
pub async fn sign_in(
    server: &Server,
    folder: &Path,
    accounts: &[Account],
    sessions: usize,
) -> Result<Vec<HeaderValue>, LoadError> {
    let inbox = Arc::new(Inbox::open(folder.join("sms")));
    let mut running = JoinSet::new();
    for (at, account) in accounts.iter().enumerate() {
        let (account, inbox, address) = (account.clone(), Arc::clone(&inbox), server.address());
        let numbers: Vec<usize> = (at..sessions).step_by(accounts.len()).collect();
        running.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut opened = Vec::with_capacity(numbers.len());
            for number in numbers {
                opened.push((number, sign_in_once(&mut connection, &account, &inbox).await?));
            }
            Ok::<_, LoadError>(opened)
        });
    }
    let mut all = Vec::with_capacity(sessions);
    while let Some(ended) = running.join_next().await {
        all.extend(ended??);
    }
    all.sort_unstable_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, cookie)| cookie).collect())
}

async fn sign_in_once(connection: &mut Connection, account: &Account, inbox: &Inbox) -> Result<HeaderValue, LoadError> {
    let expected = inbox.expect(&account.phone);
    let what = "a right password of staff";
    let asked = passwords::post(connection, &account.user_code, PASSWORD).await?.expect(what, StatusCode::OK)?;
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let Some(flow) = body.pointer("/code/flow").and_then(Value::as_str) else { return Err(asked.unexpected(what)) };
    let code = expected.code().await?;
    let what = "the right code of staff";
    let verified = connection.post(codes::VERIFY, &json!({ "flow": flow, "code": code })).await?;
    let verified = verified.expect(what, StatusCode::OK)?;
    let set = verified.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let cookie = set.filter_map(|cookie| cookie.split(';').next()).find(|cookie| cookie.starts_with(SESSION));
    cookie.and_then(|cookie| HeaderValue::from_str(cookie).ok()).ok_or_else(|| verified.unexpected(what))
}
