//! People and what they see of themselves, on both databases.

use domain::{BirthDate, IdKind, Locale, PersonIdentifier};
use services::StoreError;
use services::accounts::AccountError;
use services::people::NewPerson;

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    people_see_themselves_masked,
    a_snils_is_shown_where_there_is_no_other_number,
    an_id_number_belongs_to_one_person,
    a_family_may_share_a_phone_and_an_address,
    a_user_code_is_given_out_once,
    a_person_has_one_account,
    a_language_is_remembered,
    what_is_sealed_opens_for_its_own_row_only,
);

async fn people_see_themselves_masked(ctx: TestContext) {
    let world = World::new(ctx);
    let born = BirthDate::new(1985, 4, 12).unwrap();
    let account = world.add(&NewPerson { birth_date: Some(born), ..parent() }).await;
    let session = world.sign_in(&world.home(), PARENT_ID).await.session;
    let me = world.portal.people().me(&session).await.unwrap();
    assert_eq!((me.name.surname(), me.name.given_name()), ("Levi", "Dana"));
    assert_eq!(me.user_code, account.user_code);
    assert_eq!(me.locale, Some(Locale::He));
    assert_eq!(me.id_kind, Some(IdKind::IlId));
    assert_eq!(me.id_number_masked.as_deref(), Some("•••••••23"));
    assert_eq!(me.mobile_masked, Some(mobile(PARENT_MOBILE).masked()));
    let shown = me.email_masked.unwrap();
    assert!(shown.contains('•') && !shown.contains("Levi"), "{shown}");
    assert_eq!(me.birth_date, Some(born));
    assert_eq!((me.has_password, me.password_changed_at), (false, None));
    assert_eq!(me.sessions.len(), 1);

    world.ctx.clock.advance(MINUTE);
    world.set_password(account.id, GOOD_PASSWORD).await;
    let session = world.sign_in(&world.home(), PARENT_ID).await.session;
    let me = world.portal.people().me(&session).await.unwrap();
    assert_eq!((me.has_password, me.password_changed_at), (true, Some(world.now())));
    assert!(!format!("{me:?} {session:?}").contains("Dana"), "Debug shows no name");
}

async fn a_snils_is_shown_where_there_is_no_other_number(ctx: TestContext) {
    let world = World::new(ctx);
    let number = PersonIdentifier::RuSnils(snils("112-233-445 95"));
    world.add(&NewPerson { identifier: Some(number.clone()), ..parent() }).await;
    let started = world.portal.codes().begin(&world.home(), &number, None).await.unwrap();
    let code = world.code().await;
    let session = world.verify(&started.token, &code).await.unwrap().session;
    let me = world.portal.people().me(&session).await.unwrap();
    assert_eq!(me.id_kind, Some(IdKind::RuSnils));
    assert_eq!(me.id_number_masked.as_deref(), Some("•••-•••-••• 95"));
}

async fn an_id_number_belongs_to_one_person(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let mut tx = world.portal.db().begin().await.unwrap();
    let twin = world.portal.people().create(&mut tx, &parent(), world.now()).await;
    assert!(matches!(twin, Err(StoreError::Duplicate(_))));
    drop(tx);
    // The same digits of another kind are another number.
    let fictitious = PersonIdentifier::parse(IdKind::Fictitious, PARENT_ID).unwrap();
    world.add_person(&NewPerson { identifier: Some(fictitious), ..parent() }).await;
    assert_eq!(world.count("people").await, 2);
}

async fn a_family_may_share_a_phone_and_an_address(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    world.add(&NewPerson { identifier: Some(il_id("000000018")), ..parent() }).await;
    world.add(&NewPerson { identifier: None, ..parent() }).await;
    world.add(&NewPerson { identifier: None, ..parent() }).await;
    assert_eq!(world.count("people").await, 4);
}

async fn a_user_code_is_given_out_once(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent().await;
    // Not even after its account is gone.
    world.ctx.execute("DELETE FROM people").await.unwrap();
    assert_eq!(world.count("accounts").await, 0);
    let mut tx = world.portal.db().begin().await.unwrap();
    let person = world.portal.people().create(&mut tx, &parent(), world.now()).await.unwrap();
    let accounts = world.portal.accounts();
    let visit = world.home();
    let taken = accounts.create(&mut tx, &visit, person, Some(account.user_code.clone()), world.now()).await;
    assert!(matches!(taken, Err(AccountError::CodeTaken)));
    let wanted = unused_user_code();
    let created = accounts.create(&mut tx, &visit, person, Some(wanted.clone()), world.now()).await.unwrap();
    assert_eq!(created.user_code, wanted);
    tx.commit().await.unwrap();
}

async fn a_person_has_one_account(ctx: TestContext) {
    let world = World::new(ctx);
    let mut tx = world.portal.db().begin().await.unwrap();
    let person = world.portal.people().create(&mut tx, &parent(), world.now()).await.unwrap();
    let accounts = world.portal.accounts();
    accounts.create(&mut tx, &world.home(), person, None, world.now()).await.unwrap();
    let second = accounts.create(&mut tx, &world.home(), person, None, world.now()).await;
    assert!(matches!(second, Err(AccountError::Store(StoreError::Duplicate(_)))));
}

async fn a_language_is_remembered(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let signed_in = world.sign_in(&world.home(), PARENT_ID).await;
    assert_eq!(signed_in.session.locale, Some(Locale::He), "the one on file");
    world.portal.accounts().set_locale(&signed_in.session, Locale::Ru).await.unwrap();
    let session = world.portal.sessions().find(&signed_in.token).await.unwrap().unwrap();
    assert_eq!(session.locale, Some(Locale::Ru));
    assert_eq!(session.display_name, "Levi Dana", "in the order of the language");
    assert_eq!(world.portal.people().me(&session).await.unwrap().locale, Some(Locale::Ru));
    // The next code is written in it.
    world.begin(&world.home(), PARENT_ID).await.unwrap();
    assert_eq!(world.inbox().await[0].locale, Locale::Ru);
}

async fn what_is_sealed_opens_for_its_own_row_only(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let session = world.sign_in(&world.home(), PARENT_ID).await.session;
    // A mobile put in the place of the e-mail is noticed, not shown.
    world.ctx.execute("UPDATE people SET email_sealed = mobile_sealed").await.unwrap();
    let refused = world.portal.people().me(&session).await.unwrap_err();
    assert_eq!(refused.code(), "CRYPTO-03");
}
