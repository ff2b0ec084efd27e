//! The review queue, on both databases: who sees and decides what, and what a decision leads to.

use domain::{Email, Grant, Role};
use services::Session;
use services::access::AccessError;
use services::fresh_proof::ProofError;
use services::ids::ReviewId;
use services::people::NewPerson;
use services::review_queue::{Approval, Approved, ReviewError, ReviewItem, ReviewRecord, ReviewRemoval, ReviewTab};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;
use crate::staff::*;

const PARENT: &str = "123456782";
const ON_FILE: &str = "+972501234567";
const NEW_PHONE: &str = "+972527654321";
const OTHER_PHONE: &str = "+972527654322";

on_both_databases!(
    a_stranger_is_entered_and_gets_an_account,
    a_parent_with_a_new_phone_gets_an_account_and_the_old_number_is_told,
    an_account_is_kept_unless_the_decision_says_otherwise,
    refusing_says_how_to_reach_the_school,
    deciding_needs_fresh_proof,
    nobody_decides_about_their_own_family,
    nobody_approves_their_own_phone,
    a_class_teacher_decides_for_the_own_class,
    an_unknown_child_is_for_whoever_runs_a_school,
    staff_are_decided_by_those_who_may_edit_staff,
    who_becomes_staff_meanwhile_is_out_of_reach,
    who_was_taken_from_a_child_is_bound_anew_by_those_who_could_end_it,
    a_parent_elsewhere_is_out_of_reach,
    a_parent_whose_child_left_is_out_of_reach,
    a_request_that_was_put_off_is_decided_with_its_twin,
    of_two_decisions_one_counts,
    adult_and_child_are_two,
    what_was_typed_is_erased_after_a_month,
    requests_are_numbered,
);

async fn version(school: &School, actor: &Session, id: ReviewId) -> i64 {
    let found = school.world.portal.review_queue().find(&school.world.home(), actor, id).await;
    found.map(|detail| detail.line.version).expect("a request")
}

async fn approve(school: &School, actor: &Session, id: ReviewId, approval: &Approval) -> Result<Approved, ReviewError> {
    let version = version(school, actor, id).await;
    school.world.portal.review_queue().approve(&school.world.home(), actor, id, version, approval).await
}

async fn refuse(school: &School, actor: &Session, id: ReviewId) -> Result<(), ReviewError> {
    let version = version(school, actor, id).await;
    school.world.portal.review_queue().refuse(&school.world.home(), actor, id, version, "").await
}

fn is_refused<T>(result: &Result<T, ReviewError>) -> bool {
    matches!(result, Err(ReviewError::Access(AccessError::Refused)))
}

