//! Keys and sealing, without a database; resealing and the key check with one.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use services::crypto::{KeyRing, Sealer, columns, row_of_number};
use services::outbox::{Channel, NewMessage, Outbox};
use services::store::meta;
use services::store::reseal::{ResealError, reseal};
use services::{CryptoError, KeyRingError, SeededRng, StoreError};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::common::TestContext;
use crate::on_both_databases;

on_both_databases!(
    a_rotated_ring_still_reads_and_resealing_moves_everything_to_the_new_key,
    resealing_stops_at_a_value_it_cannot_open_and_goes_on_later,
    the_database_knows_its_key_ring,
    two_replicas_starting_at_once_agree_on_the_keys,
);

fn ring(seed: u64) -> KeyRing {
    KeyRing::generate(&SeededRng::new(seed), 1_000)
}

fn row(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

#[test]
fn a_sealed_value_opens_in_its_own_place_only() {
    let rng = SeededRng::new(9);
    let sealer = Sealer::new(&ring(1));
    let sealed = sealer.seal(&rng, columns::PEOPLE_MOBILE, row(1), b"+972501234567");
    assert_eq!(sealed.len(), 13 + 45);
    assert_eq!(sealed[..5], [1, 0, 0, 0, 1], "version and key id");
    assert_eq!(sealer.open(columns::PEOPLE_MOBILE, row(1), &sealed), Ok(b"+972501234567".to_vec()));
    let elsewhere = [
        sealer.open(columns::PEOPLE_EMAIL, row(1), &sealed),
        sealer.open(columns::PEOPLE_MOBILE, row(2), &sealed),
        Sealer::new(&ring(2)).open(columns::PEOPLE_MOBILE, row(1), &sealed),
    ];
    assert_eq!(elsewhere, [const { Err(CryptoError::Tampered) }; 3]);
}

#[test]
fn every_changed_byte_is_noticed() {
    let sealer = Sealer::new(&ring(1));
    let sealed = sealer.seal(&SeededRng::new(9), columns::PEOPLE_MOBILE, row(1), b"x");
    for position in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[position] ^= 1;
        let error = sealer.open(columns::PEOPLE_MOBILE, row(1), &changed).unwrap_err();
        let expected = match position {
            0 => CryptoError::Malformed,
            1..=4 => CryptoError::UnknownKey(u32::from_be_bytes(changed[1..5].try_into().unwrap())),
            _ => CryptoError::Tampered,
        };
        assert_eq!(error, expected, "byte {position}");
    }
    for length in 0..sealed.len() {
        assert!(sealer.open(columns::PEOPLE_MOBILE, row(1), &sealed[..length]).is_err());
    }
}

#[test]
fn equal_values_never_look_equal_but_are_found() {
    let rng = SeededRng::new(9);
    let sealer = Sealer::new(&ring(1));
    let seal = || sealer.seal(&rng, columns::PEOPLE_MOBILE, row(1), b"+972501234567");
    assert_ne!(seal(), seal());
    let index = sealer.blind_index(columns::PEOPLE_MOBILE, "+972501234567");
    assert_eq!(index, sealer.blind_index(columns::PEOPLE_MOBILE, "+972501234567"));
    assert_ne!(index, sealer.blind_index(columns::PEOPLE_MOBILE, "+972501234568"));
    assert_ne!(index, sealer.blind_index(columns::PEOPLE_EMAIL, "+972501234567"));
    assert_ne!(index, Sealer::new(&ring(2)).blind_index(columns::PEOPLE_MOBILE, "+972501234567"));
}

#[test]
fn a_keyed_hash_counts_its_parts() {
    let sealer = Sealer::new(&ring(1));
    let mac = sealer.mac("code", &[b"ab", b"c"]);
    assert_eq!(mac, sealer.mac("code", &[b"ab", b"c"]));
    assert_ne!(mac, sealer.mac("code", &[b"a", b"bc"]));
    assert_ne!(mac, sealer.mac("code", &[b"abc"]));
    assert_ne!(mac, sealer.mac("code", &[b"ab", b"c", b""]));
    assert_ne!(mac, sealer.mac("other", &[b"ab", b"c"]));
    assert_ne!(mac, Sealer::new(&ring(2)).mac("code", &[b"ab", b"c"]));
}

