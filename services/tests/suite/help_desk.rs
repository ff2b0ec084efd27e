//! The help desk, the delivery log and the audit log as staff read it, on both databases.

use domain::{Email, SecurityQuestion};
use services::access::AccessError;
use services::accounts::CreatedAccount;
use services::audit::{AuditEntry, AuditEvent, AuditFilter, AuditReadError, Outcome};
use services::deliveries::{DeliveryFilter, DeliveryState};
use services::hasher::PasswordHasher;
use services::help_desk::{AccountLine, HelpError};
use services::password_wizard::Question;
use services::passwords::PasswordOutcome;
use services::people::NewPerson;
use services::{PersonId, Session, SignInError};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;
use crate::staff::*;

const PARENT: &str = "123456782";
const ON_FILE: &str = "+972501234567";

on_both_databases!(
    names_are_found_in_reach,
    numbers_are_found_in_reach_and_written_down,
    walking_through_numbers_is_stopped,
    a_class_teacher_does_not_touch_staff,
    nobody_helps_out_of_reach,
    unlocking_lifts_waits_but_not_the_own_ones,
    unlocking_is_counted,
    a_reset_goes_to_the_address_on_file_and_nowhere_else,
    an_invitation_is_sent_again_until_a_password_is_chosen,
    sessions_are_ended,
    answers_are_counted_and_never_forgotten_by_unlocking,
    the_delivery_log_shows_what_reaches_its_reader,
    the_audit_log_shows_what_reaches_its_reader,
    the_audit_log_is_exported,
);

/// A parent of the child in the first class, with an account.
async fn registered(school: &School) -> (PersonId, CreatedAccount) {
    let address = Email::parse("dana@example.org").unwrap();
    let new = NewPerson { email: Some(address), ..guardian(PARENT, Some(ON_FILE)) };
    let person = school.parent(&new, school.child_a).await;
    (person, school.account(person).await)
}

async fn search(school: &School, actor: &Session, text: &str) -> Vec<AccountLine> {
    school.world.portal.help_desk().search(&school.world.home(), actor, text).await.expect("searches")
}

async fn names(school: &School, actor: &Session, text: &str) -> Vec<String> {
    search(school, actor, text).await.into_iter().map(|line| line.name).collect()
}

fn is_refused<T>(result: &Result<T, HelpError>) -> bool {
    matches!(result, Err(HelpError::Access(AccessError::Refused)))
}

async fn names_are_found_in_reach(ctx: TestContext) {
    let school = School::new(ctx).await;
    let (person, account) = registered(&school).await;
    let teacher = school.class_teacher().await.session;
    for text in ["lev", "LEV", " Levi ", "levi ya"] {
        let found = search(&school, &teacher, text).await;
        assert!(found.iter().any(|line| line.person_id == person), "{text}");
    }
    let found = search(&school, &teacher, "levi yael").await;
    let [line] = found.as_slice() else { panic!("one") };
    assert_eq!(line.user_code.as_deref(), Some(account.user_code.to_string().as_str()));
    assert_eq!((line.classes.as_slice(), line.has_password, line.manageable), (&["5А".to_owned()][..], false, true));
    assert!(line.mobile_masked.as_ref().is_some_and(|masked| masked.contains('•')));
    assert_eq!(names(&school, &teacher, "Cohen").await, [""; 0], "another class");
    assert_eq!(names(&school, &school.deputy().await.session, "Cohen").await, ["Noa Cohen"]);
    assert_eq!(names(&school, &school.administrator_of(OTHER_SCHOOL).await.session, "Cohen").await, [""; 0]);
    assert_eq!(names(&school, &school.system().await.session, "cohen").await, ["Noa Cohen"]);
    // Neither a single letter nor a wildcard finds everybody.
    for text in ["", "l", "%", "%%%", "__", "_%"] {
        assert_eq!(names(&school, &teacher, text).await, [""; 0], "{text}");
    }
    let parent = school.world.sign_in(&school.world.home(), PARENT).await.session;
    let refused = school.world.portal.help_desk().search(&school.world.home(), &parent, "levi").await;
    assert!(is_refused(&refused));
}

