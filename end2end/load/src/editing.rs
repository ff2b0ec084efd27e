//! Members of staff in the class editor, as its page sends what they type: with the version that was seen, and with a
//! key under which the same request is done once. Each edits people of one class whom no other editor of this program
//! touches.

pub mod accounts;
pub mod classes;
pub mod listening;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use http::StatusCode;
use http::header::ETAG;
use serde_json::{Map, Value};

use crate::client::{Answer, Connection, Stream};
use crate::dice::Dice;
use crate::error::LoadError;
use crate::server::Server;
use accounts::Account;
use classes::Record;

/// The fields that are edited, in turn. Nobody of these people has an account, so that none of it asks for fresh proof.
const FIELDS: [&str; 3] = ["mobile", "email", "patronymic"];
/// Editors and edits are told apart in what is typed: edits of one editor before its values repeat.
const EDITS: usize = 10_000;

/// Somebody who is edited, as far as is known from the answers.
pub struct Row {
    /// The person's id.
    pub id: Arc<str>,
    /// The version that was acknowledged last.
    pub version: i64,
    /// What is acknowledged to be stored, by field.
    pub values: BTreeMap<&'static str, Option<String>>,
    /// Edits without an acknowledgement: stored or not, nobody was told.
    pub doubtful: Vec<(&'static str, String)>,
}

impl Row {
    fn new(record: Record) -> Self {
        let values = FIELDS.into_iter().map(|field| (field, record.fields.get(field).cloned())).collect();
        Self { id: record.id.into(), version: record.version, values, doubtful: Vec::new() }
    }

    /// Takes what is stored for what is acknowledged.
    pub fn adopt(&mut self, stored: &Record) {
        self.version = stored.version;
        self.values = FIELDS.into_iter().map(|field| (field, stored.fields.get(field).cloned())).collect();
        self.doubtful.clear();
    }
}

/// How an edit was answered.
pub enum Outcome {
    /// With 200: it is stored.
    Saved {
        /// Who was edited.
        person: Arc<str>,
        /// The version that came of it.
        version: i64,
    },
    /// With something else.
    Refused(StatusCode),
}

/// A signed-in member of staff with a class open.
pub struct Editor {
    number: usize,
    connection: Connection,
    class: Arc<str>,
    rows: VecDeque<Row>,
    edits: usize,
}

/// Editors at their places.
pub struct Seated {
    /// By their numbers.
    pub editors: Vec<Editor>,
    /// How many classes they share.
    pub classes: usize,
    /// How long all sign-ins took together, in seconds.
    pub sign_in_s: f64,
    /// How long the class took to open, for each, in seconds.
    pub opening: Vec<f64>,
}

/// Signs editors in and opens a class for each: so many classes at most, spread over the schools. Where several have
/// one class open, each has students of its own there. The folder is the demo's.
pub async fn seat(
    server: &Server,
    folder: &Path,
    accounts: &[Account],
    (editors, classes): (usize, usize),
    dice: &mut Dice,
) -> Result<Seated, LoadError> {
    let since = Instant::now();
    let cookies = accounts::sign_in(server, folder, accounts, editors).await?;
    let sign_in_s = since.elapsed().as_secs_f64();
    let Some(first) = cookies.first() else { return Err(LoadError::NobodyToEdit) };
    let mut reader = Connection::signed_in(server.address(), first.clone()).await?;
    let picked = classes::pick(&mut reader, classes.min(editors), dice).await?;
    let mut seated = Seated { editors: Vec::new(), classes: picked.len(), sign_in_s, opening: Vec::new() };
    // One after the other: how long a class takes to open is measured without a crowd.
    for (number, cookie) in cookies.into_iter().enumerate() {
        let Some(class) = picked.get(number % picked.len().max(1)) else { return Err(LoadError::NobodyToEdit) };
        let mut connection = Connection::signed_in(server.address(), cookie).await?;
        let (families, took) = classes::read(&mut connection, class).await?;
        seated.opening.push(took.as_secs_f64());
        let sharers = (editors - number % picked.len()).div_ceil(picked.len());
        let own = families.into_iter().skip(number / picked.len()).step_by(sharers).flatten();
        // A contact that somebody signs in with asks for fresh proof.
        let rows: VecDeque<Row> = own.filter(|record| !record.signs_in).map(Row::new).collect();
        if rows.is_empty() {
            return Err(LoadError::NobodyToEdit);
        }
        seated.editors.push(Editor { number, connection, class: Arc::clone(class), rows, edits: 0 });
    }
    Ok(seated)
}

impl Editor {
    /// Tells it from the others.
    pub fn number(&self) -> usize {
        self.number
    }

