//! What the browser needs to draw and drive the editor: one value, made by the server, written into the page as JSON.

use domain::{ClassPeople, PersonField};
use serde::{Deserialize, Serialize};

use super::words::EditorWords;

/// The time of day `12:03` of a moment, where clocks are so many minutes ahead of UTC.
pub fn clock(at: i64, utc_offset_min: i32) -> String {
    let minutes = at.div_euclid(60_000) + i64::from(utc_offset_min);
    let of_day = minutes.rem_euclid(24 * 60);
    format!("{:02}:{:02}", of_day / 60, of_day % 60)
}

/// The editor of one class, as its page comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditorBoot {
    /// The class and everybody in it.
    pub people: ClassPeople,
    /// The words.
    pub words: EditorWords,
    /// Whose page it is: what waits on the device is the owner's alone.
    pub owner: String,
    /// How far the school's clock is ahead of UTC, in minutes.
    pub utc_offset_min: i32,
    /// Only those are shown whose sign-in can't work.
    pub only_unready: bool,
    /// The reader may change contacts in this class.
    pub editable: bool,
    /// Fields that are shown here and changed elsewhere.
    pub read_only: Vec<PersonField>,
}

impl EditorBoot {
    /// Whether a field can be edited here.
    pub fn takes(&self, field: PersonField) -> bool {
        self.editable && !self.read_only.contains(&field)
    }

    /// The time of day at the school: `12:03`.
    pub fn clock(&self, at: i64) -> String {
        clock(at, self.utc_offset_min)
    }

    /// The page's path.
    pub fn path(&self) -> String {
        format!("/people/pupils/{}/esia", self.people.class.id)
    }

    /// The page that shows the form of one student's row.
    pub fn form_href(&self, student: &str) -> String {
        format!("?edit={student}")
    }
}

#[cfg(test)]
impl EditorBoot {
    /// A page without words.
    pub fn of(people: ClassPeople) -> Self {
        Self {
            people,
            words: EditorWords::default(),
            owner: "owner".to_owned(),
            utc_offset_min: 180,
            only_unready: false,
            editable: true,
            read_only: vec![PersonField::BirthDate],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::slots::tests::class;
    use super::*;

    #[test]
    fn the_clock_is_the_schools() {
        let boot = EditorBoot::of(class(&[]));
        assert_eq!(boot.clock(1_795_329_660_000), "09:41");
        assert_eq!(EditorBoot { utc_offset_min: -600, ..boot.clone() }.clock(1_795_329_660_000), "20:41");
        assert_eq!(boot.clock(-60_000), "02:59");
    }

    #[test]
    fn what_is_read_only_takes_nothing() {
        let boot = EditorBoot::of(class(&[]));
        assert!(boot.takes(PersonField::Mobile));
        assert!(!boot.takes(PersonField::BirthDate));
        assert!(!EditorBoot { editable: false, ..boot }.takes(PersonField::Mobile));
    }
}