async fn numbers_are_found_in_reach_and_written_down(ctx: TestContext) {
    let school = School::new(ctx).await;
    let (person, account) = registered(&school).await;
    let teacher = school.class_teacher().await.session;
    let code = account.user_code.to_string();
    let texts = [PARENT, "050-1234567", "+972 50 123 4567", "Dana@Example.org", code.as_str()];
    for text in texts {
        let found = search(&school, &teacher, text).await;
        assert_eq!(found.iter().map(|line| line.person_id).collect::<Vec<_>>(), [person], "{text}");
    }
    let neighbour = school.teacher_of(CLASS_B).await.session;
    for text in texts {
        assert!(search(&school, &neighbour, text).await.is_empty(), "{text}");
    }
    assert_eq!(school.world.audited("account.searched", "success").await, 5);
    assert_eq!(school.world.audited("account.searched", "failure").await, 5);
    let told = "SELECT COUNT(*) FROM audit_log WHERE event = 'account.searched' \
         AND (detail LIKE '%1234567%' OR detail LIKE '%dana%' OR detail LIKE '%123456782%')";
    assert_eq!(school.world.ctx.number(told).await, 0);
}

async fn walking_through_numbers_is_stopped(ctx: TestContext) {
    let school = School::new(ctx).await;
    let teacher = school.class_teacher().await.session;
    let desk = school.world.portal.help_desk();
    let visit = school.world.home();
    for number in 0..120 {
        desk.search(&visit, &teacher, &format!("+97252700{number:04}")).await.unwrap();
    }
    let refused = desk.search(&visit, &teacher, "+972501234567").await;
    assert!(matches!(refused, Err(HelpError::TooMany { .. })));
    assert_eq!(school.world.audited("account.searched", "refused").await, 1);
    // By name it goes on; and somebody else is counted apart.
    assert_eq!(names(&school, &teacher, "levi").await, ["Maya Levi"]);
    search(&school, &school.deputy().await.session, "+972501234567").await;
    school.world.ctx.clock.advance(HOUR);
    search(&school, &teacher, "+972501234567").await;
}

async fn a_class_teacher_does_not_touch_staff(ctx: TestContext) {
    let school = School::new(ctx).await;
    let visit = school.world.home();
    let desk = school.world.portal.help_desk();
    let head = school.administrator().await;
    let system = school.system().await;
    // Both have a child in the teacher's class.
    school.guardian(school.child_a, head.session.person_id).await;
    school.guardian(school.child_a, system.session.person_id).await;
    let (teacher, deputy) = (school.class_teacher().await.session, school.deputy().await.session);
    let found = search(&school, &teacher, "Romano").await;
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|line| line.is_staff && !line.manageable));
    for target in [&head, &system] {
        for actor in [&teacher, &deputy] {
            let id = target.account.id;
            assert!(is_refused(&desk.unlock(&visit, actor, id).await));
            assert!(is_refused(&desk.end_sessions(&visit, actor, id).await));
            assert!(is_refused(&desk.start_reset(&visit, actor, id).await));
            assert!(is_refused(&desk.resend_invitation(&visit, actor, id).await));
            assert!(is_refused(&desk.question(&visit, actor, id).await));
            assert!(is_refused(&desk.check_answer(&visit, actor, id, "rex").await));
        }
    }
    assert!(school.world.inbox().await.is_empty());
    // Nor does the administrator of the school help the administrator of everything.
    assert!(is_refused(&desk.start_reset(&visit, &head.session, system.account.id).await));
    let other = school.administrator().await;
    desk.start_reset(&visit, &head.session, other.account.id).await.unwrap();
    desk.start_reset(&visit, &system.session, head.account.id).await.unwrap();
}

