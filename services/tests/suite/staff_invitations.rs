//! The way in of members of staff: the invitation, the contacts that it needs, and people whom the school knows already; on both
//! databases.

use std::collections::BTreeMap;

use domain::{Email, Grant, PersonField, PostKind, Role, SecurityQuestion};
use services::access::AccessError;
use services::class_editor::ChangeError;
use services::password_wizard::{PasswordChoice, Question};
use services::passwords::PasswordOutcome;
use services::people::NewPerson;
use services::staff::{Candidate, StaffAccount, StaffError, StaffLine};
use services::{PersonId, SchoolId, Session, Token};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;
use crate::staff::*;

const MOBILE: &str = "+79005550177";
const EMAIL: &str = "physics@school.example.org";
const CHOSEN: &str = "eleven purple bicycles sing";

on_both_databases!(
    an_invited_teacher_chooses_a_password_and_signs_in_with_a_code,
    only_those_who_add_staff_there_invite,
    an_invitation_needs_contacts_a_post_and_fresh_proof,
    an_account_is_made_once,
    invitations_are_counted,
    contacts_of_staff_are_changed_by_those_who_add_staff,
    whoever_is_known_is_offered_within_reach,
    the_help_desk_shows_where_staff_are_invited,
);

fn here() -> SchoolId {
    SchoolId(SCHOOL)
}

fn teacher_of_physics(mobile_number: Option<&str>, email: Option<&str>) -> NewPerson {
    NewPerson {
        mobile: mobile_number.map(mobile),
        email: email.map(|email| Email::parse(email).unwrap()),
        ..NewPerson::named(name("Panova", "Inna"))
    }
}

/// Adds a teacher of the school, as its administrator does.
async fn hire(school: &School, new: NewPerson) -> PersonId {
    let head = school.administrator().await.session;
    let staff = school.world.portal.staff();
    let candidate = Candidate::New(Box::new(new));
    staff.add(&school.world.home(), &head, here(), PostKind::Teacher, "physics", candidate).await.unwrap()
}

async fn line(school: &School, actor: &Session, person: PersonId) -> StaffLine {
    let lines = school.world.portal.staff().list(&school.world.home(), actor, here(), PostKind::Teacher).await.unwrap();
    lines.into_iter().find(|line| line.id == person).unwrap()
}

fn is_refused<T>(result: &Result<T, StaffError>) -> bool {
    matches!(result, Err(StaffError::Access(AccessError::Refused)))
}

async fn an_invited_teacher_chooses_a_password_and_signs_in_with_a_code(ctx: TestContext) {
    let school = School::new(ctx).await;
    let world = &school.world;
    let visit = world.home();
    let person = hire(&school, teacher_of_physics(Some(MOBILE), Some(EMAIL))).await;
    let head = school.administrator().await.session;
    let staff = world.portal.staff();
    let before = line(&school, &head, person).await;
    assert_eq!(before.account, StaffAccount::None);
    assert!(before.mobile_masked.unwrap().contains('•') && before.email_masked.unwrap().contains('•'));
    let made = world.audited("account.created", "success").await;

    staff.invite(&visit, &head, person).await.unwrap();
    assert_eq!(line(&school, &head, person).await.account, StaffAccount::Invited);
    assert_eq!(world.audited("account.created", "success").await, made + 1);
    let invited = "SELECT COUNT(*) FROM audit_log WHERE event = 'invitation.sent' AND outcome = 'success' \
         AND actor_id IS NOT NULL AND detail LIKE '%first%'";
    assert_eq!(world.ctx.number(invited).await, 1);
    let letter = only(&world.inbox().await, "first_password");
    assert_eq!(letter.recipient, EMAIL);
    let user_code = letter.payload["user_code"].as_str().unwrap().to_owned();

    // An account can use rights.
    let leads = Grant { role: Role::ClassTeacher, school_id: Some(SCHOOL), class_id: Some(CLASS_A) };
    staff.grant(&visit, &head, person, &leads).await.unwrap();
    let wizard = world.portal.password_wizard();
    let link = Token::parse(letter.payload["ticket"].as_str().unwrap()).unwrap();
    assert!(wizard.ticket(&link).await.unwrap().by_user_code);
    let flow = wizard.identify(&visit, &link, &user_code).await.unwrap();
    let sms = only(&world.inbox().await, "password_code");
    assert_eq!(sms.recipient, MOBILE);
    wizard.verify(&visit, &flow, &code_of(&sms)).await.unwrap();
    let choice = PasswordChoice {
        password: password(CHOSEN),
        question: Some((Question::Listed(SecurityQuestion::ALL[0]), "Miriam".to_owned())),
        email: Email::parse(EMAIL).unwrap(),
    };
    wizard.choose(&visit, &flow, &choice).await.unwrap();
    world.inbox().await;
    assert_eq!(line(&school, &head, person).await.account, StaffAccount::Active);

    let outcome = world.portal.passwords().sign_in(&visit, &user_code, &password(CHOSEN), None).await;
    let Ok(PasswordOutcome::SecondFactor(started)) = outcome else { panic!("two factors") };
    let code = world.code().await;
    let session = world.verify(&started.token, &code).await.unwrap().session;
    assert_eq!((session.person_id, session.grants.as_slice()), (person, &[leads][..]));
}

