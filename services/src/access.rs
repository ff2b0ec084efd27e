//! Who may do what, asked before everything that staff do. The table itself is [`domain::rights`]; here it meets the roster: which schools
//! and classes a person has to do with. Every refusal is audited.

use domain::{ClassHead, ClassTitle, Country, Locale, Permission, Role, SchoolYear, Target, allows};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::error::{CryptoError, StoreError};
use crate::ids::{ClassId, PersonId, SchoolId};
use crate::people::OpenError;
use crate::portal::{Portal, SessionsError};
use crate::sessions::Session;
use crate::store::classes::ClassRow;
use crate::store::enrolments::TieRow;
use crate::store::{Tx, classes, enrolments};
use crate::visit::Visit;

/// Why something was not done, or not shown.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The rights do not reach so far. It is in the audit log.
    #[error("not allowed")]
    Refused,
    /// There is no such class, person or thing.
    #[error("no such thing")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored value cannot be opened.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl AccessError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused => "ACCESS-01",
            Self::NotFound => "ACCESS-02",
            Self::Store(error) => error.code(),
            Self::Crypto(error) => error.code(),
        }
    }
}

impl From<OpenError> for AccessError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            OpenError::Crypto(error) => Self::Crypto(error),
        }
    }
}

impl From<SessionsError> for AccessError {
    fn from(error: SessionsError) -> Self {
        match error {
            SessionsError::NotFound => Self::NotFound,
            SessionsError::Store(error) => Self::Store(error),
            SessionsError::Crypto(error) => Self::Crypto(error),
        }
    }
}

/// A class that somebody may do something to.
#[derive(Clone, Debug)]
pub struct ClassInReach {
    /// The class.
    pub id: ClassId,
    /// Its school.
    pub school_id: SchoolId,
    /// Its school's name.
    pub school: String,
    /// `5А`.
    pub title: ClassTitle,
    /// Its school year.
    pub year: SchoolYear,
    /// The country of its school: whose phone numbers are meant when none is typed.
    pub country: Country,
    /// The language of its school.
    pub locale: Locale,
    /// Its year is over.
    pub archived: bool,
}

impl ClassInReach {
    fn new(row: ClassRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ClassId(row.id),
            school_id: SchoolId(row.school_id),
            school: row.school,
            title: stored_title(&row.title)?,
            year: stored_year(row.year)?,
            country: stored_country(&row.country)?,
            locale: Locale::from_code(&row.locale).ok_or(StoreError::Corrupt { column: "schools.locale" })?,
            archived: row.archived_at.is_some(),
        })
    }

    /// What rights are asked about.
    pub fn target(&self) -> Target<Uuid> {
        Target::Class { school_id: self.school_id.0, class_id: self.id.0 }
    }

    /// In a few words, for the page and the API.
    pub fn head(&self) -> ClassHead {
        ClassHead {
            id: self.id.to_string(),
            school_id: self.school_id.to_string(),
            school: self.school.clone(),
            title: self.title.as_str().to_owned(),
            year: self.year.year(),
            country: self.country,
        }
    }
}

pub(crate) fn stored_title(title: &str) -> Result<ClassTitle, StoreError> {
    ClassTitle::parse(title).map_err(|_| StoreError::Corrupt { column: "classes.title" })
}

pub(crate) fn stored_year(year: i64) -> Result<SchoolYear, StoreError> {
    let year = i32::try_from(year).map_err(|_| StoreError::Corrupt { column: "classes.year" })?;
    Ok(SchoolYear::starting(year))
}

pub(crate) fn stored_country(country: &str) -> Result<Country, StoreError> {
    Country::from_code(country).ok_or(StoreError::Corrupt { column: "schools.country" })
}

/// A class that a person is a student of, or a parent in.
#[derive(Clone, Copy)]
pub(crate) struct ClassTie {
    pub school_id: Uuid,
    pub class_id: Uuid,
    pub country: Country,
    /// The person is a student there, not a parent.
    pub as_student: bool,
}

impl ClassTie {
    pub(crate) fn target(&self) -> Target<Uuid> {
        Target::Class { school_id: self.school_id, class_id: self.class_id }
    }
}

