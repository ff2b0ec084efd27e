//! The demo's people: fixed, invented, with published passwords and user codes that are the same in every demo.

use domain::{
    BirthDate, Country, Email, Grant, IdKind, IdNumber, Locale, Mobile, Password, PersonIdentifier, PersonName, Role,
    UserCode,
};
use serde::{Deserialize, Serialize};
use services::people::NewPerson;
use services::portal::Portal;
use services::store::Tx;
use services::{AccountId, PersonId, Timestamp, Visit};
use uuid::Uuid;

use super::DemoError;
use super::roster::{self, CHILD_OF_TEACHER, CLASS_5A, CLASS_11A, PARENT_1, PARENT_NEW, SCHOOL_5};

/// Somebody who can be tried, as `/demo/people.json` lists them. Absent fields are left out.
#[derive(Clone, Serialize, Deserialize)]
pub struct DemoPerson {
    /// A stable name for programs.
    pub key: String,
    /// The person's name.
    pub name: String,
    /// The user code.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_code: Option<String>,
    /// The password; published.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub password: Option<String>,
    /// The kind of the ID number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id_type: Option<String>,
    /// The ID number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id_number: Option<String>,
    /// The mobile on file, E.164.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub birth_date: Option<String>,
    /// The ID number of a child.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub child_id: Option<String>,
    /// The class of a student, or of a class teacher.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub class_id: Option<String>,
    /// Who a student is at the stand-in for Gosuslugi.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub esia_oid: Option<String>,
}

impl std::fmt::Debug for DemoPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoPerson").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A person of the demo before it is added.
struct Plan {
    key: String,
    name: [String; 3],
    locale: Locale,
    user_code: Option<&'static str>,
    password: Option<String>,
    id_number: Option<String>,
    phone: String,
    country: Country,
    email: Option<String>,
    birth_date: Option<String>,
    grant: Option<Grant<Uuid>>,
    /// The roster's id of a student whose guardian the person is.
    ward: Option<&'static str>,
    /// Name and ID number of a child whose guardian the person is.
    child: Option<([String; 3], String)>,
    place: Place,
}

