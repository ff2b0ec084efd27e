//! A portal with a few people in it, on the harness's database.

use std::future::Future;
use std::time::Duration;

use domain::{
    ClassTitle, Country, Email, Grant, IdKind, Locale, Mobile, Otp, Password, PersonIdentifier, PersonName, Role,
    SchoolYear, Snils, UserCode,
};
use services::accounts::CreatedAccount;
use services::codes::FlowStarted;
use services::hasher::{HashSettings, PasswordHasher};
use services::outbox::LeasedMessage;
use services::passwords::PasswordOutcome;
use services::people::NewPerson;
use services::roster::{NewClass, NewSchool};
use services::{
    AccountId, ClassId, PersonId, Portal, PortalParts, SchoolId, Session, Settings, SignInError, SignedIn, Token, Visit,
};
use uuid::Uuid;

use crate::common::TestContext;

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;

pub const HOME: [u8; 4] = [198, 51, 100, 7];
pub const ELSEWHERE: [u8; 4] = [203, 0, 113, 9];

pub const PARENT_ID: &str = "039337423";
pub const UNKNOWN_ID: &str = "012345674";
pub const PARENT_MOBILE: &str = "+972501234567";
pub const GOOD_PASSWORD: &str = "seventeen violet umbrellas";

/// A portal and the test's hands on it.
#[derive(Clone)]
pub struct World {
    pub ctx: TestContext,
    pub portal: Portal,
}

impl World {
    pub fn new(ctx: TestContext) -> Self {
        Self::with(ctx, settings())
    }

    pub fn with(ctx: TestContext, settings: Settings) -> Self {
        let hasher = PasswordHasher::new(cheap_hashes()).expect("hashes");
        Self::made_of(ctx, settings, hasher)
    }

    pub fn made_of(ctx: TestContext, settings: Settings, hasher: PasswordHasher) -> Self {
        settings.check().expect("figures within their bounds");
        let portal = Portal::new(PortalParts {
            db: ctx.db.clone(),
            keys: ctx.sealer.clone(),
            clock: ctx.clock.clone(),
            rng: ctx.rng.clone(),
            hasher,
            settings,
        });
        Self { ctx, portal }
    }

    pub fn now(&self) -> i64 {
        self.portal.now()
    }

    pub fn home(&self) -> Visit {
        self.ctx.visit(HOME)
    }

    pub fn elsewhere(&self) -> Visit {
        self.ctx.visit(ELSEWHERE)
    }

    /// Adds a person with an account.
    pub async fn add(&self, new: &NewPerson) -> CreatedAccount {
        let now = self.now();
        let mut tx = self.portal.db().begin().await.expect("begins");
        let person = self.portal.people().create(&mut tx, new, now).await.expect("a person");
        let account =
            self.portal.accounts().create(&mut tx, &self.home(), person, None, now).await.expect("an account");
        tx.commit().await.expect("commits");
        account
    }

    /// A parent who can register, and the child.
    pub async fn family(&self, parent: &NewPerson, child: &NewPerson) {
        let now = self.now();
        let mut tx = self.portal.db().begin().await.expect("begins");
        let people = self.portal.people();
        let parent = people.create(&mut tx, parent, now).await.expect("a parent");
        let child = people.create(&mut tx, child, now).await.expect("a child");
        people.add_guardian(&mut tx, child, parent, "mother", now).await.expect("a guardian");
        tx.commit().await.expect("commits");
    }

    /// Adds a person without an account.
    pub async fn add_person(&self, new: &NewPerson) {
        let now = self.now();
        let mut tx = self.portal.db().begin().await.expect("begins");
        self.portal.people().create(&mut tx, new, now).await.expect("a person");
        tx.commit().await.expect("commits");
    }

    /// The parent of most tests, without a password.
    pub async fn parent(&self) -> CreatedAccount {
        self.add(&parent()).await
    }

    /// A parent and a good password.
    pub async fn parent_with_password(&self) -> CreatedAccount {
        let account = self.parent().await;
        self.set_password(account.id, GOOD_PASSWORD).await;
        account
    }

    pub async fn set_password(&self, account: AccountId, text: &str) {
        let visit = self.home();
        self.portal.passwords().set(&visit, account, &password(text), None).await.expect("a password");
    }

    /// Asks for a code.
    pub async fn begin(&self, visit: &Visit, id: &str) -> Result<FlowStarted, SignInError> {
        self.portal.codes().begin(visit, &il_id(id), None).await
    }

    pub async fn verify(&self, token: &Token, code: &Otp) -> Result<SignedIn, SignInError> {
        self.portal.codes().verify(&self.home(), token, code).await
    }

    /// What arrived since the last time, the oldest first.
    pub async fn inbox(&self) -> Vec<LeasedMessage> {
        let outbox = self.portal.outbox();
        let mut messages = outbox.lease("test", 100, MINUTE).await.expect("leases");
        messages.sort_by_key(|message| message.id);
        for message in &messages {
            assert!(outbox.sent(message, "test").await.expect("sent"));
        }
        messages
    }

