//! The words that people write over the columns of a class list, in four languages.
//!
//! A column is somebody's something: «Телефон матери», «Мать: телефон», "Father's e-mail", «שם פרטי של האם». Words that name a person
//! are taken out; what is left names the field. Without a person it is the student's.

use domain::{Locale, PersonField, Relation};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    School,
    Class,
    /// Of the student, or of a parent.
    Of(Who, What),
}

/// Whose column it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Who {
    Student,
    Mother,
    Father,
    /// Another guardian, or a parent of whom only that is said; by number.
    Guardian(u8),
}

impl Who {
    /// Everybody whom an export has columns for.
    pub const EXPORTED: [Self; 5] = [Self::Student, Self::Mother, Self::Father, Self::Guardian(1), Self::Guardian(2)];

    /// What the person is to the student.
    pub const fn relation(self) -> Option<Relation> {
        match self {
            Self::Student => None,
            Self::Mother => Some(Relation::Mother),
            Self::Father => Some(Relation::Father),
            Self::Guardian(_) => Some(Relation::Guardian),
        }
    }
}

/// What a column holds of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Field(PersonField),
    IdNumber,
    FictitiousNumber,
    /// Surname, given name and patronymic in one, as Russian lists have it.
    FullName,
}

/// Words that name a person, and whom.
const PEOPLE: [(&[&str], Who); 3] = [
    (
        &[
            "мать",
            "матери",
            "мама",
            "мамы",
            "mother",
            "mothers",
            "mom",
            "אם",
            "האם",
            "אמא",
            "אימא",
            "ام",
            "الام",
            "للام",
            "والده",
            "الوالده",
        ],
        Who::Mother,
    ),
    (
        &[
            "отец",
            "отца",
            "папа",
            "папы",
            "father",
            "fathers",
            "dad",
            "אב",
            "האב",
            "אבא",
            "اب",
            "الاب",
            "للاب",
            "والد",
            "الوالد",
        ],
        Who::Father,
    ),
    (
        &[
            "опекун",
            "опекуна",
            "представитель",
            "представителя",
            "guardian",
            "guardians",
            "אפוטרופוס",
            "האפוטרופוס",
            "הורה",
            "ההורה",
            "وصي",
            "الوصي",
            "ولي",
            "родитель",
            "родителя",
            "parent",
            "parents",
        ],
        Who::Guardian(1),
    ),
];

/// Words that add nothing: the student, who is meant anyway, and little words between.
const FILLING: &[&str] = &[
    "ученик",
    "ученика",
    "ученица",
    "ученицы",
    "учащийся",
    "учащегося",
    "ребенок",
    "ребенка",
    "законный",
    "законного",
    "pupil",
    "pupils",
    "student",
    "students",
    "child",
    "childs",
    "of",
    "the",
    "s",
    "של",
    "תלמיד",
    "התלמיד",
    "תלמידה",
    "התלמידה",
    "ילד",
    "הילד",
    "ה",
    "الطالب",
    "طالب",
    "التلميذ",
    "الامر",
    "امر",
];

/// Names of fields, in the form that [`words`] gives.
const FIELDS: [(What, &[&str]); 10] = [
    (
        What::Field(PersonField::Surname),
        &[
            "фамилия",
            "surname",
            "last name",
            "family name",
            "שם משפחה",
            "שם המשפחה",
            "משפחה",
            "اسم العائله",
            "العائله",
            "اللقب",
        ],
    ),
    (
        What::Field(PersonField::GivenName),
        &[
            "имя",
            "given name",
            "first name",
            "name",
            "שם פרטי",
            "שם",
            "פרטי",
            "الاسم الشخصي",
            "الاسم الاول",
            "الاسم",
            "اسم",
        ],
    ),
    (What::Field(PersonField::Patronymic), &["отчество", "patronymic", "middle name", "שם אמצעי", "الاسم الابوي"]),
    (
        What::Field(PersonField::BirthDate),
        &[
            "дата рождения",
            "день рождения",
            "д р",
            "др",
            "рождение",
            "родился",
            "birth date",
            "date of birth",
            "birthdate",
            "dob",
            "born",
            "date birth",
            "תאריך לידה",
            "ת לידה",
            "לידה",
            "تاريخ الميلاد",
            "تاريخ الولاده",
        ],
    ),
    (What::Field(PersonField::Snils), &["снилс", "snils", "סנילס", "سنيلس"]),
    (
        What::Field(PersonField::Mobile),
        &[
            "телефон",
            "тел",
            "мобильный",
            "мобильный телефон",
            "сотовый",
            "сотовый телефон",
            "номер телефона",
            "моб тел",
            "mobile",
            "mobile phone",
            "phone",
            "phone number",
            "cell",
            "cell phone",
            "sms",
            "טלפון נייד",
            "טלפון",
            "נייד",
            "פלאפון",
            "טל נייד",
            "הטלפון",
            "الهاتف",
            "هاتف",
            "رقم الهاتف",
            "الهاتف المحمول",
            "الجوال",
            "جوال",
        ],
    ),
    (
        What::Field(PersonField::Email),
        &[
            "почта",
            "эл почта",
            "электронная почта",
            "адрес почты",
            "e mail",
            "email",
            "mail",
            "имейл",
            "דואר אלקטרוני",
            "דוא ל",
            "דואל",
            "מייל",
            "אימייל",
            "البريد الالكتروني",
            "البريد",
            "بريد",
            "ايميل",
        ],
    ),
    (
        What::IdNumber,
        &[
            "теудат зеут",
            "номер удостоверения",
            "номер удостоверения личности",
            "удостоверение личности",
            "ин",
            "идентификационный номер",
            "id number",
            "id",
            "identity number",
            "teudat zehut",
            "תעודת זהות",
            "מספר זהות",
            "מספר תעודת זהות",
            "ת ז",
            "תז",
            "מס זהות",
            "זהות",
            "رقم الهويه",
            "الهويه",
            "هويه",
        ],
    ),
    (What::FictitiousNumber, &["фиктивный номер", "fictitious number", "מספר פיקטיבי", "رقم وهمي"]),
    (What::FullName, &["фио", "ф и о", "фамилия имя отчество", "фамилия имя"]),
];

