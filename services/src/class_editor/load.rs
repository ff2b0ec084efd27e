//! A class read whole: one statement for its people, one for the contacts that they share with anybody, one for what is known of their
//! sign-in through Gosuslugi. So are all classes of a school.

use std::collections::HashMap;

use domain::readiness::{Contact, ReadinessFacts, readiness};
use domain::{ClassPeople, LastTry, ParentEntry, Readiness, Relation, SharedWith, StudentEntry, StudentReadiness};
use uuid::Uuid;

use super::{ClassEditor, CountedStudent, ready, record_of};
use crate::access::{AccessError, ClassInReach};
use crate::error::StoreError;
use crate::ids::{ClassId, SchoolId};
use crate::store::enrolments::{self, MemberRow, SIBLING, SharedRow};
use crate::store::gosuslugi::{self, FactsRow};

/// The people of a class as the database has them.
#[derive(Default)]
struct Members {
    /// In the order of the register.
    students: Vec<MemberRow>,
    /// By child; mother first, then father, then the others.
    parents: HashMap<Uuid, Vec<(Relation, MemberRow)>>,
    /// By child.
    siblings: HashMap<Uuid, Vec<MemberRow>>,
    /// Who shares mobile or e-mail with anybody at all.
    shared: HashMap<Uuid, (bool, bool)>,
    /// What is known of the students' sign-in through Gosuslugi.
    facts: HashMap<Uuid, FactsRow>,
}

/// The order of the register: by name, ё like е.
pub(crate) fn by_name(surname: &str, given_name: &str, patronymic: Option<&str>) -> [String; 3] {
    [surname, given_name, patronymic.unwrap_or_default()].map(|part| part.to_lowercase().replace('ё', "е"))
}

impl ClassEditor<'_> {
    /// Everybody of a class, whoever asks.
    pub(crate) async fn load(&self, class: &ClassInReach) -> Result<ClassPeople, AccessError> {
        let portal = self.portal;
        let members = self.members(class.id).await?;
        let mut students = Vec::with_capacity(members.students.len());
        for (number, row) in (1_u32..).zip(&members.students) {
            let parents = members.parents.get(&row.id).map(Vec::as_slice).unwrap_or_default();
            let mut entries = Vec::with_capacity(parents.len());
            for (relation, parent) in parents {
                entries.push(ParentEntry { relation: *relation, person: record_of(portal, parent)? });
            }
            students.push(StudentEntry {
                number,
                student: record_of(portal, row)?,
                parents: entries,
                readiness: members.readiness(row),
            });
        }
        let ready = ready(students.iter().map(|student| &student.readiness));
        Ok(ClassPeople { class: class.head(), students, ready })
    }

    /// The readiness of each student of a class, whoever asks. Nothing is unsealed for it.
    pub(super) async fn load_readiness(&self, class: ClassId) -> Result<Vec<StudentReadiness>, AccessError> {
        let members = self.members(class).await?;
        let of =
            |row: &MemberRow| StudentReadiness { student_id: row.id.to_string(), readiness: members.readiness(row) };
        Ok(members.students.iter().map(of).collect())
    }

    /// What counts of the students of a school, by class, whoever asks. A class without students is missing.
    pub(super) async fn load_counted(
        &self,
        school: SchoolId,
    ) -> Result<HashMap<ClassId, Vec<CountedStudent>>, StoreError> {
        let db = self.portal.db();
        let mut classes: HashMap<ClassId, Members> = HashMap::new();
        for row in enrolments::list_school_members(db, school.0).await? {
            classes.entry(ClassId(row.class_id)).or_default().add(row.member)?;
        }
        let shared = shared(enrolments::list_school_shared(db, school.0).await?);
        let facts = facts(gosuslugi::list_school_facts(db, school.0).await?);
        let counted = classes.into_iter().map(|(class, mut members)| {
            let own = members.students.iter().filter_map(|row| Some((row.id, *shared.get(&row.id)?)));
            members.shared = own.collect();
            let own = members.students.iter().filter_map(|row| Some((row.id, facts.get(&row.id)?.clone())));
            members.facts = own.collect();
            (class, members.students.iter().map(|row| members.counted(row)).collect::<Vec<_>>())
        });
        Ok(counted.collect())
    }

    async fn members(&self, class: ClassId) -> Result<Members, StoreError> {
        let db = self.portal.db();
        let mut members = Members::default();
        for row in enrolments::list_members(db, class.0).await? {
            members.add(row)?;
        }
        members
            .students
            .sort_by_cached_key(|row| (by_name(&row.surname, &row.given_name, row.patronymic.as_deref()), row.id));
        for parents in members.parents.values_mut() {
            // Ids grow with time: of two mothers the one who was noted first comes first.
            parents.sort_by_key(|(relation, row)| (*relation, row.id));
        }
        members.shared = shared(enrolments::list_shared(db, class.0).await?);
        members.facts = facts(gosuslugi::list_facts(db, class.0).await?);
        Ok(members)
    }
}