async fn only_those_who_add_staff_there_invite(ctx: TestContext) {
    let school = School::new(ctx).await;
    let world = &school.world;
    let visit = world.home();
    let staff = world.portal.staff();
    let person = hire(&school, teacher_of_physics(Some(MOBILE), Some(EMAIL))).await;
    let teacher = school.class_teacher().await.session;
    let deputy = school.deputy().await.session;
    let elsewhere = school.administrator_of(OTHER_SCHOOL).await.session;
    let system = school.system().await.session;
    world.inbox().await;
    for actor in [&teacher, &deputy, &elsewhere] {
        assert!(is_refused(&staff.invite(&visit, actor, person).await));
    }
    assert_eq!(world.audited("access.refused", "refused").await, 3);
    assert_eq!(world.audited("invitation.sent", "success").await, 0);
    assert!(world.inbox().await.is_empty());

    // Whoever has a say in another school, too, is not one school's to invite.
    let head = school.administrator().await.session;
    let both = NewPerson {
        email: Some(Email::parse("both@school.example.org").unwrap()),
        mobile: Some(mobile("+79005550178")),
        grants: vec![Grant { role: Role::DeputyHead, school_id: Some(OTHER_SCHOOL), class_id: None }],
        ..NewPerson::named(name("Zuev", "Lev"))
    };
    let both = school.parent(&both, school.child_a).await;
    assert!(is_refused(&staff.invite(&visit, &head, both).await));
    staff.invite(&visit, &system, both).await.unwrap();
    staff.invite(&visit, &system, person).await.unwrap();
    assert_eq!(world.audited("invitation.sent", "success").await, 2);
}

async fn an_invitation_needs_contacts_a_post_and_fresh_proof(ctx: TestContext) {
    let school = School::new(ctx).await;
    let world = &school.world;
    let visit = world.home();
    let staff = world.portal.staff();
    let head = school.administrator().await.session;
    let no_email = hire(&school, teacher_of_physics(Some(MOBILE), None)).await;
    let no_mobile = hire(&school, teacher_of_physics(None, Some(EMAIL))).await;
    let whole = hire(&school, teacher_of_physics(Some("+79005550179"), Some("whole@school.example.org"))).await;
    world.inbox().await;
    assert!(matches!(staff.invite(&visit, &head, no_email).await, Err(StaffError::NoEmail)));
    assert!(matches!(staff.invite(&visit, &head, no_mobile).await, Err(StaffError::NoMobile)));
    let stale = Session { fresh_until: world.now(), ..head.clone() };
    assert!(matches!(staff.invite(&visit, &stale, whole).await, Err(StaffError::ProofNeeded)));
    // A parent of the school is no member of its staff.
    let parent = school.parent(&guardian(STRANGER, Some("+972501234567")), school.child_a).await;
    assert!(matches!(staff.invite(&visit, &head, parent).await, Err(StaffError::NoPost)));
    let nobody = PersonId(uuid::Uuid::from_u128(404));
    let missing = staff.invite(&visit, &head, nobody).await;
    assert!(matches!(missing, Err(StaffError::Access(AccessError::NotFound))));
    // Nor is whoever does not work there any more.
    staff.remove(&visit, &head, here(), PostKind::Teacher, whole).await.unwrap();
    assert!(is_refused(&staff.invite(&visit, &head, whole).await), "of no school");
    assert!(world.inbox().await.is_empty());
    assert_eq!(world.audited("invitation.sent", "success").await, 0);
}