async fn nobody_helps_out_of_reach(ctx: TestContext) {
    let school = School::new(ctx).await;
    let visit = school.world.home();
    let (_, account) = registered(&school).await;
    let desk = school.world.portal.help_desk();
    let neighbour = school.teacher_of(CLASS_B).await.session;
    let elsewhere = school.administrator_of(OTHER_SCHOOL).await.session;
    let parent = school.world.sign_in(&visit, PARENT).await.session;
    for actor in [&neighbour, &elsewhere, &parent] {
        assert!(is_refused(&desk.unlock(&visit, actor, account.id).await));
        assert!(is_refused(&desk.end_sessions(&visit, actor, account.id).await));
        assert!(is_refused(&desk.start_reset(&visit, actor, account.id).await));
        assert!(is_refused(&desk.question(&visit, actor, account.id).await));
    }
    let nobody = services::AccountId(uuid::Uuid::from_u128(99));
    let missing = desk.unlock(&visit, &neighbour, nobody).await;
    assert!(matches!(missing, Err(HelpError::Access(AccessError::NotFound))));
    assert_eq!(school.world.audited("access.refused", "refused").await, 12);
}

async fn attempt(school: &School, account: &CreatedAccount, text: &str) -> Result<PasswordOutcome, SignInError> {
    let passwords = school.world.portal.passwords();
    passwords.sign_in(&school.world.elsewhere(), account.user_code.as_str(), &password(text), None).await
}

async fn make_wait(school: &School, account: &CreatedAccount) {
    for _ in 0..5 {
        assert!(matches!(attempt(school, account, "wrong").await, Err(SignInError::Wrong)));
    }
    assert!(matches!(attempt(school, account, GOOD_PASSWORD).await, Err(SignInError::Wait { .. })));
}

async fn unlocking_lifts_waits_but_not_the_own_ones(ctx: TestContext) {
    let school = School::new(ctx).await;
    let visit = school.world.home();
    let (_, account) = registered(&school).await;
    school.world.set_password(account.id, GOOD_PASSWORD).await;
    let teacher = school.class_teacher().await;
    make_wait(&school, &account).await;
    school.world.portal.help_desk().unlock(&visit, &teacher.session, account.id).await.unwrap();
    assert!(matches!(attempt(&school, &account, GOOD_PASSWORD).await, Ok(PasswordOutcome::SignedIn(_))));
    assert_eq!(school.world.audited("account.unlocked", "success").await, 1);
    // Whoever sits at somebody's open session could guess for ever.
    let system = school.system().await;
    let own = school.world.portal.help_desk().unlock(&visit, &system.session, system.account.id).await;
    assert!(matches!(own, Err(HelpError::OwnAccount)));
    // What an operator has barred stays barred.
    school.world.portal.admin().disable(&visit, &account.user_code).await.unwrap();
    school.world.portal.help_desk().unlock(&visit, &teacher.session, account.id).await.unwrap();
    assert!(matches!(attempt(&school, &account, GOOD_PASSWORD).await, Err(SignInError::Wrong)));
}

async fn unlocking_is_counted(ctx: TestContext) {
    let school = School::new(ctx).await;
    let visit = school.world.home();
    let (_, account) = registered(&school).await;
    let teacher = school.class_teacher().await.session;
    let desk = school.world.portal.help_desk();
    for _ in 0..5 {
        desk.unlock(&visit, &teacher, account.id).await.unwrap();
    }
    assert!(matches!(desk.unlock(&visit, &teacher, account.id).await, Err(HelpError::TooMany { .. })));
    let deputy = school.deputy().await.session;
    let other = desk.unlock(&visit, &deputy, account.id).await;
    assert!(matches!(other, Err(HelpError::TooMany { .. })), "whoever asks");
}

