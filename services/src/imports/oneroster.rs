//! OneRoster CSV, versions 1.2 and 1.1: many files that name each other, read one after the other, each once or twice from end to end.
//!
//! Small files (orgs, academic sessions, classes) are held; enrolments tell which school a user belongs to; users are read twice, first
//! for whose agents they are, then whole. What is held of a user is some thirty bytes, whatever the size of the file.
//! Beyond the standard, in the way that it provides for: `metadata.il.idNumber`, `metadata.il.fictitiousNumber` and
//! `metadata.ru.snils` in users, `metadata.relations` beside `agentSourcedIds`, `metadata.country` and `metadata.locale` in orgs.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use domain::{ClassTitle, Country, IdKind, Locale, PersonField, PostKind, Relation, SchoolYear};

use super::RosterError;
use super::model::{self, Fault, FileClass, FileGroup, FilePerson, FileSchool, Place, Record, Roster, Setting};
use super::report::ImportFormat;
use super::sheet::{Row, Sheet};
use super::source::Files;
use super::spill::Spill;

const MANIFEST: &str = "manifest.csv";
const ORGS: &str = "orgs.csv";
const SESSIONS: &str = "academicsessions.csv";
const CLASSES: &str = "classes.csv";
const USERS: &str = "users.csv";
const ROLES: &str = "roles.csv";
const ENROLMENTS: &str = "enrollments.csv";
const DEMOGRAPHICS: &str = "demographics.csv";

/// Whether these files are a roster of this kind.
pub(crate) fn is_oneroster(names: &[String]) -> bool {
    names.iter().any(|name| name == USERS)
}

/// Reads a roster.
pub(crate) fn read(files: &mut dyn Files, setting: &Setting, spill: Spill) -> Result<Roster, RosterError> {
    let names = files.names();
    let has = |name: &str| names.iter().any(|held| held == name);
    let mut reading = Reading {
        roster: Roster::new(ImportFormat::OneRoster12, true, spill),
        setting,
        hasher: RandomState::new(),
        users: HashMap::new(),
        crowds: Vec::new(),
        orgs: HashMap::new(),
        classes: HashMap::new(),
    };
    if has(MANIFEST) {
        refuse_delta(files)?;
    }
    let old = {
        let sheet = Sheet::open(files, USERS)?;
        for column in ["sourcedid", "familyname", "givenname"] {
            sheet.require(column)?;
        }
        sheet.has("orgsourcedids") || sheet.has("role")
    };
    if old {
        reading.roster.format = ImportFormat::OneRoster11;
    } else if !has(ROLES) {
        return Err(RosterError::MissingFile { file: ROLES.to_owned() });
    }
    reading.orgs(files)?;
    let sessions = if has(SESSIONS) { sessions(files)? } else { HashMap::new() };
    reading.classes(files, &sessions)?;
    reading.enrolments(files)?;
    if !old {
        reading.roles(files)?;
    }
    let users = reading.file(USERS);
    if old {
        reading.old_roles(files, users)?;
    }
    reading.agents(files, users)?;
    reading.users(files, users)?;
    if has(DEMOGRAPHICS) {
        reading.demographics(files)?;
    }
    Ok(reading.roster)
}

/// A delta names only what has changed: taken for the whole, it would end everybody else's stay.
fn refuse_delta(files: &mut dyn Files) -> Result<(), RosterError> {
    let mut sheet = Sheet::open(files, MANIFEST)?;
    while let Some(row) = sheet.next()? {
        let (name, value) = (row.get("propertyname"), row.get("value"));
        if name.starts_with("file.") && value.eq_ignore_ascii_case("delta") {
            return Err(RosterError::Delta { file: name });
        }
    }
    Ok(())
}

/// The school years of sessions, by their ids.
fn sessions(files: &mut dyn Files) -> Result<HashMap<String, SchoolYear>, RosterError> {
    let mut sheet = Sheet::open(files, SESSIONS)?;
    let mut years = HashMap::new();
    while let Some(row) = sheet.next()? {
        let start = row.get("startdate");
        let mut parts = start.split(['-', 'T']);
        let year = parts.next().and_then(|year| year.parse().ok());
        let month = parts.next().and_then(|month| month.parse().ok());
        if let (Some(year), Some(month)) = (year, month) {
            years.insert(row.get("sourcedid"), SchoolYear::of_date(year, month));
        }
    }
    Ok(years)
}

