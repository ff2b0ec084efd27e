//! Classes as the editor gets them from the API.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::{Answer, Connection};
use crate::dice::Dice;
use crate::error::LoadError;

/// The students of a full class of the rosters of this program. Smaller ones are left out, so that all classes are
/// alike.
const FULL: u32 = 25;

#[derive(Deserialize)]
struct List<I> {
    items: Vec<I>,
}

#[derive(Deserialize)]
struct School {
    id: String,
}

#[derive(Deserialize)]
struct Class {
    id: String,
    students: u32,
}

#[derive(Deserialize)]
struct People {
    students: Vec<Student>,
}

#[derive(Deserialize)]
struct Student {
    student: Record,
    parents: Vec<Parent>,
}

#[derive(Deserialize)]
struct Parent {
    person: Record,
}

/// A person as stored.
#[derive(Clone, Deserialize)]
pub struct Record {
    /// The person's id.
    pub id: String,
    /// Counts the changes.
    pub version: i64,
    /// What is on file, by field.
    pub fields: BTreeMap<String, String>,
    /// Whether somebody signs in with the contacts.
    pub signs_in: bool,
}

fn parsed<T: DeserializeOwned>(answer: &Answer, what: &'static str) -> Result<T, LoadError> {
    serde_json::from_slice(&answer.body).map_err(|_| answer.unexpected(what))
}

async fn get<T: DeserializeOwned>(connection: &mut Connection, path: &str, what: &'static str) -> Result<T, LoadError> {
    parsed(&connection.get(path, None).await?.expect(what, StatusCode::OK)?, what)
}

/// Picks so many full classes, or as many as there are: one of each school before a second one of any.
pub async fn pick(connection: &mut Connection, count: usize, dice: &mut Dice) -> Result<Vec<Arc<str>>, LoadError> {
    let mut schools: Vec<School> = get::<List<School>>(connection, "/api/v1/schools", "listing schools").await?.items;
    dice.shuffle(&mut schools);
    let mut of_schools = Vec::new();
    for school in schools.iter().take(count) {
        let path = format!("/api/v1/schools/{}/classes", school.id);
        let mut classes: Vec<Class> = get::<List<Class>>(connection, &path, "listing classes").await?.items;
        classes.retain(|class| class.students == FULL);
        dice.shuffle(&mut classes);
        of_schools.push(classes);
    }
    let mut picked: Vec<Arc<str>> = Vec::new();
    while picked.len() < count {
        let before = picked.len();
        for classes in &mut of_schools {
            if picked.len() < count {
                picked.extend(classes.pop().map(|class| class.id.into()));
            }
        }
        if picked.len() == before {
            break;
        }
    }
    Ok(picked)
}

/// Everybody of a class, family by family, and how long the answer took.
pub async fn read(connection: &mut Connection, class: &str) -> Result<(Vec<Vec<Record>>, Duration), LoadError> {
    let what = "opening a class";
    let answer = connection.get(&format!("/api/v1/classes/{class}/people"), None).await?;
    let answer = answer.expect(what, StatusCode::OK)?;
    let people: People = parsed(&answer, what)?;
    let family = |student: Student| {
        let parents = student.parents.into_iter().map(|parent| parent.person);
        [student.student].into_iter().chain(parents).collect()
    };
    Ok((people.students.into_iter().map(family).collect(), answer.took))
}
