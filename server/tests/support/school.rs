//! Two schools with their staff and a few families, on a test's portal.

use axum::body::Body;
use axum::http::{Method, Request, Response, header};
use domain::{
    BirthDate, ClassTitle, Country, Email, Grant, Locale, Mobile, Password, PersonName, Role, SchoolYear, UserCode,
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use services::audit::{AuditEvent, AuditFilter, AuditRecord};
use services::people::NewPerson;
use services::roster::{NewClass, NewSchool};
use services::{ClassId, GroupId, PersonId, SchoolId, Tx, Visit};
use tower::ServiceExt as _;

use super::{Answer, PASSWORD, START, TestPortal, portal};

pub const MINUTE: i64 = 60_000;
/// Of the mother of Anna, who has an account.
pub const MOTHERS_MOBILE: &str = "+79005550101";

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Leads 5А.
    Teacher,
    /// Deputy head of the school.
    Deputy,
    /// Administrator of the school.
    Administrator,
    /// System administrator.
    System,
    /// Administrator of the other school.
    Stranger,
    /// A parent, with no child in either.
    Parent,
}

impl Who {
    pub const STAFF: [Self; 5] = [Self::Teacher, Self::Deputy, Self::Administrator, Self::System, Self::Stranger];
    pub const ALL: [Self; 6] =
        [Self::Teacher, Self::Deputy, Self::Administrator, Self::System, Self::Stranger, Self::Parent];

    fn name(self) -> PersonName {
        let (surname, given, patronymic) = match self {
            Self::Teacher => ("Бутрович", "Вера", "Ивановна"),
            Self::Deputy => ("Соколова", "Анна", "Петровна"),
            Self::Administrator => ("Орлов", "Иван", "Ильич"),
            Self::System => ("Ким", "Лев", "Львович"),
            Self::Stranger => ("Зорина", "Мария", "Олеговна"),
            Self::Parent => ("Лишний", "Пётр", "Петрович"),
        };
        PersonName::new(surname, given, Some(patronymic)).unwrap()
    }

    fn mobile(self) -> &'static str {
        match self {
            Self::Teacher => "+79001110001",
            Self::Deputy => "+79001110002",
            Self::Administrator => "+79001110003",
            Self::System => "+79001110004",
            Self::Stranger => "+79001110005",
            Self::Parent => "+79001110006",
        }
    }
}

/// A school, another one beside it, and the test's hands on both.
pub struct School {
    pub portal: TestPortal,
    pub here: SchoolId,
    pub there: SchoolId,
    /// 5А.
    pub class: ClassId,
    /// 5Б.
    pub second: ClassId,
    /// A class of the other school.
    pub elsewhere: ClassId,
    /// A student of 5А.
    pub anna: PersonId,
    /// Her mother, who has an account.
    pub mother: PersonId,
    /// Another student of 5А, without parents.
    pub boris: PersonId,
    /// A student of 5Б.
    pub vera: PersonId,
    staff: Vec<(Who, PersonId, UserCode)>,
}

fn visit() -> Visit {
    Visit { address: None, user_agent: None, request_id: "test".to_owned(), locale: Locale::Ru, device: None }
}

fn named(surname: &str, given: &str) -> NewPerson {
    NewPerson::named(PersonName::new(surname, given, None).unwrap())
}

impl School {
    pub async fn new() -> Self {
        Self::at(portal().await).await
    }

    pub async fn at(portal: TestPortal) -> Self {
        let (roster, people) = (portal.portal.roster(), portal.portal.people());
        let mut tx = portal.portal.db().begin().await.unwrap();
        let mut schools = Vec::new();
        for (name, country) in [("Школа № 5", Country::Ru), ("Ницаним", Country::Il)] {
            let new = NewSchool { id: None, name, country, locale: Locale::Ru, source_id: None };
            schools.push(roster.create_school(&mut tx, &new, START).await.unwrap());
        }
        let (here, there) = (schools[0], schools[1]);
        let mut classes = Vec::new();
        for (school, title) in [(here, "5А"), (here, "5Б"), (there, "5А")] {
            let title = ClassTitle::parse(title).unwrap();
            let new = NewClass { id: None, school, title: &title, year: SchoolYear::starting(2025), source_id: None };
            classes.push(roster.create_class(&mut tx, &new, START).await.unwrap());
        }
        let (class, second, elsewhere) = (classes[0], classes[1], classes[2]);
        let born = |new: NewPerson| NewPerson { birth_date: Some(BirthDate::new(2014, 6, 3).unwrap()), ..new };
        let anna = people.create(&mut tx, &born(named("Ежова", "Анна")), START).await.unwrap();
        let boris = people.create(&mut tx, &born(named("Ёлкин", "Борис")), START).await.unwrap();
        let vera = people.create(&mut tx, &born(named("Жукова", "Вера")), START).await.unwrap();
        for (class, student) in [(class, anna), (class, boris), (second, vera)] {
            assert!(roster.enrol(&mut tx, class, student, START).await.unwrap());
        }
        let mother = NewPerson {
            mobile: Some(Mobile::from_e164(MOTHERS_MOBILE).unwrap()),
            email: Some(Email::parse("olga@example.org").unwrap()),
            locale: Some(Locale::Ru),
            ..named("Ежова", "Ольга")
        };
        let mother = people.create(&mut tx, &mother, START).await.unwrap();
        people.add_guardian(&mut tx, anna, mother, "mother", START).await.unwrap();
        portal.portal.accounts().create(&mut tx, &visit(), mother, None, START).await.unwrap();
        tx.commit().await.unwrap();
        let staff = Vec::new();
        let mut school = Self { portal, here, there, class, second, elsewhere, anna, mother, boris, vera, staff };
        for who in Who::ALL {
            school.employ(who).await;
        }
        school
    }

