//! Rosters from files: a dry run that tells what would change, and the import itself.
//!
//! A file is read once from end to end and its records put aside by school; each school is compared with the database ([`plan`]) and
//! written in a transaction of its own ([`apply`]). The same file twice changes nothing, so an import that was stopped is simply begun
//! again. Rows that cannot be used are refused one by one. A file never makes or touches an account, and gives no right but that of a
//! class teacher who is named as the first teacher of a class.

#[cfg(test)]
mod any_bytes;
mod apply;
mod error;
mod headers;
mod model;
mod oneroster;
mod plan;
mod progress;
mod report;
mod sheet;
mod source;
mod spill;
mod table;
mod text;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use domain::{BirthDate, Country, Locale, Permission, SchoolYear, Target as Where};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::access::AccessError;
use crate::audit::{AuditEntry, AuditEvent, Outcome};
use crate::clock::{DAY, MINUTE, SECOND, Timestamp};
use crate::crypto::columns;
use crate::error::StoreError;
use crate::ids::{ImportId, PersonId, SchoolId};
use crate::portal::Portal;
use crate::roster::school_year;
use crate::sessions::Session;
use crate::store::imports::{self as rows, ImportRow};
use crate::store::schools::{self, SchoolRow};
use crate::visit::Visit;
use apply::Author;
use model::{Roster, Setting};
use progress::Steps;
use source::{Files, FolderFiles, HeldFiles, Origin, Shared, ZipFiles};
use spill::Spill;

pub use error::{ImportError, RosterError};
pub(crate) use headers::{Column, What, Who, title};
pub use model::FixedIds;
pub(crate) use progress::UnderWay;
pub use report::{
    BadRow, Count, Counts, GUARDIAN, ImportFormat, ImportState, ImportView, KeptBecause, LISTED, Report, StaffConflict,
};
pub(crate) use text::begins_formula;

/// The largest file that is taken as an upload.
pub const LARGEST_UPLOAD: usize = 64 * 1024 * 1024;
/// People of one school in an upload. A school is one transaction, for which everybody else's changes wait on SQLite; the largest schools
/// that there are have a tenth of it.
const UPLOADED_SCHOOL: u64 = 50_000;
/// To what all files of an uploaded zip may unpack.
const UPLOADED_UNPACKS_TO: u64 = 256 * 1024 * 1024;
/// To what all files of a zip on disk may unpack.
const FILE_UNPACKS_TO: u64 = 64 * 1024 * 1024 * 1024;
/// To what a sheet may unpack: its texts are held in memory.
const SHEET_UNPACKS_TO: u64 = 512 * 1024 * 1024;
/// How long a checked file waits to be applied.
const CHECKED_KEPT_MS: i64 = DAY;
/// How long it can be seen what an import did.
const APPLIED_KEPT_MS: i64 = 30 * DAY;
/// How long a worker may take for one school.
const LEASE_MS: i64 = 5 * MINUTE;
/// How long an import waits after the database failed.
const PAUSE_MS: i64 = 30 * SECOND;
/// How often a school is begun again when somebody is in the way.
const TRIES: u32 = 5;

/// How a file is imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportOptions {
    /// Values that were changed here, and contacts and numbers that people sign in with, are overwritten too.
    #[serde(default)]
    pub overwrite_contacts: bool,
    /// The school that a file is about which does not say so.
    #[serde(default)]
    pub school: Option<SchoolId>,
    /// The calendar year in which the school year of all classes begins, whatever the file says.
    #[serde(default)]
    pub year: Option<i32>,
    /// Ids that new schools, classes and people get, by the roster's own ids: for a demo, whose ids are always the same.
    #[serde(skip)]
    pub ids: FixedIds,
}

/// How far an import reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Everywhere.
    All,
    /// These schools.
    Schools(Vec<Uuid>),
}

