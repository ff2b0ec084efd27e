//! Members of staff: their posts, which say where they are listed, and their roles, which say what they may do.
//!
//! A role is given by those alone who may edit staff where it is for, never a higher one than their own there, and only to people who are
//! theirs already: otherwise a school could make a stranger its own by a post, and then change the stranger's way in. Roles ask for fresh
//! proof, and the sessions of whoever gets or loses one end (rules: a new token at each change of rights).
//!
//! An account is made by an invitation, which goes to the e-mail on file: whoever sends it sees neither its link nor its password.

mod inviting;
mod known;

pub use known::KnownPerson;

use domain::{Email, Grant, Mobile, Permission, PersonName, PostKind, Role, Target};
use serde_json::json;
use uuid::Uuid;

use crate::access::AccessError;
use crate::accounts::AccountError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::Timestamp;
use crate::crypto::columns;
use crate::error::StoreError;
use crate::hasher::HashError;
use crate::ids::{PersonId, PostId, RoleId, SchoolId};
use crate::people::{NewPerson, OpenError, name_on_file, open};
use crate::portal::{Portal, SignInError};
use crate::sessions::Session;
use crate::store::roles::{self, RoleRow};
use crate::store::{Tx, accounts, people, posts, schools, sessions};
use crate::visit::Visit;

/// The longest title of a post in characters.
const LONGEST_TITLE: usize = 100;

/// Whether a member of staff can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffAccount {
    /// There is no account: an invitation makes one.
    None,
    /// Invited, and no password chosen yet.
    Invited,
    /// A password was chosen.
    Active,
    /// An operator has barred the account.
    Barred,
}

impl StaffAccount {
    fn of(state: Option<&str>, has_password: bool) -> Self {
        match state {
            None => Self::None,
            Some(accounts::DISABLED) => Self::Barred,
            Some(_) if has_password => Self::Active,
            Some(_) => Self::Invited,
        }
    }
}

/// A member of staff in the list of a school.
#[derive(Clone)]
pub struct StaffLine {
    /// Who.
    pub id: PersonId,
    /// The name.
    pub name: PersonName,
    /// What the post is called; may be empty.
    pub title: String,
    /// The roles for this school, and those for everything; a class's with its title.
    pub roles: Vec<(Role, Option<String>)>,
    /// Whether there is an account.
    pub account: StaffAccount,
    /// The version of the person's data, for changing the contacts.
    pub version: i64,
    /// The mobile on file, masked: the sign-in of staff needs one.
    pub mobile_masked: Option<String>,
    /// The e-mail on file, masked: the invitation needs one.
    pub email_masked: Option<String>,
    /// The last sign-in.
    pub last_sign_in_at: Option<Timestamp>,
}

impl std::fmt::Debug for StaffLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffLine").field("id", &self.id).field("roles", &self.roles).finish_non_exhaustive()
    }
}

/// Who is to get a post.
#[derive(Clone, Debug)]
pub enum Candidate {
    /// Somebody whom the school knows already.
    Known(PersonId),
    /// Somebody new. Roles are given afterwards, with [`Staff::grant`]: those named here are left out.
    New(Box<NewPerson>),
}

/// Why something with a member of staff was not done.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// Not allowed, or no such person, school or class.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The proof of who asks is too old.
    #[error("fresh proof is needed")]
    ProofNeeded,
    /// Nobody changes their own roles.
    #[error("nobody changes their own roles")]
    Own,
    /// The role's school or class is missing, or does not fit.
    #[error("the role does not fit this school and class")]
    Grant,
    /// The title of a post is too long, or has something unprintable in it.
    #[error("the title cannot be used")]
    Title,
    /// Whoever has neither post nor role is no member of staff.
    #[error("no member of staff")]
    NoPost,
    /// There is an account already: its first letter is sent again by the help desk.
    #[error("there is an account already")]
    HasAccount,
    /// The invitation has nowhere to go.
    #[error("no e-mail is on file")]
    NoEmail,
    /// Staff sign in with a code that comes by SMS.
    #[error("no mobile is on file")]
    NoMobile,
    /// Too many invitations in an hour.
    #[error("too many invitations")]
    TooMany {
        /// When the next one can be sent.
        retry_at: Timestamp,
    },
    /// More passwords are being hashed than the machine can do.
    #[error("too many passwords are being hashed")]
    Busy {
        /// Seconds after which there is likely to be room.
        retry_after_s: u32,
    },
}

impl StaffError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::ProofNeeded => "STAFF-01",
            Self::Own => "STAFF-02",
            Self::Grant => "STAFF-03",
            Self::Title => "STAFF-04",
            Self::NoPost => "STAFF-05",
            Self::HasAccount => "STAFF-06",
            Self::NoEmail => "STAFF-07",
            Self::NoMobile => "STAFF-08",
            Self::TooMany { .. } => "STAFF-09",
            Self::Busy { .. } => "STAFF-10",
        }
    }
}

impl From<StoreError> for StaffError {
    fn from(error: StoreError) -> Self {
        Self::Access(AccessError::Store(error))
    }
}

