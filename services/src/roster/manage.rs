//! Schools and classes as administrators keep them by hand, and who comes, moves and goes. What a roster brings goes the
//! same way as before (`imports`); moves keep their history either way.

use domain::{BirthDate, ClassTitle, Country, Locale, Permission, SchoolYear, Target};
use serde_json::json;
use time::OffsetDateTime;

use super::{NewClass, NewSchool, Roster, school_entry};
use crate::access::{AccessError, stored_title, stored_year};
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::class_events::ClassEvent;
use crate::clock::{DAY, Timestamp};
use crate::error::StoreError;
use crate::ids::{ClassId, PersonId, SchoolId};
use crate::one_line::one_line;
use crate::people::{NewPerson, latest_birth_date};
use crate::sessions::Session;
use crate::store::schools::{self, SchoolRow};
use crate::store::{Tx, classes, enrolments, groups, people};
use crate::visit::Visit;

/// The longest name of a school in characters.
const LONGEST_NAME: usize = 120;

/// How long somebody who was let go can be taken back.
const RETURN_WITHIN_MS: i64 = 30 * DAY;

/// A class in the list of all of a school's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownClass {
    /// Its id.
    pub id: ClassId,
    /// `5А`.
    pub title: ClassTitle,
    /// Its school year.
    pub year: SchoolYear,
    /// It is over, and kept for its history.
    pub archived: bool,
    /// How many students are in it.
    pub students: u32,
}

/// What a school is to be called, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct SchoolDetails<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its country: whose phone numbers are meant when none is typed.
    pub country: Country,
    /// Its language.
    pub locale: Locale,
}

/// Why something with a school or a class was not done.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// Not allowed, or no such school, class or student.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The name is blank, too long, or has something unprintable in it.
    #[error("the name cannot be used")]
    Name,
    /// The school has a class of this title in this year.
    #[error("the school has such a class")]
    Taken,
    /// The class is over.
    #[error("the class is over")]
    Archived,
    /// The student is not in the class.
    #[error("the student is not in the class")]
    NotInClass,
    /// The student's birth date is still to come.
    #[error("the birth date is in the future")]
    Unborn,
    /// Somebody else has changed it since it was seen.
    #[error("it was changed meanwhile")]
    Stale,
}

impl ManageError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::Name => "ROSTER-MANAGE-01",
            Self::Taken => "ROSTER-MANAGE-02",
            Self::Archived => "ROSTER-MANAGE-03",
            Self::NotInClass => "ROSTER-MANAGE-04",
            Self::Unborn => "ROSTER-MANAGE-05",
            Self::Stale => "ROSTER-MANAGE-06",
        }
    }
}

impl From<StoreError> for ManageError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Duplicate(_) => Self::Taken,
            error => Self::Access(AccessError::Store(error)),
        }
    }
}

