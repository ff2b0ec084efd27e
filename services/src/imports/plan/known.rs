//! What the database knows of a school and of everybody who has, or had, to do with it.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::{IdNumber, Snils};
use uuid::Uuid;

use crate::error::StoreError;
use crate::imports::model::{self, FileClass};
use crate::portal::Portal;
use crate::store::Tx;
use crate::store::imports::{self, ClassRow, EnrolmentRow, KnownGroupRow, KnownRow};

/// The blind indexes of a person of the file.
#[derive(Clone, Default)]
pub(crate) struct Indexes {
    pub number: Option<Vec<u8>>,
    pub snils: Option<Vec<u8>>,
}

/// One school as it is.
#[derive(Default)]
pub(super) struct Known {
    pub classes: Vec<ClassRow>,
    /// Live stays by student.
    pub stays: HashMap<Uuid, Vec<EnrolmentRow>>,
    /// Everybody who is or was a student.
    pub students: HashSet<Uuid>,
    pub people: Vec<KnownRow>,
    /// Where each person stands in `people`.
    pub by_id: HashMap<Uuid, usize>,
    pub by_source: HashMap<String, usize>,
    pub by_number: HashMap<(String, Vec<u8>), usize>,
    /// None where two have the same.
    pub by_snils: HashMap<Vec<u8>, Option<usize>>,
    /// In ascending order.
    pub by_name: HashMap<String, Vec<usize>>,
    /// Child and guardian, and what the one is to the other.
    pub relations: HashMap<(Uuid, Uuid), String>,
    pub guardians_of: HashMap<Uuid, Vec<Uuid>>,
    /// Whom staff have taken from a child.
    pub removed: HashMap<Uuid, Vec<Uuid>>,
    pub posts: HashSet<(Uuid, String)>,
    pub leaders: HashSet<(Uuid, Uuid)>,
    /// Fields that somebody changed here.
    pub edited: HashMap<Uuid, HashSet<String>>,
    pub here: HashSet<Uuid>,
    pub elsewhere: HashSet<Uuid>,
    pub groups: Vec<KnownGroupRow>,
    pub group_classes: HashMap<Uuid, BTreeSet<Uuid>>,
    /// Members who are in a class of the group now.
    pub group_members: HashMap<Uuid, BTreeSet<Uuid>>,
    pub staff_elsewhere: HashSet<Uuid>,
}

impl Known {
    pub async fn load(tx: &mut Tx, school: Uuid, lock: bool) -> Result<Self, StoreError> {
        // People first: on PostgreSQL they are held from here on, so that everything after this is theirs as it stays.
        let people = imports::list_people(tx, school, lock).await?;
        let mut known = Self { classes: imports::list_classes(tx, school).await?, ..Self::default() };
        for row in people {
            known.add(row);
        }
        for row in imports::list_enrolments(tx, school).await? {
            known.students.insert(row.student_id);
            if row.until_at.is_none() {
                known.stays.entry(row.student_id).or_default().push(row);
            }
        }
        for row in imports::list_guardians(tx, school).await? {
            known.guardians_of.entry(row.child_id).or_default().push(row.guardian_id);
            known.relations.insert((row.child_id, row.guardian_id), row.relation);
        }
        for (child, guardian) in imports::list_removed_guardians(tx, school).await? {
            known.removed.entry(child).or_default().push(guardian);
        }
        for row in imports::list_posts(tx, school).await? {
            known.posts.insert((row.person_id, row.kind));
        }
        for row in imports::list_leaders(tx, school).await? {
            known.leaders.insert((row.person_id, row.class_id));
        }
        for row in imports::list_edited(tx, school).await? {
            known.edited.entry(row.person_id).or_default().insert(row.field);
        }
        known.groups = imports::list_groups(tx, school).await?;
        for (group, class) in imports::list_group_classes(tx, school).await? {
            known.group_classes.entry(group).or_default().insert(class);
        }
        for (group, student) in imports::list_group_members(tx, school).await? {
            known.group_members.entry(group).or_default().insert(student);
        }
        known.here = imports::list_here(tx, school).await?.into_iter().collect();
        known.elsewhere = imports::list_elsewhere(tx, school).await?.into_iter().collect();
        known.staff_elsewhere = imports::list_staff_elsewhere(tx, school).await?.into_iter().collect();
        Ok(known)
    }

    /// Adds a person, unless they are there; their number.
    pub fn add(&mut self, row: KnownRow) -> usize {
        if let Some(at) = self.by_id.get(&row.id) {
            return *at;
        }
        let at = self.people.len();
        self.by_id.insert(row.id, at);
        if let Some(source) = &row.source_id {
            self.by_source.entry(source.clone()).or_insert(at);
        }
        if let (Some(kind), Some(index)) = (&row.id_type, &row.id_number_index) {
            self.by_number.insert((kind.clone(), index.clone()), at);
        }
        if let Some(index) = &row.snils_index {
            self.by_snils.entry(index.clone()).and_modify(|at| *at = None).or_insert(Some(at));
        }
        self.by_name.entry(full_name(&row.surname, &row.given_name)).or_default().push(at);
        self.people.push(row);
        at
    }

    /// The class that a class of the file is: by what the roster calls it, within its year, then by its title.
    pub fn class(&self, class: &FileClass) -> Option<&ClassRow> {
        let of_year = || self.classes.iter().filter(|row| row.year == i64::from(class.year));
        let by_source = class.source_id.as_ref().and_then(|id| {
            of_year().find(|row| {
                row.source_id.as_ref() == Some(id) || (row.source_id.is_none() && row.id.to_string() == *id)
            })
        });
        by_source.or_else(|| of_year().find(|row| row.title == class.title))
    }
}

/// Surname and given name for comparing.
pub(super) fn full_name(surname: &str, given_name: &str) -> String {
    model::folded(&format!("{surname} {given_name}"))
}

/// What the roster calls somebody, as it is stored: a number that is a person's own is stored as a keyed hash.
pub(crate) fn stored_source_id(portal: &Portal, source_id: &str) -> String {
    let digits: String = source_id.chars().filter(char::is_ascii_digit).collect();
    let personal = match digits.len() {
        8 | 9 => IdNumber::parse(source_id).is_ok(),
        11 => Snils::parse(source_id).is_ok(),
        _ => false,
    };
    if !personal {
        return source_id.to_owned();
    }
    let mac = portal.sealer().mac("roster.source_id", &[digits.as_bytes()]);
    let hex: String = mac.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("#{hex}")
}
