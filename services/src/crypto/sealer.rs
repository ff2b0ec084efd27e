//! The key ring at work. Cheap to clone; holds the keys in memory, wiped when the last clone is gone.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::crypto::key_ring::{Key, KeyRing};
use crate::error::CryptoError;
use crate::rng::{self, Rng};

const VERSION: u8 = 1;
/// `version | key id`: the part of an envelope that tells the key.
const HEADER: usize = 5;
const NONCE: usize = 24;
const TAG: usize = 16;

/// Seals, opens, indexes and authenticates with the keys of one [`KeyRing`].
#[derive(Clone)]
pub struct Sealer(Arc<Keys>);

struct Keys {
    current: u32,
    ciphers: BTreeMap<u32, XChaCha20Poly1305>,
    current_cipher: XChaCha20Poly1305,
    index: Key,
    mac: Key,
}

impl Sealer {
    /// Takes the keys into use.
    pub fn new(ring: &KeyRing) -> Self {
        let cipher = |key: &Key| XChaCha20Poly1305::new(&(*sub_key(key, "seal", "")).into());
        Self(Arc::new(Keys {
            current: ring.current_id(),
            ciphers: ring.sealing_keys().map(|(id, key)| (id, cipher(key))).collect(),
            current_cipher: cipher(ring.current_key()),
            index: ring.index_key().clone(),
            mac: ring.mac_key().clone(),
        }))
    }

    /// Encrypts a value for one column of one row; `column` is one of [`columns`](crate::crypto::columns).
    /// The result is 45 bytes longer than `plaintext`.
    pub fn seal(&self, rng: &dyn Rng, column: &'static str, row: Uuid, plaintext: &[u8]) -> Vec<u8> {
        let header = self.current_header();
        let nonce: [u8; NONCE] = rng::bytes(rng);
        let payload = Payload { msg: plaintext, aad: &associated_data(header, column, row) };
        let Ok(ciphertext) = self.0.current_cipher.encrypt(&XNonce::from(nonce), payload) else {
            unreachable!("XChaCha20-Poly1305 refuses only messages above 256 GiB");
        };
        [header.as_slice(), &nonce, &ciphertext].concat()
    }

    /// Decrypts what [`Sealer::seal`] made, for the same column and row.
    ///
    /// # Errors
    /// [`CryptoError`]: not an envelope, a key that is not in the ring, or not what was sealed for this place.
    pub fn open(&self, column: &'static str, row: Uuid, envelope: &[u8]) -> Result<Vec<u8>, CryptoError> {
        let (header, rest) = envelope.split_first_chunk::<HEADER>().ok_or(CryptoError::Malformed)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(CryptoError::Malformed)?;
        let [version, id @ ..] = *header;
        if version != VERSION || ciphertext.len() < TAG {
            return Err(CryptoError::Malformed);
        }
        let id = u32::from_be_bytes(id);
        let cipher = self.0.ciphers.get(&id).ok_or(CryptoError::UnknownKey(id))?;
        let payload = Payload { msg: ciphertext, aad: &associated_data(*header, column, row) };
        cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| CryptoError::Tampered)
    }

    /// The keyed hash under which a value is found. Give it the canonical form: equal values must be equal bytes.
    pub fn blind_index(&self, column: &'static str, value: impl AsRef<[u8]>) -> [u8; 32] {
        hmac(&sub_key(&self.0.index, "index", column), &[value.as_ref()])
    }

    /// A keyed hash of several parts; each part counts with its length, so `["ab","c"]` and `["a","bc"]` differ.
    pub fn mac(&self, purpose: &'static str, parts: &[&[u8]]) -> [u8; 32] {
        hmac(&sub_key(&self.0.mac, "mac", purpose), parts)
    }

    /// Whether an envelope was sealed under the current key.
    pub fn is_current(&self, envelope: &[u8]) -> bool {
        envelope.starts_with(&self.current_header())
    }

    /// The first bytes of every envelope sealed from now on: tells fresh from stale in SQL.
    pub fn current_header(&self) -> [u8; HEADER] {
        let [a, b, c, d] = self.0.current.to_be_bytes();
        [VERSION, a, b, c, d]
    }

    /// Tells key rings apart without telling anything about the keys.
    pub(crate) fn check_value(&self) -> [u8; 64] {
        let mut both = [0; 64];
        let (index, mac) = both.split_at_mut(32);
        index.copy_from_slice(&hmac(&sub_key(&self.0.index, "check", ""), &[]));
        mac.copy_from_slice(&hmac(&sub_key(&self.0.mac, "check", ""), &[]));
        both
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer(current key {})", self.0.current)
    }
}

/// Unambiguous: header and row id have fixed lengths, the column is what lies between.
fn associated_data(header: [u8; HEADER], column: &str, row: Uuid) -> Vec<u8> {
    [header.as_slice(), column.as_bytes(), row.as_bytes()].concat()
}

fn sub_key(key: &Key, use_: &str, name: &str) -> Key {
    let mut derived = Zeroizing::new([0; 32]);
    // The ring's keys are uniformly random, so the extract step is not needed (RFC 5869 §3.3).
    let expanded = Hkdf::<Sha256>::from_prk(key.as_slice()).map(|hkdf| {
        hkdf.expand_multi_info(&[b"schoolgate/1/", use_.as_bytes(), b"/", name.as_bytes()], derived.as_mut_slice())
    });
    let Ok(Ok(())) = expanded else {
        unreachable!("HKDF-SHA256 takes and gives 32 bytes");
    };
    derived
}

fn hmac(key: &Key, parts: &[&[u8]]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_slice()) else {
        unreachable!("HMAC takes keys of every length");
    };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