impl From<OpenError> for StaffError {
    fn from(error: OpenError) -> Self {
        Self::Access(error.into())
    }
}

impl From<HashError> for StaffError {
    fn from(error: HashError) -> Self {
        match SignInError::from(error) {
            SignInError::Busy { retry_after_s } => Self::Busy { retry_after_s },
            SignInError::Store(error) => error.into(),
            SignInError::Crypto(error) => Self::Access(error.into()),
            _ => Self::Busy { retry_after_s: 1 },
        }
    }
}

impl From<AccountError> for StaffError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => error.into(),
            // No code was free: a later try draws others.
            AccountError::CodeTaken => Self::Busy { retry_after_s: 1 },
        }
    }
}

/// Members of staff and their roles.
#[derive(Clone, Copy)]
pub struct Staff<'a> {
    pub(crate) portal: &'a Portal,
}

impl Staff<'_> {
    /// Who works at a school in posts of one kind, by name.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn list(
        &self,
        visit: &Visit,
        actor: &Session,
        school: SchoolId,
        kind: PostKind,
    ) -> Result<Vec<StaffLine>, AccessError> {
        let portal = self.portal;
        portal.access().require(visit, actor, Permission::ReadStaff, &Target::School(school.0)).await?;
        let mut lines = Vec::new();
        for row in posts::list(portal.db(), school.0, kind.code()).await? {
            let name = name_on_file(&row.surname, &row.given_name, row.patronymic.as_deref())
                .ok_or(StoreError::Corrupt { column: "people.surname, given_name, patronymic" })?;
            let id = row.person_id;
            let mobile = open(portal, columns::PEOPLE_MOBILE, id, row.mobile_sealed.as_deref(), |text| {
                Mobile::from_e164(text).ok()
            })?;
            let email =
                open(portal, columns::PEOPLE_EMAIL, id, row.email_sealed.as_deref(), |text| Email::parse(text).ok())?;
            lines.push(StaffLine {
                id: PersonId(row.person_id),
                name,
                title: row.title,
                roles: Vec::new(),
                account: StaffAccount::of(row.state.as_deref(), row.has_password > 0),
                version: row.version,
                mobile_masked: mobile.as_ref().map(Mobile::masked),
                email_masked: email.as_ref().map(Email::masked),
                last_sign_in_at: row.last_sign_in_at,
            });
        }
        lines.sort_by_cached_key(|line| {
            let name = &line.name;
            (crate::class_editor::by_name(name.surname(), name.given_name(), name.patronymic()), line.id)
        });
        for row in posts::list_roles(portal.db(), school.0, kind.code()).await? {
            // What somebody is elsewhere is not this school's business.
            if row.school_id.is_some_and(|id| id != school.0) {
                continue;
            }
            let role = Role::from_code(&row.role).ok_or(StoreError::Corrupt { column: "roles.role" })?;
            if let Some(line) = lines.iter_mut().find(|line| line.id.0 == row.person_id) {
                line.roles.push((role, row.class_title));
            }
        }
        Ok(lines)
    }

    /// Gives somebody a post at a school; one of the same kind gets the new title.
    ///
    /// # Errors
    /// [`StaffError`]; [`StoreError::Duplicate`] within it when a new person's ID number is somebody's already.
    pub async fn add(
        &self,
        visit: &Visit,
        actor: &Session,
        school: SchoolId,
        kind: PostKind,
        title: &str,
        candidate: Candidate,
    ) -> Result<PersonId, StaffError> {
        let portal = self.portal;
        let target = Target::School(school.0);
        portal.access().require(visit, actor, Permission::EditStaff, &target).await?;
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        if title.chars().count() > LONGEST_TITLE || title.chars().any(char::is_control) {
            return Err(StaffError::Title);
        }
        schools::read(portal.db(), school.0).await?.ok_or(AccessError::NotFound)?;
        if let Candidate::Known(person) = &candidate {
            // A post makes its holder the school's own, so it is given to those who are within reach without it.
            portal.access().person(visit, actor, Permission::EditPersonalData, *person).await?;
        }
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let (person, event) = match candidate {
            Candidate::Known(person) => {
                // Whoever changes the person's contacts at this moment is waited for, or finds a member of staff.
                if !people::lock(&mut tx, person).await? {
                    return Err(AccessError::NotFound.into());
                }
                (person, AuditEvent::PersonChanged)
            }
            Candidate::New(new) => {
                let new = NewPerson { grants: Vec::new(), ..*new };
                (portal.people().create(&mut tx, &new, now).await?, AuditEvent::PersonCreated)
            }
        };
        let id = PostId::new(now, portal.rng());
        posts::insert(&mut tx, id, person, school, kind.code(), &title, now).await?;
        let entry = acted(event, visit, actor, person)
            .detail("school", school.to_string())
            .detail("post", kind.code())
            .after(json!({ "post": kind.code(), "title": title }));
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(person)
    }

    /// Ends a post. Roles stay until they are taken. Nothing happens when there is no such post.
    ///
    /// # Errors
    /// [`StaffError`].
    pub async fn remove(
        &self,
        visit: &Visit,
        actor: &Session,
        school: SchoolId,
        kind: PostKind,
        person: PersonId,
    ) -> Result<(), StaffError> {
        let portal = self.portal;
        portal.access().require(visit, actor, Permission::EditStaff, &Target::School(school.0)).await?;
        let mut tx = portal.db().begin().await?;
        if posts::end(&mut tx, school, kind.code(), person, portal.now()).await? {
            let entry = acted(AuditEvent::PersonChanged, visit, actor, person)
                .detail("school", school.to_string())
                .detail("post_ended", kind.code());
            portal.audit().append(&mut tx, entry).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Gives somebody a role, and ends their sessions. Nothing happens when they have it already.
    ///
    /// # Errors
    /// [`StaffError`].
    pub async fn grant(
        &self,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
        grant: &Grant<Uuid>,
    ) -> Result<(), StaffError> {
        let row = self.judged(visit, actor, person, grant).await?;
        let portal = self.portal;
        let mut tx = portal.db().begin().await?;
        let account = people::lock_account_of(&mut tx, person).await?;
        let mut tx = portal.access().staff_guard_within(tx, visit, actor, person).await?;
        let same =
            |held: &RoleRow| held.role == row.role && held.school_id == row.school_id && held.class_id == row.class_id;
        if roles::list(&mut tx, person.0).await?.iter().any(same) {
            return Ok(());
        }
        roles::insert(&mut tx, RoleId::new(portal.now(), portal.rng()), person, &row).await?;
        self.finish(tx, acted(AuditEvent::RoleGranted, visit, actor, person), &row, account).await
    }

    /// Takes a role from somebody, and ends their sessions. Nothing happens when they do not have it.
    ///
    /// # Errors
    /// [`StaffError`].
    pub async fn revoke(
        &self,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
        grant: &Grant<Uuid>,
    ) -> Result<(), StaffError> {
        let row = self.judged(visit, actor, person, grant).await?;
        let mut tx = self.portal.db().begin().await?;
        let account = people::lock_account_of(&mut tx, person).await?;
        let mut tx = self.portal.access().staff_guard_within(tx, visit, actor, person).await?;
        if !roles::delete(&mut tx, person, &row).await? {
            return Ok(());
        }
        self.finish(tx, acted(AuditEvent::RoleRevoked, visit, actor, person), &row, account).await
    }

    /// The row of a role that the actor may give to, or take from, this person.
    async fn judged(
        &self,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
        grant: &Grant<Uuid>,
    ) -> Result<RoleRow, StaffError> {
        let portal = self.portal;
        let access = portal.access();
        let target = match (grant.role, grant.school_id, grant.class_id) {
            (Role::SystemAdministrator, None, None) => Target::Everything,
            (Role::ClassTeacher, Some(school), Some(_))
            | (Role::DeputyHead | Role::SchoolAdministrator, Some(school), None) => Target::School(school),
            _ => return Err(StaffError::Grant),
        };
        access.require(visit, actor, Permission::EditStaff, &target).await?;
        // Today those who may edit staff are administrators, and above them there is nobody but who may do everything. Should the table
        // ever let others edit staff, they still give nothing that they do not have.
        let own =
            actor.grants.iter().filter(|own| own.allows(Permission::EditStaff, &target)).map(|own| own.role).max();
        if own < Some(grant.role) {
            return Err(access.refuse(visit, actor, Permission::EditStaff, Some(person), &[target]).await.into());
        }
        if person == actor.person_id {
            return Err(StaffError::Own);
        }
        // A person who is staff elsewhere too is changed by those alone who may edit staff there as well.
        access.person(visit, actor, Permission::EditPersonalData, person).await?;
        access.staff_guard(visit, actor, person).await?;
        match (grant.school_id, grant.class_id) {
            (Some(school), Some(class)) => {
                if access.find_class(class.into()).await?.school_id.0 != school {
                    return Err(StaffError::Grant);
                }
            }
            (Some(school), None) => {
                schools::read(portal.db(), school).await?.ok_or(AccessError::NotFound)?;
            }
            (None, _) => {}
        }
        if actor.fresh_until <= portal.now() {
            return Err(StaffError::ProofNeeded);
        }
        Ok(RoleRow { role: grant.role.code().to_owned(), school_id: grant.school_id, class_id: grant.class_id })
    }

    /// Ends the sessions of whoever got or lost a role, and writes it down.
    async fn finish(
        &self,
        mut tx: Tx,
        entry: AuditEntry,
        row: &RoleRow,
        account: Option<Uuid>,
    ) -> Result<(), StaffError> {
        let ended = match account {
            Some(account) => sessions::delete_others(&mut tx, account, Uuid::nil()).await?.len(),
            None => 0,
        };
        let entry = entry
            .detail("role", row.role.as_str())
            .detail("school", json!(row.school_id))
            .detail("class", json!(row.class_id))
            .detail("sessions_ended", ended);
        self.portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }
}

fn acted(event: AuditEvent, visit: &Visit, actor: &Session, person: PersonId) -> AuditEntry {
    AuditEntry::new(event, Outcome::Success, visit).actor(actor.person_id).person(person)
}
