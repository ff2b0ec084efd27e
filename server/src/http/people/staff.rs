//! Администрация, Специалисты, Учителя: the staff of a school, shown and changed.

use std::collections::BTreeMap;

use app::page_context::PageContext;
use app::pages::people::SchoolChoice;
use app::pages::people::staff::{
    AddForm, ContactsForm, ContactsProblem, DO, GrantProblem, InviteProblem, KNOWN, KnownChoice, RefusedGrant, Right,
    SOMEBODY_NEW, StaffDone, StaffPage, StaffRights, StaffRow, Trouble, VERSION, meta, path, staff_view,
};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Grant, Permission, PersonField, PostKind, Role, Target};
use serde::Deserialize;
use services::access::AccessError;
use services::class_editor::ChangeError;
use services::clock::seconds_until;
use services::people::{NewPerson, latest_birth_date};
use services::roster::{ClassEntry, SchoolEntry};
use services::sessions::Session;
use services::staff::{Candidate, KnownPerson, StaffError, StaffLine};
use services::{ClassId, PersonId, SchoolId, Visit};
use uuid::Uuid;

use super::{change_failure, failure, id, typed_person};
use crate::http::context::SignedInVisit;
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
            "invited" => Some(StaffDone::Invited),
            "contacts" => Some(StaffDone::Contacts(true)),
            "same-contacts" => Some(StaffDone::Contacts(false)),
            _ => None,
        }
    }
}