    /// The code of the one message that arrived since the last time.
    pub async fn code(&self) -> Otp {
        let messages = self.inbox().await;
        assert_eq!(messages.len(), 1, "one message");
        code_of(&messages[0])
    }

    /// Signs in by code.
    pub async fn sign_in(&self, visit: &Visit, id: &str) -> SignedIn {
        let started = self.begin(visit, id).await.expect("begins");
        let code = self.code().await;
        self.portal.codes().verify(visit, &started.token, &code).await.expect("signs in")
    }

    /// A school in Russia.
    pub async fn school(&self, name: &str) -> SchoolId {
        let mut tx = self.portal.db().begin().await.expect("begins");
        let new = NewSchool { id: None, name, country: Country::Ru, locale: Locale::Ru, source_id: None };
        let school = self.portal.roster().create_school(&mut tx, &new, self.now()).await.expect("a school");
        tx.commit().await.expect("commits");
        school
    }

    /// A class of this school year.
    pub async fn class(&self, school: SchoolId, title: &str) -> ClassId {
        let title = ClassTitle::parse(title).expect("a title");
        let year = SchoolYear::starting(2025);
        let mut tx = self.portal.db().begin().await.expect("begins");
        let new = NewClass { id: None, school, title: &title, year, source_id: None };
        let class = self.portal.roster().create_class(&mut tx, &new, self.now()).await.expect("a class");
        tx.commit().await.expect("commits");
        class
    }

    /// Somebody without an account.
    pub async fn person(&self, new: &NewPerson) -> PersonId {
        let mut tx = self.portal.db().begin().await.expect("begins");
        let person = self.portal.people().create(&mut tx, new, self.now()).await.expect("a person");
        tx.commit().await.expect("commits");
        person
    }

    /// A student of a class.
    pub async fn student(&self, class: ClassId, new: &NewPerson) -> PersonId {
        let student = self.person(new).await;
        let mut tx = self.portal.db().begin().await.expect("begins");
        assert!(self.portal.roster().enrol(&mut tx, class, student, self.now()).await.expect("enrols"));
        tx.commit().await.expect("commits");
        student
    }

    /// An adult becomes a child's `mother`, `father` or `guardian`.
    pub async fn relate(&self, child: PersonId, adult: PersonId, relation: &str) {
        let mut tx = self.portal.db().begin().await.expect("begins");
        self.portal.people().add_guardian(&mut tx, child, adult, relation, self.now()).await.expect("a guardian");
        tx.commit().await.expect("commits");
    }

    /// A parent of a child, without an account.
    pub async fn parent_of(&self, child: PersonId, relation: &str, new: &NewPerson) -> PersonId {
        let parent = self.person(new).await;
        self.relate(child, parent, relation).await;
        parent
    }

    /// Gives a person an account.
    pub async fn account_of(&self, person: PersonId) -> CreatedAccount {
        let mut tx = self.portal.db().begin().await.expect("begins");
        let account = self.portal.accounts().create(&mut tx, &self.home(), person, None, self.now()).await;
        tx.commit().await.expect("commits");
        account.expect("an account")
    }

    /// A new member of staff, signed in with both factors.
    pub async fn staff(&self, surname: &str, grants: &[Grant<Uuid>]) -> Session {
        // Numbers that no other person of a test has.
        let number = format!("+7900555{:04}", self.count("people").await);
        let new = NewPerson {
            mobile: Some(mobile(&number)),
            locale: Some(Locale::Ru),
            grants: grants.to_vec(),
            ..NewPerson::named(PersonName::new(surname, "Анна", Some("Петровна")).expect("a name"))
        };
        let account = self.add(&new).await;
        self.sign_in_staff(&account, &number).await
    }

    /// Signs a member of staff in with both factors.
    pub async fn sign_in_staff(&self, account: &CreatedAccount, number: &str) -> Session {
        self.set_password(account.id, GOOD_PASSWORD).await;
        let passwords = self.portal.passwords();
        let outcome = passwords.sign_in(&self.home(), account.user_code.as_str(), &password(GOOD_PASSWORD), None).await;
        let Ok(PasswordOutcome::SecondFactor(started)) = outcome else { panic!("two factors") };
        let inbox = self.inbox().await;
        let message = inbox.iter().rfind(|message| message.recipient == number && message.event.ends_with("_code"));
        let code = code_of(message.expect("a code"));
        self.verify(&started.token, &code).await.expect("signs in").session
    }

