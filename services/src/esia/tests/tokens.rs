//! Tokens: the right ones, and every way in which one can be wrong.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::NOW;
use super::files::{certificate, jwt, rsa_sign};
use crate::clock::SECOND;
use crate::esia::certificate::Certificate;
use crate::esia::error::TokenFault;
use crate::esia::gost::testing;
use crate::esia::token::{Access, Expected, Identity, access, identity};

const NOW_S: i64 = NOW / SECOND;
pub(super) const ISSUER: &str = "http://esia-portal1.test.gosuslugi.ru/";
pub(super) const CLIENT: &str = "TEST111";
pub(super) const OID: u64 = 1_000_299_654;

pub(super) fn header(algorithm: &str, kind: &str) -> Value {
    json!({"ver": 1, "typ": "JWT", "sbt": kind, "alg": algorithm})
}

pub(super) fn access_claims() -> Value {
    json!({"nbf": NOW_S, "scope": format!("openid snils?oid={OID} email?oid={OID}"), "iss": ISSUER,
        "urn:esia:sid": "a", "urn:esia:sbj_id": OID, "exp": NOW_S + 3_600, "iat": NOW_S, "client_id": CLIENT})
}

pub(super) fn id_claims() -> Value {
    json!({"aud": CLIENT, "sub": OID, "nbf": NOW_S, "amr": "PWD", "auth_time": NOW_S, "iss": ISSUER,
        "exp": NOW_S + 3_600, "iat": NOW_S,
        "urn:esia:sbj": {"urn:esia:sbj:lvl": "PR", "urn:esia:sbj:typ": "P", "urn:esia:sbj:is_tru": true,
        "urn:esia:sbj:oid": OID, "urn:esia:sbj:nam": "OID.1000299654"}})
}

pub(super) fn rsa(header: &Value, claims: &Value) -> String {
    jwt(header, claims, |message| rsa_sign("rsa.key.pem", message))
}

fn id_token(change: impl Fn(&mut Value)) -> String {
    let mut claims = id_claims();
    change(&mut claims);
    rsa(&header("RS256", "id"), &claims)
}

fn check_with(token: &str, certificates: &[Certificate], now: i64) -> Result<Identity, TokenFault> {
    identity(token, &Expected { certificates, issuer: ISSUER, client_id: CLIENT, now, skew_s: 60 })
}

fn check(token: &str) -> Result<Identity, TokenFault> {
    check_with(token, &[certificate("gost.crt.pem"), certificate("rsa.crt.pem")], NOW)
}

fn check_access(claims: &Value, kind: &str) -> Result<Access, TokenFault> {
    let certificates = [certificate("rsa.crt.pem")];
    let token = rsa(&header("RS256", kind), claims);
    access(&token, &Expected { certificates: &certificates, issuer: ISSUER, client_id: CLIENT, now: NOW, skew_s: 60 })
}

#[test]
fn right_tokens_are_taken() {
    assert_eq!(check(&id_token(|_| ())), Ok(Identity { oid: OID, confirmed: true, child: false }));
    let gost = jwt(&header("GOST3410_2012_256", "id"), &id_claims(), |message| testing::sign(testing::KEY, message));
    assert_eq!(check(&gost).unwrap().oid, OID);
    let access = check_access(&access_claims(), "access").unwrap();
    assert_eq!((access.oid, access.scopes), (OID, ["openid", "snils", "email"].map(str::to_owned).to_vec()));
    // Numbers also come in quotes, and headers without the kind.
    assert_eq!(check(&id_token(|claims| claims["sub"] = json!(OID.to_string()))).unwrap().oid, OID);
    assert!(check(&rsa(&json!({"alg": "RS256"}), &id_claims())).is_ok());
}

#[test]
fn levels() {
    let level = |level: Value, trusted: Value| {
        let subject = json!({"urn:esia:sbj:lvl": level, "urn:esia:sbj:is_tru": trusted});
        let identity = check(&id_token(|claims| claims["urn:esia:sbj"] = subject.clone())).unwrap();
        (identity.confirmed, identity.child)
    };
    assert_eq!(level(json!("PR"), json!(null)), (true, false));
    assert_eq!(level(json!("P"), json!(null)), (false, false));
    assert_eq!(level(json!("P"), json!(true)), (true, false));
    assert_eq!(level(json!("KD"), json!(null)), (false, true));
    assert_eq!(level(json!(null), json!("true")), (false, false));
}

