//! One plain table: a line for each student, with the parents beside, as class lists are kept. CSV or the first sheet of an XLSX file
//! that has a header; the header is looked for in the first lines, under titles that lists begin with.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Seek};

use calamine::{DataRef, Reader as _, Xlsx};
use csv::{ReaderBuilder, StringRecord};
use domain::{ClassTitle, Country, IdKind, Locale, PersonField};

use super::RosterError;
use super::headers::{self, Column, What, Who};
use super::model::{self, Fault, FileClass, FilePerson, FileSchool, Place, Record, Roster, Setting};
use super::report::ImportFormat;
use super::sheet;
use super::source::Files;
use super::spill::Spill;
use super::text;

/// The header is one of so many first lines.
const HEADER_WITHIN: usize = 20;
/// A header has at least so many columns that are understood.
const HEADER_COLUMNS: usize = 2;
/// Columns that are looked at.
const WIDEST: usize = 256;

/// Reads a CSV table; `name` is its only file.
pub(crate) fn read_csv(
    files: &mut dyn Files,
    name: &str,
    setting: &Setting,
    spill: Spill,
) -> Result<Roster, RosterError> {
    let known = |text: &str| {
        let words = text.lines().take(HEADER_WITHIN).flat_map(|line| line.split([',', ';', '\t', '|']));
        headers::understood(words.map(|word| word.trim_matches(['"', ' ', '\r'])))
    };
    let (text, separator, skipped) = sheet::open_text(files, name, known)?;
    let mut table = Table::new(ImportFormat::Csv, name, setting, spill);
    // A list that begins with a title tells its separator further down.
    let mut reader = ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(text);
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| RosterError::of_csv(name, &error))? {
        let line = sheet::line_of(&reader, &record, skipped);
        if record.iter().any(|cell| cell.len() > sheet::LONGEST_CELL) {
            return Err(RosterError::Quotes { file: name.to_owned(), line });
        }
        table.line(line, record.iter().take(WIDEST).map(text::clean).collect())?;
    }
    table.end()
}

/// Reads an XLSX table.
pub(crate) fn read_xlsx<R: Read + Seek>(
    reader: R,
    name: &str,
    setting: &Setting,
    spill: Spill,
) -> Result<Roster, RosterError> {
    let mut book: Xlsx<R> = Xlsx::new(reader).map_err(|_| RosterError::Damaged)?;
    let mut table = Table::new(ImportFormat::Xlsx, name, setting, spill);
    for sheet in book.sheet_names() {
        let mut cells = book.worksheet_cells_reader(&sheet).map_err(|_| RosterError::Damaged)?;
        let mut line = 0;
        let mut row: Vec<String> = Vec::new();
        // A sheet is read cell by cell: one that says it has a million columns takes no memory.
        while let Some(cell) = cells.next_cell().map_err(|_| RosterError::Damaged)? {
            let (at, column) = cell.get_position();
            if u64::from(at) + 1 != line {
                if line > 0 {
                    table.line(line, std::mem::take(&mut row))?;
                }
                line = u64::from(at) + 1;
            }
            let column = column as usize;
            if column < WIDEST {
                if row.len() <= column {
                    row.resize(column + 1, String::new());
                }
                if let Some(place) = row.get_mut(column) {
                    *place = written(cell.get_value());
                }
            }
        }
        if line > 0 {
            table.line(line, row)?;
        }
        if table.header.is_some() {
            break;
        }
        table.begin_anew();
    }
    table.end()
}

/// A cell as a person would have written it. Whole numbers lose the `.0` that Excel keeps them with; dates are dates.
fn written(value: &DataRef<'_>) -> String {
    let text = match value {
        DataRef::Int(number) => number.to_string(),
        // Exact up to 2^53; what is larger has lost digits and is left in the form that is refused.
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => format!("{number:.0}"),
        DataRef::Float(number) => format!("{number:E}").replace('E', "E+"),
        DataRef::String(text) | DataRef::DateTimeIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::DateTime(time) => {
            let (year, month, day, ..) = time.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        DataRef::Bool(_) | DataRef::DurationIso(_) | DataRef::Error(_) | DataRef::Empty => String::new(),
    };
    text::clean(&text)
}

/// A table under way.
struct Table<'a> {
    roster: Roster,
    setting: &'a Setting,
    header: Option<Vec<Option<Column>>>,
    /// Lines before the header.
    looked_at: usize,
    width: usize,
    /// The language of the header.
    spoken: Option<(Country, Locale)>,
    schools: HashMap<String, usize>,
    classes: HashSet<(usize, String)>,
}

