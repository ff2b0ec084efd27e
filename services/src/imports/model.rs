//! The neutral record that every kind of file becomes, and the judgement of single cells. Values are canonical: dates as `YYYY-MM-DD`,
//! mobiles as E.164, numbers as digits.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    BirthDate, Country, FictitiousNumber, IdKind, IdNumber, Locale, PersonField, PostKind, Relation, SchoolYear,
};
use serde::{Deserialize, Serialize};

use super::RosterError;
use super::report::{BadRow, ImportFormat, Report};
use super::spill::Spill;
use super::text;

/// Where something stands: the number of the file among those that were read, and the line.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    pub file: usize,
    pub line: u64,
}

/// A school of the file.
#[derive(Clone, Debug)]
pub(crate) struct FileSchool {
    /// The roster's own id; none in a plain table.
    pub source_id: Option<String>,
    /// The name; empty in a table without a column for it, which is about one school that is named elsewhere.
    pub name: String,
    /// As far as the file says.
    pub country: Option<Country>,
    /// As far as the file says.
    pub locale: Option<Locale>,
    /// How many people are put aside for it.
    pub people: u64,
}

/// A class of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FileClass {
    /// How other records name it.
    pub key: String,
    pub source_id: Option<String>,
    pub title: String,
    pub grade: u8,
    pub letter: String,
    pub year: i32,
}

/// A course's group of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FileGroup {
    /// The roster's own id.
    pub key: String,
    pub title: String,
}

/// A person of the file. No `Debug`: it is personal data in clear.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct FilePerson {
    /// How other records name the person.
    pub key: String,
    pub source_id: Option<String>,
    pub place: Option<Place>,
    pub surname: String,
    pub given_name: String,
    pub patronymic: Option<String>,
    pub birth_date: Option<String>,
    /// The kind's code, and the digits.
    pub id_number: Option<(String, String)>,
    pub snils: Option<String>,
    pub mobile: Option<String>,
    pub email: Option<String>,
}

impl FilePerson {
    /// The value of a field.
    pub fn get(&self, field: PersonField) -> Option<&str> {
        match field {
            PersonField::Surname => Some(&self.surname),
            PersonField::GivenName => Some(&self.given_name),
            PersonField::Patronymic => self.patronymic.as_deref(),
            PersonField::BirthDate => self.birth_date.as_deref(),
            PersonField::Snils => self.snils.as_deref(),
            PersonField::Mobile => self.mobile.as_deref(),
            PersonField::Email => self.email.as_deref(),
        }
    }

    /// Sets a field to a canonical value.
    pub fn set(&mut self, field: PersonField, value: Option<String>) {
        match field {
            PersonField::Surname => self.surname = value.unwrap_or_default(),
            PersonField::GivenName => self.given_name = value.unwrap_or_default(),
            PersonField::Patronymic => self.patronymic = value,
            PersonField::BirthDate => self.birth_date = value,
            PersonField::Snils => self.snils = value,
            PersonField::Mobile => self.mobile = value,
            PersonField::Email => self.email = value,
        }
    }
}

/// One thing that a file says, as it is put aside for a school.
#[derive(Serialize, Deserialize)]
pub(crate) enum Record {
    Class(FileClass),
    Person(FilePerson),
    /// A student is in a class.
    Enrolment {
        person: String,
        class: String,
        place: Place,
    },
    Group(FileGroup),
    /// A student is in a group.
    Member {
        person: String,
        group: String,
    },
    /// A teacher teaches a class; `leads` makes a class teacher.
    Teacher {
        person: String,
        class: String,
        leads: bool,
        place: Place,
    },
    /// Somebody is a guardian of a student.
    Guardian {
        student: String,
        guardian: String,
        relation: Option<Relation>,
        place: Place,
    },
    /// Somebody works at the school.
    Post {
        person: String,
        kind: PostKind,
        place: Place,
    },
    /// What kind of guardian somebody is, where the file tells it apart from the student.
    Kin {
        person: String,
        parent: bool,
    },
    /// A birth date that stands apart from the person.
    Birth {
        person: String,
        date: Option<String>,
        female: Option<bool>,
    },
    /// A row about this person was refused: the person is as if the file did not speak of them.
    Refused {
        person: String,
        class: Option<String>,
    },
}

/// Everything that the files say, put aside by school.
pub(crate) struct Roster {
    pub format: ImportFormat,
    /// The file speaks for whole schools: whoever is not in it has left. A table speaks for the classes that it names.
    pub complete: bool,
    /// A line was refused of which not even the class is known: nobody is taken to have left.
    pub doubtful: bool,
    /// Names of the files that were read.
    pub files: Vec<String>,
    pub schools: Vec<FileSchool>,
    pub spill: Spill,
    /// What was refused while reading.
    pub report: Report,
}

