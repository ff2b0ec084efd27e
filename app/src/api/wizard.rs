//! What the wizards' pages ask of the server. One server function posts every form, one asks for the page as it is now, one judges a
//! password while it is typed; `work` does the same for plain form posts.

use domain::Assessment;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::wizard::Turn;

/// Posts a form of a wizard's page: its path, and names and values as a browser would send them.
#[allow(missing_docs, reason = "the macro makes a struct of the arguments")]
#[server(prefix = "/api/page", endpoint = "wizard", input = Json)]
pub async fn post(path: String, fields: Vec<(String, String)>) -> Result<Turn, ServerFnError> {
    let asking = work::asking()?;
    work::deliver(work::post(&asking, &path, fields).await)
}

/// The page as it is now, for a page that turns by itself.
#[allow(missing_docs, reason = "the macro makes a struct of the arguments")]
#[server(prefix = "/api/page", endpoint = "wizard-now", input = Json)]
pub async fn now(path: String) -> Result<Turn, ServerFnError> {
    let asking = work::asking()?;
    work::deliver(work::show(&asking, &path, "").await)
}

/// The policy's word on a password, by the person whose wizard this browser is in. Nothing is stored.
#[allow(missing_docs, reason = "the macro makes a struct of the arguments")]
#[server(prefix = "/api/page", endpoint = "wizard-password", input = Json)]
pub async fn judge(password: String) -> Result<Option<Assessment>, ServerFnError> {
    let asking = work::asking()?;
    Ok(work::judge(&asking, &password).await)
}

#[cfg(feature = "ssr")]
pub mod work;
