//! `/me/contact`: the own mobile and e-mail, changed by a code to the new one.

use app::pages::me::contact::{
    CODE, ContactPage, ContactProblem, EMAIL, FLOW, GIVE_UP, MOBILE, PATH, RESEND, contact_view, meta,
};
use app::pages::register::usual_country;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Email, Mobile, Otp};
use serde::Deserialize;
use services::FlowId;
use services::own_contacts::{ContactKind, NewContact, OwnContactError};
use services::portal::{SessionsError, SignInError};

use crate::http::admin::{Asking, FormFields, Posted, after};
use crate::http::context::{From, Page, SignedInPerson};
use crate::http::errors::Failure;
use crate::http::pages::document;
use crate::state::AppState;

/// Where to go without the proof.
const BACK: &str = "/me";
/// Asks for the proof and comes back.
const CONFIRM: &str = "/me/confirm?next=/me/contact";
/// A new code was sent.
const SENT: &str = "/me/contact?sent=1";

/// `?saved=`, `?sent=`: what the post before this page did.
#[derive(Default, Deserialize)]
pub struct AfterPost {
    #[serde(default)]
    saved: String,
    #[serde(default)]
    sent: String,
}

/// `GET /me/contact`: whoever has not proved who they are for a while is asked first, so that nothing is typed in vain. What was begun
/// goes on, and what was done is told, without that.
pub async fn page(
    State(state): State<AppState>,
    Page(page): Page,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    Query(query): Query<AfterPost>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let saved = ContactKind::from_code(&query.saved);
    let shown = ContactPage { saved, sent_again: !query.sent.is_empty(), ..asking.contacts().await? };
    if shown.waiting.is_none() && saved.is_none() && !session.is_fresh(state.portal.now()) {
        return Ok(Redirect::to(CONFIRM).into_response());
    }
    Ok(asking.draw_contacts(StatusCode::OK, shown))
}

/// `POST /me/contact`: a new mobile or e-mail, its code, the wish for another code, or none of it after all.
pub async fn change(
    State(state): State<AppState>,
    Page(page): Page,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    form: FormFields,
) -> Result<Response, Failure> {
    let posted = Posted::read(form)?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    if posted.find(GIVE_UP).is_some() {
        let given_up = state.portal.own_contacts().give_up(&session).await;
        given_up.map_err(|error| asking.fault(error.code(), &error))?;
        return Ok(Redirect::to(PATH).into_response());
    }
    if posted.find(RESEND).is_some() {
        return asking.send_again(&posted).await;
    }
    if posted.find(CODE).is_some() {
        return asking.answer_code(&posted).await;
    }
    if posted.find(MOBILE).is_some() || posted.find(EMAIL).is_some() {
        return asking.begin_change(&posted).await;
    }
    Err(Failure::status(StatusCode::UNPROCESSABLE_ENTITY))
}

