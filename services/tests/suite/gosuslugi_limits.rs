//! What limits the sign-in through Gosuslugi, and what must not: addresses, and a Gosuslugi that is slow. On both databases.

use services::Settings;
use services::esia::{EsiaError, Outage};
use services::gosuslugi::{CallbackParams, GosuslugiError};
use services::settings::AddressSettings;

use crate::common::TestContext;
use crate::gate::*;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    an_address_may_try_so_often,
    what_anybody_can_cause_locks_no_address_out,
    a_slow_gosuslugi_holds_so_many_and_no_more,
);

async fn an_address_may_try_so_often(ctx: TestContext) {
    let addresses = AddressSettings { code_requests: 40, failures: 30, ..AddressSettings::default() };
    let gate = Gate::with(ctx, Settings { addresses, ..settings() }).await;
    let world = &gate.world;
    let stranger = || account_with("1", "another@example.org", true);
    for _ in 0..30 {
        assert_eq!(gate.refused(stranger()).await, "no_such_student");
    }
    let until = world.now() + 10 * MINUTE;
    let sent = gate.send().await;
    gate.esia.say("code", Ok(account_with("2", BORIS_EMAIL, true)));
    let refused = gate.finish(&sent.with("code"), Some(&sent.browser)).await;
    assert!(matches!(refused, Err(GosuslugiError::TooMany { retry_at }) if retry_at == until), "{refused:?}");
    // From another address it is taken: nothing was used up.
    let gosuslugi = world.portal.gosuslugi();
    gosuslugi.finish(&world.elsewhere(), &sent.with("code"), Some(&sent.browser)).await.unwrap();
    for _ in 0..9 {
        gate.send().await;
    }
    assert!(matches!(gosuslugi.begin(&world.home()).await, Err(GosuslugiError::TooMany { .. })));
    gosuslugi.begin(&world.elsewhere()).await.unwrap();
    world.ctx.clock.advance(10 * MINUTE);
    gosuslugi.begin(&world.home()).await.unwrap();
}

async fn what_anybody_can_cause_locks_no_address_out(ctx: TestContext) {
    let addresses = AddressSettings { failures: 30, code_requests: 100, ..AddressSettings::default() };
    let gate = Gate::with(ctx, Settings { addresses, ..settings() }).await;
    let world = &gate.world;
    let stray = |state: &str| CallbackParams {
        code: Some("code".to_owned()),
        state: Some(state.to_owned()),
        ..CallbackParams::default()
    };
    // A page of another site has the browsers of a whole school fetch the address.
    for state in ["47e1f1e9-8b56-4666-ac02-d1408408e5f2", "x", ""] {
        for _ in 0..11 {
            let strays = gate.finish(&stray(state), None).await;
            assert!(matches!(strays, Err(GosuslugiError::State)), "{strays:?}");
        }
    }
    assert_eq!(world.audited("sign_in.gosuslugi", "failure").await, 0, "nobody tried to sign in");
    // Gosuslugi has changed its certificate, and nobody's answer is believed.
    for _ in 0..31 {
        let sent = gate.send().await;
        gate.esia.say("code", Err(EsiaError::State));
        let rejected = gate.finish(&sent.with("code"), Some(&sent.browser)).await;
        assert!(matches!(rejected, Err(GosuslugiError::Rejected)), "{rejected:?}");
    }
    assert_eq!(world.audited("sign_in.gosuslugi", "failure").await, 31);
    gate.enter(account_with("1", BORIS_EMAIL, true)).await.unwrap();
    // Who brings somebody else's answers is counted, with a cookie or without.
    for browser in [None, Some("x")].into_iter().cycle().take(30) {
        let sent = gate.send().await;
        let stolen = gate.finish(&sent.with("code"), browser).await;
        assert!(matches!(stolen, Err(GosuslugiError::State)), "{stolen:?}");
    }
    assert_eq!(world.audited("sign_in.gosuslugi", "failure").await, 61);
    assert_eq!(gate.refused(account_with("1", BORIS_EMAIL, true)).await, "GOSUSLUGI-09");
}

async fn a_slow_gosuslugi_holds_so_many_and_no_more(ctx: TestContext) {
    let gate = Gate::new(ctx).await;
    gate.esia.say("down", Err(EsiaError::Unavailable(Outage::TimedOut)));
    gate.esia.say("code", Ok(account_with("1", BORIS_EMAIL, true)));
    let last = gate.send().await;
    let mut sent = Vec::new();
    for _ in 0..64 {
        sent.push(gate.send().await);
    }
    let slow = gate.esia.slow.write().await;
    let wait = |sent: Sent| {
        let gate = gate.clone();
        tokio::spawn(async move { gate.finish(&sent.with("down"), Some(&sent.browser)).await })
    };
    let tasks: Vec<_> = sent.into_iter().map(wait).collect();
    for _ in 0..4_000 {
        if gate.esia.asked() == tasks.len() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(gate.esia.asked(), tasks.len());
    let busy = gate.finish(&last.with("code"), Some(&last.browser)).await;
    assert!(matches!(busy, Err(GosuslugiError::Busy { .. })), "{busy:?}");
    let busy = gate.world.portal.gosuslugi().begin(&gate.world.home()).await;
    assert!(matches!(busy, Err(GosuslugiError::Busy { .. })), "{busy:?}");
    drop(slow);
    for task in tasks {
        assert!(matches!(task.await.unwrap(), Err(GosuslugiError::Unavailable)));
    }
    // The answer that found no place is as good as before.
    assert_eq!(gate.finish(&last.with("code"), Some(&last.browser)).await.unwrap().session.person_id, gate.boris);
}
