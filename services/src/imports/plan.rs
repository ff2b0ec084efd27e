//! What a file would change in one school: the records beside the rows of the database, and nothing written yet.
//!
//! People are found by what the roster calls them, then by ID number and SNILS, then, where neither side has any of these, by name and
//! birth date within the school. A file never takes anything away: empty cells change nothing, guardians and posts that it does not
//! name stay, and whoever is not in it any more only leaves the class.

mod groups;
mod known;
mod matching;

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::{Country, Email, FieldFault, Locale, PersonField, Relation};
use uuid::Uuid;

use super::error::ImportError;
use super::model::{FileClass, FilePerson, FileSchool, FixedIds, Place, Roster, SchoolRecords};
use super::progress::{Part, Steps};
use super::report::{Count, GUARDIAN, KeptBecause, Report, StaffConflict};
use super::{ImportOptions, Reach, Target};
use crate::clock::Timestamp;
use crate::crypto::columns;
use crate::ids::{self, PersonId};
use crate::people::short_name;
use crate::portal::Portal;
use crate::store::Tx;
use crate::store::imports::{GuardianRow, Joined, KnownRow, PostRow, WrittenClass};
use crate::store::schools::SchoolRow;
pub(crate) use groups::GroupWrites;
use known::{Indexes, Known};

/// What is to be done to a school's own row.
pub(crate) enum SchoolWrite {
    Nothing,
    Insert(SchoolRow),
    Update { name: String, source_id: Option<String> },
}

/// A person to be added.
pub(crate) struct NewPerson {
    pub id: Uuid,
    pub source_id: Option<String>,
    pub person: FilePerson,
}

/// A person to be changed.
pub(crate) struct PersonChange {
    pub row: KnownRow,
    /// Fields with their new values, canonical.
    pub fields: Vec<(PersonField, String)>,
    /// Kind and digits.
    pub id_number: Option<(String, String)>,
    pub source_id: Option<String>,
}

/// A student goes from class to class, into one, or out of one.
pub(crate) struct Move {
    pub student: Uuid,
    pub from: Vec<Uuid>,
    pub to: Option<Uuid>,
}

/// Everything that is to be done to one school.
pub(crate) struct Plan {
    pub school: Uuid,
    pub locale: Locale,
    pub write: SchoolWrite,
    pub new_classes: Vec<WrittenClass>,
    pub changed_classes: Vec<WrittenClass>,
    pub archived_classes: Vec<Uuid>,
    pub new_people: Vec<NewPerson>,
    pub changes: Vec<PersonChange>,
    pub new_stays: Vec<Joined>,
    pub ended_stays: Vec<Uuid>,
    pub guardians: Vec<GuardianRow>,
    /// Of the guardians above who were known: child and guardian, and what the one was to the other until now.
    pub old_relations: HashMap<(Uuid, Uuid), String>,
    pub posts: Vec<(Uuid, PostRow)>,
    /// Class teachers, with the account whose sessions end because its rights are others now.
    pub leaders: Vec<(Joined, Option<Uuid>)>,
    pub moves: Vec<Move>,
    pub groups: GroupWrites,
    /// Classes in which something is different afterwards.
    pub touched: BTreeSet<Uuid>,
    pub report: Report,
}

/// What planning depends on.
pub(crate) struct Scope<'a> {
    pub portal: &'a Portal,
    pub options: &'a ImportOptions,
    pub reach: &'a Reach,
    /// Who imports; none for an operator.
    pub author: Option<PersonId>,
    pub now: Timestamp,
    /// The rows that are read are held until the transaction ends.
    pub lock: bool,
}

impl Scope<'_> {
    fn id(&self) -> Uuid {
        ids::uuid(self.now, self.portal.rng())
    }

    fn fixed_or_new(&self, key: &str) -> Uuid {
        let fixed: &FixedIds = &self.options.ids;
        fixed.get(key).copied().unwrap_or_else(|| self.id())
    }
}

/// What becomes of a person of the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    New,
    Changed,
    Unchanged,
    /// Refused, or left out with whoever was.
    Out,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Student,
    Parent,
    Staff,
}

