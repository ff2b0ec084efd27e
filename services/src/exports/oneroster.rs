//! OneRoster 1.2 as a zip, file after file: schools are read once for each file, so that no more than one is held at a time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Seek, Write};

use csv::{Terminator, Writer, WriterBuilder};
use domain::{ClassTitle, IdKind, PostKind, SchoolYear};
use uuid::Uuid;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Dump, ExportError, Exports};
use crate::store::schools::SchoolRow;

/// The files with their columns, in the order of the standard.
const FILES: [(&str, &[&str]); 9] = [
    ("manifest.csv", &["propertyName", "value"]),
    (
        "orgs.csv",
        &[
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
    ),
    (
        "academicSessions.csv",
        &[
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
    ),
    (
        "courses.csv",
        &[
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
    ),
    (
        "classes.csv",
        &[
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
    ),
    (
        "users.csv",
        &[
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
            "metadata.il.fictitiousNumber",
            "metadata.ru.snils",
            "metadata.relations",
        ],
    ),
    (
        "roles.csv",
        &[
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
    ),
    (
        "enrollments.csv",
        &[
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
    ),
    ("demographics.csv", &["sourcedId", "status", "dateLastModified", "birthDate", "sex"]),
];

/// What stands in the manifest beside the files.
const MANIFEST: [(&str, &str); 4] = [
    ("manifest.version", "1.0"),
    ("oneroster.version", "1.2"),
    ("source.systemName", "Schoolgate"),
    ("source.systemCode", "schoolgate"),
];

/// Files of the standard that are not written.
const ABSENT: [&str; 13] = [
    "categories",
    "classResources",
    "courseResources",
    "lineItemLearningObjectiveIds",
    "lineItemScoreScales",
    "lineItems",
    "resources",
    "resultLearningObjectiveIds",
    "resultScoreScales",
    "results",
    "scoreScales",
    "userProfiles",
    "userResources",
];

/// A file under way: cells by the names of their columns.
struct Sheet<W: Write> {
    writer: Writer<W>,
    columns: &'static [&'static str],
}

impl<W: Write> Sheet<W> {
    fn new(out: W, columns: &'static [&'static str]) -> io::Result<Self> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        writer.write_record(columns)?;
        Ok(Self { writer, columns })
    }

    /// Writes a row; columns that are not named stay empty.
    fn row(&mut self, cells: &[(&str, &str)]) -> io::Result<()> {
        for column in self.columns {
            let cell = cells.iter().find(|(name, _)| name == column).map(|(_, cell)| *cell);
            self.writer.write_field(cell.unwrap_or_default())?;
        }
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }
}

/// Who was written already: a parent of two schools is one user.
type Written = HashSet<Uuid>;

/// Writes the zip; how many people are in it.
pub(super) async fn write(
    exports: Exports<'_>,
    schools: &[SchoolRow],
    out: &mut (impl Write + Seek + Send),
    progress: &mut (impl FnMut(u64, u64) + Send),
) -> Result<u64, ExportError> {
    let mut zip = ZipWriter::new(out);
    let steps = (FILES.len() * schools.len()) as u64;
    let (mut step, mut people) = (0, 0);
    for (name, columns) in FILES {
        zip.start_file(name, SimpleFileOptions::default()).map_err(io::Error::other)?;
        let mut written = Written::new();
        let mut years: BTreeMap<i32, SchoolYear> = BTreeMap::new();
        {
            let mut sheet = Sheet::new(&mut zip, columns)?;
            if name == "manifest.csv" {
                manifest(&mut sheet)?;
            }
            for row in schools {
                if name != "manifest.csv" {
                    let dump = exports.school(row).await?;
                    part(&mut sheet, name, row, &dump, &mut written, &mut years)?;
                }
                step += 1;
                progress(step, steps);
            }
            sessions(&mut sheet, &years)?;
            sheet.writer.flush()?;
        }
        if name == "users.csv" {
            people = written.len() as u64;
        }
    }
    zip.finish().map_err(io::Error::other)?;
    Ok(people)
}

fn manifest<W: Write>(sheet: &mut Sheet<W>) -> io::Result<()> {
    for (name, value) in MANIFEST {
        sheet.row(&[("propertyName", name), ("value", value)])?;
    }
    for (file, _) in FILES.iter().skip(1) {
        let name = format!("file.{}", file.trim_end_matches(".csv"));
        sheet.row(&[("propertyName", &name), ("value", "bulk")])?;
    }
    for file in ABSENT {
        sheet.row(&[("propertyName", &format!("file.{file}")), ("value", "absent")])?;
    }
    Ok(())
}

/// The school years that classes named, once all schools are known.
fn sessions<W: Write>(sheet: &mut Sheet<W>, years: &BTreeMap<i32, SchoolYear>) -> io::Result<()> {
    for (begins, year) in years {
        sheet.row(&[
            ("sourcedId", &session_id(*year)),
            ("title", &year.to_string()),
            ("type", "schoolYear"),
            ("startDate", &format!("{begins}-09-01")),
            ("endDate", &format!("{}-06-30", begins + 1)),
            ("schoolYear", &(begins + 1).to_string()),
        ])?;
    }
    Ok(())
}

fn session_id(year: SchoolYear) -> String {
    format!("year-{}", year.year())
}

fn grade(title: &str) -> String {
    ClassTitle::parse(title).map(|title| format!("{:02}", title.grade())).unwrap_or_default()
}

/// What one school gives to one file.
fn part<W: Write>(
    sheet: &mut Sheet<W>,
    file: &str,
    school: &SchoolRow,
    dump: &Dump,
    written: &mut Written,
    years: &mut BTreeMap<i32, SchoolYear>,
) -> io::Result<()> {
    let org = dump.source_id.as_str();
    let course = format!("course-{org}");
    match file {
        "orgs.csv" => sheet.row(&[
            ("sourcedId", org),
            ("name", &school.name),
            ("type", "school"),
            ("metadata.country", &school.country),
            ("metadata.locale", &school.locale),
        ]),
        "academicSessions.csv" => {
            years.extend(dump.classes.iter().map(|class| (class.year.year(), class.year)));
            Ok(())
        }
        "courses.csv" => sheet.row(&[("sourcedId", &course), ("title", "Homeroom"), ("orgSourcedId", org)]),
        "classes.csv" => {
            for class in &dump.classes {
                sheet.row(&[
                    ("sourcedId", &class.source_id),
                    ("title", &class.title),
                    ("grades", &grade(&class.title)),
                    ("courseSourcedId", &course),
                    ("classCode", &class.title),
                    ("classType", "homeroom"),
                    ("schoolSourcedId", org),
                    ("termSourcedIds", &session_id(class.year)),
                ])?;
            }
            for group in &dump.groups {
                sheet.row(&[
                    ("sourcedId", &group.source_id),
                    ("title", &group.title),
                    ("courseSourcedId", &course),
                    ("classType", "scheduled"),
                    ("schoolSourcedId", org),
                    ("termSourcedIds", &session_id(group.year)),
                ])?;
            }
            Ok(())
        }
        "users.csv" => users(sheet, dump, written),
        "roles.csv" => roles(sheet, dump),
        "enrollments.csv" => enrolments(sheet, dump),
        _ => {
            for (id, person) in sorted(dump) {
                if let Some(date) = &person.birth_date
                    && written.insert(id)
                {
                    sheet.row(&[("sourcedId", &person.source_id), ("birthDate", date)])?;
                }
            }
            Ok(())
        }
    }
}

/// Everybody, always in the same order.
fn sorted(dump: &Dump) -> Vec<(Uuid, &super::DumpedPerson)> {
    let mut people: Vec<_> = dump.people.iter().map(|(id, person)| (*id, person)).collect();
    people.sort_unstable_by_key(|(id, _)| *id);
    people
}

fn users<W: Write>(sheet: &mut Sheet<W>, dump: &Dump, written: &mut Written) -> io::Result<()> {
    let classes: HashMap<Uuid, &str> = dump.classes.iter().map(|class| (class.id, class.title.as_str())).collect();
    let grades: HashMap<Uuid, String> =
        dump.stays.iter().filter_map(|(_, class, student)| Some((*student, grade(classes.get(class)?)))).collect();
    for (id, person) in sorted(dump) {
        if !written.insert(id) {
            continue;
        }
        let links = dump.guardians.get(&id).map(Vec::as_slice).unwrap_or_default();
        let named: Vec<_> = links
            .iter()
            .filter_map(|(relation, guardian)| Some((relation.code(), &dump.people.get(guardian)?.source_id)))
            .collect();
        let agents = named.iter().map(|(_, agent)| agent.as_str()).collect::<Vec<_>>().join(",");
        let relations = named.iter().map(|(relation, _)| *relation).collect::<Vec<_>>().join(",");
        sheet.row(&[
            ("sourcedId", &person.source_id),
            ("enabledUser", "true"),
            ("username", &person.source_id),
            ("givenName", &person.given_name),
            ("familyName", &person.surname),
            ("middleName", person.patronymic.as_deref().unwrap_or_default()),
            ("email", person.email.as_deref().unwrap_or_default()),
            ("sms", person.mobile.as_deref().unwrap_or_default()),
            ("agentSourcedIds", &agents),
            ("grades", grades.get(&id).map(String::as_str).unwrap_or_default()),
            ("metadata.il.idNumber", person.number(IdKind::IlId)),
            ("metadata.il.fictitiousNumber", person.number(IdKind::Fictitious)),
            ("metadata.ru.snils", person.snils.as_deref().unwrap_or_default()),
            ("metadata.relations", &relations),
        ])?;
    }
    Ok(())
}

fn roles<W: Write>(sheet: &mut Sheet<W>, dump: &Dump) -> io::Result<()> {
    let mut all: Vec<(Uuid, &str)> = dump.stays.iter().map(|(_, _, student)| (*student, "student")).collect();
    all.extend(dump.guardians.values().flatten().map(|(_, guardian)| (*guardian, "parent")));
    all.extend(dump.posts.iter().map(|(person, kind)| {
        let role = match kind {
            PostKind::Teacher => "teacher",
            PostKind::Specialist => "counselor",
            PostKind::Administration => "siteAdministrator",
        };
        (*person, role)
    }));
    all.sort_unstable();
    all.dedup();
    let mut before = None;
    for (id, role) in all {
        let Some(person) = dump.people.get(&id) else { continue };
        let first = before.replace(id) != Some(id);
        sheet.row(&[
            ("sourcedId", &format!("{}-{role}-{}", dump.source_id, person.source_id)),
            ("userSourcedId", &person.source_id),
            ("roleType", if first { "primary" } else { "secondary" }),
            ("role", role),
            ("orgSourcedId", &dump.source_id),
        ])?;
    }
    Ok(())
}

fn enrolments<W: Write>(sheet: &mut Sheet<W>, dump: &Dump) -> io::Result<()> {
    let classes: HashMap<Uuid, &str> = dump.classes.iter().map(|class| (class.id, class.source_id.as_str())).collect();
    let students = dump.stays.iter().map(|(id, class, student)| (id.to_string(), class, student, "student"));
    let teachers =
        dump.leaders.iter().map(|(person, class)| (format!("leads-{class}-{person}"), class, person, "teacher"));
    for (id, class, person, role) in students.chain(teachers) {
        let (Some(class), Some(person)) = (classes.get(class), dump.people.get(person)) else { continue };
        sheet.row(&[
            ("sourcedId", &id),
            ("classSourcedId", class),
            ("schoolSourcedId", &dump.source_id),
            ("userSourcedId", &person.source_id),
            ("role", role),
            ("primary", if role == "teacher" { "true" } else { "" }),
        ])?;
    }
    for group in &dump.groups {
        for person in group.members.iter().filter_map(|member| dump.people.get(member)) {
            sheet.row(&[
                ("sourcedId", &format!("in-{}-{}", group.source_id, person.source_id)),
                ("classSourcedId", &group.source_id),
                ("schoolSourcedId", &dump.source_id),
                ("userSourcedId", &person.source_id),
                ("role", "student"),
            ])?;
        }
    }
    Ok(())
}