/// What a person has to do with schools and classes now.
#[derive(Clone, Default)]
pub(crate) struct Ties {
    pub classes: Vec<ClassTie>,
    /// Where the person works or has a role.
    pub staff: Vec<Target<Uuid>>,
    /// The highest role, wherever it is for.
    pub role: Option<Role>,
}

impl Ties {
    fn found(rows: Vec<TieRow>) -> Result<Self, AccessError> {
        if rows.is_empty() { Err(AccessError::NotFound) } else { Ok(Self::new(rows)?) }
    }

    fn new(rows: Vec<TieRow>) -> Result<Self, StoreError> {
        let mut ties = Self::default();
        for row in rows {
            match (row.kind.as_str(), row.school_id, row.class_id) {
                ("person", ..) => {}
                (kind @ ("student" | "parent"), Some(school_id), Some(class_id)) => {
                    let country = stored_country(row.country.as_deref().unwrap_or_default())?;
                    ties.classes.push(ClassTie { school_id, class_id, country, as_student: kind == "student" });
                }
                ("post", Some(school), _) => ties.staff.push(Target::School(school)),
                (role, school, _) => {
                    let role = Role::from_code(role).ok_or(StoreError::Corrupt { column: "roles.role" })?;
                    ties.role = ties.role.max(Some(role));
                    // A system administrator belongs to no school, whatever the row names.
                    let everywhere = role == Role::SystemAdministrator;
                    ties.staff.push(school.filter(|_| !everywhere).map_or(Target::Everything, Target::School));
                }
            }
        }
        Ok(ties)
    }

    /// Whether the person works at a school or has any role.
    pub(crate) fn is_staff(&self) -> bool {
        !self.staff.is_empty()
    }

    /// Everything that rights are asked about.
    pub(crate) fn targets(&self) -> Vec<Target<Uuid>> {
        let targets: Vec<_> = self.classes.iter().map(ClassTie::target).chain(self.staff.iter().copied()).collect();
        if targets.is_empty() { vec![Target::Everything] } else { targets }
    }

    /// The classes in which the person is a student; what belongs to none is for those alone who may do it everywhere.
    pub(crate) fn student_targets(&self) -> Vec<Target<Uuid>> {
        let own = self.classes.iter().filter(|tie| tie.as_student);
        let targets: Vec<_> = own.map(ClassTie::target).collect();
        if targets.is_empty() { vec![Target::Everything] } else { targets }
    }

    /// The first class in which the actor may do it.
    pub(crate) fn class_for(&self, actor: &Session, permission: Permission) -> Option<&ClassTie> {
        self.classes.iter().find(|tie| allows(&actor.grants, permission, &tie.target()))
    }

    /// Whether the actor may touch this person's way in, as far as the person is staff: whoever could change the mobile of an
    /// administrator would be the administrator. So the right to edit staff must cover every place where the person has a say.
    pub(crate) fn staff_covered_by(&self, actor: &Session) -> bool {
        self.staff.iter().all(|target| allows(&actor.grants, Permission::EditStaff, target))
    }
}

/// Who may do what: asked before everything that staff do.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    pub(crate) portal: &'a Portal,
}

