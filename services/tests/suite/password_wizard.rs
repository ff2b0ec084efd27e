//! Choosing a password by a mailed link, on both databases.

use domain::{Email, SecurityQuestion, Unmet};
use services::outbox::{Channel, LeasedMessage};
use services::password_wizard::{PasswordChoice, Question, TicketState, WizardError, WizardStep};
use services::passwords::PasswordOutcome;
use services::people::NewPerson;
use services::settings::PasswordLinkSettings;
use services::{Settings, SignInError, Token};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

const NEW_PASSWORD: &str = "eleven purple bicycles sing";
const EMAIL: &str = "Dana.Levi@example.org";

on_both_databases!(
    the_whole_road,
    looking_at_a_link_uses_nothing_up,
    a_link_lives_thirty_minutes,
    a_newer_link_makes_the_older_void,
    a_used_link_is_used,
    a_link_is_its_owners_only,
    wrong_numbers_wait,
    the_known_and_the_unknown_are_answered_alike,
    five_links_an_hour,
    other_sessions_end_and_waits_too,
    the_policy_has_the_last_word,
    the_steps_come_in_order,
    a_wizard_ends_after_its_time,
    a_link_that_a_stranger_asks_for_stops_nobody,
    a_password_set_by_an_operator_ends_wizards_and_links,
    one_connection_is_enough_to_identify,
    another_address_is_told,
    the_answer_is_hashed_and_ones_own_question_sealed,
    a_question_can_be_switched_off,
    owners_without_a_number_give_their_user_code,
    without_a_mobile_the_code_goes_by_mail_where_allowed,
    nothing_is_shown_before_the_code,
    a_disabled_account_has_no_link,
);

fn choice(text: &str) -> PasswordChoice {
    PasswordChoice {
        password: password(text),
        question: Some((Question::Listed(SecurityQuestion::ALL[0]), "Miriam".to_owned())),
        email: Email::parse(EMAIL).unwrap(),
    }
}

fn only(messages: Vec<LeasedMessage>, event: &str) -> LeasedMessage {
    let mut messages: Vec<_> = messages.into_iter().filter(|message| message.event == event).collect();
    assert_eq!(messages.len(), 1, "one {event}");
    messages.remove(0)
}

impl World {
    /// Asks for a link; the one that was mailed.
    async fn link(&self) -> Token {
        self.portal.password_wizard().forgot(&self.home(), &il_id(PARENT_ID)).await.expect("asks");
        let mail = only(self.inbox().await, "password_reset");
        Token::parse(mail.payload["ticket"].as_str().expect("a ticket")).expect("a token")
    }

    async fn identified(&self, link: &Token) -> Token {
        self.portal.password_wizard().identify(&self.home(), link, PARENT_ID).await.expect("the owner")
    }

    /// As far as the third step.
    async fn at_choose(&self) -> Token {
        let link = self.link().await;
        let flow = self.identified(&link).await;
        let code = code_of(&only(self.inbox().await, "password_code"));
        self.portal.password_wizard().verify(&self.home(), &flow, &code).await.expect("the code");
        flow
    }

    async fn state(&self, link: &Token) -> TicketState {
        self.portal.password_wizard().ticket(link).await.expect("a view").state
    }
}