const CLASS: &[&str] = &["класс", "class", "form", "homeroom", "כיתה", "הכיתה", "الصف", "صف"];
const SCHOOL: &[&str] =
    &["школа", "организация", "school", "בית ספר", "בית הספר", "מוסד", "המוסד", "المدرسه", "مدرسه", "оо"];

/// The words of a title: small letters, no signs, one way to write each letter.
fn words(title: &str) -> Vec<String> {
    let mut folded = String::with_capacity(title.len());
    for c in title.chars().flat_map(char::to_lowercase) {
        match c {
            'ё' => folded.push('е'),
            'أ' | 'إ' | 'آ' => folded.push('ا'),
            'ى' => folded.push('ي'),
            'ة' => folded.push('ه'),
            // Vowel points and other marks, and what steers the direction of text.
            '\u{0591}'..='\u{05C7}'
            | '\u{0610}'..='\u{061C}'
            | '\u{0640}'
            | '\u{064B}'..='\u{065F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FEFF}' => {}
            c if c.is_alphanumeric() => folded.push(c),
            _ => folded.push(' '),
        }
    }
    folded.split_whitespace().map(str::to_owned).collect()
}

/// What a column's title means; `None` for one that is not of interest.
pub(crate) fn column(title: &str) -> Option<Column> {
    let mut left = words(title);
    let whole = left.join(" ");
    if CLASS.contains(&whole.as_str()) {
        return Some(Column::Class);
    }
    if SCHOOL.contains(&whole.as_str()) {
        return Some(Column::School);
    }
    let known = |phrase: &str| FIELDS.iter().find(|(_, names)| names.contains(&phrase)).map(|(what, _)| *what);
    if let Some(what) = known(&whole) {
        return Some(Column::Of(Who::Student, what));
    }
    let mut person = None;
    left.retain(|word| {
        let named = PEOPLE.iter().find(|(names, _)| names.contains(&word.as_str())).map(|(_, who)| *who);
        person = person.or(named);
        named.is_none()
    });
    if let Some(Who::Guardian(number)) = &mut person {
        // «Родитель 2: телефон».
        left.retain(|word| match word.parse() {
            Ok(named) => {
                *number = named;
                false
            }
            Err(_) => true,
        });
    }
    let filling = left.len();
    left.retain(|word| !FILLING.contains(&word.as_str()));
    let phrase = left.join(" ");
    if phrase.is_empty() {
        // «Мать» alone: the name in one cell.
        let named = person.is_some() || filling > 0;
        return named.then_some(Column::Of(person.unwrap_or(Who::Student), What::FullName));
    }
    known(&phrase).map(|what| Column::Of(person.unwrap_or(Who::Student), what))
}

/// How many columns of a line are understood.
pub(crate) fn understood<'t>(titles: impl Iterator<Item = &'t str>) -> usize {
    titles.filter(|title| column(title).is_some()).count()
}

