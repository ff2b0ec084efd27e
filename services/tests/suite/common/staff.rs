//! A small school: two classes with families, staff of every role, another school beside it, and people who register.

use domain::{BirthDate, Email, Grant, Locale, Role};
use services::accounts::CreatedAccount;
use services::ids::ReviewId;
use services::outbox::LeasedMessage;
use services::passwords::PasswordOutcome;
use services::people::NewPerson;
use services::registrations::{ContactChoice, Who};
use services::review_queue::{Approval, ReviewTab};
use services::{PersonId, Session, SignedIn, Token};
use uuid::Uuid;

use crate::common::TestContext;
use crate::portal::{GOOD_PASSWORD, World, code_of, il_id, mobile, name, password};

pub const SCHOOL: Uuid = Uuid::from_u128(0x5);
pub const OTHER_SCHOOL: Uuid = Uuid::from_u128(0x6);
pub const CLASS_A: Uuid = Uuid::from_u128(0x51);
pub const CLASS_B: Uuid = Uuid::from_u128(0x52);
pub const CLASS_ELSEWHERE: Uuid = Uuid::from_u128(0x61);

/// Of a child in the first class.
pub const CHILD_A: &str = "000000018";
/// Of a child in the second class.
pub const CHILD_B: &str = "000000026";
/// Of an adult whom nobody knows.
pub const STRANGER: &str = "012345674";
/// Of a child whom nobody knows.
pub const UNKNOWN_CHILD: &str = "300000007";

/// A school, and the test's hands on it.
#[derive(Clone)]
pub struct School {
    pub world: World,
    pub child_a: PersonId,
    pub child_b: PersonId,
}

/// A member of staff who is signed in.
#[derive(Clone)]
pub struct Staff {
    pub account: CreatedAccount,
    pub token: Token,
    pub session: Session,
}

impl School {
    pub async fn new(ctx: TestContext) -> Self {
        let world = World::new(ctx);
        let now = world.now();
        let mut tx = world.portal.db().begin().await.expect("begins");
        for (id, title) in [(SCHOOL, "School 5"), (OTHER_SCHOOL, "School 6")] {
            let sql = "INSERT INTO schools (id, name, country, locale, created_at, updated_at) \
                 VALUES ($1, $2, 'il', 'he', $3, $3)";
            services::on_tx!(&mut tx, |c| sqlx::query(sql).bind(id).bind(title).bind(now).execute(c).await.map(drop))
                .expect("a school");
        }
        for (id, school, title) in
            [(CLASS_A, SCHOOL, "5А"), (CLASS_B, SCHOOL, "5Б"), (CLASS_ELSEWHERE, OTHER_SCHOOL, "5А")]
        {
            let sql = "INSERT INTO classes (id, school_id, title, grade, letter, year, created_at, updated_at) \
                 VALUES ($1, $2, $3, 5, 'А', 2025, $4, $4)";
            services::on_tx!(&mut tx, |c| sqlx::query(sql)
                .bind(id)
                .bind(school)
                .bind(title)
                .bind(now)
                .execute(c)
                .await
                .map(drop))
            .expect("a class");
        }
        tx.commit().await.expect("commits");
        let mut school = Self { world, child_a: PersonId(Uuid::nil()), child_b: PersonId(Uuid::nil()) };
        school.child_a = school.child(CHILD_A, "Levi", "Maya", CLASS_A).await;
        school.child_b = school.child(CHILD_B, "Cohen", "Noa", CLASS_B).await;
        school
    }

    /// Adds a student of a class.
    pub async fn child(&self, id: &str, surname: &str, given_name: &str, class: Uuid) -> PersonId {
        let new = NewPerson { identifier: Some(il_id(id)), ..NewPerson::named(name(surname, given_name)) };
        let child = self.person(&new).await;
        let (id, now) = (Uuid::from_u128(child.0.as_u128() ^ 1), self.world.now());
        let mut tx = self.world.portal.db().begin().await.expect("begins");
        let sql = "INSERT INTO enrolments (id, class_id, student_id, from_at) VALUES ($1, $2, $3, $4)";
        services::on_tx!(&mut tx, |c| sqlx::query(sql)
            .bind(id)
            .bind(class)
            .bind(child.0)
            .bind(now)
            .execute(c)
            .await
            .map(drop))
        .expect("an enrolment");
        tx.commit().await.expect("commits");
        child
    }

    /// Adds a person.
    pub async fn person(&self, new: &NewPerson) -> PersonId {
        let now = self.world.now();
        let mut tx = self.world.portal.db().begin().await.expect("begins");
        let person = self.world.portal.people().create(&mut tx, new, now).await.expect("a person");
        tx.commit().await.expect("commits");
        person
    }

    /// Adds a parent of a child.
    pub async fn parent(&self, new: &NewPerson, child: PersonId) -> PersonId {
        let parent = self.person(new).await;
        self.guardian(child, parent).await;
        parent
    }

    pub async fn guardian(&self, child: PersonId, guardian: PersonId) {
        let now = self.world.now();
        let mut tx = self.world.portal.db().begin().await.expect("begins");
        let people = self.world.portal.people();
        people.add_guardian(&mut tx, child, guardian, "mother", now).await.expect("a guardian");
        tx.commit().await.expect("commits");
    }

