//! The people area `/people/…`: classes with their students and parents, and the staff. What may be seen and done, the
//! services decide; here a refusal becomes 403 and what is not there 404.

mod classes;
pub mod frame;
mod groups;
mod list;
mod personal;
mod photos;
mod staff;

use std::collections::BTreeMap;

use app::pages::people::PersonForm;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::{get, post};
use domain::{BirthDate, Country, Email, FieldFault, Locale, Mobile, PersonField, PersonName};
use services::Timestamp;
use services::access::AccessError;
use services::class_editor::ChangeError;
use services::clock::seconds_until;
use services::people::NewPerson;
use services::roster::ManageError;

use super::errors::Failure;
use crate::state::AppState;

/// The area's routes, but for the class editor's.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/people", get(|| std::future::ready(Redirect::to("/people/pupils"))))
        .route("/people/pupils", get(classes::page))
        .route("/people/pupils/photo/{person}", get(photos::image))
        .route("/people/pupils/{class}", get(classes::first_tab))
        .route("/people/pupils/{class}/list", get(list::page).post(list::search))
        .route("/people/pupils/{class}/list/student", post(list::add_student))
        .route("/people/pupils/{class}/list/return", post(personal::return_student))
        .route("/people/pupils/{class}/list/invitations", post(list::letters))
        .route("/people/pupils/{class}/photos", get(photos::page).post(photos::put))
        .route("/people/pupils/{class}/photos/remove", post(photos::remove))
        .route("/people/pupils/{class}/groups", get(groups::page).post(groups::change))
        .route("/people/pupils/{class}/personal", get(personal::page).post(personal::change))
        .route("/people/pupils/{class}/personal/number", post(personal::reveal))
        .route("/people/pupils/{class}/personal/id-number", post(personal::set_number))
        .route("/people/pupils/{class}/personal/rights", post(personal::rights))
        .route("/people/pupils/{class}/personal/parents", post(personal::add_parent))
        .route("/people/pupils/{class}/personal/parents/remove", post(personal::remove_parent))
        .route("/people/pupils/{class}/personal/move", post(personal::move_student))
        .route("/people/pupils/{class}/personal/unlink", post(personal::unlink))
        .route("/people/{kind}", get(staff::page).post(staff::change))
}

/// A refusal of the services as a page's status.
pub fn failure(error: &AccessError, request_id: &str) -> Failure {
    match error {
        AccessError::Refused => Failure::status(StatusCode::FORBIDDEN),
        AccessError::NotFound => Failure::status(StatusCode::NOT_FOUND),
        AccessError::Store(_) | AccessError::Crypto(_) => Failure::fault(error.code(), error, request_id),
    }
}

/// A change of somebody's data that was not made, as a page's status. What the page itself could have asked better is 422.
fn change_failure(error: &ChangeError, now: Timestamp, request_id: &str) -> Failure {
    match error {
        ChangeError::Access(error) => failure(error, request_id),
        ChangeError::Gone => Failure::status(StatusCode::NOT_FOUND),
        ChangeError::Invalid(_) | ChangeError::Conflict(_) | ChangeError::ProofNeeded => {
            Failure::status(StatusCode::UNPROCESSABLE_ENTITY)
        }
        ChangeError::TooMany { retry_at } => Failure::too_many(u64::from(seconds_until(now, *retry_at).max(1))),
        ChangeError::Running | ChangeError::KeyReused | ChangeError::Store(_) | ChangeError::Crypto(_) => {
            Failure::fault(error.code(), error, request_id)
        }
    }
}

/// A change of a class that was not made, as a page's status. What the page itself could have asked better is 422.
fn manage_failure(error: &ManageError, request_id: &str) -> Failure {
    match error {
        ManageError::Access(error) => failure(error, request_id),
        ManageError::Name | ManageError::Taken | ManageError::Unborn => {
            Failure::status(StatusCode::UNPROCESSABLE_ENTITY)
        }
        ManageError::Archived | ManageError::NotInClass | ManageError::Stale => Failure::status(StatusCode::CONFLICT),
    }
}

/// An id in an address or a form; whatever is none names nothing.
fn id<T: std::str::FromStr>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::status(StatusCode::NOT_FOUND))
}

/// Somebody new as they were typed: the form to be shown again, and the person when nothing is wrong with it. `today` is the
/// last day on which somebody may have been born.
fn typed_person(
    country: Country,
    locale: Locale,
    fields: &[PersonField],
    today: Option<BirthDate>,
    text: impl Fn(&str) -> String,
) -> (PersonForm, Option<NewPerson>) {
    let mut form = PersonForm::default();
    let mut judged = BTreeMap::new();
    for field in fields {
        let typed = text(field.code());
        match field.judge(country, &typed, today) {
            Ok(value) => _ = judged.insert(*field, value),
            Err(fault) => form.faults.push((*field, fault)),
        }
        form.values.push((*field, typed));
    }
    if !form.faults.is_empty() {
        return (form, None);
    }
    let value = |field: PersonField| judged.get(&field).and_then(Option::as_deref);
    let names = [PersonField::Surname, PersonField::GivenName].map(|field| value(field).unwrap_or_default());
    let [surname, given_name] = names;
    let Ok(name) = PersonName::new(surname, given_name, value(PersonField::Patronymic)) else {
        form.faults.push((PersonField::Surname, FieldFault::Characters));
        return (form, None);
    };
    let person = NewPerson {
        locale: Some(locale),
        birth_date: value(PersonField::BirthDate).and_then(|date| BirthDate::parse(date).ok()),
        mobile: value(PersonField::Mobile).and_then(|mobile| Mobile::from_e164(mobile).ok()),
        email: value(PersonField::Email).and_then(|email| Email::parse(email).ok()),
        ..NewPerson::named(name)
    };
    (form, Some(person))
}