/// Why a line is refused: the column's title, and the fault of its cell.
type Refusal = (String, Fault);

impl<'a> Table<'a> {
    fn new(format: ImportFormat, name: &str, setting: &'a Setting, spill: Spill) -> Self {
        let mut roster = Roster::new(format, false, spill);
        roster.files.push(name.to_owned());
        Self {
            roster,
            setting,
            header: None,
            looked_at: 0,
            width: 0,
            spoken: None,
            schools: HashMap::new(),
            classes: HashSet::new(),
        }
    }

    /// Another sheet.
    fn begin_anew(&mut self) {
        self.looked_at = 0;
    }

    fn end(self) -> Result<Roster, RosterError> {
        if self.header.is_none() {
            return Err(RosterError::NoHeader);
        }
        Ok(self.roster)
    }

    fn line(&mut self, line: u64, cells: Vec<String>) -> Result<(), RosterError> {
        if cells.iter().all(String::is_empty) {
            return Ok(());
        }
        let Some(header) = self.header.clone() else { return self.look_for_header(&cells) };
        let place = Place { file: 0, line };
        let used = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |at| at + 1);
        if used > self.width {
            return self.refuse(place, None, &(String::new(), Fault { code: "columns", hint: String::new() }));
        }
        let cell = |wanted: Column| {
            let at = header.iter().position(|column| *column == Some(wanted));
            at.and_then(|at| cells.get(at)).map(String::as_str).unwrap_or_default()
        };
        let school = self.school(cell(Column::School));
        let title = cell(Column::Class);
        let Ok(title) = ClassTitle::parse(title) else {
            let code = if title.is_empty() { "required" } else { "class_title" };
            let hint = title.chars().take(20).collect();
            return self.refuse(place, None, &(self.title(Column::Class), Fault { code, hint }));
        };
        let class = title.as_str().to_owned();
        if self.classes.insert((school, class.clone())) {
            let record = FileClass {
                key: class.clone(),
                source_id: None,
                title: class.clone(),
                grade: title.grade(),
                letter: title.letter().to_owned(),
                year: self.setting.forced_year.unwrap_or(self.setting.year).year(),
            };
            self.roster.push(school, &Record::Class(record))?;
        }
        let mut people: Vec<Who> = header.iter().flatten().filter_map(|column| whose(*column)).collect();
        people.sort_unstable();
        people.dedup();
        // Nothing of a line is taken when anything of it is refused.
        let mut read = Vec::new();
        for who in people {
            match self.person(place, school, who, &cell) {
                Ok(person) => read.extend(person.map(|person| (who, person))),
                Err(refusal) => return self.refuse(place, Some((school, class)), &refusal),
            }
        }
        let Some((_, student)) = read.iter().find(|(who, _)| *who == Who::Student) else {
            let refusal = (self.title(Column::Of(Who::Student, What::Field(PersonField::Surname))), required());
            return self.refuse(place, Some((school, class)), &refusal);
        };
        let student = student.key.clone();
        for (who, person) in read {
            let key = person.key.clone();
            self.roster.push(school, &Record::Person(person))?;
            let record = match who.relation() {
                None => Record::Enrolment { person: key, class: class.clone(), place },
                relation => Record::Guardian { student: student.clone(), guardian: key, relation, place },
            };
            self.roster.push(school, &record)?;
        }
        Ok(())
    }

    fn look_for_header(&mut self, cells: &[String]) -> Result<(), RosterError> {
        self.looked_at += 1;
        if self.looked_at > HEADER_WITHIN {
            return Ok(());
        }
        let columns: Vec<Option<Column>> = cells.iter().map(|cell| headers::column(cell)).collect();
        if columns.iter().flatten().count() < HEADER_COLUMNS {
            return Ok(());
        }
        let has = |what| columns.contains(&Some(Column::Of(Who::Student, what)));
        let names = has(What::FullName) || has(What::Field(PersonField::Surname));
        self.spoken = cells.iter().find_map(|cell| model::spoken(cell));
        let missing = if !columns.contains(&Some(Column::Class)) {
            Some(Column::Class)
        } else if !names {
            Some(Column::Of(Who::Student, What::Field(PersonField::Surname)))
        } else if !has(What::FullName) && !has(What::Field(PersonField::GivenName)) {
            Some(Column::Of(Who::Student, What::Field(PersonField::GivenName)))
        } else {
            None
        };
        if let Some(column) = missing {
            let file = self.roster.files.first().cloned().unwrap_or_default();
            return Err(RosterError::MissingColumn { file, column: self.title(column) });
        }
        self.width = cells.len();
        self.header = Some(columns);
        Ok(())
    }

    /// The title of a column in the header's language.
    fn title(&self, column: Column) -> String {
        headers::title(column, self.spoken.map_or(Locale::En, |(_, locale)| locale))
    }

    fn school(&mut self, name: &str) -> usize {
        let folded = model::folded(name);
        if let Some(known) = self.schools.get(&folded) {
            return *known;
        }
        let number = self.roster.schools.len();
        let spoken = model::spoken(name).or(self.spoken);
        self.roster.schools.push(FileSchool {
            source_id: None,
            name: name.to_owned(),
            country: spoken.map(|(country, _)| country),
            locale: spoken.map(|(_, locale)| locale),
            people: 0,
        });
        self.schools.insert(folded, number);
        number
    }

    /// A person of a line; none when all cells about them are empty.
    fn person<'c>(
        &self,
        place: Place,
        school: usize,
        who: Who,
        cell: &impl Fn(Column) -> &'c str,
    ) -> Result<Option<FilePerson>, Refusal> {
        let of_school = self.roster.schools.get(school).and_then(|school| school.country);
        let country = self.setting.country.or(of_school).unwrap_or(Country::Il);
        let column = |what| Column::Of(who, what);
        let mut person = FilePerson { place: Some(place), ..FilePerson::default() };
        let mut full = cell(column(What::FullName)).split_whitespace();
        let mut empty = full.clone().next().is_none();
        for field in PersonField::ALL {
            let own = cell(column(What::Field(field)));
            let part = match field {
                PersonField::Surname | PersonField::GivenName => full.next().unwrap_or_default().to_owned(),
                PersonField::Patronymic => full.by_ref().collect::<Vec<_>>().join(" "),
                _ => String::new(),
            };
            let typed = if own.is_empty() { part.as_str() } else { own };
            empty &= own.is_empty();
            if field.is_required() && typed.is_empty() {
                continue;
            }
            let value = model::judge(field, typed, country, self.setting)
                .map_err(|fault| (self.title(column(What::Field(field))), fault))?;
            person.set(field, value);
        }
        for (kind, what) in [(IdKind::IlId, What::IdNumber), (IdKind::Fictitious, What::FictitiousNumber)] {
            let typed = cell(column(what));
            empty &= typed.is_empty();
            let number = model::judge_id_number(kind, typed).map_err(|fault| (self.title(column(what)), fault))?;
            person.id_number = person.id_number.or(number);
        }
        if empty {
            return Ok(None);
        }
        for (field, value) in [(PersonField::Surname, &person.surname), (PersonField::GivenName, &person.given_name)] {
            if value.is_empty() {
                return Err((self.title(column(What::Field(field))), required()));
            }
        }
        person.key = key(&person, who, place.line);
        Ok(Some(person))
    }

    fn refuse(&mut self, place: Place, of: Option<(usize, String)>, refusal: &Refusal) -> Result<(), RosterError> {
        let (column, fault) = refusal;
        self.roster.report.counts.students.bad += 1;
        self.roster.refuse(place, column, fault.code, &fault.hint);
        let Some((school, class)) = of else {
            self.roster.doubtful = true;
            return Ok(());
        };
        let person = format!("line:{}", place.line);
        self.roster.push(school, &Record::Refused { person, class: Some(class) })
    }
}