async fn a_stranger_is_entered_and_gets_an_account(ctx: TestContext) {
    let school = School::new(ctx).await;
    let teacher = school.class_teacher().await.session;
    let id = school.apply(STRANGER, CHILD_A, NEW_PHONE).await;
    let queue = school.world.portal.review_queue();
    let visit = school.world.home();
    assert_eq!(queue.open_count(&teacher).await.unwrap(), 1);
    let detail = queue.find(&visit, &teacher, id).await.unwrap();
    assert_eq!((detail.record, detail.own_family), (ReviewRecord::Nobody, false));
    assert_eq!(detail.line.id_masked.as_deref(), Some(il_id(STRANGER).masked().as_str()));
    let child = detail.line.child.clone().unwrap();
    assert_eq!((child.id, child.class_title.as_str()), (school.child_a, "5А"));
    assert_eq!(detail.line.name, None, "registration asks for no name");

    let no_note = Approval { note: "  ".to_owned(), ..approval() };
    assert!(matches!(approve(&school, &teacher, id, &no_note).await, Err(ReviewError::NoteNeeded)));
    let nameless = Approval { name: None, ..approval() };
    assert!(matches!(approve(&school, &teacher, id, &nameless).await, Err(ReviewError::NameNeeded)));
    assert_eq!(school.world.count("guardians").await, 0);
    assert_eq!(approve(&school, &teacher, id, &approval()).await.unwrap(), Approved::AccountQueued);
    assert_eq!(queue.open_count(&teacher).await.unwrap(), 0);
    assert_eq!(school.listed(&teacher, ReviewTab::Decided).await, 1);

    school.world.inbox().await;
    assert_eq!(school.work_off().await, 1);
    let messages = school.world.inbox().await;
    assert_eq!(only(&messages, "account_created").recipient, NEW_PHONE);
    assert_eq!(only(&messages, "first_password").recipient, "yael@example.org");
    let signed_in = school.world.sign_in(&visit, STRANGER).await;
    assert_eq!(signed_in.session.given_name, "Rut");
    let link = "SELECT COUNT(*) FROM guardians WHERE relation = 'guardian'";
    assert_eq!(school.world.ctx.number(link).await, 1);
    // What was typed and nobody proved does not count as proved.
    let proved = "SELECT COUNT(*) FROM people WHERE surname = 'Levi' AND email_verified_at IS NOT NULL";
    assert_eq!(school.world.ctx.number(proved).await, 0);
    for (event, times) in [("review.decided", 1), ("person.created", 1), ("guardian.changed", 1)] {
        assert_eq!(school.world.audited(event, "success").await, times, "{event}");
    }
    assert_eq!(school.world.ctx.number("SELECT COUNT(*) FROM consents WHERE version = '2026-11'").await, 1);
    assert!(matches!(approve(&school, &teacher, id, &approval()).await, Err(ReviewError::Changed)), "once");
}

async fn a_parent_with_a_new_phone_gets_an_account_and_the_old_number_is_told(ctx: TestContext) {
    let school = School::new(ctx).await;
    let teacher = school.class_teacher().await.session;
    let parent = school.parent(&guardian(PARENT, Some(ON_FILE)), school.child_a).await;
    let id = school.apply(PARENT, CHILD_A, NEW_PHONE).await;
    let detail = school.world.portal.review_queue().find(&school.world.home(), &teacher, id).await.unwrap();
    assert_eq!((detail.record, detail.removal), (ReviewRecord::Known(parent), None));
    let differing: Vec<_> = detail.fields.iter().filter(|field| field.differs).map(|field| field.item).collect();
    assert_eq!(differing, [ReviewItem::Mobile, ReviewItem::Email]);
    let nameless = Approval { name: None, ..approval() };
    assert_eq!(approve(&school, &teacher, id, &nameless).await.unwrap(), Approved::AccountQueued);
    school.world.inbox().await;
    school.work_off().await;
    let messages = school.world.inbox().await;
    assert_eq!(only(&messages, "mobile_changed").recipient, ON_FILE);
    assert_eq!(only(&messages, "account_created").recipient, NEW_PHONE);
    school.world.begin(&school.world.home(), PARENT).await.unwrap();
    assert_eq!(only(&school.world.inbox().await, "sign_in_code").recipient, NEW_PHONE);
    assert_eq!(school.world.count("guardians").await, 1, "the one that was on file");
}