/// Compares a school of the file with the database.
pub(crate) async fn plan(
    scope: &Scope<'_>,
    tx: &mut Tx,
    roster: &Roster,
    file_school: &FileSchool,
    target: &Target,
    records: &SchoolRecords,
    steps: &mut Steps<'_>,
) -> Result<Plan, ImportError> {
    // Everybody is looked for, and compared.
    steps.part(Part::Planning, 2 * records.people.len() as u64);
    let known = match &target.row {
        Some(row) => Known::load(tx, row.id, scope.lock).await?,
        None => Known::default(),
    };
    let mut planning = Planning::new(scope, roster, records, known, target, file_school);
    planning.classes();
    planning.kinds();
    planning.find(tx, steps).await?;
    planning.people(steps)?;
    planning.guardians();
    planning.stays();
    planning.groups();
    planning.staff();
    planning.count();
    Ok(planning.plan)
}

struct Planning<'a> {
    scope: &'a Scope<'a>,
    roster: &'a Roster,
    records: &'a SchoolRecords,
    known: Known,
    plan: Plan,
    /// Ids of the file's classes, by key.
    class_ids: HashMap<&'a str, Uuid>,
    students: HashSet<&'a str>,
    workers: HashSet<&'a str>,
    /// The class of each student, by key: the first that the file names.
    class_of: HashMap<&'a str, &'a str>,
    /// Students by guardian.
    guarding: HashMap<&'a str, Vec<&'a str>>,
    /// For each person of the file: the number of the known person.
    matched: Vec<Option<usize>>,
    indexes: Vec<Indexes>,
    /// Whose a SNILS is that the file gives to somebody known who has another one, or none.
    holders: HashMap<Vec<u8>, Uuid>,
    fates: Vec<Fate>,
    ids: Vec<Uuid>,
}

impl<'a> Planning<'a> {
    fn new(
        scope: &'a Scope<'a>,
        roster: &'a Roster,
        records: &'a SchoolRecords,
        known: Known,
        target: &Target,
        file: &FileSchool,
    ) -> Self {
        let country = file.country.unwrap_or(Country::Il);
        let own_language = match country {
            Country::Il => Locale::He,
            Country::Ru => Locale::Ru,
        };
        let (school, write, locale, schools) = match &target.row {
            None => {
                let locale = file.locale.unwrap_or(own_language);
                let id = file.source_id.as_deref().map_or_else(|| scope.id(), |id| scope.fixed_or_new(id));
                let row = SchoolRow {
                    id,
                    name: file.name.clone(),
                    country: country.code().to_owned(),
                    locale: locale.code().to_owned(),
                    source_id: file.source_id.clone(),
                };
                (id, SchoolWrite::Insert(row), locale, Count { new: 1, ..Count::default() })
            }
            Some(row) => {
                let locale = Locale::from_code(&row.locale).unwrap_or(own_language);
                let source_id = file.source_id.clone().filter(|id| {
                    // An export names a school that has no other name by its own id.
                    row.source_id.is_none() && *id != row.id.to_string()
                });
                let renamed = scope.reach.is_all() && file.source_id.is_some() && file.name != row.name;
                if renamed || source_id.is_some() {
                    let name = if renamed { &file.name } else { &row.name };
                    let write = SchoolWrite::Update { name: name.clone(), source_id };
                    (row.id, write, locale, Count { changed: 1, ..Count::default() })
                } else {
                    (row.id, SchoolWrite::Nothing, locale, Count { unchanged: 1, ..Count::default() })
                }
            }
        };
        let mut report = Report::default();
        report.counts.schools = schools;
        let plan = Plan {
            school,
            locale,
            write,
            new_classes: Vec::new(),
            changed_classes: Vec::new(),
            archived_classes: Vec::new(),
            new_people: Vec::new(),
            changes: Vec::new(),
            new_stays: Vec::new(),
            ended_stays: Vec::new(),
            guardians: Vec::new(),
            old_relations: HashMap::new(),
            posts: Vec::new(),
            leaders: Vec::new(),
            moves: Vec::new(),
            groups: GroupWrites::default(),
            touched: BTreeSet::new(),
            report,
        };
        Self {
            scope,
            roster,
            records,
            known,
            plan,
            class_ids: HashMap::new(),
            students: HashSet::new(),
            workers: HashSet::new(),
            class_of: HashMap::new(),
            guarding: HashMap::new(),
            matched: vec![None; records.people.len()],
            indexes: Vec::with_capacity(records.people.len()),
            holders: HashMap::new(),
            fates: vec![Fate::Unchanged; records.people.len()],
            ids: Vec::new(),
        }
    }

