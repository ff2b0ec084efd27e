//! Keys and certificates of the tests. They open nothing.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::esia::certificate::Certificate;

pub(in crate::esia) fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "src", "esia", "tests", name].iter().collect()
}

pub(in crate::esia) fn certificate(name: &str) -> Certificate {
    Certificate::read(&path(name)).unwrap().remove(0)
}

fn rsa_key(name: &str) -> RsaKeyPair {
    let key = PrivatePkcs8KeyDer::from_pem_file(path(name)).unwrap();
    RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap()
}

/// `RSASSA-PKCS1-v1_5` with SHA-256.
pub(in crate::esia) fn rsa_sign(key: &str, message: &[u8]) -> Vec<u8> {
    let key = rsa_key(key);
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
    signature
}

/// The public half as a JSON Web Key.
pub(in crate::esia) fn jwk(key: &str, id: &str) -> Value {
    let parts = RsaPublicKeyComponents::<Vec<u8>>::from(rsa_key(key).public());
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id,
        "n": URL_SAFE_NO_PAD.encode(parts.n), "e": URL_SAFE_NO_PAD.encode(parts.e)})
}

/// A token of three parts.
pub(in crate::esia) fn jwt(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}
