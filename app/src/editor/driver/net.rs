//! Requests to the JSON API, and what their answers mean to the editor.

use domain::editor::{ACCOUNT_HEADER, Answer, Send, as_empty_place};
use domain::{ClassPeople, ClassReadiness, Conflict, FieldFault, PersonField, PersonSaved};
use gloo_net::http::{Request, RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::asking::{patiently, retry_after_ms};

/// What the server said about the password.
pub enum Proof {
    /// It is the reader's.
    Given,
    /// It is not.
    Wrong,
    /// Too many tries.
    Wait,
    /// There is none.
    None,
    /// The session has ended.
    SignedOut,
    /// It said nothing.
    NoAnswer,
}

/// A document of the API, or why there is none.
pub enum Read<T> {
    /// Here it is.
    Came(T),
    /// The session has ended, or its rights have.
    SignedOut,
    /// No answer, or none that can be read.
    Nothing,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    errors: Vec<FieldError>,
}

#[derive(Deserialize)]
struct FieldError {
    pointer: String,
    code: String,
}

/// Asks in the name of whoever the page was made for, and of nobody else who may have signed in meanwhile.
pub struct Asker {
    account: String,
}

impl Asker {
    pub fn new(account: &str) -> Self {
        Self { account: account.to_owned() }
    }

    fn ask(&self, request: RequestBuilder) -> RequestBuilder {
        patiently(request).header(ACCOUNT_HEADER, &self.account)
    }

    /// Sends a change and says what became of it.
    pub async fn deliver(self, send: Send) -> Answer {
        let mut body = Map::new();
        for (field, value) in &send.changes {
            body.insert(field.code().to_owned(), value.clone().map_or(Value::Null, Value::String));
        }
        let request = match as_empty_place(&send.person) {
            Some((student, relation)) => {
                body.retain(|_, value| !value.is_null());
                body.insert("relation".to_owned(), Value::String(relation.code().to_owned()));
                Request::post(&format!("/api/v1/people/{student}/parents"))
            }
            None => Request::patch(&format!("/api/v1/people/{}", send.person))
                .header("If-Match", &format!("\"{}\"", send.base_version)),
        };
        let Ok(request) = self.ask(request).header("Idempotency-Key", &send.key).json(&Value::Object(body)) else {
            return Answer::Failed;
        };
        match request.send().await {
            Ok(response) => read(&response).await,
            Err(_) => Answer::NoConnection,
        }
    }

    async fn get<T: DeserializeOwned>(self, url: String) -> Read<T> {
        let Ok(response) = self.ask(Request::get(&url)).send().await else { return Read::Nothing };
        match response.status() {
            200 => response.json().await.map_or(Read::Nothing, Read::Came),
            401 => Read::SignedOut,
            _ => Read::Nothing,
        }
    }

    /// The class as it is now.
    pub async fn people(self, class: String) -> Read<ClassPeople> {
        self.get(format!("/api/v1/classes/{class}/people")).await
    }

    /// Who can sign in by now.
    pub async fn readiness(self, class: String) -> Read<ClassReadiness> {
        self.get(format!("/api/v1/classes/{class}/readiness")).await
    }

    /// Gives the password as fresh proof.
    pub async fn prove(self, password: String) -> Proof {
        let request = self.ask(Request::post("/api/v1/session/proof")).json(&json!({ "password": password }));
        let Ok(request) = request else { return Proof::NoAnswer };
        match request.send().await.map(|response| response.status()) {
            Ok(200 | 204) => Proof::Given,
            Ok(422) => Proof::Wrong,
            Ok(401) => Proof::SignedOut,
            Ok(409) => Proof::None,
            Ok(429) => Proof::Wait,
            Ok(_) | Err(_) => Proof::NoAnswer,
        }
    }
}

async fn read(response: &Response) -> Answer {
    match response.status() {
        200 | 201 => match response.json::<PersonSaved>().await {
            Ok(saved) => Answer::Saved(saved),
            // Cut off on the way: the same key asks again.
            Err(_) => Answer::NoConnection,
        },
        401 => Answer::SignedOut,
        403 => match response.json::<Problem>().await {
            Ok(problem) if problem.kind.ends_with("fresh-proof-needed") => Answer::ProofNeeded,
            _ => Answer::Forbidden,
        },
        404 | 410 => Answer::Gone,
        412 => response.json::<Conflict>().await.map_or(Answer::NoConnection, Answer::Conflict),
        422 => match response.json::<Problem>().await {
            Ok(problem) => invalid(&problem),
            Err(_) => Answer::NoConnection,
        },
        429 | 502..=504 => Answer::Busy { retry_after_ms: retry_after_ms(response) },
        _ => Answer::Failed,
    }
}

/// The refused fields. A refusal that names none that is known here is a failure.
fn invalid(problem: &Problem) -> Answer {
    let fields: Vec<_> = problem
        .errors
        .iter()
        .filter_map(|error| {
            let field = PersonField::from_code(error.pointer.strip_prefix('/')?)?;
            Some((field, FieldFault::from_code(&error.code)?))
        })
        .collect();
    if fields.is_empty() { Answer::Failed } else { Answer::Invalid(fields) }
}
