//! Where everybody and every field stands in the table. The same on both sides: made of the class as it came with the
//! page, and kept until the page is loaded again.

use std::collections::BTreeMap;

use domain::editor::{CellId, CellOrder, empty_place};
use domain::{ClassPeople, PersonField, PersonFields, PersonRecord, Relation, StudentEntry};

/// As whom somebody stands in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The student, whose row it is.
    Student,
    /// The mother.
    Mother,
    /// The father.
    Father,
    /// Somebody else who stands for the parents.
    Guardian,
}

impl Part {
    /// The fields that the table shows of somebody, in reading order.
    pub fn fields(self) -> impl Iterator<Item = PersonField> {
        PersonField::ALL.into_iter().filter(move |field| self == Self::Student || *field != PersonField::BirthDate)
    }
}

/// A person's place in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// As whom.
    pub part: Part,
    /// The person's id, or that of the place that waits for one.
    pub person: String,
    /// The values that came with the page.
    pub fields: PersonFields,
}

impl Slot {
    fn of(part: Part, person: &PersonRecord) -> Self {
        Self { part, person: person.id.clone(), fields: person.fields.clone() }
    }

    fn empty(part: Part, student: &StudentEntry, relation: Relation) -> Self {
        Self { part, person: empty_place(&student.student.id, relation), fields: PersonFields::default() }
    }

    /// The cell of a field.
    pub fn cell(&self, field: PersonField) -> CellId {
        CellId { person: self.person.clone(), field }
    }
}

/// The people of a student's row: the student, a place for the mother, a place for the father, then whoever else there
/// is.
pub fn slots(entry: &StudentEntry) -> Vec<Slot> {
    let mut others: Vec<_> = entry.parents.iter().collect();
    let mut take = |part, relation| match others.iter().position(|parent| parent.relation == relation) {
        Some(found) => Slot::of(part, &others.remove(found).person),
        None => Slot::empty(part, entry, relation),
    };
    let mother = take(Part::Mother, Relation::Mother);
    let father = take(Part::Father, Relation::Father);
    let more = others.into_iter().map(|parent| {
        let part = match parent.relation {
            Relation::Mother => Part::Mother,
            Relation::Father => Part::Father,
            Relation::Guardian => Part::Guardian,
        };
        Slot::of(part, &parent.person)
    });
    [Slot::of(Part::Student, &entry.student), mother, father].into_iter().chain(more).collect()
}

/// A cell's place: its row and its place in the row, both from 0. The readiness has a place of its own, after the
/// student's fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The row.
    pub row: usize,
    /// The place in the row.
    pub column: usize,
}

impl Place {
    /// The `id` of its element.
    pub fn id(self) -> String {
        format!("c{}-{}", self.row, self.column)
    }

    /// The place of an element.
    #[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "the browser's part uses it"))]
    pub fn from_id(id: &str) -> Option<Self> {
        let (row, column) = id.strip_prefix('c')?.split_once('-')?;
        Some(Self { row: row.parse().ok()?, column: column.parse().ok()? })
    }

    /// `aria-colindex`: the number in the register is the first column.
    pub fn aria_column(self) -> usize {
        self.column + 2
    }
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A field of a person.
    Cell(CellId),
    /// The readiness of the row's student.
    Ready,
}

/// The whole table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    rows: Vec<Vec<Spot>>,
    places: BTreeMap<CellId, Place>,
}