impl Access<'_> {
    /// Whether somebody may do something. Nothing is written down: for deciding what to offer.
    pub fn has(&self, actor: &Session, permission: Permission, target: &Target<Uuid>) -> bool {
        allows(&actor.grants, permission, target)
    }

    /// Refuses, and writes it down, unless somebody may do something.
    ///
    /// # Errors
    /// [`AccessError::Refused`]; the database's errors.
    pub async fn require(
        &self,
        visit: &Visit,
        actor: &Session,
        permission: Permission,
        target: &Target<Uuid>,
    ) -> Result<(), AccessError> {
        if self.has(actor, permission, target) {
            return Ok(());
        }
        Err(self.refuse(visit, actor, permission, None, &[*target]).await)
    }

    /// A class that somebody may do something to.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] when there is no such class, [`AccessError::Refused`]; the database's errors.
    pub async fn class(
        &self,
        visit: &Visit,
        actor: &Session,
        permission: Permission,
        class: ClassId,
    ) -> Result<ClassInReach, AccessError> {
        let class = self.find_class(class).await?;
        self.require(visit, actor, permission, &class.target()).await?;
        Ok(class)
    }

    /// What a person belongs to, when somebody may do something to them: as a student, as a student's parent, or as a member of staff.
    /// Who belongs to nothing is for those alone who may do it everywhere.
    ///
    /// Changing the way in of a person who is staff needs [`Access::staff_guard`] too.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] when there is no such person, [`AccessError::Refused`]; the database's errors.
    pub async fn person(
        &self,
        visit: &Visit,
        actor: &Session,
        permission: Permission,
        person: PersonId,
    ) -> Result<Vec<Target<Uuid>>, AccessError> {
        let targets = self.ties(person).await?.targets();
        if targets.iter().any(|target| self.has(actor, permission, target)) {
            return Ok(targets);
        }
        Err(self.refuse(visit, actor, permission, Some(person), &targets).await)
    }

    /// Refuses what could open the account of a member of staff to somebody who may not edit staff wherever that person works or has a
    /// role; nobody but a system administrator passes for a system administrator. Who is no staff passes.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] when there is no such person, [`AccessError::Refused`]; the database's errors.
    pub async fn staff_guard(&self, visit: &Visit, actor: &Session, person: PersonId) -> Result<(), AccessError> {
        let ties = self.ties(person).await?;
        if ties.staff_covered_by(actor) {
            return Ok(());
        }
        Err(self.refuse(visit, actor, Permission::EditStaff, Some(person), &ties.staff).await)
    }

    /// The same in the transaction that writes, once the person's row is held: whoever has become staff since
    /// [`Access::staff_guard`] looked is refused, too. What the transaction did is undone then, and the refusal written down in one of
    /// its own.
    ///
    /// # Errors
    /// As [`Access::staff_guard`].
    pub(crate) async fn staff_guard_within(
        &self,
        mut tx: Tx,
        visit: &Visit,
        actor: &Session,
        person: PersonId,
    ) -> Result<Tx, AccessError> {
        let ties = self.ties_within(&mut tx, person).await?;
        if ties.staff_covered_by(actor) {
            return Ok(tx);
        }
        tx.rollback().await?;
        Err(self.refuse(visit, actor, Permission::EditStaff, Some(person), &ties.staff).await)
    }

    /// A class, whoever asks.
    pub(crate) async fn find_class(&self, class: ClassId) -> Result<ClassInReach, AccessError> {
        let row = classes::read(self.portal.db(), class.0).await?.ok_or(AccessError::NotFound)?;
        Ok(ClassInReach::new(row)?)
    }

    /// What a person has to do with schools and classes, whoever asks.
    pub(crate) async fn ties(&self, person: PersonId) -> Result<Ties, AccessError> {
        Ties::found(enrolments::list_ties(self.portal.db(), person.0).await?)
    }

    /// The same inside a transaction, for what must not be decided on what was so a moment ago.
    pub(crate) async fn ties_within(&self, tx: &mut Tx, person: PersonId) -> Result<Ties, AccessError> {
        Ties::found(enrolments::find_ties(tx, person.0).await?)
    }

    /// Writes a refusal down; what is returned is the refusal, or why it could not be written.
    pub(crate) async fn refuse(
        &self,
        visit: &Visit,
        actor: &Session,
        permission: Permission,
        person: Option<PersonId>,
        targets: &[Target<Uuid>],
    ) -> AccessError {
        match self.write_refusal(visit, actor, permission, person, targets).await {
            Ok(()) => AccessError::Refused,
            Err(error) => AccessError::Store(error),
        }
    }

    async fn write_refusal(
        &self,
        visit: &Visit,
        actor: &Session,
        permission: Permission,
        person: Option<PersonId>,
        targets: &[Target<Uuid>],
    ) -> Result<(), StoreError> {
        let portal = self.portal;
        let mut entry = AuditEntry::new(AuditEvent::AccessRefused, Outcome::Refused, visit)
            .actor(actor.person_id)
            .detail("permission", json!(permission))
            .detail("targets", targets.iter().map(shown_target).collect::<Vec<Value>>());
        if let Some(person) = person {
            entry = entry.person(person);
        }
        let mut tx = portal.db().begin().await?;
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await
    }
}

/// A target as the audit log names it: ids only.
fn shown_target(target: &Target<Uuid>) -> Value {
    match target {
        Target::Class { school_id, class_id } => json!({ "school": school_id, "class": class_id }),
        Target::School(school_id) => json!({ "school": school_id }),
        Target::Everything => json!("everything"),
    }
}
