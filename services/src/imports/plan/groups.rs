//! Groups: a course's group of the file with some of the students of one class or several. The course of a whole class is
//! none: who is in it, the class says.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::Planning;
use crate::imports::model::FileGroup;
use crate::imports::report::Count;
use crate::store::imports::{KnownGroupRow, WrittenGroup};

/// The longest title of a group that staff may write, in characters.
const LONGEST_TITLE: usize = 60;

/// What is to be done to groups.
#[derive(Default)]
pub(crate) struct GroupWrites {
    pub new: Vec<WrittenGroup>,
    /// Known groups with another title, or whose id in the roster was not known.
    pub changed: Vec<WrittenGroup>,
    /// Group and class.
    pub classes: Vec<(Uuid, Uuid)>,
    /// Group and student.
    pub joining: Vec<(Uuid, Uuid)>,
    /// Group and student.
    pub leaving: Vec<(Uuid, Uuid)>,
}

/// The students of a group of the file who take part, with their classes.
type Members = BTreeMap<Uuid, Uuid>;

impl Planning<'_> {
    pub(super) fn groups(&mut self) {
        let records = self.records;
        let mut sizes: HashMap<Uuid, usize> = HashMap::new();
        for key in self.class_of.keys() {
            if let Some((_, class)) = self.place_of(key) {
                *sizes.entry(class).or_default() += 1;
            }
        }
        let mut count = Count::default();
        for group in &records.groups {
            let named = records.members.get(&group.key).map(Vec::as_slice).unwrap_or_default();
            let members: Members = named.iter().filter_map(|key| self.place_of(key)).collect();
            if let Some(row) = self.known.group(group).cloned() {
                // A refused row may be one of theirs: nobody leaves for that.
                let whole = !self.roster.doubtful && named.iter().all(|key| self.place_of(key).is_some());
                if self.known_group(&row, group, &members, whole) {
                    count.changed += 1;
                } else {
                    count.unchanged += 1;
                }
            } else if self.new_group(group, members, &sizes) {
                count.new += 1;
            }
        }
        self.plan.report.counts.groups.add(count);
    }

    /// A group that is there; whether it is another one afterwards.
    fn known_group(&mut self, row: &KnownGroupRow, group: &FileGroup, members: &Members, whole: bool) -> bool {
        let had = self.known.group_members.remove(&row.id).unwrap_or_default();
        let of = self.known.group_classes.remove(&row.id).unwrap_or_default();
        let classes: BTreeSet<Uuid> = members.values().copied().collect();
        let title = shortened(&group.title);
        let writes = &mut self.plan.groups;
        let before = writes.len();
        if row.title != title || row.source_id.is_none() && row.id.to_string() != group.key {
            writes.changed.push(WrittenGroup { id: row.id, title, source_id: group.key.clone() });
        }
        writes.classes.extend(classes.difference(&of).map(|class| (row.id, *class)));
        let joining = members.keys().filter(|student| !had.contains(student));
        writes.joining.extend(joining.map(|student| (row.id, *student)));
        let leaving = had.iter().filter(|student| whole && !members.contains_key(student));
        writes.leaving.extend(leaving.map(|student| (row.id, *student)));
        writes.len() > before
    }

    /// A group that is not there yet; `false` when it is none: nobody is in it, or everybody of its classes.
    fn new_group(&mut self, group: &FileGroup, members: Members, sizes: &HashMap<Uuid, usize>) -> bool {
        let classes: BTreeSet<Uuid> = members.values().copied().collect();
        let all: usize = classes.iter().filter_map(|class| sizes.get(class)).sum();
        if members.is_empty() || members.len() >= all {
            return false;
        }
        let id = self.scope.fixed_or_new(&group.key);
        let writes = &mut self.plan.groups;
        writes.new.push(WrittenGroup { id, title: shortened(&group.title), source_id: group.key.clone() });
        writes.classes.extend(classes.into_iter().map(|class| (id, class)));
        writes.joining.extend(members.into_keys().map(|student| (id, student)));
        true
    }

    /// A student of the file who takes part, with the class that they are in from now on.
    fn place_of(&self, key: &str) -> Option<(Uuid, Uuid)> {
        let (_, id) = self.taking_part(key)?;
        let class = self.class_of.get(key)?;
        Some((id, *self.class_ids.get(class)?))
    }
}

impl GroupWrites {
    /// Each group with what is done to it, for the audit log.
    pub(crate) fn touched(&self) -> BTreeMap<Uuid, &'static str> {
        let members = self.joining.iter().chain(&self.leaving).chain(&self.classes).map(|(group, _)| *group);
        let changed = members.chain(self.changed.iter().map(|group| group.id)).map(|group| (group, "changed"));
        changed.chain(self.new.iter().map(|group| (group.id, "created"))).collect()
    }

    fn len(&self) -> usize {
        self.changed.len() + self.classes.len() + self.joining.len() + self.leaving.len()
    }
}

fn shortened(title: &str) -> String {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    title.chars().filter(|c| !c.is_control()).take(LONGEST_TITLE).collect()
}

impl super::Known {
    /// The group that a group of the file is: by what the roster calls it.
    fn group(&self, group: &FileGroup) -> Option<&KnownGroupRow> {
        self.groups.iter().find(|row| {
            row.source_id.as_ref() == Some(&group.key) || (row.source_id.is_none() && row.id.to_string() == group.key)
        })
    }
}