#[cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "the browser's part uses it"))]
impl Table {
    /// The table of a class.
    pub fn new(people: &ClassPeople) -> Self {
        let mut table = Self::default();
        for (row, entry) in people.students.iter().enumerate() {
            let mut spots = Vec::new();
            for slot in slots(entry) {
                for field in slot.part.fields() {
                    let cell = slot.cell(field);
                    table.places.insert(cell.clone(), Place { row, column: spots.len() });
                    spots.push(Spot::Cell(cell));
                }
                if slot.part == Part::Student {
                    spots.push(Spot::Ready);
                }
            }
            table.rows.push(spots);
        }
        table
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// How many places a row has.
    pub fn columns(&self, row: usize) -> usize {
        self.rows.get(row).map_or(0, Vec::len)
    }

    /// `aria-colcount`.
    pub fn aria_columns(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or_default() + 1
    }

    /// What stands at a place.
    pub fn spot(&self, place: Place) -> Option<&Spot> {
        self.rows.get(place.row)?.get(place.column)
    }

    /// The cell at a place.
    pub fn cell(&self, place: Place) -> Option<&CellId> {
        match self.spot(place)? {
            Spot::Cell(cell) => Some(cell),
            Spot::Ready => None,
        }
    }

    /// Where a cell stands.
    pub fn place(&self, cell: &CellId) -> Option<Place> {
        self.places.get(cell).copied()
    }

    /// The cells in the order in which a spreadsheet's block fills them. What `takes` refuses still counts as a column.
    pub fn order(&self, shows: &dyn Fn(usize) -> bool, takes: &dyn Fn(&CellId) -> bool) -> CellOrder {
        let cell = |spot: &Spot| match spot {
            Spot::Cell(cell) => Some(takes(cell).then(|| cell.clone())),
            Spot::Ready => None,
        };
        let shown = self.rows.iter().enumerate().filter(|(row, _)| shows(*row));
        CellOrder { rows: shown.map(|(_, spots)| spots.iter().filter_map(cell).collect()).collect() }
    }
}

#[cfg(test)]
pub mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

    use domain::{ClassHead, Country, ParentEntry, Readiness};

    use super::*;

    /// A class in which each student has the parents named.
    pub fn class(students: &[&[Relation]]) -> ClassPeople {
        let person = |id: String| PersonRecord { id, version: 1, fields: PersonFields::default(), signs_in: false };
        let entry = |(number, relations): (u32, &&[Relation])| StudentEntry {
            number,
            student: person(format!("s{number}")),
            parents: relations
                .iter()
                .enumerate()
                .map(|(at, relation)| ParentEntry { relation: *relation, person: person(format!("p{number}{at}")) })
                .collect(),
            readiness: Readiness { can: false, by: Vec::new(), issue: None },
        };
        ClassPeople {
            class: ClassHead {
                id: "c".to_owned(),
                school_id: "s".to_owned(),
                school: "School".to_owned(),
                title: "5А".to_owned(),
                year: 2026,
                country: Country::Ru,
            },
            students: (1..).zip(students).map(entry).collect(),
            ready: 0,
        }
    }

    fn who(slots: &[Slot]) -> Vec<(Part, &str)> {
        slots.iter().map(|slot| (slot.part, slot.person.as_str())).collect()
    }

    #[test]
    fn a_parent_who_is_not_on_file_has_a_place() {
        let people = class(&[&[Relation::Father]]);
        let slots = slots(&people.students[0]);
        assert_eq!(who(&slots), [(Part::Student, "s1"), (Part::Mother, "s1/mother"), (Part::Father, "p10")]);
    }

    #[test]
    fn whoever_has_no_column_comes_after() {
        let people = class(&[&[Relation::Mother, Relation::Mother, Relation::Guardian]]);
        let slots = slots(&people.students[0]);
        assert_eq!(
            who(&slots),
            [
                (Part::Student, "s1"),
                (Part::Mother, "p10"),
                (Part::Father, "s1/father"),
                (Part::Mother, "p11"),
                (Part::Guardian, "p12"),
            ]
        );
    }

    #[test]
    fn every_cell_knows_its_place() {
        let table = Table::new(&class(&[&[], &[Relation::Guardian]]));
        assert_eq!((table.rows(), table.columns(0), table.columns(1)), (2, 20, 26));
        assert_eq!(table.aria_columns(), 27);
        for row in 0..table.rows() {
            for column in 0..table.columns(row) {
                let place = Place { row, column };
                match table.spot(place).unwrap() {
                    Spot::Cell(cell) => assert_eq!(table.place(cell), Some(place)),
                    Spot::Ready => assert_eq!(column, 7),
                }
                assert_eq!(Place::from_id(&place.id()), Some(place));
            }
        }
        assert_eq!(Place::from_id("main"), None);
    }

    #[test]
    fn a_block_skips_the_readiness_and_hidden_rows_and_counts_what_takes_nothing() {
        let table = Table::new(&class(&[&[], &[]]));
        let order = table.order(&|row| row == 1, &|cell| cell.field != PersonField::BirthDate);
        assert_eq!(order.rows.len(), 1);
        assert_eq!(order.rows[0].len(), 19);
        assert_eq!(order.rows[0].iter().position(Option::is_none), Some(3), "the birth date");
        assert_eq!(order.rows[0][7].as_ref().unwrap().person, "s2/mother", "the mother follows the student");
    }
}
