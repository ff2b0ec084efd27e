//! `/admin/accounts`: finding an account, and what can be done for it.

use app::pages::admin::accounts::{
    AccountDone, AccountProblem, AccountsPage, PhoneQuestion, SEARCH, accounts_view, meta, question_words,
};
use app::pages::admin::{AdminSection, DO};
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::Permission;
use serde::Deserialize;
use services::AccountId;
use services::help_desk::{AccountLine, HelpError};
use services::password_wizard::Question;

use super::{Asking, FormFields, Posted, after, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;

/// Fewer characters find half of the school.
const SHORTEST: usize = 2;

/// `?done=`: what the post before this page did; `?n=`: how many sessions it ended.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: String,
    #[serde(default)]
    n: u64,
}

/// `GET /admin/accounts`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    if !asking.frame(AdminSection::Accounts).opens(AdminSection::Accounts) {
        return Err(asking.forbidden(Permission::UnlockAccounts).await);
    }
    let done = match asked.done.as_str() {
        "unlocked" => Some(AccountDone::Unlocked),
        "invited" => Some(AccountDone::Invited),
        "ended" => Some(AccountDone::Ended(asked.n)),
        "reset" => Some(AccountDone::ResetMailed),
        _ => None,
    };
    let data = AccountsPage { done, ..asking.accounts(String::new(), None) };
    Ok(asking.draw_accounts(StatusCode::OK, data))
}

/// `POST /admin/accounts`: a search, or something for an account.
pub(super) async fn change(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    form: FormFields,
) -> Result<Response, Failure> {
    let posted = Posted::read(form)?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let text: String = posted.value(SEARCH).trim().chars().take(100).collect();
    let act = posted.value(DO);
    if act == "search" {
        let found = asking.found(text).await?;
        let status = status_of(found.problem);
        let data = AccountsPage { problem: found.problem.map(|problem| (None, problem)), ..found.page };
        return Ok(asking.draw_accounts(status, data));
    }
    let account: AccountId = id(posted.value("account"))?;
    let desk = state.portal.help_desk();
    let outcome = match act {
        "unlock" => desk.unlock(&visit, &session, account).await.map(|()| "done=unlocked".to_owned()),
        "invite" => desk.resend_invitation(&visit, &session, account).await.map(|()| "done=invited".to_owned()),
        "end" => desk.end_sessions(&visit, &session, account).await.map(|count| format!("done=ended&n={count}")),
        "reset" => desk.start_reset(&visit, &session, account).await.map(|()| "done=reset".to_owned()),
        "question" | "answer" => return asking.phone_question(&posted, account, text).await,
        _ => return Err(Failure::status(StatusCode::UNPROCESSABLE_ENTITY)),
    };
    match outcome {
        Ok(query) => Ok(Redirect::to(&format!("{}?{query}", AdminSection::Accounts.path())).into_response()),
        Err(error) => {
            let problem = asking.problem(error)?;
            asking.accounts_again(text, account, Some(problem), None).await
        }
    }
}

/// A search and what came of it.
struct Found {
    page: AccountsPage,
    problem: Option<AccountProblem>,
}

fn status_of(problem: Option<AccountProblem>) -> StatusCode {
    match problem {
        None => StatusCode::OK,
        Some(AccountProblem::TooMany(_) | AccountProblem::Wait(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl Asking<'_> {
    fn accounts(&self, searched: String, found: Option<Vec<AccountLine>>) -> AccountsPage {
        AccountsPage {
            frame: self.frame(AdminSection::Accounts),
            own: self.session.person_id,
            searched,
            found,
            done: None,
            problem: None,
            question: None,
        }
    }

    fn draw_accounts(&self, status: StatusCode, data: AccountsPage) -> Response {
        let wait_s = match data.problem {
            Some((_, AccountProblem::TooMany(seconds) | AccountProblem::Wait(seconds))) => Some(seconds),
            _ => None,
        };
        let response = document(status, self.page, meta(self.page, &data), |page| accounts_view(page, data));
        after(response, wait_s)
    }

    /// What the help desk would not do, in the page's terms; everything else is a page of its own.
    fn problem(&self, error: HelpError) -> Result<AccountProblem, Failure> {
        match error {
            HelpError::OwnAccount => Ok(AccountProblem::Own),
            HelpError::Barred => Ok(AccountProblem::Barred),
            HelpError::NoAddress => Ok(AccountProblem::NoAddress),
            HelpError::HasPassword => Ok(AccountProblem::HasPassword),
            HelpError::TooMany { retry_at } => Ok(AccountProblem::TooMany(self.seconds_until(retry_at))),
            HelpError::Wait { retry_at } => Ok(AccountProblem::Wait(self.seconds_until(retry_at))),
            HelpError::Busy { retry_after_s } => Err(Failure::busy(retry_after_s)),
            HelpError::Access(error) => Err(self.refused(&error)),
            error @ (HelpError::Store(_) | HelpError::Crypto(_)) => Err(self.fault(error.code(), &error)),
        }
    }

    async fn found(&self, text: String) -> Result<Found, Failure> {
        let searched = self.state.portal.help_desk().search(self.visit, self.session, &text).await;
        let short = text.chars().count() < SHORTEST;
        let (lines, problem) = match searched {
            Ok(lines) => (lines, short.then_some(AccountProblem::TooShort)),
            Err(error) => (Vec::new(), Some(self.problem(error)?)),
        };
        Ok(Found { page: self.accounts(text, Some(lines)), problem })
    }

    /// The list again, with what went wrong, or with the security question, beside the account.
    async fn accounts_again(
        &self,
        text: String,
        account: AccountId,
        problem: Option<AccountProblem>,
        question: Option<PhoneQuestion>,
    ) -> Result<Response, Failure> {
        let account = account.to_string();
        let mut data = self.found(text).await?.page;
        let wrong = matches!(question, Some(PhoneQuestion::Wrong(_)));
        let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { status_of(problem) };
        // Without the account in the list, what went wrong stands above it.
        let listed =
            data.found.iter().flatten().any(|line| line.account_id.is_some_and(|id| id.to_string() == account));
        data.problem = problem.map(|problem| (listed.then(|| account.clone()), problem));
        data.question = question.map(|question| (account, question));
        Ok(self.draw_accounts(status, data))
    }

    async fn phone_question(&self, posted: &Posted, account: AccountId, text: String) -> Result<Response, Failure> {
        let desk = self.state.portal.help_desk();
        let question = match desk.question(self.visit, self.session, account).await {
            Ok(question) => question,
            Err(error) => {
                let problem = self.problem(error)?;
                return self.accounts_again(text, account, Some(problem), None).await;
            }
        };
        let words = match question {
            None => return self.accounts_again(text, account, None, Some(PhoneQuestion::None)).await,
            Some(Question::Listed(listed)) => question_words(self.page.locale, listed).to_owned(),
            Some(Question::Own(own)) => own,
        };
        if posted.value(DO) == "question" {
            return self.accounts_again(text, account, None, Some(PhoneQuestion::Asked(words))).await;
        }
        match desk.check_answer(self.visit, self.session, account, posted.value("answer")).await {
            Ok(true) => self.accounts_again(text, account, None, Some(PhoneQuestion::Right)).await,
            Ok(false) => self.accounts_again(text, account, None, Some(PhoneQuestion::Wrong(words))).await,
            Err(error) => {
                let problem = self.problem(error)?;
                self.accounts_again(text, account, Some(problem), None).await
            }
        }
    }
}