/// Where a person of the demo is to be found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On file, and with an account.
    Registered,
    /// On file; the account is made by registering.
    OnFile,
    /// In the roster's files, under this id there; with an account.
    RosterRegistered(&'static str),
    /// In the roster's files, under this id there; the account is made by registering.
    Roster(&'static str),
    /// Nowhere: for trying what happens then.
    Nowhere,
}

impl Place {
    /// The account is there from the beginning.
    const fn has_account(self) -> bool {
        matches!(self, Self::Registered | Self::RosterRegistered(_))
    }
}

fn staff(key: &str, name: [&str; 3], user_code: &'static str, password: &str, phone: &str, grant: Grant<Uuid>) -> Plan {
    Plan {
        key: key.to_owned(),
        name: name.map(ToOwned::to_owned),
        locale: Locale::Ru,
        user_code: Some(user_code),
        password: Some(password.to_owned()),
        id_number: None,
        phone: phone.to_owned(),
        country: Country::Ru,
        email: Some(format!("{key}@shkola5.example")),
        birth_date: None,
        grant: Some(grant),
        ward: None,
        child: None,
        place: Place::Registered,
    }
}

/// A parent in Haifa.
fn parent(key: &str, name: [&str; 2], id_number: &str, birth_date: Option<&str>, phone: &str) -> Plan {
    let [surname, given_name] = name;
    Plan {
        key: key.to_owned(),
        name: [surname, given_name, ""].map(ToOwned::to_owned),
        locale: Locale::He,
        user_code: None,
        password: None,
        id_number: Some(id_number.to_owned()),
        phone: phone.to_owned(),
        country: Country::Il,
        email: None,
        birth_date: birth_date.map(ToOwned::to_owned),
        grant: None,
        ward: None,
        child: None,
        place: Place::OnFile,
    }
}

fn child(surname: &str, given_name: &str, id_number: &str) -> ([String; 3], String) {
    ([surname, given_name, ""].map(ToOwned::to_owned), id_number.to_owned())
}

fn fixed() -> Vec<Plan> {
    let at_school = |role| Grant { role, school_id: Some(SCHOOL_5), class_id: None };
    vec![
        staff(
            "teacher-5a",
            ["Бутрович", "Вера", "Ивановна"],
            "TEACH5A",
            "correct horse battery 5A",
            "+7 900 555-01-01",
            Grant { role: Role::ClassTeacher, school_id: Some(SCHOOL_5), class_id: Some(CLASS_5A) },
        ),
        staff(
            "deputy-5",
            ["Соколова", "Анна", "Петровна"],
            "DEPUTY5",
            "correct horse battery D5",
            "+7 900 555-01-02",
            at_school(Role::DeputyHead),
        ),
        staff(
            "admin-5",
            ["Морозов", "Игорь", "Львович"],
            "ADMNXX5",
            "correct horse battery A5",
            "+7 900 555-01-03",
            at_school(Role::SchoolAdministrator),
        ),
        staff(
            "system",
            ["Ким", "Ольга", "Сергеевна"],
            "SYSTEM2",
            "correct horse battery S0",
            "+7 900 555-01-04",
            Grant { role: Role::SystemAdministrator, school_id: None, class_id: None },
        ),
        // A class teacher who is a parent, too.
        Plan {
            ward: Some(CHILD_OF_TEACHER),
            ..staff(
                "teacher-11a",
                ["Журналов", "Борис", "Классович"],
                "TEACHBB",
                "correct horse battery 11",
                "+7 900 555-01-06",
                Grant { role: Role::ClassTeacher, school_id: Some(SCHOOL_5), class_id: Some(CLASS_11A) },
            )
        },
        Plan {
            user_code: Some("PARENT2"),
            password: Some("correct horse battery P1".to_owned()),
            email: Some("dana@dugma.example".to_owned()),
            child: Some(child("לדוגמה", "נועם", "000000026")),
            place: Place::RosterRegistered(PARENT_1),
            ..parent(PARENT_1, ["לדוגמה", "דנה"], "039337423", Some("1984-03-02"), "052-5550134")
        },
        Plan {
            child: Some(child("ישראלי", "מאיה", "000000018")),
            place: Place::Roster(PARENT_NEW),
            ..parent(PARENT_NEW, ["ישראלי", "יעל"], "123456782", Some("1985-04-12"), "050-1234567")
        },
        Plan {
            place: Place::Nowhere,
            ..parent("parent-unlisted", ["ברק", "אורן"], "012345674", Some("1980-07-30"), "050-7654321")
        },
    ]
}

/// Parents beside the fixed people, each with an ID number and a password, for tests and load programs.
fn crowd(number: u32) -> Plan {
    let name = format!("הורה {}", letters(number));
    let (id_number, phone) = (valid_id_number(40_000_000 + number), format!("054{:07}", 1_000_000 + number));
    Plan {
        password: Some(format!("correct horse battery C{number}")),
        place: Place::Registered,
        ..parent(&format!("crowd-{number}"), ["כהן", &name], &id_number, None, &phone)
    }
}

/// Parents who can register, each of one child, for tests and load programs.
fn newcomer(number: u32) -> Plan {
    let name = format!("הורה {}", letters(number));
    let (id_number, phone) = (valid_id_number(50_000_000 + number), format!("053{:07}", 1_000_000 + number));
    Plan {
        child: Some(child("לוי", &format!("ילד {}", letters(number)), &valid_id_number(60_000_000 + number))),
        ..parent(&format!("newcomer-{number}"), ["לוי", &name], &id_number, Some("1986-05-17"), &phone)
    }
}

/// A number in Hebrew letters, so that crowd names hold letters only.
fn letters(mut number: u32) -> String {
    const LETTERS: [char; 10] = ['א', 'ב', 'ג', 'ד', 'ה', 'ו', 'ז', 'ח', 'ט', 'י'];
    let mut word = String::new();
    loop {
        word.extend(LETTERS.get((number % 10) as usize));
        number /= 10;
        if number == 0 {
            return word;
        }
    }
}

/// Eight digits and the check digit that fits them.
fn valid_id_number(first: u32) -> String {
    (0..10).map(|check| format!("{first:08}{check}")).find(|number| IdNumber::parse(number).is_ok()).unwrap_or_default()
}

/// The seven characters and the check character that fits them.
fn user_code(first: &str) -> Option<UserCode> {
    ('2'..='9').chain('A'..='Z').find_map(|check| UserCode::parse(&format!("{first}{check}")).ok())
}

/// Adds everybody and returns the list for `/demo/people.json`.
///
/// # Errors
/// When the portal refuses somebody: a fault of this list, or of the roster's files.
pub async fn add(portal: &Portal, crowd_size: u32) -> Result<Vec<DemoPerson>, DemoError> {
    let mut people = Vec::new();
    let mut passwords = Vec::new();
    roster::add_schools(portal).await?;
    // Staff first: the roster finds them by their names, and gives no rights itself but a class teacher's.
    let (staff, others): (Vec<Plan>, Vec<Plan>) = fixed().into_iter().partition(|plan| plan.grant.is_some());
    let mut families = Vec::new();
    for plan in staff {
        let ward = plan.ward;
        let Added { listed, person, account } = add_one(portal, plan).await?;
        families.extend(person.zip(ward));
        passwords.extend(account);
        people.push(listed);
    }
    roster::import(portal).await?;
    for (adult, child) in families {
        make_guardian(portal, adult, child).await?;
    }
    for plan in others {
        let Added { listed, account, .. } = add_one(portal, plan).await?;
        passwords.extend(account);
        people.push(listed);
    }
    people.extend(students()?);
    for plan in (1..=crowd_size).map(crowd).chain((1..=crowd_size).map(newcomer)) {
        let Added { listed, account, .. } = add_one(portal, plan).await?;
        passwords.extend(account);
        people.push(listed);
    }
    set_passwords(portal, passwords).await?;
    Ok(people)
}

/// The students for trying the sign-in through Gosuslugi; the roster has entered them.
fn students() -> Result<Vec<DemoPerson>, DemoError> {
    let mut listed = Vec::new();
    for (key, source_id, oid) in roster::STUDENTS {
        let student = roster::student(source_id).ok_or_else(|| DemoError::Refused(source_id.to_owned()))?;
        let [surname, given_name, patronymic] = &student.name;
        let name = PersonName::new(surname, given_name, Some(patronymic)).map_err(|error| refused(&error))?;
        listed.push(DemoPerson {
            key: key.to_owned(),
            name: name.display(Locale::Ru),
            user_code: None,
            password: None,
            id_type: student.snils.as_ref().map(|_| IdKind::RuSnils.code().to_owned()),
            id_number: student.snils,
            phone: student.mobile,
            birth_date: student.birth_date.map(BirthDate::to_iso),
            child_id: None,
            class_id: student.class.map(|class| class.to_string()),
            esia_oid: Some(oid.to_owned()),
        });
    }
    Ok(listed)
}

/// Passwords are hashed side by side: it is what takes the time.
async fn set_passwords(portal: &Portal, passwords: Vec<(AccountId, Option<Password>)>) -> Result<(), DemoError> {
    let mut waiting = tokio::task::JoinSet::new();
    for (account, password) in passwords {
        let Some(password) = password else { continue };
        let portal = portal.clone();
        waiting.spawn(async move { portal.passwords().set(&visit(), account, &password, None).await });
        if waiting.len() >= 16 {
            settle(&mut waiting).await?;
        }
    }
    while !waiting.is_empty() {
        settle(&mut waiting).await?;
    }
    Ok(())
}

async fn settle(
    waiting: &mut tokio::task::JoinSet<Result<(), services::passwords::ChoiceError>>,
) -> Result<(), DemoError> {
    match waiting.join_next().await {
        None | Some(Ok(Ok(()))) => Ok(()),
        Some(Ok(Err(error))) => Err(refused(&error)),
        Some(Err(error)) => Err(refused(&error)),
    }
}

/// What became of a plan.
struct Added {
    listed: DemoPerson,
    person: Option<PersonId>,
    account: Option<(AccountId, Option<Password>)>,
}

async fn add_one(portal: &Portal, plan: Plan) -> Result<Added, DemoError> {
    let [surname, given_name, patronymic] = &plan.name;
    let patronymic = (!patronymic.is_empty()).then_some(patronymic.as_str());
    let name = PersonName::new(surname, given_name, patronymic).map_err(|error| refused(&error))?;
    let mobile = Mobile::parse(&plan.phone, plan.country).map_err(|error| refused(&error))?;
    let birth_date = plan.birth_date.as_deref().map(BirthDate::parse).transpose().map_err(|error| refused(&error))?;
    let number = plan.id_number.as_deref().map(IdNumber::parse).transpose().map_err(|error| refused(&error))?;
    let shown_name = name.display(plan.locale);
    let new = NewPerson {
        locale: Some(plan.locale),
        birth_date,
        identifier: number.clone().map(PersonIdentifier::IlId),
        mobile: Some(mobile.clone()),
        email: plan.email.as_deref().map(Email::parse).transpose().map_err(|error| refused(&error))?,
        grants: plan.grant.into_iter().collect(),
        ..NewPerson::named(name)
    };
    let code = match plan.user_code {
        Some(first) => Some(user_code(first).ok_or_else(|| DemoError::Refused(plan.key.clone()))?),
        None => None,
    };
    let now = portal.now();
    let mut tx = portal.db().begin().await.map_err(|error| refused(&error))?;
    let person = match plan.place {
        Place::Nowhere => None,
        Place::Registered | Place::OnFile => Some(add_person(portal, &mut tx, &new, plan.child.as_ref(), now).await?),
        Place::RosterRegistered(id) | Place::Roster(id) => {
            Some(roster::person(id).ok_or_else(|| DemoError::Refused(id.to_owned()))?)
        }
    };
    let mut account = None;
    if let Some(person) = person.filter(|_| plan.place.has_account()) {
        let created = portal.accounts().create(&mut tx, &visit(), person, code, now).await;
        account = Some(created.map_err(|error| refused(&error))?);
    }
    tx.commit().await.map_err(|error| refused(&error))?;
    let password = plan.password.as_deref().map(Password::new).transpose().map_err(|error| refused(&error))?;
    let listed = DemoPerson {
        key: plan.key,
        name: shown_name,
        user_code: account.as_ref().map(|account| account.user_code.to_string()),
        password: plan.password,
        id_type: number.as_ref().map(|_| IdKind::IlId.code().to_owned()),
        id_number: number.map(|number| number.as_str().to_owned()),
        phone: Some(mobile.e164().to_owned()),
        birth_date: birth_date.map(BirthDate::to_iso),
        child_id: plan.child.map(|(_, number)| number),
        class_id: plan.grant.and_then(|grant| grant.class_id).map(|class| class.to_string()),
        esia_oid: None,
    };
    Ok(Added { listed, person, account: account.map(|account| (account.id, password)) })
}

/// Enters a person, and the child whose guardian the person is.
async fn add_person(
    portal: &Portal,
    tx: &mut Tx,
    new: &NewPerson,
    child: Option<&([String; 3], String)>,
    now: Timestamp,
) -> Result<PersonId, DemoError> {
    let person = portal.people().create(tx, new, now).await.map_err(|error| refused(&error))?;
    if let Some(child) = child {
        let child = portal.people().create(tx, &pupil(child)?, now).await.map_err(|error| refused(&error))?;
        let added = portal.people().add_guardian(tx, child, person, "guardian", now).await;
        added.map_err(|error| refused(&error))?;
    }
    Ok(person)
}

/// Makes somebody the guardian of a student of the roster.
async fn make_guardian(portal: &Portal, adult: PersonId, child: &str) -> Result<(), DemoError> {
    let child = roster::person(child).ok_or_else(|| DemoError::Refused(child.to_owned()))?;
    let mut tx = portal.db().begin().await.map_err(|error| refused(&error))?;
    let added = portal.people().add_guardian(&mut tx, child, adult, "guardian", portal.now()).await;
    added.map_err(|error| refused(&error))?;
    tx.commit().await.map_err(|error| refused(&error))
}

fn pupil((name, number): &([String; 3], String)) -> Result<NewPerson, DemoError> {
    let [surname, given_name, _] = name;
    let number = IdNumber::parse(number).map_err(|error| refused(&error))?;
    let name = PersonName::new(surname, given_name, None).map_err(|error| refused(&error))?;
    Ok(NewPerson { identifier: Some(PersonIdentifier::IlId(number)), ..NewPerson::named(name) })
}

/// The demo's making, as the audit log names it.
pub(super) fn visit() -> Visit {
    Visit { address: None, user_agent: None, request_id: "demo".to_owned(), locale: Locale::En, device: None }
}

pub(super) fn refused(error: &dyn std::error::Error) -> DemoError {
    DemoError::Refused(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fixed_person_is_valid_and_has_the_same_code_every_time() {
        let codes: Vec<String> =
            fixed().iter().filter_map(|plan| user_code(plan.user_code?)).map(|code| code.to_string()).collect();
        assert_eq!(codes.len(), 6);
        for (plan, code) in fixed().iter().filter(|plan| plan.user_code.is_some()).zip(&codes) {
            assert!(plan.user_code.is_some_and(|first| code.replace('-', "").starts_with(first)), "{}", plan.key);
        }
    }

    #[test]
    fn the_crowd_has_valid_numbers() {
        let numbers = [1, 9, 10, 400, 4000];
        for plan in numbers.into_iter().map(crowd).chain(numbers.into_iter().map(newcomer)) {
            assert!(plan.id_number.is_some_and(|number| IdNumber::parse(&number).is_ok()));
            assert!(Mobile::parse(&plan.phone, Country::Il).is_ok());
            assert!(PersonName::new(&plan.name[0], &plan.name[1], None).is_ok(), "{:?}", plan.name);
        }
    }
}
