//! A Gosuslugi that says what it is told to, and a school whose students sign in through it.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use domain::gosuslugi::{GosuslugiContact, GosuslugiPerson};
use domain::{BirthDate, Email, PersonName, Readiness};
use services::esia::{Ask, Begun, BoxFuture, Callback, Esia, EsiaError, Kept};
use services::gosuslugi::{CallbackParams, GosuslugiError};
use services::people::NewPerson;
use services::{ClassId, PersonId, Rng, SchoolId, Session, Settings, SignedIn};
use tokio::sync::RwLock;

use crate::common::TestContext;
use crate::portal::{World, leads, mobile, settings};

pub const ORIGIN: &str = "https://portal.example";
pub const BORIS_EMAIL: &str = "boris@example.org";
pub const BORIS_MOBILE: &str = "+79001112233";

/// Knows what each code is worth.
#[derive(Default)]
pub struct FakeEsia {
    answers: Mutex<HashMap<String, Result<GosuslugiPerson, EsiaError>>>,
    kept: Mutex<Vec<Kept>>,
    asked: AtomicUsize,
    issuer: &'static str,
    /// While this is held, nobody gets an answer.
    pub slow: RwLock<()>,
}

impl FakeEsia {
    /// One of this issuer.
    pub fn of(issuer: &'static str) -> Self {
        Self { issuer, ..Self::default() }
    }

    pub fn say(&self, code: &str, answer: Result<GosuslugiPerson, EsiaError>) {
        self.answers.lock().expect("answers").insert(code.to_owned(), answer);
    }

    /// How often it was asked what a code is worth.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for FakeEsia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeEsia")
    }
}

impl Esia for FakeEsia {
    fn issuer(&self) -> &str {
        self.issuer
    }

    fn begin<'a>(&'a self, ask: &'a Ask<'a>) -> BoxFuture<'a, Result<Begun, EsiaError>> {
        Box::pin(async move {
            let kept = serde_json::json!({ "scope": "openid", "callback": ask.callback });
            let kept: Kept = serde_json::from_value(kept).expect("what is kept");
            self.kept.lock().expect("kept").push(kept.clone());
            Ok(Begun { url: format!("https://esia.example/?redirect_uri={}&state={}", ask.callback, ask.state), kept })
        })
    }

    fn finish<'a>(
        &'a self,
        kept: &'a Kept,
        callback: &'a Callback,
        _rng: &'a dyn Rng,
    ) -> BoxFuture<'a, Result<GosuslugiPerson, EsiaError>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            drop(self.slow.read().await);
            assert!(self.kept.lock().expect("kept").contains(kept), "what was kept comes back as it was");
            let answer = self.answers.lock().expect("answers").get(&callback.code).cloned();
            answer.unwrap_or(Err(EsiaError::Refused { code: None }))
        })
    }

    fn sign_out_url(&self, back_to: &str) -> Option<String> {
        Some(format!("https://esia.example/logout?redirect_url={back_to}"))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), EsiaError>> {
        Box::pin(async { Ok(()) })
    }
}

/// A browser that was sent out.
#[derive(Clone)]
pub struct Sent {
    pub state: String,
    pub browser: String,
}

impl Sent {
    /// What it brings back with this code.
    pub fn with(&self, code: &str) -> CallbackParams {
        CallbackParams { code: Some(code.to_owned()), state: Some(self.state.clone()), ..CallbackParams::default() }
    }
}

/// A school with two classes, the teacher of the first, and two of its students, none of whom has an account.
#[derive(Clone)]
pub struct Gate {
    pub world: World,
    pub esia: Arc<FakeEsia>,
    pub school: SchoolId,
    pub class: ClassId,
    pub other: ClassId,
    pub teacher: Session,
    /// Has a mobile and an e-mail of his own.
    pub boris: PersonId,
    /// Has a name and a birth date.
    pub anna: PersonId,
}

impl Gate {
    pub async fn new(ctx: TestContext) -> Self {
        Self::with(ctx, settings()).await
    }

