//! `/admin/classes`: schools and classes kept by hand.

use app::pages::admin::classes::{
    ClassRow, ClassesDone, ClassesForm, ClassesPage, ClassesProblem, OpenSchool, RefusedForm, SEEN, classes_view, meta,
    path,
};
use app::pages::admin::{AdminSection, DO};
use app::pages::people::SchoolChoice;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{ClassTitle, Country, Locale, Permission, SchoolYear, Target};
use serde::Deserialize;
use services::roster::{ManageError, SchoolDetails, SchoolEntry};
use services::{ClassId, SchoolId};

use super::{Asking, FormFields, Posted, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;

/// `?school=`: of which school; `?done=`: what the post before this page did.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    school: Option<String>,
    #[serde(default)]
    done: String,
}

/// `GET /admin/classes`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let school = asked.school.as_deref().map(id).transpose()?;
    asking.draw_classes(StatusCode::OK, school, ClassesDone::from_code(&asked.done), None).await
}

/// `POST /admin/classes`
pub(super) async fn change(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Query(asked): Query<Asked>,
    form: FormFields,
) -> Result<Response, Failure> {
    let posted = Posted::read(form)?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let school: Option<SchoolId> = asked.school.as_deref().map(id).transpose()?;
    if let (what, Some(school)) = (posted.value(DO), school)
        && !matches!(what, "new-school" | "school")
    {
        // Asked before what was typed is judged: whoever may not change it learns nothing about it.
        let target = Target::School(school.0);
        let allowed = state.portal.access().require(&visit, &session, Permission::EditClasses, &target).await;
        allowed.map_err(|error| asking.refused(&error))?;
    }
    let done = match (posted.value(DO), school) {
        ("new-school", _) => asking.new_school(&posted).await?,
        ("school", Some(school)) => asking.change_school(school, &posted).await?,
        ("add", Some(school)) => asking.add_class(school, &posted).await?,
        ("rename", Some(school)) => asking.rename_class(school, &posted).await?,
        ("close", Some(school)) => asking.archive(school, &posted, true).await?,
        ("open", Some(school)) => asking.archive(school, &posted, false).await?,
        _ => return Err(Failure::status(StatusCode::UNPROCESSABLE_ENTITY)),
    };
    match done {
        Outcome::Done(school, done) => {
            let to = format!("{}&done={}", path(&school.to_string()), done.code());
            Ok(Redirect::to(&to).into_response())
        }
        Outcome::Refused(refused) => {
            let status = match refused.problem {
                ClassesProblem::Stale => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            asking.draw_classes(status, school, None, Some(refused)).await
        }
    }
}

/// What became of a post.
enum Outcome {
    Done(SchoolId, ClassesDone),
    Refused(RefusedForm),
}

impl Asking<'_> {
    async fn draw_classes(
        &self,
        status: StatusCode,
        school: Option<SchoolId>,
        done: Option<ClassesDone>,
        refused: Option<RefusedForm>,
    ) -> Result<Response, Failure> {
        let frame = self.frame(AdminSection::Classes);
        if !frame.opens(AdminSection::Classes) {
            return Err(self.forbidden(Permission::ReadClasses).await);
        }
        let portal = &self.state.portal;
        let chosen = portal.roster().choose_school(self.visit, self.session, school).await;
        let (all, open) = chosen.map_err(|error| self.refused(&error))?;
        let classes = match &open {
            Some(open) => portal.roster().known_classes(self.visit, self.session, open.id).await,
            None => Ok(Vec::new()),
        };
        let classes = classes.map_err(|error| self.refused(&error))?;
        let may = |permission, target| portal.access().has(self.session, permission, &target);
        let choice = |entry: &SchoolEntry| SchoolChoice { id: entry.id.to_string(), name: entry.name.clone() };
        let data = ClassesPage {
            frame,
            schools: all.iter().map(choice).collect(),
            may_edit: open.as_ref().is_some_and(|open| may(Permission::EditClasses, Target::School(open.id.0))),
            may_manage_schools: may(Permission::ManageSchools, Target::Everything),
            school: open.map(|open| OpenSchool {
                choice: choice(&open),
                country: open.country,
                locale: open.locale,
                version: open.version(),
            }),
            classes: classes
                .into_iter()
                .map(|class| ClassRow {
                    id: class.id.to_string(),
                    title: class.title.to_string(),
                    year: class.year,
                    archived: class.archived,
                    students: class.students,
                })
                .collect(),
            this_year: portal.roster().this_year(),
            done,
            refused,
        };
        Ok(document(status, self.page, meta(self.page, &data), |page| classes_view(page, data)))
    }

    async fn new_school(&self, posted: &Posted) -> Result<Outcome, Failure> {
        let (country, locale) = details(posted)?;
        let details = SchoolDetails { name: posted.value("name"), country, locale };
        let added = self.state.portal.roster().add_school(self.visit, self.session, details).await;
        let added = added.map(|school| (school, ClassesDone::SchoolAdded));
        let typed = Typed { place: Some((country, locale)), ..Typed::new(ClassesForm::NewSchool, posted.text("name")) };
        self.outcome(added, typed)
    }

    async fn change_school(&self, school: SchoolId, posted: &Posted) -> Result<Outcome, Failure> {
        let (country, locale) = details(posted)?;
        let details = SchoolDetails { name: posted.value("name"), country, locale };
        let roster = self.state.portal.roster();
        let changed = roster.change_school(self.visit, self.session, school, seen(posted), details).await;
        let changed = changed.map(|()| (school, ClassesDone::SchoolChanged));
        let typed = Typed {
            place: Some((country, locale)),
            seen: posted.text(SEEN),
            ..Typed::new(ClassesForm::School, posted.text("name"))
        };
        self.outcome(changed, typed)
    }

    async fn add_class(&self, school: SchoolId, posted: &Posted) -> Result<Outcome, Failure> {
        let year = posted.value("year").parse().map_err(|_| Failure::status(StatusCode::UNPROCESSABLE_ENTITY))?;
        let year = SchoolYear::starting(year);
        // Of what no form offers, no class is made.
        if year.year().abs_diff(self.state.portal.roster().this_year().year()) > 1 {
            return Err(Failure::status(StatusCode::UNPROCESSABLE_ENTITY));
        }
        let typed = Typed { year: Some(year), ..Typed::new(ClassesForm::NewClass, posted.text("title")) };
        let Ok(title) = ClassTitle::parse(&typed.text) else {
            return Ok(typed.refused(ClassesProblem::Title));
        };
        let added = self.state.portal.roster().add_class(self.visit, self.session, school, &title, year).await;
        self.outcome(added.map(|_| (school, ClassesDone::Added)), typed)
    }

    async fn rename_class(&self, school: SchoolId, posted: &Posted) -> Result<Outcome, Failure> {
        let class: ClassId = id(posted.value("class"))?;
        let form = ClassesForm::Class(class.to_string());
        let typed = Typed { seen: posted.text(SEEN), ..Typed::new(form, posted.text("title")) };
        let Ok(title) = ClassTitle::parse(&typed.text) else {
            return Ok(typed.refused(ClassesProblem::Title));
        };
        let roster = self.state.portal.roster();
        let renamed = roster.rename_class(self.visit, self.session, class, seen(posted), &title).await;
        self.outcome(renamed.map(|()| (school, ClassesDone::Renamed)), typed)
    }

    async fn archive(&self, school: SchoolId, posted: &Posted, archived: bool) -> Result<Outcome, Failure> {
        let class: ClassId = id(posted.value("class"))?;
        let done = if archived { ClassesDone::Closed } else { ClassesDone::Opened };
        let changed = self.state.portal.roster().set_archived(self.visit, self.session, class, archived).await;
        let typed = Typed::new(ClassesForm::Class(class.to_string()), String::new());
        self.outcome(changed.map(|()| (school, done)), typed)
    }

    fn outcome(&self, done: Result<(SchoolId, ClassesDone), ManageError>, typed: Typed) -> Result<Outcome, Failure> {
        let problem = match done {
            Ok((school, done)) => return Ok(Outcome::Done(school, done)),
            Err(ManageError::Name) => ClassesProblem::Name,
            Err(ManageError::Taken) => ClassesProblem::Taken,
            Err(ManageError::Archived) => ClassesProblem::Archived,
            Err(ManageError::Stale) => ClassesProblem::Stale,
            Err(ManageError::Access(error)) => return Err(self.refused(&error)),
            Err(error @ (ManageError::NotInClass | ManageError::Unborn)) => {
                return Err(self.fault(error.code(), &error));
            }
        };
        Ok(typed.refused(problem))
    }
}

/// What was typed into a form, to be shown again.
struct Typed {
    form: ClassesForm,
    text: String,
    year: Option<SchoolYear>,
    place: Option<(Country, Locale)>,
    seen: String,
}

impl Typed {
    fn new(form: ClassesForm, text: String) -> Self {
        Self { form, text, year: None, place: None, seen: String::new() }
    }

    fn refused(self, problem: ClassesProblem) -> Outcome {
        let Self { form, text, year, place, seen } = self;
        // After a conflict the form is of what is stored now: posted once more, it says that both were seen.
        let seen = Some(seen).filter(|seen| !seen.is_empty() && problem != ClassesProblem::Stale);
        Outcome::Refused(RefusedForm { form, problem, typed: text, year, place, seen })
    }
}

/// What the form was filled from.
fn seen(posted: &Posted) -> Option<&str> {
    posted.find(SEEN).filter(|seen| !seen.is_empty())
}

/// Country and language of a school, as the form offers them.
fn details(posted: &Posted) -> Result<(Country, Locale), Failure> {
    let country = Country::from_code(posted.value("country"));
    let locale = Locale::from_code(posted.value("locale"));
    country.zip(locale).ok_or(Failure::status(StatusCode::UNPROCESSABLE_ENTITY))
}
