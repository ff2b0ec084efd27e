//! The part of a record about the sign-in through Gosuslugi, and the form that takes an account there away.

use app::pages::people::personal::{GosuslugiPart, LinkLine, Pane, Proof, TryLine};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use domain::Permission;
use serde::Deserialize;
use services::gosuslugi::UnlinkError;
use services::{GosuslugiLinkId, PersonId};

use super::{After, Asking, OpenClass, Refused, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;

/// Which account to take away from whom, and the password of whoever asks.
#[derive(Deserialize)]
pub(in crate::http::people) struct UnlinkForm {
    person: String,
    link: String,
    password: Option<String>,
}

/// `POST /people/pupils/{class}/personal/unlink`
pub(in crate::http::people) async fn unlink(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    form: Result<Form<UnlinkForm>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(form) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let class = asking.class(id(&class)?).await?;
    let person: PersonId = id(&form.person)?;
    let link: GosuslugiLinkId = id(&form.link)?;
    asking.of_class(&class, person).await?;
    match asking.take_away(person, link, form.password.as_deref()).await {
        Ok(()) => {
            let path = class.frame.path();
            Ok(Redirect::to(&format!("{path}?person={person}&saved=unlinked")).into_response())
        }
        Err(Refused::Failure(failure)) => Err(failure),
        Err(Refused::Form { status, proof, .. }) => {
            let asked = proof.map(|proof| (link.to_string(), proof));
            let after = After { asked, ..After::default() };
            let pane: Pane = asking.record_pane(&class, person, after).await?;
            Ok(asking.draw(status, class, Some(person), pane))
        }
    }
}

impl Asking<'_> {
    async fn take_away(&self, person: PersonId, link: GosuslugiLinkId, password: Option<&str>) -> Result<(), Refused> {
        let proved;
        let actor = match password {
            Some(password) => {
                proved = self.prove(password).await?;
                &proved
            }
            None => self.session,
        };
        match self.state.portal.gosuslugi().unlink(self.visit, actor, person, link).await {
            Ok(()) => Ok(()),
            Err(UnlinkError::ProofNeeded) => Err(Refused::proof(Proof::Needed)),
            Err(UnlinkError::Access(error)) => Err(Refused::Failure(self.fault(&error))),
        }
    }

    /// What is known of somebody's sign-in through Gosuslugi; nothing in a portal without it.
    pub(super) async fn gosuslugi(
        &self,
        class: &OpenClass,
        person: PersonId,
        after: &After<'_>,
    ) -> Result<Option<GosuslugiPart>, Failure> {
        let portal = &self.state.portal;
        let gosuslugi = portal.gosuslugi();
        if !gosuslugi.offered() {
            return Ok(None);
        }
        let links = gosuslugi.links(self.visit, self.session, person).await.map_err(|error| self.fault(&error))?;
        let tries = gosuslugi.tries(self.visit, self.session, person).await.map_err(|error| self.fault(&error))?;
        let links: Vec<LinkLine> = links
            .into_iter()
            .map(|link| LinkLine {
                id: link.id.to_string(),
                at: link.at,
                last_seen_at: link.last_seen_at,
                way: link.way,
            })
            .collect();
        // The account may have been taken away by somebody else meanwhile.
        let asked = after.asked.clone().filter(|(asked, _)| links.iter().any(|link| link.id == *asked));
        Ok(Some(GosuslugiPart {
            links,
            tries: tries.into_iter().map(|one| TryLine { at: one.at, failure: one.failure }).collect(),
            may_unlink: portal.access().has(self.session, Permission::EditContacts, &class.target),
            asked,
            unlinked: after.unlinked,
        }))
    }
}
