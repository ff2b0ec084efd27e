//! `/admin/review`: the queue, a request in it, and the decision.

use app::pages::admin::review::{
    ChildChoice, DecisionForm, ReviewDone, ReviewPage, ReviewPane, ReviewProblem, meta, path, review_view,
};
use app::pages::admin::{AdminSection, DO};
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{NameField, PersonField, PersonName, Relation};
use serde::Deserialize;
use services::PersonId;
use services::help_desk::HelpError;
use services::ids::ReviewId;
use services::review_queue::{Approval, Approved, ReviewError, ReviewLine, ReviewTab};
use services::sessions::Session;

use super::{Asking, FormFields, Posted, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;

/// `?state=`: which requests; `?id=`: the open one; `?done=`: what the post before this page did.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    state: String,
    id: Option<String>,
    #[serde(default)]
    done: String,
}

/// `GET /admin/review`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let tab = ReviewTab::from_code(&asked.state).unwrap_or_default();
    let open = match asked.id {
        Some(open) => Some(asking.pane(id(&open)?, DecisionForm::default(), None).await?),
        None => None,
    };
    let done = ReviewDone::ALL.into_iter().find(|done| done.code() == asked.done);
    let lines = asking.lines(tab).await?;
    Ok(asking.draw_review(StatusCode::OK, tab, lines, open, None, done))
}

/// `POST /admin/review`: a search, or a decision.
pub(super) async fn change(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    form: FormFields,
) -> Result<Response, Failure> {
    let posted = Posted::read(form)?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    match posted.value(DO) {
        "search" => asking.search(posted.value("q")).await,
        "find-child" => asking.find_child(&posted).await,
        "approve" => asking.decide(&posted, Decision::Approve).await,
        "refuse" => asking.decide(&posted, Decision::Refuse).await,
        "postpone" => asking.decide(&posted, Decision::Postpone).await,
        _ => Err(Failure::status(StatusCode::UNPROCESSABLE_ENTITY)),
    }
}

#[derive(Clone, Copy)]
enum Decision {
    Approve,
    Refuse,
    Postpone,
}

/// What came of a decision.
enum Outcome {
    Done(ReviewDone),
    Problem(ReviewProblem),
    ProofNeeded,
}

fn tab_of(posted: &Posted) -> ReviewTab {
    ReviewTab::from_code(posted.value("state")).unwrap_or_default()
}

fn form_of(posted: &Posted) -> DecisionForm {
    DecisionForm {
        note: posted.text("note"),
        surname: posted.text(PersonField::Surname.code()),
        given_name: posted.text(PersonField::GivenName.code()),
        patronymic: posted.text(PersonField::Patronymic.code()),
        relation: Relation::from_code(posted.value("relation")),
        child_text: posted.text("child_find"),
        children: Vec::new(),
        child: posted.text("child"),
        replace_mobile: !posted.value("replace_mobile").is_empty(),
    }
}

/// What is approved, as far as the form says it.
fn approval(form: &DecisionForm) -> Result<Approval, ReviewProblem> {
    let typed = [&form.surname, &form.given_name, &form.patronymic].iter().any(|part| !part.trim().is_empty());
    let name = typed
        .then(|| PersonName::new(&form.surname, &form.given_name, Some(&form.patronymic)))
        .transpose()
        .map_err(|error| {
            ReviewProblem::NameWrong(match error.field {
                NameField::Surname => PersonField::Surname,
                NameField::GivenName => PersonField::GivenName,
                NameField::Patronymic => PersonField::Patronymic,
            })
        })?;
    Ok(Approval {
        note: form.note.clone(),
        name,
        relation: form.relation,
        child: form.child.parse::<PersonId>().ok(),
        replace_mobile: form.replace_mobile,
    })
}

