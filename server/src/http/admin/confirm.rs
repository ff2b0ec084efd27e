//! `/me/confirm`, and the same question in the middle of a form: fresh proof by the password.

use app::api::sign_in::work::return_to;
use app::pages::admin::confirm::{ConfirmPage, PASSWORD, ProofProblem, confirm_view, meta};
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::Password;
use serde::Deserialize;
use services::fresh_proof::ProofError;
use services::portal::SignInError;
use services::sessions::Session;

use super::{Asking, FormFields, Posted, after};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;

/// The page's path.
const PATH: &str = "/me/confirm";
/// Where to go when nothing else is known.
const HOME: &str = "/me";

/// `?next=`: where to go with the proof.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    next: String,
}

/// A path of this portal, and of nobody else's.
fn next(text: &str) -> String {
    return_to(text).unwrap_or_else(|| HOME.to_owned())
}

/// `GET /me/confirm`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let next = next(&asked.next);
    if session.is_fresh(state.portal.now()) {
        return Ok(Redirect::to(&next).into_response());
    }
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let confirm = asking.confirm(PATH, vec![("next".to_owned(), next)], HOME, None).await?;
    Ok(asking.draw_confirm(StatusCode::OK, confirm))
}

/// `POST /me/confirm`
pub(super) async fn give(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    form: FormFields,
) -> Result<Response, Failure> {
    let posted = Posted::read(form)?;
    let next = next(posted.value("next"));
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    match asking.proof(posted.value(PASSWORD)).await? {
        Ok(_) => Ok(Redirect::to(&next).into_response()),
        Err(problem) => asking.ask_for_proof(PATH, vec![("next".to_owned(), next)], HOME, problem).await,
    }
}

impl Asking<'_> {
    /// The session of whoever asks: proved by the password, where the form brings one.
    pub(in crate::http) async fn prove(
        &self,
        posted: &Posted,
    ) -> Result<Result<Session, Option<ProofProblem>>, Failure> {
        match posted.find(PASSWORD) {
            Some(password) => self.proof(password).await,
            None => Ok(Ok(self.session.clone())),
        }
    }

    /// The session with fresh proof; or why what was typed is none, where that can be said.
    async fn proof(&self, password: &str) -> Result<Result<Session, Option<ProofProblem>>, Failure> {
        if password.is_empty() {
            return Ok(Err(Some(ProofProblem::Empty)));
        }
        let Ok(password) = Password::new(password) else { return Ok(Err(Some(ProofProblem::Wrong))) };
        match self.state.portal.fresh_proof().give(self.visit, self.session, &password).await {
            Ok(fresh_until) => Ok(Ok(Session { fresh_until, ..self.session.clone() })),
            Err(ProofError::NoPassword) => Ok(Err(None)),
            Err(ProofError::SignIn(SignInError::Wrong)) => Ok(Err(Some(ProofProblem::Wrong))),
            Err(ProofError::SignIn(SignInError::Wait { retry_at } | SignInError::TooMany { retry_at })) => {
                Ok(Err(Some(ProofProblem::Wait(self.seconds_until(retry_at)))))
            }
            Err(ProofError::SignIn(SignInError::Busy { retry_after_s })) => Err(Failure::busy(retry_after_s)),
            Err(ProofError::SessionEnded) => Err(Failure::status(StatusCode::FORBIDDEN)),
            Err(error) => Err(self.fault(error.code(), &error)),
        }
    }

    /// Asks for the password. What was typed before waits in the form, which goes on at `action`.
    pub(in crate::http) async fn ask_for_proof(
        &self,
        action: &str,
        kept: Vec<(String, String)>,
        back: &str,
        problem: Option<ProofProblem>,
    ) -> Result<Response, Failure> {
        let (status, wait_s) = match problem {
            Some(ProofProblem::Wait(seconds)) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
            _ => (StatusCode::UNPROCESSABLE_ENTITY, None),
        };
        let confirm = self.confirm(action, kept, back, problem).await?;
        Ok(after(self.draw_confirm(status, confirm), wait_s))
    }

    async fn confirm(
        &self,
        action: &str,
        kept: Vec<(String, String)>,
        back: &str,
        problem: Option<ProofProblem>,
    ) -> Result<ConfirmPage, Failure> {
        let can = self.state.portal.fresh_proof().can_be_given(self.session).await;
        let has_password = can.map_err(|error| self.fault(error.code(), &error))?;
        Ok(ConfirmPage { action: action.to_owned(), kept, back: back.to_owned(), has_password, problem })
    }

    fn draw_confirm(&self, status: StatusCode, confirm: ConfirmPage) -> Response {
        let meta = meta(self.page, &confirm);
        document(status, self.page, meta, |page| confirm_view(page, confirm))
    }
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn only_paths_of_this_portal_are_followed() {
        assert_eq!(next("/admin/review?id=1"), "/admin/review?id=1");
        for elsewhere in ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "", "/sign-out"] {
            assert_eq!(next(elsewhere), "/me", "{elsewhere}");
        }
    }
}
