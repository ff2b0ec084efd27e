//! A student's way from class to class, or out of the school.

use app::pages::people::Tab;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use domain::Permission;
use serde::Deserialize;
use services::{ClassId, PersonId};

use super::{Asking, OpenClass, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::people::manage_failure;

/// Who goes where; nowhere is empty.
#[derive(Deserialize)]
pub(in crate::http::people) struct MoveForm {
    person: String,
    to: String,
}

/// `POST /people/pupils/{class}/personal/move`
pub(in crate::http::people) async fn move_student(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    form: Result<Form<MoveForm>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(form) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let from: ClassId = id(&class)?;
    let student: PersonId = id(&form.person)?;
    let to = Some(form.to.as_str()).filter(|to| !to.is_empty()).map(id::<ClassId>).transpose()?;
    let moved = state.portal.roster().move_student(&visit, &session, student, from, to).await;
    moved.map_err(|error| manage_failure(&error, &page.request_id))?;
    Ok(match to {
        Some(to) => to_list(to, "done=came"),
        None => to_list(from, &format!("done=left&person={student}")),
    })
}

/// Who is to be taken back.
#[derive(Deserialize)]
pub(in crate::http::people) struct ReturnForm {
    person: String,
}

/// `POST /people/pupils/{class}/list/return`: who was let go by mistake is in the class again.
pub(in crate::http::people) async fn return_student(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    form: Result<Form<ReturnForm>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(form) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let class: ClassId = id(&class)?;
    let returned = state.portal.roster().return_student(&visit, &session, id(&form.person)?, class).await;
    returned.map_err(|error| manage_failure(&error, &page.request_id))?;
    Ok(to_list(class, "done=came"))
}

fn to_list(class: ClassId, query: &str) -> Response {
    Redirect::to(&format!("{}?{query}", Tab::List.path(&class.to_string()))).into_response()
}

impl Asking<'_> {
    /// Where a student of this class can be moved; nothing for a parent, and for whoever may not change classes.
    pub(super) fn moves(&self, class: &OpenClass, person: PersonId) -> Option<Vec<(String, String)>> {
        let may = self.state.portal.access().has(self.session, Permission::EditClasses, &class.target);
        if !may || !class.lines.iter().any(|line| line.student.id == person) {
            return None;
        }
        let others = class.frame.classes.iter().filter(|other| other.id != class.frame.class_id);
        Some(others.map(|other| (other.id.clone(), other.title.clone())).collect())
    }
}