impl Roster<'_> {
    /// The school year of now.
    pub fn this_year(&self) -> SchoolYear {
        school_year(self.portal.now())
    }

    /// All classes of a school, those that are over too: the newest year first, grade by grade.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn known_classes(
        &self,
        visit: &Visit,
        actor: &Session,
        school: SchoolId,
    ) -> Result<Vec<KnownClass>, AccessError> {
        let portal = self.portal;
        portal.access().require(visit, actor, Permission::ReadClasses, &Target::School(school.0)).await?;
        let rows = classes::list_known(portal.db(), school.0).await?;
        let known = rows.into_iter().map(|row| {
            Ok(KnownClass {
                id: ClassId(row.id),
                title: stored_title(&row.title)?,
                year: stored_year(row.year)?,
                archived: row.archived_at.is_some(),
                students: u32::try_from(row.students).unwrap_or(u32::MAX),
            })
        });
        let mut known = known.collect::<Result<Vec<_>, StoreError>>()?;
        known.sort_by(|a, b| b.year.cmp(&a.year).then_with(|| a.title.cmp(&b.title)));
        Ok(known)
    }

    /// Adds a school.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn add_school(
        &self,
        visit: &Visit,
        actor: &Session,
        details: SchoolDetails<'_>,
    ) -> Result<SchoolId, ManageError> {
        let portal = self.portal;
        portal.access().require(visit, actor, Permission::ManageSchools, &Target::Everything).await?;
        let name = one_line(details.name, LONGEST_NAME).ok_or(ManageError::Name)?;
        let new =
            NewSchool { id: None, name: &name, country: details.country, locale: details.locale, source_id: None };
        let mut tx = portal.db().begin().await?;
        let id = self.create_school(&mut tx, &new, portal.now()).await?;
        let entry = changed(visit, actor, id, "school_added").after(json!({ "name": name }));
        self.note(tx, entry).await?;
        Ok(id)
    }

    /// Gives a school another name, country or language. With `seen`, it must still have that
    /// [`version`](super::SchoolEntry::version).
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn change_school(
        &self,
        visit: &Visit,
        actor: &Session,
        school: SchoolId,
        seen: Option<&str>,
        details: SchoolDetails<'_>,
    ) -> Result<(), ManageError> {
        let portal = self.portal;
        portal.access().require(visit, actor, Permission::ManageSchools, &Target::Everything).await?;
        let row = SchoolRow {
            id: school.0,
            name: one_line(details.name, LONGEST_NAME).ok_or(ManageError::Name)?,
            country: details.country.code().to_owned(),
            locale: details.locale.code().to_owned(),
            source_id: None,
        };
        let shown = |row: &SchoolRow| json!({ "name": row.name, "country": row.country, "locale": row.locale });
        let mut tx = portal.db().begin().await?;
        let before = schools::hold(&mut tx, school.0).await?.ok_or(AccessError::NotFound)?;
        // The same change made twice is none.
        if shown(&before) == shown(&row) {
            return Ok(());
        }
        let version = school_entry(&before)?.version();
        if seen.is_some_and(|seen| seen != version) {
            return Err(ManageError::Stale);
        }
        schools::update(&mut tx, &row, portal.now()).await?;
        let entry = changed(visit, actor, school, "school_changed").before(shown(&before)).after(shown(&row));
        self.note(tx, entry).await
    }

    /// Adds a class without students to a school.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn add_class(
        &self,
        visit: &Visit,
        actor: &Session,
        school: SchoolId,
        title: &ClassTitle,
        year: SchoolYear,
    ) -> Result<ClassId, ManageError> {
        let portal = self.portal;
        portal.access().require(visit, actor, Permission::EditClasses, &Target::School(school.0)).await?;
        schools::read(portal.db(), school.0).await?.ok_or(AccessError::NotFound)?;
        let mut tx = portal.db().begin().await?;
        let new = NewClass { id: None, school, title, year, source_id: None };
        let id = self.create_class(&mut tx, &new, portal.now()).await?;
        let entry = changed(visit, actor, school, "class_added").detail("class", id.to_string());
        self.note(tx, entry).await?;
        Ok(id)
    }

    /// Gives a class another title. With `seen`, that must still be the title that it has.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn rename_class(
        &self,
        visit: &Visit,
        actor: &Session,
        class: ClassId,
        seen: Option<&str>,
        title: &ClassTitle,
    ) -> Result<(), ManageError> {
        let portal = self.portal;
        let found = portal.access().class(visit, actor, Permission::EditClasses, class).await?;
        let mut tx = portal.db().begin().await?;
        if !classes::hold(&mut tx, class, portal.now()).await? {
            return Err(ManageError::Archived);
        }
        let before = classes::title(&mut tx, class).await?;
        // The same change made twice is none.
        if before == title.as_str() {
            return Ok(());
        }
        if seen.is_some_and(|seen| seen != before) {
            return Err(ManageError::Stale);
        }
        classes::rename(&mut tx, class, title).await?;
        let entry = changed(visit, actor, found.school_id, "class_renamed")
            .detail("class", class.to_string())
            .before(json!({ "title": before }))
            .after(json!({ "title": title.as_str() }));
        tx.announce(&[ClassEvent::Roster { class_id: class }]).await?;
        self.note(tx, entry).await
    }

    /// Closes a class, whose year is over: its students are in it no longer, and it is kept for its history. Or opens it again, with
    /// those whose stay ended when it was closed and who are in no class since.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn set_archived(
        &self,
        visit: &Visit,
        actor: &Session,
        class: ClassId,
        archived: bool,
    ) -> Result<(), ManageError> {
        let portal = self.portal;
        let found = portal.access().class(visit, actor, Permission::EditClasses, class).await?;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let (students, from, to) = if archived {
            if !classes::close(&mut tx, class, now).await? {
                return Ok(());
            }
            (enrolments::end_all(&mut tx, class, now).await?, Some(class), None)
        } else {
            let students = enrolments::resume_all(&mut tx, class).await?;
            if !classes::reopen(&mut tx, class, now).await? {
                return Ok(());
            }
            (students, None, Some(class))
        };
        for student in &students {
            portal.audit().append(&mut tx, moved(visit, actor, PersonId(*student), from, to)).await?;
        }
        let what = if archived { "class_archived" } else { "class_restored" };
        let entry = changed(visit, actor, found.school_id, what)
            .detail("class", class.to_string())
            .detail("students", students.len());
        tx.announce(&[ClassEvent::Roster { class_id: class }]).await?;
        self.note(tx, entry).await
    }

    /// Enters somebody new as a student of a class.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn add_student(
        &self,
        visit: &Visit,
        actor: &Session,
        class: ClassId,
        new: &NewPerson,
    ) -> Result<PersonId, ManageError> {
        let portal = self.portal;
        portal.access().class(visit, actor, Permission::EditClasses, class).await?;
        let now = portal.now();
        if new.birth_date.is_some_and(|born| latest_birth_date(now).is_some_and(|latest| born > latest)) {
            return Err(ManageError::Unborn);
        }
        let mut tx = portal.db().begin().await?;
        if !classes::hold(&mut tx, class, now).await? {
            return Err(ManageError::Archived);
        }
        let student = portal.people().create(&mut tx, new, now).await?;
        self.enrol(&mut tx, class, student, now).await?;
        let created = AuditEntry::new(AuditEvent::PersonCreated, Outcome::Success, visit)
            .actor(actor.person_id)
            .person(student)
            .after(json!({
                "surname": new.name.surname(),
                "given_name": new.name.given_name(),
                "patronymic": new.name.patronymic(),
                "birth_date": new.birth_date.map(BirthDate::to_iso),
            }));
        portal.audit().append(&mut tx, created).await?;
        tx.announce(&[ClassEvent::Roster { class_id: class }]).await?;
        self.note(tx, moved(visit, actor, student, None, Some(class))).await?;
        Ok(student)
    }

    /// Moves a student from one class to another of the same school or of another one within reach, or lets them leave. Both
    /// stays are kept.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn move_student(
        &self,
        visit: &Visit,
        actor: &Session,
        student: PersonId,
        from: ClassId,
        to: Option<ClassId>,
    ) -> Result<(), ManageError> {
        let portal = self.portal;
        portal.access().class(visit, actor, Permission::EditClasses, from).await?;
        if let Some(to) = to {
            portal.access().class(visit, actor, Permission::EditClasses, to).await?;
        }
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        if let Some(to) = to
            && !classes::hold(&mut tx, to, now).await?
        {
            return Err(ManageError::Archived);
        }
        people::lock(&mut tx, student).await?;
        if to == Some(from) || !self.leave(&mut tx, from, student, now).await? {
            return Err(ManageError::NotInClass);
        }
        let mut seen = vec![ClassEvent::Roster { class_id: from }];
        if let Some(to) = to {
            self.enrol(&mut tx, to, student, now).await?;
            seen.push(ClassEvent::Roster { class_id: to });
        }
        groups::delete_left(&mut tx, student).await?;
        tx.announce(&seen).await?;
        self.note(tx, moved(visit, actor, student, Some(from), to)).await
    }

    /// Takes a student back into the class that they have left last, within a month and while they are in none: for whoever let them
    /// leave by mistake. Later they may be another school's.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn return_student(
        &self,
        visit: &Visit,
        actor: &Session,
        student: PersonId,
        class: ClassId,
    ) -> Result<(), ManageError> {
        let portal = self.portal;
        portal.access().class(visit, actor, Permission::EditClasses, class).await?;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        if !classes::hold(&mut tx, class, now).await? {
            return Err(ManageError::Archived);
        }
        people::lock(&mut tx, student).await?;
        let last = enrolments::last_stay(&mut tx, student).await?;
        let left = last.filter(|(last, _)| *last == class.0).and_then(|(_, until)| until);
        if left.is_none_or(|left| left < now - RETURN_WITHIN_MS) {
            return Err(ManageError::NotInClass);
        }
        self.enrol(&mut tx, class, student, now).await?;
        tx.announce(&[ClassEvent::Roster { class_id: class }]).await?;
        self.note(tx, moved(visit, actor, student, None, Some(class))).await
    }

    async fn note(&self, mut tx: Tx, entry: AuditEntry) -> Result<(), ManageError> {
        self.portal.audit().append(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }
}

/// The school year that a moment belongs to.
pub(crate) fn school_year(now: Timestamp) -> SchoolYear {
    let date = OffsetDateTime::from_unix_timestamp(now.div_euclid(1_000)).unwrap_or(OffsetDateTime::UNIX_EPOCH).date();
    SchoolYear::of_date(date.year(), u8::from(date.month()))
}

fn changed(visit: &Visit, actor: &Session, school: SchoolId, what: &str) -> AuditEntry {
    AuditEntry::new(AuditEvent::SchoolChanged, Outcome::Success, visit)
        .actor(actor.person_id)
        .detail("school", school.to_string())
        .detail("what", what)
}

fn moved(visit: &Visit, actor: &Session, student: PersonId, from: Option<ClassId>, to: Option<ClassId>) -> AuditEntry {
    AuditEntry::new(AuditEvent::EnrolmentChanged, Outcome::Success, visit)
        .actor(actor.person_id)
        .person(student)
        .detail("from", json!(from.map(|class| class.to_string())))
        .detail("to", json!(to.map(|class| class.to_string())))
}
