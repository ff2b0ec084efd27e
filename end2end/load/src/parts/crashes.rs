//! The portal is killed at random moments while editors save as fast as they can, and started again. Whatever was
//! acknowledged must be stored then, no version may have gone back, and the chain of the audit log must be whole.
//!
//! What was sent and not answered may be stored or not: nobody was told. It is counted, and must be whole where it is
//! stored.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::dice::Dice;
use crate::editing::accounts;
use crate::editing::classes::Record;
use crate::editing::{self, Editor, Outcome, Row};
use crate::error::LoadError;
use crate::say;
use crate::server::Setup;
use crate::stats::Tail;

/// The portal is killed within so many milliseconds after the first edit.
const WITHIN_MS: usize = 1_000;
/// How long an editor waits who was refused.
const PAUSE: Duration = Duration::from_millis(50);

/// The figures.
#[derive(Debug, Default, Serialize)]
pub struct Crashes {
    /// Times that the portal was killed.
    pub kills: usize,
    /// Editors who save all the time.
    pub editors: usize,
    /// Edits that were acknowledged.
    pub acknowledged: usize,
    /// Edits that were sent and not answered.
    pub unanswered: usize,
    /// Those of them that are stored.
    pub stored_unanswered: i64,
    /// Acknowledged values that were not there any more.
    pub lost: usize,
    /// People whose version was lower than the acknowledged one.
    pub went_back: usize,
    /// People whose version counts edits that were not sent, or that are not stored.
    pub unexplained: usize,
    /// Answers other than 200, by status.
    pub refused: BTreeMap<String, usize>,
    /// Times that the chain of the audit log was found broken.
    pub broken_chains: usize,
    /// Rows of the audit log at the end.
    pub audit_rows: u64,
    /// From the start of the program until it is ready, in seconds.
    pub restart: Tail,
    /// How long all of it took, in seconds.
    pub seconds: f64,
}

impl Crashes {
    /// Whether everything that was acknowledged is stored, once.
    pub fn lost_nothing(&self) -> bool {
        self.lost == 0 && self.went_back == 0 && self.unexplained == 0
    }

    fn add(&mut self, found: &Found) {
        self.lost += found.lost;
        self.went_back += usize::from(found.went_back);
        self.unexplained += usize::from(found.unexplained);
        self.stored_unanswered += found.stored_unanswered;
    }
}

/// What is found of one person after a restart.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    lost: usize,
    went_back: bool,
    unexplained: bool,
    stored_unanswered: i64,
}

impl Found {
    /// Holds what is stored against what was acknowledged.
    fn new(row: &Row, stored: Option<&Record>) -> Self {
        let Some(stored) = stored else {
            return Self { lost: row.values.len(), went_back: true, ..Self::default() };
        };
        let more = stored.version - row.version;
        let unanswered = i64::try_from(row.doubtful.len()).unwrap_or(i64::MAX);
        let mut lost = 0;
        for (field, acknowledged) in &row.values {
            let now = stored.fields.get(*field);
            let overwritten = more > 0 && row.doubtful.iter().any(|(sent, value)| sent == field && Some(value) == now);
            if now != acknowledged.as_ref() && !overwritten {
                lost += 1;
            }
        }
        // Of several edits without an answer the last stored one shows; a version without any of them belongs to none.
        let shows = row.doubtful.iter().any(|(field, value)| stored.fields.get(*field) == Some(value));
        Self {
            lost,
            went_back: more < 0,
            unexplained: more > unanswered || (more > 0 && !shows),
            stored_unanswered: more.clamp(0, unanswered),
        }
    }
}

#[derive(Deserialize)]
struct Verified {
    rows: u64,
}

/// Kills the portal so often. The demo is made, with people in it; it is not served yet.
pub async fn run(setup: &Setup, editors: usize, kills: usize, dice: &mut Dice) -> Result<Crashes, LoadError> {
    let accounts = accounts::make(setup, editors).await?;
    let mut server = setup.serve().await?;
    let mut at_work = editing::seat(&server, &setup.folder, &accounts, (editors, editors), dice).await?.editors;
    let mut crashes = Crashes { kills, editors, ..Crashes::default() };
    let mut restarts = Vec::with_capacity(kills);
    let since = Instant::now();
    for kill in 1..=kills {
        let moment = Duration::from_millis(u64::try_from(dice.below(WITHIN_MS)).unwrap_or_default());
        let mut running = JoinSet::new();
        for editor in at_work.drain(..) {
            running.spawn(save_until_cut_off(editor));
        }
        tokio::time::sleep(moment).await;
        // A signal that no process can catch.
        drop(server);
        while let Some(ended) = running.join_next().await {
            let (editor, saves) = ended?;
            crashes.acknowledged += saves.acknowledged;
            for (status, count) in saves.refused {
                *crashes.refused.entry(status).or_default() += count;
            }
            at_work.push(editor);
        }
        at_work.sort_unstable_by_key(Editor::number);
        let begun = Instant::now();
        server = setup.serve().await?;
        restarts.push(begun.elapsed().as_secs_f64());
        check(&mut at_work, &mut crashes).await?;
        verify(setup, &mut crashes).await?;
        say(&format!(
            "killed {kill} of {kills}: {} edits acknowledged, {} values lost",
            crashes.acknowledged, crashes.lost
        ));
    }
    crashes.seconds = since.elapsed().as_secs_f64();
    crashes.restart = Tail::of(&restarts);
    drop(server);
    Ok(crashes)
}

