//! Limits by address, and what the table of limits tells, on both databases.

use std::net::IpAddr;

use services::settings::AddressSettings;
use services::{Settings, SignInError, Visit};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    a_subscriber_of_ipv6_is_one_address,
    an_ipv4_address_is_one_however_it_arrives,
    wrong_codes_and_wrong_passwords_of_an_address_count_together,
    without_an_address_only_the_account_counts,
    the_table_tells_neither_who_nor_from_where,
    places_for_codes_are_given_to_a_few_of_many_at_once,
);

fn at(world: &World, address: &str) -> Visit {
    Visit { address: Some(address.parse::<IpAddr>().unwrap()), ..world.home() }
}

fn few_requests(ctx: TestContext) -> World {
    let addresses = AddressSettings { code_requests: 30, failures: 30, ..AddressSettings::default() };
    World::with(ctx, Settings { addresses, ..settings() })
}

async fn a_subscriber_of_ipv6_is_one_address(ctx: TestContext) {
    let world = few_requests(ctx);
    for host in 0..30 {
        world.begin(&at(&world, &format!("2001:db8:0:1::{host:x}")), UNKNOWN_ID).await.unwrap();
    }
    let refused = world.begin(&at(&world, "2001:db8:0:1:ffff::1"), UNKNOWN_ID).await;
    assert!(matches!(refused, Err(SignInError::TooMany { .. })));
    assert!(world.begin(&at(&world, "2001:db8:0:2::1"), UNKNOWN_ID).await.is_ok());
}

async fn an_ipv4_address_is_one_however_it_arrives(ctx: TestContext) {
    let world = few_requests(ctx);
    for _ in 0..30 {
        world.begin(&at(&world, "::ffff:192.0.2.1"), UNKNOWN_ID).await.unwrap();
    }
    let refused = world.begin(&at(&world, "192.0.2.1"), UNKNOWN_ID).await;
    assert!(matches!(refused, Err(SignInError::TooMany { .. })));
}

async fn wrong_codes_and_wrong_passwords_of_an_address_count_together(ctx: TestContext) {
    let world = few_requests(ctx);
    world.parent().await;
    let started = world.begin(&world.elsewhere(), PARENT_ID).await.unwrap();
    let code = world.code().await;
    let codes = world.portal.codes();
    for _ in 0..4 {
        assert!(codes.verify(&world.home(), &started.token, &other_than(&code)).await.is_err());
    }
    let passwords = world.portal.passwords();
    for number in 0..26 {
        let typed = format!("guess{number}");
        assert!(passwords.sign_in(&world.home(), &typed, &password("x"), None).await.is_err());
    }
    let refused = codes.verify(&world.home(), &started.token, &code).await;
    assert!(matches!(refused, Err(SignInError::TooMany { .. })), "{refused:?}");
    let refused = passwords.sign_in(&world.home(), "guess", &password("x"), None).await;
    assert!(matches!(refused, Err(SignInError::TooMany { .. })));
    assert!(codes.verify(&world.elsewhere(), &started.token, &code).await.is_ok(), "from elsewhere all is well");
}

async fn without_an_address_only_the_account_counts(ctx: TestContext) {
    let world = few_requests(ctx);
    let nowhere = Visit { address: None, ..world.home() };
    for _ in 0..40 {
        world.begin(&nowhere, UNKNOWN_ID).await.unwrap();
    }
    let passwords = world.portal.passwords();
    for _ in 0..5 {
        let refused = passwords.sign_in(&nowhere, "guess", &password("x"), None).await;
        assert!(matches!(refused, Err(SignInError::Wrong)));
    }
    let refused = passwords.sign_in(&nowhere, "guess", &password("x"), None).await;
    assert!(matches!(refused, Err(SignInError::Wait { .. })));
}

async fn the_table_tells_neither_who_nor_from_where(ctx: TestContext) {
    let world = World::new(ctx);
    let account = world.parent().await;
    world.begin(&world.home(), PARENT_ID).await.unwrap();
    let passwords = world.portal.passwords();
    let code = account.user_code.as_str();
    assert!(passwords.sign_in(&world.home(), code, &password("x"), None).await.is_err());
    assert!(world.count("throttles").await > 0);
    // Subjects are MACs of 32 bytes, some narrowed down by up to 16 more; scopes are names of limits.
    let odd = "SELECT COUNT(*) FROM throttles WHERE LENGTH(subject) NOT IN (32, 33, 48)";
    assert_eq!(world.ctx.number(odd).await, 0);
    let scopes = "SELECT COUNT(*) FROM throttles WHERE scope NOT IN ('code.sends', 'code.wrong', 'address.code_requests', \
                  'address.failures', 'password.account', 'password.address', 'password.device', 'password.notices')";
    assert_eq!(world.ctx.number(scopes).await, 0);
}

async fn places_for_codes_are_given_to_a_few_of_many_at_once(ctx: TestContext) {
    let world = World::new(ctx);
    world.parent().await;
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { world.begin(&world.home(), PARENT_ID).await.unwrap().view.sent_at.is_some() })
        })
        .collect();
    let mut sent = 0;
    for request in requests {
        sent += usize::from(request.await.unwrap());
    }
    assert_eq!(sent, 3, "the others see the wait");
    assert_eq!(world.inbox().await.len(), 3);
}
