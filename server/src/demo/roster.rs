//! The demo's roster: the files of end2end/roster, held by the program, imported as any other roster is. Things have the same ids in every
//! demo.

use std::collections::BTreeMap;

use domain::{BirthDate, Country, Locale, PersonField, SchoolYear};
use services::imports::{FixedIds, ImportOptions, Mode, RosterFile};
use services::portal::Portal;
use services::roster::NewSchool;
use services::{PersonId, SchoolId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::DemoError;
use super::people::{refused, visit};

/// The school in Khanty-Mansiysk.
pub const SCHOOL_5: Uuid = id(0x0005);
/// Its class 5А.
pub const CLASS_5A: Uuid = id(0x005a);
/// Class 11А.
pub const CLASS_11A: Uuid = id(0x011a);

/// The parent in Haifa who has an account.
pub const PARENT_1: &str = "parent-1";
/// The student in 11Б whose guardian is a class teacher.
pub const CHILD_OF_TEACHER: &str = "class-11b-06";
/// The parent in Haifa who can register.
pub const PARENT_NEW: &str = "parent-new";

const FILES: &[(&str, &[u8])] = &[
    ("manifest.csv", include_bytes!("../../../end2end/roster/manifest.csv")),
    ("orgs.csv", include_bytes!("../../../end2end/roster/orgs.csv")),
    ("academicSessions.csv", include_bytes!("../../../end2end/roster/academicSessions.csv")),
    ("courses.csv", include_bytes!("../../../end2end/roster/courses.csv")),
    ("classes.csv", include_bytes!("../../../end2end/roster/classes.csv")),
    ("users.csv", USERS.as_bytes()),
    ("roles.csv", include_bytes!("../../../end2end/roster/roles.csv")),
    ("enrollments.csv", include_bytes!("../../../end2end/roster/enrollments.csv")),
    ("demographics.csv", DEMOGRAPHICS.as_bytes()),
];
const USERS: &str = include_str!("../../../end2end/roster/users.csv");
const DEMOGRAPHICS: &str = include_str!("../../../end2end/roster/demographics.csv");

/// Ids that look like the portal's own (UUID version 7) and are the same in every demo.
const fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | number)
}

/// The ids of what tests and people name, by the roster's own ids.
const FIXED: [(&str, Uuid); 20] = [
    ("school-5", SCHOOL_5),
    ("nitzanim", id(0x0006)),
    ("class-5a", CLASS_5A),
    ("class-5b", id(0x005b)),
    ("class-11a", CLASS_11A),
    ("class-11b", id(0x011b)),
    ("class-h1", id(0x00c1)),
    ("class-h2", id(0x00c2)),
    (PARENT_1, id(0x1001)),
    (PARENT_NEW, id(0x1002)),
    ("class-5a-under-14", id(0x2001)),
    ("class-11a-over-14", id(0x2002)),
    ("class-5b-contact-differs", id(0x2003)),
    ("class-5b-contact-unverified", id(0x2004)),
    ("class-5b-shares-phone-1", id(0x2005)),
    ("class-5b-shares-phone-2", id(0x2006)),
    ("class-5b-unconfirmed", id(0x2007)),
    ("class-5b-cancels", id(0x2008)),
    ("class-5b-other-snils", id(0x2009)),
    (CHILD_OF_TEACHER, id(0x200a)),
];

/// Students for trying the sign-in through Gosuslugi: a name for programs, the roster's id, and who they are at the stand-in.
pub const STUDENTS: [(&str, &str, &str); 9] = [
    ("student-5a", "class-5a-under-14", "1000300001"),
    ("student-11a", "class-11a-over-14", "1000300002"),
    ("student-contact-differs", "class-5b-contact-differs", "1000300003"),
    ("student-contact-unverified", "class-5b-contact-unverified", "1000300004"),
    ("student-shares-phone-1", "class-5b-shares-phone-1", "1000300005"),
    ("student-shares-phone-2", "class-5b-shares-phone-2", "1000300006"),
    ("student-unconfirmed", "class-5b-unconfirmed", "1000300007"),
    ("student-cancels", "class-5b-cancels", "1000300008"),
    ("student-other-snils", "class-5b-other-snils", "1000300009"),
];

/// The portal's id of something of the roster.
pub fn fixed(source_id: &str) -> Option<Uuid> {
    FIXED.iter().find(|(known, _)| *known == source_id).map(|(_, id)| *id)
}

/// The person behind an id of the roster.
pub fn person(source_id: &str) -> Option<PersonId> {
    fixed(source_id).map(PersonId)
}