#[test]
fn a_signature_of_another_is_refused() {
    let by = |key: &'static str| jwt(&header("RS256", "id"), &id_claims(), move |message| rsa_sign(key, message));
    assert_eq!(check(&by("rsa2.key.pem")), Err(TokenFault::Signature));
    let good = by("rsa.key.pem");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    // The claims of somebody else under a signature that was right once.
    let mut other = id_claims();
    other["sub"] = json!(1_000_000_000);
    let other = URL_SAFE_NO_PAD.encode(other.to_string());
    assert_eq!(check(&format!("{head}.{other}.{signature}")), Err(TokenFault::Signature));
    assert_eq!(check(&format!("{signed}.")), Err(TokenFault::Signature));
    // Signed without the dot between, and a signature of the signature.
    let without_dot = URL_SAFE_NO_PAD.encode(rsa_sign("rsa.key.pem", signed.replace('.', "").as_bytes()));
    assert_eq!(check(&format!("{signed}.{without_dot}")), Err(TokenFault::Signature));
    let of_signature = URL_SAFE_NO_PAD.encode(rsa_sign("rsa.key.pem", signature.as_bytes()));
    assert_eq!(check(&format!("{signed}.{of_signature}")), Err(TokenFault::Signature));
    // A GOST signature with its halves swapped.
    let swapped = jwt(&header("GOST3410_2012_256", "id"), &id_claims(), |message| {
        let signature = testing::sign(testing::KEY, message);
        [&signature[32..], &signature[..32]].concat()
    });
    assert_eq!(check(&swapped), Err(TokenFault::Signature));
}

#[test]
fn the_algorithm_is_the_certificates_and_not_the_tokens() {
    for none in ["none", "None", "NONE", "", "HS256", "RS384", "ES256", "GOST3410_2012_512"] {
        let token = jwt(&header(none, "id"), &id_claims(), |_| Vec::new());
        assert_eq!(check(&token), Err(TokenFault::Algorithm), "{none}");
    }
    let missing = jwt(&json!({"typ": "JWT"}), &id_claims(), |_| Vec::new());
    assert_eq!(check(&missing), Err(TokenFault::Malformed));
    // What everybody knows of the key, taken for a shared secret.
    let certificate = certificate("rsa.crt.pem");
    let shared = jwt(&header("HS256", "id"), &id_claims(), |message| {
        let mut mac = Hmac::<Sha256>::new_from_slice(certificate.der()).unwrap();
        mac.update(message);
        mac.finalize().into_bytes().to_vec()
    });
    assert_eq!(check(&shared), Err(TokenFault::Algorithm));
    // A certificate named together with the algorithm of the other kind.
    let mut confused = header("GOST3410_2012_256", "id");
    confused["x5t#St256"] = json!(certificate.hash());
    let confused = jwt(&confused, &id_claims(), |message| testing::sign(testing::KEY, message));
    assert_eq!(check(&confused), Err(TokenFault::Algorithm));
    // An RSA signature where only GOST certificates are known.
    let only_gost = [super::files::certificate("gost.crt.pem")];
    assert_eq!(check_with(&id_token(|_| ()), &only_gost, NOW), Err(TokenFault::UnknownKey));
}

#[test]
fn certificates_rotate() {
    let (old, new) = (certificate("rsa.crt.pem"), certificate("rsa2.crt.pem"));
    let by_new = |hash: Option<&str>| {
        let mut header = header("RS256", "id");
        if let Some(hash) = hash {
            header["x5t#St256"] = json!(hash);
        }
        jwt(&header, &id_claims(), |message| rsa_sign("rsa2.key.pem", message))
    };
    let both = [old.clone(), new.clone()];
    let hash = new.hash().to_owned();
    for hash in [None, Some(hash.as_str()), Some(hash.to_ascii_lowercase().as_str())] {
        assert!(check_with(&by_new(hash), &both, NOW).is_ok(), "{hash:?}");
    }
    // Named, and not configured; or another one named than the one that signed.
    assert_eq!(check_with(&by_new(Some(&hash)), std::slice::from_ref(&old), NOW), Err(TokenFault::UnknownKey));
    assert_eq!(check_with(&by_new(Some(old.hash())), &both, NOW), Err(TokenFault::Signature));
    assert_eq!(check_with(&by_new(Some("00")), &both, NOW), Err(TokenFault::UnknownKey));
    assert_eq!(check_with(&by_new(None), &[old], NOW), Err(TokenFault::Signature));
    assert_eq!(check_with(&by_new(None), &[], NOW), Err(TokenFault::UnknownKey));
    // Past their time they vouch for nothing: 2040-01-01.
    let late = 2_208_988_800;
    let token = id_token(|claims| {
        for name in ["nbf", "iat"] {
            claims[name] = json!(late);
        }
        claims["exp"] = json!(late + 3_600);
    });
    assert_eq!(check_with(&token, &[certificate("rsa.crt.pem")], late * SECOND), Err(TokenFault::UnknownKey));
}