    async fn employ(&mut self, who: Who) {
        let grant = |role, school: Option<SchoolId>, class: Option<ClassId>| {
            vec![Grant { role, school_id: school.map(|id| id.0), class_id: class.map(|id| id.0) }]
        };
        let grants = match who {
            Who::Teacher => grant(Role::ClassTeacher, Some(self.here), Some(self.class)),
            Who::Deputy => grant(Role::DeputyHead, Some(self.here), None),
            Who::Administrator => grant(Role::SchoolAdministrator, Some(self.here), None),
            Who::System => grant(Role::SystemAdministrator, None, None),
            Who::Stranger => grant(Role::SchoolAdministrator, Some(self.there), None),
            Who::Parent => Vec::new(),
        };
        let new = NewPerson {
            mobile: Some(Mobile::from_e164(who.mobile()).unwrap()),
            locale: Some(Locale::Ru),
            grants,
            ..NewPerson::named(who.name())
        };
        let portal = &self.portal.portal;
        let mut tx: Tx = portal.db().begin().await.unwrap();
        let person = portal.people().create(&mut tx, &new, START).await.unwrap();
        let account = portal.accounts().create(&mut tx, &visit(), person, None, START).await.unwrap();
        tx.commit().await.unwrap();
        portal.passwords().set(&visit(), account.id, &Password::new(PASSWORD).unwrap(), None).await.unwrap();
        self.staff.push((who, person, account.user_code));
    }

    pub fn person(&self, who: Who) -> PersonId {
        self.staff.iter().find(|(of, ..)| *of == who).unwrap().1
    }

    /// Signs in, with both factors where they are asked for; the cookies.
    pub async fn sign_in(&self, who: Who) -> String {
        let (_, _, user_code) = self.staff.iter().find(|(of, ..)| *of == who).unwrap();
        let body = json!({ "user_code": user_code.as_str(), "password": PASSWORD });
        let answer = self.portal.post_json("/api/v1/sign-in/password", body).await;
        let document = answer.json();
        if document["status"] == "signed_in" {
            return answer.cookies();
        }
        let code = self.code_to(who.mobile()).await;
        let body = json!({ "flow": document["code"]["flow"], "code": code });
        let opened = self.portal.post_json("/api/v1/sign-in/code/verify", body).await;
        assert_eq!(opened.status, 200, "{who:?}: {}", opened.text);
        opened.cookies()
    }

    /// The code that was sent to this number since the last look.
    async fn code_to(&self, mobile: &str) -> String {
        let leased = self.portal.portal.outbox().lease("test", 100, 600 * MINUTE).await.unwrap();
        let newest = leased.iter().rfind(|message| message.recipient == mobile && message.payload["code"].is_string());
        newest.expect("a code was sent").payload["code"].as_str().unwrap().to_owned()
    }

    /// A group of 5А without members.
    pub async fn group(&self) -> GroupId {
        let cookies = self.sign_in(Who::Administrator).await;
        let token = cookies.split("; ").find_map(|pair| pair.strip_prefix("__Host-session=")).unwrap();
        let token = services::Token::parse(token).unwrap();
        let portal = &self.portal.portal;
        let session = portal.sessions().find(&token).await.unwrap().unwrap();
        portal.groups().create(&visit(), &session, &[self.class], "Английский 5А-1").await.unwrap()
    }

    pub async fn get(&self, path: &str, cookies: &str) -> Answer {
        self.portal.get_with(path, cookies).await
    }

    /// A request with a JSON body, if any, and these headers.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        cookies: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        self.portal.send(request(method, path, cookies, headers, body)).await
    }

    /// A request whose answer has no end.
    pub async fn open(&self, path: &str, cookies: &str) -> Response<Body> {
        let request = request(Method::GET, path, cookies, &[], None);
        self.portal.router.clone().oneshot(request).await.unwrap()
    }

    /// What was written down of this kind, the newest first.
    pub async fn written(&self, event: AuditEvent) -> Vec<AuditRecord> {
        let filter = AuditFilter { event: Some(event), limit: 200, ..AuditFilter::default() };
        self.portal.portal.audit().list(&filter).await.unwrap()
    }
}

fn request(method: Method, path: &str, cookies: &str, headers: &[(&str, &str)], body: Option<Value>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !cookies.is_empty() {
        request = request.header(header::COOKIE, cookies);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = match body {
        Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    };
    request.unwrap()
}

/// The events of a stream, as they come.
pub struct Events {
    body: Body,
    text: String,
}

impl Events {
    pub fn of(response: Response<Body>) -> Self {
        assert_eq!(response.status(), 200);
        Self { body: response.into_body(), text: String::new() }
    }

    /// The next event and its data; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| {
                    let mut lines = block.lines().filter_map(|line| line.split_once(':'));
                    lines.find(|(field, _)| *field == name).map(|(_, value)| value.trim().to_owned())
                };
                let Some(event) = field("event") else { continue };
                return Some((event, serde_json::from_str(&field("data").unwrap()).unwrap()));
            }
            let frame = tokio::time::timeout(std::time::Duration::from_secs(10), self.body.frame());
            let frame = frame.await.expect("something in time")?.unwrap();
            self.text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
    }
}