/// Enters the schools, so that whoever works there can be entered before the roster names them.
pub async fn add_schools(portal: &Portal) -> Result<(), DemoError> {
    let now = portal.now();
    let mut tx = portal.db().begin().await.map_err(|error| refused(&error))?;
    for (source_id, name, country, locale) in [
        ("school-5", "Школа № 5, Ханты-Мансийск", Country::Ru, Locale::Ru),
        ("nitzanim", "ניצנים, חיפה", Country::Il, Locale::He),
    ] {
        let id = fixed(source_id).map(SchoolId);
        let new = NewSchool { id, name, country, locale, source_id: Some(source_id) };
        portal.roster().create_school(&mut tx, &new, now).await.map_err(|error| refused(&error))?;
    }
    tx.commit().await.map_err(|error| refused(&error))
}

/// Imports the roster. Its school year is always the present one.
pub async fn import(portal: &Portal) -> Result<(), DemoError> {
    let now = OffsetDateTime::from_unix_timestamp(portal.now() / 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let ids: FixedIds = FIXED.iter().map(|(source, id)| ((*source).to_owned(), *id)).collect();
    let year = SchoolYear::of_date(now.year(), u8::from(now.month())).year();
    let options = ImportOptions { year: Some(year), ids, ..ImportOptions::default() };
    let imports = portal.imports();
    let mut prepared = imports.read(RosterFile::Held(FILES), &options).await.map_err(|error| refused(&error))?;
    let report = imports.run(&visit(), &mut prepared, Mode::Apply, |_, _| {}).await.map_err(|error| refused(&error))?;
    match report.bad_rows.first() {
        None => Ok(()),
        Some(row) => Err(DemoError::Refused(format!("{}, line {}: {}", row.file, row.line, row.code))),
    }
}

/// A student as the roster has them.
pub struct Student {
    /// Surname, given name, patronymic.
    pub name: [String; 3],
    /// E.164.
    pub mobile: Option<String>,
    /// Eleven digits.
    pub snils: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<BirthDate>,
    /// The class's id.
    pub class: Option<Uuid>,
}

/// Reads a student out of the files.
pub fn student(source_id: &str) -> Option<Student> {
    let user = row(USERS, source_id)?;
    let get = |column: &str| user.get(column).map(String::as_str).unwrap_or_default();
    let canonical = |field: PersonField, text: &str| field.judge(Country::Ru, text, None).ok().flatten();
    let class = ["class-5a", "class-5b", "class-11a"].into_iter().find(|class| source_id.starts_with(class));
    let born = row(DEMOGRAPHICS, source_id)?;
    Some(Student {
        name: ["familyName", "givenName", "middleName"].map(|column| get(column).to_owned()),
        mobile: canonical(PersonField::Mobile, get("sms")),
        snils: canonical(PersonField::Snils, get("metadata.ru.snils")),
        birth_date: born.get("birthDate").and_then(|date| BirthDate::parse(date).ok()),
        class: class.and_then(fixed),
    })
}

/// A line of a file that begins with this id, by the names of its columns.
fn row(file: &str, source_id: &str) -> Option<BTreeMap<String, String>> {
    let mut lines = file.lines();
    let columns = cells(lines.next()?);
    let line = lines.find(|line| line.split(',').next() == Some(source_id))?;
    Some(columns.into_iter().zip(cells(line)).collect())
}

/// The cells of a line; commas between quotation marks do not part them.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match (c, cells.last_mut()) {
            ('"', _) => quoted = !quoted,
            (',', _) if !quoted => cells.push(String::new()),
            (c, Some(cell)) => cell.push(c),
            (_, None) => {}
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn everything_that_has_a_fixed_id_is_in_the_files() {
        let files: Vec<&str> = FILES.iter().map(|(_, bytes)| std::str::from_utf8(bytes).unwrap()).collect();
        for (source_id, _) in FIXED {
            assert!(files.iter().any(|file| row(file, source_id).is_some()), "{source_id}");
        }
        let mut ids: Vec<Uuid> = FIXED.iter().map(|(_, id)| *id).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair.first() != pair.last()));
    }

    #[test]
    fn students_are_read_out_of_the_files() {
        let young = student("class-5a-under-14").unwrap();
        assert_eq!(young.name, ["Джалилов", "Резида", "Егорович"].map(str::to_owned));
        assert_eq!(young.mobile.as_deref(), Some("+79011111111"));
        assert_eq!((young.snils, young.class), (None, Some(CLASS_5A)));
        assert_eq!(young.birth_date.map(BirthDate::to_iso).as_deref(), Some("2015-06-03"));
        assert_eq!(student("class-11a-over-14").unwrap().snils.as_deref(), Some("11223344595"));
        assert!(STUDENTS.iter().all(|(_, source_id, _)| student(source_id).is_some() && fixed(source_id).is_some()));
        assert_eq!(student("nobody").map(|student| student.name), None);
    }

    #[test]
    fn commas_between_quotation_marks_part_nothing() {
        assert_eq!(cells("a,\"b,c\",,d"), ["a", "b,c", "", "d"]);
    }
}