async fn a_reset_goes_to_the_address_on_file_and_nowhere_else(ctx: TestContext) {
    let school = School::new(ctx).await;
    let visit = school.world.home();
    let (person, account) = registered(&school).await;
    let teacher = school.class_teacher().await.session;
    let desk = school.world.portal.help_desk();
    desk.start_reset(&visit, &teacher, account.id).await.unwrap();
    let messages = school.world.inbox().await;
    let mail = only(&messages, "password_reset");
    assert_eq!((messages.len(), mail.recipient.as_str()), (1, "dana@example.org"));
    let by = "SELECT COUNT(*) FROM audit_log WHERE event = 'password.reset_requested' AND actor_id IS NOT NULL";
    assert_eq!(school.world.ctx.number(by).await, 1);
    let filter = AuditFilter { person: Some(person), limit: 10, ..AuditFilter::default() };
    let rows = school.world.portal.audit().list(&filter).await.unwrap();
    let rows = format!("{:?}", rows.iter().map(|row| row.detail.clone()).collect::<Vec<_>>());
    assert!(!rows.contains(mail.payload["ticket"].as_str().unwrap()));
    for _ in 0..4 {
        desk.start_reset(&visit, &teacher, account.id).await.unwrap();
    }
    assert!(matches!(desk.start_reset(&visit, &teacher, account.id).await, Err(HelpError::TooMany { .. })));
    let silent = school.parent(&guardian("990356123", Some("+972521112233")), school.child_a).await;
    let silent = school.account(silent).await;
    assert!(matches!(desk.start_reset(&visit, &teacher, silent.id).await, Err(HelpError::NoAddress)));
    school.world.portal.admin().disable(&visit, &silent.user_code).await.unwrap();
    assert!(matches!(desk.start_reset(&visit, &teacher, silent.id).await, Err(HelpError::Barred)));
}

async fn an_invitation_is_sent_again_until_a_password_is_chosen(ctx: TestContext) {
    let school = School::new(ctx).await;
    let visit = school.world.home();
    let (_, account) = registered(&school).await;
    let teacher = school.class_teacher().await.session;
    let desk = school.world.portal.help_desk();
    desk.resend_invitation(&visit, &teacher, account.id).await.unwrap();
    let first = only(&school.world.inbox().await, "first_password");
    desk.resend_invitation(&visit, &teacher, account.id).await.unwrap();
    let second = only(&school.world.inbox().await, "first_password");
    let initial = |mail: &services::outbox::LeasedMessage| mail.payload["password"].as_str().unwrap().to_owned();
    assert!(matches!(attempt(&school, &account, &initial(&first)).await, Err(SignInError::Wrong)), "it is void");
    let outcome = attempt(&school, &account, &initial(&second)).await;
    assert!(matches!(outcome, Ok(PasswordOutcome::ChoosePassword(_))));
    assert_eq!(school.world.audited("invitation.sent", "success").await, 2);
    school.world.set_password(account.id, GOOD_PASSWORD).await;
    let refused = desk.resend_invitation(&visit, &teacher, account.id).await;
    assert!(matches!(refused, Err(HelpError::HasPassword)));
}

async fn sessions_are_ended(ctx: TestContext) {
    let school = School::new(ctx).await;
    let visit = school.world.home();
    let (_, account) = registered(&school).await;
    let teacher = school.class_teacher().await;
    let (first, second) =
        (school.world.sign_in(&visit, PARENT).await, school.world.sign_in(&school.world.elsewhere(), PARENT).await);
    let ended = school.world.portal.help_desk().end_sessions(&visit, &teacher.session, account.id).await.unwrap();
    assert_eq!(ended, 2);
    for signed_in in [first, second] {
        assert!(school.world.portal.sessions().find(&signed_in.token).await.unwrap().is_none());
    }
    school.again(&teacher).await;
    assert_eq!(school.world.audited("session.ended", "success").await, 1);
}