async fn an_account_is_kept_unless_the_decision_says_otherwise(ctx: TestContext) {
    let school = School::new(ctx).await;
    let world = &school.world;
    let teacher = school.class_teacher().await;
    let address = Email::parse("dana@example.org").unwrap();
    let new = NewPerson { email: Some(address), ..guardian(PARENT, Some(ON_FILE)) };
    let parent = school.parent(&new, school.child_a).await;
    school.account(parent).await;
    let owner = world.sign_in(&world.home(), PARENT).await;
    let id = school.apply(PARENT, CHILD_A, NEW_PHONE).await;
    only(&world.inbox().await, "already_registered");
    let detail = world.portal.review_queue().find(&world.home(), &teacher.session, id).await.unwrap();
    assert_eq!(detail.record, ReviewRecord::HasAccount(parent));
    assert_eq!(approve(&school, &teacher.session, id, &approval()).await.unwrap(), Approved::AccountKept);
    assert_eq!(school.work_off().await, 0);
    assert!(world.portal.sessions().find(&owner.token).await.unwrap().is_some());
    world.begin(&world.home(), PARENT).await.unwrap();
    assert_eq!(only(&world.inbox().await, "sign_in_code").recipient, ON_FILE);

    world.ctx.clock.advance(MINUTE);
    let id = school.apply(PARENT, CHILD_A, OTHER_PHONE).await;
    world.inbox().await;
    let replacing = Approval { replace_mobile: true, ..approval() };
    assert_eq!(approve(&school, &teacher.session, id, &replacing).await.unwrap(), Approved::MobileReplaced);
    let messages = world.inbox().await;
    assert_eq!(only(&messages, "mobile_changed").recipient, ON_FILE, "the old number is told");
    assert_eq!(only(&messages, "mobile_replaced").recipient, "dana@example.org", "and the address on file");
    assert_eq!(only(&messages, "already_registered").recipient, OTHER_PHONE);
    assert!(world.portal.sessions().find(&owner.token).await.unwrap().is_none(), "whoever was in is out");
    world.begin(&world.home(), PARENT).await.unwrap();
    assert_eq!(only(&world.inbox().await, "sign_in_code").recipient, OTHER_PHONE);
    let by_teacher = "SELECT COUNT(*) FROM audit_log WHERE event = 'person.changed' AND actor_id <> person_id";
    assert_eq!(world.ctx.number(by_teacher).await, 1, "whoever decided it did it");
}

async fn refusing_says_how_to_reach_the_school(ctx: TestContext) {
    let school = School::new(ctx).await;
    let teacher = school.class_teacher().await.session;
    let id = school.apply(STRANGER, CHILD_A, NEW_PHONE).await;
    school.world.inbox().await;
    refuse(&school, &teacher, id).await.unwrap();
    let messages = school.world.inbox().await;
    let mut recipients: Vec<_> = messages.iter().map(|message| message.recipient.as_str()).collect();
    recipients.sort_unstable();
    assert!(messages.iter().all(|message| message.event == "review_refused"));
    assert_eq!(recipients, [NEW_PHONE, "yael@example.org"]);
    assert_eq!(school.work_off().await, 0);
    assert_eq!(school.world.ctx.number("SELECT COUNT(*) FROM reviews WHERE state = 'refused'").await, 1);
    assert!(matches!(refuse(&school, &teacher, id).await, Err(ReviewError::Changed)));
    // Whoever was refused may try again.
    school.world.ctx.clock.advance(HOUR);
    assert_ne!(school.apply(STRANGER, CHILD_A, NEW_PHONE).await, id);
}

async fn deciding_needs_fresh_proof(ctx: TestContext) {
    let school = School::new(ctx).await;
    let teacher = school.class_teacher().await;
    let id = school.apply(STRANGER, CHILD_A, NEW_PHONE).await;
    school.world.ctx.clock.advance(5 * MINUTE);
    let stale = school.again(&teacher).await;
    assert!(matches!(approve(&school, &stale, id, &approval()).await, Err(ReviewError::ProofNeeded)));
    assert!(matches!(refuse(&school, &stale, id).await, Err(ReviewError::ProofNeeded)));
    let visit = school.world.home();
    let proof = school.world.portal.fresh_proof();
    let wrong = proof.give(&visit, &stale, &password("not this one at all")).await;
    assert!(matches!(wrong, Err(ProofError::SignIn(services::SignInError::Wrong))));
    proof.give(&visit, &stale, &password(GOOD_PASSWORD)).await.unwrap();
    let fresh = school.again(&teacher).await;
    assert_eq!(approve(&school, &fresh, id, &approval()).await.unwrap(), Approved::AccountQueued);
}

