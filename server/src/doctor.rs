//! Looks whether everything the portal needs is in order, and says how to mend what is not.
//!
//! It sends no message and changes no record; a database that never had keys takes these as its own, as at the first start.
//! Each check stands alone: one that fails does not hide the others.

use std::{path::Path, sync::Arc, time::Duration};

use serde::Serialize;
use services::{
    Clock, Db, KeyRing, OsRng, Sealer, StoreError, SystemClock, Timestamp,
    delivery::{Channel, Delivery},
    esia,
    store::meta,
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

use crate::{
    cli::{Failure, mend_store},
    config::{Config, PublicUrl},
    open,
};

/// How long a check may wait for somebody else.
const PATIENCE: Duration = Duration::from_secs(10);
/// 2025-01-01: the program did not exist before; a clock that shows less was never set.
const FIRST_POSSIBLE: Timestamp = 1_735_689_600_000;
/// systemd's time service makes this file when the clock has been set from the network.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// In order.
    Good,
    /// Works, but deserves a look.
    Warning,
    /// The portal does not work, or not for everybody.
    Bad,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub subject: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub what: String,
    /// What to do about it; empty where nothing is to be done.
    pub mend: String,
}

impl Finding {
    fn new(subject: &str, state: State, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { subject: subject.to_owned(), state, what: what.into(), mend: mend.into() }
    }

    fn good(subject: &str, what: impl Into<String>) -> Self {
        Self::new(subject, State::Good, what, "")
    }

    fn bad(subject: &str, failure: Failure) -> Self {
        Self::new(subject, State::Bad, failure.what, failure.mend)
    }
}

/// Makes every check, in the order in which one would mend.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding::good("configuration", "every key is right")];
    findings.push(clock(&SystemClock, Path::new(SYNCHRONISED)));
    let (keys, sealer) = keys(&config.keys.ring);
    findings.push(keys);
    findings.extend(database(config, sealer.as_ref()).await);
    findings.extend(gateways(config).await);
    findings.extend(gosuslugi(config).await);
    findings.push(public_url(&config.server.public_url).await);
    findings
}

/// A wrong clock lets codes expire at once or never.
fn clock(clock: &dyn Clock, synchronised: &Path) -> Finding {
    const SUBJECT: &str = "clock";
    if clock.now() < FIRST_POSSIBLE {
        Finding::new(SUBJECT, State::Bad, "the clock was never set", "set the clock, and start a time service (NTP)")
    } else if synchronised.exists() {
        Finding::good(SUBJECT, "set from the network")
    } else {
        Finding::new(
            SUBJECT,
            State::Warning,
            "it can't be seen here whether the clock is set from the network",
            "look with `timedatectl` or `chronyc tracking`; codes live five minutes, so a minute matters",
        )
    }
}

fn keys(path: &Path) -> (Finding, Option<Sealer>) {
    const SUBJECT: &str = "key ring";
    match KeyRing::load(path) {
        Ok(ring) => {
            let what = format!("{} with key {} in use", path.display(), ring.current_id());
            (Finding::good(SUBJECT, what), Some(Sealer::new(&ring)))
        }
        Err(error) => (Finding::bad(SUBJECT, error.into()), None),
    }
}

/// Connection, migrations, and whether the keys belong to it.
async fn database(config: &Config, sealer: Option<&Sealer>) -> Vec<Finding> {
    const SUBJECT: &str = "database";
    let db = match timeout(PATIENCE, open::connect(config, false)).await {
        Ok(Ok(db)) => db,
        Ok(Err(error)) => return vec![Finding::bad(SUBJECT, error.into())],
        Err(_) => {
            return vec![Finding::new(
                SUBJECT,
                State::Bad,
                "the database does not answer",
                "start it, and look whether database.url is right",
            )];
        }
    };
    let findings = match examine_database(&db, sealer).await {
        Ok(findings) => findings,
        Err(error) => {
            vec![Finding::new(SUBJECT, State::Bad, format!("{error} ({})", error.code()), mend_store(&error))]
        }
    };
    db.close().await;
    findings
}

async fn examine_database(db: &Db, sealer: Option<&Sealer>) -> Result<Vec<Finding>, StoreError> {
    db.ping().await?;
    let mut findings = vec![Finding::good("database", format!("{:?} answers", db.backend()))];
    let pending = db.pending_migrations().await?.len();
    if pending > 0 {
        let what = format!("{pending} migrations are missing");
        findings.push(Finding::new(
            "migrations",
            State::Bad,
            what,
            "back up the database, then run `schoolgate migrate`",
        ));
        return Ok(findings);
    }
    findings.push(Finding::good("migrations", "up to date"));
    if meta::is_demo(db).await? {
        findings.push(Finding::new(
            "database",
            State::Warning,
            "this is a demo database: its passwords are published",
            "use another database for real people",
        ));
    }
    if let Some(sealer) = sealer {
        findings.push(match meta::check_keys(db, sealer, &OsRng).await {
            Ok(()) => Finding::good("keys and database", "belong together"),
            Err(error) => Finding::bad("keys and database", error.into()),
        });
    }
    Ok(findings)
}