/// `GET /people/{administration|specialists|teachers}`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
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
    SignedInVisit { state, page, visit, session }: SignedInVisit,
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
        "invite" => asking.invite(&posted).await?,
        "contacts" => asking.contacts(&open, &posted).await?,
        _ => return Err(Failure::status(StatusCode::UNPROCESSABLE_ENTITY)),
    };
    let data = match outcome {
        Outcome::Done(what) => {
            let to = format!("{}&done={what}", path(asking.kind, &open.school.id.to_string()));
            return Ok(Redirect::to(&to).into_response());
        }
        Outcome::Form(form) => StaffPage { form, ..asking.data(&open).await? },
        Outcome::Refused(trouble) => StaffPage { trouble: Some(trouble), ..asking.data(&open).await? },
    };
    let (status, wait_s) = match &data.trouble {
        Some(Trouble::Invite(_, InviteProblem::TooMany(seconds))) => (StatusCode::TOO_MANY_REQUESTS, Some(*seconds)),
        Some(Trouble::Contacts(ContactsForm { problem: Some(ContactsProblem::Changed), .. })) => {
            (StatusCode::CONFLICT, None)
        }
        _ => (StatusCode::UNPROCESSABLE_ENTITY, None),
    };
    let mut response = asking.draw(status, data);
    if let Some(seconds) = wait_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
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
    /// Something could not be done for one of the list.
    Refused(Trouble),
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
            trouble: None,
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
            trouble: None,
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
            account: line.account,
            version: line.version,
            mobile: line.mobile_masked,
            email: line.email_masked,
            last_sign_in_at: line.last_sign_in_at,
        }
    }

    /// Adds somebody to the list: somebody new, or somebody whom the school knows and who was chosen.
    async fn add(&self, open: &OpenSchool, posted: &Posted<'_>) -> Result<Outcome, Failure> {
        let school = &open.school;
        // Before anything is judged: what is wrong with a form is nothing to whoever may not send it.
        let (access, target) = (self.state.portal.access(), Target::School(school.id.0));
        let allowed = access.require(self.visit, self.session, Permission::EditStaff, &target).await;
        allowed.map_err(|error| self.fault(&error))?;
        let today = latest_birth_date(self.state.portal.now());
        let text = |name: &str| posted.text(name);
        let (person, new) = typed_person(school.country, school.locale, &AddForm::FIELDS, today, text);
        let form = AddForm { person, title: posted.text("title"), ..AddForm::default() };
        let Some(new) = new else { return Ok(Outcome::Form(form)) };
        let form = AddForm { chosen: posted.text(KNOWN), known: self.known(open, &new).await?, ..form };
        let same = form.known.iter().find(|known| known.id == form.chosen);
        let candidate = match same {
            Some(known) => Candidate::Known(id(&known.id)?),
            None if form.known.is_empty() || form.chosen == SOMEBODY_NEW => Candidate::New(Box::new(new)),
            None => return Ok(Outcome::Form(form)),
        };
        let staff = self.state.portal.staff();
        match staff.add(self.visit, self.session, open.school.id, self.kind, &form.title, candidate).await {
            Ok(_) => Ok(Outcome::Done("added")),
            Err(StaffError::Title) => Ok(Outcome::Form(AddForm { bad_title: true, ..form })),
            Err(error) => Err(self.refusal(&error)),
        }
    }

    /// Those within reach who may be meant.
    async fn known(&self, open: &OpenSchool, new: &NewPerson) -> Result<Vec<KnownChoice>, Failure> {
        let staff = self.state.portal.staff();
        let known = staff.alike(self.visit, self.session, open.school.id, new).await;
        let known = known.map_err(|error| self.refusal(&error))?;
        let choice = |person: KnownPerson| KnownChoice {
            id: person.id.to_string(),
            name: person.name.display(self.page.locale),
            posts: person.posts,
            classes: person.classes,
            contacts: person.mobile_masked.into_iter().chain(person.email_masked).collect(),
        };
        Ok(known.into_iter().map(choice).collect())
    }

    /// Gives somebody an account, and sends the first letter.
    async fn invite(&self, posted: &Posted<'_>) -> Result<Outcome, Failure> {
        let person: PersonId = id(posted.value("person"))?;
        let problem = match self.state.portal.staff().invite(self.visit, self.session, person).await {
            Ok(()) => return Ok(Outcome::Done("invited")),
            Err(StaffError::NoEmail) => InviteProblem::NoEmail,
            Err(StaffError::NoMobile) => InviteProblem::NoMobile,
            Err(StaffError::HasAccount) => InviteProblem::HasAccount,
            Err(StaffError::NoPost) => InviteProblem::NoPost,
            Err(StaffError::ProofNeeded) => InviteProblem::ProofNeeded,
            Err(StaffError::TooMany { retry_at }) => {
                InviteProblem::TooMany(u64::from(seconds_until(self.state.portal.now(), retry_at).max(1)))
            }
            Err(error) => return Err(self.refusal(&error)),
        };
        Ok(Outcome::Refused(Trouble::Invite(person.to_string(), problem)))
    }

    /// Changes the contacts of somebody; a field that was left empty stays as it is.
    async fn contacts(&self, open: &OpenSchool, posted: &Posted<'_>) -> Result<Outcome, Failure> {
        let person: PersonId = id(posted.value("person"))?;
        let version: i64 =
            posted.value(VERSION).parse().map_err(|_| Failure::status(StatusCode::UNPROCESSABLE_ENTITY))?;
        let values = [PersonField::Mobile, PersonField::Email].map(|field| (field, posted.text(field.code())));
        let typed = values.iter().filter(|(_, text)| !text.trim().is_empty());
        let changes: BTreeMap<_, _> = typed.map(|(field, text)| (*field, Some(text.clone()))).collect();
        let form =
            ContactsForm { person: person.to_string(), values: Vec::from(values), faults: Vec::new(), problem: None };
        let staff = self.state.portal.staff();
        let changed = staff.change_contacts(self.visit, self.session, open.school.id, person, version, &changes).await;
        let form = match changed {
            Ok(saved) if changes.is_empty() || saved.person.version == version => {
                return Ok(Outcome::Done("same-contacts"));
            }
            Ok(_) => return Ok(Outcome::Done("contacts")),
            Err(ChangeError::Invalid(faults)) => ContactsForm { faults, ..form },
            Err(ChangeError::ProofNeeded) => ContactsForm { problem: Some(ContactsProblem::ProofNeeded), ..form },
            Err(ChangeError::Conflict(_)) => ContactsForm { problem: Some(ContactsProblem::Changed), ..form },
            Err(error) => return Err(change_failure(&error, self.state.portal.now(), &self.page.request_id)),
        };
        Ok(Outcome::Refused(Trouble::Contacts(form)))
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
            Ok(Outcome::Refused(Trouble::Grant(RefusedGrant {
                person: person.to_string(),
                problem,
                role: role.code().to_owned(),
                class: class.map(|class| class.to_string()).unwrap_or_default(),
            })))
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
            StaffError::Busy { retry_after_s } => Failure::busy(*retry_after_s),
            StaffError::ProofNeeded
            | StaffError::Own
            | StaffError::Grant
            | StaffError::Title
            | StaffError::NoPost
            | StaffError::HasAccount
            | StaffError::NoEmail
            | StaffError::NoMobile
            | StaffError::TooMany { .. } => Failure::status(StatusCode::UNPROCESSABLE_ENTITY),
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