async fn nobody_decides_about_their_own_family(ctx: TestContext) {
    let school = School::new(ctx).await;
    let teacher = school.class_teacher().await.session;
    let id = school.apply(STRANGER, CHILD_A, NEW_PHONE).await;
    // The child of the teacher's partner: they have a child together in another class.
    let partner = school.parent(&guardian(PARENT, Some(ON_FILE)), school.child_b).await;
    school.guardian(school.child_b, teacher.person_id).await;
    school.guardian(school.child_a, partner).await;
    let queue = school.world.portal.review_queue();
    let visit = school.world.home();
    assert!(queue.find(&visit, &teacher, id).await.unwrap().own_family);
    assert!(matches!(approve(&school, &teacher, id, &approval()).await, Err(ReviewError::OwnFamily)));
    assert!(matches!(refuse(&school, &teacher, id).await, Err(ReviewError::OwnFamily)));
    let version = version(&school, &teacher, id).await;
    let put_off = queue.postpone(&visit, &teacher, id, version, "").await;
    assert!(matches!(put_off, Err(ReviewError::OwnFamily)));
    assert_eq!(school.world.audited("review.decided", "refused").await, 3);
    // Somebody else decides.
    let deputy = school.deputy().await.session;
    assert_eq!(approve(&school, &deputy, id, &approval()).await.unwrap(), Approved::AccountQueued);
}

async fn nobody_approves_their_own_phone(ctx: TestContext) {
    let school = School::new(ctx).await;
    let teacher = school.class_teacher().await.session;
    let own = "SELECT COUNT(*) FROM people WHERE surname = 'Romano'";
    assert_eq!(school.world.ctx.number(own).await, 1);
    // The two children were entered before.
    let id = school.apply(STRANGER, CHILD_A, "+972507000002").await;
    assert!(matches!(approve(&school, &teacher, id, &approval()).await, Err(ReviewError::OwnFamily)));
}

async fn a_class_teacher_decides_for_the_own_class(ctx: TestContext) {
    let school = School::new(ctx).await;
    let id = school.apply(STRANGER, CHILD_A, NEW_PHONE).await;
    let neighbour = school.teacher_of(CLASS_B).await.session;
    let queue = school.world.portal.review_queue();
    let visit = school.world.home();
    assert_eq!((school.listed(&neighbour, ReviewTab::Open).await, queue.open_count(&neighbour).await.unwrap()), (0, 0));
    let found = queue.find(&visit, &neighbour, id).await;
    assert!(is_refused(&found));
    let approved = queue.approve(&visit, &neighbour, id, 1, &approval()).await;
    assert!(is_refused(&approved));
    assert_eq!(school.world.audited("access.refused", "refused").await, 2);
    let elsewhere = school.administrator_of(OTHER_SCHOOL).await.session;
    assert!(is_refused(&queue.find(&visit, &elsewhere, id).await));
    for actor in
        [school.class_teacher().await, school.deputy().await, school.administrator().await, school.system().await]
    {
        assert_eq!(school.listed(&actor.session, ReviewTab::Open).await, 1);
        assert_eq!(queue.open_count(&actor.session).await.unwrap(), 1);
    }
    let parent = school.parent(&guardian(PARENT, Some(ON_FILE)), school.child_a).await;
    school.account(parent).await;
    let parent = school.world.sign_in(&visit, PARENT).await.session;
    assert!(is_refused(&queue.list(&visit, &parent, ReviewTab::Open).await));
}

async fn an_unknown_child_is_for_whoever_runs_a_school(ctx: TestContext) {
    let school = School::new(ctx).await;
    let id = school.apply(STRANGER, UNKNOWN_CHILD, NEW_PHONE).await;
    let queue = school.world.portal.review_queue();
    let visit = school.world.home();
    for actor in [school.class_teacher().await, school.deputy().await] {
        assert_eq!(school.listed(&actor.session, ReviewTab::Open).await, 0);
        assert!(is_refused(&queue.find(&visit, &actor.session, id).await));
    }
    let administrator = school.administrator().await.session;
    assert_eq!(school.listed(&administrator, ReviewTab::Open).await, 1);
    assert!(matches!(approve(&school, &administrator, id, &approval()).await, Err(ReviewError::ChildNeeded)));
    let elsewhere = school.child("990356123", "Bar", "Gil", CLASS_ELSEWHERE).await;
    let others = Approval { child: Some(elsewhere), ..approval() };
    assert!(is_refused(&approve(&school, &administrator, id, &others).await), "another school's child");
    let own = Approval { child: Some(school.child_b), ..approval() };
    assert_eq!(approve(&school, &administrator, id, &own).await.unwrap(), Approved::AccountQueued);
    assert_eq!(school.work_off().await, 1);
    assert_eq!(school.world.count("guardians").await, 1);
}

