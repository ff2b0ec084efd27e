//! The roster as files: OneRoster 1.2, or one plain table as CSV or XLSX. What an export writes, an import reads again and finds
//! unchanged. No secrets: neither accounts nor user codes nor passwords; personal data in clear, so every export is audited.

mod oneroster;
mod table;

use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Seek, Write};

use domain::{ClassTitle, IdKind, Locale, Permission, PersonField, PostKind, Relation, SchoolYear, Target};
use serde_json::json;
use uuid::Uuid;

use crate::access::AccessError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::crypto::columns;
use crate::error::{CryptoError, StoreError};
use crate::ids::SchoolId;
use crate::people::{OpenError, open};
use crate::portal::Portal;
use crate::sessions::Session;
use crate::store::imports::{self as rows, KnownRow};
use crate::store::schools::{self, SchoolRow};
use crate::visit::Visit;

/// What kind of file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// OneRoster 1.2: a zip of CSV files.
    OneRoster,
    /// One table.
    Csv,
    /// One sheet.
    Xlsx,
}

impl ExportFormat {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::OneRoster, Self::Csv, Self::Xlsx];

    /// The code: `oneroster`, `csv`, `xlsx`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OneRoster => "oneroster",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// The format of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.code() == code)
    }

    /// The media type of the file.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OneRoster => "application/zip",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The end of the file's name, with its dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::OneRoster => ".zip",
            Self::Csv => ".csv",
            Self::Xlsx => ".xlsx",
        }
    }
}

/// Why nothing, or only a part of a file, was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Not allowed, or no such school.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    File(#[from] std::io::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sealed value.
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}

impl ExportError {
    /// Stable code for pages, problem documents and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access(error) => error.code(),
            Self::File(_) => "EXPORT-01",
            Self::Store(error) => error.code(),
            Self::Crypto(error) => error.code(),
        }
    }
}

impl From<OpenError> for ExportError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(error),
            OpenError::Crypto(error) => Self::Crypto(error),
        }
    }
}

/// A file for a browser.
#[derive(Clone)]
pub struct Exported {
    /// What the browser stores it as.
    pub file_name: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Exported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exported").field("file_name", &self.file_name).finish_non_exhaustive()
    }
}

/// The roster as files.
#[derive(Clone, Copy)]
pub struct Exports<'a> {
    pub(crate) portal: &'a Portal,
}