async fn an_account_is_made_once(ctx: TestContext) {
    let school = School::new(ctx).await;
    let world = &school.world;
    let person = hire(&school, teacher_of_physics(Some(MOBILE), Some(EMAIL))).await;
    let head = school.administrator().await.session;
    world.inbox().await;
    let accounts = world.count("accounts").await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (world, head) = (world.clone(), head.clone());
        tries.spawn(async move { world.portal.staff().invite(&world.home(), &head, person).await });
    }
    let answers = tries.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(StaffError::HasAccount))), "{answers:?}");
    assert_eq!(world.count("accounts").await, accounts + 1);
    only(&world.inbox().await, "first_password");

    // From now on the help desk sends the letter, and counts the first one, too.
    let found = world.portal.help_desk().search(&world.home(), &head, "Panova").await.unwrap();
    let account = found[0].account_id.unwrap();
    for _ in 0..4 {
        world.portal.help_desk().resend_invitation(&world.home(), &head, account).await.unwrap();
    }
    let fifth = world.portal.help_desk().resend_invitation(&world.home(), &head, account).await;
    assert!(matches!(fifth, Err(services::help_desk::HelpError::TooMany { .. })));
}

async fn invitations_are_counted(ctx: TestContext) {
    let school = School::new(ctx).await;
    let world = &school.world;
    let visit = world.home();
    let staff = world.portal.staff();
    let head = school.administrator().await.session;
    let head = Session { fresh_until: world.now() + 2 * HOUR, ..head };
    let mut tries = 0;
    let retry_at = loop {
        let new = teacher_of_physics(Some(MOBILE), Some(EMAIL));
        let candidate = Candidate::New(Box::new(new));
        let person = staff.add(&visit, &head, here(), PostKind::Teacher, "", candidate).await.unwrap();
        match staff.invite(&visit, &head, person).await {
            Ok(()) => tries += 1,
            Err(StaffError::TooMany { retry_at }) => break retry_at,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!((tries, retry_at), (120, world.now() + HOUR));
    assert_eq!(world.audited("invitation.sent", "success").await, 120);
}

fn to(field: PersonField, text: &str) -> BTreeMap<PersonField, Option<String>> {
    BTreeMap::from([(field, Some(text.to_owned()))])
}

async fn contacts_of_staff_are_changed_by_those_who_add_staff(ctx: TestContext) {
    let school = School::new(ctx).await;
    let world = &school.world;
    let visit = world.home();
    let staff = world.portal.staff();
    let person = hire(&school, teacher_of_physics(None, None)).await;
    let head = school.administrator().await.session;
    let deputy = school.deputy().await.session;
    let version = line(&school, &head, person).await.version;
    let number = to(PersonField::Mobile, "052-5550177");
    let refused = staff.change_contacts(&visit, &deputy, here(), person, version, &number).await;
    assert!(matches!(refused, Err(ChangeError::Access(AccessError::Refused))));
    let saved = staff.change_contacts(&visit, &head, here(), person, version, &number).await.unwrap();
    assert_eq!(saved.person.fields.mobile.as_deref(), Some("+972525550177"));
    // What somebody else wrote meanwhile is not written over.
    let late = to(PersonField::Mobile, "052-5550178");
    let conflict = staff.change_contacts(&visit, &head, here(), person, version, &late).await;
    assert!(matches!(conflict, Err(ChangeError::Conflict(_))));
    let odd = to(PersonField::Email, "nowhere");
    let odd = staff.change_contacts(&visit, &head, here(), person, saved.person.version, &odd).await;
    assert!(matches!(odd, Err(ChangeError::Invalid(_))));
    // Contacts alone.
    let named = to(PersonField::Surname, "Orlova");
    let named = staff.change_contacts(&visit, &head, here(), person, saved.person.version, &named).await;
    assert!(matches!(named, Err(ChangeError::Gone)));
    let mail = to(PersonField::Email, EMAIL);
    let saved = staff.change_contacts(&visit, &head, here(), person, saved.person.version, &mail).await.unwrap();
    assert_eq!(world.audited("person.changed", "success").await, 2);

    // With an account, its owner's way in is changed: fresh proof, and the old address is told.
    staff.invite(&visit, &head, person).await.unwrap();
    world.inbox().await;
    let other = to(PersonField::Email, "other@school.example.org");
    let stale = Session { fresh_until: world.now(), ..head.clone() };
    let unproved = staff.change_contacts(&visit, &stale, here(), person, saved.person.version, &other).await;
    assert!(matches!(unproved, Err(ChangeError::ProofNeeded)));
    staff.change_contacts(&visit, &head, here(), person, saved.person.version, &other).await.unwrap();
    assert_eq!(only(&world.inbox().await, "email_changed").recipient, EMAIL);

    // Whoever is the parent of a student, but works elsewhere or nowhere, is not changed here.
    let parent = school.parent(&guardian(STRANGER, None), school.child_a).await;
    let parents = staff.change_contacts(&visit, &head, here(), parent, 1, &number).await;
    assert!(matches!(parents, Err(ChangeError::Gone)));
    let system = school.system().await.session;
    let above = staff.change_contacts(&visit, &head, here(), system.person_id, 1, &number).await;
    assert!(matches!(above, Err(ChangeError::Access(AccessError::Refused))));
}

async fn whoever_is_known_is_offered_within_reach(ctx: TestContext) {
    let school = School::new(ctx).await;
    let world = &school.world;
    let visit = world.home();
    let staff = world.portal.staff();
    let head = school.administrator().await.session;
    let parent = school.parent(&guardian(STRANGER, Some("+972501234567")), school.child_a).await;
    // A student of the same name, and somebody of the other school.
    school.child("000000034", "Levi", "Yael", CLASS_B).await;
    let far_child = school.child("000000042", "Mizrahi", "Gal", CLASS_ELSEWHERE).await;
    school.parent(&NewPerson::named(name("Levi", "Yael")), far_child).await;

    let by_name = NewPerson::named(name("Levi", "Yael"));
    let known = staff.alike(&visit, &head, here(), &by_name).await.unwrap();
    let [one] = known.as_slice() else { panic!("one: {known:?}") };
    assert_eq!((one.id, one.classes.as_slice(), one.posts.len()), (parent, &["5А".to_owned()][..], 0));
    assert!(one.mobile_masked.as_ref().unwrap().contains('•'));
    let by_number = NewPerson { mobile: Some(mobile("+972501234567")), ..NewPerson::named(name("Levy", "Jael")) };
    assert_eq!(staff.alike(&visit, &head, here(), &by_number).await.unwrap()[0].id, parent);
    let nobody = NewPerson::named(name("Levi", "Ya"));
    assert!(staff.alike(&visit, &head, here(), &nobody).await.unwrap().is_empty());
    let elsewhere = school.administrator_of(OTHER_SCHOOL).await.session;
    let theirs = staff.alike(&visit, &elsewhere, SchoolId(OTHER_SCHOOL), &by_number).await.unwrap();
    assert!(theirs.is_empty(), "a number tells nothing about another school");
    let everywhere = school.system().await.session;
    assert_eq!(staff.alike(&visit, &everywhere, here(), &by_name).await.unwrap().len(), 2);
    let deputy = school.deputy().await.session;
    assert!(is_refused(&staff.alike(&visit, &deputy, here(), &by_name).await));
    assert!(is_refused(&staff.alike(&visit, &head, SchoolId(OTHER_SCHOOL), &by_name).await));

    // The same person gets the post, and is not doubled.
    let people = world.count("people").await;
    let chosen = Candidate::Known(parent);
    assert_eq!(staff.add(&visit, &head, here(), PostKind::Teacher, "physics", chosen).await.unwrap(), parent);
    assert_eq!(world.count("people").await, people);
    let again = staff.alike(&visit, &head, here(), &by_name).await.unwrap();
    assert_eq!(again[0].posts, [(PostKind::Teacher, "physics".to_owned())]);
}

async fn the_help_desk_shows_where_staff_are_invited(ctx: TestContext) {
    let school = School::new(ctx).await;
    let world = &school.world;
    let person = hire(&school, teacher_of_physics(Some(MOBILE), Some(EMAIL))).await;
    let head = school.administrator().await.session;
    let deputy = school.deputy().await.session;
    let desk = world.portal.help_desk();
    let visit = world.home();
    let found = desk.search(&visit, &head, "Panova").await.unwrap();
    assert_eq!((found[0].is_staff, found[0].invited_at), (true, Some((here(), PostKind::Teacher))));
    let found = desk.search(&visit, &deputy, "Panova").await.unwrap();
    assert_eq!((found[0].is_staff, found[0].invited_at), (true, None));
    world.portal.staff().invite(&visit, &head, person).await.unwrap();
    let found = desk.search(&visit, &head, "Panova").await.unwrap();
    assert_eq!((found[0].account_id.is_some(), found[0].invited_at), (true, None));
}
