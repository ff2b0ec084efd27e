//! Newcomers who register all at once, as after the first evening for parents: each begins, reads the code from the text message,
//! answers it, gives the contact details, finishes, and looks until the account and its messages are `done`.
//!
//! Then it is counted whether everybody got what they should, and once: the end, the text message, and the mail with the first
//! password. The demo's folders take a message a second time only under a key of its own, so what is doubled here was made twice,
//! not just sent twice.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use tokio::task::JoinSet;

use crate::client::{Answer, Connection};
use crate::drive::Driven;
use crate::error::LoadError;
use crate::inbox::Inbox;
use crate::mails;
use crate::people::Newcomer;
use crate::process::Meter;
use crate::server::Server;
use crate::stats::{Distribution, float};

const BEGIN: &str = "/api/v1/registrations";
const CONSENT: &str = "/api/v1/registrations/consent";

/// Between two looks of a newcomer at the registration. It is added to the time until it is done; shorter, the looking itself would
/// take the processor from what is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Who waits longer after finishing is lost.
const DONE_WITHIN: Duration = Duration::from_mins(2);
/// From the last end until messages are counted: longer than two looks of the portal's own workers, so that a second message would
/// be there.
const CALM: Duration = Duration::from_secs(3);

/// The figures.
#[derive(Debug, Serialize)]
pub struct Registrations {
    /// Newcomers, who begin at once.
    pub at_once: usize,
    /// From the first request to the last `done`.
    pub seconds: f64,
    /// Those that ended `done`, by these seconds.
    pub driven: Driven,
    /// Beginning, in seconds.
    pub begin: Distribution,
    /// Answering with the code, in seconds.
    pub verify: Distribution,
    /// Finishing, in seconds.
    pub finish: Distribution,
    /// From there until it is `done`, in seconds.
    pub account: Distribution,
    /// Newcomers who did not end `done`, or whose text message or mail is missing.
    pub lost: usize,
    /// Newcomers who got a message twice, or whose second finish changed something.
    pub doubled: usize,
    /// What stopped the first of those who did not end `done`.
    pub problem: Option<String>,
}

/// A registration that ended `done`.
struct Done {
    key: String,
    begin: Duration,
    verify: Duration,
    finish: Duration,
    account: Duration,
    at: Instant,
    /// Whether finishing it once more changed something.
    changed: bool,
}

/// What became of one newcomer.
struct Fate {
    done: bool,
    changed: bool,
    texts: usize,
    mails: usize,
}

impl Fate {
    fn is_lost(&self) -> bool {
        !self.done || self.texts == 0 || self.mails == 0
    }

    fn is_doubled(&self) -> bool {
        self.changed || self.texts > 1 || self.mails > 1
    }
}

/// Registers the newcomers; the demo's folder holds their messages.
pub async fn run(server: &Server, newcomers: &[Newcomer], folder: &Path) -> Result<Registrations, LoadError> {
    let version = consent(&mut Connection::open(server.address()).await?).await?;
    let inbox = Arc::new(Inbox::open(folder.join("sms")));
    let mut ready = Vec::with_capacity(newcomers.len());
    for newcomer in newcomers {
        ready.push((newcomer.clone(), Connection::open(server.address()).await?));
    }

    let meter = Meter::start(server.id())?;
    let since = Instant::now();
    let mut running = JoinSet::new();
    for (newcomer, connection) in ready {
        let (inbox, version) = (Arc::clone(&inbox), version.clone());
        running.spawn(async move { register(connection, &newcomer, &inbox, &version).await });
    }
    let mut all = Vec::with_capacity(newcomers.len());
    let mut problem = None;
    while let Some(ended) = running.join_next().await {
        match ended? {
            Ok(done) => all.push(done),
            Err(error) => problem = problem.or_else(|| Some(error.to_string())),
        }
    }
    let spent = meter.stop()?;

    tokio::time::sleep(CALM).await;
    let fates = fates(newcomers, &all, &inbox, folder).await?;
    let seconds = all.iter().map(|done| done.at.duration_since(since)).max().unwrap_or_default().as_secs_f64();
    let times = |time: fn(&Done) -> Duration| -> Distribution {
        Distribution::of(&all.iter().map(|done| time(done).as_secs_f64()).collect::<Vec<_>>())
    };
    Ok(Registrations {
        at_once: newcomers.len(),
        seconds,
        driven: Driven { answers: all.len(), per_second: float(all.len()) / seconds.max(f64::EPSILON), spent },
        begin: times(|done| done.begin),
        verify: times(|done| done.verify),
        finish: times(|done| done.finish),
        account: times(|done| done.account),
        lost: fates.iter().filter(|fate| fate.is_lost()).count(),
        doubled: fates.iter().filter(|fate| fate.is_doubled()).count(),
        problem,
    })
}