impl Reach {
    pub(crate) const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    fn holds(&self, school: Uuid) -> bool {
        match self {
            Self::All => true,
            Self::Schools(schools) => schools.contains(&school),
        }
    }
}

/// A school of a file, and which of ours it is; none for a new one.
pub(crate) struct Target {
    pub row: Option<SchoolRow>,
}

/// A file that was read and whose schools are known.
pub struct Prepared {
    roster: Roster,
    targets: Vec<Target>,
    options: ImportOptions,
    reach: Reach,
}

impl Prepared {
    /// What kind of file it is.
    pub fn format(&self) -> ImportFormat {
        self.roster.format
    }

    /// How many people there are, each as often as there are schools that know them.
    pub fn people(&self) -> u64 {
        self.roster.people()
    }

    /// The one school that it is about, if it is one that is there.
    pub fn school(&self) -> Option<SchoolId> {
        match self.targets.as_slice() {
            [Target { row: Some(row) }] => Some(SchoolId(row.id)),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("format", &self.roster.format).finish_non_exhaustive()
    }
}

/// Where a file comes from that an operator imports.
#[derive(Clone, Debug)]
pub enum RosterFile {
    /// A zip or a table on disk, or a folder of OneRoster's CSV files.
    Path(PathBuf),
    /// OneRoster's CSV files that the program holds, with their names.
    Held(&'static [(&'static str, &'static [u8])]),
}

/// Whether something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A dry run: nothing is written.
    Check,
    /// Everything that can be used is written.
    Apply,
}

/// Rosters from files.
#[derive(Clone, Copy)]
pub struct Imports<'a> {
    pub(crate) portal: &'a Portal,
}