async fn the_whole_road(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let wizard = world.portal.password_wizard();
    wizard.forgot(&world.home(), &il_id(PARENT_ID)).await.unwrap();
    let mail = only(world.inbox().await, "password_reset");
    assert_eq!((mail.recipient.as_str(), mail.channel), (EMAIL, Channel::Mail));
    assert_eq!(mail.payload["expires_at"], world.now() + 30 * MINUTE);
    let link = Token::parse(mail.payload["ticket"].as_str().unwrap()).unwrap();
    let flow = wizard.identify(&world.home(), &link, "3933742-3").await.unwrap();
    let view = wizard.view(&flow).await.unwrap();
    assert_eq!((view.step, view.code.is_some(), view.nowhere_to_send), (WizardStep::Verify, true, false));
    let sms = only(world.inbox().await, "password_code");
    assert_eq!(sms.recipient, PARENT_MOBILE);
    let wrong = wizard.verify(&world.home(), &flow, &other_than(&code_of(&sms))).await;
    assert!(matches!(wrong, Err(WizardError::SignIn(SignInError::CodeWrong { tries_left: 4 }))), "{wrong:?}");
    wizard.verify(&world.home(), &flow, &code_of(&sms)).await.unwrap();
    let view = wizard.view(&flow).await.unwrap();
    assert_eq!((view.step, view.asks_question), (WizardStep::Choose, true));
    assert_eq!(view.email, Some(Email::parse(EMAIL).unwrap()));
    assert!(view.context.knows_the_person());
    wizard.choose(&world.home(), &flow, &choice(NEW_PASSWORD)).await.unwrap();
    assert_eq!(wizard.view(&flow).await.unwrap().step, WizardStep::Done);
    let confirmation = only(world.inbox().await, "password_chosen");
    assert_eq!(confirmation.payload["user_code"], account.user_code.to_string());

    let sign_in = async |text: &str| {
        world.portal.passwords().sign_in(&world.home(), account.user_code.as_str(), &password(text), None).await
    };
    assert!(matches!(sign_in(NEW_PASSWORD).await, Ok(PasswordOutcome::SignedIn(_))));
    assert!(matches!(sign_in(GOOD_PASSWORD).await, Err(SignInError::Wrong)), "the old one is over");
    assert_eq!(world.audited("password.set", "success").await, 2);
    assert_eq!(world.audited("security_question.set", "success").await, 1);
}

async fn looking_at_a_link_uses_nothing_up(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let link = world.link().await;
    let rows = world.count("audit_log").await;
    for _ in 0..20 {
        assert_eq!(world.state(&link).await, TicketState::Open);
    }
    assert_eq!(world.count("audit_log").await, rows);
    world.identified(&link).await;
    assert_eq!(world.state(&link).await, TicketState::Open, "only a password that was chosen uses it up");
}

async fn a_link_lives_thirty_minutes(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let link = world.link().await;
    world.ctx.clock.advance(30 * MINUTE - 1);
    assert_eq!(world.state(&link).await, TicketState::Open);
    world.ctx.clock.advance(1);
    assert_eq!(world.state(&link).await, TicketState::Expired);
    let refused = world.portal.password_wizard().identify(&world.home(), &link, PARENT_ID).await;
    assert!(matches!(refused, Err(WizardError::Ticket(TicketState::Expired))), "{refused:?}");
    world.portal.housekeeping().run().await.unwrap();
    assert_eq!(world.state(&link).await, TicketState::Expired, "it can still be told from one that never was");
    world.ctx.clock.advance(31 * 24 * HOUR);
    assert_eq!(world.portal.housekeeping().run().await.unwrap().tickets, 1);
    assert_eq!(world.state(&link).await, TicketState::Unknown);
}

async fn a_newer_link_makes_the_older_void(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let (older, newer) = (world.link().await, world.link().await);
    assert_eq!((world.state(&older).await, world.state(&newer).await), (TicketState::Replaced, TicketState::Open));
    let refused = world.portal.password_wizard().identify(&world.home(), &older, PARENT_ID).await;
    assert!(matches!(refused, Err(WizardError::Ticket(TicketState::Replaced))), "{refused:?}");
}

async fn a_used_link_is_used(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let link = world.link().await;
    let wizard = world.portal.password_wizard();
    // Two tabs, both up to the third step.
    let mut tabs = Vec::new();
    for _ in 0..2 {
        let flow = world.identified(&link).await;
        let code = world.code().await;
        wizard.verify(&world.home(), &flow, &code).await.unwrap();
        tabs.push(flow);
    }
    let (first, second) = (&tabs[0], &tabs[1]);
    wizard.choose(&world.home(), first, &choice(NEW_PASSWORD)).await.unwrap();
    let late = wizard.choose(&world.home(), second, &choice("seven green umbrellas dance")).await;
    assert!(matches!(late, Err(WizardError::Gone | WizardError::Ticket(TicketState::Used))), "{late:?}");
    assert_eq!(world.state(&link).await, TicketState::Used);
    let twice = wizard.choose(&world.home(), first, &choice(NEW_PASSWORD)).await;
    assert!(matches!(twice, Err(WizardError::NotNow(WizardStep::Done))), "{twice:?}");
}