/// The version of the consent document.
async fn consent(connection: &mut Connection) -> Result<String, LoadError> {
    let what = "asking for the consent document";
    let answer = connection.get(CONSENT, None).await?.expect(what, StatusCode::OK)?;
    answer.text("version").ok_or_else(|| answer.unexpected(what))
}

/// From the number to the account.
async fn register(
    mut connection: Connection,
    newcomer: &Newcomer,
    inbox: &Inbox,
    consent: &str,
) -> Result<Done, LoadError> {
    let expected = inbox.expect(&newcomer.phone);
    let who = json!({
        "id_type": "il_id",
        "id_number": newcomer.id_number,
        "birth_date": newcomer.birth_date,
        "child_id": newcomer.child_id,
    });
    let begun = connection.post(BEGIN, &who).await?.expect("beginning a registration", StatusCode::ACCEPTED)?;
    let Some(id) = begun.text("id") else { return Err(begun.unexpected("beginning a registration")) };
    let path = format!("{BEGIN}/{id}");

    let code = json!({ "code": expected.code().await? });
    let verified = connection.post(&format!("{path}/verify"), &code).await?;
    let verified = verified.expect("the right code of a registration", StatusCode::OK)?;

    let contact = json!({ "email": newcomer.email(), "language": mails::LANGUAGE, "consent": consent });
    connection.patch(&path, &contact).await?.expect("the contact details", StatusCode::OK)?;

    let finished = finish(&mut connection, &path).await?.expect("finishing a registration", StatusCode::ACCEPTED)?;
    let since = Instant::now();
    let done = until_done(&mut connection, &path).await?;
    let (account, at) = (since.elapsed(), Instant::now());

    // It is answered like the first, so by now with what was just read.
    let again = finish(&mut connection, &path).await?;
    Ok(Done {
        key: newcomer.key.clone(),
        begin: begun.took,
        verify: verified.took,
        finish: finished.took,
        account,
        at,
        changed: again.status != StatusCode::ACCEPTED || again.body != done.body,
    })
}

async fn finish(connection: &mut Connection, path: &str) -> Result<Answer, LoadError> {
    connection.post(&format!("{path}/finish"), &json!({})).await
}

/// Looks until it is done; the answer that says so.
async fn until_done(connection: &mut Connection, path: &str) -> Result<Answer, LoadError> {
    let what = "looking for the new account";
    let since = Instant::now();
    loop {
        let answer = connection.get(path, None).await?.expect(what, StatusCode::OK)?;
        match answer.text("status").as_deref() {
            Some("done") => return Ok(answer),
            Some("creating" | "messages") if since.elapsed() < DONE_WITHIN => {}
            _ => return Err(answer.unexpected(what)),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What became of each newcomer.
async fn fates(newcomers: &[Newcomer], all: &[Done], inbox: &Inbox, folder: &Path) -> Result<Vec<Fate>, LoadError> {
    let folder = folder.join("mail");
    let mails = tokio::task::spawn_blocking(move || mails::first_passwords(&folder)).await??;
    // Of a newcomer's text messages only the first holds a code.
    let texts = inbox.without_code();
    let fate = |newcomer: &Newcomer| {
        let done = all.iter().find(|done| done.key == newcomer.key);
        Fate {
            done: done.is_some(),
            changed: done.is_some_and(|done| done.changed),
            texts: texts.get(&newcomer.phone).copied().unwrap_or_default(),
            mails: mails.get(&newcomer.email()).copied().unwrap_or_default(),
        }
    };
    Ok(newcomers.iter().map(fate).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_ends_once() {
        let fate = |done, changed, texts, mails| Fate { done, changed, texts, mails };
        let told = |fate: Fate| (fate.is_lost(), fate.is_doubled());
        assert_eq!(told(fate(true, false, 1, 1)), (false, false));
        assert_eq!(told(fate(false, false, 1, 1)), (true, false));
        assert_eq!(told(fate(true, false, 0, 1)), (true, false));
        assert_eq!(told(fate(true, false, 1, 0)), (true, false));
        assert_eq!(told(fate(true, false, 2, 1)), (false, true));
        assert_eq!(told(fate(true, false, 1, 2)), (false, true));
        assert_eq!(told(fate(true, true, 1, 1)), (false, true));
        assert_eq!(told(fate(true, false, 2, 0)), (true, true));
    }
}
