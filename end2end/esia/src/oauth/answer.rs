//! What the person answers on the login page, and the code that comes of it.

use super::authorize::{answered_state, back_with_error};
use super::claims;
use crate::app::App;
use crate::codes::{EsiaCode, Refusal};
use crate::dice::uuid;
use crate::jwt::{Purpose, token};
use crate::person::Person;
use crate::redirects::with_parameters;
use crate::store::{Ask, Filter, Grant, REMEMBER_STATE};
use crate::trouble::{Mode, Trouble};

/// What was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A person.
    Person(u64),
    /// Cancel.
    Cancel,
}

/// May this person be chosen at all? Which the login page lists.
pub fn fits(person: &Person, filter: Option<Filter>) -> bool {
    match filter {
        None | Some(Filter::Confirmed) => true,
        Some(Filter::Children) => person.is_child(),
        Some(Filter::NotChildren) => !person.is_child(),
    }
}

/// The address that the browser goes back to; `None` when the request is not known (any more), or the person is not.
///
/// The request is done with after this, whatever comes of it.
pub fn answer(app: &App, request: &str, choice: Choice) -> Option<(String, Option<EsiaCode>)> {
    let now = app.now();
    if let Choice::Person(oid) = choice {
        app.settings.person(oid)?;
    }
    let ask = app.store().logins.take(request, now)?;
    let outcome = match choice {
        Choice::Cancel => Err(EsiaCode::ACCESS_DENIED),
        Choice::Person(oid) => app.settings.person(oid).ok_or(EsiaCode::ACCESS_DENIED).and_then(|person| {
            may_sign_in(person, &ask)?;
            Ok(person)
        }),
    };
    match outcome {
        Ok(person) => Some((back_with_code(app, person, ask), None)),
        Err(code) => {
            let refusal = Refusal::new(code, "the person");
            Some((back_with_error(&ask.redirect, Some(&ask.state), &refusal), Some(code)))
        }
    }
}

fn may_sign_in(person: &Person, ask: &Ask) -> Result<(), EsiaCode> {
    if let Some(Mode::Code(code)) = person.goes_wrong {
        return Err(code);
    }
    if ask.filter == Some(Filter::Confirmed) && !person.is_trusted() {
        return Err(EsiaCode::NOT_CONFIRMED);
    }
    if !fits(person, ask.filter) {
        return Err(EsiaCode::ACCESS_DENIED);
    }
    if !ask.organization_scopes.is_empty() && person.organizations.is_empty() {
        return Err(EsiaCode::NOT_AN_EMPLOYEE);
    }
    Ok(())
}

fn back_with_code(app: &App, person: &Person, ask: Ask) -> String {
    let now = app.now();
    let grant = Grant {
        oid: person.oid,
        session: uuid(app.dice.as_ref()),
        signed_in_at: now,
        trouble: person.goes_wrong.map(Trouble::of),
        ask,
    };
    let tokens = &app.settings.tokens;
    let claims = claims::of_code(tokens, person, &grant, now);
    let key = app.signing_key();
    let code = token(&key, Purpose::Code, &claims, tokens.thumbprints, None, app.dice.as_ref());
    let (redirect, state) = (grant.ask.redirect.clone(), grant.ask.state.clone());
    let mut store = app.store();
    store.states.put(answered_state(&grant.ask.client, &state), (), now + REMEMBER_STATE, now);
    store.codes.put(code.clone(), grant, now + tokens.code_lifetime, now);
    drop(store);
    with_parameters(&redirect, &[("code", &code), ("state", &state)])
}