impl Asking<'_> {
    /// Takes a new mobile or e-mail.
    async fn begin_change(&self, posted: &Posted) -> Result<Response, Failure> {
        let typed = ContactPage {
            mobile_typed: posted.text(MOBILE),
            email_typed: posted.text(EMAIL),
            ..ContactPage::default()
        };
        let new = match posted.find(MOBILE) {
            Some(text) => Mobile::parse_any(text, usual_country(&self.page.portal.id_kinds))
                .map(NewContact::Mobile)
                .map_err(ContactProblem::Mobile),
            None => Email::parse(posted.value(EMAIL)).map(NewContact::Email).map_err(ContactProblem::Email),
        };
        let new = match new {
            Ok(new) => new,
            Err(problem) => return self.refuse_contact(Some(typed), problem).await,
        };
        let session = match self.prove(posted).await? {
            Ok(session) => session,
            Err(problem) => return self.ask_for_proof(PATH, posted.kept(), BACK, problem).await,
        };
        match self.state.portal.own_contacts().begin(self.visit, &session, &new).await {
            Ok(_) => Ok(Redirect::to(PATH).into_response()),
            Err(OwnContactError::ProofNeeded) => self.ask_for_proof(PATH, posted.kept(), BACK, None).await,
            Err(OwnContactError::Unchanged) => self.refuse_contact(Some(typed), ContactProblem::Same(new.kind())).await,
            Err(OwnContactError::SignIn(error)) => {
                self.refuse_contact(Some(typed), self.contact_problem(&error)?).await
            }
        }
    }

    /// Sends the awaited code again.
    async fn send_again(&self, posted: &Posted) -> Result<Response, Failure> {
        let Ok(flow) = posted.value(FLOW).parse::<FlowId>() else {
            return self.refuse_contact(None, ContactProblem::Ended).await;
        };
        match self.state.portal.own_contacts().send_again(self.visit, self.session, flow).await {
            Ok(_) => Ok(Redirect::to(SENT).into_response()),
            Err(error) => self.refuse_code(error).await,
        }
    }

    /// Answers with the code.
    async fn answer_code(&self, posted: &Posted) -> Result<Response, Failure> {
        let Ok(flow) = posted.value(FLOW).parse::<FlowId>() else {
            return self.refuse_contact(None, ContactProblem::Ended).await;
        };
        let code = match Otp::parse(posted.value(CODE)) {
            Ok(code) => code,
            Err(error) => return self.refuse_contact(None, ContactProblem::Code(error)).await,
        };
        match self.state.portal.own_contacts().verify(self.visit, self.session, flow, &code).await {
            Ok(kind) => Ok(Redirect::to(&format!("{PATH}?saved={}", kind.code())).into_response()),
            Err(error) => self.refuse_code(error).await,
        }
    }

    async fn refuse_code(&self, error: OwnContactError) -> Result<Response, Failure> {
        match error {
            OwnContactError::SignIn(error) => self.refuse_contact(None, self.contact_problem(&error)?).await,
            error => Err(self.fault(error.code(), &error)),
        }
    }

    /// What was refused, as the page says it; or a fault of our own.
    fn contact_problem(&self, error: &SignInError) -> Result<ContactProblem, Failure> {
        Ok(match error {
            SignInError::CodeWrong { tries_left } => ContactProblem::CodeWrong { tries_left: *tries_left },
            SignInError::CodeDead => ContactProblem::CodeDead,
            SignInError::CodeExpired => ContactProblem::CodeExpired,
            SignInError::FlowUnknown => ContactProblem::Ended,
            SignInError::TooSoon { retry_at } => ContactProblem::TooSoon(self.seconds_until(*retry_at)),
            SignInError::TooMany { retry_at } => ContactProblem::TooMany(self.seconds_until(*retry_at)),
            SignInError::Wait { retry_at } => ContactProblem::Wait(self.seconds_until(*retry_at)),
            error => return Err(self.fault(error.code(), error)),
        })
    }

    /// The page again, with what is wrong. What was typed as a new contact stays, and its form is shown, though another change may wait
    /// for its code.
    async fn refuse_contact(&self, typed: Option<ContactPage>, problem: ContactProblem) -> Result<Response, Failure> {
        let shown = ContactPage { problem: Some(problem), ..self.contacts().await? };
        let shown = match typed {
            Some(ContactPage { mobile_typed, email_typed, .. }) => {
                ContactPage { mobile_typed, email_typed, waiting: None, ..shown }
            }
            None => shown,
        };
        let (status, wait_s) = match problem {
            ContactProblem::TooSoon(seconds) | ContactProblem::TooMany(seconds) | ContactProblem::Wait(seconds) => {
                (StatusCode::TOO_MANY_REQUESTS, Some(seconds))
            }
            _ => (StatusCode::UNPROCESSABLE_ENTITY, None),
        };
        Ok(after(self.draw_contacts(status, shown), wait_s))
    }

    /// What is on file, and the change that waits for its code.
    async fn contacts(&self) -> Result<ContactPage, Failure> {
        let portal = &self.state.portal;
        let me = portal.people().me(self.session).await.map_err(|error| self.session_fault(&error))?;
        let waiting = portal.own_contacts().waiting(self.session).await;
        Ok(ContactPage {
            mobile_masked: me.mobile_masked,
            email_masked: me.email_masked,
            waiting: waiting.map_err(|error| self.fault(error.code(), &error))?,
            ..ContactPage::default()
        })
    }

    fn session_fault(&self, error: &SessionsError) -> Failure {
        match error {
            SessionsError::NotFound => Failure::status(StatusCode::NOT_FOUND),
            other => self.fault(other.code(), other),
        }
    }

    fn draw_contacts(&self, status: StatusCode, shown: ContactPage) -> Response {
        let meta = meta(self.page, &shown);
        document(status, self.page, meta, |page| contact_view(page, shown))
    }
}
