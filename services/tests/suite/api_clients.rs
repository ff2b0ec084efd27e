//! Programs that use the API, and requests that come twice, on both databases.

use std::collections::BTreeSet;

use services::access::AccessError;
use services::api_clients::{ApiClientError, ApiScope, ListedApiClient};
use services::idempotency::{Idempotency, Known, LEASE_MS, Taken};
use services::{Session, Token};
use uuid::Uuid;

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;
use crate::staff::*;

on_both_databases!(
    a_program_acts_for_its_maker_and_is_never_fresh,
    only_a_system_administrator_lets_programs_in,
    a_token_needs_fresh_proof_and_sensible_figures,
    a_token_ends,
    a_token_is_worth_what_its_maker_is,
    tokens_are_not_stored,
    use_is_noted_once_a_minute,
    a_request_is_answered_once,
    a_key_belongs_to_one_request_and_one_owner,
    requests_at_once_are_done_once,
    a_request_that_was_not_done_can_be_made_again,
    answers_are_kept_for_a_day,
    nothing_of_a_request_is_stored_in_clear,
);

fn scopes() -> BTreeSet<ApiScope> {
    [ApiScope::ReadClasses, ApiScope::Import].into()
}

async fn create(school: &School, actor: &Session) -> Result<(ListedApiClient, Token), ApiClientError> {
    school.world.portal.api_clients().create(&school.world.home(), actor, " Timetable ", &scopes(), 30).await
}

async fn a_program_acts_for_its_maker_and_is_never_fresh(ctx: TestContext) {
    let school = School::new(ctx).await;
    let system = school.system().await.session;
    let (listed, token) = create(&school, &system).await.unwrap();
    assert_eq!((listed.name.as_str(), &listed.scopes), ("Timetable", &scopes()));
    assert_eq!(listed.expires_at, Some(school.world.now() + 30 * 24 * HOUR));
    let client = school.world.portal.api_clients().authenticate(&token).await.unwrap().unwrap();
    assert_eq!(
        (client.id, client.actor.person_id, &client.actor.grants),
        (listed.id, system.person_id, &system.grants)
    );
    assert!(client.may(ApiScope::Import) && !client.may(ApiScope::WritePeople));
    assert!(!client.actor.is_fresh(school.world.now()));
    let proof = school.world.portal.fresh_proof();
    assert!(proof.give(&school.world.home(), &client.actor, &password(GOOD_PASSWORD)).await.is_err());
    let again = school.world.portal.api_clients().authenticate(&token).await.unwrap().unwrap();
    assert!(!again.actor.is_fresh(school.world.now()));
    let unknown = Token::generate(school.world.portal.rng());
    assert!(school.world.portal.api_clients().authenticate(&unknown).await.unwrap().is_none());
}

async fn only_a_system_administrator_lets_programs_in(ctx: TestContext) {
    let school = School::new(ctx).await;
    let visit = school.world.home();
    let system = school.system().await.session;
    let (listed, token) = create(&school, &system).await.unwrap();
    let clients = school.world.portal.api_clients();
    for actor in
        [school.class_teacher().await.session, school.deputy().await.session, school.administrator().await.session]
    {
        let refused = create(&school, &actor).await;
        assert!(matches!(refused, Err(ApiClientError::Access(AccessError::Refused))));
        let refused = clients.list(&visit, &actor).await;
        assert!(matches!(refused, Err(ApiClientError::Access(AccessError::Refused))));
        let refused = clients.revoke(&visit, &actor, listed.id).await;
        assert!(matches!(refused, Err(ApiClientError::Access(AccessError::Refused))));
    }
    assert_eq!(school.world.count("api_clients").await, 1);
    assert!(clients.authenticate(&token).await.unwrap().is_some());
    assert_eq!(clients.list(&visit, &system).await.unwrap().len(), 1);
}

async fn a_token_needs_fresh_proof_and_sensible_figures(ctx: TestContext) {
    let school = School::new(ctx).await;
    let visit = school.world.home();
    let system = school.system().await;
    let clients = school.world.portal.api_clients();
    let none = clients.create(&visit, &system.session, "Timetable", &BTreeSet::new(), 30).await;
    assert!(matches!(none, Err(ApiClientError::NoScope)));
    for name in ["", "  ", &"n".repeat(81)] {
        let refused = clients.create(&visit, &system.session, name, &scopes(), 30).await;
        assert!(matches!(refused, Err(ApiClientError::Name)));
    }
    for days in [0, 367] {
        let refused = clients.create(&visit, &system.session, "Timetable", &scopes(), days).await;
        assert!(matches!(refused, Err(ApiClientError::Days)));
    }
    school.world.ctx.clock.advance(5 * MINUTE);
    let stale = school.again(&system).await;
    assert!(matches!(create(&school, &stale).await, Err(ApiClientError::ProofNeeded)));
    school.world.portal.fresh_proof().give(&visit, &stale, &password(GOOD_PASSWORD)).await.unwrap();
    create(&school, &school.again(&system).await).await.unwrap();
}