impl Imports<'_> {
    // --- for operators: the command line, the demo ---

    /// Reads a file for an operator, whose import reaches every school.
    ///
    /// # Errors
    /// [`ImportError`] when it cannot be read as a roster, or not be told which school it is about.
    pub async fn read(&self, file: RosterFile, options: &ImportOptions) -> Result<Prepared, ImportError> {
        let (origin, name) = match file {
            RosterFile::Path(path) => {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                (Origin::Path(path), name)
            }
            RosterFile::Held(files) => (Origin::Held(files), String::new()),
        };
        self.prepare(origin, name, options, Reach::All, FILE_UNPACKS_TO).await
    }

    /// Compares a file with the database, or imports it, for an operator. `progress` is called with the people done and the people there
    /// are: of those of the school under way as many count as there is work done for, the last when it is committed.
    ///
    /// # Errors
    /// [`ImportError`]; schools that were done stay done, and the file may be imported again.
    pub async fn run(
        &self,
        visit: &Visit,
        prepared: &mut Prepared,
        mode: Mode,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Report, ImportError> {
        let author = Author { visit: visit.clone(), actor: None, import: None, format: prepared.format() };
        let mut steps = Steps::new(mode, prepared.people(), progress);
        self.all_schools(prepared, mode, &author, &mut steps).await
    }

    /// Every school, one after the other.
    async fn all_schools(
        &self,
        prepared: &mut Prepared,
        mode: Mode,
        author: &Author,
        steps: &mut Steps<'_>,
    ) -> Result<Report, ImportError> {
        let mut report = prepared.roster.report.clone();
        for school in 0..prepared.targets.len() {
            report.add(self.school(prepared, school, mode, author, steps).await?);
        }
        Ok(report)
    }

    /// The school of an id or a name, for an operator.
    ///
    /// # Errors
    /// [`AccessError::NotFound`] and [`ImportError::SchoolAmbiguous`]; the database's errors.
    pub async fn school_named(&self, text: &str) -> Result<SchoolId, ImportError> {
        let all = schools::list(self.portal.db()).await?;
        if let Some(row) = all.iter().find(|row| row.id.to_string() == text || row.source_id.as_deref() == Some(text)) {
            return Ok(SchoolId(row.id));
        }
        match by_name(&all, text).as_slice() {
            [row] => Ok(SchoolId(row.id)),
            [] => Err(AccessError::NotFound.into()),
            _ => Err(ImportError::SchoolAmbiguous { school: text.to_owned() }),
        }
    }

    // --- for administrators: the pages, the API ---

    /// Whether the actor may import anything at all: to be asked before a file is read. A refusal is audited.
    ///
    /// # Errors
    /// [`AccessError::Refused`]; the database's errors.
    pub async fn may_check(&self, visit: &Visit, actor: &Session) -> Result<(), ImportError> {
        self.reach(visit, actor).await.map(drop)
    }

    /// The dry run of an uploaded file. The file is kept, sealed, to be applied within a day.
    ///
    /// # Errors
    /// [`ImportError`]: not allowed, a file that is no roster, one about a school that the actor may not import.
    pub async fn check(
        &self,
        visit: &Visit,
        actor: &Session,
        file_name: &str,
        bytes: Vec<u8>,
        options: ImportOptions,
    ) -> Result<ImportView, ImportError> {
        let portal = self.portal;
        let reach = self.reach(visit, actor).await?;
        if bytes.len() > LARGEST_UPLOAD {
            return Err(RosterError::TooLarge.into());
        }
        let bytes: Arc<[u8]> = bytes.into();
        let origin = Origin::Bytes(Shared(Arc::clone(&bytes)));
        let mut prepared = self.prepare(origin, shown_name(file_name), &options, reach, UPLOADED_UNPACKS_TO).await?;
        if prepared.roster.schools.iter().any(|school| school.people > UPLOADED_SCHOOL) {
            return Err(RosterError::TooLarge.into());
        }
        let author =
            Author { visit: visit.clone(), actor: Some(actor.person_id), import: None, format: prepared.format() };
        // Whoever has handed it in waits for the answer.
        let mut steps = Steps::new(Mode::Check, prepared.people(), |_, _| {});
        let report = self.all_schools(&mut prepared, Mode::Check, &author, &mut steps).await?;

        let now = portal.now();
        let id = ImportId::new(now, portal.rng());
        let seal = |column, text: &[u8]| portal.sealer().seal(portal.rng(), column, id.0, text);
        let text = |error: serde_json::Error| RosterError::Io(std::io::Error::other(error));
        let row = ImportRow {
            id: id.0,
            actor_id: Some(actor.person_id.0),
            school_id: prepared.school().map(|school| school.0),
            file_name: shown_name(file_name),
            format: prepared.format().code().to_owned(),
            state: rows::CHECKED.to_owned(),
            content_sealed: Some(seal(columns::IMPORTS_CONTENT, &bytes)),
            options: serde_json::to_string(&Stored { options, schools: reach_of(&prepared.reach) }).map_err(text)?,
            report_sealed: Some(seal(columns::IMPORTS_REPORT, &serde_json::to_vec(&report).map_err(text)?)),
            done: 0,
            total: i64::try_from(prepared.people()).unwrap_or(i64::MAX),
            created_at: now,
            finished_at: None,
            expires_at: now + CHECKED_KEPT_MS,
            last_error: None,
            address_sealed: None,
        };
        let entry = AuditEntry::new(AuditEvent::RosterImported, Outcome::Success, visit)
            .actor(actor.person_id)
            .detail("import", id.to_string())
            .detail("step", "checked")
            .detail("format", row.format.as_str())
            .detail("bad", report.bad_total);
        let mut tx = portal.db().begin().await?;
        rows::insert(&mut tx, &row).await?;
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        self.view(row)
    }

    /// An import with everything that its dry run found.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], [`AccessError::Refused`]; the database's errors.
    pub async fn find(&self, visit: &Visit, actor: &Session, id: ImportId) -> Result<ImportView, ImportError> {
        let row = self.row(visit, actor, id, Permission::ReadRosterImports).await?;
        self.view(row)
    }

    /// The latest imports, the newest first, with empty reports: those of the actor's schools, or all. At most `limit`, older than
    /// `before` where one is named.
    ///
    /// # Errors
    /// [`AccessError::Refused`]; the database's errors.
    pub async fn list(
        &self,
        visit: &Visit,
        actor: &Session,
        before: Option<ImportId>,
        limit: u32,
    ) -> Result<Vec<ImportView>, ImportError> {
        let portal = self.portal;
        let may = |target: &Where<Uuid>| portal.access().has(actor, Permission::ReadRosterImports, target);
        let before = before.map(|id| id.0);
        let mut listed = Vec::new();
        if may(&Where::Everything) {
            listed = rows::list(portal.db(), None, before, i64::from(limit)).await?;
        } else {
            let schools = own_schools(actor, &may);
            if schools.is_empty() {
                let everything = Where::Everything;
                portal.access().require(visit, actor, Permission::ReadRosterImports, &everything).await?;
            }
            for school in schools {
                listed.extend(rows::list(portal.db(), Some(school), before, i64::from(limit)).await?);
            }
            listed.sort_by_key(|row| std::cmp::Reverse(row.id));
            listed.truncate(limit as usize);
        }
        listed.into_iter().map(|row| self.view(row)).collect()
    }

    /// Has an import applied that was checked, or that failed: a worker takes it.
    ///
    /// # Errors
    /// [`ImportError::NotChecked`] when it is under way, done or expired; [`ImportError::ProofNeeded`] when it overwrites contacts that
    /// people sign in with, or makes class teachers, and the actor has not proved freshly who they are; [`AccessError`];
    /// the database's errors.
    pub async fn apply(&self, visit: &Visit, actor: &Session, id: ImportId) -> Result<ImportView, ImportError> {
        let portal = self.portal;
        let row = self.row(visit, actor, id, Permission::ImportRoster).await?;
        let stored = stored(&row)?;
        // The rights may have become others since the dry run.
        let reach = self.reach(visit, actor).await?;
        let within = match &stored.schools {
            None => reach.is_all(),
            Some(schools) => schools.iter().all(|school| reach.holds(*school)),
        };
        if !within {
            let everything = Where::Everything;
            return Err(portal
                .access()
                .refuse(visit, actor, Permission::ImportRoster, None, &[everything])
                .await
                .into());
        }
        let now = portal.now();
        let guarded = stored.options.overwrite_contacts || self.report(&row)?.roles > 0;
        if guarded && actor.fresh_until <= now {
            return Err(ImportError::ProofNeeded);
        }
        let entry = AuditEntry::new(AuditEvent::RosterImported, Outcome::Success, visit)
            .actor(actor.person_id)
            .detail("import", id.to_string())
            .detail("step", "ordered");
        // The worker that applies it writes down where its order came from.
        let address = visit.address.map(|address| {
            portal.sealer().seal(portal.rng(), columns::IMPORTS_ADDRESS, id.0, address.to_string().as_bytes())
        });
        let mut tx = portal.db().begin().await?;
        if !rows::queue(&mut tx, id.0, (actor.person_id.0, address.as_deref()), now).await? {
            return Err(ImportError::NotChecked);
        }
        portal.audit().append(&mut tx, entry).await?;
        tx.commit().await?;
        self.find(visit, actor, id).await
    }

    // --- for the worker ---

    /// Takes the import that has waited for longest, if there is one, and applies it. `false` when there was none. Once `stop` says so,
    /// the school under way is finished and the rest left to the next worker.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer; another worker, or the next try, goes on where this one was.
    pub async fn work(&self, stop: impl Fn() -> bool + Send) -> Result<bool, StoreError> {
        let portal = self.portal;
        let now = portal.now();
        let mut tx = portal.db().begin().await?;
        let taken = rows::take(&mut tx, now, now + LEASE_MS).await?;
        tx.commit().await?;
        let Some(row) = taken else { return Ok(false) };
        let (id, mut held_until) = (row.id, row.expires_at);
        let outcome = self.carry_out(row, &mut held_until, stop).await;
        let now = portal.now();
        let (state, code, expires_at) = match &outcome {
            Ok(true) => (rows::APPLIED, None, now + APPLIED_KEPT_MS),
            Ok(false) => {
                let mut tx = portal.db().begin().await?;
                rows::postpone(&mut tx, id, held_until, now).await?;
                tx.commit().await?;
                return Ok(true);
            }
            Err(error) if apply::may_be_tried_again(error) => {
                tracing::warn!(code = error.code(), import = %id, error = %error, "an import has to wait");
                let mut tx = portal.db().begin().await?;
                rows::postpone(&mut tx, id, held_until, now + PAUSE_MS).await?;
                tx.commit().await?;
                return Ok(true);
            }
            Err(error) => {
                tracing::error!(code = error.code(), import = %id, error = %error, "an import failed");
                (rows::FAILED, Some(error.code()), now + CHECKED_KEPT_MS)
            }
        };
        let mut tx = portal.db().begin().await?;
        rows::finish(&mut tx, id, held_until, state, code, (now, expires_at)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Whether all of it is done; what is not is for whoever takes the import next.
    async fn carry_out(
        &self,
        mut row: ImportRow,
        held_until: &mut Timestamp,
        stop: impl Fn() -> bool + Send,
    ) -> Result<bool, ImportError> {
        let portal = self.portal;
        let stored = stored(&row)?;
        let sealed = row.content_sealed.take().ok_or(ImportError::NotChecked)?;
        let content = portal.sealer().open(columns::IMPORTS_CONTENT, row.id, &sealed)?;
        drop(sealed);
        let origin = Origin::Bytes(Shared(content.into()));
        let reach = stored.schools.map_or(Reach::All, Reach::Schools);
        let mut prepared =
            self.prepare(origin, row.file_name.clone(), &stored.options, reach, UPLOADED_UNPACKS_TO).await?;
        let author = Author {
            visit: Visit {
                address: self.ordered_from(&row)?,
                user_agent: None,
                request_id: format!("import-{}", row.id),
                locale: Locale::default(),
                device: None,
            },
            actor: row.actor_id.map(PersonId),
            import: Some(ImportId(row.id)),
            format: prepared.format(),
        };
        let total = prepared.people();
        // What a worker before has done is done, though it is looked at once more.
        let before = u64::try_from(row.done).unwrap_or(0).min(total);
        let job = portal.under_way.begin(row.id, before);
        let mut steps = Steps::new(Mode::Apply, total, |done, _| job.at(done.max(before)));
        let figure = |people: u64| i64::try_from(people).unwrap_or(i64::MAX);
        for school in 0..prepared.targets.len() {
            self.school(&mut prepared, school, Mode::Apply, &author, &mut steps).await?;
            let done = steps.done().max(before);
            let until = portal.now() + LEASE_MS;
            let mut tx = portal.db().begin().await?;
            let mine = rows::renew(&mut tx, row.id, *held_until, (figure(done), figure(total)), until).await?;
            tx.commit().await?;
            if !mine {
                // Another worker has taken it over: it finds what is done unchanged.
                return Ok(false);
            }
            *held_until = until;
            if stop() && school + 1 < prepared.targets.len() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    // --- the work itself ---

    /// One school: compared, and written in a transaction of its own when it is to be.
    async fn school(
        &self,
        prepared: &mut Prepared,
        number: usize,
        mode: Mode,
        author: &Author,
        steps: &mut Steps<'_>,
    ) -> Result<Report, ImportError> {
        let portal = self.portal;
        let Prepared { roster, targets, options, reach } = prepared;
        steps.school(roster.schools.get(number).map_or(0, |school| school.people));
        let records = roster.records(number, || steps.step(1))?;
        let (Some(file), Some(target)) = (roster.schools.get(number), targets.get_mut(number)) else {
            return Ok(Report::default());
        };
        let mut tries = 0;
        loop {
            let now = portal.now();
            let scope = plan::Scope { portal, options, reach, author: author.actor, now, lock: mode == Mode::Apply };
            let mut tx = match mode {
                Mode::Check => portal.db().begin_reading().await?,
                Mode::Apply => portal.db().begin().await?,
            };
            let outcome = async {
                let plan = plan::plan(&scope, &mut tx, roster, file, target, &records, steps).await?;
                if mode == Mode::Apply {
                    apply::apply(portal, &mut tx, &plan, author, now, steps).await?;
                }
                Ok::<_, ImportError>(plan)
            }
            .await;
            let outcome = match (outcome, mode) {
                (Ok(plan), Mode::Apply) => tx.commit().await.map(|()| plan).map_err(ImportError::from),
                (outcome, _) => {
                    tx.rollback().await?;
                    outcome
                }
            };
            match outcome {
                Ok(plan) => {
                    steps.school_done();
                    if mode == Mode::Apply && target.row.is_none() {
                        // Reading the same file again in this run finds the school.
                        target.row = schools::read(portal.db(), plan.school).await?;
                    }
                    return Ok(plan.report);
                }
                Err(error) if tries < TRIES && apply::may_be_tried_again(&error) => {
                    tries += 1;
                    tokio::time::sleep(std::time::Duration::from_millis(50 << tries)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads a file and finds its schools.
    async fn prepare(
        &self,
        origin: Origin,
        name: String,
        options: &ImportOptions,
        reach: Reach,
        limit: u64,
    ) -> Result<Prepared, ImportError> {
        let portal = self.portal;
        let all = schools::list(portal.db()).await?;
        let given = given_school(&all, options, &reach)?;
        let setting = setting(portal.now(), options, given.as_ref())?;
        let spill = Spill::new(portal.sealer().clone(), Arc::clone(&portal.context.rng));
        let read = tokio::task::spawn_blocking(move || read(&origin, &name, &setting, spill, limit)).await;
        // A reader that stops at a file that nobody has thought of.
        let roster = read.map_err(|_| RosterError::Damaged)??;
        if roster.schools.is_empty() {
            return Err(RosterError::NoSchool.into());
        }
        let mut targets = Vec::with_capacity(roster.schools.len());
        for file in &roster.schools {
            let row = resolve(file, &all, given.as_ref(), roster.schools.len() == 1)?;
            let within = match &row {
                Some(row) => reach.holds(row.id),
                None => reach.is_all(),
            };
            if !within {
                return Err(ImportError::OtherSchool { school: file.name.clone() });
            }
            targets.push(Target { row });
        }
        Ok(Prepared { roster, targets, options: options.clone(), reach })
    }

    /// How far the actor's imports reach. A refusal is audited.
    async fn reach(&self, visit: &Visit, actor: &Session) -> Result<Reach, ImportError> {
        let access = self.portal.access();
        let may = |target: &Where<Uuid>| access.has(actor, Permission::ImportRoster, target);
        if may(&Where::Everything) {
            return Ok(Reach::All);
        }
        let schools = own_schools(actor, &may);
        if schools.is_empty() {
            access.require(visit, actor, Permission::ImportRoster, &Where::Everything).await?;
        }
        Ok(Reach::Schools(schools))
    }

    async fn row(
        &self,
        visit: &Visit,
        actor: &Session,
        id: ImportId,
        permission: Permission,
    ) -> Result<ImportRow, ImportError> {
        let portal = self.portal;
        let row = rows::read(portal.db(), id.0).await?.ok_or(AccessError::NotFound)?;
        // What somebody handed in who runs several schools, about several, is theirs to look at.
        if row.school_id.is_none() && row.actor_id == Some(actor.person_id.0) {
            return Ok(row);
        }
        let target = row.school_id.map_or(Where::Everything, Where::School);
        portal.access().require(visit, actor, permission, &target).await?;
        Ok(row)
    }

    /// What the dry run found; an empty report where a list leaves it out.
    fn report(self, row: &ImportRow) -> Result<Report, ImportError> {
        let Some(sealed) = &row.report_sealed else { return Ok(Report::default()) };
        let opened = self.portal.sealer().open(columns::IMPORTS_REPORT, row.id, sealed)?;
        Ok(serde_json::from_slice(&opened).map_err(|_| StoreError::Corrupt { column: "imports.report" })?)
    }

    /// From where an import was ordered, as far as that is known.
    fn ordered_from(self, row: &ImportRow) -> Result<Option<IpAddr>, ImportError> {
        let Some(sealed) = &row.address_sealed else { return Ok(None) };
        let opened = self.portal.sealer().open(columns::IMPORTS_ADDRESS, row.id, sealed)?;
        let address = std::str::from_utf8(&opened).ok().and_then(|text| text.parse().ok());
        Ok(Some(address.ok_or(StoreError::Corrupt { column: "imports.address" })?))
    }

    fn view(self, row: ImportRow) -> Result<ImportView, ImportError> {
        let corrupt = |column| StoreError::Corrupt { column };
        let report = self.report(&row)?;
        let applying = row.state == rows::APPLYING;
        // What is done of a school under way is known to the process that is at it alone.
        let here = if applying { self.portal.under_way.done(row.id) } else { None };
        let (done, total) = (u64::try_from(row.done).unwrap_or(0), u64::try_from(row.total).unwrap_or(0));
        Ok(ImportView {
            id: ImportId(row.id),
            file_name: row.file_name,
            format: ImportFormat::from_code(&row.format).ok_or(corrupt("imports.format"))?,
            state: match row.state.as_str() {
                rows::CHECKED => ImportState::Checked,
                rows::APPLYING => ImportState::Applying,
                rows::APPLIED => ImportState::Applied,
                rows::FAILED => ImportState::Failed,
                _ => return Err(corrupt("imports.state").into()),
            },
            school: row.school_id.map(SchoolId),
            report,
            done: here.map_or(done, |here| here.min(total).max(done)),
            total,
            created_at: row.created_at,
            finished_at: row.finished_at,
            error: row.last_error,
        })
    }
}

/// What is kept of how a file was checked: how, and how far whoever checked it reached then.
#[derive(Serialize, Deserialize)]
struct Stored {
    options: ImportOptions,
    /// None is everywhere.
    schools: Option<Vec<Uuid>>,
}

fn stored(row: &ImportRow) -> Result<Stored, StoreError> {
    serde_json::from_str(&row.options).map_err(|_| StoreError::Corrupt { column: "imports.options" })
}

fn reach_of(reach: &Reach) -> Option<Vec<Uuid>> {
    match reach {
        Reach::All => None,
        Reach::Schools(schools) => Some(schools.clone()),
    }
}

/// The schools that an actor's grants name and a permission reaches.
fn own_schools(actor: &Session, may: &impl Fn(&Where<Uuid>) -> bool) -> Vec<Uuid> {
    let mut schools: Vec<Uuid> =
        actor.grants.iter().filter_map(|grant| grant.school_id).filter(|school| may(&Where::School(*school))).collect();
    schools.sort_unstable();
    schools.dedup();
    schools
}

/// The last part of a file's name, short enough for a list.
fn shown_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(120).collect()
}

fn by_name<'a>(all: &'a [SchoolRow], name: &str) -> Vec<&'a SchoolRow> {
    let wanted = model::folded(name);
    all.iter().filter(|row| model::folded(&row.name) == wanted).collect()
}

/// The school that a file is about which does not say so: the one that was named, or the only one in reach.
fn given_school(all: &[SchoolRow], options: &ImportOptions, reach: &Reach) -> Result<Option<SchoolRow>, ImportError> {
    let wanted = match (options.school, reach) {
        (Some(school), _) => school.0,
        (None, Reach::Schools(schools)) if schools.len() == 1 => schools.first().copied().unwrap_or_default(),
        (None, _) => return Ok(None),
    };
    let found = all.iter().find(|row| row.id == wanted && reach.holds(row.id)).cloned();
    found.map(Some).ok_or_else(|| AccessError::NotFound.into())
}

/// Which of our schools a school of the file is; none for a new one.
fn resolve(
    file: &model::FileSchool,
    all: &[SchoolRow],
    given: Option<&SchoolRow>,
    only: bool,
) -> Result<Option<SchoolRow>, ImportError> {
    if let Some(id) = &file.source_id {
        let named = all.iter().find(|row| row.source_id.as_ref() == Some(id) || row.id.to_string() == *id);
        if let Some(row) = named {
            return Ok(Some(row.clone()));
        }
        // A school that was entered by hand has no name of the roster's yet.
        let unnamed: Vec<SchoolRow> = all.iter().filter(|row| row.source_id.is_none()).cloned().collect();
        let same = by_name(&unnamed, &file.name);
        if let [row] = same.as_slice() {
            return Ok(Some((*row).clone()));
        }
        return Ok(given.filter(|row| only && row.source_id.is_none()).cloned());
    }
    if file.name.is_empty() {
        return given.cloned().map(Some).ok_or(ImportError::SchoolNeeded);
    }
    match by_name(all, &file.name).as_slice() {
        [row] => Ok(Some((*row).clone())),
        [] => Ok(None),
        _ => Err(ImportError::SchoolAmbiguous { school: file.name.clone() }),
    }
}

/// What reading depends on: today, the school year, the school's country.
fn setting(now: Timestamp, options: &ImportOptions, given: Option<&SchoolRow>) -> Result<Setting, ImportError> {
    let date = OffsetDateTime::from_unix_timestamp(now.div_euclid(1_000)).unwrap_or(OffsetDateTime::UNIX_EPOCH).date();
    let month = u8::from(date.month());
    let year = u16::try_from(date.year()).unwrap_or(1970);
    let today = BirthDate::new(year, month, date.day());
    Ok(Setting {
        today: today.map_err(|_| RosterError::Io(std::io::Error::other("the clock is wrong")))?,
        year: school_year(now),
        forced_year: options.year.map(SchoolYear::starting),
        country: given.and_then(|row| Country::from_code(&row.country)),
    })
}

/// Reads a file, whatever it turns out to be.
fn read(origin: &Origin, name: &str, setting: &Setting, spill: Spill, limit: u64) -> Result<Roster, RosterError> {
    match origin {
        Origin::Held(files) => return oneroster::read(&mut HeldFiles(files), setting, spill),
        Origin::Path(path) if path.is_dir() => {
            let mut files = FolderFiles::new(path)?;
            if !oneroster::is_oneroster(&files.names()) {
                return Err(RosterError::NotRecognised);
            }
            return oneroster::read(&mut files, setting, spill);
        }
        Origin::Path(_) | Origin::Bytes(_) => {}
    }
    let mut beginning = [0; 4];
    let mut reader = origin.reader()?;
    let length = std::io::Read::read(&mut reader, &mut beginning)?;
    drop(reader);
    if beginning.get(..length) != Some(b"PK\x03\x04") {
        let mut file = source::OneFile { name: name.to_owned(), origin };
        return table::read_csv(&mut file, name, setting, spill);
    }
    let mut zip = ZipFiles::new(origin.reader()?)?;
    if oneroster::is_oneroster(&zip.names()) {
        zip.measure(limit)?;
        return oneroster::read(&mut zip, setting, spill);
    }
    if !zip.whole_names().any(|name| name == "xl/workbook.xml") {
        return Err(RosterError::NotRecognised);
    }
    zip.measure(limit.min(SHEET_UNPACKS_TO))?;
    drop(zip);
    table::read_xlsx(origin.reader()?, name, setting, spill)
}
