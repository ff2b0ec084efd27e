//! What stands above every tab of a class: which classes there are to choose from, and how ready each is.

use app::api::cookies;
use app::page_context::PageContext;
use app::pages::people::{ClassChoice, ClassFrame, SchoolChoice, Tab};
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use domain::{ClassReadiness, Permission, Target};
use services::access::AccessError;
use services::roster::ClassEntry;
use services::sessions::Session;
use services::{ClassId, SchoolId, Visit};
use uuid::Uuid;

use super::failure;
use crate::http::errors::Failure;
use crate::state::AppState;

/// The frame of a class's tab, and the class as what rights are asked about. Refuses whoever may not open the class.
pub async fn load(
    state: &AppState,
    page: &PageContext,
    visit: &Visit,
    session: &Session,
    class: ClassId,
    tab: Tab,
) -> Result<(ClassFrame, Target<Uuid>), Failure> {
    gather(state, visit, session, class, tab).await.map_err(|error| failure(&error, &page.request_id))
}

async fn gather(
    state: &AppState,
    visit: &Visit,
    session: &Session,
    class: ClassId,
    tab: Tab,
) -> Result<(ClassFrame, Target<Uuid>), AccessError> {
    let portal = &state.portal;
    let open = portal.access().class(visit, session, Permission::ReadContacts, class).await?;
    let entries = portal.roster().classes(visit, session, open.school_id).await?;
    let everywhere = portal.access().has(session, Permission::ReadContacts, &Target::Everything);
    let has_more = entries.len() > 1 || everywhere;
    let frame = ClassFrame {
        school: SchoolChoice { id: open.school_id.to_string(), name: open.school.clone() },
        classes: choices(state, visit, session, open.school_id, &entries).await?,
        class_id: open.id.to_string(),
        class_title: open.title.as_str().to_owned(),
        tab,
        has_more,
    };
    Ok((frame, open.target()))
}

/// Classes of a school with their meters. Whoever reaches the whole school has them counted at once.
pub(super) async fn choices(
    state: &AppState,
    visit: &Visit,
    session: &Session,
    school: SchoolId,
    entries: &[ClassEntry],
) -> Result<Vec<ClassChoice>, AccessError> {
    let portal = &state.portal;
    let editor = portal.class_editor();
    let readiness: Vec<ClassReadiness> =
        if portal.access().has(session, Permission::ReadContacts, &Target::School(school.0)) {
            editor.school_readiness(visit, session, school).await?
        } else {
            let mut found = Vec::with_capacity(entries.len());
            for entry in entries {
                found.push(editor.readiness(visit, session, entry.id).await?);
            }
            found
        };
    let choice = |entry: &ClassEntry| {
        let id = entry.id.to_string();
        let ready = readiness.iter().find(|class| class.class_id == id).map(|class| (class.ready, class.total));
        ClassChoice { id, title: entry.title.as_str().to_owned(), grade: entry.title.grade(), ready }
    };
    Ok(entries.iter().map(choice).collect())
}

/// The answer, with the class remembered in this browser as the one that was open last.
pub fn remember(mut response: Response, class: &str) -> Response {
    response.headers_mut().append(SET_COOKIE, cookies::class(class));
    response
}
