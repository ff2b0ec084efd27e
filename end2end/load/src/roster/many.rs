//! Rosters of any size: schools of some 1,300 people, in Israel and in Russia by turns.

use super::numbers::{id_number, snils};
use super::{Class, Person, School, Schools};
use crate::dice::Dice;

const CLASSES: usize = 20;
const STUDENTS: usize = 25;

const RU_SURNAMES: [&str; 12] = [
    "Линейкин",
    "Циркулев",
    "Глобусов",
    "Тетрадкин",
    "Ручкин",
    "Пеналов",
    "Мелков",
    "Доскин",
    "Звонков",
    "Партин",
    "Книгин",
    "Азбукин",
];
const RU_MALE: [&str; 8] = ["Лев", "Ян", "Марк", "Илья", "Егор", "Пётр", "Иван", "Олег"];
const RU_FEMALE: [&str; 8] = ["Ася", "Вера", "Мира", "Юлия", "Анна", "Ольга", "Ника", "Ева"];
const IL_SURNAMES: [&str; 12] =
    ["כהן", "לוי", "מזרחי", "פרץ", "ביטון", "דהן", "אברהם", "פרידמן", "אגבאריה", "חדאד", "שפירא", "אזולאי"];
const IL_MALE: [&str; 8] = ["נועם", "איתי", "דניאל", "עומר", "יוסף", "אדם", "אריאל", "לביא"];
const IL_FEMALE: [&str; 8] = ["מאיה", "נועה", "תמר", "אביגיל", "שירה", "רונה", "יעל", "דנה"];

/// As many schools as so many people need.
pub struct Many {
    people: usize,
}

impl Many {
    /// So many people.
    pub fn new(people: u32) -> Self {
        Self { people: usize::try_from(people).unwrap_or(usize::MAX) }
    }
}

/// Every third student has one parent, the others have two.
const PARENTS: usize = 2 * STUDENTS - STUDENTS.div_ceil(3);
/// People of a full school, a teacher for each class among them.
const SCHOOL: usize = CLASSES * (1 + STUDENTS + PARENTS);

fn pick<const N: usize>(dice: &mut Dice, from: [&'static str; N]) -> &'static str {
    from.get(dice.below(N)).copied().unwrap_or_default()
}

impl Schools for Many {
    fn count(&self) -> usize {
        self.people.div_ceil(SCHOOL)
    }

    fn school(&self, number: usize) -> School {
        let israeli = number.is_multiple_of(2);
        let size = (self.people - number * SCHOOL).min(SCHOOL);
        let mut dice = Dice::new(number as u64 + 1);
        let mut writer = Writer { number, israeli, made: 0, people: Vec::with_capacity(size) };
        let mut classes = Vec::new();
        for class in 0..CLASSES {
            if writer.people.len() + 2 > size {
                break;
            }
            let grade = 1 + class / 2;
            let (first, second) = if israeli { ("1", "2") } else { ("А", "Б") };
            let letter = if class.is_multiple_of(2) { first } else { second };
            let title = if israeli { format!("{}{letter}", hebrew(grade)) } else { format!("{grade}{letter}") };
            let leader = writer.person(&mut dice, "teacher", "female", "");
            let class = Class { id: format!("c{number}-{class}"), title, grade: format!("{grade:02}"), leader };
            for student in 0..STUDENTS {
                if writer.people.len() >= size {
                    break;
                }
                writer.family(&mut dice, (&class, grade), student, size);
            }
            classes.push(class);
        }
        // What is left over, so that there are exactly as many people as were asked for.
        while writer.people.len() < size {
            writer.person(&mut dice, "teacher", "female", "");
        }
        School {
            id: format!("s{number}"),
            name: if israeli { format!("בית ספר {number}") } else { format!("Школа № {number}") },
            country: if israeli { "il" } else { "ru" },
            locale: if israeli { "he" } else { "ru" },
            classes,
            people: writer.people,
        }
    }
}

/// Grades 1 to 10 in Hebrew letters.
fn hebrew(grade: usize) -> char {
    let letters = ['א', 'ב', 'ג', 'ד', 'ה', 'ו', 'ז', 'ח', 'ט', 'י'];
    grade.checked_sub(1).and_then(|at| letters.get(at)).copied().unwrap_or('א')
}

struct Writer {
    number: usize,
    israeli: bool,
    made: usize,
    people: Vec<Person>,
}

impl Writer {
    /// A student with parents, as long as there is room.
    fn family(&mut self, dice: &mut Dice, (class, grade): (&Class, usize), student: usize, size: usize) {
        let sex = if dice.below(2) == 0 { "female" } else { "male" };
        let born = format!("{}-{:02}-{:02}", 2019 - grade, 1 + student % 12, 1 + student);
        self.person(dice, "student", sex, &born);
        let at = self.people.len() - 1;
        let mut parents = Vec::new();
        for sex in ["female", "male"] {
            let single = student.is_multiple_of(3) && sex == "male";
            if !single && self.people.len() < size {
                parents.push(self.person(dice, "parent", sex, "1985-04-12"));
            }
        }
        if let Some(person) = self.people.get_mut(at) {
            person.class = Some(class.id.clone());
            person.grade.clone_from(&class.grade);
            person.parents = parents;
        }
    }

    fn person(&mut self, dice: &mut Dice, role: &'static str, sex: &'static str, birth_date: &str) -> String {
        let unique = u32::try_from(self.number * SCHOOL + self.made).unwrap_or(u32::MAX);
        self.made += 1;
        let id = format!("u{unique}");
        let female = sex == "female";
        let reachable = role != "student" || dice.below(2) == 0;
        let (surname, given_name, patronymic) = if self.israeli {
            let given = if female { pick(dice, IL_FEMALE) } else { pick(dice, IL_MALE) };
            (pick(dice, IL_SURNAMES).to_owned(), given, String::new())
        } else {
            let given = if female { pick(dice, RU_FEMALE) } else { pick(dice, RU_MALE) };
            let end = if female { "а" } else { "" };
            let patronymic = if female { "Образцовна" } else { "Образцович" };
            (format!("{}{end}", pick(dice, RU_SURNAMES)), given, patronymic.to_owned())
        };
        let prefix = if self.israeli { "+97252" } else { "+7902" };
        let mobile = format!("{prefix}{:07}", unique % 10_000_000);
        let numbered = role != "teacher";
        self.people.push(Person {
            surname,
            given_name: given_name.to_owned(),
            patronymic,
            birth_date: birth_date.to_owned(),
            sex,
            id_number: if self.israeli && numbered { id_number(20_000_000 + unique) } else { String::new() },
            snils: if !self.israeli && numbered { snils(100_000_000 + unique) } else { String::new() },
            mobile: if reachable { mobile } else { String::new() },
            email: if reachable { format!("{id}@load.example") } else { String::new() },
            role,
            id: id.clone(),
            ..Person::default()
        });
        id
    }
}