async fn staff_are_decided_by_those_who_may_edit_staff(ctx: TestContext) {
    let school = School::new(ctx).await;
    let head = Grant { role: Role::SchoolAdministrator, school_id: Some(SCHOOL), class_id: None };
    let new = NewPerson { grants: vec![head], ..guardian(PARENT, Some(ON_FILE)) };
    let head = school.parent(&new, school.child_a).await;
    let id = school.apply(PARENT, CHILD_A, NEW_PHONE).await;
    let queue = school.world.portal.review_queue();
    for actor in [school.class_teacher().await.session, school.deputy().await.session] {
        let detail = queue.find(&school.world.home(), &actor, id).await.unwrap();
        assert_eq!(detail.record, ReviewRecord::OutOfReach);
        assert!(detail.fields.iter().all(|field| { field.on_record.is_none() || field.item == ReviewItem::Child }));
        assert!(is_refused(&approve(&school, &actor, id, &approval()).await));
    }
    assert_eq!(school.world.count("registrations WHERE state = 'queued'").await, 0);
    let administrator = school.administrator().await.session;
    let detail = queue.find(&school.world.home(), &administrator, id).await.unwrap();
    assert_eq!(detail.record, ReviewRecord::Known(head));
    assert_eq!(approve(&school, &administrator, id, &approval()).await.unwrap(), Approved::AccountQueued);
}

async fn who_becomes_staff_meanwhile_is_out_of_reach(ctx: TestContext) {
    let school = School::new(ctx).await;
    let teacher = school.class_teacher().await.session;
    let parent = school.parent(&guardian(PARENT, Some(ON_FILE)), school.child_a).await;
    let id = school.apply(PARENT, CHILD_A, NEW_PHONE).await;
    let version = version(&school, &teacher, id).await;
    let (portal, visit) = (school.world.portal.clone(), school.world.home());
    let deed = async move { portal.review_queue().approve(&visit, &teacher, id, version, &approval()).await };
    let role = Grant { role: Role::SchoolAdministrator, school_id: Some(SCHOOL), class_id: None };
    assert!(is_refused(&Box::pin(school.world.while_becoming_staff(parent, role, deed)).await));
    assert_eq!(school.world.audited("review.decided", "success").await, 0);
    assert_eq!(school.world.audited("access.refused", "refused").await, 1);
}

async fn who_was_taken_from_a_child_is_bound_anew_by_those_who_could_end_it(ctx: TestContext) {
    let school = School::new(ctx).await;
    let deputy = school.deputy().await.session;
    let parent = school.parent(&guardian(PARENT, Some(ON_FILE)), school.child_a).await;
    let roster = school.world.portal.roster();
    roster.remove_guardian(&school.world.home(), &deputy, school.child_a, parent).await.unwrap();
    let id = school.apply(PARENT, CHILD_A, NEW_PHONE).await;
    let teacher = school.class_teacher().await.session;
    // Both are told of it, and by when; the one who may not end it, that others decide.
    let (queue, visit, at) = (school.world.portal.review_queue(), school.world.home(), school.world.now());
    for (actor, may_undo) in [(&teacher, false), (&deputy, true)] {
        let detail = queue.find(&visit, actor, id).await.unwrap();
        assert_eq!(detail.removal, Some(ReviewRemoval { at, may_undo }));
    }
    assert!(is_refused(&approve(&school, &teacher, id, &approval()).await));
    assert_eq!(school.world.count("guardians").await, 0);
    assert_eq!(approve(&school, &deputy, id, &approval()).await.unwrap(), Approved::AccountQueued);
    assert_eq!(school.world.count("guardians").await, 1);
}

