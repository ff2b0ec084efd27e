//! What a dry run or an import found: counts, rows that were refused, values that were kept against the file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{ImportId, PersonId, SchoolId};

/// Rows and conflicts that a report lists; further ones are counted.
pub const LISTED: usize = 1_000;

/// What kind of file a roster came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportFormat {
    /// OneRoster 1.2, a zip of CSV files.
    OneRoster12,
    /// OneRoster 1.1, told by the columns of its `users.csv`.
    OneRoster11,
    /// One plain table.
    Csv,
    /// One sheet.
    Xlsx,
}

impl ImportFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::OneRoster12, Self::OneRoster11, Self::Csv, Self::Xlsx];

    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OneRoster12 => "one_roster12",
            Self::OneRoster11 => "one_roster11",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// The format of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.code() == code)
    }
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// The dry run is done; nothing is changed.
    Checked,
    /// A worker applies it, or will.
    Applying,
    /// It is applied.
    Applied,
    /// It could not be applied; schools that were done stay done, and it can be tried again.
    Failed,
}

impl ImportState {
    /// The code that people's programs see.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Failed => "failed",
        }
    }
}

/// What happens to the things of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Not there yet.
    pub new: u64,
    /// There, and different.
    pub changed: u64,
    /// There, and the same.
    pub unchanged: u64,
    /// There, and not in the file any more: the stay ends, nothing is deleted.
    pub leaving: u64,
    /// Refused.
    pub bad: u64,
}

impl Count {
    pub(crate) fn add(&mut self, other: Self) {
        self.new += other.new;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.leaving += other.leaving;
        self.bad += other.bad;
    }

    fn changes(self) -> u64 {
        self.new + self.changed + self.leaving
    }
}

/// The counts of everything that a roster holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Schools.
    pub schools: Count,
    /// Classes; one that leaves is archived.
    pub classes: Count,
    /// Students.
    pub students: Count,
    /// Parents and other guardians.
    pub parents: Count,
    /// Members of staff.
    pub staff: Count,
    /// Stays in classes; a changed one is a move to another class.
    pub enrolments: Count,
    /// Groups; one whose members are others is a changed one.
    #[serde(default)]
    pub groups: Count,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.schools.add(other.schools);
        self.classes.add(other.classes);
        self.students.add(other.students);
        self.parents.add(other.parents);
        self.staff.add(other.staff);
        self.enrolments.add(other.enrolments);
        self.groups.add(other.groups);
    }

    /// How many things are added, changed or ended; 0 when the file says what is there already.
    pub fn changes(&self) -> u64 {
        [self.schools, self.classes, self.students, self.parents, self.staff, self.enrolments, self.groups]
            .into_iter()
            .map(Count::changes)
            .sum()
    }
}

/// A row that was refused, or a reference in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// The file.
    pub file: String,
    /// The line in it, from 1.
    pub line: u64,
    /// The column; empty when it is the whole row.
    pub column: String,
    /// Why: a stable code that texts are found by, such as `required`, `snils_check`, `scientific`.
    pub code: String,
    /// What is meant, where that is no personal data: the name of a thing that is missing, or the spoilt number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
}

/// Why a value was kept although the file has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptBecause {
    /// Staff, or the person, changed it here after it was imported.
    EditedHere,
    /// Somebody signs in with it.
    SignsIn,
    /// The person has a role or a post elsewhere, which this import does not reach.
    BelongsElsewhere,
}

impl KeptBecause {
    /// The code that texts are found by.
    pub const fn code(self) -> &'static str {
        match self {
            Self::EditedHere => "edited_here",
            Self::SignsIn => "signs_in",
            Self::BelongsElsewhere => "belongs_elsewhere",
        }
    }
}

/// What stands for a field where somebody is a child's guardian in the file and, by staff, is none here.
pub const GUARDIAN: &str = "guardian";

/// A value that was kept against the file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffConflict {
    /// Whose.
    pub person: PersonId,
    /// The name in its short form.
    pub name: String,
    /// The field's code: those of [`PersonField`](domain::PersonField), `id_number`, and [`GUARDIAN`].
    pub field: String,
    /// Why.
    pub reason: KeptBecause,
}

impl std::fmt::Debug for StaffConflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffConflict")
            .field("field", &self.field)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// Everything that a dry run or an import found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The counts.
    pub counts: Counts,
    /// The first [`LISTED`] rows that were refused.
    pub bad_rows: Vec<BadRow>,
    /// How many were refused.
    pub bad_total: u64,
    /// How many were refused for which reason.
    pub bad_by_code: BTreeMap<String, u64>,
    /// The first [`LISTED`] values that were kept.
    pub conflicts: Vec<StaffConflict>,
    /// How many were kept.
    pub conflicts_total: u64,
    /// How many contacts and numbers of people with an account the file overwrites, because that was asked for.
    pub guarded: u64,
    /// How many rights of class teachers the file gives.
    #[serde(default)]
    pub roles: u64,
}

impl Report {
    pub(crate) fn refuse(&mut self, row: BadRow) {
        self.bad_total += 1;
        *self.bad_by_code.entry(row.code.clone()).or_default() += 1;
        if self.bad_rows.len() < LISTED {
            self.bad_rows.push(row);
        }
    }

    pub(crate) fn keep(&mut self, conflict: StaffConflict) {
        self.conflicts_total += 1;
        if self.conflicts.len() < LISTED {
            self.conflicts.push(conflict);
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.counts.add(&other.counts);
        self.bad_total += other.bad_total;
        for (code, count) in other.bad_by_code {
            *self.bad_by_code.entry(code).or_default() += count;
        }
        let missing = LISTED.saturating_sub(self.bad_rows.len());
        self.bad_rows.extend(other.bad_rows.into_iter().take(missing));
        self.conflicts_total += other.conflicts_total;
        let missing = LISTED.saturating_sub(self.conflicts.len());
        self.conflicts.extend(other.conflicts.into_iter().take(missing));
        self.guarded += other.guarded;
        self.roles += other.roles;
    }
}

/// An import as whoever started it sees it.
#[derive(Clone, Debug)]
pub struct ImportView {
    /// Its id.
    pub id: ImportId,
    /// The file's name.
    pub file_name: String,
    /// What kind of file it is.
    pub format: ImportFormat,
    /// How far it has come.
    pub state: ImportState,
    /// The one school that it is about; none when there are several.
    pub school: Option<SchoolId>,
    /// What the dry run found: it stays as it was when the import is applied.
    pub report: Report,
    /// People who are done; of those of the school under way, as many as there is work done for, where this process is at it.
    pub done: u64,
    /// People there are.
    pub total: u64,
    /// When the file was handed in.
    pub created_at: Timestamp,
    /// When it was applied, or failed.
    pub finished_at: Option<Timestamp>,
    /// Why it failed: a stable code.
    pub error: Option<String>,
}