const fn whose(column: Column) -> Option<Who> {
    match column {
        Column::Of(who, _) => Some(who),
        Column::School | Column::Class => None,
    }
}

fn required() -> Fault {
    Fault { code: "required", hint: String::new() }
}

/// How a table's person is known in other lines: brothers and sisters have one mother. Without a number or a contact a name is nobody's
/// own.
fn key(person: &FilePerson, who: Who, line: u64) -> String {
    if who == Who::Student {
        return format!("line:{line}");
    }
    if let Some((kind, number)) = &person.id_number {
        return format!("{kind}:{number}");
    }
    if let Some(snils) = &person.snils {
        return format!("snils:{snils}");
    }
    let contact = person.mobile.as_deref().or(person.email.as_deref());
    match contact {
        Some(contact) => {
            let name = format!("{} {}", person.surname, person.given_name);
            format!("contact:{contact}:{}", model::folded(&name))
        }
        None => format!("line:{line}:{who:?}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use std::io::Cursor;
    use std::sync::Arc;

    use domain::{BirthDate, Relation, SchoolYear};
    use encoding_rs::{WINDOWS_1251, WINDOWS_1255};
    use rust_xlsxwriter::Workbook;

    use super::*;
    use crate::crypto::{KeyRing, Sealer};
    use crate::imports::source::HeldFiles;
    use crate::rng::{Rng, SeededRng};

    fn setting() -> Setting {
        Setting {
            today: BirthDate::new(2026, 9, 1).unwrap(),
            year: SchoolYear::starting(2026),
            forced_year: None,
            country: None,
        }
    }

    fn spill() -> Spill {
        let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(1));
        Spill::new(Sealer::new(&KeyRing::generate(rng.as_ref(), 0)), rng)
    }

    fn csv(bytes: &[u8]) -> Roster {
        let files: &'static [(&'static str, &'static [u8])] =
            Vec::leak(vec![("list.csv", &*Vec::leak(bytes.to_vec()))]);
        read_csv(&mut HeldFiles(files), "list.csv", &setting(), spill()).unwrap()
    }

    fn codes(roster: &Roster) -> Vec<(u64, String, String)> {
        let bad = roster.report.bad_rows.iter();
        bad.map(|bad| (bad.line, bad.column.clone(), bad.code.clone())).collect()
    }

    const RUSSIAN: &str = "Список класса;;;;;\n\nКласс;ФИО;Дата рождения;СНИЛС;Телефон;Мать;Телефон матери;Почта матери\n\
        5А;Джалилов Резида Егорович;03.06.2015;;+7 901 111-11-11;Захарченко Диана Набиевна;9000000011;\n\
        5А;Зонтикова  Ася Картовна;11.11.2014;699668200;—;Зонтикова Карта;+7 900 000-00-61;karta@primer.example\n\
        5Б;Зонтиков Ян Картович;11.11.2013;;;Зонтикова Карта;8 900 000-00-61;karta@primer.example\n";

    const NO_CLASS: &[u8] = "Фамилия,Имя\nА,Б\n".as_bytes();

    #[test]
    fn a_russian_list_in_windows_1251_with_a_title_above() {
        let (bytes, _, _) = WINDOWS_1251.encode(RUSSIAN);
        let mut roster = csv(&bytes);
        assert_eq!(roster.schools.len(), 1);
        assert_eq!(roster.schools[0].country, Some(Country::Ru));
        let school = roster.school(0).unwrap();
        assert!(codes(&roster).is_empty(), "{:?}", codes(&roster));
        assert_eq!(school.people.len(), 5, "the mother of two is one person");
        let first = &school.people[0];
        assert_eq!((first.surname.as_str(), first.patronymic.as_deref()), ("Джалилов", Some("Егорович")));
        assert_eq!(first.birth_date.as_deref(), Some("2015-06-03"));
        let second = school.people.iter().find(|person| person.given_name == "Ася").unwrap();
        assert_eq!(second.snils.as_deref(), Some("00699668200"), "the lost zero is back");
        assert_eq!(second.mobile, None);
        assert_eq!(school.guardians.len(), 3);
        assert!(school.guardians.iter().all(|link| link.relation == Some(Relation::Mother)));
        assert_eq!(school.classes.len(), 2);
    }

    #[test]
    fn a_hebrew_list_in_windows_1255() {
        let text = "כיתה,שם משפחה,שם פרטי,תעודת זהות,תאריך לידה,טלפון האם,שם פרטי של האם,שם משפחה של האם\r\n\
            ה'1,ישראלי,מאיה,18,1/2/2015,501234567,יעל,ישראלי\r\nה1,לדוגמה,נועם,26,,,,\r\n";
        let (bytes, _, _) = WINDOWS_1255.encode(text);
        let mut roster = csv(&bytes);
        let school = roster.school(0).unwrap();
        assert!(codes(&roster).is_empty(), "{:?}", codes(&roster));
        assert_eq!(school.people[0].id_number.as_ref().map(|(_, number)| number.as_str()), Some("000000018"));
        assert_eq!(school.people[1].mobile.as_deref(), Some("+972501234567"), "the lost zero is back");
        assert_eq!(school.people.len(), 3, "an empty parent is none");
        assert_eq!(school.classes.len(), 1);
        assert_eq!(roster.schools[0].locale, Some(Locale::He));
    }

    #[test]
    fn lines_are_refused_one_by_one() {
        let text = "\u{FEFF}sep=;\nКласс;Фамилия;Имя;СНИЛС;Телефон;Почта;Дата рождения\n\
            5А;Хороший;Иван;;;;\n\
            5А;;Иван;;;;\n\
            5А;Плохой;Иван;112-233-445 96;;;\n\
            5А;Плохой;Пётр;;9.01E+10;;\n\
            5А;Плохой;Олег;;+7 3467 33-33-33;;\n\
            5А;Плохой;Ян;;;не адрес;\n\
            5А;Плохой;Ким;;;;31.02.2015\n\
            класс;Плохой;Том;;;;\n\
            5А;Плохой;Лев;;;;;лишнее\n\
            ;Плохой;Кай;;;;\n";
        let mut roster = csv(text.as_bytes());
        let expected = [
            (4, "Фамилия", "required"),
            (5, "СНИЛС", "snils_check"),
            (6, "Телефон", "scientific"),
            (7, "Телефон", "mobile_landline"),
            (8, "Почта", "email"),
            (9, "Дата рождения", "no_such_day"),
            (10, "Класс", "class_title"),
            (11, "", "columns"),
            (12, "Класс", "required"),
        ];
        assert_eq!(codes(&roster), expected.map(|(line, column, code)| (line, column.to_owned(), code.to_owned())));
        let school = roster.school(0).unwrap();
        assert_eq!(school.people.len(), 1);
        assert_eq!(school.doubtful_classes.len(), 1);
        assert!(roster.doubtful, "of a line without a class nobody knows who it was");
    }

    #[test]
    fn a_sheet_with_numbers_and_dates_as_excel_keeps_them() {
        let mut book = Workbook::new();
        book.add_worksheet().write_string(0, 0, "Пояснения").unwrap();
        let sheet = book.add_worksheet();
        for (column, title) in (0_u16..).zip(["Класс", "Фамилия", "Имя", "СНИЛС", "Телефон", "Дата рождения"])
        {
            sheet.write_string(2, column, title).unwrap();
        }
        sheet.write_string(3, 0, "5А").unwrap();
        sheet.write_string(3, 1, "Джалилов\u{A0}").unwrap();
        sheet.write_string(3, 2, "Резида").unwrap();
        sheet.write_number(3, 3, 699_668_200.0).unwrap();
        sheet.write_number(3, 4, 79_011_111_111.0).unwrap();
        sheet.write_number(3, 5, 42_158.0).unwrap();
        for (column, text) in (0_u16..).zip(["5А", "Плохой", "Иван", "", "7,9E+10"]) {
            sheet.write_string(4, column, text).unwrap();
        }
        let bytes = book.save_to_buffer().unwrap();
        let mut roster = read_xlsx(Cursor::new(bytes), "list.xlsx", &setting(), spill()).unwrap();
        assert_eq!(codes(&roster), [(5, "Телефон".to_owned(), "scientific".to_owned())]);
        let person = roster.school(0).unwrap().people.remove(0);
        assert_eq!(person.surname, "Джалилов");
        assert_eq!(person.snils.as_deref(), Some("00699668200"));
        assert_eq!(person.mobile.as_deref(), Some("+79011111111"));
        assert_eq!(person.birth_date.as_deref(), Some("2015-06-03"));
    }

    #[test]
    fn a_table_without_a_header_is_refused() {
        let files: &'static [(&'static str, &'static [u8])] = &[("list.csv", b"a,b\n1,2\n")];
        let refused = read_csv(&mut HeldFiles(files), "list.csv", &setting(), spill());
        assert_eq!(refused.err().map(|error| error.code()), Some("ROSTER-05"));
        let files: &'static [(&'static str, &'static [u8])] = &[("list.csv", NO_CLASS)];
        let refused = read_csv(&mut HeldFiles(files), "list.csv", &setting(), spill());
        assert_eq!(refused.err().map(|error| error.code()), Some("ROSTER-04"));
    }
}
