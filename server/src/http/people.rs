//! The people area `/people/…`: classes with their students and parents, and the staff. What may be seen and done, the
//! services decide; here a refusal becomes 403 and what is not there 404.

mod classes;
pub mod frame;
mod groups;
mod list;
mod personal;
mod photos;
mod staff;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::{get, post};
use services::access::AccessError;

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
        .route("/people/pupils/{class}/list/invitations", post(list::letters))
        .route("/people/pupils/{class}/photos", get(photos::page).post(photos::put))
        .route("/people/pupils/{class}/photos/remove", post(photos::remove))
        .route("/people/pupils/{class}/groups", get(groups::page).post(groups::change))
        .route("/people/pupils/{class}/personal", get(personal::page).post(personal::change))
        .route("/people/pupils/{class}/personal/number", post(personal::number))
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

/// An id in an address or a form; whatever is none names nothing.
fn id<T: std::str::FromStr>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::status(StatusCode::NOT_FOUND))
}