/// Sets a question past the wizard.
async fn set_question(school: &School, account: &CreatedAccount, answer: &str) {
    let hasher = PasswordHasher::new(cheap_hashes()).unwrap();
    let hash = hasher.hash(&password(answer)).await.unwrap();
    let mut tx = school.world.portal.db().begin().await.unwrap();
    let sql =
        "INSERT INTO security_questions (account_id, question, answer_hash, set_at) VALUES ($1, 'first_job', $2, 0)";
    services::on_tx!(&mut tx, |c| sqlx::query(sql).bind(account.id.0).bind(hash).execute(c).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

async fn answers_are_counted_and_never_forgotten_by_unlocking(ctx: TestContext) {
    let school = School::new(ctx).await;
    let visit = school.world.home();
    let (_, account) = registered(&school).await;
    let teacher = school.class_teacher().await.session;
    let desk = school.world.portal.help_desk();
    assert_eq!(desk.question(&visit, &teacher, account.id).await.unwrap(), None);
    assert!(!desk.check_answer(&visit, &teacher, account.id, "baker").await.unwrap(), "there is none");
    set_question(&school, &account, "baker").await;
    let question = desk.question(&visit, &teacher, account.id).await.unwrap();
    assert_eq!(question, Some(Question::Listed(SecurityQuestion::FirstJob)));
    assert!(desk.check_answer(&visit, &teacher, account.id, "  BAKER ").await.unwrap());
    for answer in ["", "cook", "tailor", "pilot", "clerk"] {
        assert!(!desk.check_answer(&visit, &teacher, account.id, answer).await.unwrap(), "{answer}");
    }
    let deputy = school.deputy().await.session;
    desk.unlock(&visit, &deputy, account.id).await.unwrap();
    for actor in [&teacher, &deputy] {
        let refused = desk.check_answer(&visit, actor, account.id, "baker").await;
        assert!(matches!(refused, Err(HelpError::Wait { .. })));
    }
    assert_eq!(school.world.audited("security_question.answered", "failure").await, 6);
    assert_eq!(school.world.audited("security_question.answered", "success").await, 1);
    let said = "SELECT COUNT(*) FROM audit_log WHERE detail LIKE '%tailor%'";
    assert_eq!(school.world.ctx.number(said).await, 0);
}

async fn the_delivery_log_shows_what_reaches_its_reader(ctx: TestContext) {
    let school = School::new(ctx).await;
    let world = &school.world;
    let visit = world.home();
    let (person, _) = registered(&school).await;
    let teacher = school.class_teacher().await.session;
    let neighbour = school.teacher_of(CLASS_B).await.session;
    let elsewhere = school.administrator_of(OTHER_SCHOOL).await.session;
    let deputy = school.deputy().await.session;
    let system = school.system().await.session;
    for _ in 0..3 {
        world.begin(&visit, PARENT).await.unwrap();
        world.ctx.clock.advance(MINUTE);
    }
    world.begin(&visit, UNKNOWN_ID).await.unwrap();
    let log = world.portal.deliveries();
    let of_parent = DeliveryFilter { person: Some(person), limit: 2, ..DeliveryFilter::default() };
    for actor in [&teacher, &deputy, &system] {
        let page = log.list(&visit, actor, &of_parent, None).await.unwrap();
        assert_eq!(page.items.len(), 2);
        let line = &page.items[0];
        assert_eq!((line.event.as_str(), line.state), ("sign_in_code", DeliveryState::Waiting));
        assert!(line.recipient_hint.contains('•') && line.created_at > page.items[1].created_at);
        let rest = log.list(&visit, actor, &of_parent, page.next).await.unwrap();
        assert_eq!((rest.items.len(), rest.next), (1, None));
    }
    assert!(matches!(log.list(&visit, &neighbour, &of_parent, None).await, Err(AccessError::Refused)));
    let all = DeliveryFilter { limit: 100, ..DeliveryFilter::default() };
    assert!(matches!(log.list(&visit, &teacher, &all, None).await, Err(AccessError::Refused)));
    // The codes of the staff of the school, and the parent's; no decoy, and nothing of another school's.
    let school_wide = log.list(&visit, &deputy, &all, None).await.unwrap().items;
    assert_eq!(school_wide.len(), 3 + 3);
    let of_others = log.list(&visit, &elsewhere, &all, None).await.unwrap().items;
    assert_eq!(of_others.len(), 1);
    assert_eq!(log.list(&visit, &system, &all, None).await.unwrap().items.len(), 3 + 5);
    let sent = DeliveryFilter { state: Some(DeliveryState::Sent), ..all.clone() };
    assert_eq!(log.list(&visit, &system, &sent, None).await.unwrap().items.len(), 5);
    let since = DeliveryFilter { since: Some(world.now() - MINUTE), ..all };
    assert_eq!(log.list(&visit, &system, &since, None).await.unwrap().items.len(), 1);
}

async fn the_audit_log_shows_what_reaches_its_reader(ctx: TestContext) {
    let school = School::new(ctx).await;
    let world = &school.world;
    let visit = world.home();
    let (person, _) = registered(&school).await;
    world.sign_in(&visit, PARENT).await;
    let teacher = school.class_teacher().await.session;
    let deputy = school.deputy().await.session;
    let elsewhere = school.administrator_of(OTHER_SCHOOL).await.session;
    let system = school.system().await.session;
    let audit = world.portal.audit();
    let all = AuditFilter { limit: 200, ..AuditFilter::default() };
    let refused = audit.list_for(&visit, &teacher, &all).await;
    assert!(matches!(refused, Err(AuditReadError::Access(AccessError::Refused))));
    let everything = audit.list_for(&visit, &system, &all).await.unwrap();
    let mine = audit.list_for(&visit, &deputy, &all).await.unwrap();
    let theirs = audit.list_for(&visit, &elsewhere, &all).await.unwrap();
    assert!(everything.len() > mine.len() && mine.len() > theirs.len() && !theirs.is_empty());
    assert!(mine.iter().any(|line| line.record.person == Some(person) && line.person == "Yael Levi"));
    assert!(theirs.iter().all(|line| line.record.person != Some(person)));
    let system_id = Some(system.person_id);
    assert!(mine.iter().chain(&theirs).all(|line| line.record.person != system_id), "they belong to no school");
    let refusals = AuditFilter { event: Some(AuditEvent::AccessRefused), ..all.clone() };
    let found = audit.list_for(&visit, &deputy, &refusals).await.unwrap();
    assert_eq!(found.len(), 1, "about nobody, by a teacher of the school");
    assert!(audit.list_for(&visit, &elsewhere, &refusals).await.unwrap().is_empty());
    // Newest first, and pages join.
    let first = audit.list_for(&visit, &deputy, &AuditFilter { limit: 3, ..all.clone() }).await.unwrap();
    let cursor = first.last().map(|line| line.record.seq);
    let second = audit.list_for(&visit, &deputy, &AuditFilter { limit: 3, before_seq: cursor, ..all }).await.unwrap();
    let seqs: Vec<_> = first.iter().chain(&second).map(|line| line.record.seq).collect();
    let expected: Vec<_> = mine.iter().take(6).map(|line| line.record.seq).collect();
    assert_eq!(seqs, expected);
}

async fn the_audit_log_is_exported(ctx: TestContext) {
    let school = School::new(ctx).await;
    let world = &school.world;
    let visit = world.home();
    registered(&school).await;
    for _ in 0..210 {
        let mut tx = world.portal.db().begin().await.unwrap();
        let entry = AuditEntry::by_operator(AuditEvent::KeysRotated, Outcome::Success, "=r,\"1\"");
        world.portal.audit().append(&mut tx, entry).await.unwrap();
        tx.commit().await.unwrap();
    }
    let deputy = school.deputy().await.session;
    let audit = world.portal.audit();
    let filter = AuditFilter { event: Some(AuditEvent::KeysRotated), ..AuditFilter::default() };
    let refused = audit.export(&visit, &deputy, &filter).await;
    assert!(matches!(refused, Err(AuditReadError::Access(AccessError::Refused))), "a deputy reads");
    let system = school.system().await.session;
    let mut export = audit.export(&visit, &system, &filter).await.unwrap();
    assert_eq!(world.audited("audit.exported", "success").await, 1);
    let mut text = String::new();
    while let Some(lines) = export.next().await.unwrap() {
        text.push_str(&lines);
    }
    assert!(text.starts_with("\u{FEFF}seq,at,event,outcome,"));
    assert_eq!(text.lines().count(), 1 + 210);
    assert!(text.contains(",keys.rotated,success,,,,,\"'=r,\"\"1\"\"\",,{},,"), "{text}");
}