#[test]
fn the_formats_never_change() {
    // Stored values depend on these bytes: a change makes every row unfindable. The figures were computed by a program of
    // its own that follows the description at the head of `crypto.rs`, not by this code.
    let sealer = Sealer::new(&ring(1));
    let hex = |bytes: [u8; 32]| bytes.map(|byte| format!("{byte:02x}")).concat();
    assert_eq!(
        hex(sealer.blind_index(columns::PEOPLE_ID_NUMBER, "039337423")),
        "a87f00fcfa22760c1f291b001b75f6212c4c2d696cea2d92c41bf9316c283ba0"
    );
    assert_eq!(
        hex(sealer.mac("code", &[b"123456"])),
        "7bf34dfd84b9ae47d8b10b11a59dc1450594bbc82a31734ad4c21837a8df3bb4"
    );
    // And so does what is sealed.
    let sealed = sealer.seal(&SeededRng::new(9), columns::PEOPLE_MOBILE, row(1), b"+972501234567");
    assert_eq!(
        sealed.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        "01000000011df0cb55fc273df82d7466cb55a8f7446278033f7250cc88e1fa72cb144a940c3ac807dcb1506e2ae9faa0f37b6b10fa9c4b7305a3"
    );
}

#[test]
fn numbered_rows_have_ids_of_their_own() {
    assert_eq!(row_of_number(1), row(1));
    assert_ne!(row_of_number(-1), row_of_number(i64::MAX));
}

proptest! {
    #[test]
    fn what_is_sealed_opens(plain in proptest::collection::vec(any::<u8>(), 0..300), id in any::<u128>(), seed in any::<u64>()) {
        let sealer = Sealer::new(&ring(1));
        let sealed = sealer.seal(&SeededRng::new(seed), columns::PEOPLE_EMAIL, row(id), &plain);
        prop_assert_eq!(sealer.open(columns::PEOPLE_EMAIL, row(id), &sealed), Ok(plain));
    }

    #[test]
    fn rubbish_never_opens(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
        let sealer = Sealer::new(&ring(1));
        prop_assert!(sealer.open(columns::PEOPLE_EMAIL, row(1), &bytes).is_err());
        let envelope = [&sealer.current_header(), bytes.as_slice()].concat();
        prop_assert!(sealer.open(columns::PEOPLE_EMAIL, row(1), &envelope).is_err());
    }
}

#[test]
fn a_key_ring_survives_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let mut ring = ring(1);
    ring.create(&path).unwrap();
    let sealed = Sealer::new(&ring).seal(&SeededRng::new(9), columns::PEOPLE_EMAIL, row(1), b"a@b.c");

    ring.rotate(&SeededRng::new(5), 2_000);
    ring.save(&path).unwrap();
    let loaded = KeyRing::load(&path).unwrap();
    assert_eq!(loaded.current_id(), 2);
    assert_eq!(loaded.key_dates().collect::<Vec<_>>(), [(1, 1_000), (2, 2_000)]);
    let sealer = Sealer::new(&loaded);
    assert_eq!(sealer.open(columns::PEOPLE_EMAIL, row(1), &sealed), Ok(b"a@b.c".to_vec()));
    assert!(!sealer.is_current(&sealed));
    let fresh = sealer.seal(&SeededRng::new(8), columns::PEOPLE_EMAIL, row(1), b"a@b.c");
    assert!(sealer.is_current(&fresh));
    assert_eq!(Sealer::new(&ring).open(columns::PEOPLE_EMAIL, row(1), &fresh), Ok(b"a@b.c".to_vec()));
    assert_eq!(names(folder.path()), ["keys.toml"], "no temporary file is left behind");
}

#[test]
fn creating_never_replaces_a_key_ring() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    ring(1).create(&path).unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(ring(2).create(&path), Err(KeyRingError::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(folder.path()), ["keys.toml"]);
    assert!(matches!(ring(1).create(&folder.path().join("missing/keys.toml")), Err(KeyRingError::Io { .. })));
}

#[cfg(unix)]
#[test]
fn keys_that_others_may_read_are_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    ring(1).save(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    for mode in [0o640, 0o604, 0o610, 0o644] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = KeyRing::load(&path).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
        assert_eq!(error.code(), "KEYS-02");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(KeyRing::load(&path).is_ok());
}

#[test]
fn a_broken_key_file_is_refused_without_showing_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    ring(1).save(&path).unwrap();
    let good = fs::read_to_string(&path).unwrap();
    let keys: Vec<&str> = good.split('"').filter(|part| part.len() == 44).collect();
    assert_eq!(keys.len(), 3);
    let broken = [
        String::new(),
        good.replace("current = 1", "current = 7"),
        good.replace("format = 1", "format = 2"),
        good.replace("current", "curent"),
        good.replace(keys[0], &keys[0][..40]),
        good.replace(keys[1], "!!!"),
        good.replace(&format!("\"{}\"", keys[2]), keys[2]),
        good[..good.len() - 20].to_owned(),
    ];
    for text in broken {
        fs::write(&path, &text).unwrap();
        let error = KeyRing::load(&path).unwrap_err();
        assert_eq!(error.code(), "KEYS-04", "{text}");
        let shown = format!("{error} {error:?}");
        assert!(keys.iter().all(|key| !shown.contains(&key[..12])), "{shown}");
    }
    assert!(matches!(KeyRing::load(&folder.path().join("none.toml")), Err(KeyRingError::Io { verb: "read", .. })));
}

