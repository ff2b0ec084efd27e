//! `/admin/api-clients`: programs that use the API.

use std::collections::BTreeSet;

use app::pages::admin::api_clients::{ClientForm, ClientProblem, ClientsPage, clients_view, meta};
use app::pages::admin::{AdminSection, DO};
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use services::ApiClientId;
use services::api_clients::{ApiClientError, ApiScope};

use super::{Asking, FormFields, Posted, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;

/// For how many days a token is good when nobody says otherwise.
const USUAL_DAYS: &str = "90";

/// `?done=`: what the post before this page did.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: String,
}

/// `GET /admin/api-clients`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    asking.clients(StatusCode::OK, empty_form(), None, asked.done == "revoked").await
}

/// `POST /admin/api-clients`
pub(super) async fn change(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    form: FormFields,
) -> Result<Response, Failure> {
    let posted = Posted::read(form)?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    match posted.value(DO) {
        "create" => asking.create(&posted).await,
        "revoke" => {
            let client: ApiClientId = id(posted.value("client"))?;
            let revoked = state.portal.api_clients().revoke(&visit, &session, client).await;
            revoked.map_err(|error| asking.client_fault(&error))?;
            Ok(Redirect::to(&format!("{}?done=revoked", AdminSection::ApiClients.path())).into_response())
        }
        _ => Err(Failure::status(StatusCode::UNPROCESSABLE_ENTITY)),
    }
}

fn empty_form() -> ClientForm {
    ClientForm { days: USUAL_DAYS.to_owned(), ..ClientForm::default() }
}

impl Asking<'_> {
    fn client_fault(&self, error: &ApiClientError) -> Failure {
        match error {
            ApiClientError::Access(error) => self.refused(error),
            error => self.fault(error.code(), error),
        }
    }

    async fn clients(
        &self,
        status: StatusCode,
        form: ClientForm,
        made: Option<(String, String)>,
        revoked: bool,
    ) -> Result<Response, Failure> {
        let clients = self.state.portal.api_clients().list(self.visit, self.session).await;
        let clients = clients.map_err(|error| self.client_fault(&error))?;
        let data = ClientsPage { frame: self.frame(AdminSection::ApiClients), clients, form, made, revoked };
        Ok(document(status, self.page, meta(self.page, &data), |page| clients_view(page, data)))
    }

    /// Lets a program in. Its token is shown in the answer to the post and nowhere else: no address may hold it.
    async fn create(&self, posted: &Posted) -> Result<Response, Failure> {
        let path = AdminSection::ApiClients.path();
        let actor = match self.prove(posted).await? {
            Ok(actor) => actor,
            Err(problem) => return self.ask_for_proof(path, posted.kept(), path, problem).await,
        };
        let scopes: BTreeSet<ApiScope> = posted.all("scope").filter_map(ApiScope::from_code).collect();
        let form = ClientForm { name: posted.text("name"), scopes, days: posted.text("days"), problem: None };
        // What is no number is none that is allowed.
        let days = form.days.trim().parse().unwrap_or(0);
        let made = self.state.portal.api_clients().create(self.visit, &actor, &form.name, &form.scopes, days).await;
        let problem = match made {
            Ok((client, token)) => {
                let made = Some((client.name, token.to_base64url()));
                return self.clients(StatusCode::OK, empty_form(), made, false).await;
            }
            Err(ApiClientError::ProofNeeded) => return self.ask_for_proof(path, posted.kept(), path, None).await,
            Err(ApiClientError::Name) => ClientProblem::Name,
            Err(ApiClientError::NoScope) => ClientProblem::NoScope,
            Err(ApiClientError::Days) => ClientProblem::Days,
            Err(error) => return Err(self.client_fault(&error)),
        };
        let form = ClientForm { problem: Some(problem), ..form };
        self.clients(StatusCode::UNPROCESSABLE_ENTITY, form, None, false).await
    }
}