/// An org of the file.
#[derive(Clone, Copy)]
enum Org {
    School(usize),
    /// A district, a department: no school of ours.
    Other,
}

impl Org {
    const fn school(self) -> Option<usize> {
        match self {
            Self::School(school) => Some(school),
            Self::Other => None,
        }
    }
}

/// A class of the file, as other files name it.
#[derive(Clone, Copy)]
enum KnownClass {
    /// A class of this school.
    Of(usize),
    /// A course's group at this school.
    Group(usize),
    /// A class that was refused, or of no school of ours.
    Passed,
}

/// What is held of a user: the schools that know the user, and what was seen.
#[derive(Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "there is one for each of a million people: bits are what they are")]
struct User {
    /// 0 none, otherwise the school's number and one.
    school: u32,
    /// 0 none, otherwise the number and one of a list of further schools.
    crowd: u32,
    student: bool,
    staff: bool,
    seen: bool,
    elsewhere: bool,
}

struct Reading<'a> {
    roster: Roster,
    setting: &'a Setting,
    hasher: RandomState,
    users: HashMap<u64, User>,
    /// Further schools of users who have more than one.
    crowds: Vec<Vec<u32>>,
    orgs: HashMap<String, Org>,
    classes: HashMap<String, KnownClass>,
}

impl Reading<'_> {
    fn file(&mut self, name: &str) -> usize {
        let shown = match name {
            SESSIONS => "academicSessions.csv",
            other => other,
        };
        self.roster.files.push(shown.to_owned());
        self.roster.files.len() - 1
    }

    fn orgs(&mut self, files: &mut dyn Files) -> Result<(), RosterError> {
        let file = self.file(ORGS);
        let mut sheet = Sheet::open(files, ORGS)?;
        for column in ["sourcedid", "name", "type"] {
            sheet.require(column)?;
        }
        while let Some(row) = sheet.next()? {
            let place = Place { file, line: row.line };
            if !row.is_live() {
                continue;
            }
            let id = row.get("sourcedid");
            if !row.get("type").eq_ignore_ascii_case("school") {
                self.orgs.insert(id, Org::Other);
                continue;
            }
            let name = row.get("name");
            if id.is_empty() || name.is_empty() {
                let column = if id.is_empty() { "sourcedId" } else { "name" };
                self.roster.report.counts.schools.bad += 1;
                self.roster.refuse(place, column, "required", "");
                continue;
            }
            if self.orgs.contains_key(&id) {
                self.roster.report.counts.schools.bad += 1;
                self.roster.refuse(place, "sourcedId", "duplicate", &id);
                continue;
            }
            let spoken = model::spoken(&name);
            self.orgs.insert(id.clone(), Org::School(self.roster.schools.len()));
            self.roster.schools.push(FileSchool {
                source_id: Some(id),
                name,
                country: Country::from_code(&row.get("metadata.country")).or(spoken.map(|(country, _)| country)),
                locale: Locale::from_code(&row.get("metadata.locale")).or(spoken.map(|(_, locale)| locale)),
                people: 0,
            });
        }
        Ok(())
    }

    /// Homerooms are classes. Where a school has none, courses' groups whose titles are those of classes stand in for them. All
    /// others are groups.
    fn classes(&mut self, files: &mut dyn Files, sessions: &HashMap<String, SchoolYear>) -> Result<(), RosterError> {
        let file = self.file(CLASSES);
        let mut homerooms: Vec<bool> = vec![false; self.roster.schools.len()];
        for round in 0..2 {
            let mut sheet = Sheet::open(files, CLASSES)?;
            for column in ["sourcedid", "title", "schoolsourcedid"] {
                sheet.require(column)?;
            }
            while let Some(row) = sheet.next()? {
                if !row.is_live() {
                    continue;
                }
                let homeroom = row.get("classtype").eq_ignore_ascii_case("homeroom");
                let org = self.orgs.get(&row.get("schoolsourcedid")).copied();
                if round == 0 {
                    if let Some(flag) = org.and_then(Org::school).and_then(|school| homerooms.get_mut(school)) {
                        *flag |= homeroom;
                    }
                    continue;
                }
                self.class(&row, Place { file, line: row.line }, org, homeroom, &homerooms, sessions)?;
            }
        }
        Ok(())
    }

    fn class(
        &mut self,
        row: &Row<'_>,
        place: Place,
        org: Option<Org>,
        homeroom: bool,
        homerooms: &[bool],
        sessions: &HashMap<String, SchoolYear>,
    ) -> Result<(), RosterError> {
        let id = row.get("sourcedid");
        let refused = if id.is_empty() {
            Some(("sourcedId", "required", String::new()))
        } else if self.classes.contains_key(&id) {
            Some(("sourcedId", "duplicate", id.clone()))
        } else if org.is_none() {
            Some(("schoolSourcedId", "unknown_school", row.get("schoolsourcedid")))
        } else {
            None
        };
        if let Some((column, code, hint)) = refused {
            self.roster.report.counts.classes.bad += 1;
            self.roster.refuse(place, column, code, &hint);
            return Ok(());
        }
        let title = ClassTitle::parse(&row.get("title")).or_else(|_| ClassTitle::parse(&row.get("classcode")));
        let known = org
            .and_then(Org::school)
            .filter(|school| homeroom || (title.is_ok() && !homerooms.get(*school).copied().unwrap_or(false)));
        let Some(number) = known else {
            let title = row.get("title");
            let Some(school) = org.and_then(Org::school).filter(|_| !title.is_empty()) else {
                self.classes.insert(id, KnownClass::Passed);
                return Ok(());
            };
            self.classes.insert(id.clone(), KnownClass::Group(school));
            return self.roster.push(school, &Record::Group(FileGroup { key: id, title }));
        };
        let Ok(title) = title else {
            self.roster.report.counts.classes.bad += 1;
            self.roster.refuse(place, "title", "class_title", &row.get("title"));
            // Whoever is in it is not told of a second time.
            self.classes.insert(id, KnownClass::Passed);
            return Ok(());
        };
        let terms = row.get("termsourcedids");
        let year = terms.split(',').find_map(|term| sessions.get(term.trim())).copied();
        let year = self.setting.forced_year.or(year).unwrap_or(self.setting.year);
        self.classes.insert(id.clone(), KnownClass::Of(number));
        let class = FileClass {
            key: id.clone(),
            source_id: Some(id),
            title: title.as_str().to_owned(),
            grade: title.grade(),
            letter: title.letter().to_owned(),
            year: year.year(),
        };
        self.roster.push(number, &Record::Class(class))
    }

    fn enrolments(&mut self, files: &mut dyn Files) -> Result<(), RosterError> {
        let file = self.file(ENROLMENTS);
        let mut sheet = Sheet::open(files, ENROLMENTS)?;
        for column in ["classsourcedid", "usersourcedid", "role"] {
            sheet.require(column)?;
        }
        while let Some(row) = sheet.next()? {
            if !row.is_live() {
                continue;
            }
            let place = Place { file, line: row.line };
            let (class, person) = (row.get("classsourcedid"), row.get("usersourcedid"));
            let role = row.get("role").to_lowercase();
            let Some(known) = self.classes.get(&class).copied() else {
                self.refuse_enrolment(place, "classSourcedId", "unknown_class", &class);
                continue;
            };
            if person.is_empty() {
                self.refuse_enrolment(place, "userSourcedId", "required", "");
                continue;
            }
            let school = match known {
                KnownClass::Of(school) => school,
                KnownClass::Group(school) => {
                    if role == "student" {
                        self.roster.push(school, &Record::Member { person, group: class })?;
                    }
                    continue;
                }
                KnownClass::Passed => continue,
            };
            let record = match role.as_str() {
                "student" => Record::Enrolment { person: person.clone(), class, place },
                "teacher" => {
                    let leads = row.get("primary").eq_ignore_ascii_case("true");
                    Record::Teacher { person: person.clone(), class, leads, place }
                }
                // They have their post by their role; a class is none of theirs.
                "administrator" | "proctor" | "aide" => continue,
                _ => {
                    self.refuse_enrolment(place, "role", "unknown_role", &role);
                    continue;
                }
            };
            self.route(&person, school, |user| {
                if role == "student" {
                    user.student = true;
                } else {
                    user.staff = true;
                }
            });
            self.roster.push(school, &record)?;
        }
        Ok(())
    }

    fn refuse_enrolment(&mut self, place: Place, column: &str, code: &str, hint: &str) {
        self.roster.report.counts.enrolments.bad += 1;
        self.roster.refuse(place, column, code, hint);
    }

    /// Version 1.2 tells roles apart from users.
    fn roles(&mut self, files: &mut dyn Files) -> Result<(), RosterError> {
        let file = self.file(ROLES);
        let mut sheet = Sheet::open(files, ROLES)?;
        for column in ["usersourcedid", "role", "orgsourcedid"] {
            sheet.require(column)?;
        }
        while let Some(row) = sheet.next()? {
            if !row.is_live() {
                continue;
            }
            let place = Place { file, line: row.line };
            let org = row.get("orgsourcedid");
            self.role(place, &row.get("usersourcedid"), &row.get("role"), &org, "orgSourcedId")?;
        }
        Ok(())
    }

    fn role(&mut self, place: Place, person: &str, role: &str, org: &str, column: &str) -> Result<(), RosterError> {
        let Some(known) = Known::of(role) else {
            self.roster.report.counts.staff.bad += 1;
            self.roster.refuse(place, "role", "unknown_role", role);
            return Ok(());
        };
        let school = match self.orgs.get(org).copied() {
            Some(Org::School(school)) => school,
            Some(Org::Other) => {
                // Somebody of the district: of no school of ours.
                self.user(person).elsewhere = true;
                return Ok(());
            }
            None => {
                self.roster.report.counts.staff.bad += 1;
                self.roster.refuse(place, column, "unknown_school", org);
                return Ok(());
            }
        };
        match known {
            Known::Student => self.route(person, school, |user| user.student = true),
            Known::Kin { parent } => {
                self.route(person, school, |_| {});
                self.roster.push(school, &Record::Kin { person: person.to_owned(), parent })?;
            }
            Known::Staff(kind) => {
                self.route(person, school, |user| user.staff = true);
                self.roster.push(school, &Record::Post { person: person.to_owned(), kind, place })?;
            }
        }
        Ok(())
    }

    /// Version 1.1 tells a user's role and schools in the user's own row. They are read first: whose agents are meant depends on who is
    /// a student.
    fn old_roles(&mut self, files: &mut dyn Files, file: usize) -> Result<(), RosterError> {
        let mut sheet = Sheet::open(files, USERS)?;
        while let Some(row) = sheet.next()? {
            let (person, role) = (row.get("sourcedid"), row.get("role"));
            if !row.is_live() || person.is_empty() {
                continue;
            }
            let place = Place { file, line: row.line };
            for org in row.get("orgsourcedids").split(',').map(str::trim).filter(|org| !org.is_empty()) {
                self.role(place, &person, &role, org, "orgSourcedIds")?;
            }
        }
        Ok(())
    }

    /// Who belongs to whom. A parent belongs to the children's schools.
    fn agents(&mut self, files: &mut dyn Files, file: usize) -> Result<(), RosterError> {
        let mut sheet = Sheet::open(files, USERS)?;
        while let Some(row) = sheet.next()? {
            let person = row.get("sourcedid");
            if row.is_live() && !person.is_empty() {
                self.agents_of(&row, Place { file, line: row.line }, &person)?;
            }
        }
        Ok(())
    }

    fn agents_of(&mut self, row: &Row<'_>, place: Place, person: &str) -> Result<(), RosterError> {
        let relations = row.get("metadata.relations");
        let mut relations = relations.split(',').map(|relation| Relation::from_code(relation.trim()));
        let student = self.user(person).student;
        for agent in row.get("agentsourcedids").split(',').map(str::trim).filter(|agent| !agent.is_empty()) {
            let relation = relations.next().flatten();
            let (child, guardian) = if student {
                (person, agent)
            } else if self.user(agent).student {
                (agent, person)
            } else {
                continue;
            };
            for school in self.schools_of(child) {
                self.route(guardian, school, |_| {});
                let (student, guardian) = (child.to_owned(), guardian.to_owned());
                self.roster.push(school, &Record::Guardian { student, guardian, relation, place })?;
            }
        }
        Ok(())
    }

    /// Everything about each.
    fn users(&mut self, files: &mut dyn Files, file: usize) -> Result<(), RosterError> {
        let mut sheet = Sheet::open(files, USERS)?;
        let width = sheet.width();
        while let Some(row) = sheet.next()? {
            if !row.is_live() {
                continue;
            }
            let place = Place { file, line: row.line };
            let id = row.get("sourcedid");
            let user = *self.user(&id);
            if id.is_empty() {
                self.refuse_user(user, place, "sourcedId", "required", "");
                continue;
            }
            if user.seen {
                self.refuse_user(user, place, "sourcedId", "duplicate", &id);
                continue;
            }
            self.user(&id).seen = true;
            let schools = self.schools_of(&id);
            if schools.is_empty() {
                if !user.elsewhere {
                    self.refuse_user(user, place, "sourcedId", "no_school", &id);
                }
                continue;
            }
            let read = if row.len() > width {
                Err(("", Fault { code: "columns", hint: String::new() }))
            } else {
                self.person(&row, place, &id, &schools)
            };
            match read {
                Ok(person) => {
                    for school in schools {
                        self.roster.push(school, &Record::Person(person.clone()))?;
                    }
                }
                Err((column, fault)) => {
                    self.refuse_user(user, place, column, fault.code, &fault.hint);
                    for school in schools {
                        self.roster.push(school, &Record::Refused { person: id.clone(), class: None })?;
                    }
                }
            }
        }
        Ok(())
    }

    fn refuse_user(&mut self, user: User, place: Place, column: &str, code: &str, hint: &str) {
        let counts = &mut self.roster.report.counts;
        let count = if user.student {
            &mut counts.students
        } else if user.staff {
            &mut counts.staff
        } else {
            &mut counts.parents
        };
        count.bad += 1;
        self.roster.refuse(place, column, code, hint);
    }

    fn person(
        &self,
        row: &Row<'_>,
        place: Place,
        id: &str,
        schools: &[usize],
    ) -> Result<FilePerson, (&'static str, Fault)> {
        let country = schools
            .first()
            .and_then(|school| self.roster.schools.get(*school))
            .and_then(|school| school.country)
            .or(self.setting.country)
            .unwrap_or(Country::Il);
        let mut person = FilePerson {
            key: id.to_owned(),
            source_id: Some(id.to_owned()),
            place: Some(place),
            ..FilePerson::default()
        };
        let mut field = |field: PersonField, column: &'static str, cell: &str| {
            let value = model::judge(field, cell, country, self.setting).map_err(|fault| (column, fault))?;
            person.set(field, value);
            Ok(())
        };
        field(PersonField::Surname, "familyName", &row.get("familyname"))?;
        field(PersonField::GivenName, "givenName", &row.get("givenname"))?;
        field(PersonField::Patronymic, "middleName", &row.get("middlename"))?;
        field(PersonField::Email, "email", &row.get("email"))?;
        field(PersonField::Snils, "metadata.ru.snils", &row.get("metadata.ru.snils"))?;
        // `sms` is the mobile; `phone` may be a landline, which is no fault there.
        let (sms, phone) = (row.get("sms"), row.get("phone"));
        if sms.is_empty() {
            let taken = model::judge(PersonField::Mobile, &phone, country, self.setting);
            if let Err(fault) = &taken
                && fault.code == "scientific"
            {
                return Err(("phone", Fault { code: "scientific", hint: phone }));
            }
            if taken.is_ok() {
                field(PersonField::Mobile, "phone", &phone)?;
            }
        } else {
            field(PersonField::Mobile, "sms", &sms)?;
        }
        for (kind, column) in
            [(IdKind::IlId, "metadata.il.idNumber"), (IdKind::Fictitious, "metadata.il.fictitiousNumber")]
        {
            let cell = row.get(&column.to_lowercase());
            let number = model::judge_id_number(kind, &cell).map_err(|fault| (column, fault))?;
            person.id_number = person.id_number.or(number);
        }
        Ok(person)
    }

    fn demographics(&mut self, files: &mut dyn Files) -> Result<(), RosterError> {
        let file = self.file(DEMOGRAPHICS);
        let mut sheet = Sheet::open(files, DEMOGRAPHICS)?;
        sheet.require("sourcedid")?;
        while let Some(row) = sheet.next()? {
            if !row.is_live() {
                continue;
            }
            let place = Place { file, line: row.line };
            let id = row.get("sourcedid");
            let user = *self.user(&id);
            if !user.seen {
                self.refuse_user(user, place, "sourcedId", "unknown_user", &id);
                continue;
            }
            let country = Country::Il;
            let date = match model::judge(PersonField::BirthDate, &row.get("birthdate"), country, self.setting) {
                Ok(date) => date,
                Err(fault) => {
                    self.refuse_user(user, place, "birthDate", fault.code, &fault.hint);
                    continue;
                }
            };
            let female = match row.get("sex").to_lowercase().as_str() {
                "female" => Some(true),
                "male" => Some(false),
                _ => None,
            };
            for school in self.schools_of(&id) {
                self.roster.push(school, &Record::Birth { person: id.clone(), date: date.clone(), female })?;
            }
        }
        Ok(())
    }

    fn user(&mut self, id: &str) -> &mut User {
        let hash = self.hasher.hash_one(id);
        self.users.entry(hash).or_default()
    }

    /// A school knows a user.
    fn route(&mut self, id: &str, school: usize, note: impl FnOnce(&mut User)) {
        let number = u32::try_from(school + 1).unwrap_or(u32::MAX);
        let hash = self.hasher.hash_one(id);
        let user = self.users.entry(hash).or_default();
        note(user);
        if user.school == 0 {
            user.school = number;
        } else if user.school != number {
            if user.crowd == 0 {
                self.crowds.push(Vec::new());
                user.crowd = u32::try_from(self.crowds.len()).unwrap_or(u32::MAX);
            }
            let crowd = self.crowds.get_mut(user.crowd as usize - 1);
            if let Some(crowd) = crowd.filter(|crowd| !crowd.contains(&number)) {
                crowd.push(number);
            }
        }
    }

    fn schools_of(&mut self, id: &str) -> Vec<usize> {
        let user = *self.user(id);
        let first = Some(user.school).filter(|school| *school > 0);
        let crowd = (user.crowd as usize).checked_sub(1).and_then(|at| self.crowds.get(at));
        first.into_iter().chain(crowd.into_iter().flatten().copied()).map(|number| number as usize - 1).collect()
    }
}