    /// What a deed comes to when the person it is done to gets a role after it has looked at them, and before it gets hold of them.
    pub async fn while_becoming_staff<F>(&self, person: PersonId, grant: Grant<Uuid>, deed: F) -> F::Output
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let mut tx = self.portal.db().begin().await.expect("begins");
        let hold = "UPDATE people SET version = version WHERE id = $1";
        services::on_tx!(&mut tx, |c| sqlx::query(hold).bind(person.0).execute(c).await.map(drop)).expect("held");
        let deed = tokio::spawn(deed);
        // Until it has come as far as the person's row, which is held here.
        while !deed.is_finished() && !self.somebody_waits().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let sql = "INSERT INTO roles (id, person_id, role, school_id, class_id) VALUES ($1, $2, $3, $4, $5)";
        services::on_tx!(&mut tx, |c| sqlx::query(sql)
            .bind(Uuid::from_u128(person.0.as_u128() ^ 2))
            .bind(person.0)
            .bind(grant.role.code())
            .bind(grant.school_id)
            .bind(grant.class_id)
            .execute(c)
            .await
            .map(drop))
        .expect("a role");
        tx.commit().await.expect("commits");
        deed.await.expect("ends")
    }

    /// Whether a transaction waits for another.
    async fn somebody_waits(&self) -> bool {
        if let Some(waiting) = self.ctx.db.writers_waiting() {
            return waiting > 0;
        }
        let sql =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        self.ctx.number(sql).await > 0
    }

    /// Rows of the audit log with this event and outcome.
    pub async fn audited(&self, event: &str, outcome: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM audit_log WHERE event = '{event}' AND outcome = '{outcome}'");
        self.ctx.number(&sql).await
    }

    pub async fn count(&self, table: &str) -> i64 {
        self.ctx.number(&format!("SELECT COUNT(*) FROM {table}")).await
    }
}

/// Defaults, with every kind of identifier switched on.
pub fn settings() -> Settings {
    Settings { id_kinds: IdKind::ALL.to_vec(), ..Settings::default() }
}

/// Parameters that cost nothing, for tests of everything but the cost.
pub fn cheap_hashes() -> HashSettings {
    HashSettings { m_kib: 64, t: 1, p: 1, threads: 2, queue: 256, pepper: None }
}

pub fn il_id(text: &str) -> PersonIdentifier {
    PersonIdentifier::parse(IdKind::IlId, text).expect("an ID number")
}

pub fn snils(text: &str) -> Snils {
    Snils::parse(text).expect("a SNILS")
}

pub fn password(text: &str) -> Password {
    Password::new(text).expect("a password")
}

pub fn name(surname: &str, given: &str) -> PersonName {
    PersonName::new(surname, given, None).expect("a name")
}

pub fn mobile(e164: &str) -> Mobile {
    Mobile::from_e164(e164).expect("a mobile")
}

pub fn parent() -> NewPerson {
    NewPerson {
        identifier: Some(il_id(PARENT_ID)),
        mobile: Some(mobile(PARENT_MOBILE)),
        email: Some(Email::parse("Dana.Levi@example.org").expect("an address")),
        locale: Some(Locale::He),
        ..NewPerson::named(name("Levi", "Dana"))
    }
}

pub fn teacher() -> NewPerson {
    let school = Some(Uuid::from_u128(5));
    NewPerson {
        identifier: Some(il_id("123456782")),
        mobile: Some(mobile("+79001234567")),
        grants: vec![Grant { role: Role::ClassTeacher, school_id: school, class_id: Some(Uuid::from_u128(51)) }],
        ..NewPerson::named(PersonName::new("Бутрович", "Вера", Some("Ивановна")).expect("a name"))
    }
}

/// The grant of a class teacher.
pub fn leads(school: SchoolId, class: ClassId) -> Grant<Uuid> {
    Grant { role: Role::ClassTeacher, school_id: Some(school.0), class_id: Some(class.0) }
}

/// The grant of a role for a whole school.
pub fn at_school(role: Role, school: SchoolId) -> Grant<Uuid> {
    Grant { role, school_id: Some(school.0), class_id: None }
}

/// The grant of a system administrator.
pub fn everywhere() -> Grant<Uuid> {
    Grant { role: Role::SystemAdministrator, school_id: None, class_id: None }
}

/// The code of a message, whatever it is for.
pub fn code_of(message: &LeasedMessage) -> Otp {
    assert!(message.event.ends_with("_code"), "{}", message.event);
    Otp::parse(message.payload["code"].as_str().expect("a code")).expect("six digits")
}

/// A code that is not this one.
pub fn other_than(code: &Otp) -> Otp {
    let digits = if code.as_str() == "000000" { "000001" } else { "000000" };
    Otp::parse(digits).expect("six digits")
}

/// A user code that nobody was given: the check character is right.
pub fn unused_user_code() -> UserCode {
    let rng = services::SeededRng::new(9_999);
    UserCode::generate(&mut |bytes| services::Rng::fill(&rng, bytes))
}

/// A browser with this device cookie.
pub fn with_device(visit: Visit, device: &Token) -> Visit {
    Visit { device: Some(device.clone()), ..visit }
}