    fn refuse(&mut self, place: Place, column: &str, code: &str, hint: &str) {
        let row = self.roster.bad_row(place, column, code, hint);
        self.plan.report.refuse(row);
    }

    // --- classes ---

    fn classes(&mut self) {
        let mut taken: HashSet<Uuid> = HashSet::new();
        let mut new_titles: HashMap<(i32, &str), Uuid> = HashMap::new();
        let mut count = Count::default();
        for class in &self.records.classes {
            let found = self.known.class(class);
            if let Some(row) = found {
                self.class_ids.insert(&class.key, row.id);
                if !taken.insert(row.id) {
                    // Two classes of the file are one of ours.
                    continue;
                }
                let free = !self.known.classes.iter().any(|other| {
                    other.id != row.id && other.year == i64::from(class.year) && other.title == class.title
                });
                let renamed = row.title != class.title && free;
                let named =
                    row.source_id.is_none() && class.source_id.as_ref().is_some_and(|id| *id != row.id.to_string());
                if renamed || named || row.archived_at.is_some() {
                    let mut written = written(row.id, class, named);
                    if !renamed && row.title != class.title {
                        written.title.clone_from(&row.title);
                    }
                    count.changed += 1;
                    self.plan.touched.insert(row.id);
                    self.plan.changed_classes.push(written);
                } else {
                    count.unchanged += 1;
                }
            } else if let Some(id) = new_titles.get(&(class.year, class.title.as_str())) {
                self.class_ids.insert(&class.key, *id);
            } else {
                let id = self.scope.fixed_or_new(&class.key);
                new_titles.insert((class.year, &class.title), id);
                self.class_ids.insert(&class.key, id);
                count.new += 1;
                self.plan.new_classes.push(written(id, class, true));
            }
        }
        // A new year's file ends the classes of the years before.
        if self.roster.complete
            && let Some(year) = self.records.classes.iter().map(|class| i64::from(class.year)).max()
        {
            for row in &self.known.classes {
                if row.archived_at.is_none() && row.year < year && !taken.contains(&row.id) {
                    count.leaving += 1;
                    self.plan.touched.insert(row.id);
                    self.plan.archived_classes.push(row.id);
                }
            }
        }
        self.plan.report.counts.classes.add(count);
    }

    // --- who is what ---

    fn kinds(&mut self) {
        for (person, class, _) in &self.records.enrolments {
            self.students.insert(person);
            self.class_of.entry(person).or_insert(class);
        }
        let posts = self.records.posts.iter().map(|post| post.person.as_str());
        let teachers = self.records.teachers.iter().map(|teaching| teaching.person.as_str());
        self.workers.extend(posts.chain(teachers));
        for link in &self.records.guardians {
            self.guarding.entry(&link.guardian).or_default().push(&link.student);
        }
    }

    fn kind(&self, person: &FilePerson) -> Kind {
        let key = person.key.as_str();
        if self.students.contains(key) {
            Kind::Student
        } else if self.workers.contains(key) {
            Kind::Staff
        } else if self.guarding.contains_key(key) || self.records.is_kin(key) {
            Kind::Parent
        } else {
            // Of whom the file says no more than that the school has them.
            Kind::Student
        }
    }

    fn count_of(&mut self, kind: Kind) -> &mut Count {
        let counts = &mut self.plan.report.counts;
        match kind {
            Kind::Student => &mut counts.students,
            Kind::Parent => &mut counts.parents,
            Kind::Staff => &mut counts.staff,
        }
    }

    /// Refuses a person of the file.
    fn refuse_person(&mut self, at: usize, column: &str, code: &str, hint: &str) {
        let Some(person) = self.records.people.get(at) else { return };
        let (kind, place) = (self.kind(person), person.place);
        if let Some(fate) = self.fates.get_mut(at) {
            *fate = Fate::Out;
        }
        self.count_of(kind).bad += 1;
        if let Some(place) = place {
            self.refuse(place, column, code, hint);
        }
    }

    fn fate(&self, at: usize) -> Fate {
        self.fates.get(at).copied().unwrap_or(Fate::Out)
    }

    /// Something beside the person's own fields is different.
    fn touch(&mut self, at: usize) {
        if let Some(fate) = self.fates.get_mut(at).filter(|fate| **fate == Fate::Unchanged) {
            *fate = Fate::Changed;
        }
    }

