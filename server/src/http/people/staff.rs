//! Администрация, Специалисты, Учителя: the staff of a school, shown and changed.

use app::page_context::PageContext;
use app::pages::people::SchoolChoice;
use app::pages::people::staff::{
    AddForm, DO, GrantProblem, RefusedGrant, Right, StaffDone, StaffPage, StaffRights, StaffRow, meta, path, staff_view,
};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Grant, Permission, PostKind, Role, Target};
use serde::Deserialize;
use services::access::AccessError;
use services::people::latest_birth_date;
use services::roster::{ClassEntry, SchoolEntry};
use services::sessions::Session;
use services::staff::{Candidate, StaffError, StaffLine};
use services::{ClassId, PersonId, SchoolId, Visit};
use uuid::Uuid;

use super::{failure, id, typed_person};
use crate::http::context::{From, Page, SignedInPerson};
use crate::http::errors::Failure;
use crate::http::pages::document;
use crate::state::AppState;

/// The longest text of a field that is shown again.
const LONGEST: usize = 400;

/// `?school=`: of which school; `?done=`: what the post before this page did.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    school: Option<String>,
    #[serde(default)]
    done: String,
}

impl Asked {
    fn done(&self) -> Option<StaffDone> {
        match self.done.as_str() {
            "added" => Some(StaffDone::Added),
            "ended" => Some(StaffDone::Ended),
            "granted" => Some(StaffDone::Granted),
            "revoked" => Some(StaffDone::Revoked),
            _ => None,
        }
    }
}

/// `GET /people/{administration|specialists|teachers}`
pub(super) async fn page(
    State(state): State<AppState>,
    Page(page): Page,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    Path(kind): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session, kind: kind_of(&kind)? };
    let done = asked.done();
    match asking.school(asked.school.as_deref()).await? {
        Some(open) => {
            let data = asking.data(&open).await?;
            Ok(asking.draw(StatusCode::OK, StaffPage { done, ..data }))
        }
        None => asking.no_school().await,
    }
}

/// `POST /people/{administration|specialists|teachers}`
pub(super) async fn change(
    State(state): State<AppState>,
    Page(page): Page,
    From(visit): From,
    SignedInPerson(session): SignedInPerson,
    Path(kind): Path<String>,
    Query(asked): Query<Asked>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session, kind: kind_of(&kind)? };
    let open = asking.school(asked.school.as_deref()).await?.ok_or(Failure::status(StatusCode::NOT_FOUND))?;
    let posted = Posted(&fields);
    let outcome = match posted.value(DO) {
        "add" => asking.add(&open, &posted).await?,
        "end" => asking.end(&open, &posted).await?,
        "grant" => asking.right(&open, &posted, true).await?,
        "revoke" => asking.right(&open, &posted, false).await?,
        _ => return Err(Failure::status(StatusCode::UNPROCESSABLE_ENTITY)),
    };
    let data = match outcome {
        Outcome::Done(what) => {
            let to = format!("{}&done={what}", path(asking.kind, &open.school.id.to_string()));
            return Ok(Redirect::to(&to).into_response());
        }
        Outcome::Form(form) => StaffPage { form, ..asking.data(&open).await? },
        Outcome::Right(refused) => StaffPage { refused: Some(refused), ..asking.data(&open).await? },
    };
    Ok(asking.draw(StatusCode::UNPROCESSABLE_ENTITY, data))
}

fn kind_of(slug: &str) -> Result<PostKind, Failure> {
    PostKind::from_code(slug).ok_or(Failure::status(StatusCode::NOT_FOUND))
}

/// A posted form.
struct Posted<'a>(&'a [(String, String)]);

impl Posted<'_> {
    fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> String {
        self.value(name).chars().take(LONGEST).collect()
    }
}

/// What became of a post.
enum Outcome {
    /// It was done; the word tells the next page.
    Done(&'static str),
    /// Somebody could not be added.
    Form(AddForm),
    /// A right could not be given or taken away.
    Right(RefusedGrant),
}

/// A school with the others that the reader reaches.
struct OpenSchool {
    school: SchoolEntry,
    all: Vec<SchoolEntry>,
}

/// One request.
struct Asking<'a> {
    state: &'a AppState,
    page: &'a PageContext,
    visit: &'a Visit,
    session: &'a Session,
    kind: PostKind,
}

