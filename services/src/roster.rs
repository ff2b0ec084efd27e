//! Schools, their classes, and who belongs to them: what staff see of it, and what an import or the demo writes.

mod family;
mod manage;
mod number;
mod personal;

use std::collections::HashMap;

use domain::{ClassHead, ClassTitle, Country, Locale, Permission, PersonName, PersonRecord, PostKind, Readiness};
use domain::{Relation, SchoolYear, Target};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::access::{AccessError, stored_country, stored_title, stored_year};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::ids::{ClassId, EnrolmentId, PersonId, PostId, SchoolId};
use crate::people::{name_on_file, short_name};
use crate::portal::Portal;
use crate::sessions::Session;
use crate::store::classes::{self, NewClassRow};
use crate::store::schools::{self, SchoolRow};
use crate::store::{Tx, enrolments, guardians, posts};
use crate::visit::Visit;

pub use family::RightsChange;
pub(crate) use manage::school_year;
pub use manage::{KnownClass, ManageError, SchoolDetails};
pub use number::NumberError;
pub use personal::{FieldOrigin, PersonalRecord, Relative, Source, Stay};

/// A school in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchoolEntry {
    /// Its id.
    pub id: SchoolId,
    /// Its name.
    pub name: String,
    /// Its country: whose phone numbers are meant when none is typed.
    pub country: Country,
    /// Its language.
    pub locale: Locale,
}

impl SchoolEntry {
    /// What tells whether somebody has changed the school since: with another name, country or language, another version.
    pub fn version(&self) -> String {
        let parts = [self.name.as_str(), self.country.code(), self.locale.code()];
        // No name has a zero in it.
        let hashed = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part).chain_update([0_u8]));
        hashed.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A class in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassEntry {
    /// Its id.
    pub id: ClassId,
    /// Its school.
    pub school_id: SchoolId,
    /// `5А`.
    pub title: ClassTitle,
    /// Its school year.
    pub year: SchoolYear,
    /// How many students are in it.
    pub students: u32,
    /// The short names of its class teachers.
    pub teachers: Vec<String>,
}

/// A person in the register: no value that could be copied, only what is there.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a column of the register")]
pub struct PersonLine {
    /// The person.
    pub id: PersonId,
    /// The name; a part that was not typed yet is stood in for by the other one.
    pub name: PersonName,
    /// Whether there is an account.
    pub has_account: bool,
    /// Whether a mobile is on file.
    pub mobile: bool,
    /// Whether an e-mail is on file.
    pub email: bool,
    /// Whether a way to sign in can work: for a student through Gosuslugi, for a parent with an account.
    pub can_sign_in: bool,
    /// What a parent is to the student; none for the student.
    pub relation: Option<Relation>,
    /// A parent may be contacted about the student.
    pub may_contact: bool,
}

impl std::fmt::Debug for PersonLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonLine").field("id", &self.id).field("relation", &self.relation).finish_non_exhaustive()
    }
}

/// A student in the register.
#[derive(Clone, Debug)]
pub struct RegisterLine {
    /// The number, from 1.
    pub number: u32,
    /// The student.
    pub student: PersonLine,
    /// Whether the sign-in through Gosuslugi can work.
    pub readiness: Readiness,
    /// The parents: mother first, then father, then the others. Whoever has no name yet is left out.
    pub parents: Vec<PersonLine>,
}

/// A school to be entered.
#[derive(Clone, Debug)]
pub struct NewSchool<'a> {
    /// Its id, where one is given from outside (a demo, whose ids are always the same).
    pub id: Option<SchoolId>,
    /// Its name.
    pub name: &'a str,
    /// Its country.
    pub country: Country,
    /// Its language.
    pub locale: Locale,
    /// What its roster calls it.
    pub source_id: Option<&'a str>,
}

/// A class to be entered.
#[derive(Clone, Debug)]
pub struct NewClass<'a> {
    /// Its id, where one is given from outside.
    pub id: Option<ClassId>,
    /// Its school.
    pub school: SchoolId,
    /// `5А`.
    pub title: &'a ClassTitle,
    /// Its school year.
    pub year: SchoolYear,
    /// What its roster calls it.
    pub source_id: Option<&'a str>,
}

/// Schools, classes and who belongs to them.
#[derive(Clone, Copy)]
pub struct Roster<'a> {
    pub(crate) portal: &'a Portal,
}