impl Exports<'_> {
    /// The file of one school, for whoever may import its roster; of all schools, for whoever may do so everywhere.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn export(
        &self,
        visit: &Visit,
        actor: &Session,
        format: ExportFormat,
        school: Option<SchoolId>,
    ) -> Result<Exported, ExportError> {
        let target = school.map_or(Target::Everything, |school| Target::School(school.0));
        self.portal.access().require(visit, actor, Permission::ImportRoster, &target).await?;
        let entry = AuditEntry::new(AuditEvent::RosterExported, Outcome::Success, visit).actor(actor.person_id);
        let mut out = Cursor::new(Vec::new());
        self.written(entry, visit.locale, format, school, &mut out, &mut |_, _| {}).await?;
        let file_name = format!("roster{}", format.extension());
        Ok(Exported { file_name, content_type: format.content_type(), bytes: out.into_inner() })
    }

    /// Writes the file of one school or of all for an operator; how many people are in it. `progress` is called with the steps done and
    /// the steps there are.
    ///
    /// # Errors
    /// [`ExportError`].
    pub async fn write(
        &self,
        visit: &Visit,
        format: ExportFormat,
        school: Option<SchoolId>,
        out: &mut (impl Write + Seek + Send),
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<u64, ExportError> {
        let entry = AuditEntry::new(AuditEvent::RosterExported, Outcome::Success, visit);
        self.written(entry, visit.locale, format, school, out, &mut progress).await
    }

    async fn written(
        self,
        entry: AuditEntry,
        locale: Locale,
        format: ExportFormat,
        school: Option<SchoolId>,
        out: &mut (impl Write + Seek + Send),
        progress: &mut (impl FnMut(u64, u64) + Send),
    ) -> Result<u64, ExportError> {
        let portal = self.portal;
        let all = schools::list(portal.db()).await?;
        let chosen: Vec<SchoolRow> =
            all.into_iter().filter(|row| school.is_none_or(|school| row.id == school.0)).collect();
        if chosen.is_empty() && school.is_some() {
            return Err(AccessError::NotFound.into());
        }
        // One school speaks its own language.
        let locale = match chosen.as_slice() {
            [row] => Locale::from_code(&row.locale).unwrap_or(locale),
            _ => locale,
        };
        let people = match format {
            ExportFormat::OneRoster => oneroster::write(self, &chosen, out, progress).await?,
            ExportFormat::Csv => table::write_csv(self, &chosen, locale, out, progress).await?,
            ExportFormat::Xlsx => table::write_xlsx(self, &chosen, locale, out, progress).await?,
        };
        let entry = entry.detail("format", format.code()).detail("people", people).detail("school", json!(school));
        let mut tx = portal.db().begin().await?;
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        Ok(people)
    }

    /// Everybody who belongs to a school now, in clear.
    async fn school(self, row: &SchoolRow) -> Result<Dump, ExportError> {
        let portal = self.portal;
        // One transaction, so that all of it is of one moment.
        let mut tx = portal.db().begin().await?;
        let people = rows::list_people(&mut tx, row.id, false).await?;
        let classes = rows::list_classes(&mut tx, row.id).await?;
        let stays = rows::list_enrolments(&mut tx, row.id).await?;
        let guardians = rows::list_guardians(&mut tx, row.id).await?;
        let posts = rows::list_posts(&mut tx, row.id).await?;
        let leaders = rows::list_leaders(&mut tx, row.id).await?;
        let groups = rows::list_groups(&mut tx, row.id).await?;
        let group_classes = rows::list_group_classes(&mut tx, row.id).await?;
        let group_members = rows::list_group_members(&mut tx, row.id).await?;
        tx.rollback().await?;

        let mut dump = Dump { source_id: named(row.source_id.as_deref(), row.id), ..Dump::default() };
        for class in classes.into_iter().filter(|class| class.archived_at.is_none()) {
            dump.classes.push(DumpedClass {
                id: class.id,
                source_id: named(class.source_id.as_deref(), class.id),
                title: class.title,
                year: SchoolYear::starting(i32::try_from(class.year).unwrap_or(0)),
            });
        }
        dump.classes.sort_by(|a, b| {
            let title = |class: &DumpedClass| ClassTitle::parse(&class.title).ok();
            a.year.cmp(&b.year).then_with(|| title(a).cmp(&title(b))).then(a.id.cmp(&b.id))
        });
        let open_classes: HashSet<Uuid> = dump.classes.iter().map(|class| class.id).collect();
        for stay in stays.into_iter().filter(|stay| stay.until_at.is_none()) {
            if open_classes.contains(&stay.class_id) {
                dump.stays.push((stay.id, stay.class_id, stay.student_id));
            }
        }
        let students: HashSet<Uuid> = dump.stays.iter().map(|(_, _, student)| *student).collect();
        for link in guardians.into_iter().filter(|link| students.contains(&link.child_id)) {
            let relation =
                Relation::from_code(&link.relation).ok_or(StoreError::Corrupt { column: "guardians.relation" })?;
            dump.guardians.entry(link.child_id).or_default().push((relation, link.guardian_id));
        }
        for links in dump.guardians.values_mut() {
            links.sort_by_key(|(relation, _)| *relation);
        }
        for post in posts {
            let kind = PostKind::from_code(&post.kind).ok_or(StoreError::Corrupt { column: "posts.kind" })?;
            dump.posts.push((post.person_id, kind));
        }
        dump.leaders = leaders.into_iter().map(|leader| (leader.person_id, leader.class_id)).collect();
        let years: HashMap<Uuid, SchoolYear> = dump.classes.iter().map(|class| (class.id, class.year)).collect();
        let (classes_of, members_of) = (by_first(group_classes), by_first(group_members));
        for group in groups {
            let classes = classes_of.get(&group.id).into_iter().flatten();
            // A group of classes that are over goes with them.
            let Some(year) = classes.filter_map(|class| years.get(class)).max() else { continue };
            let members = members_of.get(&group.id).into_iter().flatten().copied();
            dump.groups.push(DumpedGroup {
                source_id: named(group.source_id.as_deref(), group.id),
                year: *year,
                members: members.filter(|student| students.contains(student)).collect(),
                title: group.title,
            });
        }
        dump.groups.sort_by(|a, b| a.title.cmp(&b.title).then_with(|| a.source_id.cmp(&b.source_id)));
        let parents = dump.guardians.values().flatten().map(|(_, id)| *id);
        let workers = dump.posts.iter().map(|(id, _)| *id).chain(dump.leaders.iter().map(|(id, _)| *id));
        let wanted: HashSet<Uuid> = students.iter().copied().chain(parents).chain(workers).collect();
        for person in people.into_iter().filter(|person| wanted.contains(&person.id)) {
            // Somebody whose names staff have not typed yet is no row that could be read again.
            if !person.surname.is_empty() && !person.given_name.is_empty() {
                dump.people.insert(person.id, self.opened(person)?);
            }
        }
        Ok(dump)
    }

    fn opened(self, row: KnownRow) -> Result<DumpedPerson, ExportError> {
        let text =
            |column, sealed: Option<&[u8]>| open(self.portal, column, row.id, sealed, |text| Some(text.to_owned()));
        Ok(DumpedPerson {
            source_id: named(row.source_id.as_deref(), row.id),
            birth_date: text(columns::PEOPLE_BIRTH_DATE, row.birth_date_sealed.as_deref())?,
            snils: text(columns::PEOPLE_SNILS, row.snils_sealed.as_deref())?,
            mobile: text(columns::PEOPLE_MOBILE, row.mobile_sealed.as_deref())?,
            email: text(columns::PEOPLE_EMAIL, row.email_sealed.as_deref())?,
            id_number: text(columns::PEOPLE_ID_NUMBER, row.id_number_sealed.as_deref())?,
            id_type: row.id_type,
            surname: row.surname,
            given_name: row.given_name,
            patronymic: row.patronymic,
        })
    }
}