    /// A person of the file who takes part, with number and id.
    fn taking_part(&self, key: &str) -> Option<(usize, Uuid)> {
        let at = *self.records.by_key.get(key)?;
        if self.fate(at) == Fate::Out {
            return None;
        }
        Some((at, *self.ids.get(at)?))
    }

    /// Whether somebody of this key was refused, so that what belongs to them is left out without a word.
    fn was_refused(&self, key: &str) -> bool {
        self.records.refused.contains(key) || self.records.by_key.contains_key(key)
    }

    // --- people ---

    fn people(&mut self, steps: &mut Steps<'_>) -> Result<(), ImportError> {
        self.ids.reserve(self.records.people.len());
        for at in 0..self.records.people.len() {
            let id = self.person(at)?;
            self.ids.push(id);
            steps.step(1);
        }
        Ok(())
    }

    fn person(&mut self, at: usize) -> Result<Uuid, ImportError> {
        let (Some(person), false) = (self.records.people.get(at), self.fate(at) == Fate::Out) else {
            return Ok(Uuid::nil());
        };
        let key = person.key.as_str();
        let alone = match self.kind(person) {
            Kind::Student => (!self.students.contains(key)).then_some("no_class"),
            Kind::Parent => (!self.guarding.contains_key(key)).then_some("no_child"),
            Kind::Staff => None,
        };
        if let Some(code) = alone {
            self.refuse_person(at, "sourcedId", code, "");
            return Ok(Uuid::nil());
        }
        let source_id = person.source_id.as_deref().map(|id| known::stored_source_id(self.scope.portal, id));
        let found = self.matched.get(at).copied().flatten().and_then(|number| self.known.people.get(number).cloned());
        let Some(row) = found else {
            let fixed = person.source_id.as_deref().map(|id| self.scope.fixed_or_new(id));
            let id = fixed.unwrap_or_else(|| self.scope.id());
            if let Some(fate) = self.fates.get_mut(at) {
                *fate = Fate::New;
            }
            self.plan.new_people.push(NewPerson { id, source_id, person: person.clone() });
            return Ok(id);
        };
        let id = row.id;
        let own_id = id.to_string();
        let source_id = source_id.filter(|source| row.source_id.is_none() && *source != own_id);
        let mut fields = Vec::new();
        for field in PersonField::ALL {
            let Some(value) = person.get(field).filter(|value| !value.is_empty()) else { continue };
            if self.same(&row, field, value, at)? {
                continue;
            }
            let signs_in = row.account_id.is_some() && opens_accounts(field);
            if let Some(reason) = self.kept(&row, field.code(), signs_in) {
                self.keep(&row, field.code(), reason);
            } else if field == PersonField::Snils && self.is_others_snils(at, row.id) {
                self.refuse_person(at, "metadata.ru.snils", FieldFault::SnilsTaken.code(), "");
            } else {
                self.plan.report.guarded += u64::from(signs_in);
                fields.push((field, value.to_owned()));
            }
        }
        if self.fate(at) == Fate::Out {
            return Ok(Uuid::nil());
        }
        let id_number = self.number(at, person, &row);
        if self.fate(at) == Fate::Out {
            return Ok(Uuid::nil());
        }
        if !fields.is_empty() || id_number.is_some() || source_id.is_some() {
            self.touch(at);
            self.plan.changes.push(PersonChange { row, fields, id_number, source_id });
        }
        Ok(id)
    }

    /// Whether the person has this value already.
    fn same(&self, row: &KnownRow, field: PersonField, value: &str, at: usize) -> Result<bool, ImportError> {
        let indexes = self.indexes.get(at);
        let by_index = |stored: &Option<Vec<u8>>, index: Option<&Vec<u8>>| stored.as_ref() == index;
        Ok(match field {
            PersonField::Surname => row.surname == value,
            PersonField::GivenName => row.given_name == value,
            PersonField::Patronymic => row.patronymic.as_deref() == Some(value),
            PersonField::BirthDate => match &row.birth_date_sealed {
                None => false,
                Some(sealed) => {
                    let opened = self.scope.portal.sealer().open(columns::PEOPLE_BIRTH_DATE, row.id, sealed)?;
                    opened == value.as_bytes()
                }
            },
            PersonField::Snils => by_index(&row.snils_index, indexes.and_then(|indexes| indexes.snils.as_ref())),
            PersonField::Mobile => {
                let index = self.scope.portal.sealer().blind_index(columns::PEOPLE_MOBILE, value);
                row.mobile_index.as_deref() == Some(&index[..])
            }
            PersonField::Email => {
                let index = self.scope.portal.sealer().blind_index(columns::PEOPLE_EMAIL, email_key(value));
                row.email_index.as_deref() == Some(&index[..])
            }
        })
    }