async fn a_parent_elsewhere_is_out_of_reach(ctx: TestContext) {
    let school = School::new(ctx).await;
    let parent = school.parent(&guardian(PARENT, Some(ON_FILE)), school.child_b).await;
    // Whoever approves this would give the parent's account to a stranger, and with it the view of the child in the other class.
    let id = school.apply(PARENT, CHILD_A, NEW_PHONE).await;
    let teacher = school.class_teacher().await.session;
    let detail = school.world.portal.review_queue().find(&school.world.home(), &teacher, id).await.unwrap();
    assert_eq!(detail.record, ReviewRecord::OutOfReach);
    assert!(is_refused(&approve(&school, &teacher, id, &approval()).await));
    // With an account too: the child would bring the parent into the teacher's reach, and the child in the other class with them.
    school.account(parent).await;
    assert!(is_refused(&approve(&school, &teacher, id, &approval()).await));
    assert_eq!(school.world.count("guardians").await, 1);
    // Whoever reaches both classes may.
    let deputy = school.deputy().await.session;
    assert_eq!(approve(&school, &deputy, id, &approval()).await.unwrap(), Approved::AccountKept);
    assert_eq!(school.world.count("guardians").await, 2);
}

async fn a_parent_whose_child_left_is_out_of_reach(ctx: TestContext) {
    let school = School::new(ctx).await;
    let parent = school.parent(&guardian(PARENT, Some(ON_FILE)), school.child_b).await;
    let left = "UPDATE enrolments SET until_at = from_at WHERE class_id IN (SELECT id FROM classes WHERE title = '5Б')";
    assert_eq!(school.world.ctx.execute(left).await.unwrap(), 1);
    let id = school.apply(PARENT, CHILD_A, NEW_PHONE).await;
    let queue = school.world.portal.review_queue();
    let visit = school.world.home();
    let actors = [school.class_teacher().await.session, school.administrator().await.session];
    for actor in &actors {
        assert_eq!(queue.find(&visit, actor, id).await.unwrap().record, ReviewRecord::OutOfReach);
        assert!(is_refused(&approve(&school, actor, id, &approval()).await));
    }
    school.account(parent).await;
    for actor in &actors {
        assert_eq!(queue.find(&visit, actor, id).await.unwrap().record, ReviewRecord::OutOfReach);
        let replacing = Approval { replace_mobile: true, ..approval() };
        assert!(is_refused(&approve(&school, actor, id, &replacing).await));
    }
    assert_eq!(school.world.count("guardians").await, 1);
    let system = school.system().await.session;
    assert_eq!(approve(&school, &system, id, &approval()).await.unwrap(), Approved::AccountKept);
}

async fn a_request_that_was_put_off_is_decided_with_its_twin(ctx: TestContext) {
    let school = School::new(ctx).await;
    let teacher = school.class_teacher().await.session;
    let queue = school.world.portal.review_queue();
    let visit = school.world.home();
    let first = school.apply(STRANGER, CHILD_A, NEW_PHONE).await;
    let seen = version(&school, &teacher, first).await;
    queue.postpone(&visit, &teacher, first, seen, "calls back on Monday").await.unwrap();
    assert_eq!(
        (school.listed(&teacher, ReviewTab::Open).await, school.listed(&teacher, ReviewTab::Postponed).await),
        (0, 1)
    );
    let detail = queue.find(&visit, &teacher, first).await.unwrap();
    assert_eq!(detail.note.as_deref(), Some("calls back on Monday"));
    let stale = queue.approve(&visit, &teacher, first, seen, &approval()).await;
    assert!(matches!(stale, Err(ReviewError::Changed)), "putting off is a change");
    // They register again meanwhile; and somebody else claims the same number with another phone.
    let second = school.apply(STRANGER, CHILD_A, NEW_PHONE).await;
    assert_ne!(first, second);
    let other = school.apply(STRANGER, CHILD_A, OTHER_PHONE).await;
    assert_eq!(approve(&school, &teacher, first, &approval()).await.unwrap(), Approved::AccountQueued);
    assert!(matches!(approve(&school, &teacher, second, &approval()).await, Err(ReviewError::Changed)));
    assert_eq!(
        (school.listed(&teacher, ReviewTab::Open).await, school.listed(&teacher, ReviewTab::Decided).await),
        (1, 2)
    );
    refuse(&school, &teacher, other).await.unwrap();
    assert_eq!(school.work_off().await, 1);
    assert_eq!(school.world.ctx.number("SELECT COUNT(*) FROM reviews WHERE state = 'approved'").await, 2);
}

