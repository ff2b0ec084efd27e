//! The work behind the wizards, for server functions and plain forms alike: by path to the step, and back with a page or a way on.

pub mod asking;
pub mod password;
pub mod register;

pub use asking::{Asking, Fields, Outcome, Refused, asking, deliver};

/// Shows a wizard's page. `query` is the address's query, without `?`.
pub async fn show(asking: &Asking, path: &str, query: &str) -> Outcome {
    if path.starts_with("/register") {
        register::show(asking, path, query).await
    } else {
        password::show(asking, path, query).await
    }
}

/// Takes a posted form.
pub async fn post(asking: &Asking, path: &str, fields: Vec<(String, String)>) -> Outcome {
    let fields = Fields(fields);
    if path.starts_with("/register") {
        register::post(asking, path, &fields).await
    } else {
        password::post(asking, path, &fields).await
    }
}

pub use password::judge;