    /// Why a value is kept against the file, if it is.
    fn kept(&self, row: &KnownRow, field: &str, signs_in: bool) -> Option<KeptBecause> {
        if !self.scope.reach.is_all() && self.known.staff_elsewhere.contains(&row.id) {
            return Some(KeptBecause::BelongsElsewhere);
        }
        if self.scope.options.overwrite_contacts {
            return None;
        }
        if self.known.edited.get(&row.id).is_some_and(|fields| fields.contains(field)) {
            return Some(KeptBecause::EditedHere);
        }
        signs_in.then_some(KeptBecause::SignsIn)
    }

    /// Whether somebody is no guardian of a child because staff have ended that; it is listed then.
    fn stays_removed(&mut self, child: Uuid, guardian: Uuid) -> bool {
        let removed = self.known.removed.get(&child).is_some_and(|removed| removed.contains(&guardian));
        if !removed || self.known.relations.contains_key(&(child, guardian)) {
            return false;
        }
        let row = self.known.by_id.get(&guardian).and_then(|at| self.known.people.get(*at)).cloned();
        if let Some(row) = row {
            self.keep(&row, GUARDIAN, KeptBecause::EditedHere);
        }
        true
    }

    fn keep(&mut self, row: &KnownRow, field: &str, reason: KeptBecause) {
        self.plan.report.keep(StaffConflict {
            person: PersonId(row.id),
            name: short_name(&row.surname, &row.given_name, row.patronymic.as_deref()),
            field: field.to_owned(),
            reason,
        });
    }

    /// The ID number that is to be written, if it is another one.
    fn number(&mut self, at: usize, person: &FilePerson, row: &KnownRow) -> Option<(String, String)> {
        let (kind, digits) = person.id_number.clone()?;
        let index = self.indexes.get(at)?.number.clone()?;
        if row.id_type.as_deref() == Some(kind.as_str()) && row.id_number_index.as_ref() == Some(&index) {
            return None;
        }
        if self.known.by_number.get(&(kind.clone(), index)).is_some_and(|other| Some(*other) != self.matched_to(at)) {
            self.refuse_person(at, "metadata.il.idNumber", "number_taken", "");
            return None;
        }
        let signs_in = row.account_id.is_some();
        if let Some(reason) = self.kept(row, "id_number", signs_in) {
            self.keep(row, "id_number", reason);
            return None;
        }
        self.plan.report.guarded += u64::from(signs_in);
        Some((kind, digits))
    }

    /// Whether the SNILS of a person of the file is that of somebody else here: it is one person's.
    fn is_others_snils(&self, at: usize, person: Uuid) -> bool {
        let index = self.indexes.get(at).and_then(|indexes| indexes.snils.as_ref());
        index.and_then(|index| self.holders.get(index)).is_some_and(|holder| *holder != person)
    }

    fn matched_to(&self, at: usize) -> Option<usize> {
        self.matched.get(at).copied().flatten()
    }

    // --- guardians ---

    fn guardians(&mut self) {
        let mut seen: HashSet<(Uuid, Uuid)> = HashSet::new();
        // Parents whose children are all refused are not entered for nobody.
        let mut bound: HashSet<usize> = HashSet::new();
        for link in &self.records.guardians {
            let (Some((_, child)), Some((at, guardian))) =
                (self.taking_part(&link.student), self.taking_part(&link.guardian))
            else {
                let (child, guardian) = (self.was_refused(&link.student), self.was_refused(&link.guardian));
                if !child || !guardian {
                    let missing = if child { &link.guardian } else { &link.student };
                    self.refuse(link.place, "agentSourcedIds", "unknown_user", missing);
                }
                continue;
            };
            bound.insert(at);
            if child == guardian || !seen.insert((child, guardian)) {
                continue;
            }
            if self.stays_removed(child, guardian) {
                continue;
            }
            let old = self.known.relations.get(&(child, guardian));
            let relation = match (old, link.relation) {
                (Some(old), Some(relation)) if old != relation.code() => relation,
                (Some(_), _) => continue,
                (None, relation) => relation.unwrap_or(Relation::Guardian),
            };
            if let Some(old) = old {
                self.plan.old_relations.insert((child, guardian), old.clone());
            }
            let relation = relation.code().to_owned();
            self.plan.guardians.push(GuardianRow { child_id: child, guardian_id: guardian, relation });
            self.touch(at);
        }
        let lonely: Vec<usize> = (0..self.records.people.len())
            .filter(|at| self.fate(*at) == Fate::New && !bound.contains(at))
            .filter(|at| self.records.people.get(*at).is_some_and(|person| self.kind(person) == Kind::Parent))
            .collect();
        for at in lonely {
            self.refuse_person(at, "", "child_refused", "");
        }
        let gone: HashSet<Uuid> = (0..self.records.people.len())
            .filter(|at| self.fate(*at) == Fate::Out)
            .filter_map(|at| self.ids.get(at).copied())
            .collect();
        self.plan.new_people.retain(|new| !gone.contains(&new.id));
    }