async fn of_two_decisions_one_counts(ctx: TestContext) {
    let school = School::new(ctx).await;
    let teacher = school.class_teacher().await.session;
    let deputy = school.deputy().await.session;
    let id = school.apply(STRANGER, CHILD_A, NEW_PHONE).await;
    let version = version(&school, &teacher, id).await;
    let queue = school.world.portal.review_queue();
    let visit = school.world.home();
    let approval = approval();
    let (approved, refused) = tokio::join!(
        queue.approve(&visit, &teacher, id, version, &approval),
        queue.refuse(&visit, &deputy, id, version, "")
    );
    assert!(approved.is_ok() != refused.is_ok(), "{approved:?} {refused:?}");
    assert_eq!(school.world.audited("review.decided", "success").await, 1);
    assert_eq!(school.work_off().await, usize::from(approved.is_ok()));
}

async fn adult_and_child_are_two(ctx: TestContext) {
    let school = School::new(ctx).await;
    let teacher = school.class_teacher().await.session;
    let id = school.apply(CHILD_A, CHILD_A, NEW_PHONE).await;
    assert!(matches!(approve(&school, &teacher, id, &approval()).await, Err(ReviewError::SamePerson)));
}

async fn what_was_typed_is_erased_after_a_month(ctx: TestContext) {
    let school = School::new(ctx).await;
    let teacher = school.class_teacher().await;
    let decided = school.apply(STRANGER, CHILD_A, NEW_PHONE).await;
    let version = version(&school, &teacher.session, decided).await;
    let queue = school.world.portal.review_queue();
    queue.refuse(&school.world.home(), &teacher.session, decided, version, "unknown here").await.unwrap();
    school.apply(PARENT, CHILD_A, NEW_PHONE).await;
    school.world.ctx.clock.advance(30 * 24 * HOUR - 1);
    assert_eq!(school.world.portal.housekeeping().run().await.unwrap().reviews, 0);
    school.world.ctx.clock.advance(1);
    assert_eq!(school.world.portal.housekeeping().run().await.unwrap().reviews, 1);
    assert_eq!(school.world.portal.housekeeping().run().await.unwrap().reviews, 0, "once");
    let teacher = school.enter(&teacher.account).await.session;
    let detail = queue.find(&school.world.home(), &teacher, decided).await.unwrap();
    assert!(detail.fields.is_empty() && detail.note.is_none() && detail.line.id_masked.is_none());
    assert_eq!(school.listed(&teacher, ReviewTab::Open).await, 1, "what is not decided stays");
    // An erased request does not keep the other rows from being sealed anew.
    services::store::reseal::reseal(&school.world.ctx.context(), 10, |_| ()).await.unwrap();
}

async fn requests_are_numbered(ctx: TestContext) {
    let school = School::new(ctx).await;
    let system = school.system().await.session;
    for id in [STRANGER, PARENT, "039337423"] {
        school.apply(id, CHILD_A, NEW_PHONE).await;
        school.world.ctx.clock.advance(MINUTE);
    }
    // The same applicant again keeps the number.
    school.apply(STRANGER, CHILD_A, NEW_PHONE).await;
    let lines = school.world.portal.review_queue().list(&school.world.home(), &system, ReviewTab::Open).await.unwrap();
    let numbers: Vec<_> = lines.iter().map(|line| line.number.unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3]);
}