/// Whether mobile and e-mail of each student are somebody else's too.
fn shared(rows: Vec<SharedRow>) -> HashMap<Uuid, (bool, bool)> {
    rows.into_iter().map(|row| (row.id, (row.mobile != 0, row.email != 0))).collect()
}

fn facts(rows: Vec<FactsRow>) -> HashMap<Uuid, FactsRow> {
    rows.into_iter().map(|row| (row.id, row)).collect()
}

impl Members {
    fn add(&mut self, row: MemberRow) -> Result<(), StoreError> {
        match row.relation.as_deref() {
            None => self.students.push(row),
            Some(SIBLING) => self.siblings.entry(row.child_id).or_default().push(row),
            Some(code) => {
                let relation = Relation::from_code(code).ok_or(StoreError::Corrupt { column: "guardians.relation" })?;
                self.parents.entry(row.child_id).or_default().push((relation, row));
            }
        }
        Ok(())
    }

    /// What counts of a student. A parent who has no name yet does not.
    fn counted(&self, student: &MemberRow) -> CountedStudent {
        let parents = self.parents.get(&student.id).map(Vec::as_slice).unwrap_or_default();
        let named = parents.iter().filter(|(_, row)| !(row.surname.is_empty() && row.given_name.is_empty()));
        CountedStudent {
            readiness: self.readiness(student),
            parents: named.clone().count(),
            with_account: named.filter(|(_, row)| row.account_id.is_some()).count(),
        }
    }

    /// Whether a student can sign in through Gosuslugi.
    fn readiness(&self, student: &MemberRow) -> Readiness {
        let (mobile, email) = self.shared.get(&student.id).copied().unwrap_or_default();
        let facts = self.facts.get(&student.id);
        let is = |fact: fn(&FactsRow) -> i64| facts.is_some_and(|facts| fact(facts) != 0);
        let (mobile_seen, email_seen) = (is(|facts| facts.mobile_seen), is(|facts| facts.email_seen));
        readiness(&ReadinessFacts {
            linked: is(|facts| facts.linked),
            snils: is(|facts| facts.snils),
            mobile: self.contact(student, |row| row.mobile_index.as_deref(), mobile, mobile_seen),
            email: self.contact(student, |row| row.email_index.as_deref(), email, email_seen),
            // A reason of another version's is none that anybody could be told.
            last_failure: facts.and_then(|facts| LastTry::from_code(facts.last_failure.as_deref()?)),
        })
    }

    /// Who else has a contact of a student. Families come first: that is what staff can mend.
    fn contact(
        &self,
        student: &MemberRow,
        index: impl Fn(&MemberRow) -> Option<&[u8]>,
        shared_with_anybody: bool,
        seen: bool,
    ) -> Contact {
        let Some(own) = index(student) else { return Contact::None };
        let same = |row: &MemberRow| index(row) == Some(own);
        let parents = self.parents.get(&student.id).map(Vec::as_slice).unwrap_or_default();
        let siblings = self.siblings.get(&student.id).map(Vec::as_slice).unwrap_or_default();
        if parents.iter().any(|(_, parent)| same(parent)) {
            Contact::Shared(SharedWith::Parent)
        } else if siblings.iter().any(same) {
            Contact::Shared(SharedWith::Sibling)
        } else if self.students.iter().any(|other| other.id != student.id && same(other)) {
            Contact::Shared(SharedWith::Classmate)
        } else if shared_with_anybody {
            Contact::Shared(SharedWith::Other)
        } else {
            Contact::Own { seen }
        }
    }
}
