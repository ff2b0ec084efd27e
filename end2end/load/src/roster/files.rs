//! The files of OneRoster 1.2, with the standard's columns in the standard's order and the extensions at the end.

use std::io::{self, Write};

use super::{School, Schools};

/// One file.
pub struct Kind {
    /// Its name in the zip.
    pub name: &'static str,
    columns: &'static [&'static str],
    /// What each school gives to it; none for a file that is about none.
    rows: Option<Writing>,
}

/// Writes what a school gives to a file.
type Writing = fn(&School, &mut Rows<'_>) -> io::Result<()>;

/// Every file, in the order in which they are written.
pub const FILES: &[Kind] = &[
    Kind { name: "manifest.csv", columns: &["propertyName", "value"], rows: None },
    Kind {
        name: "orgs.csv",
        columns: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "name",
            "type",
            "identifier",
            "parentSourcedId",
            "metadata.country",
            "metadata.locale",
        ],
        rows: Some(orgs),
    },
    Kind {
        name: "academicSessions.csv",
        columns: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "title",
            "type",
            "startDate",
            "endDate",
            "parentSourcedId",
            "schoolYear",
        ],
        rows: None,
    },
    Kind {
        name: "courses.csv",
        columns: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "schoolYearSourcedId",
            "title",
            "courseCode",
            "grades",
            "orgSourcedId",
            "subjects",
            "subjectCodes",
        ],
        rows: Some(courses),
    },
    Kind {
        name: "classes.csv",
        columns: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "title",
            "grades",
            "courseSourcedId",
            "classCode",
            "classType",
            "location",
            "schoolSourcedId",
            "termSourcedIds",
            "subjects",
            "subjectCodes",
            "periods",
        ],
        rows: Some(classes),
    },
    Kind {
        name: "users.csv",
        columns: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "enabledUser",
            "username",
            "userIds",
            "givenName",
            "familyName",
            "middleName",
            "identifier",
            "email",
            "sms",
            "phone",
            "agentSourcedIds",
            "grades",
            "password",
            "userMasterIdentifier",
            "resourceSourcedIds",
            "preferredGivenName",
            "preferredMiddleName",
            "preferredFamilyName",
            "primaryOrgSourcedId",
            "pronouns",
            "metadata.il.idNumber",
            "metadata.ru.snils",
        ],
        rows: Some(users),
    },
    Kind {
        name: "roles.csv",
        columns: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "userSourcedId",
            "roleType",
            "role",
            "beginDate",
            "endDate",
            "orgSourcedId",
            "userProfileSourcedId",
        ],
        rows: Some(roles),
    },
    Kind {
        name: "enrollments.csv",
        columns: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "classSourcedId",
            "schoolSourcedId",
            "userSourcedId",
            "role",
            "primary",
            "beginDate",
            "endDate",
        ],
        rows: Some(enrolments),
    },
    Kind {
        name: "demographics.csv",
        columns: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "birthDate",
            "sex",
            "americanIndianOrAlaskaNative",
            "asian",
            "blackOrAfricanAmerican",
            "nativeHawaiianOrOtherPacificIslander",
            "white",
            "demographicRaceTwoOrMoreRaces",
            "hispanicOrLatinoEthnicity",
            "countryOfBirthCode",
            "stateOfBirthAbbreviation",
            "cityOfBirth",
            "publicSchoolResidenceStatus",
        ],
        rows: Some(demographics),
    },
];

/// The one school year of every roster that is made here.
const YEAR: &str = "year-2026";

/// Rows under way: cells by the names of their columns.
pub struct Rows<'a> {
    columns: &'static [&'static str],
    out: &'a mut dyn Write,
}

impl Rows<'_> {
    /// Writes a row; columns that are not named stay empty.
    fn row(&mut self, cells: &[(&str, &str)]) -> io::Result<()> {
        for (at, column) in self.columns.iter().enumerate() {
            let cell = cells.iter().find(|(name, _)| name == column).map_or("", |(_, cell)| cell);
            if at > 0 {
                self.out.write_all(b",")?;
            }
            if cell.contains([',', '"', '\n']) {
                write!(self.out, "\"{}\"", cell.replace('"', "\"\""))?;
            } else {
                self.out.write_all(cell.as_bytes())?;
            }
        }
        self.out.write_all(b"\n")
    }
}

/// Writes a file.
pub fn write(file: &Kind, schools: &dyn Schools, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = Rows { columns: file.columns, out };
    let header: Vec<(&str, &str)> = file.columns.iter().map(|column| (*column, *column)).collect();
    rows.row(&header)?;
    match file.rows {
        Some(writing) => {
            for number in 0..schools.count() {
                writing(&schools.school(number), &mut rows)?;
            }
            Ok(())
        }
        None if file.name == "manifest.csv" => manifest(&mut rows),
        None => rows.row(&[
            ("sourcedId", YEAR),
            ("title", "2026/27"),
            ("type", "schoolYear"),
            ("startDate", "2026-09-01"),
            ("endDate", "2027-06-30"),
            ("schoolYear", "2027"),
        ]),
    }
}