async fn a_link_is_its_owners_only(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let other = NewPerson { identifier: Some(il_id("123456782")), ..NewPerson::named(name("Bar", "Gil")) };
    world.add(&other).await;
    let link = world.link().await;
    for typed in ["123456782", UNKNOWN_ID, "", "rubbish"] {
        let refused = world.portal.password_wizard().identify(&world.home(), &link, typed).await;
        assert!(matches!(refused, Err(WizardError::OtherPerson)), "{refused:?}");
    }
    assert!(world.inbox().await.is_empty(), "no code goes out");
    let unknown = Token::generate(world.portal.rng());
    let refused = world.portal.password_wizard().identify(&world.home(), &unknown, PARENT_ID).await;
    assert!(matches!(refused, Err(WizardError::Ticket(TicketState::Unknown))), "{refused:?}");
    assert_eq!(world.audited("password.owner_identified", "failure").await, 4);
}

async fn wrong_numbers_wait(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let link = world.link().await;
    let wizard = world.portal.password_wizard();
    for _ in 0..5 {
        assert!(matches!(wizard.identify(&world.home(), &link, UNKNOWN_ID).await, Err(WizardError::OtherPerson)));
    }
    match wizard.identify(&world.elsewhere(), &link, PARENT_ID).await {
        Err(WizardError::SignIn(SignInError::Wait { retry_at })) => assert_eq!(retry_at, world.now() + 5 * SECOND),
        other => panic!("{:?}", other.err()),
    }
    world.ctx.clock.advance(5 * SECOND);
    world.identified(&link).await;
}

async fn the_known_and_the_unknown_are_answered_alike(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    world.add(&NewPerson { email: None, identifier: Some(il_id("123456782")), ..parent() }).await;
    let tables = ["outbox", "audit_log", "throttles"];
    let mut grown = Vec::new();
    for id in [PARENT_ID, UNKNOWN_ID, "123456782"] {
        let mut before = Vec::new();
        for table in tables {
            before.push(world.count(table).await);
        }
        world.portal.password_wizard().forgot(&world.elsewhere(), &il_id(id)).await.unwrap();
        let mut counts = Vec::new();
        for (table, before) in tables.into_iter().zip(before) {
            counts.push(world.count(table).await - before);
        }
        grown.push(counts);
        world.ctx.execute("DELETE FROM throttles").await.unwrap();
    }
    assert_eq!(grown[0], grown[1]);
    assert_eq!(grown[0], grown[2], "nor whether there is an address");
    only(world.inbox().await, "password_reset");
}

async fn five_links_an_hour(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    for id in [PARENT_ID, UNKNOWN_ID] {
        for _ in 0..5 {
            world.portal.password_wizard().forgot(&world.home(), &il_id(id)).await.unwrap();
        }
        // Over the limit it looks the same and nothing is sent.
        world.portal.password_wizard().forgot(&world.elsewhere(), &il_id(id)).await.unwrap();
    }
    assert_eq!(world.inbox().await.len(), 5);
}

async fn other_sessions_end_and_waits_too(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent_with_password().await;
    let session = world.sign_in(&world.home(), PARENT_ID).await;
    for _ in 0..6 {
        let wrong = password("not the password at all");
        let _ = world.portal.passwords().sign_in(&world.home(), account.user_code.as_str(), &wrong, None).await;
    }
    world.inbox().await;
    let flow = world.at_choose().await;
    world.portal.password_wizard().choose(&world.home(), &flow, &choice(NEW_PASSWORD)).await.unwrap();
    assert!(world.portal.sessions().find(&session.token).await.unwrap().is_none());
    assert_eq!((world.count("sessions").await, world.count("devices").await), (0, 0));
    let outcome = world
        .portal
        .passwords()
        .sign_in(&world.home(), account.user_code.as_str(), &password(NEW_PASSWORD), None)
        .await;
    assert!(matches!(outcome, Ok(PasswordOutcome::SignedIn(_))), "{outcome:?}");
}

