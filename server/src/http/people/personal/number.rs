//! The ID number of a record: shown in clear, and set, corrected or removed by those who may change the record.

use app::pages::people::personal::{NUMBER_KINDS, NumberForm, NumberProblem, Proof, REMOVE, SET};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{IdKind, Permission, PersonIdentifier};
use serde::Deserialize;
use services::PersonId;
use services::clock::seconds_until;
use services::roster::NumberError;

use super::{After, Asking, LONGEST, Refused, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;

/// Whose number.
#[derive(Deserialize)]
pub(in crate::http::people) struct RevealForm {
    person: String,
}

/// `POST /people/pupils/{class}/personal/number`: the record with the whole ID number, this once.
pub(in crate::http::people) async fn reveal(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    Form(form): Form<RevealForm>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let class = asking.class(id(&class)?).await?;
    let person: PersonId = id(&form.person)?;
    asking.of_class(&class, person).await?;
    let number = state.portal.roster().id_number(&visit, &session, person).await;
    let number = number.map_err(|error| asking.fault(&error))?;
    let after = After { number: number.as_ref(), ..After::default() };
    let pane = asking.record_pane(&class, person, after).await?;
    Ok(asking.draw(StatusCode::OK, class, Some(person), pane))
}

/// Whose number is to be which, and the password of whoever asks.
#[derive(Deserialize)]
pub(in crate::http::people) struct SetForm {
    person: String,
    version: i64,
    #[serde(rename = "do")]
    what: String,
    #[serde(default)]
    id_type: String,
    #[serde(default)]
    id_number: String,
    password: Option<String>,
}

impl SetForm {
    /// The forms again, with what was typed.
    fn again(&self, kind: IdKind) -> NumberForm {
        NumberForm {
            kind,
            typed: self.id_number.chars().take(LONGEST).collect(),
            removing: self.what == REMOVE,
            ..NumberForm::default()
        }
    }
}

/// What became of a post.
enum Outcome {
    /// It is so now; whether it differs from what it was.
    Done(bool),
    /// Nothing was stored.
    Refused(StatusCode, Option<NumberProblem>, Option<Proof>),
}

impl Outcome {
    fn invalid(problem: Option<NumberProblem>, proof: Option<Proof>) -> Self {
        Self::Refused(StatusCode::UNPROCESSABLE_ENTITY, problem, proof)
    }
}

/// `POST /people/pupils/{class}/personal/id-number`
pub(in crate::http::people) async fn set_number(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    form: Result<Form<SetForm>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(form) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let class = asking.class(id(&class)?).await?;
    asking.needs(Permission::EditPersonalData, &class).await?;
    let person: PersonId = id(&form.person)?;
    asking.of_class(&class, person).await?;
    let kind = match (form.what.as_str(), IdKind::from_code(&form.id_type)) {
        (SET, Some(kind)) if NUMBER_KINDS.contains(&kind) => Some(kind),
        (REMOVE, _) => None,
        _ => return Err(Failure::status(StatusCode::UNPROCESSABLE_ENTITY)),
    };
    match asking.set_number(person, &form, kind).await? {
        Outcome::Done(changed) => {
            let saved = if changed { "number" } else { "same-number" };
            let path = class.frame.path();
            Ok(Redirect::to(&format!("{path}?person={person}&saved={saved}#id-number")).into_response())
        }
        Outcome::Refused(status, problem, proof) => {
            let number_form = NumberForm { problem, proof, ..form.again(kind.unwrap_or_default()) };
            let after = After { number_form, ..After::default() };
            let pane = asking.record_pane(&class, person, after).await?;
            let mut response = asking.draw(status, class, Some(person), pane);
            if let Some(NumberProblem::TooMany(seconds)) = problem {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Ok(response)
        }
    }
}

impl Asking<'_> {
    /// Stores the number of a kind; without a kind, takes the one on file away.
    async fn set_number(&self, person: PersonId, form: &SetForm, kind: Option<IdKind>) -> Result<Outcome, Failure> {
        let number = match kind.map(|kind| PersonIdentifier::parse(kind, &form.id_number)).transpose() {
            Ok(number) => number,
            Err(error) => return Ok(Outcome::invalid(Some(NumberProblem::Wrong(error)), None)),
        };
        let proved;
        let actor = match form.password.as_deref() {
            Some(password) => match self.prove(password).await {
                Ok(session) => {
                    proved = session;
                    &proved
                }
                Err(Refused::Failure(failure)) => return Err(failure),
                Err(Refused::Form { proof, .. }) => return Ok(Outcome::invalid(None, proof)),
            },
            None => self.session,
        };
        let roster = self.state.portal.roster();
        match roster.set_id_number(self.visit, actor, person, form.version, number.as_ref()).await {
            Ok(changed) => Ok(Outcome::Done(changed)),
            Err(NumberError::Taken) => Ok(Outcome::invalid(Some(NumberProblem::Taken), None)),
            Err(NumberError::TooMany { retry_at }) => {
                let seconds = u64::from(seconds_until(self.state.portal.now(), retry_at).max(1));
                let problem = NumberProblem::TooMany(seconds);
                Ok(Outcome::Refused(StatusCode::TOO_MANY_REQUESTS, Some(problem), None))
            }
            Err(NumberError::Changed) => Ok(Outcome::Refused(StatusCode::CONFLICT, Some(NumberProblem::Changed), None)),
            Err(NumberError::ProofNeeded) => Ok(Outcome::invalid(None, Some(Proof::Needed))),
            Err(NumberError::Own) => Err(Failure::status(StatusCode::FORBIDDEN)),
            Err(NumberError::Snils) => Err(Failure::status(StatusCode::UNPROCESSABLE_ENTITY)),
            Err(NumberError::Access(error)) => Err(self.fault(&error)),
        }
    }
}