fn manifest(rows: &mut Rows<'_>) -> io::Result<()> {
    for (name, value) in [
        ("manifest.version", "1.0"),
        ("oneroster.version", "1.2"),
        ("file.academicSessions", "bulk"),
        ("file.categories", "absent"),
        ("file.classes", "bulk"),
        ("file.classResources", "absent"),
        ("file.courses", "bulk"),
        ("file.courseResources", "absent"),
        ("file.demographics", "bulk"),
        ("file.enrollments", "bulk"),
        ("file.lineItemLearningObjectiveIds", "absent"),
        ("file.lineItems", "absent"),
        ("file.lineItemScoreScales", "absent"),
        ("file.orgs", "bulk"),
        ("file.resources", "absent"),
        ("file.resultLearningObjectiveIds", "absent"),
        ("file.results", "absent"),
        ("file.resultScoreScales", "absent"),
        ("file.roles", "bulk"),
        ("file.scoreScales", "absent"),
        ("file.userProfiles", "absent"),
        ("file.userResources", "absent"),
        ("file.users", "bulk"),
        ("source.systemName", "Invented School Register"),
        ("source.systemCode", "invented"),
    ] {
        rows.row(&[("propertyName", name), ("value", value)])?;
    }
    Ok(())
}

fn orgs(school: &School, rows: &mut Rows<'_>) -> io::Result<()> {
    rows.row(&[
        ("sourcedId", &school.id),
        ("name", &school.name),
        ("type", "school"),
        ("metadata.country", school.country),
        ("metadata.locale", school.locale),
    ])
}

fn course(school: &School) -> String {
    format!("{}-homeroom", school.id)
}

fn courses(school: &School, rows: &mut Rows<'_>) -> io::Result<()> {
    rows.row(&[
        ("sourcedId", &course(school)),
        ("schoolYearSourcedId", YEAR),
        ("title", "Homeroom"),
        ("orgSourcedId", &school.id),
    ])
}

fn classes(school: &School, rows: &mut Rows<'_>) -> io::Result<()> {
    for class in &school.classes {
        rows.row(&[
            ("sourcedId", &class.id),
            ("title", &class.title),
            ("grades", &class.grade),
            ("courseSourcedId", &course(school)),
            ("classCode", &class.title),
            ("classType", "homeroom"),
            ("schoolSourcedId", &school.id),
            ("termSourcedIds", YEAR),
        ])?;
    }
    Ok(())
}

fn users(school: &School, rows: &mut Rows<'_>) -> io::Result<()> {
    for person in &school.people {
        rows.row(&[
            ("sourcedId", &person.id),
            ("enabledUser", "true"),
            ("username", &person.id),
            ("givenName", &person.given_name),
            ("familyName", &person.surname),
            ("middleName", &person.patronymic),
            ("email", &person.email),
            ("sms", &person.mobile),
            ("agentSourcedIds", &person.parents.join(",")),
            ("grades", &person.grade),
            ("primaryOrgSourcedId", &school.id),
            ("metadata.il.idNumber", &person.id_number),
            ("metadata.ru.snils", &person.snils),
        ])?;
    }
    Ok(())
}

fn roles(school: &School, rows: &mut Rows<'_>) -> io::Result<()> {
    for person in &school.people {
        rows.row(&[
            ("sourcedId", &format!("role-{}", person.id)),
            ("userSourcedId", &person.id),
            ("roleType", "primary"),
            ("role", person.role),
            ("orgSourcedId", &school.id),
        ])?;
    }
    Ok(())
}

fn enrolments(school: &School, rows: &mut Rows<'_>) -> io::Result<()> {
    for class in &school.classes {
        rows.row(&[
            ("sourcedId", &format!("leads-{}", class.id)),
            ("classSourcedId", &class.id),
            ("schoolSourcedId", &school.id),
            ("userSourcedId", &class.leader),
            ("role", "teacher"),
            ("primary", "true"),
        ])?;
    }
    for person in &school.people {
        let Some(class) = &person.class else { continue };
        rows.row(&[
            ("sourcedId", &format!("in-{}", person.id)),
            ("classSourcedId", class),
            ("schoolSourcedId", &school.id),
            ("userSourcedId", &person.id),
            ("role", "student"),
        ])?;
    }
    Ok(())
}

fn demographics(school: &School, rows: &mut Rows<'_>) -> io::Result<()> {
    for person in school.people.iter().filter(|person| !person.birth_date.is_empty() || !person.sex.is_empty()) {
        rows.row(&[("sourcedId", &person.id), ("birthDate", &person.birth_date), ("sex", person.sex)])?;
    }
    Ok(())
}
