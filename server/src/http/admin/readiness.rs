//! `/admin/readiness`: who can sign in, class by class.

use app::pages::admin::AdminSection;
use app::pages::admin::readiness::{OpenClass, ReadinessPage, ReadyClass, ReadyStudent, Tally, meta, readiness_view};
use app::pages::people::SchoolChoice;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use domain::Permission;
use serde::Deserialize;
use services::access::AccessError;
use services::roster::{ClassEntry, RegisterLine};
use services::{ClassId, SchoolId};

use super::{Asking, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;

/// `?school=`: of which school; `?class=`: the open class.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    school: Option<String>,
    class: Option<String>,
}

/// `GET /admin/readiness`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    if !asking.frame(AdminSection::Readiness).opens(AdminSection::Readiness) {
        return Err(asking.forbidden(Permission::ReadContacts).await);
    }
    let schools = state.portal.roster().schools(&session).await.map_err(|error| asking.refused(&error))?;
    let schools: Vec<(SchoolId, String)> = schools.into_iter().map(|school| (school.id, school.name)).collect();
    let chosen = match &asked.school {
        Some(school) => Some(id(school)?),
        None => schools.first().map(|(id, _)| *id),
    };
    let classes = match chosen {
        Some(school) => asking.classes(school).await.map_err(|error| asking.refused(&error))?,
        None => Vec::new(),
    };
    let open = match classes.iter().find(|class| Some(&class.id) == asked.class.as_ref()) {
        Some(class) => Some(asking.open(id(&class.id)?).await.map_err(|error| asking.refused(&error))?),
        None => None,
    };
    let choices: Vec<SchoolChoice> =
        schools.iter().map(|(id, name)| SchoolChoice { id: id.to_string(), name: name.clone() }).collect();
    let chosen = chosen.map(|id| id.to_string());
    let school = choices.iter().find(|choice| Some(&choice.id) == chosen.as_ref()).cloned();
    let frame = asking.frame(AdminSection::Readiness);
    let data = ReadinessPage { frame, schools: choices, school, classes, open };
    Ok(document(StatusCode::OK, &page, meta(&page), |page| readiness_view(page, data)))
}

impl Asking<'_> {
    /// The classes of a school that the reader reaches, counted.
    async fn classes(&self, school: SchoolId) -> Result<Vec<ReadyClass>, AccessError> {
        let portal = &self.state.portal;
        let classes = portal.roster().classes(self.visit, self.session, school).await?;
        let counted = portal.class_editor().counted(self.session, school).await?;
        let row = |class: ClassEntry| {
            let mut tally = Tally::default();
            for student in counted.get(&class.id).into_iter().flatten() {
                tally.count(&student.readiness, student.parents, student.with_account);
            }
            ReadyClass { id: class.id.to_string(), title: class.title.as_str().to_owned(), tally }
        };
        Ok(classes.into_iter().map(row).collect())
    }

    /// The register of the open class.
    async fn open(&self, class: ClassId) -> Result<OpenClass, AccessError> {
        let (head, lines) = self.state.portal.roster().register(self.visit, self.session, class).await?;
        let students = lines.into_iter().map(|line| self.student(line)).collect();
        Ok(OpenClass { id: head.id, title: head.title, students })
    }

    fn student(&self, line: RegisterLine) -> ReadyStudent {
        let locale = self.page.locale;
        let parents = line
            .parents
            .iter()
            .map(|parent| (parent.name.display(locale), parent.has_account, parent.mobile))
            .collect();
        ReadyStudent {
            number: line.number,
            name: line.student.name.display(locale),
            readiness: line.readiness,
            parents,
        }
    }
}