/// Pairs as lists by their first half.
fn by_first(pairs: Vec<(Uuid, Uuid)>) -> HashMap<Uuid, Vec<Uuid>> {
    let mut lists: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for (first, second) in pairs {
        lists.entry(first).or_default().push(second);
    }
    lists
}

/// What the roster calls a thing, or the portal's own id: an import finds it by either. A name that is kept as a hash only tells nothing.
fn named(source_id: Option<&str>, id: Uuid) -> String {
    source_id.filter(|source| !source.starts_with('#')).map_or_else(|| id.to_string(), str::to_owned)
}

/// A school in clear. No `Debug`.
#[derive(Default)]
struct Dump {
    source_id: String,
    /// In the order of grades.
    classes: Vec<DumpedClass>,
    /// Stay, class, student.
    stays: Vec<(Uuid, Uuid, Uuid)>,
    people: HashMap<Uuid, DumpedPerson>,
    /// By child: mother first, then father, then the others.
    guardians: HashMap<Uuid, Vec<(Relation, Uuid)>>,
    posts: Vec<(Uuid, PostKind)>,
    /// Teacher, class.
    leaders: Vec<(Uuid, Uuid)>,
    /// By title.
    groups: Vec<DumpedGroup>,
}

struct DumpedGroup {
    source_id: String,
    title: String,
    year: SchoolYear,
    members: Vec<Uuid>,
}

struct DumpedClass {
    id: Uuid,
    source_id: String,
    title: String,
    year: SchoolYear,
}

/// A person in clear. No `Debug`.
struct DumpedPerson {
    source_id: String,
    surname: String,
    given_name: String,
    patronymic: Option<String>,
    birth_date: Option<String>,
    snils: Option<String>,
    mobile: Option<String>,
    email: Option<String>,
    id_type: Option<String>,
    id_number: Option<String>,
}

impl DumpedPerson {
    fn get(&self, field: PersonField) -> Option<&str> {
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

    /// The ID number, if it is of this kind.
    fn number(&self, kind: IdKind) -> &str {
        let fits = self.id_type.as_deref() == Some(kind.code());
        self.id_number.as_deref().filter(|_| fits).unwrap_or_default()
    }
}
