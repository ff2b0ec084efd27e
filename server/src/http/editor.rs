//! «Вход через ЕСИА»: the page with the class editor, and, for browsers without script, the form of one student's row.
//!
//! What the editor's script does goes through the JSON API; both ways end in the same use case.

use app::app::{Boot, Interactive};
use app::editor::EditorBoot;
use app::editor::form::{ChangeTo, FormPerson, PASSWORD, ProofAsked, RowForm};
use app::editor::page::{editor_page, form_meta, form_page};
use app::page_context::PageContext;
use app::pages::people::{ClassFrame, Tab};
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use domain::{ClassPeople, Password, Permission, PersonField};
use serde::Deserialize;
use services::class_editor::ChangeError;
use services::clock::seconds_until;
use services::fresh_proof::ProofError;
use services::portal::SignInError;
use services::sessions::Session;
use services::{ClassId, PersonId, Visit};

use super::context::SignedInVisit;
use super::errors::Failure;
use super::pages::document;
use super::people::{failure, frame};
use crate::state::AppState;

/// The editor's routes.
pub fn router() -> Router<AppState> {
    Router::new().route("/people/pupils/{class}/esia", get(page).post(save))
}

/// What the page is asked to show.
#[derive(Default, Deserialize)]
pub struct Wanted {
    /// `not-ready`: only those whose sign-in can't work.
    #[serde(default)]
    show: String,
    /// The student whose row is to be edited.
    #[serde(default)]
    edit: String,
    /// The student whose row was saved before.
    #[serde(default)]
    saved: String,
}

/// One request.
struct Asking<'a> {
    state: &'a AppState,
    page: &'a PageContext,
    visit: &'a Visit,
    session: &'a Session,
    class: ClassId,
}

/// What every answer begins with.
struct Opened {
    frame: ClassFrame,
    people: ClassPeople,
    editable: bool,
}

async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session, class: class_id(&class)? };
    let opened = asking.open().await?;
    if wanted.edit.is_empty() {
        return Ok(asking.show_table(opened, &wanted));
    }
    let boot = asking.boot(&opened, false);
    let form = asking.row_form(&opened, &boot, &wanted.edit).await?;
    Ok(asking.show_form(StatusCode::OK, &opened.frame, form))
}

/// Saves the form of one row: each person whose fields were changed, and only those.
async fn save(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    Query(wanted): Query<Wanted>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(posted) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session, class: class_id(&class)? };
    let opened = asking.open().await?;
    let boot = asking.boot(&opened, false);
    let mut form = asking.row_form(&opened, &boot, &wanted.edit).await?;
    form.take(&posted);
    let mut proved = (*session).clone();
    let password = posted.iter().find(|(name, _)| name == PASSWORD).map_or("", |(_, value)| value.as_str());
    if !password.is_empty() {
        match asking.prove(password).await? {
            Ok(fresh_until) => proved.fresh_until = fresh_until,
            Err(asked) => form.proof = Some(asked),
        }
    }
    let saved = asking.change(&proved, &mut form).await?;
    if form.has_problems() {
        form.partly = saved > 0;
        return Ok(asking.show_form(StatusCode::UNPROCESSABLE_ENTITY, &opened.frame, form));
    }
    let path = opened.frame.path();
    let to = if saved > 0 { format!("{path}?saved={}", form.student) } else { path };
    Ok(Redirect::to(&to).into_response())
}

fn class_id(text: &str) -> Result<ClassId, Failure> {
    text.parse().map_err(|_| Failure::status(StatusCode::NOT_FOUND))
}