impl Roster {
    /// Nothing read yet.
    pub fn new(format: ImportFormat, complete: bool, spill: Spill) -> Self {
        Self {
            format,
            complete,
            doubtful: false,
            files: Vec::new(),
            schools: Vec::new(),
            spill,
            report: Report::default(),
        }
    }

    /// Puts a record aside for a school.
    pub fn push(&mut self, school: usize, record: &Record) -> Result<(), RosterError> {
        let line = serde_json::to_vec(record).map_err(std::io::Error::other)?;
        if let (Record::Person(_), Some(school)) = (record, self.schools.get_mut(school)) {
            school.people += 1;
        }
        Ok(self.spill.push(school, &line)?)
    }

    /// Notes a refused row.
    pub fn refuse(&mut self, place: Place, column: &str, code: &str, hint: &str) {
        let row = self.bad_row(place, column, code, hint);
        self.report.refuse(row);
    }

    /// A refused row, for a report of its own.
    pub fn bad_row(&self, place: Place, column: &str, code: &str, hint: &str) -> BadRow {
        BadRow {
            file: self.files.get(place.file).cloned().unwrap_or_default(),
            line: place.line,
            column: column.to_owned(),
            code: code.to_owned(),
            hint: hint.to_owned(),
        }
    }

    /// How many people there are, each as often as there are schools that know them.
    pub fn people(&self) -> u64 {
        self.schools.iter().map(|school| school.people).sum()
    }

    /// Everything about one school; `person` is called for each of its people.
    pub fn records(&mut self, school: usize, mut person: impl FnMut()) -> Result<SchoolRecords, RosterError> {
        let lines = self.spill.read(school)?;
        let mut records = SchoolRecords::default();
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let record: Record = serde_json::from_slice(line).map_err(std::io::Error::other)?;
            if matches!(record, Record::Person(_)) {
                person();
            }
            records.add(record);
        }
        records.join();
        Ok(records)
    }

    /// Everything about one school.
    #[cfg(test)]
    pub fn school(&mut self, school: usize) -> Result<SchoolRecords, RosterError> {
        self.records(school, || {})
    }
}

/// Somebody leads or teaches a class.
pub(crate) struct Teaching {
    pub person: String,
    pub class: String,
    pub leads: bool,
    pub place: Place,
}

/// A student's guardian.
pub(crate) struct Guarding {
    pub student: String,
    pub guardian: String,
    pub relation: Option<Relation>,
    pub place: Place,
}

/// A post at the school.
pub(crate) struct Posting {
    pub person: String,
    pub kind: PostKind,
    pub place: Place,
}

/// Everything that the files say about one school, joined.
#[derive(Default)]
pub(crate) struct SchoolRecords {
    pub classes: Vec<FileClass>,
    /// In the order of the file.
    pub people: Vec<FilePerson>,
    /// Where each stands in `people`.
    pub by_key: HashMap<String, usize>,
    /// Student, class, where it is said.
    pub enrolments: Vec<(String, String, Place)>,
    pub groups: Vec<FileGroup>,
    /// Students by group.
    pub members: HashMap<String, Vec<String>>,
    pub teachers: Vec<Teaching>,
    pub guardians: Vec<Guarding>,
    pub posts: Vec<Posting>,
    /// People of refused rows.
    pub refused: HashSet<String>,
    /// Classes in which a row was refused.
    pub doubtful_classes: HashSet<String>,
    kin: HashMap<String, bool>,
    births: HashMap<String, (Option<String>, Option<bool>)>,
}

impl SchoolRecords {
    fn add(&mut self, record: Record) {
        match record {
            Record::Class(class) => self.classes.push(class),
            Record::Person(person) => {
                if !self.by_key.contains_key(&person.key) {
                    self.by_key.insert(person.key.clone(), self.people.len());
                    self.people.push(person);
                }
            }
            Record::Enrolment { person, class, place } => self.enrolments.push((person, class, place)),
            Record::Group(group) => self.groups.push(group),
            Record::Member { person, group } => self.members.entry(group).or_default().push(person),
            Record::Teacher { person, class, leads, place } => {
                self.teachers.push(Teaching { person, class, leads, place });
            }
            Record::Guardian { student, guardian, relation, place } => {
                self.guardians.push(Guarding { student, guardian, relation, place });
            }
            Record::Post { person, kind, place } => self.posts.push(Posting { person, kind, place }),
            Record::Kin { person, parent } => {
                self.kin.insert(person, parent);
            }
            Record::Birth { person, date, female } => {
                self.births.insert(person, (date, female));
            }
            Record::Refused { person, class } => {
                self.refused.insert(person);
                self.doubtful_classes.extend(class);
            }
        }
    }

