//! What the parents of a student may, as the form on the student's record says it.

use app::pages::people::personal::{MAY_CONTACT, MAY_SEE, SHOWN_RIGHTS};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::Permission;
use services::PersonId;
use services::access::AccessError;
use services::roster::RightsChange;

use super::{Asking, id};
use crate::http::context::{From, Page, SignedInPerson};
use crate::http::errors::Failure;
use crate::state::AppState;

/// `POST /people/pupils/{class}/personal/rights`: what the reader changed, and only that.
pub(in crate::http::people) async fn rights(
    State(state): State<AppState>,
    Page(page): Page,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    Path(class): Path<String>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let class = asking.class(id(&class)?).await?;
    let person = fields.iter().find(|(name, _)| name == "person").map_or("", |(_, value)| value.as_str());
    let student: PersonId = id(person)?;
    asking.needs(Permission::EditPersonalData, &class).await?;
    asking.of_class(&class, student).await?;
    let roster = state.portal.roster();
    let mut changed = false;
    for (parent, change) in changes(&fields) {
        match roster.set_guardian_rights(&visit, &session, student, parent, change).await {
            Ok(done) => changed |= done,
            // Who is no parent of theirs any more has nothing to be changed.
            Err(AccessError::NotFound) => {}
            Err(error) => return Err(asking.fault(&error)),
        }
    }
    let saved = if changed { "rights" } else { "same-rights" };
    let path = class.frame.path();
    Ok(Redirect::to(&format!("{path}?person={student}&saved={saved}#rights")).into_response())
}

/// What differs from what the form showed: a right that somebody else took away meanwhile is not given back by a form
/// that still shows it.
fn changes(fields: &[(String, String)]) -> Vec<(PersonId, RightsChange)> {
    let values =
        |name: &'static str| fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str());
    let mut found = Vec::new();
    for shown in values(SHOWN_RIGHTS) {
        let Some((id, held)) = shown.split_once(':') else { continue };
        let Ok(parent) = id.parse::<PersonId>() else { continue };
        let wish = |name: &'static str| {
            let before = held.split(',').any(|right| right == name);
            let after = values(name).any(|value| value == id);
            (before != after).then_some(after)
        };
        let change = RightsChange { may_contact: wish(MAY_CONTACT), may_see: wish(MAY_SEE) };
        if change != RightsChange::default() {
            found.push((parent, change));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_reader_changed_is_changed() {
        let [x, y, z] = [
            "00000000-0000-7000-8000-000000000001",
            "00000000-0000-7000-8000-000000000002",
            "00000000-0000-7000-8000-000000000003",
        ];
        let field = |name: &str, value: String| (name.to_owned(), value);
        let fields = [
            field(SHOWN_RIGHTS, format!("{x}:contact,see")),
            field(MAY_CONTACT, x.to_owned()),
            field(SHOWN_RIGHTS, format!("{y}:")),
            field(MAY_CONTACT, y.to_owned()),
            field(SHOWN_RIGHTS, format!("{z}:see")),
            field(MAY_SEE, z.to_owned()),
            field(SHOWN_RIGHTS, "nonsense".to_owned()),
        ];
        let made: Vec<_> = changes(&fields).into_iter().map(|(id, change)| (id.to_string(), change)).collect();
        let contact = RightsChange { may_contact: Some(true), may_see: None };
        let see = RightsChange { may_contact: None, may_see: Some(false) };
        assert_eq!(made, [(x.to_owned(), see), (y.to_owned(), contact)]);
    }
}