    // --- stays in classes ---

    fn stays(&mut self) {
        let mut wanted: HashMap<Uuid, Uuid> = HashMap::new();
        let mut doubtful: HashSet<Uuid> =
            self.records.doubtful_classes.iter().filter_map(|key| self.class_ids.get(key.as_str()).copied()).collect();
        let mut count = Count::default();
        for (person, class, place) in &self.records.enrolments {
            let Some(class_id) = self.class_ids.get(class.as_str()).copied() else {
                self.refuse(*place, "classSourcedId", "unknown_class", class);
                count.bad += 1;
                continue;
            };
            let Some((at, id)) = self.taking_part(person) else {
                doubtful.insert(class_id);
                if !self.was_refused(person) {
                    self.refuse(*place, "userSourcedId", "unknown_user", person);
                    count.bad += 1;
                }
                continue;
            };
            if let Some(other) = wanted.get(&id) {
                if *other != class_id {
                    self.refuse(*place, "classSourcedId", "two_classes", class);
                    count.bad += 1;
                }
                continue;
            }
            wanted.insert(id, class_id);
            let old: Vec<_> = self.known.stays.get(&id).cloned().unwrap_or_default();
            let stays = old.iter().any(|stay| stay.class_id == class_id);
            let left: Vec<_> = old.iter().filter(|stay| stay.class_id != class_id).cloned().collect();
            if stays && left.is_empty() {
                count.unchanged += 1;
                continue;
            }
            if old.is_empty() {
                count.new += 1;
            } else {
                count.changed += 1;
            }
            self.touch(at);
            let from = left.iter().map(|stay| stay.class_id).collect();
            self.plan.moves.push(Move { student: id, from, to: Some(class_id) });
            for stay in left {
                self.plan.touched.insert(stay.class_id);
                self.plan.ended_stays.push(stay.id);
            }
            self.plan.touched.insert(class_id);
            if !stays {
                self.plan.new_stays.push(Joined { id: self.scope.id(), to: class_id, person: id });
            }
        }
        self.leaving(&wanted, &doubtful, &mut count);
        self.plan.report.counts.enrolments.add(count);
    }

    /// Whoever is not in the file any more. Nobody leaves a class of which a line was refused: it may have been theirs.
    fn leaving(&mut self, wanted: &HashMap<Uuid, Uuid>, doubtful: &HashSet<Uuid>, count: &mut Count) {
        if self.roster.doubtful {
            return;
        }
        let named: HashSet<Uuid> = self.class_ids.values().copied().collect();
        let refused: HashSet<Uuid> = self.refused_people();
        let mut gone: Vec<(Uuid, Uuid, Uuid)> = Vec::new();
        for (student, stays) in &self.known.stays {
            if wanted.contains_key(student) || refused.contains(student) {
                continue;
            }
            for stay in stays {
                let spoken_of = self.roster.complete || named.contains(&stay.class_id);
                if spoken_of && !doubtful.contains(&stay.class_id) {
                    gone.push((*student, stay.class_id, stay.id));
                }
            }
        }
        gone.sort_unstable();
        let mut leavers: BTreeSet<Uuid> = BTreeSet::new();
        for (student, class, stay) in gone {
            count.leaving += 1;
            if leavers.insert(student) {
                self.plan.report.counts.students.leaving += 1;
            }
            self.plan.touched.insert(class);
            self.plan.ended_stays.push(stay);
            self.plan.moves.push(Move { student, from: vec![class], to: None });
        }
    }

