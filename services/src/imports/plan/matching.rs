//! Who of the file is whom.

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::known::{self, Indexes};
use super::{Fate, Kind, Planning};
use crate::crypto::columns;
use crate::error::StoreError;
use crate::imports::error::ImportError;
use crate::imports::model::FilePerson;
use crate::imports::progress::Steps;
use crate::store::Tx;
use crate::store::imports::{self, Key, KnownRow};

/// People of one name among whom one of the file is looked for: every one of them is compared with every one of the file.
const NAMESAKES: usize = 50;

impl Planning<'_> {
    /// Finds everybody: by what the roster calls them, by their numbers, and last by their names.
    pub(super) async fn find(&mut self, tx: &mut Tx, steps: &mut Steps<'_>) -> Result<(), ImportError> {
        let sealer = self.scope.portal.sealer().clone();
        let index = |column, text: &str| sealer.blind_index(column, text).to_vec();
        self.indexes = self
            .records
            .people
            .iter()
            .map(|person| {
                steps.step(1);
                Indexes {
                    number: person.id_number.as_ref().map(|(_, digits)| index(columns::PEOPLE_ID_NUMBER, digits)),
                    snils: person.snils.as_ref().map(|snils| index(columns::PEOPLE_SNILS, snils)),
                }
            })
            .collect();
        self.refuse_doubles();
        let mut taken: HashMap<usize, usize> = HashMap::new();
        for at in 0..self.records.people.len() {
            if let Some(number) = self.by_keys(at) {
                self.take(at, number, &mut taken);
            }
        }
        self.find_elsewhere(tx, &mut taken).await?;
        self.find_removed(tx).await?;
        self.by_names(&mut taken)?;
        self.find_holders(tx).await
    }

    /// Two people of a file with one number: the second is refused, since one of them is wrong.
    fn refuse_doubles(&mut self) {
        let mut numbers: HashSet<(&str, &[u8])> = HashSet::new();
        let mut snils: HashSet<&[u8]> = HashSet::new();
        let mut doubles = Vec::new();
        for (at, (person, indexes)) in self.records.people.iter().zip(&self.indexes).enumerate() {
            if let (Some((kind, _)), Some(index)) = (&person.id_number, &indexes.number)
                && !numbers.insert((kind, index))
            {
                doubles.push((at, "metadata.il.idNumber", "duplicate_number"));
            } else if let Some(index) = &indexes.snils
                && !snils.insert(index)
            {
                doubles.push((at, "metadata.ru.snils", "duplicate_snils"));
            }
        }
        for (at, column, code) in doubles {
            self.refuse_person(at, column, code, "");
        }
    }

    fn take(&mut self, at: usize, number: usize, taken: &mut HashMap<usize, usize>) {
        if let Some(matched) = self.matched.get_mut(at) {
            *matched = Some(number);
        }
        if self.fate(at) == Fate::Out {
            return;
        }
        if self.belongs_elsewhere(number) {
            return self.refuse_person(at, "", "known_elsewhere", "");
        }
        if taken.insert(number, at).is_some() {
            self.refuse_person(at, "sourcedId", "same_person", "");
        }
    }

    /// Whether somebody has left the school for another one. A file that reaches only this one does not bring them
    /// back: whoever could do that would have them in reach again.
    fn belongs_elsewhere(&self, number: usize) -> bool {
        let known = &self.known;
        !self.scope.reach.is_all()
            && known.people.get(number).is_some_and(|row| {
                !known.here.contains(&row.id)
                    && (known.elsewhere.contains(&row.id) || known.staff_elsewhere.contains(&row.id))
            })
    }

    /// By what the roster calls the person, by ID number, by SNILS.
    fn by_keys(&self, at: usize) -> Option<usize> {
        let person = self.records.people.get(at)?;
        let indexes = self.indexes.get(at)?;
        let by_source = person.source_id.as_deref().and_then(|id| {
            let stored = known::stored_source_id(self.scope.portal, id);
            let named = self.known.by_source.get(&stored).copied();
            named.or_else(|| self.known.by_id.get(&Uuid::parse_str(id).ok()?).copied())
        });
        by_source.or_else(|| self.by_number(person, indexes)).or_else(|| {
            let snils = indexes.snils.as_ref()?;
            self.known.by_snils.get(snils).copied().flatten()
        })
    }

    fn by_number(&self, person: &FilePerson, indexes: &Indexes) -> Option<usize> {
        let (kind, _) = person.id_number.as_ref()?;
        let index = indexes.number.clone()?;
        self.known.by_number.get(&(kind.clone(), index)).copied()
    }

    /// People whom the school does not know, and the portal does. Only an import that reaches every school may take them: whoever could
    /// bind somebody else's parent to a child of one's own school could then change that parent's mobile.
    async fn find_elsewhere(&mut self, tx: &mut Tx, taken: &mut HashMap<usize, usize>) -> Result<(), ImportError> {
        let open: Vec<usize> = (0..self.records.people.len())
            .filter(|at| self.matched_to(*at).is_none() && self.fate(*at) != Fate::Out)
            .collect();
        let numbers: Vec<Vec<u8>> =
            open.iter().filter_map(|at| self.indexes.get(*at).and_then(|indexes| indexes.number.clone())).collect();
        let snils: Vec<Vec<u8>> =
            open.iter().filter_map(|at| self.indexes.get(*at).and_then(|indexes| indexes.snils.clone())).collect();
        let lock = self.scope.lock;
        let mut found = imports::list_people_by_index(tx, Key::Number, &numbers, lock).await?;
        found.extend(imports::list_people_by_index(tx, Key::Snils, &snils, lock).await?);
        let everywhere = self.scope.reach.is_all();
        if everywhere {
            let portal = self.scope.portal;
            let sources: Vec<String> = open
                .iter()
                .filter_map(|at| self.records.people.get(*at)?.source_id.as_deref())
                .map(|id| known::stored_source_id(portal, id))
                .collect();
            found.extend(imports::list_people_by_source(tx, &sources, lock).await?);
        }
        let ids: Vec<Uuid> = found.iter().map(|row| row.id).collect();
        for row in imports::list_edited_of(tx, &ids).await? {
            self.known.edited.entry(row.person_id).or_default().insert(row.field);
        }
        let outside: HashSet<usize> = found.into_iter().map(|row| self.known.add(row)).collect();
        for at in open {
            let Some(number) = self.by_keys(at).filter(|number| outside.contains(number)) else { continue };
            if !everywhere {
                self.refuse_person(at, "", "known_elsewhere", "");
            } else if self.agrees(at, number) {
                self.take(at, number, taken);
            }
        }
        Ok(())
    }

    /// Whom staff of another school have taken from children who come from there. They are known from here on, so that none of them is
    /// entered as somebody new; only an import that reaches every school may change them.
    async fn find_removed(&mut self, tx: &mut Tx) -> Result<(), ImportError> {
        let newcomers = self.records.people.iter().enumerate().filter_map(|(at, person)| {
            let row = self.known.people.get(self.matched_to(at)?)?;
            (self.kind(person) == Kind::Student && !self.known.students.contains(&row.id)).then_some(row.id)
        });
        let newcomers: Vec<Uuid> = newcomers.collect();
        let mut outside: BTreeSet<Uuid> = BTreeSet::new();
        for (child, guardian) in imports::list_removed_from(tx, &newcomers).await? {
            self.known.removed.entry(child).or_default().push(guardian);
            if !self.known.by_id.contains_key(&guardian) {
                outside.insert(guardian);
            }
        }
        let outside: Vec<Uuid> = outside.into_iter().collect();
        for row in imports::list_people_by_id(tx, &outside, self.scope.lock).await? {
            self.known.elsewhere.insert(row.id);
            self.known.add(row);
        }
        for row in imports::list_edited_of(tx, &outside).await? {
            self.known.edited.entry(row.person_id).or_default().insert(row.field);
        }
        Ok(())
    }

    /// Whoever has a SNILS that the file gives to somebody known, wherever they are.
    async fn find_holders(&mut self, tx: &mut Tx) -> Result<(), ImportError> {
        let given = (0..self.records.people.len()).filter_map(|at| {
            let index = self.indexes.get(at)?.snils.clone()?;
            let row = self.known.people.get(self.matched_to(at)?)?;
            (self.fate(at) != Fate::Out && row.snils_index.as_ref() != Some(&index)).then_some(index)
        });
        let given: Vec<Vec<u8>> = given.collect();
        for row in imports::list_people_by_index(tx, Key::Snils, &given, self.scope.lock).await? {
            if let Some(index) = row.snils_index {
                self.holders.insert(index, row.id);
            }
        }
        Ok(())
    }

    /// Two registers may call two people by one name: found by that alone, the names must agree.
    fn agrees(&self, at: usize, number: usize) -> bool {
        let (Some(person), Some(row), Some(indexes)) =
            (self.records.people.get(at), self.known.people.get(number), self.indexes.get(at))
        else {
            return false;
        };
        let by_number = indexes.number.is_some() && indexes.number == row.id_number_index;
        let by_snils = indexes.snils.is_some() && indexes.snils == row.snils_index;
        let named = known::full_name(&person.surname, &person.given_name);
        by_number || by_snils || named == known::full_name(&row.surname, &row.given_name)
    }

    /// Students and staff by their names within the school, parents by their names among the parents of their children: for tables
    /// without numbers, and for the first file of a register after the school was entered by hand.
    fn by_names(&mut self, taken: &mut HashMap<usize, usize>) -> Result<(), ImportError> {
        for kind in [Kind::Student, Kind::Staff, Kind::Parent] {
            for at in 0..self.records.people.len() {
                let Some(person) = self.records.people.get(at) else { continue };
                if self.kind(person) != kind || self.matched_to(at).is_some() || self.fate(at) == Fate::Out {
                    continue;
                }
                let Some(namesakes) = self.namesakes(person, kind) else {
                    self.refuse_person(at, "", "ambiguous", "");
                    continue;
                };
                let mut fitting = Vec::new();
                for number in namesakes {
                    let Some(row) = self.known.people.get(number).filter(|_| !taken.contains_key(&number)) else {
                        continue;
                    };
                    let of_kind = match kind {
                        Kind::Student => self.known.students.contains(&row.id),
                        Kind::Staff => self.works(row.id),
                        Kind::Parent => true,
                    };
                    if of_kind && self.could_be(person, at, row)? {
                        fitting.push(number);
                    }
                }
                if fitting.len() > 1 && kind == Kind::Student {
                    self.prefer_own_class(at, &mut fitting);
                }
                match fitting.as_slice() {
                    [] => {}
                    [number] => {
                        let number = *number;
                        self.take(at, number, taken);
                    }
                    // Taking either could be wrong, and entering a third is.
                    _ => self.refuse_person(at, "", "ambiguous", ""),
                }
            }
        }
        Ok(())
    }

    /// Known people of a person's name: of a parent's, those alone who are parents of the same children, or were until staff ended
    /// that, so that nobody comes back as somebody new. None when there are too many to compare.
    fn namesakes(&self, person: &FilePerson, kind: Kind) -> Option<Vec<usize>> {
        let name = known::full_name(&person.surname, &person.given_name);
        let Some(same) = self.known.by_name.get(&name) else { return Some(Vec::new()) };
        if kind != Kind::Parent {
            return (same.len() <= NAMESAKES).then(|| same.clone());
        }
        let children = self.children_of(&person.key);
        let known = &self.known;
        let guardians = children.iter().flat_map(|child| {
            let (now, once) = (known.guardians_of.get(child), known.removed.get(child));
            now.into_iter().chain(once).flatten()
        });
        let numbers = guardians.filter_map(|id| self.known.by_id.get(id).copied());
        // People of one name stand in the order of their numbers.
        let numbers: BTreeSet<usize> = numbers.filter(|number| same.binary_search(number).is_ok()).collect();
        (numbers.len() <= NAMESAKES).then(|| numbers.into_iter().collect())
    }

    /// Of students of one name, whoever is in the class that the file names.
    fn prefer_own_class(&self, at: usize, fitting: &mut Vec<usize>) {
        let person = self.records.people.get(at);
        let class = person.and_then(|person| self.class_of.get(person.key.as_str()));
        let Some(class) = class.and_then(|class| self.class_ids.get(*class)) else { return };
        let in_class = |number: &usize| {
            let row = self.known.people.get(*number);
            let stays = row.and_then(|row| self.known.stays.get(&row.id));
            stays.is_some_and(|stays| stays.iter().any(|stay| stay.class_id == *class))
        };
        if fitting.iter().any(in_class) {
            fitting.retain(in_class);
        }
    }

    fn works(&self, person: Uuid) -> bool {
        self.known.posts.iter().any(|(id, _)| *id == person)
            || self.known.leaders.iter().any(|(id, _)| *id == person)
            || (self.known.here.contains(&person) && !self.known.students.contains(&person))
    }

    /// The known children of a parent of the file.
    fn children_of(&self, key: &str) -> HashSet<Uuid> {
        let children = self.guarding.get(key).into_iter().flatten();
        children
            .filter_map(|child| self.records.by_key.get(*child))
            .filter_map(|at| self.matched_to(*at))
            .filter_map(|number| self.known.people.get(number))
            .map(|row| row.id)
            .collect()
    }

    /// Whether nothing that both sides know tells them apart.
    fn could_be(&self, person: &FilePerson, at: usize, row: &KnownRow) -> Result<bool, ImportError> {
        let both_named = person.source_id.is_some() && row.source_id.is_some();
        let patronymics = match (&person.patronymic, &row.patronymic) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let indexes = self.indexes.get(at).cloned().unwrap_or_default();
        let differ = |one: &Option<Vec<u8>>, other: &Option<Vec<u8>>| one.is_some() && other.is_some() && one != other;
        if both_named
            || !patronymics
            || differ(&indexes.number, &row.id_number_index)
            || differ(&indexes.snils, &row.snils_index)
        {
            return Ok(false);
        }
        let (Some(date), Some(sealed)) = (&person.birth_date, &row.birth_date_sealed) else { return Ok(true) };
        let opened = self.scope.portal.sealer().open(columns::PEOPLE_BIRTH_DATE, row.id, sealed)?;
        let stored =
            std::str::from_utf8(&opened).map_err(|_| StoreError::Corrupt { column: columns::PEOPLE_BIRTH_DATE })?;
        Ok(stored == date)
    }
}