impl Asking<'_> {
    fn review_fault(&self, error: &ReviewError) -> Failure {
        match error {
            ReviewError::Access(error) => self.refused(error),
            error => self.fault(error.code(), error),
        }
    }

    async fn lines(&self, tab: ReviewTab) -> Result<Vec<ReviewLine>, Failure> {
        let lines = self.state.portal.review_queue().list(self.visit, self.session, tab).await;
        lines.map_err(|error| self.review_fault(&error))
    }

    async fn pane(
        &self,
        review: ReviewId,
        form: DecisionForm,
        problem: Option<ReviewProblem>,
    ) -> Result<Box<ReviewPane>, Failure> {
        let detail = self.state.portal.review_queue().find(self.visit, self.session, review).await;
        let detail = detail.map_err(|error| self.review_fault(&error))?;
        Ok(Box::new(ReviewPane { detail, form, problem }))
    }

    fn draw_review(
        &self,
        status: StatusCode,
        tab: ReviewTab,
        lines: Vec<ReviewLine>,
        open: Option<Box<ReviewPane>>,
        searched: Option<String>,
        done: Option<ReviewDone>,
    ) -> Response {
        let data = ReviewPage { frame: self.frame(AdminSection::Review), tab, searched, lines, open, done };
        document(status, self.page, meta(self.page, &data), |page| review_view(page, data))
    }

    /// A search changes nothing, so its answer is the page itself. It looks through all tabs.
    async fn search(&self, text: &str) -> Result<Response, Failure> {
        let text: String = text.trim().chars().take(100).collect();
        if text.is_empty() {
            return Ok(Redirect::to(AdminSection::Review.path()).into_response());
        }
        let mut found = Vec::new();
        for tab in ReviewTab::ALL {
            found.extend(self.lines(tab).await?.into_iter().filter(|line| is_named(line, &text)));
        }
        Ok(self.draw_review(StatusCode::OK, ReviewTab::default(), found, None, Some(text), None))
    }

    /// Looks for the child whose number nobody on the roster has.
    async fn find_child(&self, posted: &Posted) -> Result<Response, Failure> {
        let mut form = form_of(posted);
        self.fill_children(&mut form).await?;
        let problem = form.children.is_empty().then_some(ReviewProblem::ChildUnknown);
        let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        self.review_again(posted, status, form, problem).await
    }

    async fn fill_children(&self, form: &mut DecisionForm) -> Result<(), Failure> {
        if form.child_text.trim().is_empty() {
            return Ok(());
        }
        let found = self.state.portal.help_desk().search(self.visit, self.session, &form.child_text).await;
        let found = found.map_err(|error| match error {
            HelpError::Access(error) => self.refused(&error),
            HelpError::TooMany { retry_at } => Failure::too_many(self.seconds_until(retry_at)),
            error => self.fault(error.code(), &error),
        })?;
        form.children = found
            .into_iter()
            .filter(|line| !line.is_staff && !line.classes.is_empty())
            .map(|line| ChildChoice {
                id: line.person_id.to_string(),
                name: line.name,
                classes: line.classes.join(", "),
            })
            .collect();
        if let [only] = form.children.as_slice() {
            form.child.clone_from(&only.id);
        }
        Ok(())
    }

    /// The page again, with what was typed.
    async fn review_again(
        &self,
        posted: &Posted,
        status: StatusCode,
        form: DecisionForm,
        problem: Option<ReviewProblem>,
    ) -> Result<Response, Failure> {
        let tab = tab_of(posted);
        let pane = self.pane(id(posted.value("id"))?, form, problem).await?;
        let lines = self.lines(tab).await?;
        Ok(self.draw_review(status, tab, lines, Some(pane), None, None))
    }

    async fn decide(&self, posted: &Posted, decision: Decision) -> Result<Response, Failure> {
        let review: ReviewId = id(posted.value("id"))?;
        let version = posted.value("version").parse().map_err(|_| Failure::status(StatusCode::UNPROCESSABLE_ENTITY))?;
        let tab = tab_of(posted);
        let here = path(tab, Some(&review.to_string()));
        let actor = match self.prove(posted).await? {
            Ok(actor) => actor,
            Err(problem) => {
                return self.ask_for_proof(AdminSection::Review.path(), posted.kept(), &here, problem).await;
            }
        };
        let mut form = form_of(posted);
        match self.carry_out(&actor, review, version, &form, decision).await? {
            Outcome::Done(done) => {
                let list = path(tab, None);
                let join = if list.contains('?') { '&' } else { '?' };
                Ok(Redirect::to(&format!("{list}{join}done={}", done.code())).into_response())
            }
            Outcome::ProofNeeded => self.ask_for_proof(AdminSection::Review.path(), posted.kept(), &here, None).await,
            Outcome::Problem(problem) => {
                let status = match problem {
                    ReviewProblem::Changed => StatusCode::CONFLICT,
                    ReviewProblem::OwnFamily => StatusCode::FORBIDDEN,
                    _ => StatusCode::UNPROCESSABLE_ENTITY,
                };
                self.fill_children(&mut form).await?;
                self.review_again(posted, status, form, Some(problem)).await
            }
        }
    }

    async fn carry_out(
        &self,
        actor: &Session,
        review: ReviewId,
        version: i64,
        form: &DecisionForm,
        decision: Decision,
    ) -> Result<Outcome, Failure> {
        let queue = self.state.portal.review_queue();
        let outcome = match decision {
            Decision::Approve => match approval(form) {
                Err(problem) => return Ok(Outcome::Problem(problem)),
                Ok(approval) => {
                    queue.approve(self.visit, actor, review, version, &approval).await.map(|approved| match approved {
                        Approved::AccountQueued => ReviewDone::AccountQueued,
                        Approved::AccountKept => ReviewDone::AccountKept,
                        Approved::MobileReplaced => ReviewDone::MobileReplaced,
                    })
                }
            },
            Decision::Refuse => {
                queue.refuse(self.visit, actor, review, version, &form.note).await.map(|()| ReviewDone::Refused)
            }
            Decision::Postpone => {
                queue.postpone(self.visit, actor, review, version, &form.note).await.map(|()| ReviewDone::Postponed)
            }
        };
        Ok(match outcome {
            Ok(done) => Outcome::Done(done),
            Err(ReviewError::ProofNeeded) => Outcome::ProofNeeded,
            Err(ReviewError::OwnFamily) => Outcome::Problem(ReviewProblem::OwnFamily),
            Err(ReviewError::Changed) => Outcome::Problem(ReviewProblem::Changed),
            Err(ReviewError::NoteNeeded) => Outcome::Problem(ReviewProblem::NoteNeeded),
            Err(ReviewError::NoteTooLong) => Outcome::Problem(ReviewProblem::NoteTooLong),
            Err(ReviewError::NameNeeded) => Outcome::Problem(ReviewProblem::NameNeeded),
            Err(ReviewError::ChildNeeded) => Outcome::Problem(ReviewProblem::ChildNeeded),
            Err(ReviewError::SamePerson) => Outcome::Problem(ReviewProblem::SamePerson),
            Err(ReviewError::Several) => Outcome::Problem(ReviewProblem::Several),
            Err(error) => return Err(self.review_fault(&error)),
        })
    }
}

/// Whether a request is meant: by its number, or by letters of the applicant's or the child's name.
fn is_named(line: &ReviewLine, text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !digits.is_empty() {
        return digits.parse().ok().is_some_and(|number: i64| line.number == Some(number));
    }
    let wanted = text.to_lowercase();
    let names = line.name.iter().chain(line.child.as_ref().map(|child| &child.name));
    names.into_iter().any(|name| name.to_lowercase().contains(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untouched_name_is_none_and_half_of_one_is_told() {
        let form = DecisionForm { note: "in person".to_owned(), ..DecisionForm::default() };
        assert!(approval(&form).is_ok_and(|approval| approval.name.is_none()));
        let half = DecisionForm { surname: "Линейкин".to_owned(), ..form.clone() };
        assert_eq!(approval(&half).err(), Some(ReviewProblem::NameWrong(PersonField::GivenName)));
        let whole = DecisionForm { given_name: "Пример".to_owned(), ..half };
        assert!(approval(&whole).is_ok_and(|approval| approval.name.is_some()));
    }
}