async fn a_token_ends(ctx: TestContext) {
    let school = School::new(ctx).await;
    let visit = school.world.home();
    let system = school.system().await.session;
    let clients = school.world.portal.api_clients();
    let (first, token) = create(&school, &system).await.unwrap();
    let (second, other) = create(&school, &system).await.unwrap();
    clients.revoke(&visit, &system, first.id).await.unwrap();
    assert!(clients.authenticate(&token).await.unwrap().is_none());
    assert!(clients.authenticate(&other).await.unwrap().is_some());
    let twice = clients.revoke(&visit, &system, first.id).await;
    assert!(matches!(twice, Err(ApiClientError::Access(AccessError::NotFound))));
    let live: Vec<_> = clients.list(&visit, &system).await.unwrap();
    assert_eq!(
        live.iter().filter(|client| client.is_live(school.world.now())).map(|client| client.id).collect::<Vec<_>>(),
        [second.id]
    );
    school.world.ctx.clock.advance(30 * 24 * HOUR);
    assert!(clients.authenticate(&other).await.unwrap().is_none());
    assert_eq!(school.world.audited("api_client.changed", "success").await, 3);
}

async fn a_token_is_worth_what_its_maker_is(ctx: TestContext) {
    let school = School::new(ctx).await;
    let system = school.system().await;
    let clients = school.world.portal.api_clients();
    let (_, token) = create(&school, &system.session).await.unwrap();
    let admin = school.world.portal.admin();
    admin.disable(&school.world.home(), &system.account.user_code).await.unwrap();
    assert!(clients.authenticate(&token).await.unwrap().is_none());
    admin.enable(&school.world.home(), &system.account.user_code).await.unwrap();
    assert!(clients.authenticate(&token).await.unwrap().is_some());
    school.world.ctx.execute("DELETE FROM roles").await.unwrap();
    assert!(clients.authenticate(&token).await.unwrap().is_none());
}

async fn tokens_are_not_stored(ctx: TestContext) {
    let school = School::new(ctx).await;
    let system = school.system().await.session;
    let (_, token) = create(&school, &system).await.unwrap();
    let sql = "SELECT token_hash FROM api_clients";
    let stored: Vec<u8> =
        services::on_read!(school.world.portal.db(), |p| sqlx::query_scalar(sql).fetch_one(p).await).unwrap();
    assert_eq!(stored, token.hash());
    let shown = format!("{:?}", school.world.portal.api_clients().authenticate(&token).await.unwrap());
    assert!(!shown.contains(&token.to_base64url()));
}

async fn use_is_noted_once_a_minute(ctx: TestContext) {
    let school = School::new(ctx).await;
    let system = school.system().await.session;
    let (_, token) = create(&school, &system).await.unwrap();
    let clients = school.world.portal.api_clients();
    let used = "SELECT COALESCE(last_used_at, 0) FROM api_clients";
    let begun = school.world.now();
    clients.authenticate(&token).await.unwrap();
    assert_eq!(school.world.ctx.number(used).await, begun);
    school.world.ctx.clock.advance(MINUTE - 1);
    clients.authenticate(&token).await.unwrap();
    assert_eq!(school.world.ctx.number(used).await, begun);
    school.world.ctx.clock.advance(1);
    clients.authenticate(&token).await.unwrap();
    assert_eq!(school.world.ctx.number(used).await, begun + MINUTE);
}

const OWNER: Uuid = Uuid::from_u128(7);
const OTHER: Uuid = Uuid::from_u128(8);

/// The key `k-1` of [`OWNER`], taken for the request 1.
async fn taken(requests: Idempotency<'_>) -> Taken {
    match requests.find(OWNER, "k-1", &[1; 32], LEASE_MS).await.unwrap() {
        Known::Fresh(taken) => taken,
        known => panic!("{known:?}"),
    }
}