impl Asking<'_> {
    async fn open(&self) -> Result<Opened, Failure> {
        let portal = &self.state.portal;
        let (frame, target) =
            frame::load(self.state, self.page, self.visit, self.session, self.class, Tab::Esia).await?;
        let people = portal.class_editor().open(self.visit, self.session, self.class).await;
        let people = people.map_err(|error| failure(&error, &self.page.request_id))?;
        let editable = portal.access().has(self.session, Permission::EditContacts, &target);
        Ok(Opened { frame, people, editable })
    }

    /// The form of a student's row, for whoever may change it. That somebody out of reach was asked for is written down.
    async fn row_form(&self, opened: &Opened, boot: &EditorBoot, student: &str) -> Result<RowForm, Failure> {
        let access = self.state.portal.access();
        let fault = |error| failure(&error, &self.page.request_id);
        access.class(self.visit, self.session, Permission::EditContacts, self.class).await.map_err(fault)?;
        if let Some(form) = RowForm::new(&opened.people, student, &boot.read_only) {
            return Ok(form);
        }
        let not_here = Failure::status(StatusCode::NOT_FOUND);
        let Ok(student) = student.parse() else { return Err(not_here) };
        access.person(self.visit, self.session, Permission::EditContacts, student).await.map_err(fault)?;
        Err(not_here)
    }

    /// What waits in a browser is the account's, not the session's: whoever signs in again goes on with it.
    fn boot(&self, opened: &Opened, only_unready: bool) -> EditorBoot {
        let owner = self.session.account_id.to_string();
        EditorBoot::new(self.page, opened.people.clone(), owner, only_unready, opened.editable)
    }

    fn show_table(&self, opened: Opened, wanted: &Wanted) -> Response {
        let data = self.boot(&opened, wanted.show == "not-ready");
        let boot = Boot { locale: self.page.locale, page: Interactive::Editor(Box::new(data.clone())) };
        let assets = &self.state.assets;
        let meta = boot.meta(self.page.nonce.as_deref(), &assets.script, &assets.wasm);
        let saved = Some(wanted.saved.as_str()).filter(|saved| !saved.is_empty());
        let response = document(StatusCode::OK, self.page, meta, |page| editor_page(page, &opened.frame, data, saved));
        frame::remember(response, &opened.frame.class_id)
    }

    fn show_form(&self, status: StatusCode, frame: &ClassFrame, form: RowForm) -> Response {
        let meta = form_meta(self.page, &form);
        document(status, self.page, meta, |page| form_page(page, frame, form))
    }

    /// Takes the password as fresh proof, or says what is wrong with it.
    async fn prove(&self, password: &str) -> Result<Result<services::Timestamp, ProofAsked>, Failure> {
        let Ok(password) = Password::new(password) else { return Ok(Err(ProofAsked::Wrong)) };
        match self.state.portal.fresh_proof().give(self.visit, self.session, &password).await {
            Ok(fresh_until) => Ok(Ok(fresh_until)),
            Err(ProofError::NoPassword) => Ok(Err(ProofAsked::None)),
            Err(ProofError::SignIn(SignInError::Wrong)) => Ok(Err(ProofAsked::Wrong)),
            Err(ProofError::SignIn(SignInError::Wait { .. } | SignInError::TooMany { .. })) => {
                Ok(Err(ProofAsked::Wait))
            }
            Err(ProofError::SignIn(SignInError::Busy { retry_after_s })) => Err(Failure::busy(retry_after_s)),
            Err(error) => Err(Failure::fault(error.code(), &error, &self.page.request_id)),
        }
    }

    /// Sends the changes person by person; what became of each stands in the form. How many people were saved.
    async fn change(&self, session: &Session, form: &mut RowForm) -> Result<usize, Failure> {
        let country = form.country;
        let mut saved = 0;
        let mut needs_proof = false;
        for person in &mut form.people {
            let Some(changes) = person.changes(country).filter(|changes| !changes.is_empty()) else { continue };
            match self.send(session, person, &changes).await {
                Ok(now) => {
                    person.saved(&now);
                    saved += 1;
                }
                Err(ChangeError::Conflict(conflict)) => person.conflict(*conflict, &changes),
                Err(ChangeError::Invalid(faults)) => person.invalid(&faults),
                Err(ChangeError::ProofNeeded) => needs_proof = true,
                Err(ChangeError::TooMany { retry_at }) => {
                    let seconds = seconds_until(self.state.portal.now(), retry_at).max(1);
                    return Err(Failure::too_many(seconds.into()));
                }
                Err(ChangeError::Gone) => return Err(Failure::status(StatusCode::NOT_FOUND)),
                Err(ChangeError::Access(error)) => return Err(failure(&error, &self.page.request_id)),
                Err(ChangeError::Store(error)) if error.is_temporary() => return Err(Failure::busy(1)),
                Err(error) => return Err(Failure::fault(error.code(), &error, &self.page.request_id)),
            }
        }
        if needs_proof && form.proof.is_none() {
            form.proof = Some(ProofAsked::Needed);
        }
        Ok(saved)
    }

    async fn send(
        &self,
        session: &Session,
        person: &FormPerson,
        changes: &std::collections::BTreeMap<PersonField, Option<String>>,
    ) -> Result<domain::PersonSaved, ChangeError> {
        let editor = self.state.portal.class_editor();
        // What is no id is nobody's.
        let id = |text: &str| text.parse::<PersonId>().map_err(|_| ChangeError::Gone);
        match person.target() {
            ChangeTo::Person(person_id) => {
                editor.change(self.visit, session, id(&person_id)?, person.version, changes, None).await
            }
            ChangeTo::NewParent(student, relation) => {
                editor.add_parent(self.visit, session, id(&student)?, relation, changes, None).await
            }
        }
    }
}