/// What an editor did until the portal was killed.
#[derive(Default)]
struct Saves {
    acknowledged: usize,
    refused: BTreeMap<String, usize>,
}

async fn save_until_cut_off(mut editor: Editor) -> (Editor, Saves) {
    let mut saves = Saves::default();
    loop {
        match editor.save().await {
            Ok(Outcome::Saved { .. }) => saves.acknowledged += 1,
            Ok(Outcome::Refused(status)) => {
                *saves.refused.entry(status.as_u16().to_string()).or_default() += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(_) => return (editor, saves),
        }
    }
}

/// Reads every class anew and holds everybody against what was acknowledged; from then on what is stored counts as
/// such.
async fn check(editors: &mut [Editor], crashes: &mut Crashes) -> Result<(), LoadError> {
    let mut stored: HashMap<Arc<str>, HashMap<String, Record>> = HashMap::new();
    for editor in editors.iter_mut() {
        editor.reconnect().await?;
        if let Entry::Vacant(place) = stored.entry(Arc::clone(editor.class())) {
            let people = editor.read().await?;
            place.insert(people.into_iter().map(|record| (record.id.clone(), record)).collect());
        }
    }
    for editor in editors {
        let people = stored.get(editor.class());
        for row in editor.rows_mut() {
            let record = people.and_then(|people| people.get(&*row.id));
            crashes.unanswered += row.doubtful.len();
            crashes.add(&Found::new(row, record));
            if let Some(record) = record {
                row.adopt(record);
            }
        }
    }
    Ok(())
}

async fn verify(setup: &Setup, crashes: &mut Crashes) -> Result<(), LoadError> {
    let what = "checking the audit log";
    let arguments = ["audit", "verify", "--json"].map(OsStr::new);
    // 1: the chain is broken.
    let ended = setup.run(arguments, "").await?.expect(what, &[0, 1], &setup.log())?;
    if ended.code != 0 {
        crashes.broken_chains += 1;
        return Ok(());
    }
    let verified: Verified = serde_json::from_str(&ended.output)
        .map_err(|error| LoadError::Content { path: setup.log(), problem: format!("{what}: {error}") })?;
    crashes.audit_rows = verified.rows;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(version: i64, mobile: &str, doubtful: &[&str]) -> Row {
        Row {
            id: "p1".into(),
            version,
            values: BTreeMap::from([("mobile", Some(mobile.to_owned())), ("email", None)]),
            doubtful: doubtful.iter().map(|value| ("mobile", (*value).to_owned())).collect(),
        }
    }

    fn stored(version: i64, mobile: &str) -> Record {
        Record {
            id: "p1".to_owned(),
            version,
            fields: BTreeMap::from([("mobile".to_owned(), mobile.to_owned())]),
            signs_in: false,
        }
    }

    fn found(row: &Row, stored: &Record) -> (usize, bool, bool, i64) {
        let found = Found::new(row, Some(stored));
        (found.lost, found.went_back, found.unexplained, found.stored_unanswered)
    }

    #[test]
    fn what_was_acknowledged_must_be_there() {
        assert_eq!(found(&row(3, "c", &[]), &stored(3, "c")), (0, false, false, 0));
        assert_eq!(found(&row(3, "c", &[]), &stored(2, "b")), (1, true, false, 0));
        // The version is right, and the value is not.
        assert_eq!(found(&row(3, "c", &[]), &stored(3, "b")), (1, false, false, 0));
        let gone = Found { lost: 2, went_back: true, unexplained: false, stored_unanswered: 0 };
        assert_eq!(Found::new(&row(3, "c", &[]), None), gone);
    }

    #[test]
    fn what_was_not_answered_may_be_there_and_nothing_else() {
        assert_eq!(found(&row(3, "c", &["d"]), &stored(3, "c")), (0, false, false, 0));
        assert_eq!(found(&row(3, "c", &["d"]), &stored(4, "d")), (0, false, false, 1));
        // A value without its version is half of an edit.
        assert_eq!(found(&row(3, "c", &["d"]), &stored(3, "d")), (1, false, false, 0));
        assert_eq!(found(&row(3, "c", &["d"]), &stored(5, "d")), (0, false, true, 1));
        assert_eq!(found(&row(3, "c", &["d"]), &stored(4, "x")), (1, false, true, 1));
        assert_eq!(found(&row(3, "c", &["d"]), &stored(4, "c")), (0, false, true, 1));
        assert_eq!(found(&row(3, "c", &["d", "e"]), &stored(5, "e")), (0, false, false, 2));
    }
}