/// The title that an export writes over a column.
pub(crate) fn title(column: Column, locale: Locale) -> String {
    let (person, names): ([&str; 4], [&str; 4]) = match column {
        Column::School => ([""; 4], ["בית ספר", "المدرسة", "Школа", "School"]),
        Column::Class => ([""; 4], ["כיתה", "الصف", "Класс", "Class"]),
        Column::Of(who, what) => (of(who), name(what)),
    };
    let at = match locale {
        Locale::He => 0,
        Locale::Ar => 1,
        Locale::Ru => 2,
        Locale::En => 3,
    };
    let in_locale = |texts: [&'static str; 4]| texts.get(at).copied().unwrap_or_default();
    let (person, name) = (in_locale(person), in_locale(names));
    match column {
        Column::Of(Who::Guardian(number), _) if number > 1 => format!("{person} {number}: {name}"),
        Column::Of(who, _) if who != Who::Student => format!("{person}: {name}"),
        _ => name.to_owned(),
    }
}

const fn of(who: Who) -> [&'static str; 4] {
    match who {
        Who::Student => [""; 4],
        Who::Mother => ["אם", "الأم", "Мать", "Mother"],
        Who::Father => ["אב", "الأب", "Отец", "Father"],
        Who::Guardian(_) => ["אפוטרופוס", "الوصي", "Опекун", "Guardian"],
    }
}

const fn name(what: What) -> [&'static str; 4] {
    match what {
        What::Field(PersonField::Surname) => ["שם משפחה", "اسم العائلة", "Фамилия", "Surname"],
        What::Field(PersonField::GivenName) => ["שם פרטי", "الاسم الشخصي", "Имя", "Given name"],
        What::Field(PersonField::Patronymic) => ["שם אמצעי", "الاسم الأبوي", "Отчество", "Patronymic"],
        What::Field(PersonField::BirthDate) => ["תאריך לידה", "تاريخ الميلاد", "Дата рождения", "Birth date"],
        What::Field(PersonField::Snils) => ["סנילס", "سنيلس", "СНИЛС", "SNILS"],
        What::Field(PersonField::Mobile) => ["טלפון נייד", "الهاتف", "Телефон", "Mobile"],
        What::Field(PersonField::Email) => ["דואר אלקטרוני", "البريد الإلكتروني", "Почта", "E-mail"],
        What::IdNumber => ["תעודת זהות", "رقم الهوية", "Теудат зеут", "ID number"],
        What::FictitiousNumber => ["מספר פיקטיבי", "رقم وهمي", "Фиктивный номер", "Fictitious number"],
        What::FullName => ["שם", "الاسم", "ФИО", "Name"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PersonField as F;
    use Who::{Father, Guardian, Mother, Student};

    #[test]
    fn titles_are_understood_however_they_are_written() {
        for (written, meant) in [
            ("Фамилия", Column::Of(Student, What::Field(F::Surname))),
            ("  ФАМИЛИЯ ученика ", Column::Of(Student, What::Field(F::Surname))),
            ("Ученик: имя", Column::Of(Student, What::Field(F::GivenName))),
            ("Д. р.", Column::Of(Student, What::Field(F::BirthDate))),
            ("Телефон матери", Column::Of(Mother, What::Field(F::Mobile))),
            ("Мать: эл. почта", Column::Of(Mother, What::Field(F::Email))),
            ("СНИЛС отца", Column::Of(Father, What::Field(F::Snils))),
            ("Отец", Column::Of(Father, What::FullName)),
            ("ФИО законного представителя", Column::Of(Guardian(1), What::FullName)),
            ("Родитель 2: телефон", Column::Of(Guardian(2), What::Field(F::Mobile))),
            ("ФИО", Column::Of(Student, What::FullName)),
            ("Ученик", Column::Of(Student, What::FullName)),
            ("Класс", Column::Class),
            ("Father's e-mail", Column::Of(Father, What::Field(F::Email))),
            ("Mother's first name", Column::Of(Mother, What::Field(F::GivenName))),
            ("Date of birth", Column::Of(Student, What::Field(F::BirthDate))),
            ("ID number", Column::Of(Student, What::IdNumber)),
            ("שם משפחה", Column::Of(Student, What::Field(F::Surname))),
            ("שם פרטי של האם", Column::Of(Mother, What::Field(F::GivenName))),
            ("טלפון האב", Column::Of(Father, What::Field(F::Mobile))),
            ("ת\"ז התלמיד", Column::Of(Student, What::IdNumber)),
            ("דוא״ל אם", Column::Of(Mother, What::Field(F::Email))),
            ("כיתה", Column::Class),
            ("בית ספר", Column::School),
            ("اسم العائلة", Column::Of(Student, What::Field(F::Surname))),
            ("هاتف الأم", Column::Of(Mother, What::Field(F::Mobile))),
            ("رقم الهوية", Column::Of(Student, What::IdNumber)),
            ("الصف", Column::Class),
        ] {
            assert_eq!(column(written), Some(meant), "{written}");
        }
        for other in ["", "№", "Примечание", "password", "Адрес", "הערות"] {
            assert_eq!(column(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_exported_is_understood_again() {
        let whats = FIELDS.iter().map(|(what, _)| *what);
        for what in whats {
            for who in Who::EXPORTED {
                for locale in Locale::ALL {
                    // A full name without a person is the plain word for a name outside of Russian.
                    if what == What::FullName {
                        continue;
                    }
                    let meant = Column::Of(who, what);
                    assert_eq!(column(&title(meant, locale)), Some(meant), "{}", title(meant, locale));
                }
            }
        }
        for locale in Locale::ALL {
            assert_eq!(column(&title(Column::Class, locale)), Some(Column::Class));
            assert_eq!(column(&title(Column::School, locale)), Some(Column::School));
        }
    }
}