#[test]
fn debug_shows_no_key() {
    let ring = ring(1);
    assert_eq!(format!("{ring:?}"), "KeyRing(current 1, 1 sealing keys)");
    assert_eq!(format!("{:?}", Sealer::new(&ring)), "Sealer(current key 1)");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A person with a mobile and a birth date; the other values are absent.
async fn insert_person(ctx: &TestContext, id: u128) {
    const SQL: &str = "INSERT INTO people (id, surname, given_name, birth_date_sealed, mobile_sealed, version, created_at, \
         updated_at) VALUES ($1, 'S', 'G', $2, $3, 7, 1, 1)";
    let seal = |column, text: &[u8]| ctx.sealer.seal(ctx.rng.as_ref(), column, row(id), text);
    let birth = seal(columns::PEOPLE_BIRTH_DATE, b"2015-06-03");
    let mobile = seal(columns::PEOPLE_MOBILE, format!("+97250{id:07}").as_bytes());
    let mut tx = ctx.db.begin().await.unwrap();
    services::on_tx!(&mut tx, |c| sqlx::query(SQL).bind(row(id)).bind(birth).bind(mobile).execute(c).await.map(drop))
        .unwrap();
    tx.commit().await.unwrap();
}

async fn sealed(ctx: &TestContext, column: &str, table: &str, id: Uuid) -> Option<Vec<u8>> {
    let sql = AssertSqlSafe(format!("SELECT {column} FROM {table} WHERE id = $1"));
    services::on_read!(&ctx.db, |p| sqlx::query_scalar(sql).bind(id).fetch_one(p).await).unwrap()
}

async fn mobile(ctx: &TestContext, id: u128) -> Vec<u8> {
    sealed(ctx, "mobile_sealed", "people", row(id)).await.unwrap()
}

async fn a_rotated_ring_still_reads_and_resealing_moves_everything_to_the_new_key(ctx: TestContext) {
    for id in 1..=7 {
        insert_person(&ctx, id).await;
    }
    insert_session(&ctx).await;
    let message = NewMessage {
        idempotency_key: "k".to_owned(),
        channel: Channel::Sms,
        event: "test",
        locale: domain::Locale::default(),
        account: None,
        recipient: "+972501234567".to_owned(),
        recipient_hint: String::new(),
        payload: serde_json::json!({ "code": "123456" }),
        expires_at: crate::common::START + 1_000_000,
    };
    let mut tx = ctx.db.begin().await.unwrap();
    Outbox::new(ctx.context()).enqueue(&mut tx, message).await.unwrap();
    tx.commit().await.unwrap();

    let mut ring = ctx.ring.clone();
    ring.rotate(ctx.rng.as_ref(), crate::common::START);
    let ctx = ctx.with_ring(&ring);
    let old = mobile(&ctx, 3).await;
    assert!(!ctx.sealer.is_current(&old));
    assert_eq!(ctx.sealer.open(columns::PEOPLE_MOBILE, row(3), &old).unwrap(), b"+972500000003");
    // One person is written by the portal before resealing comes along.
    insert_person(&ctx, 8).await;
    let untouched = mobile(&ctx, 8).await;

    let mut steps = Vec::new();
    let done = reseal(&ctx.context(), 3, |so_far| steps.push(so_far)).await.unwrap();
    assert_eq!(done, 9, "seven people, one session, one message");
    assert_eq!(steps, [3, 6, 7, 8, 9]);
    for id in 1..=8 {
        let fresh = mobile(&ctx, id).await;
        assert!(ctx.sealer.is_current(&fresh));
        assert_eq!(
            ctx.sealer.open(columns::PEOPLE_MOBILE, row(id), &fresh).unwrap(),
            format!("+97250{id:07}").into_bytes()
        );
    }
    assert_eq!(mobile(&ctx, 8).await, untouched);
    assert_eq!(sealed(&ctx, "email_sealed", "people", row(1)).await, None);
    assert_eq!(
        ctx.number("SELECT COUNT(*) FROM people WHERE version = 7 AND updated_at = 1").await,
        8,
        "resealing is no change of the person"
    );
    let address = sealed(&ctx, "address_sealed", "sessions", row(12)).await.unwrap();
    assert_eq!(ctx.sealer.open(columns::SESSIONS_ADDRESS, row(12), &address).unwrap(), b"203.0.113.9");
    let leased = Outbox::new(ctx.context()).lease("w", 10, 1_000).await.unwrap();
    assert_eq!(leased[0].recipient, "+972501234567");
    assert_eq!(reseal(&ctx.context(), 3, |_| ()).await.unwrap(), 0);
}

async fn insert_session(ctx: &TestContext) {
    const ACCOUNT: &str = "INSERT INTO accounts (id, person_id, user_code, created_at) VALUES ($1, $2, 'AAAA', 1)";
    const SESSION: &str = "INSERT INTO sessions (id, token_hash, account_id, method, device, address_sealed, created_at, \
             last_seen_at, idle_ms, expires_at, fresh_until) VALUES ($1, $2, $3, 'code', 'd', $4, 1, 1, 1, 1, 1)";
    let address = ctx.sealer.seal(ctx.rng.as_ref(), columns::SESSIONS_ADDRESS, row(12), b"203.0.113.9");
    let mut tx = ctx.db.begin().await.unwrap();
    services::on_tx!(&mut tx, |c| {
        let account = sqlx::query(ACCOUNT).bind(row(11)).bind(row(1)).execute(&mut *c).await;
        account.unwrap();
        let session = sqlx::query(SESSION).bind(row(12)).bind(vec![1_u8; 32]).bind(row(11)).bind(address);
        session.execute(&mut *c).await.map(drop)
    })
    .unwrap();
    tx.commit().await.unwrap();
}

async fn resealing_stops_at_a_value_it_cannot_open_and_goes_on_later(ctx: TestContext) {
    for id in 1..=4 {
        insert_person(&ctx, id).await;
    }
    let good = mobile(&ctx, 3).await;
    let mut ring = ctx.ring.clone();
    ring.rotate(ctx.rng.as_ref(), crate::common::START);
    let ctx = ctx.with_ring(&ring);
    let swap = |bytes: Vec<u8>| {
        let ctx = ctx.clone();
        async move {
            let mut tx = ctx.db.begin().await.unwrap();
            services::on_tx!(&mut tx, |c| {
                sqlx::query("UPDATE people SET mobile_sealed = $2 WHERE id = $1")
                    .bind(row(3))
                    .bind(bytes)
                    .execute(c)
                    .await
                    .map(drop)
            })
            .unwrap();
            tx.commit().await.unwrap();
        }
    };
    swap(mobile(&ctx, 2).await).await;

    let error = reseal(&ctx.context(), 2, |_| ()).await.unwrap_err();
    assert!(matches!(error, ResealError::Crypto { column: "people.mobile", row: r, .. } if r == row(3)));
    assert!(ctx.sealer.is_current(&mobile(&ctx, 2).await), "the first batch is kept");
    assert!(!ctx.sealer.is_current(&mobile(&ctx, 4).await));

    swap(good).await;
    assert_eq!(reseal(&ctx.context(), 2, |_| ()).await.unwrap(), 2);
    assert!(ctx.sealer.is_current(&mobile(&ctx, 4).await));
}

async fn the_database_knows_its_key_ring(ctx: TestContext) {
    let check = |ring: KeyRing| {
        let ctx = ctx.clone();
        async move { meta::check_keys(&ctx.db, &Sealer::new(&ring), ctx.rng.as_ref()).await }
    };
    check(ctx.ring.clone()).await.unwrap();
    let stranger = check(ring(99)).await;
    assert!(matches!(stranger, Err(StoreError::KeyMismatch)));
    check(ctx.ring.clone()).await.expect("the stranger changed nothing");

    let mut rotated = ctx.ring.clone();
    rotated.rotate(ctx.rng.as_ref(), crate::common::START);
    check(rotated.clone()).await.unwrap();
    // A backup of the ring from before the rotation could not read what was written since.
    assert!(matches!(check(ctx.ring.clone()).await, Err(StoreError::KeyMismatch)));
    // Nor could one that was rotated on its own.
    let mut other = ctx.ring.clone();
    other.rotate(&SeededRng::new(77), crate::common::START);
    assert!(matches!(check(other).await, Err(StoreError::KeyMismatch)));
    check(rotated).await.unwrap();
}

async fn two_replicas_starting_at_once_agree_on_the_keys(ctx: TestContext) {
    ctx.execute("DELETE FROM meta").await.unwrap();
    let mut replicas = Vec::new();
    for seed in 0..8 {
        let db = ctx.connect_again().await;
        let ring = ring(seed % 2);
        replicas.push(tokio::spawn(async move {
            let result = meta::check_keys(&db, &Sealer::new(&ring), &SeededRng::new(seed + 100)).await;
            db.close().await;
            result.is_ok()
        }));
    }
    let mut agreed = Vec::new();
    for replica in replicas {
        agreed.push(replica.await.unwrap());
    }
    let evens: Vec<bool> = agreed.iter().step_by(2).copied().collect();
    let odds: Vec<bool> = agreed.iter().skip(1).step_by(2).copied().collect();
    assert!(evens.iter().all(|ok| *ok == evens[0]) && odds.iter().all(|ok| *ok == odds[0]));
    assert_ne!(evens[0], odds[0], "exactly one of the two rings is this database's");
}