async fn gateways(config: &Config) -> Vec<Finding> {
    let settings = config.gateways();
    let delivery = match Delivery::new(settings.sms, settings.mail, Arc::new(SystemClock)) {
        Ok(delivery) => delivery,
        Err(invalid) => {
            let problems = invalid.0.into_iter();
            return problems
                .map(|wrong| Finding::new("gateways", State::Bad, wrong.to_string(), "mend the key that is named"))
                .collect();
        }
    };
    let mut findings = Vec::new();
    if !delivery.has_sms() {
        findings.push(Finding::new(
            "SMS",
            State::Bad,
            "there is no gateway: nobody can sign in by code",
            "add [[sms.gateway]]",
        ));
    }
    if !delivery.has_mail() {
        findings.push(Finding::new(
            "mail",
            State::Warning,
            "there is no gateway: no mail is sent",
            "add [[mail.gateway]]",
        ));
    }
    for report in delivery.probe().await {
        let subject = match report.channel {
            Channel::Sms => format!("SMS {}", report.gateway),
            Channel::Mail => format!("mail {}", report.gateway),
        };
        findings.push(match report.outcome {
            Ok(()) => Finding::good(&subject, "can be used"),
            Err(problem) => {
                let status = problem.status.map_or_else(String::new, |status| format!(", status {status}"));
                Finding::new(&subject, State::Bad, format!("{} ({}{status})", problem.what, problem.code), problem.mend)
            }
        });
    }
    findings
}

/// Whether people could sign in through Gosuslugi now; nothing where they need not.
async fn gosuslugi(config: &Config) -> Option<Finding> {
    const SUBJECT: &str = "Gosuslugi";
    let found = match esia::connect(config.esia()?, Arc::new(SystemClock)) {
        // The signer and the connection have limits of their own.
        Ok(esia) => esia.check().await,
        Err(error) => Err(error),
    };
    Some(match found {
        Ok(()) => Finding::good(SUBJECT, "can be used"),
        Err(error) => Finding::new(SUBJECT, State::Bad, format!("{error} ({})", error.code()), error.mend()),
    })
}

/// Whether the name that people type leads somewhere. The portal itself may not be running yet: that is a warning only.
async fn public_url(url: &PublicUrl) -> Finding {
    const SUBJECT: &str = "public address";
    let host = url.host().trim_matches(['[', ']']).to_owned();
    let found = timeout(PATIENCE, lookup_host((host.as_str(), url.port()))).await;
    let Some(address) = found.ok().and_then(Result::ok).and_then(|mut addresses| addresses.next()) else {
        return Finding::new(
            SUBJECT,
            State::Bad,
            format!("the name {host} leads to no address"),
            "add it to the DNS, or set server.public_url to the name people type",
        );
    };
    let origin = url.origin();
    if !matches!(timeout(PATIENCE, TcpStream::connect(address)).await, Ok(Ok(_))) {
        return Finding::new(
            SUBJECT,
            State::Warning,
            format!("{origin} does not answer from here"),
            "start the portal and its proxy; if they run, look at the firewall",
        );
    }
    if url.is_https() {
        Finding::good(SUBJECT, format!("{origin} answers"))
    } else {
        Finding::new(
            SUBJECT,
            State::Warning,
            format!("{origin} answers, without TLS: for trying out on this machine only"),
            "set server.public_url to the https address",
        )
    }
}

#[cfg(test)]
mod tests {
    use services::ManualClock;

    use super::*;

    #[test]
    fn a_clock_that_was_never_set_is_bad() {
        let here = Path::new("/");
        assert_eq!(clock(&ManualClock::new(0), here).state, State::Bad);
        assert_eq!(clock(&ManualClock::new(FIRST_POSSIBLE), here).state, State::Good);
        assert_eq!(clock(&ManualClock::new(FIRST_POSSIBLE), Path::new("/no such file")).state, State::Warning);
    }

    #[test]
    fn a_missing_key_ring_says_how_to_make_one() {
        let (finding, sealer) = keys(Path::new("/no such folder/keys.toml"));
        assert_eq!(finding.state, State::Bad);
        assert!(finding.mend.contains("schoolgate key generate"), "{finding:?}");
        assert!(sealer.is_none());
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_is_bad() -> Result<(), String> {
        let url = "https://no-such-name.invalid".parse()?;
        assert_eq!(public_url(&url).await.state, State::Bad);
        Ok(())
    }
}