#[test]
fn issuer_and_audience_are_compared_letter_by_letter() {
    for issuer in [
        json!("http://esia.gosuslugi.ru/"),
        json!("https://esia-portal1.test.gosuslugi.ru/"),
        json!("http://esia-portal1.test.gosuslugi.ru"),
        json!([ISSUER]),
        json!(null),
    ] {
        assert_eq!(check(&id_token(|claims| claims["iss"] = issuer.clone())), Err(TokenFault::Issuer), "{issuer}");
    }
    for audience in [json!("OTHER"), json!("test111"), json!([CLIENT, "OTHER"]), json!([]), json!(null)] {
        let token = id_token(|claims| claims["aud"] = audience.clone());
        assert_eq!(check(&token), Err(TokenFault::Audience), "{audience}");
    }
    assert!(check(&id_token(|claims| claims["aud"] = json!([CLIENT]))).is_ok());
    for client in [json!("OTHER"), json!(null)] {
        let mut claims = access_claims();
        claims["client_id"] = client;
        assert_eq!(check_access(&claims, "access"), Err(TokenFault::Audience));
    }
}

#[test]
fn times_give_or_take_a_minute() {
    let at = |name: &'static str, shift: i64| check(&id_token(|claims| claims[name] = json!(NOW_S + shift)));
    assert!(at("exp", -59).is_ok());
    assert_eq!(at("exp", -60), Err(TokenFault::Expired));
    assert_eq!(at("exp", -86_400), Err(TokenFault::Expired));
    for name in ["nbf", "iat"] {
        assert!(at(name, 60).is_ok());
        assert_eq!(at(name, 61), Err(TokenFault::NotYet));
    }
    for wrong in [json!(null), json!("1796126400"), json!(1.5)] {
        let token = id_token(|claims| claims["exp"] = wrong.clone());
        assert_eq!(check(&token), Err(TokenFault::Malformed), "{wrong}");
    }
}

#[test]
fn one_token_does_not_stand_in_for_another() {
    assert_eq!(check(&rsa(&header("RS256", "access"), &id_claims())), Err(TokenFault::Kind));
    assert_eq!(check(&rsa(&header("RS256", "authorization_code"), &id_claims())), Err(TokenFault::Kind));
    assert_eq!(check_access(&access_claims(), "id"), Err(TokenFault::Kind));
    let mut critical = header("RS256", "id");
    critical["crit"] = json!(["exp"]);
    assert_eq!(check(&rsa(&critical, &id_claims())), Err(TokenFault::Malformed));
}

#[test]
fn subjects_are_numbers_that_agree() {
    for subject in [json!("OID.1"), json!(-1), json!(1.5), json!(null), json!("")] {
        let token = id_token(|claims| claims["sub"] = subject.clone());
        assert!(check(&token).is_err(), "{subject}");
    }
    let token = id_token(|claims| claims["urn:esia:sbj"]["urn:esia:sbj:oid"] = json!(OID + 1));
    assert_eq!(check(&token), Err(TokenFault::Subject));
    let mut nobody = access_claims();
    nobody["urn:esia:sbj_id"] = json!(null);
    assert_eq!(check_access(&nobody, "access"), Err(TokenFault::Malformed));
}

#[test]
fn what_is_no_token_is_none() {
    let good = id_token(|_| ());
    for text in
        ["", ".", "..", "...", "a.b", "a.b.c", &good.replace('.', ""), &format!("{good}.{good}"), &format!("{good}=")]
    {
        assert!(check(text).is_err(), "{text}");
    }
    assert_eq!(check(&"a".repeat(20_000)), Err(TokenFault::Malformed));
}