    /// What the files tell apart comes together; a relation that nothing tells is that of a guardian.
    fn join(&mut self) {
        for person in &mut self.people {
            if let Some((Some(date), _)) = self.births.get(&person.key) {
                person.birth_date = Some(date.clone());
            }
        }
        for link in &mut self.guardians {
            let parent = self.kin.get(&link.guardian).copied().unwrap_or(true);
            let female = self.births.get(&link.guardian).and_then(|(_, female)| *female);
            link.relation = link.relation.or(match female {
                Some(true) if parent => Some(Relation::Mother),
                Some(false) if parent => Some(Relation::Father),
                _ => None,
            });
        }
    }

    /// Whether somebody's role is that of a parent, a guardian or a relative.
    pub fn is_kin(&self, key: &str) -> bool {
        self.kin.contains_key(key)
    }

    /// A person by key.
    #[cfg(test)]
    pub fn person(&self, key: &str) -> Option<&FilePerson> {
        self.by_key.get(key).and_then(|at| self.people.get(*at))
    }
}

/// What reading depends on beside the files.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    /// The last day on which somebody may have been born.
    pub today: BirthDate,
    /// The school year of classes for which the file names none.
    pub year: SchoolYear,
    /// The school year of all classes, whatever the file says.
    pub forced_year: Option<SchoolYear>,
    /// Whose phone numbers are meant where the file does not tell the country.
    pub country: Option<Country>,
}

/// Why a cell was refused: a stable code, and what is meant where that is no personal data.
pub(crate) struct Fault {
    pub code: &'static str,
    pub hint: String,
}

impl Fault {
    fn new(code: &'static str) -> Self {
        Self { code, hint: String::new() }
    }
}

/// Judges a cell of a field of [`PersonField`].
pub(crate) fn judge(
    field: PersonField,
    cell: &str,
    country: Country,
    setting: &Setting,
) -> Result<Option<String>, Fault> {
    let numeric = matches!(field, PersonField::Snils | PersonField::Mobile | PersonField::BirthDate);
    if numeric && text::is_scientific(cell) {
        return Err(Fault { code: "scientific", hint: cell.to_owned() });
    }
    let typed = match field {
        PersonField::Snils => text::padded(cell, 11, 2),
        // An Israeli mobile as a number: 501234567.
        PersonField::Mobile if country == Country::Il && cell.starts_with('5') => text::padded(cell, 10, 1),
        PersonField::BirthDate => match cell.parse() {
            // A day that a spreadsheet gave as its number. A year alone is not one.
            Ok(serial) => {
                Some(serial).filter(|n| *n > 9_999).and_then(text::serial_day).unwrap_or_else(|| cell.to_owned())
            }
            // The time of day that some programs add.
            Err(_) => cell.split(['T', ' ']).next().unwrap_or_default().to_owned(),
        },
        _ => cell.to_owned(),
    };
    field.judge(country, &typed, Some(setting.today)).map_err(|fault| Fault::new(fault.code()))
}

/// Judges an ID number; leading zeros that a spreadsheet has dropped come back.
pub(crate) fn judge_id_number(kind: IdKind, cell: &str) -> Result<Option<(String, String)>, Fault> {
    if cell.is_empty() {
        return Ok(None);
    }
    if text::is_scientific(cell) {
        return Err(Fault { code: "scientific", hint: cell.to_owned() });
    }
    let number = match kind {
        IdKind::Fictitious => FictitiousNumber::parse(cell).map(|number| number.as_str().to_owned()).ok(),
        _ => IdNumber::parse(cell).map(|number| number.as_str().to_owned()).ok(),
    };
    let number =
        number.ok_or_else(|| Fault::new(if kind == IdKind::Fictitious { "fictitious_number" } else { "id_number" }))?;
    Ok(Some((kind.code().to_owned(), number)))
}

/// The country and the language of a name, by its letters.
pub(crate) fn spoken(name: &str) -> Option<(Country, Locale)> {
    name.chars().find_map(|c| match c {
        '\u{0400}'..='\u{04FF}' => Some((Country::Ru, Locale::Ru)),
        '\u{0590}'..='\u{05FF}' => Some((Country::Il, Locale::He)),
        '\u{0600}'..='\u{06FF}' => Some((Country::Il, Locale::Ar)),
        _ => None,
    })
}

/// A name for comparing: one case, one kind of space, ё as е.
pub(crate) fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().flat_map(char::to_lowercase).map(|c| if c == 'ё' { 'е' } else { c }).collect()
}

/// Ids that new things get, by the roster's own id: for a demo, whose ids are always the same.
pub type FixedIds = BTreeMap<String, uuid::Uuid>;