    pub async fn with(ctx: TestContext, settings: Settings) -> Self {
        let world = World::with(ctx, settings);
        let esia = Arc::new(FakeEsia::default());
        let portal = world.portal.clone().with_esia(esia.clone(), &format!("{ORIGIN}/"));
        let world = World { portal, ..world };
        let school = world.school("Школа № 5").await;
        let (class, other) = (world.class(school, "5А").await, world.class(school, "5Б").await);
        let teacher = world.staff("Бутрович", &[leads(school, class)]).await;
        let boris = NewPerson {
            mobile: Some(mobile(BORIS_MOBILE)),
            email: Some(Email::parse(BORIS_EMAIL).expect("an address")),
            ..student("Ёлкин", "Борис", 3)
        };
        let boris = world.student(class, &boris).await;
        let anna = world.student(class, &student("Ежова", "Анна", 4)).await;
        Self { world, esia, school, class, other, teacher, boris, anna }
    }

    /// Sends a browser out.
    pub async fn send(&self) -> Sent {
        let begun = self.world.portal.gosuslugi().begin(&self.world.home()).await.expect("begins");
        let state = begun.url.rsplit('=').next().expect("a state").to_owned();
        Sent { state, browser: begun.browser.to_base64url() }
    }

    pub async fn finish(&self, answer: &CallbackParams, browser: Option<&str>) -> Result<SignedIn, GosuslugiError> {
        self.world.portal.gosuslugi().finish(&self.world.home(), answer, browser).await
    }

    /// Signs in with what Gosuslugi says of somebody.
    pub async fn enter(&self, person: GosuslugiPerson) -> Result<SignedIn, GosuslugiError> {
        let sent = self.send().await;
        let code = format!("code-{}", sent.state);
        self.esia.say(&code, Ok(person));
        self.finish(&sent.with(&code), Some(&sent.browser)).await
    }

    /// The code of the refusal.
    pub async fn refused(&self, person: GosuslugiPerson) -> &'static str {
        match self.enter(person).await {
            Err(GosuslugiError::NotRecognised { reason, .. }) => reason.code(),
            Err(error) => error.code(),
            Ok(_) => "signed_in",
        }
    }

    pub async fn readiness(&self, student: PersonId) -> Readiness {
        let (editor, visit) = (self.world.portal.class_editor(), self.world.home());
        let class = editor.readiness(&visit, &self.teacher, self.class).await.expect("a class");
        let counted = editor.open(&visit, &self.teacher, self.class).await.expect("a class");
        assert_eq!(counted.ready, class.ready);
        let found = class.students.into_iter().find(|one| one.student_id == student.to_string());
        found.expect("a student of the class").readiness
    }

    /// The session as the next request finds it.
    pub async fn found(&self, signed_in: &SignedIn) -> Option<Session> {
        self.world.portal.sessions().find(&signed_in.token).await.expect("looks")
    }

    /// The student has left the class.
    pub async fn leaves(&self, student: PersonId) {
        let mut tx = self.world.portal.db().begin().await.expect("begins");
        let now = self.world.now();
        assert!(self.world.portal.roster().leave(&mut tx, self.class, student, now).await.expect("leaves"));
        tx.commit().await.expect("commits");
    }
}

/// A student born on this day of June 2015.
pub fn student(surname: &str, given_name: &str, day: u8) -> NewPerson {
    let name = PersonName::new(surname, given_name, None).expect("a name");
    NewPerson { birth_date: Some(born(day)), ..NewPerson::named(name) }
}

pub fn born(day: u8) -> BirthDate {
    BirthDate::new(2015, 6, day).expect("a day")
}

/// A confirmed account of which nothing else is known.
pub fn account(subject: &str) -> GosuslugiPerson {
    GosuslugiPerson {
        subject: subject.to_owned(),
        snils: None,
        surname: None,
        given_name: None,
        patronymic: None,
        birth_date: None,
        confirmed: true,
        child_account: false,
        contacts: Vec::new(),
    }
}

/// An account with an e-mail address, or a mobile number.
pub fn account_with(subject: &str, contact: &str, verified: bool) -> GosuslugiPerson {
    let contact = if contact.contains('@') {
        GosuslugiContact::email(contact, verified)
    } else {
        GosuslugiContact::mobile(contact, verified)
    };
    GosuslugiPerson { contacts: vec![contact.expect("a contact")], ..account(subject) }
}