    /// Gives a person an account.
    pub async fn account(&self, person: PersonId) -> CreatedAccount {
        let now = self.world.now();
        let mut tx = self.world.portal.db().begin().await.expect("begins");
        let accounts = self.world.portal.accounts();
        let account = accounts.create(&mut tx, &self.world.home(), person, None, now).await.expect("an account");
        tx.commit().await.expect("commits");
        account
    }

    pub async fn class_teacher(&self) -> Staff {
        self.teacher_of(CLASS_A).await
    }

    pub async fn teacher_of(&self, class: Uuid) -> Staff {
        self.staff(Grant { role: Role::ClassTeacher, school_id: Some(SCHOOL), class_id: Some(class) }).await
    }

    pub async fn deputy(&self) -> Staff {
        self.staff(Grant { role: Role::DeputyHead, school_id: Some(SCHOOL), class_id: None }).await
    }

    pub async fn administrator(&self) -> Staff {
        self.administrator_of(SCHOOL).await
    }

    pub async fn administrator_of(&self, school: Uuid) -> Staff {
        self.staff(Grant { role: Role::SchoolAdministrator, school_id: Some(school), class_id: None }).await
    }

    pub async fn system(&self) -> Staff {
        self.staff(Grant { role: Role::SystemAdministrator, school_id: None, class_id: None }).await
    }

    /// Adds a member of staff, and signs them in.
    pub async fn staff(&self, grant: Grant<Uuid>) -> Staff {
        let number = self.world.count("people").await;
        let new = NewPerson {
            mobile: Some(mobile(&format!("+97250700{number:04}"))),
            email: Some(Email::parse(&format!("staff{number}@school.example.org")).expect("an address")),
            grants: vec![grant],
            ..NewPerson::named(name("Romano", "Tal"))
        };
        let person = self.person(&new).await;
        let account = self.account(person).await;
        self.world.set_password(account.id, GOOD_PASSWORD).await;
        let SignedIn { token, session, .. } = self.enter(&account).await;
        Staff { account, token, session }
    }

    /// Signs a member of staff in, with both factors.
    pub async fn enter(&self, account: &CreatedAccount) -> SignedIn {
        self.world.inbox().await;
        let secret = password(GOOD_PASSWORD);
        let (visit, passwords) = (self.world.home(), self.world.portal.passwords());
        let outcome = passwords.sign_in(&visit, account.user_code.as_str(), &secret, None).await;
        let Ok(PasswordOutcome::SecondFactor(started)) = outcome else { panic!("two factors") };
        let code = self.world.code().await;
        self.world.verify(&started.token, &code).await.expect("signs in")
    }

    /// The session as the next request finds it.
    pub async fn again(&self, staff: &Staff) -> Session {
        self.world.portal.sessions().find(&staff.token).await.expect("looks").expect("a session")
    }

    /// Registers as far as the review queue, with a mobile that is not on file. The id of the request.
    pub async fn apply(&self, id: &str, child: &str, phone: &str) -> ReviewId {
        let visit = self.world.home();
        let registrations = self.world.portal.registrations();
        let token = registrations.begin(&visit, None, &who(id, child)).await.expect("begins");
        self.world.inbox().await;
        registrations.use_mobile(&visit, &token, &mobile(phone)).await.expect("a code is sent");
        let code = code_of(&only(&self.world.inbox().await, "registration_code"));
        registrations.verify(&visit, &token, &code).await.expect("is proved");
        registrations.set_contact(&visit, &token, &contact()).await.expect("takes the contact");
        self.world.inbox().await;
        registrations.finish(&visit, &token).await.expect("is handed in");
        let sql = "SELECT id FROM reviews ORDER BY number DESC LIMIT 1";
        let id = services::on_read!(self.world.portal.db(), |p| sqlx::query_scalar::<_, Uuid>(sql).fetch_one(p).await);
        ReviewId(id.expect("a request"))
    }

    /// Makes the accounts that wait for it.
    pub async fn work_off(&self) -> usize {
        let mut done = 0;
        while self.world.portal.registrations().work("worker").await.expect("works") {
            done += 1;
        }
        done
    }

    /// How many requests somebody sees.
    pub async fn listed(&self, actor: &Session, tab: ReviewTab) -> usize {
        self.world.portal.review_queue().list(&self.world.home(), actor, tab).await.expect("a list").len()
    }
}

pub fn who(id: &str, child: &str) -> Who {
    Who { identifier: il_id(id), birth_date: BirthDate::parse("1985-04-12").expect("a date"), child: il_id(child) }
}

pub fn contact() -> ContactChoice {
    ContactChoice {
        email: Email::parse("yael@example.org").expect("an address"),
        mobile: None,
        locale: Locale::Ru,
        consent: "2026-11".to_owned(),
    }
}

/// A guardian as the roster has one.
pub fn guardian(id: &str, phone: Option<&str>) -> NewPerson {
    NewPerson {
        identifier: Some(il_id(id)),
        birth_date: Some(BirthDate::parse("1985-04-12").expect("a date")),
        mobile: phone.map(mobile),
        ..NewPerson::named(name("Levi", "Yael"))
    }
}

/// An approval with everything that is asked for somebody whom the school does not know.
pub fn approval() -> Approval {
    Approval { note: "in person, with the ID card".to_owned(), name: Some(name("Levi", "Rut")), ..Approval::default() }
}

/// The one message of this event.
pub fn only(messages: &[LeasedMessage], event: &str) -> LeasedMessage {
    let found: Vec<_> = messages.iter().filter(|message| message.event == event).collect();
    assert_eq!(found.len(), 1, "one {event}");
    found[0].clone()
}