async fn the_policy_has_the_last_word(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let flow = world.at_choose().await;
    let wizard = world.portal.password_wizard();
    for (text, reason) in [
        ("short", Unmet::TooShort { min: 15, length: 5 }),
        ("my number is 039337423 indeed", Unmet::ContainsIdNumber),
        ("call me at 0501234567 tonight", Unmet::ContainsMobile),
        ("the Schoolgate of my dreams", Unmet::ContainsServiceName),
        ("дверь в портал школы дня", Unmet::ContainsServiceName),
    ] {
        let judged = wizard.judge(&flow, &password(text)).await.unwrap();
        assert!(judged.unmet.contains(&reason), "{text}: {:?}", judged.unmet);
        match wizard.choose(&world.home(), &flow, &choice(text)).await {
            Err(WizardError::Policy(unmet)) => assert_eq!(unmet, judged.unmet),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.audited("password.set", "success").await, 0);
    // What the browser compares with while somebody types.
    let shown = wizard.view(&flow).await.unwrap().context.service_names;
    assert_eq!(shown, world.portal.settings().service_names);
    wizard.choose(&world.home(), &flow, &choice(NEW_PASSWORD)).await.unwrap();
}

async fn the_steps_come_in_order(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let link = world.link().await;
    let flow = world.identified(&link).await;
    let wizard = world.portal.password_wizard();
    let early = wizard.choose(&world.home(), &flow, &choice(NEW_PASSWORD)).await;
    assert!(matches!(early, Err(WizardError::NotNow(WizardStep::Verify))), "{early:?}");
    let code = code_of(&only(world.inbox().await, "password_code"));
    wizard.verify(&world.home(), &flow, &code).await.unwrap();
    let again = wizard.verify(&world.home(), &flow, &code).await;
    assert!(matches!(again, Err(WizardError::NotNow(WizardStep::Choose))), "{again:?}");
    let nobody = Token::generate(world.portal.rng());
    assert!(matches!(wizard.choose(&world.home(), &nobody, &choice(NEW_PASSWORD)).await, Err(WizardError::Gone)));
}

async fn a_wizard_ends_after_its_time(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let link = world.link().await;
    world.ctx.clock.advance(29 * MINUTE);
    let flow = world.identified(&link).await;
    let code = code_of(&only(world.inbox().await, "password_code"));
    let wizard = world.portal.password_wizard();
    wizard.verify(&world.home(), &flow, &code).await.unwrap();
    // The link's own time is over, the wizard's is not.
    world.ctx.clock.advance(10 * MINUTE);
    assert_eq!(wizard.view(&flow).await.unwrap().step, WizardStep::Choose);
    world.ctx.clock.advance(20 * MINUTE);
    let late = wizard.choose(&world.home(), &flow, &choice(NEW_PASSWORD)).await;
    assert!(matches!(late, Err(WizardError::Gone)), "{late:?}");
    assert_eq!(world.portal.housekeeping().run().await.unwrap().password_flows, 1);
}

async fn a_link_that_a_stranger_asks_for_stops_nobody(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let flow = world.at_choose().await;
    let newer = world.link().await;
    world.portal.password_wizard().choose(&world.home(), &flow, &choice(NEW_PASSWORD)).await.unwrap();
    assert_eq!(world.state(&newer).await, TicketState::Used, "and is worth nothing afterwards");
}

async fn a_password_set_by_an_operator_ends_wizards_and_links(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent().await;
    let flow = world.at_choose().await;
    let link = world.link().await;
    world.portal.admin().reset(&world.home(), &account.user_code, &password(GOOD_PASSWORD)).await.unwrap();
    let refused = world.portal.password_wizard().choose(&world.home(), &flow, &choice(NEW_PASSWORD)).await;
    assert!(matches!(refused, Err(WizardError::Gone)), "{refused:?}");
    assert_eq!(world.state(&link).await, TicketState::Used);
}

async fn one_connection_is_enough_to_identify(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let link = world.link().await;
    let url = world.ctx.url.clone();
    let db = services::Db::connect(&services::DbSettings { url, max_connections: 1 }).await.unwrap();
    let narrow = World::new(TestContext { db, ..world.ctx.clone() });
    narrow.identified(&link).await;
    narrow.portal.db().close().await;
}

async fn another_address_is_told(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let flow = world.at_choose().await;
    let other = PasswordChoice { email: Email::parse("new@example.org").unwrap(), ..choice(NEW_PASSWORD) };
    world.portal.password_wizard().choose(&world.home(), &flow, &other).await.unwrap();
    let messages = world.inbox().await;
    assert_eq!(only(messages.clone(), "email_changed").recipient, EMAIL);
    assert_eq!(only(messages, "password_chosen").recipient, "new@example.org");
    assert_eq!(world.audited("person.changed", "success").await, 1);
}

async fn the_answer_is_hashed_and_ones_own_question_sealed(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let flow = world.at_choose().await;
    let own = Question::Own("What did grandmother bake?".to_owned());
    let own = PasswordChoice { question: Some((own, "Strudel".to_owned())), ..choice(NEW_PASSWORD) };
    world.portal.password_wizard().choose(&world.home(), &flow, &own).await.unwrap();
    let hashed = "SELECT COUNT(*) FROM security_questions WHERE answer_hash LIKE '$argon2id$%' AND question = 'own' \
                  AND question_sealed IS NOT NULL";
    assert_eq!(world.ctx.number(hashed).await, 1);
}

async fn a_question_can_be_switched_off(ctx: TestContext) {
    let links = PasswordLinkSettings { security_question: false, ..PasswordLinkSettings::default() };
    let world = World::with(ctx, Settings { password_links: links, ..settings() });
    world.parent().await;
    let flow = world.at_choose().await;
    let wizard = world.portal.password_wizard();
    assert!(!wizard.view(&flow).await.unwrap().asks_question);
    wizard.choose(&world.home(), &flow, &choice(NEW_PASSWORD)).await.unwrap();
    assert_eq!(world.count("security_questions").await, 0);
}

async fn owners_without_a_number_give_their_user_code(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent().await;
    let link = world.link().await;
    // The office takes the number away after the link was sent.
    world
        .ctx
        .execute("UPDATE people SET id_number_sealed = NULL, id_number_index = NULL, id_type = NULL")
        .await
        .unwrap();
    let wizard = world.portal.password_wizard();
    assert!(wizard.ticket(&link).await.unwrap().by_user_code);
    let refused = wizard.identify(&world.home(), &link, PARENT_ID).await;
    assert!(matches!(refused, Err(WizardError::OtherPerson)));
    wizard.identify(&world.home(), &link, &account.user_code.to_string().to_lowercase()).await.unwrap();
}

async fn without_a_mobile_the_code_goes_by_mail_where_allowed(ctx: TestContext) {
    let links = PasswordLinkSettings { code_by_mail: true, ..PasswordLinkSettings::default() };
    let world = World::with(ctx, Settings { password_links: links, ..settings() });
    world.add(&NewPerson { mobile: None, ..parent() }).await;
    let link = world.link().await;
    let flow = world.identified(&link).await;
    let view = world.portal.password_wizard().view(&flow).await.unwrap();
    assert_eq!((view.code_by_mail, view.nowhere_to_send), (true, false));
    let mail = only(world.inbox().await, "password_code");
    assert_eq!((mail.recipient.as_str(), mail.channel), (EMAIL, Channel::Mail));
    world.portal.password_wizard().verify(&world.home(), &flow, &code_of(&mail)).await.unwrap();

    // Elsewhere the help line has to help.
    let strict = World::with(world.ctx.clone(), settings());
    let link = strict.link().await;
    let flow = strict.identified(&link).await;
    let view = strict.portal.password_wizard().view(&flow).await.unwrap();
    assert_eq!((view.code_by_mail, view.nowhere_to_send), (false, true));
    assert!(strict.inbox().await.is_empty());
}

async fn nothing_is_shown_before_the_code(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let link = world.link().await;
    let flow = world.identified(&link).await;
    let view = world.portal.password_wizard().view(&flow).await.unwrap();
    assert_eq!((view.email.is_none(), view.mobile_masked.is_none()), (true, true));
    assert!(!view.context.knows_the_person());
    let refused = world.portal.password_wizard().judge(&flow, &password("anything at all, long")).await;
    assert!(matches!(refused, Err(WizardError::NotNow(WizardStep::Verify))), "{refused:?}");
}

async fn a_disabled_account_has_no_link(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent().await;
    let link = world.link().await;
    world.portal.admin().disable(&world.home(), &account.user_code).await.unwrap();
    assert_eq!(world.state(&link).await, TicketState::Used);
    world.portal.password_wizard().forgot(&world.home(), &il_id(PARENT_ID)).await.unwrap();
    assert!(world.inbox().await.is_empty());
}