    /// The class that it has open.
    pub fn class(&self) -> &Arc<str> {
        &self.class
    }

    /// The people whom it edits.
    pub fn rows_mut(&mut self) -> impl Iterator<Item = &mut Row> {
        self.rows.iter_mut()
    }

    /// Connects anew, in the same session.
    pub async fn reconnect(&mut self) -> Result<(), LoadError> {
        self.connection = self.connection.another().await?;
        Ok(())
    }

    /// Reads the class again.
    pub async fn read(&mut self) -> Result<Vec<Record>, LoadError> {
        let (families, _) = classes::read(&mut self.connection, &self.class).await?;
        Ok(families.into_iter().flatten().collect())
    }

    /// Listens to what happens in the class, on a connection of its own.
    pub async fn listen(&self) -> Result<Stream, LoadError> {
        self.connection.another().await?.stream(&format!("/api/v1/classes/{}/events", self.class)).await
    }

    /// Makes the next edit. An error is one of the connection: nobody knows whether the edit is stored.
    pub async fn save(&mut self) -> Result<Outcome, LoadError> {
        let Some(mut row) = self.rows.pop_front() else { return Err(LoadError::NobodyToEdit) };
        let field = FIELDS.get(self.edits % FIELDS.len()).copied().unwrap_or("email");
        let value = typed(field, self.number, self.edits);
        let key = format!("load-{}-{}", self.number, self.edits);
        self.edits += 1;
        let body = Value::Object(Map::from_iter([(field.to_owned(), Value::String(value.clone()))]));
        let answer = self.connection.change(&format!("/api/v1/people/{}", row.id), row.version, &key, &body).await;
        let outcome = answer.and_then(|answer| outcome(&answer, &row.id));
        match &outcome {
            Ok(Outcome::Saved { version, .. }) => {
                row.version = *version;
                row.values.insert(field, Some(value));
            }
            Ok(Outcome::Refused(_)) | Err(_) => row.doubtful.push((field, value)),
        }
        self.rows.push_back(row);
        outcome
    }
}

fn outcome(answer: &Answer, person: &Arc<str>) -> Result<Outcome, LoadError> {
    if answer.status != StatusCode::OK {
        return Ok(Outcome::Refused(answer.status));
    }
    let tag = answer.headers.get(ETAG).and_then(|tag| tag.to_str().ok()?.trim_matches('"').parse().ok());
    let version = tag.ok_or_else(|| answer.unexpected("an edit, without a version,"))?;
    Ok(Outcome::Saved { person: Arc::clone(person), version })
}

/// A value that this editor has not typed yet, as it is stored.
fn typed(field: &str, editor: usize, edit: usize) -> String {
    let number = editor * EDITS + edit % EDITS;
    match field {
        "mobile" => format!("+97258{:07}", number % 10_000_000),
        "patronymic" => format!("Load {}", letters(number)),
        _ => format!("edit{editor}-{edit}@load.example"),
    }
}

/// A number in letters: names have no digits.
pub fn letters(mut number: usize) -> String {
    const LETTERS: [char; 10] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    let mut word = String::new();
    loop {
        word.extend(LETTERS.get(number % LETTERS.len()));
        number /= LETTERS.len();
        if number == 0 {
            return word;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_edits_type_the_same() {
        for field in FIELDS {
            let mut typed: Vec<String> =
                (0..40).flat_map(|editor| (0..50).map(move |edit| typed(field, editor, edit))).collect();
            typed.sort_unstable();
            assert!(typed.windows(2).all(|pair| pair.first() != pair.last()), "{field}");
        }
    }

    #[test]
    fn numbers_are_spelt() {
        assert_eq!((letters(0).as_str(), letters(120).as_str()), ("a", "acb"));
    }
}