/// What a role of OneRoster is here. None of them gives a right: rights are given by people.
enum Known {
    Student,
    Kin { parent: bool },
    Staff(PostKind),
}

impl Known {
    fn of(role: &str) -> Option<Self> {
        Some(match role.to_lowercase().as_str() {
            "student" => Self::Student,
            "parent" => Self::Kin { parent: true },
            "guardian" | "relative" => Self::Kin { parent: false },
            "teacher" => Self::Staff(PostKind::Teacher),
            "aide" | "counselor" | "proctor" => Self::Staff(PostKind::Specialist),
            "administrator" | "principal" | "districtadministrator" | "siteadministrator" | "systemadministrator" => {
                Self::Staff(PostKind::Administration)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "a failed unwrap is a failed test"
    )]
    use std::sync::Arc;

    use domain::BirthDate;

    use super::*;
    use crate::crypto::{KeyRing, Sealer};
    use crate::imports::source::HeldFiles;
    use crate::rng::{Rng, SeededRng};

    fn setting() -> Setting {
        Setting {
            today: BirthDate::new(2026, 9, 1).unwrap(),
            year: SchoolYear::starting(2025),
            forced_year: None,
            country: None,
        }
    }

    fn spill() -> Spill {
        let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(1));
        Spill::new(Sealer::new(&KeyRing::generate(rng.as_ref(), 0)), rng)
    }

    const ORGS_CSV: &[u8] = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId,metadata.country\n\
        d1,,,Округ,district,,,\ns5,,,Школа № 5,school,,d1,ru\nn1,,,ניצנים,school,,d1,\n"
        .as_bytes();
    const SESSIONS_CSV: &[u8] =
        b"sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\n\
        y26,,,2026/27,schoolYear,2026-09-01,2027-06-30,,2027\n";
    const CLASSES_CSV: &[u8] = "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,\
        schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n\
        c5a,,,5 «А»,05,k1,,homeroom,,s5,y26,,,\nmath,,,Математика 5А,05,k2,,scheduled,,s5,y26,,,\nh1,,,ה'1,05,k1,,homeroom,,n1,,,,\n"
        .as_bytes();
    const ENROLMENTS_CSV: &[u8] = b"sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n\
        e1,,,c5a,s5,u1,student,,,\ne2,,,c5a,s5,t1,teacher,true,,\ne3,,,math,s5,u1,student,,,\ne4,,,h1,n1,u2,student,,,\n\
        e5,,,c9,s5,u1,student,,,\ne6,,,c5a,s5,u1,wizard,,,\n";
    const ROLES_CSV: &[u8] = b"sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId\n\
        r1,,,u1,primary,student,,,s5,\nr2,,,p1,primary,parent,,,s5,\nr3,,,t1,primary,teacher,,,s5,\nr4,,,u2,primary,student,,,n1,\n\
        r5,,,boss,primary,districtAdministrator,,,d1,\n";
    const USERS_CSV: &[u8] =
        "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,\
        identifier,email,sms,phone,agentSourcedIds,grades,password,metadata.il.idNumber,metadata.ru.snils\n\
        u1,,,true,u1,,Резида,Джалилов,Егорович,,primer123@mail.ru,+7 901 111-11-11,,\"p1,p2\",05,secret,,\n\
        p1,,,true,p1,,Диана,Захарченко,Набиевна,,,,8 (900) 000-00-11,,,,,\n\
        p2,,,true,p2,,Егор,Джалилов,,,,,(3467) 33-33-33,u2,,,39337423,\n\
        t1,,,true,t1,,Вера,Бутрович,Ивановна,,,,,,,,,11223344595\n\
        u2,,,true,u2,,מאיה,ישראלי,,,,,,,,,18,\n\
        boss,,,true,b,,A,B,,,,,,,,,,\n\
        lost,,,true,l,,Нет,Школы,,,,,,,,,,\n\
        u1,,,true,u1,,Ещё,Раз,,,,,,,,,,\n\
        p3,tobedeleted,,true,u1,,Ушёл,Совсем,,,,,,,,,,\n"
            .as_bytes();
    const DEMOGRAPHICS_CSV: &[u8] = b"sourcedId,status,dateLastModified,birthDate,sex\n\
        u1,,,2015-06-03,male\np1,,,1985-04-12,female\nu2,,,2099-01-01,female\n";

    const DELTA_CSV: &[u8] = b"propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.users,delta\n";

    const FILES: &[(&str, &[u8])] = &[
        ("orgs.csv", ORGS_CSV),
        ("academicSessions.csv", SESSIONS_CSV),
        ("classes.csv", CLASSES_CSV),
        ("enrollments.csv", ENROLMENTS_CSV),
        ("roles.csv", ROLES_CSV),
        ("users.csv", USERS_CSV),
        ("demographics.csv", DEMOGRAPHICS_CSV),
    ];

    const OLD_USERS_CSV: &[u8] =
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,\
        middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n\
        p1,,,true,s5,parent,p1,,Диана,Захарченко,,,,,,u1,,\nu1,,,true,s5,student,u1,,Резида,Джалилов,,,,,,,05,\n\
        t1,,,true,\"s5,n1\",teacher,t1,,Вера,Бутрович,,,,,,,,\n"
            .as_bytes();
    const OLD_FILES: &[(&str, &[u8])] = &[
        ("orgs.csv", ORGS_CSV),
        ("academicSessions.csv", SESSIONS_CSV),
        ("classes.csv", CLASSES_CSV),
        ("enrollments.csv", ENROLMENTS_CSV),
        ("users.csv", OLD_USERS_CSV),
    ];

    #[test]
    fn files_that_name_each_other_come_together() {
        let mut roster = read(&mut HeldFiles(FILES), &setting(), spill()).unwrap();
        assert_eq!(roster.format, ImportFormat::OneRoster12);
        assert_eq!(roster.schools.len(), 2);
        assert_eq!(roster.schools[0].country, Some(Country::Ru));
        assert_eq!(roster.schools[1].locale, Some(Locale::He));

        let school = roster.school(0).unwrap();
        assert_eq!(school.classes.len(), 1, "a course's group is no class");
        assert_eq!((school.classes[0].title.as_str(), school.classes[0].year), ("5А", 2026));
        let student = school.person("u1").unwrap();
        assert_eq!(student.given_name, "Резида", "the first of two wins");
        assert_eq!(student.mobile.as_deref(), Some("+79011111111"));
        assert_eq!(student.birth_date.as_deref(), Some("2015-06-03"));
        let father = school.person("p2").unwrap();
        assert_eq!(father.id_number, Some(("il_id".to_owned(), "039337423".to_owned())), "the lost zero is back");
        assert_eq!(father.mobile, None, "a landline is no mobile and no fault");
        assert_eq!(school.person("p1").unwrap().mobile.as_deref(), Some("+79000000011"));
        let relations: Vec<_> = school.guardians.iter().map(|link| (link.guardian.as_str(), link.relation)).collect();
        assert_eq!(relations, [("p1", Some(Relation::Mother)), ("p2", None)]);
        assert!(school.teachers.iter().any(|teaching| teaching.person == "t1" && teaching.leads));
        assert_eq!(school.posts.len(), 1);
        assert_eq!(school.enrolments.len(), 1);

        let other = roster.school(1).unwrap();
        assert_eq!(other.person("u2").unwrap().birth_date, None, "a refused date is none");
        assert!(other.person("p2").is_some(), "a parent belongs to the children's schools");
        assert_eq!(other.classes[0].title, "ה1");
        assert_eq!(other.classes[0].year, 2025, "without a session it is the present year");

        let bad: Vec<_> = roster
            .report
            .bad_rows
            .iter()
            .map(|bad| (bad.file.as_str(), bad.line, bad.column.as_str(), bad.code.as_str()))
            .collect();
        assert_eq!(
            bad,
            [
                ("enrollments.csv", 6, "classSourcedId", "unknown_class"),
                ("enrollments.csv", 7, "role", "unknown_role"),
                ("users.csv", 8, "sourcedId", "no_school"),
                ("users.csv", 9, "sourcedId", "duplicate"),
                ("demographics.csv", 4, "birthDate", "date_future"),
            ]
        );
    }

    #[test]
    fn version_1_1_is_known_by_its_columns() {
        let mut roster = read(&mut HeldFiles(OLD_FILES), &setting(), spill()).unwrap();
        assert_eq!(roster.format, ImportFormat::OneRoster11);
        let school = roster.school(0).unwrap();
        assert_eq!(school.people.len(), 3);
        assert_eq!(school.guardians.len(), 1, "a parent's row may name the child");
        assert_eq!(school.guardians[0].student, "u1");
        assert_eq!(roster.school(1).unwrap().posts.len(), 1, "a teacher of two schools has two posts");
    }

    #[test]
    fn what_is_no_whole_roster_is_refused() {
        let without = |name: &str| -> &'static [(&'static str, &'static [u8])] {
            Vec::leak(FILES.iter().copied().filter(|(file, _)| *file != name).collect())
        };
        let code = |files| read(&mut HeldFiles(files), &setting(), spill()).err().map(|error| error.code());
        assert_eq!(code(without("roles.csv")), Some("ROSTER-03"));
        assert_eq!(code(without("orgs.csv")), Some("ROSTER-03"));
        let delta = Vec::leak(FILES.iter().copied().chain([("manifest.csv", DELTA_CSV)]).collect());
        assert_eq!(code(delta), Some("ROSTER-06"));
    }
}