async fn a_request_is_answered_once(ctx: TestContext) {
    let world = World::new(ctx);
    let requests = world.portal.idempotency();
    let taken = taken(requests).await;
    assert_eq!(requests.find(OWNER, "k-1", &[1; 32], LEASE_MS).await.unwrap(), Known::Running);
    requests.store(&taken, 200, b"{\"id\":7}", Some(3)).await.unwrap();
    for _ in 0..2 {
        let known = requests.find(OWNER, "k-1", &[1; 32], LEASE_MS).await.unwrap();
        assert_eq!(known, Known::Same { status: 200, body: b"{\"id\":7}".to_vec(), version: Some(3) });
    }
}

async fn a_key_belongs_to_one_request_and_one_owner(ctx: TestContext) {
    let world = World::new(ctx);
    let requests = world.portal.idempotency();
    let mine = taken(requests).await;
    assert_eq!(requests.find(OWNER, "k-1", &[2; 32], LEASE_MS).await.unwrap(), Known::Other);
    requests.store(&mine, 200, b"mine", None).await.unwrap();
    assert_eq!(requests.find(OWNER, "k-1", &[2; 32], LEASE_MS).await.unwrap(), Known::Other);
    let theirs = requests.find(OTHER, "k-1", &[1; 32], LEASE_MS).await.unwrap();
    assert!(matches!(theirs, Known::Fresh(_)), "another owner's key is another key");
    let known = requests.find(OWNER, "k-1", &[1; 32], LEASE_MS).await.unwrap();
    assert_eq!(known, Known::Same { status: 200, body: b"mine".to_vec(), version: None });
}

async fn requests_at_once_are_done_once(ctx: TestContext) {
    let world = World::new(ctx);
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let portal = world.portal.clone();
        asking.spawn(async move { portal.idempotency().find(OWNER, "k-1", &[1; 32], LEASE_MS).await.unwrap() });
    }
    let known = asking.join_all().await;
    assert_eq!(known.iter().filter(|known| matches!(known, Known::Fresh(_))).count(), 1);
    assert_eq!(known.iter().filter(|known| **known == Known::Running).count(), 9);
}

async fn a_request_that_was_not_done_can_be_made_again(ctx: TestContext) {
    let world = World::new(ctx);
    let requests = world.portal.idempotency();
    requests.release(&taken(requests).await).await.unwrap();
    let slow = taken(requests).await;
    // Nobody said how it ended: its process died, or it took too long.
    world.ctx.clock.advance(LEASE_MS);
    let again = taken(requests).await;
    requests.release(&slow).await.unwrap();
    requests.store(&slow, 500, b"too late", None).await.unwrap();
    assert_eq!(requests.find(OWNER, "k-1", &[1; 32], LEASE_MS).await.unwrap(), Known::Running);
    requests.store(&again, 204, b"", None).await.unwrap();
    // What was answered is not given back.
    requests.release(&again).await.unwrap();
    let known = requests.find(OWNER, "k-1", &[1; 32], LEASE_MS).await.unwrap();
    assert!(matches!(known, Known::Same { status: 204, .. }));
}

async fn answers_are_kept_for_a_day(ctx: TestContext) {
    let world = World::new(ctx);
    let requests = world.portal.idempotency();
    requests.store(&taken(requests).await, 200, b"{}", None).await.unwrap();
    world.ctx.clock.advance(24 * HOUR - 1);
    let known = requests.find(OWNER, "k-1", &[1; 32], LEASE_MS).await.unwrap();
    assert!(matches!(known, Known::Same { .. }));
    assert_eq!(world.portal.housekeeping().run().await.unwrap().idempotency_keys, 0);
    world.ctx.clock.advance(1);
    assert_eq!(world.portal.housekeeping().run().await.unwrap().idempotency_keys, 1);
    let known = requests.find(OWNER, "k-1", &[9; 32], LEASE_MS).await.unwrap();
    assert!(matches!(known, Known::Fresh(_)));
}

async fn nothing_of_a_request_is_stored_in_clear(ctx: TestContext) {
    let world = World::new(ctx);
    let requests = world.portal.idempotency();
    requests.store(&taken(requests).await, 200, b"+972501234567", None).await.unwrap();
    let sql = "SELECT request, body_sealed FROM idempotency_keys";
    let (request, body): (Vec<u8>, Vec<u8>) =
        services::on_read!(world.portal.db(), |p| sqlx::query_as(sql).fetch_one(p).await).unwrap();
    assert_ne!(request, [1_u8; 32], "the hash of a number is as good as the number");
    assert!(!String::from_utf8_lossy(&body).contains("972501234567"));
}
