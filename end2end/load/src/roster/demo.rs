//! The demo's roster: school 5 in Khanty-Mansiysk and «Nitzanim» in Haifa, six classes of 25 students with their parents. Some of the
//! people are fixed, so that anyone can try them; the others fill the classes.

use super::numbers::{id_number, snils};
use super::{Class, Person, School, Schools};
use crate::dice::Dice;

const STUDENTS: usize = 25;

/// Both schools, made once.
pub struct Demo {
    schools: [School; 2],
}

impl Demo {
    /// The same every time.
    pub fn new() -> Self {
        Self { schools: [school_5(), nitzanim()] }
    }
}

impl Schools for Demo {
    fn count(&self) -> usize {
        self.schools.len()
    }

    fn school(&self, number: usize) -> School {
        let [first, second] = &self.schools;
        if number == 0 { first.clone() } else { second.clone() }
    }
}

/// A part of a family: surname, given name, patronymic; SNILS or ID number; mobile; e-mail.
struct Relative {
    name: [&'static str; 3],
    number: &'static str,
    mobile: &'static str,
    email: &'static str,
}

const fn relative(
    name: [&'static str; 3],
    number: &'static str,
    mobile: &'static str,
    email: &'static str,
) -> Relative {
    Relative { name, number, mobile, email }
}

/// A student who is always there.
struct Fixed {
    /// The end of the student's id; empty for one who is only called by the name.
    key: &'static str,
    student: Relative,
    female: bool,
    born: &'static str,
    mother: Option<Relative>,
    father: Option<Relative>,
}

/// 5А as the drawings of the class editor show it.
fn class_5a() -> Vec<Fixed> {
    vec![
        Fixed {
            key: "under-14",
            student: relative(["Джалилов", "Резида", "Егорович"], "", "+7 901 111-11-11", "primer123@mail.ru"),
            female: false,
            born: "2015-06-03",
            mother: Some(relative(["Захарченко", "Диана", "Набиевна"], "", "+7 900 000-00-11", "")),
            father: None,
        },
        Fixed {
            key: "",
            student: relative(["Зонтикова", "Ася", "Картовна"], "", "+7 900 000-00-61", ""),
            female: true,
            born: "2014-11-11",
            mother: Some(relative(["Зонтикова", "Карта", "Мировна"], "", "+7 900 000-00-61", "karta@primer.example")),
            father: None,
        },
        Fixed {
            key: "",
            student: relative(["Карандашова", "Вера", "Пеналовна"], "", "", ""),
            female: true,
            born: "2015-02-14",
            mother: Some(relative(
                ["Карандашова", "Алла", "Точилковна"],
                "",
                "+7 900 000-00-21",
                "alla@primer.example",
            )),
            father: Some(relative(["Карандашов", "Пенал", "Образцович"], "", "+7 900 000-00-22", "")),
        },
        Fixed {
            key: "",
            student: relative(["Ластикова", "Мира", "Примеровна"], "", "", "mira@primer.example"),
            female: true,
            born: "2015-01-05",
            mother: Some(relative(["Ластикова", "Ева", "Примеровна"], "", "+7 900 000-00-41", "")),
            father: None,
        },
        Fixed {
            key: "",
            student: relative(["Мелков", "Степан", "Доскович"], "", "", "s.melkov@primer.example"),
            female: false,
            born: "2015-07-22",
            mother: Some(relative(["Мелкова", "Яна", "Досковна"], "", "+7 900 000-00-51", "")),
            father: Some(relative(["Мелков", "Доск", "Партович"], "510-061-209 01", "+7 900 000-00-52", "")),
        },
        Fixed {
            key: "",
            student: relative(
                ["Портфелев", "Илья", "Примерович"],
                "017-988-254 01",
                "+7 900 000-00-07",
                "ilya@primer.example",
            ),
            female: false,
            born: "2015-03-19",
            mother: Some(relative(
                ["Портфелева", "Инна", "Застёжковна"],
                "",
                "+7 900 000-00-71",
                "inna@primer.example",
            )),
            father: Some(relative(["Портфелев", "Пример", "Ранцевич"], "", "", "")),
        },
        Fixed {
            key: "",
            student: relative(["Скрепкина", "Юлия", "Образцовна"], "", "+7 900 000-00-08", ""),
            female: true,
            born: "2014-12-08",
            mother: Some(relative(["Скрепкина", "Ника", "Кнопковна"], "", "+7 900 000-00-81", "")),
            father: Some(relative(["Скрепкин", "Образец", "Степлерович"], "", "+7 900 000-00-82", "")),
        },
        Fixed {
            key: "",
            student: relative(
                ["Тетрадкин", "Лев", "Образцович"],
                "253-101-140 00",
                "+7 900 000-00-03",
                "lev@primer.example",
            ),
            female: false,
            born: "2014-09-30",
            mother: Some(relative(
                ["Тетрадкина", "Ася", "Линейковна"],
                "212-213-638 00",
                "+7 900 000-00-31",
                "asya@primer.example",
            )),
            father: Some(relative(["Тетрадкин", "Образец", "Клеткович"], "", "+7 900 000-00-32", "")),
        },
    ]
}

/// 5Б has the students whose sign-in through Gosuslugi fails on purpose. What is wrong with them is told by the stand-in's persons.
fn class_5b() -> Vec<Fixed> {
    let pupil = |key, name, number, born, mobile, email| Fixed {
        key,
        student: relative(name, number, mobile, email),
        female: false,
        born,
        mother: None,
        father: None,
    };
    vec![
        pupil(
            "contact-differs",
            ["Булавкин", "Кузьма", "Швейкович"],
            "",
            "2015-02-02",
            "+7 900 000-05-01",
            "kuzma@primer.example",
        ),
        pupil(
            "contact-unverified",
            ["Винтиков", "Антон", "Гайкович"],
            "",
            "2015-03-03",
            "+7 900 000-05-02",
            "anton@primer.example",
        ),
        pupil("shares-phone-1", ["Гвоздиков", "Глеб", "Молоткович"], "", "2015-04-04", "+7 900 000-05-03", ""),
        pupil("shares-phone-2", ["Дощечкин", "Денис", "Рубанкович"], "", "2015-05-05", "+7 900 000-05-03", ""),
        pupil(
            "unconfirmed",
            ["Ершиков", "Ефим", "Щёткович"],
            "",
            "2015-06-06",
            "+7 900 000-05-04",
            "efim@primer.example",
        ),
        pupil(
            "cancels",
            ["Жёлобов", "Женя", "Трубович"],
            "",
            "2015-07-07",
            "+7 900 000-05-05",
            "zhenya@primer.example",
        ),
        pupil(
            "other-snils",
            ["Зажимов", "Захар", "Тискович"],
            "006-996-682 00",
            "2015-08-08",
            "+7 900 000-05-06",
            "zahar@primer.example",
        ),
    ]
}

fn class_11a() -> Vec<Fixed> {
    vec![Fixed {
        key: "over-14",
        student: relative(
            ["Азимутов", "Роман", "Компасович"],
            "112-233-445 95",
            "+7 900 000-11-01",
            "roman@primer.example",
        ),
        female: false,
        born: "2009-10-10",
        mother: Some(relative(["Азимутова", "Рита", "Картовна"], "", "+7 900 000-11-02", "rita@primer.example")),
        father: None,
    }]
}

const SURNAMES: [&str; 20] = [
    "Азбукин",
    "Бумагин",
    "Глобусов",
    "Закладкин",
    "Звонков",
    "Калькуляторов",
    "Кистин",
    "Книгин",
    "Ластиков",
    "Линейкин",
    "Маркеров",
    "Палитрин",
    "Партин",
    "Пеналов",
    "Ранцев",
    "Ручкин",
    "Скрепкин",
    "Точилкин",
    "Циркулев",
    "Чернилов",
];
const MEN: [&str; 12] =
    ["Марк", "Ян", "Пётр", "Иван", "Олег", "Егор", "Тимур", "Артём", "Павел", "Никита", "Фёдор", "Семён"];
const WOMEN: [&str; 12] =
    ["Анна", "Ольга", "Ева", "Нина", "Дарья", "Злата", "Лия", "Майя", "Роза", "Алиса", "Софья", "Зоя"];
const FATHERS: [(&str, &str); 8] = [
    ("Образцович", "Образцовна"),
    ("Примерович", "Примеровна"),
    ("Тестович", "Тестовна"),
    ("Эскизович", "Эскизовна"),
    ("Макетович", "Макетовна"),
    ("Чертежович", "Чертежовна"),
    ("Шаблонович", "Шаблоновна"),
    ("Лекалович", "Лекаловна"),
];
const IL_SURNAMES: [&str; 16] = [
    "דוגמאי",
    "מבחני",
    "סרגלי",
    "מחברתי",
    "עפרוני",
    "ילקוטי",
    "לוחי",
    "גירני",
    "ספריאן",
    "מצפני",
    "גלובוסי",
    "מחוגתי",
    "קלמרי",
    "טושינסקי",
    "דפדפני",
    "נעצני",
];
const IL_MEN: [&str; 10] = ["איתי", "עומר", "דניאל", "אדם", "יונתן", "לביא", "אריאל", "רון", "תום", "עידו"];
const IL_WOMEN: [&str; 10] = ["נועה", "תמר", "שירה", "אביגיל", "רוני", "הדס", "עדי", "גל", "ליה", "אלה"];

fn pick<T: Copy + Default, const N: usize>(dice: &mut Dice, from: [T; N]) -> T {
    from.get(dice.below(N)).copied().unwrap_or_default()
}

/// A school under way.
struct Writer {
    people: Vec<Person>,
    dice: Dice,
    /// Counts the numbers that are given out.
    numbers: u32,
}

impl Writer {
    fn new(seed: u64) -> Self {
        Self { people: Vec::new(), dice: Dice::new(seed), numbers: 0 }
    }

    fn staff(&mut self, id: &str, role: &'static str, name: [&str; 3], sex: &'static str, mobile: &str, email: &str) {
        let [surname, given_name, patronymic] = name.map(str::to_owned);
        let (id, mobile, email) = (id.to_owned(), mobile.to_owned(), email.to_owned());
        self.people.push(Person { id, surname, given_name, patronymic, sex, mobile, email, role, ..Person::default() });
    }

    fn fixed(&mut self, class: &Class, number: usize, fixed: Fixed, russian: bool) {
        let id = if fixed.key.is_empty() {
            format!("{}-{number:02}", class.id)
        } else {
            format!("{}-{}", class.id, fixed.key)
        };
        let mut parents = Vec::new();
        let mut relatives = Vec::new();
        for (relative, sex, end) in [(fixed.mother, "female", "mother"), (fixed.father, "male", "father")] {
            let Some(relative) = relative else { continue };
            let parent = person(format!("{id}-{end}"), "parent", &relative, sex, russian);
            parents.push(parent.id.clone());
            relatives.push(parent);
        }
        let sex = if fixed.female { "female" } else { "male" };
        let student = person(id, "student", &fixed.student, sex, russian);
        self.people.push(Person {
            birth_date: fixed.born.to_owned(),
            parents,
            grade: class.grade.clone(),
            class: Some(class.id.clone()),
            ..student
        });
        self.people.extend(relatives);
    }

    /// A family of school 5 that fills a class.
    fn russian(&mut self, class: &Class, number: usize, born: u32) {
        let id = format!("{}-{number:02}", class.id);
        let female = self.dice.below(2) == 0;
        let surname = pick(&mut self.dice, SURNAMES);
        let (of_man, of_woman) = pick(&mut self.dice, FATHERS);
        let given = if female { pick(&mut self.dice, WOMEN) } else { pick(&mut self.dice, MEN) };
        let (student_surname, patronymic) =
            if female { (format!("{surname}а"), of_woman) } else { (surname.to_owned(), of_man) };
        let n = self.numbers;
        self.numbers += 1;
        let mut parents = Vec::new();
        let mut relatives = Vec::new();
        for (sex, end) in [("female", "mother"), ("male", "father")] {
            if sex == "male" && self.dice.below(3) == 0 {
                continue;
            }
            let (of_man, of_woman) = pick(&mut self.dice, FATHERS);
            let woman = sex == "female";
            let given_name = if woman { pick(&mut self.dice, WOMEN) } else { pick(&mut self.dice, MEN) };
            let phone = format!("+7 900 {:03}-{:02}-{}", 100 + n / 100, n % 100, if woman { "11" } else { "12" });
            let email = if self.dice.below(2) == 0 { format!("{id}-{end}@primer.example") } else { String::new() };
            parents.push(format!("{id}-{end}"));
            relatives.push(Person {
                id: format!("{id}-{end}"),
                surname: if woman { format!("{surname}а") } else { surname.to_owned() },
                given_name: given_name.to_owned(),
                patronymic: if woman { of_woman } else { of_man }.to_owned(),
                sex,
                mobile: phone,
                email,
                role: "parent",
                ..Person::default()
            });
        }
        // Most can sign in through Gosuslugi: by SNILS, by a phone or an e-mail of their own.
        let way = self.dice.below(8);
        self.people.push(Person {
            surname: student_surname,
            given_name: given.to_owned(),
            patronymic: patronymic.to_owned(),
            birth_date: format!("{}-{:02}-{:02}", born, 1 + n % 12, 1 + n % 28),
            sex: if female { "female" } else { "male" },
            snils: if way < 3 { snils(150_000_000 + n) } else { String::new() },
            mobile: if (2..5).contains(&way) {
                format!("+7 900 {:03}-{:02}-01", 100 + n / 100, n % 100)
            } else {
                String::new()
            },
            email: if (4..7).contains(&way) { format!("{id}@primer.example") } else { String::new() },
            role: "student",
            parents,
            grade: class.grade.clone(),
            class: Some(class.id.clone()),
            id,
            ..Person::default()
        });
        self.people.extend(relatives);
    }

    /// A family of «Nitzanim» that fills a class.
    fn israeli(&mut self, class: &Class, number: usize) {
        let id = format!("{}-{number:02}", class.id);
        let female = self.dice.below(2) == 0;
        let surname = pick(&mut self.dice, IL_SURNAMES);
        let given = if female { pick(&mut self.dice, IL_WOMEN) } else { pick(&mut self.dice, IL_MEN) };
        let n = self.numbers;
        self.numbers += 1;
        let mut parents = Vec::new();
        let mut relatives = Vec::new();
        for (sex, end, more) in [("female", "mother", 0), ("male", "father", 1)] {
            if sex == "male" && self.dice.below(4) == 0 {
                continue;
            }
            let given_name = if more == 0 { pick(&mut self.dice, IL_WOMEN) } else { pick(&mut self.dice, IL_MEN) };
            parents.push(format!("{id}-{end}"));
            relatives.push(Person {
                id: format!("{id}-{end}"),
                surname: surname.to_owned(),
                given_name: given_name.to_owned(),
                birth_date: format!("19{}-{:02}-{:02}", 80 + n % 10, 1 + n % 12, 1 + n % 28),
                sex,
                id_number: id_number(32_000_000 + 2 * n + more),
                mobile: format!("050-2{:06}", 2 * n + more),
                email: if self.dice.below(2) == 0 { format!("{id}-{end}@dugma.example") } else { String::new() },
                role: "parent",
                ..Person::default()
            });
        }
        self.people.push(Person {
            surname: surname.to_owned(),
            given_name: given.to_owned(),
            birth_date: format!("2015-{:02}-{:02}", 1 + n % 12, 1 + n % 28),
            sex: if female { "female" } else { "male" },
            id_number: id_number(31_000_000 + n),
            role: "student",
            parents,
            grade: class.grade.clone(),
            class: Some(class.id.clone()),
            id,
            ..Person::default()
        });
        self.people.extend(relatives);
    }
}

/// A fixed person.
fn person(id: String, role: &'static str, of: &Relative, sex: &'static str, russian: bool) -> Person {
    let [surname, given_name, patronymic] = of.name.map(str::to_owned);
    let number = of.number.to_owned();
    let (id_number, snils) = if russian { (String::new(), number) } else { (number, String::new()) };
    Person {
        id,
        surname,
        given_name,
        patronymic,
        sex,
        id_number,
        snils,
        mobile: of.mobile.to_owned(),
        email: of.email.to_owned(),
        role,
        ..Person::default()
    }
}

fn class(id: &str, title: &str, grade: &str, leader: &str) -> Class {
    let [id, title, grade, leader] = [id, title, grade, leader].map(str::to_owned);
    Class { id, title, grade, leader }
}

fn school_5() -> School {
    let mut writer = Writer::new(5);
    let mail = |key: &str| format!("{key}@shkola5.example");
    for (id, role, name, sex, mobile) in [
        ("teacher-5a", "teacher", ["Бутрович", "Вера", "Ивановна"], "female", "+7 900 555-01-01"),
        ("deputy-5", "principal", ["Соколова", "Анна", "Петровна"], "female", "+7 900 555-01-02"),
        ("admin-5", "siteAdministrator", ["Морозов", "Игорь", "Львович"], "male", "+7 900 555-01-03"),
        ("teacher-5b", "teacher", ["Указкина", "Полина", "Досковна"], "female", "+7 900 555-01-05"),
        ("teacher-11a", "teacher", ["Журналов", "Борис", "Классович"], "male", "+7 900 555-01-06"),
        ("teacher-11b", "teacher", ["Переменкина", "Жанна", "Звонковна"], "female", "+7 900 555-01-07"),
        ("psychologist-5", "counselor", ["Тишина", "Елена", "Спокоевна"], "female", "+7 900 555-01-08"),
    ] {
        writer.staff(id, role, name, sex, mobile, &mail(id));
    }
    let classes = vec![
        class("class-5a", "5А", "05", "teacher-5a"),
        class("class-5b", "5Б", "05", "teacher-5b"),
        class("class-11a", "11А", "11", "teacher-11a"),
        class("class-11b", "11Б", "11", "teacher-11b"),
    ];
    for (class, fixed, born) in
        [(0, class_5a(), 2015), (1, class_5b(), 2015), (2, class_11a(), 2009), (3, Vec::new(), 2009)]
    {
        let Some(class) = classes.get(class) else { continue };
        let there = fixed.len();
        for (number, fixed) in (1..).zip(fixed) {
            writer.fixed(class, number, fixed, true);
        }
        for number in there + 1..=STUDENTS {
            writer.russian(class, number, born);
        }
    }
    School {
        id: "school-5".to_owned(),
        name: "Школа № 5, Ханты-Мансийск".to_owned(),
        country: "ru",
        locale: "ru",
        classes,
        people: writer.people,
    }
}

fn nitzanim() -> School {
    let mut writer = Writer::new(6);
    for (id, role, name, mobile) in [
        ("teacher-h1", "teacher", ["דמיונית", "רותי", ""], "050-3000001"),
        ("teacher-h2", "teacher", ["לדוגמה", "עדה", ""], "050-3000002"),
        ("head-nitzanim", "principal", ["ראשוני", "מיכל", ""], "050-3000003"),
    ] {
        writer.staff(id, role, name, "female", mobile, &format!("{id}@nitzanim.example"));
    }
    let classes = vec![class("class-h1", "ה1", "05", "teacher-h1"), class("class-h2", "ה2", "05", "teacher-h2")];
    if let [first, second] = classes.as_slice() {
        let mother = |id: &str, of: &Relative, born: &str| Person {
            birth_date: born.to_owned(),
            ..person(id.to_owned(), "parent", of, "female", false)
        };
        let child = |id: &str, of: &Relative, female: bool, born: &str, class: &Class, parent: &str| Person {
            birth_date: born.to_owned(),
            grade: class.grade.clone(),
            class: Some(class.id.clone()),
            parents: vec![parent.to_owned()],
            ..person(id.to_owned(), "student", of, if female { "female" } else { "male" }, false)
        };
        let dana = relative(["לדוגמה", "דנה", ""], "039337423", "052-5550134", "dana@dugma.example");
        let yael = relative(["ישראלי", "יעל", ""], "123456782", "050-1234567", "");
        writer.people.push(mother("parent-1", &dana, "1984-03-02"));
        writer.people.push(mother("parent-new", &yael, "1985-04-12"));
        let noam = relative(["לדוגמה", "נועם", ""], "000000026", "", "");
        let maya = relative(["לדוגמה", "מאיה", ""], "330000019", "", "");
        let other_maya = relative(["ישראלי", "מאיה", ""], "000000018", "", "");
        writer.people.push(child("parent-1-child", &noam, false, "2015-05-11", first, "parent-1"));
        writer.people.push(child("parent-1-second", &maya, true, "2016-01-20", second, "parent-1"));
        writer.people.push(child("parent-new-child", &other_maya, true, "2015-09-09", second, "parent-new"));
        for number in 2..=STUDENTS {
            writer.israeli(first, number);
        }
        for number in 3..=STUDENTS {
            writer.israeli(second, number);
        }
    }
    School {
        id: "nitzanim".to_owned(),
        name: "ניצנים, חיפה".to_owned(),
        country: "il",
        locale: "he",
        classes,
        people: writer.people,
    }
}