impl Asking<'_> {
    fn fault(&self, error: &AccessError) -> Failure {
        failure(error, &self.page.request_id)
    }

    /// The asked school, else the first within reach; none when the reader reaches none.
    async fn school(&self, asked: Option<&str>) -> Result<Option<OpenSchool>, Failure> {
        let asked = asked.map(id::<SchoolId>).transpose()?;
        let chosen = self.state.portal.roster().choose_school(self.visit, self.session, asked).await;
        let (all, school) = chosen.map_err(|error| self.fault(&error))?;
        Ok(school.map(|school| OpenSchool { school, all }))
    }

    /// The page before there is any school; for those alone who could read all of them.
    async fn no_school(&self) -> Result<Response, Failure> {
        let access = self.state.portal.access();
        let allowed = access.require(self.visit, self.session, Permission::ReadStaff, &Target::Everything).await;
        allowed.map_err(|error| self.fault(&error))?;
        let data = StaffPage {
            kind: self.kind,
            school: SchoolChoice { id: String::new(), name: String::new() },
            schools: Vec::new(),
            rows: Vec::new(),
            may: None,
            form: AddForm::default(),
            done: None,
            refused: None,
        };
        Ok(self.draw(StatusCode::OK, data))
    }

    /// The highest role by which the reader may edit this school's staff.
    fn own_role(&self, school: SchoolId) -> Option<Role> {
        let target = Target::School(school.0);
        let grants = self.session.grants.iter().filter(|grant| grant.allows(Permission::EditStaff, &target));
        grants.map(|grant| grant.role).max()
    }

    async fn data(&self, open: &OpenSchool) -> Result<StaffPage, Failure> {
        let portal = &self.state.portal;
        let school = open.school.id;
        let lines = portal.staff().list(self.visit, self.session, school, self.kind).await;
        let lines = lines.map_err(|error| self.fault(&error))?;
        // Whoever reads the staff of a school reads its classes too.
        let classes = portal.roster().classes(self.visit, self.session, school).await;
        let classes = classes.map_err(|error| self.fault(&error))?;
        let own = self.own_role(school);
        let may = own.map(|own| StaffRights {
            roles: Role::ALL.into_iter().filter(|role| *role <= own).collect(),
            classes: classes.iter().map(|class| (class.id.to_string(), class.title.as_str().to_owned())).collect(),
        });
        let choice = |school: &SchoolEntry| SchoolChoice { id: school.id.to_string(), name: school.name.clone() };
        Ok(StaffPage {
            kind: self.kind,
            school: choice(&open.school),
            schools: open.all.iter().map(choice).collect(),
            rows: lines.into_iter().map(|line| self.row(line, own, &classes)).collect(),
            may,
            form: AddForm::default(),
            done: None,
            refused: None,
        })
    }

    fn row(&self, line: StaffLine, own: Option<Role>, classes: &[ClassEntry]) -> StaffRow {
        let is_oneself = line.id == self.session.person_id;
        let rights = line.roles.into_iter().map(|(role, title)| {
            let class = title.and_then(|title| {
                let class = classes.iter().find(|class| class.title.as_str() == title)?;
                Some((class.id.to_string(), title))
            });
            // A class of a year that is over is not among those of now: its grant has lost its meaning with it.
            let is_whole = role != Role::ClassTeacher || class.is_some();
            Right { role, may_revoke: is_whole && !is_oneself && Some(role) <= own, class }
        });
        StaffRow {
            rights: rights.collect(),
            id: line.id.to_string(),
            name: line.name.display(self.page.locale),
            title: line.title,
            has_account: line.has_account,
            last_sign_in_at: line.last_sign_in_at,
        }
    }

    /// Adds somebody new to the list.
    async fn add(&self, open: &OpenSchool, posted: &Posted<'_>) -> Result<Outcome, Failure> {
        let school = &open.school;
        let today = latest_birth_date(self.state.portal.now());
        let text = |name: &str| posted.text(name);
        let (person, new) = typed_person(school.country, school.locale, &AddForm::FIELDS, today, text);
        let form = AddForm { person, title: posted.text("title"), bad_title: false };
        let Some(new) = new else { return Ok(Outcome::Form(form)) };
        let candidate = Candidate::New(Box::new(new));
        let staff = self.state.portal.staff();
        match staff.add(self.visit, self.session, open.school.id, self.kind, &form.title, candidate).await {
            Ok(_) => Ok(Outcome::Done("added")),
            Err(StaffError::Title) => Ok(Outcome::Form(AddForm { bad_title: true, ..form })),
            Err(error) => Err(self.refusal(&error)),
        }
    }

    async fn end(&self, open: &OpenSchool, posted: &Posted<'_>) -> Result<Outcome, Failure> {
        let person: PersonId = id(posted.value("person"))?;
        let staff = self.state.portal.staff();
        match staff.remove(self.visit, self.session, open.school.id, self.kind, person).await {
            Ok(()) => Ok(Outcome::Done("ended")),
            Err(error) => Err(self.refusal(&error)),
        }
    }

    /// Gives a right, or takes it away.
    async fn right(&self, open: &OpenSchool, posted: &Posted<'_>, give: bool) -> Result<Outcome, Failure> {
        let person: PersonId = id(posted.value("person"))?;
        let role = Role::from_code(posted.value("role")).ok_or(Failure::status(StatusCode::UNPROCESSABLE_ENTITY))?;
        let class = Some(posted.value("class")).filter(|class| !class.is_empty());
        let class: Option<ClassId> = class.map(id).transpose()?;
        let refused = |problem| {
            Ok(Outcome::Right(RefusedGrant {
                person: person.to_string(),
                problem,
                role: role.code().to_owned(),
                class: class.map(|class| class.to_string()).unwrap_or_default(),
            }))
        };
        if role == Role::ClassTeacher && class.is_none() {
            return refused(GrantProblem::ClassMissing);
        }
        let staff = self.state.portal.staff();
        let grant = grant_of(role, open.school.id, class);
        let outcome = if give {
            staff.grant(self.visit, self.session, person, &grant).await
        } else {
            staff.revoke(self.visit, self.session, person, &grant).await
        };
        match outcome {
            Ok(()) => Ok(Outcome::Done(if give { "granted" } else { "revoked" })),
            Err(StaffError::ProofNeeded) => refused(GrantProblem::ProofNeeded),
            Err(StaffError::Own) => refused(GrantProblem::Own),
            Err(error) => Err(self.refusal(&error)),
        }
    }

    fn refusal(&self, error: &StaffError) -> Failure {
        match error {
            StaffError::Access(error) => self.fault(error),
            StaffError::ProofNeeded | StaffError::Own | StaffError::Grant | StaffError::Title => {
                Failure::status(StatusCode::UNPROCESSABLE_ENTITY)
            }
        }
    }

    fn draw(&self, status: StatusCode, data: StaffPage) -> Response {
        document(status, self.page, meta(self.page, &data), |page| staff_view(page, data))
    }
}

/// A role for what it is for: a class, a school, or everything.
fn grant_of(role: Role, school: SchoolId, class: Option<ClassId>) -> Grant<Uuid> {
    Grant {
        role,
        school_id: (role != Role::SystemAdministrator).then_some(school.0),
        class_id: class.filter(|_| role == Role::ClassTeacher).map(|class| class.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_for_what_it_reaches_and_nothing_else() {
        let (school, class) = (SchoolId(Uuid::from_u128(1)), ClassId(Uuid::from_u128(2)));
        let ids = |role| {
            let grant = grant_of(role, school, Some(class));
            (grant.school_id.is_some(), grant.class_id.is_some())
        };
        assert_eq!(ids(Role::ClassTeacher), (true, true));
        assert_eq!(ids(Role::DeputyHead), (true, false));
        assert_eq!(ids(Role::SchoolAdministrator), (true, false));
        assert_eq!(ids(Role::SystemAdministrator), (false, false));
    }
}