impl Roster<'_> {
    /// The schools that the actor's rights reach, by name.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn schools(&self, actor: &Session) -> Result<Vec<SchoolEntry>, AccessError> {
        let portal = self.portal;
        let everywhere = portal.access().has(actor, Permission::ReadContacts, &Target::Everything);
        let rows = if everywhere {
            schools::list(portal.db()).await?
        } else {
            let mut ids: Vec<Uuid> = actor.grants.iter().filter_map(|grant| grant.school_id).collect();
            ids.sort_unstable();
            ids.dedup();
            let mut rows = Vec::with_capacity(ids.len());
            for id in ids {
                rows.extend(schools::read(portal.db(), id).await?);
            }
            rows.sort_by(|a: &SchoolRow, b| a.name.cmp(&b.name));
            rows
        };
        Ok(rows.iter().map(school_entry).collect::<Result<_, StoreError>>()?)
    }

    /// The schools that the actor's rights reach, and the one of them that is asked for: the first when none is. A school
    /// that is out of reach is refused, and written down.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] when there is no such school, [`AccessError::Refused`]; the database's errors.
    pub async fn choose_school(
        &self,
        visit: &Visit,
        actor: &Session,
        asked: Option<SchoolId>,
    ) -> Result<(Vec<SchoolEntry>, Option<SchoolEntry>), AccessError> {
        let portal = self.portal;
        let all = self.schools(actor).await?;
        let Some(asked) = asked else {
            let first = all.first().cloned();
            return Ok((all, first));
        };
        if let Some(found) = all.iter().find(|school| school.id == asked).cloned() {
            return Ok((all, Some(found)));
        }
        schools::read(portal.db(), asked.0).await?.ok_or(AccessError::NotFound)?;
        let target = Target::School(asked.0);
        Err(portal.access().refuse(visit, actor, Permission::ReadContacts, None, &[target]).await)
    }

    /// The classes of a school that the actor may open, grade by grade.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] when there is no such school, [`AccessError::Refused`] when none of its classes is within reach.
    pub async fn classes(
        &self,
        visit: &Visit,
        actor: &Session,
        school: SchoolId,
    ) -> Result<Vec<ClassEntry>, AccessError> {
        let portal = self.portal;
        schools::read(portal.db(), school.0).await?.ok_or(AccessError::NotFound)?;
        let target = Target::School(school.0);
        let found = self.classes_within_reach(actor, school).await?;
        // Who leads a class of the school sees it without any right to the school.
        if found.is_empty() {
            portal.access().require(visit, actor, Permission::ReadContacts, &target).await?;
        }
        Ok(found)
    }

    /// The classes that the actor may open, school by school and grade by grade. Whoever may open every class of every school gets those of
    /// the first school: the others are asked for by name ([`Roster::classes`]).
    ///
    /// # Errors
    /// The database's errors.
    pub async fn my_classes(&self, actor: &Session) -> Result<Vec<ClassEntry>, AccessError> {
        let mut schools = self.schools(actor).await?;
        if self.portal.access().has(actor, Permission::ReadContacts, &Target::Everything) {
            schools.truncate(1);
        }
        let mut found = Vec::new();
        for school in schools {
            found.extend(self.classes_within_reach(actor, school.id).await?);
        }
        Ok(found)
    }

    async fn classes_within_reach(&self, actor: &Session, school: SchoolId) -> Result<Vec<ClassEntry>, AccessError> {
        let portal = self.portal;
        let rows = classes::list(portal.db(), school.0).await?;
        let mut teachers: HashMap<Uuid, Vec<String>> = HashMap::new();
        for row in classes::list_teachers(portal.db(), school.0).await? {
            let name = short_name(&row.surname, &row.given_name, row.patronymic.as_deref());
            teachers.entry(row.class_id).or_default().push(name);
        }
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let target = Target::Class { school_id: school.0, class_id: row.id };
            if portal.access().has(actor, Permission::ReadContacts, &target) {
                found.push(ClassEntry {
                    id: ClassId(row.id),
                    school_id: school,
                    title: stored_title(&row.title)?,
                    year: stored_year(row.year)?,
                    students: u32::try_from(row.students).unwrap_or(u32::MAX),
                    teachers: teachers.remove(&row.id).unwrap_or_default(),
                });
            }
        }
        found.sort_by(|a, b| a.title.cmp(&b.title).then(a.year.cmp(&b.year)));
        Ok(found)
    }

    /// The register of a class: students with readiness and parents, and which contacts are on file, not what they are.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn register(
        &self,
        visit: &Visit,
        actor: &Session,
        class: ClassId,
    ) -> Result<(ClassHead, Vec<RegisterLine>), AccessError> {
        let people = self.portal.class_editor().open(visit, actor, class).await?;
        let not_contacted = guardians::list_not_contacted(self.portal.db(), class.0).await?;
        let mut lines = Vec::with_capacity(people.students.len());
        for entry in people.students {
            let parents = entry.parents.iter();
            let student = person_line(&entry.student, entry.readiness.can, None)
                .ok_or(StoreError::Corrupt { column: "people.surname, given_name, patronymic" })?;
            let parent_line = |parent: &domain::ParentEntry| {
                let line = person_line(&parent.person, parent.person.signs_in, Some(parent.relation))?;
                let may_contact = !not_contacted.contains(&(student.id.0, line.id.0));
                Some(PersonLine { may_contact, ..line })
            };
            lines.push(RegisterLine {
                number: entry.number,
                parents: parents.filter_map(parent_line).collect(),
                student,
                readiness: entry.readiness,
            });
        }
        Ok((people.class, lines))
    }

    /// Enters a school inside the caller's transaction.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when a school has this source id; the database's other errors.
    pub async fn create_school(
        &self,
        tx: &mut Tx,
        new: &NewSchool<'_>,
        now: Timestamp,
    ) -> Result<SchoolId, StoreError> {
        let id = new.id.unwrap_or_else(|| SchoolId::new(now, self.portal.rng()));
        let row = SchoolRow {
            id: id.0,
            name: new.name.to_owned(),
            country: new.country.code().to_owned(),
            locale: new.locale.code().to_owned(),
            source_id: new.source_id.map(str::to_owned),
        };
        schools::insert(tx, &row, now).await?;
        Ok(id)
    }

    /// Enters a class inside the caller's transaction.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] when the school has a class of this title in this year; the database's other errors.
    pub async fn create_class(&self, tx: &mut Tx, new: &NewClass<'_>, now: Timestamp) -> Result<ClassId, StoreError> {
        let id = new.id.unwrap_or_else(|| ClassId::new(now, self.portal.rng()));
        let row = NewClassRow {
            id: id.0,
            school_id: new.school.0,
            title: new.title.as_str(),
            grade: i64::from(new.title.grade()),
            letter: new.title.letter(),
            year: i64::from(new.year.year()),
            source_id: new.source_id,
        };
        classes::insert(tx, &row, now).await?;
        Ok(id)
    }

    /// Puts a student into a class inside the caller's transaction; `false` when the student is in it already.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn enrol(
        &self,
        tx: &mut Tx,
        class: ClassId,
        student: PersonId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        enrolments::insert(tx, EnrolmentId::new(now, self.portal.rng()), class, student, now).await
    }

    /// Ends a student's stay in a class inside the caller's transaction; `false` when the student is not in it. The stay remains as
    /// history.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn leave(
        &self,
        tx: &mut Tx,
        class: ClassId,
        student: PersonId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        enrolments::end(tx, class, student, now).await
    }

    /// Gives a member of staff a post inside the caller's transaction; one of the same kind gets the new title. Rights come from roles,
    /// not from posts.
    ///
    /// # Errors
    /// The database's errors.
    pub async fn add_post(
        &self,
        tx: &mut Tx,
        person: PersonId,
        school: SchoolId,
        kind: PostKind,
        title: &str,
        now: Timestamp,
    ) -> Result<PostId, StoreError> {
        let id = PostId::new(now, self.portal.rng());
        posts::insert(tx, id, person, school, kind.code(), title, now).await.map(PostId)
    }
}

fn school_entry(row: &SchoolRow) -> Result<SchoolEntry, StoreError> {
    Ok(SchoolEntry {
        id: SchoolId(row.id),
        name: row.name.clone(),
        country: stored_country(&row.country)?,
        locale: Locale::from_code(&row.locale).ok_or(StoreError::Corrupt { column: "schools.locale" })?,
    })
}

/// A person in the register; none while there is no name.
fn person_line(person: &PersonRecord, can_sign_in: bool, relation: Option<Relation>) -> Option<PersonLine> {
    let fields = &person.fields;
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    Some(PersonLine {
        id: person.id.parse().ok()?,
        name: name_on_file(&part(&fields.surname), &part(&fields.given_name), fields.patronymic.as_deref())?,
        has_account: person.signs_in,
        mobile: fields.mobile.is_some(),
        email: fields.email.is_some(),
        can_sign_in,
        relation,
        may_contact: true,
    })
}