    /// Known people of whom a row was refused.
    fn refused_people(&self) -> HashSet<Uuid> {
        let by_key = self.records.refused.iter().filter_map(|key| {
            let source = known::stored_source_id(self.scope.portal, key);
            self.known.by_source.get(&source).and_then(|number| self.known.people.get(*number))
        });
        let by_match = (0..self.records.people.len())
            .filter(|at| self.fate(*at) == Fate::Out)
            .filter_map(|at| self.matched_to(at).and_then(|number| self.known.people.get(number)));
        by_key.chain(by_match).map(|row| row.id).collect()
    }

    // --- staff ---

    fn staff(&mut self) {
        for post in &self.records.posts {
            let Some((at, id)) = self.taking_part(&post.person) else {
                if !self.was_refused(&post.person) {
                    self.refuse(post.place, "userSourcedId", "unknown_user", &post.person);
                }
                continue;
            };
            if self.known.posts.insert((id, post.kind.code().to_owned())) {
                let row = PostRow { person_id: id, kind: post.kind.code().to_owned() };
                self.plan.posts.push((self.scope.id(), row));
                self.touch(at);
            }
        }
        for teaching in &self.records.teachers {
            let Some(class) = self.class_ids.get(teaching.class.as_str()).copied() else { continue };
            let Some((at, id)) = self.taking_part(&teaching.person) else {
                if !self.was_refused(&teaching.person) {
                    self.refuse(teaching.place, "userSourcedId", "unknown_user", &teaching.person);
                }
                continue;
            };
            if teaching.leads && self.may_lead(id) && self.known.leaders.insert((id, class)) {
                self.plan.report.roles += 1;
                let account = self.matched_to(at).and_then(|number| self.known.people.get(number));
                let account = account.and_then(|row| row.account_id);
                let joined = Joined { id: self.scope.id(), to: class, person: id };
                self.plan.leaders.push((joined, account));
                self.plan.touched.insert(class);
                self.touch(at);
            }
        }
    }

    /// Whether a file may make somebody a class teacher: nobody gives a right to themselves, nor to somebody who has a
    /// role or a post elsewhere, which the import does not reach.
    fn may_lead(&self, person: Uuid) -> bool {
        let elsewhere = !self.scope.reach.is_all() && self.known.staff_elsewhere.contains(&person);
        !elsewhere && self.scope.author != Some(PersonId(person))
    }

    // --- counts ---

    fn count(&mut self) {
        for at in 0..self.records.people.len() {
            let Some(person) = self.records.people.get(at) else { continue };
            let (kind, fate) = (self.kind(person), self.fate(at));
            let count = self.count_of(kind);
            match fate {
                Fate::New => count.new += 1,
                Fate::Changed => count.changed += 1,
                Fate::Unchanged => count.unchanged += 1,
                // Counted where it was refused.
                Fate::Out => {}
            }
        }
        // Whoever has one of the changed people's classes open reads it anew.
        let changed: HashSet<Uuid> = self.plan.changes.iter().map(|change| change.row.id).collect();
        let linked: HashSet<Uuid> = self.plan.guardians.iter().map(|link| link.child_id).collect();
        for (student, stays) in &self.known.stays {
            let guardians = self.known.guardians_of.get(student);
            let of_guardian = guardians.is_some_and(|guardians| guardians.iter().any(|id| changed.contains(id)));
            if changed.contains(student) || linked.contains(student) || of_guardian {
                self.plan.touched.extend(stays.iter().map(|stay| stay.class_id));
            }
        }
        // Nobody has a new class open.
        let old_classes: HashSet<Uuid> = self.known.classes.iter().map(|class| class.id).collect();
        self.plan.touched.retain(|class| old_classes.contains(class));
    }
}

/// Whether somebody who has an account may sign in by it: whoever could write it through a file could take the account over.
pub(crate) const fn opens_accounts(field: PersonField) -> bool {
    field.is_contact() || matches!(field, PersonField::Snils)
}

/// What an address is compared by.
pub(crate) fn email_key(value: &str) -> String {
    Email::parse(value).map_or_else(|_| value.to_lowercase(), |email| email.comparison_key())
}

fn written(id: Uuid, class: &FileClass, named: bool) -> WrittenClass {
    WrittenClass {
        id,
        title: class.title.clone(),
        grade: i64::from(class.grade),
        letter: class.letter.clone(),
        year: i64::from(class.year),
        source_id: class.source_id.clone().filter(|source| named && *source != id.to_string()),
    }
}
